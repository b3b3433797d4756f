//! Which process runs next, and what all wait for. Models in small what a kernel does for a shell: pipes, wait, SIGPIPE,
//! SIGTERM.

use crate::host::{Host, MAX_TEXT, Output, Step};
use crate::machine::Shell;
use crate::process::{Fd, Job, MAIN, MAX_PROCESSES, PIPE, Process, State, Substituted, TERMINAL, World};
use crate::signal;

impl Shell {
    /// Runs until everything waits, ends, or has done what it may do at one moment.
    pub fn run(&mut self, host: &mut dyn Host) -> Step {
        self.system.processor.begin(host.now_ms());
        self.system.userland = host.userland();
        if self.processes[0].began_ms == 0 {
            self.processes[0].began_ms = host.now_ms();
        }
        self.held = None;
        host.output(Output::Stderr, &std::mem::take(&mut self.complaint));
        self.news(host);
        loop {
            let mut ran = false;
            // Who comes after the one that used all up is the next.
            let first = std::mem::take(&mut self.turn);
            let count = self.processes.len();
            for i in (0..count).map(|n| (first + n) % count) {
                if !self.wake(i, host) {
                    continue;
                }
                ran = true;
                self.processes[i].broken = self.is_broken(i);
                self.system.alive = self.processes.len();
                let living = self.processes.iter().filter(|p| !p.is_over());
                self.system.living = living.map(|p| p.pid).collect();
                self.processes[i].go_on(&mut World { system: &mut self.system, host });
                self.processes.append(&mut self.system.forked);
                self.kill(host);
                if let Some((command, pid)) = self.system.stopped.take() {
                    self.held = Some(pid);
                    return Step::NotSimulated { command, last: self.is_last(pid) };
                }
                if self.system.processor.is_used_up() && !matches!(self.processes[0].state, State::Exited(_))
                {
                    self.turn = i + 1;
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
        let reading = |p: &crate::process::Process| match (&p.state, &p.job) {
            (State::Input(..), Some(Job::Read(_, Some(until)))) => Some(until.saturating_sub(now)),
            _ => None,
        };
        let ms = moments.chain(self.processes.iter().filter_map(reading)).min();
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
                let late = matches!(&p.job, Some(Job::Read(_, Some(until))) if host.now_ms() >= *until);
                let signalled = !p.signals.is_empty() && matches!(p.job, Some(Job::Read(..)));
                if !more && !closed && !late && !signalled {
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
            State::WaitAny => return self.one_ended(i, host),
            State::Substitute(pipe, into) => {
                let (pipe, into) = (*pipe, *into);
                if self.is_held(&Fd::Write(pipe)) {
                    return false;
                }
                let text = std::mem::take(self.system.content(pipe));
                let before = self.processes[i].status;
                self.collect(i, host);
                let p = &mut self.processes[i];
                let ended = p.status;
                if !p.flavour.is_bash() {
                    p.status = before;
                }
                p.piped = false;
                p.state = State::Run;
                let w = &mut World { system: &mut self.system, host };
                match into {
                    Substituted::Word(mode) => {
                        p.substituted = Some(ended);
                        p.append(w, text.trim_end_matches('\n'), mode);
                    }
                    Substituted::File => {
                        let path = format!("/dev/fd/{}", 63 - pipe % 50);
                        p.temporaries.retain(|(known, _)| **known != *path);
                        p.temporaries.push((path.as_str().into(), text.into()));
                        p.append(w, &path, crate::op::Mode::Quoted);
                    }
                }
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
                    let (kids, kept) = (p.kids.clone(), p.timeout_signal & signal::KEEPS_STATUS != 0);
                    let signal = p.timeout_signal & !signal::KEEPS_STATUS;
                    self.system.kill.extend(kids.into_iter().map(|kid| (kid, signal)));
                    self.kill(host);
                    self.collect(i, host);
                    let gnu = self.processes[i].gnu(&self.system);
                    self.processes[i].status = match signal {
                        signal::KILL => 137,
                        _ if gnu && !kept => 124,
                        signal => 128 + i32::from(signal),
                    };
                    // BusyBox' timeout becomes the program, GNU's ends of SIGKILL as it: their shell says of what.
                    let p = &mut self.processes[i];
                    let said = signal::description(signal).filter(|_| !p.flavour.is_bash());
                    if let Some(text) = said.filter(|_| !gnu || signal == signal::KILL) {
                        p.put(&mut World { system: &mut self.system, host }, 2, &[text, "\n"].concat());
                    }
                }
                _ => return false,
            }
        } else {
            self.collect(i, host);
        }
        let p = &mut self.processes[i];
        if p.state == State::Wait(true) {
            p.status = 0;
            p.waited = p.backgrounds.len();
        }
        p.state = State::Run;
        true
    }

    /// `wait -n`: whether one of the children has ended.
    fn one_ended(&mut self, i: usize, host: &mut dyn Host) -> bool {
        let kids = self.processes[i].kids.clone();
        let over = |pid: u32| !self.processes.iter().any(|p| p.pid == pid && !p.is_over());
        let Some(first) = kids.iter().copied().find(|pid| over(*pid)) else {
            if kids.is_empty() {
                (self.processes[i].status, self.processes[i].state) = (127, State::Run);
            }
            return kids.is_empty();
        };
        self.processes[i].kids = vec![first];
        self.collect(i, host);
        let p = &mut self.processes[i];
        p.backgrounds.retain(|job| job.0 != first);
        p.state = State::Run;
        true
    }

    /// Takes the statuses of a process' ended children.
    fn collect(&mut self, i: usize, host: &mut dyn Host) {
        let kids = std::mem::take(&mut self.processes[i].kids);
        let mut statuses = vec![];
        // Whether a signal has ended the last of them.
        let mut told = false;
        for kid in kids {
            let of_child = self.processes.iter().find(|p| p.pid == kid).and_then(|p| match p.state {
                State::Exited(code) => Some(code),
                _ => None,
            });
            let before = self.system.ended.iter().find(|(pid, _)| *pid == kid).map(|(_, code)| *code);
            told |= self.system.signalled.contains(&kid);
            statuses.push(of_child.or(before).unwrap_or(127));
            self.processes
                .iter_mut()
                .filter(|p| p.pid == kid)
                .for_each(|p| (p.background, p.pid) = (true, 0));
        }
        let p = &mut self.processes[i];
        statuses.extend(p.last_part.take());
        let said = statuses.last().filter(|s| **s > 128).and_then(|s| signal::description((*s - 128) as u8));
        if let Some(text) = said
            .filter(|_| matches!(p.state, State::Wait(_) | State::Kids(None)) && !p.flavour.is_bash() && told)
        {
            p.put(&mut World { system: &mut self.system, host }, 2, &[text, "\n"].concat());
        }
        let last = statuses.last().copied().unwrap_or(0);
        let failed = statuses.iter().rev().find(|s| **s != 0).copied();
        p.status = if p.options.pipefail { failed.unwrap_or(0) } else { last };
        if !matches!(p.state, State::Wait(_) | State::WaitAny) {
            (p.statuses, p.piped) = (statuses, true);
        }
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
        let known = self.system.signalled.len().saturating_sub(MAX_PROCESSES);
        self.system.signalled.drain(..known);
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
        while let Some((pid, signal)) = self.system.kill.pop() {
            let Some(at) = self.processes.iter().position(|p| p.pid == pid && !p.is_over()) else { continue };
            let p = &mut self.processes[at];
            let trap = p.trap_of(&signal::name(signal)).map(|t| t.value.is_empty());
            match trap {
                _ if signal == signal::KILL => {}
                Some(true) => continue,
                Some(false) => {
                    p.catch(signal);
                    continue;
                }
                // A container's first process gets no signal that it has not asked for.
                None if pid == MAIN && self.system.pid == MAIN => continue,
                None if !signal::ends(signal) => continue,
                None => {}
            }
            if pid == MAIN && self.system.pid == MAIN {
                // Nor can it be killed from inside.
                continue;
            }
            p.cancel(host);
            p.state = State::Exited(128 + i32::from(signal));
            self.system.signalled.push(pid);
            let waits_for = self.processes[at].kids.clone();
            let children = self.processes.iter().filter(|p| p.parent == pid && !p.is_over());
            // What runs in the foreground is the killed process' own in a real shell: a program that it has become.
            let children = children.filter(|p| waits_for.contains(&p.pid) || !p.background).map(|p| p.pid);
            self.system.kill.extend(children.map(|child| (child, signal)));
        }
    }

    /// Whether nothing comes after what a process runs: it is at its end, and so is whoever waits for it. What is in the
    /// background has nobody behind it; what reads a pipe ends with that.
    fn is_last(&self, mut pid: u32) -> bool {
        let of = |pid: u32| self.processes.iter().find(|p| p.pid == pid);
        if of(pid).is_some_and(|p| matches!(p.fds[0], Fd::Read(pipe) if pipe != TERMINAL)) {
            return false;
        }
        loop {
            let Some(p) = of(pid).filter(|p| p.at_end()) else { return false };
            if p.is_main() || p.background {
                // What `<(…)` runs gives its output to somebody.
                return p.is_main() || !matches!(p.fds[1], Fd::Write(_));
            }
            let waits = |parent: &&Process| parent.state == State::Kids(None) && parent.kids.contains(&pid);
            let Some(parent) = of(p.parent).filter(waits) else { return false };
            pid = parent.pid;
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
