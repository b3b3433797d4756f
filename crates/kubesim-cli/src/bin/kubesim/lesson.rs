//! `kubesim lesson`: what a teacher writes: begun, checked, on paper.

use crate::output::{Problem, Result, remark};
use clap::Subcommand;
use clap::builder::PossibleValuesParser;
use kubesim_cli::lessons::Played;
use kubesim_cli::{languages, lessons};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Begin, check or print a lesson
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
    /// Write a lesson to begin with
    ///
    /// A folder with a file in it, such as en.md, which can be played as it is. Its text is English or Korean.
    New {
        /// The lesson's name in links, and its folder: small letters, digits and dashes
        #[arg(value_name = "ID")]
        id: String,
        /// What the list calls it
        #[arg(long)]
        title: Option<String>,
        /// The language of its text, and the file's name
        #[arg(long, value_name = "TAG", default_value = "en")]
        lang: String,
        /// The folder in which the lesson's own is made
        #[arg(long = "in", value_name = "FOLDER", default_value = ".")]
        folder: PathBuf,
    },
    /// Print a lesson: an HTML page for paper
    ///
    /// Each step's text, its question and the stage before and after; the answers, with what was seen then, on the last page.
    /// Open it in a browser, and print it there.
    Print {
        /// The lesson's file, or its folder: then the file of --lang, else en.md, else the first
        #[arg(value_name = "FILE|FOLDER")]
        path: PathBuf,
        /// The language of what stands around the lesson's own text; without it, that of the file's name
        #[arg(long, value_name = "TAG", value_parser = PossibleValuesParser::new(languages::tags()))]
        lang: Option<String>,
        /// The file that the page is written into; without it, standard output
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// Runs the subcommand.
pub fn run(args: &Args) -> Result<bool> {
    match &args.command {
        Command::Check { path, quiet } => check(path, *quiet),
        Command::New { id, title, lang, folder } => new(id, title.as_deref(), lang, folder),
        Command::Print { path, lang, output } => print(path, lang.as_deref(), output.as_deref()),
    }
}

fn check(path: &Path, is_quiet: bool) -> Result<bool> {
    let report = lessons::check_all(path).map_err(Problem::Refused)?;
    let mut out = std::io::stdout().lock();
    for (path, problem) in &report.problems {
        writeln!(out, "{}:{problem}", path.display())?;
    }
    let is_well = |path: &PathBuf| report.problems.iter().all(|(other, _)| other != path);
    let well: Vec<&Played> =
        report.played.iter().filter(|played| !is_quiet && is_well(&played.path)).collect();
    if !well.is_empty() {
        remark("minutes  steps  bets  tasks  bytes  cluster's time  well");
    }
    for played in well {
        let Played { minutes, steps, bets_and_tasks: (bets, tasks), size, .. } = played;
        let took = format!("{}m{:02}s", played.took / 60_000, played.took / 1000 % 60);
        let path = played.path.display();
        remark(&format!("{minutes:>7}  {steps:>5}  {bets:>4}  {tasks:>5}  {size:>5}  {took:>14}  {path}"));
    }
    Ok(report.is_well())
}

fn new(id: &str, title: Option<&str>, language: &str, folder: &Path) -> Result<bool> {
    let is_plain = |text: &str| {
        let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
        !text.is_empty() && text.chars().all(plain)
    };
    if !is_plain(id) {
        return Err(Problem::Refused(format!(
            "{id:?} is no lesson's id: small letters, digits and dashes are"
        )));
    }
    if !is_plain(&language.to_ascii_lowercase()) {
        return Err(Problem::Refused(format!(
            "{language:?} is no language's tag: such as en, ko or pt-BR is"
        )));
    }
    let folder = folder.join(id);
    let file = folder.join(format!("{language}.md"));
    let failed = |error: std::io::Error| Problem::Refused(format!("{}: {error}", file.display()));
    fs::create_dir_all(&folder).map_err(failed)?;
    // What somebody has written is never written over.
    let mut new = fs::File::create_new(&file).map_err(failed)?;
    let (text, is_own) = lessons::skeleton(language, id, title);
    new.write_all(text.as_bytes()).map_err(failed)?;
    if !is_own {
        remark(&format!("there is no lesson to begin with in {language}: its text is English"));
    }
    remark(&format!("{} is there: `kubesim lesson check {}` plays it", file.display(), folder.display()));
    Ok(true)
}

fn print(path: &Path, language: Option<&str>, output: Option<&Path>) -> Result<bool> {
    let file = lessons::file_of(path, language).map_err(Problem::Refused)?;
    let page = lessons::print(&file, language).map_err(Problem::Refused)?;
    match output {
        Some(file) => {
            fs::write(file, page).map_err(|error| Problem::Refused(format!("{}: {error}", file.display())))?
        }
        None => std::io::stdout().write_all(page.as_bytes())?,
    }
    Ok(true)
}
