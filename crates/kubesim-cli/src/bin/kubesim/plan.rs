//! `kubesim plan`: what a changed manifest would do to a real cluster's sets, from what kubectl printed of them.

use crate::cluster_texts::say_unreadable;
use crate::output::{Problem, Verdict, remark};
use crate::why::{self, Form, findings, notes, read};
use kubesim::manifest::{Severity, diagnose_source};
use kubesim::{Change, Entry, FeatureGates, Kind, Opening, Program, SimTime, Span, Story, Stream, kubectl};
use scene::explain::{Finding, Outlook};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::rc::Rc;

/// Say what a changed manifest would do to a real cluster's StatefulSets
///
/// Opens the state, applies the manifest to it in the simulation, and says what would be refused or dropped, which pods are replaced
/// in which order, where it stops and why, and about how long it takes, by how long the set's own pods took.
#[derive(clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    /// What kubectl printed of the cluster; `-` is standard input
    #[arg(value_name = "STATE")]
    state: String,
    /// The manifest, as of `kubectl apply -f`; `-` is standard input
    #[arg(value_name = "MANIFEST")]
    manifest: String,
    /// How it is said
    ///
    /// json: one object with `diff`, `said` (what kubectl prints), `refused`, `dropped`, `unheeded`, `steps` (`after_s`,
    /// `object`, `what`), `takes_s`, `measured_pods`, `sets` (as of `kubesim why`)
    #[arg(short, long, value_enum, default_value_t = Form::Text)]
    output: Form,
}

const AFTER_HELP: &str = "Examples:
  kubectl get sts,pods,pvc,pv,svc,endpointslices,controllerrevisions,deploy,rs,pdb,sc,nodes,events -n shop -o yaml | kubesim plan - new.yaml
  kubesim plan shop.yaml new.yaml -o json

Exit codes:
  0  every set settles
  1  a set still waits at the end of an hour, or something of it is not as it should be
  2  a set stops and does not go on by itself, or the API server refuses the manifest
  3  what was given can't be read
  64 the command line is wrong";

/// A rollout is followed for this long.
const PATIENCE: Span = Span::seconds(3600);
/// When nothing has happened for this long, nothing more will: back-offs are longer, but lead to nothing else.
const QUIET: Span = Span::seconds(700);

/// What happened to an object.
struct Step {
    at: SimTime,
    object: String,
    what: &'static str,
}

/// Plans. Returns the exit code.
pub fn run(args: &Args) -> Verdict {
    if args.state == "-" && args.manifest == "-" {
        return Err(Problem::Unreadable("the state and the manifest can't both be standard input".into()));
    }
    let state = read(std::slice::from_ref(&args.state))?;
    let (_, manifest) = read(std::slice::from_ref(&args.manifest))?.remove(0);
    let gates = FeatureGates::default();
    let diagnosis = diagnose_source(&manifest, &args.manifest, gates);
    let dropped = diagnosis.diagnostics.iter().filter(|d| d.severity == Severity::Dropped);
    let dropped: Vec<String> = dropped.map(|diagnostic| diagnostic.message.clone()).collect();
    let unreadable = |why| Problem::Unreadable(say_unreadable(&why));
    let mut opening = Opening::new(&state).map_err(unreadable)?;
    while opening.step().map_err(unreadable)? {}
    let (opened, comparable) = opening.finish_beside(&manifest, gates).map_err(unreadable)?;
    let opened = Rc::new(opened);
    let mut story = Story::opened(opened.clone());
    // A recording counts as it ended.
    story.run_until(opened.seen_until());
    let began = story.now();
    let before: Vec<(kubesim::Key, Outlook)> =
        findings(&why::explained(&story)).into_iter().map(|finding| (finding.set, finding.outlook)).collect();
    let diff = give(&mut story, "diff", &comparable.text);
    let since = story.cluster.api.history().len();
    let applied = give(&mut story, "apply", &comparable.text);
    let is_refused = applied.code != 0;
    follow(&mut story);
    let steps = steps(story.cluster.api.history().since(since));
    let store = why::explained(&story);
    let found = findings(&store);
    let takes = steps.last().map_or(Span(0), |step| step.at - began);
    let mut out = std::io::stdout().lock();
    match args.output {
        Form::Json => {
            let steps: Vec<Value> = steps
                .iter()
                .map(|step| json!({"after_s": (step.at - began).0 as f64 / 1000.0, "object": step.object, "what": step.what}))
                .collect();
            let sets: Vec<Value> = found.iter().map(|finding| why::set_json(&store, finding)).collect();
            let report = json!({
                "diff": diff.stdout, "said": applied.stdout, "refused": applied.stderr, "dropped": dropped,
                "unheeded": comparable.unheeded, "steps": steps, "takes_s": takes.0 as f64 / 1000.0,
                "measured_pods": opened.measured, "sets": sets,
            });
            writeln!(out, "{report:#}")?;
        }
        Form::Text => {
            notes(&opened).iter().for_each(|line| remark(line));
            out.write_all(diff.stdout.as_bytes())?;
            out.write_all(applied.stdout.as_bytes())?;
            applied.stderr.lines().for_each(remark);
            for message in &dropped {
                writeln!(out, "dropped: {message}")?;
            }
            for field in &comparable.unheeded {
                writeln!(out, "changed, and not simulated but for the new revision: {field}")?;
            }
            writeln!(out)?;
            for step in &steps {
                writeln!(
                    out,
                    "{:>10}  {} {}",
                    SimTime((step.at - began).0).to_string(),
                    step.object,
                    step.what
                )?;
            }
            let measured = match opened.measured {
                0 => "by the usual delays: no pod in the state started well".to_owned(),
                count => format!("measured from the last starts of {count} pods"),
            };
            writeln!(out, "{}", said_of_duration(&steps, takes, &measured))?;
            for finding in &found {
                writeln!(out)?;
                for line in why::lines(&store, finding) {
                    writeln!(out, "{line}")?;
                }
            }
        }
    }
    // A set that the manifest has nothing to do with is what it was.
    let concerns = |finding: &&Finding| {
        before.iter().all(|(set, outlook)| *set != finding.set || *outlook != finding.outlook)
            || steps.iter().any(|step| step.object.contains(&*finding.set.name))
            || before.len() < 2
    };
    Ok(match found.iter().filter(concerns).map(|finding| finding.outlook).max() {
        _ if is_refused => 2,
        None | Some(Outlook::Settled) => 0,
        Some(Outlook::Waiting) => 1,
        Some(Outlook::Stuck) => 2,
    })
}

