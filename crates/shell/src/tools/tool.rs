//! A program under way: its options, and the way its input takes through it.

use crate::host::{FileError, Host, MAX_TEXT};
use crate::path::absolute;
use crate::pattern::Pattern;
use crate::variable::Vars;
use std::rc::Rc;

/// How a tool takes its input, and the function that works on a piece of it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Feed {
    /// Not at all.
    Nothing(fn(&mut Tool, &mut Context)),
    /// As it comes.
    Raw(fn(&mut Tool, &mut Context, &str)),
    /// Line by line, without their newlines.
    Lines(fn(&mut Tool, &mut Context, &str)),
    /// Each file, or standard input, as a whole.
    File(fn(&mut Tool, &mut Context, &str)),
    /// All of it as a whole.
    All(fn(&mut Tool, &mut Context, &str)),
}
use Feed::{All, File, Lines, Nothing, Raw};

/// Name, options as getopt has them (`:` takes a value; `*`: no options at all; `+`: none after the first operand),
/// the operands that are not files, and the input. `usize::MAX`: no operand is a file to read.
pub(crate) type Spec = (&'static str, &'static str, usize, Feed);
pub(crate) const NO_FILES: usize = usize::MAX;

/// A command line that a tool runs in a shell.
pub(crate) struct Command<'a> {
    pub(crate) script: &'a str,
    pub(crate) stdin: &'a str,
    pub(crate) cwd: &'a str,
    pub(crate) environment: &'a Vars,
    /// The number of its process.
    pub(crate) pid: u32,
}

/// What came of it.
pub(crate) struct Ended {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) code: i32,
}

/// What a tool works with.
pub(crate) struct Context<'a> {
    pub(crate) host: &'a mut dyn Host,
    pub(crate) cwd: &'a str,
    /// GNU's wording instead of BusyBox'.
    pub(crate) gnu: bool,
    /// Run by dash, whose echo and printf are its own.
    pub(crate) dash: bool,
    /// The same for bash.
    pub(crate) bash: bool,
    /// What stands before a complaint of a command of the shell's own: its name and the line.
    pub(crate) shell: String,
    /// Its output is a terminal.
    pub(crate) columns: bool,
    /// What `<(…)` gave, by path.
    pub(crate) temporaries: &'a [(Rc<str>, Rc<str>)],
    /// The pipes of `>(…)`, by path.
    pub(crate) outlets: &'a [(Rc<str>, u32)],
    /// The shell's variables.
    pub(crate) environment: Rc<Vars>,
    pub(crate) out: String,
    pub(crate) err: String,
    /// A number that differs from tool to tool, for what is to be random.
    pub(crate) salt: u64,
    /// Units of work beside what is read and printed.
    pub(crate) work: i64,
    /// Runs a command line to its end; none where that is not simulated, or would have to wait.
    pub(crate) run: fn(&mut dyn Host, &Command) -> Option<Ended>,
    /// What goes into the pipes of `>(…)`.
    pub(crate) piped: Vec<(u32, String)>,
}

impl Context<'_> {
    pub(crate) fn path(&self, path: &str) -> String {
        absolute(self.cwd, path)
    }

    /// A file's text as a tool reads it that is given more than its input's files.
    pub(crate) fn read(&self, file: &str) -> Result<String, FileError> {
        let path = self.path(file);
        match self.temporaries.iter().rev().find(|(known, _)| **known == *path) {
            Some((_, text)) => Ok(text.to_string()),
            None => crate::path::read(self.host, &path),
        }
    }

    /// Writes a file, or into a `>(…)`.
    pub(crate) fn write(&mut self, file: &str, text: &str, append: bool) -> Result<(), FileError> {
        if let Some((_, pipe)) = self.outlets.iter().find(|(path, _)| **path == *file) {
            self.piped.push((*pipe, text.to_string()));
            return Ok(());
        }
        let path = self.path(file);
        match path.as_str() {
            "/dev/stdout" | "/proc/1/fd/1" => self.out.push_str(text),
            "/dev/stderr" | "/proc/1/fd/2" => self.err.push_str(text),
            "/dev/null" => {}
            _ => return self.host.write(&path, text, append),
        }
        Ok(())
    }

    /// Runs a command line; what it says of mistakes is said. Its output and its status.
    pub(crate) fn run_command(&mut self, script: &str, stdin: &str) -> Option<(String, i32)> {
        /// No other process of the container's has it.
        const PID: u32 = 30_000;
        self.work += 100;
        let environment = self.environment.clone();
        let command = Command { script, stdin, cwd: self.cwd, environment: &environment, pid: PID };
        let ended = (self.run)(self.host, &command)?;
        self.err.push_str(&ended.err);
        Some((ended.out, ended.code))
    }

    /// Complains as a command of the shell's own does.
    pub(crate) fn complain(&mut self, command: &str, what: &str) {
        let command = if self.bash || self.dash { [command, ": "].concat() } else { String::new() };
        self.err.push_str(&[&self.shell, &command, what, "\n"].concat());
    }

    pub(crate) fn print(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }
}

