//! `cargo xtask locales`: the page's languages beside English, `locales/<language>.yaml`: what a file lacks or has too much, a
//! new one to begin with, and what a build makes of each.
//!
//! A file has the language's own `name`; `start`, the texts of `static/start.js` and index.html; and those of `crates/messages` by
//! their names: its tables (`texts`, …) and `rules`. A build makes a file of it that the page loads where the language is wanted: a line of
//! JSON for `static/start.js`, then a line for each text: the English one's hash, and the translation. At run time what is
//! missing stays English.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use messages::hash;
use messages::locale::{self, Locale, Source, Text};

use crate::arguments::Arguments;
use crate::run::{Result, root};
use crate::tools::Tools;

/// The command line, for a person.
pub const USAGE: &str = "\
  locales [LANGUAGE]
             say what the files of locales/ lack or have too much; for a LANGUAGE without a file, print one to begin with";

/// Checks the files, or prints a new one.
pub fn command(_: &mut Tools, arguments: Arguments) -> Result<ExitCode> {
    let source = source()?;
    let [] = arguments.rest() else {
        let [language] = arguments.rest() else {
            return Err(format!("locales takes one language\n\n  {USAGE}"));
        };
        if path(language).exists() {
            return Err(format!("{} is there already", path(language).display()));
        }
        print!("{}", template(&source));
        return Ok(ExitCode::SUCCESS);
    };
    let mut found = 0;
    for locale in all()? {
        for problem in problems(&source, &locale) {
            println!("locales/{}.yaml: {problem}", locale.language);
            found += 1;
        }
        println!("» {}: {} of {} texts", locale.language, locale.texts.len(), source.len());
    }
    Ok(if found == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn path(language: &str) -> PathBuf {
    root().join("locales").join(format!("{language}.yaml"))
}

/// The English texts, of `crates/messages`, index.html and `static/start.js`.
fn source() -> Result<Source> {
    let mut source = locale::source();
    let mut add = |key: String, english: &str| {
        source.insert(key, Text { english: english.to_owned(), places: &[] });
    };
    let read = |name: &str| fs::read_to_string(root().join(name)).map_err(|error| format!("{name}: {error}"));
    let (index, script) = (read("index.html")?, read("static/start.js")?);
    let title = between(&index, "<title>", "</title>").ok_or("index.html has no title")?;
    add("start.title".to_owned(), title);
    let loading =
        between(&index, "role=\"status\">", "</p>").ok_or("index.html says nowhere that it loads")?;
    add("start.loading".to_owned(), loading);
    let texts = between(&script, "const TEXT = {\n", "\n};").ok_or("static/start.js has no TEXT")?;
    for line in texts.lines() {
        let (key, text) = line.trim().split_once(": ").ok_or_else(|| format!("static/start.js: {line}"))?;
        let text: String =
            serde_json::from_str(text.trim_end_matches(',')).map_err(|error| error.to_string())?;
        add(format!("start.{key}"), &text);
    }
    Ok(source)
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after)?.0)
}

/// All languages that have a file, in the order of their tags.
fn all() -> Result<Vec<Locale>> {
    let folder = root().join("locales");
    let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut languages: Vec<String> =
        names.filter_map(|name| Some(name.strip_suffix(".yaml")?.to_owned())).collect();
    languages.sort();
    languages
        .into_iter()
        .map(|language| {
            let failed = |error: String| format!("locales/{language}.yaml: {error}");
            let text = fs::read_to_string(path(&language)).map_err(|error| failed(error.to_string()))?;
            Locale::read(&language, &text).map_err(failed)
        })
        .collect()
}

/// What the page loads of a language: a line of JSON for `static/start.js`, and the program's texts.
fn compiled(locale: &Locale, source: &Source) -> String {
    let start: BTreeMap<&str, &String> =
        locale.texts.iter().filter_map(|(key, text)| Some((key.strip_prefix("start.")?, text))).collect();
    let start = serde_json::to_string(&start).expect("texts are JSON");
    // `start` is read by the script.
    let of_program = source.iter().filter(|(key, _)| !key.starts_with("start."));
    let of_program: Source = of_program
        .map(|(key, text)| (key.clone(), Text { english: text.english.clone(), places: text.places }))
        .collect();
    format!("{start}\n{}", locale.lines(&of_program))
}

