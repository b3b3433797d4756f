//! What the field at a place means.

use std::ops::Range;

use super::outline::{Outline, Writing};
use super::typed::typed;
use crate::schema::fields::{self, type_name};

/// What is to be said about a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Help {
    /// Where its name is written.
    pub span: Range<usize>,
    /// `spec.template.spec.containers[0].image`
    pub path: String,
    /// `<string>`
    pub type_name: String,
    /// What it means; empty if nothing is known but its type.
    pub text: &'static str,
    /// What it is when it is left out; empty if that can't be said in a word.
    pub default: &'static str,
    /// The values that it can have, if there are only some.
    pub values: &'static str,
    /// Whether the object needs it.
    pub is_required: bool,
    /// Whether a cluster writes it, and a manifest need not.
    pub by_cluster: bool,
    /// Whether the simulation heeds it.
    pub is_simulated: bool,
    /// Where Kubernetes' documentation has more: a path of kubernetes.io.
    pub link: &'static str,
}

/// What is to be said about the field at a place of a text (bytes): the one whose name or value is there.
pub fn help(text: &str, at: usize) -> Option<Help> {
    let outline = Outline::read(text, at);
    let entry = match (outline.named, &outline.here) {
        (Some(named), _) => named,
        (None, Some(here)) if here.writing == Writing::Value => here.owner,
        // An item of a list: the list.
        (None, Some(here)) if !here.word.is_empty() => here.owner,
        _ => return None,
    };
    let way = outline.way_to(entry);
    let field =
        way.iter().rfind(|&&step| typed(&outline, step).is_some_and(|typed| typed.field.is_some()))?;
    // A word that is in nothing known has no help, and neither has what is in a map.
    if *field != entry && outline.named.is_some() {
        return None;
    }
    let typed = typed(&outline, *field)?;
    let (parent, name) = typed.field?;
    let known = typed.known();
    Some(Help {
        span: outline.entries[*field].span.clone(),
        type_name: type_name(typed.type_ref),
        text: known.text,
        default: known.default,
        values: fields::values(parent, name, typed.type_ref),
        is_required: known.is_required,
        by_cluster: known.by_cluster,
        is_simulated: typed.is_simulated,
        link: known.link,
        path: typed.path,
    })
}
