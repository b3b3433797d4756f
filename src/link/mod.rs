//! A link: the manifest, what the user did, the moment and what was looked at, as the fragment of an address. No server
//! ever sees it. What survives a reload is kept in the same form.
//!
//! The log of inputs is the whole of a story ([`kubesim::story`]), so a link is short and opening it is a replay.

pub mod address;
pub mod pack;

use crate::components::{Face, View};
use crate::examples::EXAMPLES;
use kubesim::api::{Key, Kind, SimTime, Span, Str};
use kubesim::dns::{Caching, Question, RecordType};
use kubesim::sim::DnsSetting;
use kubesim::story::{Input, TimedInput};
use pack::{Damaged, pack, read_bytes, read_number, unpack, write_number};

/// What a link of this version begins with.
const VERSION: char = '1';
/// No story in a link is longer: replaying it would keep the page from answering.
pub const LONGEST_STORY: Span = Span::seconds(24 * 60 * 60);
/// What links have in common beside the first example, so that it costs them nothing. Links of this version can't be read
/// with another text.
const COMMON: &str = "\nkubectl exec -ti -- sh\nkubectl logs \nkubectl describe pod \nkubectl get pods -o wide\nkubectl get pvc\n\
    kubectl scale sts --replicas=\nkubectl rollout status \nnslookup -type=srv .default.svc.cluster.local\n\
    kubectl run -ti --rm --image=nicolaka/netshoot testpod1 -- zsh\nkubectl delete pod ";

/// The faces by their numbers.
const FACES: [Face; 3] = [Face::Described, Face::Yaml, Face::Changes];

/// What a link holds.
#[derive(Clone, PartialEq, Debug)]
pub struct Link {
    /// The text in the editor.
    pub text: Str,
    /// What the user did, in order.
    pub inputs: Vec<TimedInput>,
    /// How far the story has gone.
    pub until: SimTime,
    /// The moment.
    pub playhead: SimTime,
    /// Whether time passes.
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
    pub face: Face,
    /// The name and the type that DNS is asked for.
    pub question: (Str, Str),
    /// Of many lanes, the one that is shown whole.
    pub lens: Option<i32>,
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
        Link {
            inputs: vec![TimedInput { at: SimTime(0), input: Input::Apply(text.clone()) }],
            text,
            until: SimTime(0),
            playhead: SimTime(0),
            playing: true,
            speed: 2,
            set: None,
            view: View::Stage,
            panel: View::Terminal,
            object: None,
            face: Face::Described,
            question: ("".into(), "A".into()),
            lens: None,
        }
    }
}

impl Link {
    /// The link as the fragment of an address, without the `#`.
    pub fn to_fragment(&self) -> String {
        let mut bytes = Vec::new();
        let (view, panel) = (self.view as u8, self.panel as u8);
        bytes.extend([view, panel, self.face as u8, u8::from(self.playing), self.speed]);
        write_number(&mut bytes, self.playhead.0.max(0) as u64);
        write_number(&mut bytes, (self.until - self.playhead).0.max(0) as u64);
        write_number(&mut bytes, self.lens.map_or(0, |ordinal| u64::from(ordinal.unsigned_abs()) + 1));
        write_key(&mut bytes, self.set.as_ref());
        write_key(&mut bytes, self.object.as_ref());
        write_text(&mut bytes, &self.question.0);
        write_text(&mut bytes, &self.question.1);
        write_text(&mut bytes, &self.text);
        write_number(&mut bytes, self.inputs.len() as u64);
        let mut before = SimTime(0);
        for TimedInput { at, input } in &self.inputs {
            write_number(&mut bytes, (*at - before).0.max(0) as u64);
            before = *at;
            let (kind, text) = match input {
                Input::Line(text) => (0, text.clone()),
                Input::Command(text) => (1, text.clone()),
                Input::Interrupt => (2, "".into()),
                Input::EndOfInput => (3, "".into()),
                Input::Apply(text) => (4, text.clone()),
                Input::Ask(question) => (5, write_question(question)),
                Input::Watch(question) => (6, question.as_ref().map(write_question).unwrap_or_default()),
                Input::Dns(setting) => (7, write_setting(*setting)),
                Input::Edit { line, text } => (8, [line, "\n", text].concat().into()),
            };
            bytes.push(kind);
            write_text(&mut bytes, &text);
        }
        format!("{VERSION}{}", pack(&bytes, dictionary().as_bytes()))
    }

