//! The station head confirms the care groups' figures (P-20), before the leader signs.

use super::show::ReportView;
use crate::desk::Desk;
use rules::Uid;
use rules::permission::Verb;
use store::{Stop, Tx, report};

pub fn confirm(tx: &mut Tx, desk: &Desk, uid: Uid) -> Result<ReportView, Stop> {
    let sheet = super::load(tx, desk, Verb::ConfirmReport, uid)?;
    rules::report::confirm(&sheet.facts(), sheet.clock(desk.now))?;
    report::confirm(tx, sheet.report.id, desk.staff, desk.now)?;
    tx.log(&desk.stamp(), &sheet.stream(), "report_confirmed", &sheet.header(), "")?;
    super::answer(tx, desk, &sheet)
}
