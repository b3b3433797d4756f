//! date, and its calendar. The calendar is a copy of our own: a library's is too big for the page (a test holds the two
//! against each other).

use super::tool::{Context, Tool};
use crate::host::FileError;
use crate::number::decimal;

impl Tool {
    pub(crate) fn date(&mut self, c: &mut Context) {
        let mut format = self.operands.iter().find(|o| o.starts_with('+')).cloned().unwrap_or_default();
        let now = c.host.now_ms() as i64 / 1000;
        let mut seconds = now;
        if let Some(given) = self.value('d') {
            let found = if c.gnu || is_plain_time(given) { parse_time(given, now) } else { None };
            match found {
                Some(given) => seconds = given,
                None => {
                    let what = format!("invalid date '{given}'");
                    return self.usage(c, &what);
                }
            }
        }
        if let Some(file) = self.value('r').map(str::to_string) {
            match c.host.stat(&c.path(&file)) {
                Some(stat) => seconds = stat.modified_ms as i64 / 1000,
                None => return self.complain(c, "@", "@", &file, FileError::NotFound),
            }
        }
        let nanoseconds = if self.has('d') { 0 } else { c.host.now_ms() % 1000 * 1_000_000 };
        if format.is_empty() {
            format = match self.value('I') {
                Some("s" | "seconds") => "+%FT%T+00:00",
                Some("m" | "minutes") => "+%FT%R+00:00",
                Some("h" | "hours") => "+%FT%H+00:00",
                Some("n" | "ns") => "+%FT%T,%N+00:00",
                Some(_) => "+%F",
                None if self.has('3') => match self.value('3').unwrap_or_default() {
                    "date" => "+%F",
                    "ns" => "+%F %T.%N+00:00",
                    _ => "+%F %T+00:00",
                },
                None if self.has('R') => "+%a, %d %b %Y %T +0000",
                None => "+%a %b %e %T %Z %Y",
            }
            .to_string();
        }
        let text = time_text(seconds, nanoseconds, &format[1..]);
        c.print(&text);
    }
}

/// A moment as `date -d` reads it: ISO 8601, names of months, `@seconds`, `now`, and offsets such as `3 days ago`.
pub(super) fn parse_time(text: &str, now: i64) -> Option<i64> {
    let lower = text.trim().to_ascii_lowercase();
    if let Some(seconds) = lower.strip_prefix('@') {
        return decimal(seconds.split('.').next()?);
    }
    let spaced = match lower.split_once('t') {
        Some((day, time)) if date_of(day).is_some() => format!("{day} {time}"),
        _ => lower,
    };
    let words: Vec<&str> = spaced.split([' ', ',']).filter(|w| !w.is_empty()).collect();
    let mut stated = Stated::default();
    let mut at = 0;
    while at < words.len() {
        at = stated.take(&words, at, now)?;
    }
    if words.is_empty() {
        stated.second = Some(0);
    }
    Some(stated.moment(now))
}

/// Whether BusyBox' date reads this, too: digits and their signs, nothing in words.
fn is_plain_time(text: &str) -> bool {
    let plain = |text: &str| text.bytes().all(|c| c.is_ascii_digit() || b"-: .".contains(&c));
    match text.strip_prefix('@') {
        Some(seconds) => decimal(seconds).is_some(),
        None => plain(text) && !text.is_empty(),
    }
}

/// The day of `20240131`, counted from 1970.
fn digits_of(word: &str) -> Option<i64> {
    let all = word.len() == 8 && word.bytes().all(|c| c.is_ascii_digit());
    let part = |from: usize, to: usize| decimal(word.get(from..to)?);
    let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
    (all && (1..=12).contains(&month) && (1..=31).contains(&day)).then(|| days_of(year, month, day))
}

/// The day of the week that begins a word, from Sunday.
fn weekday_of(word: &str) -> Option<i64> {
    let names = "sunmontuewedthufrisat";
    let at = names.find(word.get(..3)?)?;
    (at % 3 == 0 && !word.starts_with("month")).then_some(at as i64 / 3)
}

/// The second of a day.
fn clock_of(word: &str) -> Option<i64> {
    let mut parts = word.split(':');
    let (hour, minute) = (decimal(parts.next()?)?, decimal(parts.next()?)?);
    let second = decimal(parts.next().unwrap_or("0").split(['.', ',']).next()?)?;
    ((0..24).contains(&hour) && (0..60).contains(&minute) && (0..61).contains(&second))
        .then_some(hour * 3600 + minute * 60 + second)
}

