//! ls, find, cp, mv, mkdir, rmdir, rm, touch.

use super::date::time_text;
use super::path_tools::letters;
use super::tool::{Context, Tool};
use crate::host::{FileError, Stat};
use crate::path::{absolute, is_device, make_dirs, walk};

impl Tool {
    // Files
    pub(crate) fn ls(&mut self, c: &mut Context) {
        if self.operands.is_empty() {
            self.operands.push(".".into());
        }
        let all = self.has('a') || self.has('A');
        let (mut files, mut directories) = (vec![], vec![]);
        for path in self.operands.clone() {
            match c.host.stat(&c.path(&path)) {
                Some(stat) if stat.dir && !self.has('d') => directories.push(path),
                Some(stat) => files.push((path, stat)),
                None if is_device(&path) => files.push((path, Stat::usual(false, 0, 0))),
                None => self.complain(c, "@", "cannot access '@'", &path, FileError::NotFound),
            }
        }
        if self.code == 1 && c.gnu {
            self.code = 2;
        }
        let headers = directories.len() + files.len() > 1 || self.has('R');
        collections::sort_by(&mut files, |a, b| a.0.cmp(&b.0));
        collections::sort(&mut directories);
        if self.has('r') {
            directories.reverse();
        }
        self.listed = c.cwd.to_string();
        self.list(c, &mut files);
        let mut directories: std::collections::VecDeque<String> = directories.into();
        while let Some(directory) = directories.pop_front() {
            let path = c.path(&directory);
            self.listed = path.clone();
            let names = c.host.list(&path).unwrap_or_default();
            let visible = names.into_iter().filter(|n| all || !n.starts_with('.'));
            let mut entries: Vec<(String, Stat)> = visible
                .filter_map(|n| {
                    let at = absolute(&path, &n);
                    let broken = || c.host.read_link(&at).map(|_| Stat::usual(false, 0, 0));
                    c.host.stat(&at).or_else(broken).map(|stat| (n, stat))
                })
                .collect();
            if self.has('a') {
                let here = Stat::usual(true, 4096, c.host.stat(&path).map_or(0, |s| s.modified_ms));
                entries.splice(0..0, [(".".to_string(), here), ("..".to_string(), here)]);
            }
            if headers {
                let gap = if c.out.is_empty() { "" } else { "\n" };
                c.out.push_str(&format!("{gap}{directory}:\n"));
            }
            if self.has('l') {
                let blocks: u64 = entries.iter().map(|(_, s)| s.size.div_ceil(4096) * 4).sum();
                c.print(&format!("total {blocks}"));
            }
            self.list(c, &mut entries);
            if self.has('R') {
                let below = entries.iter().filter(|(n, s)| s.dir && !matches!(n.as_str(), "." | ".."));
                let below: Vec<String> =
                    below.map(|(n, _)| [directory.trim_end_matches('/'), "/", n].concat()).collect();
                below.into_iter().rev().for_each(|d| directories.push_front(d));
            }
        }
    }

