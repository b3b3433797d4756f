//! What each intent makes of the page's state, and what it lets the session and the browser do: without a browser.

use kubesim::api::Refusal;
use kubesim::manifest::MAX_TEXT;
use kubesim::{Input, Key, Kind, Str};
use messages::EN;
use ordinal::link::address::{Address, saved};
use ordinal::link::{Link, Problem};
use ordinal::page::effect::Effect;
use ordinal::page::intent::Intent;
use ordinal::page::panel::{DnsQuery, InspectorTab, View};
use ordinal::page::state::{Gone, Notice, PageState};
use ordinal::page::update::{MOST_LINES, has_too_many_lines, update};
use ordinal::session::presets::{PRESETS, Variant};
use ordinal::session::{Action, Session};
use scene::examples::EXAMPLES;
use scene::explain::Subject;
use std::rc::Rc;

/// The page as it opens without a link.
fn opened() -> PageState {
    PageState::of(&Link::default(), None, &EN)
}

fn pod(name: &str) -> Key {
    Key::new(Kind::Pod, "default", name)
}

fn set(name: &str) -> Key {
    Key::new(Kind::StatefulSet, "default", name)
}

/// The state after an intent that the session does not know of, and that has no effects.
fn chosen(state: &PageState, intent: Intent) -> PageState {
    let (next, effects) = update(state, intent.clone(), &Session::new());
    assert_eq!(effects, [], "{intent:?}");
    assert_eq!(next.version, state.version + 1, "{intent:?}");
    next
}

/// What an intent does that leaves the page's state as it is.
fn passed_on(intent: Intent) -> Vec<Effect> {
    let state = PageState { notice: Some(Notice::LinkCopied), version: 7, ..opened() };
    let (next, effects) = update(&state, intent, &Session::new());
    assert_eq!((next.version, next.notice), (7, Some(Notice::LinkCopied)), "{effects:?}");
    effects
}

#[test]
fn actions_of_the_session_are_passed_on() {
    let actions = [
        Action::Toggle,
        Action::Frame(16.0),
        Action::Seek(1_000.0),
        Action::Switch(1),
        Action::Input(Input::Interrupt),
        Action::ShowSet(set("flask")),
    ];
    for action in actions {
        assert_eq!(passed_on(Intent::Session(action.clone())), [Effect::Session(action)]);
    }
}

#[test]
fn a_copy_and_the_theme_are_the_browsers() {
    assert_eq!(passed_on(Intent::Copy("$ dig".into())), [Effect::Copy("$ dig".into())]);
    assert_eq!(passed_on(Intent::ToggleTheme), [Effect::ToggleTheme]);
}

#[test]
fn a_new_cluster_forgets_what_was_chosen_in_the_old_one() {
    let chosen = PageState {
        object: Some(pod("flask-0")),
        since: Some(3),
        subject: Some(Subject::Pod(pod("flask-0"))),
        faults: Some(pod("flask-0")),
        text: "mine".into(),
        ..opened()
    };
    let reset = Intent::Session(Action::Reset);
    let preset = Intent::Session(Action::Preset(2));
    for (intent, effect, text) in
        [(reset, Action::Reset, "mine"), (preset, Action::Preset(2), &*PRESETS[2].variants()[0].manifest)]
    {
        let (next, effects) = update(&chosen, intent, &Session::new());
        assert_eq!((&next.object, next.since), (&None, None));
        assert_eq!((&next.subject, &next.faults), (&None, &None));
        assert_eq!(&*next.text, text);
        assert_eq!(effects, [Effect::Session(effect)]);
    }
}

#[test]
fn a_comparison_that_is_not_built_in_leaves_the_text() {
    let state = PageState { view: View::Manifest, text: "mine".into(), ..opened() };
    let (next, _) = update(&state, Intent::Session(Action::Preset(PRESETS.len())), &Session::new());
    assert_eq!((&*next.text, next.view), ("mine", View::Stage));
}

