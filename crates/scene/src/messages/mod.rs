//! Every text that people read, one table per language.
//!
//! Texts have places to fill in braces (`{pod}`) and code in backticks. Terms of Kubernetes stay as Kubernetes writes
//! them.

mod en;
mod texts;

pub use texts::{Dns, Message, Rule, Texts, World};

use std::ops::Deref;

/// The language that a page speaks. While there is one, the compiler knows each text where it is shown: code that loads
/// early brings only the texts that it shows, not the table of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Messages {
    /// English.
    English,
}

/// English.
pub static EN: Messages = Messages::English;

impl Deref for Messages {
    type Target = Texts;

    #[inline(always)]
    fn deref(&self) -> &Texts {
        match self {
            Messages::English => &en::TEXTS,
        }
    }
}

impl Messages {
    /// How many of a set's pods are Ready.
    pub fn ready(&self, ready: i32, replicas: i32) -> String {
        fill(self.ready_of, &[("ready", &ready.to_string()), ("replicas", &replicas.to_string())])
    }
}

/// The languages that there are texts in, by their tags (BCP 47). One more is one more file, a variant of
/// [`Messages`], and a row here.
pub const LANGUAGES: [(&str, &Messages); 1] = [("en", &EN)];

/// A text with these values in its places. A place without a value stays as it is written: the tests find it, no page
/// ends with it.
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        match values.iter().find(|(place, _)| *place == name) {
            Some((_, value)) => filled.push_str(value),
            None => {
                debug_assert!(false, "{text:?} has a place {name} without a value");
                filled.push_str(name);
            }
        }
        rest = after;
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use super::{EN, LANGUAGES, Message, fill};

    /// Shows each text that is in a value, with the name of its field and the places that it may have.
    pub trait Visit {
        fn visit(&self, field: &str, places: &[&str], see: &mut dyn FnMut(&str, &[&str], &str));
    }

    impl Visit for &'static str {
        fn visit(&self, field: &str, places: &[&str], see: &mut dyn FnMut(&str, &[&str], &str)) {
            see(field, places, self);
        }
    }

    impl Visit for Message {
        fn visit(&self, field: &str, places: &[&str], see: &mut dyn FnMut(&str, &[&str], &str)) {
            see(field, places, self.title);
            see(field, places, self.text);
            if let Some(rule) = self.rule {
                see(field, &[], rule.text);
            }
        }
    }

    impl<T: Visit> Visit for &'static T {
        fn visit(&self, field: &str, places: &[&str], see: &mut dyn FnMut(&str, &[&str], &str)) {
            (**self).visit(field, places, see);
        }
    }

    impl<T: Visit, const N: usize> Visit for [T; N] {
        fn visit(&self, field: &str, places: &[&str], see: &mut dyn FnMut(&str, &[&str], &str)) {
            self.iter().for_each(|each| each.visit(field, places, see));
        }
    }

    impl Visit for &'static [(&'static str, &'static str)] {
        fn visit(&self, field: &str, places: &[&str], see: &mut dyn FnMut(&str, &[&str], &str)) {
            self.iter().for_each(|(_, text)| see(field, places, text));
        }
    }

    /// The places of a text. Braces come in pairs.
    fn places_of(text: &str) -> Vec<&str> {
        let pieces = text.split('{').skip(1);
        pieces
            .map(|piece| piece.split_once('}').unwrap_or_else(|| panic!("{text:?}: an open brace")).0)
            .collect()
    }

    #[test]
    fn every_text_has_only_places_that_are_filled_and_is_filled_with_them() {
        for (language, messages) in LANGUAGES {
            let mut seen = 0;
            messages.visit("", &[], &mut |field, places, text| {
                seen += 1;
                for place in places_of(text) {
                    assert!(
                        places.contains(&place),
                        "{language}, {field}: nothing is filled into {{{place}}}"
                    );
                }
                let values: Vec<(&str, &str)> = places.iter().map(|place| (*place, "<value>")).collect();
                let filled = fill(text, &values);
                assert!(!filled.contains(['{', '}']), "{language}, {field}: {filled:?}");
                assert_eq!(filled.matches("<value>").count(), places_of(text).len(), "{language}, {field}");
            });
            assert!(seen > 300, "{language}: {seen} texts");
        }
    }

    #[test]
    fn every_place_that_is_filled_is_in_the_english_text() {
        let mut left: Vec<(String, Vec<String>)> = Vec::new();
        EN.visit("", &[], &mut |field, places, text| {
            let there = places_of(text);
            match left.last_mut().filter(|(last, _)| last == field) {
                Some((_, rest)) => rest.retain(|place| !there.contains(&&**place)),
                None => {
                    let rest = places.iter().filter(|place| !there.contains(place));
                    left.push((field.into(), rest.map(|place| place.to_string()).collect()));
                }
            }
        });
        left.retain(|(_, rest)| !rest.is_empty());
        assert_eq!(left, []);
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
}
