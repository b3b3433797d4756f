//! Simulated time.

use std::cell::Cell;
use std::fmt;
use std::ops::{Add, Sub};

/// A moment of simulated time: milliseconds since the cluster's zero, which lies at [`SimTime::EPOCH_UNIX_SECONDS`], or, in a
/// story that was opened from a real cluster's state, where that was taken ([`SimTime::set_zero`]). What existed before the story begins (nodes, the Service `kubernetes`) has negative times.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug, Hash)]
pub struct SimTime(pub i64);

/// A length of simulated time, in milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug, Hash)]
pub struct Span(pub i64);

thread_local! {
    /// Where zero lies, in seconds of Unix time.
    static ZERO: Cell<i64> = const { Cell::new(SimTime::EPOCH_UNIX_SECONDS) };
}

impl Span {
    /// No length is greater: as long as Go's `time.Duration` can be, 292 years. Users may write any number of seconds.
    const LONGEST_SECONDS: i64 = i64::MAX / 1_000_000_000;

    /// This many whole seconds.
    pub const fn seconds(s: i64) -> Span {
        let s = if s > Span::LONGEST_SECONDS { Span::LONGEST_SECONDS } else { s };
        Span(1000 * if s < -Span::LONGEST_SECONDS { -Span::LONGEST_SECONDS } else { s })
    }
}

impl SimTime {
    /// Where zero lies: 2022-05-25 06:00:00 UTC, the afternoon on which the walk that Ordinal starts from was written.
    pub const EPOCH_UNIX_SECONDS: i64 = 1_653_458_400;

    /// Where zero lies in this thread, in seconds of Unix time.
    pub fn zero_unix_seconds() -> i64 {
        ZERO.with(Cell::get)
    }

    /// Moves zero to this Unix time, in seconds, for all that this thread reads and prints from now on: a thread has one
    /// story at a time, or several of one world.
    pub fn set_zero(unix_seconds: i64) {
        ZERO.with(|zero| zero.set(unix_seconds));
    }

    /// The whole seconds of Unix time (`date +%s`).
    pub fn unix_seconds(self) -> i64 {
        SimTime::zero_unix_seconds() + self.0.div_euclid(1000)
    }

    /// Milliseconds of Unix time; 0 for what is before.
    pub fn unix_ms(self) -> u64 {
        (SimTime::zero_unix_seconds() * 1000 + self.0).max(0) as u64
    }

    /// The moment cut to whole seconds, as API objects keep time (`metav1.Time`).
    pub fn whole_seconds(self) -> SimTime {
        SimTime(self.0.div_euclid(1000) * 1000)
    }

    /// The moment of this RFC 3339 text, if it is one.
    pub fn parse_rfc3339(text: &str) -> Option<SimTime> {
        let number = |from: usize, to: usize| {
            let digits = text.get(from..to).filter(|d| d.bytes().all(|b| b.is_ascii_digit()))?;
            digits.parse::<i64>().ok()
        };
        let separators = [(4, '-'), (7, '-'), (10, 'T'), (13, ':'), (16, ':')];
        let stands = |(at, c): (usize, char)| {
            text.get(at..)?.chars().next().filter(|found| found.eq_ignore_ascii_case(&c))
        };
        if separators.into_iter().any(|s| stands(s).is_none()) {
            return None;
        }
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
        if !(1..=12).contains(&month)
            || !(1..=days_of(year, month)).contains(&day)
            || hour > 23
            || minute > 59
            || second > 59
        {
            return None;
        }
        let rest = &text[19..];
        let digits =
            rest.strip_prefix('.').map_or(0, |r| 1 + r.bytes().take_while(u8::is_ascii_digit).count());
        let mut milliseconds = 0;
        for (n, digit) in rest[..digits].bytes().skip(1).take(3).enumerate() {
            milliseconds += i64::from(digit - b'0') * [100, 10, 1][n];
        }
        let offset = match &rest.as_bytes()[digits..] {
            _ if digits == 1 => return None,
            b"Z" | b"z" => 0,
            [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
                let at = 19 + digits;
                let (hours, minutes) = (number(at + 1, at + 3)?, number(at + 4, at + 6)?);
                (hours * 60 + minutes) * if *sign == b'-' { -60 } else { 60 }
            }
            _ => return None,
        };
        let seconds = days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset;
        Some(SimTime((seconds - SimTime::zero_unix_seconds()) * 1000 + milliseconds))
    }

