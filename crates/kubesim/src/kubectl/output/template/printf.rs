//! Go's `fmt`, as far as templates use it.

use super::data::{Data, View};
use super::float::float_text;
use super::text::push;
use std::iter::repeat_n;

/// Go's `Sprint`: spaces between operands of which neither is a text.
pub(super) fn print(arguments: &[Data]) -> Result<String, String> {
    let mut out = String::new();
    let mut after_text = true;
    for argument in arguments {
        let is_text = matches!(argument.view(), View::Text(_));
        push(&mut out, if is_text || after_text { "" } else { " " })?;
        push(&mut out, &argument.view().text())?;
        after_text = is_text;
    }
    Ok(out)
}

/// Go's `Sprintln`.
pub(super) fn print_line(arguments: &[Data]) -> Result<String, String> {
    let mut out = String::new();
    for (n, argument) in arguments.iter().enumerate() {
        push(&mut out, if n == 0 { "" } else { " " })?;
        push(&mut out, &argument.view().text())?;
    }
    push(&mut out, "\n")?;
    Ok(out)
}

/// A verb of a format, such as `%-5s`. Models `doPrintf` of `fmt/print.go`.
#[derive(Default)]
struct Verb {
    /// Of `+-# 0`.
    flags: String,
    width: usize,
    precision: Option<usize>,
    letter: char,
}

/// A number at the start of a format; `None` if it is so long that Go gives up (`parsenum`).
fn number(rest: &mut &str) -> Option<usize> {
    let mut number = 0;
    while let Some(digit) = rest.chars().next().and_then(|c| c.to_digit(10)) {
        if number > 1_000_000 {
            return None;
        }
        number = number * 10 + digit as usize;
        *rest = &rest[1..];
    }
    Some(number)
}

impl Verb {
    /// Reads a verb after its `%`. `None`: there is none up to the format's end.
    fn read(rest: &mut &str) -> Option<Verb> {
        let flags = rest.len() - rest.trim_start_matches(['+', '-', '#', ' ', '0']).len();
        let mut verb = Verb { flags: rest[..flags].to_string(), ..Verb::default() };
        *rest = &rest[flags..];
        verb.width = number(rest)?;
        if let Some(after) = rest.strip_prefix('.') {
            *rest = after;
            verb.precision = Some(number(rest)?);
        }
        verb.letter = rest.chars().next()?;
        *rest = &rest[verb.letter.len_utf8()..];
        Some(verb)
    }

    fn has(&self, flag: char) -> bool {
        self.flags.contains(flag)
    }

    /// What does not fit the verb: `%!d(string=abc)`.
    fn bad(&self, view: &View, is_constant: bool) -> String {
        let letter = self.letter;
        match view {
            View::Nil => format!("%!{letter}(<nil>)"),
            other => format!("%!{letter}({}={})", other.type_name(is_constant), other.text()),
        }
    }

    /// A value as the verb prints it; lists and maps element by element.
    fn print(&self, view: &View, is_constant: bool, out: &mut String) -> Result<(), String> {
        let text = match view {
            View::List(items) => {
                push(out, "[")?;
                for (n, item) in items.iter().enumerate() {
                    push(out, if n == 0 { "" } else { " " })?;
                    self.print(&View::of(item), false, out)?;
                }
                return push(out, "]");
            }
            View::Map(map) => {
                push(out, "map[")?;
                for (n, (key, item)) in map.iter().enumerate() {
                    push(out, if n == 0 { "" } else { " " })?;
                    self.print(&View::Text(key), false, out)?;
                    push(out, ":")?;
                    self.print(&View::of(item), false, out)?;
                }
                return push(out, "]");
            }
            View::Nil if self.letter == 'v' => "<nil>".to_string(),
            View::Bool(_) if matches!(self.letter, 't' | 'v') => view.text(),
            View::Text(text) => match self.text(text) {
                Some(text) => text,
                None => return push(out, &self.bad(view, is_constant)),
            },
            View::Int(int) => match self.int(*int) {
                Some(text) => text,
                None => return push(out, &self.bad(view, is_constant)),
            },
            View::Float(float) if matches!(self.letter, 'v' | 'g' | 'e' | 'f' | 'G' | 'E' | 'F') => {
                let verb = if self.letter == 'v' { 'g' } else { self.letter.to_ascii_lowercase() };
                let text = float_text(*float, verb, self.precision);
                self.signed(if self.letter == 'E' || self.letter == 'G' { text.to_uppercase() } else { text })
            }
            _ => return push(out, &self.bad(view, is_constant)),
        };
        self.pad(&text, matches!(view, View::Int(_) | View::Float(_)), out)
    }

