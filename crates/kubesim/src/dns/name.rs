//! The names of the cluster's zone: what is the same for all who serve them, ask for them, or print them.

/// Seconds that records of the cluster's zone may be kept (`ttl 30`).
pub const TTL: u32 = 30;
/// The cluster's domain.
pub const CLUSTER_DOMAIN: &str = "cluster.local";
/// The address at which pods reach the cluster's DNS.
pub const SERVER: &str = "10.200.1.10";
/// The resolver of the nodes' own network, which knows nothing of the cluster.
pub const NODE_SERVER: &str = "192.168.1.1";

/// `1.16.172.in-addr.arpa` of an address; none if it isn't one.
pub fn reverse_name(address: &str) -> Option<String> {
    let parts: Vec<&str> = address.split('.').collect();
    let valid = parts.len() == 4 && parts.iter().all(|p| p.parse::<u8>().is_ok());
    valid.then(|| format!("{}.{}.{}.{}.in-addr.arpa", parts[3], parts[2], parts[1], parts[0]))
}

/// Why this is no name that can be asked for, in BIND's words.
pub fn name_error(name: &str) -> Option<&'static str> {
    if name == "." {
        return None;
    }
    let labels = name.strip_suffix('.').unwrap_or(name);
    if labels.is_empty() {
        return Some("unexpected end of input");
    }
    if labels.split('.').any(str::is_empty) {
        return Some("empty label");
    }
    if labels.split('.').any(|label| label.len() > 63) {
        return Some("label too long");
    }
    (labels.len() > 253).then_some("ran out of space")
}
