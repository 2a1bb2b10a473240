//! The report day and its reports: one per unit and day, from the clusters' commune up to the root (LC-4, LC-5,
//! LC-17, X-7).
//!
//! A day's window is the entries with `first_seq <= seq < lock_seq`; no clock places anything in a day. Once
//! `frozen_figures` is written nothing here writes it again: a correction is a row of its own (invariant 5).
//! What the figures are is `figure.rs`; who may do what, and when, is `rules::report`.

use crate::error::StoreError;
use crate::stmt::{change, row, select, stmt};
use crate::tx::{Reader, Tx};
use crate::val::{Column, Row, Val};
use rules::report::{Deadlines, Figures, ReportFacts, Schedule};
use rules::{AreaId, AreaLevel, At, Day, ReportId, ReportState, StaffId, Substitute, Uid, Zone};
use std::collections::HashMap;

/// The `first_seq` of a day that has not begun: no entry is in its window yet.
pub const NOT_BEGUN: i64 = i64::MAX;
/// Units of one store that report: all communes, districts and the root of the largest province.
pub const UNITS_MAX: i64 = 5_000;
/// Corrections of one day that are read at once.
const CORRECTIONS_MAX: i64 = 10_000;
/// Localities of one store: one, but for a demo of two letters.
const LOCALITIES_MAX: i64 = 100;

impl Column for Figures {
    fn read(row: &mut Row) -> Result<Figures, StoreError> {
        let text = row.text()?;
        serde_json::from_str(&text).map_err(|e| StoreError::Shape(format!("figures: {e}")))
    }

    fn val(&self) -> Val {
        // An object of integers always has a text; NULL would be refused by whoever reads it.
        serde_json::to_string(self).map_or(Val::Null, Val::Text)
    }
}

row! {
    /// A reporting day of a locality; `area_id` is its root.
    pub struct ReportDay(REPORT_DAY = "report_day", i64) {
        area_id: AreaId,
        on_day: Day,
        due_at: At,
        lock_at: At,
        district_due_at: At,
        first_seq: i64,
        lock_seq: Option<i64>,
        locked_at: Option<At>,
    }
}

row! {
    pub struct Report(REPORT = "report", ReportId) {
        uid: Uid,
        area_id: AreaId,
        report_day_id: i64,
        on_day: Day,
        level: AreaLevel,
        state: ReportState,
        confirmed_at: Option<At>,
        confirmed_by: Option<StaffId>,
        submitted_at: Option<At>,
        submitted_by: Option<StaffId>,
        submitted_seq: Option<i64>,
        submitted_figures: Option<Figures>,
        without_confirmation: bool,
        is_zero: bool,
        narrative: Option<String>,
        /// What came between submission and lock: as the signer confirmed it, and from the lock on all of it.
        supplement_figures: Option<Figures>,
        supplement_confirmed_at: Option<At>,
        supplement_confirmed_by: Option<StaffId>,
        substitute: Option<Substitute>,
        substitute_by: Option<StaffId>,
        /// Who said the figures on the telephone, and when.
        substitute_who: Option<String>,
        substitute_at: Option<At>,
        substitute_figures: Option<Figures>,
        frozen_figures: Option<Figures>,
        locked_at: Option<At>,
    }
}

row! {
    /// A visible note on a locked figure; it enters no sum.
    pub struct Correction(CORRECTION = "correction", i64) {
        report_id: ReportId,
        indicator: String,
        was: i64,
        value: i64,
        reason: String,
        staff_id: Option<StaffId>,
        at: At,
    }
}

