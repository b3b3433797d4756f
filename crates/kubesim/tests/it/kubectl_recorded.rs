//! kubectl's printers against the recordings, spacing included (the conformance runner folds it away): a world is put
//! together from the recorded YAML of its objects, and what is printed of it is compared with what was recorded.

use kubesim::kubelet::Nodes;
use kubesim::{ApiServer, Change, Io, Kind, Object, Step, Store, Timings, kubectl};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::rc::Rc;

const NOW: &str = "2026-11-23T04:00:51Z";

/// The commands of a recording, what each printed, and its exit code.
fn commands(name: &str) -> Vec<(String, String, i64)> {
    let path = format!("{}/tests/golden/scripts/kubectl/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let script: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let steps = script["script"].as_array().unwrap().iter().filter(|s| s["output"].is_string());
    let text = |v: &Value| v.as_str().unwrap().to_string();
    steps.map(|s| (text(&s["do"]), text(&s["output"]), s["exit_code"].as_i64().unwrap_or(0))).collect()
}

/// What the only command of a recording printed.
fn recorded(name: &str) -> String {
    commands(name).remove(0).1
}

fn documents(text: &str) -> Vec<Value> {
    let text = text.lines().filter(|l| !l.starts_with("Warning:")).collect::<Vec<_>>().join("\n");
    let tree = yaml::read(&text).documents.remove(0).into_value();
    match tree["items"].as_array() {
        Some(items) => items.clone(),
        None => vec![tree],
    }
}

fn put(store: &mut Store, tree: &Value) {
    let text = |field: &str| tree[field].as_str().unwrap_or_default();
    let kind = Kind::of_manifest(text("apiVersion"), text("kind")).unwrap();
    let object = Rc::new(Object::from_value(kind, tree));
    store.apply(&Change::Object { key: object.key(), before: None, after: Some(object) });
}

/// The recorded cluster in its steady state.
fn world() -> Store {
    let mut store = Store::default();
    for name in [
        "get-sts-flask-yaml",
        "get-svc-yaml",
        "get-endpointslice-yaml",
        "get-controllerrevision-yaml",
        "get-pv-yaml",
    ] {
        documents(&recorded(name)).iter().for_each(|tree| put(&mut store, tree));
    }
    // Of pods and claims only the first was recorded as YAML: the others differ in these texts.
    let (pod, claim) = (recorded("get-pod-flask-0-yaml"), recorded("get-pvc-yaml"));
    for (name, ip, node, born, volume) in [
        ("flask-0", "172.16.110.115", "chhan-k8s-3", "04:00:12", "pvc-b26f31bf-2abe-44d5-9587-0d88776441e8"),
        ("flask-1", "172.16.234.108", "chhan-k8s-4", "04:00:24", "pvc-70bf5d88-66e2-4077-b0ba-165a25af3256"),
        ("flask-2", "172.16.107.112", "chhan-k8s-2", "04:00:36", "pvc-81ccbb75-951b-412a-83ba-140bb542325f"),
    ] {
        let another = |text: &str| {
            text.replace("flask-0", name)
                .replace("pod-index: \"0\"", &format!("pod-index: \"{}\"", &name[6..]))
                .replace("172.16.110.115", ip)
                .replace("chhan-k8s-3", node)
                .replace("04:00:12", born)
                .replace("pvc-b26f31bf-2abe-44d5-9587-0d88776441e8", volume)
        };
        documents(&another(&pod)).iter().for_each(|tree| put(&mut store, tree));
        documents(&another(&claim)).iter().for_each(|tree| put(&mut store, tree));
    }
    for (n, ip) in [(1, "192.168.1.10"), (2, "192.168.1.101"), (3, "192.168.1.102"), (4, "192.168.1.103")] {
        put(&mut store, &node(n, ip));
    }
    put(
        &mut store,
        &json!({"apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "kubernetes", "namespace": "default", "creationTimestamp": "2026-11-23T03:47:00Z"},
            "spec": {"clusterIP": "10.200.0.1", "clusterIPs": ["10.200.0.1"], "type": "ClusterIP",
                "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": 6443}]}}),
    );
    put(
        &mut store,
        &json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": {"name": "kubernetes", "namespace": "default", "creationTimestamp": "2026-11-23T03:47:00Z",
                "labels": {"kubernetes.io/service-name": "kubernetes"}},
            "endpoints": [{"addresses": ["192.168.1.10"], "conditions": {"ready": true}}],
            "ports": [{"name": "https", "port": 6443, "protocol": "TCP"}]}),
    );
    put(&mut store, &json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}}));
    put(
        &mut store,
        &json!({"apiVersion": "v1", "kind": "Endpoints",
            "metadata": {"name": "kubernetes", "namespace": "default", "creationTimestamp": "2026-11-23T03:47:00Z"},
            "subsets": [{"addresses": [{"ip": "192.168.1.10"}], "ports": [{"name": "https", "port": 6443}]}]}),
    );
    let applied = "{\"apiVersion\":\"storage.k8s.io/v1\",\"kind\":\"StorageClass\",\"metadata\":{\"annotations\":\
        {\"storageclass.kubernetes.io/is-default-class\":\"true\"},\"name\":\"local-path\"},\"provisioner\":\
        \"rancher.io/local-path\",\"reclaimPolicy\":\"Delete\",\"volumeBindingMode\":\"WaitForFirstConsumer\"}\n";
    put(
        &mut store,
        &json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "provisioner": "rancher.io/local-path",
            "metadata": {"name": "local-path", "creationTimestamp": "2026-11-23T03:48:00Z", "annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": applied,
                "storageclass.kubernetes.io/is-default-class": "true"}},
            "reclaimPolicy": "Delete", "volumeBindingMode": "WaitForFirstConsumer"}),
    );
    events().iter().for_each(|tree| put(&mut store, tree));
    store
}

