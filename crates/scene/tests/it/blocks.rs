//! What holds a set up, in states that differ from a real one in one thing: the object, the reason and the remedy are right, and
//! nothing is said that is not so.

use kubesim::{Kind, Story, open};
use messages::EN;
use scene::explain::{Finding, Outlook, of_nothing, of_state};
use serde_json::{Value, json};
use std::path::Path;
use std::rc::Rc;

/// When the state was taken, and a while before.
const LATE: &str = "2026-11-29T03:00:51Z";
const EARLY: &str = "2026-11-29T02:30:00Z";

/// A real cluster's state with three pods at rest.
struct State(Value);

impl State {
    fn at_rest() -> State {
        let file = "../kubesim/tests/golden/states/seed-at-rest.json";
        let text =
            std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).expect("it is there");
        State(serde_json::from_str(&text).expect("JSON"))
    }

    fn items(&mut self) -> &mut Vec<Value> {
        self.0["items"].as_array_mut().expect("a list")
    }

    fn get(&mut self, kind: &str, name: &str) -> &mut Value {
        let is_it = |item: &&mut Value| item["kind"] == kind && item["metadata"]["name"] == name;
        self.items().iter_mut().find(is_it).unwrap_or_else(|| panic!("{kind}/{name}"))
    }

    fn set(&mut self) -> &mut Value {
        self.get("StatefulSet", "flask")
    }

    fn pod(&mut self, name: &str) -> &mut Value {
        self.get("Pod", name)
    }

    fn without(&mut self, kinds: &[&str]) {
        self.items().retain(|item| !kinds.iter().any(|kind| item["kind"] == *kind));
    }

    /// So many pods are there and counted.
    fn count(&mut self, count: i64) {
        for ordinal in count..3 {
            let name = format!("flask-{ordinal}");
            self.items().retain(|item| item["kind"] != "Pod" || item["metadata"]["name"] != *name);
        }
        for field in ["replicas", "readyReplicas", "availableReplicas", "currentReplicas", "updatedReplicas"]
        {
            self.set()["status"][field] = count.into();
        }
    }

    fn node_of(&mut self, pod: &str) -> String {
        self.pod(pod)["spec"]["nodeName"].as_str().expect("it has a node").to_owned()
    }

    fn event(&mut self, kind: &str, name: &str, reason: &str, message: &str) {
        let about = self.get(kind, name).clone();
        self.items().push(json!({
            "apiVersion": "v1", "kind": "Event", "type": "Warning", "reason": reason, "message": message, "count": 5,
            "firstTimestamp": LATE, "lastTimestamp": LATE, "source": {"component": "test"},
            "metadata": {"name": format!("{name}.{reason}"), "namespace": "default", "uid": format!("e-{name}-{reason}"),
                "creationTimestamp": LATE, "resourceVersion": "99999"},
            "involvedObject": {"apiVersion": about["apiVersion"], "kind": kind, "name": name, "namespace": "default",
                "uid": about["metadata"]["uid"]}}));
    }

    fn condition(&mut self, pod: &str, kind: &str, status: &str) {
        let all = self.pod(pod)["status"]["conditions"].as_array_mut().expect("conditions");
        let found = all.iter_mut().find(|condition| condition["type"] == kind).expect("it is there");
        found["status"] = status.into();
        found["lastTransitionTime"] = EARLY.into();
    }

    /// The pod is not Ready, for what this container's state says.
    fn unready(&mut self, pod: &str, state: Value) {
        self.condition(pod, "Ready", "False");
        self.condition(pod, "ContainersReady", "False");
        let container = &mut self.pod(pod)["status"]["containerStatuses"][0];
        container["ready"] = false.into();
        container["state"] = state;
        for field in ["readyReplicas", "availableReplicas"] {
            self.set()["status"][field] = 2.into();
        }
    }

    /// The pod has a node, and nothing of it has begun there.
    fn not_begun(&mut self, pod: &str) {
        let waiting = json!({"waiting": {"reason": "PodInitializing"}});
        self.unready(pod, waiting.clone());
        let status = &mut self.pod(pod)["status"];
        status["phase"] = "Pending".into();
        for init in status["initContainerStatuses"].as_array_mut().into_iter().flatten() {
            init["state"] = waiting.clone();
            init["ready"] = false.into();
        }
    }

    /// No node takes the pod.
    fn pending(&mut self, pod: &str, reason: &str, message: &str) {
        self.unready(pod, json!({}));
        let pod = self.pod(pod);
        pod["spec"].as_object_mut().expect("a spec").remove("nodeName");
        pod["status"] = json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False",
            "reason": reason, "message": message, "lastTransitionTime": EARLY}]});
    }

    fn finding(&self) -> Finding {
        let opened =
            open(&[("state.json".into(), self.0.to_string())]).unwrap_or_else(|why| panic!("{why:?}"));
        let story = Story::opened(Rc::new(opened));
        let store = story.cluster.api.store();
        let mut sets = store.list(Kind::StatefulSet);
        of_state(&EN, store, sets.next().expect("a set"))
    }
}

