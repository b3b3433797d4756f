//! The verbs for nodes: cordon, uncordon, drain, taint. Models `k8s.io/kubectl/pkg/cmd/drain`, `pkg/drain` and
//! `pkg/cmd/taint`.

use super::modify::send;
use super::options::{DryRun, validation};
use super::printing::{say, warn};
use crate::api::node::Taint;
use crate::api::pod::VolumeSource;
use crate::api::status::StatusReason;
use crate::api::{Key, Kind, Object, SimTime, Span, Uid};
use crate::apiserver::DeleteOptions;
use crate::apiserver::handlers::Patch;
use crate::kubectl::resource::{MISSING, Query};
use crate::kubectl::selector::parse_labels;
use crate::kubectl::{Failure, Invocation, Next, fail};
use crate::process::{Io, Program, Step};
use crate::validation::names;
use serde_json::{Value, json};
use std::rc::Rc;

/// How often drain looks whether a pod is gone.
const POLL: Span = Span::seconds(1);
/// How long drain waits before it tries to evict a pod again (`EvictErrorRetryDelay`).
const RETRY: Span = Span::seconds(5);

/// The nodes that the arguments or `-l` name.
fn nodes(inv: &Invocation, io: &Io) -> Result<Vec<Rc<Object>>, Failure> {
    let selects = inv.has("selector");
    if inv.args.is_empty() && !selects {
        let usage = inv.verb.help.rsplit("kubectl ").next().unwrap_or_default().replace(" [options]", "");
        return Err(inv.usage(format!("USAGE: {usage} [flags]")));
    }
    if selects && !inv.args.is_empty() {
        return Err(inv.usage("error: cannot specify both a node name and a --selector option"));
    }
    if selects && inv.text("selector").is_empty() {
        return Err(Failure::client(MISSING));
    }
    let mut args = vec!["nodes".to_string()];
    args.extend(inv.args.iter().map(|name| name.trim_start_matches("node/").to_string()));
    Query::of(inv, &args).find_all(io.api.store())
}

/// `kubectl cordon NODE` and `kubectl uncordon NODE`
pub fn cordon(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let nodes = nodes(inv, io)?;
    set_unschedulable(inv, io, &nodes, inv.verb.name != "uncordon")
}

fn set_unschedulable(
    inv: &Invocation,
    io: &mut Io,
    nodes: &[Rc<Object>],
    wanted: bool,
) -> Result<Next, Failure> {
    let dry_run = DryRun::of(inv)?;
    for node in nodes {
        let done = match (node.node().unschedulable == wanted, wanted) {
            (true, true) => "already cordoned",
            (true, false) => "already uncordoned",
            (false, true) => "cordoned",
            (false, false) => "uncordoned",
        };
        if dry_run == DryRun::No {
            io.api.update(&node.key(), |node| node.node_mut().unschedulable = wanted)?;
        }
        say(inv, io, node, done, dry_run)?;
    }
    Next::OK
}

/// `kubectl drain NODE`
pub fn drain(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let dry_run = DryRun::of(inv)?;
    let nodes = nodes(inv, io)?;
    set_unschedulable(inv, io, &nodes, true)?;
    let timeout = inv.duration("timeout").filter(|t| t.0 > 0);
    Ok(Next::GoOn(Box::new(Drain {
        inv: inv.clone(),
        dry_run,
        until: timeout.map(|t| io.api.now + t),
        nodes,
        at: 0,
        pods: None,
        failures: Vec::new(),
    })))
}

struct Drain {
    inv: Invocation,
    dry_run: DryRun,
    until: Option<SimTime>,
    nodes: Vec<Rc<Object>>,
    /// The node being drained.
    at: usize,
    /// Its pods that are not gone yet.
    pods: Option<Vec<Leaving>>,
    failures: Vec<(String, Failure)>,
}

