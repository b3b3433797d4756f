//! `kubectl explain`: the fields of a kind, what they mean and of which type they are.
//!
//! Models `k8s.io/kubectl/pkg/cmd/explain` and `pkg/explain/v2/templates/plaintext.tmpl`; the texts are this project's own
//! (`schema::fields`).

use super::explain_fields::{TypeAtPath, described, inner, is_required, wrapped};
use super::{Failure, Invocation, Next, explain_v2};
use crate::api::Kind;
use crate::process::Io;
use crate::schema::fields;
use crate::schema::types::{Field, Shape, TypeRef, type_of};

/// Its flags.
pub const FLAGS: &str = "R:recursive? api-version o:output";

/// Its help.
pub const HELP: &str = "Describe the fields of a kind of object: what each means, its type, and whether it is needed. A field is \
    named with its path: KIND.FIELD.FIELD.\n\nExamples:\n  # The fields of a StatefulSet\n  kubectl explain \
    statefulsets\n\n  # One field of it\n  kubectl explain sts.spec.updateStrategy\n\n  # All fields below it\n  kubectl \
    explain sts.spec --recursive\n\nUsage:\n  kubectl explain TYPE [--recursive=FALSE|TRUE] \
    [--api-version=api-version-group] [-o|--output=plaintext] [options]";

/// The width of a text, without its indentation (`wrap 76`).
const WIDTH: usize = 76;
/// So many values are shown in a list of fields.
const MOST_VALUES: usize = 4;

/// What kinds are, in a sentence each.
const KINDS: &[(Kind, &str)] = &[
    (Kind::StatefulSet, "Pods with a name, an ordinal and claims of their own, made and replaced in order."),
    (Kind::Deployment, "Pods that are all alike, replaced by those of a new template a few at a time."),
    (Kind::ReplicaSet, "So many pods of one template. Deployments make these."),
    (Kind::DaemonSet, "A pod on each node that its template accepts."),
    (Kind::Pod, "Containers that run together on one node, with one address and common volumes."),
    (Kind::Job, "Pods that run to their end, until enough of them have succeeded."),
    (Kind::CronJob, "A Job at each time of a schedule."),
    (Kind::Service, "A name, and mostly an address, for the pods that a selector finds."),
    (Kind::ConfigMap, "Configuration by key, for containers to read."),
    (Kind::Secret, "Secret texts by key, for containers to read."),
    (Kind::Namespace, "A space of names that belong together."),
    (Kind::Node, "A machine that runs pods."),
    (Kind::PersistentVolume, "A piece of storage that outlives pods."),
    (Kind::PersistentVolumeClaim, "What somebody asks of storage; it is bound to a volume."),
    (Kind::StorageClass, "How volumes of a kind are made, and by whom."),
    (Kind::PodDisruptionBudget, "How many pods may be away at once when somebody drains nodes."),
    (Kind::ControllerRevision, "A template that a StatefulSet or DaemonSet has had."),
    (Kind::EndpointSlice, "The addresses behind a Service, and which of them are ready."),
    (Kind::Event, "What a component has said about an object."),
    (Kind::ServiceAccount, "Who a pod is to the API server."),
    (
        Kind::ReplicationController,
        "So many pods of one template, found by labels alone. A ReplicaSet is its successor.",
    ),
    (Kind::PodTemplate, "A template of pods that stands for itself."),
    (Kind::Endpoints, "The addresses behind a Service in one list. An EndpointSlice is its successor."),
    (Kind::Ingress, "Which Service answers for which host and path to who asks from outside."),
    (Kind::IngressClass, "Who serves the Ingresses that name it."),
    (Kind::NetworkPolicy, "From where pods may be reached, and what they may reach."),
    (Kind::HorizontalPodAutoscaler, "How many replicas something gets, by how busy its pods are."),
    (Kind::ResourceQuota, "How much of each resource, and how many objects, a namespace may have."),
    (
        Kind::LimitRange,
        "What a container, pod or claim of a namespace may ask for, and gets if it asks for nothing.",
    ),
    (Kind::PriorityClass, "How important pods are that name it: who gives way to whom."),
    (Kind::Role, "What may be done with objects of one namespace."),
    (Kind::ClusterRole, "What may be done with objects of all namespaces, and with those that are in none."),
    (Kind::RoleBinding, "Who has a role in one namespace."),
    (Kind::ClusterRoleBinding, "Who has a role everywhere."),
    (Kind::Lease, "Who holds something, and since when it has said so: nodes and leaders keep one."),
    (Kind::CertificateSigningRequest, "A certificate that somebody asks for, and what was decided about it."),
    (Kind::VolumeAttachment, "That a volume is to be attached to a node."),
    (Kind::CSIDriver, "What a driver of volumes can do."),
    (Kind::CSINode, "Which drivers of volumes a node has."),
    (Kind::RuntimeClass, "Which runtime runs the containers of pods that name it."),
];

