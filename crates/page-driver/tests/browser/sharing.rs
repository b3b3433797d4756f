//! Links, what survives a reload, and the page inside other pages.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::story::type_line;
use page_driver::page::{Page, View, copy, dist};

/// What is seen of a moment, everywhere.
const SEEN: &str = "[
    document.querySelector('.time').textContent,
    document.querySelector('.stage').innerText,
    document.querySelector('.screen')?.innerText.trim(),
    document.querySelector('textarea')?.value,
    document.querySelector('.branches')?.innerText,
    document.querySelector('.branches input')?.value,
    document.querySelector('.compared')?.innerText,
    [...document.querySelectorAll('.field rect')].length,
]";

/// The story with five commands, at rest at a moment before its end.
fn story() -> Page {
    let mut page = crate::settled(View::DESKTOP);
    for line in [
        "kubectl get pods -o wide -l app=flask",
        "kubectl exec flask-1 -- cat /usr/src/app/log/dump.log",
        "kubectl delete pod flask-1",
        "kubectl scale sts flask --replicas=4",
        "kubectl get pvc",
    ] {
        type_line(&mut page, line);
    }
    page.wait("flask-3 is there", "document.querySelector('[data-pod=flask-3].pod:not(.ghost)')");
    // At once, if at all: it may just be coming to rest.
    page.run("document.querySelector('[aria-label=Pause]')?.click();");
    page.click_named("One event back");
    page.click_named("One event back");
    page
}

/// What is seen, once all of it is drawn.
fn what_is_seen(page: &mut Page) -> Value {
    page.wait_for_pictures();
    page.eval(SEEN)
}

/// Waits until that is seen, for half of a minute at most; then it is, or both are told.
#[track_caller]
fn assert_seen(page: &mut Page, expected: &Value) {
    page.run("window.looked = performance.now();");
    page.wait(
        "it is seen, or time is over",
        &format!(
            "JSON.stringify({SEEN}) === JSON.stringify({expected}) || performance.now() > window.looked + 30_000"
        ),
    );
    assert_eq!(page.eval(SEEN), *expected);
}

fn fragment(page: &mut Page) -> String {
    let hash = page.eval("location.hash");
    hash.as_str().expect("a text").trim_start_matches('#').to_owned()
}

#[test]
fn a_link_shows_exactly_its_moment() {
    let mut page = story();
    page.allow_clipboard();
    page.click_named("Copy link");
    page.wait("it is said", "document.querySelector('.message')?.innerText.includes('Copied')");
    let link = page.eval("navigator.clipboard.readText()");
    assert_eq!(link, page.eval("location.href"), "the address bar has it, too");
    let link = link.as_str().expect("a text").to_owned();
    println!("the link of the story with five commands has {} characters", link.len());
    assert!(link.len() < 1_500, "{} characters: {link}", link.len());
    page.screenshot("link-copied");
    page.click_named("Close");
    let seen = what_is_seen(&mut page);
    let fragment = fragment(&mut page);

    page.forget();
    page.goto(&format!("#{fragment}"));
    assert_seen(&mut page, &seen);
    page.screenshot("link-opened");
    // The future that was there is there, too.
    page.click_named("To the present");
    page.wait("the fourth pod is there", "document.querySelector('[data-pod=flask-3].pod:not(.ghost)')");
    page.assert_no_complaints();

    // Only the fragment changes when a link is opened from where another one is.
    let first = page.eval("document.querySelector('.time').textContent");
    page.run(&format!("location.hash = '#{fragment}x';"));
    page.wait("it is said that it is damaged", "document.querySelector('.message.bad[role=alert]')");
    page.run(&format!("location.hash = '#{fragment}';"));
    page.wait(
        "the moment is back",
        &format!(
            "document.querySelector('.time').textContent !== {first} && !document.querySelector('.message')"
        ),
    );
    assert_seen(&mut page, &seen);
}

#[test]
fn a_damaged_link_says_so_and_shows_the_default() {
    let mut page = Page::unopened(View::DESKTOP);
    for (fragment, words) in [
        ("1nonsense", "damaged"),
        ("elsewhere", "damaged"),
        ("2AAAA", "damaged"),
        ("4AAAA", "damaged"),
        ("5AAAA", "newer"),
    ] {
        page.forget();
        page.goto(&format!("#{fragment}"));
        assert!(page.text(".message[role=alert]").contains(words), "{fragment}");
        page.wait("the default plays", "document.querySelector('[data-pod=flask-0]')");
        page.screenshot(&format!("link-{words}"));
        page.click_named("Close");
        page.wait("it is gone", "!document.querySelector('.message')");
        page.assert_no_complaints();
    }
}