#[test]
fn the_first_story_begins_unless_the_user_was_quicker() {
    let problem = Some(Problem::Damaged);
    let state = PageState::of(&Link::default(), None, &EN);
    let link = Rc::new(Link::default());
    let (next, effects) = update(&state, Intent::Begin(link.clone(), problem), &Session::new());
    assert!(next.opened && !next.stale);
    assert_eq!(next.diagnosis.objects.len(), 2, "the example has a Service and a set");
    assert_eq!(next.notice, Some(Notice::Unopened(Problem::Damaged)));
    assert_eq!(effects, [Effect::Session(Action::Open(link.clone()))]);
    let busy = Session::playing("kind: x");
    let (next, effects) = update(&state, Intent::Begin(link, problem), &busy);
    assert!(next.opened);
    assert_eq!(effects, []);
}

#[test]
fn an_address_with_another_fragment_is_opened() {
    let link = Link { text: "theirs".into(), panel: View::Events, playing: false, ..Link::default() };
    let address = Address::read("", &link.to_fragment());
    let state = PageState { opened: true, version: 4, object: Some(pod("flask-0")), ..opened() };
    let (next, effects) = update(&state, Intent::Navigate(address.clone()), &Session::new());
    assert_eq!((&*next.text, next.panel, next.opened), ("theirs", View::Events, true));
    assert_eq!((&next.object, next.notice), (&None, None));
    assert!(next.version > state.version);
    assert_eq!(effects, [Effect::Session(Action::Open(Rc::new(link)))]);
    let own = PageState { fragment: address.fragment.as_str().into(), ..state };
    for address in [address, Address::default()] {
        let (next, effects) = update(&own, Intent::Navigate(address), &Session::new());
        assert_eq!((next.version, effects), (own.version, vec![]), "nothing else is asked for");
    }
}

#[test]
fn an_address_that_cannot_be_read_says_so() {
    for (fragment, problem) in [("1nonsense", Problem::Damaged), ("9new", Problem::Newer)] {
        let (next, effects) =
            update(&opened(), Intent::Navigate(Address::read("", fragment)), &Session::new());
        assert_eq!(next.notice, Some(Notice::Unopened(problem)));
        assert_eq!((&next.text, effects), (&opened().text, vec![]), "the story stays");
        let (later, _) = update(&next, Intent::Show(View::Events), &Session::new());
        assert_eq!(later.notice, next.notice, "it stays until it has been read");
        assert_eq!(update(&later, Intent::Dismiss, &Session::new()).0.notice, None);
    }
}

#[test]
fn what_is_seen_is_remembered_once_it_was_opened() {
    let session = Session::playing(EXAMPLES[0].text);
    assert_eq!(passed_on(Intent::Leave("".into())), [], "nothing has been seen yet");
    let state = PageState { opened: true, text: "mine".into(), ..opened() };
    let (next, effects) = update(&state, Intent::Leave("1abc".into()), &session);
    assert_eq!(next.version, state.version);
    assert_eq!(effects, [Effect::Remember(saved(&state.link(&session), None, "1abc"))]);
}

#[test]
fn a_text_is_diagnosed_at_once_unless_it_is_long() {
    let state = chosen(&opened(), Intent::EditManifest("kind: x\n".into()));
    assert!(!state.stale && !state.diagnosis.diagnostics.is_empty());
    let long: Str = "# a comment\n".repeat(2_000).into();
    let state = chosen(&state, Intent::EditManifest(long.clone()));
    assert!(state.stale && !state.diagnosis.diagnostics.is_empty(), "what was said is of the text before");
    assert!(Rc::ptr_eq(&state.text, &long));
    let state = chosen(&state, Intent::Diagnose);
    assert!(!state.stale && state.diagnosis.diagnostics.is_empty());
}

#[test]
fn too_much_text_is_refused_and_the_manifest_stays() {
    let state = chosen(&opened(), Intent::RefuseText);
    assert_eq!(&*state.text, EXAMPLES[0].text);
    let [said] = &state.diagnosis.diagnostics[..] else { panic!("{:?}", state.diagnosis.diagnostics) };
    assert!(said.message.contains(&MAX_TEXT.to_string()) || said.message.contains("too"), "{}", said.message);
}

