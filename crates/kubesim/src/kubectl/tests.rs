//! What must hold for all verbs and flags.

use super::announce::{REFUSED, WITHOUT_EFFECT};
use super::flags::table;
use super::verbs;
use std::path::Path;

/// Verbs that are refused whole, whatever their flags.
const REFUSED_VERBS: &[&str] = &["cp", "port-forward", "debug", "top"];

/// The text of kubectl's code: that of every file but the tables of flags and tests.
#[allow(clippy::disallowed_methods, reason = "the sources are files")]
fn sources(folder: &Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).expect("the sources are there").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.file_name().is_some_and(|name| name != "tests.rs") {
            text.push_str(&std::fs::read_to_string(&path).unwrap_or_default());
        }
    }
}

#[test]
fn every_flag_is_carried_out_or_refused_or_has_no_effect_that_is_known() {
    let mut text = String::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/kubectl"), &mut text);
    let is_in = |list: &str, flag: &str| list.split_whitespace().any(|known| known == flag);
    let mut ignored = Vec::new();
    for verb in verbs().filter(|verb| !REFUSED_VERBS.contains(&verb.name)) {
        for flag in table(verb.flags) {
            let is_asked_for = text.contains(&format!("\"{}\"", flag.long));
            if !is_asked_for && !is_in(REFUSED, flag.long) && !is_in(WITHOUT_EFFECT, flag.long) {
                ignored.push(format!("{} --{}", verb.name, flag.long));
            }
        }
    }
    assert!(ignored.is_empty(), "{ignored:?}");
}

#[test]
fn no_verb_has_a_flag_twice_or_a_letter_for_two() {
    for verb in verbs() {
        let mut names: Vec<&str> = table(verb.flags).map(|flag| flag.long).collect();
        let mut letters: Vec<char> = table(verb.flags).filter_map(|flag| flag.short).collect();
        let counts = (names.len(), letters.len());
        collections::sort(&mut names);
        collections::sort(&mut letters);
        names.dedup();
        letters.dedup();
        // `--user` and `--cluster` of some verbs stand for those of all.
        let own = ["user", "token", "username", "password"];
        let doubled = table(verb.flags).filter(|flag| own.contains(&flag.long)).count();
        assert!(counts.0 - names.len() <= doubled / 2, "{}: {names:?}", verb.name);
        assert_eq!(counts.1, letters.len(), "{}: {letters:?}", verb.name);
    }
}
