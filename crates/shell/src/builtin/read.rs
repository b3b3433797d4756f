//! read, mapfile, getopts: input and arguments into variables.

use crate::host::{Flavour, MAX_TEXT};
use crate::number::decimal;
use crate::process::{Assigned, Assignment, Fd, Input, Job, Process, State, World};
use crate::word::{QUOTE, is_name};
use std::rc::Rc;

/// What `read`'s options ask for.
#[derive(Default)]
struct Options {
    raw: bool,
    array: Option<String>,
    delimiter: Option<char>,
    /// At most, or `exactly`, so many characters.
    count: Option<usize>,
    exactly: bool,
    seconds: Option<String>,
    fd: usize,
    prompt: String,
    names: Vec<String>,
}

impl Process {
    fn read_options(&mut self, w: &mut World, argv: &[String]) -> Option<Options> {
        let allowed = match self.flavour {
            Flavour::Dash => "rp:",
            Flavour::Sh => "rsp:n:t:d:u:",
            _ => "rsep:n:N:t:d:u:a:i:",
        };
        let mut options = Options { delimiter: Some('\n'), ..Options::default() };
        let mut args = argv[1..].iter();
        while let Some(arg) = args.next() {
            let Some(letters) = arg.strip_prefix('-').filter(|l| !l.is_empty()) else {
                options.names.push(arg.clone());
                options.names.extend(args.cloned());
                break;
            };
            if letters == "-" {
                options.names.extend(args.cloned());
                break;
            }
            let mut rest = letters.chars();
            while let Some(letter) = rest.next() {
                let Some(at) = allowed.find(letter) else {
                    let what = match self.flavour {
                        Flavour::Dash => format!("Illegal option -{letter}"),
                        Flavour::Sh => format!("illegal option -{letter}"),
                        _ => format!("-{letter}: invalid option"),
                    };
                    self.complain_of(w, "read", &what);
                    self.status = 2;
                    return None;
                };
                if allowed.as_bytes().get(at + 1) != Some(&b':') {
                    options.raw |= letter == 'r';
                    continue;
                }
                let joined: String = std::mem::replace(&mut rest, "".chars()).collect();
                let value = if joined.is_empty() { args.next().cloned().unwrap_or_default() } else { joined };
                match letter {
                    'p' => options.prompt = value,
                    'd' => options.delimiter = Some(value.chars().next().unwrap_or('\0')),
                    'n' | 'N' => {
                        options.count = decimal(&value).map(|n| n.max(0) as usize);
                        options.exactly = letter == 'N';
                    }
                    't' => options.seconds = Some(value),
                    'u' => options.fd = decimal(&value).unwrap_or(0) as usize,
                    'a' => options.array = Some(value),
                    _ => {}
                }
            }
        }
        if options.exactly {
            options.delimiter = None;
        }
        Some(options)
    }

