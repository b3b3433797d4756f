//! What Tab offers.

use super::laptop::absolute;
use super::{Files, fault_command};
use crate::api::{KINDS, Kind};
use crate::apiserver::Store;
use crate::dns;
use crate::kubectl::{self, flags};
use crate::kubelet;
use crate::process::tty::Seat;

/// What the last word of a line can become.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Completion {
    /// Where the word begins in the line, in bytes.
    pub start: usize,
    /// The words, in order, without what follows them.
    pub words: Vec<String>,
}

impl Completion {
    /// What all words begin with: as far as Tab can go on without asking.
    pub fn common(&self) -> &str {
        let Some((first, others)) = self.words.split_first() else { return "" };
        let same = |other: &String| first.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
        let mut length = others.iter().map(same).min().unwrap_or(first.len());
        while !first.is_char_boundary(length) {
            length -= 1;
        }
        &first[..length]
    }
}

/// Programs that take a name of DNS.
const ASKERS: [&str; 7] = ["nslookup", "dig", "host", "getent", "ping", "curl", "wget"];

/// What the last word of the line can become, for a shell that sits there. `files` are the laptop's.
pub(super) fn complete(store: &Store, line: &str, seat: &Seat, files: &Files) -> Completion {
    let command = line.rfind(['|', ';', '&', '(']).map_or(0, |at| at + 1);
    let start = line.rfind([' ', '|', ';', '&', '(', '<', '>']).map_or(0, |at| at + 1);
    let (before, word) = (line[command..start.max(command)].trim(), &line[start..]);
    let before: Vec<&str> =
        before.split_whitespace().filter(|w| !matches!(*w, "do" | "then" | "watch")).collect();
    let paths = |word: &str| {
        let (directory, _) =
            word.rsplit_once('/').map_or(("", word), |(d, rest)| (if d.is_empty() { "/" } else { d }, rest));
        let directory = absolute(&seat.directory, directory);
        match &seat.container {
            None => files.list(&directory),
            Some((pod, container)) => store
                .get(pod)
                .map(|pod| kubelet::list_directory(store, pod, container, &directory))
                .unwrap_or_default(),
        }
    };
    let tail = word.rfind('/').map_or(0, |at| at + 1);
    let (start, word, candidates) = match (&before[..], &seat.container) {
        ([], _) if tail == 0 => {
            let own = shell::programs().map(str::to_owned);
            let more: Vec<&str> = match seat.container {
                Some(_) => dns::TOOLS.iter().chain(kubelet::PROGRAMS).copied().collect(),
                None => vec!["kubectl", fault_command::NAME],
            };
            (start, word, own.chain(more.into_iter().map(str::to_owned)).collect())
        }
        ([fault_command::NAME, rest @ ..], None) => (start, word, fault_command::words(store, rest)),
        // `--namespace=kube`, `-f a.yaml,b`, `pod/flask`
        ([kubectl, rest @ ..], None) if matches!(*kubectl, "kubectl" | "k") => {
            let cut = word.rfind(['=', ',', '/']).map_or(0, |at| at + 1);
            (start + cut, &word[cut..], words_of_kubectl(store, rest, &word[..cut], &paths(word)))
        }
        ([asker, ..], Some((pod, _))) if ASKERS.contains(asker) => {
            let cut = word.rfind(['@', '/']).map_or(0, |at| at + 1);
            (start + cut, &word[cut..], dns::names(store, &pod.namespace))
        }
        _ => (start + tail, &word[tail..], paths(word)),
    };
    let mut words: Vec<String> = candidates.into_iter().filter(|c| c.starts_with(word)).collect();
    collections::sort(&mut words);
    words.dedup();
    Completion { start, words }
}

