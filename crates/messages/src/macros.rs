//! The notation of the tables.

/// Texts of a language: a name, in parentheses the places that whoever shows it has values for, and the English: one text,
/// several (`[…]`), or a question with its answer and the rule behind it (`{…}`). Makes a function of each on the type, and a list
/// of all, for tools and tests.
macro_rules! texts {
    ($(#[$about:meta])* $of:ident, $all:ident {
        $($(#[$doc:meta])* $name:ident $(($($place:ident),+))?: $english:tt,)*
    }) => {
        #[allow(missing_docs, reason = "a text is its own documentation")]
        #[allow(clippy::wrong_self_convention, reason = "texts are named by what they say")]
        impl crate::message::$of {
            $($(#[$doc])* #[inline] pub fn $name(&self) -> of_text!($english) { said!(self, $english) })*
        }

        $(#[$about])*
        const $all: &[crate::message::Entry] = &[$(crate::message::Entry {
            name: stringify!($name),
            places: &[$($(stringify!($place)),+)?],
            english: english!($english),
        }),*];
    };
}

/// What a text's function gives.
macro_rules! of_text {
    ([$first:literal $(, $rest:literal)* $(,)?]) => { [&'static str; 1 $(+ { let _ = $rest; 1 })*] };
    ({ $($part:tt)* }) => { crate::message::Message };
    ($text:literal) => { &'static str };
}

/// A text in the language of `$messages`.
macro_rules! said {
    ($messages:ident, [$($text:literal),+ $(,)?]) => { [$($messages.said($text)),+] };
    ($messages:ident, { $($part:tt)* }) => { $messages.message(const { &message!($($part)*) }) };
    ($messages:ident, $text:literal) => { $messages.said($text) };
}

/// A text in English, for the list of all.
macro_rules! english {
    ([$($text:literal),+ $(,)?]) => { crate::message::English::List(&[$($text),+]) };
    ({ $($part:tt)* }) => { crate::message::English::Message(&message!($($part)*)) };
    ($text:literal) => { crate::message::English::Text($text) };
}

/// A question, its answer, and the name of its rule.
macro_rules! message {
    ($title:literal, $text:literal $(,)?) => {
        crate::message::Message { title: $title, text: $text, rule: None }
    };
    ($title:literal, $text:literal, $rule:ident $(,)?) => {
        crate::message::Message { title: $title, text: $text, rule: Some(&$rule) }
    };
}

/// Rules: a name, and in braces the text, the field that decides, the section of the documentation, and its address. A list of
/// all has their names.
macro_rules! rules {
    ($($name:ident: { $text:literal, $field:literal, $section:literal, $path:literal $(,)? },)*) => {
        $(pub(crate) static $name: Rule = Rule { text: $text, field: $field, section: $section, path: $path };)*

        /// Every rule, by its name.
        pub static RULES: &[(&str, &Rule)] = &[$((stringify!($name), &$name)),*];
    };
}
