//! How the page comes: something true at once, what is done early is done later, what can't be had is said.
//!
//! The site is split in parts in a release build only: with another one these tests have nothing to look at, and say so.

use page_driver::page::{Page, View, dist};
use page_driver::server::Fault;

/// Notes tasks that keep the browser from answering, and requests that are waited for.
const WATCH: &str = "
    window.tasks = [];
    new PerformanceObserver(list => tasks.push(...list.getEntries().map(task => Math.round(task.duration))))
        .observe({ type: 'longtask', buffered: true });
    window.synchronous = 0;
    const open = XMLHttpRequest.prototype.open;
    XMLHttpRequest.prototype.open = function (method, url, later = true, ...rest) {
        synchronous += !later;
        return open.call(this, method, url, later, ...rest);
    };";

/// What no task may take (milliseconds): a page that waits for bytes stands still for seconds, while a slow machine only
/// stretches what is done. The figures themselves are the bench's (`cargo xtask bench --browser`).
const LONGEST_TASK: u64 = 4_000;

/// The later parts, by the start of their files' names.
const LATER: [&str; 4] = ["opening-", "rollout-", "deferred-", "commands-"];

fn assert_is_split() {
    let index = std::fs::read_to_string(dist().join("index.html")).expect("it is there");
    assert!(index.contains("ordinal-deferred"), "this site is one module: cargo xtask build makes several");
}

/// A browser in which all tasks are noted.
fn watched(view: View) -> Page {
    assert_is_split();
    let mut page = Page::unopened(view);
    page.before_all(WATCH);
    page
}

/// Opens the page for the first time, with its rest held back, and its first pod there.
fn open_early(page: &mut Page, address: &str) {
    page.forget();
    page.server().fail("deferred-", Fault::Hold, 1);
    page.visit(address);
    page.wait("the first pod is there", "document.querySelector('[data-pod=flask-0]:not(.ghost)')");
}

/// A page whose rest is held back, with its first pod there, and all tasks noted.
fn early(view: View) -> Page {
    let mut page = watched(view);
    open_early(&mut page, "");
    page
}

/// No request was waited for, and no part was called before it was there.
#[track_caller]
fn assert_never_stood_still(page: &mut Page) {
    assert_eq!(page.eval("synchronous"), 0, "a request was waited for");
    let navigations = page.eval("performance.getEntriesByType('navigation')[0].type");
    let missed = page.eval("window.ordinalMissed ?? 'unknown'");
    assert_eq!(
        navigations, "navigate",
        "the page had to load itself again: a part was called before it was there, from {missed}"
    );
}

/// An act on the early page, and what shows that it was carried out.
struct Act {
    name: &'static str,
    act: fn(&mut Page),
    done: &'static str,
}

const ACTS: [Act; 11] = [
    Act {
        name: "DNS",
        act: |page| page.click_named("DNS"),
        done: "document.querySelector('.panel .answer, .panel [aria-label=Name], .panel form')",
    },
    Act {
        name: "Events",
        act: |page| page.click_named("Events"),
        done: "document.querySelector('.panel').innerText.includes('Scheduled')",
    },
    Act {
        name: "Inspect",
        act: |page| page.click_named("Inspect flask-0"),
        done: "document.querySelector('.panel').innerText.includes('flask-0')",
    },
    Act {
        name: "Delete",
        act: |page| page.click_named("Delete flask-0"),
        done: "document.querySelector('.screen').innerText.includes('kubectl delete pod flask-0')",
    },
    Act {
        name: "a command",
        act: |page| {
            page.click("[aria-label='Command line']");
            page.type_keys("kubectl get pods\n");
        },
        done: "document.querySelector('.screen').innerText.includes('NAME ')",
    },
    Act {
        name: "a character in the manifest",
        act: |page| {
            page.click("textarea");
            page.type_keys("#");
        },
        done: "document.querySelector('textarea').value.includes('#') && document.querySelector('.editor pre').innerText.includes('#')",
    },
    Act {
        name: "Why",
        act: |page| page.click_named("Why is flask-0 Pending?"),
        done: "document.querySelector('.why h2').innerText.includes('flask-0')",
    },
    Act {
        name: "an arrow",
        act: |page| page.type_keys("\u{e012}"),
        done: "document.querySelector('[aria-label=Play]')",
    },
    Act {
        name: "Space",
        act: |page| page.type_keys(" "),
        done: "document.querySelector('[aria-label=Play]')",
    },
    Act {
        name: "another link",
        act: |page| page.run("location.hash = '1GYlXRgwBAgABAgALARgBQQRtaW5lAQAE6QjTEZsL';"),
        done: "document.querySelector('textarea').value === 'mine'",
    },
    Act {
        name: "an example",
        act: |page| {
            page.run(
                "const select = document.querySelector('.bar select');
            select.selectedIndex = [...select.options].findIndex(option => option.text === 'nginx web');
            select.dispatchEvent(new Event('change', { bubbles: true }));",
            )
        },
        done: "!document.querySelector('textarea').value.includes('flask')",
    },
];

