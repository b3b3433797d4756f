//! What became of a manifest's objects: all failures for kubectl to print, and a record of them for whoever asks why
//! nothing came of it.

use super::documents::{self, Document};
use super::options::DryRun;
use crate::api::refusal::RefusedRequest;
use crate::api::{Body, Key, Kind, Object, ObjectMeta, Refusal};
use crate::apiserver::Store;
use crate::kubectl::{Failure, Invocation};
use crate::process::Io;

/// The record's name.
const NAME: &str = "kubectl";

/// The record's key.
fn key() -> Key {
    Key::cluster(Kind::Refusal, NAME)
}

impl Refusal {
    /// What was refused of the manifest that was sent last; none if nothing of it was.
    pub fn of(store: &Store) -> Option<&Refusal> {
        store.get(&key()).map(|object| object.refusal())
    }
}

/// What became of a manifest's objects so far.
pub(super) struct Outcome {
    objects: usize,
    failures: Vec<Failure>,
    requests: Vec<RefusedRequest>,
}

impl Outcome {
    /// Nothing has been sent of these documents; `unread` is what could not be read.
    pub(super) fn new(inv: &Invocation, documents: &[Document], unread: Vec<Failure>) -> Outcome {
        let requests = if unread.is_empty() { Vec::new() } else { documents::unread(inv) };
        Outcome { objects: documents.len() + unread.len(), failures: unread, requests }
    }

    /// The result of the request about this document.
    pub(super) fn add(&mut self, document: &Document, result: Result<(), Failure>) {
        let Err(failure) = result else { return };
        let (message, reason) = failure.cause();
        let object = (!document.name.is_empty()).then(|| document.key());
        self.requests.push(RefusedRequest {
            object,
            line: document.line,
            reason,
            message: message.into(),
            hint: None,
        });
        self.failures.push(failure);
    }

    /// Leaves the record, or takes the last one back if nothing was refused. A dry run leaves it as it was. Errors: all
    /// that failed.
    pub(super) fn finish(self, inv: &Invocation, io: &mut Io, dry_run: DryRun) -> Result<(), Failure> {
        if dry_run == DryRun::No {
            let refused = !self.requests.is_empty();
            let record = refused.then_some(Refusal {
                at: io.api.now,
                verb: inv.verb.name,
                objects: self.objects,
                requests: self.requests,
            });
            if record.is_some() || Refusal::of(io.api.store()).is_some() {
                let object = record.map(|record| {
                    Object::new(Kind::Refusal, ObjectMeta::named("", NAME), Body::Refusal(record))
                });
                io.api.put_internal(key(), object);
            }
        }
        Failure::all(self.failures)
    }
}
