//! `kubesim run`: what becomes of manifests, in lines.

use crate::memory;
use crate::output::{Problem, Result, remark};
use crate::progress::Progress;
use crate::world::WorldFlags;
use clap::{ValueEnum, value_parser};
use kubesim::api::Body;
use kubesim::api::event::Event;
use kubesim::kubectl::printers;
use kubesim::manifest::{Severity, diagnose_source};
use kubesim::{
    Change, Cluster, Entry, KUBERNETES_VERSION, Key, Object, Options, Program, SimTime, Span, Stream,
    kubectl, terminal,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{ErrorKind, Read, StdoutLock, Write};

/// Apply manifests to a new cluster and tell what happens
///
/// The story goes to standard output, remarks to standard error. A manifest with a mistake is refused before anything is
/// applied.
#[derive(clap::Args)]
pub struct Args {
    /// The manifests, as of `kubectl apply -f`; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// Give this command when the cluster is at rest; may be repeated
    ///
    /// A line of the shell of a laptop that has kubectl, such as "kubectl delete pod web-0". Each is given when the cluster
    /// is at rest again after the one before.
    #[arg(long = "command", value_name = "COMMAND")]
    commands: Vec<String>,
    /// Tell until this moment of the cluster's time, not until it is at rest; commands are given then
    #[arg(long, value_name = "SECONDS", value_parser = value_parser!(i64).range(0..=1_000_000_000))]
    until: Option<i64>,
    #[command(flatten)]
    world: WorldFlags,
    /// How the story is told
    #[arg(short, long, value_enum, default_value_t = Form::Text)]
    output: Form,
    /// Say at the end what the simulation took, as JSON on standard error
    #[arg(long)]
    stats: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Lines for people, and what is there in the end as kubectl shows it
    Text,
    /// One JSON object a line. Each has `at_ms` (milliseconds of the cluster's time) and `type`: `object` (`change`:
    /// created, changed or deleted; `kind`, `namespace`, `name`; `state`, in kubectl's words, where its kind has one), `event`
    /// (`kind`, `namespace` and `name` of what it is about, `reason`, `message`), `command` (`command`), `output` of it
    /// (`stream`: stdout or stderr; `text`), `exit` of it (`code`)
    Json,
}

/// The cluster is at rest when nothing but events was written for this long.
const REST: Span = Span::seconds(30);
/// A command, or the way to rest, may take this long.
const PATIENCE: Span = Span::seconds(3600);
/// What is there in the end.
const LISTING: &str = "kubectl get sts,pods,pvc,pv,svc -o wide";

/// Tells the story. Returns whether the manifests were taken and every command ended well.
pub fn run(args: &Args) -> Result<bool> {
    let texts = read(&args.files)?;
    remark(&format!("Kubernetes {}, simulated", KUBERNETES_VERSION));
    let options = args.world.options()?;
    let (warned, is_refused) = diagnose(&texts, &options);
    if is_refused {
        return Ok(false);
    }
    #[allow(
        clippy::disallowed_methods,
        reason = "wall time is what --stats measures; the simulation never sees it"
    )]
    let started = std::time::Instant::now();
    let mut teller = Teller::new(options, args.output, warned);
    let mut well = teller.apply(&texts)? == 0;
    teller.rest(args.until.map(|seconds| SimTime(seconds * 1000)))?;
    for command in &args.commands {
        well &= teller.type_in(command)? == 0;
        teller.rest(None)?;
    }
    if args.output == Form::Text {
        teller.type_in(LISTING)?;
    }
    if args.stats {
        let stats = json!({
            "writes": teller.cluster.api.history().len(),
            "virtual_seconds": teller.cluster.now().0 as f64 / 1000.0,
            "wall_ms": started.elapsed().as_micros() as f64 / 1000.0,
            "peak_bytes": memory::peak(),
        });
        remark(&stats.to_string());
    }
    Ok(well)
}

/// Says what is to be said about manifests. Returns the warnings, and whether there is a mistake.
pub fn diagnose(texts: &[(String, String)], options: &Options) -> (BTreeSet<String>, bool) {
    let mut warned = BTreeSet::new();
    let mut is_refused = false;
    for (file, text) in texts {
        let source = if file == "-" { "STDIN" } else { file };
        for diagnostic in diagnose_source(text, source, options.gates).diagnostics {
            let severity = match diagnostic.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Dropped | Severity::NotSimulated => "note",
            };
            let (line, column) = (diagnostic.span.line, diagnostic.span.column);
            remark(&format!("{source}:{line}:{column}: {severity}: {}", diagnostic.message));
            is_refused |= diagnostic.severity == Severity::Error;
            warned.insert(format!("Warning: {}", diagnostic.message));
        }
    }
    (warned, is_refused)
}

