//! The chronicle of a history, so that it need not be read again for every picture: each pod's lives and the states it
//! went through, each volume's files, the user's commands, the terminal's text.

pub mod axis;
pub mod difference;
pub mod long_lines;
pub mod pod_state;

use kubesim::api::Body;
use kubesim::api::resolver::Asked;
use kubesim::api::stateful_set::REVISION_LABEL;
use kubesim::api::volume::Files;
use kubesim::kubectl::printers::pod_status;
use kubesim::{
    Cause, Change, Component, Entry, History, Key, Kind, Object, Opened, SYSTEM_NAMESPACE, SimTime, Str,
    Stream, Uid,
};
use long_lines::LineCutter;
use pod_state::{PodName, PodState};
use std::rc::Rc;

/// The failure as kubectl's STATUS prints it. A pull that has just failed and one that is to be tried again are the
/// same.
fn failure(pod: &Object) -> Str {
    let status = pod_status(pod.pod(), &pod.meta);
    status.replace("ErrImagePull", "ImagePullBackOff").into()
}

/// One pod's life, from its creation until it is gone. A replacement has the name, but another life.
#[derive(Clone, PartialEq, Debug)]
pub struct Life {
    /// The pod.
    pub uid: Uid,
    /// When it was made.
    pub born: SimTime,
    /// When it was gone.
    pub gone: Option<SimTime>,
    /// The last address that it had.
    pub ip: Option<Str>,
    /// The node that it was bound to.
    pub node: Option<Str>,
    /// The revision of the template that it was made from.
    pub revision: Option<Str>,
    /// Its states, each from its time on.
    pub states: Vec<Stretch>,
    /// Since when nobody knows what follows, as it ran what is not simulated.
    pub guessed: Option<SimTime>,
}

impl Life {
    /// From when to when the pod was in each of its states, the last one up to `end` if it is there still.
    pub fn stretches(&self, end: SimTime) -> impl Iterator<Item = (SimTime, SimTime, &Stretch)> {
        let to = move |n: usize| self.states.get(n + 1).map(|next| next.since).or(self.gone).unwrap_or(end);
        self.states.iter().enumerate().map(move |(n, stretch)| (stretch.since, to(n), stretch))
    }
}

/// A stretch of a pod's life in one state, up to the next one.
#[derive(Clone, PartialEq, Debug)]
pub struct Stretch {
    /// From when.
    pub since: SimTime,
    /// How the pod is drawn from then on.
    pub state: PodState,
    /// STATUS as kubectl prints it, if that says more: what has failed.
    pub status: Option<Str>,
}

/// A command of the user.
#[derive(Clone, PartialEq, Debug)]
pub struct UserCommand {
    /// When it was given.
    pub at: SimTime,
    /// The command.
    pub text: Str,
}

impl UserCommand {
    /// The command in as few words as tell it.
    pub fn short(&self) -> &str {
        let text = self.text.strip_prefix("kubectl ").unwrap_or(&self.text);
        text.split(" -f -").next().unwrap_or_default()
    }
}

/// A decision of a controller.
#[derive(Clone, PartialEq, Debug)]
pub struct Decision {
    /// When.
    pub at: SimTime,
    /// The pod that was made or told to go.
    pub pod: PodName,
    /// Whether it was made.
    pub made: bool,
}

/// Text in the terminal.
#[derive(Clone, PartialEq, Debug)]
pub struct Printed {
    /// The position in the history: the number of writes before it.
    pub position: usize,
    /// What kind of text.
    pub stream: Stream,
    /// What was written, as far as it is shown.
    pub text: Str,
    /// How many bytes of its last line are hidden after it, because the line is too long.
    pub hidden: usize,
}

/// What is remembered of a history; [`Chronicle::read`] takes in what was written since.
#[derive(Default)]
pub struct Chronicle {
    read: usize,
    /// The number of changes of pods' states: bars are drawn again only after another one.
    pub changes: usize,
    /// The lives under each pod's name, oldest first. Names are in order: pods of a set by their ordinals.
    pub pods: Vec<(PodName, Vec<Life>)>,
    /// The versions of the files on each volume, by the volumes' names.
    pub files: Vec<(Str, Vec<(SimTime, Files)>)>,
    /// The answers to the question that is watched, each from its time on; `None`: nothing is watched any more.
    pub answers: Vec<(SimTime, Option<Rc<Asked>>)>,
    /// How many pods were in each state, from a time on.
    pub bands: Vec<Band>,
    /// The user's commands.
    pub commands: Vec<UserCommand>,
    /// What controllers decided.
    pub decisions: Vec<Decision>,
    /// The terminal's text, in chunks of about [`CHUNK_LINES`] lines, so that what is far up is drawn once.
    chunks: Vec<OutputChunk>,
    /// The chunks that began with an empty screen.
    cleared: Vec<usize>,
    /// Whether the next chunk does.
    clears: bool,
    /// What is shown of long lines.
    cutter: LineCutter,
    /// The state that the story began from, if it was a real cluster's, and from when on all is simulated.
    pub opened: Option<(Rc<Opened>, SimTime)>,
    /// The objects that have been, by their names.
    pub names: Vec<(Str, Vec<Key>)>,
}

