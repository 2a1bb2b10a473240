//! An answer about somebody's health (khai báo sức khoẻ): what may be said, and when it was said. Every value is
//! optional; what is said must be possible. Sources: P-8, P-9, domain.md §1.7, invariant 7.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::protocol::Protocol;
use crate::time::{HOUR, MINUTE};
use crate::{AnsweredBy, At, Refusal};

/// How long ago an answer may have been made: a phone without signal brings it later (P-8).
pub const MADE_AGO_MAX: i64 = 72 * HOUR;
/// An answer that arrives later than this after it was made is marked.
pub const LATE_AFTER: i64 = HOUR;
/// A device's clock may run ahead of ours by this much.
pub const AHEAD_MAX: i64 = 5 * 60 * 1000;
/// The reading that is taken again when it is abnormal (261/QĐ-BYT), and its second taking.
pub const REPEATED: &str = "spo2";
pub const SECOND: &str = "spo2_second";
/// The longest name of somebody who answers for another, in characters.
pub const ANSWERER_MAX: usize = 120;

/// What was answered: numbers by the protocol's names, ticked signs and complaints. A list that is `None` was not asked
/// about; an empty one says "none of them".
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Answers {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub numbers: BTreeMap<String, f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub red_flags: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symptoms: Option<Vec<String>>,
}

impl Answers {
    pub fn number(&self, name: &str) -> Option<f64> {
        self.numbers.get(name).copied()
    }

    /// The SpO2 that counts, %: the second reading where there is one.
    pub fn spo2(&self) -> Option<f64> {
        self.number(SECOND).or(self.number(REPEATED))
    }

    fn is_empty(&self) -> bool {
        self.numbers.is_empty() && self.red_flags.is_none() && self.symptoms.is_none()
    }
}

/// The field of a second reading, beside the one it repeats.
fn repeats(name: &str) -> Option<&str> {
    name.strip_suffix("_second")
}

/// Checks an answer against what the protocol asks.
///
/// # Errors
/// `answers.NAME` with `out_of_range`, `unknown_word` or `too_precise`; `answers` with `required` if nothing was said.
pub fn check(answers: &Answers, protocol: &Protocol) -> Result<(), Refusal> {
    let mut refusal = Refusal::invalid("invalid");
    if answers.is_empty() {
        refusal = refusal.and_field("answers", "required");
    }
    for (name, number) in &answers.numbers {
        let field = format!("answers.{name}");
        let known = match repeats(name) {
            Some(of) => protocol.field(of).filter(|f| f.repeat_within_minutes.is_some()),
            None => protocol.field(name),
        };
        let Some(known) = known else {
            refusal = refusal.and_field(&field, "unknown_word");
            continue;
        };
        let scale = 10f64.powi(known.decimals as i32);
        if !number.is_finite() || *number < known.min as f64 || *number > known.max as f64 {
            refusal = refusal.and_field(&field, "out_of_range");
        } else if (number * scale - (number * scale).round()).abs() > 1e-6 {
            refusal = refusal.and_field(&field, "too_precise");
        }
        if repeats(name).is_some_and(|first| answers.number(first).is_none()) {
            refusal = refusal.and_field(&field, "first_missing");
        }
    }
    let lists = [
        ("answers.red_flags", &answers.red_flags, &protocol.red_flags),
        ("answers.symptoms", &answers.symptoms, &protocol.symptoms),
    ];
    for (field, said, known) in lists {
        let is_known = |word: &String| known.iter().any(|choice| choice.id == *word);
        if !said.iter().flatten().all(is_known) {
            refusal = refusal.and_field(field, "unknown_word");
        }
    }
    if refusal.fields.is_empty() { Ok(()) } else { Err(refusal) }
}

/// Until when a second reading is awaited after an abnormal one; `None` if none is, or if it had to have come by now:
/// an answer that a phone without signal brings late is judged as it stands.
pub fn second_until(protocol: &Protocol, made_at: At, now: At) -> Option<At> {
    let minutes = protocol.second_within_minutes()?;
    Some(made_at.plus(i64::from(minutes) * MINUTE)).filter(|until| *until > now)
}

