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
    // What is kept may be compressed: so look what comes back.
    assert!(page.text("body").contains("172.16.110.66"));
    reload(&mut page);
    let rest = page.text("body");
    assert!(!rest.contains("172.16.110.66") && !rest.contains("stuck.yaml"), "{rest}");
    page.assert_no_complaints();
}

/// Loads the page again, as the browser does when somebody comes back to it.
fn reload(page: &mut Page) {
    page.reload();
    page.wait("it is there again", "globalThis.ordinalPlays && document.querySelector('.pod')");
    page.wait_for_all();
}

#[test]
fn a_recording_is_sought_explained_and_gone_on_from() {
    let mut page = settled(View::DESKTOP);
    drop_file(&mut page, "rollout.tsv", &golden("recordings/stuck-update-undo-delete.tsv"));
    page.click_named("Open it");
    page.wait("what was seen is marked", "document.querySelectorAll('.divide text').length === 2");
    page.screenshot("cluster-recording");
    page.wait("it ends well", "document.querySelector('.why').innerText.includes('Everything is as wanted')");
    // In the midst of the trouble, and before it: Page Down goes back by ten seconds.
    page.run("document.querySelector('.scrub').focus()");
    page.type_keys("\u{e00f}");
    page.wait("an image can't be pulled", "document.querySelector('.pod.fail')");
    let trouble = page.text(".why");
    assert!(trouble.contains("flask-2") && !trouble.contains("as wanted"), "{trouble}");
    page.screenshot("cluster-recording-trouble");
    page.type_keys("\u{e00f}\u{e00f}");
    page.wait("all is well before", "document.querySelectorAll('.pod.ready').length === 3");
    assert_eq!(page.text(".divide"), "seen\nsimulated");
    // What the simulator would have done from its first moment stands beside it, and where they part is said.
    page.run("document.querySelector('.rerun').open = true;");
    page.click_named("Put it beside");
    page.wait("it is said", "document.querySelector('.rerun [role=status]')");
    let said = page.text(".rerun [role=status]");
    assert!(said.contains("steps that were seen are the same"), "{said}");
    page.wait("it stands beside", "document.querySelector('.branches li:not(.shown) [aria-current=true]')");
    page.screenshot("cluster-recording-beside");
    page.run("document.querySelector('.branches li:not(.shown) [aria-current=true]').click()");
    page.click(".line input");
    page.type_keys("kubectl scale sts flask --replicas=1\n");
    page.wait("a branch goes on", "document.querySelectorAll('.branches li').length === 4");
    page.click_named("16×");
    page.wait("it scales down", "document.querySelectorAll('.pod:not(.ghost)').length === 1");
    page.wait(
        "it is at rest",
        "document.querySelector('.why').innerText.includes('Everything is as wanted')",
    );
    page.screenshot("cluster-recording-branch");
    let address = page.text("[data-pod=flask-0]");
    assert!(address.contains("172.16.107.80"), "{address}");
    reload(&mut page);
    let rest = page.text("body");
    assert!(!rest.contains("172.16.107.80") && !rest.contains("rollout.tsv"), "{rest}");
    page.assert_no_complaints();
}

/// The example in the editor may not be meant for the real cluster's state on the stage.
#[test]
fn a_manifest_is_not_applied_to_a_state_without_a_question() {
    let mut page = settled(View::PHONE);
    page.run("document.querySelector('nav button').click();");
    drop_file(&mut page, "stuck.yaml", &golden("states/stuck-bad-image-after-undo.yaml"));
    page.click_named("Open it");
    page.wait("why it is stuck", "document.querySelector('.why .primary')");
    let has_applied =
        "document.querySelector('.screen')?.innerText.includes('statefulset.apps/flask') ?? false";
    page.run("document.querySelector('nav button').click();");
    page.click("#tab-manifest");
    page.click_named("Apply");
    page.wait("it asks", "document.querySelectorAll('.message[role=alert] .answer').length === 2");
    page.screenshot("cluster-asks");
    let fits = "[...document.querySelectorAll('.message, .message *')].every(e => e.getBoundingClientRect().right <= innerWidth && e.scrollWidth <= e.clientWidth + 1 || getComputedStyle(e).display === 'inline')";
    assert_eq!(page.eval(fits), true, "the question fits");
    page.run("document.querySelector('nav button:nth-child(3)').click();");
    assert_eq!(page.eval(has_applied), false, "nothing was done meanwhile");
    // Whoever goes on with something else is asked again.
    page.run("document.querySelector('nav button').click();");
    page.click_named("Apply");
    page.wait("it asks again", "document.querySelectorAll('.message[role=alert] .answer').length === 2");
    page.click_named("In a new cluster");
    page.click_named("16×");
    page.wait("all is as wanted there", "document.querySelectorAll('.pod.ready').length === 3");
    page.assert_no_complaints();
}

