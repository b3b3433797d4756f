//! The stage: the set, why it is as it is, the Service, the lanes.

pub mod claim_card;
pub mod explanation_bar;
pub mod lane;
pub mod nodes;
pub mod pod_card;
pub mod pod_grid;

use self::explanation_bar::why_bar;
use self::lane::lane;
use crate::components::fault_menu::{opener, why_button};
use crate::components::{button, choice, labelled, sign};
use crate::page::intent::Intent;
use crate::session::Action;
use kubesim::api::stateful_set::ordinal_of;
use kubesim::dns::reason::{Chain, EndpointInAnswer};
use kubesim::{Input, Key, Kind};
use messages::{Messages, fill};
use scene::explain::{Explanation, Subject, in_namespace};
use scene::history::difference::Difference;
use scene::scene::{Lane, OtherPod, Playhead, Scene, ServiceView};
use std::rc::Rc;
use yew::prelude::*;

/// How many pods of others are shown at most.
const OTHERS: usize = 24;

/// The other of two clusters.
#[derive(Clone, Copy)]
pub struct Beside<'a> {
    /// What the one on the stage is called, and what the other.
    pub names: [&'a str; 2],
    /// What is shown of the other one.
    pub scene: &'a Scene,
    /// Commands that show how they differ.
    pub then: &'static [&'static str],
}

/// What the stage shows.
pub struct Stage<'a> {
    pub words: &'static Messages,
    pub scene: &'a Scene,
    pub now: Playhead,
    /// That the story has not begun, in place of why all is as it is.
    pub loading: Option<&'a Explanation>,
    /// Why the part is as it is that the user asked about.
    pub part: Option<&'a Explanation>,
    /// Whether that part is of the other of two clusters.
    pub part_of_beside: bool,
    /// Whether the why bar has room for a command that would help.
    pub roomy: bool,
    /// Where the branch differs from the one that it is compared with, and that one's name.
    pub compared: Option<(&'a str, &'a [Difference])>,
    /// The other cluster, if two are side by side: its name and this one's, and its scene.
    pub beside: Option<Beside<'a>>,
    /// Something to say about what the user did.
    pub notice: Option<&'static str>,
    /// Whether the rule behind the answer is shown.
    pub rule: bool,
    /// What the rule's field is by default, if the manifest leaves it out.
    pub default: Option<&'static str>,
    /// The way from a Service to the records that the DNS panel is about.
    pub lit: Option<&'a Chain>,
    /// The pods by their nodes, in the lanes' place.
    pub by_node: Option<Html>,
    pub send: &'a Callback<Intent>,
}

