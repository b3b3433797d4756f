//! A pod that is told to stop comes to its end, whatever its containers are at.

use super::{delete, pod_key};
use crate::api::{SimTime, Span};
use crate::cluster::Cluster;
use crate::config::Options;
use crate::testing;

/// Containers (and what stands beside them), each in another state for a while or for ever.
const SPECS: &[(&str, &str)] = &[
    ("an image that can't be pulled", "{containers: [{name: a, image: nginx}, {name: b, image: 'nginx:broken'}]}"),
    ("two images being pulled", "{containers: [{name: a, image: nginx}, {name: b, image: redis}]}"),
    ("no valid name of an image", "{containers: [{name: a, image: nginx}, {name: b, image: Nginx}]}"),
    (
        "an image that is never pulled",
        "{containers: [{name: a, image: nginx}, {name: b, image: redis, imagePullPolicy: Never}]}",
    ),
    (
        "a ConfigMap that is not there",
        "{containers: [{name: a, image: nginx}, {name: b, image: redis, envFrom: [{configMapRef: {name: gone}}]}]}",
    ),
    ("a crash", "{containers: [{name: a, image: nginx}, {name: b, image: busybox, command: [sh, -c, 'exit 1']}]}"),
    (
        "a crash now and then",
        "{containers: [{name: a, image: nginx}, {name: b, image: busybox, command: [sh, -c, 'sleep 2; exit 1']}]}",
    ),
    (
        "an init container that fails",
        "{initContainers: [{name: i, image: busybox, command: [sh, -c, 'exit 1']}], containers: [{name: a, image: nginx}]}",
    ),
    (
        "an init container's image that can't be pulled, beside a sidecar",
        "{initContainers: [{name: s, image: proxy, restartPolicy: Always}, {name: i, image: 'x:broken'}],
          containers: [{name: a, image: nginx}]}",
    ),
    (
        "an init container that goes on, beside a sidecar",
        "{initContainers: [{name: s, image: proxy, restartPolicy: Always},
                           {name: i, image: busybox, command: [sleep, '3600']}], containers: [{name: a, image: nginx}]}",
    ),
    (
        "a sidecar with probes and a script, beside a slow end",
        "{initContainers: [{name: s, image: busybox, restartPolicy: Always, command: [sh, -c, 'while sleep 1; do date; done'],
                            readinessProbe: {exec: {command: ['true']}, periodSeconds: 1},
                            livenessProbe: {exec: {command: ['false']}, periodSeconds: 1, failureThreshold: 20}}],
          containers: [{name: a, image: busybox, command: [sleep, '3600'],
                        lifecycle: {preStop: {exec: {command: [sleep, '4']}}}}]}",
    ),
    (
        "a sidecar that crashes, beside a slow end",
        "{initContainers: [{name: s, image: busybox, restartPolicy: Always, command: [sh, -c, 'sleep 3; exit 3']}],
          containers: [{name: a, image: busybox, command: [sleep, '3600']}]}",
    ),
    (
        "a sidecar that has not started up",
        "{initContainers: [{name: s, image: proxy, restartPolicy: Always,
                            startupProbe: {exec: {command: ['false']}, periodSeconds: 1, failureThreshold: 5}}],
          containers: [{name: a, image: nginx}]}",
    ),
    (
        "a volume that is not there",
        "{containers: [{name: a, image: nginx}], volumes: [{name: v, secret: {secretName: gone}}]}",
    ),
    (
        "probes of something that ends",
        "{containers: [{name: a, image: busybox, command: [sh, -c, 'sleep 1'], readinessProbe: {tcpSocket: {port: 80},
                        periodSeconds: 1}, livenessProbe: {exec: {command: ['true']}, periodSeconds: 1}},
                       {name: b, image: 'nginx:broken', startupProbe: {tcpSocket: {port: 80}, periodSeconds: 1}}]}",
    ),
    (
        "a liveness probe that kills",
        "{containers: [{name: a, image: busybox, command: [sleep, '3600'],
                        livenessProbe: {exec: {command: ['false']}, periodSeconds: 1, failureThreshold: 1}},
                       {name: b, image: redis, lifecycle: {preStop: {sleep: {seconds: 3}}}}]}",
    ),
    (
        "sidecars that stop when the work is done, one of them not yet there",
        "{restartPolicy: Never, initContainers: [{name: s, image: proxy, restartPolicy: Always},
           {name: t, image: busybox, restartPolicy: Always, command: [sh, -c, 'sleep 2; exit 1']}],
          containers: [{name: a, image: busybox, command: [sleep, '3']}, {name: b, image: 'x:does-not-exist'}]}",
    ),
];

