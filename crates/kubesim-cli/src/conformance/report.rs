//! How recordings came out.

use std::fmt;

/// One place where the simulator and the recording differ.
#[derive(Clone, PartialEq, Debug)]
pub struct Difference {
    /// The step, from 0, or what was compared (`final`, `stored_after`).
    pub at: String,
    /// As recorded (folded).
    pub expected: String,
    /// As simulated (folded).
    pub got: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = |text: &str| text.lines().map(|l| format!("\n        {l}")).collect::<String>();
        write!(f, "{}\n      expected:{}\n      got:{}", self.at, lines(&self.expected), lines(&self.got))
    }
}

/// How one file came out.
#[derive(Clone, PartialEq, Debug)]
pub enum Verdict {
    /// As recorded.
    Passed,
    /// Not as recorded.
    Failed(Vec<Difference>),
    /// Not tried, for this reason.
    Skipped(&'static str),
}

/// What came of all files below a folder.
#[derive(Default, Debug)]
pub struct Report {
    /// Each file: its folder, its name without `.json`, and how it came out.
    pub files: Vec<(String, String, Verdict)>,
    /// Where a recording is known to differ and is not compared: the file, the step, and why.
    pub deviations: Vec<(String, String, &'static str)>,
}

impl Report {
    /// How many passed, failed and were skipped, of one folder or of all.
    pub fn totals(&self, folder: Option<&str>) -> (usize, usize, usize) {
        let mut totals = (0, 0, 0);
        for (of, _, verdict) in &self.files {
            if folder.is_some_and(|f| f != of) {
                continue;
            }
            match verdict {
                Verdict::Passed => totals.0 += 1,
                Verdict::Failed(_) => totals.1 += 1,
                Verdict::Skipped(_) => totals.2 += 1,
            }
        }
        totals
    }

    /// The folders in order.
    pub fn folders(&self) -> Vec<&str> {
        let mut folders: Vec<&str> = self.files.iter().map(|(folder, _, _)| folder.as_str()).collect();
        folders.sort_unstable();
        folders.dedup();
        folders
    }
}
