//! Words: parameters, their edits, fields, file names.

use crate::host::MAX_TEXT;
use crate::op::{Edit, End, Mode, Source, Sub, Test};
use crate::path;
use crate::pattern::{Globbing, Pattern, replace};
use crate::process::{Process, Words, World};
use crate::processor::BYTES_MOVED;
use crate::word::{QUOTE, bash_quoted, is_name, mark_all, unescape, unquoted};
use std::rc::Rc;

/// The most words of a command.
const MAX_WORDS: usize = 1 << 16;

/// What an expansion has found.
enum Value {
    One(Option<Rc<str>>),
    /// An array or the arguments; `true`: each is a word of its own in double quotes.
    Many(Vec<Rc<str>>, bool),
}

impl Process {
    // Words
    pub(crate) fn word(&mut self) -> &mut Words {
        if self.words.is_empty() {
            self.words.push(Words::default());
        }
        self.words.last_mut().expect("one was pushed")
    }

    pub(crate) fn pop_word(&mut self) -> Words {
        self.words.pop().unwrap_or_default()
    }

    /// Appends a value to the word being made.
    pub(crate) fn append(&mut self, w: &mut World, value: &str, mode: Mode) {
        w.system.processor.spend_on(value.len(), BYTES_MOVED);
        if self.word().now.len() + value.len() > MAX_TEXT {
            return self.fatal(w, "out of memory");
        }
        match mode {
            Mode::Quoted => {
                let word = self.word();
                word.exists = true;
                mark_all(&mut word.now, value);
            }
            Mode::Whole => {
                let word = self.word();
                word.exists |= !value.is_empty();
                word.now.push_str(value);
            }
            Mode::Split => self.split(w, value),
        }
    }

    /// Appends an unquoted value, split at IFS.
    fn split(&mut self, w: &mut World, value: &str) {
        let separators = self.vars.get("IFS").and_then(|v| v.get()).unwrap_or(" \t\n".into());
        let mut chars = value.chars();
        // Blanks around another separator belong to it.
        let mut blank = false;
        while let Some(c) = chars.next() {
            let word = self.word();
            if c == QUOTE {
                word.now.push(c);
                word.now.extend(chars.next());
                word.exists = true;
                blank = false;
            } else if !separators.contains(c) {
                // A backslash of a value quotes nothing but in patterns.
                word.now.push(c);
                word.exists = true;
                blank = false;
            } else if c.is_ascii_whitespace() {
                if word.exists {
                    self.field(w, End::Names);
                    blank = true;
                }
            } else if !std::mem::take(&mut blank) {
                word.exists = true;
                self.field(w, End::Names);
            }
        }
    }

    /// Finishes the word being made.
    pub(crate) fn field(&mut self, w: &mut World, end: End) {
        let word = self.word();
        if !std::mem::take(&mut word.exists) {
            return;
        }
        let text = std::mem::take(&mut word.now);
        let made = match end {
            End::Pattern => vec![text],
            End::Plain => vec![unquoted(&text)],
            End::Names if self.options.noglob => vec![unquoted(&text)],
            End::Names => {
                let options = &self.options;
                let globbing = Globbing {
                    extended: options.extglob && self.flavour.is_bash(),
                    hidden: options.dotglob,
                    deep: options.globstar,
                };
                // A backslash of a value quotes, where that is a pattern.
                let source = if text.contains('\\') { escaped(&text) } else { text.clone() };
                let pattern = path::is_pattern(&source, globbing.extended);
                match path::file_names(&self.cwd, &source, globbing, w.host) {
                    Some(names) => names,
                    None if pattern && options.nullglob => vec![],
                    None if pattern && options.failglob => {
                        let what = format!("no match: {}", unquoted(&text));
                        return self.abandon(w, &what);
                    }
                    None => vec![unquoted(&text)],
                }
            }
        };
        w.system.processor.spend(made.len() as i64);
        let done = &mut self.word().done;
        done.extend(made);
        if done.len() > MAX_WORDS {
            self.fatal(w, "Argument list too long");
        }
    }

    /// What `"$*"` stands between its words.
    fn joint(&self) -> String {
        match self.vars.get("IFS").and_then(|v| v.get()) {
            Some(separators) => separators.chars().take(1).collect(),
            None => " ".into(),
        }
    }

    /// Appends several values.
    fn append_many(&mut self, w: &mut World, values: &[Rc<str>], each: bool, mode: Mode) {
        let whole = self.word().whole;
        if whole || mode == Mode::Whole || mode == Mode::Quoted && !each {
            let joint = if each && self.flavour.is_bash() { " ".to_string() } else { self.joint() };
            let text = values.iter().map(|v| &**v).collect::<Vec<_>>().join(&joint);
            return self.append(w, &text, mode);
        }
        for (n, value) in values.iter().enumerate() {
            if n > 0 {
                self.field(w, End::Names);
            }
            self.append(w, value, mode);
        }
    }

