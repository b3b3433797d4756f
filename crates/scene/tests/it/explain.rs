//! Every case in which one asks "why is nothing happening?": the verdict that the simulation gives, the sentence that the
//! page makes of it, and that the offered command really helps.
//! A case a function, and therefore long.

use crate::FLASK;
use kubesim::{
    Change, Component, FeatureGates, Input, Key, Kind, Options, Reason, SimTime, Span, Story, Stream,
};
use messages::EN;
use scene::explain::{self as why, Explanation, Subject, Tone};

const PVC: Kind = Kind::PersistentVolumeClaim;

/// The seed's manifest with some parts replaced.
#[track_caller]
fn manifest(changes: &[(&str, &str)]) -> String {
    let mut text = FLASK.to_string();
    for (from, to) in changes {
        assert!(text.contains(from), "the seed has {from}");
        text = text.replace(from, to);
    }
    text
}

/// A cluster in which the changed seed was applied so many seconds ago.
fn story(changes: &[(&str, &str)], seconds: i64) -> Story {
    let mut story = Story::new(Options::default());
    story.input(Input::Apply(manifest(changes).into()));
    pass(&mut story, seconds);
    story
}

fn pass(story: &mut Story, seconds: i64) {
    story.run_until(story.now() + Span::seconds(seconds));
}

fn run(story: &mut Story, command: &str, seconds: i64) {
    story.input(Input::Command(command.into()));
    pass(story, seconds);
}

fn set_key() -> Key {
    Key::new(Kind::StatefulSet, "default", "flask")
}

fn key(kind: Kind, name: &str) -> Key {
    Key::new(kind, "default", name)
}

#[track_caller]
fn verdict(story: &Story, component: Component, key: &Key) -> (Reason, Option<SimTime>) {
    let verdict = story.cluster.api.store().verdict(component, key);
    let verdict = verdict.unwrap_or_else(|| panic!("{component:?} says nothing about {key}"));
    (verdict.reason.clone(), verdict.until)
}

#[track_caller]
fn reason(story: &Story) -> Reason {
    verdict(story, Component::StatefulSetController, &set_key()).0
}

#[track_caller]
fn whole(story: &Story) -> Explanation {
    let store = story.cluster.api.store();
    why::of_set(&EN, store, store.get(&set_key()).expect("the set is there"))
}

#[track_caller]
fn of(story: &Story, subject: Subject) -> Explanation {
    let store = story.cluster.api.store();
    why::of(&EN, store, store.get(&set_key()).expect("the set is there"), &subject)
}

fn pod(name: &str) -> Subject {
    Subject::Pod(key(Kind::Pod, name))
}

/// Checks the mood, the title, a part of the text, and that there is a rule with a section of the documentation.
#[track_caller]
fn check(why: &Explanation, tone: Tone, title: &str, text: &str) {
    assert_eq!((why.tone, &*why.title), (tone, title), "{why:?}");
    assert!(why.text.contains(text), "no {text:?} in {:?}", why.text);
    let rule = why.rule.expect("there is a rule");
    let sentences = rule.text.matches(". ").count() + 1;
    assert!((2..=3).contains(&sentences) && !rule.section.is_empty() && rule.path.contains('/'), "{rule:?}");
}

#[track_caller]
fn node_of(story: &Story, name: &str) -> String {
    let pod = story.cluster.api.store().get(&key(Kind::Pod, name)).expect("the pod is there");
    pod.pod().spec.node_name.as_deref().expect("it has a node").to_string()
}

/// Gives the offered command, and waits until all is well.
#[track_caller]
fn help(story: &mut Story, why: &Explanation, seconds: i64) {
    let remedy = why.remedy.clone().expect("a command is offered");
    run(story, &remedy, seconds);
    let after = whole(story);
    assert_eq!((after.tone, &*after.title), (Tone::Calm, "Everything is as wanted"), "{remedy}: {after:?}");
}

#[test]
fn a_set_that_its_controller_has_not_seen() {
    let story = story(&[], 0);
    assert!(story.cluster.api.store().verdict(Component::StatefulSetController, &set_key()).is_none());
    check(&whole(&story), Tone::Busy, "flask is new", "has not looked at it yet");
    check(&of(&story, pod("flask-0")), Tone::Busy, "Why is flask-0 not there yet?", "has not looked");
}

#[test]
fn waiting_for_ready() {
    let story = story(&[], 3);
    assert!(matches!(reason(&story), Reason::WaitingForReady { pod, next: Some(next) }
        if &*pod == "flask-0" && &*next == "flask-1"));
    let why = whole(&story);
    check(
        &why,
        Tone::Waiting,
        "Why is flask-1 not there yet?",
        "flask-0 must be Running and Ready before flask-1",
    );
    assert!(why.wait.is_some(), "what its node does takes time");
    check(&of(&story, pod("flask-0")), Tone::Waiting, "Why is flask-0 not Ready yet?", "Its node");
    check(
        &of(&story, pod("flask-2")),
        Tone::Waiting,
        "Why is flask-2 not there yet?",
        "It comes after flask-0",
    );
}

#[test]
fn waiting_for_min_ready_seconds() {
    let story = story(&[], 12);
    let (reason, until) = verdict(&story, Component::StatefulSetController, &set_key());
    assert!(matches!(reason, Reason::WaitingForAvailable { min_ready_seconds: 10, .. }), "{reason:?}");
    let why = whole(&story);
    check(&why, Tone::Waiting, "Why is flask-1 not there yet?", "must stay Ready for `minReadySeconds: 10`");
    assert_eq!(why.wait.map(|(_, until)| until), until);
    assert_eq!(why.rule.map(|rule| rule.field), Some("minReadySeconds"));
    let why = of(&story, pod("flask-0"));
    check(&why, Tone::Waiting, "flask-0 is Ready, but not available yet", "`minReadySeconds: 10`");
    assert!(why.wait.is_some());
}

