//! `$((…))` and `((…))`: integer arithmetic over text in which `$` has been expanded already.
//!
//! Models POSIX XCU 2.6.4, with C's `++`, `--` and `**` as bash and ash have them, and arrays' items.

use crate::number::wrapping_integer;

/// What arithmetic needs of the shell's variables.
pub(crate) trait Variables {
    /// The value of a variable, or of an array's item; nothing where it is unset.
    fn get(&mut self, name: &str, subscript: Option<&str>) -> Option<String>;
    /// Sets a variable, or an array's item.
    fn set(&mut self, name: &str, subscript: Option<&str>, value: i64);
    /// Variables' values are expressions themselves, and there are `++`, `--`, `**` and commas, as in bash and ash; else numbers.
    fn nests(&self) -> bool;
}

/// Why an expression has no value.
#[derive(Debug, PartialEq, Clone)]
pub(crate) enum Why {
    Operand,
    Syntax,
    ByZero,
    NegativePower,
    Base(String),
    NotNumber(String),
    Deep,
}

/// Why, and the text from where it was found.
pub(crate) type Mistake = (Why, String);

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

/// The value of `text`; an empty one is 0.
pub(crate) fn evaluate(text: &str, variables: &mut dyn Variables) -> Result<i64, Mistake> {
    nested(text, variables, 0)
}

fn nested(text: &str, variables: &mut dyn Variables, depth: usize) -> Result<i64, Mistake> {
    let mut e =
        Evaluator { rest: text.trim_start(), token: text, variables, depth, idle: false, assigns: true };
    if e.rest.is_empty() {
        return Ok(0);
    }
    let value = e.comma().map_err(|why| (why, e.token.to_string()))?;
    if e.rest.is_empty() { Ok(value) } else { Err((Why::Syntax, e.rest.to_string())) }
}

struct Evaluator<'a> {
    rest: &'a str,
    /// The rest from the last token on.
    token: &'a str,
    variables: &'a mut dyn Variables,
    depth: usize,
    /// In a part whose value is not needed.
    idle: bool,
    /// Where an assignment may stand: not within another operator's operand.
    assigns: bool,
}

impl<'a> Evaluator<'a> {
    fn take(&mut self, what: &str) -> bool {
        match self.rest.strip_prefix(what) {
            Some(rest) => {
                self.token = self.rest;
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    fn comma(&mut self) -> Result<i64, Why> {
        let mut value = self.assignment()?;
        while self.variables.nests() && self.take(",") {
            value = self.assignment()?;
        }
        Ok(value)
    }

    fn assignment(&mut self) -> Result<i64, Why> {
        self.assigns = true;
        self.ternary()
    }

    /// What a part comes to that may not be needed.
    fn maybe(&mut self, needed: bool, part: fn(&mut Self) -> Result<i64, Why>) -> Result<i64, Why> {
        let idle = self.idle;
        self.idle |= !needed;
        let value = part(self);
        self.idle = idle;
        value
    }

    fn ternary(&mut self) -> Result<i64, Why> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Why::Deep);
        }
        let mut value = self.binary(1)?;
        self.assigns = false;
        if self.take("?") {
            let yes = self.maybe(value != 0, Self::comma)?;
            if !self.take(":") {
                return Err(Why::Syntax);
            }
            let no = self.maybe(value == 0, Self::ternary)?;
            value = if value != 0 { yes } else { no };
        }
        self.depth -= 1;
        Ok(value)
    }

