//! The programs a container's shell finds beside it: filters for text, files, date. Options by a table; output and
//! errors as BusyBox prints them, or as GNU coreutils where that is the flavour.

use super::arith::decimal;
use super::machine::{MAX_TEXT, replace, unquoted};
use super::parse::unescape;
use super::pattern::{self, Pattern, QUOTE};
use super::{FileError, Host, Stat};
use std::cmp::Ordering;

/// How a tool takes its input.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Feed {
    /// Not at all.
    Nothing,
    /// As it comes.
    Raw,
    /// Line by line.
    Lines,
    /// Each file, or standard input, as a whole.
    File,
    /// All of it as a whole.
    All,
}
use Feed::{All, File, Lines, Nothing, Raw};

/// Name, options as getopt has them (`:` takes a value; `*`: no options at all; `+`: none after the first operand),
/// the operands that are not files, and the input. `usize::MAX`: no operand is a file to read.
type Spec = (&'static str, &'static str, usize, Feed);
const NO_FILES: usize = usize::MAX;
const TOOLS: [Spec; 41] = [
    ("awk", "F:", 1, Lines),
    ("basename", "", NO_FILES, Nothing),
    ("cat", "un", 0, Raw),
    ("chmod", "*", NO_FILES, Nothing),
    ("chown", "*", NO_FILES, Nothing),
    ("cp", "arRfpv", NO_FILES, Nothing),
    ("cut", "d:f:c:b:s", 0, Lines),
    ("date", "uId:R", NO_FILES, Nothing),
    ("dirname", "", NO_FILES, Nothing),
    ("echo", "*", NO_FILES, Nothing),
    ("egrep", "e:m:qivcnoEFwxlhHsr", 1, Lines),
    ("expr", "*", NO_FILES, Nothing),
    ("fgrep", "e:m:qivcnoEFwxlhHsr", 1, Lines),
    ("find", "*", NO_FILES, Nothing),
    ("grep", "e:m:qivcnoEFwxlhHsr", 1, Lines),
    ("head", "n:c:q", 0, Lines),
    ("hostname", "fisd", NO_FILES, Nothing),
    ("id", "ugn", NO_FILES, Nothing),
    ("less", "*", 0, Raw),
    ("ls", "laA1dhFtrR", NO_FILES, Nothing),
    ("mkdir", "pm:v", NO_FILES, Nothing),
    ("more", "*", 0, Raw),
    ("mv", "fnv", NO_FILES, Nothing),
    ("nproc", "", NO_FILES, Nothing),
    ("printf", "*", NO_FILES, Nothing),
    ("readlink", "f", NO_FILES, Nothing),
    ("realpath", "", NO_FILES, Nothing),
    ("rm", "rfRv", NO_FILES, Nothing),
    ("rmdir", "p", NO_FILES, Nothing),
    ("sed", "nrEi@e:s", 1, File),
    ("seq", "s:w", NO_FILES, Nothing),
    ("sort", "nruk:t:fh", 0, All),
    ("tail", "n:c:fFq", 0, File),
    ("tee", "a", NO_FILES, Raw),
    ("touch", "c", NO_FILES, Nothing),
    ("tr", "dsc", NO_FILES, Raw),
    ("uname", "asnrmvo", NO_FILES, Nothing),
    ("uniq", "cdu", 0, File),
    ("wc", "lwcm", 0, File),
    ("whoami", "", NO_FILES, Nothing),
    ("xargs", "+n:I:r0t", NO_FILES, All),
];

/// Their names.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    TOOLS.iter().map(|(name, ..)| *name)
}

/// What a tool works with.
pub(super) struct Context<'a> {
    pub(super) host: &'a mut dyn Host,
    pub(super) cwd: &'a str,
    /// GNU's wording instead of BusyBox'.
    pub(super) gnu: bool,
    /// Its output is a terminal.
    pub(super) columns: bool,
    pub(super) out: String,
    pub(super) err: String,
}

impl Context<'_> {
    fn path(&self, path: &str) -> String {
        absolute(self.cwd, path)
    }

    fn print(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }
}

/// A tool under way.
#[derive(Clone, Debug)]
pub(super) struct Tool {
    name: &'static str,
    pub(super) feed: Feed,
    options: Vec<(char, String)>,
    operands: Vec<String>,
    files: std::vec::IntoIter<String>,
    file: String,
    /// From files, not standard input.
    from_files: bool,
    /// More than one file: lines are preceded by their names.
    many: bool,
    buffer: String,
    count: i64,
    totals: [i64; 3],
    pattern: Option<Pattern>,
    pub(super) code: i32,
    /// It needs no more input.
    done: bool,
    /// What the shell is to run when the tool has ended (xargs).
    pub(super) script: Option<String>,
    /// The file it follows when it has ended (tail -f).
    pub(super) follow: Option<String>,
}

impl Tool {
    /// The tool of this name, if there is one; an error is an option it doesn't have.
    pub(super) fn new(name: &str, argv: &[String]) -> Option<Result<Tool, char>> {
        let (name, spec, skip, feed) = *TOOLS.iter().find(|(tool, ..)| *tool == name)?;
        let (mut options, mut operands) = (vec![], vec![]);
        let mut args = argv.iter().skip(1);
        let mut only_operands = spec == "*";
        while let Some(arg) = args.next() {
            let letters = match arg.strip_prefix('-') {
                Some(letters) if !letters.is_empty() && !only_operands => letters,
                _ => {
                    operands.push(arg.clone());
                    only_operands |= spec.starts_with('+');
                    continue;
                }
            };
            if letters == "-" {
                only_operands = true;
                continue;
            }
            // `head -3`, `seq 5 -1 1`.
            if letters.bytes().all(|c| c.is_ascii_digit()) {
                match name {
                    "head" | "tail" => options.push(('n', letters.to_string())),
                    _ => operands.push(arg.clone()),
                }
                continue;
            }
            let mut rest = letters.chars();
            while let Some(letter) = rest.next() {
                let found = spec.find(letter).filter(|_| letter.is_ascii_alphanumeric());
                let Some(at) = found else { return Some(Err(letter)) };
                let mut value = String::new();
                match spec.as_bytes().get(at + 1) {
                    Some(b':') => {
                        value = std::mem::replace(&mut rest, "".chars()).collect();
                        if value.is_empty() {
                            let Some(next) = args.next() else { return Some(Err(letter)) };
                            value = next.clone();
                        }
                    }
                    // A value only where it is joined (`-i.bak`).
                    Some(b'@') => value = std::mem::replace(&mut rest, "".chars()).collect(),
                    _ => {}
                }
                options.push((letter, value));
            }
        }
        let given = options.iter().any(|(o, _)| *o == 'e' && feed != Nothing);
        let skip = if given { 0 } else { skip };
        let files = operands.split_off(skip.min(operands.len()));
        let program = operands.first().map_or("", String::as_str);
        let simulated = match name {
            "awk" => argv.is_empty() || awk_program(program).is_some(),
            "find" => {
                let tests = operands.iter().skip_while(|w| !w.starts_with('-')).step_by(2);
                tests.clone().all(|test| test == "-name" || test == "-type")
            }
            "sed" if !argv.is_empty() => sed_source(&options, program).is_some(),
            _ => true,
        };
        if !simulated {
            return Some(Err(' '));
        }
        Some(Ok(Tool {
            name,
            feed,
            options,
            operands,
            from_files: !files.is_empty(),
            many: files.len() > 1,
            files: files.into_iter(),
            file: String::new(),
            buffer: String::new(),
            count: 0,
            totals: [0; 3],
            pattern: None,
            code: 0,
            done: false,
            script: None,
            follow: None,
        }))
    }

