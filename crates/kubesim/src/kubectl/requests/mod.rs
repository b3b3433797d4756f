//! `-v=6` to `-v=9`: the requests that a command makes, on the standard error. Models client-go's
//! `transport/round_trippers.go: debuggingRoundTripper`, and which requests kubectl's commands make.
//!
//! What a command asks for follows from its words; what it changes is what the API server was asked to. What the API server
//! can do is asked when the laptop does not know it yet ([`discovery`]).

mod body;
mod discovery;
mod log;
mod request;

use super::act::documents;
use super::announce::log;
use super::cluster::server;
use super::pods::selector_of;
use super::resource::{Query, Selection, Targets};
use super::selector::{parse_fields, parse_labels};
use super::{Invocation, describe};
use crate::api::status::{ApiError, StatusReason};
use crate::api::{Key, Kind, Object};
use crate::apiserver::handlers::APPROVAL;
use crate::apiserver::{Store, Traced};
use crate::process::Io;
use crate::schema::wire;
use body::Form;
use log::{JSON, Log, TABLE};
use request::{Answer, Request, Style};
use std::rc::Rc;

/// From which verbosity on requests are shown.
pub(super) const VERBOSE: i64 = 6;
/// How many objects a list has at most, unless `--chunk-size` says otherwise.
const CHUNK: i64 = 500;
/// Where kubectl's source asks for an object and for a list: with the client for all kinds, with that of one kind, and where
/// it waits.
const GET: &str = "helper.go:105";
const LIST: &str = "helper.go:113";
const TYPED_GET: &str = "type.go:165";
const TYPED_LIST: &str = "type.go:183";
const WAITING_GET: &str = "simple.go:242";
const WAITING_WATCH: &str = "simple.go:270";

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

impl<'a> Log<'a> {
    fn get(&mut self, store: &Store, key: &Key) {
        let found = super::resource::get(store, key);
        let status = status("GET", found.is_none().then_some(StatusReason::NotFound));
        let answer = self.body(|| match &found {
            Some(object) => body::object(object, self.form, self.now),
            None => body::refusal(&ApiError::not_found(key), key, status),
        });
        let caller = if self.typed { TYPED_GET } else { GET };
        let request = self.request(path(key.kind, &key.namespace, &key.name), caller, answer);
        self.requests.push(Request { status, ..request });
    }

