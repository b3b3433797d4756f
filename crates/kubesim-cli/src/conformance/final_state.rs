//! What is there at the end of a recording.

use super::milestones::Milestones;
use super::recording::NAMESPACE;
use kubesim::api::service::SERVICE_NAME_LABEL;
use kubesim::api::stateful_set::REVISION_LABEL;
use kubesim::kubectl::printers;
use kubesim::{Kind, Object, Store, Str};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The objects at the end, as the recording shows them.
pub(super) fn final_state(store: &Store, milestones: &Milestones, expected: &Value) -> Value {
    let revision = |pod: &Object| {
        pod.meta.controller()?;
        let name = pod.meta.label(REVISION_LABEL)?;
        milestones.revision_number(name)
    };
    let pods: BTreeMap<String, Value> = store
        .list_in(Kind::Pod, NAMESPACE)
        .map(|o| {
            let state = json!({
                "status": printers::pod_status(o.pod(), &o.meta), "ready": o.pod().is_ready(),
                "deleting": o.meta.is_terminating(), "revision": revision(o),
                "incarnation": milestones.incarnation(&o.key()),
            });
            (milestones.name(&o.meta.name), state)
        })
        .collect();
    let claims: BTreeMap<String, Value> = store
        .list_in(Kind::PersistentVolumeClaim, NAMESPACE)
        .map(|o| {
            let owners: Vec<String> =
                o.meta.owner_references.iter().map(|r| format!("{}/{}", r.kind, r.name)).collect();
            let state = json!({"phase": o.claim().phase.name(), "owners": owners,
                "incarnation": milestones.incarnation(&o.key())});
            (o.meta.name.to_string(), state)
        })
        .collect();
    let sets: BTreeMap<String, Value> = store
        .list_in(Kind::StatefulSet, NAMESPACE)
        .map(|o| {
            let number = |name: &Option<Str>| name.as_ref().and_then(|n| milestones.revision_number(n));
            let s = &o.stateful_set().status;
            let state = json!({
                "replicas": s.replicas, "readyReplicas": s.ready_replicas,
                "availableReplicas": s.available_replicas, "currentReplicas": s.current_replicas,
                "updatedReplicas": s.updated_replicas, "currentRevision": number(&s.current_revision),
                "updateRevision": number(&s.update_revision),
            });
            (o.meta.name.to_string(), state)
        })
        .collect();
    json!({"pods": pods, "pvcs": claims, "statefulsets": sets, "endpoints": final_endpoints(store, milestones, expected)})
}

/// The endpoints of each Service, in the order in which the recording has them (their own differs between runs).
fn final_endpoints(store: &Store, milestones: &Milestones, expected: &Value) -> BTreeMap<String, Value> {
    let mut of: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for slice in store.list_in(Kind::EndpointSlice, NAMESPACE) {
        let Some(service) = slice.meta.label(SERVICE_NAME_LABEL) else { continue };
        if service == "kubernetes" {
            continue;
        }
        let list = of.entry(service.to_string()).or_default();
        for e in slice.endpoint_slice().endpoints.iter() {
            let pod = e.target.as_ref().map(|(_, name, _)| milestones.name(name));
            list.push(json!({"pod": pod, "hostname": e.hostname.as_deref(), "ready": e.ready,
                "serving": e.serving, "terminating": e.terminating}));
        }
    }
    let order = |service: &str, endpoint: &Value| {
        let recorded = expected["endpoints"][service].as_array().map(|a| a.as_slice()).unwrap_or_default();
        recorded.iter().position(|r| r["pod"] == endpoint["pod"])
    };
    of.into_iter()
        .map(|(service, mut list)| {
            list.sort_by_key(|e| order(&service, e).unwrap_or(usize::MAX));
            (service, Value::Array(list))
        })
        .collect()
}
