//! Commands that wait or come again: sleep, timeout, watch, ping.

use crate::host::Flavour;
use crate::number::decimal;
use crate::parse;
use crate::process::{Process, State, World};
use crate::word::quoted;

/// `5`, `0.5`, `2m`, `infinity` as milliseconds.
fn duration(text: &str) -> Option<u64> {
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

impl Process {
    pub(crate) fn sleep(&mut self, w: &mut World, args: &[String]) {
        let mut total = 0u64;
        for arg in args {
            let Some(ms) = duration(arg) else {
                let text = match self.flavour {
                    Flavour::Sh => format!("sleep: invalid number '{arg}'\n"),
                    _ => format!("sleep: invalid time interval '{arg}'\n"),
                };
                self.put(w, 2, &text);
                self.status = 1;
                return;
            };
            total = total.saturating_add(ms);
        }
        self.status = i32::from(args.is_empty());
        self.state = match w.host.now_ms().checked_add(total) {
            Some(until) => State::Sleep(until),
            None => State::Forever,
        };
    }

    pub(crate) fn timeout(&mut self, w: &mut World, args: &[String]) {
        let start = args.iter().position(|a| duration(a).is_some()).unwrap_or(args.len());
        let Some((time, command)) = args[start..].split_first().filter(|(_, command)| !command.is_empty())
        else {
            self.status = 125;
            return self.complain(w, "timeout: missing operand");
        };
        let until = w.host.now_ms().saturating_add(duration(time).unwrap_or(0));
        let Some(mut child) = self.fork(w) else { return };
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
        let count = args.iter().position(|a| a == "-c").and_then(|at| args.get(at + 1));
        let goes_on = count.map_or(":".to_string(), |count| format!("[ $n -lt {} ]", quoted(count)));
        let words: Vec<String> = args.iter().map(|a| quoted(a)).collect();
        let script = format!(
            "( n=0; while {goes_on}; do ping --seq=$n {} || exit; n=$((n+1)); if {goes_on}; then sleep 1; fi; done )",
            words.join(" ")
        );
        self.evaluate(w, &script);
    }
}
