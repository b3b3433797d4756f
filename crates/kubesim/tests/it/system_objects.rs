//! The cluster's own objects. The right values are those of kubeadm 1.36 (`cmd/kubeadm/app/phases/addons`) and of the page
//! "Debugging DNS Resolution" of Kubernetes' documentation, step by step.

use crate::user::User;
use kubesim::{Change, Span};

const DNSUTILS: &str = "
apiVersion: v1
kind: Pod
metadata: {name: dnsutils, namespace: default}
spec:
  containers:
  - name: dnsutils
    image: registry.k8s.io/e2e-test-images/agnhost:2.39
    imagePullPolicy: IfNotPresent
  restartPolicy: Always
";

fn after(user: &mut User, seconds: i64) {
    let until = user.cluster.now() + Span::seconds(seconds);
    user.cluster.run_until(until);
}

fn column(text: &str, n: usize) -> Vec<&str> {
    text.lines().skip(1).filter_map(|line| line.split_whitespace().nth(n)).collect()
}

#[test]
fn they_are_there_and_settled_when_somebody_looks() {
    let mut user = User::new();
    let before = user.cluster.api.history().len();
    after(&mut user, 30);
    assert_eq!(user.cluster.api.history().len(), before, "nothing of them is there before");
    let pods = user.run("kubectl get pods -n kube-system", "");
    assert_eq!(column(&pods, 2), ["Running"; 7], "{pods}");
    assert_eq!(column(&pods, 3), ["0"; 7]);
    assert!(pods.contains("\ncoredns-") || pods.contains("coredns-"), "{pods}");
    let deployments = user.run("kubectl get deploy -n kube-system", "");
    assert_eq!(column(&deployments, 1), ["2/2", "1/1"], "{deployments}");
    let daemons = user.run("kubectl get ds -n kube-system", "");
    assert_eq!(column(&daemons, 1), ["4"], "{daemons}");
    let written = user.cluster.api.history().len();
    after(&mut user, 300);
    let changed = user.cluster.api.history().since(written).iter().filter_map(|entry| match &entry.change {
        Change::Object { key, .. } if key.kind.is_served() => Some(key.to_string()),
        _ => None,
    });
    assert_eq!(changed.collect::<Vec<_>>(), Vec::<String>::new(), "no controller finds anything to do");
}

#[test]
fn what_looks_at_them_changes_nothing_else() {
    let run = |looks: bool| {
        let mut user = User::new();
        if looks {
            user.run("kubectl get all -A", "");
        }
        user.run("kubectl apply -f -", include_str!("../seed.yaml"));
        after(&mut user, 120);
        user.run("kubectl get pods -o wide --no-headers", "").replace("  ", " ")
    };
    let nodes = |text: String| -> Vec<String> {
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()[5..7].join(" ")).collect()
    };
    assert_eq!(nodes(run(true)), nodes(run(false)));
}

/// https://kubernetes.io/docs/tasks/administer-cluster/dns-debugging-resolution/
#[test]
fn dns_is_debugged_as_the_guide_says() {
    let mut user = User::new();
    user.run("kubectl apply -f -", DNSUTILS);
    user.run("kubectl wait --for=condition=ready pod/dnsutils", "");
    let found = user.run("kubectl exec -i -t dnsutils -- nslookup kubernetes.default", "");
    assert!(found.contains("Name:\tkubernetes.default.svc.cluster.local\nAddress: 10.200.0.1"), "{found}");
    let resolv = user.run("kubectl exec -ti dnsutils -- cat /etc/resolv.conf", "");
    assert!(resolv.contains("nameserver 10.200.1.10") && resolv.contains("options ndots:5"), "{resolv}");
    let pods = user.run("kubectl get pods --namespace=kube-system -l k8s-app=kube-dns", "");
    assert_eq!((column(&pods, 1), column(&pods, 2)), (vec!["1/1"; 2], vec!["Running"; 2]));
    let logs = user.run("kubectl logs --namespace=kube-system -l k8s-app=kube-dns", "");
    assert_eq!(logs, ".:53\nCoreDNS-1.14.2\n".repeat(2));
    let service = user.run("kubectl get svc --namespace=kube-system", "");
    assert!(service.contains("kube-dns") && service.contains("53/UDP,53/TCP,9153/TCP"), "{service}");
    let described = user.run("kubectl describe svc kube-dns -n kube-system", "");
    assert!(described.contains("Selector:                 k8s-app=kube-dns\n"), "{described}");
    let slices = user
        .run("kubectl get endpointslice -l kubernetes.io/service-name=kube-dns --namespace=kube-system", "");
    assert_eq!(column(&slices, 1), ["IPv4"], "{slices}");
    let addresses = column(&slices, 3).concat();
    assert_eq!(addresses.split(',').count(), 2, "{slices}");
    let config = user.run("kubectl -n kube-system get configmap coredns -o yaml", "");
    let edited = config.replace("        errors\n", "        log\n        errors\n");
    assert_ne!(config, edited);
    assert_eq!(user.run("kubectl replace -f -", &edited), "configmap/coredns replaced\n");
}

