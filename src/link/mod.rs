//! A link: the manifest, what the user did, the moment and what was looked at, as the fragment of an address. No server
//! ever sees it. What survives a reload is kept in the same form.
//!
//! The log of inputs is the whole of a story ([`kubesim::story`]), so a link is short and opening it is a replay. Branches have
//! most of their inputs in common: of each, only what is its own is written.

pub mod address;
mod fields;
pub mod pack;
mod script;

use self::fields::{
    LONGEST_STORY, last_time, read_inputs, read_key, read_place, read_span, read_subject, read_text,
    write_inputs, write_key, write_subject, write_text,
};
use self::pack::{Damaged, pack, read_bytes, read_number, unpack, write_number};
use crate::page::panel::{InspectorTab, View};
use crate::session::branch::MOST_BRANCHES;
use crate::session::presets::PRESETS;
use kubesim::{Input, Key, Kind, SimTime, Str, TimedInput};
use scene::examples::EXAMPLES;
use scene::explain::Subject;

/// No more inputs of a link are played, of all its branches together: each costs memory.
pub const MOST_INPUTS: usize = 20_000;

/// What the link of a single story begins with.
const VERSION: char = '1';
/// What the link of a story with branches begins with: they stand behind what a single story's link has.
const WITH_BRANCHES: char = '2';
/// What a link begins with that says more of what is seen: that stands behind the branches.
const WITH_SIGHT: char = '3';
/// What the link of a story begins with whose cluster is not the usual one: its inputs say so.
const WITH_WORLD: char = '4';
/// What links have in common beside the first example, so that it costs them nothing. Links of this version can't be read
/// with another text.
const COMMON: &str = "\nkubectl exec -ti -- sh\nkubectl logs \nkubectl describe pod \nkubectl get pods -o wide\nkubectl get pvc\n\
    kubectl scale sts --replicas=\nkubectl rollout status \nnslookup -type=srv .default.svc.cluster.local\n\
    kubectl run -ti --rm --image=nicolaka/netshoot testpod1 -- zsh\nkubectl delete pod ";

/// The order of the tabs in a link.
const TABS: [InspectorTab; 3] = [InspectorTab::Described, InspectorTab::Yaml, InspectorTab::Changes];

/// A story as a link tells it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct SavedBranch {
    /// Its name, if it has one.
    pub name: Str,
    /// The place of the branch from which it began, and when.
    pub from: Option<(usize, SimTime)>,
    /// What the user did, in order.
    pub inputs: Vec<TimedInput>,
    /// How far the story has gone.
    pub until: SimTime,
}

/// What a link holds.
#[derive(Clone, PartialEq, Debug)]
pub struct Link {
    /// The text in the editor.
    pub text: Str,
    /// The branches in the order in which they began, at least one.
    pub branches: Vec<SavedBranch>,
    /// The place of the one that is shown.
    pub shown: usize,
    /// The place of the one that it is compared with.
    pub beside: Option<usize>,
    /// Whether commands go to both.
    pub mirrored: bool,
    /// The place of the built-in comparison that they are.
    pub preset: Option<usize>,
    /// The moment that is shown.
    pub playhead: SimTime,
    /// Whether time passes from that moment on.
    pub playing: bool,
    /// How fast it passes, in halves.
    pub speed: u8,
    /// The set that was chosen.
    pub set: Option<Key>,
    /// What a small screen shows.
    pub view: View,
    /// What is beside the stage.
    pub panel: View,
    /// The object that is inspected.
    pub object: Option<Key>,
    /// How it is shown.
    pub tab: InspectorTab,
    /// The name and the type that DNS is asked for.
    pub question: (Str, Str),
    /// Of many lanes, the one that is shown whole.
    pub selected: Option<i32>,
    /// The part that the question is about, if not about the whole set.
    pub subject: Option<Subject>,
    /// Whether the rule is shown.
    pub rule: bool,
    /// Whether pods stand by their nodes.
    pub by_node: bool,
    /// Whether it holds more inputs than a page plays; those are left out.
    pub is_cut: bool,
}

/// Why a link can't be opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Problem {
    /// It is not what was copied.
    Damaged,
    /// It is of a version that is not known here.
    Newer,
}

impl From<Damaged> for Problem {
    fn from(_: Damaged) -> Problem {
        Problem::Damaged
    }
}

