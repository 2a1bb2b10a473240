//! What a single cell means: text, days, years, ditto marks, yes and no, doses, illnesses.

use super::Cell;
use crate::fold::{fold, nfc};
use crate::time::{BirthDate, Day};
use crate::words::{EpisodeKind, Risk, Sex, TestKind};

/// Nobody in a list was born before.
const BIRTH_YEAR_MIN: i16 = 1900;
/// An age above is a birth year or a slip.
const AGE_MAX: i16 = 120;
/// Serial days of a spreadsheet that are taken for dates (1954-10 to 2064-04); smaller numbers are years or ages.
const SERIAL_MIN: f64 = 20_000.0;
const SERIAL_MAX: f64 = 60_000.0;
/// More doses than anybody was given: the cell says something else.
const DOSES_MAX: i64 = 9;

impl Cell {
    /// The text of a cell as a reader sees it. A day reads dd/mm/yyyy.
    pub fn text(&self) -> String {
        match self {
            Cell::Empty => String::new(),
            Cell::Text(text) => nfc(text),
            Cell::Number(n) => number_text(*n),
            Cell::Date(day) => format!("{:02}/{:02}/{:04}", day.0.day(), day.0.month(), day.year()),
        }
    }

    /// Blank, or a mark that stands for "nothing here".
    pub fn is_blank(&self) -> bool {
        match self {
            Cell::Empty => true,
            Cell::Text(text) => {
                text.chars().all(|c| c.is_whitespace() || "-–—._…'\u{200b}\u{feff}".contains(c))
            }
            Cell::Number(_) | Cell::Date(_) => false,
        }
    }
}

pub fn number_text(n: f64) -> String {
    // Display writes whole numbers without a fraction and never in powers of ten.
    if n.is_finite() { format!("{n}") } else { String::new() }
}

/// The text folded, its punctuation turned to single spaces, letters and digits apart: "KP3," is "kp 3".
pub fn words(text: &str) -> String {
    let mut out = String::new();
    let mut last = ' ';
    for c in fold(text).chars() {
        let c = if c.is_alphanumeric() { c } else { ' ' };
        if c.is_ascii_digit() != last.is_ascii_digit() && c != ' ' && last != ' ' {
            out.push(' ');
        }
        if c != ' ' || last != ' ' {
            out.push(c);
        }
        last = c;
    }
    out.trim().to_owned()
}

/// Whether `phrase` stands in `words` as whole words.
pub fn says(words: &str, phrase: &str) -> bool {
    words.match_indices(phrase).any(|(i, _)| {
        let before = words[..i].chars().next_back();
        let after = words[i + phrase.len()..].chars().next();
        before.is_none_or(|c| c == ' ') && after.is_none_or(|c| c == ' ')
    })
}

pub fn says_any(words: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| says(words, phrase))
}

/// "nt", "như trên", `"`: the cell means what the row above means.
pub fn is_ditto(cell: &Cell) -> bool {
    let Cell::Text(text) = cell else { return false };
    let key = fold(text);
    let marks = "\"“”„‟″〃''‘’´`/\\-–—.,=↑⇑^ ";
    if !key.is_empty() && key.chars().all(|c| marks.contains(c)) {
        // A dash or a dot alone is an empty cell; a quotation mark or two strokes mean ditto.
        let quotes = key.chars().filter(|c| "\"“”„‟″〃↑⇑^".contains(*c)).count();
        let halves = key.chars().filter(|c| "''‘’´`/\\".contains(*c)).count();
        return quotes >= 1 || halves >= 2;
    }
    let key = key.split(['(', '[']).next().unwrap_or_default();
    let key = words(key);
    matches!(
        key.as_str(),
        "nt" | "n t"
            | "nhu tren"
            | "nhu nt"
            | "giong tren"
            | "cung tren"
            | "o tren"
            | "cung dia chi"
            | "cung dia chi tren"
            | "cung ho"
            | "cung nha"
            | "cung ho tren"
            | "cung gia dinh"
            | "dia chi nhu tren"
            | "dia chi nhu nt"
            | "tuong tu"
            | "tuong tu tren"
            | "nhu dong tren"
            | "nhu hang tren"
            | "nhu nguoi tren"
            | "ditto"
            | "idem"
            | "same"
            | "same as above"
            | "as above"
            | "see above"
    )
}

