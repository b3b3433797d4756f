//! `kubesim why`: why a real cluster's sets do not move, from what kubectl printed of them.

use crate::cluster_texts::{self, say_unreadable};
use crate::later::{self, Progress};
use crate::output::{Problem, Verdict, remark};
use clap::{ValueEnum, value_parser};
use kubesim::{Kind, Opened, Opening, SimTime, Store, Story};
use messages::EN;
use scene::explain::{Blocking, Explanation, Finding, Outlook, of_nothing, of_state};
use scene::plan::explained;
use serde_json::{Value, json};
use std::io::{ErrorKind, Read, Write};
use std::rc::Rc;

/// Say why the StatefulSets of a real cluster do not move
///
/// Reads what `kubectl get … -o yaml` (or json) printed, or a recording of watches (lines of `kubectl get KIND --watch
/// --output-watch-events -o json`, each with seconds of Unix time and a tab before it), and says for each set how it stands, what it waits for and by which
/// rule, the object that holds it up, and a command that helps. Nothing is sent anywhere. Values of Secrets, ConfigMaps and
/// environment variables are not kept.
#[derive(clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    /// What kubectl printed, in one file or several; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<String>,
    /// Of a recording, the moment: so many seconds after its beginning, instead of its end
    #[arg(long, value_name = "SECONDS", value_parser = value_parser!(i64).range(0..=1_000_000_000))]
    pub at: Option<i64>,
    /// A later state of the same cluster: the why is that of the later one, with what moved meanwhile
    #[arg(long, value_name = "FILE", conflicts_with = "at")]
    pub later: Vec<String>,
    /// How it is said
    #[arg(short, long, value_enum, default_value_t = Form::Text)]
    pub output: Form,
}

/// How something is said.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// Lines for people
    Text,
    /// One JSON object: `taken`, `sets` (`namespace`, `set`, `state`, `outlook`: settled, waiting or stuck, `waits_for`, `since`,
    /// `why`, `rule`, `blocking`, `stuck_without_help`, `remedy`, `next`; with --later `moved` and `after_s`), `made_up`, `left_out`, `missing`
    Json,
}

const AFTER_HELP: &str = "Examples:
  kubectl get sts,pods,pvc,pv,svc,endpointslices,controllerrevisions,deploy,rs,pdb,sc,nodes,events -n shop -o yaml | kubesim why -
  kubesim why shop.yaml
  kubesim why rollout.tsv --at 30
  kubesim why shop.yaml --later shop-5-minutes-later.yaml
  kubesim why pods.yaml statefulsets.yaml claims.json -o json

Each kind may be missing: nodes, volumes and classes belong to the cluster, and not everybody may read them.

Exit codes:
  0  every set is settled
  1  a set waits, or something of it is not as it should be
  2  a set does not go on by itself
  3  what was given can't be read
  64 the command line is wrong";

/// The exit code where the command line is wrong, as `sysexits.h` has it (EX_USAGE): 2 says something else here.
pub const WRONG_COMMAND_LINE: u8 = 64;
/// The exit code where what was given can't be read.
pub const UNREADABLE: u8 = 3;

/// Says why. Returns the exit code.
pub fn run(args: &Args) -> Verdict {
    let (opened, store) = open(&args.files, args.at)?;
    let later = if args.later.is_empty() { None } else { Some(open(&args.later, None)?) };
    if let Some((later, world)) = &later {
        later::check((&opened, &store), (later, world))?;
    }
    // What is said is said of the last.
    let (last, world) = later.as_ref().unwrap_or(&(opened.clone(), store.clone())).clone();
    let found = findings(&world);
    let progress = |finding: &Finding| {
        later.as_ref().map(|_| later::progress((&opened, &store), (&last, &world), &finding.set))
    };
    let mut out = std::io::stdout().lock();
    match args.output {
        Form::Json => {
            let at = args.at.map_or(last.seen_until(), |seconds| SimTime(seconds * 1000));
            let mut report = report(&world, at, &last, &found);
            for (n, progress) in found.iter().map(progress).enumerate() {
                if let Some(progress) = progress {
                    report["sets"][n]["moved"] = progress.moved.into();
                    report["sets"][n]["after_s"] = progress.seconds.into();
                }
            }
            writeln!(out, "{report:#}")?;
        }
        Form::Text => {
            notes(&last).iter().for_each(|line| remark(line));
            if found.is_empty() {
                let why = of_nothing(&EN, &world);
                writeln!(out, "no StatefulSet is in it: {}", answer(&why))?;
            }
            for (n, finding) in found.iter().enumerate() {
                if n > 0 {
                    writeln!(out)?;
                }
                for line in
                    lines(&world, finding).into_iter().chain(progress(finding).map(|p| moved(finding, &p)))
                {
                    writeln!(out, "{line}")?;
                }
            }
        }
    }
    Ok(match found.iter().map(|finding| finding.outlook).max() {
        None | Some(Outlook::Settled) => 0,
        Some(Outlook::Waiting) => 1,
        Some(Outlook::Stuck) => 2,
    })
}

