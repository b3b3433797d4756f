//! Points in time as Kubernetes' objects write them.

/// Models k8s.io/apimachinery `meta/v1/time.go`: UnmarshalJSON then MarshalJSON: RFC 3339 in UTC, whole seconds.
/// The error is Go's time.Parse's.
pub(crate) fn parse_rfc3339(text: &str) -> Result<String, String> {
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
    if day < 1 || day > days_in_month(year, month) {
        return out_of_range("day");
    }
    let minutes = days_from_civil(year, month, day) * 1440 + hour * 60 + minute - offset_minutes;
    let (year, month, day) = civil_from_days(minutes.div_euclid(1440));
    let of_day = minutes.rem_euclid(1440);
    Ok(format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{second:02}Z", of_day / 60, of_day % 60))
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a date in the proleptic Gregorian calendar.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
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
