//! The text that `kubectl edit` opens in an editor. Models `k8s.io/kubectl/pkg/cmd/util/editor/editoptions.go`.
//!
//! There is no editor in here. Whoever has one asks [`text_to_edit`] what a line would open, lets the user change it, and
//! gives the result back with the line (`story::Input::Edit`): so that it is in the log of inputs like any command.
//! [`reopened`] is the text that the editor shows again after a refusal.

use super::act::edit::{
    change, hash_on_line_break, is_same, new_objects, original, original_of, parse, reason, settled, targets,
};
use super::act::last_applied::applied_last;
use super::config;
use super::invocation::Invocation;
use super::verbs::read;
use crate::api::SimTime;
use crate::api::status::StatusReason;
use crate::apiserver::handlers::{self, Mode, Patch};
use crate::apiserver::{ApiServer, Store};
use crate::process::tty::EDITORS;
use serde_json::Value;
use std::collections::BTreeMap;

const HEADER: &str = "# Please edit the object below. Lines beginning with a '#' will be ignored,
# and an empty file will abort the edit. If an error occurs while saving this file will be
# reopened with the relevant failures.
#
";

/// Of `kubectl apply edit-last-applied`.
const APPLIED_HEADER: &str = "# Please edit the 'last-applied-configuration' annotations below.
# Lines beginning with a '#' will be ignored, and an empty file will abort the edit.
#
";

/// The text that a line such as `kubectl edit sts flask` opens in an editor. `None` if it is no such line, or names nothing,
/// or if a program of the laptop is the editor, which is run then: `editors` are `KUBE_EDITOR` and `EDITOR` as they were exported
/// before the line.
pub fn text_to_edit(store: &Store, line: &str, editors: &[Option<String>; 2]) -> Option<String> {
    let (words, own) = words_of(line)?;
    let set = own
        .iter()
        .zip(editors)
        .find_map(|(own, before)| own.as_ref().or(before.as_ref()).filter(|editor| !editor.is_empty()));
    let program = set.and_then(|editor| editor.split_whitespace().next()).unwrap_or_default();
    let is_here = program.contains('/') || shell::programs().any(|known| known == program);
    if is_here { None } else { text_of(store, &words, &BTreeMap::new()) }
}

/// The words of a line behind `kubectl`, and what [`EDITORS`] before it are (`KUBE_EDITOR="code --wait" kubectl edit svc/web`).
/// `None`: it is no such line.
fn words_of(line: &str) -> Option<(Vec<String>, [Option<String>; 2])> {
    let mut rest = line.trim_start();
    let mut editors = [None, None];
    while let Some((name, value)) = rest.split_once('=').filter(|(name, _)| is_name(name)) {
        let quote = value.chars().next().filter(|sign| matches!(sign, '"' | '\''));
        let (value, more) = match quote {
            Some(quote) => value[1..].split_once(quote)?,
            None => value.split_once(char::is_whitespace)?,
        };
        if let Some(place) = EDITORS.iter().position(|known| *known == name) {
            editors[place] = Some(value.to_string());
        }
        rest = more.trim_start();
    }
    let mut words = rest.split_whitespace().map(str::to_owned);
    let is_kubectl = |word: &String| matches!(word.as_str(), "kubectl" | "k");
    words.next().filter(is_kubectl).map(|_| (words.collect(), editors))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_')
}

/// As [`text_to_edit`], of kubectl's words (without `kubectl`) and the files that they name: also those of
/// `kubectl create --edit -f FILE`.
pub fn text_of(store: &Store, words: &[String], files: &BTreeMap<String, String>) -> Option<String> {
    let mut inv = read(words, None, files).ok()?;
    inv.context_namespace = config::namespace(&inv, store).ok()?;
    let tree = match inv.verb.name {
        "edit" => {
            let found = targets(&inv, store).ok().filter(|found| found.failures.is_empty())?;
            (!found.objects.is_empty()).then(|| original(&found.objects))?
        }
        "apply edit-last-applied" => {
            let found = targets(&inv, store).ok().filter(|found| found.failures.is_empty())?;
            let applied = applied_last(&found.objects).ok()?;
            original_of(applied.into_iter().map(|(_, tree)| tree).collect())
        }
        "create" if inv.is("edit") && !inv.has("raw") => new_objects(&inv).ok()?,
        _ => return None,
    };
    let header = if inv.verb.name == "edit" || inv.verb.name == "create" { HEADER } else { APPLIED_HEADER };
    let text = [header, &yaml::write(&tree)].concat();
    Some(if inv.is("windows-line-endings") { text.replace('\n', "\r\n") } else { text })
}

/// The text that the editor shows again after it saved `edited`, with what is wrong with it as comments. `None` if nothing is.
pub fn reopened(store: &Store, now: SimTime, line: &str, edited: &str) -> Option<String> {
    let mut inv = invocation(line)?;
    inv.context_namespace = config::namespace(&inv, store).ok()?;
    let mut api = ApiServer::holding(store.clone(), now);
    let found = targets(&inv, store).ok()?;
    let reasons = match parse(&inv, edited) {
        Err(message) => {
            format!("# The edited file had a syntax error: {}\n#\n", hash_on_line_break(&message))
        }
        Ok(trees) => {
            let refused = |tree: &Value| {
                let object = found.objects.iter().find(|o| is_same(o, tree))?;
                let original = object.to_value();
                let changes = change(object, &original, &settled(&inv, tree.clone(), &original));
                let error = handlers::patch(&mut api, &object.key(), &Patch::Strategic(changes), Mode::PLAIN)
                    .err()?;
                Some(reason(object, &error)).filter(|_| error.reason == StatusReason::Invalid)
            };
            trees.iter().filter_map(refused).collect()
        }
    };
    let text: Vec<&str> = edited.split_inclusive('\n').filter(|line| !line.starts_with('#')).collect();
    (!reasons.is_empty()).then(|| format!("{HEADER}{reasons}{}", text.concat()))
}

fn invocation(line: &str) -> Option<Invocation> {
    read(&words_of(line)?.0, None, &BTreeMap::new()).ok().filter(|inv| inv.verb.name == "edit")
}
