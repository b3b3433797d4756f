//! What can be written at the caret of the manifest's editor, as a list below it, and what the field there means, in a line of
//! its own below the text.
//!
//! Loaded when somebody first goes into the editor. Typing is never held up: of a list that opens by itself nothing is chosen,
//! so Enter goes on to the next line; an arrow chooses, Tab takes the first. Where fingers type no list opens by itself.

use super::rich;
use super::typing::{self, Change};
use gloo::events::{EventListener, EventListenerOptions};
use gloo::utils::{document, window};
use kubesim::manifest::assist::{Completion, Completions, Help, complete, help};
use messages::{Messages, fill};
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, HtmlTextAreaElement, KeyboardEvent, MouseEvent};
use yew::prelude::*;

/// Of a longer text nothing is said (bytes): each key would have to read all of it.
const LONGEST: usize = 100_000;
/// The list's place in the page.
const LIST: &str = "manifest-completions";
/// How far the text is from the editor's upper edge (pixels), as in the style sheet.
const TOP_PX: f64 = 6.0;
/// The height of a line (pixels), as there.
const LINE_PX: f64 = 19.0;
/// So many letters are measured.
const RULER: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What the editor's help is given.
#[derive(Properties)]
pub struct AssistProps {
    /// The texts.
    pub words: &'static Messages,
}

impl PartialEq for AssistProps {
    fn eq(&self, other: &AssistProps) -> bool {
        std::ptr::eq(self.words, other.words)
    }
}

/// What has happened in the editor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum News {
    /// Something was typed.
    Typed,
    /// The text was changed otherwise.
    Edited,
    /// The caret may be elsewhere.
    Moved,
    /// The pointer is at this place of the window (pixels).
    Over(i32, i32),
    /// The pointer has left.
    Left,
    /// The text is seen from another line on.
    Scrolled,
    /// A key of the list.
    Key(Command),
    /// This one of the list is taken.
    Taken(usize),
}

/// What a key does to the list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Command {
    /// Show what can be written here.
    Open,
    /// Choose the next one.
    Next,
    /// Choose the one before.
    Previous,
    /// Write the chosen one.
    Take,
    /// Go on without the list.
    Close,
}

/// What keys can be for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mode {
    /// There is no list.
    Closed,
    /// There is one, and nothing in it is chosen.
    Open,
    /// One of it is chosen.
    Chosen,
}

impl Command {
    /// What a key does; nothing: it is for the text.
    fn of(key: &str, modifiers: [bool; 3], mode: Mode) -> Option<Command> {
        let [control, shift, other] = modifiers;
        match (key, mode) {
            (" ", _) if control && !shift && !other => Some(Command::Open),
            _ if control || shift || other || mode == Mode::Closed => None,
            ("ArrowDown", _) => Some(Command::Next),
            ("ArrowUp", _) => Some(Command::Previous),
            ("Tab", _) | ("Enter", Mode::Chosen) => Some(Command::Take),
            ("Escape", _) => Some(Command::Close),
            _ => None,
        }
    }
}

/// The list, and the place that it is for.
#[derive(Default)]
struct Popup {
    completions: Completions,
    chosen: Option<usize>,
}

/// What is said in the editor.
pub struct Assist {
    node: NodeRef,
    popup: Option<Popup>,
    mode: Rc<Cell<Mode>>,
    /// What is said about the field at the caret.
    of_caret: Option<Help>,
    /// What is said about the field at the pointer, while it is over the text.
    of_pointer: Option<Help>,
    /// The caret that all of it is about (bytes).
    caret: usize,
    /// Whether the next change to be heard of is one that was taken from the list.
    is_writing: bool,
    listeners: Vec<EventListener>,
}

impl Component for Assist {
    type Message = News;
    type Properties = AssistProps;

    fn create(_: &Context<Assist>) -> Assist {
        Assist {
            node: NodeRef::default(),
            popup: None,
            mode: Rc::new(Cell::new(Mode::Closed)),
            of_caret: None,
            of_pointer: None,
            caret: usize::MAX,
            is_writing: false,
            listeners: Vec::new(),
        }
    }

    fn update(&mut self, _: &Context<Assist>, news: News) -> bool {
        let is_changed = self.hear(news).unwrap_or(true);
        self.mode.set(match &self.popup {
            None => Mode::Closed,
            Some(Popup { chosen: None, .. }) => Mode::Open,
            Some(_) => Mode::Chosen,
        });
        is_changed
    }