/// A stretch of the terminal's text, shared between pictures.
pub type OutputChunk = Rc<Vec<Printed>>;
/// The lines of a chunk, about.
const CHUNK_LINES: usize = 100;
/// The most chunks on the screen.
const SCREEN_CHUNKS: usize = 250;
/// The terminal's control sequence that clears the screen (ED 2).
const CLEAR: &str = "\x1b[2J";

/// Whether this write is a change of an object that Kubernetes has, too, or a command.
pub fn is_event(entry: &Entry) -> bool {
    match &entry.change {
        Change::Object { key, .. } => key.kind.is_served() && !matches!(key.kind, Kind::Event | Kind::Lease),
        Change::Input { .. } => true,
        Change::Verdict { .. } | Change::Output { .. } => false,
    }
}

/// Whether a controller that makes pods decided something here, or began to wait for something else.
pub fn is_decision(entry: &Entry) -> bool {
    match &entry.change {
        Change::Verdict { key: (component, key), before, after: Some(after) } => {
            let is_own = &*key.namespace == SYSTEM_NAMESPACE;
            makes_pods(*component)
                && !is_own
                && before.as_ref().is_none_or(|before| before.reason != after.reason)
        }
        _ => moves_a_pod(entry).is_some(),
    }
}

fn makes_pods(component: Component) -> bool {
    use Component::{DeploymentController, ReplicaSetController, StatefulSetController};
    matches!(component, StatefulSetController | DeploymentController | ReplicaSetController)
}

/// Whether a controller made a pod here (true), or told one to go (false).
fn moves_a_pod(entry: &Entry) -> Option<bool> {
    let Cause::Component(component) = entry.cause else { return None };
    let Change::Object { key, before, after } = &entry.change else { return None };
    let evicts = component == Component::TaintEvictionController;
    if key.kind != Kind::Pod || !(makes_pods(component) || evicts) {
        return None;
    }
    let is_going = |o: &Option<Rc<Object>>| o.as_ref().is_none_or(|o| o.meta.is_terminating());
    match before {
        None => Some(true),
        Some(_) => (is_going(after) && !is_going(before)).then_some(false),
    }
}

/// Whether containers have run what is not simulated, as this record of theirs says.
fn ran_unknown(record: Option<&Object>) -> bool {
    let Some(Body::ContainerFiles(record)) = record.map(|object| &object.body) else { return false };
    record.containers.values().any(|output| !output.not_simulated.is_empty())
}

impl Chronicle {
    /// Reads what was written since the last time.
    pub fn read(&mut self, history: &History) {
        let news = history.since(self.read);
        let first = history.len() - news.len();
        for (n, entry) in news.iter().enumerate() {
            let (position, at) = (first + n, entry.at);
            if let (Some(made), Change::Object { key, .. }) = (moves_a_pod(entry), &entry.change) {
                let pod = PodName::new(&key.namespace, &key.name);
                self.decisions.push(Decision { at, pod, made });
            }
            match &entry.change {
                Change::Object { key, before, after } => {
                    if before.is_none() && is_named(key.kind) {
                        let keys = at_name(&mut self.names, key.name.clone());
                        if !keys.contains(key) {
                            keys.push(key.clone());
                        }
                    }
                    self.object(at, key, before.as_deref(), after.as_deref());
                }
                Change::Verdict { .. } => {}
                Change::Input { text, .. } => self.commands.push(UserCommand { at, text: text.clone() }),
                Change::Output { stream, text } => self.print(position, *stream, text),
            }
        }
        self.read = history.len();
    }

    fn object(&mut self, at: SimTime, key: &Key, before: Option<&Object>, after: Option<&Object>) {
        match key.kind {
            Kind::Pod => self.pod(at, key, before, after),
            Kind::VolumeFiles => {
                let files = match after.map(|o| &o.body) {
                    Some(Body::VolumeFiles(volume)) => volume.files.clone(),
                    _ => Files::default(),
                };
                at_name(&mut self.files, key.name.clone()).push((at, files));
            }
            Kind::ContainerFiles if ran_unknown(after) && !ran_unknown(before) => self.guess(at, &key.name),
            Kind::Resolver => {
                let watched = after.and_then(|o| o.resolver().watched.clone());
                if self.answers.last().map_or(&None, |(_, last)| last) != &watched {
                    self.answers.push((at, watched));
                }
            }
            _ => {}
        }
    }

