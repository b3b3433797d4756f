//! Manifests as they are found in the wild (written for this test, after the fashion of tutorials and rendered charts):
//! everything in them is taken, comes up, is listed, described, printed and deleted.

use kubesim::manifest::{Severity, diagnose};
use kubesim::{Change, FeatureGates, Input, Kind, Options, SimTime, Span, Story, Stream};

/// Each with how many pods of its sets are to be ready after five minutes.
const MANIFESTS: &[(&str, &str, i32)] = &[
    // Its storage class names a provisioner that is not there: it waits, as it would.
    ("cassandra", include_str!("../manifests/cassandra.yaml"), 0),
    ("elasticsearch", include_str!("../manifests/elasticsearch.yaml"), 2),
    ("etcd", include_str!("../manifests/etcd.yaml"), 3),
    ("kafka", include_str!("../manifests/kafka.yaml"), 3),
    ("mongodb", include_str!("../manifests/mongodb.yaml"), 3),
    ("mysql", include_str!("../manifests/mysql.yaml"), 3),
    ("rabbitmq", include_str!("../manifests/rabbitmq.yaml"), 3),
    ("redis", include_str!("../manifests/redis.yaml"), 1),
    ("zookeeper", include_str!("../manifests/zookeeper.yaml"), 3),
];

const FIVE_MINUTES: SimTime = SimTime(300_000);

fn story_of(manifest: &str) -> Story {
    let mut story = Story::new(Options::default());
    story.input(Input::Apply(manifest.into()));
    story.run_until(FIVE_MINUTES);
    story
}

/// What a command prints, both streams as on a terminal.
fn output(story: &mut Story, command: &str) -> String {
    let from = story.cluster.api.history().len();
    story.input(Input::Line(command.into()));
    let end = story.now() + Span::seconds(120);
    while story.terminal.prompt().is_none() && story.now() < end && story.step() {}
    assert!(story.terminal.prompt().is_some(), "{command} does not end");
    let entries = story.cluster.api.history().since(from);
    let texts = entries.iter().filter_map(|entry| match &entry.change {
        Change::Output { stream: Stream::Stdout | Stream::Stderr, text } => Some(&**text),
        _ => None,
    });
    texts.collect()
}

#[test]
fn nothing_in_them_is_a_mistake() {
    for (name, manifest, _) in MANIFESTS {
        let diagnosis = diagnose(manifest, FeatureGates::default());
        let errors: Vec<_> = diagnosis.diagnostics.iter().filter(|d| d.severity == Severity::Error).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
        assert!(!diagnosis.objects.is_empty(), "{name}");
    }
}

#[test]
fn they_come_up() {
    for (name, manifest, ready) in MANIFESTS {
        let story = story_of(manifest);
        let sets = story.cluster.api.store().list(Kind::StatefulSet);
        let got: i32 = sets.map(|set| set.stateful_set().status.ready_replicas).sum();
        assert_eq!(got, *ready, "{name}");
    }
}

#[test]
fn every_object_is_listed_described_printed_and_deleted() {
    for (name, manifest, _) in MANIFESTS {
        let mut story = story_of(manifest);
        let objects = diagnose(manifest, FeatureGates::default()).objects;
        for object in &objects {
            let kind = object.kind.to_ascii_lowercase();
            let namespace = if object.namespace.is_empty() { "default" } else { &object.namespace };
            let at = format!("{kind} {} -n {namespace}", object.name);
            let row = output(&mut story, &format!("kubectl get {at} --no-headers -o wide"));
            assert!(row.starts_with(&object.name), "{name}: {at}: {row}");
            let described = output(&mut story, &format!("kubectl describe {at}"));
            let names_it =
                |line: &str| line.strip_prefix("Name:").is_some_and(|rest| rest.trim() == object.name);
            assert!(described.lines().any(names_it), "{name}: {at}: {described}");
            let yaml = output(&mut story, &format!("kubectl get {at} -o yaml"));
            assert!(yaml.contains(&format!("\nkind: {}\n", object.kind)), "{name}: {at}: {yaml}");
            let json = output(&mut story, &format!("kubectl get {at} -o json"));
            let tree: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
            assert_eq!(tree["metadata"]["name"], object.name.as_str(), "{name}: {at}");
        }
        for object in objects.iter().rev() {
            let kind = object.kind.to_ascii_lowercase();
            let namespace = if object.namespace.is_empty() { "default" } else { &object.namespace };
            let at = format!("{kind} {} -n {namespace}", object.name);
            let deleted = output(&mut story, &format!("kubectl delete {at}"));
            assert!(deleted.contains(" deleted"), "{name}: {at}: {deleted}");
        }
    }
}

#[test]
fn applied_again_they_stay_as_they_are() {
    for (name, manifest, _) in MANIFESTS {
        let mut story = story_of(manifest);
        let from = story.cluster.api.history().len();
        story.input(Input::Apply((*manifest).into()));
        story.run_until(story.now() + Span::seconds(60));
        for entry in story.cluster.api.history().since(from) {
            let Change::Object { key, before, after } = &entry.change else { continue };
            let (Some(before), Some(after)) = (before, after) else { continue };
            assert_eq!(before.meta.generation, after.meta.generation, "{name}: {key}");
        }
    }
}

#[test]
fn config_maps_and_secrets_reach_the_containers() {
    let mut kafka = story_of(MANIFESTS[3].1);
    assert_eq!(
        output(&mut kafka, "kubectl exec kafka-1 -- cat /var/lib/kafka/data/meta.properties"),
        "node 1 of MkU3OEVBNTcwNTJENDM2Qk as broker,controller at PLAINTEXT://kafka-1.kafka-headless:9092\n"
    );
    let mut mysql = story_of(MANIFESTS[5].1);
    let of = |story: &mut Story, pod: &str, file: &str| {
        output(story, &format!("kubectl exec {pod} -c mysql -- cat /etc/mysql/conf.d/{file}"))
    };
    assert_eq!(of(&mut mysql, "mysql-0", "server-id.cnf"), "[mysqld]\nserver-id=100\n");
    assert_eq!(of(&mut mysql, "mysql-2", "server-id.cnf"), "[mysqld]\nserver-id=102\n");
    assert_eq!(of(&mut mysql, "mysql-0", "primary.cnf"), "# Only on the primary.\n[mysqld]\nlog-bin\n");
    assert_eq!(of(&mut mysql, "mysql-1", "replica.cnf"), "# Only on replicas.\n[mysqld]\nsuper-read-only\n");
    let mut mongo = story_of(MANIFESTS[4].1);
    let keyfile = "kubectl exec -n mongo mongod-0 -c mongod -- cat /etc/keyfile/keyfile";
    assert_eq!(output(&mut mongo, keyfile), "secret-key-for-members\n");
    let namespace = "kubectl exec -n mongo mongod-0 -c mongod -- cat \
         /var/run/secrets/kubernetes.io/serviceaccount/namespace";
    assert_eq!(output(&mut mongo, namespace), "mongo");
    let mut elastic = story_of(MANIFESTS[1].1);
    let processors =
        "kubectl exec -n kube-system elasticsearch-logging-0 -c elasticsearch-logging -- printenv PROCESSORS";
    assert_eq!(output(&mut elastic, processors), "1\n");
}
