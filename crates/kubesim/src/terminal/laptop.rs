//! The laptop: its files, and the programs it has.

use super::editing::{Editing, Kubectl};
use super::fault_command;
use crate::api::Str;
use crate::dns;
use crate::kubectl::{self, Disk};
use crate::kubelet::laptop::{self, CLIENT, Tunnels};
use crate::process::shell::{Attached, Children, ShellHost, ShellSession, print};
use crate::process::tty::{EDITORS, Tty};
use crate::process::{Io, Program};
use shell::{External, FileError, Flavour, Host, Output, Poll, Shell, Stat, Step as Wait, Unknown};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The laptop's prompt.
pub const PROMPT: &str = "$ ";
/// The name under which the laptop keeps what the editor applied.
pub const MANIFEST: &str = "manifest.yaml";
/// Where the laptop's shell is at first.
const HOME: &str = "/home";
/// The command that says what there is; bash's own tells of bash only.
const HELP: &str = "help";
/// What the laptop's files may take, in bytes.
const CAPACITY: u64 = 16 << 20;

/// The laptop's files and ports.
#[derive(Clone)]
pub struct Files {
    disk: Rc<RefCell<shell::Files>>,
    /// The ports on which programs listen.
    tunnels: Tunnels,
}

impl Default for Files {
    fn default() -> Files {
        let mut files = shell::Files::new(CAPACITY);
        for directory in [HOME, "/tmp"] {
            files.make_dir(directory, 0).expect("an empty disk has room");
        }
        Files { disk: Rc::new(RefCell::new(files)), tunnels: Tunnels::default() }
    }
}

impl Files {
    /// A file's text; names are relative to the directory in which the shell begins.
    pub fn read(&self, name: &str) -> Option<Str> {
        self.disk.borrow().read(&absolute(HOME, name)).ok().map(Str::from)
    }

    /// Files of their own with the same texts.
    pub(super) fn copy(&self) -> Files {
        Files { disk: Rc::new(RefCell::new(self.disk.borrow().clone())), tunnels: Tunnels::closed() }
    }

    /// What is in a directory: directories with a slash at their ends.
    pub(super) fn list(&self, directory: &str) -> Vec<String> {
        let files = self.disk.borrow();
        let base = directory.trim_end_matches('/');
        let with_sign = |name: String| match files.stat(&format!("{base}/{name}")) {
            Some(stat) if stat.dir => format!("{name}/"),
            _ => name,
        };
        files.list(directory).unwrap_or_default().into_iter().map(with_sign).collect()
    }

    /// Makes a file, or gives it another text. Errors: the disk is full, or there is no such directory.
    pub fn write(&self, name: &str, text: &str) -> Result<(), FileError> {
        self.disk.borrow_mut().write(&absolute(HOME, name), text, false, 0)
    }
}

/// A path as seen from a directory.
pub(super) fn absolute(cwd: &str, path: &str) -> String {
    let mut parts: Vec<&str> = if path.starts_with('/') { Vec::new() } else { cwd.split('/').collect() };
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.retain(|part| !part.is_empty());
    format!("/{}", parts.join("/"))
}

/// A path as seen from a directory.
fn relative(cwd: &str, path: &str) -> String {
    let (from, to): (Vec<&str>, Vec<&str>) = (
        cwd.split('/').filter(|p| !p.is_empty()).collect(),
        path.split('/').filter(|p| !p.is_empty()).collect(),
    );
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from[common..].iter().map(|_| "..");
    up.chain(to[common..].iter().copied()).collect::<Vec<_>>().join("/")
}

fn environment() -> Vec<(String, String)> {
    [("HOME", HOME), ("PATH", "/usr/local/bin:/usr/bin:/bin")].map(|(k, v)| (k.into(), v.into())).into()
}

/// A shell that reads the terminal.
fn interactive() -> Shell {
    Shell::interactive(Flavour::Bash, &environment(), HOME)
}

/// The laptop's shell, for ever.
pub(super) fn session(files: Files, tty: Rc<Tty>) -> ShellSession {
    ShellSession::new(interactive(), Box::new(Laptop { files, stdin: None, restarts: true }), Some(tty))
}

/// On the user's laptop.
struct Laptop {
    files: Files,
    /// What is piped into the script's commands.
    stdin: Option<Str>,
    /// Whether another shell takes the place of one that has ended.
    restarts: bool,
}

impl Laptop {
    fn host<'a, 'b>(&'a self, shell: &Shell, with: Attached<'a>, io: &'a mut Io<'b>) -> LaptopHost<'a, 'b> {
        let Attached { tty, children } = with;
        let cwd = shell.cwd().to_string();
        LaptopHost { io, files: &self.files, stdin: self.stdin.as_deref(), tty, children, cwd }
    }
}

impl ShellHost for Laptop {
    fn turn(&mut self, shell: &mut Shell, with: Attached, io: &mut Io) -> Option<Wait> {
        let mut host = self.host(shell, with, io);
        Some(shell.run(&mut host))
    }