/// The order of day and month in a column of written dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    DayFirst,
    MonthFirst,
}

/// What a cell in a column of days says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadDay {
    /// Nothing, or nothing as precise as a day.
    None,
    Day(Day),
    /// It names a day that does not exist.
    Impossible,
}

/// Reads a day. `near` gives a day without a year its year: the latest one that is not after it.
pub fn read_day(cell: &Cell, near: Day, order: DateOrder) -> ReadDay {
    match cell {
        Cell::Empty => ReadDay::None,
        Cell::Date(day) => ReadDay::Day(*day),
        Cell::Number(n) => read_day_number(*n),
        Cell::Text(text) => read_day_text(text, near, order, |yy| 2000 + yy),
    }
}

fn read_day_number(n: f64) -> ReadDay {
    if (SERIAL_MIN..SERIAL_MAX).contains(&n) {
        return serial_day(n).map_or(ReadDay::None, ReadDay::Day);
    }
    let text = number_text(n);
    match text.len() {
        7 | 8 if text.bytes().all(|b| b.is_ascii_digit()) => read_day_digits(&format!("{text:0>8}")),
        _ => ReadDay::None,
    }
}

/// The day of a spreadsheet's serial number (1 = 1900-01-01, with the leap day that 1900 never had).
pub fn serial_day(serial: f64) -> Option<Day> {
    let days = serial.floor();
    if !(61.0..2_958_466.0).contains(&days) {
        return None;
    }
    Day::new(1899, 12, 30).map(|epoch| epoch.plus(days as i64))
}

/// Eight digits: 09032022 or 20220309.
fn read_day_digits(digits: &str) -> ReadDay {
    let n =
        |range: std::ops::Range<usize>| digits.get(range).and_then(|t| t.parse::<i16>().ok()).unwrap_or(0);
    let day_first = Day::new(n(4..8), n(2..4) as i8, n(0..2) as i8);
    let year_first = Day::new(n(0..4), n(4..6) as i8, n(6..8) as i8);
    let is_near = |d: &Day| (BIRTH_YEAR_MIN..2100).contains(&d.year());
    match day_first.filter(is_near).or(year_first.filter(is_near)) {
        Some(day) => ReadDay::Day(day),
        None => ReadDay::Impossible,
    }
}

/// A run of digits in a text, and what stands between it and the next run.
struct Run {
    value: i64,
    len: usize,
    then: String,
}

fn runs(text: &str) -> Vec<Run> {
    let mut out: Vec<Run> = Vec::new();
    let mut in_run = false;
    for c in text.chars() {
        if let Some(digit) = c.to_digit(10) {
            if !in_run {
                out.push(Run { value: 0, len: 0, then: String::new() });
            }
            if let Some(run) = out.last_mut() {
                run.value = (run.value * 10 + i64::from(digit)).min(99_999_999);
                run.len += 1;
            }
            in_run = true;
        } else {
            if let Some(run) = out.last_mut() {
                run.then.push(c);
            }
            in_run = false;
        }
    }
    out
}

const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Puts the English name of a month into figures: "14-Mar-22" becomes "14-/3/22". It must be the only word, because
/// "máy" folds to May.
fn figures(folded: &str) -> String {
    let mut names = folded.split(|c: char| !c.is_ascii_alphabetic()).filter(|w| !w.is_empty());
    if names.next().is_none() || names.next().is_some() || !folded.contains(|c: char| c.is_ascii_digit()) {
        return folded.to_owned();
    }
    let mut out = String::new();
    for (i, word) in folded.split_inclusive(|c: char| !c.is_ascii_alphabetic()).enumerate() {
        let letters = word.trim_end_matches(|c: char| !c.is_ascii_alphabetic());
        let month =
            (letters.len() >= 3).then(|| MONTHS.iter().position(|m| letters.starts_with(m))).flatten();
        match month {
            Some(month) => out.push_str(&format!("{}{}/", if i == 0 { "" } else { "/" }, month + 1)),
            None => out.push_str(word),
        }
    }
    out
}

