//! Making the objects of files. Models `k8s.io/kubectl/pkg/cmd/create/create.go: RunCreate`.

use super::annotated::saved_config;
use super::documents::Document;
use super::options::{DryRun, validation};
use super::outcome::Outcome;
use super::printing::{say, say_tree, warn};
use crate::apiserver::handlers;
use crate::kubectl::{Failure, Invocation, Next};
use crate::process::Io;

/// Makes them, and says `done` of each.
pub(super) fn create_all(
    inv: &Invocation,
    io: &mut Io,
    documents: &[Document],
    failures: Vec<Failure>,
    done: &str,
) -> Result<Next, Failure> {
    let dry_run = DryRun::of(inv)?;
    let mode = dry_run.mode(inv, validation(inv)?);
    if documents.is_empty() && failures.is_empty() {
        return Err(Failure::client(format!("no objects passed to {}", inv.verb.name)));
    }
    let mut outcome = Outcome::new(inv, documents, failures);
    for document in documents {
        let tree = saved_config(inv, document);
        let said = if dry_run == DryRun::Client {
            say_tree(inv, io, &Document { tree, ..document.clone() }, done)
        } else {
            handlers::create(io.api, document.kind, &tree, mode)
                .map_err(|e| document.failed("creating", e))
                .and_then(|made| {
                    warn(io, &made.warnings);
                    say(inv, io, &made.object, done, dry_run)
                })
        };
        outcome.add(document, said);
    }
    outcome.finish(inv, io, dry_run)?;
    Next::OK
}