/// What is wrong with a language's file, a line each.
fn problems(source: &Source, locale: &Locale) -> Vec<String> {
    let mut problems = Vec::new();
    for key in locale.texts.keys().filter(|key| !source.contains_key(*key)) {
        let nearest = source.keys().min_by_key(|other| strsim::levenshtein(key, other));
        let nearest = nearest.filter(|other| strsim::levenshtein(key, other) <= 3);
        let meant = nearest.map_or_else(String::new, |other| format!("; did you mean {other}?"));
        problems.push(format!("{key}: there is no such text{meant}"));
    }
    let mut by_english: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    for (key, text) in source {
        let Some(translation) = locale.texts.get(key) else {
            problems.push(format!("{key}: missing, English is shown: {:?}", text.english));
            continue;
        };
        problems.extend(problem_of(text, translation).map(|problem| format!("{key}: {problem}")));
        // Found by the English text, so two keys can't differ.
        let (first, other) = by_english.entry(&text.english).or_insert((key, translation));
        if other != translation && !key.starts_with("start.") && !first.starts_with("start.") {
            problems.push(format!("{key}: another translation than {first}, but the same English"));
        }
    }
    problems
}

fn problem_of(text: &Text, translation: &str) -> Option<String> {
    if translation.trim().is_empty() {
        return Some("empty".to_owned());
    }
    if translation.contains(['\n', '\r']) {
        return Some("more than a line".to_owned());
    }
    if translation.matches('`').count() % 2 == 1 {
        return Some("a backtick without another".to_owned());
    }
    // Braces of code (`{{ }}`) are no places, and texts without places are not filled.
    let (there, wanted) = (places(translation), places(&text.english));
    if let Some(unknown) = there.iter().find(|place| !text.places.contains(place)) {
        return Some(format!("nothing is filled into {{{unknown}}}; there are {:?}", text.places));
    }
    let lost = wanted.iter().find(|place| !there.contains(place))?;
    Some(format!("{{{lost}}} is left out"))
}

/// The places of a text.
fn places(text: &str) -> Vec<&str> {
    text.split('{').skip(1).map(|piece| piece.split('}').next().unwrap_or(piece)).collect()
}

/// A file to begin with: every text in English.
fn template(source: &Source) -> String {
    let mut lines = vec!["name: English".to_owned()];
    let mut open: Vec<&str> = Vec::new();
    for (key, text) in source {
        let path: Vec<&str> = key.split('.').collect();
        let (last, groups) = path.split_last().expect("a key has a name");
        let same = open.iter().zip(groups).take_while(|(one, other)| one == other).count();
        open.truncate(same);
        for group in &groups[same..] {
            lines.push(format!("{}{group}:", "  ".repeat(open.len())));
            open.push(group);
        }
        let english = serde_json::to_string(&text.english).expect("a text is JSON");
        let is_item = last.parse::<usize>().is_ok();
        let name = if is_item { "-".to_owned() } else { format!("{last}:") };
        lines.push(format!("{}{name} {english}", "  ".repeat(open.len())));
    }
    lines.join("\n") + "\n"
}