    fn has(&self, option: char) -> bool {
        self.value(option).is_some()
    }

    fn value(&self, option: char) -> Option<&str> {
        self.options.iter().rev().find(|(o, _)| *o == option).map(|(_, value)| value.as_str())
    }

    fn operand(&self, n: usize) -> &str {
        self.operands.get(n).map_or("", String::as_str)
    }

    /// The next file to read; `None`: standard input.
    pub(super) fn next_file(&mut self) -> Option<String> {
        if !self.from_files {
            return None;
        }
        self.file = self.files.next()?;
        (self.file != "-" && self.file != "/dev/stdin").then(|| self.file.clone())
    }

    /// Complains of a file that can't be read.
    pub(super) fn cannot_read(&mut self, file: &str, error: FileError, gnu: bool) -> String {
        self.code = if matches!(self.name, "grep" | "sort") { 2 } else { 1 };
        self.file.clear();
        let phrase = match (self.name, gnu) {
            ("cat", false) => "can't open '@'",
            ("sort", true) => "cannot read: @",
            ("sed", true) => "can't read @",
            ("head" | "tail", true) => "cannot open '@' for reading",
            _ => "@",
        };
        self.message(phrase, file, error)
    }

    fn message(&self, phrase: &str, path: &str, error: FileError) -> String {
        format!("{}: {}: {}\n", self.name, phrase.replace('@', path), error.text())
    }

    /// Complains of a path: BusyBox' phrase and GNU's, with `@` for it.
    fn complain(&mut self, c: &mut Context, busybox: &str, gnu: &str, path: &str, error: FileError) {
        self.code = 1;
        c.err.push_str(&self.message(if c.gnu { gnu } else { busybox }, path, error));
    }

    /// Complains of its usage.
    fn usage(&mut self, c: &mut Context, what: &str) {
        self.code = if matches!(self.name, "grep" | "expr" | "egrep") { 2 } else { 1 };
        self.done = true;
        c.err.push_str(self.name);
        c.err.push_str(": ");
        c.err.push_str(what);
        c.err.push('\n');
    }

    /// Takes a file's text, or what standard input has now. Whether the tool has ended.
    pub(super) fn take(&mut self, c: &mut Context, text: &str) -> bool {
        match self.feed {
            Raw => self.raw(c, text),
            _ if self.buffer.len() + text.len() > MAX_TEXT => self.usage(c, "out of memory"),
            _ => {
                self.buffer.push_str(text);
                if self.feed == Lines
                    && let Some(end) = self.buffer.rfind('\n')
                {
                    let rest = self.buffer.split_off(end + 1);
                    let lines = std::mem::replace(&mut self.buffer, rest);
                    self.lines(c, &lines);
                }
            }
        }
        if self.from_files && self.file != "-" {
            return self.end(c);
        }
        self.done && self.finish(c)
    }

    /// The end of a file or of standard input. Whether the tool has ended.
    pub(super) fn end(&mut self, c: &mut Context) -> bool {
        let last = !self.from_files || self.files.as_slice().is_empty();
        if self.feed != All || last {
            let text = std::mem::take(&mut self.buffer);
            match self.feed {
                Lines => {
                    self.lines(c, &text);
                    self.end_of_file(c);
                }
                File if self.from_files && self.file.is_empty() => {}
                File | All => self.whole(c, &text),
                Raw => {
                    self.raw(c, "");
                }
                Nothing => self.act(c),
            }
        }
        (last || self.done && self.name != "head") && self.finish(c)
    }

    fn finish(&mut self, c: &mut Context) -> bool {
        match self.name {
            "grep" | "egrep" | "fgrep" if self.code == 0 => self.code = i32::from(self.totals[0] == 0),
            "wc" if self.many => {
                let totals = self.totals;
                self.counts(c, totals, "total");
            }
            "tail" if self.has('f') || self.has('F') => {
                self.follow = Some(std::mem::take(&mut self.file)).filter(|f| !f.is_empty())
            }
            _ => {}
        }
        true
    }

    // Filters

    fn raw(&mut self, c: &mut Context, text: &str) {
        match self.name {
            "tee" => {
                for file in &self.operands {
                    let append = self.has('a') || self.count > 0;
                    if append && text.is_empty() && self.count > 0 {
                        continue;
                    }
                    let path = absolute(c.cwd, file);
                    if is_device(&path) {
                        continue;
                    }
                    if let Err(error) = c.host.write(&path, text, append) {
                        self.code = 1;
                        c.err.push_str(&self.message("@", file, error));
                    }
                }
                self.count += 1;
                c.out.push_str(text);
            }
            "tr" => self.translate(c, text),
            _ if self.has('n') => {
                for line in text.split_inclusive('\n') {
                    self.count += 1;
                    c.out.push_str(&format!("{:6}\t{line}", self.count));
                }
            }
            _ => c.out.push_str(text),
        }
    }