    /// Takes note of a pod that has run what is not simulated: the one of this uid.
    fn guess(&mut self, at: SimTime, uid: &str) {
        let lives = self.pods.iter_mut().filter_map(|(_, lives)| lives.last_mut());
        for life in lives.filter(|life| life.guessed.is_none()) {
            if life.uid.to_string() == uid {
                life.guessed = Some(at);
                self.changes += 1;
                return;
            }
        }
    }

    /// Adds text to the terminal: what is shown of its lines.
    fn print(&mut self, position: usize, stream: Stream, text: &Str) {
        let mut cutter = std::mem::take(&mut self.cutter);
        let mut shown: &str = text;
        if let Some((_, after)) = text.rsplit_once(CLEAR) {
            self.clears = true;
            shown = after.trim_start_matches("\x1b[3J");
            cutter = LineCutter::default();
        }
        cutter.cut(shown, &mut |part, hidden| {
            // A text that is shown as it is keeps its allocation.
            let text = if part.len() == text.len() { text.clone() } else { part.into() };
            self.print_part(Printed { position, stream, text, hidden });
        });
        self.cutter = cutter;
    }

    /// Adds text to the terminal: long text in pieces, so that no chunk becomes long.
    fn print_part(&mut self, part: Printed) {
        if part.text.len() < CHUNK_LINES && !self.clears {
            return self.add(part, 1);
        }
        let Printed { position, stream, text, hidden } = part;
        let mut rest: &str = &text;
        while !rest.is_empty() {
            let mut lines = 0;
            let ends = rest.bytes().position(|b| {
                lines += usize::from(b == b'\n');
                lines == CHUNK_LINES
            });
            let (piece, after) = rest.split_at(ends.map_or(rest.len(), |end| end + 1));
            rest = after;
            let hidden = if rest.is_empty() { hidden } else { 0 };
            self.add(Printed { position, stream, text: piece.into(), hidden }, lines);
        }
    }

    fn add(&mut self, piece: Printed, lines: usize) {
        // A chunk ends where a line does.
        let is_whole = |chunk: &OutputChunk| chunk.last().is_none_or(|p| p.text.ends_with('\n'));
        let is_long =
            |chunk: &OutputChunk| (lines == CHUNK_LINES || chunk.len() >= CHUNK_LINES) && is_whole(chunk);
        let is_full = self.chunks.last().is_none_or(is_long);
        if std::mem::take(&mut self.clears) {
            self.cleared.push(self.chunks.len());
            self.chunks.push(Rc::default());
        } else if is_full {
            self.chunks.push(Rc::default());
        }
        let chunk = self.chunks.last_mut().expect("a chunk was added if there was none");
        Rc::make_mut(chunk).push(piece);
    }

    fn pod(&mut self, at: SimTime, key: &Key, before: Option<&Object>, after: Option<&Object>) {
        count_band(&mut self.bands, at, before.map(PodState::of), after.map(PodState::of));
        let lives = at_name(&mut self.pods, PodName::new(&key.namespace, &key.name));
        let Some(pod) = after else {
            if let Some(life) = lives.last_mut() {
                life.gone = Some(at);
            }
            self.changes += 1;
            return;
        };
        if before.is_none() || lives.last().is_none_or(|life| life.uid != pod.meta.uid) {
            lives.push(Life {
                uid: pod.meta.uid,
                born: at,
                gone: None,
                ip: None,
                node: None,
                revision: pod.meta.label(REVISION_LABEL).map(Str::from),
                states: Vec::new(),
                guessed: None,
            });
        }
        let life = lives.last_mut().expect("it has a life now");
        let (spec, status) = (&pod.pod().spec, &pod.pod().status);
        life.ip = status.pod_ip.clone().or(life.ip.take());
        life.node = spec.node_name.clone();
        let state = PodState::of(pod);
        let status = (state == PodState::Failing).then(|| failure(pod));
        match life.states.last_mut() {
            Some(last) if last.state == state && last.status == status => return,
            Some(last) if last.since == at => (last.state, last.status) = (state, status),
            _ => life.states.push(Stretch { since: at, state, status }),
        }
        self.changes += 1;
    }

    /// The lives under this name, oldest first.
    pub fn lives(&self, name: &PodName) -> &[Life] {
        self.pods.binary_search_by(|(n, _)| n.cmp(name)).map_or(&[], |place| &self.pods[place].1)
    }

