//! Flags that change what a command does, by kind: each against what kubectl 1.36's sources say.

use crate::user::User;

const CONFIG: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: b}\n";
const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 1\n  selector: \
    {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec: {containers: [{name: main, \
    image: 'nginx:1.0', ports: [{containerPort: 80}, {containerPort: 443}]}]}\n";

/// Runs kubectl commands that get the same text piped in, and compares what they print.
fn says(user: &mut User, stdin: &str, commands: &[(&str, &str)]) {
    for (command, expect) in commands {
        assert_eq!(user.run(&format!("kubectl {command}"), stdin), *expect, "{command}");
    }
}

const RECORD: &str = "!Flag --record has been deprecated, --record will be removed in the future\n";

#[test]
fn record_keeps_the_command_in_an_annotation() {
    let mut user = User::new();
    let cause = "-o 'jsonpath={.metadata.annotations.kubernetes\\.io/change-cause}'";
    for (command, stdin, kept) in [
        ("apply -f - --record", WEB, "kubectl apply --filename=- --record=true"),
        ("label deploy web tier=a --record=true", "", "kubectl label deploy web tier=a --record=true"),
        (
            "annotate deploy/web x=y -n default --record",
            "",
            "kubectl annotate deploy/web x=y --namespace=default --record=true",
        ),
        ("scale deploy web --replicas=2 --record", "", "kubectl scale deploy web --replicas=2 --record=true"),
        (
            "set image deploy/web main=nginx:2.0 --record",
            "",
            "kubectl set image deploy/web main=nginx:2.0 --record=true",
        ),
        (
            "patch deploy web --record -p '{\"spec\":{\"paused\":false}}'",
            "",
            "kubectl patch deploy web --record=true --patch={\"spec\":{\"paused\":false}}",
        ),
    ] {
        let said = user.run(&format!("kubectl {command}"), stdin);
        assert!(said.starts_with(RECORD), "{command}: {said}");
        assert_eq!(user.run(&format!("kubectl get deploy web {cause}"), ""), kept, "{command}");
    }
    user.run("kubectl label deploy web tier=b --overwrite --record=false", "");
    let kept = user.run(&format!("kubectl get deploy web {cause}"), "");
    assert!(kept.starts_with("kubectl patch"), "{kept}");
    says(
        &mut user,
        "",
        &[(
            "set env deploy/web A=b --record",
            "!error: unknown flag: --record\nSee 'kubectl set env --help' for usage.\n",
        )],
    );
}

#[test]
fn local_changes_files_and_nothing_else() {
    let mut user = User::new();
    let yaml = |labels: &str| {
        format!("apiVersion: v1\ndata:\n  a: b\nkind: ConfigMap\nmetadata:\n  {labels}\n  name: c\n")
    };
    says(
        &mut user,
        CONFIG,
        &[
            ("label --local -f - x=y -o yaml", &yaml("labels:\n    x: \"y\"")),
            ("annotate --local -f - x=y -o yaml", &yaml("annotations:\n    x: \"y\"")),
            ("patch --local -f - -p '{\"data\":{\"a\":\"c\"}}' -o 'jsonpath={.data.a}'", "c"),
            ("get cm c", "!Error from server (NotFound): configmaps \"c\" not found\n"),
            ("patch --local cm c -p '{}'", "!error: cannot specify --local and server resources\n"),
        ],
    );
    let nothing = "!error: You must provide one or more resources by argument or filename.\nExample resource specifications \
                   include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'\n";
    says(&mut user, "", &[("patch --local -p '{}'", nothing)]);
    let missing = "!error: you must specify resources by --filename when --local is set.\nExample resource specifications \
                   include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n";
    says(
        &mut user,
        WEB,
        &[
            (
                "set image --local -f - main=nginx:9 -o 'jsonpath={.spec.template.spec.containers[0].image}'",
                "nginx:9",
            ),
            (
                "set env --local -f - A=b -o 'jsonpath={.spec.template.spec.containers[0].env}'",
                "[{\"name\":\"A\",\"value\":\"b\"}]",
            ),
            (
                "set resources --local -f - --limits=cpu=1",
                "deployment.apps/web resource requirements updated\n",
            ),
            ("set serviceaccount --local -f - builder", "deployment.apps/web serviceaccount updated\n"),
            ("set image --local deploy/web main=x", missing),
            ("get deploy", "!No resources found in default namespace.\n"),
        ],
    );
}

#[test]
fn a_stale_version_is_a_conflict_and_force_makes_anew() {
    let mut user = User::new();
    user.run("kubectl apply -f -", CONFIG);
    let stale = CONFIG.replace("name: c", "name: c, resourceVersion: '1'");
    let conflict = "Operation cannot be fulfilled on configmaps \"c\": the object has been modified; please apply your \
                    changes to the latest version and try again\n";
    assert_eq!(
        user.run("kubectl replace -f -", &stale),
        format!("!Error from server (Conflict): error when replacing \"STDIN\": {conflict}")
    );
    for flags in ["", "--type=merge "] {
        let patch = "'{\"metadata\":{\"resourceVersion\":\"1\"}}'";
        let said = user.run(&format!("kubectl patch cm c {flags}-p {patch}"), "");
        assert_eq!(said, format!("!Error from server (Conflict): {conflict}"), "{flags}");
    }
    let said = user.run("kubectl apply -f -", &stale);
    assert!(said.starts_with("!Error from server (Conflict): error when applying patch:"), "{said}");
    let uid = |user: &mut User| user.run("kubectl get cm c -o 'jsonpath={.metadata.uid}'", "");
    let before = uid(&mut user);
    assert_eq!(user.run("kubectl apply --force -f -", &stale), "configmap/c configured\n");
    assert_ne!(uid(&mut user), before);
    // What can't be made either leaves the old one.
    user.run("kubectl apply -f -", WEB);
    let other = WEB.replace("matchLabels: {app: web}", "matchLabels: {app: x}");
    let said = user.run("kubectl apply --force -f -", &other);
    assert!(said.contains("`selector` does not match template `labels`"), "{said}");
    assert_eq!(user.run("kubectl get deploy -o name", ""), "deployment.apps/web\n");
}

#[test]
fn deletion_asks_first_if_it_is_to() {
    let mut user = User::new();
    user.run("kubectl create cm a", "");
    user.run("kubectl create cm b", "");
    let question = |names: &str, count: usize, end: &str| {
        format!(
            "You are about to delete the following {count} resource(s):\n{names}Do you want to continue? (y/N): {end}"
        )
    };
    let no = question("configmap/a\nconfigmap/b\n", 2, "deletion is cancelled\n");
    says(&mut user, "n\n", &[("delete cm a b -i", &no)]);
    says(&mut user, "", &[("delete cm a b --interactive", &no)]);
    let yes = question("configmap/a\n", 1, "configmap \"a\" deleted from default namespace\n");
    says(&mut user, "Y\n", &[("delete cm a -i", &yes)]);
    let gone = "!Error from server (NotFound): configmaps \"a\" not found\n";
    says(&mut user, "y\n", &[("delete cm a -i", gone)]);
}

#[test]
fn raw_requests_go_to_their_path() {
    let mut user = User::new();
    let json =
        "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\"},\"data\":{\"a\":\"1\"}}";
    let path = "/api/v1/namespaces/default/configmaps";
    let made = user.run(&format!("kubectl create --raw {path} -f -"), json);
    assert!(made.contains("\"uid\":\""), "{made}");
    let put = user.run(&format!("kubectl replace --raw {path}/c -f -"), &json.replace("\"1\"", "\"2\""));
    assert!(put.contains("\"data\":{\"a\":\"2\"}"), "{put}");
    let deleted = user.run(&format!("kubectl delete --raw {path}/c"), "");
    assert!(deleted.contains("\"status\":\"Success\""), "{deleted}");
    says(
        &mut user,
        json,
        &[
            (
                "create --raw /api/v1/namespaces -f - --edit",
                "!error: --raw and --edit are mutually exclusive\n",
            ),
            (
                "create --raw api -f -",
                "!error: --raw must be a valid URL path: parse \"api\": invalid URI for request\n",
            ),
            (
                "create --raw /api/v1/nothing -f -",
                "!Error from server (NotFound): the server could not find the requested resource\n",
            ),
        ],
    );
    let said = user.run("kubectl create --raw /api/v1/namespaces -f -", CONFIG);
    assert!(
        said.starts_with("!Error from server (BadRequest): the object provided is unrecognized (must be of type Namespace): "),
        "{said}"
    );
    assert!(
        user.run("kubectl get --raw /apis/apps/v1", "")
            .contains("\"name\":\"statefulsets\",\"singularName\":")
    );
    assert!(user.run("kubectl get --raw /version", "").contains("\"gitVersion\": \"v1.36"));
}

#[test]
fn what_was_applied_and_is_no_more_there_is_pruned() {
    let mut user = User::new();
    let map = |name: &str| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, labels: {{g: x}}}}\n")
    };
    user.run("kubectl apply -f -", &format!("{}---\n{}", map("a"), map("b")));
    user.run("kubectl create cm made-otherwise", "");
    let says = user.run("kubectl apply --prune -l g=x -f -", &map("b"));
    assert_eq!(says, "configmap/b unchanged\nconfigmap/a pruned\n");
    let kept = user.run("kubectl get cm -o name", "");
    assert!(kept.contains("configmap/made-otherwise\n") && !kept.contains("configmap/a\n"), "{kept}");
    let says = user.run("kubectl apply --prune --all --prune-allowlist=core/v1/Secret -f -", &map("c"));
    assert_eq!(says, "configmap/c created\n");
    let says = user.run("kubectl apply --prune --all --prune-allowlist=v1/Secret -f -", &map("c"));
    assert_eq!(
        says,
        "!error: invalid GroupVersionKind format: v1/Secret, please follow <group/version/kind>\n"
    );
}

