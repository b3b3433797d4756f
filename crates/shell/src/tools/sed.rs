//! sed. Models POSIX XCU sed with GNU's `first~step`, `addr,+n`, `0,/re/`, `I` and `-i`, `-s`, `-z`.
//! Long: one tool, its parser and its commands.

use super::tool::{Context, State, Tool};
use crate::host::MAX_TEXT;
use crate::number::decimal;
use crate::pattern::{self, Pattern, replace};
use crate::word::delimited;
use std::collections::VecDeque;
use std::rc::Rc;

/// The most commands in one cycle: a loop that never ends is a mistake.
const MOST_STEPS: u32 = 100_000;

#[derive(Clone, Debug)]
enum Address {
    Line(i64),
    /// `first~step`
    Step(i64, i64),
    Last,
    /// Nothing: the last pattern used.
    Match(Option<Rc<Pattern>>),
    /// `addr,+n`
    More(i64),
    /// `addr,~n`
    Multiple(i64),
}

#[derive(Clone, Debug)]
enum Action {
    Substitute {
        pattern: Option<Rc<Pattern>>,
        with: String,
        number: i64,
        all: bool,
        print: bool,
        file: Option<String>,
    },
    Translate(Vec<char>, Vec<char>),
    /// Where its block ends.
    Open(usize),
    Close,
    /// `b`, `t`, `T`: to a label, or to the end.
    Branch(char, String, Option<usize>),
    Label,
    Append(String),
    Insert(String),
    Change(String),
    Quit(char, i32),
    Read(String),
    Write(String),
    Simple(char),
}

#[derive(Clone, Debug)]
struct Command {
    from: Option<Address>,
    to: Option<Address>,
    negated: bool,
    action: Action,
}

/// A program under way.
#[derive(Clone, Debug)]
pub(crate) struct Sed {
    program: Rc<Vec<Command>>,
    quiet: bool,
    /// Lines that have been read and not worked on; without their ends.
    lines: VecDeque<String>,
    /// A line whose end has not come.
    partial: String,
    space: String,
    hold: String,
    number: i64,
    /// Of ranges, the line at which each ends, where it is inside one.
    inside: Vec<Option<i64>>,
    last_pattern: Option<Rc<Pattern>>,
    appended: Vec<String>,
    written: Vec<String>,
    out: String,
    code: Option<i32>,
    /// The input ends without a newline.
    bare: bool,
    end: char,
    looks_ahead: bool,
}

impl State for Sed {
    fn copy(&self) -> Box<dyn State> {
        Box::new(self.clone())
    }

    fn into_any(self: Box<Self>) -> Box<dyn std::any::Any> {
        self
    }
}

/// Why a cycle can't go on.
enum Stop {
    /// For the next line.
    Input,
    TooLong,
    File(String),
}

struct Reader<'a> {
    text: &'a str,
    extended: bool,
    gnu: bool,
}

type Parsed<T> = Result<T, String>;

/// A regular expression of sed's, in which `\t` and its like are the characters that they name.
fn with_controls(source: &str) -> String {
    let mut out = String::new();
    let mut chars = source.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('t') => out.push('\t'),
                Some('f') => out.push('\x0c'),
                Some('v') => out.push('\x0b'),
                Some('r') => out.push('\r'),
                next => {
                    out.push(c);
                    out.extend(next);
                }
            },
            c => out.push(c),
        }
    }
    out
}

