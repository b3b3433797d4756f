//! What a client and the cluster's DNS say to each other (RFC 1035): questions, records, answers, and the answers that
//! caches hold. Data only; what looks records up is `dns`.

use super::{SimTime, Span, Str};
use std::fmt;
use std::rc::Rc;

/// A record's type. Types that the zone never answers are kept by name.
#[derive(Clone, PartialEq, Eq, Debug)]
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

/// Which caches stand between a pod and what CoreDNS knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Caching {
    /// As kubeadm sets CoreDNS up today: `cache 30` with `disable success cluster.local` and `disable denial
    /// cluster.local`. Only reverse names and names outside are cached.
    #[default]
    Kubeadm,
    /// As older clusters have it: `cache 30` for everything.
    Cache30,
    /// NodeLocal DNSCache: a cache on each node, 30 seconds for what exists and 5 for what does not; behind it CoreDNS
    /// as kubeadm sets it up.
    NodeLocal,
}

impl Caching {
    pub const ALL: [Caching; 3] = [Caching::Kubeadm, Caching::Cache30, Caching::NodeLocal];
}

/// An answer in a cache.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cached {
    /// The node of the cache; empty for CoreDNS' own.
    pub node: Str,
    /// The answer, as it was when it came.
    pub answer: Rc<Answer>,
    /// When it came.
    pub stored: SimTime,
    /// For how many seconds it is kept.
    pub ttl: u32,
}

impl Cached {
    /// When it is given out no longer.
    pub fn until(&self) -> SimTime {
        self.stored + Span::seconds(i64::from(self.ttl))
    }

    /// For how many seconds more it is given out; 0 if it is no longer.
    pub fn left(&self, now: SimTime) -> u32 {
        let gone = (now - self.stored).0.max(0) / 1000;
        self.ttl.saturating_sub(u32::try_from(gone).unwrap_or(u32::MAX))
    }
}

/// A question to the cluster's DNS.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Question {
    /// The name, as it is written; the search path is tried.
    pub name: Str,
    pub record_type: RecordType,
    /// The namespace of the pod that asks.
    pub namespace: Str,
}

/// A question and its answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    pub question: Question,
    /// Since when this is the answer.
    pub at: SimTime,
    /// The names that were tried, each with its answer; the last one's is the result.
    pub tries: Rc<[Answer]>,
    /// What is to be said about it, if it has no records, or old ones.
    pub reason: Option<AnswerReason>,
}

impl Asked {
    pub fn answer(&self) -> &Answer {
        self.tries.last().expect("at least one name is tried")
    }

    /// Whether this says the same, but for how long records may be kept and for their order.
    pub fn says_the_same(&self, other: &Asked) -> bool {
        let (a, b) = (self.answer(), other.answer());
        let said = |answer: &Answer| {
            let mut records: Vec<String> = answer.answers.iter().map(|r| r.data.to_string()).collect();
            collections::sort(&mut records);
            records
        };
        self.question == other.question
            && self.reason == other.reason
            && a.rcode == b.rcode
            && a.name == b.name
            && said(a) == said(b)
    }
}

