//! Flags: each verb's table, and the reading of a command line. Models `github.com/spf13/pflag` as kubectl uses it.
//!
//! A table is a text, one word a flag: `[SHORT:]LONG[TYPE]`, for example `n:namespace` or `watch?`. Types:
//!
//! | mark | value |
//! | --- | --- |
//! | (none) | a text |
//! | `?` | true or false; alone it means true |
//! | `#` | a whole number |
//! | `%` | a duration such as `90s` |
//! | `+` | texts: it may be given several times |
//! | `,` | texts, also several at once with commas between |
//! | `=WORD` | a text; alone it means `WORD` |

use crate::api::Span;
use crate::base::time::parse_duration;
use std::collections::BTreeMap;

/// The flags that every verb takes.
pub const GLOBAL: &str = "n:namespace s:server as as-group+ as-uid as-user-extra+ cache-dir certificate-authority \
    client-certificate client-key cluster context disable-compression? insecure-skip-tls-verify? kubeconfig kuberc \
    log-flush-frequency% match-server-version? password profile profile-output request-timeout tls-server-name token \
    user username v:v# vmodule warnings-as-errors? h:help?";

/// One flag of a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Flag {
    /// Its letter, if it has one.
    pub short: Option<char>,
    /// Its name.
    pub long: &'static str,
    /// What it takes.
    pub takes: Takes,
}

/// What a flag takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Takes {
    /// A text.
    Text,
    /// True or false.
    Bool,
    /// A whole number.
    Int,
    /// A duration in Go's notation: `1m30s`.
    Duration,
    /// Texts, one each time.
    Texts,
    /// Texts, also with commas between.
    CommaTexts,
    /// A text, or nothing: then it is this one.
    Optional(&'static str),
}

impl Flag {
    fn parse(word: &'static str) -> Flag {
        let mut letters = word.chars();
        let (short, word) = match (letters.next(), letters.next()) {
            (Some(short), Some(':')) => (Some(short), &word[2..]),
            _ => (None, word),
        };
        if let Some((long, alone)) = word.split_once('=') {
            return Flag { short, long, takes: Takes::Optional(alone) };
        }
        let takes = match word.as_bytes().last() {
            Some(b'?') => Takes::Bool,
            Some(b'#') => Takes::Int,
            Some(b'%') => Takes::Duration,
            Some(b'+') => Takes::Texts,
            Some(b',') => Takes::CommaTexts,
            _ => return Flag { short, long: word, takes: Takes::Text },
        };
        Flag { short, long: &word[..word.len() - 1], takes }
    }

    /// The value it has when it is given without one.
    fn alone(&self) -> Option<&'static str> {
        match self.takes {
            Takes::Bool => Some("true"),
            Takes::Optional(alone) => Some(alone),
            _ => None,
        }
    }

    /// `-w, --watch`
    fn display(&self) -> String {
        match self.short {
            Some(short) => format!("-{short}, --{}", self.long),
            None => format!("--{}", self.long),
        }
    }

    /// Refuses a value that isn't of its type, in the words of Go's `strconv` and `time`.
    fn check(&self, value: &str) -> Result<(), String> {
        let why = match self.takes {
            Takes::Bool if parse_bool(value).is_none() => {
                format!("strconv.ParseBool: parsing {value:?}: invalid syntax")
            }
            Takes::Int if value.parse::<i64>().is_err() => {
                format!("strconv.ParseInt: parsing {value:?}: invalid syntax")
            }
            Takes::Duration => match parse_duration(value) {
                Ok(_) => return Ok(()),
                Err(why) => why,
            },
            _ => return Ok(()),
        };
        Err(format!("invalid argument {value:?} for {:?} flag: {why}", self.display()))
    }
}

/// The flags of a table, and the ones that every verb takes.
pub fn table(flags: &'static str) -> impl Iterator<Item = Flag> {
    flags.split_whitespace().chain(GLOBAL.split_whitespace()).map(Flag::parse)
}

/// The flags of a verb alone.
pub fn own(flags: &'static str) -> impl Iterator<Item = Flag> {
    flags.split_whitespace().map(Flag::parse)
}

/// A command line without its verb.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Parsed {
    /// What is no flag, in order, with what follows `--`.
    pub args: Vec<String>,
    /// How many of `args` stand before `--`, if there is one.
    pub before_dash: Option<usize>,
    /// The flags in the order in which they stand, each with its value as written.
    pub given: Vec<(&'static str, String)>,
    values: BTreeMap<&'static str, Vec<String>>,
}

