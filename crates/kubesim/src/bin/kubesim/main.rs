//! The headless runner: `kubesim conformance [PATH]` and `kubesim run FILE`.

mod run;

use kubesim::conformance::{self, Verdict};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
usage:
  kubesim conformance [--quiet] [PATH]
      plays the recordings of a real cluster below PATH (default: the crate's tests/golden) and says what differs
  kubesim run FILE [--command \"kubectl …\"]… [--until SECONDS] [--stats]
      applies FILE to a new cluster, lets it come to rest, gives each command in turn, and prints what happened
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let result = match args.first().map(String::as_str) {
        Some("conformance") => conformance(&args[1..]),
        Some("run") => run::run(&args[1..]),
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
    let path = args.iter().find(|a| !a.starts_with("--")).map(PathBuf::from);
    let path = path.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden"));
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
    Ok(failed == 0)
}
