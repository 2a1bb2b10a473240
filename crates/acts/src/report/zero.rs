//! "Không phát sinh" is said explicitly: zero is not the same as no report.

use super::show::ReportView;
use super::submit::{sign, to_sign};
use crate::desk::Desk;
use rules::Uid;
use rules::permission::Verb;
use store::{Stop, Tx};

pub fn zero(tx: &mut Tx, desk: &Desk, uid: Uid) -> Result<ReportView, Stop> {
    let sheet = super::load(tx, desk, Verb::SubmitReport, uid)?;
    let figures = to_sign(tx, &sheet, desk)?;
    let submitted = rules::report::zero(&sheet.facts(), &figures, sheet.clock(desk.now))?;
    sign(tx, desk, &sheet, &submitted, &figures, "", true)
}