/// A tab in which there is something already is given a link that can't be opened.
#[test]
fn a_damaged_link_in_an_open_tab_says_so_and_keeps_the_story() {
    let mut page = story();
    page.paste("textarea", "# my own work\n");
    let seen = what_is_seen(&mut page);
    page.run("location.hash = '1nonsense';");
    page.wait("it says so", "document.querySelector('.message[role=alert]')?.innerText.includes('damaged')");
    // Other notes go by themselves.
    page.eval("new Promise(done => setTimeout(done, 12_000))");
    assert!(page.text(".message[role=alert]").contains("damaged"), "it stays");
    assert_seen(&mut page, &seen);
    assert_eq!(page.eval("document.querySelector('textarea').value"), "# my own work\n");
    page.assert_no_complaints();
}

#[test]
fn work_survives_a_reload() {
    let mut page = story();
    let plain = page.eval("document.querySelector('textarea').value");
    page.paste("textarea", "# my own work\n");
    let seen = what_is_seen(&mut page);
    page.goto("");
    assert_seen(&mut page, &seen);
    page.click_named("Copy link");
    page.paste("textarea", "# and more\n");
    page.reload();
    page.wait(
        "it is there again",
        "document.querySelector('textarea')?.value === '# and more\\n' && document.readyState === 'complete'",
    );
    // Another link is more than what was there before.
    page.goto("?x#1nonsense");
    assert_eq!(page.eval("document.querySelector('textarea').value"), plain);
}

#[test]
fn branches_are_in_a_link_and_survive_a_reload() {
    let mut page = story();
    type_line(&mut page, "kubectl scale sts flask --replicas=1");
    page.wait("there are two branches", "document.querySelectorAll('.branches li').length === 2");
    page.click_named("Play");
    page.wait("one pod is left", "document.querySelectorAll('.pod:not(.ghost)').length === 1");
    page.run("document.querySelector('[aria-label=Pause]')?.click();");
    page.run("document.querySelector('.branches li [aria-label^=\"Compare with\"]').click();");
    page.wait("they differ", "document.querySelector('.compared')?.innerText.includes('flask-2')");
    page.click_named("Copy link");
    page.wait("the link is in the address", "location.hash.length > 1");
    page.click_named("Close");
    let seen = what_is_seen(&mut page);
    page.screenshot("branches-linked");
    let fragment = fragment(&mut page);
    println!("the link of two branches has {} characters", fragment.len());

    page.forget();
    page.goto(&format!("#{fragment}"));
    assert_seen(&mut page, &seen);
    // The old future is still there.
    page.run("document.querySelector('.branches li:not(.shown) button').click();");
    page.wait(
        "the other is shown",
        "document.querySelectorAll('.half:first-child .pod:not(.ghost)').length > 1",
    );
    page.click_named("To the present");
    let seen = page.eval(SEEN);
    page.reload();
    page.wait("it is loaded again", "document.querySelector('.branches')");
    assert_seen(&mut page, &seen);
    page.assert_no_complaints();
}

/// The page of plain HTML with the built site beside it.
pub fn embedding() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("ordinal-embedding-{}", std::process::id()));
    fs::create_dir_all(folder.join("ordinal")).expect("a folder");
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/embed.html");
    fs::copy(page, folder.join("index.html")).expect("the page is there");
    copy(&dist(), &folder.join("ordinal"));
    folder
}

/// A value inside a frame.
fn inside(page: &mut Page, frame: usize, expression: &str) -> Value {
    let document = format!("document.querySelectorAll('iframe')[{frame}].contentDocument");
    page.eval(&format!("(document => {expression})({document})"))
}

