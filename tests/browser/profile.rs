//! What runs before the page is live, and before its second pod is there: what `cargo xtask profile` runs on an instrumented page.
//!
//! The page's folder holds `functions.txt` (see `instrument` in `xtask/src/split`): for every function the number of its
//! first segment, how many it has, its shape and its name. Prints those that ran with what ran of them, a line each.

mod harness;
mod webdriver;

use std::collections::BTreeSet;
use std::fs;

use harness::{Page, View, dist};

/// The page is live: it has drawn a running cluster, to which nothing has been applied yet, and goes on drawing.
const LIVE: &str = "document.querySelector('.timeline, footer, main') && (window.pictures = (window.pictures ?? 0) + 1) > 20";

/// The first pod is there.
const FIRST_POD: &str = "document.querySelector('[data-pod=flask-0]:not(.ghost)')";

/// And the second one.
const SECOND_POD: &str = "document.querySelector('[data-pod=flask-1]:not(.ghost)')";

/// Libraries whose ways through a function follow from the addresses of things, which differ from run to run: a function of
/// theirs is taken whole, or a rare collision of hashes would need the rest.
const BY_ADDRESS: [&str; 4] = ["dlmalloc::", "hashbrown::", "indexmap::", "std::hash::"];

fn main() {
    let functions =
        fs::read_to_string(dist().join("functions.txt")).expect("an instrumented page tells its functions");
    let mut ran: [Vec<bool>; 2] = Default::default();
    // Both layouts and schemes: what a visitor sees first must not depend on the rest.
    for view in [View::DESKTOP, View::PHONE.dark(), View::DESKTOP.still()] {
        let mut page = Page::open(view);
        page.wait("the page is live", LIVE);
        add(&mut ran[0], &marks(&mut page));
        page.run("dispatchEvent(new Event('ordinal-opening'));");
        // A while longer: the rest is still under way by then.
        page.wait("the second pod is there", SECOND_POD);
        add(&mut ran[1], &marks(&mut page));
    }
    // And on a slow machine, whose pictures are few and far apart.
    let mut page = Page::open(View::DESKTOP);
    page.devtools("Emulation.setCPUThrottlingRate", serde_json::json!({ "rate": 20 }));
    page.wait("the page is live", LIVE);
    add(&mut ran[0], &marks(&mut page));
    page.run("dispatchEvent(new Event('ordinal-opening'));");
    page.wait("the first pod is there", FIRST_POD);
    add(&mut ran[1], &marks(&mut page));
    let mut page = Page::open_at(View::DESKTOP, "?embed=1&theme=dark");
    page.wait("the embedded page is live", LIVE);
    add(&mut ran[0], &marks(&mut page));
    add(&mut ran[1], &marks(&mut page));
    let mut lines = BTreeSet::new();
    for line in functions.lines() {
        let mut words = line.splitn(4, ' ');
        let mut number = |radix: u32| {
            let word = words.next().expect("a line has four words");
            usize::from_str_radix(word, radix).expect("the first three are numbers")
        };
        let (first, count, hash) = (number(10), number(10), number(16));
        let name = words.next().expect("a line has four words");
        let [live, opening] = &ran;
        let whole = BY_ADDRESS.iter().any(|library| name.trim_start_matches('<').starts_with(library));
        let segments = [live, opening].map(|ran| {
            let ran = &ran[first..first + count];
            let all = whole && ran.contains(&true);
            ran.iter().map(|&segment| segment || all).collect::<Vec<bool>>()
        });
        if segments[1].iter().any(|&ran| ran) {
            let line = wasm_profile_split::coverage::line(hash as u32, [&segments[0], &segments[1]], name);
            // In order of name, whatever the shape.
            lines.insert((name.to_owned(), line));
        }
    }
    for (_, line) in lines {
        println!("{line}");
    }
}

/// What has run so far: a mark for every segment.
fn marks(page: &mut Page) -> Vec<bool> {
    page.run(
        "delete window.marks;
        const [js] = document.querySelector('meta[name=\"ordinal-app\"]').content.split(' ');
        import(new URL(js, document.baseURI)).then(glue => glue.default()).then(module => {
            window.marks = Array.from(new Uint8Array(module.marks.buffer), mark => mark ? '1' : '0').join('');
        });",
    );
    let marks = page.wait("the marks are read", "window.marks");
    marks.as_str().expect("the marks are a text").bytes().map(|mark| mark == b'1').collect()
}

/// Adds what ran in another view.
fn add(ran: &mut Vec<bool>, marks: &[bool]) {
    ran.resize(marks.len(), false);
    for (ran, mark) in ran.iter_mut().zip(marks) {
        *ran |= mark;
    }
}
