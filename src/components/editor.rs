//! The manifest: a text area over the same text in colours, what is wrong with it, and Apply.

use super::assist::Assist;
use super::highlight::{TokenKind, pieces};
use super::typing;
use super::{button, difference, files, labelled, sign};
use crate::page::intent::Intent;
use crate::page::panel::Dialog;
use crate::session::Action;
use crate::session::presets::{ComparisonPreset, PRESETS};
use kubesim::Str;
use kubesim::manifest::{Diagnosis, Diagnostic, Severity};
use messages::{Messages, fill};
use scene::examples::{EXAMPLES, Example};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};
use yew::prelude::*;

/// The height of a line (pixels), as the style sheet has it, too.
pub const LINE_PX: usize = 19;
/// How many lines are drawn at a time; of a longer text only those that can be seen, so that a keystroke costs the same
/// whatever the text.
const DRAWN: usize = 300;
/// What is drawn begins at a multiple of this many lines, so that scrolling seldom draws.
const STRIDE: usize = 100;

/// Longer texts are not compared line by line at each keystroke (bytes).
const COMPARED: usize = 20_000;

/// How many diagnostics are listed below the text at most.
const LISTED: usize = 40;

/// What the manifest's editor shows.
pub struct Editor {
    pub words: &'static Messages,
    pub text: Str,
    /// The user's own manifest; empty if there is none.
    pub own: Str,
    /// The text that was applied last.
    pub applied: Option<Str>,
    /// The built-in comparison that is on the stage.
    pub preset: Option<usize>,
    pub diagnosis: Rc<Diagnosis>,
    /// The line (from 0) of the field that decides now.
    pub marked: Option<usize>,
    /// The first line that is drawn.
    pub top: usize,
    /// Whether the text was put there as a whole, and the one before can be had back.
    pub can_undo: bool,
    /// Whether what fields mean, and which there are, is loaded.
    pub assist: bool,
}

impl Editor {
    /// The editor's bars, its text, and what is to be said about it.
    pub fn draw(&self, send: &Callback<Intent>) -> Html {
        let Editor { words, diagnosis, .. } = self;
        html! {
            <>
                { self.choices(send) }
                { self.area(send) }
                if self.assist { <Assist {words} /> }
                <div class="diagnosis" role="status">
                    { for diagnosis.diagnostics.iter().take(LISTED).map(|d| said(words, d)) }
                    if let Some(more) = diagnosis.diagnostics.len().checked_sub(LISTED + 1) {
                        <p>{ fill(words.more(), &[("count", &(more + 1).to_string())]) }</p>
                    }
                    if **diagnosis != Diagnosis::default() || self.text.trim().is_empty() {
                        <p>
                            if has_no_error(diagnosis) { <b class="found">{ "✓ " }</b> }
                            { found(words, diagnosis) }
                        </p>
                    }
                </div>
                { self.unapplied() }
                if diagnosis.from_cluster > 0 {
                    <p class="unapplied">{ words.cluster().offers() }</p>
                }
                <div class="bar">
                    if diagnosis.from_cluster > 0 {
                        { button("primary", words.cluster().open_it(), send, Intent::OfferState(self.text.clone())) }
                    }
                    { button(if diagnosis.from_cluster > 0 { "" } else { "primary" }, words.apply(), send, Intent::Apply) }
                    { button("", words.compare_edited(), send, Intent::CompareEdited) }
                    { button("", words.reset(), send, Intent::Session(Action::Reset)) }
                    { sign("", words.world().open(), "⚙", send, Intent::OpenDialog(Dialog::World)) }
                </div>
            </>
        }
    }

