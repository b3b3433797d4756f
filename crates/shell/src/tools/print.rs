//! echo, printf, expr, seq, xargs.

use super::date::time_text;
use super::format::{conversion, leading_number};
use super::tool::{Context, Tool};
use crate::host::MAX_TEXT;
use crate::number::{decimal, integer};
use crate::pattern::{self, Pattern};
use crate::word::{bash_quoted, quoted, unescape, unescape_octal};

/// How much seq prints at once, in bytes.
const PIECE: usize = 4096;

impl Tool {
    pub(crate) fn echo(&mut self, c: &mut Context) {
        let letters: &[u8] = if c.dash { b"n" } else { b"neE" };
        let option =
            |w: &&String| w.len() > 1 && w.starts_with('-') && w[1..].bytes().all(|b| letters.contains(&b));
        let options =
            self.operands.iter().take_while(option).take(if c.dash { 1 } else { usize::MAX }).count();
        let given: String = self.operands[..options].concat();
        let text = self.operands[options..].join(" ");
        let escapes = c.dash || given.rfind('e') > given.rfind('E');
        let stopped = if escapes {
            unescape_octal(&text, &mut c.out, 4)
        } else {
            c.out.push_str(&text);
            false
        };
        if !given.contains('n') && !stopped {
            c.out.push('\n');
        }
    }

    /// printf. `-v NAME` is bash's: the text goes into a variable.
    pub(crate) fn printf(&mut self, c: &mut Context) {
        let mut operands = std::mem::take(&mut self.operands);
        let mut variable = None;
        if c.bash && operands.first().is_some_and(|o| o == "-v") && operands.len() > 1 {
            variable = Some(operands[1].clone());
            operands.drain(..2);
        }
        if operands.first().is_some_and(|o| o == "--") {
            operands.remove(0);
        }
        if operands.is_empty() {
            let usage = match (c.bash, c.dash) {
                (true, _) => "usage: printf [-v var] format [arguments]",
                (_, true) => "usage: printf format [arg ...]",
                _ => "usage: printf FORMAT [ARG]...",
            };
            self.code = 2;
            return c.complain("printf", usage);
        }
        let mut out = String::new();
        let mut args = operands[1..].iter().map(String::as_str);
        loop {
            let before = args.len();
            if self.format(c, &operands[0], &mut args, &mut out)
                || args.len() == before
                || args.len() == 0
                || out.len() > MAX_TEXT
            {
                break;
            }
        }
        match variable {
            Some(name) => self.assigns = Some((name, out)),
            None => c.out.push_str(&out),
        }
    }

