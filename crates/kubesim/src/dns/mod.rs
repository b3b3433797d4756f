//! DNS: what a cluster's names answer, how a pod's resolver asks, and the tools that print it.
//!
//! | file | models |
//! | --- | --- |
//! | [`zone`] | CoreDNS' kubernetes plugin, with the Corefile of tests/golden/README.md |
//! | [`server`] | what CoreDNS has been told so far, and the caches in front of it |
//! | [`resolver`] | a pod's resolv.conf: search path and ndots |
//! | [`reason`] | why a name has no records, and what would change that |
//! | [`query`] | a question of the user's and its answer |
//! | `nslookup`, `dig`, `host`, `busybox`, `getent` | BIND 9.18's clients, BusyBox 1.35's nslookup, glibc's getent |
//!
//! It reads EndpointSlices and Services, and knows nothing of how they come to be.

mod busybox;
mod dig;
mod getent;
mod host;
mod nslookup;
pub mod query;
pub mod reason;
pub mod resolver;
pub mod server;
pub mod zone;

pub use server::Network;

use crate::apiserver::{ApiServer, Store};

/// Seconds that records of the cluster's zone may be kept (`ttl 30`).
pub const TTL: u32 = 30;
/// The cluster's domain.
pub const CLUSTER_DOMAIN: &str = "cluster.local";
/// The address at which pods reach the cluster's DNS.
pub const SERVER: &str = "10.200.1.10";

/// What a tool printed, and its exit code.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Printed {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// The exit code.
    pub code: i32,
}

/// Runs a DNS tool, if this is one: nslookup, dig, host, getent, `busybox nslookup`.
pub fn run(argv: &[String], network: &mut Network) -> Option<Printed> {
    let args: Vec<&str> = argv.iter().map(String::as_str).collect();
    let tool = args.first().map(|t| t.rsplit('/').next().unwrap_or(t))?;
    Some(match tool {
        "nslookup" => nslookup::run(&args[1..], network),
        "dig" => dig::run(&args[1..], network),
        "host" => host::run(&args[1..], network),
        "getent" => getent::run(&args[1..], network),
        "busybox" if args.get(1) == Some(&"nslookup") => busybox::nslookup(&args[2..], network),
        _ => return None,
    })
}

/// Runs a DNS tool as [`run`] does, in a pod of this namespace on this node: what the caches learn is kept.
pub fn run_in_pod(api: &mut ApiServer, namespace: &str, node: &str, argv: &[String]) -> Option<Printed> {
    server::with_network(api, namespace, node, |network| run(argv, network))
}

/// The names that DNS may know, as they are written in this namespace: of Services, of what is behind them, and of named
/// ports.
pub fn names(store: &Store, namespace: &str) -> Vec<String> {
    use crate::api::Kind;
    let mut all = Vec::new();
    for object in store.list(Kind::Service) {
        let (name, of) = (&*object.meta.name, &*object.meta.namespace);
        let short = if of == namespace { name.to_string() } else { format!("{name}.{of}") };
        let mut behind = Vec::new();
        for slice in zone::slices(store.list_in(Kind::EndpointSlice, of), name) {
            behind.extend(slice.endpoints.iter().map(|endpoint| zone::endpoint_name(endpoint)));
        }
        all.extend(behind.iter().map(|endpoint| format!("{endpoint}.{short}")));
        for port in object.service().ports.iter() {
            if let Some(port_name) = port.name.as_deref().filter(|n| !n.is_empty()) {
                all.push(format!("_{port_name}._{}.{short}", port.protocol.to_ascii_lowercase()));
            }
        }
        let domain = format!("{name}.{of}.svc.{CLUSTER_DOMAIN}");
        all.extend(behind.iter().map(|endpoint| format!("{endpoint}.{domain}")));
        all.extend([domain, short]);
    }
    all
}

/// The tools that [`run`] knows.
pub const TOOLS: &[&str] = &["nslookup", "dig", "host", "getent"];

/// A pod's /etc/resolv.conf.
pub fn resolv_conf(namespace: &str) -> String {
    let search = resolver::search_path(namespace).domains.join(" ");
    format!("search {search}\nnameserver {SERVER}\noptions ndots:{}\n", resolver::NDOTS)
}

/// The node on which a pod is; empty for one that nobody sees.
pub fn node_of(pod: &crate::api::Object) -> &str {
    pod.pod().spec.node_name.as_deref().unwrap_or_default()
}

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

#[cfg(test)]
mod tests;
