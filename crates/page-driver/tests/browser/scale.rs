//! Very many pods on the stage, and two clusters side by side.

use page_driver::page::{Page, View};

/// Chooses an example by its name, as a visitor does.
fn choose(page: &mut Page, name: &str) {
    page.run(&format!(
        "const select = document.querySelector('select[aria-label=Examples]') ?? document.querySelector('select');
        select.selectedIndex = [...select.options].findIndex(o => o.text === {name:?});
        select.dispatchEvent(new Event('change', {{ bubbles: true }}));"
    ));
}

#[test]
fn a_thousand_pods_are_cells_with_a_lens_on_one() {
    let mut page = Page::open(View::DESKTOP);
    choose(&mut page, "a thousand pods");
    page.click_named("16×");
    page.click_named("Apply");
    let count = "document.querySelector('.counts .ready b')?.innerText";
    page.wait("all are ready", &format!("{count} === '1000'"));
    let fields = "[...document.querySelectorAll('.cells path.ready')].map(p => p.getAttribute('d').split('M').length - 1)";
    page.wait("each has its field", &format!("{fields}.reduce((all, n) => all + n) === 1000"));
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
    page.wait("it is said", &format!("{chosen}.getAttribute('aria-label') === 'many-121 Running'"));
    page.type_keys("\u{e013}");
    page.wait("up is a row above", "document.querySelector('.lanes [data-pod=many-61]')");
    page.wait("the timeline has bands", "document.querySelector('.timeline svg.bands path')");
    page.screenshot("thousand-light");
    page.set_view(View::PHONE.dark());
    page.wait("it fits a phone", "document.documentElement.scrollWidth <= innerWidth");
    page.screenshot("thousand-phone-dark");
    page.assert_no_complaints();
}

#[test]
fn a_place_of_a_crowd_has_its_claim_below_its_pod() {
    let mut page = crate::settled(View::DESKTOP);
    page.click("[aria-label='Command line']");
    page.type_keys("kubectl scale sts flask --replicas=500\n");
    let below = "(() => {
        const [cells, pod, claim] = ['.cells', '.alone .pod', '.alone .claim'].map(of => document.querySelector(of).getBoundingClientRect());
        return cells.bottom <= pod.top && pod.bottom <= claim.top;
    })()";
    // The place that is looked at follows the newest pod, which has its claim from the start: it may be another one a moment later.
    let is_below = page.wait(
        "there is a crowd",
        &format!(
            "document.querySelector('.alone .pod') && document.querySelector('.alone .claim') && {{ isBelow: {below} }}"
        ),
    );
    assert_eq!(is_below["isBelow"], true);
    page.screenshot("crowd-with-claims");
    page.assert_no_complaints();
}

#[test]
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
    page.wait("what differs is marked", "document.querySelector('.half .differs')");
    page.screenshot("side-by-side-light");
    page.set_view(View::PHONE.dark());
    page.wait("it fits a phone", "document.documentElement.scrollWidth <= innerWidth");
    let tops = "new Set([...document.querySelectorAll('.half')].map(h => h.getBoundingClientRect().left)).size === 1";
    page.wait("the halves are stacked", tops);
    page.screenshot("side-by-side-phone-dark");
    page.assert_no_complaints();
}

#[test]
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

/// What reaches over its card's edge, lies over another card, or is cut without a sign of it.
const MISPLACED: &str = "(() => {
    const box = e => e.getBoundingClientRect(), isSeen = e => e.checkVisibility() && box(e).width > 0;
    const name = e => (e.className.baseVal ?? e.className) + ' ' + e.textContent.slice(0, 30);
    const cards = [...document.querySelectorAll('.lane :is(.pod, .claim, .disk)')].filter(isSeen);
    const bad = document.documentElement.scrollWidth > innerWidth ? ['the page is wider than its window'] : [];
    for (const [n, card] of cards.entries()) {
        const c = box(card);
        for (const e of card.querySelectorAll('*')) {
            if (e.closest('.close, svg') || !isSeen(e)) continue;
            const r = box(e), style = getComputedStyle(e);
            const isOver = r.left < c.left - 1 || r.right > c.right + 1 || r.top < c.top - 1 || r.bottom > c.bottom + 1;
            const isCut = style.display !== 'inline' && e.scrollWidth > e.clientWidth + 1 && style.textOverflow !== 'ellipsis';
            if (isOver || isCut) bad.push(`${name(card)}: ${name(e)} ${isOver ? 'reaches over' : 'is cut'}`);
        }
        for (const other of cards.slice(n + 1)) {
            const o = box(other);
            const isApart = c.right <= o.left + 1 || o.right <= c.left + 1 || c.bottom <= o.top + 1 || o.bottom <= c.top + 1;
            if (!isApart) bad.push(`${name(card)} lies over ${name(other)}`);
        }
    }
    return cards.length ? bad : ['there are no cards'];
})()";

#[test]
fn nothing_overlaps_or_is_cut_at_any_width() {
    let mut page = Page::open_at(View::DESKTOP.still(), "");
    page.wait("the story is open", "document.querySelector('[data-pod]')");
    let manifest = page.eval("document.querySelector('textarea').value");
    let manifest =
        manifest.as_str().expect("a text").replace("minReadySeconds: 10", "podManagementPolicy: Parallel");
    page.click_named("16×");
    let mut looked = 0;
    for replicas in [1, 2, 3, 4, 6, 8, 12] {
        page.set_view(View::DESKTOP.still());
        // Many lanes have folded the manifest.
        page.run("document.querySelector('[data-side=manifest] > .rail').checkVisibility() && document.querySelector('[data-side=manifest] > .rail').click();");
        page.click_named("Reset");
        page.paste("textarea", &manifest.replace("replicas: 3", &format!("replicas: {replicas}")));
        page.click_named("Apply");
        let ready = format!("document.querySelectorAll('.pod.ready').length === {replicas}");
        page.wait("all are Ready", &ready);
        if replicas > 6 {
            page.click_named("Fold the manifest (M)");
        }
        let goes = page.watch("!document.querySelector('[data-pod=flask-0].ready')");
        page.click_named("Delete flask-0");
        page.wait("it goes", &goes);
        // Many lanes have no room for what is kept.
        let replaced = "document.querySelector('[data-pod=flask-0].ready .kept')";
        page.wait("another is Ready", if replicas <= 8 { replaced } else { &ready });
        for width in [360, 390, 600, 768, 1024, 1440, 1920] {
            page.set_view(View { width, height: 900, ..View::DESKTOP.still() });
            page.run("document.querySelector('nav button:nth-child(2)')?.click();");
            page.wait("it is laid out", "document.querySelector('.stage .pod')?.checkVisibility()");
            page.wait_for_pictures();
            let bad = page.eval(MISPLACED);
            assert_eq!(bad, serde_json::json!([]), "{replicas} pods, {width} wide");
            looked += 1;
        }
    }
    assert_eq!(looked, 49);
    page.assert_no_complaints();
}
