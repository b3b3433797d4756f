//! base64, md5sum, sha1sum, sha256sum, sha512sum, od -t x1.

use super::tool::{Context, Tool};
use crate::number::decimal;
use md5::Digest;

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A text's bytes as base64.
pub(super) fn base64(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let group = (0..3).fold(0u32, |group, n| group << 8 | u32::from(chunk.get(n).copied().unwrap_or(0)));
        for n in 0..4 {
            let there = n <= chunk.len();
            out.push(if there { char::from(LETTERS[(group >> (18 - 6 * n) & 63) as usize]) } else { '=' });
        }
    }
    out
}

/// The bytes that base64 stands for; `Err`: those before what is none.
pub(super) fn decoded(text: &str) -> Result<Vec<u8>, Vec<u8>> {
    let (mut out, mut group, mut bits) = (vec![], 0u32, 0);
    for c in text.bytes().filter(|c| !c.is_ascii_whitespace()) {
        if c == b'=' {
            break;
        }
        let Some(value) = LETTERS.iter().position(|l| *l == c) else { return Err(out) };
        group = group << 6 | value as u32;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((group >> bits) as u8);
        }
    }
    Ok(out)
}

fn hex(bytes: &[u8]) -> String {
    let digit = |n: u8| char::from(b"0123456789abcdef"[usize::from(n)]);
    bytes.iter().flat_map(|b| [digit(b >> 4), digit(b & 15)]).collect()
}

fn digest(name: &str, text: &str) -> String {
    match name {
        "md5sum" => hex(&md5::Md5::digest(text)),
        "sha1sum" => hex(&sha1::Sha1::digest(text)),
        "sha256sum" => hex(&sha2::Sha256::digest(text)),
        _ => hex(&sha2::Sha512::digest(text)),
    }
}

impl Tool {
    pub(super) fn base64(&mut self, c: &mut Context, text: &str) {
        if self.has('d') || self.has('D') {
            let (bytes, good) = match decoded(text) {
                Ok(bytes) => (bytes, true),
                Err(bytes) => (bytes, false),
            };
            c.out.push_str(&String::from_utf8_lossy(&bytes));
            if !good {
                self.usage(c, if c.gnu { "invalid input" } else { "truncated input" });
            }
            return;
        }
        let coded = base64(text.as_bytes());
        let width = self.value('w').and_then(decimal).unwrap_or(76).max(0) as usize;
        if width == 0 {
            c.out.push_str(&coded);
            if !c.gnu {
                c.out.push('\n');
            }
            return;
        }
        for line in coded.as_bytes().chunks(width) {
            c.print(&String::from_utf8_lossy(line));
        }
    }

    pub(super) fn check_sum(&mut self, c: &mut Context, text: &str) {
        if !self.has('c') {
            let sum = digest(self.name, text);
            let file = if self.file.is_empty() { "-" } else { &self.file };
            return c.print(&[&sum, "  ", file].concat());
        }
        let (mut all, mut wrong) = (0, 0);
        for line in text.lines() {
            let Some((sum, file)) = line.split_once([' ']) else { continue };
            let file = file.trim_start_matches([' ', '*']);
            all += 1;
            let good = c.read(file).is_ok_and(|text| digest(self.name, &text) == sum);
            if !good {
                wrong += 1;
            }
            if !(self.has('s') || good && self.has('q')) {
                c.print(&format!("{file}: {}", if good { "OK" } else { "FAILED" }));
            }
        }
        if wrong > 0 {
            self.code = 1;
            let text = match c.gnu {
                true => format!(
                    "{}: WARNING: {wrong} computed checksum{} did NOT match\n",
                    self.name,
                    if wrong == 1 { "" } else { "s" }
                ),
                false => {
                    format!("{}: WARNING: {wrong} of {all} computed checksums did NOT match\n", self.name)
                }
            };
            c.err.push_str(&text);
        }
    }

    pub(super) fn od(&mut self, c: &mut Context, text: &str) {
        let most = self.value('N').and_then(decimal).map_or(usize::MAX, |n| n as usize);
        let bytes: Vec<u8> = text.bytes().take(most).collect();
        let shape = self.value('t').unwrap_or(if self.has('c') { "c" } else { "o2" });
        let bare = self.value('A') == Some("n");
        let cell = |b: u8| match shape {
            "x1" => format!(" {b:02x}"),
            "u1" => format!(" {b:3}"),
            "d1" => format!(" {b:4}"),
            "o1" => format!(" {b:03o}"),
            _ => match b {
                b'\n' => "  \\n".to_string(),
                b'\t' => "  \\t".to_string(),
                b'\r' => "  \\r".to_string(),
                0 => "  \\0".to_string(),
                b' '..=b'~' => format!("   {}", char::from(b)),
                b => format!(" {b:03o}"),
            },
        };
        let wide = matches!(shape, "u2" | "x2" | "o2" | "u4" | "x4" | "d4" | "d2" | "u" | "x" | "d");
        for (n, row) in bytes.chunks(16).enumerate() {
            let mut line = if bare { String::new() } else { format!("{:07o}", n * 16) };
            if wide {
                let size = if shape.ends_with(['4', 'u', 'x', 'd']) { 4 } else { 2 };
                for group in row.chunks(size) {
                    let value = group.iter().rev().fold(0u32, |v, b| v << 8 | u32::from(*b));
                    line.push_str(&match shape.as_bytes()[0] {
                        b'x' => format!(" {value:0width$x}", width = size * 2),
                        b'o' => format!(" {value:06o}"),
                        _ => format!(" {value:width$}", width = if size == 4 { 10 } else { 5 }),
                    });
                }
            } else {
                row.iter().for_each(|b| line.push_str(&cell(*b)));
            }
            c.print(&line);
        }
        if !bare {
            c.print(&format!("{:07o}", bytes.len()));
        }
    }
}
