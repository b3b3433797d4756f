//! Links are anybody's text: with the right checksum they can hold anything. None makes the page panic.
//!
//! `cargo test` tries a few; `cargo xtask fuzz --target link --cases 1000000` many: it runs this with `ORDINAL_LINKS` and
//! `ORDINAL_LINKS_FROM`, the number of cases and of the first one. A case is a number: the same one is the same link.

use kubesim::api::KINDS;
use kubesim::api::resolver::{Question, RecordType};
use kubesim::{DnsSetting, Input, Key, Kind, SimTime, Span, Str, TimedInput};
use messages::EN;
use ordinal::link::address::Address;
use ordinal::link::pack::{pack, unpack, write_number};
use ordinal::link::{Link, MOST_INPUTS, Problem, SavedBranch, dictionary};
use ordinal::page::intent::Intent;
use ordinal::page::panel::{InspectorTab, View};
use ordinal::page::state::PageState;
use ordinal::page::update::update;
use ordinal::session::branch::Stop;
use ordinal::session::presets::PRESETS;
use ordinal::session::{Action, Session};
use scene::examples::EXAMPLES;
use scene::explain::{self, Subject};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

/// How many cases `cargo test` tries.
const FEW: u64 = 300;
/// Stories of cases go no further, but for a few: there are many cases.
const SHORT: SimTime = SimTime(25_000);

/// Numbers that a case draws (`SplitMix64`, as in java.util.SplittableRandom).
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }
}

const LINES: [&str; 30] = [
    "kubectl get pods -o wide",
    "kubectl delete pod flask-1",
    "kubectl delete pod flask-0 --grace-period=0 --force",
    "kubectl scale sts flask --replicas=5",
    "kubectl scale sts flask --replicas=0",
    "kubectl delete sts flask --cascade=orphan",
    "kubectl delete sts flask",
    "kubectl delete svc flask",
    "kubectl delete pvc --all",
    "kubectl delete node chhan-k8s-2",
    "kubectl drain chhan-k8s-2 --ignore-daemonsets",
    "kubectl exec -ti flask-1 -- sh",
    "ls -l /",
    "exit",
    "kubectl run -ti --rm --image=nicolaka/netshoot testpod1 -- zsh",
    "nslookup flask-0.flask.default.svc.cluster.local",
    "kubectl get pods -w",
    "kubectl rollout status sts/flask",
    "kubectl rollout restart sts/flask",
    "kubectl set image sts/flask flask=nope:1",
    "kubectl create deploy web --image=nginx",
    "kubectl expose deploy web --port=80",
    "kubectl label pod flask-0 app-",
    "kubectl edit sts flask",
    "trouble node down chhan-k8s-2",
    "kubectl logs flask-0 -f",
    "kubectl create ns prod",
    "kubectl get sts,pods,pvc,pv -o yaml",
    "\u{202e}kubectl \u{0} '\"`$(",
    "",
];

fn name(draw: &mut Draw) -> Str {
    const NAMES: [&str; 12] = [
        "flask",
        "flask-0",
        "flask-1",
        "www-flask-1",
        "chhan-k8s-2",
        "default",
        "kubernetes",
        "web-2",
        "flask-99999999999",
        "flask--1",
        "ü-0",
        "",
    ];
    draw.of(&NAMES).into()
}

fn key(draw: &mut Draw) -> Key {
    let kind = KINDS[draw.below(KINDS.len())].kind;
    let namespace: Str = draw.of(&["default", "default", "kube-system", "", "x"]).into();
    Key { kind, namespace, name: name(draw) }
}

fn question(draw: &mut Draw) -> Question {
    let record_type = draw.of(&[RecordType::A, RecordType::Srv, RecordType::Ptr, RecordType::Txt]);
    Question { name: name(draw), record_type, namespace: name(draw) }
}

fn input(draw: &mut Draw) -> Input {
    let line: Str = draw.of(&LINES).into();
    match draw.below(14) {
        0 => Input::Interrupt,
        1 => Input::EndOfInput,
        2 => Input::Apply(manifest(draw)),
        3 => Input::Ask(question(draw)),
        4 => Input::Watch(Some(question(draw)).filter(|question| question.name.len() % 2 == 0)),
        5 => Input::Dns(DnsSetting::SliceDelay(Span(draw.below(100_000) as i64))),
        6 => Input::Edit { line, text: manifest(draw) },
        7..10 => Input::Command(line),
        _ => Input::Line(line),
    }
}

