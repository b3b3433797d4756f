//! declare, export, local, readonly, unset: names, their attributes, arrays.

use crate::host::Flavour;
use crate::process::{Control, Process, Var, World};
use crate::word::{bash_quoted, is_name, quoted};
use std::rc::Rc;

/// What the flags of a declaration ask for; `Some(false)` takes an attribute away.
#[derive(Default)]
struct Flags {
    indexed: bool,
    associative: bool,
    export: Option<bool>,
    readonly: bool,
    integer: Option<bool>,
    upper: bool,
    lower: bool,
    reference: bool,
    global: bool,
    print: bool,
    functions: bool,
    function_names: bool,
}

impl Process {
    pub(crate) fn declare(&mut self, w: &mut World, argv: &[String]) -> i32 {
        let command = argv[0].as_str();
        let bash = self.flavour.is_bash();
        let mut flags = Flags { export: (command == "export").then_some(true), ..Flags::default() };
        flags.readonly = command == "readonly";
        let mut at = 1;
        while let Some(arg) = argv.get(at).filter(|a| a.len() > 1 && a.starts_with(['-', '+'])) {
            let on = arg.starts_with('-');
            // POSIX' own: `local` has no flags in ash and dash, the others `-p`.
            if !bash
                && (command == "local"
                    || !arg[1..].bytes().all(|c| c == b'p' || c == b'n' && self.flavour == Flavour::Sh))
            {
                if command == "local" {
                    break;
                }
                self.complain_of(w, command, &format!("Illegal option {arg}"));
                self.die(w, 2);
                return 2;
            }
            at += 1;
            if arg == "--" {
                break;
            }
            for letter in arg[1..].chars() {
                match letter {
                    'a' => flags.indexed = on,
                    'A' => flags.associative = on,
                    'x' => flags.export = Some(on),
                    'n' if command == "export" => flags.export = Some(false),
                    'n' => flags.reference = on,
                    'r' => flags.readonly = on,
                    'i' => flags.integer = Some(on),
                    'u' => flags.upper = on,
                    'l' => flags.lower = on,
                    'g' => flags.global = true,
                    'p' => flags.print = true,
                    'f' => flags.functions = true,
                    'F' => (flags.functions, flags.function_names) = (true, true),
                    'I' | 't' => {}
                    other => {
                        self.complain_of(w, command, &format!("-{other}: invalid option"));
                        return 2;
                    }
                }
            }
        }
        let operands = &argv[at..];
        if flags.functions {
            return self.declared_functions(w, operands, &flags);
        }
        if operands.is_empty() || flags.print {
            return self.print_declared(w, command, operands, &flags);
        }
        let local = command == "local"
            || matches!(command, "declare" | "typeset") && self.in_function() && !flags.global;
        if command == "local" && !self.in_function() {
            let what = if bash { "can only be used in a function" } else { "not in a function" };
            self.complain_of(w, command, what);
            if !bash {
                self.die(w, if self.flavour == Flavour::Sh { 1 } else { 2 });
            }
            return 1;
        }
        let mut status = 0;
        for operand in operands {
            if !self.declare_one(w, command, operand, local, &flags) {
                status = 1;
            }
            if self.leaving.is_some() {
                return self.status;
            }
        }
        status
    }

