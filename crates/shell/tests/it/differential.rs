//! Every snippet of `tests/differential/*.txt` runs here and prints and ends as it did in the real shells: bash, dash and
//! BusyBox' ash. `record.sh` beside them has recorded that. What does not yet is listed in `not-yet.txt`, and nothing else
//! may fail; `SHELL_CASE=topic/name` shows one.

use shell::{External, FileError, Files, Host, Output, Shell, Stat, Step, Unknown, Userland};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

const TOPICS: [(&str, &str); 4] = [
    ("posix", include_str!("../differential/posix.txt")),
    ("bash", include_str!("../differential/bash.txt")),
    ("tools", include_str!("../differential/tools.txt")),
    ("jq", include_str!("../differential/jq.txt")),
];
const RECORDED: [(&str, &str); 3] = [
    ("bash", include_str!("../differential/recorded/bash")),
    ("dash", include_str!("../differential/recorded/dash")),
    ("ash", include_str!("../differential/recorded/ash")),
];
const NOT_YET: &str = include_str!("../differential/not-yet.txt");

/// What a snippet prints and how it ends.
#[derive(PartialEq, Eq, Default)]
struct Outcome {
    code: i32,
    out: String,
    err: String,
}

/// The files of a machine on which the snippets run.
pub(crate) struct Machine {
    pub(crate) now_ms: u64,
    files: Files,
    userland: Userland,
    outcome: Outcome,
    /// All that was printed, in its order.
    pub(crate) printed: String,
}

impl Machine {
    pub(crate) fn new(userland: Userland) -> Machine {
        let mut files = Files::default();
        for dir in ["/bin", "/dev", "/etc", "/proc", "/root", "/tmp", "/tmp/w", "/usr", "/usr/bin"] {
            files.make_dir(dir, 0).expect("a new directory");
        }
        files.write("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\n", false, 0).expect("room");
        files.write("/etc/group", "root:x:0:\n", false, 0).expect("room");
        Machine {
            now_ms: 1_700_000_000_000,
            files,
            userland,
            outcome: Outcome::default(),
            printed: String::new(),
        }
    }
}

impl Host for Machine {
    fn now_ms(&self) -> u64 {
        self.now_ms
    }
    fn hostname(&self) -> String {
        "flask-1".into()
    }
    fn address(&self) -> String {
        "10.0.0.1".into()
    }
    fn userland(&self) -> Option<Userland> {
        Some(self.userland)
    }
    fn stat(&self, path: &str) -> Option<Stat> {
        self.files.stat(path)
    }
    fn read(&self, path: &str) -> Result<String, FileError> {
        self.files.read(path).map(str::to_string)
    }
    fn write(&mut self, path: &str, text: &str, append: bool) -> Result<(), FileError> {
        self.files.write(path, text, append, self.now_ms)
    }
    fn list(&self, path: &str) -> Result<Vec<String>, FileError> {
        self.files.list(path)
    }
    fn make_dir(&mut self, path: &str) -> Result<(), FileError> {
        self.files.make_dir(path, self.now_ms)
    }
    fn remove(&mut self, path: &str) -> Result<(), FileError> {
        self.files.remove(path)
    }
    fn set_attributes(
        &mut self,
        path: &str,
        mode: Option<u32>,
        modified_ms: Option<u64>,
    ) -> Result<(), FileError> {
        self.files.set_attributes(path, mode, modified_ms)
    }
    fn set_owner(&mut self, path: &str, user: Option<u32>, group: Option<u32>) -> Result<(), FileError> {
        self.files.set_owner(path, user, group)
    }
    fn link(&mut self, target: &str, path: &str) -> Result<(), FileError> {
        self.files.link(target, path, self.now_ms)
    }
    fn read_link(&self, path: &str) -> Option<String> {
        self.files.read_link(path)
    }
    fn output(&mut self, to: Output, text: &str) {
        self.printed.push_str(text);
        match to {
            Output::Stdout => self.outcome.out.push_str(text),
            Output::Stderr => self.outcome.err.push_str(text),
        }
    }
    fn external(&mut self, _argv: &[String], _stdin: &str) -> External {
        External::Unknown
    }
}

