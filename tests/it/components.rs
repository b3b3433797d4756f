//! The parts of the page, drawn without a browser.

use kubesim::manifest::diagnose;
use kubesim::{Change, FeatureGates, Input, Key, Kind, Str};
use messages::{EN, fill};
use ordinal::app::App;
use ordinal::app::warm_up::{Pictures, WarmUp};
use ordinal::components::dns::dns;
use ordinal::components::editor::Editor;
use ordinal::components::events::events;
use ordinal::components::fault_menu::menu;
use ordinal::components::inspect::{Inspected, inspect};
use ordinal::components::stage::Stage;
use ordinal::components::stage::nodes::nodes;
use ordinal::components::terminal::{Terminal, suggestions};
use ordinal::components::timeline::timeline;
use ordinal::link::Link;
use ordinal::page::intent::Intent;
use ordinal::page::panel::{DnsQuery, InspectorTab};
use ordinal::session::{Action, Session};
use scene::examples::EXAMPLES;
use scene::explain::{Explanation, of_loading};
use std::cell::RefCell;
use std::rc::Rc;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
struct Props {
    html: Html,
}

#[component]
fn Shown(props: &Props) -> Html {
    props.html.clone()
}

/// The text of some HTML as a browser would be sent it.
fn render(html: Html) -> String {
    let renderer = yew::LocalServerRenderer::<Shown>::with_props(Props { html }).hydratable(false);
    drawn(renderer.render())
}

pub fn drawn(text: impl Future<Output = String>) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    tokio::task::LocalSet::new().block_on(&runtime, text)
}

/// The seed after this many seconds and these commands, each followed by as many.
fn story(seconds: i64, commands: &[&str]) -> Session {
    let mut session = Session::playing(EXAMPLES[0].text);
    session.handle(Action::Toggle);
    run(&mut session, seconds);
    for command in commands {
        session.handle(Action::Input(Input::Command((*command).into())));
        run(&mut session, seconds);
    }
    session
}

fn run(session: &mut Session, seconds: i64) {
    if !session.is_playing() {
        session.handle(Action::Toggle);
    }
    session.handle(Action::Frame(0.0));
    for n in 1..=seconds * 10 {
        session.handle(Action::Frame(n as f64 * 100.0));
    }
}

fn stage(session: &mut Session) -> String {
    stage_with(session, None)
}

/// The stage before the first story begins, with what is on it then.
pub fn stage_loading(session: &mut Session) -> String {
    stage_with(session, Some(&of_loading(&EN)))
}

fn stage_with(session: &mut Session, loading: Option<&Explanation>) -> String {
    let scene = session.scene(&EN, None);
    let ask = Callback::noop();
    let now = session.playhead();
    let stage = Stage {
        loading,
        words: &EN,
        scene: &scene,
        now,
        part: None,
        part_of_beside: false,
        compared: None,
        notice: None,
        rule: loading.is_none(),
        default: Some("7"),
        lit: None,
        by_node: None,
        beside: None,
        roomy: false,
        send: &ask,
    };
    render(stage.draw())
}

#[track_caller]
fn check(html: &str, expect: &[&str]) {
    for text in expect {
        assert!(html.contains(text), "no {text} in {html}");
    }
}

#[test]
fn the_page_draws_itself() {
    let html = drawn(yew::LocalServerRenderer::<App>::new().hydratable(false).render());
    check(&html, &["<h1>", "Ordinal", "<textarea", "class=\"prompt\"", "role=\"slider\"", "<nav>"]);
    assert!(!html.contains(" style="), "the page's policy forbids style attributes");
}

