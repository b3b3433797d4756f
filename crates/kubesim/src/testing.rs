//! What tests need again and again.

use crate::api::{Kind, Object};
use crate::manifest::{self, yaml};
use crate::sim::{Cluster, Options, Timings};

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
        let decoded = manifest::decode(kind, tree);
        assert_eq!(decoded.refusal(), None);
        let mut value = decoded.value;
        manifest::default(kind, &mut value, Default::default());
        if kind.info().namespaced && value["metadata"].get("namespace").is_none() {
            value["metadata"]["namespace"] = "default".into();
        }
        cluster.api.create(Object::from_value(kind, &value)).expect("a new object");
    }
    cluster.dispatch();
}
