//! A lesson lived without a browser: bets, tasks, the way off the path and back.

use kubesim::Input;
use messages::EN;
use ordinal::link::Link;
use ordinal::link::address::Address;
use ordinal::page::effect::Effect;
use ordinal::page::intent::Intent;
use ordinal::page::lesson::intent::{LessonEffect, LessonIntent};
use ordinal::page::lesson::state::{Answer, Play, Problem};
use ordinal::page::lesson::update::of_key;
use ordinal::page::panel::LeftTab;
use ordinal::page::state::PageState;
use ordinal::page::update::update;
use ordinal::session::{Action, Session};
use std::rc::Rc;

const LESSON: &str = include_str!("../../lessons/03-delete-a-pod/en.md");

/// A page without a browser.
struct Page {
    state: PageState,
    session: Session,
    /// What the browser was asked to do for lessons.
    asked: Vec<LessonEffect>,
    /// What the tab remembers.
    remembered: Option<String>,
    clock: f64,
}

impl Page {
    fn new() -> Page {
        let state = PageState::of(&Link::default(), None, &EN);
        Page { state, session: Session::new(), asked: Vec::new(), remembered: None, clock: 0.0 }
    }

    fn with(lesson: &str) -> Page {
        let mut page = Page::new();
        page.want(LessonIntent::Read(Some(lesson.into())));
        page
    }

    fn send(&mut self, intent: Intent) {
        let (state, effects) = update(&self.state, intent, &self.session);
        self.state = state;
        for effect in effects {
            match effect {
                Effect::Session(action) => self.act(action),
                Effect::Send(intent) => self.send(*intent),
                Effect::Want(intent) => self.send(*intent),
                Effect::Remember(text) => self.remembered = Some(text),
                Effect::Lesson(effect) => self.asked.push((*effect).clone()),
                _ => {}
            }
        }
    }

    fn want(&mut self, intent: LessonIntent) {
        self.send(Intent::lesson(intent));
    }

    fn act(&mut self, action: Action) {
        self.session.handle(action);
        if self.state.play().is_some() {
            self.want(LessonIntent::Look);
        }
    }

    fn command(&mut self, line: &str) {
        self.send(Intent::Command(line.into()));
    }

    /// Draws pictures until this holds.
    #[track_caller]
    fn wait(&mut self, what: &str, is_reached: impl Fn(&Page) -> bool) {
        for _ in 0..60_000 {
            if is_reached(self) {
                return;
            }
            self.clock += 50.0;
            self.act(Action::Frame(self.clock));
        }
        panic!("{what} has not come");
    }

    /// The page as it is when it was loaded again.
    fn reloaded(mut self, address: &Address) -> Page {
        self.state.opened = true;
        self.send(Intent::Leave(address.asked().into()));
        let kept = self.remembered.expect("the tab remembers");
        let mut page = Page::new();
        page.send(Intent::Begin(Rc::new(address.start(Some(&kept)).0), None));
        page.wait("the story", |page| page.session.opening().is_none());
        let lesson = address.kept_lesson(&kept).expect("it remembers the lesson");
        page.want(LessonIntent::Resume(lesson));
        page
    }

    fn play(&self) -> &Play {
        self.state.play().expect("a lesson is open")
    }

    fn problem(&self) -> Option<&Problem> {
        self.state.lessons.as_ref().and_then(|lessons| lessons.problem.as_ref())
    }

    #[track_caller]
    fn next(&mut self) {
        let step = self.play().step;
        self.wait("the way on", |page| page.play().may_go_on());
        self.want(LessonIntent::Next);
        assert_eq!(self.play().step, step + 1);
    }
}