#[test]
fn waiting_for_termination_while_the_grace_period_runs() {
    let mut story = story(
        &[("image: han0495/flask-example-app", "image: busybox\n        command: [sleep, '9999']")],
        60,
    );
    run(&mut story, "kubectl delete pod flask-1", 3);
    let (reason, until) = verdict(&story, Component::StatefulSetController, &set_key());
    assert!(matches!(reason, Reason::WaitingForTermination { pod, .. } if &*pod == "flask-1"));
    assert!(until.is_some_and(|until| until > story.now()));
    let why = whole(&story);
    check(&why, Tone::Waiting, "flask-1 is going", "may take 10 s to stop");
    assert!(why.wait.is_some_and(|(_, until)| until > story.now()), "{why:?}");
    check(&of(&story, pod("flask-1")), Tone::Waiting, "Why is flask-1 still there?", "It was told to go.");
}

#[test]
fn waiting_for_a_predecessor_on_scale_down() {
    let mut story = story(&[], 60);
    run(&mut story, "trouble unready flask-0", 2);
    run(&mut story, "trouble unready flask-2", 2);
    for replicas in [1, 0] {
        run(&mut story, &format!("kubectl scale sts flask --replicas={replicas}"), 2);
        let why = whole(&story);
        assert!(
            matches!(reason(&story), Reason::WaitingForReady { pod, next: Some(next) }
            if &*pod == "flask-0" && &*next == "flask-2"),
            "{why:?}"
        );
        check(&why, Tone::Waiting, "Why is flask-2 still there?", "before flask-2 may be taken away");
        check(
            &of(&story, pod("flask-1")),
            Tone::Waiting,
            "Why is flask-1 still there?",
            "flask-1 is to go when flask-2 is gone",
        );
    }
    run(&mut story, "trouble ready flask-0", 60);
    check(&whole(&story), Tone::Calm, "No pods are wanted", "`replicas` is 0. Claims and their volumes stay");
}

#[test]
fn scaling_down_goes_one_by_one() {
    let mut story = story(
        &[("image: han0495/flask-example-app", "image: busybox\n        command: [sleep, '9999']")],
        60,
    );
    run(&mut story, "kubectl scale sts flask --replicas=1", 2);
    assert!(matches!(reason(&story), Reason::WaitingForTermination { pod, next: Some(next) }
        if &*pod == "flask-2" && &*next == "flask-1"));
    check(&whole(&story), Tone::Waiting, "Why is flask-1 still there?", "flask-2 must be gone before");
    check(
        &of(&story, pod("flask-1")),
        Tone::Waiting,
        "Why is flask-1 still there?",
        "flask-1 is to go when flask-2 is gone",
    );
}

#[test]
fn held_by_partition() {
    let mut story =
        story(&[("  minReadySeconds: 10", "  updateStrategy: {rollingUpdate: {partition: 2}}")], 60);
    run(&mut story, "kubectl set image sts/flask flask-app=busybox:1.36", 60);
    run(&mut story, "kubectl set image sts/flask flask-app=han0495/flask-example-app:2", 60);
    assert_eq!(reason(&story), Reason::HeldByPartition { partition: 2, held: 2 });
    check(&whole(&story), Tone::Calm, "Why do 2 pods keep the old revision?", "`partition: 2`");
    let held = of(&story, pod("flask-0"));
    check(&held, Tone::Calm, "Why does flask-0 keep the old revision?", "below `partition: 2`");
    assert_eq!(held.rule.map(|rule| rule.field), Some("partition"));
    check(&of(&story, pod("flask-2")), Tone::Calm, "flask-2 is Ready", "It runs on chhan-k8s-4");
}

#[test]
fn on_delete() {
    let mut story = story(&[("  minReadySeconds: 10", "  updateStrategy: {type: OnDelete}")], 60);
    run(&mut story, "kubectl set image sts/flask flask-app=han0495/flask-example-app:2", 5);
    assert_eq!(reason(&story), Reason::OnDelete { outdated: 3 });
    let why = whole(&story);
    check(&why, Tone::Calm, "Why do 3 pods keep the old revision?", "`OnDelete`");
    assert_eq!(why.remedy.as_deref(), Some("kubectl delete pod flask-2"));
    check(&of(&story, pod("flask-0")), Tone::Calm, "Why does flask-0 keep the old revision?", "`OnDelete`");
    for _ in 0..2 {
        let remedy = whole(&story).remedy.expect("it goes on with the next one");
        run(&mut story, &remedy, 30);
    }
    let last = whole(&story);
    assert_eq!(last.remedy.as_deref(), Some("kubectl delete pod flask-0"));
    help(&mut story, &last, 30);
}

#[test]
fn a_rollout_waits_for_each_replacement() {
    let mut story = story(&[], 60);
    run(&mut story, "kubectl set image sts/flask flask-app=han0495/flask-example-app:2", 5);
    let reason = reason(&story);
    assert!(
        matches!(&reason, Reason::WaitingForReady { pod, next: Some(next) }
            if &**pod == "flask-2" && &**next == "flask-1"),
        "{reason:?}"
    );
    check(
        &whole(&story),
        Tone::Waiting,
        "Why is flask-1 not replaced yet?",
        "flask-2 must be Running and Ready",
    );
    check(
        &of(&story, pod("flask-0")),
        Tone::Waiting,
        "Why does flask-0 keep the old revision?",
        "from the highest ordinal down",
    );
}

