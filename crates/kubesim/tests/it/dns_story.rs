//! DNS over a story: why a name has no records, and what caches and delays make of a rollout, a deletion and a name that
//! comes to be.

use kubesim::api::Resolver;
use kubesim::api::resolver::{AnswerReason, Asked, Caching, Question, Rcode, RecordType};
use kubesim::dns::reason;
use kubesim::{Change, DnsSetting, Input, Options, SimTime, Span, Story};

const SEED: &str = include_str!("../seed.yaml");

fn seed(seconds: i64) -> Story {
    let mut story = Story::new(Options::default());
    story.input(Input::Apply(SEED.into()));
    story.run_until(SimTime(seconds * 1000));
    story
}

fn command(story: &mut Story, line: &str, seconds: i64) {
    story.input(Input::Command(line.into()));
    story.run_until(story.now() + Span::seconds(seconds));
}

fn apply(story: &mut Story, manifest: &str, seconds: i64) {
    story.input(Input::Apply(manifest.into()));
    story.run_until(story.now() + Span::seconds(seconds));
}

fn question(name: &str) -> Question {
    Question { name: name.into(), record_type: RecordType::A, namespace: "default".into() }
}

fn ask(story: &Story, question: &Question) -> Asked {
    question.peek(story.cluster.api.store(), story.now())
}

#[track_caller]
fn check(story: &Story, name: &str, expect: Option<AnswerReason>) {
    assert_eq!(ask(story, &question(name)).reason, expect, "{name} at {}", story.now());
}

fn no_service(service: &str, nearest: Option<&str>) -> Option<AnswerReason> {
    Some(AnswerReason::NoService {
        service: service.into(),
        namespace: "default".into(),
        nearest: nearest.map(Into::into),
    })
}

#[test]
fn a_name_that_is_there_needs_no_reason() {
    let story = seed(120);
    for name in
        ["flask", "flask-0.flask", "flask.default", "kubernetes", "flask-2.flask.default.svc.cluster.local."]
    {
        check(&story, name, None);
    }
    let asked = ask(&story, &question("flask.default"));
    let tried: Vec<Rcode> = asked.tries.iter().map(|t| t.rcode).collect();
    assert_eq!(tried, [Rcode::NxDomain, Rcode::NoError]);
}

#[test]
fn wrong_names_say_what_is_wrong() {
    let mut story = seed(120);
    check(&story, "flusk", no_service("flusk", Some("flask")));
    check(&story, "nope", no_service("nope", None));
    check(&story, "flask-0", Some(AnswerReason::PodAlone { pod: "flask-0".into(), service: "flask".into() }));
    check(
        &story,
        "flask-3.flask",
        Some(AnswerReason::NoPod {
            pod: "flask-3".into(),
            service: "flask".into(),
            nearest: Some("flask-0.flask".into()),
        }),
    );
    check(
        &story,
        "flask.nowhere.svc.cluster.local",
        Some(AnswerReason::NoNamespace { namespace: "nowhere".into(), nearest: None }),
    );
    check(
        &story,
        "flask.default.cluster.local",
        Some(AnswerReason::NoSvc { instead: "flask.default.svc.cluster.local".into() }),
    );
    check(&story, "flask.", Some(AnswerReason::NotSearched { instead: "flask".into() }));
    check(&story, "example.com", Some(AnswerReason::Outside { nearest: None }));
    check(
        &story,
        "_http._tcp.flask",
        Some(AnswerReason::NoPort {
            port: "_http._tcp".into(),
            service: "flask".into(),
            ports: "_web._tcp".into(),
        }),
    );
    check(&story, "default.svc.cluster.local", Some(AnswerReason::OnlyDomain));
    let elsewhere = Question { namespace: "kube-system".into(), ..question("flask") };
    let reason = ask(&story, &elsewhere).reason;
    assert_eq!(
        reason,
        Some(AnswerReason::ServiceElsewhere { service: "flask".into(), namespace: "default".into() })
    );
    let aaaa = Question { record_type: RecordType::Aaaa, ..question("flask") };
    assert_eq!(ask(&story, &aaaa).reason, Some(AnswerReason::Ipv4Only));
    command(&mut story, "kubectl delete svc flask", 5);
    check(
        &story,
        "flask-0.flask",
        Some(AnswerReason::NoServiceOfSet { set: "flask".into(), service: "flask".into() }),
    );
}

