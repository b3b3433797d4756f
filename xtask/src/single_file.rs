//! `cargo xtask build --single-file`: the whole page in one file that opens from anywhere, a folder on a stick (`file:`) too.
//!
//! What the site has in several files is packed with LZMA, a fifth smaller than with the gzip that browsers unpack, and stands in
//! the file as letters of seven bits ([`letters`]), an eighth smaller than base64; `unpack.js` unpacks it piece by piece, in the
//! order in which it is needed. The policy of the file allows its one script and its style by their hashes, and nothing else.

use std::fs;
use std::io::Write;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use lzma_rust2::{LzmaOptions, LzmaWriter};
use sha2::{Digest, Sha256};

use crate::finish;
use crate::glue;
use crate::lessons;
use crate::run::Result;

/// The file may have so many bytes.
const MOST_BYTES: usize = 2_200_000;

/// The letters of seven bits that do not stand in the file for themselves: those that browsers, editors or those who pass the file on
/// change or take for an end (line ends, control characters), and `<`, which alone could end the element. Each and the letter
/// after it is one character of two bytes, U+0100 and further. There is room for 14.
const ABSENT: [u8; 11] = [0, 7, 8, 10, 11, 12, 13, 26, 27, b'<', 127];

/// What unpacks.
const UNPACK: &str = include_str!("unpack.js");

/// What the start script finds in place of the files: by their names, with the lengths that they have in what is packed.
const INSIDE: &str = r##"
globalThis.ordinalIsOneFile = true;
const unpacked = (() => {
  // How many bytes are unpacked in one task.
  const STEP = 1 << 15;
  const element = document.getElementById("ordinal-packed");
  const places = new Map();
  let size = 0;
  for (const part of document.querySelector("meta[name=ordinal-packed]").content.split(" ")) {
    const [name, length] = part.split(":");
    places.set(name, [size, size += Number(length)]);
  }
  const { output, unpackMore } = unpacking(element.textContent, size);
  element.remove();
  const { port1, port2 } = new MessageChannel();
  const otherTask = () => new Promise((done) => {
    port1.onmessage = done;
    port2.postMessage(0);
  });
  // One after the other: what is asked for later lies further behind.
  let last = Promise.resolve();
  const unpacked = (name) => last = last.then(async () => {
    const [start, end] = places.get(name);
    while (unpackMore(STEP) < end) await otherTask();
    const type = name.endsWith("wasm") ? "application/wasm" : "text/plain";
    return new Response(output.slice(start, end), { headers: { "Content-Type": type } });
  });
  // The program asks for lessons by their files' names.
  const { fetch } = globalThis;
  globalThis.fetch = (name, options) => places.has(name) ? unpacked(name) : fetch(name, options);
  return unpacked;
})();
const lesson = document.querySelector("meta[name=ordinal-lesson]")?.content;
if (lesson && !location.hash && !/[?&]lesson=/.test(location.search)) {
  location.replace(`?lesson=${lesson}`);
  await new Promise(() => {});
}
const baked = document.querySelector("meta[name=ordinal-open]")?.content;
if (baked && !location.hash) location.replace(`#${baked}`);
const story = document.getElementById("ordinal-story")?.textContent;
if (story) addEventListener("ordinal-whole", () => {
  const detail = { do: "open", value: story };
  dispatchEvent(new CustomEvent("ordinal-host", { detail }));
  if (detail.problem) console.warn(detail.problem);
}, { once: true });
"##;

/// What the file opens with, if not with the first example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opening {
    /// What stands behind a link's `#`.
    Link(String),
    /// A manifest.
    Manifest(String),
    /// A lesson, by its id.
    Lesson(String),
}

impl Opening {
    /// What `--open` names: a link, or a manifest's file.
    ///
    /// # Errors
    /// If it is neither.
    pub fn read(named: &str) -> Result<Self> {
        if let Some((_, fragment)) = named.split_once('#') {
            let is_link = !fragment.is_empty()
                && fragment.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
            return if is_link {
                Ok(Self::Link(fragment.to_owned()))
            } else {
                Err(format!("--open: {named} is no link of Ordinal: what stands behind its # is not"))
            };
        }
        fs::read_to_string(named).map(Self::Manifest).map_err(|error| {
            format!("--open takes a link with its #, or a manifest's file; {named}: {error}")
        })
    }
}

