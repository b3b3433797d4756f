//! Lessons on the page: lived by hand and by keyboard, left and taken up again, shown to a class, read from files and links.

use crate::story::type_line;
use ordinal::link::address::CARRIED;
use ordinal::link::pack::pack;
use page_driver::page::{Page, View};
use serde_json::json;

/// A lesson of three steps that wait for little: the second has a bet, the third a task.
pub(crate) const SHORT: &str = r#"---
title: "A short lesson"
id: short
minutes: 1
kubernetes: "1.36"
summary: "Somebody makes a ConfigMap."
example: flask
---

## The first pod

[flask-0](pod/flask-0) comes.

```sh until
kubectl wait --for=condition=Ready pod/flask-0
```

## A bet

```predict
What comes next?

- [x] flask-1
- [ ] flask-2

> One after the other.
```

```sh until
kubectl wait --for=condition=Ready pod/flask-1
```

## A task

```sh task
# offer: kubectl create configmap mine
kubectl get configmap mine
```
"#;

/// Waits until the step of this number, counted from 1, is shown.
#[track_caller]
pub(crate) fn wait_for_step(page: &mut Page, number: usize) {
    page.wait(
        &format!("step {number} is shown"),
        &format!(
            "document.querySelector('.lessons .step') && document.querySelectorAll('.lessons .progress .done').length === {}",
            number - 1
        ),
    );
}

/// Whether *Next* is open.
pub(crate) const NEXT: &str =
    "[...document.querySelectorAll('.lessons .foot button')].at(-1)?.ariaDisabled !== 'true'";

/// Lets the cluster be quick, and waits until the lesson can go on.
#[track_caller]
pub(crate) fn wait_for_next(page: &mut Page) {
    page.run("[...document.querySelectorAll('.speeds button')].at(-1)?.click();");
    page.wait("Next is open", &format!("document.querySelector('.lessons .foot') && {NEXT}"));
}

/// Presses *Next*, once it is open.
#[track_caller]
pub(crate) fn go_on(page: &mut Page) {
    wait_for_next(page);
    page.click(".lessons .foot button:last-child");
}

fn opened(view: View, address: &str) -> Page {
    let mut page = Page::open_at(view, address);
    wait_for_step(&mut page, 1);
    page
}

/// Loads the page again, and waits until it is another one.
#[track_caller]
fn reload(page: &mut Page) {
    page.reload();
    page.wait("the page is loaded again", "window.ordinalDeferred");
}

/// Drops a file on the page.
pub(crate) fn drop_file(page: &mut Page, name: &str, text: &str) {
    page.run(&format!(
        "const carried = new DataTransfer();
         carried.items.add(new File([{}], {}));
         document.querySelector('.stage').dispatchEvent(
             new DragEvent('drop', {{ bubbles: true, cancelable: true, dataTransfer: carried }}));",
        json!(text),
        json!(name)
    ));
}

/// Moves the focus by Tab until it is on what fits.
#[track_caller]
fn tab_to(page: &mut Page, css: &str) {
    let is_there = format!("document.activeElement.matches({})", json!(css));
    for _ in 0..200 {
        if page.eval(&is_there) == true {
            return;
        }
        page.type_keys("\t");
    }
    panic!("the focus never comes to {css}");
}

