//! The headless runner: `kubesim conformance [PATH]`, `kubesim run FILE` and `kubesim fuzz`.

mod fuzz;
mod run;

use kubesim_cli::conformance::{self, Verdict};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
usage:
  kubesim conformance [--quiet] [--write FILE] [PATH]
      plays the recordings of a real cluster below PATH (default: crates/kubesim/tests/golden) and says what differs;
      --write leaves the page CONFORMANCE.md in FILE, and its summary in the README beside it
  kubesim run FILE [--command \"kubectl …\"]… [--until SECONDS] [--stats]
      applies FILE to a new cluster, lets it come to rest, gives each command in turn, and prints what happened
  kubesim fuzz [--seconds N] [--cases N] [--seed N] [--target manifest|command|dns]
      tries mutations of the recordings' manifests, commands and DNS lines; what panics, hangs or takes too much memory is
      kept in crates/kubesim-cli/tests/found
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let result = match args.first().map(String::as_str) {
        Some("conformance") => conformance(&args[1..]),
        Some("run") => run::run(&args[1..]),
        Some("fuzz") => fuzz::fuzz(&args[1..]),
        _ => Err(USAGE.to_string()),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("{}", message.trim_end());
            ExitCode::from(2)
        }
    }
}

fn conformance(args: &[String]) -> Result<bool, String> {
    let quiet = args.iter().any(|a| a == "--quiet");
    let write = args.iter().position(|a| a == "--write").map(|at| at + 1);
    let to = write.map(|at| args.get(at).ok_or("--write needs a file")).transpose()?;
    let mut paths = args.iter().enumerate().filter(|(at, a)| !a.starts_with("--") && Some(*at) != write);
    let path = paths.next().map(|(_, path)| PathBuf::from(path));
    let path = path.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../kubesim/tests/golden"));
    let report = conformance::run(&path, &mut |file, verdict| match verdict {
        Verdict::Passed => {}
        Verdict::Skipped(reason) => println!("skipped {file}: {reason}"),
        Verdict::Failed(differences) => {
            println!("FAILED  {file}");
            for difference in differences.iter().filter(|_| !quiet) {
                println!("    {difference}");
            }
        }
    })?;
    println!("\n{:<16} {:>7} {:>7} {:>8}", "folder", "passed", "failed", "skipped");
    for folder in report.folders() {
        let (passed, failed, skipped) = report.totals(Some(folder));
        println!("{folder:<16} {passed:>7} {failed:>7} {skipped:>8}");
    }
    let (passed, failed, skipped) = report.totals(None);
    println!("\n{passed} passed, {failed} failed, {skipped} skipped");
    if let Some(file) = to {
        std::fs::write(file, conformance::page::page(&report)).map_err(|e| format!("{file}: {e}"))?;
        let readme = Path::new(file).with_file_name("README.md");
        if let Ok(text) = std::fs::read_to_string(&readme) {
            let text = conformance::page::with_summary(&text, &report);
            std::fs::write(&readme, text).map_err(|e| format!("{}: {e}", readme.display()))?;
        }
    }
    Ok(failed == 0)
}