    /// `2022-05-25T06:00:00Z`, as API objects print time.
    pub fn rfc3339(self) -> String {
        let Civil { year, month, day, hour, minute, second, .. } = self.civil();
        // Written often, and so by hand.
        let mut text = *b"0000-00-00T00:00:00Z";
        let mut write = |at: usize, part: i64| {
            text[at] = b'0' + (part / 10 % 10) as u8;
            text[at + 1] = b'0' + (part % 10) as u8;
        };
        write(0, year / 100);
        write(2, year % 100);
        write(5, month);
        write(8, day);
        write(11, hour);
        write(14, minute);
        write(17, second);
        std::str::from_utf8(&text).expect("digits are text").to_owned()
    }

    /// `Wed, 25 May 2022 06:00:00 +0000`, as `kubectl describe` prints time.
    pub fn rfc1123z(self) -> String {
        let Civil { year, month, day, weekday, hour, minute, second } = self.civil();
        let (weekday, month) = (WEEKDAYS[weekday], MONTHS[month as usize - 1]);
        format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} +0000")
    }

    /// `Wed, 25 May 2022 06:00:00 GMT`, as headers of HTTP have it.
    pub fn http_date(self) -> String {
        self.rfc1123z().replace("+0000", "GMT")
    }

    /// `06:00:00`, the time of day in UTC of this Unix time (in seconds).
    pub fn clock_of_unix(seconds: i64) -> String {
        let Civil { hour, minute, second, .. } = Civil::of_unix(seconds);
        format!("{hour:02}:{minute:02}:{second:02}")
    }

    /// The date and time of day in UTC.
    pub fn civil(self) -> Civil {
        Civil::of_unix(self.unix_seconds())
    }
}

impl Civil {
    /// The date and time of day in UTC of this Unix time (in seconds).
    pub fn of_unix(seconds: i64) -> Civil {
        let (days, rest) = (seconds.div_euclid(86400), seconds.rem_euclid(86400));
        let mut year = 1970 + days / 365;
        while days_before(year, 1) > days {
            year -= 1;
        }
        while days_before(year + 1, 1) <= days {
            year += 1;
        }
        // No month is longer, so it is this one or the next.
        let mut month = 1 + (days - days_before(year, 1)) / 31;
        while month < 12 && days_before(year, month + 1) <= days {
            month += 1;
        }
        Civil {
            year,
            month,
            day: days - days_before(year, month) + 1,
            weekday: (days + 4).rem_euclid(7) as usize,
            hour: rest / 3600,
            minute: rest / 60 % 60,
            second: rest % 60,
        }
    }
}

/// A date and a time of day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Civil {
    pub year: i64,
    /// From 1.
    pub month: i64,
    /// From 1.
    pub day: i64,
    /// From 0, a Sunday.
    pub weekday: usize,
    /// From 0 to 23.
    pub hour: i64,
    /// From 0 to 59.
    pub minute: i64,
    /// From 0 to 59.
    pub second: i64,
}

/// The days of the week, in short.
pub const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
/// The months, in short.
pub const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The days that a month has.
pub(super) fn days_of(year: i64, month: i64) -> i64 {
    let (year_after, month_after) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    days_before(year_after, month_after) - days_before(year, month)
}

/// Days from 1970-01-01 to this date.
pub(super) fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    days_before(year, month) + day - 1
}

/// Days from 1970-01-01 to the first of this month.
fn days_before(year: i64, month: i64) -> i64 {
    const BEFORE: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let leaps = |year: i64| year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let leap_day = month > 2 && leaps(year) > leaps(year - 1);
    365 * (year - 1970) + leaps(year - 1) - leaps(1969) + BEFORE[month as usize - 1] + i64::from(leap_day)
}

/// A duration such as `1h30m`, `90s` or `500ms`. Errors: it is none, in the words of Go's `time.ParseDuration`, which this
/// models.
pub fn parse_duration(text: &str) -> Result<Span, String> {
    let invalid = || format!("time: invalid duration {text:?}");
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(Span(0));
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let number: f64 = rest[..digits].parse().map_err(|_| invalid())?;
        rest = &rest[digits..];
        let unit_end = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        let millis = match &rest[..unit_end] {
            "h" => 3_600_000.0,
            "m" => 60_000.0,
            "s" => 1_000.0,
            "ms" => 1.0,
            "us" | "µs" => 0.001,
            "ns" => 0.000_001,
            "" => return Err(format!("time: missing unit in duration {text:?}")),
            unit => return Err(format!("time: unknown unit {unit:?} in duration {text:?}")),
        };
        total += number * millis;
        rest = &rest[unit_end..];
    }
    Ok(Span(if negative { -total as i64 } else { total as i64 }))
}

