//! Writes crates/kubesim/src/schema/schema.txt and schema-more.txt from the Go types of Kubernetes. The first is of the types
//! that every story needs; the second is a text of its own, so that the page need not load it at once.
//!
//! `cargo xtask schema DIR [VERSION]`, where DIR is `staging/src/k8s.io` of a Kubernetes source tree. The table is checked in: it is
//! made anew only when the simulation follows another version of Kubernetes. Its form is told at the head of the second.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use crate::arguments::Arguments;
use crate::tools::Tools;

/// The command line, for a person.
pub const USAGE: &str = "\
  schema DIR VERSION
             make the table of API fields anew from staging/src/k8s.io of Kubernetes' sources, of that version";

/// Makes the table anew.
pub fn command(_: &mut Tools, arguments: Arguments) -> Result<ExitCode, String> {
    let [staging, version] = arguments.rest() else {
        return Err(format!("schema: DIR VERSION\n\n  {USAGE}"));
    };
    write(Path::new(staging), version)?;
    Ok(ExitCode::SUCCESS)
}

/// The packages read: a name for each, and its folder.
const PACKAGES: &[(&str, &str)] = &[
    ("meta", "apimachinery/pkg/apis/meta/v1"),
    ("core", "api/core/v1"),
    ("apps", "api/apps/v1"),
    ("batch", "api/batch/v1"),
    ("policy", "api/policy/v1"),
    ("storage", "api/storage/v1"),
    ("autoscaling", "api/autoscaling/v2"),
    ("networking", "api/networking/v1"),
    ("discovery", "api/discovery/v1"),
    ("rbac", "api/rbac/v1"),
    ("scheduling", "api/scheduling/v1"),
    ("coordination", "api/coordination/v1"),
    ("admissionregistration", "api/admissionregistration/v1"),
    ("certificates", "api/certificates/v1"),
    ("node", "api/node/v1"),
];

/// Lines of the second table for kinds whose types are not read: what is in them is kept as it is.
const OPAQUE: &str = "\
APIService +TypeMeta metadata:ObjectMeta spec:r status:r
CustomResourceDefinition +TypeMeta metadata:ObjectMeta spec=r status:r
ValidatingAdmissionPolicy +TypeMeta metadata:ObjectMeta spec:r status:r
ValidatingAdmissionPolicyBinding +TypeMeta metadata:ObjectMeta spec:r
MutatingAdmissionPolicy +TypeMeta metadata:ObjectMeta spec:r
MutatingAdmissionPolicyBinding +TypeMeta metadata:ObjectMeta spec:r
FlowSchema +TypeMeta metadata:ObjectMeta spec:r status:r
PriorityLevelConfiguration +TypeMeta metadata:ObjectMeta spec:r status:r
ServiceCIDR +TypeMeta metadata:ObjectMeta spec:r status:r
IPAddress +TypeMeta metadata:ObjectMeta spec:r
DeviceClass +TypeMeta metadata:ObjectMeta spec:r
Resource.ResourceClaim +TypeMeta metadata:ObjectMeta spec:r status:r
ResourceClaimTemplate +TypeMeta metadata:ObjectMeta spec:r
ResourceSlice +TypeMeta metadata:ObjectMeta spec:r
";