fn read_day_text(text: &str, near: Day, order: DateOrder, century: impl Fn(i64) -> i64) -> ReadDay {
    let folded = figures(&fold(text));
    let runs = runs(&folded);
    if runs.is_empty() {
        return ReadDay::None;
    }
    let is_clock =
        |run: &Run| run.then.starts_with(':') || run.then.starts_with('h') || run.then.starts_with(" gio");
    let is_joint = |then: &str| {
        matches!(then.trim(), "/" | "-" | "." | "//" | "-/" | "/-" | ",")
            || matches!(then.trim(), "thang" | "nam" | "thg" | "- thg" | "/ thang" | "-thg" | "/thg" | "t")
    };
    // The first three runs joined like a date; a clock before or after is left out. Spaces alone join only if nothing
    // else does.
    let joined = |joint: &dyn Fn(&str) -> bool| {
        runs.windows(3).find(|w| {
            joint(&w[0].then)
                && joint(&w[1].then)
                && !w.iter().take(2).any(is_clock)
                && w.iter().all(|r| r.len <= 4)
        })
    };
    let triple = joined(&is_joint).or_else(|| joined(&|then| then.trim().is_empty()));
    if let Some([a, b, c]) = triple {
        return read_triple(a, b, c, order, century);
    }
    match runs.as_slice() {
        [one, ..] if matches!(one.len, 8) && one.then.trim().is_empty() => {
            read_day_digits(&folded.chars().filter(char::is_ascii_digit).take(8).collect::<String>())
        }
        [one] if one.len == 5 => read_day_number(one.value as f64),
        [a, b, ..] if is_joint(&a.then) && !is_clock(a) && a.len <= 2 && b.len <= 2 => {
            read_pair(a.value, b.value, near, order)
        }
        _ => ReadDay::None,
    }
}

fn read_triple(a: &Run, b: &Run, c: &Run, order: DateOrder, century: impl Fn(i64) -> i64) -> ReadDay {
    let (day, month, year, year_len) = if a.len == 4 {
        (c.value, b.value, a.value, a.len)
    } else if order == DateOrder::MonthFirst {
        (b.value, a.value, c.value, c.len)
    } else {
        (a.value, b.value, c.value, c.len)
    };
    let year = match year_len {
        4 => year,
        1 | 2 => century(year),
        _ => return ReadDay::Impossible,
    };
    civil(year, month, day).map_or(ReadDay::Impossible, ReadDay::Day)
}

/// A day and a month: the latest such day that is not after `near`.
fn read_pair(a: i64, b: i64, near: Day, order: DateOrder) -> ReadDay {
    let (day, month) = if order == DateOrder::MonthFirst { (b, a) } else { (a, b) };
    let year = i64::from(near.year());
    match civil(year, month, day) {
        Some(found) if found <= near => ReadDay::Day(found),
        _ => {
            civil(year - 1, month, day).or(civil(year, month, day)).map_or(ReadDay::Impossible, ReadDay::Day)
        }
    }
}

fn civil(year: i64, month: i64, day: i64) -> Option<Day> {
    Day::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?)
}

/// The order of a column: month first only where several dates can be read in no other way and none contradicts.
pub fn date_order<'a>(cells: impl Iterator<Item = &'a Cell>) -> DateOrder {
    let (mut day_first, mut month_first) = (0, 0);
    for cell in cells {
        let Cell::Text(text) = cell else { continue };
        let runs = runs(&fold(text));
        if let [a, b, c, ..] = runs.as_slice()
            && a.len <= 2
            && b.len <= 2
            && matches!(c.len, 2 | 4)
        {
            day_first += usize::from((13..=31).contains(&a.value) && b.value <= 12);
            month_first += usize::from((13..=31).contains(&b.value) && a.value <= 12);
        }
    }
    if month_first >= 2 && day_first == 0 { DateOrder::MonthFirst } else { DateOrder::DayFirst }
}

