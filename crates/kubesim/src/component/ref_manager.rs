//! Which objects a controller manages. Models `pkg/controller/controller_ref_manager.go`.

use crate::api::status::ApiError;
use crate::api::{Object, OwnerReference};
use crate::apiserver::ApiServer;
use std::rc::Rc;

/// The objects among these that the owner manages: it takes orphans that match, and lets go of its own that no longer
/// do. Errors: what the API server refuses.
pub fn claim(
    api: &mut ApiServer,
    owner: &Object,
    candidates: Vec<Rc<Object>>,
    matches: &dyn Fn(&Object) -> bool,
) -> Result<Vec<Rc<Object>>, ApiError> {
    let uid = owner.meta.uid;
    let mut mine = Vec::new();
    for object in candidates {
        let matches = matches(&object);
        match object.meta.controller() {
            Some(other) if other.uid != uid => {}
            Some(_) if matches => mine.push(object),
            Some(_) if owner.meta.is_terminating() => {}
            Some(_) => {
                api.update(&object.key(), |o| {
                    let others = o.meta.owner_references.iter().filter(|other| other.uid != uid);
                    o.meta.owner_references = others.cloned().collect();
                })?;
            }
            None if !matches || owner.meta.is_terminating() || object.meta.is_terminating() => {}
            None => {
                let reference = OwnerReference::controller(owner);
                mine.push(api.update(&object.key(), |o| {
                    let owners = o.meta.owner_references.iter().cloned();
                    o.meta.owner_references = owners.chain([reference]).collect();
                })?);
            }
        }
    }
    Ok(mine)
}

/// Whether an object that nobody manages is new to those who could adopt it.
pub fn is_new_orphan(before: Option<&Object>, after: &Object) -> bool {
    let same = |old: &Object| {
        old.meta.labels == after.meta.labels && old.meta.owner_references == after.meta.owner_references
    };
    after.meta.controller().is_none() && !before.is_some_and(same)
}