/// The most tasks and commands that a pod of [`SPECS`] and its end cost. A worker that takes no step costs any number.
const MOST_STEPS: usize = 400;

/// Steps until this moment.
fn steps_until(cluster: &mut Cluster, until: SimTime) -> usize {
    let mut steps = 0;
    while cluster.next_at().is_some_and(|at| at <= until) {
        cluster.step();
        steps += 1;
        assert!(steps < MOST_STEPS, "more than {MOST_STEPS} steps to {}", cluster.now().0);
    }
    cluster.run_until(until);
    steps
}

#[test]
fn a_pod_ends_whatever_its_containers_wait_for() {
    for options in [Options::default(), testing::recorded().options] {
        for (what, spec) in SPECS {
            for deleted_ms in (0..20_000).step_by(400) {
                let mut cluster = Cluster::new(options.clone());
                testing::create(
                    &mut cluster,
                    &format!("{{apiVersion: v1, kind: Pod, metadata: {{name: web}}, spec: {spec}}}"),
                );
                steps_until(&mut cluster, SimTime(deleted_ms));
                delete(&mut cluster, "web", Some(6));
                steps_until(&mut cluster, SimTime(deleted_ms) + Span::seconds(15));
                let left = cluster.api.get(&pod_key("web"));
                assert!(left.is_err(), "{what}, deleted at {deleted_ms} ms, is still there: {left:?}");
            }
        }
    }
}

#[test]
fn a_set_scaled_away_or_replaced_while_an_image_is_missing_goes_on() {
    let set = |image: &str, replicas: u8| {
        format!(
            "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: web}}\nspec:\n  podManagementPolicy: Parallel\n  \
             replicas: {replicas}\n  serviceName: web\n  selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: \
             {{labels: {{app: web}}}}\n    spec:\n      terminationGracePeriodSeconds: 3\n      containers:\n      - {{name: a, \
             image: nginx}}\n      - {{name: b, image: {image}}}\n"
        )
    };
    let mut cluster = Cluster::new(Options::default());
    let apply = |cluster: &mut Cluster, text: String| {
        let program = crate::terminal::command("kubectl apply -f -", Some(text.into()), &Default::default());
        cluster.spawn("kubectl apply -f -", program);
    };
    apply(&mut cluster, set("'nginx:broken'", 2));
    steps_until(&mut cluster, SimTime(12_000));
    // Replaced: the new pods' images are there.
    apply(&mut cluster, set("redis", 2));
    delete(&mut cluster, "web-0", None);
    delete(&mut cluster, "web-1", None);
    steps_until(&mut cluster, SimTime(40_000));
    for name in ["web-0", "web-1"] {
        assert!(cluster.api.get(&pod_key(name)).expect("its set has made another").pod().is_ready());
    }
    apply(&mut cluster, set("'nginx:broken'", 2));
    steps_until(&mut cluster, SimTime(60_000));
    apply(&mut cluster, set("'nginx:broken'", 0));
    steps_until(&mut cluster, SimTime(90_000));
    assert_eq!(cluster.api.store().list(crate::api::Kind::Pod).count(), 0);
}