    fn translate(&mut self, c: &mut Context, text: &str) {
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

    fn lines(&mut self, c: &mut Context, text: &str) {
        for line in text.split_inclusive('\n') {
            if self.done {
                return;
            }
            self.count += 1;
            let line = line.strip_suffix('\n').unwrap_or(line);
            match self.name {
                "head" => self.head(c, line),
                "cut" => self.cut(c, line),
                "awk" => self.awk(c, line),
                _ => self.grep(c, line),
            }
        }
    }

    fn head(&mut self, c: &mut Context, line: &str) {
        let most = match decimal(self.value('n').unwrap_or("10")) {
            _ if self.has('c') => i64::MAX,
            Some(most) => most,
            None => return self.usage(c, "invalid number"),
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

    fn end_of_file(&mut self, c: &mut Context) {
        if self.name.ends_with("grep") && self.has('c') && !self.has('q') {
            let count = self.totals[1].to_string();
            self.grep_line(c, ':', &count);
        }
        self.totals[1] = 0;
        self.count = 0;
    }

    fn grep_line(&self, c: &mut Context, separator: char, line: &str) {
        if self.many && !self.has('h') || self.has('H') {
            c.out.push_str(&self.file);
            c.out.push(separator);
        }
        c.print(line);
    }

    fn grep(&mut self, c: &mut Context, line: &str) {
        if self.pattern.is_none() {
            let all: Vec<&str> =
                self.options.iter().filter(|(o, _)| *o == 'e').map(|(_, v)| v.as_str()).collect();
            let extended = self.has('E') || self.name == "egrep";
            let source = match all.is_empty() {
                true => self.operand(0).replace('\n', if extended { "|" } else { "\\|" }),
                false => all.join(if extended { "|" } else { "\\|" }),
            };
            let icase = self.has('i');
            let pattern = match self.has('F') || self.name == "fgrep" {
                true => Some(Pattern::literal(&source, icase)),
                false => Pattern::regex(&source, extended, icase),
            };
            let Some(mut pattern) = pattern else { return self.usage(c, "bad regex") };
            if self.has('x') || self.has('w') {
                pattern = pattern.bounded(self.has('x'));
            }
            self.pattern = Some(pattern);
        }
        let Some(pattern) = &self.pattern else { return };
        if pattern.is_match(line) == self.has('v') {
            return;
        }
        self.totals[0] += 1;
        self.totals[1] += 1;
        if self.has('q') {
            self.done = true;
        } else if self.has('l') {
            if self.totals[1] == 1 {
                c.print(&self.file);
            }
        } else if self.has('o') {
            let mut from = 0;
            while let Some(found) = pattern.find(line, from) {
                let end = found[1].unwrap_or(line.len());
                let text = pattern::group(line, &found, 0);
                if !text.is_empty() {
                    self.grep_line(c, ':', text);
                }
                from = end + usize::from(text.is_empty());
                if from >= line.len() || !line.is_char_boundary(from) {
                    break;
                }
            }
        } else if !self.has('c') {
            match self.has('n') {
                true => self.grep_line(c, ':', &format!("{}:{line}", self.count)),
                false => self.grep_line(c, ':', line),
            }
        }
        self.done |= self.value('m').is_some_and(|most| decimal(most) == Some(self.totals[1]));
    }

    fn cut(&mut self, c: &mut Context, line: &str) {
        let by_fields = self.value('f');
        let Some(list) = by_fields.or(self.value('c')).or(self.value('b')) else {
            return self.usage(c, "expected a list of bytes, characters, or fields");
        };
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
            list.split(',').any(|range| {
                let (from, to) = range.split_once('-').unwrap_or((range, range));
                decimal(from).unwrap_or(1) <= n && n <= decimal(to).unwrap_or(i64::MAX)
            })
        };
        let kept: Vec<&str> =
            pieces.iter().enumerate().filter(|(n, _)| chosen(*n as i64 + 1)).map(|(_, p)| *p).collect();
        c.print(&kept.join(if by_fields.is_some() { delimiter } else { "" }));
    }

    /// `[PATTERN] { print … }`; [`Tool::supports`] keeps other programs away.
    fn awk(&mut self, c: &mut Context, line: &str) {
        let separator = self.value('F').unwrap_or(" ");
        let fields: Vec<&str> = match separator {
            " " => line.split_ascii_whitespace().collect(),
            _ if line.is_empty() => vec![],
            "\\t" => line.split('\t').collect(),
            _ if separator.chars().count() == 1 => line.split(separator).collect(),
            _ => match Pattern::regex(separator, true, false) {
                Some(pattern) => {
                    let (mut fields, mut from) = (vec![], 0);
                    while let Some(found) = pattern.find(line, from) {
                        let (start, end) = (found[0].unwrap_or(0), found[1].unwrap_or(0));
                        if end == start {
                            break;
                        }
                        fields.push(&line[from..start]);
                        from = end;
                    }
                    fields.push(&line[from..]);
                    fields
                }
                None => vec![line],
            },
        };
        let Some((test, prints)) = awk_program(self.operand(0)) else { return };
        let value = |item: &str| awk_value(item, line, &fields, self.count);
        let yes = match &test[..] {
            [] => true,
            [pattern] if pattern.starts_with('/') => awk_match(pattern, line),
            [left, operator, right] => {
                let (left, right) = (value(left), value(right));
                let order = match (thousandths(&left, true), thousandths(&right, true)) {
                    (Some(left), Some(right)) => left.cmp(&right),
                    _ => left.cmp(&right),
                };
                match operator.as_str() {
                    "~" => awk_match(&right, &left),
                    "!~" => !awk_match(&right, &left),
                    "==" => order.is_eq(),
                    "!=" => order.is_ne(),
                    "<" => order.is_lt(),
                    "<=" => order.is_le(),
                    ">" => order.is_gt(),
                    _ => order.is_ge(),
                }
            }
            _ => !matches!(value(&test[0]).as_str(), "" | "0"),
        };
        if yes {
            let texts: Vec<String> =
                prints.iter().map(|items| items.iter().map(|item| value(item)).collect::<String>()).collect();
            c.print(&if texts.is_empty() { line.to_string() } else { texts.join(" ") });
        }
    }

    // Whole texts

    fn whole(&mut self, c: &mut Context, text: &str) {
        match self.name {
            "wc" => {
                let words = text.split_ascii_whitespace().count();
                let lines = text.bytes().filter(|b| *b == b'\n').count();
                let length = if self.has('m') { text.chars().count() } else { text.len() };
                let counts = [lines as i64, words as i64, length as i64];
                (0..3).for_each(|n| self.totals[n] += counts[n]);
                let file = self.file.clone();
                self.counts(c, counts, &file);
            }
            "tail" => self.tail(c, text),
            "uniq" => self.uniq(c, text),
            "sort" => self.sort(c, text),
            "sed" => self.sed(c, text),
            _ => self.xargs(text),
        }
    }

    fn counts(&mut self, c: &mut Context, counts: [i64; 3], file: &str) {
        let all = !['l', 'w', 'c', 'm'].iter().any(|o| self.has(*o));
        let chosen = |n: usize| all || [self.has('l'), self.has('w'), self.has('c') || self.has('m')][n];
        let columns: Vec<String> = (0..3).filter(|n| chosen(*n)).map(|n| counts[n].to_string()).collect();
        let width = match (columns.len(), c.gnu) {
            (1, _) => 0,
            (_, true) if self.from_files => self.totals.iter().max().map_or(0, |m| m.to_string().len()),
            (_, true) => 7,
            _ => 9,
        };
        let mut line = columns.iter().map(|n| format!("{n:>width$}")).collect::<Vec<_>>().join(" ");
        if !file.is_empty() {
            line.extend([" ", file]);
        }
        c.print(&line);
    }

    fn tail(&mut self, c: &mut Context, text: &str) {
        if self.many && !self.has('q') {
            let gap = if self.totals[0] > 0 { "\n" } else { "" };
            self.totals[0] += 1;
            c.out.push_str(&format!("{gap}==> {} <==\n", self.file));
        }
        let by_bytes = self.value('c').is_some();
        let amount = self.value('c').or(self.value('n')).unwrap_or("10");
        let Some(number) = decimal(amount.trim_start_matches(['+', '-'])).map(|n| n as usize) else {
            return self.usage(c, &format!("invalid number '{amount}'"));
        };
        let starts: Vec<usize> = match by_bytes {
            true => text.char_indices().map(|(at, _)| at).collect(),
            false => {
                let next = |line: &str| line.as_ptr() as usize - text.as_ptr() as usize;
                text.split_inclusive('\n').map(next).collect()
            }
        };
        let first = match amount.starts_with('+') {
            true => number.saturating_sub(1),
            false => starts.len().saturating_sub(number),
        };
        c.out.push_str(starts.get(first).map_or("", |at| &text[*at..]));
    }

    fn uniq(&mut self, c: &mut Context, text: &str) {
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            let mut count = 1;
            while lines.next_if(|next| *next == line).is_some() {
                count += 1;
            }
            if self.has('d') && count == 1 || self.has('u') && count > 1 {
                continue;
            }
            match self.has('c') {
                true => c.print(&format!("{count:7} {line}")),
                false => c.print(line),
            }
        }
    }

    fn sort(&mut self, c: &mut Context, text: &str) {
        let mut lines: Vec<&str> = text.lines().collect();
        let key = self.value('k').unwrap_or("").to_string();
        let numeric = self.has('n') || self.has('h') || key.contains('n');
        let reverse = self.has('r') || key.contains('r');
        let first: usize =
            key.bytes().take_while(u8::is_ascii_digit).fold(0, |n, d| n * 10 + usize::from(d - b'0'));
        let separator = self.value('t').map(str::to_string);
        let field = |line: &'_ str| -> String {
            let mut fields: Box<dyn Iterator<Item = &str>> = match &separator {
                Some(separator) => Box::new(line.split(separator.as_str())),
                None => Box::new(line.split_ascii_whitespace()),
            };
            if first == 0 { line.to_string() } else { fields.nth(first - 1).unwrap_or("").to_string() }
        };
        let by_key = |a: &str, b: &str| -> Ordering {
            let (x, y) = (field(a), field(b));
            let order = match () {
                () if numeric => thousandths(&x, false).cmp(&thousandths(&y, false)),
                () if self.has('f') => x.to_ascii_lowercase().cmp(&y.to_ascii_lowercase()),
                () => x.cmp(&y),
            };
            if reverse { order.reverse() } else { order }
        };
        let unique = self.has('u');
        sort_by(&mut lines, &|a, b| by_key(a, b).then_with(|| if reverse { b.cmp(a) } else { a.cmp(b) }));
        if unique {
            lines.dedup_by(|a, b| by_key(a, b).is_eq());
        }
        lines.iter().for_each(|line| c.print(line));
    }