#[test]
fn the_menu_of_faults_offers_only_what_changes_something() {
    let mut session = story(30, &[]);
    let pod = Key::new(Kind::Pod, "default", "flask-0");
    let object = session.moment().store.get(&pod).expect("it is there");
    let node = Key::cluster(Kind::Node, object.pod().spec.node_name.as_ref().expect("it has a node"));
    let set = Key::new(Kind::StatefulSet, "default", "flask");
    let offered = |session: &Session, key: &Key, texts: &[String; 2]| {
        let store = &session.moment().store;
        let html = render(menu(&EN, store, Some(key), &Callback::noop()));
        texts.each_ref().map(|text| html.contains(&**text))
    };
    let image = "han0495/flask-example-app";
    let disks = [EN.slow_disks(), EN.normal_disks()];
    let own = |texts: [&str; 2]| texts.map(str::to_owned);
    let of_program = |doubt: &str, mends: &str| {
        let values = [("image", image), ("container", "flask-app"), ("port", "80"), ("probe", "readiness")];
        [fill(doubt, &values), fill(EN.mend_program(), &[("command", &["trouble ", mends].concat())])]
    };
    for (key, texts, breaks, mends) in [
        (
            &node,
            own([EN.node_down(), EN.node_up()]),
            format!("node {} down", node.name),
            format!("node {} up", node.name),
        ),
        (&set, own(disks), "disk slow".into(), "disk normal".into()),
        (&set, own([EN.slow_images(), EN.normal_images()]), "images slow".into(), "images normal".into()),
        (
            &pod,
            own([EN.fail_readiness(), EN.mend_readiness()]),
            "unready flask-0".into(),
            "ready flask-0".into(),
        ),
        (
            &pod,
            of_program(EN.doubt_image(), &format!("image {image} back")),
            format!("image {image} gone"),
            format!("image {image} back"),
        ),
        (
            &pod,
            of_program(EN.doubt_program(), &format!("program {image} runs")),
            format!("program {image} ends"),
            format!("program {image} runs"),
        ),
    ] {
        assert_eq!(offered(&session, key, &texts), [true, false], "{breaks}");
        let before = session.playhead();
        session.handle(Action::Input(Input::Command(["trouble ", &breaks].concat().into())));
        run(&mut session, 2);
        assert_eq!(offered(&session, key, &texts), [false, true], "{breaks}");
        // The past is as it was then, and a reload keeps what is broken.
        let broken = session.playhead();
        session.handle(Action::Seek(before - 1.0));
        assert_eq!(offered(&session, key, &texts), [true, false], "{breaks}, before it");
        session.handle(Action::Seek(broken));
        assert_eq!(offered(&session, key, &texts), [false, true], "{breaks}, again");
        let reloaded = Session::opened(&session.link(Link::default()));
        assert_eq!(offered(&reloaded, key, &texts), [false, true], "{breaks}, after a reload");
        session.handle(Action::Input(Input::Command(["trouble ", &mends].concat().into())));
        run(&mut session, 2);
        assert_eq!(offered(&session, key, &texts), [true, false], "{mends}");
    }
}

#[test]
fn the_stage_shows_pods_claims_ghosts_and_why() {
    let html = stage(&mut story(12, &[]));
    check(
        &html,
        &[
            "Why is flask-1 not there yet?",
            "is not in the manifest: <code>7</code> by default.",
            "<code>minReadySeconds: 10</code>",
            "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#minimum-ready-seconds",
            "class=\"pod ready\"",
            "aria-label=\"Delete flask-0\"",
            "data-claim=\"www-flask-0\"",
            "dump.log",
            "class=\"pod ghost\"",
            "waits for flask-0",
            "class=\"wire on\"",
            "1 A",
        ],
    );
}

#[test]
fn a_replacement_is_marked() {
    let html = stage(&mut story(30, &["kubectl delete pod flask-0"]));
    check(&html, &["<em class=\"new\">new</em>", "<em class=\"same\">same</em>", "<span class=\"fresh\">"]);
}

#[test]
fn many_lanes_become_small_and_then_cells() {
    let html = stage(&mut story(30, &["kubectl scale sts flask --replicas=12"]));
    check(&html, &["class=\"lanes compact claimed\""]);
    let html = stage(&mut story(30, &["kubectl scale sts flask --replicas=100"]));
    check(&html, &["class=\"cells\"", "aria-setsize=\"100\"", ">99</text>", "class=\"lanes alone\""]);
    let chosen = "aria-activedescendant=\"chosen-place\"";
    check(&html, &[chosen, "id=\"chosen-place\"", "aria-posinset=\"4\"", "aria-label=\"flask-3 Running\""]);
    assert_eq!(html.matches("class=\"ghost\"></path>").count(), 1, "one path for all that are missing");
}

