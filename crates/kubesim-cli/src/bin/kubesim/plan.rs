//! `kubesim plan`: what a changed manifest would do to a real cluster's sets, from what kubectl printed of them.

use crate::cluster_texts::say_unreadable;
use crate::output::{Problem, Verdict, remark};
use crate::why::{self, Form, notes, read};
use kubesim::manifest::{Diagnostic, Severity, diagnose_source};
use kubesim::{FeatureGates, Opened, Opening, SimTime, Span};
use messages::EN;
use scene::explain::Outlook;
use scene::plan::{Plan, Planning};
use serde_json::{Value, json};
use std::io::Write;
use std::rc::Rc;

/// Say what a changed manifest, or a command, would do to a real cluster's StatefulSets
///
/// Opens the state, applies the manifest to it in the simulation, or gives it the command, and says what would be refused or dropped,
/// which pods are replaced in which order, where it stops and why, and about how long it takes, by how long the set's own pods took.
#[derive(clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    /// What kubectl printed of the cluster; `-` is standard input
    #[arg(value_name = "STATE")]
    state: String,
    /// The manifest, as of `kubectl apply -f`; `-` is standard input
    #[arg(value_name = "MANIFEST", required_unless_present = "command", conflicts_with = "command")]
    manifest: Option<String>,
    /// Instead of a manifest a command, behind `--`: `kubectl drain`, `scale`, `delete`, `rollout undo` …
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
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
  kubesim plan shop.yaml -- kubectl rollout undo sts/db -n shop
  kubesim plan shop.yaml -- kubectl drain worker-2 --ignore-daemonsets --delete-emptydir-data

Exit codes:
  0  every set settles
  1  a set still waits at the end of an hour, or something of it is not as it should be
  2  a set stops and does not go on by itself, or what is to be done is refused
  3  what was given can't be read
  64 the command line is wrong";

/// Plans. Returns the exit code.
pub fn run(args: &Args) -> Verdict {
    let plan = plan(args)?;
    let Planned { opened, dropped, unheeded, plan } = &plan;
    let Plan { began, diff, done, steps, store, found, .. } = plan;
    let mut out = std::io::stdout().lock();
    match args.output {
        Form::Json => {
            let steps: Vec<Value> = steps
                .iter()
                .map(|step| json!({"after_s": seconds(step.at - *began), "object": step.object, "what": step.what}))
                .collect();
            let sets: Vec<Value> = found.iter().map(|finding| why::set_json(store, finding)).collect();
            let report = json!({
                "diff": diff, "said": done.stdout, "refused": done.stderr, "dropped": dropped,
                "unheeded": unheeded, "steps": steps, "takes_s": seconds(plan.takes()),
                "measured_pods": opened.measured, "sets": sets,
            });
            writeln!(out, "{report:#}")?;
        }
        Form::Text => {
            notes(opened).iter().for_each(|line| remark(line));
            out.write_all(diff.as_bytes())?;
            out.write_all(done.stdout.as_bytes())?;
            done.stderr.lines().for_each(remark);
            for message in dropped {
                writeln!(out, "dropped: {message}")?;
            }
            for field in unheeded {
                writeln!(out, "changed, and not simulated but for the new revision: {field}")?;
            }
            writeln!(out)?;
            for step in steps {
                let after = SimTime((step.at - *began).0).to_string();
                writeln!(out, "{after:>10}  {} {}", step.object, step.what)?;
            }
            writeln!(out, "{}", plan.said_of_duration(&EN))?;
            for finding in found {
                writeln!(out)?;
                for line in why::lines(store, finding) {
                    writeln!(out, "{line}")?;
                }
            }
        }
    }
    Ok(match plan.outlook() {
        _ if plan.is_refused() => 2,
        Outlook::Settled => 0,
        Outlook::Waiting => 1,
        Outlook::Stuck => 2,
    })
}

/// What was planned.
struct Planned {
    opened: Rc<Opened>,
    /// What the API server would drop without a word.
    dropped: Vec<String>,
    /// What differs though the simulation does not heed it.
    unheeded: Vec<String>,
    plan: Plan,
}

/// Reads, and tries. Errors: something can't be read, or is no command of kubectl.
fn plan(args: &Args) -> Result<Planned, Problem> {
    if args.state == "-" && args.manifest.as_deref() == Some("-") {
        return Err(Problem::Unreadable("the state and the manifest can't both be standard input".into()));
    }
    let state = read(std::slice::from_ref(&args.state))?;
    let unreadable = |why| Problem::Unreadable(say_unreadable(&why));
    let (mut dropped, mut unheeded) = (Vec::new(), Vec::new());
    let (opened, mut planning) = match &args.manifest {
        None => {
            let opened = Rc::new(kubesim::open(&state).map_err(unreadable)?);
            let no_kubectl = || Problem::Unreadable(EN.cluster().plan_no_kubectl().to_owned());
            let planning = Planning::of_command(&EN, &opened, &args.command).ok_or_else(no_kubectl)?;
            (opened, planning)
        }
        Some(file) => {
            let (_, manifest) = read(std::slice::from_ref(file))?.remove(0);
            let gates = FeatureGates::default();
            let diagnosis = diagnose_source(&manifest, file, gates);
            let is_dropped = |diagnostic: &&Diagnostic| diagnostic.severity == Severity::Dropped;
            dropped
                .extend(diagnosis.diagnostics.iter().filter(is_dropped).map(|found| found.message.clone()));
            let opening = Opening::beside(state, &manifest, gates).map_err(unreadable)?;
            let (opened, comparable) = opening.finish_beside().map_err(unreadable)?;
            unheeded = comparable.unheeded;
            let opened = Rc::new(opened);
            let planning = Planning::of_manifest(&EN, &opened, &comparable.text);
            (opened, planning)
        }
    };
    while planning.go_on() {}
    Ok(Planned { opened, dropped, unheeded, plan: planning.finish() })
}

fn seconds(span: Span) -> f64 {
    span.0 as f64 / 1000.0
}
