//! The faults of a world: which there are, and how one is made and mended. See [`Fault`].

use crate::api::image::with_tag;
use crate::api::pod::PodSpec;
use crate::api::{Body, Fault, Key, Kind, Object, ObjectMeta, Span, Uid};
use crate::apiserver::{ApiServer, Store};

/// What is slow takes so many times as long.
const SLOWNESS: i64 = 10;

/// All faults there are. They are few, and mostly none.
pub fn all(store: &Store) -> impl Iterator<Item = &Fault> {
    store.list(Kind::Fault).map(|record| record.fault())
}

/// Whether there is this fault.
pub fn is_present(store: &Store, fault: &Fault) -> bool {
    all(store).any(|present| present == fault)
}

/// Whether the node is down: its kubelet does nothing, and nobody hears of it.
pub fn is_node_down(store: &Store, node: &str) -> bool {
    all(store).any(|fault| matches!(fault, Fault::NodeDown(down) if **down == *node))
}

/// That the readiness of this pod fails.
pub fn pod_unready(pod: &Key, uid: Uid) -> Fault {
    Fault::PodUnready { namespace: pod.namespace.clone(), name: pod.name.clone(), uid: uid.text().into() }
}

/// Whether the readiness of the pod of this uid fails on purpose.
pub fn is_pod_unready(store: &Store, of: Uid) -> bool {
    all(store).any(|fault| matches!(fault, Fault::PodUnready { uid, .. } if **uid == *of.text()))
}

/// Whether an image was taken from all registries and nodes.
pub fn is_image_gone(store: &Store, image: &str) -> bool {
    all(store).next().is_some() && is_present(store, &Fault::image_gone(image))
}

/// What is broken about the programs of a pod's images.
pub fn of_programs(store: &Store, pod: &PodSpec) -> Vec<Fault> {
    let is_of_pod = |fault: &&Fault| {
        let image = fault.program_image();
        image.is_some_and(|image| pod.all_containers().any(|c| with_tag(&c.image) == **image))
    };
    all(store).filter(is_of_pod).cloned().collect()
}

/// How long something takes that usually takes so long and that this fault slows.
pub fn takes(store: &Store, slow: &Fault, usual: Span) -> Span {
    if is_present(store, slow) { Span(usual.0 * SLOWNESS) } else { usual }
}

/// Makes a fault, or mends it. No write if it is so already.
pub fn set(api: &mut ApiServer, fault: Fault, present: bool) {
    if is_present(api.store(), &fault) == present {
        return;
    }
    let key = Key::cluster(Kind::Fault, &fault.name());
    let record =
        present.then(|| Object::new(Kind::Fault, ObjectMeta::named("", &key.name), Body::Fault(fault)));
    api.put_internal(key, record);
}
