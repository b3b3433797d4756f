//! What is shown, as values: compared, so that only what has changed is drawn again.

use super::pod_grid::PodGrid;
use crate::explain::Explanation;
use crate::history::pod_state::PodState;
use kubesim::{Key, Str};
use messages::Messages;
use std::rc::Rc;

/// A moment, exact enough for smooth movement: milliseconds since the cluster's zero.
pub type Playhead = f64;
/// The number of lanes from which on they are drawn without details.
pub const COMPACT: usize = 9;

/// Everything on the stage.
#[derive(Clone, PartialEq, Debug)]
pub struct Scene {
    /// The set that is looked at.
    pub set: Option<SetView>,
    /// All sets there are, to choose another.
    pub sets: Vec<Key>,
    /// Why it is as it is.
    pub why: Explanation,
    /// The Service that names the pods.
    pub service: Option<ServiceView>,
    /// One for each ordinal; beside a grid, only the one that is looked at closely.
    pub lanes: Vec<Rc<Lane>>,
    /// Whether there are too many lanes to show details, be they drawn already or not.
    pub many: bool,
    /// All ordinals, if they are too many for lanes.
    pub grid: Option<Rc<PodGrid>>,
    /// Pods of nobody or of somebody else.
    pub others: Rc<Vec<OtherPod>>,
}

/// The set's head: its name, its counts and what it waits for.
#[derive(Clone, PartialEq, Debug)]
pub struct SetView {
    /// The set.
    pub key: Key,
    /// Facts about it, in few words.
    pub chips: Vec<String>,
}

/// The Service that names the pods.
#[derive(Clone, PartialEq, Debug)]
pub struct ServiceView {
    /// Its name.
    pub name: Str,
    /// Its address; absent if the Service does not exist.
    pub cluster_ip: Option<Str>,
    /// What DNS answers to its name.
    pub answer: String,
    /// Whether it was made up.
    pub is_made_up: bool,
}

/// One ordinal of a set, which stays when its pod goes.
#[derive(Clone, PartialEq, Debug)]
pub struct Lane {
    /// The ordinal that the lane stands for, whatever pod is there.
    pub ordinal: i32,
    /// The name of its pod.
    pub name: Str,
    /// The pod, or what is there in its place.
    pub pod: PodSlot,
    /// The name that DNS has for the pod's address, as short as it can be asked for in the set's namespace.
    pub dns_name: Option<Str>,
    /// The ordinal's claims, in the order of the templates: they stay when the pod goes.
    pub claims: Vec<ClaimView>,
}

/// The pod, or what is there in its place.
#[derive(Clone, PartialEq, Debug)]
pub enum PodSlot {
    /// No pod.
    Ghost {
        /// What it waits for.
        note: String,
        /// Whether it is the next one to be made.
        next: bool,
    },
    /// There is one, whether it runs or not.
    Pod(Box<PodView>),
}

/// A pod as its card shows it.
#[derive(Clone, PartialEq, Debug)]
pub struct PodView {
    /// The start of the object's uid: tells a replacement from its predecessor.
    pub uid: String,
    /// Whether there was a predecessor.
    pub uid_mark: Sameness,
    /// Its state.
    pub state: PodState,
    /// STATUS as kubectl prints it.
    pub status: String,
    /// READY as kubectl prints it, and the progress to available.
    pub ready: String,
    /// Its address.
    pub ip: Option<Str>,
    /// Whether the address is the predecessor's.
    pub ip_mark: Sameness,
    /// AGE as kubectl prints it; empty where there is no room for it.
    pub age: String,
    /// Its node, and the node's number for its colour.
    pub node: Option<(Str, usize)>,
    /// Whether the node is the predecessor's.
    pub node_mark: Sameness,
    /// What it has of its predecessor and what not, if it had one.
    pub replaced: Option<Replaced>,
    /// How often its containers were started again.
    pub restarts: i64,
    /// What of its commands is not simulated, in sentences; not on cards without details.
    pub not_simulated: Option<String>,
    /// How far it is: placed and with its volumes; init containers done (if it has any); containers started; Ready.
    pub progress: Vec<f32>,
    /// How far it is as a whole; once it is Ready: how far it is to being available.
    pub ring: f32,
}

/// What a replacement has of its predecessor, and what is new, beside the name and the ordinal, which always stay, and
/// the uid, which never does.
#[derive(Clone, PartialEq, Debug)]
pub struct Replaced {
    /// Whether its claims, and with them its volumes, were there before; absent if it has none.
    pub claims: Option<bool>,
    /// Whether its address is the same; absent while it has none.
    pub ip: Option<bool>,
    /// Whether its node is the same; absent while it has none.
    pub node: Option<bool>,
    /// Whether its template is the same.
    pub revision: bool,
}

impl Replaced {
    /// The names of what is the same as before, or of what is new.
    pub fn names(&self, words: &Messages, same: bool) -> String {
        let parts = [
            (Some(true), words.stayed()),
            (self.claims, words.stayed_claims()),
            (Some(false), "uid"),
            (self.ip, "IP"),
            (self.node, words.node()),
            (Some(self.revision), words.revision()),
        ];
        let names: Vec<&str> =
            parts.iter().filter(|(is, _)| *is == Some(same)).map(|(_, name)| *name).collect();
        names.join(", ")
    }
}

