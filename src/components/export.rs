//! The dialog that makes files of what is shown: pictures of the moment, films of a stretch, the terminal, the timeline, the
//! story. It is loaded when it is opened.

mod raster;

use self::raster::{Image, draw, save};
use super::is_dark;
use super::modal::Modal;
use crate::page::intent::Intent;
use crate::session::Session;
use flat_gif::{Census, Gif};
use gloo::timers::callback::Timeout;
use kubesim::SimTime;
use messages::{Messages, fill};
use scene::picture::{Film, Options, Subject, Theme, still, timeline};
use scene::transcript;
use std::cell::RefCell;
use std::rc::Rc;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::html::Scope;
use yew::prelude::*;

/// How many moments of a film are looked at in one go, and how many pictures its palette is chosen from.
const MOMENTS: usize = 6;
const LOOKED_AT: usize = 6;
/// Time between two pictures of a GIF (hundredths of a second).
const FRAME: u16 = 10;
/// What can be chosen.
const WIDTHS: [u32; 4] = [480, 800, 1200, 1600];
const SPEEDS: [f64; 5] = [1.0, 2.0, 4.0, 8.0, 16.0];

/// The colours of a picture, in the order of their names.
pub const THEMES: [Theme; 3] = [Theme::Auto, Theme::Light, Theme::Dark];

/// What the dialog is given.
#[derive(Properties)]
pub struct ExportProps {
    /// The texts.
    pub words: &'static Messages,
    /// The session.
    pub session: Rc<RefCell<Session>>,
    /// The story as it stands behind `#` in an address.
    pub fragment: Rc<dyn Fn() -> String>,
    /// Takes what is wanted.
    pub send: Callback<Intent>,
}

impl PartialEq for ExportProps {
    fn eq(&self, other: &ExportProps) -> bool {
        Rc::ptr_eq(&self.session, &other.session)
    }
}

/// A file that can be made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum File {
    Svg,
    /// So many pixels for each of the picture's own.
    Png(u32),
    Film,
    Gif,
    Timeline,
    Text,
    Cast,
    Story,
}

/// What happens in the dialog.
pub enum Event {
    Width(u32),
    Theme(Theme),
    From(i64),
    To(i64),
    Speed(f64),
    Make(File),
    /// The film that is being made goes on.
    GoOn,
    /// A picture of it is there, if the browser could draw it.
    Drawn(Option<Image>),
    Cancel,
}

/// A film that is being made.
struct Job {
    film: Film,
    as_gif: bool,
    /// How many moments were looked at, and how many pictures of the palette's and of the film's are drawn.
    looked: usize,
    counted: usize,
    drawn: usize,
    pictures: usize,
    census: Census,
    gif: Option<Gif>,
    /// The picture before.
    before: String,
    /// The branch that it is of.
    branch: usize,
    next: Option<Timeout>,
}

/// The dialog, and what was chosen in it.
pub struct Export {
    options: Options,
    from: i64,
    to: i64,
    speed: f64,
    job: Option<Job>,
    has_failed: bool,
}

impl Component for Export {
    type Message = Event;
    type Properties = ExportProps;

    fn create(context: &Context<Export>) -> Export {
        let now = context.props().session.borrow().now();
        Export {
            options: Options { width: 800, theme: Theme::Auto },
            from: 0,
            to: (now.0 + 999) / 1000,
            speed: 4.0,
            job: None,
            has_failed: false,
        }
    }

    fn changed(&mut self, _: &Context<Export>, _: &ExportProps) -> bool {
        false
    }

    fn update(&mut self, context: &Context<Export>, event: Event) -> bool {
        match event {
            Event::Width(width) => self.options.width = width,
            Event::Theme(theme) => self.options.theme = theme,
            Event::From(second) => self.from = second.max(0),
            Event::To(second) => self.to = second.max(0),
            Event::Speed(speed) => self.speed = speed,
            Event::Make(file) => {
                self.has_failed = false;
                self.make(context, file);
            }
            Event::GoOn => self.go_on(context),
            Event::Drawn(image) => self.drawn(context, image),
            Event::Cancel => self.job = None,
        }
        true
    }

    fn view(&self, context: &Context<Export>) -> Html {
        let ExportProps { words, send, .. } = context.props();
        let (texts, link) = (words.export(), context.link());
        let closed = send.reform(|()| Intent::ShowDialog(None));
        let make = |label: &'static str, file: File| {
            let onclick = link.callback(move |_: MouseEvent| Event::Make(file));
            html! { <button type="button" disabled={self.job.is_some()} {onclick}>{ label }</button> }
        };
        html! {
            <Modal title={texts.title()} close={words.heard()} {closed}>
                <fieldset class="export">
                    <legend>{ texts.moment() }</legend>
                    { make("SVG", File::Svg) }{ make("PNG 1×", File::Png(1)) }{ make("PNG 2×", File::Png(2)) }{ make("PNG 3×", File::Png(3)) }
                    { make(texts.timeline(), File::Timeline) }
                </fieldset>
                <fieldset class="export">
                    <legend>{ texts.stretch() }</legend>
                    { second(link, texts.from(), self.from, Event::From) }
                    { second(link, texts.to(), self.to, Event::To) }
                    { self.speeds(words, link) }
                    { make(texts.film(), File::Film) }{ make("GIF", File::Gif) }
                </fieldset>
                <fieldset class="export">
                    <legend>{ texts.look() }</legend>
                    { self.looks(words, link) }
                </fieldset>
                <fieldset class="export">
                    <legend>{ texts.rest() }</legend>
                    { make(texts.terminal(), File::Text) }{ make("asciicast", File::Cast) }{ make(texts.story(), File::Story) }
                </fieldset>
                { for self.job.as_ref().map(|job| progress(words, link, job)) }
                if self.has_failed { <p class="bad" role="alert">{ texts.failed() }</p> }
            </Modal>
        }
    }
}

