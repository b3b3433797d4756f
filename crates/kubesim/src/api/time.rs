//! Simulated time.

use std::fmt;
use std::ops::{Add, Sub};

/// A moment of simulated time: milliseconds since the cluster's zero, which lies at [`SimTime::EPOCH_UNIX_SECONDS`].
/// What existed before the story begins (nodes, the Service `kubernetes`) has negative times.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug, Hash)]
pub struct SimTime(pub i64);

/// A length of simulated time, in milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug, Hash)]
pub struct Span(pub i64);

impl Span {
    /// This many whole seconds.
    pub const fn seconds(s: i64) -> Span {
        Span(s * 1000)
    }
}

impl SimTime {
    /// Where zero lies: 2022-05-25 06:00:00 UTC, the afternoon on which the walk that Ordinal starts from was written.
    pub const EPOCH_UNIX_SECONDS: i64 = 1_653_458_400;

    /// The whole seconds of Unix time (`date +%s`).
    pub fn unix_seconds(self) -> i64 {
        Self::EPOCH_UNIX_SECONDS + self.0.div_euclid(1000)
    }

    /// The moment cut to whole seconds, as API objects keep time (`metav1.Time`).
    pub fn whole_seconds(self) -> SimTime {
        SimTime(self.0.div_euclid(1000) * 1000)
    }

    /// The moment of this RFC 3339 text, if it is one.
    pub fn parse_rfc3339(text: &str) -> Option<SimTime> {
        let at: jiff::Timestamp = text.parse().ok()?;
        Some(SimTime(at.as_millisecond() - Self::EPOCH_UNIX_SECONDS * 1000))
    }

    /// `2022-05-25T06:00:00Z`, as API objects print time.
    pub fn rfc3339(self) -> String {
        self.civil().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// `Wed, 25 May 2022 06:00:00 +0000`, as `kubectl describe` prints time.
    pub fn rfc1123z(self) -> String {
        self.civil().strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
    }

    /// The date and time of day in UTC.
    pub fn civil(self) -> jiff::civil::DateTime {
        let at =
            jiff::Timestamp::from_second(self.unix_seconds()).expect("simulated time is within the calendar");
        jiff::tz::Offset::UTC.to_datetime(at)
    }
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
        assert_eq!(SimTime::parse_rfc3339("yesterday"), None);
        assert_eq!(SimTime(48_249).to_string(), "0:48.2");
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