#[test]
fn a_stuck_rollout_and_after_rolling_back_the_pod_that_has_to_be_deleted() {
    let mut story = story(&[("  minReadySeconds: 10\n", "")], 60);
    run(&mut story, "kubectl set image sts/flask flask-app=han0495/does-not-exist", 30);
    assert!(matches!(reason(&story), Reason::WaitingForReady { pod, .. } if &*pod == "flask-2"));
    let kubelet = verdict(&story, Component::Kubelet, &key(Kind::Pod, "flask-2"));
    assert!(matches!(kubelet, (Reason::ImageBackOff { .. }, Some(_))), "{kubelet:?}");
    let why = whole(&story);
    check(&why, Tone::Stuck, "Why does the rollout not go on?", "can't be pulled");
    assert!(why.text.contains("flask-2 must then be deleted by hand as well"), "{why:?}");
    assert_eq!(why.rule.map(|rule| rule.section), Some("Forced rollback"));
    assert_eq!(why.remedy.as_deref(), Some("kubectl rollout undo statefulset/flask"));
    run(&mut story, &why.remedy.unwrap_or_default(), 30);
    assert_eq!(reason(&story), Reason::StuckUpdate { pod: "flask-2".into() });
    let why = whole(&story);
    check(&why, Tone::Stuck, "Why does the rollout not go on?", "Somebody has to delete it");
    assert_eq!(why.rule.map(|rule| rule.section), Some("Forced rollback"));
    assert_eq!(why.remedy.as_deref(), Some("kubectl delete pod flask-2"));
    assert_eq!(of(&story, pod("flask-2")).remedy, why.remedy);
    help(&mut story, &why, 30);
}

#[test]
fn held_by_max_unavailable() {
    let gates = FeatureGates { max_unavailable_stateful_set: true };
    let mut story = Story::new(Options { gates, ..Options::default() });
    let changes = [
        ("replicas: 3", "replicas: 5"),
        (
            "  minReadySeconds: 10",
            "  podManagementPolicy: Parallel\n  updateStrategy: {rollingUpdate: {maxUnavailable: 2}}",
        ),
    ];
    story.input(Input::Apply(manifest(&changes).into()));
    pass(&mut story, 60);
    run(&mut story, "kubectl set image sts/flask flask-app=han0495/flask-example-app:2", 3);
    let reason = reason(&story);
    assert!(
        matches!(&reason, Reason::HeldByMaxUnavailable { max_unavailable: 2, next, .. } if &**next == "flask-2"),
        "{reason:?}"
    );
    let why = whole(&story);
    check(&why, Tone::Waiting, "Why is flask-2 not replaced yet?", "`maxUnavailable: 2` is used up");
    assert_eq!(why.rule.map(|rule| rule.field), Some("maxUnavailable"));
}

#[test]
fn max_unavailable_is_missed_where_the_api_server_drops_it() {
    for policy in ["Parallel", "OrderedReady"] {
        let strategy = format!(
            "  podManagementPolicy: {policy}\n  updateStrategy: {{rollingUpdate: {{maxUnavailable: 2}}}}"
        );
        let mut story = Story::new(Options::default());
        let changes = [("replicas: 3", "replicas: 5"), ("  minReadySeconds: 10", &*strategy)];
        story.input(Input::Apply(manifest(&changes).into()));
        pass(&mut story, 60);
        run(&mut story, "kubectl set image sts/flask flask-app=han0495/flask-example-app:2", 3);
        let dropped = Reason::MaxUnavailableDropped {
            pod: "flask-4".into(),
            max_unavailable: 2,
            next: "flask-3".into(),
        };
        assert_eq!(reason(&story), dropped, "{policy}");
        let why = whole(&story);
        check(&why, Tone::Waiting, "Why is flask-3 not replaced yet?", "the API server dropped it");
        assert_eq!(why.rule.map(|rule| rule.field), Some("maxUnavailable"));
    }
    // Of what was never applied, or would allow no more than one pod, nothing is said.
    let mut story = Story::new(Options::default());
    let one = "  podManagementPolicy: Parallel\n  updateStrategy: {rollingUpdate: {maxUnavailable: 1}}";
    let changes = [("replicas: 3", "replicas: 5"), ("  minReadySeconds: 10", one)];
    story.input(Input::Apply(manifest(&changes).into()));
    pass(&mut story, 60);
    run(&mut story, "kubectl set image sts/flask flask-app=han0495/flask-example-app:2", 3);
    let reason = reason(&story);
    assert!(
        matches!(&reason, Reason::WaitingForReady { pod, next: Some(next) }
            if &**pod == "flask-4" && &**next == "flask-3"),
        "{reason:?}"
    );
}

#[test]
fn a_claim_waits_for_its_first_consumer_and_for_the_provisioner() {
    let mut story = Story::new(Options::default());
    let claim = r#"{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"lonely"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}},"storageClassName":"local-path"}}"#;
    story.input(Input::Apply(format!("{}\n---\n{claim}", manifest(&[])).into()));
    pass(&mut story, 1);
    let lonely = key(PVC, "lonely");
    assert_eq!(
        verdict(&story, Component::PersistentVolumeController, &lonely).0,
        Reason::WaitingForFirstConsumer
    );
    check(
        &of(&story, Subject::Claim(lonely)),
        Tone::Waiting,
        "Why is lonely Pending?",
        "only once a pod that needs it is to be placed",
    );
    let claim = key(PVC, "www-flask-0");
    assert!(matches!(
        verdict(&story, Component::Provisioner, &claim),
        (Reason::Provisioning { .. }, Some(_))
    ));
    let why = of(&story, Subject::Claim(claim));
    check(&why, Tone::Waiting, "Why is www-flask-0 Pending?", "`rancher.io/local-path` is making the volume");
    assert!(why.wait.is_some());
    check(
        &whole(&story),
        Tone::Waiting,
        "Why is flask-1 not there yet?",
        "is making the volume for `www-flask-0`",
    );
    let missing = of(&story, Subject::Claim(key(PVC, "www-flask-1")));
    check(&missing, Tone::Waiting, "Why is www-flask-1 not there yet?", "just before the pod");
}