/// When an answer was made, and whether it came late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Made {
    pub at: At,
    pub is_late: bool,
}

/// Takes the time that a device names: not ahead of ours, not before the illness was found, not older than a phone may
/// have been without signal.
///
/// # Errors
/// `made_at` with `in_future`, `before_detection` or `too_old`.
pub fn made(at: Option<At>, from: At, now: At) -> Result<Made, Refusal> {
    let Some(at) = at else { return Ok(Made { at: now, is_late: false }) };
    if at > now.plus(AHEAD_MAX) {
        return Err(Refusal::field("made_at", "in_future"));
    }
    let at = at.min(now);
    if at < from {
        return Err(Refusal::field("made_at", "before_detection"));
    }
    if at < now.plus(-MADE_AGO_MAX) {
        return Err(Refusal::field("made_at", "too_old"));
    }
    Ok(Made { at, is_late: at < now.plus(-LATE_AFTER) })
}

/// Who answered for the person. A relative is named.
///
/// # Errors
/// `answerer` with `required` or `too_long`.
pub fn answerer(by: AnsweredBy, name: Option<&str>) -> Result<Option<String>, Refusal> {
    let name = name.map(|name| crate::fold::nfc(name.trim())).filter(|name| !name.is_empty());
    match (by, name) {
        (_, Some(name)) if name.chars().count() > ANSWERER_MAX => Err(Refusal::field("answerer", "too_long")),
        (AnsweredBy::Relative, None) => Err(Refusal::field("answerer", "required")),
        (AnsweredBy::Oneself, _) => Ok(None),
        (AnsweredBy::Relative | AnsweredBy::Carer | AnsweredBy::Staff, name) => Ok(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Age, Before, COVID19_VN_2022, judge, read};
    use crate::{BirthDate, Day, Level};

    fn answers(numbers: &[(&str, f64)], red_flags: Option<&[&str]>) -> Answers {
        Answers {
            numbers: numbers.iter().map(|(name, number)| ((*name).to_owned(), *number)).collect(),
            red_flags: red_flags.map(|words| words.iter().map(|w| (*w).to_owned()).collect()),
            symptoms: None,
        }
    }

    fn fields(refusal: Refusal) -> Vec<(String, &'static str)> {
        refusal.fields.into_iter().map(|f| (f.field, f.code)).collect()
    }

    #[test]
    fn what_was_not_said_is_unknown_and_not_normal() {
        let protocol = read(COVID19_VN_2022).unwrap();
        let grown = Age::on(BirthDate::parse("1982"), Day::parse("2022-03-16").unwrap());
        let found = judge(&protocol, &answers(&[], Some(&[])), grown, Before::default(), true);
        assert_eq!(found.unknown, ["bp", "pulse", "rr", "spo2"]);
        let child = Age::on(BirthDate::parse("2019"), Day::parse("2022-03-16").unwrap());
        let found = judge(&protocol, &answers(&[("rr", 30.0)], None), child, Before::default(), true);
        assert_eq!(
            (found.level, found.unknown),
            (Level::Routine, vec!["red_flags".into(), "spo2".into(), "temp".into()])
        );
    }

    #[test]
    fn without_a_second_reading_the_first_counts_in_the_end() {
        let protocol = read(COVID19_VN_2022).unwrap();
        let said = answers(&[("spo2", 89.0)], Some(&[]));
        let first = judge(&protocol, &said, Age::UNKNOWN, Before::default(), true);
        let later = judge(&protocol, &said, Age::UNKNOWN, Before::default(), false);
        assert_eq!((first.level, later.level), (Level::Repeat, Level::Emergency));
        assert_eq!(first.rules, later.rules);
    }

    #[test]
    fn earlier_answers_count() {
        let protocol = read(COVID19_VN_2022).unwrap();
        let today = Day::parse("2022-03-16").unwrap();
        let child = Age::on(BirthDate::parse("2019-01-01"), today);
        let hot = answers(&[("temp", 39.4)], Some(&[]));
        let before = Before { temp: Some(39.2), ..Before::default() };
        assert_eq!(judge(&protocol, &hot, child, before, true).level, Level::Urgent);
        assert_eq!(judge(&protocol, &hot, child, Before::default(), true).level, Level::Routine);
        let old = Age::on(BirthDate::parse("1940"), today);
        let fell = answers(&[("spo2", 97.0), ("spo2_second", 97.0)], Some(&[]));
        let risky = Before { spo2_24h: Some(100.0), risk_count: 1, ..Before::default() };
        assert_eq!(judge(&protocol, &fell, old, risky, true).level, Level::Watch);
        let healthy = Before { risk_count: 0, ..risky };
        assert_eq!(judge(&protocol, &fell, old, healthy, true).level, Level::Routine);
    }

    #[test]
    fn what_cannot_be_is_asked_again_by_name() {
        let protocol = read(COVID19_VN_2022).unwrap();
        let refused = |said: Answers| check(&said, &protocol).map_or_else(fields, |()| Vec::new());
        let one = |name: &str, number: f64| refused(answers(&[(name, number)], None));
        assert_eq!(one("spo2", 101.0), [("answers.spo2".to_owned(), "out_of_range")]);
        assert_eq!(one("spo2", f64::NAN), [("answers.spo2".to_owned(), "out_of_range")]);
        assert_eq!(one("spo2", 97.5), [("answers.spo2".to_owned(), "too_precise")]);
        assert_eq!(one("temp", 38.55), [("answers.temp".to_owned(), "too_precise")]);
        assert_eq!(one("temp", 38.5), []);
        assert_eq!(one("weight", 60.0), [("answers.weight".to_owned(), "unknown_word")]);
        assert_eq!(one("rr_second", 20.0), [("answers.rr_second".to_owned(), "unknown_word")]);
        assert_eq!(one("spo2_second", 97.0), [("answers.spo2_second".to_owned(), "first_missing")]);
        assert_eq!(refused(answers(&[], Some(&["sad"]))), [("answers.red_flags".to_owned(), "unknown_word")]);
        assert_eq!(refused(Answers::default()), [("answers".to_owned(), "required")]);
    }

    #[test]
    fn nobody_backdates_an_answer_or_makes_it_in_the_future() {
        let now = At(1_000 * HOUR);
        let found = now.plus(-100 * HOUR);
        let code = |at: i64, from: At| made(Some(now.plus(at)), from, now).map_err(|r| r.fields[0].code);
        assert_eq!(made(None, found, now).unwrap(), Made { at: now, is_late: false });
        assert_eq!(code(AHEAD_MAX, found), Ok(Made { at: now, is_late: false }));
        assert_eq!(code(AHEAD_MAX + 1, found), Err("in_future"));
        assert_eq!(code(-HOUR - 1, found), Ok(Made { at: now.plus(-HOUR - 1), is_late: true }));
        assert_eq!(code(-MADE_AGO_MAX - 1, found), Err("too_old"));
        assert_eq!(code(-2 * HOUR, now.plus(-HOUR)), Err("before_detection"));
    }

    #[test]
    fn a_second_reading_is_awaited_from_when_the_first_was_made() {
        let protocol = read(COVID19_VN_2022).unwrap();
        let now = At(1_000 * HOUR);
        let until = |ago: i64| second_until(&protocol, now.plus(-ago * MINUTE), now);
        assert_eq!(until(0), Some(now.plus(10 * MINUTE)));
        assert_eq!(until(9), Some(now.plus(MINUTE)));
        assert_eq!(until(10), None, "it had to be here by now");
        assert_eq!(until(120), None);
        let once = COVID19_VN_2022.replacen("repeat_within_minutes = 10\n", "", 1);
        assert_eq!(second_until(&read(&once).unwrap(), now, now), None);
    }

    #[test]
    fn who_answers_for_another_is_named() {
        assert_eq!(answerer(AnsweredBy::Oneself, Some("Lò Thị Xuân")), Ok(None));
        assert_eq!(answerer(AnsweredBy::Relative, Some(" con gái ")), Ok(Some("con gái".to_owned())));
        assert_eq!(answerer(AnsweredBy::Relative, None).unwrap_err().fields[0].code, "required");
        assert_eq!(answerer(AnsweredBy::Carer, None), Ok(None));
    }
}