/// How BusyBox' usage texts begin.
pub(crate) const USAGE: &str = "BusyBox v1.36.1 multi-call binary.\n\nUsage: ";

/// What a tool keeps between pieces of its input.
pub(crate) trait State: std::fmt::Debug {
    /// Another one like it.
    fn copy(&self) -> Box<dyn State>;
    /// Itself, for who knows what it is.
    fn into_any(self: Box<Self>) -> Box<dyn std::any::Any>;
}

impl Clone for Box<dyn State> {
    fn clone(&self) -> Self {
        self.copy()
    }
}

/// A tool under way.
#[derive(Clone, Debug)]
pub(crate) struct Tool {
    pub(crate) name: &'static str,
    pub(crate) feed: Feed,
    pub(crate) options: Vec<(char, String)>,
    pub(crate) operands: Vec<String>,
    pub(crate) files: std::vec::IntoIter<String>,
    pub(crate) file: String,
    /// From files, not standard input.
    pub(crate) from_files: bool,
    /// More than one file: lines are preceded by their names.
    pub(crate) many: bool,
    pub(crate) buffer: String,
    pub(crate) count: i64,
    pub(crate) totals: [i64; 3],
    /// grep's patterns.
    pub(crate) patterns: Vec<Pattern>,
    /// The directory whose files ls lists.
    pub(crate) listed: String,
    /// Whether they have been read.
    pub(crate) counts: bool,
    /// Lines before a match.
    pub(crate) held: Vec<String>,
    /// The last line shown.
    pub(crate) shown: i64,
    pub(crate) code: i32,
    /// Its options' numbers have been looked at.
    pub(crate) checked: bool,
    /// It needs no more input.
    pub(crate) done: bool,
    /// It takes no input and has more to print.
    pub(crate) goes_on: bool,
    /// What a program of awk's or sed's has come to.
    pub(crate) state: Option<Box<dyn State>>,
    /// The variable that it sets (`printf -v`).
    pub(crate) assigns: Option<(String, String)>,
    /// What of its arguments is not simulated.
    pub(crate) not_simulated: Option<String>,
    /// What the shell is to run when the tool has ended (xargs).
    pub(crate) script: Option<String>,
    /// The file it follows when it has ended (tail -f).
    pub(crate) follow: Option<String>,
}

impl Tool {
    /// A tool with its arguments; `None` where it has no such option.
    pub(crate) fn new((name, spec, skip, feed): Spec, argv: &[String]) -> Option<Tool> {
        let (options, mut operands) = options(name, spec, argv)?;
        let takes_input = !matches!(feed, Nothing(_));
        // grep's pattern is no operand then. (sed's and awk's programs choose their files themselves.)
        let given = takes_input && skip != NO_FILES && options.iter().any(|(o, _)| matches!(o, 'e' | 'f'));
        let skip = if given { 0 } else { skip };
        let files = operands.split_off(skip.min(operands.len()));
        Some(Tool {
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
            patterns: vec![],
            listed: String::new(),
            counts: false,
            held: vec![],
            shown: 0,
            code: 0,
            checked: false,
            done: false,
            goes_on: false,
            state: None,
            assigns: None,
            not_simulated: None,
            script: None,
            follow: None,
        })
    }

    pub(crate) fn takes_input(&self) -> bool {
        !matches!(self.feed, Nothing(_))
    }

    /// It reads only the files that its operands name.
    pub(crate) fn needs_no_input(&self) -> bool {
        let dash = self.operands.iter().any(|o| o == "-");
        match self.name {
            "diff" | "cmp" => !dash,
            "comm" => !dash && self.operands.len() > 1,
            "split" | "gzip" | "gunzip" | "zcat" => !dash && !self.operands.is_empty(),
            "dd" => self.operands.iter().any(|o| o.starts_with("if=")),
            "paste" => !dash && !self.operands.is_empty(),
            "jq" => self.jq_needs_no_input(),
            "tar" => {
                let letters = self.operands.first().map_or("", String::as_str);
                letters.contains('c')
                    || letters.contains('f') && !dash
                    || self.operands.iter().any(|o| o.starts_with("--file="))
            }
            _ => false,
        }
    }

