//! The manifest: a text area over the same text in colours, what is wrong with it, and Apply.

use super::button;
use super::highlight::{TokenKind, pieces};
use crate::examples::EXAMPLES;
use crate::page::intent::Intent;
use crate::session::Action;
use crate::session::presets::{ComparisonPreset, PRESETS};
use kubesim::Str;
use kubesim::manifest::{Diagnosis, Diagnostic, Severity};
use scene::messages::{Messages, fill};
use web_sys::{HtmlElement, HtmlSelectElement, HtmlTextAreaElement};
use yew::prelude::*;

/// The height of a line (pixels), as the style sheet has it, too.
pub const LINE_PX: usize = 19;
/// How many lines are drawn at a time; of a longer text only those that can be seen, so that a keystroke costs the same
/// whatever the text.
const DRAWN: usize = 300;
/// What is drawn begins at a multiple of this many lines, so that scrolling seldom draws.
const STRIDE: usize = 100;

/// How many diagnostics are listed below the text at most.
const LISTED: usize = 4;

/// The manifest's editor. `marked` is the line (from 0) of the field that decides now, `top` the first line that is drawn.
pub fn editor(
    words: &'static Messages,
    text: &Str,
    diagnosis: &Diagnosis,
    marked: Option<usize>,
    top: usize,
    send: &Callback<Intent>,
) -> Html {
    let oninput = send.reform(|event: InputEvent| {
        let area: HtmlTextAreaElement = event.target_unchecked_into();
        Intent::EditManifest(area.value().into())
    });
    let choose = send.reform(|event: Event| {
        let select: HtmlSelectElement = event.target_unchecked_into();
        let chosen = select.selected_index().max(0) as usize;
        match EXAMPLES.get(chosen) {
            Some(example) => Intent::EditManifest(example.text.into()),
            None => Intent::Session(Action::Preset(chosen - EXAMPLES.len())),
        }
    });
    let onscroll = send.reform(move |event: Event| {
        let area: HtmlElement = event.target_unchecked_into();
        Intent::ScrollManifest(first_drawn(area.scroll_top().max(0) as usize / LINE_PX))
    });
    let count = text.split('\n').count();
    let top = top.min(first_drawn(count));
    let widest = text.split('\n').max_by_key(|line| line.len());
    let space = |lines: usize| html! { <svg height={(lines * LINE_PX).to_string()} /> };
    let class_of = |n: usize| {
        let said = diagnosis.diagnostics.iter().find(|d| d.span.line as usize == n + 1);
        said.map(class).or((marked == Some(n)).then_some("marked"))
    };
    let line = |(n, text): (usize, &str)| {
        html! { <div class={class_of(n)}>{ for pieces(text).into_iter().map(token) }</div> }
    };
    // All numbers in one element that stays at the left: each that did so for itself would be a layer to the browser, and
    // every picture of the whole page would pay for it.
    let number = |n: usize| html! { <i class={class_of(n)}>{ n + 1 }</i> };
    let preset = |preset: &ComparisonPreset| html! { <option>{ preset.names.join(" | ") }</option> };
    html! {
        <>
            <div class="bar">
                <h2>{ words.manifest }</h2>
                <select aria-label={words.examples} onchange={choose}>
                    { for EXAMPLES.iter().map(|e| html! { <option selected={**text == *e.text}>{ e.name }</option> }) }
                    <optgroup label={words.side_by_side}>{ for PRESETS.iter().map(preset) }</optgroup>
                </select>
            </div>
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
                <textarea aria-label={words.manifest} value={text.clone()} {oninput}
                    wrap="off" spellcheck="false" autocapitalize="off" autocomplete="off" />
            </div>
            <div class="diagnosis" role="status">
                { for diagnosis.diagnostics.iter().take(LISTED).map(|d| said(words, d)) }
                if let Some(more) = diagnosis.diagnostics.len().checked_sub(LISTED + 1) {
                    <p>{ fill(words.more, &[("count", &(more + 1).to_string())]) }</p>
                }
                if *diagnosis != Diagnosis::default() || text.trim().is_empty() {
                    <p><b class="found">{ "✓ " }</b>{ found(words, diagnosis) }</p>
                }
            </div>
            <div class="bar">
                { button("primary", words.apply, send, Intent::Apply) }
                { button("", words.compare_edited, send, Intent::CompareEdited) }
                { button("", words.reset, send, Intent::Session(Action::Reset)) }
            </div>
        </>
    }
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
    let line = fill(words.line, &[("line", &diagnostic.span.line.to_string())]);
    html! { <p class={class(diagnostic)}><b>{ line }</b>{ " " }{ &diagnostic.message }</p> }
}

/// What the manifest holds.
fn found(words: &'static Messages, diagnosis: &Diagnosis) -> String {
    let names: Vec<String> =
        diagnosis.objects.iter().take(8).map(|o| format!("{} {}", o.kind, o.name)).collect();
    let count = fill(words.objects, &[("count", &diagnosis.objects.len().to_string())]);
    if names.is_empty() { count } else { format!("{count} · {}", names.join(", ")) }
}

fn token((token, text): (TokenKind, &str)) -> Html {
    match token.class() {
        Some(class) => html! { <b {class}>{ text }</b> },
        None => text.into(),
    }
}