impl Default for Link {
    /// The first example, just applied.
    fn default() -> Link {
        let text: Str = EXAMPLES[0].text.into();
        let inputs = vec![TimedInput { at: SimTime(0), input: Input::Apply(text.clone()) }];
        Link {
            text,
            branches: vec![SavedBranch { inputs, ..SavedBranch::default() }],
            shown: 0,
            beside: None,
            mirrored: false,
            preset: None,
            playhead: SimTime(0),
            playing: true,
            speed: 2,
            set: None,
            view: View::Stage,
            panel: View::Terminal,
            object: None,
            tab: InspectorTab::Described,
            question: ("".into(), "A".into()),
            selected: None,
            subject: None,
            rule: false,
            by_node: false,
            is_cut: false,
        }
    }
}

impl Link {
    /// The story that is shown.
    pub fn story(&self) -> &SavedBranch {
        &self.branches[self.shown]
    }

    /// The story that is shown.
    pub fn story_mut(&mut self) -> &mut SavedBranch {
        &mut self.branches[self.shown]
    }

    /// Whether there is nothing to say but one story.
    fn is_single(&self) -> bool {
        matches!(&self.branches[..], [SavedBranch { name, from: None, .. }] if name.is_empty())
    }

    /// The link as the fragment of an address, without the `#`.
    pub fn to_fragment(&self) -> String {
        let mut bytes = Vec::new();
        let (view, panel) = (self.view as u8, self.panel as u8);
        bytes.extend([view, panel, self.tab as u8, u8::from(self.playing), self.speed]);
        write_number(&mut bytes, self.playhead.0.max(0) as u64);
        let story = self.story();
        write_number(&mut bytes, (story.until - self.playhead).0.max(0) as u64);
        write_number(&mut bytes, self.selected.map_or(0, |ordinal| u64::from(ordinal.unsigned_abs()) + 1));
        write_key(&mut bytes, self.set.as_ref());
        write_key(&mut bytes, self.object.as_ref());
        write_text(&mut bytes, &self.question.0);
        write_text(&mut bytes, &self.question.1);
        write_text(&mut bytes, &self.text);
        write_inputs(&mut bytes, SimTime(0), &story.inputs);
        let says_more = self.rule || self.by_node || self.subject.is_some();
        let has_world =
            |branch: &SavedBranch| matches!(branch.inputs.first(), Some(first) if first.is_world());
        let version = if self.branches.iter().any(has_world) {
            WITH_WORLD
        } else if says_more {
            WITH_SIGHT
        } else if self.is_single() {
            VERSION
        } else {
            WITH_BRANCHES
        };
        if version >= WITH_BRANCHES {
            self.write_branches(&mut bytes);
        }
        if version >= WITH_SIGHT {
            write_number(&mut bytes, u64::from(self.rule) + 2 * u64::from(self.by_node));
            write_subject(&mut bytes, self.subject.as_ref());
        }
        format!("{version}{}", pack(&bytes, dictionary().as_bytes()))
    }

    /// What there is beside the story that is shown.
    fn write_branches(&self, bytes: &mut Vec<u8>) {
        let place = |place: Option<usize>| place.map_or(0, |place| place as u64 + 1);
        write_number(bytes, self.branches.len() as u64);
        write_number(bytes, self.shown as u64);
        write_number(bytes, place(self.beside));
        write_number(bytes, u64::from(self.mirrored));
        write_number(bytes, place(self.preset));
        let shown = &self.story().inputs;
        for (n, branch) in self.branches.iter().enumerate() {
            write_text(bytes, &branch.name);
            write_number(bytes, place(branch.from.map(|(parent, _)| parent)));
            write_number(bytes, branch.from.map_or(0, |(_, at)| at.0.max(0) as u64));
            if n != self.shown {
                let shared = branch.inputs.iter().zip(shown).take_while(|(a, b)| a == b).count();
                write_number(bytes, branch.until.0.max(0) as u64);
                write_number(bytes, shared as u64);
                write_inputs(bytes, last_time(&shown[..shared]), &branch.inputs[shared..]);
            }
        }
    }