    fn declare_one(
        &mut self,
        w: &mut World,
        command: &str,
        operand: &str,
        local: bool,
        flags: &Flags,
    ) -> bool {
        let (target, value) = match operand.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (operand, None),
        };
        let append = self.flavour.is_bash() && target.ends_with('+') && value.is_some();
        let target = if append { &target[..target.len() - 1] } else { target };
        let (name, key) = match target.split_once('[') {
            Some((name, key)) if self.flavour.is_bash() => (name, key.strip_suffix(']')),
            _ => (target, None),
        };
        if !is_name(name) {
            if self.flavour.is_bash() {
                self.complain_of(w, command, &format!("`{operand}': not a valid identifier"));
            } else {
                self.complain_of(w, command, &format!("{target}: bad variable name"));
                self.die(w, 2);
            }
            return false;
        }
        if local {
            let old = self.vars.get(name).cloned();
            let exported = old.as_ref().is_some_and(|v| v.exported);
            let read_only = old.as_ref().is_some_and(|v| v.attributes.readonly);
            let function = |c: &&mut Control| matches!(c, Control::Call { function: Some(_), .. });
            let mut again = false;
            if let Some(Control::Call { locals, .. }) = self.control.iter_mut().rev().find(function) {
                again = locals.iter().any(|(known, _)| known == name);
                if !again {
                    locals.push((name.to_string(), old));
                }
            }
            if !again && !read_only {
                // dash gives a local variable the value that the name had.
                if self.flavour != Flavour::Dash {
                    Rc::make_mut(&mut self.vars)
                        .put(name, Some(Var { unset: true, exported, ..Var::default() }));
                }
            }
        }
        let arrays: Vec<usize> =
            (0..self.declared.len()).filter(|n| self.declared[*n].name == name).collect();
        let var = Rc::make_mut(&mut self.vars).entry(name);
        if flags.associative {
            var.attributes.associative = true;
            if var.items.is_none() {
                var.items = Some(Rc::default());
            }
        }
        if flags.indexed && var.items.is_none() {
            var.make_array();
        }
        var.attributes.integer = flags.integer.unwrap_or(var.attributes.integer);
        var.attributes.upper |= flags.upper;
        var.attributes.lower |= flags.lower;
        if flags.reference {
            (var.value, var.unset, var.attributes.reference) =
                (value.unwrap_or_default().into(), false, true);
            return true;
        }
        let mut done = true;
        if let Some(place) = arrays.first() {
            let assignment = self.declared.remove(*place);
            done = self.assign(w, assignment);
        } else if let Some(value) = value {
            done = self.set_item(w, name, key, value, append);
        }
        let name = self.resolve(name);
        let var = Rc::make_mut(&mut self.vars).entry(&name);
        var.exported = flags.export.unwrap_or(var.exported);
        var.attributes.readonly |= flags.readonly;
        done
    }

    /// `declare -f`, `declare -F`.
    fn declared_functions(&mut self, w: &mut World, names: &[String], flags: &Flags) -> i32 {
        let known: Vec<String> =
            self.vars.0.iter().filter_map(|(name, _)| name.strip_suffix("()")).map(str::to_string).collect();
        let mut status = 0;
        if flags.export == Some(true) {
            for name in names {
                let var = Rc::make_mut(&mut self.vars).entry(&[name, "()"].concat());
                var.exported = true;
            }
            return 0;
        }
        let asked = if names.is_empty() { known.clone() } else { names.to_vec() };
        for name in asked {
            if !known.contains(&name) {
                status = 1;
            } else if flags.function_names {
                let line =
                    if names.is_empty() { format!("declare -f {name}\n") } else { format!("{name}\n") };
                self.put(w, 1, &line);
            } else {
                self.not_simulated(w, format!("declare -f {name}"));
            }
        }
        status
    }

    /// `export`, `readonly`, `declare -p`.
    fn print_declared(&mut self, w: &mut World, command: &str, names: &[String], flags: &Flags) -> i32 {
        let mut status = 0;
        let asked: Vec<String> = match names {
            [] => {
                let all = self.vars.0.iter().filter(|(name, _)| is_name(name));
                let chosen = |var: &Var| match command {
                    "export" => var.exported,
                    "readonly" => var.attributes.readonly,
                    _ => !flags.associative || var.attributes.associative,
                };
                all.filter(|(_, var)| chosen(var)).map(|(name, _)| name.clone()).collect()
            }
            names => names.to_vec(),
        };
        let mut text = String::new();
        for name in asked {
            let Some(var) = self.vars.get(&name) else {
                self.complain_of(w, command, &format!("{name}: not found"));
                status = 1;
                continue;
            };
            if !self.flavour.is_bash() {
                let value = var.get().map_or(String::new(), |v| ["=", &*quoted_always(&v)].concat());
                text.extend([command, " ", &name, &value, "\n"]);
                continue;
            }
            let value = match &var.items {
                Some(_) => {
                    let items: Vec<String> = var
                        .listed()
                        .iter()
                        .map(|(_, key, value)| format!("[{}]={}", item_key(key), double_quoted(value)))
                        .collect();
                    let end = if var.attributes.associative && !items.is_empty() { " " } else { "" };
                    format!("=({}{end})", items.join(" "))
                }
                None if var.unset => String::new(),
                None => format!("={}", double_quoted(&var.value)),
            };
            let flags = var.flags();
            let flags = if flags == "-" { "-".to_string() } else { flags };
            text.push_str(&format!("declare -{flags} {name}{value}\n"));
        }
        self.put(w, 1, &text);
        status
    }

    pub(crate) fn unset(&mut self, w: &mut World, args: &[String]) -> i32 {
        let mut status = 0;
        let functions = args.first().is_some_and(|first| first == "-f");
        for name in args.iter().filter(|a| !a.starts_with('-')) {
            if functions {
                Rc::make_mut(&mut self.vars).put(&[name, "()"].concat(), None);
                continue;
            }
            if let Some((base, key)) = name.split_once('[').and_then(|(b, k)| Some((b, k.strip_suffix(']')?)))
            {
                let base = self.resolve(base);
                if matches!(key, "@" | "*") {
                    Rc::make_mut(&mut self.vars).put(&base, None);
                } else if let Some(Some(_)) = self.item(w, &base, key) {
                    let mut key = key.to_string();
                    if !self.vars.get(&base).is_some_and(|v| v.attributes.associative) {
                        let number = self.compute(w, &key).unwrap_or(0);
                        let last = self.vars.get(&base).map_or(0, Var::next_number);
                        key = if number < 0 { number + last } else { number }.to_string();
                    }
                    Rc::make_mut(&mut self.vars).entry(&base).remove_item(&key);
                }
                continue;
            }
            let name = self.resolve(name);
            if self.vars.get(&name).is_some_and(|v| v.attributes.readonly) {
                let what = match self.flavour {
                    Flavour::Sh | Flavour::Dash => format!("{name}: is read only"),
                    _ => format!("{name}: cannot unset: readonly variable"),
                };
                self.complain_of(w, "unset", &what);
                if !self.flavour.is_bash() {
                    self.die(w, 2);
                }
                status = 1;
                continue;
            }
            let was = Rc::make_mut(&mut self.vars).put(&name, None);
            if was.is_none() && self.flavour.is_bash() {
                Rc::make_mut(&mut self.vars).put(&[&name, "()"].concat(), None);
            }
        }
        status
    }
}

/// A key as `declare -p` shows it.
fn item_key(key: &str) -> String {
    let plain = key.bytes().all(|c| c.is_ascii_alphanumeric() || b"_-./:".contains(&c));
    if plain { key.to_string() } else { double_quoted(key) }
}

/// A value as `declare -p` shows it.
fn double_quoted(value: &str) -> String {
    if value.contains(|c: char| c.is_ascii_control()) {
        return bash_quoted(value, false);
    }
    let mut out = String::from("\"");
    for c in value.chars() {
        if "\\\"$`".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}

/// A value as ash's and dash's `export` show it.
fn quoted_always(value: &str) -> String {
    let quoted = quoted(value);
    if quoted.starts_with('\'') { quoted } else { format!("'{value}'") }
}