/// A set of a thousand pods opens while the page goes on answering. How long it takes is printed, not asserted: the steps are
/// counted in `crates/scene/tests/it/large.rs`.
#[test]
fn a_thousand_pods_open() {
    let mut page = settled(View::DESKTOP);
    page.run(
        "window.tasks = [];
         new PerformanceObserver((list) => tasks.push(...list.getEntries().map((entry) => entry.duration)))
             .observe({ type: 'longtask' });
         window.began = performance.now();",
    );
    drop_file(&mut page, "crowd.yaml", &seed_walk::crowd::state(1000));
    let longest =
        "[performance.now() - began, Math.max(0, ...tasks)].map(Math.round).join(' ms, longest task ')";
    println!("read after {} ms", page.eval(longest));
    page.run("tasks.length = 0; began = performance.now();");
    page.click_named("Open it");
    page.wait("it is open", "document.querySelector('.stage')?.innerText.includes('1000/1000')");
    println!("open after {} ms", page.eval(longest));
    page.screenshot("cluster-thousand");
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

/// Without names a state goes into a link, which opens as it did; and nothing of it was in the address or kept before.
#[test]
fn a_state_is_given_away_without_its_names() {
    let mut page = settled(View::DESKTOP);
    drop_file(&mut page, "stuck.yaml", &golden("states/stuck-bad-image-after-undo.yaml"));
    page.click_named("Open it");
    page.wait("why it is stuck", "document.querySelector('.why .primary')");
    page.allow_clipboard();
    page.run("document.querySelectorAll('.cluster details').forEach((part) => { part.open = true; });");
    page.click_named("Show what that is");
    page.wait("it is shown", "document.querySelector('.cluster .shared')?.value.length > 1000");
    let shown = page.eval("document.querySelector('.cluster .shared').value");
    let shown = shown.as_str().expect("a text").to_owned();
    assert!(!shown.contains("flask") && !shown.contains("chhan") && !shown.contains("172.16"), "{shown}");
    page.screenshot("cluster-without-names");
    page.click_named("Copy as a link");
    page.wait("it is copied", "navigator.clipboard.readText().then((text) => text.includes('#cluster='))");
    let link = page.eval("navigator.clipboard.readText()");
    let link = link.as_str().expect("a text").to_owned();
    println!("the link of a state of three pods has {} characters", link.len());
    let before = kept(&mut page);
    assert!(!before.contains("cluster="), "{before}");
    page.assert_no_complaints();

    let fragment = link.split_once('#').expect("a fragment").1;
    page.forget();
    page.goto(&format!("#{fragment}"));
    page.wait("it is read", "document.querySelector('.cluster .found-in-it')");
    page.click_named("Open it");
    page.wait("why it is stuck", "document.querySelector('.why .primary')");
    let why = page.text(".why");
    assert!(why.contains("-2") && !why.contains("flask"), "{why}");
    page.screenshot("cluster-given");
    page.assert_no_complaints();
}

/// A change is planned in the page as `kubesim plan` does it: a manifest against the file, and a command.
#[test]
fn a_change_is_planned() {
    let mut page = settled(View::DESKTOP);
    drop_file(&mut page, "rest.yaml", &golden("states/seed-at-rest.yaml"));
    page.click_named("Open it");
    page.wait("it is open", "document.querySelectorAll('.pod.ready').length === 3");
    page.click(".cluster .plan summary");
    page.click(".cluster .plan .paste");
    page.type_keys("kubectl scale sts flask --replicas=1");
    page.click_named("Plan");
    page.wait("it is planned", "document.querySelector('.planned table')");
    let planned = page.text(".planned");
    assert!(
        planned.contains("pod/flask-2") && planned.contains("statefulset.apps/flask scaled"),
        "{planned}"
    );
    assert!(!planned.contains("pod/flask-0"), "{planned}");
    // On its timeline are the pods that do not stay as they are.
    let rows = "document.querySelectorAll('.planned .course li:not([aria-hidden])').length";
    assert_eq!(page.eval(rows), 2);
    assert_eq!(page.eval("document.querySelectorAll('.planned .course rect.term').length"), 2);
    page.screenshot("cluster-plan");
    // What is assumed can be changed: a program that takes a minute to start.
    page.run("document.querySelector('.cluster .assumed').open = true;");
    page.run(
        "const field = document.querySelectorAll('.assumed input')[5];
         field.value = '61000';
         field.dispatchEvent(new InputEvent('input', { bubbles: true }));",
    );
    page.click_named("Begin again with these");
    page.wait("it is taken", "document.querySelector('.assumed button').disabled");
    let manifest = MANIFEST;
    page.run(&format!(
        "const field = document.querySelector('.cluster .plan textarea');
         field.value = {};
         field.dispatchEvent(new InputEvent('input', {{ bubbles: true }}));",
        json!(manifest)
    ));
    page.click_named("Plan");
    page.wait(
        "it is planned",
        "document.querySelector('.planned pre')?.innerText.includes('does-not-exist')",
    );
    let planned = page.text(".planned");
    assert!(planned.contains("pod/flask-2") && !planned.contains("pod/flask-1"), "{planned}");
    assert!(planned.contains("flask-2"), "{planned}");
    // It was only tried.
    assert_eq!(page.eval("document.querySelectorAll('.pod.ready').length"), 3);
    page.screenshot("cluster-plan-manifest");
    page.assert_no_complaints();
}

/// The manifest from which the set came, with an image that there is not.
const MANIFEST: &str = "apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: flask
spec:
  selector: {matchLabels: {app: flask}}
  serviceName: flask
  replicas: 3
  minReadySeconds: 10
  template:
    metadata: {labels: {app: flask}}
    spec:
      terminationGracePeriodSeconds: 10
      containers:
      - name: flask-app
        image: han0495/flask-example-app:does-not-exist
        ports: [{containerPort: 80, name: web}]
        volumeMounts: [{name: www, mountPath: /usr/src/app/log}]
      initContainers:
      - name: init-dump-log
        image: busybox:1.28
        command: ['sh', '-c', \"echo $(hostname)-$(date +%s) |tee -a /usr/src/app/log/dump.log\"]
        volumeMounts: [{name: www, mountPath: /usr/src/app/log}]
  volumeClaimTemplates:
  - metadata: {name: www}
    spec:
      accessModes: [ReadWriteOnce]
      storageClassName: local-path
      resources: {requests: {storage: 1Gi}}
";
