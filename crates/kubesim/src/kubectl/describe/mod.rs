//! `kubectl describe`. Models `k8s.io/kubectl/pkg/describe/describe.go` and `pkg/cmd/describe/describe.go`.
//!
//! A kind is a function in the file of its like, and a row of `describer`.

mod access;
mod autoscaler;
mod certificate_request;
mod cluster;
mod config;
mod container;
mod description;
mod events;
mod fields;
mod ingress;
mod namespace;
mod network_policy;
mod node;
mod pod;
mod service;
mod storage;
mod template;
mod workload;

use super::act::documents;
use super::printers::Row;
use super::resource::{Query, Selection, Targets};
use super::table::TabWriter;
use super::{Failure, Invocation, Next, component_status};
use crate::api::{Kind, Object, SimTime};
use crate::apiserver::Store;
use crate::process::Io;
use description::Description;
use serde_json::Value;
use std::rc::Rc;

/// The flags.
pub const FLAGS: &str =
    "A:all-namespaces? chunk-size# f:filename, k:kustomize R:recursive? l:selector show-events?";

/// The help.
pub const HELP: &str = "Show details of a specific resource or group of resources.

 Print a detailed description of the selected resources, including related resources such as events or controllers. You \
may select a single object by name, all objects of that type, provide a name prefix, or label selector. For example:

  $ kubectl describe TYPE NAME_PREFIX
  
 will first check for an exact match on TYPE and NAME_PREFIX. If no such resource exists, it will output details for \
every resource that has a name prefixed with NAME_PREFIX.

Usage:
  kubectl describe (-f FILENAME | TYPE [NAME_PREFIX | -l label] | TYPE/NAME) [options]";

/// `kubectl describe`. Fails as kubectl does when an object is not found.
pub fn run(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    if inv.args.first().is_some_and(|word| component_status::is_meant(word)) {
        return component_status::describe(inv, io);
    }
    let query = if inv.has("filename") {
        Query::of_documents(inv, documents::read(inv)?)?
    } else {
        Query::of(inv, &inv.args).listing()
    };
    if query.names_nothing() {
        return Err(Failure::client(
            "You must specify the type of resource to describe. Use \"kubectl api-resources\" for a complete list of \
             supported resources.",
        ));
    }
    let (store, now) = (io.api.store(), io.api.now);
    let targets = query.targets()?;
    let mut found = targets.find(store);
    found.failures.extend(query.unread.iter().cloned());
    let several = found.objects.len() > 1 || !found.failures.is_empty();
    let events = inv.is_or("show-events", !several);
    if let (Targets::Named(keys), false, 2) = (&targets, found.failures.is_empty(), query.args.len()) {
        let [key] = &keys[..] else { return Failure::all(found.failures).map(|()| Next::Done(0)) };
        let alike: Vec<Rc<Object>> = Selection::all(key.kind, query.namespace.as_deref())
            .find(store)
            .into_iter()
            .filter(|o| o.meta.name.starts_with(&*key.name))
            .collect();
        if alike.is_empty() {
            Failure::all(found.failures)?;
        }
        let text: String = alike.iter().map(|o| describe(store, o, now, events) + "\n").collect();
        io.out(text);
        return Next::OK;
    }
    if found.objects.is_empty() && found.failures.is_empty() {
        io.err(match &query.namespace {
            Some(namespace) => format!("No resources found in {namespace} namespace.\n"),
            None => "No resources found\n".to_string(),
        });
        return Next::OK;
    }
    let texts: Vec<String> = found.objects.iter().map(|o| describe(store, o, now, events)).collect();
    io.out(texts.join("\n\n"));
    Failure::all(found.failures)?;
    Next::OK
}

/// The description of an object.
pub fn describe(store: &Store, object: &Object, now: SimTime, events: bool) -> String {
    let mut description = Description::new(Row::new(object, now), store);
    describer(object.kind)(&mut description);
    if events && shows_events(object.kind) {
        description.events();
    }
    TabWriter::description().align(&description.out)
}

/// A pod template as `kubectl rollout history --revision` prints it: with its tabs.
pub fn template_text(store: &Store, object: &Object, template: &Value, now: SimTime) -> String {
    let mut description = Description::new(Row::new(object, now), store);
    description.template(template);
    description.out
}

pub(super) fn shows_events(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::Namespace
            | Kind::ResourceQuota
            | Kind::LimitRange
            | Kind::Secret
            | Kind::Role
            | Kind::ClusterRole
            | Kind::RoleBinding
            | Kind::ClusterRoleBinding
            | Kind::NetworkPolicy
    )
}

/// What describes a kind (describe.go: describerMap).
fn describer<'a>(kind: Kind) -> fn(&mut Description<'a>) {
    match kind {
        Kind::Namespace => Description::namespace,
        Kind::Pod => Description::pod,
        Kind::StatefulSet => Description::stateful_set,
        Kind::Deployment => Description::deployment,
        Kind::ReplicaSet => Description::replica_set,
        Kind::ReplicationController => Description::replication_controller,
        Kind::DaemonSet => Description::daemon_set,
        Kind::Job => Description::job,
        Kind::CronJob => Description::cron_job,
        Kind::Service => Description::service,
        Kind::Endpoints => Description::endpoints,
        Kind::EndpointSlice => Description::endpoint_slice,
        Kind::Ingress => Description::ingress,
        Kind::IngressClass => Description::ingress_class,
        Kind::NetworkPolicy => Description::network_policy,
        Kind::PersistentVolumeClaim => Description::persistent_volume_claim,
        Kind::PersistentVolume => Description::persistent_volume,
        Kind::StorageClass => Description::storage_class,
        Kind::Node => Description::node,
        Kind::ConfigMap => Description::config_map,
        Kind::Secret => Description::secret,
        Kind::ServiceAccount => Description::service_account,
        Kind::ResourceQuota => Description::resource_quota,
        Kind::LimitRange => Description::limit_range,
        Kind::PodDisruptionBudget => Description::pod_disruption_budget,
        Kind::PriorityClass => Description::priority_class,
        Kind::HorizontalPodAutoscaler => Description::horizontal_pod_autoscaler,
        Kind::CertificateSigningRequest => Description::certificate_signing_request,
        Kind::VolumeAttributesClass => Description::volume_attributes_class,
        Kind::CSINode => Description::csi_node,
        Kind::ServiceCIDR => Description::service_cidr,
        Kind::IPAddress => Description::ip_address,
        Kind::Role | Kind::ClusterRole => Description::role,
        Kind::RoleBinding | Kind::ClusterRoleBinding => Description::role_binding,
        _ => Description::unstructured,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubectl::printers::Width;

    #[test]
    fn every_line_of_every_description_can_be_written() {
        for info in crate::api::KINDS.iter().filter(|k| k.kind.is_served()) {
            let object = Object::from_value(
                info.kind,
                &serde_json::json!({"metadata": {"name": "x", "namespace": "y"}}),
            );
            let text = describe(&Store::default(), &object, SimTime(0), true);
            assert!(text.starts_with("Name:  "), "{}: {text}", info.name);
            crate::kubectl::printers::cells(&Row::new(&object, SimTime(0)), Width::Wide, "");
        }
    }
}