select! {
    DAY_BY_ID: REPORT_DAY = "WHERE report_day.id = ?1";
    DAY_ON: REPORT_DAY = "WHERE report_day.area_id = ?1 AND report_day.on_day = ?2";
    DAY_BEFORE: REPORT_DAY = "WHERE report_day.area_id = ?1 AND report_day.on_day < ?2
        ORDER BY report_day.on_day DESC LIMIT 1";
    DAYS_UNTIL: REPORT_DAY = "WHERE report_day.area_id = ?1 AND report_day.on_day <= ?2
        ORDER BY report_day.on_day DESC LIMIT ?3";
    UNLOCKED: REPORT_DAY = "WHERE report_day.lock_seq IS NULL ORDER BY report_day.lock_at, report_day.id LIMIT ?1";
    UNLOCKED_OF: REPORT_DAY = "WHERE report_day.area_id = ?1 AND report_day.lock_seq IS NULL
        ORDER BY report_day.on_day LIMIT ?2";
    BY_UID: REPORT = "WHERE report.uid = ?1";
    OF_DAY: REPORT = "JOIN area ON area.id = report.area_id
        WHERE report.report_day_id = ?1 AND substr(area.path, 1, length(?2)) = ?2 ORDER BY report.id LIMIT ?3";
    OF_AREA: REPORT = "WHERE report.report_day_id = ?1 AND report.area_id = ?2";
    CORRECTIONS: CORRECTION = "JOIN report ON report.id = correction.report_id
        WHERE report.report_day_id = ?1 ORDER BY correction.id LIMIT ?2";
}

change! {
    BEGIN_DAY: REPORT_DAY = "SET first_seq = ?2 WHERE id = ?1 AND lock_seq IS NULL";
    LOCK_DAY: REPORT_DAY = "SET lock_seq = ?2, locked_at = ?3 WHERE id = ?1 AND lock_seq IS NULL";
    SET_TIMES: REPORT_DAY = "SET due_at = ?2, lock_at = ?3, district_due_at = ?4 WHERE id = ?1 AND lock_seq IS NULL";
    CONFIRM: REPORT = "SET state = 'confirmed', confirmed_at = ?2, confirmed_by = ?3 WHERE id = ?1 AND state = 'draft'";
    SUBMIT: REPORT = "SET state = ?2, submitted_at = ?3, submitted_by = ?4, submitted_seq = ?5, submitted_figures = ?6,
        without_confirmation = ?7, is_zero = ?8, narrative = ?9 WHERE id = ?1 AND submitted_at IS NULL";
    SUPPLEMENT: REPORT = "SET supplement_figures = ?2, supplement_confirmed_at = ?3, supplement_confirmed_by = ?4
        WHERE id = ?1 AND state = 'submitted' AND frozen_figures IS NULL";
    SUBSTITUTE: REPORT = "SET substitute = ?2, substitute_by = ?3, substitute_who = ?4, substitute_at = ?5,
        substitute_figures = ?6 WHERE id = ?1 AND submitted_at IS NULL";
    FREEZE: REPORT = "SET state = 'locked', frozen_figures = ?2, locked_at = ?3, supplement_figures = ?4,
        supplement_confirmed_at = ?5, supplement_confirmed_by = ?6 WHERE id = ?1 AND frozen_figures IS NULL";
}

stmt! {
    UNITS = "SELECT id, parent_id, path, code, name, kind, level FROM area
        WHERE substr(path, 1, length(?1)) = ?1 AND level <> 'cluster' ORDER BY length(path), code, id LIMIT ?2";
    // Whoever is still cared for in a unit that is no longer in force must not vanish from the figures.
    UNITS_ON = "SELECT id, parent_id, path, code, name, kind, level FROM area
        WHERE substr(path, 1, length(?1)) = ?1 AND level <> 'cluster'
          AND ((valid_from <= ?3 AND (valid_to IS NULL OR valid_to >= ?3))
            OR EXISTS (SELECT 1 FROM episode WHERE episode.area_id = area.id AND episode.state = 'open'))
        ORDER BY length(path), code, id LIMIT ?2";
    REPORTED = "SELECT area_id FROM report WHERE report_day_id = ?1 ORDER BY area_id LIMIT ?2";
    LOCKS = "SELECT COUNT(*) FROM report_day WHERE lock_seq IS NOT NULL";
    FROZEN = "SELECT area_id, frozen_figures FROM report
        WHERE report_day_id = ?1 AND frozen_figures IS NOT NULL ORDER BY area_id LIMIT ?2";
}

/// An area that reports: a commune or anything above it.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    pub id: AreaId,
    pub parent_id: Option<AreaId>,
    pub path: String,
    pub code: String,
    pub name: String,
    pub kind: String,
    pub level: AreaLevel,
}

