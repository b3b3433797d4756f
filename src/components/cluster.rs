//! Your cluster: the left side's third tab opens what kubectl printed of a real one. It is loaded when it is shown.

use super::assumed::AssumedPart;
use super::plan::PlanPart;
use super::slices::Slices;
use super::{button, rich};
use crate::link::address::CLUSTER;
use crate::link::pack::pack;
use crate::page::intent::Intent;
use crate::session::Action;
use gloo::timers::callback::Timeout;
use gloo::utils::window;
use kubesim::{MOST_OPENED_BYTES, Nameless, Opened, Opening, Str, Unreadable, text_of};
use messages::{Messages, fill};
use scene::cluster::{NoteKind, notes, taken, unreadable};
use scene::rerun::{self, Compared, Comparing};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::js_sys::{JsString, Reflect, Uint8Array};
use web_sys::{DataTransfer, FileList, HtmlInputElement};
use yew::html::Scope;
use yew::prelude::*;

/// Of what was left out so many kinds are listed at once.
const LISTED: usize = 8;
/// A state with more characters than this is not even tried to be put into a link: it would be too long, and to find that out takes
/// long. A longer link gets lost on its way.
const MOST_PACKED: usize = 512 << 10;
const LONGEST_LINK: usize = 30_000;
/// So many characters of what is given away are shown at most: a browser lays no more out at once.
const MOST_SHOWN: usize = 100_000;
/// What records a rollout, as it is served beside the page, and how it is called.
const SCRIPT: &str = "record.sh";
const RECORD: &str = "bash record.sh NAMESPACE";

/// What the tab is given.
#[derive(Properties)]
pub struct ClusterProps {
    /// The texts.
    pub words: &'static Messages,
    /// A text that was put elsewhere, and is a cluster's state.
    pub offered: Option<Str>,
    /// What is on the stage, if it was opened here: a later state can be put beside it, and it can be given away without names.
    pub opened: Option<Rc<Opened>>,
    /// How its story is called.
    pub name: Str,
    /// Takes what is wanted.
    pub send: Callback<Intent>,
}

impl PartialEq for ClusterProps {
    fn eq(&self, other: &ClusterProps) -> bool {
        let same_text = match (&self.offered, &other.offered) {
            (Some(a), Some(b)) => Rc::ptr_eq(a, b),
            (a, b) => a.is_none() && b.is_none(),
        };
        let same_state = match (&self.opened, &other.opened) {
            (Some(a), Some(b)) => Rc::ptr_eq(a, b),
            (a, b) => a.is_none() && b.is_none(),
        };
        same_text && same_state && std::ptr::eq(self.words, other.words)
    }
}

/// Files: their names and texts.
type Files = Vec<(String, String)>;

/// What happens in the tab.
pub enum Event {
    /// These are to be read.
    Take(Files),
    /// Somebody dropped or chose more than can be read (bytes).
    Refuse(usize),
    /// The reading goes on.
    GoOn,
    /// What was read begins a story; `beside`: next to the one on the stage.
    Open { beside: bool },
    /// What is on the stage is to be given away without names.
    Share,
    /// The names go on to be replaced.
    GoOnSharing,
    /// The recording on the stage is to be compared with what the simulator does from its first moment.
    Compare,
    /// The comparison goes on.
    GoOnComparing,
}

/// The tab, and what was given to it.
pub struct ClusterTab {
    /// The names of the files that were read.
    names: String,
    opening: Option<Opening>,
    opened: Option<Rc<Opened>>,
    problem: Option<String>,
    next: Option<Timeout>,
    slices: Slices,
    /// What is on the stage, without names, to be given away.
    shared: Option<Shared>,
    /// The same, on the way.
    sharing: Option<(Box<Nameless>, Option<Timeout>)>,
    /// The recording on the stage and the simulation, on the way to be compared; and what came of it.
    comparing: Option<(Box<Comparing>, Option<Timeout>)>,
    compared: Option<Compared>,
    /// The files as they were given, for a plan to compare a manifest with; gone with this tab.
    files: Rc<[Named]>,
}