impl Stage<'_> {
    /// The section with the set, the explanation, and one scene or two.
    pub fn draw(&self) -> Html {
        let Stage { words, scene, send, .. } = *self;
        let asked = if self.part.is_some() && self.part_of_beside { &there(send) } else { send };
        html! {
            <section class={if self.roomy { "stage roomy" } else { "stage" }} aria-label={words.stage()}>
                { self.head() }
                { why_bar(words, self.loading.or(self.part).unwrap_or(&scene.why), self.now, (self.part.is_some(), self.notice), (self.rule, self.default), asked) }
                { for self.compared.map(|(name, all)| compared(words, name, all)) }
                if self.beside.is_none() && self.by_node.is_none() {
                    { for scene.service.as_ref().map(|service| band(words, service, self.lights(&service.name))) }
                }
                if let Some(beside) = self.beside {
                    { self.halves(beside) }
                } else if let Some(nodes) = &self.by_node {
                    { nodes.clone() }
                } else {
                    { self.lanes(scene, scene.many) }
                    if !scene.others.is_empty() {
                        if scene.set.is_none() { { self.pods(scene) } } else { { self.others(scene) } }
                    }
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
        let of_pod = |link: &&EndpointInAnswer| link.pod.as_ref() == Some(&lane.name);
        match self.lit.and_then(|chain| chain.links.iter().find(of_pod)) {
            Some(link) if link.has_record => "lane lit",
            Some(_) => "lane unlit",
            None => "lane",
        }
    }

    /// The pods of a set that are lit: with a record, without one, or because they are not the same in the other world.
    fn lights_of(&self, set: &Key) -> [Vec<i32>; 3] {
        let mut lights = [Vec::new(), Vec::new(), Vec::new()];
        let others = self.compared.into_iter().flat_map(|(_, all)| all);
        let pods = others.filter(|d| d.key.kind == Kind::Pod && d.key.namespace == set.namespace);
        lights[2].extend(pods.filter_map(|d| ordinal_of(&set.name, &d.key.name)));
        let links = self.lit.filter(|chain| chain.service.namespace == set.namespace);
        for link in links.into_iter().flat_map(|chain| &chain.links) {
            let ordinal = link.pod.as_ref().and_then(|pod| ordinal_of(&set.name, pod));
            lights[usize::from(!link.has_record)].extend(ordinal);
        }
        lights
    }

    fn head(&self) -> Html {
        let by_node = || {
            let is_chosen = self.by_node.is_some();
            let content = Html::from(self.words.by_node());
            choice("chip by", is_chosen, content, self.send, Intent::ShowNodes(!is_chosen))
        };
        let Some(set) = &self.scene.set else {
            let has_pods = !self.scene.others.is_empty() && self.beside.is_none();
            return html! { <div class="set">{ for has_pods.then(by_node) }</div> };
        };
        let faults = self.words.trouble();
        let tab = |key: &Key| {
            choice(
                "chip",
                *key == set.key,
                Html::from(&*key.name),
                self.send,
                Intent::Session(Action::ShowSet(key.clone())),
            )
        };
        html! {
            <div class="set">
                <h2><span>{ "StatefulSet " }</span>{ &*set.key.name }</h2>
                if self.scene.sets.len() > 1 { { for self.scene.sets.iter().map(tab) } }
                { for set.chips.iter().map(|chip| html! { <span class="chip">{ chip }</span> }) }
                if self.beside.is_none() { { by_node() } }
                { opener("chip", faults.into(), Html::from(faults), self.send, set.key.clone()) }
            </div>
        }
    }

    /// Two clusters side by side; what is not the same in both is marked.
    fn halves(&self, beside: Beside) -> Html {
        let Stage { words, send, .. } = *self;
        // What is pressed in the other half is asked about there.
        let there_send = there(send);
        let half = |(name, scene, send): (&str, &Scene, &Callback<Intent>)| {
            let set = scene.set.as_ref();
            let half = Stage { send, by_node: None, loading: None, part: None, beside: None, ..*self };
            html! {
                <section class="half" aria-label={name.to_string()}>
                    <h3><bdi>{ name.to_string() }</bdi>{ for set.map(|set| html! { <span class="chip">{ &set.chips[0] }</span> }) }</h3>
                    <p>{ &scene.why.title }</p>
                    { for scene.service.as_ref().map(answer) }
                    { half.lanes(scene, true) }
                    if set.is_none() { { half.pods(scene) } } else if !scene.others.is_empty() { { half.others(scene) } }
                </section>
            }
        };
        let then =
            |command: &&'static str| button("chip", *command, send, Intent::Command((*command).into()));
        let [here, there] = beside.names;
        html! {
            <>
                if !beside.then.is_empty() { <div class="then"><b>{ words.then() }</b>{ for beside.then.iter().map(then) }</div> }
                <div class="halves">{ half((here, self.scene, send)) }{ half((there, beside.scene, &there_send)) }</div>
            </>
        }
    }

    /// Pods of a cluster without a set, such as a Deployment's: a card for each.
    fn pods(&self, scene: &Scene) -> Html {
        let Stage { words, send, .. } = *self;
        let card = |pod: &OtherPod| {
            let key = Key::new(Kind::Pod, &pod.namespace, &pod.name);
            let inspect = Intent::Inspect(key.clone());
            let faults = fill(words.trouble_for(), &[("name", &pod.name)]);
            let delete = in_namespace(["kubectl delete pod ", &*pod.name].concat(), &pod.namespace);
            let delete = Intent::input(Input::Command(delete.into()));
            html! {
                <li class="lane" key={key.to_string()}>
                    <article class={classes!("pod", pod.state.class())} data-pod={pod.name.clone()}>
                        <h3 aria-label={pod.name.clone()}>
                            { labelled(pod_card::class_of(&pod.name), None, None, pod_card::ends(&pod.name), send, inspect) }
                            <b class="state">{ why_button(words, &pod.name, &pod.status, send, Subject::Pod(key.clone())) }</b>
                            { opener("close more", faults, "⋯".into(), send, key) }
                            { sign("close", fill(words.delete_pod(), &[("pod", &pod.name)]), "✕", send, delete) }
                        </h3>
                        <footer>{ pod.node.as_deref().unwrap_or(words.not_scheduled()).to_string() }</footer>
                    </article>
                </li>
            }
        };
        let more = scene.others.len().saturating_sub(OTHERS);
        let more = (more > 0).then(|| fill(words.more_pods(), &[("count", &more.to_string())]));
        html! { <ul class="lanes compact setless">{ for scene.others.iter().take(OTHERS).map(card) }{ for more.map(|more| html! { <li>{ more }</li> }) }</ul> }
    }

    /// Pods of nobody or of somebody else.
    fn others(&self, scene: &Scene) -> Html {
        let Stage { words, send, .. } = *self;
        let pods = &scene.others;
        let differs = |key: &Key| self.compared.is_some_and(|(_, all)| all.iter().any(|d| d.key == *key));
        let pod = |pod: &OtherPod| {
            let key = Key::new(Kind::Pod, &pod.namespace, &pod.name);
            let class = classes!(pod.state.class(), differs(&key).then_some("differs"));
            let name =
                html! { <span class={pod_card::class_of(&pod.name)}>{ pod_card::ends(&pod.name) }</span> };
            let content = html! { <>{ name }<b>{ &pod.status }</b></> };
            html! { <li {class}>{ labelled("chip", None, None, content, send, Intent::Inspect(key)) }</li> }
        };
        let more = pods.len().saturating_sub(OTHERS);
        let more = (more > 0).then(|| fill(words.more_pods(), &[("count", &more.to_string())]));
        html! {
            <div class="others">
                <h3>{ words.other_pods() }</h3>
                <ul>{ for pods.iter().take(OTHERS).map(pod) }{ for more.map(|more| html! { <li>{ more }</li> }) }</ul>
            </div>
        }
    }

    /// `small`: as cards without drawings.
    fn lanes(&self, scene: &Scene, small: bool) -> Html {
        let (words, send) = (self.words, self.send);
        let Some(set) = &scene.set else { return Html::default() };
        let namespace: AttrValue = set.key.namespace.clone().into();
        let differs = |l: &Lane| {
            let of_lane = |d: &Difference| {
                d.key.name == l.name || l.claims.iter().any(|claim| claim.name == d.key.name)
            };
            self.compared.is_some_and(|(_, all)| all.iter().any(of_lane))
        };
        let draw = |small: bool, l: &Rc<Lane>| {
            let class = if differs(l) { "lane differs" } else { self.light(l) };
            lane(words, &namespace, l, class, small, send)
        };
        if let Some(grid) = &scene.grid {
            let whole = scene.lanes.first();
            return html! {
                <>
                    { pod_grid::grid(words, &set.key.name, grid, whole.map(|lane| lane.ordinal), &self.lights_of(&set.key), send) }
                    <ul class="lanes alone">{ for whole.map(|lane| draw(false, lane)) }</ul>
                </>
            };
        }
        let claimed = scene.lanes.iter().any(|lane| !lane.claims.is_empty());
        let class = match (small, claimed) {
            (true, true) => "compact claimed",
            (true, false) => "compact",
            (false, _) => "",
        };
        // The rows of all lanes are the same rows: one more kind of claim makes three more of them.
        let most = scene.lanes.iter().map(|lane| lane.claims.len()).max().unwrap_or_default();
        let rows = match most {
            _ if small => "",
            0 => "c0",
            1 => "c1",
            2 => "c2",
            3 => "c3",
            4 => "c4",
            _ => "stacked",
        };
        html! { <ul class={classes!("lanes", class, rows)}>{ for scene.lanes.iter().map(|lane| draw(small, lane)) }</ul> }
    }
}

/// Takes what is wanted in the other of two clusters.
pub fn there(send: &Callback<Intent>) -> Callback<Intent> {
    send.reform(|intent| Intent::Beside(Box::new(intent)))
}

/// How many lanes are to stand side by side, for the style sheet: it gives them columns, and folds the sides for them.
pub fn columns(scene: &Scene) -> &'static str {
    if scene.many || scene.grid.is_some() {
        return "lanes-many";
    }
    match scene.lanes.len() {
        1 => "lanes-1",
        2 => "lanes-2",
        // Before the first story: it has as many, and nothing moves when it begins.
        0 | 3 => "lanes-3",
        4 => "lanes-4",
        5 => "lanes-5",
        6 => "lanes-6",
        7 => "lanes-7",
        _ => "lanes-8",
    }
}

