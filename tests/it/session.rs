//! What the page shows of a story, without a page: scenes, whys, time travel. Long: one story of each kind.

use kubesim::{Input, Key, Kind};
use messages::EN;
use ordinal::link::Link;
use ordinal::session::branch::{Branch, MOST_BRANCHES, Stop};
use ordinal::session::{Action, Session};
use scene::examples::EXAMPLES;
use scene::explain::Tone;
use scene::history::is_event;
use scene::history::pod_state::PodState;
use scene::scene::pod_grid::PodGrid;
use scene::scene::{Lane, PodSlot, PodView, Sameness, Scene};
use std::rc::Rc;

fn seed() -> Session {
    Session::playing(EXAMPLES[0].text)
}

/// Lets this many seconds pass, in frames.
pub fn play(session: &mut Session, seconds: f64) {
    let (frame, frames) = (20.0, (seconds * 50.0) as usize);
    session.handle(Action::Frame(0.0));
    for n in 1..=frames {
        session.handle(Action::Frame(n as f64 * frame));
    }
    // The next one counts from another clock.
    session.handle(Action::Frame(0.0));
}

fn command(session: &mut Session, command: &str) {
    session.handle(Action::Input(Input::Command(command.into())));
}

fn scene(session: &mut Session) -> Rc<Scene> {
    session.scene(&EN, None)
}

/// The scene in the next picture, without any time between.
fn picture(session: &mut Session) -> Rc<Scene> {
    session.handle(Action::Frame(0.0));
    scene(session)
}

#[track_caller]
fn pod(scene: &Scene, ordinal: usize) -> &PodView {
    match &scene.lanes[ordinal].pod {
        PodSlot::Pod(pod) => pod,
        ghost => panic!("lane {ordinal} has no pod, but {ghost:?}"),
    }
}

#[track_caller]
fn ghost(lane: &Lane) -> (&str, bool) {
    match &lane.pod {
        PodSlot::Ghost { note, next } => (note, *next),
        PodSlot::Pod(pod) => panic!("{} is there: {pod:?}", lane.name),
    }
}

#[test]
fn nothing_is_applied_at_first() {
    let scene = scene(&mut Session::new());
    assert_eq!(scene.why.title, "Nothing is applied yet");
    assert!(scene.set.is_none() && scene.lanes.is_empty());
}

#[test]
fn the_seed_comes_up_one_after_the_other() {
    let mut session = seed();
    play(&mut session, 12.0);
    let at_12 = scene(&mut session);
    assert_eq!(at_12.set.as_ref().map(|set| set.chips[0].as_str()), Some("1/3 ready"));
    let first = pod(&at_12, 0);
    assert_eq!((first.state, &*first.status), (PodState::Ready, "Running"));
    assert!(first.ready.starts_with("1/1 · ") && first.ready.ends_with("/10s"), "{}", first.ready);
    assert!((0.01..0.99).contains(&first.ring), "{}", first.ring);
    assert_eq!(first.progress, [1.0, 1.0, 1.0, 1.0]);
    assert_eq!(
        (first.ip_mark, first.node_mark, first.uid_mark),
        (Sameness::None, Sameness::None, Sameness::None)
    );
    assert_eq!(ghost(&at_12.lanes[1]), ("waits for flask-0", true));
    assert_eq!(ghost(&at_12.lanes[2]), ("waits for flask-1", false));
    let names: Vec<_> = at_12.lanes.iter().map(|lane| lane.dns_name.as_deref()).collect();
    assert_eq!(names, [Some("flask-0.flask"), None, None]);
    assert_eq!(at_12.service.as_ref().map(|s| s.answer.as_str()), Some("1 A"));

    let claim = &at_12.lanes[0].claims[0];
    let facts = claim.claim.as_ref().expect("flask-0 has its claim");
    assert_eq!((facts.status, facts.same, facts.kept), ("Bound", false, false));
    assert_eq!(facts.about, "1Gi · RWO · local-path");
    assert_eq!(claim.cable, 1.0);
    let file = &claim.volume.as_ref().expect("the claim has a volume").files[0];
    assert_eq!(&*file.path, "dump.log");
    assert!(file.lines.len() == 1 && file.lines[0].text.starts_with("flask-0-16534584"), "{file:?}");
    assert!(!file.lines[0].fresh);

    assert_eq!(at_12.why.title, "Why is flask-1 not there yet?");
    assert_eq!(
        at_12.why.text,
        "flask-0 must stay Ready for `minReadySeconds: 10` before flask-1 may follow."
    );
    let (since, until) = at_12.why.wait.expect("time is waited for");
    assert_eq!((until - since).0, 10_000);
    assert!(since <= session.now() && session.now() < until);
}

