//! `kubectl delete --interactive`. Models `k8s.io/kubectl/pkg/cmd/delete/delete.go: confirmation`.

use super::documents::Document;
use super::removal::{Removal, remove_all};
use crate::api::Key;
use crate::kubectl::{Failure, Invocation, Next, fail};
use crate::process::{Io, Program, Step};

/// Shows what would be deleted, and deletes it if the user says yes.
pub(super) fn ask(
    inv: &Invocation,
    io: &mut Io,
    removal: Removal,
    keys: Vec<Key>,
    from_files: Vec<Document>,
    failures: Vec<Failure>,
) -> Result<Next, Failure> {
    let store = io.api.store();
    let (there, gone): (Vec<Key>, Vec<Key>) = keys.into_iter().partition(|key| store.get(key).is_some());
    if !removal.ignore_not_found
        && let Some(key) = gone.first()
    {
        return Err(crate::api::status::ApiError::not_found(key).into());
    }
    if there.is_empty() {
        io.out("No resources found\n");
        return Next::OK;
    }
    let mut text = format!("You are about to delete the following {} resource(s):\n", there.len());
    for key in &there {
        text.push_str(&format!("{}/{}\n", key.kind.info().qualified_singular(), key.name));
    }
    io.out(text);
    // A document is about the object at its place.
    let from_files = from_files.into_iter().filter(|document| there.contains(&document.key())).collect();
    let mut asking = Asking { inv: inv.clone(), removal, keys: there, from_files, failures, rest: None };
    match asking.run(io) {
        Step::Exit(code) => Ok(Next::Done(code)),
        _ => Ok(Next::GoOn(Box::new(asking))),
    }
}

const QUESTION: &str = "Do you want to continue? (y/N): ";

struct Asking {
    inv: Invocation,
    removal: Removal,
    keys: Vec<Key>,
    from_files: Vec<Document>,
    failures: Vec<Failure>,
    /// What goes on once the user has said yes.
    rest: Option<Box<dyn Program>>,
}

impl Program for Asking {
    fn run(&mut self, io: &mut Io) -> Step {
        if let Some(rest) = &mut self.rest {
            return rest.run(io);
        }
        let line = match (&self.inv.tty, &self.inv.stdin) {
            (_, Some(text)) => {
                io.out(QUESTION);
                Some(text.clone())
            }
            (Some(tty), None) => match tty.read(QUESTION, io) {
                Some(line) => line.map(|line| line.to_string()),
                None => return Step::OnInput,
            },
            (None, None) => {
                io.out(QUESTION);
                None
            }
        };
        let word = line.as_deref().unwrap_or_default().split_whitespace().next().unwrap_or_default();
        if !word.eq_ignore_ascii_case("y") {
            io.out("deletion is cancelled\n");
            return Step::Exit(0);
        }
        let failures = std::mem::take(&mut self.failures);
        match remove_all(&self.inv, io, self.removal, &self.keys, &self.from_files, failures) {
            Ok(Next::Done(code)) => Step::Exit(code),
            Ok(Next::GoOn(program)) => self.rest.insert(program).run(io),
            Err(failure) => fail(&failure, io),
        }
    }
}
