//! A pod's card.

use crate::components::fault_menu::{opener, why_button};
use crate::components::{dial, done, labelled, percent, ring, sign};
use crate::page::intent::Intent;
use kubesim::{Input, Key, Kind};
use messages::{Messages, fill};
use scene::explain::{Subject, in_namespace};
use scene::scene::{Lane, PodSlot, PodView, Replaced, Sameness};
use yew::prelude::*;

/// The key of cards of which nothing moves: a pod's card becomes the one of the pod that comes in its place.
const SAME: &str = "pod";

/// The length of a name that has room on every card (characters).
const SHORT: usize = 12;
/// The most letters at a name's end that are never cut.
const TAIL: usize = 8;

/// The card of a lane's pod, or the outline of one that is not there. `small`: without details.
pub fn card(
    words: &'static Messages,
    namespace: &str,
    lane: &Lane,
    small: bool,
    send: &Callback<Intent>,
) -> Html {
    let part = if let PodSlot::Pod(pod) = &lane.pod { pod.ring } else { 1.0 };
    let number = if small { dial } else { ring }(part, lane.ordinal.to_string());
    let key = Key::new(Kind::Pod, namespace, &lane.name);
    let pod = match &lane.pod {
        PodSlot::Pod(pod) => pod,
        PodSlot::Ghost { note, next } => {
            return html! {
                <article class="pod ghost" key={if small { SAME } else { "ghost" }} data-pod={lane.name.clone()}>
                    <h3 aria-label={lane.name.clone()}>{ number }<span class={class_of(&lane.name)}>{ ends(&lane.name) }</span>if *next { <b class="state">{ words.next() }</b> }</h3>
                    <p>{ why_button(words, &lane.name, note, send, Subject::Pod(key)) }</p>
                </article>
            };
        }
    };
    let name = |text| AttrValue::from(fill(text, &[("pod", &lane.name)]));
    let inspect = Intent::Inspect(key.clone());
    let faults = fill(words.trouble_for(), &[("name", &lane.name)]);
    // The panel that is open stays: who watches DNS wants to see what it makes of this.
    let delete = in_namespace(format!("kubectl delete pod {}", lane.name), namespace);
    let delete = Intent::input(Input::Command(delete.into()));
    html! {
        <article class={classes!("pod", pod.state.class())} key={if small { SAME } else { &*pod.uid }} data-pod={lane.name.clone()}>
            <h3 aria-label={lane.name.clone()}>
                { number }
                { labelled(class_of(&lane.name), Some(name(words.inspect_pod())), None, ends(&lane.name), send, inspect) }
                <b class="state">{ why_button(words, &lane.name, &pod.status, send, Subject::Pod(key.clone())) }</b>
                if !small { <span class="count" aria-hidden="true">{ &pod.ready }</span> }
                { opener("close more", faults, "⋯".into(), send, key.clone()) }
                { sign("close", name(words.delete_pod()), "✕", send, delete) }
            </h3>
            if small { { bar(&pod.progress) } } else {
                <div class="steps" aria-hidden="true">{ for pod.progress.iter().map(|part| step(*part)) }</div>
                { facts(words, pod, listed(words, lane, pod, key, send)) }
            }
            if !small { { for pod.replaced.as_ref().map(|replaced| kept(words, replaced)) } }
            <footer>
                if let Some((node, number)) = &pod.node {
                    { dot(*number) }
                    { opener(class_of(node), fill(words.trouble_for(), &[("name", node)]), Html::from(&**node), send, Key::cluster(Kind::Node, node)) }
                    { mark(words, pod.node_mark) }
                } else {
                    <span>{ words.not_scheduled() }</span>
                }
            </footer>
        </article>
    }
}

/// The class of a name: a long one may have to be cut. What is cut is a piece of its own to the browser, so a short one is not.
pub fn class_of(name: &str) -> &'static str {
    if name.len() > SHORT { "name cut" } else { "name" }
}

/// A name whose end stays when it is cut: the ordinal, or the last letters, tell it from its neighbours.
pub fn ends(name: &str) -> Html {
    if name.len() <= SHORT {
        return name.to_string().into();
    }
    let (head, tail) =
        name.split_at(name.len() - name.rsplit('-').next().map_or(0, |end| (end.len() + 1).min(TAIL)));
    html! { <><span class="head">{ head.to_string() }</span><span>{ tail.to_string() }</span></> }
}

/// The pod's name in DNS. That it has none although it has an address is worth a question.
fn listed(words: &'static Messages, lane: &Lane, pod: &PodView, key: Key, send: &Callback<Intent>) -> Html {
    match (&lane.dns_name, &pod.ip) {
        (Some(name), _) => name.to_string().into(),
        (None, Some(_)) => why_button(words, &lane.name, words.not_in_dns(), send, Subject::Endpoint(key)),
        (None, None) => "–".into(),
    }
}

fn facts(words: &'static Messages, pod: &PodView, listed: Html) -> Html {
    let row = |name: &'static str, value: &str, what: Sameness| {
        html! { <><dt>{ name }</dt><dd>{ value }{ mark(words, what) }</dd></> }
    };
    let restarts = if pod.restarts > 0 { format!(" ↻{}", pod.restarts) } else { String::new() };
    let guessed = pod.not_simulated.as_ref().map(|said| {
        let said = said.replace('`', "");
        html! { <span role="img" aria-label={said.clone()} title={said}>{ "≈" }</span> }
    });
    html! {
        <dl>
            <dt>{ words.ready() }</dt><dd>{ format!("{}{restarts}", pod.ready) }{ for guessed }</dd>
            { row("IP", pod.ip.as_deref().unwrap_or("–"), pod.ip_mark) }
            { row("uid", &pod.uid, pod.uid_mark) }
            { row(words.age(), &pod.age, Sameness::None) }
            <dt>{ "DNS" }</dt><dd class="listed">{ listed }</dd>
        </dl>
    }
}

/// What a replacement has of its predecessor, and what is new.
fn kept(words: &'static Messages, replaced: &Replaced) -> Html {
    html! {
        <p class="kept">
            <em class="same">{ words.same() }</em>{ " " }{ replaced.names(words, true) }<br />
            <em class="new">{ words.new_part() }</em>{ " " }{ replaced.names(words, false) }
        </p>
    }
}

/// How far a pod is, as one bar with a mark between two steps: they follow one another.
fn bar(progress: &[f32]) -> Html {
    let part = progress.iter().sum::<f32>() / progress.len() as f32;
    let count = if progress.len() > 3 { "n4" } else { "n3" };
    html! { <i class={classes!("steps", count, done(part))} aria-hidden="true" /> }
}

fn step(part: f32) -> Html {
    html! { <svg><rect width={percent(part.into())} height="100%" /></svg> }
}

/// The dot of a node: each has a colour.
pub fn dot(node: usize) -> Html {
    html! { <i class={["dot n0", "dot n1", "dot n2", "dot n3", "dot n4", "dot n5"][node % 6]} /> }
}

/// What a replacement has of its predecessor, in a word.
fn mark(words: &'static Messages, mark: Sameness) -> Html {
    let (class, text) = match mark {
        Sameness::None => return Html::default(),
        Sameness::Same => ("same", words.same()),
        Sameness::New => ("new", words.new_part()),
        Sameness::MadeUp => ("new", words.cluster().is_made_up()),
    };
    html! { <em {class}>{ text }</em> }
}
