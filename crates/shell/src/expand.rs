//! Words: parameters, their edits, fields, file names.

use crate::arith::{self, Variables};
use crate::host::{Flavour, MAX_TEXT};
use crate::number::{decimal, integer};
use crate::op::{Edit, End, Mode, Test};
use crate::path;
use crate::pattern::{Pattern, replace};
use crate::process::{MAIN, Process, Words, World, var};
use crate::processor::BYTES_MOVED;
use crate::word::{QUOTE, mark_all, unquoted};
use std::rc::Rc;

/// The most words of a command.
const MAX_WORDS: usize = 1 << 16;

impl Process {
    // Variables
    /// A variable's or a special parameter's value.
    pub(crate) fn get(&self, w: &mut World, name: &str) -> Option<Rc<str>> {
        if let Some((_, value)) = self.assigning.iter().rev().find(|(known, _)| known == name) {
            return Some(value.as_str().into());
        }
        if let Some(var) = self.vars.get(name) {
            return Some(var.value.clone());
        }
        Some(match name {
            "?" => self.status.to_string().into(),
            "#" => self.args.len().to_string().into(),
            "$" => MAIN.to_string().into(),
            "!" => self.backgrounds.last()?.to_string().into(),
            "-" => if self.options.errexit { "e" } else { "" }.into(),
            "0" => self.name.clone(),
            "@" | "*" if !self.args.is_empty() => self.args.join(" ").into(),
            "HOSTNAME" => w.host.hostname().into(),
            "PWD" => self.cwd.clone(),
            "RANDOM" => {
                // As BusyBox and bash: 15 bits of a linear congruential generator.
                w.system.random =
                    w.system.random.wrapping_mul(1_103_515_245).wrapping_add(w.host.now_ms() as u32 | 1);
                (w.system.random >> 16 & 0x7fff).to_string().into()
            }
            _ => {
                return self.args.get((decimal(name)? as usize).checked_sub(1)?).map(|a| a.as_str().into());
            }
        })
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        let exported = self.vars.get(name).is_some_and(|v| v.exported);
        Rc::make_mut(&mut self.vars).put(name, var(value, exported));
    }

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
            Mode::Split => {
                let separators = self.vars.get("IFS").map_or(" \t\n".into(), |v| v.value.clone());
                let mut chars = value.chars();
                let mut blank = false;
                while let Some(c) = chars.next() {
                    let word = self.word();
                    if c == QUOTE {
                        word.now.push(c);
                        word.now.extend(chars.next());
                        word.exists = true;
                    } else if !separators.contains(c) {
                        word.now.push(c);
                        word.exists = true;
                    } else if word.exists || !c.is_ascii_whitespace() && !blank {
                        word.exists = true;
                        self.field(w, End::Names);
                        // Blanks around another separator belong to it.
                        blank = c.is_ascii_whitespace();
                    } else {
                        blank &= c.is_ascii_whitespace();
                    }
                }
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
            End::Names => path::file_names(&self.cwd, &text, w.host).unwrap_or_else(|| vec![unquoted(&text)]),
        };
        w.system.processor.spend(made.len() as i64);
        let done = &mut self.word().done;
        done.extend(made);
        if done.len() > MAX_WORDS {
            self.fatal(w, "Argument list too long");
        }
    }

    pub(crate) fn param(
        &mut self,
        w: &mut World,
        name: &str,
        mode: Mode,
        test: Test,
        colon: bool,
        past: usize,
    ) {
        let each = match mode {
            Mode::Quoted => name == "@",
            Mode::Split => name == "@" || name == "*",
            Mode::Whole => false,
        };
        if each && test == Test::Value {
            let args = self.args.clone();
            for (n, arg) in args.iter().enumerate() {
                if n > 0 {
                    self.field(w, End::Names);
                }
                self.append(w, arg, mode);
            }
            return;
        }
        let mut value = self.get(w, name);
        if test == Test::Indirect
            && let Some(target) = value
        {
            value = self.get(w, &target);
        }
        let present = value.as_ref().is_some_and(|v| !(colon && v.is_empty()));
        match test {
            Test::Length => {
                let length = value.map_or(0, |v| v.chars().count());
                self.append(w, &length.to_string(), mode);
            }
            Test::Value | Test::Indirect => match value {
                Some(value) => self.append(w, &value, mode),
                None if self.options.nounset && name != "@" && name != "*" => {
                    let unset =
                        if self.flavour == Flavour::Sh { "parameter not set" } else { "unbound variable" };
                    self.fatal(w, &format!("{name}: {unset}"));
                }
                None => self.append(w, "", mode),
            },
            Test::Otherwise if present => {
                self.at = past;
                self.append(w, &value.unwrap_or_default(), mode);
            }
            Test::Instead if !present => self.at = past,
            Test::Otherwise | Test::Instead => {}
        }
    }

    pub(crate) fn edit(&mut self, w: &mut World, name: &str, mode: Mode, edit: Edit, colon: bool) {
        let Words { done, now, .. } = self.pop_word();
        let value = self.get(w, name).unwrap_or_default();
        let cut = |text: Option<&str>| text.unwrap_or(&value).to_string();
        let first = done.first().map_or("", String::as_str);
        let made = match edit {
            Edit::Assign => {
                let text = unquoted(&now);
                self.set(name, &text);
                text
            }
            Edit::Fail => {
                let text = match unquoted(&now) {
                    text if !text.is_empty() => text,
                    _ if colon => "parameter null or not set".into(),
                    _ => "parameter not set".into(),
                };
                return self.fatal(w, &format!("{name}: {text}"));
            }
            Edit::Prefix { longest } => {
                let found = Pattern::glob(&now, !longest, None, false).find(&value, 0);
                cut(found.and_then(|f| value.get(f[1]?..)))
            }
            Edit::Suffix { longest } => {
                let found = Pattern::glob(&now, false, Some(longest), true).find(&value, 0);
                cut(found.and_then(|f| value.get(..(*f.get(2)?)?)))
            }
            Edit::Replace { all } => {
                let with = unquoted(&now);
                // `#` and `%` hold it to the start and to the end.
                let (start, end) = (first.strip_prefix('#'), first.strip_prefix('%'));
                let pattern = Pattern::glob(start.or(end).unwrap_or(first), false, None, end.is_some());
                let pattern = if start.is_some() { pattern } else { pattern.anywhere() };
                if first.is_empty() {
                    value.to_string()
                } else {
                    replace(&pattern, &value, all, &mut |_, out| out.push_str(&with)).0
                }
            }
            Edit::Part => {
                let count = value.chars().count() as i64;
                let from = match self.compute(w, &unquoted(first)) {
                    Some(n) if n < 0 => (count + n).max(0),
                    Some(n) => n.min(count),
                    None => return,
                };
                let length = match unquoted(&now) {
                    text if text.is_empty() => count,
                    text => match self.compute(w, &text) {
                        Some(n) if n < 0 => count - from + n,
                        Some(n) => n,
                        None => return,
                    },
                };
                value.chars().skip(from as usize).take(length.max(0) as usize).collect()
            }
            Edit::Upper { all } | Edit::Lower { all } => {
                let mut text = value.to_string();
                let end = if all { text.len() } else { text.chars().next().map_or(0, char::len_utf8) };
                match edit {
                    Edit::Upper { .. } => text[..end].make_ascii_uppercase(),
                    _ => text[..end].make_ascii_lowercase(),
                }
                text
            }
        };
        self.append(w, &made, mode);
    }

    /// The value of an arithmetic expression; complains of a wrong one.
    pub(crate) fn compute(&mut self, w: &mut World, text: &str) -> Option<i64> {
        struct Vars<'a, 'w>(&'a mut Process, &'a mut World<'w>);
        impl Variables for Vars<'_, '_> {
            fn get(&mut self, name: &str) -> i64 {
                self.0.get(self.1, name).and_then(|v| integer(v.trim())).unwrap_or(0)
            }
            fn set(&mut self, name: &str, value: i64) {
                self.0.set(name, &value.to_string());
            }
        }
        match arith::evaluate(text, &mut Vars(self, w)) {
            Ok(value) => Some(value),
            Err(why) => {
                self.fatal(w, why);
                None
            }
        }
    }
}
