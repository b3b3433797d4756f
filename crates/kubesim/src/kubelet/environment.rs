//! What the cluster gives to a container: its name, its environment, and the files that are projected from objects. Models
//! `pkg/kubelet/kubelet_pods.go`.

use crate::api::pod::{Container, EnvValue, Volume};
use crate::api::read::{bool as flag, get, list, str as text, strings};
use crate::api::volume::Files;
use crate::api::{Key, Kind, Object, Str};
use crate::apiserver::Store;
use crate::base::quantity::Quantity;
use crate::dns::CLUSTER_DOMAIN;
use serde_json::Value;
use std::collections::BTreeMap;
use std::rc::Rc;

/// How a pod is called from inside.
pub(super) struct HostNames {
    /// What `hostname` prints.
    pub kernel: String,
    /// What stands in /etc/hosts.
    pub short: String,
    /// The same with its domain, where it has one.
    pub full: String,
}

/// The longest name that the kernel takes for a node, in bytes.
const LONGEST_HOST_NAME: usize = 64;

/// How a pod is called from inside. Models `pkg/kubelet/util/util.go: GetNodenameForKernel` and
/// `kubelet_pods.go: GeneratePodHostNameAndDomain`.
pub(super) fn names(pod: &Object) -> HostNames {
    let spec = &pod.pod().spec;
    let given = get(&spec.raw, "hostnameOverride").as_str();
    let hostname = given.unwrap_or_else(|| spec.hostname.as_ref().unwrap_or(&pod.meta.name));
    // As the kernel takes it.
    let short = hostname[..hostname.len().min(63)].trim_end_matches(['-', '.']).to_string();
    let full = match &spec.subdomain {
        Some(subdomain) if given.is_none() => {
            format!("{short}.{subdomain}.{}.svc.{CLUSTER_DOMAIN}", pod.meta.namespace)
        }
        _ => short.clone(),
    };
    let kernel = if flag(&spec.raw, "setHostnameAsFQDN") { full.clone() } else { short.clone() };
    HostNames { kernel, short, full }
}

/// Why the pod's sandbox can't have the name that was asked for, if it can't.
pub(super) fn name_is_too_long(pod: &Object) -> Option<String> {
    let HostNames { kernel, .. } = names(pod);
    (kernel.len() > LONGEST_HOST_NAME).then(|| {
        format!(
            "Failed to create pod sandbox: failed to construct FQDN from pod hostname and cluster domain, FQDN {kernel} \
             is too long ({LONGEST_HOST_NAME} characters is the max, {} characters requested)",
            kernel.len()
        )
    })
}

/// The lines of /etc/hosts for names that the pod asks for. Models `kubelet_pods.go: hostsEntriesFromHostAliases`.
pub(super) fn host_aliases(pod: &Object) -> Vec<(Str, Vec<Str>)> {
    let aliases = list(&pod.pod().spec.raw, "hostAliases").iter();
    aliases.map(|alias| (text(alias, "ip"), strings(alias, "hostnames"))).collect()
}

