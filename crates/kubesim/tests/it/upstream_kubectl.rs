//! What kubectl says where no recording is: from the functions `Complete` and `Validate` of `k8s.io/kubectl/pkg/cmd` and
//! from `k8s.io/cli-runtime/pkg/resource/builder.go`, 1.36.

use crate::user::User;

/// A cluster with the seed at rest.
fn seeded() -> User {
    let mut user = User::new();
    user.run("kubectl apply -f -", include_str!("../seed.yaml"));
    user.run("kubectl rollout status sts flask --timeout=50s", "");
    user
}

fn says(user: &mut User, commands: &[(&str, &str)]) {
    for (command, expect) in commands {
        assert_eq!(user.run(&format!("kubectl {command}"), ""), format!("{expect}\n"), "{command}");
    }
}

#[test]
fn label_and_annotate_list_what_would_be_and_lock_versions() {
    let mut user = seeded();
    let stale = "!Error from server (Conflict): Operation cannot be fulfilled on pods \"flask-0\": the object has been \
                 modified; please apply your changes to the latest version and try again";
    says(
        &mut user,
        &[
            ("label a=b=c", "!error: invalid label spec: a=b=c"),
            ("label pods flask-0 a=b --resource-version=1", stale),
            ("annotate pods flask-0 a=b --resource-version=1", stale),
            (
                "label pods flask-0 flask-1 z=1 --resource-version=1",
                "!error: --resource-version may only be used with a single resource",
            ),
            (
                "label --local pods flask-0 a=b",
                "!error: can only use local files by -f pod.yaml or --filename=pod.json when --local=true is set",
            ),
            (
                "label pods flask-0 a=b --dry-run=client -o 'go-template={{.metadata.labels.a}}:{{.kind}}{{println}}'",
                "b:Pod",
            ),
            ("get pod flask-0 -o 'go-template={{len .metadata.managedFields}}{{println}}'", "2"),
            (
                r#"create deployment x --image=y --dry-run=client -o 'jsonpath={.metadata}{"\n"}'"#,
                r#"{"labels":{"app":"x"},"name":"x"}"#,
            ),
            ("annotate pods flask-0 a=b --list", "a=b"),
            (
                "annotate pods flask-0 a=b --list -o name",
                "!error: --list and --output may not be specified together",
            ),
        ],
    );
    let listed = user.run("kubectl label pods flask-0 flask-1 --list", "");
    assert!(listed.starts_with("Listing labels for Pod./flask-0:\n app=flask\n"), "{listed}");
}

#[test]
fn scale_and_delete_refuse_what_does_not_go_together() {
    let mut user = seeded();
    let version = user.run("kubectl get sts flask -o jsonpath={.metadata.resourceVersion}", "");
    let was = format!("!error: Expected resource version to be 1, was {version}");
    says(
        &mut user,
        &[
            ("scale sts flask --replicas=4 --resource-version=1", &was),
            (
                "scale sts flask --replicas=4 --current-replicas=-2",
                "!error: The --current-replicas must specify an integer of -1 or greater",
            ),
            ("delete pods flask-0 --all", "!error: name cannot be provided when a selector is specified"),
            (
                "delete pod/flask-0 --all",
                "!error: selectors and the all flag cannot be used when passing resource/name arguments",
            ),
            ("delete --all", "!error: at least one resource must be specified to use a selector"),
        ],
    );
}

#[test]
fn create_checks_its_arguments() {
    let mut user = User::new();
    says(
        &mut user,
        &[
            (
                "create deployment x --image=a --image=b -- sh",
                "!error: cannot specify multiple --image options and command",
            ),
            (
                "create service clusterip",
                "!error: exactly one NAME is required, got 0\nSee 'kubectl create service clusterip -h' for help and \
                 examples",
            ),
            (
                "create secret generic x --cert=y",
                "!error: unknown flag: --cert\nSee 'kubectl create secret generic --help' for usage.",
            ),
            (
                "create secret other x",
                "!error: unknown command \"other x\"\nSee 'kubectl create secret -h' for help and examples",
            ),
            (
                "create service clusterip x --tcp=a:b",
                "!error: strconv.ParseUint: parsing \"a\": invalid syntax",
            ),
            ("create service clusterip x --tcp=80:99999", "!error: must be between 1 and 65535, inclusive"),
            ("create service externalname x --external-name=A_", "!error: invalid service external name A_"),
            ("create configmap x --from-literal==a", "!error: invalid literal source =a, expected key=value"),
            (
                "create configmap x --from-literal=a=1 --from-literal=a=2",
                "!error: cannot add key \"a\", another key by that name already exists in Data for ConfigMap \"x\"",
            ),
            (
                "create token default --duration=1s",
                "!error: failed to create token: TokenRequest.authentication.k8s.io \"\" is invalid: \
                 spec.expirationSeconds: Invalid value: 1: may not specify a duration less than 10 minutes",
            ),
        ],
    );
    let token = user.run("kubectl create token default", "");
    assert_eq!(token.trim().split('.').count(), 3, "{token}");
}

