//! Questions to DNS: a name and a type in, the names that were tried and the answer out, at the playhead's moment.

use super::Ask;
use crate::scene::{PodPlace, Scene};
use crate::words::{Words, fill};
use kubesim::api::SimTime;
use kubesim::apiserver::{Rng, Store};
use kubesim::dns::resolver::{lookup, search_path};
use kubesim::dns::{Answer, Network, Rcode, Record, RecordType};
use wasm_bindgen::JsCast;
use web_sys::{HtmlFormElement, HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

/// The types that can be asked for.
const TYPES: [&str; 6] = ["A", "SRV", "AAAA", "PTR", "TXT", "ANY"];
/// Who asks: a pod in this namespace.
const NAMESPACE: &str = "default";

/// The panel. The question is asked again at each moment, so that the answer is that moment's.
pub fn dns(
    words: &'static Words,
    store: &Store,
    scene: &Scene,
    now: SimTime,
    (name, kind): &(AttrValue, AttrValue),
    ask: &Callback<Ask>,
) -> Html {
    let onsubmit = {
        let ask = ask.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let form: HtmlFormElement = event.target_unchecked_into();
            let (Some(name), Some(kind)) = (form.get_with_index(0), form.get_with_index(1)) else { return };
            let (name, kind): (HtmlInputElement, HtmlSelectElement) =
                (name.unchecked_into(), kind.unchecked_into());
            ask.emit(Ask::Resolve(name.value().trim().to_string().into(), kind.value().into()));
        })
    };
    let service = scene.service.as_ref().map(|s| &*s.name);
    let name: &str = if name.is_empty() { service.unwrap_or("kubernetes") } else { name };
    let record_type = RecordType::parse(kind).unwrap_or(RecordType::A);
    let mut network = Network { store, now, rng: &mut Rng::new(1), namespace: NAMESPACE };
    let tries = lookup(&mut network, name, &record_type, &search_path(NAMESPACE));
    let answered = tries.last().filter(|a| a.rcode == Rcode::NoError);
    let pods = scene.lanes.iter().filter(|lane| matches!(lane.pod, PodPlace::Pod(_))).take(20);
    let names = service
        .into_iter()
        .map(str::to_string)
        .chain(pods.filter_map(|lane| Some(format!("{}.{}", lane.name, service?))));
    html! {
        <>
            <form class="bar" {onsubmit}>
                <input type="text" aria-label={words.dns_name} value={name.to_string()} list="names" spellcheck="false"
                    autocapitalize="off" autocomplete="off" />
                <select aria-label={words.dns_type}>{ for TYPES.map(|t| html! { <option selected={**kind == *t}>{ t }</option> }) }</select>
                <datalist id="names">{ for names.map(|name| html! { <option value={name} /> }) }</datalist>
                <button class="primary">{ words.dns_ask }</button>
            </form>
            <div class="answers" role="status">
                <ol>{ for tries.iter().map(attempt) }</ol>
                if let Some(answer) = answered {
                    if answer.answers.is_empty() { <p>{ fill(words.dns_empty, &[("type", record_type.name())]) }</p> }
                    <table>{ for answer.answers.iter().chain(&answer.additional).map(record) }</table>
                } else {
                    <p>{ reason(words, scene, name) }</p>
                }
            </div>
        </>
    }
}

fn attempt(answer: &Answer) -> Html {
    let (class, sign) = if answer.rcode == Rcode::NoError { ("found", "✓ ") } else { ("lost", "✕ ") };
    html! { <li {class}><b>{ sign }</b><span>{ &answer.name }</span><em>{ answer.rcode.name() }</em></li> }
}

fn record(record: &Record) -> Html {
    html! {
        <tr><th>{ &record.name }</th><td>{ record.ttl }</td><td>{ record.data.record_type().name() }</td><td>{ record.data.to_string() }</td></tr>
    }
}

/// Why the name does not exist, as far as the stage knows.
fn reason(words: &'static Words, scene: &Scene, name: &str) -> String {
    let first = name.split('.').next().unwrap_or_default();
    let Some(service) = &scene.service else { return words.dns_unknown.into() };
    let lane = scene.lanes.iter().find(|lane| *lane.name == *first);
    if service.cluster_ip.is_none() {
        return fill(words.dns_no_service, &[("service", &service.name)]);
    }
    match lane {
        Some(lane) if matches!(lane.pod, PodPlace::Pod(_)) && !lane.in_dns => {
            fill(words.dns_not_ready, &[("pod", first)])
        }
        Some(lane) if !lane.in_dns => fill(words.dns_no_pod, &[("pod", first)]),
        None if *first == *service.name => fill(words.dns_no_endpoint, &[("service", first)]),
        _ => words.dns_unknown.into(),
    }
}
