//! A correction of a locked figure: a visible note beside it. The figure stays, and no sum changes (P-23,
//! invariant 5).

use super::show::ReportView;
use crate::desk::Desk;
use rules::permission::Verb;
use rules::{Refusal, Uid};
use store::report::Correction;
use store::{Stop, Tx};

pub fn correct(
    tx: &mut Tx,
    desk: &Desk,
    uid: Uid,
    indicator: &str,
    value: i64,
    reason: &str,
) -> Result<ReportView, Stop> {
    let sheet = super::load(tx, desk, Verb::CorrectReport, uid)?;
    let not_locked = || Refusal::conflict("not_locked").with("day", sheet.report.on_day);
    let frozen = sheet.report.frozen_figures.ok_or_else(not_locked)?;
    let correction =
        rules::report::correct(&sheet.facts(), &frozen, indicator, value, reason, sheet.clock(desk.now))?;
    Correction {
        id: tx.id(),
        report_id: sheet.report.id,
        indicator: correction.indicator.to_owned(),
        was: correction.was,
        value: correction.value,
        reason: correction.reason.clone(),
        staff_id: desk.staff,
        at: desk.now,
    }
    .insert(tx)?;
    let header = format!(
        "{} indicator={} was={} value={}",
        sheet.header(),
        correction.indicator,
        correction.was,
        value
    );
    tx.log(&desk.stamp(), &sheet.stream(), "report_corrected", &header, &correction.reason)?;
    super::answer(tx, desk, &sheet)
}
