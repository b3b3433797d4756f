//! kill and wait: processes by number or job, and their signals.

use crate::host::Flavour;
use crate::number::decimal;
use crate::process::{MAIN, Process, State, World};
use crate::signal;

impl Process {
    /// `kill`: signals for the script's own processes, and for the container's first. Long: an arm for each form of its first word.
    pub(super) fn kill_command(&mut self, w: &mut World, args: &[String]) -> i32 {
        let mut words = args.iter().map(String::as_str).peekable();
        let mut sent = signal::TERM;
        match words.peek().copied() {
            Some("-l" | "-L") => {
                words.next();
                let mut text = String::new();
                for word in words {
                    match signal::number(word) {
                        Some(number) if word.bytes().all(|c| c.is_ascii_digit()) => {
                            text.extend([
                                &signal::name(if number > 128 { number - 128 } else { number }),
                                "\n",
                            ]);
                        }
                        Some(number) => text.push_str(&format!("{number}\n")),
                        None => {}
                    }
                }
                if args.len() == 1 {
                    let names: Vec<String> = (1..=31).map(|n| format!("{n}) {}", signal::name(n))).collect();
                    text = [&names.join(" "), "\n"].concat();
                }
                self.put(w, 1, &text);
                return 0;
            }
            Some("-s" | "-n") => {
                words.next();
                let word = words.next().unwrap_or_default();
                match signal::number(word) {
                    Some(number) => sent = number,
                    None => return self.bad_signal(w, word),
                }
            }
            Some("--") => drop(words.next()),
            Some(word) if word.len() > 1 && word.starts_with('-') => {
                words.next();
                match signal::number(&word[1..]) {
                    Some(number) => sent = number,
                    None => return self.bad_signal(w, &word[1..]),
                }
            }
            _ => {}
        }
        let mut status = 0;
        for word in words {
            let of_job = word.strip_prefix('%').map(|job| self.job(job));
            if of_job == Some(None) {
                status = self.no_job(w, "kill", word);
                continue;
            }
            let number = match of_job.flatten() {
                Some(own) => Some(i64::from(w.system.number_outside(own))),
                None => decimal(word),
            };
            let Some(pid) = number else {
                match self.flavour {
                    Flavour::Bash | Flavour::Zsh => {
                        self.complain_of(w, "kill", &format!("{word}: arguments must be process or job IDs"));
                    }
                    Flavour::Dash => self.complain_of(w, "kill", &format!("Illegal number: {word}")),
                    Flavour::Sh => self.complain_plainly(w, "kill", &format!("invalid number '{word}'")),
                }
                status = if self.flavour == Flavour::Dash { 2 } else { 1 };
                continue;
            };
            let own = self.own_pid(w, pid);
            let alive = own.filter(|own| w.system.is_alive(*own));
            match alive {
                Some(own) if sent != 0 => w.system.kill.push((own, sent)),
                Some(_) => {}
                None if own.is_none() && pid > 0 && w.host.kill(pid as u32, sent) => {}
                None => {
                    match self.flavour {
                        Flavour::Bash | Flavour::Zsh => {
                            self.complain_of(w, "kill", &format!("({pid}) - No such process"))
                        }
                        Flavour::Dash => self.complain_of(w, "kill", "No such process"),
                        Flavour::Sh => self.complain_plainly(
                            w,
                            "kill",
                            &format!("can't kill pid {pid}: No such process"),
                        ),
                    }
                    status = 1;
                }
            }
        }
        status
    }

    fn bad_signal(&mut self, w: &mut World, word: &str) -> i32 {
        match self.flavour {
            Flavour::Bash | Flavour::Zsh => {
                self.complain_of(w, "kill", &format!("{word}: invalid signal specification"))
            }
            Flavour::Dash => self.complain_of(w, "kill", &format!("Illegal option -{word}")),
            Flavour::Sh => self.complain_plainly(w, "kill", &format!("bad signal name '{word}'")),
        }
        1
    }

