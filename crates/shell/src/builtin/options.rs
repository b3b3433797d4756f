//! set and shopt, env, trap.

use crate::host::Flavour;
use crate::job::COMPLAINER;
use crate::process::{Control, Options, Process, World, var};
use crate::signal;
use crate::word::{bash_quoted, is_name, quoted};
use std::rc::Rc;

/// `set -o`'s names, with the letters that stand for them.
const NAMES: [(&str, char); 11] = [
    ("allexport", 'a'),
    ("errexit", 'e'),
    ("errtrace", 'E'),
    ("noclobber", 'C'),
    ("noexec", 'n'),
    ("noglob", 'f'),
    ("nounset", 'u'),
    ("pipefail", ' '),
    ("posix", ' '),
    ("verbose", 'v'),
    ("xtrace", 'x'),
];

impl Options {
    fn by_name(&mut self, name: &str) -> Option<&mut bool> {
        Some(match name {
            "allexport" => &mut self.allexport,
            "errexit" => &mut self.errexit,
            "errtrace" => &mut self.errtrace,
            "noclobber" => &mut self.noclobber,
            "noexec" => &mut self.noexec,
            "noglob" => &mut self.noglob,
            "nounset" => &mut self.nounset,
            "pipefail" => &mut self.pipefail,
            "verbose" => &mut self.verbose,
            "xtrace" => &mut self.xtrace,
            _ => return None,
        })
    }

    fn by_shopt(&mut self, name: &str) -> Option<&mut bool> {
        Some(match name {
            "dotglob" => &mut self.dotglob,
            "extglob" => &mut self.extglob,
            "failglob" => &mut self.failglob,
            "globstar" => &mut self.globstar,
            "inherit_errexit" => &mut self.inherit_errexit,
            "lastpipe" => &mut self.lastpipe,
            "nocasematch" => &mut self.nocasematch,
            "nullglob" => &mut self.nullglob,
            _ => return None,
        })
    }
}

/// shopt's options that change nothing of what is simulated.
const HARMLESS: [&str; 9] = [
    "checkwinsize",
    "cmdhist",
    "expand_aliases",
    "histappend",
    "huponexit",
    "interactive_comments",
    "localvar_inherit",
    "nocaseglob",
    "sourcepath",
];
/// `set`'s letters and names that change nothing of what is simulated.
const HARMLESS_SET: [&str; 9] = ["b", "h", "m", "B", "H", "T", "p", "l", "i"];

impl Process {
    /// `$-`
    pub(crate) fn option_letters(&self, w: &World) -> String {
        let mut options = self.options;
        let set =
            NAMES.iter().filter(|(name, letter)| *letter != ' ' && options.by_name(name).is_some_and(|o| *o));
        let mut letters: String = set.map(|(_, letter)| *letter).collect();
        if self.flavour.is_bash() {
            letters.push_str("hB");
        }
        if w.system.interactive {
            letters.push('i');
        }
        letters
    }

    /// `$SHELLOPTS`
    pub(crate) fn set_option_names(&self, _: &World) -> String {
        let mut options = self.options;
        let mut names = vec!["braceexpand", "hashall", "interactive-comments"];
        names.extend(
            NAMES.iter().map(|(name, _)| *name).filter(|name| options.by_name(name).is_some_and(|o| *o)),
        );
        collections::sort(&mut names);
        names.join(":")
    }

    /// Whether an option of `set -o` is on (`[[ -o … ]]`).
    pub(crate) fn option_is_on(&self, name: &str) -> bool {
        let mut options = self.options;
        options.by_name(name).is_some_and(|o| *o)
    }