/// What a cell in a column of births says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadBirth {
    None,
    Birth(BirthDate),
    Impossible,
}

/// Reads a birth day, a birth year, or an age where the column's title says so.
pub fn read_birth(cell: &Cell, is_age: bool, today: Day, order: DateOrder) -> ReadBirth {
    match cell {
        Cell::Empty => ReadBirth::None,
        Cell::Date(day) => {
            // A year in a column formatted as dates: 1962 shows as a day of 1905.
            let serial = Day::new(1899, 12, 30).map_or(0, |epoch| day.since(epoch));
            match i16::try_from(serial) {
                Ok(year) if (BIRTH_YEAR_MIN..=today.year()).contains(&year) => {
                    ReadBirth::Birth(BirthDate::Year(year))
                }
                _ => ReadBirth::Birth(BirthDate::Day(*day)),
            }
        }
        Cell::Number(n) if *n == 0.0 => ReadBirth::None,
        Cell::Number(n) if n.fract() == 0.0 && (1.0..10_000.0).contains(n) => {
            read_year(*n as i16, is_age, today)
        }
        Cell::Number(n) => match read_day_number(*n) {
            ReadDay::Day(day) => ReadBirth::Birth(BirthDate::Day(day)),
            ReadDay::None | ReadDay::Impossible => ReadBirth::Impossible,
        },
        Cell::Text(text) => read_birth_text(text, is_age, today, order),
    }
}

fn read_birth_text(text: &str, is_age: bool, today: Day, order: DateOrder) -> ReadBirth {
    let folded = fold(text);
    let found = runs(&folded);
    let spoken = words(text);
    let century = |yy: i64| if yy > i64::from(today.year()) % 100 { 1900 + yy } else { 2000 + yy };
    match found.as_slice() {
        [] => ReadBirth::None,
        [one] if says(&spoken, "thang") && (is_age || says(&spoken, "tuoi")) => {
            let born = today.plus(-31 * one.value.min(36));
            ReadBirth::Birth(BirthDate::Year(born.year()))
        }
        [one] if one.len <= 4 => {
            read_year(one.value as i16, is_age || says_any(&spoken, &["tuoi", "years", "year old"]), today)
        }
        // "03/1962": the month says more than is kept.
        [month, year] if month.len <= 2 && year.len == 4 && (1..=12).contains(&month.value) => {
            read_year(year.value as i16, false, today)
        }
        [_, _] => ReadBirth::Impossible,
        _ => match read_day_text(text, today, order, century) {
            ReadDay::Day(day) if day.year() >= BIRTH_YEAR_MIN => ReadBirth::Birth(BirthDate::Day(day)),
            ReadDay::Day(_) | ReadDay::Impossible | ReadDay::None => ReadBirth::Impossible,
        },
    }
}

fn read_year(value: i16, is_age: bool, today: Day) -> ReadBirth {
    if is_age && (0..=AGE_MAX).contains(&value) {
        return ReadBirth::Birth(BirthDate::Year(today.year() - value));
    }
    match value {
        // Two digits of a year: the century that makes a living person.
        0..=99 => {
            let this_century = today.year() - today.year() % 100;
            let year = this_century + value;
            ReadBirth::Birth(BirthDate::Year(if year > today.year() { year - 100 } else { year }))
        }
        BIRTH_YEAR_MIN..=2999 => ReadBirth::Birth(BirthDate::Year(value)),
        _ => ReadBirth::Impossible,
    }
}

/// "x", "có", "đã gọi" are yes; "ko", "chưa" no.
pub fn read_yes(cell: &Cell) -> Option<bool> {
    match cell {
        Cell::Empty => None,
        Cell::Number(n) => Some(*n != 0.0),
        Cell::Date(_) => Some(true),
        Cell::Text(text) => {
            let key = words(text);
            let mark = fold(text);
            if says_any(&key, &["khong", "ko", "chua", "no", "kg", "not", "never"])
                || matches!(key.as_str(), "k" | "kh" | "0" | "false" | "n" | "sai")
                || matches!(mark.as_str(), "-" | "✗" | "✘")
            {
                return Some(false);
            }
            let is_mark =
                matches!(mark.as_str(), "+" | "✓" | "✔" | "☑" | "√" | "v" | "x" | "xx" | "[x]" | "(x)" | "×");
            (is_mark || !key.is_empty()).then_some(true)
        }
    }
}

