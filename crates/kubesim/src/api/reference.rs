//! What refers to a whole object: an owner, what an Event is about, a refusal.

use super::event::Involved;
use super::meta::OwnerReference;
use super::object::Object;
use super::status::{ApiError, NAMESPACE_TERMINATING, StatusReason};
use crate::base::text::common;

impl OwnerReference {
    /// The reference to the controller that manages an object (`metav1.NewControllerRef`).
    pub fn controller(owner: &Object) -> OwnerReference {
        OwnerReference { controller: true, block_owner_deletion: true, ..OwnerReference::plain(owner) }
    }

    /// A reference to an owner that is not the controller.
    pub fn plain(owner: &Object) -> OwnerReference {
        let info = owner.kind.info();
        OwnerReference {
            api_version: info.common_api_version(),
            kind: common(info.name),
            name: owner.meta.name.clone(),
            uid: owner.meta.uid,
            controller: false,
            block_owner_deletion: false,
        }
    }
}

impl Involved {
    /// A reference to this object.
    pub fn of(object: &Object) -> Involved {
        Involved {
            api_version: object.kind.info().common_api_version(),
            kind: common(object.kind.name()),
            namespace: object.meta.namespace.clone(),
            name: object.meta.name.clone(),
            uid: object.meta.uid,
            field_path: None,
            resource_version: object.meta.resource_version,
        }
    }

    /// A reference to a container of this pod, such as `spec.containers{flask-app}`.
    pub fn container(pod: &Object, list: &str, container: &str) -> Involved {
        let path = ["spec.", list, "{", container, "}"].concat();
        Involved { field_path: Some(common(&path)), ..Involved::of(pod) }
    }
}

impl ApiError {
    /// Something about the request is not allowed (`admission.NewForbidden`).
    pub fn forbidden(object: &Object, message: &str) -> ApiError {
        let plural = object.kind.info().qualified_plural();
        let name = match &object.meta.generate_name {
            Some(prefix) if object.meta.name.is_empty() => prefix,
            _ => &object.meta.name,
        };
        ApiError::new(StatusReason::Forbidden, format!("{plural} \"{name}\" is forbidden: {message}"))
    }

    /// Nothing can be made in a namespace that is going (`plugin/namespace/lifecycle/admission.go`).
    pub fn namespace_terminating(object: &Object) -> ApiError {
        let namespace = &object.meta.namespace;
        let message = format!("unable to create new content in namespace {namespace}{NAMESPACE_TERMINATING}");
        ApiError::forbidden(object, &message)
    }
}
