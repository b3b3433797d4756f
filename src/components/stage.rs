//! The stage: the set, why it is as it is, the Service, the lanes.

use super::lane::lane;
use super::trouble::opener;
use super::why_bar::why_bar;
use super::{Ask, choice, labelled};
use crate::compare::Difference;
use crate::scene::{Lane, OtherPod, Playhead, PodPlace, Scene, ServiceView};
use crate::session::Action;
use crate::why::Why;
use crate::words::{Words, fill};
use kubesim::api::{Key, Kind};
use kubesim::dns::reason::{Chain, Link};
use std::rc::Rc;
use yew::prelude::*;

/// From this many lanes on, lanes are small.
const COMPACT: usize = 9;
/// From this many lanes on, a lane is a cell, and one of them is shown whole.
const CELLS: usize = 41;

/// What the stage shows.
pub struct Stage<'a> {
    pub words: &'static Words,
    pub scene: &'a Scene,
    pub now: Playhead,
    /// Why the part is as it is that the user asked about.
    pub part: Option<&'a Why>,
    /// Where the branch differs from the one that it is compared with, and that one's name.
    pub compared: Option<(&'a str, &'a [Difference])>,
    /// Something to say about what the user did.
    pub notice: Option<&'static str>,
    /// Whether the rule behind the answer is shown.
    pub rule: bool,
    /// Of many lanes, the one that is shown whole.
    pub lens: Option<i32>,
    /// The way from a Service to the records that the DNS panel is about.
    pub lit: Option<&'a Chain>,
    pub ask: &'a Callback<Ask>,
}

impl Stage<'_> {
    /// Draws the stage.
    pub fn draw(&self) -> Html {
        let Stage { words, scene, ask, .. } = *self;
        html! {
            <section class="stage" aria-label={words.stage}>
                { self.head() }
                { why_bar(words, self.part.unwrap_or(&scene.why), self.now, (self.part.is_some(), self.notice), self.rule, ask) }
                { for self.compared.map(|(name, all)| compared(words, name, all)) }
                { for scene.service.as_ref().map(|service| band(words, service, self.lights(&service.name))) }
                { self.lanes() }
                if !scene.others.is_empty() { { others(words, &scene.others, ask) } }
            </section>
        }
    }

    /// Whether the DNS panel is about this Service.
    fn lights(&self, service: &str) -> bool {
        let of_set = |chain: &&Chain| {
            let set = self.scene.set.as_ref();
            *chain.service.name == *service && set.is_some_and(|s| s.key.namespace == chain.service.namespace)
        };
        self.lit.filter(of_set).is_some()
    }

    /// How a lane is lit: a record leads to its pod, or its pod is meant and has none.
    fn light(&self, lane: &Lane) -> &'static str {
        let of_pod = |link: &&Link| link.pod.as_ref() == Some(&lane.name);
        match self.lit.and_then(|chain| chain.links.iter().find(of_pod)) {
            Some(link) if link.has_record => "lane lit",
            Some(_) => "lane unlit",
            None => "lane",
        }
    }

    fn head(&self) -> Html {
        let Some(set) = &self.scene.set else { return Html::default() };
        let trouble = self.words.trouble;
        let tab = |key: &Key| {
            choice(
                "chip",
                *key == set.key,
                Html::from(&*key.name),
                self.ask,
                Ask::Do(Action::Look(key.clone())),
            )
        };
        html! {
            <div class="set">
                <h2><span>{ "StatefulSet " }</span>{ &*set.key.name }</h2>
                if self.scene.sets.len() > 1 { { for self.scene.sets.iter().map(tab) } }
                { for set.chips.iter().map(|chip| html! { <span class="chip">{ chip }</span> }) }
                { opener("chip", trouble.into(), Html::from(trouble), self.ask, set.key.clone()) }
            </div>
        }
    }

    fn lanes(&self) -> Html {
        let (words, scene, ask) = (self.words, self.scene, self.ask);
        let Some(set) = &scene.set else { return Html::default() };
        let namespace: AttrValue = set.key.namespace.clone().into();
        let draw = |l: &Rc<Lane>| lane(words, &namespace, l, self.light(l), ask);
        let count = scene.lanes.len();
        if count < CELLS {
            let class = if count < COMPACT {
                ["l0", "l1", "l2", "l3", "l4", "l5", "l6", "l7", "l8"][count]
            } else {
                "compact"
            };
            return html! { <ul class={classes!("lanes", class)}>{ for scene.lanes.iter().map(draw) }</ul> };
        }
        let near = |l: &&Rc<Lane>| match self.lens {
            Some(ordinal) => l.ordinal == ordinal,
            None => scene.why.pod.as_ref() == Some(&l.name),
        };
        let whole = scene.lanes.iter().find(near).or(scene.lanes.first());
        let cells = scene.lanes.iter().map(|l| cell(l, whole.is_some_and(|w| w.ordinal == l.ordinal), ask));
        html! {
            <>
                <div class="cells">{ for cells }</div>
                <ul class="lanes l1">{ for whole.map(draw) }</ul>
            </>
        }
    }
}

