//! What is assumed from the last moment on that was seen of a cluster, and can be changed: part of the tab "Your cluster".

use super::rich;
use crate::page::intent::Intent;
use crate::session::Action;
use kubesim::{Opened, Span, Str, Timings};
use messages::{Messages, fill};
use std::rc::Rc;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// A delay: its name as in a world, and where it is.
type Delay = (&'static str, fn(&mut Timings) -> &mut Span);

/// The delays that decide how long a rollout takes, in the order in which a pod meets them.
const DELAYS: [Delay; 7] = [
    ("provision", |timings| &mut timings.provision),
    ("sandbox", |timings| &mut timings.sandbox),
    ("imagePull", |timings| &mut timings.image_pull),
    ("initRun", |timings| &mut timings.init_run),
    ("containerStart", |timings| &mut timings.container_start),
    ("appStart", |timings| &mut timings.app_start),
    ("shutdown", |timings| &mut timings.shutdown),
];
/// No delay is longer: an hour, as in a world.
const LONGEST_MS: i64 = 3_600_000;

/// What the part is given.
#[derive(Properties)]
pub struct AssumedProps {
    /// The texts.
    pub words: &'static Messages,
    /// The state on the stage.
    pub opened: Rc<Opened>,
    /// How its story is called.
    pub name: Str,
    /// Takes what is wanted.
    pub send: Callback<Intent>,
}

impl PartialEq for AssumedProps {
    fn eq(&self, other: &AssumedProps) -> bool {
        Rc::ptr_eq(&self.opened, &other.opened) && std::ptr::eq(self.words, other.words)
    }
}

/// What happens in the part.
pub enum Event {
    /// The delay at this place is to be this one.
    Set(usize, String),
    /// The story is to begin again with these.
    Begin,
}

/// The part, with the delays as they are written.
pub struct AssumedPart {
    written: [String; DELAYS.len()],
}

fn written(opened: &Opened) -> [String; DELAYS.len()] {
    let mut timings = opened.timings;
    DELAYS.map(|(_, delay)| delay(&mut timings).0.to_string())
}

impl AssumedPart {
    /// The delays that were written; nothing if one is none.
    fn timings(&self, opened: &Opened) -> Option<Timings> {
        let mut timings = opened.timings;
        for ((_, delay), text) in DELAYS.iter().zip(&self.written) {
            let ms = text.trim().parse::<i64>().ok().filter(|ms| (0..=LONGEST_MS).contains(ms));
            *delay(&mut timings) = Span(ms?);
        }
        Some(timings)
    }
}

impl Component for AssumedPart {
    type Message = Event;
    type Properties = AssumedProps;

    fn create(context: &Context<AssumedPart>) -> AssumedPart {
        AssumedPart { written: written(&context.props().opened) }
    }

    fn changed(&mut self, context: &Context<AssumedPart>, before: &AssumedProps) -> bool {
        if !Rc::ptr_eq(&context.props().opened, &before.opened) {
            self.written = written(&context.props().opened);
        }
        true
    }

    fn update(&mut self, context: &Context<AssumedPart>, event: Event) -> bool {
        let AssumedProps { opened, name, send, .. } = context.props();
        match event {
            Event::Set(place, text) => {
                if let Some(written) = self.written.get_mut(place) {
                    *written = text;
                }
            }
            Event::Begin => {
                if let Some(timings) = self.timings(opened) {
                    let mut opened = (**opened).clone();
                    opened.timings = timings;
                    let opened = Rc::new(opened);
                    let open = Action::OpenCluster { opened, name: name.clone(), beside: false };
                    send.emit(Intent::Session(open));
                }
            }
        }
        true
    }

    fn view(&self, context: &Context<AssumedPart>) -> Html {
        let AssumedProps { words, opened, .. } = context.props();
        let (texts, link) = (words.cluster(), context.link());
        let measured = match opened.measured {
            0 => texts.plan_usual().to_owned(),
            count => fill(texts.plan_measured(), &[("count", &count.to_string())]),
        };
        let field = |(n, text): (usize, &String)| {
            let set = link.callback(move |event: InputEvent| {
                Event::Set(n, event.target_unchecked_into::<HtmlInputElement>().value())
            });
            html! { <label>{ DELAYS[n].0 }<input type="number" min="0" max={LONGEST_MS.to_string()} value={text.clone()} oninput={set} /></label> }
        };
        let is_same = self.written == written(opened);
        let begin = link.callback(|_: MouseEvent| Event::Begin);
        html! {
            <details class="assumed">
                <summary>{ texts.assumed_title() }</summary>
                <p>{ rich(texts.assumed_about()) }</p>
                <p>{ fill(texts.assumed_delays(), &[("measured", &measured)]) }</p>
                <div class="delays">{ for self.written.iter().enumerate().map(field) }</div>
                <button type="button" disabled={is_same || self.timings(opened).is_none()} onclick={begin}>{ texts.assumed_again() }</button>
            </details>
        }
    }
}
