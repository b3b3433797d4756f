//! `kubectl get`. Models `k8s.io/kubectl/pkg/cmd/get/get.go`.

use super::act::documents;
use super::announce::WatchEnd;
use super::output::jsonpath::Template;
use super::output::{Output, list, row};
use super::printers::{self, Row, Width};
use super::resource::{Query, Targets};
use super::table::TabWriter;
use super::{Failure, Invocation, Next, component_status, subresource};
use crate::api::{Kind, Object, SimTime};
use crate::apiserver::{Change, Stream};
use crate::base::quantity::parse_milli_value;
use crate::process::{Io, Program, Step};
use serde_json::Value;
use std::cmp::Ordering;
use std::rc::Rc;

/// The flags.
pub const FLAGS: &str = "A:all-namespaces? allow-missing-template-keys? chunk-size# field-selector f:filename, \
    ignore-not-found? k:kustomize L:label-columns, no-headers? o:output output-watch-events? raw R:recursive? l:selector \
    server-print? show-kind? show-labels? show-managed-fields? sort-by subresource template w:watch? watch-only?";

/// The help.
pub const HELP: &str = "Display one or many resources.

 Prints a table of the most important information about the specified resources. You can filter the list using a label \
selector and the --selector flag. If the desired resource type is namespaced you will only see results in the current \
namespace if you don't specify any namespace.

 By specifying the output as 'template' and providing a Go template as the value of the --template flag, you can filter \
the attributes of the fetched resources.

Use \"kubectl api-resources\" for a complete list of supported resources.

Usage:
  kubectl get [(-o|--output=)json|yaml|name|jsonpath|custom-columns|wide] (TYPE[.VERSION][.GROUP] [NAME | -l label] | \
TYPE[.VERSION][.GROUP]/NAME ...) [flags] [options]";

/// What the API server sends along with Endpoints.
const ENDPOINTS_WARNING: &str =
    "Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice\n";

/// `kubectl get`: a table, the objects, or what becomes of them (`--watch`).
pub fn run(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    if inv.has("raw") {
        return subresource::raw(inv, io);
    }
    if let Some((own, others)) = component_status::meant(inv) {
        return match others {
            None => component_status::get(&own, io),
            Some(others) => beside_components(&own, &others, io),
        };
    }
    let watches = inv.is("watch") || inv.is("watch-only");
    let query = match inv.has("filename") {
        true => Query::of_documents(inv, documents::read_all(inv)?)?,
        false => Query::of(inv, &inv.args).listing(),
    };
    if query.names_nothing() && !watches {
        io.err(
            "You must specify the type of resource to get. Use \"kubectl api-resources\" for a complete list of \
             supported resources.\n\n",
        );
        return Err(inv.usage(
            "Required resource not specified.\nUse \"kubectl explain <resource>\" for a detailed description of that \
             resource (e.g. kubectl explain pods).",
        ));
    }
    let output_name = inv.text("output");
    if inv.is("show-labels") && !["", "wide"].contains(&output_name) {
        return Err(Failure::client(format!(
            "--show-labels option cannot be used with {output_name} printer"
        )));
    }
    if inv.is("output-watch-events") && !watches {
        return Err(Failure::client(
            "--output-watch-events option can only be used with --watch or --watch-only",
        ));
    }
    let targets = query.targets()?;
    match (inv.text("subresource"), &targets) {
        ("", _) => {}
        (_, Targets::Selected(_)) => {
            return Err(Failure::client("subresource cannot be used when bulk resources are specified"));
        }
        ("scale", _) => return subresource::scale(inv, &targets, io),
        (name, Targets::Named(keys)) => {
            if keys.iter().any(|key| !subresource::is_served(key.kind, name)) {
                return Err(subresource::not_served());
            }
        }
    }
    if targets.kinds().contains(&Kind::Endpoints) {
        io.err(ENDPOINTS_WARNING);
    }
    if watches {
        return watch(inv, targets, io);
    }
    let output = Output::of(inv);
    if output.as_ref().is_ok_and(|output| !output.is_table()) || output.is_err() {
        return print_objects(inv, output, &query, &targets, io);
    }
    let width = width(inv, output == Ok(Output::Table { wide: true }));
    print_tables(inv, width, &query, &targets, io)
}

