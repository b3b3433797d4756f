//! The kinds of object that the API serves, and how the API and kubectl name them.

use super::Str;
use crate::base::text::common;

/// A kind of API object. Everything that Kubernetes 1.36 serves and a manifest of a stateful workload brings along is
/// here; only some are simulated ([`Kind::is_simulated`]), the rest is stored, listed and described.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Kind {
    Namespace,
    Node,
    PersistentVolume,
    StorageClass,
    PriorityClass,
    IngressClass,
    ClusterRole,
    ClusterRoleBinding,
    ConfigMap,
    Secret,
    ServiceAccount,
    ResourceQuota,
    LimitRange,
    Service,
    /// Only those that somebody made are stored; a Service's own are derived from its EndpointSlices when they are
    /// asked for, see `controllers::endpoint_slice::endpoints`.
    Endpoints,
    EndpointSlice,
    PersistentVolumeClaim,
    Pod,
    PodTemplate,
    ReplicationController,
    StatefulSet,
    Deployment,
    ReplicaSet,
    DaemonSet,
    ControllerRevision,
    Job,
    CronJob,
    HorizontalPodAutoscaler,
    PodDisruptionBudget,
    NetworkPolicy,
    Ingress,
    Role,
    RoleBinding,
    Lease,
    Event,
    CustomResourceDefinition,
    APIService,
    ValidatingWebhookConfiguration,
    MutatingWebhookConfiguration,
    CertificateSigningRequest,
    RuntimeClass,
    CSIDriver,
    CSINode,
    CSIStorageCapacity,
    VolumeAttachment,
    VolumeAttributesClass,
    ValidatingAdmissionPolicy,
    ValidatingAdmissionPolicyBinding,
    MutatingAdmissionPolicy,
    MutatingAdmissionPolicyBinding,
    FlowSchema,
    PriorityLevelConfiguration,
    ServiceCIDR,
    IPAddress,
    DeviceClass,
    ResourceClaim,
    ResourceClaimTemplate,
    ResourceSlice,
    /// Not an API object: the files on a volume, named after the PersistentVolume. Kept in the store so that the
    /// history covers them.
    VolumeFiles,
    /// Not an API object: what a pod's containers wrote to their logs and to their own file systems, named after the
    /// pod's uid.
    ContainerFiles,
    /// Not an API object: what the cluster's DNS knows and what its caches hold.
    Resolver,
    /// Not an API object: what was refused of the manifest that a command sent last.
    Refusal,
    /// Not an API object: something that the user broke.
    Fault,
    /// Not an API object: what `kubectl config` has changed of the kubeconfig file.
    Kubeconfig,
}

/// How the API and kubectl name a kind (the columns of `kubectl api-resources`).
#[derive(Clone, Copy, Debug)]
pub struct KindInfo {
    /// The kind itself.
    pub kind: Kind,
    /// `StatefulSet`
    pub name: &'static str,
    /// `apps`; empty for the core group.
    pub group: &'static str,
    /// `v1`
    pub version: &'static str,
    /// `statefulsets`
    pub plural: &'static str,
    /// `sts`
    pub short: &'static [&'static str],
    /// Whether its objects live in a namespace.
    pub namespaced: bool,
    /// Whether `kubectl get all` lists it.
    pub in_all: bool,
}

const fn row(
    kind: Kind,
    name: &'static str,
    group: &'static str,
    version: &'static str,
    plural: &'static str,
    short: &'static [&'static str],
    scope: &'static str,
) -> KindInfo {
    let scope = scope.as_bytes();
    KindInfo {
        kind,
        name,
        group,
        version,
        plural,
        short,
        namespaced: scope[0] == b'n',
        in_all: scope.len() > 1,
    }
}