    /// The menu of manifests to begin with, and files.
    fn choices(&self, send: &Callback<Intent>) -> Html {
        let words = self.words;
        let choose = {
            let own = self.own.clone();
            send.reform(move |event: Event| {
                let select: HtmlSelectElement = event.target_unchecked_into();
                let chosen = select.selected_index().max(0) as usize;
                match chosen.checked_sub(1) {
                    None => Intent::ReplaceManifest(own.clone()),
                    Some(place) => match EXAMPLES.get(place) {
                        Some(example) => Intent::ReplaceManifest(example.text.into()),
                        None => Intent::Session(Action::Preset(place - EXAMPLES.len())),
                    },
                }
            })
        };
        let open = {
            let send = send.clone();
            Callback::from(move |event: Event| {
                let input: HtmlInputElement = event.target_unchecked_into();
                if let Some(file) = input.files().and_then(|files| files.get(0)) {
                    files::open(&file, &send);
                }
                // The same file can be chosen again.
                input.set_value("");
            })
        };
        let of_preset = |(n, preset): (usize, &ComparisonPreset)| {
            html! { <option selected={self.preset == Some(n)}>{ preset.names.join(" | ") }</option> }
        };
        let is_shown = |text: &str| self.preset.is_none() && *self.text == *text;
        let of_example =
            |example: &Example| html! { <option selected={is_shown(example.text)}>{ example.name }</option> };
        let is_example = EXAMPLES.iter().any(|example| is_shown(example.text));
        html! {
            <div class="bar">
                <h2 class="unseen">{ words.manifest() }</h2>
                <select aria-label={words.examples()} onchange={choose}>
                    <option disabled={self.own.is_empty()} selected={!is_example && self.preset.is_none()}>{ words.own_manifest() }</option>
                    { for EXAMPLES.iter().map(of_example) }
                    <optgroup label={words.side_by_side()}>{ for PRESETS.iter().enumerate().map(of_preset) }</optgroup>
                </select>
                <label class="file" title={words.open_file()}><span aria-hidden="true">{ "↥" }</span><input type="file" aria-label={words.open_file()} accept=".yaml,.yml,.json,text/*" onchange={open} /></label>
                { labelled("", Some(words.save_file().into()), None, "↧".into(), send, Intent::SaveManifest) }
            </div>
        }
    }

    /// That the text is not what was applied last, and how it differs.
    fn unapplied(&self) -> Html {
        let Some(applied) = self.applied.as_ref().filter(|applied| ***applied != *self.text) else {
            return Html::default();
        };
        if applied.len().max(self.text.len()) > COMPARED {
            return html! { <p class="unapplied">{ self.words.not_applied_long() }</p> };
        }
        let count = difference::count(applied, &self.text).to_string();
        html! {
            <details class="unapplied">
                <summary>{ fill(self.words.not_applied(), &[("count", &count)]) }</summary>
                <div class="text" tabindex="0">{ difference::difference(self.words, applied, &self.text) }</div>
            </details>
        }
    }

    /// The text: a field to type in over the same text in colours.
    fn area(&self, send: &Callback<Intent>) -> Html {
        let Editor { text, diagnosis, marked, top, .. } = self;
        let oninput = send.reform(|event: InputEvent| {
            let area: HtmlTextAreaElement = event.target_unchecked_into();
            Intent::EditManifest(area.value().into())
        });
        let onscroll = send.reform(move |event: Event| {
            let area: HtmlElement = event.target_unchecked_into();
            Intent::ScrollManifest(first_drawn(area.scroll_top().max(0) as usize / LINE_PX))
        });
        let count = text.split('\n').count();
        let top = (*top).min(first_drawn(count));
        let widest = text.split('\n').max_by_key(|line| line.len());
        let space = |lines: usize| html! { <svg height={(lines * LINE_PX).to_string()} /> };
        let class_of = |n: usize| {
            let said = diagnosis.diagnostics.iter().find(|d| d.span.line as usize == n + 1);
            said.map(class).or((*marked == Some(n)).then_some("marked"))
        };
        let line = |(n, text): (usize, &str)| {
            html! { <div class={class_of(n)}>{ for pieces(text).into_iter().map(token) }</div> }
        };
        // All numbers in one element that stays at the left: each that did so for itself would be a layer to the browser, and
        // every picture of the whole page would pay for it.
        let number = |n: usize| html! { <i class={class_of(n)}>{ n + 1 }</i> };
        let onkeydown = {
            let (send, can_undo) = (send.clone(), self.can_undo);
            Callback::from(move |event: KeyboardEvent| {
                let is_undo =
                    (event.ctrl_key() || event.meta_key()) && !event.shift_key() && event.key() == "z";
                if is_undo && can_undo {
                    event.prevent_default();
                    send.emit(Intent::Undo);
                } else {
                    type_key(&event);
                }
            })
        };
        let onfocusin = (!self.assist).then(|| send.reform(|_: FocusEvent| Intent::OpenAssist));
        html! {
            <div class={if count < 10_000 { "editor" } else { "editor long" }} {onscroll}>
                <pre aria-hidden="true">
                    { space(top) }
                    { for text.split('\n').enumerate().skip(top).take(DRAWN).map(line) }
                    { space(count.saturating_sub(top + DRAWN)) }
                    <p>{ widest.filter(|_| count > DRAWN) }</p>
                </pre>
                <pre class="numbers" aria-hidden="true">
                    { space(top) }
                    { for (top..count.min(top + DRAWN)).map(number) }
                </pre>
                <textarea aria-label={self.words.manifest()} value={text.clone()} {oninput} {onkeydown} {onfocusin}
                    aria-autocomplete={self.assist.then_some("list")} wrap="off" spellcheck="false" autocapitalize="off" autocomplete="off" />
            </div>
        }
    }
}

