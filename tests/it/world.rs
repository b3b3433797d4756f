//! A session in another world.

use crate::session::play;
use kubesim::{Input, Kind, Options, SimTime};
use ordinal::link::Link;
use ordinal::session::{Action, Session};
use std::rc::Rc;

const MANIFEST: &str = include_str!("../../src/examples/flask.yaml");

/// Two nodes, of which one is a control plane's, and an image that nobody has.
fn small() -> Rc<Options> {
    let text =
        r#"{"nodes": [{"name": "a", "controlPlane": true}, {"name": "b"}], "goneImages": ["busybox:1.28"]}"#;
    Rc::new(kubesim::world::parse(text).expect("a world"))
}

fn node_names(session: &Session) -> Vec<String> {
    session.moment().store.list(Kind::Node).map(|node| node.meta.name.to_string()).collect()
}

#[test]
fn a_world_is_a_new_cluster_with_what_was_applied_last() {
    let mut session = Session::playing(MANIFEST);
    play(&mut session, 60.0);
    let usual = node_names(&session);
    session.handle(Action::SetWorld(small()));
    assert_eq!((node_names(&session), session.now()), (vec!["a".into(), "b".into()], SimTime(0)));
    assert_eq!(session.applied().as_deref(), Some(MANIFEST));
    assert!(session.is_playing());
    play(&mut session, 60.0);
    let waiting = |session: &Session| {
        let pods = session.moment().store.list(Kind::Pod);
        pods.filter(|pod| &*pod.meta.namespace == "default" && !pod.pod().is_ready()).count()
    };
    assert_eq!(waiting(&session), 1, "the first pod's image can't be pulled");
    // What is done in its past happens in the same world; so does what comes after a reset, and beside it.
    session.handle(Action::Seek(10_000.0));
    session.handle(Action::Input(Input::Line("kubectl scale sts flask --replicas=1".into())));
    assert_eq!((node_names(&session).len(), session.branches().len()), (2, 3));
    for action in [Action::Reset, Action::Preset(0)] {
        session.handle(action);
        assert_eq!(node_names(&session), ["a", "b"]);
    }
    session.handle(Action::SetWorld(Rc::default()));
    assert_eq!(node_names(&session), usual);
}

#[test]
fn a_world_can_be_taken_back() {
    let mut session = Session::playing(MANIFEST);
    play(&mut session, 60.0);
    let before = (node_names(&session), session.now());
    session.handle(Action::SetWorld(small()));
    session.handle(Action::Undo);
    assert_eq!((node_names(&session), session.now(), session.branches().len()), (before.0, before.1, 1));
}

#[test]
fn a_link_brings_its_world() {
    let mut session = Session::playing(MANIFEST);
    session.handle(Action::SetWorld(small()));
    play(&mut session, 5.0);
    let link = session.link(Link::default());
    let opened = Session::opened(&Link::of_fragment(&link.to_fragment()).expect("it can be read"));
    assert_eq!(opened.world(), session.world());
    let told = |session: &Session| session.history().fingerprint();
    assert_eq!(told(&opened), told(&session));
}

#[test]
fn what_a_field_means_follows_from_the_worlds_gates() {
    use ordinal::page::intent::Intent;
    use ordinal::page::state::PageState;
    use ordinal::page::update::update;
    let manifest = MANIFEST.replace(
        "  replicas: 3\n",
        "  replicas: 3\n  updateStrategy: {rollingUpdate: {maxUnavailable: 2}}\n",
    );
    assert_ne!(manifest, MANIFEST);
    let session = Session::new();
    let state = PageState::of(&Link::default(), None, &messages::EN);
    let (state, _) = update(&state, Intent::EditManifest((&*manifest).into()), &session);
    let says = |state: &PageState| {
        state.diagnosis.diagnostics.iter().any(|said| said.message.contains("MaxUnavailableStatefulSet"))
    };
    assert!(says(&state));
    let world = kubesim::world::parse(r#"{"gates": {"MaxUnavailableStatefulSet": true}}"#).expect("a world");
    let (state, _) = update(&state, Intent::Session(Action::SetWorld(world.into())), &session);
    assert!(!says(&state));
}
