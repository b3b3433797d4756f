//! The hash of a pod template (`pod-template-hash`), as `pkg/controller/controller_utils.go: ComputeHash` computes it.
//!
//! The real one prints the template's Go structs, every field by name and type whether set or not, and hashes the text.
//! The table of fields knows all that is needed for it, so the same template has the same hash here and in a cluster.

use crate::api::read::get;
use crate::base::hash::{fnv32a, safe_encode_string};
use crate::base::quantity::Quantity;
use crate::schema::types::{Kept, Shape, TypeRef};
use serde_json::Value;

/// The hash of a template given as its tree, for this many collisions so far.
pub fn of(template: &Value, collision_count: Option<i64>) -> String {
    let mut text = String::new();
    push_type(&mut text, "", TypeRef("PodTemplateSpec"));
    dump(&mut text, TypeRef("PodTemplateSpec"), false, template);
    let collisions = collision_count.map(|n| (n as u64).to_le_bytes());
    let bytes = text.bytes().chain(collisions.into_iter().flatten());
    safe_encode_string(&fnv32a(bytes).to_string())
}

/// Prints a value of a type, or a pointer to one, as `github.com/davecgh/go-spew` does with `%#v`, its own type aside.
fn dump(out: &mut String, kind: TypeRef, is_pointer: bool, v: &Value) {
    let is_empty = match v {
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        other => other.is_null(),
    };
    match kind.shape() {
        _ if is_pointer && v.is_null() => out.push_str("<nil>"),
        Shape::List(_) | Shape::Map(_) | Shape::Bytes | Shape::Any if is_empty => out.push_str("<nil>"),
        Shape::List(element) => {
            let list = v.as_array().into_iter().flatten();
            joined(out, "[", "]", list, |out, v| dump(out, element, false, v));
        }
        Shape::Map(element) => {
            // They are sorted already.
            let sorted = v.as_object().into_iter().flatten();
            joined(out, "map[", "]", sorted, |out, (key, v)| {
                out.push_str(key);
                out.push(':');
                dump(out, element, false, v);
            });
        }
        Shape::Struct => dump_struct(out, kind, v),
        Shape::Quantity => dump_quantity(out, v.as_str().unwrap_or("0")),
        Shape::IntOrString => {
            let (number, text) = (v.as_i64().unwrap_or(0), v.as_str());
            let (which, text) = (i32::from(text.is_some()), text.unwrap_or_default());
            *out += &format!("{{Type:(intstr.Type){which} IntVal:(int32){number} StrVal:(string){text}}}");
        }
        Shape::Time => {
            out.push_str("{Time:(time.Time){wall:(uint64)0 ext:(int64)0 loc:(*time.Location)<nil>}}");
        }
        Shape::Bool => out.push_str(if v == true { "true" } else { "false" }),
        Shape::Int32 | Shape::Int64 | Shape::Float => *out += &v.as_i64().unwrap_or(0).to_string(),
        Shape::Text | Shape::Bytes | Shape::Any => out.push_str(v.as_str().unwrap_or_default()),
    }
}

fn dump_struct(out: &mut String, kind: TypeRef, v: &Value) {
    let mut embedded = None;
    joined(out, "{", "", kind.fields(), |out, field| {
        if field.embedded_in != embedded {
            if embedded.is_some() {
                // The space that separates the fields comes behind the brace.
                out.insert(out.len() - 1, '}');
            }
            if let Some(name) = field.embedded_in {
                *out += &format!("{name}:(v1.{name}){{");
            }
            embedded = field.embedded_in;
        }
        let is_pointer = matches!(field.kept, Kept::Pointer | Kept::PointerAlways);
        out.push_str(&go_field_name(field.name));
        out.push(':');
        push_type(out, if is_pointer { "*" } else { "" }, field.type_ref);
        dump(out, field.type_ref, is_pointer, get(v, field.name));
    });
    out.push_str(if embedded.is_some() { "}}" } else { "}" });
}

fn push_type(out: &mut String, pointer: &str, kind: TypeRef) {
    out.extend(["(", pointer, &kind.go_name(), ")"]);
}

/// `httpGet` is `HTTPGet`, `name` is `Name`.
fn go_field_name(json: &str) -> String {
    const ABBREVIATIONS: &[&str] = &[
        "api", "aws", "csi", "dns", "fc", "fs", "gce", "gmsa", "grpc", "http", "ip", "iqn", "iscsi", "nfs",
        "os", "pd", "rbd", "se", "ssl", "tcp", "tty", "uid",
    ];
    let word = json.bytes().take_while(u8::is_ascii_lowercase).count();
    match json {
        "metadata" => "ObjectMeta".into(),
        "serviceAccount" => "DeprecatedServiceAccount".into(),
        "cephfs" => "CephFS".into(),
        "storageos" => "StorageOS".into(),
        _ => {
            let capitals = if ABBREVIATIONS.contains(&&json[..word]) { word } else { 1 };
            json[..capitals].to_ascii_uppercase() + &json[capitals..]
        }
    }
}