#[test]
fn one_document_that_cannot_be_read_keeps_no_other_from_being_shown() {
    let mut user = User::new();
    user.run("kubectl apply -f -", CONFIG);
    let broken = format!("{CONFIG}---\napiVersion: v1\nmetadata: {{name: x}}\n");
    for command in ["get -f - -o name", "describe -f -", "label -f - a=b"] {
        let said = user.run(&format!("kubectl {command}"), &broken);
        assert!(said.contains('c') && said.contains("Object 'Kind' is missing"), "{command}: {said}");
    }
}

#[test]
fn exposing_a_file_needs_no_object() {
    let mut user = User::new();
    let line = "expose -f - --dry-run=client -o 'jsonpath={.spec.ports[*].name}:{.spec.ports[*].port}:{.spec.sessionAffinity}'";
    says(
        &mut user,
        WEB,
        &[
            (&format!("{line} --session-affinity=ClientIP"), "port-1 port-2:80 443:ClientIP"),
            ("expose -f - --port=80 --name=front", "service/front exposed\n"),
            ("expose -f - --port=80 --session-affinity=x", "!error: unknown session affinity: x\n"),
            ("expose -f - --port=80 --overrides='{\"metadata\":{\"name\":\"o\"}}'", "service/o exposed\n"),
        ],
    );
    let none = WEB.replace("matchLabels: {app: web}", "matchLabels: {}");
    let why = "!error: couldn't retrieve selectors via --selector flag or introspection: invalid deployment: no selectors, \
               therefore cannot be exposed\n";
    says(&mut user, &none, &[("expose -f - --port=80", why)]);
}