#[test]
fn more_lines_than_the_editor_holds_are_refused() {
    assert!(
        !has_too_many_lines(&"a: 1\n".repeat(MOST_LINES - 1))
            && has_too_many_lines(&"a: 1\n".repeat(MOST_LINES))
    );
    let state = chosen(&opened(), Intent::RefuseLines);
    assert_eq!(&*state.text, EXAMPLES[0].text, "the text stays");
    let [said] = &state.diagnosis.diagnostics[..] else { panic!("{:?}", state.diagnosis.diagnostics) };
    assert!(said.message.contains("at most 30000 lines"), "{}", said.message);
}

#[test]
fn scrolling_draws_only_where_another_line_comes_first() {
    let state = chosen(&opened(), Intent::ScrollManifest(100));
    assert_eq!(state.top, 100);
    let (next, effects) = update(&state, Intent::ScrollManifest(100), &Session::new());
    assert_eq!((next.version, effects), (state.version, vec![]));
}

#[test]
fn applying_shows_the_terminal_and_the_set_that_is_new() {
    let text: Str = EXAMPLES[0].text.into();
    let apply = |text: &Str| Effect::Session(Action::Input(Input::Apply(text.clone())));
    let state = PageState { view: View::Manifest, panel: View::Dns, ..opened() };
    let (next, effects) = update(&state, Intent::Apply, &Session::new());
    assert_eq!((next.view, next.panel), (View::Stage, View::Terminal));
    assert!(!next.stale, "it was diagnosed before");
    assert_eq!(effects, [apply(&text)], "there is no set yet that hides it");
    let web = Session::playing(EXAMPLES[1].text);
    let (_, effects) = update(&state, Intent::Apply, &web);
    assert_eq!(effects, [Effect::Session(Action::ShowSet(set("flask"))), apply(&text)]);
    let flask = Session::playing(&text);
    let (_, effects) = update(&state, Intent::Apply, &flask);
    assert_eq!(effects, [apply(&text)]);
}

#[test]
fn applying_to_or_of_a_real_clusters_state_asks_first() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/kubesim/tests/golden/states");
    let text = std::fs::read_to_string(folder.join("stuck-bad-image-after-undo.yaml")).expect("it is there");
    let state = kubesim::open(&[("state.yaml".into(), text.clone())]).expect("it can be opened");
    let open = Action::OpenCluster { opened: Rc::new(state), name: "state.yaml".into(), beside: false };
    let mut session = Session::new();
    session.handle(open.clone());
    let apply = |text: &Str| Effect::Session(Action::Input(Input::Apply(text.clone())));
    // The example is in the editor: nobody may have meant it for that cluster.
    let state = PageState { notice: None, ..opened() };
    let (asks, effects) = update(&state, Intent::Apply, &session);
    assert_eq!((asks.notice, effects), (Some(Notice::AppliesToOpened), vec![]));
    let (there, effects) = update(&asks, Intent::ApplyAsked { anew: false }, &session);
    assert_eq!((there.notice, effects), (None, vec![apply(&state.text)]));
    // Whoever has answered once is not asked again, until another state is opened.
    let (again, effects) = update(&there, Intent::Apply, &session);
    assert_eq!((again.notice, effects), (None, vec![apply(&state.text)]));
    let (other, _) = update(&there, Intent::Session(open), &session);
    assert_eq!(update(&other, Intent::Apply, &session).0.notice, Some(Notice::AppliesToOpened));
    let (anew, effects) = update(&asks, Intent::ApplyAsked { anew: true }, &session);
    assert_eq!(anew.notice, Some(Notice::Gone(Gone::Cluster)));
    assert_eq!(effects.first(), Some(&Effect::Session(Action::Reset)));
    assert_eq!(effects.last(), Some(&apply(&state.text)));
    // The state itself is in the editor, and nothing was opened.
    let state = PageState { text: text.as_str().into(), stale: true, ..opened() };
    let (asks, effects) = update(&state, Intent::Apply, &Session::new());
    assert_eq!((asks.notice, effects), (Some(Notice::AppliesState), vec![]));
    let (_, effects) = update(&asks, Intent::ApplyAsked { anew: false }, &Session::new());
    assert_eq!(effects.last(), Some(&apply(&state.text)));
}