    /// The format once; `true`: the output has ended. Long: printf's grammar, a conversion at a time.
    fn format(
        &mut self,
        c: &mut Context,
        format: &str,
        args: &mut dyn ExactSizeIterator<Item = &str>,
        out: &mut String,
    ) -> bool {
        let mut rest = format;
        while let Some(at) = rest.find(['%', '\\']) {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            if rest.starts_with('\\') {
                if c.dash && rest[1..].starts_with(['x', 'e', '"', '\'']) {
                    out.push('\\');
                    rest = &rest[1..];
                    continue;
                }
                // One escape: at most a backslash and what `unescape` takes after it.
                let length = escape_length(rest);
                if unescape(&rest[..length], out) {
                    return true;
                }
                rest = &rest[length..];
                continue;
            }
            if let Some(after) = rest.strip_prefix("%%") {
                out.push('%');
                rest = after;
                continue;
            }
            if let Some((time, after)) =
                rest.strip_prefix("%(").and_then(|r| r.split_once(")T")).filter(|_| c.bash)
            {
                let moment = args.next().and_then(decimal).filter(|n| *n >= 0);
                out.push_str(&time_text(moment.unwrap_or(c.host.now_ms() as i64 / 1000), 0, time));
                rest = after;
                continue;
            }
            let mut wrong = None;
            let mut star = || args.next().and_then(decimal).unwrap_or(0);
            let Some((conversion, after)) = conversion(&rest[1..], &mut star) else {
                self.code = 1;
                c.complain(
                    "printf",
                    &match (c.bash, c.dash) {
                        (true, _) => format!("`{}': missing format character", &rest),
                        (_, true) => format!("{}: invalid directive", &rest),
                        _ => format!("{rest}: invalid format"),
                    },
                );
                return true;
            };
            let spec = &rest[..rest.len() - after.len()];
            let arg = args.next();
            match conversion.letter {
                's' => out.push_str(&conversion.text(arg.unwrap_or_default())),
                'c' => out.push_str(
                    &conversion.pad(&arg.unwrap_or_default().chars().take(1).collect::<String>(), false),
                ),
                'b' => {
                    let mut text = String::new();
                    let stopped = unescape_octal(arg.unwrap_or_default(), &mut text, 4);
                    out.push_str(&conversion.text(&text));
                    if stopped {
                        return true;
                    }
                }
                'q' if c.bash => out.push_str(&conversion.text(&backslashed(arg.unwrap_or_default()))),
                'd' | 'i' | 'u' | 'x' | 'X' | 'o' => {
                    let value = match arg {
                        None => 0,
                        Some(text) => whole_number(text).unwrap_or_else(|value| {
                            wrong = Some(text);
                            value
                        }),
                    };
                    out.push_str(&conversion.integer(value));
                }
                'f' | 'F' | 'e' | 'E' | 'g' | 'G' => {
                    let text = arg.unwrap_or_default();
                    let (value, length) = leading_number(text);
                    if arg.is_some() && length < text.len() {
                        wrong = Some(text);
                    }
                    out.push_str(&conversion.float(value));
                }
                _ => {
                    self.code = 1;
                    c.complain(
                        "printf",
                        &match (c.bash, c.dash) {
                            (true, _) => format!("`{}': invalid format character", conversion.letter),
                            (_, true) => format!("{spec}: invalid directive"),
                            _ => format!("{format}: invalid format"),
                        },
                    );
                    return true;
                }
            }
            if let Some(text) = wrong {
                self.code = 1;
                c.complain(
                    "printf",
                    &match (c.bash, c.dash) {
                        (true, _) => format!("{text}: invalid number"),
                        (_, true) => format!("{text}: expected numeric value"),
                        _ => format!("invalid number '{text}'"),
                    },
                );
            } else if (arg == Some("") || arg.is_none() && !c.dash)
                && "diuxXo".contains(conversion.letter)
                && !c.bash
            {
                self.code = 1;
                c.complain(
                    "printf",
                    &match c.dash {
                        true => ": expected numeric value".to_string(),
                        false => "invalid number ''".to_string(),
                    },
                );
            }
            rest = after;
        }
        out.push_str(rest);
        false
    }

    pub(crate) fn expr(&mut self, c: &mut Context) {
        let words: Vec<String> = self.operands.iter().filter(|w| *w != "--").cloned().collect();
        let mut e = Expression { words: &words, at: 0, gnu: c.gnu };
        let value = e.or(0);
        let value = match value {
            Ok(value) if e.at == words.len() && !words.is_empty() => value,
            Ok(_) if words.is_empty() && c.gnu => {
                return self.usage(c, "missing operand\nTry 'expr --help' for more information.");
            }
            Ok(_) => match c.gnu {
                true => {
                    return self.usage(
                        c,
                        &format!("syntax error: unexpected argument '{}'", words.get(e.at).map_or("", |w| w)),
                    );
                }
                false => return self.usage(c, "syntax error"),
            },
            Err(why) => return self.usage(c, &why),
        };
        self.code = i32::from(value.is_empty() || value == "0");
        c.print(&value);
    }

