//! Containers as people write them: scripts that wait for servers, exec with standard input, signals, users.

use crate::screen;
use kubesim::{Input, Options, SimTime, Span, Story};

const MANIFEST: &str = "\
apiVersion: v1
kind: Service
metadata: {name: db}
spec:
  selector: {app: db}
  ports: [{port: 5432}]
---
apiVersion: v1
kind: Pod
metadata: {name: app}
spec:
  initContainers:
  - name: wait
    image: busybox:1.36
    command: [sh, -c, 'until nc -z db 5432; do echo waiting; sleep 2; done; echo up']
  containers:
  - {name: app, image: 'nginx:1.27', ports: [{containerPort: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: script}
spec:
  containers:
  - name: main
    image: bash:5
    command: [bash, -c, 'trap \"echo bye; exit 3\" TERM; declare -A m=([a]=1); echo ${m[a]}; while :; do sleep 1; done']
---
apiVersion: v1
kind: Pod
metadata: {name: doubt}
spec:
  restartPolicy: Never
  containers:
  - name: main
    image: example/tools:1
    command: [sh, -c, 'until frobctl ready; do sleep 5; done; echo never']
";

const DATABASE: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: db, labels: {app: db}}
spec:
  containers:
  - {name: db, image: 'postgres:17', ports: [{containerPort: 5432}]}
";

fn story() -> Story {
    let mut story = Story::new(Options::default());
    story.input(Input::Apply(MANIFEST.into()));
    story.run_until(SimTime(60_000));
    story
}

/// What the terminal shows in these seconds after a line was typed, without the line and the prompt.
fn answer(story: &mut Story, line: &str, seconds: i64) -> String {
    screen::answer(story, line, seconds).trim_end_matches("$ ").to_string()
}

#[test]
fn a_script_waits_until_a_ready_pod_declares_the_port() {
    let mut story = story();
    let log = answer(&mut story, "kubectl logs app -c wait | sort | uniq -c | wc -l", 0);
    assert_eq!(log, "1\n", "it only waits");
    story.input(Input::Apply(DATABASE.into()));
    story.run_until(story.now() + Span::seconds(30));
    assert_eq!(answer(&mut story, "kubectl logs app -c wait | tail -n1", 0), "up\n");
    assert!(answer(&mut story, "kubectl get pod app --no-headers", 0).contains("1/1"));
    for (command, said) in [
        ("pg_isready -h db", "db:5432 - accepting connections\n"),
        ("psql -h db -U postgres -tAc 'SELECT 1'", "1\n"),
        ("bash -c '</dev/tcp/db/5432 && echo open'", "open\n"),
        (
            "sh -c 'redis-cli -h db ping || echo down'",
            "Could not connect to Redis at db:6379: Connection timed out\ndown\n",
        ),
        (
            "sh -c 'mysqladmin ping -h nowhere 2>&1 | head -n 2 | tail -n 1'",
            "error: 'Unknown MySQL server host 'nowhere' (-2)'\n",
        ),
    ] {
        assert_eq!(
            answer(&mut story, &format!("kubectl exec app -c app -- {command}"), 0),
            said,
            "{command}"
        );
    }
}

#[test]
fn what_is_not_known_is_not_true() {
    let mut story = story();
    let log = answer(&mut story, "kubectl logs doubt", 0);
    assert_eq!(log, "[not simulated: frobctl ready]\n", "it is told once, and the loop goes on waiting");
    assert!(answer(&mut story, "kubectl get pod doubt --no-headers", 0).contains("Running"));
}

#[test]
fn standard_input_reaches_a_command_in_a_container() {
    let mut story = story();
    assert_eq!(answer(&mut story, "echo hello | kubectl exec -i script -- cat", 0), "hello\n");
    assert_eq!(answer(&mut story, "kubectl exec -i script -- tr a-z A-Z <<< shout", 0), "SHOUT\n");
    assert_eq!(answer(&mut story, "printf 'echo a\\necho b\\n' | kubectl exec -i script -- sh", 0), "a\nb\n");
}

#[test]
fn a_signal_for_the_first_process_ends_the_container_as_its_trap_has_it() {
    let mut story = story();
    assert_eq!(answer(&mut story, "kubectl logs script", 0), "1\n");
    answer(&mut story, "kubectl exec script -- kill 1", 5);
    let shown = answer(
        &mut story,
        "kubectl get pod script -o jsonpath='{.status.containerStatuses[0].lastState.terminated.exitCode}'",
        30,
    );
    assert_eq!(shown.trim(), "3");
    assert_eq!(answer(&mut story, "kubectl logs -p script", 0), "1\nbye\n");
}

const UNKNOWN: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: steps}
spec:
  restartPolicy: Never
  containers:
  - name: main
    image: example/tools:1
    command: [sh, -ec, 'frobnicate /data; frobnicate /data; until frobctl up; do sleep 1; [ -e /stop ] || touch /stop; break; done; echo on']
---
apiVersion: v1
kind: Pod
metadata: {name: server}
spec:
  containers:
  - {name: main, image: 'example/server:1', command: [server, --port=80]}
---
apiVersion: v1
kind: Pod
metadata: {name: entry}
spec:
  containers:
  - {name: main, image: 'example/server:1', command: [sh, -c, 'echo begin; exec server']}
