//! What the API server adds to, or refuses of, a request after decoding. Models the admission plugins that are on by
//! default (`ServiceAccount`, `DefaultTolerationSeconds`, `DefaultStorageClass`, `StorageObjectInUseProtection`, …) and
//! what the registry gives at creation (a Service's cluster IP).

use super::{ApiError, ApiServer, name_from};
use crate::api::meta::{PV_PROTECTION_FINALIZER, PVC_PROTECTION_FINALIZER};
use crate::api::pod::Toleration;
use crate::api::volume::DEFAULT_CLASS;
use crate::api::{Body, Kind, Object};
use std::rc::Rc;

/// Seconds for which a pod tolerates a node that is not ready or not reachable, unless it says otherwise.
pub const DEFAULT_TOLERATION_SECONDS: i64 = 300;

impl ApiServer {
    /// Changes the object as admission does. Errors: what admission refuses.
    pub(super) fn admit(&mut self, object: &mut Object) -> Result<(), ApiError> {
        match &mut object.body {
            Body::Pod(pod) => {
                let token_name = name_from(self.rng.uid(), 5);
                let spec = Rc::make_mut(&mut pod.spec);
                spec.token_volume = Some(format!("kube-api-access-{token_name}").into());
                let tolerates = |key: &str, list: &[Toleration]| {
                    list.iter().any(|t| {
                        t.key.as_ref().is_none_or(|k| **k == *key)
                            && t.effect.as_ref().is_none_or(|e| **e == *"NoExecute")
                    })
                };
                let missing = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"]
                    .into_iter()
                    .filter(|key| !tolerates(key, &spec.tolerations))
                    .map(|key| Toleration {
                        key: Some(key.into()),
                        value: None,
                        effect: Some("NoExecute".into()),
                        seconds: Some(DEFAULT_TOLERATION_SECONDS),
                    })
                    .collect::<Vec<_>>();
                spec.tolerations = spec.tolerations.iter().cloned().chain(missing).collect();
            }
            Body::PersistentVolumeClaim(claim) => {
                if claim.spec.storage_class_name.is_none() {
                    let default = self
                        .store
                        .list(Kind::StorageClass)
                        .find(|c| c.meta.annotation(DEFAULT_CLASS) == Some("true"));
                    Rc::make_mut(&mut claim.spec).storage_class_name = default.map(|c| c.meta.name.clone());
                }
                object.meta.add_finalizer(PVC_PROTECTION_FINALIZER);
            }
            Body::PersistentVolume(volume) => {
                volume.last_phase_transition_time = Some(self.now.whole_seconds());
                object.meta.add_finalizer(PV_PROTECTION_FINALIZER);
            }
            Body::Service(service)
                if service.cluster_ip.is_empty() && &*service.service_type != "ExternalName" =>
            {
                service.cluster_ip = self.free_cluster_ip();
            }
            _ => {}
        }
        Ok(())
    }

    /// A virtual IP that no Service has, out of 10.200.0.0/16.
    fn free_cluster_ip(&mut self) -> crate::api::Str {
        loop {
            let n = 256 + self.rng.below(0xFF00 - 256);
            let ip = format!("10.200.{}.{}", n >> 8, n & 0xFF);
            let taken = self.store.list(Kind::Service).any(|s| *s.service().cluster_ip == *ip);
            if !taken && n & 0xFF != 0 {
                return ip.into();
            }
        }
    }
}
