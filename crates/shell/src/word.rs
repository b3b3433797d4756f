//! A word under way: its quoted characters are marked, so that what is expanded later leaves them alone.

/// Marks the next character as quoted. NUL can't occur in a shell's words.
pub(crate) const QUOTE: char = '\0';

/// Appends a quoted character.
pub(crate) fn mark(out: &mut String, c: char) {
    if c.is_ascii_punctuation() {
        out.push(QUOTE);
    }
    out.push(c);
}

/// Appends a quoted text.
pub(crate) fn mark_all(out: &mut String, text: &str) {
    text.chars().for_each(|c| mark(out, c));
}

/// The text without the marks of quoting.
pub(crate) fn unquoted(text: &str) -> String {
    text.replace(QUOTE, "")
}

/// A word as a shell reads it back.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: u8| c.is_ascii_alphanumeric() || b"_-./:=,+@%".contains(&c) || c >= 0x80;
    if !word.is_empty() && word.bytes().all(plain) {
        return word.to_string();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// A word as bash's `set -x`, `%q` and `declare` show it; `always`: in quotes even where none are needed.
pub(crate) fn bash_quoted(word: &str, always: bool) -> String {
    let control = |c: char| c.is_ascii_control();
    if word.contains(control) {
        let mut out = String::from("$'");
        for c in word.chars() {
            match c {
                '\n' => out.push_str("\\n"),
                '\t' => out.push_str("\\t"),
                '\r' => out.push_str("\\r"),
                '\x07' => out.push_str("\\a"),
                '\x1b' => out.push_str("\\E"),
                '\'' | '\\' => out.extend(['\\', c]),
                c if control(c) => out.push_str(&format!("\\{:03o}", c as u32)),
                c => out.push(c),
            }
        }
        out.push('\'');
        return out;
    }
    let special = |c: char| " \t!\"#$&'()*;<=>?[\\]^`{|}~".contains(c);
    let harmless = |c: char| c == '=' || c == '#' || c == '~';
    let starts = word.starts_with(['#', '~']);
    if !always && !word.is_empty() && !starts && !word.contains(|c| special(c) && !harmless(c)) {
        return word.to_string();
    }
    if word == "'" {
        return "\\'".into();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// Whether a name can be a variable's.
pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_')
}

/// Appends a byte; bytes that make a character together become it.
fn push_byte(out: &mut String, byte: u8) {
    out.push(char::from(byte));
    let bytes: Vec<u8> =
        out.chars().rev().take(4).map_while(|c| u8::try_from(c).ok().filter(|b| *b >= 0x80)).collect();
    for length in 2..=bytes.len() {
        let made: Vec<u8> = bytes[..length].iter().rev().copied().collect();
        if let Ok(made) = std::str::from_utf8(&made) {
            // Each of them takes two bytes of the text.
            out.truncate(out.len() - 2 * length);
            return out.push_str(made);
        }
    }
}

/// printf's and `$'…'`'s escapes. `true`: `\c` ended the output.
pub(crate) fn unescape(text: &str, out: &mut String) -> bool {
    unescape_octal(text, out, 3)
}

/// The same; `most`: the digits of a number with a zero before it, which are four where that zero only marks it (`echo -e`).
pub(crate) fn unescape_octal(text: &str, out: &mut String, most: usize) -> bool {
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(c) = rest.chars().next() else {
            out.push('\\');
            break;
        };
        rest = &rest[c.len_utf8()..];
        if matches!(c, 'u' | 'U') {
            let most = if c == 'u' { 4 } else { 8 };
            let length = rest.chars().take(most).take_while(char::is_ascii_hexdigit).count();
            match u32::from_str_radix(&rest[..length], 16).ok().and_then(char::from_u32) {
                Some(made) => out.push(made),
                None => out.extend(['\\', c]),
            }
            rest = &rest[length..];
            continue;
        }
        const SIMPLE: &str = "n\nt\tr\ra\x07b\x08f\x0cv\x0be\x1b\\\\''\"\"";
        let (radix, most) = if c == 'x' { (16, 2) } else { (8, if c == '0' { most } else { 3 }) };
        if c == 'c' {
            return true;
        } else if c == 'x' || c.is_digit(8) {
            let digits = if c == 'x' { rest } else { &text[text.len() - rest.len() - 1..] };
            let mut length = digits.chars().take(most).take_while(|c| c.is_digit(radix)).count();
            let value = |length| u32::from_str_radix(&digits[..length], radix).unwrap_or(0);
            // Of four digits that are no byte the last is text.
            length -= usize::from(length == 4 && value(4) > 255);
            push_byte(out, value(length) as u8);
            rest = &digits[length..];
        } else if let Some(found) = SIMPLE.find(c).filter(|n| n % 2 == 0) {
            out.push(char::from(SIMPLE.as_bytes()[found + 1]));
        } else {
            out.extend(['\\', c]);
        }
    }
    out.push_str(rest);
    false
}

/// Text up to an unescaped delimiter, which is left out, and what follows.
pub(crate) fn delimited(text: &str, delimiter: char) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            _ if c == delimiter => return Some((out, &text[at + c.len_utf8()..])),
            '\\' => match chars.next()?.1 {
                next if next == delimiter => out.push(next),
                'n' => out.push('\n'),
                next => out.extend(['\\', next]),
            },
            _ => out.push(c),
        }
    }
    None
}
