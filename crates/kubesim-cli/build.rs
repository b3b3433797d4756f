//! Lists the files of `locales/` and of `skeleton/`, so that a language is files and no Rust: each with its tag and its content.

use std::path::Path;
use std::{env, fs};

fn main() {
    list("../../locales", "yaml", "locales.rs");
    list("skeleton", "md", "skeletons.rs");
}

/// Writes a table of the files with this extension in a folder beside this package's file.
fn list(folder: &str, extension: &str, table: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.retain(|path| path.extension().is_some_and(|found| found == extension));
    files.sort();
    let row = |path: &std::path::PathBuf| {
        let language = path.file_stem().and_then(|stem| stem.to_str()).expect("a tag is ASCII");
        format!("({language:?}, include_str!({path:?})),\n")
    };
    let rows: String = files.iter().map(row).collect();
    let out = Path::new(&env::var_os("OUT_DIR").expect("cargo sets it")).join(table);
    fs::write(out, format!("&[\n{rows}]\n")).expect("cargo's folder can be written to");
}
