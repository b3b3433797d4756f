//! A claim, its volume with the files on it, and the cable to the pod.

use super::pod::dot;
use super::{Ask, percent};
use crate::scene::{ClaimView, FileView, VolumeView};
use crate::words::{Words, fill};
use kubesim::api::{Key, Kind};
use yew::prelude::*;

/// A claim with its cable and its volume.
pub fn claim(words: &'static Words, namespace: &str, view: &ClaimView, ask: &Callback<Ask>) -> Html {
    let key = Key::new(Kind::PersistentVolumeClaim, namespace, &view.name);
    let onclick = ask.reform(move |_: MouseEvent| Ask::Inspect(key.clone()));
    html! {
        <div class={classes!("store", view.claim.is_none().then_some("ghost"))} key={&*view.name}>
            { cable(view.cable) }
            <div class="claim" data-claim={view.name.clone()}>
                if let Some(claim) = &view.claim {
                    <p>
                        <button type="button" class="name" {onclick}>{ &*view.name }</button>
                        <b class={claim.status}>{ claim.status }</b>
                        if claim.same { <em class="same">{ words.same }</em> }
                        if claim.kept { <em class="same">{ words.claim_kept }</em> }
                    </p>
                    <small>{ &claim.about }</small>
                } else {
                    <p><span class="name">{ &*view.name }</span></p>
                    <small>{ words.not_claimed }</small>
                }
            </div>
            if let Some(volume) = &view.volume { { disk(words, volume) } }
        </div>
    }
}

/// The cable: drawn as far as it is plugged in, down or, where lanes are rows, to the right.
fn cable(part: f32) -> Html {
    let to = percent(part.into());
    let plugged = (part >= 1.0).then_some("plugged");
    html! {
        <svg class={classes!("cable", plugged)} aria-hidden="true">
            <line class="down slack" x1="50%" x2="50%" y1="0" y2="100%" />
            <line class="on slack" y1="50%" y2="50%" x1="0" x2="100%" />
            if part > 0.0 {
                <line class="down" x1="50%" x2="50%" y1="0" y2={to.clone()} />
                <circle class="down" cx="50%" cy={to.clone()} r="4" />
                <line class="on" y1="50%" y2="50%" x1="0" x2={to.clone()} />
                <circle class="on" cy="50%" cx={to} r="4" />
            }
        </svg>
    }
}

fn disk(words: &'static Words, volume: &VolumeView) -> Html {
    let node = volume.node.as_ref();
    html! {
        <div class="disk" data-volume={volume.name.clone()}>
            <p title={node.map(|(node, _)| node.to_string())}>
                if let Some((_, number)) = node { { dot(*number) } }
                { &volume.name }
            </p>
            if volume.files.is_empty() { <small>{ words.no_files }</small> }
            { for volume.files.iter().map(|f| file(words, f)) }
        </div>
    }
}

fn file(words: &'static Words, file: &FileView) -> Html {
    let line = |(n, line): (usize, &crate::scene::LineView)| {
        html! { <span key={file.before + n} class={line.fresh.then_some("fresh")}>{ &line.text }{ "\n" }</span> }
    };
    html! {
        <>
            <small>{ &*file.path }</small>
            <pre>
                if file.before > 0 { <i>{ fill(words.lines_before, &[("count", &file.before.to_string())]) }{ "\n" }</i> }
                { for file.lines.iter().enumerate().map(line) }
            </pre>
        </>
    }
}