impl Unit {
    /// "Xã Mường Tè".
    pub fn full_name(&self) -> String {
        rules::areas::full_name(&self.kind, &self.name)
    }
}

impl ReportDay {
    /// Whether its window has opened: the day before is locked, or it is the first.
    pub fn has_begun(&self) -> bool {
        self.first_seq != NOT_BEGUN
    }

    /// The clock of this day as it was when the day was opened: a later change of the rules does not move it.
    pub fn schedule(&self, zone: &Zone) -> Schedule {
        Schedule {
            due_minute: self.due_at.minute_of_day(zone),
            lock_minute: self.lock_at.minute_of_day(zone),
            district_due_minute: self.district_due_at.minute_of_day(zone),
            // No locality asks its province for a report yet.
            province_due_minute: None,
        }
    }

    pub fn deadlines(&self, level: AreaLevel, zone: &Zone) -> Deadlines {
        self.schedule(zone).deadlines(level, self.on_day, zone)
    }
}

impl Report {
    /// A draft that nobody has touched.
    pub fn draft(id: ReportId, uid: Uid, unit: &Unit, day: &ReportDay) -> Report {
        Report {
            id,
            uid,
            area_id: unit.id,
            report_day_id: day.id,
            on_day: day.on_day,
            level: unit.level,
            state: ReportState::Draft,
            confirmed_at: None,
            confirmed_by: None,
            submitted_at: None,
            submitted_by: None,
            submitted_seq: None,
            submitted_figures: None,
            without_confirmation: false,
            is_zero: false,
            narrative: None,
            supplement_figures: None,
            supplement_confirmed_at: None,
            supplement_confirmed_by: None,
            substitute: None,
            substitute_by: None,
            substitute_who: None,
            substitute_at: None,
            substitute_figures: None,
            frozen_figures: None,
            locked_at: None,
        }
    }

    /// The report as its rules see it. The lock freezes the figures of every level, but a level above the commune
    /// sends what it compiled of them only afterwards: its own report is open until its own last moment.
    pub fn facts(&self) -> ReportFacts {
        let state = match self.level {
            AreaLevel::Commune | AreaLevel::Cluster => self.state,
            AreaLevel::District | AreaLevel::Province => match self.submitted_at {
                Some(_) => ReportState::Submitted,
                None => ReportState::Draft,
            },
        };
        ReportFacts {
            level: self.level,
            day: self.on_day,
            state,
            confirmed: self.confirmed_at.is_some(),
            submitted_at: self.submitted_at,
            supplement_confirmed: self.supplement_confirmed_at.is_some(),
        }
    }
}

fn unit(mut row: Row) -> Result<Unit, StoreError> {
    Ok(Unit {
        id: row.get()?,
        parent_id: row.get()?,
        path: row.get()?,
        code: row.get()?,
        name: row.get()?,
        kind: row.get()?,
        level: row.get()?,
    })
}

/// Every unit at `path` and below, whatever day; a parent before its children.
pub fn units(reader: &mut Reader, path: &str) -> Result<Vec<Unit>, StoreError> {
    reader.query(&UNITS, &[path.into(), UNITS_MAX.into()])?.into_iter().map(unit).collect()
}

/// The units at `path` and below that report on a day.
pub fn units_on(reader: &mut Reader, path: &str, on: Day) -> Result<Vec<Unit>, StoreError> {
    reader.query(&UNITS_ON, &[path.into(), UNITS_MAX.into(), on.into()])?.into_iter().map(unit).collect()
}

pub fn day_by_id(reader: &mut Reader, id: i64) -> Result<Option<ReportDay>, StoreError> {
    reader.row(&DAY_BY_ID, &[id.into()])
}

pub fn day_on(reader: &mut Reader, root: AreaId, on: Day) -> Result<Option<ReportDay>, StoreError> {
    reader.row(&DAY_ON, &[root.into(), on.into()])
}

pub fn day_before(reader: &mut Reader, root: AreaId, on: Day) -> Result<Option<ReportDay>, StoreError> {
    reader.row(&DAY_BEFORE, &[root.into(), on.into()])
}

