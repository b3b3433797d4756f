//! Objects with what kubectl notes in them: what was applied last, and by which command. Models
//! `k8s.io/kubectl/pkg/util/apply.go`.

use super::documents::Document;
use super::record::record;
use crate::api::meta::LAST_APPLIED;
use crate::kubectl::Invocation;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// The document with the command in it, if that is to be recorded.
pub(super) fn recorded<'a>(inv: &Invocation, document: &'a Document) -> Cow<'a, Document> {
    if !inv.is("record") {
        return Cow::Borrowed(document);
    }
    let mut document = document.clone();
    record(inv, &mut document.tree);
    Cow::Owned(document)
}

/// The tree with itself in the annotation that remembers it. Models `util.GetModifiedConfiguration`.
pub(super) fn with_last_applied(tree: &Value) -> Value {
    let mut tree = tree.clone();
    if let Some(metadata) = tree["metadata"].as_object_mut() {
        let annotations = metadata.entry("annotations").or_insert(Value::Null);
        if annotations.is_null() {
            *annotations = Value::Object(Map::new());
        }
        annotations.as_object_mut().into_iter().for_each(|a| {
            a.remove(LAST_APPLIED);
        });
    }
    let text = format!("{tree}\n");
    tree["metadata"]["annotations"][LAST_APPLIED] = text.into();
    tree
}

/// The tree, with the annotation of `apply` if `--save-config` asks for it, or if it has it (`CreateOrUpdateAnnotation`).
pub(super) fn saved_config(inv: &Invocation, document: &Document) -> Value {
    let mut tree = document.tree.clone();
    save_config(inv, &mut tree);
    record(inv, &mut tree);
    tree
}

/// Keeps an object's tree in its annotation if `--save-config` asks for it, or if it has one. Models
/// `util.CreateOrUpdateAnnotation`.
pub(super) fn save_config(inv: &Invocation, tree: &mut Value) {
    let has_it = tree["metadata"]["annotations"].get(LAST_APPLIED).is_some();
    if inv.is("save-config") || has_it {
        *tree = with_last_applied(tree);
    }
}