/// `kubectl get pods,cs`: other objects, and the control plane's components.
fn beside_components(own: &Invocation, others: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    if own.is("watch") || own.is("watch-only") {
        return Err(Failure::client("you may only specify a single resource type"));
    }
    let output = Output::of(own)?;
    let mut failures = Vec::new();
    if matches!(output, Output::Table { .. } | Output::Name) {
        let before = io.output.len();
        failures.extend(run(others, io).err());
        let tables = |(stream, text): &(Stream, _)| *stream == Stream::Stdout && !String::is_empty(text);
        let is_second = io.output[before..].iter().any(tables);
        if is_second && output != Output::Name && !own.is("no-headers") {
            io.out("\n");
        }
        failures.extend(component_status::get(own, io).err());
    } else {
        let query = Query::of(others, &others.args).listing();
        let found = query.targets()?.find(io.api.store());
        let (trees, missing) = component_status::trees(own, io)?;
        failures = found.failures.into_iter().chain(missing).collect();
        let items: Vec<Value> = found.objects.iter().map(|object| output.tree(object)).chain(trees).collect();
        io.out(output.print_tree(&list(items))?);
    }
    Failure::all(failures)?;
    Next::OK
}

/// Who makes the table.
fn width(inv: &Invocation, wide: bool) -> Width {
    match wide {
        _ if !inv.is_or("server-print", true) => Width::Client,
        true => Width::Wide,
        false => Width::Plain,
    }
}

/// Prints objects otherwise than as a table.
fn print_objects(
    inv: &Invocation,
    output: Result<Output, Failure>,
    query: &Query,
    targets: &Targets,
    io: &mut Io,
) -> Result<Next, Failure> {
    let mut found = targets.find(io.api.store());
    found.keep_selected(inv)?;
    found.single &= query.unread.is_empty();
    if inv.is("ignore-not-found") {
        found.failures.clear();
        if found.objects.is_empty() && matches!(targets, Targets::Named(_)) {
            return Next::OK;
        }
    }
    found.failures.extend(query.unread.iter().cloned());
    if found.single {
        Failure::all(std::mem::take(&mut found.failures))?;
    }
    let output = output?;
    if inv.has("sort-by") {
        found.objects = sorted(found.objects, inv.text("sort-by"))?
            .ok_or_else(|| Failure::client(unknown_field(inv.text("sort-by"))))?;
    }
    // What is piped in may be more than one.
    let single = found.single && !inv.list("filename").iter().any(|source| source == "-");
    let text = match &found.objects[..] {
        [object] if single => output.print(object)?,
        objects => output.print_list(objects)?,
    };
    io.out(text);
    Failure::all(found.failures)?;
    Next::OK
}

/// Prints one table for each kind.
fn print_tables(
    inv: &Invocation,
    width: Width,
    query: &Query,
    targets: &Targets,
    io: &mut Io,
) -> Result<Next, Failure> {
    let mut failures = Vec::new();
    let mut groups: Vec<(Kind, Vec<Rc<Object>>)> = Vec::new();
    match targets {
        Targets::Selected(selections) => {
            let store = io.api.store();
            groups.extend(selections.iter().map(|s| (s.kind, s.find(store))));
        }
        Targets::Named(_) => {
            let mut found = targets.find(io.api.store());
            found.keep_selected(inv)?;
            failures = found.failures;
            for object in found.objects {
                match groups.last_mut() {
                    Some((kind, objects)) if *kind == object.kind => objects.push(object),
                    _ => groups.push((object.kind, vec![object])),
                }
            }
        }
    }
    if inv.is("ignore-not-found") {
        failures.clear();
    }
    failures.extend(query.unread.iter().cloned());
    let with_kind = groups.iter().any(|(kind, _)| *kind != groups[0].0) || inv.is("show-kind");
    let mut text = String::new();
    for (kind, mut objects) in groups.iter().cloned() {
        if inv.has("sort-by") {
            objects = sorted(objects, inv.text("sort-by"))?.unwrap_or_default();
        }
        if objects.is_empty() {
            continue;
        }
        if !text.is_empty() && !inv.is("no-headers") {
            text.push('\n');
        }
        text.push_str(&Table::new(inv, kind, width, with_kind).rows(&objects, io.api.now, None));
    }
    if text.is_empty() && !inv.is("ignore-not-found") && failures.is_empty() {
        let namespaced = groups.iter().all(|(kind, _)| kind.info().namespaced);
        io.err(match &query.namespace {
            Some(namespace) if namespaced => format!("No resources found in {namespace} namespace.\n"),
            _ => "No resources found\n".to_string(),
        });
    }
    io.out(text);
    Failure::all(failures)?;
    Next::OK
}

