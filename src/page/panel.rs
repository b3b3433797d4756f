//! The panels of the page, and what each of them is set to.

use kubesim::dns::{self, Question, RecordType};
use yew::AttrValue;

/// The parts of the page of which a small screen shows one at a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum View {
    /// The manifest.
    Manifest,
    /// The stage.
    Stage,
    /// The terminal.
    Terminal,
    /// Questions to DNS.
    Dns,
    /// Events.
    Events,
    /// One object.
    Inspect,
}

impl View {
    /// All of them, in order.
    pub const ALL: [View; 6] =
        [View::Manifest, View::Stage, View::Terminal, View::Dns, View::Events, View::Inspect];

    /// Its name in the style sheet.
    pub fn class(self) -> &'static str {
        ["manifest", "stage", "terminal", "dns", "events", "inspect"][self as usize]
    }

    /// Its sign in the bar of a small screen.
    pub fn sign(self) -> &'static str {
        ["☰", "◫", "›_", "⌘", "≡", "⋯"][self as usize]
    }
}

/// How an object is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Face {
    /// `kubectl describe`
    Described,
    /// `kubectl get -o yaml`
    Yaml,
    /// The YAML of two versions, one against the other.
    Changes,
}

/// What the panel asks.
#[derive(Clone, PartialEq, Debug)]
pub struct Asking {
    /// The name; empty: the Service of the set that is looked at.
    pub name: AttrValue,
    /// The type of record.
    pub kind: AttrValue,
    /// The namespace of the pod that asks.
    pub namespace: AttrValue,
    /// The tool whose output is shown.
    pub tool: Option<&'static str>,
}

impl Default for Asking {
    fn default() -> Asking {
        Asking { name: "".into(), kind: "A".into(), namespace: "default".into(), tool: None }
    }
}

impl Asking {
    /// The question. `service` is what is asked for when no name was given.
    pub fn question(&self, service: Option<&str>) -> Question {
        let name = if self.name.is_empty() { service.unwrap_or("kubernetes") } else { &self.name };
        let record_type = RecordType::parse(&self.kind).unwrap_or(RecordType::A);
        // An address is asked for by its reversed name, as every tool does.
        match dns::reverse_name(name) {
            Some(reversed) => Question {
                name: format!("{reversed}.").into(),
                record_type: RecordType::Ptr,
                namespace: (&*self.namespace).into(),
            },
            None => Question { name: name.into(), record_type, namespace: (&*self.namespace).into() },
        }
    }
}