/// `$(NAME)` replaced by the variable, `$$` by `$`; what is unknown stays. Models
/// `k8s.io/kubernetes/third_party/forked/golang/expansion/expand.go`.
pub(super) fn expand(text: &str, variables: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        if let Some(more) = after.strip_prefix('$') {
            out.push('$');
            rest = more;
        } else if let Some((name, more)) = after.strip_prefix('(').and_then(|a| a.split_once(')')) {
            match variables.get(name) {
                Some(value) => out.push_str(value),
                None => out.push_str(&format!("$({name})")),
            }
            rest = more;
        } else {
            out.push('$');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

/// A container's environment, in order. Models `pkg/kubelet/kubelet_pods.go: makeEnvironmentVariables`.
pub fn environment(
    store: &Store,
    pod: &Object,
    container: &Container,
    address: &str,
) -> Vec<(String, String)> {
    let namespace = &pod.meta.namespace;
    let mut all: Vec<(String, String)> = vec![
        ("PATH".into(), "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".into()),
        ("HOSTNAME".into(), names(pod).kernel),
    ];
    let mut own: Vec<(String, String)> = Vec::new();
    for from in list(&container.raw, "envFrom") {
        let prefix = text(from, "prefix");
        for (kind, field) in [(Kind::ConfigMap, "configMapRef"), (Kind::Secret, "secretRef")] {
            let name = text(get(from, field), "name");
            let Some(object) = store.find(kind, namespace, &name) else { continue };
            for key in keys(object) {
                let value = data(object, &key).unwrap_or_default();
                own.push((format!("{prefix}{key}"), value));
            }
        }
    }
    let services = service_variables(store, pod);
    for variable in &container.env {
        let value = match &variable.value {
            EnvValue::Literal(value) => {
                let known: BTreeMap<String, String> =
                    collections::collect(services.iter().chain(&own).cloned());
                Some(expand(value, &known))
            }
            EnvValue::Field(path) => Some(field(pod, path, address)),
            EnvValue::ConfigMap { name, key } => {
                store.find(Kind::ConfigMap, namespace, name).and_then(|o| data(o, key))
            }
            EnvValue::Secret { name, key } => {
                store.find(Kind::Secret, namespace, name).and_then(|o| data(o, key))
            }
            EnvValue::Resource { resource, container: of, divisor } => {
                let of = if of.is_empty() { Some(container) } else { pod.pod().spec.container(of) };
                of.map(|of| amount(store, pod, of, resource, divisor))
            }
            EnvValue::Other => None,
        };
        if let Some(value) = value {
            own.retain(|(name, _)| **name != *variable.name);
            own.push((variable.name.to_string(), value));
        }
    }
    let unset = |(name, _): &(String, String)| !own.iter().any(|(n, _)| n == name);
    let services: Vec<_> = services.into_iter().filter(unset).collect();
    all.extend(own);
    all.extend(services);
    if !all.iter().any(|(name, _)| name == "HOME") {
        all.push(("HOME".into(), "/root".into()));
    }
    all
}

/// The variables that name the API server and, with `enableServiceLinks`, every Service of the namespace that has a
/// virtual IP. Models `pkg/kubelet/envvars/envvars.go: FromServices`.
fn service_variables(store: &Store, pod: &Object) -> Vec<(String, String)> {
    let namespace = &*pod.meta.namespace;
    let links = get(&pod.pod().spec.raw, "enableServiceLinks") != false;
    let mut all = Vec::new();
    let own = links.then(|| store.list_in(Kind::Service, namespace)).into_iter().flatten();
    let is_among_own = links && namespace == "default";
    let kubernetes = if is_among_own { None } else { store.find(Kind::Service, "default", "kubernetes") };
    for object in own.chain(kubernetes) {
        let service = object.service();
        let ip = &*service.cluster_ip;
        if ip.is_empty() || ip == "None" || service.ports.is_empty() {
            continue;
        }
        let prefix = object.meta.name.to_ascii_uppercase().replace('-', "_");
        let first = &service.ports[0];
        all.push((format!("{prefix}_SERVICE_HOST"), ip.to_string()));
        all.push((format!("{prefix}_SERVICE_PORT"), first.port.to_string()));
        for port in service.ports.iter() {
            if let Some(name) = port.name.as_deref().filter(|n| !n.is_empty()) {
                let name = name.to_ascii_uppercase().replace('-', "_");
                all.push((format!("{prefix}_SERVICE_PORT_{name}"), port.port.to_string()));
            }
        }
        let url = |port: i64, protocol: &str| format!("{}://{ip}:{port}", protocol.to_ascii_lowercase());
        all.push((format!("{prefix}_PORT"), url(i64::from(first.port), &first.protocol)));
        for port in service.ports.iter() {
            let start = format!("{prefix}_PORT_{}_{}", port.port, port.protocol);
            all.push((start.clone(), url(i64::from(port.port), &port.protocol)));
            all.push((format!("{start}_PROTO"), port.protocol.to_ascii_lowercase()));
            all.push((format!("{start}_PORT"), port.port.to_string()));
            all.push((format!("{start}_ADDR"), ip.to_string()));
        }
    }
    all
}

/// A field of the pod (`fieldRef`). Models `pkg/kubelet/kubelet_pods.go: podFieldSelectorRuntimeValue`.
fn field(pod: &Object, path: &str, address: &str) -> String {
    let (meta, p) = (&pod.meta, pod.pod());
    let of = |map: &BTreeMap<Str, Str>, key: &str| map.get(key).map(|v| v.to_string()).unwrap_or_default();
    if let Some((what, key)) = path.strip_suffix("']").and_then(|p| p.split_once("['")) {
        return match what {
            "metadata.labels" => of(&meta.labels, key),
            _ => of(&meta.annotations, key),
        };
    }
    match path {
        "metadata.name" => meta.name.to_string(),
        "metadata.namespace" => meta.namespace.to_string(),
        "metadata.uid" => meta.uid.to_string(),
        "spec.nodeName" => p.spec.node_name.as_deref().unwrap_or_default().to_string(),
        "spec.serviceAccountName" => p.spec.service_account_name.to_string(),
        "status.hostIP" | "status.hostIPs" => p.status.host_ip.as_deref().unwrap_or_default().to_string(),
        "status.podIP" | "status.podIPs" => address.to_string(),
        "metadata.labels" => quoted_pairs(&meta.labels),
        "metadata.annotations" => quoted_pairs(&meta.annotations),
        _ => String::new(),
    }
}

/// What a container may use, or the node has, in units of the divisor, rounded up. Models
/// `pkg/api/v1/resource/helpers.go: ExtractContainerResourceValue`.
fn amount(store: &Store, pod: &Object, container: &Container, resource: &str, divisor: &str) -> String {
    let (list, what) = resource.split_once('.').unwrap_or(("limits", resource));
    let nanos = |quantity: &str| Quantity::parse(quantity).map_or(0, |q| q.nanos());
    let own = nanos(&text(get(get(&container.raw, "resources"), list), what));
    let node = pod.pod().spec.node_name.as_deref().unwrap_or_default();
    let node = store.get(&Key::cluster(Kind::Node, node)).map(|node| node.to_value());
    let all = node.map_or(0, |node| nanos(&text(get(get(&node, "status"), "allocatable"), what)));
    let amount = if own == 0 && list == "limits" { all } else { own };
    Quantity::in_units(amount, divisor)
}

/// `key="value"` lines, as the downward API writes maps.
fn quoted_pairs(map: &BTreeMap<Str, Str>) -> String {
    map.iter().map(|(k, v)| format!("{k}={v:?}\n")).collect()
}

/// What a volume shows that is made of objects: of a ConfigMap, a Secret, the pod's own fields, or several of them.
pub(super) fn projected(store: &Store, pod: &Object, volume: &Volume, address: &str) -> Files {
    let mut files = BTreeMap::new();
    let mut add =
        |path: String, content: String| drop(files.insert(format!("/{path}").into(), content.into()));
    let mut show = |source: &Value, field: &str| {
        let kind = if field == "configMap" { Kind::ConfigMap } else { Kind::Secret };
        // A volume's Secret is named otherwise than a projection's.
        let names = ["name", "secretName"].map(|name| text(source, name));
        let object = names.iter().find_map(|name| store.find(kind, &pod.meta.namespace, name));
        let Some(object) = object else { return };
        for (key, path) in items(source, keys(object)) {
            if let Some(content) = data(object, &key) {
                add(path, content);
            }
        }
    };
    let sources = list(get(&volume.raw, "projected"), "sources");
    for source in std::iter::once(&*volume.raw).chain(sources) {
        for field in ["configMap", "secret"] {
            if let Some(source) = source.get(field) {
                show(source, field);
            }
        }
    }
    for source in std::iter::once(&*volume.raw).chain(sources) {
        for item in list(get(source, "downwardAPI"), "items") {
            let of = get(item, "resourceFieldRef");
            let content = match pod.pod().spec.container(&text(of, "containerName")) {
                Some(container) => amount(store, pod, container, &text(of, "resource"), &text(of, "divisor")),
                None => field(pod, &text(get(item, "fieldRef"), "fieldPath"), address),
            };
            add(text(item, "path").to_string(), content);
        }
    }
    Rc::new(files)
}

/// The keys of a ConfigMap or a Secret.
pub(super) fn keys(object: &Object) -> Vec<String> {
    let crate::api::Body::Other(tree) = &object.body else { return Vec::new() };
    let fields = ["data", "binaryData", "stringData"];
    let all = fields.iter().filter_map(|f| get(tree, f).as_object()).flat_map(|o| o.keys().cloned());
    let mut sorted: Vec<String> = all.collect();
    collections::sort(&mut sorted);
    sorted.dedup();
    sorted
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

/// The keys of a ConfigMap or Secret that a volume shows, with the paths at which it shows them.
pub(super) fn items(source: &serde_json::Value, keys: Vec<String>) -> Vec<(String, String)> {
    let chosen = list(source, "items");
    if chosen.is_empty() {
        return keys.into_iter().map(|k| (k.clone(), k)).collect();
    }
    let item = |i: &serde_json::Value| (text(i, "key").to_string(), text(i, "path").to_string());
    chosen.iter().map(item).collect()
}