/// Makes one file of the built site in `dist`; gives how many bytes it has.
///
/// # Errors
/// If the site is not as it is built, or the file can't be written.
pub fn make(dist: &Path, file: &Path, opening: Option<&Opening>) -> Result<usize> {
    let read = |name: &str| {
        fs::read(dist.join(name)).map_err(|error| format!("{}: {error}", dist.join(name).display()))
    };
    let text = |name: &str| String::from_utf8(read(name)?).map_err(|_| format!("{name} is not UTF-8"));
    let index = text("index.html")?;
    let app = content_of(&index, "ordinal-app").ok_or("index.html names no program")?;
    let (glue_file, first) = app.split_once(' ').ok_or("index.html names no module")?;
    let later = content_of(&index, "ordinal-deferred").unwrap_or_default();
    let named = |of: &str, end: &str| {
        let found = page_driver::critical_path::files(dist).ok()?;
        found.into_iter().find(|name| name.starts_with(of) && name.ends_with(end))
    };
    let style = |of| text(&named(of, ".css").ok_or("the site has no style")?);
    let styles = ["main-"].into_iter().chain(finish::PUT_OFF).map(style).collect::<Result<Vec<_>>>()?;
    let style = styles.concat();
    let start = text(&named("start-", ".js").ok_or("the site has no start script")?)?;

    let languages = content_of(&index, "ordinal-languages").unwrap_or_default();
    let languages =
        languages.split(',').filter_map(|each| each.split(' ').next()).filter(|name| !name.is_empty());
    let later = later.split(' ').filter(|name| !name.is_empty());
    let lists = content_of(&index, "ordinal-lessons").unwrap_or_default();
    let lists: Vec<&str> = lists.split(' ').filter(|name| !name.is_empty()).collect();
    let lists_texts = lists.iter().map(|name| text(name)).collect::<Result<Vec<_>>>()?;
    if let Some(Opening::Lesson(id)) = opening {
        lessons::find(&lists_texts, id)?;
    }
    let lessons = lists_texts.iter().flat_map(|list| lessons::files_of(list));

    // In the order in which they are needed.
    let names = [first].into_iter().chain(languages).chain(later).chain(lists.iter().copied()).chain(lessons);
    let mut lengths: Vec<String> = Vec::new();
    let mut contents = Vec::new();
    for name in names {
        if lengths.iter().any(|length| length.split(':').next() == Some(name)) {
            continue;
        }
        let content = read(name)?;
        lengths.push(format!("{name}:{}", content.len()));
        contents.extend(content);
    }
    let packed = letters(&pack(&contents)?);
    let absent = format!("const ABSENT = {};\n", serde_json::json!(ABSENT));
    let unpack = [&absent, UNPACK, INSIDE].concat();
    let script =
        [&glue::without_comments(&unpack), &*glue_inside(&text(glue_file)?)?, &start_inside(&start)?]
            .concat();
    let parts = Parts { style: &style, script: &script, packed: &packed, lengths: &lengths.join(" ") };
    let html = parts.html(&index, opening)?;
    fs::write(file, &html).map_err(|error| format!("{}: {error}", file.display()))?;
    if html.len() > MOST_BYTES {
        println!(
            "» the file has {} bytes more than the {MOST_BYTES} that it should have",
            html.len() - MOST_BYTES
        );
    }
    Ok(html.len())
}

/// Packs bytes with LZMA: without a head, as `unpack.js` reads it.
fn pack(bytes: &[u8]) -> Result<Vec<u8>> {
    let failed = |error: std::io::Error| error.to_string();
    // All that was before can be repeated; code has no places that are multiples of anything.
    let dict_size = u32::try_from(bytes.len()).map_err(|error| error.to_string())?.next_power_of_two();
    let options =
        LzmaOptions { dict_size, lc: 4, lp: 0, pb: 0, nice_len: 273, ..LzmaOptions::with_preset(9) };
    let mut writer = LzmaWriter::new_no_header(Vec::new(), &options, false).map_err(failed)?;
    writer.write_all(bytes).map_err(failed)?;
    writer.finish().map_err(failed)
}

/// Bytes as characters that an element of a page may hold, in seven bits each, the lowest first; see [`ABSENT`].
fn letters(bytes: &[u8]) -> String {
    let mut text = String::new();
    let mut absent = None;
    let mut put = |letter: u8| match (absent.take(), ABSENT.iter().position(|&other| other == letter)) {
        (Some(place), _) => {
            let code = 0x100 + (place as u32) * 0x80 + u32::from(letter);
            text.push(char::from_u32(code).expect("characters of two bytes, none of them a surrogate"));
        }
        (None, place @ Some(_)) => absent = place,
        (None, None) => text.push(char::from(letter)),
    };
    let (mut held, mut bits) = (0u32, 0);
    for &byte in bytes {
        held |= u32::from(byte) << bits;
        bits += 8;
        while bits >= 7 {
            put((held & 0x7f) as u8);
            held >>= 7;
            bits -= 7;
        }
    }
    put((held & 0x7f) as u8);
    // The last of them may wait for one after it.
    put(1);
    text
}

