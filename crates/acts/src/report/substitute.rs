//! The level above says what stands for a report that did not come (P-22): the system's figures, or what was said
//! on the telephone, by whom and when. A missing report is not missing people, and stays missing.

use super::show::ReportView;
use crate::desk::Desk;
use rules::permission::Verb;
use rules::report::SubstituteRequest;
use rules::{Substitute, Uid};
use store::{Stop, Tx, report};

pub fn substitute(
    tx: &mut Tx,
    desk: &Desk,
    uid: Uid,
    request: &SubstituteRequest,
) -> Result<ReportView, Stop> {
    let sheet = super::load(tx, desk, Verb::SubstituteReport, uid)?;
    let system = sheet.figures(tx, desk.now)?;
    let chosen = rules::report::substitute(&sheet.facts(), &system, request, desk.now)?;
    let heard = match chosen.stands {
        Substitute::System => None,
        Substitute::ByPhone => Some(&chosen.figures),
    };
    report::substitute(
        tx,
        sheet.report.id,
        chosen.stands,
        desk.staff,
        chosen.who.as_deref(),
        chosen.at,
        heard,
    )?;
    let header = format!("{} as={}", sheet.header(), chosen.stands);
    tx.log(
        &desk.stamp(),
        &sheet.stream(),
        "report_substituted",
        &header,
        chosen.who.as_deref().unwrap_or(""),
    )?;
    super::answer(tx, desk, &sheet)
}
