//! What goes, comes back: the focus of a pod's card after its pod, and the page after a mistake of its own.

use crate::story;
use page_driver::page::{Page, View};

/// What has the focus: its label, or its class.
const FOCUSED: &str =
    "(document.activeElement.getAttribute('aria-label') ?? document.activeElement.className)";

/// The start of the uid of flask-1's pod; nothing if it has none.
const UID: &str = "[...document.querySelectorAll('[data-pod=flask-1] dt')].find(t => t.textContent === 'uid')
    ?.nextElementSibling.firstChild.textContent";

#[test]
fn the_focus_stays_in_the_lane_of_a_pod_that_is_replaced() {
    let mut page = crate::settled(View::DESKTOP);
    page.run("document.querySelector('[aria-label=\"Delete flask-1\"]').focus()");
    page.run(&format!("window.before = {UID}"));
    page.type_keys("\n");
    page.wait("another pod is there", &format!("{UID} && {UID} !== window.before"));
    page.wait("its button has the focus", &format!("{FOCUSED} === 'Delete flask-1'"));
    // Before the pod was made there is nothing but its lane.
    // Unless it has come to rest by now.
    page.run("document.querySelector('[aria-label=Pause]')?.click();");
    page.run("document.querySelector('[data-pod=flask-1] .more').focus()");
    page.type_keys("\u{e011}");
    page.wait("there is no pod", "document.querySelector('.ghost[data-pod=flask-1]')");
    page.wait("its lane has the focus", &format!("{FOCUSED}.split(' ')[0] === 'lane'"));
    assert_eq!(page.eval("document.activeElement.querySelector('.pod').dataset.pod"), "flask-1");
    page.type_keys("\u{e010}");
    page.wait(
        "the same button has it again",
        "document.activeElement.matches('[data-pod=flask-1] h3 > .more')",
    );
    // Whoever has left the lane is not fetched back.
    page.click("[aria-label='Command line']");
    page.run("document.activeElement.blur()");
    page.type_keys("\u{e011}");
    page.wait("there is no pod", "document.querySelector('.ghost[data-pod=flask-1]')");
    assert_eq!(page.eval("document.activeElement.tagName"), "BODY");
    page.assert_no_complaints();
}

/// Makes the page fail: its browser refuses an element once, which is nothing that the page could expect.
fn fail(page: &mut Page) {
    page.run(
        "document.createElement = () => {
            delete document.createElement;
            throw new Error('no more elements');
        };",
    );
    page.click_named("Events");
    page.wait("the page says so", "document.querySelector('.panic[role=alert]')");
}

#[test]
fn a_mistake_of_the_page_is_told_on_it() {
    let mut page = Page::open_at(View::DESKTOP, "?t=14&autoplay=1");
    page.wait("a pod is Ready", "document.querySelector('.pod.ready')");
    story::type_line(&mut page, "kubectl get nodes");
    fail(&mut page);
    let told = page.text(".panic");
    assert!(told.contains("no more elements") && told.contains(".rs:"), "{told}");
    let console = page.console().join("\n");
    assert!(console.contains("no more elements"), "{console}");
    // The story with what led to it is a link, and the one before it is opened again.
    let report = page.eval("document.querySelector('.panic a + button + a').href");
    assert!(report.as_str().is_some_and(|href| href.contains("#")), "{report}");
    page.click_named("Go on from before it");
    page.wait("it goes on", "!document.querySelector('.panic') && document.querySelector('.pod')");
    assert!(!page.text(".screen").contains("kubectl get nodes"), "the last command is before it no more");
    fail(&mut page);
    page.click(".panic a");
    page.wait("it starts again", "!document.querySelector('.panic') && document.querySelector('.pod.ready')");
}

/// What the browser itself ends, as where there is no more memory, calls no hook of the program's.
#[test]
fn an_end_that_the_program_does_not_see_is_told_like_its_own_mistakes() {
    let mut page = Page::open_at(View::DESKTOP, "?t=14&autoplay=1");
    page.wait("a pod is Ready", "document.querySelector('.pod.ready')");
    page.run(
        "dispatchEvent(new ErrorEvent('error', { error: new WebAssembly.RuntimeError('unreachable') }));",
    );
    page.wait("it is told", "document.querySelector('.panic[role=alert]')");
    let told = page.text(".panic");
    assert!(told.contains("no more memory"), "{told}");
    let report = page.eval("[...document.querySelectorAll('.panic a')].some(a => a.href.includes('#'))");
    assert_eq!(report, true, "the story goes with the report");
    page.click_named("Go on from before it");
    page.wait("it goes on", "!document.querySelector('.panic') && document.querySelector('.pod')");
}