    fn append_value(&mut self, w: &mut World, value: Value, mode: Mode) {
        match value {
            Value::One(value) => self.append(w, &value.unwrap_or_default(), mode),
            Value::Many(values, each) => self.append_many(w, &values, each, mode),
        }
    }

    /// What an expansion takes its value from: the value, and the name for a complaint. `None`: there was a mistake.
    fn found(&mut self, w: &mut World, source: &Source) -> Option<(Value, String)> {
        let mut name = source.name.to_string();
        let mut sub = source.sub;
        let mut key = if sub == Sub::Key { self.subscripts.pop() } else { None };
        if source.indirect {
            if self.vars.get(&name).is_some_and(|v| v.attributes.reference) {
                let target = self.resolve(&name);
                return Some((Value::One(Some(target.as_str().into())), name));
            }
            let target = match (sub, &key) {
                (Sub::Key, Some(key)) => self.item(w, &name, key)?,
                _ => self.get(w, &name),
            };
            let positional = name.bytes().all(|c| c.is_ascii_digit());
            let Some(target) = target else {
                if positional {
                    return Some((Value::One(None), name));
                }
                self.abandon(w, &format!("{name}: invalid indirect expansion"));
                return None;
            };
            (sub, key) = (Sub::None, None);
            match target.split_once('[').and_then(|(base, rest)| Some((base, rest.strip_suffix(']')?))) {
                Some((base, "@")) => (name, sub) = (base.into(), Sub::At),
                Some((base, "*")) => (name, sub) = (base.into(), Sub::Star),
                Some((base, index)) => (name, sub, key) = (base.into(), Sub::Key, Some(index.into())),
                None => name = target.to_string(),
            }
            let special = name.len() == 1 && "@*#?$!-".contains(&*name);
            if !is_name(&name) && !special && (name.is_empty() || !name.bytes().all(|c| c.is_ascii_digit())) {
                self.abandon(w, &format!("{target}: invalid variable name"));
                return None;
            }
        }
        let value = match sub {
            Sub::None if name == "@" || name == "*" => {
                let args = self.args.iter().map(|a| a.as_str().into()).collect();
                Value::Many(args, name == "@")
            }
            Sub::None => Value::One(self.get(w, &name)),
            Sub::At | Sub::Star => {
                let items = self.items(&name).into_iter().map(|item| item.2).collect();
                Value::Many(items, sub == Sub::At)
            }
            Sub::Key => {
                let key = key.unwrap_or_default();
                let value = self.item(w, &name, &key)?;
                name = format!("{name}[{key}]");
                Value::One(value)
            }
        };
        Some((value, name))
    }

    pub(crate) fn param(
        &mut self,
        w: &mut World,
        source: &Source,
        mode: Mode,
        test: Test,
        colon: bool,
        past: usize,
    ) {
        if let Test::Names(each) = test {
            let name = &*source.name;
            let set = self.vars.0.iter().filter(|(known, var)| known.starts_with(name) && !var.unset);
            let names = set.filter(|(known, _)| is_name(known)).map(|(known, _)| known.as_str().into());
            let names: Vec<Rc<str>> = names.collect();
            return self.append_many(w, &names, each, mode);
        }
        if test == Test::Keys {
            let keys: Vec<Rc<str>> = self.items(&source.name).into_iter().map(|item| item.1).collect();
            return self.append_many(w, &keys, source.sub == Sub::At, mode);
        }
        let Some((value, name)) = self.found(w, source) else { return };
        let present = match &value {
            Value::One(value) => value.as_ref().is_some_and(|v| !(colon && v.is_empty())),
            Value::Many(values, _) => match &values[..] {
                [] => false,
                [one] => !(colon && one.is_empty()),
                _ => true,
            },
        };
        let unset = matches!(value, Value::One(None));
        if unset && self.options.nounset && matches!(test, Test::Value | Test::Length | Test::At(_)) {
            return self.unset_variable(w, &name);
        }
        match test {
            Test::Length => {
                let length = match value {
                    Value::One(value) => {
                        value.map_or(0, |v| if self.has_locale() { v.chars().count() } else { v.len() })
                    }
                    // Of the arguments together dash and ash count the characters.
                    Value::Many(values, _) if !self.flavour.is_bash() => {
                        values.iter().map(|v| v.len() + 1).sum::<usize>().saturating_sub(1)
                    }
                    Value::Many(values, _) => values.len(),
                };
                self.append(w, &length.to_string(), mode);
            }
            Test::Value => self.append_value(w, value, mode),
            Test::At(letter) => self.transform(w, &name, value, letter, mode),
            Test::Otherwise if present => {
                self.at = past;
                self.append_value(w, value, mode);
            }
            Test::Instead if !present => self.at = past,
            Test::Otherwise | Test::Instead | Test::Keys | Test::Names(_) => {}
        }
    }

