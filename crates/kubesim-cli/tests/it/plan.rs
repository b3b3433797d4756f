//! `kubesim plan`: what a changed manifest would do to a real cluster's state.

use crate::program::{run, run_with};
use serde_json::Value;

/// The manifest from which the states of the set `flask` came, with this image, this many replicas and these more fields of the
/// container.
fn manifest(image: &str, replicas: usize, more: &str) -> String {
    format!(
        "apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: flask
spec:
  selector: {{matchLabels: {{app: flask}}}}
  serviceName: flask
  replicas: {replicas}
  minReadySeconds: 10
  template:
    metadata: {{labels: {{app: flask}}}}
    spec:
      terminationGracePeriodSeconds: 10
      containers:
      - name: flask-app
        image: {image}
        ports: [{{containerPort: 80, name: web}}]
        volumeMounts: [{{name: www, mountPath: /usr/src/app/log}}]
{more}
      initContainers:
      - name: init-dump-log
        image: busybox:1.28
        command: ['sh', '-c', \"echo $(hostname)-$(date +%s) |tee -a /usr/src/app/log/dump.log\"]
        volumeMounts: [{{name: www, mountPath: /usr/src/app/log}}]
  volumeClaimTemplates:
  - metadata: {{name: www}}
    spec:
      accessModes: [ReadWriteOnce]
      storageClassName: local-path
      resources: {{requests: {{storage: 1Gi}}}}
"
    )
}

fn plan(state: &str, manifest: &str) -> (i32, Value) {
    let state = format!("{}/../kubesim/tests/golden/states/{state}", env!("CARGO_MANIFEST_DIR"));
    let (code, out, err) = run_with(manifest, &["plan", &state, "-", "-o", "json"]);
    (code, serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}")))
}

fn steps(report: &Value) -> Vec<String> {
    let steps = report["steps"].as_array().expect("steps").iter();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    steps.map(|step| [&*text(&step["object"]), " ", &*text(&step["what"])].concat()).collect()
}

#[test]
fn a_rollout_goes_from_the_top_and_settles() {
    let (code, report) = plan("seed-at-rest.yaml", &manifest("han0495/flask-example-app:v2", 3, ""));
    let one = |n: usize| {
        ["deleting", "deleted", "created", "ready"].map(|what| format!("pod/flask-{n} {what}")).to_vec()
    };
    let mut wanted = vec!["statefulset/flask changed".to_owned()];
    [2, 1, 0].into_iter().for_each(|n| wanted.extend(one(n)));
    assert_eq!(steps(&report), wanted);
    assert_eq!((code, report["measured_pods"].as_u64()), (0, Some(3)));
    assert!(
        report["diff"].as_str().expect("a diff").contains("+      - image: han0495/flask-example-app:v2")
    );
}

#[test]
fn where_it_stops_is_said() {
    let (code, report) =
        plan("seed-at-rest.yaml", &manifest("han0495/flask-example-app:does-not-exist", 3, ""));
    assert_eq!((code, report["sets"][0]["outlook"].as_str()), (2, Some("stuck")));
    assert_eq!(report["sets"][0]["blocking"]["name"], "flask-2");
}

#[test]
fn the_same_manifest_changes_nothing() {
    let (code, report) = plan("seed-at-rest.yaml", &manifest("han0495/flask-example-app", 3, ""));
    assert_eq!((code, steps(&report)), (0, Vec::new()));
}

#[test]
fn what_is_refused_is_said() {
    let other =
        manifest("han0495/flask-example-app", 3, "").replace("serviceName: flask", "serviceName: other");
    let (code, report) = plan("seed-at-rest.yaml", &other);
    assert_eq!(code, 2);
    assert!(
        report["refused"]
            .as_str()
            .expect("a text")
            .contains("updates to statefulset spec for fields other than")
    );
    assert_eq!(steps(&report), Vec::<String>::new());
}

/// A field that the simulation does not heed makes a new revision all the same.
#[test]
fn what_is_not_simulated_is_a_change() {
    let more = "        securityContext: {allowPrivilegeEscalation: false}";
    let (_, report) = plan("seed-at-rest.yaml", &manifest("han0495/flask-example-app", 3, more));
    let unheeded = report["unheeded"].as_array().expect("a list");
    assert!(
        unheeded[0].as_str().is_some_and(|field| field.ends_with("allowPrivilegeEscalation")),
        "{unheeded:?}"
    );
    assert!(steps(&report).contains(&"pod/flask-2 deleting".to_owned()));
}

#[test]
fn scaling_away_goes_one_by_one() {
    let (code, report) = plan("seed-at-rest.yaml", &manifest("han0495/flask-example-app", 1, ""));
    let wanted = [
        "statefulset/flask changed",
        "pod/flask-2 deleting",
        "pod/flask-2 deleted",
        "pod/flask-1 deleting",
        "pod/flask-1 deleted",
    ];
    assert_eq!((code, steps(&report)), (0, wanted.map(str::to_owned).to_vec()));
}

/// A command is planned as a manifest is: what it prints, what follows, and an exit code.
#[test]
fn a_command_is_planned() {
    let state = |name: &str| format!("{}/../kubesim/tests/golden/states/{name}", env!("CARGO_MANIFEST_DIR"));
    let plan = |name: &str, command: &[&str]| {
        let state = state(name);
        let args = [&["plan", &*state, "-o", "json", "--"], command].concat();
        let (code, out, err) = run(&args);
        (code, serde_json::from_str::<Value>(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}")))
    };
    let (code, report) = plan("seed-at-rest.yaml", &["kubectl", "scale", "sts", "flask", "--replicas=2"]);
    let wanted = ["statefulset/flask changed", "pod/flask-2 deleting", "pod/flask-2 deleted"];
    assert_eq!((code, steps(&report)), (0, wanted.map(str::to_owned).to_vec()));
    let (code, report) = plan("seed-at-rest.yaml", &["kubectl", "delete", "pod", "flask-1"]);
    let wanted = ["deleting", "deleted", "created", "ready"].map(|what| format!("pod/flask-1 {what}"));
    assert_eq!((code, steps(&report)), (0, wanted.to_vec()));
    let drain = ["kubectl", "drain", "chhan-k8s-3", "--ignore-daemonsets", "--delete-emptydir-data"];
    let (code, report) = plan("seed-at-rest.yaml", &drain);
    // Its volume is on that node: it comes back nowhere else.
    assert_eq!(code, 2, "{report:#}");
    assert_eq!(report["sets"][0]["blocking"]["name"], "flask-1");
    // An undo does not replace the pod that is broken.
    let (code, report) = plan("stuck-bad-image.yaml", &["kubectl", "rollout", "undo", "sts/flask"]);
    assert_eq!((code, report["sets"][0]["outlook"].as_str()), (2, Some("stuck")), "{report:#}");
    let (code, report) = plan("seed-at-rest.yaml", &["kubectl", "delete", "pod", "nobody"]);
    assert_eq!(code, 2);
    assert!(report["refused"].as_str().expect("a text").contains("pods \"nobody\" not found"), "{report:#}");
    let (code, _, err) = run(&["plan", &state("seed-at-rest.yaml"), "--", "rm", "-rf", "/"]);
    assert!(code == 3 && err.contains("kubectl"), "{code} {err}");
    for args in [&["plan", "x"][..], &["plan", "x", "y", "--", "kubectl", "get", "pods"]] {
        assert_eq!(run(args).0, 64, "{args:?}");
    }
}

/// A budget that allows no disruption holds a drain up for as long as anybody waits: that is said once, and nothing happens.
#[test]
fn a_drain_that_a_budget_holds_up_stops_there() {
    let file = format!("{}/../kubesim/tests/golden/states/seed-at-rest.json", env!("CARGO_MANIFEST_DIR"));
    let mut state: Value =
        serde_json::from_str(&std::fs::read_to_string(file).expect("it is there")).expect("JSON");
    let items = state["items"].as_array_mut().expect("a list");
    let pod = items.iter().find(|item| item["kind"] == "Pod" && item["metadata"]["name"] == "flask-1");
    let node = pod.expect("a pod")["spec"]["nodeName"].as_str().expect("a node").to_owned();
    items.push(serde_json::json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
        "metadata": {"name": "flask", "namespace": "default", "uid": "b", "generation": 1,
            "creationTimestamp": "2026-11-29T02:00:00Z"},
        "spec": {"maxUnavailable": 0, "selector": {"matchLabels": {"app": "flask"}}},
        "status": {"currentHealthy": 3, "desiredHealthy": 3, "disruptionsAllowed": 0, "expectedPods": 3,
            "observedGeneration": 1}}));
    let drain = ["plan", "-", "-o", "json", "--", "kubectl", "drain", &node, "--ignore-daemonsets"];
    let (code, out, err) = run_with(&state.to_string(), &drain);
    let report: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"));
    let refused = report["refused"].as_str().expect("a text");
    let budget = "Cannot evict pod as it would violate the pod's disruption budget.";
    assert!(refused.contains(budget) && refused.contains(" (×"), "{refused}");
    assert_eq!((refused.matches(budget).count(), steps(&report)), (1, Vec::new()), "{report}");
    assert_eq!(code, 2, "{report}");
}
