//! One object of any kind.

use super::Kind;
use super::event::Event;
use super::fault::Fault;
use super::meta::{Key, ObjectMeta};
use super::node::Node;
use super::pod::{Pod, PodSpec, PodStatus};
use super::read::{Writer, get, without_meta};
use super::refusal::Refusal;
use super::resolver::{Asked, Cached, Caching, Corefile};
use super::service::{EndpointSlice, Service};
use super::stateful_set::{ControllerRevision, StatefulSet};
use super::volume::{ContainerFiles, PersistentVolume, PersistentVolumeClaim, StorageClass, VolumeFiles};
use super::workload::{Deployment, ReplicaSet};
use crate::base::shared_map::SharedMap;
use crate::base::time::Span;
use serde_json::Value;
use std::rc::Rc;

/// One object: its kind, its metadata, and the rest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Object {
    pub kind: Kind,
    /// Its metadata.
    pub meta: ObjectMeta,
    /// The rest.
    pub body: Body,
}

/// What an object says beside its metadata.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Body {
    Pod(Pod),
    StatefulSet(StatefulSet),
    ControllerRevision(ControllerRevision),
    Deployment(Deployment),
    ReplicaSet(ReplicaSet),
    Service(Service),
    EndpointSlice(EndpointSlice),
    PersistentVolumeClaim(PersistentVolumeClaim),
    PersistentVolume(PersistentVolume),
    StorageClass(StorageClass),
    Node(Node),
    Event(Event),
    VolumeFiles(VolumeFiles),
    ContainerFiles(ContainerFiles),
    Resolver(Resolver),
    Refusal(Refusal),
    Fault(Fault),
    /// Any other kind: stored, listed and described as it came, without `metadata`.
    Other(Rc<Value>),
}

macro_rules! accessors {
    ($($kind:ident $read:ident $write:ident)*) => {
        impl Object {
            $(
                #[doc = concat!("Its ", stringify!($kind), ". Panics if the object is of another kind.")]
                #[track_caller]
                pub fn $read(&self) -> &$kind {
                    match &self.body {
                        Body::$kind(body) => body,
                        _ => wrong_kind(self.kind),
                    }
                }
                #[doc = concat!("Its ", stringify!($kind), ", to change. Panics if the object is of another kind.")]
                #[track_caller]
                pub fn $write(&mut self) -> &mut $kind {
                    match &mut self.body {
                        Body::$kind(body) => body,
                        _ => wrong_kind(self.kind),
                    }
                }
            )*
        }
    };
}

#[track_caller]
fn wrong_kind(kind: Kind) -> ! {
    panic!("not that kind of object, but a {}", kind.name())
}

accessors! {
    Pod pod pod_mut
    StatefulSet stateful_set stateful_set_mut
    ControllerRevision controller_revision controller_revision_mut
    Deployment deployment deployment_mut
    ReplicaSet replica_set replica_set_mut
    Service service service_mut
    EndpointSlice endpoint_slice endpoint_slice_mut
    PersistentVolumeClaim claim claim_mut
    PersistentVolume volume volume_mut
    StorageClass storage_class storage_class_mut
    Node node node_mut
    Event event event_mut
    VolumeFiles volume_files volume_files_mut
    ContainerFiles container_files container_files_mut
    Resolver resolver resolver_mut
    Refusal refusal refusal_mut
    Fault fault fault_mut
}

impl Object {
    /// An object.
    pub fn new(kind: Kind, meta: ObjectMeta, body: Body) -> Object {
        Object { kind, meta, body }
    }

    pub fn key(&self) -> Key {
        Key { kind: self.kind, namespace: self.meta.namespace.clone(), name: self.meta.name.clone() }
    }

    /// Reads an object of this kind from a tree that was decoded, checked and defaulted (see `manifest`).
    pub fn from_value(kind: Kind, v: &Value) -> Object {
        let body = match kind {
            Kind::Pod => {
                let mut pod = Pod::new(PodSpec::from_value(get(v, "spec")));
                if v.get("status").is_some_and(|s| s.get("phase").is_some()) {
                    pod.status = PodStatus::from_value(get(v, "status"));
                }
                Body::Pod(pod)
            }
            Kind::StatefulSet => Body::StatefulSet(StatefulSet::from_value(v)),
            Kind::ControllerRevision => Body::ControllerRevision(ControllerRevision::from_value(v)),
            Kind::Deployment => Body::Deployment(Deployment::from_value(v)),
            Kind::ReplicaSet => Body::ReplicaSet(ReplicaSet::from_value(v)),
            Kind::Service => Body::Service(Service::from_value(v)),
            Kind::EndpointSlice => Body::EndpointSlice(EndpointSlice::from_value(v)),
            Kind::PersistentVolumeClaim => Body::PersistentVolumeClaim(PersistentVolumeClaim::from_value(v)),
            Kind::PersistentVolume => Body::PersistentVolume(PersistentVolume::from_value(v)),
            Kind::StorageClass => Body::StorageClass(StorageClass::from_value(v)),
            Kind::Node => Body::Node(Node::from_value(v)),
            Kind::Event => Body::Event(Event::from_value(v)),
            Kind::VolumeFiles
            | Kind::ContainerFiles
            | Kind::Resolver
            | Kind::Refusal
            | Kind::Fault
            | Kind::Kubeconfig => wrong_kind(kind),
            _ => Body::Other(Rc::new(without_meta(v))),
        };
        Object { kind, meta: ObjectMeta::from_value(get(v, "metadata")), body }
    }