#[test]
fn a_lesson_is_lived_by_keyboard_in_korean() {
    let mut page = Page::open_at(View::DESKTOP, "?lang=ko");
    page.run("document.querySelector('#tab-manifest').focus()");
    page.type_keys("\u{e012}");
    page.wait("the list is there", "document.querySelectorAll('.shelf li').length > 12");
    tab_to(&mut page, ".shelf li:nth-child(3) button");
    page.type_keys("\n");
    wait_for_step(&mut page, 1);
    assert_eq!(page.eval("document.documentElement.lang"), "ko");
    for step in 1..=5 {
        wait_for_step(&mut page, step);
        match step {
            2 | 4 => {
                page.wait("it asks", "document.querySelector('.bet .choice')");
                page.type_keys(if step == 2 { "b" } else { "c" });
                page.wait("it is chosen", "document.querySelector('.bet .choice.chosen')");
                page.type_keys("\n");
            }
            3 | 5 => {
                page.run("[...document.querySelectorAll('.speeds button')].at(-1)?.click();");
                page.wait("a task is offered", "document.querySelector('.offer button')");
                for place in 1..=if step == 3 { 1 } else { 2 } {
                    tab_to(&mut page, &format!(".offer:nth-child({place}) button"));
                    page.type_keys("\n");
                }
            }
            _ => {}
        }
        wait_for_next(&mut page);
        if step == 2 || step == 4 {
            page.wait(
                "the bet was right",
                "document.querySelector('.outcome .won') && !document.querySelector('.outcome .lost')",
            );
        }
        tab_to(&mut page, ".lessons .foot button:last-child");
        page.type_keys("\n");
    }
    page.wait(
        "it is over",
        "document.querySelector('.lessons .step')?.textContent.includes('수업이 끝났다')",
    );
    page.wait("it is kept", "localStorage.getItem('ordinal-lessons')?.includes('delete-a-pod 5 done')");
    page.assert_no_complaints();
}

#[test]
fn a_wrong_bet_stands_beside_what_happened_and_why() {
    let mut page = opened(View::DESKTOP, "?lesson=delete-a-pod");
    go_on(&mut page);
    wait_for_step(&mut page, 2);
    page.wait("it asks", "document.querySelectorAll('.bet .choice').length === 4");
    assert_eq!(page.eval("document.querySelectorAll('.outcome, .reason').length"), 0, "the outcome is told");
    page.click(".bet .choice:nth-of-type(3)");
    page.wait("time stands", "document.querySelector('.controls [aria-label=Play]')");
    page.click(".bet .primary");
    wait_for_next(&mut page);
    let (lost, won) = (page.text(".outcome .lost"), page.text(".outcome .won"));
    assert!(lost.contains("same IP") && won.contains("new IP"), "{lost} / {won}");
    assert!(page.text(".reason").contains("Ordinal 1 was missing"));
    page.screenshot("lesson-outcome");
    page.assert_no_complaints();
}

#[test]
fn a_file_is_dropped_and_its_task_done_or_it_says_where_it_is_wrong() {
    let mut page = Page::open(View::DESKTOP);
    drop_file(&mut page, "short.md", SHORT);
    wait_for_step(&mut page, 1);
    go_on(&mut page);
    wait_for_step(&mut page, 2);
    page.click_named("Skip");
    go_on(&mut page);
    wait_for_step(&mut page, 3);
    page.wait("a task is open", "document.querySelector('.offer button')");
    assert_ne!(page.eval(NEXT), true, "Next is open before the task is done");
    page.click(".offer button");
    page.wait("the task is done", "document.querySelector('.task .note.ok')");
    go_on(&mut page);
    page.wait("it is over", "document.querySelectorAll('.lessons .progress .done').length === 3");
    drop_file(&mut page, "wrong.md", &SHORT.replace("```sh until", "```sh untli"));
    page.wait("it says what is wrong", "document.querySelector('.lessons .wrong')");
    let wrong = page.text(".lessons .wrong");
    assert!(wrong.contains("untli") && wrong.contains("14:"), "{wrong}");
    page.assert_no_complaints();
}

#[test]
fn who_leaves_the_path_comes_back_to_it() {
    let link = [CARRIED, &pack(SHORT.as_bytes(), b"")].concat();
    let mut page = opened(View::DESKTOP, &["#", &link].concat());
    assert!(page.text(".lessons").contains("The first pod"));
    wait_for_next(&mut page);
    page.wait("a pod is there", "document.querySelector('[data-pod=flask-0] .close:not(.more)')");
    page.click("[data-pod=flask-0] .close:not(.more)");
    page.wait("it says so", "document.querySelector('.lessons .off')");
    page.click(".lessons .off .primary");
    page.wait("the lesson is back", "!document.querySelector('.lessons .off')");
    page.wait("with its pod", "document.querySelector('[data-pod=flask-0].ready')");
    go_on(&mut page);
    wait_for_step(&mut page, 2);
    page.click(".lessons .foot button:first-child");
    wait_for_step(&mut page, 1);
    go_on(&mut page);
    wait_for_step(&mut page, 2);
    page.wait("it asks", "document.querySelectorAll('.bet .choice').length === 2");
    page.assert_no_complaints();
}

