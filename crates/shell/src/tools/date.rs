//! date, and its calendar. The calendar is a copy of our own: a library's is too big for the page (a test holds the two
//! against each other).

use super::tool::{Context, Tool};
use crate::number::decimal;

impl Tool {
    pub(crate) fn date(&mut self, c: &mut Context) {
        let format = self.operand(0);
        let mut seconds = c.host.now_ms() as i64 / 1000;
        if let Some(given) = self.value('d') {
            match given.strip_prefix('@').and_then(decimal) {
                Some(given) => seconds = given,
                None => return self.usage(c, &format!("invalid date '{given}'")),
            }
        }
        let nanoseconds = c.host.now_ms() % 1000 * 1_000_000;
        let format = match format.strip_prefix('+') {
            Some(format) => format,
            None if self.has('I') => "%F",
            None if self.has('R') => "%a, %d %b %Y %T +0000",
            None => "%a %b %e %T %Z %Y",
        };
        let text = time_text(seconds, nanoseconds, format);
        c.print(&text);
    }
}

/// A moment as strftime writes it, in UTC.
pub fn time_text(seconds: i64, nanoseconds: u64, format: &str) -> String {
    let seconds = seconds.clamp(-100_000_000_000, 100_000_000_000);
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let weekday = (days + 4).rem_euclid(7);
    let name = |names: &'static str, n: i64| names[n as usize * 3..][..3].to_string();
    let two = |n: i64| format!("{n:02}");
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let Some(mut letter) = chars.next() else { break };
        if letter == '-' {
            letter = chars.next().unwrap_or('%');
        }
        let (hour, minute) = (second / 3600, second / 60 % 60);
        out.push_str(&match letter {
            's' => seconds.to_string(),
            'N' => format!("{nanoseconds:09}"),
            'Y' => year.to_string(),
            'y' => two(year % 100),
            'm' => two(month),
            'd' => two(day),
            'e' => format!("{day:2}"),
            'H' => two(hour),
            'I' => two((hour + 11) % 12 + 1),
            'M' => two(minute),
            'S' => two(second % 60),
            'p' => if hour < 12 { "AM" } else { "PM" }.to_string(),
            'j' => format!("{:03}", days - days_before(year) + 1),
            'a' => name("SunMonTueWedThuFriSat", weekday),
            'b' | 'h' => name("JanFebMarAprMayJunJulAugSepOctNovDec", month - 1),
            'u' => ((weekday + 6) % 7 + 1).to_string(),
            'w' => weekday.to_string(),
            'Z' => "UTC".to_string(),
            'z' => "+0000".to_string(),
            'n' => "\n".to_string(),
            't' => "\t".to_string(),
            'F' => time_text(seconds, 0, "%Y-%m-%d"),
            'T' => time_text(seconds, 0, "%H:%M:%S"),
            'R' => time_text(seconds, 0, "%H:%M"),
            'D' => time_text(seconds, 0, "%m/%d/%y"),
            'c' => time_text(seconds, 0, "%a %b %e %T %Y"),
            other => other.to_string(),
        });
    }
    out
}

/// Days from 1970 to the first of January of a year of the Gregorian calendar.
fn days_before(year: i64) -> i64 {
    let y = year - 1;
    y * 365 + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) - 719_162
}

/// Year, month and day of the so-manieth day since 1970.
fn civil(days: i64) -> (i64, i64, i64) {
    // Not later than the day's year, on either side of 1970.
    let mut year = 1970 + days.div_euclid(if days < 0 { 365 } else { 366 });
    while days_before(year + 1) <= days {
        year += 1;
    }
    let mut day = days - days_before(year);
    let leap = i64::from(days_before(year + 1) - days_before(year) == 366);
    for (n, length) in [31, 28 + leap, 31, 30, 31, 30, 31, 31, 30, 31, 30].into_iter().enumerate() {
        if day < length {
            return (year, n as i64 + 1, day + 1);
        }
        day -= length;
    }
    (year, 12, day + 1)
}
