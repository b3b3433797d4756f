//! What the user broke. Each fault is a record in the store for as long as it lasts, so that every moment of a history knows
//! its faults; what a fault does is decided by those that watch the records: the kubelets and the provisioner.

use super::image::with_tag;
use super::probe::ProbeKind;
use crate::base::text::Str;

/// Something that is broken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fault {
    /// The node of this name has no power: its kubelet does nothing, and its containers stand still.
    NodeDown(Str),
    /// No registry and no node has this image any more. The reference has its tag.
    ImageGone(Str),
    /// The program of this image ends soon after its start, badly. The reference has its tag, here and below.
    ProgramEnds(Str),
    /// The program of this image does not heed SIGTERM: it is killed when its grace period is over.
    ProgramDeaf(Str),
    /// The program of this image does not listen on this port.
    PortClosed(Str, i32),
    /// The program of this image fails this probe.
    ProbeFails(Str, ProbeKind),
    /// The readiness of this pod's containers fails, whatever their probes ask.
    PodUnready {
        /// The pod's namespace.
        namespace: Str,
        /// The pod's name.
        name: Str,
        /// The pod's uid: another pod of its name is well.
        uid: Str,
    },
    /// A provisioner of this name runs beside those that run in every cluster: no fault, but as little an object that kubectl
    /// could make.
    ProvisionerRuns(Str),
    /// Making volumes takes longer than usual.
    SlowVolumes,
    /// Pulling images takes longer than usual.
    SlowImages,
}

impl Fault {
    /// That an image is gone, by any way to write its reference.
    pub fn image_gone(image: &str) -> Fault {
        Fault::ImageGone(with_tag(image).into())
    }

    /// The image of whose programs something is broken.
    pub fn program_image(&self) -> Option<&Str> {
        match self {
            Fault::ProgramEnds(image)
            | Fault::ProgramDeaf(image)
            | Fault::PortClosed(image, _)
            | Fault::ProbeFails(image, _) => Some(image),
            _ => None,
        }
    }

    /// The record's name: one fault has one record.
    pub fn name(&self) -> String {
        match self {
            Fault::NodeDown(node) => ["node-down/", node].concat(),
            Fault::ImageGone(image) => ["image-gone/", image].concat(),
            Fault::ProgramEnds(image) => ["program-ends/", image].concat(),
            Fault::ProgramDeaf(image) => ["program-deaf/", image].concat(),
            Fault::PortClosed(image, port) => ["port-closed/", &port.to_string(), "/", image].concat(),
            Fault::ProbeFails(image, probe) => ["probe-fails/", probe.word(), "/", image].concat(),
            Fault::PodUnready { uid, .. } => ["pod-unready/", uid].concat(),
            Fault::ProvisionerRuns(name) => ["provisioner-runs/", name].concat(),
            Fault::SlowVolumes => "slow-volumes".into(),
            Fault::SlowImages => "slow-images".into(),
        }
    }
}
