//! The verbs that get into a container: exec, run, attach; and those that would need more than a terminal. Models
//! `k8s.io/kubectl/pkg/cmd`: exec, run, attach, cp, portforward, autoscale, edit, debug.

use super::arguments::required;
use super::create;
use super::documents;
use super::options::DryRun;
use super::printing::say;
use crate::api::pod::{Container, ContainerState};
use crate::api::read::get;
use crate::api::status::{ApiError, StatusReason};
use crate::api::{Key, Kind, Object, PodPhase, SimTime, Span, Str};
use crate::apiserver::DeleteOptions;
use crate::kubectl::awaiting;
use crate::kubectl::pods;
use crate::kubectl::resource::kind_and_name;
use crate::kubectl::{Failure, Invocation, Next, fail};
use crate::kubelet;
use crate::process;
use crate::process::shell::ShellSession;
use crate::process::{Io, Program, Step};
use serde_json::json;
use shell::{Flavour, Host, Shell, Unknown, reads_commands};
use std::rc::Rc;

/// How long a command waits for its pod to run (`--pod-running-timeout`).
const POD_RUNNING_TIMEOUT: Span = Span::seconds(60);

/// How long the verb waits for its pod. Errors: the flag asks for no time.
pub(super) fn patience(inv: &Invocation) -> Result<Span, Failure> {
    awaiting::patience(inv, POD_RUNNING_TIMEOUT).map_err(|why| inv.usage(why.cause().0))
}

/// The container of this name. Errors: there is none.
fn named_container(object: &Object, name: &str) -> Result<Container, Failure> {
    object.pod().spec.container(name).cloned().ok_or_else(|| {
        let (pod, all) = (&object.meta.name, pods::all_containers(object));
        Failure::client(format!("container {name} is not valid for pod {pod} out of: {all}"))
    })
}

/// The container that is meant. Models `podcmd.FindOrDefaultContainerByName`.
fn container(inv: &Invocation, io: &mut Io, object: &Object) -> Result<Container, Failure> {
    let spec = &object.pod().spec;
    let annotated = object.meta.annotation("kubectl.kubernetes.io/default-container");
    if let Some(name) = inv.get("container").or(annotated) {
        return named_container(object, name);
    }
    let first =
        spec.containers.first().cloned().ok_or_else(|| Failure::client("a pod without containers"))?;
    let count = spec.containers.len() + spec.init_containers.len() + spec.ephemeral_containers.len();
    if count > 1 && !inv.is("quiet") {
        io.err(format!("Defaulted container {:?} out of: {}\n", &*first.name, pods::all_containers(object)));
    }
    Ok(first)
}

/// The pod of `flask-0`, `pod/flask-0` or `sts/flask` (its first one). Models `attachablePodForObject`.
pub(super) fn pod(inv: &Invocation, io: &Io, word: &str) -> Result<Rc<Object>, Failure> {
    let (kind, name) = if word.contains('/') { kind_and_name(word)? } else { (Kind::Pod, word.to_string()) };
    let object = io.api.get(&Key::new(kind, inv.namespace(), &name))?;
    if object.kind == Kind::Pod {
        return Ok(object);
    }
    let type_name = format!("*{}.{}", kind.info().version, kind.name());
    let cannot = |why: String| Failure::client(format!("cannot attach to {type_name}: {why}"));
    let selector = pods::selector_of(&object).ok_or_else(|| match kind {
        Kind::Service => cannot(format!("invalid service '{name}': Service is defined without a selector")),
        _ => cannot(format!("selector for {type_name} not implemented")),
    })?;
    pods::most_active(io.api.store(), inv.namespace(), &selector)
        .ok_or_else(|| Failure::client("timed out waiting for the condition"))
}