    pub(crate) fn read(&mut self, argv: Vec<String>, until: Option<u64>, w: &mut World) {
        let Some(options) = self.read_options(w, &argv) else { return };
        if let Some(name) = options.names.iter().find(|n| !is_name(n.split('[').next().unwrap_or_default())) {
            let what = match self.flavour {
                Flavour::Sh | Flavour::Dash => format!("{name}: bad variable name"),
                _ => format!("`{name}': not a valid identifier"),
            };
            self.complain_of(w, "read", &what);
            self.status = if self.flavour.is_bash() { 1 } else { 2 };
            return;
        }
        let first = until.is_none();
        let until = match (until, &options.seconds) {
            (None, Some(seconds)) => {
                super::time::duration(seconds).map(|ms| w.host.now_ms().saturating_add(ms))
            }
            (until, _) => until,
        };
        if first && !options.prompt.is_empty() && self.is_terminal(w.system, 0) {
            self.put(w, 2, &options.prompt);
        }
        let late = until.is_some_and(|until| w.host.now_ms() >= until);
        if options.seconds.as_deref() == Some("0") {
            return self.can_read(argv, &options, until, w);
        }
        let text = match self.input_piece(w, options.fd, options.delimiter, options.count, !options.raw) {
            Input::Wait if late => {
                self.state = crate::process::State::Run;
                self.status = if self.flavour.is_bash() { 142 } else { 1 };
                return;
            }
            Input::Wait if !self.signals.is_empty() => {
                // A signal's trap runs first.
                self.state = crate::process::State::Run;
                self.status = 128 + i32::from(self.signals[0]);
                return;
            }
            Input::Wait => {
                self.job = Some(Job::Read(argv, until));
                return;
            }
            Input::Text(text) => text,
            Input::End => String::new(),
        };
        let full = options.count.is_some_and(|n| text.chars().count() >= n);
        let ended = options.delimiter.is_some_and(|d| text.ends_with(d));
        self.status = i32::from(!(ended || full));
        let text = match options.delimiter {
            Some(delimiter) if ended => text.strip_suffix(delimiter).unwrap_or(&text).to_string(),
            _ => text,
        };
        let before = self.command.replace("read".into());
        let guarded = std::mem::replace(&mut self.guarded, true);
        self.store_read(w, &options, &marked(&text, options.raw));
        (self.command, self.guarded) = (before, guarded);
    }

    /// `read -t 0`: whether there is something to read, or the end of it.
    fn can_read(&mut self, argv: Vec<String>, options: &Options, until: Option<u64>, w: &mut World) {
        let Some(Fd::Read(id)) = self.place(options.fd).and_then(|fd| self.fds.get(fd)).cloned() else {
            return self.status = 0;
        };
        let ready = !w.system.content(id).is_empty() || self.drained == Some(id);
        self.status = i32::from(!ready);
        if !ready && !self.asked {
            // The scheduler knows whether somebody may still write.
            self.asked = true;
            self.state = State::Input(id, 0);
            self.job = Some(Job::Read(argv, until));
            return;
        }
        self.asked = false;
    }

    /// Gives what was read to the variables. Quoted characters of it are marked.
    fn store_read(&mut self, w: &mut World, options: &Options, marked: &str) {
        if let Some(array) = &options.array {
            let mut values = self.fields(w, marked, usize::MAX);
            if values.last().is_some_and(String::is_empty) && !marked.ends_with(QUOTE) {
                values.pop();
            }
            let value = Assigned::Items(values, vec![]);
            let assignment = Assignment { name: array.clone(), key: None, append: false, value };
            Rc::make_mut(&mut self.vars).put(array, None);
            self.assign(w, assignment);
            return;
        }
        if options.names.is_empty() {
            let whole = match self.flavour {
                Flavour::Dash => {
                    self.complain_of(w, "read", "arg count");
                    self.status = 2;
                    return;
                }
                _ => marked.replace(QUOTE, ""),
            };
            self.set("REPLY", &whole);
            return;
        }
        if options.exactly {
            self.set(&options.names[0], &marked.replace(QUOTE, ""));
            return;
        }
        let mut values = self.fields(w, marked, options.names.len()).into_iter();
        let status = self.status;
        for name in &options.names {
            let value = values.next().unwrap_or_default();
            if !self.set_item(w, name, None, &value, false) {
                // Its status says so.
                return;
            }
        }
        self.status = status;
    }