/// Runs a snippet in one of our shells.
fn run(shell: &str, script: &str) -> Outcome {
    let userland = if shell == "ash" { Userland::BusyBox } else { Userland::Gnu };
    let mut machine = Machine::new(userland);
    let argv = [if shell == "bash" { "bash" } else { "sh" }, "-c", script].map(String::from);
    let env = [("HOME", "/root"), ("HOSTNAME", "flask-1"), ("PATH", "/usr/bin:/bin"), ("TZ", "UTC")];
    let env = env.map(|(name, value)| (name.to_string(), value.to_string()));
    let mut program = Shell::script(&argv, &env, "/tmp/w", Unknown::NotFound);
    program.set_pid(1000);
    let end = machine.now_ms + 20_000;
    machine.outcome.code = loop {
        match program.run(&mut machine) {
            Step::Exit(code) => break code,
            Step::Sleep { ms } | Step::Busy { ms } if machine.now_ms < end => machine.now_ms += ms,
            _ => break 124,
        }
    };
    if let Some(usage) = machine.outcome.err.find("BusyBox v") {
        machine.outcome.err.truncate(usage);
    }
    machine.outcome
}

/// The snippets of a file by name.
fn snippets(text: &str) -> Vec<(&str, String)> {
    let mut snippets: Vec<(&str, String)> = Vec::new();
    for line in text.lines().skip(1) {
        match line.strip_prefix("--- ") {
            Some(name) => snippets.push((name, String::new())),
            None => {
                let (_, script) = snippets.last_mut().expect("a snippet begins with its name");
                script.push_str(line);
                script.push('\n');
            }
        }
    }
    snippets
}

/// What a shell did, by topic and name.
fn recorded(text: &str) -> BTreeMap<String, Outcome> {
    let mut all = BTreeMap::new();
    let mut name = String::new();
    for line in text.split_terminator('\n') {
        if let Some(title) = line.strip_prefix("=== ") {
            let (title, code) = title.rsplit_once(' ').expect("a title ends in a code");
            name = title.to_string();
            let code = code.parse().expect("a number");
            all.insert(name.clone(), Outcome { code, ..Outcome::default() });
            continue;
        }
        let outcome = all.get_mut(&name).expect("lines have a title");
        let (to, text) = line.split_at(1);
        let stream = if to == "1" { &mut outcome.out } else { &mut outcome.err };
        stream.push_str(&text[1..]);
        if text.starts_with('|') {
            stream.push('\n');
        }
    }
    all
}

#[test]
fn snippets_do_as_in_real_shells() {
    let only = std::env::var("SHELL_CASE").ok();
    let mut failed = BTreeSet::new();
    let mut table = String::from("\n| topic | shell | passed | of |\n| --- | --- | ---: | ---: |\n");
    for (topic, text) in TOPICS {
        let shells = text.lines().next().and_then(|l| l.strip_prefix("# shells: ")).expect("the first line");
        for shell in shells.split(' ') {
            let (_, real) =
                RECORDED.iter().find(|(name, _)| *name == shell).expect("a shell that was recorded");
            let real = recorded(real);
            let (mut passed, mut all) = (0, 0);
            for (name, script) in snippets(text) {
                let title = format!("{topic}/{name}");
                if only.as_ref().is_some_and(|only| *only != title && *only != format!("{title} {shell}")) {
                    continue;
                }
                let want = &real[&title];
                let got = run(shell, &script);
                all += 1;
                if got == *want {
                    passed += 1;
                    continue;
                }
                if only.is_some() || std::env::var("SHELL_DIFF").is_ok_and(|t| title.starts_with(&t)) {
                    println!("##### {title} [{shell}]\n{script}");
                    println!("--- code {}\n{}--- err\n{}", want.code, want.out, want.err);
                    println!("+++ code {}\n{}+++ err\n{}\n", got.code, got.out, got.err);
                }
                failed.insert(format!("{title} {shell}"));
            }
            _ = writeln!(table, "| {topic} | {shell} | {passed} | {all} |");
        }
    }
    println!("{table}");
    if only.is_some() {
        return;
    }
    let known: BTreeSet<String> = NOT_YET.lines().map(str::to_string).collect();
    if std::env::var("SHELL_UPDATE").is_ok() {
        let lines: String = failed.iter().map(|line| format!("{line}\n")).collect();
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/differential/not-yet.txt");
        std::fs::write(path, lines).expect("the list is written");
        return;
    }
    let worse: Vec<&String> = failed.difference(&known).collect();
    let better: Vec<&String> = known.difference(&failed).collect();
    assert!(worse.is_empty(), "these did before: {worse:#?}");
    assert!(better.is_empty(), "take these out of not-yet.txt: {better:#?}");
}
