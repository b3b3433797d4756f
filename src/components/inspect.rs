//! One object, whole: described, as YAML, or what changed since another version of it.

use super::choice;
use super::difference::difference;
use super::timeline::branch_name;
use crate::page::intent::Intent;
use crate::page::panel::{InspectorTab, View};
use crate::session::Session;
use crate::session::branch::Branch;
use kubesim::{Change, Key, Kind, Object, SimTime, kubectl};
use messages::Messages;
use std::rc::Rc;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

/// The kinds that are offered, in order.
const OFFERED: [Kind; 9] = [
    Kind::StatefulSet,
    Kind::Pod,
    Kind::PersistentVolumeClaim,
    Kind::PersistentVolume,
    Kind::Service,
    Kind::EndpointSlice,
    Kind::ControllerRevision,
    Kind::StorageClass,
    Kind::Node,
];

/// How many earlier versions are offered at most to compare with.
const VERSIONS: usize = 100;

/// What is inspected, and how.
#[derive(Clone)]
pub struct Inspected {
    /// The object; absent: the first one.
    pub object: Option<Key>,
    /// Whether it is of the cluster that stands beside the one on the stage, if one does.
    pub of_beside: bool,
    /// How it is shown.
    pub tab: InspectorTab,
    /// The version that it is compared with, by its position in the history; absent: the last one.
    pub since: Option<usize>,
}

/// An object that is chosen, at a branch's moment.
pub fn inspect(
    words: &'static Messages,
    session: &Session,
    inspected: &Inspected,
    send: &Callback<Intent>,
) -> Html {
    let now = session.now();
    let beside = session.beside().filter(|_| inspected.of_beside);
    let (branch, of_beside) = (beside.unwrap_or(session.branch()), beside.is_some());
    let store = &branch.moment().store;
    let mut keys: Vec<Key> = OFFERED.iter().flat_map(|kind| store.list(*kind)).map(|o| o.key()).collect();
    let shown = inspected.object.as_ref().or(keys.first()).cloned();
    keys.extend(shown.clone().filter(|key| !keys.contains(key)));
    let object = shown.as_ref().and_then(|key| store.get(key));
    let tab = inspected.tab;
    let versions = match &shown {
        Some(key) if tab == InspectorTab::Changes => versions(branch, key),
        _ => Vec::new(),
    };
    let text = match object {
        _ if tab == InspectorTab::Changes => changes(words, object, &versions, inspected.since),
        Some(object) if tab == InspectorTab::Yaml => yaml(object).into(),
        Some(object) => kubectl::describe::describe(store, object, now, true).into(),
        None => words.nothing_here().into(),
    };
    let option =
        |key: &Key| html! { <option selected={shown.as_ref() == Some(key)}>{ key.to_string() }</option> };
    let options: Html = keys.iter().map(option).collect();
    let choose = send.reform(move |event: Event| {
        let chosen = keys.get(selected(event));
        chosen.map_or(Intent::Show(View::Inspect), |key| inspect_in(of_beside, key.clone()))
    });
    let half = |branch: &Branch, is_beside: bool| {
        let name = Html::from(branch_name(words, branch).to_string());
        let asked = shown.clone().map(|key| inspect_in(is_beside, key));
        let asked = asked.unwrap_or(Intent::Show(View::Inspect));
        choice("chip", of_beside == is_beside, name, send, asked)
    };
    let tab = |of: InspectorTab, name: &'static str| {
        choice("chip", tab == of, Html::from(name), send, Intent::ShowTab(of))
    };
    html! {
        <>
            <div class="bar">
                <select aria-label={words.object()} onchange={choose}>{ options }</select>
                { tab(InspectorTab::Described, "describe") }
                { tab(InspectorTab::Yaml, "YAML") }
                { tab(InspectorTab::Changes, words.changes()) }
            </div>
            if let Some(other) = session.beside() {
                <div class="bar">{ half(session.branch(), false) }{ half(other, true) }</div>
            }
            if object.is_some_and(|object| object.meta.is_made_up()) {
                <p class="bar"><em class="new">{ words.cluster().is_made_up() }</em></p>
            }
            if versions.len() > 1 { { offered(words, &versions, inspected.since, send) } }
            <div class="text" tabindex="0">{ text }</div>
        </>
    }
}

