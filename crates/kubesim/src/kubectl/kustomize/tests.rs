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

const SETTINGS: &str = "apiVersion: v1
kind: ConfigMap
metadata: {name: settings, labels: {for: web}}
data: {PORT: '8080', HOST: db.example.com, config.json: '{\"port\": 1, \"host\": \"a\"}'}
";

#[test]
fn yaml_is_read_as_kustomize_reads_it() {
    let set = SET
        .replace("envFrom:", "env: [{name: Y, value: yes}, {name: B, value: \"no\"}], tty: true, envFrom:");
    let files = [("a/kustomization.yaml", "resources: [s.yaml]"), ("a/s.yaml", set.as_str())];
    let text = built(&files, "a").unwrap();
    assert!(text.contains("- name: \"Y\"\n          value: \"yes\"\n"), "{text}");
    assert!(text.contains("value: \"no\"\n") && text.contains("tty: true\n"), "{text}");
}

#[test]
fn labels_reach_every_selector() {
    let others = "apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: np, annotations: {gone: x}}
spec: {podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {matchLabels: {app: x}}}, {ipBlock: {cidr: 10.0.0.0/8}}]}]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: cj}
spec: {jobTemplate: {spec: {template: {spec: {containers: []}}}}}
";
    let spread = "    spec:\n      topologySpreadConstraints: [{labelSelector: {matchLabels: {app: web}}}]\n";
    let set = SET.replacen("    spec:\n", spread, 1);
    let file = "resources: [set.yaml, others.yaml]
labels:
- {pairs: {env: qa}, includeSelectors: true}
- {pairs: {own: x}, fields: [{path: spec/extra, create: true, kind: CronJob}]}
commonAnnotations: {note: hi}
patches:
- {target: {kind: NetworkPolicy}, patch: '[{op: remove, path: /metadata/annotations/gone}]'}
- {target: {name: '[a-c]j'}, patch: '{apiVersion: v1, kind: X, metadata: {name: x}, spec: {suspend: true}}'}
";
    let files = [("a/kustomization.yaml", file), ("a/set.yaml", &set), ("a/others.yaml", others)];
    let text = built(&files, "a").unwrap();
    for part in [
        "      topologySpreadConstraints:\n      - labelSelector:\n          matchLabels:\n            app: web\n            env: qa\n",
        "    - podSelector:\n        matchLabels:\n          app: x\n          env: qa\n",
        "  extra:\n    own: x\n  jobTemplate:\n    metadata:\n      annotations:\n        note: hi\n",
        "apiVersion: batch/v1\nkind: CronJob\n",
        "  suspend: true\n",
    ] {
        assert!(text.contains(part), "{part}{text}");
    }
    let bare = file.replace("commonAnnotations: {note: hi}\n", "");
    let files = [("a/kustomization.yaml", bare.as_str()), ("a/set.yaml", &set), ("a/others.yaml", others)];
    assert!(!built(&files, "a").unwrap().contains("annotations"), "no empty map is left");
}

#[test]
fn fields_of_another_type_are_refused() {
    let place = "invalid Kustomization: json: cannot unmarshal";
    for (file, error) in [
        (
            "images: [{name: a, newTag: 1.36}]",
            "number into Go struct field Image.images.newTag of type string",
        ),
        ("commonLabels: {a: 1}", "number into Go struct field Kustomization.commonLabels of type string"),
        (
            "replicas: [{name: x, count: \"3\"}]",
            "string into Go struct field Replica.replicas.count of type int64",
        ),
        ("resources: o.yaml", "string into Go struct field Kustomization.resources of type []string"),
        ("resources: [1]", "number into Go struct field Kustomization.resources of type string"),
        ("images: {name: x}", "object into Go struct field Kustomization.images of type []types.Image"),
        ("namespace: [a]", "array into Go struct field Kustomization.namespace of type string"),
        (
            "configMapGenerator: [{name: x, literals: a=b}]",
            "string into Go struct field ConfigMapArgs.configMapGenerator.literals of type []string",
        ),
    ] {
        let told = built(&[("a/kustomization.yaml", file)], "a").unwrap_err();
        assert_eq!(told, format!("error: {place} {error}"), "{file}");
    }
    let unknown = built(&[("a/kustomization.yaml", "images: [{nam: x}]")], "a").unwrap_err();
    assert_eq!(unknown, "error: invalid Kustomization: json: unknown field \"nam\"");
}