/// What goes into the page.
struct Parts<'a> {
    style: &'a str,
    script: &'a str,
    packed: &'a str,
    lengths: &'a str,
}

impl Parts<'_> {
    /// The page with its parts inside, in place of the elements that name them.
    fn html(&self, index: &str, opening: Option<&Opening>) -> Result<String> {
        let Parts { style, script, packed, lengths } = self;
        if script.contains("</script") || style.contains("</style") {
            return Err("the script or the style would end too early inside the page".to_owned());
        }
        let hash = |text: &str| format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text)));
        let policy = format!(
            "default-src 'none'; script-src {} 'wasm-unsafe-eval'; style-src {}; img-src data:; base-uri 'none'; form-action 'none'",
            hash(script),
            hash(style)
        );
        let (head, body) = index.split_once("</head>").ok_or("index.html has no head")?;
        let mut html = String::new();
        for tag in head.split_inclusive('>') {
            let element = tag.trim_start();
            if element.contains("Content-Security-Policy") {
                html += &format!("\n<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">");
            } else if !element.contains("ordinal-style")
                && !["<link", "<script", "</script", "<!--"].iter().any(|start| element.starts_with(start))
            {
                html += tag;
            }
        }
        html += &format!("\n<meta name=\"ordinal-packed\" content=\"{lengths}\">");
        let mut story = String::new();
        match opening {
            Some(Opening::Link(fragment)) => {
                html += &format!("\n<meta name=\"ordinal-open\" content=\"{fragment}\">")
            }
            Some(Opening::Manifest(text)) => {
                let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
                story = format!("<template-text hidden id=\"ordinal-story\">{escaped}</template-text>");
            }
            Some(Opening::Lesson(id)) => {
                html += &format!("\n<meta name=\"ordinal-lesson\" content=\"{id}\">")
            }
            None => {}
        }
        let (body, end) = body.split_once("</body>").unwrap_or((body, ""));
        // The film for who has no scripts is a file of its own.
        let film = body.find("<noscript>").and_then(|at| Some(at + body[at..].find("<img")?));
        let (body, rest) = body.split_at(film.unwrap_or(body.len()));
        let rest = rest.split_once('>').map_or("", |(_, rest)| rest);
        html += &format!(
            "\n<style>{style}</style></head>{body}{rest}{story}<script type=\"text/plain\" id=\"ordinal-packed\">{packed}</script>\
             <script type=\"module\">{script}</script></body>{end}"
        );
        Ok(html)
    }
}

/// The content of the element of this name, quoted or (as minified) not.
fn content_of(html: &str, name: &str) -> Option<String> {
    let tag = html.split("<meta ").find(|tag| tag.split('>').next().is_some_and(|tag| tag.contains(name)))?;
    let (_, value) = tag.split('>').next()?.split_once("content=")?;
    let value = match value.chars().next()? {
        quote @ ('"' | '\'') => value[1..].split(quote).next()?,
        _ => value.split(' ').next()?,
    };
    Some(value.to_owned())
}

/// The glue of wasm-bindgen as an expression: what it exports, as an object.
fn glue_inside(glue: &str) -> Result<String> {
    let mut exports = Vec::new();
    let mut inside = String::new();
    for line in glue.lines() {
        if let Some(function) = line.strip_prefix("export function ") {
            exports.push(function.split('(').next().unwrap_or_default().to_owned());
            inside += "function ";
            inside += function;
        } else if let Some(list) = line.strip_prefix("export {") {
            for item in list.trim_end_matches([' ', ';', '}']).split(',') {
                let (from, to) = item.trim().split_once(" as ").unwrap_or((item.trim(), item.trim()));
                exports.push(format!("{to}: {from}"));
            }
        } else if line.starts_with("export") || line.starts_with("import ") {
            return Err(format!("the module's glue has a line that is not known here: {line}"));
        } else {
            inside += line;
        }
        inside.push('\n');
    }
    Ok(format!("const ordinalGlue = (() => {{\n{inside}return {{ {} }};\n}})();\n", exports.join(", ")))
}

