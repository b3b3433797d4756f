//! The columns of `kubectl get`, for every kind. Models `pkg/printers/internalversion/printers.go`.
//!
//! A kind is a table of `Column`s in the file of its like, and a row of `columns`.

mod access;
mod cell;
mod cluster;
mod config;
mod node;
mod pod;
mod row;
mod service;
mod storage;
mod workload;

use crate::api::Kind;
pub use access::csr_status;
pub use cell::{age, at, labels, or, some_and_more, text};
pub use node::{node_roles, node_status};
pub use pod::{PodSummary, pod_status, pod_summary};
use row::{AGE, Column, NAME, field};
pub use row::{Row, boolean, is_default, labels_or_none, selector};
pub use service::load_balancer;
pub use storage::{access_modes, capacity, claim};

static NAME_AND_AGE: &[Column] = &[NAME, AGE];
/// What the API server itself prints, for kinds that printers.go doesn't know.
static NAME_AND_CREATED: &[Column] = &[NAME, field("CREATED AT", "{metadata.creationTimestamp}")];

/// The columns of a kind.
fn columns(kind: Kind) -> &'static [Column] {
    match kind {
        Kind::Namespace => config::NAMESPACE,
        Kind::Node => node::NODE,
        Kind::PersistentVolume => storage::PERSISTENT_VOLUME,
        Kind::PersistentVolumeClaim => storage::PERSISTENT_VOLUME_CLAIM,
        Kind::StorageClass => storage::STORAGE_CLASS,
        Kind::PriorityClass => cluster::PRIORITY_CLASS,
        Kind::IngressClass => service::INGRESS_CLASS,
        Kind::ClusterRoleBinding | Kind::RoleBinding => access::ROLE_BINDING,
        Kind::ConfigMap => config::CONFIG_MAP,
        Kind::Secret => config::SECRET,
        Kind::ResourceQuota => config::RESOURCE_QUOTA,
        Kind::Service => service::SERVICE,
        Kind::Endpoints => service::ENDPOINTS,
        Kind::EndpointSlice => service::ENDPOINT_SLICE,
        Kind::Pod => pod::POD,
        Kind::PodTemplate => workload::POD_TEMPLATE,
        Kind::ReplicationController => workload::REPLICATION_CONTROLLER,
        Kind::StatefulSet => workload::STATEFUL_SET,
        Kind::Deployment => workload::DEPLOYMENT,
        Kind::ReplicaSet => workload::REPLICA_SET,
        Kind::DaemonSet => workload::DAEMON_SET,
        Kind::ControllerRevision => workload::CONTROLLER_REVISION,
        Kind::Job => workload::JOB,
        Kind::CronJob => workload::CRON_JOB,
        Kind::HorizontalPodAutoscaler => workload::HORIZONTAL_POD_AUTOSCALER,
        Kind::PodDisruptionBudget => workload::POD_DISRUPTION_BUDGET,
        Kind::NetworkPolicy => service::NETWORK_POLICY,
        Kind::Ingress => service::INGRESS,
        Kind::Lease => cluster::LEASE,
        Kind::Event => config::EVENT,
        Kind::ValidatingWebhookConfiguration | Kind::MutatingWebhookConfiguration => {
            access::WEBHOOK_CONFIGURATION
        }
        Kind::CertificateSigningRequest => access::CERTIFICATE_SIGNING_REQUEST,
        Kind::RuntimeClass => cluster::RUNTIME_CLASS,
        Kind::CSIDriver => storage::CSI_DRIVER,
        Kind::CSINode => storage::CSI_NODE,
        Kind::CSIStorageCapacity => storage::CSI_STORAGE_CAPACITY,
        Kind::VolumeAttachment => storage::VOLUME_ATTACHMENT,
        Kind::VolumeAttributesClass => storage::VOLUME_ATTRIBUTES_CLASS,
        Kind::ValidatingAdmissionPolicy => access::VALIDATING_ADMISSION_POLICY,
        Kind::MutatingAdmissionPolicy => access::MUTATING_ADMISSION_POLICY,
        Kind::ValidatingAdmissionPolicyBinding | Kind::MutatingAdmissionPolicyBinding => {
            access::ADMISSION_POLICY_BINDING
        }
        Kind::FlowSchema => cluster::FLOW_SCHEMA,
        Kind::PriorityLevelConfiguration => cluster::PRIORITY_LEVEL_CONFIGURATION,
        Kind::ServiceCIDR => cluster::SERVICE_CIDR,
        Kind::IPAddress => cluster::IP_ADDRESS,
        Kind::ResourceClaim => cluster::RESOURCE_CLAIM,
        Kind::ResourceSlice => cluster::RESOURCE_SLICE,
        Kind::APIService => cluster::API_SERVICE,
        Kind::ServiceAccount | Kind::DeviceClass | Kind::ResourceClaimTemplate => NAME_AND_AGE,
        _ => NAME_AND_CREATED,
    }
}

/// Who makes a table, and how wide it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Width {
    /// The server's columns.
    Plain,
    /// The server's columns, those for `-o wide` too.
    Wide,
    /// kubectl itself, which knows of no kind more than its name and its age (`tableprinter.go: defaultHandlerEntry`).
    Client,
}

fn shown(kind: Kind, width: Width) -> impl Iterator<Item = &'static Column> {
    let columns = if width == Width::Client { NAME_AND_AGE } else { columns(kind) };
    columns.iter().filter(move |column| width == Width::Wide || !column.wide)
}

/// The headers of a kind's columns.
pub fn headers(kind: Kind, width: Width) -> Vec<&'static str> {
    shown(kind, width).map(|column| column.header).collect()
}

/// The cells of an object's columns. `kind_prefix` is put before the name, such as `pod/`.
pub fn cells(row: &Row, width: Width, kind_prefix: &str) -> Vec<String> {
    shown(row.object.kind, width).map(|column| row.cell(column, kind_prefix)).collect()
}