    fn xargs(&mut self, text: &str) {
        let command = match self.operands.is_empty() {
            true => vec!["echo".to_string()],
            false => self.operands.clone(),
        };
        let quote = |word: &str| format!(" {}", quoted(word));
        let mut script = String::new();
        if let Some(place) = self.value('I') {
            for line in text.lines().map(str::trim).filter(|l| !l.is_empty()) {
                command.iter().for_each(|word| script.push_str(&quote(&word.replace(place, line))));
                script.push('\n');
            }
        } else {
            let words: Vec<&str> = match self.has('0') {
                true => text.split('\n').filter(|w| !w.is_empty()).collect(),
                false => text.split_ascii_whitespace().collect(),
            };
            let most =
                self.value('n').and_then(decimal).filter(|n| *n > 0).map_or(usize::MAX, |n| n as usize);
            let nothing = [&[][..]];
            let chunks: Vec<&[&str]> = match words.is_empty() && !self.has('r') {
                true => nothing.to_vec(),
                false => words.chunks(most).collect(),
            };
            for chunk in chunks {
                command.iter().for_each(|word| script.push_str(&quote(word)));
                chunk.iter().for_each(|word| script.push_str(&quote(word)));
                script.push('\n');
            }
        }
        self.script = Some(script);
    }

    fn sed(&mut self, c: &mut Context, text: &str) {
        let Some(program) = sed_source(&self.options, self.operand(0)) else { return };
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

    // Tools without input

    fn act(&mut self, c: &mut Context) {
        let first = self.operand(0).to_string();
        match self.name {
            "echo" => self.echo(c),
            "printf" => self.printf(c),
            "date" => self.date(c, &first),
            "expr" => self.expr(c),
            "ls" => self.ls(c),
            "find" => self.find(c),
            "cp" | "mv" => self.copy(c),
            "mkdir" | "rmdir" | "rm" | "touch" => self.each_path(c),
            "chmod" | "chown" => {
                for path in self.operands.clone().iter().filter(|p| !p.starts_with('-')).skip(1) {
                    if c.host.stat(&c.path(path)).is_none() {
                        self.complain(c, "@", "cannot access '@'", path, FileError::NotFound);
                    }
                }
            }
            "hostname" => {
                let text = match () {
                    () if self.has('i') => c.host.address(),
                    () if self.has('f') => c.host.fqdn(),
                    () if self.has('d') => {
                        c.host.fqdn().split_once('.').map_or("", |(_, domain)| domain).to_string()
                    }
                    () => c.host.hostname(),
                };
                c.print(&text);
            }
            "basename" => {
                let base = first.trim_end_matches('/').rsplit('/').next().unwrap_or("");
                let base = base.strip_suffix(self.operand(1)).filter(|b| !b.is_empty()).unwrap_or(base);
                c.print(if base.is_empty() && first.starts_with('/') { "/" } else { base });
            }
            "dirname" => {
                let directory = match first.trim_end_matches('/').rsplit_once('/') {
                    Some(("", _)) => "/",
                    Some((directory, _)) => directory,
                    None if first.starts_with('/') => "/",
                    None => ".",
                };
                c.print(directory);
            }
            "readlink" | "realpath" => c.print(&c.path(&first)),
            "id" => {
                let text = match () {
                    () if self.has('n') => "root",
                    () if self.has('u') || self.has('g') => "0",
                    () => "uid=0(root) gid=0(root) groups=0(root)",
                };
                c.print(text);
            }
            "whoami" => c.print("root"),
            "nproc" => c.print("4"),
            "uname" => {
                let host = c.host.hostname();
                let parts = [
                    ('s', "Linux"),
                    ('n', &host),
                    ('r', "6.8.0"),
                    ('v', "#1 SMP"),
                    ('m', "x86_64"),
                    ('o', "GNU/Linux"),
                ];
                let asked = |o: char| self.has('a') || self.has(o) || self.options.is_empty() && o == 's';
                let text: Vec<&str> =
                    parts.iter().filter(|(o, _)| asked(*o)).map(|(_, text)| *text).collect();
                c.print(&text.join(" "));
            }
            _ => self.seq(c),
        }
    }

    fn echo(&mut self, c: &mut Context) {
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

    fn printf(&mut self, c: &mut Context) {
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
                let number = || super::arith::integer(arg.trim().trim_start_matches('-')).unwrap_or(0);
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

    fn date(&mut self, c: &mut Context, format: &str) {
        let mut seconds = c.host.now_ms() as i64 / 1000;
        if let Some(given) = self.value('d') {
            match given.strip_prefix('@').and_then(decimal) {
                Some(given) => seconds = given,
                None => return self.usage(c, &format!("invalid date '{given}'")),
            }
        }
        let nanoseconds = c.host.now_ms() % 1000 * 1_000_000;
        let format = match format.strip_prefix('+') {
            Some(format) => format,
            None if self.has('I') => "%F",
            None if self.has('R') => "%a, %d %b %Y %T +0000",
            None => "%a %b %e %T %Z %Y",
        };
        let text = time_text(seconds, nanoseconds, format);
        c.print(&text);
    }

    fn expr(&mut self, c: &mut Context) {
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
                impl super::arith::Variables for NoVariables {
                    fn get(&mut self, _: &str) -> i64 {
                        0
                    }
                    fn set(&mut self, _: &str, _: i64) {}
                }
                let numbers = words.iter().all(|w| !w.starts_with(|ch: char| ch.is_ascii_alphabetic()));
                match super::arith::evaluate(&words.join(" "), &mut NoVariables) {
                    Ok(value) if numbers => value.to_string(),
                    Err(why) if numbers && why.contains("zero") => return self.usage(c, "division by zero"),
                    _ => return self.usage(c, "syntax error"),
                }
            }
        };
        self.code = i32::from(text.is_empty() || text == "0");
        c.print(&text);
    }

    fn seq(&mut self, c: &mut Context) {
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
        let mut n = from;
        while if step > 0 { n <= to } else { n >= to } {
            if n != from {
                c.out.push_str(&separator);
            }
            c.out.push_str(&format!("{n:0width$}"));
            n = n.saturating_add(step);
            if c.out.len() > MAX_TEXT || n == i64::MAX {
                return self.usage(c, "out of memory");
            }
        }
        if !c.out.is_empty() {
            c.out.push('\n');
        }
    }

    // Files

    fn ls(&mut self, c: &mut Context) {
        if self.operands.is_empty() {
            self.operands.push(".".into());
        }
        let all = self.has('a') || self.has('A');
        let (mut files, mut directories) = (vec![], vec![]);
        for path in self.operands.clone() {
            match c.host.stat(&c.path(&path)) {
                Some(stat) if stat.dir && !self.has('d') => directories.push(path),
                Some(stat) => files.push((path, stat)),
                None if is_device(&path) => files.push((path, Stat { dir: false, size: 0, modified_ms: 0 })),
                None => self.complain(c, "@", "cannot access '@'", &path, FileError::NotFound),
            }
        }
        if self.code == 1 && c.gnu {
            self.code = 2;
        }
        let headers = directories.len() + files.len() > 1;
        self.list(c, &mut files);
        for directory in directories {
            let path = c.path(&directory);
            let names = c.host.list(&path).unwrap_or_default();
            let visible = names.into_iter().filter(|n| all || !n.starts_with('.'));
            let mut entries: Vec<(String, Stat)> =
                visible.filter_map(|n| c.host.stat(&absolute(&path, &n)).map(|stat| (n, stat))).collect();
            if self.has('a') {
                let here = Stat {
                    dir: true,
                    size: 4096,
                    modified_ms: c.host.stat(&path).map_or(0, |s| s.modified_ms),
                };
                entries.splice(0..0, [(".".to_string(), here), ("..".to_string(), here)]);
            }
            if headers {
                let gap = if c.out.is_empty() { "" } else { "\n" };
                c.out.push_str(&format!("{gap}{directory}:\n"));
            }
            if self.has('l') {
                let blocks: u64 = entries.iter().map(|(_, s)| s.size.div_ceil(4096) * 4).sum();
                c.print(&format!("total {blocks}"));
            }
            self.list(c, &mut entries);
        }
    }

    fn list(&self, c: &mut Context, entries: &mut [(String, Stat)]) {
        if self.has('t') {
            // The newest first, by insertion.
            for end in 1..entries.len() {
                let newer = |at: &usize| entries[*at].1.modified_ms < entries[end].1.modified_ms;
                if let Some(at) = (0..end).find(newer) {
                    entries[at..=end].rotate_right(1);
                }
            }
        }
        if self.has('r') {
            entries.reverse();
        }
        if !self.has('l') {
            let names: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
            let width = |column: &[&str]| column.iter().map(|n| n.chars().count()).max().unwrap_or(0) + 2;
            let fits = |rows: &usize| names.chunks(*rows).map(width).sum::<usize>() <= 82;
            let rows = if c.columns && !self.has('1') { (1..names.len()).find(fits) } else { None };
            let rows = rows.unwrap_or(names.len()).max(1);
            for row in 0..rows.min(names.len()) {
                let cell = |column: &[&str]| column.get(row).map(|name| format!("{name:0$}", width(column)));
                let line: String = names.chunks(rows).filter_map(cell).collect();
                c.print(line.trim_end());
            }
            return;
        }
        let digits = entries.iter().map(|(_, s)| s.size.to_string().len()).max().unwrap_or(0);
        for (name, stat) in entries {
            let (mode, links) = if stat.dir { ("drwxr-xr-x", 2) } else { ("-rw-r--r--", 1) };
            let when = time_text(stat.modified_ms as i64 / 1000, 0, "%b %e %H:%M");
            let size = stat.size;
            let line = match c.gnu {
                true => format!("{mode} {links} root root {size:>digits$} {when} {name}"),
                false => format!("{mode} {links:>4} root     root     {size:>9} {when} {name}"),
            };
            c.print(&line);
        }
    }

    fn find(&mut self, c: &mut Context) {
        let start = self.operands.iter().position(|w| w.starts_with('-')).unwrap_or(self.operands.len());
        let mut roots = self.operands[..start].to_vec();
        if roots.is_empty() {
            roots.push(".".into());
        }
        let tests = self.operands[start..].to_vec();
        for root in roots {
            let path = c.path(&root);
            if c.host.stat(&path).is_none() {
                self.complain(c, "@", "'@'", &root, FileError::NotFound);
                continue;
            }
            for found in walk(c.host, &path) {
                let dir = c.host.stat(&found).is_some_and(|s| s.dir);
                let base = found.rsplit('/').next().unwrap_or("");
                let fits = tests.chunks(2).all(|test| match test {
                    [name, glob] if name == "-name" => Pattern::glob(glob, false, None, true).is_match(base),
                    [kind, of] if kind == "-type" => (of == "d") == dir,
                    _ => true,
                });
                if fits {
                    c.print(&format!("{root}{}", found.strip_prefix(&path).unwrap_or(&found)));
                }
            }
        }
    }

    fn copy(&mut self, c: &mut Context) {
        let moving = self.name == "mv";
        let Some((target, sources)) =
            self.operands.clone().split_last().map(|(t, s)| (t.clone(), s.to_vec()))
        else {
            return self.usage(c, "missing file operand");
        };
        if sources.is_empty() {
            return self.usage(c, &format!("missing destination file operand after '{target}'"));
        }
        let into = c.path(&target);
        let is_dir = c.host.stat(&into).is_some_and(|s| s.dir);
        for source in sources {
            let from = c.path(&source);
            let Some(stat) = c.host.stat(&from) else {
                let busybox = if moving { "can't rename '@'" } else { "can't stat '@'" };
                self.complain(c, busybox, "cannot stat '@'", &source, FileError::NotFound);
                continue;
            };
            if stat.dir && !moving && !['r', 'R', 'a'].iter().any(|o| self.has(*o)) {
                match c.gnu {
                    true => self.usage(c, &format!("-r not specified; omitting directory '{source}'")),
                    false => self.usage(c, &format!("omitting directory '{source}'")),
                }
                continue;
            }
            // `cp -r from/. into` copies what is in it.
            let content = source.ends_with("/.") || source == ".";
            let to = match from.rsplit('/').next() {
                Some(base) if is_dir && !content => absolute(&into, base),
                _ => into.clone(),
            };
            if to == from || to.starts_with(&format!("{from}/")) {
                self.usage(c, &format!("'{source}' and '{target}' are the same file"));
                continue;
            }
            let all = walk(c.host, &from);
            let mut copied = Ok(());
            for path in &all {
                let place = format!("{to}{}", &path[from.len()..]);
                copied = match c.host.read(path) {
                    Ok(text) => c.host.write(&place, &text, false),
                    Err(FileError::IsDirectory) if c.host.stat(&place).is_some_and(|s| s.dir) => Ok(()),
                    Err(FileError::IsDirectory) => c.host.make_dir(&place),
                    Err(error) => Err(error),
                };
                if let Err(error) = copied {
                    self.complain(c, "can't create '@'", "cannot create regular file '@'", &target, error);
                    break;
                }
            }
            if moving && copied.is_ok() {
                for path in all.iter().rev() {
                    if let Err(error) = c.host.remove(path) {
                        self.complain(c, "can't remove '@'", "cannot remove '@'", &source, error);
                        break;
                    }
                }
            }
        }
    }

    fn each_path(&mut self, c: &mut Context) {
        if self.operands.is_empty() && !self.has('f') {
            return self.usage(c, "missing operand");
        }
        for given in self.operands.clone() {
            let path = c.path(&given);
            let stat = c.host.stat(&path);
            let (done, busybox, gnu) = match self.name {
                "touch" if is_device(&path) || stat.is_none() && self.has('c') => (Ok(()), "", ""),
                "touch" => match stat {
                    Some(stat) if stat.dir => (Ok(()), "", ""),
                    _ => (c.host.write(&path, "", true), "@", "cannot touch '@'"),
                },
                "mkdir" => {
                    let made = match (self.has('p'), stat) {
                        (true, Some(stat)) if stat.dir => Ok(()),
                        (true, None) => make_dirs(c.host, &path),
                        _ => c.host.make_dir(&path),
                    };
                    (made, "can't create directory '@'", "cannot create directory '@'")
                }
                "rmdir" => {
                    let removed = match stat {
                        Some(stat) if !stat.dir => Err(FileError::NotDirectory),
                        _ => c.host.remove(&path),
                    };
                    (removed, "'@'", "failed to remove '@'")
                }
                _ => {
                    let recursive = self.has('r') || self.has('R');
                    let removed = match stat {
                        None if self.has('f') => Ok(()),
                        None => Err(FileError::NotFound),
                        Some(stat) if stat.dir && !recursive => Err(FileError::IsDirectory),
                        Some(_) => walk(c.host, &path).iter().rev().try_for_each(|p| c.host.remove(p)),
                    };
                    (removed, "can't remove '@'", "cannot remove '@'")
                }
            };
            if let Err(error) = done {
                self.complain(c, busybox, gnu, &given, error);
            }
        }
    }
}

// Parts of the tools

/// The number a text begins with (`sort -n`) or, `whole`, is, in thousandths.
fn thousandths(text: &str, whole: bool) -> Option<i64> {
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (mut value, mut places) = (0i64, None);
    for c in digits.bytes() {
        match (c, &mut places) {
            (b'0'..=b'9', Some(0)) => {}
            (b'0'..=b'9', places) => {
                value = value.saturating_mul(10).saturating_add(i64::from(c - b'0'));
                *places = places.map(|n: u32| n - 1);
            }
            (b'.', None) => places = Some(3),
            _ if whole => return None,
            _ => break,
        }
    }
    let value = value.saturating_mul(10i64.pow(places.unwrap_or(3)));
    (!whole || digits.starts_with(|c: char| c.is_ascii_digit())).then_some(if digits == text {
        value
    } else {
        -value
    })
}

/// Sorts without much code; stable as far as `before` tells different things apart.
fn sort_by(items: &mut [&str], before: &dyn Fn(&str, &str) -> Ordering) {
    let mut gap = items.len() / 2;
    while gap > 0 {
        for start in gap..items.len() {
            let mut at = start;
            while at >= gap && before(items[at - gap], items[at]).is_gt() {
                items.swap(at - gap, at);
                at -= gap;
            }
        }
        gap /= 2;
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

struct SedCommand {
    from: Option<Address>,
    to: Option<Address>,
    negated: bool,
    action: Action,
}

/// Text up to an unescaped delimiter, which is left out, and what follows.
fn delimited(text: &str, delimiter: char) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            _ if c == delimiter => return Some((out, &text[at + c.len_utf8()..])),
            '\\' => match chars.next()?.1 {
                next if next == delimiter => out.push(next),
                'n' => out.push('\n'),
                next => out.extend(['\\', next]),
            },
            _ => out.push(c),
        }
    }
    None
}