/// The files' texts by their names, in their order. Errors: in kubectl's words.
pub fn read(files: &[String]) -> Result<Vec<(String, String)>> {
    let mut texts = Vec::new();
    for file in files {
        let mut text = String::new();
        let read = match file.as_str() {
            "-" => std::io::stdin().read_to_string(&mut text).map(|_| text),
            path => std::fs::read_to_string(path),
        };
        let text = read.map_err(|error| match error.kind() {
            ErrorKind::NotFound => Problem::Refused(format!("the path {file:?} does not exist")),
            _ => Problem::Refused(format!("{file}: {error}")),
        })?;
        texts.push((file.clone(), text));
    }
    Ok(texts)
}

/// Lives through the story and tells it.
struct Teller {
    cluster: Cluster,
    files: terminal::Files,
    /// Up to which position of the history it is told.
    told: usize,
    form: Form,
    /// Lines of commands' standard error that have been said already, with their places.
    said: BTreeSet<String>,
    out: StdoutLock<'static>,
    progress: Progress,
}

impl Teller {
    fn new(options: Options, form: Form, said: BTreeSet<String>) -> Teller {
        let cluster = Cluster::new(options);
        let told = cluster.api.history().len();
        let (out, progress) = (std::io::stdout().lock(), Progress::new());
        Teller { cluster, files: terminal::Files::default(), told, form, said, out, progress }
    }

    /// `kubectl apply` of these files. Returns its exit code.
    fn apply(&mut self, texts: &[(String, String)]) -> Result<i32> {
        let mut argv = vec!["apply".to_owned()];
        let (mut files, mut stdin) = (BTreeMap::new(), None);
        for (file, text) in texts {
            argv.extend(["-f".to_owned(), file.clone()]);
            match file.as_str() {
                "-" => stdin = Some(text.as_str()),
                _ => drop(files.insert(file.clone(), text.clone())),
            }
        }
        let program = kubectl::command(&argv, stdin, &files);
        self.give(&format!("kubectl {}", argv.join(" ")), program)
    }

    /// A line typed on the laptop. Returns its exit code.
    fn type_in(&mut self, line: &str) -> Result<i32> {
        self.give(line, terminal::command(line, None, &self.files))
    }

    /// Lets a command run to its end. Returns its exit code.
    fn give(&mut self, line: &str, program: Box<dyn Program>) -> Result<i32> {
        match self.form {
            Form::Text => self.line(self.cluster.now(), line)?,
            Form::Json => self.object(self.cluster.now(), "command", json!({"command": line}))?,
        }
        let patience = self.cluster.now() + PATIENCE;
        let id = self.cluster.spawn(line, program);
        loop {
            self.tell()?;
            for (stream, text) in self.cluster.processes.take_output(id) {
                self.relay(stream, &text)?;
            }
            if let Some(process) = self.cluster.processes.reap(id) {
                let code = process.exit_code.unwrap_or_default();
                if self.form == Form::Json {
                    self.object(self.cluster.now(), "exit", json!({"code": code}))?;
                }
                return Ok(code);
            }
            if self.cluster.next_at().is_some_and(|at| at <= patience) {
                self.cluster.step();
            } else {
                self.progress.clear();
                remark(&format!("{line}: interrupted, it goes on after {} s", PATIENCE.0 / 1000));
                self.cluster.interrupt(id);
            }
        }
    }

    /// Lets time pass until the cluster is at rest, or until this moment.
    fn rest(&mut self, until: Option<SimTime>) -> Result<()> {
        let give_up = self.cluster.now() + PATIENCE;
        let mut last_write = self.cluster.now();
        loop {
            if self.tell()? {
                last_write = self.cluster.now();
            }
            let end = until.unwrap_or((last_write + REST).min(give_up));
            if self.cluster.next_at().is_none_or(|at| at > end) {
                break;
            }
            self.cluster.step();
        }
        if let Some(until) = until {
            self.cluster.run_until(until);
        }
        self.tell()?;
        Ok(())
    }

    /// Prints what was written since the last time. Returns whether anything but events was.
    fn tell(&mut self) -> Result<bool> {
        let (now, written) = (self.cluster.now(), self.cluster.api.history().len());
        self.progress.show(|| format!("{now} of the cluster's time, {written} writes"));
        let entries: Vec<Entry> = self.cluster.api.history().since(self.told).to_vec();
        self.told += entries.len();
        let mut moved = false;
        for entry in &entries {
            let Some(news) = News::of(entry) else { continue };
            moved |= !matches!(news, News::Event(_));
            match self.form {
                Form::Text => self.line(entry.at, &news.line())?,
                Form::Json => self.object(entry.at, news.type_name(), news.fields())?,
            }
        }
        Ok(moved)
    }