/// A state without names: its text, and the link that holds it, if it is not too long.
struct Shared {
    text: Str,
    link: Option<Str>,
}

impl Component for ClusterTab {
    type Message = Event;
    type Properties = ClusterProps;

    fn create(context: &Context<ClusterTab>) -> ClusterTab {
        let mut tab = ClusterTab {
            names: String::new(),
            opening: None,
            opened: None,
            problem: None,
            next: None,
            slices: Slices::default(),
            shared: None,
            sharing: None,
            comparing: None,
            compared: None,
            files: Rc::default(),
        };
        tab.take_offered(context);
        tab
    }

    fn changed(&mut self, context: &Context<ClusterTab>, before: &ClusterProps) -> bool {
        let same = match (&context.props().offered, &before.offered) {
            (Some(a), Some(b)) => Rc::ptr_eq(a, b),
            (now, _) => now.is_none(),
        };
        if !same {
            self.take_offered(context);
        }
        let same = match (&context.props().opened, &before.opened) {
            (Some(a), Some(b)) => Rc::ptr_eq(a, b),
            (a, b) => a.is_none() && b.is_none(),
        };
        if !same {
            (self.shared, self.sharing, self.comparing, self.compared) = (None, None, None, None);
        }
        true
    }

    fn update(&mut self, context: &Context<ClusterTab>, event: Event) -> bool {
        match event {
            Event::Take(files) => self.take(context, files),
            Event::Refuse(bytes) => {
                let why = Unreadable::TooLarge { bytes, largest: Vec::new() };
                self.fail(context, &why);
            }
            Event::GoOn => {
                self.go_on(context);
                return self.opening.is_none() || self.slices.is_to_be_drawn();
            }
            Event::Share => {
                let nameless = context.props().opened.as_ref().map(|opened| Box::new(Nameless::new(opened)));
                self.sharing = nameless.map(|nameless| (nameless, soon(context, Event::GoOnSharing)));
            }
            Event::GoOnSharing => self.go_on_sharing(context),
            Event::Compare => {
                let Some(opened) = context.props().opened.clone() else { return false };
                let comparing = Box::new(Comparing::new(&opened));
                (self.comparing, self.compared) =
                    (Some((comparing, soon(context, Event::GoOnComparing))), None);
                let name = context.props().words.cluster().rerun_name().into();
                let inputs = rerun::inputs(&opened).into();
                let action = Action::Beside { name, inputs, until: opened.seen_until() };
                context.props().send.emit(Intent::Session(action));
            }
            Event::GoOnComparing => self.go_on_comparing(context),
            Event::Open { beside } => {
                let Some(opened) = self.opened.clone() else { return false };
                let name = Str::from(self.names.as_str());
                let open = Action::OpenCluster { opened, name, beside };
                context.props().send.emit(Intent::Session(open));
                return false;
            }
        }
        true
    }

    fn view(&self, context: &Context<ClusterTab>) -> Html {
        let ClusterProps { words, opened, .. } = context.props();
        let (texts, link) = (words.cluster(), context.link());
        html! {
            <>
                <div class="cluster">
                    <h2>{ texts.title() }</h2>
                    <p>{ rich(texts.where_it_is()) }</p>
                    { self.command(context, scene::cluster::GET_TO_FILE) }
                    <p>{ texts.give() }</p>
                    { self.drop_zone(context) }
                    { self.found(words) }
                    <p class="quiet">{ texts.nothing_leaves() }</p>
                    if let Some(opened) = opened {
                        <AssumedPart {words} opened={opened.clone()} name={context.props().name.clone()} send={context.props().send.clone()} />
                        if !opened.seen.is_empty() { { self.comparison(context) } }
                        <PlanPart {words} opened={opened.clone()} files={self.files_of(opened)} />
                        { self.sharing(context) }
                    }
                    <details>
                        <summary>{ texts.record_title() }</summary>
                        <p>{ rich(texts.record_about()) }{ " " }<a href={SCRIPT} download={SCRIPT}>{ SCRIPT }</a></p>
                        { self.command(context, RECORD) }
                        <p>{ rich(texts.reads_it()) }</p>
                    </details>
                </div>
                <div class="bar">
                    <button type="button" class="primary" disabled={self.opened.is_none()} onclick={act(link, false)}>{ texts.open_it() }</button>
                    if opened.is_some() {
                        <button type="button" disabled={self.opened.is_none()} onclick={act(link, true)}>{ texts.compare_later() }</button>
                    }
                </div>
            </>
        }
    }
}

