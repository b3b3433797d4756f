//! Events: recorded, and counted when they repeat. Models `k8s.io/client-go/tools/record` (EventCorrelator).

use super::ApiServer;
use crate::api::event::{Event, Involved};
use crate::api::{Body, Kind, Object, ObjectMeta, Str};

/// The namespace for events about cluster-scoped objects.
const DEFAULT_NAMESPACE: &str = "default";

/// Whether things go as wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EventType {
    /// They do.
    Normal,
    /// Somebody may want to look.
    Warning,
}

/// Who records an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Source<'a> {
    /// Such as `kubelet`.
    pub component: &'a str,
    /// The node, for the kubelet.
    pub host: Option<&'a str>,
    /// Whether it uses the newer events API, which has no counter (the scheduler does).
    pub counts: bool,
}

impl<'a> Source<'a> {
    /// A controller.
    pub const fn controller(component: &'a str) -> Source<'a> {
        Source { component, host: None, counts: true }
    }

    /// The kubelet of this node.
    pub const fn kubelet(node: &'a str) -> Source<'a> {
        Source { component: "kubelet", host: Some(node), counts: true }
    }

    /// The scheduler.
    pub const SCHEDULER: Source<'static> =
        Source { component: "default-scheduler", host: None, counts: false };
}

impl ApiServer {
    /// Records an event about an object; the same again counts up the one that is there.
    pub fn event(
        &mut self,
        source: Source,
        involved: Involved,
        event_type: EventType,
        reason: &str,
        message: &str,
    ) {
        let namespace: Str =
            if involved.namespace.is_empty() { DEFAULT_NAMESPACE.into() } else { involved.namespace.clone() };
        let event_type = if event_type == EventType::Normal { "Normal" } else { "Warning" };
        let now = self.now.whole_seconds();
        let known = self.store().list_in(Kind::Event, &namespace).find(|o| {
            let e = o.event();
            let same_object = e.involved.uid == involved.uid
                && e.involved.name == involved.name
                && e.involved.field_path == involved.field_path;
            same_object && *e.reason == *reason && *e.message == *message && *e.component == *source.component
        });
        if let Some(known) = known.filter(|_| source.counts) {
            let key = known.key();
            let counted = self.update_status(&key, |o| {
                let event = o.event_mut();
                event.count = event.count.map(|n| n + 1);
                event.last_timestamp = now;
            });
            counted.expect("the event was there");
            return;
        }
        let name = format!("{}.{:016x}", involved.name, self.rng.next_u64());
        let event = Event {
            involved,
            event_type: event_type.into(),
            reason: reason.into(),
            message: message.into(),
            component: source.component.into(),
            host: source.host.map(Str::from),
            count: source.counts.then_some(1),
            first_timestamp: now,
            last_timestamp: now,
        };
        let object = Object::new(Kind::Event, ObjectMeta::named(&namespace, &name), Body::Event(event));
        self.create(object).expect("an event's name is new");
    }
}
