//! The pods are the page: at every size of the screen and of the text each of them can be read, and what stayed is not moved.

use page_driver::page::{Page, View};
use serde_json::json;

/// Desktops, each as it is and at the browser's zoom of 150 and 200 %, which to the page is a smaller window; then phones.
const DESKTOPS: [(u32, u32); 5] = [(1280, 720), (1366, 768), (1440, 900), (1920, 1080), (2560, 1440)];
const PHONES: [(u32, u32); 3] = [(844, 390), (390, 844), (360, 640)];

/// What of a pod's state, of its claims and of the last line on its volumes is not shown whole, is not to be reached by
/// scrolling the stage, or has something over it.
const UNREADABLE: &str = "(() => {
    const stage = document.querySelector('.stage'), box = e => e.getBoundingClientRect(), bad = [];
    const check = (whose, what, e) => {
        if (!e?.checkVisibility() || !box(e).width) return bad.push(`${whose}: no ${what}`);
        const isCut = [e, ...e.querySelectorAll('*')].some(e =>
            getComputedStyle(e).display !== 'inline' && !e.matches('.head') && e.scrollWidth > e.clientWidth + 1);
        if (isCut) bad.push(`${whose}: the ${what} is cut: ${e.textContent.trim()}`);
        const frame = box(stage), scale = frame.height / stage.offsetHeight;
        const { top, bottom } = box(e);
        stage.scrollTop += (bottom > frame.bottom ? bottom - frame.bottom : Math.min(0, top - frame.top)) / scale;
        const r = box(e);
        const isOutside = r.left < frame.left - 1 || r.right > frame.right + 1 || r.top < frame.top - 1 || r.bottom > frame.bottom + 1;
        if (isOutside) return bad.push(`${whose}: the ${what} is outside the stage`);
        const over = document.elementFromPoint((r.left + r.right) / 2, (r.top + r.bottom) / 2);
        const card = e => e?.closest('.pod, .claim, .disk');
        if (card(over) !== card(e)) bad.push(`${whose}: over the ${what} lies ${over?.outerHTML.slice(0, 60)}`);
    };
    for (const pod of document.querySelectorAll('.lane .pod')) {
        const whose = pod.dataset.pod, lane = pod.closest('.lane');
        check(whose, 'state', pod.querySelector('.state'));
        for (const claim of lane.querySelectorAll('.claim')) {
            check(whose, 'claim', claim.querySelector('.name'));
            check(whose, \"claim's status\", claim.querySelector('b'));
        }
        for (const disk of lane.querySelectorAll('.disk')) check(whose, 'last line', disk.querySelector('pre span:last-child'));
        if (!lane.querySelector('.disk')) bad.push(`${whose}: no volume`);
    }
    stage.scrollTop = 0;
    const isWide = e => e.checkVisibility() && box(e).width && (box(e).right > innerWidth + 1 || box(e).left < -1);
    for (const e of document.querySelectorAll('.app > header *, .stage > *, .why *, .controls *, .tabs *, nav *')) {
        if (isWide(e)) bad.push(`beyond the window's edge: ${e.outerHTML.slice(0, 60)}`);
    }
    return document.querySelector('.lane .pod') ? bad : ['there are no pods'];
})()";

/// Which cards are not in view at once, without scrolling.
const OUT_OF_VIEW: &str = "(() => {
    const frame = document.querySelector('.stage').getBoundingClientRect();
    const isOut = e => { const r = e.getBoundingClientRect(); return r.top < frame.top - 1 || r.bottom > frame.bottom + 1; };
    return [...document.querySelectorAll('.lane :is(.pod, .claim, .disk)')].filter(isOut).map(e => e.innerText.slice(0, 40));
})()";

