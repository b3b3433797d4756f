//! What follows from what is assumed of images and their programs, and the commands that make it false and true again.

use super::part::{Detail, sentence};
use super::remedy::in_namespace;
use kubesim::api::Fault;
use kubesim::api::image::with_tag;
use kubesim::api::pod::Container;
use kubesim::api::probe::{ProbeKind, ProbeTarget};
use kubesim::kubelet::{Assumed, Assumption, assumptions, missing_page, own_port};
use kubesim::{Kind, Object, Store, Str, fault};
use messages::{Messages, fill};

/// What can be had otherwise than it is assumed of a pod: in words, with the command.
pub fn doubts(messages: &'static Messages, store: &Store, pod: &Object) -> Vec<(String, String)> {
    let doubt = |assumption: &Assumption| {
        let image = &*assumption.image;
        match assumption.what {
            Assumed::ImageIsThere(_) => (
                fill(messages.doubt_image(), &[("image", image)]),
                ["trouble image ", image, " gone"].concat(),
            ),
            Assumed::ProgramRuns => (
                fill(messages.doubt_program(), &[("container", &assumption.container)]),
                ["trouble program ", image, " ends"].concat(),
            ),
            Assumed::Listens(port) => {
                let port = port.to_string();
                let values = [("container", &*assumption.container), ("port", &*port)];
                (
                    fill(messages.doubt_port(), &values),
                    ["trouble port ", image, " ", &port, " closed"].concat(),
                )
            }
            Assumed::PassesProbe(probe) => {
                let values = [("container", &*assumption.container), ("probe", probe.word())];
                let command = ["trouble probe ", image, " ", probe.word(), " fails"].concat();
                (fill(messages.doubt_probe(), &values), command)
            }
        }
    };
    assumptions(store, &pod.pod().spec).iter().map(doubt).collect()
}

/// What of a pod's images and programs was made false, with the command that takes it back.
pub fn mended(messages: &'static Messages, store: &Store, pod: &Object) -> Vec<(String, String)> {
    let spec = &pod.pod().spec;
    let is_of_pod = |image: &str| spec.all_containers().any(|container| with_tag(&container.image) == image);
    let mend = |fault: &Fault| {
        let image = match fault {
            Fault::ImageGone(image) => image,
            other => other.program_image()?,
        };
        let command = taken_back(fault).filter(|_| is_of_pod(image))?;
        Some((fill(messages.mend_program(), &[("command", &command)]), command))
    };
    fault::all(store).filter_map(mend).collect()
}

/// The command that takes back what was made false of an image or its program.
fn taken_back(fault: &Fault) -> Option<String> {
    let image = |image: &str| image.strip_suffix(":latest").unwrap_or(image).to_owned();
    Some(match fault {
        Fault::ImageGone(of) => ["trouble image ", &image(of), " back"].concat(),
        Fault::ProgramEnds(of) => ["trouble program ", &image(of), " runs"].concat(),
        Fault::ProgramDeaf(of) => ["trouble program ", &image(of), " hears"].concat(),
        Fault::PortClosed(of, port) => {
            ["trouble port ", &image(of), " ", &port.to_string(), " open"].concat()
        }
        Fault::ProbeFails(of, probe) => ["trouble probe ", &image(of), " ", probe.word(), " passes"].concat(),
        _ => return None,
    })
}

/// The first container of a pod whose program does not heed SIGTERM because somebody has had it so.
pub(super) fn deaf<'a>(store: &Store, pod: &'a Object) -> Option<&'a Container> {
    let mut containers = pod.pod().spec.all_containers();
    containers
        .find(|container| fault::is_present(store, &Fault::ProgramDeaf(with_tag(&container.image).into())))
}

/// The command that takes a fault back, if there is this fault.
pub(super) fn mend(store: &Store, fault: &Fault) -> Option<String> {
    fault::is_present(store, fault).then(|| taken_back(fault)).flatten()
}

/// What the kubelet said last of a container's probes, if the container ran before a state was taken.
fn said_of_probes(
    messages: &'static Messages,
    store: &Store,
    pod: &Object,
    container: &str,
) -> Option<String> {
    let field = ["{", container, "}"].concat();
    let is_of_container = |path: &Str| path.ends_with(&*field);
    let about = |event: &&kubesim::api::event::Event| {
        event.involved.uid == pod.meta.uid
            && &*event.reason == "Unhealthy"
            && event.involved.field_path.as_ref().is_none_or(is_of_container)
    };
    let events = store.list_in(Kind::Event, &pod.meta.namespace).map(|event| event.event());
    let last = events.filter(about).max_by_key(|event| event.last_timestamp)?;
    Some(fill(messages.cluster().kubelet_says(), &[("message", &sentence(&last.message))]))
}

