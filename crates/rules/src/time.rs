//! Times and days. A time is milliseconds since 1970 in UTC; a day is a day of the area's own time zone.
//! Nothing here reads a clock: `now` is always handed in.

use jiff::{Timestamp, civil, tz::TimeZone};

pub const SECOND: i64 = 1_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// The zone of every area that names none.
pub const DEFAULT_ZONE: &str = "Asia/Ho_Chi_Minh";

/// A moment: milliseconds since 1970-01-01 in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct At(pub i64);

impl At {
    pub fn plus(self, ms: i64) -> At {
        At(self.0.saturating_add(ms))
    }

    /// Reads RFC 3339 (`2022-03-16T07:30:00+07:00`); `None` if it is anything else.
    pub fn parse(text: &str) -> Option<At> {
        text.trim().parse::<Timestamp>().ok().map(|t| At(t.as_millisecond()))
    }

    /// RFC 3339 in the given zone, with its offset.
    pub fn rfc3339(self, zone: &Zone) -> String {
        let z = self.zoned(zone);
        let ms = self.0.rem_euclid(SECOND);
        let body = z.strftime("%Y-%m-%dT%H:%M:%S");
        let offset = z.strftime("%:z");
        if ms == 0 { format!("{body}{offset}") } else { format!("{body}.{ms:03}{offset}") }
    }

    pub fn zoned(self, zone: &Zone) -> jiff::Zoned {
        // Out of range only for times thousands of years away; they are shown as 1970.
        Timestamp::from_millisecond(self.0).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone.0.clone())
    }

    pub fn day(self, zone: &Zone) -> Day {
        Day(self.zoned(zone).date())
    }

    /// Minutes since local midnight, 0..1440.
    pub fn minute_of_day(self, zone: &Zone) -> i64 {
        let t = self.zoned(zone).time();
        i64::from(t.hour()) * 60 + i64::from(t.minute())
    }
}

/// A time zone by its IANA name; an unknown name falls back to [`DEFAULT_ZONE`].
#[derive(Clone, Debug, PartialEq)]
pub struct Zone(TimeZone);

impl Zone {
    pub fn named(name: &str) -> Zone {
        Zone(TimeZone::get(name).or_else(|_| TimeZone::get(DEFAULT_ZONE)).unwrap_or(TimeZone::UTC))
    }

    pub fn exists(name: &str) -> bool {
        TimeZone::get(name).is_ok()
    }
}

impl Default for Zone {
    fn default() -> Zone {
        Zone::named(DEFAULT_ZONE)
    }
}

/// A calendar day, stored and sent as `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Day(pub civil::Date);

impl Day {
    pub fn new(year: i16, month: i8, day: i8) -> Option<Day> {
        civil::Date::new(year, month, day).ok().map(Day)
    }

    /// Reads `YYYY-MM-DD` alone.
    pub fn parse(text: &str) -> Option<Day> {
        let text = text.trim();
        if text.len() != 10 {
            return None;
        }
        text.parse::<civil::Date>().ok().map(Day)
    }

    /// The moment `minute` minutes after this day's local midnight (720 = 12:00).
    pub fn at_minute(self, minute: i64, zone: &Zone) -> At {
        let minute = minute.clamp(0, 1_439);
        let time = civil::time((minute / 60) as i8, (minute % 60) as i8, 0, 0);
        let zoned = self.0.to_datetime(time).to_zoned(zone.0.clone());
        At(zoned.map(|z| z.timestamp().as_millisecond()).unwrap_or(0))
    }

    pub fn start(self, zone: &Zone) -> At {
        self.at_minute(0, zone)
    }

    pub fn plus(self, days: i64) -> Day {
        Day(self.0.saturating_add(jiff::Span::new().days(days.clamp(-1_000_000, 1_000_000))))
    }

    /// Whole days from `earlier` to this day.
    pub fn since(self, earlier: Day) -> i64 {
        self.0.since(earlier.0).map(|span| i64::from(span.get_days())).unwrap_or(0)
    }

    /// Completed months from `earlier` to this day.
    pub fn months_since(self, earlier: Day) -> i64 {
        let months =
            i64::from(self.0.year() - earlier.0.year()) * 12 + i64::from(self.0.month() - earlier.0.month());
        months - i64::from(self.0.day() < earlier.0.day())
    }

    pub fn year(self) -> i16 {
        self.0.year()
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), self.0.month(), self.0.day())
    }
}

/// A birth date as people know it: a year, or a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BirthDate {
    Year(i16),
    Day(Day),
}

impl BirthDate {
    /// Reads `1957` or `1957-03-02`.
    pub fn parse(text: &str) -> Option<BirthDate> {
        let text = text.trim();
        match text.len() {
            4 => text.parse::<i16>().ok().filter(|y| *y >= 1850).map(BirthDate::Year),
            _ => Day::parse(text).filter(|d| d.year() >= 1850).map(BirthDate::Day),
        }
    }

    pub fn year(self) -> i16 {
        match self {
            BirthDate::Year(year) => year,
            BirthDate::Day(day) => day.year(),
        }
    }

    /// Whether it lies after `today`.
    pub fn is_future(self, today: Day) -> bool {
        match self {
            BirthDate::Year(year) => year > today.year(),
            BirthDate::Day(day) => day > today,
        }
    }

    /// Age in whole years; with a year alone, the age reached this year.
    pub fn age_on(self, today: Day) -> i64 {
        match self {
            BirthDate::Year(year) => i64::from(today.year() - year),
            BirthDate::Day(day) => {
                let had = (today.0.month(), today.0.day()) >= (day.0.month(), day.0.day());
                i64::from(today.year() - day.year()) - i64::from(!had)
            }
        }
    }
}

impl std::fmt::Display for BirthDate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            BirthDate::Year(year) => write!(f, "{year:04}"),
            BirthDate::Day(day) => write!(f, "{day}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noon_in_lai_chau_is_five_in_london() {
        let zone = Zone::default();
        let noon = Day::parse("2022-03-16").unwrap().at_minute(720, &zone);
        assert_eq!(noon, At::parse("2022-03-16T05:00:00Z").unwrap());
        assert_eq!(noon.rfc3339(&zone), "2022-03-16T12:00:00+07:00");
        assert_eq!(noon.plus(-1).rfc3339(&zone), "2022-03-16T11:59:59.999+07:00");
        assert_eq!(noon.plus(-1).day(&zone).to_string(), "2022-03-16");
    }

    #[test]
    fn days_count_over_months() {
        let day = Day::parse("2022-02-27").unwrap();
        assert_eq!(day.plus(3).to_string(), "2022-03-02");
        assert_eq!(Day::parse("2022-03-02").unwrap().since(day), 3);
        assert!(Day::parse("2022-02-31").is_none());
    }

    #[test]
    fn a_birth_year_is_a_birth_date() {
        let today = Day::parse("2022-03-16").unwrap();
        assert_eq!(BirthDate::parse("1957").unwrap().age_on(today), 65);
        assert_eq!(BirthDate::parse("1957-03-17").unwrap().age_on(today), 64);
        assert!(BirthDate::parse("2031").unwrap().is_future(today));
        assert!(BirthDate::parse("57").is_none());
    }
}