impl Reader<'_> {
    fn error(&self, gnu: &str, busybox: &str) -> String {
        if self.gnu { format!("-e expression #1, char {}: {gnu}", self.at()) } else { busybox.to_string() }
    }

    /// Where it is, for a complaint: set by who knows the whole.
    fn at(&self) -> usize {
        0
    }

    fn spaces(&mut self) {
        self.text = self.text.trim_start_matches([' ', '\t']);
    }

    fn number(&mut self) -> Option<i64> {
        let digits = self.text.bytes().take_while(u8::is_ascii_digit).count();
        let number = decimal(&self.text[..digits])?;
        self.text = &self.text[digits..];
        Some(number)
    }

    fn pattern(&mut self, delimiter: char) -> Parsed<Option<Rc<Pattern>>> {
        let missing = self.error("unterminated address regex", &format!("unmatched '{delimiter}'"));
        let (source, rest) = delimited(self.text, delimiter).ok_or(missing)?;
        self.text = rest;
        let icase = self.text.starts_with('I');
        if icase {
            self.text = &self.text[1..];
        }
        if source.is_empty() {
            return Ok(None);
        }
        let pattern = Pattern::regex(&with_controls(&source), self.extended, icase);
        pattern
            .map(|p| Some(Rc::new(p)))
            .ok_or_else(|| self.error("Invalid preceding regular expression", "bad regex"))
    }

    fn address(&mut self, second: bool) -> Parsed<Option<Address>> {
        if let Some(number) = self.number() {
            if self.gnu && self.text.starts_with('~') && !second {
                self.text = &self.text[1..];
                return Ok(Some(Address::Step(number, self.number().unwrap_or(0))));
            }
            return Ok(Some(Address::Line(number)));
        }
        let Some(first) = self.text.chars().next() else { return Ok(None) };
        let rest = &self.text[first.len_utf8()..];
        match first {
            '$' => {
                self.text = rest;
                Ok(Some(Address::Last))
            }
            '/' => {
                self.text = rest;
                Ok(Some(Address::Match(self.pattern('/')?)))
            }
            '\\' => {
                let delimiter = rest.chars().next().unwrap_or('/');
                self.text = &rest[delimiter.len_utf8()..];
                Ok(Some(Address::Match(self.pattern(delimiter)?)))
            }
            '+' | '~' if second => {
                self.text = rest;
                let number = self.number().unwrap_or(0);
                Ok(Some(if first == '+' { Address::More(number) } else { Address::Multiple(number) }))
            }
            _ => Ok(None),
        }
    }

    /// A word up to the end of the command.
    fn word(&mut self) -> String {
        self.spaces();
        let end = self.text.find([';', '\n', '}']).unwrap_or(self.text.len());
        let word = self.text[..end].trim_end().to_string();
        self.text = &self.text[end..];
        word
    }

    /// The rest of the line: a file's name.
    fn line(&mut self) -> String {
        self.spaces();
        let end = self.text.find('\n').unwrap_or(self.text.len());
        let line = self.text[..end].to_string();
        self.text = &self.text[end..];
        line
    }

    /// The text of a, i and c.
    fn text(&mut self) -> String {
        self.spaces();
        if let Some(rest) = self.text.strip_prefix('\\') {
            self.text = rest.trim_start_matches([' ', '\t']);
            self.text = self.text.strip_prefix('\n').unwrap_or(self.text);
        }
        let mut out = String::new();
        let mut chars = self.text.char_indices();
        let mut end = self.text.len();
        while let Some((at, c)) = chars.next() {
            match c {
                '\n' => {
                    end = at;
                    break;
                }
                '\\' => out.extend(chars.next().map(|(_, c)| if c == 't' { '\t' } else { c })),
                c => out.push(c),
            }
        }
        self.text = &self.text[end..];
        out.push('\n');
        out
    }

    fn substitute(&mut self) -> Parsed<Action> {
        let unterminated = |r: &mut Reader, d: char| {
            // It was looked for up to the end of the line.
            r.text = r.text.split_once('\n').map_or("", |(_, rest)| rest);
            r.error("unterminated `s' command", &format!("unmatched '{d}'"))
        };
        let Some(delimiter) = self.text.chars().next() else { return Err(unterminated(self, '/')) };
        self.text = &self.text[delimiter.len_utf8()..];
        let (source, rest) = delimited(self.text, delimiter).ok_or_else(|| unterminated(self, delimiter))?;
        let (with, rest) = replacement(rest, delimiter).ok_or_else(|| unterminated(self, delimiter))?;
        self.text = rest;
        let (mut number, mut all, mut print, mut icase, mut file) = (1, false, false, false, None);
        loop {
            match self.text.chars().next() {
                Some('g') => all = true,
                Some('p') => print = true,
                Some('i' | 'I') => icase = true,
                Some('m' | 'M' | 'e') => return Err("s///m".into()),
                Some('0'..='9') => {
                    number = self.number().unwrap_or(1);
                    continue;
                }
                Some('w') => {
                    self.text = &self.text[1..];
                    file = Some(self.line());
                    break;
                }
                _ => break,
            }
            self.text = &self.text[1..];
        }
        let pattern = match source.as_str() {
            "" => None,
            _ => {
                let pattern = Pattern::regex(&with_controls(&source), self.extended, icase);
                Some(Rc::new(
                    pattern.ok_or_else(|| self.error("Invalid preceding regular expression", "bad regex"))?,
                ))
            }
        };
        Ok(Action::Substitute { pattern, with, number, all, print, file })
    }

    /// The commands of a script. Long: sed's grammar, an arm for each command.
    fn program(&mut self) -> Parsed<Vec<Command>> {
        let (mut program, mut open, mut labels) = (vec![], vec![], vec![]);
        loop {
            self.text = self.text.trim_start_matches([' ', ';', '\n', '\t']);
            if self.text.is_empty() {
                break;
            }
            if self.text.starts_with('#') {
                self.line();
                continue;
            }
            let from = self.address(false)?;
            let mut to = None;
            self.spaces();
            if from.is_some() && self.text.starts_with(',') {
                self.text = &self.text[1..];
                self.spaces();
                to = self.address(true)?;
                if to.is_none() {
                    return Err(self.error("unexpected `,'", "no address after comma"));
                }
            }
            self.spaces();
            let negated = self.text.starts_with('!');
            self.text = self.text.trim_start_matches(['!', ' ']);
            let Some(name) = self.text.chars().next() else {
                return Err(self.error("missing command", "missing command"));
            };
            self.text = &self.text[name.len_utf8()..];
            let action = match name {
                's' => self.substitute()?,
                'y' => {
                    let wrong = self.error("unterminated `y' command", "unmatched '/'");
                    let Some(delimiter) = self.text.chars().next() else { return Err(wrong) };
                    self.text = &self.text[delimiter.len_utf8()..];
                    let (from, rest) = delimited(self.text, delimiter).ok_or_else(|| wrong.clone())?;
                    let (to, rest) = delimited(rest, delimiter).ok_or(wrong)?;
                    self.text = rest;
                    let plain = |text: String| {
                        text.replace("\\\\", "\\").replace("\\t", "\t").chars().collect::<Vec<_>>()
                    };
                    let (from, to) = (plain(from), plain(to));
                    if from.len() != to.len() {
                        return Err(
                            self.error("strings for `y' command are different lengths", "bad y command")
                        );
                    }
                    Action::Translate(from, to)
                }
                '{' => {
                    open.push(program.len());
                    Action::Open(0)
                }
                '}' => {
                    let Some(start) = open.pop() else {
                        return Err(self.error("unexpected `}'", "unmatched '}'"));
                    };
                    let end = program.len();
                    if let Some(Command { action, .. }) = program.get_mut(start) {
                        *action = Action::Open(end);
                    }
                    Action::Close
                }
                ':' => {
                    let label = self.word();
                    labels.push((label, program.len()));
                    Action::Label
                }
                'b' | 't' | 'T' => Action::Branch(name, self.word(), None),
                'a' => Action::Append(self.text()),
                'i' => Action::Insert(self.text()),
                'c' => Action::Change(self.text()),
                'q' | 'Q' => {
                    self.spaces();
                    Action::Quit(name, self.number().unwrap_or(0) as i32)
                }
                'r' => Action::Read(self.line()),
                'w' => Action::Write(self.line()),
                'd' | 'D' | 'g' | 'G' | 'h' | 'H' | 'l' | 'n' | 'N' | 'p' | 'P' | 'x' | '=' | 'z' | 'F' => {
                    Action::Simple(name)
                }
                _ => {
                    return Err(self.error(
                        &format!("unknown command: `{name}'"),
                        &format!("unsupported command {name}"),
                    ));
                }
            };
            self.spaces();
            let ends = matches!(name, '{' | '}' | ':' | 'a' | 'i' | 'c' | 'r' | 'w' | 'b' | 't' | 'T');
            if !ends && !self.text.is_empty() && !self.text.starts_with([';', '\n', '}', '#']) {
                return Err(match name {
                    's' => self.error("unknown option to `s'", "unknown option to s command"),
                    _ => self.error("extra characters after command", "extra characters after command"),
                });
            }
            program.push(Command { from, to, negated, action });
        }
        if !open.is_empty() {
            return Err(self.error("unmatched `{'", "unmatched '{'"));
        }
        for command in &mut program {
            if let Action::Branch(_, label, target) = &mut command.action
                && !label.is_empty()
            {
                let known = labels.iter().find(|(known, _)| known == label);
                let Some((_, at)) = known else {
                    return Err(if self.gnu {
                        format!("-e expression #1, char {}: can't find label for jump to `{label}'", 0)
                    } else {
                        format!("can't find label for jump to '{label}'")
                    });
                };
                *target = Some(*at);
            }
        }
        Ok(program)
    }
}