#[test]
fn a_set_whose_service_name_differs_names_its_pods_elsewhere() {
    let mut story = Story::new(Options::default());
    apply(&mut story, &SEED.replace("serviceName: \"flask\"", "serviceName: other"), 120);
    let reason = AnswerReason::OtherServiceName {
        pod: "flask-0".into(),
        service: "flask".into(),
        service_name: "other".into(),
    };
    check(&story, "flask-0.flask", Some(reason));
    check(
        &story,
        "flask-0.other",
        Some(AnswerReason::NoServiceOfSet { set: "flask".into(), service: "other".into() }),
    );
    check(&story, "flask", None);
}

#[test]
fn a_pod_on_its_way_says_how_far_it_is() {
    let mut story = seed(0);
    let mut seen: Vec<Option<AnswerReason>> = Vec::new();
    while story.now() < SimTime(60_000) {
        story.run_until(story.now() + Span(50));
        let reason = ask(&story, &question("flask-0.flask")).reason;
        if seen.last() != Some(&reason) {
            seen.push(reason);
        }
    }
    let (pod, service) = (|| "flask-0".into(), || "flask".into());
    let expected = [
        Some(AnswerReason::NoPodAddress { pod: pod() }),
        Some(AnswerReason::NotReady { pod: pod(), service: service() }),
        None,
    ];
    let told: Vec<_> = seen
        .iter()
        .filter(|r| !matches!(r, Some(AnswerReason::ResolverLags { .. } | AnswerReason::SliceLags { .. })))
        .cloned()
        .collect();
    assert_eq!(told, expected);
    check(&story, "flask-1.flask", None);
    command(&mut story, "kubectl delete pod flask-1 --wait=false", 1);
    check(
        &story,
        "flask-1.flask",
        Some(AnswerReason::Terminating { pod: "flask-1".into(), service: "flask".into() }),
    );
}

#[test]
fn a_service_without_ready_pods_says_so() {
    let mut story = seed(120);
    command(&mut story, "kubectl scale sts flask --replicas=0", 60);
    check(&story, "flask", Some(AnswerReason::NoEndpoints { service: "flask".into() }));
    command(&mut story, "kubectl scale sts flask --replicas=1", 1);
    let listed = |story: &Story| {
        ask(story, &question("flask")).reason != Some(AnswerReason::NoEndpoints { service: "flask".into() })
    };
    while !listed(&story) {
        story.run_until(story.now() + Span(50));
    }
    check(&story, "flask", Some(AnswerReason::NoneReady { service: "flask".into(), endpoints: 1 }));
}

#[test]
fn addresses_that_nobody_has() {
    let story = seed(120);
    let reverse = |name: &str| Question { record_type: RecordType::Ptr, ..question(name) };
    let reason = ask(&story, &reverse("250.107.16.172.in-addr.arpa.")).reason;
    assert_eq!(reason, Some(AnswerReason::UnknownAddress { address: "172.16.107.250".into() }));
    let pod = story.cluster.api.store().find(kubesim::Kind::Pod, "default", "flask-0").expect("it runs");
    let ip = pod.pod().status.pod_ip.clone().expect("it has an address");
    let dashed = ip.replace('.', "-");
    let reason = AnswerReason::NamedOtherwise { address: ip.clone(), name: "flask-0.flask".into() };
    check(&story, &format!("{dashed}.flask"), Some(reason));
    let reversed = kubesim::dns::reverse_name(&ip).expect("an address");
    let asked = ask(&story, &reverse(&format!("{reversed}.")));
    assert_eq!(asked.answer().answers[0].data.to_string(), "flask-0.flask.default.svc.cluster.local.");
    let chain = reason::chain(story.cluster.api.store(), &asked).expect("it is a Service's");
    assert!(chain.links.iter().any(|l| l.pod.as_deref() == Some("flask-0") && l.has_record));
}

