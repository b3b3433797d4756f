//! `test`, `[` and the plain part of `[[`.

use crate::host::{Flavour, Stat};
use crate::number::decimal;
use crate::path;
use crate::pattern::Pattern;
use crate::process::{Process, World};

impl Process {
    /// `test`, `[` and the plain part of `[[`: 0 true, 1 false, 2 wrong usage.
    pub(crate) fn test(&mut self, w: &mut World, name: &str, args: &[String]) -> i32 {
        let args = match (name, args.split_last()) {
            ("[", Some((last, args))) if last == "]" => args,
            ("[", _) => {
                match self.flavour {
                    Flavour::Sh => self.complain_plainly(w, name, "missing ]"),
                    Flavour::Dash => self.complain_of(w, name, "missing ]"),
                    _ => self.complain_of(w, name, "missing `]'"),
                }
                return 2;
            }
            ("[[", Some((last, args))) if last == "]]" && self.flavour == Flavour::Sh => args,
            ("[[", _) if self.flavour == Flavour::Sh => {
                self.complain_plainly(w, name, "missing ]]");
                return 2;
            }
            _ => args,
        };
        let words: Vec<&str> = args.iter().map(String::as_str).collect();
        let holds = match name == "[[" && self.flavour == Flavour::Sh {
            true => self.all_hold(w, &words),
            false => self.holds_true(w, &words),
        };
        match holds {
            Ok(yes) => i32::from(!yes),
            Err(what) => {
                self.complain_plainly(w, name, &what);
                2
            }
        }
    }

    /// ash's `[[`, whose words were split and replaced by file names as any command's: single tests with `&&` and `||`.
    fn all_hold(&self, w: &World, words: &[&str]) -> Result<bool, String> {
        for (sign, any) in [("||", true), ("&&", false)] {
            if let Some(at) = words.iter().position(|word| *word == sign) {
                let left = self.all_hold(w, &words[..at])?;
                return if left == any { Ok(any) } else { self.all_hold(w, &words[at + 1..]) };
            }
        }
        // Quotes are gone: any `*` is a pattern's.
        let fits =
            |pattern: &str, text: &str| Pattern::glob(pattern, false, None, true, false).is_match(text);
        match words {
            ["!", rest @ ..] if !rest.is_empty() => Ok(!self.all_hold(w, rest)?),
            [left, "=" | "==", right] => Ok(fits(right, left)),
            [left, "!=", right] => Ok(!fits(right, left)),
            [left, "=~", right] => Ok(Pattern::regex(right, true, false).is_some_and(|p| p.is_match(left))),
            [_, operator, _, wrong, ..] if is_binary(operator) => Err(format!("{wrong}: unknown operand")),
            [_, wrong, _, _, ..] => Err(format!("{wrong}: unknown operand")),
            _ => self.holds_true(w, words),
        }
    }

    /// Whether a path is where a program lies that is no file of the host's.
    fn is_program_file(&self, w: &World, path: &str) -> bool {
        let name = super::program::program(path);
        name != path && self.program_path(w, name).is_some()
    }

