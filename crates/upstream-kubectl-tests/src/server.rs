//! The cluster behind the socket.

use kubesim::kubectl;
use kubesim::{Kind, NodeOptions, Options, ProcessId, Program, SimTime, Span, Story, Stream};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// What a kubectl takes of the cluster's time.
const COMMAND: Span = Span(100);
/// How long a command may go on before it counts as never ending, in the cluster's time.
const PATIENCE: Span = Span::seconds(1200);
/// How long all clients have waited before time goes on, in real time.
const GRACE: Duration = Duration::from_millis(120);

struct Client {
    stream: UnixStream,
    waits: Waits,
    give_up: SimTime,
    log: Value,
    started: SimTime,
}

enum Waits {
    Process(ProcessId),
    Until(SimTime),
}

fn cluster(mode: &str) -> Story {
    let nodes = match mode {
        // As upstream's: no scheduler finds a node, no kubelet acts on a pod. One node is there, a control plane.
        "bare" => vec![NodeOptions { control_plane: true, ..NodeOptions::worker("127.0.0.1", "10.1.0", 1) }],
        _ => vec![NodeOptions::worker("127.0.0.1", "10.1.0", 1)],
    };
    Story::new(Options { nodes, dns_service: false, ..Options::default() })
}

pub fn serve(socket: &str, log: &str) -> i32 {
    let _ = std::fs::remove_file(socket);
    let listener = UnixListener::bind(socket).expect("the socket can be made");
    let log =
        std::fs::OpenOptions::new().create(true).append(true).open(log).expect("the log can be written");
    let mut server =
        Server { story: cluster("bare"), mode: "bare".into(), clients: Vec::new(), log, steps: 0 };
    let mut quiet_since = Instant::now();
    loop {
        listener.set_nonblocking(!server.clients.is_empty()).expect("a socket");
        match listener.accept() {
            Ok((stream, _)) => {
                quiet_since = Instant::now();
                stream.set_nonblocking(false).expect("a socket");
                if !server.take(stream) {
                    return 0;
                }
                continue;
            }
            Err(e) if e.kind() == ErrorKind::WouldBlock => {}
            Err(e) => panic!("{e}"),
        }
        if quiet_since.elapsed() < GRACE {
            std::thread::sleep(Duration::from_millis(2));
            continue;
        }
        // Everybody waits: time goes on until somebody has what he waits for.
        let before = server.clients.len();
        server.go_on();
        if server.clients.len() < before {
            quiet_since = Instant::now();
        }
    }
}

struct Server {
    story: Story,
    mode: String,
    clients: Vec<Client>,
    log: std::fs::File,
    /// How many steps were taken at this moment.
    steps: u32,
}

/// Files by their names.
fn texts(files: &Value) -> BTreeMap<String, String> {
    let entries = files.as_object().into_iter().flatten();
    entries.map(|(name, text)| (name.clone(), text.as_str().unwrap_or_default().to_string())).collect()
}

fn send(stream: &mut UnixStream, answer: Value) -> bool {
    stream.write_all(format!("{answer}\n").as_bytes()).is_ok()
}

impl Server {
    /// Takes a request. Returns false if it was the last.
    fn take(&mut self, mut stream: UnixStream) -> bool {
        let mut line = String::new();
        let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
        if BufReader::new(&stream).read_line(&mut line).is_err() {
            return true;
        }
        let Ok(request) = serde_json::from_str::<Value>(&line) else {
            return true;
        };
        let argv: Vec<String> = request["argv"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|a| a.as_str().map(String::from))
            .collect();
        match request["op"].as_str().unwrap_or_default() {
            "quit" => {
                send(&mut stream, json!({"x": 0}));
                return false;
            }
            "reset" => {
                self.clients.clear();
                self.mode = argv.first().cloned().unwrap_or_default();
                self.story = cluster(&self.mode);
                self.story.run_until(SimTime(60_000));
                send(&mut stream, json!({"x": 0}));
            }
            "now" => {
                let now = SimTime::EPOCH_UNIX_SECONDS + self.story.now().0.div_euclid(1000);
                send(&mut stream, json!({"t": now.to_string(), "x": 0}));
            }
            "edit" => {
                let files = texts(&request["files"]);
                let text = kubectl::editor::text_of(self.story.cluster.api.store(), &argv, &files);
                let code = i32::from(text.is_none());
                send(&mut stream, json!({"t": text, "x": code}));
            }
            "sleep" => {
                let seconds: f64 =
                    argv.iter().filter_map(|a| a.trim_end_matches('s').parse::<f64>().ok()).sum();
                let until = self.story.now() + Span((seconds * 1000.0) as i64);
                self.wait(stream, Waits::Until(until), json!({"op": "sleep", "argv": argv}));
            }
            "kubectl" => {
                let files = texts(&request["files"]);
                let stdin = request["stdin"].as_str();
                let spawned = catch_unwind(AssertUnwindSafe(|| {
                    let until = self.story.now() + COMMAND;
                    self.pass(until);
                    let program: Box<dyn Program> = kubectl::command(&argv, stdin, &files);
                    self.story.cluster.spawn(&format!("kubectl {}", argv.join(" ")), program)
                }));
                let log = json!({"op": "kubectl", "argv": argv, "given": request["given"], "stdin": stdin, "at": request["at"],
                    "fn": request["fn"], "files": files.keys().collect::<Vec<_>>(), "out": "", "err": ""});
                match spawned {
                    Ok(id) => self.wait(stream, Waits::Process(id), log),
                    Err(_) => self.panicked(Some((stream, log))),
                }
            }
            other => {
                send(&mut stream, json!({"e": format!("tcmd: unknown op {other}\n"), "x": 125}));
            }
        }
        true
    }

