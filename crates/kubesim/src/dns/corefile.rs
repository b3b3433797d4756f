//! CoreDNS' configuration, as far as it acts here, and what CoreDNS writes to its log. Models coredns/plugin/{log,reload,cache,
//! kubernetes}.

use crate::api::pod::PodPhase;
use crate::api::read::get;
use crate::api::resolver::{Answer, Caching, Corefile};
use crate::api::{Body, Key, Kind, Object, Resolver, Span, Str};
use crate::apiserver::{ApiServer, Store};
use crate::base::hash::mix64;
use crate::component::{Context, Outcome};
use std::rc::Rc;

/// The container of CoreDNS' pods.
pub const CONTAINER: &str = "coredns";
/// What CoreDNS writes when it starts.
pub const STARTED: [&str; 2] = [".:53", "CoreDNS-1.14.2"];
/// From a change of the ConfigMap until CoreDNS acts on it: the kubelet updates the file within its sync period, and the
/// plugin `reload` looks every 30 seconds.
const RELOAD: Span = Span::seconds(60);

/// The directives of CoreDNS (coredns/plugin.cfg) that a Corefile may have.
const DIRECTIVES: &str = "acl any auto autopath azure bind bufsize cache cancel chaos clouddns debug dns64 dnssec dnstap erratic \
    errors etcd etcd_key file forward geoip grpc header health hosts import k8s_external kubernetes loadbalance local log loop \
    metadata minimal multisocket nomad nsid on pprof prometheus quic ready reload rewrite root route53 secondary sign template \
    timeouts tls trace transfer tsig view whoami";

/// Where it is.
fn key() -> Key {
    Key::new(Kind::ConfigMap, "kube-system", "coredns")
}

/// Whether this is CoreDNS' configuration.
pub fn is_it(key: &Key) -> bool {
    key.kind == Kind::ConfigMap && &*key.name == "coredns" && &*key.namespace == "kube-system"
}

/// kubeadm's Corefile; older clusters cache the cluster's own names too.
pub fn text(caches_zone: bool) -> String {
    let cache = match caches_zone {
        true => "    cache 30\n",
        false => {
            "    cache 30 {\n       disable success cluster.local\n       disable denial cluster.local\n    }\n"
        }
    };
    [
        ".:53 {\n    errors\n    health {\n       lameduck 5s\n    }\n    ready\n    kubernetes cluster.local in-addr.arpa ip6.arpa \
         {\n       pods insecure\n       fallthrough in-addr.arpa ip6.arpa\n       ttl 30\n    }\n    prometheus :9153\n    forward \
         . /etc/resolv.conf {\n       max_concurrent 1000\n    }\n",
        cache,
        "    loop\n    reload\n    loadbalance\n}\n",
    ]
    .concat()
}

/// Reads a Corefile: of its server blocks, the one for all names. Errors: the mistake as CoreDNS tells it.
pub fn parse(text: &str) -> Result<Corefile, String> {
    let mut read = Corefile { text: text.into(), ..Corefile::default() };
    let (mut path, mut is_root): (Vec<String>, bool) = (Vec::new(), false);
    for (n, line) in text.lines().enumerate() {
        let wrong = |what: String| format!("/etc/coredns/Corefile:{} - Error during parsing: {what}", n + 1);
        let line = line.split('#').next().unwrap_or_default();
        let mut words: Vec<&str> = line.split_whitespace().collect();
        let opens = words.last() == Some(&"{");
        if opens {
            words.pop();
        }
        match (&path[..], &words[..]) {
            ([], ["}"]) => return Err(wrong("Unexpected '}' because no matching opening brace".into())),
            (_, ["}"]) => drop(path.pop()),
            (_, []) => {}
            ([], zones) => {
                is_root = zones.iter().any(|zone| matches!(zone.trim_end_matches(','), "." | ".:53"))
            }
            ([_], [directive, rest @ ..]) => {
                if !DIRECTIVES.split_whitespace().any(|known| known == *directive) {
                    return Err(wrong(format!("Unknown directive '{directive}'")));
                }
                if is_root {
                    read.directive(directive, rest);
                }
            }
            ([_, directive], [option, rest @ ..]) if is_root => {
                read.option(directive, option, rest).map_err(wrong)?;
            }
            _ => {}
        }
        if opens {
            path.push(words.first().copied().unwrap_or_default().into());
        }
    }
    match path.is_empty() {
        true => Ok(read),
        false => Err(format!(
            "/etc/coredns/Corefile:{} - Error during parsing: Unexpected EOF",
            text.lines().count()
        )),
    }
}

impl Corefile {
    fn directive(&mut self, directive: &str, rest: &[&str]) {
        match directive {
            "log" => (self.logs_success, self.logs_denial) = (true, true),
            "cache" => {
                let seconds = rest.first().and_then(|seconds| seconds.parse().ok());
                self.cache = Some(seconds.unwrap_or(3600));
                self.caches_zone = true;
            }
            _ => {}
        }
    }

    fn option(&mut self, directive: &str, option: &str, rest: &[&str]) -> Result<(), String> {
        match (directive, option) {
            ("log", "class") => {
                let has = |class: &str| rest.iter().any(|word| *word == class || *word == "all");
                (self.logs_success, self.logs_denial) = (has("success"), has("denial"));
            }
            ("cache", "disable") => self.caches_zone = false,
            ("kubernetes", "ttl") => {
                let ttl = rest.first().and_then(|ttl| ttl.parse().ok());
                self.ttl = ttl.filter(|ttl| *ttl <= 3600).ok_or("ttl must be in range [0, 3600]")?;
            }
            _ => {}
        }
        Ok(())
    }
}

