//! What tells of the machine and of paths: hostname, id, uname, basename, …

use super::tool::{Context, Tool, USAGE};
use crate::host::FileError;

/// What chmod, chown and chgrp are given.
pub(super) struct Changing {
    /// The mode, or the owner.
    pub(super) change: String,
    /// The paths, as they were given.
    pub(super) paths: Vec<String>,
    recursive: bool,
    quiet: bool,
}

impl Tool {
    /// Reads what chmod, chown or chgrp is given; nothing if it lacks something, which is said. `is_option`: whether a word that
    /// begins with `-` is one.
    pub(super) fn changing(&mut self, c: &mut Context, is_option: fn(&str) -> bool) -> Option<Changing> {
        let is_option = |word: &String| word.len() > 1 && word.starts_with('-') && is_option(word);
        let (options, mut words): (Vec<String>, Vec<String>) =
            self.operands.iter().cloned().partition(is_option);
        let recursive = options.iter().any(|word| word.contains('R') || word == "--recursive");
        let quiet = options.iter().any(|word| word.contains('f') && !word.starts_with("--"));
        if words.is_empty() {
            self.usage(c, "missing operand");
            return None;
        }
        let change = words.remove(0);
        if words.is_empty() {
            let what =
                format!("missing operand after '{change}'\nTry '{} --help' for more information.", self.name);
            self.usage(c, if c.gnu { &what } else { "missing operand" });
            return None;
        }
        Some(Changing { change, paths: words, recursive, quiet })
    }

    /// The path that was given, and all below it where that is asked for. One that is not there is said.
    pub(super) fn paths_to_change(
        &mut self,
        c: &mut Context,
        changing: &Changing,
        given: &str,
    ) -> Vec<String> {
        let path = c.path(given);
        if c.host.stat(&path).is_none() {
            if changing.quiet {
                self.code = 1;
            } else {
                self.complain(c, "@", "cannot access '@'", given, FileError::NotFound);
            }
            return Vec::new();
        }
        if changing.recursive { crate::path::walk(c.host, &path) } else { vec![path] }
    }

    /// chmod.
    pub(super) fn change_mode(&mut self, c: &mut Context) {
        // `-x` takes away.
        let is_option = |word: &str| !word[1..].starts_with(['r', 'w', 'x', 's', 't', 'X']);
        let Some(changing) = self.changing(c, is_option) else { return };
        let change = &changing.change;
        for given in &changing.paths {
            for path in self.paths_to_change(c, &changing, given) {
                let Some(stat) = c.host.stat(&path) else { continue };
                let Some(mode) = changed_mode(stat.permissions(), change, stat.dir) else {
                    return self.usage(c, &format!("invalid mode: '{change}'"));
                };
                if let Err(error) = c.host.set_attributes(&path, Some(mode), None) {
                    self.complain(c, "@", "changing permissions of '@'", given, error);
                }
            }
        }
    }

    pub(super) fn hostname(&mut self, c: &mut Context) {
        let text = match () {
            () if self.has('i') => c.host.address(),
            () if self.has('f') => c.host.fqdn(),
            () if self.has('d') => c.host.fqdn().split_once('.').map_or("", |(_, domain)| domain).to_string(),
            () => c.host.hostname(),
        };
        c.print(&text);
    }

    pub(super) fn basename(&mut self, c: &mut Context) {
        let suffix = self.value('s').unwrap_or(self.operand(1)).to_string();
        let count = if self.has('a') || self.has('s') { self.operands.len() } else { 1 };
        for first in self.operands.clone().iter().take(count) {
            let base = first.trim_end_matches('/').rsplit('/').next().unwrap_or("");
            let base = base.strip_suffix(suffix.as_str()).filter(|b| !b.is_empty()).unwrap_or(base);
            c.print(if base.is_empty() && first.starts_with('/') { "/" } else { base });
        }
    }

    pub(super) fn dirname(&mut self, c: &mut Context) {
        if !c.gnu && self.operands.len() != 1 {
            self.code = 1;
            return c.err.push_str(&[USAGE, "dirname FILENAME\n"].concat());
        }
        for first in self.operands.clone() {
            let directory = match first.trim_end_matches('/').rsplit_once('/') {
                Some(("", _)) => "/",
                Some((directory, _)) => directory,
                None if first.starts_with('/') => "/",
                None => ".",
            };
            c.print(directory);
        }
    }

    pub(super) fn tty(&mut self, c: &mut Context) {
        self.code = i32::from(!c.columns);
        c.print(if c.columns { "/dev/pts/0" } else { "not a tty" });
    }

    pub(super) fn arch(&mut self, c: &mut Context) {
        c.print("x86_64");
    }

