//! `sh -c TEXT`, `sh FILE`, and a script on standard input.

use super::program::program;
use crate::host::Flavour;
use crate::process::{Job, Process, World};
use std::rc::Rc;

impl Process {
    /// `sh -c TEXT`, `sh FILE`, or a script on standard input.
    pub(crate) fn shell(&mut self, w: &mut World, argv: Vec<String>) {
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
}