/// The month, from 1, whose name begins a word.
fn month_of(word: &str) -> Option<i64> {
    let names = "janfebmaraprmayjunjulaugsepoctnovdec";
    (word.len() >= 3 && word.bytes().all(|c| c.is_ascii_alphabetic())).then_some(())?;
    names.find(&word[..3]).filter(|at| at % 3 == 0).map(|at| at as i64 / 3 + 1)
}

/// The day of `2024-01-31`, `2024/01/31` or `1/31/2024`, counted from 1970.
fn date_of(word: &str) -> Option<i64> {
    let mut parts = word.split(['-', '/']);
    let (a, b, c) = (decimal(parts.next()?)?, decimal(parts.next()?)?, decimal(parts.next()?)?);
    let (year, month, day) = if word.contains('/') && a <= 12 { (c, a, b) } else { (a, b, c) };
    ((1..=12).contains(&month) && (1..=31).contains(&day)).then(|| days_of(year, month, day))
}

/// What the words of a moment have said so far.
#[derive(Default)]
struct Stated {
    /// The day, counted from 1970.
    days: Option<i64>,
    /// The second of the day.
    second: Option<i64>,
    /// Seconds to add.
    offset: i64,
    /// Seconds that the clock is ahead of UTC.
    zone: i64,
    /// Months to add.
    months: i64,
}

impl Stated {
    /// Takes the word at this place, and those that belong to it: the place of the next one.
    fn take(&mut self, words: &[&str], at: usize, now: i64) -> Option<usize> {
        let (word, next) = (words[at], at + 1);
        // A clock may carry its zone.
        let (bare, suffix) = match word.find(['z', '+']) {
            Some(n) if n > 0 && word.contains(':') => (&word[..n], &word[n..]),
            _ => (word, ""),
        };
        if let Some(hours) = suffix.strip_prefix('+') {
            let digits: String = hours.chars().filter(char::is_ascii_digit).collect();
            self.zone = decimal(digits.get(..2)?)? * 3600 + decimal(digits.get(2..4).unwrap_or("0"))? * 60;
        }
        if let Some(second) = clock_of(bare) {
            self.second = Some(second);
            return Some(next);
        }
        // `+ 2 hours`
        if matches!(word, "+" | "-") {
            let count = words.get(next).and_then(|word| decimal(word))?;
            return self.take_count(if word == "-" { -count } else { count }, words, next + 1);
        }
        if let Some(days) = digits_of(word) {
            self.days = Some(days);
            return Some(next);
        }
        if let Some(days) = date_of(word) {
            self.days = Some(days);
            return Some(next);
        }
        let is_day_or_unit = matches!(word, "mon" | "month" | "months" | "monday");
        if !is_day_or_unit && let Some(month) = month_of(word) {
            return self.take_month(month, words, at, now);
        }
        if let Some(count) = decimal(word) {
            return self.take_count(count, words, next);
        }
        match word {
            "now" | "today" | "utc" | "gmt" | "z" => {}
            "yesterday" => self.offset -= 86_400,
            "tomorrow" => self.offset += 86_400,
            "next" | "last" if words.get(next).is_some_and(|day| weekday_of(day).is_some()) => {
                let today = (now.div_euclid(86_400) + 4).rem_euclid(7);
                let wanted = words.get(next).and_then(|day| weekday_of(day))?;
                let ahead = (wanted - today).rem_euclid(7);
                let days = match word {
                    "next" if ahead == 0 => 7,
                    "next" => ahead,
                    _ => ahead - 7,
                };
                self.days = Some(now.div_euclid(86_400) + days);
                return Some(next + 1);
            }
            "next" | "last" => {
                self.add(if word == "next" { 1 } else { -1 }, words.get(next)?)?;
                return Some(next + 1);
            }
            word if ["sun", "mon", "tue", "wed", "thu", "fri", "sat"].iter().any(|d| word.starts_with(d)) => {
            }
            _ => return None,
        }
        Some(next)
    }

    /// `Jan 2 2024`, `2 Jan 2024`: the month is at this place.
    fn take_month(&mut self, month: i64, words: &[&str], at: usize, now: i64) -> Option<usize> {
        let number = |at: usize| words.get(at).and_then(|word| decimal(word));
        let before = at.checked_sub(1).and_then(number).filter(|day| *day <= 31);
        let mut next = at + 1;
        let day = match before {
            Some(day) => day,
            None => {
                next += 1;
                number(at + 1)?
            }
        };
        let year = number(next);
        next += usize::from(year.is_some());
        self.days = Some(days_of(year.unwrap_or_else(|| civil(now.div_euclid(86_400)).0), month, day));
        Some(next)
    }