    fn wait(&mut self, stream: UnixStream, waits: Waits, mut log: Value) {
        let now = self.story.now();
        log["sim"] = json!(now.0);
        self.clients.push(Client { stream, waits, give_up: now + PATIENCE, log, started: now });
        self.look();
    }

    /// Gives every client what there is for it; drops those that have ended or gone away.
    fn look(&mut self) {
        let Server { story, clients, log, .. } = self;
        let now = story.now();
        clients.retain_mut(|client| {
            let mut code = None;
            let mut alive = is_there(&client.stream);
            match client.waits {
                Waits::Until(at) => code = (now >= at).then_some(0),
                Waits::Process(id) => {
                    for (stream, text) in story.cluster.processes.take_output(id) {
                        let to = if stream == Stream::Stderr { "e" } else { "o" };
                        let field = if to == "e" { "err" } else { "out" };
                        let whole = format!("{}{text}", client.log[field].as_str().unwrap_or_default());
                        client.log[field] = whole.into();
                        alive &= send(&mut client.stream, json!({to: text}));
                    }
                    if let Some(ended) = story.cluster.processes.get(id).map(|p| p.exit_code) {
                        code = ended;
                    }
                    if code.is_none() && (!alive || now >= client.give_up) {
                        story.cluster.interrupt(id);
                        let why = if alive { "tcmd: it never ended\n" } else { "" };
                        alive &= send(&mut client.stream, json!({"e": why}));
                        client.log["never"] = alive.into();
                        code = Some(124);
                    }
                    if code.is_some() {
                        story.cluster.processes.reap(id);
                    }
                }
            }
            let Some(code) = code else { return alive };
            client.log["code"] = code.into();
            client.log["took"] = (now.0 - client.started.0).into();
            if client.log["op"] == "kubectl" {
                let _ = writeln!(log, "{}", client.log);
            }
            send(&mut client.stream, json!({"x": code}));
            false
        });
    }

    /// Lets time pass. Panics if it does not, however much happens.
    fn pass(&mut self, until: SimTime) {
        while self.story.next_at().is_some_and(|at| at <= until) {
            self.step();
        }
        self.story.run_until(until);
    }

    fn step(&mut self) {
        let before = self.story.now();
        self.story.step();
        self.steps = if self.story.now() == before { self.steps + 1 } else { 0 };
        assert!(self.steps < 100_000, "time stands still at {before}");
    }

    /// Lets time pass until a client has ended.
    fn go_on(&mut self) {
        let before = self.clients.len();
        while !self.clients.is_empty() && self.clients.len() == before {
            let wake = self.clients.iter().map(|c| match c.waits {
                Waits::Until(at) => at,
                Waits::Process(_) => c.give_up,
            });
            let wake = wake.min().expect("there are clients");
            let next = self.story.next_at().filter(|at| *at <= wake);
            let went = catch_unwind(AssertUnwindSafe(|| match next {
                Some(_) => self.step(),
                None => self.story.run_until(wake),
            }));
            if went.is_err() {
                return self.panicked(None);
            }
            self.look();
        }
    }

    /// The library broke down: everybody is told, and there is a new cluster.
    fn panicked(&mut self, client: Option<(UnixStream, Value)>) {
        let clients: Vec<(UnixStream, Value)> =
            self.clients.drain(..).map(|c| (c.stream, c.log)).chain(client).collect();
        for (mut stream, mut log) in clients {
            log["code"] = json!(134);
            log["panic"] = json!(true);
            let _ = writeln!(self.log, "{log}");
            send(&mut stream, json!({"e": "tcmd: PANIC in the library\n"}));
            send(&mut stream, json!({"x": 134}));
        }
        self.steps = 0;
        self.story = cluster(&self.mode);
    }
}

/// Whether the other side still holds the connection.
fn is_there(stream: &UnixStream) -> bool {
    let _ = stream.set_nonblocking(true);
    let mut one = [0];
    let there = match (&*stream).read(&mut one) {
        Ok(0) => false,
        Ok(_) => true,
        Err(e) => e.kind() == ErrorKind::WouldBlock,
    };
    let _ = stream.set_nonblocking(false);
    there
}

/// Gives the commands of a log (JSON lines: `argv`, `stdin`, `files`, `sim`) at their moments and says whether time stood still:
/// `tcmd replay MODE FILE`. Exit code 3 if it did.
pub fn replay(mode: &str, file: &str) -> i32 {
    let text = std::fs::read_to_string(file).expect("a log");
    let mut server = Server {
        story: cluster(mode),
        mode: mode.into(),
        clients: Vec::new(),
        log: std::fs::File::create("/dev/null").expect("it is there"),
        steps: 0,
    };
    let stands = catch_unwind(AssertUnwindSafe(|| {
        for line in text.lines() {
            let entry: Value = serde_json::from_str(line).expect("a line");
            let words = |field: &str| -> Vec<String> {
                let list = entry[field].as_array().into_iter().flatten();
                list.filter_map(|a| a.as_str().map(String::from)).collect()
            };
            server.pass(SimTime(entry["sim"].as_i64().unwrap_or(0)));
            let read = |name: &String| Some((name.clone(), std::fs::read_to_string(name).ok()?));
            let files: BTreeMap<String, String> = words("files").iter().filter_map(read).collect();
            let program = kubectl::command(&words("argv"), entry["stdin"].as_str(), &files);
            server.story.cluster.spawn(&words("argv").join(" "), program);
        }
        let end = server.story.now() + Span::seconds(60);
        server.pass(end);
    }));
    if stands.is_err() && std::env::var_os("TCMD_SHOW").is_some() {
        for pod in server.story.cluster.api.store().list(Kind::Pod) {
            println!("{}", pod.to_value());
        }
    }
    if stands.is_err() { 3 } else { 0 }
}
