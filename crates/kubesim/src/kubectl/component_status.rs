//! `kubectl get componentstatuses`: what the API server finds when it asks the scheduler, the controller manager and etcd how they
//! are. Models `pkg/registry/core/componentstatus`: nothing of it is stored, and it can only be read.

use super::output::{Output, list, row};
use super::selector::{parse_fields, parse_labels};
use super::table::TabWriter;
use super::{Failure, Invocation, Next};
use crate::api::status::{ApiError, StatusReason};
use crate::api::{Kind, Object};
use crate::process::Io;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// They are well always: nothing here breaks the control plane.
const COMPONENTS: [&str; 3] = ["controller-manager", "scheduler", "etcd-0"];

const WARNING: &str = "Warning: v1 ComponentStatus is deprecated in v1.19+\n";

/// Whether a word names this resource.
pub(super) fn is_meant(word: &str) -> bool {
    let word = word.split('/').next().unwrap_or_default().to_ascii_lowercase();
    let word = word.trim_end_matches('.');
    matches!(word.strip_suffix(".v1").unwrap_or(word), "cs" | "componentstatus" | "componentstatuses")
}

/// The command as far as it is about these, and as far as it is about other objects; nothing if it is not about these at all.
/// Beside others, the kind stands before each name.
pub(super) fn meant(inv: &Invocation) -> Option<(Invocation, Option<Invocation>)> {
    let first = inv.args.first()?;
    let (own, others): (Vec<String>, Vec<String>) = if first.contains('/') {
        inv.args.iter().cloned().partition(|word| is_meant(word))
    } else {
        let (own, others): (Vec<&str>, Vec<&str>) = first.split(',').partition(|word| is_meant(word));
        let with_names = |kinds: Vec<&str>| match kinds.is_empty() {
            true => Vec::new(),
            false => [kinds.join(",")].into_iter().chain(inv.args[1..].iter().cloned()).collect(),
        };
        let own = if own.is_empty() { own } else { vec!["componentstatuses"] };
        (with_names(own), with_names(others))
    };
    if own.is_empty() {
        return None;
    }
    let is_alone = others.is_empty();
    let with = |args: Vec<String>| {
        let mut inv = inv.clone();
        inv.parsed.args = args;
        if !is_alone {
            inv.parsed.replace("show-kind", "true");
        }
        inv
    };
    let others = (!is_alone).then(|| {
        let selects = others.len() == 1 && !others[0].contains('/');
        let mut others = with(others);
        if selects {
            // Nobody says that there are none, if there is something else.
            others.parsed.replace("ignore-not-found", "true");
        }
        others
    });
    Some((with(own), others))
}

/// Those that a command is about, as trees, and what was not found.
pub(super) fn trees(inv: &Invocation, io: &mut Io) -> Result<(Vec<Value>, Vec<Failure>), Failure> {
    let found = find(inv)?;
    io.err(WARNING);
    Ok((found.names.iter().map(|name| tree(name)).collect(), found.failures))
}

/// That it can only be read.
pub(super) fn not_allowed() -> Failure {
    let why = "the server does not allow this method on the requested resource";
    ApiError::new(StatusReason::MethodNotAllowed, why).into()
}

/// What the API server answers at its path. `None`: it is another's path.
pub(super) fn answer(path: &str) -> Option<Result<String, Failure>> {
    let rest = path.strip_prefix("/api/v1/componentstatuses")?;
    Some(match rest.strip_prefix('/') {
        None if rest.is_empty() => {
            let items: Vec<Value> = COMPONENTS.iter().map(|name| of_list(name)).collect();
            let list =
                json!({"kind": "ComponentStatusList", "apiVersion": "v1", "metadata": {}, "items": items});
            Ok(list.to_string() + "\n")
        }
        Some(name) if COMPONENTS.contains(&name) => Ok(tree(name).to_string() + "\n"),
        Some(name) => Err(not_found(name)),
        None => return None,
    })
}

fn tree(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ComponentStatus", "metadata": {"name": name},
        "conditions": [{"type": "Healthy", "status": "True", "message": "ok"}]})
}

fn of_list(name: &str) -> Value {
    let mut tree = tree(name);
    let fields = tree.as_object_mut().expect("it is an object");
    fields.remove("apiVersion");
    fields.remove("kind");
    tree
}

fn not_found(name: &str) -> Failure {
    ApiError::new(StatusReason::NotFound, format!("componentstatuses {name:?} not found")).into()
}

