//! How a pod asks: the search path and ndots of its /etc/resolv.conf (`dnsPolicy: ClusterFirst`).

use super::{Answer, CLUSTER_DOMAIN, Network, Rcode, RecordType, zone};

/// A name with fewer dots is first looked for in the search path.
pub const NDOTS: usize = 5;

/// The domains in which names are looked for.
pub fn search_path(namespace: &str) -> Vec<String> {
    vec![
        format!("{namespace}.svc.{CLUSTER_DOMAIN}"),
        format!("svc.{CLUSTER_DOMAIN}"),
        CLUSTER_DOMAIN.to_string(),
    ]
}

/// The names that are tried, in order, each absolute with its final dot.
pub fn candidates(name: &str, search: &[String]) -> Vec<String> {
    if name.ends_with('.') {
        return vec![name.to_string()];
    }
    let absolute = format!("{name}.");
    let searched = search.iter().map(|domain| format!("{name}.{domain}."));
    if name.matches('.').count() >= NDOTS {
        std::iter::once(absolute).chain(searched).collect()
    } else {
        searched.chain([absolute]).collect()
    }
}

/// Asks for one candidate after the other until one exists. The last answer is the result; those before it did not
/// exist.
pub fn lookup(network: &mut Network, name: &str, record_type: &RecordType, search: &[String]) -> Vec<Answer> {
    let mut answers = Vec::new();
    for candidate in candidates(name, search) {
        let answer = zone::ask(network, &candidate, record_type);
        let exists = answer.rcode == Rcode::NoError;
        answers.push(answer);
        if exists {
            break;
        }
    }
    answers
}
