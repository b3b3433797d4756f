//! Volumes of pods, volumes, claims and storage classes.

use super::description::{Description, conditions};
use crate::api::Kind;
use crate::api::meta::STORAGE_CLASS;
use crate::api::read::{get, list};
use crate::kubectl::output::go_print;
use crate::kubectl::printers::{access_modes, at, boolean, capacity, claim, is_default, or, text};
use serde_json::Value;

/// Field, type, and lines `Label=field:default`, as each function `print…VolumeSource` has them. A line with `?` is
/// left out where there is no such field: volumes of the cluster have it, those of pods do not.
const VOLUME_SOURCES: &[(&str, &str, &str)] = &[
    ("hostPath", "HostPath (bare host directory volume)", "Path=path;HostPathType=type:<none>"),
    (
        "emptyDir",
        "EmptyDir (a temporary directory that shares a pod's lifetime)",
        "Medium=medium;SizeLimit=sizeLimit:<unset>",
    ),
    (
        "gcePersistentDisk",
        "GCEPersistentDisk (a Persistent Disk resource in Google Compute Engine)",
        "PDName=pdName;FSType=fsType;Partition=partition:0;ReadOnly=readOnly:false",
    ),
    (
        "awsElasticBlockStore",
        "AWSElasticBlockStore (a Persistent Disk resource in AWS)",
        "VolumeID=volumeID;FSType=fsType;Partition=partition:0;ReadOnly=readOnly:false",
    ),
    (
        "gitRepo",
        "GitRepo (a volume that is pulled from git when the pod is created)",
        "Repository=repository;Revision=revision",
    ),
    ("secret", "Secret (a volume populated by a Secret)", "SecretName=secretName;Optional=optional:false"),
    ("configMap", "ConfigMap (a volume populated by a ConfigMap)", "Name=name;Optional=optional:false"),
    (
        "nfs",
        "NFS (an NFS mount that lasts the lifetime of a pod)",
        "Server=server;Path=path;ReadOnly=readOnly:false",
    ),
    (
        "iscsi",
        "ISCSI (an ISCSI Disk resource that is attached to a kubelet's host machine and then exposed to the pod)",
        "TargetPortal=targetPortal;IQN=iqn;Lun=lun:0;ISCSIInterface\t=iscsiInterface;FSType=fsType;\
         ReadOnly=readOnly:false;Portals=portals:[];DiscoveryCHAPAuth=chapAuthDiscovery:false;\
         SessionCHAPAuth=chapAuthSession:false;SecretRef=secretRef:nil;InitiatorName=initiatorName:<none>",
    ),
    (
        "glusterfs",
        "Glusterfs (a Glusterfs mount on the host that shares a pod's lifetime)",
        "EndpointsName=endpoints;?EndpointsNamespace=endpointsNamespace;Path=path;ReadOnly=readOnly:false",
    ),
    (
        "persistentVolumeClaim",
        "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
        "ClaimName=claimName;ReadOnly=readOnly:false",
    ),
    (
        "ephemeral",
        "EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)",
        "",
    ),
    (
        "rbd",
        "RBD (a Rados Block Device mount on the host that shares a pod's lifetime)",
        "CephMonitors=monitors:[];RBDImage=image;FSType=fsType;RBDPool=pool;RadosUser=user;Keyring=keyring;\
         SecretRef=secretRef:nil;ReadOnly=readOnly:false",
    ),
    (
        "quobyte",
        "Quobyte (a Quobyte mount on the host that shares a pod's lifetime)",
        "Registry=registry;Volume=volume;ReadOnly=readOnly:false",
    ),
    ("downwardAPI", "DownwardAPI (a volume populated by information about the pod)", ""),
    (
        "azureDisk",
        "AzureDisk (an Azure Data Disk mount on the host and bind mount to the pod)",
        "DiskName=diskName;DiskURI=diskURI;Kind=kind;FSType=fsType;CachingMode=cachingMode;ReadOnly=readOnly:false",
    ),
    (
        "vsphereVolume",
        "vSphereVolume (a Persistent Disk resource in vSphere)",
        "VolumePath=volumePath;FSType=fsType;StoragePolicyName=storagePolicyName",
    ),
    (
        "cinder",
        "Cinder (a Persistent Disk resource in OpenStack)",
        "VolumeID=volumeID;FSType=fsType;ReadOnly=readOnly:false;SecretRef=secretRef:nil",
    ),
    ("portworxVolume", "PortworxVolume (a Portworx Volume resource)", "VolumeID=volumeID"),
    (
        "cephfs",
        "CephFS (a CephFS mount on the host that shares a pod's lifetime)",
        "Monitors=monitors:[];Path=path;User=user;SecretFile=secretFile;SecretRef=secretRef:nil;\
         ReadOnly=readOnly:false",
    ),
    (
        "fc",
        "FC (a Fibre Channel disk)",
        "TargetWWNs=targetWWNs;LUN=lun:<none>;FSType=fsType;ReadOnly=readOnly:false",
    ),
    (
        "azureFile",
        "AzureFile (an Azure File Service mount on the host and bind mount to the pod)",
        "SecretName=secretName;?SecretNamespace=secretNamespace;ShareName=shareName;ReadOnly=readOnly:false",
    ),
    (
        "flexVolume",
        "FlexVolume (a generic volume resource that is provisioned/attached using an exec based plugin)",
        "Driver=driver;FSType=fsType;SecretRef=secretRef:nil;ReadOnly=readOnly:false;Options=options:map[]",
    ),
    ("projected", "Projected (a volume that contains injected data from multiple sources)", ""),
    (
        "csi",
        "CSI (a Container Storage Interface (CSI) volume source)",
        "Driver=driver;FSType=fsType;?VolumeHandle=volumeHandle;ReadOnly=readOnly:false",
    ),
    ("image", "Image (a container image or OCI artifact)", "Reference=reference;PullPolicy=pullPolicy"),
    ("local", "LocalVolume (a persistent volume backed by local storage on a node)", "Path=path"),
];

