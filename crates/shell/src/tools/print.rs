//! echo, printf, expr, seq, xargs.

use super::tool::{Context, Tool};
use crate::arith;
use crate::host::MAX_TEXT;
use crate::number::{decimal, integer, thousandths};
use crate::pattern::{self, Pattern};
use crate::word::{quoted, unescape};

/// How much seq prints at once, in bytes.
const PIECE: usize = 4096;

impl Tool {
    pub(crate) fn echo(&mut self, c: &mut Context) {
        let option =
            |w: &&String| w.len() > 1 && w.starts_with('-') && w[1..].bytes().all(|b| b"neE".contains(&b));
        let options = self.operands.iter().take_while(option).count();
        let set = |o: char| self.operands[..options].iter().any(|w| w.contains(o));
        let text = self.operands[options..].join(" ");
        let stopped = if set('e') {
            unescape(&text, &mut c.out)
        } else {
            c.out.push_str(&text);
            false
        };
        if !set('n') && !stopped {
            c.out.push('\n');
        }
    }

    pub(crate) fn printf(&mut self, c: &mut Context) {
        let skip = usize::from(self.operand(0) == "--");
        let mut format = String::new();
        unescape(self.operand(skip), &mut format);
        let mut args = self.operands.iter().skip(skip + 1);
        loop {
            let mut used = false;
            let mut rest = format.as_str();
            while let Some(at) = rest.find('%') {
                c.out.push_str(&rest[..at]);
                rest = &rest[at + 1..];
                let end = rest.find(|ch: char| ch.is_ascii_alphabetic() || ch == '%').unwrap_or(rest.len());
                let (flags, conversion) = (&rest[..end], rest[end..].chars().next().unwrap_or('%'));
                rest = rest.get(end + 1..).unwrap_or("");
                if conversion == '%' {
                    c.out.push('%');
                    continue;
                }
                let mut next = || {
                    let arg = args.next();
                    used |= arg.is_some();
                    arg.map_or("", String::as_str)
                };
                let (width, precision) = flags.split_once('.').unwrap_or((flags, ""));
                let star = if width.ends_with('*') { next().to_string() } else { String::new() };
                let width = if width.ends_with('*') { star.as_str() } else { width };
                let arg = next();
                let number = || integer(arg.trim().trim_start_matches('-')).unwrap_or(0);
                let signed = || if arg.trim().starts_with('-') { -number() } else { number() };
                let precise = decimal(precision).map(|n| n as usize);
                let mut text = match conversion {
                    'd' | 'i' | 'u' => signed().to_string(),
                    'x' => format!("{:x}", signed()),
                    'X' => format!("{:X}", signed()),
                    'o' => format!("{:o}", signed()),
                    'c' => arg.chars().take(1).collect(),
                    'f' => {
                        let digits = precise.unwrap_or(6).min(20);
                        let half = [500, 50, 5].get(digits).copied().unwrap_or(0);
                        let value = thousandths(arg, false).unwrap_or(0);
                        let size = value.saturating_abs().saturating_add(half);
                        let mut text =
                            [if value < 0 { "-" } else { "" }, &(size / 1000).to_string(), "."].concat();
                        let whole = text.len() - usize::from(digits == 0);
                        text.push_str(&format!("{:03}", size % 1000));
                        text.push_str(&"0".repeat(digits));
                        text.truncate(whole + digits);
                        text
                    }
                    'b' => {
                        let mut text = String::new();
                        unescape(arg, &mut text);
                        text
                    }
                    _ => arg.chars().take(precise.unwrap_or(usize::MAX)).collect(),
                };
                let left = width.contains('-');
                let wide = width.trim_start_matches(['-', '+', ' ', '#']);
                if width.contains('+') && "di".contains(conversion) && !text.starts_with('-') {
                    text.insert(0, '+');
                }
                let zero = wide.starts_with('0') && conversion != 's' && !left;
                let wide = decimal(wide).unwrap_or(0).clamp(0, 1000) as usize;
                let missing = wide.saturating_sub(text.chars().count());
                match (left, zero) {
                    (true, _) => text.push_str(&" ".repeat(missing)),
                    (_, true) => text.insert_str(usize::from(text.starts_with('-')), &"0".repeat(missing)),
                    _ => text.insert_str(0, &" ".repeat(missing)),
                }
                c.out.push_str(&text);
            }
            c.out.push_str(rest);
            if !used || args.len() == 0 || c.out.len() > MAX_TEXT {
                return;
            }
        }
    }

