//! Server-side apply and `managedFields`: what follows from the rules of structured-merge-diff and of kubectl's apply.go.

use kubesim::{Kind, Span};
use serde_json::{Value, json};

use crate::user::User;

trait Applies {
    fn applied(&mut self, manager: &str, config: &Value);
    fn stored(&mut self, what: &str) -> Value;
    fn managers(&mut self, what: &str) -> Vec<(String, Value)>;
}

impl Applies for User {
    fn applied(&mut self, manager: &str, config: &Value) {
        let said = self
            .run(&format!("kubectl apply --server-side --field-manager={manager} -f -"), &config.to_string());
        assert!(said.ends_with(" serverside-applied\n") && !said.contains('!'), "{said}");
    }

    /// The object as it is stored, with its managers.
    fn stored(&mut self, what: &str) -> Value {
        let text = self.run(&format!("kubectl get {what} -o json --show-managed-fields"), "");
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{text}: {e}"))
    }

    /// `manager/operation` → its fields.
    fn managers(&mut self, what: &str) -> Vec<(String, Value)> {
        let object = self.stored(what);
        let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
        let entry =
            |e: &Value| (format!("{}/{}", text(&e["manager"]), text(&e["operation"])), e["fieldsV1"].clone());
        object["metadata"]["managedFields"].as_array().into_iter().flatten().map(entry).collect()
    }
}

fn config_map(data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": data})
}

fn deployment(spec: Value) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec})
}

fn template(containers: Value) -> Value {
    json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": containers}})
}

fn whole(replicas: Option<i64>, containers: Value) -> Value {
    let mut spec = json!({"selector": {"matchLabels": {"app": "web"}}, "template": template(containers)});
    if let Some(replicas) = replicas {
        spec["replicas"] = replicas.into();
    }
    deployment(spec)
}

#[test]
fn an_applier_manages_what_it_names_and_nothing_that_was_defaulted() {
    let mut user = User::new();
    user.applied("ci", &whole(Some(2), json!([{"name": "web", "image": "nginx:1"}])));
    let managers = user.managers("deploy/web");
    let expected = json!({"f:spec": {
        "f:replicas": {},
        "f:selector": {},
        "f:template": {"f:metadata": {"f:labels": {"f:app": {}}}, "f:spec": {"f:containers": {
            "k:{\"name\":\"web\"}": {".": {}, "f:name": {}, "f:image": {}}}}},
    }});
    assert_eq!(managers[0], ("ci/Apply".to_owned(), expected));
    assert_eq!(user.stored("deploy/web")["spec"]["strategy"]["type"], "RollingUpdate");
}

#[test]
fn applying_the_same_again_writes_nothing() {
    let mut user = User::new();
    let config = config_map(json!({"a": "1"}));
    user.applied("ci", &config);
    let before = user.stored("cm/c");
    user.cluster.run_until(user.cluster.now() + Span::seconds(5));
    user.applied("ci", &config);
    assert_eq!(user.stored("cm/c"), before);
    assert_eq!(before["metadata"]["managedFields"][0]["fieldsV1"], json!({"f:data": {"f:a": {}}}));
}

#[test]
fn what_is_applied_no_more_goes_unless_somebody_else_applies_it_too() {
    let mut user = User::new();
    user.applied("one", &config_map(json!({"a": "1", "b": "2", "c": "3"})));
    user.applied("two", &config_map(json!({"b": "2"})));
    user.applied("one", &config_map(json!({"a": "1"})));
    assert_eq!(user.stored("cm/c")["data"], json!({"a": "1", "b": "2"}));
    user.applied("two", &json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}));
    assert_eq!(user.stored("cm/c")["data"], json!({"a": "1"}));
    assert_eq!(user.managers("cm/c").len(), 1, "who manages nothing is not listed");
}

#[test]
fn a_field_that_goes_gets_its_default_again() {
    let mut user = User::new();
    user.applied("ci", &whole(Some(3), json!([{"name": "web", "image": "nginx:1"}])));
    user.applied("ci", &whole(None, json!([{"name": "web", "image": "nginx:1"}])));
    assert_eq!(user.stored("deploy/web")["spec"]["replicas"], 1);
}