/// So much of an attribute is shown.
const LONGEST: usize = 140;

impl Description<'_> {
    pub(super) fn persistent_volume(&mut self) {
        let tree = self.tree();
        let spec = get(&tree, "spec");
        self.lines("Name");
        self.metadata();
        self.finalizers();
        self.field(0, "StorageClass", &class(&tree));
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
        self.lines("Name;Namespace");
        self.field(0, "StorageClass", &class(&tree));
        self.phase_or_terminating();
        self.lines("Volume={spec.volumeName}");
        self.metadata();
        self.finalizers();
        let capacity = capacity(&self.row);
        self.field(0, "Capacity", &capacity);
        let is_bound = !get(get(&tree, "spec"), "volumeName").is_null();
        let modes = access_modes(at(&tree, "status.accessModes"));
        self.field(0, "Access Modes", if is_bound { &modes } else { "" });
        self.lines("?VolumeMode={spec.volumeMode}");
        self.data_source(0, get(&tree, "spec"));
        let (meta, mut pods) = (&self.row.object.meta, Vec::new());
        for pod in self.store.list_in(Kind::Pod, &meta.namespace) {
            let uses = pod.pod().spec.claims().any(|c| *c == meta.name);
            // Of an ephemeral volume's claim the pod is the owner.
            let owns = meta.owner_references.iter().any(|o| o.uid == pod.meta.uid);
            pods.extend((uses || owns).then(|| pod.meta.name.to_string()));
        }
        self.values("Used By", pods);
        let fields = ["type", "status", "lastProbeTime", "lastTransitionTime", "reason", "message"];
        self.table(
            "Conditions:\n  Type\tStatus\tLastProbeTime\tLastTransitionTime\tReason\tMessage\n  ----\t------\t\
             -----------------\t------------------\t------\t-------",
            conditions(&tree, &fields, " \t"),
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
        let topologies = list(&tree, "allowedTopologies");
        if !topologies.is_empty() {
            self.field(0, "AllowedTopologies", "");
        }
        for (n, term) in topologies.iter().enumerate() {
            self.term(1, n, list(term, "matchLabelExpressions"));
        }
    }

    pub(super) fn volume_attributes_class(&mut self) {
        self.lines("Name");
        self.labels_line("Annotations", "metadata.annotations");
        self.lines("DriverName={driverName}");
        self.labels_line("Parameters", "parameters");
    }

    pub(super) fn csi_node(&mut self) {
        let tree = self.tree();
        self.lines("Name");
        self.metadata();
        self.created();
        let drivers = list(get(&tree, "spec"), "drivers");
        self.lines(if drivers.is_empty() { "Spec:" } else { "Spec:;>Drivers:" });
        for driver in drivers {
            self.line(2, &[&text(get(driver, "name")), ":"].concat());
            self.field(3, "Node ID", &text(get(driver, "nodeID")));
            let count = at(driver, "allocatable.count");
            if !count.is_null() {
                self.line(3, "Allocatables:");
                self.field(4, "Count", &text(count));
            }
            if let keys @ Value::Array(_) = get(driver, "topologyKeys") {
                self.field(3, "Topology Keys", &go_print(keys));
            }
        }
    }

    fn data_source(&mut self, level: usize, spec: &Value) {
        let source = get(spec, "dataSource");
        if source.is_null() {
            return;
        }
        self.line(level, "DataSource:");
        for (label, field) in [("APIGroup", "apiGroup"), ("Kind", "kind"), ("Name", "name")] {
            if !get(source, field).is_null() {
                self.field(level + 1, label, &text(get(source, field)));
            }
        }
    }

    /// The claim that a volume of a pod makes. What goes over several lines is indented once more (`NestedPrefixWriter`).
    fn ephemeral_claim(&mut self, template: &Value) {
        let spec = get(template, "spec");
        self.field(2, "StorageClass", &class(template));
        self.field(2, "Volume", "");
        for (title, map, sign) in [("Labels:", "labels", "="), ("Annotations:", "annotations", ": ")] {
            let map = get(get(template, "metadata"), map).as_object().into_iter().flatten();
            let mut values: Vec<String> = map.map(|(k, v)| [k, sign, &text(v)].concat()).collect();
            if values.is_empty() {
                values.push("<none>".into());
            }
            for (n, value) in values.iter().enumerate() {
                let title = match n {
                    0 => title,
                    _ if sign == "=" => "    ",
                    _ => "",
                };
                self.line(2, &[title, "\t    ", value].concat());
            }
        }
        for label in ["Capacity", "Access Modes"] {
            self.field(2, label, "");
        }
        if let Some(mode) = get(spec, "volumeMode").as_str() {
            self.field(2, "VolumeMode", mode);
        }
        self.data_source(2, spec);
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
            let value = get(source, path);
            let shown = match value {
                Value::Null => default.to_string(),
                Value::Array(all) if path == "targetWWNs" => {
                    all.iter().map(text).collect::<Vec<_>>().join(", ")
                }
                Value::Object(_) if path != "options" => go_reference(value),
                Value::Array(_) | Value::Object(_) => go_print(value),
                value => text(value),
            };
            match label.strip_prefix('?') {
                Some(_) if value.is_null() => {}
                Some(label) => self.field(2, label, &shown),
                // Upstream's own slip: no colon.
                None if label.ends_with('\t') => self.line(2, &[label, &shown].concat()),
                None => self.field(2, label, &shown),
            }
        }
        match *field {
            "csi" => self.csi_attributes(get(source, "volumeAttributes")),
            "ephemeral" => self.ephemeral_claim(get(source, "volumeClaimTemplate")),
            _ => {}
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
        let terms = list(get(affinity, "required"), "nodeSelectorTerms");
        self.field(1, "Required Terms", if terms.is_empty() { "<none>" } else { "" });
        for (n, term) in terms.iter().enumerate() {
            self.term(2, n, list(term, "matchExpressions"));
        }
    }

    /// The expressions of a node selector's or a topology's term.
    fn term(&mut self, level: usize, n: usize, expressions: &[Value]) {
        let expression = |e: &Value| {
            let values: Vec<String> = list(e, "values").iter().map(text).collect();
            let operator = or(text(get(e, "operator")).to_lowercase(), "in");
            let values = if values.is_empty() { String::new() } else { format!(" [{}]", values.join(", ")) };
            format!("{} {operator}{values}", text(get(e, "key")))
        };
        let expressions: Vec<String> = expressions.iter().map(expression).collect();
        let between = ["\n", &"  ".repeat(level), "\t"].concat();
        self.field(level, &format!("Term {n}"), &or(expressions.join(&between), "<none>"));
    }

    /// Models `printCSIPersistentVolumeAttributesMultiline`.
    fn csi_attributes(&mut self, attributes: &Value) {
        let mut title = "VolumeAttributes:\t";
        let attributes = attributes.as_object().into_iter().flatten();
        for (name, value) in attributes {
            let line = [name, "=", &text(value)].concat();
            let end = line.char_indices().nth(LONGEST).map(|(at, _)| at);
            let shown = end.map_or(line.clone(), |end| [&line[..end], "..."].concat());
            self.line(2, &[title, if title.is_empty() { "    \t    " } else { "    " }, &shown].concat());
            title = "";
        }
        if !title.is_empty() {
            self.line(2, &[title, "<none>"].concat());
        }
    }
}

/// The class of a claim or a volume. Models `pkg/util/storage: GetPersistentVolumeClaimClass`.
pub(super) fn class(object: &Value) -> String {
    let annotations = get(get(object, "metadata"), "annotations");
    match get(annotations, STORAGE_CLASS) {
        Value::Null => text(at(object, "spec.storageClassName")),
        class => text(class),
    }
}

/// A reference to a Secret as Go prints it: a pod's has no namespace.
fn go_reference(reference: &Value) -> String {
    let name = text(get(reference, "name"));
    match get(reference, "namespace") {
        Value::Null => ["&LocalObjectReference{Name:", &name, ",}"].concat(),
        namespace => ["&SecretReference{Name:", &name, ",Namespace:", &text(namespace), ",}"].concat(),
    }
}
