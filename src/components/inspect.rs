//! One object, whole.

use super::Ask;
use crate::session::Session;
use crate::words::Words;
use kubesim::api::{Key, Kind, SimTime};
use std::cell::RefCell;
use std::rc::Rc;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

#[derive(Properties)]
pub struct Props {
    pub words: &'static Words,
    pub session: Rc<RefCell<Session>>,
    /// How many writes had been made.
    pub position: usize,
    pub now: SimTime,
    /// The object.
    pub object: Option<Key>,
    pub ask: Callback<Ask>,
}

impl PartialEq for Props {
    fn eq(&self, other: &Props) -> bool {
        self.position == other.position
            && self.object == other.object
            && self.now.whole_seconds() == other.now.whole_seconds()
    }
}

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

/// An object that is chosen, as YAML.
#[component]
pub fn Inspect(props: &Props) -> Html {
    let Props { words, session, object, ask, .. } = props;
    let session = session.borrow();
    let store = &session.moment().store;
    let keys: Vec<Key> = OFFERED.iter().flat_map(|kind| store.list(*kind)).map(|o| o.key()).collect();
    let shown = object.as_ref().or(keys.first());
    let choose = {
        let keys = keys.clone();
        ask.reform(move |event: Event| {
            let select: HtmlSelectElement = event.target_unchecked_into();
            let chosen = usize::try_from(select.selected_index()).ok().and_then(|n| keys.get(n));
            chosen.map_or(Ask::Show(super::View::Inspect), |key| Ask::Inspect(key.clone()))
        })
    };
    let option = |key: &Key| html! { <option selected={shown == Some(key)}>{ key.to_string() }</option> };
    let text = shown.and_then(|key| store.get(key)).map(|o| kubesim::kubectl::output::yaml(&o.to_value()));
    html! {
        <>
            <div class="bar">
                <select aria-label={words.object} onchange={choose}>{ for keys.iter().map(option) }</select>
            </div>
            <pre class="text" tabindex="0">{ text.unwrap_or_else(|| words.nothing_here.into()) }</pre>
        </>
    }
}
