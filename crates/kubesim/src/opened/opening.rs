//! Files → a state, a little at a time.

use super::assemble::Assembly;
use super::state::{Opened, Unreadable};
use super::text::Texts;
use crate::api::meta::LAST_APPLIED;
use crate::api::{Key, Kind};
use crate::config::FeatureGates;
use crate::manifest::input::{self, InputOptions};
use crate::schema::decode::decode;
use crate::schema::defaults::default;
use crate::schema::types::{Shape, TypeRef};
use serde_json::Value;
use std::rc::Rc;

/// Files on the way to a state, in small steps: none of them takes long.
#[derive(Debug)]
pub struct Opening {
    texts: Texts,
    assembly: Assembly,
    next: usize,
}

/// More objects than a page could show.
pub const MOST_OBJECTS: usize = 60_000;

/// More events than a page could show.
pub const MOST_EVENTS: usize = 100_000;

impl Opening {
    /// Begins to read files: each a name and a text. Errors: what they are instead of a state.
    pub fn new(files: &[(String, String)]) -> Result<Opening, Unreadable> {
        Ok(Opening { texts: Texts::new(files)?, assembly: Assembly::default(), next: 0 })
    }

    /// How many parts are read, and how many there are.
    pub fn progress(&self) -> (usize, usize) {
        (self.texts.done(), self.texts.total)
    }

    /// Reads a little more; false if all is read. Errors: it can't be read.
    pub fn step(&mut self) -> Result<bool, Unreadable> {
        let goes_on = self.texts.step()?;
        while let Some(item) = self.texts.items.get(self.next) {
            self.assembly.add(&item.tree, &item.place);
            self.next += 1;
            if self.next > MOST_OBJECTS {
                return Err(Unreadable::TooMany { objects: self.next });
            }
        }
        for mut event in std::mem::take(&mut self.texts.events) {
            self.assembly.see(&mut event);
            self.texts.keep(event);
            if self.assembly.count_seen() > MOST_EVENTS {
                return Err(Unreadable::TooMany { objects: self.assembly.count_seen() });
            }
        }
        Ok(goes_on)
    }

    /// The state that was read. Errors: it is none.
    pub fn finish(self) -> Result<Opened, Unreadable> {
        self.assembly.finish()
    }
}

/// Opens files at once. Errors: why they can't be.
pub fn open(files: &[(String, String)]) -> Result<Opened, Unreadable> {
    let mut opening = Opening::new(files)?;
    while opening.step()? {}
    opening.finish()
}

/// A manifest as it compares with a state: the same is left out of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Comparable {
    /// Its objects in JSON, one document each.
    pub text: String,
    /// What differs though the simulation does not heed it: a change of a pod template all the same. `statefulset/flask: field`
    pub unheeded: Vec<String>,
}

impl Opening {
    /// The state, and a manifest that is to be tried on it: what was left out of the state is left out of the manifest, equal
    /// values in the same way, and what was applied last is known as far as it is kept. Errors: it is no state.
    pub fn finish_beside(
        mut self,
        manifest: &str,
        gates: FeatureGates,
    ) -> Result<(Opened, Comparable), Unreadable> {
        let input = input::objects(manifest, InputOptions::default());
        let mut comparable = Comparable { text: String::new(), unheeded: Vec::new() };
        let mut applied: Vec<(Key, String)> = Vec::new();
        for object in &input.objects {
            let key = Key::new(object.kind, object.namespace(), object.name());
            let live = self.texts.trees().find(|tree| is_object(tree, &key)).cloned();
            let mut wanted = decode(object.kind, &object.value);
            if wanted.error.is_some() || !wanted.unknown.is_empty() {
                // The API server has to say what is wrong about it.
                comparable.text.push_str(&document(&object.value));
                continue;
            }
            let mut kept = self.assembly.allow.compare(object.kind, &wanted.value);
            if let Some(live) = &live {
                let last = live["metadata"]["annotations"][LAST_APPLIED].as_str();
                let last: Option<Value> = last.and_then(|text| serde_json::from_str(text).ok());
                if let Some(last) = last {
                    let last = decode(object.kind, &last);
                    if last.error.is_none() {
                        applied.push((
                            key.clone(),
                            self.assembly.allow.compare(object.kind, &last.value).to_string() + "\n",
                        ));
                    }
                }
                default(object.kind, &mut wanted.value, gates);
                let mut found = Vec::new();
                let template = "spec.template";
                let (new, old) = (&wanted.value["spec"]["template"], &live["spec"]["template"]);
                unheeded(TypeRef("PodTemplateSpec"), new, old, template, &mut found);
                if !found.is_empty() && kept["spec"]["template"].is_object() {
                    kept["spec"]["template"]["metadata"]["annotations"]["opened/unheeded"] =
                        found.join(" ").into();
                }
                comparable.unheeded.extend(found.iter().map(|field| format!("{key}: {field}")));
            }
            comparable.text.push_str(&document(&kept));
        }
        if let Some(error) = input.errors.first() {
            return Err(Unreadable::Syntax {
                file: "manifest".into(),
                line: error.span.line as usize,
                message: error.message.clone(),
            });
        }
        let mut opened = self.assembly.finish()?;
        for (key, text) in applied {
            if let Some(object) = opened.objects.iter_mut().find(|object| object.key() == key) {
                Rc::make_mut(object).meta.set_annotation(LAST_APPLIED, &text);
            }
        }
        Ok((opened, comparable))
    }
}

fn document(tree: &Value) -> String {
    ["---\n", &tree.to_string(), "\n"].concat()
}

fn is_object(tree: &Value, key: &Key) -> bool {
    let kind = Kind::of_manifest(
        tree["apiVersion"].as_str().unwrap_or_default(),
        tree["kind"].as_str().unwrap_or_default(),
    );
    let namespace = tree["metadata"]["namespace"].as_str().unwrap_or("default");
    kind == Some(key.kind)
        && tree["metadata"]["name"] == *key.name
        && (!key.kind.info().namespaced || *namespace == *key.namespace)
}

/// The fields that are left out, and that somebody wants to be otherwise than they are.
fn unheeded(type_ref: TypeRef, wanted: &Value, live: &Value, path: &str, found: &mut Vec<String>) {
    match (type_ref.shape(), wanted) {
        (Shape::List(item), Value::Array(items)) => {
            for (n, wanted) in items.iter().enumerate() {
                let live = match wanted.get("name") {
                    Some(name) => live.as_array().into_iter().flatten().find(|live| live["name"] == *name),
                    None => live.get(n),
                };
                unheeded(item, wanted, live.unwrap_or(&Value::Null), &format!("{path}[{n}]"), found);
            }
        }
        (Shape::Struct, Value::Object(map)) => {
            for (name, wanted) in map {
                let Some(field) = type_ref.field(name) else { continue };
                let live = &live[name.as_str()];
                let path = [path, ".", name].concat();
                let is_kept = type_ref.simulates(name)
                    && (type_ref.struct_name() != "ObjectMeta" || name != "annotations");
                if is_kept {
                    unheeded(field.type_ref, wanted, live, &path, found);
                } else if wanted != live && !wanted.is_null() {
                    found.push(path);
                }
            }
        }
        _ => {}
    }
}