#[test]
fn a_lesson_is_lived_to_its_end() {
    let mut page = Page::with(LESSON);
    assert_eq!((page.play().step, page.state.left), (0, LeftTab::Lesson));
    assert!(page.state.text.contains("kind: StatefulSet"), "the example is in the editor");
    page.next();

    // The bet: time stands still.
    assert!(page.play().waits_for_bet() && !page.session.is_playing());
    let stands = page.session.now();
    page.send(Intent::Session(Action::Toggle));
    assert!(!page.session.is_playing(), "until it is answered");
    page.want(LessonIntent::PlaceBet);
    assert!(page.play().waits_for_bet(), "nothing was chosen");
    page.want(LessonIntent::Choose(2));
    page.want(LessonIntent::PlaceBet);
    assert!(page.play().plays() && page.session.is_playing());
    page.wait("the outcome", |page| !page.play().plays());
    assert!(page.session.now() > stands && !page.session.is_playing());
    let record = page.play().record().expect("it was begun");
    assert_eq!(record.answer, Some(Answer::Bet(2)), "a wrong one stays said");
    page.next();

    // The task.
    page.wait("the toolbox", |page| !page.play().plays());
    assert!(page.play().has_task() && !page.play().may_go_on());
    page.want(LessonIntent::Next);
    assert_eq!(page.play().step, 2, "not before it is done");
    page.want(LessonIntent::Hint);
    assert_eq!(page.play().record().map(|record| record.hints.len()), Some(1));
    let path = page.session.branch().id;
    page.command("kubectl exec toolbox -- nslookup flask-1.flask");
    page.wait("the task", |page| !page.play().has_task());
    assert_eq!(page.session.branch().id, path, "it belongs to the lesson");
    page.next();

    page.want(LessonIntent::Skip);
    assert_eq!(page.play().record().and_then(|record| record.answer), Some(Answer::Skipped));
    page.next();
    page.want(LessonIntent::Skip);
    assert!(page.play().may_go_on());
    page.want(LessonIntent::Next);
    assert!(page.play().is_over);
    let kept = page.asked.iter().rev().find_map(|asked| match asked {
        LessonEffect::Keep(text) => Some(text.clone()),
        _ => None,
    });
    assert_eq!(kept.as_deref(), Some("ordinal-lessons 1\ndelete-a-pod 5 done\n"));
}

#[test]
fn who_leaves_the_path_can_come_back() {
    let mut page = Page::with(LESSON);
    page.next();
    let path = page.session.branch().id;
    let inputs = page.session.branch().inputs().len();
    page.command("kubectl get pods");
    assert!(!page.state.is_off_path(&page.session), "looking is not leaving");
    page.command("kubectl scale sts flask --replicas=1");
    assert!(page.state.is_off_path(&page.session));
    page.wait("another world", |page| page.session.now().0 > 200_000 || !page.session.is_playing());
    page.want(LessonIntent::Return);
    assert_eq!(page.session.branch().id, path);
    assert!(page.play().waits_for_bet() && !page.session.is_playing());
    let given = page
        .session
        .branch()
        .inputs()
        .iter()
        .filter(|i| matches!(&i.input, Input::Command(l) if l.contains("scale")));
    assert_eq!(given.count(), 0, "the lesson's branch is as it was ({inputs} inputs)");

    // Even if its branch is thrown away.
    page.command("kubectl scale sts flask --replicas=1");
    page.send(Intent::Session(Action::Discard(path)));
    page.want(LessonIntent::Return);
    assert!(!page.state.is_off_path(&page.session));
    page.want(LessonIntent::Choose(1));
    page.want(LessonIntent::PlaceBet);
    page.wait("the outcome", |page| !page.play().plays());
    page.next();
}

#[test]
fn steps_are_gone_through_like_moments() {
    let mut page = Page::with(LESSON);
    page.next();
    page.want(LessonIntent::Skip);
    page.wait("the outcome", |page| !page.play().plays());
    let end = page.session.now();
    page.want(LessonIntent::Back);
    assert_eq!(page.play().step, 0);
    assert!(page.session.now() < end, "the cluster of that step");
    page.want(LessonIntent::Next);
    assert_eq!((page.play().step, page.session.now()), (1, end));
    page.want(LessonIntent::Again);
    assert!(page.play().plays(), "what was said stays said");
    assert!(page.session.now() < end);
    page.wait("the outcome again", |page| !page.play().plays());
    assert_eq!(page.session.now() <= end, page.play().may_go_on());
}