/// The replacement up to an unescaped delimiter, its escapes kept.
fn replacement(text: &str, delimiter: char) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            _ if c == delimiter => return Some((out, &text[at + c.len_utf8()..])),
            '\\' => match chars.next()?.1 {
                next if next == delimiter && next != '&' => out.push(next),
                next => out.extend(['\\', next]),
            },
            c => out.push(c),
        }
    }
    None
}

impl Tool {
    /// Reads the program.
    fn sed_begin(&mut self, c: &mut Context) -> bool {
        let mut source: Vec<String> = vec![];
        for (option, value) in self.options.clone() {
            match option {
                'e' => source.push(value),
                'f' => match c.read(&value) {
                    Ok(text) => source.push(text.trim_end_matches('\n').to_string()),
                    Err(error) => {
                        let what = if c.gnu {
                            format!("couldn't open file {value}: {}", error.text())
                        } else {
                            format!("{value}: {}", error.text())
                        };
                        self.usage(c, &what);
                        return false;
                    }
                },
                _ => {}
            }
        }
        let mut files: Vec<String> = std::mem::take(&mut self.operands);
        if source.is_empty() {
            if files.is_empty() {
                self.usage(c, "no script");
                return false;
            }
            source.push(files.remove(0));
        }
        self.from_files = !files.is_empty();
        self.many = files.len() > 1;
        self.files = files.into_iter();
        let source = source.join("\n");
        // `s//…/` within a{…} and the like.
        let mut reader = Reader { text: &source, extended: self.has('E') || self.has('r'), gnu: c.gnu };
        match reader.program() {
            Ok(program) => {
                let program = Rc::new(program);
                let looks = |command: &Command| {
                    [&command.from, &command.to].iter().any(|a| matches!(a, Some(Address::Last)))
                        || matches!(command.action, Action::Simple('n' | 'N'))
                };
                let looks_ahead = program.iter().any(looks);
                let inside = vec![None; program.len()];
                self.state = Some(Box::new(Sed {
                    program,
                    quiet: self.has('n') || source.starts_with("#n\n"),
                    lines: VecDeque::new(),
                    partial: String::new(),
                    space: String::new(),
                    hold: String::new(),
                    number: 0,
                    inside,
                    last_pattern: None,
                    appended: vec![],
                    written: vec![],
                    out: String::new(),
                    code: None,
                    bare: false,
                    end: if self.has('z') { '\0' } else { '\n' },
                    looks_ahead,
                }));
                true
            }
            Err(what) if what == "s///m" => {
                self.done = true;
                self.not_simulated = Some("sed's flags m and e".into());
                false
            }
            Err(what) => {
                let place = format!("char {}", source.chars().count() - reader.text.chars().count());
                self.usage(c, &what.replace("char 0", &place));
                false
            }
        }
    }

