//! Variables and options: export, set, env, read.

use crate::process::{Control, Input, Job, Process, World, var};
use crate::word::{QUOTE, is_name, quoted};
use std::rc::Rc;

impl Process {
    pub(crate) fn declare(&mut self, w: &mut World, args: &[String], export: bool, local: bool) -> i32 {
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
                let old = if local { None } else { self.vars.get(name).map(|v| v.value.clone()) };
                let old = old.unwrap_or_default();
                self.set(name, value.unwrap_or(&old));
            }
            if export {
                let value = self.vars.get(name).map(|v| v.value.clone()).unwrap_or_default();
                Rc::make_mut(&mut self.vars).put(name, var(&value, true));
            }
        }
        0
    }

    pub(crate) fn set_options(&mut self, w: &mut World, args: &[String]) -> i32 {
        if args.is_empty() {
            let mut text = String::new();
            for (name, var) in self.vars.0.iter().filter(|(name, _)| is_name(name)) {
                text.extend([name, "=", &quoted(&var.value), "\n"]);
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
    pub(crate) fn options(&mut self, args: &[String]) -> usize {
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

    pub(crate) fn environment(&mut self, w: &mut World, argv: &[String]) {
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
            let text = argv[at..].iter().map(|w| quoted(w)).collect::<Vec<_>>().join(" ");
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

    pub(crate) fn read(&mut self, argv: Vec<String>, w: &mut World) {
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
}