    /// `set -u`: a variable that has no value.
    pub(crate) fn unset_variable(&mut self, w: &mut World, name: &str) {
        if self.flavour.is_bash() {
            let sign = if name.starts_with(|c: char| c.is_ascii_digit()) { "$" } else { "" };
            self.complain(w, &format!("{sign}{name}: unbound variable"));
            return self.die(w, self.unset_status());
        }
        self.fatal(w, &format!("{name}: parameter not set"));
    }

    /// How a script ends of a variable that has no value.
    fn unset_status(&self) -> i32 {
        match self.flavour.is_bash() {
            true if self.file.is_empty() && self.depth == 0 => 127,
            true => 1,
            false => 2,
        }
    }

    /// `${x@Q}` and its like.
    fn transform(&mut self, w: &mut World, name: &str, value: Value, letter: u8, mode: Mode) {
        let text = |value: &Rc<str>| -> Rc<str> {
            match letter {
                b'Q' => format!("'{}'", value.replace('\'', "'\\''")).into(),
                b'U' => value.to_uppercase().into(),
                b'L' => value.to_lowercase().into(),
                b'u' => {
                    let mut text = value.to_string();
                    if let Some(first) = text.get_mut(..1) {
                        first.make_ascii_uppercase();
                    }
                    text.into()
                }
                b'E' => {
                    let mut text = String::new();
                    unescape(value, &mut text);
                    text.into()
                }
                b'A' => format!("{name}={}", bash_quoted(value, true)).into(),
                _ => value.clone(),
            }
        };
        match value {
            _ if letter == b'a' => {
                let flags = self.vars.get(name).map_or(String::new(), |v| v.flags().replace('-', ""));
                self.append(w, &flags, mode);
            }
            Value::One(Some(value)) => self.append(w, &text(&value), mode),
            Value::One(None) => self.append(w, "", mode),
            Value::Many(values, each) => {
                let values: Vec<Rc<str>> = values.iter().map(text).collect();
                self.append_many(w, &values, each, mode);
            }
        }
    }

    pub(crate) fn edit(&mut self, w: &mut World, source: &Source, mode: Mode, edit: Edit, colon: bool) {
        let Words { done, now, exists, .. } = self.pop_word();
        let first = done.first().map_or("", String::as_str);
        match edit {
            Edit::Assign => {
                let text = unquoted(&now);
                let key = if source.sub == Sub::Key { self.subscripts.pop() } else { None };
                if !is_name(&source.name) {
                    let name = &source.name;
                    return match self.flavour.is_bash() {
                        true => self.abandon(w, &format!("${name}: cannot assign in this way")),
                        false => self.fatal(w, &format!("{name}: bad variable name")),
                    };
                }
                if self.set_item(w, &source.name, key.as_deref(), &text, false) {
                    self.append(w, &text, mode);
                }
                return;
            }
            Edit::Fail => {
                let null = match (self.flavour.is_bash(), colon) {
                    (true, true) => "parameter null or not set",
                    (false, true) => "parameter not set or null",
                    (true, false) | (false, false) => "parameter not set",
                };
                let text = match unquoted(&now) {
                    text if text.is_empty() => null.to_string(),
                    text => text,
                };
                self.complain(w, &format!("{}: {text}", source.name));
                return self.die(w, self.unset_status());
            }
            _ => {}
        }
        let Some((value, name)) = self.found(w, source) else { return };
        if matches!(value, Value::One(None)) && self.options.nounset {
            return self.unset_variable(w, &name);
        }
        if edit == Edit::Part {
            return self.part(w, source, value, mode, first, exists.then_some(&*now));
        }
        let globbing = Globbing { extended: self.options.extglob, ..Globbing::default() };
        let change = |value: &str| edited(value, edit, first, &now, globbing);
        let value = match value {
            Value::One(value) => Value::One(value.map(|value| change(&value).into())),
            Value::Many(values, each) => Value::Many(values.iter().map(|v| change(v).into()).collect(), each),
        };
        self.append_value(w, value, mode);
    }

