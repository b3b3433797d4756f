//! What runs before the stage is live: what `cargo xtask profile` runs on an instrumented page.
//!
//! The page's folder holds `functions.txt` (see `instrument` in `xtask/src/split`): for every function the number of its
//! first segment, how many it has, its shape and its name. Prints those that ran with what ran of them, a line each.

mod harness;
mod webdriver;

use std::collections::BTreeSet;
use std::fs;

use harness::{Page, View, dist};

/// The stage is live: it shows the first pod, and moves.
const LIVE: &str = "document.querySelector('[data-pod=flask-0]')";

fn main() {
    let functions =
        fs::read_to_string(dist().join("functions.txt")).expect("an instrumented page tells its functions");
    let mut ran: Vec<bool> = Vec::new();
    // Both layouts and schemes: what a visitor sees first must not depend on the rest.
    for view in [View::DESKTOP, View::PHONE.dark(), View::DESKTOP.still()] {
        let mut page = Page::open(view);
        page.wait("the stage is live", LIVE);
        page.run(
            "const [js] = document.querySelector('meta[name=\"ordinal-app\"]').content.split(' ');
            import(new URL(js, document.baseURI)).then(glue => glue.default()).then(module => {
                window.marks = Array.from(new Uint8Array(module.marks.buffer), mark => mark ? '1' : '0').join('');
            });",
        );
        let marks = page.wait("the marks are read", "window.marks");
        let marks = marks.as_str().expect("the marks are a text").bytes().map(|mark| mark == b'1');
        ran = if ran.is_empty() {
            marks.collect()
        } else {
            ran.iter().zip(marks).map(|(&a, b)| a || b).collect()
        };
    }
    let mut lines = BTreeSet::new();
    for line in functions.lines() {
        let mut words = line.splitn(4, ' ');
        let mut number = |radix: u32| {
            let word = words.next().expect("a line has four words");
            usize::from_str_radix(word, radix).expect("the first three are numbers")
        };
        let (first, count, hash) = (number(10), number(10), number(16));
        let name = words.next().expect("a line has four words");
        let segments = &ran[first..first + count];
        if segments.iter().any(|&ran| ran) {
            let line = xtask::coverage::line(hash as u32, segments, name);
            // In order of name, whatever the shape.
            lines.insert((name.to_owned(), line));
        }
    }
    for (_, line) in lines {
        println!("{line}");
    }
}
