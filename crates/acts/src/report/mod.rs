//! The daily report (LC-2, LC-4, LC-5, LC-17, P-20 to P-24): one verb per file. `open_days` makes the drafts, the
//! station head confirms, the leader signs, the level above stands in for who is missing, the lock freezes, and from
//! then on there are only corrections. What is due and allowed is `rules::report`; here it is loaded and written.

pub mod confirm;
pub mod correct;
pub mod figures;
pub mod lock;
pub mod open_days;
pub mod show;
pub mod submit;
pub mod substitute;
pub mod supplement;
pub mod zero;

use crate::desk::Desk;
use rules::permission::{self, Verb};
use rules::report::{Clock, Figures, ReportFacts, Schedule};
use rules::{AreaLevel, At, Day, Refusal, Uid, Zone};
use show::ReportView;
use store::area::{self, Area};
use store::figure::{self, Ask, Live};
use store::locality::{self, Locality};
use store::report::{self, Report, ReportDay};
use store::{Reader, Stop, StoreError, Tx};

/// A report with what stands around it.
pub(crate) struct Sheet {
    pub report: Report,
    pub area: Area,
    pub day: ReportDay,
    pub locality: Locality,
    pub zone: Zone,
    pub schedule: Schedule,
}

impl Sheet {
    pub fn facts(&self) -> ReportFacts {
        self.report.facts()
    }

    pub fn clock(&self, now: At) -> Clock<'_> {
        Clock { schedule: &self.schedule, zone: &self.zone, now }
    }

    pub fn stream(&self) -> String {
        format!("report:{}", self.report.id.0)
    }

    /// Ids and codes of the report, for an entry's header.
    pub fn header(&self) -> String {
        format!("area={} on={}", self.area.code, self.report.on_day)
    }

    /// The unit's own figures: live until the lock, then frozen.
    pub fn figures(&self, reader: &mut Reader, now: At) -> Result<Figures, StoreError> {
        match self.report.frozen_figures {
            Some(frozen) => Ok(frozen),
            None => Ok(live(reader, &self.day, &self.area.path, &self.locality, now)?.of(self.area.id)),
        }
    }
}

/// The live figures of a unit and all below it.
pub(crate) fn live(
    reader: &mut Reader,
    day: &ReportDay,
    path: &str,
    locality: &Locality,
    now: At,
) -> Result<Live, StoreError> {
    let ask = Ask { path, now, hours_unset: locality.first_contact_hours.is_none() };
    figure::live(reader, day, &ask)
}

/// Whether a role at the desk allows `verb` for a report of that level; a report belongs to the leader of its level.
fn may_at(desk: &Desk, verb: Verb, path: &str, level: AreaLevel) -> bool {
    let may = desk.operator || desk.roles_at(path).any(|grant| permission::may_at(grant.role, verb, level));
    if may {
        desk.asked.note(verb, path);
    }
    may
}

/// Loads a report for `verb`; not found, if the desk may not.
pub(crate) fn load(reader: &mut Reader, desk: &Desk, verb: Verb, uid: Uid) -> Result<Sheet, Stop> {
    let report = report::by_uid(reader, uid)?.ok_or_else(Refusal::not_found)?;
    let missing = || StoreError::Shape(format!("report {} hangs in the air", report.id.0));
    let area = area::by_id(reader, report.area_id)?.ok_or_else(missing)?;
    if !may_at(desk, verb, &area.path, area.level) {
        return Err(Refusal::not_found().into());
    }
    let day = report::day_by_id(reader, report.report_day_id)?.ok_or_else(missing)?;
    let locality = locality::of_path(reader, &area.path)?.ok_or_else(missing)?;
    let zone = locality.zone();
    let schedule = day.schedule(&zone);
    Ok(Sheet { report, area, day, locality, zone, schedule })
}

/// The report as it stands after a change.
pub(crate) fn answer(tx: &mut Tx, desk: &Desk, sheet: &Sheet) -> Result<ReportView, Stop> {
    show::one_of(tx, sheet, desk.now)
}

/// The clock of a locality for days that are opened from now on.
pub(crate) fn schedule_of(locality: &Locality) -> Schedule {
    Schedule {
        due_minute: locality.rules.commune_due_minute,
        lock_minute: locality.rules.lock_minute,
        district_due_minute: locality.rules.district_due_minute,
        province_due_minute: None,
    }
}

/// The unit of that official code that the desk may ask about with `verb`, or the desk's own.
pub(crate) fn unit_for(
    reader: &mut Reader,
    desk: &Desk,
    verb: Verb,
    code: Option<&str>,
    on: Option<Day>,
) -> Result<Area, Stop> {
    let found = match code.map(str::trim).filter(|code| !code.is_empty()) {
        Some(code) => match area::by_code(reader, code, on)? {
            Some(area) => Some(area),
            None => area::by_code(reader, code, None)?,
        },
        None => match desk.home(verb) {
            Some(grant) => area::by_id(reader, grant.area_id)?,
            None => area::roots(reader)?.into_iter().next().filter(|_| desk.operator),
        },
    };
    let area = found.filter(|area| area.level != AreaLevel::Cluster).ok_or_else(Refusal::not_found)?;
    desk.may(verb, &area.path)?;
    Ok(area)
}
