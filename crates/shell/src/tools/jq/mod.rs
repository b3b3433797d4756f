//! jq 1.6, Debian's: its options, what it reads, and what it prints.

mod functions;
mod json;
mod parse;
mod run;
mod stop;

use super::tool::{Context, Tool};
use json::{Reader, Style, Value, compact, print};
use parse::parse;
use run::{Item, Machine};
use std::rc::Rc;
use stop::Stop;

/// What follows a complaint about an option.
const USAGE: &str = "Use jq --help for help with command-line options,\nor see the jq manpage, or online docs  at \
                     https://stedolan.github.io/jq\n";

/// What jq is asked for.
#[derive(Default)]
struct Asked {
    filter: Option<String>,
    files: Vec<String>,
    /// Letters of options without a value.
    letters: String,
    style: Style,
    /// `--arg` and the like: names and values.
    variables: Vec<(String, Value)>,
    positional: Vec<Value>,
}

impl Asked {
    fn has(&self, letter: char) -> bool {
        self.letters.contains(letter)
    }
}

/// Why a command line is not taken: it is wrong, or asks for what is not simulated.
enum Refused {
    Wrong(String, i32),
    NotSimulated,
}

impl Tool {
    /// Whether jq reads standard input: it does unless files are given, or nothing is to be read.
    pub(super) fn jq_needs_no_input(&self) -> bool {
        let first = |words: &[String]| words.iter().filter(|w| !w.starts_with('-')).count();
        let has = |letter: char, long: &str| {
            self.operands
                .iter()
                .any(|w| w == long || w.starts_with('-') && !w.starts_with("--") && w.contains(letter))
        };
        let takes_two = ["--arg", "--argjson", "--slurpfile", "--rawfile"];
        let valued = self.operands.iter().filter(|w| takes_two.contains(&w.as_str())).count() * 2;
        let valued = valued + self.operands.iter().filter(|w| *w == "--indent").count();
        let given = self.operands.iter().any(|w| w == "--args" || w == "--jsonargs");
        has('n', "--null-input") && !self.operands.iter().any(|w| w.contains("input") && !w.starts_with('-'))
            || !given && first(&self.operands) > valued + 1
    }

    pub(super) fn jq(&mut self, c: &mut Context, input: &str) {
        let asked = match self.asked(c) {
            Ok(asked) => asked,
            Err(Refused::Wrong(text, code)) => {
                c.err.push_str(&text);
                self.code = code;
                return;
            }
            Err(Refused::NotSimulated) => return self.not_simulated = Some("jq".into()),
        };
        let Some(source) = &asked.filter else {
            c.err.push_str("jq - commandline JSON processor [version 1.6]\n");
            self.code = 2;
            return;
        };
        let code = match parse(source) {
            Ok(code) => code,
            Err(why) => return self.does_not_compile(c, &why, source),
        };
        let mut texts = vec![];
        for file in &asked.files {
            match c.read(file) {
                Ok(text) => texts.push((file.clone(), text)),
                Err(error) => {
                    c.err.push_str(&format!("jq: error: Could not open file {file}: {}\n", error.text()));
                    self.code = 2;
                }
            }
        }
        if asked.files.is_empty() {
            texts.push(("<stdin>".into(), input.to_string()));
        }
        let mut machine = Machine::new();
        machine.now = c.host.now_ms() as f64 / 1000.0;
        let exported = c.environment.0.iter().filter(|(_, var)| var.exported);
        let exported = exported.map(|(name, var)| ((&**name).into(), Value::text(&var.value)));
        machine.environment = Value::Object(Rc::new(exported.collect()));
        for (name, value) in &asked.variables {
            machine.set(name, value.clone());
        }
        let named =
            asked.variables.iter().map(|(name, value)| (name.as_str().into(), value.clone())).collect();
        let named = Value::Object(Rc::new(named));
        let all =
            vec![("positional".into(), Value::array(asked.positional.clone())), ("named".into(), named)];
        machine.set("ARGS", Value::Object(Rc::new(all)));
        self.feed(c, &asked, &code, &mut machine, &texts);
    }