/// The values are those of kustomize itself (`kubectl kustomize`).
#[test]
fn replacements_copy_fields() {
    let built = |replacements: &str| {
        let file =
            format!("resources: [set.yaml, service.yaml, settings.yaml]\nreplacements:\n{replacements}");
        let files = [
            ("a/kustomization.yaml", file.as_str()),
            ("a/set.yaml", SET),
            ("a/service.yaml", SERVICE),
            ("a/settings.yaml", SETTINGS),
        ];
        built(&files, "a")
    };
    let source = |field: &str| {
        format!("- source: {{kind: ConfigMap, name: settings, fieldPath: {field}}}\n  targets:\n")
    };
    for (replacements, expected) in [
        (
            source("data.HOST")
                + "  - select: {kind: StatefulSet}\n    fieldPaths: ['spec.template.spec.containers.[name=main].image']\n",
            "image: db.example.com\n",
        ),
        // A part of a text, on both sides.
        (
            "- source: {kind: ConfigMap, name: settings, fieldPath: data.HOST, options: {delimiter: ., index: 1}}\n  targets:\n  \
             - select: {kind: StatefulSet}\n    fieldPaths: [spec.template.spec.containers.0.image]\n    options: {delimiter: ':', \
             index: 1}\n"
                .to_string(),
            "image: nginx:example\n",
        ),
        // What is not there is made if that is asked for.
        (
            source("data.PORT")
                + "  - select: {kind: Service}\n    fieldPaths: [metadata.annotations.port]\n    options: {create: true}\n",
            "port: \"8080\"\n",
        ),
        // Whole trees, and the name where no field is named.
        (
            source("metadata.labels") + "  - select: {kind: Service}\n    fieldPaths: [spec.selector]\n",
            "selector:\n    for: web\n",
        ),
        (
            "- source: {kind: ConfigMap}\n  targets: [{select: {kind: Service}, fieldPaths: [spec.clusterIP]}]\n".to_string(),
            "clusterIP: settings\n",
        ),
        // Into a text that holds JSON.
        (
            source("data.PORT")
                + "  - select: {kind: ConfigMap}\n    fieldPaths: ['data.config\\.json.port']\n",
            "config.json: '{\"host\":\"a\",\"port\":8080}'\n",
        ),
        (
            "- sourceValue: fixed\n  targets: [{select: {name: w.b}, reject: [{kind: Service}], fieldPaths: \
             [spec.serviceName]}]\n"
                .to_string(),
            "serviceName: fixed\n",
        ),
    ] {
        let text = built(&replacements).unwrap_or_else(|error| panic!("{replacements}: {error}"));
        assert!(text.contains(expected), "{replacements}{text}");
    }
    for (replacements, error) in [
        (
            source("data.NONE") + "  - select: {kind: Service}\n",
            "fieldPath `data.NONE` is missing for replacement source \
             ConfigMap.[noVer].[noGrp]/settings.[noNs]",
        ),
        (
            source("data.HOST") + "  - select: {kind: Service}\n    fieldPaths: [spec.none]\n",
            "unable to find field \
             \"spec.none\" in replacement target",
        ),
        (
            "- source: {kind: Pod}\n  targets: [{select: {kind: Service}}]\n".to_string(),
            "nothing selected by \
             Pod.[noVer].[noGrp]/[noName].[noNs]",
        ),
        (
            "- source: {name: web}\n  targets: [{select: {kind: Service}}]\n".to_string(),
            "multiple matches for selector \
             [noKind].[noVer].[noGrp]/web.[noNs]",
        ),
        (
            "- source: {kind: Service}\n".to_string(),
            "replacements must specify a source and at least one target",
        ),
        (
            "- {path: x.yaml, source: {kind: Service}}\n".to_string(),
            "trouble configuring builtin ReplacementTransformer with config: `\nReplacements:\n- path: x.yaml\n  source:\n    \
             kind: Service\n`: cannot specify both path and inline replacement",
        ),
    ] {
        assert_eq!(built(&replacements).unwrap_err(), format!("error: {error}"), "{replacements}");
    }
}

