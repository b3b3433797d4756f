//! Big sets: what controllers remember changes nothing, and what is asked of a big cluster is answered.

use kubesim::{Input, Kind, Options, SimTime, Span, Story};

/// A node for many pods, a headless Service and a set.
fn manifest(replicas: u32, more: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Node\nmetadata: {{name: big}}\nstatus:\n  capacity: {{cpu: \"64\", memory: 256Gi, pods: \
         \"4000\"}}\n---\napiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec:\n  clusterIP: None\n  selector: \
         {{app: web}}\n  ports: [{{port: 80}}]\n---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: web}}\nspec:\n  \
         serviceName: web\n  replicas: {replicas}\n  selector: {{matchLabels: {{app: web}}}}\n{more}  template:\n    \
         metadata: {{labels: {{app: web}}}}\n    spec:\n      containers: [{{name: nginx, image: \"nginx:1\"}}]\n"
    )
}

const PARALLEL: &str = "  podManagementPolicy: Parallel\n";
const CLAIMS: &str = "  volumeClaimTemplates:\n  - metadata: {name: data}\n    spec: {accessModes: [ReadWriteOnce], \
                      resources: {requests: {storage: 1Gi}}}\n";

fn pass(story: &mut Story, seconds: i64) {
    story.run_until(story.now() + Span::seconds(seconds));
}

/// What happens to a set in its life: it grows, is updated, held by a partition, loses pods, shrinks and goes.
fn life(mut act: impl FnMut(&mut Story, i64), more: &str) -> Story {
    let mut story = Story::new(Options::default());
    story.input(Input::Apply(manifest(7, more).as_str().into()));
    act(&mut story, 45);
    for command in [
        "kubectl delete pod web-3 --wait=false",
        "kubectl set image sts/web nginx=nginx:2",
        "kubectl delete pod web-1 web-6 --force --grace-period=0",
        "kubectl label pod web-2 app=other --overwrite",
        "kubectl set image sts/web nginx=nginx:broken",
        "kubectl scale sts web --replicas=12",
        "kubectl set image sts/web nginx=nginx:3",
        "kubectl delete pod -l app=web --wait=false",
        "kubectl delete endpointslices --all --wait=false",
        "kubectl scale sts web --replicas=2",
        "kubectl delete sts web --cascade=orphan",
        "kubectl delete pod web-0 --wait=false",
    ] {
        story.input(Input::Line(command.into()));
        act(&mut story, 17);
    }
    story.input(Input::Apply(manifest(3, more).as_str().into()));
    act(&mut story, 60);
    story
}

#[test]
fn what_controllers_remember_changes_nothing() {
    let forget = |story: &mut Story, seconds: i64| {
        let until = story.now() + Span::seconds(seconds);
        while story.next_at().is_some_and(|at| at <= until) {
            story.cluster.forget_memory();
            story.step();
        }
        story.run_until(until);
    };
    for more in [
        "".to_owned(),
        PARALLEL.to_owned(),
        CLAIMS.to_owned(),
        format!("{PARALLEL}{CLAIMS}  minReadySeconds: 3\n"),
    ] {
        let (kept, forgotten) = (life(pass, &more), life(forget, &more));
        let (kept, forgotten) = (kept.cluster.api.history(), forgotten.cluster.api.history());
        for (a, b) in kept.entries().iter().zip(forgotten.entries()) {
            assert_eq!((a.at, format!("{:?}", a.change)), (b.at, format!("{:?}", b.change)), "{more}");
        }
        assert_eq!(kept.fingerprint(), forgotten.fingerprint(), "{more}");
        assert!(kept.len() > 500, "{} writes are no life", kept.len());
    }
}

#[test]
fn a_node_made_by_hand_comes_up_and_takes_many_pods() {
    let mut story = Story::new(Options::default());
    story.input(Input::Apply(manifest(1_000, PARALLEL).as_str().into()));
    pass(&mut story, 30);
    let store = story.cluster.api.store();
    let set = store.find(Kind::StatefulSet, "default", "web").expect("it was applied").stateful_set();
    assert_eq!(set.status.ready_replicas, 1_000);
    let node = store.find_cluster(Kind::Node, "big").expect("it was applied").node();
    assert!(node.is_ready() && node.taints.is_empty());
    assert_eq!((node.pods, node.cpu_millis), (4_000, 64_000));
    let slices = store.list(Kind::EndpointSlice).filter(|s| s.meta.name.starts_with("web-"));
    let sizes: Vec<usize> = slices.map(|s| s.endpoint_slice().endpoints.len()).collect();
    assert_eq!(sizes, [100; 10]);
    let mut addresses: Vec<_> = store.list(Kind::Pod).filter_map(|p| p.pod().status.pod_ip.clone()).collect();
    addresses.sort();
    addresses.dedup();
    assert_eq!(addresses.len(), 1_000, "each pod has its own address");
    assert!(story.now() > SimTime(0));
}
