//! The way from a command's name to what runs it: [`Process::run`], a table by name.
//!
//! Models POSIX XCU 2.14 (special built-ins) and bash's and BusyBox ash's additions.

mod find;
mod program;
mod shell;
mod test;
mod time;
mod variable;

use crate::host::Flavour;
use crate::number::decimal;
use crate::op::Code;
use crate::process::{Control, Job, Process, State, World, var};
use crate::processor::PROGRAM;
use crate::tools;
use crate::word::quoted;
use program::program;
use std::rc::Rc;

/// The commands that are the shell's own, as far as people type them.
pub(crate) const NAMES: &[&str] = &[
    "cd", "clear", "env", "exit", "export", "pwd", "read", "set", "sleep", "test", "timeout", "type",
    "unset", "watch", "which",
];
/// What clears a terminal.
const CLEAR: &str = "\x1b[H\x1b[2J\x1b[3J";

impl Process {
    /// Runs a command.
    pub(crate) fn run(&mut self, w: &mut World, argv: Vec<String>) {
        w.system.processor.spend(5);
        if let Some(function) = self.function(&argv[0]) {
            return self.call(w, function, Some(argv[1..].to_vec()));
        }
        let args = &argv[1..];
        let first = args.first().map_or("", String::as_str);
        self.status = match program(&argv[0]) {
            ":" | "true" | "umask" | "ulimit" | "hash" | "shopt" | "alias" | "unalias" | "sync" | "chgrp" => {
                0
            }
            "clear" => {
                self.put(w, 1, CLEAR);
                0
            }
            "false" => 1,
            "exit" => return self.exit(decimal(first).map_or(self.status, |n| n as i32)),
            "return" => return self.return_from(decimal(first).map_or(self.status, |n| n as i32)),
            name @ ("break" | "continue") => {
                self.leave_loops(decimal(first).unwrap_or(1), name == "continue");
                0
            }
            "cd" => self.change_dir(w, first),
            "pwd" => {
                let line = [&*self.cwd, "\n"].concat();
                self.put(w, 1, &line);
                0
            }
            "export" | "readonly" | "declare" | "typeset" => {
                self.declare(w, args, argv[0] == "export", false)
            }
            "local" => self.declare(w, args, false, true),
            "unset" => self.unset(args),
            "set" => self.set_options(w, args),
            "shift" => self.shift(decimal(first).unwrap_or(1) as usize),
            "eval" => {
                self.status = 0;
                return self.evaluate(w, &args.join(" "));
            }
            "." | "source" => return self.source(w, first),
            "exec" if args.is_empty() => {
                self.keep_redirections();
                0
            }
            "exec" => {
                self.control.clear();
                self.start(Rc::new([]));
                self.replaced = true;
                return self.run(w, args.to_vec());
            }
            "command" | "type" | "which" if argv[0] != "command" || first == "-v" => self.find(w, &argv),
            "command" | "builtin" | "nohup" | "sudo" | "time" | "setsid" | "busybox" if !args.is_empty() => {
                return self.run(w, args.to_vec());
            }
            "trap" => self.trap(args),
            "wait" => return self.wait(args),
            "kill" => {
                if first != "-0" {
                    w.system.kill.extend(numbers(args));
                }
                0
            }
            "let" => return self.compute_all(w, args),
            "[" | "test" => self.test(w, &argv[0], args),
            "sleep" => return self.sleep(w, args),
            "timeout" => return self.timeout(w, args),
            "env" | "printenv" => return self.environment(w, &argv),
            "watch" => return self.watch(w, args),
            "ping" if w.host.has_program("ping") && !args.iter().any(|a| a.starts_with("--seq=")) => {
                return self.ping(w, args);
            }
            "yes" => {
                let word = if args.is_empty() { "y".into() } else { args.join(" ") };
                return self.evaluate(w, &["while :; do echo ", &quoted(&word), "; done"].concat());
            }
            "read" => {
                self.job = Some(Job::Read(argv));
                return;
            }
            "sh" | "ash" | "dash" | "bash" | "zsh" => return self.shell(w, argv),
            name => return self.tool(w, name, &argv),
        };
    }

    /// `return`: from a function, else from what was sourced, else from the script.
    fn return_from(&mut self, code: i32) {
        let left = self.unwind(|c| matches!(c, Control::Call { function: true, .. }))
            || self.unwind(|c| matches!(c, Control::Call { .. }));
        if left { self.status = code } else { self.exit(code) }
    }