/// `kubectl explain sts.spec.ordinals`
pub fn run(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let request = match &inv.args[..] {
        [request] => request,
        [] => {
            return Err(Failure::client(
                "You must specify the type of resource to explain. Use \"kubectl api-resources\" for a complete list of \
                 supported resources.\n",
            ));
        }
        _ => return Err(Failure::client("We accept only this format: explain RESOURCE\n")),
    };
    match inv.text("output") {
        "" | "plaintext" | "plaintext-openapiv2" => {}
        other => return Err(Failure::client(format!("unrecognized format: {other}"))),
    }
    let parts: Vec<&str> = request.split('.').collect();
    let found = (1..=parts.len()).rev().find_map(|n| Some((Kind::of_resource(&parts[..n].join("."))?, n)));
    let Some((kind, named)) = found else {
        return Err(Failure::Plain(format!("the server doesn't have a resource type {:?}", parts[0])));
    };
    let info = kind.info();
    let version = inv.text("api-version");
    if !version.is_empty() && !info.api_version_is(version) {
        let plural = info.plural;
        return Err(Failure::client(format!("couldn't find resource for \"{version}, Resource={plural}\"")));
    }
    let is_former = inv.text("output") == "plaintext-openapiv2";
    if !is_former {
        if !info.group.is_empty() {
            io.out(format!("GROUP:      {}\n", info.group));
        }
        io.out(format!("KIND:       {}\nVERSION:    {}\n\n", info.name, info.version));
    }
    let mut at = TypeAtPath { of: type_of(kind), path: info.name.to_string() };
    let mut last = None;
    for name in &parts[named..] {
        let missing = || Failure::client(format!("field {:?} does not exist", parts.last().unwrap_or(&"")));
        let field = at.field(name).ok_or_else(missing)?;
        let place = TypeAtPath { of: field.type_ref, path: [&at.path, ".", field.name].concat() };
        last = Some((at, field));
        at = place;
    }
    let about = match &last {
        Some((parent, field)) => described(parent, field),
        None => KINDS.iter().find(|(of, _)| *of == kind).map_or(String::new(), |(_, text)| text.to_string()),
    };
    if is_former {
        io.out(explain_v2::text(kind, last.as_ref(), &at, &about, inv.is("recursive")));
        return Next::OK;
    }
    let mut text = String::new();
    if let Some((parent, field)) = &last {
        text.push_str(&format!("FIELD: {} {}\n", field.name, fields::type_name(field.type_ref)));
        let values = values(parent.of, field);
        if !values.is_empty() {
            text.push_str(&["ENUM:\n    ", &values.join("\n    ")].concat());
        }
        text.push_str("\n\n");
    }
    text.push_str("DESCRIPTION:\n");
    text.push_str(&indented(&or(&about, "<empty>"), 4));
    text.push_str(if about.is_empty() { "" } else { "    \n" });
    let list = at.list(inv.is("recursive"), 1, &mut Vec::new());
    if !list.is_empty() {
        text.push_str("FIELDS:\n");
        text.push_str(&list);
    }
    text.push('\n');
    io.out(text);
    Next::OK
}

fn or(text: &str, other: &str) -> String {
    if text.is_empty() { other } else { text }.to_string()
}

impl TypeAtPath {
    fn field(&self, name: &str) -> Option<Field> {
        let of = inner(self.of);
        if of.shape() == Shape::Struct { of.field(name) } else { None }
    }

    /// The fields below it, in the order of their names. Models the templates fieldList and fieldDetail.
    fn list(&self, recursive: bool, level: usize, above: &mut Vec<&'static str>) -> String {
        let of = inner(self.of);
        if of.shape() != Shape::Struct || above.contains(&of.0) {
            return String::new();
        }
        let mut all = of.fields();
        collections::sort_by_key(&mut all, |field| field.name);
        let indent = " ".repeat(level * 2);
        let mut text = String::new();
        for field in all {
            let type_name = fields::type_name(field.type_ref);
            let required = if is_required(of, &field, &self.path) { " -required-" } else { "" };
            text.push_str(&[&indent, field.name, "\t", &type_name, required].concat());
            let values = values(of, &field);
            if !values.is_empty() {
                let more = if values.len() > MOST_VALUES { ", ...." } else { "" };
                let shown = values[..values.len().min(MOST_VALUES)].join(", ");
                text.push_str(&["\n", &indent, "enum: ", &shown, more].concat());
            }
            text.push('\n');
            if recursive {
                above.push(of.0);
                let path = [&self.path, ".", field.name].concat();
                text.push_str(&TypeAtPath { of: field.type_ref, path }.list(true, level + 1, above));
                above.pop();
            } else {
                let here = TypeAtPath { of, path: self.path.clone() };
                text.push_str(&indented(&or(&described(&here, &field), "<no description>"), level * 2 + 2));
                text.push('\n');
            }
        }
        text
    }
}

/// The values that a field can have, in the order of the alphabet.
fn values(parent: TypeRef, field: &Field) -> Vec<&'static str> {
    let mut values: Vec<&str> =
        fields::values(parent, field.name, field.type_ref).split_ascii_whitespace().collect();
    collections::sort(&mut values);
    values
}

/// A text in lines of [`WIDTH`] characters, so far from the left.
fn indented(text: &str, spaces: usize) -> String {
    wrapped(text, spaces, WIDTH)
}
