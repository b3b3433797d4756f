//! The sources of a pod's volumes.
//!
//! Models pkg/apis/core/validation/validation.go: ValidateVolumes, validateVolumeSource and what they call, in their order.

use std::collections::{BTreeMap, BTreeSet};

use super::env::{validate_field_ref, validate_resource_ref};
use super::field::{At, Errors, required_texts};
use super::meta::{validate_annotations, validate_labels};
use super::names;
use super::paths::{validate_descending, validate_no_backsteps, validate_not_reserved, validate_volume_name};
use super::volume::validate_claim_spec;
use crate::base::quantity::Quantity;
use yaml::text::quoted;

const FILE_MODE: &str = "must be a number between 0 and 0777 (octal), both inclusive";
const MORE_THAN_ONE_VOLUME: &str = "may not specify more than 1 volume type";

/// The volumes of a pod that are in order: name and whether a claim is behind it.
pub(super) type Volumes<'a> = BTreeMap<&'a str, bool>;

/// `pod_name` is that of a pod, which a template has not.
pub(super) fn validate_volumes<'a>(
    spec: &At<'a>,
    added: &[At<'a>],
    pod_name: Option<&str>,
    errors: &mut Errors,
) -> Volumes<'a> {
    let path = spec.path_of("volumes");
    let mut volumes = Volumes::new();
    let mut place = 0;
    // A controller's claims come first; of several with one name, one.
    let mut added_names = BTreeSet::new();
    for template in added {
        let name = template.get("metadata").get("name").text();
        if !added_names.insert(name) {
            continue;
        }
        let here = path.item(place);
        place += 1;
        let before = errors.0.len();
        if name.is_empty() {
            errors.required(&here.field("persistentVolumeClaim").field("claimName"), "");
        }
        let at = template.get("metadata").get("name").told_as(here.field("name"));
        validate_volume_name(&at, errors);
        if errors.0.len() == before {
            volumes.insert(name, true);
        }
    }
    let pod_name = pod_name.filter(|name| !name.is_empty());
    let claim_of = |volume: &At| Some(format!("{}-{}", pod_name?, volume.get("name").text()));
    for volume in spec.get("volumes").items() {
        let name = volume.get("name");
        if added_names.contains(name.text()) {
            continue;
        }
        let volume = volume.told_as(path.item(place));
        place += 1;
        let before = errors.0.len();
        validate_volume_source(&volume, pod_name, errors);
        validate_volume_name(&volume.get("name"), errors);
        if volumes.contains_key(name.text()) {
            errors.duplicate(&volume.path_of("name"), &quoted(name.text()));
        }
        if errors.0.len() == before {
            let is_claim = volume.get("persistentVolumeClaim").is_set() || volume.get("ephemeral").is_set();
            volumes.insert(name.text(), is_claim);
        }
        let claim = volume.get("persistentVolumeClaim").get("claimName");
        let mut others = spec.get("volumes").items().filter(|other| other.get("ephemeral").is_set());
        if claim.is_set() && others.any(|other| claim_of(&other).as_deref() == Some(claim.text())) {
            errors.invalid(&claim, "must not reference a PVC that gets created for an ephemeral volume");
        }
    }
    volumes
}

/// What upstream has a function for: a source, the texts and lists that it must not leave empty, and its other rules.
struct Source {
    name: &'static str,
    required: &'static [&'static str],
    check: fn(&At, &mut Errors),
}

const fn source(
    name: &'static str,
    required: &'static [&'static str],
    check: fn(&At, &mut Errors),
) -> Source {
    Source { name, required, check }
}

const fn no_more(_: &At, _: &mut Errors) {}