#[test]
fn a_claim_whose_class_is_missing() {
    let mut story = story(&[("storageClassName: \"local-path\"", "storageClassName: fast")], 20);
    let claim = key(PVC, "www-flask-0");
    let missing = Reason::ClassMissing { class: "fast".into() };
    assert_eq!(verdict(&story, Component::PersistentVolumeController, &claim).0, missing);
    let why = of(&story, Subject::Claim(claim));
    check(&why, Tone::Stuck, "Why is www-flask-0 Pending?", "the class `fast`, which does not exist");
    let why = whole(&story);
    check(&why, Tone::Stuck, "Why is flask-1 not there yet?", "the class `fast`, which does not exist");
    help(&mut story, &why, 90);
}

#[test]
fn a_pod_whose_volume_lies_on_a_cordoned_node() {
    let mut story = story(&[], 60);
    let node = node_of(&story, "flask-1");
    run(&mut story, &format!("kubectl cordon {node}"), 2);
    check(
        &of(&story, Subject::Node(Key::cluster(Kind::Node, &node))),
        Tone::Waiting,
        &format!("{node} is cordoned"),
        "goes on",
    );
    run(&mut story, "kubectl delete pod flask-1", 10);
    let (reason, _) = verdict(&story, Component::Scheduler, &key(Kind::Pod, "flask-1"));
    assert!(
        matches!(&reason, Reason::Unschedulable { message } if message.contains("unschedulable")),
        "{reason:?}"
    );
    let why = whole(&story);
    check(
        &why,
        Tone::Stuck,
        "Why is flask-1 not Ready yet?",
        &format!("its volume on `{node}`, which is cordoned"),
    );
    assert_eq!(why.remedy, Some(format!("kubectl uncordon {node}")));
    help(&mut story, &why, 30);
}

#[test]
fn a_pod_whose_volume_lies_on_a_node_that_is_gone() {
    let mut story = story(&[], 60);
    let node = node_of(&story, "flask-1");
    run(&mut story, &format!("kubectl delete node {node}"), 1);
    run(&mut story, "kubectl delete pod flask-1 --force --grace-period=0", 10);
    let (reason, _) = verdict(&story, Component::Scheduler, &key(Kind::Pod, "flask-1"));
    assert!(matches!(&reason, Reason::Unschedulable { .. }), "{reason:?}");
    let why = whole(&story);
    check(
        &why,
        Tone::Stuck,
        "Why is flask-1 not Ready yet?",
        &format!("its volume on `{node}`, which is gone"),
    );
    assert_eq!(why.remedy.as_deref(), Some("kubectl delete pvc/www-flask-1 pod/flask-1"));
    check(
        &of(&story, Subject::Node(Key::cluster(Kind::Node, &node))),
        Tone::Stuck,
        &format!("{node} is gone"),
        "no such node",
    );
    help(&mut story, &why, 60);
}

#[test]
fn a_pod_that_no_node_takes() {
    let big = "ports:\n        - containerPort: 80";
    let story = story(&[(big, &format!("resources: {{requests: {{cpu: 1000}}}}\n        {big}"))], 10);
    let (reason, _) = verdict(&story, Component::Scheduler, &key(Kind::Pod, "flask-0"));
    assert!(
        matches!(&reason, Reason::Unschedulable { message } if message.contains("Insufficient cpu")),
        "{reason:?}"
    );
    let why = whole(&story);
    check(
        &why,
        Tone::Stuck,
        "Why is flask-1 not there yet?",
        "`chhan-k8s-2`, `chhan-k8s-3`, `chhan-k8s-4`: 4 CPUs are free, the pod asks for 1000.",
    );
    assert_eq!(why.rule.map(|rule| rule.field), Some("resources"));
}

#[test]
fn a_node_that_does_not_answer() {
    let mut story = story(&[], 60);
    let node = node_of(&story, "flask-1");
    let node_key = Key::cluster(Kind::Node, &node);
    run(&mut story, &format!("trouble node {node} down"), 20);
    let silent = verdict(&story, Component::NodeLifecycleController, &node_key);
    assert!(matches!(silent, (Reason::HeartbeatsMissing, Some(_))), "{silent:?}");
    let why = of(&story, Subject::Node(node_key.clone()));
    check(&why, Tone::Waiting, &format!("{node} has not been heard of"), "does not renew its lease");
    for why in [whole(&story), of(&story, pod("flask-1"))] {
        check(&why, Tone::Waiting, &format!("{node} has not been heard of"), "flask-1 runs there");
        assert_eq!(why.wait.map(|(_, until)| until), silent.1);
    }
    check(&of(&story, pod("flask-0")), Tone::Calm, "flask-0 is Ready", "nothing is to be done");
    pass(&mut story, 60);
    assert_eq!(verdict(&story, Component::NodeLifecycleController, &node_key).0, Reason::NodeUnreachable);
    check(
        &of(&story, Subject::Node(node_key)),
        Tone::Waiting,
        &format!("{node} does not answer"),
        "Nobody can say",
    );
    let key = key(Kind::Pod, "flask-1");
    let tolerating = verdict(&story, Component::TaintEvictionController, &key);
    assert!(matches!(tolerating, (Reason::Tolerating { .. }, Some(_))), "{tolerating:?}");
    let why = whole(&story);
    check(
        &why,
        Tone::Waiting,
        "Why is flask-1 not Ready yet?",
        "It is given this long before it is told to go",
    );
    assert_eq!(why.wait.map(|(_, until)| until), tolerating.1);

    pass(&mut story, 330);
    assert_eq!(verdict(&story, Component::Kubelet, &key).0, Reason::NodeLost { node: (&*node).into() });
    assert!(matches!(reason(&story), Reason::WaitingForTermination { pod, .. } if &*pod == "flask-1"));
    let why = whole(&story);
    check(&why, Tone::Stuck, "flask-1 is going", "Two pods of one name must never run");
    assert_eq!(why.rule.map(|rule| rule.section), Some("Force Delete StatefulSet Pods"));
    assert_eq!(why.remedy.as_deref(), Some("kubectl delete pod flask-1 --force --grace-period=0"));
    run(&mut story, &why.remedy.unwrap_or_default(), 20);
    let why = whole(&story);
    check(&why, Tone::Stuck, "Why is flask-1 not Ready yet?", &format!("on `{node}`, which does not answer"));
    assert_eq!(why.remedy, Some(format!("trouble node {node} up")));
    help(&mut story, &why, 90);
}

