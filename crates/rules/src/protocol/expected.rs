//! What a protocol has to answer: a file beside it, with whole cases. Whoever changes a threshold sees whose answer changes
//! with it (domain.md §2).

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::{Age, Before, Fault, Protocol, judge};
use crate::checkin::{self, Answers};
use crate::episode::TestFact;
use crate::ids::TestId;
use crate::release::{self, Course};
use crate::time::Zone;
use crate::{BirthDate, Day, EpisodeKind, Level, TestKind, TestResult, TestWitness};

/// Far more cases than a protocol has thresholds.
pub const CASES_MAX: usize = 2_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    #[serde(default)]
    judge: Vec<RawJudge>,
    #[serde(default)]
    release: Vec<RawRelease>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawJudge {
    name: Spanned<String>,
    born: Option<String>,
    on: String,
    #[serde(default)]
    answers: BTreeMap<String, f64>,
    flags: Option<Vec<String>>,
    symptoms: Option<Vec<String>>,
    before_temp: Option<f64>,
    before_spo2: Option<f64>,
    #[serde(default)]
    risks: i64,
    #[serde(default = "yes")]
    waits: bool,
    level: String,
    rules: Option<Vec<String>>,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRelease {
    name: Spanned<String>,
    kind: String,
    day: i64,
    test: Option<String>,
    test_on: Option<i64>,
    test_kind: Option<String>,
    witness: Option<String>,
    doses: Option<u8>,
    last_dose_days_before: Option<i64>,
    clause: Option<String>,
    missing: Option<Vec<String>>,
}

/// Holds a protocol against its expected answers: how many cases there are.
///
/// # Errors
/// Every case that is answered otherwise (`unexpected`), that cannot be (`bad_case`), or `bad_toml`.
pub fn hold(protocol: &Protocol, text: &str) -> Result<usize, Vec<Fault>> {
    let line = |offset: usize| text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1;
    let raw: RawFile = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        vec![Fault { line: line(at), code: "bad_toml", detail: error.message().to_owned() }]
    })?;
    let count = raw.judge.len() + raw.release.len();
    if count > CASES_MAX {
        return Err(vec![Fault {
            line: 1,
            code: "too_many",
            detail: format!("more than {CASES_MAX} cases"),
        }]);
    }
    let judged = raw.judge.iter().map(|case| (&case.name, answered(protocol, case)));
    let released = raw.release.iter().map(|case| (&case.name, let_go(protocol, case)));
    let faults: Vec<Fault> = judged
        .chain(released)
        .filter_map(|(name, found)| {
            let (code, what) = found.err()?;
            let detail = format!("{}: {what}", name.get_ref());
            Some(Fault { line: line(name.span().start), code, detail })
        })
        .collect();
    if faults.is_empty() { Ok(count) } else { Err(faults) }
}

