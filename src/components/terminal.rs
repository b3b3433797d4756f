//! The terminal: what was printed up to the playhead, and a line to type.
//!
//! Keys: ↑ ↓ and Ctrl-R for the history, Tab to complete (on an empty line it leaves the terminal, as everywhere),
//! Ctrl-C, Ctrl-D, Ctrl-L, Ctrl-U. What was printed is in pages, each drawn once; the browser lays out those in view.

use super::{address, button, part, use_held};
use crate::page::intent::Intent;
use crate::session::Session;
use kubesim::kubectl::editor;
use kubesim::{Input, Key, Kind, Str, Stream};
use messages::{Messages, fill};
use scene::explain::in_namespace;
use scene::history::{Chronicle, OutputChunk, Printed};
use scene::scene::{PodSlot, Scene};
use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::js_sys::{JsString, Reflect};
use web_sys::{DataTransfer, Element, HtmlElement, HtmlInputElement, HtmlTextAreaElement};
use yew::prelude::*;

/// How many completions are offered at most.
const OFFERED: usize = 60;
/// More text than this is not taken for lines to run (bytes).
const MOST_PASTED: usize = 100_000;

#[derive(Properties)]
pub struct Props {
    pub words: &'static Messages,
    /// The text; another allocation when it is another text.
    pub screen: Rc<Vec<OutputChunk>>,
    /// The lines that were typed, oldest first.
    pub lines: Vec<Str>,
    /// Commands that are offered below the line.
    pub suggestions: Vec<String>,
    pub session: Rc<RefCell<Session>>,
    pub send: Callback<Intent>,
}

impl PartialEq for Props {
    fn eq(&self, other: &Props) -> bool {
        Rc::ptr_eq(&self.screen, &other.screen)
            && self.lines == other.lines
            && self.suggestions == other.suggestions
    }
}

/// What the line is used for.
#[derive(Clone, PartialEq, Default)]
struct Mode {
    /// The line is searched for in the history: which match is shown, newest first.
    search: Option<usize>,
    /// What the line is, while searching.
    query: String,
    /// What the last word can become.
    offers: Vec<String>,
    /// Text printed before so many writes is out of sight.
    cleared: usize,
    /// A `kubectl edit` and the text that it has opened, or opened again.
    edits: Option<(Str, Str)>,
}

/// What was printed up to the playhead, and the line to type; or the editor that `kubectl edit` has opened.
#[component]
pub fn Terminal(props: &Props) -> Html {
    let Props { words, screen, suggestions, session, send, .. } = props;
    let (scroller, input) = (use_node_ref(), use_node_ref());
    let end = screen.last().and_then(|page| page.last()).map(|p| p.position);
    let line = CommandLine {
        lines: props.lines.clone(),
        end,
        back: use_mut_ref(|| 0_usize),
        follows: use_mut_ref(|| true),
        mode: use_state(Mode::default),
        session: session.clone(),
        send: send.clone(),
    };
    {
        let (scroller, follows) = (scroller.clone(), line.follows.clone());
        let follow = move || -> Box<dyn Any> {
            if let (Some(element), true) = (scroller.cast::<HtmlElement>(), *follows.borrow()) {
                element.set_scroll_top(element.scroll_height());
            }
            Box::new(())
        };
        use_held([end.map_or(0, |end| end + 1), line.mode.offers.len()], Box::new(follow));
    }
    if let Some((opened, text)) = &line.mode.edits {
        return text_editor(words, opened, text, session, &line.mode, send);
    }
    let onscroll = {
        let follows = line.follows.clone();
        Callback::from(move |event: Event| {
            let element: HtmlElement = event.target_unchecked_into();
            let below = element.scroll_height() - element.scroll_top() - element.client_height();
            *follows.borrow_mut() = below < 40;
        })
    };
    let onclick = {
        let (input, send) = (input.clone(), send.clone());
        Callback::from(move |event: MouseEvent| click(&event, &input, &send))
    };
    let oninput = {
        let line = line.clone();
        Callback::from(move |event: InputEvent| line.input(&event.target_unchecked_into()))
    };
    let found = line.found();
    let search = line.mode.search.map(|_| {
        format!("(reverse-i-search)`{}': {}", line.mode.query, found.as_deref().unwrap_or_default())
    });
    let label = if search.is_some() { words.search() } else { words.command_line() };
    let onkeydown = {
        let line = line.clone();
        Callback::from(move |event: KeyboardEvent| line.press(&event, found.as_ref()))
    };
    let onpaste = {
        let line = line.clone();
        Callback::from(move |event: Event| {
            line.paste(&event);
        })
    };
    let (pages, prompt) = printed(words, screen, session, line.cleared());
    let chip = |command: &String| {
        let text = command.strip_prefix("kubectl ").unwrap_or(command).to_string();
        button("chip", text, send, Intent::input(Input::Line(command.as_str().into())))
    };
    html! {
        <>
            <div class="screen" ref={scroller} {onclick} {onscroll} tabindex="-1">
                <div role="log" aria-label={words.printed()}>{ pages }</div>
                if let Some(search) = search { <div class="typed" role="status">{ search }</div> }
                <label class="line">
                    { prompt }
                    <input ref={input} type="text" aria-label={label} {onkeydown} {oninput} {onpaste}
                        autocapitalize="off" autocomplete="off" spellcheck="false" enterkeyhint="go" />
                </label>
                <div role="status" aria-label={words.completions()}>
                    <ul class="terminal-words">{ for line.mode.offers.iter().map(|word| html! { <li>{ word }</li> }) }</ul>
                </div>
            </div>
            <div class="chips" role="group" aria-label={words.suggestions()}>{ for suggestions.iter().map(chip) }</div>
        </>
    }
}