#[test]
fn what_is_pressed_in_the_other_cluster_is_about_that_one() {
    let there = |intent: Intent| Intent::Beside(Box::new(intent));
    let mut pair = Session::new();
    pair.handle(Action::Preset(0));
    let (next, effects) = update(&opened(), there(Intent::Inspect(pod("web-0"))), &pair);
    assert_eq!((&next.object, next.of_beside, effects), (&Some(pod("web-0")), true, vec![]));
    let ask = Intent::Explain(Some(Subject::Pod(pod("web-0"))));
    let (next, _) = update(&opened(), there(ask.clone()), &pair);
    assert!(next.subject_of_beside && next.subject.is_some());
    assert!(!update(&next, ask, &pair).0.subject_of_beside, "it is asked about the shown one now");
    let (next, _) = update(&opened(), there(Intent::OfferFaults(pod("web-0"))), &pair);
    assert!(next.faults_of_beside && next.faults.is_some());
    assert!(!update(&next, Intent::OfferFaults(pod("web-0")), &pair).0.faults_of_beside);
    // A command goes to both of a pair; of two branches, to the one in which it was pressed.
    let delete = || Intent::Command("kubectl delete pod flask-0".into());
    let given = Effect::Session(Action::Input(Input::Command("kubectl delete pod flask-0".into())));
    assert_eq!(update(&opened(), there(delete()), &pair).1, std::slice::from_ref(&given));
    let mut two = Session::playing(EXAMPLES[0].text);
    two.handle(Action::Reset);
    let other = two.branches()[0].id;
    two.handle(Action::Compare(Some(other)));
    let state = PageState { of_beside: true, subject_of_beside: true, ..opened() };
    let (next, effects) = update(&state, there(delete()), &two);
    assert_eq!(effects, [Effect::Session(Action::Switch(other)), given]);
    assert!(!next.of_beside && !next.subject_of_beside, "what was beside is on the stage");
}

#[test]
fn applying_what_is_wrong_stays_at_the_manifest() {
    let text: Str = EXAMPLES[0].text.replace("replicas: 3", "replicas: three").into();
    let state = PageState { view: View::Manifest, text: text.clone(), ..opened() };
    let (next, effects) = update(&state, Intent::Apply, &Session::new());
    assert_eq!((next.view, next.panel), (View::Manifest, View::Terminal));
    assert_eq!(effects, [Effect::Session(Action::Input(Input::Apply(text)))], "kubectl says it, too");
}

#[test]
fn what_is_edited_is_compared_under_its_name() {
    let state = PageState { view: View::Manifest, text: "mine".into(), ..opened() };
    let (next, effects) = update(&state, Intent::CompareEdited, &Session::new());
    let edited = Variant { name: EN.as_edited().into(), manifest: "mine".into() };
    assert_eq!(next.view, View::Stage);
    assert_eq!(effects, [Effect::Session(Action::CompareEdited { applied: EN.as_applied().into(), edited })]);
}

#[test]
fn a_command_runs_in_the_terminal_and_a_query_in_its_panel() {
    let state = PageState { panel: View::Dns, ..opened() };
    let (next, effects) = update(&state, Intent::Command("kubectl get pods".into()), &Session::new());
    assert_eq!(next.panel, View::Terminal);
    assert_eq!(effects, [Effect::Session(Action::Input(Input::Command("kubectl get pods".into())))]);
    let query = DnsQuery { name: "flask".into(), kind: "SRV".into(), ..DnsQuery::default() };
    let (next, effects) = update(&state, Intent::Query(query.clone()), &Session::new());
    assert_eq!((next.panel, &next.query), (View::Dns, &query));
    assert_eq!(effects, [Effect::Session(Action::Input(Input::Ask(query.question(None))))]);
    assert_eq!(chosen(&next, Intent::ShowTool(Some("dig"))).query, DnsQuery { tool: Some("dig"), ..query });
}

#[test]
fn an_object_is_inspected_against_its_last_version() {
    let state = chosen(&PageState { since: Some(9), ..opened() }, Intent::Inspect(pod("flask-1")));
    assert_eq!((&state.object, state.since), (&Some(pod("flask-1")), None));
    assert_eq!((state.view, state.panel), (View::Inspect, View::Inspect));
    let state = chosen(&state, Intent::ShowTab(InspectorTab::Changes));
    let state = chosen(&state, Intent::CompareVersion(Some(12)));
    assert_eq!((state.tab, state.since), (InspectorTab::Changes, Some(12)));
}

