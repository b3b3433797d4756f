//! Points in time as Kubernetes' objects write them, and what Go says of texts that are none.

use super::time::{Civil, days_from_civil, days_of};

/// Models k8s.io/apimachinery `meta/v1/time.go`: UnmarshalJSON then MarshalJSON: RFC 3339 in UTC, whole seconds.
/// The error is Go's time.Parse's.
pub fn parse_rfc3339(text: &str) -> Result<String, String> {
    const LAYOUT: &str = "2006-01-02T15:04:05Z07:00";
    let cannot = |rest: &str, element: &str| {
        Err(format!("parsing time {text:?} as {LAYOUT:?}: cannot parse {rest:?} as {element:?}"))
    };
    let out_of_range = |what: &str| Err(format!("parsing time {text:?}: {what} out of range"));
    let mut rest = text;
    let mut values = [0i64; 6];
    // Each element of the layout with its width, and what follows it.
    let elements =
        [("2006", 4, "-"), ("01", 2, "-"), ("02", 2, "T"), ("15", 2, ":"), ("04", 2, ":"), ("05", 2, "")];
    for (place, (element, width, follows)) in elements.into_iter().enumerate() {
        match rest.get(..width).filter(|digits| digits.bytes().all(|c| c.is_ascii_digit())) {
            Some(digits) => values[place] = digits.parse().unwrap_or(0),
            None => return cannot(rest, element),
        }
        rest = &rest[width..];
        match rest.strip_prefix(follows) {
            Some(after) => rest = after,
            None => return cannot(rest, follows),
        }
    }
    if let Some(after) = rest.strip_prefix('.') {
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        rest = &after[digits..];
    }
    let [year, month, day, hour, minute, second] = values;
    if !(1..=12).contains(&month) {
        return out_of_range("month");
    }
    if hour > 23 {
        return out_of_range("hour");
    }
    if minute > 59 {
        return out_of_range("minute");
    }
    if second > 59 {
        return out_of_range("second");
    }
    let offset_minutes = match rest.as_bytes() {
        b"Z" => 0,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2]
            if [h1, h2, m1, m2].iter().all(|c| c.is_ascii_digit()) =>
        {
            let number = |tens: &u8, ones: &u8| i64::from(tens - b'0') * 10 + i64::from(ones - b'0');
            let offset = number(h1, h2) * 60 + number(m1, m2);
            if *sign == b'-' { -offset } else { offset }
        }
        [b'Z', extra @ ..] => {
            let extra = String::from_utf8_lossy(extra);
            return Err(format!("parsing time {text:?}: extra text: {extra:?}"));
        }
        _ => return cannot(rest, "Z07:00"),
    };
    if day < 1 || day > days_of(year, month) {
        return out_of_range("day");
    }
    let minutes = days_from_civil(year, month, day) * 1440 + hour * 60 + minute - offset_minutes;
    let Civil { year, month, day, hour, minute, second, .. } = Civil::of_unix(minutes * 60 + second);
    Ok(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"))
}

#[cfg(test)]
mod tests {
    use super::parse_rfc3339;

    #[test]
    fn times_are_kept_in_utc() {
        assert_eq!(parse_rfc3339("2022-05-25T09:00:00+09:00").as_deref(), Ok("2022-05-25T00:00:00Z"));
        assert_eq!(parse_rfc3339("2024-02-29T23:59:59.5Z").as_deref(), Ok("2024-02-29T23:59:59Z"));
        assert_eq!(parse_rfc3339("2024-01-01T00:30:00+01:00").as_deref(), Ok("2023-12-31T23:30:00Z"));
    }

    #[test]
    fn wrong_times_are_told_as_go_does() {
        let error = parse_rfc3339("yesterday").unwrap_err();
        assert_eq!(
            error,
            r#"parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006""#
        );
        assert_eq!(
            parse_rfc3339("2023-02-29T00:00:00Z").unwrap_err(),
            r#"parsing time "2023-02-29T00:00:00Z": day out of range"#
        );
    }
}