/// A table that grows.
struct Table {
    kind: Kind,
    width: Width,
    prefix: String,
    namespaces: bool,
    label_columns: Vec<String>,
    show_labels: bool,
    events: bool,
    headers: bool,
    writer: TabWriter,
}

impl Table {
    fn new(inv: &Invocation, kind: Kind, width: Width, with_kind: bool) -> Table {
        let info = kind.info();
        Table {
            kind,
            width,
            prefix: if with_kind { format!("{}/", info.qualified_singular()) } else { String::new() },
            namespaces: inv.is("all-namespaces") && info.namespaced,
            label_columns: inv.list("label-columns").to_vec(),
            show_labels: inv.is("show-labels"),
            events: inv.is("output-watch-events"),
            headers: !inv.is("no-headers"),
            writer: TabWriter::table(),
        }
    }

    /// Rows for these objects, below the headers if these are the first.
    fn rows(&mut self, objects: &[Rc<Object>], now: SimTime, event: Option<&str>) -> String {
        let mut text = String::new();
        if objects.is_empty() {
            return text;
        }
        if std::mem::take(&mut self.headers) {
            let mut headers: Vec<String> = Vec::new();
            headers.extend(self.events.then(|| "EVENT".into()));
            headers.extend(self.namespaces.then(|| "NAMESPACE".into()));
            headers.extend(printers::headers(self.kind, self.width).iter().map(ToString::to_string));
            let label = |l: &String| l.rsplit('/').next().unwrap_or(l).to_uppercase();
            headers.extend(self.label_columns.iter().map(label));
            headers.extend(self.show_labels.then(|| "LABELS".into()));
            text = row(headers.iter().map(String::as_str));
        }
        for object in objects {
            let mut cells: Vec<String> = Vec::new();
            if self.events {
                cells.push(format!("{:<8}", event.unwrap_or("ADDED")));
            }
            cells.extend(self.namespaces.then(|| object.meta.namespace.to_string()));
            cells.extend(printers::cells(&Row::new(object, now), self.width, &self.prefix));
            let label = |l: &String| object.meta.label(l).unwrap_or_default().to_string();
            cells.extend(self.label_columns.iter().map(label));
            if self.show_labels {
                let labels = crate::api::read::map_value(&object.meta.labels);
                cells.push(printers::or(printers::labels(&labels), "<none>"));
            }
            // What is longer than a line is cut at its end (`k8s.io/cli-runtime/pkg/printers/tableprinter.go: printRows`).
            for cell in &mut cells {
                if let Some(end) = cell.find(['\n', '\r', '\u{c}']) {
                    cell.truncate(end);
                    cell.push_str("...");
                }
            }
            text.push_str(&row(cells.iter().map(String::as_str)));
        }
        self.writer.align(&text)
    }
}

/// The objects in the order of a field; `None` if none of them has it.
fn sorted(mut objects: Vec<Rc<Object>>, field: &str) -> Result<Option<Vec<Rc<Object>>>, Failure> {
    let template = Template::relaxed(field).map_err(Failure::Client)?;
    let mut keyed = Vec::new();
    for object in objects.drain(..) {
        let tree = object.to_value();
        let found = template.find(&tree).map_err(Failure::Client)?;
        let key = found.first().and_then(|f| f.first()).map(|v| v.clone().into_owned());
        keyed.push((key, object));
    }
    if !keyed.is_empty() && keyed.iter().all(|(key, _)| key.is_none()) {
        return Ok(None);
    }
    collections::sort_by(&mut keyed, |(a, _), (b, _)| match (a, b) {
        (Some(a), Some(b)) => compare(a, b),
        (a, b) => a.is_some().cmp(&b.is_some()),
    });
    Ok(Some(keyed.into_iter().map(|(_, object)| object).collect()))
}

