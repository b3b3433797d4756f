//! One object, whole: described, or as YAML.

use super::{Ask, View, choice};
use crate::words::Words;
use kubesim::api::{Key, Kind, SimTime};
use kubesim::apiserver::Store;
use kubesim::kubectl;
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

/// An object that is chosen.
pub fn inspect(
    words: &'static Words,
    store: &Store,
    now: SimTime,
    object: Option<&Key>,
    yaml: bool,
    ask: &Callback<Ask>,
) -> Html {
    let mut keys: Vec<Key> = OFFERED.iter().flat_map(|kind| store.list(*kind)).map(|o| o.key()).collect();
    let shown = object.or(keys.first()).cloned();
    keys.extend(shown.clone().filter(|key| !keys.contains(key)));
    let text = match shown.as_ref().and_then(|key| store.get(key)) {
        Some(object) if yaml => kubectl::output::yaml(&object.to_value()),
        Some(object) => kubectl::describe::describe(store, object, now, true),
        None => words.nothing_here.into(),
    };
    let option =
        |key: &Key| html! { <option selected={shown.as_ref() == Some(key)}>{ key.to_string() }</option> };
    let options: Html = keys.iter().map(option).collect();
    let choose = ask.reform(move |event: Event| {
        let select: HtmlSelectElement = event.target_unchecked_into();
        let chosen = usize::try_from(select.selected_index()).ok().and_then(|n| keys.get(n));
        chosen.map_or(Ask::Show(View::Inspect), |key| Ask::Inspect(key.clone()))
    });
    html! {
        <>
            <div class="bar">
                <select aria-label={words.object} onchange={choose}>{ options }</select>
                { choice("chip", !yaml, Html::from("describe"), ask, Ask::Yaml(false)) }
                { choice("chip", yaml, Html::from("YAML"), ask, Ask::Yaml(true)) }
            </div>
            <pre class="text" tabindex="0">{ text }</pre>
        </>
    }
}