/// The prompt of a shell in a container, as its image has it; `{}` stands for the directory.
fn prompt(object: &Object, container: &Container, flavour: Option<Flavour>) -> Str {
    let host = &object.meta.name;
    let image = container.image.rsplit('/').next().unwrap_or_default();
    let text = match (image.split([':', '@']).next().unwrap_or_default(), flavour) {
        (_, Some(Flavour::Zsh)) => format!("{host}  {{}}  "),
        ("busybox" | "alpine" | "netshoot", _) => "{} # ".to_string(),
        (_, Some(Flavour::Bash)) => format!("root@{host}:{{}}# "),
        _ => "# ".to_string(),
    };
    text.into()
}

/// A command in a container that runs.
fn session(
    inv: &Invocation,
    io: &mut Io,
    object: &Object,
    container: &Container,
    words: &[String],
) -> ShellSession {
    let address = object.pod().status.pod_ip.as_deref().unwrap_or_default();
    let variables = kubelet::environment(io.api.store(), object, container, address);
    let own = get(&container.raw, "workingDir").as_str();
    let home = if reads_commands(words) == Some(Flavour::Zsh) { "/root" } else { "/" };
    let directory = own.unwrap_or(home);
    let tty = inv.tty.clone().filter(|_| inv.is("stdin") && inv.is("tty"));
    if inv.is("stdin") && inv.is("tty") && tty.is_none() && !inv.is("quiet") {
        io.err("Unable to use a TTY - input is not a terminal or the right kind of file\n");
    }
    let mut shell = match reads_commands(words).filter(|_| tty.is_some()) {
        Some(flavour) => Shell::interactive(flavour, &variables, directory),
        None => Shell::script(words, &variables, directory, Unknown::NotSimulated),
    };
    shell.set_pid(kubelet::COMMAND_PID);
    if let (Some(text), true) = (&inv.stdin, inv.is("stdin")) {
        shell.set_stdin(text);
    }
    let prompt = prompt(object, container, reads_commands(words));
    let place =
        Box::new(process::pod::Container { pod: object.key(), container: container.name.clone(), prompt });
    ShellSession::new(shell, place, tty)
}

/// Whether the pod's kubelet lets somebody in. Errors: it does not answer.
fn answers(io: &Io, object: &Object) -> Result<(), Failure> {
    let host = pods::silent_kubelet(io.api.store(), object);
    let dial = |host: String| format!("Error from server: error dialing backend: {}", pods::no_route(&host));
    host.map_or(Ok(()), |host| Err(Failure::Plain(dial(host))))
}

/// `pod/flask-0`: what stands in the file of `-f`. Errors: it is not one object.
fn in_file(inv: &Invocation) -> Result<String, Failure> {
    let (documents, failures) = documents::read_all(inv)?;
    Failure::all(failures)?;
    match &documents[..] {
        [document] => Ok(format!("{}/{}", document.kind.info().plural, document.name)),
        _ => Err(Failure::client("cannot exec into multiple objects at a time")),
    }
}

/// `kubectl exec flask-0 -- cat FILE`
pub fn exec(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let (names, words) = inv.args.split_at(inv.before_dash.unwrap_or(inv.args.len()));
    if inv.before_dash.is_none() && names.len() > 1 {
        return Err(
            inv.usage("exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead")
        );
    }
    let named;
    let name = match names.first() {
        _ if inv.has("filename") => {
            named = in_file(inv)?;
            &named
        }
        Some(name) => name,
        None => return Err(Failure::client("pod, type/name or --filename must be specified")),
    };
    if words.is_empty() {
        return Err(Failure::client("you must specify at least one command for the container"));
    }
    if let Some(next) = awaiting::for_first_pod(inv, io, name, patience(inv)?) {
        return next;
    }
    let (object, container) = reachable(inv, io, name)?;
    let host = kubelet::exec_host(io.api, io.nodes, &object.key(), &container.name);
    if host.is_some_and(|host| host.lacks_program(&words[0]) && !host.has_program(&words[0])) {
        return Err(cannot_start(&object, io.api.now, &words[0]));
    }
    let session = session(inv, io, &object, &container, words);
    Ok(Next::GoOn(Box::new(Exec(session))))
}

