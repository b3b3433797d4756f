//! Commands that wait or come again: sleep, timeout, watch, ping.

use crate::host::Unknown;
use crate::number::decimal;
use crate::parse;
use crate::process::{Process, State, World};
use crate::signal;
use crate::tools;
use crate::word::quoted;
use std::rc::Rc;

/// `5`, `0.5`, `2m`, `infinity` as milliseconds.
pub(super) fn duration(text: &str) -> Option<u64> {
    let (number, unit) = match text.strip_suffix(['s', 'm', 'h', 'd']) {
        Some(number) => (number, text.as_bytes()[text.len() - 1]),
        None => (text, b's'),
    };
    if number.starts_with("inf") {
        return Some(u64::MAX);
    }
    let unit = match unit {
        b'm' => 60_000,
        b'h' => 3_600_000,
        b'd' => 86_400_000,
        _ => 1000,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || !fraction.bytes().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let whole = if whole.is_empty() { 0 } else { decimal(whole).filter(|n| *n >= 0)? as u64 };
    let thousandths = decimal(&[fraction, "000"].concat()[..3])? as u64;
    Some(whole.saturating_mul(unit).saturating_add(thousandths * unit / 1000))
}

/// The shortest time between two runs of `watch`'s command, in milliseconds.
const SHORTEST_WATCH_MS: u64 = 100;

const HELP: &str = "Try 'sleep --help' for more information.\n";

impl Process {
    pub(crate) fn sleep(&mut self, w: &mut World, args: &[String]) {
        let gnu = self.gnu(w.system);
        let option = args.first().and_then(|arg| arg.strip_prefix('-')).filter(|_| gnu);
        if args.is_empty() || option.is_some() {
            self.status = 1;
            let text = match option {
                Some(option) => {
                    format!("sleep: invalid option -- '{}'\n{HELP}", option.get(..1).unwrap_or_default())
                }
                None if gnu => format!("sleep: missing operand\n{HELP}"),
                None => [tools::USAGE, "sleep [N]...\n"].concat(),
            };
            return self.put(w, 2, &text);
        }
        let mut total = 0u64;
        for arg in args {
            let Some(ms) = duration(arg) else {
                let text = match gnu {
                    false => format!("sleep: invalid number '{arg}'\n"),
                    true => format!("sleep: invalid time interval '{arg}'\n{HELP}"),
                };
                self.put(w, 2, &text);
                self.status = 1;
                return;
            };
            total = total.saturating_add(ms);
        }
        self.status = 0;
        self.state = match w.host.now_ms().checked_add(total) {
            Some(until) => State::Sleep(until),
            None => State::Forever,
        };
    }

    pub(crate) fn timeout(&mut self, w: &mut World, args: &[String]) {
        let gnu = self.gnu(w.system);
        let mut at = 0;
        let mut keeps_status = false;
        self.timeout_signal = signal::TERM;
        while let Some(arg) = args.get(at).filter(|a| a.starts_with('-')) {
            at += 1;
            let value = match arg.split_once('=') {
                Some((_, value)) => value.to_string(),
                None if matches!(arg.as_str(), "-s" | "-k" | "-t" | "--signal" | "--kill-after") => {
                    at += 1;
                    args.get(at - 1).cloned().unwrap_or_default()
                }
                None => arg.get(2..).unwrap_or_default().to_string(),
            };
            if arg.starts_with("-s") || arg.starts_with("--signal") {
                self.timeout_signal = signal::number(&value).unwrap_or(signal::TERM);
            }
            keeps_status |= arg == "--preserve-status" || arg == "-p";
            // BusyBox' older form.
            if arg == "-t" {
                at -= 1;
                break;
            }
        }
        // A status that is kept is that of the signal.
        self.timeout_signal |= if keeps_status && gnu { signal::KEEPS_STATUS } else { 0 };
        let time = args.get(at).and_then(|a| duration(a));
        let (Some(time), true) = (time, args.len() > at + 1) else {
            self.status = if gnu { 125 } else { 1 };
            let text = match args.get(at) {
                _ if !gnu => [tools::USAGE, "timeout [-s SIG] [-k KILL_SECS] SECS PROG ARGS\n"].concat(),
                Some(word) if time.is_none() => {
                    format!(
                        "timeout: invalid time interval '{word}'\nTry 'timeout --help' for more information.\n"
                    )
                }
                _ if args.is_empty() => {
                    "timeout: missing operand\nTry 'timeout --help' for more information.\n".to_string()
                }
                _ => "Try 'timeout --help' for more information.\n".to_string(),
            };
            return self.put(w, 2, &text);
        };
        let command = &args[at + 1..];
        if w.system.unknown == Unknown::NotFound && self.program_path(w, &command[0]).is_none() {
            let text = match gnu {
                true => {
                    format!("timeout: failed to run command '{}': No such file or directory\n", command[0])
                }
                false => format!("timeout: can't execute '{}': No such file or directory\n", command[0]),
            };
            self.status = 127;
            return self.put(w, 2, &text);
        }
        let until = w.host.now_ms().saturating_add(time);
        let Some(mut child) = self.fork(w) else { return };
        // What it starts is a program, and no function of the shell's.
        Rc::make_mut(&mut child.vars).0.retain(|(name, _)| !name.ends_with("()"));
        child.start(parse::command(command));
        child.replaced = true;
        self.wait_for(w, child, Some(until));
    }

    /// `watch [-n SECONDS] COMMAND…`: runs it again and again, each time on an empty screen.
    pub(crate) fn watch(&mut self, w: &mut World, args: &[String]) {
        let mut seconds = "2".to_string();
        let mut words = args.iter();
        let mut command: Vec<&str> = Vec::new();
        while let Some(word) = words.next() {
            match word.as_str() {
                "-n" | "--interval" if command.is_empty() => {
                    seconds = words.next().filter(|s| duration(s).is_some()).cloned().unwrap_or(seconds);
                }
                option if command.is_empty() && option.starts_with('-') => {
                    let given = option.strip_prefix("-n").filter(|s| duration(s).is_some());
                    seconds = given.map_or(seconds, str::to_owned);
                }
                word => command.push(word),
            }
        }
        // As procps' watch has it.
        if duration(&seconds).is_some_and(|ms| ms < SHORTEST_WATCH_MS) {
            seconds = "0.1".to_string();
        }
        let command = command.join(" ");
        let shown = if seconds.contains('.') { seconds.clone() } else { format!("{seconds}.0") };
        let title = quoted(&format!("Every {shown}s: {command}"));
        let script = format!(
            "( while :; do clear; echo {title}; echo; eval {}; sleep {seconds}; done )",
            quoted(&command)
        );
        self.evaluate(w, &script);
    }

    /// `ping [-c COUNT] HOST`: the host answers one question; a second is between two.
    pub(crate) fn ping(&mut self, w: &mut World, args: &[String]) {
        let apart = args.iter().position(|a| a == "-c").and_then(|at| args.get(at + 1)).cloned();
        let joined =
            args.iter().find_map(|a| a.strip_prefix("-c").filter(|n| !n.is_empty())).map(str::to_string);
        let count = joined.or(apart);
        let goes_on = count.map_or(":".to_string(), |count| format!("[ $n -lt {} ]", quoted(&count)));
        let words: Vec<String> = args.iter().map(|a| quoted(a)).collect();
        let script = format!(
            "( n=0; while {goes_on}; do ping --seq=$n {} || exit; n=$((n+1)); if {goes_on}; then sleep 1; fi; done )",
            words.join(" ")
        );
        self.evaluate(w, &script);
    }
}
