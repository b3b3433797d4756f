//! The lessons of a built site: each language's files under names that follow from their content, and a list of them that the
//! page loads when somebody opens the lessons.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::finish::fnv;
use crate::run::{Result, root};

/// The language that every lesson is in.
const FIRST: &str = "en";

/// What the list says of a lesson, from its file's head.
#[derive(Deserialize)]
struct Head {
    title: String,
    id: String,
    minutes: u32,
    #[serde(default)]
    summary: String,
}

/// A lesson's files, by their languages.
struct Folder {
    name: String,
    files: BTreeMap<String, String>,
}

/// Puts the lessons and their lists into a built site, and the lists' names into its index.html.
///
/// # Errors
/// If a lesson's head can't be read, or a file can't be written.
pub fn stage(site: &Path) -> Result<()> {
    let folders = folders(&root().join("lessons"))?;
    let languages: Vec<&str> =
        folders.iter().flat_map(|folder| folder.files.keys()).map(String::as_str).collect();
    let mut written: BTreeMap<(&str, &str), String> = BTreeMap::new();
    let write =
        |name: &str, text: &str| fs::write(site.join(name), text).map_err(|error| format!("{name}: {error}"));
    for folder in &folders {
        for (language, text) in &folder.files {
            // As text, and not with its head at the very beginning: generators of sites make pages of what is Markdown, or has one.
            let name = format!("lesson-{}-{language}-{}.txt", folder.name, hash(text));
            write(&name, &format!("\n{text}"))?;
            written.insert((&folder.name, language), name);
        }
    }
    let mut lists = Vec::new();
    for language in languages.iter().collect::<std::collections::BTreeSet<_>>() {
        let list = list(&folders, language, &written)?;
        let name = format!("lessons-{language}-{}.txt", hash(&list));
        write(&name, &list)?;
        lists.push(name);
    }
    let index = site.join("index.html");
    let text = fs::read_to_string(&index).map_err(|error| format!("{}: {error}", index.display()))?;
    let app = text.find("ordinal-app").and_then(|at| text[..at].rfind("<meta"));
    let (before, after) = text.split_at(app.ok_or("index.html has no <meta name=\"ordinal-app\">")?);
    let named = format!("<meta name=\"ordinal-lessons\" content=\"{}\">", lists.join(" "));
    write("index.html", &[before, &named, after].concat())
}

/// The files that a list names.
pub fn files_of(list: &str) -> impl Iterator<Item = &str> {
    list.lines().filter_map(|line| line.split('\t').next())
}

/// Looks for a lesson in the lists of a built site, by its id.
///
/// # Errors
/// If there is none: those that there are.
pub fn find(lists: &[String], id: &str) -> Result<()> {
    let ids = || lists.iter().flat_map(|list| list.lines()).filter_map(|line| line.split('\t').nth(3));
    if ids().any(|other| other == id) {
        return Ok(());
    }
    let there: std::collections::BTreeSet<&str> = ids().collect();
    let there: Vec<&str> = there.into_iter().collect();
    Err(format!("--lesson: there is no lesson {id}; there are {}", there.join(", ")))
}

/// The folders of lessons in the order of their names: lessons, then puzzles.
fn folders(path: &Path) -> Result<Vec<Folder>> {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    let mut folders = Vec::new();
    for entry in fs::read_dir(path).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            folders.push(Folder { name: name_of(&path), files: files(&path)? });
        }
    }
    folders.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(folders)
}

fn files(folder: &Path) -> Result<BTreeMap<String, String>> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path: PathBuf = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|ext| ext == "md") {
            let language = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            files.insert(language, fs::read_to_string(&path).map_err(failed)?);
        }
    }
    Ok(files)
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A language's list: a line for each lesson, its fields with tabs between them. What is not in the language is in English.
fn list(folders: &[Folder], language: &str, written: &BTreeMap<(&str, &str), String>) -> Result<String> {
    let mut list = String::new();
    for folder in folders {
        let language = if folder.files.contains_key(language) { language } else { FIRST };
        let Some(text) = folder.files.get(language) else { continue };
        let head = head(text).map_err(|error| format!("lessons/{}/{language}.md: {error}", folder.name))?;
        let kind = if folder.name.starts_with("puzzle") { "puzzle" } else { "lesson" };
        let minutes = head.minutes.to_string();
        let file = &written[&(folder.name.as_str(), language)];
        let fields = [file, language, kind, &head.id, &minutes, &head.title, &head.summary];
        list += &(fields.map(|field| field.replace(['\t', '\n'], " ")).join("\t") + "\n");
    }
    Ok(list)
}

fn head(text: &str) -> Result<Head> {
    let rest = text.trim_start_matches('\u{feff}').strip_prefix("---").ok_or("it has no front matter")?;
    let (head, _) = rest.split_once("\n---").ok_or("its front matter has no end")?;
    serde_yaml::from_str(head).map_err(|error| error.to_string())
}

fn hash(text: &str) -> String {
    format!("{:016x}", fnv(&[text.as_bytes().to_vec()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lesson_is_found_by_its_id() {
        let lists = ["a.txt\ten\tlesson\twalk\t3\tA walk\t\nb.txt\ten\tlesson\tdns\t3\tDNS\t\n".to_owned()];
        assert_eq!(find(&lists, "dns"), Ok(()));
        assert_eq!(find(&lists, "b").unwrap_err(), "--lesson: there is no lesson b; there are dns, walk");
        assert_eq!(files_of(&lists[0]).collect::<Vec<_>>(), ["a.txt", "b.txt"]);
    }

    #[test]
    fn the_list_has_every_lesson_and_falls_back_to_english() {
        let mut folders = folders(&root().join("lessons")).expect("the lessons can be read");
        assert!(folders.len() >= 17, "{}", folders.len());
        folders[1].files.remove("ko");
        let names: Vec<(String, String)> = folders
            .iter()
            .flat_map(|folder| folder.files.keys().map(|language| (folder.name.clone(), language.clone())))
            .collect();
        let written = names
            .iter()
            .map(|(name, language)| ((&**name, &**language), format!("{name}-{language}")))
            .collect();
        let list = list(&folders, "ko", &written).expect("their heads can be read");
        let lines: Vec<Vec<&str>> = list.lines().map(|line| line.split('\t').collect()).collect();
        assert_eq!(lines.len(), folders.len());
        assert!(lines.iter().all(|fields| fields.len() == 7), "{list}");
        assert_eq!((lines[0][1], lines[1][1]), ("ko", "en"));
        assert!(lines.last().is_some_and(|fields| fields[2] == "puzzle"));
    }

    #[test]
    fn a_head_that_can_not_be_read_says_why() {
        let error = |text: &str| head(text).err().map(|error| error.to_string()).expect("an error");
        assert_eq!(error("## A step"), "it has no front matter");
        assert_eq!(error("---\ntitle: x"), "its front matter has no end");
        assert!(error("---\ntitle: x\n---\n").contains("id"));
    }
}