/// The runtime can't start a program that the image has not, in containerd's words.
fn cannot_start(object: &Object, now: SimTime, program: &str) -> Failure {
    let id = kubelet::exec_id(&object.meta.name, now.unix_ms(), program);
    let why = kubelet::cannot_exec(&id, program);
    Failure::client(format!("Internal error occurred: error executing command in container: {why}"))
}

/// The pod and the container in which a command is to run. Errors: nothing can run there.
pub(super) fn reachable(
    inv: &Invocation,
    io: &mut Io,
    name: &str,
) -> Result<(Rc<Object>, Container), Failure> {
    let object = pod(inv, io, name)?;
    let phase = object.pod().status.phase;
    if object.pod().is_terminal() {
        let phase = phase.name();
        return Err(Failure::client(format!(
            "cannot exec into a container in a completed pod; current phase is {phase}"
        )));
    }
    let container = container(inv, io, &object)?;
    if object.pod().spec.node_name.is_none() {
        return Err(no_host(&object));
    }
    answers(io, &object)?;
    if kubelet::exec_host(io.api, io.nodes, &object.key(), &container.name).is_none() {
        return Err(Failure::client(format!(
            "Internal error occurred: unable to upgrade connection: container not found ({:?})",
            &*container.name
        )));
    }
    let status = object.pod().container_status(&container.name);
    if status.is_some_and(|status| status.is_from_before(false)) {
        let of = format!("container {:?} in pod {:?}", &*container.name, &*object.meta.name);
        return Err(Failure::client(format!(
            "the opened state has nothing of what is in {of}: it ran before"
        )));
    }
    Ok((object, container))
}

/// Says how a command in a container ended if it did not end well.
struct Exec(ShellSession);

impl Program for Exec {
    fn run(&mut self, io: &mut Io) -> Step {
        let step = self.0.run(io);
        if let Step::Exit(code @ 1..) = step {
            io.err(format!("command terminated with exit code {code}\n"));
        }
        step
    }

    fn interrupt(&mut self, io: &mut Io) -> Option<i32> {
        self.0.interrupt(io)
    }
}

/// `kubectl run -ti --rm --image=nicolaka/netshoot testpod1 -- zsh`
pub fn run(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    required(inv, &["image"])?;
    let name = match inv.args.first() {
        Some(name) if inv.before_dash != Some(0) => name,
        _ => return Err(inv.usage("NAME is required for run")),
    };
    let patience = patience(inv)?;
    let image = inv.text("image");
    if image.is_empty() {
        return Err(Failure::client("--image is required"));
    }
    if image.contains(|c: char| c.is_ascii_uppercase() || c.is_whitespace()) {
        return Err(Failure::client(format!("Invalid image name {image:?}: invalid reference format")));
    }
    if inv.is("tty") && !inv.is("stdin") {
        return Err(inv.usage("-i/--stdin is required for containers with -t/--tty=true"));
    }
    if inv.is("expose") && !inv.has("port") {
        return Err(inv.usage("--port must be set when exposing a service"));
    }
    let policy = match inv.text("restart") {
        "" if inv.is("stdin") => "OnFailure",
        "" => "Always",
        policy @ ("Always" | "OnFailure" | "Never") => policy,
        other => return Err(inv.usage(format!("invalid restart policy: {other}"))),
    };
    let attaches = inv.is_or("attach", inv.is("stdin"));
    if inv.is("rm") && !attaches {
        return Err(inv.usage("--rm should only be used for attached containers"));
    }
    if attaches && DryRun::of(inv)? != DryRun::No {
        return Err(inv.usage(
            "--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, or --tty)",
        ));
    }
    let pull = inv.text("image-pull-policy");
    if !matches!(pull, "" | "Always" | "IfNotPresent" | "Never") {
        return Err(inv.usage(format!("invalid image pull policy: {pull}")));
    }
    let tree = create::run_pod(inv, name, policy)?;
    let object = create::make(inv, io, Kind::Pod, tree, "")?;
    let mut failures = Vec::new();
    if inv.is("expose") {
        let port = inv.text("port").parse::<i64>().unwrap_or_default();
        let spec = json!({"selector": {"run": name}, "ports": [{"port": port, "protocol": "TCP", "targetPort": port}]});
        let service = json!({"metadata": {"name": name}, "spec": spec});
        match create::make(inv, io, Kind::Service, service, "created") {
            Ok(_) if inv.text("output") == "yaml" => io.out("---\n"),
            Ok(_) => {}
            Err(why) => failures.push(why),
        }
    }
    if !attaches {
        say(inv, io, &object, "created", DryRun::of(inv)?)?;
        Failure::all(failures)?;
        return Next::OK;
    }
    Ok(Next::GoOn(Box::new(Attached {
        inv: inv.clone(),
        pod: object.key(),
        added: None,
        waits_for_end: policy != "Always" && !inv.is("leave-stdin-open"),
        only_success: policy == "OnFailure",
        stage: Stage::Starting,
        until: io.api.now + patience,
    })))
}

