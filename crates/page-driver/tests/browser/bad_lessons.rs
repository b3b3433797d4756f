//! Bad lessons, and what else lessons can't rely on: a sentence says so, nothing of it runs, the rest of the page is alive.

use crate::lesson::{NEXT, SHORT, drop_file, go_on, wait_for_next, wait_for_step};
use page_driver::page::{Page, View};
use serde_json::json;

/// What is said of a lesson that can't be played.
const SAID: &str = "document.querySelector('.lessons .wrong')";

/// The page does what it is told: a pod is deleted, and comes back.
#[track_caller]
fn is_alive(page: &mut Page) {
    page.run("[...document.querySelectorAll('.speeds button')].at(-1)?.click();");
    page.wait("time passes", "document.querySelector('.controls [aria-label=Pause]') || !document.querySelector('.controls [aria-label=Play]').click()");
    page.wait("a pod is Ready", "document.querySelector('.pod.ready')");
    let goes = page.watch("document.querySelector('.pod.term')");
    page.run("document.querySelector('.pod.ready .close:not(.more)').click();");
    page.wait("it goes", &goes);
}

#[test]
fn what_can_not_be_read_is_said_and_the_page_goes_on() {
    let large = ["# ", &"word ".repeat(1 << 20)].concat();
    let mut page = Page::unopened(View::DESKTOP);
    for (name, text, said) in [
        ("syntax.md", SHORT.replace("```sh until", "```sh untli"), "14:"),
        ("front.md", SHORT.replace("minutes: 1", "minuts: 1"), "minuts"),
        ("empty.md", String::new(), "1:1"),
        ("large.md", large, "KiB"),
    ] {
        page.forget();
        page.goto("");
        page.run(
            "window.longest = 0; let last = performance.now();
             (function frame(now) { window.longest = Math.max(window.longest, now - last); last = now; requestAnimationFrame(frame); })(last);",
        );
        drop_file(&mut page, name, &text);
        page.wait(&format!("it says what is wrong with {name}"), SAID);
        let wrong = page.text(".lessons .wrong");
        assert!(wrong.contains(said), "{name}: {wrong}");
        assert_eq!(page.eval("document.querySelectorAll('.lessons .step').length"), 0, "{name} is open");
        let longest = page.eval("Math.round(window.longest)");
        println!("{name}: {} bytes, the longest frame {longest} ms", text.len());
        is_alive(&mut page);
        page.assert_no_complaints();
    }
}

#[test]
fn what_a_lesson_holds_is_text_and_never_runs() {
    let text = SHORT.replace(
        "[flask-0](pod/flask-0) comes.",
        "[flask-0](pod/flask-0) comes. <img src=x onerror=\"window.ran = 1\"> <b onclick=\"window.ran = 2\">bold</b>\n\n\
         <script>window.ran = 3</script>\n\n\
         ![a picture from elsewhere](https://pictures.example/cat.png) and <style>body { display: none }</style>\n\n\
         <iframe src=\"https://frames.example/\"></iframe>",
    );
    let mut page = Page::open(View::DESKTOP);
    drop_file(&mut page, "html.md", &text);
    wait_for_step(&mut page, 1);
    let shown = page.text(".lessons .step");
    for part in ["<script>window.ran = 3</script>", "onclick", "a picture from elsewhere"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let strangers =
        "document.querySelectorAll('.lessons :is(script, img, iframe, style, [onclick], [onerror])').length";
    assert_eq!(page.eval(strangers), 0);
    page.click(".lessons .step");
    wait_for_next(&mut page);
    assert_eq!(page.eval("window.ran ?? 'nothing'"), "nothing");
    // Nothing was asked of anybody else, either.
    page.assert_no_complaints();
    let link = SHORT.replace("[flask-0](pod/flask-0)", "[flask-0](javascript:window.ran=4)");
    drop_file(&mut page, "link.md", &link);
    page.wait("it says so", SAID);
    assert_eq!(page.eval("document.querySelectorAll('[href^=javascript]').length"), 0);
}

#[test]
fn a_loop_without_an_end_is_ended_and_a_check_that_always_succeeds_is_done() {
    let mut page = Page::open(View::DESKTOP);
    let endless =
        SHORT.replace("kubectl get configmap mine", "while :; do :; done\nkubectl get configmap mine");
    drop_file(&mut page, "endless.md", &endless);
    wait_for_step(&mut page, 1);
    go_on(&mut page);
    wait_for_step(&mut page, 2);
    page.click_named("Skip");
    go_on(&mut page);
    wait_for_step(&mut page, 3);
    page.wait("a task is open", "document.querySelector('.offer button')");
    page.click(".offer button");
    page.wait(
        "it has been done",
        "document.querySelector('.screen').innerText.includes('configmap/mine created')",
    );
    // The check is tried again and again; what never ends is not done.
    is_alive(&mut page);
    assert_ne!(page.eval(NEXT), true, "a loop without an end counts as done");
    page.click(".lessons .head button:last-child");
    let always = SHORT.replace("kubectl get configmap mine", "true");
    drop_file(&mut page, "always.md", &always);
    wait_for_step(&mut page, 1);
    go_on(&mut page);
    wait_for_step(&mut page, 2);
    page.click_named("Skip");
    go_on(&mut page);
    wait_for_step(&mut page, 3);
    wait_for_next(&mut page);
    go_on(&mut page);
    page.wait("it is over", "document.querySelectorAll('.lessons .progress .done').length === 3");
    page.assert_no_complaints();
}

#[test]
fn progress_of_another_version_is_said_and_left_until_something_is_done() {
    let mut page = Page::unopened(View::DESKTOP);
    page.before_all("localStorage.getItem('ordinal-lessons') ?? localStorage.setItem('ordinal-lessons', 'ordinal-lessons 99\\nwalk: 3')");
    page.goto("");
    page.wait_for_all();
    page.click("#tab-lesson");
    page.wait("it says so", &format!("{SAID}?.textContent.includes('does not know')"));
    page.wait("the list is there", "document.querySelectorAll('.shelf li').length > 12");
    assert_eq!(page.eval("localStorage.getItem('ordinal-lessons')"), "ordinal-lessons 99\nwalk: 3");
    drop_file(&mut page, "short.md", SHORT);
    wait_for_step(&mut page, 1);
    go_on(&mut page);
    wait_for_step(&mut page, 2);
    let kept = json!("ordinal-lessons 1\nshort 2\n");
    page.wait("it is kept", &format!("localStorage.getItem('ordinal-lessons') === {kept}"));
    page.assert_no_complaints();
}

#[test]
fn where_nothing_may_be_kept_a_lesson_is_lived_and_the_page_says_so() {
    let mut page = Page::unopened(View::DESKTOP);
    page.before_all(
        "for (const name of ['localStorage', 'sessionStorage'])
            Object.defineProperty(globalThis, name, { get() { throw new DOMException('denied', 'SecurityError'); } });",
    );
    page.goto("");
    page.wait_for_all();
    drop_file(&mut page, "short.md", SHORT);
    wait_for_step(&mut page, 1);
    go_on(&mut page);
    wait_for_step(&mut page, 2);
    page.wait("it says so", &format!("{SAID}?.textContent.includes('keeps nothing here')"));
    page.click_named("Skip");
    go_on(&mut page);
    wait_for_step(&mut page, 3);
    page.click(".offer button");
    page.wait("the task is done", "document.querySelector('.task .note.ok')");
    page.assert_no_complaints();
}