/// Where two branches differ.
fn compared(words: &'static Words, other: &str, all: &[Difference]) -> Html {
    let side = |side: &Option<String>| {
        let text = side.clone().unwrap_or_else(|| words.not_there.into());
        html! { <td class={side.is_none().then_some("none")}>{ text }</td> }
    };
    let row = |d: &Difference| {
        html! { <tr><th scope="row">{ d.key.to_string() }</th>{ side(&d.here) }{ side(&d.there) }</tr> }
    };
    html! {
        <section class="compared" role="status">
            <h3>{ fill(words.differences, &[("branch", other)]) }</h3>
            if all.is_empty() { <p>{ words.no_difference }</p> } else { <table>{ for all.iter().map(row) }</table> }
        </section>
    }
}

fn band(words: &'static Words, service: &ServiceView, lit: bool) -> Html {
    let (class, about) = match service.cluster_ip.as_deref() {
        Some("None") => ("service", words.headless),
        Some(_) => ("service", words.virtual_ip),
        None => ("service missing", words.no_service),
    };
    html! {
        <div class={classes!(class, lit.then_some("lit"))}>
            <strong>{ "Service " }{ &*service.name }</strong>
            if let Some(ip) = &service.cluster_ip { <code><span>{ "clusterIP: " }</span>{ &**ip }</code> }
            <p title={about}>{ about }</p>
            <code class="answer"><span>{ "nslookup " }{ &*service.name }{ " → " }</span>{ &service.answer }</code>
        </div>
    }
}

fn cell(lane: &Lane, chosen: bool, ask: &Callback<Ask>) -> Html {
    let (state, status) = match &lane.pod {
        PodPlace::Ghost { note, .. } => ("ghost", note),
        PodPlace::Pod(pod) => (pod.state.class(), &pod.status),
    };
    let label = AttrValue::from(format!("{} {status}", lane.name));
    let bound = lane.claims.iter().any(|c| c.volume.is_some());
    let number = html! { <>{ lane.ordinal }if bound { <i /> }</> };
    labelled(state, Some(label), Some(chosen), number, ask, Ask::Lens(lane.ordinal))
}

fn others(words: &'static Words, pods: &[OtherPod], ask: &Callback<Ask>) -> Html {
    let pod = |pod: &OtherPod| {
        let inspect = Ask::Inspect(Key::new(Kind::Pod, &pod.namespace, &pod.name));
        let content = html! { <>{ &*pod.name }<b>{ &pod.status }</b></> };
        html! { <li class={pod.state.class()}>{ labelled("chip", None, None, content, ask, inspect) }</li> }
    };
    html! { <div class="others"><h3>{ words.other_pods }</h3><ul>{ for pods.iter().map(pod) }</ul></div> }
}
