//! What is said of an opened state, in the words that the page has for it.

use kubesim::{Opened, Unreadable, What};
use messages::{EN, fill};

/// Why texts can't be opened, and what to give instead.
pub fn say_unreadable(why: &Unreadable) -> String {
    scene::cluster::unreadable(&EN, why)
}

/// What was made up, in a line.
pub fn made_up(opened: &Opened) -> Option<String> {
    scene::cluster::made_up(&EN, opened)
}

/// What was left out, in a line.
pub fn left_out(opened: &Opened) -> Option<String> {
    let all: Vec<String> = opened
        .left_out
        .iter()
        .map(|left_out| format!("{} {}", left_out.count, what(&left_out.what)))
        .collect();
    (!all.is_empty()).then(|| fill(EN.cluster().left_out(), &[("what", &all.join(", "))]))
}

/// What was left out, in words.
pub fn what(what: &What) -> String {
    scene::cluster::what(&EN, what)
}