/// What is to be said about an answer without records, or with old ones.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AnswerReason {
    /// The namespace in the name does not exist.
    NoNamespace {
        namespace: Str,
        /// A name that exists and looks like the one asked for.
        nearest: Option<Str>,
    },
    /// There is no such Service.
    NoService {
        /// Its name.
        service: Str,
        /// The namespace in which it was looked for.
        namespace: Str,
        /// A name that exists and looks like the one asked for.
        nearest: Option<Str>,
    },
    /// The Service is in another namespace.
    ServiceElsewhere {
        /// Its name.
        service: Str,
        namespace: Str,
    },
    /// A StatefulSet's `serviceName` is the name of this Service, but nobody made it.
    NoServiceOfSet { set: Str, service: Str },
    /// The pod's name in DNS ends in another Service: its set's `serviceName`.
    OtherServiceName {
        pod: Str,
        /// The Service that was asked for.
        service: Str,
        /// The set's `serviceName`; empty if it has none.
        service_name: Str,
    },
    /// A pod's name alone is no name in DNS.
    PodAlone {
        pod: Str,
        /// The Service that names it.
        service: Str,
    },
    /// The Service's selector does not match the pod's labels.
    NotSelected { pod: Str, service: Str },
    /// The pod has no address yet.
    NoPodAddress { pod: Str },
    /// The pod is not Ready.
    NotReady { pod: Str, service: Str },
    /// The pod was told to stop.
    Terminating { pod: Str, service: Str },
    /// The pod is Ready, but its EndpointSlice does not say so yet.
    SliceLags { pod: Str },
    /// The EndpointSlice says so, but CoreDNS has not heard of it yet.
    ResolverLags {
        /// The Service, or the namespace.
        object: Str,
    },
    /// There is no such pod.
    NoPod {
        pod: Str,
        service: Str,
        /// A name that exists and looks like the one asked for.
        nearest: Option<Str>,
    },
    /// The endpoint has a host name, and so is not found under its address.
    NamedOtherwise {
        /// The address in the name.
        address: Str,
        name: Str,
    },
    /// Nothing is behind the headless Service.
    NoEndpoints { service: Str },
    /// None of the endpoints behind the headless Service is ready.
    NoneReady {
        service: Str,
        /// How many endpoints there are.
        endpoints: usize,
    },
    /// The Service has no port of this name and protocol.
    NoPort {
        /// The port's name and its protocol, as in the name: `_web._tcp`.
        port: Str,
        service: Str,
        /// The ports that have names, in the same form.
        ports: Str,
    },
    /// The label `svc` is missing in the name.
    NoSvc {
        /// The name with it.
        instead: Str,
    },
    /// A name that ends in a dot is not looked for in the search path.
    NotSearched {
        /// The name without the dot.
        instead: Str,
    },
    /// The name is not the cluster's, and nobody outside knows it.
    Outside {
        /// A name that exists and looks like the one asked for.
        nearest: Option<Str>,
    },
    /// No Service and no ready endpoint has this address.
    UnknownAddress { address: Str },
    /// A cache still says that the name does not exist.
    NegativeCached {
        /// When the cache forgets it.
        until: SimTime,
    },
    /// A cache still gives out records that are no longer right.
    OldCached {
        /// When the cache forgets them.
        until: SimTime,
    },
    /// The name exists, but has no address of version 6: the cluster has none.
    Ipv4Only,
    /// The Service has no ports, and so no SRV records.
    NoPorts { service: Str },
    /// The name only leads to others.
    OnlyDomain,
    /// The name exists, but never has records of this type.
    OtherType,
}

impl AnswerReason {
    /// Whether time alone ends it.
    pub fn passes(&self) -> bool {
        use AnswerReason::*;
        matches!(
            self,
            NegativeCached { .. }
                | OldCached { .. }
                | SliceLags { .. }
                | ResolverLags { .. }
                | Terminating { .. }
        )
    }
}

/// CoreDNS' configuration, as far as it acts here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Corefile {
    /// As it stands in the ConfigMap.
    pub text: Str,
    /// The newer one that CoreDNS could not read, if there is one.
    pub refused: Option<Str>,
    /// Whether questions are logged that are answered.
    pub logs_success: bool,
    /// Whether questions are logged that have no answer.
    pub logs_denial: bool,
    /// Seconds that records of the cluster's zone may be kept.
    pub ttl: u32,
    /// Seconds that the cache keeps answers at most, if there is one.
    pub cache: Option<u32>,
    /// Whether the cache is for the cluster's zone too.
    pub caches_zone: bool,
}

impl Default for Corefile {
    /// Without any directive. The plugin kubernetes gives its records five seconds.
    fn default() -> Corefile {
        Corefile {
            text: Str::default(),
            refused: None,
            logs_success: false,
            logs_denial: false,
            ttl: 5,
            cache: None,
            caches_zone: false,
        }
    }
}
