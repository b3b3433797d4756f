//! Input, output and redirections of a process.

use crate::host::{Connection, FileError, Flavour, MAX_TEXT, Output};
use crate::op::Redirect;
use crate::path;
use crate::process::{
    Control, FDS, Fd, Input, MAIN, NUMBERED, PIPE, Process, State, System, TERMINAL, World,
};
use crate::processor::{BYTES_MOVED, BYTES_OF_FILE};

impl Process {
    // Input and output
    /// Writes to a file descriptor.
    pub(crate) fn put(&mut self, w: &mut World, fd: usize, text: &str) {
        if text.is_empty() {
            return;
        }
        w.system.processor.spend_on(text.len(), BYTES_MOVED);
        match self.fds[fd].clone() {
            Fd::Out(to) => w.host.output(to, text),
            Fd::File(path) => {
                let size = w.host.stat(&path).map_or(0, |stat| stat.size as usize);
                w.system.processor.spend_on(size + text.len(), BYTES_OF_FILE);
                if let Err(error) = w.host.write(&path, text, true)
                    && fd == 1
                {
                    self.status = 1;
                    self.write_error(w, error.text());
                }
            }
            Fd::Write(_) if self.broken && fd == 1 && self.trap_of("PIPE").is_some() => {
                self.status = 1;
                self.write_error(w, "Broken pipe");
            }
            Fd::Write(_) if self.broken && fd == 1 => self.state = State::Exited(141),
            Fd::Write(pipe) => {
                let content = w.system.content(pipe);
                if content.len() < MAX_TEXT {
                    content.push_str(text);
                }
                let full = content.len() >= PIPE && pipe != TERMINAL;
                if full && self.state == State::Run {
                    self.state = State::Output(pipe);
                }
            }
            Fd::Closed | Fd::Full if fd == 1 => {
                let why =
                    if self.fds[fd] == Fd::Full { "No space left on device" } else { "Bad file descriptor" };
                self.status = 1;
                self.write_error(w, why);
            }
            Fd::Null | Fd::Closed | Fd::Full | Fd::Read(_) => {}
        }
    }

    fn write_error(&mut self, w: &mut World, why: &str) {
        match self.flavour {
            Flavour::Dash => self.complain_of(w, "echo", "echo: I/O error"),
            Flavour::Bash => self.complain_of(w, "echo", &format!("write error: {why}")),
            _ => self.complain_plainly(w, "echo", &format!("write error: {why}")),
        }
    }

    /// Complains in the shell's name.
    pub(crate) fn complain(&mut self, w: &mut World, what: &str) {
        self.complain_of(w, "", what);
    }

    /// Complains in the shell's name, and in the name of a command of its own, if one is given.
    pub(crate) fn complain_of(&mut self, w: &mut World, command: &str, what: &str) {
        let name = match self.flavour {
            // What a function of a text is called from has no file.
            Flavour::Bash if self.file.is_empty() && self.in_function() => "environment",
            Flavour::Bash if !self.file.is_empty() => &self.file,
            _ => &self.name,
        };
        let interactive = w.system.interactive && self.is_main();
        let known = self.command.clone().filter(|_| command.is_empty() && !self.flavour.is_bash());
        let command = known.as_deref().unwrap_or(command);
        let line = match self.flavour {
            Flavour::Sh if command.is_empty() && known.is_none() => String::new(),
            Flavour::Sh if w.system.interactive && self.shell == MAIN && self.file.is_empty() => {
                String::new()
            }
            Flavour::Sh if self.file.is_empty() => format!("line {}: ", self.line.saturating_sub(1)),
            Flavour::Sh => format!("line {}: ", self.line),
            Flavour::Dash => format!("{}: ", self.line.max(1)),
            Flavour::Bash if interactive => String::new(),
            Flavour::Bash => format!("line {}: ", self.line.max(1)),
            Flavour::Zsh => String::new(),
        };
        let command = if command.is_empty() { String::new() } else { [command, ": "].concat() };
        let text = match self.flavour {
            Flavour::Sh => [name, ": ", &command, &line, what, "\n"].concat(),
            // bash names the text of `-c` before its line.
            Flavour::Bash if command == "-c: " || command == "eval: " => {
                [name, ": ", &command, &line, what, "\n"].concat()
            }
            _ => [name, ": ", &line, &command, what, "\n"].concat(),
        };
        self.put(w, 2, &text);
    }

    /// Complains in the name of a command that is the shell's own and that takes no number of a line: `[`, printf, kill.
    pub(crate) fn complain_plainly(&mut self, w: &mut World, command: &str, what: &str) {
        if self.flavour != Flavour::Sh {
            return self.complain_of(w, command, what);
        }
        self.put(w, 2, &[&*self.applet, ": ", what, "\n"].concat());
    }

    /// Everything that standard input has now.
    pub(crate) fn input(&mut self, w: &mut World) -> Input {
        self.take_input(w)
    }

