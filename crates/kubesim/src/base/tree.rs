//! Trees as tables: a quarter of the code that makes such a tree, for what is loaded before anything is seen.

use serde_json::Value;

/// A tree that is always the same but for a few texts.
pub enum Tree {
    Text(&'static str),
    /// The text of this number among those given.
    Given(usize),
    Number(i64),
    /// The boolean.
    True,
    List(&'static [Tree]),
    Map(&'static [(&'static str, Tree)]),
}

impl Tree {
    /// The tree with the texts given.
    pub fn value(&self, given: &[&str]) -> Value {
        match self {
            Tree::Text(text) => Value::from(*text),
            Tree::Given(number) => Value::from(given[*number]),
            Tree::Number(number) => Value::from(*number),
            Tree::True => Value::Bool(true),
            Tree::List(items) => Value::Array(items.iter().map(|item| item.value(given)).collect()),
            Tree::Map(fields) => {
                let mut map = serde_json::Map::new();
                for (name, field) in *fields {
                    map.insert((*name).to_owned(), field.value(given));
                }
                Value::Object(map)
            }
        }
    }
}

/// A [`Tree`] as `json!` takes it, with `(Number 1)` for a number and `(Given 0)` for the first of the texts given.
macro_rules! tree {
    ({ $($name:literal: $field:tt),* $(,)? }) => { $crate::base::tree::Tree::Map(&[$(($name, tree!($field))),*]) };
    ([ $($item:tt),* $(,)? ]) => { $crate::base::tree::Tree::List(&[$(tree!($item)),*]) };
    (($kind:ident $number:literal)) => { $crate::base::tree::Tree::$kind($number) };
    (true) => { $crate::base::tree::Tree::True };
    ($text:tt) => { $crate::base::tree::Tree::Text($text) };
}

pub(crate) use tree;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_makes_what_json_makes() {
        const TREE: Tree = tree!({"a": ["b", (Number -1), true, []], "c": {"d": (Given 1), "e": {}}});
        let expected = serde_json::json!({"a": ["b", -1, true, []], "c": {"d": "y", "e": {}}});
        assert_eq!(TREE.value(&["x", "y"]), expected);
    }
}