#[test]
fn set_selector_and_subject_change_what_they_are_for() {
    let mut user = seeded();
    says(
        &mut user,
        &[
            ("set selector", "!error: one selector is required"),
            ("set selector sts flask a=b", "!error: setting a selector is only supported for Services"),
            (
                "set selector svc flask 'a in (b,c)'",
                "!error: match expression [{a In [b c]}] not supported on this object",
            ),
            ("set selector svc flask a=b", "service/flask selector updated"),
            ("create rolebinding r --role=x --user=a", "rolebinding.rbac.authorization.k8s.io/r created"),
            (
                "set subject rolebinding r",
                "!error: you must specify at least one value of user, group or serviceaccount",
            ),
            (
                "set subject rolebinding r --user=b --serviceaccount=:c",
                "rolebinding.rbac.authorization.k8s.io/r subjects updated",
            ),
        ],
    );
    assert_eq!(user.run("kubectl get svc flask -o jsonpath={.spec.selector}", ""), r#"{"a":"b"}"#);
    assert_eq!(user.run("kubectl get rolebinding r -o jsonpath={.subjects[*].name}", ""), "a b c");
}

#[test]
fn set_env_and_resources_look_at_what_they_are_given() {
    let mut user = seeded();
    says(
        &mut user,
        &[
            (
                "set env sts/flask A=1 A-",
                "!error: can not both modify and remove the same environment variable in the same command",
            ),
            (
                "set env sts/flask -c nope A=1",
                "!Warning: StatefulSet/flask does not have any containers matching \"nope\"",
            ),
            (
                "set resources sts flask --limits=cpu=x",
                "!error: quantities must match the regular expression \
                 '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
            ),
            ("rollout history sts flask --revision=-1", "!error: revision must be a positive integer: -1"),
            (
                "patch svc flask -p {} --subresource=scale",
                "!Error from server (NotFound): the server could not find the requested resource",
            ),
        ],
    );
}

#[test]
fn a_service_stands_for_its_pods_and_may_be_given_a_selector() {
    let mut user = seeded();
    says(
        &mut user,
        &[
            ("exec svc/flask -c flask-app -- hostname", "flask-0"),
            (
                "exec cm/kube-root-ca.crt -- ls",
                "!error: cannot attach to *v1.ConfigMap: selector for *v1.ConfigMap not implemented",
            ),
            ("expose pod flask-0 --port=80 --name=one --selector=a=b", "service/one exposed"),
            ("expose pod flask-0 --port=80 --name=two --selector=a", "!error: unexpected label spec: a"),
            ("run", "!error: required flag(s) \"image\" not set"),
            ("run x --image=a --port=x", "!error: strconv.Atoi: parsing \"x\": invalid syntax"),
            (
                "run x --image=a --image-pull-policy=x",
                "!error: invalid image pull policy: x\nSee 'kubectl run -h' for help and examples",
            ),
        ],
    );
}

#[test]
fn lists_are_read_as_kubectl_reads_them() {
    let mut user = User::new();
    for (manifest, expect) in [
        (
            "apiVersion: v1\nkind: PodList\nitems: [{metadata: {name: a}}]",
            "!The Pod \"a\" is invalid: spec.containers: Required value\n",
        ),
        (
            "apiVersion: v1\nkind: List\nitems: [{metadata: {name: a}}]",
            "!error: unable to get type info from the object \"*unstructured.Unstructured\": Object 'Kind' is missing in \
             'unstructured object has no kind'\n",
        ),
        ("apiVersion: v1\nkind: List\nitems:", "!error: no objects passed to apply\n"),
        (
            "apiVersion: v1\nkind: List\nitems: [1]",
            "!error: unable to decode \"STDIN\": json: cannot unmarshal number into Go value of type \
             map[string]interface {}\n",
        ),
        (
            "apiVersion: a/b/c\nkind: Pod",
            "!error: unable to decode \"STDIN\": Object 'Kind' is missing in '{\"apiVersion\":\"a/b/c\",\"kind\":\"Pod\"}'\n",
        ),
    ] {
        assert_eq!(user.run("kubectl apply -f -", manifest), expect, "{manifest}");
    }
}

/// As pkg/registry's storages have them: categories, short names, what is only asked for.
#[test]
fn every_resource_is_listed() {
    let mut user = User::new();
    let wide = user.run("kubectl api-resources -o wide --no-headers", "");
    let lines: Vec<Vec<&str>> = wide.lines().map(|line| line.split_ascii_whitespace().collect()).collect();
    assert_eq!(lines.len(), 67, "{wide}");
    for expect in [
        "bindings v1 true Binding create",
        "componentstatuses cs v1 false ComponentStatus get,list",
        "namespaces ns v1 false Namespace create,delete,get,list,patch,update,watch",
        "events ev events.k8s.io/v1 true Event create,delete,deletecollection,get,list,patch,update,watch",
        "ipaddresses ip networking.k8s.io/v1 false IPAddress create,delete,deletecollection,get,list,patch,update,watch",
        "apiservices apiregistration.k8s.io/v1 false APIService \
         create,delete,deletecollection,get,list,patch,update,watch api-extensions",
    ] {
        let expect: Vec<&str> = expect.split(' ').collect();
        assert!(lines.contains(&expect), "{expect:?} in {wide}");
    }
    assert_eq!(
        user.run("kubectl api-resources --verbs=create --api-group=authentication.k8s.io -o name", ""),
        "selfsubjectreviews.authentication.k8s.io\ntokenreviews.authentication.k8s.io\n"
    );
}

#[test]
fn kinds_that_are_only_kept_are_listed_as_the_api_server_lists_them() {
    let mut user = User::new();
    user.run(
        "kubectl apply -f -",
        "{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicy, metadata: {name: a}, spec: \
         {paramKind: {apiVersion: v1, kind: ConfigMap}, validations: [{expression: 'true'}]}}\n---\n\
         {apiVersion: resource.k8s.io/v1, kind: ResourceClaim, metadata: {name: c}, spec: {devices: {}}}\n---\n\
         {apiVersion: networking.k8s.io/v1, kind: IPAddress, metadata: {name: 10.200.0.9}, spec: {parentRef: {resource: \
         services, namespace: default, name: x}}}\n",
    );
    says(
        &mut user,
        &[
            (
                "get validatingadmissionpolicies",
                "NAME   VALIDATIONS   PARAMKIND      AGE\na      1             v1/ConfigMap   0s",
            ),
            ("get resourceclaims", "NAME   STATE     AGE\nc      pending   0s"),
            ("get ip", "NAME         PARENTREF\n10.200.0.9   services/default/x"),
        ],
    );
}

#[test]
fn taints_are_looked_at_before_nodes_are() {
    let mut user = User::new();
    says(
        &mut user,
        &[
            (
                "taint nodes chhan-k8s-2 a=b:NoSchedule a=c:NoSchedule",
                "!error: duplicated taints with the same key and effect: {a c NoSchedule <nil>}\nSee 'kubectl taint -h' \
                 for help and examples",
            ),
            (
                "taint nodes chhan-k8s-2 a=b:NoSchedule a-",
                "!error: can not both modify and remove the following taint(s) in the same command: a=",
            ),
            (
                "taint nodes --all a=b:NoSchedule -l x=y",
                "!error: setting 'all' parameter with a non empty selector is prohibited",
            ),
        ],
    );
}

#[test]
fn get_asks_for_paths_and_subresources() {
    let mut user = seeded();
    let nothing = "!Error from server (NotFound): the server could not find the requested resource";
    says(
        &mut user,
        &[
            ("get sts flask --subresource=scale -o name", "scale.autoscaling/flask"),
            (
                "get pods --subresource=status",
                "!error: subresource cannot be used when bulk resources are specified",
            ),
            ("get pod flask-0 --subresource=scale", nothing),
            ("get pod flask-0 --subresource=foo", nothing),
            ("get pod flask-0 --subresource=status --no-headers -o name", "pod/flask-0"),
            ("get pods --raw /healthz", "!error: arguments may not be passed when --raw is specified"),
            ("get --raw /healthz -o yaml", "!error: --raw and --output are mutually exclusive"),
            (
                "get --raw /healthz -l a=b",
                "!error: --raw may not be specified with other flags that filter the server request or alter the output",
            ),
            (
                "get --raw healthz",
                "!error: --raw must be a valid URL path: parse \"healthz\": invalid URI for request",
            ),
            ("get --raw /nothing", nothing),
            ("get --raw /api/v1/namespaces/default/widgets", nothing),
            (
                "get --raw /api/v1/namespaces/default/pods/web",
                "!Error from server (NotFound): pods \"web\" not found",
            ),
        ],
    );
    assert_eq!(user.run("kubectl get --raw /readyz", ""), "ok");
    let set = user.run("kubectl get --raw /apis/apps/v1/namespaces/default/statefulsets/flask", "");
    assert!(set.contains("\"serviceName\":\"flask\"") && set.ends_with("}\n"), "{set}");
    let pods = user.run("kubectl get --raw /api/v1/namespaces/default/pods?limit=500", "");
    assert!(pods.contains("\"PodList\"") && pods.contains("flask-2"), "{pods}");
    let scale = user.run("kubectl get sts/flask --subresource=scale", "");
    let rows: Vec<Vec<&str>> = scale.lines().map(|l| l.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["NAME", "DESIRED", "AVAILABLE", "AGE"]);
    assert_eq!(rows[1][..3], ["flask", "3", "3"]);
    let scale = user.run("kubectl get sts flask --subresource=scale -o yaml", "");
    assert!(scale.starts_with("apiVersion: autoscaling/v1\nkind: Scale\n"), "{scale}");
    assert!(
        scale.ends_with("spec:\n  replicas: 3\nstatus:\n  replicas: 3\n  selector: app=flask\n"),
        "{scale}"
    );
}

#[test]
fn manifests_stand_alone_and_may_be_selected_from() {
    let mut user = seeded();
    let seed = include_str!("../seed.yaml");
    let beside = "!error: when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well\n";
    for command in [
        "get pods -f -",
        "describe pods -f -",
        "delete pods -f -",
        "label pods -f - a=b",
        "scale sts -f - --replicas=2",
        "patch sts flask -f - -p {}",
        "rollout status sts -f -",
        "set image sts -f - flask-app=x",
    ] {
        assert_eq!(user.run(&format!("kubectl {command}"), seed), beside, "{command}");
    }
    let by_name = "!error: resource/name arguments cannot be provided when a path is specified\n";
    assert_eq!(user.run("kubectl get sts/flask -f -", seed), by_name);
    assert_eq!(user.run("kubectl get -f - -l app=flask -o name", seed), "service/flask\n");
    assert_eq!(
        user.run("kubectl get -f - -l app=other", seed),
        "!No resources found in default namespace.\n"
    );
    assert_eq!(user.run("kubectl label -f - -l app=flask tier=web", seed), "service/flask labeled\n");
    user.run("kubectl delete svc flask", "");
    let set = &seed[seed.find("apiVersion: apps/v1").unwrap()..];
    let updated = user.run("kubectl set image -f - flask-app=han0495/flask-example-app:v2", set);
    assert_eq!(updated, "statefulset.apps/flask image updated\n");
    user.run("kubectl apply -f -", seed);
    let one = "apiVersion: v1\nkind: Service\nmetadata: {name: flask}\n";
    assert_eq!(user.run("kubectl get -f - -o jsonpath={.kind}", one), "List");
    // Each object is looked for where its manifest says.
    let own = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: kube-system}}\n";
    user.run("kubectl create -f -", own);
    assert_eq!(user.run("kubectl get -f - -o name", own), "configmap/c\n");
    assert!(
        user.run("kubectl describe -f -", own).starts_with("Name:         c\nNamespace:    kube-system\n")
    );
    assert_eq!(
        user.run("kubectl get -f - -n default", own),
        "!error: the namespace from the provided object \"kube-system\" does not match the namespace \"default\". You \
         must pass '--namespace=kube-system' to perform this operation.\n"
    );
    // `get` looks at the labels that are there, `describe` at those in the file.
    user.run("kubectl label cm c -n kube-system tier=web", "");
    assert_eq!(user.run("kubectl get -f - -o name -l tier=web", own), "configmap/c\n");
    let nothing = "!No resources found in default namespace.\n";
    assert_eq!(user.run("kubectl describe -f - -l tier=web", own), nothing);
}

