//! Going on duty and off: whoever is on duty is who people are told to call, and a group without anybody on duty is
//! a gap (invariant 1).

use crate::desk::Desk;
use crate::task;
use rules::Refusal;
use rules::permission::Verb;
use serde::{Deserialize, Serialize};
use store::{Stop, Tx, staff};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Duty {
    pub on: bool,
    /// Since when, in milliseconds UTC by the care clock.
    pub since: i64,
}

/// Goes on duty or off. Saying what already holds changes nothing.
pub fn set_duty(tx: &mut Tx, desk: &Desk, on: bool) -> Result<Duty, Stop> {
    let id = desk.staff.filter(|_| desk.can_anywhere(Verb::GoOnDuty)).ok_or_else(Refusal::not_found)?;
    let member = staff::by_id(tx, id)?.filter(|s| s.ended_at.is_none()).ok_or_else(Refusal::not_found)?;
    if member.on_duty == on {
        return Ok(Duty { on, since: member.duty_changed_at.0 });
    }
    staff::set_duty(tx, id, on, desk.now)?;
    let header = format!("staff={} on={}", id.0, u8::from(on));
    tx.log(&desk.stamp(), &format!("staff:{}", id.0), "duty_changed", &header, "")?;
    if !on {
        task::pass_on(tx, desk, id)?;
    }
    Ok(Duty { on, since: desk.now.0 })
}
