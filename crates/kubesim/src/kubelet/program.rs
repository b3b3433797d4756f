//! What a container's process does: its command is run by the [`shell`] as far as it can be; the rest counts as a
//! server that serves until it is told to stop.

use super::container_files::{directory, file_system, lacks_program};
use super::environment::{environment, expand};
use super::files::Identity;
use super::host::{ContainerHost, ContainerPlace};
use super::known::{entry_point, is_run, runs_arguments};
use super::{files, image, network};
use crate::api::read::{get, strings};
use crate::api::{SimTime, Span, Str};
use crate::apiserver::{ApiServer, Store};
use crate::base::hash::name_hash;
use serde_json::Value;
use shell::{Host, Output, Shell, Step, Unknown, absolute, reads_commands};
use std::collections::BTreeMap;

/// How often a `tail -f` looks whether its file has grown.
const FOLLOW: Span = Span::seconds(1);
/// A script that never waits goes on after this time at the earliest: what it writes is kept each time.
const BUSY: Span = Span(500);
/// How many commands that can't be run are taken for done at one moment.
const NOT_SIMULATED_AT_ONCE: usize = 100;
/// The most units of work of a command that is run to its end at one moment, such as a probe's (`Shell::work_done`).
const MOST_WORK_AT_ONCE: i64 = 100_000;
/// The longest line of a log, in bytes: longer ones are split (containerd's `max_container_log_line_size`).
const LOG_LINE: usize = 16 << 10;

/// A container's first process.
#[derive(Clone, Debug)]
pub(super) enum Program {
    /// A program that is not simulated: a server that serves until it is told to stop.
    Server,
    /// A command that the shell runs.
    Script(Box<Script>),
}

/// A command under way.
#[derive(Clone, Debug)]
pub(super) struct Script {
    shell: Shell,
    wake: Option<SimTime>,
    /// It has become a program that is not simulated.
    serves: bool,
    /// What was printed since the last end of a line.
    line: String,
    /// The last command that could not be run.
    told: Option<Str>,
    /// Commands that could not be run, to be noted beside the log.
    not_simulated: Vec<Str>,
    /// It is a script or a tool, not the image's own program, of which it is assumed anyway that it runs.
    is_run: bool,
}

impl Program {
    /// What the container's command says; `None` is a container that ends at once, well.
    pub fn of(store: &Store, place: &ContainerPlace) -> Program {
        let ContainerPlace { pod, container, address } = *place;
        let plain = image::is_plain_shell(&container.image);
        if !plain && container.command.is_empty() && !runs_arguments(container) {
            return Program::server(store, place);
        }
        let variables = environment(store, pod, container, address);
        let mut argv: Vec<String> = Vec::new();
        let known: BTreeMap<String, String> = collections::collect(variables.iter().cloned());
        let words = container.command.iter().chain(&container.args);
        argv.extend(entry_point(container).map(String::from));
        argv.extend(words.map(|word| expand(word, &known)));
        let typed_into = get(&container.raw, "stdin") == true;
        if argv.is_empty() && plain && !typed_into {
            // The image's own command is a shell, and nobody types.
            argv = vec!["true".into()];
        }
        // A shell that somebody types into ends when they leave it.
        if argv.is_empty() || (typed_into && reads_commands(&argv).is_some()) {
            return Program::Server;
        }
        let shell = Shell::script(&argv, &variables, &directory(container), Unknown::NotSimulated);
        Program::script(shell, is_run(container))
    }

    /// An image's own server, or what it says where it can't start.
    fn server(store: &Store, place: &ContainerPlace) -> Program {
        let ContainerPlace { pod, container, .. } = *place;
        let is_plain = |raw: &Value| get(raw, "securityContext").is_null();
        if is_plain(&container.raw) && is_plain(&pod.pod().spec.raw) {
            return Program::Server;
        }
        Program::server_or_complaint(store, place)
    }

    #[inline(never)]
    fn server_or_complaint(store: &Store, place: &ContainerPlace) -> Program {
        let ContainerPlace { pod, container, address } = *place;
        let is_root = Identity::of(pod, container).user == 0;
        let Some(why) = image::refuses_to_start(pod, container, is_root) else { return Program::Server };
        let text =
            "echo \"$(date '+%Y/%m/%d %T') [emerg] 1#1: $0\" >&2; echo \"nginx: [emerg] $0\" >&2; exit 1";
        let argv = ["sh", "-c", text, &*why].map(String::from);
        let variables = environment(store, pod, container, address);
        Program::script(Shell::script(&argv, &variables, "/", Unknown::NotSimulated), true)
    }

