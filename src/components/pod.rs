//! A pod's card.

use super::{Ask, labelled, percent, ring, sign};
use crate::scene::{Lane, Mark, PodPlace, PodView};
use crate::words::{Words, fill};
use kubesim::api::{Key, Kind};
use yew::prelude::*;

/// The card of a lane's pod, or the outline of one that is not there.
pub fn card(words: &'static Words, namespace: &str, lane: &Lane, ask: &Callback<Ask>) -> Html {
    let number =
        ring(if let PodPlace::Pod(pod) = &lane.pod { pod.ring } else { 1.0 }, lane.ordinal.to_string());
    let pod = match &lane.pod {
        PodPlace::Pod(pod) => pod,
        PodPlace::Ghost { note, next } => {
            return html! {
                <article class="pod ghost" key="ghost" data-pod={lane.name.clone()}>
                    <h3>{ number }<span>{ &*lane.name }</span>if *next { <b class="state">{ words.next }</b> }</h3>
                    <p>{ note }</p>
                </article>
            };
        }
    };
    let name = |text| AttrValue::from(fill(text, &[("pod", &lane.name)]));
    let inspect = Ask::Inspect(Key::new(Kind::Pod, namespace, &lane.name));
    let delete = Ask::Command(format!("kubectl delete pod {}", lane.name).into());
    html! {
        <article class={classes!("pod", pod.state.class())} key={&*pod.uid} data-pod={lane.name.clone()}>
            <h3>
                { number }
                { labelled("name", Some(name(words.inspect_pod)), None, Html::from(&*lane.name), ask, inspect) }
                <b class="state">{ &pod.status }</b>
                { sign("close", name(words.delete_pod), "✕", ask, delete) }
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

fn facts(words: &'static Words, pod: &PodView) -> Html {
    let row = |name: &'static str, value: &str, what: Mark| {
        html! { <><dt>{ name }</dt><dd>{ value }{ mark(words, what) }</dd></> }
    };
    let restarts = if pod.restarts > 0 { format!(" ↻{}", pod.restarts) } else { String::new() };
    html! {
        <dl>
            { row(words.ready, &format!("{}{restarts}", pod.ready), Mark::None) }
            { row("IP", pod.ip.as_deref().unwrap_or("–"), pod.ip_mark) }
            { row("uid", &pod.uid, pod.uid_mark) }
            { row(words.age, &pod.age, Mark::None) }
        </dl>
    }
}

fn step(part: f32) -> Html {
    html! { <svg><rect width={percent(part.into())} height="100%" /></svg> }
}

/// The dot of a node: each has a colour.
pub fn dot(node: usize) -> Html {
    html! { <i class={["dot n0", "dot n1", "dot n2", "dot n3", "dot n4", "dot n5"][node % 6]} /> }
}

/// What a replacement has of its predecessor, in a word.
fn mark(words: &'static Words, mark: Mark) -> Html {
    let (class, text) = match mark {
        Mark::None => return Html::default(),
        Mark::Same => ("same", words.same),
        Mark::New => ("new", words.new),
    };
    html! { <em {class}>{ text }</em> }
}