/// The kinds whose fields the tables must hold, with all types that these use.
const ROOTS: &[(&str, &str)] = &[
    ("core", "Service"),
    ("core", "Pod"),
    ("core", "PodTemplate"),
    ("core", "PersistentVolumeClaim"),
    ("core", "PersistentVolume"),
    ("core", "Namespace"),
    ("core", "Node"),
    ("core", "Endpoints"),
    ("core", "Event"),
    ("core", "ConfigMap"),
    ("core", "Secret"),
    ("core", "ServiceAccount"),
    ("core", "ResourceQuota"),
    ("core", "LimitRange"),
    ("core", "ReplicationController"),
    ("apps", "StatefulSet"),
    ("apps", "Deployment"),
    ("apps", "ReplicaSet"),
    ("apps", "DaemonSet"),
    ("apps", "ControllerRevision"),
    ("batch", "Job"),
    ("batch", "CronJob"),
    ("policy", "PodDisruptionBudget"),
    ("storage", "StorageClass"),
    ("autoscaling", "HorizontalPodAutoscaler"),
    ("networking", "Ingress"),
    ("networking", "IngressClass"),
    ("networking", "NetworkPolicy"),
    ("discovery", "EndpointSlice"),
    ("rbac", "Role"),
    ("rbac", "RoleBinding"),
    ("rbac", "ClusterRole"),
    ("rbac", "ClusterRoleBinding"),
    ("scheduling", "PriorityClass"),
    ("coordination", "Lease"),
    ("admissionregistration", "ValidatingWebhookConfiguration"),
    ("admissionregistration", "MutatingWebhookConfiguration"),
    ("certificates", "CertificateSigningRequest"),
    ("node", "RuntimeClass"),
    ("storage", "CSIDriver"),
    ("storage", "CSINode"),
    ("storage", "CSIStorageCapacity"),
    ("storage", "VolumeAttachment"),
    ("storage", "VolumeAttributesClass"),
];

/// The types of the first table: what the page's examples are made of.
const USUAL: &[&str] = &[
    "Container",
    "ContainerPort",
    "HTTPGetAction",
    "LabelSelector",
    "LoadBalancerStatus",
    "ObjectMeta",
    "PersistentVolumeClaim",
    "PersistentVolumeClaimSpec",
    "PersistentVolumeClaimStatus",
    "PodSecurityContext",
    "PodSpec",
    "PodTemplateSpec",
    "Probe",
    "ProbeHandler",
    "ResourceList",
    "ResourceRequirements",
    "RollingUpdateStatefulSetStrategy",
    "Service",
    "ServicePort",
    "ServiceSpec",
    "ServiceStatus",
    "StatefulSet",
    "StatefulSetPersistentVolumeClaimRetentionPolicy",
    "StatefulSetSpec",
    "StatefulSetStatus",
    "StatefulSetUpdateStrategy",
    "TCPSocketAction",
    "TypeMeta",
    "VolumeMount",
    "VolumeResourceRequirements",
];

const HEAD: &str = "\
# Every field of the kinds that the simulation takes, from the Go types of Kubernetes VERSION (made by `cargo xtask schema`).
# One type a line: its name and its fields. A field is its JSON name, how it is kept, its type and its patch rule.
#   kept:   : left out when empty   * pointer, left out when null   ? struct, left out when empty   = always written
#           ~ pointer, always written
#   type:   s string   b bool   i int32   l int64   f float64   q quantity   o int-or-string   t time   u time with microseconds
#           d duration   y bytes in base64   r anything   $T string of the named type T   #T int32 of the named type T
#           [T list   {T map from string   T named type
#   patch:  @KEY list merged by KEY   @ list merged by value   !  keys not given are removed
# +T embeds the fields of T. A line T=TYPE names a type that is no struct. Names without a package are of `v1`.
# An apostrophe behind a name is not part of it: it tells types of one name apart.
";

#[derive(Clone)]
struct Field {
    name: String,
    embedded: bool,
    pointer: bool,
    omit_empty: bool,
    omit_zero: bool,
    go_type: String,
    merge: Option<String>,
    retain_keys: bool,
}

enum Definition {
    Struct(Vec<Field>),
    Other(String),
}

type Types = BTreeMap<(String, String), Definition>;

