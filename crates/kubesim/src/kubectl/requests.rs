//! `-v=6` to `-v=9`: the requests that a command makes, on the standard error. Models client-go's
//! `transport/round_trippers.go: debuggingRoundTripper`, and which requests kubectl's commands make.
//!
//! What a command asks for follows from its words; what it changes is what the API server was asked to. Neither discovery, which
//! kubectl caches, nor bodies are shown.

use super::act::documents;
use super::announce::log;
use super::cluster::server;
use super::pods::selector_of;
use super::resource::{Query, Targets};
use super::{Invocation, describe};
use crate::api::status::StatusReason;
use crate::api::{Key, Kind, Object};
use crate::apiserver::{Store, Traced};
use crate::base::text::query_escaped;
use crate::process::Io;
use std::rc::Rc;

/// From which verbosity on requests are shown.
pub(super) const VERBOSE: i64 = 6;
/// How many objects a list has at most, unless `--chunk-size` says otherwise.
const CHUNK: i64 = 500;
/// Accepts tables.
const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,\
    application/json";
const JSON: &str = "application/json";
/// What kubectl says of itself.
const AGENT: &str = "kubectl/v1.36.2 (linux/amd64) kubernetes/";
/// Where client-go logs.
const PLACE_OF_REQUEST: &str = "round_trippers.go:527";
const PLACE_OF_RESPONSE: &str = "round_trippers.go:632";

/// A request to the API server, as `-v=6` and above print it.
struct Request {
    method: &'static str,
    path: String,
    /// What stands behind the question mark, in order.
    query: Vec<(&'static str, String)>,
    status: &'static str,
    accept: &'static str,
}

/// The path of a kind's objects; with a name, of one of them.
fn path(kind: Kind, namespace: &str, name: &str) -> String {
    let info = kind.info();
    let root = if info.group.is_empty() { "/api" } else { "/apis" };
    let mut path = format!("{root}/{}", info.api_version());
    if info.namespaced && !namespace.is_empty() {
        path.push_str(&format!("/namespaces/{namespace}"));
    }
    path.push_str(&format!("/{}", info.plural));
    if !name.is_empty() {
        path.push_str(&format!("/{name}"));
    }
    path
}

fn status(method: &str, refused: Option<StatusReason>) -> &'static str {
    match refused {
        None if method == "POST" => "201 Created",
        None => "200 OK",
        Some(StatusReason::BadRequest) => "400 Bad Request",
        Some(StatusReason::Forbidden) => "403 Forbidden",
        Some(StatusReason::NotFound) => "404 Not Found",
        Some(StatusReason::MethodNotAllowed) => "405 Method Not Allowed",
        Some(StatusReason::AlreadyExists | StatusReason::Conflict) => "409 Conflict",
        Some(StatusReason::Invalid) => "422 Unprocessable Entity",
        Some(StatusReason::TooManyRequests) => "429 Too Many Requests",
        Some(StatusReason::InternalError | StatusReason::Unknown) => "500 Internal Server Error",
    }
}

/// Writes requests down.
struct Log<'a> {
    inv: &'a Invocation,
    requests: Vec<Request>,
    accept: &'static str,
}