    fn script(shell: Shell, is_run: bool) -> Program {
        let script = Script {
            shell,
            wake: None,
            serves: false,
            line: String::new(),
            told: None,
            not_simulated: Vec::new(),
            is_run,
        };
        Program::Script(Box::new(script))
    }

    /// Why the runtime can't start it, in containerd's words, if it surely can't.
    pub fn fails(store: &Store, place: &ContainerPlace) -> Option<String> {
        let ContainerPlace { pod, container, address } = *place;
        if container.command.is_empty() && !image::is_plain_shell(&container.image) {
            return None;
        }
        let word = container.command.iter().chain(&container.args).next()?;
        let known: BTreeMap<String, String> =
            collections::collect(environment(store, pod, container, address));
        let name = expand(word, &known);
        let files = file_system(store, pod, container, address);
        // What is no name to look for is a file, seen from the working directory.
        let place = if name.contains('/') { absolute(&directory(container), &name) } else { name.clone() };
        let may_not_run = |stat: shell::Stat| !stat.dir && stat.mode.is_some_and(|mode| mode & 0o111 == 0);
        let why = match name.contains('/') {
            true if files.stat(&place).is_some_and(may_not_run) => "permission denied".to_string(),
            _ if !lacks_program(&files, &container.image, &place) => return None,
            true => ["stat ", &name, ": no such file or directory"].concat(),
            false => "executable file not found in $PATH".to_string(),
        };
        Some(format!(
            "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: \
             unable to start container process: error during container init: exec: {name:?}: {why}: unknown"
        ))
    }

    /// When it goes on by itself.
    pub fn next_at(&self) -> Option<SimTime> {
        match self {
            Program::Server => None,
            Program::Script(script) => script.wake,
        }
    }

    /// Whether somebody listens on its ports.
    pub fn serves(&self) -> bool {
        match self {
            Program::Server => true,
            Program::Script(script) => script.serves,
        }
    }

    /// SIGTERM: whether it will end of it; `None` if it does something about it first.
    pub fn terminate(&mut self) -> Option<bool> {
        match self {
            Program::Server => Some(true),
            Program::Script(script) if script.serves => {
                // A server that a script waits for is stopped by the script's trap.
                if script.shell.terminate() { None } else { Some(true) }
            }
            // A container's first process gets no signal that it has not asked for.
            Program::Script(script) => {
                if script.shell.terminate() {
                    None
                } else {
                    Some(false)
                }
            }
        }
    }

    /// A signal that a command in the container sends: the exit code, if it ends of it.
    pub fn signal(&mut self, signal: u8, now: SimTime) -> Option<i32> {
        const KILL: u8 = 9;
        let ends = matches!(signal, 2 | 3 | 15);
        match self {
            _ if signal == KILL => Some(137),
            // A server ends well of what it is asked to end by.
            Program::Server => ends.then_some(0),
            Program::Script(script) if script.serves => ends.then_some(0),
            Program::Script(script) => {
                if script.shell.signal(signal) {
                    script.wake = Some(now);
                }
                None
            }
        }
    }

    /// Lets it go on until it waits. Returns its exit code if it has ended. `main`: its container is to serve, and is no
    /// init container.
    pub fn go_on(self, api: &mut ApiServer, place: &ContainerPlace, main: bool) -> (Program, Option<i32>) {
        let Program::Script(mut script) = self else { return (self, None) };
        let now = api.now;
        let mut host = ContainerHost::new(api, place);
        let (wake, exit) = script.run(&mut host, now, main);
        let not_simulated = std::mem::take(&mut script.not_simulated);
        let is_idle = main && !script.serves;
        script.wake = wake;
        let mut lines: Vec<Str> = Vec::new();
        for (_, text) in host.take_printed() {
            for piece in text.split_inclusive('\n') {
                script.line.push_str(piece.trim_end_matches('\n'));
                if piece.ends_with('\n') || script.line.len() >= LOG_LINE {
                    lines.push(std::mem::take(&mut script.line).into());
                }
            }
        }
        if exit.is_some() && !script.line.is_empty() {
            lines.push(std::mem::take(&mut script.line).into());
        }
        host.save();
        host.log(lines);
        host.set_idle(is_idle);
        if script.is_run {
            files::note_not_simulated(api, place.pod.meta.uid, &place.container.name, not_simulated);
        }
        (Program::Script(script), exit)
    }
}

