//! Dates, times, numbers, phones and durations as people write them here: `16/3/2022`, `thứ Tư`, `08:02`, `1.061`,
//! `94,2%`, `0912 345 678`, `còn 0:48`. One place, so that a page never formats by itself.

use rules::time::{DAY, HOUR, MINUTE};
use rules::{At, BirthDate, Day, EpisodeKind, Sex, Zone};

use crate::parts::{Countdown, When};
use crate::words::{Lang, t, t_args};

/// `1.061` in Vietnamese, `1,061` in English.
pub fn number_in(lang: Lang, n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mark = match lang {
        Lang::Vi => '.',
        Lang::En => ',',
    };
    let mut out = String::with_capacity(digits.len() + 4);
    if n < 0 {
        out.push('−');
    }
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(mark);
        }
        out.push(digit);
    }
    out
}

/// [`number_in`] Vietnamese: the figures of the records look alike in both languages.
pub fn number(n: i64) -> String {
    number_in(Lang::Vi, n)
}

/// A part of a whole, one place after the comma: `94,2%`. `None` when the whole is nothing.
pub fn percent(part: i64, whole: i64) -> Option<String> {
    if whole <= 0 {
        return None;
    }
    let tenths = (part * 1_000 + whole / 2) / whole;
    Some(match tenths % 10 {
        0 => format!("{}%", tenths / 10),
        rest => format!("{},{rest}%", tenths / 10),
    })
}

/// `16/3/2022`
pub fn date(day: Day) -> String {
    format!("{}/{}/{}", day.0.day(), day.0.month(), day.0.year())
}

/// `16/3`
pub fn short_date(day: Day) -> String {
    format!("{}/{}", day.0.day(), day.0.month())
}

/// `thứ Tư`
pub fn weekday(lang: Lang, day: Day) -> String {
    t(lang, &format!("weekday-{}", day.0.weekday().to_monday_one_offset()))
}

/// `thứ Tư 16/3/2022`
pub fn weekday_date(lang: Lang, day: Day) -> String {
    format!("{} {}", weekday(lang, day), date(day))
}

/// `08:02`
pub fn time(at: At, zone: &Zone) -> String {
    at.zoned(zone).strftime("%H:%M").to_string()
}

/// `07:30, thứ Tư 16/3/2022`
pub fn clock(lang: Lang, at: At, zone: &Zone) -> String {
    format!("{}, {}", time(at, zone), weekday_date(lang, at.day(zone)))
}

/// The exact time as short as it is clear: `08:02` today, `15/3, 17:40` this year, `31/12/2021, 17:40` before.
pub fn exact(at: At, now: At, zone: &Zone) -> String {
    let (day, today) = (at.day(zone), now.day(zone));
    let clock = time(at, zone);
    if day == today {
        clock
    } else if day.year() == today.year() {
        format!("{}, {clock}", short_date(day))
    } else {
        format!("{}, {clock}", date(day))
    }
}

/// `8 phút trước`, `vừa xong`, `hôm qua`, `trong 2 giờ`.
pub fn relative(lang: Lang, at: At, now: At, zone: &Zone) -> String {
    let away = now.0 - at.0;
    let days = now.day(zone).since(at.day(zone));
    let ago = away >= 0;
    let ms = away.abs();
    let n = |unit: i64| (ms / unit).to_string();
    match (ms, days) {
        (ms, _) if ms < MINUTE => t(lang, "relative-now"),
        (ms, _) if ms < HOUR => say(lang, ago, "minutes", &n(MINUTE)),
        (ms, days) if ms < 12 * HOUR || (days == 0 && ms < DAY) => say(lang, ago, "hours", &n(HOUR)),
        (_, 1) => t(lang, "relative-yesterday"),
        (_, -1) => t(lang, "relative-tomorrow"),
        (_, days) => say(lang, ago, "days", &days.abs().to_string()),
    }
}

fn say(lang: Lang, ago: bool, unit: &str, n: &str) -> String {
    let key = format!("relative-{}-{unit}", if ago { "ago" } else { "in" });
    t_args(lang, &key, &[("n", n)])
}