/// Applies the seed's manifest with this many pods at once in a new cluster, and waits until they are Ready.
fn apply(page: &mut Page, manifest: &str, replicas: usize) {
    page.set_view(View::DESKTOP.still());
    page.run("const rail = document.querySelector('[data-side=manifest] > .rail'); if (rail.checkVisibility()) rail.click();");
    page.click_named("Reset");
    page.paste("textarea", &manifest.replace("replicas: 3", &format!("replicas: {replicas}")));
    page.click_named("Apply");
    page.wait("all are Ready", &format!("document.querySelectorAll('.pod.ready').length === {replicas}"));
    page.wait(
        "all have written",
        &format!("document.querySelectorAll('.disk pre span').length >= {replicas}"),
    );
    // The stories before are kept as branches, in a row of the timeline's.
    page.run("document.querySelectorAll('.branches li:not(.shown) [aria-label^=\"Delete \"]').forEach(button => button.click());");
    page.wait("there is one story", "!document.querySelector('.branches')");
    // As it is for who has not opened it.
    page.run("document.querySelector('[aria-label=\"Fold the manifest (M)\"]').click();");
}

/// Whether so many pods are in view at once on such a screen: on a beamer five, from 1440 pixels on eight.
fn are_whole(width: u32, height: u32, replicas: usize) -> bool {
    height >= 720 && (replicas <= 5 && width >= 1280 || replicas <= 8 && width >= 1440)
}

/// Looks at the page at all sizes; returns what is wrong, and how many sizes these were.
fn look(page: &mut Page, replicas: usize, state: &str, is_large: bool) -> (Vec<String>, usize) {
    let mut sizes: Vec<(u32, u32)> = PHONES.into();
    for (width, height) in DESKTOPS {
        sizes.extend([(width, height), (width * 2 / 3, height * 2 / 3), (width / 2, height / 2)]);
    }
    let mut wrong = Vec::new();
    for (width, height) in &sizes {
        let (width, height) = (*width, *height);
        page.set_view(View { width, height, ..View::DESKTOP.still() });
        // All in one, since it is done hundreds of times.
        let seen = page.eval(&format!(
            "(async () => {{
                const picture = () => new Promise(requestAnimationFrame);
                document.querySelector('nav button:nth-child(2)')?.click();
                do {{ await picture(); }} while (!document.querySelector('.stage .pod')?.checkVisibility());
                await picture();
                return {{ bad: {UNREADABLE}, out: {OUT_OF_VIEW} }};
            }})()"
        ));
        let texts =
            |of: &str| serde_json::from_value::<Vec<String>>(seen[of].clone()).expect("a list of texts");
        let mut bad = texts("bad");
        if !is_large && are_whole(width, height, replicas) {
            bad.extend(texts("out").into_iter().map(|card| format!("not in view at once: {card}")));
        }
        let size = if is_large { "large type" } else { "usual type" };
        wrong.extend(
            bad.into_iter().map(|bad| format!("{width}×{height}, {size}, {replicas} pods {state}: {bad}")),
        );
    }
    (wrong, sizes.len())
}

