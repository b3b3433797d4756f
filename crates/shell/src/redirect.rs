//! Input, output and redirections of a process.

use crate::host::{FileError, Flavour, MAX_TEXT, Output};
use crate::op::Redirect;
use crate::path;
use crate::process::{Control, Fd, Input, PIPE, Process, State, System, TERMINAL, World};
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
                    self.complain(w, &format!("write error: {}", error.text()));
                }
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
            Fd::Null | Fd::Read(_) => {}
        }
    }

    /// The text of a complaint, with the shell's name.
    pub(crate) fn complaint(&self, what: &str) -> String {
        [self.name.rsplit('/').next().unwrap_or_default(), ": ", what, "\n"].concat()
    }

    /// Complains in the shell's name.
    pub(crate) fn complain(&mut self, w: &mut World, what: &str) {
        let text = self.complaint(what);
        self.put(w, 2, &text);
    }

    /// Everything that standard input has now.
    pub(crate) fn input(&mut self, w: &mut World) -> Input {
        self.take_input(w, false)
    }

    /// The next line of standard input, with its newline unless the input ends without one.
    pub(crate) fn input_line(&mut self, w: &mut World) -> Input {
        self.take_input(w, true)
    }

    fn take_input(&mut self, w: &mut World, line: bool) -> Input {
        let Fd::Read(id) = self.fds[0] else { return Input::End };
        let pipe = w.system.content(id);
        let length_before = pipe.len();
        let closed = self.drained == Some(id);
        let length = if line { pipe.find('\n').map(|n| n + 1) } else { Some(pipe.len()) };
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
        if let Some(Control::Redirected(fds)) = self.control.last_mut() {
            *fds = self.fds.clone();
        }
    }

    /// An absolute path without `.` and `..`.
    pub(crate) fn path(&self, path: &str) -> String {
        path::absolute(&self.cwd, path)
    }

    pub(crate) fn redirect(&mut self, w: &mut World) -> Result<(), String> {
        for (fd, how, target) in std::mem::take(&mut self.redirecting) {
            let fd = usize::from(fd);
            let sh = self.flavour == Flavour::Sh;
            let to = match how {
                Redirect::Text => Fd::Read(w.system.pipe(target)),
                Redirect::Copy if target == "-" => Fd::Null,
                Redirect::Copy if matches!(target.as_bytes(), [b'0'..=b'9']) => {
                    self.fds[usize::from(target.as_bytes()[0] - b'0')].clone()
                }
                _ => match target.as_str() {
                    "/dev/null" => Fd::Null,
                    "/dev/stdin" | "/dev/fd/0" => self.fds[0].clone(),
                    "/dev/stdout" | "/dev/fd/1" | "/proc/self/fd/1" => self.fds[1].clone(),
                    "/dev/stderr" | "/dev/fd/2" | "/proc/self/fd/2" => self.fds[2].clone(),
                    "/proc/1/fd/1" | "/dev/tty" => Fd::Out(Output::Stdout),
                    "/proc/1/fd/2" => Fd::Out(Output::Stderr),
                    _ => {
                        let path = self.path(&target);
                        let opened = if how == Redirect::In {
                            path::read(w.host, &path).map(|text| {
                                w.system.processor.spend_on(text.len(), BYTES_MOVED);
                                Fd::Read(w.system.pipe(text))
                            })
                        } else {
                            let append = matches!(how, Redirect::Append | Redirect::Both(true));
                            w.host.write(&path, "", append).map(|()| Fd::File(path.into()))
                        };
                        opened.map_err(|error| match (sh, how, error) {
                            (true, Redirect::In, FileError::NotFound) => {
                                format!("can't open {target}: no such file")
                            }
                            (true, Redirect::In, _) => format!("can't open {target}: {}", error.text()),
                            (true, _, FileError::NotFound) => {
                                format!("can't create {target}: nonexistent directory")
                            }
                            (true, ..) => format!("can't create {target}: {}", error.text()),
                            _ => format!("{target}: {}", error.text()),
                        })?
                    }
                },
            };
            if matches!(how, Redirect::Both(_)) || how == Redirect::Copy && matches!(to, Fd::File(_)) {
                self.fds[2] = to.clone();
            }
            self.fds[fd] = to;
        }
        Ok(())
    }
}