/// What moved of a set since the earlier state, in a line: a wait is confirmed, or was none.
fn moved(finding: &Finding, progress: &Progress) -> String {
    let seconds = progress.seconds;
    if !progress.moved.is_empty() {
        return format!("  moved      in {seconds}s: {}", progress.moved.join("; "));
    }
    let so = if finding.outlook == Outlook::Settled { "" } else { ": it still waits" };
    format!("  moved      nothing in {seconds}s{so}")
}

/// Opens files, at a recording's end or at so many seconds of it: the state, and the world with what its components find.
fn open(files: &[String], at: Option<i64>) -> Result<(Rc<Opened>, Store), Problem> {
    let files = read(files)?;
    let unreadable = |why| Problem::Unreadable(say_unreadable(&why));
    let mut opening = Opening::new(files).map_err(unreadable)?;
    while opening.step().map_err(unreadable)? {}
    let opened = Rc::new(opening.finish().map_err(unreadable)?);
    let end = opened.seen_until();
    let at = at.map_or(end, |seconds| SimTime(seconds.saturating_mul(1000)));
    if at > end {
        return Err(Problem::Unreadable(if opened.seen.is_empty() {
            "--at is for recordings, and this is a single state".to_owned()
        } else {
            format!("the recording ends after {}s", end.0.div_euclid(1000))
        }));
    }
    let mut story = Story::opened(opened.clone());
    story.run_until(at);
    let store = explained(&story);
    Ok((opened, store))
}

/// The files' texts by their names. Errors: in kubectl's words.
pub fn read(files: &[String]) -> Result<Vec<(String, String)>, Problem> {
    let mut texts = Vec::new();
    for file in files {
        let mut bytes = Vec::new();
        let read = match file.as_str() {
            "-" => std::io::stdin().read_to_end(&mut bytes).map(|_| ()),
            path => std::fs::read(path).map(|read| bytes = read),
        };
        read.map_err(|error| match error.kind() {
            ErrorKind::NotFound => Problem::Unreadable(format!("the path {file:?} does not exist")),
            _ => Problem::Unreadable(format!("{file}: {error}")),
        })?;
        let name = if file == "-" { "STDIN" } else { file };
        texts.push((name.to_owned(), kubesim::text_of(bytes)));
    }
    Ok(texts)
}

/// What is found about each set.
pub fn findings(store: &Store) -> Vec<Finding> {
    store.list(Kind::StatefulSet).map(|set| of_state(&EN, store, set)).collect()
}

/// What was made up and left out, in lines.
pub fn notes(opened: &Opened) -> Vec<String> {
    let mut lines = Vec::new();
    let missing: Vec<String> = opened.missing.iter().map(|kind| kind.info().plural.to_owned()).collect();
    if !missing.is_empty() {
        lines.push(format!("not in it: {}", missing.join(", ")));
    }
    if opened.has_no_times {
        lines.push(EN.cluster().has_no_times().to_owned());
    }
    if let Some(line) = cluster_texts::made_up(opened) {
        lines.push(line);
    }
    if let Some(line) = cluster_texts::left_out(opened) {
        lines.push(line);
    }
    lines
}

fn plain(text: &str) -> String {
    text.replace('`', "")
}

/// A title and its text, in sentences.
fn answer(why: &Explanation) -> String {
    let end = if why.title.is_empty() || why.title.ends_with(['?', '.', '!']) { "" } else { "." };
    plain(&[&why.title, end, " ", why.text.trim()].concat()).trim().to_owned()
}

/// The time of day of the cluster.
pub fn clock(at: SimTime) -> String {
    at.rfc3339()
}

