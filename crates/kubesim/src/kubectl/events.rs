//! `kubectl events`. Models `k8s.io/kubectl/pkg/cmd/events`.

use super::announce::WatchEnd;
use super::output::{Output, row};
use super::printers::age;
use super::resource::{self, Selection};
use super::table::TabWriter;
use super::{Failure, Invocation, Next};
use crate::api::{Kind, Object, SimTime};
use crate::apiserver::Change;
use crate::process::{Io, Program, Step};
use serde_json::{Value, json};
use std::rc::Rc;

/// The flags.
pub const FLAGS: &str = "A:all-namespaces? allow-missing-template-keys? chunk-size# for no-headers? o:output \
    show-managed-fields? template types, w:watch?";

/// The help.
pub const HELP: &str = "Display events.

 Prints a table of the most important information about events. You can request events for a namespace, for all \
namespace, or filtered to only those pertaining to a specified resource.

Usage:
  kubectl events [(-o|--output=)json|yaml|name|jsonpath] [--for TYPE/NAME] [--watch] [--types=Normal,Warning] [options]";

/// `kubectl events`: what is in the store, or what comes (`--watch`).
pub fn run(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let about = match inv.text("for") {
        "" => None,
        about if !about.contains('/') => return Err(Failure::client("--for must be in resource/name form")),
        about => Some(resource::kind_and_name(about)?),
    };
    let types: Vec<String> = inv.list("types").iter().map(|t| t.to_lowercase()).collect();
    if types.iter().any(|t| t != "normal" && t != "warning") {
        return Err(Failure::client("valid --types are Normal or Warning"));
    }
    let all = inv.is("all-namespaces");
    let mut events = Events {
        about,
        types,
        selection: Selection::all(Kind::Event, (!all).then_some(inv.namespace())),
        output: Output::of(inv)?,
        namespaces: all,
        headers: !inv.is("no-headers"),
        writer: TabWriter::table(),
        seen: io.api.history().len(),
        end: WatchEnd::of(inv, io),
    };
    let mut found = events.selection.find(io.api.store());
    found.retain(|o| events.contain(o));
    if inv.is("watch") {
        for object in found {
            events.print(&[object], io)?;
        }
        return Ok(Next::GoOn(Box::new(events)));
    }
    if found.is_empty() {
        io.err(match all {
            true => "No events found.\n".to_string(),
            false => format!("No events found in {} namespace.\n", inv.namespace()),
        });
        return Next::OK;
    }
    collections::sort_by_key(&mut found, |o| (o.event().last_timestamp, o.event().sequence));
    if events.output.is_table() {
        events.print(&found, io)?;
        return Next::OK;
    }
    let items: Vec<Value> = found.iter().map(|o| events.output.tree(o)).collect();
    let text = match &events.output {
        Output::Name => events.output.print_list(&found)?,
        output => output
            .print_tree(&json!({"apiVersion": "v1", "kind": "EventList", "metadata": {}, "items": items}))?,
    };
    io.out(text);
    Next::OK
}

struct Events {
    about: Option<(Kind, String)>,
    types: Vec<String>,
    selection: Selection,
    output: Output,
    namespaces: bool,
    headers: bool,
    writer: TabWriter,
    /// How much of the history has been seen.
    seen: usize,
    end: WatchEnd,
}

impl Events {
    fn contain(&self, object: &Object) -> bool {
        let event = object.event();
        let about = self.about.as_ref().is_none_or(|(kind, name)| {
            *event.involved.kind == *kind.name() && *event.involved.name == **name
        });
        about && (self.types.is_empty() || self.types.contains(&event.event_type.to_lowercase()))
    }

    fn print(&mut self, objects: &[Rc<Object>], io: &mut Io) -> Result<(), Failure> {
        if !self.output.is_table() {
            for object in objects {
                io.out(self.output.print(object)?);
            }
            return Ok(());
        }
        let mut text = String::new();
        if std::mem::take(&mut self.headers) {
            let headers = ["NAMESPACE", "LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"];
            text = row(headers[usize::from(!self.namespaces)..].iter().copied());
        }
        for object in objects {
            let event = object.event();
            let cells = [
                object.meta.namespace.to_string(),
                interval(object, io.api.now),
                event.event_type.to_string(),
                event.reason.to_string(),
                format!("{}/{}", event.involved.kind, event.involved.name),
                event.message.trim().to_string(),
            ];
            text.push_str(&row(cells[usize::from(!self.namespaces)..].iter().map(String::as_str)));
        }
        io.out(self.writer.align(&text));
        Ok(())
    }
}

/// `3s`, or `3s (x4 over 1m)`
pub fn interval(object: &Object, now: SimTime) -> String {
    let event = object.event();
    let first = age(event.first_timestamp, now);
    match event.count.filter(|n| *n > 1) {
        Some(n) => format!("{} (x{n} over {first})", age(event.last_timestamp, now)),
        None => first,
    }
}

impl Program for Events {
    fn run(&mut self, io: &mut Io) -> Step {
        let mut new = Vec::new();
        for entry in io.api.history().since(self.seen) {
            if let Change::Object { key, after: Some(after), .. } = &entry.change
                && key.kind == Kind::Event
                && self.selection.matches(after)
                && self.contain(after)
            {
                new.push(after.clone());
            }
        }
        self.seen = io.api.history().len();
        for object in new {
            if let Err(failure) = self.print(&[object], io) {
                return super::fail(&failure, io);
            }
        }
        self.end.step(io)
    }
}
