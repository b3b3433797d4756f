//! `cargo xtask`: sets up, builds, serves, tests and measures Ordinal.
#![allow(clippy::disallowed_methods, reason = "tooling: clocks are read here, the simulation is elsewhere")]

mod bench;
mod check;
mod first_load;
mod fuzz;
mod profile;
mod run;
mod schema;
mod screenshot;
mod site;
mod size;
mod split;
mod tools;
mod where_bytes;

use std::process::ExitCode;

use run::Result;
use tools::Tools;

const USAGE: &str = "\
cargo xtask COMMAND

  serve [--dev] [--open] [--port N]
             build the page and serve it on this machine; --dev rebuilds and reloads on every change,
             --open opens it in your browser; port 8080, or the next free one
  build      build the page into dist/: the static site, to be put on any host, in any folder
  test [--only STEP] [--list]
             format, lints, dependencies, native tests, the build, sizes, browser tests; or one of the steps
  size [--within TEXT]
             the bytes of every file of dist/, of what is loaded when against its budget, and where in the program they
             are; --within: the biggest functions whose name, or line of that table, contains TEXT
  screenshot [--out DIR] [--script FILE] [--size WxH]... [--scheme light|dark]...
             pictures of the page in dist/ (built if missing), into artifacts/; what a script may say
             stands in crates/page-driver/src/bin/screenshot.rs
  bench [--native | --browser] [--largest N]
             the simulation's figures: rollouts of 3 to N (10000) pods, seek, fork and replay, natively and in
             Chromium's Wasm; and the frames of the page in dist/ (if it is there) while a rollout plays
  fuzz [--seconds N] [--cases N] [--seed N] [--target manifest|command|dns]
             mutated manifests, command lines and DNS lines against the simulation, for a minute; what panics, hangs or
             takes too much memory becomes a file in crates/kubesim-cli/tests/found, and thereby a test
  profile    measure what runs before the page is live and before its second pod is there, for the split
  split      Trunk's hook after a build: makes three modules of the page's one, and optimises them
  schema DIR VERSION
             make the table of API fields anew from staging/src/k8s.io of Kubernetes' sources, of that version

What is missing is installed into a folder of its own below the user's cache folder (or ORDINAL_TOOLS).";

fn main() -> ExitCode {
    let mut arguments = Arguments(std::env::args().skip(1).collect());
    match dispatch(&mut arguments) {
        Ok(code) => code,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &mut Arguments) -> Result<ExitCode> {
    let command = if arguments.0.is_empty() { "help".to_owned() } else { arguments.0.remove(0) };
    let mut tools = Tools::default();
    match command.as_str() {
        "serve" => {
            let (dev, open) = (arguments.flag("--dev"), arguments.flag("--open"));
            let port = arguments.value("--port")?;
            let port = port
                .map(|port| port.parse::<u16>().map_err(|_| format!("--port {port}: not a port")))
                .transpose()?;
            arguments.finish()?;
            site::serve(&mut tools, dev, open, port)?;
        }
        "build" => {
            arguments.finish()?;
            site::build(&mut tools)?;
            println!("The site is in dist/.");
        }
        "test" => {
            let (only, list) = (arguments.value("--only")?, arguments.flag("--list"));
            arguments.finish()?;
            if list {
                check::list();
            } else {
                return check::test(&mut tools, only.as_deref());
            }
        }
        "size" => {
            let within = arguments.value("--within")?;
            arguments.finish()?;
            site::build_if_missing(&mut tools)?;
            match within {
                Some(text) => site::functions(&text)?,
                None => site::size()?,
            }
        }
        "screenshot" => {
            let request = screenshot::Request::read(arguments)?;
            arguments.finish()?;
            screenshot::take(&mut tools, &request)?;
        }
        "schema" => {
            let [staging, version] = &arguments.0[..] else { return Err("schema: DIR VERSION".into()) };
            schema::write(std::path::Path::new(staging), version)?;
        }
        "bench" => {
            let request = bench::Request::read(arguments)?;
            arguments.finish()?;
            bench::run_all(&mut tools, &request)?;
        }
        "fuzz" => fuzz::fuzz(&arguments.0)?,
        "profile" => {
            arguments.finish()?;
            profile::record(&mut tools)?;
        }
        "split" => {
            arguments.finish()?;
            split::hook()?;
        }
        "help" | "--help" | "-h" => println!("{USAGE}"),
        other => return Err(format!("there is no command {other}\n\n{USAGE}")),
    }
    Ok(ExitCode::SUCCESS)
}

/// The command line, taken apart piece by piece.
struct Arguments(Vec<String>);

impl Arguments {
    fn flag(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|argument| argument != name);
        self.0.len() < before
    }

    fn value(&mut self, name: &str) -> Result<Option<String>> {
        let Some(at) = self.0.iter().position(|argument| argument == name) else { return Ok(None) };
        if at + 1 == self.0.len() {
            return Err(format!("{name} needs a value"));
        }
        self.0.remove(at);
        Ok(Some(self.0.remove(at)))
    }

    fn values(&mut self, name: &str) -> Result<Vec<String>> {
        let mut values = Vec::new();
        while let Some(value) = self.value(name)? {
            values.push(value);
        }
        Ok(values)
    }

    fn finish(&self) -> Result<()> {
        match self.0.first() {
            None => Ok(()),
            Some(unknown) => Err(format!("{unknown} is not understood here\n\n{USAGE}")),
        }
    }
}