    fn unset(&mut self, args: &[String]) -> i32 {
        let functions = args.first().is_some_and(|first| first == "-f");
        for name in args {
            let name = if functions { &[name, "()"].concat() } else { name };
            Rc::make_mut(&mut self.vars).put(name, None);
        }
        0
    }

    fn shift(&mut self, count: usize) -> i32 {
        let there = count <= self.args.len();
        if there {
            Rc::make_mut(&mut self.args).drain(..count);
        }
        i32::from(!there)
    }

    fn source(&mut self, w: &mut World, file: &str) {
        let path = self.path(file);
        match w.host.read(&path) {
            Ok(text) => self.evaluate(w, &text),
            Err(error) => {
                self.complain(w, &[file, ": ", error.text()].concat());
                self.status = 1;
            }
        }
    }

    fn wait(&mut self, args: &[String]) {
        let all = args.is_empty();
        self.kids = if all { self.backgrounds.clone() } else { numbers(args) };
        self.state = State::Wait(all);
    }

    /// `let`: fails where the last expression is 0.
    fn compute_all(&mut self, w: &mut World, expressions: &[String]) {
        let mut status = 0;
        for expression in expressions {
            let Some(value) = self.compute(w, expression) else { return };
            status = i32::from(value == 0);
        }
        self.status = status;
    }

    fn function(&self, name: &str) -> Option<(Code, usize)> {
        self.vars.get(&[name, "()"].concat())?.function.clone()
    }

    /// One of our tools, a script in a file, or a program of the host.
    fn tool(&mut self, w: &mut World, name: &str, argv: &[String]) {
        // These two are the shell's own, too.
        if !matches!(name, "echo" | "printf") {
            w.system.processor.spend(PROGRAM);
        }
        if let Some(tool) = tools::start(argv, name) {
            self.status = 0;
            self.job = Some(Job::Tool(Box::new(tool)));
            return;
        }
        if name.contains('/')
            && let Ok(text) = w.host.read(&self.path(name))
        {
            if let Some(interpreter) = text.lines().next().and_then(|l| l.strip_prefix("#!")) {
                let words = interpreter.split_ascii_whitespace().map(str::to_string);
                let mut script: Vec<String> = words.filter(|w| w != "/usr/bin/env").collect();
                script.extend_from_slice(argv);
                return self.run(w, script);
            }
            let mut script = vec![self.name.to_string()];
            script.extend_from_slice(argv);
            return self.shell(w, script);
        }
        if w.host.reads_stdin(argv) {
            self.job = Some(Job::External(argv.to_vec(), String::new()));
        } else {
            self.external(w, argv.to_vec(), "");
        }
    }

    fn change_dir(&mut self, w: &mut World, to: &str) -> i32 {
        let variable = match to {
            "" => "HOME",
            "-" => "OLDPWD",
            _ => "",
        };
        let to = match self.get(w, variable) {
            Some(value) => value.to_string(),
            None if to.is_empty() => "/root".into(),
            None => to.into(),
        };
        let path = self.path(&to);
        let error = match w.host.stat(&path) {
            Some(stat) if stat.dir => {
                let old = std::mem::replace(&mut self.cwd, path.into());
                self.set("OLDPWD", &old);
                return 0;
            }
            Some(_) => "Not a directory",
            None => "No such file or directory",
        };
        let text = match self.flavour {
            Flavour::Sh => format!("cd: can't cd to {to}: {error}"),
            Flavour::Bash => format!("cd: {to}: {error}"),
            Flavour::Zsh => {
                self.put(w, 2, &format!("cd: {}: {to}\n", error.to_ascii_lowercase()));
                return 1;
            }
        };
        self.complain(w, &text);
        1
    }

    fn trap(&mut self, args: &[String]) -> i32 {
        let Some((action, signals)) = args.split_first() else { return 0 };
        for signal in signals {
            let vars = Rc::make_mut(&mut self.vars);
            let name = match signal.trim_start_matches("SIG") {
                "0" => "EXIT",
                "15" => "TERM",
                "2" => "INT",
                name => name,
            };
            let name = ["trap ", name].concat();
            if action == "-" {
                vars.put(&name, None);
            } else {
                vars.put(&name, var(action, false));
            }
        }
        0
    }
}

/// The operands that are numbers of processes.
fn numbers(args: &[String]) -> Vec<u32> {
    args.iter().filter_map(|a| decimal(a)).map(|n| n as u32).collect()
}
