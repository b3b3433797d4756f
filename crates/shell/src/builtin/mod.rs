//! The way from a command's name to what runs it: [`Process::run`], a table by name.
//!
//! Models POSIX XCU 2.14 (special built-ins) and bash's and BusyBox ash's additions.

mod declare;
mod find;
mod job;
mod options;
mod program;
mod read;
mod shell;
mod test;
mod time;
mod user;

use crate::host::{FileError, Flavour};
use crate::job::COMPLAINER;
use crate::number::decimal;
use crate::op::Then;
use crate::process::{Control, Job, Process, Var, World, var};
use crate::processor::PROGRAM;
use crate::tools;
use crate::variable::Function;
use crate::word::quoted;
use find::Kind;
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
        if let Some((code, at, file)) = self.function(&argv[0]) {
            let name: Rc<str> = argv[0].as_str().into();
            let depth = self.control.len();
            self.call(w, (code, at), Some((name, argv[1..].to_vec())));
            if self.control.len() > depth {
                self.file = file;
            }
            return;
        }
        if self.alias(w, &argv) {
            return;
        }
        self.run_command(w, argv);
    }

    /// What an alias stands for. Its first word may be an alias, too, but for those that led there.
    fn alias_text(&self, name: &str) -> Option<String> {
        let alias = |name: &str| Some(self.vars.get(&["alias ", name].concat())?.get()?.to_string());
        let mut text = alias(name)?;
        let mut seen = vec![name.to_string()];
        loop {
            let first = text.split_ascii_whitespace().next().unwrap_or_default().to_string();
            if seen.contains(&first) {
                return Some(["command ", &text].concat());
            }
            let Some(meant) = alias(&first) else { return Some(text) };
            text = text.replacen(&first, &meant, 1);
            seen.push(first);
        }
    }

    /// A word that an alias on an earlier line stands for; `true`: its text is run.
    fn alias(&mut self, w: &mut World, argv: &[String]) -> bool {
        let known = self.vars.get(&["alias ", &argv[0]].concat());
        let usable = !self.flavour.is_bash() || w.system.interactive;
        let is_known = |v: &Var| v.items.as_ref().is_none_or(|i| i[0].0 < i64::from(self.line));
        if !usable || !known.is_some_and(is_known) {
            return false;
        }
        let mut text = self.alias_text(&argv[0]).unwrap_or_default();
        for word in &argv[1..] {
            // A blank at its end: the next word may be one, too.
            let next = if text.ends_with([' ', '\t']) { self.alias_text(word) } else { None };
            text.extend([" ", &next.unwrap_or_else(|| quoted(word))]);
        }
        self.evaluate(w, &text);
        true
    }

    /// Runs a command that is no function. Long: a table, an arm for each name.
    fn run_command(&mut self, w: &mut World, argv: Vec<String>) {
        let args = &argv[1..];
        let first = args.first().map_or("", String::as_str);
        let bash = self.flavour.is_bash();
        let name = program(&argv[0]);
        // What a shell has itself is no file, and what another shell has is nothing.
        let foreign = find::kind(name, Flavour::Bash) == Kind::Special
            && find::kind(name, self.flavour) == Kind::Program
            || argv[0].contains('/') && find::kind(name, self.flavour) == Kind::Special;
        if foreign {
            return self.unknown(w, &argv);
        }
        self.status = match name {
            "hash" => self.hash(w, args),
            // It takes a while: others have their turn.
            "sync" => return self.sleep(w, &["0".to_string()]),
            ":" | "true" | "chgrp" | "bind" | "enable" | "complete" | "disown" | "suspend" | "times"
            | "history" => 0,
            "jobs" => self.jobs(w, args),
            "fg" | "bg" => {
                self.complain_of(w, name, if bash { "no job control" } else { "No current job" });
                if bash { 1 } else { 2 }
            }
            "ulimit" => self.limits(w, args),
            "alias" => self.make_alias(w, args),
            "unalias" => {
                for name in args {
                    Rc::make_mut(&mut self.vars).put(&["alias ", name].concat(), None);
                }
                0
            }
            "umask" => self.umask(w, first),
            "shopt" => self.shopt(w, args),
            "clear" => {
                self.put(w, 1, CLEAR);
                0
            }
            "false" => 1,
            "exit" => return self.exit_command(w, args),
            "return" => return self.return_from(w, args),
            name @ ("break" | "continue") => {
                if !self.leave_loops(decimal(first).unwrap_or(1), name == "continue") {
                    if bash {
                        self.complain_of(w, name, "only meaningful in a `for', `while', or `until' loop");
                    } else if self.loops_outside {
                        return self.exit(0);
                    }
                }
                0
            }
            "cd" => self.change_dir(w, args),
            "pushd" | "popd" | "dirs" => self.directories(w, name, first),
            "pwd" => {
                let line = [&*self.cwd, "\n"].concat();
                self.put(w, 1, &line);
                0
            }
            "export" | "readonly" | "declare" | "typeset" | "local" => {
                // As any command's: what was substituted in its words does not count.
                self.substituted = None;
                self.in_name_of(name, &mut |p| p.declare(w, &argv))
            }
            "unset" => self.unset(w, args),
            "set" => self.set_options(w, args),
            "shift" => self.shift(w, args),
            "eval" => {
                self.status = 0;
                // dash counts its lines anew.
                let line = if self.flavour == Flavour::Dash { 1 } else { self.line.max(1) };
                self.evaluate_from(w, &args.join(" "), line);
                return self.command = Some("eval".into());
            }
            "." | "source" => return self.source(w, name, args),
            "exec" if args.is_empty() => {
                self.keep_redirections();
                0
            }
            "exec" => return self.exec(w, args),
            "command" | "type" | "which" if argv[0] != "command" || matches!(first, "-v" | "-V") => {
                self.find(w, &argv)
            }
            "command" if !args.is_empty() => {
                let words: Vec<String> = args.iter().skip_while(|a| a.starts_with('-')).cloned().collect();
                if words.is_empty() {
                    self.status = 0;
                    return;
                }
                let depth = self.control.len();
                self.guarded = !bash && words[0] != "exec" && words[0] != "exit";
                self.run_command(w, words);
                let guarded = std::mem::take(&mut self.guarded);
                if let Some(Control::Call { guards, .. }) = self.control.get_mut(depth) {
                    *guards = guarded;
                }
                return;
            }
            "builtin" if !args.is_empty() => return self.run_command(w, args.to_vec()),
            "nohup" | "sudo" | "time" | "setsid" | "busybox" | "nice" | "ionice" | "stdbuf" | "chroot"
            | "su-exec" | "gosu" | "tini" | "dumb-init" | "chrt" | "taskset" | "doas" | "setpriv" | "su"
            | "runuser"
                if !args.is_empty() =>
            {
                return self.run_wrapped(w, name, args);
            }
            "trap" => self.trap(w, args),
            "wait" => return self.wait(w, args),
            "kill" => self.kill_command(w, args),
            "caller" => self.caller(w),
            "getopts" => self.in_name_of(name, &mut |p| p.getopts(w, args)),
            "let" => return self.compute_all(w, args),
            "[" | "test" => self.test(w, &argv[0], args),
            "[[" if self.flavour == Flavour::Sh => self.test(w, &argv[0], args),
            "sleep" => return self.sleep(w, args),
            "usleep" => return self.sleep(w, &[format!("{}", decimal(first).unwrap_or(0) as f64 / 1e6)]),
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
                self.job = Some(Job::Read(argv, None));
                return;
            }
            "mapfile" | "readarray" => {
                self.job = Some(Job::Map(argv, String::new()));
                return;
            }
            "sh" | "ash" | "dash" | "bash" | "zsh" => return self.shell(w, argv),
            name => {
                let name = name.to_string();
                return self.tool(w, &name, &argv);
            }
        };
    }

    /// Does a command's work, complaining in its name.
    pub(crate) fn in_name_of(&mut self, name: &str, work: &mut dyn FnMut(&mut Process) -> i32) -> i32 {
        let before = self.command.replace(name.into());
        let status = work(self);
        self.command = before;
        status
    }

    fn make_alias(&mut self, w: &mut World, args: &[String]) -> i32 {
        let mut status = 0;
        for arg in args {
            if let Some((name, text)) = arg.split_once('=') {
                let mut alias = var(text, false).unwrap_or_default();
                if !w.system.interactive {
                    // Known from the next line on.
                    let line = i64::from(self.line);
                    alias.items = Some(Rc::new(vec![(line, "0".into(), text.into())]));
                }
                Rc::make_mut(&mut self.vars).put(&["alias ", name].concat(), Some(alias));
                continue;
            }
            match self.vars.get(&["alias ", arg].concat()).and_then(|v| v.get()) {
                Some(text) => self.put(w, 1, &format!("alias {arg}='{text}'\n")),
                None => {
                    self.complain_of(w, "alias", &format!("{arg}: not found"));
                    status = 1;
                }
            }
        }
        status
    }

    /// `ulimit`: limits are told, and kept where they are set; nothing heeds them.
    fn limits(&mut self, w: &mut World, args: &[String]) -> i32 {
        let letters: String = args.iter().filter_map(|a| a.strip_prefix('-')).collect();
        if letters.contains('a') {
            self.not_simulated(w, "ulimit -a".into());
            return self.status;
        }
        let kind = letters.chars().rfind(|c| !matches!(c, 'S' | 'H')).unwrap_or('f');
        let name = format!("ulimit {kind}");
        if let Some(value) = args.iter().find(|a| !a.starts_with('-')) {
            if value != "hard" && value != "soft" {
                Rc::make_mut(&mut self.vars).put(&name, var(value, false));
            }
            return 0;
        }
        let usual = match kind {
            'n' => "1048576",
            's' | 'l' => "8192",
            _ => "unlimited",
        };
        let value = self.vars.get(&name).map_or(usual.into(), |var| var.value.clone());
        self.put(w, 1, &[&*value, "\n"].concat());
        0
    }

    /// `umask`: it is told; files have the usual permissions.
    fn umask(&mut self, w: &mut World, mask: &str) -> i32 {
        if mask.is_empty() {
            let mask = self.vars.get("umask ").map_or("0022".into(), |v| v.value.clone());
            self.put(w, 1, &[&mask, "\n"].concat());
        } else if let Ok(mask) = u32::from_str_radix(mask, 8) {
            Rc::make_mut(&mut self.vars).put("umask ", var(&format!("{mask:04o}"), false));
        }
        0
    }

    /// A command that another starts: the options of the other are passed over.
    fn run_wrapped(&mut self, w: &mut World, wrapper: &str, args: &[String]) {
        if matches!(wrapper, "su" | "runuser" | "su-exec" | "gosu" | "sudo" | "doas" | "setpriv") {
            return self.run_as(w, wrapper, args);
        }
        let valued: &[&str] = match wrapper {
            "nice" => &["-n"],
            "ionice" => &["-c", "-n"],
            "stdbuf" => &["-o", "-e", "-i"],
            _ => &[],
        };
        let mut at = 0;
        while let Some(arg) = args.get(at).filter(|a| a.starts_with('-')) {
            at += 1 + usize::from(valued.contains(&arg.as_str()));
        }
        at += match wrapper {
            "chroot" | "taskset" | "chrt" => 1,
            _ => 0,
        };
        match args.get(at..) {
            Some(words) if !words.is_empty() => {
                let text = words.iter().map(|w| quoted(w)).collect::<Vec<_>>().join(" ");
                let old = Rc::make_mut(&mut self.vars).put(COMPLAINER, var(wrapper, false));
                self.evaluate(w, &["command ", &text].concat());
                self.control.push(Control::Vars(vec![(COMPLAINER.to_string(), old)]));
            }
            _ => self.status = 0,
        }
    }

    fn exec(&mut self, w: &mut World, args: &[String]) {
        let mut words: Vec<String> = args.to_vec();
        while words.first().is_some_and(|a| matches!(a.as_str(), "-c" | "-l" | "--")) {
            words.remove(0);
        }
        if words.first().is_some_and(|a| a == "-a") {
            words.drain(..2.min(words.len()));
        }
        let Some(name) = words.first().cloned() else { return self.status = 0 };
        let special = find::kind(program(&name), self.flavour) == Kind::Special;
        if w.system.unknown == crate::host::Unknown::NotFound
            && (special || self.program_path(w, &name).is_none())
        {
            let refused = name.is_empty() && !self.flavour.is_bash();
            let what = match self.flavour {
                Flavour::Bash | Flavour::Zsh if name.contains('/') => "No such file or directory",
                _ if refused => "Permission denied",
                _ => "not found",
            };
            let what = [&name, ": ", what].concat();
            if self.flavour.is_bash() && name.contains('/') {
                self.complain(w, &what);
            } else {
                self.complain_of(w, "exec", &what);
            }
            return self.die(w, if refused { 126 } else { 127 });
        }
        // Traps end with the shell.
        Rc::make_mut(&mut self.vars)
            .0
            .retain(|(name, var)| !name.starts_with("trap ") || var.value.is_empty());
        self.control.clear();
        self.start(Rc::new([]));
        self.replaced = true;
        self.run_command(w, words);
    }

    fn exit_command(&mut self, w: &mut World, args: &[String]) {
        let Some(word) = args.first() else {
            // In a trap it is the status from before; bash takes the last one.
            let before = self.trap_status().filter(|_| !self.flavour.is_bash());
            return self.exit(self.leaving.or(before).unwrap_or(self.status));
        };
        match decimal(word) {
            Some(code) => self.exit(code as i32),
            None => {
                match self.flavour {
                    Flavour::Sh | Flavour::Dash => {
                        self.complain_of(w, "exit", &format!("Illegal number: {word}"))
                    }
                    _ => self.complain_of(w, "exit", &format!("{word}: numeric argument required")),
                }
                self.exit(2);
            }
        }
    }

    /// `caller 0`: the line, the function and the file from which a function was called.
    fn caller(&mut self, w: &mut World) -> i32 {
        let calls: Vec<(String, u32, String)> = self
            .control
            .iter()
            .rev()
            .filter_map(|c| match c {
                Control::Call { function: Some(f), line, file, .. } => {
                    Some((f.to_string(), *line, file.to_string()))
                }
                _ => None,
            })
            .collect();
        let Some((_, line, file)) = calls.first().filter(|_| calls.len() > 1 || !self.file.is_empty()) else {
            return 1;
        };
        let outer = calls.get(1).map_or("main", |c| c.0.as_str());
        let file = if file.is_empty() { if calls.len() > 1 { "environment" } else { "NULL" } } else { file };
        self.put(w, 1, &format!("{line} {outer} {file}\n"));
        0
    }

    /// pushd, popd and dirs.
    fn directories(&mut self, w: &mut World, name: &str, to: &str) -> i32 {
        let mut stack: Vec<String> = match self.vars.get("directories ") {
            Some(known) if !known.value.is_empty() => known.value.split('\n').map(str::to_string).collect(),
            _ => vec![],
        };
        let here = self.cwd.to_string();
        match name {
            "pushd" => {
                let target = if to.is_empty() { stack.first().cloned() } else { Some(to.to_string()) };
                let Some(target) = target else {
                    self.complain_of(w, "pushd", "no other directory");
                    return 1;
                };
                if self.change_dir_to(w, "pushd", &target) != 0 {
                    return 1;
                }
                if to.is_empty() {
                    stack.remove(0);
                }
                stack.insert(0, here);
            }
            "popd" => {
                if stack.is_empty() {
                    self.complain_of(w, "popd", "directory stack empty");
                    return 1;
                }
                let target = stack.remove(0);
                if self.change_dir_to(w, "popd", &target) != 0 {
                    return 1;
                }
            }
            _ => {}
        }
        let mut all = vec![self.cwd.to_string()];
        all.extend(stack.iter().cloned());
        Rc::make_mut(&mut self.vars).put("directories ", var(&stack.join("\n"), false));
        let home = self.get(w, "HOME").unwrap_or_default();
        let shown: Vec<String> = all
            .iter()
            .map(|d| match d.strip_prefix(&*home).filter(|_| !home.is_empty()) {
                Some(rest) if rest.is_empty() || rest.starts_with('/') => ["~", rest].concat(),
                _ => d.clone(),
            })
            .collect();
        self.put(w, 1, &[&shown.join(" "), "\n"].concat());
        0
    }

    /// `return`: from a function, else from what was sourced, else from the script.
    fn return_from(&mut self, w: &mut World, args: &[String]) {
        let code = match args.first() {
            None => self.trap_status().unwrap_or(self.status),
            Some(word) => match decimal(word) {
                Some(code) if self.flavour == Flavour::Dash => code as i32,
                Some(code) => code as i32 & 255,
                None => {
                    match self.flavour {
                        Flavour::Sh | Flavour::Dash => {
                            self.complain_of(w, "return", &format!("Illegal number: {word}"))
                        }
                        _ => self.complain_of(w, "return", &format!("{word}: numeric argument required")),
                    }
                    2
                }
            },
        };
        if self.in_function() && self.returns_to_trap() {
            return self.trap_now(w, "RETURN", Then::Return(code));
        }
        let innermost = |c: &Control| matches!(c, Control::Call { .. });
        let left = self.unwind(|c| matches!(c, Control::Call { function: Some(_), .. })) || {
            let depth = self.script.unwrap_or(0);
            self.control.iter().skip(depth).any(innermost) && self.unwind(innermost)
        };
        if left {
            self.status = code;
        } else if self.flavour.is_bash() {
            self.complain_of(w, "return", "can only `return' from a function or sourced script");
            self.status = 2;
        } else {
            self.exit(code);
        }
    }

    fn shift(&mut self, w: &mut World, args: &[String]) -> i32 {
        let count = args.first().map_or(Some(1), |word| decimal(word));
        let Some(count) = count.filter(|n| *n >= 0).map(|n| n as usize) else {
            let word = &args[0];
            if !self.flavour.is_bash() {
                self.complain_of(w, "shift", &format!("Illegal number: {word}"));
                self.die(w, 2);
                return 2;
            }
            let what = if count.is_some() { "shift count out of range" } else { "numeric argument required" };
            self.complain_of(w, "shift", &format!("{word}: {what}"));
            return 1;
        };
        if count <= self.args.len() {
            Rc::make_mut(&mut self.args).drain(..count);
            return 0;
        }
        if self.flavour == Flavour::Dash {
            self.complain_of(w, "shift", "can't shift that many");
            self.die(w, 2);
            return 2;
        }
        1
    }

    fn source(&mut self, w: &mut World, command: &str, args: &[String]) {
        let Some(file) = args.first() else {
            if self.flavour.is_bash() {
                self.complain_of(w, command, "filename argument required");
            }
            self.status = 2;
            return;
        };
        let mut path = self.path(file);
        if !file.contains('/') && w.host.stat(&path).is_none() {
            path = self.program_path(w, file).unwrap_or(path);
        }
        match self.read_file(w, &path) {
            Ok(text) => {
                self.status = 0;
                let arguments = (args.len() > 1 && self.flavour != Flavour::Dash).then(|| args[1..].to_vec());
                self.evaluate_from(w, &text, 1);
                self.file = file.as_str().into();
                self.command = Some(if file.contains('/') { file.as_str() } else { &path }.into());
                if let (Some(new), Some(Control::Call { args, .. })) = (arguments, self.control.last_mut()) {
                    *args = Some(std::mem::replace(&mut self.args, Rc::new(new)));
                }
            }
            Err(FileError::NotFound) if w.host.may_have(&path) => {
                self.not_simulated(w, [command, " ", file].concat())
            }
            Err(error) => match self.flavour {
                Flavour::Sh => {
                    self.complain_of(w, command, &format!("can't open '{file}': {}", error.text()));
                    self.die(w, 2);
                }
                Flavour::Dash => {
                    let why = if error == FileError::NotFound { "No such file" } else { error.text() };
                    self.complain_of(w, command, &format!("cannot open {file}: {why}"));
                    self.die(w, 2);
                }
                _ => {
                    self.complain(w, &[file, ": ", error.text()].concat());
                    self.status = 1;
                }
            },
        }
    }

    /// `let`: fails where the last expression is 0.
    fn compute_all(&mut self, w: &mut World, expressions: &[String]) {
        let mut status = 0;
        for expression in expressions {
            let Some(value) = self.compute_for(w, expression, "let") else { return };
            status = i32::from(value == 0);
        }
        self.status = status;
    }

    fn function(&self, name: &str) -> Option<Function> {
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
            let mode = w.host.stat(&self.path(name)).map(|s| s.permissions());
            if mode.is_some_and(|mode| mode & 0o111 == 0) {
                self.status = 126;
                return self.complain(w, &format!("{}: Permission denied", argv[0]));
            }
            if let Some(interpreter) = text.lines().next().and_then(|l| l.strip_prefix("#!")) {
                let words = interpreter.split_ascii_whitespace().map(str::to_string);
                let mut script: Vec<String> = words.filter(|w| w != "/usr/bin/env").collect();
                script.extend_from_slice(argv);
                return self.run(w, script);
            }
            let shell = if self.flavour.is_bash() { "bash" } else { "sh" };
            let mut script = vec![shell.to_string()];
            script.extend_from_slice(argv);
            return self.shell(w, script);
        }
        let piped = matches!(self.fds[0], crate::process::Fd::Read(_)) && !self.is_terminal(w.system, 0);
        if w.host.reads_stdin(argv) || piped && w.host.takes_piped_stdin(argv) {
            self.job = Some(Job::External(argv.to_vec(), String::new()));
        } else {
            self.external(w, argv.to_vec(), "");
        }
    }

    fn change_dir(&mut self, w: &mut World, args: &[String]) -> i32 {
        let words: Vec<&str> =
            args.iter().map(String::as_str).filter(|a| !matches!(*a, "-P" | "-L" | "--" | "-e")).collect();
        if words.len() > 1 && self.flavour.is_bash() {
            self.complain_of(w, "cd", "too many arguments");
            return 1;
        }
        let variable = match words.first() {
            None => "HOME",
            Some(&"-") => "OLDPWD",
            Some(_) => "",
        };
        let to = match self.get(w, variable) {
            Some(value) if !variable.is_empty() => value.to_string(),
            _ if variable == "HOME" && self.flavour.is_bash() => {
                self.complain_of(w, "cd", "HOME not set");
                return 1;
            }
            _ if variable == "OLDPWD" && self.flavour.is_bash() => {
                self.complain_of(w, "cd", "OLDPWD not set");
                return 1;
            }
            _ if variable == "HOME" => return 0,
            _ => words.first().copied().unwrap_or_default().to_string(),
        };
        let status = self.change_dir_to(w, "cd", &to);
        if status == 0 && variable == "OLDPWD" {
            let line = [&*self.cwd, "\n"].concat();
            self.put(w, 1, &line);
        }
        status
    }

    fn change_dir_to(&mut self, w: &mut World, command: &str, to: &str) -> i32 {
        let path = self.path(to);
        let error = match w.host.stat(&path) {
            Some(stat) if stat.dir => {
                let old = std::mem::replace(&mut self.cwd, path.as_str().into());
                let exported = self.vars.get("PWD").is_some_and(|v| v.exported);
                self.set("OLDPWD", &old);
                if exported {
                    self.set("PWD", &path);
                }
                return 0;
            }
            Some(_) => "Not a directory",
            None => "No such file or directory",
        };
        match self.flavour {
            Flavour::Sh => self.complain_of(w, command, &format!("can't cd to {to}: {error}")),
            Flavour::Dash => self.complain_of(w, command, &format!("can't cd to {to}")),
            Flavour::Bash => self.complain_of(w, command, &format!("{to}: {error}")),
            Flavour::Zsh => self.put(w, 2, &format!("cd: {}: {to}\n", error.to_ascii_lowercase())),
        }
        if self.flavour.is_bash() { 1 } else { 2 }
    }
}
