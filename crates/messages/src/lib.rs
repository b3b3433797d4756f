//! Every text that people read on the page. English is here; each other language is a file, `locales/<language>.yaml`, and no
//! Rust: `cargo xtask locales` says what it lacks, and a build makes of it what the page loads ([`Messages::translated`]).
//!
//! Texts have places to fill in braces (`{pod}`) and code in backticks. Terms of Kubernetes, and what kubectl, nslookup,
//! the API server and events say, stay as Kubernetes writes them.
//!
//! A text is a function ([`Messages::play`]), so that the compiler knows each English text where it is shown: code that
//! loads early brings only the texts that it shows, and no table of all. A translation is found by the hash of the English
//! text, so English needs no numbers and no names at run time. No sentence is put together from parts whose order or
//! endings another language may want otherwise: parts are whole sentences, or items of a list.

#[macro_use]
mod macros;
#[cfg(feature = "locale")]
pub mod locale;
mod message;
mod rules;
mod texts;

pub use message::{
    Assist, Cluster, Dns, EN, Embed, English, Entry, Export, Handout, Lessons, Message, Messages, Rule,
    World, fill, hash,
};
pub use rules::RULES;
pub use texts::TABLES;

#[cfg(test)]
mod tests;