    pub(crate) fn seq(&mut self, c: &mut Context) {
        if self.operands.is_empty() {
            self.code = 1;
            let text = "missing operand\nTry 'seq --help' for more information.";
            return if c.gnu { self.usage(c, text) } else { c.err.push_str("BusyBox v\n") };
        }
        if let Some(wrong) = self.operands.iter().find(|n| leading_number(n).1 != n.len()) {
            let text = match c.gnu {
                true => format!(
                    "invalid floating point argument: '{wrong}'\nTry 'seq --help' for more information."
                ),
                false => format!("invalid number '{wrong}'"),
            };
            return self.usage(c, &text);
        }
        let whole: Vec<i64> = self.operands.iter().filter_map(|n| decimal(n)).collect();
        if whole.len() < self.operands.len() || self.has('f') {
            return self.seq_of_fractions(c);
        }
        let (from, step, to) = match whole[..] {
            [to] => (1, 1, to),
            [from, to] => (from, 1, to),
            [from, step, to, ..] => (from, step, to),
            [] => return,
        };
        if step == 0 {
            return self.usage(c, "invalid Zero increment value: '0'");
        }
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

    fn seq_of_fractions(&mut self, c: &mut Context) {
        let numbers: Vec<f64> = self.operands.iter().map(|n| leading_number(n).0).collect();
        let (from, step, to) = match numbers[..] {
            [to] => (1.0, 1.0, to),
            [from, to] => (from, 1.0, to),
            [from, step, to, ..] => (from, step, to),
            [] => return,
        };
        let places = |n: &String| n.split_once('.').map_or(0, |(_, digits)| digits.len());
        let places = self.operands.iter().take(self.operands.len().max(2) - 1).map(places).max().unwrap_or(0);
        let format = self.value('f').map(str::to_string);
        let separator = self.value('s').unwrap_or("\n").to_string();
        let mut lines = vec![];
        let count = if step == 0.0 { 0.0 } else { ((to - from) / step + 1e-9).floor() };
        for n in 0..(count.max(-1.0) as i64 + 1).min(100_000) {
            let value = from + step * n as f64;
            lines.push(match &format {
                Some(format) => {
                    let (before, rest) = format.split_once('%').unwrap_or((format, ""));
                    match conversion(rest, &mut || 0) {
                        Some((conversion, after)) => [before, &conversion.float(value), after].concat(),
                        None => before.to_string(),
                    }
                }
                None => format!("{value:.places$}"),
            });
        }
        if !lines.is_empty() {
            c.print(&lines.join(&separator));
        }
    }

    pub(crate) fn xargs(&mut self, c: &mut Context, text: &str) {
        let command = if self.operands.is_empty() { vec!["echo".to_string()] } else { self.operands.clone() };
        let quote = |word: &str| format!(" {}", quoted(word));
        let mut lines: Vec<Vec<String>> = vec![];
        let place = self.value('I').map(str::to_string);
        let delimiter = match (self.has('0'), self.value('d')) {
            (true, _) => Some('\0'),
            (_, Some(text)) => {
                let mut plain = String::new();
                unescape(text, &mut plain);
                plain.chars().next()
            }
            _ => None,
        };
        if let Some(place) = &place {
            let items =
                text.split(delimiter.unwrap_or('\n')).map(|l| l.trim_start()).filter(|l| !l.is_empty());
            for item in items {
                lines.push(command.iter().map(|word| word.replace(place, item)).collect());
            }
        } else {
            let words: Vec<String> = match delimiter {
                Some(delimiter) => text.split_terminator(delimiter).map(str::to_string).collect(),
                None => match xargs_words(text) {
                    Ok(words) => words,
                    Err(why) => return self.usage(c, if c.gnu { why } else { "unmatched single quote" }),
                },
            };
            let most =
                self.value('n').and_then(decimal).filter(|n| *n > 0).map_or(usize::MAX, |n| n as usize);
            let by_line = self.value('L').and_then(decimal).map(|n| n.max(1) as usize);
            if let Some(count) = by_line {
                let rows: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).collect();
                for rows in rows.chunks(count) {
                    let words = rows.iter().flat_map(|r| r.split_ascii_whitespace()).map(str::to_string);
                    lines.push(command.iter().cloned().chain(words).collect());
                }
            } else if words.is_empty() && !self.has('r') {
                lines.push(command.clone());
            } else {
                for chunk in words.chunks(most) {
                    lines.push(command.iter().cloned().chain(chunk.iter().cloned()).collect());
                }
            }
        }
        // 123 where a command has failed; one that is not found ends all.
        let mut script = String::from("_x=0;");
        for line in lines {
            if self.has('t') {
                let shown: String = line.join(" ");
                script.push_str(&format!("command printf '%s\\n' {} >&2;", quoted(&shown)));
            }
            script.push_str("command");
            line.iter().for_each(|word| script.push_str(&quote(word)));
            script.push_str(" </dev/null || { _s=$?; case $_s in 126|127) exit $_s;; *) _x=123;; esac; };");
        }
        script.push_str("(exit $_x)");
        self.script = Some(["(", &script, ")"].concat());
    }
}

/// What xargs says of a quote that is not closed.
const QUOTE_OPEN: &str =
    "unmatched single quote; by default quotes are special to xargs unless you use the -0 option";

