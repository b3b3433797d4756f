//! Filters of lines and characters: head, tail, cut, tr, uniq, wc, tee.

use super::tool::{Context, Tool};
use crate::number::decimal;
use crate::path::{absolute, is_device};
use crate::pattern;
use crate::word::unescape;

/// Options that are numbers, with GNU's complaint of a value that is none.
const NUMBERS: [(&str, char, &str); 8] = [
    ("fold", 'w', "invalid number of columns: '@'"),
    ("grep", 'm', "invalid max count"),
    ("head", 'c', "invalid number of bytes: '@'"),
    ("head", 'n', "invalid number of lines: '@'"),
    ("nl", 'w', "invalid line number field width: '@'"),
    ("sort", 'k', "invalid number at field start: invalid count at start of '@'"),
    ("tail", 'c', "invalid number of bytes: '@'"),
    ("tail", 'n', "invalid number of lines: '@'"),
];

impl Tool {
    pub(super) fn cat(&mut self, c: &mut Context, text: &str) {
        let mut squeezed = String::new();
        let text = match self.has('s') {
            true => {
                for line in text.split_inclusive('\n') {
                    if line != "\n" || !squeezed.ends_with("\n\n") {
                        squeezed.push_str(line);
                    }
                }
                squeezed.as_str()
            }
            false => text,
        };
        if !['n', 'A', 'b', 'E', 'T', 'v', 'e', 't'].iter().any(|o| self.has(*o)) {
            return c.out.push_str(text);
        }
        let marks = self.has('A') || self.has('E') || self.has('e');
        let mut shown = String::new();
        for line in text.split_inclusive('\n') {
            let line = if ['A', 'T', 't'].iter().any(|o| self.has(*o)) {
                line.replace('\t', "^I")
            } else {
                line.to_string()
            };
            let line = if marks { line.replace('\n', "$\n") } else { line };
            if !['v', 'A', 'e', 't'].iter().any(|o| self.has(*o)) {
                shown.push_str(&line);
                continue;
            }
            for byte in line.bytes() {
                let (meta, low) = (byte >= 0x80, byte & 0x7f);
                shown.push_str(if meta { "M-" } else { "" });
                match low {
                    b'\n' | b'\t' if !meta => shown.push(char::from(low)),
                    0..32 | 127 => shown.extend(['^', char::from(low ^ 64)]),
                    low => shown.push(char::from(low)),
                }
            }
        }
        if !self.has('n') && !self.has('b') {
            return c.out.push_str(&shown);
        }
        for line in shown.split_inclusive('\n') {
            if self.has('b') && line == "\n" {
                c.out.push('\n');
                continue;
            }
            self.count += 1;
            c.out.push_str(&format!("{:6}\t{line}", self.count));
        }
    }

    pub(super) fn tee(&mut self, c: &mut Context, text: &str) {
        for file in &self.operands {
            let append = self.has('a') || self.count > 0;
            if append && text.is_empty() && self.count > 0 {
                continue;
            }
            if is_device(&absolute(c.cwd, file)) {
                continue;
            }
            if let Err(error) = c.write(file, text, append) {
                self.code = 1;
                c.err.push_str(&self.message("@", file, error));
            }
        }
        self.count += 1;
        c.out.push_str(text);
    }

    pub(crate) fn translate(&mut self, c: &mut Context, text: &str) {
        if self.operands.is_empty() {
            return self.usage(c, "missing operand\nTry 'tr --help' for more information.");
        }
        let (from, to) = (characters(self.operand(0)), characters(self.operand(1)));
        let (delete, squeeze, complement) = (self.has('d'), self.has('s'), self.has('c'));
        let squeezed = if to.is_empty() { &from } else { &to };
        let mut before = None;
        for ch in text.chars() {
            let at = from.iter().position(|f| *f == ch);
            let hit = at.is_some() != complement;
            if delete && hit {
                continue;
            }
            let mut made = ch;
            if hit && let Some(end) = to.last() {
                made = *to.get(at.unwrap_or(usize::MAX)).unwrap_or(end);
            }
            let in_set = if to.is_empty() { hit } else { squeezed.contains(&made) };
            if squeeze && in_set && before == Some(made) {
                continue;
            }
            before = Some(made);
            c.out.push(made);
        }
    }