/// Every kind in the order of [`Kind`]. Scope: `c` cluster, `n` namespaced, `na` namespaced and in the category `all`.
pub const KINDS: &[KindInfo] = &[
    row(Kind::Namespace, "Namespace", "", "v1", "namespaces", &["ns"], "c"),
    row(Kind::Node, "Node", "", "v1", "nodes", &["no"], "c"),
    row(Kind::PersistentVolume, "PersistentVolume", "", "v1", "persistentvolumes", &["pv"], "c"),
    row(Kind::StorageClass, "StorageClass", "storage.k8s.io", "v1", "storageclasses", &["sc"], "c"),
    row(Kind::PriorityClass, "PriorityClass", "scheduling.k8s.io", "v1", "priorityclasses", &["pc"], "c"),
    row(Kind::IngressClass, "IngressClass", "networking.k8s.io", "v1", "ingressclasses", &[], "c"),
    row(Kind::ClusterRole, "ClusterRole", "rbac.authorization.k8s.io", "v1", "clusterroles", &[], "c"),
    row(
        Kind::ClusterRoleBinding,
        "ClusterRoleBinding",
        "rbac.authorization.k8s.io",
        "v1",
        "clusterrolebindings",
        &[],
        "c",
    ),
    row(Kind::ConfigMap, "ConfigMap", "", "v1", "configmaps", &["cm"], "n"),
    row(Kind::Secret, "Secret", "", "v1", "secrets", &[], "n"),
    row(Kind::ServiceAccount, "ServiceAccount", "", "v1", "serviceaccounts", &["sa"], "n"),
    row(Kind::ResourceQuota, "ResourceQuota", "", "v1", "resourcequotas", &["quota"], "n"),
    row(Kind::LimitRange, "LimitRange", "", "v1", "limitranges", &["limits"], "n"),
    row(Kind::Service, "Service", "", "v1", "services", &["svc"], "na"),
    row(Kind::Endpoints, "Endpoints", "", "v1", "endpoints", &["ep"], "n"),
    row(Kind::EndpointSlice, "EndpointSlice", "discovery.k8s.io", "v1", "endpointslices", &[], "n"),
    row(
        Kind::PersistentVolumeClaim,
        "PersistentVolumeClaim",
        "",
        "v1",
        "persistentvolumeclaims",
        &["pvc"],
        "n",
    ),
    row(Kind::Pod, "Pod", "", "v1", "pods", &["po"], "na"),
    row(Kind::PodTemplate, "PodTemplate", "", "v1", "podtemplates", &[], "n"),
    row(
        Kind::ReplicationController,
        "ReplicationController",
        "",
        "v1",
        "replicationcontrollers",
        &["rc"],
        "na",
    ),
    row(Kind::StatefulSet, "StatefulSet", "apps", "v1", "statefulsets", &["sts"], "na"),
    row(Kind::Deployment, "Deployment", "apps", "v1", "deployments", &["deploy"], "na"),
    row(Kind::ReplicaSet, "ReplicaSet", "apps", "v1", "replicasets", &["rs"], "na"),
    row(Kind::DaemonSet, "DaemonSet", "apps", "v1", "daemonsets", &["ds"], "na"),
    row(Kind::ControllerRevision, "ControllerRevision", "apps", "v1", "controllerrevisions", &[], "n"),
    row(Kind::Job, "Job", "batch", "v1", "jobs", &[], "na"),
    row(Kind::CronJob, "CronJob", "batch", "v1", "cronjobs", &["cj"], "na"),
    row(
        Kind::HorizontalPodAutoscaler,
        "HorizontalPodAutoscaler",
        "autoscaling",
        "v2",
        "horizontalpodautoscalers",
        &["hpa"],
        "na",
    ),
    row(
        Kind::PodDisruptionBudget,
        "PodDisruptionBudget",
        "policy",
        "v1",
        "poddisruptionbudgets",
        &["pdb"],
        "n",
    ),
    row(Kind::NetworkPolicy, "NetworkPolicy", "networking.k8s.io", "v1", "networkpolicies", &["netpol"], "n"),
    row(Kind::Ingress, "Ingress", "networking.k8s.io", "v1", "ingresses", &["ing"], "n"),
    row(Kind::Role, "Role", "rbac.authorization.k8s.io", "v1", "roles", &[], "n"),
    row(Kind::RoleBinding, "RoleBinding", "rbac.authorization.k8s.io", "v1", "rolebindings", &[], "n"),
    row(Kind::Lease, "Lease", "coordination.k8s.io", "v1", "leases", &[], "n"),
    row(Kind::Event, "Event", "", "v1", "events", &["ev"], "n"),
    row(
        Kind::CustomResourceDefinition,
        "CustomResourceDefinition",
        "apiextensions.k8s.io",
        "v1",
        "customresourcedefinitions",
        &["crd", "crds"],
        "c",
    ),
    row(Kind::APIService, "APIService", "apiregistration.k8s.io", "v1", "apiservices", &[], "c"),
    row(
        Kind::ValidatingWebhookConfiguration,
        "ValidatingWebhookConfiguration",
        "admissionregistration.k8s.io",
        "v1",
        "validatingwebhookconfigurations",
        &[],
        "c",
    ),
    row(
        Kind::MutatingWebhookConfiguration,
        "MutatingWebhookConfiguration",
        "admissionregistration.k8s.io",
        "v1",
        "mutatingwebhookconfigurations",
        &[],
        "c",
    ),
    row(
        Kind::CertificateSigningRequest,
        "CertificateSigningRequest",
        "certificates.k8s.io",
        "v1",
        "certificatesigningrequests",
        &["csr"],
        "c",
    ),
    row(Kind::RuntimeClass, "RuntimeClass", "node.k8s.io", "v1", "runtimeclasses", &[], "c"),
    row(Kind::CSIDriver, "CSIDriver", "storage.k8s.io", "v1", "csidrivers", &[], "c"),
    row(Kind::CSINode, "CSINode", "storage.k8s.io", "v1", "csinodes", &[], "c"),
    row(
        Kind::CSIStorageCapacity,
        "CSIStorageCapacity",
        "storage.k8s.io",
        "v1",
        "csistoragecapacities",
        &[],
        "n",
    ),
    row(Kind::VolumeAttachment, "VolumeAttachment", "storage.k8s.io", "v1", "volumeattachments", &[], "c"),
    row(
        Kind::VolumeAttributesClass,
        "VolumeAttributesClass",
        "storage.k8s.io",
        "v1",
        "volumeattributesclasses",
        &["vac"],
        "c",
    ),
    row(
        Kind::ValidatingAdmissionPolicy,
        "ValidatingAdmissionPolicy",
        "admissionregistration.k8s.io",
        "v1",
        "validatingadmissionpolicies",
        &[],
        "c",
    ),
    row(
        Kind::ValidatingAdmissionPolicyBinding,
        "ValidatingAdmissionPolicyBinding",
        "admissionregistration.k8s.io",
        "v1",
        "validatingadmissionpolicybindings",
        &[],
        "c",
    ),
    row(
        Kind::MutatingAdmissionPolicy,
        "MutatingAdmissionPolicy",
        "admissionregistration.k8s.io",
        "v1",
        "mutatingadmissionpolicies",
        &[],
        "c",
    ),
    row(
        Kind::MutatingAdmissionPolicyBinding,
        "MutatingAdmissionPolicyBinding",
        "admissionregistration.k8s.io",
        "v1",
        "mutatingadmissionpolicybindings",
        &[],
        "c",
    ),
    row(Kind::FlowSchema, "FlowSchema", "flowcontrol.apiserver.k8s.io", "v1", "flowschemas", &[], "c"),
    row(
        Kind::PriorityLevelConfiguration,
        "PriorityLevelConfiguration",
        "flowcontrol.apiserver.k8s.io",
        "v1",
        "prioritylevelconfigurations",
        &[],
        "c",
    ),
    row(Kind::ServiceCIDR, "ServiceCIDR", "networking.k8s.io", "v1", "servicecidrs", &[], "c"),
    row(Kind::IPAddress, "IPAddress", "networking.k8s.io", "v1", "ipaddresses", &["ip"], "c"),
    row(Kind::DeviceClass, "DeviceClass", "resource.k8s.io", "v1", "deviceclasses", &[], "c"),
    row(Kind::ResourceClaim, "ResourceClaim", "resource.k8s.io", "v1", "resourceclaims", &[], "n"),
    row(
        Kind::ResourceClaimTemplate,
        "ResourceClaimTemplate",
        "resource.k8s.io",
        "v1",
        "resourceclaimtemplates",
        &[],
        "n",
    ),
    row(Kind::ResourceSlice, "ResourceSlice", "resource.k8s.io", "v1", "resourceslices", &[], "c"),
    row(Kind::VolumeFiles, "VolumeFiles", "ordinal.internal", "v1", "volumefiles", &[], "c"),
    row(Kind::ContainerFiles, "ContainerFiles", "ordinal.internal", "v1", "containerfiles", &[], "c"),
    row(Kind::Resolver, "Resolver", "ordinal.internal", "v1", "resolvers", &[], "c"),
    row(Kind::Refusal, "Refusal", "ordinal.internal", "v1", "refusals", &[], "c"),
    row(Kind::Fault, "Fault", "ordinal.internal", "v1", "faults", &[], "c"),
    row(Kind::Kubeconfig, "Kubeconfig", "ordinal.internal", "v1", "kubeconfigs", &[], "c"),
];

