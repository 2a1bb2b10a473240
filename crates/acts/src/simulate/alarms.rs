//! Alarms as they ought to be: a home has one that nobody has yet, whoever took one has what was known then, and it ends
//! with the care of the last one it is about.

use super::model::{Model, Violation, broken};
use super::world::{Member, World};
use rules::time::MINUTE;
use rules::{At, Level, Uid};

pub(super) struct Alarm {
    pub uid: Uid,
    pub level: Level,
    pub raised_at: At,
    pub acknowledge_by: At,
    pub taken_by: Option<Member>,
    /// Whose answers it is about, and the gravest of each.
    pub about: Vec<(usize, Level)>,
    /// Whom it names.
    pub named: usize,
}

/// What a raised alarm does in its home.
enum Ring {
    Known(usize),
    Joins(usize),
    Again(usize),
    New,
}

impl Model {
    pub fn alarm(&self, home: usize, uid: Uid) -> Option<&Alarm> {
        self.homes[home].alarms.iter().find(|alarm| alarm.uid == uid)
    }

    /// An alarm is raised, by an answer or because a second reading did not come.
    pub fn ring(
        &mut self,
        world: &World,
        person: usize,
        level: Level,
        uid: Uid,
        now: At,
    ) -> Result<(), Violation> {
        let minutes = i64::from(world.protocol.acknowledge_within(level).unwrap_or(0));
        let ring = self.rings(person, level);
        let home = &mut self.homes[self.people[person].home];
        let place = match ring {
            Ring::Known(place) | Ring::Joins(place) | Ring::Again(place) => place,
            Ring::New => {
                if home.alarms.iter().any(|alarm| alarm.uid == uid) {
                    return broken("danger_is_seen", "a danger was put to an alarm that somebody else has");
                }
                let acknowledge_by = now.plus(minutes * MINUTE);
                let about = vec![(person, level)];
                home.alarms.push(Alarm {
                    uid,
                    level,
                    raised_at: now,
                    acknowledge_by,
                    taken_by: None,
                    about,
                    named: person,
                });
                self.count("alarms", 1);
                return Ok(());
            }
        };
        let there = &mut home.alarms[place];
        if there.uid != uid {
            return broken("danger_is_seen", "two alarms ring in one home");
        }
        match there.about.iter_mut().find(|(of, _)| *of == person) {
            Some((_, known)) => *known = level.min(*known),
            None => there.about.push((person, level)),
        }
        if let Ring::Again(_) = ring {
            there.level = level;
            there.raised_at = now;
            there.acknowledge_by = now.plus(minutes * MINUTE);
            there.taken_by = None;
            there.named = person;
            self.count("alarms rung anew", 1);
        }
        Ok(())
    }

    /// The alarm that a person's new danger joins, if one runs that it belongs to.
    pub fn alarm_for(&self, person: usize, level: Level) -> Option<Uid> {
        match self.rings(person, level) {
            Ring::Known(place) | Ring::Joins(place) | Ring::Again(place) => {
                Some(self.homes[self.people[person].home].alarms[place].uid)
            }
            Ring::New => None,
        }
    }

    fn rings(&self, person: usize, level: Level) -> Ring {
        let alarms = &self.homes[self.people[person].home].alarms;
        let mut order: Vec<usize> = (0..alarms.len()).collect();
        order.sort_by_key(|place| alarms[*place].level);
        let known = |place: &usize| {
            let about = alarms[*place].about.iter().find(|(of, _)| *of == person);
            about.map(|(_, level)| *level).filter(|_| alarms[*place].taken_by.is_some())
        };
        if let Some(place) = order.iter().find(|place| known(place).is_some_and(|known| known <= level)) {
            return Ring::Known(*place);
        }
        if let Some(place) = order.iter().find(|place| alarms[**place].taken_by.is_none()) {
            let is_graver = level < alarms[*place].level;
            return if is_graver { Ring::Again(*place) } else { Ring::Joins(*place) };
        }
        let graver = |place: &&usize| known(place).is_some() && level < alarms[**place].level;
        order.iter().find(graver).map_or(Ring::New, |place| Ring::Again(*place))
    }

    /// Somebody's care ended: so do the alarms about nobody else who is still there.
    pub fn end_alarms(&mut self, person: usize) {
        let home = self.people[person].home;
        let mut alarms = std::mem::take(&mut self.homes[home].alarms);
        let before = alarms.len();
        alarms.retain_mut(|alarm| {
            if alarm.named != person {
                return true;
            }
            let next = alarm.about.iter().find(|(of, _)| *of != person && self.people[*of].is_open);
            let Some((of, level)) = next else { return false };
            (alarm.named, alarm.level) = (*of, *level);
            true
        });
        self.count("alarms ended with their care", (before - alarms.len()) as i64);
        self.homes[home].alarms = alarms;
    }
}