#[test]
fn a_pod_on_its_way_says_how_far_it_is() {
    let mut session = seed();
    let mut last = vec![0.0; 4];
    let mut states = Vec::new();
    for _ in 0..90 {
        play(&mut session, 0.1);
        let scene = scene(&mut session);
        let pod = pod(&scene, 0);
        if states.last() != Some(&pod.state) {
            states.push(pod.state);
        }
        let sum: f32 = pod.progress.iter().sum();
        assert!(sum >= last.iter().sum::<f32>() - 0.01, "{last:?} → {:?} at {}", pod.progress, session.now());
        last = pod.progress.clone();
    }
    assert_eq!(states, [PodState::Pending, PodState::Init, PodState::Running, PodState::Ready]);
}

#[test]
fn a_replacement_keeps_its_claim_and_gets_a_new_address() {
    let mut session = seed();
    play(&mut session, 60.0);
    let before = scene(&mut session);
    assert_eq!((before.why.tone, &*before.why.title), (Tone::Calm, "Everything is as wanted"));
    command(&mut session, "kubectl delete pod flask-1");
    play(&mut session, 1.0);
    let going = scene(&mut session);
    assert_eq!((pod(&going, 1).state, &*pod(&going, 1).status), (PodState::Terminating, "Terminating"));
    assert_eq!(going.lanes[1].dns_name, None);
    assert!((0.5..1.0).contains(&pod(&going, 1).ring));
    play(&mut session, 25.0);
    let after = scene(&mut session);
    let (old, new) = (pod(&before, 1), pod(&after, 1));
    assert_eq!((new.ip_mark, new.uid_mark, new.node_mark), (Sameness::New, Sameness::New, Sameness::Same));
    assert!(new.ip != old.ip && new.uid != old.uid && new.node == old.node);
    let (old, new) = (&before.lanes[1].claims[0], &after.lanes[1].claims[0]);
    assert!(new.claim.as_ref().is_some_and(|claim| claim.same));
    let volume = new.volume.as_ref().expect("the claim keeps its volume");
    assert_eq!(Some(&volume.name), old.volume.as_ref().map(|volume| &volume.name));
    let fresh: Vec<bool> = volume.files[0].lines.iter().map(|line| line.fresh).collect();
    assert_eq!(fresh, [false, true]);
    let lives = session.chronicle().pods.iter().find(|(name, _)| &*name.name == "flask-1");
    assert_eq!(lives.map(|(_, lives)| lives.len()), Some(2));
}

#[test]
fn what_is_scaled_away_leaves_its_claim() {
    let mut session = seed();
    play(&mut session, 60.0);
    command(&mut session, "kubectl scale sts flask --replicas=2");
    play(&mut session, 15.0);
    let scene = scene(&mut session);
    assert_eq!(scene.lanes.len(), 3);
    assert_eq!(ghost(&scene.lanes[2]), ("scaled away", false));
    let claim = &scene.lanes[2].claims[0];
    assert!(claim.claim.as_ref().is_some_and(|claim| claim.kept) && claim.volume.is_some());
    assert_eq!(claim.cable, 0.0);
}

#[test]
fn going_back_shows_what_was() {
    let mut session = seed();
    let mut seen = Vec::new();
    for _ in 0..30 {
        play(&mut session, 1.0);
        seen.push((session.playhead(), scene(&mut session)));
    }
    session.handle(Action::Toggle);
    for (at, then) in seen.iter().rev() {
        session.handle(Action::Seek(*at));
        assert_eq!(scene(&mut session), *then, "at {at}");
    }
    assert!(!session.is_playing());
    session.handle(Action::Present);
    assert_eq!(session.playhead(), session.frontier());
}

#[test]
fn lanes_that_are_as_they_were_are_the_same_allocation() {
    let mut session = seed();
    play(&mut session, 3.0);
    let before = scene(&mut session);
    play(&mut session, 0.1);
    let after = scene(&mut session);
    assert!(!Rc::ptr_eq(&before.lanes[0], &after.lanes[0]), "flask-0 moves on");
    assert!(Rc::ptr_eq(&before.lanes[2], &after.lanes[2]), "flask-2 does not");
}

#[test]
fn acting_in_the_past_begins_a_new_future() {
    let mut session = seed();
    play(&mut session, 40.0);
    session.handle(Action::Seek(12_000.0));
    let then = scene(&mut session);
    command(&mut session, "kubectl scale sts flask --replicas=1");
    assert!(session.has_just_forked());
    assert_eq!(session.frontier(), 12_000.0);
    assert_eq!(pod(&scene(&mut session), 0).uid, pod(&then, 0).uid);
    play(&mut session, 20.0);
    let scene = scene(&mut session);
    assert_eq!(scene.lanes.len(), 1, "flask-1 was never made");
}

