//! What is assumed of a pod: nobody has looked at a registry, and no program of an image is run. A pure function of the pod and
//! of the world: what somebody has made false (`Fault`) is not assumed any more.

use super::image::invalid;
use super::image_manager::cannot_be_pulled;
use super::known::{is_known, is_run};
use crate::api::image::{misspelled, with_tag};
use crate::api::pod::{Container, PodSpec};
use crate::api::probe::{ProbeKind, ProbeTarget};
use crate::api::read::get;
use crate::api::{Fault, Str};
use crate::apiserver::Store;
use crate::fault;

/// Something that is assumed of a container.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assumption {
    /// The container whose image or program it is about.
    pub container: Str,
    /// Its image, as written.
    pub image: Str,
    /// What is assumed of it.
    pub what: Assumed,
}

/// What is assumed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Assumed {
    /// A registry has the image, and gives it out. The name of another one may be meant.
    ImageIsThere(Option<&'static str>),
    /// Its program goes on running.
    ProgramRuns,
    /// Its program listens on this port, which it declares.
    Listens(i32),
    /// Its program answers this probe.
    PassesProbe(ProbeKind),
}

impl Assumption {
    /// What is broken if it is not so.
    pub fn fault(&self) -> Fault {
        let image: Str = with_tag(&self.image).into();
        match self.what {
            Assumed::ImageIsThere(_) => Fault::ImageGone(image),
            Assumed::ProgramRuns => Fault::ProgramEnds(image),
            Assumed::Listens(port) => Fault::PortClosed(image, port),
            Assumed::PassesProbe(probe) => Fault::ProbeFails(image, probe),
        }
    }
}

/// What is assumed of a pod's containers, in their order; of each image and each port once.
pub fn assumptions(store: &Store, pod: &PodSpec) -> Vec<Assumption> {
    let mut all: Vec<Assumption> = Vec::new();
    for container in pod.all_containers() {
        for what in of_container(store, pod, container) {
            let assumption =
                Assumption { container: container.name.clone(), image: container.image.clone(), what };
            let fault = assumption.fault();
            if !fault::is_present(store, &fault) && all.iter().all(|other| other.fault() != fault) {
                all.push(assumption);
            }
        }
    }
    all
}

fn of_container(store: &Store, pod: &PodSpec, container: &Container) -> Vec<Assumed> {
    let mut all = Vec::new();
    let image = &*container.image;
    let is_from_registry = get(&container.raw, "imagePullPolicy") != "Never";
    if invalid(image).is_some() || cannot_be_pulled(store, image) {
        return all;
    }
    if is_from_registry {
        all.push(Assumed::ImageIsThere(misspelled(image)));
    }
    if !is_run(container) {
        all.push(Assumed::ProgramRuns);
        let ports = container.ports.iter().filter(|port| &*port.protocol == "TCP");
        all.extend(ports.map(|port| Assumed::Listens(port.container_port)));
    }
    let is_answered = |kind: &ProbeKind| {
        let probe = container.probe(*kind);
        probe.is_some_and(|probe| match probe.target(container) {
            ProbeTarget::Command => {
                probe.exec.as_deref().and_then(<[Str]>::first).is_some_and(|word| !is_known(word))
            }
            ProbeTarget::Port(port) => pod.declares_port(port),
            ProbeTarget::Elsewhere => true,
            ProbeTarget::NoSuchPort(_) => false,
        })
    };
    all.extend(ProbeKind::ALL.into_iter().filter(is_answered).map(Assumed::PassesProbe));
    all
}
