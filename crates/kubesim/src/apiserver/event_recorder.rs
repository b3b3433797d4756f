//! Events: recorded, and counted when they repeat. Models `k8s.io/client-go/tools/record` (EventCorrelator).

use super::correlator::{Recorded, Spoken};
use super::server::ApiServer;
use crate::api::event::{Event, Involved};
use crate::api::{Body, Key, Kind, Object, ObjectMeta, SimTime, Str};
use crate::base::hash::{FNV64_OFFSET, fnv64a, mix_bytes, mix64, push_hex};
use crate::base::text::common;

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

    pub const SCHEDULER: Source<'static> =
        Source { component: "default-scheduler", host: None, counts: false };
}

impl ApiServer {
    /// Records an event about an object; the same again counts up the one that is there, the tenth of a kind is combined
    /// with those before, and who records too much about one object is not heard for a while.
    pub fn event(
        &mut self,
        source: Source,
        involved: Involved,
        event_type: EventType,
        reason: &str,
        message: &str,
    ) {
        let event_type = if event_type == EventType::Normal { "Normal" } else { "Warning" };
        let now = self.now.whole_seconds();
        let mut event = Event {
            involved,
            event_type: common(event_type),
            reason: common(reason),
            message: common(message),
            component: common(source.component),
            host: source.host.map(common),
            count: None,
            first_timestamp: now,
            last_timestamp: now,
            sequence: 0,
        };
        let nanos = self.event_nanos();
        if !source.counts {
            let name = event_name(&event, nanos);
            return self.create_event(event, name);
        }
        let about = mix64(event.involved.uid.low, event.involved.uid.high);
        let about = mix_bytes(about, source.component.as_bytes());
        let about = mix_bytes(about, source.host.unwrap_or_default().as_bytes());
        let kind = mix_bytes(mix_bytes(about, event_type.as_bytes()), reason.as_bytes());
        let text = fingerprint(message.as_bytes());
        let spoken = self.correlator.0.entry(about).or_insert_with(|| Spoken::nothing(now));
        let identity = if spoken.is_one_of_many(kind, text, now) {
            event.message = format!("(combined from similar events): {message}").into();
            kind
        } else {
            let field = event.involved.field_path.as_deref().unwrap_or_default();
            mix_bytes(mix_bytes(kind, field.as_bytes()), &text.to_le_bytes())
        };
        let recorded = spoken.count(identity, now, || event_name(&event, nanos));
        let Recorded { name, count, first, .. } = recorded.clone();
        event.count = Some(count);
        event.first_timestamp = first;
        if !spoken.budget.take(now) {
            return;
        }
        let key = Key { kind: Kind::Event, namespace: namespace_of(&event), name };
        // No other event has the name of one that is new.
        if count == 1 || self.store.get(&key).is_none() {
            return self.create_event(event, key.name);
        }
        let counted = self.update_status(&key, |o| {
            let old = o.event_mut();
            old.count = event.count;
            old.last_timestamp = now;
            old.message = event.message.clone();
        });
        counted.expect("the event is there");
    }

    /// The moment in nanoseconds, by which an event is named.
    fn event_nanos(&self) -> u64 {
        let millis = SimTime::zero_unix_seconds() * 1000 + self.now.0;
        (millis as u64).wrapping_mul(1_000_000).wrapping_add(self.resource_version % 1_000_000)
    }

    fn create_event(&mut self, mut event: Event, name: Str) {
        event.sequence = self.resource_version + 1;
        let meta = ObjectMeta { name, namespace: namespace_of(&event), ..ObjectMeta::default() };
        // In a namespace that is going nothing is recorded any more.
        let _ = self.create(Object::new(Kind::Event, meta, Body::Event(event)));
    }
}

/// As client-go's recorder names it: by their names, an object's events are in order.
fn event_name(event: &Event, nanos: u64) -> Str {
    let mut name = String::with_capacity(event.involved.name.len() + 17);
    name.push_str(&event.involved.name);
    name.push('.');
    push_hex(&mut name, nanos);
    name.into()
}

/// Where an event is kept: with its object.
fn namespace_of(event: &Event) -> Str {
    let namespace = &event.involved.namespace;
    if namespace.is_empty() { common(DEFAULT_NAMESPACE) } else { namespace.clone() }
}

/// A number for a message (64-bit FNV-1a, ended by a zero byte): the least of an object's messages is forgotten first.
fn fingerprint(message: &[u8]) -> u64 {
    fnv64a(fnv64a(FNV64_OFFSET, message), &[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::FeatureGates;

    /// What `kubectl describe` would show of a node that this was said about: message and count.
    fn recorded(messages: impl IntoIterator<Item = (i64, String)>) -> Vec<(String, Option<i64>)> {
        let mut api = ApiServer::new(1, FeatureGates::default(), SimTime(0));
        let namespace = ObjectMeta::named("", DEFAULT_NAMESPACE);
        let tree = std::rc::Rc::new(serde_json::json!({"status": {"phase": "Active"}}));
        api.create(Object::new(Kind::Namespace, namespace, Body::Other(tree))).unwrap();
        let node = Object::new(
            Kind::Node,
            ObjectMeta::named("", "n"),
            Object::from_value(Kind::Node, &serde_json::json!({})).body,
        );
        for (seconds, message) in messages {
            api.now = SimTime(seconds * 1000);
            let source = Source::controller("tester");
            api.event(source, Involved::of(&node), EventType::Normal, "Said", &message);
        }
        let events = api.store().list(Kind::Event).map(|e| (e.event().message.to_string(), e.event().count));
        events.collect()
    }

    #[test]
    fn the_same_again_is_counted() {
        let said = recorded([(0, "a".into()), (1, "b".into()), (2, "a".into())]);
        assert_eq!(said, [("a".into(), Some(2)), ("b".into(), Some(1))]);
    }

    #[test]
    fn the_tenth_of_a_kind_is_combined_with_what_follows() {
        let said = recorded((0..12).map(|n| (n, n.to_string())));
        assert_eq!(said.len(), 10);
        assert_eq!(said[9], ("(combined from similar events): 11".into(), Some(3)));
        let apart = recorded((0..12).map(|n| (n * 601, n.to_string())));
        assert_eq!(apart.len(), 12, "what is ten minutes apart is not similar");
    }

    #[test]
    fn who_says_too_much_is_not_heard_until_time_has_passed() {
        let said = recorded((0..40).map(|_| (0, "a".into())).chain([(299, "a".into())]));
        assert_eq!(said, [("a".into(), Some(25))]);
        let said = recorded((0..40).map(|_| (0, "a".into())).chain([(300, "a".into())]));
        assert_eq!(said, [("a".into(), Some(41))]);
    }
}