impl Kind {
    /// How the API and kubectl name it.
    pub fn info(self) -> &'static KindInfo {
        &KINDS[self as usize]
    }

    /// `StatefulSet`
    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// Whether the API serves it (and not only this simulator's own bookkeeping).
    pub fn is_served(self) -> bool {
        self < Kind::VolumeFiles
    }

    /// Whether anything happens to its objects; the others are only kept.
    pub fn is_simulated(self) -> bool {
        use Kind::*;
        matches!(
            self,
            Namespace
                | Node
                | PersistentVolume
                | StorageClass
                | PriorityClass
                | ConfigMap
                | Secret
                | PodDisruptionBudget
                | DaemonSet
                | ResourceQuota
                | Service
                | Endpoints
                | EndpointSlice
                | PersistentVolumeClaim
                | Pod
                | StatefulSet
                | Deployment
                | ReplicaSet
                | Job
                | CronJob
                | ControllerRevision
                | Event
        )
    }

    /// The kind of this `kind:` and `apiVersion:`, if the API serves it.
    pub fn of_manifest(api_version: &str, kind: &str) -> Option<Kind> {
        KINDS
            .iter()
            .find(|k| k.kind.is_served() && k.name == kind && k.api_version_is(api_version))
            .map(|k| k.kind)
    }

    /// The kind that kubectl means by this word: plural, singular or short name, in any case, with or without
    /// version and group (`sts`, `statefulset.apps`, `statefulsets.v1.apps`).
    pub fn of_resource(word: &str) -> Option<Kind> {
        let word = word.to_ascii_lowercase();
        let (name, rest) = word.split_once('.').unwrap_or((&word, ""));
        KINDS
            .iter()
            .find(|k| {
                let names_it = k.plural == name || k.singular() == name || k.short.contains(&name);
                let group_is = rest.is_empty()
                    || rest == k.group
                    || rest
                        .strip_prefix(k.version)
                        .is_some_and(|g| g.strip_prefix('.').unwrap_or(g) == k.group);
                k.kind.is_served() && names_it && group_is
            })
            .map(|k| k.kind)
    }
}

