//! Lessons in folders: one folder a lesson, one file a language. What is checked, printed and begun.

use crate::languages;
use lesson::handout::handout;
use lesson::{Lesson, Position, Problem, Severity, check, parse};
use scene::examples::EXAMPLES;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What the check of some lessons has found.
#[derive(Default)]
pub struct Report {
    /// What is wrong, with the file.
    pub problems: Vec<(PathBuf, Problem)>,
    /// The files that were played to their end.
    pub played: Vec<Played>,
}

/// A lesson's file that was played to its end.
pub struct Played {
    /// The file.
    pub path: PathBuf,
    /// How long it takes somebody, as its front matter says [min].
    pub minutes: u32,
    /// How many steps it has.
    pub steps: usize,
    /// How many of them have a bet, and how many a task.
    pub bets_and_tasks: (usize, usize),
    /// What a page loads for it: its file [bytes].
    pub size: usize,
    /// How long it took in the cluster's time [ms].
    pub took: i64,
}

impl Report {
    /// Whether no lesson has an error.
    pub fn is_well(&self) -> bool {
        self.problems.iter().all(|(_, problem)| problem.severity == Severity::Warning)
    }
}

/// A folder of lessons, a lesson's folder, or one file: all its files, by folder. Errors: a sentence.
fn files(path: &Path) -> Result<BTreeMap<PathBuf, Vec<PathBuf>>, String> {
    let mut found: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    if path.is_file() {
        found.insert(path.parent().unwrap_or(path).to_path_buf(), vec![path.to_path_buf()]);
        return Ok(found);
    }
    let mut left = vec![(path.to_path_buf(), 0)];
    while let Some((folder, depth)) = left.pop() {
        let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for entry in entries {
            let path = entry.map_err(|error| format!("{}: {error}", folder.display()))?.path();
            if path.is_dir() && depth == 0 {
                left.push((path, 1));
            } else if path.extension().is_some_and(|ext| ext == "md") {
                found.entry(folder.clone()).or_default().push(path);
            }
        }
    }
    found.values_mut().for_each(|files| files.sort());
    if found.is_empty() {
        return Err(format!(
            "{}: there is no lesson: a folder with a file for each language, such as en.md",
            path.display()
        ));
    }
    Ok(found)
}

/// A lesson's file: itself, or in its folder that of a language, else `en.md`, else the first. Errors: there is none.
pub fn file_of(path: &Path, language: Option<&str>) -> Result<PathBuf, String> {
    if !path.is_dir() {
        return Ok(path.to_path_buf());
    }
    let named = |tag: &str| path.join([tag, ".md"].concat());
    match language {
        Some(tag) => Ok(named(tag)),
        None if named("en").is_file() => Ok(named("en")),
        None => {
            let found = files(path)?.remove(path).and_then(|files| files.into_iter().next());
            found.ok_or_else(|| format!("{}: there is more than one lesson: name one", path.display()))
        }
    }
}

/// Reads and plays every lesson at this path. Errors: a file can't be read.
pub fn check_all(path: &Path) -> Result<Report, String> {
    let mut report = Report::default();
    let mut ids: BTreeMap<String, PathBuf> = BTreeMap::new();
    let mut needs: Vec<(PathBuf, String)> = Vec::new();
    let folders = files(path)?;
    let is_course = folders.len() > 1;
    for (folder, files) in folders {
        let mut lessons: Vec<(PathBuf, Lesson, usize)> = Vec::new();
        for path in files {
            let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            let (lesson, problems) = parse(&text);
            let is_well = problems.iter().all(|p| p.severity == Severity::Warning);
            report.problems.extend(problems.into_iter().map(|problem| (path.clone(), problem)));
            if is_well {
                lessons.push((path, lesson, text.len()));
            }
        }
        if let Some((path, lesson, _)) = lessons.first() {
            if let Some(other) = ids.insert(lesson.front.id.clone(), folder.clone()) {
                let message =
                    format!("the lesson in {} has the id `{}`, too", other.display(), lesson.front.id);
                report.problems.push((path.clone(), at_head(message)));
            }
            needs.extend(lesson.front.needs.clone().map(|id| (path.clone(), id)));
        }
        for (path, lesson, size) in &lessons {
            if let Some((_, first, _)) = lessons.first() {
                let found = check::compare(first, lesson);
                report.problems.extend(found.into_iter().map(|problem| (path.clone(), problem)));
            }
            play(path, lesson, *size, &mut report);
        }
    }
    if is_course {
        for (path, id) in needs.into_iter().filter(|(_, id)| !ids.contains_key(id)) {
            report.problems.push((path, at_head(format!("it needs the lesson `{id}`, which is not there"))));
        }
    }
    Ok(report)
}