/// A terminal at a container's first process: `kubectl run -i`, `kubectl attach`.
pub(super) struct Attached {
    inv: Invocation,
    pod: Key,
    /// The container that was added for it; none if the pod is all for it.
    added: Option<Added>,
    waits_for_end: bool,
    only_success: bool,
    stage: Stage,
    until: SimTime,
}

/// A container that was added to look into a pod.
struct Added {
    name: Str,
    /// The last that was said of why it does not run.
    told: Option<Str>,
}

enum Stage {
    /// The pod does not run yet.
    Starting,
    /// A shell reads the terminal.
    Shell { session: Box<ShellSession>, container: Str },
    /// Some program prints to its log; so many lines have been shown.
    Log { container: Str, shown: usize },
    /// The pod has to come to its end.
    Ending,
}

impl Attached {
    /// To a container that was added to look into a pod, once it runs.
    pub(super) fn to_added(inv: &Invocation, pod: Key, container: Str) -> Attached {
        Attached {
            inv: inv.clone(),
            pod,
            added: Some(Added { name: container, told: None }),
            waits_for_end: false,
            only_success: false,
            stage: Stage::Starting,
            until: SimTime(i64::MAX),
        }
    }

    /// Whether that container runs or has run; what keeps it from that is told.
    fn has_added(&mut self, io: &mut Io, pod: &Object) -> bool {
        let Some(added) = &mut self.added else { return false };
        match pod.pod().container_status(&added.name).map(|status| &status.state) {
            Some(ContainerState::Running { .. } | ContainerState::Terminated(_)) => true,
            Some(ContainerState::Waiting { message: Some(why), .. }) => {
                if added.told.as_ref() != Some(why) && !self.inv.is("quiet") {
                    io.err(format!("Warning: container {}: {why}\n", added.name));
                    added.told = Some(why.clone());
                }
                false
            }
            _ => false,
        }
    }

