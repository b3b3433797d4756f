//! `cargo xtask serve`: the page, built and served on this machine.

use std::process::{Command, ExitCode};

use page_driver::server::{Server, Site};

use crate::arguments::Arguments;
use crate::run::{Result, command as program, root, run};
use crate::site;
use crate::tools::{Need, Tools};

/// The command line, for a person.
pub const USAGE: &str = "\
  serve [--dev] [--open] [--port N]
             build the page and serve it on this machine; --dev rebuilds and reloads on every change,
             --open opens it in your browser; port 8080, or the next free one";

/// The port tried first, and those after it.
const PORTS: std::ops::Range<u16> = 8080..8100;

/// Builds the page and serves it.
pub fn command(tools: &mut Tools, mut arguments: Arguments) -> Result<ExitCode> {
    let (dev, open) = (arguments.flag("--dev"), arguments.flag("--open"));
    let port = arguments.value("--port")?;
    let port =
        port.map(|port| port.parse::<u16>().map_err(|_| format!("--port {port}: not a port"))).transpose()?;
    arguments.finish()?;
    serve(tools, dev, open, port)?;
    Ok(ExitCode::SUCCESS)
}

/// Builds the page and serves it until interrupted.
fn serve(tools: &mut Tools, dev: bool, open: bool, port: Option<u16>) -> Result<()> {
    let root = if dev { root().join("target").join("dev-site") } else { site::dist() };
    if dev {
        tools.ensure(&[Need::WasmTarget, Need::PageBuilder])?;
        run(site::trunk(tools, "build").arg("--dist").arg(&root))?;
    } else {
        site::build(tools)?;
    }
    let site = Site { root: root.clone(), prefix: "/".to_owned(), reload: dev };
    let server = start(&site, port)?;
    let url = server.url();
    println!("\nOrdinal is at {url}    (Ctrl-C ends it)\n");
    if open && let Err(problem) = run(&mut opener(&url)) {
        println!("{problem}: open the address above yourself.");
    }
    if dev {
        run(site::trunk(tools, "watch").arg("--dist").arg(&root))
    } else {
        server.wait();
        Ok(())
    }
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
    let mut opener = program(words[0]);
    opener.args(&words[1..]);
    opener
}