    /// `${x:offset:length}`
    fn part(
        &mut self,
        w: &mut World,
        source: &Source,
        value: Value,
        mode: Mode,
        offset: &str,
        length: Option<&str>,
    ) {
        let Some(offset) = self.compute(w, &unquoted(offset)) else { return };
        let length = match length {
            None => None,
            Some(text) => match self.compute(w, &unquoted(text)) {
                None => return,
                length => length,
            },
        };
        let bounds = |count: i64| {
            let from = if offset < 0 { count + offset } else { offset.min(count) };
            let end = match length {
                None => count,
                Some(n) if n < 0 => count + n,
                Some(n) => from.saturating_add(n).min(count),
            };
            (from, end)
        };
        let value = match value {
            Value::One(value) => {
                let value = value.unwrap_or_default();
                let (from, end) = bounds(value.chars().count() as i64);
                if from < 0 || end < from && length.is_none() {
                    Value::One(Some("".into()))
                } else if end < from {
                    if length.is_some_and(|n| n < 0) {
                        let text = format!("{}: substring expression < 0", length.unwrap_or_default());
                        return self.abandon(w, &text);
                    }
                    Value::One(Some("".into()))
                } else {
                    let text: String =
                        value.chars().skip(from as usize).take((end - from) as usize).collect();
                    Value::One(Some(text.into()))
                }
            }
            Value::Many(mut values, each) => {
                if source.sub == Sub::None {
                    values.insert(0, self.name.clone());
                }
                let (from, end) = bounds(values.len() as i64);
                let from = if source.sub == Sub::None && offset == 0 { 0 } else { from };
                let chosen = match values.get(from.max(0) as usize..end.max(from).max(0) as usize) {
                    Some(chosen) if from >= 0 => chosen.to_vec(),
                    _ => vec![],
                };
                Value::Many(chosen, each)
            }
        };
        self.append_value(w, value, mode);
    }
}

/// A word in which a backslash that is not quoted itself quotes what follows.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            QUOTE => {
                out.push(c);
                out.extend(chars.next());
            }
            '\\' => match chars.next() {
                Some(QUOTE) | None => out.extend([QUOTE, c]),
                Some(next) => out.extend([QUOTE, next]),
            },
            c => out.push(c),
        }
    }
    out
}

/// A value as a pattern edits it.
fn edited(value: &str, edit: Edit, first: &str, now: &str, globbing: Globbing) -> String {
    let glob =
        |source: &str, lazy, before, to_end| Pattern::glob(source, lazy, before, to_end, globbing.extended);
    match edit {
        Edit::Prefix { longest } => {
            let found = glob(now, !longest, None, false).find(value, 0);
            found.and_then(|f| value.get(f[1]?..)).unwrap_or(value).to_string()
        }
        Edit::Suffix { longest } => {
            let found = glob(now, false, Some(longest), true).find(value, 0);
            found.and_then(|f| value.get(..(*f.get(2)?)?)).unwrap_or(value).to_string()
        }
        Edit::Replace { all } => {
            // `#` and `%` hold it to the start and to the end.
            let (start, end) = match all {
                true => (None, None),
                false => (first.strip_prefix('#'), first.strip_prefix('%')),
            };
            let source = start.or(end).unwrap_or(first);
            if source.is_empty() {
                return match (start, end) {
                    (Some(_), _) => [&unquoted(now), value].concat(),
                    (_, Some(_)) => [value, &unquoted(now)].concat(),
                    _ => value.to_string(),
                };
            }
            let pattern = glob(source, false, None, end.is_some());
            let pattern = if start.is_some() { pattern } else { pattern.anywhere() };
            replace(&pattern, value, all, &mut |found, out| {
                // An unquoted `&` is what was found (bash 5.2).
                let matched = &value[found[0].unwrap_or(0)..found[1].unwrap_or(0)];
                let mut chars = now.chars();
                while let Some(c) = chars.next() {
                    match c {
                        QUOTE => out.extend(chars.next()),
                        '&' => out.push_str(matched),
                        c => out.push(c),
                    }
                }
            })
            .0
        }
        Edit::Upper { all } | Edit::Lower { all } => {
            let upper = matches!(edit, Edit::Upper { .. });
            let pattern = (!now.is_empty()).then(|| glob(now, false, None, true));
            let mut out = String::new();
            for (n, c) in value.chars().enumerate() {
                let chosen = (all || n == 0)
                    && pattern.as_ref().is_none_or(|p| p.is_match(c.encode_utf8(&mut [0; 4])));
                match (chosen, upper) {
                    (true, true) => out.extend(c.to_uppercase()),
                    (true, false) => out.extend(c.to_lowercase()),
                    _ => out.push(c),
                }
            }
            out
        }
        Edit::Assign | Edit::Fail | Edit::Part => value.to_string(),
    }
}
