//! What kubectl's verbs say and do where no recording is: from the sources of kubectl 1.36.

use crate::user::User;
use kubesim::kubectl::editor;
use serde_json::Value;

fn json(user: &mut User, what: &str) -> Value {
    let text = user.run(&format!("kubectl get {what} -o json"), "");
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{text}: {e}"))
}

#[test]
fn create_makes_every_kind_it_knows() {
    let mut user = User::new();
    for (command, said) in [
        ("ns a", "namespace/a created\n"),
        ("cm b --from-literal=x=1", "configmap/b created\n"),
        ("sa builder", "serviceaccount/builder created\n"),
        ("deploy web --image=nginx", "deployment.apps/web created\n"),
        ("svc clusterip web --tcp=80:8080", "service/web created\n"),
        ("svc nodeport np --tcp=80 --node-port=30080", "service/np created\n"),
        ("svc externalname ext --external-name=example.com", "service/ext created\n"),
        ("job once --image=busybox -- date", "job.batch/once created\n"),
        ("cj nightly --image=busybox --schedule='0 0 * * *'", "cronjob.batch/nightly created\n"),
        ("job now --from=cronjob/nightly", "job.batch/now created\n"),
        (
            "role reader --verb=get,list --resource=pods,deploy.apps,pods/log",
            "role.rbac.authorization.k8s.io/reader created\n",
        ),
        (
            "clusterrole probe --verb=get --non-resource-url=/healthz",
            "clusterrole.rbac.authorization.k8s.io/probe created\n",
        ),
        (
            "rolebinding r --role=reader --user=jane --serviceaccount=default:builder",
            "rolebinding.rbac.authorization.k8s.io/r created\n",
        ),
        (
            "clusterrolebinding cr --clusterrole=probe --group=ops",
            "clusterrolebinding.rbac.authorization.k8s.io/cr created\n",
        ),
        ("pc high --value=1000 --description=first", "priorityclass.scheduling.k8s.io/high created\n"),
        ("pdb p --selector=app=web --min-available=50%", "poddisruptionbudget.policy/p created\n"),
        (
            "ing i --rule=a.example/x*=web:80,tls=cert --rule=a.example/y=web:http",
            "ingress.networking.k8s.io/i created\n",
        ),
        ("quota q --hard=pods=5", "resourcequota/q created\n"),
        ("secret generic s --from-literal=k=v", "secret/s created\n"),
        ("secret docker-registry d --docker-username=u --docker-password=p", "secret/d created\n"),
    ] {
        assert_eq!(user.run(&format!("kubectl create {command}"), ""), said, "{command}");
    }
    let rules = json(&mut user, "role/reader")["rules"].to_string();
    let of_core = "{\"apiGroups\":[\"\"],\"resources\":[\"pods\",\"pods/log\"],\"verbs\":[\"get\",\"list\"]}";
    assert!(rules.contains(of_core) && rules.contains("\"resources\":[\"deployments\"]"), "{rules}");
    let job = json(&mut user, "job/now");
    assert_eq!(job["metadata"]["annotations"]["cronjob.kubernetes.io/instantiate"], "manual");
    assert_eq!(job["metadata"]["ownerReferences"][0]["name"], "nightly");
    let ingress = json(&mut user, "ing/i");
    assert_eq!(ingress["spec"]["tls"][0].to_string(), "{\"hosts\":[\"a.example\"],\"secretName\":\"cert\"}");
    let paths = &ingress["spec"]["rules"][0]["http"]["paths"];
    assert_eq!((&paths[0]["pathType"], &paths[0]["path"]), (&"Prefix".into(), &"/x".into()));
    assert_eq!(paths[1]["backend"]["service"]["port"]["name"], "http");
    assert_eq!(json(&mut user, "svc/np")["spec"]["ports"][0]["nodePort"], 30080);
    assert_eq!(json(&mut user, "secret/s")["data"]["k"], "dg==");
}

