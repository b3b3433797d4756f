//! A claim, its volume with the files on it, and the cable to the pod.

use super::pod_card::{class_of, dot, ends};
use crate::components::fault_menu::{opener, why_button};
use crate::components::{labelled, percent};
use crate::page::intent::Intent;
use kubesim::{Key, Kind};
use messages::{Messages, fill};
use scene::explain::Subject;
use scene::scene::{ClaimView, FileView, LineView, VolumeView};
use yew::prelude::*;

/// A claim with its cable and its volume. `small`: without these, and in few words.
pub fn claim(
    words: &'static Messages,
    namespace: &str,
    view: &ClaimView,
    small: bool,
    send: &Callback<Intent>,
) -> Html {
    let key = Key::new(Kind::PersistentVolumeClaim, namespace, &view.name);
    let inspect = Intent::Inspect(key.clone());
    let status = |status: &str| why_button(words, &view.name, status, send, Subject::Claim(key.clone()));
    let faults = fill(words.trouble_for(), &[("name", &view.name)]);
    let (class, facts, about) = match &view.claim {
        Some(claim) => {
            let mark = if claim.kept { Some(words.claim_kept()) } else { claim.same.then_some(words.same()) };
            let mark = mark.filter(|_| !small || claim.kept);
            let mark = mark.map(|mark| html! { <em class="same">{ mark }</em> });
            let facts = html! { <><b class={claim.status}>{ status(claim.status) }</b>{ for mark }</> };
            ("store", facts, &*claim.about)
        }
        None => ("store ghost", Html::default(), ""),
    };
    html! {
        <div {class} key={&*view.name}>
            if !small { { cable(view.cable) } }
            <div class="claim" data-claim={view.name.clone()}>
                <p>{ labelled(class_of(&view.name), None, None, ends(&view.name), send, inspect) }{ facts }</p>
                if !small { <small class="about">if about.is_empty() { { status(words.not_claimed()) } } else { { about } }</small> }
                if view.claim.is_some() { { opener("close more", faults, "⋯".into(), send, key.clone()) } }
            </div>
            if let Some(volume) = view.volume.as_ref().filter(|_| !small) { { disk(words, volume) } }
        </div>
    }
}

/// The cable: drawn as far as it is plugged in, down or, where lanes are rows, to the right.
fn cable(part: f32) -> Html {
    let to = percent(part.into());
    if part >= 1.0 {
        return html! { <div class="cable plugged" /> };
    }
    html! {
        <svg class="cable" aria-hidden="true">
            if part > 0.0 {
                <circle class="down" cx="50%" cy={to.clone()} r="4" />
                <circle class="on" cy="50%" cx={to} r="4" />
            }
        </svg>
    }
}

fn disk(words: &'static Messages, volume: &VolumeView) -> Html {
    let node = volume.node.as_ref();
    html! {
        <div class="disk" data-volume={volume.name.clone()}>
            <p title={node.map(|(node, _)| node.clone())}>
                { for node.map(|(_, number)| dot(*number)) }
                { &volume.name }
            </p>
            if let Some(about) = volume.about(words) { <small>{ about }</small> }
            { for volume.files.iter().map(|f| file(words, f)) }
        </div>
    }
}

fn file(words: &'static Messages, file: &FileView) -> Html {
    let line = |(n, line): (usize, &LineView)| {
        html! { <span key={file.before + n} class={line.fresh.then_some("fresh")}>{ &line.text }{ "\n" }</span> }
    };
    html! {
        <>
            <small>
                { &*file.path }
                if file.before > 0 { { " · " }{ fill(words.lines_before(), &[("count", &file.before.to_string())]) } }
            </small>
            <pre>{ for file.lines.iter().enumerate().map(line) }</pre>
        </>
    }
}
