//! The events of the cluster, newest first.

use super::Ask;
use crate::scene::ago;
use crate::session::Session;
use crate::words::Words;
use kubesim::api::{Key, Kind, Object, SimTime};
use std::cell::RefCell;
use std::cmp::Reverse;
use std::rc::Rc;
use yew::prelude::*;

/// So many events are shown.
const SHOWN: usize = 200;

#[derive(Properties)]
pub struct Props {
    pub words: &'static Words,
    pub session: Rc<RefCell<Session>>,
    /// How many writes had been made.
    pub position: usize,
    pub now: SimTime,
    pub ask: Callback<Ask>,
}

impl PartialEq for Props {
    /// Ages are in whole seconds.
    fn eq(&self, other: &Props) -> bool {
        self.position == other.position && self.now.whole_seconds() == other.now.whole_seconds()
    }
}

/// The events.
#[component]
pub fn Events(props: &Props) -> Html {
    let session = props.session.borrow();
    let mut events: Vec<&Rc<Object>> = session.moment().store.list(Kind::Event).collect();
    events.sort_by_key(|e| Reverse((e.event().last_timestamp, e.meta.resource_version)));
    let row = |object: &&Rc<Object>| {
        let event = object.event();
        let involved = &event.involved;
        let kind = Kind::of_manifest(&involved.api_version, &involved.kind);
        let key = kind.map(|kind| Key::new(kind, &involved.namespace, &involved.name));
        let onclick = props.ask.reform(move |_: MouseEvent| match &key {
            Some(key) => Ask::Inspect(key.clone()),
            None => Ask::Show(super::View::Events),
        });
        let count = event.count.filter(|n| *n > 1).map(|n| format!(" ×{n}"));
        html! {
            <li key={object.meta.uid.to_string()} class={event.event_type.to_lowercase()}>
                <time>{ ago(props.now, event.last_timestamp) }</time>
                <b>{ &*event.reason }{ count }</b>
                <button type="button" class="name" {onclick}>{ format!("{}/{}", involved.kind.to_lowercase(), involved.name) }</button>
                <p>{ &*event.message }</p>
            </li>
        }
    };
    html! {
        if events.is_empty() {
            <p class="empty">{ props.words.no_events }</p>
        } else {
            <ol class="events">{ for events.iter().take(SHOWN).map(row) }</ol>
        }
    }
}
