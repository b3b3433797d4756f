//! `test`, `[` and the plain part of `[[`.

use crate::host::Stat;
use crate::number::decimal;
use crate::path;
use crate::process::{Process, World};

impl Process {
    /// `test`, `[` and the plain part of `[[`: 0 true, 1 false, 2 wrong usage.
    pub(crate) fn test(&mut self, w: &mut World, name: &str, args: &[String]) -> i32 {
        let args = match (name, args.split_last()) {
            ("[", Some((last, args))) if last == "]" => args,
            ("[", _) => {
                self.complain(w, "[: missing ]");
                return 2;
            }
            _ => args,
        };
        let words: Vec<&str> = args.iter().map(String::as_str).collect();
        match self.holds_true(w, &words) {
            Ok(yes) => i32::from(!yes),
            Err(what) => {
                self.complain(w, &what);
                2
            }
        }
    }

    fn holds_true(&self, w: &World, words: &[&str]) -> Result<bool, String> {
        let number = |text: &str| decimal(text.trim()).ok_or_else(|| [text, ": bad number"].concat());
        match words {
            _ if words.len() > 100 => Err("too many arguments".into()),
            [] => Ok(false),
            [word] => Ok(!word.is_empty()),
            ["!", rest @ ..] if rest.len() != 2 || !is_binary(rest[0]) => Ok(!self.holds_true(w, rest)?),
            [operator, word] => {
                let stat = || w.host.stat(&self.path(word)).or(special(word));
                Ok(match *operator {
                    "-z" => word.is_empty(),
                    "-n" => !word.is_empty(),
                    "-e" | "-a" | "-r" | "-w" | "-x" => stat().is_some(),
                    "-f" => stat().is_some_and(|s| !s.dir),
                    "-d" => stat().is_some_and(|s| s.dir),
                    "-s" => stat().is_some_and(|s| s.size > 0),
                    "-t" => self.is_terminal(w.system, decimal(word).unwrap_or(0) as usize),
                    "-v" => self.vars.get(word).is_some(),
                    "-L" | "-h" | "-S" | "-p" | "-b" | "-c" => false,
                    _ => return Err(format!("{operator}: unknown operand")),
                })
            }
            [left, operator, right] if is_binary(operator) => {
                let modified = |path: &str| w.host.stat(&self.path(path)).map(|s| s.modified_ms);
                Ok(match *operator {
                    "=" | "==" => left == right,
                    "!=" => left != right,
                    "<" => left < right,
                    ">" => left > right,
                    "-nt" => modified(left) > modified(right),
                    "-ot" => modified(left) < modified(right),
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
                    _ => Err(format!("{}: unknown operand", words[0])),
                }
            }
        }
    }
}

fn is_binary(word: &str) -> bool {
    ["=", "==", "!=", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot"].contains(&word)
}

/// What is at the devices' paths.
fn special(path: &str) -> Option<Stat> {
    path::is_device(path).then_some(Stat { dir: false, size: 0, modified_ms: 0 })
}