#[test]
fn a_change_is_not_seen_at_once() {
    let mut story = story(&[], 60);
    check(&whole(&story), Tone::Calm, "Everything is as wanted", "3 of 3");
    story.input(Input::Command("kubectl scale sts flask --replicas=1".into()));
    check(&whole(&story), Tone::Busy, "flask has changed", "has not seen the change yet");
    pass(&mut story, 60);
    check(&whole(&story), Tone::Calm, "Everything is as wanted", "1 of 1");
}

#[test]
fn a_claim_is_kept_after_scaling_down() {
    let mut story = story(&[], 60);
    run(&mut story, "kubectl scale sts flask --replicas=2", 20);
    assert_eq!(reason(&story), Reason::Settled);
    let claim = Subject::Claim(key(PVC, "www-flask-2"));
    let bound = verdict(&story, Component::PersistentVolumeController, &key(PVC, "www-flask-2")).0;
    assert!(matches!(bound, Reason::Bound { .. }));
    let why = of(&story, claim);
    check(&why, Tone::Calm, "Why is www-flask-2 still there?", "`whenScaled` is `Retain`");
    assert_eq!(why.rule.map(|rule| rule.field), Some("persistentVolumeClaimRetentionPolicy"));
    check(&of(&story, pod("flask-2")), Tone::Calm, "Why is there no flask-2?", "`replicas: 2`");
    check(
        &of(&story, Subject::Claim(key(PVC, "www-flask-1"))),
        Tone::Calm,
        "www-flask-1 is Bound",
        "the name flask-1",
    );
}

#[test]
fn a_deleted_claim_in_use_stays_terminating() {
    let mut story = story(&[], 60);
    run(&mut story, "kubectl delete pvc www-flask-1 --wait=false", 3);
    let claim = key(PVC, "www-flask-1");
    let in_use = Reason::InUse { pod: "flask-1".into() };
    assert_eq!(verdict(&story, Component::PvcProtectionController, &claim).0, in_use);
    check(
        &of(&story, Subject::Claim(claim)),
        Tone::Stuck,
        "Why is www-flask-1 still Terminating?",
        "flask-1 uses it",
    );
    let why = whole(&story);
    check(&why, Tone::Stuck, "Why is www-flask-1 still Terminating?", "flask-1 uses it");
    help(&mut story, &why, 60);
}

#[test]
fn a_service_that_does_not_exist_or_selects_others() {
    let mut story = story(&[("serviceName: \"flask\"", "serviceName: \"flaks\"")], 60);
    assert_eq!(reason(&story), Reason::Settled, "pods run without it");
    let why = whole(&story);
    check(
        &why,
        Tone::Stuck,
        "Why have the pods no names in DNS?",
        "the Service `flaks`, which does not exist",
    );
    assert_eq!(why.rule.map(|rule| rule.field), Some("serviceName"));
    check(
        &of(&story, Subject::Endpoint(key(Kind::Pod, "flask-0"))),
        Tone::Stuck,
        &why.title,
        "does not exist",
    );
    help(&mut story, &why, 5);

    let mut story = Story::new(Options::default());
    let text = manifest(&[]).replacen("  selector:\n    app: flask", "  selector:\n    app: flaks", 1);
    assert_ne!(text, manifest(&[]));
    story.input(Input::Apply(text.into()));
    pass(&mut story, 60);
    let none = Reason::Endpoints { ready: 0, not_ready: 0 };
    assert_eq!(verdict(&story, Component::EndpointSliceController, &key(Kind::Service, "flask")).0, none);
    let why = whole(&story);
    check(&why, Tone::Stuck, "Why have the pods no names in DNS?", "its selector does not match the labels");
    help(&mut story, &why, 5);
}

#[test]
fn a_pod_that_is_not_ready_is_not_in_dns() {
    let mut story = story(&[], 60);
    let endpoint = || Subject::Endpoint(key(Kind::Pod, "flask-1"));
    check(&of(&story, endpoint()), Tone::Calm, "flask-1 is in DNS", "`flask-1.flask` leads to its address");
    run(&mut story, "trouble unready flask-1", 2);
    let listed = Reason::Endpoints { ready: 2, not_ready: 1 };
    assert_eq!(verdict(&story, Component::EndpointSliceController, &key(Kind::Service, "flask")).0, listed);
    let probing = verdict(&story, Component::Kubelet, &key(Kind::Pod, "flask-1")).0;
    assert!(matches!(probing, Reason::Probing { failures: 1.., .. }), "{probing:?}");
    check(&of(&story, endpoint()), Tone::Waiting, "Why is flask-1 not in DNS?", "its readiness probe fails");
    check(&whole(&story), Tone::Waiting, "Why is flask-1 not Ready yet?", "its readiness probe fails");
}

#[test]
fn a_set_deleted_with_its_pods_left_behind() {
    let mut story = story(&[], 60);
    run(&mut story, "kubectl delete sts flask --cascade=orphan", 5);
    let store = story.cluster.api.store();
    assert!(
        store.get(&set_key()).is_none()
            && store.verdict(Component::StatefulSetController, &set_key()).is_none()
    );
    let why = why::of_nothing(&EN, store);
    check(&why, Tone::Waiting, "The StatefulSet is gone, its pods have stayed", "`--cascade=orphan`");
    story.input(Input::Apply(manifest(&[]).into()));
    pass(&mut story, 5);
    check(&whole(&story), Tone::Calm, "Everything is as wanted", "3 of 3");
}

