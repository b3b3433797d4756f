//! Objects as the API server holds them inside, printed as JSON, and how two of them differ.
//!
//! Some refusals show what an update would have changed: `k8s.io/apimachinery/pkg/util/diff`, a unified diff of what Go's
//! `encoding/json` makes of the internal types (`pkg/apis/core/types.go`). These have no tags: every field is written, by
//! its Go name, in the order of declaration. That order is `v1`'s but for a few types.

use super::types::{Kept, Shape, TypeRef};
use crate::base::diff;
use serde_json::Value;
use yaml::text::escape_html;

/// The internal types whose fields come in another order than those of `v1`: JSON names; `>` before a name means a field
/// that `v1` keeps in the pod's spec.
const ORDERS: &[(&str, &str)] = &[
    (
        "PodSpec",
        "volumes initContainers containers ephemeralContainers restartPolicy terminationGracePeriodSeconds \
         activeDeadlineSeconds dnsPolicy nodeSelector serviceAccountName automountServiceAccountToken nodeName \
         securityContext imagePullSecrets hostname subdomain setHostnameAsFQDN affinity schedulerName tolerations \
         hostAliases priorityClassName priority preemptionPolicy dnsConfig readinessGates runtimeClassName overhead \
         enableServiceLinks topologySpreadConstraints os schedulingGates resourceClaims resources hostnameOverride \
         schedulingGroup",
    ),
    (
        "PodSecurityContext",
        ">hostNetwork >hostPID >hostIPC >shareProcessNamespace >hostUsers seLinuxOptions windowsOptions runAsUser \
         runAsGroup runAsNonRoot supplementalGroups supplementalGroupsPolicy fsGroup fsGroupChangePolicy sysctls \
         seccompProfile appArmorProfile seLinuxChangePolicy",
    ),
];

/// Within these a field moved in front of another.
const MOVED: &[(&str, &str, &str)] = &[
    ("VolumeSource", "quobyte", "flexVolume"),
    ("PersistentVolumeSource", "quobyte", "iscsi"),
    ("PersistentVolumeSource", "flexVolume", "cinder"),
];

/// Go names that are not the JSON name with a capital first letter.
const NAMES: &str = "dnsPolicy=DNSPolicy dnsConfig=DNSConfig os=OS gcePersistentDisk=GCEPersistentDisk \
    awsElasticBlockStore=AWSElasticBlockStore nfs=NFS iscsi=ISCSI rbd=RBD cephfs=CephFS fc=FC storageos=StorageOS csi=CSI \
    pdName=PDName fsType=FSType iqn=IQN apiVersion=APIVersion apiGroup=APIGroup wwids=WWIDs diskURI=DataDiskURI \
    sslEnabled=SSLEnabled tty=TTY httpGet=HTTPGet tcpSocket=TCPSocket grpc=GRPC httpHeaders=HTTPHeaders \
    seLinuxOptions=SELinuxOptions seLinuxChangePolicy=SELinuxChangePolicy fsGroup=FSGroup \
    fsGroupChangePolicy=FSGroupChangePolicy ip=IP uid=UID iscsiInterface=ISCSIInterface \
    gmsaCredentialSpecName=GMSACredentialSpecName gmsaCredentialSpec=GMSACredentialSpec";

/// `json.Marshal` of a value of a type, as a field error shows it.
pub fn shown(type_name: &'static str, value: &Value) -> String {
    let mut text = String::new();
    write(TypeRef(type_name), value, value, None, &mut text);
    text
}

/// How two values of a type differ (`diff.Diff`): nothing if they print alike.
pub fn difference(type_name: &'static str, old: &Value, new: &Value) -> String {
    let [old, new] = [old, new].map(|value| {
        let mut text = String::new();
        write(TypeRef(type_name), value, value, Some(0), &mut text);
        text
    });
    let mut text = String::new();
    diff::unified(&old.lines().collect::<Vec<_>>(), &new.lines().collect::<Vec<_>>(), &mut text);
    text
}

fn go_name(name: &str) -> String {
    let known = NAMES.split_ascii_whitespace().find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    known.map_or_else(|| format!("{}{}", name[..1].to_ascii_uppercase(), &name[1..]), str::to_owned)
}

