//! The dialog that shows the moment inside other pages: how large it would be, and the code for it. It is loaded when it is opened.

mod snippet;

pub use self::snippet::{Figure, Form, snippet};

use super::export::{THEMES, choose};
use super::files::save;
use super::modal::Modal;
use crate::page::intent::Intent;
use crate::session::Session;
use kubesim::SimTime;
use messages::Messages;
use scene::picture::{Options, Subject, Theme, still};
use std::cell::RefCell;
use std::rc::Rc;
use web_sys::HtmlInputElement;
use web_sys::js_sys::encode_uri_component;
use yew::html::Scope;
use yew::prelude::*;

/// Widths and heights that can be chosen (CSS pixels): from the smallest that shows all.
const SIZES: [(u32, u32); 4] = [(480, 360), (640, 400), (800, 450), (1000, 600)];

/// Copies a text, and tells whether it is on the clipboard then.
pub type Copy = Rc<dyn Fn(&str, Rc<dyn Fn(bool)>)>;

/// What the dialog is given.
#[derive(Properties)]
pub struct EmbedProps {
    /// The texts.
    pub words: &'static Messages,
    /// The session.
    pub session: Rc<RefCell<Session>>,
    /// The story as it stands behind `#` in an address.
    pub fragment: Rc<dyn Fn() -> String>,
    /// This page's address, without parameters.
    pub here: AttrValue,
    /// The language that is asked for, if it is not left to the reader's browser.
    pub lang: Option<&'static str>,
    /// The clipboard.
    pub copy: Copy,
    /// Takes what is wanted.
    pub send: Callback<Intent>,
}

impl PartialEq for EmbedProps {
    fn eq(&self, other: &EmbedProps) -> bool {
        Rc::ptr_eq(&self.session, &other.session)
    }
}

/// What happens in the dialog.
pub enum Event {
    Form(Form),
    Size(usize),
    Theme(Theme),
    /// Whether it plays by itself.
    Autoplay(bool),
    /// Whether the picture is its poster.
    Poster(bool),
    Save,
    Copy,
    /// Whether the code is on the clipboard.
    Copied(bool),
}

/// The dialog, and what was chosen in it. What it shows is the moment at which it was opened.
pub struct Embed {
    form: Form,
    size: usize,
    figure: Figure,
    /// The moment's picture, as wide and with the colours that were chosen.
    picture: String,
    copied: Option<bool>,
}

impl Component for Embed {
    type Message = Event;
    type Properties = EmbedProps;

    fn create(context: &Context<Embed>) -> Embed {
        let EmbedProps { session, fragment, here, lang, .. } = context.props();
        let set = session.borrow().set().map_or_else(|| "ordinal".into(), |set| set.name.to_string());
        let size = 2;
        let figure = Figure {
            here: here.to_string(),
            fragment: fragment(),
            set,
            size: SIZES[size],
            theme: Theme::Auto,
            lang: *lang,
            is_playing: false,
            has_poster: false,
        };
        let mut embed = Embed { form: Form::Element, size, figure, picture: String::new(), copied: None };
        embed.draw(context);
        embed
    }

    fn changed(&mut self, _: &Context<Embed>, _: &EmbedProps) -> bool {
        false
    }

    fn update(&mut self, context: &Context<Embed>, event: Event) -> bool {
        self.copied = None;
        match event {
            Event::Form(form) => self.form = form,
            Event::Size(place) => {
                self.size = place % SIZES.len();
                self.figure.size = SIZES[self.size];
                self.draw(context);
            }
            Event::Theme(theme) => {
                self.figure.theme = theme;
                self.draw(context);
            }
            Event::Autoplay(on) => self.figure.is_playing = on,
            Event::Poster(on) => self.figure.has_poster = on,
            Event::Save => {
                save(&self.figure.picture(), &self.picture);
            }
            Event::Copy => {
                let link = context.link().clone();
                let told = Rc::new(move |is_copied| link.send_message(Event::Copied(is_copied)));
                (context.props().copy)(&snippet(self.form, &self.figure), told);
            }
            Event::Copied(is_copied) => self.copied = Some(is_copied),
        }
        true
    }

