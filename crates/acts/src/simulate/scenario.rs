//! What a simulation is told: how many people, and how often everything goes wrong. A file of `scenarios/`, or one's own.

use rules::Refusal;
use serde::Deserialize;
use std::ops::RangeInclusive;

/// The scenarios that come along, by the name of their file.
pub const SCENARIOS: &[(&str, &str)] = &[
    ("quick", include_str!("../../../../scenarios/quick.toml")),
    ("week", include_str!("../../../../scenarios/week.toml")),
    ("province", include_str!("../../../../scenarios/province.toml")),
];

const DAYS: RangeInclusive<i64> = 1..=60;
const COMMUNES: RangeInclusive<i64> = 1..=90;
const HOMES_A_DAY: RangeInclusive<i64> = 1..=200;
const CARERS: RangeInclusive<i64> = 1..=20;
const STEP_MINUTES: RangeInclusive<i64> = 5..=120;
const RESTARTS_A_DAY: RangeInclusive<i64> = 0..=20;
const PER_MILLE: RangeInclusive<i64> = 0..=1_000;

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    pub title: String,
    pub days: i64,
    /// Communes in which people fall ill.
    pub communes: i64,
    /// Homes that are registered in each of them in a day.
    pub homes_a_day: i64,
    /// Carers of each commune, beside the station head.
    pub carers: i64,
    /// Minutes from one step to the next; the edges of the report day are steps of their own.
    pub step_minutes: i64,
    /// How often in a day the program is ended between a change and its answer, and started again.
    pub restarts_a_day: i64,
    pub per_mille: PerMille,
}

/// Chances in a thousand.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PerMille {
    /// Homes without a telephone.
    pub without_phone: i64,
    /// Homes registered without their hamlet.
    pub without_cluster: i64,
    /// Calls that find that the number is somebody else's.
    pub dead_phone: i64,
    /// Homes that are given their own link.
    pub with_link: i64,
    /// Homes that fall silent on a day, for one to three days.
    pub silent: i64,
    /// Homes with a link that write in a step of the day.
    pub writes: i64,
    /// Answers that name a danger sign.
    pub danger: i64,
    /// Answers with a low SpO2 that nobody takes again.
    pub low_spo2: i64,
    /// Carers and station heads who do not come on a day.
    pub absent: i64,
    /// Alarms and messages that somebody on duty overlooks in a step.
    pub inattention: i64,
    /// Contacts who turn case in a day.
    pub converted: i64,
    pub hospital: i64,
    pub died: i64,
    pub left: i64,
    /// Episodes of a day that were entered in error.
    pub voided: i64,
    /// Closed episodes of two days that are opened again.
    pub reopened: i64,
    /// People whom somebody tries to release on a day without looking.
    pub hopeless_release: i64,
    /// Things that two members of staff do at the same moment.
    pub two_at_once: i64,
    /// Commands that are sent twice under one key.
    pub repeated: i64,
    /// Commands whose answer is lost, and which are sent again.
    pub reply_lost: i64,
    /// In a step: somebody from elsewhere tries something with a home that is none of theirs.
    pub intruder: i64,
    /// Communes that send no report on a day.
    pub report_missing: i64,
    /// Days on which the program does not run when the report day is locked.
    pub down_over_lock: i64,
}

impl Scenario {
    /// A scenario that comes along.
    pub fn named(name: &str) -> Option<&'static str> {
        SCENARIOS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
    }

    /// Reads a scenario.
    ///
    /// # Errors
    /// `scenario_unreadable` with the reader's words in `detail`; a field with `out_of_range`.
    pub fn read(text: &str) -> Result<Scenario, Refusal> {
        let unreadable =
            |e: toml::de::Error| Refusal::invalid("scenario_unreadable").with("detail", e.to_string());
        let read: Scenario = toml::from_str(text).map_err(unreadable)?;
        let p = &read.per_mille;
        let ranges = [
            ("days", read.days, DAYS),
            ("communes", read.communes, COMMUNES),
            ("homes_a_day", read.homes_a_day, HOMES_A_DAY),
            ("carers", read.carers, CARERS),
            ("step_minutes", read.step_minutes, STEP_MINUTES),
            ("restarts_a_day", read.restarts_a_day, RESTARTS_A_DAY),
            ("per_mille.without_phone", p.without_phone, PER_MILLE),
            ("per_mille.without_cluster", p.without_cluster, PER_MILLE),
            ("per_mille.dead_phone", p.dead_phone, PER_MILLE),
            ("per_mille.with_link", p.with_link, PER_MILLE),
            ("per_mille.silent", p.silent, PER_MILLE),
            ("per_mille.writes", p.writes, PER_MILLE),
            ("per_mille.danger", p.danger, PER_MILLE),
            ("per_mille.low_spo2", p.low_spo2, PER_MILLE),
            ("per_mille.absent", p.absent, PER_MILLE),
            ("per_mille.inattention", p.inattention, PER_MILLE),
            ("per_mille.converted", p.converted, PER_MILLE),
            ("per_mille.hospital", p.hospital, PER_MILLE),
            ("per_mille.died", p.died, PER_MILLE),
            ("per_mille.left", p.left, PER_MILLE),
            ("per_mille.voided", p.voided, PER_MILLE),
            ("per_mille.reopened", p.reopened, PER_MILLE),
            ("per_mille.hopeless_release", p.hopeless_release, PER_MILLE),
            ("per_mille.two_at_once", p.two_at_once, PER_MILLE),
            ("per_mille.repeated", p.repeated, PER_MILLE),
            ("per_mille.reply_lost", p.reply_lost, PER_MILLE),
            ("per_mille.intruder", p.intruder, PER_MILLE),
            ("per_mille.report_missing", p.report_missing, PER_MILLE),
            ("per_mille.down_over_lock", p.down_over_lock, PER_MILLE),
        ];
        let mut refusal = Refusal::invalid("scenario_out_of_range");
        for (field, value, range) in ranges {
            if !range.contains(&value) {
                refusal = refusal.and_field(field, "out_of_range");
            }
        }
        if refusal.fields.is_empty() { Ok(read) } else { Err(refusal) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scenarios_that_come_along_can_be_read() {
        for (name, text) in SCENARIOS {
            assert!(Scenario::read(text).is_ok(), "{name}: {:?}", Scenario::read(text));
            assert_eq!(Scenario::named(name), Some(*text));
        }
        assert_eq!(Scenario::named("nothing"), None);
    }

    #[test]
    fn what_cannot_be_played_is_named() {
        let quick = Scenario::named("quick").unwrap();
        let wrong = quick.replace("days = 13", "days = 0").replace("danger = 100", "danger = 1001");
        let refusal = Scenario::read(&wrong).unwrap_err();
        let fields: Vec<&str> = refusal.fields.iter().map(|f| f.field.as_str()).collect();
        assert_eq!(fields, ["days", "per_mille.danger"]);
        assert_eq!(Scenario::read("days = 2").unwrap_err().code, "scenario_unreadable");
        assert_eq!(Scenario::read(&format!("{quick}\nunknown = 1")).unwrap_err().code, "scenario_unreadable");
    }
}