/// The object that holds the set up, with the reason.
fn blocked(found: &Finding) -> String {
    found.blocking.as_ref().map_or(String::new(), |is| {
        let word = is.finalizer.as_deref().or(is.reason.as_deref()).or(is.condition.as_deref());
        [is.key.kind.name(), "/", &is.key.name, " ", word.unwrap_or_default()].concat().trim_end().to_owned()
    })
}

#[track_caller]
fn check(state: &State, outlook: Outlook, blocking: &str, says: &str, helps: &str) {
    let found = state.finding();
    assert_eq!((found.outlook, &*blocked(&found)), (outlook, blocking), "{found:?}");
    assert!(found.why.text.contains(says) || found.why.title.contains(says), "{found:?}");
    assert!(found.remedy.as_deref().unwrap_or_default().contains(helps), "{found:?}");
}

/// A webhook, an account or a quota that is not in the state: the events say what the API server said.
#[test]
fn what_was_refused_is_said_until_it_was_taken() {
    let refused = "admission webhook \"policy.example.com\" denied the request: no such registry";
    let event = format!("create Pod flask-2 in StatefulSet flask failed error: {refused}");
    let mut state = State::at_rest();
    state.count(2);
    state.event("StatefulSet", "flask", "FailedCreate", &event);
    check(&state, Outlook::Stuck, "StatefulSet/flask FailedCreate", refused, "describe statefulset flask");
    let quota = "pods \"flask-2\" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=2, limited: pods=2";
    let mut state = State::at_rest();
    state.count(2);
    let event = format!("create Pod flask-2 in StatefulSet flask failed error: {quota}");
    state.event("StatefulSet", "flask", "FailedCreate", &event);
    check(
        &state,
        Outlook::Stuck,
        "ResourceQuota/compute FailedCreate",
        quota,
        "describe resourcequota compute",
    );
    // A pod that is there was made in the end.
    let mut state = State::at_rest();
    state.event("StatefulSet", "flask", "FailedCreate", &event);
    check(&state, Outlook::Settled, "", "", "");
}

#[test]
fn a_pod_of_somebody_else_takes_the_name() {
    let mut state = State::at_rest();
    let owner = &mut state.pod("flask-2")["metadata"]["ownerReferences"][0];
    owner["uid"] = "other".into();
    owner["name"] = "other".into();
    check(&state, Outlook::Stuck, "Pod/flask-2 FailedCreate", "already exists", "describe pod flask-2");
}

/// Nothing is said to run that has not begun, and the reason is the kubelet's.
#[test]
fn a_pod_that_can_not_begin_has_the_reason_that_events_give() {
    let mut state = State::at_rest();
    state.not_begun("flask-2");
    let found = state.finding();
    assert!(!found.why.text.contains("runs"), "{found:?}");
    let said = "Multi-Attach error for volume \"pvc-1\" Volume is already used by pod(s) other-0";
    state.event("Pod", "flask-2", "FailedAttachVolume", said);
    check(&state, Outlook::Waiting, "Pod/flask-2 FailedAttachVolume", said, "describe pod flask-2");
}

