//! Numbers as the shell and its tools write them.

/// A decimal number.
pub(crate) fn decimal(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// A number as C writes it.
pub(crate) fn integer(text: &str) -> Option<i64> {
    if let Some(hex) = text.strip_prefix("0x") {
        return i64::from_str_radix(hex, 16).ok();
    }
    match text.strip_prefix('0') {
        Some(octal) if !octal.is_empty() => i64::from_str_radix(octal, 8).ok(),
        _ => decimal(text),
    }
}

/// A number in an arithmetic expression, up to base 64: one that is too big wraps around, as in bash and BusyBox ash.
pub(crate) fn wrapping_integer(text: &str) -> Option<i64> {
    let hex = || text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let (base, digits) = match text.split_once('#') {
        Some((base, digits)) => (decimal(base).filter(|b| (2..=64).contains(b))?, digits),
        None => match (hex(), text.strip_prefix('0')) {
            (Some(digits), _) => (16, digits),
            (None, Some(digits)) if !digits.is_empty() => (8, digits),
            _ => (10, text),
        },
    };
    let value = |c: u8| {
        let value = match c {
            b'0'..=b'9' => c - b'0',
            b'a'..=b'z' => c - b'a' + 10,
            b'A'..=b'Z' if base <= 36 => c - b'A' + 10,
            b'A'..=b'Z' => c - b'A' + 36,
            b'@' => 62,
            b'_' => 63,
            _ => return None,
        };
        Some(i64::from(value)).filter(|value| *value < base)
    };
    let next = |number: i64, c: u8| Some(number.wrapping_mul(base).wrapping_add(value(c)?));
    if digits.is_empty() { None } else { digits.bytes().try_fold(0, next) }
}

/// The number a text begins with (`sort -n`) or, `whole`, is, in thousandths.
pub(crate) fn thousandths(text: &str, whole: bool) -> Option<i64> {
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (mut value, mut places) = (0i64, None);
    for c in digits.bytes() {
        match (c, &mut places) {
            (b'0'..=b'9', Some(0)) => {}
            (b'0'..=b'9', places) => {
                value = value.saturating_mul(10).saturating_add(i64::from(c - b'0'));
                *places = places.map(|n: u32| n - 1);
            }
            (b'.', None) => places = Some(3),
            _ if whole => return None,
            _ => break,
        }
    }
    let value = value.saturating_mul(10i64.pow(places.unwrap_or(3)));
    (!whole || digits.starts_with(|c: char| c.is_ascii_digit())).then_some(if digits == text {
        value
    } else {
        -value
    })
}