    /// Goes on. Returns what to wait for, or the exit code.
    fn go_on(&mut self, io: &mut Io) -> Result<Step, Failure> {
        loop {
            let object = io.api.get(&self.pod);
            match &mut self.stage {
                Stage::Starting if self.added.is_some() => {
                    let object = object?;
                    if !self.has_added(io, &object) {
                        return Ok(Step::OnChange);
                    }
                    let name = self.added.as_ref().map_or("", |added| &added.name);
                    let container = named_container(&object, name)?;
                    self.stage = attach(&self.inv, io, &object, container)?;
                }
                Stage::Starting => {
                    let object = object?;
                    let pod = object.pod();
                    let runs = pod.status.phase == PodPhase::Running && pod.is_ready();
                    if !runs && !pod.is_terminal() {
                        if self.until <= io.api.now {
                            return Err(Failure::client("timed out waiting for the condition"));
                        }
                        return Ok(Step::OnChangeOrAt(self.until));
                    }
                    let container = container(&self.inv, io, &object)?;
                    self.stage = attach(&self.inv, io, &object, container)?;
                }
                Stage::Shell { session, container } => {
                    let code = match session.run(io) {
                        Step::Exit(code) => code,
                        wait => return Ok(wait),
                    };
                    kubelet::end_program(io.nodes, &self.pod, container, io.api.now, code);
                    if self.inv.tty.is_some() && self.inv.is("tty") && !self.inv.is("quiet") {
                        io.out(session_ended(&self.pod, container, object.ok().as_deref()));
                    }
                    self.end(io);
                }
                Stage::Log { container, shown } => {
                    let Ok(object) = object else { return Ok(Step::Exit(0)) };
                    let log = log_of(io, &object, container);
                    for (_, line) in log.iter().skip(*shown) {
                        io.out(format!("{line}\n"));
                    }
                    *shown = log.len();
                    let state = object.pod().container_status(container).map(|s| &s.state);
                    if !matches!(state, Some(ContainerState::Terminated(_))) {
                        return Ok(Step::OnChange);
                    }
                    self.end(io);
                }
                Stage::Ending => {
                    if !self.waits_for_end {
                        return Ok(Step::Exit(0));
                    }
                    let object = object?;
                    let pod = object.pod();
                    return match pod.status.phase {
                        PodPhase::Succeeded => Ok(Step::Exit(0)),
                        PodPhase::Failed if !self.only_success => Ok(Step::Exit(failed(io, &object))),
                        _ if self.until <= io.api.now => {
                            Err(Failure::client("timed out waiting for the condition"))
                        }
                        _ => Ok(Step::OnChangeOrAt(self.until)),
                    };
                }
            }
        }
    }

    /// From now on only the pod's end is waited for.
    fn end(&mut self, io: &Io) {
        self.stage = Stage::Ending;
        self.until = io.api.now + self.inv.duration("pod-running-timeout").unwrap_or(POD_RUNNING_TIMEOUT);
    }

    /// `--rm`
    fn remove(&self, io: &mut Io) {
        if self.inv.is("rm")
            && io.api.delete(&self.pod, DeleteOptions::default()).is_ok()
            && !self.inv.is("quiet")
        {
            let Key { namespace, name, .. } = &self.pod;
            io.out(format!("pod {name:?} deleted from {namespace} namespace\n"));
        }
    }
}

/// Models attach.go: reattachMessage.
fn session_ended(pod: &Key, container: &str, object: Option<&Object>) -> String {
    let Key { name, namespace, .. } = pod;
    let again = format!("'kubectl attach {name} -c {container} -n {namespace} -i -t'");
    let is_ephemeral =
        object.is_some_and(|pod| pod.pod().spec.ephemeral_containers.iter().any(|c| &*c.name == container));
    if is_ephemeral {
        format!(
            "Session ended, the ephemeral container will not be restarted but may be reattached using {again} if it is still \
             running\n"
        )
    } else {
        format!("Session ended, resume using {again} command\n")
    }
}

/// What a failed pod's command says and returns.
fn failed(io: &mut Io, object: &Object) -> i32 {
    let statuses = &object.pod().status.container_statuses;
    let Some(ContainerState::Terminated(end)) = statuses.first().map(|s| &s.state) else { return 1 };
    let (namespace, name) = (&object.meta.namespace, &object.meta.name);
    let message = end.message.as_deref().unwrap_or_default();
    io.err(format!("pod {namespace}/{name} terminated ({})\n{message}\n", end.reason));
    end.exit_code
}

impl Program for Attached {
    fn run(&mut self, io: &mut Io) -> Step {
        match self.go_on(io) {
            Ok(Step::Exit(code)) => {
                self.remove(io);
                Step::Exit(code)
            }
            Ok(step) => step,
            Err(failure) => {
                self.remove(io);
                fail(&failure, io)
            }
        }
    }