    /// Reads what [`Link::write_branches`] wrote. Of the story that is shown, so many inputs are left out.
    fn read_branches(&mut self, bytes: &mut &[u8], left_out: usize) -> Result<(), Damaged> {
        let count = read_place(bytes, MOST_BRANCHES + 1)?;
        self.shown = read_place(bytes, count)?;
        self.beside = read_place(bytes, count + 1)?.checked_sub(1).filter(|beside| *beside != self.shown);
        self.mirrored = read_place(bytes, 2)? != 0;
        self.preset = read_place(bytes, PRESETS.len() + 1)?.checked_sub(1);
        let mut story = self.branches.pop().ok_or(Damaged)?;
        for n in 0..count {
            let name = read_text(bytes)?;
            let parent = read_place(bytes, count + 1)?.checked_sub(1);
            let at = SimTime(0) + read_span(bytes)?;
            let from = parent.map(|parent| (parent, at));
            if n == self.shown {
                self.branches.push(SavedBranch { name, from, ..std::mem::take(&mut story) });
                continue;
            }
            let mut until = SimTime(0) + read_span(bytes)?;
            let shown = self.branches.get(self.shown).unwrap_or(&story);
            let shared = read_place(bytes, shown.inputs.len() + left_out + 1)?;
            let held = self.branches.iter().chain([&story]).map(|branch| branch.inputs.len()).sum();
            let most = MOST_INPUTS.saturating_sub(held);
            let kept = shared.min(shown.inputs.len()).min(most);
            if kept < shared {
                until = until.min(shown.inputs.get(kept).map_or(shown.until, |first| first.at));
            }
            let mut inputs = shown.inputs[..kept].to_vec();
            // Behind what is left out, nothing is kept.
            let most = if kept < shared { kept } else { most };
            self.is_cut |= read_inputs(bytes, &mut inputs, most, &mut until)? > 0 || kept < shared;
            self.branches.push(SavedBranch { name, from, inputs, until });
        }
        if self.mirrored && count != 2 { Err(Damaged) } else { Ok(()) }
    }

    /// The link of such a fragment.
    ///
    /// # Errors
    /// If it is of another version, or not what [`Link::to_fragment`] gave.
    pub fn of_fragment(fragment: &str) -> Result<Link, Problem> {
        let version = fragment.chars().next().filter(char::is_ascii_digit).ok_or(Damaged)?;
        match version {
            VERSION..=WITH_WORLD => {}
            ..VERSION => return Err(Problem::Damaged),
            _ => return Err(Problem::Newer),
        }
        let bytes = unpack(&fragment[1..], dictionary().as_bytes())?;
        let bytes = &mut &*bytes;
        let flags = read_bytes(bytes, 5)?;
        let view = |place: usize| View::ALL.get(usize::from(flags[place])).copied().ok_or(Damaged);
        let mut link = Link {
            view: view(0)?,
            panel: view(1)?,
            tab: *TABS.get(usize::from(flags[2])).ok_or(Damaged)?,
            playing: flags[3] != 0,
            speed: flags[4].clamp(1, 32),
            playhead: SimTime(0) + read_span(bytes)?,
            ..Link::default()
        };
        let mut until = link.playhead + read_span(bytes)?;
        link.selected = read_number(bytes)?.checked_sub(1).and_then(|ordinal| i32::try_from(ordinal).ok());
        link.set = read_key(bytes)?;
        if link.set.as_ref().is_some_and(|set| set.kind != Kind::StatefulSet) {
            return Err(Problem::Damaged);
        }
        link.object = read_key(bytes)?;
        link.question = (read_text(bytes)?, read_text(bytes)?);
        link.text = read_text(bytes)?;
        let mut inputs = Vec::new();
        let left_out = read_inputs(bytes, &mut inputs, MOST_INPUTS, &mut until)?;
        link.is_cut = left_out > 0;
        link.branches = vec![SavedBranch { inputs, until, ..SavedBranch::default() }];
        if version >= WITH_BRANCHES {
            link.read_branches(bytes, left_out)?;
        }
        if version >= WITH_SIGHT {
            let sight = read_place(bytes, 4)?;
            (link.rule, link.by_node) = (sight % 2 != 0, sight >= 2);
            link.subject = read_subject(bytes)?;
        }
        let is_playable = |branch: &SavedBranch| branch.until - SimTime(0) <= LONGEST_STORY;
        if bytes.is_empty() && link.branches.iter().all(is_playable) {
            Ok(link)
        } else {
            Err(Problem::Damaged)
        }
    }
}