#[test]
fn the_old_future_stays_as_a_branch_and_can_be_gone_back_to() {
    let mut session = seed();
    play(&mut session, 40.0);
    let (old, at) = (scene(&mut session), session.playhead());
    session.handle(Action::Seek(12_000.0));
    command(&mut session, "kubectl scale sts flask --replicas=1");
    let names: Vec<&str> = session.branches().iter().map(|b| &*b.name).collect();
    assert_eq!(names, ["", "scale sts flask --replicas=1"]);
    assert_eq!(session.branch().from.map(|(id, at)| (id, at.0)), Some((0, 12_000)));
    play(&mut session, 28.0);
    assert_eq!(scene(&mut session).lanes.len(), 1);
    session.handle(Action::Compare(Some(0)));
    let found: Vec<String> = session.differences(&EN).iter().map(|d| d.key.to_string()).collect();
    assert!(
        found.starts_with(&["statefulset/flask".into()]) && found.contains(&"pod/flask-1".into()),
        "{found:?}"
    );
    session.handle(Action::Switch(0));
    session.handle(Action::Seek(at));
    assert_eq!(scene(&mut session), old);
    assert_eq!(session.beside().map(|b| b.id), Some(1), "compared the other way round");
    session.handle(Action::Rename(1, "only one".into()));
    assert_eq!(&*session.branches()[1].name, "only one");
    session.handle(Action::Discard(0));
    assert_eq!((session.branches().len(), session.branch().id, session.beside().is_some()), (1, 1, false));
    session.handle(Action::Discard(1));
    assert_eq!(session.branches().len(), 1, "the only branch stays");
}

#[test]
fn acting_where_nothing_came_after_makes_no_branch() {
    let mut session = seed();
    play(&mut session, 90.0);
    assert!(session.rests());
    session.handle(Action::Seek(session.playhead() - 500.0));
    command(&mut session, "kubectl get pods");
    assert_eq!((session.branches().len(), session.has_just_forked()), (1, false));
}

#[test]
fn looking_in_the_past_shows_that_moment_and_branches_nothing() {
    let mut session = seed();
    play(&mut session, 40.0);
    session.handle(Action::Seek(12_000.0));
    let line = |line: &str| Action::Input(Input::Line(line.into()));
    let screen = |session: &Session| {
        session.screen().iter().flat_map(|page| page.iter()).map(|p| p.text.to_string()).collect::<String>()
    };
    session.handle(line("kubectl get pods"));
    session.handle(line("kubectl get pvc -o name"));
    assert_eq!((session.branches().len(), session.is_playing()), (1, false));
    let shown = screen(&session);
    assert!(
        shown.contains("\n$ kubectl get pods\nNAME      READY   STATUS    RESTARTS   AGE\nflask-0   1/1"),
        "{shown}"
    );
    assert!(
        !shown.contains("flask-1") && shown.ends_with("persistentvolumeclaim/www-flask-0\n$ "),
        "{shown}"
    );
    session.handle(Action::Seek(13_000.0));
    session.handle(Action::Seek(30_000.0));
    assert!(!screen(&session).contains("kubectl get"), "it was no part of the story");
    session.handle(line("kubectl get pods; kubectl delete pod flask-0"));
    assert_eq!(session.branches().len(), 2);
}

#[test]
fn there_are_never_too_many_branches() {
    let mut session = seed();
    play(&mut session, 20.0);
    for n in 0..MOST_BRANCHES + 2 {
        session.handle(Action::Seek(10_000.0));
        command(&mut session, &format!("kubectl scale sts flask --replicas={n}"));
        play(&mut session, 1.0);
    }
    assert_eq!(session.branches().len(), MOST_BRANCHES);
    assert_eq!(&*session.branch().name, "scale sts flask --replicas=9");
}

#[test]
fn a_branch_is_its_log() {
    let mut session = seed();
    play(&mut session, 30.0);
    session.handle(Action::Seek(12_345.0));
    command(&mut session, "kubectl delete pod flask-0");
    play(&mut session, 20.0);
    let branch = session.branch();
    let again = Branch::replay(9, branch.inputs(), branch.end());
    assert_eq!(again.history().fingerprint(), branch.history().fingerprint());
    assert_ne!(again.history().fingerprint(), session.branches()[0].history().fingerprint());
}

#[test]
fn idle_stretches_can_be_hurried_through_but_nothing_is_missed() {
    let seconds_to_rest = |skip: bool| {
        let mut session = seed();
        session.handle(Action::SkipIdle(skip));
        let mut passed = 0;
        while session.is_playing() {
            play(&mut session, 0.5);
            passed += 1;
        }
        (passed as f64 / 2.0, session.history().fingerprint())
    };
    let (whole, hurried) = (seconds_to_rest(false), seconds_to_rest(true));
    assert!(hurried.0 < whole.0 * 0.7, "{hurried:?} of {whole:?}");
    let mut session = seed();
    session.handle(Action::SkipIdle(true));
    session.handle(Action::Frame(0.0));
    let mut before = session.playhead();
    for n in 1..2000 {
        session.handle(Action::Frame(f64::from(n) * 20.0));
        let (from, to) = (before as i64, session.playhead() as i64);
        let missed = session
            .history()
            .entries()
            .iter()
            .filter(|e| is_event(e))
            .find(|e| e.at.0 > from && e.at.0 + 25 < to);
        assert!(missed.is_none(), "{from} to {to}: {missed:?}");
        before = session.playhead();
    }
}