type Held = Result<(), (&'static str, String)>;

fn bad(what: &str) -> (&'static str, String) {
    ("bad_case", what.to_owned())
}

fn answered(protocol: &Protocol, case: &RawJudge) -> Held {
    let on = Day::parse(&case.on).ok_or_else(|| bad("on"))?;
    let born = match &case.born {
        None => None,
        Some(text) => Some(BirthDate::parse(text).ok_or_else(|| bad("born"))?),
    };
    let level = Level::parse(&case.level).ok_or_else(|| bad("level"))?;
    let answers = Answers {
        numbers: case.answers.clone(),
        red_flags: case.flags.clone(),
        symptoms: case.symptoms.clone(),
    };
    checkin::check(&answers, protocol).map_err(|refusal| ("bad_case", refusal.to_string()))?;
    let before = Before { temp: case.before_temp, spo2_24h: case.before_spo2, risk_count: case.risks };
    let found = judge(protocol, &answers, Age::on(born, on), before, case.waits);
    let is_by = case.rules.as_ref().is_none_or(|rules| *rules == found.rules);
    if found.level == level && is_by {
        return Ok(());
    }
    let by = if found.rules.is_empty() { "no rule".to_owned() } else { found.rules.join(", ") };
    Err(("unexpected", format!("{} by {by}", found.level)))
}

fn let_go(protocol: &Protocol, case: &RawRelease) -> Held {
    let rules = protocol.release.as_ref().ok_or_else(|| bad("no release in the protocol"))?;
    let kind = EpisodeKind::parse(&case.kind).ok_or_else(|| bad("kind"))?;
    let (zone, day0) = (Zone::default(), protocol.valid_from);
    let word = |text: &Option<String>, or: &str| text.clone().unwrap_or_else(|| or.to_owned());
    let mut tests = Vec::new();
    if let Some(result) = &case.test {
        tests.push(TestFact {
            id: TestId(1),
            kind: TestKind::parse(&word(&case.test_kind, "rapid")).ok_or_else(|| bad("test_kind"))?,
            result: TestResult::parse(result).ok_or_else(|| bad("test"))?,
            taken_at: day0.plus(case.test_on.ok_or_else(|| bad("test_on"))?).start(&zone),
            witness: TestWitness::parse(&word(&case.witness, "staff")).ok_or_else(|| bad("witness"))?,
        });
    }
    let course = Course {
        clauses: rules.of(kind),
        day0,
        found: day0,
        lives_with_case: false,
        today: day0.plus(case.day),
        zone: &zone,
        doses: case.doses,
        last_dose_on: case.last_dose_days_before.map(|days| day0.plus(-days)),
    };
    let ways = release::ways(&course, &tests);
    let best = release::best(&ways).ok_or_else(|| bad("no clause"))?;
    let expected = case.missing.clone().unwrap_or_default();
    let by = case.clause.as_ref().is_none_or(|clause| best.missing.is_empty() && *clause == best.clause.id);
    if by && expected == best.missing {
        return Ok(());
    }
    Err(("unexpected", format!("{} missing {}", best.clause.id, best.missing.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::super::{COVID19_VN_2022, COVID19_VN_2022_EXPECTED, read};
    use super::*;

    #[test]
    fn the_shipped_protocol_answers_as_it_has_to() {
        let protocol = read(COVID19_VN_2022).unwrap();
        let count = hold(&protocol, COVID19_VN_2022_EXPECTED).unwrap_or_else(|faults| panic!("{faults:?}"));
        assert!(count > 30, "{count} cases");
    }

    #[test]
    fn a_changed_number_is_seen_by_whose_answer_changes() {
        for (from, to, name) in [
            ("spo2 <= 96", "spo2 <= 95", "SpO2 96 alone is measured again"),
            ("y5_11 = 30", "y5_11 = 31", "5 years, breathing 30"),
            ("from_day = 14", "from_day = 15", "day 14, positive, not vaccinated"),
            ("last_dose_days = 14", "last_dose_days = 15", "a protected contact on day 5"),
        ] {
            let protocol = read(&COVID19_VN_2022.replacen(from, to, 1)).unwrap();
            let faults = hold(&protocol, COVID19_VN_2022_EXPECTED).unwrap_err();
            let fault = faults.iter().find(|fault| fault.detail.starts_with(name)).unwrap();
            assert_eq!(fault.code, "unexpected");
            let line = COVID19_VN_2022_EXPECTED.lines().nth(fault.line - 1).unwrap();
            assert!(line.contains(name), "line {}: {line}", fault.line);
        }
    }

    #[test]
    fn a_case_that_cannot_be_is_a_fault() {
        let protocol = read(COVID19_VN_2022).unwrap();
        let code = |text: &str| hold(&protocol, text).unwrap_err()[0].code;
        assert_eq!(code("[[judge]]\nname = \"x\"\non = \"2022-03-16\"\nlevel = \"bad\""), "bad_case");
        let odd =
            "[[judge]]\nname = \"x\"\non = \"2022-03-16\"\nlevel = \"routine\"\nanswers = { spo2 = 970 }";
        assert_eq!(code(odd), "bad_case");
        assert_eq!(code("[[judge]]\nname = 1"), "bad_toml");
        assert_eq!(
            code("[[release]]\nname = \"x\"\nkind = \"case\"\nday = 1\ntest = \"negative\""),
            "bad_case"
        );
    }
}