#[test]
fn a_lesson_is_taken_up_where_it_was_after_a_reload() {
    let mut page = opened(View::DESKTOP, "?lesson=delete-a-pod");
    go_on(&mut page);
    wait_for_step(&mut page, 2);
    page.wait("it asks", "document.querySelectorAll('.bet .choice').length === 4");
    page.click(".bet .choice:nth-of-type(3)");
    page.click(".bet .primary");
    wait_for_next(&mut page);
    reload(&mut page);
    wait_for_step(&mut page, 2);
    page.wait(
        "the bet stands",
        "document.querySelector('.outcome .lost') && document.querySelector('.reason')",
    );
    page.wait("with its cluster", "document.querySelectorAll('.pod.ready').length === 3");
    // Off the path: the way back is still there.
    page.click("[data-pod=flask-2] .close:not(.more)");
    page.wait("it says so", "document.querySelector('.lessons .off')");
    reload(&mut page);
    page.wait("it says so again", "document.querySelector('.lessons .off')");
    page.click(".lessons .off .primary");
    page.wait("the lesson is back", "!document.querySelector('.lessons .off')");
    page.click(".lessons .foot button:first-child");
    wait_for_step(&mut page, 1);
    go_on(&mut page);
    wait_for_step(&mut page, 2);
    go_on(&mut page);
    wait_for_step(&mut page, 3);
    page.wait("a task is open", "document.querySelector('.offer button')");
    page.assert_no_complaints();
}

#[test]
fn a_bet_is_placed_without_scrolling_on_a_beamer_and_on_a_phone() {
    // What of the bet's buttons and of the pods' width cannot be seen.
    let unseen = "(() => {
        const page = document.querySelector('.lessons .page').getBoundingClientRect(), bad = [];
        for (const part of document.querySelectorAll('.bet .acts button')) {
            const box = part.getBoundingClientRect(), over = document.elementFromPoint(box.left + 9, (box.top + box.bottom) / 2);
            if (!part.contains(over) || box.bottom > page.bottom) bad.push(part.textContent);
        }
        for (const pod of document.querySelectorAll('.pod')) {
            const box = pod.getBoundingClientRect(), stage = document.querySelector('.stage').getBoundingClientRect();
            if (!box.width || box.left < stage.left || box.right > stage.right) bad.push(pod.dataset.pod);
        }
        return bad;
    })()";
    let mut page = Page::unopened(View::DESKTOP);
    for view in [View { width: 1280, height: 720, ..View::DESKTOP }, View::PHONE] {
        page.forget();
        page.set_view(view);
        page.goto("?lesson=delete-a-pod");
        wait_for_step(&mut page, 1);
        go_on(&mut page);
        wait_for_step(&mut page, 2);
        page.wait("it asks", "document.querySelectorAll('.bet .choice').length === 4");
        assert_eq!(page.eval("document.querySelectorAll('.bet .acts button').length"), 2);
        assert_eq!(page.eval(unseen), json!([]), "at a width of {}", view.width);
    }
}

#[test]
fn a_link_that_is_cut_says_so() {
    let packed = pack(SHORT.as_bytes(), b"");
    let link = [CARRIED, &packed[..packed.len() / 2]].concat();
    let mut page = Page::open_at(View::DESKTOP, &["#", &link].concat());
    page.wait("it says so", "document.querySelector('.lessons .wrong')");
    page.assert_no_complaints();
}

