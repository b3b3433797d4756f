//! What runs the cluster itself: leases, priorities, flow control, devices, addresses.

use super::cell::{slashed, text};
use super::row::{AGE, Column, NAME, Row, at_path, field, of, texts_of};
use crate::api::read::get;
use serde_json::Value;

pub(super) static PRIORITY_CLASS: &[Column] = &[
    NAME,
    field("VALUE", "{value:0}"),
    field("GLOBAL-DEFAULT", "{globalDefault:false}"),
    AGE,
    field("PREEMPTIONPOLICY", "{preemptionPolicy}"),
];
pub(super) static RUNTIME_CLASS: &[Column] = &[NAME, field("HANDLER", "{handler}"), AGE];
pub(super) static LEASE: &[Column] = &[NAME, field("HOLDER", "{spec.holderIdentity}"), AGE];
pub(super) static FLOW_SCHEMA: &[Column] = &[
    NAME,
    field("PRIORITYLEVEL", "{spec.priorityLevelConfiguration.name}"),
    field("MATCHINGPRECEDENCE", "{spec.matchingPrecedence:0}"),
    field("DISTINGUISHERMETHOD", "{spec.distinguisherMethod.type:<none>}"),
    AGE,
    field("MISSINGPL", "?"),
];
pub(super) static PRIORITY_LEVEL_CONFIGURATION: &[Column] = &[
    NAME,
    field("TYPE", "{spec.type}"),
    field("NOMINALCONCURRENCYSHARES", "{spec.limited.nominalConcurrencyShares:<none>}"),
    field("QUEUES", "{spec.limited.limitResponse.queuing.queues:<none>}"),
    field("HANDSIZE", "{spec.limited.limitResponse.queuing.handSize:<none>}"),
    field("QUEUELENGTHLIMIT", "{spec.limited.limitResponse.queuing.queueLengthLimit:<none>}"),
    AGE,
];
pub(super) static SERVICE_CIDR: &[Column] = &[NAME, at_path("CIDRS", texts_of, "spec.cidrs"), AGE];
pub(super) static IP_ADDRESS: &[Column] = &[NAME, of("PARENTREF", parent_ref)];
pub(super) static RESOURCE_CLAIM: &[Column] = &[NAME, field("STATE", "pending"), AGE];
pub(super) static RESOURCE_SLICE: &[Column] = &[
    NAME,
    field("NODE", "{spec.nodeName:<unset>}"),
    field("DRIVER", "{spec.driver}"),
    field("POOL", "{spec.pool.name}"),
    AGE,
];
pub(super) static API_SERVICE: &[Column] =
    &[NAME, of("SERVICE", api_service), field("AVAILABLE", "Unknown"), AGE];

fn parent_ref(row: &Row) -> String {
    let parent = get(row.spec(), "parentRef");
    if parent.is_null() {
        return "<none>".to_string();
    }
    let part = |field| text(get(parent, field));
    let with = |before: &str, field| match part(field) {
        text if text.is_empty() => text,
        text => [before, &text].concat(),
    };
    let resource = [part("resource"), with(".", "group")].concat().to_lowercase();
    [&resource, &*with("/", "namespace"), "/", &part("name")].concat()
}

fn api_service(row: &Row) -> String {
    match get(row.spec(), "service") {
        Value::Null => "Local".into(),
        service => slashed(service, "namespace", "name"),
    }
}