/// A moment with both its times.
pub fn when(lang: Lang, at: At, now: At, zone: &Zone) -> When {
    When { iso: at.rfc3339(zone), exact: exact(at, now, zone), relative: relative(lang, at, now, zone) }
}

/// A clock towards a due time: `còn 0:48`, `quá 1:20`, over a day `còn 1 ngày 3 giờ`.
pub fn countdown(lang: Lang, due: At, now: At, zone: &Zone) -> Countdown {
    let left = due.0 - now.0;
    let late = left < 0;
    let key = if late { "clock-late" } else { "clock-left" };
    Countdown {
        iso: due.rfc3339(zone),
        exact: exact(due, now, zone),
        text: t_args(lang, key, &[("time", &span(lang, left.abs()))]),
        late,
        soon: !late && left <= HOUR,
    }
}

/// `0:48`, `12:05`, `1 ngày 3 giờ`
pub fn span(lang: Lang, ms: i64) -> String {
    let minutes = ms.abs() / MINUTE;
    if ms.abs() < DAY {
        return format!("{}:{:02}", minutes / 60, minutes % 60);
    }
    let (days, hours) = (ms.abs() / DAY, ms.abs() % DAY / HOUR);
    t_args(lang, "span-days-hours", &[("days", &days.to_string()), ("hours", &hours.to_string())])
}

/// How long something has lasted, in words: `3 giờ 20 phút`, `45 phút`, `2 ngày 4 giờ`.
pub fn duration(lang: Lang, ms: i64) -> String {
    let ms = ms.max(0);
    let (days, hours, minutes) = (ms / DAY, ms % DAY / HOUR, ms % HOUR / MINUTE);
    let s = |n: i64| n.to_string();
    match (days, hours, minutes) {
        (0, 0, 0) => t(lang, "span-just-now"),
        (0, 0, _) => t_args(lang, "span-minutes", &[("minutes", &s(minutes))]),
        (0, _, 0) => t_args(lang, "span-hours", &[("hours", &s(hours))]),
        (0, _, _) => t_args(lang, "span-hours-minutes", &[("hours", &s(hours)), ("minutes", &s(minutes))]),
        (_, 0, _) => t_args(lang, "span-days", &[("days", &s(days))]),
        _ => t_args(lang, "span-days-hours", &[("days", &s(days)), ("hours", &s(hours))]),
    }
}

/// A number as people here write it: `0912 345 678`; a landline `0213 387 6543`. Numbers of other shapes stay.
pub fn phone(e164: &str) -> String {
    let Some(rest) = e164.strip_prefix("+84") else {
        return e164.to_owned();
    };
    if !rest.bytes().all(|b| b.is_ascii_digit()) {
        return e164.to_owned();
    }
    let local = format!("0{rest}");
    match (local.len(), local.as_bytes().get(1)) {
        (10, _) => format!("{} {} {}", &local[..4], &local[4..7], &local[7..]),
        (11, Some(b'2')) => format!("{} {} {}", &local[..4], &local[4..7], &local[7..]),
        _ => local,
    }
}

/// `82 tuổi`; for a child under two with a full birth date `14 tháng`. Empty without a birth date.
pub fn age(lang: Lang, birth: Option<BirthDate>, today: Day) -> String {
    let Some(birth) = birth else {
        return String::new();
    };
    let years = birth.age_on(today);
    match birth {
        BirthDate::Day(day) if years < 2 => {
            let months = (i64::from(today.year()) - i64::from(day.year())) * 12
                + i64::from(today.0.month() - day.0.month())
                - i64::from(today.0.day() < day.0.day());
            t_args(lang, "age-months", &[("n", &months.max(0).to_string())])
        }
        BirthDate::Day(_) | BirthDate::Year(_) => {
            t_args(lang, "age-years", &[("n", &years.max(0).to_string())])
        }
    }
}

/// `1940` or `2/3/1940`
pub fn birth(birth: BirthDate) -> String {
    match birth {
        BirthDate::Year(year) => year.to_string(),
        BirthDate::Day(day) => date(day),
    }
}