/// Asks for an object of one of the two clusters.
fn inspect_in(beside: bool, key: Key) -> Intent {
    if beside { Intent::InspectBeside(key) } else { Intent::Inspect(key) }
}

/// The place of the chosen option.
fn selected(event: Event) -> usize {
    let select: HtmlSelectElement = event.target_unchecked_into();
    select.selected_index().max(0) as usize
}

/// A version of an object.
struct Version {
    position: usize,
    at: SimTime,
    object: Option<Rc<Object>>,
}

/// The versions of an object up to the moment that is shown, newest first.
fn versions(branch: &Branch, key: &Key) -> Vec<Version> {
    let end = branch.moment().position;
    let entries = branch.history().before(end).iter().rev().enumerate();
    let version = |(back, entry): (usize, &kubesim::Entry)| match &entry.change {
        Change::Object { key: of, after, .. } if of == key => {
            Some(Version { position: end - 1 - back, at: entry.at, object: after.clone() })
        }
        _ => None,
    };
    entries.filter_map(version).take(VERSIONS).collect()
}

/// The version to compare with: the chosen one, if the moment that is shown is later; else the last one.
fn other(versions: &[Version], since: Option<usize>) -> Option<&Version> {
    let earlier = versions.get(1..)?;
    earlier.iter().find(|v| Some(v.position) == since).or(earlier.first())
}

/// The menu of versions to compare with.
fn offered(
    words: &'static Messages,
    versions: &[Version],
    since: Option<usize>,
    send: &Callback<Intent>,
) -> Html {
    let chosen = other(versions, since).map(|v| v.position);
    let positions: Vec<usize> = versions[1..].iter().map(|v| v.position).collect();
    let choose = send.reform(move |event: Event| {
        // The first one is always the last version, whatever that is by then.
        let place = selected(event);
        Intent::CompareVersion(positions.get(place).copied().filter(|_| place > 0))
    });
    let option = |(n, v): (usize, &Version)| {
        let version = v.object.as_ref().map(|o| o.meta.resource_version.to_string());
        let name =
            if n == 0 { words.last_version() } else { version.as_deref().unwrap_or(words.not_there()) };
        html! { <option selected={chosen == Some(v.position)}>{ v.at.to_string() }{ " · " }{ name }</option> }
    };
    html! {
        <label class="bar">
            { words.since_version() }
            <select onchange={choose}>{ for versions[1..].iter().enumerate().map(option) }</select>
        </label>
    }
}

fn yaml(object: &Object) -> String {
    yaml::write(&object.to_value())
}

/// The object's YAML with what is different from another version.
fn changes(
    words: &'static Messages,
    object: Option<&Rc<Object>>,
    versions: &[Version],
    since: Option<usize>,
) -> Html {
    let Some(other) = other(versions, since) else {
        return if object.is_some() { words.only_version() } else { words.nothing_here() }.into();
    };
    let text = |object: Option<&Rc<Object>>| object.map(|o| yaml(o)).unwrap_or_default();
    let (from, to) = (text(other.object.as_ref()), text(object));
    if from == to {
        return words.unchanged().into();
    }
    let ((from, old), (to, new)) = (without_version(&from), without_version(&to));
    let versions = if old == new { Html::default() } else { difference(words, &old, &new) };
    html! { <>{ if from == to { Html::default() } else { difference(words, &from, &to) } }{ versions }</> }
}

/// An object's YAML without its resource version, which every change changes, and that line.
fn without_version(text: &str) -> (String, String) {
    let is_version = |line: &&str| line.starts_with("  resourceVersion: ");
    let Some(version) = text.split_inclusive('\n').find(is_version) else {
        return (text.into(), String::new());
    };
    (text.replacen(version, "", 1), version.into())
}
