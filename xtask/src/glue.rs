//! The JavaScript around the page's module, made smaller: wasm-bindgen writes it for people, and no minifier that Trunk has
//! understands it.

use std::collections::BTreeMap;

use wasmparser::{BinaryReaderError, Parser, Payload};

/// What wasm-bindgen puts behind the names of imports so that no two are the same: hexadecimal digits, behind a `_`.
const HASH: usize = 16;

/// A script without comments that are lines of their own, without indentation and empty lines. One with a text of several
/// lines, where that could matter, stays as it is.
pub fn without_comments(script: &str) -> String {
    if script.lines().any(|line| line.matches('`').count() % 2 == 1) {
        return script.to_owned();
    }
    let (mut kept, mut in_comment) = (String::with_capacity(script.len()), false);
    for line in script.lines().map(str::trim) {
        in_comment |= line.starts_with("/*");
        if !in_comment && !line.is_empty() && !line.starts_with("//") {
            kept.push_str(line);
            kept.push('\n');
        }
        in_comment &= !line.ends_with("*/");
    }
    kept
}

/// The words of a script, with whether each is one: letters, digits, `_` and `$`, and what is between.
fn words(script: &str) -> Vec<(bool, &str)> {
    let is_in_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    let mut words = Vec::new();
    let mut rest = script;
    while let Some(first) = rest.chars().next() {
        let is_word = is_in_word(first);
        let end = rest.find(|c| is_in_word(c) != is_word).unwrap_or(rest.len());
        words.push((is_word, &rest[..end]));
        rest = &rest[end..];
    }
    words
}

/// Short names for the module's imports that wasm-bindgen has given long ones, in a script that names none so: by the long
/// ones.
pub fn short_names(script: &str) -> BTreeMap<String, String> {
    let is_long = |word: &str| {
        let hash = word.len().checked_sub(HASH + 1).and_then(|at| word.get(at..));
        let hash = hash.and_then(|hash| hash.strip_prefix('_'));
        word.starts_with("__wb") && hash.is_some_and(|hash| hash.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    let words = words(script);
    let taken = |short: &str| words.iter().any(|(_, word)| *word == short);
    let mut names = BTreeMap::new();
    for (_, word) in words.iter().filter(|(is_word, word)| *is_word && is_long(word)) {
        names.entry((*word).to_owned()).or_insert_with(String::new);
    }
    let mut free = (0..).map(|number| format!("${number:x}")).filter(|short| !taken(short));
    for name in names.values_mut() {
        *name = free.next().expect("there are more numbers than words");
    }
    names
}

/// A script with other names.
pub fn rename(script: &str, names: &BTreeMap<String, String>) -> String {
    let renamed = |(is_word, word)| match names.get(word) {
        Some(name) if is_word => name.as_str(),
        _ => word,
    };
    words(script).into_iter().map(renamed).collect()
}

/// A module that imports by other names.
///
/// # Errors
/// If it is no module.
pub fn rename_imports(module: &[u8], names: &BTreeMap<String, String>) -> Result<Vec<u8>, BinaryReaderError> {
    let (mut renamed, mut copied) = (Vec::with_capacity(module.len()), 0);
    for payload in Parser::new(0).parse_all(module) {
        let Payload::ImportSection(section) = payload? else { continue };
        let range = section.range();
        let mut content = Vec::new();
        let mut at = range.start;
        for import in section.into_imports() {
            let name = import?.name;
            let Some(short) = names.get(name) else { continue };
            // A name lies in the module behind its length, which is one byte for such names, long and short.
            let place = name.as_ptr() as usize - module.as_ptr() as usize;
            content.extend_from_slice(&module[at..place - 1]);
            content.push(short.len() as u8);
            content.extend_from_slice(short.as_bytes());
            at = place + name.len();
        }
        content.extend_from_slice(&module[at..range.end]);
        // What is before the content: the section's number and its length.
        let mut length = range.len();
        let mut bytes_of_length = 1;
        while length >= 0x80 {
            length >>= 7;
            bytes_of_length += 1;
        }
        renamed.extend_from_slice(&module[copied..range.start - bytes_of_length]);
        let mut length = content.len();
        while length >= 0x80 {
            renamed.push((length & 0x7f) as u8 | 0x80);
            length >>= 7;
        }
        renamed.push(length as u8);
        renamed.extend(content);
        copied = range.end;
    }
    renamed.extend_from_slice(&module[copied..]);
    Ok(renamed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_indentation_go() {
        let script = "/**\n * Adds.\n */\nfunction add(a) {\n    // One more.\n\n    return a + `1` // so\n}\n/* x */ y()\n";
        assert_eq!(without_comments(script), "function add(a) {\nreturn a + `1` // so\n}\n");
        let script = "text(`\n  // no comment\n`)\n";
        assert_eq!(without_comments(script), script);
    }

    #[test]
    fn imports_are_called_by_short_names_on_both_sides() {
        let script = "const $0 = { __wbg_new_0123456789abcdef: () => x.__wbg_new_0123456789abcdef_, \
                      __wbindgen_cast_0000000000000001() {}, __wbg_other: 1 }";
        let names = short_names(script);
        let expected = [("__wbg_new_0123456789abcdef", "$1"), ("__wbindgen_cast_0000000000000001", "$2")];
        assert!(names.iter().map(|(long, short)| (&**long, &**short)).eq(expected), "{names:?}");
        assert_eq!(
            rename(script, &names),
            "const $0 = { $1: () => x.__wbg_new_0123456789abcdef_, $2() {}, __wbg_other: 1 }"
        );

        let import = |name: &str| [&[1, b'm', name.len() as u8], name.as_bytes(), &[0, 0]].concat();
        let module = |names: &[&str]| {
            let content =
                [vec![names.len() as u8], names.iter().flat_map(|name| import(name)).collect()].concat();
            let length = match content.len() {
                short @ ..0x80 => vec![short as u8],
                long => vec![long as u8 | 0x80, (long >> 7) as u8],
            };
            [&b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02"[..], &length, &content, b"\x03\x01\0"].concat()
        };
        let long = "__wbg_new_0123456789abcdef";
        for count in [1, 2, 6] {
            let before = [&["a"][..], &vec![long; count]].concat();
            let after = [&["a"][..], &vec!["$1"; count]].concat();
            let renamed = rename_imports(&module(&before), &names).expect("a module");
            assert_eq!(renamed, module(&after), "{count}");
        }
    }
}
