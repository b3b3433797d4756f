//! What the benches measure, the same natively and in the browser's Wasm.

use kubesim::{Input, Kind, Moment, NodeOptions, Options, SimTime, Span, Story};

/// A rollout of one set.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Rollout {
    /// How many pods.
    pub replicas: u32,
    /// `podManagementPolicy: Parallel`.
    pub parallel: bool,
    /// Whether each pod has a claim.
    pub claims: bool,
}

/// Pods that a worker takes beside those of the bench: none.
const PODS_PER_NODE: u32 = 110;

impl Rollout {
    /// The cluster: as many workers of the usual size as the pods need.
    pub fn options(self) -> Options {
        let workers = self.replicas.div_ceil(PODS_PER_NODE).max(3) as usize;
        let worker = |n: usize| {
            NodeOptions::worker(&format!("worker-{n}"), &format!("10.{}.{}", 1 + n / 200, n % 200), n)
        };
        let control_plane = NodeOptions { control_plane: true, ..worker(0) };
        let nodes = std::iter::once(control_plane).chain((1..=workers).map(worker)).collect();
        Options { nodes, ..Options::default() }
    }

    /// A headless Service and the set.
    pub fn manifest(self) -> String {
        let Rollout { replicas, parallel, claims } = self;
        let policy = if parallel { "Parallel" } else { "OrderedReady" };
        let mounts = if claims {
            "\n        volumeMounts: [{name: data, mountPath: /data}]\n  volumeClaimTemplates:\n  - metadata: {name: data}\n    spec: \
             {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}"
        } else {
            ""
        };
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec:\n  clusterIP: None\n  selector: {{app: web}}\n  \
             ports: [{{port: 80, name: web}}]\n---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: web}}\nspec:\n  \
             serviceName: web\n  replicas: {replicas}\n  podManagementPolicy: {policy}\n  selector: {{matchLabels: {{app: \
             web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      terminationGracePeriodSeconds: 10\n      \
             containers:\n      - name: nginx\n        image: nginx\n        imagePullPolicy: IfNotPresent\n        ports: \
             [{{containerPort: 80, name: web}}]{mounts}\n"
        )
    }

    /// A cluster with nothing applied.
    pub fn prepare(self) -> Story {
        Story::new(self.options())
    }

    /// Applies the manifest and lets time pass until every pod is Ready and nothing is left to do. Returns the number of
    /// writes to the history.
    ///
    /// # Panics
    /// If the set does not become ready.
    pub fn run(self, story: &mut Story) -> usize {
        let start = story.cluster.api.history().len();
        story.input(Input::Apply(self.manifest().as_str().into()));
        while self.ready(story) < self.replicas as i32 {
            assert!(
                story.step(),
                "{} of {} pods are ready, and nothing is to come",
                self.ready(story),
                self.replicas
            );
        }
        story.run_until(story.now() + Span::seconds(5));
        story.cluster.api.history().len() - start
    }

    fn ready(self, story: &Story) -> i32 {
        let set = story.cluster.api.store().find(Kind::StatefulSet, "default", "web");
        set.map_or(0, |set| set.stateful_set().status.ready_replicas)
    }
}

/// Goes to and fro in a story's history as a hand does that drags the playhead to far places; `positions` says how often.
/// Returns a sum that keeps the work from being left out.
pub fn seek(moment: &mut Moment, story: &Story, n: usize) -> usize {
    let history = story.cluster.api.history();
    // Far apart, and never the same for long: multiples of the golden ratio's part of the history.
    let part = u64::from((n as u32).wrapping_mul(0x9E37_79B9));
    let position = ((part * history.len() as u64) >> 32) as usize;
    moment.seek(history, position);
    moment.store.list(Kind::Pod).count()
}

/// The story up to this part of its time, from its inputs again.
pub fn fork(rollout: Rollout, story: &Story, part: f64) -> Story {
    let at = SimTime((story.now().0 as f64 * part) as i64);
    Story::replay(rollout.options(), story.inputs(), at)
}