/// How far a film is, and the way to give it up.
fn progress(words: &'static Messages, link: &Scope<Export>, job: &Job) -> Html {
    let all = job.film.moments() + if job.as_gif { job.pictures + LOOKED_AT } else { job.film.moments() };
    let done = job.looked + job.counted + job.drawn;
    let part = fill(words.export().progress(), &[("part", &(done * 100 / all.max(1)).to_string())]);
    let cancel = link.callback(|_: MouseEvent| Event::Cancel);
    html! {
        <p class="export" role="status">
            <progress max={all.to_string()} value={done.to_string()} aria-label={part.clone()} />{ part }
            <button type="button" onclick={cancel}>{ words.export().cancel() }</button>
        </p>
    }
}

/// A field for a number of seconds.
fn second(link: &Scope<Export>, label: &'static str, value: i64, event: fn(i64) -> Event) -> Html {
    let oninput = link.batch_callback(move |input: InputEvent| {
        let field: HtmlInputElement = input.target_unchecked_into();
        field.value().parse::<i64>().ok().map(event)
    });
    html! { <label>{ label }<input type="number" min="0" value={value.to_string()} {oninput} /></label> }
}

/// A field to choose one of several.
pub fn choose<C: Component>(
    link: &Scope<C>,
    label: &'static str,
    names: Vec<String>,
    chosen: usize,
    event: fn(usize) -> C::Message,
) -> Html {
    let onchange = link.callback(move |change: yew::Event| {
        let field: HtmlSelectElement = change.target_unchecked_into();
        event(field.selected_index().max(0) as usize)
    });
    let option = |(n, name): (usize, String)| html! { <option selected={n == chosen}>{ name }</option> };
    html! { <label>{ label }<select {onchange}>{ for names.into_iter().enumerate().map(option) }</select></label> }
}

impl Export {
    fn speeds(&self, words: &'static Messages, link: &Scope<Export>) -> Html {
        let names = SPEEDS.iter().map(|speed| [&*(*speed as i64).to_string(), "×"].concat()).collect();
        let chosen = SPEEDS.iter().position(|speed| *speed == self.speed).unwrap_or_default();
        choose(link, words.speed(), names, chosen, |place| Event::Speed(SPEEDS[place % SPEEDS.len()]))
    }

    fn looks(&self, words: &'static Messages, link: &Scope<Export>) -> Html {
        let texts = words.export();
        let widths = WIDTHS.iter().map(u32::to_string).collect();
        let width = WIDTHS.iter().position(|width| *width == self.options.width).unwrap_or_default();
        let themes = texts.themes().iter().map(|name| name.to_string()).collect();
        let theme = THEMES.iter().position(|theme| *theme == self.options.theme).unwrap_or_default();
        html! {
            <>
                { choose(link, texts.width(), widths, width, |place| Event::Width(WIDTHS[place % WIDTHS.len()])) }
                { choose(link, texts.theme(), themes, theme, |place| Event::Theme(THEMES[place % THEMES.len()])) }
            </>
        }
    }

    /// The file's name before its end.
    fn stem(session: &Session) -> String {
        session.set().map_or_else(|| "ordinal".into(), |set| set.name.to_string())
    }