#[test]
fn an_autoscaler_is_made() {
    let mut user = User::new();
    user.run("kubectl apply -f -", WEB);
    let target = "-o 'jsonpath={.spec.minReplicas}:{.spec.maxReplicas}:{.spec.metrics[*].resource.target}'";
    says(
        &mut user,
        "",
        &[
            ("autoscale deploy web --max=3", "horizontalpodautoscaler.autoscaling/web autoscaled\n"),
            (&format!("get hpa web {target}"), "1:3:{\"averageUtilization\":80,\"type\":\"Utilization\"}"),
            (
                "autoscale deploy web --max=3 --min=2 --cpu=500 --name=b",
                "horizontalpodautoscaler.autoscaling/b autoscaled\n",
            ),
            (&format!("get hpa b {target}"), "2:3:{\"averageValue\":\"500m\",\"type\":\"AverageValue\"}"),
            ("autoscale deploy web", "!error: required flag(s) \"max\" not set\n"),
            (
                "autoscale deploy web --max=1 --min=2",
                "!error: --max=MAXPODS must be larger or equal to --min=MINPODS, max: 1, min: 2\n",
            ),
            ("autoscale deploy web --max=1 --cpu=x", "!error: invalid resource cpu value: x\n"),
            (
                "autoscale svc kubernetes --max=1",
                "!error: cannot autoscale a Service: could not find scale subresource for services in discovery information\n",
            ),
        ],
    );
}

