//! What is shown, saved as files: pictures, films, the terminal, the story.

use serde_json::json;

use page_driver::page::{Page, View};

/// Notes what the browser is given to save, in place of saving it.
const NOTE: &str = "window.saved = [];
    const make = URL.createObjectURL;
    URL.createObjectURL = blob => { saved.push(blob); return make.call(URL, blob); };
    HTMLAnchorElement.prototype.click = function () { saved.at(-1).called = this.download; };";

/// The page at rest with the first example applied, and the dialog open.
fn opened(view: View) -> Page {
    let mut page = Page::unopened(view);
    page.before_all(NOTE);
    crate::settle(&mut page);
    open(&mut page);
    page
}

fn open(page: &mut Page) {
    page.click_named("Export");
    page.wait("the dialog is there", "document.querySelector('dialog.modal')?.open");
}

/// Presses a button of the dialog and waits for a file of this name; its text, or the first of its bytes as letters.
fn saved(page: &mut Page, button: &str, name: &str) -> String {
    page.click_named(button);
    page.wait(&format!("{name} is there"), &format!("saved.some(file => file.called === {})", json!(name)));
    let text = format!(
        "saved.findLast(file => file.called === {}).arrayBuffer()
            .then(bytes => [...new Uint8Array(bytes)].slice(0, 200_000).map(b => String.fromCharCode(b)).join(''))",
        json!(name)
    );
    page.eval(&text).as_str().expect("a text").to_owned()
}

#[test]
fn what_is_shown_is_saved_as_files() {
    let mut page = opened(View::DESKTOP);
    page.screenshot("export");
    let svg = saved(&mut page, "SVG", "flask.svg");
    assert!(
        svg.starts_with("<svg ") && svg.contains(">flask-2<") && svg.contains("prefers-color-scheme"),
        "{svg}"
    );
    for (button, wide) in [("PNG 1×", 800u32), ("PNG 3×", 2400)] {
        let png = saved(&mut page, button, "flask.png");
        let bytes: Vec<u8> = png.chars().map(|c| c as u8).collect();
        assert_eq!((&bytes[1..4], &bytes[16..20]), (&b"PNG"[..], &wide.to_be_bytes()[..]), "{button}");
        page.run("saved = []");
    }
    assert!(saved(&mut page, "Timeline (SVG)", "flask-timeline.svg").contains(">apply<"));
    let film = saved(&mut page, "SVG that moves", "flask-film.svg");
    assert!(film.contains("@keyframes") && film.contains(">flask-1<"), "{film}");
    assert!(
        saved(&mut page, "Terminal (text)", "flask-terminal.txt").contains("statefulset.apps/flask created")
    );
    assert!(saved(&mut page, "asciicast", "flask.cast").starts_with("{\"version\":3,"));
    page.assert_no_complaints();
}

#[test]
fn a_gif_is_made_beside_other_things_and_can_be_given_up() {
    let mut page = opened(View::DESKTOP);
    page.click_named("GIF");
    page.wait("it is under way", "document.querySelector('dialog progress')");
    page.click_named("Cancel");
    page.wait("it is given up", "!document.querySelector('dialog progress')");
    let set = |label: &str, value: &str| {
        format!(
            "{{ const field = [...document.querySelectorAll('dialog label')].find(l => l.innerText.startsWith({})).querySelector('input, select');
            if (field.options) field.selectedIndex = [...field.options].findIndex(o => o.text === {1}); else field.value = {1};
            field.dispatchEvent(new Event(field.options ? 'change' : 'input', {{ bubbles: true }})); }}",
            json!(label),
            json!(value)
        )
    };
    page.run(&set("to second", "4"));
    page.run(&set("width", "480"));
    let gif = saved(&mut page, "GIF", "flask.gif");
    assert!(gif.starts_with("GIF89a") && gif.len() > 5_000, "{} bytes", gif.len());
    page.assert_no_complaints();
}

#[test]
fn a_saved_story_is_opened_again() {
    let mut page = opened(View::DESKTOP);
    let story = saved(&mut page, "Story (a file to open here)", "flask.ordinal");
    let at = page.text(".time");
    page.forget();
    page.goto("");
    page.run(&format!(
        "const data = new DataTransfer();
        data.items.add(new File([{}], 'flask.ordinal'));
        const input = document.querySelector('.file input');
        input.files = data.files;
        input.dispatchEvent(new Event('change', {{ bubbles: true }}));",
        json!(story)
    ));
    page.wait(
        "the story is there",
        &format!(
            "document.querySelector('.time').textContent === {} && document.querySelectorAll('.pod.ready').length === 3",
            json!(at)
        ),
    );
    page.assert_no_complaints();
}