/// A click on an object's name inspects it; elsewhere it goes to the line, unless it ends a selection.
fn click(event: &MouseEvent, input: &NodeRef, send: &Callback<Intent>) {
    if has_selection() {
        return;
    }
    let clicked = event.target().and_then(|t| t.dyn_into::<Element>().ok());
    if let Some(key) = clicked.and_then(|e| e.get_attribute("data-object")).and_then(|k| key(&k)) {
        return send.emit(Intent::Inspect(key));
    }
    if let Some(input) = input.cast::<HtmlElement>() {
        let _ = input.focus();
    }
}

/// What was printed, in pages, and the prompt after it. Text printed before `cleared` is out of sight.
fn printed(
    words: &'static Messages,
    screen: &[OutputChunk],
    session: &Rc<RefCell<Session>>,
    cleared: usize,
) -> (Html, Option<Html>) {
    let (last, before) = match screen.split_last() {
        Some((last, before)) => (Some(last), before),
        None => (None, screen),
    };
    let (prompt, open) = match last.and_then(|page| page.split_last()) {
        Some((prompt, open)) if !prompt.text.ends_with('\n') => (Some(prompt), open),
        _ => (None, last.map_or(&[][..], |page| page)),
    };
    let in_sight = |(_, page): &(usize, &OutputChunk)| page.last().is_some_and(|p| p.position >= cleared);
    let page = |(n, page): (usize, &OutputChunk)| {
        let first = page.first().map_or(0, |p| p.position);
        let (session, shared) = (session.clone(), page.clone());
        let draw = move || pieces(words, session.borrow().chronicle(), &shared, cleared);
        let depends = [address(page), page.len(), cleared.min(first + 1), 0];
        html! { <div class="page" key={n}>{ part("", depends, Rc::new(draw)) }</div> }
    };
    let shared = session.borrow();
    let chronicle = shared.chronicle();
    let pages = html! {
        <>
            { for before.iter().enumerate().filter(in_sight).map(page) }
            <div class="open" key="open">{ pieces(words, chronicle, open, cleared) }</div>
        </>
    };
    (pages, prompt.map(|prompt| whole(words, chronicle, prompt)))
}

/// The line to type, and what its keys change.
#[derive(Clone)]
struct CommandLine {
    /// The lines that were typed, oldest first.
    lines: Vec<Str>,
    /// The position of what was printed last.
    end: Option<usize>,
    /// How many lines back the history is shown.
    back: Rc<RefCell<usize>>,
    /// Whether the screen scrolls to what is printed.
    follows: Rc<RefCell<bool>>,
    mode: UseStateHandle<Mode>,
    session: Rc<RefCell<Session>>,
    send: Callback<Intent>,
}

impl CommandLine {
    /// Text printed before this position is out of sight; where the playhead is before what was cleared away, all is shown.
    fn cleared(&self) -> usize {
        let cleared = self.mode.cleared;
        if cleared <= self.end.map_or(0, |end| end + 1) { cleared } else { 0 }
    }

    /// The line that the search in the history has found.
    fn found(&self) -> Option<Str> {
        let place = self.mode.search?;
        let query = &self.mode.query;
        if query.is_empty() {
            return None;
        }
        self.lines.iter().rev().filter(|line| line.contains(query)).nth(place).cloned()
    }

    /// The line has another text: a search begins anew, offers go.
    fn input(&self, line: &HtmlInputElement) {
        let mode = &self.mode;
        if mode.search.is_some() {
            mode.set(Mode { search: Some(0), query: line.value(), ..(**mode).clone() });
        } else if !mode.offers.is_empty() {
            mode.set(Mode { offers: Vec::new(), ..(**mode).clone() });
        }
    }