fn state_of(store: &Store, finding: &Finding) -> String {
    let Some(set) = store.get(&finding.set) else { return String::new() };
    let set = set.stateful_set();
    let status = &set.status;
    let mut line = format!(
        "{}/{} ready, {} available",
        status.ready_replicas, set.spec.replicas, status.available_replicas
    );
    if status.current_revision != status.update_revision {
        line.push_str(&format!(", {} of {} updated", status.updated_replicas, set.spec.replicas));
    }
    line
}

/// What is found about a set, in lines.
pub fn lines(store: &Store, finding: &Finding) -> Vec<String> {
    let outlook = match finding.outlook {
        Outlook::Settled => "settled",
        Outlook::Waiting => "waiting",
        Outlook::Stuck => "does not go on by itself",
    };
    let mut lines = vec![format!(
        "statefulset/{} (namespace {}): {}; {outlook}",
        finding.set.name,
        finding.set.namespace,
        state_of(store, finding)
    )];
    let since = finding.since.map(|since| format!(", since {}", clock(since))).unwrap_or_default();
    lines.push(format!("  waits for  {}{since}", finding.waits_for));
    lines.push(format!("  why        {}", answer(&finding.why)));
    if let Some(blocking) = &finding.blocking {
        lines.push(format!("  held up by {}", blocked(blocking)));
    }
    if let Some(rule) = finding.why.rule {
        lines.push(format!("  rule       {}", plain(rule.text)));
    }
    if let Some(remedy) = &finding.remedy {
        lines.push(format!("  helps      {remedy}"));
    }
    if let Some(next) = &finding.next {
        lines.push(format!("  next       {next}"));
    }
    lines
}

fn blocked(blocking: &Blocking) -> String {
    let mut text = blocking.key.to_string();
    let more = [
        blocking.container.as_ref().map(|container| format!("container {container}")),
        blocking.reason.as_ref().map(|reason| reason.to_string()),
        blocking.condition.as_ref().map(|condition| condition.to_string()),
        blocking.field.map(str::to_owned),
        blocking.finalizer.as_ref().map(|finalizer| format!("finalizer {finalizer}")),
        blocking.class.as_ref().map(|class| format!("class {class}")),
    ];
    let more: Vec<String> = more.into_iter().flatten().collect();
    if !more.is_empty() {
        text.push_str(&format!(" ({})", more.join(", ")));
    }
    text
}

/// What blocks, as JSON.
pub fn blocking_json(blocking: &Blocking) -> Value {
    let mut value = json!({"kind": blocking.key.kind.name(), "name": &*blocking.key.name});
    let fields = [
        ("namespace", Some(&*blocking.key.namespace).filter(|namespace| !namespace.is_empty())),
        ("container", blocking.container.as_deref()),
        ("reason", blocking.reason.as_deref()),
        ("condition", blocking.condition.as_deref()),
        ("field", blocking.field),
        ("finalizer", blocking.finalizer.as_deref()),
        ("storageClassName", blocking.class.as_deref()),
    ];
    for (field, text) in fields {
        if let Some(text) = text {
            value[field] = text.into();
        }
    }
    value
}

/// What is found about a set, as JSON.
pub fn set_json(store: &Store, finding: &Finding) -> Value {
    let outlook = match finding.outlook {
        Outlook::Settled => "settled",
        Outlook::Waiting => "waiting",
        Outlook::Stuck => "stuck",
    };
    json!({
        "namespace": &*finding.set.namespace,
        "set": &*finding.set.name,
        "state": state_of(store, finding),
        "outlook": outlook,
        "waits_for": finding.waits_for,
        "since": finding.since.map(clock),
        "why": answer(&finding.why),
        "rule": finding.why.rule.map(|rule| plain(rule.text)),
        "blocking": finding.blocking.as_ref().map(blocking_json),
        "stuck_without_help": finding.outlook == Outlook::Stuck,
        "remedy": finding.remedy,
        "next": finding.next.as_deref(),
    })
}

fn report(store: &Store, at: SimTime, opened: &Opened, found: &[Finding]) -> Value {
    let sets: Vec<Value> = found.iter().map(|finding| set_json(store, finding)).collect();
    let made_up: Vec<String> = opened.made_up.iter().map(|(key, _)| key.to_string()).collect();
    let left_out: Vec<Value> = opened
        .left_out
        .iter()
        .map(|left_out| json!({"what": cluster_texts::what(&left_out.what), "count": left_out.count}))
        .collect();
    let missing: Vec<&str> = opened.missing.iter().map(|kind| kind.info().plural).collect();
    json!({
        "taken": clock(at), "sets": sets, "made_up": made_up, "left_out": left_out, "missing": missing,
    })
}
