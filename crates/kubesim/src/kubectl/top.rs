//! `kubectl top`: what pods and nodes use, as a metrics server would tell it. The figures are made up, and it says so: they come
//! from what containers request and from their names. Models `k8s.io/kubectl/pkg/cmd/top` and `pkg/metricsutil`.

use super::output::row;
use super::resource::Query;
use super::table::TabWriter;
use super::{Failure, Invocation, Next};
use crate::api::pod::ContainerState;
use crate::api::status::{ApiError, StatusReason};
use crate::api::{Object, SimTime, Span};
use crate::apiserver::Store;
use crate::base::hash::{mix64, name_hash};
use crate::kubelet::is_silent;
use crate::process::Io;
use std::cmp::Reverse;
use std::rc::Rc;

/// The flags of `top pod`.
pub const POD_FLAGS: &str = "A:all-namespaces? containers? field-selector no-headers? l:selector sort-by sum? show-swap? \
    use-protocol-buffers?";
/// The flags of `top node`.
pub const NODE_FLAGS: &str = "no-headers? l:selector sort-by show-capacity? show-swap? use-protocol-buffers?";

/// How often a metrics server looks (`--metric-resolution`).
const RESOLUTION: Span = Span::seconds(15);
/// A container's use if it requests nothing: thousandths of a CPU and bytes.
const UNASKED: (i64, i64) = (4, 12 << 20);
/// What a node's own programs use: thousandths of a CPU and bytes.
const SYSTEM: (i64, i64) = (90, 420 << 20);
/// The remark behind every table.
const REMARK: &str =
    "[simulated figures: no program really runs; they follow from what containers request]\n";

/// CPU in thousandths and memory in bytes.
#[derive(Clone, Copy, Default)]
struct Usage {
    cpu_millis: i64,
    memory_bytes: i64,
}

impl Usage {
    fn plus(self, other: Usage) -> Usage {
        Usage {
            cpu_millis: self.cpu_millis + other.cpu_millis,
            memory_bytes: self.memory_bytes + other.memory_bytes,
        }
    }

    /// `12m`, `34Mi`
    fn cells(self) -> [String; 2] {
        [format!("{}m", self.cpu_millis), format!("{}Mi", self.memory_bytes >> 20)]
    }

    /// By what a table is sorted: what uses most comes first.
    fn rank(self, sort_by: &str) -> Reverse<i64> {
        Reverse(match sort_by {
            "cpu" => self.cpu_millis,
            "memory" => self.memory_bytes,
            _ => 0,
        })
    }
}

/// A value between two, the same for the same number, that drifts with time: each half minute is a bit different.
fn drifting(number: u64, now: SimTime, low: i64, high: i64) -> i64 {
    let width = (high - low).max(1) as u64;
    let moment = (now.0.max(0) / (2 * RESOLUTION.0)) as u64;
    let drift = mix64(number, moment) % (width / 8).max(1);
    low + ((number % width * 7 / 8) + drift) as i64
}

/// What a container uses.
fn of_container(seed: u64, now: SimTime, pod: &Object, name: &str) -> Usage {
    let container = pod.pod().spec.container(name);
    let asked = container.map_or((0, 0), |c| (c.cpu_request_millis, c.memory_request_bytes));
    let number = name_hash(seed, &[&pod.meta.uid.text(), name]);
    let (cpu, memory) =
        (if asked.0 > 0 { asked.0 } else { UNASKED.0 }, if asked.1 > 0 { asked.1 } else { UNASKED.1 });
    Usage {
        cpu_millis: drifting(number, now, cpu / 10, cpu * 6 / 10 + 1),
        memory_bytes: drifting(number.rotate_left(17), now, memory * 3 / 10, memory * 8 / 10),
    }
}

/// The containers that a metrics server has seen, with what they use; nothing for a pod of which it knows nothing yet.
fn of_pod(seed: u64, store: &Store, now: SimTime, pod: &Object) -> Vec<(String, Usage)> {
    let node = pod.pod().spec.node_name.as_deref().unwrap_or_default();
    if node.is_empty() || is_silent(store, node) {
        return Vec::new();
    }
    let all = pod.pod().status.init_container_statuses.iter().chain(&pod.pod().status.container_statuses);
    let seen = all.filter(|status| match status.state {
        ContainerState::Running { started_at } => started_at + RESOLUTION <= now,
        _ => false,
    });
    seen.map(|status| (status.name.to_string(), of_container(seed, now, pod, &status.name))).collect()
}