    /// Prints what a command printed.
    fn relay(&mut self, stream: Stream, text: &str) -> Result<()> {
        self.progress.clear();
        let name = match stream {
            Stream::Prompt => return Ok(()),
            Stream::Stdout => "stdout",
            Stream::Stderr => "stderr",
        };
        match (self.form, stream) {
            (Form::Json, _) => {
                self.object(self.cluster.now(), "output", json!({"stream": name, "text": text}))?;
            }
            (Form::Text, Stream::Stderr) => {
                text.lines().filter(|line| !self.said.contains(*line)).for_each(remark);
            }
            (Form::Text, _) => self.out.write_all(text.as_bytes())?,
        }
        Ok(())
    }

    fn line(&mut self, at: SimTime, line: &str) -> Result<()> {
        self.progress.clear();
        writeln!(self.out, "{:>10}  {line}", at.to_string())?;
        Ok(())
    }

    fn object(&mut self, at: SimTime, type_name: &str, mut fields: Value) -> Result<()> {
        self.progress.clear();
        fields["at_ms"] = at.0.into();
        fields["type"] = type_name.into();
        writeln!(self.out, "{fields}")?;
        Ok(())
    }
}

/// A write that is worth telling.
enum News<'a> {
    /// An event was written.
    Event(&'a Event),
    /// An object came to be, or is in another state, or is gone.
    Object { key: &'a Key, change: &'static str, state: Option<String> },
}

impl News<'_> {
    fn of(entry: &Entry) -> Option<News<'_>> {
        let Change::Object { key, before, after } = &entry.change else { return None };
        if !key.kind.is_served() {
            return None;
        }
        let Some(object) = after else { return Some(News::Object { key, change: "deleted", state: None }) };
        if let Body::Event(event) = &object.body {
            return Some(News::Event(event));
        }
        let now = state(object);
        match before {
            None => Some(News::Object { key, change: "created", state: now }),
            Some(before) if now.is_some() && state(before) != now => {
                Some(News::Object { key, change: "changed", state: now })
            }
            Some(_) => None,
        }
    }

    fn line(&self) -> String {
        match self {
            News::Event(event) => {
                format!("  event {} {}: {}", event.involved.name, event.reason, event.message)
            }
            News::Object { key, change: "changed", state } => {
                format!("{key} {}", state.as_deref().unwrap_or_default())
            }
            News::Object { key, change: "deleted", .. } => format!("{key} gone"),
            News::Object { key, change, state } => {
                format!("{key} {change} {}", state.as_deref().unwrap_or_default()).trim_end().to_owned()
            }
        }
    }

    fn type_name(&self) -> &'static str {
        match self {
            News::Event(_) => "event",
            News::Object { .. } => "object",
        }
    }

    fn fields(&self) -> Value {
        match self {
            News::Event(event) => json!({
                "kind": &*event.involved.kind,
                "namespace": &*event.involved.namespace,
                "name": &*event.involved.name,
                "reason": &*event.reason,
                "message": &*event.message,
            }),
            News::Object { key, change, state } => {
                let mut fields = json!({
                    "change": change,
                    "kind": key.kind.name(),
                    "namespace": &*key.namespace,
                    "name": &*key.name,
                });
                if let Some(state) = state {
                    fields["state"] = state.as_str().into();
                }
                fields
            }
        }
    }
}

/// An object's state in few words; none if its kind has none.
fn state(object: &Object) -> Option<String> {
    match &object.body {
        Body::Pod(pod) => {
            let ready = if pod.is_ready() { " Ready" } else { "" };
            Some(format!("{}{ready}", printers::pod_status(pod, &object.meta)))
        }
        Body::StatefulSet(set) => Some(format!(
            "{}/{} ready, {} available",
            set.status.ready_replicas, set.spec.replicas, set.status.available_replicas
        )),
        Body::PersistentVolumeClaim(claim) => Some(claim.phase.name().to_owned()),
        Body::PersistentVolume(volume) => Some(volume.phase.name().to_owned()),
        Body::EndpointSlice(slice) => {
            let ready = slice.endpoints.iter().filter(|endpoint| endpoint.ready).count();
            Some(format!("{ready} of {} ready", slice.endpoints.len()))
        }
        _ => None,
    }
}