    /// The mode in which nothing is searched for and nothing offered.
    fn plain(&self) -> Mode {
        Mode { search: None, query: String::new(), offers: Vec::new(), ..(*self.mode).clone() }
    }

    /// A line is entered: it opens an editor, or runs.
    fn run(&self, line: &HtmlInputElement, text: &str) {
        *self.back.borrow_mut() = 0;
        *self.follows.borrow_mut() = true;
        line.set_value("");
        let opened = opened_by(&self.session.borrow(), text);
        let edits = opened.map(|opened| (text.into(), opened.into()));
        let runs = edits.is_none();
        self.mode.set(Mode { edits, ..self.plain() });
        if runs {
            self.send.emit(Intent::input(Input::Line(text.into())));
        }
    }

    /// Several lines are pasted: those that end run one after another, each when the one before it has ended, and the last one is
    /// left to be gone on with. A single line is the browser's to put in.
    fn paste(&self, event: &Event) -> Option<()> {
        let clipboard: DataTransfer =
            Reflect::get(event, &JsString::from("clipboardData")).ok()?.dyn_into().ok()?;
        let pasted = clipboard.get_data("text").ok()?.replace("\r\n", "\n");
        let line: HtmlInputElement = event.target()?.dyn_into().ok()?;
        if self.mode.search.is_some() || !pasted.contains('\n') || pasted.len() > MOST_PASTED {
            return None;
        }
        event.prevent_default();
        let value = line.value();
        let (before, from) = value.split_at(place_of(&value, line.selection_start().ok()??));
        let end = place_of(&value, line.selection_end().ok()??).max(before.len());
        // A backslash at a line's end goes on with the next one.
        let text = [before, &pasted, &from[end - before.len()..]].concat().replace("\\\n", "");
        let (whole, rest) = text.rsplit_once('\n').unwrap_or(("", &text));
        *self.back.borrow_mut() = 0;
        *self.follows.borrow_mut() = true;
        line.set_value(rest);
        self.mode.set(self.plain());
        for line in whole.split('\n').filter(|line| !line.is_empty()) {
            self.send.emit(Intent::input(Input::Line(line.into())));
        }
        Some(())
    }

    /// A key, with what the search has found.
    fn press(&self, event: &KeyboardEvent, found: Option<&Str>) {
        let line: HtmlInputElement = event.target_unchecked_into();
        let (mode, searching) = (&self.mode, self.mode.search.is_some());
        match (&*event.key(), event.ctrl_key()) {
            ("Enter", _) if !event.is_composing() => match found {
                Some(text) if searching => self.run(&line, text),
                _ => self.run(&line, &line.value()),
            },
            ("r", true) => {
                let next = mode.search.map_or(0, |n| n + usize::from(found.is_some()));
                let query = if searching { mode.query.clone() } else { line.value() };
                mode.set(Mode { search: Some(next), query, ..self.plain() });
            }
            ("Tab" | "ArrowRight" | "Escape", false) if searching => {
                line.set_value(found.map_or(&*mode.query, |found| found));
                mode.set(self.plain());
            }
            ("Tab", false) if !event.shift_key() && !line.value().is_empty() => {
                complete(&line, &self.session.borrow(), mode, self.plain());
            }
            ("Escape", _) if **mode != self.plain() => mode.set(self.plain()),
            ("c", true) if !has_selection() => {
                line.set_value("");
                mode.set(self.plain());
                self.send.emit(Intent::input(Input::Interrupt));
            }
            ("d", true) if line.value().is_empty() => self.send.emit(Intent::input(Input::EndOfInput)),
            ("l", true) => mode.set(Mode { cleared: self.end.map_or(0, |end| end + 1), ..self.plain() }),
            ("u", true) => line.set_value(""),
            ("ArrowUp", false) if !searching => self.recall(&line, true),
            ("ArrowDown", false) if !searching => self.recall(&line, false),
            _ => return,
        }
        event.prevent_default();
    }

    /// Shows the line before the one that is shown, or the one after it.
    fn recall(&self, line: &HtmlInputElement, older: bool) {
        let mut back = self.back.borrow_mut();
        *back = if older { (*back + 1).min(self.lines.len()) } else { back.saturating_sub(1) };
        line.set_value(back.checked_sub(1).map_or("", |n| &self.lines[self.lines.len() - 1 - n]));
    }
}

