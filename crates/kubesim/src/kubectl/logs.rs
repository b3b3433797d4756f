//! `kubectl logs`. Models `k8s.io/kubectl/pkg/cmd/logs/logs.go`, `pkg/polymorphichelpers/logsforobject.go`, and what the
//! kubelet answers (`pkg/kubelet/kubelet_pods.go: validateContainerLogStatus`).

use super::awaiting;
use super::pods::{by_logging, choose_container, no_route, selector_of, silent_kubelet};
use super::resource::{self, Query};
use super::{Failure, Invocation, Next, announce::request_timeout};
use crate::api::pod::{ContainerState, ContainerStatus};
use crate::api::status::{ApiError, StatusReason};
use crate::api::{Key, Kind, Object, SimTime, Span, Str, Uid};
use crate::apiserver::Store;
use crate::base::rfc3339::parse_rfc3339;
use crate::process::{Io, Program, Step};
use std::rc::Rc;

/// The flags.
pub const FLAGS: &str = "all-pods? all-containers? f:follow? timestamps? limit-bytes# p:previous? tail# ignore-errors? \
    since-time since% c:container insecure-skip-tls-verify-backend? pod-running-timeout% l:selector max-log-requests# \
    prefix?";

/// The help.
pub const HELP: &str =
    "Print the logs for a container in a pod or specified resource. If the pod has only one \
container, the container name is optional.

Usage:
  kubectl logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER] [options]";

/// How long a pod, and a followed log, is waited for.
const POD_TIMEOUT: Span = Span::seconds(20);

/// One container's log.
struct Source {
    pod: Rc<Object>,
    container: String,
}

/// Which lines of a log are printed, and how.
#[derive(Clone)]
struct Options {
    previous: bool,
    timestamps: bool,
    prefix: bool,
    tail: Option<usize>,
    since: Option<SimTime>,
    limit_bytes: Option<usize>,
}

/// `kubectl logs`: of a pod, of all that a selector finds, or of what an object owns.
pub fn run(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let selects = !inv.text("selector").is_empty();
    match inv.args.len() {
        0 if selects => {}
        1 if selects => return Err(inv.usage("only a selector (-l) or a POD name is allowed")),
        1 | 2 => {}
        _ => {
            return Err(inv.usage(
                "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument \
                 for the logs command",
            ));
        }
    }
    let container = inv.args.get(1).map_or(inv.text("container"), String::as_str);
    let patience = awaiting::patience(inv, POD_TIMEOUT)?;
    let objects = objects(inv, io)?;
    check(inv, container)?;
    if let Some(next) = inv.args.first().and_then(|word| awaiting::for_first_pod(inv, io, word, patience)) {
        return next;
    }
    let pods = pods(inv, &objects, io)?;
    let mut sources = Vec::new();
    for pod in pods {
        if inv.is("all-containers") {
            let spec = &pod.pod().spec;
            let all = spec.init_containers.iter().chain(spec.containers.iter());
            sources.extend(all.map(|c| Source { pod: pod.clone(), container: c.name.to_string() }));
            continue;
        }
        let (container, notice) = choose_container(&pod, container)?;
        io.err(notice.filter(|_| !inv.is("all-pods")).unwrap_or_default());
        sources.push(Source { pod, container });
    }
    let options = Options {
        previous: inv.is("previous"),
        timestamps: inv.is("timestamps"),
        prefix: inv.is("prefix") || inv.is("all-pods"),
        tail: match inv.int("tail") {
            Some(lines) => usize::try_from(lines).ok(),
            None => selects.then_some(10),
        },
        since: match inv.duration("since") {
            Some(span) => Some(io.api.now - span),
            None if inv.text("since-time").is_empty() => None,
            None => time(inv.text("since-time"))?,
        },
        limit_bytes: inv.int("limit-bytes").and_then(|n| usize::try_from(n).ok()),
    };
    if !inv.is("follow") {
        for source in &sources {
            match read(io.api.store(), source, &options) {
                Ok(log) => io.out(source.print(&log, &options)),
                Err(failure) if inv.is("ignore-errors") => io.out(format!("error: {}\n", message(&failure))),
                Err(failure) => return Err(failure),
            }
        }
        return Next::OK;
    }
    let most = inv.int("max-log-requests").unwrap_or(5);
    if sources.len() > 1 && sources.len() as i64 > most {
        return Err(Failure::client(format!(
            "you are attempting to follow {} log streams, but maximum allowed concurrency is {most}, use \
             --max-log-requests to increase the limit",
            sources.len()
        )));
    }
    let give_up_at = io.api.now + patience;
    let timeout = request_timeout(inv)?;
    let stream = |source| Stream { source, printed: None, container_id: Str::default(), ended: false };
    Ok(Next::GoOn(Box::new(Follow {
        streams: sources.into_iter().map(stream).collect(),
        options,
        try_at: io.api.now,
        give_up_at,
        cut_at: timeout.map(|timeout| io.api.now + timeout),
    })))
}