#[test]
fn a_part_of_the_page_is_shown_and_keeps_its_place() {
    let state = chosen(&opened(), Intent::Show(View::Events));
    assert_eq!((state.view, state.panel), (View::Events, View::Events));
    for view in [View::Manifest, View::Stage] {
        let state = chosen(&state, Intent::Show(view));
        assert_eq!((state.view, state.panel), (view, View::Events), "it is not beside the stage");
    }
}

#[test]
fn a_question_goes_to_the_stage() {
    let subject = Some(Subject::Pod(pod("flask-0")));
    let state = chosen(&PageState { view: View::Terminal, ..opened() }, Intent::Explain(subject.clone()));
    assert_eq!((state.view, &state.subject), (View::Stage, &subject));
    let state = chosen(&state, Intent::ShowRule(true));
    assert!(state.rule);
    assert_eq!(chosen(&state, Intent::Explain(None)).subject, None);
    assert!(!chosen(&state, Intent::ShowRule(false)).rule);
}

#[test]
fn faults_are_offered_for_an_object_and_one_pod_of_many_is_selected() {
    assert_eq!(chosen(&opened(), Intent::OfferFaults(pod("flask-2"))).faults, Some(pod("flask-2")));
    assert_eq!(chosen(&opened(), Intent::SelectOrdinal(41)).selected, Some(41));
}

#[test]
fn what_is_shared_is_in_the_address_and_stands_still() {
    let session = Session::playing(EXAMPLES[0].text);
    let (next, effects) = update(&opened(), Intent::Share, &session);
    let link = Link::of_fragment(&next.fragment).expect("it is a link");
    assert!(session.is_playing() && !link.playing);
    assert_eq!(next.notice, None, "the browser has not said yet that it is copied");
    assert_eq!(chosen(&next, Intent::Copied).notice, Some(Notice::LinkCopied));
    let fragment = next.fragment.clone();
    assert_eq!(effects, [Effect::SetFragment(fragment.clone()), Effect::CopyLink(fragment)]);
    let next = chosen(&next, Intent::MissClipboard);
    assert_eq!(next.notice, Some(Notice::NoClipboard));
    assert_eq!(chosen(&next, Intent::Dismiss).notice, None);
}

#[test]
fn the_next_choice_takes_the_notice_away() {
    let told = PageState { notice: Some(Notice::LinkCopied), ..opened() };
    for intent in [
        Intent::Show(View::Events),
        Intent::ShowRule(true),
        Intent::EditManifest("kind: x".into()),
        Intent::Inspect(pod("flask-0")),
    ] {
        assert_eq!(chosen(&told, intent).notice, None);
    }
}

#[test]
fn a_link_keeps_what_was_chosen() {
    let subject = Some(Subject::Claim(Key::new(Kind::PersistentVolumeClaim, "default", "www-flask-1")));
    let state = PageState {
        text: "mine".into(),
        view: View::Inspect,
        panel: View::Inspect,
        object: Some(pod("flask-1")),
        tab: InspectorTab::Yaml,
        subject,
        query: DnsQuery { name: "flask".into(), kind: "SRV".into(), ..DnsQuery::default() },
        rule: true,
        selected: Some(7),
        ..opened()
    };
    let link = state.link(&Session::new());
    let again = PageState::of(&link, None, &EN);
    assert_eq!((&again.text, again.view, again.panel), (&state.text, state.view, state.panel));
    assert_eq!((&again.object, again.tab, &again.subject), (&state.object, state.tab, &state.subject));
    assert_eq!((&again.query, again.rule, again.selected), (&state.query, true, Some(7)));
}

#[test]
fn a_refusal_is_closed_once_it_is_read_and_the_next_one_is_shown_again() {
    let mut session = Session::new();
    session.handle(Action::Input(Input::Apply("a: [\n".into())));
    let first = Refusal::of(&session.moment().store).expect("it was refused").at;
    let (closed, effects) = update(&opened(), Intent::Explain(None), &session);
    assert_eq!((closed.read_refusal, effects), (Some(first), Vec::new()));
    session.handle(Action::Frame(0.0));
    session.handle(Action::Frame(100.0));
    let asked = PageState { subject: Some(Subject::Pod(pod("flask-0"))), ..closed };
    let (applied, _) = update(&asked, Intent::Apply, &session);
    assert_eq!(applied.subject, None, "the answer to Apply comes before what was asked earlier");
}