#[test]
fn nodes_show_their_pods_and_volumes_and_how_they_are() {
    let by_node = |session: &Session| render(nodes(&EN, session, &Callback::noop()));
    let html = by_node(&story(60, &[]));
    check(&html, &["class=\"node ready\"", "data-pod=\"flask-2\"", "www-flask-2", "takes no pods"]);
    let html = by_node(&story(60, &["kubectl cordon chhan-k8s-2", "kubectl scale sts flask --replicas=0"]));
    check(&html, &["class=\"node pending\"", "SchedulingDisabled", "no pod here uses it", "no pods"]);
    let html = by_node(&story(20, &["trouble node chhan-k8s-2 down"]));
    check(&html, &["class=\"node term\"", ">silent<", "<progress"]);
}

#[test]
fn panels_show_events_objects_and_answers() {
    let mut session = story(30, &[]);
    let (scene, now, ask) = (session.scene(&EN, None), session.now(), Callback::noop());
    let store = &session.moment().store;
    check(&render(events(&EN, store, now, &ask)), &["SuccessfulCreate", "statefulset/flask", "<time>"]);
    let key = scene.set.as_ref().map(|set| &set.key);
    let show = |tab: InspectorTab, since: Option<usize>| {
        let inspected = Inspected { object: key.cloned(), of_beside: false, tab, since };
        render(inspect(&EN, &session, &inspected, &ask))
    };
    check(&show(InspectorTab::Described, None), &["Replicas:", "3 desired"]);
    check(&show(InspectorTab::Yaml, None), &["apiVersion: apps/v1"]);
    check(
        &show(InspectorTab::Changes, None),
        &["<span class=\"removed\">-", "<span class=\"added\">+", "the version before"],
    );
    let first = session.history().entries().iter().position(|entry| match &entry.change {
        Change::Object { key: of, .. } => Some(of) == key,
        _ => false,
    });
    let since_first = show(InspectorTab::Changes, first);
    assert!(!since_first.contains("removed\">-   readyReplicas"), "{since_first}");
    check(&since_first, &["<span class=\"added\">+   readyReplicas: 2", "lines are the same</summary>"]);
    let version = since_first.find("resourceVersion").expect("it has changed, too");
    assert!(since_first.find("readyReplicas: 2") < Some(version), "what every change changes comes last");
    let ask_dns = |name: &str, kind: &str| {
        let (name, kind) = (name.to_string().into(), kind.to_string().into());
        let query = DnsQuery { name, kind, tool: Some("nslookup"), ..DnsQuery::default() };
        render(dns(&EN, &session, None, &query, &ask))
    };
    check(&ask_dns("flask", "A"), &["flask.default.svc.cluster.local.", "NOERROR", "172.16.234.21"]);
    check(&ask_dns("flask", "SRV"), &["flask-0.flask.default.svc.cluster.local."]);
    check(&ask_dns("flask-2.flask", "A"), &["NXDOMAIN", "There is no pod flask-2 behind flask"]);
    check(
        &ask_dns("flusk", "A"),
        &["NXDOMAIN", "There is no Service flusk", "Did you mean <code>flask</code>?"],
    );
    let chain = ["selector app=flask", "EndpointSlice flask-", " ready: true", "A records: 1"];
    check(&ask_dns("flask-0.flask", "A"), &chain);
    check(&ask_dns("flask", "SRV"), &["$ nslookup -type=srv flask", "service = 0 "]);
    check(
        &ask_dns("172.16.234.21", "A"),
        &["21.234.16.172.in-addr.arpa.", "flask-0.flask.default.svc.cluster.local."],
    );
}

#[test]
fn a_watched_question_is_drawn_as_a_strip() {
    let mut session = story(60, &[]);
    let question = DnsQuery { name: "flask-1.flask".into(), ..DnsQuery::default() }.question(None);
    session.handle(Action::Input(Input::Watch(Some(question.clone()))));
    session.handle(Action::Input(Input::Ask(question.clone())));
    session.handle(Action::Input(Input::Command("kubectl delete pod flask-1 --wait=false".into())));
    run(&mut session, 30);
    let query = DnsQuery { name: "flask-1.flask".into(), ..DnsQuery::default() };
    let html = render(dns(&EN, &session, None, &query, &Callback::noop()));
    check(
        &html,
        &["Stop watching", "flask-1.flask over time", "Terminating", "not Ready", "class=\"found\""],
    );
    let session = Rc::new(RefCell::new(session));
    let scene = session.borrow_mut().scene(&EN, None);
    let html = render(timeline(&EN, &session, &scene, "timeline", &Callback::noop()));
    check(&html, &["<g class=\"bands\">", "<li class=\"asked\">flask-1.flask</li>"]);
}