    /// Input up to a delimiter, or so many characters of it; `joins`: a backslash before the delimiter goes on. All that
    /// is left where the input ends sooner.
    pub(crate) fn input_piece(
        &mut self,
        w: &mut World,
        fd: usize,
        delimiter: Option<char>,
        count: Option<usize>,
        joins: bool,
    ) -> Input {
        let Some(Fd::Read(id)) = self.place(fd).and_then(|fd| self.fds.get(fd)).cloned() else {
            return Input::End;
        };
        let pipe = w.system.content(id);
        let closed = self.drained == Some(id);
        let mut length = None;
        let mut escaped = false;
        for (n, (at, c)) in pipe.char_indices().enumerate() {
            if count.is_some_and(|most| n >= most) {
                length = Some(at);
                break;
            }
            if delimiter == Some(c) && !escaped {
                length = Some(at + c.len_utf8());
                break;
            }
            escaped = joins && c == '\\' && !escaped;
        }
        let enough = count.is_some_and(|most| pipe.chars().count() >= most);
        let input = match length.or(enough.then_some(pipe.len())) {
            Some(length) => Input::Text(pipe.drain(..length).collect()),
            None if closed => {
                self.drained = None;
                let rest = std::mem::take(pipe);
                if rest.is_empty() { Input::End } else { Input::Text(rest) }
            }
            None => {
                self.state = State::Input(id, pipe.len());
                Input::Wait
            }
        };
        w.system.processor.spend(1);
        input
    }

    fn take_input(&mut self, w: &mut World) -> Input {
        let Fd::Read(id) = self.fds[0] else { return Input::End };
        let pipe = w.system.content(id);
        let length_before = pipe.len();
        let closed = self.drained == Some(id);
        let length = Some(pipe.len());
        let input = match length {
            Some(length) if length > 0 => Input::Text(pipe.drain(..length).collect()),
            _ if closed => {
                self.drained = None;
                let rest = std::mem::take(pipe);
                if rest.is_empty() { Input::End } else { Input::Text(rest) }
            }
            _ => {
                self.state = State::Input(id, pipe.len());
                Input::Wait
            }
        };
        w.system.processor.spend_on(length_before, BYTES_OF_FILE);
        input
    }

    /// Whether a file descriptor is the terminal.
    pub(crate) fn is_terminal(&self, system: &System, fd: usize) -> bool {
        system.interactive && matches!(self.fds.get(fd), Some(Fd::Out(_) | Fd::Read(TERMINAL)))
    }

    /// `exec` without a command: its redirections stay.
    pub(crate) fn keep_redirections(&mut self) {
        if let Some(Control::Redirected(fds, _)) = self.control.last_mut() {
            **fds = self.fds.clone();
        }
    }

    /// An absolute path without `.` and `..`.
    pub(crate) fn path(&self, path: &str) -> String {
        path::absolute(&self.cwd, path)
    }

    /// A file's text, or what a `<(…)` that has ended has printed.
    pub(crate) fn read_file(&self, w: &World, path: &str) -> Result<String, FileError> {
        match self.temporaries.iter().rev().find(|(known, _)| **known == *path) {
            Some((_, text)) => Ok(text.to_string()),
            None if matches!(path, "/dev/urandom" | "/dev/random") => {
                let seed = w.host.random() ^ u64::from(w.system.random).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                Ok(path::random_text(seed))
            }
            None if path == "/dev/zero" => Ok("\0".repeat(path::DEVICE_BYTES)),
            None => path::read(w.host, path),
        }
    }

    pub(crate) fn redirect(&mut self, w: &mut World) -> Result<(), String> {
        let named = std::mem::take(&mut self.named);
        for (n, (fd, how, target)) in std::mem::take(&mut self.redirecting).into_iter().enumerate() {
            let mut fd = usize::from(fd);
            if self.place(fd).is_none() {
                if self.high.len() == FDS - NUMBERED {
                    return Err(Process::bad_descriptor(&fd.to_string()));
                }
                self.high.push(fd);
            }
            fd = self.place(fd).unwrap_or(FDS - 1);
            if let Some((_, name)) = named.iter().find(|(at, _)| *at == n) {
                if target == "-" {
                    fd = self
                        .get(w, name)
                        .and_then(|v| v.parse().ok())
                        .filter(|fd| *fd < NUMBERED)
                        .unwrap_or(NUMBERED - 1);
                } else {
                    fd = (10..NUMBERED).find(|fd| self.fds[*fd] == Fd::Closed).unwrap_or(NUMBERED - 1);
                    self.set(name, &fd.to_string());
                }
            }
            let of_name = target.parse::<usize>().is_err();
            let to = match how {
                Redirect::Copy if self.place(target.parse().unwrap_or(usize::MAX)) == Some(fd) => continue,
                Redirect::Text => Fd::Read(w.system.pipe(target)),
                Redirect::Copy if target == "-" => Fd::Closed,
                Redirect::Copy if target.parse::<usize>().is_ok() => {
                    match target.parse().ok().and_then(|fd| self.place(fd)).and_then(|fd| self.fds.get(fd)) {
                        Some(to) if *to != Fd::Closed => to.clone(),
                        _ => return Err(Process::bad_descriptor(&target)),
                    }
                }
                _ => self.open(w, fd, how, &target)?,
            };
            if matches!(how, Redirect::Both(_))
                || how == Redirect::Copy && matches!(to, Fd::File(_)) && fd == 1 && of_name
            {
                self.fds[2] = to.clone();
            }
            self.fds[fd] = to;
        }
        self.inlets.clear();
        Ok(())
    }