    fn interrupt(&mut self, io: &mut Io) -> Option<i32> {
        match &mut self.stage {
            Stage::Shell { session, .. } => session.interrupt(io),
            _ => Some(130),
        }
    }
}

/// Attaches to a pod that runs, or has run.
fn attach(inv: &Invocation, io: &mut Io, object: &Object, container: Container) -> Result<Stage, Failure> {
    answers(io, object)?;
    let words: Vec<String> = container.command.iter().chain(&container.args).map(|w| w.to_string()).collect();
    let reads = get(&container.raw, "stdin") == true && inv.is("stdin");
    let shell = reads_commands(&words).is_some() || words.is_empty();
    if object.pod().is_terminal() {
        return Ok(Stage::Log { container: container.name.clone(), shown: 0 });
    }
    if !inv.is("quiet") {
        if inv.is("tty") && get(&container.raw, "tty") != true {
            io.err(format!(
                "error: Unable to use a TTY - container {} did not allocate one\n",
                container.name
            ));
        }
        io.err(
            "All commands and output from this session will be recorded in container logs, including credentials and \
             sensitive information passed through the command prompt.\nIf you don't see a command prompt, try pressing \
             enter.\n",
        );
    }
    if !reads || !shell {
        return Ok(Stage::Log { container: container.name.clone(), shown: 0 });
    }
    let words = if words.is_empty() { vec!["sh".to_string()] } else { words };
    let session = Box::new(session(inv, io, object, &container, &words));
    Ok(Stage::Shell { session, container: container.name.clone() })
}

/// `kubectl attach POD`
pub fn attach_to(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let word = match &inv.args[..] {
        [] => return Err(Failure::client("at least 1 argument is required for attach")),
        [word] => word.clone(),
        [kind, name] => format!("{kind}/{name}"),
        others => {
            return Err(Failure::client(format!(
                "expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) saw {}: [{}]",
                others.len(),
                others.join(" ")
            )));
        }
    };
    let patience = patience(inv)?;
    if let Some(next) = awaiting::for_first_pod(inv, io, &word, patience) {
        return next;
    }
    let object = pod(inv, io, &word)?;
    if object.pod().is_terminal() {
        let phase = object.pod().status.phase.name();
        return Err(Failure::client(format!(
            "cannot attach a container in a completed pod; current phase is {phase}"
        )));
    }
    let container = container(inv, io, &object)?;
    if object.pod().spec.node_name.is_none() {
        return Err(no_host(&object));
    }
    answers(io, &object)?;
    let key = object.key();
    if kubelet::exec_host(io.api, io.nodes, &key, &container.name).is_none() {
        let (name, namespace) = (&key.name, &key.namespace);
        return Err(Failure::client(format!(
            "Internal error occurred: unable to upgrade connection: container {} not found in pod {name}_{namespace}",
            container.name
        )));
    }
    let mut stage = attach(inv, io, &object, container)?;
    if let Stage::Log { container, shown } = &mut stage {
        // What was written before goes to nobody who comes later.
        *shown = log_of(io, &object, container).len();
    }
    Ok(Next::GoOn(Box::new(Attached {
        inv: inv.clone(),
        pod: key,
        added: None,
        waits_for_end: false,
        only_success: false,
        stage,
        until: io.api.now + patience,
    })))
}

/// What a container has written.
fn log_of(io: &Io, object: &Object, container: &str) -> Rc<Vec<(SimTime, Str)>> {
    let key = Key::cluster(Kind::ContainerFiles, &object.meta.uid.to_string());
    let files = io.api.store().get(&key);
    let output = files.and_then(|f| f.container_files().containers.get(container).cloned());
    output.map(|output| output.log.clone()).unwrap_or_default()
}

/// The API server has nowhere to go with a request to a pod without a node.
fn no_host(object: &Object) -> Failure {
    let message = format!("pod {} does not have a host assigned", object.meta.name);
    ApiError::new(StatusReason::BadRequest, message).into()
}
