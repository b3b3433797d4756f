//! `-o go-template=…`: Go's `text/template` with kubectl's functions, on trees. Models
//! `k8s.io/cli-runtime/pkg/printers/template.go`.

mod data;
mod exec;
mod float;
mod functions;
mod lex;
mod number;
mod parse;
mod printf;
mod text;

use data::View;
use parse::Node;
use serde_json::Value;
use std::collections::BTreeMap;

/// A template that was read.
#[derive(Clone, PartialEq, Debug)]
pub struct Template {
    /// As it was written.
    pub(super) text: String,
    /// Its own nodes, and those of the templates that it defines.
    nodes: BTreeMap<String, Vec<Node>>,
    /// Whether what is not there is nothing (`missingkey=default`), not an error.
    pub(super) allow_missing: bool,
}

/// Why a template ended early.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Broken {
    /// What it had printed until then.
    pub(super) printed: String,
    /// In Go's words.
    pub(super) why: String,
}

impl Template {
    /// Reads a template. Errors: Go's words.
    pub fn parse(text: &str) -> Result<Template, String> {
        Ok(Template { text: text.to_string(), nodes: parse::parse(text)?, allow_missing: true })
    }

    /// Prints a tree with it.
    pub fn print(&self, tree: &Value) -> Result<String, Broken> {
        let mut state = exec::State::new(&self.text, &self.nodes, self.allow_missing);
        let ran = state.run(tree);
        let printed = state.out;
        match ran {
            Ok(()) => Ok(printed),
            Err(why) => Err(Broken { printed, why }),
        }
    }
}

/// A tree as Go's `%v` prints it.
pub(super) fn shown(tree: &Value) -> String {
    View::of(tree).text()
}

#[cfg(test)]
mod tests;