#[test]
fn a_class_sees_the_question_before_its_answers_and_a_remote_goes_on() {
    let (page_down, page_up) = ("\u{e00f}", "\u{e00e}");
    let mut page = opened(View { width: 1280, height: 720, ..View::DESKTOP }, "?lesson=delete-a-pod");
    wait_for_next(&mut page);
    page.type_keys("p");
    page.wait("it is shown to a class", "document.querySelector('.app[data-lesson=present]')");
    page.type_keys(page_down);
    wait_for_step(&mut page, 2);
    page.wait("the question is there", "document.querySelector('.bet legend')");
    assert_eq!(page.eval("document.querySelectorAll('.bet .choice').length"), 0, "its answers are seen");
    page.type_keys(page_down);
    page.wait("the answers are there", "document.querySelectorAll('.bet .choice').length === 4");
    page.screenshot("lesson-class");
    let beyond = "[...document.querySelectorAll('.bet .choice, .pod')].filter(part => {
        const box = part.getBoundingClientRect();
        return box.right > innerWidth + 1 || box.bottom > innerHeight + 1 || !box.width;
    }).length";
    assert_eq!(page.eval(beyond), 0, "something is not seen at 1280×720");
    page.type_keys("b");
    page.wait("it is chosen", "document.querySelector('.bet .choice.chosen')");
    page.type_keys(page_down);
    wait_for_next(&mut page);
    page.wait("the outcome is there", "document.querySelector('.outcome .won')");
    page.type_keys(page_up);
    wait_for_step(&mut page, 1);
    page.type_keys("\u{e00c}");
    page.wait(
        "it is shown to one again",
        "document.querySelector('.app[data-lesson]:not([data-lesson=present])')",
    );
    page.assert_no_complaints();
}

#[test]
fn on_a_phone_the_stage_stays_in_sight() {
    let mut page = opened(View::PHONE, "?lesson=delete-a-pod&lang=ko");
    page.wait("a pod is there", "document.querySelector('.pod')");
    let seen = "(() => {
        const lesson = document.querySelector('.lessons').getBoundingClientRect();
        const pods = [...document.querySelectorAll('.pod')].map(pod => pod.getBoundingClientRect());
        const stage = document.querySelector('.stage').getBoundingClientRect();
        return pods.some(pod => pod.width && pod.top >= stage.top && pod.top + 40 < lesson.top) && lesson.bottom <= innerHeight + 1;
    })()";
    page.wait("both are seen", seen);
    page.screenshot("lesson-phone");
    page.assert_no_complaints();
}

#[test]
fn a_puzzle_offers_no_remedy_and_counts_commands() {
    let mut page = opened(View::DESKTOP, "?lesson=puzzle-second-pod");
    page.run("[...document.querySelectorAll('.speeds button')].at(-1)?.click();");
    page.wait("the reason has a remedy", "document.querySelector('.why .remedy')");
    assert_eq!(page.eval("document.querySelector('.why .remedy').checkVisibility()"), false);
    page.wait("the task is open", "document.querySelector('.task')");
    for command in [
        "kubectl get pods",
        "kubectl patch sts site --type=json -p '[{\"op\":\"replace\",\"path\":\"/spec/template/spec/containers/0/readinessProbe/httpGet/port\",\"value\":80}]'",
        "kubectl delete pod site-0",
    ] {
        type_line(&mut page, command);
    }
    go_on(&mut page);
    page.wait("it is over", "document.querySelector('.lessons .step')?.textContent.includes('something: 2')");
    assert!(page.text(".lessons .step").contains("with 2"));
    page.assert_no_complaints();
}

/// A long reason with a command that would help has its room over the sheet, too.
#[test]
fn on_a_phone_a_long_reason_covers_nothing_beside_a_lesson() {
    let mut page = opened(View::PHONE, "?lesson=stuck-rollout");
    go_on(&mut page);
    wait_for_step(&mut page, 2);
    page.click_named("Skip");
    wait_for_next(&mut page);
    page.wait("a command would help", "document.querySelector('.why .remedy')?.checkVisibility()");
    let covers = "[...document.querySelectorAll('.why, .why *')].some(part => {
        const box = part.getBoundingClientRect();
        return box.height && box.bottom > document.querySelector('.stage > .service').getBoundingClientRect().top;
    })";
    page.screenshot("lesson-phone-reason");
    assert_eq!(page.eval(covers), false, "the reason covers the Service");
}