impl Log<'_> {
    fn get(&mut self, store: &Store, key: &Key) {
        let missing = super::resource::get(store, key).is_none();
        self.requests.push(Request {
            method: "GET",
            path: path(key.kind, &key.namespace, &key.name),
            query: Vec::new(),
            status: status("GET", missing.then_some(StatusReason::NotFound)),
            accept: self.accept,
        });
    }

    /// A list, a page after the other.
    fn list(&mut self, kind: Kind, namespace: &str, selectors: [&str; 2], count: usize) {
        let limit = self.inv.int("chunk-size").unwrap_or(CHUNK);
        let pages = if limit > 0 { count.max(1).div_ceil(limit as usize) } else { 1 };
        for page in 0..pages {
            let mut query: Vec<(&'static str, String)> = Vec::new();
            if page > 0 {
                let next = format!("{{\"v\":\"meta.k8s.io/v1\",\"start\":{page}}}");
                let token = yaml::base64::encode(next.as_bytes());
                query.push(("continue", token.trim_end_matches('=').to_string()));
            }
            for (name, text) in ["fieldSelector", "labelSelector"].into_iter().zip(selectors) {
                if !text.is_empty() {
                    query.push((name, text.to_string()));
                }
            }
            if self.accept == TABLE && self.inv.has("sort-by") {
                query.push(("includeObject", "Object".to_string()));
            }
            if limit > 0 {
                query.push(("limit", limit.to_string()));
            }
            self.requests.push(Request {
                method: "GET",
                path: path(kind, namespace, ""),
                query,
                status: "200 OK",
                accept: self.accept,
            });
        }
    }

    fn events_of(&mut self, object: &Object) {
        let meta = &object.meta;
        let mut fields = vec![format!("involvedObject.name={}", meta.name)];
        if !meta.namespace.is_empty() {
            fields.push(format!("involvedObject.namespace={}", meta.namespace));
        }
        fields.push(format!("involvedObject.kind={}", object.kind.name()));
        fields.push(format!("involvedObject.uid={}", meta.uid));
        self.list(Kind::Event, &meta.namespace, [&fields.join(","), ""], 0);
    }

    /// What `describe` looks at besides the object.
    fn related(&mut self, store: &Store, object: &Object) {
        let namespace = &*object.meta.namespace;
        let labels = selector_of(object).map(|selector| selector.to_string()).unwrap_or_default();
        match object.kind {
            Kind::StatefulSet | Kind::DaemonSet | Kind::ReplicaSet | Kind::ReplicationController => {
                self.list(Kind::Pod, namespace, ["", &labels], 0);
            }
            Kind::Deployment => self.list(Kind::ReplicaSet, namespace, ["", &labels], 0),
            Kind::PersistentVolumeClaim => self.list(Kind::Pod, namespace, ["", ""], 0),
            Kind::Service => {
                let label = format!("kubernetes.io/service-name={}", object.meta.name);
                self.list(Kind::EndpointSlice, namespace, ["", &label], 0);
            }
            Kind::Namespace => {
                self.list(Kind::ResourceQuota, &object.meta.name, ["", ""], 0);
                self.list(Kind::LimitRange, &object.meta.name, ["", ""], 0);
            }
            Kind::Node => {
                self.get(store, &Key::new(Kind::Lease, "kube-node-lease", &object.meta.name));
                let name = &object.meta.name;
                let fields = format!("spec.nodeName={name},status.phase!=Failed,status.phase!=Succeeded");
                self.list(Kind::Pod, "", [&fields, ""], 0);
            }
            _ => {}
        }
    }

    /// What the command's words ask for; nothing if they can't be read.
    fn asked(&mut self, store: &Store) {
        let inv = self.inv;
        let lists = matches!(inv.verb.name, "get" | "describe") || inv.verb.name.starts_with("rollout ");
        let query = match inv.has("filename") {
            true => documents::read_all(inv).and_then(|read| Query::of_documents(inv, read)),
            false if lists => Ok(Query::of(inv, &inv.args).listing()),
            false => Ok(Query::of(inv, &words(inv))),
        };
        let Ok(query) = query else { return };
        let Ok(targets) = query.targets() else { return };
        match &targets {
            Targets::Named(keys) => keys.iter().for_each(|key| self.get(store, key)),
            Targets::Selected(selections) => {
                let labels = query.labels.as_deref().unwrap_or_default();
                for selection in selections {
                    let namespace = selection.namespace.as_deref().unwrap_or_default();
                    let selectors = [inv.text("field-selector"), labels];
                    self.list(selection.kind, namespace, selectors, selection.find(store).len());
                }
            }
        }
        if inv.verb.name == "describe" {
            let objects: Vec<Rc<Object>> = targets.find(store).objects;
            let events = inv.is_or("show-events", objects.len() <= 1);
            for object in objects {
                self.get(store, &object.key());
                self.related(store, &object);
                if events && describe::shows_events(object.kind) {
                    self.events_of(&object);
                }
            }
        }
    }

    /// What `cordon`, `uncordon` and `drain` ask for.
    fn drained(&mut self, store: &Store) {
        let inv = self.inv;
        let nodes: Vec<Rc<Object>> = match inv.has("selector") {
            true => {
                self.list(Kind::Node, "", ["", inv.text("selector")], 0);
                let found = Query::of(inv, &["nodes".to_string()]).find(store);
                found.map(|found| found.objects).unwrap_or_default()
            }
            false => {
                let keys: Vec<Key> = inv.args.iter().map(|name| Key::cluster(Kind::Node, name)).collect();
                keys.iter().for_each(|key| self.get(store, key));
                keys.iter().filter_map(|key| store.get(key).cloned()).collect()
            }
        };
        if inv.verb.name != "drain" {
            return;
        }
        for node in nodes {
            let here = |pod: &&Rc<Object>| pod.pod().spec.node_name.as_deref() == Some(&*node.meta.name);
            let count = store.list(Kind::Pod).filter(here).count();
            let fields = format!("spec.nodeName={}", node.meta.name);
            self.list(Kind::Pod, "", [&fields, inv.text("pod-selector")], count);
        }
    }

    fn logs(&mut self, store: &Store) {
        let name = self.inv.args.last().map_or("", |word| word.rsplit('/').next().unwrap_or(word));
        let key = Key::new(Kind::Pod, self.inv.namespace(), name);
        if store.get(&key).is_some() {
            self.get(store, &key);
            self.requests.push(Request {
                method: "GET",
                path: format!("{}/log", path(Kind::Pod, self.inv.namespace(), name)),
                query: Vec::new(),
                status: "200 OK",
                accept: "*/*",
            });
        }
    }

    fn print(self, io: &mut Io) {
        let host = match self.inv.text("server") {
            "" => server(io.api.store()),
            given => given.trim_end_matches('/').to_string(),
        };
        let verbosity = self.inv.int("v").unwrap_or_default();
        let vary = if self.inv.is("disable-compression") { "" } else { "\n\tVary: Accept-Encoding" };
        let headers = format!(
            "headers=<\n\tCache-Control: no-cache, private\n\tContent-Type: application/json{vary}\n >"
        );
        for request in self.requests {
            let query: Vec<String> = request
                .query
                .iter()
                .map(|(name, value)| format!("{name}={}", query_escaped(value)))
                .collect();
            let mark = if query.is_empty() { "" } else { "?" };
            let url = format!("{host}{}{mark}{}", request.path, query.join("&"));
            let (method, status, accept) = (request.method, request.status, request.accept);
            let target = format!("verb={method:?} url={url:?}");
            let asked = match verbosity {
                ..=6 => String::new(),
                7 | 8 => format!("{target} headers=<\n\tAccept: {accept}\n\tUser-Agent: {AGENT}\n >"),
                _ => format!(
                    "curlCommand=<\n\tcurl -v -X{method}  -H \"Accept: {accept}\" -H \"User-Agent: {AGENT}\" '{url}'\n >"
                ),
            };
            if !asked.is_empty() {
                log(io, 'I', PLACE_OF_REQUEST, &format!("\"Request\" {asked}"));
            }
            let answered = match verbosity {
                ..=6 => format!("{target} status={status:?}"),
                7 => format!("status={status:?}"),
                8 => format!("status={status:?} {headers}"),
                _ => format!("{target} status={status:?} {headers}"),
            };
            log(io, 'I', PLACE_OF_RESPONSE, &format!("\"Response\" {answered} milliseconds=1"));
        }
    }
}

