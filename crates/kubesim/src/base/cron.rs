//! Schedules in cron's notation, in UTC. Models `github.com/robfig/cron/v3: ParseStandard` and `SpecSchedule.Next`.

/// When something is due, again and again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Schedule {
    /// At the minutes that five fields let through.
    Fields {
        /// Bit n stands for minute n.
        minute: u64,
        hour: u64,
        day_of_month: u64,
        month: u64,
        /// Bit 0 stands for Sunday.
        day_of_week: u64,
        /// Whether one of the two fields of days is `*`: the other alone decides then.
        any_day: bool,
    },
    /// `@every`: this many seconds after the last time.
    Every(i64),
}

/// A field's bounds, and the names that stand for its numbers, from the lowest number on.
struct Bounds {
    low: u32,
    high: u32,
    names: &'static [&'static str],
}

const MINUTES: Bounds = Bounds { low: 0, high: 59, names: &[] };
const HOURS: Bounds = Bounds { low: 0, high: 23, names: &[] };
const DAYS: Bounds = Bounds { low: 1, high: 31, names: &[] };
const MONTHS: Bounds = Bounds {
    low: 1,
    high: 12,
    names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
};
const WEEKDAYS: Bounds =
    Bounds { low: 0, high: 6, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] };

/// What short names of schedules stand for.
const DESCRIPTORS: &[(&str, &str)] = &[
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

impl Schedule {
    /// Reads a schedule. Errors: what is wrong with it, in that library's words.
    pub fn parse(text: &str) -> Result<Schedule, String> {
        if text.is_empty() {
            return Err("empty spec string".into());
        }
        // A zone before the fields is for old objects; here all are of UTC.
        let text = match text.strip_prefix("TZ=").or_else(|| text.strip_prefix("CRON_TZ=")) {
            Some(rest) => rest.split_once(' ').map_or("", |(_, fields)| fields.trim()),
            None => text,
        };
        if text.starts_with('@') {
            return Schedule::descriptor(text);
        }
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minute, hour, day_of_month, month, day_of_week] = fields[..] else {
            let shown = fields.join(" ");
            return Err(format!("expected exactly 5 fields, found {}: [{shown}]", fields.len()));
        };
        let (minute, _) = field(minute, &MINUTES)?;
        let (hour, _) = field(hour, &HOURS)?;
        let (day_of_month, any_of_month) = field(day_of_month, &DAYS)?;
        let (month, _) = field(month, &MONTHS)?;
        let (day_of_week, any_of_week) = field(day_of_week, &WEEKDAYS)?;
        let any_day = any_of_month || any_of_week;
        Ok(Schedule::Fields { minute, hour, day_of_month, month, day_of_week, any_day })
    }

    fn descriptor(text: &str) -> Result<Schedule, String> {
        if let Some((_, fields)) = DESCRIPTORS.iter().find(|(name, _)| *name == text) {
            return Schedule::parse(fields);
        }
        let Some(every) = text.strip_prefix("@every ") else {
            return Err(format!("unrecognized descriptor: {text}"));
        };
        let span = super::time::parse_duration(every);
        let span = span.map_err(|why| format!("failed to parse duration {text}: {why}"))?;
        Ok(Schedule::Every((span.0 / 1000).max(1)))
    }

    /// The first moment after this one at which it is due, both in seconds of Unix time; none within five years, as for the
    /// 31st of February.
    pub fn next(&self, after: i64) -> Option<i64> {
        let Schedule::Fields { minute, hour, day_of_month, month, day_of_week, any_day } = self else {
            let Schedule::Every(seconds) = self else { return None };
            return Some(after + seconds);
        };
        let has = |bits: &u64, number: i64| bits >> number & 1 == 1;
        let first = (after.div_euclid(60) + 1) * 60;
        let last_day = first.div_euclid(86400) + 5 * 366;
        let mut day = first.div_euclid(86400);
        let mut from = first.rem_euclid(86400) / 60;
        while day <= last_day {
            let civil = super::time::Civil::of_unix(day * 86400);
            let of_month = has(day_of_month, civil.day);
            let of_week = has(day_of_week, (day + 4).rem_euclid(7));
            let is_day = if *any_day { of_month && of_week } else { of_month || of_week };
            if is_day && has(month, civil.month) {
                let is_due = |at: &i64| has(hour, at / 60) && has(minute, at % 60);
                if let Some(at) = (from..24 * 60).find(is_due) {
                    return Some(day * 86400 + at * 60);
                }
            }
            day += 1;
            from = 0;
        }
        None
    }
}