#[test]
fn create_refuses_in_kubectls_words() {
    let mut user = User::new();
    user.run("kubectl create job once --image=busybox", "");
    user.run("kubectl create role reader --verb=get --resource=pods", "");
    for (command, said) in [
        ("job j", "!error: either --image or --from must be specified\n"),
        ("job once --image=busybox", "!error: failed to create job: jobs.batch \"once\" already exists\n"),
        (
            "role reader --verb=get --resource=pods",
            "!Error from server (AlreadyExists): roles.rbac.authorization.k8s.io \"reader\" already exists\n",
        ),
        ("cronjob c --image=busybox", "!error: required flag(s) \"schedule\" not set\n"),
        ("role r --resource=pods", "!error: at least one verb must be specified\n"),
        ("role r --verb=get", "!error: at least one resource must be specified\n"),
        ("role r --verb=bind --resource=pods", "!error: can not perform 'bind' on 'pods' in group ''\n"),
        ("role r --verb=get --resource=foos", "!error: the server doesn't have a resource type \"foos\"\n"),
        ("rolebinding b --user=x", "!error: exactly one of clusterrole or role must be specified\n"),
        (
            "rolebinding b --role=x --serviceaccount=builder",
            "!error: serviceaccount must be <namespace>:<name>\n",
        ),
        (
            "ingress i --rule=web:80",
            "!error: rule web:80 is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]\n",
        ),
        ("pdb p --selector=a=b", "!error: one of min-available or max-unavailable must be specified\n"),
        ("pdb p --selector=a=b --min-available=x", "!error: invalid format specified for min-available\n"),
        (
            "svc nodeport n --clusterip=None",
            "!error: unknown flag: --clusterip\nSee 'kubectl create service nodeport --help' for usage.\n",
        ),
        ("secret tls t", "!error: key and cert must be specified\n"),
        (
            "role",
            "!error: exactly one NAME is required, got 0\nSee 'kubectl create role -h' for help and examples\n",
        ),
        ("foo", "!error: Unexpected args: [foo]\nSee 'kubectl create -h' for help and examples\n"),
    ] {
        assert_eq!(user.run(&format!("kubectl create {command}"), ""), said, "{command}");
    }
}

#[test]
fn a_dry_run_shows_what_would_be_made() {
    let mut user = User::new();
    let said = user.run("kubectl create job once --image=busybox --dry-run=client -o name -- date", "");
    assert_eq!(said, "job.batch/once\n");
    assert_eq!(
        user.run("kubectl create role r --verb=get --resource=pods --dry-run=server", ""),
        "role.rbac.authorization.k8s.io/r created (server dry run)\n"
    );
    assert_eq!(user.run("kubectl get roles", ""), "!No resources found in default namespace.\n");
}

#[test]
fn set_env_lists_and_takes_from_config_maps_and_secrets() {
    let mut user = User::new();
    user.run("kubectl create deploy web --image=nginx", "");
    user.run("kubectl create cm c --from-literal=log.level=info --from-literal=b=2", "");
    assert_eq!(user.run("kubectl set env deploy/web A=1", ""), "deployment.apps/web env updated\n");
    let said = user.run("kubectl set env deploy/web --from=cm/c --prefix=P_ --keys=log.level", "");
    assert_eq!(said, "!Warning: key log.level transferred to LOG_LEVEL\ndeployment.apps/web env updated\n");
    assert_eq!(
        user.run("kubectl set env deploy/web --list", ""),
        "# Deployment web, container nginx\nA=1\n# P_LOG_LEVEL from configmap c, key log.level\n"
    );
    assert_eq!(
        user.run("kubectl set env cm/c A=1", "").trim_end(),
        "!error: configmaps/c the object is not a pod or does not have a pod template: *v1.ConfigMap"
    );
    assert_eq!(
        user.run("kubectl set env deploy/web A=2 --overwrite=false", ""),
        "!error: deployments/web 'A' already has a value (1), and --overwrite is false\n\n"
    );
    assert_eq!(
        user.run("kubectl set sa deploy/web builder", ""),
        "deployment.apps/web serviceaccount updated\n"
    );
    assert_eq!(json(&mut user, "deploy/web")["spec"]["template"]["spec"]["serviceAccountName"], "builder");
}

