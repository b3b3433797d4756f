//! The history of a set's templates. Models `pkg/controller/history/controller_history.go` and the revision functions of
//! `pkg/controller/statefulset/{stateful_set_control,stateful_set_utils}.go`.

use crate::api::read::{Writer, get};
use crate::api::stateful_set::{ControllerRevision, PodTemplate};
use crate::api::status::{ApiError, StatusReason};
use crate::api::{Body, Kind, Object, ObjectMeta, OwnerReference, Str};
use crate::apiserver::{ApiServer, DeleteOptions};
use crate::base::hash::{fnv32, safe_encode_string};
use serde_json::Value;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The label that carries a revision's hash.
pub const HASH_LABEL: &str = "controller.kubernetes.io/hash";

/// The revisions that matter to a reconcile.
#[derive(Debug)]
pub struct Revisions {
    /// What pods have that are not to be updated.
    pub current: Rc<Object>,
    /// What the template says.
    pub update: Rc<Object>,
    /// How often a name was taken.
    pub collision_count: i64,
    /// All of the set's, oldest first.
    pub all: Vec<Rc<Object>>,
}

/// What a revision keeps of a set: a patch that puts the template back.
pub fn patch_of(set: &Object) -> Value {
    let mut template = get(&set.stateful_set().spec.raw, "template").clone();
    if let Some(template) = template.as_object_mut() {
        template.insert("$patch".into(), "replace".into());
    }
    Writer::new().put("spec", Writer::new().put("template", template).done()).done()
}

/// The same of the template from which one of its pods was made, as far as the pod shows it: the images of its containers.
/// Without a pod it is a template that differs from the set's own in an annotation.
pub fn patch_of_pod(set: &Object, pod: Option<&Object>) -> Value {
    let mut patch = patch_of(set);
    let template = &mut patch["spec"]["template"];
    if let Some(pod) = pod {
        for list in ["initContainers", "containers"] {
            let images = get(&pod.pod().spec.raw, list).clone();
            for container in template["spec"][list].as_array_mut().into_iter().flatten() {
                let mut all = images.as_array().into_iter().flatten();
                if let Some(old) = all.find(|old| old["name"] == container["name"]) {
                    container["image"] = old["image"].clone();
                }
            }
        }
    }
    if patch == patch_of(set) {
        patch["spec"]["template"]["metadata"]["annotations"] = Writer::new().put("opened", "unknown").done();
    }
    patch
}

/// A revision of a set that only its status names.
pub fn made_up(set: &Object, name: &str, data: Rc<Value>, revision: i64) -> Object {
    let mut labels: BTreeMap<Str, Str> = (*set.stateful_set().spec.template.labels).clone();
    let hash = name.rsplit('-').next().unwrap_or_default();
    labels.insert(HASH_LABEL.into(), hash.into());
    let meta = ObjectMeta {
        labels: Rc::new(labels),
        owner_references: [OwnerReference::controller(set)].into(),
        creation_timestamp: set.meta.creation_timestamp,
        uid: set.meta.uid.sibling(name),
        ..ObjectMeta::named(&set.meta.namespace, name)
    };
    let body = Body::ControllerRevision(ControllerRevision { data, revision });
    Object::new(Kind::ControllerRevision, meta, body)
}

/// The template that a revision keeps.
pub fn template_of(revision: &Object) -> PodTemplate {
    PodTemplate::from_value(get(get(&revision.controller_revision().data, "spec"), "template"))
}

/// The hash of a revision's data: 32-bit FNV-1 over Go's compact JSON and the collision count, in letters and digits that
/// form no words. The same template has the same hash here and in a cluster.
pub fn hash(data: &Value, collision_count: i64) -> String {
    // Go's encoder escapes these for HTML's sake.
    let json = data.to_string().replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e");
    let bytes = json.bytes().chain(collision_count.to_string().into_bytes());
    safe_encode_string(&fnv32(bytes).to_string())
}

/// The set's revisions, and those that nobody owns and whose labels match: oldest first.
pub fn list(api: &ApiServer, set: &Object) -> Vec<Rc<Object>> {
    let selector = &set.stateful_set().spec.selector;
    let mut found: Vec<Rc<Object>> = api
        .store()
        .list_in(Kind::ControllerRevision, &set.meta.namespace)
        .filter(|r| {
            r.meta.controller().is_none_or(|o| o.uid == set.meta.uid) && selector.matches(&r.meta.labels)
        })
        .cloned()
        .collect();
    collections::sort_by_key(&mut found, |r| {
        (r.controller_revision().revision, r.meta.creation_timestamp, r.meta.name.clone())
    });
    found
}

/// Takes revisions that nobody owns. A set that is being deleted takes none and gets no further. Models
/// `adoptOrphanRevisions`.
pub fn adopt_orphans(api: &mut ApiServer, set: &Object) -> Result<(), ApiError> {
    for revision in list(api, set) {
        if revision.meta.controller().is_none() {
            if let Some(since) = set.meta.deletion_timestamp {
                let ObjectMeta { namespace, name, .. } = &set.meta;
                let why = format!("{namespace}/{name} has just been deleted at {}", since.rfc3339());
                let message = format!("can't adopt ControllerRevisions: {why}");
                return Err(ApiError::new(StatusReason::Conflict, message));
            }
            let owner = OwnerReference::controller(set);
            api.update(&revision.key(), |r| {
                r.meta.owner_references = r.meta.owner_references.iter().cloned().chain([owner]).collect();
            })?;
        }
    }
    Ok(())
}