fn said_of_duration(steps: &[Step], takes: Span, measured: &str) -> String {
    let pods: BTreeSet<&str> = steps
        .iter()
        .filter(|step| step.what == "created")
        .map(|step| &*step.object)
        .filter(|o| o.starts_with("pod/"))
        .collect();
    if steps.is_empty() {
        return "nothing happens".into();
    }
    let seconds = takes.0 / 1000;
    let about =
        if seconds < 60 { format!("{seconds}s") } else { format!("{}m{:02}s", seconds / 60, seconds % 60) };
    match pods.len() {
        0 => format!("about {about}"),
        1 => format!("1 pod is made, about {about}: {measured}"),
        count => {
            let each = seconds / count as i64;
            let each =
                if each < 60 { format!("{each}s") } else { format!("{}m{:02}s", each / 60, each % 60) };
            format!("{count} pods are made, about {each} each, {about} together: {measured}")
        }
    }
}

/// What a command printed, and its exit code.
struct Done {
    stdout: String,
    stderr: String,
    code: i32,
}

/// Gives kubectl a manifest, without time passing for longer than that takes.
fn give(story: &mut Story, verb: &str, manifest: &str) -> Done {
    let argv = [verb, "-f", "-"].map(str::to_owned);
    let program: Box<dyn Program> = kubectl::command(&argv, Some(manifest), &BTreeMap::new());
    let id = story.cluster.spawn(&format!("kubectl {verb} -f -"), program);
    let mut done = Done { stdout: String::new(), stderr: String::new(), code: 0 };
    let until = story.now() + Span::seconds(60);
    loop {
        for (stream, text) in story.cluster.processes.take_output(id) {
            match stream {
                Stream::Stdout => done.stdout.push_str(&text),
                Stream::Stderr => done.stderr.push_str(&text),
                Stream::Prompt => {}
            }
        }
        if let Some(process) = story.cluster.processes.reap(id) {
            done.code = process.exit_code.unwrap_or_default();
            return done;
        }
        if story.next_at().is_none_or(|at| at > until) {
            story.cluster.interrupt(id);
        } else {
            story.step();
        }
    }
}

/// Lets time pass until nothing more happens, or for an hour.
fn follow(story: &mut Story) {
    let end = story.now() + PATIENCE;
    let (mut last, mut seen) = (story.now(), story.cluster.api.history().len());
    while let Some(at) = story.next_at().filter(|at| *at <= end.min(last + QUIET)) {
        story.run_until(at);
        let news = story.cluster.api.history().since(seen);
        if !steps(news).is_empty() {
            last = at;
        }
        seen = story.cluster.api.history().len();
    }
}

/// What a watch would have seen of pods, claims and sets.
fn steps(entries: &[Entry]) -> Vec<Step> {
    let mut all = Vec::new();
    for entry in entries {
        let Change::Object { key, before, after } = &entry.change else { continue };
        if !matches!(key.kind, Kind::Pod | Kind::PersistentVolumeClaim | Kind::StatefulSet | Kind::Service) {
            continue;
        }
        let mut say = |what| all.push(Step { at: entry.at, object: key.to_string(), what });
        match (before, after) {
            (None, Some(_)) => say("created"),
            (Some(_), None) => say("deleted"),
            (Some(before), Some(after)) => {
                if after.meta.is_terminating() && !before.meta.is_terminating() {
                    say("deleting");
                } else if key.kind == Kind::Pod && !after.meta.is_terminating() {
                    match (before.pod().is_ready(), after.pod().is_ready()) {
                        (false, true) => say("ready"),
                        (true, false) => say("unready"),
                        _ => {}
                    }
                } else if key.kind == Kind::StatefulSet && before.meta.generation != after.meta.generation {
                    say("changed");
                }
            }
            (None, None) => {}
        }
    }
    all
}