#[test]
fn items_of_a_list_have_managers_of_their_own_by_their_keys() {
    let mut user = User::new();
    let ports = |list: Value| json!([{"name": "web", "image": "nginx:1", "ports": list}]);
    user.applied(
        "a",
        &whole(None, ports(json!([{"containerPort": 80}, {"containerPort": 53, "protocol": "UDP"}]))),
    );
    let second = json!([{"name": "web", "ports": [{"containerPort": 53, "protocol": "TCP", "name": "dns"}]}]);
    user.applied("b", &deployment(json!({"template": {"spec": {"containers": second}}})));
    let stored = user.stored("deploy/web");
    let ports_now = &stored["spec"]["template"]["spec"]["containers"][0]["ports"];
    assert_eq!(
        *ports_now,
        json!([{"containerPort": 80, "protocol": "TCP"}, {"containerPort": 53, "protocol": "UDP"},
            {"containerPort": 53, "name": "dns", "protocol": "TCP"}])
    );
    user.applied("a", &whole(None, ports(json!([{"containerPort": 80}]))));
    let stored = user.stored("deploy/web");
    let left = stored["spec"]["template"]["spec"]["containers"][0]["ports"].as_array().unwrap().len();
    assert_eq!(left, 2, "{stored}");
    let managers = user.managers("deploy/web");
    let of_b = &managers.iter().find(|(name, _)| name == "b/Apply").unwrap().1;
    let key = "k:{\"containerPort\":53,\"protocol\":\"TCP\"}";
    let port =
        &of_b["f:spec"]["f:template"]["f:spec"]["f:containers"]["k:{\"name\":\"web\"}"]["f:ports"][key];
    assert_eq!(*port, json!({".": {}, "f:containerPort": {}, "f:name": {}, "f:protocol": {}}));
}

#[test]
fn another_value_is_a_conflict_until_it_is_forced() {
    let mut user = User::new();
    user.applied("a", &config_map(json!({"x": "1", "y": "1"})));
    let other = config_map(json!({"x": "2", "z": "1"}));
    let said = user.run("kubectl apply --server-side --field-manager=b -f -", &other.to_string());
    let first = said.lines().next().unwrap();
    assert_eq!(first, "!error: Apply failed with 1 conflict: conflict with \"a\": .data.x");
    assert!(said.ends_with("using-api/server-side-apply/#conflicts\n"), "{said}");
    assert_eq!(user.stored("cm/c")["data"]["x"], "1");
    let said =
        user.run("kubectl apply --server-side --field-manager=b --force-conflicts -f -", &other.to_string());
    assert_eq!(said, "configmap/c serverside-applied\n");
    assert_eq!(user.stored("cm/c")["data"], json!({"x": "2", "y": "1", "z": "1"}));
    let of_a = user.managers("cm/c").remove(0);
    assert_eq!(of_a, ("a/Apply".to_owned(), json!({"f:data": {"f:y": {}}})));
}

#[test]
fn an_update_takes_fields_from_those_who_applied_them() {
    let mut user = User::new();
    user.applied("ci", &whole(Some(2), json!([{"name": "web", "image": "nginx:1"}])));
    user.run("kubectl scale deploy web --replicas=5", "");
    user.run("kubectl set image deploy web web=nginx:2", "");
    let config = whole(Some(2), json!([{"name": "web", "image": "nginx:1"}]));
    let said = user.run("kubectl apply --server-side --field-manager=ci -f -", &config.to_string());
    let conflict = said.split("\nPlease").next().unwrap();
    assert_eq!(
        conflict,
        "!error: Apply failed with 2 conflicts: conflicts with \"kubectl\" with subresource \"scale\" using apps/v1:\n\
         - .spec.replicas\nconflicts with \"kubectl-set\" using apps/v1:\n\
         - .spec.template.spec.containers[name=\"web\"].image"
    );
}

#[test]
fn client_side_apply_is_taken_over() {
    let mut user = User::new();
    user.run("kubectl apply -f -", &config_map(json!({"a": "1", "b": "2"})).to_string());
    assert_eq!(user.managers("cm/c")[0].0, "kubectl-client-side-apply/Update");
    let said = user.run("kubectl apply --server-side -f -", &config_map(json!({"a": "3"})).to_string());
    assert_eq!(said, "configmap/c serverside-applied\n");
    let stored = user.stored("cm/c");
    assert_eq!(stored["data"], json!({"a": "3"}), "what only client-side apply had put there goes");
    let names: Vec<String> = user.managers("cm/c").into_iter().map(|(name, _)| name).collect();
    // Whoever applied what was there already has no time, and comes first.
    assert_eq!(names, ["kubectl-last-applied/Apply", "kubectl/Apply"]);
    let annotation = &stored["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"];
    assert!(
        annotation.as_str().unwrap().contains("\"data\":{\"a\":\"3\"}"),
        "the API server keeps it up: {annotation}"
    );
}