/// The one name that may be given. Errors: there are more.
fn name<'a>(inv: &'a Invocation, usage: &str) -> Result<Option<&'a str>, Failure> {
    match &inv.args[..] {
        [] => Ok(None),
        [name] => Ok(Some(name)),
        _ => Err(inv.usage(usage)),
    }
}

/// Errors: flags that do not go together.
fn validate(inv: &Invocation, name: Option<&str>, selectors: &str) -> Result<(), Failure> {
    if !matches!(inv.text("sort-by"), "" | "cpu" | "memory") {
        return Err(Failure::client("--sort-by accepts only cpu or memory"));
    }
    if name.is_some() && (inv.has("selector") || inv.has("field-selector")) {
        return Err(Failure::client(format!("only one of NAME or {selectors} can be provided")));
    }
    Ok(())
}

/// Errors: the cluster has no metrics server, as the one of the recordings.
fn refuse_where_nobody_measures(io: &Io) -> Result<(), Failure> {
    if io.timings.imitates_recorder { Err(Failure::client("Metrics API not available")) } else { Ok(()) }
}

fn query(inv: &Invocation, kind: &str, name: Option<&str>) -> Query {
    let args: Vec<String> = [Some(kind), name].into_iter().flatten().map(String::from).collect();
    Query { select_all: true, ..Query::of(inv, &args) }
}

/// A pod with what each of its containers uses.
type Measured<'a> = (&'a Rc<Object>, Vec<(String, Usage)>);

/// `kubectl top pod`
pub fn pods(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let name = name(inv, "pod [NAME | -l label]")?;
    validate(inv, name, "selector")?;
    refuse_where_nobody_measures(io)?;
    let found = query(inv, "pods", name).find_all(io.api.store())?;
    let (seed, now) = (io.api.seed, io.api.now);
    let measured = found.iter().map(|pod| (pod, of_pod(seed, io.api.store(), now, pod)));
    let mut measured: Vec<Measured> = measured.filter(|(_, containers)| !containers.is_empty()).collect();
    if measured.is_empty() {
        return none(inv, io, &found, name);
    }
    let total = |containers: &[(String, Usage)]| {
        containers.iter().fold(Usage::default(), |sum, (_, usage)| sum.plus(*usage))
    };
    let (all, sort_by) = (inv.is("all-namespaces"), inv.text("sort-by"));
    collections::sort_by_key(&mut measured, |(pod, containers)| {
        let namespace = if all { pod.meta.namespace.clone() } else { Default::default() };
        match sort_by {
            "" => (Reverse(0), namespace, pod.meta.name.clone()),
            _ => (total(containers).rank(sort_by), Default::default(), pod.meta.name.clone()),
        }
    });
    let by_container = inv.is("containers");
    let mut rows: Vec<Vec<String>> = Vec::new();
    if !inv.is("no-headers") {
        let first = [all.then_some("NAMESPACE"), by_container.then_some("POD")];
        let names = first.into_iter().flatten().chain(["NAME", "CPU(cores)", "MEMORY(bytes)"]);
        rows.push(names.map(String::from).collect());
    }
    for (pod, containers) in &mut measured {
        let start =
            || all.then(|| pod.meta.namespace.to_string()).into_iter().chain([pod.meta.name.to_string()]);
        if by_container {
            collections::sort_by_key(containers, |(name, usage)| (usage.rank(sort_by), name.clone()));
            let lines =
                containers.iter().map(|(name, usage)| start().chain([name.clone()]).chain(usage.cells()));
            rows.extend(lines.map(|line| line.collect::<Vec<String>>()));
        } else {
            rows.push(start().chain(total(containers).cells()).collect());
        }
    }
    if inv.is("sum") {
        let blank = 1 + usize::from(all) + usize::from(by_container);
        let sum = measured.iter().fold(Usage::default(), |sum, (_, containers)| sum.plus(total(containers)));
        let spaces = || std::iter::repeat_n(String::new(), blank);
        rows.push(spaces().chain(["________".to_string(), "________".to_string()]).collect());
        rows.push(spaces().chain(sum.cells()).collect());
    }
    print(io, &rows);
    Next::OK
}