/// One of the page's manifests, or one that was cut or changed somewhere.
fn manifest(draw: &mut Draw) -> Str {
    let text = EXAMPLES[draw.below(EXAMPLES.len())].text.replace("replicas: 1000", "replicas: 20");
    let mut place = draw.below(text.len());
    while !text.is_char_boundary(place) {
        place -= 1;
    }
    match draw.below(4) {
        0 => text[..place].into(),
        1 => [
            &text[..place],
            draw.of(&["0", "-", ": ", "9999999999", "\n", "&a [*a]", "}", "\t"]),
            &text[place..],
        ]
        .concat()
        .into(),
        _ => text.into(),
    }
}

fn branch(draw: &mut Draw) -> SavedBranch {
    let mut at = SimTime(0);
    let mut inputs = vec![TimedInput { at, input: Input::Apply(EXAMPLES[0].text.into()) }];
    for _ in 0..draw.below(6) {
        at = at + Span(draw.below(15_000) as i64);
        inputs.push(TimedInput { at, input: input(draw) });
    }
    let from = (draw.below(3) == 0).then(|| (draw.below(3), SimTime(draw.below(20_000) as i64)));
    SavedBranch { name: name(draw), from, inputs, until: at + Span(draw.below(20_000) as i64) }
}

/// A link whose parts are each of the right kind, and need not fit together.
fn link(draw: &mut Draw) -> Link {
    let branches: Vec<SavedBranch> = (0..draw.of(&[1, 1, 1, 2, 3])).map(|_| branch(draw)).collect();
    let shown = draw.below(branches.len());
    // One in ten is not what it should be.
    let of_kind = |draw: &mut Draw, kind| {
        let key = key(draw);
        if draw.below(10) == 0 { key } else { Key { kind, ..key } }
    };
    let subject = match draw.below(6) {
        0 => Some(Subject::Pod(of_kind(draw, Kind::Pod))),
        1 => Some(Subject::Claim(of_kind(draw, Kind::PersistentVolumeClaim))),
        2 => Some(Subject::Endpoint(of_kind(draw, Kind::Pod))),
        3 => Some(Subject::Node(of_kind(draw, Kind::Node))),
        _ => None,
    };
    Link {
        text: manifest(draw),
        playhead: SimTime(draw.below(branches[shown].until.0.max(1) as usize) as i64),
        beside: (draw.below(3) == 0).then(|| draw.below(branches.len())),
        mirrored: branches.len() == 2 && draw.below(2) == 0,
        preset: (draw.below(6) == 0).then(|| draw.below(PRESETS.len())),
        playing: draw.below(2) == 0,
        speed: draw.next() as u8,
        set: (draw.below(3) == 0).then(|| of_kind(draw, Kind::StatefulSet)),
        view: draw.of(&View::ALL),
        panel: draw.of(&View::ALL),
        object: (draw.below(2) == 0).then(|| key(draw)),
        tab: draw.of(&[InspectorTab::Described, InspectorTab::Yaml, InspectorTab::Changes]),
        question: (name(draw), name(draw)),
        selected: (draw.below(4) == 0).then(|| draw.next() as i32),
        subject,
        rule: draw.below(2) == 0,
        by_node: draw.below(4) == 0,
        shown,
        branches,
        ..Link::default()
    }
}

/// The fragment of a case: as the page would write it, or with bytes changed below the checksum.
fn fragment(case: u64) -> String {
    let draw = &mut Draw(case);
    let fragment = link(draw).to_fragment();
    if draw.below(2) == 0 {
        return fragment;
    }
    let mut bytes = unpack(&fragment[1..], dictionary().as_bytes()).expect("it was packed");
    for _ in 0..=draw.below(4) {
        let place = draw.below(bytes.len());
        match draw.below(4) {
            0 => bytes[place] = draw.next() as u8,
            1 => bytes[place] = bytes[place].wrapping_add(1),
            2 => drop(bytes.remove(place)),
            _ => {
                let mut number = Vec::new();
                let any = draw.next() >> draw.below(64);
                write_number(&mut number, any);
                bytes.splice(place..place, number);
            }
        }
        if bytes.is_empty() {
            break;
        }
    }
    let version = draw.of(&[&fragment[..1], "1", "2", "3"]);
    [version, &pack(&bytes, dictionary().as_bytes())].concat()
}

