//! Which process runs next, and what all wait for. Models in small what a kernel does for a shell: pipes, wait, SIGPIPE,
//! SIGTERM.

use crate::host::{Flavour, Host, MAX_TEXT, Output, Step};
use crate::machine::Shell;
use crate::process::{Fd, MAIN, MAX_PROCESSES, PIPE, State, TERMINAL, World};

impl Shell {
    /// Runs until everything waits, ends, or has done what it may do at one moment.
    pub fn run(&mut self, host: &mut dyn Host) -> Step {
        self.system.processor.begin(host.now_ms());
        self.held = None;
        host.output(Output::Stderr, &std::mem::take(&mut self.complaint));
        self.news(host);
        loop {
            let mut ran = false;
            for i in 0..self.processes.len() {
                if !self.wake(i, host) {
                    continue;
                }
                ran = true;
                self.processes[i].broken = self.is_broken(i);
                self.system.alive = self.processes.len();
                self.processes[i].go_on(&mut World { system: &mut self.system, host });
                self.processes.append(&mut self.system.forked);
                self.kill(host);
                if let Some((command, last, pid)) = self.system.stopped.take() {
                    self.held = Some(pid);
                    return Step::NotSimulated { command, last };
                }
                if self.system.processor.is_used_up() && !matches!(self.processes[0].state, State::Exited(_))
                {
                    self.reap();
                    return Step::Busy { ms: self.system.processor.pause_ms() };
                }
            }
            if let State::Exited(code) = self.processes[0].state {
                for p in self.processes.drain(1..) {
                    p.cancel(host);
                }
                return Step::Exit(code);
            }
            self.reap();
            if !ran {
                return self.waiting(host.now_ms());
            }
        }
    }

    /// What all processes wait for.
    fn waiting(&self, now: u64) -> Step {
        let states = || self.processes.iter().map(|p| &p.state);
        if self.processes[0].state == State::Prompt {
            return Step::Prompt { more: !self.line.is_empty() };
        }
        let moments = states().filter_map(|s| match s {
            State::Sleep(until) | State::Kids(Some(until)) => Some(until.saturating_sub(now)),
            _ => None,
        });
        let ms = moments.min();
        if states().any(|s| matches!(s, State::External(_))) {
            return Step::WaitExternal { ms };
        }
        match ms {
            Some(ms) => Step::Sleep { ms },
            None if states().any(|s| matches!(s, State::Input(TERMINAL, _))) => Step::Input,
            None => Step::Forever,
        }
    }

    /// Asks the host for news of its programs, and looks after followed files.
    fn news(&mut self, host: &mut dyn Host) {
        for i in 0..self.processes.len() {
            match self.processes[i].state.clone() {
                State::External(id) => {
                    let broken = self.is_broken(i);
                    let p = &mut self.processes[i];
                    let news = host.external_poll(id);
                    if broken && !news.stdout.is_empty() {
                        host.external_cancel(id);
                        p.state = State::Exited(141);
                        continue;
                    }
                    p.put(&mut World { system: &mut self.system, host }, 1, &news.stdout);
                    p.put(&mut World { system: &mut self.system, host }, 2, &news.stderr);
                    if let Some(code) = news.code {
                        p.status = code;
                        p.state = State::Run;
                    }
                }
                State::Follow(path, seen) => {
                    let broken = self.is_broken(i);
                    let text = host.read(&path).unwrap_or_default();
                    // A file that has become shorter was begun anew.
                    let new = text.get(if text.len() < seen { 0 } else { seen }..).unwrap_or_default();
                    let p = &mut self.processes[i];
                    p.state = State::Follow(path, text.len());
                    if broken && !new.is_empty() {
                        p.state = State::Exited(141);
                    }
                    p.put(&mut World { system: &mut self.system, host }, 1, new);
                }
                _ => {}
            }
        }
    }

    /// Whether a process can go on, or ends of what it waits for; lets it.
    fn wake(&mut self, i: usize, host: &mut dyn Host) -> bool {
        let p = &self.processes[i];
        let length = |pipe: &u32| self.system.pipes.iter().find(|p| p.0 == *pipe).map_or(0, |p| p.1.len());
        match &p.state {
            State::Run => return true,
            State::Sleep(until) if host.now_ms() >= *until => {}
            State::Input(pipe, seen) => {
                let more = length(pipe) > *seen;
                let closed = match *pipe {
                    TERMINAL => std::mem::take(&mut self.end_of_input),
                    _ => !self.is_held(&Fd::Write(*pipe)),
                };
                if !more && !closed {
                    return false;
                }
                self.processes[i].drained = closed.then_some(*pipe);
            }
            State::Output(pipe) => {
                if self.is_broken(i) {
                    self.processes[i].state = State::Exited(141);
                    return true;
                }
                let full = length(pipe);
                if full >= MAX_TEXT {
                    // Nobody will ever read so much: the kernel's out-of-memory killer.
                    self.processes[i].state = State::Exited(137);
                    return true;
                }
                if full >= PIPE && !self.is_substitution(*pipe) {
                    return false;
                }
            }
            State::Kids(_) | State::Wait(_) => return self.kids_ended(i, host),
            State::Substitute(pipe, mode) => {
                let (pipe, mode) = (*pipe, *mode);
                if self.is_held(&Fd::Write(pipe)) {
                    return false;
                }
                let text = std::mem::take(self.system.content(pipe));
                self.collect(i);
                let p = &mut self.processes[i];
                p.substituted = Some(p.status);
                p.state = State::Run;
                p.append(&mut World { system: &mut self.system, host }, text.trim_end_matches('\n'), mode);
                return true;
            }
            _ => return false,
        }
        self.processes[i].state = State::Run;
        true
    }

