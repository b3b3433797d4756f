//! kubectl: a command line → requests → what is printed.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`flags`] | each verb's flags, and the reading of a command line |
//! | [`resource`], [`selector`] | which objects a command is about |
//! | `get` | lists, tables, watches |
//! | [`describe`], `events`, `logs`, `info` | the other verbs that only read |
//! | [`pods`] | which pod and which container is meant |
//! | [`printers`], [`table`] | the columns of every kind, and how they line up |
//! | [`output`] | YAML, JSON, jsonpath, custom columns |
//! | [`act`] | the verbs that change something, run something, or wait |
//!
//! [`command`] finds the verb in the table ([`verbs`]) and starts it. A verb is a function: most end at once, the others
//! hand over to a [`Program`] that goes on in simulated time. What a user gets wrong is a [`Failure`] in kubectl's words.

pub mod act;
pub mod describe;
mod events;
pub mod flags;
mod get;
mod info;
mod logs;
pub mod output;
pub mod pods;
pub mod printers;
pub mod resource;
pub mod selector;
mod subresource;
pub mod table;

use crate::api::Object;
use crate::api::status::{ApiError, StatusReason};
use crate::process::tty::Tty;
use crate::process::{Io, Program, Step};
use flags::{Parsed, Takes};
use std::collections::BTreeMap;
use std::ops::Deref;
use std::rc::Rc;

/// A verb of kubectl, such as `get` or `rollout status`.
pub struct Verb {
    /// Its name: one word, or two.
    pub name: &'static str,
    /// Its flags (see [`flags`]).
    pub flags: &'static str,
    /// Its help: what it does, and after a line `Usage:` how it is written.
    pub help: &'static str,
    /// What it does.
    pub run: Run,
}

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
}

impl Deref for Invocation {
    type Target = Parsed;

    fn deref(&self) -> &Parsed {
        &self.parsed
    }
}

impl Invocation {
    /// The namespace: of `-n`, or `default`.
    pub fn namespace(&self) -> &str {
        match self.text("namespace") {
            "" => "default",
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
            } else {
                return Err(Failure::client(format!("the path {name:?} does not exist")));
            }
        }
        Ok(texts)
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

/// What went wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failure {
    /// The API server refused.
    Server(ApiError),
    /// kubectl itself refused: printed after `error: `.
    Client(String),
    /// Printed as it is.
    Plain(String),
    /// Something else, and what was being done (`error when creating "STDIN": `): a refusal of the API server keeps its
    /// reason, and an invalid object speaks for itself. Models `cmdutil.AddSourceToErr`.
    While(String, Box<Failure>),
    /// Several things.
    Many(Vec<Failure>),
    /// Everything was said; the exit code.
    Silent(i32),
}

impl Failure {
    /// kubectl itself refuses.
    pub fn client(message: impl Into<String>) -> Failure {
        Failure::Client(message.into())
    }

    /// All of these, unless there is none.
    pub fn all(mut failures: Vec<Failure>) -> Result<(), Failure> {
        match failures.len() {
            0 => Ok(()),
            1 => Err(failures.remove(0)),
            _ => Err(Failure::Many(failures)),
        }
    }

    fn is_invalid(&self) -> bool {
        match self {
            Failure::Server(error) => error.reason == StatusReason::Invalid,
            Failure::While(_, failure) => failure.is_invalid(),
            _ => false,
        }
    }

    /// What it says without `error: ` or `Error from server`, and that.
    fn words(&self) -> (String, Option<StatusReason>) {
        match self {
            Failure::Server(error) => (error.message.clone(), Some(error.reason)),
            Failure::While(what, failure) => {
                let (message, reason) = failure.words();
                (format!("{what}{message}"), reason)
            }
            Failure::Client(message) => (message.clone(), None),
            other => (other.text(), None),
        }
    }

    /// What went wrong in the end, without what was being done, and why the API server refused, if it did.
    pub(crate) fn cause(&self) -> (String, Option<StatusReason>) {
        match self {
            Failure::While(_, failure) => failure.cause(),
            Failure::Server(error) if error.reason == StatusReason::Invalid => {
                (invalid(&error.message), Some(error.reason))
            }
            other => other.words(),
        }
    }

    /// What is printed of it among others. Models helpers.go: messageForError.
    fn one_of_many(&self) -> String {
        match self.words() {
            (message, Some(reason)) => from_server(reason, &message),
            (message, None) => message,
        }
    }

    /// The exit code.
    pub fn code(&self) -> i32 {
        if let Failure::Silent(code) = self { *code } else { 1 }
    }