/// Reads `--since-time`. Errors: as those of Go's `time.Parse`.
fn time(text: &str) -> Result<Option<SimTime>, Failure> {
    let utc = parse_rfc3339(text).map_err(Failure::Client)?;
    Ok(SimTime::parse_rfc3339(&utc))
}

/// Models LogsOptions.Validate.
fn check(inv: &Invocation, container: &str) -> Result<(), Failure> {
    let refuse = |message: &str| Err(Failure::client(message));
    if inv.has("since-time") && inv.has("since") {
        return refuse("at most one of `sinceTime` or `sinceSeconds` may be specified");
    }
    if inv.is("all-containers") && !container.is_empty() {
        return Err(Failure::client(format!(
            "--all-containers=true should not be specified with container name {container}"
        )));
    }
    if inv.has("container") && inv.args.len() == 2 {
        return refuse("only one of -c or an inline [CONTAINER] arg is allowed");
    }
    if inv.int("limit-bytes").is_some_and(|n| n < 0) {
        return refuse("--limit-bytes must be greater than 0");
    }
    if inv.duration("since").is_some_and(|s| s.0 < 0) {
        return refuse("--since must be greater than 0");
    }
    if inv.int("tail").is_some_and(|n| n < -1) {
        return refuse("--tail must be greater than or equal to -1");
    }
    Ok(())
}

/// What the command line names: pods, or one object that has pods.
fn objects(inv: &Invocation, io: &mut Io) -> Result<Vec<Rc<Object>>, Failure> {
    let store = io.api.store();
    let Some(arg) = inv.args.first() else {
        let found = Query::of(inv, &["pods".into()]).find(store)?;
        if found.objects.is_empty() {
            io.err(format!("No resources found in {} namespace.\n", inv.namespace()));
        }
        return Ok(found.objects);
    };
    let (kind, name) = match arg.contains('/') {
        true => resource::kind_and_name(arg)?,
        false => (Kind::Pod, arg.clone()),
    };
    let key = if kind.info().namespaced {
        Key::new(kind, inv.namespace(), &name)
    } else {
        Key::cluster(kind, &name)
    };
    let object = store.get(&key).cloned().ok_or_else(|| {
        let error = ApiError::not_found(&key);
        let (reason, namespace) = (error.reason.name(), inv.namespace());
        Failure::client(format!("error from server ({reason}): {} in namespace {namespace:?}", error.message))
    })?;
    Ok(vec![object])
}

/// The pods behind what the command line names.
fn pods(inv: &Invocation, objects: &[Rc<Object>], io: &mut Io) -> Result<Vec<Rc<Object>>, Failure> {
    let [object] = objects else { return Ok(objects.to_vec()) };
    if object.kind == Kind::Pod {
        return Ok(objects.to_vec());
    }
    let Some(selector) = selector_of(object) else {
        let name = object.kind.name();
        return Err(Failure::client(format!(
            "cannot get the logs from *{}.{name}: selector for *{}.{name} not implemented",
            object.kind.info().version,
            object.kind.info().version
        )));
    };
    let mut pods = by_logging(io.api.store(), &object.meta.namespace, &selector);
    if pods.is_empty() {
        return Err(Failure::client("timed out waiting for the condition"));
    }
    if pods.len() > 1 && !inv.is("all-pods") {
        io.err(format!("Found {} pods, using pod/{}\n", pods.len(), pods[0].meta.name));
        pods.truncate(1);
    }
    Ok(pods)
}

