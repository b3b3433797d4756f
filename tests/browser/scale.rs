//! Very many pods on the stage, and two clusters side by side.

use crate::harness::{Page, View};

/// Chooses an example by its name, as a visitor does.
fn choose(page: &mut Page, name: &str) {
    page.run(&format!(
        "const select = document.querySelector('select[aria-label=Examples]') ?? document.querySelector('select');
        select.selectedIndex = [...select.options].findIndex(o => o.text === {name:?});
        select.dispatchEvent(new Event('change', {{ bubbles: true }}));"
    ));
}

#[test]
#[ignore = "needs the built page: cargo xtask test --only browser"]
fn a_thousand_pods_are_cells_with_a_lens_on_one() {
    let mut page = Page::open(View::DESKTOP);
    choose(&mut page, "a thousand pods");
    page.click_named("16×");
    page.click_named("Apply");
    let count = "document.querySelector('.counts .ready b')?.innerText";
    page.wait("all are ready", &format!("{count} === '1000'"));
    let fields = "[...document.querySelectorAll('.cells path.ready')].map(p => p.getAttribute('d').split('M').length - 1)";
    assert_eq!(page.eval(&format!("{fields}.reduce((all, n) => all + n)")), 1000, "each has its field");
    page.run(
        "const cells = document.querySelector('.cells'), columns = +cells.dataset.columns;
        const { left, top, width } = cells.querySelector('svg').getBoundingClientRect(), step = width / (columns * 10 + 2);
        const at = n => ({ clientX: left + step * (n % columns * 10 + 6), clientY: top + step * (Math.floor(n / columns) * 12 + 6) });
        cells.dispatchEvent(new MouseEvent('click', { bubbles: true, ...at(120) }));
        cells.focus();",
    );
    page.wait("the lens is on many-120", "document.querySelector('.lanes [data-pod=many-120]')");
    page.type_keys("\u{e014}");
    page.wait("an arrow moves the lens", "document.querySelector('.lanes [data-pod=many-121]')");
    let chosen = "document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))";
    assert_eq!(page.eval(&format!("{chosen}.getAttribute('aria-label')")), "many-121 Running");
    page.type_keys("\u{e013}");
    page.wait("up is a row above", "document.querySelector('.lanes [data-pod=many-61]')");
    assert_eq!(page.eval("document.querySelectorAll('.timeline svg.bands path').length > 0"), true);
    page.screenshot("thousand-light");
    page.set_view(View::PHONE.dark());
    page.wait("it fits a phone", "document.documentElement.scrollWidth <= innerWidth");
    page.screenshot("thousand-phone-dark");
    page.assert_no_complaints();
}

#[test]
#[ignore = "needs the built page: cargo xtask test --only browser"]
fn two_clusters_side_by_side_get_the_same_commands() {
    let mut page = Page::open(View::DESKTOP);
    choose(&mut page, "whenScaled: Retain | whenScaled: Delete");
    page.click_named("16×");
    page.wait("both are ready", "document.querySelectorAll('.half [data-pod=web-2].ready').length === 2");
    page.click_named("kubectl scale sts web --replicas=1");
    page.wait(
        "one keeps its claims and the other does not",
        "[...document.querySelectorAll('.half')].map(h => h.querySelectorAll('.claim').length).join() === '3,1'",
    );
    assert_eq!(
        page.eval("document.querySelectorAll('.half .differs').length > 0"),
        true,
        "what differs is marked"
    );
    page.screenshot("side-by-side-light");
    page.set_view(View::PHONE.dark());
    page.wait("it fits a phone", "document.documentElement.scrollWidth <= innerWidth");
    let tops = "new Set([...document.querySelectorAll('.half')].map(h => h.getBoundingClientRect().left)).size === 1";
    page.wait("the halves are stacked", tops);
    page.screenshot("side-by-side-phone-dark");
    page.assert_no_complaints();
}

#[test]
#[ignore = "needs the built page: cargo xtask test --only browser"]
fn what_is_edited_is_compared_with_what_was_applied() {
    let mut page = Page::open(View::DESKTOP);
    let text = page.eval("document.querySelector('textarea').value");
    let text = text.as_str().expect("the editor holds a text").replace("replicas: 3", "replicas: 1");
    page.paste("textarea", &text);
    page.click_named("Compare");
    page.click_named("16×");
    page.wait("the one has three, the other one", "[...document.querySelectorAll('.half')].map(h => h.querySelectorAll('.pod.ready').length).join() === '3,1'");
    page.assert_no_complaints();
}