    pub(crate) fn set_options(&mut self, w: &mut World, args: &[String]) -> i32 {
        if args.is_empty() {
            let mut text = String::new();
            for (name, var) in self.vars.0.iter().filter(|(name, var)| is_name(name) && !var.unset) {
                let value =
                    if self.flavour.is_bash() { bash_quoted(&var.value, false) } else { quoted(&var.value) };
                text.extend([name, "=", &value, "\n"]);
            }
            self.put(w, 1, &text);
            return 0;
        }
        if let [o @ ("-o" | "+o")] = args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            let mut options = self.options;
            let mut text = String::new();
            for (name, _) in NAMES {
                let on = options.by_name(name).is_some_and(|o| *o);
                match o {
                    "-o" => text.push_str(&format!("{name:<15}\t{}\n", if on { "on" } else { "off" })),
                    _ => text.push_str(&format!("set {}o {name}\n", if on { '-' } else { '+' })),
                }
            }
            self.put(w, 1, &text);
            return 0;
        }
        let rest = match self.options(args) {
            Ok(rest) => rest,
            Err(wrong) => {
                let what = match (self.flavour, wrong.len()) {
                    (Flavour::Bash | Flavour::Zsh, 1) => format!("-{wrong}: invalid option"),
                    (Flavour::Bash | Flavour::Zsh, _) => format!("{wrong}: invalid option name"),
                    (Flavour::Sh, 1) => format!("illegal option -{wrong}"),
                    (Flavour::Sh, _) => format!("illegal option -o {wrong}"),
                    (_, 1) => format!("Illegal option -{wrong}"),
                    _ => format!("Illegal option -o {wrong}"),
                };
                self.complain_of(w, "set", &what);
                if !self.flavour.is_bash() {
                    self.die(w, 2);
                }
                return 2;
            }
        };
        let single = args.first().is_some_and(|a| a == "-");
        if rest < args.len() || args.get(rest.wrapping_sub(1)).is_some_and(|a| a == "--") {
            self.args = Rc::new(args[rest + usize::from(single)..].to_vec());
        }
        0
    }

    /// Takes options as `set` and `sh` have them; how many words they are. Errors: the one that is none.
    pub(crate) fn options(&mut self, args: &[String]) -> Result<usize, String> {
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
                let name = match c {
                    'o' => {
                        let name = args.get(at).cloned().unwrap_or_default();
                        at += 1;
                        name
                    }
                    'O' => {
                        let name = args.get(at).cloned().unwrap_or_default();
                        at += 1;
                        if let Some(option) = self.options.by_shopt(&name) {
                            *option = on;
                        }
                        continue;
                    }
                    c => match NAMES.iter().find(|(_, letter)| *letter == c) {
                        Some((name, _)) => (*name).to_string(),
                        None => c.to_string(),
                    },
                };
                let of_bash = matches!(name.as_str(), "errtrace" | "posix")
                    || name == "pipefail" && self.flavour == Flavour::Dash;
                match self.options.by_name(&name) {
                    _ if of_bash && !self.flavour.is_bash() => return Err(name),
                    Some(option) => *option = on,
                    None if matches!(
                        name.as_str(),
                        "c" | "s"
                            | "posix"
                            | "hashall"
                            | "monitor"
                            | "functrace"
                            | "nolog"
                            | "emacs"
                            | "vi"
                            | "history"
                            | "ignoreeof"
                            | "notify"
                    ) => {}
                    None if HARMLESS_SET.contains(&name.as_str()) => {}
                    None => return Err(name),
                }
            }
        }
        Ok(at.min(args.len()))
    }

    pub(crate) fn shopt(&mut self, w: &mut World, args: &[String]) -> i32 {
        let flag = |letter: char| args.iter().any(|a| a.starts_with('-') && a.contains(letter));
        let mut status = 0;
        for name in args.iter().filter(|a| !a.starts_with('-')) {
            if flag('o') {
                let on = self.option_is_on(name);
                match self.options.by_name(name) {
                    Some(option) if flag('s') || flag('u') => *option = flag('s'),
                    _ => status |= i32::from(!on),
                }
                continue;
            }
            match self.options.by_shopt(name) {
                Some(option) if flag('s') || flag('u') => *option = flag('s'),
                Some(option) => {
                    let on = *option;
                    status |= i32::from(!on);
                    if !flag('q') {
                        self.put(w, 1, &format!("{name:<15}\t{}\n", if on { "on" } else { "off" }));
                    }
                }
                None if HARMLESS.contains(&name.as_str()) => {}
                None => {
                    self.complain_of(w, "shopt", &format!("{name}: invalid shell option name"));
                    status = 1;
                }
            }
        }
        status
    }

    pub(crate) fn environment(&mut self, w: &mut World, argv: &[String]) {
        let mut at = 1;
        let mut saved = vec![];
        let prints = argv[0] == "printenv";
        while let Some(arg) = argv.get(at).filter(|_| !prints) {
            match arg.as_str() {
                "-i" | "-" | "--ignore-environment" => {
                    let vars = Rc::make_mut(&mut self.vars);
                    let exported = vars.0.extract_if(.., |(_, var)| var.exported);
                    saved.extend(exported.map(|(name, var)| (name, Some(var))));
                }
                "-u" => {
                    at += 1;
                    let name = argv.get(at).cloned().unwrap_or_default();
                    let old = Rc::make_mut(&mut self.vars).put(&name, None);
                    saved.push((name, old));
                }
                "--" => {
                    at += 1;
                    break;
                }
                "-S" | "-0" => {}
                _ => match arg.split_once('=') {
                    Some((name, value)) => {
                        let old = Rc::make_mut(&mut self.vars).put(name, var(value, true));
                        saved.push((name.to_string(), old));
                    }
                    None => break,
                },
            }
            at += 1;
        }
        if !prints && at < argv.len() {
            // The variables are put back when the command has ended and its call is left. A function is none of env's.
            let name = &argv[at];
            if matches!(super::find::kind(name, self.flavour), super::find::Kind::Special) {
                self.status = 127;
                self.leave(Control::Vars(saved));
                let text = match self.gnu(w.system) {
                    true => format!("env: '{name}': No such file or directory\n"),
                    false => format!("env: can't execute '{name}': No such file or directory\n"),
                };
                return self.put(w, 2, &text);
            }
            let text = argv[at..].iter().map(|w| quoted(w)).collect::<Vec<_>>().join(" ");
            saved.push((COMPLAINER.into(), Rc::make_mut(&mut self.vars).put(COMPLAINER, var("env", false))));
            self.evaluate(w, &["command ", &text].concat());
            self.control.push(Control::Vars(saved));
            return;
        }
        self.status = 0;
        let mut text = String::new();
        if at < argv.len() {
            for name in &argv[at..] {
                match self.vars.get(name).filter(|v| v.exported).and_then(|v| v.get()) {
                    Some(value) => text.extend([&value, "\n"]),
                    None => self.status = 1,
                }
            }
        } else {
            // What the shell keeps for itself has a blank in its name, or is a function.
            let is_own = |name: &str| name.contains(' ') || name.ends_with("()");
            for (name, var) in self.vars.0.iter().filter(|(name, var)| var.exported && !is_own(name)) {
                text.extend([name, "=", &var.value, "\n"]);
            }
        }
        self.leave(Control::Vars(saved));
        self.put(w, 1, &text);
    }

    pub(crate) fn trap(&mut self, w: &mut World, args: &[String]) -> i32 {
        let bash = self.flavour.is_bash();
        let prints = args.first().is_some_and(|a| a == "-p");
        if args.first().is_some_and(|a| a == "-l") {
            return 0;
        }
        if args.is_empty() || prints {
            let mut text = String::new();
            let mut all: Vec<(u8, &str, &str)> = vec![];
            for (name, var) in &self.vars.0 {
                let Some(name) = name.strip_prefix("trap ") else { continue };
                let number = if name == "EXIT" { 0 } else { signal::number(name).unwrap_or(100) };
                all.push((number, name, &var.value));
            }
            collections::sort(&mut all);
            let asked: Vec<String> =
                args.iter().skip(1).map(|a| a.trim_start_matches("SIG").to_string()).collect();
            for (number, name, action) in all {
                if !asked.is_empty() && !asked.iter().any(|a| a == name) {
                    continue;
                }
                let sign = if bash && (1..100).contains(&number) { "SIG" } else { "" };
                let action = action.replace('\'', "'\\''");
                text.push_str(&format!("trap -- '{action}' {sign}{name}\n"));
            }
            self.put(w, 1, &text);
            return 0;
        }
        let args = if args[0] == "--" { &args[1..] } else { args };
        let Some((action, mut signals)) = args.split_first() else { return 0 };
        let mut action = action.as_str();
        // A number alone is a signal to be put back.
        if signals.is_empty() || action.bytes().all(|c| c.is_ascii_digit()) && !action.is_empty() {
            (action, signals) = ("-", args);
        }
        let mut status = 0;
        if signals.iter().any(|word| word == "DEBUG") && bash && !matches!(action, "" | "-") {
            self.not_simulated(w, "trap DEBUG".into());
            return self.status;
        }
        for word in signals {
            let upper = word.to_ascii_uppercase();
            let prefixed = upper.starts_with("SIG") && self.flavour == Flavour::Dash;
            let name = match upper.trim_start_matches("SIG") {
                "0" | "EXIT" => "EXIT".to_string(),
                name @ ("ERR" | "DEBUG" | "RETURN")
                    if bash || name == "ERR" && self.flavour == Flavour::Sh =>
                {
                    name.into()
                }
                _ => match signal::number(word).filter(|_| !prefixed) {
                    Some(number) => signal::name(number),
                    None => {
                        match self.flavour {
                            Flavour::Dash => self.put(w, 2, &format!("trap: {word}: bad trap\n")),
                            Flavour::Sh => {
                                self.complain_of(w, "trap", &format!("{word}: invalid signal specification"))
                            }
                            _ => {
                                self.complain_of(w, "trap", &format!("{word}: invalid signal specification"))
                            }
                        }
                        status = 1;
                        continue;
                    }
                },
            };
            let value = if action == "-" { None } else { var(action, false) };
            let function = |c: &&mut Control| matches!(c, Control::Call { function: Some(_), .. });
            if name == "RETURN"
                && let Some(Control::Call { returns, .. }) = self.control.iter_mut().rev().find(function)
            {
                // It is that of the function that sets it.
                *returns = true;
            }
            self.forget_traps();
            Rc::make_mut(&mut self.vars).put(&["trap ", &name].concat(), value);
        }
        if status != 0 && self.flavour == Flavour::Dash {
            self.die(w, 2);
        }
        status
    }
}