/// A log's lines.
type Log = Rc<Vec<(SimTime, Str)>>;

/// A container's log, as its node gives it out. Errors: there is none yet, or the node doesn't answer.
fn read(store: &Store, source: &Source, options: &Options) -> Result<Log, Failure> {
    let meta = &source.pod.meta;
    let Some(pod) = store.get(&source.pod.key()).filter(|p| p.meta.uid == meta.uid) else {
        return Err(ApiError::not_found(&source.pod.key()).into());
    };
    if pod.pod().spec.node_name.is_none() {
        return Ok(Log::default());
    }
    if let Some(host) = silent_kubelet(store, pod) {
        return Err(Failure::Plain(format!(
            "Error from server: Get \"https://{host}/containerLogs/{}/{}/{}\": {}",
            meta.namespace,
            meta.name,
            source.container,
            no_route(&host)
        )));
    }
    let bad = |message: String| Err(ApiError::new(StatusReason::BadRequest, message).into());
    let (name, container) = (&meta.name, &source.container);
    let Some(status) = pod.pod().container_status(container) else {
        return bad(format!("container {container:?} in pod {:?} is not available", &**name));
    };
    if let Some(why) = no_log(status, options.previous) {
        let what = if options.previous { "previous terminated container" } else { "container" };
        return bad(format!("{what} {container:?} in pod {:?} {why}", &**name));
    }
    let written = store.get(&files_key(meta.uid)).map(|o| o.container_files().containers.clone());
    let output = written.and_then(|containers| containers.get(container.as_str()).cloned());
    if output.is_none() && status.is_from_before(options.previous) {
        let of = format!("container {container:?} in pod {:?}", &**name);
        return Err(Failure::client(format!("the opened state has no logs of {of}: it ran before")));
    }
    Ok(output
        .map(|o| if options.previous { o.previous_log.clone() } else { o.log.clone() })
        .unwrap_or_default())
}

/// All that a container has written, or why it can't be had.
pub(super) fn whole(store: &Store, pod: &Rc<Object>, container: &str) -> Result<String, String> {
    let source = Source { pod: pod.clone(), container: container.to_string() };
    let options = Options {
        previous: false,
        timestamps: false,
        prefix: false,
        tail: None,
        since: None,
        limit_bytes: None,
    };
    read(store, &source, &options).map(|log| source.print(&log, &options)).map_err(|why| message(&why))
}

/// Why a container has no log.
fn no_log(status: &ContainerStatus, previous: bool) -> Option<String> {
    if previous {
        return status.last_state.is_none().then(|| "not found".into());
    }
    match &status.state {
        ContainerState::Waiting { .. } if status.last_state.is_some() => None,
        ContainerState::Waiting { reason, .. } => Some(match &**reason {
            "ErrImagePull" => "is waiting to start: image can't be pulled".into(),
            "ImagePullBackOff" => "is waiting to start: trying and failing to pull image".into(),
            reason => format!("is waiting to start: {reason}"),
        }),
        ContainerState::Running { .. } => None,
        ContainerState::Terminated(t) => {
            (t.container_id.is_empty() && status.last_state.is_none()).then(|| "is terminated".into())
        }
    }
}

/// Where what a pod's containers wrote is kept.
fn files_key(uid: Uid) -> Key {
    Key::cluster(Kind::ContainerFiles, &uid.to_string())
}

fn message(failure: &Failure) -> String {
    match failure {
        Failure::Server(error) => error.message.clone(),
        other => other.text(),
    }
}

impl Source {
    /// The lines that are asked for.
    fn print(&self, log: &[(SimTime, Str)], options: &Options) -> String {
        let from = options.since.map_or(0, |since| log.partition_point(|(at, _)| *at < since));
        let log = &log[from..];
        let tail = options.tail.map_or(0, |tail| log.len().saturating_sub(tail));
        let mut text = self.lines(&log[tail..], options);
        if let Some(limit) = options.limit_bytes.filter(|limit| *limit < text.len()) {
            let end = (0..=limit).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            text.truncate(end);
        }
        text
    }