#[test]
fn what_is_thrown_away_can_be_had_back() {
    let mine =
        PageState { text: "mine".into(), own: "mine".into(), object: Some(pod("flask-0")), ..opened() };
    let example = Intent::ReplaceManifest(EXAMPLES[1].text.into());
    let state = chosen(&mine, example.clone());
    assert_eq!((&*state.text, &*state.own), (EXAMPLES[1].text, "mine"), "your manifest stays to be chosen");
    assert_eq!(state.notice, Some(Notice::Gone(Gone::Text)));
    assert!(state.can_undo_text());
    let scrolled = chosen(&state, Intent::ScrollManifest(100));
    assert_eq!(scrolled.notice, state.notice, "a new text is scrolled, which nobody chose");
    assert_eq!(&*chosen(&scrolled, Intent::Undo).text, "mine");
    let typed = chosen(&state, Intent::EditManifest("changed".into()));
    assert!(!typed.can_undo_text(), "the browser undoes what was typed");
    assert_eq!(&*chosen(&typed, Intent::Undo).text, "changed");
    let again = chosen(&state, Intent::ReplaceManifest(state.own.clone()));
    assert_eq!(&*again.text, "mine");
    for (intent, gone) in [
        (Intent::Session(Action::Reset), Gone::Cluster),
        (Intent::Session(Action::Preset(1)), Gone::Story),
        (Intent::CompareEdited, Gone::Story),
    ] {
        let (state, _) = update(&mine, intent.clone(), &Session::new());
        assert_eq!(state.notice, Some(Notice::Gone(gone)), "{intent:?}");
        let (back, effects) = update(&state, Intent::Undo, &Session::new());
        assert_eq!(effects, [Effect::Session(Action::Undo)], "{intent:?}");
        assert_eq!((&*back.text, back.view, &back.object), ("mine", mine.view, &mine.object), "{intent:?}");
        assert_eq!(update(&back, Intent::Undo, &Session::new()).1, [], "once");
    }
    let (_, effects) = update(&opened(), Intent::Undo, &Session::new());
    assert_eq!(effects, [], "nothing was thrown away");
}

#[test]
fn only_a_branch_that_goes_is_told_of() {
    let (state, effects) = update(&opened(), Intent::Session(Action::Discard(0)), &Session::new());
    assert_eq!(
        (state.notice, effects),
        (None, vec![Effect::Session(Action::Discard(0))]),
        "the only one stays"
    );
}

#[test]
fn a_file_is_the_users_own_manifest_and_the_manifest_is_saved_as_one() {
    let state = chosen(&opened(), Intent::OpenManifest("kind: Service".into()));
    assert_eq!((&*state.text, &*state.own, state.view), ("kind: Service", "kind: Service", View::Manifest));
    assert_eq!(state.notice, Some(Notice::Gone(Gone::Text)));
    let (_, effects) = update(&state, Intent::SaveManifest, &Session::new());
    assert_eq!(effects, [Effect::Save("kind: Service".into())]);
}

#[test]
fn a_link_in_the_address_goes_when_the_story_goes_on() {
    let state = PageState { fragment: "1abc".into(), notice: Some(Notice::LinkCopied), ..opened() };
    for action in [Action::Frame(16.0), Action::Speed(4.0), Action::SkipIdle(true), Action::Hold(true)] {
        let (next, effects) = update(&state, Intent::Session(action.clone()), &Session::new());
        assert_eq!((&*next.fragment, effects), ("1abc", vec![Effect::Session(action)]));
    }
    for action in [Action::Toggle, Action::Seek(7.0), Action::Input(Input::Interrupt), Action::Reset] {
        let (next, effects) = update(&state, Intent::Session(action.clone()), &Session::new());
        assert_eq!(effects, [Effect::Session(action), Effect::SetFragment("".into())]);
        assert!(next.fragment.is_empty() && next.version > state.version);
        let (_, effects) = update(&next, Intent::Session(Action::Toggle), &Session::new());
        assert_eq!(effects, [Effect::Session(Action::Toggle)], "there is nothing to be cleared");
    }
}
