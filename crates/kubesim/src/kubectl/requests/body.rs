//! What the API server answers, as JSON: objects, lists, tables, refusals, and what there is to ask for.

use crate::api::status::ApiError;
use crate::api::{Key, Kind, Object, SimTime};
use crate::kubectl::printers::{self, Row, Width};
use crate::schema::wire;
use serde_json::{Value, json};
use std::rc::Rc;

/// How a request is answered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Objects,
    /// The server's table; with whole objects, or only with what they are called and who they are.
    Table {
        whole: bool,
    },
}

/// An object.
pub(super) fn object(object: &Object, form: Form, now: SimTime) -> String {
    match form {
        Form::Objects => wire::object(object.kind, &object.to_value()) + "\n",
        Form::Table { whole } => {
            let version = object.meta.resource_version.to_string();
            table(object.kind, &[Rc::new(object.clone())], &json!({"resourceVersion": version}), whole, now)
        }
    }
}

/// A part of a list; `rest` is the token for what follows and how many objects that are.
pub(super) fn list(
    kind: Kind,
    objects: &[Rc<Object>],
    version: u64,
    rest: Option<(String, usize)>,
    form: Form,
    now: SimTime,
) -> String {
    let mut metadata = json!({"resourceVersion": version.to_string()});
    if let Some((token, count)) = rest {
        metadata["continue"] = token.into();
        metadata["remainingItemCount"] = count.into();
    }
    if let Form::Table { whole } = form {
        return table(kind, objects, &metadata, whole, now);
    }
    wire::list(kind, objects, &metadata)
}

/// The columns whose cells are numbers.
const NUMBERS: [&str; 6] = ["DESIRED", "CURRENT", "UP-TO-DATE", "AVAILABLE", "DATA", "REVISION"];

/// A table as the server makes it. Columns' descriptions are left empty: they would be the API's own texts.
fn table(kind: Kind, objects: &[Rc<Object>], metadata: &Value, whole: bool, now: SimTime) -> String {
    let (plain, all) = (printers::headers(kind, Width::Plain), printers::headers(kind, Width::Wide));
    let counts_pods = matches!(kind, Kind::ReplicaSet | Kind::ReplicationController | Kind::DaemonSet);
    let is_number = |header: &str| NUMBERS.contains(&header) || header == "READY" && counts_pods;
    let columns = all.iter().map(|header| {
        let (type_name, format) = match *header {
            header if is_number(header) => ("integer", ""),
            "NAME" => ("string", "name"),
            _ => ("string", ""),
        };
        let priority = i32::from(!plain.contains(header));
        format!(
            "{{\"name\":{},\"type\":\"{type_name}\",\"format\":\"{format}\",\"description\":\"\",\"priority\":{priority}}}",
            json!(title(header))
        )
    });
    let rows = objects.iter().map(|object| {
        let cells = printers::cells(&Row::new(object, now), Width::Wide, "");
        let cells = cells.iter().zip(&all).map(|(cell, header)| match cell.parse::<i64>() {
            Ok(number) if is_number(header) => json!(number),
            _ => json!(cell),
        });
        let tree = object.to_value();
        let object = match whole {
            true => wire::object(kind, &tree),
            false => format!(
                "{{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":{}}}",
                wire::metadata(&tree["metadata"])
            ),
        };
        format!("{{\"cells\":{},\"object\":{object}}}", Value::from(cells.collect::<Vec<_>>()))
    });
    format!(
        "{{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":{},\"columnDefinitions\":[{}],\"rows\":[{}]}}\n",
        wire::list_metadata(metadata),
        columns.collect::<Vec<_>>().join(","),
        rows.collect::<Vec<_>>().join(",")
    )
}

/// A column's name as the server has it: `CLUSTER-IP` is `Cluster-IP`.
fn title(header: &str) -> String {
    let word = |word: &str| match word {
        "IP" | "OS" => word.to_string(),
        "TO" => "to".to_string(),
        "DATE" if header == "UP-TO-DATE" => "date".to_string(),
        word => {
            let (first, rest) = word.split_at(word.len().min(1));
            [first, &rest.to_ascii_lowercase()].concat()
        }
    };
    let parts = header.split(' ').map(|part| part.split('-').map(word).collect::<Vec<_>>().join("-"));
    parts.collect::<Vec<_>>().join(" ")
}

/// A refusal.
pub(super) fn refusal(error: &ApiError, key: &Key, status: &str) -> String {
    let info = key.kind.info();
    let mut details = vec![format!("\"name\":{}", json!(&*key.name))];
    if !info.group.is_empty() {
        details.push(format!("\"group\":\"{}\"", info.group));
    }
    details.push(format!("\"kind\":\"{}\"", info.plural));
    let code: i32 = status.split(' ').next().and_then(|code| code.parse().ok()).unwrap_or(500);
    format!(
        "{{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{{}},\"status\":\"Failure\",\"message\":{},\
         \"reason\":\"{}\",\"details\":{{{}}},\"code\":{code}}}\n",
        yaml::text::escape_html(&json!(error.message).to_string()),
        error.reason.name(),
        details.join(",")
    )
}

/// That an object is gone.
pub(super) fn gone(key: &Key, uid: &str) -> String {
    let info = key.kind.info();
    let group = if info.group.is_empty() { String::new() } else { format!(",\"group\":\"{}\"", info.group) };
    format!(
        "{{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{{}},\"status\":\"Success\",\"details\":{{\"name\":{}{group},\
         \"kind\":\"{}\",\"uid\":\"{uid}\"}}}}\n",
        json!(&*key.name),
        info.plural
    )
}
