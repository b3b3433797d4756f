//! Namespaces and what is kept in them: configuration, quotas, events.

use super::cell::{age, or, text};
use super::row::{AGE, Column, NAME, Row, field, of, wide};
use crate::api::read::get;

pub(super) static NAMESPACE: &[Column] = &[NAME, field("STATUS", "{status.phase}"), AGE];
pub(super) static CONFIG_MAP: &[Column] = &[NAME, of("DATA", data_count), AGE];
pub(super) static SECRET: &[Column] = &[NAME, field("TYPE", "{type}"), of("DATA", data_count), AGE];
pub(super) static RESOURCE_QUOTA: &[Column] =
    &[NAME, of("REQUEST", quota_requests), of("LIMIT", quota_limits), AGE];
pub(super) static EVENT: &[Column] = &[
    of("LAST SEEN", last_seen),
    field("TYPE", "{type}"),
    field("REASON", "{reason}"),
    of("OBJECT", involved),
    wide(field("SUBOBJECT", "{involvedObject.fieldPath}")),
    wide(of("SOURCE", source)),
    field("MESSAGE", "{message}"),
    wide(of("FIRST SEEN", first_seen)),
    wide(field("COUNT", "{count:1}")),
    wide(NAME),
];

fn data_count(row: &Row) -> String {
    let fields = ["data", "binaryData"].map(|f| get(row.tree(), f).as_object().map_or(0, |o| o.len()));
    fields.iter().sum::<usize>().to_string()
}

fn quota_requests(row: &Row) -> String {
    quota(row, false)
}

fn quota_limits(row: &Row) -> String {
    quota(row, true)
}

fn quota(row: &Row, limits: bool) -> String {
    let status = get(row.tree(), "status");
    let mut shown = Vec::new();
    for (what, hard) in get(status, "hard").as_object().into_iter().flatten() {
        if what.starts_with("limits.") == limits {
            let used = or(text(get(get(status, "used"), what)), "0");
            shown.push([what, ": ", &used, "/", &text(hard)].concat());
        }
    }
    shown.join(", ")
}

fn last_seen(row: &Row) -> String {
    age(row.object.event().last_timestamp, row.now)
}

fn first_seen(row: &Row) -> String {
    age(row.object.event().first_timestamp, row.now)
}

fn involved(row: &Row) -> String {
    let involved = &row.object.event().involved;
    [&involved.kind.to_ascii_lowercase(), "/", &*involved.name].concat()
}

fn source(row: &Row) -> String {
    let event = row.object.event();
    let host = event.host.as_ref().map(|h| format!(", {h}")).unwrap_or_default();
    format!("{}{host}", event.component)
}