#[test]
fn set_env_names_what_it_leaves_alone() {
    let mut user = User::new();
    user.run("kubectl apply -f -", WEB);
    says(
        &mut user,
        WEB,
        &[
            ("set env deploy/web A=b", "deployment.apps/web env updated\n"),
            (
                "set env deploy/web A=c --overwrite=false",
                "!error: deployments/web 'A' already has a value (b), and --overwrite is false\n\n",
            ),
            ("set env deploy/web B=c --overwrite=false", "deployment.apps/web env updated\n"),
        ],
    );
}

#[test]
fn requests_for_certificates_are_decided_on() {
    let mut user = User::new();
    let request = |name: &str| {
        format!(
            "apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: {{name: {name}}}\nspec: \
             {{request: bm9uZQ==, signerName: example.com/s, usages: [client auth], username: somebody}}\n"
        )
    };
    for name in ["alice", "bob"] {
        user.run("kubectl create -f -", &request(name));
    }
    let who = "jsonpath={.spec.username} {.spec.groups[0]}";
    assert_eq!(
        user.run(&format!("kubectl get csr alice -o '{who}'"), ""),
        "kubernetes-admin kubeadm:cluster-admins"
    );
    says(
        &mut user,
        "",
        &[
            (
                "certificate approve",
                "!error: one or more CSRs must be specified as <name> or -f <filename>\n",
            ),
            ("certificate approve alice", "certificatesigningrequest.certificates.k8s.io/alice approved\n"),
            ("certificate approve alice", "certificatesigningrequest.certificates.k8s.io/alice approved\n"),
            ("certificate deny alice", "!error: certificate signing request \"alice\" is already Approved\n"),
            ("certificate deny bob -o name", "certificatesigningrequest.certificates.k8s.io/bob\n"),
            (
                "get csr -o 'jsonpath={range .items[*]}{.metadata.name} {.status.conditions[*].reason};{end}'",
                "alice KubectlApprove;bob KubectlDeny;",
            ),
            (
                "certificate approve nobody",
                "!Error from server (NotFound): certificatesigningrequests.certificates.k8s.io \"nobody\" not found\n",
            ),
        ],
    );
    let listed = user.run("kubectl get csr --no-headers", "");
    let conditions: Vec<&str> = listed.lines().filter_map(|line| line.split_whitespace().last()).collect();
    assert_eq!(conditions, ["Approved", "Denied"]);
    let other = user.run(
        "kubectl certificate approve -f -",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kube-root-ca.crt}\n",
    );
    assert_eq!(
        other,
        "!error: can only handle CertificateSigningRequest.certificates.k8s.io objects, got ConfigMap\n"
    );
}