#[test]
fn ten_thousand_lines_are_kept_in_pages() {
    let mut session = story(30, &["seq 1 10000"]);
    let screen = session.screen();
    let lines: usize = screen.iter().flat_map(|page| page.iter()).map(|p| p.text.lines().count()).sum();
    assert!(lines > 10_000, "{lines} lines");
    assert!(screen.iter().all(|page| page.len() <= 100), "no page is long");
    session.handle(Action::Input(Input::Command("kubectl get pods".into())));
    let again = session.screen();
    let same = screen.iter().zip(again.iter()).filter(|(a, b)| Rc::ptr_eq(a, b)).count();
    assert!(same + 1 >= screen.len(), "{same} of {} pages stay as they are", screen.len());
    session.handle(Action::Input(Input::Line("clear".into())));
    let left: usize = session.screen().iter().map(|page| page.len()).sum();
    assert_eq!(left, 1, "the prompt");
}

#[test]
fn the_terminal_shows_what_was_printed_and_offers_commands() {
    let mut session = story(30, &["kubectl get pods"]);
    let scene = session.scene(&EN, None);
    assert_eq!(session.complete("kubectl get po").words, ["poddisruptionbudgets", "pods", "podtemplates"]);
    let offered = suggestions(&session, &scene);
    assert!(offered.contains(&"kubectl delete pod flask-1".to_string()), "{offered:?}");
    let (screen, lines, ask) = (session.screen(), session.lines(), Callback::<Intent>::noop());
    let session = Rc::new(RefCell::new(session));
    let html = render(
        html! { <Terminal words={&EN} {screen} {lines} suggestions={offered} {session} send={ask} /> },
    );
    let object = format!("data-object=\"{}/default/flask-0\"", kubesim::Kind::Pod as usize);
    check(&html, &[&object, "role=\"log\""]);
    check(&html, &["class=\"prompt\"", "kubectl get pods", "NAME      READY", "aria-label=\"Command line\""]);
}

#[test]
fn the_timeline_shows_bars_and_marks() {
    let session = Rc::new(RefCell::new(story(30, &["kubectl delete pod flask-0"])));
    let scene = session.borrow_mut().scene(&EN, None);
    let html = render(timeline(&EN, &session, &scene, "timeline", &Callback::noop()));
    check(&html, &["class=\"init\"", "class=\"term\"", "delete pod flask-0", "aria-valuetext=\"1:00.0\""]);
}

#[test]
fn commands_close_together_are_one_mark_with_a_list() {
    let mut session = story(30, &[]);
    for pod in ["flask-0", "flask-1", "flask-2"] {
        session
            .handle(Action::Input(Input::Command(format!("kubectl delete pod {pod} --wait=false").into())));
        run(&mut session, 1);
    }
    let session = Rc::new(RefCell::new(session));
    let scene = session.borrow_mut().scene(&EN, None);
    let html = render(timeline(&EN, &session, &scene, "timeline", &Callback::noop()));
    check(&html, &[">3 commands</text>", ">apply</text>", "0:31.0  delete pod flask-1 --wait=false</text>"]);
    let said = "aria-label=\"3 commands: delete pod flask-0 --wait=false; delete pod flask-1 --wait=false; \
                delete pod flask-2 --wait=false\"";
    check(&html, &[said]);
    let label = "<text x=\"11\" y=\"24\">";
    assert_eq!(html.matches(label).count(), 4, "two marks on a wide screen, and two on a narrow one");
}

/// The editor with this text.
fn editor(text: &str) -> Editor {
    Editor {
        words: &EN,
        text: text.into(),
        own: Str::default(),
        applied: None,
        preset: None,
        diagnosis: Rc::default(),
        marked: None,
        top: 0,
        can_undo: false,
        assist: false,
    }
}

