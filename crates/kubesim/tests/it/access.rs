//! Who may do what: the cluster's own roles, `kubectl auth`, and `kubectl top`, whose figures are made up and say so.

use crate::user::User;

/// Checks what commands print.
fn says(user: &mut User, stdin: &str, commands: &[(&str, &str)]) {
    for (command, expect) in commands {
        assert_eq!(user.run(&format!("kubectl {command}"), stdin), *expect, "{command}");
    }
}

const READER: &str = "\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: dev}
rules: [{apiGroups: [''], resources: [pods, pods/log], verbs: [get, list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader, namespace: dev}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects: [{kind: ServiceAccount, name: web, namespace: default}]
";

#[test]
fn every_cluster_has_its_roles() {
    let mut user = User::new();
    let roles = user.run("kubectl get clusterroles -o name", "");
    for name in
        ["admin", "cluster-admin", "edit", "view", "system:node", "system:controller:statefulset-controller"]
    {
        assert!(
            roles.contains(&format!("clusterrole.rbac.authorization.k8s.io/{name}\n")),
            "{name}: {roles}"
        );
    }
    let of_edit = "get clusterrole edit -o jsonpath='{.aggregationRule.clusterRoleSelectors[0].matchLabels}'";
    says(
        &mut user,
        "",
        &[
            (of_edit, "{\"rbac.authorization.k8s.io/aggregate-to-edit\":\"true\"}"),
            (
                "get clusterrole cluster-admin -o jsonpath='{.rules[0].verbs}{.rules[1].nonResourceURLs}'",
                "[\"*\"][\"*\"]",
            ),
            ("get clusterrolebinding cluster-admin -o jsonpath='{.subjects[0].name}'", "system:masters"),
            ("get clusterrole view -o jsonpath='{.rules[?(@.resources[0]==\"secrets\")].verbs}'", ""),
        ],
    );
    // What may be viewed may be edited, and who edits sees the secrets.
    let edit = user.run("kubectl describe clusterrole edit", "");
    for line in ["secrets", "statefulsets.apps/scale", "events"] {
        assert!(edit.contains(line), "{line}: {edit}");
    }
    assert!(user.run("kubectl get clusterroles", "").contains("cluster-admin"));
    // They are as old as the cluster.
    let age = user
        .run("kubectl get clusterrole view --no-headers -o custom-columns=A:.metadata.creationTimestamp", "");
    let node = user
        .run("kubectl get ns kube-system --no-headers -o custom-columns=A:.metadata.creationTimestamp", "");
    assert_eq!(age, node);
}

#[test]
fn roles_say_who_may_do_what() {
    let mut user = User::new();
    user.run("kubectl create ns dev", "");
    user.run("kubectl apply -f -", READER);
    user.run("kubectl create rolebinding view --clusterrole=view --user=jane -n dev", "");
    let web = "--as=system:serviceaccount:default:web";
    let no_namespace = "!Warning: resource 'nodes' is not namespace scoped\n\n";
    says(
        &mut user,
        "",
        &[
            ("auth can-i create pods", "yes\n"),
            ("auth can-i '*' '*' -A", "yes\n"),
            (&format!("auth can-i list pods -n dev {web}"), "yes\n"),
            (&format!("auth can-i get pods --subresource=log -n dev {web}"), "yes\n"),
            (&format!("auth can-i get pods/web-0 -n dev {web}"), "yes\n"),
            (&format!("auth can-i delete pods -n dev {web}"), "no\n"),
            (&format!("auth can-i list pods {web}"), "no\n"),
            (&format!("auth can-i list pods -q {web}"), ""),
            ("auth can-i list statefulsets.apps -n dev --as=jane", "yes\n"),
            ("auth can-i list secrets -n dev --as=jane", "no\n"),
            ("auth can-i get /healthz --as=jane", "yes\n"),
            ("auth can-i get /metrics --as=jane", "no\n"),
            ("auth can-i get /metrics --as=jane --as-group=system:monitoring", "yes\n"),
            ("auth can-i delete nodes --as=jane", &format!("{no_namespace}no\n")),
            ("auth can-i get foos", "!Warning: the server doesn't have a resource type 'foos'\n\nyes\n"),
            ("auth can-i eat pods", "!Warning: verb 'eat' is not a known verb\n\nyes\n"),
            (
                "auth can-i list",
                "!error: you must specify two arguments: verb resource or verb resource/resourceName.\nSee \
              'kubectl auth can-i -h' for help and examples.\n",
            ),
            ("get pods --as=jane", "!error: --as is not simulated\n"),
            (
                "auth whoami",
                "ATTRIBUTE   VALUE\nUsername    kubernetes-admin\nGroups      [kubeadm:cluster-admins system:authenticated]\n",
            ),
        ],
    );
    let code = |user: &mut User, line: &str| user.run(&format!("kubectl auth can-i {line} -q; echo $?"), "");
    assert_eq!(
        (code(&mut user, "get pods"), code(&mut user, "get pods --as=joe")),
        ("0\n".into(), "1\n".into())
    );
    let list = user.run(&format!("kubectl auth can-i --list -n dev {web}"), "");
    assert!(list.starts_with("Resources "), "{list}");
    let row = |start: &str| list.lines().find(|line| line.starts_with(start)).unwrap_or_default().to_string();
    assert!(row("pods/log ").ends_with("[get list]") && row("pods ").ends_with("[get list]"), "{list}");
    assert!(list.contains("[/healthz]"), "{list}");
}

#[test]
fn roles_get_what_a_file_says_and_lose_nothing() {
    let mut user = User::new();
    let made = user.run("kubectl auth reconcile -f -", READER);
    let rule =
        "{Verbs:[get list] APIGroups:[] Resources:[pods pods/log] ResourceNames:[] NonResourceURLs:[]}";
    let subject = "{Kind:ServiceAccount APIGroup: Name:web Namespace:default}";
    let expected = format!(
        "role.rbac.authorization.k8s.io/reader reconciled\n!\treconciliation required create\n\tmissing rules added:\n\t\t{rule}\n\
         rolebinding.rbac.authorization.k8s.io/reader reconciled\n!\treconciliation required create\n\tmissing subjects \
         added:\n\t\t{subject}\n"
    );
    assert_eq!(made, expected);
    let same = "role.rbac.authorization.k8s.io/reader reconciled\nrolebinding.rbac.authorization.k8s.io/reader reconciled\n";
    says(&mut user, READER, &[("auth reconcile -f -", same)]);
    let other = READER.replace("verbs: [get, list]", "verbs: [get, watch]");
    let said = user.run("kubectl auth reconcile -f -", &other);
    assert!(
        said.contains("reconciliation required update\n\tmissing rules added:\n\t\t{Verbs:[watch]"),
        "{said}"
    );
    let verbs = "get role reader -n dev -o jsonpath='{.rules[*].verbs}'";
    says(&mut user, "", &[(verbs, "[\"get\",\"list\"] [\"watch\"] [\"watch\"]")]);
    let said = user.run("kubectl auth reconcile -f - --remove-extra-permissions", &other);
    assert!(said.contains("extra rules removed:\n\t\t{Verbs:[list]"), "{said}");
    says(&mut user, "", &[(verbs, "[\"get\",\"watch\"]")]);
    let dry = user.run("kubectl auth reconcile -f - --dry-run=client", READER);
    assert!(dry.contains("role.rbac.authorization.k8s.io/reader reconciled (dry run)\n"), "{dry}");
    says(&mut user, "", &[(verbs, "[\"get\",\"watch\"]")]);
    let bound = READER.replace("name: web", "name: job");
    user.run("kubectl auth reconcile -f - --remove-extra-subjects", &bound);
    says(&mut user, "", &[("get rolebinding reader -n dev -o jsonpath='{.subjects[*].name}'", "job")]);
}

#[test]
fn what_is_used_is_made_up_and_says_so() {
    let mut user = User::new();
    says(&mut user, "", &[("top pod", "!No resources found in default namespace.\n")]);
    let pods = "apiVersion: v1\nkind: Pod\nmetadata: {name: big}\nspec: {containers: [{name: a, image: nginx, resources: {requests: \
                {cpu: '1', memory: 1Gi}}}, {name: b, image: nginx}]}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: small}\n\
                spec: {containers: [{name: main, image: nginx}]}\n";
    user.run("kubectl apply -f -", pods);
    says(&mut user, "", &[("top pod", "!error: metrics not available yet\n")]);
    user.run("kubectl wait --for=condition=Ready pod --all; sleep 20", "");
    let shown = user.run("kubectl top pod", "");
    assert!(shown.starts_with("NAME    CPU(cores)   MEMORY(bytes)   \nbig "), "{shown}");
    assert!(shown.contains("!") && shown.ends_with("they follow from what containers request]\n"), "{shown}");
    let cells = |line: &str| -> (i64, i64) {
        let number = |text: &str| text.trim_end_matches(|c: char| !c.is_ascii_digit()).parse().expect(text);
        let words: Vec<&str> = line.split_whitespace().collect();
        (number(words[words.len() - 2]), number(words[words.len() - 1]))
    };
    let rows = |user: &mut User, line: &str| -> Vec<String> {
        let shown = user.run(&format!("kubectl top {line} --no-headers 2>/dev/null"), "");
        shown.lines().map(String::from).collect()
    };
    let (big, small) = (cells(&rows(&mut user, "pod big")[0]), cells(&rows(&mut user, "pod small")[0]));
    assert!((100..=700).contains(&big.0) && (300..=830).contains(&big.1), "{big:?}");
    assert!(small.0 < 5 && small.1 < 13, "{small:?}");
    let by_memory = rows(&mut user, "pod --sort-by=memory");
    assert!(by_memory[0].starts_with("big") && by_memory[1].starts_with("small"), "{by_memory:?}");
    let parts: Vec<(i64, i64)> =
        rows(&mut user, "pod big --containers").iter().map(|row| cells(row)).collect();
    assert_eq!(parts.iter().map(|(cpu, _)| cpu).sum::<i64>(), big.0);
    let sum = rows(&mut user, "pod --sum");
    assert_eq!(cells(sum.last().expect("a sum")).0, big.0 + small.0, "{sum:?}");
    let nodes = user.run("kubectl top node", "");
    assert!(nodes.starts_with("NAME "), "{nodes}");
    assert!(
        nodes
            .lines()
            .next()
            .is_some_and(|line| line.contains("CPU(cores)   CPU(%)   MEMORY(bytes)   MEMORY(%)")),
        "{nodes}"
    );
    says(
        &mut user,
        "",
        &[
            ("top pod --sort-by=name", "!error: --sort-by accepts only cpu or memory\n"),
            ("top pod big -l a=b", "!error: only one of NAME or selector can be provided\n"),
            ("top pod nobody", "!Error from server (NotFound): pods \"nobody\" not found\n"),
            ("top pod --show-swap", "!error: --show-swap is not simulated\n"),
        ],
    );
}