/// The sources in the order of validateVolumeSource, which decides which of two is the one too many.
const SOURCES: [Source; 30] = [
    source("emptyDir", &[], validate_empty_dir),
    source("hostPath", &[], validate_host_path),
    source("gitRepo", &["repository"], |at, errors| validate_descending(&at.get("directory"), errors)),
    source("gcePersistentDisk", &["pdName"], validate_partition),
    source("awsElasticBlockStore", &["volumeID"], validate_partition),
    source("secret", &["secretName"], validate_items),
    source("nfs", &["server", "path"], validate_nfs),
    source("iscsi", &["targetPortal", "iqn"], validate_iscsi),
    source("glusterfs", &["endpoints", "path"], no_more),
    source("flocker", &[], validate_flocker),
    source("persistentVolumeClaim", &["claimName"], no_more),
    source("rbd", &["monitors", "image"], no_more),
    source("cinder", &["volumeID"], validate_secret_ref),
    source("cephfs", &["monitors"], no_more),
    source("quobyte", &[], validate_quobyte),
    source("downwardAPI", &[], validate_downward_api),
    source("fc", &[], validate_fibre_channel),
    source("flexVolume", &["driver"], validate_flex_options),
    source("configMap", &["name"], validate_items),
    source("azureFile", &["secretName", "shareName"], no_more),
    source("vsphereVolume", &["volumePath"], no_more),
    source("photonPersistentDisk", &["pdID"], no_more),
    source("portworxVolume", &["volumeID"], no_more),
    source("azureDisk", &["diskName", "diskURI"], validate_azure_disk),
    source("storageos", &["volumeName"], validate_storage_os),
    source("projected", &[], |at, errors| {
        validate_mode(&at.get("defaultMode"), errors);
        validate_projections(at, errors);
    }),
    source("scaleIO", &["gateway", "system", "volumeName"], no_more),
    source("csi", &[], validate_csi),
    source("ephemeral", &[], validate_ephemeral),
    source("image", &[], no_more),
];

/// Models validateVolumeSource.
fn validate_volume_source(volume: &At, pod_name: Option<&str>, errors: &mut Errors) {
    let mut found = false;
    for Source { name, required, check } in SOURCES {
        let source = volume.get(name);
        if !source.is_set() {
            continue;
        }
        if found {
            // Two of upstream's paths are misspelt.
            let told = match name {
                "cephfs" => "cephFS",
                "downwardAPI" => "downwarAPI",
                name => name,
            };
            errors.forbidden(&volume.path_of(told), MORE_THAN_ONE_VOLUME);
            continue;
        }
        found = true;
        let path = if name == "gcePersistentDisk" { "persistentDisk" } else { name };
        let source = source.told_as(volume.path_of(path));
        for field in required {
            let at = source.get(field);
            if at.text().is_empty() && at.is_empty_list() {
                errors.required(&at.path, "");
            }
        }
        check(&source, errors);
        match name {
            "ephemeral" => {
                let own_name = volume.get("name");
                let Some(pod) = pod_name else { continue };
                if own_name.text().is_empty() {
                    continue;
                }
                let claim = format!("{pod}-{}", own_name.text());
                for message in names::dns_subdomain(&claim) {
                    errors.invalid(&own_name, &format!("PVC name {}: {message}", quoted(&claim)));
                }
            }
            "image" => {
                let reference = source.get("reference");
                if pod_name.is_some() && reference.text().is_empty() {
                    errors.required(&reference.path, "");
                }
                errors.one_of(&source.get("pullPolicy"), &["Always", "IfNotPresent", "Never"]);
            }
            _ => {}
        }
    }
    if !found {
        errors.required(&volume.path, "must specify a volume type");
    }
}

fn validate_empty_dir(source: &At, errors: &mut Errors) {
    let limit = source.get("sizeLimit");
    if Quantity::parse(limit.text()).is_ok_and(|limit| limit.sign() < 0) {
        errors.forbidden(&limit.path, "SizeLimit field must be a valid resource quantity");
    }
}

fn validate_partition(source: &At, errors: &mut Errors) {
    let partition = source.get("partition");
    if !(0..=255).contains(&partition.int()) {
        errors.invalid(&partition, "must be between 1 and 255, inclusive");
    }
}

fn validate_items(source: &At, errors: &mut Errors) {
    validate_mode(&source.get("defaultMode"), errors);
    source.get("items").items().for_each(|item| validate_key_to_path(&item, errors));
}

fn validate_nfs(source: &At, errors: &mut Errors) {
    let path = source.get("path");
    if !path.text().starts_with('/') {
        errors.invalid_text(&path.path, path.text(), "must be an absolute path");
    }
}

fn validate_iscsi(source: &At, errors: &mut Errors) {
    let iqn = source.get("iqn");
    if !iqn.text().is_empty() && !["iqn", "eui", "naa"].iter().any(|p| iqn.text().starts_with(p)) {
        errors.invalid(&iqn, "must be valid format starting with iqn, eui, or naa");
    }
    errors.in_range(&source.get("lun"), 0, 255);
    let needs_secret = source.get("chapAuthDiscovery").flag() || source.get("chapAuthSession").flag();
    if needs_secret && !source.get("secretRef").is_set() {
        errors.required(&source.path_of("secretRef"), "");
    }
}

