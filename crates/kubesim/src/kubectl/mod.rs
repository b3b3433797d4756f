//! kubectl: a command line → requests → what is printed.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`flags`] | each verb's flags, and the reading of a command line |
//! | [`resource`], [`selector`] | which objects a command is about |
//! | `get` | lists, tables, watches |
//! | [`describe`], `events`, `logs`, `info` | the other verbs that only read |
//! | [`pods`] | which pod and which container is meant |
//! | [`printers`], [`table`] | the columns of every kind, and how they line up |
//! | [`output`] | YAML, JSON, jsonpath, custom columns |
//! | `act` | the verbs that change something, run something, or wait |
//! | [`editor`] | what `kubectl edit` opens in an editor |
//! | [`verbs`](verbs()) | the table of verbs, and the reading of a command line by it |
//! | `invocation`, `failure` | a command line that was read, and what is wrong with one |
//!
//! [`command`] finds the verb in the table and starts it. A verb is a function: most end at once, the others
//! hand over to a [`Program`] that goes on in simulated time. What a user gets wrong is a [`Failure`] in kubectl's words.

mod act;
mod announce;
mod api_resource;
mod auth;
mod awaiting;
mod cluster;
mod completion;
mod component_status;
mod config;
pub mod describe;
mod discovery;
mod dump;
pub mod editor;
mod events;
mod explain;
mod explain_fields;
mod explain_v2;
mod failure;
pub mod flags;
mod get;
mod help;
mod info;
mod invocation;
mod kustomize;
mod logs;
pub mod output;
pub mod pods;
pub mod printers;
mod requests;
pub mod resource;
pub mod selector;
mod subresource;
mod system;
pub mod table;
mod top;
mod verbs;
pub mod why;

pub use failure::{Failure, fail};
pub use help::help;
pub use invocation::{Disk, Invocation, Next, Run, Verb};
pub use verbs::{only_reads, verbs};

use crate::apiserver::Stream;
use crate::cluster::roles;
use crate::cluster::system as cluster_system;
use crate::process::tty::Tty;
use crate::process::{Io, Program, Step};
use std::collections::BTreeMap;
use std::rc::Rc;

/// A command line of kubectl, without the word `kubectl`: as a program that runs in simulated time beside the cluster.
pub fn command(argv: &[String], stdin: Option<&str>, files: &BTreeMap<String, String>) -> Box<dyn Program> {
    command_at(argv, stdin, files, None, None)
}

/// A command line typed at a terminal, which the command can read, beside files that it can write.
pub fn command_at(
    argv: &[String],
    stdin: Option<&str>,
    files: &BTreeMap<String, String>,
    tty: Option<Rc<Tty>>,
    disk: Option<Disk>,
) -> Box<dyn Program> {
    let read = verbs::read(argv, stdin, files).map(|inv| Invocation { tty, disk, ..inv });
    Box::new(Command { read: Some(read), rest: None, shows_requests: None, warnings_are_errors: false })
}

struct Command {
    read: Option<Result<Invocation, Failure>>,
    rest: Option<Box<dyn Program>>,
    /// The command line, if it asks for its requests to be shown (`-v=6`), and whether none was yet.
    shows_requests: Option<(Invocation, bool)>,
    /// `--warnings-as-errors`
    warnings_are_errors: bool,
}

impl Program for Command {
    fn run(&mut self, io: &mut Io) -> Step {
        if let Some(Ok(inv)) = &mut self.read
            && inv.int("v").is_some_and(|v| v >= requests::VERBOSE)
        {
            inv.context_namespace = config::namespace(inv, io.api.store()).ok().flatten();
            make_what_is_meant(inv, io);
            let nothing = requests::asks(inv, io);
            self.shows_requests = Some((inv.clone(), nothing));
        }
        if let Some(Ok(inv)) = &self.read {
            self.warnings_are_errors = inv.is("warnings-as-errors");
        }
        let Some((inv, is_first)) = self.shows_requests.clone() else {
            let step = self.go_on(io);
            return self.judged(step, io);
        };
        io.api.trace = Some(Vec::new());
        let step = self.go_on(io);
        let traced = io.api.trace.take().unwrap_or_default();
        if let Some((_, is_first)) = self.shows_requests.as_mut().filter(|_| !traced.is_empty()) {
            *is_first = false;
        }
        requests::changes(&inv, io, traced, is_first);
        self.judged(step, io)
    }

    fn interrupt(&mut self, io: &mut Io) -> Option<i32> {
        match &mut self.rest {
            Some(program) => program.interrupt(io),
            None => Some(130),
        }
    }
}

impl Command {
    /// The step; a command that ends well but was warned fails if it is to (cmd.go: warningsAsErrors).
    fn judged(&self, step: Step, io: &mut Io) -> Step {
        if step != Step::Exit(0) || !self.warnings_are_errors {
            return step;
        }
        let errors = io.output.iter().filter(|(stream, _)| *stream == Stream::Stderr);
        let count =
            errors.flat_map(|(_, text)| text.lines()).filter(|line| line.starts_with("Warning: ")).count();
        if count == 0 {
            return step;
        }
        let plural = if count == 1 { "" } else { "s" };
        io.err(format!("error: {count} warning{plural} received\n"));
        Step::Exit(1)
    }

    fn go_on(&mut self, io: &mut Io) -> Step {
        if let Some(read) = self.read.take() {
            let next = read.and_then(|inv| {
                if inv.is("help") {
                    io.out(help(inv.verb));
                    return Next::OK;
                }
                announce::announce(&inv, io)?;
                let context_namespace = config::namespace(&inv, io.api.store())?;
                let inv = Invocation { context_namespace, ..inv };
                make_what_is_meant(&inv, io);
                (inv.verb.run)(&inv, io)
            });
            match next {
                Ok(Next::Done(code)) => return Step::Exit(code),
                Ok(Next::GoOn(program)) => self.rest = Some(program),
                Err(failure) => return fail(&failure, io),
            }
        }
        self.rest.as_mut().expect("a command that goes on has a program").run(io)
    }
}

/// Makes the cluster's own objects, if a command looks at them: they are not there before.
fn make_what_is_meant(inv: &Invocation, io: &mut Io) {
    if system::asks_for_roles(inv) {
        roles::ensure(io.api);
    }
    if system::is_meant(inv) {
        cluster_system::ensure(io.api, io.nodes, io.timings);
    }
}

#[cfg(test)]
mod tests;