/// The numbers of a field as bits, and whether it is `*`. Models `parser.go: getField` and `getRange`.
fn field(text: &str, bounds: &Bounds) -> Result<(u64, bool), String> {
    let (mut bits, mut any) = (0, false);
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let pieces: Vec<&str> = part.split('/').collect();
        let ends: Vec<&str> = pieces[0].split('-').collect();
        let single = ends.len() == 1;
        let is_star = single && matches!(ends[0], "*" | "?");
        let (low, mut high) = match ends[..] {
            _ if is_star => (bounds.low, bounds.high),
            [one] => (number_or_name(one, bounds)?, number_or_name(one, bounds)?),
            [low, high] => (number_or_name(low, bounds)?, number_or_name(high, bounds)?),
            _ => return Err(format!("too many hyphens: {part}")),
        };
        let step = match pieces[..] {
            [_] => 1,
            [_, step] => {
                if single {
                    high = bounds.high;
                }
                number(step)?
            }
            _ => return Err(format!("too many slashes: {part}")),
        };
        if low < bounds.low {
            return Err(format!("beginning of range ({low}) below minimum ({}): {part}", bounds.low));
        }
        if high > bounds.high {
            return Err(format!("end of range ({high}) above maximum ({}): {part}", bounds.high));
        }
        if low > high {
            return Err(format!("beginning of range ({low}) beyond end of range ({high}): {part}"));
        }
        if step == 0 {
            return Err(format!("step of range should be a positive number: {part}"));
        }
        any |= is_star && step == 1;
        bits |= (low..=high).step_by(step as usize).fold(0, |bits, n| bits | 1 << n);
    }
    Ok((bits, any))
}

fn number_or_name(text: &str, bounds: &Bounds) -> Result<u32, String> {
    let lower = text.to_ascii_lowercase();
    match bounds.names.iter().position(|name| *name == lower) {
        Some(at) => Ok(bounds.low + at as u32),
        None => number(text),
    }
}

fn number(text: &str) -> Result<u32, String> {
    let wrong = || format!("failed to parse int from {text}: strconv.Atoi: parsing {text:?}: invalid syntax");
    match text.parse::<i64>() {
        Ok(number) if number < 0 => Err(format!("negative number ({number}) not allowed: {text}")),
        Ok(number) => u32::try_from(number).map_err(|_| wrong()),
        Err(_) => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::time::SimTime;

    /// As Unix time.
    fn at(text: &str) -> i64 {
        SimTime::parse_rfc3339(text).expect("it is a time").unix_seconds()
    }

    /// The cases of `robfig/cron: spec_test.go: TestNext`, for five fields.
    #[test]
    fn the_next_time_is_found() {
        for (from, schedule, next) in [
            ("2012-07-09T14:45:00Z", "0/15 * * * *", "2012-07-09T15:00:00Z"),
            ("2012-07-09T14:59:59Z", "0/15 * * * *", "2012-07-09T15:00:00Z"),
            ("2012-07-09T15:45:00Z", "20-35/15 * * * *", "2012-07-09T16:20:00Z"),
            ("2012-07-09T23:46:00Z", "*/15 * * * *", "2012-07-10T00:00:00Z"),
            ("2012-07-09T23:35:51Z", "20-35/15 1/2 */2 * *", "2012-07-11T01:20:00Z"),
            ("2012-07-09T23:35:00Z", "0 0 9 Apr-Oct ?", "2012-08-09T00:00:00Z"),
            ("2012-07-09T23:35:00Z", "0 0 */5 Apr,Aug,Oct Mon", "2012-08-01T00:00:00Z"),
            ("2012-07-09T23:35:00Z", "0 0 */5 Oct Mon", "2012-10-01T00:00:00Z"),
            ("2012-07-09T23:35:00Z", "0 0 * Feb Mon", "2013-02-04T00:00:00Z"),
            ("2012-07-09T23:35:00Z", "0 0 29 Feb ?", "2016-02-29T00:00:00Z"),
            ("2012-12-31T23:59:45Z", "* * * * *", "2013-01-01T00:00:00Z"),
            ("2012-07-09T14:45:30Z", "@hourly", "2012-07-09T15:00:00Z"),
            ("2012-07-09T14:45:30Z", "@every 1h30m", "2012-07-09T16:15:30Z"),
            // Sunday or the 15th: neither is `*`, so one of the two is enough.
            ("2012-07-10T00:00:00Z", "0 0 20 * 0", "2012-07-15T00:00:00Z"),
        ] {
            let schedule = Schedule::parse(schedule).expect(schedule);
            assert_eq!(schedule.next(at(from)), Some(at(next)), "{schedule:?}");
        }
        let never = Schedule::parse("59 23 31 2 *").expect("it has the right form");
        assert_eq!(never.next(at("2012-07-09T00:00:00Z")), None);
    }

    #[test]
    fn mistakes_are_told_in_the_librarys_words() {
        for (schedule, why) in [
            ("", "empty spec string"),
            ("* * * *", "expected exactly 5 fields, found 4: [* * * *]"),
            ("61 * * * *", "end of range (61) above maximum (59): 61"),
            ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
            ("5-3 * * * *", "beginning of range (5) beyond end of range (3): 5-3"),
            ("*/0 * * * *", "step of range should be a positive number: */0"),
            ("5-6-7 * * * *", "too many hyphens: 5-6-7"),
            ("*/2/3 * * * *", "too many slashes: */2/3"),
            ("x * * * *", "failed to parse int from x: strconv.Atoi: parsing \"x\": invalid syntax"),
            ("@unrecognized", "unrecognized descriptor: @unrecognized"),
        ] {
            assert_eq!(Schedule::parse(schedule), Err(why.into()), "{schedule}");
        }
    }
}
