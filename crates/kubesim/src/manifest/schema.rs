//! Which fields each kind has, of which type, and how they are kept, merged and simulated.
//!
//! The fields come from `schema.txt`, made from the Go types of Kubernetes by `cargo xtask schema` (its head tells the
//! notation); what is simulated comes from `simulated.txt`, which is written by hand. Both are read where they lie:
//! nothing is unpacked but an index of the lines.

use std::sync::OnceLock;

/// A kind that the API server knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Group and version as a manifest writes them, e.g. `apps/v1`.
    pub api_version: &'static str,
    /// E.g. `StatefulSet`.
    pub name: &'static str,
    /// The resource in a URL and in kubectl's output, e.g. `statefulsets`.
    pub plural: &'static str,
    /// Whether its objects lie in namespaces.
    pub namespaced: bool,
}

impl Kind {
    /// The group, empty for the core's.
    pub fn group(&self) -> &'static str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }

    /// The version, e.g. `v1`.
    pub fn version(&self) -> &'static str {
        self.api_version.split_once('/').map_or(self.api_version, |(_, version)| version)
    }

    /// The name of its type in the table.
    pub(super) fn type_name(&self) -> TypeRef {
        match self.api_version {
            "autoscaling/v2" => TypeRef("v2.HorizontalPodAutoscaler"),
            _ => TypeRef(self.name),
        }
    }

    /// `statefulset.apps` or `service`: how kubectl names one object's resource.
    pub fn singular(&self) -> String {
        let singular = self.name.to_ascii_lowercase();
        match self.group() {
            "" => singular,
            group => format!("{singular}.{group}"),
        }
    }

    /// `statefulsets.apps` or `services`: how the API server names the resource.
    pub fn group_resource(&self) -> String {
        match self.group() {
            "" => self.plural.to_owned(),
            group => format!("{}.{group}", self.plural),
        }
    }
}

const fn kind(api_version: &'static str, name: &'static str, plural: &'static str, namespaced: bool) -> Kind {
    Kind { api_version, name, plural, namespaced }
}

/// All kinds that a manifest may hold.
pub const KINDS: &[Kind] = &[
    kind("v1", "ConfigMap", "configmaps", true),
    kind("v1", "Endpoints", "endpoints", true),
    kind("v1", "Event", "events", true),
    kind("v1", "LimitRange", "limitranges", true),
    kind("v1", "Namespace", "namespaces", false),
    kind("v1", "Node", "nodes", false),
    kind("v1", "PersistentVolume", "persistentvolumes", false),
    kind("v1", "PersistentVolumeClaim", "persistentvolumeclaims", true),
    kind("v1", "Pod", "pods", true),
    kind("v1", "PodTemplate", "podtemplates", true),
    kind("v1", "ReplicationController", "replicationcontrollers", true),
    kind("v1", "ResourceQuota", "resourcequotas", true),
    kind("v1", "Secret", "secrets", true),
    kind("v1", "Service", "services", true),
    kind("v1", "ServiceAccount", "serviceaccounts", true),
    kind("apps/v1", "ControllerRevision", "controllerrevisions", true),
    kind("apps/v1", "DaemonSet", "daemonsets", true),
    kind("apps/v1", "Deployment", "deployments", true),
    kind("apps/v1", "ReplicaSet", "replicasets", true),
    kind("apps/v1", "StatefulSet", "statefulsets", true),
    kind("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", true),
    kind("batch/v1", "CronJob", "cronjobs", true),
    kind("batch/v1", "Job", "jobs", true),
    kind("coordination.k8s.io/v1", "Lease", "leases", true),
    kind("discovery.k8s.io/v1", "EndpointSlice", "endpointslices", true),
    kind("networking.k8s.io/v1", "Ingress", "ingresses", true),
    kind("networking.k8s.io/v1", "IngressClass", "ingressclasses", false),
    kind("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", true),
    kind("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets", true),
    kind("rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles", false),
    kind("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "clusterrolebindings", false),
    kind("rbac.authorization.k8s.io/v1", "Role", "roles", true),
    kind("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings", true),
    kind("scheduling.k8s.io/v1", "PriorityClass", "priorityclasses", false),
    kind("storage.k8s.io/v1", "StorageClass", "storageclasses", false),
];

/// The kind of that group and version, if the API server serves it.
pub fn find_kind(api_version: &str, name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name && kind.api_version == api_version)
}

/// A type in the table's notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TypeRef(pub &'static str);

/// What a type is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Text,
    Bool,
    Int32,
    Int64,
    Float,
    Quantity,
    IntOrString,
    Time,
    Bytes,
    Any,
    List(TypeRef),
    Map(TypeRef),
    Struct,
}

/// When a field is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// Not when it has its type's zero value.
    OmitEmpty,
    /// Not when it isn't set; a set zero value stays.
    Pointer,
    /// Not when it is a struct without any field set.
    OmitZero,
    /// Always.
    Always,
    /// Always, `null` when not set.
    PointerAlways,
}

/// A field of a struct.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub name: &'static str,
    pub kept: Kept,
    pub type_ref: TypeRef,
    /// Lists of objects are merged by this key; empty: by value.
    pub merge_key: Option<&'static str>,
    /// A patch removes what it does not name.
    pub retain_keys: bool,
    /// The embedded struct that really holds it.
    pub embedded_in: Option<&'static str>,
}