#[test]
fn the_corefile_acts() {
    let mut user = User::new();
    user.run("kubectl apply -f -", DNSUTILS);
    user.run("kubectl wait --for=condition=ready pod/dnsutils", "");
    let corefile =
        user.run("kubectl -n kube-system get configmap coredns -o jsonpath='{.data.Corefile}'", "");
    assert!(corefile.starts_with(".:53 {\n    errors\n"), "{corefile}");
    let change = |user: &mut User, corefile: &str| {
        let patch = serde_json::json!({"data": {"Corefile": corefile}});
        let patched = user.run(&format!("kubectl -n kube-system patch configmap coredns -p '{patch}'"), "");
        assert_eq!(patched, "configmap/coredns patched\n");
    };
    let ask = |user: &mut User| {
        user.run("kubectl exec dnsutils -- nslookup kubernetes.default.svc.cluster.local.", "")
    };
    let log = |user: &mut User| user.run("kubectl logs -n kube-system -l k8s-app=kube-dns --tail=-1", "");
    change(&mut user, &corefile.replace("    errors", "    log\n    errors").replace("ttl 30", "ttl 7"));
    ask(&mut user);
    assert!(!log(&mut user).contains("A IN"), "the file reaches CoreDNS later");
    after(&mut user, 90);
    assert!(log(&mut user).contains("[INFO] Reloading\n[INFO] Reloading complete\n"));
    ask(&mut user);
    let logged = log(&mut user);
    let address = user.run("kubectl get pod dnsutils -o jsonpath='{.status.podIP}'", "");
    let line = logged.lines().find(|line| line.contains("\"A IN kubernetes.default")).unwrap_or_default();
    assert!(line.starts_with(&format!("[INFO] {address}:")), "{logged}");
    // 54 and 106 bytes: the guide's own line for this name.
    let asked = "\"A IN kubernetes.default.svc.cluster.local. udp 54 false 512\" NOERROR qr,aa,rd 106 0.000";
    assert!(line.contains(asked), "{line}");
    let dig =
        user.run("kubectl exec dnsutils -- dig +noall +answer kubernetes.default.svc.cluster.local", "");
    assert_eq!(dig.split_whitespace().skip(1).collect::<Vec<_>>(), ["7", "IN", "A", "10.200.0.1"], "{dig}");
    change(&mut user, &corefile.replace("    errors", "    lok"));
    after(&mut user, 90);
    let refused =
        "[ERROR] Restart failed: /etc/coredns/Corefile:2 - Error during parsing: Unknown directive 'lok'";
    assert!(log(&mut user).contains(refused));
    assert!(ask(&mut user).contains("10.200.0.1"), "the old one goes on");
}

#[test]
fn a_pod_of_them_that_is_deleted_is_made_again() {
    let mut user = User::new();
    let deleted = user.run("kubectl delete pods -n kube-system -l k8s-app=kube-dns", "");
    assert_eq!(deleted.lines().count(), 2, "{deleted}");
    after(&mut user, 60);
    let pods = user.run("kubectl get pods -n kube-system -l k8s-app=kube-dns", "");
    assert_eq!(column(&pods, 1), ["1/1"; 2], "{pods}");
}

/// The output that guides show of images before BusyBox 1.29 (networking/nslookup.c: print_host).
#[test]
fn old_busybox_has_its_own_nslookup() {
    let mut user = User::new();
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: old}\nspec:\n  containers: [{name: old, image: 'busybox:1.28', \
        command: [sleep, '3600']}]\n";
    user.run("kubectl apply -f -", pod);
    user.run("kubectl wait --for=condition=ready pod/old", "");
    let server = "Server:    10.200.1.10\nAddress 1: 10.200.1.10 kube-dns.kube-system.svc.cluster.local\n\n";
    let found = user.run("kubectl exec old -- nslookup kubernetes.default", "");
    let name = "Name:      kubernetes.default\nAddress 1: 10.200.0.1 kubernetes.default.svc.cluster.local\n";
    assert_eq!(found, [server, name].concat());
    let lost = user.run("kubectl exec old -- nslookup nobody", "");
    let why = "!nslookup: can't resolve 'nobody'\ncommand terminated with exit code 1\n";
    assert_eq!(lost, [server, why].concat());
}

#[test]
fn drain_meets_them_though_nobody_has_looked() {
    let mut user = User::new();
    let refused = user.run("kubectl drain chhan-k8s-2", "");
    let why =
        "cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore): kube-system/kube-proxy-";
    assert!(refused.starts_with("node/chhan-k8s-2 cordoned\n!error: unable to drain node"), "{refused}");
    assert!(refused.contains(why), "{refused}");
    let drained = user.run("kubectl drain chhan-k8s-3 --ignore-daemonsets", "");
    assert!(
        drained.contains("!Warning: ignoring DaemonSet-managed Pods: kube-system/kube-proxy-"),
        "{drained}"
    );
    assert!(drained.ends_with("node/chhan-k8s-3 drained\n"), "{drained}");
    // CoreDNS came with the first node: it has to go elsewhere.
    let first = user.run("kubectl drain chhan-k8s-1 --ignore-daemonsets --delete-emptydir-data", "");
    assert!(first.contains("evicting pod kube-system/coredns-"), "{first}");
}