pub fn read_sex(cell: &Cell) -> Sex {
    let key = words(&cell.text());
    let first = key.split(' ').next().unwrap_or_default();
    match first {
        "nam" | "male" | "m" | "man" | "boy" | "trai" | "ong" | "anh" | "be" if key != "be gai" => Sex::Male,
        "nu" | "female" | "f" | "woman" | "girl" | "gai" | "ba" | "chi" | "be" => Sex::Female,
        _ => Sex::Unknown,
    }
}

/// What a cell in a column of kinds says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadKind {
    None,
    Kind(EpisodeKind),
    /// It says something, and not F0 nor F1.
    Unclear,
}

pub fn read_kind(cell: &Cell) -> ReadKind {
    if let Cell::Number(n) = cell {
        return match *n {
            0.0 => ReadKind::Kind(EpisodeKind::Case),
            1.0 => ReadKind::Kind(EpisodeKind::Contact),
            _ => ReadKind::Unclear,
        };
    }
    if cell.is_blank() {
        return ReadKind::None;
    }
    kind_in(&words(&cell.text())).map_or(ReadKind::Unclear, ReadKind::Kind)
}

const CASE_WORDS: &[&str] = &[
    "f 0",
    "fo",
    "duong tinh",
    "mac benh",
    "mac covid",
    "nguoi mac",
    "ca benh",
    "ca mac",
    "nguoi benh",
    "benh nhan",
    "case",
    "positive",
];
const CONTACT_WORDS: &[&str] = &["f 1", "tiep xuc", "contact"];

/// F0 or F1 in folded words. A contact who became a case is a case; a contact of a case is a contact.
pub fn kind_in(words: &str) -> Option<EpisodeKind> {
    match (says_any(words, CASE_WORDS), says_any(words, CONTACT_WORDS)) {
        (true, true) if says_any(words, &["tiep xuc", "contact", "cua", "voi"]) => Some(EpisodeKind::Contact),
        (true, _) => Some(EpisodeKind::Case),
        (false, true) => Some(EpisodeKind::Contact),
        (false, false) => None,
    }
}

/// What a title says of everybody under it: F1 only where it names no F0.
pub fn kind_of_title(words: &str) -> Option<EpisodeKind> {
    let contact = says_any(words, CONTACT_WORDS) && !says_any(words, CASE_WORDS);
    let case = says_any(words, &["f 0", "mac covid", "duong tinh"]) && !says_any(words, CONTACT_WORDS);
    if contact { Some(EpisodeKind::Contact) } else { case.then_some(EpisodeKind::Case) }
}

pub fn read_test(cell: &Cell) -> Option<TestKind> {
    let key = words(&cell.text());
    if says_any(&key, &["pcr", "rt pcr", "realtime", "rt"]) {
        Some(TestKind::Pcr)
    } else if says_any(
        &key,
        &["nhanh", "test", "tn", "rapid", "antigen", "ag", "kn", "khang nguyen", "kit", "lfd"],
    ) {
        Some(TestKind::Rapid)
    } else {
        None
    }
}

pub fn read_doses(cell: &Cell) -> Option<u8> {
    let dose = |n: i64| (0..=DOSES_MAX).contains(&n).then_some(n as u8);
    match cell {
        Cell::Empty | Cell::Date(_) => None,
        Cell::Number(n) if n.fract() == 0.0 && n.abs() < 100.0 => dose(*n as i64),
        Cell::Number(_) => None,
        Cell::Text(text) => {
            let key = words(text);
            let runs = runs(&key);
            match runs.first() {
                // "14/02/2022" is a day, not fourteen doses.
                Some(_) if runs.iter().any(|r| r.len >= 3) && !says(&key, "mui") => None,
                Some(run) => dose(run.value),
                None if says_any(&key, &["chua", "khong", "ko", "none", "no", "not"]) => Some(0),
                None => key
                    .split(' ')
                    .find_map(|w| ["khong", "mot", "hai", "ba", "bon"].iter().position(|n| *n == w))
                    .and_then(|n| dose(n as i64)),
            }
        }
    }
}