    fn view(&self, context: &Context<Assist>) -> Html {
        let words = context.props().words;
        let chosen = self.popup.as_ref().and_then(|popup| popup.completions.list.get(popup.chosen?));
        let said = match (chosen, self.of_pointer.as_ref().or(self.of_caret.as_ref())) {
            (Some(completion), _) => of_completion(words, completion),
            (None, Some(help)) => of_field(words, help),
            (None, None) => html! { <p>{ rich(words.assist().how()) }</p> },
        };
        html! {
            <div class="assist" ref={self.node.clone()}>
                if let Some(popup) = &self.popup { { list(words, popup, context) } }
                <i class="ruler unseen" aria-hidden="true">{ RULER }</i>
                <p class="unseen" role="status">{ self.popup.as_ref().map(|popup| count(words, popup)) }</p>
                <div class="text" tabindex="0" role="group" aria-label={words.assist().about_field()}>{ said }</div>
            </div>
        }
    }

    fn rendered(&mut self, context: &Context<Assist>, is_first: bool) {
        if is_first {
            self.listen(context);
            context.link().send_message(News::Moved);
        }
        self.place();
    }

    fn destroy(&mut self, _: &Context<Assist>) {
        self.popup = None;
        self.place();
    }
}

impl Assist {
    /// The editor above.
    fn editor(&self) -> Option<HtmlElement> {
        self.node.cast::<Element>()?.previous_element_sibling()?.dyn_into().ok()
    }

    fn area(&self) -> Option<HtmlTextAreaElement> {
        self.editor()?.query_selector("textarea").ok()??.dyn_into().ok()
    }