#[test]
fn edit_takes_the_text_that_an_editor_saved() {
    let mut user = User::new();
    user.run("kubectl create deploy web --image=nginx", "");
    user.run("kubectl get pods", "");
    let line = "kubectl edit deploy web";
    let text = |user: &User| {
        editor::text_to_edit(user.cluster.api.store(), line, &[None, None]).expect("there is such an object")
    };
    let opened = text(&user);
    assert!(opened.starts_with("# Please edit the object below."), "{opened}");
    assert_eq!(user.run(line, &opened), "!Edit cancelled, no changes made.\n");
    assert_eq!(user.run(line, "# nothing\n"), "!Edit cancelled, saved file was empty.\n");
    let changed = text(&user).replace("  replicas: 1\n", "  replicas: 3\n");
    assert_eq!(user.run(line, &changed), "deployment.apps/web edited\n");
    assert_eq!(json(&mut user, "deploy/web")["spec"]["replicas"], 3);

    let wrong = text(&user).replace("  replicas: 3\n", "  replicas: -1\n");
    let said = user.run(line, &wrong);
    assert!(
        said.starts_with("!error: deployments.apps \"web\" is invalid\nA copy of your changes"),
        "{said}"
    );
    assert!(said.ends_with("error: Edit cancelled, no valid changes were saved.\n"), "{said}");
    let again =
        editor::reopened(user.cluster.api.store(), user.cluster.now(), line, &wrong).expect("it is refused");
    assert!(
        again.contains(
            "#\n# deployments.apps \"web\" was not valid:\n# * spec.replicas: Invalid value: -1: must be"
        ),
        "{again}"
    );

    let renamed = text(&user).replace("  name: web\n  namespace", "  name: other\n  namespace");
    let said = user.run(line, &renamed);
    assert!(said.ends_with("error: At least one of apiVersion, kind and name was changed\n"), "{said}");
    assert_eq!(
        editor::text_to_edit(user.cluster.api.store(), "kubectl edit deploy none", &[None, None]),
        None
    );
    assert_eq!(
        user.run("kubectl edit deploy none", ""),
        "!Error from server (NotFound): deployments.apps \"none\" not found\n"
    );
}

