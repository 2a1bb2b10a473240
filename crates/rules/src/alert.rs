//! Alarms: raised by a judgement, taken by somebody, closed with a reason. A home has one alarm of a cause at a time
//! (P-14); a graver answer raises it again. Nobody's alarm goes up a level when its time has passed, and is a gap
//! until it is taken (LC-10, LC-17).

use crate::time::MINUTE;
use crate::{AlertState, At, GapLevel, Level, Refusal};

/// An alarm as its rules see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub state: AlertState,
    pub level: Level,
    /// When it was last raised.
    pub raised_at: At,
    /// When it goes one level up if nobody takes it; `None` once the district has it or somebody took it.
    pub due_at: Option<At>,
    /// Whose it is by now.
    pub told: GapLevel,
}

/// An alarm that is raised for the first time.
pub fn raised(level: Level, minutes: u32, now: At) -> Standing {
    Standing {
        state: AlertState::Open,
        level,
        raised_at: now,
        due_at: Some(now.plus(i64::from(minutes) * MINUTE)),
        told: GapLevel::Leader,
    }
}

/// Another answer while an alarm is there. A graver one raises it again; one that is not leaves it as it is: a machine
/// raises and never lowers.
pub fn raised_again(before: Standing, level: Level, minutes: u32, now: At) -> Standing {
    // The gravest level stands first.
    if level < before.level { raised(level, minutes, now) } else { before }
}

/// Nobody took it in time: one level up, with as much time again.
pub fn escalated(before: Standing, minutes: u32, now: At) -> Standing {
    let told = match before.told {
        GapLevel::Leader => GapLevel::Commune,
        GapLevel::Commune | GapLevel::District => GapLevel::District,
    };
    let due_at = match told {
        GapLevel::Leader | GapLevel::Commune => Some(now.plus(i64::from(minutes) * MINUTE)),
        GapLevel::District => None,
    };
    Standing { told, due_at, ..before }
}

/// Whether nobody took it in time.
pub fn is_overdue(state: AlertState, acknowledge_by: At, now: At) -> bool {
    state == AlertState::Open && now >= acknowledge_by
}

/// Somebody has seen it and takes it. Taking it twice changes nothing.
///
/// # Errors
/// `alert_closed`.
pub fn acknowledged(before: Standing) -> Result<Standing, Refusal> {
    match before.state {
        AlertState::Open | AlertState::Acknowledged => {
            Ok(Standing { state: AlertState::Acknowledged, due_at: None, ..before })
        }
        AlertState::Closed => Err(Refusal::conflict("alert_closed")),
    }
}

/// It is over.
///
/// # Errors
/// `alert_closed`.
pub fn closed(before: Standing) -> Result<Standing, Refusal> {
    match before.state {
        AlertState::Open | AlertState::Acknowledged => {
            Ok(Standing { state: AlertState::Closed, due_at: None, ..before })
        }
        AlertState::Closed => Err(Refusal::conflict("alert_closed")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: At = At(1_000 * MINUTE);

    #[test]
    fn an_alarm_nobody_takes_goes_up_to_the_district_and_stays_there() {
        let first = raised(Level::Urgent, 15, NOW);
        assert_eq!((first.due_at, first.told), (Some(NOW.plus(15 * MINUTE)), GapLevel::Leader));
        let second = escalated(first, 15, NOW.plus(15 * MINUTE));
        assert_eq!((second.due_at, second.told), (Some(NOW.plus(30 * MINUTE)), GapLevel::Commune));
        let third = escalated(second, 15, NOW.plus(30 * MINUTE));
        assert_eq!((third.due_at, third.told, third.state), (None, GapLevel::District, AlertState::Open));
    }

    #[test]
    fn a_graver_answer_raises_it_again_and_a_milder_one_never_lowers_it() {
        let urgent = acknowledged(raised(Level::Urgent, 15, NOW)).unwrap();
        let later = NOW.plus(MINUTE);
        let emergency = raised_again(urgent, Level::Emergency, 5, later);
        assert_eq!((emergency.state, emergency.raised_at), (AlertState::Open, later));
        for level in [Level::Emergency, Level::Urgent, Level::Watch] {
            assert_eq!(raised_again(emergency, level, 5, later.plus(1)), emergency);
        }
    }

    #[test]
    fn who_takes_it_stops_its_clock_and_what_is_closed_stays_closed() {
        let taken = acknowledged(raised(Level::Emergency, 5, NOW)).unwrap();
        assert_eq!((taken.state, taken.due_at), (AlertState::Acknowledged, None));
        assert_eq!(acknowledged(taken), Ok(taken));
        let over = closed(taken).unwrap();
        assert_eq!(closed(over).unwrap_err().code, "alert_closed");
        assert_eq!(acknowledged(over).unwrap_err().code, "alert_closed");
        assert!(is_overdue(AlertState::Open, NOW, NOW));
        assert!(!is_overdue(AlertState::Open, NOW, NOW.plus(-1)));
        assert!(!is_overdue(AlertState::Acknowledged, NOW, NOW.plus(MINUTE)));
    }
}