/// Writes the table into the repository.
fn write(staging: &Path, version: &str) -> Result<(), String> {
    let types = read_all(staging)?;
    let all = generate(&types, ROOTS)?;
    let is_usual = |line: &str| USUAL.contains(&line.split([' ', '=']).next().unwrap_or(line));
    let chosen = |usual: bool| -> String {
        all.lines().filter(|line| is_usual(line) == usual).map(|line| format!("{line}\n")).collect()
    };
    let head = HEAD.replace("VERSION", version);
    for (name, text) in [
        (
            "schema.txt",
            format!("# As schema-more.txt, of the types that every story needs.\n{}", chosen(true)),
        ),
        ("schema-more.txt", format!("{head}{}{OPAQUE}", chosen(false))),
    ] {
        let path = format!("crates/kubesim/src/schema/{name}");
        fs::write(&path, &text).map_err(|e| format!("{path}: {e}"))?;
        let count = text.lines().filter(|line| !line.starts_with('#')).count();
        println!("{path}: {count} types, {} bytes", text.len());
    }
    Ok(())
}

/// The types in `staging` (`staging/src/k8s.io`).
fn read_all(staging: &Path) -> Result<Types, String> {
    let mut types = Types::new();
    for (package, folder) in PACKAGES {
        let folder = staging.join(folder);
        let mut files: Vec<_> = fs::read_dir(&folder)
            .map_err(|e| format!("{}: {e}", folder.display()))?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|e| e == "go"))
            .collect();
        files.sort();
        for file in files {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.ends_with("_test.go") || name.starts_with("zz_") || name == "generated.pb.go" {
                continue;
            }
            let text = fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
            read_types(package, &text, &mut types);
        }
    }
    Ok(types)
}

/// The table's lines for these kinds and all types that they use.
fn generate(types: &Types, roots: &[(&str, &str)]) -> Result<String, String> {
    let mut lines = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut pending: Vec<(String, String)> =
        roots.iter().map(|(p, k)| (p.to_string(), k.to_string())).collect();
    while let Some(key) = pending.pop() {
        if !seen.insert(key.clone()) {
            continue;
        }
        let mut line = printed_name(&key.0, &key.1);
        match types.get(&key) {
            None => return Err(format!("no type {}.{}", key.0, key.1)),
            Some(Definition::Other(go_type)) => {
                line.push('=');
                line += &encode(types, &key.0, go_type, &mut pending)?;
            }
            Some(Definition::Struct(fields)) => {
                for field in fields {
                    line.push(' ');
                    let encoded = encode(types, &key.0, &field.go_type, &mut pending)?;
                    if field.embedded {
                        line.push('+');
                        line += &encoded;
                        continue;
                    }
                    line += &field.name;
                    line.push(match (field.pointer, field.omit_empty, field.omit_zero) {
                        (true, true, _) => '*',
                        (true, false, _) => '~',
                        (false, _, true) => '?',
                        (false, true, false) => ':',
                        (false, false, false) => '=',
                    });
                    line += &encoded;
                    if let Some(key) = &field.merge {
                        line.push('@');
                        line += key;
                    }
                    if field.retain_keys {
                        line.push('!');
                    }
                }
            }
        }
        lines.insert(line);
    }
    Ok(lines.into_iter().map(|line| line + "\n").collect())
}

/// Types of other packages than `v1` ones carry the package's name, as Go prints it; an apostrophe tells types apart
/// that Go prints alike.
fn printed_name(package: &str, name: &str) -> String {
    match (package, name) {
        ("autoscaling", _) => format!("v2.{name}"),
        ("discovery", "EndpointPort") => format!("{name}'"),
        _ => name.to_owned(),
    }
}