    /// Complains of an option that should be a number; whether there is one.
    pub(crate) fn has_wrong_number(&mut self, c: &mut Context) -> bool {
        if std::mem::replace(&mut self.checked, true) {
            return false;
        }
        if self.name == "cut" {
            return self.has_wrong_list(c);
        }
        let is_wrong =
            |value: &str| !value.trim_start_matches(['+', '-']).starts_with(|c: char| c.is_ascii_digit());
        for (name, option, gnu) in NUMBERS {
            let Some(value) = self.value(option).filter(|v| name == self.name && is_wrong(v)) else {
                continue;
            };
            let what = match (c.gnu, name) {
                (true, _) => gnu.replace('@', value),
                (false, "sort") => "bad field specification".to_string(),
                (false, _) => format!("invalid number '{value}'"),
            };
            self.usage(c, &what);
            return true;
        }
        false
    }

    /// The same for cut's list.
    fn has_wrong_list(&mut self, c: &mut Context) -> bool {
        let fields = self.has('f');
        let list = ['f', 'c', 'b'].iter().find_map(|option| self.value(*option));
        let is_number = |word: &&str| word.bytes().all(|b| b.is_ascii_digit());
        let words = || list.unwrap_or_default().split([',', ' ', '-']);
        let wrong = words().find(|word| !is_number(word)).or(list.filter(|list| list.is_empty()));
        let what = match (list, wrong, fields) {
            (None, ..) if c.gnu => "you must specify a list of bytes, characters, or fields".to_string(),
            (None, ..) => "expected a list of bytes, characters, or fields".to_string(),
            (_, Some(word), _) if !c.gnu => format!("invalid number '{word}'"),
            (_, Some(word), true) => format!("invalid field value '{word}'"),
            (_, Some(word), false) => format!("invalid byte/character position '{word}'"),
            (Some(list), None, fields)
                if c.gnu && list.split([',', ' ']).any(|r| r.split('-').next() == Some("0")) =>
            {
                format!(
                    "{} numbered from 1",
                    if fields { "fields are" } else { "byte/character positions are" }
                )
            }
            _ => return false,
        };
        let help = if c.gnu { "\nTry 'cut --help' for more information." } else { "" };
        self.usage(c, &[&what, help].concat());
        true
    }

    pub(crate) fn head(&mut self, c: &mut Context, line: &str) {
        let most = match decimal(self.value('n').unwrap_or("10")) {
            _ if self.has('c') => i64::MAX,
            // All but the last so many: they are held back.
            Some(most) if most < 0 => {
                self.held.push(line.to_string());
                if self.held.len() as i64 > -most {
                    let first = self.held.remove(0);
                    c.print(&first);
                }
                return;
            }
            Some(0) => {
                self.done = true;
                return;
            }
            Some(most) => most,
            None => return,
        };
        let header = self.many && !self.has('q');
        if header && self.count == 1 {
            let gap = if c.out.is_empty() && self.totals[0] == 0 { "" } else { "\n" };
            c.out.push_str(&format!("{gap}==> {} <==\n", self.file));
        }
        self.totals[0] += 1;
        match self.value('c').map(|n| decimal(n).unwrap_or(0) as usize) {
            Some(most) => {
                let left = most.saturating_sub(self.totals[1] as usize);
                let whole = format!("{line}\n");
                let end = (0..=left.min(whole.len())).rev().find(|n| whole.is_char_boundary(*n)).unwrap_or(0);
                c.out.push_str(&whole[..end]);
                self.totals[1] += end as i64;
                self.done = end < whole.len();
            }
            None if self.count <= most => c.print(line),
            None => {}
        }
        self.done |= self.count >= most && !self.many;
    }

    pub(crate) fn end_of_file(&mut self, c: &mut Context) {
        if self.name.ends_with("grep") && (!self.file.is_empty() || !self.from_files) {
            self.grep_end(c);
        }
        self.totals[1] = 0;
        self.count = 0;
    }

