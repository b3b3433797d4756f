//! A real cluster's state or a recording, opened in the page: told before, explained, mended, gone on from; and kept nowhere.

use crate::settled;
use page_driver::page::{Page, View};
use serde_json::json;

/// A file of those that real clusters gave.
fn golden(name: &str) -> String {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../kubesim/tests/golden");
    std::fs::read_to_string(folder.join(name)).expect("it is there")
}

/// Drops a file into the tab, and waits until it is read.
fn drop_file(page: &mut Page, name: &str, text: &str) {
    page.click("#tab-cluster");
    page.wait("the tab is there", "document.querySelector('.cluster .drop')");
    page.run(&format!(
        "const carried = new DataTransfer();
         carried.items.add(new File([{}], {}));
         document.querySelector('.cluster .drop').dispatchEvent(
             new DragEvent('drop', {{ bubbles: true, cancelable: true, dataTransfer: carried }}));",
        json!(text),
        json!(name)
    ));
    page.wait(
        "it is read",
        "document.querySelector('.cluster .found-in-it') ?? document.querySelector('.cluster .bad')",
    );
}

/// All that the browser keeps for the page, and its address.
fn kept(page: &mut Page) -> String {
    let kept = page.eval(
        "JSON.stringify(Object.entries(sessionStorage)) + JSON.stringify(Object.entries(localStorage)) + location.href",
    );
    kept.as_str().expect("a text").to_owned()
}

#[test]
fn a_state_is_told_explained_and_mended_and_kept_nowhere() {
    let mut page = settled(View::DESKTOP);
    drop_file(&mut page, "stuck.yaml", &golden("states/stuck-bad-image-after-undo.yaml"));
    let told = page.text(".cluster");
    assert!(told.contains("stuck.yaml") && told.contains("UTC") && told.contains("left out:"), "{told}");
    page.screenshot("cluster-read");
    page.click_named("Open it");
    page.wait("why it is stuck", "document.querySelector('.why .primary')");
    page.screenshot("cluster-open");
    let before = page.text(".why");
    assert!(before.contains("flask-2"), "{before}");
    page.run("document.querySelector('.why .primary').click()");
    page.click_named("16×");
    page.wait("it recovers", "document.querySelectorAll('.pod.ready').length === 3");
    page.click_named("Copy link");
    page.wait("it says that links do not hold it", "document.querySelector('.message')");
    page.run("dispatchEvent(new Event('pagehide'))");
    let kept = kept(&mut page);
    assert!(!kept.contains("does-not-exist") && !kept.contains("flask-2"), "{kept}");
    page.assert_no_complaints();
}

#[test]
fn a_recording_is_sought_explained_and_gone_on_from() {
    let mut page = settled(View::DESKTOP);
    drop_file(&mut page, "rollout.tsv", &golden("recordings/stuck-update-undo-delete.tsv"));
    page.click_named("Open it");
    page.wait("what was seen is marked", "document.querySelector('.divide text')");
    page.screenshot("cluster-recording");
    let at_end = page.text(".why");
    page.click("[aria-label=\"To the start\"], .scrub");
    page.wait("another moment", &format!("document.querySelector('.why').innerText !== {}", json!(at_end)));
    let command = "kubectl scale sts flask --replicas=1";
    page.click(".line input");
    page.type_keys(&format!("{command}\n"));
    page.wait("a branch goes on", "document.querySelectorAll('.pod').length <= 2");
    page.assert_no_complaints();
}

#[test]
fn what_is_no_state_is_answered() {
    let mut page = settled(View::PHONE);
    page.run("document.querySelector('#tab-cluster').click()");
    drop_file(&mut page, "table.txt", "NAME      READY   AGE\nflask     3/3     2d\n");
    let said = page.text(".cluster .bad");
    assert!(said.contains("table.txt is a table") && said.contains("-o yaml"), "{said}");
    page.screenshot("cluster-phone");
    page.assert_no_complaints();
}
