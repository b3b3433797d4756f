//! `cargo xtask profile`: what runs before the page is live, before its first pod is there, and before that is ready, measured in a
//! browser.

use std::process::ExitCode;

use crate::arguments::Arguments;
use crate::first_load;
use crate::run::{Result, output, root};
use crate::site;
use crate::tools::{Need, Tools};

/// The command line, for a person.
pub const USAGE: &str = "\
  profile    measure what runs before the page is live, its first pod there, and that ready, for the split";

/// Measures.
pub fn command(tools: &mut Tools, arguments: Arguments) -> Result<ExitCode> {
    arguments.finish()?;
    record(tools)?;
    Ok(ExitCode::SUCCESS)
}

/// Measures, and writes the list.
fn record(tools: &mut Tools) -> Result<()> {
    tools.ensure(&[Need::WasmTarget, Need::PageBuilder, Need::Browser])?;
    let folder = root().join("target").join("profile-site");
    site::build_instrumented(tools, &folder)?;
    let browser = tools.browser.as_ref().expect("Need::Browser has been met");
    let mut program = tools.cargo();
    program.args(["run", "--quiet", "--package", "page-driver", "--bin", "profile"]);
    program.env("CHROME", &browser.chrome).env("CHROMEDRIVER", &browser.driver);
    program.env("ORDINAL_DIST", &folder).env("ORDINAL_ARTIFACTS", root().join("artifacts"));
    let names = output(&mut program).ok_or(
        "the instrumented page in target/profile-site did not come up in the browser; \
         `ORDINAL_DIST=target/profile-site cargo run --package page-driver --bin profile` says why",
    )?;
    first_load::write(&names)
}
