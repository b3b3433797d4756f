//! `-o`: how objects are printed when not as a table.
//!
//! Models `k8s.io/cli-runtime/pkg/printers` and `k8s.io/kubectl/pkg/cmd/get/{get_flags,customcolumn}.go`.

mod go;
pub mod jsonpath;
mod kyaml;
mod template;

pub use go::{go_json, go_print};

use super::table::TabWriter;
use super::{Failure, Invocation};
use crate::api::{Body, Object, Uid};
use crate::patch::field_managers;
use jsonpath::Template;
use serde_json::{Value, json};
use std::rc::Rc;

/// How objects are printed.
#[derive(Clone, PartialEq, Debug)]
pub enum Output {
    /// As a table; with more columns if wide.
    Table {
        /// `-o wide`
        wide: bool,
    },
    /// `pod/flask-0`
    Name,
    /// `-o yaml`
    Yaml {
        /// `--show-managed-fields`
        managed_fields: bool,
    },
    /// `-o kyaml`
    Kyaml {
        /// `--show-managed-fields`
        managed_fields: bool,
    },
    /// `-o json`
    Json {
        /// `--show-managed-fields`
        managed_fields: bool,
    },
    /// `-o jsonpath=TEMPLATE`
    JsonPath {
        /// The template, read.
        template: Template,
        /// As it was written.
        text: String,
        /// `-o jsonpath-as-json=TEMPLATE`
        as_json: bool,
    },
    /// `-o go-template=TEMPLATE`
    GoTemplate(template::Template),
    /// `-o custom-columns=HEADER:PATH,…`
    CustomColumns {
        /// Headers and paths.
        columns: Vec<(String, Template)>,
        /// `--no-headers`
        no_headers: bool,
    },
}

/// The formats of `kubectl get`; the others know neither tables nor custom columns.
const FORMATS: &str = "custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,\
    jsonpath-file,kyaml,name,template,templatefile,wide,yaml";

/// Objects of several kinds, or what is not of the API server's, as kubectl itself puts them together.
pub fn list(items: Vec<Value>) -> Value {
    json!({"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": items})
}

impl Output {
    /// What `-o` asks for. Without `-o` it is a table. Errors: no such format, or a template that can't be read.
    pub fn of(inv: &Invocation) -> Result<Output, Failure> {
        let given = inv.text("output");
        let (format, argument) = given.split_once('=').unwrap_or((given, ""));
        let format = if format.is_empty() && inv.has("template") { "go-template" } else { format };
        let argument = if argument.is_empty() { inv.text("template") } else { argument };
        let is_get = inv.verb.name == "get";
        match format {
            "" => Ok(Output::Table { wide: false }),
            "wide" if is_get => Ok(Output::Table { wide: true }),
            "name" => Ok(Output::Name),
            "yaml" => Ok(Output::Yaml { managed_fields: inv.is("show-managed-fields") }),
            "kyaml" => Ok(Output::Kyaml { managed_fields: inv.is("show-managed-fields") }),
            "json" => Ok(Output::Json { managed_fields: inv.is("show-managed-fields") }),
            "jsonpath" | "jsonpath-as-json" | "jsonpath-file" | "go-template" | "go-template-file"
            | "template" | "templatefile"
                if argument.is_empty() =>
            {
                Err(Failure::client("template format specified but no template given"))
            }
            "go-template" | "template" | "go-template-file" | "templatefile" => {
                let text = if format.ends_with("file") { template_file(inv, argument)? } else { argument };
                let mut template = template::Template::parse(text)
                    .map_err(|e| Failure::client(format!("error parsing template {text}, {e}")))?;
                template.allow_missing = inv.is_or("allow-missing-template-keys", true);
                Ok(Output::GoTemplate(template))
            }
            "jsonpath" | "jsonpath-as-json" | "jsonpath-file" => {
                let argument =
                    if format.ends_with("file") { template_file(inv, argument)? } else { argument };
                let mut template = Template::parse(argument)
                    .map_err(|e| Failure::client(format!("error parsing jsonpath {argument}, {e}")))?;
                template.allow_missing = inv.is_or("allow-missing-template-keys", true);
                Ok(Output::JsonPath {
                    template,
                    text: argument.into(),
                    as_json: format == "jsonpath-as-json",
                })
            }
            "custom-columns" if is_get => Ok(Output::CustomColumns {
                columns: custom_columns(argument)?,
                no_headers: inv.is("no-headers"),
            }),
            "custom-columns-file" if is_get => {
                if argument.is_empty() {
                    return Err(Failure::client(
                        "custom-columns format specified but no custom columns given",
                    ));
                }
                let unread = || {
                    format!("error reading template {argument}, open {argument}: no such file or directory")
                };
                let text = inv.files.get(argument).ok_or_else(|| Failure::client(unread()))?;
                Ok(Output::CustomColumns { columns: columns_of_file(text)?, no_headers: false })
            }
            _ => {
                let skipped = if is_get { "" } else { "custom-columns,custom-columns-file,wide" };
                let formats: Vec<&str> =
                    FORMATS.split(',').filter(|f| !skipped.split(',').any(|s| s == *f)).collect();
                Err(Failure::client(format!(
                    "unable to match a printer suitable for the output format {given:?}, allowed formats are: {}",
                    formats.join(",")
                )))
            }
        }
    }

