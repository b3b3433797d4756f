//! Bad input: told at its line in kubectl's words; the cluster is as it was, the text stays, the page goes on.

use serde_json::json;

use crate::story::type_line;
use page_driver::page::{Page, View};

use crate::settled;

/// What the stage shows, but for ages.
const STAGE: &str =
    "[...document.querySelectorAll('.lane')].map(lane => lane.innerText.replace(/age\\n\\S+/, '')).join()";

/// Puts a text into the editor at once: for a long text the browser's own pasting takes longer than anything of ours.
fn put(page: &mut Page, text: &str) {
    page.run(&format!(
        "const area = document.querySelector('textarea');
        area.value = {};
        window.began = performance.now();
        area.dispatchEvent(new InputEvent('input', {{ bubbles: true }}));
        window.took = performance.now() - window.began;",
        json!(text)
    ));
}

/// Pastes a manifest with a mistake and applies it.
#[track_caller]
fn refused(page: &mut Page, manifest: &str, line: &str, words: &str) {
    let before = page.eval(STAGE);
    page.paste("textarea", manifest);
    page.wait(
        &format!("the editor tells what is wrong in {line}: {words}"),
        &format!(
            "[...document.querySelectorAll('.diagnosis .error')].some(e => e.innerText.includes({}) && e.querySelector('b').innerText === {})",
            json!(words), json!(line)
        ),
    );
    let number = line.trim_start_matches("line ");
    page.wait(
        "the line is marked",
        &format!("document.querySelector('.editor i.error')?.innerText.trim() === {}", json!(number)),
    );
    page.click_named("Apply");
    page.wait(
        &format!("the terminal tells {words}"),
        &format!("document.querySelector('.screen').innerText.includes({})", json!(words)),
    );
    assert_eq!(page.eval("document.querySelector('textarea').value"), manifest, "the text stays");
    assert_eq!(page.eval(STAGE), before, "the cluster is as it was");
}

#[test]
fn mistakes_are_told_at_their_line_and_change_nothing() {
    let mut page = settled(View::DESKTOP);
    let manifest = seed_walk::manifest();
    let with = |part: &str, other: &str| {
        assert!(manifest.contains(part), "{part}");
        manifest.replacen(part, other, 1)
    };
    refused(
        &mut page,
        "a: [\n",
        "line 2",
        "error parsing STDIN: error converting YAML to JSON: yaml: line 1: did not find expected node content",
    );
    page.screenshot("mistake-no-yaml");
    refused(
        &mut page,
        &with("kind: StatefulSet", "kind: StatefulSett"),
        "line 16",
        "no matches for kind \"StatefulSett\" in version \"apps/v1\"",
    );
    refused(
        &mut page,
        &with("  selector:\n    matchLabels:\n      app: flask\n  serviceName", "  serviceName"),
        "line 19",
        "spec.selector: Required value",
    );
    page.screenshot("mistake-no-selector");
    refused(
        &mut page,
        &with("      app: flask\n  serviceName", "      app: other\n  serviceName"),
        "line 29",
        "`selector` does not match template `labels`",
    );
    refused(
        &mut page,
        &with("name: flask", "name: Not_A_Name"),
        "line 4",
        "metadata.name: Invalid value: \"Not_A_Name\"",
    );
    refused(
        &mut page,
        &with("replicas: 3", "replicas: 2147483647"),
        "line 24",
        "this simulation runs at most 10000 pods",
    );
    for (line, words) in [
        ("kubectl frobnicate", "error: unknown command \"frobnicate\" for \"kubectl\""),
        ("kubectl get", "You must specify the type of resource to get."),
        ("frobnicate", "command not found"),
    ] {
        type_line(&mut page, line);
        let printed = page.text(".screen");
        assert!(printed.contains(words), "{line}: {printed}");
    }
    page.assert_no_complaints();
}

