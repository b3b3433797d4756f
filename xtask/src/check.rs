//! `cargo xtask test`: everything that must hold, as a table of steps.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::arguments::Arguments;
use crate::generators::Generators;
use crate::run::{Result, root, run, run_seeing, succeeds_within};
use crate::tools::{Need, Tools, WASM};
use crate::{doc_sites, single_file, site, size};

/// The command line, for a person.
pub const USAGE: &str = "\
  test [--only STEP] [--list]
             format, lints, dependencies, native tests, the build, sizes, browser tests, sites around it; or one of the steps";

/// Runs the steps, or one, or prints them.
pub fn command(tools: &mut Tools, mut arguments: Arguments) -> Result<ExitCode> {
    let (only, is_list) = (arguments.value("--only")?, arguments.flag("--list"));
    arguments.finish()?;
    if is_list {
        list();
        return Ok(ExitCode::SUCCESS);
    }
    test(tools, only.as_deref())
}

/// One thing that must hold. To add one, add a line to [`STEPS`].
struct Step {
    name: &'static str,
    about: &'static str,
    needs: &'static [Need],
    run: fn(&mut CheckRun) -> Result<Tally>,
}

const STEPS: &[Step] = &[
    Step { name: "fmt", about: "rustfmt would change nothing", needs: &[Need::Linters], run: fmt },
    Step {
        name: "clippy",
        about: "no warnings, on this machine's target",
        needs: &[Need::Linters],
        run: clippy,
    },
    Step {
        name: "clippy-wasm",
        about: "no warnings in the page and the simulation, on the page's target",
        needs: &[Need::Linters, Need::WasmTarget],
        run: clippy_wasm,
    },
    Step {
        name: "deny",
        about: "licences, bans and sources of the dependencies; advisories where their database can be had",
        needs: &[Need::CargoDeny],
        run: deny,
    },
    Step { name: "native", about: "tests that need no browser", needs: &[Need::Fonts], run: native },
    Step {
        name: "build",
        about: "the page, for release",
        needs: &[Need::WasmTarget, Need::PageBuilder, Need::WasmOpt, Need::Terser],
        run: build,
    },
    Step { name: "size", about: "the critical path keeps below its ceiling", needs: &[], run: size },
    Step { name: "browser", about: "the built page in Chromium", needs: &[Need::Browser], run: browser },
    Step {
        name: "engines",
        about: "the built page in Chromium, Firefox and WebKit, and as a single file",
        needs: &[Need::Browser, Need::Engines],
        run: engines,
    },
    Step {
        name: "doc-sites",
        about: "the recipes of docs/embedding, built by the real tools and opened in Chromium",
        needs: &[Need::Browser],
        run: doc_sites,
    },
];

/// The feature that compiles the browser tests.
const BROWSER_TESTS: &str = "page-driver/browser";

/// What a run of the steps has found out so far.
struct CheckRun<'a> {
    tools: &'a mut Tools,
    /// Whether this run has built the page: what is in `dist/` from before may be of another source.
    built: Option<bool>,
}

/// Tests counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: usize,
    failed: usize,
    /// Marked `#[ignore]`.
    ignored: usize,
}

impl Tally {
    /// Adds up what a line of libtest's output says, if it is one that sums up:
    /// `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s`.
    fn see(&mut self, line: &str) {
        let Some((_, counts)) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". "))
        else {
            return;
        };
        for count in counts.split("; ") {
            let Some((number, of)) = count.split_once(' ') else { continue };
            let Ok(number) = number.parse::<usize>() else { continue };
            match of {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }
}

/// Prints the steps.
fn list() {
    for step in STEPS {
        println!("{:<12} {}", step.name, step.about);
    }
}

