//! The panels of the page, and what each of them is set to.

use kubesim::api::resolver::{Question, RecordType};
use kubesim::{Str, dns};

/// The parts of the page of which a small screen shows one at a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum View {
    /// The manifest in its editor, with what is wrong with it.
    Manifest,
    /// The set with its pods, claims and volumes.
    Stage,
    /// What commands print, and a line for the next one.
    Terminal,
    /// A question to the cluster's DNS, and its answer.
    Dns,
    /// The cluster's Events, newest first.
    Events,
    /// One object, as kubectl shows it.
    Inspect,
}

impl View {
    /// The order of the tabs and of the bar of a small screen; a link names one by its place.
    pub const ALL: [View; 6] =
        [View::Manifest, View::Stage, View::Terminal, View::Dns, View::Events, View::Inspect];

    /// Its name in the style sheet.
    pub fn class(self) -> &'static str {
        match self {
            View::Manifest => "manifest",
            View::Stage => "stage",
            View::Terminal => "terminal",
            View::Dns => "dns",
            View::Events => "events",
            View::Inspect => "inspect",
        }
    }
}

/// What the side left of the stage shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LeftTab {
    /// Lessons, or the one that is open.
    Lesson,
    /// The manifest in its editor.
    Manifest,
    /// A real cluster's state.
    Cluster,
}

impl LeftTab {
    /// The order of the tabs.
    pub const ALL: [LeftTab; 3] = [LeftTab::Lesson, LeftTab::Manifest, LeftTab::Cluster];

    /// The tab's id in the document.
    pub fn id(self) -> &'static str {
        match self {
            LeftTab::Lesson => "tab-lesson",
            LeftTab::Manifest => "tab-manifest",
            LeftTab::Cluster => "tab-cluster",
        }
    }
}

/// What stands over the page, and keeps the focus until it is closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialog {
    /// How the cluster is set up.
    World,
    /// What can be saved as a file.
    Export,
    /// The code for other pages.
    Embed,
}

/// How an object is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InspectorTab {
    /// As `kubectl describe` prints it.
    Described,
    /// As `kubectl get -o yaml` prints it.
    Yaml,
    /// The YAML of two versions, one against the other.
    Changes,
}

/// What the DNS panel asks.
#[derive(Clone, PartialEq, Debug)]
pub struct DnsQuery {
    /// The name; empty: the Service of the set that is looked at.
    pub name: Str,
    /// The type of record.
    pub kind: Str,
    /// The namespace of the pod that asks.
    pub namespace: Str,
    /// The tool whose output is shown.
    pub tool: Option<&'static str>,
}

impl Default for DnsQuery {
    fn default() -> DnsQuery {
        DnsQuery { name: "".into(), kind: "A".into(), namespace: "default".into(), tool: None }
    }
}

impl DnsQuery {
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