    fn bad_descriptor(target: &str) -> String {
        format!("{target}: Bad file descriptor")
    }

    /// Opens a file for a redirection. Errors: the shell's complaint.
    fn open(&mut self, w: &mut World, fd: usize, how: Redirect, target: &str) -> Result<Fd, String> {
        if let Some((_, pipe)) = self.inlets.iter().find(|(path, _)| **path == *target) {
            return Ok(Fd::Read(*pipe));
        }
        if let Some((_, pipe)) = self.outlets.iter().find(|(path, _)| **path == *target) {
            return Ok(Fd::Write(*pipe));
        }
        match target {
            "/dev/null" => return Ok(Fd::Null),
            "/dev/stdin" | "/dev/fd/0" => return Ok(self.fds[0].clone()),
            "/dev/stdout" | "/dev/fd/1" | "/proc/self/fd/1" => return Ok(self.fds[1].clone()),
            "/dev/stderr" | "/dev/fd/2" | "/proc/self/fd/2" => return Ok(self.fds[2].clone()),
            "/proc/1/fd/1" | "/dev/tty" | "/dev/console" => return Ok(Fd::Out(Output::Stdout)),
            "/proc/1/fd/2" => return Ok(Fd::Out(Output::Stderr)),
            "/dev/full" => return Ok(Fd::Full),
            _ => {}
        }
        if let Some(address) = target.strip_prefix("/dev/tcp/").filter(|_| self.flavour.is_bash()) {
            return self.connect(w, target, address);
        }
        let path = self.path(target);
        // Standard input is only read.
        let exists = w.host.stat(&path).is_some_and(|stat| !stat.dir);
        let how = if how == Redirect::InOut && fd == 0 && exists { Redirect::In } else { how };
        let opened = match how {
            Redirect::In => self.read_file(w, &path).map(|text| {
                w.system.processor.spend_on(text.len(), BYTES_MOVED);
                Fd::Read(w.system.pipe(text))
            }),
            Redirect::Out if self.options.noclobber && w.host.stat(&path).is_some_and(|s| !s.dir) => {
                Err(FileError::Exists)
            }
            _ => {
                let append = matches!(how, Redirect::Append | Redirect::Both(true) | Redirect::InOut);
                let is_new = w.host.stat(&path).is_none();
                let written = w.host.write(&path, "", append);
                if let (Ok(()), true, Some(mask)) = (written, is_new, self.vars.umask()) {
                    _ = w.host.set_attributes(&path, Some(0o666 & !mask), None);
                }
                written.map(|()| Fd::File(path.into()))
            }
        };
        opened.map_err(|error| match (self.flavour, how, error) {
            (Flavour::Sh, Redirect::In, FileError::NotFound) => format!("can't open {target}: no such file"),
            (Flavour::Sh, Redirect::In, _) => format!("can't open {target}: {}", error.text()),
            (Flavour::Sh, _, FileError::NotFound) => format!("can't create {target}: nonexistent directory"),
            (Flavour::Sh, ..) => format!("can't create {target}: {}", error.text()),
            (Flavour::Dash, Redirect::In, FileError::NotFound) => {
                format!("cannot open {target}: No such file")
            }
            (Flavour::Dash, Redirect::In, _) => format!("cannot open {target}: {}", error.text()),
            (Flavour::Dash, _, FileError::NotFound) => {
                format!("cannot create {target}: Directory nonexistent")
            }
            (Flavour::Dash, ..) => format!("cannot create {target}: {}", error.text()),
            (_, _, FileError::Exists) => format!("{target}: cannot overwrite existing file"),
            _ => format!("{target}: {}", error.text()),
        })
    }

    /// `/dev/tcp/HOST/PORT`: whether somebody listens there.
    fn connect(&mut self, w: &mut World, target: &str, address: &str) -> Result<Fd, String> {
        let (host, port) = address.split_once('/').unwrap_or((address, ""));
        match w.host.connect(host, port) {
            Connection::Open => Ok(Fd::Null),
            Connection::Refused => Err(format!(
                "connect: Connection refused\n{}: line {}: {target}: Connection refused",
                self.name,
                self.line.max(1)
            )),
            Connection::Unknown => Err(format!(
                "{host}: Name or service not known\n{}: line {}: {target}: Invalid argument",
                self.name,
                self.line.max(1)
            )),
            Connection::Silent => Err(format!(
                "connect: Connection timed out\n{}: line {}: {target}: Connection timed out",
                self.name,
                self.line.max(1)
            )),
        }
    }
}