    /// The process that `%1`, `%+` or `%-` names; `None`: it is no job.
    fn job(&self, word: &str) -> Option<u32> {
        let jobs = self.backgrounds.get(self.waited..)?;
        let at = match word {
            "" | "%" | "+" => jobs.len(),
            "-" => jobs.len().checked_sub(1)?,
            number => decimal(number)? as usize,
        };
        jobs.get(at.checked_sub(1)?).map(|job| job.0)
    }

    /// `jobs`: those that run.
    pub(super) fn jobs(&mut self, w: &mut World, args: &[String]) -> i32 {
        let has = |letter: char| args.iter().any(|arg| arg.starts_with('-') && arg.contains(letter));
        let (waited, jobs) = match self.backgrounds.is_empty() && self.flavour != Flavour::Dash {
            true => (0, &self.jobs_outside),
            false => (self.waited, &self.backgrounds),
        };
        let mut text = String::new();
        for (n, (pid, command)) in jobs.iter().skip(waited).enumerate() {
            if !w.system.is_alive(*pid) {
                continue;
            }
            let number = w.system.number_outside(*pid);
            let sign = match jobs.len() - waited - n {
                1 => '+',
                2 => '-',
                _ => ' ',
            };
            match self.flavour {
                _ if has('p') => text.push_str(&format!("{number}\n")),
                Flavour::Dash => {
                    text.push_str(&format!("[{}] {sign} Running                    {command}\n", n + 1))
                }
                Flavour::Sh => {
                    text.push_str(&format!("[{}]{sign}  Running                    {command}\n", n + 1))
                }
                _ => text.push_str(&format!("[{}]{sign}  Running                 {command} &\n", n + 1)),
            }
        }
        self.put(w, 1, &text);
        0
    }

    fn no_job(&mut self, w: &mut World, command: &str, word: &str) -> i32 {
        let what = match self.flavour {
            Flavour::Dash => format!("No such job: {word}"),
            _ => format!("{word}: no such job"),
        };
        self.complain_of(w, command, &what);
        match (self.flavour.is_bash(), command) {
            (true, "wait") => 127,
            (true, _) => 1,
            (false, _) => 2,
        }
    }

    /// The process of ours that has this number outside.
    pub(crate) fn own_pid(&self, w: &World, pid: i64) -> Option<u32> {
        // A negative number is a process group: the script's.
        if pid <= 0 {
            return Some(self.pid);
        }
        let own = pid - i64::from(w.system.pid) + i64::from(MAIN);
        u32::try_from(own).ok().filter(|own| *own >= MAIN)
    }

    pub(super) fn wait(&mut self, w: &mut World, args: &[String]) {
        let words: Vec<&String> = args.iter().filter(|a| !a.starts_with('-')).collect();
        self.kids.clear();
        for word in &words {
            let kid = match word.strip_prefix('%') {
                Some(job) => match self.job(job) {
                    Some(kid) => kid,
                    None => {
                        self.status = self.no_job(w, "wait", word);
                        return;
                    }
                },
                None => match decimal(word) {
                    Some(number) => self.own_pid(w, number.max(1)).unwrap_or(0),
                    None => continue,
                },
            };
            self.kids.push(kid);
        }
        if let (Some(word), true) = (words.last(), self.flavour == Flavour::Bash) {
            let known =
                |kid: &u32| w.system.is_alive(*kid) || w.system.ended.iter().any(|(pid, _)| pid == kid);
            if self
                .kids
                .last()
                .is_some_and(|kid| !known(kid) && !self.backgrounds.iter().any(|job| job.0 == *kid))
            {
                let text = format!("pid {word} is not a child of this shell");
                self.complain_of(w, "wait", &text);
            }
        }
        if args.iter().any(|a| a == "-n") {
            if words.is_empty() {
                self.kids = self.backgrounds.iter().map(|job| job.0).collect();
            }
            self.state = State::WaitAny;
            return;
        }
        let all = words.is_empty();
        if all {
            self.kids = self.backgrounds.iter().map(|job| job.0).collect();
        }
        self.state = State::Wait(all);
    }
}
