//! The stage: the set, why it is as it is, the Service, the lanes.

use super::lane::Lane;
use super::why_bar::WhyBar;
use super::{Ask, button};
use crate::scene::{self, OtherPod, PodPlace, Scene, ServiceView};
use crate::session::Action;
use crate::words::Words;
use kubesim::api::{Key, Kind};
use std::rc::Rc;
use yew::prelude::*;

/// From this many lanes on, lanes are small.
const COMPACT: usize = 9;
/// From this many lanes on, a lane is a cell, and one of them is shown whole.
const CELLS: usize = 41;

#[derive(Properties)]
pub struct Props {
    pub words: &'static Words,
    pub scene: Rc<Scene>,
    pub now: scene::Playhead,
    pub notice: Option<&'static str>,
    pub ask: Callback<Ask>,
}

impl PartialEq for Props {
    fn eq(&self, other: &Props) -> bool {
        self.now == other.now && self.notice == other.notice && Rc::ptr_eq(&self.scene, &other.scene)
    }
}

/// The stage.
#[component]
pub fn Stage(props: &Props) -> Html {
    let Props { words, scene, now, notice, ask } = props;
    let lens = use_state(|| None::<i32>);
    let namespace: AttrValue =
        scene.set.as_ref().map_or_else(AttrValue::default, |s| s.key.namespace.to_string().into());
    let lane = |lane: &Rc<scene::Lane>| {
        html! { <Lane key={lane.ordinal} words={*words} namespace={&namespace} {lane} ask={ask} /> }
    };
    let count = scene.lanes.len();
    let lanes = if count < CELLS {
        let size = if count < COMPACT { format!("lanes l{count}") } else { "lanes compact".into() };
        html! { <ul class={size}>{ for scene.lanes.iter().map(lane) }</ul> }
    } else {
        let near = |lane: &&Rc<scene::Lane>| match *lens {
            Some(ordinal) => lane.ordinal == ordinal,
            None => scene.why.pod.as_ref() == Some(&lane.name),
        };
        let whole = scene.lanes.iter().find(near).or(scene.lanes.first());
        let cell = |lane: &Rc<scene::Lane>| {
            let chosen = whole.is_some_and(|w| w.ordinal == lane.ordinal);
            let (lens, ordinal) = (lens.clone(), lane.ordinal);
            cell(lane, chosen, Callback::from(move |_| lens.set(Some(ordinal))))
        };
        html! {
            <>
                <div class="cells">{ for scene.lanes.iter().map(cell) }</div>
                <ul class="lanes l1">{ for whole.map(lane) }</ul>
            </>
        }
    };
    html! {
        <section class="stage" aria-label={words.stage}>
            { head(scene, *notice, ask) }
            <WhyBar words={*words} why={scene.why.clone()} now={*now} ask={ask} />
            if let Some(service) = &scene.service { { band(words, service) } }
            { lanes }
            if !scene.others.is_empty() { { others(words, &scene.others, ask) } }
        </section>
    }
}

fn head(scene: &Scene, notice: Option<&'static str>, ask: &Callback<Ask>) -> Html {
    let Some(set) = &scene.set else { return Html::default() };
    let tab = |key: &Key| {
        let class = if *key == set.key { "chip on" } else { "chip" };
        button(class, key.to_string(), html! { &key.name }, ask, Ask::Do(Action::Look(key.clone())))
    };
    html! {
        <div class="set">
            <h2><span>{ "StatefulSet " }</span>{ &set.key.name }</h2>
            if scene.sets.len() > 1 { { for scene.sets.iter().map(tab) } }
            { for set.chips.iter().map(|chip| html! { <span class="chip">{ chip }</span> }) }
            <span class="notice" role="status">{ notice.unwrap_or_default() }</span>
        </div>
    }
}

fn band(words: &'static Words, service: &ServiceView) -> Html {
    let (class, about) = match service.cluster_ip.as_deref() {
        Some("None") => ("service", words.headless),
        Some(_) => ("service", words.virtual_ip),
        None => ("service missing", words.no_service),
    };
    html! {
        <div {class}>
            <strong>{ "Service " }{ &service.name }</strong>
            if let Some(ip) = &service.cluster_ip { <code><span>{ "clusterIP: " }</span>{ ip }</code> }
            <p>{ about }</p>
            <code class="answer">{ &service.answer }</code>
        </div>
    }
}

fn cell(lane: &scene::Lane, chosen: bool, onclick: Callback<MouseEvent>) -> Html {
    let (state, status) = match &lane.pod {
        PodPlace::Ghost { note, .. } => ("ghost", note),
        PodPlace::Pod(pod) => (pod.state.class(), &pod.status),
    };
    let bound = lane.claims.iter().any(|c| c.volume.is_some());
    let label = format!("{} {status}", lane.name);
    html! {
        <button type="button" key={lane.ordinal} class={classes!(state, bound.then_some("bound"))}
            aria-pressed={chosen.to_string()} title={label.clone()} aria-label={label} {onclick}>{ lane.ordinal }</button>
    }
}

fn others(words: &'static Words, pods: &[OtherPod], ask: &Callback<Ask>) -> Html {
    let pod = |pod: &OtherPod| {
        let key = Key::new(Kind::Pod, &pod.namespace, &pod.name);
        let content = html! { <>{ &pod.name }<b>{ &pod.status }</b></> };
        html! { <li class={pod.state.class()}>{ button("chip", format!("{} {}", pod.name, pod.status), content, ask, Ask::Inspect(key)) }</li> }
    };
    html! { <div class="others"><h3>{ words.other_pods }</h3><ul>{ for pods.iter().map(pod) }</ul></div> }
}