/// Days of a locality, the newest first, from `until` back.
pub fn days_until(
    reader: &mut Reader,
    root: AreaId,
    until: Day,
    limit: i64,
) -> Result<Vec<ReportDay>, StoreError> {
    reader.rows(&DAYS_UNTIL, &[root.into(), until.into(), limit.into()])
}

/// The day that what is recorded now belongs to.
pub fn open_day(reader: &mut Reader, root: AreaId) -> Result<Option<ReportDay>, StoreError> {
    let days: Vec<ReportDay> = reader.rows(&UNLOCKED_OF, &[root.into(), 1.into()])?;
    Ok(days.into_iter().next().filter(ReportDay::has_begun))
}

/// The open day of a locality and the first entry of its window.
pub fn open_window(reader: &mut Reader, root: AreaId) -> Result<Option<(Day, i64)>, StoreError> {
    Ok(open_day(reader, root)?.map(|day| (day.on_day, day.first_seq)))
}

/// Days of a locality that are not locked, the open one first.
pub fn unlocked_of(reader: &mut Reader, root: AreaId, limit: i64) -> Result<Vec<ReportDay>, StoreError> {
    reader.rows(&UNLOCKED_OF, &[root.into(), limit.into()])
}

/// The day that locks next, in any locality.
pub fn next_to_lock(reader: &mut Reader) -> Result<Option<ReportDay>, StoreError> {
    let days: Vec<ReportDay> = reader.rows(&UNLOCKED, &[LOCALITIES_MAX.into()])?;
    Ok(days.into_iter().find(ReportDay::has_begun))
}

pub fn by_uid(reader: &mut Reader, uid: Uid) -> Result<Option<Report>, StoreError> {
    reader.row(&BY_UID, &[uid.into()])
}

/// The reports of a day at `path` and below.
pub fn of_day(reader: &mut Reader, day: i64, path: &str) -> Result<Vec<Report>, StoreError> {
    reader.rows(&OF_DAY, &[day.into(), path.into(), UNITS_MAX.into()])
}

pub fn of_area(reader: &mut Reader, day: i64, area: AreaId) -> Result<Option<Report>, StoreError> {
    reader.row(&OF_AREA, &[day.into(), area.into()])
}

pub fn corrections_of_day(reader: &mut Reader, day: i64) -> Result<Vec<Correction>, StoreError> {
    reader.rows(&CORRECTIONS, &[day.into(), CORRECTIONS_MAX.into()])
}

/// How many days were ever locked: whoever signs a head at each lock sees by it that there was one.
pub fn locks_count(reader: &mut Reader) -> Result<i64, StoreError> {
    reader.number(&LOCKS, &[])
}

/// The areas that have a report of the day.
pub fn reported(reader: &mut Reader, day: i64) -> Result<Vec<AreaId>, StoreError> {
    reader.query(&REPORTED, &[day.into(), UNITS_MAX.into()])?.into_iter().map(|mut row| row.get()).collect()
}

/// What was frozen at the lock of a day, by area.
pub fn frozen(reader: &mut Reader, day: i64) -> Result<HashMap<AreaId, Figures>, StoreError> {
    let rows = reader.query(&FROZEN, &[day.into(), UNITS_MAX.into()])?;
    rows.into_iter().map(|mut row| Ok((row.get()?, row.get()?))).collect()
}

/// Adds a day. `first_seq` is [`NOT_BEGUN`] unless its window opens now.
pub fn add_day(
    tx: &mut Tx,
    root: AreaId,
    on: Day,
    schedule: &Schedule,
    zone: &Zone,
    first_seq: i64,
) -> Result<ReportDay, StoreError> {
    let day = ReportDay {
        id: tx.id(),
        area_id: root,
        on_day: on,
        due_at: on.at_minute(schedule.due_minute, zone),
        lock_at: on.at_minute(schedule.lock_minute, zone),
        district_due_at: on.at_minute(schedule.district_due_minute, zone),
        first_seq,
        lock_seq: None,
        locked_at: None,
    };
    day.insert(tx)?;
    Ok(day)
}

