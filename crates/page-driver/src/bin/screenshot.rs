//! Pictures of the built page, in several sizes and schemes: what `cargo xtask screenshot` runs.
//!
//! Without a script the page is shown as it opens. A script brings it to another state first; a line is a step:
//!
//! ```text
//! # as in the issue: applied, at 40 seconds
//! wait document.querySelector('#apply')
//! click #apply
//! named Pause
//! type kubectl get pods\n
//! do document.querySelector('#playhead').value = 40
//! wait document.body.innerText.includes('flask-2')
//! shot applied-at-40s
//! ```
//!
//! `wait` takes an expression of JavaScript, `do` statements, `click` a CSS selector, `named` the text or label of
//! what to click, `type` keys for what has the focus (`\n` is Enter), `shot` a name for a picture taken there. Without
//! a `shot` one is taken at the end.

use std::env;
use std::fs;

use page_driver::page::{Page, View};

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [sizes, schemes, script @ ..] = &arguments[..] else {
        panic!("usage: screenshot WxH,… light,dark [SCRIPT]")
    };
    let script =
        script.first().map(|path| fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}")));
    let steps = script.as_deref().map(steps).unwrap_or_default();
    for size in sizes.split(',') {
        let (width, height) =
            size.split_once('x').unwrap_or_else(|| panic!("{size} is no size: 1440x900 is one"));
        let number = |text: &str| text.parse().unwrap_or_else(|_| panic!("{text} in {size} is no number"));
        let view = View { width: number(width), height: number(height), ..View::DESKTOP };
        for scheme in schemes.split(',') {
            let view = match scheme {
                "light" => view,
                "dark" => view.dark(),
                other => panic!("{other} is no scheme: light and dark are"),
            };
            take(view, &steps, &format!("{size}-{scheme}"));
        }
    }
}

/// The steps of a script: a word and its argument.
fn steps(script: &str) -> Vec<(&str, &str)> {
    let lines = script.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(' ').unwrap_or((line, ""))).collect()
}

fn take(view: View, steps: &[(&str, &str)], ending: &str) {
    let mut page = Page::open(view);
    for &(word, argument) in steps {
        match word {
            "wait" => drop(page.wait(argument, argument)),
            "do" => page.run(argument),
            "click" => page.click(argument),
            "named" => page.click_named(argument),
            "type" => page.type_keys(&argument.replace("\\n", "\n")),
            "shot" => shoot(&mut page, argument, ending),
            other => panic!("{other} is no step: wait, do, click, named, type and shot are"),
        }
    }
    if !steps.iter().any(|&(word, _)| word == "shot") {
        shoot(&mut page, "page", ending);
    }
    for line in page.console() {
        println!("console: {line}");
    }
}

fn shoot(page: &mut Page, name: &str, ending: &str) {
    // Two frames, so that what has just been changed is drawn.
    page.wait("two frames have been drawn", "(window.frames_drawn = (window.frames_drawn ?? 0) + 1) > 2");
    page.run("delete window.frames_drawn;");
    println!("{}", page.screenshot(&format!("{name}-{ending}")).display());
}
