//! The stage by node: which pods and volumes sit where, and how each node is.

use super::pod_card::{class_of, dot, ends};
use crate::components::fault_menu::{opener, why_button};
use crate::components::{labelled, ring};
use crate::page::intent::Intent;
use crate::session::Session;
use kubesim::Key;
use messages::{Messages, fill};
use scene::explain::Subject;
use scene::history::pod_state::PodState;
use scene::scene::nodes::nodes as view_of;
use scene::scene::{NodePod, NodeState, NodeView, NodeVolume};
use yew::prelude::*;

/// The nodes at the moment that the session shows.
pub fn nodes(words: &'static Messages, session: &Session, send: &Callback<Intent>) -> Html {
    let view = view_of(words, &session.moment().store, session.set().as_ref(), session.playhead());
    let nodes = Nodes { words, send };
    html! {
        <>
            if !view.unplaced.is_empty() {
                <section class="unplaced" aria-label={words.without_node()}>
                    <h3>{ words.without_node() }</h3>
                    <ul>{ for view.unplaced.iter().map(|pod| nodes.pod(pod)) }{ nodes.more(view.more_unplaced) }</ul>
                </section>
            }
            <ul class="nodes">{ for view.nodes.iter().map(|node| nodes.node(node)) }</ul>
            if !view.lost.is_empty() {
                <section class="unplaced" aria-label={words.lost_volumes()}>
                    <h3>{ words.lost_volumes() }</h3>
                    <ul>{ for view.lost.iter().map(|volume| nodes.left(volume)) }{ nodes.more(view.more_lost) }</ul>
                </section>
            }
        </>
    }
}

struct Nodes<'a> {
    words: &'static Messages,
    send: &'a Callback<Intent>,
}

impl Nodes<'_> {
    fn node(&self, node: &NodeView) -> Html {
        let Nodes { words, send } = *self;
        let key = Key::cluster(kubesim::Kind::Node, &node.name);
        let faults = fill(words.trouble_for(), &[("name", &node.name)]);
        let state = match node.state {
            NodeState::Well => "ready",
            NodeState::Cordoned => "pending",
            NodeState::Silent => "term",
            NodeState::Unreachable => "fail",
        };
        let status = match node.state {
            NodeState::Silent => words.node_is_silent(),
            _ => &node.status,
        };
        let is_crowded = node.more_pods > 0;
        let is_empty = node.pods.is_empty() && node.volumes.is_empty();
        html! {
            <li class={classes!("node", state, node.number.is_none().then_some("control"))} key={&*node.name} data-node={node.name.clone()}>
                <h3 aria-label={node.name.clone()}>
                    { for node.number.map(dot) }
                    { labelled(class_of(&node.name), None, None, ends(&node.name), send, Intent::Inspect(key.clone())) }
                    <b class="state">{ why_button(words, &node.name, status, send, Subject::Node(key.clone())) }</b>
                    { opener("close more", faults, "⋯".into(), send, key) }
                </h3>
                <small>{ if node.number.is_none() { words.control_plane() } else { &*node.load } }</small>
                if node.wait < 1.0 { <progress value={node.wait.to_string()} aria-hidden="true" /> }
                if is_crowded { { counts(words, &node.counts) } }
                <ul>
                    { for node.pods.iter().map(|pod| self.pod(pod)) }
                    { self.more(node.more_pods) }
                    { for node.volumes.iter().map(|volume| self.left(volume)) }
                    { self.more(node.more_volumes) }
                    if is_empty && node.number.is_some() { <li class="none">{ words.no_pods_here() }</li> }
                </ul>
            </li>
        }
    }

    /// A pod with its volumes.
    fn pod(&self, pod: &NodePod) -> Html {
        let Nodes { words, send } = *self;
        let name = &pod.key.name;
        let full = if &*pod.key.namespace == "default" {
            None
        } else {
            Some(AttrValue::from([&*pod.key.namespace, "/", name].concat()))
        };
        let number = pod.ordinal.map(|ordinal| ring(1.0, ordinal.to_string()));
        let status = why_button(words, name, &pod.status, send, Subject::Pod(pod.key.clone()));
        let faults = fill(words.trouble_for(), &[("name", name)]);
        html! {
            <li class={classes!("placed", pod.state.class())} key={pod.key.to_string()} data-pod={name.clone()} title={full}>
                <p>
                    { number }
                    { labelled(class_of(name), None, None, ends(name), send, Intent::Inspect(pod.key.clone())) }
                    <b class="state">{ status }</b>
                    { opener("dots", faults, "⋯".into(), send, pod.key.clone()) }
                </p>
                { for pod.volumes.iter().map(|volume| self.volume(volume)) }
            </li>
        }
    }

    /// A volume by the name of its claim.
    fn volume(&self, volume: &NodeVolume) -> Html {
        let key = volume.claim.as_ref().unwrap_or(&volume.key);
        let content = ends(&key.name);
        let inspect = Intent::Inspect(key.clone());
        html! { <span class="vol" title={volume.key.name.clone()}>{ labelled(class_of(&key.name), None, None, content, self.send, inspect) }</span> }
    }

    /// A volume that no pod on its node makes use of.
    fn left(&self, volume: &NodeVolume) -> Html {
        html! { <li class="placed left" data-volume={volume.key.name.clone()}>{ self.volume(volume) }<small>{ volume.status }{ " · " }{ self.words.no_pod_uses() }</small></li> }
    }

    fn more(&self, count: usize) -> Html {
        if count == 0 {
            return Html::default();
        }
        html! { <li class="none">{ fill(self.words.more_pods(), &[("count", &count.to_string())]) }</li> }
    }
}

/// How many of a node's pods are in each state.
fn counts(words: &'static Messages, counts: &[usize; 6]) -> Html {
    let some = PodState::ALL.iter().zip(words.states()).zip(counts).filter(|(_, count)| **count > 0);
    let one = |((state, name), count): ((&PodState, &'static str), &usize)| {
        html! { <span class={state.class()}><i />{ name }<b>{ *count }</b></span> }
    };
    html! { <p class="legend">{ for some.map(one) }</p> }
}