/// Moves the times of a day that has not begun, after the locality's clock was changed. Says whether it did.
pub fn set_times(tx: &mut Tx, day: &ReportDay, schedule: &Schedule, zone: &Zone) -> Result<bool, StoreError> {
    let at = |minute| day.on_day.at_minute(minute, zone);
    let times = [at(schedule.due_minute), at(schedule.lock_minute), at(schedule.district_due_minute)];
    if day.has_begun() || times == [day.due_at, day.lock_at, day.district_due_at] {
        return Ok(false);
    }
    tx.change_one(&SET_TIMES, &[day.id.into(), times[0].into(), times[1].into(), times[2].into()])?;
    Ok(true)
}

/// Opens the window of a day: the entry that closed the day before is its first.
pub fn begin_day(tx: &mut Tx, day: i64, first_seq: i64) -> Result<(), StoreError> {
    tx.change_one(&BEGIN_DAY, &[day.into(), first_seq.into()])
}

/// Closes the window of a day with the entry that is logged next.
pub fn lock_day(tx: &mut Tx, day: i64, at: At) -> Result<(), StoreError> {
    let seq = tx.next_seq();
    tx.change_one(&LOCK_DAY, &[day.into(), seq.into(), at.into()])
}

pub fn confirm(tx: &mut Tx, id: ReportId, by: Option<StaffId>, at: At) -> Result<(), StoreError> {
    tx.change_one(&CONFIRM, &[id.into(), at.into(), by.into()])
}

/// A signature under figures.
#[derive(Clone, Debug)]
pub struct Signed<'a> {
    pub figures: &'a Figures,
    pub by: Option<StaffId>,
    pub at: At,
    pub without_confirmation: bool,
    pub zero: bool,
    pub narrative: Option<&'a str>,
}

/// Sends a report. One whose figures are frozen already stays locked.
pub fn submit(tx: &mut Tx, report: &Report, signed: &Signed) -> Result<(), StoreError> {
    let state = match report.state {
        ReportState::Draft | ReportState::Confirmed | ReportState::Submitted => ReportState::Submitted,
        ReportState::Locked => ReportState::Locked,
    };
    let seq = tx.next_seq();
    let params = [
        report.id.into(),
        state.into(),
        signed.at.into(),
        signed.by.into(),
        seq.into(),
        signed.figures.val(),
        signed.without_confirmation.into(),
        signed.zero.into(),
        signed.narrative.map(str::to_owned).into(),
    ];
    tx.change_one(&SUBMIT, &params)
}

pub fn confirm_supplement(
    tx: &mut Tx,
    id: ReportId,
    figures: &Figures,
    by: Option<StaffId>,
    at: At,
) -> Result<(), StoreError> {
    tx.change_one(&SUPPLEMENT, &[id.into(), figures.val(), at.into(), by.into()])
}

/// What stands for a report that did not come; `figures` only where they were heard by telephone.
pub fn substitute(
    tx: &mut Tx,
    id: ReportId,
    stands: Substitute,
    by: Option<StaffId>,
    who: Option<&str>,
    at: Option<At>,
    figures: Option<&Figures>,
) -> Result<(), StoreError> {
    let figures = figures.map_or(Val::Null, Column::val);
    let who = who.map(str::to_owned);
    tx.change_one(&SUBSTITUTE, &[id.into(), stands.into(), by.into(), who.into(), at.into(), figures])
}

/// The supplement as it stands at the lock.
#[derive(Clone, Copy, Debug, Default)]
pub struct Supplement {
    pub figures: Option<Figures>,
    /// Who confirmed exactly this, and when.
    pub confirmed: Option<(At, Option<StaffId>)>,
}

/// Writes what the lock froze; a second time is an error.
pub fn freeze(
    tx: &mut Tx,
    id: ReportId,
    figures: &Figures,
    supplement: &Supplement,
    at: At,
) -> Result<(), StoreError> {
    let params = [
        id.into(),
        figures.val(),
        at.into(),
        supplement.figures.map_or(Val::Null, |f| f.val()),
        supplement.confirmed.map(|c| c.0).into(),
        supplement.confirmed.and_then(|c| c.1).into(),
    ];
    tx.change_one(&FREEZE, &params)
}