/// The start script with what is inside in place of files.
fn start_inside(start: &str) -> Result<String> {
    let mut script = start.to_owned();
    for (file, inside) in [
        ("import(`./${js}${tries ? `?${tries}` : \"\"}`)", "Promise.resolve(ordinalGlue)"),
        ("fetch(new URL(name, import.meta.url), options)", "unpacked(name)"),
        (
            "fetch(new URL(language.file, import.meta.url), { signal: AbortSignal.timeout(PATIENCE) })",
            "unpacked(language.file)",
        ),
        ("import(`./${embed}`)", "Promise.reject()"),
        ("import(`./${offline}`)", "Promise.reject()"),
    ] {
        if !script.contains(file) {
            return Err(format!("static/start.js has no more {file}: say here what stands for it"));
        }
        script = script.replace(file, inside);
    }
    Ok(script)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_script_names_no_file_any_more() {
        let script = start_inside(include_str!("../../static/start.js")).expect("all is there");
        assert!(!script.contains("import(") && !script.contains("import.meta"), "{script}");
    }

    #[test]
    fn what_the_glue_exports_is_an_object() {
        let glue = "let wasm;\nexport function start() {\n  wasm.start();\n}\nexport { initSync, __wbg_init as default };\n";
        let inside = glue_inside(glue).expect("its lines are known");
        assert!(inside.contains("\nfunction start() {") && !inside.contains("export"), "{inside}");
        assert!(
            inside.ends_with("return { start, initSync: initSync, default: __wbg_init };\n})();\n"),
            "{inside}"
        );
        assert!(glue_inside("import x from 'y';\n").is_err());
    }

    #[test]
    fn the_policy_allows_the_script_and_the_style_by_hash() {
        let parts = Parts { style: "a{}", script: "f()", packed: "xyz", lengths: "a.wasm:3" };
        let index = "<html><head><meta http-equiv=\"Content-Security-Policy\" content=\"x\"><meta name=ordinal-app content=\"a.js a.wasm\">\
                     <link rel=manifest href=m><script src=start.js></script></head><body><p></body></html>";
        let html = parts.html(index, Some(&Opening::Manifest("a: <b>".into()))).expect("a page");
        let hash = BASE64_STANDARD.encode(Sha256::digest("f()"));
        assert!(html.contains(&format!("script-src 'sha256-{hash}' 'wasm-unsafe-eval'")), "{html}");
        assert!(
            !html.contains("<link") && !html.contains("src=start.js") && html.contains("a: &lt;b>"),
            "{html}"
        );
        assert_eq!(content_of(&html, "ordinal-app").as_deref(), Some("a.js a.wasm"));
        let link = parts.html(index, Some(&Opening::Link("1abc".into()))).expect("a page");
        assert!(link.contains("<meta name=\"ordinal-open\" content=\"1abc\">"), "{link}");
    }

    /// The bytes of letters, by the rule in [`ABSENT`] alone.
    fn bytes_of(letters: &str) -> Vec<u8> {
        let (mut bytes, mut held, mut bits) = (Vec::new(), 0u32, 0);
        let sevens = letters.chars().flat_map(|letter| {
            let code = letter as u32;
            let absent = code.checked_sub(0x100).map(|code| u32::from(ABSENT[(code / 0x80) as usize]));
            absent.into_iter().chain([code & 0x7f])
        });
        for seven in sevens {
            held |= seven << bits;
            bits += 7;
            if bits >= 8 {
                bytes.push((held & 0xff) as u8);
                held >>= 8;
                bits -= 8;
            }
        }
        bytes
    }

    #[test]
    fn letters_hold_any_bytes_and_none_that_is_changed_on_the_way() {
        let mut bytes: Vec<u8> = (0..=255).chain([0; 9]).chain([0xff; 9]).collect();
        bytes.extend((0..40_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8));
        for length in [0, 1, 6, 7, 8, 300, bytes.len()] {
            let text = letters(&bytes[..length]);
            assert!(!text.chars().any(|letter| u8::try_from(letter).is_ok_and(|one| ABSENT.contains(&one))));
            assert!(text.chars().all(|letter| letter.len_utf8() <= 2));
            assert!(text.len() <= length * 8 / 7 + 4, "{length}: {}", text.len());
            assert_eq!(bytes_of(&text)[..length], bytes[..length]);
        }
    }

    #[test]
    fn what_is_packed_is_what_was_there() {
        let bytes = include_bytes!("../first-load.txt");
        let packed = pack(bytes).expect("it is packed");
        assert!(packed.len() < bytes.len() / 2);
        let mut reader = lzma_rust2::LzmaReader::new(&packed[..], bytes.len() as u64, 4, 0, 0, 1 << 23, None)
            .expect("it can be read");
        let mut read = Vec::new();
        std::io::Read::read_to_end(&mut reader, &mut read).expect("it can be read");
        assert_eq!(read, bytes);
    }

    #[test]
    fn a_link_is_told_from_a_file() {
        assert_eq!(Opening::read("https://site/#1aB-_"), Ok(Opening::Link("1aB-_".into())));
        assert!(Opening::read("#1<script>").is_err() && Opening::read("no/such/file.yaml").is_err());
    }
}