    /// Hears what is done in the editor's field, before the page does.
    fn listen(&mut self, context: &Context<Assist>) -> Option<()> {
        let (editor, area) = (self.editor()?, self.area()?);
        let hear = |target: &web_sys::EventTarget, kind: &'static str, news: fn(&Event) -> Option<News>| {
            let link = context.link().clone();
            EventListener::new(target, kind, move |event| {
                if let Some(news) = news(event) {
                    link.send_message(news);
                }
            })
        };
        let is_text = |event: &Event| match event.dyn_ref::<InputEvent>() {
            Some(event) if event.is_composing() => None,
            Some(event) if event.input_type() == "insertText" => Some(News::Typed),
            _ => Some(News::Edited),
        };
        let over = |event: &Event| {
            let event: &MouseEvent = event.dyn_ref()?;
            Some(News::Over(event.client_x(), event.client_y()))
        };
        let (mode, link) = (self.mode.clone(), context.link().clone());
        // Before the page hears of it, which indents with Tab: Yew listens above all elements, before they do.
        let of_area: web_sys::EventTarget = area.clone().into();
        let key = EventListener::new_with_options(
            &gloo::utils::window(),
            "keydown",
            EventListenerOptions { passive: false, phase: gloo::events::EventListenerPhase::Capture },
            move |event| {
                let is_of_area = event.target().as_ref() == Some(&of_area);
                let Some(event) =
                    event.dyn_ref::<KeyboardEvent>().filter(|event| is_of_area && !event.is_composing())
                else {
                    return;
                };
                let modifiers = [event.ctrl_key(), event.shift_key(), event.alt_key() || event.meta_key()];
                if let Some(command) = Command::of(&event.key(), modifiers, mode.get()) {
                    event.prevent_default();
                    event.stop_propagation();
                    link.send_message(News::Key(command));
                }
            },
        );
        self.listeners = vec![
            key,
            hear(&area, "input", is_text),
            hear(&area, "compositionend", |_| Some(News::Typed)),
            hear(&document(), "selectionchange", |_| Some(News::Moved)),
            hear(&area, "keyup", |_| Some(News::Moved)),
            hear(&area, "click", |_| Some(News::Moved)),
            hear(&area, "blur", |_| Some(News::Key(Command::Close))),
            hear(&area, "mousemove", over),
            hear(&area, "mouseleave", |_| Some(News::Left)),
            hear(&editor, "scroll", |_| Some(News::Scrolled)),
        ];
        Some(())
    }

    /// Takes note of something; tells whether anything else is to be seen.
    fn hear(&mut self, news: News) -> Option<bool> {
        let area = self.area()?;
        match news {
            News::Scrolled => {
                self.place();
            }
            News::Left => return Some(self.of_pointer.take().is_some()),
            News::Over(x, y) => {
                let found = text_of(&area).and_then(|text| self.at_point(&text, x, y));
                let is_other = found != self.of_pointer;
                self.of_pointer = found;
                return Some(is_other);
            }
            News::Typed | News::Edited if self.is_writing => self.is_writing = false,
            News::Typed | News::Edited => {
                let was_open = self.popup.take().is_some();
                let (text, caret) = self.read(&area)?;
                if news == News::Typed || was_open {
                    self.popup = typed_popup(complete(&text, caret), &text, caret);
                }
                return Some(true);
            }
            News::Moved => {
                if !is_focused(&area) || caret_of(&area, &text_of(&area)?) == Some(self.caret) {
                    return Some(false);
                }
                self.popup = None;
                self.read(&area)?;
                return Some(true);
            }
            News::Key(command) => return self.command(command, &area),
            News::Taken(place) => return self.take(place, &area),
        }
        Some(false)
    }

    /// The text and the caret in it, for which help is found anew.
    fn read(&mut self, area: &HtmlTextAreaElement) -> Option<(String, usize)> {
        self.of_caret = None;
        let text = text_of(area)?;
        self.caret = caret_of(area, &text)?;
        self.of_caret = help(&text, self.caret);
        Some((text, self.caret))
    }

    fn command(&mut self, command: Command, area: &HtmlTextAreaElement) -> Option<bool> {
        if command == Command::Open {
            let (text, caret) = self.read(area)?;
            let completions = complete(&text, caret);
            let chosen = (!completions.list.is_empty()).then_some(0);
            self.popup = Some(Popup { completions, chosen });
            return Some(true);
        }
        let popup = self.popup.as_mut()?;
        let count = popup.completions.list.len();
        popup.chosen = match (command, popup.chosen) {
            (Command::Next, None) => (count > 0).then_some(0),
            (Command::Next, Some(chosen)) => Some((chosen + 1) % count),
            (Command::Previous, chosen) => (count > 0).then(|| (chosen.unwrap_or(0) + count - 1) % count),
            (Command::Take, chosen) if count > 0 => return self.take(chosen.unwrap_or(0), area),
            _ => {
                self.popup = None;
                return Some(true);
            }
        };
        Some(true)
    }

    /// Writes one of the list. What comes then may have values to choose from.
    fn take(&mut self, place: usize, area: &HtmlTextAreaElement) -> Option<bool> {
        let Popup { completions, .. } = self.popup.take()?;
        let Completion { text, .. } = completions.list.into_iter().nth(place)?;
        let replaced = completions.replaced;
        let end = replaced.start + text.len();
        self.is_writing = true;
        typing::write(area, Change { replaced, text, selection: end..end })?;
        let (text, caret) = self.read(area)?;
        let next = complete(&text, caret);
        if next.are_values && !next.list.is_empty() && !completions.are_values {
            self.popup = Some(Popup { completions: next, chosen: None });
        } else {
            self.popup = None;
        }
        Some(true)
    }

    /// What is to be said about the field at a place of the window.
    fn at_point(&self, text: &str, x: i32, y: i32) -> Option<Help> {
        let (editor, area) = (self.editor()?, self.area()?);
        let (box_, [width, height], gutter) =
            (area.get_bounding_client_rect(), self.letter()?, gutter(&editor));
        // Where type is larger, all of it is.
        let scale = box_.width() / f64::from(area.offset_width().max(1));
        let line = (f64::from(y) - box_.top()) / scale / height;
        let column = (f64::from(x) - box_.left()) / scale / width - gutter / width;
        let start: usize = text.split_inclusive('\n').take(line.max(0.0) as usize).map(str::len).sum();
        let line = text[start..].split('\n').next().filter(|_| column >= 0.0)?;
        let (at, _) = line.char_indices().nth(column as usize)?;
        help(text, start + at)
    }

    /// The width of a letter and the height of a line (pixels).
    fn letter(&self) -> Option<[f64; 2]> {
        let ruler = self.node.cast::<Element>()?.query_selector(".ruler").ok()??;
        Some([f64::from(ruler.scroll_width()) / RULER.len() as f64, LINE_PX])
    }

    /// Puts the list below its word, or above where more room is, and tells who listens that it is there.
    fn place(&self) -> Option<()> {
        let (editor, area) = (self.editor()?, self.area()?);
        let Some(popup) = &self.popup else {
            let _ = area.remove_attribute("aria-activedescendant");
            let _ = area.remove_attribute("aria-controls");
            return None;
        };
        area.set_attribute("aria-controls", LIST).ok()?;
        match popup.chosen {
            Some(chosen) => area.set_attribute("aria-activedescendant", &option_id(chosen)).ok()?,
            None => area.remove_attribute("aria-activedescendant").ok()?,
        }
        let list: HtmlElement = document().get_element_by_id(LIST)?.dyn_into().ok()?;
        let [width, height] = self.letter()?;
        let text = text_of(&area)?;
        let before = text.get(..self.caret)?;
        let word = text.get(popup.completions.replaced.start..self.caret)?.trim_start().chars().count();
        let column = before[before.rfind('\n').map_or(0, |end| end + 1)..].chars().count() - word;
        let (line, column) = (before.matches('\n').count() as f64, column as f64);
        let seen = f64::from(editor.client_height());
        let top = TOP_PX + line * height - f64::from(editor.scroll_top());
        let left = gutter(&editor) + column * width - f64::from(editor.scroll_left());
        let widest = (f64::from(editor.client_width()) - f64::from(list.offset_width())).max(0.0);
        let is_below = top + height / 2.0 < seen / 2.0;
        let room = if is_below { seen - top - height } else { top };
        let style = list.style();
        let set = |name: &str, pixels: f64| {
            style.set_property(name, &[&(pixels as i32).to_string(), "px"].concat())
        };
        set("left", left.clamp(0.0, widest)).ok()?;
        set("max-height", room.clamp(3.0 * height, 9.0 * height)).ok()?;
        // From the lower edge of the editor, where this begins.
        set("top", if is_below { top + height - seen } else { top - seen - f64::from(list.offset_height()) })
            .ok()?;
        if let Some(chosen) = popup.chosen
            && let Some(option) = document().get_element_by_id(&option_id(chosen))
            && let Ok(option) = option.dyn_into::<HtmlElement>()
        {
            let (from, to) = (option.offset_top(), option.offset_top() + option.offset_height());
            if from < list.scroll_top() {
                list.set_scroll_top(from);
            } else if to > list.scroll_top() + list.client_height() {
                list.set_scroll_top(to - list.client_height());
            }
        }
        Some(())
    }
}