/// The program that sed's options and its first operand give.
fn sed_source(options: &[(char, String)], operand: &str) -> Option<Vec<SedCommand>> {
    let has = |letter: char| options.iter().any(|(o, _)| *o == letter);
    let given: Vec<&str> = options.iter().filter(|(o, _)| *o == 'e').map(|(_, v)| v.as_str()).collect();
    let source = if has('e') { given.join("\n") } else { operand.to_string() };
    sed_program(&source, has('E') || has('r'))
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

/// The words of an awk pattern or of a print's argument.
fn awk_words(text: &str) -> Option<Vec<String>> {
    let mut words = vec![];
    let mut rest = text.trim_start();
    while let Some(c) = rest.chars().next() {
        let end = match c {
            '"' | '/' => {
                let (_, after) = delimited(&rest[1..], c)?;
                rest.len() - after.len()
            }
            ',' => 1,
            '=' | '!' | '<' | '>' | '~' => rest.find(|c: char| !"=!<>~".contains(c)).unwrap_or(rest.len()),
            '$' if rest.starts_with("$(NF-") => rest.find(')')? + 1,
            _ => {
                let start = usize::from(c == '$');
                start + rest[start..].find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len() - start)
            }
        };
        let (word, after) = rest.split_at(end);
        let known = matches!(c, '"' | '/' | ',' | '=' | '!' | '<' | '>' | '~')
            || c == '$' && (decimal(&word[1..]).is_some() || word == "$NF" || word.starts_with("$(NF-"))
            || matches!(word, "NR" | "NF")
            || decimal(word).is_some();
        if !known {
            return None;
        }
        words.push(word.to_string());
        rest = after.trim_start();
    }
    Some(words)
}

