//! `sh -c TEXT`, `sh FILE`, and a script on standard input.

use super::program::program;
use crate::host::{FileError, Flavour, Userland};
use crate::process::{Job, Process, World, var};
use crate::word::{is_name, quoted};
use std::rc::Rc;

impl Process {
    /// Runs a text as the script of this shell.
    pub(crate) fn run_script(&mut self, w: &mut World, text: &str) {
        self.evaluate_from(w, text, 1);
        self.script = Some(self.control.len());
    }

    /// `sh -c TEXT`, `sh FILE`, or a script on standard input. Long: its words, a file or its input are the script, and each fails in its own way.
    pub(crate) fn shell(&mut self, w: &mut World, argv: Vec<String>) {
        // A subshell whose last command it is becomes that shell.
        let becomes = self.pid != self.shell && self.trap_of("EXIT").is_none() && self.at_end();
        let mut child = if self.replaced || becomes {
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
            "dash" => Flavour::Dash,
            "sh" if w.system.userland == Some(Userland::Gnu) => Flavour::Dash,
            _ => Flavour::Sh,
        };
        let ignored = |name: &str, value: &str| {
            name == crate::tools::USER
                || name == "umask "
                || name.starts_with("ulimit ")
                || name.starts_with("trap ") && value.is_empty()
        };
        // bash hands on what can't be a variable's name (`node.name`), dash and ash don't.
        let handed_on = |name: &str| p.flavour.is_bash() || is_name(name);
        Rc::make_mut(&mut p.vars)
            .0
            .retain(|(name, var)| var.exported && handed_on(name) || ignored(name, &var.value));
        for (name, value) in [("IFS", " \t\n"), ("OPTIND", "1"), ("PS4", "+ ")] {
            Rc::make_mut(&mut p.vars).put(name, var(value, false));
        }
        if p.vars.get("PATH").is_none() {
            let path = match p.flavour {
                Flavour::Sh => "/sbin:/usr/sbin:/bin:/usr/bin",
                _ => "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            };
            Rc::make_mut(&mut p.vars).put("PATH", var(path, false));
        }
        (p.depth, p.level, p.line, p.option_at) = (0, 0, 0, 0);
        (p.shell, p.shell_parent) = (p.pid, p.parent);
        (p.quiet, p.loops_outside) = (false, false);
        (p.file, p.command) = ("".into(), None);
        p.applet = argv[0].rsplit('/').next().unwrap_or_default().into();
        let at = p.options(args).unwrap_or(0);
        let text = args[..at]
            .iter()
            .any(|a| !a.starts_with("--") && a.starts_with('-') && a.contains('c') && a != "pipefail");
        let operands = &args[at..];
        // `-s`: the script is its input, whatever follows.
        let is_input =
            !text && args[..at].iter().any(|a| !a.starts_with("--") && a.starts_with('-') && a.contains('s'));
        let mut script = operands.first().filter(|_| !is_input).cloned();
        p.name = argv[0].as_str().into();
        p.args = Rc::new(operands.get(usize::from(!is_input)..).unwrap_or_default().to_vec());
        if text {
            if let Some(name) = operands.get(1) {
                p.name = name.as_str().into();
                p.command = Some("".into());
            }
            p.args = Rc::new(operands.get(2..).unwrap_or_default().to_vec());
        } else if let Some(file) = &script {
            p.name = file.as_str().into();
            p.file = file.as_str().into();
            p.command = Some("".into());
            match p.read_file(w, &p.path(file)) {
                Ok(content) => script = Some(content),
                Err(FileError::NotFound) if w.host.may_have(&p.path(file)) => {
                    // As a command of its own, which nobody knows.
                    script = Some(args.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "));
                }
                Err(error) => {
                    let shell = argv[0].clone();
                    let (text, status) = match p.flavour {
                        Flavour::Sh => (format!("{shell}: can't open '{file}': {}\n", error.text()), 2),
                        Flavour::Dash => (format!("{shell}: 0: cannot open {file}: No such file\n"), 2),
                        _ => (
                            format!("{shell}: {file}: {}\n", error.text()),
                            if error == FileError::IsDirectory { 126 } else { 127 },
                        ),
                    };
                    p.put(w, 2, &text);
                    p.status = status;
                    script = Some(format!("exit {status}"));
                }
            }
        }
        p.start(Rc::new([]));
        p.control.clear();
        p.status = 0;
        match script {
            Some(script) => p.run_script(w, &script),
            // A shell within an interactive shell is that shell.
            None if p.is_terminal(w.system, 0) => {}
            None => p.job = Some(Job::Script(String::new())),
        }
        if let Some(child) = child {
            self.wait_for(w, child, None);
        }
    }
}