#[test]
fn two_frames_in_a_page_of_plain_html() {
    let folder = embedding();
    let mut page = Page::open_site(&folder, View { width: 900, height: 1100, ..View::DESKTOP });
    let frames = "[...document.querySelectorAll('iframe')].map(f => f.contentDocument)";
    page.wait("both frames are live", &format!("{frames}.every(d => d.querySelector('.embedded .lane'))"));
    for frame in [0, 1] {
        for part in [".stage", ".why", ".timeline"] {
            assert_eq!(
                inside(&mut page, frame, &format!("!!document.querySelector('{part}')")),
                true,
                "{part}"
            );
        }
        for part in ["textarea", ".screen", "header"] {
            assert_eq!(
                inside(&mut page, frame, &format!("!!document.querySelector('{part}')")),
                false,
                "{part}"
            );
        }
        let root = "document.documentElement";
        assert_eq!(inside(&mut page, frame, &format!("{root}.scrollWidth <= {root}.clientWidth")), true);
    }
    let theme = |page: &mut Page, frame| inside(page, frame, "document.documentElement.dataset.theme");
    assert_eq!((theme(&mut page, 0), theme(&mut page, 1)), (json!("light"), json!("dark")));
    assert_eq!(inside(&mut page, 1, "document.querySelector('.time').textContent"), "0:14.0");
    assert_eq!(inside(&mut page, 1, "!!document.querySelector('[aria-label=Play]')"), true, "it rests");
    assert_eq!(
        inside(&mut page, 0, "document.querySelector('.speeds [aria-current=true]')?.innerText"),
        "4×"
    );
    page.wait(
        "the first one plays by itself",
        &format!("{frames}[0].querySelectorAll('.pod.ready').length === 3"),
    );
    page.screenshot("embedded-twice");

    // One click opens the same moment in the whole page.
    let seen = inside(&mut page, 1, "document.querySelector('.why').innerText");
    page.run(&format!(
        "const open = {frames}[1].querySelector('.open');
        open.addEventListener('click', event => event.preventDefault());
        open.click();"
    ));
    page.wait(
        "its address has the moment",
        &format!("{frames}[1].querySelector('.open').href.split('#')[1].length > 5"),
    );
    let address = inside(&mut page, 1, "document.querySelector('.open').href");
    let address = address.as_str().expect("an address").to_owned();
    let base = page.base().to_owned();
    let rest = address.strip_prefix(&base).unwrap_or_else(|| panic!("{address} is not below {base}"));
    page.assert_no_complaints();
    page.goto(rest);
    page.wait("it is the moment", "document.querySelector('.time').textContent === '0:14.0'");
    let whole = page.text(".why");
    let first = seen.as_str().and_then(|text| text.lines().next()).unwrap_or_default().to_owned();
    assert!(whole.contains(&first), "{first} is not in {whole}");
    assert_eq!(page.eval("!!document.querySelector('textarea')"), true);
    let _ = fs::remove_dir_all(folder);
}

#[test]
fn embedded_it_fits_small_frames() {
    let mut page = Page::unopened(View::DESKTOP);
    for (width, height) in [(358, 360), (480, 360), (800, 450)] {
        for dark in [false, true] {
            page.forget();
            page.set_view(View { width, height, is_dark: dark, ..View::DESKTOP });
            page.goto("?embed=1&t=46&speed=4");
            page.wait("three pods are there", "document.querySelectorAll('.pod:not(.ghost)').length === 3");
            page.wait_for_pictures();
            let root = "document.documentElement";
            assert_eq!(
                page.eval(&format!("{root}.scrollWidth <= innerWidth && {root}.scrollHeight <= innerHeight")),
                true
            );
            let cut = page.eval(
                "[...document.querySelectorAll('.pod, .why, .service, .timeline, .open')].filter(e => {
                    const box = e.getBoundingClientRect();
                    return box.left < 0 || box.right > innerWidth || box.top < 0 || box.bottom > innerHeight;
                }).map(e => e.className)",
            );
            assert_eq!(cut, json!([]), "{width}×{height}");
            let squeezed = page.eval(
                "[...document.querySelectorAll('.pod .state, .claim, .disk')]
                    .filter(e => e.matches('.state') ? e.scrollWidth > e.clientWidth : e.clientWidth < 90)
                    .map(e => `${e.className} ${e.innerText}`)",
            );
            assert_eq!(squeezed, json!([]), "{width}×{height}");
            page.screenshot(&format!("embed-{width}x{height}-{}", if dark { "dark" } else { "light" }));
            page.assert_no_complaints();
        }
    }
}
