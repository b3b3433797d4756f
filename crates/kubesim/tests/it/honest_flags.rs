//! No flag is read and then ignored: each flag of each verb changes what a command prints or leaves behind, or is refused. The
//! table of lines is `honest_flags.txt`, the world in which they are given `honest_flags.sh`; each pair of lines runs on copies of it.

use kubesim::kubectl::flags::{GLOBAL, own};
use kubesim::kubectl::{self, verbs};
use kubesim::{Input, Kind, Options, SimTime, Span, Story, Stream};
use std::collections::BTreeMap;

const TABLE: &str = include_str!("honest_flags.txt");
const WORLD: &str = include_str!("honest_flags.sh");

/// Flags whose effect nobody sees here, as in kubectl when all is well: how it talks to the API server, what it keeps on disk, the
/// line ends of another system's editor, the owners of files, the keys that leave a container.
const UNSEEN: &str = "append-server-path concurrency detach-keys disable-compression insecure-skip-tls-verify \
    insecure-skip-tls-verify-backend keepalive log-flush-frequency match-server-version no-preserve openapi-patch retries token \
    use-protocol-buffers windows-line-endings";

/// What is compared of the world that a line leaves behind.
const LEFT: &str = "kubectl get sts,deploy,rs,controllerrevisions,pods,svc,cm,secret,job,cronjob,hpa,role,rolebinding,sa,pdb,quota,ing \
    -o json --show-managed-fields; kubectl get node,ns,priorityclass,clusterrolebinding -o json --show-managed-fields; kubectl get \
    clusterrole x -o json --show-managed-fields; kubectl config view; ls; cat got";

/// A verb's part of the table.
#[derive(Default)]
struct Section {
    line: String,
    /// The line that names `sts.yaml`.
    file: String,
    rows: BTreeMap<String, String>,
    /// What an editor changes, if the lines open one: a text, and what takes its place.
    edits: Vec<(String, String)>,
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
            _ if line.starts_with("% ") => {
                let (old, new) = line[2..].split_once(" => ").expect("an edit has two sides");
                section.edits.push((old.into(), new.into()));
            }
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
    let text = text.replace("TOO_LONG", &"x".repeat(129));
    places.iter().fold(text, |text, (place, node)| text.replace(place, &nodes[*node]))
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

/// What a line prints, or what it leaves behind; `edited` is what an editor saved, if the line opens one.
fn seen(story: &Story, line: &str, edited: Option<&str>, left: bool) -> (Option<i32>, Vec<(Stream, String)>) {
    let then = if left { ["; ", LEFT].concat() } else { "; echo \"ended: $?\"".to_string() };
    let whole = [line, &then].concat();
    let probed = match edited {
        Some(text) => story.probe_edit(&whole, text),
        None => story.probe(&[], &whole),
    };
    (probed.exit_code, probed.output)
}

/// The text that an editor saves of a line of kubectl (without the word); nothing if the verb opens none, or refuses to.
fn edited(story: &Story, section: &Section, line: &str) -> Option<String> {
    let _ = section.edits.first()?;
    let words: Vec<String> = line.split(' ').map(String::from).collect();
    let read = |names: &str| -> String {
        let printed = story.probe(&[], &format!("cat {names}")).output;
        printed.into_iter().filter(|(stream, _)| *stream == Stream::Stdout).map(|(_, text)| text).collect()
    };
    // What each name of a file stands for; the files of a directory are one here.
    let is_deep = words.iter().any(|word| word == "-R");
    let directory = if is_deep { "dir/a.yaml; echo ---; cat dir/sub/b.yaml" } else { "dir/a.yaml" };
    let mut files = BTreeMap::from([("dir".to_string(), read(directory))]);
    for name in ["sts.yaml", "app.yaml", "kdir/kustomization.yaml", "kdir/app.yaml"] {
        files.insert(name.to_string(), read(name));
    }
    let opened = kubectl::editor::text_of(story.cluster.api.store(), &words, &files)?;
    Some(section.edits.iter().fold(opened, |text, (old, new)| text.replace(old, new)))
}

/// What a flag is to do.
enum Expected {
    /// The first line and the second print something else, or leave another world behind.
    Another(String, String),
    /// Nothing, as in kubectl: the two lines do the same.
    Nothing(String, String),
}

/// What the table says of a flag; nothing if it does not name it.
fn expected(section: &Section, every: &Section, flag: &str) -> Option<Expected> {
    if section.rows.get(flag).is_some_and(|row| row.starts_with("= ")) {
        let with = format!("{} --{flag}", section.line);
        return Some(Expected::Nothing(section.line.clone(), with));
    }
    lines(section, every, flag).map(|(without, with)| Expected::Another(without, with))
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
    // Whoever shows the cluster says why things are as they are; here it only has to be asked.
    kubectl::why::answer_with(|_, key| (key.kind == Kind::StatefulSet).then(|| format!("{}\n", key.name)));
    let (story, nodes) = world();
    let (table, mut wrong, mut count) = (table(), Vec::new(), 0);
    let of_verbs = verbs().map(|verb| (verb.name, own(verb.flags).map(|flag| flag.long).collect::<Vec<_>>()));
    let global: Vec<&str> = own(GLOBAL).map(|flag| flag.long).collect();
    for (verb, flags) in of_verbs.chain([("any", global)]) {
        let Some(section) = table.get(verb) else {
            wrong.push(format!("{verb}: not in the table"));
            continue;
        };
        for flag in flags.into_iter().filter(|flag| !UNSEEN.split_whitespace().any(|known| known == *flag)) {
            count += 1;
            let name = format!("{verb} --{flag}");
            let (without, with, is_to_differ) = match expected(section, &table["*"], flag) {
                Some(Expected::Another(without, with)) => (without, with, true),
                Some(Expected::Nothing(without, with)) => (without, with, false),
                None => {
                    wrong.push(format!("{name}: no line shows it"));
                    continue;
                }
            };
            let texts = [&without, &with].map(|line| edited(&story, section, line));
            let pair = [typed(&without, &nodes), typed(&with, &nodes)];
            let run = |n: usize, left| seen(&story, &pair[n], texts[n].as_deref(), left);
            let (before, after) = (run(0, false), run(1, false));
            if after.1.iter().any(|(_, text)| text.contains("unknown flag: --")) {
                wrong.push(format!("{name}: unknown"));
            }
            let differs = before != after || run(0, true) != run(1, true);
            if differs != is_to_differ {
                let why = if differs { "kubectl makes nothing of it" } else { "read and ignored" };
                wrong.push(format!("{name}: {why}: {before:?}"));
            }
        }
    }
    assert!(count > 700, "{count}");
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
}
