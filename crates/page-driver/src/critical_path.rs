//! What a page loads before it is live, told from the files of a built site.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

/// The files that are loaded before the page is live: `index.html`, what it names (but for icons, which
/// browsers fetch when they have time, and links that people may follow), and what those name in turn.
/// The browser tests hold this list against what a browser in fact asks for.
///
/// # Errors
/// If a file cannot be read, or `index.html` is missing.
pub fn critical_path(dist: &Path) -> io::Result<BTreeSet<String>> {
    let all = files(dist)?;
    let mut critical = BTreeSet::new();
    let mut found = vec!["index.html".to_owned()];
    while let Some(name) = found.pop() {
        let content = fs::read(dist.join(&name))?;
        // Only text can name other files; the bytes of a module or a picture name none.
        if let Ok(text) = String::from_utf8(content) {
            let text = if name == "index.html" { without_unhurried_links(&text) } else { text };
            found.extend(
                all.iter()
                    .filter(|&file| !critical.contains(file) && *file != name && names(&text, file))
                    .cloned(),
            );
        }
        critical.insert(name);
    }
    Ok(critical)
}

/// Whether `text` names `file`, by its last part: scripts name their neighbours relatively.
fn names(text: &str, file: &str) -> bool {
    let last = file.rsplit('/').next().unwrap_or(file);
    text.match_indices(last).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + last.len()..].chars().next();
        let inside_a_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '-' || c == '_');
        !inside_a_word(before) && !inside_a_word(after)
    })
}

/// The page without the elements that name files which nothing waits for: icons and the like, and the later parts of the
/// program, which `static/start.js` asks for after the first pictures; nor what only an embedded page loads, one in another
/// language than English, one with a lesson, or one without scripts.
fn without_unhurried_links(html: &str) -> String {
    const UNHURRIED: [&str; 6] = ["icon", "manifest", "license", "apple-touch-icon", "help", "alternate"];
    let unhurried = |tag: &str| {
        let is_link = tag.starts_with("link") || tag.starts_with("a ");
        (is_link && attribute(tag, "rel").split(' ').any(|rel| UNHURRIED.contains(&rel)))
            || attribute(tag, "property").starts_with("og:")
            || ["ordinal-deferred", "ordinal-beside", "ordinal-languages", "ordinal-lessons", "ordinal-style"]
                .contains(&attribute(tag, "name"))
    };
    let mut is_without_scripts = false;
    let is_loaded = |tag: &&str| {
        is_without_scripts |= tag.starts_with("noscript");
        is_without_scripts &= !tag.starts_with("/noscript");
        !is_without_scripts && !unhurried(tag)
    };
    html.split('<').filter(is_loaded).collect::<Vec<_>>().join("<")
}

/// The value of an attribute of the element that `tag` begins with, quoted or (as minified) not; empty if there is none.
fn attribute<'a>(tag: &'a str, name: &str) -> &'a str {
    let tag = tag.split('>').next().unwrap_or(tag);
    let Some((_, value)) = tag.split_once(&format!(" {name}=")) else { return "" };
    match value.chars().next() {
        Some(quote @ ('"' | '\'')) => value[1..].split(quote).next().unwrap_or_default(),
        _ => value.split(' ').next().unwrap_or_default(),
    }
}

/// The names of all files below `dist`, in order, with slashes.
///
/// # Errors
/// If a folder cannot be read, or a name is not UTF-8.
pub fn files(dist: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(dist.join(&folder))? {
            let entry = entry?;
            let name = entry
                .file_name()
                .into_string()
                .map_err(|name| io::Error::other(format!("{name:?} is not UTF-8")))?;
            let name = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            if entry.file_type()?.is_dir() { folders.push(name) } else { names.push(name) }
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_critical_path_is_what_the_page_names_and_that_names_in_turn() {
        let dist = std::env::temp_dir().join(format!("ordinal-critical-path-{}", std::process::id()));
        fs::create_dir_all(dist.join("snippets/x")).expect("a temporary folder");
        let index = r#"<link rel=icon href=./icon.svg><link rel="stylesheet" href="./main.css"/>
            <meta name="ordinal-deferred" content="deferred.wasm"><meta name=ordinal-beside content=embed.js><meta name="ordinal-app" content="app.js app_bg.wasm"><script type="module" src="./start.js"></script>
            <a rel="license" href="LICENSE.txt">"#;
        for (name, content) in [
            ("index.html", index.as_bytes()),
            ("icon.svg", b"<svg/>"),
            ("LICENSE.txt", b"start.js"),
            ("main.css", b"@font-face { src: url(text.woff2) }"),
            ("text.woff2", b"font"),
            ("start.js", b"import(x)"),
            ("app.js", b"import './snippets/x/inline0.js'; new URL('other-app.json')"),
            ("app.json", b"{}"),
            ("app_bg.wasm", b"\0asm\xff later.js"),
            ("later.js", b""),
            ("embed.js", b"start.js"),
            ("deferred.wasm", b"\0asm\xff"),
            ("snippets/x/inline0.js", b""),
        ] {
            fs::write(dist.join(name), content).expect("a file");
        }
        let critical = critical_path(&dist).expect("all is readable");
        let expected = [
            "app.js",
            "app_bg.wasm",
            "index.html",
            "main.css",
            "snippets/x/inline0.js",
            "start.js",
            "text.woff2",
        ];
        assert!(critical.iter().eq(expected.iter()), "{critical:?}");
        fs::remove_dir_all(dist).expect("the temporary folder goes");
    }
}
