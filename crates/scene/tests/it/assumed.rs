//! What is assumed is said, can be made false and true again; and what follows from it.

use kubesim::{Change, Input, Key, Kind, Options, Span, Story};
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

/// An image of which nobody knows what is in it.
const IMAGE: (&str, &str) = ("nginx:1.28", "example/tools:1");

/// A script as the container's command; its probe asks for another tool.
const SCRIPT: (&str, &str) = (
    "        ports:\n",
    "        command: [bash, -c, 'frobnicate /data; echo `date`; sleep infinity']\n        startupProbe:\n          \
             exec: {command: [frobctl, ping]}\n        ports:\n",
);

#[test]
fn what_is_not_simulated_is_named() {
    let probed = "        readinessProbe:\n          periodSeconds: 2\n          httpGet:\n            port: http\n        \
                  livenessProbe:\n          periodSeconds: 2\n          failureThreshold: 2\n          httpGet:\n            \
                  port: http\n";
    let story = story(&[IMAGE, SCRIPT, (probed, "")]);
    let why = is_well(&story);
    let said = "`nginx` ran what is not simulated, so nobody knows what follows from it: `frobnicate /data`, `frobctl ping`.";
    assert!(why.text.ends_with(said), "{}", why.text);
}

#[test]
fn in_a_world_that_has_it_so_what_is_not_simulated_fails() {
    let world = Options { unknown_fails: true, ..Options::default() };
    let mut story = Story::new(world);
    let script = WEB.replace(SCRIPT.0, SCRIPT.1).replace(IMAGE.0, IMAGE.1);
    story.input(Input::Apply(script.into()));
    pass(&mut story, 60);
    let why = whole(&story);
    assert_eq!(why.tone, Tone::Waiting, "{why:?}");
    assert!(why.text.contains("`frobctl ping`"), "{why:?}");
}

#[test]
fn a_page_that_a_probe_asks_for_and_that_is_not_there_is_told() {
    let volume =
        "        volumeMounts:\n        - {name: www, mountPath: /usr/share/nginx/html}\n        ports:\n";
    let path = "          httpGet:\n            path: /\n            port: http\n        livenessProbe:";
    let mut story = story(&[
        ("        ports:\n", volume),
        ("          httpGet:\n            port: http\n        livenessProbe:", path),
        ("      containers:\n", "      volumes:\n      - {name: www, emptyDir: {}}\n      containers:\n"),
        (
            "        livenessProbe:\n          periodSeconds: 2\n          failureThreshold: 2\n          httpGet:\n            port: http\n",
            "",
        ),
    ]);
    let why = whole(&story);
    let said = "Its readiness probe is answered 403: `nginx:1.28` has no `/usr/share/nginx/html/index.html`, as on a volume that is \
                empty.";
    assert!(why.text.contains(said), "{}", why.text);
    let helps = why.remedy.expect("there is a command");
    assert_eq!(helps, "kubectl exec web-0 -c nginx -- sh -c 'echo hello > /usr/share/nginx/html/index.html'");
    run(&mut story, &helps, 10);
    let pod = story.cluster.api.store().find(Kind::Pod, "default", "web-0").expect("it is there");
    assert!(pod.pod().is_ready());
}

#[test]
fn kubectl_why_tells_as_text_what_the_page_tells() {
    kubesim::kubectl::why::answer_with(why::told);
    let mut story = story(&[]);
    let lone = "apiVersion: v1\nkind: Pod\nmetadata: {name: lone}\nspec:\n  nodeSelector: {no: where}\n  containers: [{name: c, \
                image: 'nginx:1.28'}]\n";
    story.input(Input::Apply(lone.into()));
    run(&mut story, "kubectl set image sts/web nginx=nginx:1.99; trouble image nginx:1.99 gone", 60);
    let said = |story: &mut Story, command: &str| {
        let before = printed(story).len();
        run(story, command, 1);
        printed(story)[before..].to_string()
    };
    let set = said(&mut story, "kubectl why sts/web");
    assert!(set.contains("\nRule: ") && set.contains("https://kubernetes.io/docs/"), "{set}");
    assert!(set.contains("Try:  kubectl rollout undo statefulset/web\n"), "{set}");
    let pod = said(&mut story, "kubectl why pod web-1");
    assert!(pod.contains("nginx:1.99") && !pod.contains('`'), "{pod}");
    let lone = said(&mut story, "kubectl why pod/lone");
    assert!(
        lone.contains("\nNo node takes it: ")
            && lone.contains("it has not the labels that the pod asks for."),
        "{lone}"
    );
    let node = said(&mut story, "kubectl why node chhan-k8s-2");
    assert!(node.contains("chhan-k8s-2"), "{node}");
    let service = said(&mut story, "kubectl why svc/web");
    assert!(
        service.contains("error: kubectl why knows StatefulSets, pods, their claims, and nodes\n"),
        "{service}"
    );
    let list = said(&mut story, "kubectl plugin list");
    assert!(
        list.contains("The following compatible plugins are available:\n\n/usr/local/bin/kubectl-why\n"),
        "{list}"
    );
}

/// All that commands have printed.
fn printed(story: &Story) -> String {
    let entries = story.cluster.api.history().entries().iter();
    let texts = entries.filter_map(|entry| match &entry.change {
        Change::Output { text, .. } => Some(&**text),
        _ => None,
    });
    texts.collect()
}
