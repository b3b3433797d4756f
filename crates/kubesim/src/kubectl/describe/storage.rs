//! Volumes of pods, volumes, claims and storage classes.

use super::description::{Description, conditions};
use crate::api::Kind;
use crate::api::read::{get, list};
use crate::kubectl::printers::{access_modes, at, boolean, capacity, claim, is_default, or, text};
use serde_json::Value;

/// Field, type, and lines `Label=field:default`.
const VOLUME_SOURCES: &[(&str, &str, &str)] = &[
    ("hostPath", "HostPath (bare host directory volume)", "Path=path;HostPathType=type:<none>"),
    (
        "emptyDir",
        "EmptyDir (a temporary directory that shares a pod's lifetime)",
        "Medium=medium;SizeLimit=sizeLimit:<unset>",
    ),
    ("secret", "Secret (a volume populated by a Secret)", "SecretName=secretName;Optional=optional:false"),
    ("configMap", "ConfigMap (a volume populated by a ConfigMap)", "Name=name;Optional=optional:false"),
    (
        "nfs",
        "NFS (an NFS mount that lasts the lifetime of a pod)",
        "Server=server;Path=path;ReadOnly=readOnly:false",
    ),
    (
        "persistentVolumeClaim",
        "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
        "ClaimName=claimName;ReadOnly=readOnly:false",
    ),
    ("downwardAPI", "DownwardAPI (a volume populated by information about the pod)", ""),
    ("projected", "Projected (a volume that contains injected data from multiple sources)", ""),
    ("local", "LocalVolume (a persistent volume backed by local storage on a node)", "Path=path"),
];

impl Description<'_> {
    pub(super) fn persistent_volume(&mut self) {
        let tree = self.tree();
        let spec = get(&tree, "spec");
        self.lines("Name");
        self.metadata();
        self.finalizers();
        self.lines("StorageClass={spec.storageClassName}");
        self.phase_or_terminating();
        let claim = claim(&self.row);
        self.field(0, "Claim", &claim);
        self.lines("Reclaim Policy={spec.persistentVolumeReclaimPolicy}");
        self.field(0, "Access Modes", &access_modes(get(spec, "accessModes")));
        self.lines("?VolumeMode={spec.volumeMode};Capacity={spec.capacity.storage:0}");
        self.node_affinity(get(spec, "nodeAffinity"));
        self.lines("Message={status.message};Source:");
        self.volume_source(spec);
    }

    pub(super) fn persistent_volume_claim(&mut self) {
        let tree = self.tree();
        self.lines("Name;Namespace;StorageClass={spec.storageClassName}");
        self.phase_or_terminating();
        self.lines("Volume={spec.volumeName}");
        self.metadata();
        self.finalizers();
        let capacity = capacity(&self.row);
        self.field(0, "Capacity", &capacity);
        self.field(0, "Access Modes", &access_modes(at(&tree, "status.accessModes")));
        self.lines("?VolumeMode={spec.volumeMode}");
        let (meta, mut pods) = (&self.row.object.meta, Vec::new());
        for pod in self.store.list_in(Kind::Pod, &meta.namespace) {
            let uses = pod.pod().spec.claims().any(|c| *c == meta.name);
            pods.extend(uses.then(|| pod.meta.name.to_string()));
        }
        self.values("Used By", pods);
        let fields = ["type", "status", "lastProbeTime", "lastTransitionTime", "reason", "message"];
        self.table(
            "Conditions:\n  Type\tStatus\tLastProbeTime\tLastTransitionTime\tReason\tMessage\n  ----\t------\t\
             -----------------\t------------------\t------\t-------",
            conditions(&tree, &fields),
        );
    }

    pub(super) fn storage_class(&mut self) {
        let tree = self.tree();
        self.lines("Name");
        self.field(0, "IsDefaultClass", if is_default(self.row.object) { "Yes" } else { "No" });
        self.labels_line("Annotations", "metadata.annotations");
        self.lines("Provisioner={provisioner}");
        self.labels_line("Parameters", "parameters");
        self.field(0, "AllowVolumeExpansion", &boolean(get(&tree, "allowVolumeExpansion")));
        match list(&tree, "mountOptions") {
            [] => self.field(0, "MountOptions", "<none>"),
            options => {
                self.line(0, "MountOptions:");
                options.iter().for_each(|o| self.line(1, &text(o)));
            }
        }
        self.lines("?ReclaimPolicy={reclaimPolicy};?VolumeBindingMode={volumeBindingMode}");
    }

    pub(super) fn volumes(&mut self, volumes: &[Value], space: &str) {
        if volumes.is_empty() {
            return self.line(0, &format!("{space}Volumes:\t<none>"));
        }
        self.line(0, &format!("{space}Volumes:"));
        for volume in volumes {
            let indent = if space.is_empty() { "" } else { " " };
            self.line(1, &format!("{indent}{}:", text(get(volume, "name"))));
            self.volume_source(volume);
        }
    }

    fn volume_source(&mut self, volume: &Value) {
        let known = VOLUME_SOURCES.iter().find(|(field, ..)| get(volume, field).is_object());
        let Some((field, kind, lines)) = known else { return self.line(1, "<unknown>") };
        self.field(2, "Type", kind);
        let source = get(volume, field);
        for line in lines.split(';').filter(|l| !l.is_empty()) {
            let (label, path) = line.split_once('=').unwrap_or((line, ""));
            let (path, default) = path.split_once(':').unwrap_or((path, ""));
            self.field(2, label, &or(text(get(source, path)), default));
        }
        for source in list(source, "sources") {
            for (kind, label) in [("secret", "SecretName"), ("configMap", "ConfigMapName")] {
                if let part @ Value::Object(_) = get(source, kind) {
                    self.field(2, label, &text(get(part, "name")));
                    self.field(2, "Optional", &or(text(get(part, "optional")), "false"));
                }
            }
            if get(source, "downwardAPI").is_object() {
                self.field(2, "DownwardAPI", "true");
            }
            if let token @ Value::Object(_) = get(source, "serviceAccountToken") {
                self.field(2, "TokenExpirationSeconds", &text(get(token, "expirationSeconds")));
            }
        }
        if *field == "downwardAPI" {
            self.line(2, "Items:");
            for item in list(source, "items") {
                let from = [at(item, "fieldRef.fieldPath"), at(item, "resourceFieldRef.resource")];
                let from = from.into_iter().find(|v| !v.is_null()).map(text).unwrap_or_default();
                self.line(3, &format!("{from} -> {}", text(get(item, "path"))));
            }
        }
    }

    fn node_affinity(&mut self, affinity: &Value) {
        let Value::Object(_) = get(affinity, "required") else {
            return self.field(0, "Node Affinity", "<none>");
        };
        self.field(0, "Node Affinity", "");
        self.field(1, "Required Terms", "");
        for (n, term) in list(get(affinity, "required"), "nodeSelectorTerms").iter().enumerate() {
            let expression = |e: &Value| {
                let values: Vec<String> = list(e, "values").iter().map(text).collect();
                let operator = text(get(e, "operator")).to_lowercase();
                let values =
                    if values.is_empty() { String::new() } else { format!(" [{}]", values.join(", ")) };
                format!("{} {operator}{values}", text(get(e, "key")))
            };
            let expressions: Vec<String> = list(term, "matchExpressions").iter().map(expression).collect();
            let expressions = or(expressions.join("\n    \t"), "<none>");
            self.field(2, &format!("Term {n}"), &expressions);
        }
    }
}
