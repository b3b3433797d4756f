//! The languages of what is written for people: English, and those that have a file in `locales/`.

use messages::locale::{Locale, source};
use messages::{EN, Messages};

/// The files, by their tags (`build.rs`).
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/locales.rs"));

/// The tags of all languages (BCP 47).
pub fn tags() -> Vec<&'static str> {
    [EN.language()].into_iter().chain(FILES.iter().map(|(tag, _)| *tag)).collect()
}

/// The texts of a language; English if it has no file.
pub fn messages(tag: &str) -> &'static Messages {
    let Some((tag, file)) = FILES.iter().find(|(known, _)| *known == tag) else { return &EN };
    let locale = Locale::read(tag, file).expect("a test reads every file");
    Messages::translated(tag, "", &locale.lines(&source()))
}

#[cfg(test)]
mod tests {
    use super::messages;

    #[test]
    fn a_fields_page_is_korean_where_there_is_one() {
        let set = "/docs/concepts/workloads/controllers/statefulset/#start-ordinal";
        let context = "/docs/tasks/configure-pod-container/security-context/";
        let address = |language: &str, path: &str| messages(language).assist().page(path);
        assert_eq!(address("ko", set), (["https://kubernetes.io/ko", set].concat(), true));
        assert_eq!(address("ko", context), (["https://kubernetes.io", context].concat(), false));
        assert_eq!(address("en", context), (["https://kubernetes.io", context].concat(), true));
    }
}