/// Tab and Enter as an editor of YAML has them. After Escape the field has no focus any more, and Tab leaves it.
fn type_key(event: &KeyboardEvent) -> Option<()> {
    if event.is_composing() || event.ctrl_key() || event.meta_key() || event.alt_key() {
        return None;
    }
    let area: HtmlTextAreaElement = event.target_unchecked_into();
    let text = area.value();
    let place = |units: Option<u32>| units.map(|units| typing::from_units(&text, units as usize));
    let selection = place(area.selection_start().ok()?)?..place(area.selection_end().ok()?)?;
    let change = match &*event.key() {
        "Tab" => typing::tab(&text, selection, event.shift_key()),
        "Enter" => Some(typing::enter(&text, selection)),
        _ => return None,
    };
    event.prevent_default();
    typing::write(&area, change?)
}

/// The first line to draw if this one is the first that can be seen.
fn first_drawn(line: usize) -> usize {
    (line / STRIDE * STRIDE).saturating_sub(STRIDE)
}

fn class(diagnostic: &Diagnostic) -> &'static str {
    match diagnostic.severity {
        Severity::Error => "error",
        _ => "note",
    }
}

fn said(words: &'static Messages, diagnostic: &Diagnostic) -> Html {
    let line = fill(words.line(), &[("line", &diagnostic.span.line.to_string())]);
    let number = diagnostic.span.line as usize;
    let onclick = Callback::from(move |event: MouseEvent| {
        jump(&event, number);
    });
    html! {
        <p class={class(diagnostic)}>
            <button type="button" class="jump" {onclick}><b>{ line }</b>{ " " }{ &diagnostic.message }</button>
        </p>
    }
}

/// Selects a line (from 1) of the text above the button that was pressed, and brings it into view.
fn jump(event: &MouseEvent, line: usize) -> Option<()> {
    let list: web_sys::Element =
        event.target()?.dyn_into::<web_sys::Element>().ok()?.closest(".diagnosis").ok()??;
    let editor = list.parent_element()?.query_selector(".editor").ok()??;
    let area: HtmlTextAreaElement = editor.query_selector("textarea").ok()??.dyn_into().ok()?;
    let text = area.value();
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let length = text[start..].split('\n').next().unwrap_or_default().len();
    area.focus().ok()?;
    let (from, to) = (typing::to_units(&text, start), typing::to_units(&text, start + length));
    area.set_selection_range(from, to).ok()?;
    let above = i32::try_from(line.saturating_sub(4) * LINE_PX).ok()?;
    editor.set_scroll_top(above);
    Some(())
}

fn has_no_error(diagnosis: &Diagnosis) -> bool {
    diagnosis.diagnostics.iter().all(|diagnostic| diagnostic.severity != Severity::Error)
}

/// What the manifest holds.
fn found(words: &'static Messages, diagnosis: &Diagnosis) -> String {
    let names: Vec<String> =
        diagnosis.objects.iter().take(8).map(|o| format!("{} {}", o.kind, o.name)).collect();
    let count = match diagnosis.objects.len() {
        1 => words.one_object().to_owned(),
        count => fill(words.objects(), &[("count", &count.to_string())]),
    };
    if names.is_empty() { count } else { format!("{count} · {}", names.join(", ")) }
}

fn token((token, text): (TokenKind, &str)) -> Html {
    match token.class() {
        Some(class) => html! { <b {class}>{ text }</b> },
        None => text.into(),
    }
}