fn validate_flocker(source: &At, errors: &mut Errors) {
    let (name, id) = (source.get("datasetName"), source.get("datasetUUID"));
    match (name.text().is_empty(), id.text().is_empty()) {
        (true, true) => errors.required(&source.path, "one of datasetName and datasetUUID is required"),
        (false, false) => {
            let detail = "datasetName and datasetUUID can not be specified simultaneously";
            errors.invalid_text(&source.path, "resource", detail);
        }
        _ => {}
    }
    if name.text().contains('/') {
        errors.invalid(&name, "must not contain '/'");
    }
}

fn validate_secret_ref(source: &At, errors: &mut Errors) {
    let secret = source.get("secretRef");
    if secret.is_set() {
        required_texts(&secret, &["name"], errors);
    }
}

fn validate_storage_os(source: &At, errors: &mut Errors) {
    for field in ["volumeName", "volumeNamespace"] {
        let at = source.get(field);
        if !at.text().is_empty() {
            errors.all_invalid(&at, names::dns_label(at.text()));
        }
    }
    validate_secret_ref(source, errors);
}

fn validate_quobyte(source: &At, errors: &mut Errors) {
    let registry = source.get("registry");
    if registry.text().is_empty() {
        let detail = "must be a host:port pair or multiple pairs separated by commas";
        errors.required(&registry.path, detail);
    }
    required_texts(source, &["volume"], errors);
}

fn validate_fibre_channel(source: &At, errors: &mut Errors) {
    let (names, ids, lun) = (source.get("targetWWNs"), source.get("wwids"), source.get("lun"));
    if names.is_empty_list() && ids.is_empty_list() {
        errors.required(&names.path, "must specify either targetWWNs or wwids, but not both");
    }
    if names.is_empty_list() {
        return;
    }
    if !ids.is_empty_list() {
        errors.invalid(&names, "targetWWNs and wwids can not be specified simultaneously");
    }
    if lun.is_set() {
        errors.in_range(&lun, 0, 255);
    } else {
        errors.required(&lun.path, "lun is required if targetWWNs is specified");
    }
}

fn validate_flex_options(source: &At, errors: &mut Errors) {
    for (key, at) in source.get("options").entries() {
        let group = key.split_once('/').map_or(key, |(group, _)| group);
        let group = format!(".{}", group.to_lowercase());
        if group.ends_with(".kubernetes.io") || group.ends_with(".k8s.io") {
            errors.invalid_text(&at.path, key, "kubernetes.io and k8s.io namespaces are reserved");
        }
    }
}

fn validate_csi(source: &At, errors: &mut Errors) {
    validate_csi_driver(&source.get("driver"), errors);
    let secret = source.get("nodePublishSecretRef");
    let secret_name = secret.get("name").text();
    if secret.is_set() && secret_name.is_empty() {
        errors.required(&secret.path_of("name"), "");
    } else if secret.is_set() {
        for message in names::dns_subdomain(secret_name) {
            errors.invalid_text(&source.path_of("name"), secret_name, &message);
        }
    }
}

fn validate_ephemeral(source: &At, errors: &mut Errors) {
    let template = source.get("volumeClaimTemplate");
    if !template.is_set() {
        return errors.required(&template.path, "");
    }
    let metadata = template.get("metadata");
    validate_annotations(&metadata.get("annotations"), errors);
    validate_labels(&metadata.get("labels"), errors);
    for (field, _) in metadata.entries() {
        if !matches!(field, "annotations" | "labels") {
            errors.forbidden(&metadata.path.name(field), "cannot be set");
        }
    }
    validate_claim_spec(&template.get("spec"), errors);
}

fn validate_downward_api(source: &At, errors: &mut Errors) {
    validate_mode(&source.get("defaultMode"), errors);
    for file in source.get("items").items() {
        // Upstream tells these at the source.
        validate_downward_file(&file.told_as(source.path), errors);
    }
}

fn validate_host_path(source: &At, errors: &mut Errors) {
    let path = source.get("path");
    if path.text().is_empty() {
        return errors.required(&path.path, "");
    }
    validate_no_backsteps(&path, errors);
    const TYPES: [&str; 8] =
        ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];
    let kind = source.get("type");
    if !TYPES.contains(&kind.text()) {
        errors.not_supported(&kind, &TYPES);
    }
}

