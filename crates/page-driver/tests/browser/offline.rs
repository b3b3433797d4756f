//! The page without a network: kept after a visit, offered anew when there is another version.

use std::fs;

use serde_json::json;

use page_driver::page::{Page, View, copy, dist};

/// Whether the browser keeps the page, whole.
const KEPT: &str = "navigator.serviceWorker.ready.then(kept => !!kept.active)";

/// What is asked of the network fails, whoever asks.
fn cut(page: &mut Page) {
    page.server().fail("", page_driver::server::Fault::Abort, usize::MAX);
}

#[test]
fn a_page_that_was_there_opens_and_plays_without_a_network() {
    let mut page = Page::open(View::DESKTOP);
    page.wait("it is kept", KEPT);
    cut(&mut page);
    page.goto("");
    assert_eq!(page.eval("!!navigator.serviceWorker.controller"), true);
    page.click_named("16×");
    page.wait("it plays", "document.querySelectorAll('.pod.ready').length === 3");
    page.goto("?t=46&autoplay=0");
    page.wait("another moment is shown", "/^0:46/.test(document.querySelector('.time').textContent)");
    page.screenshot("offline");
}

#[test]
fn a_new_version_is_offered_and_the_old_one_goes_when_it_is_wanted() {
    let folder = std::env::temp_dir().join(format!("ordinal-offline-{}", std::process::id()));
    copy(&dist(), &folder);
    let mut page = Page::unopened_site(&folder, View::DESKTOP);
    page.goto("");
    page.wait("it is kept", KEPT);
    page.goto("");
    page.click_named("Pause");
    let worker = fs::read_to_string(folder.join("sw.js")).expect("the build writes it");
    // Minified or not.
    let (before, rest) = worker.split_once("const VERSION").expect("it has a version");
    let (_, after) = rest.split_once('"').and_then(|(_, rest)| rest.split_once('"')).expect("in quotes");
    fs::write(folder.join("sw.js"), format!("{before}const VERSION=\"other\"{after}"))
        .expect("it is written");
    page.run("navigator.serviceWorker.ready.then(registration => registration.update()); window.before = 1;");
    page.wait("it is offered", "document.querySelector('#loading button')");
    page.screenshot("offline-newer");
    assert_eq!(page.eval("window.before"), 1, "nothing is forced");
    page.wait("both versions are kept", "caches.keys().then(keys => keys.length === 2)");
    page.run("document.querySelector('#loading button').click();");
    page.wait(
        "it is loaded again",
        "!window.before && document.querySelector('.app') && window.ordinalPlays",
    );
    page.wait_for_all();
    page.wait(
        "the old one has gone",
        "caches.keys().then(keys => keys.length === 1 && keys[0].endsWith(' other'))",
    );
    let _ = fs::remove_dir_all(folder);
}

#[test]
fn without_workers_and_memory_nothing_is_missed() {
    let mut page = Page::unopened(View::DESKTOP);
    page.before_all(
        "for (const [of, name] of [[Navigator.prototype, 'serviceWorker'], [window, 'localStorage'], [window, 'sessionStorage']])
            Object.defineProperty(of, name, { get() { throw new DOMException('refused', 'SecurityError'); } });",
    );
    page.goto("");
    page.wait("it plays", "document.querySelector('[data-pod=flask-0].ready')");
    page.run("const began = performance.now(); window.isLate = () => performance.now() - began > 6000;");
    page.wait("the time to keep it has passed", "window.isLate()");
    page.goto("");
    assert_eq!(page.eval("!!document.querySelector('.stage')"), json!(true));
    page.assert_no_complaints();
}