    /// Takes what it keeps.
    pub(crate) fn take_state<T: 'static>(&mut self) -> Option<Box<T>> {
        self.state.take()?.into_any().downcast().ok()
    }

    /// Its files are known only when it has read its program.
    pub(crate) fn is_unopened(&self) -> bool {
        !self.done && self.state.is_none() && matches!(self.name, "awk" | "sed")
    }

    pub(crate) fn has(&self, option: char) -> bool {
        self.value(option).is_some()
    }

    pub(crate) fn value(&self, option: char) -> Option<&str> {
        self.options.iter().rev().find(|(o, _)| *o == option).map(|(_, value)| value.as_str())
    }

    pub(crate) fn operand(&self, n: usize) -> &str {
        self.operands.get(n).map_or("", String::as_str)
    }

    /// The next file to read; `None`: standard input.
    pub(crate) fn next_file(&mut self) -> Option<String> {
        if !self.from_files {
            return None;
        }
        self.file = self.files.next()?;
        (self.file != "-" && self.file != "/dev/stdin").then(|| self.file.clone())
    }

    /// Complains of a file that can't be read.
    pub(crate) fn cannot_read(&mut self, file: &str, error: FileError, gnu: bool) -> String {
        self.code = match self.name {
            "grep" | "egrep" | "fgrep" | "sort" | "awk" | "diff" | "cmp" => 2,
            "sed" if gnu => 2,
            _ => 1,
        };
        // `tail -F` waits for its file.
        if !(self.name == "tail" && self.has('F')) {
            self.file.clear();
        }
        if self.name.ends_with("grep") && self.has('s') {
            return String::new();
        }
        let phrase = match (self.name, gnu) {
            ("cat", false) => "can't open '@'",
            ("sort", true) => "cannot read: @",
            ("sed", true) => "can't read @",
            ("head" | "tail", true) => "cannot open '@' for reading",
            _ => "@",
        };
        self.message(phrase, file, error)
    }

    pub(crate) fn message(&self, phrase: &str, path: &str, error: FileError) -> String {
        let what = phrase.replace('@', path);
        // A phrase of BusyBox' that says why itself.
        if phrase.ends_with(" is a directory") {
            return format!("{}: {what}\n", self.name);
        }
        format!("{}: {what}: {}\n", self.name, error.text())
    }

    /// Complains of a path: BusyBox' phrase and GNU's, with `@` for it.
    pub(crate) fn complain(
        &mut self,
        c: &mut Context,
        busybox: &str,
        gnu: &str,
        path: &str,
        error: FileError,
    ) {
        if error == FileError::NotFound && c.host.may_have(&c.path(path)) {
            self.not_simulated = Some([self.name, " ", path].concat());
            return;
        }
        self.code = 1;
        c.err.push_str(&self.message(if c.gnu { gnu } else { busybox }, path, error));
    }

    /// Complains of its usage.
    pub(crate) fn usage(&mut self, c: &mut Context, what: &str) {
        self.code = if matches!(self.name, "grep" | "expr" | "egrep" | "sort") { 2 } else { 1 };
        self.done = true;
        c.err.push_str(self.name);
        c.err.push_str(": ");
        c.err.push_str(what);
        c.err.push('\n');
    }

    /// Takes a file's text, or what standard input has now. Whether the tool has ended.
    pub(crate) fn take(&mut self, c: &mut Context, text: &str) -> bool {
        if self.has_wrong_number(c) {
            return true;
        }
        match self.feed {
            Raw(work) => work(self, c, text),
            _ if self.buffer.len() + text.len() > MAX_TEXT => self.usage(c, "out of memory"),
            Lines(work) => {
                self.buffer.push_str(text);
                if let Some(end) = self.buffer.rfind('\n') {
                    let rest = self.buffer.split_off(end + 1);
                    let lines = std::mem::replace(&mut self.buffer, rest);
                    self.lines(c, &lines, work);
                }
            }
            File(_) | All(_) | Nothing(_) => self.buffer.push_str(text),
        }
        if self.from_files && self.file != "-" {
            return self.end(c);
        }
        self.done && self.finish(c)
    }

    /// The end of a file or of standard input. Whether the tool has ended.
    pub(crate) fn end(&mut self, c: &mut Context) -> bool {
        if self.has_wrong_number(c) {
            return true;
        }
        let last = !self.from_files || self.files.as_slice().is_empty();
        if last || !matches!(self.feed, All(_)) {
            let text = std::mem::take(&mut self.buffer);
            match self.feed {
                Lines(work) => {
                    self.lines(c, &text, work);
                    self.end_of_file(c);
                }
                File(_) if self.from_files && self.file.is_empty() => {}
                File(work) | All(work) => work(self, c, &text),
                Raw(work) => work(self, c, ""),
                Nothing(work) => work(self, c),
            }
            if std::mem::take(&mut self.goes_on) {
                return false;
            }
        }
        (last || self.done && self.name != "head") && self.finish(c)
    }

    fn lines(&mut self, c: &mut Context, text: &str, work: fn(&mut Tool, &mut Context, &str)) {
        for line in text.split_inclusive('\n') {
            if self.done {
                return;
            }
            self.count += 1;
            work(self, c, line.strip_suffix('\n').unwrap_or(line));
        }
    }

    fn finish(&mut self, c: &mut Context) -> bool {
        match self.name {
            "grep" | "egrep" | "fgrep" if self.code == 0 && self.has('L') => {}
            "grep" | "egrep" | "fgrep" if self.code == 0 || self.has('q') && self.totals[0] > 0 => {
                self.code = i32::from(self.totals[0] == 0);
            }
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
}

/// Options with their values, and operands.
type Arguments = (Vec<(char, String)>, Vec<String>);

/// The arguments by the tool's table of options; `None` where it has no such option, or a value is missing.
fn options(name: &str, spec: &str, argv: &[String]) -> Option<Arguments> {
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
        if let Some(long) = letters.strip_prefix('-') {
            let (long, value) = match long.split_once('=') {
                Some((long, value)) => (long, Some(value.to_string())),
                None => (long, None),
            };
            let letter = long_option(name, long)?;
            if letter == ' ' {
                continue;
            }
            let at = spec.find(letter)?;
            let value = match spec.as_bytes().get(at + 1) {
                Some(b':') => match value {
                    Some(value) => value,
                    None => args.next()?.clone(),
                },
                _ => value.unwrap_or_default(),
            };
            options.push((letter, value));
            continue;
        }
        // `head -3`, `seq 5 -1 1`.
        if letters.bytes().all(|c| c.is_ascii_digit()) && !matches!(name, "xargs" | "comm" | "gzip" | "ls") {
            match name {
                "head" | "tail" => options.push(('n', letters.to_string())),
                "grep" | "egrep" | "fgrep" => options.push(('C', letters.to_string())),
                "nice" => {}
                _ => operands.push(arg.clone()),
            }
            continue;
        }
        let mut rest = letters.chars();
        while let Some(letter) = rest.next() {
            if !letter.is_ascii_alphanumeric() {
                return None;
            }
            let at = spec.find(letter)?;
            let mut value = String::new();
            match spec.as_bytes().get(at + 1) {
                Some(b':') => {
                    value = std::mem::replace(&mut rest, "".chars()).collect();
                    if value.is_empty() {
                        value = args.next()?.clone();
                    }
                }
                // A value only where it is joined (`-i.bak`).
                Some(b'@') => value = std::mem::replace(&mut rest, "".chars()).collect(),
                _ => {}
            }
            options.push((letter, value));
        }
    }
    Some((options, operands))
}