";

/// A pod's STATUS, and what of its commands is named as not simulated, in a world where such commands fail or do not.
fn unknown(fails: bool, pod: &str) -> (String, Vec<String>) {
    let mut story = Story::new(Options { unknown_fails: fails, ..Options::default() });
    story.input(Input::Apply(UNKNOWN.into()));
    story.run_until(SimTime(60_000));
    let store = story.cluster.api.store();
    let pod = store.find(kubesim::Kind::Pod, "default", pod).expect("the pod is there");
    let named = kubesim::kubelet::not_simulated(store, pod.meta.uid);
    let named = named.iter().flat_map(|(_, commands)| commands.iter().map(|command| command.to_string()));
    (kubesim::kubectl::printers::pod_status(pod.pod(), &pod.meta), named.collect())
}

#[test]
fn what_is_not_simulated_is_kept_beside_the_pod() {
    let both = ["frobnicate /data", "frobctl up"].map(String::from).to_vec();
    assert_eq!(unknown(false, "steps"), ("Completed".into(), both));
    assert_eq!(unknown(true, "steps"), ("Error".into(), vec!["frobnicate /data".into()]));
    for fails in [false, true] {
        assert_eq!(unknown(fails, "server"), ("Running".into(), Vec::new()), "that is assumed of the image");
        assert_eq!(unknown(fails, "entry"), ("Running".into(), vec!["server".into()]), "a script's server");
    }
}

#[test]
fn a_container_waits_until_the_one_before_has_started_with_its_hook() {
    let manifest = "\
apiVersion: v1
kind: Pod
metadata: {name: order}
spec:
  containers:
  - {name: first, image: 'busybox:1.36', command: [sleep, '3600'], lifecycle: {postStart: {exec: {command: [sleep, '8']}}}}
  - {name: second, image: 'nginx:1.28'}
---
apiVersion: v1
kind: Pod
metadata: {name: missing}
spec:
  containers:
  - {name: first, image: 'example/gone:1'}
  - {name: second, image: 'nginx:1.28'}
";
    let world = Options { gone_images: vec!["example/gone:1".into()], ..Options::default() };
    let mut story = Story::new(world);
    story.input(Input::Apply(manifest.into()));
    story.run_until(SimTime(60_000));
    let store = story.cluster.api.store();
    let pod = store.find(kubesim::Kind::Pod, "default", "order").expect("the pod is there");
    let started: Vec<i64> = pod
        .pod()
        .status
        .container_statuses
        .iter()
        .map(|status| match status.state {
            kubesim::api::pod::ContainerState::Running { started_at } => started_at.0,
            _ => panic!("{} does not run", status.name),
        })
        .collect();
    assert!(started[1] - started[0] >= 8_000, "{started:?}");
    let other = store.find(kubesim::Kind::Pod, "default", "missing").expect("the pod is there");
    let ready: Vec<bool> = other.pod().status.container_statuses.iter().map(|status| status.ready).collect();
    assert_eq!(ready, [false, true], "an image that can't be had holds up nobody else");
}

/// A command that is a path is looked for from the working directory, as runc does it.
#[test]
fn a_relative_path_is_seen_from_the_working_directory() {
    let mut story = Story::new(Options::default());
    let pod = |name: &str, command: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec:\n  restartPolicy: Never\n  containers:\n  - {{name: c, image: 'busybox:1.28', workingDir: /bin, command: {command}}}\n---\n"
        )
    };
    let text = [
        pod("missing", "[./start]"),
        pod("below", "[../opt/start.sh, --now]"),
        pod("there", "[./sh, -c, echo here]"),
        pod("script", "[sh, -c, './start.sh; ../nowhere/x; echo $?']"),
    ];
    story.input(Input::Apply(text.concat().into()));
    story.run_until(story.now() + Span::seconds(20));
    let state = |story: &mut Story, pod: &str| {
        let path = "{.status.containerStatuses[0].state}";
        answer(story, &format!("kubectl get pod {pod} -o jsonpath='{path}'"), 0)
    };
    let missing = state(&mut story, "missing");
    assert!(missing.contains("stat ./start: no such file or directory"), "{missing}");
    let below = state(&mut story, "below");
    assert!(below.contains("stat ../opt/start.sh: no such file or directory"), "{below}");
    // What is there is started; what it does by such a name is not known.
    assert_eq!(answer(&mut story, "kubectl logs there", 0), "[not simulated: ./sh -c echo here]\n");
    let script = answer(&mut story, "kubectl logs script", 0);
    assert!(script.contains("./start.sh: not found") && script.ends_with("127\n"), "{script}");
}

#[test]
fn a_pod_is_made_in_a_namespace_of_the_same_apply() {
    let mut story = Story::new(Options::default());
    story.input(Input::Apply(
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: fresh}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: p, \
         namespace: fresh}\nspec: {containers: [{name: c, image: 'nginx:1.28'}]}\n"
            .into(),
    ));
    story.run_until(SimTime(30_000));
    let store = story.cluster.api.store();
    assert!(store.find(kubesim::Kind::Pod, "fresh", "p").is_some_and(|pod| pod.pod().is_ready()));
}
