//! A real cluster's state and a real recording, made as large as wanted: what one pod of them has, over and over.

use serde_json::Value;
use std::collections::BTreeMap;

const STATE: &str = include_str!("../../kubesim/tests/golden/states/seed-at-rest.yaml");
const STATE_IN_JSON: &str = include_str!("../../kubesim/tests/golden/states/seed-at-rest.json");
const ROLLOUT: &str = include_str!("../../kubesim/tests/golden/recordings/rolling-update.tsv");

/// Nodes among which the pods are spread.
const NODES: usize = 12;
/// A slice holds so many endpoints (`--max-endpoints-per-slice`).
const PER_SLICE: usize = 100;
/// Of each pod so many events are still there: they are kept for an hour.
const EVENTS: usize = 3;
/// The pod that is copied, and its claim, node and address.
const POD: &str = "flask-1";
const NODE: &str = "chhan-k8s-3";
const ADDRESS: &str = "172.16.110.64";

/// An item of a list: its kind and name, and its text with the dash.
struct Item<'a> {
    kind: &'a str,
    name: &'a str,
    text: &'a str,
}

/// The items of a list in kubectl's YAML.
fn items(list: &str) -> Vec<Item<'_>> {
    let starts: Vec<usize> = list.match_indices("\n- ").map(|(at, _)| at + 1).collect();
    let end = list.find("\nkind: List").map_or(list.len(), |at| at + 1);
    let ends = starts.iter().skip(1).copied().chain([end]);
    let item = |(start, end): (&usize, usize)| {
        let text = &list[*start..end];
        let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        Item { kind: field("  kind: "), name: field("    name: "), text }
    };
    starts.iter().zip(ends).map(item).collect()
}

/// The uids and random parts that an item has of its own.
fn own_ids(text: &str) -> Vec<&str> {
    let uids = text.lines().filter_map(|line| line.strip_prefix("    uid: "));
    uids.filter(|uid| uid.len() == 36).collect()
}

/// What a real cluster's set of three pods printed, as it is with so many pods: about 10 kB for each.
///
/// # Panics
/// If the recorded state is not as it was.
pub fn state(replicas: usize) -> String {
    let all = items(STATE);
    let is_of_pod = |item: &&Item| match item.kind {
        "Pod" | "PersistentVolumeClaim" => item.name.ends_with(POD),
        "PersistentVolume" => item.text.contains(POD),
        "Event" => item.name == POD,
        _ => false,
    };
    let of_pod: Vec<&Item> = all.iter().filter(is_of_pod).collect();
    let events = of_pod.iter().filter(|item| item.kind == "Event").take(EVENTS);
    let copied: Vec<&Item> =
        of_pod.iter().filter(|item| item.kind != "Event").chain(events).copied().collect();
    assert_eq!(copied.len(), 3 + EVENTS);
    let ids: Vec<&str> = copied.iter().flat_map(|item| own_ids(item.text)).collect();
    let copy = |text: &str, n: usize| {
        let mut text = text.replace(POD, &format!("flask-{n}"));
        for id in &ids {
            text = text.replace(id, &format!("{n:08x}{}", &id[8..]));
        }
        text.replace("pod-index: \"1\"", &format!("pod-index: \"{n}\""))
            .replace(NODE, &format!("chhan-k8s-{}", 3 + n % NODES))
            .replace(ADDRESS, &format!("10.9.{}.{}", n / 250, 1 + n % 250))
    };
    let mut text = String::from("apiVersion: v1\nitems:\n");
    for item in &all {
        match item.kind {
            "StatefulSet" => {
                let counted = item.text.replace("eplicas: 3\n", &format!("eplicas: {replicas}\n"));
                text.push_str(&counted.replace("\"replicas\":3", &format!("\"replicas\":{replicas}")));
            }
            "Node" if item.name == NODE => {
                (3..3 + NODES)
                    .for_each(|n| text.push_str(&item.text.replace(NODE, &format!("chhan-k8s-{n}"))));
            }
            "Node" if item.name != "chhan-k8s-1" => {}
            "EndpointSlice" if item.name.starts_with("flask-") => {
                (0..replicas.div_ceil(PER_SLICE))
                    .for_each(|n| text.push_str(&slice(item, n, replicas, &copy)));
            }
            "Pod" | "PersistentVolumeClaim" | "PersistentVolume" | "Event" => {}
            _ => text.push_str(item.text),
        }
    }
    (0..replicas).for_each(|n| copied.iter().for_each(|item| text.push_str(&copy(item.text, n))));
    text + "kind: List\nmetadata:\n  resourceVersion: \"\"\n"
}

