//! Waiting for a pod's volumes. Models `pkg/kubelet/volumemanager` and `pkg/volume/util/operationexecutor`.

use super::environment::data;
use super::nodes::NodeContext;
use super::worker::{Setup, Worker};
use crate::api::event::Involved;
use crate::api::pod::VolumeSource;
use crate::api::read::{bool as flag, get, list, str as text};
use crate::api::{Kind, Object, Span, Str};
use crate::apiserver::{EventType, Source, Store};
use std::rc::Rc;

/// The first wait before mounting is tried again, doubled each time
/// (`pkg/util/goroutinemap/exponentialbackoff`).
const FIRST_MOUNT_RETRY: Span = Span(500);
/// The longest such wait.
const LAST_MOUNT_RETRY: Span = Span(122_000);

impl Worker {
    /// Waits for the pod's volumes. Models `WaitForAttachAndMount`.
    pub(super) fn mount(&mut self, cx: &mut NodeContext, pod: &Rc<Object>, wait: Span) {
        let now = cx.now();
        let Some(message) = missing_volume(cx.store(), pod) else {
            self.setup = Setup::Sandbox { at: now + cx.timings.sandbox };
            return;
        };
        cx.api.event(
            Source::kubelet(&self.node),
            Involved::of(pod),
            EventType::Warning,
            "FailedMount",
            &message,
        );
        let wait = Span((wait.0 * 2).clamp(FIRST_MOUNT_RETRY.0, LAST_MOUNT_RETRY.0));
        self.setup = Setup::Mount { at: now + wait, wait, message: Some(message.into()) };
    }
}

/// Why a pod's volumes can't be mounted, as the FailedMount event says it.
fn missing_volume(store: &Store, pod: &Object) -> Option<String> {
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