#[test]
fn decisions_are_stops_of_their_own() {
    let mut session = seed();
    session.handle(Action::Start);
    let mut titles = Vec::new();
    for _ in 0..6 {
        session.handle(Action::Step { forward: true, stop: Stop::Decision });
        let title = scene(&mut session).why.title.clone();
        if titles.last() != Some(&title) {
            titles.push(title);
        }
    }
    assert_eq!(titles[..2], ["flask-0 is being made", "Why is flask-1 not there yet?"]);
    let here = session.playhead();
    session.handle(Action::Step { forward: false, stop: Stop::Decision });
    assert!(session.playhead() < here);
    session.handle(Action::Step { forward: true, stop: Stop::Decision });
    assert_eq!(session.playhead(), here);
}

#[test]
fn a_hidden_tab_stands_still() {
    let mut session = seed();
    play(&mut session, 5.0);
    let at = session.playhead();
    session.handle(Action::Frame(1.0));
    session.handle(Action::Frame(3_600_000.0));
    assert!(session.playhead() - at <= 101.0, "an hour without pictures is no hour of the story");
}

#[test]
fn steps_go_from_event_to_event_and_back() {
    let mut session = seed();
    session.handle(Action::Start);
    let mut stops = vec![session.playhead()];
    for _ in 0..20 {
        session.handle(Action::Step { forward: true, stop: Stop::Event });
        stops.push(session.playhead());
    }
    assert!(stops.windows(2).all(|pair| pair[0] < pair[1]), "{stops:?}");
    for stop in stops.iter().rev().skip(1) {
        session.handle(Action::Step { forward: false, stop: Stop::Event });
        assert_eq!(session.playhead(), *stop);
    }
    assert!(!session.is_playing());
}

#[test]
fn time_stops_when_nothing_is_to_come_and_goes_on_with_the_next_command() {
    let mut session = seed();
    play(&mut session, 90.0);
    assert!(session.rests() && !session.is_playing());
    assert!(session.playhead() < 75_000.0, "{}", session.now());
    command(&mut session, "kubectl delete pod flask-2");
    assert!(session.is_playing());
    play(&mut session, 5.0);
    assert!(!session.rests());
}

#[test]
fn a_pause_lasts_until_the_user_or_a_command_needs_time() {
    let mut session = seed();
    play(&mut session, 5.0);
    session.handle(Action::Toggle);
    let at = session.playhead();
    play(&mut session, 5.0);
    assert_eq!(session.playhead(), at);
    session.handle(Action::Input(Input::Line("kubectl get pods".into())));
    assert!(!session.is_playing(), "get takes no time");
    assert!(session.screen().iter().flat_map(|page| page.iter()).any(|p| p.text.contains("flask-0   0/1")));
    session.handle(Action::Input(Input::Line("kubectl get pods -w".into())));
    assert!(session.is_playing());
}

#[test]
fn a_reset_leaves_nothing() {
    let mut session = seed();
    play(&mut session, 5.0);
    session.handle(Action::Reset);
    assert_eq!((session.playhead(), session.is_playing()), (0.0, false));
    assert!(scene(&mut session).lanes.is_empty());
}

#[test]
fn what_a_reset_or_a_pair_replaces_is_a_branch_and_can_be_had_back() {
    let mut session = seed();
    play(&mut session, 40.0);
    let (old, at) = (scene(&mut session), session.playhead());
    for action in [Action::Reset, Action::Preset(1)] {
        session.handle(action.clone());
        assert_eq!(&*session.branches()[0].name, "flask", "it is named for what is on its stage");
        assert!(session.can_undo() && session.playhead() == 0.0, "{action:?}");
        session.handle(Action::Undo);
        assert_eq!((session.branches().len(), session.playhead()), (1, at), "{action:?}");
        assert!(scene(&mut session) == old && !session.can_undo(), "{action:?}");
    }
    // What was done since is not thrown away by going back.
    session.handle(Action::Reset);
    command(&mut session, "kubectl create deployment web --image=nginx");
    play(&mut session, 5.0);
    session.handle(Action::Undo);
    assert_eq!(session.branches().len(), 2);
    assert_eq!((scene(&mut session), session.playhead()), (old, at));
    // A story that is shown again out of a pair stands alone: commands go to it only.
    session.handle(Action::Preset(0));
    let first = session.branches()[0].id;
    session.handle(Action::Switch(first));
    assert!(session.beside().is_none());
    play(&mut session, 60.0);
    let inputs = |session: &Session| session.branches().iter().map(|b| b.inputs().len()).collect::<Vec<_>>();
    let before = inputs(&session);
    command(&mut session, "kubectl scale sts flask --replicas=2");
    let after = inputs(&session);
    assert_eq!((after[0], &after[1..]), (before[0] + 1, &before[1..]));
}