#[test]
fn what_is_done_early_waits_and_is_done_when_all_is_there() {
    let mut page = watched(View::DESKTOP);
    for Act { name, act, done } in ACTS {
        open_early(&mut page, "");
        act(&mut page);
        page.wait(&format!("{name} is shown as waiting"), "document.querySelector('#loading[role=status]')");
        page.run("tasks.length = 0;");
        page.server().mend();
        page.wait_for_all();
        page.wait(&format!("{name} is carried out"), done);
        page.wait("nothing waits any more", "!document.querySelector('#loading')");
        assert_never_stood_still(&mut page);
        let longest = page.eval("Math.max(0, ...tasks)").as_u64().expect("a number");
        println!("{name}: longest task {longest} ms");
        assert!(longest <= LONGEST_TASK, "{name}: a task of {longest} ms");
        page.assert_no_complaints();
    }
}

#[test]
fn a_slow_network_freezes_no_screen() {
    let mut page = watched(View::DESKTOP);
    // 1.6 Mbit/s.
    page.throttle(200_000, 150);
    for (width, height) in [(1440, 900), (1280, 720), (800, 450), (844, 390), (640, 360), (390, 844)] {
        page.forget();
        page.set_view(View { width, height, ..View::DESKTOP });
        page.visit("");
        page.wait_for_all();
        assert_never_stood_still(&mut page);
        let longest = page.eval("Math.max(0, ...tasks)").as_u64().expect("a number");
        println!("{width}x{height}: longest task {longest} ms");
        assert!(longest <= LONGEST_TASK, "{width}x{height}: a task of {longest} ms");
        page.assert_no_complaints();
    }
}

#[test]
fn the_story_waits_where_it_would_need_what_is_not_there() {
    let mut page = watched(View::DESKTOP);
    open_early(&mut page, "?speed=16");
    page.wait("time stands", "document.querySelector('.why').innerText.includes('Loading the rest')");
    assert!(page.text(".time").starts_with("0:14"), "{}", page.text(".time"));
    page.server().mend();
    page.wait("it goes on", "document.querySelectorAll('.pod.ready').length > 1");
    assert_never_stood_still(&mut page);
    page.assert_no_complaints();
}

/// Nobody is there: what commands need is not loaded, and nothing misses it, to the end of the story.
#[test]
fn a_story_that_is_only_watched_needs_no_commands() {
    let mut page = Page::unopened(View::DESKTOP);
    page.before_all(WATCH);
    for view in [View::DESKTOP, View::PHONE.dark()] {
        page.forget();
        page.set_view(view);
        page.visit("?speed=16");
        page.wait("the story rests", "window.ordinalPlays && document.querySelector('[aria-label=Play]')");
        assert_eq!(page.eval("document.querySelectorAll('.pod.ready').length"), 3);
        assert_never_stood_still(&mut page);
        let missed = page.eval("window.ordinalMissed");
        assert_eq!(missed, serde_json::Value::Null, "a part was called before it was there");
        let asked = |page: &mut Page| page.requests().iter().any(|url| url.contains("/commands-"));
        assert!(!asked(&mut page), "{:?}", page.requests());
        // Somebody comes, and acts before what that needs is there.
        page.server().fail("commands-", Fault::Hold, 1);
        page.run("document.querySelector('[aria-label=\"Delete flask-1\"]').click();");
        page.wait("it is shown as waiting", "document.querySelector('#loading[role=status]')");
        assert_eq!(
            page.eval("!!document.querySelector('[data-pod=flask-1].ready')"),
            true,
            "it is not done by halves"
        );
        let goes = page.watch("!document.querySelector('[data-pod=flask-1].ready')");
        page.server().mend();
        page.wait("it is done", &goes);
        page.wait("nothing waits any more", "!document.querySelector('#loading')");
        assert!(asked(&mut page), "{:?}", page.requests());
        assert_never_stood_still(&mut page);
        page.assert_no_complaints();
    }
}

