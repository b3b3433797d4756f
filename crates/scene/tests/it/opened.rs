//! Real clusters' states: what is found about each is what the recorder saw, also where kinds are missing.
//! Long: one story of each state.

use kubesim::{Kind, Opened, Story, open};
use messages::EN;
use scene::explain::{Finding, Outlook, of_state};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::rc::Rc;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../kubesim/tests/golden/states")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// What was seen of each state: its name, and what the recorder wrote about it.
fn expectations() -> Vec<(String, Value)> {
    let mut names: Vec<String> = std::fs::read_dir(folder())
        .expect("states are there")
        .filter_map(|entry| entry.expect("a folder").file_name().to_str().map(str::to_owned))
        .filter_map(|name| name.strip_suffix(".expect.json").map(str::to_owned))
        .collect();
    names.sort();
    assert!(names.len() >= 17, "{names:?}");
    let expectation = |name: String| {
        let seen = serde_json::from_str(&read(&format!("{name}.expect.json"))).expect("JSON");
        (name, seen)
    };
    names.into_iter().map(expectation).collect()
}

/// A list in kubectl's YAML without the items of these kinds.
pub fn without(text: &str, kinds: &[&str]) -> String {
    let mut kept = String::new();
    let mut item = String::new();
    let mut flush = |item: &mut String| {
        let is = |kind: &str| {
            let says =
                |line: &str| line.strip_prefix("  kind: ").or(line.strip_prefix("- kind: ")) == Some(kind);
            item.lines().any(says)
        };
        if !kinds.iter().any(|kind| is(kind)) {
            kept.push_str(item);
        }
        item.clear();
    };
    for line in text.lines() {
        if !line.starts_with("  ") {
            flush(&mut item);
        }
        item.push_str(line);
        item.push('\n');
    }
    flush(&mut item);
    kept
}

fn opened(text: &str) -> Rc<Opened> {
    Rc::new(open(&[("state.yaml".into(), text.to_owned())]).unwrap_or_else(|why| panic!("{why:?}")))
}

fn findings(text: &str) -> Vec<Finding> {
    let story = Story::opened(opened(text));
    let store = story.cluster.api.store();
    store.list(Kind::StatefulSet).map(|set| of_state(&EN, store, set)).collect()
}

/// What is wrong about what was found.
fn differences(found: &[Finding], seen: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let sets = seen["sets"].as_array().expect("sets");
    if found.len() != sets.len() {
        wrong.push(format!("{} sets", found.len()));
    }
    for set in sets {
        let name = set["set"].as_str().expect("a name");
        let Some(found) = found.iter().find(|found| &*found.set.name == name) else {
            wrong.push(format!("{name} is not there"));
            continue;
        };
        let stuck = set["stuck_without_help"].as_bool().expect("known");
        if stuck != (found.outlook == Outlook::Stuck) {
            wrong.push(format!("{name}: {:?}, {}", found.outlook, found.why.text));
        }
        if stuck && found.remedy.is_none() {
            wrong.push(format!("{name}: no remedy"));
        }
        let blocking = &set["blocking"];
        let said = |field: &str| blocking[field].as_str();
        let Some(is) = &found.blocking else {
            if !blocking.is_null() {
                wrong.push(format!("{name}: nothing blocks"));
            }
            continue;
        };
        let pairs = [
            ("kind", Some(is.key.kind.name())),
            ("name", Some(&*is.key.name)),
            ("container", is.container.as_deref()),
            ("reason", is.reason.as_deref()),
            ("field", is.field),
            ("finalizer", is.finalizer.as_deref()),
            ("condition", is.condition.as_deref()),
            ("storageClassName", is.class.as_deref()),
        ];
        if blocking.is_null() {
            wrong.push(format!("{name}: {is:?}"));
        }
        for (field, value) in pairs {
            if said(field).is_some() && said(field) != value {
                wrong.push(format!("{name}: {field} {value:?}, not {:?}", said(field)));
            }
        }
    }
    wrong
}

