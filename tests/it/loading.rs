//! What the loader must know of the page: all that the page listens to, so that it can be done later.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn files(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { files(&path, all) } else { all.push(path) }
    }
}

/// The events that the page's sources name: attributes `onclick={…}` and `{onclick}`, and listeners.
fn heard() -> BTreeSet<String> {
    let mut sources = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut sources);
    let mut heard = BTreeSet::new();
    for source in sources {
        let text = fs::read_to_string(&source).expect("a source");
        for (at, _) in text.match_indices("on") {
            let event: String = text[at + 2..].chars().take_while(char::is_ascii_lowercase).collect();
            let before = text[..at].chars().next_back();
            let after = text[at + 2 + event.len()..].chars().next();
            let is_named = after == Some('=') && before.is_some_and(char::is_whitespace);
            let is_short = before == Some('{') && after == Some('}');
            if (is_named || is_short) && !event.is_empty() {
                heard.insert(event);
            }
        }
        for call in text.split("EventListener::").skip(1) {
            let arguments = call.split(" move |").next().unwrap_or_default();
            heard
                .extend(arguments.split('"').nth(1).filter(|_| arguments.contains("new")).map(str::to_owned));
        }
    }
    // Drawn after the page is whole, or heard by the loader itself.
    heard.retain(|event| !event.starts_with("ordinal-"));
    heard
}

#[test]
fn the_loader_takes_all_that_the_page_listens_to() {
    let loader = include_str!("../../static/start.js");
    let (_, list) = loader.split_once("const HEARD = [").expect("it has a list");
    let (list, _) = list.split_once(']').expect("that ends");
    let taken: BTreeSet<&str> = list.split('"').skip(1).step_by(2).collect();
    let heard = heard();
    assert!(heard.contains("click") && heard.contains("hashchange") && heard.contains("submit"), "{heard:?}");
    let missing: Vec<&String> = heard.iter().filter(|event| !taken.contains(event.as_str())).collect();
    assert!(missing.is_empty(), "the page listens to {missing:?}, and static/start.js does not take them");
}