#[test]
fn addresses_open_without_standing_still() {
    let mut page = watched(View::DESKTOP);
    page.throttle(400_000, 50);
    let link = "#1GYlXRgwBAgABAgALARgBQQRtaW5lAQAE6QjTEZsL";
    // Where time passes, a moment is over after a second.
    for (address, there) in [
        ("?t=14", "Number(document.querySelector('.scrub').getAttribute('aria-valuenow')) >= 14"),
        ("?t=40", "Number(document.querySelector('.scrub').getAttribute('aria-valuenow')) >= 40"),
        ("?t=14&autoplay=0", "document.querySelector('.time').innerText.startsWith('0:14')"),
        ("?t=40&autoplay=0", "document.querySelector('.time').innerText.startsWith('0:40')"),
        ("?embed=1&t=14", "document.querySelector('[data-pod=flask-1]')"),
        ("?embed=1&autoplay=1&speed=4", "document.querySelector('[data-pod=flask-1]')"),
        (link, "document.querySelector('textarea').value === 'mine'"),
    ] {
        page.forget();
        page.visit(address);
        page.wait(&format!("{address} is opened"), there);
        page.wait("time may pass", "window.ordinalPlays");
        page.wait(&format!("{address} is still open"), there);
        page.wait_for_all();
        assert_never_stood_still(&mut page);
        let asked: Vec<String> =
            page.requests().iter().filter(|url| url.ends_with(".wasm")).cloned().collect();
        assert_eq!(asked.len(), 1 + LATER.len(), "each part is asked for once: {asked:?}");
        page.assert_no_complaints();
    }
}

#[test]
fn an_embed_never_blocks_the_page_around_it() {
    assert_is_split();
    let mut page =
        Page::unopened_site(&crate::sharing::embedding(), View { width: 900, height: 1100, ..View::DESKTOP });
    page.before_all(WATCH);
    page.throttle(200_000, 150);
    page.devtools("Emulation.setCPUThrottlingRate", serde_json::json!({ "rate": 4 }));
    page.visit("");
    page.wait(
        "both frames are whole",
        "[...document.querySelectorAll('iframe')].every(frame => frame.contentWindow.ordinalPlays)",
    );
    let longest = page.eval("Math.max(0, ...tasks)").as_u64().expect("a number");
    println!("embedded twice: tasks {}", page.eval("tasks"));
    assert!(longest <= LONGEST_TASK, "a task of {longest} ms");
}

/// What no test of the page shows: a part is called that is not there.
#[test]
fn a_part_that_is_missed_all_the_same_is_waited_for_and_what_was_done_is_kept() {
    let mut page = early(View::DESKTOP);
    page.click_named("Events");
    page.run(
        "const [js] = document.querySelector('meta[name=ordinal-app]').content.split(' ');
        import(new URL(js, document.baseURI)).then(glue => glue.fingerprint('', '', 1000)).catch(() => window.missed = true);",
    );
    page.wait("it is missed", "window.missed");
    assert_eq!(page.eval("window.ordinalPlays === undefined"), true);
    page.server().mend();
    page.wait("the page is there again, with all parts", "!window.missed && window.ordinalDeferred");
    page.wait(
        "what was done is carried out",
        "document.querySelector('.panel').innerText.includes('Scheduled')",
    );
    assert_eq!(page.eval("synchronous"), 0);
}