impl Shared {
    /// What is shown of a state without names.
    fn of(text: String) -> Shared {
        let text: Str = text.into();
        let fragment = (text.len() <= MOST_PACKED).then(|| [CLUSTER, &pack(text.as_bytes(), b"")].concat());
        let fragment = fragment.filter(|fragment| fragment.len() <= LONGEST_LINK);
        let here = window().location().href().unwrap_or_default();
        let here = here.split(['?', '#']).next().unwrap_or_default().to_owned();
        let link = fragment.map(|fragment| Str::from([&*here, "#", &*fragment].concat()));
        Shared { text, link }
    }
}

/// A file's name and its text.
type Named = (String, String);

/// A click on a button that opens what was read.
fn act(link: &Scope<ClusterTab>, beside: bool) -> Callback<MouseEvent> {
    link.callback(move |_: MouseEvent| Event::Open { beside })
}

impl ClusterTab {
    /// A command with a button that copies it.
    fn command(&self, context: &Context<ClusterTab>, command: &'static str) -> Html {
        let ClusterProps { words, send, .. } = context.props();
        html! {
            <div class="command">
                <code>{ command }</code>
                { button("", words.cluster().copy(), send, Intent::Copy(command.into())) }
            </div>
        }
    }

    /// Where files are dropped, pasted or chosen; with what was.
    fn drop_zone(&self, context: &Context<ClusterTab>) -> Html {
        let texts = context.props().words.cluster();
        let link = context.link().clone();
        let ondrop = {
            let link = link.clone();
            Callback::from(move |event: DragEvent| {
                if let Some(files) = event.data_transfer().and_then(|carried| carried.files()) {
                    event.prevent_default();
                    read(&files, &link);
                }
            })
        };
        let onchange = {
            let link = link.clone();
            Callback::from(move |event: yew::Event| {
                let input: HtmlInputElement = event.target_unchecked_into();
                if let Some(files) = input.files() {
                    read(&files, &link);
                }
                // The same file can be chosen again.
                input.set_value("");
            })
        };
        // What is pasted is not drawn: it can be long.
        let onpaste = Callback::from(move |event: yew::Event| {
            let carried = Reflect::get(&event, &JsString::from("clipboardData")).ok();
            let Some(carried) = carried.and_then(|carried| carried.dyn_into::<DataTransfer>().ok()) else {
                return;
            };
            event.prevent_default();
            if let Some(files) = carried.files().filter(|files| files.length() > 0) {
                return read(&files, &link);
            }
            let text = carried.get_data("text").unwrap_or_default();
            link.send_message(if text.len() > MOST_OPENED_BYTES {
                Event::Refuse(text.len())
            } else {
                Event::Take(vec![(PASTED.into(), text)])
            });
        });
        let said = match (&self.opened, &self.opening) {
            (Some(opened), _) => html! { <b>{ taken(context.props().words, &self.names, opened) }</b> },
            (None, Some(opening)) => {
                let (done, all) = opening.progress();
                let part = (done * 100 / all.max(1)).to_string();
                html! { <><span>{ fill(texts.reading(), &[("part", &part)]) }</span>{ progress(texts.title(), (done, all)) }</> }
            }
            (None, None) => Html::default(),
        };
        html! {
            <div class="drop" {ondrop}>
                { said }
                <div class="ways">
                    <label class="file">{ texts.choose() }<input type="file" multiple=true {onchange} /></label>
                    <input class="paste" {onpaste} placeholder={texts.paste_here()} aria-label={texts.paste_here()} value="" />
                </div>
            </div>
        }
    }