    pub(crate) fn sed(&mut self, c: &mut Context, text: &str) {
        if self.state.is_none() {
            if self.done || !self.sed_begin(c) {
                self.done = true;
                return;
            }
            self.goes_on = true;
            return;
        }
        let Some(mut sed) = self.take_state::<Sed>() else { return };
        let ends = text.is_empty();
        let separate = self.has('i') || self.has('s');
        let last = ends && (separate || !self.from_files || self.files.as_slice().is_empty());
        sed.take(text, ends);
        let stop = sed.run(c, last);
        c.work += sed.number.max(1) / 4;
        if let Err(stop) = stop {
            self.done = true;
            match stop {
                Stop::TooLong => self.not_simulated = Some("a sed program that runs for so long".into()),
                Stop::File(what) => self.usage(c, &what),
                Stop::Input => self.done = false,
            }
        }
        if let Some(code) = sed.code {
            self.code = code;
            self.done = true;
        }
        if !self.has('i') || !self.from_files {
            c.out.push_str(&std::mem::take(&mut sed.out));
        } else if last || self.done {
            let out = std::mem::take(&mut sed.out);
            let path = c.path(&self.file);
            let suffix = self.value('i').unwrap_or_default().to_string();
            if !self.file.is_empty() {
                if !suffix.is_empty()
                    && let Ok(old) = c.host.read(&path)
                {
                    _ = c.host.write(&[&path, &*suffix].concat(), &old, false);
                }
                if let Err(error) = c.host.write(&path, &out, false) {
                    let file = self.file.clone();
                    self.complain(c, "@", "couldn't open @", &file, error);
                }
            }
        }
        if separate && ends {
            sed.number = 0;
            sed.inside.iter_mut().for_each(|i| *i = None);
        }
        self.state = Some(sed);
    }
}

