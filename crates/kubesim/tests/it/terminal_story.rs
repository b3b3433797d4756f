//! The terminal as somebody types at it: in a debug pod, and on the laptop.

use crate::screen::answer;
use kubesim::{Input, Options, SimTime, Story};

const SEED: &str = include_str!("../seed.yaml");
const DEBUG_POD: &str = "kubectl run -ti --rm --image=nicolaka/netshoot testpod1 -- zsh";

/// The seed, all Ready.
fn seed() -> Story {
    let mut story = Story::new(Options::default());
    story.input(Input::Apply(SEED.into()));
    story.run_until(SimTime(120_000));
    story
}

#[track_caller]
fn check(story: &mut Story, line: &str, expect: &str) {
    let shown = answer(story, line, 0);
    let shown = shown.rsplit_once('\n').map_or("", |(shown, _prompt)| shown);
    assert_eq!(shown, expect.trim_end_matches('\n'), "{line}");
}

#[test]
fn a_debug_pod_reaches_pods_and_services() {
    let mut story = seed();
    let shown = answer(&mut story, DEBUG_POD, 10);
    assert!(shown.ends_with("testpod1  ~  "), "{shown:?}");
    check(&mut story, "curl -s flask-1.flask", "flask-1");
    check(&mut story, "curl flask-9.flask", "curl: (6) Could not resolve host: flask-9.flask");
    check(
        &mut story,
        "curl flask-0.flask:81",
        "curl: (7) Failed to connect to flask-0.flask port 81 after 0 ms: Could not connect to server",
    );
    check(
        &mut story,
        "for i in 0 1 2; do wget -qO- http://flask-$i.flask; done",
        "flask-0\nflask-1\nflask-2",
    );
    check(&mut story, "echo $(hostname) | tee /tmp/x; cat /tmp/x", "testpod1\ntestpod1");
    let shown = answer(&mut story, "ping -c 3 flask-0.flask", 5);
    assert_eq!(
        shown.matches("64 bytes from flask-0.flask.default.svc.cluster.local (").count(),
        3,
        "{shown}"
    );
    assert!(shown.contains("3 packets transmitted, 3 received, 0% packet loss, time 2000ms"), "{shown}");
    let shown = answer(&mut story, "ping flask-0.flask", 5);
    assert!(shown.lines().count() >= 5, "a line a second: {shown}");
    story.input(Input::Interrupt);
    let shown = answer(&mut story, "df -h", 0);
    assert!(shown.starts_with("Filesystem") && shown.contains("overlay"), "{shown}");
    let shown = answer(&mut story, "ps", 0);
    assert!(shown.contains("    1 root      0:00 zsh"), "{shown}");
    let shown = answer(&mut story, "hostname -i; env | grep ^HOSTNAME", 0);
    assert!(shown.starts_with("172.16.") && shown.contains("HOSTNAME=testpod1"), "{shown}");
    let shown = answer(&mut story, "helm ls", 0);
    assert!(shown.contains("command not found: helm\n(this container has cat, curl, "), "{shown}");
    let shown = answer(&mut story, "exit 0", 15);
    assert!(shown.contains("pod \"testpod1\" deleted"), "{shown}");
}

#[test]
fn busybox_has_its_own_tools_and_not_the_others() {
    let mut story = seed();
    answer(&mut story, "kubectl run -ti --rm --image=busybox bb -- sh", 10);
    check(&mut story, "wget -qO- flask-2.flask", "flask-2");
    check(&mut story, "wget -qO- nope", "wget: bad address 'nope'");
    let shown = answer(&mut story, "dig flask", 0);
    assert!(shown.starts_with("sh: dig: not found\n"), "{shown}");
    let shown = answer(&mut story, "ping -c 1 flask-0.flask", 1);
    assert!(shown.contains("): 56 data bytes\n64 bytes from 172.16.") && shown.contains("seq=0"), "{shown}");
}

#[test]
fn a_service_with_an_address_is_one_of_its_pods() {
    let mut story = Story::new(Options::default());
    story.input(Input::Apply(SEED.replace("clusterIP: None", "type: ClusterIP").into()));
    story.run_until(SimTime(120_000));
    answer(&mut story, DEBUG_POD, 10);
    let shown = answer(&mut story, "for i in 1 2 3 4 5 6 7 8 9; do curl -s flask; done", 0);
    let pods: Vec<&str> = shown.lines().filter(|l| l.starts_with("flask-")).collect();
    assert_eq!(pods.len(), 9, "{shown}");
    assert!(pods.iter().any(|p| *p != pods[0]), "{pods:?}");
}

#[test]
fn on_the_laptop_commands_go_on_until_ctrl_c() {
    let mut story = seed();
    let shown = answer(&mut story, "watch -n 5 kubectl get pods", 12);
    assert_eq!(shown.matches("\x1b[2J").count(), 3, "at 0, 5 and 10 s: {shown:?}");
    assert!(shown.contains("Every 5.0s: kubectl get pods") && shown.contains("flask-2   1/1"), "{shown}");
    story.input(Input::Interrupt);
    assert!(story.terminal.is_on_laptop());
    check(&mut story, "k get pods -o name | sort | head -n 2 | wc -l", "2");
    check(&mut story, "for i in 0 1; do k get pod flask-$i -o name; done", "pod/flask-0\npod/flask-1");
    let shown = answer(&mut story, "nslookup flask", 0);
    assert!(shown.contains("only pods do"), "{shown}");
    let offered = story.terminal.complete(story.cluster.api.store(), "kubectl exec fla").words;
    assert_eq!(offered, ["flask-0", "flask-1", "flask-2"]);
}
