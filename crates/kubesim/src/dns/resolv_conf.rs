//! How a pod asks: its /etc/resolv.conf. Models `pkg/kubelet/network/dns/dns.go: GetPodDNS`.

use super::name::{CLUSTER_DOMAIN, NODE_SERVER, SERVER};
use crate::api::Object;
use crate::api::read::{get, list, opt_str, str as text, strings};

/// A name with fewer dots is first looked for in the search path.
pub const NDOTS: usize = 5;

/// Where names are looked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Search {
    /// The domains, in order.
    pub domains: Vec<String>,
    /// A name with at least so many dots is first tried as it is.
    pub ndots: usize,
}

impl Search {
    /// Nowhere: names are tried as they are.
    pub const NOWHERE: Search = Search { domains: Vec::new(), ndots: 1 };
}

/// Where a pod of this namespace looks for names.
pub fn search_path(namespace: &str) -> Search {
    let domains = vec![
        format!("{namespace}.svc.{CLUSTER_DOMAIN}"),
        format!("svc.{CLUSTER_DOMAIN}"),
        CLUSTER_DOMAIN.to_string(),
    ];
    Search { domains, ndots: NDOTS }
}

/// The most name servers of a resolv.conf (`pkg/apis/core/validation: MaxDNSNameservers`).
const MOST_SERVERS: usize = 3;
/// The most domains of a search path (`pkg/apis/core/validation: MaxDNSSearchPaths`).
const MOST_DOMAINS: usize = 32;

/// A pod's /etc/resolv.conf.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ResolvConf {
    /// The addresses of those who are asked, the first one first.
    pub servers: Vec<String>,
    /// Where names are looked for.
    pub search: Search,
    /// The options as they are written, such as `ndots:5`.
    options: Vec<String>,
}

impl ResolvConf {
    /// That of a pod of this namespace that says nothing of DNS (`dnsPolicy: ClusterFirst`).
    pub fn of_namespace(namespace: &str) -> ResolvConf {
        let options = vec![["ndots:", &NDOTS.to_string()].concat()];
        ResolvConf { servers: vec![SERVER.into()], search: search_path(namespace), options }
    }

    /// That of a pod, by its `dnsPolicy` and `dnsConfig`.
    pub fn of_pod(pod: &Object) -> ResolvConf {
        let spec = &pod.pod().spec;
        let nothing = ResolvConf { servers: Vec::new(), search: Search::NOWHERE, options: Vec::new() };
        let of_node = || ResolvConf { servers: vec![NODE_SERVER.into()], ..nothing.clone() };
        let mut conf = match get(&spec.raw, "dnsPolicy").as_str().unwrap_or_default() {
            "None" => nothing,
            "Default" => of_node(),
            "ClusterFirstWithHostNet" => ResolvConf::of_namespace(&pod.meta.namespace),
            _ if spec.host_network => of_node(),
            _ => ResolvConf::of_namespace(&pod.meta.namespace),
        };
        let asked = get(&spec.raw, "dnsConfig");
        let add = |to: &mut Vec<String>, field: &str, most: usize| {
            for item in strings(asked, field) {
                if !to.iter().any(|known| **known == *item) {
                    to.push(item.to_string());
                }
            }
            to.truncate(most);
        };
        add(&mut conf.servers, "nameservers", MOST_SERVERS);
        add(&mut conf.search.domains, "searches", MOST_DOMAINS);
        for option in list(asked, "options") {
            let name = text(option, "name");
            let value = opt_str(option, "value").filter(|value| !value.is_empty());
            let written = value.map_or_else(|| name.to_string(), |value| [&*name, ":", &value].concat());
            let is_it = |known: &String| known.split(':').next() == Some(&*name);
            match conf.options.iter().position(is_it) {
                Some(at) => conf.options[at] = written,
                None => conf.options.push(written),
            }
        }
        let ndots = conf.options.iter().find_map(|option| option.strip_prefix("ndots:")?.parse().ok());
        conf.search.ndots = ndots.unwrap_or(Search::NOWHERE.ndots);
        conf
    }

    /// Who is asked first.
    pub fn server(&self) -> &str {
        self.servers.first().map_or("127.0.0.1", |server| server)
    }

    /// The file. Models containerd's `parseDNSOptions`.
    pub fn text(&self) -> String {
        let mut text = String::new();
        if !self.search.domains.is_empty() {
            text.push_str(&["search ", &self.search.domains.join(" "), "\n"].concat());
        }
        self.servers.iter().for_each(|server| text.push_str(&["nameserver ", server, "\n"].concat()));
        if !self.options.is_empty() {
            text.push_str(&["options ", &self.options.join(" "), "\n"].concat());
        }
        text
    }
}
