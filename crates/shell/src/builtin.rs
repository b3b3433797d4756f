//! The commands that change the shell itself or wait, and the way from a command's name to what runs it.
//!
//! Models POSIX XCU 2.14 (special built-ins) and bash's and BusyBox ash's additions.

use super::Flavour;
use super::arith::decimal;
use super::machine::{Control, Input, Job, Process, State, World, var};
use super::parse::{self, Code, is_name};
use super::pattern::QUOTE;
use super::tools::{self, Context, Feed, Tool};
use std::rc::Rc;

/// Words that `type` calls a builtin.
const BUILTINS: &str = " . : [ alias break cd command continue eval exec exit export false getopts hash kill let local \
                        pwd read readonly return set shift source test times trap true type ulimit umask unset wait ";
/// Directories whose programs are ours.
const PROGRAM_DIRS: [&str; 6] =
    ["/bin/", "/usr/bin/", "/sbin/", "/usr/sbin/", "/usr/local/bin/", "/busybox/"];

/// A program's name without the directory where programs lie.
fn program(path: &str) -> &str {
    PROGRAM_DIRS.iter().find_map(|dir| path.strip_prefix(dir)).unwrap_or(path)
}

/// `5`, `0.5`, `2m`, `infinity` as milliseconds.
fn duration(text: &str) -> Option<u64> {
    let (number, unit) = match text.strip_suffix(['s', 'm', 'h', 'd']) {
        Some(number) => (number, text.as_bytes()[text.len() - 1]),
        None => (text, b's'),
    };
    if number.starts_with("inf") {
        return Some(u64::MAX);
    }
    let unit = match unit {
        b'm' => 60_000,
        b'h' => 3_600_000,
        b'd' => 86_400_000,
        _ => 1000,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || !fraction.bytes().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let whole = if whole.is_empty() { 0 } else { decimal(whole).filter(|n| *n >= 0)? as u64 };
    let thousandths = decimal(&[fraction, "000"].concat()[..3])? as u64;
    Some(whole.saturating_mul(unit).saturating_add(thousandths * unit / 1000))
}

/// The commands that are the shell's own, as far as people type them.
pub(super) const NAMES: &[&str] = &[
    "cd", "clear", "env", "exit", "export", "pwd", "read", "set", "sleep", "test", "timeout", "type",
    "unset", "watch", "which",
];
/// What clears a terminal.
const CLEAR: &str = "\x1b[H\x1b[2J\x1b[3J";

impl Process {
    /// `watch [-n SECONDS] COMMAND…`: runs it again and again, each time on an empty screen.
    fn watch(&mut self, w: &mut World, args: &[String]) {
        let mut seconds = "2".to_string();
        let mut words = args.iter();
        let mut command: Vec<&str> = Vec::new();
        while let Some(word) = words.next() {
            match word.as_str() {
                "-n" | "--interval" if command.is_empty() => {
                    seconds = words.next().filter(|s| duration(s).is_some()).cloned().unwrap_or(seconds);
                }
                option if command.is_empty() && option.starts_with('-') => {
                    let given = option.strip_prefix("-n").filter(|s| duration(s).is_some());
                    seconds = given.map_or(seconds, str::to_owned);
                }
                word => command.push(word),
            }
        }
        let command = command.join(" ");
        let shown = if seconds.contains('.') { seconds.clone() } else { format!("{seconds}.0") };
        let title = tools::quoted(&format!("Every {shown}s: {command}"));
        let script = format!(
            "( while :; do clear; echo {title}; echo; eval {}; sleep {seconds}; done )",
            tools::quoted(&command)
        );
        self.evaluate(w, &script);
    }

    /// `ping [-c COUNT] HOST`: the host answers one question; a second is between two.
    fn ping(&mut self, w: &mut World, args: &[String]) {
        let count = args.iter().position(|a| a == "-c").and_then(|at| args.get(at + 1));
        let goes_on = count.map_or(":".to_string(), |count| format!("[ $n -lt {} ]", tools::quoted(count)));
        let words: Vec<String> = args.iter().map(|a| tools::quoted(a)).collect();
        let script = format!(
            "( n=0; while {goes_on}; do ping --seq=$n {} || exit; n=$((n+1)); if {goes_on}; then sleep 1; fi; done )",
            words.join(" ")
        );
        self.evaluate(w, &script);
    }

    /// Runs a command.
    pub(super) fn run(&mut self, w: &mut World, argv: Vec<String>) {
        w.system.budget -= 5;
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
            "return" => {
                let code = decimal(first).map_or(self.status, |n| n as i32);
                if !self.unwind(|c| matches!(c, Control::Call { function: true, .. }))
                    && !self.unwind(|c| matches!(c, Control::Call { .. }))
                {
                    return self.exit(code);
                }
                code
            }
            name @ ("break" | "continue") => {
                self.leave_loops(decimal(first).unwrap_or(1), name == "continue");
                0
            }
            "cd" => self.change_dir(w, first),
            "pwd" => {
                let line = format!("{}\n", self.cwd);
                self.put(w, 1, &line);
                0
            }
            "export" | "readonly" | "declare" | "typeset" => {
                self.declare(w, args, argv[0] == "export", false)
            }
            "local" => self.declare(w, args, false, true),
            "unset" => {
                for name in args {
                    let name = if first == "-f" { &[name, "()"].concat() } else { name };
                    Rc::make_mut(&mut self.vars).put(name, None);
                }
                0
            }
            "set" => self.set_options(w, args),
            "shift" => {
                let count = decimal(first).unwrap_or(1) as usize;
                let there = count <= self.args.len();
                if there {
                    Rc::make_mut(&mut self.args).drain(..count);
                }
                i32::from(!there)
            }
            "eval" => {
                self.status = 0;
                return self.evaluate(w, &args.join(" "));
            }
            "." | "source" => {
                let path = self.path(first);
                match w.host.read(&path) {
                    Ok(text) => return self.evaluate(w, &text),
                    Err(error) => {
                        self.complain(w, &format!("{first}: {}", error.text()));
                        1
                    }
                }
            }
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
            "wait" => {
                let all = args.is_empty();
                self.kids = match all {
                    true => self.backgrounds.clone(),
                    false => args.iter().filter_map(|a| decimal(a)).map(|n| n as u32).collect(),
                };
                self.state = State::Wait(all);
                return;
            }
            "kill" => {
                let pids = args.iter().filter_map(|a| decimal(a)).map(|n| n as u32);
                if first != "-0" {
                    w.system.kill.extend::<Vec<u32>>(pids.collect());
                }
                0
            }
            "let" => {
                let mut status = 0;
                for expression in args {
                    let Some(value) = self.compute(w, expression) else { return };
                    status = i32::from(value == 0);
                }
                status
            }
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
                return self.evaluate(w, &format!("while :; do echo {}; done", tools::quoted(&word)));
            }
            "read" => {
                self.job = Some(Job::Read(argv));
                return;
            }
            "sh" | "ash" | "dash" | "bash" | "zsh" => return self.shell(w, argv),
            name => return self.tool(w, name, &argv),
        };
    }

    fn function(&self, name: &str) -> Option<(Code, usize)> {
        self.vars.get(&[name, "()"].concat())?.function.clone()
    }

    /// One of our tools, a script in a file, or a program of the w.host.
    fn tool(&mut self, w: &mut World, name: &str, argv: &[String]) {
        if let Some(Ok(tool)) = Tool::new(name, argv) {
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

    /// Goes on with a command that reads its input.
    pub(super) fn work(&mut self, job: Job, w: &mut World) {
        match job {
            Job::Tool(tool) => self.work_tool(tool, w),
            Job::Read(argv) => self.read(argv, w),
            Job::Script(mut script) => match self.input(w) {
                Input::Text(text) => {
                    script.push_str(&text);
                    self.job = Some(Job::Script(script));
                }
                Input::Wait => self.job = Some(Job::Script(script)),
                Input::End => {
                    self.status = 0;
                    self.evaluate(w, &script);
                }
            },
            Job::External(argv, mut stdin) => match self.input(w) {
                Input::Text(text) => {
                    stdin.push_str(&text);
                    self.job = Some(Job::External(argv, stdin));
                }
                Input::Wait => self.job = Some(Job::External(argv, stdin)),
                Input::End => self.external(w, argv, &stdin),
            },
        }
    }

    fn work_tool(&mut self, mut tool: Box<Tool>, w: &mut World) {
        let input = match tool.next_file() {
            _ if tool.feed == Feed::Nothing => Input::End,
            Some(file) => {
                let path = self.path(&file);
                match tools::read(w.host, &path) {
                    Ok(text) => Input::Text(text),
                    Err(error) => {
                        let text = tool.cannot_read(&file, error, self.flavour != Flavour::Sh);
                        self.put(w, 2, &text);
                        Input::Text(String::new())
                    }
                }
            }
            None => self.input(w),
        };
        let columns = self.is_terminal(w.system, 1);
        let cwd = self.cwd.clone();
        let gnu = self.flavour != Flavour::Sh;
        let mut context =
            Context { host: &mut *w.host, cwd: &cwd, gnu, columns, out: String::new(), err: String::new() };
        let ended = match input {
            Input::Wait => {
                self.job = Some(Job::Tool(tool));
                return;
            }
            Input::Text(text) => tool.take(&mut context, &text),
            Input::End => tool.end(&mut context),
        };
        let (out, err) = (context.out, context.err);
        w.system.budget -= 5;
        self.put(w, 2, &err);
        let kept = self.status;
        self.put(w, 1, &out);
        if !ended {
            self.job = Some(Job::Tool(tool));
            return;
        }
        if self.status == kept {
            self.status = tool.code;
        }
        if let Some(script) = tool.script.take() {
            return self.evaluate(w, &script);
        }
        if self.state != State::Run {
            return;
        }
        if let Some(file) = tool.follow.take() {
            let path = self.path(&file);
            let seen = w.host.read(&path).map_or(0, |text| text.len());
            self.state = if path == "/dev/null" { State::Forever } else { State::Follow(path.into(), seen) };
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

    fn declare(&mut self, w: &mut World, args: &[String], export: bool, local: bool) -> i32 {
        for arg in args.iter().filter(|a| !a.starts_with('-')) {
            let (name, value) = match arg.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (arg.as_str(), None),
            };
            if !is_name(name) {
                self.complain(w, &format!("export: {name}: bad variable name"));
                return 2;
            }
            if local {
                let old = self.vars.get(name).cloned();
                let function = |c: &&mut Control| matches!(c, Control::Call { function: true, .. });
                if let Some(Control::Call { locals, .. }) = self.control.iter_mut().rev().find(function) {
                    locals.push((name.to_string(), old));
                }
            }
            if value.is_some() || local || export {
                let old = self.vars.get(name).map(|v| v.value.clone()).filter(|_| !local).unwrap_or_default();
                self.set(name, value.unwrap_or(&old));
            }
            if export {
                let value = self.vars.get(name).map(|v| v.value.clone()).unwrap_or_default();
                Rc::make_mut(&mut self.vars).put(name, var(&value, true));
            }
        }
        0
    }

    fn set_options(&mut self, w: &mut World, args: &[String]) -> i32 {
        if args.is_empty() {
            let mut text = String::new();
            for (name, var) in self.vars.0.iter().filter(|(name, _)| is_name(name)) {
                text.extend([name, "=", &tools::quoted(&var.value), "\n"]);
            }
            self.put(w, 1, &text);
        }
        let rest = self.options(args);
        if rest < args.len() || args.last().is_some_and(|a| a == "--") {
            self.args = Rc::new(args[rest..].to_vec());
        }
        0
    }

    /// Takes options as `set` and `sh` have them; how many words they are.
    fn options(&mut self, args: &[String]) -> usize {
        let mut at = 0;
        while let Some(arg) = args.get(at) {
            let on = arg.starts_with('-');
            if arg.len() < 2 || !(on || arg.starts_with('+')) {
                break;
            }
            at += 1;
            if arg == "--" {
                break;
            }
            if arg.starts_with("--") {
                continue;
            }
            for c in arg[1..].chars() {
                let mut named = "";
                if c == 'o' {
                    named = args.get(at).map_or("", String::as_str);
                    at += 1;
                }
                match (c, named) {
                    ('e', _) | (_, "errexit") => self.options.errexit = on,
                    ('x', _) | (_, "xtrace") => self.options.xtrace = on,
                    ('u', _) | (_, "nounset") => self.options.nounset = on,
                    (_, "pipefail") => self.options.pipefail = on,
                    _ => {}
                }
            }
        }
        at.min(args.len())
    }

    fn find(&mut self, w: &mut World, argv: &[String]) -> i32 {
        let mut status = 0;
        for name in argv[1..].iter().filter(|a| !a.starts_with('-')) {
            let builtin = argv[0] != "which" && BUILTINS.contains(&format!(" {name} "));
            let shell = ["sh", "sleep", "env", "test"].contains(&name.as_str());
            let ours = shell || Tool::new(name, &[]).is_some() || w.host.has_program(name);
            let verbose = argv[0] == "type";
            let mut text = match () {
                () if self.function(name).is_some() && verbose => format!("{name} is a function"),
                () if builtin && verbose => format!("{name} is a shell builtin"),
                () if builtin || self.function(name).is_some() => name.clone(),
                () if ours && verbose => format!("{name} is /bin/{name}"),
                () if ours => format!("/bin/{name}"),
                () => {
                    status = if verbose || argv[0] == "which" { 1 } else { 127 };
                    if verbose { format!("{name}: not found") } else { continue }
                }
            };
            text.push('\n');
            self.put(w, 1, &text);
        }
        status
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

    fn sleep(&mut self, w: &mut World, args: &[String]) {
        let mut total = 0u64;
        for arg in args {
            let Some(ms) = duration(arg) else {
                let text = match self.flavour {
                    Flavour::Sh => format!("sleep: invalid number '{arg}'\n"),
                    _ => format!("sleep: invalid time interval '{arg}'\n"),
                };
                self.put(w, 2, &text);
                self.status = 1;
                return;
            };
            total = total.saturating_add(ms);
        }
        self.status = i32::from(args.is_empty());
        self.state = match w.host.now_ms().checked_add(total) {
            Some(until) => State::Sleep(until),
            None => State::Forever,
        };
    }

    fn timeout(&mut self, w: &mut World, args: &[String]) {
        let start = args.iter().position(|a| duration(a).is_some()).unwrap_or(args.len());
        let Some((time, command)) = args[start..].split_first().filter(|(_, command)| !command.is_empty())
        else {
            self.status = 125;
            return self.complain(w, "timeout: missing operand");
        };
        let until = w.host.now_ms().saturating_add(duration(time).unwrap_or(0));
        let Some(mut child) = self.fork(w) else { return };
        child.start(parse::command(command));
        child.replaced = true;
        self.wait_for(w, child, Some(until));
    }

    fn environment(&mut self, w: &mut World, argv: &[String]) {
        let mut at = 1;
        let mut saved = vec![];
        let set = |arg: &&String| argv[0] != "printenv" && (arg.contains('=') || arg.as_str() == "-i");
        while let Some(arg) = argv.get(at).filter(set) {
            at += 1;
            if arg == "-i" {
                let vars = Rc::make_mut(&mut self.vars);
                let exported = vars.0.extract_if(.., |(_, var)| var.exported);
                saved.extend(exported.map(|(name, var)| (name, Some(var))));
            }
            if let Some((name, value)) = arg.split_once('=') {
                saved.push((name.to_string(), Rc::make_mut(&mut self.vars).put(name, var(value, true))));
            }
        }
        if argv[0] != "printenv" && at < argv.len() {
            // The variables are put back when the command has ended and its call is left.
            let text = argv[at..].iter().map(|w| tools::quoted(w)).collect::<Vec<_>>().join(" ");
            self.evaluate(w, &text);
            self.control.push(Control::Vars(saved));
            return;
        }
        self.status = 0;
        let mut text = String::new();
        if let Some(name) = argv.get(at) {
            match self.get(w, name) {
                Some(value) => text.extend([&value, "\n"]),
                None => self.status = 1,
            }
        } else {
            for (name, var) in self.vars.0.iter().filter(|(_, var)| var.exported) {
                text.extend([name, "=", &var.value, "\n"]);
            }
        }
        self.leave(Control::Vars(saved));
        self.put(w, 1, &text);
    }

    fn read(&mut self, argv: Vec<String>, w: &mut World) {
        let (mut raw, mut names, mut args) = (false, vec![], argv[1..].iter());
        while let Some(arg) = args.next() {
            match arg.strip_prefix('-') {
                Some(flags) => {
                    raw |= flags.contains('r');
                    if flags.ends_with(['p', 't', 'n', 'd', 'u']) {
                        args.next();
                    }
                }
                None => names.push(arg.clone()),
            }
        }
        let line = match self.input_line(w) {
            Input::Wait => {
                self.job = Some(Job::Read(argv));
                return;
            }
            Input::Text(line) => line,
            Input::End => String::new(),
        };
        self.status = i32::from(!line.ends_with('\n'));
        if names.is_empty() {
            names.push("REPLY".into());
        }
        let mut rest = line.trim_end_matches('\n').replace(QUOTE, "");
        if !raw {
            rest = rest.replace('\\', "");
        }
        let separators = self.get(w, "IFS").unwrap_or(" \t\n".into());
        let is_blank = |c: char| separators.contains(c) && c.is_ascii_whitespace();
        let mut rest = rest.as_str();
        let last = names.pop().unwrap_or_default();
        rest = rest.trim_start_matches(is_blank);
        for name in names {
            let end = rest.find(|c| separators.contains(c)).unwrap_or(rest.len());
            self.set(&name, &rest[..end]);
            let mut after = rest[end..].chars();
            let separator = after.next();
            rest = after.as_str().trim_start_matches(is_blank);
            if separator.is_some_and(is_blank) && rest.starts_with(|c| separators.contains(c)) {
                rest = &rest[1..];
            }
        }
        self.set(&last, rest.trim_end_matches(is_blank));
    }

    /// `sh -c TEXT`, `sh FILE`, or a script on standard input.
    fn shell(&mut self, w: &mut World, argv: Vec<String>) {
        let mut child = if self.replaced {
            None
        } else {
            let Some(child) = self.fork(w) else { return };
            Some(child)
        };
        let p = child.as_mut().unwrap_or(self);
        let args = &argv[1..];
        p.options = Default::default();
        p.replaced = false;
        p.flavour = match program(&argv[0]) {
            "bash" => Flavour::Bash,
            "zsh" => Flavour::Zsh,
            _ => Flavour::Sh,
        };
        Rc::make_mut(&mut p.vars).0.retain(|(_, var)| var.exported);
        let at = p.options(args);
        let text = args[..at].iter().any(|a| !a.starts_with("--") && a.starts_with('-') && a.contains('c'));
        let operands = &args[at..];
        let mut script = operands.first().cloned();
        p.name = argv[0].as_str().into();
        p.args = Rc::new(operands.get(1..).unwrap_or_default().to_vec());
        if text {
            if let Some(name) = operands.get(1) {
                p.name = name.as_str().into();
            }
            p.args = Rc::new(operands.get(2..).unwrap_or_default().to_vec());
        } else if let Some(file) = &script {
            match w.host.read(&p.path(file)) {
                Ok(content) => script = Some(content),
                Err(error) => {
                    let text = match p.flavour {
                        Flavour::Sh => format!("can't open '{file}': {}", error.text()),
                        _ => format!("{file}: {}", error.text()),
                    };
                    p.complain(w, &text);
                    p.status = if p.flavour == Flavour::Sh { 2 } else { 127 };
                    script = Some(format!("exit {}", p.status));
                }
            }
        }
        p.start(Rc::new([]));
        p.control.clear();
        p.status = 0;
        match script {
            Some(script) => p.evaluate(w, &script),
            // A shell within an interactive shell is that shell.
            None if p.is_terminal(w.system, 0) => {}
            None => p.job = Some(Job::Script(String::new())),
        }
        if let Some(child) = child {
            self.wait_for(w, child, None);
        }
    }

    /// `test`, `[` and the plain part of `[[`: 0 true, 1 false, 2 wrong usage.
    pub(super) fn test(&mut self, w: &mut World, name: &str, args: &[String]) -> i32 {
        let args = match (name, args.split_last()) {
            ("[", Some((last, args))) if last == "]" => args,
            ("[", _) => {
                self.complain(w, "[: missing ]");
                return 2;
            }
            _ => args,
        };
        let words: Vec<&str> = args.iter().map(String::as_str).collect();
        match self.holds_true(w, &words) {
            Ok(yes) => i32::from(!yes),
            Err(what) => {
                self.complain(w, &what);
                2
            }
        }
    }

    fn holds_true(&self, w: &World, words: &[&str]) -> Result<bool, String> {
        let number = |text: &str| decimal(text.trim()).ok_or_else(|| [text, ": bad number"].concat());
        match words {
            _ if words.len() > 100 => Err("too many arguments".into()),
            [] => Ok(false),
            [word] => Ok(!word.is_empty()),
            ["!", rest @ ..] if rest.len() != 2 || !is_binary(rest[0]) => Ok(!self.holds_true(w, rest)?),
            [operator, word] => {
                let stat = || w.host.stat(&self.path(word)).or(special(word));
                Ok(match *operator {
                    "-z" => word.is_empty(),
                    "-n" => !word.is_empty(),
                    "-e" | "-a" | "-r" | "-w" | "-x" => stat().is_some(),
                    "-f" => stat().is_some_and(|s| !s.dir),
                    "-d" => stat().is_some_and(|s| s.dir),
                    "-s" => stat().is_some_and(|s| s.size > 0),
                    "-t" => self.is_terminal(w.system, decimal(word).unwrap_or(0) as usize),
                    "-v" => self.vars.get(word).is_some(),
                    "-L" | "-h" | "-S" | "-p" | "-b" | "-c" => false,
                    _ => return Err(format!("{operator}: unknown operand")),
                })
            }
            [left, operator, right] if is_binary(operator) => {
                let modified = |path: &str| w.host.stat(&self.path(path)).map(|s| s.modified_ms);
                Ok(match *operator {
                    "=" | "==" => left == right,
                    "!=" => left != right,
                    "<" => left < right,
                    ">" => left > right,
                    "-nt" => modified(left) > modified(right),
                    "-ot" => modified(left) < modified(right),
                    _ => {
                        let order = number(left)?.cmp(&number(right)?);
                        match *operator {
                            "-eq" => order.is_eq(),
                            "-ne" => order.is_ne(),
                            "-lt" => order.is_lt(),
                            "-le" => order.is_le(),
                            "-gt" => order.is_gt(),
                            _ => order.is_ge(),
                        }
                    }
                })
            }
            _ => {
                for (operator, any) in [("-o", true), ("-a", false)] {
                    if let Some(at) = words.iter().position(|w| *w == operator).filter(|at| *at > 0) {
                        let left = self.holds_true(w, &words[..at])?;
                        return if left == any { Ok(any) } else { self.holds_true(w, &words[at + 1..]) };
                    }
                }
                match words {
                    ["(", inner @ .., ")"] => self.holds_true(w, inner),
                    _ => Err(format!("{}: unknown operand", words[0])),
                }
            }
        }
    }
}

fn is_binary(word: &str) -> bool {
    ["=", "==", "!=", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot"].contains(&word)
}

/// What is at the devices' paths.
fn special(path: &str) -> Option<super::Stat> {
    tools::is_device(path).then_some(super::Stat { dir: false, size: 0, modified_ms: 0 })
}