    pub(crate) fn expr(&mut self, c: &mut Context) {
        let words: Vec<&str> = self.operands.iter().map(String::as_str).collect();
        let text = match words[..] {
            [text, ":", pattern] => {
                let compiled = Pattern::regex(&format!("^{}", pattern.trim_start_matches('^')), false, false);
                let found = compiled.as_ref().and_then(|p| p.find(text, 0));
                match (pattern.contains("\\("), found) {
                    (true, Some(found)) => pattern::group(text, &found, 1).to_string(),
                    (true, None) => String::new(),
                    (false, found) => {
                        found.map_or(0, |f| pattern::group(text, &f, 0).chars().count()).to_string()
                    }
                }
            }
            ["length", text] => text.chars().count().to_string(),
            [left, operator @ ("=" | "!="), right] => {
                i32::from((left == right) == (operator == "=")).to_string()
            }
            [text] => text.to_string(),
            _ => {
                struct NoVariables;
                impl arith::Variables for NoVariables {
                    fn get(&mut self, _: &str) -> i64 {
                        0
                    }
                    fn set(&mut self, _: &str, _: i64) {}
                }
                let numbers = words.iter().all(|w| !w.starts_with(|ch: char| ch.is_ascii_alphabetic()));
                match arith::evaluate(&words.join(" "), &mut NoVariables) {
                    Ok(value) if numbers => value.to_string(),
                    Err(why) if numbers && why.contains("zero") => return self.usage(c, "division by zero"),
                    _ => return self.usage(c, "syntax error"),
                }
            }
        };
        self.code = i32::from(text.is_empty() || text == "0");
        c.print(&text);
    }

    pub(crate) fn seq(&mut self, c: &mut Context) {
        let numbers: Vec<i64> = self.operands.iter().filter_map(|n| decimal(n)).collect();
        let (from, step, to) = match numbers[..] {
            _ if numbers.len() != self.operands.len() => return self.usage(c, "invalid number"),
            [to] => (1, 1, to),
            [from, to] => (from, 1, to),
            [from, step, to] if step != 0 => (from, step, to),
            _ => return self.usage(c, "missing operand"),
        };
        let separator = self.value('s').unwrap_or("\n").to_string();
        let width = if self.has('w') { to.to_string().len().max(from.to_string().len()) } else { 0 };
        // A piece at a time: whoever reads it may need no more.
        let mut next = if self.count == 0 { Some(from) } else { Some(self.totals[0]) };
        while let Some(n) = next.filter(|n| if step > 0 { *n <= to } else { *n >= to }) {
            if c.out.len() >= PIECE {
                self.totals[0] = n;
                self.goes_on = true;
                return;
            }
            if self.count > 0 {
                c.out.push_str(&separator);
            }
            c.out.push_str(&format!("{n:0width$}"));
            self.count += 1;
            next = n.checked_add(step);
        }
        if self.count > 0 {
            c.out.push('\n');
        }
    }

    pub(crate) fn xargs(&mut self, _: &mut Context, text: &str) {
        let command = if self.operands.is_empty() { vec!["echo".to_string()] } else { self.operands.clone() };
        let quote = |word: &str| format!(" {}", quoted(word));
        let mut script = String::new();
        if let Some(place) = self.value('I') {
            for line in text.lines().map(str::trim).filter(|l| !l.is_empty()) {
                command.iter().for_each(|word| script.push_str(&quote(&word.replace(place, line))));
                script.push('\n');
            }
        } else {
            let words: Vec<&str> = if self.has('0') {
                text.split('\n').filter(|w| !w.is_empty()).collect()
            } else {
                text.split_ascii_whitespace().collect()
            };
            let most =
                self.value('n').and_then(decimal).filter(|n| *n > 0).map_or(usize::MAX, |n| n as usize);
            let nothing = [&[][..]];
            let chunks: Vec<&[&str]> = if words.is_empty() && !self.has('r') {
                nothing.to_vec()
            } else {
                words.chunks(most).collect()
            };
            for chunk in chunks {
                command.iter().for_each(|word| script.push_str(&quote(word)));
                chunk.iter().for_each(|word| script.push_str(&quote(word)));
                script.push('\n');
            }
        }
        self.script = Some(script);
    }
}
