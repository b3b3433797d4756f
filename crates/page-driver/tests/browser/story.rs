//! The whole story that Ordinal starts from, lived in a browser: applied, watched, asked of DNS, one pod deleted and back.

use seed_walk::{COMMANDS, Step, assert_printed, manifest, steps};
use serde_json::{Value, json};

use page_driver::page::{Page, View};

/// Where a line is typed.
const LINE: &str = "[aria-label='Command line']";
/// All that the terminal shows.
const SCREEN: &str = "document.querySelector('.screen').innerText";

/// Enters a line into the terminal, waits for the next prompt, and gives what was printed between.
#[track_caller]
pub fn type_line(page: &mut Page, line: &str) -> String {
    let prompts = r"/(^|\n)(\$|testpod1 +~) *\s*$/";
    let count = format!("{SCREEN}.split({}).length", json!(line));
    let before = page.eval(&count);
    // At once: key by key a line takes a busy machine seconds.
    page.paste(LINE, line);
    page.type_keys("\n");
    page.wait(
        &format!("a prompt comes after {line}"),
        &format!("{count} > {before} && {prompts}.test({SCREEN})"),
    );
    let printed = page.eval(&format!(
        "{SCREEN}.slice({SCREEN}.lastIndexOf({0}) + {0}.length).replace({prompts}, '\\n')",
        json!(line)
    ));
    printed.as_str().expect("a text").to_owned()
}

/// Whether the set's pod is so on its card: `Running`; and Ready, if `ready`.
fn is_so(pod: &str, status: &str, ready: bool) -> String {
    let class = if ready { ".ready" } else { "" };
    format!("document.querySelector('[data-pod={pod}]{class} .state')?.textContent === '{status}'")
}

/// A row of facts of a pod's card: `IP`.
fn fact(page: &mut Page, pod: &str, name: &str) -> String {
    let value = page.eval(&format!(
        "[...document.querySelectorAll('[data-pod={pod}] dt')].find(t => t.textContent === '{name}')
            .nextElementSibling.firstChild.textContent"
    ));
    value.as_str().expect("a text").to_owned()
}

/// Writes down from now on when each pod's card changes its state: `[seconds, name, state]`.
const WATCH: &str = "
    window.seen = [];
    const last = {};
    const look = () => {
        const [minutes, seconds] = document.querySelector('.time').textContent.split(':');
        for (const pod of document.querySelectorAll('.lane .pod')) {
            const state = pod.classList.contains('ghost') ? 'absent'
                : pod.classList.contains('ready') ? 'Ready' : pod.querySelector('.state').textContent;
            if (last[pod.dataset.pod] !== state) {
                last[pod.dataset.pod] = state;
                window.seen.push([60 * minutes + +seconds, pod.dataset.pod, state]);
            }
        }
        requestAnimationFrame(look);
    };
    look();";

/// The first time at which a pod was seen so.
#[track_caller]
fn first(seen: &Value, pod: &str, is: impl Fn(&str) -> bool) -> f64 {
    let seen = seen.as_array().expect("a list");
    let entry = seen.iter().find(|entry| entry[1] == pod && is(entry[2].as_str().unwrap_or_default()));
    entry.unwrap_or_else(|| panic!("{pod} was not seen so: {seen:?}"))[0].as_f64().expect("seconds")
}

/// Asks for a name in the DNS panel, and gives what the panel shows.
fn resolve(page: &mut Page, name: &str, kind: &str, expected: &str) -> String {
    page.run(&format!(
        "const type = document.querySelector('[aria-label=Type]');
        type.value = '{kind}';
        type.dispatchEvent(new Event('change', {{ bubbles: true }}));"
    ));
    page.paste("[aria-label=Name]", name);
    page.click_named("Ask");
    page.wait(
        &format!("the panel answers {name} {kind} with {expected}"),
        &format!("document.querySelector('.answers').innerText.includes('{expected}')"),
    );
    page.text(".answers")
}

/// Opens the page with a fresh cluster and the walk's manifest, which is not applied yet.
fn fresh() -> Page {
    let mut page = Page::open(View::DESKTOP);
    page.click_named("Reset");
    page.wait("the cluster is empty", "!document.querySelector('[data-pod]')");
    page.paste("textarea", &manifest());
    page.click_named("4×");
    page.run(WATCH);
    page
}

