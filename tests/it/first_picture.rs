//! What stands in index.html before the program is there: the page at the beginning of its first story, as its own parts draw
//! it, without what only the program can do. `UPDATE_EXPECT=1` writes it anew.

use crate::components::{drawn, stage_loading};
use expect_test::expect_file;
use ordinal::app::App;
use ordinal::session::{Action, Session};
use scene::examples::EXAMPLES;

/// Where an element ends that begins at `start`.
fn end_of(html: &str, start: usize) -> usize {
    let name: String = html[start + 1..].chars().take_while(char::is_ascii_alphanumeric).collect();
    let (open, close) = (["<", &name].concat(), ["</", &name, ">"].concat());
    let mut at = start + 1;
    let mut depth = 1;
    while depth > 0 {
        let next_close = at + html[at..].find(&close).expect("each element is closed");
        match html[at..next_close].find(&open) {
            // `<p` begins `<path`, too.
            Some(n) if html[at + n + open.len()..].starts_with([' ', '>']) => {
                (at, depth) = (at + n + 1, depth + 1);
            }
            Some(n) => at += n + 1,
            None => (at, depth) = (next_close + close.len(), depth - 1),
        }
    }
    at
}

/// The first element that begins with this.
fn element<'a>(html: &'a str, beginning: &str) -> &'a str {
    let start = html.find(beginning).unwrap_or_else(|| panic!("no {beginning} in {html}"));
    &html[start..end_of(html, start)]
}

/// Takes every element away that begins with this.
fn drop_elements(html: &mut String, beginning: &str) {
    while let Some(start) = html.find(beginning) {
        html.replace_range(start..end_of(html, start), "");
    }
}

/// Takes an attribute away everywhere.
fn drop_attribute(html: &mut String, name: &str) {
    let beginning = [" ", name, "=\""].concat();
    while let Some(start) = html.find(&beginning) {
        let value = start + beginning.len();
        let end = value + html[value..].find('"').expect("each value ends") + 1;
        html.replace_range(start..end, "");
    }
}

/// The first example, when its set is there and its controller has not looked at it yet.
fn opening() -> Session {
    let mut session = Session::playing(EXAMPLES[0].text);
    session.handle(Action::Frame(0.0));
    session
}

#[test]
fn the_page_begins_as_its_parts_draw_it() {
    let mut page = drawn(yew::LocalServerRenderer::<App>::new().hydratable(false).render());
    let stage = stage_loading(&mut opening());
    assert!(stage.contains("class=\"lanes"), "the story has begun: {stage}");
    page = page.replace(element(&page, "<section aria-label=\"Stage\""), "STAGE");
    for (side, empty) in [
        ("<section class=\"side panel\">", "<section class=\"side panel\"></section>"),
        ("<section data-side=\"manifest\"", "<section data-side=\"manifest\" class=\"side\"></section>"),
    ] {
        page = page.replace(element(&page, side), empty);
    }
    page = page.replace("STAGE", &stage);
    // What only the program can do.
    for beginning in ["<div class=\"skips\"", "<p id=\"announced\"", "<div id=\"keys\"", "<div id=\"faults\""]
    {
        drop_elements(&mut page, beginning);
    }
    let header = element(&page, "<header").to_owned();
    let mut plain = header.clone();
    drop_elements(&mut plain, "<button");
    drop_elements(&mut plain, "<select");
    page = page.replace(&header, &plain);
    let of_program = [
        "aria-label",
        "aria-haspopup",
        "aria-hidden",
        "aria-valuemin",
        "aria-valuemax",
        "aria-valuenow",
        "aria-valuetext",
        "title",
        "role",
        "tabindex",
        "popovertarget",
        "data-pod",
        "data-object",
        "id",
        "type",
    ];
    of_program.iter().for_each(|name| drop_attribute(&mut page, name));
    assert!(!page.contains(" style="), "the page's policy forbids style attributes");
    // Inert: nothing in it has the focus, is pressed, or is read out but that the page is loading.
    page = page.replacen("class=\"app\"", "class=\"app first\" inert", 1);
    page.push('\n');
    expect_file!["../../static/first.html"].assert_eq(&page);
}
