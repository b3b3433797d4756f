//! Variables' values: special parameters, arrays' items, assignments, arithmetic.

use crate::arith::{self, Variables, Why};
use crate::host::Flavour;
use crate::number::decimal;
use crate::process::{Assigned, Assignment, Control, Process, World};
use crate::tools;
use crate::variable::Item;
use std::rc::Rc;

/// The most references that are followed from one to the next.
const MAX_REFERENCES: usize = 8;
/// The bash that is imitated.
const BASH_VERSION: [&str; 6] = ["5", "2", "15", "1", "release", "x86_64-pc-linux-gnu"];

/// Whether a text begins with an operator that assigns.
fn assigns(text: &str) -> bool {
    let operator = text.split_once('=').map(|(operator, _)| operator);
    operator.is_some_and(|o| matches!(o, "" | "+" | "-" | "*" | "/" | "%" | "&" | "|" | "^" | "<<" | ">>"))
}

impl Process {
    /// The variable that a name stands for (`declare -n`).
    pub(crate) fn resolve(&self, name: &str) -> String {
        let mut name = name.to_string();
        for _ in 0..MAX_REFERENCES {
            match self.vars.get(&name) {
                Some(var) if var.attributes.reference && !var.value.is_empty() => {
                    name = var.value.to_string()
                }
                _ => break,
            }
        }
        name
    }

    /// A variable's or a special parameter's value.
    pub(crate) fn get(&self, w: &mut World, name: &str) -> Option<Rc<str>> {
        let waiting = |a: &&Assignment| a.name == name && a.key.is_none();
        // Only what follows in the assignments themselves sees them before they are done.
        let assigns = self.words.first().is_some_and(|w| w.whole);
        if assigns
            && let Some(Assignment { value: Assigned::Text(value), append: false, .. }) =
                self.assigning.iter().rev().find(waiting)
        {
            return Some(value.as_str().into());
        }
        if let Some(var) = self.vars.get(name) {
            if var.attributes.reference && !var.value.is_empty() {
                let target = self.resolve(name);
                return match target
                    .split_once('[')
                    .and_then(|(base, rest)| Some((base, rest.strip_suffix(']')?)))
                {
                    Some((base, key)) => self.vars.get(base)?.item(key),
                    None => self.get(w, &target),
                };
            }
            return var.get();
        }
        let bash = self.flavour.is_bash();
        let text = match name {
            "?" => self.status.to_string(),
            "#" => self.args.len().to_string(),
            "$" => w.system.number_outside(self.shell).to_string(),
            "!" => {
                let jobs = self.backgrounds.last().or(self.jobs_outside.last());
                w.system.number_outside(jobs?.0).to_string()
            }
            "-" => self.option_letters(w),
            "0" => return Some(self.name.clone()),
            "@" | "*" if !self.args.is_empty() => self.args.join(" "),
            "HOSTNAME" => w.host.hostname(),
            "PWD" => return Some(self.cwd.clone()),
            "PPID" => {
                let parent = self.shell_parent;
                if parent == 0 { "0".into() } else { w.system.number_outside(parent).to_string() }
            }
            "LINENO" if self.flavour == Flavour::Sh && self.file.is_empty() => {
                self.line.saturating_sub(1).to_string()
            }
            // Debian's dash is built without it.
            "LINENO" if self.flavour == Flavour::Dash => return None,
            "LINENO" => self.line.to_string(),
            "RANDOM" if self.flavour != Flavour::Dash => {
                // As BusyBox and bash: 15 bits of a linear congruential generator.
                w.system.random =
                    w.system.random.wrapping_mul(1_103_515_245).wrapping_add(w.host.now_ms() as u32 | 1);
                (w.system.random >> 16 & 0x7fff).to_string()
            }
            "SECONDS" if bash => (w.host.now_ms().saturating_sub(self.began_ms) / 1000).to_string(),
            "EPOCHSECONDS" if bash => (w.host.now_ms() / 1000).to_string(),
            "EPOCHREALTIME" if bash => {
                let now = w.host.now_ms();
                format!("{}.{:06}", now / 1000, now % 1000 * 1000)
            }
            "BASHPID" if bash => w.system.number_outside(self.pid).to_string(),
            "BASH_SUBSHELL" if bash => self.depth.to_string(),
            "BASH_VERSION" if bash => "5.2.15(1)-release".into(),
            "BASH" if bash => "/bin/bash".into(),
            "SHELLOPTS" if bash => self.set_option_names(w),
            "UID" | "EUID" if bash => tools::identity(w.host, &self.vars).0.to_string(),
            "OSTYPE" if bash => "linux-gnu".into(),
            "HOSTTYPE" if bash => "x86_64".into(),
            "MACHTYPE" if bash => "x86_64-pc-linux-gnu".into(),
            "SHLVL" if bash => "1".into(),
            "FUNCNAME" if self.flavour == Flavour::Sh => {
                return self.control.iter().rev().find_map(|c| match c {
                    Control::Call { function, .. } => function.clone(),
                    _ => None,
                });
            }
            _ if name.starts_with('~') => return Some(self.home(w, name)),
            _ if self.dynamic_array(name).is_some() => return self.dynamic_array(name)?.into_iter().next(),
            _ => {
                return self.args.get((decimal(name)? as usize).checked_sub(1)?).map(|a| a.as_str().into());
            }
        };
        Some(text.into())
    }