    pub(crate) fn cut(&mut self, c: &mut Context, line: &str) {
        let by_fields = self.value('f');
        let Some(list) = by_fields.or(self.value('c')).or(self.value('b')) else { return };
        let delimiter = self.value('d').unwrap_or("\t");
        if by_fields.is_some() && !line.contains(delimiter) {
            if !self.has('s') {
                c.print(line);
            }
            return;
        }
        let pieces: Vec<&str> = match by_fields {
            Some(_) => line.split(delimiter).collect(),
            None => line.split_inclusive(|_: char| true).collect(),
        };
        let chosen = |n: i64| {
            list.split([',', ' ']).any(|range| {
                let (from, to) = range.split_once('-').unwrap_or((range, range));
                decimal(from).unwrap_or(1) <= n && n <= decimal(to).unwrap_or(i64::MAX)
            })
        };
        let complement = self.has('C');
        let kept: Vec<&str> = pieces
            .iter()
            .enumerate()
            .filter(|(n, _)| chosen(*n as i64 + 1) != complement)
            .map(|(_, p)| *p)
            .collect();
        let joint = self.value('O').unwrap_or(if by_fields.is_some() { delimiter } else { "" });
        c.print(&kept.join(joint));
    }

    pub(super) fn wc(&mut self, c: &mut Context, text: &str) {
        let words = text.split_ascii_whitespace().count();
        let lines = text.bytes().filter(|b| *b == b'\n').count();
        let length = if self.has('m') { text.chars().count() } else { text.len() };
        let counts = [lines as i64, words as i64, length as i64];
        (0..3).for_each(|n| self.totals[n] += counts[n]);
        let file = self.file.clone();
        if self.has('L') {
            let longest = text.lines().map(|l| l.chars().count()).max().unwrap_or(0).to_string();
            return c.print(if file.is_empty() { longest } else { [&longest, " ", &file].concat() }.as_str());
        }
        self.counts(c, counts, &file);
    }

    pub(crate) fn counts(&mut self, c: &mut Context, counts: [i64; 3], file: &str) {
        let all = !['l', 'w', 'c', 'm'].iter().any(|o| self.has(*o));
        let chosen = |n: usize| all || [self.has('l'), self.has('w'), self.has('c') || self.has('m')][n];
        let columns: Vec<String> = (0..3).filter(|n| chosen(*n)).map(|n| counts[n].to_string()).collect();
        let width = match (columns.len(), c.gnu) {
            (1, _) if !self.many => 0,
            (_, true) if self.from_files => {
                if self.listed.is_empty() {
                    // All sizes together say how wide the columns are.
                    let more: Vec<String> = self.files.as_slice().to_vec();
                    let files = more.iter().chain([&self.file]);
                    let all: u64 = files.filter_map(|file| Some(c.host.stat(&c.path(file))?.size)).sum();
                    self.listed = all.to_string();
                }
                self.listed.len()
            }
            (_, true) => 7,
            _ => 9,
        };
        let mut line = columns.iter().map(|n| format!("{n:>width$}")).collect::<Vec<_>>().join(" ");
        if !file.is_empty() {
            line.extend([" ", file]);
        }
        c.print(&line);
    }

    pub(crate) fn tail(&mut self, c: &mut Context, text: &str) {
        if self.many && !self.has('q') {
            let gap = if self.totals[0] > 0 { "\n" } else { "" };
            self.totals[0] += 1;
            c.out.push_str(&format!("{gap}==> {} <==\n", self.file));
        }
        let by_bytes = self.value('c').is_some();
        let amount = self.value('c').or(self.value('n')).unwrap_or("10");
        let number = decimal(amount.trim_start_matches(['+', '-'])).unwrap_or(0) as usize;
        let starts: Vec<usize> = if by_bytes {
            text.char_indices().map(|(at, _)| at).collect()
        } else {
            let next = |line: &str| line.as_ptr() as usize - text.as_ptr() as usize;
            text.split_inclusive('\n').map(next).collect()
        };
        let first = if amount.starts_with('+') {
            number.saturating_sub(1)
        } else {
            starts.len().saturating_sub(number)
        };
        c.out.push_str(starts.get(first).map_or("", |at| &text[*at..]));
    }