/// Those that a command is about, whether it named exactly one, and what was not found.
struct Found {
    names: Vec<&'static str>,
    single: bool,
    failures: Vec<Failure>,
}

fn find(inv: &Invocation) -> Result<Found, Failure> {
    let selects = inv.has("selector") || inv.has("field-selector");
    let words: Vec<&str> = inv.args.iter().map(String::as_str).collect();
    let named: Vec<&str> = match words.iter().all(|word| word.contains('/')) {
        true => words.iter().filter_map(|word| Some(word.split_once('/')?.1)).collect(),
        false => words[1..].to_vec(),
    };
    if selects && !named.is_empty() {
        return Err(Failure::client("name cannot be provided when a selector is specified"));
    }
    if named.is_empty() {
        let refused = |why: String| Failure::client(why);
        let labels = parse_labels(inv.text("selector")).map_err(refused)?;
        // Their only field for selectors is every object's own.
        let fields = parse_fields(inv.text("field-selector"), Kind::StorageClass).map_err(refused)?;
        let fits = |name: &&&str| {
            labels.matches(&BTreeMap::new())
                && fields.matches(&Object::from_value(Kind::StorageClass, &tree(name)))
        };
        let names = COMPONENTS.iter().filter(fits).copied().collect();
        return Ok(Found { names, single: false, failures: Vec::new() });
    }
    let mut found = Found { names: Vec::new(), single: named.len() == 1, failures: Vec::new() };
    for wanted in named {
        match COMPONENTS.iter().find(|name| **name == wanted) {
            Some(name) => found.names.push(name),
            None if inv.is("ignore-not-found") => {}
            None => found.failures.push(not_found(wanted)),
        }
    }
    Ok(found)
}

/// `kubectl get cs`
pub(super) fn get(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    if inv.is("watch") || inv.is("watch-only") {
        return Err(not_allowed());
    }
    let mut found = find(inv)?;
    io.err(WARNING);
    if found.single {
        Failure::all(std::mem::take(&mut found.failures))?;
    }
    if matches!(inv.text("sort-by"), ".metadata.name" | "{.metadata.name}" | "metadata.name") {
        collections::sort(&mut found.names);
    }
    match Output::of(inv)? {
        Output::Table { .. } if found.names.is_empty() => {
            if found.failures.is_empty() && !inv.is("ignore-not-found") {
                io.err("No resources found\n");
            }
        }
        Output::Table { .. } => {
            let prefix = if inv.is("show-kind") { "componentstatus/" } else { "" };
            let labels = |text: &'static str| if inv.is("show-labels") { vec![text] } else { Vec::new() };
            let mut text = String::new();
            if !inv.is("no-headers") {
                text = row(["NAME", "STATUS", "MESSAGE", "ERROR"].into_iter().chain(labels("LABELS")));
            }
            for name in &found.names {
                let name = format!("{prefix}{name}");
                text.push_str(&row([name.as_str(), "Healthy", "ok", ""].into_iter().chain(labels("<none>"))));
            }
            io.out(TabWriter::table().align(&text));
        }
        Output::Name => {
            io.out(found.names.iter().map(|name| format!("componentstatus/{name}\n")).collect::<String>());
        }
        output => match &found.names[..] {
            [name] if found.single => io.out(output.print_tree(&tree(name))?),
            [] if found.single => {}
            names => {
                let items: Vec<Value> = names.iter().map(|name| tree(name)).collect();
                io.out(output.print_tree(&list(items))?);
            }
        },
    }
    Failure::all(found.failures)?;
    Next::OK
}

/// `kubectl describe cs`
pub(super) fn describe(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let found = find(inv)?;
    io.err(WARNING);
    let events = inv.is_or("show-events", found.names.len() == 1 && found.failures.is_empty());
    let texts: Vec<String> = found.names.iter().map(|name| description(name, events)).collect();
    io.out(texts.join("\n\n"));
    Failure::all(found.failures)?;
    Next::OK
}

fn description(name: &str, events: bool) -> String {
    let fields = format!(
        "Name:\t{name}\nNamespace:\t\nLabels:\t<none>\nAnnotations:\t<none>\nAPI Version:\tv1\nConditions:\n  Message:\tok\n  \
         Status:\tTrue\n  Type:\tHealthy\nKind:\tComponentStatus\nMetadata:\n"
    );
    let events = if events { "Events:\t<none>\n" } else { "" };
    TabWriter::description().align(&(fields + events))
}