/// What a link is packed with: texts in it that are here, too, cost it next to nothing.
pub fn dictionary() -> String {
    [EXAMPLES[0].text, COMMON].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::presets::Variant;
    use kubesim::api::resolver::{Caching, Question, RecordType};
    use kubesim::{DnsSetting, Options, Span, Story};

    /// The walk's story: five commands, the last one in a pod's shell.
    fn walk() -> Story {
        let mut story = Story::new(Options::default());
        story.input(Input::Apply(EXAMPLES[0].text.into()));
        for line in [
            "kubectl get pods -o wide -l app=flask",
            "kubectl exec flask-1 -- cat /usr/src/app/log/dump.log",
            "kubectl delete pod flask-1",
            "kubectl run -ti --rm --image=nicolaka/netshoot testpod1 -- zsh",
            "nslookup flask-0.flask.default.svc.cluster.local",
        ] {
            story.run_until(story.now() + Span(61_234));
            story.input(Input::Line(line.into()));
        }
        story
    }

    fn link(story: &Story) -> Link {
        let told = SavedBranch {
            inputs: story.inputs().to_vec(),
            until: story.now() + Span(7_001),
            ..SavedBranch::default()
        };
        Link {
            branches: vec![told],
            playhead: SimTime(123_456),
            playing: false,
            speed: 8,
            set: Some(Key::new(Kind::StatefulSet, "default", "flask")),
            object: Some(Key::new(Kind::PersistentVolume, "", "pvc-1")),
            panel: View::Inspect,
            tab: InspectorTab::Yaml,
            question: ("flask".into(), "SRV".into()),
            selected: Some(0),
            ..Link::default()
        }
    }

    #[test]
    fn a_link_comes_back_and_is_short() {
        let mut link = link(&walk());
        let story = link.story_mut();
        story.inputs.push(TimedInput { at: story.until, input: Input::Interrupt });
        story.inputs.push(TimedInput { at: story.until, input: Input::EndOfInput });
        let fragment = link.to_fragment();
        assert_eq!(Link::of_fragment(&fragment).as_ref(), Ok(&link));
        assert!(fragment.len() < 400, "{} characters: {fragment}", fragment.len());
    }

    #[test]
    fn what_was_asked_of_dns_comes_back() {
        let question =
            Question { name: "flask".into(), record_type: RecordType::Srv, namespace: "default".into() };
        let mut story = Story::new(Options::default());
        story.input(Input::Dns(DnsSetting::Caching(Caching::NodeLocal)));
        story.input(Input::Dns(DnsSetting::SliceDelay(Span(1_000))));
        story.input(Input::Dns(DnsSetting::ResolverDelay(Span(5_000))));
        story
            .input(Input::Edit { line: "kubectl edit sts flask".into(), text: "kind: StatefulSet\n".into() });
        story.input(Input::Ask(question.clone()));
        story.input(Input::Watch(Some(question)));
        story.input(Input::Watch(None));
        let link = Link { playhead: SimTime(0), ..link(&story) };
        assert_eq!(Link::of_fragment(&link.to_fragment()), Ok(link));
    }

    #[test]
    fn another_world_comes_back() {
        let world =
            kubesim::world::parse(r#"{"nodes": 2, "delays": {"imagePull": 60000}}"#).expect("a world");
        let mut story = Story::new(Options::default());
        story.input(Input::World(world.into()));
        story.input(Input::Apply(EXAMPLES[0].text.into()));
        let link = Link { playhead: SimTime(0), ..link(&story) };
        let fragment = link.to_fragment();
        assert_eq!(Link::of_fragment(&fragment).as_ref(), Ok(&link));
        assert!(fragment.starts_with('4') && fragment.len() < 200, "{}: {fragment}", fragment.len());
    }

    #[test]
    fn a_manifest_that_nobody_knows_fits_too() {
        let mut link = link(&walk());
        // The walk's manifest in other words: nothing of it is in the dictionary.
        link.text = EXAMPLES[0].text.to_uppercase().into();
        link.branches[0].inputs[0].input = Input::Apply(link.text.clone());
        let fragment = link.to_fragment();
        assert_eq!(Link::of_fragment(&fragment), Ok(link));
        assert!(fragment.len() < 1_500, "{} characters", fragment.len());
    }

    /// The walk, and what else might have come of its first two commands.
    fn branched() -> Link {
        let mut link = link(&walk());
        let first = link.branches[0].clone();
        let at = first.inputs[2].at;
        let mut other =
            SavedBranch { name: "scale sts flask --replicas=1".into(), from: Some((0, at)), ..first.clone() };
        other.inputs.truncate(3);
        other
            .inputs
            .push(TimedInput { at, input: Input::Line("kubectl scale sts flask --replicas=1".into()) });
        other.until = at + Span(20_000);
        let third = SavedBranch { name: "third".into(), from: Some((1, other.until)), ..other.clone() };
        link.branches = vec![first, other, third];
        Link { shown: 1, beside: Some(0), ..link }
    }

    #[test]
    fn branches_come_back_and_cost_little() {
        let link = branched();
        for (shown, beside) in [(0, None), (1, Some(0)), (2, Some(1))] {
            let playhead = link.branches[shown].until;
            let link = Link { shown, beside, playhead, ..link.clone() };
            let fragment = link.to_fragment();
            assert_eq!(Link::of_fragment(&fragment).as_ref(), Ok(&link));
            assert!(fragment.starts_with('2') && fragment.len() < 450, "{}: {fragment}", fragment.len());
        }
    }

    #[test]
    fn what_is_asked_comes_back_with_and_without_branches() {
        let key = |kind, name: &str| Key::new(kind, "default", name);
        let subjects = [
            None,
            Some(Subject::Pod(key(Kind::Pod, "flask-1"))),
            Some(Subject::Claim(key(Kind::PersistentVolumeClaim, "www-flask-1"))),
            Some(Subject::Endpoint(key(Kind::Pod, "flask-1"))),
            Some(Subject::Node(Key::cluster(Kind::Node, "chhan-k8s-2"))),
        ];
        for (link, subject) in
            [link(&walk()), branched()].iter().flat_map(|link| subjects.iter().map(move |s| (link, s)))
        {
            let link = Link { rule: true, subject: subject.clone(), ..link.clone() };
            let fragment = link.to_fragment();
            assert_eq!(Link::of_fragment(&fragment).as_ref(), Ok(&link));
            assert!(fragment.starts_with('3') && fragment.len() < 480, "{}: {fragment}", fragment.len());
            let by_node = Link { by_node: true, ..link.clone() };
            assert_eq!(Link::of_fragment(&by_node.to_fragment()), Ok(by_node));
            let without = Link { rule: false, subject: None, ..link.clone() }.to_fragment();
            assert!(without.starts_with(['1', '2']), "what says no more is as old pages read it: {without}");
        }
    }

    /// As the page made it before links had more versions.
    #[test]
    fn a_link_of_version_1_still_opens() {
        let link = Link { text: "mine".into(), ..Link::default() };
        assert_eq!(Link::of_fragment("1GYlXRgwBAgABAgALARgBQQRtaW5lAQAE6QjTEZsL"), Ok(link));
    }

    #[test]
    fn variants_come_back_as_the_preset_that_they_are() {
        let story = |variant: Variant| {
            let inputs = vec![TimedInput { at: SimTime(0), input: Input::Apply(variant.manifest) }];
            SavedBranch { name: variant.name, inputs, until: SimTime(9_000), ..SavedBranch::default() }
        };
        let branches = PRESETS[2].variants().map(story).to_vec();
        let link = Link { branches, beside: Some(1), mirrored: true, preset: Some(2), ..Link::default() };
        assert_eq!(Link::of_fragment(&link.to_fragment()), Ok(link));
    }

    #[test]
    fn branches_that_cannot_be_are_refused() {
        let branches = branched().branches;
        let single = || Link { branches: branches[..1].to_vec(), ..branched() };
        let named = Link { shown: 0, beside: None, ..single() };
        for link in [
            Link { mirrored: true, ..branched() },
            Link { preset: Some(PRESETS.len()), ..branched() },
            Link { beside: Some(3), ..branched() },
            Link { branches: vec![branches[1].clone(); MOST_BRANCHES + 1], ..branched() },
            Link {
                branches: vec![SavedBranch { from: Some((7, SimTime(0))), ..branches[1].clone() }],
                ..named
            },
        ] {
            assert_eq!(Link::of_fragment(&link.to_fragment()), Err(Problem::Damaged));
        }
    }

    #[test]
    fn what_is_no_link_is_refused() {
        let fragment = link(&walk()).to_fragment();
        assert_eq!(Link::of_fragment(""), Err(Problem::Damaged));
        assert_eq!(Link::of_fragment("elsewhere"), Err(Problem::Damaged));
        assert_eq!(Link::of_fragment(&fragment.replacen('1', "5", 1)), Err(Problem::Newer));
        assert_eq!(Link::of_fragment(&fragment.replacen('1', "4", 1)), Err(Problem::Damaged));
        assert_eq!(Link::of_fragment(&fragment.replacen('1', "3", 1)), Err(Problem::Damaged));
        assert_eq!(Link::of_fragment(&fragment.replacen('1', "2", 1)), Err(Problem::Damaged));
        assert_eq!(Link::of_fragment(&fragment[..fragment.len() - 1]), Err(Problem::Damaged));
        let mut endless = Link::default();
        endless.story_mut().until = SimTime(i64::MAX);
        assert_eq!(Link::of_fragment(&endless.to_fragment()), Err(Problem::Damaged));
    }

    /// Whoever changes these texts makes old links unreadable: they need a version of their own then.
    #[test]
    fn the_dictionary_is_that_of_version_1() {
        assert_eq!((VERSION, pack::checksum(dictionary().as_bytes())), ('1', 0x5335_9e18));
    }
}
