//! A command line that a tool runs in a shell of its own, to its end: awk's `system`, and its pipes. It is the shell anew,
//! with the same files beside it, at the same moment.

use crate::host::{Connection, External, FileError, Host, Output, Stat, Step, Unknown, Userland};
use crate::machine::Shell;
use crate::tools::{Command, Ended};

/// The same host, but what is printed is kept, and nothing may go on later.
struct Inside<'a> {
    host: &'a mut dyn Host,
    out: String,
    err: String,
}

impl Host for Inside<'_> {
    fn now_ms(&self) -> u64 {
        self.host.now_ms()
    }
    fn hostname(&self) -> String {
        self.host.hostname()
    }
    fn address(&self) -> String {
        self.host.address()
    }
    fn fqdn(&self) -> String {
        self.host.fqdn()
    }
    fn userland(&self) -> Option<Userland> {
        self.host.userland()
    }
    fn stat(&self, path: &str) -> Option<Stat> {
        self.host.stat(path)
    }
    fn read(&self, path: &str) -> Result<String, FileError> {
        self.host.read(path)
    }
    fn write(&mut self, path: &str, text: &str, append: bool) -> Result<(), FileError> {
        self.host.write(path, text, append)
    }
    fn list(&self, path: &str) -> Result<Vec<String>, FileError> {
        self.host.list(path)
    }
    fn make_dir(&mut self, path: &str) -> Result<(), FileError> {
        self.host.make_dir(path)
    }
    fn remove(&mut self, path: &str) -> Result<(), FileError> {
        self.host.remove(path)
    }
    fn set_attributes(&mut self, path: &str, mode: Option<u32>, ms: Option<u64>) -> Result<(), FileError> {
        self.host.set_attributes(path, mode, ms)
    }
    fn link(&mut self, target: &str, path: &str) -> Result<(), FileError> {
        self.host.link(target, path)
    }
    fn read_link(&self, path: &str) -> Option<String> {
        self.host.read_link(path)
    }
    fn user(&self) -> (u32, u32, Vec<u32>) {
        self.host.user()
    }
    fn set_owner(&mut self, path: &str, user: Option<u32>, group: Option<u32>) -> Result<(), FileError> {
        self.host.set_owner(path, user, group)
    }
    fn lacks_program(&self, name: &str) -> bool {
        self.host.lacks_program(name)
    }
    fn may_have(&self, path: &str) -> bool {
        self.host.may_have(path)
    }
    fn connect(&mut self, host: &str, port: &str) -> Connection {
        self.host.connect(host, port)
    }
    fn random(&self) -> u64 {
        self.host.random()
    }
    fn output(&mut self, to: Output, text: &str) {
        match to {
            Output::Stdout => self.out.push_str(text),
            Output::Stderr => self.err.push_str(text),
        }
    }
    fn external(&mut self, argv: &[String], stdin: &str) -> External {
        match self.host.external(argv, stdin) {
            External::Pending(id) => {
                self.host.external_cancel(id);
                External::Unknown
            }
            ended => ended,
        }
    }
    fn reads_stdin(&self, argv: &[String]) -> bool {
        self.host.reads_stdin(argv)
    }
    fn has_program(&self, name: &str) -> bool {
        self.host.has_program(name)
    }
}

/// Runs it; `None` where it would have to wait, or does what is not simulated.
pub(crate) fn run(host: &mut dyn Host, command: &Command) -> Option<Ended> {
    let argv = ["sh", "-c", command.script].map(String::from);
    let exported = command.environment.0.iter().filter(|(_, var)| var.exported);
    let environment: Vec<(String, String)> =
        exported.map(|(name, var)| (name.clone(), var.value.to_string())).collect();
    let mut shell = Shell::script(&argv, &environment, command.cwd, Unknown::NotSimulated);
    shell.set_stdin(command.stdin);
    shell.set_pid(command.pid);
    let mut inside = Inside { host, out: String::new(), err: String::new() };
    match shell.run(&mut inside) {
        Step::Exit(code) => Some(Ended { out: inside.out, err: inside.err, code }),
        _ => None,
    }
}