/// CoreDNS takes up a Corefile that was changed. Models coredns/plugin/reload.
pub fn sync(context: &mut Context) -> Outcome {
    let Some(used) = Resolver::of(context.store()).and_then(|resolver| resolver.corefile.clone()) else {
        return Outcome::DONE;
    };
    let Some(config) = context.store().get(&key()) else { return Outcome::DONE };
    let Body::Other(tree) = &config.body else { return Outcome::DONE };
    let text = get(get(tree, "data"), "Corefile").as_str().unwrap_or_default().to_string();
    if text == *used.text || used.refused.as_deref() == Some(&*text) {
        return Outcome::DONE;
    }
    let at = config.meta.written + RELOAD;
    if at > context.now() {
        return Outcome::at(at);
    }
    let lines = match parse(&text) {
        Ok(new) => {
            let caching = if new.caches_zone { Caching::Cache30 } else { Caching::Kubeadm };
            Resolver::update(context.api, |resolver| {
                if resolver.caching != Caching::NodeLocal {
                    resolver.caching = caching;
                }
                (resolver.cache, resolver.corefile) = (Rc::default(), Some(Rc::new(new)));
            });
            vec!["[INFO] Reloading".to_string(), "[INFO] Reloading complete".to_string()]
        }
        Err(why) => {
            let refused = Corefile { refused: Some(text.as_str().into()), ..(*used).clone() };
            Resolver::update(context.api, |resolver| resolver.corefile = Some(Rc::new(refused)));
            let failed = format!("[ERROR] plugin/reload: Corefile changed but reload failed: {why}");
            vec!["[INFO] Reloading".to_string(), format!("[ERROR] Restart failed: {why}"), failed]
        }
    };
    for pod in pods(context.store()) {
        write(context.api, &pod, &lines);
    }
    Outcome::DONE
}

/// CoreDNS' pods that run.
fn pods(store: &Store) -> Vec<Rc<Object>> {
    let all = store.list_in(Kind::Pod, "kube-system");
    let runs = |pod: &&Rc<Object>| {
        pod.meta.label("k8s-app") == Some("kube-dns") && pod.pod().status.phase == PodPhase::Running
    };
    all.filter(runs).cloned().collect()
}

/// Adds lines to a pod's log.
fn write(api: &mut ApiServer, pod: &Object, lines: &[String]) {
    let now = api.now;
    let key = Key::cluster(Kind::ContainerFiles, &pod.meta.uid.text());
    let Some(mut files) = api.store().get(&key).map(|object| (**object).clone()) else { return };
    if let Body::ContainerFiles(kept) = &mut files.body {
        let containers = Rc::make_mut(&mut kept.containers);
        let output = containers.entry(CONTAINER.into()).or_default();
        let log = Rc::make_mut(&mut Rc::make_mut(output).log);
        log.extend(lines.iter().map(|line| (now, Str::from(line.as_str()))));
    }
    api.put_internal(key, Some(files));
}

/// A question that CoreDNS has answered.
pub struct Query {
    /// The message's number.
    pub id: u16,
    /// What was answered.
    pub answer: Answer,
}

/// Writes questions to the logs of CoreDNS, each to that of the pod that got it. Models coredns/plugin/log with its common
/// format.
pub fn log(api: &mut ApiServer, client: &str, queries: &[Query]) {
    let pods = pods(api.store());
    for (n, query) in queries.iter().enumerate() {
        let seed = mix64(api.now.0 as u64 ^ n as u64, u64::from(query.id));
        let Some(pod) = pods.get((seed % pods.len().max(1) as u64) as usize) else { return };
        write(api, pod, &[line(client, query, seed)]);
    }
}

/// Whether a question is written down.
pub fn is_logged(corefile: &Corefile, answer: &Answer) -> bool {
    if answer.is_found() { corefile.logs_success } else { corefile.logs_denial }
}

fn line(client: &str, Query { id, answer }: &Query, seed: u64) -> String {
    let port = 32_768 + (seed >> 20) % 28_232;
    let bytes = 12 + answer.name.len() + 5;
    let flags = if answer.from_upstream { "qr,rd,ra" } else { "qr,aa,rd" };
    let took = 80 + (seed >> 40) % 120;
    format!(
        "[INFO] {client}:{port} - {id} \"{} IN {} udp {bytes} false 512\" {} {flags} {} 0.000{took:03}s",
        answer.record_type.name(),
        answer.name,
        answer.rcode.name(),
        answer.size(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_corefile_is_read() {
        let kubeadm = parse(&text(false)).expect("it is right");
        assert_eq!((kubeadm.cache, kubeadm.caches_zone, kubeadm.ttl), (Some(30), false, 30));
        assert!(!kubeadm.logs_success && !kubeadm.logs_denial);
        let edited = text(true).replace("    errors", "    errors\n    log").replace("ttl 30", "ttl 5");
        let edited = parse(&edited).expect("it is right");
        assert_eq!((edited.cache, edited.caches_zone, edited.ttl), (Some(30), true, 5));
        assert!(edited.logs_success && edited.logs_denial);
        let denial = parse(".:53 {\n  log . {\n    class denial\n  }\n}\n").expect("it is right");
        assert!(!denial.logs_success && denial.logs_denial);
    }

    /// `coredns/caddy: parse.go`
    #[test]
    fn mistakes_have_their_line() {
        let told = |text: &str| parse(text).expect_err("it is wrong");
        assert_eq!(
            told(".:53 {\n  lok\n}\n"),
            "/etc/coredns/Corefile:2 - Error during parsing: Unknown directive 'lok'"
        );
        assert_eq!(told(".:53 {\n  log\n"), "/etc/coredns/Corefile:2 - Error during parsing: Unexpected EOF");
    }
}