    /// Gives the filter its inputs, one after the other.
    fn feed(
        &mut self,
        c: &mut Context,
        asked: &Asked,
        code: &parse::Code,
        machine: &mut Machine,
        texts: &[(String, String)],
    ) {
        let mut last = None;
        let mut inputs: Vec<(Value, String)> = vec![];
        let mut broken = None;
        for (file, text) in texts {
            if asked.has('R') {
                let lines = text.split_terminator('\n').enumerate();
                inputs.extend(lines.map(|(n, line)| (Value::text(line), format!("{file}:{}", n + 1))));
                continue;
            }
            let mut reader = Reader::new(text);
            while let Some(read) = reader.next() {
                match read {
                    Ok(value) => inputs.push((value, format!("{file}:{}", reader.lines()))),
                    Err(why) => {
                        broken = Some(why);
                        break;
                    }
                }
            }
        }
        if asked.has('s') {
            if broken.is_none() {
                let place = inputs.last().map_or("<stdin>:0".to_string(), |(_, place)| place.clone());
                let whole = match asked.has('R') {
                    true => Value::text(&texts.iter().map(|(_, text)| text.as_str()).collect::<String>()),
                    false => Value::array(inputs.into_iter().map(|(value, _)| value).collect()),
                };
                inputs = vec![(whole, place)];
            } else {
                inputs.clear();
            }
        }
        let null = asked.has('n');
        let mut places: Vec<String> = inputs.iter().rev().map(|(_, place)| place.clone()).collect();
        machine.inputs = inputs.into_iter().rev().map(|(value, _)| value).collect();
        let mut begun = false;
        loop {
            let (value, place) = match null {
                true if begun => break,
                true => (Value::Null, "<unknown>".to_string()),
                false => match (machine.inputs.pop(), places.pop()) {
                    (Some(value), Some(place)) => (value, place),
                    _ => break,
                },
            };
            begun = true;
            if self.one(c, asked, code, machine, value, &place, &mut last) {
                return;
            }
            places.truncate(machine.inputs.len());
        }
        if let Some(why) = broken {
            c.err.push_str(&format!("parse error: {why}\n"));
            self.code = 4;
        }
        if asked.has('e') && self.code == 0 {
            self.code = match last {
                None => 4,
                Some(is_true) => i32::from(!is_true),
            };
        }
    }

    /// Runs the filter on one input. Whether jq has ended.
    #[allow(clippy::too_many_arguments, reason = "all of jq's own state at one place")]
    fn one(
        &mut self,
        c: &mut Context,
        asked: &Asked,
        code: &parse::Code,
        machine: &mut Machine,
        value: Value,
        place: &str,
        last: &mut Option<bool>,
    ) -> bool {
        let (raw, joined) = (asked.has('r') || asked.has('j'), asked.has('j'));
        let mut printed = String::new();
        let scope = machine.variables.clone();
        let done = machine.run(code, &scope, Item::of(value), &mut |_, item| {
            *last = Some(item.value.is_true());
            match &item.value {
                Value::Text(text) if raw => printed.push_str(text),
                value => print(value, &asked.style, 0, &mut printed),
            }
            if !joined {
                printed.push('\n');
            }
            Ok(())
        });
        c.out.push_str(&printed);
        c.err.push_str(&std::mem::take(&mut machine.messages));
        match done {
            Ok(()) | Err(Stop::Break(_)) => return false,
            Err(Stop::Error(Value::Text(text))) => {
                c.err.push_str(&format!("jq: error (at {place}): {text}\n"));
                self.code = 5;
                return false;
            }
            Err(Stop::Error(Value::Null)) => {
                c.err.push_str(&format!("jq: error (at {place}) (not a string): null\n"));
                self.code = 5;
                return false;
            }
            Err(Stop::Error(value)) => {
                c.err.push_str(&format!("jq: error (at {place}) (not a string): {}\n", compact(&value)));
                self.code = 5;
                return false;
            }
            Err(Stop::Halt(code, text)) => {
                c.err.push_str(&text);
                self.code = code;
            }
            Err(Stop::Undefined(what)) => {
                let source = asked.filter.clone().unwrap_or_default();
                self.does_not_compile(c, &what, &source);
            }
            Err(Stop::NotSimulated(what)) => self.not_simulated = Some(["jq: ", &what].concat()),
        }
        true
    }

    fn does_not_compile(&mut self, c: &mut Context, why: &str, source: &str) {
        let line = if why.starts_with("syntax") { source.matches('\n').count() + 1 } else { 1 };
        c.err.push_str(&format!(
            "jq: error: {why} at <top-level>, line {line}:\n{source}\njq: 1 compile error\n"
        ));
        self.code = 3;
    }

