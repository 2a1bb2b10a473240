//! The lock of a reporting day (LC-5): what is in the log before this entry is the day, and its figures freeze at
//! every level, sent or not. Whatever comes after belongs to the next day, whose window this entry opens.

use super::open_days::{drafts, next_day, stream};
use crate::house::{Mint, by_clock};
use rules::report::{Figures, Nature};
use rules::{AreaLevel, Day};
use store::report::{self, Report, Supplement};
use store::{Stop, StoreError, Tx, locality};

/// A day that was locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Locked {
    pub on: Day,
    pub seq: i64,
    /// Communes that had sent nothing.
    pub missing: usize,
    /// Units whose books do not agree with their open episodes: a fault of the program that the operator is told.
    pub wrong: usize,
}

/// Locks a day at its own time. A day that is locked, or has not begun, stays as it is.
pub fn lock(tx: &mut Tx, mint: &mut Mint, day: i64) -> Result<Option<Locked>, Stop> {
    let Some(day) = report::day_by_id(tx, day)?.filter(|day| day.lock_seq.is_none() && day.has_begun())
    else {
        return Ok(None);
    };
    let at = day.lock_at;
    let place = locality::all(tx)?
        .into_iter()
        .find(|place| place.area_id == day.area_id)
        .ok_or_else(|| StoreError::Shape(format!("report day {} has no locality", day.id)))?;
    let (next, _) = next_day(tx, &place, &day)?;
    for day in [&day, &next] {
        drafts(tx, mint, &place, day, at)?;
    }
    let live = super::live(tx, &day, &place.path, &place, at)?;
    let wrong = live.wrong();
    for w in &wrong {
        tracing::error!(area = w.area.0, kind = %w.kind, w.booked, w.counted, on = %day.on_day, "books and episodes differ");
    }
    let mut missing = 0;
    for sheet in report::of_day(tx, day.id, &place.path)? {
        let figures = live.of(sheet.area_id);
        missing += usize::from(sheet.level == AreaLevel::Commune && sheet.submitted_at.is_none());
        report::freeze(tx, sheet.id, &figures, &supplement(&sheet, &figures), at)?;
    }
    report::lock_day(tx, day.id, at)?;
    let first_seq = tx.next_seq();
    report::begin_day(tx, next.id, first_seq)?;
    let header =
        format!("area={} on={} missing={missing} wrong={}", place.area_id.0, day.on_day, wrong.len());
    let seq = tx.log(&by_clock(at), &stream(&place), "report_day_locked", &header, "")?;
    Ok(Some(Locked { on: day.on_day, seq, missing, wrong: wrong.len() }))
}

/// What has come since the signature; confirmed only if somebody confirmed exactly this.
pub(super) fn supplement(report: &Report, figures: &Figures) -> Supplement {
    match (report.level, &report.submitted_figures) {
        (AreaLevel::Commune, Some(signed)) => {
            let change = figures.minus(signed);
            let confirmed = report
                .supplement_confirmed_at
                .filter(|_| report.supplement_figures.is_some_and(|seen| is_same_people(&seen, &change)));
            Supplement {
                figures: Some(change).filter(|change| !change.is_zero()),
                confirmed: confirmed.map(|at| (at, report.supplement_confirmed_by)),
            }
        }
        (AreaLevel::Commune, None) => Supplement::default(),
        // A level above signs what is frozen: nothing comes after it.
        (AreaLevel::District | AreaLevel::Province | AreaLevel::Cluster, _) => Supplement::default(),
    }
}

/// Whether two changes say the same of cases and contacts. The figures of the watch move with the clock alone, so
/// they do not take a confirmation back.
fn is_same_people(a: &Figures, b: &Figures) -> bool {
    a.iter().zip(b.iter()).all(|((indicator, a), (_, b))| match (indicator.nature, indicator.kind) {
        (Nature::Flow, _) | (Nature::Stock, Some(_)) => a == b,
        (Nature::Stock, None) => true,
    })
}