impl Parsed {
    /// Reads these words by a table. Errors: a flag that isn't there, lacks its value or has a bad one, in pflag's words.
    pub fn read(words: &[String], flags: &'static str) -> Result<Parsed, String> {
        let mut parsed = Parsed::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if word == "--" {
                parsed.before_dash = Some(parsed.args.len());
                parsed.args.extend(words.by_ref().cloned());
            } else if let Some(rest) = word.strip_prefix("--") {
                let (name, value) = rest.split_once('=').map_or((rest, None), |(n, v)| (n, Some(v)));
                if name.is_empty() || name.starts_with('-') {
                    return Err(format!("bad flag syntax: {word}"));
                }
                let flag =
                    table(flags).find(|f| f.long == name).ok_or_else(|| format!("unknown flag: --{name}"))?;
                let value = value.or(flag.alone()).or_else(|| words.next().map(String::as_str));
                parsed.put(flag, value.ok_or_else(|| format!("flag needs an argument: --{name}"))?)?;
            } else if word.len() > 1 && word.starts_with('-') {
                parsed.read_short(&word[1..], &mut words, flags)?;
            } else {
                parsed.args.push(word.clone());
            }
        }
        Ok(parsed)
    }

    /// `-w`, `-ti`, `-nfoo`, `-n=foo`, `-n foo`
    fn read_short(
        &mut self,
        letters: &str,
        words: &mut std::slice::Iter<String>,
        flags: &'static str,
    ) -> Result<(), String> {
        let mut rest = letters;
        while let Some(letter) = rest.chars().next() {
            let flag = table(flags)
                .find(|f| f.short == Some(letter))
                .ok_or_else(|| format!("unknown shorthand flag: '{letter}' in -{rest}"))?;
            let after = &rest[letter.len_utf8()..];
            if let Some(value) = after.strip_prefix('=') {
                return self.put(flag, value);
            }
            if let Some(alone) = flag.alone() {
                self.put(flag, alone)?;
                rest = after;
                continue;
            }
            if !after.is_empty() {
                return self.put(flag, after);
            }
            let value =
                words.next().ok_or_else(|| format!("flag needs an argument: '{letter}' in -{rest}"))?;
            return self.put(flag, value);
        }
        Ok(())
    }

    fn put(&mut self, flag: Flag, value: &str) -> Result<(), String> {
        flag.check(value)?;
        self.given.push((flag.long, value.to_string()));
        let values = self.values.entry(flag.long).or_default();
        match flag.takes {
            Takes::Texts => values.push(value.to_string()),
            Takes::CommaTexts => values.extend(value.split(',').map(String::from)),
            _ => *values = vec![value.to_string()],
        }
        Ok(())
    }

    /// Gives a flag another value.
    pub fn replace(&mut self, flag: &'static str, value: &str) {
        self.values.insert(flag, vec![value.to_string()]);
    }

    /// Whether the flag was given.
    pub fn has(&self, flag: &str) -> bool {
        self.values.contains_key(flag)
    }

    /// Its value; `None` if it wasn't given.
    pub fn get(&self, flag: &str) -> Option<&str> {
        self.list(flag).last().map(String::as_str)
    }

    /// Its value; empty if it wasn't given.
    pub fn text(&self, flag: &str) -> &str {
        self.get(flag).unwrap_or_default()
    }

    /// Its values, if it takes several.
    pub fn list(&self, flag: &str) -> &[String] {
        self.values.get(flag).map_or(&[], |v| v.as_slice())
    }

    /// Whether it is true; false if it wasn't given.
    pub fn is(&self, flag: &str) -> bool {
        self.is_or(flag, false)
    }

    /// Whether it is true, with what it is when it wasn't given.
    pub fn is_or(&self, flag: &str, default: bool) -> bool {
        self.get(flag).and_then(parse_bool).unwrap_or(default)
    }

    /// Its whole number.
    pub fn int(&self, flag: &str) -> Option<i64> {
        self.get(flag).and_then(|v| v.parse().ok())
    }

    /// A flag's duration (Go's notation); none if the flag was not given.
    pub fn duration(&self, flag: &str) -> Option<Span> {
        self.get(flag).and_then(|v| parse_duration(v).ok())
    }
}

/// Models Go's `strconv.ParseBool`.
pub fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLAGS: &str = "A:all-namespaces? o:output l:selector w:watch? f:filename, timeout% chunk-size# dry-run=unchanged \
        t:tty? i:stdin?";

    fn read(line: &str) -> Result<Parsed, String> {
        let words: Vec<String> = line.split_whitespace().map(String::from).collect();
        Parsed::read(&words, FLAGS)
    }

    #[test]
    fn flags_are_read_in_all_their_forms() {
        let p =
            read("-Aw pods -owide -lapp=flask --namespace=x --dry-run -f a,b -f c one -ti=false -- -l two")
                .unwrap();
        assert_eq!(p.args, ["pods", "one", "-l", "two"]);
        assert_eq!(p.before_dash, Some(2));
        assert_eq!((p.text("output"), p.text("selector"), p.text("namespace")), ("wide", "app=flask", "x"));
        assert_eq!(
            (p.is("all-namespaces"), p.is("watch"), p.is("tty"), p.is("stdin")),
            (true, true, true, false)
        );
        assert_eq!(p.get("dry-run"), Some("unchanged"));
        assert_eq!(p.list("filename"), ["a", "b", "c"]);
        assert!(!p.has("timeout"));
        assert_eq!(read("--timeout 1m30s").unwrap().duration("timeout"), Some(Span::seconds(90)));
        assert_eq!(read("--chunk-size 5").unwrap().int("chunk-size"), Some(5));
    }

    #[test]
    fn bad_flags_are_refused_in_the_words_of_pflag() {
        for (line, error) in [
            ("--nope", "unknown flag: --nope"),
            ("-z", "unknown shorthand flag: 'z' in -z"),
            ("-wz", "unknown shorthand flag: 'z' in -z"),
            ("-n", "flag needs an argument: 'n' in -n"),
            ("--namespace", "flag needs an argument: --namespace"),
            ("--=x", "bad flag syntax: --=x"),
            (
                "--watch=maybe",
                "invalid argument \"maybe\" for \"-w, --watch\" flag: strconv.ParseBool: parsing \"maybe\": invalid syntax",
            ),
            (
                "--chunk-size=x",
                "invalid argument \"x\" for \"--chunk-size\" flag: strconv.ParseInt: parsing \"x\": invalid syntax",
            ),
            (
                "--timeout=5",
                "invalid argument \"5\" for \"--timeout\" flag: time: missing unit in duration \"5\"",
            ),
        ] {
            assert_eq!(read(line).unwrap_err(), error, "{line}");
        }
    }
}