#[test]
fn a_container_that_keeps_ending() {
    let mut story =
        story(&[("image: han0495/flask-example-app", "image: busybox\n        command: ['false']")], 60);
    let (reason, until) = verdict(&story, Component::Kubelet, &key(Kind::Pod, "flask-0"));
    assert!(matches!(reason, Reason::CrashBackOff { restarts: 2.., .. }), "{reason:?}");
    let why = whole(&story);
    check(&why, Tone::Stuck, "Why is flask-1 not there yet?", "`flask-app` keeps ending");
    assert_eq!(why.wait.map(|(_, until)| until), until, "the back-off runs down");
    run(&mut story, "kubectl set image sts/flask flask-app=han0495/flask-example-app", 5);
    assert_eq!(whole(&story).remedy.as_deref(), Some("kubectl delete pod flask-0"));
}

#[test]
fn a_refused_request_is_told() {
    let quota = r#"{"apiVersion":"v1","kind":"ResourceQuota","metadata":{"name":"few"},"spec":{"hard":{"pods":"1"}}}"#;
    let mut story = Story::new(Options::default());
    story.input(Input::Apply(format!("{quota}\n---\n{}", manifest(&[])).into()));
    pass(&mut story, 60);
    assert!(matches!(reason(&story), Reason::Failed { .. }));
    check(&whole(&story), Tone::Stuck, "A request was refused", "exceeded quota: few");
}

/// The seed in another namespace, with some parts changed.
fn elsewhere(changes: &[(&str, &str)], seconds: i64) -> Story {
    let mut story = Story::new(Options::default());
    run(&mut story, "kubectl create namespace shop", 1);
    let text = manifest(changes).replace("\nmetadata:\n", "\nmetadata:\n  namespace: shop\n");
    story.input(Input::Apply(text.into()));
    pass(&mut story, seconds);
    story
}

#[track_caller]
fn whole_elsewhere(story: &Story) -> Explanation {
    let store = story.cluster.api.store();
    let set = store.get(&Key::new(Kind::StatefulSet, "shop", "flask")).expect("the set is there");
    why::of_set(&EN, store, set)
}

#[test]
fn remedies_help_in_another_namespace() {
    let mut story = elsewhere(&[("serviceName: \"flask\"", "serviceName: \"flaks\"")], 60);
    let why = whole_elsewhere(&story);
    let remedy = why.remedy.expect("a Service can be made");
    assert!(remedy.ends_with(" -n shop"), "{remedy}");
    run(&mut story, &remedy, 5);
    check(&whole_elsewhere(&story), Tone::Calm, "Everything is as wanted", "3 of 3");

    run(&mut story, "kubectl set image sts/flask flask-app=han0495/does-not-exist -n shop", 30);
    for expected in ["kubectl rollout undo statefulset/flask -n shop", "kubectl delete pod flask-2 -n shop"] {
        let why = whole_elsewhere(&story);
        assert_eq!(why.remedy.as_deref(), Some(expected), "{why:?}");
        run(&mut story, expected, 60);
    }
    check(&whole_elsewhere(&story), Tone::Calm, "Everything is as wanted", "3 of 3");
}

#[test]
fn a_pod_on_a_dead_node_is_deleted_by_force_in_its_namespace() {
    let mut story = elsewhere(&[], 60);
    let flask_1 = Key::new(Kind::Pod, "shop", "flask-1");
    let node = story.cluster.api.store().get(&flask_1).and_then(|pod| pod.pod().spec.node_name.clone());
    run(&mut story, &format!("trouble node {} down", node.expect("it has a node")), 410);
    let remedy = whole_elsewhere(&story).remedy;
    assert_eq!(remedy.as_deref(), Some("kubectl delete pod flask-1 --force --grace-period=0 -n shop"));
    run(&mut story, &remedy.unwrap_or_default(), 20);
    let remedy = whole_elsewhere(&story).remedy.expect("the node can come back");
    run(&mut story, &remedy, 90);
    check(&whole_elsewhere(&story), Tone::Calm, "Everything is as wanted", "3 of 3");
}

#[test]
fn a_set_that_names_no_service() {
    let story = story(&[("  serviceName: \"flask\"\n", "")], 60);
    let why = of(&story, Subject::Endpoint(key(Kind::Pod, "flask-0")));
    check(&why, Tone::Stuck, "Why is flask-0 not in DNS?", "`serviceName` is empty");
}

#[test]
fn a_set_deleted_in_the_background() {
    let mut story = story(
        &[("image: han0495/flask-example-app", "image: busybox\n        command: [sleep, '9999']")],
        60,
    );
    run(&mut story, "kubectl delete sts flask", 3);
    let why = why::of_nothing(&EN, story.cluster.api.store());
    check(&why, Tone::Busy, "The StatefulSet is gone, its pods are going", "the garbage collector deletes");
    pass(&mut story, 60);
    let why = why::of_nothing(&EN, story.cluster.api.store());
    check(
        &why,
        Tone::Calm,
        "The StatefulSet is gone, its claims have stayed",
        "www-flask-0, www-flask-1, www-flask-2",
    );
    let remedy = why.remedy.expect("claims can be deleted");
    assert_eq!(remedy, "kubectl delete pvc www-flask-0 www-flask-1 www-flask-2");
    run(&mut story, &remedy, 10);
    let why = why::of_nothing(&EN, story.cluster.api.store());
    assert_eq!(why.title, "No StatefulSet here", "its Service is still there");
    run(&mut story, "kubectl delete service flask", 5);
    let why = why::of_nothing(&EN, story.cluster.api.store());
    assert_eq!(why.title, "Nothing is applied yet");
}

#[test]
fn claims_that_go_with_their_pods() {
    let policy = "  persistentVolumeClaimRetentionPolicy: {whenScaled: Delete}\n";
    let mut story = story(&[("  minReadySeconds: 10\n", policy)], 60);
    run(&mut story, "kubectl scale sts flask --replicas=0", 60);
    check(&whole(&story), Tone::Calm, "No pods are wanted", "Claims go with their pods");
    check(&of(&story, pod("flask-2")), Tone::Calm, "Why is there no flask-2?", "`whenScaled` is `Delete`");
}