/// Adds why a container's probes fail, if that follows from what is assumed: nobody declares the port, the port has no such
/// name, or somebody has had it so.
pub(super) fn with_failing_probe(
    messages: &'static Messages,
    store: &Store,
    pod: &Object,
    container: &str,
    detail: Detail,
) -> Detail {
    let spec = &pod.pod().spec;
    let Some(container) = spec.container(container) else { return detail };
    // Of a program that ran before nothing is assumed: what its probes got, events say.
    let status = pod.pod().container_status(&container.name);
    let ran_before = status.is_some_and(|status| status.is_from_before(false));
    let failing = ProbeKind::ALL.into_iter().find_map(|kind| {
        let target = container.probe(kind)?.target(container);
        let image = with_tag(&container.image).into();
        let had_so = match &target {
            ProbeTarget::Port(port) => mend(store, &Fault::PortClosed(image, *port as i32)),
            _ => None,
        };
        let had_so =
            had_so.or_else(|| mend(store, &Fault::ProbeFails(with_tag(&container.image).into(), kind)));
        if let Some(command) = had_so {
            return Some((messages.had_so().to_owned(), Some(command)));
        }
        match (target, own_port(container)) {
            (ProbeTarget::Port(_), _) if ran_before => None,
            (ProbeTarget::Port(port), Some(own)) if port != own => {
                let (port, own) = (port.to_string(), own.to_string());
                let values =
                    [("probe", kind.word()), ("port", &*port), ("image", &*container.image), ("own", &*own)];
                let text = fill(messages.probe_port_not_own(), &values);
                Some((text, correct(pod, container, kind, &own)))
            }
            (ProbeTarget::Port(_), Some(_)) => page_missing(messages, store, pod, container, kind),
            (ProbeTarget::Port(port), _) if !spec.declares_port(port) => {
                let port = port.to_string();
                let values = [("probe", kind.word()), ("port", &*port)];
                Some((fill(messages.probe_port_undeclared(), &values), declare(pod, container, &port)))
            }
            (ProbeTarget::NoSuchPort(name), _) => {
                let values = [("probe", kind.word()), ("port", &*name)];
                Some((fill(messages.probe_port_unnamed(), &values), None))
            }
            _ => None,
        }
    });
    let Some((text, remedy)) = failing else {
        let said = said_of_probes(messages, store, pod, &container.name).filter(|_| ran_before);
        let text = said.map(|said| [&*detail.text, &said].join(" "));
        return Detail { text: text.unwrap_or_else(|| detail.text.clone()), ..detail };
    };
    let text = [&*detail.text, &text].join(" ");
    Detail { text, remedy: remedy.or(detail.remedy), ..detail }.stuck()
}

/// That a web server has not the page for which a probe asks, and a command that puts it there.
fn page_missing(
    messages: &'static Messages,
    store: &Store,
    pod: &Object,
    container: &Container,
    kind: ProbeKind,
) -> Option<(String, Option<String>)> {
    let path = container.probe(kind)?.raw.get("httpGet")?.get("path")?.as_str()?;
    let (code, file) = missing_page(store, store.get(&pod.key())?, container, path)?;
    let code = code.to_string();
    let values = [("probe", kind.word()), ("code", &*code), ("image", &*container.image), ("file", &*file)];
    let write = ["sh -c 'echo hello > ", &file, "'"].concat();
    let command = ["kubectl exec ", &pod.meta.name, " -c ", &container.name, " -- ", &write].concat();
    Some((fill(messages.probe_page_missing(), &values), Some(in_namespace(command, &pod.meta.namespace))))
}

/// A command that has a set's container declare a port.
fn declare(pod: &Object, container: &Container, port: &str) -> Option<String> {
    patch(pod, container, &["\"ports\":[{\"containerPort\":", port, "}]"].concat())
}

/// A command that has a probe ask another port.
fn correct(pod: &Object, container: &Container, kind: ProbeKind, port: &str) -> Option<String> {
    let probe = container.probe(kind)?;
    let asks = ["httpGet", "tcpSocket", "grpc"].into_iter().find(|way| probe.raw.get(way).is_some())?;
    let fields = ["\"", kind.word(), "Probe\":{\"", asks, "\":{\"port\":", port, "}}"];
    patch(pod, container, &fields.concat())
}

/// A command that gives a container of a set's template other fields.
fn patch(pod: &Object, container: &Container, fields: &str) -> Option<String> {
    let owner = pod.meta.controller().filter(|owner| &*owner.kind == Kind::StatefulSet.name())?;
    let list = if container.restart_always { "initContainers" } else { "containers" };
    let patch = [
        "kubectl patch statefulset ",
        &owner.name,
        " -p '{\"spec\":{\"template\":{\"spec\":{\"",
        list,
        "\":[{\"name\":\"",
        &container.name,
        "\",",
        fields,
        "}]}}}}'",
    ];
    Some(in_namespace(patch.concat(), &pod.meta.namespace))
}
