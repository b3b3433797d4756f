//! `type`, `which` and `command -v`: what a name stands for.

use crate::host::Flavour;
use crate::process::{Process, World};
use crate::tools;

/// What a name is to the shell.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Keyword,
    /// A command of the shell's own that no file is.
    Special,
    /// A command of the shell's own that is a file, too.
    Builtin,
    Program,
}

const KEYWORDS: &str = " ! case do done elif else esac fi for if in then until while { } ";
const BASH_KEYWORDS: &str = " [[ ]] coproc function select time ";
/// Commands that every shell has itself, and no file is.
const SPECIAL: &str = " . : alias bg break cd command continue eval exec exit export fg getopts hash jobs local read \
                       readonly return set shift times trap type ulimit umask unalias unset wait ";
/// Commands of bash's alone.
const BASH_SPECIAL: &str = " bind builtin caller compgen complete declare dirs disown enable help history let logout \
                            mapfile popd pushd readarray shopt source suspend typeset ";
/// POSIX' special ones: what is assigned before them stays.
const POSIX_SPECIAL: &str =
    " . : break continue eval exec exit export readonly return set shift times trap unset ";
const BUILTINS: &str = " [ echo false kill printf pwd test true ";

/// What a name is to a shell of this kind, functions and aliases left aside.
pub(super) fn kind(name: &str, flavour: Flavour) -> Kind {
    let word = format!(" {name} ");
    let bash = flavour.is_bash();
    let ash = flavour == Flavour::Sh;
    match () {
        () if KEYWORDS.contains(&word) || bash && BASH_KEYWORDS.contains(&word) => Kind::Keyword,
        () if ash && name == "[[" => Kind::Builtin,
        () if SPECIAL.contains(&word) || bash && BASH_SPECIAL.contains(&word) => Kind::Special,
        () if ash && matches!(name, "source" | "let" | "help" | "history") => Kind::Special,
        () if BUILTINS.contains(&word) => Kind::Builtin,
        () => Kind::Program,
    }
}

impl Process {
    /// Whether a command is one of POSIX' special ones.
    pub(crate) fn is_special(&self, name: &str) -> bool {
        POSIX_SPECIAL.contains(&format!(" {name} ")) && self.vars.get(&[name, "()"].concat()).is_none()
    }

    /// The path of a program of this name, if there is one.
    pub(crate) fn program_path(&self, w: &World, name: &str) -> Option<String> {
        if name.contains('/') {
            return w.host.stat(&self.path(name)).filter(|s| !s.dir).map(|_| name.to_string());
        }
        let path = self.vars.get("PATH").and_then(|v| v.get()).unwrap_or_default();
        let found = path
            .split(':')
            .map(|dir| self.path(&[dir, "/", name].concat()))
            .find(|p| w.host.stat(p).is_some_and(|s| !s.dir));
        let ours = [
            "[", "chroot", "env", "false", "kill", "nice", "nohup", "printenv", "pwd", "setsid", "sh",
            "sleep", "sync", "test", "timeout", "true", "which", "xargs", "yes",
        ]
        .contains(&name);
        let bash = name == if self.gnu(w.system) { "bash" } else { "ash" };
        if found.is_some() {
            return found;
        }
        let there = ours
            || bash
            || tools::exists(name) && (self.gnu(w.system) || !tools::of_gnu_alone(name))
            || w.host.has_program(name);
        there.then(|| format!("{}{name}", if self.gnu(w.system) { "/usr/bin/" } else { "/bin/" }))
    }

    /// `hash`: whether there are such commands. Where they lie is remembered by nobody.
    pub(crate) fn hash(&mut self, w: &mut World, names: &[String]) -> i32 {
        let mut status = 0;
        for name in names.iter().filter(|name| !name.starts_with('-')) {
            let known = kind(name, self.flavour) != Kind::Program || self.function(name).is_some();
            if !known && self.program_path(w, name).is_none() {
                self.complain_of(w, "hash", &format!("{name}: not found"));
                status = 1;
            }
        }
        status
    }

    pub(crate) fn find(&mut self, w: &mut World, argv: &[String]) -> i32 {
        let bash = self.flavour.is_bash();
        let letters: String = argv[1..].iter().take_while(|a| a.starts_with('-')).map(|a| &a[1..]).collect();
        let command = argv[0].as_str();
        let verbose = command == "type" && !letters.contains(['t', 'p', 'P']) || letters.contains('V');
        let mut status = 0;
        for name in argv[1..].iter().skip_while(|a| a.starts_with('-')) {
            let kind = if command == "which" { Kind::Program } else { kind(name, self.flavour) };
            let function = command != "which" && self.function(name).is_some();
            let alias = self.vars.get(&["alias ", name].concat()).map(|v| v.value.clone());
            let program = self.program_path(w, name);
            if letters.contains('t') && bash {
                let text = match kind {
                    Kind::Keyword => "keyword\n",
                    _ if function => "function\n",
                    Kind::Special | Kind::Builtin => "builtin\n",
                    Kind::Program if program.is_some() => "file\n",
                    Kind::Program => {
                        status = 1;
                        continue;
                    }
                };
                self.put(w, 1, text);
                continue;
            }
            let text = match kind {
                _ if alias.is_some() && command != "which" && !verbose => {
                    format!("alias {name}='{}'\n", alias.unwrap_or_default())
                }
                Kind::Keyword if verbose => format!("{name} is a shell keyword\n"),
                _ if function && verbose && bash => {
                    self.put(w, 1, &format!("{name} is a function\n"));
                    self.not_simulated(w, format!("type {name}"));
                    return self.status;
                }
                _ if function && verbose && self.flavour == Flavour::Dash => {
                    format!("{name} is a shell function\n")
                }
                _ if function && verbose => format!("{name} is a function\n"),
                Kind::Special if verbose && !bash && POSIX_SPECIAL.contains(&format!(" {name} ")) => {
                    format!("{name} is a special shell builtin\n")
                }
                Kind::Special | Kind::Builtin if verbose => format!("{name} is a shell builtin\n"),
                Kind::Keyword | Kind::Special | Kind::Builtin => format!("{name}\n"),
                _ if function => format!("{name}\n"),
                Kind::Program => match program {
                    Some(path) if verbose => format!("{name} is {path}\n"),
                    Some(path) => format!("{path}\n"),
                    None => {
                        status = if !bash && (command == "command" || command == "type") { 127 } else { 1 };
                        if verbose {
                            match self.flavour {
                                Flavour::Bash | Flavour::Zsh => {
                                    self.complain_of(w, command, &format!("{name}: not found"))
                                }
                                Flavour::Dash => self.put(w, 1, &format!("{name}: not found\n")),
                                Flavour::Sh => self.put(w, 1, &format!("{name}: not found\n")),
                            }
                        }
                        continue;
                    }
                },
            };
            self.put(w, 1, &text);
        }
        status
    }
}