/// `F0 · ngày 5`; without a day only `F0`.
pub fn day_tag(lang: Lang, kind: EpisodeKind, day: Option<i64>) -> String {
    let kind = match kind {
        EpisodeKind::Case => "F0",
        EpisodeKind::Contact => "F1",
    };
    match day {
        Some(day) => t_args(lang, "day-tag", &[("kind", kind), ("day", &day.to_string())]),
        None => kind.to_owned(),
    }
}

/// The form of address by age and sex, as a nurse of about thirty says it; the default of a field people can change.
pub fn kinship(lang: Lang, age: Option<i64>, sex: Sex) -> String {
    let key = match (age, sex) {
        (Some(..16), _) => "kin-child",
        (Some(16..30), _) => "kin-younger",
        (Some(60..), Sex::Female) => "kin-grandmother",
        (Some(60..), Sex::Male) => "kin-grandfather",
        (Some(50..), _) => "kin-elder",
        (_, Sex::Female) => "kin-sister",
        (_, Sex::Male) => "kin-brother",
        (_, Sex::Unknown) => "kin-unknown",
    };
    t(lang, key)
}

/// Reads a day as people type it: `16/3/2022`, `16-03-2022`, `16.3.22`, `2022-03-16`.
pub fn read_date(text: &str) -> Option<Day> {
    let text = text.trim();
    if let Some(day) = Day::parse(text) {
        return Some(day);
    }
    let parts: Vec<&str> = text.split(['/', '-', '.', ' ']).filter(|part| !part.is_empty()).collect();
    let [day, month, year] = parts.as_slice() else {
        return None;
    };
    let year: i16 = year.parse().ok()?;
    Day::new(if year < 100 { year + 2_000 } else { year }, month.parse().ok()?, day.parse().ok()?)
}

/// Reads a birth date as people type it: `1940`, `2/3/1940`, `1940-03-02`.
pub fn read_birth(text: &str) -> Option<BirthDate> {
    BirthDate::parse(text).or_else(|| read_date(text).filter(|day| day.year() >= 1850).map(BirthDate::Day))
}

/// Reads a moment as people type it: `16/3/2022 10:05`, `10:05` (of `today`), `16/3/2022` (its noon), RFC 3339.
pub fn read_moment(text: &str, today: Day, zone: &Zone) -> Option<At> {
    let text = text.trim();
    if let Some(at) = At::parse(text) {
        return Some(at);
    }
    let (date, clock) = match text.split_once([' ', 'T']) {
        Some((date, clock)) => (read_date(date)?, Some(clock)),
        None if text.contains([':', 'h']) => (today, Some(text)),
        None => (read_date(text)?, None),
    };
    let minute = match clock {
        None => 720,
        Some(clock) => {
            let (hour, minute) = clock.trim().split_once([':', 'h'])?;
            let (hour, minute): (i64, i64) =
                (hour.parse().ok()?, if minute.is_empty() { 0 } else { minute.get(..2)?.parse().ok()? });
            if !(0..24).contains(&hour) || !(0..60).contains(&minute) {
                return None;
            }
            hour * 60 + minute
        }
    };
    Some(date.at_minute(minute, zone))
}

#[cfg(test)]
mod tests {
    use super::*;

    const VI: Lang = Lang::Vi;

    fn at(text: &str) -> At {
        At::parse(text).unwrap()
    }

    #[test]
    fn numbers_as_offices_write_them() {
        assert_eq!(number(1_061), "1.061");
        assert_eq!(number(1_234_567), "1.234.567");
        assert_eq!(number(-12), "−12");
        assert_eq!(number(0), "0");
        assert_eq!(number_in(Lang::En, 1_061), "1,061");
        assert_eq!(percent(942, 1_000).as_deref(), Some("94,2%"));
        assert_eq!(percent(1, 1).as_deref(), Some("100%"));
        assert_eq!(percent(0, 0), None);
    }

