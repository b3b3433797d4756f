//! Runs kubectl command lines of shell scripts against a simulated cluster: `run.sh` has upstream's tests of kubectl
//! (`test/cmd/*.sh`) use it.
//!
//! One program, by the name under which it is called:
//! - `upstream-kubectl-tests serve SOCKET LOG`: the cluster. Keeps one `Story`, takes commands from the socket, writes each
//!   to LOG (JSON lines).
//! - `kubectl …`: hands its arguments, its standard input and the files that they name to the cluster, prints the answer.
//! - `sleep N`, `date +%s`: in the cluster's time.
//! - `upstream-kubectl-tests reset bare|full`: a new cluster. `… quit`: ends the server. `… replay MODE LOG`: gives the
//!   commands of a log anew.
//!
//! Time: each command takes 100 ms of the cluster's. If every client waits (a kubectl that goes on, a sleep), and nothing new
//! came for a moment of real time (so that a script's background jobs can say what they want), time goes on to the next event.
#![allow(clippy::disallowed_methods, reason = "tooling: clocks are read here, the simulation is elsewhere")]

// Its programs meet at a Unix socket.
#[cfg(unix)]
mod client;
#[cfg(unix)]
mod server;

#[cfg(unix)]
fn main() {
    let mut args = std::env::args();
    let me = args.next().unwrap_or_default();
    let args: Vec<String> = args.collect();
    let name = me.rsplit('/').next().unwrap_or_default();
    let code = match name {
        "kubectl" | "sleep" | "date" => client::run(name, args),
        _ if args.first().is_some_and(|a| a == "serve") => server::serve(&args[1], &args[2]),
        _ if args.first().is_some_and(|a| a == "replay") => server::replay(&args[1], &args[2]),
        _ => client::control(args),
    };
    std::process::exit(code);
}

#[cfg(not(unix))]
fn main() {
    eprintln!("upstream-kubectl-tests needs Unix sockets and bash");
}