/// An awk program's pattern and what it prints, joined by spaces; `None` for what isn't simulated.
fn awk_program(source: &str) -> Option<(Vec<String>, Vec<Vec<String>>)> {
    let (test, action) = source.split_once('{').unwrap_or((source, "print}"));
    let test = awk_words(test)?;
    let action = action.trim().strip_suffix('}')?.trim().trim_end_matches(';');
    let words = awk_words(action.strip_prefix("print")?)?;
    let operators = |w: &String| w.starts_with(['=', '!', '<', '>', '~']);
    let wrong = !matches!(test.len(), 0 | 1 | 3) || words.iter().any(operators);
    let prints =
        words.split(|w| w == ",").map(<[String]>::to_vec).filter(|items| !items.is_empty()).collect();
    (!wrong).then_some((test, prints))
}

fn awk_match(pattern: &str, text: &str) -> bool {
    let source = pattern.strip_prefix('/').and_then(|p| p.strip_suffix('/')).unwrap_or(pattern);
    Pattern::regex(source, true, false).is_some_and(|p| p.is_match(text))
}

fn awk_value(item: &str, line: &str, fields: &[&str], number: i64) -> String {
    if let Some(text) = item.strip_prefix('"') {
        let mut out = String::new();
        unescape(text.strip_suffix('"').unwrap_or(text), &mut out);
        return out;
    }
    let field = |n: Option<i64>| {
        n.and_then(|n| fields.get((n as usize).wrapping_sub(1))).map_or("", |f| f).to_string()
    };
    match item {
        "NR" => number.to_string(),
        "NF" => fields.len().to_string(),
        "$0" => line.to_string(),
        "$NF" => field(Some(fields.len() as i64)),
        _ => match item.strip_prefix('$') {
            Some(n) => match n.strip_prefix("(NF-").and_then(|n| n.strip_suffix(')')) {
                Some(back) => field(decimal(back).map(|back| fields.len() as i64 - back)),
                None => field(decimal(n)),
            },
            None => item.to_string(),
        },
    }
}