#[test]
fn the_story_is_lived() {
    let mut page = fresh();
    let waits = page.watch("document.querySelector('[data-pod=flask-1].ghost')");
    page.click_named("Apply");
    page.wait("flask-1 waits", &waits);
    page.screenshot("story-1-flask-1-waits");
    for pod in ["flask-0", "flask-1", "flask-2"] {
        page.wait(&format!("{pod} is Ready"), &is_so(pod, "Running", true));
    }
    page.wait(
        "every claim is bound",
        "[0, 1, 2].every(n => document.querySelector(`[data-claim=www-flask-${n}] .Bound`))",
    );
    page.screenshot("story-2-all-ready");
    let seen = page.eval("window.seen");
    let mut before = None;
    for pod in ["flask-0", "flask-1", "flask-2"] {
        let made = first(&seen, pod, |state| state != "absent");
        let ready = first(&seen, pod, |state| state == "Ready");
        if let Some(before) = before {
            // minReadySeconds is 10, of which Kubernetes' whole seconds may take off one, and the page's pictures
            // a part of another.
            assert!(
                made - before > 8.5,
                "{pod} was made {} s after its predecessor was Ready",
                made - before
            );
        }
        assert!(ready > made, "{pod} walks through its states: {seen}");
        before = Some(ready);
    }

    type_line(&mut page, "k run -ti --rm --image=nicolaka/netshoot testpod1 -- zsh");
    let answer = type_line(&mut page, "nslookup flask");
    assert_eq!(answer.matches("Name:\tflask.default.svc.cluster.local").count(), 3, "{answer}");
    let answer = type_line(&mut page, "nslookup -type=srv flask");
    for pod in ["flask-0", "flask-1", "flask-2"] {
        assert!(answer.contains(&format!("0 33 80 {pod}.flask.default.svc.cluster.local.")), "{answer}");
    }
    let name = "flask-0.flask.default.svc.cluster.local";
    let answer = type_line(&mut page, &format!("nslookup {name}"));
    let ip = fact(&mut page, "flask-0", "IP");
    assert!(answer.contains(&format!("Name:\t{name}\nAddress: {ip}")), "{ip} is not in {answer}");
    page.screenshot("story-3-nslookup");
    assert!(type_line(&mut page, "exit").contains("pod \"testpod1\" deleted"));

    page.click_named("DNS");
    let answer = resolve(&mut page, "flask", "A", &ip);
    assert!(answer.contains("flask.default.svc.cluster.local"), "{answer}");
    resolve(&mut page, "flask", "SRV", "0 33 80 flask-2.flask.default.svc.cluster.local.");
    resolve(&mut page, name, "A", &ip);
    page.screenshot("story-4-dns");
    page.click_named("Terminal");

    let volume = page.text("[data-claim=www-flask-1] ~ .disk p");
    let ip = fact(&mut page, "flask-1", "IP");
    let uid = fact(&mut page, "flask-1", "uid");
    let stops = page.watch("document.querySelector('[data-pod=flask-1].term')");
    page.click_named("Delete flask-1");
    page.wait("flask-1 stops", &stops);
    page.screenshot("story-5-flask-1-goes");
    page.wait(
        "another flask-1 is Ready",
        &format!(
            "{} && !document.querySelector('[data-pod=flask-1]').innerText.includes('{uid}')",
            is_so("flask-1", "Running", true)
        ),
    );
    assert_ne!(fact(&mut page, "flask-1", "IP"), ip, "a new address");
    assert_eq!(page.text("[data-claim=www-flask-1] .same"), "same", "the claim is the same");
    assert_eq!(page.text("[data-claim=www-flask-1] ~ .disk p"), volume, "the volume is the same");
    page.wait(
        "dump.log on the stage has a second line",
        "document.querySelectorAll('[data-claim=www-flask-1] ~ .disk pre span').length > 1",
    );
    let lines = page.texts("[data-claim=www-flask-1] ~ .disk pre span");
    assert_eq!(lines.len(), 2, "dump.log on the stage: {lines:?}");
    let answer = type_line(&mut page, "kubectl exec flask-1 -- cat /usr/src/app/log/dump.log");
    let printed: Vec<&str> = answer.lines().filter(|line| line.starts_with("flask-1-")).collect();
    assert_eq!(printed, lines.iter().map(|line| line.trim()).collect::<Vec<_>>(), "{answer}");
    page.screenshot("story-6-flask-1-is-back");
    page.assert_no_complaints();
}

#[test]
fn every_command_of_the_walk_prints_what_it_should() {
    let mut page = Page::open(View::DESKTOP);
    page.click_named("Reset");
    page.wait("the cluster is empty", "!document.querySelector('[data-pod]')");
    page.paste("textarea", &manifest());
    let mut compared = 0;
    let mut steps = steps().into_iter().peekable();
    while let Some(step) = steps.next() {
        match step {
            Step::Apply => {
                page.click_named("16×");
                page.click_named("Apply");
            }
            Step::Steady(count) => {
                let ready = format!("document.querySelectorAll('.pod.ready').length === {count}");
                page.wait("the set is steady", &format!("{ready} && document.querySelector('.why.calm')"));
                page.click_named("1×");
            }
            Step::Until { pod, status } => {
                if page.eval("!!document.querySelector('[aria-label=Play]')") == true {
                    page.click_named("Play");
                }
                page.wait(
                    &format!("time stands where {pod} is {status}"),
                    &format!("document.querySelector('[aria-label=Play]') && {}", is_so(pod, status, false)),
                );
            }
            Step::Line { prompt, line, expected } => {
                let shown = page.eval(SCREEN);
                let waits = shown.as_str().is_some_and(|text| text.trim_end().ends_with(prompt.trim_end()));
                assert!(waits, "{prompt:?}");
                if let Some(Step::Until { pod, status }) = steps.peek() {
                    // Time is stopped there, so that the next line is typed at that moment.
                    page.run(&format!(
                        "const look = () => {}
                            ? document.querySelector('[aria-label=Pause]')?.click() : requestAnimationFrame(look);
                        look();",
                        is_so(pod, status, false)
                    ));
                }
                let printed = type_line(&mut page, line);
                assert_printed(line, &printed, &expected);
                compared += 1;
            }
        }
    }
    assert_eq!(compared, COMMANDS, "every command of the walk");
    page.screenshot("walk-at-its-end");
    page.assert_no_complaints();
}
