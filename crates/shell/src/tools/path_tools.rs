//! ln, readlink, realpath, stat, mktemp, touch's times, du, truncate, tar.

use super::date::{parse_time, time_text};
use super::tool::{Context, Tool};
use crate::host::FileError;
use crate::number::decimal;
use crate::path::{absolute, canonical, make_dirs, parent, walk};
use crate::pattern::Pattern;

/// What an archive of this simulation begins with: its files' texts follow, each after its name and length.
const ARCHIVE: &str = "simulated tar\n";

impl Tool {
    pub(super) fn ln(&mut self, c: &mut Context) {
        let mut operands = self.operands.clone();
        if operands.is_empty() {
            return self.usage(c, "missing file operand");
        }
        let into = if operands.len() == 1 { ".".to_string() } else { operands.pop().unwrap_or_default() };
        let directory = c.path(&into);
        let is_dir = c.host.stat(&directory).is_some_and(|s| s.dir)
            && !(self.has('n') && c.host.read_link(&directory).is_some());
        for target in operands {
            let shown = match is_dir {
                true => {
                    [into.trim_end_matches('/'), "/", target.rsplit('/').next().unwrap_or_default()].concat()
                }
                false => into.clone(),
            };
            let path = c.path(&shown);
            if self.has('f') && (c.host.read_link(&path).is_some() || c.host.stat(&path).is_some()) {
                _ = c.host.remove(&path);
            }
            let made = match self.has('s') {
                true => c.host.link(&target, &path),
                // Two names of one file: here the second leads to the first.
                false if c.host.stat(&c.path(&target)).is_none() => Err(FileError::NotFound),
                false if c.host.stat(&path).is_some() => Err(FileError::Exists),
                false => c.host.link(&c.path(&target), &path),
            };
            if let Err(error) = made {
                self.code = 1;
                let kind = if self.has('s') { "symbolic" } else { "hard" };
                let text = match c.gnu {
                    true if error == FileError::NotFound && !self.has('s') => {
                        format!("ln: failed to access '{target}': {}\n", error.text())
                    }
                    true => format!("ln: failed to create {kind} link '{shown}': {}\n", error.text()),
                    false => format!("ln: {shown}: {}\n", error.text()),
                };
                c.err.push_str(&text);
            }
        }
    }

    pub(super) fn real_path(&mut self, c: &mut Context) {
        for given in self.operands.clone() {
            let path = c.path(&given);
            let follows = self.name == "realpath" || ['f', 'e', 'm'].iter().any(|o| self.has(*o));
            if !follows {
                match c.host.read_link(&path) {
                    Some(target) => c.print(&target),
                    None => self.code = 1,
                }
                continue;
            }
            let made = canonical(c.host, &path);
            if c.host.stat(parent(&made)).is_none() || self.has('e') && c.host.stat(&made).is_none() {
                if self.name == "realpath" {
                    self.complain(c, "@", "@", &given, FileError::NotFound);
                }
                self.code = 1;
                continue;
            }
            c.print(&made);
        }
    }