#[test]
fn the_way_to_the_resolver_takes_its_time() {
    let mut story = seed(120);
    story.input(Input::Dns(DnsSetting::SliceDelay(Span::seconds(2))));
    story.input(Input::Dns(DnsSetting::ResolverDelay(Span::seconds(5))));
    command(&mut story, "kubectl delete pod flask-1 --wait=false", 1);
    check(&story, "flask-1.flask", None);
    story.run_until(story.now() + Span(1500));
    check(&story, "flask-1.flask", None);
    story.run_until(story.now() + Span::seconds(5));
    assert!(ask(&story, &question("flask-1.flask")).reason.is_some(), "7 seconds are over");
    command(&mut story, "kubectl scale sts flask --replicas=4", 0);
    let is_ready = |story: &Story| {
        let pod = story.cluster.api.store().find(kubesim::Kind::Pod, "default", "flask-3");
        pod.is_some_and(|pod| pod.pod().is_ready())
    };
    while !is_ready(&story) {
        story.run_until(story.now() + Span(100));
    }
    check(&story, "flask-3.flask", Some(AnswerReason::SliceLags { pod: "flask-3".into() }));
    story.run_until(story.now() + Span::seconds(3));
    check(&story, "flask-3.flask", Some(AnswerReason::ResolverLags { object: "flask".into() }));
    story.run_until(story.now() + Span::seconds(5));
    check(&story, "flask-3.flask", None);
}

/// What the watched question was answered with: `+` and how many addresses, or what was said.
fn bands(story: &Story) -> Vec<(i64, String)> {
    let mut seen: Vec<(i64, String)> = Vec::new();
    for entry in story.cluster.api.history().entries() {
        let Change::Object { after: Some(after), key, .. } = &entry.change else { continue };
        if *key != kubesim::dns::server::key() {
            continue;
        }
        let Some(asked) = &after.resolver().watched else { continue };
        let text = match &asked.reason {
            None => format!("+{}", asked.answer().answers.len()),
            Some(reason) => format!("{reason:?}").split([' ', '{']).next().unwrap_or_default().to_string(),
        };
        if seen.last().is_none_or(|(_, last)| *last != text) {
            seen.push((entry.at.0 / 1000, text));
        }
    }
    seen
}

fn watch(story: &mut Story, name: &str) {
    story.input(Input::Watch(Some(question(name))));
}

fn texts(bands: &[(i64, String)]) -> Vec<&str> {
    bands.iter().map(|(_, text)| text.as_str()).collect()
}

#[test]
fn without_a_cache_a_deleted_pod_is_gone_at_once_and_back_when_it_is_ready() {
    let mut story = seed(120);
    watch(&mut story, "flask-1.flask");
    command(&mut story, "kubectl delete pod flask-1 --wait=false", 60);
    let bands = bands(&story);
    let (first, last) = (bands.first().expect("it was asked"), bands.last().expect("it was asked"));
    assert_eq!((first.1.as_str(), last.1.as_str()), ("+1", "+1"));
    assert!(texts(&bands).contains(&"Terminating") && texts(&bands).contains(&"NotReady"), "{bands:?}");
    assert!(bands[1].0 <= 121, "a second after the deletion the name is gone: {bands:?}");
}

#[test]
fn a_rollout_shows_two_of_three_again_and_again() {
    let mut story = seed(120);
    watch(&mut story, "flask");
    command(&mut story, "kubectl set image sts/flask flask-app=han0495/flask-example-app:v2", 120);
    let bands = bands(&story);
    assert_eq!(texts(&bands), ["+3", "+2", "+3", "+2", "+3", "+2", "+3"]);
}