    /// Writes the object as the API server gives it out (`-o json`), without `managedFields`.
    pub fn to_value(&self) -> Value {
        let info = self.kind.info();
        let w = Writer::new()
            .put("apiVersion", info.api_version())
            .put("kind", info.name)
            .put("metadata", self.meta.to_value());
        match &self.body {
            Body::Pod(p) => w.put("spec", p.spec.to_value()).put("status", p.status.to_value(&p.spec)).done(),
            Body::StatefulSet(s) => {
                w.put("spec", (*s.spec.raw).clone()).put("status", s.status.to_value()).done()
            }
            Body::ControllerRevision(r) => {
                w.put("data", (*r.data).clone()).put("revision", r.revision).done()
            }
            Body::Deployment(d) => {
                w.put("spec", (*d.spec.raw).clone()).put("status", d.status.to_value()).done()
            }
            Body::ReplicaSet(r) => {
                w.put("spec", (*r.spec.raw).clone()).put("status", r.status.to_value()).done()
            }
            Body::Service(s) => {
                let status = Writer::new().put("loadBalancer", Writer::new().done()).done();
                w.put("spec", s.spec_value()).put("status", status).done()
            }
            Body::EndpointSlice(e) => e.write(w).done(),
            Body::PersistentVolumeClaim(c) => {
                w.put("spec", c.spec.to_value()).put("status", c.status_value()).done()
            }
            Body::PersistentVolume(p) => w.put("spec", p.spec_value()).put("status", p.status_value()).done(),
            Body::StorageClass(s) => merge(w.done(), &s.raw),
            Body::Node(n) => n.write(w).done(),
            Body::Event(e) => e.write(w).done(),
            Body::VolumeFiles(_)
            | Body::ContainerFiles(_)
            | Body::Resolver(_)
            | Body::Refusal(_)
            | Body::Fault(_) => w.done(),
            Body::Other(v) => merge(w.done(), v),
        }
    }
}

fn merge(mut v: Value, more: &Value) -> Value {
    if let (Some(o), Some(more)) = (v.as_object_mut(), more.as_object()) {
        o.extend(more.iter().map(|(k, v)| (k.clone(), v.clone())));
    }
    v
}

/// What the cluster's DNS knows and keeps. It holds objects, and so it stands beside them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Resolver {
    /// Which caches there are.
    pub caching: Caching,
    /// How long after a pod's change its EndpointSlice is written, and after that CoreDNS knows.
    pub delays: [Span; 2],
    /// The Services, EndpointSlices and namespaces that CoreDNS has been told of.
    pub known: Rc<ObjectCache>,
    /// What the caches hold.
    pub cache: Rc<[Cached]>,
    /// The question that the user asked last.
    pub asked: Option<Rc<Asked>>,
    /// The question that is asked once a second, with its newest answer.
    pub watched: Option<Rc<Asked>>,
    /// How CoreDNS is configured; none before somebody has looked at its objects: then it is as kubeadm sets it up.
    pub corefile: Option<Rc<Corefile>>,
}

/// Objects of a few kinds by their keys, as an informer holds them (client-go's `cache.Store`). Copies share what they have
/// in common.
#[derive(Clone, Default, Debug)]
pub struct ObjectCache(SharedMap<Key, Rc<Object>>);

impl ObjectCache {
    /// The object of this key.
    pub fn get(&self, key: &Key) -> Option<&Rc<Object>> {
        self.0.get(key)
    }

    /// A namespaced object, or with an empty namespace a cluster-scoped one.
    pub fn find(&self, kind: Kind, namespace: &str, name: &str) -> Option<&Rc<Object>> {
        self.get(&Key::new(kind, namespace, name))
    }

    /// All objects of a kind, by namespace and name.
    pub fn list(&self, kind: Kind) -> impl Iterator<Item = &Rc<Object>> {
        self.0.iter().filter(move |(key, _)| key.kind == kind).map(|(_, object)| object)
    }

    /// All objects of a kind in a namespace, by name.
    pub fn list_in(&self, kind: Kind, namespace: &str) -> impl Iterator<Item = &Rc<Object>> {
        self.list(kind).filter(move |object| *object.meta.namespace == *namespace)
    }

    /// Puts an object in, or takes it out.
    pub fn put(&mut self, key: &Key, object: Option<Rc<Object>>) {
        match &object {
            Some(object) => {
                let kept = self.0.entry(key, || (key.clone(), object.clone()));
                *kept = object.clone();
            }
            None => drop(self.0.remove(key)),
        }
    }
}

impl PartialEq for ObjectCache {
    fn eq(&self, other: &ObjectCache) -> bool {
        self.0.is_copy_of(&other.0) || self.0.iter().eq(other.0.iter())
    }
}

impl Eq for ObjectCache {}