    pub(super) fn stat_files(&mut self, c: &mut Context) {
        let printf = self.value('P').map(str::to_string);
        let format = printf.clone().or(self.value('c').map(str::to_string));
        for given in self.operands.clone() {
            let path = c.path(&given);
            let link = c.host.read_link(&path).filter(|_| !self.has('L'));
            let Some(stat) = c.host.stat(&path).or(link.as_ref().map(|_| crate::Stat::usual(false, 0, 0)))
            else {
                self.complain(c, "can't stat '@'", "cannot statx '@'", &given, FileError::NotFound);
                continue;
            };
            let mode = if link.is_some() { 0o777 } else { stat.permissions() };
            let kind = match (&link, stat.dir, stat.size) {
                (Some(_), ..) => "symbolic link",
                (_, true, _) => "directory",
                (_, _, 0) => "regular empty file",
                _ => "regular file",
            };
            let (user, group) = stat.owner;
            // Without a name GNU's says so, BusyBox' as well.
            let known = |id: u32, name: String| if name == id.to_string() { "UNKNOWN".into() } else { name };
            let user_name = known(user, c.user_name(user));
            let group_name = known(group, c.group_name(group));
            let size = link.as_ref().map_or(stat.size, |l| l.len() as u64);
            let letters = letters(mode, stat.dir, link.is_some());
            let seconds = stat.modified_ms as i64 / 1000;
            let time = time_text(seconds, stat.modified_ms % 1000 * 1_000_000, "%F %T.%N +0000");
            let Some(format) = &format else {
                let target = link.as_ref().map_or(String::new(), |l| format!(" -> {l}"));
                c.print(&format!(
                    "  File: {given}{target}\n  Size: {size:<10}\tBlocks: {:<10} IO Block: 4096   {kind}\nDevice: fd01h/64769d\tInode: 131072      Links: 1\nAccess: ({mode:04o}/{letters})  Uid: ({user:5}/{:>8})   Gid: ({group:5}/{:>8})\nAccess: {time}\nModify: {time}\nChange: {time}",
                    size.div_ceil(512),
                    user_name,
                    group_name
                ));
                continue;
            };
            let mut out = String::new();
            let mut chars = format.chars();
            while let Some(ch) = chars.next() {
                if ch != '%' {
                    out.push(ch);
                    continue;
                }
                match chars.next() {
                    Some('s') => out.push_str(&size.to_string()),
                    Some('a') => out.push_str(&format!("{mode:o}")),
                    Some('A') => out.push_str(&letters),
                    Some('n') => out.push_str(&given),
                    Some('N') => {
                        out.push_str(&format!("'{given}'"));
                        if let Some(target) = &link {
                            out.push_str(&format!(" -> '{target}'"));
                        }
                    }
                    Some('F') => out.push_str(kind),
                    Some('U') => out.push_str(&user_name),
                    Some('G') => out.push_str(&group_name),
                    Some('u') => out.push_str(&user.to_string()),
                    Some('g') => out.push_str(&group.to_string()),
                    Some('X' | 'Y' | 'Z') => out.push_str(&seconds.to_string()),
                    Some('x' | 'y' | 'z') => out.push_str(&time),
                    Some('h') => out.push('1'),
                    Some('i') => out.push_str("131072"),
                    Some('b') => out.push_str(&(size.div_ceil(4096) * 8).to_string()),
                    Some('B') => out.push_str("512"),
                    Some('%') => out.push('%'),
                    _ => out.push('?'),
                }
            }
            if printf.is_some() {
                crate::word::unescape(&out, &mut c.out);
            } else {
                c.print(&out);
            }
        }
    }

    pub(super) fn mktemp(&mut self, c: &mut Context) {
        let given = self.operands.first().cloned();
        let directory = self
            .value('p')
            .map(str::to_string)
            .or((given.is_none() || self.has('t')).then(|| "/tmp".to_string()));
        let template =
            given.unwrap_or_else(|| if c.gnu { "tmp.XXXXXXXXXX" } else { "tmp.XXXXXX" }.to_string());
        let places = template.len() - template.trim_end_matches('X').len();
        if places < 3 {
            let what = if c.gnu {
                format!("too few X's in template '{template}'")
            } else {
                "invalid argument".to_string()
            };
            return self.usage(c, &what);
        }
        let base = directory.map_or(String::new(), |d| [d.trim_end_matches('/'), "/"].concat());
        for attempt in 0..20u64 {
            let mut seed = c.host.random() ^ attempt.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ c.salt;
            let mut name = template[..template.len() - places].to_string();
            for _ in 0..places {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let letters = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
                name.push(char::from(letters[(seed >> 33) as usize % letters.len()]));
            }
            let shown = [&base, &*name].concat();
            let path = c.path(&shown);
            if c.host.stat(&path).is_some() {
                continue;
            }
            let dir = self.has('d');
            let made = if self.has('u') {
                Ok(())
            } else if dir {
                c.host.make_dir(&path)
            } else {
                c.host.write(&path, "", false)
            };
            match made {
                Ok(()) => {
                    _ = c.host.set_attributes(&path, Some(if dir { 0o700 } else { 0o600 }), None);
                    c.print(&shown);
                }
                Err(error) => {
                    self.code = 1;
                    let kind = if dir { "directory" } else { "file" };
                    let text = match c.gnu {
                        true => format!(
                            "mktemp: failed to create {kind} via template '{base}{template}': {}\n",
                            error.text()
                        ),
                        false => format!("mktemp: (null): {}\n", error.text()),
                    };
                    if !self.has('q') {
                        c.err.push_str(&text);
                    }
                }
            }
            return;
        }
    }

