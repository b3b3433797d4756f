//! Building, serving and measuring the site.

use std::path::{Path, PathBuf};
use std::process::Command;

use page_driver::server::{Server, Site};

use crate::run::{Result, command, root, run};
use crate::size::{BUDGETS, Size, measure};
use crate::tools::{Need, Tools};
use crate::{first_load, split, where_bytes};

/// The port tried first, and those after it.
const PORTS: std::ops::Range<u16> = 8080..8100;

/// Where the built site lies.
pub fn dist() -> PathBuf {
    root().join("dist")
}

/// Builds the page for release into `dist/`.
pub fn build(tools: &mut Tools) -> Result<()> {
    tools.ensure(&[Need::WasmTarget, Need::PageBuilder])?;
    if !tools.wasm_opt {
        tools.try_wasm_opt();
    }
    let mut trunk = trunk(tools, "build");
    trunk.arg("--dist").arg(dist());
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

/// Builds the page and serves it until interrupted.
pub fn serve(tools: &mut Tools, dev: bool, open: bool, port: Option<u16>) -> Result<()> {
    let root = if dev { root().join("target").join("dev-site") } else { dist() };
    if dev {
        tools.ensure(&[Need::WasmTarget, Need::PageBuilder])?;
        run(trunk(tools, "build").arg("--dist").arg(&root))?;
    } else {
        build(tools)?;
    }
    let site = Site { root: root.clone(), prefix: "/".to_owned(), reload: dev };
    let server = start(&site, port)?;
    let url = server.url();
    println!("\nOrdinal is at {url}    (Ctrl-C ends it)\n");
    if open && let Err(problem) = run(&mut opener(&url)) {
        println!("{problem}: open the address above yourself.");
    }
    if dev {
        run(trunk(tools, "watch").arg("--dist").arg(&root))
    } else {
        server.wait();
        Ok(())
    }
}

/// Trunk, told to fetch nothing: what it needs has been installed.
fn trunk(tools: &Tools, subcommand: &str) -> Command {
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

fn start(site: &Site, port: Option<u16>) -> Result<Server> {
    if let Some(port) = port {
        return Server::start(site.clone(), port)
            .map_err(|error| format!("port {port} cannot be used: {error}; choose another with --port"));
    }
    PORTS.into_iter().find_map(|port| Server::start(site.clone(), port).ok()).ok_or_else(|| {
        format!("ports {} to {} are all taken; choose another with --port", PORTS.start, PORTS.end - 1)
    })
}

fn opener(url: &str) -> Command {
    let words: &[&str] = if cfg!(windows) {
        &["cmd", "/C", "start", "", url]
    } else if cfg!(target_os = "macos") {
        &["open", url]
    } else {
        &["xdg-open", url]
    };
    let mut opener = command(words[0]);
    opener.args(&words[1..]);
    opener
}

/// How many lines the table of where the bytes are has, and the list of functions.
const LINES: usize = 50;

/// Prints the size of every file of `dist/`, of what is loaded when, and where the bytes are; an error above a budget.
pub fn size() -> Result<()> {
    let shipped = measure(&dist()).map_err(|error| format!("{}: {error}", dist().display()))?;
    println!("{:>9} {:>9} {:>9}   bytes", "raw", "gzip", "brotli");
    let line =
        |size: Size, name: &str| println!("{:>9} {:>9} {:>9}   {name}", size.raw, size.gzip, size.brotli);
    for file in &shipped {
        line(file.size, &format!("{}{}", if file.critical { "* " } else { "  " }, file.name));
    }
    let mut problems = Vec::new();
    for budget in &BUDGETS {
        let size = budget.size(&shipped);
        line(size, budget.what);
        println!("{:>9} {:>9} {:>9}   its budget", "", budget.gzip, budget.brotli);
        if let Some(excess) = budget.excess(size) {
            problems.push(format!("{}: {excess}; {}", budget.what, budget.remedy));
        }
    }
    println!();
    for line in where_bytes::table(&named_parts()?, LINES) {
        println!("{line}");
    }
    if problems.is_empty() {
        return Ok(());
    }
    if let Some(measured) = first_load::other_compiler()? {
        println!("» {}", problems.join("\n» "));
        println!("» what runs first was measured with {measured}, not with this compiler");
        return Ok(());
    }
    Err(problems.join("\n"))
}

/// Prints the biggest functions whose name, or line of the table, contains a text.
pub fn functions(text: &str) -> Result<()> {
    for line in where_bytes::functions(&named_parts()?, text, LINES) {
        println!("{line}");
    }
    Ok(())
}

/// The parts of the page's module as the last release build left them, with their names.
fn named_parts() -> Result<Vec<(&'static str, where_bytes::Module)>> {
    let read = |part: &'static str| {
        let file = split::named_part(part);
        let missing = |error| format!("{}: {error}; `cargo xtask build` makes it", file.display());
        let content = std::fs::read(&file).map_err(missing)?;
        let module = where_bytes::Module::read(&content);
        Ok((part, module.map_err(|error| format!("{}: {error}", file.display()))?))
    };
    split::PARTS.into_iter().map(read).collect()
}
