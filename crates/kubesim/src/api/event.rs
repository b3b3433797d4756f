//! Event. Models `k8s.io/api/core/v1/types.go: Event`.

use super::read::{self, Writer, get, opt_str};
use super::{SimTime, Str, Uid};
use serde_json::Value;

/// An Event: something that a component says about an object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// The object.
    pub involved: Involved,
    /// `Normal` or `Warning`.
    pub event_type: Str,
    /// Why, in one word.
    pub reason: Str,
    /// For people.
    pub message: Str,
    /// Who says it, such as `statefulset-controller`.
    pub component: Str,
    /// The node it was said on, for the kubelet.
    pub host: Option<Str>,
    /// How often it was said; `None` for components of the newer events API, which say it once.
    pub count: Option<i64>,
    /// When it was first said.
    pub first_timestamp: SimTime,
    /// When it was last said.
    pub last_timestamp: SimTime,
    /// Its place among all events in the order in which they were first said. No part of the API.
    pub sequence: u64,
}

/// The object that an event is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Involved {
    /// Its apiVersion.
    pub api_version: Str,
    pub kind: Str,
    /// Its namespace; empty for cluster-scoped kinds.
    pub namespace: Str,
    pub name: Str,
    pub uid: Uid,
    /// The part of it, such as `spec.containers{flask-app}`.
    pub field_path: Option<Str>,
    /// The version of it that was seen.
    pub resource_version: u64,
}

impl Event {
    /// Reads an event.
    pub fn from_value(v: &Value) -> Event {
        let (involved, source) = (get(v, "involvedObject"), get(v, "source"));
        let first = read::time(v, "firstTimestamp").unwrap_or_default();
        Event {
            involved: Involved {
                api_version: read::str(involved, "apiVersion"),
                kind: read::str(involved, "kind"),
                namespace: read::str(involved, "namespace"),
                name: read::str(involved, "name"),
                uid: Uid::parse(&read::str(involved, "uid")).unwrap_or_default(),
                field_path: opt_str(involved, "fieldPath"),
                resource_version: read::str(involved, "resourceVersion").parse().unwrap_or(0),
            },
            event_type: read::str(v, "type"),
            reason: read::str(v, "reason"),
            message: read::str(v, "message"),
            component: read::str(source, "component"),
            host: opt_str(source, "host"),
            count: read::opt_int(v, "count"),
            first_timestamp: first,
            last_timestamp: read::time(v, "lastTimestamp").unwrap_or(first),
            sequence: 0,
        }
    }

    /// Adds its fields to the object's tree.
    pub fn write(&self, w: Writer) -> Writer {
        let i = &self.involved;
        let rv = if i.resource_version == 0 { String::new() } else { i.resource_version.to_string() };
        let involved = Writer::new()
            .put("apiVersion", &*i.api_version)
            .put("kind", &*i.kind)
            .some("namespace", &*i.namespace)
            .put("name", &*i.name)
            .put("uid", i.uid.to_string())
            .some("resourceVersion", rv)
            .text("fieldPath", i.field_path.as_deref())
            .done();
        let source =
            Writer::new().some("component", &*self.component).text("host", self.host.as_deref()).done();
        w.put("involvedObject", involved)
            .put("type", &*self.event_type)
            .put("reason", &*self.reason)
            .put("message", &*self.message)
            .put("source", source)
            .some("count", self.count)
            .time("firstTimestamp", Some(self.first_timestamp))
            .time("lastTimestamp", Some(self.last_timestamp))
            .put("eventTime", Value::Null)
            .put("reportingComponent", &*self.component)
            .put("reportingInstance", self.host.as_deref().unwrap_or_default())
    }
}
