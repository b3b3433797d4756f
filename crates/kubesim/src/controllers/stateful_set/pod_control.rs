//! Making, mending and deleting a set's pods and claims, with the events about it. Models
//! `pkg/controller/statefulset/stateful_pod_control.go`.

use super::utils::{
    POD_INDEX_LABEL, POD_NAME_LABEL, REVISION_LABEL, claims_of, identity_matches, names, ordinal, pod_name,
    storage_matches, wanted_ordinals,
};
use crate::api::event::Involved;
use crate::api::pod::{Pod, PodSpec, Volume};
use crate::api::stateful_set::{ClaimRetention, ClaimTemplate, PodTemplate};
use crate::api::status::{ApiError, StatusReason};
use crate::api::volume::PersistentVolumeClaim;
use crate::api::{Body, Key, Kind, Object, ObjectMeta, OwnerReference, Str};
use crate::apiserver::{ApiServer, DeleteOptions, EventType, Source};
use crate::base::text::common;
use crate::validation::{invalid, validate_update};
use std::rc::Rc;

/// Who the controller is in events.
const COMPONENT: &str = "statefulset-controller";

/// A pod of the set as it is to be made: identity and storage by its ordinal, the rest by the template. Models
/// `newStatefulSetPod` and `setPodRevision`.
pub fn new_pod(set: &Object, template: &PodTemplate, revision: &str, ordinal: i32) -> Object {
    let name: Str = pod_name(&set.meta.name, ordinal).into();
    let mut meta = ObjectMeta {
        generate_name: Some(common(&[&set.meta.name, "-"].concat())),
        labels: template.labels.clone(),
        annotations: template.annotations.clone(),
        finalizers: template.finalizers.clone(),
        owner_references: [OwnerReference::controller(set)].into(),
        name: name.clone(),
        namespace: set.meta.namespace.clone(),
        ..ObjectMeta::default()
    };
    set_identity(&mut meta, ordinal);
    meta.set_label(REVISION_LABEL, revision);
    let mut spec = PodSpec {
        hostname: Some(name.clone()),
        subdomain: Some(set.stateful_set().spec.service_name.clone()).filter(|s| !s.is_empty()),
        ..(*template.spec).clone()
    };
    set_storage(set, &mut spec, ordinal);
    Object::new(Kind::Pod, meta, Body::Pod(Pod::new(spec)))
}

fn set_identity(meta: &mut ObjectMeta, ordinal: i32) {
    Rc::make_mut(&mut meta.labels).insert(common(POD_NAME_LABEL), meta.name.clone());
    meta.set_label(POD_INDEX_LABEL, &ordinal.to_string());
}

fn set_storage(set: &Object, spec: &mut PodSpec, ordinal: i32) {
    let claims = claims_of(set, ordinal);
    let own = claims.iter().map(|(name, template)| Volume::of_claim(&template.name, name));
    let others = spec.volumes.iter().filter(|v| claims.iter().all(|(_, t)| t.name != v.name)).cloned();
    spec.volumes = own.chain(others).collect();
}

/// Makes the pod's claims that do not exist, then the pod. Models `CreateStatefulPod`.
pub fn create_pod(api: &mut ApiServer, set: &Object, pod: Object) -> Result<(), ApiError> {
    if let Err(error) = create_claims(api, set, &pod) {
        record_pod(api, set, &pod.meta.name, "Create", Some(&error));
        return Err(error);
    }
    let has_claims = !set.stateful_set().spec.volume_claim_templates.is_empty();
    let (name, wanted) = (pod.meta.name.clone(), has_claims.then(|| pod.clone()));
    let made = api.create(pod);
    if made.as_ref().is_err_and(ApiError::is_already_exists) {
        return made.map(|_| ());
    }
    if has_claims
        && let Some(owner) = made.as_deref().ok().or(wanted.as_ref())
        && let Err(error) = update_claim_owners(api, set, owner)
    {
        record_pod(api, set, &name, "Update", Some(&error));
        return Err(error);
    }
    record_pod(api, set, &name, "Create", made.as_ref().err());
    made.map(|_| ())
}