fn node(n: usize, ip: &str) -> Value {
    let name = format!("chhan-k8s-{n}");
    let mut labels = json!({"beta.kubernetes.io/arch": "amd64", "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64", "kubernetes.io/hostname": name, "kubernetes.io/os": "linux"});
    if n == 1 {
        labels["node-role.kubernetes.io/control-plane"] = json!("");
    }
    let condition = |(kind, status, reason, message): (&str, &str, &str, &str)| {
        json!({"type": kind, "status": status, "reason": reason, "message": message,
            "lastHeartbeatTime": "2026-11-23T03:58:06Z", "lastTransitionTime": "2026-11-23T03:48:03Z"})
    };
    let resources =
        json!({"cpu": "4", "ephemeral-storage": "51290592Ki", "memory": "8039920Ki", "pods": "110"});
    let conditions = [
        ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
    ]
    .map(condition);
    let machine = "a3afd1eb12d4f0d50865d56383733e8d";
    json!({"apiVersion": "v1", "kind": "Node", "spec": {},
        "metadata": {"name": name, "labels": labels, "creationTimestamp": "2026-11-23T03:48:03Z",
            "annotations": {"node.alpha.kubernetes.io/ttl": "0"}},
        "status": {"capacity": resources, "allocatable": resources,
            "addresses": [{"type": "InternalIP", "address": ip}, {"type": "Hostname", "address": name}],
            "conditions": conditions,
            "nodeInfo": {"architecture": "amd64", "bootID": machine, "machineID": machine, "systemUUID": machine,
                "containerRuntimeVersion": "containerd://2.1.4", "kernelVersion": "5.15.0-105-generic",
                "kubeletVersion": "v1.36.2", "operatingSystem": "linux", "osImage": "Ubuntu 22.04.4 LTS"}}})
}

/// The events, from the recorded table.
fn events() -> Vec<Value> {
    const PROVISIONER: &str =
        "rancher.io/local-path_local-path-provisioner-84f4c8b5d6-x2xkq_3f1c2d6e-6d0f-4f0e-9d0e-1f6f1c2b3a4d";
    let store_uid = |kind: &str, name: &str| {
        let source = match kind {
            "statefulset" => "get-sts-flask-yaml",
            "persistentvolumeclaim" => "get-pvc-yaml",
            _ => "get-pod-flask-0-yaml",
        };
        let first = name == "flask" || name.ends_with('0');
        first.then(|| documents(&recorded(source))[0]["metadata"]["uid"].clone())
    };
    let mut started = BTreeMap::new();
    let mut events = Vec::new();
    for (n, line) in recorded("get-events").lines().skip(1).enumerate() {
        let columns: Vec<&str> = line.splitn(5, "   ").map(str::trim).filter(|c| !c.is_empty()).collect();
        let rest = line[columns[0].len()..].trim_start();
        let (kind_of_event, rest) = rest.split_once(' ').unwrap();
        let (reason, rest) = rest.trim_start().split_once(' ').unwrap();
        let (object, message) = rest.trim_start().split_once(' ').unwrap();
        let (kind, name) = object.split_once('/').unwrap();
        let age: i64 = columns[0].trim_end_matches('s').parse().unwrap();
        let at = format!("2026-11-23T04:00:{:02}Z", 51 - age);
        let component = match reason {
            "Scheduled" => "default-scheduler",
            "Provisioning" | "ProvisioningSucceeded" => PROVISIONER,
            "WaitForFirstConsumer" | "ExternalProvisioning" => "persistentvolume-controller",
            "SuccessfulCreate" => "statefulset-controller",
            _ => "kubelet",
        };
        // What comes before an image is pulled is about the init container.
        let pulling = started.entry(name.to_string()).or_insert(false);
        *pulling |= reason == "Pulling";
        let container =
            if *pulling { "spec.containers{flask-app}" } else { "spec.initContainers{init-dump-log}" };
        let field_path = if component == "kubelet" { container } else { "" };
        let kind = match kind {
            "pod" => "Pod",
            "statefulset" => "StatefulSet",
            _ => "PersistentVolumeClaim",
        };
        events.push(json!({"apiVersion": "v1", "kind": "Event",
            "metadata": {"name": format!("{name}.{n:016x}"), "namespace": "default", "creationTimestamp": at},
            "involvedObject": {"kind": kind, "namespace": "default", "name": name, "fieldPath": field_path,
                "uid": store_uid(&kind.to_lowercase(), name)},
            "type": kind_of_event, "reason": reason, "message": message.trim_start(),
            "source": {"component": component}, "firstTimestamp": at, "lastTimestamp": at,
            "count": (reason != "Scheduled").then_some(1)}));
    }
    events
}