/// Long: a row for each mistake.
#[test]
fn mistakes_are_refused() {
    for (files, directory, error) in [
        (
            &[("a/kustomization.yaml", "resources: [x.yaml]")][..],
            "a",
            "error: accumulating resources: accumulation err='accumulating resources from 'x.yaml': evalsymlink failure on \
             'a/x.yaml' : lstat a/x.yaml: no such file or directory': must build at directory: not a valid directory: \
             evalsymlink failure on 'a/x.yaml' : lstat a/x.yaml: no such file or directory",
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
            "error: accumulating resources: accumulation err='merging resources from 's.yaml': may not add resource with an \
             already registered id: StatefulSet.v1.apps/web.[noNs]': must build at directory: 'a/s.yaml': file is not directory",
        ),
        (
            &[("a/kustomization.yaml", "resources: [../b]"), ("b/kustomization.yaml", "resources: [../a]")],
            "a",
            "error: accumulating resources: accumulation err='accumulating resources from '../b': 'b' must resolve to a file': \
             recursed accumulation of path 'b': accumulating resources: accumulation err='accumulating resources from '../a': \
             'a' must resolve to a file': cycle detected: candidate root 'a' contains visited root 'a'",
        ),
        (&[("a/kustomization.yaml", "kind: Component")], "a", "error: kustomization.yaml is empty"),
        (
            &[("a/kustomization.yaml", "kind: Other\nnamePrefix: a-")],
            "a",
            "error: Failed to read kustomization file under a:\nkind should be Kustomization or Component\n",
        ),
        (
            &[
                ("a/kustomization.yaml", "components: [../b]"),
                ("b/kustomization.yaml", "resources: [s.yaml]"),
                ("b/s.yaml", SET),
            ],
            "a",
            "error: accumulating components: accumulateDirectory: \"expected kind 'Component' for path 'b' but got \
             'Kustomization'\"",
        ),
        (
            &[("a/kustomization.yaml", "configMapGenerator: [{name: x, files: [k=]}]")],
            "a",
            "error: loading KV pairs: file sources: [k=]: missing file path for key name \"k\" in source \"k=\"",
        ),
        (
            &[("a/kustomization.yaml", "configMapGenerator: [{name: x, envs: [../e]}]"), ("e", "a=b")],
            "a",
            "error: loading KV pairs: env source files: [../e]: security; file 'e' is not in or below 'a'",
        ),
        (
            &[("a/kustomization.yaml", "patches: [{patch: 'x: y'}]")],
            "a",
            "error: trouble configuring builtin PatchTransformer with config: `\npatch: 'x: y'\n`: unable to parse SM or JSON \
             patch from [patch: \"x: y\"]\n",
        ),
    ] {
        assert_eq!(built(files, directory).unwrap_err(), error, "{files:?}");
    }
}

#[test]
fn json_patches_say_why_they_do_not_apply() {
    for (operation, why) in [
        (
            "op: add, path: /nope/deep, value: 1",
            "add operation does not apply: doc is missing path: \"/nope/deep\": missing value",
        ),
        (
            "op: remove, path: /x",
            "error in remove for path: '/x': Unable to remove nonexistent key: x: missing value",
        ),
        (
            "op: replace, path: /nope/x, value: 1",
            "replace operation does not apply: doc is missing path: /nope/x: missing value",
        ),
        ("op: test, path: /kind, value: x", "testing value /kind failed: test failed"),
        (
            "op: move, from: /nope, path: /x",
            "error in move for path: 'nope': Unable to remove nonexistent key: nope: missing value",
        ),
        ("op: nope, path: /x", "Unexpected kind: nope"),
    ] {
        let kustomization = format!(
            "resources: [s.yaml]\npatches: [{{target: {{kind: StatefulSet}}, patch: '- {{{operation}}}'}}]"
        );
        let files = [("a/kustomization.yaml", kustomization.as_str()), ("a/s.yaml", SET)];
        assert_eq!(built(&files, "a").unwrap_err(), format!("error: {why}"), "{operation}");
    }
}

#[test]
fn a_generator_that_replaces_keeps_labels() {
    let files = [
        (
            "a/kustomization.yaml",
            "configMapGenerator: [{name: c, literals: [a=b], options: {labels: {k: v}}}]",
        ),
        (
            "b/kustomization.yaml",
            "resources: [../a]\nconfigMapGenerator: [{name: c, behavior: replace, literals: [d=e], options: {labels: {m: w}}}]",
        ),
    ];
    let text = built(&files, "b").unwrap();
    assert!(text.contains("data:\n  d: e\n"), "{text}");
    assert!(text.contains("  labels:\n    k: v\n    m: w\n"), "{text}");
}

#[test]
fn a_patch_may_say_that_it_merges() {
    let kustomization = "resources: [s.yaml]
patches:
- patch: |-
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec: {$patch: merge, type: X}
";
    let text = built(&[("a/kustomization.yaml", kustomization), ("a/s.yaml", SERVICE)], "a").unwrap();
    assert!(text.contains("\n  type: X\n") && !text.contains("$patch"), "{text}");
}
