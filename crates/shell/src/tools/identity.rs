//! Who somebody is: id, whoami, groups, and the names of users and groups, from `/etc/passwd` and `/etc/group`.

use super::tool::{Context, Tool};
use crate::host::{FileError, Host};
use crate::number::decimal;
use crate::variable::Vars;
use std::rc::Rc;

/// Under which name a process keeps the user that it has become (su, gosu): numbers of the user, the group and the other
/// groups.
pub(crate) const USER: &str = "user ";

/// A user as `/etc/passwd` has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) id: u32,
    pub(crate) group: u32,
    pub(crate) home: String,
    pub(crate) shell: String,
}

/// The users of `/etc/passwd`.
fn users(host: &dyn Host) -> Vec<User> {
    let text = crate::path::read(host, "/etc/passwd").unwrap_or_default();
    let user = |line: &str| {
        let fields: Vec<&str> = line.split(':').collect();
        let [name, _, id, group, _, home, shell] = fields[..] else { return None };
        Some(User {
            name: name.into(),
            id: id.parse().ok()?,
            group: group.parse().ok()?,
            home: home.into(),
            shell: shell.into(),
        })
    };
    text.lines().filter_map(user).collect()
}

/// The groups of `/etc/group`: names, numbers, members.
fn groups(host: &dyn Host) -> Vec<(String, u32, String)> {
    let text = crate::path::read(host, "/etc/group").unwrap_or_default();
    let group = |line: &str| {
        let fields: Vec<&str> = line.split(':').collect();
        let [name, _, id, members] = fields[..] else { return None };
        Some((name.to_string(), id.parse().ok()?, members.to_string()))
    };
    text.lines().filter_map(group).collect()
}

/// The user of `/etc/passwd` with this name or number.
fn known_user(host: &dyn Host, word: &str) -> Option<User> {
    let number = numbered(word);
    users(host).into_iter().find(|user| user.name == word || Some(user.id) == number)
}

/// Where a user of `/etc/passwd` is at home.
pub(crate) fn home_of(host: &dyn Host, word: &str) -> Option<Rc<str>> {
    known_user(host, word).map(|user| user.home.into())
}

/// The number that a word is.
fn numbered(word: &str) -> Option<u32> {
    decimal(word).and_then(|n| u32::try_from(n).ok())
}

/// The user of this name or number. A number needs no entry.
pub(crate) fn find_user(host: &dyn Host, word: &str) -> Option<User> {
    known_user(host, word).or_else(|| {
        let id = numbered(word)?;
        Some(User { name: word.into(), id, group: 0, home: "/".into(), shell: "/bin/sh".into() })
    })
}

/// The group of this name or number.
pub(crate) fn find_group(host: &dyn Host, word: &str) -> Option<u32> {
    let known = groups(host).into_iter().find(|(name, ..)| name == word).map(|(_, id, _)| id);
    known.or_else(|| numbered(word))
}

/// The groups of a user beside its own.
pub(crate) fn more_groups(host: &dyn Host, user: &User) -> Vec<u32> {
    let is_member = |members: &str| members.split(',').any(|member| member == user.name);
    let all = groups(host).into_iter().filter(|(.., members)| is_member(members));
    all.map(|(_, id, _)| id).filter(|id| *id != user.group).collect()
}

/// The name of a user or a group of which no file tells.
fn usual_name(id: u32) -> String {
    if id == 0 { "root".into() } else { id.to_string() }
}

/// Who runs a process: what it has become, or what its host says.
pub(crate) fn identity(host: &dyn Host, vars: &Vars) -> (u32, u32, Vec<u32>) {
    let Some(kept) = vars.get(USER) else { return host.user() };
    let mut numbers = kept.value.split(' ').filter_map(|n| n.parse().ok());
    let (user, group) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    (user, group, numbers.collect())
}

impl Context<'_> {
    pub(crate) fn identity(&self) -> (u32, u32, Vec<u32>) {
        identity(self.host, &self.environment)
    }

    /// A user's name; its number where it has none.
    pub(crate) fn user_name(&self, id: u32) -> String {
        let known = users(self.host).into_iter().find(|user| user.id == id);
        known.map_or_else(|| usual_name(id), |user| user.name)
    }

    /// A group's name; its number where it has none.
    pub(crate) fn group_name(&self, id: u32) -> String {
        let known = groups(self.host).into_iter().find(|(_, known, _)| *known == id);
        known.map_or_else(|| usual_name(id), |(name, ..)| name)
    }
}

