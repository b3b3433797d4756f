//! Numbers as the shell and its tools write them.

/// A decimal number.
pub(crate) fn decimal(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// A number as C, or bash's `base#digits`, writes it.
pub(crate) fn integer(text: &str) -> Option<i64> {
    if let Some((base, digits)) = text.split_once('#') {
        let base = decimal(base).filter(|b| (2..=36).contains(b))?;
        return i64::from_str_radix(digits, base as u32).ok();
    }
    if let Some(hex) = text.strip_prefix("0x") {
        return i64::from_str_radix(hex, 16).ok();
    }
    match text.strip_prefix('0') {
        Some(octal) if !octal.is_empty() => i64::from_str_radix(octal, 8).ok(),
        _ => decimal(text),
    }
}

/// The same in an arithmetic expression: one that is too big wraps around, as in bash and BusyBox ash.
pub(crate) fn wrapping_integer(text: &str) -> Option<i64> {
    let all_digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !all_digits || text.starts_with('0') {
        return integer(text);
    }
    let next = |value: i64, digit: u8| value.wrapping_mul(10).wrapping_add(i64::from(digit - b'0'));
    Some(text.bytes().fold(0, next))
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
