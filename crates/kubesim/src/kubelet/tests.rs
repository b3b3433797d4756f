use crate::api::{Key, Kind, SimTime, Span};
use crate::apiserver::DeleteOptions;
use crate::sim::Cluster;
use crate::testing::{self, events, statuses};

fn seed_until(seconds: i64) -> Cluster {
    let mut cluster = testing::recorded();
    testing::create(&mut cluster, testing::SEED);
    cluster.run_until(SimTime(0) + Span::seconds(seconds));
    cluster
}

fn pod_key(name: &str) -> Key {
    Key::new(Kind::Pod, "default", name)
}

#[test]
fn the_seed_rolls_out_as_recorded() {
    let cluster = seed_until(60);
    for name in ["flask-0", "flask-1", "flask-2"] {
        assert_eq!(
            statuses(&cluster, name),
            ["Pending", "Init:0/1", "Init:0/1 with address", "PodInitializing", "Running"],
            "{name}"
        );
    }
    let on: Vec<_> = cluster
        .api
        .store()
        .list(Kind::Pod)
        .map(|p| (p.pod().spec.node_name.clone().unwrap(), p.pod().status.pod_ip.clone().unwrap()))
        .collect();
    let on: Vec<(&str, &str)> = on.iter().map(|(n, ip)| (&**n, &**ip)).collect();
    assert_eq!(
        on,
        [
            ("chhan-k8s-3", "172.16.234.21"),
            ("chhan-k8s-2", "172.16.110.17"),
            ("chhan-k8s-4", "172.16.107.16")
        ]
    );
    assert_eq!(
        events(&cluster, "flask-0"),
        [
            "Scheduled Successfully assigned default/flask-0 to chhan-k8s-3",
            "Pulling Pulling image \"busybox:1.28\"",
            "Pulled Successfully pulled image \"busybox:1.28\" in 200ms (200ms including waiting). Image size: 727869 \
             bytes.",
            "Created Container created",
            "Started Container started",
            "Pulling Pulling image \"han0495/flask-example-app\"",
            "Pulled Successfully pulled image \"han0495/flask-example-app\" in 200ms (200ms including waiting). \
             Image size: 727869 bytes.",
            "Created Container created",
            "Started Container started",
        ]
    );
}

#[test]
fn a_deleted_pod_ends_well_and_comes_back_with_another_address() {
    let mut cluster = seed_until(60);
    cluster.api.delete(&pod_key("flask-1"), DeleteOptions::default()).unwrap();
    cluster.dispatch();
    cluster.run_until(SimTime(70_000));
    assert_eq!(
        statuses(&cluster, "flask-1")[5..],
        [
            "Terminating",
            "Completed",
            "gone",
            "Pending",
            "Init:0/1",
            "Init:0/1 with address",
            "PodInitializing",
            "Running"
        ]
    );
    let pod = cluster.api.get(&pod_key("flask-1")).unwrap();
    assert_eq!(pod.pod().status.pod_ip.as_deref(), Some("172.16.110.18"));
}
