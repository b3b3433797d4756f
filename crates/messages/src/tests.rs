use super::{EN, English, Entry, Messages, RULES, TABLES, fill, hash};
use std::collections::BTreeMap;

fn entries() -> impl Iterator<Item = &'static Entry> {
    TABLES.into_iter().flat_map(|(_, entries)| entries)
}

fn parts(english: &English) -> Vec<&'static str> {
    match english {
        English::Text(text) => vec![text],
        English::List(texts) => texts.to_vec(),
        English::Message(message) => vec![message.title, message.text],
    }
}

/// The places of a text. Braces come in pairs.
fn places_of(text: &str) -> Vec<&str> {
    let pieces = text.split('{').skip(1);
    pieces.map(|piece| piece.split_once('}').unwrap_or_else(|| panic!("{text:?}: an open brace")).0).collect()
}

#[test]
fn every_text_has_only_places_that_are_filled_and_is_filled_with_them() {
    let mut seen = 0;
    for entry in entries() {
        for text in parts(&entry.english) {
            seen += 1;
            for place in places_of(text) {
                assert!(entry.places.contains(&place), "{}: nothing is filled into {{{place}}}", entry.name);
            }
            let values: Vec<(&str, &str)> = entry.places.iter().map(|place| (*place, "<value>")).collect();
            let filled = fill(text, &values);
            assert!(!filled.contains(['{', '}']), "{}: {filled:?}", entry.name);
            assert_eq!(filled.matches("<value>").count(), places_of(text).len(), "{}", entry.name);
        }
    }
    for (name, rule) in RULES {
        assert_eq!(places_of(rule.text), Vec::<&str>::new(), "{name}");
    }
    assert!(seen > 300, "{seen} texts");
}

#[test]
fn every_place_that_is_filled_is_in_the_english_text() {
    for entry in entries() {
        let parts = parts(&entry.english);
        let there: Vec<&str> = parts.into_iter().flat_map(places_of).collect();
        let left: Vec<_> = entry.places.iter().filter(|place| !there.contains(place)).collect();
        assert!(left.is_empty(), "{}: {left:?}", entry.name);
    }
}

#[test]
fn places_are_filled() {
    assert_eq!(
        fill("{a} waits for {b}.", &[("b", "flask-1"), ("a", "flask-2")]),
        "flask-2 waits for flask-1."
    );
    assert_eq!(fill("plain", &[]), "plain");
}

#[test]
#[should_panic(expected = "a place b without a value")]
fn a_place_without_a_value_fails_a_test() {
    fill("{a} waits for {b}.", &[("a", "flask-2")]);
}

/// Hashes tell all English texts apart: otherwise one would get the other's translation.
#[test]
fn no_two_texts_have_one_hash() {
    let rules = RULES.iter().flat_map(|(_, rule)| [rule.text, rule.section, rule.path]);
    let mut seen = BTreeMap::new();
    for text in entries().flat_map(|entry| parts(&entry.english)).chain(rules) {
        let other = seen.insert(hash(text), text).unwrap_or(text);
        assert_eq!(other, text);
    }
}

#[test]
fn what_is_not_translated_stays_english() {
    let mut lines =
        [(EN.play(), "재생"), (EN.dns().copy(), "복사"), (EN.created().title, "{pod} 파드 생성 중")];
    lines.sort_by_key(|(english, _)| hash(english));
    let lines: String =
        lines.iter().map(|(english, text)| format!("{:08x} {text}\n", hash(english))).collect();
    let korean =
        Messages::translated("ko", "en English\nko 한국어\n", &format!("{lines}nonsense\nxyz wrong\n"));
    assert_eq!((korean.play(), korean.dns().copy(), korean.pause()), ("재생", "복사", "Pause"));
    let created = korean.created();
    assert_eq!((created.title, created.text), ("{pod} 파드 생성 중", EN.created().text));
    assert_eq!(created.rule.map(|rule| korean.rule(rule)), EN.created().rule.copied());
    assert_eq!((korean.language(), korean.languages()), ("ko", &[("en", "English"), ("ko", "한국어")][..]));
    assert_eq!((EN.language(), EN.play()), ("en", "Play"));
}
