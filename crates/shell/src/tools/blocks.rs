//! Tools for blocks and bytes: dd, split, comm, install, gzip, hexdump, xxd, cksum, expand.

use super::tool::{Context, Tool};
use crate::host::{FileError, MAX_TEXT};
use crate::number::decimal;
use crate::path::{make_dirs, read};

/// What a packed file of this simulation begins with: its text follows.
const PACKED: &str = "simulated gzip\n";

/// `64`, `1k`, `2M` as a number.
fn size(text: &str) -> Option<usize> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let unit = match text[digits..].trim_end_matches(['B', 'i', 'b']) {
        "" => 1,
        "k" | "K" => 1 << 10,
        "m" | "M" => 1 << 20,
        "g" | "G" => 1 << 30,
        "c" => 1,
        _ => return None,
    };
    usize::try_from(decimal(&text[..digits])?).ok()?.checked_mul(unit)
}

/// The place in a text that is not after so many bytes, and between two characters.
fn place(text: &str, bytes: usize) -> usize {
    (0..=bytes.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

impl Tool {
    /// `dd if=… of=… bs=… count=… skip=…`: what it takes is in memory, so it is refused what would not be.
    pub(super) fn dd(&mut self, c: &mut Context, input: &str) {
        let value = |name: &str| {
            self.operands
                .iter()
                .rev()
                .find_map(|o| o.strip_prefix(name)?.strip_prefix('='))
                .map(str::to_string)
        };
        let number = |name: &str, usual: usize| match value(name) {
            Some(text) => size(&text),
            None => Some(usual),
        };
        let (Some(block), Some(count), Some(skip)) =
            (number("bs", 512), number("count", usize::MAX), number("skip", 0))
        else {
            return self.usage(c, "invalid number");
        };
        let wanted = block.saturating_mul(count);
        let from = value("if");
        let endless = matches!(from.as_deref(), Some("/dev/zero" | "/dev/urandom" | "/dev/random"));
        if block == 0 || endless && wanted > MAX_TEXT {
            self.not_simulated = Some(["dd ", &self.operands.join(" ")].concat());
            return;
        }
        let text = match from.as_deref() {
            None => Ok(input.to_string()),
            Some("/dev/zero") => Ok("\0".repeat(wanted)),
            Some("/dev/urandom" | "/dev/random") => {
                let seed = c.host.random() ^ c.salt;
                let piece = crate::path::random_text(seed);
                Ok(piece.repeat(wanted / piece.len().max(1) + 1))
            }
            Some(file) => read(c.host, &c.path(file)),
        };
        let text = match text {
            Ok(text) => text,
            Err(error) => {
                let file = from.unwrap_or_default();
                return self.complain(c, "can't open '@'", "failed to open '@'", &file, error);
            }
        };
        let rest = &text[place(&text, skip.saturating_mul(block))..];
        let taken = &rest[..place(rest, wanted)];
        match value("of") {
            None => c.out.push_str(taken),
            Some(file) => {
                if let Err(error) = c.write(&file, taken, false) {
                    return self.complain(c, "can't open '@'", "failed to open '@'", &file, error);
                }
            }
        }
        if matches!(value("status").as_deref(), Some("none")) {
            return;
        }
        let (whole, part) = (taken.len() / block, usize::from(taken.len() % block > 0));
        c.err.push_str(&format!("{whole}+{part} records in\n{whole}+{part} records out\n"));
        if value("status").as_deref() != Some("noxfer") {
            let unit = if taken.len() == 1 { "byte" } else { "bytes" };
            c.err.push_str(&match c.gnu {
                true => format!(
                    "{} {unit} copied, 0.0001 s, {:.1} MB/s\n",
                    taken.len(),
                    taken.len() as f64 / 100.0
                ),
                false => format!(
                    "{} bytes ({}B) copied, 0.000100 seconds, {:.1}MB/s\n",
                    taken.len(),
                    taken.len(),
                    taken.len() as f64 / 100.0
                ),
            });
        }
    }

    /// `split -l LINES -b BYTES FILE PREFIX`
    pub(super) fn split(&mut self, c: &mut Context, input: &str) {
        let text = match self.operands.first().map(String::as_str) {
            None | Some("-") => Ok(input.to_string()),
            Some(file) => c.read(file),
        };
        let text = match text {
            Ok(text) => text,
            Err(error) => {
                let file = self.operand(0).to_string();
                return self.complain(c, "@", "cannot open '@' for reading", &file, error);
            }
        };
        let prefix = self.operands.get(1).cloned().unwrap_or_else(|| "x".into());
        let lines = self.value('l').and_then(size).unwrap_or(1000).max(1);
        let places = self.value('a').and_then(size).unwrap_or(2).clamp(1, 8);
        let mut pieces: Vec<String> = vec![];
        if let Some(bytes) = self.value('b').and_then(size).filter(|n| *n > 0) {
            let mut rest = text.as_str();
            while !rest.is_empty() {
                let (piece, more) = rest.split_at(place(rest, bytes).max(1));
                pieces.push(piece.to_string());
                rest = more;
            }
        } else {
            let all: Vec<&str> = text.split_inclusive('\n').collect();
            pieces.extend(all.chunks(lines).map(<[&str]>::concat));
        }
        for (n, piece) in pieces.iter().enumerate() {
            let mut suffix = vec![];
            let mut rest = n;
            let base = if self.has('d') { 10 } else { 26 };
            for _ in 0..places {
                let first = if self.has('d') { b'0' } else { b'a' };
                suffix.insert(0, char::from(first + (rest % base) as u8));
                rest /= base;
            }
            let name = [&*prefix, &suffix.into_iter().collect::<String>()].concat();
            if let Err(error) = c.write(&name, piece, false) {
                return self.complain(c, "can't open '@'", "@", &name, error);
            }
        }
    }

    /// `comm`: lines of two sorted files, in columns of the one, the other, both.
    pub(super) fn comm(&mut self, c: &mut Context, input: &str) {
        let mut texts = vec![];
        for file in self.operands.clone().iter().take(2) {
            match if file == "-" { Ok(input.to_string()) } else { c.read(file) } {
                Ok(text) => texts.push(text),
                Err(error) => return self.complain(c, "can't open '@'", "@", file, error),
            }
        }
        let [left, right] = &texts[..] else {
            let what = match self.operands.first() {
                Some(first) => {
                    format!("missing operand after '{first}'\nTry 'comm --help' for more information.")
                }
                None => "missing operand\nTry 'comm --help' for more information.".into(),
            };
            return self.usage(c, &what);
        };
        let (mut left, mut right) = (left.lines().peekable(), right.lines().peekable());
        loop {
            let order = match (left.peek(), right.peek()) {
                (None, None) => return,
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (Some(a), Some(b)) => a.cmp(b),
            };
            let (column, line) = match order {
                std::cmp::Ordering::Less => ('1', left.next()),
                std::cmp::Ordering::Greater => ('2', right.next()),
                std::cmp::Ordering::Equal => {
                    left.next();
                    ('3', right.next())
                }
            };
            if self.has(column) {
                continue;
            }
            let before = ['1', '2'].iter().filter(|other| **other < column && !self.has(**other)).count();
            c.print(&["\t".repeat(before).as_str(), line.unwrap_or_default()].concat());
        }
    }

    /// `install [-d] [-m MODE] [-o USER] [-g GROUP] SOURCE… TARGET`
    pub(super) fn install(&mut self, c: &mut Context) {
        let mode = self.value('m').map(|text| super::system::changed_mode(0, text, false));
        let Some(mode) = mode.unwrap_or(Some(0o755)) else {
            let what = format!("invalid mode '{}'", self.value('m').unwrap_or_default());
            return self.usage(c, &what);
        };
        let user = self.value('o').and_then(|name| super::find_user(c.host, name)).map(|user| user.id);
        let group = self.value('g').and_then(|name| super::find_group(c.host, name));
        let set = |c: &mut Context, path: &str| {
            _ = c.host.set_attributes(path, Some(mode), None);
            if user.is_some() || group.is_some() {
                _ = c.host.set_owner(path, user, group);
            }
        };
        if self.has('d') {
            for given in self.operands.clone() {
                let path = c.path(&given);
                if let Err(error) = make_dirs(c.host, &path) {
                    self.complain(
                        c,
                        "can't create directory '@'",
                        "cannot create directory '@'",
                        &given,
                        error,
                    );
                }
                set(c, &path);
            }
            return;
        }
        let mut operands = self.operands.clone();
        let Some(target) = operands.pop().filter(|_| !operands.is_empty()) else {
            return self.usage(c, "missing file operand");
        };
        let into = c.path(&target);
        let is_dir = c.host.stat(&into).is_some_and(|stat| stat.dir);
        for source in operands {
            let text = match c.read(&source) {
                Ok(text) => text,
                Err(error) => {
                    self.complain(c, "can't stat '@'", "cannot stat '@'", &source, error);
                    continue;
                }
            };
            let name = source.rsplit('/').next().unwrap_or_default();
            let path = if is_dir { [&*into, "/", name].concat() } else { into.clone() };
            if let Some(parent) = path.rsplit_once('/').map(|(parent, _)| parent).filter(|_| self.has('D')) {
                _ = make_dirs(c.host, parent);
            }
            match c.host.write(&path, &text, false) {
                Ok(()) => set(c, &path),
                Err(error) => {
                    self.complain(c, "can't create '@'", "cannot create regular file '@'", &target, error)
                }
            }
        }
    }

    /// gzip, gunzip, zcat: a packed text is the text after a mark of this simulation's own.
    pub(super) fn gzip(&mut self, c: &mut Context, input: &str) {
        let unpacks = self.name != "gzip" || self.has('d');
        let to_out = self.name == "zcat" || self.has('c');
        let turned = |text: &str| match unpacks {
            true => text.strip_prefix(PACKED).map(str::to_string),
            false => Some([PACKED, text].concat()),
        };
        let files: Vec<String> = self.operands.iter().filter(|file| *file != "-").cloned().collect();
        if files.is_empty() {
            return match turned(input) {
                Some(text) => c.out.push_str(&text),
                None => {
                    self.code = 1;
                    let text =
                        if c.gnu { "\ngzip: stdin: not in gzip format\n" } else { "gunzip: invalid magic\n" };
                    c.err.push_str(text);
                }
            };
        }
        for file in files {
            let missing = unpacks && !file.ends_with(".gz") && c.host.stat(&c.path(&file)).is_none();
            let file = if missing { [&*file, ".gz"].concat() } else { file };
            let text = match c.read(&file) {
                Ok(text) => text,
                Err(error) => {
                    self.code = 1;
                    let text = match c.gnu {
                        true => format!("gzip: {file}: {}\n", error.text()),
                        false => format!("{}: {file}: {}\n", self.name, error.text()),
                    };
                    c.err.push_str(&text);
                    continue;
                }
            };
            let Some(made) = turned(&text) else {
                self.code = 1;
                let text = match c.gnu {
                    true => format!("\ngzip: {file}: not in gzip format\n"),
                    false => format!("{}: invalid magic\n", self.name),
                };
                c.err.push_str(&text);
                continue;
            };
            if to_out {
                c.out.push_str(&made);
                continue;
            }
            let target = match unpacks {
                true => file.strip_suffix(".gz").map(str::to_string),
                false => Some([&*file, ".gz"].concat()),
            };
            let Some(target) = target else {
                self.code = if c.gnu { 2 } else { 1 };
                c.err.push_str(&format!("gzip: {file}: unknown suffix -- ignored\n"));
                continue;
            };
            let path = c.path(&target);
            match c.host.write(&path, &made, false) {
                Ok(()) if self.has('k') => {}
                Ok(()) => _ = c.host.remove(&c.path(&file)),
                Err(error) => self.complain(c, "can't open '@'", "@", &target, error),
            }
        }
    }

    /// `hexdump`: sixteen bytes a line as eight words, or, `-C` and `hd`, as bytes and characters. Lines like the one before are a star.
    pub(super) fn hexdump(&mut self, c: &mut Context, text: &str) {
        let words = self.name == "hexdump" && !self.has('C');
        let width = if words { 7 } else { 8 };
        let most = self.value('n').and_then(size).unwrap_or(usize::MAX);
        let bytes = &text.as_bytes()[..text.len().min(most)];
        let (mut before, mut starred) = (None, false);
        for (n, row) in bytes.chunks(16).enumerate() {
            if before == Some(row) && !self.has('v') {
                if !std::mem::replace(&mut starred, true) {
                    c.print("*");
                }
                continue;
            }
            (before, starred) = (Some(row), false);
            let mut line = format!("{:0width$x}", n * 16);
            if words {
                for pair in row.chunks(2) {
                    line.push_str(&format!(" {:02x}{:02x}", pair.get(1).unwrap_or(&0), pair[0]));
                }
                c.print(&format!("{line:47}"));
                continue;
            }
            line.push(' ');
            for at in 0..16 {
                line.push_str(if at == 8 { "  " } else { " " });
                line.push_str(&row.get(at).map_or("  ".to_string(), |byte| format!("{byte:02x}")));
            }
            c.print(&[&*line, "  |", &shown(row), "|"].concat());
        }
        if !bytes.is_empty() {
            c.print(&format!("{:0width$x}", bytes.len()));
        }
    }

    /// `xxd`: sixteen bytes a line, two and two; `-p` plain.
    pub(super) fn xxd(&mut self, c: &mut Context, text: &str) {
        if self.has('r') {
            self.not_simulated = Some("xxd -r".into());
            return;
        }
        let most = self.value('l').and_then(size).unwrap_or(usize::MAX);
        let bytes = &text.as_bytes()[..text.len().min(most)];
        if self.has('p') {
            for row in bytes.chunks(30) {
                c.print(&row.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
            }
            return;
        }
        for (n, row) in bytes.chunks(16).enumerate() {
            let pairs: Vec<String> =
                row.chunks(2).map(|pair| pair.iter().map(|byte| format!("{byte:02x}")).collect()).collect();
            c.print(&format!("{:08x}: {:<39}  {}", n * 16, pairs.join(" "), shown(row)));
        }
    }

    /// `cksum`: the CRC of POSIX, and the length.
    pub(super) fn cksum(&mut self, c: &mut Context, text: &str) {
        let step = |crc: u32, byte: u8| {
            (0..8).fold(crc ^ u32::from(byte) << 24, |crc, _| {
                if crc & 0x8000_0000 != 0 { crc << 1 ^ 0x04c1_1db7 } else { crc << 1 }
            })
        };
        let mut crc = text.bytes().fold(0, step);
        let mut length = text.len();
        while length > 0 {
            crc = step(crc, (length & 255) as u8);
            length >>= 8;
        }
        let name = if self.file.is_empty() { String::new() } else { [" ", &self.file].concat() };
        c.print(&format!("{} {}{name}", !crc, text.len()));
    }

    /// `expand`: tabs as blanks.
    pub(super) fn expand(&mut self, c: &mut Context, line: &str) {
        let width = self.value('t').and_then(size).unwrap_or(8).max(1);
        let mut made = String::new();
        for ch in line.chars() {
            match ch {
                '\t' => (0..width - made.chars().count() % width).for_each(|_| made.push(' ')),
                ch => made.push(ch),
            }
        }
        c.print(&made);
    }

    /// `unlink`
    pub(super) fn unlink(&mut self, c: &mut Context) {
        let given = self.operand(0).to_string();
        if let Err(error) = c.host.remove(&c.path(&given)) {
            let error = if c.host.stat(&c.path(&given)).is_some_and(|s| s.dir) {
                FileError::IsDirectory
            } else {
                error
            };
            self.complain(c, "can't remove '@'", "cannot unlink '@'", &given, error);
        }
    }
}

/// Bytes as characters, a dot for those that are none.
fn shown(row: &[u8]) -> String {
    row.iter().map(|byte| if (b' '..=b'~').contains(byte) { char::from(*byte) } else { '.' }).collect()
}
