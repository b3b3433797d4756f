//! What a container finds around it: its volumes, its files, its environment.

use crate::api::pod::{Container, EnvValue, VolumeSource};
use crate::api::read::{bool as flag, get, list, str as text};
use crate::api::{Kind, Object, Str};
use crate::apiserver::Store;

/// Why a pod's volumes can't be mounted, as the FailedMount event says it.
pub(super) fn missing_volume(store: &Store, pod: &Object) -> Option<String> {
    let namespace = &pod.meta.namespace;
    for volume in pod.pod().spec.volumes.iter() {
        let (kind, name, field) = match &volume.source {
            VolumeSource::ConfigMap(name) => (Kind::ConfigMap, name, "configMap"),
            VolumeSource::Secret(name) => (Kind::Secret, name, "secret"),
            _ => continue,
        };
        let source = get(&volume.raw, field);
        let volume = &volume.name;
        let Some(object) = store.find(kind, namespace, name) else {
            if flag(source, "optional") {
                continue;
            }
            let what = kind.info().singular();
            return Some(format!(
                "MountVolume.SetUp failed for volume \"{volume}\" : {what} \"{name}\" not found"
            ));
        };
        let keys: Vec<Str> = list(source, "items").iter().map(|i| text(i, "key")).collect();
        if keys.iter().any(|key| data(object, key).is_none()) && !flag(source, "optional") {
            let why = match kind {
                Kind::ConfigMap => "configmap references non-existent config key",
                _ => "references non-existent secret key",
            };
            let key = keys.iter().find(|key| data(object, key).is_none()).expect("one is missing");
            return Some(format!("MountVolume.SetUp failed for volume \"{volume}\" : {why}: {key}"));
        }
    }
    None
}

/// The text under a key of a ConfigMap or a Secret.
pub(super) fn data(object: &Object, key: &str) -> Option<String> {
    let crate::api::Body::Other(tree) = &object.body else { return None };
    let plain = get(get(tree, "data"), key).as_str();
    match (plain, object.kind) {
        (Some(encoded), Kind::Secret) => decode_base64(encoded),
        (Some(plain), _) => Some(plain.to_string()),
        (None, Kind::Secret) => get(get(tree, "stringData"), key).as_str().map(str::to_string),
        (None, _) => get(get(tree, "binaryData"), key).as_str().and_then(decode_base64),
    }
}

/// Standard base64; `None` if it isn't that, or no text.
fn decode_base64(encoded: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0u32, 0);
    for c in encoded.bytes().filter(|c| !c.is_ascii_whitespace() && *c != b'=') {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    String::from_utf8(bytes).ok()
}

/// What a container's environment needs and is not there, as the Failed event says it. Models
/// `pkg/kubelet/kubelet_pods.go: makeEnvironmentVariables`.
pub(super) fn missing_config(store: &Store, pod: &Object, container: &Container) -> Option<String> {
    let namespace = &pod.meta.namespace;
    let missing = |kind: Kind, name: &str| format!("{} \"{name}\" not found", kind.info().singular());
    for from in list(&container.raw, "envFrom") {
        for (kind, field) in [(Kind::ConfigMap, "configMapRef"), (Kind::Secret, "secretRef")] {
            let Some(reference) = from.get(field) else { continue };
            let name = text(reference, "name");
            if !flag(reference, "optional") && store.find(kind, namespace, &name).is_none() {
                return Some(missing(kind, &name));
            }
        }
    }
    for (variable, raw) in container.env.iter().zip(list(&container.raw, "env")) {
        let (kind, name, key, field) = match &variable.value {
            EnvValue::ConfigMap { name, key } => (Kind::ConfigMap, name, key, "configMapKeyRef"),
            EnvValue::Secret { name, key } => (Kind::Secret, name, key, "secretKeyRef"),
            _ => continue,
        };
        if flag(get(get(raw, "valueFrom"), field), "optional") {
            continue;
        }
        let Some(object) = store.find(kind, namespace, name) else { return Some(missing(kind, name)) };
        if data(object, key).is_none() {
            let what = kind.name();
            return Some(format!("couldn't find key {key} in {what} {namespace}/{name}"));
        }
    }
    None
}
