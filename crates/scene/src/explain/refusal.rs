//! Why a manifest was refused, and what helps.

use super::explanation::{Explanation, Tone};
use super::part::sentence;
use super::remedy::in_namespace;
use kubesim::api::Refusal;
use kubesim::api::refusal::{Hint, RefusedRequest};
use kubesim::api::status::StatusReason;
use kubesim::manifest::{Diagnostic, Severity};
use kubesim::{Key, Kind, Store};
use messages::{Messages, fill};

/// Why the manifest that was sent last was refused, wholly or in part, and what helps in this world. `marked`: what the editor
/// marks in that manifest, whose lines are the ones to name; else it is the line on which the object begins.
pub fn of_refusal(
    messages: &'static Messages,
    store: &Store,
    refusal: &Refusal,
    marked: &[Diagnostic],
) -> Explanation {
    let Some(first) = refusal.requests.first() else {
        return Explanation::new(Tone::Refused, messages.refused(), &[]);
    };
    let (count, done) = (refusal.requests.len(), refusal.objects.saturating_sub(refusal.requests.len()));
    let is_same = |mark: &&Diagnostic| {
        mark.severity == Severity::Error
            && mark.span.line >= first.line
            && first.message.contains(&*mark.message)
    };
    let line = marked.iter().find(is_same).map_or(first.line, |mark| mark.span.line);
    let values = [
        ("command", refusal.verb),
        ("count", &*count.to_string()),
        ("objects", &*refusal.objects.to_string()),
        ("line", &*line.to_string()),
        ("message", &*sentence(&without_line(&first.message))),
    ];
    let say = if refusal.objects > 1 { messages.refused_some() } else { messages.refused() };
    let mut why = Explanation::new(Tone::Refused, say, &values);
    let rest = match done {
        0 => messages.refused_all().to_owned(),
        done => fill(messages.refused_rest(), &[("count", &done.to_string())]),
    };
    let help = help(messages, store, first);
    why.text = [Some(why.text), help.as_ref().map(|help| help.text.clone()), Some(rest)]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ");
    why.remedy = help.and_then(|help| help.command);
    why
}

/// What would help.
struct Help {
    text: String,
    command: Option<String>,
}

fn help(messages: &'static Messages, store: &Store, request: &RefusedRequest) -> Option<Help> {
    let only = |text: &str| Some(Help { text: text.into(), command: None });
    match request.hint {
        Some(Hint::HelmTemplate) => return only(messages.refused_template()),
        Some(Hint::Tab) => return only(messages.refused_tab()),
        None => {}
    }
    if request.message.contains("no matches for kind \"Kustomization\"") {
        return only(messages.refused_kustomization());
    }
    let object = request.object.as_ref()?;
    let namespace = Key::cluster(Kind::Namespace, &object.namespace);
    if request.reason == Some(StatusReason::NotFound) && !object.namespace.is_empty() {
        if store.get(&namespace).is_some() {
            return only(&fill(messages.refused_namespace_there(), &[("namespace", &object.namespace)]));
        }
        let command = ["kubectl create namespace ", &object.namespace].concat();
        return Some(Help { text: messages.refused_namespace().into(), command: Some(command) });
    }
    let values = [("kind", object.kind.name()), ("name", &*object.name)];
    if is_forbidden_update(request) {
        if store.get(object).is_none() {
            return only(&fill(messages.refused_update_gone(), &values));
        }
        if object.kind != Kind::StatefulSet {
            return only(&fill(messages.refused_update(), &values));
        }
        let delete = ["kubectl delete statefulset ", &object.name, " --cascade=orphan"].concat();
        let command = in_namespace(delete, &object.namespace);
        return Some(Help { text: fill(messages.refused_update_set(), &values), command: Some(command) });
    }
    None
}

/// Whether fields were to be changed that can't be: the API server names the ones that can
/// (`pkg/apis/apps/validation/validation.go: ValidateStatefulSetUpdate`), or calls a field immutable
/// (`apimachinery/pkg/api/validation: FieldImmutableErrorMsg`).
fn is_forbidden_update(request: &RefusedRequest) -> bool {
    let says = |what: &str| request.message.contains(what);
    request.reason == Some(StatusReason::Invalid)
        && (says(" for fields other than ") || says("field is immutable"))
}

/// A message without go-yaml's own number of the line, which is often another one than the editor's.
fn without_line(message: &str) -> String {
    let Some((before, after)) = message.split_once("yaml: line ") else { return message.to_owned() };
    match after.split_once(": ") {
        Some((number, rest)) if number.bytes().all(|b| b.is_ascii_digit()) => {
            [before, "yaml: ", rest].concat()
        }
        _ => message.to_owned(),
    }
}
