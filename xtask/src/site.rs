//! `cargo xtask build`: the site, for release, for development, and with marks for a profile.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::arguments::Arguments;
use crate::card;
use crate::package;
use crate::run::{Result, root, run};
use crate::single_file::{self, Opening};
use crate::tools::{Need, Tools};

/// The command line, for a person.
pub const USAGE: &str = "\
  build [--url ADDRESS] [--package] [--single-file [--open LINK|FILE | --lesson ID]
        [--from FOLDER]]
             build the page into dist/: the static site, to be put on any host, in any folder; --single-file: and all of it
             into one file, ordinal.html, which opens from a folder, too, with a link, a manifest or a lesson inside; --from: of a
             site that has been built already; --url: for a site that will lie at this address: what those read who show a
             link to it; --package: and the package for npm into target/ordinal-player/";

/// Builds the page.
pub fn command(tools: &mut Tools, mut arguments: Arguments) -> Result<ExitCode> {
    let url = arguments.value("--url")?.map(|told| card::address(&told)).transpose()?;
    let is_single = arguments.flag("--single-file");
    let is_package = arguments.flag("--package");
    let opening = if is_single { arguments.value("--open")? } else { None };
    let lesson = if is_single { arguments.value("--lesson")? } else { None };
    let from = if is_single { arguments.value("--from")? } else { None };
    arguments.finish()?;
    let opening = match (opening, lesson) {
        (Some(_), Some(_)) => return Err("--open or --lesson, not both".to_owned()),
        (Some(named), None) => Some(Opening::read(&named)?),
        (None, lesson) => lesson.map(Opening::Lesson),
    };
    let site = if let Some(folder) = from {
        root().join(folder)
    } else {
        build_at(tools, url.as_deref())?;
        println!("The site is in dist/.");
        dist()
    };
    if is_package {
        let folder = root().join("target").join("ordinal-player");
        package::make(&site, &folder)?;
        println!("{} is the package: `npm publish` there publishes it.", folder.display());
    }
    if is_single {
        let file = root().join("ordinal.html");
        let bytes = single_file::make(&site, &file, opening.as_ref())?;
        println!("{} has it in one file of {bytes} bytes.", file.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Where the built site lies.
pub fn dist() -> PathBuf {
    root().join("dist")
}

/// Builds the page for release into `dist/`.
pub fn build(tools: &mut Tools) -> Result<()> {
    build_at(tools, None)
}

/// Builds the page for release into `dist/`, to lie at this address, if it is told.
fn build_at(tools: &mut Tools, url: Option<&str>) -> Result<()> {
    tools.ensure(&[Need::WasmTarget, Need::PageBuilder])?;
    if !tools.wasm_opt {
        tools.try_wasm_opt();
    }
    if !tools.terser {
        tools.try_terser();
    }
    let mut trunk = trunk(tools, "build");
    trunk.arg("--dist").arg(dist());
    match url {
        Some(url) => trunk.env(card::VARIABLE, url),
        None => trunk.env_remove(card::VARIABLE),
    };
    // Without --release Trunk neither minifies nor calls wasm-opt.
    if tools.wasm_opt {
        trunk.arg("--release")
    } else {
        trunk.args(["--cargo-profile", "release"])
    };
    run(&mut trunk)
}

/// Builds the page for release into `folder`, with marks in place of the split; see [`crate::split`].
pub fn build_instrumented(tools: &mut Tools, folder: &Path) -> Result<()> {
    run(trunk(tools, "build").args(["--release", "--dist"]).arg(folder).env("ORDINAL_PROFILE", "1"))
}

/// Builds the page, unless `dist/` holds one.
pub fn build_if_missing(tools: &mut Tools) -> Result<()> {
    if dist().join("index.html").is_file() { Ok(()) } else { build(tools) }
}

/// Trunk, told to fetch nothing: what it needs has been installed.
pub fn trunk(tools: &Tools, subcommand: &str) -> Command {
    let mut trunk = tools.command("trunk");
    trunk.args([subcommand, "--offline"]);
    // Its minifier does not understand the JavaScript that wasm-bindgen writes, says so, and leaves it as it is.
    if std::env::var_os("RUST_LOG").is_none() {
        trunk.args(["--log", "error,trunk=info,trunk::processing::minify=off"]);
    }
    // Trunk reads it as a switch that must say true or false, against the custom that any value counts.
    if std::env::var_os("NO_COLOR").is_some() {
        trunk.env("NO_COLOR", "true");
    }
    trunk
}
