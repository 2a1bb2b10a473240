//! What came between the signature and the lock is confirmed in one tap (P-21); otherwise the lock adds it and says
//! that the commune did not confirm it.

use super::show::ReportView;
use crate::desk::Desk;
use rules::permission::Verb;
use rules::{Refusal, Uid};
use store::{Stop, Tx, report};

pub fn supplement(tx: &mut Tx, desk: &Desk, uid: Uid) -> Result<ReportView, Stop> {
    let sheet = super::load(tx, desk, Verb::SupplementReport, uid)?;
    let live = sheet.figures(tx, desk.now)?;
    let signed = sheet.report.submitted_figures.unwrap_or_default();
    let change = rules::report::supplement(&sheet.facts(), &signed, &live, sheet.clock(desk.now))?;
    if sheet.report.frozen_figures.is_some() {
        return Err(Refusal::conflict("locked").with("day", sheet.report.on_day).into());
    }
    report::confirm_supplement(tx, sheet.report.id, &change, desk.staff, desk.now)?;
    tx.log(&desk.stamp(), &sheet.stream(), "supplement_confirmed", &sheet.header(), "")?;
    super::answer(tx, desk, &sheet)
}