#[test]
fn a_positive_cache_gives_out_the_old_address_for_up_to_thirty_seconds() {
    let mut story = seed(120);
    story.input(Input::Dns(DnsSetting::Caching(Caching::Cache30)));
    watch(&mut story, "flask-1.flask");
    story.run_until(SimTime(125_500));
    command(&mut story, "kubectl delete pod flask-1 --wait=false", 60);
    let bands = bands(&story);
    assert_eq!(texts(&bands), ["+1", "OldCached", "+1"], "{bands:?}");
    assert_eq!((bands[1].0, bands[2].0), (126, 150), "the cache holds it from 120 to 150 s");
}

#[test]
fn a_negative_cache_denies_a_pod_that_is_up() {
    let mut story = seed(120);
    story.input(Input::Dns(DnsSetting::Caching(Caching::Cache30)));
    command(&mut story, "kubectl delete pod flask-1 --wait=false", 1);
    story.input(Input::Ask(question("flask-1.flask")));
    let since = story.now();
    story.run_until(since + Span::seconds(20));
    let reason = AnswerReason::NegativeCached { until: since + Span::seconds(30) };
    check(&story, "flask-1.flask", Some(reason));
    let held = ask(&story, &question("flask-1.flask"));
    assert_eq!(held.tries[0].authority[0].ttl, 10, "the SOA's minimum of 30 s has run down");
    story.run_until(since + Span::seconds(30));
    check(&story, "flask-1.flask", None);
}

#[test]
fn a_node_local_cache_forgets_what_is_not_there_after_five_seconds() {
    let mut story = seed(120);
    story.input(Input::Dns(DnsSetting::Caching(Caching::NodeLocal)));
    story.input(Input::Ask(question("late")));
    let since = story.now();
    let store = story.cluster.api.store();
    let resolver = Resolver::of(store).expect("the cluster has a resolver");
    let zone: Vec<u32> =
        resolver.cache.iter().filter(|c| c.answer.name.ends_with("cluster.local.")).map(|c| c.ttl).collect();
    assert_eq!(zone, [5, 5, 5]);
    command(&mut story, "kubectl create service clusterip late --tcp=80", 2);
    check(&story, "late", Some(AnswerReason::NegativeCached { until: since + Span::seconds(5) }));
    story.run_until(since + Span::seconds(5));
    check(&story, "late", None);
}

#[test]
fn time_travel_and_replay_cover_the_caches() {
    let mut story = seed(120);
    story.input(Input::Dns(DnsSetting::Caching(Caching::Cache30)));
    watch(&mut story, "flask");
    command(&mut story, "kubectl delete pod flask-2 --wait=false", 40);
    let again = Story::replay(Options::default(), story.inputs(), story.now());
    assert_eq!(again.cluster.api.store(), story.cluster.api.store());
    let mut moment = kubesim::Moment::default();
    let history = story.cluster.api.history();
    moment.seek(history, history.len());
    moment.seek(history, history.position_at(SimTime(121_000)));
    let resolver = Resolver::of(&moment.store).expect("the cluster has a resolver");
    assert_eq!(resolver.caching, Caching::Cache30);
    assert_eq!(resolver.cache.len(), 1, "asked at 120 s, and kept");
    moment.seek(history, history.position_at(SimTime(119_000)));
    assert_eq!(Resolver::of(&moment.store).map(|r| (r.caching, r.cache.len())), Some((Caching::Kubeadm, 0)));
}

#[test]
fn watching_does_not_change_what_happens() {
    let mut plain = seed(120);
    let mut watched = seed(120);
    watch(&mut watched, "nope");
    for story in [&mut plain, &mut watched] {
        command(story, "kubectl delete pod flask-1 --wait=false", 60);
    }
    let pods = |story: &Story| -> Vec<_> {
        story
            .cluster
            .api
            .store()
            .list(kubesim::Kind::Pod)
            .map(|p| (p.meta.uid, p.pod().status.pod_ip.clone()))
            .collect()
    };
    assert_eq!(pods(&plain), pods(&watched));
}
