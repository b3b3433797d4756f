//! Tabs by the pattern of the WAI-ARIA Authoring Practices: one of them has the focus, arrows go on and choose.

use crate::page::intent::Intent;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

/// A tab: its id in the document, its name, and what chooses it.
pub type Tab = (&'static str, &'static str, Intent);

/// A row of tabs of which one is chosen. `panel` is the id of what they change ([`tab_panel`]).
pub fn tab_list<const N: usize>(
    label: &'static str,
    panel: &'static str,
    tabs: [Tab; N],
    chosen: usize,
    send: &Callback<Intent>,
) -> Html {
    tab_row(label, panel, &tabs, chosen, send)
}

fn tab_row(
    label: &'static str,
    panel: &'static str,
    tabs: &[Tab],
    chosen: usize,
    send: &Callback<Intent>,
) -> Html {
    let tab = |(place, (id, name, intent)): (usize, &Tab)| {
        let (send, intent) = (send.clone(), intent.clone());
        let onclick = Callback::from(move |_: MouseEvent| send.emit(intent.clone()));
        let selected = place == chosen;
        html! {
            <button type="button" role="tab" id={*id} aria-controls={panel} aria-selected={if selected { "true" } else { "false" }} tabindex={if selected { "0" } else { "-1" }} {onclick}>{ *name }</button>
        }
    };
    let onkeydown = {
        let (send, tabs) = (send.clone(), tabs.to_vec());
        Callback::from(move |event: KeyboardEvent| {
            let last = tabs.len() - 1;
            let to = match &*event.key() {
                "ArrowRight" => (chosen + 1) % tabs.len(),
                "ArrowLeft" => chosen.checked_sub(1).unwrap_or(last),
                "Home" => 0,
                "End" => last,
                _ => return,
            };
            // Elsewhere these keys go through time.
            event.prevent_default();
            event.stop_propagation();
            let (id, _, intent) = &tabs[to];
            send.emit(intent.clone());
            let tab = gloo::utils::document().get_element_by_id(id);
            if let Some(tab) = tab.and_then(|tab| tab.dyn_into::<HtmlElement>().ok()) {
                let _ = tab.focus();
            }
        })
    };
    html! { <div class="tab-list" role="tablist" aria-label={label} {onkeydown}>{ for tabs.iter().enumerate().map(tab) }</div> }
}

/// What the chosen tab shows; `tab` is that one's id.
pub fn tab_panel(id: &'static str, tab: &'static str, content: Html) -> Html {
    html! { <div {id} class="tab-panel" role="tabpanel" aria-labelledby={tab}>{ content }</div> }
}