    /// What a tilde and a user's name stand for.
    fn home(&self, w: &World, tilde: &str) -> Rc<str> {
        let user = match &tilde[1..] {
            "" => match self.vars.get("HOME").and_then(|home| home.get()) {
                Some(home) => return home,
                None if self.flavour.is_bash() => tools::identity(w.host, &self.vars).0.to_string(),
                None => return tilde.into(),
            },
            user => user.to_string(),
        };
        tools::home_of(w.host, &user).unwrap_or_else(|| tilde.into())
    }

    /// The arrays that the shell keeps itself.
    fn dynamic_array(&self, name: &str) -> Option<Vec<Rc<str>>> {
        if !self.flavour.is_bash() {
            return None;
        }
        let calls = || {
            self.control.iter().rev().filter_map(|c| match c {
                Control::Call { function: Some(function), line, file, .. } => Some((function, *line, file)),
                _ => None,
            })
        };
        Some(match name {
            "PIPESTATUS" => self.statuses.iter().map(|s| s.to_string().into()).collect(),
            "FUNCNAME" => {
                let mut names: Vec<Rc<str>> = calls().map(|(function, ..)| function.clone()).collect();
                if !names.is_empty() && !self.file.is_empty() {
                    names.push("main".into());
                }
                names
            }
            "BASH_LINENO" => calls().map(|(_, line, _)| line.to_string().into()).collect(),
            "BASH_SOURCE" => {
                let here: Rc<str> = match (self.file.is_empty(), calls().next()) {
                    (true, Some(_)) => "environment".into(),
                    (true, None) => return Some(vec![]),
                    (false, _) => self.file.clone(),
                };
                std::iter::once(here).chain(calls().map(|(_, _, file)| file.clone())).collect()
            }
            "BASH_VERSINFO" => BASH_VERSION.map(Rc::from).into(),
            "GROUPS" => vec!["0".into()],
            "DIRSTACK" => vec![self.cwd.clone()],
            _ => return None,
        })
    }

    /// An array's items as they are listed.
    pub(crate) fn items(&self, name: &str) -> Vec<Item> {
        let name = self.resolve(name);
        match self.vars.get(&name) {
            Some(var) => var.listed(),
            None => {
                let values = self.dynamic_array(&name).unwrap_or_default();
                values.into_iter().enumerate().map(|(n, v)| (n as i64, n.to_string().into(), v)).collect()
            }
        }
    }

    /// An array's subscript as it is kept; `None`: a mistake.
    fn key(&mut self, w: &mut World, name: &str, text: &str) -> Option<(i64, String)> {
        if self.vars.get(name).is_some_and(|v| v.attributes.associative) {
            return Some((0, text.to_string()));
        }
        let mut number = self.compute(w, text)?;
        if number < 0 {
            number += self.items(name).iter().map(|item| item.0 + 1).max().unwrap_or(0);
        }
        Some((number, number.to_string()))
    }

