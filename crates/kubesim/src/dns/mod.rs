//! DNS: what a cluster's names answer, how a pod's resolver asks, and the tools that print it.
//!
//! | file | models |
//! | --- | --- |
//! | [`zone`] | CoreDNS' kubernetes plugin, with the Corefile of tests/golden/README.md |
//! | [`server`] | what CoreDNS has been told so far, and the caches in front of it |
//! | [`resolver`] | a pod's resolv.conf: search path and ndots |
//! | [`reason`] | why a name has no records, and what would change that |
//! | [`watch`] | a question asked once, or once a second |
//! | `nslookup`, `dig`, `host`, `busybox`, `getent` | BIND 9.18's clients, BusyBox 1.35's nslookup, glibc's getent |
//!
//! It reads EndpointSlices and Services, and knows nothing of how they come to be.

mod busybox;
mod dig;
mod getent;
mod host;
mod nslookup;
pub mod reason;
pub mod resolver;
pub mod server;
pub mod watch;
pub mod zone;

pub use reason::Reason;
pub use server::{Caching, Network, Resolver};
pub use watch::Question;

use crate::api::SimTime;
use crate::apiserver::{ApiServer, Store};
use std::fmt;

/// Seconds that records of the cluster's zone may be kept (`ttl 30`).
pub const TTL: u32 = 30;
/// The cluster's domain.
pub const CLUSTER_DOMAIN: &str = "cluster.local";
/// The address at which pods reach the cluster's DNS.
pub const SERVER: &str = "10.200.1.10";

/// A record's type. Types that the zone never answers are kept by name.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum RecordType {
    A,
    Aaaa,
    Srv,
    Ptr,
    Txt,
    Soa,
    Cname,
    Ns,
    Any,
    Mx,
    /// Known to the tools, never answered here.
    Other(&'static str),
}

impl RecordType {
    const NAMES: &'static [(&'static str, RecordType)] = &[
        ("A", RecordType::A),
        ("AAAA", RecordType::Aaaa),
        ("SRV", RecordType::Srv),
        ("PTR", RecordType::Ptr),
        ("TXT", RecordType::Txt),
        ("SOA", RecordType::Soa),
        ("CNAME", RecordType::Cname),
        ("NS", RecordType::Ns),
        ("ANY", RecordType::Any),
        ("MX", RecordType::Mx),
        ("CAA", RecordType::Other("CAA")),
        ("DNSKEY", RecordType::Other("DNSKEY")),
        ("DS", RecordType::Other("DS")),
        ("HINFO", RecordType::Other("HINFO")),
        ("HTTPS", RecordType::Other("HTTPS")),
        ("NAPTR", RecordType::Other("NAPTR")),
        ("SVCB", RecordType::Other("SVCB")),
    ];

    /// The type of this name, in any case.
    pub fn parse(name: &str) -> Option<RecordType> {
        Self::NAMES.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, t)| t.clone())
    }

    /// Its name, such as `SRV`.
    pub fn name(&self) -> &'static str {
        Self::NAMES.iter().find(|(_, t)| t == self).map_or("TYPE0", |(n, _)| n)
    }
}

/// What a record says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Data {
    /// An address.
    A(String),
    /// Priority (always 0), weight, port and target of a service.
    Srv {
        /// 100 divided by the number of records.
        weight: u32,
        /// The port.
        port: u32,
        /// The name that has the address, with its final dot.
        target: String,
    },
    /// The name of an address, with its final dot.
    Ptr(String),
    /// The name that this one stands for, with its final dot.
    Cname(String),
    /// A text.
    Txt(String),
    /// The name of a server of the zone, with its final dot.
    Ns(String),
    /// The zone: name server, mailbox, serial, refresh, retry, expire, minimum.
    Soa([String; 2], [u32; 5]),
}

