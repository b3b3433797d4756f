//! The objects in the files of `-f`. Models `k8s.io/cli-runtime/pkg/resource`: visitor.go, mapper.go.

use crate::api::refusal::RefusedRequest;
use crate::api::{Key, Kind, Str};
use crate::kubectl::selector::parse_labels;
use crate::kubectl::{Failure, Invocation};
use crate::manifest::hint::hint;
use crate::manifest::input::{self, InputError, InputOptions};
use serde_json::Value;

/// An object in a file.
#[derive(Clone)]
pub struct Document {
    /// The file, as errors name it.
    pub source: String,
    /// What `kind` and `apiVersion` say.
    pub kind: Kind,
    /// Its namespace; empty for cluster-scoped kinds.
    pub namespace: Str,
    /// Its name; empty if it has none.
    pub name: String,
    /// The whole, with its namespace.
    pub tree: Value,
    /// The line on which it begins in its file, from 1.
    pub line: u32,
}

impl Document {
    /// Where the store has the object, if it is there.
    pub fn key(&self) -> Key {
        Key::new(self.kind, &self.namespace, &self.name)
    }

    /// A failure of the request about it. Models `cmdutil.AddSourceToErr`.
    pub fn failed(&self, verb: &str, failure: impl Into<Failure>) -> Failure {
        Failure::While(format!("error when {verb} {:?}: ", self.source), Box::new(failure.into()))
    }

    /// As errors show it. Models `resource.Info.String`.
    pub fn shown(&self) -> String {
        let info = self.kind.info();
        let (group, version, plural, kind) = (info.group, info.version, info.plural, info.name);
        format!(
            "Resource: \"{group}/{version}, Resource={plural}\", GroupVersionKind: \"{group}/{version}, \
             Kind={kind}\"\nName: {:?}, Namespace: {:?}",
            self.name, &*self.namespace
        )
    }
}

/// The objects of all files that `-l` lets through, and what can't be read in them.
pub fn read(inv: &Invocation) -> Result<(Vec<Document>, Vec<Failure>), Failure> {
    let (mut documents, failures) = read_all(inv)?;
    if inv.has("selector") {
        let selector = parse_labels(inv.text("selector")).map_err(Failure::client)?;
        let labels = |d: &Document| crate::api::read::pairs(&d.tree["metadata"]["labels"]);
        documents.retain(|d| selector.matches(&labels(d)));
    }
    Ok((documents, failures))
}

/// How this command reads a file.
fn options<'a>(inv: &'a Invocation, source: &'a str) -> InputOptions<'a> {
    InputOptions {
        source,
        // Without an API server nobody knows which kinds live in namespaces: files keep what they say.
        namespace: if inv.is("local") { "" } else { inv.namespace() },
        enforce_namespace: inv.has("namespace") && !inv.is("local"),
        validate: inv.verb.name != "edit"
            && inv.verb.flags.contains("validate")
            && !matches!(inv.text("validate"), "false" | "ignore"),
    }
}

/// What can't be read in the files, at its lines.
pub(super) fn unread(inv: &Invocation) -> Vec<RefusedRequest> {
    let texts = inv.manifests().unwrap_or_default();
    let request = |text: &str, error: InputError| RefusedRequest {
        object: None,
        line: error.span.line,
        reason: None,
        hint: hint(text, error.span.line),
        message: error.message.into(),
    };
    let mut requests = Vec::new();
    for (source, text) in &texts {
        let errors = input::objects(text, options(inv, source)).errors;
        requests.extend(errors.into_iter().map(|error| request(text, error)));
    }
    requests
}

/// The objects of all files, and what can't be read in them.
pub fn read_all(inv: &Invocation) -> Result<(Vec<Document>, Vec<Failure>), Failure> {
    let (mut documents, mut failures) = (Vec::new(), Vec::new());
    for (source, text) in inv.manifests()? {
        let mut input = input::objects(&text, options(inv, &source));
        for object in input.objects.iter_mut().filter(|_| inv.is("local")) {
            let metadata = object.value["metadata"].as_object_mut();
            metadata
                .into_iter()
                .for_each(|fields| fields.retain(|name, value| name != "namespace" || *value != ""));
        }
        let places = input.documents;
        documents.extend(input.objects.into_iter().map(|object| Document {
            line: object.line(&places),
            source: source.clone(),
            kind: object.kind,
            namespace: object.namespace().into(),
            name: object.name().to_string(),
            tree: object.value,
        }));
        failures.extend(input.errors.into_iter().map(|error| Failure::client(error.message)));
    }
    Ok((documents, failures))
}