    /// The link of such a fragment.
    ///
    /// # Errors
    /// If it is of another version, or not what [`Link::to_fragment`] gave.
    pub fn of_fragment(fragment: &str) -> Result<Link, Problem> {
        let Some(packed) = fragment.strip_prefix(VERSION) else {
            let is_later = fragment.starts_with(|c: char| c.is_ascii_digit() && c > VERSION);
            return Err(if is_later { Problem::Newer } else { Problem::Damaged });
        };
        let bytes = unpack(packed, dictionary().as_bytes())?;
        let bytes = &mut &*bytes;
        let flags = read_bytes(bytes, 5)?;
        let view = |place: usize| View::ALL.get(usize::from(flags[place])).copied().ok_or(Damaged);
        let mut link = Link {
            view: view(0)?,
            panel: view(1)?,
            face: *FACES.get(usize::from(flags[2])).ok_or(Damaged)?,
            playing: flags[3] != 0,
            speed: flags[4].clamp(1, 32),
            playhead: SimTime(0) + read_span(bytes)?,
            ..Link::default()
        };
        link.until = link.playhead + read_span(bytes)?;
        link.lens = read_number(bytes)?.checked_sub(1).and_then(|ordinal| i32::try_from(ordinal).ok());
        link.set = read_key(bytes)?;
        link.object = read_key(bytes)?;
        link.question = (read_text(bytes)?, read_text(bytes)?);
        link.text = read_text(bytes)?;
        link.inputs.clear();
        let mut at = SimTime(0);
        for _ in 0..read_number(bytes)? {
            at = at + read_span(bytes)?;
            let kind = read_bytes(bytes, 1)?[0];
            let text = read_text(bytes)?;
            let input = match kind {
                0 => Input::Line(text),
                1 => Input::Command(text),
                2 => Input::Interrupt,
                3 => Input::EndOfInput,
                4 => Input::Apply(text),
                5 => Input::Ask(read_question(&text)?),
                6 if text.is_empty() => Input::Watch(None),
                6 => Input::Watch(Some(read_question(&text)?)),
                7 => Input::Dns(read_setting(&text)?),
                8 => {
                    let (line, text) = text.split_once('\n').ok_or(Damaged)?;
                    Input::Edit { line: line.into(), text: text.into() }
                }
                _ => return Err(Problem::Damaged),
            };
            link.inputs.push(TimedInput { at, input });
        }
        if bytes.is_empty() && link.until - SimTime(0) <= LONGEST_STORY {
            Ok(link)
        } else {
            Err(Problem::Damaged)
        }
    }
}

fn dictionary() -> String {
    [EXAMPLES[0].text, COMMON].concat()
}

fn write_text(bytes: &mut Vec<u8>, text: &str) {
    write_number(bytes, text.len() as u64);
    bytes.extend_from_slice(text.as_bytes());
}

fn read_text(bytes: &mut &[u8]) -> Result<Str, Damaged> {
    let length = read_number(bytes)?;
    std::str::from_utf8(read_bytes(bytes, length)?).map(Str::from).map_err(|_| Damaged)
}

/// `SRV default flask`
fn write_question(question: &Question) -> Str {
    [question.record_type.name(), &question.namespace, &question.name].join(" ").into()
}

fn read_question(text: &str) -> Result<Question, Damaged> {
    let mut words = text.splitn(3, ' ');
    let (Some(kind), Some(namespace), Some(name)) = (words.next(), words.next(), words.next()) else {
        return Err(Damaged);
    };
    let record_type = RecordType::parse(kind).ok_or(Damaged)?;
    Ok(Question { name: name.into(), record_type, namespace: namespace.into() })
}

/// Which setting, and its number.
fn write_setting(setting: DnsSetting) -> Str {
    match setting {
        DnsSetting::Caching(caching) => format!("0 {}", caching as u8),
        DnsSetting::SliceDelay(delay) => format!("1 {}", delay.0),
        DnsSetting::ResolverDelay(delay) => format!("2 {}", delay.0),
    }
    .into()
}

