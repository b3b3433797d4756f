//! sed: the commands s, p, d, q, a and i with addresses. A program with others is not simulated.

use super::tool::{Context, Tool};
use crate::host::MAX_TEXT;
use crate::number::decimal;
use crate::pattern::{self, Pattern, replace};
use crate::word::delimited;

enum Address {
    Line(i64),
    Last,
    Match(Pattern),
}

enum Action {
    Substitute { pattern: Pattern, with: String, all: bool, print: bool },
    Print,
    Delete,
    Quit,
    Append(String),
    Insert(String),
}

pub(super) struct SedCommand {
    from: Option<Address>,
    to: Option<Address>,
    negated: bool,
    action: Action,
}

fn sed_address(text: &str, extended: bool) -> Option<(Option<Address>, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0 {
        return Some((Some(Address::Line(decimal(&text[..digits])?)), &text[digits..]));
    }
    if let Some(rest) = text.strip_prefix('$') {
        return Some((Some(Address::Last), rest));
    }
    let Some(rest) = text.strip_prefix('/') else { return Some((None, text)) };
    let (source, rest) = delimited(rest, '/')?;
    Some((Some(Address::Match(Pattern::regex(&source, extended, false)?)), rest))
}

/// The commands s, p, d, q, a and i; `None` for anything else.
fn sed_program(source: &str, extended: bool) -> Option<Vec<SedCommand>> {
    let mut program = vec![];
    let mut rest = source;
    loop {
        rest = rest.trim_start_matches([' ', ';', '\n', '\t']);
        if rest.is_empty() {
            return Some(program);
        }
        let (from, after) = sed_address(rest, extended)?;
        let (to, after) = match after.strip_prefix(',') {
            Some(after) => sed_address(after, extended)?,
            None => (None, after),
        };
        let after = after.trim_start();
        let negated = after.starts_with('!');
        let mut chars = after.trim_start_matches('!').chars();
        let name = chars.next()?;
        rest = chars.as_str();
        let action = match name {
            's' => {
                let delimiter = rest.chars().next()?;
                let (source, after) = delimited(&rest[delimiter.len_utf8()..], delimiter)?;
                let (with, after) = delimited(after, delimiter)?;
                let flags = after.bytes().take_while(|b| b"gpiI".contains(b)).count();
                let icase = after[..flags].contains(['i', 'I']);
                rest = &after[flags..];
                let pattern = Pattern::regex(&source, extended, icase)?;
                Action::Substitute {
                    pattern,
                    with,
                    all: after[..flags].contains('g'),
                    print: after[..flags].contains('p'),
                }
            }
            'p' => Action::Print,
            'd' => Action::Delete,
            'q' => Action::Quit,
            'a' | 'i' => {
                let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
                let text = line.trim_start().trim_start_matches('\\').to_string();
                rest = after;
                if name == 'a' { Action::Append(text) } else { Action::Insert(text) }
            }
            _ => return None,
        };
        if !matches!(name, 'a' | 'i') && !rest.is_empty() && !rest.starts_with([';', '\n', ' ']) {
            return None;
        }
        program.push(SedCommand { from, to, negated, action });
    }
}

impl Tool {
    /// The program that the options and the first operand give, where it is simulated.
    pub(super) fn sed_program(&self) -> Option<Vec<SedCommand>> {
        let given: Vec<&str> =
            self.options.iter().filter(|(o, _)| *o == 'e').map(|(_, v)| v.as_str()).collect();
        let source = if self.has('e') { given.join("\n") } else { self.operand(0).to_string() };
        sed_program(&source, self.has('E') || self.has('r'))
    }

    pub(crate) fn sed(&mut self, c: &mut Context, text: &str) {
        let Some(program) = self.sed_program() else { return };
        let mut out = String::new();
        let lines: Vec<&str> = text.lines().collect();
        let mut inside = vec![false; program.len()];
        let mut quit = false;
        for (n, line) in lines.iter().enumerate() {
            let mut space = line.to_string();
            let mut deleted = false;
            for (command, inside) in program.iter().zip(&mut inside) {
                let at = |address: &Address| match address {
                    Address::Line(number) => *number == n as i64 + 1,
                    Address::Last => n + 1 == lines.len(),
                    Address::Match(pattern) => pattern.is_match(&space),
                };
                let chosen = match (&command.from, &command.to) {
                    (None, _) => true,
                    (Some(from), None) => at(from),
                    (Some(from), Some(to)) => {
                        let begins = !*inside && at(from);
                        let within = *inside || begins;
                        let over = matches!(to, Address::Line(number) if *number <= n as i64 + 1);
                        *inside = within && !over && (begins || !at(to));
                        within
                    }
                };
                if chosen == command.negated {
                    continue;
                }
                match &command.action {
                    Action::Substitute { pattern, with, all, print } => {
                        let before = space.clone();
                        let mut insert = |found: &pattern::Found, out: &mut String| {
                            sed_replacement(with, &before, found, out)
                        };
                        let (made, any) = replace(pattern, &before, *all, &mut insert);
                        space = made;
                        if any && *print {
                            out.extend([&space, "\n"]);
                        }
                    }
                    Action::Print => out.extend([&space, "\n"]),
                    Action::Delete => deleted = true,
                    Action::Quit => quit = true,
                    Action::Append(text) => space.extend(["\n", text]),
                    Action::Insert(text) => out.extend([text.as_str(), "\n"]),
                }
                if deleted || quit {
                    break;
                }
            }
            if !deleted && !self.has('n') {
                out.push_str(&space);
                if n + 1 < lines.len() || text.ends_with('\n') {
                    out.push('\n');
                }
            }
            if quit || out.len() > MAX_TEXT {
                break;
            }
        }
        if !self.has('i') || !self.from_files {
            c.out.push_str(&out);
        } else if let Err(error) = c.host.write(&c.path(&self.file), &out, false) {
            let file = self.file.clone();
            self.complain(c, "@", "couldn't open @", &file, error);
        }
    }
}

fn sed_replacement(with: &str, text: &str, found: &pattern::Found, out: &mut String) {
    let mut chars = with.chars();
    while let Some(c) = chars.next() {
        match c {
            '&' => out.push_str(pattern::group(text, found, 0)),
            '\\' => match chars.next() {
                Some(d @ '0'..='9') => out.push_str(pattern::group(text, found, d as usize - '0' as usize)),
                Some(c) => out.push(c),
                None => {}
            },
            _ => out.push(c),
        }
    }
}
