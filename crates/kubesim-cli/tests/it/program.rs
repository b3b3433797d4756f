//! The program `kubesim` as somebody uses it: what it prints where, and its exit code.

use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const SET: &str = "apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  serviceName: web
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: nginx, image: nginx}]
";

fn kubesim(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubesim"));
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What a run came to: the exit code, standard output, standard error.
fn ended(output: Output) -> (i32, String, String) {
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (output.status.code().expect("no signal ends it"), text(output.stdout), text(output.stderr))
}

pub fn run(args: &[&str]) -> (i32, String, String) {
    ended(kubesim(args).output().expect("it can be started"))
}

/// With this on standard input.
pub fn run_with(stdin: &str, args: &[&str]) -> (i32, String, String) {
    let mut child = kubesim(args).stdin(Stdio::piped()).spawn().expect("it can be started");
    child.stdin.take().expect("piped").write_all(stdin.as_bytes()).expect("it reads");
    ended(child.wait_with_output().expect("it ends"))
}

/// A file below the tests' folder, which each test has under its own names.
fn file(name: &str, text: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).expect("it can be written");
    path
}

fn path(path: &Path) -> &str {
    path.to_str().expect("text")
}

#[test]
fn help_and_version_are_asked_for() {
    let (code, help, remarks) = run(&["--help"]);
    assert_eq!((code, remarks.as_str()), (0, ""));
    for subcommand in ["run", "draw", "conformance", "fuzz", "completions"] {
        assert!(help.contains(&format!("\n  {subcommand} ")), "{help}");
        let (code, help, _) = run(&[subcommand, "--help"]);
        assert!(code == 0 && help.contains(&format!("Usage: kubesim {subcommand}")), "{help}");
    }
    let version = format!("kubesim {} (Kubernetes v1.36.2)\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(run(&["--version"]), (0, version, String::new()));
}

#[test]
fn a_wrong_command_line_is_2() {
    for (args, said) in [
        (&[][..], "Usage: kubesim <COMMAND>"),
        (&["rum"], "a similar subcommand exists: 'run'"),
        (&["run"], "required arguments were not provided:\n  <FILE>"),
        (&["run", "-", "--util", "3"], "a similar argument exists: '--until'"),
        (&["run", "-", "--until", "soon"], "invalid value 'soon' for '--until <SECONDS>'"),
        (&["run", "-", "-o", "xml"], "[possible values: text, json]"),
        (&["fuzz", "--target", "nothing"], "[possible values: manifest, command, dns, state]"),
        (&["completions", "csh"], "[possible values: bash, elvish, fish, powershell, zsh]"),
    ] {
        let (code, out, remarks) = run(args);
        assert_eq!((code, out.as_str()), (2, ""), "{args:?}");
        assert!(remarks.contains(said), "{args:?}: {remarks}");
    }
}

#[test]
fn shells_get_their_completions() {
    for (shell, line) in
        [("bash", "complete -F _kubesim"), ("zsh", "#compdef kubesim"), ("fish", "complete -c kubesim")]
    {
        let (code, script, remarks) = run(&["completions", shell]);
        assert!(code == 0 && remarks.is_empty() && script.contains(line), "{shell}: {script}");
        assert!(script.contains("conformance"), "{shell}: {script}");
    }
}

#[test]
fn a_story_goes_to_standard_output_and_remarks_to_standard_error() {
    let (code, story, remarks) = run_with(SET, &["run", "-"]);
    assert_eq!((code, remarks.as_str()), (0, "Kubernetes v1.36.2, simulated\n"));
    let lines: Vec<&str> = story.lines().collect();
    assert!(lines[0].ends_with("  kubectl apply -f -"), "{story}");
    for line in
        ["statefulset.apps/web created", "pod/web-1 Running Ready", "statefulset/web 2/2 ready, 2 available"]
    {
        assert!(lines.iter().any(|l| l.ends_with(line)), "{line}: {story}");
    }
    let listed = lines.iter().position(|l| l.ends_with("  kubectl get sts,pods,pvc,pv,svc -o wide"));
    assert!(
        lines[listed.expect("what is there in the end")..].iter().any(|l| l.starts_with("pod/web-0 ")),
        "{story}"
    );
    assert!(!story.contains("$ ") && !story.contains('\x1b'), "{story}");
}

#[test]
fn several_files_and_commands_are_taken_in_their_order() {
    let set = file("several-set.yaml", SET);
    let map = file("several-map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: first}\n");
    let (code, story, _) = run(&[
        "run",
        path(&map),
        path(&set),
        "--command",
        "kubectl scale sts web --replicas=1",
        "--command",
        "kubectl get pods -o name",
    ]);
    assert_eq!(code, 0, "{story}");
    let mut rest = story.as_str();
    for next in [
        "configmap/first created\n",
        "statefulset.apps/web created\n",
        "pod/web-1 Running Ready\n",
        "  kubectl scale sts web --replicas=1\n",
        "\nstatefulset.apps/web scaled\n",
        "pod/web-1 gone\n",
        "  kubectl get pods -o name\npod/web-0\n",
    ] {
        let at = rest.find(next).unwrap_or_else(|| panic!("{next:?} is not (or too early) in {story}"));
        rest = &rest[at + next.len()..];
    }
}

#[test]
fn a_failed_command_is_1_and_the_next_is_given() {
    let (code, story, remarks) = run_with(
        SET,
        &["run", "-", "--command", "kubectl get pod web-9", "--command", "kubectl get pods -o name"],
    );
    assert_eq!(code, 1);
    assert!(remarks.ends_with("\nError from server (NotFound): pods \"web-9\" not found\n"), "{remarks}");
    assert!(!story.contains("NotFound") && story.contains("\npod/web-1\n"), "{story}");
    let (code, ..) = run_with(SET, &["run", "-", "--command", "frobnicate"]);
    assert_eq!(code, 1);
}

#[test]
fn a_manifest_with_mistakes_is_refused_at_their_places() {
    let bad = file("mistakes.yaml", &SET.replace("replicas: 2", "replica: 2"));
    let (code, story, remarks) = run(&["run", path(&bad)]);
    assert_eq!((code, story.as_str()), (1, ""));
    assert!(remarks.ends_with(":6:3: error: unknown field \"spec.replica\"\n"), "{remarks}");
    let (code, story, remarks) = run_with("a: [", &["run", "-", "-o", "json"]);
    assert_eq!((code, story.as_str()), (1, ""));
    assert!(
        remarks.contains("\nSTDIN:2:1: error: error parsing STDIN: error converting YAML to JSON: yaml: "),
        "{remarks}"
    );
    // What only the cluster knows is refused by it.
    let elsewhere = SET.replace("{name: web}\nspec", "{name: web, namespace: nowhere}\nspec");
    let (code, _, remarks) = run_with(&elsewhere, &["run", "-"]);
    assert_eq!(code, 1);
    assert!(remarks.contains("namespaces \"nowhere\" not found"), "{remarks}");
}

#[test]
fn warnings_are_said_once_with_their_places() {
    let (code, _, remarks) = run_with(&SET.replace("replicas: 2", "revisionHistoryLimit: -1"), &["run", "-"]);
    assert_eq!(code, 0);
    let warning = "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended";
    assert_eq!(remarks, format!("Kubernetes v1.36.2, simulated\nSTDIN:6:25: warning: {warning}\n"));
}

#[test]
fn a_file_that_is_not_there_is_refused_in_kubectls_words() {
    let (code, out, remarks) = run(&["run", "no-such.yaml"]);
    assert_eq!(
        (code, out.as_str(), remarks.as_str()),
        (1, "", "error: the path \"no-such.yaml\" does not exist\n")
    );
}

#[test]
fn json_is_an_object_a_line_and_nothing_else() {
    let (code, story, remarks) = run_with(
        SET,
        &["run", "-", "-o", "json", "--command", "kubectl get pod web-0 web-9 -o name", "--stats"],
    );
    assert_eq!(code, 1);
    let fields = |type_name: &str| match type_name {
        "object" => &["change", "kind", "name", "namespace"][..],
        "event" => &["kind", "message", "name", "namespace", "reason"],
        "command" => &["command"],
        "output" => &["stream", "text"],
        "exit" => &["code"],
        other => panic!("{other}: {story}"),
    };
    let mut seen = std::collections::BTreeMap::new();
    let mut now = 0;
    for line in story.lines() {
        let mut object: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}"));
        let fields = fields(object["type"].as_str().expect("every object has a type"));
        let at = object["at_ms"].as_i64().expect("every object has a time");
        assert!(now <= at, "{line}");
        now = at;
        *seen.entry(object["type"].to_string()).or_insert(0) += 1;
        let object = object.as_object_mut().expect("an object");
        for common in ["at_ms", "type", "state"] {
            object.remove(common);
        }
        assert_eq!(object.keys().collect::<Vec<_>>(), fields, "{line}");
    }
    assert_eq!(seen.len(), 5, "{seen:?}");
    assert_eq!((seen["\"command\""], seen["\"exit\""]), (2, 2), "{story}");
    assert!(story.contains(r#""state":"Running Ready""#), "{story}");
    assert!(
        story.contains(r#"{"at_ms":"#) && story.contains(r#""stream":"stderr","text":"Error from server"#),
        "{story}"
    );
    let stats = remarks.lines().last().expect("remarks");
    let stats: Value = serde_json::from_str(stats).expect("--stats is JSON");
    assert!(
        stats["writes"].as_i64().is_some_and(|n| n > 50) && stats["peak_bytes"].as_i64().is_some(),
        "{stats}"
    );
}

#[test]
fn until_ends_the_story_at_a_moment() {
    let (code, story, _) = run_with(SET, &["run", "-", "-o", "json", "--until", "2"]);
    assert_eq!(code, 0);
    let last: Value = serde_json::from_str(story.lines().last().expect("a story")).expect("JSON");
    assert!(last["at_ms"].as_i64().is_some_and(|at| at <= 2_000), "{last}");
    assert!(!story.contains("Running Ready"), "{story}");
}

#[test]
fn a_command_that_goes_on_is_interrupted() {
    let (code, story, remarks) = run_with(SET, &["run", "-", "--command", "kubectl get pods -w"]);
    assert_eq!(code, 1);
    assert!(story.contains("\nweb-0 "), "{story}");
    assert!(remarks.ends_with("kubectl get pods -w: interrupted, it goes on after 3600 s\n"), "{remarks}");
}

/// Reads the first line and closes the pipe, as `| head -1` does.
fn first_line(args: &[&str], stdin: &str, all: bool) -> (i32, String) {
    let mut command = kubesim(args);
    let mut child = command.stdin(Stdio::piped()).spawn().expect("it can be started");
    if all {
        drop(child.stderr.take());
    }
    child.stdin.take().expect("piped").write_all(stdin.as_bytes()).expect("it reads");
    let mut line = String::new();
    let mut out = BufReader::with_capacity(1, child.stdout.take().expect("piped"));
    out.read_line(&mut line).expect("it prints a line");
    drop(out);
    let (code, _, remarks) = ended(child.wait_with_output().expect("it ends"));
    assert!(!line.is_empty(), "{remarks}");
    (code, remarks)
}

#[test]
fn a_closed_pipe_ends_it_quietly() {
    for args in [&["run", "-"][..], &["run", "-", "-o", "json"], &["completions", "bash"], &["--help"]] {
        let stdin = if args[0] == "run" { SET } else { "" };
        let (code, remarks) = first_line(args, stdin, false);
        assert_eq!(code, 0, "{args:?}: {remarks}");
        assert!(!remarks.contains("panicked") && !remarks.contains("error"), "{args:?}: {remarks}");
        assert_eq!(first_line(args, stdin, true).0, 0, "{args:?} 2>&1");
    }
}

#[test]
fn recordings_are_played_and_one_that_differs_is_1() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kubesim/tests/golden/validation");
    let recording = golden.join("replicas-octal-010.json");
    let (code, out, remarks) = run(&["conformance", path(&recording)]);
    assert_eq!((code, remarks.as_str()), (0, ""), "{out}");
    assert!(out.ends_with("\n1 passed, 0 failed, 0 skipped\n"), "{out}");
    let text = std::fs::read_to_string(&recording).expect("a recording");
    let mut tree: Value = serde_json::from_str(&text).expect("JSON");
    tree["exit_code"] = 7.into();
    let other = file("differs.json", &tree.to_string());
    let (code, out, _) = run(&["conformance", path(&other)]);
    assert!(code == 1 && out.contains("FAILED") && out.contains("expected:\n        7"), "{out}");
    let (code, quiet, _) = run(&["conformance", "--quiet", path(&other)]);
    assert!(code == 1 && quiet.contains("FAILED") && !quiet.contains("expected:"), "{quiet}");
    let (code, out, remarks) = run(&["conformance", "no-such-folder"]);
    assert!(code == 1 && out.is_empty() && remarks.starts_with("error: no-such-folder: "), "{remarks}");
}

#[test]
fn a_few_cases_are_fuzzed() {
    let (code, out, remarks) = run(&["fuzz", "--cases", "2", "--target", "dns", "--seed", "3"]);
    assert_eq!((code, remarks.as_str()), (0, ""), "{out}");
    assert!(
        out.contains("dns              100 cases\nstate              0 cases\nseed 3, 0 found, "),
        "{out}"
    );
}

#[test]
fn the_world_is_set_by_flags_and_by_a_file() {
    let nodes = ["--node", "a,cpu=8,zone=z1,taint=gpu=yes:NoSchedule", "--node", "b,memory=16Gi"];
    let (code, story, remarks) =
        run_with(SET, &[&["run", "-", "--class", "gp3=ebs.csi.aws.com"], &nodes[..]].concat());
    assert_eq!(code, 0, "{remarks}");
    let running = story.lines().filter(|line| line.contains("1/1") && line.contains("Running"));
    assert_eq!(running.filter(|line| line.contains(" b ")).count(), 2, "{story}");
    let world = file("world.json", r#"{"nodes": 2, "goneImages": ["nginx"]}"#);
    let world = path(&world);
    let (_, story, _) = run_with(SET, &["run", "-", "--world", world, "--nodes", "3", "--until", "60"]);
    assert!(story.contains("ImagePull"), "{story}");
    let (_, story, _) =
        run_with(SET, &["run", "-", "--nodes", "3", "--command", "kubectl get nodes -o name"]);
    assert!(story.contains("node/node-3") && !story.contains("node/node-4"), "{story}");
    for (flags, why) in [
        (["--nodes", "0"], "nodes: 1 to 200 are expected"),
        (["--gate", "Other"], "gates: unknown field \"Other\""),
        (["--delay", "imagePull=soon"], "delays.imagePull: milliseconds"),
        (["--node", "a,cpu=many"], "nodes[0].cpu: a whole number"),
        (["--class", "gp3"], "--class gp3: NAME=VALUE is expected"),
        (["--world", "/there/is/none.json"], "/there/is/none.json: "),
    ] {
        let (code, _, remarks) = run_with(SET, &[&["run", "-"], &flags[..]].concat());
        assert_eq!(code, 1, "{flags:?}: {remarks}");
        assert!(remarks.contains(why), "{flags:?}: {remarks}");
    }
}

#[test]
fn a_moment_is_drawn_as_svg_and_as_pixels() {
    let manifest = file("draw.yaml", SET);
    let (code, svg, remarks) =
        run(&["draw", path(&manifest), "--at", "4s", "--width", "480", "--theme", "dark"]);
    assert_eq!((code, remarks.as_str()), (0, ""));
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n") && svg.contains("width=\"480\""), "{svg}");
    assert!(svg.contains(">0:04.0<") && !svg.contains("prefers-color-scheme"), "{svg}");
    let png = file("draw.png", "");
    let drawn = ["draw", path(&manifest), "--at", "1m", "--width", "480", "--scale", "2", "-o", path(&png)];
    assert_eq!(run(&drawn).0, 0);
    let bytes = std::fs::read(&png).expect("it was written");
    // The signature, and the width of the first chunk.
    assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
    assert_eq!(bytes[16..20], 960u32.to_be_bytes());
}

#[test]
fn a_stretch_is_drawn_as_a_film() {
    let manifest = file("film.yaml", SET);
    let command = "@2s kubectl scale sts web --replicas=1";
    let stretch =
        ["draw", path(&manifest), "--command", command, "--from", "0", "--to", "4s", "--width", "240"];
    let (code, svg, _) = run(&stretch);
    assert!(code == 0 && svg.contains("@keyframes") && svg.contains(">scale sts"), "{svg}");
    let gif = file("film.gif", "");
    assert_eq!(run(&[&stretch[..], &["-o", path(&gif)]].concat()).0, 0);
    let bytes = std::fs::read(&gif).expect("it was written");
    assert!(bytes.starts_with(b"GIF89a") && bytes.len() > 2_000, "{} bytes", bytes.len());
}

#[test]
fn what_cannot_be_drawn_is_said() {
    let manifest = file("undrawn.yaml", SET);
    for (args, status, said) in [
        (&["--at", "soon"][..], 2, "\"soon\" is no time: such as 14s, 1m5s or 800ms is expected"),
        (&["--from", "3s"], 2, "--to <TIME>"),
        (&["--at", "3s", "-o", "x.jpg"], 1, "error: x.jpg: .svg, .png or .gif is expected"),
        (&["--at", "3s", "-o", "x.gif"], 1, "error: a .gif shows a stretch: --from and --to"),
        (&["--to", "3s", "-o", "x.png"], 1, "error: a .png shows a moment: --at, not --from and --to"),
        (&["--width", "12"], 2, "12 is not in 240..=4000"),
        (&["--command", "@soon true"], 2, "\"soon\" is no time"),
    ] {
        let (code, out, remarks) = run(&[&["draw", path(&manifest)], args].concat());
        assert!(code == status && remarks.contains(said), "{args:?}: {code} {remarks}");
        assert_eq!(out, "", "{args:?}");
    }
    let (code, out, remarks) = run_with("apiVersion: v1\nkind: Pod\n", &["draw", "-"]);
    assert!(code == 1 && out.is_empty() && remarks.contains("error"), "{remarks}");
}

/// What is drawn for the documentation: a line for each picture, its file and how it is drawn.
const PICTURES: &str = include_str!("../../../../docs/pictures.txt");

#[test]
fn the_documentations_pictures_are_what_is_drawn() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let lines = PICTURES.lines().filter(|line| !line.starts_with('#'));
    for line in lines {
        let (picture, args) = line.split_once(": ").expect("a file and arguments");
        let args: Vec<&str> = args
            .split('\'')
            .enumerate()
            .flat_map(|(n, part)| match n % 2 {
                0 => part.split_whitespace().collect(),
                _ => vec![part],
            })
            .collect();
        // The format follows from the file's name.
        let name = Path::new(picture).file_name().expect("a file").to_string_lossy();
        let to = std::env::temp_dir().join(format!("ordinal-drawn-{}-{name}", std::process::id()));
        let mut draw = kubesim(&[]);
        draw.arg("draw").args(&args).arg("--output").arg(&to).current_dir(&root);
        let (code, _, remarks) = ended(draw.output().expect("it can be started"));
        assert_eq!(code, 0, "{picture}: {remarks}");
        let drawn = std::fs::read(&to).expect("it is drawn");
        std::fs::remove_file(&to).expect("it goes");
        let kept = std::fs::read(root.join(picture)).expect("it is there");
        // Of a PNG the head, in which its size stands: the letters are the machine's.
        let compared = if picture.ends_with(".png") { 24 } else { usize::MAX };
        let of = |bytes: &[u8]| bytes[..bytes.len().min(compared)].to_vec();
        assert!(
            of(&drawn) == of(&kept),
            "{picture} is not what is drawn now: cargo xtask pictures draws it again"
        );
    }
    assert!(PICTURES.contains(": "), "there are pictures");
}
