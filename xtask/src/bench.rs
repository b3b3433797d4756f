//! `cargo xtask bench`: the simulation's figures, natively (crates/kubesim/benches/simulation.rs) and in Chromium's Wasm
//! (crates/kubesim/benches/wasm.rs, driven by crates/page-driver/src/bin/bench.rs).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::arguments::Arguments;
use crate::run::{Result, cargo, root, run};
use crate::site;
use crate::tools::{Need, Tools, WASM};

/// The command line, for a person.
pub const USAGE: &str = "\
  bench [--native | --browser] [--largest N]
             the simulation's figures: rollouts of 3 to N (10000) pods, seek, fork and replay, natively and in
             Chromium's Wasm; and the frames of the page in dist/ (if it is there) while a rollout plays";

/// Measures.
pub fn command(tools: &mut Tools, mut arguments: Arguments) -> Result<ExitCode> {
    let request = Request::read(&mut arguments)?;
    arguments.finish()?;
    run_all(tools, &request)?;
    Ok(ExitCode::SUCCESS)
}

/// What is measured.
struct Request {
    native: bool,
    browser: bool,
    largest: String,
}

impl Request {
    /// Reads the command line.
    fn read(arguments: &mut Arguments) -> Result<Self> {
        let (native, browser) = (arguments.flag("--native"), arguments.flag("--browser"));
        let largest = arguments.value("--largest")?.unwrap_or_else(|| "10000".to_owned());
        largest.parse::<u32>().map_err(|_| format!("--largest {largest}: not a number of pods"))?;
        Ok(Self { native: native || !browser, browser: browser || !native, largest })
    }
}

/// Measures.
fn run_all(tools: &mut Tools, request: &Request) -> Result<()> {
    if request.native {
        run(cargo().args([
            "bench",
            "--package",
            "kubesim",
            "--bench",
            "simulation",
            "--",
            &request.largest,
        ]))?;
    }
    if request.browser {
        tools.ensure(&[Need::WasmTarget, Need::Browser])?;
        tools.try_wasm_opt();
        let folder = module(tools)?;
        let browser = tools.browser.as_ref().expect("Need::Browser has been met");
        let mut program = tools.cargo();
        program.args([
            "run",
            "--quiet",
            "--package",
            "page-driver",
            "--bin",
            "bench",
            "--",
            &request.largest,
        ]);
        program.env("CHROME", &browser.chrome).env("CHROMEDRIVER", &browser.driver);
        program.env("ORDINAL_BENCH", &folder);
        if site::dist().join("index.html").is_file() {
            program.env("ORDINAL_DIST", site::dist());
        } else {
            println!("dist/ holds no page, so its frames are not measured: cargo xtask build makes it.");
        }
        run(&mut program)?;
    }
    Ok(())
}

/// Builds the module as the page is built, and a page beside it that loads nothing; the folder they are in.
fn module(tools: &Tools) -> Result<PathBuf> {
    let mut build = tools.cargo();
    build.args(["build", "--release", "--package", "kubesim", "--example", "bench-wasm", "--target", WASM]);
    run(&mut build)?;
    let target = root().join("target");
    let folder = target.join("bench-site");
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    fs::create_dir_all(&folder).map_err(failed)?;
    let page =
        "<!doctype html><title>Bench</title><link rel=icon href=data:,><div id=app><p>Measuring</p></div>";
    fs::write(folder.join("index.html"), page).map_err(failed)?;
    let built = target.join(WASM).join("release/examples/bench_wasm.wasm");
    let linked = fs::read(&built).map_err(|error| format!("{}: {error}", built.display()))?;
    let module = folder.join("bench.wasm");
    let alone = wasm_profile_split::without_relocations(&linked).map_err(|error| error.to_string())?;
    fs::write(&module, alone).map_err(failed)?;
    if tools.wasm_opt {
        let mut optimize = tools.command("wasm-opt");
        optimize.args(crate::split::OPTIMISED).args(["--strip-debug", "--strip-producers"]).args(FEATURES);
        run(optimize.arg(&module).arg("-o").arg(&module))?;
    }
    say_size(&module)?;
    Ok(folder)
}

/// What the compiler uses without being asked, and wasm-opt wants to be told.
const FEATURES: [&str; 5] = [
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
];

fn say_size(module: &Path) -> Result<()> {
    let bytes = fs::metadata(module).map_err(|error| format!("{}: {error}", module.display()))?.len();
    println!("the simulation by itself in Wasm: {bytes} bytes");
    Ok(())
}
