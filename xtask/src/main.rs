//! `cargo xtask`: sets up, builds, serves, tests and measures Ordinal.
#![allow(clippy::disallowed_methods, reason = "tooling: clocks are read here, the simulation is elsewhere")]

mod arguments;
mod bench;
mod card;
mod check;
mod doc_sites;
mod finish;
mod first_load;
mod fuzz;
mod generators;
mod glue;
#[cfg(test)]
mod layers;
mod lessons;
mod locales;
mod package;
mod pictures;
mod profile;
mod run;
mod schema;
mod screenshot;
mod serve;
mod single_file;
mod site;
mod size;
mod split;
mod tools;
mod where_bytes;

use std::process::ExitCode;

use arguments::Arguments;
use run::Result;
use tools::Tools;

/// A command. To add one, add a line to [`COMMANDS`].
struct Command {
    name: &'static str,
    /// Its command line and what it does, as `cargo xtask help` shows it.
    usage: &'static str,
    run: fn(&mut Tools, Arguments) -> Result<ExitCode>,
}

const COMMANDS: [Command; 12] = [
    Command { name: "serve", usage: serve::USAGE, run: serve::command },
    Command { name: "build", usage: site::USAGE, run: site::command },
    Command { name: "test", usage: check::USAGE, run: check::command },
    Command { name: "size", usage: size::USAGE, run: size::command },
    Command { name: "screenshot", usage: screenshot::USAGE, run: screenshot::command },
    Command { name: "pictures", usage: pictures::USAGE, run: pictures::command },
    Command { name: "bench", usage: bench::USAGE, run: bench::command },
    Command { name: "fuzz", usage: fuzz::USAGE, run: fuzz::command },
    Command { name: "profile", usage: profile::USAGE, run: profile::command },
    Command { name: "split", usage: split::USAGE, run: split::command },
    Command { name: "locales", usage: locales::USAGE, run: locales::command },
    Command { name: "schema", usage: schema::USAGE, run: schema::command },
];

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let name = words.next().unwrap_or_else(|| "help".to_owned());
    match dispatch(&name, words.collect()) {
        Ok(code) => code,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(name: &str, words: Vec<String>) -> Result<ExitCode> {
    if ["help", "--help", "-h"].contains(&name) {
        println!("{}", usage());
        return Ok(ExitCode::SUCCESS);
    }
    match COMMANDS.iter().find(|command| command.name == name) {
        Some(command) => (command.run)(&mut Tools::default(), Arguments::new(words, command.usage)),
        None => Err(format!("there is no command {name}\n\n{}", usage())),
    }
}

/// How all commands are used.
fn usage() -> String {
    let commands: Vec<&str> = COMMANDS.iter().map(|command| command.usage).collect();
    format!(
        "cargo xtask COMMAND\n\n  {}\n\n\
         What is missing is installed into a folder of its own below the user's cache folder (or ORDINAL_TOOLS).",
        commands.join("\n  ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_says_how_it_is_used() {
        for command in &COMMANDS {
            let usage = command.usage.strip_prefix(command.name).unwrap_or_default();
            assert!(usage.starts_with(' ') && usage.len() > 30, "{}", command.usage);
        }
    }

    #[test]
    fn an_unknown_command_is_told_what_there_is() {
        let problem = dispatch("sreve", Vec::new()).expect_err("there is none");
        assert!(problem.starts_with("there is no command sreve") && problem.contains("  serve [--dev]"));
    }
}
