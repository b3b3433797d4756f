//! The events of the cluster, newest first.

use super::button;
use crate::page::intent::Intent;
use crate::page::panel::View;
use kubesim::{Key, Kind, Object, SimTime, Store};
use messages::Messages;
use scene::scene::ago;
use std::rc::Rc;
use yew::prelude::*;

/// How many Events are shown at most.
const SHOWN: usize = 200;

/// The Events at a moment, newest first.
pub fn events(words: &'static Messages, store: &Store, now: SimTime, send: &Callback<Intent>) -> Html {
    let mut events: Vec<&Rc<Object>> = Vec::new();
    let newest_first = |e: &Object| (-e.event().last_timestamp.0, -(e.meta.resource_version as i64));
    for event in store.list(Kind::Event) {
        let place = events.partition_point(|e| newest_first(e) < newest_first(event));
        events.insert(place, event);
    }
    let row = |object: &&Rc<Object>| {
        let event = object.event();
        let involved = &event.involved;
        let inspect = match Kind::of_manifest(&involved.api_version, &involved.kind) {
            Some(kind) => Intent::Inspect(Key::new(kind, &involved.namespace, &involved.name)),
            None => Intent::Show(View::Events),
        };
        let count = event.count.filter(|n| *n > 1).map(|n| format!(" ×{n}"));
        let name = format!("{}/{}", involved.kind.to_lowercase(), involved.name);
        html! {
            <li class={if &*event.event_type == "Warning" { "warning" } else { "" }}>
                <time>{ ago(now, event.last_timestamp) }</time>
                <b>{ &*event.reason }{ count }</b>
                { button("name", name, send, inspect) }
                <p>{ &*event.message }</p>
            </li>
        }
    };
    html! {
        if events.is_empty() {
            <p class="empty">{ words.no_events() }</p>
        } else {
            <ol class="events">{ for events.iter().take(SHOWN).map(row) }</ol>
        }
    }
}