#[test]
fn components_are_listed_beside_other_objects() {
    let mut user = User::new();
    user.run("kubectl create cm a", "");
    let both = user.run("kubectl get cs,cm", "");
    let names: Vec<&str> =
        both.lines().map(|line| line.split_whitespace().next().unwrap_or_default()).collect();
    let components =
        ["componentstatus/controller-manager", "componentstatus/scheduler", "componentstatus/etcd-0"];
    assert_eq!(names[..3], ["NAME", "configmap/a", "configmap/kube-root-ca.crt"], "{both}");
    assert_eq!(names[3], "");
    assert!(components.iter().all(|name| names.contains(name)), "{both}");
    let warned = "!Warning: v1 ComponentStatus is deprecated in v1.19+\n";
    let named = user.run("kubectl get cm/a cs/etcd-0 -o name", "");
    assert_eq!(named.replace(warned, ""), "configmap/a\ncomponentstatus/etcd-0\n");
    let listed = user.run("kubectl get cm,cs -o 'jsonpath={.kind} {.items[*].metadata.name}'", "");
    assert!(listed.contains("List a kube-root-ca.crt controller-manager scheduler etcd-0"), "{listed}");
    let alone = user.run("kubectl get jobs,cs --no-headers", "");
    assert_eq!(alone.matches("componentstatus/").count(), 3, "{alone}");
    assert_eq!(
        user.run("kubectl get pods,cs -w", ""),
        "!error: you may only specify a single resource type\n"
    );
}

#[test]
fn the_kubeconfig_is_changed() {
    let mut user = User::new();
    let context = "kubernetes-admin@kubernetes";
    says(
        &mut user,
        "",
        &[
            (
                "config set-context --current --namespace=kube-system",
                &format!("Context \"{context}\" modified.\n"),
            ),
            ("get cm x", "!Error from server (NotFound): configmaps \"x\" not found\n"),
            ("create cm here -o 'jsonpath={.metadata.namespace}'", "kube-system"),
            ("create cm there -n default -o 'jsonpath={.metadata.namespace}'", "default"),
            ("config view -o 'jsonpath={.contexts[0].context.namespace}'", "kube-system"),
            (
                "config set-context dev --cluster=kubernetes --user=kubernetes-admin",
                "Context \"dev\" created.\n",
            ),
            ("--context=dev create cm x -o 'jsonpath={.metadata.namespace}'", "default"),
            ("config use-context dev", "Switched to context \"dev\".\n"),
            ("config current-context", "dev\n"),
            ("config rename-context dev test", "Context \"dev\" renamed to \"test\".\n"),
            ("config use-context dev", "!error: no context exists with the name: \"dev\"\n"),
            ("config set contexts.test.namespace x", "Property \"contexts.test.namespace\" set.\n"),
            ("config view --minify -o 'jsonpath={..namespace}'", "x"),
            ("config unset contexts.test.namespace", "Property \"contexts.test.namespace\" unset.\n"),
            ("config get-contexts -o name", &format!("{context}\ntest\n")),
            ("get pods --context=no", "!error: context \"no\" does not exist\n"),
            ("config delete-context no", "!error: cannot delete context no, not in /home/.kube/config\n"),
        ],
    );
}

#[test]
fn a_status_is_changed_where_it_is_asked_for_and_nothing_else() {
    let mut user = User::new();
    user.run("kubectl run p --image=nginx", "");
    let patch = "'{\"metadata\":{\"labels\":{\"x\":\"y\"}},\"status\":{\"message\":\"hello\"}}'";
    let shown = "-o 'jsonpath={.status.message}:{.metadata.labels}'";
    user.run(&format!("kubectl patch pod p --subresource=status --type=merge -p {patch}"), "");
    says(&mut user, "", &[(&format!("get pod p {shown}"), "hello:{\"run\":\"p\"}")]);
}

#[test]
fn scaling_shows_what_was_asked_for_and_waits_if_told() {
    let mut user = User::new();
    user.run("kubectl apply -f -", WEB);
    says(
        &mut user,
        "",
        &[
            ("scale deploy web --replicas=3 --dry-run=client -o 'jsonpath={.spec.replicas}'", "3"),
            ("get deploy web -o 'jsonpath={.spec.replicas}'", "1"),
            ("scale deploy web --replicas=2 --timeout=1m", "deployment.apps/web scaled\n"),
            ("get deploy web -o 'jsonpath={.status.replicas}'", "2"),
        ],
    );
}

