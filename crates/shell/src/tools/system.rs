//! What tells of the machine and of paths: hostname, id, uname, basename, …

use super::tool::{Context, Tool};
use crate::host::FileError;

impl Tool {
    pub(super) fn change_mode(&mut self, c: &mut Context) {
        for path in self.operands.clone().iter().filter(|p| !p.starts_with('-')).skip(1) {
            if c.host.stat(&c.path(path)).is_none() {
                self.complain(c, "@", "cannot access '@'", path, FileError::NotFound);
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
        let first = self.operand(0);
        let base = first.trim_end_matches('/').rsplit('/').next().unwrap_or("");
        let base = base.strip_suffix(self.operand(1)).filter(|b| !b.is_empty()).unwrap_or(base);
        c.print(if base.is_empty() && first.starts_with('/') { "/" } else { base });
    }

    pub(super) fn dirname(&mut self, c: &mut Context) {
        let first = self.operand(0);
        let directory = match first.trim_end_matches('/').rsplit_once('/') {
            Some(("", _)) => "/",
            Some((directory, _)) => directory,
            None if first.starts_with('/') => "/",
            None => ".",
        };
        c.print(directory);
    }

    /// readlink and realpath: there are no links.
    pub(super) fn real_path(&mut self, c: &mut Context) {
        c.print(&c.path(self.operand(0)));
    }

    pub(super) fn id(&mut self, c: &mut Context) {
        let text = match () {
            () if self.has('n') => "root",
            () if self.has('u') || self.has('g') => "0",
            () => "uid=0(root) gid=0(root) groups=0(root)",
        };
        c.print(text);
    }

    pub(super) fn whoami(&mut self, c: &mut Context) {
        c.print("root");
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
