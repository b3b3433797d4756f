//! What is assumed is said, can be made false and true again; and what follows from it.

use kubesim::{Input, Key, Kind, Options, Span, Story};
use messages::EN;
use scene::explain::{self as why, Explanation, Tone};

const WEB: &str = "\
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  clusterIP: None
  selector:
    app: web
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: web
spec:
  serviceName: web
  replicas: 2
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
      - name: nginx
        image: nginx:1.28
        ports:
        - name: http
          containerPort: 80
        readinessProbe:
          periodSeconds: 2
          httpGet:
            port: http
        livenessProbe:
          periodSeconds: 2
          failureThreshold: 2
          httpGet:
            port: http
";

/// A cluster in which the changed manifest was applied a while ago.
#[track_caller]
fn story(changes: &[(&str, &str)]) -> Story {
    let mut text = WEB.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "the manifest has {from}");
        text = text.replace(from, to);
    }
    let mut story = Story::new(Options::default());
    story.input(Input::Apply(text.into()));
    pass(&mut story, 60);
    story
}

fn pass(story: &mut Story, seconds: i64) {
    story.run_until(story.now() + Span::seconds(seconds));
}

fn run(story: &mut Story, command: &str, seconds: i64) {
    story.input(Input::Command(command.into()));
    pass(story, seconds);
}

#[track_caller]
fn whole(story: &Story) -> Explanation {
    let store = story.cluster.api.store();
    let set = store.get(&Key::new(Kind::StatefulSet, "default", "web")).expect("the set is there");
    why::of_set(&EN, store, set)
}

#[track_caller]
fn doubts(story: &Story) -> Vec<(String, String)> {
    let store = story.cluster.api.store();
    why::doubts(&EN, store, store.find(Kind::Pod, "default", "web-0").expect("the pod is there"))
}

#[track_caller]
fn is_well(story: &Story) -> Explanation {
    let why = whole(story);
    assert_eq!((why.tone, &*why.title), (Tone::Calm, "Everything is as wanted"), "{why:?}");
    why
}

#[test]
fn what_is_assumed_is_said() {
    let said = is_well(&story(&[])).assumed.expect("something is assumed");
    let text = "Assumed: `nginx:1.28` can be pulled, runs on, answers on 80, passes its liveness probe, passes its readiness probe.";
    assert_eq!((&*said.text, &*said.pod.name), (text, "web-0"));
    let shell = "        image: busybox:1.36\n        command: [sh, -c, 'sleep 100000']\n      - name: nginx\n        image: nginx:1.28\n";
    let said = is_well(&story(&[
        ("        image: nginx:1.28\n", shell),
        ("- name: nginx\n        image: busy", "- name: wait\n        image: busy"),
    ]));
    let text = said.assumed.expect("something is assumed").text;
    assert!(
        text.starts_with("Assumed: `busybox:1.36` can be pulled; `nginx:1.28` can be pulled, runs on"),
        "{text}"
    );
}

#[test]
fn a_name_that_is_one_letter_off_is_asked_about() {
    let said = is_well(&story(&[("nginx:1.28", "ngnix:1.28")])).assumed.expect("something is assumed");
    assert!(said.text.ends_with(" Is `ngnix:1.28` right, or did you mean `nginx`?"), "{}", said.text);
}

#[test]
fn each_assumption_is_made_false_and_true_again() {
    let all = doubts(&story(&[]));
    assert_eq!(all.len(), 5, "{all:?}");
    for (said, command) in all {
        let mut story = story(&[]);
        run(&mut story, &command, 0);
        // A container that runs needs no image; the next one does.
        if command.ends_with(" gone") {
            run(&mut story, "kubectl delete pod web-1 --wait=false", 0);
        }
        pass(&mut story, 60);
        let why = whole(&story);
        assert_ne!(why.tone, Tone::Calm, "{said}: {why:?}");
        assert!(
            !doubts(&story).contains(&(said.clone(), command.clone())),
            "{said} is no assumption any more"
        );
        let store = story.cluster.api.store();
        let mended = why::mended(&EN, store, store.find(Kind::Pod, "default", "web-0").expect("it is there"));
        let [(_, back)] = &mended[..] else { panic!("{said}: {mended:?}") };
        assert_eq!(why.remedy.as_deref(), Some(&**back), "{said}: {why:?}");
        run(&mut story, back, 400);
        is_well(&story);
        let again = Story::replay(Options::default(), story.inputs(), story.now());
        assert_eq!(again.cluster.api.history().fingerprint(), story.cluster.api.history().fingerprint());
    }
}

#[test]
fn a_probe_on_a_port_that_nobody_declares_fails() {
    let mut story = story(&[("port: http\n        liveness", "port: 8081\n        liveness")]);
    let why = whole(&story);
    assert!(
        why.text.contains("Its readiness probe asks port 8081, but `nginx:1.28` listens on port 80"),
        "{why:?}"
    );
    assert_eq!(why.tone, Tone::Stuck);
    let events = story.cluster.api.store().list(Kind::Event);
    let refused = events.filter(|event| event.event().message.contains(":8081/\": dial tcp "));
    assert!(refused.count() > 0, "the kubelet says that the connection was refused");
    run(&mut story, &why.remedy.expect("the probe can be corrected"), 1);
    run(&mut story, "kubectl delete pod web-0", 60);
    is_well(&story);
}

#[test]
fn a_liveness_probe_on_such_a_port_kills() {
    let text = WEB.replace("nginx:1.28", "registry.example/app:1");
    let text = text.rsplit_once("port: http").expect("it asks a port").0;
    let mut story = Story::new(Options::default());
    story.input(Input::Apply([text, "port: 8081\n"].concat().into()));
    pass(&mut story, 60);
    let why = whole(&story);
    let said = "Its liveness probe kept failing, and so the kubelet killed it. No container of the pod declares port 8081";
    assert!(why.text.contains(said), "{why:?}");
}

#[test]
fn a_port_by_a_name_that_is_not_there_is_never_asked() {
    let story = story(&[("port: http\n        liveness", "port: htpp\n        liveness")]);
    let why = whole(&story);
    assert!(why.text.contains("asks the port `htpp`, but the container has no port of that name"), "{why:?}");
    let said = "Readiness probe errored and resulted in unknown state: strconv.Atoi: parsing \"htpp\": invalid syntax";
    let mut events = story.cluster.api.store().list(Kind::Event);
    assert!(events.any(|event| *event.event().message == *said));
}

#[test]
fn a_port_of_another_container_is_answered_while_that_one_runs() {
    let beside = "      - name: proxy\n        image: example.com/proxy:1\n        ports:\n        - containerPort: 8081\n      - name: nginx\n";
    let mut story = story(&[
        ("      - name: nginx\n", beside),
        ("port: http\n        liveness", "port: 8081\n        liveness"),
    ]);
    is_well(&story);
    run(&mut story, "trouble program example.com/proxy:1 ends", 20);
    let ready = |story: &Story| {
        let pod = story.cluster.api.store().find(Kind::Pod, "default", "web-0").expect("it is there").clone();
        pod.pod().container_status("nginx").expect("it has a status").ready
    };
    assert!(!ready(&story), "nobody listens on 8081 any more");
    run(&mut story, "trouble program example.com/proxy:1 runs", 400);
    is_well(&story);
}