    fn text(&self, text: &str) -> Option<String> {
        let cut: String = match self.precision {
            Some(most) => text.chars().take(most).collect(),
            None => text.to_string(),
        };
        Some(match self.letter {
            's' | 'v' => cut,
            'q' => format!("{cut:?}"),
            'x' => cut.bytes().map(|byte| format!("{byte:02x}")).collect(),
            'X' => cut.bytes().map(|byte| format!("{byte:02X}")).collect(),
            _ => return None,
        })
    }

    fn int(&self, int: i64) -> Option<String> {
        let (sign, size) = (if int < 0 { "-" } else { "" }, int.unsigned_abs());
        let digits = match self.letter {
            'd' | 'v' => size.to_string(),
            'b' => format!("{size:b}"),
            'o' => format!("{size:o}"),
            'x' => format!("{size:x}"),
            'X' => format!("{size:X}"),
            'c' => {
                return u32::try_from(int)
                    .ok()
                    .and_then(char::from_u32)
                    .or(Some('\u{fffd}'))
                    .map(String::from);
            }
            'q' => return u32::try_from(int).ok().and_then(char::from_u32).map(|c| format!("{c:?}")),
            'U' => return Some(format!("U+{size:04X}")),
            _ => return None,
        };
        let prefix = match (self.has('#'), self.letter) {
            (true, 'x') => "0x",
            (true, 'X') => "0X",
            (true, 'o') => "0",
            (true, 'b') => "0b",
            _ => "",
        };
        let zeros: String = repeat_n('0', self.precision.unwrap_or(0).saturating_sub(digits.len())).collect();
        Some(self.signed([sign, prefix, &zeros, &digits].concat()))
    }

    fn signed(&self, text: String) -> String {
        let signed = text.starts_with(['-', '+']);
        match (signed, self.has('+'), self.has(' ')) {
            (false, true, _) => format!("+{text}"),
            (false, false, true) => format!(" {text}"),
            _ => text,
        }
    }

    fn pad(&self, text: &str, is_number: bool, out: &mut String) -> Result<(), String> {
        let missing = self.width.saturating_sub(text.chars().count());
        let signs = usize::from(is_number && text.starts_with(['-', '+', ' ']));
        let parts = if self.has('-') {
            [text, "", &" ".repeat(missing)].concat()
        } else if self.has('0') && is_number {
            [&text[..signs], &"0".repeat(missing), &text[signs..]].concat()
        } else {
            [&" ".repeat(missing), "", text].concat()
        };
        push(out, &parts)
    }
}

/// Go's `Sprintf`.
pub(super) fn printf(format: &str, arguments: &[Data]) -> Result<String, String> {
    let (mut out, mut left) = (String::new(), arguments.iter());
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('%') {
        push(&mut out, before)?;
        rest = after;
        let Some(verb) = Verb::read(&mut rest) else {
            push(&mut out, "%!(NOVERB)")?;
            rest = "";
            break;
        };
        if verb.letter == '%' {
            push(&mut out, "%")?;
            continue;
        }
        let Some(argument) = left.next() else {
            push(&mut out, &format!("%!{}(MISSING)", verb.letter))?;
            continue;
        };
        match verb.letter {
            'T' => push(&mut out, if argument.is_nothing() { "<nil>" } else { argument.type_name() })?,
            _ => verb.print(&argument.view(), matches!(argument, Data::Int(_)), &mut out)?,
        }
    }
    push(&mut out, rest)?;
    let extra: Vec<String> = left
        .map(|argument| match argument.view() {
            View::Nil => "<nil>".to_string(),
            view => format!("{}={}", argument.type_name(), view.text()),
        })
        .collect();
    if !extra.is_empty() {
        push(&mut out, &["%!(EXTRA ", &extra.join(", "), ")"].concat())?;
    }
    Ok(out)
}
