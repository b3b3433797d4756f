//! Amounts such as `1.5Gi`, `500m` or `1e3`.
//!
//! Models k8s.io/apimachinery `pkg/api/resource/quantity.go`: what parses, what it is worth, and the canonical text that
//! the API server stores.

use std::fmt;

/// The amount in thousandths, rounded up (`500m` is 500, `1Gi` is 1024³ · 1000). `None` for what is no quantity or does not
/// fit.
pub fn parse_milli_value(text: &str) -> Option<i64> {
    i64::try_from(Quantity::parse(text).ok()?.scaled(NANO / 1000)).ok()
}

/// How an amount prefers to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    DecimalSi,
    DecimalExponent,
    BinarySi,
}

/// An amount of a resource, exact to a billionth.
#[derive(Clone, Debug)]
pub struct Quantity {
    nanos: i128,
    format: Format,
    /// The text as given, where it is canonical already.
    kept: Option<String>,
}

const NANO: i128 = 1_000_000_000;
const MAX: i128 = i64::MAX as i128 * NANO;

/// `ErrFormatWrong` of quantity.go.
pub const FORMAT_WRONG: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
/// `ErrSuffix` of quantity.go.
pub const SUFFIX_WRONG: &str = "unable to parse quantity's suffix";

impl Quantity {
    /// Nothing.
    pub const ZERO: Quantity = Quantity { nanos: 0, format: Format::DecimalSi, kept: None };

    /// Models quantity.go: ParseQuantity. The error is Kubernetes' text.
    pub fn parse(text: &str) -> Result<Quantity, &'static str> {
        if text.is_empty() {
            return Err(FORMAT_WRONG);
        }
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let without_zeros = unsigned.trim_start_matches('0');
        let (numerator, rest) = split_digits(without_zeros);
        let (denominator, suffix) = match rest.strip_prefix('.') {
            Some(rest) => split_digits(rest),
            None => ("", rest),
        };
        let letters = suffix.trim_start_matches(|c| "eEinumkKMGTP".contains(c));
        let exponent = letters.strip_prefix(['+', '-']).unwrap_or(letters);
        if !exponent.bytes().all(|c| c.is_ascii_digit()) {
            return Err(FORMAT_WRONG);
        }
        let (base, exponent, format) = interpret_suffix(suffix).ok_or(SUFFIX_WRONG)?;
        let nanos = worth(numerator, denominator, base, exponent);
        let nanos = if format == Format::BinarySi { nanos.min(MAX) } else { nanos };
        let format =
            if format == Format::BinarySi && (1..NANO).contains(&nanos) { Format::DecimalSi } else { format };
        let nanos = if text.starts_with('-') { -nanos } else { nanos };
        let kept = is_canonical(numerator, denominator, exponent, format).then(|| text.to_owned());
        Ok(Quantity { nanos, format, kept })
    }

    /// Less than, equal to or more than nothing: -1, 0, 1.
    pub fn sign(&self) -> i32 {
        self.nanos.signum() as i32
    }

    /// In billionths, for comparing.
    pub fn nanos(&self) -> i128 {
        self.nanos
    }

    /// How many units of a divisor so many billionths are, rounded up; a divisor that is no quantity is 1. Models
    /// `pkg/api/v1/resource/helpers.go: convertResourceCPUToString` and its like.
    pub fn in_units(nanos: i128, divisor: &str) -> String {
        let unit = Quantity::parse(divisor).map_or(0, |divisor| divisor.nanos);
        let unit = if unit == 0 { NANO } else { unit };
        ((nanos + unit - 1) / unit).to_string()
    }

    /// Models Quantity.Value: rounded up to a whole number.
    pub fn value(&self) -> i64 {
        i64::try_from(self.scaled(NANO)).unwrap_or(i64::MAX)
    }

    /// Models Quantity.MilliValue: in thousandths, rounded up.
    pub fn milli_value(&self) -> i64 {
        i64::try_from(self.scaled(NANO / 1000)).unwrap_or(i64::MAX)
    }

    /// In units of so many billionths, rounded up.
    fn scaled(&self, unit: i128) -> i128 {
        self.nanos.div_euclid(unit) + i128::from(self.nanos.rem_euclid(unit) != 0)
    }
}

impl std::ops::AddAssign<&Quantity> for Quantity {
    /// Models Quantity.Add: nothing takes on how the other is written.
    fn add_assign(&mut self, other: &Quantity) {
        if self.nanos == 0 {
            *self = other.clone();
            return;
        }
        self.nanos = self.nanos.saturating_add(other.nanos);
        self.kept = None;
    }
}

impl fmt::Display for Quantity {
    /// Models quantity.go: CanonicalizeBytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(kept) = &self.kept {
            return f.write_str(kept);
        }
        if self.nanos == 0 {
            return f.write_str("0");
        }
        if self.format == Format::BinarySi && self.nanos % NANO == 0 && self.nanos.abs() >= 1024 * NANO {
            let mut number = self.nanos / NANO;
            let mut suffix = 0;
            while number % 1024 == 0 && suffix < 6 {
                number /= 1024;
                suffix += 1;
            }
            return write!(f, "{number}{}", ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"][suffix]);
        }
        let mut number = self.nanos;
        let mut exponent = -9;
        while number % 1000 == 0 && (exponent < 18 || self.format == Format::DecimalExponent) {
            number /= 1000;
            exponent += 3;
        }
        match (self.format, exponent) {
            (_, 0) => write!(f, "{number}"),
            (Format::DecimalExponent, _) => write!(f, "{number}e{exponent}"),
            _ => {
                let suffix = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"][((exponent + 9) / 3) as usize];
                write!(f, "{number}{suffix}")
            }
        }
    }
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