#[test]
fn a_node_that_is_not_ready_or_gone_is_what_holds_up() {
    let mut state = State::at_rest();
    let node = state.node_of("flask-1");
    let conditions = state.get("Node", &node)["status"]["conditions"].as_array_mut().expect("conditions");
    for condition in conditions.iter_mut().filter(|condition| condition["type"] == "Ready") {
        condition["status"] = "False".into();
        condition["message"] = "cni plugin not initialized".into();
    }
    for name in ["flask-0", "flask-1", "flask-2"] {
        if state.node_of(name) == node {
            state.condition(name, "Ready", "False");
        }
    }
    let describe = format!("describe node {node}");
    check(&state, Outlook::Waiting, &format!("Node/{node}"), "cni plugin not initialized", &describe);
    let mut state = State::at_rest();
    state.items().retain(|item| item["kind"] != "Node" || item["metadata"]["name"] != *node);
    check(&state, Outlook::Waiting, &format!("Node/{node}"), "which is gone", "kubectl get nodes");
}

#[test]
fn a_container_that_took_too_much_memory_is_said_so() {
    let mut state = State::at_rest();
    state.unready("flask-1", json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}}));
    let container = &mut state.pod("flask-1")["status"]["containerStatuses"][0];
    container["restartCount"] = 6.into();
    container["lastState"] = json!({"terminated": {"exitCode": 137, "reason": "OOMKilled", "startedAt": EARLY,
        "finishedAt": EARLY}});
    check(&state, Outlook::Stuck, "Pod/flask-1 CrashLoopBackOff", "OOMKilled", "kubectl logs flask-1");
}

/// Who listens in a real cluster is not assumed: what the probe got is told.
#[test]
fn a_probe_that_fails_has_the_answer_that_it_got() {
    let mut state = State::at_rest();
    state.unready("flask-2", json!({"running": {"startedAt": "2026-11-29T02:20:00Z"}}));
    let probe = json!({"httpGet": {"path": "/healthz", "port": 5000}, "periodSeconds": 5, "timeoutSeconds": 1,
        "successThreshold": 1, "failureThreshold": 3});
    state.pod("flask-2")["spec"]["containers"][0]["readinessProbe"] = probe.clone();
    state.set()["spec"]["template"]["spec"]["containers"][0]["readinessProbe"] = probe;
    let said = "Readiness probe failed: HTTP probe failed with statuscode: 503";
    state.event("Pod", "flask-2", "Unhealthy", said);
    check(&state, Outlook::Waiting, "Pod/flask-2 Ready=False", said, "describe pod flask-2");
    assert!(!state.finding().why.text.contains("declares"));
}

#[test]
fn gates_are_named() {
    let gates = json!([{"conditionType": "example.com/balanced"}]);
    let mut state = State::at_rest();
    state.condition("flask-2", "Ready", "False");
    state.pod("flask-2")["spec"]["readinessGates"] = gates.clone();
    state.set()["spec"]["template"]["spec"]["readinessGates"] = gates;
    check(
        &state,
        Outlook::Waiting,
        "Pod/flask-2 Ready=False",
        "example.com/balanced",
        "describe pod flask-2",
    );
    let mut state = State::at_rest();
    state.pending("flask-2", "SchedulingGated", "Scheduling is blocked due to non-empty scheduling gates");
    state.pod("flask-2")["spec"]["schedulingGates"] = json!([{"name": "example.com/wait"}]);
    let helps = "/spec/schedulingGates";
    check(&state, Outlook::Waiting, "Pod/flask-2 SchedulingGated", "example.com/wait", helps);
}

/// Where nodes are not in the state, what the scheduler said of them is all that is known.
#[test]
fn the_scheduler_is_believed_about_nodes_that_nobody_asked_for() {
    let said = "0/4 nodes are available: 1 node(s) were unschedulable, 3 node(s) didn't match PersistentVolume's node affinity.";
    let mut state = State::at_rest();
    state.pending("flask-1", "Unschedulable", said);
    state.without(&["Node", "PersistentVolume", "StorageClass"]);
    check(&state, Outlook::Stuck, "Pod/flask-1 Unschedulable", said, "describe pod flask-1");
}

#[test]
fn a_taint_of_somebody_is_taken_off() {
    let mut state = State::at_rest();
    // Where its volume is.
    let node = state.node_of("flask-2");
    state.pending("flask-2", "Unschedulable", "0/4 nodes are available: 4 node(s) had untolerated taint(s).");
    for node in state.items().iter_mut().filter(|item| item["kind"] == "Node") {
        if node["spec"]["taints"].is_null() {
            node["spec"]["taints"] = json!([{"key": "gpu", "value": "true", "effect": "NoSchedule"}]);
        }
    }
    let found = state.finding();
    assert!(found.why.text.contains("taint `gpu`"), "{found:?}");
    assert_eq!(found.remedy, Some(format!("kubectl taint node {node} gpu-")));
}