    fn view(&self, context: &Context<Embed>) -> Html {
        let EmbedProps { words, send, .. } = context.props();
        let (texts, link) = (words.embed(), context.link());
        let closed = send.reform(|()| Intent::ShowDialog(None));
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let form = Form::ALL.iter().position(|form| *form == self.form).unwrap_or_default();
        let sizes = SIZES.iter().map(|(w, h)| [&*w.to_string(), "×", &h.to_string()].concat()).collect();
        let theme = THEMES.iter().position(|theme| *theme == self.figure.theme).unwrap_or_default();
        let themes = names(&words.export().themes());
        let code = snippet(self.form, &self.figure);
        let (width, height) = self.figure.size;
        let source = String::from(encode_uri_component(&self.picture));
        let source = ["data:image/svg+xml;charset=utf-8,", &source].concat();
        html! {
            <Modal title={texts.title()} close={words.heard()} {closed}>
                <div class="export">
                    { choose(link, texts.where_to(), names(&texts.forms()), form, |place| Event::Form(Form::ALL[place % Form::ALL.len()])) }
                    { choose(link, texts.size(), sizes, self.size, Event::Size) }
                    { choose(link, words.export().theme(), themes, theme, |place| Event::Theme(THEMES[place % THEMES.len()])) }
                    if self.form != Form::Picture { { tick(link, texts.autoplay(), self.figure.is_playing, Event::Autoplay) } }
                    if self.form.takes_poster() { { tick(link, texts.poster(), self.figure.has_poster, Event::Poster) } }
                </div>
                <img class="preview" width={width.to_string()} height={height.to_string()} src={source} alt={self.figure.title()} />
                <textarea aria-label={texts.code()} rows="5" readonly=true spellcheck="false" value={code} />
                if let Some(hint) = self.hint(words) { <p>{ hint }</p> }
                <div class="export">
                    <button type="button" class="primary" onclick={link.callback(|_: MouseEvent| Event::Copy)}>{ texts.copy() }</button>
                    if self.figure.has_poster && self.form.takes_poster() || self.form == Form::Picture {
                        <button type="button" onclick={link.callback(|_: MouseEvent| Event::Save)}>{ texts.save() }{ " " }{ self.figure.picture() }</button>
                    }
                    <p role="status">{ self.copied.map_or("", |is_copied| if is_copied { texts.copied() } else { texts.not_copied() }) }</p>
                </div>
            </Modal>
        }
    }
}

impl Embed {
    /// Draws the picture as it was chosen.
    fn draw(&mut self, context: &Context<Embed>) {
        let EmbedProps { words, session, .. } = context.props();
        let session = session.borrow();
        let set = session.set();
        let (history, chronicle) = (session.history(), session.chronicle());
        let subject = Subject { messages: words, history, chronicle, set: set.as_ref() };
        let options = Options { width: self.figure.size.0, theme: self.figure.theme };
        self.picture = still(&subject, session.now(), SimTime(session.frontier() as i64), &options);
    }

    /// What else a page of this form needs.
    fn hint(&self, words: &'static Messages) -> Option<&'static str> {
        match self.form {
            Form::Hugo | Form::Docusaurus => Some(words.embed().recipe()),
            Form::Picture => Some(words.embed().beside()),
            _ if self.figure.has_poster && self.form.takes_poster() => Some(words.embed().beside()),
            Form::Element | Form::Frame | Form::Markdown | Form::Sphinx => None,
        }
    }
}

/// A field to tick.
fn tick(link: &Scope<Embed>, label: &'static str, checked: bool, event: fn(bool) -> Event) -> Html {
    let onchange = link.callback(move |change: yew::Event| {
        let field: HtmlInputElement = change.target_unchecked_into();
        event(field.checked())
    });
    html! { <label class="tick"><input type="checkbox" {checked} {onchange} />{ label }</label> }
}