/// Puts what the page loads of each language into a built site, and their names into its index.html.
pub fn stage(site: &Path) -> Result<()> {
    let source = source()?;
    let mut announced = Vec::new();
    for locale in all()? {
        let text = compiled(&locale, &source);
        let name = format!("{}-{:08x}.txt", locale.language, hash(&text));
        fs::write(site.join(&name), text).map_err(|error| format!("{name}: {error}"))?;
        announced.push(format!("{name} {}", locale.name));
    }
    let index = site.join("index.html");
    let failed = |error: std::io::Error| format!("{}: {error}", index.display());
    let text = fs::read_to_string(&index).map_err(failed)?;
    let app = text.find("ordinal-app").and_then(|at| text[..at].rfind("<meta"));
    let (before, after) = text.split_at(app.ok_or("index.html has no <meta name=\"ordinal-app\">")?);
    let languages = announced.join(",");
    fs::write(&index, format!("{before}<meta name=\"ordinal-languages\" content=\"{languages}\">{after}"))
        .map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::{Locale, all, compiled, problems, source, template};

    #[test]
    fn every_language_is_complete() {
        let source = source().expect("the English texts can be read");
        let locales = all().expect("the files can be read");
        assert!(locales.iter().any(|locale| locale.language == "ko"));
        for locale in locales {
            let problems = problems(&source, &locale);
            assert!(problems.is_empty(), "{}:\n{}", locale.language, problems.join("\n"));
        }
    }

    /// A third language is a file and nothing else: this one is English again.
    #[test]
    fn a_new_language_begins_with_a_file_that_is_complete() {
        let source = source().expect("the English texts can be read");
        let locale = Locale::read("xx", &template(&source)).expect("a file of that form");
        assert_eq!((locale.name.as_str(), problems(&source, &locale)), ("English", Vec::new()));
        let compiled = compiled(&locale, &source);
        let (start, lines) = compiled.split_once('\n').expect("a line for start.js");
        assert!(start.contains(r#""again":"Try again""#), "{start}");
        let line = format!("{:08x} Play", messages::hash("Play"));
        assert!(lines.lines().any(|found| found == line));
        let hashes: Vec<&str> = lines.lines().map(|line| &line[..8]).collect();
        assert!(hashes.is_sorted() && hashes.len() > 400, "{}", hashes.len());
    }

    #[test]
    fn what_is_wrong_is_told_by_its_key() {
        let source = source().expect("the English texts can be read");
        let right = template(&source);
        let told = |from: &str, to: &str| {
            assert!(right.contains(from), "{from}");
            let locale = Locale::read("xx", &right.replacen(from, to, 1)).expect("a file of that form");
            problems(&source, &locale).join("\n")
        };
        let misspelt = told("  play: \"Play\"", "  plau: \"Play\"");
        assert_eq!(
            misspelt,
            "texts.plau: there is no such text; did you mean texts.play?\n\
             texts.play: missing, English is shown: \"Play\""
        );
        assert_eq!(
            told("\"line {line}\"", "\"line {lien}\""),
            "texts.line: nothing is filled into {lien}; there are [\"line\"]"
        );
        assert_eq!(told("\"line {line}\"", "\"line\""), "texts.line: {line} is left out");
        assert_eq!(told("\"line {line}\"", "\"`line {line}\""), "texts.line: a backtick without another");
        assert_eq!(told("pause: \"Pause\"", "pause: \" \""), "texts.pause: empty");
        let twice = told("do_inspect: \"Inspect\"", "do_inspect: \"Look\"");
        assert_eq!(twice, "texts.inspect: another translation than texts.do_inspect, but the same English");
    }

    #[test]
    fn a_file_that_can_not_be_read_says_why() {
        let error = |text: &str| Locale::read("xx", text).err().expect("an error");
        assert!(error("texts: {play: a}").contains("`name`"));
        assert_eq!(error("name: x\ntexts: {play: 3}"), "texts.play: no text; put it in quotes");
        assert!(error("name: x\nname: y").contains("duplicate"), "{}", error("name: x\nname: y"));
    }

    /// Particles that are others after a vowel than after a consonant.
    const PARTICLES: [&str; 14] =
        ["이", "가", "은", "는", "을", "를", "와", "과", "로", "으로", "라는", "이라는", "라고", "이라고"];
    /// What is written without a space after the word that it belongs to.
    const COPULAS: [&str; 6] = ["이다", "이고", "인", "이며", "이므로", "이면"];

    /// The Korean particles of a text that depend on how a value, code, or a foreign name is read, each with what it stands after.
    fn dependent_particles(text: &str) -> Vec<&str> {
        let is_name = |letter: char| letter.is_ascii_alphanumeric();
        let is_hangul = |letter: char| ('가'..='힣').contains(&letter);
        let ends = text.match_indices(|letter: char| "}` ".contains(letter));
        let found = ends.filter(|(at, end)| {
            let after = &text[at + 1..];
            let is_apart = *end == " " || after.starts_with(' ');
            let after = if *end == " " { after } else { after.strip_prefix(' ').unwrap_or(after) };
            let word = after.split(|letter| !is_hangul(letter)).next().unwrap_or_default();
            let is_particle = PARTICLES.contains(&word) || is_apart && COPULAS.contains(&word);
            is_particle && (*end != " " || text[..*at].ends_with(is_name))
        });
        found.map(|(at, _)| text[..at].rsplit(' ').next().unwrap_or_default()).collect()
    }

    #[test]
    fn names_in_korean_are_followed_by_nouns() {
        for (text, found) in [
            ("{pod} 파드가 `a` 값을 IP로 쓴다.", vec![]),
            ("{pod}가 없다", vec!["{pod"]),
            ("`{a}.{b}` 를 묻는다", vec!["`{a}.{b}"]),
            ("값은 True 이고 flask-2 가 있다", vec!["True", "flask-2"]),
            ("정책이 `OnDelete`이다", vec![]),
        ] {
            assert_eq!(dependent_particles(text), found, "{text}");
        }
        let korean = all().expect("the files can be read").into_iter().find(|locale| locale.language == "ko");
        let mut told: Vec<(String, String)> = korean.expect("it is there").texts.into_iter().collect();
        let lessons = std::fs::read_dir(super::root().join("lessons")).expect("the lessons are there");
        for file in lessons.map(|folder| folder.expect("it can be read").path().join("ko.md")) {
            let text = std::fs::read_to_string(&file).expect("each is there in Korean");
            let lines = text.lines().enumerate();
            told.extend(lines.map(|(at, line)| (format!("{}:{}", file.display(), at + 1), line.to_owned())));
        }
        assert!(told.len() > 2_000, "{}", told.len());
        for (place, text) in told {
            assert_eq!(dependent_particles(&text), Vec::<&str>::new(), "{place}: {text}");
        }
    }
}