/// The nth slice of the Service.
fn slice(item: &Item, n: usize, replicas: usize, copy: &dyn Fn(&str, usize) -> String) -> String {
    let (head, rest) = item.text.split_once("  endpoints:\n").expect("a slice has endpoints");
    let at = rest.find("  kind: EndpointSlice").expect("a kind");
    let (endpoints, rest) = rest.split_at(at);
    let starts: Vec<usize> = endpoints.match_indices("  - addresses:").map(|(at, _)| at).collect();
    let one = &endpoints[starts[1]..starts[2]];
    let pods = n * PER_SLICE..((n + 1) * PER_SLICE).min(replicas);
    let endpoints: String = pods.map(|pod| copy(one, pod)).collect();
    let rest = rest.replace(item.name, &format!("{}{n}", item.name)).replace("3c8f70e3", &format!("{n:08x}"));
    [head, "  endpoints:\n", &endpoints, &rest].concat()
}

/// The same as `kubectl get … -o json` prints it, but that the slices have the endpoints of three pods.
///
/// # Panics
/// If the recorded state is not as it was.
pub fn state_in_json(replicas: usize) -> String {
    let list: Value = serde_json::from_str(STATE_IN_JSON).expect("a recorded state is JSON");
    let all = list["items"].as_array().expect("a list has items");
    let name = |item: &Value| item["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let of_pod = |item: &&Value| match item["kind"].as_str() {
        Some("Pod") => name(item) == POD,
        Some("PersistentVolumeClaim") => name(item).ends_with(POD),
        Some("PersistentVolume") => {
            item["spec"]["claimRef"]["name"].as_str().is_some_and(|n| n.ends_with(POD))
        }
        Some("Event") => item["involvedObject"]["name"] == POD,
        _ => false,
    };
    let is_event = |item: &&Value| item["kind"] == "Event";
    let events = all.iter().filter(of_pod).filter(is_event).take(EVENTS);
    let copied: Vec<&Value> =
        all.iter().filter(of_pod).filter(|item| !is_event(item)).chain(events).collect();
    assert_eq!(copied.len(), 3 + EVENTS);
    let ids: Vec<&str> = copied.iter().filter_map(|item| item["metadata"]["uid"].as_str()).collect();
    let mut items: Vec<String> = Vec::new();
    for item in all {
        let text = format!("{item:#}");
        match item["kind"].as_str() {
            Some("StatefulSet") => {
                items.push(text.replace("eplicas\": 3", &format!("eplicas\": {replicas}")));
            }
            Some("Node") if name(item) == NODE => {
                items.extend((3..3 + NODES).map(|n| text.replace(NODE, &format!("chhan-k8s-{n}"))));
            }
            Some("Node") if name(item) != "chhan-k8s-1" => {}
            Some("Pod" | "PersistentVolumeClaim" | "PersistentVolume" | "Event") => {}
            _ => items.push(text),
        }
    }
    let copied: Vec<String> = copied.iter().map(|item| format!("{item:#}")).collect();
    for n in 0..replicas {
        for text in &copied {
            let mut text = text.replace(POD, &format!("flask-{n}"));
            for id in &ids {
                text = text.replace(id, &format!("{n:08x}{}", &id[8..]));
            }
            items.push(
                text.replace("pod-index\": \"1\"", &format!("pod-index\": \"{n}\""))
                    .replace(NODE, &format!("chhan-k8s-{}", 3 + n % NODES))
                    .replace(ADDRESS, &format!("10.9.{}.{}", n / 250, 1 + n % 250)),
            );
        }
    }
    let indented: Vec<String> =
        items.iter().map(|item| item.lines().map(|line| format!("        {line}\n")).collect()).collect();
    let items = indented.iter().map(|item| item.trim_end()).collect::<Vec<_>>().join(",\n");
    ["{\n    \"apiVersion\": \"v1\",\n    \"items\": [\n", &items, "\n    ],\n    \"kind\": \"List\"\n}\n"]
        .concat()
}

/// What watches saw of a real rolling update, one after the other until it is so many lines.
///
/// # Panics
/// If the recorded lines have no times.
pub fn recording(lines: usize) -> String {
    let one: Vec<(f64, &str)> = ROLLOUT
        .lines()
        .filter_map(|line| {
            let (time, event) = line.split_once('\t')?;
            Some((time.parse().expect("seconds"), event))
        })
        .collect();
    let times: BTreeMap<u64, ()> = one.iter().map(|(time, _)| (*time as u64, ())).collect();
    let span =
        (times.last_key_value().expect("lines").0 - times.first_key_value().expect("lines").0 + 10) as f64;
    let rounds =
        (0..).flat_map(|round| one.iter().map(move |(time, event)| (time + f64::from(round) * span, event)));
    rounds.take(lines).map(|(time, event)| format!("{time:.3}\t{event}\n")).collect()
}