impl Sed {
    fn take(&mut self, text: &str, ends: bool) {
        for piece in text.split_inclusive(self.end) {
            self.partial.push_str(piece);
            if self.partial.ends_with(self.end) {
                self.partial.pop();
                self.lines.push_back(std::mem::take(&mut self.partial));
            }
        }
        if ends && !self.partial.is_empty() {
            self.bare = true;
            self.lines.push_back(std::mem::take(&mut self.partial));
        }
    }

    fn run(&mut self, c: &mut Context, last: bool) -> Result<(), Stop> {
        while self.code.is_none() && self.out.len() < MAX_TEXT {
            if self.looks_ahead && !last && self.lines.len() < 2 || self.lines.is_empty() {
                return Ok(());
            }
            let before = self.looks_ahead.then(|| self.clone());
            self.space = self.lines.pop_front().unwrap_or_default();
            self.number += 1;
            match self.cycle(c, last) {
                Ok(()) => {}
                Err(Stop::Input) => {
                    // The line comes again with what follows it.
                    if let Some(before) = before {
                        *self = before;
                    }
                    return Ok(());
                }
                Err(stop) => return Err(stop),
            }
        }
        Ok(())
    }

    fn is_last(&self, last: bool) -> bool {
        last && self.lines.is_empty()
    }

    fn print(&mut self, text: &str, last: bool) {
        self.out.push_str(text);
        if !(self.bare && self.is_last(last)) {
            self.out.push(self.end);
        }
    }

    /// What `a` and `r` have put off.
    fn flush(&mut self, last: bool) {
        for text in std::mem::take(&mut self.appended) {
            if self.bare && self.is_last(last) && !self.out.is_empty() && !self.out.ends_with('\n') {
                self.out.push('\n');
            }
            self.out.push_str(&text);
        }
    }

    fn matches(&mut self, pattern: &Option<Rc<Pattern>>) -> bool {
        let pattern = pattern.clone().or(self.last_pattern.clone());
        let found = pattern.as_ref().is_some_and(|p| p.is_match(&self.space));
        self.last_pattern = pattern;
        found
    }

    fn at(&mut self, address: &Address, last: bool) -> bool {
        match address {
            Address::Line(number) => *number == self.number,
            Address::Step(first, 0) => *first == self.number,
            Address::Step(first, step) => self.number >= *first && (self.number - first) % step == 0,
            Address::Last => self.is_last(last),
            Address::Match(pattern) => self.matches(pattern),
            Address::More(_) | Address::Multiple(_) => false,
        }
    }

