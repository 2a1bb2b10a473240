//! Alarms: raised by a judgement, taken by somebody, closed with a reason. A home has one alarm of a cause that nobody
//! has (P-14): it is about everybody at home whose answer asked for it. Whoever takes it has what was known by then;
//! another person's danger, or a graver one, rings anew. An alarm that nobody takes goes up a level when its time has
//! passed, and is a gap until it is taken (LC-10, LC-17).

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

/// An alarm that runs at home, as somebody's new answer finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Running {
    pub standing: Standing,
    /// The gravest level that it knows of this person; `None` if it is not about them.
    pub of_them: Option<Level>,
}

/// What an answer that asks for an alarm does in its home. The number is the place of the alarm among those that run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Raising {
    /// It is a new alarm.
    New(Standing),
    /// The alarm rings anew, for this person.
    Again(usize, Standing),
    /// The alarm that rings already is about this person, too.
    Joins(usize),
    /// Whoever took the alarm knows of it.
    Known(usize),
}

/// An answer of `level`, which has to be taken within `minutes`. A machine raises and never lowers.
pub fn raise(running: &[Running], level: Level, minutes: u32, now: At) -> Raising {
    let to = raised(level, minutes, now);
    // The gravest level stands first.
    let theirs =
        |alarm: &Running| alarm.standing.state == AlertState::Acknowledged && alarm.of_them.is_some();
    let knows = |alarm: &Running| theirs(alarm) && alarm.of_them.is_some_and(|known| known <= level);
    if let Some(place) = running.iter().position(knows) {
        return Raising::Known(place);
    }
    if let Some(place) = running.iter().position(|alarm| alarm.standing.state == AlertState::Open) {
        let is_graver = level < running[place].standing.level;
        return if is_graver { Raising::Again(place, to) } else { Raising::Joins(place) };
    }
    match running.iter().position(|alarm| theirs(alarm) && level < alarm.standing.level) {
        Some(place) => Raising::Again(place, to),
        None => Raising::New(to),
    }
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

    fn runs(standing: Standing, of_them: Option<Level>) -> Running {
        Running { standing, of_them }
    }

    #[test]
    fn while_an_alarm_rings_everybody_at_home_joins_it_and_the_gravest_holds() {
        let later = NOW.plus(MINUTE);
        let ringing = raised(Level::Urgent, 15, NOW);
        for of_them in [None, Some(Level::Watch), Some(Level::Urgent)] {
            let home = [runs(ringing, of_them)];
            let graver = raise(&home, Level::Emergency, 5, later);
            assert_eq!(graver, Raising::Again(0, raised(Level::Emergency, 5, later)));
            for level in [Level::Urgent, Level::Watch] {
                assert_eq!(raise(&home, level, 15, later), Raising::Joins(0), "{of_them:?} {level}");
            }
        }
        assert_eq!(raise(&[], Level::Watch, 240, later), Raising::New(raised(Level::Watch, 240, later)));
    }

    #[test]
    fn who_took_an_alarm_has_what_was_known_then_and_no_more() {
        let later = NOW.plus(MINUTE);
        let taken = acknowledged(raised(Level::Urgent, 15, NOW)).unwrap();
        let by = |of_them, level| raise(&[runs(taken, of_them)], level, 10, later);
        let new = |level| Raising::New(raised(level, 10, later));
        // The same person: as grave or milder is known, graver rings anew.
        assert_eq!(by(Some(Level::Urgent), Level::Urgent), Raising::Known(0));
        assert_eq!(by(Some(Level::Urgent), Level::Watch), Raising::Known(0));
        let again = Raising::Again(0, raised(Level::Emergency, 10, later));
        assert_eq!(by(Some(Level::Urgent), Level::Emergency), again);
        assert_eq!(by(Some(Level::Watch), Level::Emergency), again);
        // Graver for them, but not for the home: the alarm of the others stays with whoever has it.
        assert_eq!(by(Some(Level::Watch), Level::Urgent), new(Level::Urgent));
        // Another person's danger is nobody's yet, however mild beside the first.
        for level in [Level::Emergency, Level::Urgent, Level::Watch] {
            assert_eq!(by(None, level), new(level));
        }
        // And the new one rings for whatever else is new at home until it is taken.
        let home = |of_them| [runs(taken, of_them), runs(raised(Level::Watch, 240, NOW), None)];
        assert_eq!(raise(&home(None), Level::Watch, 240, later), Raising::Joins(1));
        assert_eq!(raise(&home(Some(Level::Urgent)), Level::Watch, 240, later), Raising::Known(0));
        let graver = raise(&home(Some(Level::Urgent)), Level::Emergency, 10, later);
        assert_eq!(graver, Raising::Again(1, raised(Level::Emergency, 10, later)));
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
