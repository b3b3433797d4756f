//! What a built site has beside the page: the service worker with its list of files, headers for hosts that read them, and
//! scripts made smaller. Trunk's hook calls it after every build.

use std::fs;
use std::path::Path;

use page_driver::critical_path::files;

use crate::card;
use crate::run::{Result, command, output, run};

/// The script for other pages.
const PLAYER: &str = "ordinal-player.js";

/// The service worker.
const WORKER: &str = "sw.js";

/// Files that a visit of the page never asks for: for other pages, for those who show a link, for hosts, for an installed page,
/// for who has no scripts.
pub fn is_for_others(name: &str) -> bool {
    let is_film = name == "walk.svg";
    is_film
        || card::is_of_card(name)
        || name.starts_with("ordinal-player.")
        || name.ends_with(".png")
        || name.starts_with('_')
}

/// Finishes the site in this folder.
///
/// # Errors
/// If a file can't be read or written.
pub fn finish(folder: &Path, is_release: bool) -> Result<()> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let names = files(folder).map_err(failed)?;
    let is_short = is_release && has_terser();
    if is_short {
        for name in [PLAYER, "embed.js", "offline.js"] {
            shorten(folder, name)?;
        }
    }
    let mut kept = Vec::new();
    let mut contents = Vec::new();
    for name in names.iter().filter(|name| !is_for_others(name) && *name != WORKER) {
        contents.push(fs::read(folder.join(name)).map_err(failed)?);
        kept.push(name.as_str());
    }
    let worker = fs::read_to_string(folder.join(WORKER)).map_err(failed)?;
    let version = format!("{:016x}", fnv(&contents));
    let worker = worker.replace("{version}", &version).replace("{files}", &kept.join(" "));
    fs::write(folder.join(WORKER), worker).map_err(failed)?;
    if is_short {
        shorten(folder, WORKER)?;
    }
    fs::write(folder.join("_headers"), headers(&kept)).map_err(failed)
}

/// Puts off the style of what only some visitors want: the page names it where `static/start.js` looks for it.
///
/// # Errors
/// If index.html does not load it.
pub fn put_off_style(folder: &Path) -> Result<()> {
    let file = folder.join("index.html");
    let index = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let put_off = with_style_put_off(&index)
        .ok_or("index.html does not load static/hands.css and static/wanted.css")?;
    fs::write(&file, put_off).map_err(|error| format!("{}: {error}", file.display()))
}

/// What the names of the styles begin with that are put off, in the order in which they stand in the page once they are there.
pub const PUT_OFF: [&str; 2] = ["hands-", "wanted-"];

/// The page with a `<meta>` in place of the links to the styles that are put off; nothing if it lacks one of them.
fn with_style_put_off(index: &str) -> Option<String> {
    let (mut index, mut names, mut first) = (index.to_owned(), Vec::new(), index.len());
    for style in PUT_OFF {
        let named = index.find(style)?;
        let (start, end) = (index[..named].rfind("<link")?, named + index[named..].find('>')? + 1);
        names.push(index[named..named + index[named..].find(".css")? + ".css".len()].to_owned());
        index.replace_range(start..end, "");
        first = first.min(start);
    }
    index.insert_str(first, &format!("<meta name=\"ordinal-style\" content=\"{}\">", names.join(" ")));
    Some(index)
}

/// Headers in the form that several static hosts read: `_headers`.
fn headers(names: &[&str]) -> String {
    let mut text = "/*\n  Access-Control-Allow-Origin: *\n  X-Content-Type-Options: nosniff\n  Referrer-Policy: no-referrer\n  \
                    Cache-Control: no-cache\n"
        .to_owned();
    for name in names.iter().filter(|name| is_named_by_content(name)) {
        text +=
            &format!("\n/{name}\n  ! Cache-Control\n  Cache-Control: public, max-age=31536000, immutable\n");
    }
    text
}