/// Each illness by the words and abbreviations of lists. Matched on whole folded words.
const RISKS: &[(Risk, &[&str])] = &[
    (
        Risk::Hypertension,
        &[
            "tha",
            "tang huyet ap",
            "cao huyet ap",
            "huyet ap",
            "ha cao",
            "cao ha",
            "tang ha",
            "hypertension",
            "high blood pressure",
        ],
    ),
    (
        Risk::Diabetes,
        &["dtd", "dai thao duong", "tieu duong", "dai duong", "tduong", "diabetes", "dm", "t 2 d"],
    ),
    (
        Risk::Heart,
        &[
            "tim",
            "tim mach",
            "mach vanh",
            "suy tim",
            "nhoi mau",
            "nmct",
            "cad",
            "heart",
            "cardiac",
            "rung nhi",
        ],
    ),
    (
        Risk::Lung,
        &[
            "hen",
            "hpq",
            "copd",
            "phoi",
            "lao",
            "gian phe quan",
            "viem phe quan man",
            "suyen",
            "asthma",
            "lung",
        ],
    ),
    (Risk::Kidney, &["than", "suy than", "chay than", "ctnt", "loc mau", "kidney", "renal", "dialysis"]),
    (Risk::Cancer, &["ung thu", "k", "u ac", "buou ac", "hoa tri", "xa tri", "cancer", "tumor", "tumour"]),
    (
        Risk::Immune,
        &[
            "hiv",
            "suy giam mien dich",
            "sgmd",
            "mien dich",
            "ghep tang",
            "ghep than",
            "lupus",
            "corticoid",
            "immune",
            "immunosuppressed",
        ],
    ),
    (Risk::Obesity, &["beo phi", "thua can", "beo", "obesity", "obese"]),
    (
        Risk::Pregnancy,
        &[
            "thai",
            "co thai",
            "mang thai",
            "mang bau",
            "bau",
            "co bau",
            "thai phu",
            "thai ky",
            "pregnant",
            "pregnancy",
        ],
    ),
];

/// The risks a cell names; an illness that is none of ours is `Other`. Each once, in the order of writing.
pub fn read_risks(cell: &Cell) -> Vec<Risk> {
    let Cell::Text(text) = cell else { return Vec::new() };
    let mut out: Vec<Risk> = Vec::new();
    let folded = fold(text).replace(" va ", ",").replace(" and ", ",");
    for part in folded.split([',', ';', '+', '/', '&', '\n', '.']) {
        let key = words(part);
        // "thận" and "thân" fold alike; in this column only the organ is meant.
        let key = key.strip_prefix("benh ").unwrap_or(&key);
        if key.is_empty() || !key.chars().any(char::is_alphabetic) || says_nothing(key) {
            continue;
        }
        let named: Vec<Risk> =
            RISKS.iter().filter(|(_, phrases)| says_any(key, phrases)).map(|(risk, _)| *risk).collect();
        let named = if named.is_empty() { vec![Risk::Other] } else { named };
        for risk in named {
            if !out.contains(&risk) {
                out.push(risk);
            }
        }
    }
    out
}