#[test]
fn a_branch_that_was_deleted_can_be_had_back() {
    let mut session = seed();
    play(&mut session, 40.0);
    session.handle(Action::Seek(12_000.0));
    command(&mut session, "kubectl scale sts flask --replicas=1");
    session.handle(Action::Compare(Some(0)));
    let names = |session: &Session| session.branches().iter().map(|b| b.name.clone()).collect::<Vec<_>>();
    let before = names(&session);
    for id in [0, 1] {
        session.handle(Action::Discard(id));
        assert_eq!(session.branches().len(), 1);
        session.handle(Action::Undo);
        assert_eq!((names(&session), session.branch().id), (before.clone(), 1));
        assert_eq!(session.beside().map(|b| b.id), Some(0), "compared as before");
    }
}

#[test]
fn the_oldest_stories_go_when_there_are_too_many() {
    let mut session = seed();
    for _ in 0..20 {
        play(&mut session, 1.0);
        session.handle(Action::Reset);
        session.handle(Action::Input(Input::Apply(EXAMPLES[0].text.into())));
    }
    assert_eq!(session.branches().len(), 8);
    let link = session.link(Link::default());
    assert_eq!(Session::opened(&link).branches().len(), 8);
}

#[test]
fn the_first_change_of_a_new_cluster_sets_time_going_unless_the_user_has_stopped_it() {
    let mut session = seed();
    play(&mut session, 5.0);
    session.handle(Action::Reset);
    let line = |line: &str| Action::Input(Input::Line(line.into()));
    session.handle(line("kubectl get pods"));
    assert!(!session.is_playing(), "get changes nothing");
    let reloaded = Session::opened(&session.link(Link::default()));
    for mut session in [session, reloaded, Session::new()] {
        session.handle(line("kubectl create deployment web --image=nginx --replicas=2"));
        assert!(session.is_playing());
        play(&mut session, 30.0);
        let pods = session.moment().store.list(Kind::Pod).filter(|pod| &*pod.meta.namespace == "default");
        assert_eq!(pods.filter(|pod| pod.pod().is_ready()).count(), 2);
    }
    let mut paused = Session::new();
    paused.handle(Action::Toggle);
    play(&mut paused, 1.0);
    paused.handle(Action::Toggle);
    paused.handle(line("kubectl create deployment web --image=nginx"));
    assert!(!paused.is_playing(), "the user has stopped time");
}

#[test]
fn a_watch_in_the_past_shows_what_is_there_and_begins_no_branch() {
    let mut session = seed();
    play(&mut session, 40.0);
    session.handle(Action::Seek(12_000.0));
    for (line, shown) in [
        ("kubectl get pods -w", "flask-0   1/1"),
        ("kubectl get sts flask --watch -o name", "statefulset.apps/flask\n"),
        ("kubectl logs -f flask-0 -c init-dump-log", "flask-0-16534584"),
    ] {
        session.handle(Action::Input(Input::Line(line.into())));
        let screen = session.screen();
        let printed: String = screen.iter().flat_map(|page| page.iter()).map(|p| &*p.text).collect();
        let (_, answer) = printed.rsplit_once(line).expect("the line is on the screen");
        assert!(answer.contains(shown) && answer.ends_with("\n$ "), "{line}: {answer}");
    }
    assert_eq!((session.branches().len(), session.is_playing(), session.playhead()), (1, false, 12_000.0));
    // At the frontier it goes on.
    session.handle(Action::Present);
    session.handle(Action::Input(Input::Line("kubectl get pods -w".into())));
    assert!(session.is_playing() && !session.waits_for_line());
}

#[test]
fn every_example_comes_up() {
    for example in EXAMPLES {
        let mut session = Session::playing(example.text);
        play(&mut session, 120.0);
        let scene = scene(&mut session);
        let printed: String =
            session.screen().iter().flat_map(|page| page.iter()).map(|p| p.text.to_string()).collect();
        assert_eq!(scene.why.title, "Everything is as wanted", "{}: {printed}", example.name);
        assert!(scene.lanes.iter().all(|lane| lane.dns_name.is_some()), "{}", example.name);
    }
}

