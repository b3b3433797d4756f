//! DNS as the walk that Ordinal starts from asks it: in a pod's shell at the terminal, and in the panel. And the panel's
//! answers when a name is not found, not any more, or only in a cache.

use crate::story::type_line;
use page_driver::page::{Page, View};
use serde_json::json;

/// The shell of the walk's debug pod.
const DEBUG_POD: &str = "kubectl run -ti --rm --image=nicolaka/netshoot testpod1 -- zsh";

/// The page with the seed applied and all its pods Ready.
fn steady(view: View) -> Page {
    let mut page = Page::open_at(view, crate::AT_REST);
    page.wait("three pods are Ready", "document.querySelectorAll('.pod.ready').length === 3");
    page
}

/// Types a line at the terminal's prompt.
fn enter(page: &mut Page, line: &str) {
    page.click(".line input");
    page.type_keys(&format!("{line}\n"));
}

/// What a line prints, with runs of blanks as one.
fn answer(page: &mut Page, line: &str) -> String {
    let printed = type_line(page, line);
    let lines = printed.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

fn show_dns(page: &mut Page) {
    page.click(".tabs .dns");
    page.wait("the panel is there", "document.querySelector('.dns .answers')");
}

/// Asks the panel.
fn ask(page: &mut Page, name: &str, kind: &str) {
    page.paste(".dns .bar input", name);
    page.run(&format!("document.querySelector('.dns .bar select').value = '{kind}';"));
    page.click(".dns .bar .primary");
}

#[test]
fn the_walk_asks_in_a_debug_pod() {
    let mut page = steady(View::DESKTOP);
    enter(&mut page, DEBUG_POD);
    page.wait(
        "the pod's prompt is there",
        "[...document.querySelectorAll('.prompt')].some(p => p.innerText.includes('testpod1'))",
    );
    page.click_named("1×");
    let header = "Server: 10.200.1.10\nAddress: 10.200.1.10#53\n";
    let service = answer(&mut page, "nslookup flask");
    assert!(service.starts_with(header), "{service}");
    let names = service.matches("Name: flask.default.svc.cluster.local\nAddress: 172.16.").count();
    assert_eq!(names, 3, "{service}");
    let srv = answer(&mut page, "nslookup -type=srv flask");
    assert!(srv.starts_with(header), "{srv}");
    for pod in ["flask-0", "flask-1", "flask-2"] {
        let line = format!(
            "flask.default.svc.cluster.local service = 0 33 80 {pod}.flask.default.svc.cluster.local."
        );
        assert!(srv.lines().any(|l| l == line), "no {line} in {srv}");
    }
    let pod = answer(&mut page, "nslookup flask-0.flask.default.svc.cluster.local");
    let expect = format!("{header}Name: flask-0.flask.default.svc.cluster.local\nAddress: 172.16.");
    assert!(pod.starts_with(&expect), "{pod}");
    // What the pod's shell has besides.
    let body = answer(&mut page, "curl -s flask-1.flask");
    assert_eq!(body.lines().next(), Some("flask-1"), "{body}");
    let nothing = answer(&mut page, "kubectl get pods");
    assert!(nothing.contains("command not found: kubectl"), "{nothing}");
    page.screenshot("dns-terminal");
    enter(&mut page, "exit 0");
    page.click_named("16×");
    page.wait(
        "the laptop's prompt is back",
        "document.querySelector('.screen').innerText.includes('pod \"testpod1\" deleted')",
    );
    page.assert_no_complaints();
}

#[test]
fn the_panel_answers_what_the_walk_asks() {
    let mut page = steady(View::DESKTOP);
    show_dns(&mut page);
    ask(&mut page, "flask", "A");
    page.wait("three addresses", "document.querySelectorAll('.answers table tr').length === 3");
    assert_eq!(page.text(".answers ol em"), "NOERROR");
    page.wait("the chain is lit", "document.querySelectorAll('.lane.lit').length === 3");
    page.screenshot("dns-found");
    ask(&mut page, "flask", "SRV");
    page.wait(
        "the targets",
        "document.querySelector('.answers table').innerText.includes('0 33 80 flask-2.flask')",
    );
    ask(&mut page, "flask-0.flask.default.svc.cluster.local", "A");
    page.wait("one address", "document.querySelectorAll('.answers table tr').length === 1");
    page.click_named("nslookup");
    let raw = page.text(".raw pre");
    for text in [
        "$ nslookup flask-0.flask.default.svc.cluster.local",
        "10.200.1.10#53",
        "Name:\t",
        "Address: 172.16.",
    ] {
        assert!(raw.contains(text.trim_end()), "no {text} in {raw}");
    }
    ask(&mut page, "flusk", "A");
    page.wait(
        "a reason",
        "document.querySelector('.answers p')?.innerText.includes('There is no Service flusk')",
    );
    page.screenshot("dns-not-found");
    page.assert_no_complaints();
}

#[test]
fn a_watched_name_is_drawn_through_a_deletion_and_a_cache() {
    let mut page = steady(View::DESKTOP);
    show_dns(&mut page);
    page.run("document.querySelector('.settings').open = true;");
    page.run(
        "const s = document.querySelector('.settings select'); s.selectedIndex = 1;
         s.dispatchEvent(new Event('change', { bubbles: true }));",
    );
    ask(&mut page, "flask-1.flask", "A");
    page.click_named("Watch");
    page.click_named("4×");
    let why = page.watch(
        "document.querySelector('.answers p.waiting')?.innerText.includes('The cache gives an old answer')",
    );
    page.click("[aria-label='Delete flask-1']");
    show_dns(&mut page);
    page.wait("the cache gives the old address", "document.querySelector('.strip .old')");
    page.wait("it is said why", &why);
    page.screenshot("dns-cached");
    page.wait("the strip is on the timeline, too", "document.querySelector('.timeline .bands .old')");
    page.click_named("16×");
    page.wait("the new address is there", "document.querySelectorAll('.strip li.found').length >= 2");
    page.screenshot("dns-watched");
    page.assert_no_complaints();
}

#[test]
fn the_terminal_completes_searches_and_clears() {
    let mut page = steady(View::DESKTOP);
    page.click(".line input");
    page.type_keys("kubectl get po");
    page.type_keys("\t");
    page.wait(
        "what it can become is offered",
        "document.querySelector('.terminal-words').innerText.includes('pods')",
    );
    page.type_keys("s fla\t");
    page.wait(
        "as far as the names agree",
        "document.querySelector('.line input').value === 'kubectl get pods flask-'",
    );
    page.type_keys("1\n");
    page.wait("it ran", "document.querySelector('.screen').innerText.includes('flask-1   1/1')");
    page.type_keys("\u{e009}r\u{e000}");
    page.type_keys("flask-1");
    page.wait(
        "it is found",
        "document.querySelector('.screen').innerText.includes('kubectl get pods flask-1')",
    );
    page.type_keys("\u{e00c}");
    page.wait(
        "it is in the line",
        "document.querySelector('.line input').value === 'kubectl get pods flask-1'",
    );
    page.type_keys("\u{e009}u\u{e000}");
    page.type_keys("\u{e009}l\u{e000}");
    page.wait("the screen is empty", "!document.querySelector('.screen').innerText.includes('1/1')");
    page.type_keys("seq 1 10000\n");
    page.wait(
        "the end is in view",
        "document.querySelector('.screen').innerText.trimEnd().split('\\n').includes('10000')",
    );
    page.run(
        "window.drawn = 0;
        new MutationObserver(list => list.forEach(change => window.drawn += change.addedNodes.length))
            .observe(document.querySelector('.screen'), { subtree: true, childList: true });
        window.longest = 0;
        let last = performance.now();
        const frame = now => {
            window.longest = Math.max(window.longest, now - last);
            last = now;
            requestAnimationFrame(frame);
        };
        requestAnimationFrame(frame);",
    );
    page.type_keys("kubectl get pods\n");
    page.wait(
        "another command runs",
        "document.querySelector('.screen').innerText.includes('flask-2   1/1')",
    );
    let drawn = page.eval("window.drawn").as_u64().expect("a number");
    println!(
        "a command under ten thousand lines: longest frame {} ms, {drawn} nodes added",
        page.eval("window.longest")
    );
    assert!(drawn < 300, "what was printed before is drawn again: {drawn} nodes");
    page.click(".screen u[data-object]");
    page.wait("the object is shown", "document.querySelector('.text')?.innerText.includes('Namespace:')");
    page.assert_no_complaints();
}

/// What waits runs in virtual time beside the picture, and Ctrl-C ends it.
#[test]
fn what_waits_goes_on_with_the_picture_until_ctrl_c() {
    let mut page = steady(View::DESKTOP);
    // Slowly: nothing here may come to its end by itself.
    page.click_named("1×");
    for (line, first) in [
        ("kubectl get pods -w", "flask-2   1/1"),
        ("kubectl logs -f flask-0 -c flask-app", ""),
        ("kubectl wait --for=delete pod/flask-0 --timeout=1h", ""),
        ("watch kubectl get pods", "Every 2.0s: kubectl get pods"),
        ("sleep 3600", ""),
        ("kubectl exec flask-0 -- ping flask-1.flask", "64 bytes from"),
        ("kubectl exec flask-0 -- sleep 3600", ""),
        ("for i in 0 1 2; do sleep 1200; done", ""),
        ("kubectl rollout restart sts flask; kubectl rollout status sts flask", "aiting for"),
    ] {
        let screen = "document.querySelector('.screen').innerText";
        let is_prompt = format!("/\\n\\$\\s*$/.test({screen})");
        page.click(".line input");
        page.type_keys("\u{e009}l\u{e000}");
        page.paste(".line input", line);
        page.type_keys("\n");
        page.wait(&format!("{line} prints {first}"), &format!("{screen}.includes('{first}')"));
        let time = page.text(".time");
        page.wait("time goes on", &format!("document.querySelector('.time').innerText !== '{time}'"));
        assert_eq!(page.eval(&is_prompt), false, "{line} waits");
        page.type_keys("\u{e009}c\u{e000}");
        page.wait(&format!("Ctrl-C is told of {line}"), &format!("{screen}.includes('^C')"));
        page.wait(&format!("a prompt comes after {line}"), &is_prompt);
    }
    page.assert_no_complaints();
}

#[test]
fn kubectl_edit_opens_an_editor() {
    let mut page = steady(View::DESKTOP);
    let says =
        |words: &str| format!("document.querySelector('.screen')?.innerText.includes({})", json!(words));
    let opened =
        "document.querySelector('.edits textarea')?.value.startsWith('# Please edit the object below.')";
    let change = |from: &str, to: &str| {
        format!(
            "const area = document.querySelector('.edits textarea'); area.value = area.value.replace({}, {});",
            json!(from),
            json!(to)
        )
    };
    page.click(".line input");
    page.type_keys("kubectl edit sts flask\n");
    page.wait("the object is in the editor", opened);
    page.screenshot("terminal-edit");
    page.click_named("Cancel");
    page.wait("nothing is changed", &says("Edit cancelled, no changes made."));

    page.click(".line input");
    page.type_keys("kubectl edit sts flask\n");
    page.wait("the object is in the editor", opened);
    page.run(&change("replicas: 3", "replicas: -1"));
    page.click_named("Save");
    page.wait(
        "what is wrong stands in the editor",
        "document.querySelector('.edits textarea')?.value.includes('# statefulsets.apps \"flask\" was not valid:')",
    );
    page.run(&change("replicas: -1", "replicas: 4"));
    page.click_named("Save");
    page.wait("it is changed", &says("statefulset.apps/flask edited"));
    page.wait("there is a fourth pod", "document.querySelector('[data-pod=flask-3]:not(.ghost)')");
    // The text is not printed, and the line comes back alone.
    assert_eq!(page.eval("document.querySelector('.screen').innerText.includes('Please edit')"), false);
    page.click(".line input");
    page.type_keys("\u{e013}");
    page.wait(
        "the line is there",
        "document.querySelector('.line input').value === 'kubectl edit sts flask'",
    );
    page.assert_no_complaints();
}

#[test]
fn the_panel_fits_a_phone() {
    let mut page = steady(View::PHONE.dark());
    page.run("[...document.querySelectorAll('nav button')].find(b => b.innerText.includes('DNS')).click();");
    page.wait("the panel is there", "document.querySelector('.dns .answers table tr')");
    assert_eq!(
        page.eval("document.documentElement.scrollWidth <= innerWidth"),
        true,
        "the page scrolls sideways"
    );
    page.screenshot("dns-phone-dark");
    page.assert_no_complaints();
}