    fn chosen(&mut self, n: usize, command: &Command, last: bool) -> bool {
        let Some(from) = &command.from else { return true };
        let Some(to) = &command.to else { return self.at(from, last) };
        if let Some(end) = self.inside[n] {
            let over = match to {
                Address::Match(pattern) => self.matches(pattern),
                Address::Last => self.is_last(last),
                _ => self.number >= end,
            };
            if over {
                self.inside[n] = None;
            }
            // A line number that has been passed ends it before this line.
            return !(matches!(to, Address::Line(_)) && self.number > end);
        }
        let zero = matches!(from, Address::Line(0));
        if zero && self.number == 1 {
            let ends = matches!(to, Address::Match(pattern) if self.matches(pattern));
            self.inside[n] = (!ends).then_some(i64::MAX);
            return true;
        }
        if !self.at(from, last) {
            return false;
        }
        let end = match to {
            Address::Line(number) => *number,
            Address::More(count) => self.number + count,
            Address::Multiple(step) if *step > 0 => (self.number + step - 1) / step * step,
            _ => i64::MAX,
        };
        let goes_on = match to {
            Address::Last => !self.is_last(last),
            _ => end > self.number,
        };
        self.inside[n] = goes_on.then_some(end);
        true
    }

    fn write(&mut self, c: &mut Context, file: &str, text: &str) -> Result<(), Stop> {
        let line = [text, "\n"].concat();
        if file == "/dev/stdout" {
            self.out.push_str(&line);
            return Ok(());
        }
        let append = self.written.iter().any(|known| known == file);
        if !append {
            self.written.push(file.to_string());
        }
        c.write(file, &line, append)
            .map_err(|error| Stop::File(format!("couldn't open file {file}: {}", error.text())))
    }

    /// Runs the commands on the line that has been read. Long: an automaton, an arm for each.
    fn cycle(&mut self, c: &mut Context, last: bool) -> Result<(), Stop> {
        let program = self.program.clone();
        let (mut at, mut steps, mut replaced) = (0, 0, false);
        while let Some(command) = program.get(at) {
            steps += 1;
            if steps > MOST_STEPS {
                return Err(Stop::TooLong);
            }
            let chosen = self.chosen(at, command, last) != command.negated;
            at += 1;
            if !chosen {
                if let Action::Open(end) = command.action {
                    at = end + 1;
                }
                continue;
            }
            match &command.action {
                Action::Substitute { pattern, with, number, all, print, file } => {
                    let pattern = pattern.clone().or(self.last_pattern.clone());
                    let Some(pattern) = pattern else { continue };
                    self.last_pattern = Some(pattern.clone());
                    let (made, any) = substitute(&pattern, &self.space, with, *number, *all);
                    if any {
                        self.space = made;
                        replaced = true;
                        if *print {
                            let text = self.space.clone();
                            self.print(&text, last);
                        }
                        if let Some(file) = file {
                            let text = self.space.clone();
                            self.write(c, file, &text)?;
                        }
                    }
                }
                Action::Translate(from, to) => {
                    let changed = |ch: char| from.iter().position(|f| *f == ch).map_or(ch, |n| to[n]);
                    self.space = self.space.chars().map(changed).collect();
                }
                Action::Open(_) | Action::Close | Action::Label => {}
                Action::Branch(kind, _, target) => {
                    let goes = match kind {
                        'b' => true,
                        't' => std::mem::take(&mut replaced),
                        _ => !std::mem::take(&mut replaced),
                    };
                    if goes {
                        at = target.unwrap_or(program.len());
                    }
                }
                Action::Append(text) => self.appended.push(text.clone()),
                Action::Insert(text) => self.out.push_str(text),
                Action::Change(text) => {
                    // Of a range only its end says so.
                    if command.to.is_none() || command.negated || self.inside[at - 1].is_none() {
                        self.out.push_str(text);
                    }
                    self.flush(last);
                    return Ok(());
                }
                Action::Quit(kind, code) => {
                    self.code = Some(*code);
                    if *kind == 'q' && !self.quiet {
                        let text = self.space.clone();
                        let bare = self.bare;
                        self.bare = bare && self.is_last(last);
                        self.print(&text, last);
                    }
                    self.flush(last);
                    return Ok(());
                }
                Action::Read(file) => {
                    if let Ok(text) = c.read(file) {
                        self.appended.push(text);
                    }
                }
                Action::Write(file) => {
                    let text = self.space.clone();
                    self.write(c, file, &text)?;
                }
                Action::Simple(name) => match name {
                    'd' => {
                        self.flush(last);
                        return Ok(());
                    }
                    'D' => {
                        let Some(end) = self.space.find('\n') else {
                            self.flush(last);
                            return Ok(());
                        };
                        self.space.drain(..=end);
                        self.flush(last);
                        (at, replaced) = (0, false);
                    }
                    'p' => {
                        let text = self.space.clone();
                        self.print(&text, last);
                    }
                    'P' => {
                        let text = self.space.split('\n').next().unwrap_or_default().to_string();
                        self.print(&text, false);
                    }
                    '=' => self.out.push_str(&format!("{}\n", self.number)),
                    'F' => self.out.push_str("-\n"),
                    'l' => {
                        let shown =
                            self.space.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n");
                        self.out.push_str(&[&shown, "$\n"].concat());
                    }
                    'n' | 'N' => {
                        let Some(next) = self.lines.pop_front() else {
                            if !last {
                                return Err(Stop::Input);
                            }
                            if *name == 'n' || c.gnu {
                                break;
                            }
                            // POSIX: without a next line nothing is printed; BusyBox prints.
                            break;
                        };
                        self.number += 1;
                        if *name == 'n' {
                            if !self.quiet {
                                let text = std::mem::take(&mut self.space);
                                self.out.push_str(&text);
                                self.out.push(self.end);
                            }
                            self.flush(last);
                            self.space = next;
                        } else {
                            self.space.extend(["\n", &next]);
                        }
                    }
                    'g' => self.space = self.hold.clone(),
                    'G' => {
                        let hold = self.hold.clone();
                        self.space.extend(["\n", &hold]);
                    }
                    'h' => self.hold = self.space.clone(),
                    'H' => {
                        let space = self.space.clone();
                        self.hold.extend(["\n", &space]);
                    }
                    'x' => std::mem::swap(&mut self.space, &mut self.hold),
                    _ => self.space.clear(),
                },
            }
            if self.space.len() > MAX_TEXT {
                return Err(Stop::TooLong);
            }
        }
        if !self.quiet {
            let text = self.space.clone();
            self.print(&text, last);
        }
        self.flush(last);
        Ok(())
    }
}

