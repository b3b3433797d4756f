//! The stage: the set, why it is as it is, the Service, the lanes.

use super::lane::lane;
use super::trouble::opener;
use super::why_bar::why_bar;
use super::{Ask, address, button, choice, labelled, part};
use crate::chronicle::{PodState, REVISION_LABEL};
use crate::compare::Difference;
use crate::crowd::{Cell, Crowd};
use crate::scene::{Lane, OtherPod, Playhead, Scene, ServiceView};
use crate::session::Action;
use crate::why::Why;
use crate::words::{Words, fill};
use kubesim::api::{Key, Kind, Str};
use kubesim::dns::reason::{Chain, Link};
use kubesim::kubectl::printers::pod_status;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use yew::prelude::*;

/// From this many lanes on, lanes are small.
const COMPACT: usize = 9;

/// The other of two clusters.
#[derive(Clone, Copy)]
pub struct Beside<'a> {
    /// What the one on the stage is called, and what the other.
    pub names: [&'a str; 2],
    /// The other's scene.
    pub scene: &'a Scene,
    /// Commands that show how they differ.
    pub then: &'static [&'static str],
}

/// What the stage shows.
pub struct Stage<'a> {
    pub words: &'static Words,
    pub scene: &'a Scene,
    pub now: Playhead,
    /// Why the part is as it is that the user asked about.
    pub part: Option<&'a Why>,
    /// Where the branch differs from the one that it is compared with, and that one's name.
    pub compared: Option<(&'a str, &'a [Difference])>,
    /// The other cluster, if two are side by side: its name and this one's, and its scene.
    pub beside: Option<Beside<'a>>,
    /// Something to say about what the user did.
    pub notice: Option<&'static str>,
    /// Whether the rule behind the answer is shown.
    pub rule: bool,
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
                if let Some(beside) = self.beside {
                    { self.halves(beside) }
                } else {
                    { self.lanes(scene) }
                    if !scene.others.is_empty() { { others(words, &scene.others, ask) } }
                }
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

    /// Two clusters side by side; what is not the same in both is marked.
    fn halves(&self, beside: Beside) -> Html {
        let Stage { words, ask, .. } = *self;
        let half = |(name, scene): (&str, &Scene)| {
            let set = scene.set.as_ref();
            html! {
                <section class="half" aria-label={name.to_string()}>
                    <h3>{ name.to_string() }{ for set.map(|set| html! { <span class="chip">{ &set.chips[0] }</span> }) }</h3>
                    <p>{ &scene.why.title }</p>
                    { self.lanes(scene) }
                    if !scene.others.is_empty() { { others(words, &scene.others, ask) } }
                </section>
            }
        };
        let then = |command: &&'static str| button("chip", *command, ask, Ask::Command((*command).into()));
        let [here, there] = beside.names;
        html! {
            <>
                if !beside.then.is_empty() { <div class="then"><b>{ words.then }</b>{ for beside.then.iter().map(then) }</div> }
                <div class="halves">{ half((here, self.scene)) }{ half((there, beside.scene)) }</div>
            </>
        }
    }

    fn lanes(&self, scene: &Scene) -> Html {
        let (words, ask) = (self.words, self.ask);
        let Some(set) = &scene.set else { return Html::default() };
        let namespace: AttrValue = set.key.namespace.clone().into();
        let differs = |l: &Lane| {
            let of_lane = |d: &Difference| {
                d.key.name == l.name || l.claims.iter().any(|claim| claim.name == d.key.name)
            };
            self.compared.is_some_and(|(_, all)| all.iter().any(of_lane))
        };
        let draw = |l: &Rc<Lane>| {
            lane(words, &namespace, l, if differs(l) { "lane differs" } else { self.light(l) }, ask)
        };
        if let Some(crowd) = &scene.crowd {
            let whole = scene.lanes.first();
            return html! {
                <>
                    { cells(words, &set.key.name, crowd, whole.map(|lane| lane.ordinal), ask) }
                    <ul class="lanes l1">{ for whole.map(draw) }</ul>
                </>
            };
        }
        let count = scene.lanes.len();
        let class = if count < COMPACT && self.beside.is_none() {
            ["l0", "l1", "l2", "l3", "l4", "l5", "l6", "l7", "l8"][count]
        } else {
            "compact"
        };
        html! { <ul class={classes!("lanes", class)}>{ for scene.lanes.iter().map(draw) }</ul> }
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

/// A cell for each place of a crowd. One listener for all of them: there may be ten thousand.
fn cells(words: &'static Words, set: &Str, crowd: &Crowd, whole: Option<i32>, ask: &Callback<Ask>) -> Html {
    let choose = {
        let ask = ask.clone();
        Callback::from(move |event: MouseEvent| {
            if let Some(ordinal) = ordinal_of(event.target()) {
                ask.emit(Ask::Lens(ordinal));
            }
        })
    };
    let walk = {
        let ask = ask.clone();
        Callback::from(move |event: KeyboardEvent| {
            if let Some(ordinal) = neighbour(&event) {
                event.prevent_default();
                event.stop_propagation();
                ask.emit(Ask::Lens(ordinal));
            }
        })
    };
    let block = |cells: &Rc<Vec<Cell>>| {
        let chosen = whole.filter(|n| cells.iter().any(|cell| cell.ordinal == *n));
        let depends = [address(cells), chosen.map_or(0, |n| n as usize + 1), 0, 0];
        let (cells, set, revision) = (cells.clone(), set.clone(), crowd.revision.clone());
        let draw =
            move || cells.iter().map(|c| cell(words, &set, c, chosen, revision.as_deref())).collect::<Html>();
        part("", depends, Rc::new(draw))
    };
    let count = |(state, count): (PodState, usize)| {
        let name = words.states[state as usize];
        html! { if count > 0 { <li class={state.class()}><i />{ name }<b>{ count }</b></li> } }
    };
    let counts = PodState::ALL.into_iter().zip(crowd.counts);
    html! {
        <div class="crowd">
            <ul class="legend counts">
                { for counts.map(count) }
                if crowd.missing > 0 { <li class="ghost"><i />{ words.missing_pods }<b>{ crowd.missing }</b></li> }
            </ul>
            <div class="cells" role="group" aria-label={words.stage} onclick={choose} onkeydown={walk}>
                { for crowd.blocks.iter().map(block) }
            </div>
        </div>
    }
}

fn cell(words: &'static Words, set: &str, cell: &Cell, chosen: Option<i32>, revision: Option<&str>) -> Html {
    let is_chosen = chosen == Some(cell.ordinal);
    let (class, status) = match &cell.pod {
        None => (classes!("ghost"), words.missing_pods.to_owned()),
        Some(pod) => {
            let old = pod.meta.label(REVISION_LABEL) != revision;
            (classes!(PodState::of(pod).class(), old.then_some("old")), pod_status(pod.pod(), &pod.meta))
        }
    };
    html! {
        <button type="button" {class} data-ordinal={cell.ordinal.to_string()} tabindex={if is_chosen { "0" } else { "-1" }}
            aria-current={is_chosen.then_some("true")} aria-label={format!("{set}-{} {status}", cell.ordinal)} title={status}>
            { cell.ordinal }
            if cell.bound { <i /> }
        </button>
    }
}

fn ordinal_of(target: Option<web_sys::EventTarget>) -> Option<i32> {
    let element = target?.dyn_into::<web_sys::Element>().ok()?.closest("[data-ordinal]").ok()??;
    element.get_attribute("data-ordinal")?.parse().ok()
}

/// The cell to which an arrow key leads; it gets the focus.
fn neighbour(event: &KeyboardEvent) -> Option<i32> {
    let cell = event.target()?.dyn_into::<web_sys::Element>().ok()?.closest("[data-ordinal]").ok()??;
    let step = |cell: &web_sys::Element, on: bool| {
        if on { cell.next_element_sibling() } else { cell.previous_element_sibling() }
    };
    let left = |cell: &web_sys::Element| cell.get_bounding_client_rect().left();
    let on = matches!(&*event.key(), "ArrowRight" | "ArrowDown");
    let mut next = match &*event.key() {
        "ArrowRight" | "ArrowLeft" | "ArrowDown" | "ArrowUp" => step(&cell, on)?,
        _ => return None,
    };
    if matches!(&*event.key(), "ArrowDown" | "ArrowUp") {
        while left(&next) != left(&cell) {
            next = step(&next, on)?;
        }
    }
    next.dyn_ref::<web_sys::HtmlElement>()?.focus().ok()?;
    ordinal_of(Some(next.into()))
}

fn others(words: &'static Words, pods: &[OtherPod], ask: &Callback<Ask>) -> Html {
    let pod = |pod: &OtherPod| {
        let inspect = Ask::Inspect(Key::new(Kind::Pod, &pod.namespace, &pod.name));
        let content = html! { <>{ &*pod.name }<b>{ &pod.status }</b></> };
        html! { <li class={pod.state.class()}>{ labelled("chip", None, None, content, ask, inspect) }</li> }
    };
    html! { <div class="others"><h3>{ words.other_pods }</h3><ul>{ for pods.iter().map(pod) }</ul></div> }
}
