//! DNS: what a cluster's names answer, how a pod's resolver asks, and the tools that print it.
//!
//! | file | models |
//! | --- | --- |
//! | `zone` | CoreDNS' kubernetes plugin, with the Corefile of tests/golden/README.md |
//! | [`server`] | what CoreDNS has been told so far, and the caches in front of it |
//! | [`corefile`] | CoreDNS' configuration and log |
//! | `resolv_conf`, `resolver` | a pod's resolv.conf; its search path and ndots at work |
//! | [`reason`] | why a name has no records, and what would change that |
//! | `query` | a question of the user's and its answer |
//! | `nslookup`, `dig`, `host`, `busybox`, `getent` | BIND 9.18's clients, BusyBox 1.35's nslookup, glibc's getent |
//!
//! It reads EndpointSlices and Services, and knows nothing of how they come to be.

mod busybox;
pub mod corefile;
mod dig;
mod getent;
mod host;
mod name;
mod nslookup;
mod printed;
pub(crate) mod query;
pub mod reason;
mod resolv_conf;
pub(crate) mod resolver;
pub mod server;
pub(crate) mod zone;

pub use name::{CLUSTER_DOMAIN, SERVER, TTL, name_error, reverse_name};
pub use printed::Printed;
pub use resolv_conf::ResolvConf;
pub use server::{Client, Network, client};

use crate::apiserver::{ApiServer, Store};

/// Runs a DNS tool, if this is one: nslookup, dig, host, getent, `busybox nslookup`.
pub fn run(argv: &[String], network: &mut Network) -> Option<Printed> {
    let args: Vec<&str> = argv.iter().map(String::as_str).collect();
    let tool = args.first().map(|t| t.rsplit('/').next().unwrap_or(t))?;
    Some(match tool {
        "nslookup" => nslookup::run(&args[1..], network),
        "dig" => dig::run(&args[1..], network),
        "host" => host::run(&args[1..], network),
        "getent" => getent::run(&args[1..], network),
        "busybox" if args.get(1) == Some(&OLD_NSLOOKUP) => busybox::old_nslookup(&args[2..], network),
        "busybox" if args.get(1) == Some(&"nslookup") => busybox::nslookup(&args[2..], network),
        _ => return None,
    })
}

/// Runs a DNS tool as [`run`] does, for this client with this resolv.conf: what the caches learn is kept.
pub fn run_with(api: &mut ApiServer, conf: &ResolvConf, client: Client, argv: &[String]) -> Option<Printed> {
    server::with_network(api, conf, client, |network| run(argv, network))
}

/// Runs a DNS tool as [`run`] does, in a pod of this namespace on this node: what the caches learn is kept.
pub fn run_in_pod(api: &mut ApiServer, namespace: &str, node: &str, argv: &[String]) -> Option<Printed> {
    run_with(api, &ResolvConf::of_namespace(namespace), Client { node, address: None }, argv)
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

/// The nslookup of BusyBox before 1.29, as [`run`] knows it.
pub const OLD_NSLOOKUP: &str = "nslookup-1.28";

/// The tools that [`run`] knows.
pub const TOOLS: &[&str] = &["nslookup", "dig", "host", "getent"];

/// The /etc/resolv.conf of a pod of this namespace that says nothing of DNS.
pub fn resolv_conf(namespace: &str) -> String {
    ResolvConf::of_namespace(namespace).text()
}

#[cfg(test)]
mod tests;