    fn kids_ended(&mut self, i: usize, host: &mut dyn Host) -> bool {
        let p = &self.processes[i];
        let runs = |pid: &u32| self.processes.iter().any(|k| k.pid == *pid && !k.is_over());
        if p.kids.iter().any(runs) {
            match p.state {
                State::Kids(Some(until)) if host.now_ms() >= until => {
                    let kids = p.kids.clone();
                    self.system.kill.extend(kids);
                    self.kill(host);
                    self.collect(i);
                    self.processes[i].status =
                        if self.processes[i].flavour == Flavour::Sh { 143 } else { 124 };
                }
                _ => return false,
            }
        } else {
            self.collect(i);
        }
        let p = &mut self.processes[i];
        if p.state == State::Wait(true) {
            p.status = 0;
        }
        p.state = State::Run;
        true
    }

    /// Takes the statuses of a process' ended children.
    fn collect(&mut self, i: usize) {
        let kids = std::mem::take(&mut self.processes[i].kids);
        let mut statuses = vec![];
        for kid in kids {
            let of_child = self.processes.iter().find(|p| p.pid == kid).and_then(|p| match p.state {
                State::Exited(code) => Some(code),
                _ => None,
            });
            let before = self.system.ended.iter().find(|(pid, _)| *pid == kid).map(|(_, code)| *code);
            statuses.push(of_child.or(before).unwrap_or(127));
            self.processes
                .iter_mut()
                .filter(|p| p.pid == kid)
                .for_each(|p| (p.background, p.pid) = (true, 0));
        }
        let p = &mut self.processes[i];
        let last = statuses.last().copied().unwrap_or(0);
        let failed = statuses.iter().rev().find(|s| **s != 0).copied();
        p.status = if p.options.pipefail { failed.unwrap_or(0) } else { last };
    }

    /// Removes what has ended and nobody waits for.
    pub(crate) fn reap(&mut self) {
        let alive: Vec<u32> = self.processes.iter().filter(|p| !p.is_over()).map(|p| p.pid).collect();
        let ended = &mut self.system.ended;
        self.processes.retain(|p| {
            let State::Exited(code) = p.state else { return true };
            let keep = p.pid == MAIN || !p.background && alive.contains(&p.parent);
            // One whose status was taken has lost its number.
            if !keep && p.pid != 0 {
                ended.push((p.pid, code));
            }
            keep
        });
        let surplus = ended.len().saturating_sub(MAX_PROCESSES);
        ended.drain(..surplus);
        if self.system.pipes.len() > 8 {
            let held = |id: u32| self.is_held(&Fd::Write(id)) || self.is_held(&Fd::Read(id));
            let held: Vec<bool> = self.system.pipes.iter().map(|p| p.0 == TERMINAL || held(p.0)).collect();
            let mut held = held.iter();
            self.system.pipes.retain(|_| held.next() == Some(&true));
        }
    }

    fn kill(&mut self, host: &mut dyn Host) {
        while let Some(pid) = self.system.kill.pop() {
            let children = self.processes.iter().filter(|p| p.parent == pid && !p.is_over()).map(|p| p.pid);
            self.system.kill.extend(children);
            if let Some(p) = self.processes.iter_mut().find(|p| p.pid == pid && p.pid != MAIN && !p.is_over())
            {
                p.cancel(host);
                p.state = State::Exited(143);
            }
        }
    }

    fn is_held(&self, fd: &Fd) -> bool {
        self.processes.iter().any(|p| !p.is_over() && p.holds(fd))
    }

    fn is_broken(&self, i: usize) -> bool {
        matches!(self.processes[i].fds[1], Fd::Write(pipe) if !self.is_held(&Fd::Read(pipe)))
            && !matches!(self.processes[i].fds[1], Fd::Write(pipe) if self.is_substitution(pipe))
    }

    fn is_substitution(&self, id: u32) -> bool {
        self.processes.iter().any(|p| matches!(p.state, State::Substitute(pipe, _) if pipe == id))
    }
}