#[test]
fn a_configuration_that_does_not_fit_the_type_is_refused() {
    let mut user = User::new();
    let mut apply = |config: &Value| user.run("kubectl apply --server-side -f -", &config.to_string());
    let what = "failed to create typed patch object (default/web; apps/v1, Kind=Deployment)";
    assert_eq!(
        apply(&deployment(json!({"replica": 2}))),
        format!("!Error from server: {what}: .spec.replica: field not declared in schema\n")
    );
    assert_eq!(
        apply(&deployment(json!({"replicas": "two"}))),
        format!("!Error from server: {what}: .spec.replicas: expected numeric (int or float), got string\n")
    );
    let twice = json!([{"name": "web", "image": "a"}, {"name": "web", "image": "b"}]);
    assert_eq!(
        apply(&whole(None, twice)),
        format!(
            "!Error from server: {what}: .spec.template.spec.containers: duplicate entries for key [name=\"web\"]\n"
        )
    );
}

#[test]
fn flags_that_do_not_go_together_are_refused() {
    let mut user = User::new();
    let config = config_map(json!({}));
    for (flags, why) in [
        ("--force-conflicts", "--force-conflicts only works with --server-side"),
        (
            "--server-side --dry-run=client",
            "--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)",
        ),
        ("--server-side --force", "--force cannot be used with --server-side"),
    ] {
        assert_eq!(
            user.run(&format!("kubectl apply {flags} -f -"), &config.to_string()),
            format!("!error: {why}\n")
        );
    }
    let said = user.run("kubectl apply --server-side --dry-run=server -f -", &config.to_string());
    assert_eq!(said, "configmap/c serverside-applied (server dry run)\n");
    assert!(user.cluster.api.store().find(Kind::ConfigMap, "default", "c").is_none());
}

#[test]
fn each_verb_is_a_manager_and_components_manage_what_they_write() {
    let mut user = User::new();
    user.run("kubectl create deployment web --image=nginx", "");
    user.run("kubectl label deploy web tier=front", "");
    user.run("kubectl annotate deploy web why=so --field-manager=me", "");
    user.cluster.run_until(user.cluster.now() + Span::seconds(20));
    let managers = user.managers("deploy/web");
    let names: Vec<&str> = managers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["kubectl-create/Update", "kubectl-label/Update", "me/Update", "kube-controller-manager/Update"]
    );
    assert_eq!(managers[1].1, json!({"f:metadata": {"f:labels": {"f:tier": {}}}}));
    assert_eq!(managers[2].1, json!({"f:metadata": {"f:annotations": {".": {}, "f:why": {}}}}));
    assert!(managers[3].1["f:status"]["f:readyReplicas"].is_object(), "{}", managers[3].1);
    let pod = user.run("kubectl get pods -o name", "");
    let of_pod = user.managers(pod.trim());
    let names: Vec<&str> = of_pod.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["kube-controller-manager/Update", "kubelet/Update"]);
    let spec = &of_pod[0].1["f:spec"];
    assert!(
        spec["f:containers"]["k:{\"name\":\"nginx\"}"]["f:volumeMounts"].is_null(),
        "admission's: {spec}"
    );
    assert!(spec["f:nodeName"].is_null(), "the binding's: {spec}");
    let shown = user.run("kubectl get deploy web -o yaml", "");
    assert!(!shown.contains("managedFields"));
}

#[test]
fn a_status_is_applied_as_a_subresource() {
    let mut user = User::new();
    let pod =
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: 'nginx:1'}]}\n";
    user.run("kubectl apply -f -", pod);
    user.run("kubectl wait --for=condition=Ready pod/p", "");
    let condition = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "labels": {"a": "b"}},
        "status": {"conditions": [{"type": "example.io/Foo", "status": "True", "reason": "reason"}]}});
    let apply = "kubectl apply --server-side --subresource=status --field-manager=foo -f -";
    assert_eq!(user.run(apply, &condition.to_string()), "pod/p serverside-applied\n");
    let types = user.run("kubectl get pod p -o jsonpath='{.status.conditions[*].type}'", "");
    assert!(types.contains("example.io/Foo") && types.contains("Ready"), "{types}");
    assert_eq!(
        user.run("kubectl get pod p -o jsonpath='{.metadata.labels}'", ""),
        "",
        "nothing but the status changes"
    );
    let entries = user.stored("pod p")["metadata"]["managedFields"].clone();
    let entries = entries.as_array().expect("it is a list").clone();
    let mine = entries.iter().find(|entry| entry["manager"] == "foo").expect("it manages the condition");
    assert_eq!((&mine["operation"], &mine["subresource"]), (&json!("Apply"), &json!("status")));
    let absent = condition.to_string().replace("\"p\"", "\"q\"");
    assert_eq!(user.run(apply, &absent), "!Error from server (NotFound): pods \"q\" not found\n");
    let other = user.run("kubectl apply --server-side --subresource=scale -f -", &condition.to_string());
    assert!(other.starts_with("!error: --subresource of apply is only simulated for status"), "{other}");
    let client = user.run("kubectl apply --subresource=status -f -", &condition.to_string());
    assert_eq!(client, "!error: --subresource can only be specified for --server-side\n");
}
