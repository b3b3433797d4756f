//! Variables: values, attributes, arrays.
//!
//! Models bash's: an indexed array is sorted by number, an associative one is listed in the order of its hash table
//! (`hashlib.c`: FNV-1, 1024 buckets, the newest first in each).

use crate::op::Code;
use std::rc::Rc;

/// An item of an array: its number or the order of its making, its subscript, its value.
pub(crate) type Item = (i64, Rc<str>, Rc<str>);

/// A function: its place in a code, and the file that it stands in.
pub(crate) type Function = (Code, usize, Rc<str>);

/// What a name stands for: a variable; under `name()` a function, as its place in a code; under `trap NAME` a trap.
#[derive(Clone, Debug, Default)]
pub(crate) struct Var {
    pub(crate) value: Rc<str>,
    pub(crate) exported: bool,
    /// Declared, and without a value.
    pub(crate) unset: bool,
    pub(crate) attributes: Attributes,
    pub(crate) items: Option<Rc<Vec<Item>>>,
    pub(crate) function: Option<Function>,
}

/// `declare`'s flags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attributes {
    pub(crate) readonly: bool,
    pub(crate) integer: bool,
    pub(crate) upper: bool,
    pub(crate) lower: bool,
    pub(crate) reference: bool,
    pub(crate) associative: bool,
}

impl Var {
    /// The value, if it has one.
    pub(crate) fn get(&self) -> Option<Rc<str>> {
        match &self.items {
            Some(_) => self.item("0"),
            None => (!self.unset).then(|| self.value.clone()),
        }
    }

    /// The items as they are listed.
    pub(crate) fn listed(&self) -> Vec<Item> {
        match &self.items {
            None if self.unset => vec![],
            None => vec![(0, "0".into(), self.value.clone())],
            Some(items) => {
                let mut items = items.to_vec();
                if self.attributes.associative {
                    let place = |item: &Item| (bucket(&item.1), -item.0);
                    insertion_sort(&mut items, &|a, b| place(a) > place(b));
                }
                items
            }
        }
    }

    /// The item with this subscript.
    pub(crate) fn item(&self, key: &str) -> Option<Rc<str>> {
        match &self.items {
            Some(items) => items.iter().find(|item| &*item.1 == key).map(|item| item.2.clone()),
            None if key == "0" => self.get(),
            None => None,
        }
    }

    /// Makes it an array; a value it has becomes the first item.
    pub(crate) fn make_array(&mut self) -> &mut Vec<Item> {
        if self.items.is_none() {
            let first = (0, "0".into(), std::mem::take(&mut self.value));
            self.items = Some(Rc::new(if self.unset { vec![] } else { vec![first] }));
        }
        self.unset = false;
        Rc::make_mut(self.items.get_or_insert_default())
    }

    /// Sets an item. `number`: its place in an indexed array.
    pub(crate) fn set_item(&mut self, number: i64, key: &str, value: &str) {
        let associative = self.attributes.associative;
        let items = self.make_array();
        if let Some(item) = items.iter_mut().find(|item| &*item.1 == key) {
            item.2 = value.into();
            return;
        }
        let number = if associative { items.iter().map(|i| i.0).max().unwrap_or(0) + 1 } else { number };
        let at = items.partition_point(|item| item.0 < number);
        items.insert(at, (number, key.into(), value.into()));
    }

    /// Removes an item.
    pub(crate) fn remove_item(&mut self, key: &str) {
        self.make_array().retain(|item| &*item.1 != key);
    }

    /// The number after the last item's.
    pub(crate) fn next_number(&self) -> i64 {
        self.listed().iter().map(|item| item.0 + 1).max().unwrap_or(0)
    }

    /// `declare -p`'s flags.
    pub(crate) fn flags(&self) -> String {
        let a = self.attributes;
        let letters = [
            (self.items.is_some() && !a.associative, 'a'),
            (a.associative, 'A'),
            (a.integer, 'i'),
            (a.lower, 'l'),
            (a.reference, 'n'),
            (a.readonly, 'r'),
            (a.upper, 'u'),
            (self.exported, 'x'),
        ];
        let set: String = letters.iter().filter(|(set, _)| *set).map(|(_, letter)| *letter).collect();
        if set.is_empty() { "-".into() } else { set }
    }
}

/// A key's place in bash's hash table.
fn bucket(key: &str) -> u32 {
    key.bytes().fold(2_166_136_261u32, |hash, byte| hash.wrapping_mul(16_777_619) ^ u32::from(byte)) & 1023
}

/// Sorts a few things, stable, without much code.
pub(crate) fn insertion_sort<T>(items: &mut [T], after: &dyn Fn(&T, &T) -> bool) {
    for end in 1..items.len() {
        let mut at = end;
        while at > 0 && after(&items[at - 1], &items[at]) {
            items.swap(at - 1, at);
            at -= 1;
        }
    }
}

/// Names and what they stand for, sorted. They are few, so a vector does.
#[derive(Clone, Default, Debug)]
pub(crate) struct Vars(pub(crate) Vec<(String, Var)>);

impl Vars {
    pub(crate) fn get(&self, name: &str) -> Option<&Var> {
        self.place(name).ok().map(|at| &self.0[at].1)
    }

    /// The variable of this name; one without a value is made where there is none.
    pub(crate) fn entry(&mut self, name: &str) -> &mut Var {
        let at = match self.place(name) {
            Ok(at) => at,
            Err(at) => {
                self.0.insert(at, (name.to_string(), Var { unset: true, ..Var::default() }));
                at
            }
        };
        &mut self.0[at].1
    }

    /// What `umask` has been set to, if it has.
    pub(crate) fn umask(&self) -> Option<u32> {
        u32::from_str_radix(&self.get("umask ")?.value, 8).ok()
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.as_str().cmp(name))
    }

    /// Sets or removes one; what it was.
    pub(crate) fn put(&mut self, name: &str, var: Option<Var>) -> Option<Var> {
        match (self.place(name), var) {
            (Ok(at), Some(var)) => Some(std::mem::replace(&mut self.0[at].1, var)),
            (Ok(at), None) => Some(self.0.remove(at).1),
            (Err(at), Some(var)) => {
                self.0.insert(at, (name.to_string(), var));
                None
            }
            (Err(_), None) => None,
        }
    }
}

/// A variable of this value.
pub(crate) fn var(value: &str, exported: bool) -> Option<Var> {
    Some(Var { value: value.into(), exported, ..Var::default() })
}

/// Variables as they were, to be put back.
pub(crate) type Saved = Vec<(String, Option<Var>)>;
