//! `kubesim lesson`: what a teacher writes, checked.

use crate::output::{Problem, Result, remark};
use clap::Subcommand;
use kubesim_cli::lessons;
use std::io::Write;
use std::path::PathBuf;

/// Check a lesson
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Read lessons and play them without anybody
    ///
    /// Each step's commands are given, each `until` is waited for, each task must first be open and then be done by its
    /// solution or its offers. What is wrong goes to standard output as FILE:LINE:COLUMN.
    Check {
        /// A lesson's file, its folder (a file for each language), or a folder of lessons
        #[arg(default_value = "lessons", value_name = "FILE|FOLDER")]
        path: PathBuf,
        /// Say nothing of lessons that are well
        #[arg(short, long)]
        quiet: bool,
    },
}

/// Runs the subcommand.
pub fn run(args: &Args) -> Result<bool> {
    match &args.command {
        Command::Check { path, quiet } => check(path, *quiet),
    }
}

fn check(path: &std::path::Path, is_quiet: bool) -> Result<bool> {
    let report = lessons::check_all(path).map_err(Problem::Refused)?;
    let mut out = std::io::stdout().lock();
    for (path, problem) in &report.problems {
        writeln!(out, "{}:{problem}", path.display())?;
    }
    let is_well = |path: &PathBuf| report.problems.iter().all(|(other, _)| other != path);
    for (path, steps, took) in report.played.iter().filter(|(path, ..)| !is_quiet && is_well(path)) {
        let (minutes, seconds) = (took / 60_000, took / 1000 % 60);
        remark(&format!(
            "{}: well: {steps} steps, {minutes}m{seconds:02}s of the cluster's time",
            path.display()
        ));
    }
    Ok(report.is_well())
}