    #[test]
    fn days_and_times() {
        let zone = Zone::default();
        let now = at("2022-03-16T08:10:00+07:00");
        let day = now.day(&zone);
        assert_eq!(date(day), "16/3/2022");
        assert_eq!(weekday_date(VI, day), "thứ Tư 16/3/2022");
        assert_eq!(weekday(VI, day.plus(4)), "Chủ nhật");
        assert_eq!(exact(at("2022-03-16T08:02:00+07:00"), now, &zone), "08:02");
        assert_eq!(exact(at("2022-03-15T17:40:00+07:00"), now, &zone), "15/3, 17:40");
        assert_eq!(exact(at("2021-12-31T17:40:00+07:00"), now, &zone), "31/12/2021, 17:40");
        for (then, words) in [
            ("2022-03-16T08:09:30+07:00", "vừa xong"),
            ("2022-03-16T08:02:00+07:00", "8 phút trước"),
            ("2022-03-16T05:10:00+07:00", "3 giờ trước"),
            ("2022-03-15T17:40:00+07:00", "hôm qua"),
            ("2022-03-11T09:00:00+07:00", "5 ngày trước"),
            ("2022-03-16T10:10:00+07:00", "2 giờ nữa"),
        ] {
            assert_eq!(relative(VI, at(then), now, &zone), words, "{then}");
        }
    }

    #[test]
    fn clocks_run_towards_their_time() {
        let zone = Zone::default();
        let now = at("2022-03-16T08:10:00+07:00");
        let due = countdown(VI, at("2022-03-16T08:58:00+07:00"), now, &zone);
        assert_eq!((due.text.as_str(), due.soon, due.late), ("còn 0:48", true, false));
        let due = countdown(VI, at("2022-03-16T06:50:00+07:00"), now, &zone);
        assert_eq!((due.text.as_str(), due.soon, due.late), ("quá 1:20", false, true));
        let due = countdown(VI, at("2022-03-17T11:10:00+07:00"), now, &zone);
        assert_eq!(due.text, "còn 1 ngày 3 giờ");
        assert_eq!(duration(VI, 200 * MINUTE), "3 giờ 20 phút");
        assert_eq!(duration(VI, 30_000), "chưa tới 1 phút");
    }

    #[test]
    fn phones_in_groups() {
        assert_eq!(phone("+84912345678"), "0912 345 678");
        assert_eq!(phone("+842133876543"), "0213 387 6543");
        assert_eq!(phone("115"), "115");
    }

    #[test]
    fn people() {
        let today = Day::parse("2022-03-16").unwrap();
        assert_eq!(age(VI, BirthDate::parse("1940"), today), "82 tuổi");
        assert_eq!(age(VI, BirthDate::parse("2021-01-20"), today), "13 tháng");
        assert_eq!(age(VI, None, today), "");
        assert_eq!(day_tag(VI, EpisodeKind::Case, Some(5)), "F0 · ngày 5");
        assert_eq!(kinship(VI, Some(82), Sex::Female), "bà");
        assert_eq!(kinship(VI, Some(8), Sex::Male), "cháu");
        assert_eq!(crate::parts::initials("Tẩn Mý Chản"), "TC");
        assert_eq!(crate::parts::initials("Trần Thị Thu Hằng"), "TH");
        assert_eq!(crate::parts::initials("Páo"), "P");
    }

    #[test]
    fn what_people_type_is_read() {
        let (zone, today) = (Zone::default(), Day::parse("2022-03-16").unwrap());
        for text in ["16/3/2022", "16-03-2022", "16.3.22", "2022-03-16"] {
            assert_eq!(read_date(text), Some(today), "{text}");
        }
        assert_eq!(read_date("31/2/2022"), None);
        assert_eq!(read_birth("1940"), Some(BirthDate::Year(1940)));
        assert_eq!(read_birth("2/3/1940"), BirthDate::parse("1940-03-02"));
        let five = at("2022-03-16T10:05:00+07:00");
        for text in ["16/3/2022 10:05", "10:05", "10h05", "2022-03-16T10:05"] {
            assert_eq!(read_moment(text, today, &zone), Some(five), "{text}");
        }
        assert_eq!(read_moment("25:00", today, &zone), None);
    }
}
