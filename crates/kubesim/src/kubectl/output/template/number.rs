//! Numbers as Go's source has them. Models `text/template/parse/node.go: newNumber`.

/// A constant.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Number {
    Int(i64),
    Float(f64),
    /// Of 64 bits without a sign, and too big for one with a sign.
    TooBig,
}

/// A number as Go writes constants. `None`: it is none.
pub(super) fn number(text: &str) -> Option<Number> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let plain: String = lower.chars().filter(|c| *c != '_').collect();
    let (radix, part) = match plain.get(..2) {
        Some("0x") => (16, &plain[2..]),
        Some("0o") => (8, &plain[2..]),
        Some("0b") => (2, &plain[2..]),
        Some(_) if plain.starts_with('0') && plain.bytes().all(|c| c.is_ascii_digit()) => (8, &plain[1..]),
        _ => (10, &plain[..]),
    };
    if !part.is_empty() && part.chars().all(|c| c.is_digit(radix)) {
        return Some(match u64::from_str_radix(part, radix) {
            Ok(number) if negative => i64::try_from(-i128::from(number)).map_or(Number::TooBig, Number::Int),
            Ok(number) => i64::try_from(number).map_or(Number::TooBig, Number::Int),
            Err(_) => Number::TooBig,
        });
    }
    let is_float =
        radix == 10 && part.bytes().all(|c| c.is_ascii_digit() || matches!(c, b'.' | b'e' | b'+' | b'-'));
    let float: f64 = plain.parse().ok().filter(|_| is_float)?;
    Some(Number::Float(if negative { -float } else { float }))
}