#[test]
fn a_stuck_rollout_of_a_parallel_set_needs_only_the_template_mended() {
    let mut story = story(&[("  minReadySeconds: 10", "  podManagementPolicy: Parallel")], 60);
    run(&mut story, "kubectl set image sts/flask flask-app=han0495/does-not-exist", 30);
    let why = whole(&story);
    check(&why, Tone::Stuck, "Why does the rollout not go on?", "it then replaces flask-2 by itself");
    help(&mut story, &why, 60);
}

#[test]
fn a_terminating_pod_of_a_parallel_set() {
    let changes = [
        ("image: han0495/flask-example-app", "image: busybox\n        command: [sleep, '9999']"),
        ("  minReadySeconds: 10", "  podManagementPolicy: Parallel"),
    ];
    let mut story = story(&changes, 60);
    run(&mut story, "kubectl scale sts flask --replicas=1", 3);
    let why = whole(&story);
    assert!(!why.text.contains("All pods are made"), "{why:?}");
    assert!(why.text.contains("may take 10 s to stop"), "{why:?}");
    let why = of(&story, Subject::Endpoint(key(Kind::Pod, "flask-1")));
    check(&why, Tone::Waiting, "Why is flask-1 not in DNS?", "It is Terminating");
}

#[test]
fn a_claim_template_with_a_dash_in_its_name() {
    let mut story = story(&[("name: www", "name: web-data")], 60);
    let node = node_of(&story, "flask-1");
    run(&mut story, &format!("kubectl delete node {node}"), 1);
    run(&mut story, "kubectl delete pod flask-1 --force --grace-period=0", 10);
    let why = whole(&story);
    assert_eq!(why.remedy.as_deref(), Some("kubectl delete pvc/web-data-flask-1 pod/flask-1"));
    help(&mut story, &why, 60);
}

#[test]
fn a_container_that_has_ended_once_does_not_keep_ending() {
    let ends = [("image: han0495/flask-example-app", "image: busybox\n        command: ['false']")];
    let mut killed = story(&[], 60);
    run(&mut killed, "trouble kill flask-0", 0);
    let mut failing = story(&ends, 0);
    let mut seen = [false; 3];
    for story in [&mut killed, &mut failing] {
        for _ in 0..600 {
            story.run_until(story.now() + Span(100));
            let key = key(Kind::Pod, "flask-0");
            let Some(verdict) = story.cluster.api.store().verdict(Component::Kubelet, &key) else { continue };
            let Reason::CrashBackOff { restarts, .. } = verdict.reason else { continue };
            let said = ["has ended once;", "has ended again (1 restart);", "keeps ending (2 restarts);"];
            let Some(said) = said.get(restarts as usize) else { continue };
            let why = of(story, pod("flask-0"));
            assert!(why.text.contains(said), "{why:?}");
            assert_eq!(why.tone, if restarts < 2 { Tone::Waiting } else { Tone::Stuck });
            seen[restarts as usize] = true;
        }
    }
    assert_eq!(seen, [true; 3]);
}

#[test]
fn one_pod_is_not_spoken_of_as_many() {
    let mut story =
        story(&[("  minReadySeconds: 10", "  updateStrategy: {rollingUpdate: {partition: 1}}")], 60);
    run(&mut story, "kubectl set image sts/flask flask-app=han0495/flask-example-app:2", 60);
    assert_eq!(reason(&story), Reason::HeldByPartition { partition: 1, held: 1 });
    check(&whole(&story), Tone::Calm, "Why does 1 pod keep the old revision?", "`partition: 1`");
}

/// Checks that something is stuck for a reason, and that the offered command mends it.
#[track_caller]
fn mended(changes: &[(&str, &str)], before: i64, text: &str, remedy: &str, after: i64) {
    let mut story = story(changes, before);
    let why = whole(&story);
    assert!(why.text.contains(text), "no {text:?} in {why:?}");
    assert_eq!(why.remedy.as_deref(), Some(remedy));
    help(&mut story, &why, after);
}

const PORTS: &str = "ports:\n        - containerPort: 80";

#[test]
fn a_provisioner_that_nobody_runs() {
    let class = "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata:\n  name: gp3\nprovisioner: ebs.csi.aws.com\nvolumeBindingMode: WaitForFirstConsumer\n";
    let mut story = Story::new(Options::default());
    let text = manifest(&[("storageClassName: \"local-path\"", "storageClassName: gp3")]);
    story.input(Input::Apply([class, "---\n", &text].concat().into()));
    pass(&mut story, 60);
    let why = whole(&story);
    check(&why, Tone::Stuck, "Why is flask-1 not there yet?", "Nobody here runs `ebs.csi.aws.com`");
    help(&mut story, &why, 120);
    let mut story = Story::new(Options::default());
    story.input(Input::Apply([class, "---\n", &text].concat().into()));
    pass(&mut story, 60);
    let why = whole(&story);
    help(&mut story, &Explanation { remedy: why.also.clone(), ..why }, 120);
}

#[test]
fn a_secret_or_a_config_map_that_is_missing() {
    let env = |source: &str| {
        format!(
            "env:\n        - name: PASSWORD\n          valueFrom: {{{source}: {{name: db, key: password}}}}\n        {PORTS}"
        )
    };
    let make = "kubectl create secret generic db --from-literal=password=example";
    mended(&[(PORTS, &env("secretKeyRef"))], 20, "secret \"db\" not found", make, 120);
    let make = "kubectl create configmap db --from-literal=password=example";
    mended(&[(PORTS, &env("configMapKeyRef"))], 20, "configmap \"db\" not found", make, 120);
}