/// Makes the claims of a pod that waits for them. Models `createMissingPersistentVolumeClaims`.
pub fn create_missing_claims(api: &mut ApiServer, set: &Object, pod: &Object) -> Result<(), ApiError> {
    create_claims(api, set, pod)?;
    if let Err(error) = update_claim_owners(api, set, pod) {
        record_pod(api, set, &pod.meta.name, "Update", Some(&error));
        return Err(error);
    }
    Ok(())
}

fn create_claims(api: &mut ApiServer, set: &Object, pod: &Object) -> Result<(), ApiError> {
    let Some(ordinal) = ordinal(pod) else { return Ok(()) };
    let mut errors: Vec<ApiError> = Vec::new();
    for (name, template) in claims_of(set, ordinal) {
        let key = set.key().beside(Kind::PersistentVolumeClaim, &name);
        if let Some(claim) = api.store().get(&key) {
            if claim.meta.is_terminating() {
                errors.push(ApiError::new(StatusReason::Conflict, format!("pvc {name} is being deleted")));
            }
            continue;
        }
        let result = api.create(new_claim(set, &template, &key));
        let error = result.err();
        record_claim(api, set, &pod.meta.name, &name, error.as_ref());
        if let Some(error) = error {
            let message = format!("failed to create PVC {name}: {error}");
            errors.push(ApiError::new(error.reason, message));
        }
    }
    join(errors)
}

/// Several errors as one, as `utilerrors.NewAggregate` prints them.
fn join(mut errors: Vec<ApiError>) -> Result<(), ApiError> {
    match errors.len() {
        0 => Ok(()),
        1 => Err(errors.remove(0)),
        _ => {
            let messages: Vec<&str> = errors.iter().map(|e| e.message.as_str()).collect();
            Err(ApiError::new(errors[0].reason, format!("[{}]", messages.join(", "))))
        }
    }
}

/// A claim as the set makes it: the template's, with the set's own labels. Models `getPersistentVolumeClaims`.
fn new_claim(set: &Object, template: &ClaimTemplate, key: &Key) -> Object {
    let mut labels = (*template.labels).clone();
    labels.extend(set.stateful_set().spec.selector.match_labels.iter().map(|(k, v)| (k.clone(), v.clone())));
    let meta = ObjectMeta {
        labels: Rc::new(labels),
        annotations: template.annotations.clone(),
        ..ObjectMeta::named(&key.namespace, &key.name)
    };
    let body = Body::PersistentVolumeClaim(PersistentVolumeClaim::new(template.spec.clone()));
    Object::new(Kind::PersistentVolumeClaim, meta, body)
}

/// Deletes a pod. Models `DeleteStatefulPod`: one that is gone already is as good.
pub fn delete_pod(api: &mut ApiServer, set: &Object, pod: &Object) -> Result<(), ApiError> {
    match api.delete(&pod.key(), DeleteOptions::default()) {
        Err(error) if !error.is_not_found() => {
            record_pod(api, set, &pod.meta.name, "Delete", Some(&error));
            Err(error)
        }
        _ => {
            record_pod(api, set, &pod.meta.name, "Delete", None);
            Ok(())
        }
    }
}