impl Script {
    /// Runs until it waits or has ended: when it goes on, and its exit code.
    fn run(&mut self, host: &mut ContainerHost, now: SimTime, main: bool) -> (Option<SimTime>, Option<i32>) {
        for _ in 0..NOT_SIMULATED_AT_ONCE {
            match self.shell.run(host) {
                Step::Exit(code) => return (None, Some(code)),
                Step::Sleep { ms } => return (Some(now + Span(ms.max(1) as i64)), None),
                Step::WaitExternal { ms } => {
                    let ms = ms.map_or(BUSY.0, |ms| (ms as i64).clamp(1, BUSY.0));
                    return (Some(now + Span(ms)), None);
                }
                Step::Busy { ms } => return (Some(now + Span(ms as i64).max(BUSY)), None),
                Step::Forever => {
                    let follows = self.shell.followed().next().is_some();
                    return (follows.then(|| now + FOLLOW), None);
                }
                Step::Prompt { .. } | Step::Input => return (None, None),
                Step::NotSimulated { command, last } => {
                    // The same in a loop is told once.
                    if self.told.as_deref() != Some(&*command) {
                        note(host, &command);
                    }
                    self.told = Some(command.as_str().into());
                    self.not_simulated.push(command.into());
                    let is_server = last && main;
                    if self.shell.decides() || !is_server && host.unknown_fails() {
                        // What is not known is not true.
                        self.shell.fail(1);
                    } else if is_server {
                        self.serves = true;
                        self.shell.hold();
                    }
                }
            }
        }
        (Some(now + BUSY), None)
    }
}

/// The line in the log about a command that can't be run.
fn note(host: &mut ContainerHost, command: &str) {
    shell::Host::output(host, Output::Stdout, &format!("[not simulated: {command}]\n"));
}

/// The number of a command that is run beside a container's first process.
pub(crate) const COMMAND_PID: u32 = 37;

/// How a command that was run to its end at once ended.
enum Ended {
    Exit(i32),
    /// As well as may be: what it does with the answer of a program that is not simulated is anybody's guess.
    Unknown,
    /// It would have taken longer than it may.
    TimedOut,
}

/// Runs a command in a container to its end at one moment: the time that it sleeps passes for it alone. Returns how it
/// ended, what it printed (all of it, and to standard error), and how long it slept.
fn run_at_once(
    api: &mut ApiServer,
    place: &ContainerPlace,
    command: &[Str],
    may_take: Span,
) -> (Ended, [String; 2], Span) {
    let ContainerPlace { pod, container, address } = *place;
    let variables = environment(api.store(), pod, container, address);
    let argv: Vec<String> = command.iter().map(|word| word.to_string()).collect();
    let mut shell = Shell::script(&argv, &variables, &directory(container), Unknown::NotSimulated);
    shell.set_pid(COMMAND_PID);
    let mut host = ContainerHost::new(api, place);
    let mut ended = Ended::TimedOut;
    let mut guesses = false;
    let mut not_simulated: Vec<Str> = Vec::new();
    let unknown_fails = host.unknown_fails();
    while (host.ahead_ms as i64) < may_take.0.max(1) && shell.work_done() < MOST_WORK_AT_ONCE {
        match shell.run(&mut host) {
            Step::Exit(code) => {
                ended = if guesses { Ended::Unknown } else { Ended::Exit(code) };
                break;
            }
            Step::Sleep { ms } => host.ahead_ms += ms.max(1),
            Step::Busy { ms } => host.ahead_ms += ms,
            Step::WaitExternal { .. } => host.ahead_ms += 1,
            Step::NotSimulated { command, .. } => {
                guesses = !unknown_fails;
                host.ahead_ms += 1;
                not_simulated.push(command.into());
                if shell.decides() || unknown_fails {
                    shell.fail(1);
                }
            }
            Step::Forever | Step::Prompt { .. } | Step::Input => break,
        }
    }
    let printed = host.take_printed();
    let complaints = printed.iter().filter(|(to, _)| *to == Output::Stderr).map(|(_, text)| text.as_str());
    let complaints: String = complaints.collect();
    let printed: String = printed.into_iter().map(|(_, text)| text).collect();
    let took = Span((host.ahead_ms as i64).min(may_take.0));
    host.save();
    files::note_not_simulated(api, pod.meta.uid, &container.name, not_simulated);
    (ended, [printed, complaints], took)
}

