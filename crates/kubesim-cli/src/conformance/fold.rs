//! What can't be equal between two runs of the same story, and how it is made comparable. Everything that is not named
//! here is compared to the letter.
//!
//! | what | becomes |
//! | --- | --- |
//! | runs of spaces and tabs; spaces at a line's end | one space; nothing |
//! | ages and other measured durations (not those of a manifest: `for 300s`, `period=10s`) | `<age>` |
//! | timestamps | `<time>` |
//! | uids; pod addresses; revision hashes | `<uid-1>`, `<ip-1>`, `<hash-1>` … in the order in which a file shows them |
//! | generated suffixes of five letters | `<suffix>` |
//! | container ids, image digests, resource versions | `<id>`, `<digest>`, `<rv>` |
//! | the names and addresses of workers | `<worker>`; a command that only reads about one may be about another |
//! | lines of `kubectl get nodes`, of events, of volumes | sorted, because workers and volumes' names are random, and events of one second may come in any order |
//! | items of a printed list of volumes, addresses in printed Endpoints | sorted likewise |
//! | how often `ExternalProvisioning` was said, and whether before or after `Provisioning` | left out: two processes race, and recordings have it one way as often as the other |
//! | lines of a watch (`-w`) | by object, each object's own in their order: between objects it differs from run to run |
//! | what DNS tools print | the zone's serial, a cached answer's TTL, addresses of pods that the recording does not name: one word each; the lines sorted, blank ones left out, because answers are shuffled |
//! | neighbouring rows of a table that name generated objects (`flask-589dc77fc5-~2`) | sorted, because their real names' random suffixes order them |
//! | the fraction of a second at which the recorder began, up to 20 ms for each step of a node, and which worker took which pod | several are tried (`script.rs: Beginning`); one of them has to give the whole recording |
//! | the addresses in a line of `kubectl get endpoints` | sorted, because Kubernetes sorts them by address |
//! | drain's warning about kube-proxy's pods | left out: the recorder's cluster had no DaemonSets |