/// No pod is measured: why. Models `verifyEmptyMetrics`.
fn none(inv: &Invocation, io: &mut Io, found: &[Rc<Object>], name: Option<&str>) -> Result<Next, Failure> {
    if let (Some(name), Some(_)) = (name, found.first()) {
        let of = format!("podmetrics.metrics.k8s.io \"{}/{name}\" not found", inv.namespace());
        return Err(ApiError::new(StatusReason::NotFound, of).into());
    }
    for pod in found {
        let age = io.api.now - pod.meta.creation_timestamp;
        if age > Span::seconds(120) {
            let (namespace, name) = (&pod.meta.namespace, &pod.meta.name);
            let age = super::printers::age(pod.meta.creation_timestamp, io.api.now);
            return Err(Failure::client(format!(
                "Metrics not available for pod {namespace}/{name}, age: {age}"
            )));
        }
    }
    if !found.is_empty() {
        return Err(Failure::client("metrics not available yet"));
    }
    io.err(if inv.is("all-namespaces") {
        "No resources found\n".to_string()
    } else {
        format!("No resources found in {} namespace.\n", inv.namespace())
    });
    Next::OK
}

/// `kubectl top node`
pub fn nodes(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let name = name(inv, "node [NAME | -l label]")?;
    validate(inv, name, "--selector")?;
    refuse_where_nobody_measures(io)?;
    let (seed, now, store) = (io.api.seed, io.api.now, io.api.store());
    let found = query(inv, "nodes", name).find_all(store)?;
    let usage = |node: &Object| {
        let number = name_hash(seed, &["node", &node.meta.name]);
        let own = Usage {
            cpu_millis: drifting(number, now, SYSTEM.0 / 2, SYSTEM.0),
            memory_bytes: drifting(number.rotate_left(17), now, SYSTEM.1 / 2, SYSTEM.1),
        };
        let pods = store.pods_on(&node.meta.name).flat_map(|pod| of_pod(seed, store, now, pod));
        pods.fold(own, |sum, (_, usage)| sum.plus(usage))
    };
    let mut measured: Vec<(&Rc<Object>, Option<Usage>)> =
        found.iter().map(|node| (node, (!is_silent(store, &node.meta.name)).then(|| usage(node)))).collect();
    let sort_by = inv.text("sort-by");
    collections::sort_by_key(&mut measured, |(node, usage)| {
        (usage.is_none(), usage.map_or(Reverse(0), |usage| usage.rank(sort_by)), node.meta.name.clone())
    });
    let mut rows: Vec<Vec<String>> = Vec::new();
    if !inv.is("no-headers") && !measured.is_empty() {
        let names = ["NAME", "CPU(cores)", "CPU(%)", "MEMORY(bytes)", "MEMORY(%)"];
        rows.push(names.map(String::from).into());
    }
    for (node, usage) in &measured {
        let mut cells = vec![node.meta.name.to_string()];
        match usage {
            None => cells.extend(std::iter::repeat_n("<unknown>".to_string(), 4)),
            Some(usage) => {
                let (cpu, memory) = available(node, inv.is("show-capacity"));
                let share = |part: i64, whole: i64| format!("{}%", part * 100 / whole.max(1));
                let [used_cpu, used_memory] = usage.cells();
                cells.extend([
                    used_cpu,
                    share(usage.cpu_millis, cpu),
                    used_memory,
                    share(usage.memory_bytes, memory),
                ]);
            }
        }
        rows.push(cells);
    }
    print(io, &rows);
    Next::OK
}

/// The CPU in thousandths and the memory in bytes of a node: what it has for pods, or all of it.
fn available(node: &Object, capacity: bool) -> (i64, i64) {
    use crate::api::read::{get, milli_value};
    let own = node.node();
    if !capacity {
        return (own.cpu_millis, own.memory_bytes);
    }
    let of = |what| milli_value(get(get(get(&own.raw, "status"), "capacity"), what)).unwrap_or(0);
    (of("cpu"), of("memory") / 1000)
}

fn print(io: &mut Io, rows: &[Vec<String>]) {
    let text: String = rows.iter().map(|cells| row(cells.iter().map(String::as_str).chain([""]))).collect();
    io.out(TabWriter::table().align(&text));
    io.err(REMARK);
}