impl KindInfo {
    /// `apps/v1`, or `v1` for the core group.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_string()
        } else {
            [self.group, "/", self.version].concat()
        }
    }

    /// [`KindInfo::api_version`] as objects share it.
    pub fn common_api_version(&self) -> Str {
        if self.group.is_empty() { common(self.version) } else { common(&self.api_version()) }
    }

    /// Whether this is its `apiVersion`.
    pub fn api_version_is(&self, api_version: &str) -> bool {
        match api_version.split_once('/') {
            None => self.group.is_empty() && self.version == api_version,
            Some((group, version)) => self.group == group && self.version == version,
        }
    }

    /// `statefulset`
    pub fn singular(&self) -> String {
        self.name.to_ascii_lowercase()
    }

    /// `statefulsets.apps`, as errors name it; the core group has no suffix.
    pub fn qualified_plural(&self) -> String {
        if self.group.is_empty() {
            self.plural.to_string()
        } else {
            format!("{}.{}", self.plural, self.group)
        }
    }

    /// `statefulset.apps`, as kubectl's `created` and `configured` name it.
    pub fn qualified_singular(&self) -> String {
        if self.group.is_empty() { self.singular() } else { format!("{}.{}", self.singular(), self.group) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_enum() {
        for (at, info) in KINDS.iter().enumerate() {
            assert_eq!(at, info.kind as usize, "{}", info.name);
        }
    }

    #[test]
    fn resources_are_found_by_all_their_names() {
        for word in ["sts", "statefulset", "StatefulSets", "statefulset.apps", "statefulsets.v1.apps"] {
            assert_eq!(Kind::of_resource(word), Some(Kind::StatefulSet), "{word}");
        }
        for word in ["statefullset", "sts.batch", "volumefiles", ""] {
            assert_eq!(Kind::of_resource(word), None, "{word}");
        }
        assert_eq!(Kind::of_manifest("apps/v1", "StatefulSet"), Some(Kind::StatefulSet));
        assert_eq!(Kind::of_manifest("v1", "StatefulSet"), None);
    }
}
