//! Lists the files of `locales/`, so that a language is a file and no Rust: each with its tag and its content.

use std::path::Path;
use std::{env, fs};

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../locales");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files: Vec<_> = fs::read_dir(&folder)
        .expect("locales/ is there")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    let row = |path: &std::path::PathBuf| {
        let language = path.file_stem().and_then(|stem| stem.to_str()).expect("a tag is ASCII");
        format!("({language:?}, include_str!({path:?})),\n")
    };
    let rows: String = files.iter().map(row).collect();
    let out = Path::new(&env::var_os("OUT_DIR").expect("cargo sets it")).join("locales.rs");
    fs::write(out, format!("&[\n{rows}]\n")).expect("cargo's folder can be written to");
}
