//! What tests need again and again.

use crate::api::{Kind, Object};
use crate::apiserver::Change;
use crate::cluster::Cluster;
use crate::config::{Options, Timings};
use crate::schema::{decode::decode, defaults::default};

/// The walk that Ordinal starts from: a headless Service and a StatefulSet of three.
pub const SEED: &str = r#"---
apiVersion: v1
kind: Service
metadata:
  name: flask
  labels:
    app: flask
spec:
  ports:
  - port: 80
    name: web
  clusterIP: None
  selector:
    app: flask
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: flask
spec:
  selector:
    matchLabels:
      app: flask
  serviceName: "flask"
  replicas: 3
  minReadySeconds: 10
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
        volumeMounts:
        - name: www
          mountPath: /usr/src/app/log
      initContainers:
      - name: init-dump-log
        image: busybox:1.28
        command: ['sh', '-c', "echo $(hostname)-$(date +%s) |tee -a /usr/src/app/log/dump.log"]
        volumeMounts:
        - name: www
          mountPath: /usr/src/app/log
  volumeClaimTemplates:
  - metadata:
      name: www
    spec:
      accessModes: [ "ReadWriteOnce" ]
      storageClassName: "local-path"
      resources:
        requests:
          storage: 1Gi
"#;

/// A cluster that takes the times of the recordings.
pub fn recorded() -> Cluster {
    Cluster::new(Options { timings: Timings::recording(), ..Options::default() })
}

/// Creates every object of a manifest, decoded and defaulted as the API server does.
pub fn create(cluster: &mut Cluster, text: &str) {
    let stream = yaml::read(text);
    assert!(stream.error.is_none(), "{:?}", stream.error);
    for document in &stream.documents {
        let tree = document.value();
        let text = |field: &str| tree.get(field).and_then(|v| v.as_str()).unwrap_or_default().to_string();
        let (api_version, name) = (text("apiVersion"), text("kind"));
        let kind = Kind::of_manifest(&api_version, &name).expect("a kind that is served");
        let decoded = decode(kind, tree);
        assert_eq!(decoded.refusal(), None);
        let mut value = decoded.value;
        default(kind, &mut value, Default::default());
        if kind.info().namespaced && value["metadata"].get("namespace").is_none() {
            value["metadata"]["namespace"] = "default".into();
        }
        cluster.api.create(Object::from_value(kind, &value)).expect("a new object");
    }
    cluster.dispatch();
}

/// What a watch of this kubectl column showed of an object: each write of it, in order, neighbours joined.
pub fn statuses(cluster: &Cluster, name: &str) -> Vec<String> {
    let mut seen = Vec::new();
    for entry in cluster.api.history().entries() {
        let Change::Object { key, before, after } = &entry.change else { continue };
        if key.kind != Kind::Pod || *key.name != *name {
            continue;
        }
        let status = match after {
            Some(after) => crate::kubectl::printers::pod_status(after.pod(), &after.meta),
            None => "gone".to_string(),
        };
        let ip = |o: &std::rc::Rc<Object>| o.pod().status.pod_ip.is_some();
        let got_ip = after.as_ref().is_some_and(ip) && !before.as_ref().is_some_and(ip);
        let status = if got_ip { format!("{status} with address") } else { status };
        if seen.last() != Some(&status) {
            seen.push(status);
        }
    }
    seen
}

/// The events about objects whose name starts with this, in order: reason and message.
pub fn events(cluster: &Cluster, name: &str) -> Vec<String> {
    let mut seen = Vec::new();
    for entry in cluster.api.history().entries() {
        let Change::Object { after: Some(after), .. } = &entry.change else { continue };
        if after.kind == Kind::Event && after.event().involved.name.starts_with(name) {
            seen.push(format!("{} {}", after.event().reason, after.event().message));
        }
    }
    seen
}