/// Whether a file's name follows from its content: a hash of 16 digits stands in it.
fn is_named_by_content(name: &str) -> bool {
    name.split(['-', '.', '_']).any(|part| part.len() == 16 && part.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Makes a script smaller, where terser is on PATH.
///
/// # Errors
/// If terser does not understand it.
fn shorten(folder: &Path, name: &str) -> Result<()> {
    let terser = if cfg!(windows) { "terser.cmd" } else { "terser" };
    let script = folder.join(name);
    let mut shorten = command(terser);
    shorten.arg(&script).arg("-m").arg("-o").arg(&script);
    match name {
        // A property whose name begins with `_` is nobody else's.
        PLAYER => shorten.args([
            "-c",
            "passes=3,unsafe_arrows=true,ecma=2020,sequences=false,unsafe=true",
            "--mangle-props",
            "regex=/^_/",
        ]),
        WORKER => shorten.args(["-c", "passes=3"]),
        _ => shorten.args(["--module", "-c", "passes=3"]),
    };
    run(&mut shorten)
}

/// Whether terser is on PATH.
fn has_terser() -> bool {
    let terser = if cfg!(windows) { "terser.cmd" } else { "terser" };
    let is_there = output(command(terser).arg("--version")).is_some();
    if !is_there {
        println!("» terser is not on PATH: scripts are bigger than they need be");
    }
    is_there
}

/// A 64-bit FNV-1a hash: it names files, nothing more.
pub fn fnv(contents: &[Vec<u8>]) -> u64 {
    contents
        .iter()
        .flatten()
        .fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_of_what_is_wanted_waits() {
        let meta = "<title>a</title><meta name=\"ordinal-style\" content=\"hands-1b.css wanted-0a.css\"><p>";
        for links in [
            "<link href=./hands-1b.css rel=stylesheet><link href=./wanted-0a.css rel=stylesheet>",
            "<link rel=\"stylesheet\" href=\"./hands-1b.css\"/><link rel=\"stylesheet\" href=\"./wanted-0a.css\"/>",
        ] {
            let put_off = with_style_put_off(&format!("<title>a</title>{links}<p>"));
            assert_eq!(put_off.as_deref(), Some(meta));
        }
        assert_eq!(with_style_put_off("<title>a</title>"), None);
    }

    #[test]
    fn names_with_a_hash_are_kept_for_long() {
        let names = ["index.html", "embed.js", "ordinal-0123456789abcdef.wasm", "main-0123456789abcdef.css"];
        let text = headers(&names);
        assert_eq!(text.matches("immutable").count(), 2, "{text}");
        assert!(
            !is_named_by_content("ordinal-0123456789abcdefg.js")
                && is_named_by_content("ordinal-0123456789abcdef_bg.wasm")
        );
    }

    #[test]
    fn the_worker_keeps_what_a_visit_loads() {
        let folder = std::env::temp_dir().join(format!("ordinal-finish-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a temporary folder");
        for name in ["index.html", "a-0123456789abcdef.wasm", "icon-192.png", "ordinal-player.js", "embed.js"]
        {
            fs::write(folder.join(name), name).expect("a file");
        }
        let worker = include_str!("../../static/sw.js");
        fs::write(folder.join("sw.js"), worker).expect("a file");
        finish(&folder, false).expect("all is readable");
        let written = fs::read_to_string(folder.join("sw.js")).expect("it is there");
        assert!(written.contains("\"a-0123456789abcdef.wasm embed.js index.html\""), "{written}");
        assert!(!written.contains("{version}") && !written.contains("{files}"));
        assert!(fs::read_to_string(folder.join("_headers")).is_ok_and(|text| text.contains("immutable")));
        fs::write(folder.join("embed.js"), "other").expect("a file");
        fs::write(folder.join("sw.js"), worker).expect("a file");
        finish(&folder, false).expect("all is readable");
        assert!(
            fs::read_to_string(folder.join("sw.js")).is_ok_and(|other| other != written),
            "another version"
        );
        fs::remove_dir_all(folder).expect("the temporary folder goes");
    }
}