    /// What is printed, without a line end. Models `k8s.io/kubectl/pkg/cmd/util/helpers.go: checkErr`.
    pub fn text(&self) -> String {
        match self {
            Failure::Server(error) if error.reason == StatusReason::Invalid => invalid(&error.message),
            Failure::Server(error) => from_server(error.reason, &error.message),
            Failure::Client(message) => format!("error: {message}"),
            Failure::Plain(message) => message.clone(),
            Failure::While(_, failure) if failure.is_invalid() => failure.text(),
            Failure::While(..) => match self.words() {
                (message, None) => format!("error: {message}"),
                _ => self.one_of_many(),
            },
            Failure::Many(failures) => {
                failures.iter().map(Failure::one_of_many).collect::<Vec<_>>().join("\n")
            }
            Failure::Silent(_) => String::new(),
        }
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Failure {
        Failure::Server(error)
    }
}

fn from_server(reason: StatusReason, message: &str) -> String {
    match reason {
        StatusReason::Unknown => format!("Error from server: {message}"),
        reason => format!("Error from server ({}): {message}", reason.name()),
    }
}

/// `StatefulSet.apps "flask" is invalid: why` → `The StatefulSet "flask" is invalid: why`.
fn invalid(message: &str) -> String {
    let Some((what, why)) = message.split_once(" is invalid: ") else {
        return format!("The request is invalid: {message}");
    };
    let (kind, name) = what.split_once(' ').unwrap_or((what, ""));
    let kind = kind.split('.').next().unwrap_or(kind);
    format!("The {kind} {name} is invalid: {why}")
}

/// All verbs.
pub fn verbs() -> impl Iterator<Item = &'static Verb> {
    VERBS.iter().chain(info::VERBS).chain([&act::APPLY]).chain(act::VERBS)
}

/// The verb of this name.
fn verb_named(name: &str) -> Option<&'static Verb> {
    if name == act::APPLY.name { Some(&act::APPLY) } else { other_verb(name) }
}

/// A verb that no story begins with: its table is not needed at first.
#[cold]
#[inline(never)]
fn other_verb(name: &str) -> Option<&'static Verb> {
    verbs().find(|verb| verb.name == name)
}

/// Whether this line is one kubectl command that changes nothing.
pub fn only_reads(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let is_kubectl = matches!(words.next(), Some("kubectl" | "k"));
    let verb = |word: &str| verbs().find(|v| v.name.split(' ').next() == Some(word));
    let named = words.find_map(verb).map(|verb| verb.name);
    let reads = VERBS.iter().chain(info::VERBS).any(|verb| Some(verb.name) == named);
    is_kubectl && reads && !line.contains([';', '&', '|', '<', '>', '$', '`', '('])
}

/// The verbs that only read.
const VERBS: &[Verb] = &[
    Verb { name: "get", flags: get::FLAGS, help: get::HELP, run: get::run },
    Verb { name: "describe", flags: describe::FLAGS, help: describe::HELP, run: describe::run },
    Verb { name: "logs", flags: logs::FLAGS, help: logs::HELP, run: logs::run },
    Verb { name: "events", flags: events::FLAGS, help: events::HELP, run: events::run },
    Verb { name: "help", flags: "", help: include_str!("help.txt"), run: show_help },
];

/// kubectl's commands that are not simulated.
const NOT_SIMULATED: &[&str] =
    &["alpha", "auth", "certificate", "completion", "explain", "kuberc", "kustomize", "plugin", "proxy"];

/// A command line of kubectl, without the word `kubectl`: as a program that runs in simulated time beside the cluster.
pub fn command(argv: &[String], stdin: Option<&str>, files: &BTreeMap<String, String>) -> Box<dyn Program> {
    command_at(argv, stdin, files, None)
}

/// A command line typed at a terminal, which the command can read.
pub fn command_at(
    argv: &[String],
    stdin: Option<&str>,
    files: &BTreeMap<String, String>,
    tty: Option<Rc<Tty>>,
) -> Box<dyn Program> {
    let read = read(argv, stdin, files).map(|inv| Invocation { tty, ..inv });
    Box::new(Command { read: Some(read), rest: None })
}

struct Command {
    read: Option<Result<Invocation, Failure>>,
    rest: Option<Box<dyn Program>>,
}

impl Program for Command {
    fn run(&mut self, io: &mut Io) -> Step {
        if let Some(read) = self.read.take() {
            let next = read.and_then(|inv| {
                if inv.is("help") {
                    io.out(help(inv.verb));
                    return Next::OK;
                }
                (inv.verb.run)(&inv, io)
            });
            match next {
                Ok(Next::Done(code)) => return Step::Exit(code),
                Ok(Next::GoOn(program)) => self.rest = Some(program),
                Err(failure) => return fail(&failure, io),
            }
        }
        self.rest.as_mut().expect("a command that goes on has a program").run(io)
    }

    fn interrupt(&mut self, io: &mut Io) -> Option<i32> {
        match &mut self.rest {
            Some(program) => program.interrupt(io),
            None => Some(130),
        }
    }
}

/// Prints what went wrong and ends the command.
pub fn fail(failure: &Failure, io: &mut Io) -> Step {
    let text = failure.text();
    if !text.is_empty() {
        io.err(text + "\n");
    }
    Step::Exit(failure.code())
}

