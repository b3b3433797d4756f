//! A pod's card.

use super::{Ask, button, percent, ring};
use crate::scene::{Lane, Mark, PodPlace, PodView};
use crate::words::{Words, fill};
use kubesim::api::{Key, Kind};
use yew::prelude::*;

/// The card of a lane's pod, or the outline of one that is not there.
pub fn card(words: &'static Words, namespace: &str, lane: &Lane, ask: &Callback<Ask>) -> Html {
    let ordinal = lane.ordinal.to_string();
    match &lane.pod {
        PodPlace::Ghost { note, next } => html! {
            <article class="pod ghost" key="ghost" data-pod={lane.name.clone()}>
                <h3>{ ring(1.0, ordinal) }<span>{ &*lane.name }</span>if *next { <b class="state">{ words.next }</b> }</h3>
                <p>{ note }</p>
            </article>
        },
        PodPlace::Pod(pod) => {
            let key = Key::new(Kind::Pod, namespace, &lane.name);
            let name = [("pod", &*lane.name)];
            let delete = Ask::Command(format!("kubectl delete pod {}", lane.name));
            html! {
                <article class={classes!("pod", pod.state.class())} key={pod.uid.clone()} data-pod={lane.name.clone()}>
                    <h3>
                        { ring(pod.ring, ordinal) }
                        { button("name", fill(words.inspect_pod, &name), html! { &*lane.name }, ask, Ask::Inspect(key)) }
                        <b class="state">{ &pod.status }</b>
                        { button("close", fill(words.delete_pod, &name), html! { "✕" }, ask, delete) }
                    </h3>
                    <div class="steps" aria-hidden="true">{ for pod.progress.iter().map(|part| step(*part)) }</div>
                    { facts(words, pod) }
                    <footer>
                        if let Some((node, number)) = &pod.node {
                            { dot(*number) }<span>{ &**node }</span>{ mark(words, pod.node_mark) }
                        } else {
                            <span>{ words.not_scheduled }</span>
                        }
                    </footer>
                </article>
            }
        }
    }
}

fn facts(words: &'static Words, pod: &PodView) -> Html {
    let row = |class: &'static str, name: &'static str, value: Html, what: Mark| {
        html! { <div {class}><dt>{ name }</dt><dd>{ value }{ mark(words, what) }</dd></div> }
    };
    let restarts = if pod.restarts > 0 { format!(" ↻{}", pod.restarts) } else { String::new() };
    html! {
        <dl>
            { row("", words.ready, html! { <>{ &pod.ready }{ restarts }</> }, Mark::None) }
            { row("ip", "IP", html! { pod.ip.as_deref().unwrap_or("–") }, pod.ip_mark) }
            { row("", words.age, html! { &pod.age }, Mark::None) }
        </dl>
    }
}

fn step(part: f32) -> Html {
    html! { <svg><rect width={percent(part.into())} height="100%" /></svg> }
}

/// The dot of a node: each has a colour.
pub fn dot(node: usize) -> Html {
    html! { <i class={classes!("dot", format!("n{}", node % 6))} /> }
}

/// What a replacement has of its predecessor, in a word.
fn mark(words: &'static Words, mark: Mark) -> Html {
    match mark {
        Mark::None => Html::default(),
        Mark::Same => html! { <em class="same">{ words.same }</em> },
        Mark::New => html! { <em class="new">{ words.new }</em> },
    }
}