#[test]
fn keys_choose_and_place() {
    let mut page = Page::with(LESSON);
    assert_eq!(of_key(&page.state, "c", true), None, "no bet waits");
    page.next();
    for key in ["c", "Enter"] {
        let intent = of_key(&page.state, key, true).expect("a key of the lesson");
        page.send(intent);
    }
    assert!(page.play().plays());
    assert_eq!(of_key(&page.state, "h", true), None);
    let present = of_key(&page.state, "p", true).expect("a key of the lesson");
    page.send(present);
    assert!(page.state.lessons.as_ref().is_some_and(|lessons| lessons.is_presenting));
    page.wait("the outcome", |page| !page.play().plays());
    for key in ["PageUp", "PageDown", "PageDown"] {
        let intent = of_key(&page.state, key, true).expect("a key of the presenter's");
        page.send(intent);
    }
    assert_eq!(page.play().step, 2);
}

const STUCK: &str = "---
title: \"Stuck\"
id: stuck
minutes: 1
kubernetes: \"1.36\"
example: flask
---

## Never

```sh until
test -f never
```

## Another
";

#[test]
fn what_never_comes_is_said_after_ten_minutes() {
    let mut page = Page::with(STUCK);
    page.want(LessonIntent::Look);
    page.session.handle(Action::Speed(16.0));
    page.wait("the bound", |page| page.play().is_overdue());
    assert!(page.session.now().0 >= 600_000 && page.play().may_go_on());
}

#[test]
fn what_is_wrong_with_a_lesson_is_said_and_nothing_else_happens() {
    let mut page = Page::new();
    let before = page.session.branch().id;
    page.want(LessonIntent::Read(Some("## No head\n".into())));
    assert!(matches!(page.problem(), Some(Problem::Unreadable(problem)) if problem.starts_with("1:1: ")));
    page.want(LessonIntent::Read(Some(LESSON.replace("minutes:", "minuts:").as_str().into())));
    let slip = "4:1: error: unknown field `minuts`: did you mean `minutes`?";
    assert_eq!(page.problem(), Some(&Problem::Unreadable(slip.into())));
    page.want(LessonIntent::Read(Some(LESSON.replace("example: flask", "example: flasks").as_str().into())));
    assert!(matches!(page.problem(), Some(Problem::NoExample(name)) if **name == *"flasks"));
    page.want(LessonIntent::Read(Some("x".repeat(5 << 20).as_str().into())));
    assert!(matches!(page.problem(), Some(Problem::Unreadable(problem)) if problem.contains("KiB")));
    page.want(LessonIntent::Carried("abc".into()));
    assert_eq!(page.problem(), Some(&Problem::Damaged));
    page.want(LessonIntent::Listed(None));
    assert_eq!(page.problem(), Some(&Problem::NotLoaded));
    page.want(LessonIntent::Kept(Some("ordinal-lessons 9\n".into())));
    assert_eq!(page.problem(), Some(&Problem::OtherProgress));
    page.want(LessonIntent::Unkept);
    assert_eq!(page.problem(), Some(&Problem::NotKept));
    assert!(page.state.play().is_none());
    assert_eq!(page.session.branch().id, before);
}

#[test]
fn the_list_opens_the_lesson_that_an_address_names() {
    let mut page = Page::new();
    page.send(Intent::WantLesson(Rc::new(LessonIntent::Open("delete-a-pod".into()))));
    assert_eq!(page.asked, [LessonEffect::ReadKept, LessonEffect::FetchList]);
    let line = "lesson-3.md\ten\tlesson\tdelete-a-pod\t6\tDelete a pod\tWhat stays?\n";
    page.want(LessonIntent::Listed(Some(line.into())));
    assert_eq!(page.asked.last(), Some(&LessonEffect::Fetch("lesson-3.md".into())));
    page.want(LessonIntent::Open("none".into()));
    assert_eq!(page.problem(), Some(&Problem::Unknown("none".into())));
}