#[test]
fn hostile_texts_do_not_freeze_the_page() {
    let mut page = settled(View::DESKTOP);
    let bomb = {
        let mut text = String::from("a: &a [x, x, x, x, x, x, x, x, x, x]\n");
        for (name, last) in ('b'..='i').zip('a'..) {
            text.push_str(&format!("{name}: &{name} [{}]\n", vec![format!("*{last}"); 10].join(", ")));
        }
        text
    };
    let head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: ";
    // Ten megabytes never come into the text area.
    let before = page.eval("document.querySelector('textarea').value");
    page.allow_clipboard();
    page.click("textarea");
    page.run("navigator.clipboard.writeText('# no more than a comment\\n'.repeat(400_000)).then(() => window.copied = true);");
    page.wait("ten megabytes are in the clipboard", "window.copied");
    page.run(
        "document.addEventListener('beforeinput', () => window.began ??= performance.now(), { capture: true });
        new MutationObserver(() => window.took ??= Math.round(performance.now() - window.began))
            .observe(document.querySelector('.diagnosis'), { subtree: true, childList: true, characterData: true });",
    );
    // Ctrl+V.
    page.type_keys("\u{e009}v\u{e000}");
    page.wait(
        "the editor says that it is too much",
        "document.querySelector('.diagnosis .error')?.innerText.includes('Request entity too large: limit is 3145728')",
    );
    println!("10 MB: refused {} ms after they were pasted", page.eval("window.took"));
    assert_eq!(page.eval("document.querySelector('textarea').value"), before, "the text stays");
    for (what, text, words) in [
        ("aliases", bomb, "document contains excessive aliasing"),
        ("10,001 lists", format!("{head}{}", "[".repeat(10_001)), "exceeded max depth of 10000"),
        ("10,001 maps", format!("{head}{}", "{a: ".repeat(10_001)), "exceeded max depth of 10000"),
        ("10,000 lists", format!("{head}{}", "[".repeat(10_000)), "yaml: line"),
        (
            "a number of replicas",
            seed_walk::manifest().replace("replicas: 3", "replicas: 2147483647"),
            "at most 10000 pods",
        ),
    ] {
        put(&mut page, &text);
        page.wait(
            &format!("the editor says of {what}: {words}"),
            &format!("document.querySelector('.diagnosis .error')?.innerText.includes({})", json!(words)),
        );
        let typed = page.eval("Math.round(window.took)");
        // What is drawn does not grow with the text.
        let drawn = page.eval("document.querySelectorAll('.editor *').length").as_u64().expect("a number");
        assert!(drawn < 3_000, "{what}: {drawn} elements in the editor");
        let took = page.eval(&format!(
            "new Promise(done => {{
                const screen = document.querySelector('.screen'), words = {};
                const told = () => screen.innerText.split(words).length;
                const before = told(), began = performance.now();
                new MutationObserver((_, watch) => {{
                    if (told() === before) return;
                    watch.disconnect();
                    requestAnimationFrame(() => done(Math.round(performance.now() - began)));
                }}).observe(screen, {{ subtree: true, childList: true, characterData: true }});
                [...document.querySelectorAll('button')].find(e => e.innerText.trim() === 'Apply').click();
            }})",
            json!(words)
        ));
        println!(
            "{what}: {} bytes, {drawn} elements; input {typed} ms, from the click to the answer {took} ms",
            text.len()
        );
        assert_eq!(
            page.eval("document.querySelector('textarea').value.length"),
            text.len(),
            "the text stays"
        );
    }
    assert_eq!(page.eval("document.querySelectorAll('.pod.ready').length"), 3);
    page.assert_no_complaints();
}

