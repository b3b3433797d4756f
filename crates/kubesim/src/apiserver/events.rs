//! Events: recorded, and counted when they repeat. Models `k8s.io/client-go/tools/record` (EventCorrelator).

use super::ApiServer;
use crate::api::event::{Event, Involved};
use crate::api::{Body, Key, Kind, Object, ObjectMeta, Str};

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
        let name = event_name(
            &source,
            &involved,
            reason,
            message,
            if source.counts { 0 } else { self.rng.next_u64() },
        );
        let key = Key::new(Kind::Event, &namespace, &name);
        let counted = self.update_status(&key, |o| {
            let event = o.event_mut();
            event.count = event.count.map(|n| n + 1);
            event.last_timestamp = now;
        });
        if counted.is_ok() {
            return;
        }
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
        self.create(object).expect("an event's name is new");
    }
}

/// The name of an event: the object's, and a number that is the same for the same event about the same object (64-bit
/// FNV-1a), so that a repeated one is found by its name.
fn event_name(source: &Source, involved: &Involved, reason: &str, message: &str, salt: u64) -> String {
    let uid = involved.uid.0.to_le_bytes();
    let field = involved.field_path.as_deref().unwrap_or_default();
    let parts =
        [&uid[..], field.as_bytes(), source.component.as_bytes(), reason.as_bytes(), message.as_bytes()];
    let bytes = parts.iter().flat_map(|p| p.iter().chain(&[0]));
    let hash =
        bytes.fold(0xcbf2_9ce4_8422_2325 ^ salt, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3));
    format!("{}.{hash:016x}", involved.name)
}