#[test]
fn a_lesson_of_a_file_keeps_what_was_done_before_and_leads_to_the_list() {
    let mut page = Page::with(LESSON);
    assert_eq!(page.asked[..2], [LessonEffect::ReadKept, LessonEffect::FetchList], "before anything is kept");
    page.want(LessonIntent::Listed(None));
    assert_eq!(page.problem(), None, "the lesson is there without the list");
    page.want(LessonIntent::Kept(Some("ordinal-lessons 1\nwalk 5 done\n".into())));
    page.next();
    let kept = page.asked.iter().rev().find_map(|effect| match effect {
        LessonEffect::Keep(text) => Some(&**text),
        _ => None,
    });
    assert_eq!(kept, Some("ordinal-lessons 1\ndelete-a-pod 2\nwalk 5 done\n"));
    page.asked.clear();
    page.want(LessonIntent::Close);
    assert_eq!(page.asked, [LessonEffect::ReadKept, LessonEffect::FetchList], "the list is wanted now");
    page.want(LessonIntent::Listed(None));
    assert_eq!(page.problem(), Some(&Problem::NotLoaded));
    page.asked.clear();
    page.send(Intent::ShowLeft(LeftTab::Manifest));
    page.send(Intent::ShowLeft(LeftTab::Lesson));
    assert_eq!(page.asked, [LessonEffect::ReadKept, LessonEffect::FetchList], "it is tried again");
}

#[test]
fn a_lesson_is_taken_up_where_it_was_when_the_page_is_loaded_again() {
    let address = Address::read("?lesson=delete-a-pod", "");
    let mut page = Page::with(LESSON);
    page.next();
    // While a bet waits: it waits again, and time stands.
    let mut page = page.reloaded(&address);
    assert!(page.play().waits_for_bet() && !page.session.is_playing() && page.play().step == 1);
    page.want(LessonIntent::Choose(2));
    page.want(LessonIntent::PlaceBet);
    let stands = page.session.now();
    page.wait("time passes", |page| page.session.now() > stands);
    // While it plays: it goes on, and what was said stays said.
    let mut page = page.reloaded(&address);
    assert!(page.play().plays());
    page.wait("the outcome", |page| !page.play().plays());
    assert_eq!(page.play().record().and_then(|record| record.answer), Some(Answer::Bet(2)));
    page.next();
    page.wait("the toolbox", |page| !page.play().plays());
    page.command("kubectl delete pod flask-0");
    page.command("kubectl scale sts flask --replicas=2");

    // Off the path: the way back is there, and the steps before.
    page.want(LessonIntent::Back);
    page.command("kubectl delete pod flask-2");
    let mut page = page.reloaded(&address);
    assert!(page.state.is_off_path(&page.session) && page.state.left == LeftTab::Lesson);
    page.want(LessonIntent::Return);
    assert!(!page.state.is_off_path(&page.session) && page.play().step == 2);
    page.want(LessonIntent::Back);
    assert_eq!((page.play().step, page.play().may_go_on()), (1, true));
    page.want(LessonIntent::Next);
    assert!(page.play().has_task());
    page.command("kubectl exec toolbox -- nslookup flask-1.flask");
    page.wait("the task", |page| !page.play().has_task());

    // What was done stays done; what does not fit its story begins from its start.
    let page = page.reloaded(&address);
    assert!(page.play().may_go_on() && page.play().step == 2);
    let mut other = Page::new();
    other.want(LessonIntent::Resume(kept_of(page, &address)));
    assert_eq!(other.play().step, 0);
}

/// The lesson that the tab would remember of a page.
fn kept_of(mut page: Page, address: &Address) -> kubesim::Str {
    page.state.opened = true;
    page.send(Intent::Leave(address.asked().into()));
    address.kept_lesson(&page.remembered.expect("the tab remembers")).expect("it remembers the lesson")
}

const PUZZLE: &str = include_str!("../../lessons/puzzle-4-pod-0-skipped/en.md");

#[test]
fn a_puzzle_counts_what_may_change_something() {
    assert!(!Page::with(LESSON).play().is_puzzle, "a lesson offers commands");
    let mut page = Page::with(PUZZLE);
    assert!(page.play().is_puzzle);
    page.wait("it begins", |page| !page.play().plays());
    page.command("kubectl describe sts chat");
    page.command("kubectl delete pod chat-0");
    page.command(
        "kubectl patch sts chat -p '{\"spec\":{\"updateStrategy\":{\"rollingUpdate\":{\"partition\":0}}}}'",
    );
    page.wait("the task", |page| !page.play().has_task());
    page.want(LessonIntent::Next);
    assert_eq!((page.play().is_over, page.play().score), (true, Some(2)));
    assert_eq!(page.play().lesson.solution_len(), 1);
    page.command("kubectl delete pod chat-1");
    assert_eq!(page.play().score, Some(2), "what comes later is free");
}
