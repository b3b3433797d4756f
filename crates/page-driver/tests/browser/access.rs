//! What keeps people from using the page: axe-core looks at every view of it, at several sizes, light and dark.

use page_driver::page::{Page, View};

/// Asserts that there is nothing to complain of in what is seen now.
#[track_caller]
fn assert_open_to_all(page: &mut Page, what: &str) {
    let found = page.complaints_of_axe();
    assert!(found.is_empty(), "{what}: {}", found.join("\n"));
}

/// The page, or what is embedded, at rest with the first example.
fn settled(view: View, address: &str) -> Page {
    let mut page = Page::open_at(view, address);
    page.wait("three pods are Ready", "document.querySelectorAll('.pod.ready').length === 3");
    page
}

/// Shows a part of the page.
fn show(page: &mut Page, name: &str) {
    let bar = if page.eval("innerWidth < 700") == true { ".app > nav button" } else { ".tabs button" };
    page.run(&format!(
        "[...document.querySelectorAll('{bar}')].find(tab => tab.textContent.includes('{name}')).click();"
    ));
    page.wait(
        &format!("{name} is seen"),
        &format!("document.querySelector('.app').dataset.view === '{}'", name.to_lowercase()),
    );
}

fn look_at_all(view: View) {
    let is_phone = view.width < 700;
    let mut page = settled(view, crate::AT_REST);
    assert_open_to_all(&mut page, "at rest");
    page.click(".pod .close.more");
    page.wait("the menu is there", "document.querySelector('.menu:popover-open')");
    assert_open_to_all(&mut page, "the menu of a pod");
    page.type_keys("\u{e00c}");
    page.click_named("1×");
    let goes = page.watch("document.querySelector('.pod.term')");
    page.run("document.querySelector('.pod .close:not(.more)').click();");
    page.wait("a pod goes", &goes);
    assert_open_to_all(&mut page, "a pod is deleted");
    page.click_named("16×");
    for part in ["Terminal", "DNS", "Events", "Inspect"] {
        show(&mut page, part);
        assert_open_to_all(&mut page, part);
    }
    if is_phone {
        show(&mut page, "Stage");
    }
    page.click(".set .by");
    page.wait("the nodes are there", "document.querySelectorAll('.node').length > 1");
    assert_open_to_all(&mut page, "by node");
    page.click(".set .by");
    page.click_named("Show the rule");
    assert_open_to_all(&mut page, "the rule");
    if is_phone {
        show(&mut page, "Manifest");
    }
    page.paste(
        ".editor textarea",
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata:\n  name: x\nspec:\n  replicaz: 2\n",
    );
    page.wait("the mistake is said", "document.querySelector('.diagnosis .jump')");
    assert_open_to_all(&mut page, "a mistake");
    page.click("[data-side=manifest] [title^='The world']");
    page.wait("the dialog is there", "document.querySelector('dialog[open]')");
    assert_open_to_all(&mut page, "the world");
    page.click_named("Cancel");
    // All of both is seen: what is cut off where a part of the page scrolls can't be measured.
    page.set_view(View { height: 2400, ..view });
    page.run(
        "[...document.querySelectorAll('.speeds button')].find(speed => speed.innerText === '1×').click();",
    );
    page.run("const choice = document.querySelector('.bar select'); choice.selectedIndex = choice.options.length - 1;
        choice.dispatchEvent(new Event('change', { bubbles: true }));");
    page.wait("two stand side by side", "document.querySelectorAll('.half').length === 2");
    // The longest state.
    page.wait(
        "a pod is made",
        "document.querySelector('.half .pod:not(.ready) .state').innerText === 'ContainerCreating'",
    );
    page.run("document.querySelector('[aria-label=Pause]').click();");
    assert_open_to_all(&mut page, "two clusters that begin");
    page.run("document.querySelector('[aria-label=Play]').click();");
    page.click_named("16×");
    page.wait("all are Ready", "document.querySelectorAll('.half .pod.ready').length === 6");
    page.wait("time stands", "document.querySelector('[aria-label=Play]')");
    assert_open_to_all(&mut page, "two clusters");
}

#[test]
fn a_wide_page_is_open_to_all() {
    look_at_all(View { width: 1440, height: 900, ..View::DESKTOP });
}

#[test]
fn a_dark_page_is_open_to_all() {
    look_at_all(View { width: 1280, height: 720, ..View::DESKTOP }.dark());
}

#[test]
fn a_phone_is_open_to_all() {
    look_at_all(View::PHONE);
}

#[test]
fn what_is_embedded_is_open_to_all() {
    let mut page =
        settled(View { width: 800, height: 450, ..View::DESKTOP }, "?embed=1&t=60&speed=16&autoplay=1");
    assert_open_to_all(&mut page, "at rest");
    page.run("document.querySelector('.pod .close:not(.more)')?.click();");
    assert_open_to_all(&mut page, "a pod is deleted");
}

/// The list of lessons, one that is open, its bet and its outcome, and all of it shown to a class.
fn look_at_lessons(page: &mut Page, view: View, address: &str) {
    page.forget();
    page.set_view(view);
    page.goto(address);
    page.wait("the lesson is there", "document.querySelector('.lessons .step')");
    page.run("[...document.querySelectorAll('.speeds button')].at(-1)?.click();");
    let next = "document.querySelector('.lessons .foot button:last-child')?.ariaDisabled !== 'true'";
    page.wait("the first step is done", next);
    assert_open_to_all(page, "a lesson's step");
    page.click(".lessons .foot button:last-child");
    page.wait("it asks", "document.querySelectorAll('.bet .choice').length === 4");
    assert_open_to_all(page, "a bet");
    // Nobody shows a phone to a class.
    if view.width >= 800 {
        page.type_keys("p");
        page.wait("it is shown to a class", "document.querySelector('.app[data-lesson=present] .bet')");
        assert_open_to_all(page, "a bet shown to a class");
        page.type_keys("p");
    }
    page.type_keys("c");
    page.wait("it is chosen", "document.querySelector('.app[data-lesson=open] .choice.chosen')");
    page.click(".bet .primary");
    page.wait("the outcome is there", "document.querySelector('.outcome .won')");
    assert_open_to_all(page, "an outcome");
    page.click(".lessons .head button:last-child");
    page.wait("the list is there", "document.querySelector('.shelf li')");
    assert_open_to_all(page, "the list of lessons");
}

#[test]
fn lessons_are_open_to_all() {
    look_at_lessons(&mut Page::unopened(View::DESKTOP), View::DESKTOP, "?lesson=delete-a-pod");
}

#[test]
fn dark_lessons_are_open_to_all_and_on_a_phone() {
    let mut page = Page::unopened(View::DESKTOP);
    look_at_lessons(
        &mut page,
        View { width: 1280, height: 720, ..View::DESKTOP }.dark(),
        "?lesson=delete-a-pod",
    );
    look_at_lessons(&mut page, View::PHONE.dark(), "?lesson=delete-a-pod");
}

#[test]
fn korean_lessons_are_open_to_all_and_on_a_phone() {
    let mut page = Page::unopened(View::DESKTOP);
    look_at_lessons(
        &mut page,
        View { width: 1280, height: 720, ..View::DESKTOP },
        "?lesson=delete-a-pod&lang=ko",
    );
    look_at_lessons(&mut page, View::PHONE.dark(), "?lesson=delete-a-pod&lang=ko");
}