    /// What `-F` and `-p` put after a name.
    fn mark(&self, stat: &Stat) -> &'static str {
        match stat.dir {
            true if self.has('F') || self.has('p') => "/",
            false if self.has('F') && stat.permissions() & 0o111 != 0 => "*",
            _ => "",
        }
    }

    fn list(&self, c: &mut Context, entries: &mut [(String, Stat)]) {
        if self.has('t') {
            // The newest first, by insertion.
            for end in 1..entries.len() {
                let newer = |at: &usize| entries[*at].1.modified_ms < entries[end].1.modified_ms;
                if let Some(at) = (0..end).find(newer) {
                    entries[at..=end].rotate_right(1);
                }
            }
        }
        if self.has('r') {
            entries.reverse();
        }
        if !self.has('l') {
            let marked: Vec<String> =
                entries.iter().map(|(name, stat)| [&**name, self.mark(stat)].concat()).collect();
            let names: Vec<&str> = marked.iter().map(String::as_str).collect();
            let width = |column: &[&str]| column.iter().map(|n| n.chars().count()).max().unwrap_or(0) + 2;
            let fits = |rows: &usize| names.chunks(*rows).map(width).sum::<usize>() <= 82;
            let rows = if c.columns && !self.has('1') { (1..names.len()).find(fits) } else { None };
            let rows = rows.unwrap_or(names.len()).max(1);
            for row in 0..rows.min(names.len()) {
                let cell = |column: &[&str]| column.get(row).map(|name| format!("{name:0$}", width(column)));
                let line: String = names.chunks(rows).filter_map(cell).collect();
                c.print(line.trim_end());
            }
            return;
        }
        let digits = entries.iter().map(|(_, s)| s.size.to_string().len()).max().unwrap_or(0);
        let owners: Vec<(String, String)> = entries
            .iter()
            .map(|(_, stat)| match self.has('n') {
                true => (stat.owner.0.to_string(), stat.owner.1.to_string()),
                false => (c.user_name(stat.owner.0), c.group_name(stat.owner.1)),
            })
            .collect();
        let width = |names: &mut dyn Iterator<Item = &String>| names.map(String::len).max().unwrap_or(0);
        let users = width(&mut owners.iter().map(|(user, _)| user));
        let groups = width(&mut owners.iter().map(|(_, group)| group));
        for ((name, stat), (user, group)) in entries.iter_mut().zip(owners) {
            let link = c.host.read_link(&absolute(&self.listed, name));
            let mode = letters(
                if link.is_some() { 0o777 } else { stat.permissions() },
                stat.dir && link.is_none(),
                link.is_some(),
            );
            let links = if stat.dir { 2 } else { 1 };
            let name = &match link {
                Some(target) => format!("{name} -> {target}"),
                None => [&**name, self.mark(stat)].concat(),
            };
            let when = time_text(stat.modified_ms as i64 / 1000, 0, "%b %e %H:%M");
            let size = stat.size;
            let line = if c.gnu {
                format!("{mode} {links} {user:<users$} {group:<groups$} {size:>digits$} {when} {name}")
            } else {
                format!("{mode} {links:>4} {user:<8} {group:<8} {size:>9} {when} {name}")
            };
            c.print(&line);
        }
    }

    pub(crate) fn copy(&mut self, c: &mut Context) {
        let moving = self.name == "mv";
        let Some((target, sources)) =
            self.operands.clone().split_last().map(|(t, s)| (t.clone(), s.to_vec()))
        else {
            return self.usage(c, "missing file operand");
        };
        if sources.is_empty() {
            return self.usage(c, &format!("missing destination file operand after '{target}'"));
        }
        let into = c.path(&target);
        let is_dir = c.host.stat(&into).is_some_and(|s| s.dir);
        for source in sources {
            let from = c.path(&source);
            let Some(stat) = c.host.stat(&from) else {
                let busybox = if moving { "can't rename '@'" } else { "can't stat '@'" };
                self.complain(c, busybox, "cannot stat '@'", &source, FileError::NotFound);
                continue;
            };
            if stat.dir && !moving && !['r', 'R', 'a'].iter().any(|o| self.has(*o)) {
                if c.gnu {
                    self.usage(c, &format!("-r not specified; omitting directory '{source}'"))
                } else {
                    self.usage(c, &format!("omitting directory '{source}'"))
                }
                continue;
            }
            // `cp -r from/. into` copies what is in it.
            let content = source.ends_with("/.") || source == ".";
            let to = match from.rsplit('/').next() {
                Some(base) if is_dir && !content => absolute(&into, base),
                _ => into.clone(),
            };
            if to == from || to.starts_with(&format!("{from}/")) {
                self.usage(c, &format!("'{source}' and '{target}' are the same file"));
                continue;
            }
            let all = walk(c.host, &from);
            let copied =
                all.iter().try_for_each(|path| copy_one(c, path, &format!("{to}{}", &path[from.len()..])));
            if let Err(error) = copied {
                self.complain(c, "can't create '@'", "cannot create regular file '@'", &target, error);
            }
            if copied.is_ok() && self.has('v') {
                let shown = if is_dir {
                    format!(
                        "{}/{}",
                        target.trim_end_matches('/'),
                        source.rsplit('/').next().unwrap_or_default()
                    )
                } else {
                    target.clone()
                };
                c.print(&if moving {
                    format!("renamed '{source}' -> '{shown}'")
                } else {
                    format!("'{source}' -> '{shown}'")
                });
            }
            if moving && copied.is_ok() {
                for path in all.iter().rev() {
                    if let Err(error) = c.host.remove(path) {
                        self.complain(c, "can't remove '@'", "cannot remove '@'", &source, error);
                        break;
                    }
                }
            }
        }
    }

    pub(crate) fn each_path(&mut self, c: &mut Context) {
        if self.operands.is_empty() && !self.has('f') {
            return self.usage(c, "missing operand");
        }
        for given in self.operands.clone() {
            let path = c.path(&given);
            let stat = c.host.stat(&path);
            let time = if self.name == "touch" {
                match self.touch_time(c) {
                    Some(time) => time,
                    None => return,
                }
            } else {
                None
            };
            let (done, busybox, gnu) = match self.name {
                "touch" if is_device(&path) || stat.is_none() && self.has('c') => (Ok(()), "", ""),
                "touch" => match stat {
                    Some(stat) if stat.dir => (Ok(()), "", ""),
                    _ => {
                        let mut made = if stat.is_none() { c.host.write(&path, "", true) } else { Ok(()) };
                        if let (None, Ok(()), Some(mask)) = (stat, made, c.environment.umask()) {
                            _ = c.host.set_attributes(&path, Some(0o666 & !mask), None);
                        }
                        if made.is_ok() {
                            let ms = time.unwrap_or(c.host.now_ms());
                            made = c.host.set_attributes(&path, None, Some(ms));
                        }
                        (made, "@", "cannot touch '@'")
                    }
                },
                "mkdir" => {
                    let made = match (self.has('p'), stat) {
                        (true, Some(stat)) if stat.dir => Ok(()),
                        (true, None) => make_dirs(c.host, &path),
                        _ => c.host.make_dir(&path),
                    };
                    if let (Ok(()), None, Some(mask)) = (made, stat, c.environment.umask()) {
                        _ = c.host.set_attributes(&path, Some(0o777 & !mask), None);
                    }
                    if let (Ok(()), Some(mode)) =
                        (made, self.value('m').and_then(|m| super::system::changed_mode(0o755, m, true)))
                    {
                        _ = c.host.set_attributes(&path, Some(mode), None);
                    }
                    (made, "can't create directory '@'", "cannot create directory '@'")
                }
                "rmdir" => {
                    let removed = match stat {
                        Some(stat) if !stat.dir => Err(FileError::NotDirectory),
                        _ => c.host.remove(&path),
                    };
                    (removed, "'@'", "failed to remove '@'")
                }
                _ => {
                    let recursive = self.has('r') || self.has('R');
                    let removed = match stat {
                        None if c.host.read_link(&path).is_some() => c.host.remove(&path),
                        _ if c.host.read_link(&path).is_some() => c.host.remove(&path),
                        None if self.has('f') => Ok(()),
                        None => Err(FileError::NotFound),
                        Some(stat) if stat.dir && !recursive => Err(FileError::IsDirectory),
                        Some(_) => walk(c.host, &path).iter().rev().try_for_each(|p| c.host.remove(p)),
                    };
                    let is_dir = removed == Err(FileError::IsDirectory);
                    (
                        removed,
                        if is_dir { "'@' is a directory" } else { "can't remove '@'" },
                        "cannot remove '@'",
                    )
                }
            };
            if let Err(error) = done {
                self.complain(c, busybox, gnu, &given, error);
            }
        }
    }
}

/// Copies a file with its mode, or makes a directory like another.
fn copy_one(c: &mut Context, from: &str, to: &str) -> Result<(), FileError> {
    match c.host.read(from) {
        Ok(text) => {
            let mode = c.host.stat(from).and_then(|stat| stat.mode);
            c.host.write(to, &text, false)?;
            if mode.is_some() {
                _ = c.host.set_attributes(to, mode, None);
            }
            Ok(())
        }
        Err(FileError::IsDirectory) if c.host.stat(to).is_some_and(|stat| stat.dir) => Ok(()),
        Err(FileError::IsDirectory) => c.host.make_dir(to),
        Err(error) => Err(error),
    }
}
