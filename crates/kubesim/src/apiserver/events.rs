//! Events: recorded, and counted when they repeat. Models `k8s.io/client-go/tools/record` (EventCorrelator).

use super::ApiServer;
use crate::api::event::{Event, Involved};
use crate::api::{Body, Key, Kind, Object, ObjectMeta, SimTime, Str};

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
        let identity = event_identity(&source, &involved, reason, message);
        let known = self.event_names.get(&identity).filter(|_| source.counts);
        let key = Key::new(Kind::Event, &namespace, known.map_or("", |name| name));
        let counted = self.update_status(&key, |o| {
            let event = o.event_mut();
            event.count = event.count.map(|n| n + 1);
            event.last_timestamp = now;
        });
        if counted.is_ok() {
            return;
        }
        // The moment in nanoseconds, as client-go's recorder has it: by their names, an object's events are in order.
        let millis = SimTime::EPOCH_UNIX_SECONDS * 1000 + self.now.0;
        let nanos = millis as u64 * 1_000_000 + self.resource_version % 1_000_000;
        let name: Str = format!("{}.{nanos:016x}", involved.name).into();
        self.event_names.insert(identity, name.clone());
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
            sequence: self.resource_version + 1,
        };
        let object = Object::new(Kind::Event, ObjectMeta::named(&namespace, &name), Body::Event(event));
        // In a namespace that is going nothing is recorded any more.
        let _ = self.create(object);
    }
}

/// A number that is the same for the same event about the same object (64-bit FNV-1a), so that a repeated one is found.
fn event_identity(source: &Source, involved: &Involved, reason: &str, message: &str) -> u64 {
    let uid = involved.uid.0.to_le_bytes();
    let field = involved.field_path.as_deref().unwrap_or_default();
    let parts =
        [&uid[..], field.as_bytes(), source.component.as_bytes(), reason.as_bytes(), message.as_bytes()];
    let bytes = parts.iter().flat_map(|p| p.iter().chain(&[0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3))
}