impl Add<Span> for SimTime {
    type Output = SimTime;
    fn add(self, span: Span) -> SimTime {
        SimTime(self.0 + span.0)
    }
}

impl Sub<Span> for SimTime {
    type Output = SimTime;
    fn sub(self, span: Span) -> SimTime {
        SimTime(self.0 - span.0)
    }
}

impl Sub for SimTime {
    type Output = Span;
    fn sub(self, earlier: SimTime) -> Span {
        Span(self.0 - earlier.0)
    }
}

impl fmt::Display for SimTime {
    /// Minutes, seconds and tenths since zero: `0:48.2`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = self.0.abs() / 100;
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{}:{:02}.{}", tenths / 600, tenths / 10 % 60, tenths % 10)
    }
}

impl fmt::Display for Span {
    /// As kubectl prints an age (`k8s.io/apimachinery/pkg/util/duration: HumanDuration`): `14s`, `2m13s`, `13m`, `3h5m`, `2d3h`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.div_euclid(1000);
        let (m, h, d) = (seconds / 60, seconds / 3600, seconds / 86400);
        let pair = |f: &mut fmt::Formatter<'_>, big: i64, unit: char, small: i64, small_unit: char| {
            if small == 0 { write!(f, "{big}{unit}") } else { write!(f, "{big}{unit}{small}{small_unit}") }
        };
        match seconds {
            ..=-2 => f.write_str("<invalid>"),
            -1 | 0 => f.write_str("0s"),
            1..120 => write!(f, "{seconds}s"),
            _ if m < 10 => pair(f, m, 'm', seconds % 60, 's'),
            _ if m < 180 => write!(f, "{m}m"),
            _ if h < 8 => pair(f, h, 'h', m % 60, 'm'),
            _ if h < 48 => write!(f, "{h}h"),
            _ if h < 24 * 8 => pair(f, d, 'd', h % 24, 'h'),
            _ if d < 365 * 2 => write!(f, "{d}d"),
            _ if d < 365 * 8 => pair(f, d / 365, 'y', d % 365, 'd'),
            _ => write!(f, "{}y", d / 365),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_print_as_kubernetes_prints_them() {
        assert_eq!(SimTime(0).rfc3339(), "2022-05-25T06:00:00Z");
        assert_eq!(SimTime(49_900).rfc1123z(), "Wed, 25 May 2022 06:00:49 +0000");
        assert_eq!(SimTime(-1).unix_seconds(), SimTime::EPOCH_UNIX_SECONDS - 1);
        assert_eq!(SimTime::parse_rfc3339("2022-05-25T06:00:49Z"), Some(SimTime(49_000)));
        for wrong in [
            "yesterday",
            "2022-05-25",
            "2022-02-29T00:00:00Z",
            "2022-05-25T06:00:00",
            "2022-05-25T06:00:0é",
            "2022-05-25T06:00:00.Z",
        ] {
            assert_eq!(SimTime::parse_rfc3339(wrong), None, "{wrong}");
        }
        assert_eq!(SimTime(48_249).to_string(), "0:48.2");
    }

    /// jiff knows the calendar well, but is too big for the page.
    #[test]
    fn the_calendar_is_jiffs() {
        for n in -2_000..2_000 {
            let at = SimTime(n * 7_777_777_777);
            let instant = jiff::Timestamp::from_second(at.unix_seconds()).unwrap();
            let civil = jiff::tz::Offset::UTC.to_datetime(instant);
            assert_eq!(at.rfc3339(), instant.to_string());
            assert_eq!(at.rfc1123z(), civil.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string());
            for text in [format!("{instant:.3}"), format!("{civil:.3}-03:30")] {
                let parsed: jiff::Timestamp = text.parse().unwrap();
                let unix = parsed.as_millisecond() - SimTime::EPOCH_UNIX_SECONDS * 1000;
                assert_eq!(SimTime::parse_rfc3339(&text), Some(SimTime(unix)), "{text}");
            }
        }
    }

    #[test]
    fn ages_print_as_kubectl_prints_them() {
        for (seconds, text) in [
            (-5, "<invalid>"),
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (133, "2m13s"),
            (599, "9m59s"),
            (600, "10m"),
            (10_799, "179m"),
            (10_800, "3h"),
            (11_100, "3h5m"),
            (30_000, "8h"),
            (172_800, "2d"),
            (183_600, "2d3h"),
            (86_400 * 9, "9d"),
            (86_400 * 730, "2y"),
        ] {
            assert_eq!(Span::seconds(seconds).to_string(), text);
        }
    }
}