    pub(crate) fn uniq(&mut self, c: &mut Context, text: &str) {
        let skip = self.value('f').and_then(decimal).unwrap_or(0).max(0) as usize;
        let characters = self.value('s').and_then(decimal).unwrap_or(0).max(0) as usize;
        let icase = self.has('i');
        let key = |line: &str| {
            let mut rest = line;
            for _ in 0..skip {
                rest = rest.trim_start();
                rest = &rest[rest.find(|c: char| c.is_ascii_whitespace()).unwrap_or(rest.len())..];
            }
            let rest: String = rest.chars().skip(characters).collect();
            if icase { rest.to_lowercase() } else { rest }
        };
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            let mut count = 1;
            while lines.next_if(|next| key(next) == key(line)).is_some() {
                count += 1;
            }
            if self.has('d') && count == 1 || self.has('u') && count > 1 {
                continue;
            }
            if self.has('c') { c.print(&format!("{count:7} {line}")) } else { c.print(line) }
        }
    }

    pub(super) fn tac(&mut self, c: &mut Context, text: &str) {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        lines.iter().rev().for_each(|line| c.out.push_str(line));
    }

    pub(super) fn rev(&mut self, c: &mut Context, line: &str) {
        c.print(&line.chars().rev().collect::<String>());
    }

    pub(super) fn nl(&mut self, c: &mut Context, text: &str) {
        let all = self.value('b') == Some("a");
        for line in text.lines() {
            if line.is_empty() && !all {
                c.print("       ");
                continue;
            }
            self.totals[0] += 1;
            c.print(&format!("{:6}\t{line}", self.totals[0]));
        }
    }

    pub(super) fn fold(&mut self, c: &mut Context, line: &str) {
        let width = self.value('w').and_then(decimal).unwrap_or(80).max(1) as usize;
        let characters: Vec<char> = line.chars().collect();
        if characters.is_empty() {
            c.print("");
        }
        for piece in characters.chunks(width) {
            c.print(&piece.iter().collect::<String>());
        }
    }

    /// Files side by side, or, `-s`, each in a line.
    pub(super) fn paste(&mut self, c: &mut Context, input: &str) {
        let delimiters: Vec<char> = {
            let mut text = String::new();
            unescape(self.value('d').unwrap_or("\t"), &mut text);
            if text.is_empty() { vec![' '] } else { text.chars().collect() }
        };
        let files = if self.operands.is_empty() { vec!["-".to_string()] } else { self.operands.clone() };
        let mut columns: Vec<Vec<String>> = vec![];
        for file in files {
            let text = if file == "-" { Ok(input.to_string()) } else { c.read(&file) };
            match text {
                Ok(text) => columns.push(text.lines().map(str::to_string).collect()),
                Err(error) => return self.complain(c, "@", "@", &file, error),
            }
        }
        let join = |pieces: &mut dyn Iterator<Item = String>| {
            let mut line = String::new();
            for (n, piece) in pieces.enumerate() {
                if n > 0 {
                    line.push(delimiters[(n - 1) % delimiters.len()]);
                }
                line.push_str(&piece);
            }
            line
        };
        if self.has('s') {
            for column in columns {
                c.print(&join(&mut column.into_iter()));
            }
            return;
        }
        let rows = columns.iter().map(Vec::len).max().unwrap_or(0);
        for row in 0..rows {
            c.print(&join(&mut columns.iter().map(|column| column.get(row).cloned().unwrap_or_default())));
        }
    }
}

/// A set of characters as tr writes it.
fn characters(set: &str) -> Vec<char> {
    let mut text = String::new();
    unescape(set, &mut text);
    let mut out = vec![];
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        let named = rest.strip_prefix("[:").and_then(|r| r.split_once(":]"));
        if let Some((name, after)) = named
            && let Some(ranges) = pattern::class(name)
        {
            ranges.iter().for_each(|(from, to)| out.extend(*from..=*to));
            rest = after;
            continue;
        }
        rest = &rest[c.len_utf8()..];
        let mut next = rest.chars();
        match (next.next(), next.next()) {
            (Some('-'), Some(to)) if to >= c => {
                out.extend((c..=to).take(1000));
                rest = next.as_str();
            }
            _ => out.push(c),
        }
    }
    out
}