/// Runs all steps, or one; the last line printed is the total of all tests, a failed step that runs no tests
/// counting as one.
fn test(tools: &mut Tools, only: Option<&str>) -> Result<ExitCode> {
    let chosen: Vec<&Step> = STEPS.iter().filter(|step| only.is_none_or(|name| name == step.name)).collect();
    if chosen.is_empty() {
        return Err(format!("there is no step {}: see cargo xtask test --list", only.unwrap_or_default()));
    }
    let mut session = CheckRun { tools, built: None };
    let mut total = Tally::default();
    let mut summary = Vec::new();
    for step in chosen {
        println!("\n== {}: {}", step.name, step.about);
        let start = Instant::now();
        let mut tally = Tally::default();
        let result = session
            .tools
            .ensure(step.needs)
            .and_then(|()| (step.run)(&mut session))
            .map(|counted| tally = counted);
        let failed = result.is_err() || tally.failed > 0;
        if let Err(problem) = result {
            println!("error: {problem}");
            tally.failed += 1;
        }
        let took = Duration::from_millis(start.elapsed().as_millis() as u64);
        let outcome = if failed { "FAILED" } else { "ok" };
        println!("== {}: {outcome} in {took:.1?}", step.name);
        summary.push(format!("{:<12} {outcome:<7} {took:>9.1?}", step.name));
        total.passed += tally.passed;
        total.failed += tally.failed;
        total.ignored += tally.ignored;
    }
    println!("\n{}\n", summary.join("\n"));
    match total.ignored {
        0 => println!("{} passed, {} failed", total.passed, total.failed),
        skipped => println!("{} passed, {} failed, {skipped} skipped", total.passed, total.failed),
    }
    Ok(if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn fmt(session: &mut CheckRun) -> Result<Tally> {
    run(session.tools.cargo().args(["fmt", "--all", "--", "--check"]))
        .map_err(|problem| format!("{problem}\n`cargo fmt --all` puts it right."))?;
    Ok(Tally::default())
}

fn clippy(session: &mut CheckRun) -> Result<Tally> {
    let what =
        ["clippy", "--workspace", "--all-targets", "--features", BROWSER_TESTS, "--", "-D", "warnings"];
    run(session.tools.cargo().args(what))?;
    Ok(Tally::default())
}

fn clippy_wasm(session: &mut CheckRun) -> Result<Tally> {
    for (package, what) in
        [("kubesim", &["--lib"][..]), ("scene", &["--lib"]), ("ordinal", &["--lib", "--bins"])]
    {
        let mut clippy = session.tools.cargo();
        clippy.args(["clippy", "--package", package]).args(what);
        run(clippy.args(["--target", WASM, "--", "-D", "warnings"]))?;
    }
    Ok(Tally::default())
}

fn deny(session: &mut CheckRun) -> Result<Tally> {
    run(session.tools.cargo().args([
        "deny",
        "check",
        "--hide-inclusion-graph",
        "bans",
        "licenses",
        "sources",
    ]))?;
    let fetched =
        succeeds_within(session.tools.cargo().args(["deny", "fetch", "db"]), Duration::from_secs(90));
    if fetched.map_err(|error| format!("cargo deny fetch could not be started: {error}"))? {
        run(session.tools.cargo().args(["deny", "check", "--disable-fetch", "advisories"]))?;
    } else {
        println!("advisories: NOT CHECKED, their database could not be fetched from here");
    }
    Ok(Tally::default())
}

fn native(session: &mut CheckRun) -> Result<Tally> {
    let mut tests = session.tools.cargo();
    tests.args(["test", "--workspace", "--no-fail-fast"]);
    counted(&mut tests)
}

fn build(session: &mut CheckRun) -> Result<Tally> {
    session.built = Some(false);
    site::build(session.tools)?;
    session.built = Some(true);
    Ok(Tally::default())
}

/// The page as it is now is in `dist/`.
fn need_page(session: &mut CheckRun) -> Result<()> {
    match session.built {
        Some(true) => Ok(()),
        Some(false) => Err("not run: the page could not be built".to_owned()),
        None => {
            session.tools.ensure(&[Need::WasmOpt, Need::Terser])?;
            build(session).map(|_| ())
        }
    }
}

fn size(session: &mut CheckRun) -> Result<Tally> {
    need_page(session)?;
    size::print()?;
    Ok(Tally::default())
}

fn browser(session: &mut CheckRun) -> Result<Tally> {
    need_page(session)?;
    session.tools.ensure(&[Need::Axe])?;
    let mut tests = session.tools.cargo();
    // The whole workspace chosen as in the native step, so that nothing is compiled anew with other features.
    tests.args(["test", "--workspace", "--features", BROWSER_TESTS, "--test", "browser", "--no-fail-fast"]);
    let found = session.tools.browser.as_ref().expect("Need::Browser has been met");
    tests.env("CHROME", &found.chrome).env("CHROMEDRIVER", &found.driver);
    tests.env("ORDINAL_DIST", site::dist()).env("ORDINAL_ARTIFACTS", root().join("artifacts"));
    tests.env("ORDINAL_AXE", session.tools.axe.as_ref().expect("Need::Axe has been met"));
    let tally = counted(&mut tests)?;
    if tally.passed + tally.failed == 0 { Err("no browser test was run".to_owned()) } else { Ok(tally) }
}

fn engines(session: &mut CheckRun) -> Result<Tally> {
    need_page(session)?;
    let single = root().join("target").join("ordinal.html");
    single_file::make(&site::dist(), &single, None)?;
    let mut tests = session.tools.cargo();
    tests.args([
        "test",
        "--workspace",
        "--features",
        BROWSER_TESTS,
        "--test",
        "engines",
        "--no-fail-fast",
        "--",
        "--nocapture",
    ]);
    let found = session.tools.engines.as_ref().expect("Need::Engines has been met");
    for (variable, program) in found.variables() {
        tests.env(variable, program);
    }
    let browser = session.tools.browser.as_ref().expect("Need::Browser has been met");
    tests.env("CHROME", &browser.chrome).env("CHROMEDRIVER", &browser.driver);
    if !found.has_webkit() {
        println!("WebKit: NOT RUN, WebKitGTK and its driver are for Linux only");
        tests.args(["--skip", "webkit"]);
    }
    tests.env("ORDINAL_DIST", site::dist()).env("ORDINAL_SINGLE", single);
    let tally = counted(&mut tests)?;
    if tally.passed + tally.failed == 0 { Err("no engine was run".to_owned()) } else { Ok(tally) }
}

fn doc_sites(session: &mut CheckRun) -> Result<Tally> {
    let generators = Generators::ensure(session.tools)?;
    need_page(session)?;
    let sites = doc_sites::build(session.tools, &generators, &site::dist())?;
    let mut tests = session.tools.cargo();
    tests.args(["test", "--workspace", "--features", BROWSER_TESTS, "--test", "doc_sites", "--no-fail-fast"]);
    let found = session.tools.browser.as_ref().expect("Need::Browser has been met");
    tests.env("CHROME", &found.chrome).env("CHROMEDRIVER", &found.driver);
    tests.env("ORDINAL_DOC_SITES", sites).env("ORDINAL_ARTIFACTS", root().join("artifacts"));
    let tally = counted(&mut tests)?;
    if tally.passed + tally.failed == 0 { Err("no site was opened".to_owned()) } else { Ok(tally) }
}

/// Runs tests and counts them; an error only if they failed without a test saying so, as when they don't compile.
fn counted(tests: &mut std::process::Command) -> Result<Tally> {
    let mut tally = Tally::default();
    match run_seeing(tests, |line| tally.see(line)) {
        Err(problem) if tally.failed == 0 => Err(problem),
        _ => Ok(tally),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libtest_lines_are_added_up() {
        let mut tally = Tally::default();
        for line in [
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 3 filtered out; finished in 0.00s",
            "test kubectl::get ... ok",
        ] {
            tally.see(line);
        }
        assert_eq!(tally, Tally { passed: 13, failed: 2, ignored: 1 });
    }
}
