//! Files → a state, a little at a time.

use super::assemble::Assembly;
use super::finishing::Finishing;
use super::state::{Opened, Unreadable};
use super::text::Texts;
use crate::api::meta::LAST_APPLIED;
use crate::api::{Key, Kind};
use crate::config::FeatureGates;
use crate::manifest::input::{self, Input, InputObject, InputOptions};
use crate::schema::decode::decode;
use crate::schema::defaults::default;
use crate::schema::types::{Shape, TypeRef};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Files on the way to a state, in small steps: none of them takes long.
#[derive(Debug)]
pub struct Opening {
    texts: Texts,
    assembly: Assembly,
    /// How many objects were read.
    count: usize,
    finishing: Option<Box<Finishing>>,
    beside: Option<Beside>,
}

/// A manifest that is to be tried on the state, and the objects in the state that it is about, as they were read.
#[derive(Debug)]
struct Beside {
    input: Input,
    gates: FeatureGates,
    keys: BTreeSet<Key>,
    read: BTreeMap<Key, Value>,
    /// As watches have left them.
    seen: BTreeMap<Key, Value>,
}

/// More objects than a page could show.
pub const MOST_OBJECTS: usize = 60_000;

/// More events than a page could show.
pub const MOST_EVENTS: usize = 100_000;

impl Opening {
    /// Begins to read files: each a name and a text. Errors: what they are instead of a state.
    pub fn new(files: impl Into<Rc<[(String, String)]>>) -> Result<Opening, Unreadable> {
        Ok(Opening {
            texts: Texts::new(files.into())?,
            assembly: Assembly::default(),
            count: 0,
            finishing: None,
            beside: None,
        })
    }

    /// The same, with a manifest that is to be tried on the state ([`Opening::finish_beside`]).
    pub fn beside(
        files: impl Into<Rc<[(String, String)]>>,
        manifest: &str,
        gates: FeatureGates,
    ) -> Result<Opening, Unreadable> {
        let input = input::objects(manifest, InputOptions::default());
        let keys = input.objects.iter().map(key_of).collect();
        let beside = Beside { input, gates, keys, read: BTreeMap::new(), seen: BTreeMap::new() };
        Ok(Opening { beside: Some(beside), ..Opening::new(files)? })
    }

    /// How much is done, and how much there is to do.
    pub fn progress(&self) -> (usize, usize) {
        let (read, all) = self.texts.progress();
        // To read takes about three times as long as to finish.
        let finished = self.finishing.as_ref().map_or(0, |finishing| {
            let (made, count) = finishing.progress();
            made * (all / 3) / count.max(1)
        });
        (read + finished, all + all / 3)
    }

    /// Does a little more; false if all is done. Errors: it can't be read, or is no state.
    pub fn step(&mut self) -> Result<bool, Unreadable> {
        if let Some(finishing) = &mut self.finishing {
            return Ok(finishing.step());
        }
        if !self.texts.step()? {
            let assembly = std::mem::take(&mut self.assembly);
            self.finishing = Some(Box::new(Finishing::new(assembly)?));
            return Ok(true);
        }
        self.texts.too_long.drain(..).for_each(|name| self.assembly.leave_out_long(name));
        for item in self.texts.items.drain(..) {
            self.assembly.add(&item.tree, &item.place);
            self.count += 1;
            if self.count > MOST_OBJECTS {
                return Err(Unreadable::TooMany { objects: self.count });
            }
            if let Some(beside) = &mut self.beside
                && let Some(key) = beside.key_of(&item.tree)
            {
                beside.read.entry(key).or_insert(item.tree);
            }
        }
        for mut event in self.texts.events.drain(..) {
            self.assembly.see(&mut event);
            if self.assembly.count_seen() > MOST_EVENTS {
                return Err(Unreadable::TooMany { objects: self.assembly.count_seen() });
            }
            if let Some(beside) = &mut self.beside
                && let Some(key) = beside.key_of(&event.tree)
            {
                beside.seen.insert(key, event.tree);
            }
        }
        Ok(true)
    }

    /// The state, after the last step. Errors: it is none.
    pub fn finish(mut self) -> Result<Opened, Unreadable> {
        self.run_to_the_end().map(|finishing| finishing.finish())
    }

    fn run_to_the_end(&mut self) -> Result<Box<Finishing>, Unreadable> {
        loop {
            while self.step()? {}
            if let Some(finishing) = self.finishing.take() {
                return Ok(finishing);
            }
        }
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
    /// The state, and the manifest that is to be tried on it: what was left out of the state is left out of the manifest, equal
    /// values in the same way, and what was applied last is known as far as it is kept. Errors: it is no state.
    ///
    /// # Panics
    /// If it was not begun with a manifest.
    pub fn finish_beside(mut self) -> Result<(Opened, Comparable), Unreadable> {
        let mut finishing = self.run_to_the_end()?;
        let beside = self.beside.expect("it was begun with a manifest");
        let (input, gates, allow) = (&beside.input, beside.gates, &mut finishing.assembly.allow);
        let mut comparable = Comparable { text: String::new(), unheeded: Vec::new() };
        let mut applied: Vec<(Key, String)> = Vec::new();
        for object in &input.objects {
            let key = key_of(object);
            let live = beside.read.get(&key).or(beside.seen.get(&key));
            let mut wanted = decode(object.kind, &object.value);
            if wanted.error.is_some() || !wanted.unknown.is_empty() {
                // The API server has to say what is wrong about it.
                comparable.text.push_str(&document(&object.value));
                continue;
            }
            let mut kept = allow.compare(object.kind, &wanted.value);
            if let Some(live) = live {
                let last = live["metadata"]["annotations"][LAST_APPLIED].as_str();
                let last: Option<Value> = last.and_then(|text| serde_json::from_str(text).ok());
                if let Some(last) = last {
                    let last = decode(object.kind, &last);
                    if last.error.is_none() {
                        applied
                            .push((key.clone(), allow.compare(object.kind, &last.value).to_string() + "\n"));
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
        let mut opened = finishing.finish();
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

fn key_of(object: &InputObject) -> Key {
    Key::new(object.kind, object.namespace(), object.name())
}

impl Beside {
    /// The key of a tree, if the manifest is about it.
    fn key_of(&self, tree: &Value) -> Option<Key> {
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let kind = Kind::of_manifest(&word(&tree["apiVersion"]), &word(&tree["kind"]))?;
        let meta = &tree["metadata"];
        let namespace = match (kind.info().namespaced, meta["namespace"].as_str()) {
            (true, namespace) => namespace.unwrap_or("default"),
            (false, _) => "",
        };
        let key = Key::new(kind, namespace, &word(&meta["name"]));
        self.keys.contains(&key).then_some(key)
    }
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
