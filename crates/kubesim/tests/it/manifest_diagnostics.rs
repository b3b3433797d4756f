//! What the editor marks: each mistake at its line and column, in kubectl's words.

use kubesim::config::FeatureGates;
use kubesim::manifest::{Diagnosis, Severity, diagnose};

const SEED: &str = "\
---
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
  serviceName: \"flask\"
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
        command: ['sh', '-c', \"echo $(hostname)-$(date +%s) |tee -a /usr/src/app/log/dump.log\"]
        volumeMounts:
        - name: www
          mountPath: /usr/src/app/log
  volumeClaimTemplates:
  - metadata:
      name: www
    spec:
      accessModes: [ \"ReadWriteOnce\" ]
      storageClassName: \"local-path\"
      resources:
        requests:
          storage: 1Gi
";

fn shown(diagnosis: &Diagnosis) -> Vec<String> {
    diagnosis
        .diagnostics
        .iter()
        .map(|d| {
            let severity = match d.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Dropped => "dropped",
                Severity::NotSimulated => "note",
            };
            let (from, to) = ((d.span.line, d.span.column), (d.span.end_line, d.span.end_column));
            format!("{}:{}-{}:{} {severity}: {}", from.0, from.1, to.0, to.1, d.message)
        })
        .collect()
}

/// The seed with one text replaced has these diagnostics.
#[track_caller]
fn check(replace: &str, with: &str, expected: &[&str]) {
    let text = if replace.is_empty() { with.to_owned() } else { SEED.replacen(replace, with, 1) };
    assert!(replace.is_empty() || text != SEED, "{replace:?} is not in the seed");
    assert_eq!(shown(&diagnose(&text, FeatureGates::default())), expected);
}

#[test]
fn the_seed_has_nothing_to_complain_of() {
    let diagnosis = diagnose(SEED, FeatureGates::default());
    assert_eq!(shown(&diagnosis), Vec::<String>::new());
    let found: Vec<_> = diagnosis.objects.iter().map(|o| (o.kind, o.name.as_str(), o.line)).collect();
    assert_eq!(found, [("Service", "flask", 2), ("StatefulSet", "flask", 16)]);
}

#[test]
fn a_text_that_is_no_yaml() {
    check(
        "  replicas: 3\n",
        "  replicas 3\n",
        &[
            "25:3-25:3 error: error parsing STDIN: error converting YAML to JSON: yaml: line 11: could not find expected ':'",
        ],
    );
}

#[test]
fn fields_whose_feature_gate_is_off() {
    let strategy = "  replicas: 3\n  updateStrategy:\n    rollingUpdate:\n      maxUnavailable: 2\n";
    check(
        "  replicas: 3\n",
        strategy,
        &["28:7-28:21 dropped: spec.updateStrategy.rollingUpdate.maxUnavailable needs the feature gate \
           MaxUnavailableStatefulSet, off in 1.36: the API server drops it"],
    );
    let gates = FeatureGates { max_unavailable_stateful_set: true };
    assert_eq!(shown(&diagnose(&SEED.replacen("  replicas: 3\n", strategy, 1), gates)), Vec::<String>::new());
}

#[test]
fn fields_that_there_are_not() {
    check("  replicas: 3\n", "  replica: 3\n", &["25:3-25:10 error: unknown field \"spec.replica\""]);
    check(
        "        image: busybox:1.28\n",
        "        image: busybox:1.28\n        imagePullpolicy: Never\n",
        &["45:9-45:24 error: unknown field \"spec.template.spec.initContainers[0].imagePullpolicy\""],
    );
}

#[test]
fn values_of_a_wrong_type() {
    check(
        "replicas: 3",
        "replicas: three",
        &[
            "25:13-25:18 error: json: cannot unmarshal string into Go struct field StatefulSetSpec.spec.replicas of type int32",
        ],
    );
    check(
        "storage: 1Gi",
        "storage: 1 GB",
        &[
            "57:20-57:24 error: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        ],
    );
}

#[test]
fn values_that_are_not_valid() {
    check(
        "      app: flask\n  serviceName",
        "      app: web\n  serviceName",
        &[
            "30:9-30:19 error: spec.template.metadata.labels: Invalid value: {\"app\":\"flask\"}: `selector` does not match template `labels`",
        ],
    );
    check(
        "  selector:\n    matchLabels:\n      app: flask\n",
        "",
        &[
            "20:1-20:5 error: spec.selector: Required value",
            "27:9-27:19 error: spec.template.metadata.labels: Invalid value: {\"app\":\"flask\"}: `selector` does not match template `labels`",
        ],
    );
    check(
        "  name: flask\n  labels",
        "  name: flask.web\n  labels",
        &["5:9-5:18 error: metadata.name: Invalid value: \"flask.web\": must not contain dots"],
    );
    check(
        "      name: www\n    spec",
        "      name: WWW\n    spec",
        &[
            "40:17-40:20 error: spec.template.spec.containers[0].volumeMounts[0].name: Not found: \"www\"",
            "47:17-47:20 error: spec.template.spec.initContainers[0].volumeMounts[0].name: Not found: \"www\"",
            "51:13-51:16 error: spec.template.spec.volumes[0].name: Invalid value: \"WWW\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
        ],
    );
}

#[test]
fn kinds_that_there_are_not() {
    check(
        "kind: StatefulSet",
        "kind: Statefulset",
        &[
            "17:7-17:18 error: resource mapping not found for name: \"flask\" namespace: \"\" from \"STDIN\": no matches for kind \"Statefulset\" in version \"apps/v1\"\nensure CRDs are installed first",
        ],
    );
    check(
        "apiVersion: apps/v1\n",
        "",
        &[
            "16:7-16:18 error: error validating \"STDIN\": error validating data: apiVersion not set; if you choose to ignore these errors, turn validation off with --validate=false",
        ],
    );
}

#[test]
fn what_is_valid_but_not_simulated() {
    check(
        "      terminationGracePeriodSeconds: 10\n",
        "      terminationGracePeriodSeconds: 10\n      priorityClassName: high\n",
        &["33:7-33:24 note: spec.template.spec.priorityClassName is valid, but not simulated"],
    );
    check(
        "",
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: c}\nspec:\n  schedule: '* * * * *'\n  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: c}]}}}}\n",
        &["2:7-2:14 note: CronJob objects are stored, but not simulated"],
    );
}

