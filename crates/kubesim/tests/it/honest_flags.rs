//! No flag is read and then ignored: each flag of each verb changes what a command prints or leaves behind, or is refused. The
//! table of lines is `honest_flags.txt`, the world in which they are given `honest_flags.sh`; each pair of lines runs on copies of it.

use kubesim::kubectl::flags::{GLOBAL, own};
use kubesim::kubectl::verbs;
use kubesim::{Input, Kind, Options, SimTime, Span, Story, Stream};
use std::collections::{BTreeMap, BTreeSet};

const TABLE: &str = include_str!("honest_flags.txt");
const WORLD: &str = include_str!("honest_flags.sh");
/// The flags of which no line shows anything yet.
const NOT_YET: &str = include_str!("honest_flags_unseen.txt");

/// Flags whose effect nobody sees here: how kubectl talks to the API server, what it keeps on disk, the line ends of another
/// system, the owners of files.
const UNSEEN: &str = "append-server-path cache-dir cached certificate-authority client-certificate client-key concurrency \
    detach-keys disable-compression insecure-skip-tls-verify insecure-skip-tls-verify-backend keepalive kuberc \
    log-flush-frequency match-server-version no-preserve openapi-patch password profile retries tls-server-name token use-protocol-buffers \
    username vmodule windows-line-endings";

/// What is compared of the world that a line leaves behind.
const LEFT: &str = "kubectl get sts,deploy,rs,controllerrevisions,pods,svc,cm,secret,job,cronjob,hpa,role,rolebinding,sa,pdb,quota,ing \
    -o json --show-managed-fields; kubectl get node,ns,priorityclass,clusterrolebinding -o json --show-managed-fields; kubectl config \
    view; ls; cat got";

/// A verb's part of the table.
#[derive(Default)]
struct Section {
    line: String,
    /// The line that names `sts.yaml`.
    file: String,
    rows: BTreeMap<String, String>,
}

fn table() -> BTreeMap<String, Section> {
    let mut sections: BTreeMap<String, Section> = BTreeMap::new();
    let mut name = String::new();
    for line in TABLE.lines().filter(|line| !line.starts_with("# ") && !line.is_empty()) {
        if let Some(verb) = line.strip_prefix("## ") {
            name = verb.to_string();
        }
        let section = sections.entry(name.clone()).or_default();
        match (line.strip_prefix("@ "), line.split_once(": ")) {
            _ if line.starts_with("## ") => {}
            (Some(file), _) => section.file = file.to_string(),
            (None, Some((flag, row))) if !flag.contains(' ') => {
                section.rows.insert(flag.to_string(), row.to_string());
            }
            _ => section.line = line.to_string(),
        }
    }
    sections
}

/// The lines without and with a flag, as the table has them.
fn lines(section: &Section, every: &Section, flag: &str) -> Option<(String, String)> {
    let both = |words: &str| [&section.line, " ", words].concat();
    let added = |row: &str| match row.split_once(" => ") {
        Some((without, with)) => (both(without), both(with)),
        None => (section.line.clone(), both(row)),
    };
    if let Some(row) = section.rows.get(flag) {
        return match row.strip_prefix("! ") {
            Some(lines) => lines.split_once(" => ").map(|(a, b)| (a.to_string(), b.to_string())),
            None => Some(added(row)),
        };
    }
    let file = &section.file;
    match flag {
        "filename" if !file.is_empty() => Some((file.replace("sts.yaml", "app.yaml"), file.clone())),
        "kustomize" if !file.is_empty() => Some((file.clone(), file.replace("-f sts.yaml", "-k kdir"))),
        "recursive" if !file.is_empty() => {
            Some((file.replace("sts.yaml", "dir"), file.replace("sts.yaml", "dir -R")))
        }
        flag => every.rows.get(flag).map(|row| added(row)),
    }
}

/// A text with the nodes' names in their places.
fn with_nodes(text: &str, nodes: &[String]) -> String {
    let places = [("CORDONED", 2), ("EMPTYDIR", 3), ("TAINTED", 2), ("NODE", 1)];
    places.iter().fold(text.to_string(), |text, (place, node)| text.replace(place, &nodes[*node]))
}

/// A line of the table as the shell gets it.
fn typed(line: &str, nodes: &[String]) -> String {
    let line = with_nodes(line, nodes);
    if line.contains("kubectl") {
        return line;
    }
    let is_odd = |word: &str| word.contains(['{', '"', '*', '[', '<']);
    let quoted =
        line.split(' ').map(|word| if is_odd(word) { format!("'{word}'") } else { word.to_string() });
    ["timeout 40 kubectl ", &quoted.collect::<Vec<_>>().join(" ")].concat()
}

/// What a line prints, or what it leaves behind.
fn seen(story: &Story, line: &str, left: bool) -> (Option<i32>, Vec<(Stream, String)>) {
    let then = if left { ["; ", LEFT].concat() } else { "; echo \"ended: $?\"".to_string() };
    let probed = story.probe(&[], &[line, &then].concat());
    (probed.exit_code, probed.output)
}

/// The world of the lines, and its nodes' names.
fn world() -> (Story, Vec<String>) {
    let mut story = Story::new(Options::default());
    story.run_until(SimTime(1000));
    let nodes =
        story.cluster.api.store().list(Kind::Node).map(|node| node.meta.name.to_string()).collect::<Vec<_>>();
    story.input(Input::Line(with_nodes(WORLD, &nodes).as_str().into()));
    story.run_until(story.now() + Span::seconds(90));
    (story, nodes)
}

#[test]
fn no_flag_is_read_and_ignored() {
    let (story, nodes) = world();
    let (table, mut ignored, mut count) = (table(), Vec::new(), 0);
    let of_verbs = verbs().map(|verb| (verb.name, own(verb.flags).map(|flag| flag.long).collect::<Vec<_>>()));
    let global: Vec<&str> = own(GLOBAL).map(|flag| flag.long).collect();
    for (verb, flags) in of_verbs.chain([("any", global)]) {
        let Some(section) = table.get(verb) else {
            ignored.push(format!("{verb}: not in the table"));
            continue;
        };
        for flag in flags.into_iter().filter(|flag| !UNSEEN.split_whitespace().any(|known| known == *flag)) {
            count += 1;
            let name = format!("{verb} --{flag}");
            let Some((without, with)) = lines(section, &table["*"], flag) else {
                ignored.push(name);
                continue;
            };
            let pair = [typed(&without, &nodes), typed(&with, &nodes)];
            let [before, after] = [&pair[0], &pair[1]].map(|line| seen(&story, line, false));
            let is_unknown = after.1.iter().any(|(_, text)| text.contains("unknown flag: --"));
            let is_same = before == after && seen(&story, &pair[0], true) == seen(&story, &pair[1], true);
            if is_same || is_unknown {
                ignored.push(name);
            }
        }
    }
    assert!(count > 700, "{count}");
    let known: BTreeSet<&str> = NOT_YET.lines().filter(|line| !line.starts_with('#')).collect();
    let ignored: BTreeSet<&str> = ignored.iter().map(String::as_str).collect();
    let new: Vec<&&str> = ignored.difference(&known).collect();
    let no_more: Vec<&&str> = known.difference(&ignored).collect();
    assert!(new.is_empty() && no_more.is_empty(), "read and ignored: {new:#?}; seen now: {no_more:#?}");
}
