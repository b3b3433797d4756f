//! The Deployment controller: one ReplicaSet for each template, and the way from one to the next.
//!
//! A write of the Deployment itself ends a reconcile: the real controller then holds an outdated copy, its next write is
//! refused, and it tries again.
//!
//! | here | upstream, in `pkg/controller/deployment` |
//! | --- | --- |
//! | this file: which Deployments to look at, which way a reconcile takes | `deployment_controller.go` |
//! | [`sync`](mod@sync): revision, ReplicaSets and their sizes, status | `sync.go` |
//! | [`rolling`], [`recreate`]: the two strategies | `rolling.go`, `recreate.go` |
//! | [`progress`]: how far a rollout is | `progress.go` |
//! | [`util`]: one-line questions | `util/deployment_util.go` |

mod progress;
mod recreate;
mod rolling;
mod sync;
mod util;

use crate::api::verdict::{Component, Reason};
use crate::api::workload::DeploymentStatus;
use crate::api::{Key, Kind};
use crate::apiserver::{EventType, Store};
use crate::component::ref_manager::{claim, is_new_orphan};
use crate::component::{Context, Outcome, WatchEvent, add_controller_of};
use sync::{End, Rollout, Stop};
use util::{all, by_creation};

const ME: Component = Component::DeploymentController;

/// Says which Deployments have to be looked at because of this change.
pub fn event_handlers(store: &Store, change: &WatchEvent, add: &mut dyn FnMut(Component, Key)) {
    match change.key.kind {
        Kind::Deployment => add(ME, change.key.clone()),
        Kind::ReplicaSet => {
            add_controller_of(change, Kind::Deployment, ME, add);
            let Some(orphan) = change.after.filter(|set| is_new_orphan(change.before, set)) else { return };
            for deployment in store.list_in(Kind::Deployment, &orphan.meta.namespace) {
                if deployment.deployment().spec.selector.matches(&orphan.meta.labels) {
                    add(ME, deployment.key());
                }
            }
        }
        // Where all old pods have to be gone before new ones come.
        Kind::Pod if change.after.is_none() => {
            let Some(owner) = change.object().meta.controller().filter(|o| &*o.kind == "ReplicaSet") else {
                return;
            };
            let set = store.get(&change.key.beside(Kind::ReplicaSet, &owner.name));
            if let Some(owner) = set.and_then(|set| set.meta.controller()) {
                add(ME, change.key.beside(Kind::Deployment, &owner.name));
            }
        }
        _ => {}
    }
}

/// Reconciles a Deployment. Models `deployment_controller.go: syncDeployment`.
pub fn sync(context: &mut Context, key: &Key) -> Outcome {
    let Some(deployment) = context.store().get(key) else { return Outcome::DONE };
    let deployment = (**deployment).clone();
    let mut rollout = Rollout { api: context.api, deployment, did: None };
    let result = rollout.run();
    let did = rollout.did.take();
    let (reason, outcome) = match result {
        Ok((reason, requeue_at)) => (did.unwrap_or(reason), Outcome { requeue_at, failed: false }),
        Err(Stop::Again) => {
            let Some(reason) = did else { return Outcome::DONE };
            (reason, Outcome::DONE)
        }
        Err(Stop::Failed(error)) => (Reason::Failed { message: error.message.into() }, Outcome::FAILED),
    };
    context.api.set_verdict(ME, key, Some(reason), outcome.requeue_at);
    outcome
}

impl Rollout<'_> {
    fn run(&mut self) -> Result<End, Stop> {
        if self.spec().selector.is_empty() {
            let message = "This deployment is selecting all pods. A non-empty selector is required.";
            self.event(EventType::Warning, "SelectingAll", message);
            let status = DeploymentStatus {
                observed_generation: self.deployment.meta.generation,
                ..self.body().status.clone()
            };
            self.write_status(status)?;
            return Ok((Reason::Failed { message: message.into() }, None));
        }
        let candidates =
            self.api.store().list_in(Kind::ReplicaSet, &self.deployment.meta.namespace).cloned().collect();
        let selector = self.spec().selector.clone();
        let mut sets =
            claim(self.api, &self.deployment, candidates, &|set| selector.matches(&set.meta.labels))?;
        collections::sort_by_key(&mut sets, by_creation);
        if self.deployment.meta.is_terminating() {
            let (new, old) = self.sync_revision(&sets, false)?;
            self.write_status(self.status(&all(&old, &new), new.as_ref()))?;
            return Ok((Reason::BeingDeleted, None));
        }
        self.check_paused_conditions()?;
        if self.spec().paused || self.is_scaling_event(&sets)? {
            return self.scale(&sets);
        }
        if self.spec().recreate { self.recreate(&sets) } else { self.roll(&sets) }
    }
}

#[cfg(test)]
mod tests {
    use super::util::{REVISION, REVISION_HISTORY, revision};
    use super::*;
    use crate::api::Span;
    use crate::api::workload::{Deployment, ReplicaSet};
    use crate::controllers::testing::Bench;
    use serde_json::Value;