#[test]
fn another_set_can_be_looked_at() {
    let mut session = seed();
    session.handle(Action::Input(Input::Apply(EXAMPLES[1].text.into())));
    play(&mut session, 1.0);
    assert_eq!(scene(&mut session).sets.len(), 2);
    session.handle(Action::ShowSet(Key::new(Kind::StatefulSet, "default", "web")));
    let scene = scene(&mut session);
    assert_eq!(&*scene.lanes[0].name, "web-0");
    assert_eq!(scene.others.len(), 1, "flask-0 is no pod of web");
}

#[test]
fn a_pair_of_clusters_gets_the_same_commands_and_differs_in_one_thing() {
    use ordinal::session::presets::PRESETS;
    for (number, pair) in PRESETS.iter().enumerate() {
        let mut session = Session::new();
        session.handle(Action::Preset(number));
        let mut ever = 0;
        for _ in 0..40 {
            play(&mut session, 1.0);
            ever += session.differences(&EN).len();
        }
        for command in pair.then {
            session.handle(Action::Input(Input::Command((*command).into())));
            for _ in 0..30 {
                play(&mut session, 1.0);
                ever += session.differences(&EN).len();
            }
        }
        assert_eq!(session.then(), pair.then);
        let names: Vec<&str> = session.branches().iter().map(|b| &*b.name).collect();
        assert_eq!(names, pair.names);
        assert!(ever > 0, "{names:?} never differed");
        for branch in session.branches() {
            assert_eq!(branch.inputs().len(), 1 + pair.then.len(), "{names:?}: commands go to both");
            let said = branch.history().entries().iter().filter_map(|entry| match &entry.change {
                kubesim::Change::Output { text, .. } => Some(text.clone()),
                _ => None,
            });
            let refused: Vec<kubesim::Str> = said.filter(|text| text.contains("error")).collect();
            assert!(refused.is_empty(), "{names:?}: {refused:?}");
        }
        let pods = |place: usize| session.branches()[place].moment().store.list(Kind::Pod).count();
        assert!(pods(0) > 0 && pods(1) > 0, "{names:?} have pods");
    }
}

#[test]
fn what_was_applied_is_compared_with_what_is_edited_and_acting_in_the_past_stays_in_step() {
    use ordinal::session::presets::Variant;
    let mut session = seed();
    play(&mut session, 5.0);
    let edited = EXAMPLES[0]
        .text
        .replace("replicas: 3", "replicas: 2")
        .replace("minReadySeconds: 10", "minReadySeconds: 0");
    let edited = Variant { name: "edited".into(), manifest: edited.as_str().into() };
    session.handle(Action::CompareEdited { applied: "applied".into(), edited });
    play(&mut session, 60.0);
    assert_eq!(session.branches().len(), 3, "the story before is kept");
    let both = |session: &Session| [session.branch().id, session.beside().expect("it is compared").id];
    let [one, two] = both(&session);
    let ready = |session: &Session| -> Vec<i32> {
        let set = |b: &Branch| {
            b.moment().store.list(Kind::StatefulSet).map(|s| s.stateful_set().status.ready_replicas).sum()
        };
        session.branches().iter().filter(|b| [one, two].contains(&b.id)).map(set).collect()
    };
    assert_eq!(ready(&session), [3, 2]);
    session.handle(Action::Seek(30_000.0));
    command(&mut session, "kubectl delete pod flask-0 --wait=false");
    assert_eq!(both(&session), [one, two]);
    let of_both = session.branches().iter().filter(|b| [one, two].contains(&b.id));
    assert_eq!(of_both.map(Branch::end).collect::<Vec<_>>(), [session.now(); 2]);
    play(&mut session, 1.0);
    assert!(session.scene_beside(&EN, None).is_some());
}

#[test]
fn a_set_of_many_is_a_crowd_that_keeps_what_has_not_changed() {
    let many = EXAMPLES[0].text.replace("replicas: 3", "replicas: 150");
    let mut session = Session::playing(&many);
    play(&mut session, 12.0);
    let first = scene(&mut session);
    let crowd = first.grid.clone().expect("150 places are a crowd");
    assert_eq!((crowd.len(), crowd.blocks.len(), first.lanes.len()), (150, 2, 1));
    assert_eq!(crowd.counts.iter().sum::<usize>() + crowd.missing, 150);
    play(&mut session, 20.0);
    let second = session.scene(&EN, Some(120));
    let later = second.grid.clone().expect("still");
    assert_eq!(&*second.lanes[0].name, "flask-120");
    assert!(Rc::ptr_eq(&crowd.blocks[1], &later.blocks[1]), "nothing has changed there");
    assert!(!Rc::ptr_eq(&crowd.blocks[0], &later.blocks[0]));
    let third = scene(&mut session);
    assert!(Rc::ptr_eq(&later, third.grid.as_ref().expect("still")));
    let bands = &session.chronicle().bands;
    assert_eq!(bands.last().expect("pods were counted").1.iter().sum::<u32>() as usize, 150 - later.missing);
}

