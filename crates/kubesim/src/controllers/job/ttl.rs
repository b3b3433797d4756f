//! The TTL-after-finished controller: it deletes a Job some time after its end. Models `pkg/controller/ttlafterfinished`.

use super::view::Job;
use crate::api::read::{opt_int, time};
use crate::api::verdict::Component;
use crate::api::{Key, Kind, Span};
use crate::apiserver::{DeleteOptions, Propagation, Store};
use crate::component::{Context, Outcome, WatchEvent};

/// Says which Jobs have to be looked at because of this change.
pub fn event_handlers(_store: &Store, change: &WatchEvent, add: &mut dyn FnMut(Component, Key)) {
    if change.key.kind == Kind::Job && change.after.is_some() {
        add(Component::TtlAfterFinishedController, change.key.clone());
    }
}

/// Deletes a Job whose time is over, or looks again when it is.
pub fn sync(context: &mut Context, key: &Key) -> Outcome {
    let Some(object) = context.store().get(key).filter(|job| !job.meta.is_terminating()).cloned() else {
        return Outcome::DONE;
    };
    let job = Job::new(object);
    let condition = job.condition("Complete").or(job.condition("Failed"));
    let ended = condition.and_then(|condition| time(condition, "lastTransitionTime"));
    let (Some(seconds), Some(ended)) = (opt_int(&job.spec, "ttlSecondsAfterFinished"), ended) else {
        return Outcome::DONE;
    };
    let at = ended + Span::seconds(seconds);
    if at > context.now() {
        return Outcome::at(at);
    }
    let options = DeleteOptions {
        propagation: Propagation::Foreground,
        uid: Some(job.object.meta.uid),
        ..DeleteOptions::default()
    };
    match context.api.delete(key, options) {
        Err(error) if !error.is_not_found() => Outcome::FAILED,
        _ => Outcome::DONE,
    }
}