/// A pod that has to go.
struct Leaving {
    key: Key,
    uid: Uid,
    /// Whether its eviction was granted.
    evicted: bool,
    /// When it is looked at next.
    next: SimTime,
}

impl Drain {
    /// The pods to evict, and what is to be said about them. Errors: pods that may not be evicted without a flag that says so.
    fn choose(&self, io: &Io, node: &Object) -> Result<(Vec<Leaving>, Option<String>), Failure> {
        let selector = parse_labels(self.inv.text("pod-selector"))
            .map_err(|_| Failure::client("--pod-selector=<pod_selector> must be a valid label selector"))?;
        let (mut chosen, mut refused, mut warned) = (Vec::new(), Vec::new(), Vec::new());
        let pods: Vec<Rc<Object>> = io.api.store().list(Kind::Pod).cloned().collect();
        for object in pods {
            let pod = object.pod();
            let here = pod.spec.node_name.as_deref() == Some(&*node.meta.name);
            if !here || !selector.matches(&object.meta.labels) {
                continue;
            }
            let name = format!("{}/{}", object.meta.namespace, object.meta.name);
            let owner = object.meta.controller().map(|owner| owner.kind.clone());
            let local = pod.spec.volumes.iter().any(|v| v.source == VolumeSource::EmptyDir);
            let terminal = pod.is_terminal();
            let force = self.inv.is("force");
            let deletes_local = self.inv.is("delete-emptydir-data");
            if owner.as_deref() == Some("DaemonSet") && !terminal {
                if self.inv.is("ignore-daemonsets") {
                    warned.push(("ignoring DaemonSet-managed Pods", name))
                } else {
                    refused.push(("DaemonSet-managed Pods (use --ignore-daemonsets to ignore)", name))
                }
                continue;
            }
            if local && !terminal && !deletes_local {
                refused.push(("Pods with local storage (use --delete-emptydir-data to override)", name));
                continue;
            }
            if owner.is_none() && !terminal && !force {
                refused.push(("Pods that declare no controller (use --force to override)", name));
                continue;
            }
            if owner.is_none() && !terminal {
                warned.push(("deleting Pods that declare no controller", name));
            } else if local && !terminal && owner.is_none() {
                warned.push(("deleting Pods with local storage", name));
            }
            // What has been going for longer than that is left to itself.
            let patience = self.inv.int("skip-wait-for-delete-timeout").filter(|seconds| *seconds > 0);
            if let (Some(seconds), Some(since)) = (patience, object.meta.deletion_timestamp)
                && (io.api.now - since).0 > seconds * 1000
            {
                continue;
            }
            chosen.push(Leaving {
                key: object.key(),
                uid: object.meta.uid,
                evicted: false,
                next: io.api.now,
            });
        }
        let lines = |list: &[(&'static str, String)], prefix: &str| -> Vec<String> {
            let mut kinds: Vec<&str> = list.iter().map(|(why, _)| *why).collect();
            kinds.dedup();
            collections::sort(&mut kinds);
            kinds.dedup();
            let names = |why: &str| {
                let names: Vec<&str> =
                    list.iter().filter(|(w, _)| *w == why).map(|(_, n)| n.as_str()).collect();
                names.join(", ")
            };
            kinds.iter().map(|why| format!("{prefix}{why}: {}", names(why))).collect()
        };
        if !refused.is_empty() {
            let lines = lines(&refused, "cannot delete ");
            let text = if lines.len() == 1 { lines.concat() } else { format!("[{}]", lines.join(", ")) };
            return Err(Failure::client(text));
        }
        let warning = (!warned.is_empty()).then(|| lines(&warned, "").join("; "));
        Ok((chosen, warning))
    }

    /// Evicts, and looks whether pods are gone. Returns when to look again; `None` if all are gone.
    fn evict(&mut self, io: &mut Io) -> Result<Option<SimTime>, Failure> {
        let now = io.api.now;
        let grace = self.inv.int("grace-period").filter(|seconds| *seconds >= 0);
        let options = DeleteOptions { grace_period_seconds: grace, ..DeleteOptions::default() };
        let by_deletion = self.inv.is("disable-eviction");
        let suffix = self.dry_run.suffix();
        let mut left = Vec::new();
        let mut pods = self.pods.take().unwrap_or_default();
        for mut pod in pods.drain(..).filter(|pod| pod.next <= now).collect::<Vec<_>>() {
            let Key { namespace, name, .. } = pod.key.clone();
            if !pod.evicted {
                if !by_deletion {
                    io.out(format!("evicting pod {namespace}/{name}{suffix}\n"));
                }
                if self.dry_run != DryRun::No {
                    continue;
                }
                if self.until.is_some_and(|until| until <= now) {
                    let timeout = self.inv.text("timeout");
                    return Err(Failure::client(format!(
                        "error when evicting pods/{name:?} -n {namespace:?}: global timeout reached: {timeout}"
                    )));
                }
                let answer = if by_deletion {
                    io.api.delete(&pod.key, options).map(drop)
                } else {
                    io.api.evict(&pod.key, options)
                };
                match answer {
                    Ok(()) => pod.evicted = true,
                    Err(error) if error.is_not_found() => continue,
                    Err(error) if error.reason == StatusReason::TooManyRequests => {
                        io.err(format!(
                            "error when evicting pods/{name:?} -n {namespace:?} (will retry after 5s): {error}\n"
                        ));
                        pod.next = now + RETRY;
                        left.push(pod);
                        continue;
                    }
                    Err(error) => {
                        return Err(Failure::client(format!(
                            "error when evicting pods/{name:?} -n {namespace:?}: {error}"
                        )));
                    }
                }
            }
            if io.api.store().get(&pod.key).is_none_or(|object| object.meta.uid != pod.uid) {
                io.out(format!("pod/{name} {}\n", if by_deletion { "deleted" } else { "evicted" }));
                continue;
            }
            if self.until.is_some_and(|until| until <= now) {
                return Err(Failure::client(format!(
                    "error when waiting for pod {name:?} in namespace {namespace:?} to terminate: global timeout \
                     reached: {}",
                    self.inv.text("timeout")
                )));
            }
            pod.next = now + POLL;
            left.push(pod);
        }
        left.extend(pods);
        let next = left.iter().map(|pod| pod.next).min();
        self.pods = Some(left);
        Ok(next)
    }

    /// Drains one node after the other. Returns when to go on; `None` at the end.
    fn go_on(&mut self, io: &mut Io) -> Result<Option<SimTime>, Failure> {
        while let Some(node) = self.nodes.get(self.at).cloned() {
            let answer = match self.pods {
                Some(_) => self.evict(io).map_err(|why| (why, true)),
                None => match self.choose(io, &node) {
                    Ok((pods, warning)) => {
                        warning.into_iter().for_each(|warning| warn(io, &[warning]));
                        self.pods = Some(pods);
                        continue;
                    }
                    Err(why) => Err((why, false)),
                },
            };
            match answer {
                Ok(Some(next)) => return Ok(Some(next)),
                Ok(None) => say(&self.inv, io, &node, "drained", self.dry_run)?,
                Err((why, began)) => {
                    let name = node.meta.name.to_string();
                    let text = why.text();
                    let text = text.strip_prefix("error: ").unwrap_or(&text);
                    let pending = if began { self.choose(io, &node).ok() } else { None };
                    let pending = pending.map_or_else(Vec::new, |(pods, _)| pods);
                    if !pending.is_empty() {
                        io.err(format!(
                            "There are pending pods in node {name:?} when an error occurred: {text}\n"
                        ));
                        pending.iter().for_each(|pod| io.err(format!("pod/{}\n", pod.key.name)));
                    }
                    io.err(format!(
                        "error: unable to drain node {name:?} due to error: {text}, continuing command...\n"
                    ));
                    self.failures.push((name, why));
                }
            }
            self.at += 1;
            self.pods = None;
        }
        if !self.failures.is_empty() {
            io.err("There are pending nodes to be drained:\n");
            self.failures.iter().for_each(|(name, _)| io.err(format!(" {name}\n")));
        }
        if self.failures.is_empty() {
            return Ok(None);
        }
        // An aggregate, even of one: it is printed without `error: `.
        Err(Failure::Many(self.failures.drain(..).map(|(_, why)| why).collect()))
    }
}

impl Program for Drain {
    fn run(&mut self, io: &mut Io) -> Step {
        match self.go_on(io) {
            Ok(Some(at)) => Step::At(at),
            Ok(None) => Step::Exit(0),
            Err(failure) => fail(&failure, io),
        }
    }
}

/// `kubectl taint nodes NODE key=value:NoSchedule key2-`
pub fn taint(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    validation(inv)?;
    let is_taint = |arg: &String| arg.contains(['=', ':']) || arg.ends_with('-');
    let first = inv.args.iter().position(is_taint).unwrap_or(inv.args.len());
    let (resources, taints) = inv.args.split_at(first);
    if let Some(arg) = taints.iter().find(|arg| !is_taint(arg)) {
        return Err(Failure::client(format!("all resources must be specified before taint changes: {arg}")));
    }
    let Some(word) = resources.first() else {
        return Err(Failure::client("one or more resources must be specified as <resource> <name>"));
    };
    if taints.is_empty() {
        return Err(Failure::client("at least one taint update is required"));
    }
    let (add, remove) = taint_changes(inv, taints)?;
    if crate::kubectl::resource::kind(word.split('/').next().unwrap_or_default())? != Kind::Node {
        return Err(Failure::client(format!("invalid resource type {word}, only node types are supported")));
    }
    refuse_both(&add, &remove)?;
    if inv.is("all") && inv.has("selector") {
        return Err(Failure::client("setting 'all' parameter with a non empty selector is prohibited"));
    }
    if resources.len() < 2 && !inv.is("all") && !inv.has("selector") && !word.contains('/') {
        return Err(Failure::client(
            "at least one resource name must be specified since 'all' parameter is not set",
        ));
    }
    let dry_run = DryRun::of(inv)?;
    for object in Query::of(inv, resources).find_all(io.api.store())? {
        let (taints, done) = tainted(&object, &add, &remove, inv.is("overwrite"))?;
        let taints: Vec<Value> = taints.iter().map(taint_tree).collect();
        let taints = if taints.is_empty() { Value::Null } else { taints.into() };
        let shown = send(inv, io, &object, &Patch::Merge(json!({"spec": {"taints": taints}})), dry_run)?;
        say(inv, io, &shown.object, done, dry_run)?;
    }
    Next::OK
}

/// A taint as a node's tree has it.
fn taint_tree(taint: &Taint) -> Value {
    let mut tree = json!({"effect": &*taint.effect, "key": &*taint.key});
    if !taint.value.is_empty() {
        tree["value"] = (&*taint.value).into();
    }
    if let Some(added) = taint.time_added {
        tree["timeAdded"] = added.rfc3339().into();
    }
    tree
}

/// What is to be added and what removed. Models taint.go: parseTaints.
fn taint_changes(inv: &Invocation, taints: &[String]) -> Result<(Vec<Taint>, Vec<Taint>), Failure> {
    let (mut add, mut remove): (Vec<Taint>, Vec<Taint>) = (Vec::new(), Vec::new());
    for spec in taints {
        match spec.strip_suffix('-') {
            Some(spec) => remove.push(parse_taint(spec).map_err(|e| inv.usage(e))?),
            None => match parse_taint(spec).map_err(|e| inv.usage(e))? {
                taint if taint.effect.is_empty() => {
                    return Err(inv.usage(format!("invalid taint spec: {spec}")));
                }
                taint if add.iter().any(|t| t.key == taint.key && t.effect == taint.effect) => {
                    // Go's `%v` of the struct.
                    let shown = format!("{{{} {} {} <nil>}}", taint.key, taint.value, taint.effect);
                    let why = format!("duplicated taints with the same key and effect: {shown}");
                    return Err(inv.usage(why));
                }
                taint => add.push(taint),
            },
        }
    }
    Ok((add, remove))
}

fn refuse_both(add: &[Taint], remove: &[Taint]) -> Result<(), Failure> {
    let clashes = |gone: &&Taint| {
        let clash =
            |new: &Taint| new.key == gone.key && (gone.effect.is_empty() || new.effect == gone.effect);
        add.iter().any(clash)
    };
    let clashes: Vec<String> =
        remove.iter().filter(clashes).map(|gone| format!("{}={}", gone.key, gone.effect)).collect();
    if !clashes.is_empty() {
        return Err(Failure::client(format!(
            "can not both modify and remove the following taint(s) in the same command: {}",
            clashes.join(", ")
        )));
    }
    Ok(())
}

/// A node's taints after the change, and what is said of it. Models taint.go: reorganizeTaints.
fn tainted(
    object: &Object,
    add: &[Taint],
    remove: &[Taint],
    overwrite: bool,
) -> Result<(Vec<Taint>, &'static str), Failure> {
    let old = &object.node().taints;
    let same = |a: &Taint, b: &Taint| a.key == b.key && a.effect == b.effect;
    let clash: Vec<&str> =
        add.iter().filter(|new| old.iter().any(|o| same(o, new))).map(|new| &*new.key).collect();
    if !overwrite && !clash.is_empty() {
        let (name, clash) = (&object.meta.name, clash.join(","));
        return Err(Failure::client(format!(
            "node {name} already has {clash} taint(s) with same effect(s) and --overwrite is false"
        )));
    }
    let mut new = add.to_vec();
    new.extend(old.iter().filter(|o| !add.iter().any(|n| same(n, o))).cloned());
    let added = old.len() != new.len();
    let mut failures = Vec::new();
    let mut removed = false;
    for gone in remove {
        let before = new.len();
        new.retain(|t| t.key != gone.key || (!gone.effect.is_empty() && t.effect != gone.effect));
        removed = new.len() != before;
        if !removed {
            let colon = if gone.effect.is_empty() { "" } else { ":" };
            failures.push(Failure::client(format!("taint \"{}{colon}{}\" not found", gone.key, gone.effect)));
        }
    }
    Failure::all(failures)?;
    let done = match (added, removed) {
        _ if overwrite => "modified",
        (true, true) => "modified",
        (true, false) => "tainted",
        (false, _) => "untainted",
    };
    Ok((new, done))
}

/// Models taint/utils.go: parseTaint.
fn parse_taint(spec: &str) -> Result<Taint, String> {
    let wrong = |why: &str| Err(format!("invalid taint spec: {spec}{why}"));
    let (key, value, effect) = match spec.split(':').collect::<Vec<_>>()[..] {
        [key] => (key, "", ""),
        [pair, effect] => {
            if !matches!(effect, "NoSchedule" | "PreferNoSchedule" | "NoExecute") {
                return Err(format!("invalid taint effect: {effect}, unsupported taint effect"));
            }
            match pair.split('=').collect::<Vec<_>>()[..] {
                [key] => (key, "", effect),
                [key, value] => (key, value, effect),
                _ => return wrong(""),
            }
        }
        _ => return wrong(""),
    };
    for errors in [names::label_value(value), names::label_key(key)] {
        if !errors.is_empty() {
            return wrong(&format!(", {}", errors.join("; ")));
        }
    }
    Ok(Taint { key: key.into(), value: value.into(), effect: effect.into(), time_added: None })
}