    /// The life before this one under the same name.
    pub fn life_before(&self, pod: &Object) -> Option<&Life> {
        let lives = self.lives(&PodName::new(&pod.meta.namespace, &pod.meta.name));
        let this = lives.iter().position(|life| life.uid == pod.meta.uid)?;
        lives[..this].last()
    }

    /// Whether an object was made up, because a real cluster's state names it and does not have it.
    pub fn is_made_up(&self, key: &Key) -> bool {
        self.opened.as_ref().is_some_and(|(opened, _)| opened.made_up(key).is_some())
    }

    /// Whether an object is of a real cluster: what was in it before nobody knows.
    pub fn is_from_before(&self, object: &Object) -> bool {
        self.opened.as_ref().is_some_and(|(_, until)| object.meta.creation_timestamp <= *until)
    }

    /// The files that were on a volume at this moment, and when they were last written.
    pub fn files_at(&self, volume: &str, at: SimTime) -> Option<&(SimTime, Files)> {
        let place = self.files.binary_search_by(|(name, _)| (**name).cmp(volume)).ok()?;
        let versions = &self.files[place].1;
        versions[..versions.partition_point(|(since, _)| *since <= at)].last()
    }

    /// The terminal's text after so many writes: since the screen was last cleared, and no more than what fits into
    /// [`SCREEN_CHUNKS`] chunks.
    pub fn screen_at(&self, position: usize) -> Vec<OutputChunk> {
        let begun = self.chunks.partition_point(|chunk| chunk.first().is_some_and(|p| p.position < position));
        let mut screen: Vec<OutputChunk> = Vec::new();
        let cleared = self.cleared.partition_point(|chunk| *chunk < begun);
        let cleared = cleared.checked_sub(1).map_or(0, |n| self.cleared[n]);
        for chunk in &self.chunks[cleared.max(begun.saturating_sub(SCREEN_CHUNKS))..begun] {
            let count = chunk.partition_point(|p| p.position < position);
            screen.push(if count == chunk.len() { chunk.clone() } else { Rc::new(chunk[..count].to_vec()) });
        }
        screen
    }

    /// The object of this name that somebody who clicks on the name probably means.
    pub fn object_named(&self, name: &str, kind: Option<Kind>) -> Option<&Key> {
        let place = self.names.binary_search_by(|(n, _)| (**n).cmp(name)).ok()?;
        let keys = &self.names[place].1;
        let is_it = |key: &&Key| kind.is_none_or(|kind| key.kind == kind);
        keys.iter().filter(is_it).min_by_key(|key| (key.kind != Kind::StatefulSet, key.kind))
    }
}

/// Whether objects of this kind are found by their names in what kubectl prints.
fn is_named(kind: Kind) -> bool {
    kind.is_served() && !matches!(kind, Kind::Event | Kind::Namespace | Kind::ServiceAccount | Kind::Lease)
}

/// The list under a name in a list of lists in the order of names. (The page has too few of them to be worth a tree's
/// code.)
fn at_name<N: Ord, T>(lists: &mut Vec<(N, Vec<T>)>, name: N) -> &mut Vec<T> {
    let place = lists.binary_search_by(|(n, _)| n.cmp(&name)).unwrap_or_else(|place| {
        lists.insert(place, (name, Vec::new()));
        place
    });
    &mut lists[place].1
}

/// The number of pods in each state, in the order of [`PodState::ALL`], from a time on.
pub type Band = (SimTime, [u32; 6]);

/// Counts a pod that went from one state to another, or came or went.
pub fn count_band(bands: &mut Vec<Band>, at: SimTime, from: Option<PodState>, to: Option<PodState>) {
    if from == to {
        return;
    }
    let mut counts = bands.last().map_or([0; 6], |(_, counts)| *counts);
    if let Some(from) = from {
        counts[from as usize] -= 1;
    }
    if let Some(to) = to {
        counts[to as usize] += 1;
    }
    match bands.last_mut() {
        Some((last, now)) if *last == at => *now = counts,
        _ => bands.push((at, counts)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_count_what_is_when() {
        let mut bands = Vec::new();
        count_band(&mut bands, SimTime(5), None, Some(PodState::Pending));
        count_band(&mut bands, SimTime(5), None, Some(PodState::Pending));
        count_band(&mut bands, SimTime(9), Some(PodState::Pending), Some(PodState::Ready));
        count_band(&mut bands, SimTime(9), Some(PodState::Pending), Some(PodState::Pending));
        count_band(&mut bands, SimTime(12), Some(PodState::Ready), None);
        let told: Vec<_> = bands.iter().map(|(at, counts)| (at.0, counts[0], counts[3])).collect();
        assert_eq!(told, [(5, 2, 0), (9, 1, 1), (12, 1, 0)]);
    }
}