/// The words of xargs' input: blanks part them, quotes and backslashes hold them together.
fn xargs_words(text: &str) -> Result<Vec<String>, &'static str> {
    let (mut words, mut word, mut open, mut any) = (vec![], String::new(), None, false);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (open, c) {
            (Some(quote), c) if c == quote => open = None,
            (Some(_), '\n') => {
                return Err(QUOTE_OPEN);
            }
            (Some(_), c) => word.push(c),
            (None, '\'' | '"') => (open, any) = (Some(c), true),
            (None, '\\') => {
                word.extend(chars.next());
                any = true;
            }
            (None, c) if c.is_ascii_whitespace() => {
                if any {
                    words.push(std::mem::take(&mut word));
                }
                any = false;
            }
            (None, c) => {
                word.push(c);
                any = true;
            }
        }
    }
    if open.is_some() {
        return Err(QUOTE_OPEN);
    }
    if any {
        words.push(word);
    }
    Ok(words)
}

/// How long the escape is that a text begins with.
fn escape_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    match bytes.get(1) {
        Some(b'x') => 2 + bytes[2..].iter().take(2).take_while(|c| c.is_ascii_hexdigit()).count(),
        Some(b'u') => 2 + bytes[2..].iter().take(4).take_while(|c| c.is_ascii_hexdigit()).count(),
        Some(b'0'..=b'7') => 1 + bytes[1..].iter().take(3).take_while(|c| (b'0'..=b'7').contains(c)).count(),
        Some(_) => 1 + text[1..].chars().next().map_or(0, char::len_utf8),
        None => 1,
    }
}

/// A whole number as printf reads it. Errors: what of it is one.
fn whole_number(text: &str) -> Result<i64, i64> {
    let trimmed = text.trim_start();
    if let Some(c) = trimmed.strip_prefix(['\'', '"']) {
        return Ok(c.chars().next().map_or(0, |c| i64::from(c as u32)));
    }
    let (negative, digits) = match trimmed.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, trimmed.strip_prefix('+').unwrap_or(trimmed)),
    };
    if digits.is_empty() {
        return if text.is_empty() { Ok(0) } else { Err(0) };
    }
    let sign = |n: i64| if negative { n.wrapping_neg() } else { n };
    match integer(digits) {
        Some(value) => Ok(sign(value)),
        None => {
            let length = digits.bytes().take_while(u8::is_ascii_digit).count();
            Err(sign(decimal(&digits[..length]).unwrap_or(0)))
        }
    }
}