#[test]
fn what_is_not_applied_is_marked_with_the_difference() {
    let draw = |editor: Editor| render(editor.draw(&Callback::noop()));
    let applied: Str = EXAMPLES[0].text.into();
    let plain = draw(Editor { applied: Some(applied.clone()), ..editor(&applied) });
    assert!(!plain.contains("unapplied"), "nothing was changed");
    let changed = applied.replace("replicas: 3", "replicas: 5");
    let html =
        draw(Editor { applied: Some(applied.clone()), own: changed.as_str().into(), ..editor(&changed) });
    check(
        &html,
        &[
            "Changed, not applied: 2 lines",
            "<span class=\"removed\">-   replicas: 3",
            "<span class=\"added\">+   replicas: 5",
            "<summary>⋯ 20 lines are the same</summary>",
            "<option selected=\"selected\">your manifest</option>",
        ],
    );
    let long = Editor { applied: Some(applied), ..editor(&"a: b\n".repeat(10_000)) };
    assert!(!draw(long).contains("<details"), "a long text is not compared at each keystroke");
    let preset = Editor { preset: Some(1), ..editor(EXAMPLES[0].text) };
    check(&draw(preset), &["<option selected=\"selected\">whenScaled: Retain | whenScaled: Delete</option>"]);
}

#[test]
fn long_manifests_stay_editable() {
    let text = "a: b\n".repeat(100_000);
    let html = render(Editor { top: 50_000, ..editor(&text) }.draw(&Callback::noop()));
    check(&html, &["<i>50001</i>", "<i>50300</i>", "<svg height=\"950000\">"]);
    assert_eq!(html.matches("<i>").count(), 300, "only what can be seen is drawn");
    let html = render(Editor { top: 900_000, ..editor(&text) }.draw(&Callback::noop()));
    check(&html, &["<i>100001</i>"]);
}

#[test]
fn mistakes_are_marked_at_their_lines() {
    let text = EXAMPLES[0].text.replace("replicas: 3", "replicas: three");
    let diagnosis = diagnose(&text, FeatureGates::default());
    let html = render(Editor { diagnosis: Rc::new(diagnosis), ..editor(&text) }.draw(&Callback::noop()));
    check(&html, &["<i class=\"error\">24</i>", "<b>line 24</b>", "StatefulSet flask"]);
}

#[test]
fn the_warm_up_sees_a_crowd_come_up() {
    let seen = |warm_up: &WarmUp| {
        drawn(yew::LocalServerRenderer::<Pictures>::with_props(warm_up.picture()).hydratable(false).render())
    };
    let mut warm_up = WarmUp::new();
    let mut pictures = 0;
    let mut states = std::collections::BTreeSet::new();
    while warm_up.go_on() {
        pictures += 1;
        assert!(pictures < 200, "there is no end to it");
        let picture = seen(&warm_up);
        let counted = |state: &&str| picture.contains(&format!("<li class=\"{state}\"><i>"));
        states.extend(["pending", "run", "ready"].into_iter().filter(counted));
    }
    assert_eq!(states.len(), 3, "{states:?}");
    let last = seen(&warm_up);
    assert!(last.contains("120/120 ready"), "{last}");
}

#[test]
fn offered_commands_name_another_namespace() {
    let text = EXAMPLES[0].text.replace("\nmetadata:\n", "\nmetadata:\n  namespace: shop\n");
    let mut session = Session::playing("");
    session.handle(Action::Input(Input::Command("kubectl create namespace shop".into())));
    session.handle(Action::Input(Input::Apply(text.into())));
    run(&mut session, 60);
    let scene = session.scene(&EN, None);
    let offered = suggestions(&session, &scene);
    for command in ["kubectl get pods -o wide -n shop", "kubectl delete pod flask-1 -n shop"] {
        assert!(offered.iter().any(|offer| offer == command), "{offered:?}");
    }
    let (_, attached) =
        offered.iter().find_map(|offer| offer.split_once(" testpod1 ")).expect("a pod to ask from");
    assert_eq!(attached, "-n shop -- zsh");
}