#[test]
fn kinds_of_the_cluster_itself_are_kept_and_listed() {
    let mut user = User::new();
    let manifest = "\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: guard}
webhooks:
- name: guard.example.com
  clientConfig: {service: {name: guard, namespace: default}}
  rules: [{apiGroups: [\"\"], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
  sideEffects: None
  admissionReviewVersions: [v1]
---
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata: {name: gvisor}
handler: runsc
---
apiVersion: storage.k8s.io/v1
kind: CSIDriver
metadata: {name: disk.example.com}
spec: {attachRequired: false}
---
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: {name: jane}
spec: {request: Zm9v, signerName: kubernetes.io/kube-apiserver-client, expirationSeconds: 86400, usages: [client auth]}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: crontabs.stable.example.com}
spec: {group: stable.example.com, scope: Namespaced, names: {plural: crontabs, kind: CronTab}, versions: []}
---
apiVersion: stable.example.com/v1
kind: CronTab
metadata: {name: mine}
";
    assert_eq!(
        user.run("kubectl apply -f -", manifest),
        "validatingwebhookconfiguration.admissionregistration.k8s.io/guard created\n\
         runtimeclass.node.k8s.io/gvisor created\n\
         csidriver.storage.k8s.io/disk.example.com created\n\
         certificatesigningrequest.certificates.k8s.io/jane created\n\
         customresourcedefinition.apiextensions.k8s.io/crontabs.stable.example.com created\n\
         !error: resource mapping not found for name: \"mine\" namespace: \"\" from \"STDIN\": no matches for kind \
         \"CronTab\" in version \"stable.example.com/v1\"\nensure CRDs are installed first\n"
    );
    let hook = &json(&mut user, "validatingwebhookconfigurations/guard")["webhooks"][0];
    assert_eq!((&hook["failurePolicy"], &hook["timeoutSeconds"]), (&"Fail".into(), &10.into()));
    assert_eq!(
        (&hook["rules"][0]["scope"], &hook["clientConfig"]["service"]["port"]),
        (&"*".into(), &443.into())
    );
    assert_eq!(user.run("kubectl get runtimeclasses", ""), "NAME     HANDLER   AGE\ngvisor   runsc     0s\n");
    assert_eq!(
        user.run("kubectl get csidrivers --no-headers", ""),
        "disk.example.com   false   false   false   <unset>   false   Persistent   0s\n"
    );
    assert_eq!(
        user.run("kubectl get csr --no-headers", ""),
        "jane   0s    kubernetes.io/kube-apiserver-client   kubernetes-admin   24h   Pending\n"
    );
    assert!(
        user.run("kubectl get crd", "").starts_with("NAME                          CREATED AT\ncrontabs.")
    );
    assert!(user.run("kubectl describe crd", "").contains("API Version:"));
    let said = user.run("kubectl delete validatingwebhookconfiguration guard", "");
    assert_eq!(said, "validatingwebhookconfiguration.admissionregistration.k8s.io \"guard\" deleted\n");
}

#[test]
fn labels_are_looked_at_before_they_are_sent() {
    let mut user = User::new();
    user.run("kubectl create cm c", "");
    let said = user.run("kubectl label cm c x=-1", "");
    assert!(
        said.starts_with("!error: invalid label value: \"x=-1\": a valid label must be an empty string or"),
        "{said}"
    );
    assert_eq!(
        user.run("kubectl annotate cm c kubernetes.io/change-cause=a why=1 so=2", ""),
        "configmap/c annotated\n"
    );
    assert_eq!(user.run("kubectl annotate cm c kubernetes.io/change-cause=b", ""), "configmap/c annotated\n");
    assert_eq!(
        user.run("kubectl annotate cm c why=2 so=3", ""),
        "!error: --overwrite is false but found the following declared annotation(s): 'so' already has a value (2); 'why' \
         already has a value (1)\n"
    );
}

/// `reflect.DeepEqual` of the object before and the one that the server answers with (`pkg/cmd/patch/patch.go`): that one has no
/// finalizer any more, though nothing is stored of it.
#[test]
fn the_last_finalizer_taken_off_is_a_change() {
    let mut user = User::new();
    user.run("kubectl create cm kept", "");
    user.run(
        "kubectl patch cm kept -p '{\"metadata\":{\"finalizers\":[\"example.com/a\",\"example.com/b\"]}}'",
        "",
    );
    user.run("kubectl delete cm kept --wait=false", "");
    let take = |user: &mut User, left: &str| {
        user.run(
            &format!("kubectl patch cm kept --type=merge -p '{{\"metadata\":{{\"finalizers\":{left}}}}}'"),
            "",
        )
    };
    assert_eq!(take(&mut user, "[\"example.com/a\"]"), "configmap/kept patched\n");
    assert_eq!(take(&mut user, "[\"example.com/a\"]"), "configmap/kept patched (no change)\n");
    assert_eq!(take(&mut user, "null"), "configmap/kept patched\n");
    assert!(user.run("kubectl get cm kept", "").contains("NotFound"));
}

/// Models `pkg/registry/core/componentstatus`.
#[test]
fn component_statuses_can_only_be_read() {
    let mut user = User::new();
    let warning = "!Warning: v1 ComponentStatus is deprecated in v1.19+\n";
    let table = "NAME                 STATUS    MESSAGE   ERROR\n\
        controller-manager   Healthy   ok        \n\
        scheduler            Healthy   ok        \n\
        etcd-0               Healthy   ok        \n";
    for word in ["cs", "componentstatus", "componentstatuses", "ComponentStatus.v1."] {
        assert_eq!(user.run(&format!("kubectl get {word}"), ""), format!("{warning}{table}"), "{word}");
    }
    for (command, said) in [
        ("get cs etcd-0 -o jsonpath='{.conditions[0].type}'", "Healthy"),
        ("get cs/scheduler cs/etcd-0 -o name", "componentstatus/scheduler\ncomponentstatus/etcd-0\n"),
        ("get cs -l a=b", "!No resources found\n"),
        ("get cs -o go-template='{{len .items}}' --field-selector=metadata.name=scheduler", "1"),
        ("get cs nope", "!Error from server (NotFound): componentstatuses \"nope\" not found\n"),
    ] {
        let told = user.run(&format!("kubectl {command}"), "");
        assert_eq!(
            told.replace(warning.trim_start_matches('!'), "").replacen('!', "", 1),
            said.replacen('!', "", 1),
            "{command}"
        );
    }
    let refused = "!Error from server (MethodNotAllowed): the server does not allow this method on the requested resource\n";
    for command in ["delete cs scheduler", "label cs/scheduler a=b", "get cs -w"] {
        assert_eq!(user.run(&format!("kubectl {command}"), ""), refused, "{command}");
    }
    let description = user.run("kubectl describe cs scheduler", "");
    assert!(
        description.contains("Conditions:\n  Message:  ok\n  Status:   True\n  Type:     Healthy\n"),
        "{description}"
    );
    let raw = user.run("kubectl get --raw /api/v1/componentstatuses/etcd-0", "");
    assert!(raw.contains("\"name\":\"etcd-0\""), "{raw}");
}

/// Models `k8s.io/kubectl/pkg/cmd/util/editor/editor.go`.
#[test]
fn an_editor_is_a_program_of_the_laptop() {
    let mut user = User::new();
    user.run("kubectl create cm c --from-literal=k=one", "");
    let value = |user: &mut User| user.run("kubectl get cm c -o jsonpath='{.data.k}'", "");
    for (command, said, left) in [
        ("KUBE_EDITOR='sed -i s/one/two/' kubectl edit cm c", "configmap/c edited\n", "two"),
        // KUBE_EDITOR goes before EDITOR; quotes mean that a shell reads it.
        (
            "export EDITOR=true; KUBE_EDITOR=\"sed -i 's/two/three/'\" kubectl edit cm/c",
            "configmap/c edited\n",
            "three",
        ),
        ("export EDITOR=true; kubectl edit cm c", "!Edit cancelled, no changes made.\n", "three"),
        (
            "EDITOR=false kubectl edit cm c",
            "!error: there was a problem with the editor \"false\"\n",
            "three",
        ),
        ("EDITOR='nano -w' kubectl edit cm c", "!error: unable to launch the editor \"nano -w\"\n", "three"),
        (
            "EDITOR=truncating kubectl edit cm nope",
            "!Error from server (NotFound): configmaps \"nope\" not found\n",
            "three",
        ),
        (
            "printf 'sed -i s/three/four/ \"$1\"\\n' > ed.sh; chmod +x ed.sh; KUBE_EDITOR=./ed.sh kubectl edit cm c",
            "configmap/c edited\n",
            "four",
        ),
        (
            "EDITOR=\"sh -c 'echo > \\\"\\$0\\\"'\" kubectl edit cm c",
            "!Edit cancelled, saved file was empty.\n",
            "four",
        ),
        ("EDITOR='sed -i s/four/five/' kubectl create --edit -f c2.yaml", "configmap/c2 created\n", "four"),
    ] {
        user.files
            .write("c2.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c2}\ndata: {k: four}\n")
            .unwrap();
        let told = user.run(command, "");
        assert_eq!(told, said, "{command}");
        assert_eq!(value(&mut user), left, "{command}");
    }
    assert_eq!(user.run("kubectl get cm c2 -o jsonpath='{.data.k}'", ""), "five");
    assert_eq!(user.run("ls /tmp", ""), "", "no file is left behind");
    // Who names an editor that is not on the laptop gets the page's.
    let store = user.cluster.api.store();
    for (line, opens) in [
        ("KUBE_EDITOR=nano kubectl edit cm c", true),
        ("EDITOR=\"code --wait\" KUBECONFIG=x k edit cm/c", true),
        ("KUBE_EDITOR='sed -i s/a/b/' kubectl edit cm c", false),
        ("KUBE_EDITOR=./ed.sh kubectl edit cm c", false),
        ("A=b echo kubectl edit cm c", false),
    ] {
        assert_eq!(editor::text_to_edit(store, line, &[None, None]).is_some(), opens, "{line}");
    }
}

#[test]
fn completion_says_who_completes() {
    let mut user = User::new();
    assert_eq!(user.run("source <(kubectl completion bash) && echo set", ""), "set\n");
    assert_eq!(user.run("source <(kubectl completion zsh) && echo set", ""), "set\n");
    let see = "\nSee 'kubectl completion -h' for help and examples\n";
    for (command, said) in [
        ("kubectl completion", "Shell not specified."),
        ("kubectl completion bash zsh", "Too many arguments. Expected only the shell type."),
        ("kubectl completion csh", "Unsupported shell type \"csh\"."),
    ] {
        assert_eq!(user.run(command, ""), format!("!error: {said}{see}"));
    }
}
