//! What those who record events remember of them, so that repetitions are counted, similar ones combined and spam is dropped.
//!
//! Models `k8s.io/client-go/tools/record/events_cache.go` (EventCorrelator).

use crate::api::{SimTime, Span, Str};
use std::collections::BTreeMap;

/// How many different messages of one reason an object gets before they are combined (`defaultAggregateMaxEvents`).
const MAX_SIMILAR: usize = 10;
/// Messages that are further apart are not similar (`defaultAggregateIntervalInSeconds`).
const SIMILAR_WITHIN: Span = Span::seconds(600);
/// How many events a source may record about one object at once (`defaultSpamBurst`).
const BURST: i64 = 25;
/// How long it takes until it may record one more (`defaultSpamQPS`).
const REFILL: Span = Span::seconds(300);

/// What the recorders remember of the events that they recorded, by a number for who spoke about which object.
#[derive(Clone, Default, Debug)]
pub(super) struct Correlator(pub(super) BTreeMap<u64, Spoken>);

/// What one source has said about one object.
#[derive(Clone, Debug)]
pub(super) struct Spoken {
    pub(super) budget: Budget,
    /// By type and reason.
    similar: Vec<Similar>,
    /// In the order of their identities.
    recorded: Vec<Recorded>,
}

/// An event, by what makes two of them the same. Models `eventLog`.
#[derive(Clone, Debug)]
pub(super) struct Recorded {
    identity: u64,
    pub(super) name: Str,
    pub(super) count: i64,
    pub(super) first: SimTime,
}

/// The messages of one reason. Models `aggregateRecord`.
#[derive(Clone, Debug)]
struct Similar {
    kind: u64,
    /// In order.
    messages: Vec<u64>,
    last: SimTime,
}

/// What a source may still record about an object. Models `k8s.io/client-go/util/flowcontrol: NewTokenBucketPassiveRateLimiter`.
#[derive(Clone, Debug)]
pub(super) struct Budget {
    left: i64,
    since: SimTime,
}

impl Budget {
    pub(super) fn take(&mut self, now: SimTime) -> bool {
        let more = (now - self.since).0 / REFILL.0;
        self.since = if self.left + more >= BURST { now } else { self.since + Span(more * REFILL.0) };
        self.left = (self.left + more).min(BURST);
        let may = self.left > 0;
        self.left -= i64::from(may);
        may
    }
}

impl Spoken {
    pub(super) fn nothing(now: SimTime) -> Spoken {
        let budget = Budget { left: BURST, since: now };
        Spoken { budget, similar: Vec::new(), recorded: Vec::new() }
    }

    /// Whether the message is one too many of its kind, so that it is combined with those before. Models
    /// `EventAggregate`.
    pub(super) fn is_one_of_many(&mut self, kind: u64, message: u64, now: SimTime) -> bool {
        let at = self.similar.iter().position(|similar| similar.kind == kind).unwrap_or_else(|| {
            self.similar.push(Similar { kind, messages: Vec::new(), last: now });
            self.similar.len() - 1
        });
        let similar = &mut self.similar[at];
        if now - similar.last > SIMILAR_WITHIN {
            similar.messages.clear();
        }
        similar.last = now;
        if let Err(at) = similar.messages.binary_search(&message) {
            similar.messages.reserve_exact(1);
            similar.messages.insert(at, message);
        }
        let many = similar.messages.len() >= MAX_SIMILAR;
        if many {
            similar.messages.remove(0);
        }
        many
    }

    /// Counts an event. Returns what is known of it then; `name` is for one that is new.
    pub(super) fn count(&mut self, identity: u64, now: SimTime, name: impl FnOnce() -> Str) -> &Recorded {
        let at = match self.recorded.binary_search_by_key(&identity, |recorded| recorded.identity) {
            Ok(at) => at,
            Err(at) => {
                self.recorded.insert(at, Recorded { identity, name: name(), count: 0, first: now });
                at
            }
        };
        self.recorded[at].count += 1;
        &self.recorded[at]
    }
}
