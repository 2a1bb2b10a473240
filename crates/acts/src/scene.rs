//! What most verbs about one episode need loaded first: the episode, its home, its locality's rules, the open day.
//! Loading asks permission before it shows that anything exists.

use crate::desk::Desk;
use rules::episode::{Booked, Detected, Ending, EpisodeStanding};
use rules::permission::Verb;
use rules::placement::{GroupRules, MAX, TARGET_MIN};
use rules::report::{Flow, Indicator};
use rules::slots::Slots;
use rules::{Day, EpisodeId, EpisodeState, Outcome, Refusal, Uid, Zone};
use store::area::{self, Area};
use store::episode::{self, Episode, EpisodeItem};
use store::household::{self, Household};
use store::locality::{self, Locality};
use store::{Reader, Stop, StoreError, attempt, checkin};

pub struct Scene {
    pub item: EpisodeItem,
    pub episode: Episode,
    pub home: Household,
    pub place: Place,
}

/// A commune (or whatever a record lies in) with the rules and the report day that hold there.
pub struct Place {
    pub area: Area,
    pub locality: Locality,
    pub zone: Zone,
    pub open_day: Day,
    /// The first entry of the open day.
    pub first_seq: i64,
    /// When one is to be heard of by the protocol in force; `None` if none says so.
    pub slots: Option<Slots>,
}

impl Place {
    /// Hours to first contact (N); `None` while nobody has set them.
    pub fn hours(&self) -> Option<u16> {
        self.locality.first_contact_hours.and_then(|hours| rules::first_contact::check_hours(hours).ok())
    }

    pub fn group_rules(&self) -> GroupRules {
        let rules = &self.locality.rules;
        GroupRules {
            target_min: usize::try_from(rules.group_min).unwrap_or(TARGET_MIN),
            max: usize::try_from(rules.group_max).unwrap_or(MAX),
            separate: rules.separate_audiences,
        }
    }
}

pub fn place(reader: &mut Reader, area: Area) -> Result<Place, Stop> {
    let locality = locality::of_path(reader, &area.path)?
        .ok_or_else(|| StoreError::Shape(format!("area {} has no locality", area.id.0)))?;
    let (open_day, first_seq) = store::report::open_window(reader, locality.area_id)?
        .ok_or_else(|| StoreError::Shape(format!("locality {} has no open day", locality.area_id.0)))?;
    let zone = Zone::named(&area.time_zone);
    let slots = store::protocol::slots(reader, &area.path)?;
    Ok(Place { area, locality, zone, open_day, first_seq, slots })
}

/// Loads an episode for `verb`; not found, if the desk may not.
pub fn load(reader: &mut Reader, desk: &Desk, verb: Verb, uid: Uid) -> Result<Scene, Stop> {
    let item = episode::item_by_uid(reader, uid)?.ok_or_else(Refusal::not_found)?;
    desk.may(verb, &item.path)?;
    of(reader, item)
}

/// What is around an episode, for whoever was allowed it already.
pub(crate) fn of(reader: &mut Reader, item: EpisodeItem) -> Result<Scene, Stop> {
    let missing = || StoreError::Shape(format!("episode {} hangs in the air", item.id.0));
    let episode = episode::by_id(reader, item.id)?.ok_or_else(missing)?;
    let home = household::by_id(reader, item.household_id)?.ok_or_else(missing)?;
    let area = area::by_id(reader, item.area_id)?.ok_or_else(missing)?;
    let place = place(reader, area)?;
    Ok(Scene { item, episode, home, place })
}

/// Whether something was said or done for an episode that must not lose its person: an attempt, a test, an answer.
pub fn has_history(reader: &mut Reader, id: EpisodeId) -> Result<bool, StoreError> {
    Ok(!attempt::attempts(reader, id, 0, 1)?.is_empty()
        || !attempt::tests(reader, id, 0, 1)?.is_empty()
        || !checkin::of_episode(reader, id, 0, 1)?.is_empty())
}

impl Scene {
    /// The episode as its rules see it, with the bookings that brought it into the figures and out of them.
    pub fn standing(&self, reader: &mut Reader) -> Result<EpisodeStanding, Stop> {
        let start = self.booked(reader, self.episode.opened_seq)?.into_iter().next().ok_or_else(|| {
            StoreError::Shape(format!("episode {} never entered the figures", self.episode.id.0))
        })?;
        let end = match self.episode.closed_seq {
            Some(seq) => self.booked(reader, seq)?,
            None => Vec::new(),
        };
        let ending = match (self.episode.state, self.episode.outcome) {
            (EpisodeState::Open, _) => None,
            (EpisodeState::Closed, Some(Outcome::Void)) if self.item.merged_into.is_some() => {
                Some(Ending::Merged)
            }
            (EpisodeState::Closed, outcome) => Some(Ending::Outcome(outcome.unwrap_or(Outcome::Void))),
        };
        Ok(EpisodeStanding {
            kind: self.episode.kind,
            ending,
            detected_from: self.detected().earliest(&self.place.zone),
            start,
            end,
        })
    }

    pub fn detected(&self) -> Detected {
        match (self.episode.detected_at, self.episode.detected_on) {
            (Some(at), _) => Detected::At(at),
            (None, Some(day)) => Detected::On(day),
            (None, None) => Detected::At(self.episode.registered_at),
        }
    }

    fn booked(&self, reader: &mut Reader, seq: i64) -> Result<Vec<Booked>, Stop> {
        // Whether a booking's day is still open is all that its rules ask.
        let on = if seq >= self.place.first_seq { self.place.open_day } else { self.place.open_day.plus(-1) };
        let rows = episode::flows_at(reader, self.episode.id, seq)?;
        rows.into_iter()
            .map(|(kind, indicator, amount)| {
                let known = Indicator::parse(&indicator)
                    .ok_or_else(|| StoreError::Shape(format!("unknown indicator {indicator:?}")))?;
                Ok(Booked { on, flow: Flow { kind, indicator: known.id, amount } })
            })
            .collect()
    }

    pub fn stream(&self) -> String {
        format!("episode:{}", self.episode.id.0)
    }
}