    /// A list, a page after the other; the selectors are those of fields and of labels.
    fn list(&mut self, store: &Store, kind: Kind, namespace: &str, selectors: [&str; 2]) {
        let objects = match (parse_labels(selectors[1]), parse_fields(selectors[0], kind)) {
            (Ok(labels), Ok(fields)) => {
                let place = Some(namespace).filter(|namespace| !namespace.is_empty());
                Selection { labels, fields, ..Selection::all(kind, place) }.find(store)
            }
            _ => Vec::new(),
        };
        let limit = self.inv.int("chunk-size").unwrap_or(CHUNK);
        let size = if limit > 0 { limit as usize } else { objects.len().max(1) };
        let token = |page: usize| {
            let next = format!("{{\"v\":\"meta.k8s.io/v1\",\"start\":{page}}}");
            yaml::base64::encode(next.as_bytes()).trim_end_matches('=').to_string()
        };
        for page in 0..objects.len().max(1).div_ceil(size) {
            let mut query: Vec<(&'static str, String)> = Vec::new();
            if page > 0 {
                query.push(("continue", token(page)));
            }
            for (name, text) in ["fieldSelector", "labelSelector"].into_iter().zip(selectors) {
                if !text.is_empty() {
                    query.push((name, text.to_string()));
                }
            }
            if self.form == (Form::Table { whole: true }) {
                query.push(("includeObject", "Object".to_string()));
            }
            if limit > 0 {
                query.push(("limit", limit.to_string()));
            }
            let answer = self.body(|| {
                let end = objects.len().min((page + 1) * size);
                let rest = (end < objects.len()).then(|| (token(page + 1), objects.len() - end));
                body::list(kind, &objects[page * size..end], self.version, rest, self.form, self.now)
            });
            let caller = if self.typed { TYPED_LIST } else { LIST };
            let request = self.request(path(kind, namespace, ""), caller, answer);
            self.requests.push(Request { query, ..request });
        }
    }

    /// A watch, whose answer never ends.
    fn watch(
        &mut self,
        kind: Kind,
        namespace: &str,
        query: Vec<(&'static str, String)>,
        caller: &'static str,
    ) {
        let request = self.request(path(kind, namespace, ""), caller, Answer::Unseen);
        self.requests.push(Request { query, ..request });
    }

    fn events_of(&mut self, store: &Store, object: &Object) {
        let meta = &object.meta;
        let mut fields = vec![format!("involvedObject.name={}", meta.name)];
        if !meta.namespace.is_empty() {
            fields.push(format!("involvedObject.namespace={}", meta.namespace));
        }
        fields.push(format!("involvedObject.kind={}", object.kind.name()));
        fields.push(format!("involvedObject.uid={}", meta.uid));
        self.list(store, Kind::Event, &meta.namespace, [&fields.join(","), ""]);
    }

    /// What `describe` looks at besides the object.
    fn related(&mut self, store: &Store, object: &Object) {
        let namespace = &*object.meta.namespace;
        let labels = selector_of(object).map(|selector| selector.to_string()).unwrap_or_default();
        match object.kind {
            Kind::StatefulSet | Kind::DaemonSet | Kind::ReplicaSet | Kind::ReplicationController => {
                self.list(store, Kind::Pod, namespace, ["", &labels]);
            }
            Kind::Deployment => self.list(store, Kind::ReplicaSet, namespace, ["", &labels]),
            Kind::PersistentVolumeClaim => self.list(store, Kind::Pod, namespace, ["", ""]),
            Kind::Service => {
                let label = format!("kubernetes.io/service-name={}", object.meta.name);
                self.list(store, Kind::EndpointSlice, namespace, ["", &label]);
            }
            Kind::Namespace => {
                self.list(store, Kind::ResourceQuota, &object.meta.name, ["", ""]);
                self.list(store, Kind::LimitRange, &object.meta.name, ["", ""]);
            }
            Kind::Node => {
                self.get(store, &Key::new(Kind::Lease, "kube-node-lease", &object.meta.name));
                let name = &object.meta.name;
                let fields = format!("spec.nodeName={name},status.phase!=Failed,status.phase!=Succeeded");
                self.list(store, Kind::Pod, "", [&fields, ""]);
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
                    self.list(store, selection.kind, namespace, selectors);
                }
            }
        }
        if inv.verb.name == "describe" {
            let objects: Vec<Rc<Object>> = targets.find(store).objects;
            let events = inv.is_or("show-events", objects.len() <= 1);
            self.typed = true;
            for object in objects {
                self.get(store, &object.key());
                self.related(store, &object);
                if events && describe::shows_events(object.kind) {
                    self.events_of(store, &object);
                }
            }
        }
    }

    /// What `cordon`, `uncordon` and `drain` ask for.
    fn drained(&mut self, store: &Store) {
        let inv = self.inv;
        let nodes: Vec<Rc<Object>> = match inv.has("selector") {
            true => {
                self.list(store, Kind::Node, "", ["", inv.text("selector")]);
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
        self.typed = true;
        for node in nodes {
            let fields = format!("spec.nodeName={}", node.meta.name);
            self.list(store, Kind::Pod, "", [&fields, inv.text("pod-selector")]);
        }
    }

    /// What goes to a pod's container; nothing if the words name no pod.
    fn in_pod(&mut self, store: &Store, subresource: &str, status: &'static str, caller: &'static str) {
        let words = self.inv.before_dash.map_or(&self.inv.args[..], |end| &self.inv.args[..end]);
        let word = if subresource == "log" { words.last() } else { words.first() };
        let name = word.map_or("", |word| word.rsplit('/').next().unwrap_or(word));
        let key = Key::new(Kind::Pod, self.inv.namespace(), name);
        if store.get(&key).is_none() {
            return;
        }
        self.get(store, &key);
        let mut query = Vec::new();
        if subresource == "exec" {
            let command = self.inv.args[words.len()..].iter();
            query.extend(command.map(|word| ("command", word.clone())));
            query.extend(self.inv.get("container").map(|name| ("container", name.to_string())));
            for (name, is) in [
                ("stderr", !self.inv.is("tty")),
                ("stdin", self.inv.is("stdin")),
                ("stdout", true),
                ("tty", self.inv.is("tty")),
            ] {
                query.extend(is.then(|| (name, "true".to_string())));
            }
        }
        let path = format!("{}/{subresource}", path(Kind::Pod, self.inv.namespace(), name));
        let request = self.request(path, caller, Answer::Unseen);
        self.requests.push(Request { query, status, accept: "*/*", answer_type: "text/plain", ..request });
    }

    /// Shows the requests. Whether one is the command's first is told to the next.
    fn print(self, io: &mut Io, is_first: bool) {
        let host = match self.inv.text("server") {
            "" => server(io.api.store()),
            given => given.trim_end_matches('/').to_string(),
        };
        let mut style = Style {
            host,
            verbosity: self.inv.int("v").unwrap_or_default(),
            compresses: !self.inv.is("disable-compression"),
            is_first,
        };
        self.requests.iter().for_each(|request| style.print(request, io));
    }
}

/// The words that name objects: not those that say what becomes of them.
fn words(inv: &Invocation) -> Vec<String> {
    let is_change = |word: &&String| word.contains(['=', ':']) || word.ends_with('-');
    inv.args.iter().take_while(|word| !is_change(word)).cloned().collect()
}

/// What a command asks for before it does anything. Returns whether that is nothing.
pub(super) fn asks(inv: &Invocation, io: &mut Io) -> bool {
    let tables = inv.verb.name == "get"
        && matches!(inv.text("output"), "" | "wide")
        && !inv.has("template")
        && inv.is_or("server-print", true);
    log(io, 'I', "loader.go:407", "Config loaded from file:  /home/.kube/config");
    let mut log = Log::new(inv, io, if tables { TABLE } else { JSON });
    discovery::asked(&mut log, io);
    let store = io.api.store();
    match inv.verb.name {
        _ if inv.is("local") || inv.has("raw") => {}
        "cordon" | "uncordon" | "drain" => log.drained(store),
        "events" => {
            let namespace = if inv.is("all-namespaces") { "" } else { inv.namespace() };
            log.typed = true;
            log.list(store, Kind::Event, namespace, ["", ""]);
        }
        "cluster-info" => {
            log.list(store, Kind::Service, "kube-system", ["", "kubernetes.io/cluster-service=true"]);
        }
        "logs" => log.in_pod(store, "log", "200 OK", "logs.go:497"),
        "exec" => log.in_pod(store, "exec", "101 Switching Protocols", "exec.go:138"),
        "apply" if inv.is("server-side") => {}
        "get" | "describe" | "wait" | "label" | "annotate" | "patch" | "scale" | "edit" | "taint"
        | "apply" => {
            log.asked(store);
        }
        verb if verb.starts_with("rollout ") || verb.starts_with("set ") => log.asked(store),
        _ => {}
    }
    watched(&mut log, store);
    let nothing = log.requests.is_empty();
    log.print(io, true);
    nothing
}

/// `get -w`: after the list, or the object, what becomes of it.
fn watched(log: &mut Log, store: &Store) {
    let inv = log.inv;
    if inv.verb.name != "get" || !(inv.is("watch") || inv.is("watch-only")) {
        return;
    }
    let Ok(targets) = Query::of(inv, &inv.args).listing().targets() else { return };
    let mut query = Vec::new();
    let (kind, namespace) = match &targets {
        Targets::Named(keys) => {
            let Some(key) = keys.first().filter(|key| store.get(key).is_some()) else { return };
            query.push(("fieldSelector", format!("metadata.name={}", key.name)));
            (key.kind, key.namespace.to_string())
        }
        Targets::Selected(selections) => {
            let Some(selection) = selections.first() else { return };
            for (name, flag) in [("fieldSelector", "field-selector"), ("labelSelector", "selector")] {
                query.extend(inv.get(flag).map(|text| (name, text.to_string())));
            }
            (selection.kind, selection.namespace.clone().unwrap_or_default())
        }
    };
    query.push(("resourceVersion", log.version.to_string()));
    query.push(("watch", "true".to_string()));
    log.watch(kind, &namespace, query, "helper.go:170");
}

/// What a command has changed, or tried to. `is_first`: it has asked for nothing before.
pub(super) fn changes(inv: &Invocation, io: &mut Io, traced: Vec<Traced>, is_first: bool) {
    let mut log = Log::new(inv, io, JSON);
    let deleted: Vec<Key> = traced
        .iter()
        .filter(|request| request.method == "DELETE")
        .map(|request| request.key.clone())
        .collect();
    for request in traced {
        log.changed(request);
    }
    if inv.verb.name == "delete" && inv.is_or("wait", true) && !inv.has("dry-run") && !inv.has("raw") {
        deleted.iter().for_each(|key| log.awaits(io.api.store(), key));
    }
    log.print(io, is_first);
}

impl Log<'_> {
    /// A request that changed something, or was refused.
    fn changed(&mut self, request: Traced) {
        let Traced { method, key, subresource, manager, dry_run, sent, answer, is_there } = request;
        let name = if method == "POST" { "" } else { &*key.name };
        let slash = if subresource.is_empty() { "" } else { "/" };
        let mut query = Vec::new();
        if dry_run {
            query.push(("dryRun", "All".to_string()));
        }
        // Who decides on a certificate request names no manager.
        if method != "DELETE" && subresource != APPROVAL {
            query.push(("fieldManager", manager));
        }
        let status = status(method, answer.as_ref().err().map(|error| error.reason));
        let seen = self.body(|| match &answer {
            Ok(object) if is_there => body::object(object, Form::Objects, self.now),
            Ok(object) => body::gone(&key, &object.meta.uid.to_string()),
            Err(error) => body::refusal(error, &key, status),
        });
        let (content, tree) = sent;
        let text = match method {
            _ if !self.shows_bodies() => String::new(),
            // A patch is sent as it is, an object as its own writer ends it.
            "PATCH" => tree.to_string(),
            "DELETE" => tree.to_string() + "\n",
            _ => wire::object(key.kind, &tree) + "\n",
        };
        let sent = Some((content, text));
        let caller = match method {
            "POST" => "helper.go:246",
            "PUT" => "helper.go:319",
            "DELETE" => "helper.go:202",
            _ => "helper.go:269",
        };
        let path = format!("{}{slash}{subresource}", path(key.kind, &key.namespace, name));
        let request = self.request(path, caller, seen);
        self.requests.push(Request { method, query, status, accept: JSON, sent, ..request });
    }

    /// What `delete` asks for until the object is gone.
    fn awaits(&mut self, store: &Store, key: &Key) {
        self.get(store, key);
        if let Some(last) = self.requests.last_mut() {
            last.caller = WAITING_GET;
        }
        if store.get(key).is_none() {
            return;
        }
        let query = vec![
            ("allowWatchBookmarks", "true".to_string()),
            ("fieldSelector", format!("metadata.name={}", key.name)),
            ("resourceVersionMatch", "NotOlderThan".to_string()),
            ("sendInitialEvents", "true".to_string()),
            ("watch", "true".to_string()),
        ];
        self.watch(key.kind, &key.namespace, query, WAITING_WATCH);
    }
}