    fn make(&mut self, context: &Context<Export>, file: File) {
        let ExportProps { words, session, fragment, .. } = context.props();
        let session = session.borrow();
        let set = session.set();
        let (history, chronicle) = (session.history(), session.chronicle());
        let subject = Subject { messages: words, history, chronicle, set: set.as_ref() };
        let (now, frontier) = (session.now(), SimTime(session.frontier() as i64));
        let stem = Export::stem(&session);
        let named = |end: &str| [&*stem, end].concat();
        match file {
            File::Svg => save(&named(".svg"), still(&subject, now, frontier, &self.options).as_bytes()),
            File::Timeline => {
                save(&named("-timeline.svg"), timeline(&subject, now, frontier, &self.options).as_bytes());
            }
            File::Png(scale) => {
                let svg = still(&subject, now, frontier, &self.shown());
                let (name, link) = (named(".png"), context.link().clone());
                draw(
                    &svg,
                    scale,
                    Box::new(move |image| match image {
                        Some(image) => image.save_png(&name),
                        None => link.send_message(Event::Drawn(None)),
                    }),
                );
            }
            File::Text => save(&named("-terminal.txt"), transcript::text(history).as_bytes()),
            File::Cast => save(&named(".cast"), transcript::asciicast(history, &stem).as_bytes()),
            File::Story => {
                let text = [crate::components::files::STORY, &fragment(), "\n"].concat();
                save(&named(".ordinal"), text.as_bytes());
            }
            File::Film | File::Gif => {
                let options = if file == File::Gif { self.shown() } else { self.options };
                let ends = (SimTime(self.from * 1000), SimTime((self.to * 1000).min(frontier.0.max(1))));
                let film = Film::new(&subject, ends, self.speed, options);
                let (length, hold) = film.length();
                let pictures = ((length - hold) / (f64::from(FRAME) * 10.0)).ceil() as usize + 1;
                self.job = Some(Job {
                    film,
                    as_gif: file == File::Gif,
                    looked: 0,
                    counted: 0,
                    drawn: 0,
                    pictures,
                    census: Census::default(),
                    gif: None,
                    before: String::new(),
                    branch: session.branch().id,
                    next: None,
                });
                self.soon(context);
            }
        }
    }

    /// The colours of pixels: those that the page has now, where they are to be the reader's.
    fn shown(&self) -> Options {
        let theme = match self.options.theme {
            Theme::Auto if is_dark() => Theme::Dark,
            Theme::Auto => Theme::Light,
            theme => theme,
        };
        Options { theme, ..self.options }
    }

    /// Goes on with the film when the browser has done other things.
    fn soon(&mut self, context: &Context<Export>) {
        let link = context.link().clone();
        if let Some(job) = &mut self.job {
            job.next = Some(Timeout::new(0, move || link.send_message(Event::GoOn)));
        }
    }

    fn go_on(&mut self, context: &Context<Export>) {
        let session = context.props().session.borrow();
        let Some(job) = self.job.as_mut().filter(|job| job.branch == session.branch().id) else {
            self.job = None;
            return;
        };
        let set = session.set();
        let (history, chronicle) = (session.history(), session.chronicle());
        let subject = Subject { messages: context.props().words, history, chronicle, set: set.as_ref() };
        for _ in 0..MOMENTS {
            if job.looked < job.film.moments() {
                job.looked += 1;
                if !job.film.step(&subject) {
                    job.looked = job.film.moments();
                }
            }
        }
        if job.looked < job.film.moments() {
            return self.soon(context);
        }
        let stem = Export::stem(&session);
        if !job.as_gif {
            for _ in 0..MOMENTS {
                job.drawn = (job.drawn + 1).min(job.film.moments());
                if !job.film.draw(&subject) {
                    job.drawn = job.film.moments();
                }
            }
            if job.drawn < job.film.moments() {
                return self.soon(context);
            }
            let Some(job) = self.job.take() else { return };
            return save(&[&*stem, "-film.svg"].concat(), job.film.svg(&subject).as_bytes());
        }
        let each = f64::from(FRAME) * 10.0;
        let is_counted = job.counted >= LOOKED_AT;
        let place = if is_counted { job.drawn } else { job.counted * (job.pictures - 1) / (LOOKED_AT - 1) };
        if place >= job.pictures {
            let hold = (job.film.length().1 / 10.0) as u16;
            let finished = self.job.take().and_then(|job| job.gif).and_then(|mut gif| {
                gif.prolong(hold);
                gif.finish().ok()
            });
            match finished {
                Some(file) => save(&[&*stem, ".gif"].concat(), &file),
                None => self.has_failed = true,
            }
            return;
        }
        let svg = job.film.frame(&subject, job.film.at(place as f64 * each));
        if is_counted && svg == job.before {
            job.drawn += 1;
            if let Some(gif) = &mut job.gif {
                gif.prolong(FRAME);
            }
            return self.soon(context);
        }
        let link = context.link().clone();
        draw(&svg, 1, Box::new(move |image| link.send_message(Event::Drawn(image))));
        job.before = if is_counted { svg } else { String::new() };
    }

    /// A picture of the film is there: its colours are counted, or it is written.
    fn drawn(&mut self, context: &Context<Export>, image: Option<Image>) {
        let Some(mut job) = self.job.take() else {
            self.has_failed |= image.is_none();
            return;
        };
        let is_done = image.and_then(|image| Some((image.pixels()?, image))).and_then(|(pixels, image)| {
            if job.counted < LOOKED_AT {
                job.census.look(&pixels);
                job.counted += 1;
                return Some(());
            }
            if job.gif.is_none() {
                let [width, height] = image.size();
                let palette = std::mem::take(&mut job.census).palette();
                job.gif = Some(Gif::new(width.try_into().ok()?, height.try_into().ok()?, palette).ok()?);
            }
            job.drawn += 1;
            job.gif.as_mut()?.add(&pixels, FRAME).ok()
        });
        if is_done.is_none() {
            self.has_failed = true;
            return;
        }
        self.job = Some(job);
        self.soon(context);
    }
}
