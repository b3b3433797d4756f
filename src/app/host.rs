//! The page around an embedded page: what it asks for, and what it is told. `static/embed.js` speaks with it, and tells this one
//! by an event whose detail is the request (`do`, `value`, `commands`) and takes the answer (`is`, `problem`).

use super::browser;
use super::model::Model;
use crate::link::Link;
use crate::link::address::{Address, seconds};
use crate::page::intent::Intent;
use crate::session::Action;
use crate::session::branch::Stop;
use gloo::events::EventListener;
use kubesim::manifest::{Severity, diagnose};
use kubesim::{FeatureGates, SimTime, Span};
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::CustomEvent;
use web_sys::js_sys::{JsString, Reflect};

/// No step of the playhead into the future is longer that is simulated at once; a longer one is played in slices.
const AT_ONCE: Span = Span::seconds(60);

/// Does what the page around asks for, until it is dropped. The address says whether that page tells the first story.
pub fn listen(model: &Rc<Model>, address: Address) -> EventListener {
    let model = model.clone();
    EventListener::new(&gloo::utils::window(), "ordinal-host", move |event| {
        let Some(detail) = event.dyn_ref::<CustomEvent>().map(CustomEvent::detail) else { return };
        let part = |name| text_of(&detail, name);
        let problem = answer(&model, &address, &part("do"), &part("value"), &part("commands"));
        let tell = |name: &str, text: &str| {
            let _ = Reflect::set(&detail, &JsString::from(name), &JsString::from(text));
        };
        if let Some(problem) = problem {
            tell("problem", &problem);
        }
        tell("is", &seen(&model));
    })
}

/// A text of the request; empty if it has none by this name.
fn text_of(detail: &JsValue, name: &str) -> String {
    let value = Reflect::get(detail, &JsString::from(name)).ok();
    value.and_then(|value| value.as_string()).unwrap_or_default()
}

/// Does what is asked; what is wrong with it, if it can't be done.
fn answer(model: &Rc<Model>, address: &Address, act: &str, value: &str, commands: &str) -> Option<String> {
    let playing = model.session().borrow().is_playing();
    match act {
        "open" => return open(model, address, value, commands),
        "play" if !playing => model.act(Action::Toggle),
        "pause" if playing => model.act(Action::Toggle),
        "seek" => match seconds(value) {
            Some(at) => seek(model, at),
            None => return Some("seek: the time is no number of seconds of a day".into()),
        },
        "step" => model.act(Action::Step { forward: true, stop: Stop::Event }),
        "apply" => {
            if let Some(problem) = problem_of(value) {
                return Some(problem);
            }
            model.send(Intent::EditManifest(value.into()));
            model.send(Intent::Apply);
        }
        "run" => model.send(Intent::Command(value.into())),
        "theme" => browser::set_theme(value == "dark"),
        _ => {}
    }
    None
}

/// Tells a story of the page around: the first one, or in place of what is there.
fn open(model: &Rc<Model>, address: &Address, manifest: &str, commands: &str) -> Option<String> {
    if let Some(problem) = problem_of(manifest) {
        return Some(problem);
    }
    let link = address.arranged(Link::of_script(manifest, commands));
    if model.state().opened {
        let fragment = link.to_fragment();
        model.send(Intent::Navigate(Address { fragment, ..address.clone() }));
    } else {
        model.send(Intent::Begin(Rc::new(link), None));
    }
    None
}

/// The first thing that keeps a manifest from being applied, with its line.
fn problem_of(manifest: &str) -> Option<String> {
    let diagnosis = diagnose(manifest, FeatureGates::default());
    let worst = diagnosis.diagnostics.into_iter().find(|found| found.severity == Severity::Error)?;
    if worst.message.contains("line ") {
        return Some(worst.message);
    }
    Some(["line ", &worst.span.line.to_string(), ": ", &worst.message].concat())
}

/// Goes to a moment. What would take long to simulate is played as a link is: in slices, with its progress shown.
fn seek(model: &Rc<Model>, at: SimTime) {
    if at.0 as f64 <= model.session().borrow().frontier() + AT_ONCE.0 as f64 {
        return model.act(Action::Seek(at.0 as f64));
    }
    let mut link = model.link();
    link.playhead = at;
    link.story_mut().until = at;
    model.act(Action::Open(Rc::new(link)));
}

/// What is seen now, in whole numbers: the playhead and the end of what has been simulated (milliseconds), how much has been
/// written by then, whether time passes, whether nothing more is to come, whether the story is open.
fn seen(model: &Model) -> String {
    let session = model.session().borrow();
    let is_open = model.state().opened && session.opening().is_none();
    let numbers = [
        session.now().0,
        session.frontier() as i64,
        session.moment().position as i64,
        i64::from(session.is_playing()),
        i64::from(session.rests()),
        i64::from(is_open),
    ];
    numbers.map(|number| number.to_string()).join(" ")
}
