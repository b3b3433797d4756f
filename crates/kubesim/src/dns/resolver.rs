//! How names are looked for: one candidate of the search path after the other.

use super::resolv_conf::Search;
use super::server::Network;
use crate::api::resolver::{Answer, Rcode, RecordType};

/// The names that are tried, in order, each absolute with its final dot.
pub fn candidates(name: &str, search: &Search) -> Vec<String> {
    if name.ends_with('.') {
        return vec![name.to_string()];
    }
    let absolute = format!("{name}.");
    let searched = search.domains.iter().map(|domain| format!("{name}.{domain}."));
    if name.matches('.').count() >= search.ndots {
        std::iter::once(absolute).chain(searched).collect()
    } else {
        searched.chain([absolute]).collect()
    }
}

/// Asks for one candidate after the other until one exists, as BIND's tools do. The last answer is the result; those
/// before it did not exist.
pub fn lookup(network: &mut Network, name: &str, record_type: &RecordType, search: &Search) -> Vec<Answer> {
    lookup_until(network, name, record_type, search, |answer| answer.rcode == Rcode::NoError)
}

/// Asks for one candidate after the other until an answer will do.
pub fn lookup_until(
    network: &mut Network,
    name: &str,
    record_type: &RecordType,
    search: &Search,
    will_do: fn(&Answer) -> bool,
) -> Vec<Answer> {
    let mut answers = Vec::new();
    for candidate in candidates(name, search) {
        answers.push(network.ask(&candidate, record_type));
        if answers.last().is_some_and(will_do) {
            break;
        }
    }
    answers
}