/// The place in a text, in bytes, that the browser counts in units of UTF-16.
fn place_of(text: &str, units: u32) -> usize {
    let mut left = units as usize;
    text.find(|c: char| left.checked_sub(c.len_utf16()).map(|n| left = n).is_none()).unwrap_or(text.len())
}

/// Tab: goes on with the last word before the caret as far as it is clear how, or offers what it can become.
fn complete(line: &HtmlInputElement, session: &Session, mode: &UseStateHandle<Mode>, plain: Mode) {
    let value = line.value();
    let caret = line.selection_start().ok().flatten().map_or(value.len(), |units| place_of(&value, units));
    let (typed, after) = value.split_at(caret);
    let completion = session.complete(typed);
    let word = &typed[completion.start..];
    let common = completion.common();
    let ends = completion.words.len() == 1 && !common.ends_with(['/', '=']);
    if common.len() > word.len() || ends {
        let space = if ends && !after.starts_with(' ') { " " } else { "" };
        let done = format!("{}{common}{space}", &typed[..completion.start]);
        line.set_value(&format!("{done}{after}"));
        let units = done.encode_utf16().count() as u32;
        let _ = line.set_selection_range(units, units);
    }
    let offers = if ends { Vec::new() } else { completion.words.into_iter().take(OFFERED).collect() };
    mode.set(Mode { offers, ..plain });
}

/// What `kubectl edit` opens, if this line is one that the laptop's shell would run.
fn opened_by(session: &Session, line: &str) -> Option<String> {
    let is_edit = session.waits_for_line() && session.is_on_laptop() && line.contains(" edit ");
    is_edit.then(|| session.text_to_edit(line)).flatten()
}

/// The editor that `kubectl edit` opens. What it saves goes to the command; without a change, the command
/// says so.
fn text_editor(
    words: &'static Messages,
    line: &Str,
    text: &Str,
    session: &Rc<RefCell<Session>>,
    mode: &UseStateHandle<Mode>,
    send: &Callback<Intent>,
) -> Html {
    let save = {
        let (line, opened, session, mode, send) =
            (line.clone(), text.clone(), session.clone(), mode.clone(), send.clone());
        move |edited: Option<String>| {
            let edited = edited.unwrap_or_else(|| opened.to_string());
            let wrong = {
                let session = session.borrow();
                editor::reopened(&session.moment().store, session.now(), &line, &edited)
            };
            // Saved a second time as it was shown, it is given up, as kubectl does it.
            if let Some(again) = wrong.filter(|_| edited != *opened) {
                return mode.set(Mode { edits: Some((line.clone(), again.into())), ..(*mode).clone() });
            }
            mode.set(Mode { edits: None, ..(*mode).clone() });
            send.emit(Intent::input(Input::Edit { line: line.clone(), text: edited.into() }));
        }
    };
    let written = |event: &Event| -> Option<String> {
        let form = event.target()?.dyn_into::<Element>().ok()?.closest("form").ok()??;
        let area = form.query_selector("textarea").ok()??;
        Some(area.dyn_into::<HtmlTextAreaElement>().ok()?.value())
    };
    let onsubmit = {
        let save = save.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            save(written(&event));
        })
    };
    let onkeydown = {
        let save = save.clone();
        Callback::from(move |event: KeyboardEvent| match &*event.key() {
            "Escape" => save(None),
            "Enter" if event.ctrl_key() || event.meta_key() => {
                // Elsewhere it applies the manifest.
                event.stop_propagation();
                save(written(&event));
            }
            _ => {}
        })
    };
    let cancel = Callback::from(move |_: MouseEvent| save(None));
    html! {
        <form class="edits" {onsubmit} {onkeydown}>
            <p><code>{ &**line }</code></p>
            <textarea key={address(text)} aria-label={line.to_string()} wrap="off" spellcheck="false" autocapitalize="off"
                autocomplete="off" autofocus=true defaultvalue={text.to_string()} />
            <div class="bar">
                <button class="primary" type="submit">{ words.save() }</button>
                <button type="button" onclick={cancel}>{ words.cancel() }</button>
            </div>
        </form>
    }
}

