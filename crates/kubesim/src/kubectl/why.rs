//! `kubectl why`: a plugin of this simulator's own, which says as text why an object is as it is. Whoever can tell is above this
//! package, and names itself once, when its program starts.

use super::resource::Query;
use super::{Failure, Invocation, Next};
use crate::api::Key;
use crate::apiserver::Store;
use crate::process::Io;
use std::sync::OnceLock;

/// Why an object is as it is, in lines. `None`: nobody knows of such objects.
pub type Answer = fn(&Store, &Key) -> Option<String>;

/// Where plugins are on the laptop.
const PATH: &str = "/usr/local/bin/kubectl-why";

static ANSWER: OnceLock<Answer> = OnceLock::new();

/// Names who answers, for good.
pub fn answer_with(answer: Answer) {
    let _ = ANSWER.set(answer);
}

/// `kubectl why sts/flask`
pub(super) fn why(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let Some(answer) = ANSWER.get() else {
        return Err(Failure::client("unknown command \"why\" for \"kubectl\""));
    };
    let found = Query::of(inv, &inv.args).listing().find(io.api.store())?;
    Failure::all(found.failures)?;
    if found.objects.is_empty() {
        io.err(match inv.is("all-namespaces") {
            true => "No resources found\n".to_string(),
            false => format!("No resources found in {} namespace.\n", inv.namespace()),
        });
        return Next::OK;
    }
    let answers = found.objects.iter().filter_map(|object| answer(io.api.store(), &object.key()));
    let answers: Vec<String> = answers.collect();
    if answers.is_empty() {
        return Err(Failure::client("kubectl why knows StatefulSets, pods, their claims, and nodes"));
    }
    io.out(answers.join("\n"));
    Next::OK
}

/// `kubectl plugin list`
pub(super) fn plugins(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    if ANSWER.get().is_none() {
        return Err(Failure::client("unable to find any kubectl plugins in your PATH"));
    }
    let path = if inv.is("name-only") { PATH.rsplit('/').next().unwrap_or(PATH) } else { PATH };
    io.out(["The following compatible plugins are available:\n\n", path, "\n"].concat());
    Next::OK
}
