//! Two clusters side by side: the same story with one thing different.

use kubesim::Str;

/// One of two clusters.
#[derive(Clone, PartialEq, Debug)]
pub struct Variant {
    /// What is different about it.
    pub name: Str,
    /// What is applied to it.
    pub manifest: Str,
}

/// Two clusters that differ in one thing.
pub struct ComparisonPreset {
    /// What the one has, and what the other has in its place.
    pub names: [&'static str; 2],
    /// The manifest's text that is different, in the one and in the other.
    differs: [&'static str; 2],
    /// What to do then, to see the difference.
    pub then: &'static [&'static str],
}

const WEB: &str = include_str!("presets/web.yaml");

/// The comparisons that are built in; a link names one by its place.
pub const PRESETS: [ComparisonPreset; 4] = [
    ComparisonPreset {
        names: ["OrderedReady", "Parallel"],
        differs: ["podManagementPolicy: OrderedReady", "podManagementPolicy: Parallel"],
        then: &["kubectl scale sts web --replicas=1", "kubectl delete pod -l app=web --wait=false"],
    },
    ComparisonPreset {
        names: ["whenScaled: Retain", "whenScaled: Delete"],
        differs: ["whenScaled: Retain", "whenScaled: Delete"],
        then: &[
            "kubectl scale sts web --replicas=1",
            "kubectl scale sts web --replicas=3",
            "kubectl get pvc",
        ],
    },
    ComparisonPreset {
        names: ["partition: 0", "partition: 2"],
        differs: ["partition: 0", "partition: 2"],
        then: &["kubectl set image sts/web nginx=nginx:1.29", "kubectl rollout status sts/web --timeout=30s"],
    },
    ComparisonPreset {
        names: ["StatefulSet", "Deployment"],
        differs: ["", ""],
        then: &["kubectl delete pod -l app=web --wait=false", "kubectl get pods -o wide"],
    },
];

impl ComparisonPreset {
    /// The clusters that differ, in the order of the names.
    pub fn variants(&self) -> [Variant; 2] {
        let variant = |n: usize| {
            let [here, there] = self.differs;
            let manifest = match n {
                0 => WEB.to_owned(),
                _ if here.is_empty() => as_deployment(),
                _ => WEB.replace(here, there),
            };
            Variant { name: self.names[n].into(), manifest: manifest.into() }
        };
        [variant(0), variant(1)]
    }
}

/// The same template in a Deployment: what only a StatefulSet has is left out, and all pods share one claim.
fn as_deployment() -> String {
    let (before, template) = WEB.split_once("  template:\n").expect("the manifest has a template");
    let (service, _) = before.split_once("---\n").expect("the Service comes first");
    let (template, claims) =
        template.split_once("  volumeClaimTemplates:\n").expect("it has claim templates");
    let claim = claims.replace("\n    ", "\n").replace("  - metadata:", "metadata:");
    format!(
        "{service}---\napiVersion: v1\nkind: PersistentVolumeClaim\n{claim}---\napiVersion: apps/v1\nkind: Deployment\n\
         metadata:\n  name: web\nspec:\n  replicas: 3\n  selector:\n    matchLabels:\n      app: web\n  template:\n{template}      \
         volumes:\n      - name: data\n        persistentVolumeClaim:\n          claimName: data\n"
    )
}