/// Gives a pod the labels and volumes of its place, and its claims their owners. What the API server does not let
/// change (a pod's volumes) is refused each time anew. Models `UpdateStatefulPod`.
pub fn update_pod(api: &mut ApiServer, set: &Object, pod: &Object) -> Result<(), ApiError> {
    let Some(ordinal) = ordinal(pod) else { return Ok(()) };
    let storage_differs = !storage_matches(set, pod);
    let mut dirty = !identity_matches(set, pod) || storage_differs;
    if storage_differs && let Err(error) = create_claims(api, set, pod) {
        record_pod(api, set, &pod.meta.name, "Update", Some(&error));
        return Err(error);
    }
    if !claims_match_retention(api, set, pod) {
        if let Err(error) = update_claim_owners(api, set, pod) {
            record_pod(api, set, &pod.meta.name, "Update", Some(&error));
            return Err(error);
        }
        dirty = true;
    }
    if !dirty {
        return Ok(());
    }
    let mut new = pod.clone();
    set_identity(&mut new.meta, ordinal);
    set_storage(set, Rc::make_mut(&mut new.pod_mut().spec), ordinal);
    let errors = validate_update(Kind::Pod, &new.to_value(), &pod.to_value());
    let result = if errors.is_empty() {
        api.update(&pod.key(), |pod| *pod = new).map(|_| ())
    } else {
        Err(invalid(Kind::Pod, &pod.meta.name, &errors))
    };
    record_pod(api, set, &pod.meta.name, "Update", result.as_ref().err());
    result
}

/// Whether a claim that is to go with its pod is still another pod's: then the new pod has to wait. Models
/// `PodClaimIsStale`.
pub fn claim_is_stale(api: &ApiServer, set: &Object, pod: &Object) -> bool {
    if set.stateful_set().spec.when_scaled == ClaimRetention::Retain {
        return false;
    }
    claims(api, set, pod).any(|claim| has_stale_owner(&claim, pod))
}

/// Whether the owners of the pod's claims are as the retention policy wants them. Models `ClaimsMatchRetentionPolicy`.
pub fn claims_match_retention(api: &ApiServer, set: &Object, pod: &Object) -> bool {
    claims(api, set, pod).all(|claim| owner_is_up_to_date(&claim, set, pod))
}

/// Whether another controller manages one of the pod's claims, about which there is an event each time.
pub fn claims_are_contested(api: &ApiServer, set: &Object, pod: &Object) -> bool {
    claims(api, set, pod).any(|claim| has_unexpected_controller(&claim, set, pod))
}

/// Gives the pod's claims the owners that the retention policy wants. Models `UpdatePodClaimForRetentionPolicy`.
pub fn update_claim_owners(api: &mut ApiServer, set: &Object, pod: &Object) -> Result<(), ApiError> {
    let all: Vec<Rc<Object>> = claims(api, set, pod).collect();
    for claim in all {
        if has_unexpected_controller(&claim, set, pod) {
            let message = format!(
                "PersistentVolumeClaim {} has a conflicting OwnerReference that acts as a manging controller, the \
                 retention policy is ignored for this claim",
                claim.meta.name
            );
            let source = Source::controller(COMPONENT);
            api.event(source, Involved::of(set), EventType::Warning, "ConflictingController", &message);
        }
        if owner_is_up_to_date(&claim, set, pod) {
            continue;
        }
        let owners = wanted_owners(&claim, set, pod);
        api.update(&claim.key(), |claim| claim.meta.owner_references = owners).map_err(|error| {
            let name = &claim.meta.name;
            ApiError::new(
                error.reason,
                format!("could not update claim {name} for delete policy ownerRefs: {error}"),
            )
        })?;
    }
    Ok(())
}

/// The pod's claims that exist.
fn claims(api: &ApiServer, set: &Object, pod: &Object) -> impl Iterator<Item = Rc<Object>> {
    let has_claims = !set.stateful_set().spec.volume_claim_templates.is_empty();
    let ordinal = if has_claims { ordinal(pod) } else { None };
    let names = ordinal.map(|n| claims_of(set, n)).unwrap_or_default();
    names.into_iter().filter_map(|(name, _)| {
        api.store().find(Kind::PersistentVolumeClaim, &set.meta.namespace, &name).cloned()
    })
}

fn has_owner(claim: &Object, owner: &Object) -> bool {
    claim.meta.owner_references.iter().any(|o| o.uid == owner.meta.uid)
}

/// Whether it is owned by an object of that name which is not this one.
fn has_stale_owner(claim: &Object, owner: &Object) -> bool {
    let named = claim.meta.owner_references.iter().find(|o| names(o, owner.kind, &owner.meta.name));
    named.is_some_and(|o| o.uid != owner.meta.uid)
}

