//! Lessons are read whole on a beamer, step by step, in each language: nothing of a step is cut or to be scrolled for, no pod is behind the
//! lesson or below the stage, and what goes on is in view. Those with the longest steps: to live all of them takes a quarter of an hour.

use crate::lesson::{NEXT, wait_for_step};
use page_driver::page::{Page, View};
use std::fs;
use std::path::Path;

/// What of a lesson and its stage is not seen whole.
const UNSEEN: &str = "(() => {
    const box = e => e.getBoundingClientRect(), one = css => document.querySelector(css), bad = [];
    const lessons = box(one('.lessons')), page = one('.lessons .page'), seen = box(page), stage = box(one('.stage'));
    const isUnder = (e, x, y) => !e.contains(document.elementFromPoint(x, y));
    for (const button of document.querySelectorAll('.lessons .foot button, .bet .acts button')) {
        const { left, right, top, bottom, width } = box(button);
        const isOut = !width || right > lessons.right + 1 || left < lessons.left - 1 || bottom > innerHeight + 1;
        if (isOut || button.scrollWidth > button.clientWidth + 1 || isUnder(button, (left + right) / 2, (top + bottom) / 2)) {
            bad.push(`the button ${button.textContent}`);
        }
    }
    // What is said below the buttons of a bet, and a hint that was asked for, may be scrolled to.
    if (one('.bet .acts')) {
        for (const choice of document.querySelectorAll('.bet .choice')) {
            const { left, right, bottom } = box(choice);
            if (isUnder(choice, (left + right) / 2, bottom - 3)) bad.push(`the answer ${choice.textContent}`);
        }
    } else if (box(one('.lessons .step')).bottom > seen.bottom + 1) {
        bad.push(`${Math.round(box(one('.lessons .step')).bottom - seen.bottom)} pixels of the step`);
    }
    if (page.scrollWidth > page.clientWidth + 1) bad.push('the width of the step');
    for (const e of document.querySelectorAll('.lessons .step :not(pre, .scrolls, pre *, .scrolls *)')) {
        if (getComputedStyle(e).display !== 'inline' && e.clientWidth && e.scrollWidth > e.clientWidth + 1) bad.push(`the end of ${e.textContent}`);
    }
    for (const pod of document.querySelectorAll('.pod')) {
        const { left, right, top, bottom, width } = box(pod);
        if (!width || left < stage.left - 1 || right > stage.right + 1 || bottom > stage.bottom + 1) bad.push(`the pod ${pod.dataset.pod}`);
        else if (left < lessons.right && top < lessons.bottom) bad.push(`${pod.dataset.pod}, behind the lesson`);
    }
    const why = one('.stage > .why'), service = one('.stage > .service');
    if (why && service && box(why).bottom > box(service).top + 1) bad.push('the Service, below the why bar');
    return bad;
})()";

/// How often it is waited half a minute for what a step waits for: a node's pod stays five minutes.
const ROUNDS: u32 = 6;

/// Waits until an expression is true, longer than [`Page::wait`] does.
#[track_caller]
fn wait_long(page: &mut Page, what: &str, expression: &str) {
    page.run("window.round = performance.now();");
    for _ in 0..ROUNDS {
        page.run("window.round = performance.now();");
        page.wait(what, &format!("({expression}) || performance.now() > window.round + 25_000"));
        if page.eval(&format!("!!({expression})")) == true {
            return;
        }
    }
    panic!("it did not happen that {what}: {expression}");
}

/// Notes what is not seen, once two pictures have been drawn.
fn look(page: &mut Page, moment: &str, wrong: &mut Vec<String>) {
    page.wait_for_pictures();
    let unseen = page.eval(UNSEEN);
    wrong.extend(unseen.as_array().expect("a list").iter().map(|part| format!("{moment}: {part}")));
}

/// Does a step's task by what it offers, or skips it.
fn do_task(page: &mut Page) {
    let offers = page.eval("document.querySelectorAll('.offer').length").as_u64().expect("a number");
    for place in 1..=offers {
        page.click(&format!(".offer:nth-child({place}) button"));
        page.run("const play = document.querySelector('.controls .play'); if (play.innerText.includes('▶')) play.click();");
        wait_long(page, "the command has ended", "document.querySelector('.panel .line .prompt')");
    }
    if offers == 0 {
        page.run("[...document.querySelectorAll('.lessons .foot button')].at(-2).click();");
    }
}

/// Lives one lesson to its end; what was not seen whole is noted.
fn live(page: &mut Page, language: &str, id: &str, wrong: &mut Vec<String>) {
    page.forget();
    page.goto(&format!("?speed=16&lang={language}&lesson={id}"));
    wait_for_step(page, 1);
    let steps =
        page.eval("document.querySelectorAll('.lessons .progress i').length").as_u64().expect("a number");
    for step in 1..=usize::try_from(steps).expect("a few") {
        wait_for_step(page, step);
        let at = |what: &str| format!("{language}, {id}, step {step}, {what}");
        look(page, &at("as it opens"), wrong);
        // The longer outcome has two answers: the first one is right in some lessons only.
        if page.eval("!!document.querySelector('.bet .choice')") == true {
            page.run("document.querySelector('.bet .choice input').click();");
            page.wait("it is chosen", "document.querySelector('.bet .choice.chosen')");
            page.run("document.querySelector('.bet .acts .primary').click();");
        }
        // A task can be skipped once what the step begins with has come to its end.
        let is_played = format!("({NEXT}) || document.querySelectorAll('.lessons .foot button').length > 2");
        wait_long(page, "it is played", &is_played);
        look(page, &at("when it is played"), wrong);
        if page.eval("!!document.querySelector('.task')") == true {
            do_task(page);
        }
        wait_long(page, "Next is open", NEXT);
        page.run("[...document.querySelectorAll('.lessons .foot button')].at(-1).click();");
    }
    page.wait(
        "it is over",
        &format!("document.querySelectorAll('.lessons .progress .done').length === {steps}"),
    );
    page.assert_no_complaints();
}

/// The lessons with the longest steps, bets and answers, by what their folders begin with.
const LONGEST: [&str; 3] = ["01-", "05-", "07-"];

/// Each of them, in a language.
fn the_longest_lessons_fit(language: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lessons");
    let mut folders: Vec<_> =
        fs::read_dir(folder).expect("the lessons").map(|entry| entry.expect("an entry").path()).collect();
    let name = |path: &std::path::PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned());
    folders.retain(|path| name(path).is_some_and(|name| LONGEST.iter().any(|start| name.starts_with(start))));
    let mut wrong = Vec::new();
    let mut page = Page::unopened(View { width: 1280, height: 720, ..View::DESKTOP });
    for folder in &folders {
        let text = fs::read_to_string(folder.join(format!("{language}.md"))).expect("each language has it");
        let id = text.lines().find_map(|line| line.strip_prefix("id: ")).expect("it has an id");
        live(&mut page, language, id, &mut wrong);
    }
    assert_eq!(folders.len(), LONGEST.len(), "the lessons are not there");
    assert!(wrong.is_empty(), "not seen whole at 1280×720:\n{}", wrong.join("\n"));
}

#[test]
fn every_step_of_the_longest_lessons_is_seen_whole_in_english() {
    the_longest_lessons_fit("en");
}

#[test]
fn every_step_of_the_longest_lessons_is_seen_whole_in_korean() {
    the_longest_lessons_fit("ko");
}
