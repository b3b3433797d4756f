//! `kubectl cp` and `kubectl apply edit-last-applied`. What `tar` says is that of GNU tar 1.34 and BusyBox 1.35.

use crate::screen;
use kubesim::kubectl::editor::text_to_edit;
use kubesim::{Input, Options, SimTime, Span, Story};

const PODS: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - {name: nginx, image: 'nginx:1.28', ports: [{containerPort: 80}]}
  - {name: side, image: 'busybox:1.36', workingDir: /srv, command: [sleep, '3600']}
---
apiVersion: v1
kind: Pod
metadata: {name: frozen}
spec:
  containers:
  - {name: tools, image: 'busybox:1.36', command: [sleep, '3600'], securityContext: {readOnlyRootFilesystem: true}}
---
apiVersion: v1
kind: Pod
metadata: {name: done}
spec:
  restartPolicy: Never
  containers:
  - {name: tools, image: 'busybox:1.36', command: ['true']}
";

/// What the terminal shows after a line was typed, without the line and the prompt.
fn answer(story: &mut Story, line: &str) -> String {
    screen::answer(story, line, 3).trim_end_matches("$ ").to_string()
}

/// Gives these commands one after another: what the last one prints.
fn last(commands: &[&str]) -> String {
    let mut story = Story::new(Options::default());
    story.input(Input::Apply(PODS.into()));
    story.run_until(SimTime(60_000));
    let mut printed = String::new();
    for command in commands {
        printed = answer(&mut story, command);
    }
    printed
}

#[test]
fn files_go_into_a_container_and_come_back() {
    let into = "echo hello > page; kubectl cp page web:/usr/share/nginx/html/index.html -c nginx; echo $?";
    assert_eq!(last(&[into]), "0\n");
    assert_eq!(last(&[into, "kubectl exec web -c side -- wget -qO- localhost"]), "hello\n");
    let back = "kubectl cp web:/usr/share/nginx/html/index.html got/page -c nginx; cat got/page";
    assert_eq!(last(&[into, back]), "tar: Removing leading `/' from member names\nhello\n");
    let into = "mkdir -p d/e; echo 1 > d/a; echo 2 > d/e/b; kubectl cp d web:/tmp -c side";
    assert_eq!(last(&[into, "kubectl exec web -c side -- find /tmp -type f"]), "/tmp/d/a\n/tmp/d/e/b\n");
    let back = "kubectl cp default/web:../tmp/d/e copy -c side; ls copy; cat copy/b";
    assert_eq!(last(&[into, back]), "b\n2\n");
}

#[test]
fn what_cannot_be_copied_is_told_as_tar_and_kubectl_tell_it() {
    for (command, said) in [
        ("kubectl cp a", "error: source and destination are required\n"),
        ("kubectl cp a b", "error: one of src or dest must be a remote file specification\n"),
        ("kubectl cp web:a web:b", "error: one of src or dest must be a local file specification\n"),
        ("kubectl cp :a b", "error: filespec must match the canonical format: [[namespace/]pod:]file/path\n"),
        ("kubectl cp web: b", "error: filepath can not be empty\n"),
        ("kubectl cp none web:/tmp", "error: none doesn't exist in local filesystem\n"),
        ("kubectl cp away:/etc/hosts x", "Error from server (NotFound): pods \"away\" not found\n"),
        (
            "kubectl cp done:/etc/hosts x",
            "error: cannot exec into a container in a completed pod; current phase is Succeeded\n",
        ),
        (
            "kubectl cp web:/nope x; echo $?",
            "Defaulted container \"nginx\" out of: nginx, side\ntar: Removing leading `/' from member names\ntar: /nope: Cannot \
             stat: No such file or directory\ntar: Exiting with failure status due to previous errors\ncommand terminated \
             with exit code 2\n2\n",
        ),
        (
            "kubectl cp frozen:/nope x; echo $?",
            "tar: /nope: No such file or directory\ntar: error exit delayed from previous errors\ncommand terminated with exit \
             code 1\n1\n",
        ),
        (
            "echo > f; kubectl cp f frozen:/tmp/f; echo $?",
            "tar: can't open 'f': Read-only file system\ncommand terminated with exit code 1\n1\n",
        ),
        (
            "echo > f; kubectl cp f web:/no/f -c nginx; echo $?",
            "tar: /no: Cannot open: No such file or directory\ntar: Error is not recoverable: exiting now\ncommand terminated \
             with exit code 2\n2\n",
        ),
        (
            "kubectl cp web:/etc/hostname . -c side",
            "tar: removing leading '/' from member names\nerror: open .: is a directory\n",
        ),
    ] {
        assert_eq!(last(&[command]), said, "{command}");
    }
}

#[test]
fn what_was_applied_last_is_edited() {
    let mut story = Story::new(Options::default());
    let made = "printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: c}\\ndata: {a: b}\\n' | kubectl apply -f -";
    assert_eq!(answer(&mut story, made), "configmap/c created\n");
    answer(&mut story, "kubectl create configmap plain");
    let line = "kubectl apply edit-last-applied cm/c";
    let opened =
        text_to_edit(story.cluster.api.store(), line, &[None, None]).expect("there is something to edit");
    let head = "# Please edit the 'last-applied-configuration' annotations below.\n# Lines beginning with a '#' will be ignored, \
                and an empty file will abort the edit.\n#\napiVersion: v1\ndata:\n  a: b\nkind: ConfigMap\n";
    assert!(opened.starts_with(head), "{opened}");
    let mut edit = |text: String| {
        let before = screen::screen(&story).len();
        story.input(Input::Edit { line: line.into(), text: text.into() });
        story.run_until(story.now() + Span::seconds(1));
        screen::screen(&story)[before..].to_string()
    };
    assert!(edit(opened.clone()).contains("Edit cancelled, no changes made.\n"));
    assert!(edit(opened.replace("a: b", "a: c")).contains("configmap/c edited\n"));
    let now =
        answer(&mut story, "kubectl apply view-last-applied cm/c; kubectl get cm c -o jsonpath={.data.a}");
    assert!(now.contains("  a: c\n") && now.ends_with("\nb"), "only the annotation has changed: {now}");
    let none = answer(&mut story, "kubectl apply edit-last-applied cm/plain");
    assert!(
        none.starts_with("error: no last-applied-configuration annotation found on resources, "),
        "{none}"
    );
}