/// `s`: from the `number`th match on, that one or all.
fn substitute(pattern: &Pattern, text: &str, with: &str, number: i64, all: bool) -> (String, bool) {
    let (mut count, mut any) = (0, false);
    let (made, _) = replace(pattern, text, all || number > 1, &mut |found, out| {
        count += 1;
        if count < number || count > number && !all {
            out.push_str(pattern::group(text, found, 0));
            return;
        }
        any = true;
        insert(with, text, found, out);
    });
    (made, any)
}

fn insert(with: &str, text: &str, found: &pattern::Found, out: &mut String) {
    // `\U`, `\L`, `\u`, `\l`: how what follows is written.
    let (mut all, mut next) = (' ', ' ');
    let push = |piece: &str, all: char, next: &mut char, out: &mut String| {
        for c in piece.chars() {
            match (std::mem::replace(next, ' '), all) {
                ('u', _) | (' ', 'U') => out.extend(c.to_uppercase()),
                ('l', _) | (' ', 'L') => out.extend(c.to_lowercase()),
                _ => out.push(c),
            }
        }
    };
    let mut chars = with.chars();
    while let Some(c) = chars.next() {
        match c {
            '&' => push(pattern::group(text, found, 0), all, &mut next, out),
            '\\' => match chars.next() {
                Some(d @ '0'..='9') => {
                    push(pattern::group(text, found, d as usize - '0' as usize), all, &mut next, out)
                }
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('r') => out.push('\r'),
                Some(c @ ('U' | 'L')) => all = c,
                Some('E') => all = ' ',
                Some(c @ ('u' | 'l')) => next = c,
                Some(c) => push(c.encode_utf8(&mut [0; 4]), all, &mut next, out),
                None => {}
            },
            c => push(c.encode_utf8(&mut [0; 4]), all, &mut next, out),
        }
    }
}