fn option_id(place: usize) -> String {
    [LIST, "-", &place.to_string()].concat()
}

/// The width of the line numbers (pixels).
fn gutter(editor: &Element) -> f64 {
    let numbers = editor.query_selector(".numbers").ok().flatten();
    numbers.map_or(0.0, |numbers| f64::from(numbers.client_width()))
}

fn is_focused(area: &HtmlTextAreaElement) -> bool {
    document().active_element().is_some_and(|active| active == ***area)
}

/// The text, unless it is too long.
fn text_of(area: &HtmlTextAreaElement) -> Option<String> {
    (area.text_length() as usize <= LONGEST).then(|| area.value())
}

/// The place of the caret (bytes), if nothing is selected.
fn caret_of(area: &HtmlTextAreaElement, text: &str) -> Option<usize> {
    let (from, to) = (area.selection_start().ok()??, area.selection_end().ok()??);
    (from == to).then(|| typing::from_units(text, from as usize))
}

/// The list that opens by itself: once a letter of a word is there, unless the word is whole.
fn typed_popup(completions: Completions, text: &str, caret: usize) -> Option<Popup> {
    let is_touched = window().match_media("(pointer: coarse)").ok()?.is_some_and(|query| query.matches());
    let word = text.get(completions.replaced.start..caret)?.trim_start();
    let is_whole =
        completions.list.first().is_some_and(|first| first.label == word && completions.list.len() == 1);
    let opens =
        !is_touched && !is_whole && !completions.list.is_empty() && word.starts_with(char::is_alphanumeric);
    opens.then_some(Popup { completions, chosen: None })
}

