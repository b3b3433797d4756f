//! `kubectl debug`: a container in a pod that runs, a copy of a pod, a pod on a node. Models the guide
//! kubernetes.io/docs/tasks/debug/debug-application/debug-running-pod/.

use crate::screen;
use crate::user::User;
use kubesim::{Input, Options, SimTime, Story};

const APP: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: app, labels: {app: web}, annotations: {note: x}}
spec:
  containers:
  - name: main
    image: nginx:1.28
    ports: [{containerPort: 80}]
    readinessProbe: {httpGet: {path: /, port: 80}}
";

fn user() -> User {
    let mut user = User::new();
    user.run("kubectl apply -f -", APP);
    user.run("kubectl wait --for=condition=Ready pod app", "");
    user
}

/// Checks what commands print.
fn says(user: &mut User, commands: &[(&str, &str)]) {
    for (command, expect) in commands {
        assert_eq!(user.run(&format!("kubectl {command}"), ""), *expect, "{command}");
    }
}

#[test]
fn a_container_is_added_to_a_pod_that_runs() {
    let mut user = user();
    let added = "debug app --image=busybox:1.36 -c look --env=A=b -- sh -c 'echo hello; sleep 2; exit 3'";
    says(&mut user, &[(added, "")]);
    user.run("kubectl wait --for=jsonpath='{.status.ephemeralContainerStatuses[0].state.terminated.exitCode}'=3 pod app", "");
    let state = "{.status.phase} {.spec.ephemeralContainers[0].env[0].value} {.spec.ephemeralContainers[0].securityContext}";
    says(
        &mut user,
        &[
            (
                &format!("get pod app -o jsonpath='{state}'"),
                "Running b {\"capabilities\":{\"add\":[\"SYS_PTRACE\"]}}",
            ),
            ("logs app -c look", "hello\n"),
            ("get pod app --no-headers -o custom-columns=R:.status.containerStatuses[0].ready", "true\n"),
            (
                "exec app -c no -- ls",
                "!error: container no is not valid for pod app out of: main, look (ephem)\n",
            ),
        ],
    );
    let described = user.run("kubectl describe pod app", "");
    assert!(described.contains("\nEphemeral Containers:\n  look:\n"), "{described}");
    assert!(described.contains("Exit Code:    3"), "{described}");
    // What was added does not keep the pod.
    user.run("kubectl debug app --image=busybox:1.36 -c stays -- sleep 3600", "");
    assert!(user.run("kubectl delete pod app", "").contains("deleted"));
}

#[test]
fn a_shell_beside_the_pods_program_reaches_it() {
    let mut story = Story::new(Options::default());
    story.input(Input::Apply(APP.into()));
    story.run_until(SimTime(30_000));
    let shown = screen::answer(&mut story, "kubectl debug -it app --image=busybox:1.36 --target=main", 20);
    assert!(shown.starts_with("Targeting container \"main\". If you don't see"), "{shown}");
    assert!(shown.contains("Defaulting debug container name to debugger-"), "{shown}");
    assert!(shown.ends_with("/ # "), "{shown}");
    let page = screen::answer(&mut story, "wget -qO- localhost | grep -c title", 2);
    assert_eq!(page, "1\n/ # ");
    let left = screen::answer(&mut story, "exit", 3);
    let kept = "Session ended, the ephemeral container will not be restarted but may be reattached using 'kubectl attach app -c \
                debugger-";
    assert!(left.contains(kept) && left.ends_with("$ "), "{left}");
    let state = screen::answer(&mut story, "kubectl get pod app", 2);
    assert!(state.contains("app    1/1     Running   0"), "{state}");
}