    fn interrupt(&mut self, shell: &mut Shell, with: Attached, io: &mut Io) {
        let mut host = self.host(shell, with, io);
        shell.interrupt(&mut host);
    }

    fn prompt(&self, _directory: &str) -> String {
        PROMPT.to_string()
    }

    fn next_shell(&self) -> Option<Shell> {
        self.restarts.then(interactive)
    }
}

/// A command line as a program of its own, such as a script's: `stdin` is its standard input.
pub fn command(line: &str, stdin: Option<Str>, files: &Files) -> Box<dyn Program> {
    let argv = ["bash", "-c", line].map(String::from);
    let shell = Shell::script(&argv, &environment(), HOME, Unknown::NotFound);
    Box::new(ShellSession::new(
        shell,
        Box::new(Laptop { files: files.clone(), stdin, restarts: false }),
        None,
    ))
}

/// What a shell finds on the laptop.
struct LaptopHost<'a, 'b> {
    io: &'a mut Io<'b>,
    files: &'a Files,
    /// What is piped into the script's commands.
    stdin: Option<&'a str>,
    tty: Option<&'a Rc<Tty>>,
    children: &'a mut Children,
    cwd: String,
}

impl LaptopHost<'_, '_> {
    /// The files that a command's words name: by those words.
    fn named_files(&self, argv: &[String]) -> BTreeMap<String, String> {
        let files = self.files.disk.borrow();
        let names = argv.iter().flat_map(|word| word.split(['=', ',']));
        let texts = names.filter_map(|name| {
            let text = files.read(&absolute(&self.cwd, name)).ok()?;
            Some((name.to_string(), text.to_string()))
        });
        let mut named: BTreeMap<String, String> = collections::collect(texts);
        // A kustomization reaches beyond its own directory.
        let is_kustomized = |word: &String| {
            matches!(word.as_str(), "-k" | "kustomize")
                || word.starts_with("-k=")
                || word.starts_with("--kustomize")
        };
        if argv.iter().any(is_kustomized) {
            let mut left = vec!["/".to_string()];
            while let Some(directory) = left.pop() {
                for name in files.list(&directory).unwrap_or_default() {
                    let path = format!("{}/{name}", directory.trim_end_matches('/'));
                    match (files.stat(&path), files.read(&path)) {
                        (Some(stat), _) if stat.dir => left.push(path),
                        (_, Ok(text)) => _ = named.insert(relative(&self.cwd, &path), text.to_string()),
                        _ => {}
                    }
                }
            }
        }
        named
    }

    fn disk(&self) -> Disk {
        Disk {
            files: self.files.disk.clone(),
            directory: self.cwd.clone(),
            tunnels: self.files.tunnels.clone(),
        }
    }

    fn is_kubectl(argv: &[String]) -> bool {
        argv.first().is_some_and(|name| matches!(name.rsplit('/').next(), Some("kubectl" | "k")))
    }
}

/// What there is to be typed.
fn help() -> String {
    let rows = [
        ("kubectl, k", "asks and changes the cluster: kubectl --help"),
        (fault_command::NAME, "breaks and mends what kubectl can't: trouble --help"),
        ("cat, grep, watch, ...", "and the shell's own: pipes, loops, variables, files"),
        ("curl", "asks who listens on the laptop: kubectl port-forward sts/web 8080:80 &"),
        (MANIFEST, "what the editor applied last"),
        ("Tab, Up, Ctrl-R", "complete a word, look in the history"),
        ("Ctrl-C, Ctrl-D, Ctrl-L", "end a command, leave a shell, clear the screen"),
    ];
    let row = |(what, about): (&str, &str)| format!("{what:<24}{about}\n");
    let mut text: String = rows.into_iter().map(row).collect();
    text.push_str(&row((&dns::TOOLS.join(", "), "are in pods:")));
    text.push_str("  kubectl run -ti --rm --image=nicolaka/netshoot testpod1 -- zsh\n");
    text
}

impl Host for LaptopHost<'_, '_> {
    fn now_ms(&self) -> u64 {
        self.io.api.now.unix_ms()
    }

    fn hostname(&self) -> String {
        "laptop".to_string()
    }

    fn address(&self) -> String {
        laptop::ADDRESS.to_string()
    }

    fn stat(&self, path: &str) -> Option<Stat> {
        self.files.disk.borrow().stat(path)
    }

    fn read(&self, path: &str) -> Result<String, FileError> {
        self.files.disk.borrow().read(path).map(String::from)
    }

    fn write(&mut self, path: &str, text: &str, append: bool) -> Result<(), FileError> {
        let now = self.now_ms();
        self.files.disk.borrow_mut().write(path, text, append, now)
    }

    fn list(&self, path: &str) -> Result<Vec<String>, FileError> {
        self.files.disk.borrow().list(path)
    }

    fn make_dir(&mut self, path: &str) -> Result<(), FileError> {
        let now = self.now_ms();
        self.files.disk.borrow_mut().make_dir(path, now)
    }

    fn remove(&mut self, path: &str) -> Result<(), FileError> {
        self.files.disk.borrow_mut().remove(path)
    }