/// What can stand after these words of a kubectl command, and after this beginning of a word.
fn words_of_kubectl(store: &Store, before: &[&str], begun: &str, files: &[String]) -> Vec<String> {
    let plain: Vec<&str> = before.iter().copied().filter(|w| !w.starts_with('-')).collect();
    let last = before.last().copied().unwrap_or_default();
    let namespace = ["-n", "--namespace"].iter().find_map(|flag| {
        let at = before.iter().position(|w| w == flag)?;
        before.get(at + 1).copied()
    });
    let namespace = namespace.unwrap_or("default");
    let names = |kind: Kind| -> Vec<String> {
        let all = store.list(kind).filter(|o| !kind.info().namespaced || *o.meta.namespace == *namespace);
        all.map(|o| o.meta.name.to_string()).collect()
    };
    let value_of = if begun.ends_with('=') { begun.trim_end_matches('=') } else { last };
    match value_of {
        "-n" | "--namespace" => return names(Kind::Namespace),
        "-f" | "--filename" => return files.to_vec(),
        "-o" | "--output" => return ["json", "name", "wide", "yaml", "jsonpath="].map(String::from).into(),
        "-c" | "--container" => {
            let pod = plain.iter().rev().find_map(|w| store.find(Kind::Pod, namespace, w));
            let spec = pod.map(|p| &p.pod().spec);
            let all = spec.into_iter().flat_map(|s| s.containers.iter().chain(s.init_containers.iter()));
            return all.map(|c| c.name.to_string()).collect();
        }
        _ => {}
    }
    let verb = kubectl::verbs().filter(|v| is_begun_by(v.name, &plain)).max_by_key(|v| v.name.len());
    let subcommands = |first: Option<&str>| -> Vec<String> {
        let mut words = Vec::new();
        for verb in kubectl::verbs() {
            match (first, verb.name.split_once(' ')) {
                (None, split) => words.push(split.map_or(verb.name, |(first, _)| first).to_string()),
                (Some(first), Some((verb, second))) if verb == first => words.push(second.to_string()),
                _ => {}
            }
        }
        words
    };
    let Some(verb) = verb else { return subcommands(plain.first().copied()) };
    if verb.flags.is_empty() {
        return subcommands(Some(verb.name));
    }
    let arguments = &plain[verb.name.split(' ').count().min(plain.len())..];
    let mut all = Vec::new();
    if begun.is_empty() {
        all.extend(flags::table(verb.flags).map(|flag| format!("--{}", flag.long)));
        if !verb.name.contains(' ') && arguments.is_empty() {
            all.extend(subcommands(Some(verb.name)));
        }
    }
    let kinds = || KINDS.iter().filter(|k| k.kind.is_served());
    if let Some(kind) = begun.strip_suffix('/').and_then(|word| Kind::of_resource(word.rsplit(',').next()?)) {
        all.extend(names(kind));
        return all;
    }
    let of_node = matches!(verb.name, "cordon" | "uncordon" | "drain");
    let of_pod = matches!(verb.name, "exec" | "logs" | "attach" | "port-forward" | "cp");
    match arguments.first().and_then(|word| Kind::of_resource(word)) {
        _ if of_node => all.extend(names(Kind::Node)),
        _ if of_pod && arguments.is_empty() => all.extend(names(Kind::Pod)),
        _ if of_pod => {}
        Some(kind) => all.extend(names(kind)),
        None if arguments.is_empty() => all.extend(kinds().map(|k| k.plural.to_string())),
        None => {}
    }
    all
}

/// Whether the words begin with a verb's name.
fn is_begun_by(name: &str, words: &[&str]) -> bool {
    name.split(' ').enumerate().all(|(n, part)| words.get(n) == Some(&part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn offered(line: &str) -> Vec<String> {
        let mut cluster = testing::recorded();
        testing::create(&mut cluster, testing::SEED);
        cluster.run_until(crate::api::SimTime(60_000));
        let files = Files::default();
        files.write("manifest.yaml", "").expect("an empty disk has room");
        let seat = Seat { directory: "/home".into(), ..Seat::default() };
        complete(cluster.api.store(), line, &seat, &files).words
    }

    fn offered_in_pod(line: &str) -> Vec<String> {
        let mut cluster = testing::recorded();
        testing::create(&mut cluster, testing::SEED);
        cluster.run_until(crate::api::SimTime(60_000));
        let pod = crate::api::Key::new(Kind::Pod, "default", "flask-0");
        let seat =
            Seat { container: Some((pod, "flask-app".into())), directory: "/".into(), ..Seat::default() };
        complete(cluster.api.store(), line, &seat, &Files::default()).words
    }

    #[test]
    fn in_a_pod_programs_names_and_paths_are_offered() {
        assert_eq!(offered_in_pod("nsl"), ["nslookup"]);
        assert_eq!(
            offered_in_pod("nslookup flask-1"),
            ["flask-1.flask", "flask-1.flask.default.svc.cluster.local"]
        );
        assert_eq!(offered_in_pod("curl http://flask.def"), ["flask.default.svc.cluster.local"]);
        assert_eq!(offered_in_pod("cat /usr/src/app/log/d"), ["dump.log"]);
        assert_eq!(offered_in_pod("cat /usr/src/app/l"), ["log/"]);
        assert_eq!(offered_in_pod("dig _w"), ["_web._tcp.flask"]);
    }

    #[test]
    fn verbs_kinds_names_flags_and_files_are_offered() {
        assert_eq!(offered("kub"), ["kubectl"]);
        assert_eq!(offered("k dele"), ["delete"]);
        assert_eq!(offered("k rollout st"), ["status"]);
        assert_eq!(offered("kubectl delete pod fl"), ["flask-0", "flask-1", "flask-2"]);
        assert_eq!(offered("kubectl delete pod/flask-1"), ["flask-1"]);
        assert_eq!(offered("kubectl get stat"), ["statefulsets"]);
        assert_eq!(offered("kubectl get pods --watch"), ["--watch", "--watch-only"]);
        assert_eq!(offered("kubectl apply -f m"), ["manifest.yaml"]);
        assert_eq!(offered("kubectl logs flask-0 -c in"), ["init-dump-log"]);
        assert_eq!(offered("kubectl -n kube-s"), ["kube-system"]);
        assert_eq!(offered("kubectl get pods -n kube-s"), ["kube-system"]);
        assert_eq!(offered("kubectl get pods | gr"), ["grep", "groups"]);
        assert_eq!(offered("for i in 0 1; do kubectl dele"), ["delete"]);
        assert_eq!(offered("cat mani"), ["manifest.yaml"]);
    }

    #[test]
    fn as_far_as_all_words_agree() {
        let words = vec!["flask-0".to_string(), "flask-1".to_string()];
        assert_eq!(Completion { start: 0, words }.common(), "flask-");
        assert_eq!(Completion::default().common(), "");
    }
}