#[test]
fn places_with_numbers_are_drawn_a_block_at_a_time() {
    let many = EXAMPLES[0].text.replace("replicas: 3", "replicas: 250\n  podManagementPolicy: Parallel");
    let mut session = Session::playing(&many);
    play(&mut session, 30.0);
    session.handle(Action::Toggle);
    let mut drawn = picture(&mut session).grid.clone().expect("250 places are a crowd");
    for at in [0.0, session.frontier()] {
        session.handle(Action::Seek(at));
        for pictures in 1..=3 {
            let shown = picture(&mut session).grid.clone().expect("still");
            let new = shown.blocks.iter().zip(&drawn.blocks).filter(|(now, then)| !Rc::ptr_eq(now, then));
            assert_eq!(new.count(), 1, "picture {pictures} at {at}");
            assert_eq!(session.is_half_drawn(), pictures < 3);
            drawn = shown;
        }
        let store = &session.moment().store;
        let set = store.list(Kind::StatefulSet).next().expect("it is there");
        assert_eq!(PodGrid::of(store, set, None).as_ref(), Some(&*drawn));
    }
}

#[test]
fn what_is_no_set_is_not_brought_on_the_stage() {
    let mut session = seed();
    play(&mut session, 20.0);
    for kind in [Kind::Pod, Kind::Service] {
        let name = if kind == Kind::Pod { "flask-0" } else { "flask" };
        session.handle(Action::ShowSet(Key::new(kind, "default", name)));
        assert_eq!(session.set(), Some(Key::new(Kind::StatefulSet, "default", "flask")));
        assert_eq!(scene(&mut session).lanes.len(), 3);
    }
}

#[test]
fn many_lanes_are_drawn_a_few_at_a_time() {
    let many = EXAMPLES[0].text.replace("replicas: 3", "replicas: 40\n  podManagementPolicy: Parallel");
    let mut session = Session::playing(&many);
    play(&mut session, 60.0);
    let counts: Vec<usize> = (0..11).map(|_| picture(&mut session).lanes.len()).collect();
    assert_eq!(counts, [4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 40]);
    assert!(!session.is_half_drawn());
    for at in [0.0, 500.0, 2_000.0, 7_000.0, 60_000.0, 3_000.0] {
        session.handle(Action::Seek(at));
        let mut pictures = 0;
        let shown = loop {
            let shown = picture(&mut session);
            pictures += 1;
            if !session.is_half_drawn() {
                break shown;
            }
            assert!(pictures < 11, "at {at} there is no end to it");
        };
        let mut fresh = Session::opened(&session.link(Link { playing: false, ..Link::default() }));
        let exact = loop {
            let exact = picture(&mut fresh);
            if !fresh.is_half_drawn() {
                break exact;
            }
        };
        assert_eq!(shown.lanes, exact.lanes, "at {at}");
    }
}

#[test]
fn while_pictures_are_late_fewer_lanes_are_drawn_in_each() {
    let many = EXAMPLES[0].text.replace("replicas: 3", "replicas: 40\n  podManagementPolicy: Parallel");
    let mut session = Session::playing(&many);
    play(&mut session, 60.0);
    while scene(&mut session).lanes.len() < 40 {
        session.handle(Action::Frame(0.0));
    }
    session.handle(Action::Toggle);
    let mut clock = 0.0;
    let mut drawn_anew = |after: f64, other: f64| {
        clock += after;
        let to = if session.playhead() > other { other } else { session.frontier() };
        session.handle(Action::Frame(clock));
        let before = scene(&mut session);
        session.handle(Action::Seek(to));
        session.handle(Action::Frame(clock));
        let now = scene(&mut session);
        assert_eq!((now.many, now.lanes.len()), (true, 40));
        now.lanes.iter().zip(&before.lanes).filter(|(now, before)| !Rc::ptr_eq(now, before)).count()
    };
    // At the start there are no pods.
    let in_time: Vec<usize> = (0..3).map(|_| drawn_anew(20.0, 0.0)).collect();
    let late: Vec<usize> = (0..3).map(|_| drawn_anew(50.0, 0.0)).collect();
    let again: Vec<usize> = (0..20).map(|_| drawn_anew(20.0, 0.0)).collect();
    assert_eq!(in_time, [4; 3]);
    assert_eq!(late, [2; 3]);
    assert!(again[0] == 2 && again[19] == 4, "{again:?}");
    // Pods that only change take less.
    for _ in 0..20 {
        drawn_anew(20.0, 2_000.0);
    }
    assert_eq!(drawn_anew(20.0, 2_000.0), 8);
}