#[test]
fn a_line_of_a_megabyte_is_drawn_so_far_and_a_watch_without_a_pause_leaves_the_page_alive() {
    let mut page = settled(View::DESKTOP);
    type_line(&mut page, "head -c 1000000 /dev/zero | tr '\\0' x; echo");
    page.wait("it says how much is not shown", "document.querySelector('.screen em')");
    let drawn = page.eval("document.querySelector('.screen').textContent.length").as_u64().expect("a number");
    assert!(drawn < 40_000, "{drawn} characters are drawn");
    page.click("[aria-label='Command line']");
    page.type_keys("watch -n 0 kubectl get pods\n");
    page.wait("it is watched", "document.querySelector('.screen').innerText.includes('Every 0.1s')");
    page.run("window.frames_seen = 0; const count = () => { window.frames_seen += 1; requestAnimationFrame(count); }; count();");
    page.wait("pictures go on", "window.frames_seen > 20");
    // Ctrl+C.
    page.type_keys("\u{e009}c\u{e000}");
    type_line(&mut page, "echo alive");
    page.wait("it answers", "document.querySelector('.screen').innerText.includes('\\nalive')");
    page.assert_no_complaints();
}

#[test]
fn more_lines_than_the_editor_holds_stay_out_of_it() {
    let mut page = settled(View::DESKTOP);
    let before = page.eval("document.querySelector('textarea').value");
    page.run(
        "const area = document.querySelector('textarea');
        area.focus();
        const data = '# line\\n'.repeat(200_000);
        window.goes_on = area.dispatchEvent(new InputEvent('beforeinput', { data, inputType: 'insertFromPaste', bubbles: true, cancelable: true }));",
    );
    assert_eq!(page.eval("window.goes_on"), false, "the browser is not to put it in");
    page.wait(
        "it is said",
        "document.querySelector('.diagnosis .error')?.innerText.includes('at most 30000 lines')",
    );
    assert_eq!(page.eval("document.querySelector('textarea').value"), before, "the text stays");
    page.assert_no_complaints();
}

/// A keystroke in a long manifest costs no more drawing than one in a short one.
#[test]
fn typing_in_a_long_manifest_stays_smooth() {
    let mut page = settled(View::DESKTOP);
    let mut costs = Vec::new();
    for copies in [20, 100] {
        let text: String = (0..copies)
            .map(|n| {
                format!(
                    "---\n{}",
                    seed_walk::manifest().replace("name: flask\n", &format!("name: flask{n}\n"))
                )
            })
            .collect();
        put(&mut page, &text);
        page.wait(
            "it is diagnosed, and all of its lines are drawn",
            &format!("document.querySelector('.diagnosis').innerText.includes('{} objects')", 2 * copies),
        );
        page.wait_for_pictures();
        page.run(
            "window.changes = 0;
            window.times = [];
            new MutationObserver(list => window.changes += list.length)
                .observe(document.querySelector('.editor'), { subtree: true, childList: true, characterData: true, attributes: true });
            const area = document.querySelector('textarea');
            area.focus();
            area.setSelectionRange(40, 40);
            document.querySelector('.editor').scrollTop = 0;
            for (let n = 0; n < 30; n++) {
                const start = performance.now();
                document.execCommand('insertText', false, n % 10 ? 'x' : '\\n');
                window.times.push(performance.now() - start);
            }",
        );
        page.wait("all is drawn", "document.querySelector('.editor pre').innerText.includes('xxxxxxxxx')");
        let changes = page.eval("window.changes").as_u64().expect("a number");
        let median = page.eval("window.times.sort((a, b) => a - b)[15].toFixed(1)");
        let longest = page.eval("window.times.at(-1).toFixed(1)");
        println!(
            "{} lines: {changes} changes for 30 keys, {median} ms each, at most {longest}",
            text.lines().count()
        );
        costs.push(changes);
    }
    assert!(costs[1] <= 3 * costs[0], "a long text costs {} changes, a shorter one {}", costs[1], costs[0]);
    // At the end of a long text the same line is under the caret in colours and without them.
    page.run("document.querySelector('.editor').scrollTop = 1e9;");
    page.wait(
        "the last lines are drawn",
        "[...document.querySelectorAll('.editor pre i')].at(-1).innerText === String(document.querySelector('textarea').value.split('\\n').length)",
    );
    page.screenshot("editor-end-of-a-long-text");
    let heights = page.eval("[document.querySelector('.editor pre').offsetHeight, document.querySelector('textarea').scrollHeight]");
    assert_eq!(heights[0], heights[1], "the colours are as high as the text");
    page.assert_no_complaints();
}
