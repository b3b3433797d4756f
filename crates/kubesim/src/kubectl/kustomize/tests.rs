use super::build;
use std::collections::BTreeMap;

fn built(files: &[(&str, &str)], directory: &str) -> Result<String, String> {
    let files: BTreeMap<String, String> =
        files.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect();
    build(&files, directory).map_err(|failure| failure.text())
}

const SET: &str = "apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  serviceName: web
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: main, image: 'nginx:1.0', envFrom: [{configMapRef: {name: settings}}]}
";
const SERVICE: &str =
    "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {clusterIP: None, selector: {app: web}}\n";

/// Long: one overlay with every transformer.
#[test]
fn an_overlay_changes_what_its_base_has() {
    let overlay = "resources: [../base]
namePrefix: test-
namespace: qa
commonLabels: {env: qa}
images: [{name: nginx, newName: registry:5000/nginx, newTag: '2.0'}]
replicas: [{name: web, count: 2}]
configMapGenerator: [{name: settings, literals: [A=1, 'B=\"two\"']}]
patches:
- patch: |-
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: web}
    spec: {template: {spec: {containers: [{name: main, workingDir: /srv}]}}}
- target: {kind: Service, name: w.*}
  patch: '[{op: add, path: /spec/publishNotReadyAddresses, value: true}]'
";
    let files = [
        ("base/kustomization.yaml", "resources: [set.yaml, service.yaml]\n"),
        ("base/set.yaml", SET),
        ("base/service.yaml", SERVICE),
        ("qa/kustomization.yaml", overlay),
    ];
    let text = built(&files, "qa").unwrap();
    let expected = "apiVersion: v1
data:
  A: \"1\"
  B: two
kind: ConfigMap
metadata:
  labels:
    env: qa
  name: test-settings-HASH
  namespace: qa
---
apiVersion: v1
kind: Service
metadata:
  labels:
    env: qa
  name: test-web
  namespace: qa
spec:
  clusterIP: None
  publishNotReadyAddresses: true
  selector:
    app: web
    env: qa
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  labels:
    env: qa
  name: test-web
  namespace: qa
spec:
  replicas: 2
  selector:
    matchLabels:
      app: web
      env: qa
  serviceName: test-web
  template:
    metadata:
      labels:
        app: web
        env: qa
    spec:
      containers:
      - envFrom:
        - configMapRef:
            name: test-settings-HASH
        image: registry:5000/nginx:2.0
        name: main
        workingDir: /srv
";
    let hash = text.split("name: test-settings-").nth(1).and_then(|rest| rest.lines().next()).unwrap();
    assert_eq!(hash.len(), 10);
    assert_eq!(text.replace(hash, "HASH"), expected);
}

#[test]
fn mistakes_are_refused() {
    for (files, directory, error) in [
        (
            &[("a/kustomization.yaml", "resources: [x.yaml]")][..],
            "a",
            "error: accumulating resources: accumulation err='accumulating resources from 'x.yaml': evalsymlink failure on \
             'a/x.yaml' : lstat a/x.yaml: no such file or directory'",
        ),
        (
            &[("a/other.yaml", "")],
            "a",
            "error: unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory 'a'",
        ),
        (
            &[("a/kustomization.yaml", "nonsense: 1")],
            "a",
            "error: invalid Kustomization: json: unknown field \"nonsense\"",
        ),
        (
            &[("a/kustomization.yaml", "vars: []")],
            "a",
            "error: the field \"vars\" of a kustomization is not simulated",
        ),
        (
            &[
                ("a/kustomization.yaml", "resources: [s.yaml]\nreplicas: [{name: b, count: 1}]"),
                ("a/s.yaml", SET),
            ],
            "./a/",
            "error: resource with name b does not match a config with the following GVK [Deployment.[noVer].[noGrp] \
             StatefulSet.[noVer].[noGrp] ReplicaSet.[noVer].[noGrp] ReplicationController.[noVer].[noGrp]]",
        ),
        (
            &[("a/kustomization.yaml", "resources: [s.yaml, s.yaml]"), ("a/s.yaml", SET)],
            "a",
            "error: may not add resource with an already registered id: StatefulSet.v1.apps/web.[noNs]",
        ),
    ] {
        assert_eq!(built(files, directory).unwrap_err(), error, "{files:?}");
    }
}
