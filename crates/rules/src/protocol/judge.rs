//! An answer is judged by a protocol: every rule that fires, the gravest level, and what stayed unknown. A missing value
//! is unknown and never normal; an age that is known by its year, or not at all, is judged by every band it may lie in.
//!
//! An abnormal reading that stands alone is taken again before anybody is alarmed (P-14, 261/QĐ-BYT); the second is
//! judged, and if none comes in time, the first.

use cel::{Context, Value};

use super::{Protocol, Rule};
use crate::checkin::{Answers, REPEATED, SECOND};
use crate::{BirthDate, Day, Level};

/// In completed months; everything between both ends is possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Age {
    youngest: i64,
    oldest: i64,
}

impl Age {
    pub const UNKNOWN: Age = Age { youngest: 0, oldest: i64::MAX };

    pub fn on(birth: Option<BirthDate>, today: Day) -> Age {
        let (first, last) = match birth {
            None => return Age::UNKNOWN,
            Some(BirthDate::Day(day)) => (day, day),
            Some(BirthDate::Year(year)) => match Day::new(year, 1, 1).zip(Day::new(year, 12, 31)) {
                Some(days) => days,
                None => return Age::UNKNOWN,
            },
        };
        Age { youngest: today.months_since(last).max(0), oldest: today.months_since(first).max(0) }
    }
}

/// What earlier answers and the record say.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Before {
    /// The temperature of the answer before, °C.
    pub temp: Option<f64>,
    /// The highest SpO2 of the last 24 hours, %.
    pub spo2_24h: Option<f64>,
    /// Risk conditions on record.
    pub risk_count: i64,
}

/// What an answer means by a protocol.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    pub level: Level,
    /// What was not answered although some rule asks for it.
    pub unknown: Vec<String>,
    /// The rules that fired, the gravest first.
    pub rules: Vec<String>,
}

/// What is computed from the reading that is taken twice.
const DROP: &str = "spo2_drop_24h";

/// Judges an answer. `waits` = a second reading may still come: an abnormal reading alone is then answered by
/// [`Level::Repeat`].
pub fn judge(protocol: &Protocol, answers: &Answers, age: Age, before: Before, waits: bool) -> Judgement {
    let bands = bands_of(protocol, age);
    let values = values(protocol, answers, before);
    let mut fired: Vec<&Rule> = Vec::new();
    let mut unknown: Vec<String> = Vec::new();
    for rule in &protocol.rules {
        let held: Vec<Option<i64>> =
            rule.bands.iter().filter(|(band, _)| bands.contains(band)).map(|(_, t)| *t).collect();
        if held.is_empty() {
            continue;
        }
        if held.iter().any(|threshold| fires(rule, &values, *threshold)) {
            fired.push(rule);
        }
        for name in &rule.names {
            let is_missing = !values.iter().any(|(known, _)| known == name);
            let is_asked = protocol.field(name).map_or(name == "red_flags", |field| !field.follow_up);
            let shown = if name.starts_with("bp_") { "bp" } else { name };
            if is_missing && is_asked && !unknown.iter().any(|known| known == shown) {
                unknown.push(shown.to_owned());
            }
        }
    }
    fired.sort_by_key(|rule| rule.level);
    unknown.sort_unstable();
    let is_by_reading = |rule: &&Rule| rule.names.iter().any(|name| name == REPEATED || name == DROP);
    let repeats = waits
        && fired.iter().all(is_by_reading)
        && answers.number(SECOND).is_none()
        && protocol.second_within_minutes().is_some();
    let level = match fired.first() {
        Some(_) if repeats => Level::Repeat,
        Some(gravest) => gravest.level,
        None => Level::Routine,
    };
    Judgement { level, unknown, rules: fired.iter().map(|rule| rule.id.clone()).collect() }
}

/// The bands that an age may lie in, as places in [`Protocol::bands`].
fn bands_of(protocol: &Protocol, age: Age) -> Vec<usize> {
    let mut from = 0;
    let mut held = Vec::new();
    for (n, band) in protocol.bands.iter().enumerate() {
        // Nobody is too old for the last band.
        if band.to_months.is_none_or(|to| age.youngest < to) && age.oldest >= from {
            held.push(n);
        }
        from = band.to_months.unwrap_or(i64::MAX);
    }
    held
}

/// The names that have a value; what is missing is not there at all.
fn values(protocol: &Protocol, answers: &Answers, before: Before) -> Vec<(String, Value)> {
    let mut values = Vec::new();
    for field in &protocol.fields {
        let second = answers.number(SECOND).filter(|_| field.id == REPEATED);
        if let Some(number) = second.or(answers.number(&field.id)) {
            values.push((field.id.clone(), Value::Float(number)));
        }
    }
    let list = |words: &[String]| {
        Value::List(std::sync::Arc::new(words.iter().map(|w| Value::from(w.as_str())).collect()))
    };
    for (name, words) in [("red_flags", &answers.red_flags), ("symptoms", &answers.symptoms)] {
        values.extend(words.as_ref().map(|words| (name.to_owned(), list(words))));
    }
    values.extend(before.temp.map(|temp| ("prev_temp".to_owned(), Value::Float(temp))));
    let drop = before.spo2_24h.zip(answers.spo2()).map(|(highest, now)| highest - now);
    values.extend(drop.map(|drop| (DROP.to_owned(), Value::Float(drop))));
    values.push(("risk_count".to_owned(), Value::Int(before.risk_count)));
    values
}

/// Whether a rule's condition holds; one that cannot be told for want of a value does not fire.
fn fires(rule: &Rule, values: &[(String, Value)], threshold: Option<i64>) -> bool {
    let mut context = Context::empty();
    for (name, value) in values.iter().filter(|(name, _)| rule.names.contains(name)) {
        context.add_variable_from_value(name.clone(), value.clone());
    }
    if let Some(threshold) = threshold {
        context.add_variable_from_value("t", Value::Int(threshold));
    }
    matches!(rule.condition.execute(&context), Ok(Value::Bool(true)))
}