/// A word as `%q` shows it.
fn backslashed(word: &str) -> String {
    if word.is_empty() {
        return "''".into();
    }
    if word.contains(|c: char| c.is_ascii_control()) {
        return bash_quoted(word, false);
    }
    let mut out = String::new();
    for (n, c) in word.chars().enumerate() {
        if " !\"$&'()*,;<>?[\\]^`{|}".contains(c) || n == 0 && "#~".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// expr's grammar.
struct Expression<'a> {
    words: &'a [String],
    at: usize,
    gnu: bool,
}

impl Expression<'_> {
    fn take(&mut self, words: &[&str]) -> Option<String> {
        let word = self.words.get(self.at).filter(|w| words.contains(&w.as_str()))?;
        self.at += 1;
        Some(word.clone())
    }

    fn next(&mut self) -> Result<String, String> {
        let word = self.words.get(self.at).cloned();
        self.at += 1;
        word.ok_or_else(|| match (self.gnu, self.words.last()) {
            (true, Some(last)) => format!("syntax error: missing argument after '{last}'"),
            _ => "syntax error".to_string(),
        })
    }

    fn or(&mut self, depth: usize) -> Result<String, String> {
        if depth > 50 {
            return Err("syntax error".into());
        }
        let mut left = self.and(depth)?;
        while self.take(&["|"]).is_some() {
            let right = self.and(depth)?;
            if is_nothing(&left) {
                left = if is_nothing(&right) { "0".into() } else { right };
            }
        }
        Ok(left)
    }

    fn and(&mut self, depth: usize) -> Result<String, String> {
        let mut left = self.compare(depth)?;
        while self.take(&["&"]).is_some() {
            let right = self.compare(depth)?;
            if is_nothing(&left) || is_nothing(&right) {
                left = "0".into();
            }
        }
        Ok(left)
    }

    fn compare(&mut self, depth: usize) -> Result<String, String> {
        let mut left = self.sum(depth)?;
        while let Some(operator) = self.take(&["<", "<=", "=", "==", "!=", ">=", ">"]) {
            let right = self.sum(depth)?;
            let order = match (decimal(&left), decimal(&right)) {
                (Some(a), Some(b)) => a.cmp(&b),
                _ => left.cmp(&right),
            };
            let yes = match operator.as_str() {
                "<" => order.is_lt(),
                "<=" => order.is_le(),
                "!=" => order.is_ne(),
                ">=" => order.is_ge(),
                ">" => order.is_gt(),
                _ => order.is_eq(),
            };
            left = i32::from(yes).to_string();
        }
        Ok(left)
    }

    fn numbers(left: &str, right: &str) -> Result<(i64, i64), String> {
        match (decimal(left), decimal(right)) {
            (Some(a), Some(b)) => Ok((a, b)),
            _ => Err("non-integer argument".into()),
        }
    }

    fn sum(&mut self, depth: usize) -> Result<String, String> {
        let mut left = self.product(depth)?;
        while let Some(operator) = self.take(&["+", "-"]) {
            let right = self.product(depth)?;
            let (a, b) = Self::numbers(&left, &right)?;
            left = if operator == "+" { a.wrapping_add(b) } else { a.wrapping_sub(b) }.to_string();
        }
        Ok(left)
    }

    fn product(&mut self, depth: usize) -> Result<String, String> {
        let mut left = self.matching(depth)?;
        while let Some(operator) = self.take(&["*", "/", "%"]) {
            let right = self.matching(depth)?;
            let (a, b) = Self::numbers(&left, &right)?;
            left = match operator.as_str() {
                "*" => a.wrapping_mul(b),
                _ if b == 0 => return Err("division by zero".into()),
                "/" => a.wrapping_div(b),
                _ => a.wrapping_rem(b),
            }
            .to_string();
        }
        Ok(left)
    }

    fn matching(&mut self, depth: usize) -> Result<String, String> {
        let mut left = self.primary(depth)?;
        while self.take(&[":"]).is_some() {
            let right = self.primary(depth)?;
            left = matched(&left, &right);
        }
        Ok(left)
    }

    fn primary(&mut self, depth: usize) -> Result<String, String> {
        let more = self.at + 1 < self.words.len();
        if self.take(&["("]).is_some() {
            let value = self.or(depth + 1)?;
            if self.take(&[")"]).is_none() {
                return Err("syntax error".into());
            }
            return Ok(value);
        }
        match self.words.get(self.at).map(String::as_str) {
            Some("length") if more => {
                self.at += 1;
                Ok(self.primary(depth)?.chars().count().to_string())
            }
            Some("match") if more => {
                self.at += 1;
                let (text, pattern) = (self.primary(depth)?, self.primary(depth)?);
                Ok(matched(&text, &pattern))
            }
            Some("index") if more => {
                self.at += 1;
                let (text, set) = (self.primary(depth)?, self.primary(depth)?);
                Ok(text.chars().position(|c| set.contains(c)).map_or(0, |n| n + 1).to_string())
            }
            Some("substr") if more => {
                self.at += 1;
                let text = self.primary(depth)?;
                let (from, count) = (self.primary(depth)?, self.primary(depth)?);
                let (from, count) = (decimal(&from).unwrap_or(0), decimal(&count).unwrap_or(0));
                if from < 1 || count < 1 {
                    return Ok(String::new());
                }
                Ok(text.chars().skip(from as usize - 1).take(count as usize).collect())
            }
            _ => self.next(),
        }
    }
}

fn is_nothing(text: &str) -> bool {
    text.is_empty() || decimal(text) == Some(0)
}

/// What `:` gives: the first group, or how much was matched.
fn matched(text: &str, pattern: &str) -> String {
    let compiled = Pattern::regex(&format!("^{}", pattern.trim_start_matches('^')), false, false);
    let found = compiled.as_ref().and_then(|p| p.find(text, 0));
    match (pattern.contains("\\("), found) {
        (true, Some(found)) => pattern::group(text, &found, 1).to_string(),
        (true, None) => String::new(),
        (false, found) => found.map_or(0, |f| pattern::group(text, &f, 0).chars().count()).to_string(),
    }
}