/// The words that name objects: not those that say what becomes of them.
fn words(inv: &Invocation) -> Vec<String> {
    let is_change = |word: &&String| word.contains(['=', ':']) || word.ends_with('-');
    inv.args.iter().take_while(|word| !is_change(word)).cloned().collect()
}

/// What a command asks for before it does anything.
pub(super) fn asks(inv: &Invocation, io: &mut Io) {
    let tables = inv.verb.name == "get"
        && matches!(inv.text("output"), "" | "wide")
        && !inv.has("template")
        && inv.is_or("server-print", true);
    let mut log = Log { inv, requests: Vec::new(), accept: if tables { TABLE } else { JSON } };
    let store = io.api.store();
    match inv.verb.name {
        _ if inv.is("local") || inv.has("raw") => {}
        "cordon" | "uncordon" | "drain" => log.drained(store),
        "events" => {
            let namespace = if inv.is("all-namespaces") { "" } else { inv.namespace() };
            log.list(Kind::Event, namespace, ["", ""], super::resource::list(store, Kind::Event).len());
        }
        "logs" => log.logs(store),
        "apply" if inv.is("server-side") => {}
        "get" | "describe" | "wait" | "label" | "annotate" | "patch" | "scale" | "edit" | "taint"
        | "apply" => {
            log.asked(store);
        }
        verb if verb.starts_with("rollout ") || verb.starts_with("set ") => log.asked(store),
        _ => {}
    }
    log.print(io);
}

/// What a command has changed, or tried to.
pub(super) fn changes(inv: &Invocation, io: &mut Io, traced: Vec<Traced>) {
    let mut log = Log { inv, requests: Vec::new(), accept: JSON };
    for request in traced {
        let Traced { method, key, subresource, manager, dry_run, refused } = request;
        let name = if method == "POST" { "" } else { &*key.name };
        let slash = if subresource.is_empty() { "" } else { "/" };
        let mut query = Vec::new();
        if dry_run {
            query.push(("dryRun", "All".to_string()));
        }
        if method != "DELETE" {
            query.push(("fieldManager", manager));
        }
        log.requests.push(Request {
            method,
            path: format!("{}{slash}{subresource}", path(key.kind, &key.namespace, name)),
            query,
            status: status(method, refused),
            accept: JSON,
        });
    }
    log.print(io);
}