    /// Whether it is a table.
    pub fn is_table(&self) -> bool {
        matches!(self, Output::Table { .. })
    }

    /// Prints objects that are not one object the user named: together as a list.
    pub fn print_list(&self, objects: &[Rc<Object>]) -> Result<String, Failure> {
        match self {
            Output::Name => Ok(objects.iter().map(|o| name(o)).collect()),
            _ => {
                let items: Vec<Value> = objects.iter().map(|o| self.tree(o)).collect();
                self.print_tree(&list(items))
            }
        }
    }

    /// Prints one object.
    pub fn print(&self, object: &Object) -> Result<String, Failure> {
        match self {
            Output::Name => Ok(name(object)),
            _ => self.print_tree(&self.tree(object)),
        }
    }

    /// The tree of an object: with `managedFields` where they are shown. YAML and JSON leave them out unless asked
    /// (omit_managed_fields.go), templates see them.
    pub(super) fn tree(&self, object: &Object) -> Value {
        let mut tree = object.to_value();
        let shown = match self {
            Output::Yaml { managed_fields }
            | Output::Kyaml { managed_fields }
            | Output::Json { managed_fields } => *managed_fields,
            Output::JsonPath { .. } | Output::GoTemplate(_) | Output::CustomColumns { .. } => true,
            _ => false,
        };
        // What kubectl itself made has none.
        if shown && object.meta.uid != Uid::default() {
            // What kubectl itself changed is a tree only, with nobody's shares.
            let read;
            let object = match &object.body {
                Body::Other(_) => {
                    read = Object { meta: object.meta.clone(), ..Object::from_value(object.kind, &tree) };
                    &read
                }
                _ => object,
            };
            let managers = field_managers::of(object);
            tree["metadata"]["managedFields"] = field_managers::to_value(object.kind, &managers);
        }
        tree
    }

