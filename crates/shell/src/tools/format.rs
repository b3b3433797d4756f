//! `%5.2f` and its like: what printf, awk and seq share. Models C's printf(3).

/// The widest that a conversion makes its text, and the most digits after the point.
const MOST: usize = 1000;

/// A conversion of a format.
#[derive(Clone, Debug, Default)]
pub(super) struct Conversion {
    pub(super) left: bool,
    pub(super) plus: bool,
    pub(super) space: bool,
    pub(super) alternate: bool,
    pub(super) zero: bool,
    pub(super) width: usize,
    pub(super) precision: Option<usize>,
    pub(super) letter: char,
}

/// A conversion after its `%`, and what follows it. `star`: gives the numbers of `*`.
pub(super) fn conversion<'a>(text: &'a str, star: &mut dyn FnMut() -> i64) -> Option<(Conversion, &'a str)> {
    let mut c = Conversion::default();
    let mut chars = text.chars().peekable();
    while let Some(&flag) = chars.peek() {
        match flag {
            '-' => c.left = true,
            '+' => c.plus = true,
            ' ' => c.space = true,
            '#' => c.alternate = true,
            '0' => c.zero = true,
            '\'' => {}
            _ => break,
        }
        chars.next();
    }
    let mut number = |chars: &mut std::iter::Peekable<std::str::Chars>| {
        if chars.next_if_eq(&'*').is_some() {
            return star();
        }
        let mut value = 0i64;
        while let Some(digit) = chars.next_if(char::is_ascii_digit) {
            value = value.saturating_mul(10).saturating_add(i64::from(digit as u32 - '0' as u32));
        }
        value
    };
    let width = number(&mut chars);
    c.left |= width < 0;
    c.width = (width.unsigned_abs() as usize).min(MOST);
    if chars.next_if_eq(&'.').is_some() {
        let precision = number(&mut chars);
        c.precision = usize::try_from(precision).ok().map(|n| n.min(MOST));
    }
    while chars.next_if(|l| matches!(l, 'l' | 'h' | 'q' | 'j' | 'z' | 't' | 'L')).is_some()
        && chars.peek().is_some()
    {}
    // `%q` is bash's.
    let rest: String = chars.clone().collect();
    let mut at = text.len() - rest.len();
    c.letter = match text[..at].ends_with('q') && !rest.starts_with(|l: char| l.is_ascii_alphabetic()) {
        true => 'q',
        false => {
            let letter = rest.chars().next()?;
            at += letter.len_utf8();
            letter
        }
    };
    Some((c, &text[at..]))
}

impl Conversion {
    /// Puts a text, with a number's sign, into the width.
    pub(super) fn pad(&self, text: &str, number: bool) -> String {
        let missing = self.width.saturating_sub(text.chars().count());
        if self.left {
            return [text, &" ".repeat(missing)].concat();
        }
        if self.zero && number {
            let sign = usize::from(text.starts_with(['-', '+', ' ']));
            let sign =
                sign + if text[sign..].starts_with("0x") || text[sign..].starts_with("0X") { 2 } else { 0 };
            return [&text[..sign], &"0".repeat(missing), &text[sign..]].concat();
        }
        [&" ".repeat(missing), text].concat()
    }

    /// A text.
    pub(super) fn text(&self, text: &str) -> String {
        let cut: String = text.chars().take(self.precision.unwrap_or(usize::MAX)).collect();
        self.pad(&cut, false)
    }

    /// A whole number.
    pub(super) fn integer(&self, value: i64) -> String {
        let digits = match self.letter {
            'x' => format!("{value:x}"),
            'X' => format!("{value:X}"),
            'o' => format!("{value:o}"),
            'u' => (value as u64).to_string(),
            _ => value.unsigned_abs().to_string(),
        };
        let digits = match self.precision {
            Some(least) => ["0".repeat(least.saturating_sub(digits.len())), digits].concat(),
            None => digits,
        };
        let before = match self.letter {
            'x' if self.alternate && value != 0 => "0x",
            'X' if self.alternate && value != 0 => "0X",
            'o' if self.alternate && !digits.starts_with('0') => "0",
            'd' | 'i' => self.sign(value < 0),
            _ => "",
        };
        self.pad(&[before, &digits].concat(), self.precision.is_none())
    }

    fn sign(&self, negative: bool) -> &'static str {
        match negative {
            true => "-",
            false if self.plus => "+",
            false if self.space => " ",
            false => "",
        }
    }

    /// A number with a point.
    pub(super) fn float(&self, value: f64) -> String {
        let sign = self.sign(value.is_sign_negative() && !value.is_nan());
        let size = value.abs();
        if !size.is_finite() {
            let text = if value.is_nan() { "nan" } else { "inf" };
            return Conversion { zero: false, ..self.clone() }.pad(&[sign, text].concat(), false);
        }
        let precision = self.precision.unwrap_or(6);
        let text = match self.letter.to_ascii_lowercase() {
            'e' => exponential(size, precision),
            'g' => general(size, precision.max(1), self.alternate),
            _ => format!("{size:.precision$}"),
        };
        let text = if self.letter.is_ascii_uppercase() { text.to_uppercase() } else { text };
        self.pad(&[sign, &text].concat(), true)
    }
}

fn exponential(value: f64, precision: usize) -> String {
    let text = format!("{value:.precision$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    format!("{digits}e{sign}{exponent:0>2}")
}

/// `%g`
pub(super) fn general(value: f64, precision: usize, keeps_zeros: bool) -> String {
    let shown = exponential(value, precision - 1);
    let exponent: i32 = shown.split_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0);
    let fixed = exponent >= -4 && exponent < precision as i32;
    let text = match fixed {
        true => format!("{value:.0$}", (precision as i32 - 1 - exponent).max(0) as usize),
        false => shown,
    };
    if keeps_zeros || !text.contains('.') {
        return text;
    }
    let (digits, exponent) = match text.split_once('e') {
        Some((digits, exponent)) => (digits.to_string(), format!("e{exponent}")),
        None => (text, String::new()),
    };
    [digits.trim_end_matches('0').trim_end_matches('.'), &exponent].concat()
}

/// The number that a text begins with (strtod), and how long that is.
pub(super) fn leading_number(text: &str) -> (f64, usize) {
    let bytes = text.as_bytes();
    let start = bytes.iter().take_while(|c| c.is_ascii_whitespace()).count();
    let mut at = start;
    at += usize::from(matches!(bytes.get(at), Some(b'+' | b'-')));
    let digits = |from: usize| bytes[from..].iter().take_while(|c| c.is_ascii_digit()).count();
    let whole = digits(at);
    at += whole;
    let mut fraction = 0;
    if bytes.get(at) == Some(&b'.') {
        fraction = digits(at + 1);
        if whole + fraction > 0 {
            at += 1 + fraction;
        }
    }
    if whole + fraction == 0 {
        return (0.0, 0);
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits((at + 1 + sign).min(bytes.len()));
        if exponent > 0 {
            at += 1 + sign + exponent;
        }
    }
    (text[start..at].parse().unwrap_or(0.0), at)
}
