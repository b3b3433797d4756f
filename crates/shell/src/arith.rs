//! `$((…))` and `((…))`: integer arithmetic over text in which `$` has been expanded already.
//!
//! Models POSIX XCU 2.6.4, with C's `++`, `--` and `**` as bash has them.

use crate::number::wrapping_integer;

/// What arithmetic needs of the shell's variables.
pub(crate) trait Variables {
    /// The value of a variable, 0 where it is unset or no number.
    fn get(&mut self, name: &str) -> i64;
    /// Sets a variable.
    fn set(&mut self, name: &str, value: i64);
}

/// Binary operators with their precedence, longest first.
const OPERATORS: [(&str, u8); 19] = [
    ("**", 12),
    ("||", 1),
    ("&&", 2),
    ("==", 6),
    ("!=", 6),
    ("<=", 7),
    (">=", 7),
    ("<<", 8),
    (">>", 8),
    ("|", 3),
    ("^", 4),
    ("&", 5),
    ("<", 7),
    (">", 7),
    ("+", 9),
    ("-", 9),
    ("*", 10),
    ("/", 10),
    ("%", 10),
];
const MAX_DEPTH: usize = 60;

/// Why an expression has no value, in the shell's words.
pub(crate) const SYNTAX: &str = "arithmetic syntax error";
const BY_ZERO: &str = "divide by zero";
const NEGATIVE_POWER: &str = "exponent less than 0";

/// The value of `text`; an empty one is 0.
pub(crate) fn evaluate(text: &str, variables: &mut dyn Variables) -> Result<i64, &'static str> {
    let mut e = Evaluator { rest: text.trim(), variables, depth: 0 };
    if e.rest.is_empty() {
        return Ok(0);
    }
    let mut value = e.ternary()?;
    while e.take(",") {
        value = e.ternary()?;
    }
    if e.rest.is_empty() { Ok(value) } else { Err(SYNTAX) }
}

struct Evaluator<'a> {
    rest: &'a str,
    variables: &'a mut dyn Variables,
    depth: usize,
}

impl<'a> Evaluator<'a> {
    fn take(&mut self, what: &str) -> bool {
        match self.rest.strip_prefix(what) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    fn ternary(&mut self) -> Result<i64, &'static str> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(SYNTAX);
        }
        let mut value = self.binary(1)?;
        if self.take("?") {
            let yes = self.ternary()?;
            if !self.take(":") {
                return Err(SYNTAX);
            }
            let no = self.ternary()?;
            value = if value != 0 { yes } else { no };
        }
        self.depth -= 1;
        Ok(value)
    }

    fn binary(&mut self, least: u8) -> Result<i64, &'static str> {
        let mut left = self.unary()?;
        while let Some((operator, level)) = OPERATORS.iter().find(|o| self.rest.starts_with(o.0)) {
            if *level < least {
                break;
            }
            self.take(operator);
            let right = self.binary(level + 1)?;
            left = apply(operator, left, right)?;
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<i64, &'static str> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(SYNTAX);
        }
        for (sign, step) in [("++", 1), ("--", -1)] {
            if self.take(sign) {
                let name = self.name();
                let value = self.variables.get(name).wrapping_add(step);
                self.variables.set(name, value);
                self.depth -= 1;
                return Ok(value);
            }
        }
        let value = match self.rest.as_bytes().first() {
            Some(b'-') if self.take("-") => self.unary()?.wrapping_neg(),
            Some(b'+') if self.take("+") => self.unary()?,
            Some(b'!') if self.take("!") => i64::from(self.unary()? == 0),
            Some(b'~') if self.take("~") => !self.unary()?,
            Some(b'(') if self.take("(") => {
                let value = self.ternary()?;
                if !self.take(")") {
                    return Err(SYNTAX);
                }
                value
            }
            Some(b'0'..=b'9') => {
                let number = self.word();
                wrapping_integer(number).ok_or(SYNTAX)?
            }
            _ => self.variable()?,
        };
        self.depth -= 1;
        Ok(value)
    }

    fn word(&mut self) -> &'a str {
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && !"_[]#".contains(c));
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest.trim_start();
        word
    }

    fn name(&mut self) -> &'a str {
        self.word()
    }

    fn variable(&mut self) -> Result<i64, &'static str> {
        let name = self.name();
        if name.is_empty() {
            return Err(SYNTAX);
        }
        let old = self.variables.get(name);
        for (sign, step) in [("++", 1), ("--", -1)] {
            if self.take(sign) {
                self.variables.set(name, old.wrapping_add(step));
                return Ok(old);
            }
        }
        if self.rest.starts_with('=') && !self.rest.starts_with("==") {
            self.take("=");
            let value = self.ternary()?;
            self.variables.set(name, value);
            return Ok(value);
        }
        for (operator, _) in OPERATORS {
            let Some(rest) = self.rest.strip_prefix(operator).and_then(|r| r.strip_prefix('=')) else {
                continue;
            };
            if matches!(operator, "==" | "!=" | "<" | ">" | "<=" | ">=") || rest.starts_with('=') {
                continue;
            }
            self.rest = rest.trim_start();
            let right = self.ternary()?;
            let value = apply(operator, old, right)?;
            self.variables.set(name, value);
            return Ok(value);
        }
        Ok(old)
    }
}

fn apply(operator: &str, a: i64, b: i64) -> Result<i64, &'static str> {
    Ok(match operator {
        "||" => i64::from(a != 0 || b != 0),
        "&&" => i64::from(a != 0 && b != 0),
        "|" => a | b,
        "^" => a ^ b,
        "&" => a & b,
        "==" => i64::from(a == b),
        "!=" => i64::from(a != b),
        "<" => i64::from(a < b),
        ">" => i64::from(a > b),
        "<=" => i64::from(a <= b),
        ">=" => i64::from(a >= b),
        "<<" => a.wrapping_shl(b as u32),
        ">>" => a.wrapping_shr(b as u32),
        "+" => a.wrapping_add(b),
        "-" => a.wrapping_sub(b),
        "*" => a.wrapping_mul(b),
        "**" if b < 0 => return Err(NEGATIVE_POWER),
        "**" => power(a, b),
        _ if b == 0 => return Err(BY_ZERO),
        "/" => a.wrapping_div(b),
        _ => a.wrapping_rem(b),
    })
}

/// `a` to the power of `b`, modulo 2^64.
fn power(mut a: i64, mut b: i64) -> i64 {
    let mut value = 1i64;
    while b > 0 {
        if b & 1 == 1 {
            value = value.wrapping_mul(a);
        }
        a = a.wrapping_mul(a);
        b >>= 1;
    }
    value
}