/// Runs a command that only reads.
fn run(store: &Store, line: &str) -> (String, Step) {
    let now = kubesim::SimTime::parse_rfc3339(NOW).unwrap();
    let mut api = ApiServer::holding(store.clone(), now);
    let (mut nodes, mut output) = (Nodes::default(), Vec::new());
    let mut io = Io { api: &mut api, nodes: &mut nodes, timings: &Timings::recording(), output: &mut output };
    let words: Vec<String> = words(line);
    assert_eq!(words[0], "kubectl");
    let step = kubectl::command(&words[1..], None, &BTreeMap::new()).run(&mut io);
    let text = output.iter().map(|(_, part)| part.as_str()).collect();
    (text, step)
}

fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (n, part) in line.split('\'').enumerate() {
        match n % 2 {
            0 => words.extend(part.split_whitespace().map(String::from)),
            _ if line.contains(&format!("='{part}'")) => words.last_mut().unwrap().push_str(part),
            _ => words.push(part.to_string()),
        }
    }
    words
}

/// Ages and the lease's time, digit by digit: how wide they are stays.
fn fold(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        if line.contains("RenewTime:") {
            out.push_str(&line.replace(|c: char| c.is_ascii_digit(), "N"));
        } else {
            for word in line.split_inclusive(' ') {
                let bare = word.trim_matches(['(', ')', ' ']);
                let is_age = bare.ends_with(['s', 'm', 'h', 'd'])
                    && bare.starts_with(|c: char| c.is_ascii_digit())
                    && bare.chars().all(|c| c.is_ascii_digit() || "smhd".contains(c));
                out.push_str(&if is_age {
                    word.replace(|c: char| c.is_ascii_digit(), "N")
                } else {
                    word.to_string()
                });
            }
        }
        out.push('\n');
    }
    out
}

#[test]
fn what_is_printed_is_what_was_recorded_to_the_last_space() {
    let store = world();
    for name in [
        "get-all",
        "get-controllerrevision-yaml",
        "get-controllerrevisions",
        "get-controllerrevisions-wide",
        "get-endpoints",
        "get-endpointslice-yaml",
        "get-endpointslices",
        "get-ep-flask",
        "get-events",
        "get-events-for",
        "get-nodes",
        "get-nodes-wide",
        "get-po",
        "get-pod",
        "get-pod-flask-0",
        "get-pod-flask-0-yaml",
        "get-pod-slash",
        "get-pod-two",
        "get-pods",
        "get-pods-A",
        "get-pods-custom-columns",
        "get-pods-field-selector",
        "get-pods-jsonpath",
        "get-pods-l",
        "get-pods-name",
        "get-pods-no-headers",
        "get-pods-show-labels",
        "get-pods-wide",
        "get-pv",
        "get-pv-wide",
        "get-pv-yaml",
        "get-pvc",
        "get-pvc-l",
        "get-pvc-show-labels",
        "get-pvc-yaml",
        "get-sc",
        "get-service-flask",
        "get-several-kinds",
        "get-statefulset-flask",
        "get-sts",
        "get-sts-flask-yaml",
        "get-sts-show-labels",
        "get-sts-wide",
        "get-svc",
        "get-svc-wide",
        "get-svc-yaml",
        "describe-controllerrevision",
        "describe-endpointslice",
        "describe-node",
        "describe-pod",
        "describe-pvc",
        "describe-sc",
        "describe-sts",
        "describe-svc",
        "api-resources-apps",
        "version",
        "errors-get",
        "errors-describe",
        "errors-kubectl",
        "errors-frobnicate",
        "errors-gte",
        "errors-top",
    ] {
        for (command, output, code) in commands(name) {
            // Pipes are the shell's; this world has no ConfigMap, and its other pods are copies of the first.
            if command.contains('|') || command.ends_with(" cm") || command.ends_with("describe pod flask") {
                continue;
            }
            let (printed, step) = run(&store, &command);
            assert_eq!(fold(&printed), fold(&output), "{name}: {command}");
            assert_eq!(step, Step::Exit(code as i32), "{name}: {command}");
        }
    }
}
