//! What the page hears of the browser beside its own elements, as long as it lives.

use super::browser;
use super::host;
use super::keyboard::{self, shortcut};
use super::loading::Part;
use super::model::Model;
use super::panic;
use super::start::Start;
use crate::components::files;
use crate::link::address::{Address, CLUSTER};
use crate::link::{Link, SavedBranch};
use crate::page::intent::Intent;
use crate::page::lesson::intent::LessonIntent;
use crate::page::lesson::update::of_key;
use crate::page::update::{MOST_LINES, has_too_many_lines};
use crate::session::Action;
use gloo::events::{EventListener, EventListenerOptions};
use kubesim::manifest::MAX_TEXT;
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::KeyboardEvent;
use web_sys::js_sys::{JsString, Reflect};

/// Listens until it is dropped. The story that the page starts with begins when what it needs is loaded; an embedded page
/// remembers nothing.
pub fn listen(model: &Rc<Model>, start: Rc<Start>) -> Vec<EventListener> {
    let mut listeners = vec![paste(model), navigation(model)];
    listeners.extend(drops(model));
    listeners.extend(keys(model));
    // Frames of one page share a tab's memory: they must not write into it.
    if !start.address.embed {
        listeners.push(departure(model));
    }
    if !Part::Whole.is_there() {
        model.session().borrow_mut().handle(Action::Limit(Part::Opening.end()));
    }
    // What the page around wants, or the one file that holds a manifest beside the page, is said when all is there.
    listeners.push(host::listen(model, start.address.clone()));
    if !start.address.hosted {
        listeners.extend(beginning(model, start));
    }
    for part in [Part::Rollout, Part::Whole] {
        let model = model.clone();
        listeners.extend(part.when_there(Box::new(move || model.act(Action::Limit(part.end())))));
    }
    listeners
}

/// The first story begins. What it is, is read only then: to read a link takes a later part of the program.
fn beginning(model: &Rc<Model>, start: Rc<Start>) -> Option<EventListener> {
    let model = model.clone();
    start.needs().when_there(Box::new(move || {
        let kept = start.saved.as_deref().and_then(|saved| start.address.kept_lesson(saved));
        if start.has_lesson() && kept.is_none() {
            // A cluster in which nothing was done: the lesson's takes its place.
            let link = Link {
                text: "".into(),
                branches: vec![SavedBranch::default()],
                playing: false,
                ..Link::default()
            };
            model.send(Intent::Begin(Rc::new(link), None));
            return model.send(open_lesson(&start.address));
        }
        let (link, problem) = start.address.start(start.saved.as_deref());
        match start.address.cluster() {
            None => model.send(Intent::Begin(Rc::new(link), problem)),
            Some(state) => {
                model.send(Intent::Begin(Rc::new(link), state.as_ref().err().copied()));
                state.into_iter().for_each(|text| model.send(Intent::OfferState(text.into())));
            }
        }
        if let Some(lesson) = kept {
            model.send(Intent::WantLesson(Rc::new(LessonIntent::Resume(lesson))));
        }
    }))
}

/// What opens an address's lesson.
fn open_lesson(address: &Address) -> Intent {
    Intent::WantLesson(Rc::new(match (&address.carried, &address.lesson) {
        (Some(packed), _) => LessonIntent::Carried(packed.as_str().into()),
        (None, id) => LessonIntent::Open(id.as_deref().unwrap_or_default().into()),
    }))
}

/// Of too long a text the browser alone would take seconds to lay it out; even to copy it takes a while.
fn paste(model: &Rc<Model>) -> EventListener {
    let model = model.clone();
    let options = EventListenerOptions::enable_prevent_default();
    EventListener::new_with_options(&gloo::utils::document(), "beforeinput", options, move |event| {
        let data = Reflect::get(event, &"data".into()).ok();
        let text = data.and_then(|data| data.dyn_into::<JsString>().ok());
        let Some(text) = text else { return };
        let refusal = match text.length() as usize {
            length if length > MAX_TEXT => Some(Intent::RefuseText),
            length if length > MOST_LINES && has_too_many_lines(&String::from(text)) => {
                Some(Intent::RefuseLines)
            }
            _ => None,
        };
        if let Some(refusal) = refusal {
            event.prevent_default();
            model.send(refusal);
        }
    })
}