/// The device files that exist everywhere.
pub(super) fn is_device(path: &str) -> bool {
    ["/dev/null", "/dev/stdout", "/dev/stderr", "/dev/stdin", "/dev/tty"].contains(&path)
}

/// A file's text; a device has none.
pub(super) fn read(host: &dyn Host, path: &str) -> Result<String, FileError> {
    if is_device(path) { Ok(String::new()) } else { host.read(path) }
}

/// A word as a shell reads it back.
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: u8| c.is_ascii_alphanumeric() || b"_-./:=,+@%".contains(&c) || c >= 0x80;
    if !word.is_empty() && word.bytes().all(plain) {
        return word.to_string();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// A path from `/`, without `.` and `..`.
pub(super) fn absolute(cwd: &str, path: &str) -> String {
    let mut parts: Vec<&str> = vec![];
    let base = if path.starts_with('/') { "" } else { cwd };
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// Everything at and below a path, a directory before what is in it.
fn walk(host: &dyn Host, path: &str) -> Vec<String> {
    let mut found = vec![path.to_string()];
    let mut at = 0;
    while let Some(path) = found.get(at).cloned() {
        at += 1;
        if host.stat(&path).is_some_and(|s| s.dir) {
            let names = host.list(&path).unwrap_or_default();
            let below: Vec<String> = names.iter().map(|name| absolute(&path, name)).collect();
            found.splice(at..at, below);
        }
    }
    found
}

fn make_dirs(host: &mut dyn Host, path: &str) -> Result<(), FileError> {
    for (at, _) in path.match_indices('/').skip(1).chain([(path.len(), "")]) {
        match host.stat(&path[..at]) {
            None => host.make_dir(&path[..at])?,
            Some(stat) if !stat.dir => return Err(FileError::NotDirectory),
            Some(_) => {}
        }
    }
    Ok(())
}

/// The files that a word with unquoted `*`, `?` or `[` stands for, sorted; `None` where it is no pattern or none fits.
pub(super) fn file_names(cwd: &str, word: &str, host: &dyn Host) -> Option<Vec<String>> {
    let active = |part: &str| {
        let mut quoted = false;
        part.chars().any(|c| {
            let hit = !quoted && matches!(c, '*' | '?' | '[');
            quoted = c == QUOTE && !quoted;
            hit
        })
    };
    if !active(word) {
        return None;
    }
    let mut found = vec![String::new()];
    // A quoted slash is a slash.
    for (n, part) in word.replace("\0/", "/").split('/').enumerate() {
        let mut next = vec![];
        for before in &found {
            let prefix = if n == 0 { String::new() } else { format!("{before}/") };
            if !active(part) {
                let path = format!("{prefix}{}", unquoted(part));
                if part.is_empty() || host.stat(&absolute(cwd, &path)).is_some() {
                    next.push(path);
                }
                continue;
            }
            let pattern = Pattern::glob(part, false, None, true);
            let names = host.list(&absolute(cwd, &prefix)).unwrap_or_default();
            let hidden = part.starts_with('.');
            let fitting =
                names.into_iter().filter(|n| (hidden || !n.starts_with('.')) && pattern.is_match(n));
            next.extend(fitting.map(|name| format!("{prefix}{name}")));
        }
        found = next;
    }
    (!found.is_empty()).then_some(found)
}

/// A moment as strftime writes it, in UTC.
pub fn time_text(seconds: i64, nanoseconds: u64, format: &str) -> String {
    let seconds = seconds.clamp(-100_000_000_000, 100_000_000_000);
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let weekday = (days + 4).rem_euclid(7);
    let name = |names: &'static str, n: i64| names[n as usize * 3..][..3].to_string();
    let two = |n: i64| format!("{n:02}");
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let Some(mut letter) = chars.next() else { break };
        if letter == '-' {
            letter = chars.next().unwrap_or('%');
        }
        let (hour, minute) = (second / 3600, second / 60 % 60);
        out.push_str(&match letter {
            's' => seconds.to_string(),
            'N' => format!("{nanoseconds:09}"),
            'Y' => year.to_string(),
            'y' => two(year % 100),
            'm' => two(month),
            'd' => two(day),
            'e' => format!("{day:2}"),
            'H' => two(hour),
            'I' => two((hour + 11) % 12 + 1),
            'M' => two(minute),
            'S' => two(second % 60),
            'p' => if hour < 12 { "AM" } else { "PM" }.to_string(),
            'j' => format!("{:03}", days - days_before(year) + 1),
            'a' => name("SunMonTueWedThuFriSat", weekday),
            'b' | 'h' => name("JanFebMarAprMayJunJulAugSepOctNovDec", month - 1),
            'u' => ((weekday + 6) % 7 + 1).to_string(),
            'w' => weekday.to_string(),
            'Z' => "UTC".to_string(),
            'z' => "+0000".to_string(),
            'n' => "\n".to_string(),
            't' => "\t".to_string(),
            'F' => time_text(seconds, 0, "%Y-%m-%d"),
            'T' => time_text(seconds, 0, "%H:%M:%S"),
            'R' => time_text(seconds, 0, "%H:%M"),
            'D' => time_text(seconds, 0, "%m/%d/%y"),
            'c' => time_text(seconds, 0, "%a %b %e %T %Y"),
            other => other.to_string(),
        });
    }
    out
}

/// Days from 1970 to the first of January of a year of the Gregorian calendar.
fn days_before(year: i64) -> i64 {
    let y = year - 1;
    y * 365 + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) - 719_162
}

/// Year, month and day of the so-manieth day since 1970.
fn civil(days: i64) -> (i64, i64, i64) {
    // Not later than the day's year, on either side of 1970.
    let mut year = 1970 + days.div_euclid(if days < 0 { 365 } else { 366 });
    while days_before(year + 1) <= days {
        year += 1;
    }
    let mut day = days - days_before(year);
    let leap = i64::from(days_before(year + 1) - days_before(year) == 366);
    for (n, length) in [31, 28 + leap, 31, 30, 31, 30, 31, 31, 30, 31, 30].into_iter().enumerate() {
        if day < length {
            return (year, n as i64 + 1, day + 1);
        }
        day -= length;
    }
    (year, 12, day + 1)
}