    /// At most so many fields of a line, the last with all that is left. A quoted character is no separator.
    fn fields(&mut self, w: &mut World, line: &str, most: usize) -> Vec<String> {
        let separators = self.get(w, "IFS").unwrap_or(" \t\n".into());
        let blank = |c: char| separators.contains(c) && c.is_ascii_whitespace();
        let chars: Vec<(char, bool)> = {
            let mut out = vec![];
            let mut source = line.chars();
            while let Some(c) = source.next() {
                match c {
                    QUOTE => out.extend(source.next().map(|c| (c, true))),
                    c => out.push((c, false)),
                }
            }
            out
        };
        let is_blank = |at: usize| chars.get(at).is_some_and(|(c, quoted)| !quoted && blank(*c));
        let is_separator =
            |at: usize| chars.get(at).is_some_and(|(c, quoted)| !quoted && separators.contains(*c));
        let mut fields = vec![];
        let mut at = 0;
        while is_blank(at) {
            at += 1;
        }
        while at < chars.len() {
            if fields.len() + 1 == most {
                // A single separator behind the only field that is left, with its blanks, belongs to that field's end.
                let stop = (at..chars.len()).find(|n| is_separator(*n)).unwrap_or(chars.len());
                let mut next = stop;
                while is_blank(next) {
                    next += 1;
                }
                next += usize::from(is_separator(next));
                while is_blank(next) {
                    next += 1;
                }
                let mut end = if next >= chars.len() { stop } else { chars.len() };
                while end > at && is_blank(end - 1) {
                    end -= 1;
                }
                fields.push(chars[at..end].iter().map(|(c, _)| *c).collect());
                return fields;
            }
            let start = at;
            while at < chars.len() && !is_separator(at) {
                at += 1;
            }
            fields.push(chars[start..at].iter().map(|(c, _)| *c).collect());
            while is_blank(at) {
                at += 1;
            }
            if is_separator(at) {
                at += 1;
                while is_blank(at) {
                    at += 1;
                }
                if at >= chars.len() && most == usize::MAX {
                    break;
                }
            }
        }
        fields
    }

    pub(crate) fn map_file(&mut self, argv: Vec<String>, mut text: String, w: &mut World) {
        match self.input(w) {
            Input::Text(more) if text.len() + more.len() < MAX_TEXT => {
                text.push_str(&more);
                self.job = Some(Job::Map(argv, text));
                return;
            }
            Input::Wait => {
                self.job = Some(Job::Map(argv, text));
                return;
            }
            Input::Text(_) | Input::End => {}
        }
        let (mut trims, mut delimiter, mut skip, mut most, mut origin) =
            (false, '\n', 0usize, usize::MAX, None);
        let mut name = "MAPFILE".to_string();
        let mut args = argv[1..].iter();
        while let Some(arg) = args.next() {
            let value = |args: &mut std::slice::Iter<String>| match &arg[2..] {
                "" => args.next().cloned().unwrap_or_default(),
                joined => joined.to_string(),
            };
            match arg.get(..2) {
                Some("-t") => trims = true,
                Some("-d") => delimiter = value(&mut args).chars().next().unwrap_or('\0'),
                Some("-s") => skip = decimal(&value(&mut args)).unwrap_or(0) as usize,
                Some("-n") => {
                    most = decimal(&value(&mut args)).filter(|n| *n > 0).map_or(usize::MAX, |n| n as usize)
                }
                Some("-O") => origin = decimal(&value(&mut args)),
                Some("-u" | "-C" | "-c") => drop(value(&mut args)),
                _ => name = arg.clone(),
            }
        }
        let pieces = text.split_inclusive(delimiter).skip(skip).take(most);
        let values: Vec<String> = pieces
            .map(|piece| {
                if trims { piece.strip_suffix(delimiter).unwrap_or(piece) } else { piece }.to_string()
            })
            .collect();
        let keys = origin
            .map_or(vec![], |first| (0..values.len()).map(|n| (n, (first + n as i64).to_string())).collect());
        let value = Assigned::Items(values, keys);
        self.status =
            i32::from(!self.assign(w, Assignment { name, key: None, append: origin.is_some(), value }));
    }