/// What a replacement has of its predecessor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sameness {
    /// There was no predecessor.
    None,
    /// The same.
    Same,
    /// Another.
    New,
    /// Made up: a real cluster's state does not have it.
    MadeUp,
}

/// A claim and its volume.
#[derive(Clone, PartialEq, Debug)]
pub struct ClaimView {
    /// Its name.
    pub name: Str,
    /// What it is; absent if it is not there yet.
    pub claim: Option<ClaimFacts>,
    /// The volume that the claim is bound to.
    pub volume: Option<VolumeView>,
    /// How far the cable between pod and claim is plugged in: 0 to 1.
    pub cable: f32,
}

/// What a claim is.
#[derive(Clone, PartialEq, Debug)]
pub struct ClaimFacts {
    /// STATUS as kubectl prints it.
    pub status: &'static str,
    /// Whether a predecessor of the pod had it already.
    pub same: bool,
    /// Whether it stayed when its ordinal was scaled away.
    pub kept: bool,
    /// Size, access modes and class.
    pub about: String,
}

/// A PersistentVolume as it is drawn below its claim.
#[derive(Clone, PartialEq, Debug)]
pub struct VolumeView {
    /// The start of its name.
    pub name: String,
    /// The number of its node, for its colour, and the node.
    pub node: Option<(Str, usize)>,
    /// What the simulated programs have written to it.
    pub files: Vec<FileView>,
    /// Whether nobody knows what else is on it: it is a real cluster's.
    pub is_unknown: bool,
    /// Whether it was made up.
    pub is_made_up: bool,
}

impl VolumeView {
    /// What there is to say in place of files.
    pub fn about(&self, messages: &'static Messages) -> Option<&'static str> {
        if self.is_made_up {
            return Some(messages.cluster().is_made_up());
        }
        let nothing = if self.is_unknown { messages.cluster().unknown_files() } else { messages.no_files() };
        self.files.is_empty().then_some(nothing)
    }
}

/// A file on a volume.
#[derive(Clone, PartialEq, Debug)]
pub struct FileView {
    /// Its path inside the volume, without the first slash.
    pub path: Str,
    /// How many lines are before the ones that are shown.
    pub before: usize,
    /// Its last lines.
    pub lines: Vec<LineView>,
}

/// A line of a file.
#[derive(Clone, PartialEq, Debug)]
pub struct LineView {
    /// The line.
    pub text: String,
    /// Whether the pod that is there now wrote it under a predecessor's lines.
    pub fresh: bool,
}

/// The cluster by its nodes.
#[derive(Clone, PartialEq, Debug)]
pub struct NodesView {
    /// Those that take pods first, then those of the control plane.
    pub nodes: Vec<NodeView>,
    /// Pods that no node has.
    pub unplaced: Vec<NodePod>,
    /// How many more of them there are.
    pub more_unplaced: usize,
    /// Volumes that lie on nodes that are gone.
    pub lost: Vec<NodeVolume>,
    /// How many more of them there are.
    pub more_lost: usize,
}

/// A node with what is on it.
#[derive(Clone, PartialEq, Debug)]
pub struct NodeView {
    /// Its name.
    pub name: Str,
    /// Its number for its colour; none of a node of the control plane.
    pub number: Option<usize>,
    /// STATUS as kubectl prints it.
    pub status: String,
    /// How it is.
    pub state: NodeState,
    /// How much of what the control plane waits for about it has gone by, up to 1.
    pub wait: f32,
    /// How much of it is taken, in words.
    pub load: String,
    /// Its pods in the order of their names, as many as are shown one by one.
    pub pods: Vec<NodePod>,
    /// All of its pods in each state, in the order of [`PodState::ALL`].
    pub counts: [usize; 6],
    /// How many of its pods are not shown one by one.
    pub more_pods: usize,
    /// Volumes that lie on it, of which no pod on it makes use.
    pub volumes: Vec<NodeVolume>,
    /// How many of them are not shown one by one.
    pub more_volumes: usize,
}

/// How a node is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NodeState {
    /// It renews its lease and takes pods.
    Well,
    /// It takes no new pods.
    Cordoned,
    /// Its lease is not renewed, but the control plane still takes it for Ready.
    Silent,
    /// The control plane has given it up.
    Unreachable,
}

/// A pod on a node.
#[derive(Clone, PartialEq, Debug)]
pub struct NodePod {
    /// The pod.
    pub key: Key,
    /// Its ordinal, if it is of the set that is looked at.
    pub ordinal: Option<i32>,
    /// Its state.
    pub state: PodState,
    /// STATUS as kubectl prints it.
    pub status: String,
    /// The volumes of its claims.
    pub volumes: Vec<NodeVolume>,
}

/// A volume on a node, in the view by nodes.
#[derive(Clone, PartialEq, Debug)]
pub struct NodeVolume {
    /// The volume.
    pub key: Key,
    /// The claim that it is for.
    pub claim: Option<Key>,
    /// STATUS as kubectl prints it.
    pub status: &'static str,
}

/// A pod that is no pod of the set.
#[derive(Clone, PartialEq, Debug)]
pub struct OtherPod {
    /// Its namespace.
    pub namespace: Str,
    /// Its name.
    pub name: Str,
    /// Its state.
    pub state: PodState,
    /// STATUS as kubectl prints it.
    pub status: String,
    /// Its node.
    pub node: Option<Str>,
}