#[test]
fn what_was_applied_last_is_shown() {
    let mut user = seeded();
    user.run("kubectl apply -f -", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: b<c}\n");
    let yaml = "apiVersion: v1\ndata:\n  a: b<c\nkind: ConfigMap\nmetadata:\n  annotations: {}\n  name: c\n  \
                namespace: default\n";
    assert_eq!(user.run("kubectl apply view-last-applied cm/c", ""), yaml);
    let json = user.run("kubectl apply view-last-applied cm c -o json", "");
    assert!(
        json.starts_with("{\n  \"apiVersion\": \"v1\",\n  \"data\": {\n    \"a\": \"b\\u003cc\"\n"),
        "{json}"
    );
    assert_eq!(user.run("kubectl apply view-last-applied pod flask-0", ""), "");
    says(
        &mut user,
        &[
            (
                "apply view-last-applied cm c -o name",
                "!error: Unexpected -o output mode: name, the flag 'output' must be one of yaml|json\nSee 'kubectl apply \
                 view-last-applied -h' for help and examples",
            ),
            ("apply -f x --prune --all --force", "!error: --force cannot be used with --prune"),
            (
                "apply -f x --prune",
                "!error: all resources selected for prune without explicitly passing --all. To prune all resources, pass \
                 the --all flag. If you did not mean to prune all resources, specify a label selector",
            ),
        ],
    );
}
