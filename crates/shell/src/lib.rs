//! A POSIX-like shell that runs what a container's command does, and that answers in a terminal.
//!
//! It is a shell of our own because it lives in the simulation: its time is the page's simulated time, it can stop after
//! every operation and go on at a later moment (`sleep 3600` costs nothing), and its files, names and every other program
//! are asked of a [`Host`]. No shell that is built on a kernel can do that, and none compiles to Wasm without one.
//!
//! Pure and deterministic; nothing here knows Kubernetes. A script is compiled to operations (`parse` → `op`), which
//! small processes carry out one after the other (`run`), with pipes between them, so that pipelines, subshells, `&` and
//! endless loops work and can be left and resumed at any place. All that a shell does costs virtual time once what it may do
//! at one moment is used up; texts, processes and nesting are bounded.
//!
//! | module | |
//! |---|---|
//! | `host` | what the shell may touch, and how it answers |
//! | `machine`, `schedule` | the shell as its host sees it; which process runs next |
//! | `parse`, `op` | text → operations: quoting, expansions, grammar |
//! | `process`, `run` | a process; what each operation does |
//! | `processor` | what all of it costs, in virtual time |
//! | `control`, `expand`, `redirect`, `fork`, `job` | what it has entered, its words, its files, its children, what reads its input |
//! | `nested` | a command line that a tool runs |
//! | `builtin` | the commands that change the shell: cd, export, read, set, trap, … |
//! | `tools` | the programs beside it, as BusyBox and coreutils have them: cat, grep, ls, date, … |
//! | `arith`, `pattern` | `$((…))`; regular expressions and shell patterns |
//! | `word`, `number`, `path`, `files` | quoting, numbers, paths, a tree of files in memory |
//!
//! What it leaves out, on purpose: job control, `coproc`, `select`.

mod arith;
mod builtin;
mod control;
mod expand;
mod files;
mod fork;
mod host;
mod job;
mod machine;
mod nested;
mod number;
mod op;
mod parse;
mod path;
mod pattern;
mod process;
mod processor;
mod redirect;
mod run;
mod schedule;
mod signal;
mod stop;
#[cfg(test)]
mod tests;
mod tools;
mod value;
mod variable;
mod word;

pub use files::Files;
pub use host::{Connection, External, FileError, Flavour, Host, Output, Poll, Stat, Step, Unknown, Userland};
pub use machine::Shell;
pub use path::absolute;
pub use tools::time_text;

/// The commands that every shell here has: its own, and the programs beside it.
pub fn programs() -> impl Iterator<Item = &'static str> {
    builtin::NAMES.iter().copied().chain(tools::names())
}

/// Whether an extended regular expression is found in a text. `None`: it can't be read.
pub fn has_match(regex: &str, text: &str) -> Option<bool> {
    pattern::Pattern::regex(regex, true, false).map(|pattern| pattern.is_match(text))
}

/// Which shell these words start, if it is one that takes its commands from its standard input.
pub fn reads_commands(words: &[String]) -> Option<Flavour> {
    let (first, rest) = words.split_first()?;
    let flavour = match first.rsplit('/').next().unwrap_or_default() {
        "bash" => Flavour::Bash,
        "zsh" => Flavour::Zsh,
        "sh" | "ash" | "dash" => Flavour::Sh,
        _ => return None,
    };
    rest.iter().all(|word| matches!(word.as_str(), "-i" | "-l" | "-il" | "--login")).then_some(flavour)
}