#[test]
fn warnings_of_the_api_server() {
    check(
        "  minReadySeconds: 10\n",
        "  revisionHistoryLimit: -1\n",
        &[
            "26:25-26:27 warning: spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended",
        ],
    );
}

#[test]
fn hostile_texts_are_refused() {
    let first = |text: &str| {
        let diagnosis = diagnose(text, FeatureGates::default());
        diagnosis.diagnostics.first().map(|d| d.message.clone()).unwrap_or_default()
    };
    let deep = |open: &str| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n  a: {}", open.repeat(10_001))
    };
    assert!(first(&deep("[")).ends_with("exceeded max depth of 10000"), "{}", first(&deep("[")));
    assert!(first(&deep("{a: ")).ends_with("exceeded max depth of 10000"), "{}", first(&deep("{a: ")));
    let nested: String = (0..3_000).map(|depth| format!("{}a:\n", " ".repeat(depth % 1_000))).collect();
    assert!(!first(&nested).is_empty());
    assert_eq!(
        first(&"a: b\n".repeat(2_000_000)),
        "error parsing STDIN: Request entity too large: limit is 3145728"
    );
    let mut bomb = String::from("a: &a [x, x, x, x, x, x, x, x, x, x]\n");
    for (name, last) in ('b'..='i').zip('a'..) {
        let list = vec![format!("*{last}"); 10].join(", ");
        bomb.push_str(&format!("{name}: &{name} [{list}]\n"));
    }
    assert!(first(&bomb).ends_with("document contains excessive aliasing"), "{}", first(&bomb));
    let list = vec!["*a"; 100_000].join(", ");
    let long = format!("a: &a {}\nb: [{list}]\n", "x".repeat(100_000));
    assert!(first(&long).ends_with("document contains excessive aliasing"), "{}", first(&long));
}
