//! A verb, and a command line that was read for it.

use super::failure::Failure;
use super::flags::Parsed;
use super::selector;
use crate::api::{Object, SimTime};
use crate::kubelet::laptop::Tunnels;
use crate::process::tty::Tty;
use crate::process::{Io, Program};
use shell::FileError;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Deref;
use std::rc::Rc;

/// A verb of kubectl, such as `get` or `rollout status`.
pub struct Verb {
    /// Its name: up to three words.
    pub name: &'static str,
    /// Its flags (see [`super::flags`]).
    pub flags: &'static str,
    /// Its help: what it does, and after a line `Usage:` how it is written.
    pub help: &'static str,
    /// What it does.
    pub run: Run,
}

/// Other names of verbs' second words.
pub(super) const ALIASES: &[(&str, &str, &str)] = &[
    ("create", "ns", "namespace"),
    ("create", "cm", "configmap"),
    ("create", "deploy", "deployment"),
    ("create", "svc", "service"),
    ("create", "sa", "serviceaccount"),
    ("create", "cj", "cronjob"),
    ("create", "pc", "priorityclass"),
    ("create", "pdb", "poddisruptionbudget"),
    ("create", "resourcequota", "quota"),
    ("create", "ing", "ingress"),
    ("set", "sa", "serviceaccount"),
    ("config", "use", "use-context"),
    ("top", "pods", "pod"),
    ("top", "po", "pod"),
    ("top", "nodes", "node"),
    ("top", "no", "node"),
];

/// What a verb does at the moment at which it is started.
pub type Run = fn(&Invocation, &mut Io) -> Result<Next, Failure>;

/// How it goes on.
pub enum Next {
    /// It has done its work, with this exit code.
    Done(i32),
    /// It goes on in simulated time.
    GoOn(Box<dyn Program>),
}

impl Next {
    /// It has done its work.
    pub const OK: Result<Next, Failure> = Ok(Next::Done(0));
}

/// The laptop's files, and the directory in which a command was given.
#[derive(Clone)]
pub struct Disk {
    /// The files.
    pub files: Rc<RefCell<shell::Files>>,
    /// The directory.
    pub directory: String,
    /// The ports on which programs listen there.
    pub tunnels: Tunnels,
}

impl Disk {
    /// A path as seen from the directory.
    pub fn absolute(&self, path: &str) -> String {
        shell::absolute(&self.directory, path)
    }

    /// Writes a file. Errors: it can't be written.
    pub fn put(&self, path: &str, text: &str, now: SimTime) -> Result<(), Failure> {
        let written = self.files.borrow_mut().write(path, text, false, now.unix_ms());
        written.map_err(|error| Failure::client(format!("open {path}: {}", go_text(error))))
    }
}

/// As Go's `syscall.Errno` says it.
pub(super) fn go_text(error: FileError) -> String {
    error.text().to_lowercase()
}

/// A command line that was read.
#[derive(Clone)]
pub struct Invocation {
    /// The verb.
    pub verb: &'static Verb,
    /// Arguments and flags.
    pub parsed: Parsed,
    /// What is piped into it.
    pub stdin: Option<String>,
    /// The files that it can name.
    pub files: BTreeMap<String, String>,
    /// The terminal, if the command was typed there.
    pub tty: Option<Rc<Tty>>,
    /// The files beside it, for a command that writes some.
    pub disk: Option<Disk>,
    /// The namespace of the kubeconfig's context, if it names one.
    pub context_namespace: Option<String>,
}

impl Deref for Invocation {
    type Target = Parsed;

    fn deref(&self) -> &Parsed {
        &self.parsed
    }
}

impl Invocation {
    /// The namespace: of `-n`, of the kubeconfig's context, or `default`.
    pub fn namespace(&self) -> &str {
        match self.text("namespace") {
            "" => self.context_namespace.as_deref().unwrap_or("default"),
            namespace => namespace,
        }
    }

    /// The texts of `-f`, each with the name by which errors call it. Errors: there is no such file.
    pub fn manifests(&self) -> Result<Vec<(String, String)>, Failure> {
        let mut texts = Vec::new();
        for name in self.list("filename") {
            if name == "-" {
                texts.push(("STDIN".to_string(), self.stdin.clone().unwrap_or_default()));
            } else if let Some(text) = self.files.get(name) {
                texts.push((name.clone(), text.clone()));
            } else if let Some(found) = self.in_directory(name) {
                if found.is_empty() {
                    let known = "recognized file extensions are [.json .yaml .yml]";
                    return Err(Failure::client(format!("error reading [{name}]: {known}")));
                }
                texts.extend(found);
            } else if name.starts_with("https://") || name.starts_with("http://") {
                let why = "the simulated laptop has no network: copy it into a file, or into the editor";
                return Err(Failure::client(format!("unable to read URL {name:?}, {why}")));
            } else {
                return Err(Failure::client(format!("the path {name:?} does not exist")));
            }
        }
        Ok(texts)
    }

    /// The manifests in a directory, with `-R` also those below it; nothing if it is none. Models `visitor.go:
    /// ExpandPathsToFileVisitors`.
    fn in_directory(&self, name: &str) -> Option<Vec<(String, String)>> {
        let disk = self.disk.as_ref()?;
        let files = disk.files.borrow();
        files.stat(&disk.absolute(name)).filter(|stat| stat.dir)?;
        let (mut found, mut open) = (Vec::new(), vec![name.trim_end_matches('/').to_string()]);
        while let Some(path) = open.pop() {
            let absolute = disk.absolute(&path);
            let is_directory = files.stat(&absolute).is_some_and(|stat| stat.dir);
            if is_directory && (path == name.trim_end_matches('/') || self.is("recursive")) {
                let mut names = files.list(&absolute).unwrap_or_default();
                collections::sort(&mut names);
                open.extend(names.iter().rev().map(|name| [&path, "/", name].concat()));
            } else if [".json", ".yaml", ".yml"].iter().any(|end| path.ends_with(end))
                && let Ok(text) = files.read(&absolute)
            {
                found.push((path.clone(), text.to_string()));
            }
        }
        Some(found)
    }

    /// Refuses arguments beside `-f` (`builder.go: visitByPaths`).
    pub fn only_paths(&self, args: &[String]) -> Result<(), Failure> {
        if args.is_empty() {
            return Ok(());
        }
        Err(Failure::client(if args.iter().any(|arg| arg.contains('/')) {
            "resource/name arguments cannot be provided when a path is specified"
        } else {
            "when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well"
        }))
    }

    /// Whether `-l` lets the object through.
    pub fn selects(&self, object: &Object) -> Result<bool, Failure> {
        let text = self.text("selector").trim();
        let selector = selector::parse_labels(text)
            .map_err(|why| Failure::client(format!("the provided selector {text:?} is not valid: {why}")));
        Ok(text.is_empty() || selector?.matches(&object.meta.labels))
    }

    /// A mistake in how the verb was used (`cmdutil.UsageErrorf`).
    pub fn usage(&self, message: impl Into<String>) -> Failure {
        Failure::Client(format!(
            "{}\nSee 'kubectl {} -h' for help and examples",
            message.into(),
            self.verb.name
        ))
    }
}
