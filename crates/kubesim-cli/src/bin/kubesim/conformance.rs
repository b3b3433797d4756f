//! `kubesim conformance`: plays the recordings of a real cluster and says what differs.

use crate::output::{Problem, Result};
use crate::progress::Progress;
use kubesim_cli::conformance::{self, Verdict, page};
use std::io::{Write, stdout};
use std::path::{Path, PathBuf};

/// Play the recordings of a real cluster and say what differs
#[derive(clap::Args)]
pub struct Args {
    /// A recording, or a folder of them [default: crates/kubesim/tests/golden of the sources]
    path: Option<PathBuf>,
    /// Say which recordings differ, but not how
    #[arg(long)]
    quiet: bool,
    /// Write the page CONFORMANCE.md into this file, and its summary into the README.md beside it
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
}

/// Plays them. Returns whether none differs.
pub fn run(args: &Args) -> Result<bool> {
    let golden = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../kubesim/tests/golden");
    let path = args.path.clone().unwrap_or_else(golden);
    let mut progress = Progress::new();
    let (mut played, mut written) = (0, Ok(()));
    let report = conformance::run(&path, &mut |file, verdict| {
        played += 1;
        progress.show(|| format!("{played} recordings, {file}"));
        if written.is_ok() && *verdict != Verdict::Passed {
            progress.clear();
            written = tell(file, verdict, args.quiet);
        }
    })?;
    drop(progress);
    written?;
    let mut out = stdout().lock();
    writeln!(out, "\n{:<16} {:>7} {:>7} {:>8}", "folder", "passed", "failed", "skipped")?;
    for folder in report.folders() {
        let (passed, failed, skipped) = report.totals(Some(folder));
        writeln!(out, "{folder:<16} {passed:>7} {failed:>7} {skipped:>8}")?;
    }
    let (passed, failed, skipped) = report.totals(None);
    writeln!(out, "\n{passed} passed, {failed} failed, {skipped} skipped")?;
    if let Some(file) = &args.write {
        write(file, &page::page(&report))?;
        let readme = file.with_file_name("README.md");
        if let Ok(text) = std::fs::read_to_string(&readme) {
            write(&readme, &page::with_summary(&text, &report))?;
        }
    }
    Ok(failed == 0)
}

/// Prints what came of a recording.
fn tell(file: &str, verdict: &Verdict, quiet: bool) -> std::io::Result<()> {
    let mut out = stdout().lock();
    match verdict {
        Verdict::Passed => Ok(()),
        Verdict::Skipped(reason) => writeln!(out, "skipped {file}: {reason}"),
        Verdict::Failed(differences) => {
            writeln!(out, "FAILED  {file}")?;
            let shown = if quiet { &[][..] } else { differences };
            shown.iter().try_for_each(|difference| writeln!(out, "    {difference}"))
        }
    }
}

fn write(file: &Path, text: &str) -> Result<()> {
    std::fs::write(file, text).map_err(|error| Problem::Refused(format!("{}: {error}", file.display())))
}