#[test]
fn a_copy_is_changed_and_has_no_labels() {
    let mut user = user();
    let spec = "{.metadata.labels}{.metadata.annotations}{.spec.shareProcessNamespace} {.spec.containers[*].name} \
                {.spec.containers[*].image} {.spec.containers[0].readinessProbe}";
    says(
        &mut user,
        &[
            ("debug app --copy-to=one --image=busybox -c look -- sleep 1d", ""),
            (&format!("get pod one -o jsonpath='{spec}'"), "true main look nginx:1.28 busybox "),
            ("debug app --copy-to=two --set-image=*=nginx:1.29 --keep-labels --share-processes=false", ""),
            (
                "get pod two -o jsonpath='{.metadata.labels.app} {.spec.shareProcessNamespace} {.spec.containers[*].image}'",
                "web false nginx:1.29",
            ),
            ("debug app --copy-to=four --image=busybox -c look --keep-labels -- sleep 1d", ""),
            ("get pod four -o jsonpath='{.metadata.labels.app}{.metadata.annotations.note}'", "web"),
            ("debug app --copy-to=three -c main --same-node --replace -- sleep 1d", ""),
            ("get pod three -o jsonpath='{.spec.containers[0].command}'", "[\"sleep\",\"1d\"]"),
            ("get pod app", "!Error from server (NotFound): pods \"app\" not found\n"),
        ],
    );
}

#[test]
fn a_pod_looks_into_a_node() {
    let mut user = user();
    let node = user.run("kubectl get node -o jsonpath='{.items[1].metadata.name}'", "");
    let said = user.run(&format!("kubectl debug node/{node} --image=busybox -- sleep 1d"), "");
    let start = format!("Creating debugging pod node-debugger-{node}-");
    assert!(
        said.starts_with(&start) && said.ends_with(&format!(" with container debugger on node {node}.\n")),
        "{said}"
    );
    let shown = "{.items[0].spec.nodeName} {.items[0].spec.hostPID} {.items[0].spec.containers[0].volumeMounts[0].mountPath}";
    let managed = "kubectl get pod -l app.kubernetes.io/managed-by=kubectl-debug";
    assert_eq!(user.run(&format!("{managed} -o jsonpath='{shown}'"), ""), format!("{node} true /host"));
}

#[test]
fn what_does_not_go_together_is_refused() {
    let mut user = user();
    says(
        &mut user,
        &[
            ("debug app", "!error: you must specify --image when not using --copy-to.\n"),
            ("debug --image=busybox", "!error: NAME or filename is required for debug\n"),
            ("debug app --image=busybox --replace", "!error: --replace may only be used with --copy-to.\n"),
            (
                "debug app --image=busybox --same-node",
                "!error: --same-node may only be used with --copy-to.\n",
            ),
            (
                "debug app --image=busybox --set-image=a=b",
                "!error: --set-image may only be used with --copy-to.\n",
            ),
            (
                "debug app --copy-to=x",
                "!error: you must specify --image, --set-image or command arguments.\n",
            ),
            (
                "debug app --copy-to=x --image=busybox --target=main",
                "!error: --target is incompatible with --copy-to. Use --share-processes instead.\n",
            ),
            ("debug app --image=busybox --profile=x", "!error: unknown profile: x\n"),
            (
                "debug app --image=busybox -t",
                "!error: -i/--stdin is required for containers with -t/--tty=true\n",
            ),
            (
                "debug svc/kubernetes --image=busybox",
                "!error: \"/v1, Kind=Service\" not supported by debug\n",
            ),
            (
                "debug app --image=busybox -q -c look --target=no",
                "!The Pod \"app\" is invalid: spec.ephemeralContainers[0].targetContainerName: Not found: \"no\"\n",
            ),
            (
                "debug app --image=busybox --custom=no.yaml",
                "!error: must pass a container spec json file for custom profile: open no.yaml: no such file or directory\n",
            ),
        ],
    );
    says(
        &mut user,
        &[
            ("debug app --image=busybox -q -c a --profile=netadmin -- true", ""),
            ("debug app --image=busybox -q -c b --profile=sysadmin -- true", ""),
            ("debug app --image=busybox -q -c c --profile=restricted --arguments-only -- true", ""),
        ],
    );
    let contexts =
        user.run("kubectl get pod app -o jsonpath='{.spec.ephemeralContainers[*].securityContext}'", "");
    for part in ["\"NET_RAW\"", "\"privileged\":true", "\"drop\":[\"ALL\"]"] {
        assert!(contexts.contains(part), "{contexts}");
    }
    assert_eq!(
        user.run("kubectl get pod app -o jsonpath='{.spec.ephemeralContainers[2].args}'", ""),
        "[\"true\"]"
    );
}
