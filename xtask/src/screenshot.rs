//! `cargo xtask screenshot`: pictures of the built page, taken by crates/page-driver/src/bin/screenshot.rs.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::arguments::Arguments;
use crate::run::{Result, root, run};
use crate::site;
use crate::tools::{Need, Tools};

/// The command line, for a person.
pub const USAGE: &str = "\
  screenshot [--out DIR] [--script FILE] [--size WxH]... [--scheme light|dark]...
             pictures of the page in dist/ (built if missing), into artifacts/; what a script may say
             stands in crates/page-driver/src/bin/screenshot.rs";

/// Takes the pictures.
pub fn command(tools: &mut Tools, mut arguments: Arguments) -> Result<ExitCode> {
    let request = Request::read(&mut arguments)?;
    arguments.finish()?;
    take(tools, &request)?;
    Ok(ExitCode::SUCCESS)
}

/// Which pictures.
struct Request {
    out: PathBuf,
    script: Option<PathBuf>,
    sizes: Vec<String>,
    schemes: Vec<String>,
}

impl Request {
    /// Reads the command line.
    fn read(arguments: &mut Arguments) -> Result<Self> {
        let absolute = |path: String| std::path::absolute(&path).map_err(|error| format!("{path}: {error}"));
        let or = |given: Vec<String>, usual: &[&str]| {
            if given.is_empty() { usual.iter().map(|&value| value.to_owned()).collect() } else { given }
        };
        let out = arguments.value("--out")?.map(absolute).transpose()?;
        Ok(Self {
            out: out.unwrap_or_else(|| root().join("artifacts")),
            script: arguments.value("--script")?.map(absolute).transpose()?,
            sizes: or(arguments.values("--size")?, &["1440x900", "390x844"]),
            schemes: or(arguments.values("--scheme")?, &["light", "dark"]),
        })
    }
}

/// Takes them.
fn take(tools: &mut Tools, request: &Request) -> Result<()> {
    tools.ensure(&[Need::Browser])?;
    site::build_if_missing(tools)?;
    let browser = tools.browser.as_ref().expect("Need::Browser has been met");
    let mut program = tools.cargo();
    program.args(["run", "--quiet", "--package", "page-driver", "--bin", "screenshot"]);
    program.env("CHROME", &browser.chrome).env("CHROMEDRIVER", &browser.driver);
    program.env("ORDINAL_DIST", site::dist()).env("ORDINAL_ARTIFACTS", &request.out);
    program.arg("--").arg(request.sizes.join(",")).arg(request.schemes.join(","));
    if let Some(script) = &request.script {
        program.arg(script);
    }
    run(&mut program)
}
