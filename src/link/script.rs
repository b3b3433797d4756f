//! A story as a page around tells it: a manifest, and commands with their times.

use super::address::seconds;
use super::fields::LONGEST_STORY;
use super::{Link, SavedBranch};
use kubesim::{Input, SimTime, Span, Str, TimedInput};

/// How long after the line before a command is given that has no time.
const PAUSE: Span = Span::seconds(30);

impl Link {
    /// The story of a manifest that is applied at the start, and of commands, one a line: `14s kubectl delete pod web-0`. A
    /// line without a time comes 30 seconds after the one before; an empty manifest is not applied.
    pub fn of_script(manifest: &str, commands: &str) -> Link {
        let text: Str = manifest.into();
        let mut inputs = Vec::new();
        if !manifest.is_empty() {
            inputs.push(TimedInput { at: SimTime(0), input: Input::Apply(text.clone()) });
        }
        let mut at = SimTime(0);
        for line in commands.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (time, command) = timed(line);
            at = time.unwrap_or(at + PAUSE).max(at).min(SimTime(0) + LONGEST_STORY);
            inputs.push(TimedInput { at, input: Input::Command(command.into()) });
        }
        let branches = vec![SavedBranch { inputs, until: at, ..SavedBranch::default() }];
        Link { text, branches, playing: false, ..Link::default() }
    }
}

/// A line's time, if it begins with one, and its command.
fn timed(line: &str) -> (Option<SimTime>, &str) {
    let split = line.split_once(char::is_whitespace);
    let timed = split.and_then(|(time, command)| Some((time_of(time)?, command.trim_start())));
    timed.map_or((None, line), |(time, command)| (Some(time), command))
}

/// A time such as `14s`, `1m30s`, `2m` or `7.5s`.
fn time_of(text: &str) -> Option<SimTime> {
    let (minutes, rest) = text.split_once('m').unwrap_or(("0", text));
    let minutes: i64 = minutes.parse::<u16>().ok()?.into();
    let at = if rest.is_empty() { SimTime(0) } else { seconds(rest.strip_suffix('s')?)? };
    Some(at + Span::seconds(60 * minutes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_come_at_their_times() {
        let link = Link::of_script(
            "kind: Pod",
            "\n  1m5s kubectl get pods\nkubectl delete pod web-0\n 7s kubectl get pvc\nsleep 1",
        );
        let inputs = &link.branches[0].inputs;
        let commands = inputs.iter().filter_map(|timed| match &timed.input {
            Input::Command(line) => Some((timed.at.0, &**line)),
            _ => None,
        });
        let expected = [
            (65_000, "kubectl get pods"),
            (95_000, "kubectl delete pod web-0"),
            (95_000, "kubectl get pvc"),
            (125_000, "sleep 1"),
        ];
        assert!(commands.eq(expected), "{inputs:?}");
        assert_eq!(inputs[0].input, Input::Apply("kind: Pod".into()));
        assert_eq!((link.story().until, link.playing), (SimTime(125_000), false));
        assert!(Link::of_script("", "").branches[0].inputs.is_empty());
    }

    #[test]
    fn what_is_no_time_is_a_part_of_the_command() {
        for line in ["m kubectl", "5 kubectl", "1h kubectl", "kubectl", "s x"] {
            assert_eq!(timed(line), (None, line));
        }
        assert_eq!(timed("2m x"), (Some(SimTime(120_000)), "x"));
        assert_eq!(timed("0.5s  x y"), (Some(SimTime(500)), "x y"));
    }
}