const TABLE: &str = include_str!("schema.txt");
const SIMULATED: &str = include_str!("simulated.txt");

type Lines = Vec<(&'static str, &'static str)>;

fn index(text: &'static str) -> Lines {
    let mut lines: Lines = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| {
            let end = line.find([' ', '=']).unwrap_or(line.len());
            line.split_at(end)
        })
        .collect();
    lines.sort_unstable();
    lines
}

fn look_up(lines: &Lines, name: &str) -> Option<&'static str> {
    let place = lines.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
    Some(lines[place].1)
}

fn definition(name: &str) -> &'static str {
    static LINES: OnceLock<Lines> = OnceLock::new();
    look_up(LINES.get_or_init(|| index(TABLE)), name).unwrap_or_default()
}

fn simulated_fields(name: &str) -> Option<&'static str> {
    static LINES: OnceLock<Lines> = OnceLock::new();
    look_up(LINES.get_or_init(|| index(SIMULATED)), name)
}

impl TypeRef {
    /// The type without its name, if that is no struct's.
    fn resolved(self) -> TypeRef {
        match definition(self.0).strip_prefix('=') {
            Some(other) => TypeRef(other),
            None => self,
        }
    }

    pub fn shape(self) -> Shape {
        let resolved = self.resolved();
        let rest = TypeRef(resolved.0.get(1..).unwrap_or_default());
        match resolved.0 {
            "s" => Shape::Text,
            "b" => Shape::Bool,
            "i" => Shape::Int32,
            "l" => Shape::Int64,
            "f" => Shape::Float,
            "q" => Shape::Quantity,
            "o" => Shape::IntOrString,
            "t" | "u" => Shape::Time,
            "y" => Shape::Bytes,
            "r" => Shape::Any,
            other => match other.as_bytes().first() {
                Some(b'$') => Shape::Text,
                Some(b'#') => Shape::Int32,
                Some(b'[') => Shape::List(rest),
                Some(b'{') => Shape::Map(rest),
                _ => Shape::Struct,
            },
        }
    }

    /// The type as Go prints it in an error.
    pub fn go_name(self) -> String {
        let plain = match self.0 {
            "s" => "string",
            "b" => "bool",
            "i" => "int32",
            "l" => "int64",
            "f" => "float64",
            "q" => "resource.Quantity",
            "o" => "intstr.IntOrString",
            "t" => "v1.Time",
            "u" => "v1.MicroTime",
            "y" => "[]uint8",
            "r" => "runtime.RawExtension",
            _ => "",
        };
        if !plain.is_empty() {
            return plain.to_owned();
        }
        let rest = TypeRef(self.0.get(1..).unwrap_or_default());
        match self.0.as_bytes().first() {
            Some(b'[') => format!("[]{}", rest.go_name()),
            Some(b'{') => format!("map[string]{}", rest.go_name()),
            Some(b'$' | b'#') => rest.go_name(),
            _ if self.0.contains('.') => self.struct_name().to_owned(),
            _ => format!("v1.{}", self.struct_name()),
        }
    }

    /// The struct's name as Go prints it.
    pub fn struct_name(self) -> &'static str {
        self.0.trim_end_matches('\'')
    }

    /// Its fields in the order of declaration, those of embedded structs in their place.
    pub fn fields(self) -> Vec<Field> {
        let mut fields = Vec::new();
        for word in definition(self.0).split_ascii_whitespace() {
            match word.strip_prefix('+') {
                Some(embedded) => fields.extend(
                    TypeRef(embedded)
                        .fields()
                        .into_iter()
                        .map(|field| Field { embedded_in: Some(embedded), ..field }),
                ),
                None => fields.push(parse_field(word)),
            }
        }
        fields
    }

    /// Its field of that exact name.
    pub fn field(self, name: &str) -> Option<Field> {
        for word in definition(self.0).split_ascii_whitespace() {
            if let Some(embedded) = word.strip_prefix('+') {
                if let Some(field) = TypeRef(embedded).field(name) {
                    return Some(Field { embedded_in: Some(embedded), ..field });
                }
            } else if word.strip_prefix(name).is_some_and(|rest| rest.starts_with(['=', ':', '*', '?', '~']))
            {
                return Some(parse_field(word));
            }
        }
        None
    }

    /// Whether the simulation heeds the field. Types that `simulated.txt` does not name are heeded or not as a whole,
    /// with the field that holds them.
    pub fn simulates(self, field: &str) -> bool {
        match simulated_fields(self.0) {
            None => true,
            Some(fields) => fields.split_ascii_whitespace().any(|known| known == field),
        }
    }
}

fn parse_field(word: &'static str) -> Field {
    let end = word.find(['=', ':', '*', '?', '~']).unwrap_or(word.len() - 1);
    let (name, rest) = word.split_at(end);
    let (kept, rest) = rest.split_at(1);
    let retain_keys = rest.ends_with('!');
    let rest = rest.trim_end_matches('!');
    let (type_ref, merge_key) = match rest.split_once('@') {
        Some((type_ref, key)) => (type_ref, Some(key)),
        None => (rest, None),
    };
    let kept = match kept {
        "*" => Kept::Pointer,
        "?" => Kept::OmitZero,
        "=" => Kept::Always,
        "~" => Kept::PointerAlways,
        _ => Kept::OmitEmpty,
    };
    Field { name, kept, type_ref: TypeRef(type_ref), merge_key, retain_keys, embedded_in: None }
}