/// Models suffix.go: interpret: base, exponent and format.
fn interpret_suffix(suffix: &str) -> Option<(u32, i32, Format)> {
    const DECIMAL: [&str; 10] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
    const BINARY: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    if let Some(place) = DECIMAL.iter().position(|known| *known == suffix) {
        return Some((10, place as i32 * 3 - 9, Format::DecimalSi));
    }
    if let Some(place) = BINARY.iter().position(|known| *known == suffix) {
        return Some((2, place as i32 * 10 + 10, Format::BinarySi));
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
    Some((10, exponent, Format::DecimalExponent))
}

/// Whether ParseQuantity would keep the text as it is.
fn is_canonical(numerator: &str, denominator: &str, exponent: i32, format: Format) -> bool {
    let shifted = format!("{}{denominator}", if numerator.is_empty() { "0" } else { numerator });
    let Ok(value) = shifted.parse::<i64>() else { return false };
    let digits = shifted.len() as i32;
    if format == Format::BinarySi {
        return denominator.is_empty() && 15 - digits - exponent * 3 / 10 > 0 && value & 7 != 0;
    }
    let scale = exponent - denominator.len() as i32;
    digits <= 18 && scale >= -9 && scale % 3 == 0 && !shifted.ends_with("000") && !shifted.starts_with('0')
}

/// The amount in billionths; more exact ones are rounded up, too large ones cut off.
fn worth(numerator: &str, denominator: &str, base: u32, exponent: i32) -> i128 {
    let mut scale = 9 - denominator.len() as i32;
    let mut nanos: i128 = 0;
    for digit in numerator.bytes().chain(denominator.bytes()) {
        nanos = nanos.saturating_mul(10).saturating_add(i128::from(digit - b'0'));
    }
    if base == 2 {
        nanos = nanos.saturating_mul(1 << exponent);
    } else {
        scale = scale.saturating_add(exponent);
    }
    for _ in 0..scale.clamp(0, 40) {
        nanos = nanos.saturating_mul(10);
    }
    for _ in 0..(-scale).clamp(0, 40) {
        nanos = nanos / 10 + i128::from(nanos % 10 != 0);
    }
    nanos.min(i128::MAX / 2)
}

#[cfg(test)]
mod tests {
    use super::{Quantity, parse_milli_value};

    #[test]
    fn canonical_texts() {
        let cases = [
            ("0", "0"),
            ("1Gi", "1Gi"),
            ("1024Mi", "1Gi"),
            ("1025Mi", "1025Mi"),
            ("1.5Gi", "1536Mi"),
            ("0.5", "500m"),
            ("1000m", "1"),
            ("1500m", "1500m"),
            ("1.5G", "1500M"),
            ("1073741824", "1073741824"),
            ("1e3", "1e3"),
            ("1000e3", "1e6"),
            ("-1Gi", "-1Gi"),
            ("0.5Gi", "512Mi"),
            ("0.5Ki", "512"),
            ("05", "05"),
            ("100m", "100m"),
            ("0.0001", "100u"),
            ("1E", "1E"),
            ("0.0000000001", "1n"),
            (".5", "500m"),
            ("1.", "1."),
        ];
        for (text, canonical) in cases {
            assert_eq!(Quantity::parse(text).map(|q| q.to_string()), Ok(canonical.to_owned()), "{text}");
        }
    }

    /// Every decimal of up to three places below 61, and some of the texts that are not decimals.
    #[test]
    fn thousandths_are_exact() {
        for millis in 0..61_000 {
            let (whole, rest) = (millis / 1000, millis % 1000);
            let text = format!("{whole}.{rest:03}");
            for text in
                [text.as_str(), text.trim_end_matches('0'), &format!("{millis}m"), &format!("{millis}000u")]
            {
                assert_eq!(parse_milli_value(text), Some(millis), "{text}");
            }
            assert_eq!(parse_milli_value(&format!("{text}k")), Some(millis * 1000), "{text}k");
            assert_eq!(parse_milli_value(&format!("{text}Ki")), Some(millis * 1024), "{text}Ki");
            assert_eq!(parse_milli_value(&format!("{text}1")), Some(millis + 1), "{text}1");
        }
        for (text, millis) in [
            ("16.1", Some(16_100)),
            ("1", Some(1000)),
            ("-1.0001", Some(-1000)),
            ("1Gi", Some(1_073_741_824_000)),
            ("1e3", Some(1_000_000)),
            ("1E", None),
            ("128974848", Some(128_974_848_000)),
            ("9223372036854775807m", Some(i64::MAX)),
            ("9223372036854775808m", None),
            ("8Ei", None),
            ("1Gib", None),
            ("one", None),
            ("", None),
        ] {
            assert_eq!(parse_milli_value(text), millis, "{text}");
        }
    }

    #[test]
    fn refused_texts() {
        for text in ["", "1 Gi", "1GiB", "abc", "1Gi1Gi"] {
            assert_eq!(Quantity::parse(text).map(|q| q.to_string()), Err(super::FORMAT_WRONG), "{text}");
        }
        for text in ["1K", "1mm", "1i", "1ki", "--1"] {
            assert_eq!(Quantity::parse(text).map(|q| q.to_string()), Err(super::SUFFIX_WRONG), "{text}");
        }
    }

    #[test]
    fn worth_is_exact_to_a_billionth() {
        assert_eq!(Quantity::parse("1500m").unwrap().value(), 2);
        assert_eq!(Quantity::parse("1500m").unwrap().milli_value(), 1500);
        assert_eq!(Quantity::parse("1Gi").unwrap().value(), 1 << 30);
        assert_eq!(Quantity::parse("-1").unwrap().sign(), -1);
    }
}