/// Models `hasUnexpectedController`.
fn has_unexpected_controller(claim: &Object, set: &Object, pod: &Object) -> bool {
    let spec = &set.stateful_set().spec;
    if spec.when_scaled == ClaimRetention::Retain && spec.when_deleted == ClaimRetention::Retain {
        return false;
    }
    claim.meta.owner_references.iter().any(|o| {
        let us = [set, pod].into_iter().find(|us| names(o, us.kind, &us.meta.name));
        us.map_or(o.controller, |us| o.uid != us.meta.uid)
    })
}

/// Models `isClaimOwnerUpToDate`.
fn owner_is_up_to_date(claim: &Object, set: &Object, pod: &Object) -> bool {
    if has_stale_owner(claim, set) || has_stale_owner(claim, pod) {
        return true;
    }
    let (of_set, of_pod) = (has_owner(claim, set), has_owner(claim, pod));
    if has_unexpected_controller(claim, set, pod) {
        return !of_set && !of_pod;
    }
    let ours = |o: &&OwnerReference| o.uid == set.meta.uid || o.uid == pod.meta.uid;
    if claim.meta.owner_references.iter().filter(ours).any(|o| !o.controller) {
        return false;
    }
    (of_set, of_pod) == wanted(set, pod)
}

/// Whether the set, and whether the pod, is to own the pod's claims.
fn wanted(set: &Object, pod: &Object) -> (bool, bool) {
    let sts = set.stateful_set();
    let scaled_away = ordinal(pod).is_none_or(|n| !wanted_ordinals(sts).contains(&n));
    let deleted_with_pod = sts.spec.when_scaled == ClaimRetention::Delete && scaled_away;
    let deleted_with_set = sts.spec.when_deleted == ClaimRetention::Delete;
    (deleted_with_set && !deleted_with_pod, deleted_with_pod)
}

/// Models `updateClaimOwnerRefForSetAndPod`.
fn wanted_owners(claim: &Object, set: &Object, pod: &Object) -> Rc<[OwnerReference]> {
    let others = claim
        .meta
        .owner_references
        .iter()
        .filter(|o| ![set, pod].iter().any(|us| names(o, us.kind, &us.meta.name)))
        .cloned();
    let (set_owns, pod_owns) =
        if has_unexpected_controller(claim, set, pod) { (false, false) } else { wanted(set, pod) };
    let set = set_owns.then(|| OwnerReference::controller(set));
    let pod = pod_owns.then(|| OwnerReference::controller(pod));
    others.chain(pod).chain(set).collect()
}

/// Models `recordPodEvent`.
fn record_pod(api: &mut ApiServer, set: &Object, pod: &str, verb: &str, error: Option<&ApiError>) {
    let set_name = &set.meta.name;
    match error {
        None => {
            let message = [verb, " Pod ", pod, " in StatefulSet ", set_name, " successful"].concat();
            record(api, set, EventType::Normal, &["Successful", verb].concat(), &message);
        }
        Some(error) => {
            let message = format!("{verb} Pod {pod} in StatefulSet {set_name} failed error: {error}");
            record(api, set, EventType::Warning, &format!("Failed{verb}"), &message);
        }
    }
}

/// Models `recordClaimEvent`.
fn record_claim(api: &mut ApiServer, set: &Object, pod: &str, claim: &str, error: Option<&ApiError>) {
    let set_name = &set.meta.name;
    match error {
        None => {
            let message = format!("Create Claim {claim} Pod {pod} in StatefulSet {set_name} success");
            record(api, set, EventType::Normal, "SuccessfulCreate", &message);
        }
        Some(error) => {
            let message =
                format!("Create Claim {claim} for Pod {pod} in StatefulSet {set_name} failed error: {error}");
            record(api, set, EventType::Warning, "FailedCreate", &message);
        }
    }
}

fn record(api: &mut ApiServer, set: &Object, event_type: EventType, reason: &str, message: &str) {
    api.event(Source::controller(COMPONENT), Involved::of(set), event_type, reason, message);
}
