//! Names by which objects mean each other, after these have got other names. Models kustomize's
//! `api/internal/konfig/builtinpluginconsts/namereference.go`.

use super::resource::Resource;
use serde_json::Value;

/// Gives every reference the name that its object has now.
pub(super) fn fix(resources: &mut [Resource]) {
    let known: Vec<Resource> = resources.to_vec();
    for resource in resources {
        let namespace = resource.namespace().to_string();
        let kind = resource.kind_name().to_string();
        let fixer = Fixer { known: &known, namespace: &namespace };
        fixer.walk(&mut resource.tree, "");
        match kind.as_str() {
            "StatefulSet" => fixer.rename(resource.tree.pointer_mut("/spec/serviceName"), "Service"),
            "PersistentVolumeClaim" => fixer.of_claim(&mut resource.tree),
            "HorizontalPodAutoscaler" => fixer.by_kind(resource.tree.pointer_mut("/spec/scaleTargetRef")),
            "RoleBinding" | "ClusterRoleBinding" => {
                fixer.by_kind(resource.tree.get_mut("roleRef"));
                for subject in
                    resource.tree.get_mut("subjects").and_then(Value::as_array_mut).into_iter().flatten()
                {
                    fixer.subject(subject);
                }
            }
            _ => {}
        }
    }
}

struct Fixer<'a> {
    known: &'a [Resource],
    namespace: &'a str,
}

impl Fixer<'_> {
    /// The object that a name meant when it was written.
    fn find(&self, kind: &str, name: &str, namespace: &str) -> Option<&Resource> {
        let fits = |known: &&Resource| {
            known.kind_name() == kind
                && known.names.iter().any(|known| known == name)
                && (known.namespace() == namespace || known.namespace().is_empty() || namespace.is_empty())
        };
        self.known.iter().find(fits)
    }

    fn rename(&self, reference: Option<&mut Value>, kind: &str) {
        let Some(reference) = reference else { return };
        let Some(name) = reference.as_str() else { return };
        if let Some(found) = self.find(kind, name, self.namespace) {
            *reference = found.name().into();
        }
    }

    /// `{kind: Deployment, name: web}`
    fn by_kind(&self, reference: Option<&mut Value>) {
        let Some(reference) = reference else { return };
        let kind = reference["kind"].as_str().unwrap_or_default().to_string();
        self.rename(reference.get_mut("name"), &kind);
    }

    fn subject(&self, subject: &mut Value) {
        if subject["kind"] != "ServiceAccount" {
            return;
        }
        let name = subject["name"].as_str().unwrap_or_default();
        let found = self.known.iter().find(|known| {
            known.kind_name() == "ServiceAccount" && known.names.iter().any(|known| known == name)
        });
        if let Some(found) = found {
            subject["name"] = found.name().into();
            if !found.namespace().is_empty() {
                subject["namespace"] = found.namespace().into();
            }
        }
    }

    fn of_claim(&self, tree: &mut Value) {
        self.rename(tree.pointer_mut("/spec/volumeName"), "PersistentVolume");
        self.rename(tree.pointer_mut("/spec/storageClassName"), "StorageClass");
    }

    /// References that are known by their fields' names, wherever they stand; `field` is the one in which the tree stands.
    fn walk(&self, tree: &mut Value, field: &str) {
        match tree {
            Value::Array(items) => items.iter_mut().for_each(|item| self.walk(item, field)),
            Value::Object(_) => {
                match field {
                    "configMap" | "configMapKeyRef" | "configMapRef" => {
                        self.rename(tree.get_mut("name"), "ConfigMap")
                    }
                    "secretKeyRef" | "secretRef" | "imagePullSecrets" | "secrets" => {
                        self.rename(tree.get_mut("name"), "Secret");
                    }
                    "secret" => {
                        self.rename(tree.get_mut("secretName"), "Secret");
                        self.rename(tree.get_mut("name"), "Secret");
                    }
                    "tls" => self.rename(tree.get_mut("secretName"), "Secret"),
                    "persistentVolumeClaim" => {
                        self.rename(tree.get_mut("claimName"), "PersistentVolumeClaim");
                    }
                    "service" => self.rename(tree.get_mut("name"), "Service"),
                    "volumeClaimTemplates" => self.of_claim(tree),
                    _ => {}
                }
                for (name, value) in tree.as_object_mut().into_iter().flatten() {
                    match name.as_str() {
                        "serviceAccountName" => self.rename(Some(value), "ServiceAccount"),
                        "priorityClassName" => self.rename(Some(value), "PriorityClass"),
                        "ingressClassName" => self.rename(Some(value), "IngressClass"),
                        // What an object holds is nobody's reference.
                        "data" | "stringData" | "binaryData" | "metadata" => {}
                        name => self.walk(value, name),
                    }
                }
            }
            _ => {}
        }
    }
}