    /// The time that touch gives: of `-d`, `-t` or `-r`; the outer `None`: a mistake.
    pub(super) fn touch_time(&mut self, c: &mut Context) -> Option<Option<u64>> {
        let now = c.host.now_ms() as i64 / 1000;
        let seconds = if let Some(text) = self.value('d') {
            match parse_time(text, now) {
                Some(seconds) => seconds,
                None => {
                    let what = format!("invalid date format '{text}'");
                    self.usage(c, &what);
                    return None;
                }
            }
        } else if let Some(text) = self.value('t') {
            let digits = text.split('.').next().unwrap_or_default();
            let padded = if digits.len() == 8 {
                [&time_text(now, 0, "%Y"), digits].concat()
            } else {
                digits.to_string()
            };
            let shaped = (padded.len() == 12).then(|| {
                format!(
                    "{}-{}-{} {}:{}",
                    &padded[..4],
                    &padded[4..6],
                    &padded[6..8],
                    &padded[8..10],
                    &padded[10..]
                )
            });
            parse_time(&shaped?, now)?
        } else if let Some(file) = self.value('r').map(str::to_string) {
            return Some(c.host.stat(&c.path(&file)).map(|s| s.modified_ms));
        } else {
            return Some(None);
        };
        Some(Some(seconds.max(0) as u64 * 1000))
    }

    pub(super) fn du(&mut self, c: &mut Context) {
        if self.operands.is_empty() {
            self.operands.push(".".into());
        }
        for given in self.operands.clone() {
            let path = c.path(&given);
            if c.host.stat(&path).is_none() {
                self.complain(c, "@", "cannot access '@'", &given, FileError::NotFound);
                continue;
            }
            let size = |c: &Context, root: &str| -> u64 {
                let blocks = walk(c.host, root)
                    .iter()
                    .filter_map(|p| c.host.stat(p))
                    .map(|s| if s.dir { 4 } else { s.size.div_ceil(4096) * 4 })
                    .sum::<u64>();
                if self.has('b') {
                    walk(c.host, root).iter().filter_map(|p| c.host.stat(p)).map(|s| s.size).sum()
                } else {
                    blocks
                }
            };
            let text = |kb: u64| match self.has('h') {
                true if kb >= 1024 => format!("{:.1}M", kb as f64 / 1024.0),
                true => format!("{kb}K"),
                false if self.has('m') => kb.div_ceil(1024).to_string(),
                false => kb.to_string(),
            };
            let mut lines = vec![];
            if !self.has('s') {
                for below in walk(c.host, &path).iter().skip(1).rev() {
                    let dir = c.host.stat(below).is_some_and(|s| s.dir);
                    if dir || self.has('a') {
                        let shown = [given.trim_end_matches('/'), &below[path.trim_end_matches('/').len()..]]
                            .concat();
                        lines.push(format!("{}\t{shown}", text(size(c, below))));
                    }
                }
            }
            lines.push(format!("{}\t{given}", text(size(c, &path))));
            lines.iter().for_each(|line| c.print(line));
        }
    }

    pub(super) fn truncate(&mut self, c: &mut Context) {
        let size = self.value('s').and_then(decimal).unwrap_or(0).clamp(0, 1 << 20) as usize;
        for given in self.operands.clone() {
            let path = c.path(&given);
            let mut text = c.host.read(&path).unwrap_or_default();
            while text.len() < size {
                text.push('\0');
            }
            let end = (0..=size).rev().find(|n| text.is_char_boundary(*n)).unwrap_or(0);
            if let Err(error) = c.host.write(&path, &text[..end], false) {
                self.complain(c, "@: open", "cannot open '@' for writing", &given, error);
            }
        }
    }

    /// tar: archives of this simulation's own form.
    pub(super) fn tar(&mut self, c: &mut Context, input: &str) {
        let order = TarOrder::read(&self.operands, c.cwd);
        if order.has('c') { self.archive(c, &order) } else { self.unarchive(c, &order, input) }
    }

