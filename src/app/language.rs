//! The language of the page: one as long as it lives. Another one is chosen by loading the page again.

use super::browser;
use messages::{EN, Messages};
use std::cell::Cell;

thread_local! {
    static WORDS: Cell<&'static Messages> = const { Cell::new(&EN) };
}

/// Every text of the page, in its language.
pub fn words() -> &'static Messages {
    WORDS.get()
}

/// Has the page speak a language, before it is drawn.
// What is exported is in the part that is loaded first, and what is inlined there with it.
#[inline(never)]
pub fn speak(language: &str, languages: &str, translations: &str) {
    WORDS.set(Messages::translated(language, languages, translations));
}

/// Keeps another language for this visit and later ones, and loads the page again in it. The tab remembers the story.
pub fn choose(tag: &str) {
    let location = gloo::utils::window().location();
    let search = location.search().unwrap_or_default();
    let asked = search.trim_start_matches('?').split('&').filter(|part| !part.is_empty());
    let (asked_before, others): (Vec<&str>, Vec<&str>) = asked.partition(|part| part.starts_with("lang="));
    let is_kept = browser::keep_language(tag);
    if is_kept && asked_before.is_empty() {
        let _ = location.reload();
        return;
    }
    let lang = ["lang=", tag].concat();
    let _ = location.set_search(&[others, vec![&*lang]].concat().join("&"));
}
