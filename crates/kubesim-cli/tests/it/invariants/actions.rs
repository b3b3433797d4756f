//! What a user and bad luck do, at random.

use kubesim::api::PodPhase;
use kubesim::api::pod::condition;
use kubesim::{Cause, Cluster, Key, Kind, Span, kubelet, terminal};
use proptest::prelude::*;

/// Two sets behind two Services: one whose pods wait for each other, one whose pods don't.
pub const MANIFEST: &str = r#"
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {clusterIP: None, selector: {app: db}, ports: [{port: 80, name: web}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIP: None, selector: {app: web}, ports: [{port: 80, name: web}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  replicas: 3
  minReadySeconds: 1
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      terminationGracePeriodSeconds: 5
      tolerations:
      - {key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 20}
      containers:
      - {name: app, image: "app:1", volumeMounts: [{name: data, mountPath: /data}]}
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  serviceName: web
  replicas: 3
  podManagementPolicy: Parallel
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 5
      containers:
      - {name: app, image: "app:1", volumeMounts: [{name: data, mountPath: /data}, {name: log, mountPath: /log}]}
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
  - metadata: {name: log}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"#;

/// One thing that is done.
#[derive(Clone, Debug)]
pub enum Action {
    /// A line at the prompt.
    Line(String),
    /// Something applied.
    Apply(String),
    /// A node stops or comes back.
    Node { n: usize, down: bool },
    /// A pod is marked as failed, as by an eviction for want of memory.
    Fail(String),
    /// Time passes.
    Wait(Span),
}

fn set() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("db"), Just("web")]
}

fn pod() -> impl Strategy<Value = String> {
    (set(), 0..6).prop_map(|(set, n)| format!("{set}-{n}"))
}

fn node() -> impl Strategy<Value = usize> {
    2..5_usize
}

fn line(strategy: impl Strategy<Value = String> + 'static) -> BoxedStrategy<Action> {
    strategy.prop_map(Action::Line).boxed()
}

/// A change of a set's spec.
fn patch() -> impl Strategy<Value = String> {
    let rolling = |partition: i32| {
        format!(
            r#"{{"updateStrategy":{{"type":"RollingUpdate","rollingUpdate":{{"partition":{partition}}}}}}}"#
        )
    };
    let spec = prop_oneof![
        (0..4).prop_map(rolling),
        Just(r#"{"updateStrategy":{"type":"OnDelete","rollingUpdate":null}}"#.to_string()),
        prop_oneof![Just("1"), Just("2"), Just("\"50%\"")].prop_map(|n| format!(
            r#"{{"updateStrategy":{{"type":"RollingUpdate","rollingUpdate":{{"maxUnavailable":{n}}}}}}}"#
        )),
        (0..4).prop_map(|n| format!(r#"{{"minReadySeconds":{n}}}"#)),
        (0..3).prop_map(|n| format!(r#"{{"revisionHistoryLimit":{n}}}"#)),
        (0..3).prop_map(|n| format!(r#"{{"ordinals":{{"start":{n}}}}}"#)),
        (any::<bool>(), any::<bool>()).prop_map(|(deleted, scaled)| {
            let policy = |delete| if delete { "Delete" } else { "Retain" };
            let (deleted, scaled) = (policy(deleted), policy(scaled));
            format!(r#"{{"persistentVolumeClaimRetentionPolicy":{{"whenDeleted":"{deleted}","whenScaled":"{scaled}"}}}}"#)
        }),
    ];
    (set(), spec).prop_map(|(set, spec)| format!(r#"kubectl patch sts {set} -p '{{"spec":{spec}}}'"#))
}

/// One thing that is done, the usual more often than the odd.
pub fn action() -> impl Strategy<Value = Action> {
    let image = prop_oneof![
        4 => Just("app:1"),
        4 => Just("app:2"),
        1 => Just("app:broken"),
        1 => Just("app:crash"),
        1 => Just("app:unready"),
    ];
    let how = prop_oneof![
        Just(""),
        Just(" --grace-period=1"),
        Just(" --force --grace-period=0"),
        Just(" --cascade=orphan"),
        Just(" --cascade=foreground"),
    ];
    let deleted = prop_oneof![Just(""), Just(" --cascade=orphan"), Just(" --cascade=foreground")];
    prop_oneof![
        8 => (0..8_000_i64).prop_map(|ms| Action::Wait(Span(ms))),
        4 => (8..90_i64).prop_map(|s| Action::Wait(Span::seconds(s))),
        6 => line((set(), 0..6).prop_map(|(s, n)| format!("kubectl scale sts {s} --replicas={n}"))),
        5 => line((set(), image).prop_map(|(s, i)| format!("kubectl set image sts/{s} app={i}"))),
        5 => line(patch()),
        6 => line((pod(), how).prop_map(|(p, how)| format!("kubectl delete pod {p} --wait=false{how}"))),
        2 => line(set().prop_map(|s| format!("kubectl delete pods -l app={s} --wait=false"))),
        1 => line(set().prop_map(|s| format!("kubectl rollout undo sts/{s}"))),
        1 => line(set().prop_map(|s| format!("kubectl rollout restart sts/{s}"))),
        2 => line((set(), deleted).prop_map(|(s, how)| format!("kubectl delete sts {s} --wait=false{how}"))),
        3 => Just(Action::Apply(MANIFEST.to_string())),
        2 => line((pod(), prop_oneof![Just("data"), Just("log")])
            .prop_map(|(p, t)| format!("kubectl delete pvc {t}-{p} --wait=false"))),
        2 => line((pod(), prop_oneof![Just("app-"), Just("app=db"), Just("app=web"), Just("app=other")])
            .prop_map(|(p, l)| format!("kubectl label pod {p} {l} --overwrite"))),
        2 => line((pod(), prop_oneof![Just("=true"), Just("-")])
            .prop_map(|(p, how)| format!("kubectl annotate pod {p} golden.test/unready{how} --overwrite"))),
        1 => line(pod().prop_map(|p| format!("kubectl run {p} --image=app:1 --labels=app={}", &p[..p.len() - 2]))),
        2 => (node(), any::<bool>()).prop_map(|(n, down)| Action::Node { n, down }),
        1 => line((node(), any::<bool>())
            .prop_map(|(n, un)| format!("kubectl {}cordon chhan-k8s-{n}", if un { "un" } else { "" }))),
        1 => line(node().prop_map(|n| format!("kubectl drain chhan-k8s-{n} --ignore-daemonsets --force"))),
        2 => pod().prop_map(Action::Fail),
        1 => line(set().prop_map(|s| format!("kubectl create pdb {s} --selector=app={s} --min-available=2"))),
        1 => line(set().prop_map(|s| format!("kubectl delete pdb {s}"))),
        1 => line((2..9).prop_map(|n| format!("kubectl create quota some --hard=pods={n}"))),
        1 => line(Just("kubectl delete quota some".to_string())),
        1 => line(set().prop_map(|s| format!("kubectl delete svc {s}"))),
        1 => line((set(), any::<bool>()).prop_map(|(s, yes)| format!(
            r#"kubectl patch svc {s} -p '{{"spec":{{"publishNotReadyAddresses":{yes}}}}}'"#
        ))),
    ]
}

/// Does it.
pub fn act(cluster: &mut Cluster, action: &Action) {
    match action {
        Action::Line(line) => give(cluster, line, None),
        Action::Apply(text) => give(cluster, "kubectl apply -f -", Some(text)),
        Action::Node { n, down } => {
            cluster.api.cause = Cause::User(0);
            kubelet::set_down(&mut cluster.api, &format!("chhan-k8s-{n}"), *down);
            cluster.dispatch();
        }
        Action::Fail(pod) => {
            cluster.api.cause = Cause::User(0);
            let key = Key::new(Kind::Pod, "default", pod);
            // There may be no such pod, and one that has ended stays as it is.
            let runs = cluster.api.get(&key).is_ok_and(|p| !p.pod().is_terminal());
            let now = cluster.now();
            let failed = runs.then(|| {
                cluster.api.update_status(&key, |o| {
                    let pod = o.pod_mut();
                    pod.status.phase = PodPhase::Failed;
                    pod.status.reason = Some("Evicted".into());
                    pod.set_condition(condition::READY, Some(false), Some("PodFailed"), None, now);
                })
            });
            failed.into_iter().for_each(|written| drop(written.expect("the pod is there")));
            cluster.dispatch();
        }
        Action::Wait(span) => cluster.run_until(cluster.now() + *span),
    }
}

/// Gives a command and lets it run as far as it can at once.
pub fn give(cluster: &mut Cluster, line: &str, stdin: Option<&str>) {
    let files = terminal::Files::default();
    let program = terminal::command(line, stdin.map(Into::into), &files);
    cluster.spawn(line, program);
}