fn joined<T>(
    out: &mut String,
    open: &str,
    close: &str,
    items: impl IntoIterator<Item = T>,
    mut each: impl FnMut(&mut String, T),
) {
    out.push_str(open);
    for (at, item) in items.into_iter().enumerate() {
        if at > 0 {
            out.push(' ');
        }
        each(out, item);
    }
    out.push_str(close);
}

/// Models the fast path of `k8s.io/apimachinery/pkg/api/resource: ParseQuantity`.
fn dump_quantity(out: &mut String, text: &str) {
    const DECIMAL: [(&str, i32); 10] = [
        ("n", -9),
        ("u", -6),
        ("m", -3),
        ("", 0),
        ("k", 3),
        ("M", 6),
        ("G", 9),
        ("T", 12),
        ("P", 15),
        ("E", 18),
    ];
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, suffix) = text.split_at(digits);
    let (value, scale, format) = match DECIMAL.iter().find(|(s, _)| *s == suffix) {
        Some((_, scale)) => (number.parse().unwrap_or(0), *scale, "DecimalSI"),
        None => (Quantity::parse(text).unwrap_or(Quantity::ZERO).value(), 0, "BinarySI"),
    };
    *out += &format!(
        "{{i:(resource.int64Amount){{value:(int64){value} scale:(resource.Scale){scale}}} \
         d:(resource.infDecAmount){{Dec:(*inf.Dec)<nil>}} s:(string){text} Format:(resource.Format){format}}}"
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn flask(image: &str) -> Value {
        let container = |name: &str, image: &str, policy: &str| {
            json!({"name": name, "image": image, "imagePullPolicy": policy, "resources": {},
                "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"})
        };
        let mut init = container("init-dump-log", "busybox:1.28", "IfNotPresent");
        init["command"] = json!(["sh", "-c", "echo $(hostname)-$(date +%s)"]);
        let mut main = container("flask-app", image, "Always");
        main["ports"] = json!([{"containerPort": 80, "name": "web", "protocol": "TCP"}]);
        json!({"metadata": {"labels": {"app": "flask"}, "creationTimestamp": null},
            "spec": {"containers": [main], "initContainers": [init], "terminationGracePeriodSeconds": 10,
                "restartPolicy": "Always", "dnsPolicy": "ClusterFirst", "securityContext": {},
                "schedulerName": "default-scheduler"}})
    }

    /// The hashes are those of traces/gate-off/deployment-contrast.json.
    #[test]
    fn a_template_has_the_hash_that_a_cluster_gave_it() {
        assert_eq!(of(&flask("han0495/flask-example-app"), None), "589dc77fc5");
        assert_eq!(of(&flask("han0495/flask-example-app:v2"), None), "59cf8555b5");
        assert_ne!(of(&flask("han0495/flask-example-app:v2"), Some(1)), "59cf8555b5");
    }

    #[test]
    fn gos_names_follow_from_those_in_json() {
        for (json, go) in [
            ("tty", "TTY"),
            ("httpGet", "HTTPGet"),
            ("seLinuxOptions", "SELinuxOptions"),
            ("name", "Name"),
            ("hostIP", "HostIP"),
            ("metadata", "ObjectMeta"),
        ] {
            assert_eq!(go_field_name(json), go);
        }
    }

    #[test]
    fn values_are_printed_as_go_holds_them() {
        let printed = |kind: &'static str, v: Value| {
            let mut out = String::new();
            dump(&mut out, TypeRef(kind), false, &v);
            out
        };
        let resources = printed("ResourceList", json!({"cpu": "100m", "memory": "128Mi"}));
        let memory = "memory:{i:(resource.int64Amount){value:(int64)134217728 scale:(resource.Scale)0} \
            d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} s:(string)128Mi Format:(resource.Format)BinarySI}]";
        let cpu = "map[cpu:{i:(resource.int64Amount){value:(int64)100 scale:(resource.Scale)-3}";
        assert!(resources.starts_with(cpu), "{resources}");
        assert!(resources.ends_with(memory), "{resources}");
        assert_eq!(printed("o", json!("web")), "{Type:(intstr.Type)1 IntVal:(int32)0 StrVal:(string)web}");
        let volume = printed("Volume", json!({"name": "www", "emptyDir": {}}));
        let start = "{Name:(string)www VolumeSource:(v1.VolumeSource){HostPath:(*v1.HostPathVolumeSource)<nil> \
            EmptyDir:(*v1.EmptyDirVolumeSource){Medium:(v1.StorageMedium) SizeLimit:(*resource.Quantity)<nil>} \
            GCEPersistentDisk:(*v1.GCEPersistentDiskVolumeSource)<nil>";
        assert!(
            volume.starts_with(start) && volume.ends_with("Image:(*v1.ImageVolumeSource)<nil>}}"),
            "{volume}"
        );
    }
}