    /// What was found, made up and left out; or what it is instead of a state.
    fn found(&self, words: &'static Messages) -> Html {
        if let Some(problem) = &self.problem {
            return html! { <p class="bad" role="alert">{ rich(problem) }</p> };
        }
        let Some(opened) = &self.opened else { return Html::default() };
        let line = |(mark, text): &(NoteKind, String)| {
            let (class, sign) = match mark {
                NoteKind::Found => ("found", "✓"),
                NoteKind::MadeUp => ("note", "!"),
                NoteKind::LeftOut => ("left", "–"),
            };
            html! { <li {class}><i aria-hidden="true">{ sign }</i><span>{ rich(text) }</span></li> }
        };
        html! { <ul class="found-in-it" role="status">{ for notes(words, opened, LISTED).iter().map(line) }</ul> }
    }

    /// What is on the stage, to be given away without names: shown before it is copied.
    fn sharing(&self, context: &Context<ClusterTab>) -> Html {
        let ClusterProps { words, send, .. } = context.props();
        let texts = words.cluster();
        let show = context.link().callback(|_: MouseEvent| Event::Share);
        let shown = self.shared.as_ref().map(|shared| {
            let text: String = shared.text.chars().take(MOST_SHOWN).collect();
            html! {
                <>
                    <textarea class="shared" readonly=true rows="8" aria-label={texts.share_title()} value={text} />
                    <div class="ways">
                        if let Some(link) = &shared.link {
                            { button("", texts.share_link(), send, Intent::Copy(link.clone())) }
                        }
                        { button("", texts.share_text(), send, Intent::Copy(shared.text.clone())) }
                    </div>
                    if shared.link.is_none() { <p class="quiet">{ texts.share_long() }</p> }
                </>
            }
        });
        html! {
            <details>
                <summary>{ texts.share_title() }</summary>
                <p>{ texts.share_about() }</p>
                { shown.unwrap_or_else(|| html! { <button type="button" disabled={self.sharing.is_some()} onclick={show}>{ texts.share_show() }</button> }) }
                if let Some((nameless, _)) = &self.sharing { { progress(texts.share_show(), nameless.progress()) } }
            </details>
        }
    }

    /// A recording beside what the simulator would have done, and where the two part.
    fn comparison(&self, context: &Context<ClusterTab>) -> Html {
        let texts = context.props().words.cluster();
        let compare = context.link().callback(|_: MouseEvent| Event::Compare);
        let said = self.compared.as_ref().map(|compared| {
            let (agreed, count) = (compared.agreed.to_string(), compared.count.to_string());
            let agreed = fill(texts.rerun_agreed(), &[("agreed", &agreed), ("count", &count)]);
            let parts = compared.parts.as_ref().map(|(is_recorded, step)| {
                let text = if *is_recorded { texts.rerun_only_seen() } else { texts.rerun_only_simulated() };
                let values = [("at", &*step.at.to_string()), ("object", &*step.object), ("what", step.what)];
                fill(text, &values)
            });
            html! { <p role="status">{ agreed }{ " " }{ parts.unwrap_or_else(|| texts.rerun_same().into()) }</p> }
        });
        html! {
            <details class="rerun">
                <summary>{ texts.rerun_title() }</summary>
                <p>{ texts.rerun_about() }</p>
                <button type="button" disabled={self.comparing.is_some()} onclick={compare}>{ texts.rerun_it() }</button>
                { said }
            </details>
        }
    }

    /// Replaces names for a slice of time.
    fn go_on_sharing(&mut self, context: &Context<ClusterTab>) {
        let Some((nameless, next)) = &mut self.sharing else { return };
        if self.slices.fill(|| nameless.step(), |&goes_on| goes_on) {
            *next = soon(context, Event::GoOnSharing);
            return;
        }
        self.shared = self.sharing.take().map(|(nameless, _)| Shared::of(nameless.finish()));
    }

    /// Compares for a slice of time.
    fn go_on_comparing(&mut self, context: &Context<ClusterTab>) {
        let Some((comparing, next)) = &mut self.comparing else { return };
        if self.slices.fill(|| comparing.go_on(), |&goes_on| goes_on) {
            *next = soon(context, Event::GoOnComparing);
            return;
        }
        self.compared = Some(comparing.finish());
        self.comparing = None;
    }