fn read_setting(text: &str) -> Result<DnsSetting, Damaged> {
    let (which, number) = text.split_once(' ').ok_or(Damaged)?;
    let number = number.parse::<u32>().map_err(|_| Damaged)?;
    let delay = Span(i64::from(number));
    match which {
        "0" => Caching::ALL.get(number as usize).map(|caching| DnsSetting::Caching(*caching)).ok_or(Damaged),
        "1" => Ok(DnsSetting::SliceDelay(delay)),
        "2" => Ok(DnsSetting::ResolverDelay(delay)),
        _ => Err(Damaged),
    }
}

/// A stretch of time that is no longer than a story.
fn read_span(bytes: &mut &[u8]) -> Result<Span, Damaged> {
    let span = i64::try_from(read_number(bytes)?).map_err(|_| Damaged)?;
    if span <= LONGEST_STORY.0 { Ok(Span(span)) } else { Err(Damaged) }
}

/// `statefulset default flask`; nothing for no key.
fn write_key(bytes: &mut Vec<u8>, key: Option<&Key>) {
    let text = key.map(|key| [&*key.kind.info().singular(), &key.namespace, &key.name].join(" "));
    write_text(bytes, &text.unwrap_or_default());
}

fn read_key(bytes: &mut &[u8]) -> Result<Option<Key>, Damaged> {
    let text = read_text(bytes)?;
    let mut words = text.split(' ');
    let (kind, namespace, name) = (words.next(), words.next(), words.next());
    let (Some(kind), Some(namespace), Some(name)) = (kind, namespace, name) else { return Ok(None) };
    // An object of a kind that is not known here can't be shown.
    Ok(Kind::of_resource(kind).map(|kind| Key::new(kind, namespace, name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kubesim::sim::Options;
    use kubesim::story::Story;

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
        Link {
            inputs: story.inputs().to_vec(),
            until: story.now() + Span(7_001),
            playhead: SimTime(123_456),
            playing: false,
            speed: 8,
            set: Some(Key::new(Kind::StatefulSet, "default", "flask")),
            object: Some(Key::new(Kind::PersistentVolume, "", "pvc-1")),
            panel: View::Inspect,
            face: Face::Yaml,
            question: ("flask".into(), "SRV".into()),
            lens: Some(0),
            ..Link::default()
        }
    }

    #[test]
    fn a_link_comes_back_and_is_short() {
        let mut link = link(&walk());
        link.inputs.push(TimedInput { at: link.until, input: Input::Interrupt });
        link.inputs.push(TimedInput { at: link.until, input: Input::EndOfInput });
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
    fn a_manifest_that_nobody_knows_fits_too() {
        let mut link = link(&walk());
        // The walk's manifest in other words: nothing of it is in the dictionary.
        link.text = EXAMPLES[0].text.to_uppercase().into();
        link.inputs[0].input = Input::Apply(link.text.clone());
        let fragment = link.to_fragment();
        assert_eq!(Link::of_fragment(&fragment), Ok(link));
        assert!(fragment.len() < 1_500, "{} characters", fragment.len());
    }

    #[test]
    fn what_is_no_link_is_refused() {
        let fragment = link(&walk()).to_fragment();
        assert_eq!(Link::of_fragment(""), Err(Problem::Damaged));
        assert_eq!(Link::of_fragment("elsewhere"), Err(Problem::Damaged));
        assert_eq!(Link::of_fragment(&fragment.replacen('1', "2", 1)), Err(Problem::Newer));
        assert_eq!(Link::of_fragment(&fragment[..fragment.len() - 1]), Err(Problem::Damaged));
        let endless = Link { until: SimTime(i64::MAX), ..Link::default() };
        assert_eq!(Link::of_fragment(&endless.to_fragment()), Err(Problem::Damaged));
    }

    /// Whoever changes these texts makes old links unreadable: they need a version of their own then.
    #[test]
    fn the_dictionary_is_that_of_version_1() {
        assert_eq!((VERSION, pack::checksum(dictionary().as_bytes())), ('1', 0x5335_9e18));
    }
}