#[test]
fn what_is_found_is_what_was_seen() {
    let variants: [(&str, &[&str]); 6] = [
        ("everything", &[]),
        ("only namespaced kinds", &["Node", "PersistentVolume", "StorageClass"]),
        ("no events", &["Event"]),
        ("no revisions", &["ControllerRevision"]),
        ("no slices", &["EndpointSlice"]),
        ("no events, revisions, slices", &["Event", "ControllerRevision", "EndpointSlice"]),
    ];
    let mut wrong = Vec::new();
    for (name, seen) in expectations() {
        let text = read(&format!("{name}.yaml"));
        for (variant, kinds) in variants {
            let text = without(&text, kinds);
            wrong.extend(
                differences(&findings(&text), &seen).iter().map(|what| format!("{name}, {variant}: {what}")),
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_form_of_a_state_gives_the_same() {
    let (_, seen) = expectations().into_iter().find(|(name, _)| name == "seed-at-rest").expect("it is there");
    for name in ["seed-at-rest.json", "seed-at-rest.get-all.yaml", "seed-at-rest.only-sts.yaml"] {
        assert_eq!(differences(&findings(&read(name)), &seen), [""; 0], "{name}");
    }
    // A list of one kind as the API server gives it: its items do not say what they are.
    let list: Value = serde_json::from_str(&read("seed-at-rest.json")).expect("JSON");
    let of_kind = |kind: &str| {
        let items = list["items"].as_array().expect("a list").iter().filter(|item| item["kind"] == *kind);
        let bare = |item: &Value| {
            let mut item = item.clone();
            let fields = item.as_object_mut().expect("an object");
            let version = fields.remove("apiVersion");
            fields.remove("kind");
            (version, item)
        };
        let (versions, items): (Vec<Option<Value>>, Vec<Value>) = items.map(bare).unzip();
        let version = versions.first().cloned().flatten().expect("there is one");
        let list = serde_json::json!({"kind": format!("{kind}List"), "apiVersion": version, "items": items});
        (format!("{kind}.json"), list.to_string())
    };
    let kinds = ["StatefulSet", "Pod", "PersistentVolumeClaim", "Service", "EndpointSlice", "Node", "Event"];
    let bare = Story::opened(Rc::new(open(&kinds.map(of_kind)).expect("lists of one kind each")));
    let pods =
        |story: &Story| story.cluster.api.store().list(Kind::Pod).map(|pod| pod.key()).collect::<Vec<_>>();
    assert_eq!(pods(&bare), pods(&Story::opened(opened(&list.to_string()))));
    assert_eq!(pods(&bare).len(), 3);
    let whole = read("seed-at-rest.yaml");
    let kinds = [
        "StatefulSet",
        "Pod",
        "PersistentVolumeClaim",
        "PersistentVolume",
        "Service",
        "EndpointSlice",
        "ControllerRevision",
        "StorageClass",
        "Node",
        "Event",
    ];
    let only = |kind: &str| {
        let others: Vec<&str> = kinds.iter().copied().filter(|other| *other != kind).collect();
        (format!("{kind}.yaml"), without(&whole, &others))
    };
    let files: Vec<(String, String)> = kinds.iter().map(|kind| only(kind)).collect();
    let story = Story::opened(Rc::new(open(&files).expect("files of one kind each")));
    let at_once = Story::opened(opened(&whole));
    let names =
        |story: &Story| story.cluster.api.store().all().map(|object| object.key()).collect::<Vec<_>>();
    assert_eq!(names(&story), names(&at_once));
}

/// What DNS has of each Service: its pods with their addresses, and whether they are ready.
fn listed(store: &kubesim::Store) -> Vec<String> {
    let mut all = Vec::new();
    for slice in store.list(Kind::EndpointSlice).filter(|slice| &*slice.meta.namespace != "kube-system") {
        let service = slice.meta.label("kubernetes.io/service-name").unwrap_or_default();
        for endpoint in slice.endpoint_slice().endpoints.iter() {
            // Endpoints that are no pods are somebody else's.
            let Some((_, name, _)) = &endpoint.target else { continue };
            let ready = endpoint.ready;
            all.push(format!("{service} {name} {:?} {} {ready}", endpoint.hostname, endpoint.address));
        }
    }
    all.sort();
    all.dedup();
    all
}

/// Where nobody asked for slices, they are what their controller had made: also a pod of which nothing else is known is in DNS.
#[test]
fn slices_of_which_none_is_there_are_made_up_as_they_were() {
    let mut compared = 0;
    for (name, _) in expectations() {
        let text = read(&format!("{name}.yaml"));
        let (whole, bare) =
            (Story::opened(opened(&text)), Story::opened(opened(&without(&text, &["EndpointSlice"]))));
        assert!(bare.opened_state().expect("opened").missing.contains(&Kind::EndpointSlice), "{name}");
        let of = |story: &Story| listed(story.cluster.api.store());
        assert_eq!(of(&bare), of(&whole), "{name}");
        compared += of(&bare).len();
        let made_up = bare
            .cluster
            .api
            .store()
            .list(Kind::EndpointSlice)
            .filter(|slice| slice.meta.is_made_up())
            .count();
        let counted = &bare.opened_state().expect("opened").made_up;
        let counted = counted.iter().filter(|(_, why)| *why == kubesim::MadeUp::SliceOfService).count();
        assert_eq!(made_up, counted, "{name}");
    }
    assert!(compared > 30, "{compared}");
}

/// A recording whose watches did not look at slices has those that follow from its pods, at each moment.
#[test]
fn slices_that_no_watch_has_seen_follow_the_pods() {
    for name in RECORDINGS {
        let text = recording(name);
        let is_slice = |line: &&str| line.contains("\"kind\":\"EndpointSlice\"");
        let bare: String =
            text.lines().filter(|line| !is_slice(line)).flat_map(|line| [line, "\n"]).collect();
        let (whole, bare) = (Story::opened(opened(&text)), Story::opened(opened(&bare)));
        let (mut whole, mut bare) = (whole, bare);
        let end = whole.opened_state().expect("opened").seen_until();
        let (mut moments, mut same) = (0, 0);
        let mut last = Vec::new();
        for at in (0..=end.0).step_by(500) {
            whole.run_until(kubesim::SimTime(at));
            bare.run_until(kubesim::SimTime(at));
            let now = listed(bare.cluster.api.store());
            moments += 1;
            // The real controller is a moment behind the pods.
            same += usize::from(now == listed(whole.cluster.api.store()));
            last = now;
        }
        assert!(same * 10 >= moments * 9, "{name}: {same} of {moments}");
        assert_eq!(last, listed(whole.cluster.api.store()), "{name}");
        assert!(!last.is_empty(), "{name}");
    }
}

/// Words of three letters or more that a state has where somebody chose them: names, images, addresses, labels, hosts.
fn chosen_words(text: &str) -> std::collections::BTreeSet<String> {
    let story = Story::opened(opened(text));
    let mut words = std::collections::BTreeSet::new();
    let mut add = |text: &str| {
        let parts = text.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_owned);
        words.extend(parts.filter(|part| part.len() > 2 && part.contains(|c: char| c.is_ascii_alphabetic())));
        if text.parse::<std::net::IpAddr>().is_ok() {
            words.insert(text.to_owned());
        }
    };
    let kinds = [
        Kind::StatefulSet,
        Kind::Pod,
        Kind::PersistentVolumeClaim,
        Kind::PersistentVolume,
        Kind::Service,
        Kind::Node,
    ];
    let own =
        |object: &&Rc<kubesim::Object>| !object.meta.is_made_up() && &*object.meta.namespace != "kube-system";
    for object in kinds.iter().flat_map(|kind| story.cluster.api.store().list(*kind)).filter(own) {
        add(&object.meta.name);
        add(&object.meta.namespace);
        let of_kubernetes = |key: &str| key.contains(".io/") || key.ends_with("-hash");
        object.meta.labels.iter().filter(|(key, _)| !of_kubernetes(key)).for_each(|(key, value)| {
            add(key);
            add(value);
        });
        if object.kind == Kind::Pod {
            object.pod().spec.all_containers().for_each(|container| {
                add(&container.image);
                add(&container.name);
            });
            add(object.pod().status.pod_ip.as_deref().unwrap_or_default());
            add(object.pod().status.host_ip.as_deref().unwrap_or_default());
        }
    }
    // What every cluster has, and what images of everybody are called.
    for common in [
        "default",
        "docker",
        "io",
        "library",
        "latest",
        "kubernetes",
        "k8s",
        "pvc",
        "svc",
        "component",
        "apiserver",
    ] {
        words.remove(common);
    }
    words
}

/// The texts in a tree, and the keys where somebody chose them; but for what has a prefix of Kubernetes' own.
fn texts_in(tree: &Value, field: &str, texts: &mut String) {
    let mut add = |text: &str| {
        if !text.contains(".io/") {
            texts.push_str(text);
            texts.push(' ');
        }
    };
    match tree {
        Value::String(text) => add(text),
        Value::Array(items) => items.iter().for_each(|item| texts_in(item, field, texts)),
        Value::Object(map) => {
            if matches!(
                field,
                "labels" | "matchLabels" | "selector" | "nodeSelector" | "annotations" | "data"
            ) {
                map.keys().for_each(|key| add(key));
            }
            map.iter().for_each(|(key, value)| texts_in(value, key, texts));
        }
        _ => {}
    }
}

/// A state that is given away opens as it did, with the same whys about the same places; no name of it is left.
#[test]
fn a_state_without_names_is_the_same_state() {
    for (name, _) in expectations() {
        let text = read(&format!("{name}.yaml"));
        let state = opened(&text);
        let given = kubesim::without_names(&state);
        let again = opened(&given);
        let mut texts = String::new();
        texts_in(&serde_json::from_str(&given).expect("JSON"), "", &mut texts);
        let parts: std::collections::BTreeSet<&str> = texts
            .split(|c: char| !c.is_ascii_alphanumeric())
            .chain(texts.split(|c: char| !c.is_ascii_alphanumeric() && c != '.'))
            .collect();
        let left = chosen_words(&text).into_iter().filter(|word| parts.contains(&**word));
        assert_eq!(left.collect::<Vec<String>>(), [""; 0], "{name}");
        assert_eq!(again.taken_unix_seconds, state.taken_unix_seconds, "{name}");
        assert_eq!(again.objects.len(), state.objects.len(), "{name}");
        assert_eq!(again.made_up.len(), state.made_up.len(), "{name}");
        let said = |text: &str| {
            let mut all: Vec<String> = findings(text)
                .iter()
                .map(|finding| {
                    let blocking =
                        finding.blocking.as_ref().map(|it| (it.key.kind, it.reason.clone(), it.field));
                    let ordinal =
                        |name: &str| name.rsplit('-').next().and_then(|end| end.parse::<u32>().ok());
                    let at = finding.blocking.as_ref().and_then(|it| ordinal(&it.key.name));
                    format!("{:?} {blocking:?} {at:?} {}", finding.outlook, finding.remedy.is_some())
                })
                .collect();
            all.sort();
            all
        };
        assert_eq!(said(&given), said(&text), "{name}");
    }
}

/// So does a recording, with the same number of moments.
#[test]
fn a_recording_without_names_is_the_same_recording() {
    for name in RECORDINGS {
        let text = recording(name);
        let state = opened(&text);
        let again = opened(&kubesim::without_names(&state));
        let shape = |opened: &Opened| -> Vec<(i64, Kind, bool)> {
            opened.seen.iter().map(|seen| (seen.at.0, seen.key.kind, seen.after.is_some())).collect()
        };
        assert_eq!(shape(&again), shape(&state), "{name}");
        assert_eq!(again.objects.len(), state.objects.len(), "{name}");
    }
}

/// What is secret, or could be, is nowhere in an opened story.
#[test]
fn values_are_not_kept() {
    let text = read("shop.everything.yaml");
    // As it stands, and as a Secret's data holds it (base64).
    let secrets = ["EXAMPLE-SECRET", "RVhBTVBMRS1TRUNSRV"];
    assert!(secrets.iter().any(|secret| text.contains(secret)));
    let opened = opened(&text);
    let mut story = Story::opened(opened.clone());
    story.run_until(kubesim::SimTime(60_000));
    for object in story.cluster.api.store().all() {
        let text = object.to_value().to_string();
        assert!(secrets.iter().all(|secret| !text.contains(secret)), "{}", object.key());
    }
    let all = format!("{opened:?}");
    assert!(secrets.iter().all(|secret| !all.contains(secret)));
    assert!(opened.left_out.iter().any(|left_out| left_out.what == kubesim::What::SecretData));
}

/// The controllers go on as the real ones did.
#[test]
fn what_comes_next_is_what_came() {
    let mut wrong = Vec::new();
    for (name, seen) in expectations() {
        let mut story = Story::opened(opened(&read(&format!("{name}.yaml"))));
        let wanted: Vec<&str> = seen["next_by_itself"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|next| next["see"].as_str())
            .collect();
        let watched_ms = (seen["watched_s"].as_f64().expect("a number") * 1000.0) as i64;
        let since = story.cluster.api.history().len();
        // What the recorder's nodes did sooner or later than these here comes in the same order all the same.
        let patience = if wanted.is_empty() { watched_ms } else { 120_000 };
        story.run_until(kubesim::SimTime(patience));
        let came = milestones(&story, since);
        let came: Vec<&str> = came.iter().map(String::as_str).take(wanted.len().max(1)).collect();
        let came = if wanted.is_empty() { &came[..] } else { &came[..came.len().min(wanted.len())] };
        let wanted: Vec<String> =
            wanted.iter().map(|see| see.split(" revision=").next().unwrap_or_default().to_owned()).collect();
        if came != wanted {
            wrong.push(format!("{name}: {came:?}, not {wanted:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a watch saw of pods and claims from this position of the history on.
fn milestones(story: &Story, since: usize) -> Vec<String> {
    let mut seen = Vec::new();
    for entry in story.cluster.api.history().since(since) {
        let kubesim::Change::Object { key, before, after } = &entry.change else { continue };
        let (short, is_pod) = match key.kind {
            Kind::Pod => ("pod", true),
            Kind::PersistentVolumeClaim => ("pvc", false),
            Kind::StatefulSet => ("statefulset", false),
            _ => continue,
        };
        let mut say = |what: &str| seen.push(format!("{short}/{} {what}", key.name));
        let going = |object: &Rc<kubesim::Object>| object.meta.is_terminating();
        match (before, after) {
            (None, Some(_)) => say("created"),
            (Some(_), None) => say("deleted"),
            (Some(before), Some(after)) => {
                if going(after) && !going(before) {
                    say("deleting");
                }
                if is_pod && before.pod().is_ready() != after.pod().is_ready() && !going(after) {
                    say(if after.pod().is_ready() { "ready" } else { "unready" });
                }
                if key.kind == Kind::PersistentVolumeClaim && before.claim().phase != after.claim().phase {
                    say("bound");
                }
            }
            (None, None) => {}
        }
    }
    seen
}

/// A replay of an opened story is the story.
#[test]
fn an_opened_story_replays() {
    let mut story = Story::opened(opened(&read("shop.yaml")));
    story.run_until(kubesim::SimTime(5_000));
    story.input(kubesim::Input::Line("kubectl delete pod shop-cache-0 -n shop".into()));
    story.run_until(kubesim::SimTime(30_000));
    let again = Story::replay(Opened::world(), story.inputs(), story.now());
    assert_eq!(again.cluster.api.history().fingerprint(), story.cluster.api.history().fingerprint());
}

/// Logs and files of containers that ran before are not made up.
#[test]
fn nothing_is_invented_about_what_ran_before() {
    let mut story = Story::opened(opened(&read("seed-at-rest.yaml")));
    for (line, said) in [
        (
            "kubectl logs flask-0",
            "error: the opened state has no logs of container \"flask-app\" in pod \"flask-0\": it ran before",
        ),
        (
            "kubectl exec flask-0 -- ls",
            "error: the opened state has nothing of what is in container \"flask-app\" in pod \"flask-0\": it ran before",
        ),
    ] {
        let since = story.cluster.api.history().len();
        story.input(kubesim::Input::Line(line.into()));
        story.run_until(story.now() + kubesim::Span::seconds(2));
        let printed: String = story
            .cluster
            .api
            .history()
            .since(since)
            .iter()
            .filter_map(|entry| match &entry.change {
                kubesim::Change::Output { text, .. } => Some(&**text),
                _ => None,
            })
            .collect();
        assert!(printed.contains(said), "{line}: {printed}");
    }
}

/// A damaged state is refused or opened, played on and explained, and nothing panics: lines gone, doubled, cut, in another order.
#[test]
fn damaged_states_are_answered() {
    let mut rng = kubesim::Rng::new(7);
    let mut pick = |n: usize| (rng.next_u64() % n.max(1) as u64) as usize;
    let (mut opened_count, mut refused) = (0, 0);
    let names = [
        "shop.yaml",
        "stuck-bad-image.yaml",
        "terminating-on-dead-node.yaml",
        "mid-rollout-init.yaml",
        "crash-loop.yaml",
    ];
    for case in 0..120 {
        let text = read(names[case % names.len()]);
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        for _ in 0..1 + pick(12) {
            let (at, other) = (pick(lines.len()), pick(lines.len()));
            match pick(7) {
                0 => drop(lines.remove(at)),
                1 => lines.swap(at, other),
                2 => {
                    lines[at] =
                        lines[at].split(": ").next().map(|key| [key, ": -1"].concat()).unwrap_or_default()
                }
                3 => {
                    lines[at] =
                        lines[at].split(": ").next().map(|key| [key, ": \"\""].concat()).unwrap_or_default()
                }
                4 => {
                    lines[at] = lines[at]
                        .split(": ")
                        .next()
                        .map(|key| [key, ": 99999999999999"].concat())
                        .unwrap_or_default()
                }
                5 => lines[at] = lines[other].clone(),
                _ => lines.truncate(lines.len() - pick(lines.len() / 10)),
            }
        }
        let text = lines.join("\n") + "\nkind: List\n";
        match open(&[("state.yaml".into(), text)]) {
            Ok(opened) => {
                opened_count += 1;
                let mut story = Story::opened(Rc::new(opened));
                story.run_until(kubesim::SimTime(30_000));
                let store = story.cluster.api.store();
                for set in store.list(Kind::StatefulSet) {
                    of_state(&EN, store, set);
                }
            }
            Err(_) => refused += 1,
        }
    }
    assert!(opened_count > 15 && refused > 5, "{opened_count} opened, {refused} refused");
}

/// A recording is what its watches had seen at a moment.
#[test]
fn a_recording_is_explained_at_each_moment() {
    let folder = folder().join("../recordings");
    let text = std::fs::read_to_string(folder.join("stuck-update-undo-delete.tsv")).expect("it is there");
    let found = |ms: Option<i64>| {
        let files = [("recording.tsv".to_owned(), text.clone())];
        let opened = Rc::new(open(&files).expect("a recording"));
        let at = ms.map_or(opened.seen_until(), kubesim::SimTime);
        let mut story = Story::opened(opened);
        story.run_until(at);
        let history = story.cluster.api.history();
        let store = &story.explained(story.cluster.api.store(), history.len(), at).expect("it was seen");
        store.list(Kind::StatefulSet).map(|set| of_state(&EN, store, set)).collect::<Vec<_>>()
    };
    let commands: Value = serde_json::from_str(
        &std::fs::read_to_string(folder.join("stuck-update-undo-delete.commands.json")).expect("it is there"),
    )
    .expect("JSON");
    let first: f64 = text.split('.').next().expect("a time").parse().expect("seconds");
    let given = commands["commands"].as_array().expect("commands").iter();
    let at: Vec<i64> =
        given.map(|given| ((given["t"].as_f64().expect("a time") - first) * 1000.0) as i64).collect();
    // Before the first command all is well; before the second the update is stuck; before the third, after the undo, it is so still.
    assert_eq!(found(Some(at[0] - 200))[0].outlook, Outlook::Settled);
    for before in [at[1], at[2]] {
        let found = &found(Some(before - 200))[0];
        assert_eq!(found.outlook, Outlook::Stuck, "{found:?}");
        let blocking = found.blocking.as_ref().expect("a pod");
        assert_eq!((&*blocking.key.name, blocking.reason.as_deref()), ("flask-2", Some("ImagePullBackOff")));
    }
    assert_eq!(found(None).len(), 1);
}

const RECORDINGS: [&str; 5] = [
    "node-failure.tsv",
    "rolling-update.tsv",
    "scale-3-5-2.tsv",
    "seed-rollout-and-delete-pod.tsv",
    "stuck-update-undo-delete.tsv",
];

fn recording(name: &str) -> String {
    std::fs::read_to_string(folder().join("../recordings").join(name)).expect("a recording")
}

/// Names, UIDs and versions of all that a world has, but for what every cluster has and what was made up.
fn seen_in(store: &kubesim::Store) -> Vec<String> {
    let of_watches = [
        Kind::StatefulSet,
        Kind::Pod,
        Kind::PersistentVolumeClaim,
        Kind::PersistentVolume,
        Kind::Service,
        Kind::EndpointSlice,
        Kind::ControllerRevision,
        Kind::StorageClass,
        Kind::Node,
    ];
    let all = of_watches.iter().flat_map(|kind| store.list(*kind));
    let own = all.filter(|object| object.meta.annotation("opened/made-up").is_none());
    let mut names: Vec<String> =
        own.map(|object| format!("{} {}", object.key(), object.meta.resource_version)).collect();
    names.sort();
    names
}

/// A recording is a history: each moment of it has the objects that its watches had seen, whichever way it is come to, and
/// each can be explained.
#[test]
fn a_recording_is_a_history() {
    for name in RECORDINGS {
        let text = recording(name);
        let opened = Rc::new(open(&[(name.to_owned(), text.clone())]).expect("a recording"));
        let mut story = Story::opened(opened.clone());
        story.run_until(opened.seen_until());
        let history = story.cluster.api.history();
        // The objects as the lines leave them, by kind and name.
        let mut left: std::collections::BTreeMap<String, String> = Default::default();
        for line in text.lines() {
            let event: Value = serde_json::from_str(line.split_once('\t').expect("a time").1).expect("JSON");
            let object = &event["object"];
            let word = |value: &Value| value.as_str().expect("a text").to_owned();
            let (kind, meta) = (word(&object["kind"]), &object["metadata"]);
            let kind = Kind::of_manifest(&word(&object["apiVersion"]), &kind).expect("a kind");
            if kind == Kind::Event {
                continue;
            }
            let namespace = meta["namespace"].as_str().unwrap_or_default();
            let key = kubesim::Key::new(kind, namespace, meta["name"].as_str().expect("a name")).to_string();
            match event["type"].as_str() {
                Some("DELETED") => drop(left.remove(&key)),
                _ => drop(left.insert(key.clone(), format!("{key} {}", word(&meta["resourceVersion"])))),
            }
        }
        let mut left: Vec<String> = left.into_values().collect();
        left.sort();
        assert_eq!(seen_in(story.cluster.api.store()), left, "{name}");
        // To and fro.
        let mut there = kubesim::Moment::default();
        let mut titles = std::collections::BTreeSet::new();
        for part in [20, 3, 11, 0, 7, 16, 1, 13, 19, 5, 9, 15, 18] {
            let at = kubesim::SimTime(opened.seen_until().0 * part / 20);
            let position = history.position_at(at);
            there.seek(history, position);
            let mut walked = kubesim::Store::default();
            history.before(position).iter().for_each(|entry| walked.apply(&entry.change));
            assert_eq!(there.store, walked, "{name} at {at}");
            let explained = story.explained(&there.store, position, at).expect("it was seen");
            assert_eq!(
                seen_in(&explained),
                seen_in(&there.store),
                "{name} at {at}: explaining changes nothing"
            );
            for set in explained.list(Kind::StatefulSet) {
                titles.insert(of_state(&EN, &explained, set).why.title);
            }
        }
        assert!(titles.len() > 1, "{name}: what is found changes: {titles:?}");
    }
}

/// What somebody does at a moment of a recording begins a simulation there, which is the same when it is played again.
#[test]
fn a_recording_goes_on_where_somebody_acts() {
    let opened = Rc::new(
        open(&[("r.tsv".to_owned(), recording("stuck-update-undo-delete.tsv"))]).expect("a recording"),
    );
    let mut story = Story::opened(opened.clone());
    let middle = kubesim::SimTime(opened.seen_until().0 / 2);
    story.run_until(middle);
    let (seen, at) = story.simulated_from().expect("it was opened");
    assert_eq!((seen, at), (story.cluster.api.history().len(), middle));
    let pods = |story: &Story| story.cluster.api.store().list(Kind::Pod).count();
    let before = pods(&story);
    story.input(kubesim::Input::Line("kubectl scale sts flask --replicas=1".into()));
    story.run_until(middle + kubesim::Span::seconds(120));
    assert_eq!(story.simulated_from(), Some((seen, middle)));
    assert!(before > 1 && pods(&story) == 1, "{before}, then {}", pods(&story));
    let world = story.cluster.api.store().clone();
    assert!(story.explained(&world, story.cluster.api.history().len(), story.now()).is_none());
    let again = Story::replay(Opened::world(), story.inputs(), story.now());
    assert_eq!(again.cluster.api.history().fingerprint(), story.cluster.api.history().fingerprint());
    // Nobody acts: the simulation goes on behind the end.
    let mut story = Story::opened(opened.clone());
    story.run_until(opened.seen_until() + kubesim::Span::seconds(60));
    let (_, at) = story.simulated_from().expect("it was opened");
    assert_eq!(at, opened.seen_until() + kubesim::Span(1));
    assert_eq!(pods(&story), 3);
}

/// A recording without times has those of its objects: the same order for each kind, and it says so.
#[test]
fn a_recording_without_times_follows_its_objects() {
    let text = recording("rolling-update.tsv");
    let mut files: std::collections::BTreeMap<String, String> = Default::default();
    for line in text.lines() {
        let event = line.split_once('\t').expect("a time").1;
        let object: Value = serde_json::from_str(event).expect("JSON");
        let file = files.entry(object["object"]["kind"].to_string()).or_default();
        file.push_str(event);
        file.push('\n');
    }
    assert!(files.len() > 3, "one file for each kind, as kubectl watches one");
    let files: Vec<(String, String)> = files.into_iter().collect();
    let opened = Rc::new(open(&files).expect("a recording"));
    let timed = Rc::new(open(&[("r.tsv".to_owned(), text)]).expect("a recording"));
    assert!(opened.has_no_times && !timed.has_no_times);
    let end = |opened: &Rc<Opened>| {
        let mut story = Story::opened(opened.clone());
        story.run_until(opened.seen_until());
        (seen_in(story.cluster.api.store()), opened.taken_unix_seconds * 1000 + opened.seen_until().0)
    };
    let ((objects, ends), (expected, expected_end)) = (end(&opened), end(&timed));
    assert_eq!(objects, expected);
    assert!((ends - expected_end).abs() < 15_000, "{ends} instead of {expected_end}");
    assert!(opened.seen.is_sorted_by_key(|seen| seen.at));
}

/// A damaged recording is refused or opened, sought, explained and gone on from, and nothing panics: lines gone, doubled, cut, in
/// another order, with other times, without what was there before.
#[test]
fn damaged_recordings_are_answered() {
    let mut rng = kubesim::Rng::new(11);
    let mut pick = |n: usize| (rng.next_u64() % n.max(1) as u64) as usize;
    let (mut opened_count, mut refused) = (0, 0);
    for case in 0..40 {
        let text = recording(RECORDINGS[case % RECORDINGS.len()]);
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        for _ in 0..1 + pick(15) {
            let (at, other) = (pick(lines.len()), pick(lines.len()));
            match pick(8) {
                0 => drop(lines.remove(at)),
                1 => lines.swap(at, other),
                2 => lines[at] = lines[other].clone(),
                3 => lines[at] = lines[at].replacen("\"ADDED\"", "\"DELETED\"", 1),
                4 => lines[at] = lines[at].replacen("\"MODIFIED\"", "\"ADDED\"", 1),
                5 => lines[at] = ["99999999999.9", &lines[at][lines[at].find('\t').unwrap_or(0)..]].concat(),
                6 if pick(6) == 0 => {
                    let cut = lines[at].len() / 2;
                    lines[at] = lines[at].chars().take(cut).collect();
                }
                _ => drop(lines.drain(..pick(lines.len() / 4))),
            }
        }
        match open(&[("recording.tsv".into(), lines.join("\n"))]) {
            Ok(opened) => {
                opened_count += 1;
                let opened = Rc::new(opened);
                let mut story = Story::opened(opened.clone());
                story.run_until(kubesim::SimTime(20_000).min(opened.seen_until()));
                let world = story.cluster.api.store();
                let position = story.cluster.api.history().len();
                // Where nothing is left but what was there at the beginning, it is a single state.
                let store = story.explained(world, position, story.now());
                assert_eq!(store.is_some(), !opened.seen.is_empty());
                let store = store.unwrap_or_else(|| world.clone());
                for set in store.list(Kind::StatefulSet) {
                    of_state(&EN, &store, set);
                }
                story.input(kubesim::Input::Line("kubectl get pods -A -o wide".into()));
                story.run_until(story.now() + kubesim::Span::seconds(30));
            }
            Err(_) => refused += 1,
        }
    }
    assert!(opened_count > 15 && refused > 3, "{opened_count} opened, {refused} refused");
}

/// Gone on from in the simulation at its first moment, with what users did, a recording goes as it went, until something happens that
/// nobody tells the simulation: there the two part.
#[test]
fn a_recording_and_the_simulation_from_its_first_moment_are_compared() {
    for name in RECORDINGS {
        let opened = opened(&recording(name));
        let mut comparing = scene::rerun::Comparing::new(&opened);
        while comparing.go_on() {}
        let compared = comparing.finish();
        println!("{name}: {compared:?}");
        assert!(compared.count > 0 && compared.agreed <= compared.count, "{name}: {compared:?}");
        if matches!(name, "rolling-update.tsv" | "scale-3-5-2.tsv" | "seed-rollout-and-delete-pod.tsv") {
            assert_eq!((compared.agreed, &compared.parts), (compared.count, &None), "{name}");
        }
        if name == "node-failure.tsv" {
            let (is_recorded, step) = compared.parts.expect("a node fails");
            assert_eq!((is_recorded, &*step.object, step.what), (true, "pod/flask-1", "unready"));
        }
    }
}

/// A container whose init containers are to run again, as in a new sandbox, waits for them, whatever it was before.
#[test]
fn init_containers_that_are_to_run_again_do() {
    let text = read("seed-at-rest.yaml");
    let text = text.replace(
        "        running:\n          startedAt:",
        "        terminated:\n          exitCode: 1\n          startedAt:",
    );
    let text = text
        .replace("      name: init-dump-log\n      ready: true", "      name: another\n      ready: true");
    let mut text = text.replace("      ready: true\n", "      ready: false\n");
    for condition in ["Ready", "ContainersReady"] {
        let (from, to) = ("      status: \"True\"\n      type: ", "      status: \"False\"\n      type: ");
        text = text.replace(&[from, condition, "\n"].concat(), &[to, condition, "\n"].concat());
    }
    let mut story = Story::opened(opened(&text));
    let ready =
        |story: &Story| story.cluster.api.store().list(Kind::Pod).filter(|pod| pod.pod().is_ready()).count();
    assert_eq!(ready(&story), 0);
    story.run_until(kubesim::SimTime(120_000));
    assert_eq!(ready(&story), 3);
}
