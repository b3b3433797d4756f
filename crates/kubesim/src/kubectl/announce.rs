//! What kubectl says of a command line before it does anything: flags that are deprecated, and what klog warns of.

use super::flags::{Parsed, parse_bool};
use super::kustomize;
use super::{Failure, Invocation};
use crate::api::{SimTime, Span};
use crate::base::time::parse_duration;
use crate::process::Io;

/// Flags that are read, and refused: what they ask for is not simulated.
pub(super) const REFUSED: &str = "accept-hosts accept-paths as as-current-user as-group as-uid as-user-extra \
    certificate-authority client-certificate client-key enable-alpha-plugins enable-helm helm-api-versions helm-command \
    helm-debug helm-kube-version kubeconfig kuberc mount network network-name password profile profile-output reject-methods \
    reject-paths show-swap tls-server-name unix-socket username vmodule www www-prefix";

/// Flags of those that a verb has of its own, or heeds all the same.
fn heeds(verb: &str, flag: &str) -> bool {
    match verb {
        "config set-cluster" | "config set-credentials" => {
            !flag.starts_with("as") && !flag.starts_with("kube") && !matches!(flag, "profile" | "vmodule")
        }
        "debug" => flag == "profile",
        verb => verb.starts_with("auth ") && matches!(flag, "as" | "as-group"),
    }
}

/// Flags of `kubectl run` that are those of deletions (`--rm`) and of files.
const REFUSED_OF_RUN: &str = "cascade filename force grace-period kustomize recursive timeout wait";

/// Flags whose effect nobody sees here: how kubectl talks to the API server.
#[cfg(test)]
pub(super) const WITHOUT_EFFECT: &str = "append-server-path concurrency detach-keys disable-compression \
    insecure-skip-tls-verify insecure-skip-tls-verify-backend keepalive log-flush-frequency match-server-version openapi-patch \
    retries token use-protocol-buffers";

/// Says it. Errors: a timeout that is none, a flag that is not simulated.
pub(super) fn announce(inv: &Invocation, io: &mut Io) -> Result<(), Failure> {
    // What roles let somebody do is known of anybody; else nobody asks for permission here.
    let is_refused = |flag: &str| {
        let is_of_run =
            inv.verb.name == "run" && REFUSED_OF_RUN.split_whitespace().any(|known| known == flag);
        let is_of_plugins = inv.verb.name == "kustomize" && flag == "env";
        is_of_run
            || is_of_plugins
            || !heeds(inv.verb.name, flag) && REFUSED.split_whitespace().any(|known| known == flag)
    };
    if let Some((flag, _)) = inv.given.iter().find(|(flag, _)| is_refused(flag)) {
        return Err(Failure::client(format!("--{flag} is not simulated")));
    }
    for (flag, _) in &inv.given {
        if let Some(instead) = deprecated(flag) {
            io.err(format!("Flag --{flag} has been deprecated, {instead}\n"));
        }
    }
    if inv.has("kustomize") {
        io.err(kustomize::deprecated(&inv.files, inv.text("kustomize")));
    }
    if let Some(text) = inv.get("dry-run") {
        let warning = match parse_bool(text) {
            None if text == "unchanged" => {
                "--dry-run is deprecated and can be replaced with --dry-run=client.".to_string()
            }
            None => String::new(),
            Some(value) => {
                let instead = if value { "client" } else { "none" };
                format!(
                    "--dry-run={text} is deprecated (boolean value) and can be replaced with --dry-run={instead}."
                )
            }
        };
        if !warning.is_empty() {
            log(io, 'W', "helpers.go:724", &warning);
        }
    }
    if let Some((text, value)) = inv.get("cascade").and_then(|text| Some((text, parse_bool(text)?))) {
        let instead = if value { "background" } else { "orphan" };
        io.err(format!(
            "warning: --cascade={text} is deprecated (boolean value) and can be replaced with --cascade={instead}.\n"
        ));
    }
    request_timeout(inv).map(|_| ())
}

/// What takes the place of a flag that is deprecated.
pub(super) fn deprecated(flag: &str) -> Option<&'static str> {
    Some(match flag {
        "record" => "--record will be removed in the future",
        "cpu-percent" => {
            "Use --cpu with percentage or resource quantity format (e.g., '70%' for utilization or '500m' for milliCPU)."
        }
        _ => return None,
    })
}

/// A line of klog: what is logged at this place of kubectl's source.
pub(super) fn log(io: &mut Io, severity: char, place: &str, text: &str) {
    let time = io.api.now.rfc3339();
    let (date, clock) = time.trim_end_matches('Z').split_once('T').unwrap_or((&time, ""));
    let date: String = date.split('-').skip(1).collect();
    let micros = io.api.now.0.rem_euclid(1000) * 1000;
    io.err(format!("{severity}{date} {clock}.{micros:06} {PROCESS_ID:>7} {place}] {text}\n"));
}

/// kubectl's process, as its log names it.
const PROCESS_ID: u32 = 4711;

/// How long a request may take (`--request-timeout`); `None` for as long as it likes. Models clientcmd's ParseTimeout. Errors:
/// it is no time.
pub(super) fn request_timeout(parsed: &Parsed) -> Result<Option<Span>, Failure> {
    let text = parsed.text("request-timeout");
    let span = match text.parse::<i64>() {
        _ if text.is_empty() => Span(0),
        Ok(seconds) if seconds >= 0 => Span::seconds(seconds),
        _ => parse_duration(text).map_err(|_| {
            Failure::client(
                "Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a \
                 corresponding time unit (e.g. 1s | 2m | 3h)",
            )
        })?,
    };
    Ok((span.0 > 0).then_some(span))
}

/// The end of a watch: when its request has taken as long as it may.
#[derive(Clone, Copy, Default)]
pub(super) struct WatchEnd {
    at: Option<SimTime>,
    verbosity: i64,
}

impl WatchEnd {
    /// Of a watch that begins now.
    pub(super) fn of(inv: &Invocation, io: &Io) -> WatchEnd {
        let timeout = request_timeout(inv).ok().flatten();
        WatchEnd { at: timeout.map(|timeout| io.api.now + timeout), verbosity: inv.int("v").unwrap_or(0) }
    }

    /// What the watch does next: it waits, or it has ended.
    pub(super) fn step(self, io: &mut Io) -> crate::process::Step {
        use crate::process::Step;
        match self.at {
            None => Step::OnChange,
            Some(at) if at > io.api.now => Step::OnChangeOrAt(at),
            Some(_) => {
                if self.verbosity >= 5 {
                    let why = "Unable to decode an event from the watch stream: context deadline exceeded \
                        (Client.Timeout or context cancellation while reading body)";
                    log(io, 'I', "streamwatcher.go:111", why);
                }
                Step::Exit(0)
            }
        }
    }
}