    /// Makes an archive of the files.
    fn archive(&mut self, c: &mut Context, order: &TarOrder) {
        let is_piped = order.archive == "-";
        let mut made = String::from(ARCHIVE);
        for (directory, file) in &order.files {
            let root = absolute(directory, file);
            if c.host.stat(&root).is_none() {
                self.complain(c, "can't stat '@'", "@: Cannot stat", file, FileError::NotFound);
                self.code = if c.gnu { 2 } else { 1 };
                continue;
            }
            for path in walk(c.host, &root) {
                if order.excludes(&[file.trim_end_matches('/'), &path[root.len()..]].concat()) {
                    continue;
                }
                let below = &path[root.len()..];
                let name = [file.trim_start_matches('/').trim_end_matches('/'), below].concat();
                let Some(stat) = c.host.stat(&path) else { continue };
                let text = c.host.read(&path).unwrap_or_default();
                let name = if stat.dir { [&*name, "/"].concat() } else { name };
                made.push_str(&format!("{:o} {} {name}\n{text}", stat.permissions(), text.len()));
                if order.has('v') {
                    if is_piped { c.err.push_str(&[&*name, "\n"].concat()) } else { c.print(&name) }
                }
            }
        }
        if is_piped {
            return c.out.push_str(&made);
        }
        if let Err(error) = c.host.write(&c.path(&order.archive), &made, false) {
            self.code = if c.gnu { 2 } else { 1 };
            cannot_open(c, &order.archive, error);
        }
    }

    /// Lists what is in an archive, or takes it out.
    fn unarchive(&mut self, c: &mut Context, order: &TarOrder, input: &str) {
        let failed = if c.gnu { 2 } else { 1 };
        let text = if order.archive == "-" { Ok(input.to_string()) } else { c.read(&order.archive) };
        let text = match text {
            Ok(text) => text,
            Err(error) => {
                self.code = failed;
                return cannot_open(c, &order.archive, error);
            }
        };
        let Some(mut rest) = text.strip_prefix(ARCHIVE) else {
            self.code = failed;
            let text = if c.gnu {
                "tar: This does not look like a tar archive\ntar: Exiting with failure status due to previous errors\n"
            } else {
                "tar: invalid tar magic\n"
            };
            return c.err.push_str(text);
        };
        let mut found: Vec<bool> = vec![false; order.files.len()];
        while let Some((head, after)) = rest.split_once('\n') {
            let mut parts = head.splitn(3, ' ');
            let mode = parts.next().and_then(|m| u32::from_str_radix(m, 8).ok());
            let length = parts.next().and_then(decimal).unwrap_or(0) as usize;
            let name = parts.next().unwrap_or_default();
            let Some(content) = after.get(..length) else { break };
            rest = &after[length..];
            if !order.wants(name) || order.excludes(name) {
                continue;
            }
            for (found, (_, file)) in found.iter_mut().zip(&order.files) {
                let file = file.trim_end_matches('/');
                *found |=
                    name.strip_prefix(file).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            }
            if order.has('t') && order.has('v') {
                let mode = mode.unwrap_or(0o644);
                let when = time_text(c.host.now_ms() as i64 / 1000, 0, if c.gnu { "%F %R" } else { "%F %T" });
                let letters = letters(mode, name.ends_with('/'), false);
                c.print(&format!("{letters} root/root {length:>9} {when} {name}"));
            } else if order.has('t') || order.has('v') {
                c.print(name);
            }
            if order.has('x') && order.has('O') {
                c.out.push_str(content);
            } else if order.has('x') {
                self.take_out(c, order, name, content, mode);
            }
        }
        let missing: Vec<&String> =
            order.files.iter().zip(&found).filter(|(_, found)| !**found).map(|((_, file), _)| file).collect();
        for file in &missing {
            self.code = failed;
            let text = if c.gnu {
                format!("tar: {file}: Not found in archive\n")
            } else {
                format!("tar: {file}: not found in archive\n")
            };
            c.err.push_str(&text);
        }
        if c.gnu && !missing.is_empty() {
            c.err.push_str("tar: Exiting with failure status due to previous errors\n");
        }
    }

    /// Takes one file, or a directory, out of an archive.
    fn take_out(&mut self, c: &mut Context, order: &TarOrder, name: &str, content: &str, mode: Option<u32>) {
        let kept: Vec<&str> = name.split('/').skip(order.strip).collect();
        if kept.concat().is_empty() {
            return;
        }
        let path = absolute(&order.directory, &kept.join("/"));
        let made = if name.ends_with('/') {
            make_dirs(c.host, &path)
        } else {
            let parent = path.rsplit_once('/').map_or("/", |(p, _)| p).to_string();
            if !parent.is_empty() {
                _ = make_dirs(c.host, &parent);
            }
            c.host.write(&path, content, false)
        };
        if let Err(error) = made {
            self.complain(c, "can't open '@'", "@: Cannot open", name, error);
        }
        _ = c.host.set_attributes(&path, mode, None);
    }
}