#[test]
fn every_pod_can_be_read_at_every_size() {
    let mut page = Page::open(View::DESKTOP.still());
    page.wait("the story is open", "document.querySelector('[data-pod]')");
    let manifest = page.eval("document.querySelector('textarea').value");
    let manifest =
        manifest.as_str().expect("a text").replace("minReadySeconds: 10", "podManagementPolicy: Parallel");
    page.click_named("16×");
    let (mut wrong, mut looked) = (Vec::new(), 0);
    for replicas in [3, 5, 8] {
        apply(&mut page, &manifest, replicas);
        for state in ["before a deletion", "after it"] {
            for is_large in [false, true] {
                let (bad, sizes) = look(&mut page, replicas, state, is_large);
                wrong.extend(bad);
                looked += sizes;
                page.set_view(View::DESKTOP.still());
                page.run("document.activeElement.blur();");
                page.type_keys("a");
                page.wait(
                    "the type has another size",
                    &format!(
                        "document.documentElement.dataset.type === '{}'",
                        if is_large { "" } else { "large" }
                    ),
                );
            }
            if state == "before a deletion" {
                page.click_named("Delete flask-1");
                page.wait("another is Ready and has written", "document.querySelector('[data-pod=flask-1].ready') && document.querySelectorAll('[data-claim=www-flask-1] ~ .disk pre span').length > 1");
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(looked, 3 * 2 * 2 * 18);
    page.assert_no_complaints();
}

#[test]
fn what_stayed_is_where_it_was_while_its_pod_is_replaced() {
    let mut page = Page::open_at(View::DESKTOP.still(), crate::AT_REST);
    page.wait(
        "all is as wanted",
        "document.querySelector('.why.calm') && document.querySelectorAll('.pod.ready').length === 3",
    );
    for (width, height) in [(1280, 720), (1440, 900), (390, 844), (853, 480)] {
        page.set_view(View { width, height, ..View::DESKTOP.still() });
        page.run("document.querySelector('nav button:nth-child(2)')?.click();");
        page.wait_for_pictures();
        page.run(
            "window.places = {};
            window.texts = new Set();
            document.querySelector('.stage').scrollTop = 0;
            const look = () => {
                const stage = document.querySelector('.stage');
                for (const e of stage.querySelectorAll('.service, .pod, .claim, .disk')) {
                    const name = e.dataset.pod ?? e.dataset.claim ?? e.dataset.volume ?? 'service';
                    const { left, top } = e.getBoundingClientRect();
                    const place = (window.places[name] ??= [left, left, top + stage.scrollTop, top + stage.scrollTop]);
                    place[0] = Math.min(place[0], left), place[1] = Math.max(place[1], left);
                    place[2] = Math.min(place[2], top + stage.scrollTop), place[3] = Math.max(place[3], top + stage.scrollTop);
                }
                window.texts.add(document.querySelector('.why p').innerText.replace(/[0-9]+/g, ''));
                window.looking = requestAnimationFrame(look);
            };
            look();",
        );
        let goes = page.watch("!document.querySelector('[data-pod=flask-1].ready')");
        page.run("document.querySelector('[aria-label=\"Delete flask-1\"]').click();");
        page.wait("flask-1 goes", &goes);
        page.wait(
            "all is as wanted again",
            "document.querySelector('.why.calm') && document.querySelector('[data-pod=flask-1].ready')",
        );
        page.run("cancelAnimationFrame(window.looking);");
        // A fraction of a pixel, of texts in another weight, is not seen.
        let moved = page.eval(
            "Object.entries(window.places)
                .filter(([, place]) => place[1] - place[0] > 1 || place[3] - place[2] > 1)
                .map(([name, place]) => `${name}: ${place.map(Math.round)}`)",
        );
        assert_eq!(moved, json!([]), "{width}×{height}: something was moved");
        assert!(page.eval("window.texts.size").as_i64() > Some(2), "the why bar said several things");
        assert_eq!(
            page.eval("Object.keys(window.places).length"),
            10,
            "a Service, and of three pods the cards"
        );
    }
    page.assert_no_complaints();
}

#[test]
fn what_would_help_covers_neither_the_service_nor_a_pod() {
    let mut page = Page::open_at(View::DESKTOP.still(), crate::AT_REST);
    page.wait("all pods are Ready", "document.querySelectorAll('.pod.ready').length === 3");
    page.click(".line input");
    page.type_keys("kubectl set image sts/flask *=busybox:nope\n");
    page.wait("a command is offered", "document.querySelector('.why .remedy')");
    let covered = "(() => {
        const why = document.querySelector('.stage > .why').getBoundingClientRect();
        return [...document.querySelectorAll('.stage > .service, .lane .pod')]
            .filter(part => part.getBoundingClientRect().top < why.bottom).map(part => part.className);
    })()";
    for (width, height) in [(1280, 720), (1366, 768), (1440, 900), (390, 844)] {
        page.set_view(View { width, height, ..View::DESKTOP.still() });
        page.wait("the stage is there", "document.querySelector('.stage > .why .remedy')");
        page.wait_for_pictures();
        assert_eq!(page.eval(covered), json!([]), "at {width}×{height}");
    }
    page.assert_no_complaints();
}