#[test]
fn flags_are_judged_before_anything_is_done() {
    let mut user = User::new();
    user.run("kubectl create cm c", "");
    says(
        &mut user,
        CONFIG,
        &[
            (
                "get cm --request-timeout=1p",
                "!error: Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a \
                 corresponding time unit (e.g. 1s | 2m | 3h)\n",
            ),
            ("replace -f - --timeout=1s", "!error: --timeout must have --force specified\n"),
            ("create -f - -k x", "!error: only one of -f or -k can be specified\n"),
            (
                "create role r --verb=get --resource=deployments.x",
                "!error: the server doesn't have a resource type \"deployments\" in group \"x\"\n",
            ),
            ("set env -f - - A=b", "!error: standard input cannot be used for multiple arguments\n"),
            ("exec -f - -- ls", "!error: cannot exec into multiple objects at a time\n"),
        ][..5],
    );
    let two = format!("{CONFIG}---\n{CONFIG}");
    says(&mut user, &two, &[("exec -f - -- ls", "!error: cannot exec into multiple objects at a time\n")]);
    let said = user.run("kubectl create cm d --dry-run=true", "");
    assert!(said.contains("--dry-run=true is deprecated (boolean value)"), "{said}");
    assert!(said.ends_with("configmap/d created (dry run)\n"), "{said}");
}

#[test]
fn logs_know_times_and_timeouts() {
    let mut user = User::new();
    user.run("kubectl run p --image=busybox:1.28 -- sh -c 'echo one; sleep 1000'", "");
    user.run("kubectl wait --for=condition=Ready pod/p", "");
    let parsing = "!error: parsing time";
    says(
        &mut user,
        "",
        &[
            (
                "logs p --since-time=yesterday",
                &format!(
                    "{parsing} \"yesterday\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"yesterday\" as \"2006\"\n"
                ),
            ),
            (
                "logs p --since-time=2000-13-01T00:00:00Z",
                &format!("{parsing} \"2000-13-01T00:00:00Z\": month out of range\n"),
            ),
            ("logs p --since-time=2000-01-01T00:00:00+02:00", "one\n"),
            ("logs p --since-time=2100-01-01T00:00:00Z", ""),
            (
                "logs p -f --request-timeout=2s",
                "one\n!error: context deadline exceeded (Client.Timeout or context cancellation while reading body)\n",
            ),
        ],
    );
}

#[test]
fn a_raw_list_is_selected_from() {
    let mut user = User::new();
    user.run("kubectl create cm a; kubectl create cm b; kubectl label cm b x='y'", "");
    let names = |user: &mut User, parameters: &str| {
        let path = format!("/api/v1/namespaces/default/configmaps?{parameters}");
        user.run(
            &format!("kubectl get --raw '{path}' | jq -r '.items[].metadata.name' | grep -v root-ca"),
            "",
        )
    };
    assert_eq!(names(&mut user, "limit=500"), "a\nb\n");
    assert_eq!(names(&mut user, "labelSelector=x%3Dy"), "b\n");
    assert_eq!(names(&mut user, "labelSelector=x+in+(y,z)&fieldSelector=metadata.name%21%3Db"), "");
    assert_eq!(names(&mut user, "fieldSelector=metadata.name=a"), "a\n");
    let bad = user.run("kubectl get --raw '/api/v1/pods?fieldSelector=x%3Dy'", "");
    assert_eq!(bad, "!Error from server (BadRequest): field label not supported: x\n");
}