    /// The Deployment of traces/gate-off/deployment-contrast.json, with more to its spec and another number of replicas.
    fn flask(replicas: i32, more: &str) -> Bench {
        let mut bench = Bench::new(&[ME, Component::ReplicaSetController, Component::GarbageCollector]);
        let manifest = format!(
            r#"
apiVersion: apps/v1
kind: Deployment
metadata:
  name: flask
spec:
  selector:
    matchLabels:
      app: flask
  replicas: {replicas}
  minReadySeconds: 1
{more}
  template:
    metadata:
      labels:
        app: flask
    spec:
      terminationGracePeriodSeconds: 10
      containers:
      - name: flask-app
        image: han0495/flask-example-app
        ports:
        - containerPort: 80
          name: web
      initContainers:
      - name: init-dump-log
        image: busybox:1.28
        command: ['sh', '-c', "echo $(hostname)-$(date +%s)"]
"#
        );
        crate::testing::create(&mut bench.cluster, &manifest);
        bench.settle();
        bench
    }

    fn set_spec(bench: &mut Bench, change: impl FnOnce(&mut Value)) {
        bench.update(Kind::Deployment, "flask", |o| {
            let mut tree = o.to_value();
            change(&mut tree["spec"]);
            let status = o.deployment().status.clone();
            *o.deployment_mut() = Deployment { status, ..Deployment::from_value(&tree) };
        });
        bench.settle();
    }

    fn set_image(bench: &mut Bench, image: &str) {
        set_spec(bench, |spec| spec["template"]["spec"]["containers"][0]["image"] = image.into());
    }

    /// Makes every pod that is not there for long Ready, and stops every pod that was told to go.
    fn play_kubelet(bench: &mut Bench) {
        for name in bench.names(Kind::Pod) {
            let pod = bench.get(Kind::Pod, &name).clone();
            if pod.pod().spec.node_name.is_none() {
                let address = format!("172.16.110.{}", bench.cluster.api.rng.below(250));
                bench.place(&name, "chhan-k8s-2", &address);
            }
            if pod.meta.is_terminating() {
                bench.stop(&name);
            } else if !pod.pod().is_ready() {
                bench.set_ready(&name, true);
            }
        }
        bench.run(Span::seconds(2));
    }

    /// `NAME SPEC/STATUS/AVAILABLE` of each ReplicaSet, by its revision.
    fn sets(bench: &Bench) -> Vec<String> {
        let mut all: Vec<_> = bench.cluster.api.store().list_in(Kind::ReplicaSet, "default").collect();
        all.sort_by_key(|set| revision(set));
        let shown = all.into_iter().map(|set| {
            let ReplicaSet { spec, status } = set.replica_set();
            format!("{} {}/{}/{}", set.meta.name, spec.replicas, status.replicas, status.available_replicas)
        });
        shown.collect()
    }

    fn status(bench: &Bench) -> DeploymentStatus {
        bench.get(Kind::Deployment, "flask").deployment().status.clone()
    }

    fn conditions(bench: &Bench) -> Vec<String> {
        let all = status(bench).conditions;
        all.iter()
            .map(|c| {
                format!(
                    "{}={} {}",
                    c.condition.kind,
                    c.condition.status_name(),
                    c.condition.reason.clone().unwrap_or_default()
                )
            })
            .collect()
    }

    /// Recorded as traces/gate-off/deployment-contrast.json.
    #[test]
    fn a_rollout_goes_one_up_and_one_down() {
        let mut bench = flask(3, "");
        assert_eq!(sets(&bench), ["flask-589dc77fc5 3/3/0"]);
        assert!(bench.names(Kind::Pod).iter().all(|name| name.starts_with("flask-589dc77fc5-")));
        assert_eq!(
            conditions(&bench),
            ["Available=False MinimumReplicasUnavailable", "Progressing=True ReplicaSetUpdated"]
        );
        assert_eq!((status(&bench).replicas, status(&bench).unavailable_replicas), (3, 3));
        play_kubelet(&mut bench);
        assert_eq!(
            conditions(&bench),
            ["Available=True MinimumReplicasAvailable", "Progressing=True NewReplicaSetAvailable"]
        );
        assert_eq!(bench.reason(ME, Kind::Deployment, "flask"), Some(Reason::Settled));
        set_image(&mut bench, "han0495/flask-example-app:v2");
        assert_eq!(sets(&bench), ["flask-589dc77fc5 3/3/3", "flask-59cf8555b5 1/1/0"]);
        let mut steps = vec![sets(&bench)];
        while steps.last().is_none_or(|last| last[0] != "flask-589dc77fc5 0/0/0") {
            play_kubelet(&mut bench);
            steps.push(sets(&bench));
            assert!(steps.len() < 9, "{steps:?}");
        }
        play_kubelet(&mut bench);
        assert_eq!(sets(&bench), ["flask-589dc77fc5 0/0/0", "flask-59cf8555b5 3/3/3"]);
        assert_eq!(bench.get(Kind::Deployment, "flask").meta.annotation(REVISION), Some("2"));
        let scaled = |events: Vec<String>| -> Vec<String> {
            events
                .into_iter()
                .filter_map(|e| Some(e.strip_prefix("ScalingReplicaSet Scaled ")?.to_string()))
                .collect()
        };
        assert_eq!(
            scaled(bench.events(Kind::Deployment, "flask")),
            [
                "up replica set flask-589dc77fc5 from 0 to 3 x1",
                "up replica set flask-59cf8555b5 from 0 to 1 x1",
                "down replica set flask-589dc77fc5 from 3 to 2 x1",
                "up replica set flask-59cf8555b5 from 1 to 2 x1",
                "down replica set flask-589dc77fc5 from 2 to 1 x1",
                "up replica set flask-59cf8555b5 from 2 to 3 x1",
                "down replica set flask-589dc77fc5 from 1 to 0 x1",
            ]
        );
        set_spec(&mut bench, |spec| spec["replicas"] = 1.into());
        play_kubelet(&mut bench);
        assert_eq!(sets(&bench), ["flask-589dc77fc5 0/0/0", "flask-59cf8555b5 1/1/1"]);
        assert_eq!((status(&bench).replicas, status(&bench).terminating_replicas), (1, Some(0)));
    }

