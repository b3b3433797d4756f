//! A state that was opened, and what there is to say about it.

use super::recording::Seen;
use crate::api::{Key, Kind, Object, SimTime};
use crate::config::{Options, Timings};
use std::rc::Rc;

/// A cluster's state, ready to begin a story from.
#[derive(Clone, PartialEq, Debug)]
pub struct Opened {
    /// When it was taken, in seconds of Unix time: the newest time in it, or when a recording began. It is the story's zero.
    pub taken_unix_seconds: i64,
    /// What was seen after that, in order of time, if it is a recording: then zero is its beginning.
    pub seen: Vec<Seen>,
    /// Whether the times of a recording follow from its objects, because its lines have none.
    pub has_no_times: bool,
    /// Its objects, those that were made up included.
    pub objects: Vec<Rc<Object>>,
    /// Which of them were made up, and why.
    pub made_up: Vec<(Key, MadeUp)>,
    /// What was left out, each with how often.
    pub left_out: Vec<LeftOut>,
    /// The kinds of which nothing was there though sets have to do with them.
    pub missing: Vec<Kind>,
    /// How long things take from then on: as long as they took, where the timestamps say so.
    pub timings: Timings,
    /// Of how many pods that was measured.
    pub measured: usize,
    /// The images that are on each node: `(node, image)`.
    pub(super) images: Vec<(String, String)>,
}

/// Why an object was made up.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum MadeUp {
    /// A pod names this node.
    NodeOfPod,
    /// A claim names this volume.
    VolumeOfClaim,
    /// A claim names this class.
    ClassOfClaim,
    /// A pod names this claim.
    ClaimOfPod,
    /// A set names this Service.
    ServiceOfSet,
    /// No slice is there, and the controller would have made this one of a Service.
    SliceOfService,
    /// A set's status counts this pod.
    PodOfSet,
    /// A pod names this Secret or ConfigMap; there is nothing in it.
    NamedByPod,
    /// Objects are in this namespace, or pods run on this account of it.
    Namespace,
}

/// Something that was left out, and how often.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeftOut {
    /// The kind of thing that was left out.
    pub what: What,
    /// How often.
    pub count: usize,
}

/// What was left out.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum What {
    /// What Secrets hold.
    SecretData,
    /// What ConfigMaps hold.
    ConfigMapData,
    /// Values of environment variables; their names stay.
    EnvironmentValues,
    /// `kubectl.kubernetes.io/last-applied-configuration`
    LastApplied,
    /// Annotations but those that Kubernetes itself acts on.
    Annotations,
    /// `metadata.managedFields`
    ManagedFields,
    /// Fields that the simulation does not heed.
    Fields,
    /// Objects of a kind that has nothing to do with sets here.
    Kind(String),
    /// Objects of a kind or version that Kubernetes 1.36 does not serve: `apiVersion kind`.
    UnknownKind(String),
    /// An object that can't be read: which, and why.
    Object {
        /// `kind/name`
        name: String,
        /// For people.
        why: String,
    },
    /// An owner that is not in the state: pods of other controllers. `kind/name`
    Owner(String),
    /// The same object again, older.
    Older(String),
}

/// Where something stands.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TextLine {
    /// The file's name.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
}

/// Why texts can't be opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unreadable {
    /// Nothing is in it.
    Empty {
        /// The file.
        file: String,
    },
    /// It is no text.
    Binary {
        /// The file.
        file: String,
    },
    /// It is a table, as kubectl prints it for people.
    Table {
        /// The file.
        file: String,
    },
    /// It is what `kubectl describe` prints.
    Described {
        /// The file.
        file: String,
    },
    /// It is what kubectl says when it can't.
    KubectlError {
        /// The file.
        file: String,
        /// Its first line.
        said: String,
    },
    /// It is what `kubectl cluster-info dump` prints, which holds no StatefulSets and claims.
    Dump {
        /// The file.
        file: String,
    },
    /// It is a template.
    Template {
        /// The file.
        file: String,
    },
    /// It is a kustomization, of which kubectl makes a manifest.
    Kustomization,
    /// It is encrypted.
    Encrypted {
        /// The file.
        file: String,
    },
    /// Its names were taken out.
    Redacted {
        /// The file.
        file: String,
    },
    /// It ends in the middle: at which line, behind which object.
    CutOff {
        /// The file.
        file: String,
        /// The last line that is there, or the one that is wrong, from 1.
        line: usize,
        /// The last whole object: `kind/name`.
        last: String,
    },
    /// It is no YAML or JSON.
    Syntax {
        /// The file.
        file: String,
        /// The last line that is there, or the one that is wrong, from 1.
        line: usize,
        /// Why, in the parser's words.
        message: String,
    },
    /// Too much: how much, and the kinds that take most, each with its bytes.
    TooLarge {
        /// How much, in bytes.
        bytes: usize,
        /// The kinds that take most, each with its bytes.
        largest: Vec<(String, usize)>,
    },
    /// A document is longer than any object that a cluster has.
    TooLong {
        /// The file.
        file: String,
        /// The line where it begins, from 1.
        line: usize,
        /// How long it is, in bytes.
        bytes: usize,
    },
    /// So many objects are too many.
    TooMany {
        /// How many objects.
        objects: usize,
    },
    /// Nothing in it was read from a cluster: it is a manifest.
    Manifest {
        /// How many objects.
        objects: usize,
    },
    /// The same thing is there twice, and is not the same: states of two clusters, or of one before and after it was made anew.
    TwoClusters {
        /// `kind/name`
        object: String,
    },
    /// A set is in it and had to be left out, and no other is: of its pods nothing true could be said.
    SetLeftOut {
        /// `kind/name`
        object: String,
        /// What was left out.
        what: What,
    },
    /// Nothing in it concerns a set: what was there, each kind with how many.
    NothingOfUse {
        /// Each kind with how many.
        kinds: Vec<(String, usize)>,
    },
}

impl Opened {
    /// The world of a story that begins from it: nothing is there but what every cluster has.
    pub fn world() -> Options {
        Options { nodes: Vec::new(), classes: Vec::new(), dns_service: false, ..Options::default() }
    }

    /// The last moment that was seen; zero for a single state.
    pub fn seen_until(&self) -> SimTime {
        self.seen.last().map_or(SimTime(0), |seen| seen.at)
    }

    /// Why this object was made up, if it was.
    pub fn made_up(&self, key: &Key) -> Option<MadeUp> {
        self.made_up.iter().find(|(made_up, _)| made_up == key).map(|(_, why)| *why)
    }
}