    fn binary(&mut self, least: u8) -> Result<i64, Why> {
        let mut left = self.unary()?;
        self.assigns = false;
        let powers = self.variables.nests();
        let known = |rest: &str| OPERATORS.iter().find(|o| rest.starts_with(o.0) && (powers || o.0 != "**"));
        while let Some((operator, level)) = known(self.rest) {
            // `a[i]+=1` is the variable's; what is left of it here is a mistake.
            if *level < least
                || *operator != "==" && self.rest[operator.len()..].starts_with('=') && *level > 7
            {
                break;
            }
            self.take(operator);
            let needed = match *operator {
                "||" => left == 0,
                "&&" => left != 0,
                _ => true,
            };
            let idle = self.idle;
            self.idle |= !needed;
            let right = self.binary(if *operator == "**" { *level } else { level + 1 })?;
            let zero = self.idle && right == 0;
            self.idle = idle;
            left = apply(operator, left, if zero { 1 } else { right })?;
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<i64, Why> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Why::Deep);
        }
        for (sign, step) in [("++", 1), ("--", -1)] {
            let named = self.variables.nests()
                && self.rest[sign.len().min(self.rest.len())..]
                    .trim_start()
                    .starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
            if named && self.take(sign) {
                let (name, subscript) = self.name();
                let value = self.value(name, subscript)?.wrapping_add(step);
                self.assign(name, subscript, value);
                self.depth -= 1;
                return Ok(value);
            }
        }
        if self.rest.starts_with(['-', '+', '!', '~']) {
            self.assigns = false;
        }
        let value = match self.rest.as_bytes().first() {
            Some(b'-') if self.take("-") => self.unary()?.wrapping_neg(),
            Some(b'+') if self.take("+") => self.unary()?,
            Some(b'!') if self.take("!") => i64::from(self.unary()? == 0),
            Some(b'~') if self.take("~") => !self.unary()?,
            Some(b'(') if self.take("(") => {
                let value = self.comma()?;
                if !self.take(")") {
                    return Err(Why::Syntax);
                }
                value
            }
            Some(b'0'..=b'9') => {
                let word = |c: char| c.is_ascii_alphanumeric() || "_#@".contains(c);
                let end = self.rest.find(|c| !word(c)).unwrap_or(self.rest.len());
                let number = &self.rest[..end];
                self.take(number);
                wrapping_integer(number).ok_or_else(|| Why::Base(number.to_string()))?
            }
            _ => self.variable()?,
        };
        self.depth -= 1;
        Ok(value)
    }

    /// A variable's name and its subscript.
    fn name(&mut self) -> (&'a str, Option<&'a str>) {
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let (name, after) = self.rest.split_at(end);
        self.token = self.rest;
        let mut depth = 0;
        let close = after.find(|c: char| {
            depth += i32::from(c == '[') - i32::from(c == ']');
            depth == 0
        });
        match close {
            Some(close) if after.starts_with('[') => {
                self.rest = after[close + 1..].trim_start();
                (name, Some(&after[1..close]))
            }
            _ => {
                self.rest = after.trim_start();
                (name, None)
            }
        }
    }

    fn value(&mut self, name: &str, subscript: Option<&str>) -> Result<i64, Why> {
        if self.idle {
            return Ok(0);
        }
        let text = self.variables.get(name, subscript).unwrap_or_default();
        let text = text.trim();
        if text.is_empty() {
            return Ok(0);
        }
        let digits = text.trim_start_matches(['-', '+']);
        if digits.starts_with(|c: char| c.is_ascii_digit())
            && digits.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'#')
        {
            let value = wrapping_integer(digits).ok_or_else(|| Why::Base(text.to_string()))?;
            return Ok(if text.starts_with('-') { value.wrapping_neg() } else { value });
        }
        match self.variables.nests() {
            true => nested(text, self.variables, self.depth + 5).map_err(|(why, _)| why),
            false => Err(Why::NotNumber(text.to_string())),
        }
    }

    fn assign(&mut self, name: &str, subscript: Option<&str>, value: i64) {
        if !self.idle {
            self.variables.set(name, subscript, value);
        }
    }

    fn variable(&mut self) -> Result<i64, Why> {
        if !self.rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            if !self.rest.is_empty() {
                self.token = self.rest;
            }
            return Err(Why::Operand);
        }
        let (name, subscript) = self.name();
        for (sign, step) in [("++", 1), ("--", -1)] {
            if self.variables.nests() && self.take(sign) {
                let old = self.value(name, subscript)?;
                self.assign(name, subscript, old.wrapping_add(step));
                return Ok(old);
            }
        }
        if !self.assigns {
            return self.value(name, subscript);
        }
        if self.rest.starts_with('=') && !self.rest.starts_with("==") {
            self.take("=");
            let value = self.assignment()?;
            self.assign(name, subscript, value);
            return Ok(value);
        }
        for (operator, _) in OPERATORS {
            let Some(rest) = self.rest.strip_prefix(operator).and_then(|r| r.strip_prefix('=')) else {
                continue;
            };
            if matches!(operator, "==" | "!=" | "<" | ">" | "<=" | ">=" | "||" | "&&" | "**")
                || rest.starts_with('=')
            {
                continue;
            }
            self.token = self.rest;
            self.rest = rest.trim_start();
            let right = self.assignment()?;
            let old = self.value(name, subscript)?;
            let value = apply(operator, old, right)?;
            self.assign(name, subscript, value);
            return Ok(value);
        }
        self.value(name, subscript)
    }
}

fn apply(operator: &str, a: i64, b: i64) -> Result<i64, Why> {
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
        "**" if b < 0 => return Err(Why::NegativePower),
        "**" => power(a, b),
        _ if b == 0 => return Err(Why::ByZero),
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
