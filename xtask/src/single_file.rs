//! `cargo xtask build --single-file`: the whole page in one file that opens from anywhere, a folder on a stick (`file:`) too.
//!
//! What the site has in several files is packed with gzip, and unpacked by the browser (`DecompressionStream`). The policy of the
//! file allows its one script and its style by their hashes, and nothing else.

use std::fs;
use std::io::Write;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use crate::run::Result;

/// The file may have so many bytes.
const MOST_BYTES: usize = 2_200_000;

/// What the start script finds in place of the files: by their names, with the lengths that they have in what is packed.
const UNPACK: &str = r##"
globalThis.ordinalIsOneFile = true;
const packed = Uint8Array.from(atob(document.getElementById("ordinal-packed").textContent), (c) => c.charCodeAt(0));
document.getElementById("ordinal-packed").remove();
const unpacking = new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
const unpacked = async (name) => {
  let at = 0;
  for (const part of document.querySelector("meta[name=ordinal-packed]").content.split(" ")) {
    const [file, length] = part.split(":");
    if (file === name) return new Response((await unpacking).slice(at, at + Number(length)), { headers: { "Content-Type": "application/wasm" } });
    at += Number(length);
  }
};
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
    let (glue, first) = app.split_once(' ').ok_or("index.html names no module")?;
    let later = content_of(&index, "ordinal-deferred").unwrap_or_default();
    let named = |of: &str, end: &str| {
        let found = page_driver::critical_path::files(dist).ok()?;
        found.into_iter().find(|name| name.starts_with(of) && name.ends_with(end))
    };
    let style = |of| text(&named(of, ".css").ok_or("the site has no style")?);
    let style = [style("main-")?, style("wanted-")?].concat();
    let start = text(&named("start-", ".js").ok_or("the site has no start script")?)?;

    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    let mut lengths = Vec::new();
    for name in [first].into_iter().chain(later.split(' ').filter(|name| !name.is_empty())) {
        let content = read(name)?;
        lengths.push(format!("{name}:{}", content.len()));
        packer.write_all(&content).map_err(|error| error.to_string())?;
    }
    let packed = packer.finish().map_err(|error| error.to_string())?;
    let languages = content_of(&index, "ordinal-languages").unwrap_or_default();
    let files =
        languages.split(',').filter_map(|each| each.split(' ').next()).filter(|name| !name.is_empty());
    let files: serde_json::Map<String, serde_json::Value> =
        files.map(|name| Ok((name.to_owned(), text(name)?.into()))).collect::<Result<_>>()?;
    let languages = format!("const ordinalLanguages = {};\n", serde_json::Value::Object(files));
    let script = [UNPACK, &languages, &glue_inside(&text(glue)?)?, &start_inside(&start)?].concat();
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

/// What goes into the page.
struct Parts<'a> {
    style: &'a str,
    script: &'a str,
    packed: &'a [u8],
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
            None => {}
        }
        let packed = BASE64_STANDARD.encode(packed);
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
            "Promise.resolve(new Response(ordinalLanguages[language.file]))",
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
        let parts = Parts { style: "a{}", script: "f()", packed: b"xyz", lengths: "a.wasm:3" };
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

    #[test]
    fn a_link_is_told_from_a_file() {
        assert_eq!(Opening::read("https://site/#1aB-_"), Ok(Opening::Link("1aB-_".into())));
        assert!(Opening::read("#1<script>").is_err() && Opening::read("no/such/file.yaml").is_err());
    }
}