    /// An array's item; the outer `None`: a mistake.
    pub(crate) fn item(&mut self, w: &mut World, name: &str, key: &str) -> Option<Option<Rc<str>>> {
        let name = self.resolve(name);
        let (number, key) = self.key(w, &name, key)?;
        if number < 0 {
            self.complain(w, &format!("{name}: bad array subscript"));
            return Some(None);
        }
        Some(self.items(&name).into_iter().find(|item| *item.1 == *key).map(|item| item.2))
    }

    /// Sets a variable without more ado.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        let name = self.resolve(name);
        let exported = self.options.allexport;
        let var = Rc::make_mut(&mut self.vars).entry(&name);
        var.exported |= exported;
        match var.items {
            Some(_) => var.set_item(0, "0", value),
            None => (var.value, var.unset) = (value.into(), false),
        }
    }

    /// Sets a variable or an array's item as its attributes have it; `false`: it can't be, and that was said.
    pub(crate) fn set_item(
        &mut self,
        w: &mut World,
        name: &str,
        key: Option<&str>,
        value: &str,
        append: bool,
    ) -> bool {
        let mut name = self.resolve(name);
        let mut key = key.map(str::to_string);
        if let Some((base, index)) =
            name.clone().split_once('[').and_then(|(base, rest)| Some((base, rest.strip_suffix(']')?)))
        {
            (name, key) = (base.to_string(), Some(index.to_string()));
        }
        let attributes = self.vars.get(&name).map(|v| v.attributes).unwrap_or_default();
        if attributes.readonly {
            return self.is_readonly(w, &name);
        }
        let place = match &key {
            None => None,
            Some(key) => match self.key(w, &name, key) {
                Some((number, _)) if number < 0 => {
                    self.abandon(w, &format!("{name}[{key}]: bad array subscript"));
                    return false;
                }
                Some(place) => Some(place),
                None => return false,
            },
        };
        let old = match &place {
            _ if !append => None,
            Some((_, key)) => self.vars.get(&name).and_then(|v| v.item(key)),
            None => self.get(w, &name),
        };
        let old = old.unwrap_or_default();
        let mut text = match attributes.integer {
            true => {
                let sum = if append {
                    format!("{}+({value})", if old.is_empty() { "0" } else { &old })
                } else {
                    value.into()
                };
                match self.compute(w, &sum) {
                    Some(number) => number.to_string(),
                    None => return false,
                }
            }
            false => [&*old, value].concat(),
        };
        if attributes.upper {
            text = text.to_uppercase();
        }
        if attributes.lower {
            text = text.to_lowercase();
        }
        match place {
            None => self.set(&name, &text),
            Some((number, key)) => Rc::make_mut(&mut self.vars).entry(&name).set_item(number, &key, &text),
        }
        if name == "OPTIND" {
            self.option_at = 0;
        }
        true
    }

    /// Says that a variable can't be set.
    fn is_readonly(&mut self, w: &mut World, name: &str) -> bool {
        match self.flavour {
            Flavour::Sh | Flavour::Dash => self.fatal(w, &format!("{name}: is read only")),
            _ => self.abandon(w, &format!("{name}: readonly variable")),
        }
        false
    }

    /// Does an assignment; `false`: it can't be.
    pub(crate) fn assign(&mut self, w: &mut World, assignment: Assignment) -> bool {
        let Assignment { name, key, append, value } = assignment;
        let (values, keys) = match value {
            Assigned::Text(text) => return self.set_item(w, &name, key.as_deref(), &text, append),
            Assigned::Items(values, keys) => (values, keys),
        };
        let name = self.resolve(&name);
        if self.vars.get(&name).is_some_and(|v| v.attributes.readonly) {
            return self.is_readonly(w, &name);
        }
        let var = Rc::make_mut(&mut self.vars).entry(&name);
        if append {
            var.make_array();
        } else {
            (var.items, var.unset) = (Some(Rc::default()), false);
        }
        let associative = var.attributes.associative;
        let mut next = if associative { 0 } else { var.next_number() };
        if associative && keys.is_empty() {
            // `([k]=v)` may also be written as pairs.
            for pair in values.chunks(2) {
                let value = pair.get(1).map_or("", String::as_str);
                Rc::make_mut(&mut self.vars).entry(&name).set_item(0, &pair[0], value);
            }
            return true;
        }
        for (n, value) in values.iter().enumerate() {
            let key = keys.iter().find(|(at, _)| *at == n).map(|(_, key)| key.clone());
            let key = match key {
                Some(key) if associative => key,
                Some(key) => match self.compute(w, &key) {
                    Some(number) => {
                        next = number;
                        number.to_string()
                    }
                    None => return false,
                },
                None => next.to_string(),
            };
            if !self.set_item(w, &name, Some(&key), value, false) {
                return false;
            }
            next += 1;
        }
        true
    }

    /// The value of an arithmetic expression; complains of a wrong one.
    pub(crate) fn compute(&mut self, w: &mut World, text: &str) -> Option<i64> {
        self.compute_for(w, text, "")
    }

    /// The same for a command (`((`, `let`): a wrong one is its failure, not the script's.
    pub(crate) fn compute_for(&mut self, w: &mut World, text: &str, command: &str) -> Option<i64> {
        struct Values<'a, 'w>(&'a mut Process, &'a mut World<'w>);
        impl Variables for Values<'_, '_> {
            fn get(&mut self, name: &str, subscript: Option<&str>) -> Option<String> {
                match subscript {
                    None => match self.0.get(self.1, name) {
                        None if self.0.options.nounset
                            && self.0.leaving.is_none()
                            && self.0.flavour.is_bash() =>
                        {
                            self.0.unset_variable(self.1, name);
                            None
                        }
                        value => value.map(|v| v.to_string()),
                    },
                    Some(key) => self.0.item(self.1, name, key)?.map(|v| v.to_string()),
                }
            }
            fn set(&mut self, name: &str, subscript: Option<&str>, value: i64) {
                self.0.set_item(self.1, name, subscript, &value.to_string(), false);
            }
            fn nests(&self) -> bool {
                self.0.flavour != Flavour::Dash
            }
        }
        let left = self.leaving;
        let (why, token) = match arith::evaluate(text, &mut Values(self, w)) {
            _ if self.leaving.is_some() && left.is_none() => return None,
            Ok(value) => return Some(value),
            Err(mistake) => mistake,
        };
        let shown = text.trim_start();
        let said = match self.flavour {
            Flavour::Sh => match why {
                Why::ByZero => "divide by zero".to_string(),
                Why::NegativePower => "exponent less than 0".to_string(),
                _ => "arithmetic syntax error".to_string(),
            },
            Flavour::Dash => match why {
                Why::NotNumber(text) | Why::Base(text) => format!("Illegal number: {text}"),
                Why::ByZero => format!("arithmetic expression: division by zero: \"{text}\""),
                Why::Syntax => format!("arithmetic expression: expecting EOF: \"{text}\""),
                _ => format!("arithmetic expression: expecting primary: \"{text}\""),
            },
            _ => {
                let what = match why {
                    Why::Operand => "syntax error: operand expected",
                    Why::Syntax if assigns(&token) => "attempted assignment to non-variable",
                    Why::ByZero => "division by 0",
                    Why::NegativePower => "exponent less than 0",
                    Why::Base(_) => "value too great for base",
                    Why::Deep => "expression recursion level exceeded",
                    Why::Syntax | Why::NotNumber(_) => "syntax error in expression",
                };
                let token = match &why {
                    Why::Base(number) => number.clone(),
                    Why::ByZero => token.trim_start_matches(['/', '%', ' ']).to_string(),
                    _ => token,
                };
                let base = if let Why::Base(number) = &why { number.as_str() } else { shown };
                format!("{base}: {what} (error token is \"{token}\")")
            }
        };
        if !self.flavour.is_bash() {
            self.fatal(w, &said);
        } else if command.is_empty() {
            self.abandon(w, &said);
        } else {
            self.complain(w, &format!("{command}: {said}"));
            self.status = 1;
        }
        None
    }
}