    /// Prints an object, or a list, as a tree.
    pub fn print_tree(&self, tree: &Value) -> Result<String, Failure> {
        match self {
            Output::Table { .. } | Output::Name => Ok(String::new()),
            Output::Yaml { .. } => Ok(yaml::write(tree)),
            Output::Kyaml { .. } => Ok(kyaml::write(tree)),
            Output::Json { .. } => Ok(json(tree)),
            Output::JsonPath { template, text, as_json } => {
                let failed = |e: String| {
                    Failure::client(format!(
                        "error executing jsonpath {text:?}: Error executing template: {e}. Printing more information \
                         for debugging the template:\n\ttemplate was:\n\t\t{text}\n\tobject given to jsonpath engine was:\n\t\t{}\n\n",
                        go::go_syntax(tree)
                    ))
                };
                if !as_json {
                    return template.print(tree).map_err(failed);
                }
                let lists = template.find(tree).map_err(failed)?;
                let list = |l: &jsonpath::Found| json(&l.iter().map(|v| v.clone().into_owned()).collect());
                Ok(lists.iter().map(list).collect())
            }
            Output::GoTemplate(template) => template.print(tree).map_err(|broken| {
                let template::Broken { printed, why } = broken;
                let text = &template.text;
                let data = go_json(tree.to_string());
                let object = template::shown(tree);
                let out = format!(
                    "{printed}Error executing template: {why}. Printing more information for debugging the template:\n\
                     \ttemplate was:\n\t\t{text}\n\traw data was:\n\t\t{data}\n\n\tobject given to template engine \
                     was:\n\t\t{object}\n\n"
                );
                let failure = Failure::client(format!("error executing template {text:?}: {why}"));
                Failure::Printed(out, Box::new(failure))
            }),
            Output::CustomColumns { columns, no_headers } => {
                let headers = columns.iter().map(|(header, _)| header.as_str());
                let mut text = if *no_headers { String::new() } else { row(headers) };
                let one = [tree.clone()];
                let items = match tree.get("items").and_then(Value::as_array) {
                    Some(items) if tree["kind"] == "List" => items,
                    _ => &one[..],
                };
                for item in items {
                    let mut cells = Vec::new();
                    for (_, template) in columns {
                        let found = template.find(item).map_err(Failure::Client)?;
                        let values: Vec<String> = found.iter().flatten().map(|v| go_print(v)).collect();
                        cells.push(super::printers::or(values.join(","), "<none>"));
                    }
                    text.push_str(&row(cells.iter().map(String::as_str)));
                }
                Ok(TabWriter::table().align(&text))
            }
        }
    }
}

/// One line of a table.
pub fn row<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    let mut line = cells.collect::<Vec<_>>().join("\t");
    line.push('\n');
    line
}

/// `pod/flask-0`
pub fn name(object: &Object) -> String {
    format!("{}/{}\n", object.kind.info().qualified_singular(), object.meta.name)
}

/// The text of the file that holds a template.
fn template_file<'a>(inv: &'a Invocation, name: &str) -> Result<&'a str, Failure> {
    let unread = || format!("error reading --template {name}, open {name}: no such file or directory");
    inv.files.get(name).map(String::as_str).ok_or_else(|| Failure::client(unread()))
}

/// Headers in a line, their paths in the next.
fn columns_of_file(text: &str) -> Result<Vec<(String, Template)>, Failure> {
    let mut lines = text.lines();
    let mut words = |what: &str| {
        let line = lines.next().ok_or_else(|| {
            Failure::client(format!(
                "invalid template, missing {what} line. Expected format is one line of space separated headers, one line \
                 of space separated column specs."
            ))
        })?;
        Ok::<Vec<&str>, Failure>(line.split_whitespace().collect())
    };
    let (headers, paths) = (words("header")?, words("spec")?);
    if headers.len() != paths.len() {
        let (headers, paths) = (headers.len(), paths.len());
        let why = format!("number of headers ({headers}) and field specifications ({paths}) don't match");
        return Err(Failure::client(why));
    }
    let column = |(header, path): (&&str, &&str)| {
        Ok((header.to_string(), Template::relaxed(path).map_err(Failure::Client)?))
    };
    headers.iter().zip(&paths).map(column).collect()
}

fn custom_columns(spec: &str) -> Result<Vec<(String, Template)>, Failure> {
    if spec.is_empty() {
        return Err(Failure::client("custom-columns format specified but no custom columns given"));
    }
    let column = |part: &str| {
        let (header, path) = part.split_once(':').ok_or_else(|| {
            Failure::client(format!(
                "unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>"
            ))
        })?;
        Ok((header.to_string(), Template::relaxed(path).map_err(Failure::Client)?))
    };
    spec.split(',').map(column).collect()
}

/// The tree as JSON with four spaces, as `kubectl -o json` prints it.
pub fn json(tree: &Value) -> String {
    let mut out = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, formatter);
    serde::Serialize::serialize(tree, &mut serializer).expect("a tree can be written to memory");
    let mut text = go_json(String::from_utf8(out).expect("JSON is text"));
    text.push('\n');
    text
}