fn encode(
    types: &Types,
    package: &str,
    go_type: &str,
    pending: &mut Vec<(String, String)>,
) -> Result<String, String> {
    let scalar = match go_type {
        "string" => "s",
        "bool" => "b",
        "int32" | "int" => "i",
        "int64" => "l",
        "float64" => "f",
        "[]byte" => "y",
        "resource.Quantity" => "q",
        "intstr.IntOrString" => "o",
        "metav1.Time" | "Time" => "t",
        "metav1.MicroTime" | "MicroTime" => "u",
        "metav1.Duration" | "Duration" => "d",
        "runtime.RawExtension" | "metav1.FieldsV1" | "FieldsV1" | "runtime.Object" => "r",
        "types.UID" => "$types.UID",
        "types.NodeName" => "$types.NodeName",
        _ => "",
    };
    if !scalar.is_empty() {
        return Ok(scalar.to_owned());
    }
    if let Some(item) = go_type.strip_prefix("[]") {
        return Ok(format!("[{}", encode(types, package, item.trim_start_matches('*'), pending)?));
    }
    if let Some(rest) = go_type.strip_prefix("map[") {
        let (_, value) = rest.split_once(']').ok_or("map without value")?;
        return Ok(format!("{{{}", encode(types, package, value, pending)?));
    }
    let (package, name) = match go_type.split_once('.') {
        Some((alias, name)) => {
            let package = match alias {
                "metav1" => "meta",
                "v1" | "corev1" | "core" | "api" | "apiv1" => "core",
                other => return Err(format!("unknown package of {other}.{name}")),
            };
            (package, name)
        }
        None => (package, go_type),
    };
    match types.get(&(package.to_owned(), name.to_owned())) {
        None => Err(format!("no type {package}.{name}")),
        Some(Definition::Other(base)) if base == "string" => Ok(format!("${}", printed_name(package, name))),
        Some(Definition::Other(base)) if base == "int32" => Ok(format!("#{}", printed_name(package, name))),
        Some(_) => {
            pending.push((package.to_owned(), name.to_owned()));
            Ok(printed_name(package, name))
        }
    }
}

fn read_types(package: &str, text: &str, types: &mut Types) {
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let line = without_comment(line);
        let Some(rest) = line.strip_prefix("type ") else { continue };
        let Some((name, rest)) = rest.split_once(' ') else { continue };
        let rest = rest.trim();
        let key = (package.to_owned(), name.to_owned());
        if rest == "struct{}" || rest == "struct {}" {
            types.insert(key, Definition::Struct(Vec::new()));
        } else if rest.starts_with("struct") {
            let mut fields = Vec::new();
            for line in lines.by_ref() {
                if line == "}" {
                    break;
                }
                fields.extend(read_field(line.trim()));
            }
            types.insert(key, Definition::Struct(fields));
        } else if !rest.starts_with("interface") && !rest.starts_with("func") && !rest.starts_with('=') {
            types.insert(key, Definition::Other(rest.to_owned()));
        }
    }
}

fn without_comment(line: &str) -> &str {
    line.split_once("//").map_or(line, |(code, _)| code).trim_end()
}

fn read_field(line: &str) -> Option<Field> {
    if line.starts_with("//") {
        return None;
    }
    let (code, tag) = line.split_once('`')?;
    let tag = tag.split_once('`')?.0;
    let json = tag_value(tag, "json")?;
    let mut words = code.split_whitespace();
    let first = words.next()?;
    let second = words.next();
    let (name, options) = json.split_once(',').unwrap_or((json, ""));
    let embedded = second.is_none() && name.is_empty();
    let go_type = second.unwrap_or(first);
    if name == "-" {
        return None;
    }
    let strategies: Vec<&str> = tag_value(tag, "patchStrategy").unwrap_or_default().split(',').collect();
    let is_merge = strategies.contains(&"merge");
    Some(Field {
        name: name.to_owned(),
        embedded,
        pointer: go_type.starts_with('*'),
        omit_empty: options.split(',').any(|option| option == "omitempty"),
        omit_zero: options.split(',').any(|option| option == "omitzero"),
        go_type: go_type.trim_start_matches('*').to_owned(),
        merge: is_merge.then(|| tag_value(tag, "patchMergeKey").unwrap_or_default().to_owned()),
        retain_keys: strategies.contains(&"retainKeys"),
    })
}

fn tag_value<'a>(tag: &'a str, key: &str) -> Option<&'a str> {
    let start = tag.find(&format!("{key}:\""))? + key.len() + 2;
    let rest = &tag[start..];
    Some(&rest[..rest.find('"')?])
}
