//! What kubectl asks the API server about itself: which kinds there are, and what they look like. Models client-go's
//! `discovery/cached/disk` and `openapi`.
//!
//! Which kinds there are is kept on the laptop for six hours. A file says since when; a laptop from which something was changed
//! in that time knows it, too.

use super::log::{JSON, Log, TYPED};
use super::request::{Answer, Request, identity};
use crate::api::{SimTime, Span};
use crate::apiserver::{Cause, Change};
use crate::kubectl::act::documents;
use crate::kubectl::cluster::server;
use crate::kubectl::discovery;
use crate::kubectl::resource;
use crate::process::Io;
use serde_json::json;
use std::collections::BTreeMap;

/// Accepts all kinds in one answer, and the lists of former versions.
const ACCEPT: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
    application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
/// How long such a question may take.
const TIMEOUT: &str = "32s";
/// How long what was found is good for.
const KEPT: Span = Span::seconds(6 * 3600);
/// Where it is kept.
const CACHE: &str = "/home/.kube/cache";

/// Verbs that ask for no kind.
const ABOUT_NO_KIND: [&str; 12] = [
    "version",
    "config",
    "completion",
    "options",
    "plugin",
    "kustomize",
    "auth whoami",
    "kuberc",
    "alpha",
    "help",
    "proxy",
    "cluster-info dump",
];

/// Writes down what a command asks about the API itself.
pub(super) fn asked(log: &mut Log, io: &mut Io) {
    let inv = log.inv;
    let verb = inv.verb.name;
    let lists_api = matches!(verb, "api-resources" | "api-versions") && !inv.is("cached");
    let needs_kinds = !ABOUT_NO_KIND.contains(&verb.split(' ').next().unwrap_or_default())
        && !ABOUT_NO_KIND.contains(&verb)
        && !inv.has("raw")
        && !inv.is("local");
    if lists_api || needs_kinds && !is_known(log, io) {
        for (path, line) in [("/api", "discovery_client.go:255"), ("/apis", "discovery_client.go:318")] {
            let answer = log.body(|| discovery::aggregated(path == "/api") + "\n");
            let request = log.request(path.to_string(), line, answer);
            log.requests.push(Request { accept: ACCEPT, answer_type: AGGREGATED, ..timed(request) });
        }
        keep(log, io);
    }
    if verb == "version" && !inv.is("client") {
        let answer = log.body(|| discovery::answer("/version").unwrap_or_default());
        let request = log.request("/version".to_string(), "discovery_client.go:667", answer);
        log.requests.push(Request { accept: TYPED, ..timed(request) });
    }
    schemas(log, io);
}

/// `?timeout=32s`
fn timed(request: Request) -> Request {
    Request { query: vec![("timeout", TIMEOUT.to_string())], ..request }
}

/// Where the laptop keeps what it knows of this server.
fn file(log: &Log, io: &Io) -> String {
    let directory = log.inv.get("cache-dir").unwrap_or(CACHE);
    let host = server(io.api.store());
    let host = host.trim_start_matches("https://").replace(':', "_");
    format!("{}/discovery/{host}/servergroups.json", directory.trim_end_matches('/'))
}

/// Whether the laptop knows the kinds.
fn is_known(log: &Log, io: &Io) -> bool {
    let is_fresh = |at: SimTime| io.api.now.0 - at.0 < KEPT.0;
    let written = log.inv.disk.as_ref().and_then(|disk| {
        let stat = disk.files.borrow().stat(&disk.absolute(&file(log, io)))?;
        Some(stat.modified_ms + KEPT.0 as u64 > io.api.now.unix_ms())
    });
    if written == Some(true) {
        return true;
    }
    let is_users = |cause: &Cause| matches!(cause, Cause::User(_));
    !log.inv.has("cache-dir")
        && io.api.history().entries().iter().any(|entry| {
            matches!(entry.change, Change::Object { .. }) && is_users(&entry.cause) && is_fresh(entry.at)
        })
}

/// Keeps what was found.
fn keep(log: &Log, io: &Io) {
    let Some(disk) = &log.inv.disk else { return };
    let path = disk.absolute(&file(log, io));
    let mut files = disk.files.borrow_mut();
    let mut parents: Vec<&str> = Vec::new();
    let mut rest = path.as_str();
    while let Some((parent, _)) = rest.rsplit_once('/').filter(|(parent, _)| !parent.is_empty()) {
        parents.push(parent);
        rest = parent;
    }
    let now = io.api.now.unix_ms();
    for parent in parents.iter().rev() {
        if files.stat(parent).is_none() {
            _ = files.make_dir(parent, now);
        }
    }
    _ = files.write(&path, &discovery::answer("/apis").unwrap_or_default(), false, now);
}

/// What kinds look like: `explain` shows it, and whether the API server checks fields by itself is seen from it.
fn schemas(log: &mut Log, io: &Io) {
    let inv = log.inv;
    let mut versions: Vec<String> = Vec::new();
    let mut add = |version: String| {
        if !versions.contains(&version) {
            versions.push(version);
        }
    };
    match inv.verb.name {
        "explain" => {
            let word = inv.args.first().map_or("", |word| word.split('.').next().unwrap_or_default());
            let Ok(kind) = resource::kind(word) else { return };
            add(kind.info().api_version());
        }
        "create" | "apply" | "replace"
            if inv.has("filename")
                && !inv.has("raw")
                && !matches!(inv.get("validate"), Some("false" | "ignore")) =>
        {
            let Ok(read) = documents::read_all(inv) else { return };
            for document in &read.0 {
                add(document.kind.info().api_version());
            }
        }
        _ => return,
    }
    let part = |version: &str| match version.contains('/') {
        true => format!("apis/{version}"),
        false => format!("api/{version}"),
    };
    let hash = |version: &str| {
        let digits = identity(io.api.seed, &["openapi", version]).replace('-', "");
        digits.repeat(4).to_ascii_uppercase()
    };
    let answer = log.body(|| {
        let paths: BTreeMap<String, _> = discovery::versions()
            .map(|version| {
                let url = format!("/openapi/v3/{}?hash={}", part(version), hash(version));
                (part(version), json!({"serverRelativeURL": url}))
            })
            .collect();
        json!({"paths": paths}).to_string()
    });
    let request = log.request("/openapi/v3".to_string(), "client.go:46", answer);
    log.requests.push(Request { accept: TYPED, ..timed(request) });
    for version in versions {
        let request =
            log.request(format!("/openapi/v3/{}", part(&version)), "groupversion.go:75", Answer::Unseen);
        let query = vec![("hash", hash(&version)), ("timeout", TIMEOUT.to_string())];
        log.requests.push(Request { accept: JSON, query, ..request });
    }
}