#[test]
fn a_service_that_is_not_headless() {
    let mut story = Story::new(Options::default());
    let text = manifest(&[("  clusterIP: None\n", "")]);
    story.input(Input::Apply(text.into()));
    pass(&mut story, 60);
    let why = whole(&story);
    check(&why, Tone::Waiting, "Is flask a headless Service?", "has a virtual IP");
    // What is said of CoreDNS is so.
    let written = story.cluster.api.history().len();
    run(
        &mut story,
        "kubectl run asks --rm -i --image=busybox:1.28 --restart=Never -- nslookup flask-0.flask",
        20,
    );
    let printed = story.cluster.api.history().since(written);
    let answers = |entry: &kubesim::Entry| match &entry.change {
        Change::Output { text, .. } => text.contains("flask-0.flask.default.svc.cluster.local"),
        _ => false,
    };
    assert!(printed.iter().any(answers), "the pod's own name is there");
    help(&mut story, &why, 10);
    let (ports, _) = (story.cluster.api.store().get(&key(Kind::Service, "flask")).expect("made anew"), ());
    assert_eq!(ports.service().ports.len(), 1, "its ports are kept");
}

#[test]
fn a_container_that_ends_tells_its_exit_code_and_its_last_words() {
    let ends = format!("command: [sh, -c, \"exit 3\"]\n        {PORTS}");
    let mut story = story(&[(PORTS, &ends)], 90);
    let why = whole(&story);
    assert!(why.text.contains("Its exit code was 3."), "{why:?}");
    assert_eq!(why.remedy.as_deref(), Some("kubectl logs flask-0 -c flask-app --previous"));
    let logs = why.remedy.expect("a command is offered");
    let written = story.cluster.api.history().len();
    run(&mut story, &logs, 1);
    let output = story
        .cluster
        .api
        .history()
        .since(written)
        .iter()
        .filter(|entry| matches!(&entry.change, Change::Output { stream: Stream::Stderr, .. }));
    assert_eq!(output.count(), 0, "there are logs of the one before");
}

#[test]
fn a_liveness_probe_that_kills() {
    let probe = "livenessProbe: {exec: {command: [\"false\"]}, periodSeconds: 1, failureThreshold: 2}";
    let story =
        story(&[(PORTS, &format!("command: [sleep, \"3600\"]\n        {probe}\n        {PORTS}"))], 150);
    let why = of(&story, pod("flask-0"));
    assert!(why.text.contains("Its liveness probe kept failing, and so the kubelet killed it."), "{why:?}");
}

#[test]
fn an_init_container_that_waits_for_its_own_pods_name() {
    let first = "      initContainers:\n";
    let init = "      initContainers:\n      - name: wait\n        image: busybox:1.28\n        command: [sh, -c, \"until nslookup $HOSTNAME.flask.default.svc.cluster.local; do sleep 2; done\"]\n";
    let changes = [(first, init)];
    let mut story = story(&changes, 60);
    let why = whole(&story);
    check(
        &why,
        Tone::Stuck,
        "Why is flask-1 not there yet?",
        "asks DNS for `flask-0.flask`, its own pod's name",
    );
    assert_eq!(why.wait, None, "nothing is counted down");
    help(&mut story, &why, 120);
    // One that waits for another pod's name is told as before.
    let other = init.replace("$HOSTNAME", "flask-1");
    let story = self::story(&[(first, &other)], 60);
    assert!(!whole(&story).text.contains("its own pod's name"));
}

#[test]
fn what_stands_against_a_pod_node_by_node() {
    mended(
        &[("      containers:\n", "      nodeSelector: {disk: ssd}\n      containers:\n")],
        10,
        "`chhan-k8s-2`, `chhan-k8s-3`, `chhan-k8s-4`: it has not the labels that the pod asks for.",
        "kubectl label node chhan-k8s-2 --overwrite disk=ssd",
        120,
    );
    let big = format!("resources: {{requests: {{cpu: 1000, memory: 1Ti}}}}\n        {PORTS}");
    let why = whole(&story(&[(PORTS, &big)], 10));
    for text in [
        "`chhan-k8s-1`: it has the taint `node-role.kubernetes.io/control-plane`, which the pod does not tolerate.",
        "CPUs are free, the pod asks for 1000.",
        "Mi of memory are free, the pod asks for 1048576 Mi.",
    ] {
        assert!(why.text.contains(text), "no {text:?} in {:?}", why.text);
    }
    // What asks for too much asks for what there is.
    let asks = format!("resources: {{requests: {{cpu: 100}}}}\n        {PORTS}");
    mended(
        &[(PORTS, &asks)],
        10,
        "CPUs are free, the pod asks for 100.",
        "kubectl set resources statefulset flask -c flask-app --requests=cpu=4000m && kubectl delete pod flask-0",
        120,
    );
    // Where pods must not be together there are no more than there are nodes.
    let affinity = "      affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{labelSelector: {matchLabels: {app: flask}}, topologyKey: kubernetes.io/hostname}]}}\n      containers:\n";
    mended(
        &[("      containers:\n", affinity), ("replicas: 3", "replicas: 5")],
        120,
        "a pod there and this one must not be together",
        "kubectl scale statefulset flask --replicas=3",
        60,
    );
}

#[test]
fn a_pod_of_a_deployment_is_explained_without_a_set() {
    let mut story = Story::new(Options::default());
    run(&mut story, "kubectl create deployment web --image=nginx:1.27", 1);
    let ask = |story: &Story, pod: &str| {
        why::of_setless(&EN, story.cluster.api.store(), &Subject::Pod(key(Kind::Pod, pod)))
    };
    let name =
        |story: &Story| story.cluster.api.store().list(Kind::Pod).next().expect("a pod").meta.name.clone();
    let early = ask(&story, &name(&story)).expect("it is there");
    assert_eq!((early.tone, early.title.contains("not Ready")), (Tone::Waiting, true), "{early:?}");
    pass(&mut story, 60);
    let late = ask(&story, &name(&story)).expect("it is there");
    assert_eq!(late.tone, Tone::Calm, "{late:?}");
    assert_eq!(ask(&story, "web-0"), None, "nobody says that it was scaled away");
}