/// Says that an archive can't be opened, which ends all.
fn cannot_open(c: &mut Context, archive: &str, error: FileError) {
    let text = match c.gnu {
        true => format!(
            "tar: {archive}: Cannot open: {}\ntar: Error is not recoverable: exiting now\n",
            error.text()
        ),
        false => format!("tar: can't open '{archive}': {}\n", error.text()),
    };
    c.err.push_str(&text);
}

/// What a command line of tar wants.
struct TarOrder {
    /// The options that take no value.
    letters: String,
    /// `-f`; `-` is a pipe.
    archive: String,
    /// The last `-C`, or the working directory: where files are taken out.
    directory: String,
    /// `--strip-components`
    strip: usize,
    /// `--exclude`
    excluded: Vec<Pattern>,
    /// The files, each with the directory that it is in.
    files: Vec<(String, String)>,
}

impl TarOrder {
    fn read(operands: &[String], cwd: &str) -> TarOrder {
        let mut words = operands.to_vec();
        // `tar cf …`: the first word needs no dash.
        if words.first().is_some_and(|word| !word.starts_with('-')) {
            words[0].insert(0, '-');
        }
        let mut words = words.into_iter();
        let mut order = TarOrder {
            letters: String::new(),
            archive: "-".to_string(),
            directory: cwd.to_string(),
            strip: 0,
            excluded: vec![],
            files: vec![],
        };
        while let Some(word) = words.next() {
            if let Some(long) = word.strip_prefix("--") {
                order.long_option(long, cwd);
                continue;
            }
            let Some(given) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
                order.files.push((order.directory.clone(), word));
                continue;
            };
            for letter in given.chars() {
                match letter {
                    'f' => order.archive = words.next().unwrap_or_default(),
                    'C' => order.directory = absolute(cwd, &words.next().unwrap_or_default()),
                    letter => order.letters.push(letter),
                }
            }
        }
        order
    }

    fn long_option(&mut self, long: &str, cwd: &str) {
        match long.split_once('=') {
            Some(("file", value)) => self.archive = value.into(),
            Some(("directory", value)) => self.directory = absolute(cwd, value),
            Some(("exclude", value)) => self.excluded.push(Pattern::glob(value, false, None, true, false)),
            Some(("strip-components", value)) => self.strip = decimal(value).unwrap_or(0) as usize,
            Some(_) => {}
            None => self.letters.push_str(match long {
                "create" => "c",
                "extract" => "x",
                "list" => "t",
                "verbose" => "v",
                _ => "",
            }),
        }
    }

    fn has(&self, letter: char) -> bool {
        self.letters.contains(letter)
    }

    /// Whether a file is left out: a pattern fits its name, or the name of a part of its path.
    fn excludes(&self, name: &str) -> bool {
        let name = name.trim_end_matches('/');
        let fits =
            |pattern: &Pattern| pattern.is_match(name) || name.split('/').any(|part| pattern.is_match(part));
        self.excluded.iter().any(fits)
    }

    /// Whether a file of an archive is asked for.
    fn wants(&self, name: &str) -> bool {
        let is_or_holds =
            |file: &str| name == file || name.starts_with(&[file.trim_end_matches('/'), "/"].concat());
        self.files.is_empty() || self.files.iter().any(|(_, file)| is_or_holds(file))
    }
}

/// Permissions as `ls -l` shows them.
pub(super) fn letters(mode: u32, dir: bool, link: bool) -> String {
    let mut out = String::from(if link {
        "l"
    } else if dir {
        "d"
    } else {
        "-"
    });
    for shift in [6, 3, 0] {
        for (bit, letter) in [(4, 'r'), (2, 'w'), (1, 'x')] {
            let set = mode >> shift & bit != 0;
            // setuid, setgid and the sticky bit stand where `x` would.
            let special = match (bit, shift) {
                (1, 6) if mode & 0o4000 != 0 => Some('s'),
                (1, 3) if mode & 0o2000 != 0 => Some('s'),
                (1, 0) if mode & 0o1000 != 0 => Some('t'),
                _ => None,
            };
            out.push(match special {
                Some(letter) if set => letter,
                Some(letter) => letter.to_ascii_uppercase(),
                None if set => letter,
                None => '-',
            });
        }
    }
    out
}