fn unknown_field(field: &str) -> String {
    let field = field.trim_start_matches(['{', '.']).trim_end_matches('}');
    format!("couldn't find any field with path \"{{.{field}}}\" in the list of objects")
}

/// By number, by quantity, or by text.
fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal)
        }
        (Value::String(a), Value::String(b)) => match (parse_milli_value(a), parse_milli_value(b)) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => a.cmp(b),
        },
        _ => Ordering::Equal,
    }
}

/// `-w`
struct Watch {
    targets: Targets,
    output: Output,
    table: Table,
    /// How much of the history has been seen.
    seen: usize,
    /// Documents printed as YAML so far.
    printed: usize,
    end: WatchEnd,
}

fn watch(inv: &Invocation, targets: Targets, io: &mut Io) -> Result<Next, Failure> {
    let kinds = targets.kinds();
    let [kind] = kinds[..] else {
        if inv.has("filename") {
            return Err(Failure::client(several_watched(targets.find(io.api.store()).objects.len())));
        }
        return Err(Failure::client("you may only specify a single resource type"));
    };
    let found = targets.find(io.api.store());
    if inv.is("ignore-not-found") && !found.failures.is_empty() {
        return Next::OK;
    }
    Failure::all(found.failures)?;
    let output = Output::of(inv)?;
    if matches!(&targets, Targets::Named(keys) if keys.len() > 1) {
        return Err(Failure::client(several_watched(found.objects.len())));
    }
    let width = width(inv, output == Output::Table { wide: true });
    let table = Table::new(inv, kind, width, inv.is("show-kind"));
    let mut watch = Watch {
        targets,
        output,
        table,
        seen: io.api.history().len(),
        printed: 0,
        end: WatchEnd::of(inv, io),
    };
    if inv.has("sort-by") {
        io.err(match inv.is("watch") {
            true => "warning: --watch requested, --sort-by will be ignored for watch events received\n",
            false => "warning: --watch-only requested, --sort-by will be ignored\n",
        });
    }
    if !inv.is("watch-only") {
        watch.print(&found.objects, "ADDED", io)?;
    }
    Ok(Next::GoOn(Box::new(watch)))
}

fn several_watched(count: usize) -> String {
    format!(
        "watch is only supported on individual resources and resource collections - {count} resources were found"
    )
}

impl Watch {
    fn print(&mut self, objects: &[Rc<Object>], event: &str, io: &mut Io) -> Result<(), Failure> {
        if self.output.is_table() {
            io.out(self.table.rows(objects, io.api.now, Some(event)));
            return Ok(());
        }
        for object in objects {
            let text = self.output.print(object)?;
            if matches!(self.output, Output::Yaml { .. }) && self.printed > 0 {
                io.out("---\n");
            }
            self.printed += 1;
            io.out(text);
        }
        Ok(())
    }
}

impl Program for Watch {
    fn run(&mut self, io: &mut Io) -> Step {
        let mut changes = Vec::new();
        for entry in io.api.history().since(self.seen) {
            let Change::Object { key, before, after } = &entry.change else { continue };
            if key.kind != self.table.kind {
                continue;
            }
            let fits = |o: &&Rc<Object>| self.targets.contain(o);
            let change = match (before.as_ref().filter(fits), after.as_ref().filter(fits)) {
                (None, None) => continue,
                (None, Some(after)) => ("ADDED", after.clone()),
                (Some(_), Some(after)) => ("MODIFIED", after.clone()),
                (Some(before), None) => ("DELETED", before.clone()),
            };
            changes.push(change);
        }
        self.seen = io.api.history().len();
        for (event, object) in changes {
            if let Err(failure) = self.print(&[object], event, io) {
                return super::fail(&failure, io);
            }
        }
        self.end.step(io)
    }
}
