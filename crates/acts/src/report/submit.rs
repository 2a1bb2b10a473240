//! The leader of a level signs and sends its report (P-20). A commune signs its live figures; a level above compiles
//! what its units signed, with what it chose in the open for those that did not (P-22).

use super::Sheet;
use super::show::{self, ReportView};
use crate::desk::Desk;
use rules::permission::Verb;
use rules::report::{Figures, Submitted};
use rules::{AreaLevel, Uid};
use store::report::{self, Signed};
use store::{Reader, Stop, StoreError, Tx};

pub fn submit(tx: &mut Tx, desk: &Desk, uid: Uid, narrative: &str) -> Result<ReportView, Stop> {
    let sheet = super::load(tx, desk, Verb::SubmitReport, uid)?;
    let submitted = rules::report::submit(&sheet.facts(), narrative, sheet.clock(desk.now))?;
    let figures = to_sign(tx, &sheet, desk)?;
    sign(tx, desk, &sheet, &submitted, &figures, narrative.trim(), false)
}

/// What the signature will stand under.
pub(super) fn to_sign(reader: &mut Reader, sheet: &Sheet, desk: &Desk) -> Result<Figures, StoreError> {
    match sheet.report.level {
        AreaLevel::Commune | AreaLevel::Cluster => sheet.figures(reader, desk.now),
        AreaLevel::District | AreaLevel::Province => Ok(show::compiled(reader, sheet, desk.now)?.figures),
    }
}

pub(super) fn sign(
    tx: &mut Tx,
    desk: &Desk,
    sheet: &Sheet,
    submitted: &Submitted,
    figures: &Figures,
    narrative: &str,
    zero: bool,
) -> Result<ReportView, Stop> {
    let signed = Signed {
        figures,
        by: desk.staff,
        at: submitted.at,
        without_confirmation: submitted.without_confirmation,
        zero,
        narrative: Some(narrative).filter(|text| !text.is_empty()),
    };
    report::submit(tx, &sheet.report, &signed)?;
    let flag = |name: &str, on: bool| if on { format!(" {name}=1") } else { String::new() };
    let header = format!(
        "{}{}{}{}",
        sheet.header(),
        flag("late", submitted.punctuality.is_late()),
        flag("unconfirmed", submitted.without_confirmation),
        flag("zero", zero),
    );
    tx.log(&desk.stamp(), &sheet.stream(), "report_submitted", &header, "")?;
    super::answer(tx, desk, sheet)
}
