//! `kubesim why`: what is said of a real cluster's state, and its exit codes.

use crate::program::{run, run_with};
use serde_json::Value;

fn state(name: &str) -> String {
    format!("{}/../kubesim/tests/golden/states/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn text(name: &str) -> String {
    std::fs::read_to_string(state(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn the_exit_code_says_how_it_stands() {
    for (name, code) in [
        ("seed-at-rest.yaml", 0),
        ("orphaned-pods.yaml", 0),
        ("mid-rollout-init.yaml", 1),
        ("not-ready-behind-headless.yaml", 1),
        ("service-name-matches-no-service.yaml", 1),
        ("stuck-bad-image.yaml", 2),
        ("held-by-partition.yaml", 2),
    ] {
        assert_eq!(run(&["why", &state(name)]).0, code, "{name}");
        assert_eq!(run_with(&text(name), &["why", "-"]).0, code, "{name}, from a pipe");
    }
}

#[test]
fn a_stuck_set_is_explained_with_what_helps() {
    let (code, out, _) = run(&["why", "-o", "json", &state("stuck-bad-image-after-undo.yaml")]);
    let report: Value = serde_json::from_str(&out).expect("JSON");
    let set = &report["sets"][0];
    assert_eq!((code, set["outlook"].as_str()), (2, Some("stuck")));
    assert_eq!(set["blocking"]["name"], "flask-2");
    assert_eq!(set["blocking"]["reason"], "ImagePullBackOff");
    assert_eq!(set["remedy"], "kubectl delete pod flask-2");
    let (_, out, _) = run(&["why", &state("pod-held-by-finalizer.yaml")]);
    assert!(out.contains("finalizer example.com/backup"), "{out}");
}

/// A wrong command line is no set that does not go on.
#[test]
fn a_wrong_command_line_has_its_own_code() {
    for args in [&["why"][..], &["why", "--nonsense", "x"], &["plan", "x"]] {
        let (code, out, said) = run(args);
        assert_eq!((code, &*out), (64, ""), "{args:?}");
        assert!(said.contains("Usage:"), "{said}");
    }
    assert_eq!(run(&["why", "--help"]).0, 0);
    assert_eq!(run(&["draw", "--nonsense"]).0, 2);
}

/// A recording has a why at each moment, and no other moments.
#[test]
fn a_recording_is_explained_at_the_moment_asked_for() {
    let recording = state("../recordings/stuck-update-undo-delete.tsv");
    assert_eq!(run(&["why", &recording, "--at", "0"]).0, 0);
    let (code, out, _) = run(&["why", &recording, "--at", "20"]);
    assert!(code == 2 && out.contains("flask-2"), "{code}: {out}");
    let (code, _, said) = run(&["why", &recording, "--at", "100000"]);
    assert!(code == 3 && said.contains("the recording ends after"), "{said}");
    let (code, _, said) = run(&["why", &state("seed-at-rest.yaml"), "--at", "5"]);
    assert!(code == 3 && said.contains("single state"), "{said}");
}

/// A later state says what moved; one of another cluster, or an older one, is none.
#[test]
fn a_later_state_says_what_moved() {
    let (before, after) = (state("stuck-bad-image.yaml"), state("stuck-bad-image-after-undo.yaml"));
    let (code, out, said) = run(&["why", &before, "--later", &before]);
    assert!(code == 2 && out.contains("nothing in 0s: it still waits"), "{out}{said}");
    let recording = state("../recordings/scale-3-5-2.tsv");
    let (code, _, said) = run(&["why", &before, "--later", &recording]);
    assert!(code == 3 && (said.contains("another one") || said.contains("older")), "{said}");
    let (code, _, said) = run(&["why", &after, "--later", &state("seed-at-rest.yaml")]);
    assert!(code == 3 && (said.contains("another one") || said.contains("older")), "{said}");
}

/// Each wrong form has its own answer, and the exit code of what can't be read.
#[test]
fn what_is_no_state_is_answered() {
    let whole = text("seed-at-rest.yaml");
    let cut: String = whole.lines().take(400).map(|line| [line, "\n"].concat()).collect();
    let cut_json: String = text("seed-at-rest.json").chars().take(30_000).collect();
    let twice = whole.replace("      uid: ", "      old: ").replacen("  kind: List", "", 1);
    let other_cluster = format!("{whole}---\n{}", whole.replace("uid: ", "uid: 1"));
    let old_version = whole
        .replace("apiVersion: apps/v1\n  kind: StatefulSet", "apiVersion: apps/v1beta2\n  kind: StatefulSet");
    let hostile = whole.replace("replicas: 3\n", "replicas: 2147483647\n");
    let nameless = whole.replace("    name: flask\n", "    name: '***REDACTED***'\n");
    let cases = [
        ("NAME      READY   AGE\nflask     3/3     40s\n", "-o yaml"),
        ("NAMESPACE   NAME      READY   STATUS\nshop   a   1/1  Running\n", "-o yaml"),
        ("Name:               flask\nNamespace: default\n", "kubectl describe"),
        ("Error from server (Forbidden): nodes is forbidden\n", "nodes is forbidden"),
        (&*cut, "cut off at line 400"),
        (&*cut_json, "cut off"),
        ("apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Values.name }}\n", "helm template"),
        (
            "{\"kind\": \"NodeList\"}\n{\"kind\": \"PodList\"}\n{\"kind\": \"ReplicationControllerList\"}\n",
            "cluster-info dump",
        ),
        (
            "# my pods\n$ kubectl describe sts flask\nName:               flask\nNamespace: default\n",
            "kubectl describe",
        ),
        ("# my pods\nNAME      READY   AGE\nflask     3/3     40s\n", "-o yaml"),
        (
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n- a.yaml\n",
            "kubectl kustomize",
        ),
        ("<!DOCTYPE html><html>502 Bad Gateway</html>\n", "no object of Kubernetes"),
        ("-----BEGIN PGP MESSAGE-----\nabc\n", "encrypted"),
        (
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  containers: [{name: a, image: b}]\n",
            "manifest",
        ),
        ("", "empty"),
        ("apiVersion: v1\nkind: [\n", "cut off"),
        ("just words, and: nothing: else\n", "line 1"),
        (&*other_cluster, "two clusters"),
        ("statefulset.apps/flask\npod/flask-0\n", "-o yaml"),
        ("flask-0   1/1   Running   0     2d\n", "-o yaml"),
        ("$ kubectl get pods\nError from server (Forbidden): pods is forbidden\n", "pods is forbidden"),
        (&*old_version, "StatefulSet/flask, apps/v1beta2 StatefulSet (Kubernetes 1.36 does not serve it)"),
        (&*hostile, "spec.replicas"),
        (&*nameless, "names taken out"),
    ];
    for (given, said) in cases {
        let (code, out, err) = run_with(given, &["why", "-"]);
        let begin: String = given.chars().take(60).collect();
        assert!(err.contains(said), "{begin:?}: {err}");
        assert_eq!((code, &*out), (3, ""), "{begin:?}");
    }
    assert_eq!(run(&["why", "/nowhere/state.yaml"]).0, 3);
    // A file without uids of its owners is read all the same.
    assert!(run_with(&twice, &["why", "-"]).0 < 4);
}

/// What a terminal shows is read as it was copied: with the command, and with what kubectl said of kinds that it could not get. So is
/// what PowerShell wrote.
#[test]
fn what_was_copied_with_more_is_read() {
    let whole = text("seed-at-rest.yaml");
    let (_, plain, _) = run_with(&whole, &["why", "-"]);
    let error =
        "Error from server (Forbidden): nodes is forbidden: User \"dev\" cannot list resource \"nodes\"\n";
    let before =
        ["$ kubectl get sts,pods -o yaml\n", "Warning: v1 Endpoints is deprecated\n", error].concat();
    let json = text("seed-at-rest.json");
    for given in [
        [&*before, &whole].concat(),
        [&*before, &json].concat(),
        [error, "\n", &whole].concat(),
        [&*whole, error].concat(),
        whole.replace('\n', "\r\n"),
        ["\u{feff}", &whole].concat(),
    ] {
        let begin: String = given.chars().take(60).collect();
        assert_eq!(run_with(&given, &["why", "-"]).1, plain, "{begin}");
    }
    let folder = std::env::temp_dir().join(format!("kubesim-why-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("shop.yaml");
    let bytes: Vec<u8> =
        "\u{feff}".encode_utf16().chain(whole.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    std::fs::write(&file, bytes).expect("a file");
    assert_eq!(run(&["why", file.to_str().expect("a path")]).1, plain);
    let _ = std::fs::remove_dir_all(folder);
}

/// Without the set nothing is said to have happened to it.
#[test]
fn pods_without_their_set_do_not_tell_that_it_is_gone() {
    let (code, out, err) =
        run(&["why", &state("seed-at-rest.file-pods.yaml"), &state("seed-at-rest.file-pvc.yaml")]);
    assert!(
        out.contains("StatefulSet/flask is not in the state") && !out.contains("gone"),
        "{code} {out} {err}"
    );
    let (_, out, _) = run(&["why", &state("orphaned-pods.yaml")]);
    assert!(out.contains("its pods have stayed"), "{out}");
}

/// What is not used is counted, not refused.
#[test]
fn what_is_left_out_is_said() {
    let (code, _, err) = run(&["why", &state("shop.everything.yaml")]);
    assert_eq!(code, 1);
    for said in ["1 Secrets' data", "2 ConfigMaps' data", "values of environment variables", "NetworkPolicy"]
    {
        assert!(err.contains(said), "{said}: {err}");
    }
    let custom = "---\napiVersion: example.com/v1\nkind: Database\nmetadata:\n  name: a\n  uid: b\n";
    let (code, _, err) = run_with(&(text("seed-at-rest.yaml") + custom), &["why", "-"]);
    assert_eq!(code, 0);
    assert!(err.contains("example.com/v1 Database (Kubernetes 1.36 does not serve it)"), "{err}");
}

/// What would take long to be read is left out if sets can do without it, and else refused.
#[test]
fn what_is_too_long_is_left_out_or_refused() {
    let whole = text("seed-at-rest.yaml");
    let many: String = (0..25_000).map(|n| format!("    key-{n}: value\n")).collect();
    let config =
        ["---\napiVersion: v1\ndata:\n", &many, "kind: ConfigMap\nmetadata:\n  name: big\n  uid: c\n"]
            .concat();
    let (code, _, err) = run_with(&[&*whole, &*config].concat(), &["why", "-"]);
    assert!(code == 0 && err.contains("ConfigMap/big (too long to be read)"), "{code} {err}");
    let pod =
        ["---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: big\n  uid: p\n  labels:\n", &many].concat();
    let (code, _, err) = run_with(&[&*whole, &*pod].concat(), &["why", "-"]);
    assert!(code == 3 && err.contains("one document of 0."), "{code} {err}");
    // YAML as nobody's kubectl writes it.
    let flow: String = (0..20_000).map(|n| format!("k{n}: v, ")).collect();
    let by_hand =
        format!("---\napiVersion: v1\nkind: Pod\nmetadata: {{name: a, uid: b, labels: {{{flow}}}}}\n");
    let (code, _, err) = run_with(&[&*whole, &*by_hand].concat(), &["why", "-"]);
    assert!(code == 3 && err.contains("one document of 0."), "{code} {err}");
}