impl Data {
    /// Its type.
    pub fn record_type(&self) -> RecordType {
        match self {
            Data::A(_) => RecordType::A,
            Data::Srv { .. } => RecordType::Srv,
            Data::Ptr(_) => RecordType::Ptr,
            Data::Cname(_) => RecordType::Cname,
            Data::Txt(_) => RecordType::Txt,
            Data::Ns(_) => RecordType::Ns,
            Data::Soa(..) => RecordType::Soa,
        }
    }
}

impl fmt::Display for Data {
    /// As dig prints it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Data::A(text) | Data::Ptr(text) | Data::Cname(text) | Data::Ns(text) => f.write_str(text),
            Data::Srv { weight, port, target } => write!(f, "0 {weight} {port} {target}"),
            Data::Txt(text) => write!(f, "\"{text}\""),
            Data::Soa([server, mailbox], [serial, refresh, retry, expire, minimum]) => {
                write!(f, "{server} {mailbox} {serial} {refresh} {retry} {expire} {minimum}")
            }
        }
    }
}

/// A record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// Its name, with the final dot, in the letters in which it was asked for.
    pub name: String,
    /// Seconds for which it may be kept.
    pub ttl: u32,
    /// What it says.
    pub data: Data,
}

/// Bytes of a name (with its final dot) in a message (RFC 1035 §4.1.2). CoreDNS compresses only what would not fit otherwise.
fn size_of_name(name: &str) -> usize {
    if name == "." { 1 } else { name.len() + 1 }
}

impl Record {
    /// Its bytes in a message (RFC 1035 §3.2.1, RFC 2782).
    fn size(&self) -> usize {
        let data = match &self.data {
            Data::A(_) => 4,
            Data::Srv { target, .. } => 6 + size_of_name(target),
            Data::Ptr(name) | Data::Cname(name) | Data::Ns(name) => size_of_name(name),
            Data::Txt(text) => 1 + text.len(),
            Data::Soa([server, mailbox], _) => size_of_name(server) + size_of_name(mailbox) + 20,
        };
        size_of_name(&self.name) + 10 + data
    }
}

/// Whether a name exists.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rcode {
    /// It does (perhaps without a record of the type asked for).
    NoError,
    /// It does not.
    NxDomain,
}

impl Rcode {
    /// As tools print it.
    pub fn name(self) -> &'static str {
        match self {
            Rcode::NoError => "NOERROR",
            Rcode::NxDomain => "NXDOMAIN",
        }
    }
}

/// A server's answer to one question.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The name asked for, with the final dot.
    pub name: String,
    /// The type asked for.
    pub record_type: RecordType,
    /// Whether the name exists.
    pub rcode: Rcode,
    /// What was asked for.
    pub answers: Vec<Record>,
    /// The zone's SOA, when there is no answer.
    pub authority: Vec<Record>,
    /// Addresses of the names in the answer.
    pub additional: Vec<Record>,
    /// Whether a server outside was asked.
    pub from_upstream: bool,
    /// Since when and until when a cache holds it, if a cache gave it.
    pub held: Option<(SimTime, SimTime)>,
}

impl Answer {
    /// Bytes of the message, without EDNS (RFC 1035 §4.1).
    pub fn size(&self) -> usize {
        let records = [&self.answers, &self.authority, &self.additional].into_iter().flatten();
        12 + size_of_name(&self.name) + 4 + records.map(Record::size).sum::<usize>()
    }

    /// Whether the name exists and has what was asked for.
    pub fn is_found(&self) -> bool {
        self.rcode == Rcode::NoError && !self.answers.is_empty()
    }

    /// The name at the end of its aliases: the one asked for if there are none.
    pub fn real_name(&self) -> &str {
        let mut aliases = self.answers.iter().filter_map(|r| match &r.data {
            Data::Cname(target) => Some(target.as_str()),
            _ => None,
        });
        aliases.next_back().unwrap_or(&self.name)
    }
}

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
        for slice in zone::slices(store, name, of) {
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