/// Finds the verb and reads its flags.
fn read(
    argv: &[String],
    stdin: Option<&str>,
    files: &BTreeMap<String, String>,
) -> Result<Invocation, Failure> {
    let Some((verb, words)) = find_verb(argv) else { return Err(unknown_verb(argv)) };
    let parsed = Parsed::read(&words, verb.flags)
        .map_err(|e| Failure::client(format!("{e}\nSee 'kubectl {} --help' for usage.", verb.name)))?;
    Ok(Invocation { verb, parsed, stdin: stdin.map(String::from), files: files.clone(), tty: None })
}

/// Other names of verbs' second words.
const ALIASES: &[(&str, &str, &str)] = &[
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
];

/// The verb of these words, and the words without it. Models `github.com/spf13/cobra: Command.Find`.
fn find_verb(argv: &[String]) -> Option<(&'static Verb, Vec<String>)> {
    let at = words_that_are_no_flags(argv);
    let word = |n: usize| at.get(n).map(|at| argv[*at].as_str());
    let first = word(0).unwrap_or_default();
    let two = word(1).and_then(|second| {
        let alias = ALIASES.iter().find(|(known, alias, _)| *known == first && *alias == second);
        let second = alias.map_or(second, |(_, _, name)| *name);
        verb_named(&[first, second].join(" "))
    });
    let (verb, taken) = match two {
        Some(verb) => (verb, 2),
        None if at.is_empty() => (verb_named("help")?, 0),
        None => (verb_named(first)?, 1),
    };
    let rest = argv.iter().enumerate().filter(|(n, _)| !at[..taken].contains(n)).map(|(_, w)| w.clone());
    Some((verb, rest.collect()))
}

/// Where words stand that are neither flags nor values of flags. A flag that isn't known is taken to have a value.
fn words_that_are_no_flags(argv: &[String]) -> Vec<usize> {
    let takes_value = |short: Option<char>, long: &str| {
        let flag = flags::table("").find(|f| if short.is_some() { f.short == short } else { f.long == long });
        !matches!(flag.map(|f| f.takes), Some(Takes::Bool | Takes::Optional(_)))
    };
    let mut at = Vec::new();
    let mut skip = false;
    for (n, word) in argv.iter().enumerate() {
        if std::mem::take(&mut skip) {
            continue;
        }
        let mut letters = word.chars();
        match (letters.next(), letters.next(), letters.next()) {
            _ if word == "--" => break,
            (Some('-'), Some('-'), _) => skip = !word.contains('=') && takes_value(None, &word[2..]),
            (Some('-'), short @ Some(_), None) => skip = takes_value(short, ""),
            (Some('-'), Some(_), Some(_)) => {}
            _ => at.push(n),
        }
    }
    at
}

fn unknown_verb(argv: &[String]) -> Failure {
    let word = words_that_are_no_flags(argv).first().map_or("", |at| argv[*at].as_str());
    if NOT_SIMULATED.contains(&word) {
        return Failure::client(format!("kubectl {word} is not simulated"));
    }
    let mut message = format!("unknown command {word:?} for \"kubectl\"");
    let similar = suggestions(word);
    if !similar.is_empty() {
        message.push_str("\n\nDid you mean this?\n\t");
        message.push_str(&similar.join("\n\t"));
    }
    Failure::Client(message)
}

/// The verbs that a mistyped one may mean. Models `github.com/spf13/cobra: Command.SuggestionsFor`.
fn suggestions(typed: &str) -> Vec<&'static str> {
    let also = |name| match name {
        "get" => &["list", "ls"][..],
        "describe" => &["inspect"],
        "delete" => &["rm", "remove"],
        "top" => &["stats"],
        _ => &[],
    };
    let lower = typed.to_ascii_lowercase();
    let mut names: Vec<&str> = verbs()
        .map(|v| v.name.split(' ').next().unwrap_or(v.name))
        .chain(NOT_SIMULATED.iter().copied())
        .collect();
    collections::sort(&mut names);
    names.dedup();
    names.retain(|name| {
        distance(&lower, name) <= 2 || name.starts_with(&lower) || also(name).contains(&lower.as_str())
    });
    names
}

/// How many letters have to be put in, taken away or replaced to get from one word to another.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            let best = replaced.min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = std::mem::replace(&mut row[j + 1], best);
        }
    }
    row[to.len()]
}

/// `kubectl`, `kubectl help`, `kubectl help VERB`
fn show_help(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let (verb, _) = find_verb(&inv.args).ok_or_else(|| unknown_verb(&inv.args))?;
    io.out(help(verb));
    Next::OK
}

/// What `--help` prints.
pub fn help(verb: &Verb) -> String {
    if verb.name == "help" {
        return verb.help.to_string();
    }
    let usage = if verb.help.contains("\nUsage:") {
        String::new()
    } else {
        format!("\n\nUsage:\n  kubectl {} [flags] [options]", verb.name)
    };
    format!(
        "{}{usage}\n\nUse \"kubectl options\" for a list of global command-line options (applies to all commands).\n",
        verb.help
    )
}
