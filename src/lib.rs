//! Ordinal, the page: shows the cluster that `kubesim` simulates, as `scene` sees it.
//!
//! | module | contents | imports |
//! | --- | --- | --- |
//! | [`session`] | the story with its branches, the playhead in it, how time passes, built-in comparisons | `link` |
//! | [`link`] | a story with its moment as an address, and back | `page::panel`, `session::{branch, presets}` |
//! | [`page`] | what the user has chosen to see, and what an intent makes of it: a pure function | `session`, `link` |
//! | [`components`] | the parts of the page, drawn from the scene | `page`, `session` |
//! | [`app`] | the whole page: what it holds and hears, what it needs of the browser, what is loaded later, the warm-up | all of them |
//!
//! Only `components` and `app` know Yew. What an element, a key or the browser wants is an [`Intent`](page::intent::Intent);
//! [`update`](page::update::update) makes of it the next state and effects; `app` does these and draws again.

pub mod app;
pub mod components;
pub mod link;
pub mod page;
pub mod session;

use app::browser;
use kubesim::{Input, Options, SimTime, Story};
use page::layout::Layout;

/// Draws the page into `<div id="app">` and keeps it alive. `static/start.js` calls it when it has the module in its hands:
/// a part of the program that is missing could not be linked before. Says whether the story that the page begins with may need any
/// part of the program.
///
/// # Panics
/// If the document has no such element: `index.html` and this crate do not belong together then.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn start() -> bool {
    app::panic::tell_panics();
    kubesim::kubectl::why::answer_with(scene::explain::told);
    let root =
        gloo::utils::document().get_element_by_id("app").expect("index.html has an element with the id app");
    let address = browser::address();
    // A frame is as the page around it wants it, not as the reader arranged a whole page once.
    let layout = if address.embed { Layout::default() } else { browser::kept_layout() };
    browser::set_type_size(layout.large);
    let kept_theme = if address.embed { None } else { browser::kept_theme() };
    let start = app::start::Start { address, saved: browser::remembered(), layout };
    if let Some(dark) = start.address.dark.or(kept_theme) {
        browser::set_theme(dark);
    }
    if !start.address.embed
        && let Some(widths) = browser::kept()
    {
        components::edge::restore(&widths);
    }
    let needs_all = start.needs() == app::loading::Part::Whole;
    yew::Renderer::<app::App>::with_root_and_props(root, start).render();
    needs_all
}

/// Has the page speak a language: `static/start.js` calls it before [`start`]. What the texts look like:
/// [`messages::Messages::translated`].
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn speak(language: &str, languages: &str, translations: &str) {
    app::language::speak(language, languages, translations);
}

/// The fingerprint of the history that a manifest and commands make, in hexadecimal: for the test that compares the one
/// that the page makes with a native one. `commands` has one a line, each after its time in milliseconds and a space.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn fingerprint(manifest: &str, commands: &str, until: f64) -> String {
    fingerprint_of(manifest, commands, until)
}

// What is exported is in the part that is loaded first, and what is inlined there with it.
#[inline(never)]
fn fingerprint_of(manifest: &str, commands: &str, until: f64) -> String {
    let mut story = Story::new(Options::default());
    story.input(Input::Apply(manifest.into()));
    for line in commands.lines() {
        let (at, command) = line.split_once(' ').unwrap_or_default();
        story.run_until(SimTime(at.parse().unwrap_or_default()));
        story.input(Input::Command(command.into()));
    }
    story.run_until(SimTime(until as i64));
    format!("{:016x}", story.cluster.api.history().fingerprint())
}