/// "không", "chưa ghi nhận", "khỏe": no illness.
fn says_nothing(key: &str) -> bool {
    matches!(
        key,
        "x" | "k"
            | "o"
            | "na"
            | "n a"
            | "binh thuong"
            | "bt"
            | "khoe"
            | "khoe manh"
            | "chua ro"
            | "chua phat hien"
    ) || key
        .split(' ')
        .next()
        .is_some_and(|w| matches!(w, "khong" | "ko" | "kg" | "chua" | "none" | "no" | "nil"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    fn text(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }

    #[test]
    fn days_in_their_forms() {
        let ninth = ReadDay::Day(day("2022-03-09"));
        let table = [
            ("09/03/2022", ninth),
            ("9/3/22", ninth),
            ("09-03-2022", ninth),
            ("09.03.2022", ninth),
            ("09 / 03 / 2022", ninth),
            ("ngày 09/03/2022", ninth),
            ("ngày 9 tháng 3 năm 2022", ninth),
            ("2022-03-09", ninth),
            ("2022-03-09T08:30:00", ninth),
            ("08:30 09/03/2022", ninth),
            ("8h30 ngày 09/03/2022", ninth),
            ("09/03/2022 08:30", ninth),
            ("9/3", ninth),
            ("09-Mar-22", ninth),
            ("09032022", ninth),
            ("20220309", ninth),
            ("44629", ninth),
            ("XN lần 1: 09/03/2022", ninth),
            ("28/12", ReadDay::Day(day("2021-12-28"))),
            ("31/02/2022", ReadDay::Impossible),
            ("31/2", ReadDay::Impossible),
            ("14/13/2022", ReadDay::Impossible),
            ("09/03/202", ReadDay::Impossible),
            ("chưa rõ", ReadDay::None),
            ("", ReadDay::None),
            ("2022", ReadDay::None),
            ("PCR", ReadDay::None),
        ];
        for (written, read) in table {
            assert_eq!(read_day(&text(written), day("2022-03-16"), DateOrder::DayFirst), read, "{written}");
        }
        let today = day("2022-03-16");
        assert_eq!(read_day(&Cell::Number(44_629.0), today, DateOrder::DayFirst), ninth);
        assert_eq!(read_day(&Cell::Number(9_032_022.0), today, DateOrder::DayFirst), ninth);
        assert_eq!(read_day(&text("3/9/2022"), today, DateOrder::MonthFirst), ninth);
    }

    #[test]
    fn the_order_of_a_column() {
        let order = |texts: &[&str]| date_order(texts.iter().map(|t| text(t)).collect::<Vec<_>>().iter());
        assert_eq!(order(&["3/14/2022", "3/9/2022", "3/15/2022"]), DateOrder::MonthFirst);
        assert_eq!(order(&["14/03/2022", "3/15/2022", "3/16/2022"]), DateOrder::DayFirst);
        assert_eq!(order(&["3/14/2022", "3/9/2022"]), DateOrder::DayFirst);
    }

    #[test]
    fn births() {
        let today = day("2022-03-16");
        let year = |y| ReadBirth::Birth(BirthDate::Year(y));
        let table = [
            (text("1962"), false, year(1962)),
            (Cell::Number(1962.0), false, year(1962)),
            (text("SN 1962"), false, year(1962)),
            (text("62"), false, year(1962)),
            (text("15"), false, year(2015)),
            (text("03/1962"), false, year(1962)),
            (Cell::Number(60.0), true, year(1962)),
            (text("60 tuổi"), false, year(1962)),
            (text("5 tháng tuổi"), false, year(2021)),
            (text("02/03/1962"), false, ReadBirth::Birth(BirthDate::Day(day("1962-03-02")))),
            (text("2/3/62"), false, ReadBirth::Birth(BirthDate::Day(day("1962-03-02")))),
            (Cell::Date(day("1962-03-02")), false, ReadBirth::Birth(BirthDate::Day(day("1962-03-02")))),
            (Cell::Date(day("1905-05-15")), false, year(1962)),
            (Cell::Number(2031.0), false, year(2031)),
            (text("31/02/1990"), false, ReadBirth::Impossible),
            (text("196"), false, ReadBirth::Impossible),
            (text("19622"), false, ReadBirth::Impossible),
            (text(""), false, ReadBirth::None),
            (text("không rõ"), false, ReadBirth::None),
        ];
        for (cell, is_age, read) in table {
            assert_eq!(read_birth(&cell, is_age, today, DateOrder::DayFirst), read, "{cell:?}");
        }
    }

    #[test]
    fn ditto_marks() {
        for mark in [
            "nt",
            "NT",
            "-nt-",
            "nt.",
            "n.t",
            "như trên",
            "Như trên",
            "\"",
            "”",
            "''",
            "//",
            "-\"-",
            "- // -",
            "nt (con)",
            "Cùng địa chỉ",
        ] {
            assert!(is_ditto(&text(mark)), "{mark}");
        }
        for other in ["", "-", "nhà 12", "292/5", "ntt", "Nậm Tiên", "."] {
            assert!(!is_ditto(&text(other)), "{other}");
        }
    }

    #[test]
    fn yes_and_no() {
        for yes in ["x", "X", "có", "Có zalo", "✓", "v", "1", "đã gọi", "yes", "TRUE"] {
            assert_eq!(read_yes(&text(yes)), Some(true), "{yes}");
        }
        for no in ["ko", "Không", "không có", "chưa", "0", "k", "no", "-"] {
            assert_eq!(read_yes(&text(no)), Some(false), "{no}");
        }
        assert_eq!(read_yes(&text(" ")), None);
    }

    #[test]
    fn doses() {
        let table = [
            ("2 mũi", Some(2)),
            ("chưa", Some(0)),
            ("3", Some(3)),
            ("mũi 3", Some(3)),
            ("M2", Some(2)),
            ("chưa tiêm", Some(0)),
            ("hai mũi", Some(2)),
            ("x", None),
            ("14/02/2022", None),
            ("đã tiêm 2 mũi", Some(2)),
        ];
        for (written, read) in table {
            assert_eq!(read_doses(&text(written)), read, "{written}");
        }
        assert_eq!(read_doses(&Cell::Number(0.0)), Some(0));
    }

    #[test]
    fn illnesses() {
        let table: &[(&str, &[Risk])] = &[
            ("THA", &[Risk::Hypertension]),
            ("ĐTĐ", &[Risk::Diabetes]),
            ("hen", &[Risk::Lung]),
            ("thai 36 tuần", &[Risk::Pregnancy]),
            ("THA, ĐTĐ", &[Risk::Hypertension, Risk::Diabetes]),
            ("Tăng huyết áp + suy thận", &[Risk::Hypertension, Risk::Kidney]),
            ("K phổi", &[Risk::Lung, Risk::Cancer]),
            ("gút", &[Risk::Other]),
            ("không", &[]),
            ("Chưa ghi nhận", &[]),
            ("-", &[]),
        ];
        for (written, read) in table {
            assert_eq!(read_risks(&text(written)), *read, "{written}");
        }
    }

    #[test]
    fn kinds() {
        let table = [
            ("F0", ReadKind::Kind(EpisodeKind::Case)),
            ("f1", ReadKind::Kind(EpisodeKind::Contact)),
            ("F 1", ReadKind::Kind(EpisodeKind::Contact)),
            ("F1 -> F0", ReadKind::Kind(EpisodeKind::Case)),
            ("Tiếp xúc gần", ReadKind::Kind(EpisodeKind::Contact)),
            ("Dương tính", ReadKind::Kind(EpisodeKind::Case)),
            ("F2", ReadKind::Unclear),
            ("", ReadKind::None),
        ];
        for (written, read) in table {
            assert_eq!(read_kind(&text(written)), read, "{written}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_cell_is_answered(written in "\\PC{0,40}", n in proptest::num::f64::ANY) {
            let today = Day::new(2022, 3, 16).unwrap();
            for cell in [text(&written), Cell::Number(n)] {
                for order in [DateOrder::DayFirst, DateOrder::MonthFirst] {
                    read_day(&cell, today, order);
                    read_birth(&cell, true, today, order);
                    read_birth(&cell, false, today, order);
                }
                is_ditto(&cell);
                read_yes(&cell);
                read_sex(&cell);
                read_kind(&cell);
                read_test(&cell);
                read_doses(&cell);
                read_risks(&cell);
            }
        }

        #[test]
        fn any_figures_are_answered(written in "[0-9./ :h-]{0,24}") {
            let today = Day::new(2022, 3, 16).unwrap();
            read_day(&text(&written), today, DateOrder::DayFirst);
            read_birth(&text(&written), false, today, DateOrder::DayFirst);
        }
    }
}