/// Where two branches differ.
/// A name whose letters may run from right to left, amid others (Unicode's isolates).
fn isolated(name: &str) -> String {
    ["\u{2068}", name, "\u{2069}"].concat()
}

fn compared(words: &'static Messages, other: &str, all: &[Difference]) -> Html {
    let side = |side: &Option<String>| {
        let text = side.clone().unwrap_or_else(|| words.not_there().into());
        html! { <td class={side.is_none().then_some("none")}>{ text }</td> }
    };
    let row = |d: &Difference| {
        html! { <tr><th scope="row">{ d.key.to_string() }</th>{ side(&d.here) }{ side(&d.there) }</tr> }
    };
    html! {
        <section class="compared" role="status" tabindex="0">
            <h3>{ fill(words.differences(), &[("branch", &isolated(other))]) }</h3>
            if all.is_empty() { <p>{ words.no_difference() }</p> } else { <table>{ for all.iter().map(row) }</table> }
        </section>
    }
}

fn band(words: &'static Messages, service: &ServiceView, lit: bool) -> Html {
    let (class, about) = match service.cluster_ip.as_deref() {
        Some("None") => ("service", words.headless()),
        Some(_) => ("service", words.virtual_ip()),
        None => ("service missing", words.no_service()),
    };
    html! {
        <div class={classes!(class, lit.then_some("lit"))}>
            <strong>{ "Service " }{ &*service.name }</strong>
            if service.is_made_up { <em class="new">{ words.cluster().is_made_up() }</em> }
            if let Some(ip) = &service.cluster_ip { <code><span>{ "clusterIP: " }</span>{ &**ip }</code> }
            <p title={about}>{ about }</p>
            { answer(service) }
        </div>
    }
}

/// What DNS answers to the Service's name.
fn answer(service: &ServiceView) -> Html {
    html! { <code class="answer"><span>{ "nslookup " }{ &*service.name }</span><span class="arrow">{ " → " }</span>{ &service.answer }</code> }
}
