//! `kubesim`: a simulated Kubernetes cluster in a terminal. One file per subcommand.

mod cluster_texts;
mod completions;
mod conformance;
mod draw;
mod fuzz;
mod later;
mod lesson;
mod memory;
mod output;
mod pixels;
mod plan;
mod progress;
mod run;
mod why;
mod world;

use clap::{Parser, Subcommand};
use kubesim::KUBERNETES_VERSION;
use output::Problem;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;
use std::sync::LazyLock;

/// What `--version` prints behind the program's name.
static VERSION: LazyLock<String> =
    LazyLock::new(|| format!("{} (Kubernetes {})", env!("CARGO_PKG_VERSION"), KUBERNETES_VERSION));

/// A simulated Kubernetes cluster: tells what becomes of a manifest, without a cluster.
#[derive(Parser)]
#[command(name = "kubesim", version = VERSION.as_str(), after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes:
  0  all well
  1  a command failed, or the manifest was refused
  2  the command line is wrong
`why` and `plan` have their own: see their --help.";

#[derive(Subcommand)]
enum Command {
    Run(run::Args),
    Why(why::Args),
    Plan(plan::Args),
    Draw(draw::Args),
    Conformance(conformance::Args),
    Fuzz(fuzz::Args),
    Lesson(lesson::Args),
    Completions(completions::Args),
}

fn main() -> ExitCode {
    kubesim::kubectl::why::answer_with(scene::explain::told);
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let has_own_codes = std::env::args().nth(1).is_some_and(|name| name == "why" || name == "plan");
            if error.use_stderr() && has_own_codes {
                // That nobody reads it is no error.
                let _ = error.print();
                return ExitCode::from(why::WRONG_COMMAND_LINE);
            }
            error.exit()
        }
    };
    let code = |well: bool| u8::from(!well);
    let result = match cli.command {
        Command::Run(args) => run::run(&args).map(code),
        Command::Draw(args) => draw::run(&args).map(code),
        Command::Why(args) => why::run(&args),
        Command::Plan(args) => plan::run(&args),
        Command::Conformance(args) => conformance::run(&args).map(code),
        Command::Fuzz(args) => fuzz::run(&args).map(code),
        Command::Lesson(args) => lesson::run(&args).map(code),
        Command::Completions(args) => completions::run(&args).map(code),
    };
    match result.and_then(|code| std::io::stdout().flush().map(|()| code).map_err(Problem::from)) {
        Ok(code) => ExitCode::from(code),
        // Who reads has seen enough.
        Err(Problem::Output(error)) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(Problem::Output(error)) => {
            output::remark(&format!("error: standard output: {error}"));
            ExitCode::FAILURE
        }
        Err(Problem::Unreadable(message)) => {
            output::remark(&format!("error: {message}"));
            ExitCode::from(why::UNREADABLE)
        }
        Err(Problem::Refused(message)) => {
            output::remark(&format!("error: {message}"));
            ExitCode::FAILURE
        }
    }
}
