//! Paths: made absolute, walked, and found by a pattern.

use crate::host::{FileError, Host};
use crate::pattern::{Globbing, Pattern};
use crate::word::{QUOTE, unquoted};

/// A path from `/`, without `.` and `..`.
pub fn absolute(cwd: &str, path: &str) -> String {
    let mut parts: Vec<&str> = vec![];
    let base = if path.starts_with('/') { "" } else { cwd };
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// How much is read of a device that never ends, in bytes.
pub(crate) const DEVICE_BYTES: usize = 1 << 16;

/// What `/dev/urandom` gives: texts can't hold bytes above 127, so there are none.
pub(crate) fn random_text(seed: u64) -> String {
    let mut state = seed | 1;
    let mut byte = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from((state >> 32) as u8 & 127)
    };
    (0..DEVICE_BYTES).map(|_| byte()).collect()
}

/// The device files that exist everywhere.
pub(crate) fn is_device(path: &str) -> bool {
    [
        "/dev/urandom",
        "/dev/random",
        "/dev/zero",
        "/dev/full",
        "/dev/null",
        "/dev/stdout",
        "/dev/stderr",
        "/dev/stdin",
        "/dev/tty",
    ]
    .contains(&path)
}

/// A file's text; a device has none.
pub(crate) fn read(host: &dyn Host, path: &str) -> Result<String, FileError> {
    if is_device(path) { Ok(String::new()) } else { host.read(path) }
}

/// Everything at and below a path, a directory before what is in it.
pub(crate) fn walk(host: &dyn Host, path: &str) -> Vec<String> {
    let mut found = vec![path.to_string()];
    let mut at = 0;
    while let Some(path) = found.get(at).cloned() {
        at += 1;
        if host.stat(&path).is_some_and(|s| s.dir) {
            let names = host.list(&path).unwrap_or_default();
            let below: Vec<String> = names.iter().map(|name| absolute(&path, name)).collect();
            found.splice(at..at, below);
        }
    }
    found
}

pub(crate) fn make_dirs(host: &mut dyn Host, path: &str) -> Result<(), FileError> {
    for (at, _) in path.match_indices('/').skip(1).chain([(path.len(), "")]) {
        match host.stat(&path[..at]) {
            None => host.make_dir(&path[..at])?,
            Some(stat) if !stat.dir => return Err(FileError::NotDirectory),
            Some(_) => {}
        }
    }
    Ok(())
}

/// The directory that an absolute path is in.
pub(crate) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("/", |(parent, _)| if parent.is_empty() { "/" } else { parent })
}

/// The most links that are followed from one to the next.
pub(crate) const MAX_LINKS: usize = 20;

/// The path to which the links of a path lead.
pub(crate) fn canonical(host: &dyn Host, path: &str) -> String {
    let mut made = String::from("/");
    for part in path.split('/').filter(|part| !part.is_empty()) {
        made = absolute(&made, part);
        for _ in 0..MAX_LINKS {
            let Some(target) = host.read_link(&made) else { break };
            made = absolute(parent(&made), &target);
        }
    }
    made
}

/// Whether a word has an unquoted `*`, `?` or `[…]`.
pub(crate) fn is_pattern(word: &str, extended: bool) -> bool {
    let (mut quoted, mut opened) = (false, false);
    let mut before = ' ';
    word.chars().any(|c| {
        let hit =
            matches!(c, '*' | '?') || c == ']' && opened || extended && c == '(' && "@+!".contains(before);
        let hit = hit && !quoted;
        opened |= c == '[' && !quoted;
        quoted = c == QUOTE && !quoted;
        before = c;
        hit
    })
}

/// The files that a word with unquoted `*`, `?` or `[` stands for, sorted; `None` where it is no pattern or none fits.
pub(crate) fn file_names(cwd: &str, word: &str, globbing: Globbing, host: &dyn Host) -> Option<Vec<String>> {
    let active = |part: &str| is_pattern(part, globbing.extended);
    if !active(word) {
        return None;
    }
    let mut found = vec![String::new()];
    // A quoted slash is a slash.
    for (n, part) in word.replace("\0/", "/").split('/').enumerate() {
        let mut next = vec![];
        for before in &found {
            let prefix = if n == 0 { String::new() } else { format!("{before}/") };
            if globbing.deep && part == "**" {
                let root = absolute(cwd, &prefix);
                next.push(before.clone());
                for path in walk(host, &root).into_iter().skip(1) {
                    let below =
                        path.strip_prefix(&*root).unwrap_or(&path).trim_start_matches('/').to_string();
                    let hidden = below.split('/').any(|part| part.starts_with('.'));
                    if !hidden && host.stat(&path).is_some_and(|s| s.dir) {
                        next.push(format!("{prefix}{below}"));
                    }
                }
                continue;
            }
            // What `**` stands for nothing of has no slash of its own.
            let prefix =
                if n > 0 && before.is_empty() && !word.starts_with('/') { String::new() } else { prefix };
            if !active(part) {
                let path = format!("{prefix}{}", unquoted(part));
                // A slash at the end: only directories.
                let there = |s: crate::Stat| s.dir || !part.is_empty();
                if prefix.is_empty() || host.stat(&absolute(cwd, &path)).is_some_and(there) {
                    next.push(path);
                }
                continue;
            }
            let pattern = Pattern::glob(part, false, None, true, globbing.extended);
            let names = host.list(&absolute(cwd, &prefix)).unwrap_or_default();
            let hidden = part.starts_with('.') || globbing.hidden;
            let fitting =
                names.into_iter().filter(|n| (hidden || !n.starts_with('.')) && pattern.is_match(n));
            next.extend(fitting.map(|name| format!("{prefix}{name}")));
        }
        found = next;
    }
    found.retain(|path| !path.is_empty());
    collections::sort(&mut found);
    (!found.is_empty()).then_some(found)
}