/// A file that is dropped anywhere on the page is opened in its editor; the browser would go to it.
fn drops(model: &Rc<Model>) -> [EventListener; 2] {
    let file = |event: &web_sys::Event| -> Option<web_sys::File> {
        event.dyn_ref::<web_sys::DragEvent>()?.data_transfer()?.files()?.get(0)
    };
    let has_files = |event: &web_sys::Event| {
        let carried = event.dyn_ref::<web_sys::DragEvent>().and_then(web_sys::DragEvent::data_transfer);
        carried.is_some_and(|carried| carried.types().includes(&"Files".into(), 0))
    };
    let (document, options) = (gloo::utils::document(), EventListenerOptions::enable_prevent_default());
    let over = EventListener::new_with_options(&document, "dragover", options, move |event| {
        if has_files(event) {
            event.prevent_default();
        }
    });
    let send = {
        let model = model.clone();
        yew::Callback::from(move |intent| model.send(intent))
    };
    let drop = EventListener::new_with_options(&document, "drop", options, move |event| {
        if event.default_prevented() {
            // A part of the page has taken it.
            return;
        }
        if let Some(file) = file(event) {
            event.prevent_default();
            files::open(&file, &send);
        }
    });
    [over, drop]
}

/// Keys that no part of the page takes for itself.
fn keys(model: &Rc<Model>) -> [EventListener; 2] {
    let document = gloo::utils::document();
    // Noted when the focus comes: once any key is pressed, `:focus-visible` matches whatever has it.
    let focused_by_key = Rc::new(Cell::new(false));
    let focus = {
        let (focused_by_key, model) = (focused_by_key.clone(), model.clone());
        EventListener::new(&document, "focusin", move |event| {
            let target = browser::target(event);
            let is_visible = target.as_ref().and_then(|target| target.matches(":focus-visible").ok());
            focused_by_key.set(is_visible.unwrap_or(true));
            model.focus().note(target);
        })
    };
    let model = model.clone();
    let options = EventListenerOptions::enable_prevent_default();
    let keys = EventListener::new_with_options(&document, "keydown", options, move |event| {
        let event: &KeyboardEvent = event.unchecked_ref();
        let state = model.state();
        let is_open = state.lessons.as_ref().is_some_and(|lessons| lessons.open.is_some());
        if is_open
            && let Some(intent) =
                keyboard::plain_key(event).and_then(|(key, is_free)| of_key(&state, &key, is_free))
        {
            event.prevent_default();
            return model.send(intent);
        }
        if let Some(intent) = shortcut(event, focused_by_key.get()) {
            event.prevent_default();
            model.send(intent);
        }
    });
    [focus, keys]
}

/// The address gets another fragment.
fn navigation(model: &Rc<Model>) -> EventListener {
    let model = model.clone();
    EventListener::new(&gloo::utils::window(), "hashchange", move |_| {
        let address = browser::address();
        match address.cluster() {
            Some(Ok(text)) => model.send(Intent::OfferState(text.into())),
            // What no link begins with is said to be damaged, and the story stays.
            Some(Err(_)) => model.send(Intent::Navigate(Address { fragment: CLUSTER.into(), ..address })),
            _ if address.carried.is_some() => model.send(open_lesson(&address)),
            _ => model.send(Intent::Navigate(address)),
        }
    })
}

/// The page is left, or loaded again.
fn departure(model: &Rc<Model>) -> EventListener {
    let model = model.clone();
    EventListener::new(&gloo::utils::window(), "pagehide", move |_| {
        if panic::is_over() {
            return;
        }
        model.send(Intent::Leave(browser::address().asked().into()));
    })
}
