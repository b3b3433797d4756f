//! What a link is made of, as bytes: numbers, texts, keys, inputs. Their numbers and their order stay: old links must open.

use super::pack::{Damaged, read_bytes, read_number, write_number};
use kubesim::api::resolver::{Caching, Question, RecordType};
use kubesim::world::{parse, to_value};
use kubesim::{DnsSetting, Input, Key, Kind, SimTime, Span, Str, TimedInput};
use scene::explain::Subject;

/// No story in a link is longer: replaying it would keep the page from answering.
pub const LONGEST_STORY: Span = Span::seconds(24 * 60 * 60);

/// When the last of some inputs was given.
pub fn last_time(inputs: &[TimedInput]) -> SimTime {
    inputs.last().map_or(SimTime(0), |last| last.at)
}

/// The inputs after a time, each by how much later it is.
pub fn write_inputs(bytes: &mut Vec<u8>, mut before: SimTime, inputs: &[TimedInput]) {
    write_number(bytes, inputs.len() as u64);
    for TimedInput { at, input } in inputs {
        write_number(bytes, (*at - before).0.max(0) as u64);
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
            // No link holds a cluster's state: one that should is read as damaged.
            Input::Open(_) => (10, "".into()),
            Input::Edit { line, text } => (8, [line, "\n", text].concat().into()),
            Input::World(world) => (9, to_value(world).to_string().into()),
        };
        bytes.push(kind);
        write_text(bytes, &text);
    }
}

/// Reads more inputs behind some, so that they are `most` at most: where more of them follow, the story ends with the last that is
/// kept. Returns how many that are.
pub fn read_inputs(
    bytes: &mut &[u8],
    inputs: &mut Vec<TimedInput>,
    most: usize,
    until: &mut SimTime,
) -> Result<usize, Damaged> {
    let mut left_out = 0;
    let mut at = last_time(inputs);
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
            9 => Input::World(parse(&text).map_err(|_| Damaged)?.into()),
            _ => return Err(Damaged),
        };
        if inputs.len() < most {
            inputs.push(TimedInput { at, input });
        } else {
            if left_out == 0 {
                *until = at.min(*until);
            }
            left_out += 1;
        }
    }
    Ok(left_out)
}

/// Reads a number below a limit.
pub fn read_place(bytes: &mut &[u8], limit: usize) -> Result<usize, Damaged> {
    usize::try_from(read_number(bytes)?).ok().filter(|number| *number < limit).ok_or(Damaged)
}

pub fn write_text(bytes: &mut Vec<u8>, text: &str) {
    write_number(bytes, text.len() as u64);
    bytes.extend_from_slice(text.as_bytes());
}

pub fn read_text(bytes: &mut &[u8]) -> Result<Str, Damaged> {
    let length = read_number(bytes)?;
    std::str::from_utf8(read_bytes(bytes, length)?).map(Str::from).map_err(|_| Damaged)
}

/// `SRV default flask`
pub fn write_question(question: &Question) -> Str {
    [question.record_type.name(), &question.namespace, &question.name].join(" ").into()
}

pub fn read_question(text: &str) -> Result<Question, Damaged> {
    let mut words = text.splitn(3, ' ');
    let (Some(kind), Some(namespace), Some(name)) = (words.next(), words.next(), words.next()) else {
        return Err(Damaged);
    };
    let record_type = RecordType::parse(kind).ok_or(Damaged)?;
    Ok(Question { name: name.into(), record_type, namespace: namespace.into() })
}

/// Which setting, and its number.
pub fn write_setting(setting: DnsSetting) -> Str {
    match setting {
        DnsSetting::Caching(caching) => format!("0 {}", caching as u8),
        DnsSetting::SliceDelay(delay) => format!("1 {}", delay.0),
        DnsSetting::ResolverDelay(delay) => format!("2 {}", delay.0),
    }
    .into()
}

pub fn read_setting(text: &str) -> Result<DnsSetting, Damaged> {
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
pub fn read_span(bytes: &mut &[u8]) -> Result<Span, Damaged> {
    let span = i64::try_from(read_number(bytes)?).map_err(|_| Damaged)?;
    if span <= LONGEST_STORY.0 { Ok(Span(span)) } else { Err(Damaged) }
}

/// `statefulset default flask`; nothing for no key.
pub fn write_key(bytes: &mut Vec<u8>, key: Option<&Key>) {
    let text = key.map(|key| [&*key.kind.info().singular(), &key.namespace, &key.name].join(" "));
    write_text(bytes, &text.unwrap_or_default());
}

pub fn read_key(bytes: &mut &[u8]) -> Result<Option<Key>, Damaged> {
    let text = read_text(bytes)?;
    let mut words = text.split(' ');
    let (kind, namespace, name) = (words.next(), words.next(), words.next());
    let (Some(kind), Some(namespace), Some(name)) = (kind, namespace, name) else { return Ok(None) };
    // An object of a kind that is not known here can't be shown.
    Ok(Kind::of_resource(kind).map(|kind| Key::new(kind, namespace, name)))
}

/// What the question is about, and the object's key; 0 for the whole set.
pub fn write_subject(bytes: &mut Vec<u8>, subject: Option<&Subject>) {
    let Some(subject) = subject else { return write_number(bytes, 0) };
    let (number, key) = match subject {
        Subject::Pod(key) => (1, key),
        Subject::Claim(key) => (2, key),
        Subject::Endpoint(key) => (3, key),
        Subject::Node(key) => (4, key),
    };
    write_number(bytes, number);
    write_key(bytes, Some(key));
}

pub fn read_subject(bytes: &mut &[u8]) -> Result<Option<Subject>, Damaged> {
    let (subject, kind): (fn(Key) -> Subject, Kind) = match read_place(bytes, 5)? {
        0 => return Ok(None),
        1 => (Subject::Pod, Kind::Pod),
        2 => (Subject::Claim, Kind::PersistentVolumeClaim),
        3 => (Subject::Endpoint, Kind::Pod),
        _ => (Subject::Node, Kind::Node),
    };
    match read_key(bytes)? {
        Some(key) if key.kind != kind => Err(Damaged),
        key => Ok(key.map(subject)),
    }
}
