//! Ordinal, the page: shows the cluster that `kubesim` simulates. The only code here that knows Yew and the browser.

use yew::prelude::*;

/// The whole page.
#[component]
pub fn App() -> Html {
    html! {
        <header>
            <h1>{ "Ordinal" }</h1>
            <p>{ "Watch a StatefulSet think." }</p>
        </header>
    }
}

/// Draws the page into `<div id="app">` and keeps it alive.
///
/// # Panics
/// If the document has no such element: `index.html` and this crate do not belong together then.
pub fn start() {
    let root =
        gloo::utils::document().get_element_by_id("app").expect("index.html has an element with the id app");
    yew::Renderer::<App>::with_root(root).render();
}