    /// Reads the command line: a table of options.
    fn asked(&self, c: &Context) -> Result<Asked, Refused> {
        let wrong = |what: &str| Refused::Wrong(format!("jq: {what}\n{USAGE}"), 2);
        let mut asked =
            Asked { style: Style { indent: Some("  ".into()), ..Style::default() }, ..Asked::default() };
        let mut words = self.operands.iter();
        let mut rest = ' ';
        let mut only_operands = false;
        while let Some(word) = words.next() {
            if only_operands || !word.starts_with('-') {
                match (&asked.filter, rest) {
                    (None, _) => asked.filter = Some(word.clone()),
                    (Some(_), 'a') => asked.positional.push(Value::text(word)),
                    (Some(_), 'j') => asked
                        .positional
                        .push(json(word).ok_or_else(|| wrong("Invalid JSON text passed to --jsonargs"))?),
                    (Some(_), _) => asked.files.push(word.clone()),
                }
                continue;
            }
            if let Some(long) = word.strip_prefix("--") {
                let mut two = || words.next().zip(words.next());
                match long {
                    "" => only_operands = true,
                    "args" => rest = 'a',
                    "jsonargs" => rest = 'j',
                    "arg" => {
                        let (name, value) = two()
                            .ok_or_else(|| wrong("--arg takes two parameters (e.g. --arg varname value)"))?;
                        asked.variables.push((name.clone(), Value::text(value)));
                    }
                    "argjson" => {
                        let missing = "--argjson takes two parameters (e.g. --argjson varname text)";
                        let (name, value) = two().ok_or_else(|| wrong(missing))?;
                        let value =
                            json(value).ok_or_else(|| wrong("Invalid JSON text passed to --argjson"))?;
                        asked.variables.push((name.clone(), value));
                    }
                    "slurpfile" | "rawfile" => {
                        let (name, file) = two().ok_or(Refused::NotSimulated)?;
                        let text = c.read(file).map_err(|e| {
                            wrong(&format!(
                                "Bad JSON in --{long} {name} {file}: Could not open {file}: {}",
                                e.text()
                            ))
                        })?;
                        let value = match long {
                            "rawfile" => Value::text(&text),
                            _ => {
                                let mut reader = Reader::new(&text);
                                let all = std::iter::from_fn(|| reader.next());
                                Value::array(
                                    all.collect::<Result<Vec<_>, _>>().map_err(|_| Refused::NotSimulated)?,
                                )
                            }
                        };
                        asked.variables.push((name.clone(), value));
                    }
                    "indent" => {
                        let n = words
                            .next()
                            .and_then(|n| n.parse::<usize>().ok())
                            .ok_or(Refused::NotSimulated)?;
                        asked.style.indent = (n > 0).then(|| " ".repeat(n.min(7)));
                    }
                    "tab" => asked.style.indent = Some("\t".into()),
                    "from-file" => return Err(Refused::NotSimulated),
                    _ => match long_option(long) {
                        Some(letter) => asked.letters.push(letter),
                        None => return Err(wrong(&format!("Unknown option {word}"))),
                    },
                }
                continue;
            }
            for letter in word.chars().skip(1) {
                match letter {
                    'r' | 'j' | 'n' | 's' | 'R' | 'e' | 'c' | 'S' | 'a' | 'M' => asked.letters.push(letter),
                    'C' | 'f' | 'L' | 'h' => return Err(Refused::NotSimulated),
                    _ => return Err(wrong(&format!("Unknown option {word}"))),
                }
            }
        }
        if asked.has('c') {
            asked.style.indent = None;
        }
        (asked.style.sorted, asked.style.ascii) = (asked.has('S'), asked.has('a'));
        Ok(asked)
    }
}

/// A text that is one JSON value.
fn json(text: &str) -> Option<Value> {
    let mut reader = Reader::new(text);
    let value = reader.next()?.ok()?;
    reader.is_at_end().then_some(value)
}

fn long_option(long: &str) -> Option<char> {
    Some(match long {
        "raw-output" => 'r',
        "join-output" => 'j',
        "null-input" => 'n',
        "slurp" => 's',
        "raw-input" => 'R',
        "exit-status" => 'e',
        "compact-output" => 'c',
        "sort-keys" => 'S',
        "ascii-output" => 'a',
        "monochrome-output" | "unbuffered" => 'M',
        _ => return None,
    })
}