    /// Whether an expression holds, by how many words it has, as POSIX says. Long: an arm for each operator.
    fn holds_true(&self, w: &World, words: &[&str]) -> Result<bool, String> {
        let flavour = self.flavour;
        let number = |text: &str| {
            decimal(text.trim()).ok_or_else(|| match flavour {
                Flavour::Sh if text.trim().is_empty() => "out of range".to_string(),
                Flavour::Sh => [text, ": bad number"].concat(),
                Flavour::Dash => ["Illegal number: ", text].concat(),
                _ => [text, ": integer expression expected"].concat(),
            })
        };
        let unary = |operator: &str| match flavour {
            Flavour::Sh => format!("{operator}: unknown operand"),
            Flavour::Dash => format!("{operator}: unexpected operator"),
            _ => format!("{operator}: unary operator expected"),
        };
        match words {
            _ if words.len() > 100 => Err("too many arguments".into()),
            [] => Ok(false),
            [word] => Ok(!word.is_empty()),
            ["!", rest @ ..] if rest.len() != 2 || !is_binary(rest[0]) => Ok(!self.holds_true(w, rest)?),
            [operator, word] => {
                let stat = || match word.is_empty() {
                    true => None,
                    false => w.host.stat(&self.path(word)).or(special(word)),
                };
                Ok(match *operator {
                    "-z" => word.is_empty(),
                    "-n" => !word.is_empty(),
                    "-e" | "-a" | "-r" | "-w" | "-N" | "-O" | "-G" => stat().is_some(),
                    "-x" => {
                        stat().is_some_and(|s| s.dir || s.permissions() & 0o111 != 0)
                            || self.is_program_file(w, word)
                    }
                    "-f" => stat().is_some_and(|s| !s.dir),
                    "-d" => stat().is_some_and(|s| s.dir),
                    "-s" => stat().is_some_and(|s| s.size > 0),
                    "-t" => self.is_terminal(w.system, decimal(word).unwrap_or(0) as usize),
                    "-v" if flavour.is_bash() => {
                        match word.split_once('[').and_then(|(n, k)| Some((n, k.strip_suffix(']')?))) {
                            Some((name, "@" | "*")) => !self.items(name).is_empty(),
                            Some((name, key)) => self.items(name).iter().any(|item| *item.1 == *key),
                            None => self.vars.get(word).is_some_and(|v| v.get().is_some()),
                        }
                    }
                    "-o" if flavour.is_bash() => self.option_is_on(word),
                    "-L" | "-h" => w.host.read_link(&self.path(word)).is_some(),
                    "-c" => crate::path::is_device(word),
                    "-S" | "-p" | "-b" | "-u" | "-g" | "-k" => false,
                    _ if flavour == Flavour::Sh => return Err(format!("{word}: unknown operand")),
                    _ => return Err(unary(operator)),
                })
            }
            [left, operator, right] if is_binary(operator) => {
                let modified = |path: &str| w.host.stat(&self.path(path)).map(|s| s.modified_ms);
                let led_to = |path: &str| path::canonical(w.host, &self.path(path));
                // Beside a file that is not there only bash's are older and newer.
                let there = flavour.is_bash() || modified(left).is_some() && modified(right).is_some();
                Ok(match *operator {
                    "==" if flavour == Flavour::Dash => return Err(format!("{left}: unexpected operator")),
                    "=" | "==" => left == right,
                    "-ef" => modified(left).is_some() && led_to(left) == led_to(right),
                    "!=" => left != right,
                    "<" => left < right,
                    ">" => left > right,
                    "-nt" => there && modified(left) > modified(right),
                    "-ot" => there && modified(left) < modified(right),
                    _ => {
                        let order = number(left)?.cmp(&number(right)?);
                        match *operator {
                            "-eq" => order.is_eq(),
                            "-ne" => order.is_ne(),
                            "-lt" => order.is_lt(),
                            "-le" => order.is_le(),
                            "-gt" => order.is_gt(),
                            _ => order.is_ge(),
                        }
                    }
                })
            }
            _ => {
                for (operator, any) in [("-o", true), ("-a", false)] {
                    if let Some(at) = words.iter().position(|w| *w == operator).filter(|at| *at > 0) {
                        let left = self.holds_true(w, &words[..at])?;
                        return if left == any { Ok(any) } else { self.holds_true(w, &words[at + 1..]) };
                    }
                }
                match words {
                    ["(", inner @ .., ")"] => self.holds_true(w, inner),
                    [_, operator, _] => Err(match flavour {
                        Flavour::Sh => format!("{operator}: unknown operand"),
                        Flavour::Dash => format!("{}: unexpected operator", words[0]),
                        _ => format!("{operator}: binary operator expected"),
                    }),
                    _ => Err(match flavour {
                        Flavour::Sh => format!("{}: unknown operand", words[1]),
                        Flavour::Dash => format!("{}: unexpected operator", words[0]),
                        _ => "too many arguments".to_string(),
                    }),
                }
            }
        }
    }
}

fn is_binary(word: &str) -> bool {
    ["=", "==", "!=", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"].contains(&word)
}

/// What is at the devices' paths.
fn special(path: &str) -> Option<Stat> {
    path::is_device(path).then_some(Stat::usual(false, 0, 0))
}