    fn set_attributes(
        &mut self,
        path: &str,
        mode: Option<u32>,
        modified_ms: Option<u64>,
    ) -> Result<(), FileError> {
        self.files.disk.borrow_mut().set_attributes(path, mode, modified_ms)
    }

    fn link(&mut self, target: &str, path: &str) -> Result<(), FileError> {
        let now = self.now_ms();
        self.files.disk.borrow_mut().link(target, path, now)
    }

    fn read_link(&self, path: &str) -> Option<String> {
        self.files.disk.borrow().read_link(path)
    }

    fn output(&mut self, to: Output, text: &str) {
        print(self.io, to, text.to_string());
    }

    fn external(&mut self, argv: &[String], stdin: &str) -> External {
        if argv.first().is_some_and(|name| name == fault_command::NAME) {
            let fault_command::Done { stdout, stderr, code } = fault_command::run(self.io, &argv[1..]);
            return External::Done { stdout, stderr, code };
        }
        if argv.first().is_some_and(|name| name == HELP) {
            return External::Done { stdout: help(), stderr: String::new(), code: 0 };
        }
        if argv.first().is_some_and(|name| name == CLIENT) {
            let (mut printed, saved) = laptop::curl(self.io.api, &self.files.tunnels, argv);
            if let Some((name, text)) = saved.filter(|(name, _)| name != "/dev/null") {
                let now = self.now_ms();
                let path = absolute(&self.cwd, &name);
                if let Err(error) = self.files.disk.borrow_mut().write(&path, &text, false, now) {
                    printed.stderr.push_str(&format!("curl: {name}: {}\n", error.text()));
                    printed.code = 23;
                }
            }
            return External::Done { stdout: printed.stdout, stderr: printed.stderr, code: printed.code };
        }
        if !LaptopHost::is_kubectl(argv) {
            let asks_dns = argv.first().is_some_and(|name| dns::TOOLS.contains(&name.as_str()));
            if asks_dns {
                let stderr = format!(
                    "{}: the laptop does not ask the cluster's DNS: only pods do. Try:\n  kubectl run -ti --rm \
                     --image=nicolaka/netshoot testpod1 -- zsh\n",
                    argv[0]
                );
                return External::Done { stdout: String::new(), stderr, code: 1 };
            }
            return External::Unknown;
        }
        let files = self.named_files(argv);
        let stdin = self.stdin.or((!stdin.is_empty()).then_some(stdin));
        let program = kubectl::command_at(&argv[1..], stdin, &files, self.tty.cloned(), Some(self.disk()));
        self.children.start(program, self.io)
    }

    fn external_in(
        &mut self,
        argv: &[String],
        stdin: &str,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> External {
        // What was saved in the page's editor comes as standard input.
        if self.stdin.is_none() && LaptopHost::is_kubectl(argv) && Editing::is_meant(argv) {
            let set = |name| environment(name).filter(|editor| !editor.is_empty());
            if let Some(editor) = EDITORS.into_iter().find_map(set) {
                let kubectl = Kubectl {
                    words: argv[1..].to_vec(),
                    files: self.named_files(argv),
                    tty: self.tty.cloned(),
                    disk: self.disk(),
                };
                let files = self.files.clone();
                let program =
                    Editing::new(editor, kubectl, Box::new(move |line| command(line, None, &files)));
                return self.children.start(Box::new(program), self.io);
            }
        }
        self.external(argv, stdin)
    }

    fn external_poll(&mut self, id: u32) -> Poll {
        self.children.poll(id, self.io)
    }

    fn external_cancel(&mut self, id: u32) {
        self.children.cancel(id);
    }

    fn reads_stdin(&self, argv: &[String]) -> bool {
        let reads = argv.iter().any(|word| word == "-" || word.ends_with("=-") || word == "-f-");
        self.stdin.is_none() && LaptopHost::is_kubectl(argv) && reads
    }

    fn takes_piped_stdin(&self, argv: &[String]) -> bool {
        let own = argv.iter().take_while(|w| *w != "--");
        let verb = argv.iter().skip(1).find(|w| matches!(w.as_str(), "exec" | "run" | "attach"));
        let asks = |w: &String| {
            w == "--stdin"
                || w.starts_with('-') && !w.starts_with("--") && w[1..].contains('i') && w.len() <= 4
        };
        self.stdin.is_none() && LaptopHost::is_kubectl(argv) && verb.is_some() && own.skip(1).any(asks)
    }

    fn has_program(&self, name: &str) -> bool {
        matches!(name, "kubectl" | "k" | HELP | fault_command::NAME | CLIENT)
    }

    fn hint(&self, name: &str) -> Option<String> {
        let of_pods = dns::TOOLS.iter().chain(crate::kubelet::PROGRAMS).any(|tool| *tool == name);
        Some(if of_pods {
            format!("({name} is in pods: kubectl run -ti --rm --image=nicolaka/netshoot testpod1 -- zsh)")
        } else {
            "(the laptop has kubectl, k for short, and cat, curl, grep, head, ls, sort, tail, watch, wc and the shell's own)"
                .to_string()
        })
    }
}