    /// `free`: the node's memory, as `/proc/meminfo` has it.
    pub(super) fn free(&mut self, c: &mut Context) {
        let Ok(text) = c.read("/proc/meminfo") else { return self.not_simulated = Some("free".into()) };
        let of = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            line.and_then(|rest| rest.split_ascii_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0)
        };
        let shown = |kilobytes: u64| match self.options.last().map(|(letter, _)| *letter) {
            Some('b') => (kilobytes * 1024).to_string(),
            Some('m') => (kilobytes / 1024).to_string(),
            Some('g') => (kilobytes / 1024 / 1024).to_string(),
            Some('h') if kilobytes == 0 => "0B".into(),
            Some('h') => format!("{}.{}Gi", kilobytes >> 20, ((kilobytes % (1 << 20)) * 10) >> 20),
            _ => kilobytes.to_string(),
        };
        let (all, unused, cached, available) =
            (of("MemTotal"), of("MemFree"), of("Buffers") + of("Cached"), of("MemAvailable"));
        let row = |cells: [u64; 6]| cells.map(|n| format!("{:>12}", shown(n))).concat();
        let titles = ["total", "used", "free", "shared", "buff/cache", "available"];
        c.print(&[&" ".repeat(7), &*titles.map(|title| format!("{title:>12}")).concat()].concat());
        c.print(
            &["Mem:    ", &row([all, all - unused - cached, unused, 0, cached, available])[1..]].concat(),
        );
        c.print(&["Swap:   ", &row([0; 6])[1..36]].concat());
    }

    /// `sysctl`: settings of the kernel, which are files below `/proc/sys`; to set one is told, and changes nothing.
    pub(super) fn sysctl(&mut self, c: &mut Context) {
        for word in self.operands.clone() {
            if let Some((name, value)) = word.split_once('=') {
                if !self.has('q') {
                    c.print(&[name, " = ", value].concat());
                }
                continue;
            }
            match c.read(&["/proc/sys/", &word.replace('.', "/")].concat()) {
                Ok(text) if self.has('n') => c.print(text.trim_end()),
                Ok(text) => c.print(&[&word, " = ", text.trim_end()].concat()),
                Err(_) => return self.not_simulated = Some(["sysctl ", &word].concat()),
            }
        }
        if self.has('p') || self.operands.is_empty() {
            self.not_simulated = Some("sysctl".into());
        }
    }

    /// `envsubst`: `$NAME` and `${NAME}` give way to what is exported; only those that an operand names, if there is one.
    pub(super) fn environment_in(&mut self, c: &mut Context, input: &str) {
        let chosen: Option<String> = self.operands.iter().find(|o| !o.starts_with('-')).cloned();
        let mut rest = input;
        while let Some(at) = rest.find('$') {
            c.out.push_str(&rest[..at]);
            rest = &rest[at..];
            let braced = rest.starts_with("${");
            let begin = if braced { 2 } else { 1 };
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let length = rest[begin..].find(|c| !is_name(c)).unwrap_or(rest.len() - begin);
            let name = &rest[begin..begin + length];
            let end = begin + length + usize::from(braced);
            let closed = !braced || rest[begin + length..].starts_with('}');
            let is_chosen = |list: &String| {
                list.split('$').skip(1).any(|word| {
                    let word = word.strip_prefix('{').unwrap_or(word);
                    word.strip_prefix(name).is_some_and(|after| !after.starts_with(is_name))
                })
            };
            let takes = closed && !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit());
            if !takes || !chosen.as_ref().is_none_or(is_chosen) {
                c.out.push('$');
                rest = &rest[1..];
                continue;
            }
            let value = c.environment.get(name).filter(|var| var.exported).map(|var| var.value.clone());
            c.out.push_str(&value.unwrap_or_default());
            rest = &rest[end..];
        }
        c.out.push_str(rest);
        if self.operands.iter().any(|o| o == "-v" || o == "--variables") {
            self.not_simulated = Some("envsubst -v".into());
        }
    }

    pub(super) fn nproc(&mut self, c: &mut Context) {
        c.print("4");
    }

    pub(super) fn uname(&mut self, c: &mut Context) {
        let host = c.host.hostname();
        let parts = [
            ('s', "Linux"),
            ('n', &host),
            ('r', "6.8.0"),
            ('v', "#1 SMP"),
            ('m', "x86_64"),
            ('o', "GNU/Linux"),
        ];
        let asked = |o: char| self.has('a') || self.has(o) || self.options.is_empty() && o == 's';
        let text: Vec<&str> = parts.iter().filter(|(o, _)| asked(*o)).map(|(_, text)| *text).collect();
        c.print(&text.join(" "));
    }
}

/// Permissions after a change as chmod writes it (`755`, `u+x,go-w`), if it is one. The umask is the usual 022.
pub(super) fn changed_mode(mode: u32, change: &str, dir: bool) -> Option<u32> {
    if change.bytes().all(|c| (b'0'..=b'7').contains(&c)) && !change.is_empty() {
        return u32::from_str_radix(change, 8).ok().filter(|m| *m <= 0o7777);
    }
    let mut mode = mode;
    for part in change.split(',') {
        let at = part.find(['+', '-', '='])?;
        let (who, rest) = part.split_at(at);
        let mut scope = 0;
        for letter in who.chars() {
            scope |= match letter {
                'u' => 0o4700,
                'g' => 0o2070,
                'o' => 0o1007,
                'a' => 0o7777,
                _ => return None,
            };
        }
        let scope = if who.is_empty() { 0o7777 & !0o022 } else { scope };
        let mut operator;
        let mut pending: Vec<(char, u32)> = vec![];
        for letter in rest.chars() {
            let bits = match letter {
                '+' | '-' | '=' => {
                    operator = letter;
                    pending.push((operator, 0));
                    continue;
                }
                'r' => 0o444,
                'w' => 0o222,
                'x' => 0o111,
                'X' if dir || mode & 0o111 != 0 => 0o111,
                'X' => 0,
                's' => 0o6000,
                't' => 0o1000,
                'u' => (mode >> 6 & 7) * 0o111,
                'g' => (mode >> 3 & 7) * 0o111,
                'o' => (mode & 7) * 0o111,
                _ => return None,
            };
            pending.last_mut()?.1 |= bits;
        }
        for (operator, bits) in pending {
            mode = match operator {
                '+' => mode | bits & scope,
                '-' => mode & !(bits & scope),
                _ => mode & !scope | bits & scope,
            };
        }
    }
    Some(mode)
}