    /// Begins to read a text that was put elsewhere.
    fn take_offered(&mut self, context: &Context<ClusterTab>) {
        if let Some(text) = context.props().offered.clone() {
            self.take(context, vec![(PASTED.to_owned(), text.to_string())]);
        }
    }

    /// The files from which what is on the stage was read, if they were given here.
    fn files_of(&self, shown: &Rc<Opened>) -> Option<Rc<[Named]>> {
        // Other assumptions make no other state of it.
        let first = |opened: &Opened| opened.objects.first().map(Rc::as_ptr);
        let was_read = self.opened.as_ref().is_some_and(|opened| first(opened) == first(shown));
        was_read.then(|| self.files.clone())
    }

    /// Begins to read files.
    fn take(&mut self, context: &Context<ClusterTab>, files: Files) {
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        self.names = names.join(", ");
        self.files = files.into();
        (self.opened, self.problem) = (None, None);
        match Opening::new(self.files.clone()) {
            Ok(opening) => {
                self.opening = Some(opening);
                self.go_on_soon(context);
            }
            Err(why) => self.fail(context, &why),
        }
    }

    fn fail(&mut self, context: &Context<ClusterTab>, why: &Unreadable) {
        (self.opening, self.opened, self.next) = (None, None, None);
        self.problem = Some(unreadable(context.props().words, why));
    }

    fn go_on_soon(&mut self, context: &Context<ClusterTab>) {
        let link = context.link().clone();
        self.next = Some(Timeout::new(0, move || link.send_message(Event::GoOn)));
    }

    /// Reads for a slice of time; the browser draws between two.
    fn go_on(&mut self, context: &Context<ClusterTab>) {
        let Some(opening) = &mut self.opening else { return };
        match self.slices.fill(|| opening.step(), |step| matches!(step, Ok(true))) {
            Ok(true) => self.go_on_soon(context),
            Ok(false) => match self.opening.take().map(Opening::finish) {
                Some(Ok(opened)) => self.opened = Some(Rc::new(opened)),
                Some(Err(why)) => self.fail(context, &why),
                None => {}
            },
            Err(why) => self.fail(context, &why),
        }
    }
}

/// This happens after the browser has drawn.
fn soon(context: &Context<ClusterTab>, event: Event) -> Option<Timeout> {
    let link = context.link().clone();
    Some(Timeout::new(0, move || link.send_message(event)))
}

/// How much is done of something, and how much there is to do.
fn progress(what: &'static str, (done, all): (usize, usize)) -> Html {
    html! { <progress aria-label={what} value={done.to_string()} max={all.max(1).to_string()} /> }
}

/// How what was pasted is called.
const PASTED: &str = "STDIN";

/// Reads files, and takes them when all are there.
fn read(files: &FileList, link: &Scope<ClusterTab>) {
    let files: Vec<web_sys::File> = (0..files.length()).filter_map(|n| files.get(n)).collect();
    let bytes: f64 = files.iter().map(|file| file.size()).sum();
    if bytes > MOST_OPENED_BYTES as f64 {
        return link.send_message(Event::Refuse(bytes as usize));
    }
    let texts: Rc<RefCell<Vec<Option<Named>>>> = Rc::new(RefCell::new(vec![None; files.len()]));
    for (n, file) in files.iter().enumerate() {
        let (texts, link, name) = (texts.clone(), link.clone(), file.name());
        // Bytes are copied at once; a browser's text would be a character at a time.
        let read = Closure::once(move |bytes: JsValue| {
            let text = text_of(Uint8Array::new(&bytes).to_vec());
            texts.borrow_mut()[n] = Some((name, text));
            let all: Option<Files> = texts.borrow().iter().cloned().collect();
            if let Some(all) = all {
                link.send_message(Event::Take(all));
            }
        });
        let _ = file.array_buffer().then(&read);
        // The browser calls it once, after this function's end.
        read.forget();
    }
}