    /// The next option of the words. Long: the steps of POSIX' getopts, with what each shell does otherwise.
    pub(crate) fn getopts(&mut self, w: &mut World, args: &[String]) -> i32 {
        let [spec, name, words @ ..] = args else {
            let usage = match self.flavour {
                Flavour::Sh => "usage: getopts optstring var [arg]",
                Flavour::Dash => "Usage: getopts optstring var [arg...]",
                _ => "usage: getopts optstring name [arg ...]",
            };
            self.complain_of(w, "getopts", usage);
            return 2;
        };
        let words = if words.is_empty() { self.args.to_vec() } else { words.to_vec() };
        let (mut quiet, spec) = match spec.strip_prefix(':') {
            Some(spec) => (true, spec.to_string()),
            None => (false, spec.clone()),
        };
        let silent = self.flavour != Flavour::Dash && self.get(w, "OPTERR").is_some_and(|v| *v == *"0");
        quiet |= silent && self.flavour == Flavour::Sh;
        let mut index = self.get(w, "OPTIND").and_then(|v| decimal(&v)).unwrap_or(1).max(1) as usize;
        let end = |p: &mut Process, index: usize| {
            p.set("OPTIND", &index.to_string());
            p.set(name, "?");
            p.option_at = 0;
            if p.flavour != Flavour::Dash {
                Rc::make_mut(&mut p.vars).put("OPTARG", None);
            }
            1
        };
        if self.option_at == 0 {
            match words.get(index - 1) {
                Some(word) if word == "--" => return end(self, index + 1),
                Some(word) if word.starts_with('-') && word.len() > 1 => self.option_at = 1,
                _ => return end(self, index),
            }
        }
        let word: Vec<char> = words.get(index - 1).map_or(vec![], |w| w.chars().collect());
        let Some(&letter) = word.get(self.option_at) else { return end(self, index) };
        self.option_at += 1;
        let last = self.option_at >= word.len();
        let takes = spec
            .find(letter)
            .filter(|_| letter != ':')
            .map(|at| spec[at + letter.len_utf8()..].starts_with(':'));
        Rc::make_mut(&mut self.vars).put("OPTARG", None);
        let mut found = letter.to_string();
        match takes {
            None => {
                found = "?".into();
                if last {
                    (index, self.option_at) = (index + 1, 0);
                }
                if quiet {
                    self.set("OPTARG", &letter.to_string());
                } else if !silent {
                    self.option_error(w, letter, false);
                }
            }
            Some(false) => {
                if last {
                    (index, self.option_at) = (index + 1, 0);
                }
                if !self.flavour.is_bash() {
                    self.set("OPTARG", "");
                    if self.flavour == Flavour::Sh {
                        Rc::make_mut(&mut self.vars).put("OPTARG", None);
                    }
                }
            }
            Some(true) => {
                let joined: String = word[self.option_at..].iter().collect();
                self.option_at = 0;
                match words.get(index) {
                    _ if !joined.is_empty() => {
                        self.set("OPTARG", &joined);
                        index += 1;
                    }
                    Some(value) => {
                        self.set("OPTARG", value);
                        index += 2;
                    }
                    None => {
                        index += 1;
                        if quiet {
                            self.set("OPTARG", &letter.to_string());
                            found = ":".into();
                        } else {
                            if !silent {
                                self.option_error(w, letter, true);
                            }
                            found = "?".into();
                        }
                    }
                }
            }
        }
        self.set(name, &found);
        let at = self.option_at;
        self.set("OPTIND", &index.to_string());
        self.option_at = at;
        0
    }

    fn option_error(&mut self, w: &mut World, letter: char, no_value: bool) {
        let text = match (self.flavour.is_bash(), no_value) {
            (true, true) => format!("{}: option requires an argument -- {letter}\n", self.name),
            (true, false) => format!("{}: illegal option -- {letter}\n", self.name),
            (false, true) => format!("No arg for -{letter} option\n"),
            (false, false) => format!("Illegal option -{letter}\n"),
        };
        self.put(w, 2, &text);
    }
}

/// A text with its quoted characters marked. Unless it is raw, a backslash quotes the next character; before a newline both go.
fn marked(text: &str, raw: bool) -> String {
    let mut marked = String::new();
    let text = text.replace(QUOTE, "");
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' if !raw => match chars.next() {
                Some('\n') | None => {}
                Some(next) => marked.extend([QUOTE, next]),
            },
            c => marked.push(c),
        }
    }
    marked
}