/// The letter that a long option stands for; a blank: nothing changes. Long: a table.
fn long_option(tool: &str, long: &str) -> Option<char> {
    let all: &[(&str, &str, char)] = &[
        ("", "verbose", 'v'),
        ("", "quiet", 'q'),
        ("", "silent", 'q'),
        ("", "recursive", 'r'),
        ("", "force", 'f'),
        ("", "color", ' '),
        ("", "colour", ' '),
        ("", "line-buffered", ' '),
        ("", "unbuffered", ' '),
        ("gzip", "decompress", 'd'),
        ("gzip", "keep", 'k'),
        ("gzip", "stdout", 'c'),
        ("split", "lines", 'l'),
        ("split", "bytes", 'b'),
        ("install", "directory", 'd'),
        ("install", "mode", 'm'),
        ("grep", "count", 'c'),
        ("grep", "ignore-case", 'i'),
        ("grep", "invert-match", 'v'),
        ("grep", "line-number", 'n'),
        ("grep", "only-matching", 'o'),
        ("grep", "extended-regexp", 'E'),
        ("grep", "fixed-strings", 'F'),
        ("grep", "perl-regexp", 'P'),
        ("grep", "regexp", 'e'),
        ("grep", "file", 'f'),
        ("grep", "word-regexp", 'w'),
        ("grep", "line-regexp", 'x'),
        ("grep", "max-count", 'm'),
        ("grep", "after-context", 'A'),
        ("grep", "before-context", 'B'),
        ("grep", "context", 'C'),
        ("grep", "files-with-matches", 'l'),
        ("grep", "files-without-match", 'L'),
        ("grep", "no-filename", 'h'),
        ("grep", "with-filename", 'H'),
        ("grep", "no-messages", 's'),
        ("sort", "reverse", 'r'),
        ("sort", "numeric-sort", 'n'),
        ("sort", "unique", 'u'),
        ("sort", "key", 'k'),
        ("sort", "field-separator", 't'),
        ("sort", "version-sort", 'V'),
        ("sort", "human-numeric-sort", 'h'),
        ("sort", "output", 'o'),
        ("sort", "ignore-case", 'f'),
        ("sort", "stable", 's'),
        ("sort", "check", 'c'),
        ("head", "lines", 'n'),
        ("head", "bytes", 'c'),
        ("tail", "lines", 'n'),
        ("tail", "bytes", 'c'),
        ("tail", "follow", 'f'),
        ("wc", "lines", 'l'),
        ("wc", "words", 'w'),
        ("wc", "bytes", 'c'),
        ("wc", "chars", 'm'),
        ("wc", "max-line-length", 'L'),
        ("cut", "delimiter", 'd'),
        ("cut", "fields", 'f'),
        ("cut", "characters", 'c'),
        ("cut", "bytes", 'b'),
        ("cut", "only-delimited", 's'),
        ("cut", "complement", 'C'),
        ("cut", "output-delimiter", 'O'),
        ("sed", "quiet", 'n'),
        ("sed", "silent", 'n'),
        ("sed", "expression", 'e'),
        ("sed", "file", 'f'),
        ("sed", "regexp-extended", 'E'),
        ("sed", "in-place", 'i'),
        ("sed", "null-data", 'z'),
        ("sed", "separate", 's'),
        ("tr", "delete", 'd'),
        ("tr", "squeeze-repeats", 's'),
        ("tr", "complement", 'c'),
        ("uniq", "count", 'c'),
        ("uniq", "repeated", 'd'),
        ("uniq", "unique", 'u'),
        ("uniq", "ignore-case", 'i'),
        ("uniq", "skip-fields", 'f'),
        ("cat", "number", 'n'),
        ("cat", "number-nonblank", 'b'),
        ("cat", "show-all", 'A'),
        ("base64", "wrap", 'w'),
        ("base64", "decode", 'd'),
        ("mkdir", "parents", 'p'),
        ("mkdir", "mode", 'm'),
        ("rmdir", "parents", 'p'),
        ("date", "utc", 'u'),
        ("date", "date", 'd'),
        ("date", "iso-8601", 'I'),
        ("date", "rfc-email", 'R'),
        ("date", "reference", 'r'),
        ("date", "rfc-3339", '3'),
        ("date", "universal", 'u'),
        ("date", "rfc-2822", 'R'),
        ("touch", "date", 'd'),
        ("touch", "reference", 'r'),
        ("touch", "no-create", 'c'),
        ("stat", "format", 'c'),
        ("stat", "printf", 'P'),
        ("seq", "separator", 's'),
        ("seq", "equal-width", 'w'),
        ("seq", "format", 'f'),
        ("tee", "append", 'a'),
        ("xargs", "no-run-if-empty", 'r'),
        ("xargs", "null", '0'),
        ("xargs", "max-args", 'n'),
        ("xargs", "replace", 'I'),
        ("xargs", "max-procs", 'P'),
        ("xargs", "verbose", 't'),
        ("xargs", "delimiter", 'd'),
        ("ls", "all", 'a'),
        ("ls", "almost-all", 'A'),
        ("ls", "directory", 'd'),
        ("ls", "human-readable", 'h'),
        ("ls", "reverse", 'r'),
        ("ls", "classify", 'F'),
        ("ls", "recursive", 'R'),
        ("ln", "symbolic", 's'),
        ("ln", "no-dereference", 'n'),
        ("cp", "archive", 'a'),
        ("cp", "preserve", 'p'),
        ("du", "summarize", 's'),
        ("du", "human-readable", 'h'),
        ("readlink", "canonicalize", 'f'),
        ("diff", "brief", 'q'),
        ("diff", "unified", 'u'),
        ("md5sum", "check", 'c'),
        ("sha256sum", "check", 'c'),
        ("mktemp", "directory", 'd'),
        ("mktemp", "tmpdir", 'p'),
    ];
    let tool = if tool.ends_with("grep") { "grep" } else { tool };
    let of = |name: &str| all.iter().find(|(t, l, _)| *t == name && *l == long).map(|(.., letter)| *letter);
    of(tool).or_else(|| of(""))
}