    fn lines(&self, log: &[(SimTime, Str)], options: &Options) -> String {
        let mut text = String::new();
        for (at, line) in log {
            if options.prefix {
                text.push_str(&format!("[pod/{}/{}] ", self.pod.meta.name, self.container));
            }
            if options.timestamps {
                let seconds = at.rfc3339();
                let fraction = at.0.rem_euclid(1000);
                text.push_str(&format!("{}.{fraction:03}000000Z ", seconds.trim_end_matches('Z')));
            }
            text.push_str(line);
            text.push('\n');
        }
        text
    }
}

/// `-f`
struct Follow {
    streams: Vec<Stream>,
    options: Options,
    /// When logs that are not there yet are asked for again.
    try_at: SimTime,
    give_up_at: SimTime,
    /// When the request has taken as long as it may (`--request-timeout`).
    cut_at: Option<SimTime>,
}

struct Stream {
    source: Source,
    /// How many lines were printed; `None` before the log was there.
    printed: Option<usize>,
    /// Whose log it is: the one after a restart is another.
    container_id: Str,
    ended: bool,
}

impl Program for Follow {
    fn run(&mut self, io: &mut Io) -> Step {
        let now = io.api.now;
        let tries = now >= self.try_at;
        let mut waits = false;
        for stream in self.streams.iter_mut().filter(|s| !s.ended) {
            let result = stream.go_on(io, &self.options);
            if let Err(failure) = result {
                waits = true;
                if tries {
                    io.err(message(&failure) + "\n");
                }
            }
        }
        if self.streams.iter().all(|s| s.ended) {
            return Step::Exit(0);
        }
        if self.cut_at.is_some_and(|at| now >= at) {
            let why = "context deadline exceeded (Client.Timeout or context cancellation while reading body)";
            return super::fail(&Failure::client(why), io);
        }
        if !waits {
            return self.cut_at.map_or(Step::OnChange, Step::OnChangeOrAt);
        }
        if now >= self.give_up_at {
            return super::fail(&Failure::client("context deadline exceeded"), io);
        }
        if tries {
            self.try_at = now + Span::seconds(1);
        }
        Step::OnChangeOrAt(self.cut_at.map_or(self.try_at, |at| at.min(self.try_at)))
    }
}

impl Stream {
    /// Prints what is new. Errors: there is no log yet.
    fn go_on(&mut self, io: &mut Io, options: &Options) -> Result<(), Failure> {
        let store = io.api.store();
        let pod =
            store.get(&self.source.pod.key()).filter(|p| p.meta.uid == self.source.pod.meta.uid).cloned();
        let Some(printed) = self.printed else {
            let log = read(store, &self.source, options)?;
            io.out(self.source.print(&log, options));
            self.printed = Some(log.len());
            let status = pod.as_ref().and_then(|p| p.pod().container_status(&self.source.container));
            self.container_id = status.map(|s| s.container_id.clone()).unwrap_or_default();
            self.ended = options.previous || !status.is_some_and(|s| runs(s, &self.container_id));
            return Ok(());
        };
        let status = pod.as_ref().and_then(|p| p.pod().container_status(&self.source.container));
        let files =
            store.get(&files_key(self.source.pod.meta.uid)).map(|o| o.container_files().containers.clone());
        let output = files.and_then(|files| files.get(self.source.container.as_str()).cloned());
        let restarted = status.is_some_and(|s| s.container_id != self.container_id);
        let log = output
            .map(|o| if restarted { o.previous_log.clone() } else { o.log.clone() })
            .unwrap_or_default();
        if let Some(new) = log.get(printed..) {
            io.out(self.source.lines(new, options));
            self.printed = Some(log.len());
        }
        self.ended = !status.is_some_and(|s| runs(s, &self.container_id));
        Ok(())
    }
}

/// Whether this container, and not one started after it, still runs.
fn runs(status: &ContainerStatus, container_id: &str) -> bool {
    *status.container_id == *container_id && matches!(status.state, ContainerState::Running { .. })
}