/// Finds the set's current and update revisions; makes a new one, or gives an old one a new number, if the template
/// changed. Models `getStatefulSetRevisions`.
pub fn find(api: &mut ApiServer, set: &Object) -> Result<Revisions, ApiError> {
    let mut all = list(api, set);
    let status = &set.stateful_set().status;
    let mut collision_count = status.collision_count.unwrap_or(0);
    let data = patch_of(set);
    let next = all.last().map_or(1, |r| r.controller_revision().revision + 1);
    let equal = all.iter().rposition(|r| *r.controller_revision().data == data);
    let update = match equal {
        Some(at) if at + 1 == all.len() => all[at].clone(),
        Some(at) => api.update(&all[at].key(), |r| r.controller_revision_mut().revision = next)?,
        None => {
            let made = create(api, set, data, next, &mut collision_count)?;
            all.push(made.clone());
            made
        }
    };
    let current = all
        .iter()
        .find(|r| Some(&r.meta.name) == status.current_revision.as_ref())
        .unwrap_or(&update)
        .clone();
    Ok(Revisions { current, update, collision_count, all })
}

/// Models `CreateControllerRevision`: a name that another template has taken makes the collision count go up.
fn create(
    api: &mut ApiServer,
    set: &Object,
    data: Value,
    revision: i64,
    collision_count: &mut i64,
) -> Result<Rc<Object>, ApiError> {
    let data = Rc::new(data);
    // The label keeps the first hash, whatever the name becomes.
    let first = hash(&data, *collision_count);
    loop {
        let hash = hash(&data, *collision_count);
        let prefix: String = set.meta.name.chars().take(223).collect();
        let mut labels: BTreeMap<Str, Str> = (*set.stateful_set().spec.template.labels).clone();
        labels.insert(HASH_LABEL.into(), first.as_str().into());
        let meta = ObjectMeta {
            labels: Rc::new(labels),
            annotations: set.meta.annotations.clone(),
            owner_references: [OwnerReference::controller(set)].into(),
            ..ObjectMeta::named(&set.meta.namespace, &format!("{prefix}-{hash}"))
        };
        let body = Body::ControllerRevision(ControllerRevision { data: data.clone(), revision });
        let object = Object::new(Kind::ControllerRevision, meta, body);
        let key = object.key();
        match api.create(object) {
            Err(error) if error.is_already_exists() => {
                let existing = api.get(&key)?;
                if existing.controller_revision().data == data {
                    return Ok(existing);
                }
                *collision_count += 1;
            }
            result => return result,
        }
    }
}

/// Deletes the oldest revisions that are not in use, until `revisionHistoryLimit` of them are left. Models
/// `truncateHistory`.
pub fn truncate_history(
    api: &mut ApiServer,
    set: &Object,
    live: &dyn Fn(&str) -> bool,
    revisions: &Revisions,
) -> Result<(), ApiError> {
    let in_use = |r: &Object| {
        r.meta.name == revisions.current.meta.name
            || r.meta.name == revisions.update.meta.name
            || live(&r.meta.name)
    };
    let idle: Vec<&Rc<Object>> = revisions.all.iter().filter(|r| !in_use(r)).collect();
    // A negative limit is none.
    let limit = set.stateful_set().spec.revision_history_limit;
    let keep = usize::try_from(limit).unwrap_or(idle.len());
    for revision in &idle[..idle.len().saturating_sub(keep)] {
        api.delete(&revision.key(), DeleteOptions::default())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The revision of the seed's template as a 1.36 cluster recorded it.
    #[test]
    fn the_seeds_template_has_the_hash_that_a_cluster_gave_it() {
        let container = |more: Value| {
            let mut c = serde_json::json!({"resources": {}, "terminationMessagePath": "/dev/termination-log",
                "terminationMessagePolicy": "File",
                "volumeMounts": [{"mountPath": "/usr/src/app/log", "name": "www"}]});
            c.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            c
        };
        let data = serde_json::json!({"spec": {"template": {"$patch": "replace",
            "metadata": {"labels": {"app": "flask"}},
            "spec": {
                "containers": [container(serde_json::json!({"image": "han0495/flask-example-app",
                    "imagePullPolicy": "Always", "name": "flask-app",
                    "ports": [{"containerPort": 80, "name": "web", "protocol": "TCP"}]}))],
                "dnsPolicy": "ClusterFirst",
                "initContainers": [container(serde_json::json!({"command": ["sh", "-c",
                    "echo $(hostname)-$(date +%s) |tee -a /usr/src/app/log/dump.log"],
                    "image": "busybox:1.28", "imagePullPolicy": "IfNotPresent", "name": "init-dump-log"}))],
                "restartPolicy": "Always", "schedulerName": "default-scheduler", "securityContext": {},
                "terminationGracePeriodSeconds": 10}}}});
        assert_eq!(hash(&data, 0), "7d558464d5");
    }
}