/// `json.MarshalIndent(value, "", " ")`, or without a depth `json.Marshal(value)`. `holder` is the struct that holds the
/// one being written.
fn write(of: TypeRef, value: &Value, holder: &Value, depth: Option<usize>, out: &mut String) {
    let inner = depth.map(|depth| depth + 1);
    let line = |depth: Option<usize>, out: &mut String| {
        let Some(depth) = depth else { return };
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', depth));
    };
    let colon = if depth.is_some() { ": " } else { ":" };
    match of.shape() {
        Shape::List(item) => match value.as_array() {
            None => out.push_str("null"),
            Some(items) if items.is_empty() => out.push_str("[]"),
            Some(items) => {
                out.push('[');
                for (n, value) in items.iter().enumerate() {
                    if n > 0 {
                        out.push(',');
                    }
                    line(inner, out);
                    write(item, value, holder, inner, out);
                }
                line(depth, out);
                out.push(']');
            }
        },
        Shape::Map(item) => match value.as_object() {
            None => out.push_str("null"),
            Some(entries) if entries.is_empty() => out.push_str("{}"),
            Some(entries) => {
                out.push('{');
                for (n, (key, value)) in entries.iter().enumerate() {
                    if n > 0 {
                        out.push(',');
                    }
                    line(inner, out);
                    out.extend([&Value::from(key.as_str()).to_string(), colon]);
                    write(item, value, holder, inner, out);
                }
                line(depth, out);
                out.push('}');
            }
        },
        // Types of package meta keep their tags.
        Shape::Struct if is_tagged(of) => {
            let text = depth.map_or_else(|| value.to_string(), |depth| indented(value, depth));
            out.push_str(&escape_html(&text))
        }
        Shape::Struct => {
            out.push('{');
            for (n, (name, kept, field)) in fields(of).into_iter().enumerate() {
                if n > 0 {
                    out.push(',');
                }
                line(inner, out);
                let (name, from) = match name.strip_prefix('>') {
                    Some(name) => (name, holder),
                    None => (name, value),
                };
                out.extend(["\"", &go_name(name), "\"", colon]);
                let given = from.get(name).unwrap_or(&Value::Null);
                let is_pointer = matches!(kept, Kept::Pointer | Kept::PointerAlways);
                match (given, field.shape()) {
                    (Value::Null, _) if is_pointer => out.push_str("null"),
                    _ => write(field, given, value, inner, out),
                }
            }
            line(depth, out);
            out.push('}');
        }
        shape => match (value, shape) {
            (Value::Null, Shape::Text) => out.push_str("\"\""),
            (Value::Null, Shape::Bool) => out.push_str("false"),
            (Value::Null, Shape::Quantity) => out.push_str("\"0\""),
            (Value::Null, Shape::Int32 | Shape::Int64 | Shape::Float | Shape::IntOrString) => out.push('0'),
            (value, _) => out.push_str(&escape_html(&value.to_string())),
        },
    }
}

fn is_tagged(of: TypeRef) -> bool {
    matches!(of.0, "LabelSelector" | "LabelSelectorRequirement" | "ObjectMeta")
}

/// JSON with one space for each level, at this depth.
fn indented(value: &Value, depth: usize) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    let mut lines = text.lines();
    let mut out = lines.next().unwrap_or_default().to_string();
    for line in lines {
        let own = line.len() - line.trim_start().len();
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', depth + own / 2));
        out.push_str(line.trim_start());
    }
    out
}

/// The fields of an internal type, in its order: JSON name, how `v1` keeps it, type.
fn fields(of: TypeRef) -> Vec<(&'static str, Kept, TypeRef)> {
    if let Some((_, order)) = ORDERS.iter().find(|(name, _)| *name == of.0) {
        let holder = |name: &str| if name.starts_with('>') { TypeRef("PodSpec") } else { of };
        let found = order.split_ascii_whitespace().filter_map(|name| {
            let field = holder(name).field(name.trim_start_matches('>'))?;
            Some((name, field.kept, field.type_ref))
        });
        return found.collect();
    }
    let mut fields: Vec<(&'static str, Kept, TypeRef)> =
        of.fields().into_iter().map(|field| (field.name, field.kept, field.type_ref)).collect();
    for (_, moved, before) in MOVED.iter().filter(|(owner, ..)| has_fields_of(of, owner)) {
        let place =
            |name: &str, fields: &[(&str, Kept, TypeRef)]| fields.iter().position(|(n, ..)| *n == name);
        if let Some(from) = place(moved, &fields) {
            let field = fields.remove(from);
            let to = place(before, &fields).unwrap_or(fields.len());
            fields.insert(to, field);
        }
    }
    fields
}

/// Whether it is this type or embeds it.
fn has_fields_of(of: TypeRef, owner: &str) -> bool {
    of.0 == owner || of.fields().iter().any(|field| field.embedded_in == Some(owner))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Recorded as scripts/kubectl/errors-patch.json.
    #[test]
    fn a_claims_spec_is_compared_field_by_field() {
        let claim = |class: &str| {
            json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}},
                "storageClassName": class, "volumeMode": "Filesystem", "volumeName": "pvc-1"})
        };
        assert_eq!(
            difference("PersistentVolumeClaimSpec", &claim("local-path"), &claim("x")),
            "@@ -10,7 +10,7 @@\n   }\n  },\n  \"VolumeName\": \"pvc-1\",\n- \"StorageClassName\": \"local-path\",\n\
             + \"StorageClassName\": \"x\",\n  \"VolumeMode\": \"Filesystem\",\n  \"DataSource\": null,\n  \
             \"DataSourceRef\": null,\n"
        );
        assert_eq!(difference("PersistentVolumeClaimSpec", &claim("x"), &claim("x")), "");
    }
}