#[test]
fn a_part_that_is_lost_once_is_asked_for_again() {
    assert_is_split();
    let mut page = Page::unopened(View::DESKTOP);
    for name in ["ordinal-"].into_iter().chain(LATER) {
        for fault in [Fault::NotFound, Fault::Html, Fault::Wrong, Fault::Cut, Fault::Abort] {
            page.forget();
            page.server().fail(name, fault, 1);
            page.visit("");
            page.wait_for_all();
            page.wait("nothing is told", "!document.querySelector('#loading')");
        }
        // Who opens a link or a moment needs all parts at once.
        for (address, there) in [
            (
                "#1GYlXRgwBAgABAgALARgBQQRtaW5lAQAE6QjTEZsL",
                "document.querySelector('textarea').value === 'mine'",
            ),
            ("?t=14&autoplay=0", "document.querySelector('.time').innerText.startsWith('0:14')"),
        ] {
            page.forget();
            page.server().fail(name, Fault::Abort, 1);
            page.visit(address);
            page.wait(&format!("{address} is opened although {name} was lost once"), there);
            page.wait_for_all();
            page.wait("nothing is told", "!document.querySelector('#loading')");
        }
    }
}

#[test]
fn a_part_that_cannot_be_had_is_said_and_tried_again() {
    assert_is_split();
    let mut page = Page::unopened(View::DESKTOP);
    for (name, before) in [
        ("ordinal-", "Ordinal could not start"),
        (LATER[0], "A part of Ordinal could not be loaded"),
        (LATER[1], "A part of Ordinal could not be loaded"),
        (LATER[2], "A part of Ordinal could not be loaded"),
        (LATER[3], "A part of Ordinal could not be loaded"),
    ] {
        for (fault, why) in [
            (Fault::NotFound, "The server answered: 404."),
            (Fault::Html, "a page of text"),
            (Fault::Wrong, "damaged"),
            (Fault::Cut, "damaged"),
            (Fault::Abort, "does not answer"),
        ] {
            page.forget();
            page.server().fail(name, fault, 1000);
            page.visit("");
            if name == LATER[3] {
                page.wait("time passes", "window.ordinalPlays");
                page.run("dispatchEvent(new Event('pointermove'));");
            }
            let told = page.text("#loading[role=alert]");
            // Of a script no more is known than that it did not come.
            let is_said = told.contains(before) && (told.contains(why) || name == "ordinal-");
            assert!(is_said, "{name} {fault:?}: {told}");
            // What is done meanwhile waits, and does not take the place of what has to be answered.
            let acts = name == LATER[2];
            if acts {
                page.click_named("Events");
            }
            page.server().mend();
            page.click_named("Try again");
            page.wait_for_all();
            if acts {
                page.wait(
                    "what was done is carried out",
                    "document.querySelector('.panel').innerText.includes('Scheduled')",
                );
            }
            page.wait("nothing is told any more", "!document.querySelector('#loading')");
        }
    }
}

#[test]
fn a_newer_version_is_said_and_what_was_done_is_kept() {
    let mut page = early(View::DESKTOP);
    page.click_named("Events");
    page.server().fail("deferred-", Fault::NotFound, 1000);
    // The index of a newer version names other files.
    page.run(
        "const ask = fetch;
        fetch = (what, options) => options?.cache === 'no-store'
            ? Promise.resolve(new Response('<meta name=ordinal-app content=\"newer.js newer.wasm\">')) : ask(what, options);",
    );
    page.server().release();
    let told = page.text("#loading[role=alert]");
    assert!(told.contains("A new version of Ordinal is there"), "{told}");
    page.server().mend();
    page.click_named("Load again");
    page.wait_for_all();
    page.wait(
        "what was done is carried out",
        "document.querySelector('.panel').innerText.includes('Scheduled')",
    );
}

#[test]
fn before_any_script_the_page_says_that_it_loads() {
    assert_is_split();
    let mut page = Page::unopened(View::DESKTOP);
    page.server().fail("start-", Fault::NotFound, 1000);
    page.visit("");
    assert!(page.text("#app").contains("Loading"));
    page.wait(
        "it says what is needed",
        "document.querySelector('.help').checkVisibility({ visibilityProperty: true })",
    );
    assert!(page.text(".help").contains("file:"));
    page.screenshot("loading-without-script");
    // With the script, but without the rest, no help is needed, and nothing is asked of the visitor.
    page.server().mend();
    page.server().fail("opening-", Fault::Hold, 1);
    page.visit("?again");
    page.wait("the page is drawn", "document.querySelector('.why h2')");
    assert_eq!(page.text(".why h2"), "Loading");
    assert!(!page.text("#app").contains("Press Apply"));
    page.screenshot("loading-first-picture");
}