#[test]
fn a_crowd_that_follows_the_history_is_the_one_that_is_counted_anew() {
    let many = EXAMPLES[0].text.replace("replicas: 3", "replicas: 60\n  podManagementPolicy: Parallel");
    let mut session = Session::playing(&many);
    play(&mut session, 20.0);
    command(&mut session, "kubectl delete pod flask-7 flask-50 --wait=false");
    command(&mut session, "kubectl scale sts flask --replicas=45");
    play(&mut session, 60.0);
    let end = session.frontier();
    let there_and_back = (0..=40).chain((0..40).rev()).map(|n| end * f64::from(n) / 40.0);
    let mut seen = 0;
    for at in there_and_back.chain([end, 0.0, end / 2.0]) {
        session.handle(Action::Seek(at));
        let shown = scene(&mut session).grid.clone();
        let store = &session.moment().store;
        let set = store.list(Kind::StatefulSet).next();
        assert_eq!(shown.as_deref(), set.and_then(|set| PodGrid::of(store, set, None)).as_ref(), "at {at}");
        seen += usize::from(shown.is_some());
    }
    assert!(seen > 70, "{seen} moments of a crowd");
}

/// A file of those that real clusters gave.
fn golden(name: &str) -> (String, String) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/kubesim/tests/golden");
    (name.to_owned(), std::fs::read_to_string(folder.join(name)).expect("it is there"))
}

fn open_cluster(session: &mut Session, name: &str, beside: bool) -> Rc<kubesim::Opened> {
    let opened = Rc::new(kubesim::open(&[golden(name)]).expect("a state"));
    session.handle(Action::OpenCluster { opened: opened.clone(), name: name.into(), beside });
    opened
}

#[test]
fn a_real_clusters_state_is_explained_mended_and_in_no_link() {
    let mut session = seed();
    play(&mut session, 5.0);
    open_cluster(&mut session, "states/stuck-bad-image-after-undo.yaml", false);
    assert!(session.branch().is_opened() && !session.is_playing());
    let found = scene(&mut session);
    assert!(found.set.is_some() && found.why.tone != Tone::Calm, "{:?}", found.why);
    let (stuck, set) = (found.why.title.clone(), session.set().expect("a set"));
    let remedy = found.why.remedy.clone().expect("a command that helps");
    // No link and no tab has any of it: what was there before is what they tell.
    let link = session.link(Link::default());
    assert_eq!((link.branches.len(), link.shown, link.playing), (1, 0, false));
    assert!(link.branches[0].inputs.iter().all(|timed| !matches!(timed.input, Input::Open(_))));
    assert_eq!(link.set, None);
    command(&mut session, &remedy);
    play(&mut session, 120.0);
    let mended = scene(&mut session);
    assert_ne!(mended.why.title, stuck);
    let store = &session.moment().store;
    let set = store.get(&set).expect("the set").stateful_set();
    assert_eq!(set.status.ready_replicas, set.spec.replicas);
    assert_eq!(session.branch().simulated_from(), Some(kubesim::SimTime(0)));
}

#[test]
fn a_recording_is_shown_explained_and_gone_on_from() {
    let mut session = seed();
    play(&mut session, 5.0);
    let opened = open_cluster(&mut session, "recordings/stuck-update-undo-delete.tsv", false);
    let end = opened.seen_until();
    assert_eq!((session.now(), session.branch().simulated_from()), (end, Some(end)));
    assert_eq!(session.branches().len(), 2, "what was there before is kept");
    let mut titles = std::collections::BTreeSet::new();
    for part in 0..=20 {
        session.handle(Action::Seek((end.0 * part / 20) as f64));
        titles.insert(scene(&mut session).why.title.clone());
    }
    assert!(titles.len() > 2, "{titles:?}");
    // Somebody acts at a moment of it: a branch that is simulated from there on.
    session.handle(Action::Seek((end.0 / 2) as f64));
    command(&mut session, "kubectl scale sts flask --replicas=1");
    play(&mut session, 60.0);
    assert_eq!(session.branches().len(), 3);
    let from = session.branch().simulated_from().expect("a moment");
    assert!((from.0 - end.0 / 2).abs() <= 1, "{from}");
    assert_eq!(session.moment().store.list(Kind::Pod).count(), 1);
    // Behind its end, where nobody acts, it is simulated as well.
    session.handle(Action::Switch(session.branches()[1].id));
    session.handle(Action::Present);
    session.handle(Action::Toggle);
    play(&mut session, 5.0);
    assert!(session.now() > end, "{}", session.now());
}

#[test]
fn a_later_state_stands_beside() {
    let mut session = Session::new();
    open_cluster(&mut session, "states/mid-rollout-init.yaml", false);
    open_cluster(&mut session, "states/seed-at-rest.yaml", true);
    let beside = session.beside().expect("the later one").id;
    assert_ne!(session.branch().id, beside);
    assert!(!session.differences(&EN).is_empty());
}
