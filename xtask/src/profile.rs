//! `cargo xtask profile`: what runs before the page is live, and before its second pod is there, measured in a browser.

use std::fs;

use crate::run::{Result, command, output, root};
use crate::site;
use crate::split::FIRST_LOAD;
use crate::tools::{Need, Tools};

const HEAD: &str = "\
# What runs before the page is live, and before its second pod is there: the modules that are loaded first. Measured by
# `cargo xtask profile`; what the lines say: xtask/src/coverage.rs; what becomes of it: xtask/src/split.
";

/// What the line begins with that names the compiler: another one may leave other branches in functions.
const COMPILER: &str = "# Compiler: ";

fn compiler() -> Result<String> {
    output(command("rustc").arg("-V"))
        .map(|said| said.trim().to_owned())
        .ok_or("rustc does not run".to_owned())
}

/// The compiler that the list was measured with, if it is not this machine's.
pub fn other_compiler() -> Result<Option<String>> {
    let list = root().join(FIRST_LOAD);
    let list = fs::read_to_string(&list).map_err(|error| format!("{}: {error}", list.display()))?;
    let measured = list.lines().find_map(|line| line.strip_prefix(COMPILER)).unwrap_or("an unknown compiler");
    Ok((measured != compiler()?).then(|| measured.to_owned()))
}

/// Measures, and writes the list.
pub fn record(tools: &mut Tools) -> Result<()> {
    tools.ensure(&[Need::WasmTarget, Need::PageBuilder, Need::Browser])?;
    let folder = root().join("target").join("profile-site");
    site::build_instrumented(tools, &folder)?;
    let browser = tools.browser.as_ref().expect("Need::Browser has been met");
    let mut example = tools.cargo();
    example.args(["run", "--quiet", "--package", "ordinal", "--example", "profile"]);
    example.env("CHROME", &browser.chrome).env("CHROMEDRIVER", &browser.driver);
    example.env("ORDINAL_DIST", &folder).env("ORDINAL_ARTIFACTS", root().join("artifacts"));
    let names = output(&mut example).ok_or(
        "the instrumented page in target/profile-site did not come up in the browser; \
         `ORDINAL_DIST=target/profile-site cargo run --example profile` says why",
    )?;
    let list = root().join(FIRST_LOAD);
    let compiler = compiler()?;
    fs::write(&list, format!("{HEAD}{COMPILER}{compiler}\n{names}"))
        .map_err(|error| format!("{}: {error}", list.display()))?;
    println!("{FIRST_LOAD} names {} functions now.", names.lines().count());
    Ok(())
}