    #[test]
    fn a_deleted_pod_is_replaced_at_once_under_another_name() {
        let mut bench = flask(2, "");
        play_kubelet(&mut bench);
        let gone = bench.names(Kind::Pod)[0].clone();
        bench.delete(Kind::Pod, &gone);
        bench.settle();
        assert_eq!(bench.names(Kind::Pod).len(), 3, "the old one is still stopping");
        assert_eq!(status(&bench).terminating_replicas, Some(1));
        bench.stop(&gone);
        bench.settle();
        assert!(bench.names(Kind::Pod).len() == 2 && !bench.names(Kind::Pod).contains(&gone));
    }

    #[test]
    fn going_back_to_a_template_takes_its_replica_set_again() {
        let mut bench = flask(1, "");
        play_kubelet(&mut bench);
        for image in ["han0495/flask-example-app:v2", "han0495/flask-example-app"] {
            set_image(&mut bench, image);
            for _ in 0..3 {
                play_kubelet(&mut bench);
            }
        }
        assert_eq!(sets(&bench), ["flask-59cf8555b5 0/0/0", "flask-589dc77fc5 1/1/1"]);
        let set = bench.get(Kind::ReplicaSet, "flask-589dc77fc5");
        assert_eq!((revision(set), set.meta.annotation(REVISION_HISTORY)), (3, Some("1")));
    }

    #[test]
    fn old_replica_sets_beyond_the_limit_go() {
        let mut bench = flask(1, "  revisionHistoryLimit: 1");
        for tag in ["v1", "v2", "v3"] {
            play_kubelet(&mut bench);
            set_image(&mut bench, &format!("nginx:{tag}"));
            for _ in 0..3 {
                play_kubelet(&mut bench);
            }
        }
        assert_eq!(sets(&bench).len(), 2);
    }

    #[test]
    fn a_recreated_deployment_waits_until_the_old_pods_are_gone() {
        let mut bench = flask(2, "  strategy: {type: Recreate}");
        play_kubelet(&mut bench);
        set_image(&mut bench, "nginx:v2");
        assert_eq!(sets(&bench), ["flask-589dc77fc5 0/0/0"]);
        play_kubelet(&mut bench);
        assert_eq!(sets(&bench).len(), 2);
        assert!(bench.names(Kind::Pod).iter().all(|name| !name.starts_with("flask-589dc77fc5-")));
    }

    #[test]
    fn a_rollout_without_progress_is_said_to_have_failed() {
        let mut bench = flask(1, "  progressDeadlineSeconds: 60");
        assert_eq!(conditions(&bench)[1], "Progressing=True ReplicaSetUpdated");
        bench.run(Span::seconds(65));
        assert_eq!(conditions(&bench)[1], "Progressing=False ProgressDeadlineExceeded");
    }

    #[test]
    fn a_paused_rollout_still_scales() {
        let mut bench = flask(2, "");
        play_kubelet(&mut bench);
        set_spec(&mut bench, |spec| spec["paused"] = true.into());
        set_image(&mut bench, "nginx:v2");
        set_spec(&mut bench, |spec| spec["replicas"] = 3.into());
        assert_eq!(sets(&bench), ["flask-589dc77fc5 3/3/2"]);
        assert!(conditions(&bench).contains(&"Progressing=Unknown DeploymentPaused".to_string()));
        set_spec(&mut bench, |spec| spec["paused"] = false.into());
        assert_eq!(sets(&bench).len(), 2);
    }

    #[test]
    fn scaling_in_mid_rollout_is_shared_out() {
        let mut bench = flask(10, "  strategy: {rollingUpdate: {maxSurge: 3, maxUnavailable: 2}}");
        play_kubelet(&mut bench);
        set_image(&mut bench, "nginx:v2");
        let sizes = |bench: &Bench| {
            sets(bench).iter().map(|s| s.split([' ', '/']).nth(1).unwrap().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(sizes(&bench), ["8", "5"]);
        set_spec(&mut bench, |spec| spec["replicas"] = 15.into());
        assert_eq!(sizes(&bench), ["11", "7"]);
    }
}