/// How long a lifecycle hook takes; its command is run.
pub(super) fn hook_takes(api: &mut ApiServer, place: &ContainerPlace, hook: &Value, may_take: Span) -> Span {
    let command = strings(get(hook, "exec"), "command");
    if !command.is_empty() {
        return match run_at_once(api, place, &command, may_take) {
            (Ended::Exit(_) | Ended::Unknown, _, took) => took,
            (Ended::TimedOut, ..) => may_take,
        };
    }
    Span::seconds(get(get(hook, "sleep"), "seconds").as_i64().unwrap_or(0)).min(may_take)
}

/// How long a container may be held up by the hook at its start.
const LONGEST_POST_START: Span = Span::seconds(3600);

/// Runs the hook at a container's start: how long it takes, and what its failure is called. Models
/// `pkg/kubelet/lifecycle/handlers.go: Run`.
pub(super) fn post_start(
    api: &mut ApiServer,
    place: &ContainerPlace,
    hook: &Value,
) -> (Span, Option<String>) {
    let ContainerPlace { pod, container, address } = *place;
    let of = format!(
        "for Container {:?} in Pod {:?} failed - error: ",
        &*container.name,
        format!("{}_{}({})", pod.meta.name, pod.meta.namespace, pod.meta.uid)
    );
    let command = strings(get(hook, "exec"), "command");
    if !command.is_empty() {
        let (ended, [printed, complaints], took) = run_at_once(api, place, &command, LONGEST_POST_START);
        let Ended::Exit(code) = ended else { return (took, None) };
        let words = command.join(" ");
        let failed = (code != 0).then(|| {
            format!(
                "Exec lifecycle hook ([{words}]) {of}command '{words}' exited with {code}: {complaints}, message: {printed:?}"
            )
        });
        return (took, failed);
    }
    let http = get(hook, "httpGet");
    if http.is_object() {
        let number = get(http, "port").as_i64();
        let named = get(http, "port")
            .as_str()
            .and_then(|name| container.ports.iter().find(|port| port.name.as_deref() == Some(name)));
        let port = number.or_else(|| named.map(|port| port.container_port.into())).unwrap_or(0);
        let host = get(http, "host").as_str().filter(|host| !host.is_empty());
        let path = get(http, "path").as_str().unwrap_or("/");
        let answers = host.is_some() || network::listens(&pod.pod().spec, container, port);
        let to = format!("{address}:{port}");
        let failed = (!answers).then(|| {
            format!(
                "HTTP lifecycle hook ({path}) {of}Get \"http://{to}{path}\": dial tcp {to}: connect: connection refused"
            )
        });
        return (Span(0), failed);
    }
    (Span::seconds(get(get(hook, "sleep"), "seconds").as_i64().unwrap_or(0)), None)
}

/// Why a command in a container can't be started, in containerd's words, if its image surely has no such program.
pub(super) fn lacks(api: &mut ApiServer, place: &ContainerPlace, program: &str) -> Option<String> {
    let host = ContainerHost::new(api, place);
    if !host.lacks_program(program) || host.has_program(program) {
        return None;
    }
    let id = exec_id(&place.pod.meta.name, host.now_ms(), program);
    Some(format!("rpc error: code = Unknown desc = {}", cannot_exec(&id, program)))
}

/// The number that the runtime gives a command: made up, and the same in every run.
pub(crate) fn exec_id(pod: &str, now_ms: u64, program: &str) -> String {
    ["a", "b", "c", "d"].map(|part| format!("{:016x}", name_hash(now_ms, &[pod, program, part]))).concat()
}

/// What containerd says of a command that it can't start.
pub(crate) fn cannot_exec(id: &str, program: &str) -> String {
    let why = match program.contains('/') {
        true => format!("stat {program}: no such file or directory"),
        false => "executable file not found in $PATH".to_string(),
    };
    format!(
        "failed to exec in container: failed to start exec {id:?}: OCI runtime exec failed: exec failed: unable to start \
         container process: exec: {program:?}: {why}: unknown"
    )
}

/// Runs a probe's command in a container. Errors: what the probe says of its failure.
pub(super) fn ask(
    api: &mut ApiServer,
    place: &ContainerPlace,
    command: &[Str],
    timeout_seconds: i64,
) -> Result<(), String> {
    match run_at_once(api, place, command, Span::seconds(timeout_seconds)) {
        (Ended::Exit(0) | Ended::Unknown, ..) => Ok(()),
        (Ended::Exit(_), [printed, _], _) => Err(printed),
        (Ended::TimedOut, ..) => {
            Err(format!("command timed out: {:?} timed out after {timeout_seconds}s", command.join(" ")))
        }
    }
}
