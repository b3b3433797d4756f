//! Programs that run another as somebody else: su, runuser, sudo, doas, gosu, su-exec, setpriv.

use crate::process::{Control, Process, World, var};
use crate::tools::{USER, User, find_group, find_user, identity, more_groups};
use crate::word::quoted;
use std::rc::Rc;

/// What such a program is asked for.
#[derive(Default)]
struct Request {
    user: Option<String>,
    group: Option<String>,
    /// A text for the user's shell.
    text: Option<String>,
    shell: Option<String>,
    /// As if the user had logged in (`su -`).
    login: bool,
    /// The environment stays as it is.
    keeps_environment: bool,
    command: Vec<String>,
}

impl Request {
    /// Reads the words after the program's name.
    fn of(program: &str, args: &[String]) -> Request {
        let mut request = Request::default();
        let mut words = args.iter();
        let mut rest: Vec<String> = vec![];
        let takes_command = matches!(program, "gosu" | "su-exec" | "sudo" | "doas" | "setpriv");
        while let Some(word) = words.next() {
            let (option, joined) = match word.split_once('=') {
                Some((option, value)) if option.starts_with("--") => (option, Some(value.to_string())),
                _ => (word.as_str(), None),
            };
            let mut value = || joined.clone().or_else(|| words.next().cloned());
            match option {
                "-c" | "--command" if !takes_command => request.text = value(),
                "-s" | "--shell" if !takes_command => request.shell = value(),
                "-" | "-l" | "--login" if !takes_command => request.login = true,
                "-u" | "--user" if program != "setpriv" => request.user = value(),
                "--reuid" => request.user = value(),
                "-g" | "--group" if program != "setpriv" => request.group = value(),
                "--regid" => request.group = value(),
                "-m" | "-p" | "--preserve-environment" | "-E" => request.keeps_environment = true,
                "--" => {
                    rest.extend(words.by_ref().cloned());
                    break;
                }
                word if word.starts_with('-') && word.len() > 1 => {}
                _ => {
                    rest.push(word.clone());
                    if takes_command {
                        rest.extend(words.by_ref().cloned());
                        break;
                    }
                }
            }
        }
        // gosu and su-exec name the user first, su anywhere.
        let names_user =
            matches!(program, "gosu" | "su-exec" | "su") || program == "runuser" && request.user.is_none();
        if names_user && !rest.is_empty() {
            request.user = Some(rest.remove(0));
        }
        request.command = rest;
        request
    }
}

impl Process {
    /// Runs what such a program is given, as the user that it names; afterwards all is as it was.
    pub(super) fn run_as(&mut self, w: &mut World, program: &str, args: &[String]) {
        let request = Request::of(program, args);
        let word = request.user.clone().unwrap_or_else(|| "root".into());
        let (name, group) = match word.split_once(':') {
            Some((name, group)) if matches!(program, "gosu" | "su-exec") => (name, Some(group.to_string())),
            _ => (word.as_str(), request.group.clone()),
        };
        let found = match find_user(w.host, name) {
            // An image of which nobody knows the users may have this one.
            None if w.host.may_have("/etc/passwd-") => None,
            None => return self.no_such_user(w, program, name),
            found => found,
        };
        let user = found.clone().unwrap_or_else(|| self.guessed_user(w, name));
        let group_id = group.and_then(|group| find_group(w.host, &group)).unwrap_or(user.group);
        let mut numbers = vec![user.id, group_id];
        numbers.extend(more_groups(w.host, &user));
        let kept: Vec<String> = numbers.iter().map(u32::to_string).collect();
        let mut changed = vec![];
        if found.is_some() {
            changed.push((USER.to_string(), var(&kept.join(" "), false)));
        }
        let is_su = matches!(program, "su" | "runuser");
        if !request.keeps_environment && program != "setpriv" {
            changed.push(("HOME".into(), var(&user.home, true)));
            if is_su && user.id != 0 || request.login {
                changed.push(("USER".into(), var(&user.name, true)));
                changed.push(("LOGNAME".into(), var(&user.name, true)));
            }
        }
        let shell = request.shell.clone().unwrap_or_else(|| "sh".into());
        let text = match &request.text {
            Some(text) => format!("{} -c {}", quoted(&shell), quoted(text)),
            // A shell that reads what stands in its input.
            None if is_su && request.command.is_empty() => quoted(&shell),
            None if is_su && program == "su" => {
                let words: Vec<String> = request.command.iter().map(|word| quoted(word)).collect();
                format!("{} {}", quoted(&shell), words.join(" "))
            }
            None if request.command.is_empty() => return self.status = 0,
            None => {
                let words: Vec<String> = request.command.iter().map(|word| quoted(word)).collect();
                format!("command {}", words.join(" "))
            }
        };
        let text = match request.login {
            true => format!("cd {} 2> /dev/null; {text}", quoted(&user.home)),
            false => text,
        };
        let mut saved = vec![];
        for (name, value) in changed {
            let old = Rc::make_mut(&mut self.vars).put(&name, value);
            saved.push((name, old));
        }
        let text = if request.login { format!("( {text} )") } else { text };
        self.evaluate(w, &text);
        // They are put back when the command has ended and its call is left.
        self.control.push(Control::Vars(saved));
    }

    /// A user of an image whose users nobody knows: as who runs this.
    fn guessed_user(&self, w: &World, name: &str) -> User {
        let (id, group, _) = identity(w.host, &self.vars);
        User { name: name.into(), id, group, home: "/".into(), shell: "/bin/sh".into() }
    }

    fn no_such_user(&mut self, w: &mut World, program: &str, name: &str) {
        self.status = 1;
        let gnu = self.gnu(w.system);
        let text = match program {
            "gosu" => format!(
                "error: failed switching to \"{name}\": unable to find user {name}: no matching entries in passwd file\n"
            ),
            "su-exec" => format!("su-exec: getpwnam({name}): Success\n"),
            "su" if !gnu => format!("su: unknown user {name}\n"),
            "sudo" => {
                format!("sudo: unknown user {name}\nsudo: error initializing audit plugin sudoers_audit\n")
            }
            "doas" => "doas: unknown user\n".to_string(),
            program => format!(
                "{program}: user {name} does not exist or the user entry does not contain all the required fields\n"
            ),
        };
        self.put(w, 2, &text);
    }
}