/// Opens a link as the page does, looks at what it shows, and goes on a little. Returns whether it could be opened.
fn open(fragment: &str, is_short: bool) -> bool {
    let (mut link, problem) = Address::read("", fragment).start(None);
    if problem.is_some() {
        return false;
    }
    if is_short {
        link.branches.iter_mut().for_each(|branch| branch.until = branch.until.min(SHORT));
    }
    let state = PageState::of(&link, None, &EN);
    let mut session = Session::opened(&link);
    let look = |session: &mut Session| {
        let scene = session.scene(&EN, state.selected);
        session.scene_beside(&EN, state.selected);
        session.differences(&EN);
        let set = scene.set.as_ref().and_then(|set| session.moment().store.get(&set.key).cloned());
        if let (Some(set), Some(subject)) = (set, &state.subject) {
            explain::of(&EN, &session.moment().store, &set, subject);
        }
        update(&state, Intent::Leave(fragment.into()), session);
        let again = state.link(session).to_fragment();
        let problem = Link::of_fragment(&again).err();
        assert_eq!(problem, None, "what is shown can be shared: {again}");
    };
    look(&mut session);
    for action in [
        Action::Frame(16.0),
        Action::Frame(116.0),
        Action::Step { forward: false, stop: Stop::Decision },
        Action::Input(Input::Line("kubectl get pods".into())),
        Action::Present,
    ] {
        session.handle(action);
    }
    look(&mut session);
    true
}

#[test]
fn no_link_makes_the_page_panic() {
    let number = |name: &str, default: u64| {
        std::env::var(name).map_or(default, |text| text.parse().expect("a number of cases"))
    };
    let (from, count) = (number("ORDINAL_LINKS_FROM", 0), number("ORDINAL_LINKS", FEW));
    let (mut opened, mut found) = (0, Vec::new());
    for case in from..from + count {
        let fragment = fragment(case);
        match catch_unwind(AssertUnwindSafe(|| open(&fragment, case % 100 != 0))) {
            Ok(is_open) => opened += u64::from(is_open),
            Err(_) => found.push((case, fragment)),
        }
        if (case - from + 1) % 10_000 == 0 {
            println!("{} cases, {opened} opened, {} panics", case - from + 1, found.len());
        }
    }
    println!("{count} cases, {opened} opened");
    assert!(opened > count / 4, "{opened} of {count} could be opened: the others show little");
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_subject_of_another_kind_than_its_name_is_no_link() {
    let service = Key::new(Kind::Service, "default", "flask");
    for subject in [Subject::Pod, Subject::Claim, Subject::Endpoint, Subject::Node] {
        let link = Link { subject: Some(subject(service.clone())), ..Link::default() };
        assert_eq!(Link::of_fragment(&link.to_fragment()), Err(Problem::Damaged));
    }
    let link = Link { set: Some(service), ..Link::default() };
    assert_eq!(Link::of_fragment(&link.to_fragment()), Err(Problem::Damaged));
}

#[test]
fn a_link_with_more_than_a_page_can_play_is_shown_so_far() {
    let apply = TimedInput { at: SimTime(0), input: Input::Apply(EXAMPLES[0].text.into()) };
    let interrupts = (0..1_000_000).map(|n| TimedInput { at: SimTime(1_000 + n), input: Input::Interrupt });
    let told = SavedBranch {
        inputs: std::iter::once(apply).chain(interrupts).collect(),
        until: SimTime(2_000_000),
        ..SavedBranch::default()
    };
    let other = SavedBranch { from: Some((0, SimTime(0))), ..told.clone() };
    let whole = Link { branches: vec![told, other], playhead: SimTime(1_500_000), ..Link::default() };
    let link = Link::of_fragment(&whole.to_fragment()).expect("it can be read");
    assert_eq!(link.branches.iter().map(|told| told.inputs.len()).sum::<usize>(), MOST_INPUTS);
    let session = Session::opened(&link);
    let end = SimTime(1_000 + MOST_INPUTS as i64 - 1);
    assert_eq!((session.cut(), session.now()), (Some(end), end));
    let whole = Link { branches: whole.branches[..1].to_vec(), ..whole };
    let mut session = Session::new();
    let before = session.history().len();
    session.handle(Action::Open(Rc::new(whole)));
    assert!(session.history().len() > before && session.opening().is_none());
}