fn validate_azure_disk(disk: &At, errors: &mut Errors) {
    let (caching, kind, uri) = (disk.get("cachingMode"), disk.get("kind"), disk.get("diskURI"));
    for (at, known) in
        [(&caching, ["None", "ReadOnly", "ReadWrite"]), (&kind, ["Dedicated", "Managed", "Shared"])]
    {
        if at.is_set() && !known.contains(&at.text()) {
            errors.not_supported(at, &known);
        }
    }
    let (start, form) = match kind.text() {
        "Managed" => (
            "/subscriptions/",
            "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}",
        ),
        _ => ("https://", "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"),
    };
    if kind.is_set() && !uri.text().starts_with(start) {
        errors.not_supported(&uri, &[form]);
    }
}

/// Models ValidateCSIDriverName.
pub(super) fn validate_csi_driver(driver: &At, errors: &mut Errors) {
    if driver.text().is_empty() {
        return errors.required(&driver.path, "");
    }
    if driver.text().len() > 63 {
        errors.too_long(&driver.path, 63);
    }
    errors.all_invalid(driver, names::dns_subdomain(&driver.text().to_lowercase()));
}

fn validate_mode(mode: &At, errors: &mut Errors) {
    if mode.is_set() && !(0..=0o777).contains(&mode.int()) {
        errors.invalid(mode, FILE_MODE);
    }
}

fn validate_key_to_path(item: &At, errors: &mut Errors) {
    required_texts(item, &["key", "path"], errors);
    validate_not_reserved(&item.get("path"), errors);
    validate_mode(&item.get("mode"), errors);
}

/// Models validateDownwardAPIVolumeFile.
fn validate_downward_file(file: &At, errors: &mut Errors) {
    required_texts(file, &["path"], errors);
    validate_not_reserved(&file.get("path"), errors);
    let (field, resource) = (file.get("fieldRef"), file.get("resourceFieldRef"));
    if field.is_set() {
        validate_field_ref(&field, true, errors);
        if resource.is_set() {
            let detail = "fieldRef and resourceFieldRef can not be specified simultaneously";
            errors.invalid_text(&file.path, "resource", detail);
        }
    } else if resource.is_set() {
        validate_resource_ref(&resource, true, errors);
    } else {
        errors.required(&file.path, "one of fieldRef and resourceFieldRef is required");
    }
    validate_mode(&file.get("mode"), errors);
}

/// Models validateProjectionSources, but for two sources whose gates are off in 1.36: these are dropped.
fn validate_projections(projected: &At, errors: &mut Errors) {
    let mut paths = BTreeSet::new();
    let mut conflict = |path: &str, told: &str, errors: &mut Errors| {
        if !path.is_empty() && !paths.insert(path.to_owned()) {
            errors.invalid_text(&projected.path, told, "conflicting duplicate paths");
        }
    };
    for source in projected.get("sources").items() {
        let mut count = 0;
        for name in ["secret", "configMap", "downwardAPI", "serviceAccountToken"] {
            let at = source.get(name);
            if !at.is_set() {
                continue;
            }
            count += 1;
            match name {
                "downwardAPI" => {
                    for file in at.get("items").items() {
                        validate_downward_file(&file.told_as(at.path), errors);
                        let path = file.get("path").text();
                        conflict(path, path, errors);
                    }
                }
                "serviceAccountToken" => {
                    let seconds = at.get("expirationSeconds");
                    if seconds.int() < 600 {
                        errors.invalid(&seconds, "may not specify a duration less than 10 minutes");
                    }
                    if seconds.int() > 1 << 32 {
                        errors.invalid(&seconds, "may not specify a duration larger than 2^32 seconds");
                    }
                    // Upstream tells these at the volume.
                    let path = at.get("path").told_as(projected.path_of("path"));
                    if path.text().is_empty() {
                        errors.required(&path.path, "");
                    } else {
                        validate_not_reserved(&path, errors);
                    }
                }
                _ => {
                    required_texts(&at, &["name"], errors);
                    for item in at.get("items").items() {
                        validate_key_to_path(&item, errors);
                        conflict(item.get("path").text(), at.get("name").text(), errors);
                    }
                }
            }
        }
        if count > 1 {
            errors.forbidden(&source.path, "may not specify more than 1 volume type per source");
        }
    }
}