#[test]
fn a_set_that_is_deleted_is_held_by_its_finalizer() {
    let mut state = State::at_rest();
    let meta = &mut state.set()["metadata"];
    meta["deletionTimestamp"] = LATE.into();
    meta["deletionGracePeriodSeconds"] = 0.into();
    meta["finalizers"] = json!(["example.com/guard"]);
    let helps = "kubectl patch statefulset flask";
    check(&state, Outlook::Stuck, "StatefulSet/flask example.com/guard", "example.com/guard", helps);
    state.set()["metadata"]["finalizers"] = json!(["foregroundDeletion"]);
    assert_eq!(state.finding().outlook, Outlook::Waiting);
}

#[test]
fn a_pod_that_should_have_been_gone_is_not_said_to_stop() {
    let mut state = State::at_rest();
    state.set()["spec"]["replicas"] = 2.into();
    let meta = &mut state.pod("flask-2")["metadata"];
    meta["deletionTimestamp"] = EARLY.into();
    meta["deletionGracePeriodSeconds"] = 10.into();
    let found = state.finding();
    assert!(found.why.text.contains("has not said that it is gone"), "{found:?}");
    assert_eq!(blocked(&found), "Pod/flask-2");
}

#[test]
fn claims_that_lost_their_volume_or_get_none_say_what_helps() {
    let mut state = State::at_rest();
    let said = "0/4 nodes are available: persistentvolumeclaim \"www-flask-2\" bound to non-existent persistentvolume.";
    state.pending("flask-2", "Unschedulable", said);
    let claim = state.get("PersistentVolumeClaim", "www-flask-2");
    claim["status"]["phase"] = "Lost".into();
    let volume = claim["spec"]["volumeName"].clone();
    state.items().retain(|item| item["kind"] != "PersistentVolume" || item["metadata"]["name"] != volume);
    let helps = "kubectl delete pvc/www-flask-2 pod/flask-2";
    check(&state, Outlook::Stuck, "PersistentVolumeClaim/www-flask-2", "is gone", helps);
    let mut state = State::at_rest();
    let said = "0/4 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found";
    state.pending("flask-2", "Unschedulable", said);
    let claim = state.get("PersistentVolumeClaim", "www-flask-2");
    claim["spec"]["storageClassName"] = "fast".into();
    let volume = claim["spec"]["volumeName"].clone();
    claim["spec"].as_object_mut().expect("a spec").remove("volumeName");
    claim["status"] = json!({"phase": "Pending"});
    claim["metadata"]["annotations"] = json!({"volume.kubernetes.io/storage-provisioner": "csi.example.com",
        "volume.beta.kubernetes.io/storage-provisioner": "csi.example.com"});
    state.items().retain(|item| item["kind"] != "PersistentVolume" || item["metadata"]["name"] != volume);
    state.items().push(json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "provisioner": "csi.example.com",
        "volumeBindingMode": "Immediate", "metadata": {"name": "fast", "uid": "fast", "creationTimestamp": EARLY}}));
    let claim = "PersistentVolumeClaim/www-flask-2";
    check(&state, Outlook::Waiting, claim, "csi.example.com", "describe persistentvolumeclaim www-flask-2");
    let failed = "rpc error: code = ResourceExhausted desc = no more volumes";
    state.event("PersistentVolumeClaim", "www-flask-2", "ProvisioningFailed", failed);
    check(&state, Outlook::Stuck, claim, failed, "describe persistentvolumeclaim www-flask-2");
}

#[test]
fn pods_of_an_operator_are_its_own() {
    let mut state = State::at_rest();
    state.without(&["StatefulSet"]);
    for pod in state.items().iter_mut().filter(|item| item["kind"] == "Pod") {
        let owner = &mut pod["metadata"]["ownerReferences"][0];
        owner["apiVersion"] = "postgresql.example.com/v1".into();
        owner["kind"] = "Cluster".into();
        owner["name"] = "pg".into();
    }
    let opened = open(&[("state.json".into(), state.0.to_string())]).expect("a state");
    let story = Story::opened(Rc::new(opened));
    let why = of_nothing(&EN, story.cluster.api.store());
    assert!(why.title.contains("Cluster/pg") && why.text.contains("operator"), "{why:?}");
}