    /// `3 days`, `3 days ago`: the unit is at this place. A day of a month whose name follows is taken with that.
    fn take_count(&mut self, count: i64, words: &[&str], at: usize) -> Option<usize> {
        let unit = words.get(at).copied().unwrap_or_default();
        if month_of(unit).is_some() && !unit.starts_with("mont") {
            return Some(at);
        }
        let is_ago = words.get(at + 1) == Some(&"ago");
        self.add(if is_ago { -count } else { count }, unit)?;
        Some(at + if is_ago { 2 } else { 1 })
    }

    /// Adds so many of a unit.
    fn add(&mut self, count: i64, unit: &str) -> Option<()> {
        match unit.trim_end_matches('s') {
            "month" => self.months += count,
            "year" => self.months += count * 12,
            unit => self.offset += count * unit_seconds(unit)?,
        }
        Some(())
    }

    /// The moment in seconds since 1970. What was not said is as it is now.
    fn moment(&self, now: i64) -> i64 {
        let base = match (self.days, self.second) {
            (None, None) => now,
            (None, Some(second)) => now.div_euclid(86_400) * 86_400 + second,
            (Some(days), second) => days * 86_400 + second.unwrap_or(0),
        };
        let base = match self.months {
            0 => base,
            months => {
                let (year, month, day) = civil(base.div_euclid(86_400));
                let all = year * 12 + month - 1 + months;
                days_of(all.div_euclid(12), all.rem_euclid(12) + 1, day) * 86_400 + base.rem_euclid(86_400)
            }
        };
        base + self.offset - self.zone
    }
}

fn unit_seconds(unit: &str) -> Option<i64> {
    Some(match unit {
        "second" | "sec" => 1,
        "minute" | "min" => 60,
        "hour" => 3600,
        "day" => 86_400,
        "week" => 604_800,
        "fortnight" => 1_209_600,
        _ => return None,
    })
}

/// Days from 1970 to a day of the Gregorian calendar.
fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let leap = i64::from(days_before(year + 1) - days_before(year) == 366);
    let lengths = [31, 28 + leap, 31, 30, 31, 30, 31, 31, 30, 31, 30];
    days_before(year) + lengths[..(month - 1).clamp(0, 11) as usize].iter().sum::<i64>() + day - 1
}

/// A moment as strftime writes it, in UTC. Long: a table of its letters.
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
        let bare = letter == '-';
        if bare || letter == '_' || letter == ':' || letter == '0' {
            letter = chars.next().unwrap_or('%');
        }
        let start = out.len();
        let mut width = String::new();
        while letter.is_ascii_digit() {
            width.push(letter);
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
            'k' => format!("{hour:2}"),
            'l' => format!("{:2}", (hour + 11) % 12 + 1),
            'C' => two(year / 100),
            'A' => ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
                [weekday as usize]
                .to_string(),
            'B' => [
                "January",
                "February",
                "March",
                "April",
                "May",
                "June",
                "July",
                "August",
                "September",
                "October",
                "November",
                "December",
            ][(month - 1) as usize]
                .to_string(),
            'r' => time_text(seconds, 0, "%I:%M:%S %p"),
            'x' => time_text(seconds, 0, "%m/%d/%y"),
            'X' => time_text(seconds, 0, "%H:%M:%S"),
            'G' => {
                // The year of the week's Thursday.
                civil(days - (weekday + 6) % 7 + 3).0.to_string()
            }
            'V' => {
                let thursday = days - (weekday + 6) % 7 + 3;
                two((thursday - days_before(civil(thursday).0)) / 7 + 1)
            }
            'U' => two((days - days_before(year) + 7 - weekday) / 7),
            'W' => two((days - days_before(year) + 7 - (weekday + 6) % 7) / 7),
            other => other.to_string(),
        });
        if bare && out[start..].len() > 1 {
            let kept = out[start..].trim_start_matches(['0', ' ']).to_string();
            out.truncate(start);
            out.push_str(if kept.is_empty() { "0" } else { &kept });
        }
        if letter == 'N' && !width.is_empty() {
            out.truncate(start + decimal(&width).unwrap_or(9).clamp(0, 9) as usize);
        }
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