fn at_head(message: String) -> Problem {
    Problem::error(Position { line: 1, column: 1 }, message)
}

fn play(path: &Path, lesson: &Lesson, size: usize, report: &mut Report) {
    let example = match example(lesson) {
        Ok(example) => example,
        Err(message) => return report.problems.push((path.to_path_buf(), at_head(message))),
    };
    let played = check::play(lesson, example);
    let steps = &lesson.steps;
    let bets = steps.iter().filter(|step| step.bet().is_some()).count();
    let tasks = steps.iter().filter(|step| step.task().is_some()).count();
    report.played.push(Played {
        path: path.to_path_buf(),
        minutes: lesson.front.minutes,
        steps: steps.len(),
        bets_and_tasks: (bets, tasks),
        size,
        took: played.took.0,
    });
    report.problems.extend(played.problems.into_iter().map(|problem| (path.to_path_buf(), problem)));
}

/// The manifest that a lesson begins with: an example of the page. Errors: there is none of that name.
fn example(lesson: &Lesson) -> Result<Option<&'static str>, String> {
    let Some(name) = &lesson.front.example else { return Ok(None) };
    match EXAMPLES.iter().find(|example| example.name == name) {
        Some(example) => Ok(Some(example.text)),
        None => {
            let known: Vec<&str> = EXAMPLES.iter().map(|example| example.name).collect();
            Err(format!("there is no example `{name}`: there are {}", known.join(", ")))
        }
    }
}

/// A lesson's file on paper, as HTML, in a language's words: those of the file's name (`ko.md`) if nothing is said. Errors: it
/// can't be read, or the problems that keep it from being played.
pub fn print(path: &Path, language: Option<&str>) -> Result<String, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let (lesson, problems) = parse(&text);
    let refused = |problems: &[Problem]| {
        let errors = problems.iter().filter(|problem| problem.severity == Severity::Error);
        let lines: Vec<String> = errors.map(|problem| format!("{}:{problem}", path.display())).collect();
        if lines.is_empty() { Ok(()) } else { Err(lines.join("\n")) }
    };
    refused(&problems)?;
    let example = example(&lesson)?;
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let words = languages::messages(language.unwrap_or(stem));
    let (played, page) = handout(&lesson, example, words);
    refused(&played.problems)?;
    Ok(page)
}

/// Lessons to begin with, by their languages' tags (`build.rs`): whole lessons, whose ids and titles stand for others.
const SKELETONS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/skeletons.rs"));

/// A lesson to begin with: it can be played as it is. Its text is of this language, or English where there is none of it: then
/// `false` stands beside it. Without a title it has its skeleton's.
pub fn skeleton(language: &str, id: &str, title: Option<&str>) -> (String, bool) {
    let of = |tag: &str| {
        SKELETONS.iter().find(|(known, _)| known.eq_ignore_ascii_case(tag)).map(|(_, text)| *text)
    };
    // A variety of a language (`ko-KR`) begins as the language does.
    let own = of(language).or_else(|| of(language.split('-').next()?));
    let text = own.unwrap_or_else(|| of("en").expect("there is an English one"));
    let line = |line: &str| match (line.split_once(": "), title) {
        (Some(("id", _)), _) => format!("id: {id}\n"),
        (Some(("title", _)), Some(title)) => {
            format!("title: \"{}\"\n", title.replace('\\', "\\\\").replace('"', "\\\""))
        }
        _ => format!("{line}\n"),
    };
    let (head, rest) = text.split_once("\n\n").expect("the front matter ends in an empty line");
    (format!("{}\n{rest}", head.lines().map(line).collect::<String>()), own.is_some())
}