use regex_lite::{Captures, Regex};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// Folds one side of a comparison; it remembers which uid, address and hash it has seen, so that the same one is the same
/// throughout a file.
#[derive(Clone, Default)]
pub struct Folder {
    names: BTreeMap<(&'static str, String), usize>,
    counts: BTreeMap<&'static str, usize>,
}

struct Rule {
    pattern: Regex,
    to: To,
}

enum To {
    /// This text (which may name groups).
    Text(&'static str),
    /// A number for each distinct text of group 1; what is before and after it stays.
    Numbered(&'static str),
}

fn rules() -> &'static [Rule] {
    static RULES: OnceLock<Vec<Rule>> = OnceLock::new();
    RULES.get_or_init(|| {
        let rule =
            |pattern: &str, to: To| Rule { pattern: Regex::new(pattern).expect("a valid pattern"), to };
        let safe = "bcdfghjklmnpqrstvwxz2456789";
        vec![
            rule(
                r"(?m)^Warning: ignoring DaemonSet-managed Pods: kube-system/kube-proxy-[a-z0-9]{5}\n",
                To::Text(""),
            ),
            rule(r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z", To::Text("<time>")),
            rule(r"\b[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} \+0000", To::Text("<time>")),
            rule(r"\b[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]+ \+0000", To::Text("<time>")),
            rule(r"\b(LIVE|MERGED)-[0-9]+/", To::Text("$1-<id>/")),
            rule(r"containerd://[0-9a-f]{64}", To::Text("containerd://<id>")),
            rule(r"sha256:[0-9a-f]{64}", To::Text("sha256:<digest>")),
            rule(
                r"\b([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?:\b|_)",
                To::Numbered("uid"),
            ),
            rule(r#"resourceVersion("?: *)"[0-9]+""#, To::Text("resourceVersion$1<rv>")),
            rule(r"\b(Resource Version: +)[0-9]+", To::Text("$1<rv>")),
            rule(r"\b(172\.16\.[0-9]+\.[0-9]+)\b", To::Numbered("ip")),
            rule(r"\b(10\.200\.(?:[2-9]|[1-9][0-9]+)\.[0-9]+)\b", To::Numbered("cluster-ip")),
            rule(r"\b([0-9]+\.(?:[2-9]|[1-9][0-9]+)\.200\.10)\.in-addr", To::Numbered("cluster-ip-reversed")),
            rule(r"\bchhan-k8s-[2-9]\b", To::Text("<worker>")),
            rule(r"\b192\.168\.1\.[0-9]+\b", To::Text("<node-ip>")),
            rule(&format!(r"-([{safe}]{{8,10}})\b"), To::Numbered("hash")),
            rule(&format!(r"hash(?:=|: )([{safe}]{{8,10}})\b"), To::Numbered("hash")),
            rule(&format!(r"-[{safe}]{{5}}\b"), To::Text("-<suffix>")),
            rule(r"(^|[^=0-9a-z.])(for )?((?:[0-9]+(?:\.[0-9]+)?(?:ms|d|h|m|s|y))+)\b", To::Text("<age>")),
        ]
    })
}

impl Folder {
    /// Makes a text comparable.
    pub fn fold(&mut self, text: &str) -> String {
        let mut text = text.to_string();
        for rule in rules() {
            text = rule.pattern.replace_all(&text, |found: &Captures| self.replace(rule, found)).into_owned();
        }
        let squeeze =
            |line: &str| line.split([' ', '\t']).filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ");
        text.lines().map(squeeze).collect::<Vec<_>>().join("\n").trim_end().to_string()
    }

    /// The cluster IPs in a command as the other side of the comparison (`simulated`) knows them.
    pub fn translate_cluster_ips(&self, command: &str, simulated: &Folder) -> String {
        let of_kind = |folder: &Folder| -> Vec<(usize, String)> {
            let ips = folder.names.iter().filter(|((kind, _), _)| *kind == "cluster-ip");
            ips.map(|((_, ip), n)| (*n, ip.clone())).collect()
        };
        let known = of_kind(simulated);
        of_kind(self).iter().fold(command.to_string(), |text, (n, ip)| {
            let same = known.iter().find(|(m, _)| m == n);
            same.map_or(text.clone(), |(_, theirs)| text.replace(ip.as_str(), theirs))
        })
    }

    fn replace(&mut self, rule: &Rule, found: &Captures) -> String {
        let whole = &found[0];
        match rule.to {
            To::Numbered(kind) => {
                let part = found.get(1).expect("a numbered rule has a group");
                let n = self.number(kind, part.as_str());
                let at = part.start() - found.get(0).map_or(0, |w| w.start());
                format!("{}<{kind}-{n}>{}", &whole[..at], &whole[at + part.as_str().len()..])
            }
            // `for 300s` is a manifest's, not a measured one.
            To::Text("<age>") if found.get(2).is_some() => whole.to_string(),
            To::Text("<age>") => format!("{}<age>", &found[1]),
            To::Text(text) => text.replace("$1", found.get(1).map_or("", |g| g.as_str())),
        }
    }

    fn number(&mut self, kind: &'static str, text: &str) -> usize {
        if let Some(n) = self.names.get(&(kind, text.to_string())) {
            return *n;
        }
        let n = self.counts.entry(kind).or_default();
        *n += 1;
        self.names.insert((kind, text.to_string()), *n);
        *n
    }
}

/// What DNS tools print, without what differs between two runs, or is left out of the recordings: dig's version, the messages'
/// numbers, cookies, times and sizes, the zone's serial, how long the upstream's answer has been kept, the addresses of pods that the recording does not name, the order of the lines and blank lines.
pub fn dns(text: &str) -> String {
    let rules = [
        (r"\b1[67][0-9]{8} 7200\b", "<serial> 7200"),
        (r"(?m)^(; <<>> DiG 9)\S* ", "$1 "),
        (r"(?m)\bid: ([0-9]+|N)$", "id: <id>"),
        (r"(?m)^(; COOKIE: |;; Query time: |;; WHEN: |;; MSG SIZE ).*$", ""),
        (r"serial = 1[67][0-9]{8}", "serial = <serial>"),
        (r"(?m)^\.(\s+)[0-9]+(\s+IN\s+SOA)", ".$1<ttl>$2"),
        (r"(minimum = 86400\s+ttl = )[0-9]+", "$1<ttl>"),
        (r"\b172\.16\.[0-9]+\.[0-9]+\b", "<ip>"),
        (r"(STREAM) +(\S+)", "$1\ncanonical $2"),
    ]
    .map(|(pattern, to)| (Regex::new(pattern).expect("a valid pattern"), to));
    let text = rules
        .iter()
        .fold(text.to_string(), |text, (pattern, to)| pattern.replace_all(&text, *to).into_owned());
    let mut lines: Vec<&str> = text.lines().map(str::trim_end).filter(|l| !l.is_empty()).collect();
    lines.sort_unstable();
    lines.join("\n")
}

/// What `kubectl` was asked for: the verb, the kind, the form.
struct Asked<'a> {
    words: Vec<&'a str>,
}

impl<'a> Asked<'a> {
    fn of(command: &'a str) -> Asked<'a> {
        Asked { words: command.split_whitespace().collect() }
    }

    fn verb(&self) -> &'a str {
        self.words.get(1).copied().unwrap_or_default()
    }

    /// Whether one of these kinds is among those asked for.
    fn is_about(&self, kinds: &[&str]) -> bool {
        let named = self.words.get(2).copied().unwrap_or_default();
        named.split(',').any(|kind| kinds.contains(&kind.split('/').next().unwrap_or_default()))
    }

    fn has(&self, words: &[&str]) -> bool {
        self.words.iter().any(|word| words.contains(word))
    }

    /// Whether objects are printed whole.
    fn is_printed_whole(&self) -> bool {
        self.has(&[
            "yaml",
            "json",
            "-oyaml",
            "-ojson",
            "-o=yaml",
            "-o=json",
            "--output=yaml",
            "--output=json",
        ])
    }
}

const NODES: &[&str] = &["nodes", "node", "no"];
const EVENTS: &[&str] = &["events", "event", "ev"];
const VOLUMES: &[&str] = &["pv", "persistentvolume", "persistentvolumes"];
const ENDPOINTS: &[&str] = &["endpoints", "ep"];

/// Brings what this command printed into an order that two runs share, before it is folded: so that the first uid that a
/// file shows is the first one on both sides.
pub fn arrange(command: &str, text: &str) -> String {
    let asked = Asked::of(command);
    let text = without_provisioning_race(text);
    if asked.has(&["-w", "--watch", "--watch-only"]) {
        return group_lines(&text);
    }
    match asked.verb() {
        "events" => sort_lines(&text),
        "get" if asked.is_printed_whole() && asked.is_about(VOLUMES) => sort_blocks(&text, "items"),
        "get" if asked.is_printed_whole() && asked.is_about(ENDPOINTS) => sort_blocks(&text, "addresses"),
        "get" if asked.is_printed_whole() => text,
        "get" if asked.is_about(NODES) || asked.is_about(EVENTS) || asked.is_about(VOLUMES) => {
            sort_lines(&text)
        }
        _ => sort_generated(&text),
    }
}

/// A text with its runs of lines that begin with a generated name sorted.
fn sort_generated(text: &str) -> String {
    let is_generated = |line: &str| line.split(' ').next().is_some_and(|name| name.contains("-~"));
    let mut lines: Vec<&str> = text.lines().collect();
    for run in lines.chunk_by_mut(|a, b| is_generated(a) && is_generated(b)) {
        run.sort_unstable();
    }
    lines.join("\n")
}

/// As [`arrange`], for what can only be arranged once it is folded.
pub fn arrange_folded(command: &str, text: &str) -> String {
    let asked = Asked::of(command);
    if matches!(asked.verb(), "get" | "describe") && asked.is_about(ENDPOINTS) && !asked.is_printed_whole() {
        return text.lines().map(sort_lists).collect::<Vec<_>>().join("\n");
    }
    text.to_string()
}

/// The command; if it only reads about a worker, about each of them: which one has which pods differs between runs.
pub fn about_any_worker(command: &str) -> Vec<String> {
    let workers = ["chhan-k8s-2", "chhan-k8s-3", "chhan-k8s-4"];
    let mut named = workers.iter().filter(|worker| command.contains(*worker));
    match (named.next(), named.next()) {
        (Some(named), None) if matches!(Asked::of(command).verb(), "get" | "describe" | "events") => {
            workers.iter().map(|worker| command.replace(named, worker)).collect()
        }
        _ => vec![command.to_string()],
    }
}

/// The volume controller and the provisioner write their events at the same time.
fn without_provisioning_race(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let count = Regex::new(r" \(x[23] over [0-9a-z]+\)").expect("a valid pattern");
    for line in text.split('\n') {
        let is = |line: &str, reason: &str| line.split_whitespace().any(|word| word == reason);
        if !is(line, "ExternalProvisioning") {
            // `Provisioning` comes first.
            match lines.last() {
                Some(last) if is(line, "Provisioning") && is(last, "ExternalProvisioning") => {
                    lines.insert(lines.len() - 1, line.to_string());
                }
                _ => lines.push(line.to_string()),
            }
            continue;
        }
        lines.push(count.replace(line, "").into_owned());
    }
    lines.join("\n")
}

/// A text in which no two uids, addresses and hashes differ: by it, what differs in nothing else is sorted.
fn anonymous(text: &str) -> String {
    static NUMBERED: OnceLock<Regex> = OnceLock::new();
    let numbered = NUMBERED.get_or_init(|| Regex::new(r"<([a-z-]+)-[0-9]+>").expect("a valid pattern"));
    numbered.replace_all(&Folder::default().fold(text), "<$1>").into_owned()
}

/// Sorts the items of each list below a field of this name in printed YAML or JSON.
fn sort_blocks(text: &str, field: &str) -> String {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let lines: Vec<&str> = text.lines().collect();
    let mut sorted: Vec<String> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        sorted.push(line.to_string());
        at += 1;
        let name = line.trim().trim_start_matches("- ").trim_matches(['"', '[', ' ', ':']);
        if name != field {
            continue;
        }
        let Some(first) = lines.get(at) else { break };
        let (depth, is_json) = (indent(first), first.trim_start().starts_with('{'));
        let mut items: Vec<Vec<&str>> = Vec::new();
        while let Some(line) = lines.get(at) {
            let starts =
                indent(line) == depth && line.trim_start().starts_with(if is_json { "{" } else { "- " });
            let goes_on = indent(line) > depth || (is_json && indent(line) == depth);
            match items.last_mut() {
                _ if starts => items.push(vec![line]),
                Some(item) if goes_on => item.push(line),
                _ => break,
            }
            at += 1;
        }
        let mut items: Vec<String> =
            items.iter().map(|item| item.join("\n").trim_end_matches(',').to_string()).collect();
        items.sort_by_cached_key(|item| anonymous(item));
        sorted.push(items.join(if is_json { ",\n" } else { "\n" }));
    }
    sorted.join("\n")
}

/// Lines by their first word, in order of the alphabet, the first line (the header) in its place.
fn group_lines(text: &str) -> String {
    let mut lines = text.lines();
    let header = lines.next().unwrap_or_default();
    let mut groups: Vec<(&str, String)> = Vec::new();
    for line in lines {
        let word = line.split(' ').next().unwrap_or_default();
        match groups.iter_mut().find(|(of, _)| *of == word) {
            Some((_, group)) => group.extend(["\n", line]),
            None => groups.push((word, line.to_string())),
        }
    }
    groups.sort_by_cached_key(|(_, group)| anonymous(group));
    let groups = groups.into_iter().map(|(_, group)| format!("\n{group}"));
    format!("{header}{}", groups.collect::<String>())
}

/// A line with each comma-separated list in it sorted.
fn sort_lists(line: &str) -> String {
    let sorted = |word: &str| {
        let mut parts: Vec<&str> = word.split(',').collect();
        parts.sort_unstable();
        parts.join(",")
    };
    line.split(' ').map(sorted).collect::<Vec<_>>().join(" ")
}

/// A text with its lines sorted, the first one (the header) left in its place.
pub fn sort_lines(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    if lines.len() > 2 {
        lines[1..].sort_by_cached_key(|line| anonymous(line));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_equal_is_folded_and_the_rest_is_not() {
        for (text, folded) in [
            ("flask-0   1/1     Running   0          2m13s", "flask-0 1/1 Running 0 <age>"),
            ("flask-0   1/1   Running   3 (17s ago)   2m", "flask-0 1/1 Running 3 (<age> ago) <age>"),
            ("op=Exists for 300s", "op=Exists for 300s"),
            ("delay=0s timeout=1s period=10s #success=1", "delay=0s timeout=1s period=10s #success=1"),
            ("27s (x2 over 27s)", "<age> (x2 over <age>)"),
            ("10.244.0.1 172.16.1.2 172.16.1.3 172.16.1.2", "10.244.0.1 <ip-1> <ip-2> <ip-1>"),
            ("pvc-bad300e1-a206-4a6f-a1cc-2c0c14fb3cf1 1Gi", "pvc-<uid-1> 1Gi"),
            (
                "statefulset rolling update complete 3 pods at revision flask-7d558464d5...",
                "statefulset rolling update complete 3 pods at revision flask-<hash-1>...",
            ),
            ("flask-hclvw IPv4", "flask-<suffix> IPv4"),
            ("Wed, 25 May 2022 06:00:49 +0000", "<time>"),
            ("chhan-k8s-1 chhan-k8s-3", "chhan-k8s-1 <worker>"),
            ("creationTimestamp: \"2026-11-23T03:17:46Z\"", "creationTimestamp: \"<time>\""),
            ("resourceVersion: \"12487\"", "resourceVersion: <rv>"),
            ("minReadySeconds: 10", "minReadySeconds: 10"),
        ] {
            assert_eq!(Folder::default().fold(text), folded);
        }
    }

    #[test]
    fn the_same_thing_has_the_same_number_throughout() {
        let mut folder = Folder::default();
        assert_eq!(folder.fold("172.16.0.1"), "<ip-1>");
        assert_eq!(folder.fold("172.16.0.2 172.16.0.1"), "<ip-2> <ip-1>");
    }
}