#[test]
fn a_jsonpath_that_fails_shows_what_it_was_given() {
    let mut user = User::new();
    user.run("kubectl create cm a --from-literal=k=v --dry-run=client -o yaml > a.yaml", "");
    let told = user.run("kubectl label -f a.yaml --local x=y -o jsonpath='{.data[0]}{.nope[3].x}' --allow-missing-template-keys=false", "");
    let object = "\tobject given to jsonpath engine was:\n\t\tmap[string]interface {}{\"apiVersion\":\"v1\", \
        \"data\":map[string]interface {}{\"k\":\"v\"}, \"kind\":\"ConfigMap\",";
    assert!(told.contains(object), "{told}");
    assert!(told.ends_with("}\n\n\n"), "{told}");
}

#[test]
fn set_env_shows_what_references_hold() {
    let mut user = User::new();
    let web = WEB.replace(
        "ports:",
        "resources: {limits: {cpu: 1500m}}, env: [{name: A, valueFrom: {configMapKeyRef: {name: c, key: a}}}, {name: S, \
         valueFrom: {secretKeyRef: {name: s, key: k}}}, {name: ME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}, {name: P, \
         valueFrom: {fieldRef: {fieldPath: status.podIP}}}, {name: L, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}, \
         {name: X, valueFrom: {configMapKeyRef: {name: c, key: x, optional: true}}}, {name: Z, valueFrom: {configMapKeyRef: {name: \
         c, key: x, optional: true}}}], ports:",
    );
    user.run("kubectl apply -f -", &web);
    user.run(
        "kubectl create cm c --from-literal=a=one; kubectl create secret generic s --from-literal=k=two",
        "",
    );
    says(
        &mut user,
        "",
        &[
            (
                "set env deploy/web --list --resolve B=c S-",
                "# Deployment web, container main\nA=one\nME=web\n# P from field path status.podIP\nL=2\n# X from configmap c, key \
                 x\n# Z from configmap c, key x\nB=c\n!error retrieving reference for P: unsupported fieldPath: \
                 status.podIP\nerror retrieving reference for X, Z: key x not found in config map c\n",
            ),
            (
                "set env deploy/web --list --resolve -c nobody",
                "!Warning: Deployment/web does not have any containers matching \"nobody\"\n",
            ),
        ],
    );
    let all = user.run("kubectl set env deploy/web --list --resolve | grep S=", "");
    assert!(all.starts_with("S=two\n"), "{all}");
}

#[test]
fn what_is_only_tried_has_no_version_of_its_own() {
    let mut user = User::new();
    let version = "-o jsonpath='{.metadata.resourceVersion}'";
    let mut run = |command: &str| user.run(command, CONFIG);
    assert_eq!(run(&format!("kubectl create -f - --dry-run=server {version}")), "");
    assert!(!run("kubectl diff -f -").contains("resourceVersion"));
    run("kubectl create -f -");
    let stored = run(&format!("kubectl get cm c {version}"));
    assert!(!stored.is_empty());
    assert_eq!(run(&format!("kubectl label cm c x=y --dry-run=server {version}")), stored);
}

/// The values are those of kubectl itself, which needs no API server for `--local`.
#[test]
fn what_is_local_stays_as_the_file_has_it() {
    let mut user = User::new();
    let namespace = "-o jsonpath='{.metadata.namespace}'";
    for (command, said) in [
        (format!("label -f - a=b --local {namespace}"), ""),
        (format!("set image -f - main=x --local {namespace}"), ""),
        (
            format!("label -f - a=b --dry-run=client {namespace} -n other"),
            "!Error from server (NotFound): deployments.apps \"web\" not found\n",
        ),
        ("label -f - nope- --local".to_string(), "deployment.apps/web not labeled\n"),
        (
            "set resources -f - --limits=cpu --local".to_string(),
            "!error: Invalid argument syntax cpu, expected <resource>=<value>\n",
        ),
    ] {
        assert_eq!(user.run(&format!("kubectl {command}"), WEB), said, "{command}");
    }
    let labeled = CONFIG.replace("{name: c}", "{name: c, labels: {a: b}}");
    assert!(!user.run("kubectl label -f - a- --local -o yaml", &labeled).contains("labels"));
}