fn count(words: &Messages, popup: &Popup) -> String {
    match popup.completions.list.len() {
        0 => words.assist().nothing().to_owned(),
        count => fill(words.assist().count(), &[("count", &count.to_string())]),
    }
}

fn list(words: &'static Messages, popup: &Popup, context: &Context<Assist>) -> Html {
    let completions = &popup.completions;
    if completions.list.is_empty() {
        return html! { <p class="completions" id={LIST}>{ words.assist().nothing() }</p> };
    }
    let option = |(place, completion): (usize, &Completion)| {
        let onmousedown = Callback::from(|event: MouseEvent| event.prevent_default());
        let onclick = context.link().callback(move |_: MouseEvent| News::Taken(place));
        let is_chosen = popup.chosen == Some(place);
        let class = if completion.is_simulated { None } else { Some("plain") };
        html! {
            <div role="option" id={option_id(place)} {class} aria-selected={if is_chosen { "true" } else { "false" }} {onmousedown} {onclick}>
                <code>{ &completion.label }</code>
                if completion.is_required { <b title={words.assist().required()}>{ "*" }</b> }
                <small>{ &completion.detail }</small>
            </div>
        }
    };
    html! {
        <div class="completions" id={LIST} role="listbox" aria-label={words.completions()}>
            { for completions.list.iter().enumerate().map(option) }
        </div>
    }
}

/// English is said to be English.
fn meaning(text: &'static str) -> Html {
    if text.is_empty() {
        Html::default()
    } else {
        html! { <p lang="en">{ rich(text) }</p> }
    }
}

fn of_completion(words: &Messages, completion: &Completion) -> Html {
    let marks = marks(words, completion.is_required, false, completion.is_simulated);
    html! {
        <>
            <p><code>{ &completion.label }</code>{ " " }<small>{ &completion.detail }</small>{ for marks }</p>
            { meaning(completion.help) }
        </>
    }
}

fn of_field(words: &Messages, help: &Help) -> Html {
    let mut said = marks(words, help.is_required, help.by_cluster, help.is_simulated);
    if !help.default.is_empty() {
        said.push(mark(fill(words.assist().default(), &[("value", help.default)])));
    }
    if !help.values.is_empty() {
        said.push(mark(fill(words.assist().values(), &[("values", &help.values.replace(' ', ", "))])));
    }
    let (address, is_translated) = words.assist().page(help.link);
    let language = if is_translated { words.language() } else { "en" };
    html! {
        <>
            <p><code>{ &help.path }</code>{ " " }<small>{ &help.type_name }</small>{ for said }</p>
            { meaning(help.text) }
            if !help.link.is_empty() {
                <p><a href={address} hreflang={language} target="_blank" rel="noopener">{ "kubernetes.io ↗" }</a></p>
            }
        </>
    }
}

fn mark(text: impl Into<AttrValue>) -> Html {
    html! { <small>{ " · " }{ text.into() }</small> }
}

fn marks(words: &Messages, is_required: bool, by_cluster: bool, is_simulated: bool) -> Vec<Html> {
    let assist = words.assist();
    let all = [
        (is_required, assist.required()),
        (by_cluster, assist.by_cluster()),
        (is_simulated, assist.simulated()),
        (!is_simulated, assist.not_simulated()),
    ];
    all.into_iter().filter(|(is_so, _)| *is_so).map(|(_, text)| mark(text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_the_texts_own_unless_a_list_is_open() {
        let of = |key: &str, mode: Mode| Command::of(key, [false; 3], mode);
        for key in ["Enter", "Tab", "Escape", "ArrowDown", "ArrowUp", "a", " "] {
            assert_eq!(of(key, Mode::Closed), None, "{key}");
        }
        assert_eq!(Command::of(" ", [true, false, false], Mode::Closed), Some(Command::Open));
        assert_eq!(of("Enter", Mode::Open), None, "nothing is chosen: the next line");
        assert_eq!(of("Enter", Mode::Chosen), Some(Command::Take));
        assert_eq!(of("Tab", Mode::Open), Some(Command::Take));
        assert_eq!(
            Command::of("Tab", [false, true, false], Mode::Open),
            None,
            "Shift and Tab take an indent back"
        );
        assert_eq!(of("Escape", Mode::Open), Some(Command::Close));
        assert_eq!(of("a", Mode::Chosen), None);
    }
}
