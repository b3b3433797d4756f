//! Quantities such as `1Gi` and `500m`. Models `k8s.io/apimachinery/pkg/api/resource/quantity.go`.

use serde_json::Value;

/// The value of a quantity in thousandths of its unit (`500m` → 500, `1Gi` → 1024³ · 1000), rounded up; `None` if it
/// isn't one or does not fit.
pub fn quantity_millis(v: &Value) -> Option<i64> {
    match v {
        Value::Number(n) => parse_quantity_millis(&n.to_string()),
        Value::String(s) => parse_quantity_millis(s),
        _ => None,
    }
}

/// As [`quantity_millis`], of a text.
pub fn parse_quantity_millis(text: &str) -> Option<i64> {
    let digits_end = text.find(|c: char| !(c.is_ascii_digit() || "+-.".contains(c))).unwrap_or(text.len());
    let (number, suffix) = text.split_at(digits_end);
    let binary = |power: u32| Some(1000.0 * 1024f64.powi(power as i32));
    let decimal = |power: i32| Some(10f64.powi(power + 3));
    let millis_per_unit = match suffix {
        "" => decimal(0),
        "n" => decimal(-9),
        "u" => decimal(-6),
        "m" => decimal(-3),
        "k" => decimal(3),
        "M" => decimal(6),
        "G" => decimal(9),
        "T" => decimal(12),
        "P" => decimal(15),
        "E" => decimal(18),
        "Ki" => binary(1),
        "Mi" => binary(2),
        "Gi" => binary(3),
        "Ti" => binary(4),
        "Pi" => binary(5),
        "Ei" => binary(6),
        _ => suffix
            .strip_prefix(['e', 'E'])
            .and_then(|e| e.parse().ok())
            .filter(|e| (-9..=18).contains(e))
            .and_then(decimal),
    }?;
    let number: f64 = number.parse().ok()?;
    let millis = (number * millis_per_unit).ceil();
    (millis.abs() < i64::MAX as f64).then_some(millis as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_as_kubernetes_reads_them() {
        for (text, millis) in [
            ("1", Some(1000)),
            ("500m", Some(500)),
            ("0.5", Some(500)),
            ("1k", Some(1_000_000)),
            ("1Ki", Some(1_024_000)),
            ("1Gi", Some(1_073_741_824_000)),
            ("1e3", Some(1_000_000)),
            ("128974848", Some(128_974_848_000)),
            ("1Gib", None),
            ("one", None),
            ("", None),
        ] {
            assert_eq!(parse_quantity_millis(text), millis, "{text}");
        }
    }
}