/// Commands that make sense now.
pub fn suggestions(session: &Session, scene: &Scene) -> Vec<String> {
    let Some(set) = &scene.set else {
        return vec!["kubectl get all".into(), "kubectl get nodes -o wide".into()];
    };
    let name = &set.key.name;
    let wanted = session.moment().store.get(&set.key).map(|set| set.stateful_set().spec.replicas);
    let count = wanted.unwrap_or(scene.lanes.len() as i32);
    let is_pod = |lane: &&Rc<scene::scene::Lane>| matches!(lane.pod, PodSlot::Pod(_));
    let pod = scene.lanes.iter().filter(is_pod).nth(1).or(scene.lanes.first());
    let pod = pod.map_or_else(|| name.clone(), |lane| lane.name.clone());
    let service = scene.service.as_ref().map_or(name, |service| &service.name);
    if session.waits_for_line() && !session.is_on_laptop() {
        return vec![
            format!("nslookup {service}"),
            format!("nslookup -type=srv {service}"),
            format!("nslookup {pod}.{service}.{}.svc.cluster.local", set.key.namespace),
            "exit".into(),
        ];
    }
    let there = |command: String| in_namespace(command, &set.key.namespace);
    vec![
        there("kubectl get pods -o wide".into()),
        there("kubectl get pvc".into()),
        there(format!("kubectl delete pod {pod}")),
        there(format!("kubectl scale sts {name} --replicas={}", count + 1)),
        there("kubectl run -ti --rm --image=nicolaka/netshoot testpod1".into()) + " -- zsh",
    ]
}

/// Some text of the terminal. Its lines are broken where the terminal ends, but for those of a table: one is moved sideways,
/// as a whole.
fn pieces(words: &'static Messages, chronicle: &Chronicle, page: &[Printed], cleared: usize) -> Html {
    let shown = &page[page.partition_point(|p| p.position < cleared)..];
    let is_table =
        |p: &Printed| p.stream == Stream::Stdout && p.text.ends_with('\n') && p.text.contains("   ");
    let run = |run: &[Printed]| -> Html {
        if !is_table(&run[0]) {
            return run.iter().map(|p| whole(words, chronicle, p)).collect();
        }
        let text: String = run.iter().map(|p| &*p.text).collect();
        // The block ends its last line by itself.
        html! { <div class="table">{ piece(chronicle, Stream::Stdout, text.strip_suffix('\n').unwrap_or(&text)) }</div> }
    };
    shown.chunk_by(|one, next| is_table(one) == is_table(next)).map(run).collect()
}

/// A piece, and how much of its last line is not shown.
fn whole(words: &'static Messages, chronicle: &Chronicle, printed: &Printed) -> Html {
    let shown = piece(chronicle, printed.stream, &printed.text);
    if printed.hidden == 0 {
        return shown;
    }
    let count = printed.hidden.to_string();
    html! { <>{ shown }<em>{ fill(words.line_cut(), &[("count", &count)]) }</em></> }
}

fn piece(chronicle: &Chronicle, stream: Stream, text: &str) -> Html {
    let class = match stream {
        Stream::Prompt if text.ends_with('\n') => "typed",
        Stream::Prompt => "prompt",
        Stream::Stdout => "out",
        Stream::Stderr => "err",
    };
    if class != "out" {
        return html! { <span {class}>{ text }</span> };
    }
    html! { <span {class}>{ for linked(chronicle, text) }</span> }
}

/// Text in which the names of objects can be clicked: `pod/flask-0`, a name in the first column, or one with a dash.
fn linked(chronicle: &Chronicle, text: &str) -> Vec<Html> {
    let mut parts = Vec::new();
    let mut plain = 0;
    let mut at = 0;
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '/');
    while let Some(begins) = text[at..].find(is_part) {
        let start = at + begins;
        let end = text[start..].find(|c| !is_part(c)).map_or(text.len(), |n| start + n);
        at = end;
        let word = text[start..end].trim_end_matches('.');
        let (kind, name) = match word.split_once('/') {
            Some((kind, name)) => (Kind::of_resource(kind.split('.').next().unwrap_or(kind)), name),
            None => (None, word),
        };
        let is_named =
            kind.is_some() || name.contains('-') || start == 0 || text[..start].ends_with(['\n', '"']);
        if !is_named || name.is_empty() {
            continue;
        }
        let Some(key) = chronicle.object_named(name, kind) else { continue };
        parts.push(Html::from(text[plain..start].to_string()));
        let object = format!("{}/{}/{}", key.kind as usize, key.namespace, key.name);
        parts.push(html! { <u data-object={object}>{ word.to_string() }</u> });
        plain = start + word.len();
    }
    parts.push(Html::from(text[plain..].to_string()));
    parts
}

/// The object that a clicked name stands for.
fn key(text: &str) -> Option<Key> {
    let mut parts = text.splitn(3, '/');
    let kind = kubesim::api::KINDS.get(parts.next()?.parse::<usize>().ok()?)?.kind;
    Some(Key::new(kind, parts.next()?, parts.next()?))
}

/// Whether some text on the page is selected, to be copied.
fn has_selection() -> bool {
    let selection = gloo::utils::window().get_selection().ok().flatten();
    selection.is_some_and(|s| !s.is_collapsed())
}
