//! Reports as they are read: one, or a list of those of a unit and below, with what the clock says of each.

use super::{Sheet, lock, unit_for};
use crate::desk::Desk;
use rules::permission::Verb;
use rules::report::{Child, Compiled, Figures, Punctuality, compile, punctuality};
use rules::{AreaId, AreaLevel, At, Day, Refusal, ReportId, ReportState, StaffId, Substitute, Uid, Zone};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use store::locality::{self, Locality};
use store::report::{self, Correction, Report, ReportDay, Unit};
use store::{Reader, Stop, StoreError, staff};

/// Reports on a page that says no number.
pub const LIMIT_DEFAULT: usize = 50;
/// A larger page is taken as this.
pub const LIMIT_MAX: usize = 500;
/// Days that one page looks back through; the next page goes on from there.
const DAYS_PER_PAGE: i64 = 40;
/// A list without a day begins with the newest there is.
const LAST_DAY: &str = "9999-12-31";

/// A report as it goes out (`api.md`); times in RFC 3339, areas by their official codes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportView {
    pub id: String,
    pub area_code: String,
    pub area_name: String,
    pub level: String,
    pub on: String,
    pub kind: String,
    pub state: String,
    pub due_at: Option<String>,
    pub on_time: bool,
    pub late: bool,
    pub missing: bool,
    /// `system` or `by_phone`.
    pub substitute: Option<String>,
    /// Who said it, when, and what; beside the system's figures, which stay in `figures`.
    pub substituted: Option<SubstituteView>,
    pub confirmed_at: Option<String>,
    pub confirmed_by: Option<String>,
    pub submitted_at: Option<String>,
    pub submitted_by: Option<String>,
    /// It was signed without the station head's confirmation (P-20).
    pub without_confirmation: bool,
    pub zero: bool,
    pub locked_at: Option<String>,
    pub figures: Figures,
    pub submitted_figures: Option<Figures>,
    pub supplement: Option<SupplementView>,
    pub frozen_figures: Option<Figures>,
    /// Above the commune: what would be signed now, and what stands behind it (P-22).
    pub compiled: Option<CompiledView>,
    pub narrative: Option<String>,
    pub corrections: Vec<CorrectionView>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SubstituteView {
    pub by: Option<String>,
    pub who: Option<String>,
    pub at: Option<String>,
    pub figures: Option<Figures>,
    /// The sums that do not come out in what was said (`f0_end`, `f1_end`, `severities`).
    pub imbalances: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SupplementView {
    pub figures: Figures,
    pub confirmed: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CompiledView {
    pub figures: Figures,
    pub signed: Vec<String>,
    pub unconfirmed: Vec<String>,
    pub by_phone: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CorrectionView {
    pub indicator: String,
    pub was: i64,
    pub value: i64,
    pub reason: String,
    pub by: Option<String>,
    pub at: String,
}

/// What `GET /reports` asks for.
#[derive(Clone, Debug, Default)]
pub struct ListReports {
    /// The desk's own unit, if nothing is said.
    pub area_code: Option<String>,
    pub on: Option<Day>,
    /// The units below too, not only the area's own report.
    pub below: bool,
    pub state: Option<ReportState>,
    pub late: bool,
    pub missing: bool,
    /// 0 is the default.
    pub limit: usize,
    pub cursor: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Listed {
    pub items: Vec<ReportView>,
    pub next: Option<String>,
}

/// Reports of a unit, newest day first and in each day from the root down, with those below if asked.
pub fn list(reader: &mut Reader, desk: &Desk, query: &ListReports) -> Result<Listed, Stop> {
    let area = unit_for(reader, desk, Verb::ReadReports, query.area_code.as_deref(), query.on)?;
    let mut listed = Listed { items: Vec::new(), next: None };
    let Some(place) = locality::of_path(reader, &area.path)? else { return Ok(listed) };
    let limit = if query.limit == 0 { LIMIT_DEFAULT } else { query.limit.min(LIMIT_MAX) };
    let from = query.cursor.as_deref().map(Cursor::parse).transpose()?;
    let days = match (query.on, from.or_else(Cursor::first)) {
        (Some(on), _) => report::day_on(reader, place.area_id, on)?.into_iter().collect(),
        (None, Some(from)) => report::days_until(reader, place.area_id, from.on, DAYS_PER_PAGE)?,
        (None, None) => Vec::new(),
    };
    let zone = place.zone();
    let oldest = days.last().map(|day| day.on_day).filter(|_| days.len() as i64 == DAYS_PER_PAGE);
    for day in days {
        let of_day = match query.below {
            true => report::of_day(reader, day.id, &area.path)?,
            false => report::of_area(reader, day.id, area.id)?.into_iter().collect(),
        };
        let wanted: Vec<Report> = of_day
            .into_iter()
            .filter(|r| from.is_none_or(|from| from.on != day.on_day || r.id.0 > from.after))
            .filter(|r| query.admits(r, &day, &zone, desk.now))
            .collect();
        if wanted.is_empty() {
            continue;
        }
        let mut board = Board::load(reader, &place, day, &area.path, desk.now)?;
        for report in wanted {
            if listed.items.len() == limit {
                return Ok(listed);
            }
            listed.items.push(board.view(reader, &report)?);
            listed.next = Some(Cursor { on: report.on_day, after: report.id.0 }.to_string());
        }
    }
    // Everything asked for was looked through, or only as far back as one page goes.
    listed.next = oldest.filter(|_| query.on.is_none()).map(|on| Cursor { on, after: i64::MAX }.to_string());
    Ok(listed)
}

/// One report.
pub fn one(reader: &mut Reader, desk: &Desk, uid: Uid) -> Result<ReportView, Stop> {
    let sheet = super::load(reader, desk, Verb::ReadReports, uid)?;
    one_of(reader, &sheet, desk.now)
}

pub(super) fn one_of(reader: &mut Reader, sheet: &Sheet, now: At) -> Result<ReportView, Stop> {
    let report = report::by_uid(reader, sheet.report.uid)?.ok_or_else(Refusal::not_found)?;
    let mut board = Board::load(reader, &sheet.locality, sheet.day.clone(), &sheet.area.path, now)?;
    Ok(board.view(reader, &report)?)
}

/// What a level above the commune would sign now.
pub(super) fn compiled(reader: &mut Reader, sheet: &Sheet, now: At) -> Result<Compiled, StoreError> {
    let board = Board::load(reader, &sheet.locality, sheet.day.clone(), &sheet.area.path, now)?;
    Ok(board.compiled(sheet.area.id))
}

impl ListReports {
    fn admits(&self, report: &Report, day: &ReportDay, zone: &Zone, now: At) -> bool {
        let on_time = judged(report, day, zone, now);
        self.state.is_none_or(|state| state == report.state)
            && (!self.late || on_time.is_late())
            && (!self.missing || on_time.is_missing())
    }
}

fn judged(report: &Report, day: &ReportDay, zone: &Zone, now: At) -> Punctuality {
    punctuality(report.submitted_at, day.deadlines(report.level, zone), now)
}

/// Where a page of reports goes on: after this report of this day.
#[derive(Clone, Copy, Debug)]
struct Cursor {
    on: Day,
    after: i64,
}

impl Cursor {
    fn first() -> Option<Cursor> {
        Day::parse(LAST_DAY).map(|on| Cursor { on, after: 0 })
    }

    fn parse(text: &str) -> Result<Cursor, Refusal> {
        text.split_once('.')
            .and_then(|(on, after)| Some(Cursor { on: Day::parse(on)?, after: after.parse().ok()? }))
            .ok_or_else(|| Refusal::field("cursor", "unknown"))
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.on, self.after)
    }
}

/// The reports of one day at and below a unit, with their figures: what a list and a compile are made of.
struct Board {
    day: ReportDay,
    zone: Zone,
    now: At,
    units: HashMap<AreaId, Unit>,
    reports: Vec<Report>,
    figures: HashMap<AreaId, Figures>,
    corrections: HashMap<ReportId, Vec<Correction>>,
    names: HashMap<StaffId, String>,
}

impl Board {
    fn load(
        reader: &mut Reader,
        place: &Locality,
        day: ReportDay,
        path: &str,
        now: At,
    ) -> Result<Board, StoreError> {
        let units = report::units(reader, path)?.into_iter().map(|unit| (unit.id, unit)).collect();
        let reports = report::of_day(reader, day.id, path)?;
        let figures = if day.lock_seq.is_some() {
            let frozen = |r: &Report| r.frozen_figures.map(|figures| (r.area_id, figures));
            reports.iter().filter_map(frozen).collect()
        } else {
            super::live(reader, &day, path, place, now)?.figures
        };
        let mut corrections: HashMap<ReportId, Vec<Correction>> = HashMap::new();
        if day.lock_seq.is_some() {
            for correction in report::corrections_of_day(reader, day.id)? {
                corrections.entry(correction.report_id).or_default().push(correction);
            }
        }
        let (zone, names) = (place.zone(), HashMap::new());
        Ok(Board { day, zone, now, units, reports, figures, corrections, names })
    }

    fn figures_of(&self, area: AreaId) -> Figures {
        self.figures.get(&area).copied().unwrap_or_default()
    }

    /// What a unit above the commune makes of what its own units sent. A district that has signed stands with what
    /// it signed: what it heard by telephone stays in.
    fn compiled(&self, area: AreaId) -> Compiled {
        let mut children = Vec::new();
        for report in &self.reports {
            let Some(unit) = self.units.get(&report.area_id).filter(|u| u.parent_id == Some(area)) else {
                continue;
            };
            let signed = match report.level {
                AreaLevel::Commune | AreaLevel::Cluster => None,
                AreaLevel::District | AreaLevel::Province => report.submitted_figures,
            };
            children.push((unit.id, report, signed.unwrap_or_else(|| self.figures_of(unit.id))));
        }
        let children: Vec<Child> = children
            .iter()
            .map(|(area, report, figures)| Child {
                area: *area,
                submitted: report.submitted_at.is_some(),
                figures,
                substitute: report
                    .substitute
                    .map(|stands| (stands, report.substitute_figures.as_ref().unwrap_or(figures))),
            })
            .collect();
        compile(&children)
    }

    fn name(&mut self, reader: &mut Reader, id: Option<StaffId>) -> Result<Option<String>, StoreError> {
        let Some(id) = id else { return Ok(None) };
        if let Some(name) = self.names.get(&id) {
            return Ok(Some(name.clone()));
        }
        let name = staff::by_id(reader, id)?.map(|member| member.full_name);
        if let Some(name) = &name {
            self.names.insert(id, name.clone());
        }
        Ok(name)
    }

    fn view(&mut self, reader: &mut Reader, report: &Report) -> Result<ReportView, StoreError> {
        let missing = || StoreError::Shape(format!("report {} has no unit", report.id.0));
        let unit = self.units.get(&report.area_id).cloned().ok_or_else(missing)?;
        let zone = self.zone.clone();
        let at = |at: Option<At>| at.map(|at| at.rfc3339(&zone));
        let figures = report.frozen_figures.unwrap_or_else(|| self.figures_of(unit.id));
        let deadlines = self.day.deadlines(report.level, &zone);
        let judged = punctuality(report.submitted_at, deadlines, self.now);
        // After the lock the supplement is what the lock wrote; until then what it would write.
        let (added, confirmed) = match report.frozen_figures {
            Some(_) => (report.supplement_figures, report.supplement_confirmed_at.is_some()),
            None => {
                let now = lock::supplement(report, &figures);
                (now.figures, now.confirmed.is_some())
            }
        };
        let substituted = match report.substitute {
            None => None,
            Some(_) => Some(SubstituteView {
                by: self.name(reader, report.substitute_by)?,
                who: report.substitute_who.clone(),
                at: at(report.substitute_at),
                figures: report.substitute_figures,
                imbalances: report
                    .substitute_figures
                    .map(|said| said.balance().iter().map(|i| i.rule.word().to_owned()).collect())
                    .unwrap_or_default(),
            }),
        };
        let mut corrections = Vec::new();
        for correction in self.corrections.get(&report.id).cloned().unwrap_or_default() {
            corrections.push(CorrectionView {
                indicator: correction.indicator,
                was: correction.was,
                value: correction.value,
                reason: correction.reason,
                by: self.name(reader, correction.staff_id)?,
                at: correction.at.rfc3339(&zone),
            });
        }
        let compiled = match report.level {
            AreaLevel::Commune | AreaLevel::Cluster => None,
            AreaLevel::District | AreaLevel::Province => Some(self.compiled_view(unit.id)),
        };
        Ok(ReportView {
            id: report.uid.to_string(),
            area_name: unit.full_name(),
            area_code: unit.code,
            level: report.level.to_string(),
            on: report.on_day.to_string(),
            kind: "daily".to_owned(),
            state: report.state.to_string(),
            due_at: at(deadlines.due_at),
            on_time: judged.is_on_time(),
            late: judged.is_late(),
            missing: judged.is_missing(),
            substitute: report.substitute.map(Substitute::word).map(str::to_owned),
            substituted,
            confirmed_at: at(report.confirmed_at),
            confirmed_by: self.name(reader, report.confirmed_by)?,
            submitted_at: at(report.submitted_at),
            submitted_by: self.name(reader, report.submitted_by)?,
            without_confirmation: report.without_confirmation,
            zero: report.is_zero,
            locked_at: at(report.locked_at),
            figures,
            submitted_figures: report.submitted_figures,
            supplement: added.map(|figures| SupplementView { figures, confirmed }),
            frozen_figures: report.frozen_figures,
            compiled,
            narrative: report.narrative.clone(),
            corrections,
        })
    }

    fn compiled_view(&self, area: AreaId) -> CompiledView {
        let compiled = self.compiled(area);
        let codes = |areas: &[AreaId]| {
            areas.iter().filter_map(|id| self.units.get(id)).map(|unit| unit.code.clone()).collect()
        };
        CompiledView {
            figures: compiled.figures,
            signed: codes(&compiled.signed),
            unconfirmed: codes(&compiled.unconfirmed),
            by_phone: codes(&compiled.by_phone),
        }
    }
}