impl Tool {
    pub(super) fn id(&mut self, c: &mut Context) {
        let (user, group, mut all) = match self.operands.first().cloned() {
            None => c.identity(),
            Some(word) => match find_user(c.host, &word).filter(|user| user.name == word || !c.gnu) {
                Some(user) => (user.id, user.group, more_groups(c.host, &user)),
                None if c.host.may_have("/etc/passwd-") => {
                    return self.not_simulated = Some(["id ", &word].concat());
                }
                None => {
                    self.code = 1;
                    let text = match c.gnu {
                        true => format!("{}: '{word}': no such user\n", self.name),
                        false => format!("{}: unknown user {word}\n", self.name),
                    };
                    return c.err.push_str(&text);
                }
            },
        };
        // The kernel keeps them sorted; GNU's tools tell the own one first.
        all.retain(|known| *known != group);
        all.insert(0, group);
        if !c.gnu {
            collections::sort(&mut all);
        }
        let named =
            |id: u32, name: String| if name == id.to_string() { name } else { format!("{id}({name})") };
        let names: Vec<String> = all.iter().map(|id| c.group_name(*id)).collect();
        let numbers: Vec<String> = all.iter().map(u32::to_string).collect();
        let text = match () {
            () if self.name == "groups" => names.join(" "),
            () if self.has('G') && self.has('n') => names.join(" "),
            () if self.has('G') => numbers.join(" "),
            () if self.has('g') && self.has('n') => c.group_name(group),
            () if self.has('g') => group.to_string(),
            () if self.has('n') => c.user_name(user),
            () if self.has('u') => user.to_string(),
            () => {
                let groups: Vec<String> = all.iter().zip(names).map(|(id, name)| named(*id, name)).collect();
                format!(
                    "uid={} gid={} groups={}",
                    named(user, c.user_name(user)),
                    named(group, c.group_name(group)),
                    groups.join(",")
                )
            }
        };
        c.print(&text);
    }

    pub(super) fn whoami(&mut self, c: &mut Context) {
        let user = c.identity().0;
        let name = c.user_name(user);
        if name != user.to_string() {
            return c.print(&name);
        }
        self.code = 1;
        let text = match c.gnu {
            true => format!("whoami: cannot find name for user ID {user}\n"),
            false => format!("whoami: unknown uid {user}\n"),
        };
        c.err.push_str(&text);
    }

    /// chown and chgrp: the owner of a path, or of all below it.
    pub(super) fn change_owner(&mut self, c: &mut Context) {
        let Some(changing) = self.changing(c, |_| true) else { return };
        let change = &changing.change;
        let (user, group) = match self.name {
            "chgrp" => ("", Some(change.as_str())),
            _ => match change.split_once([':', '.']) {
                Some((user, group)) => (user, Some(group)),
                None => (change.as_str(), None),
            },
        };
        let is_guess = c.host.may_have("/etc/passwd-");
        let found = (user.is_empty()).then_some(None).or_else(|| find_user(c.host, user).map(Some));
        let of_group = match group {
            None => Some(None),
            // `user:` means the user's own group.
            Some("") => Some(found.clone().flatten().map(|user| user.group)),
            Some(group) => find_group(c.host, group).map(Some),
        };
        let (Some(found), Some(of_group)) = (found.clone(), of_group) else {
            if is_guess {
                // Who that is in this image, nobody knows.
                return;
            }
            let (kind, wrong) = if found.is_none() { ("user", user) } else { ("group", group.unwrap_or("")) };
            let shown = if kind == "user" { change.as_str() } else { wrong };
            return match c.gnu {
                true if kind == "group" && !user.is_empty() => {
                    self.usage(c, &format!("invalid group: '{change}'"))
                }
                true => self.usage(c, &format!("invalid {kind}: '{shown}'")),
                false => self.usage(c, &format!("unknown {kind} {wrong}")),
            };
        };
        let is_root = c.identity().0 == 0;
        for given in &changing.paths {
            for path in self.paths_to_change(c, &changing, given) {
                let done = match is_root {
                    true => c.host.set_owner(&path, found.as_ref().map(|user| user.id), of_group),
                    false => Err(FileError::NotPermitted),
                };
                if let Err(error) = done {
                    let what = if self.name == "chgrp" {
                        "changing group of '@'"
                    } else {
                        "changing ownership of '@'"
                    };
                    self.complain(c, "@", what, &path, error);
                }
            }
        }
    }
}
