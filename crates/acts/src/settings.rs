//! What an administrator sets for a place: the hours to first contact (LC-9) and the emergency numbers (P-12).

use crate::desk::Desk;
use crate::house::House;
use rules::episode::Detected;
use rules::first_contact::{Stage, check_hours, due_at, next_step_at};
use rules::fold::nfc;
use rules::permission::Verb;
use rules::{EpisodeId, Refusal};
use serde::{Deserialize, Serialize};
use store::area::{self, Area};
use store::locality::{self, EMERGENCY_NUMBERS_MAX, EmergencyNumber, Locality};
use store::{Reader, Stop, StoreError, Tx, episode};

/// The longest time to first contact that a page can set: three days.
pub const HOURS_MAX: i64 = 72;
pub const LABEL_CHARS_MAX: usize = 80;
/// "115" to a number with its country's prefix and an extension.
const NUMBER_DIGITS: std::ops::RangeInclusive<usize> = 3..=15;
const NUMBER_CHARS_MAX: usize = 30;

#[derive(Clone, Debug)]
pub struct SetHours {
    /// Any area of the locality that the administrator answers for.
    pub area_code: String,
    /// 1 to 72; `None` stops the clocks of those who come later.
    pub hours: Option<i64>,
}

#[derive(Clone, Debug)]
pub struct SetNumbers {
    pub area_code: String,
    /// In the order in which to dial; empty: the list of the area above holds.
    pub numbers: Vec<EmergencyNumber>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SettingsDone {
    pub changed: bool,
}

fn area_of(reader: &mut Reader, desk: &Desk, code: &str) -> Result<Area, Stop> {
    let found = area::by_code(reader, code.trim(), None)?;
    let seen = found.filter(|a| desk.can(Verb::ManageSettings, &a.path));
    Ok(seen.ok_or_else(|| Refusal::field("area", "unknown_area"))?)
}

/// The hours hold for the whole locality, so only who answers for its root may set them.
pub fn set_hours(tx: &mut Tx, desk: &Desk, cmd: &SetHours) -> Result<SettingsDone, Stop> {
    let place = area_of(tx, desk, &cmd.area_code)?;
    let locality = locality_of(tx, &place)?;
    desk.may(Verb::ManageSettings, &locality.path)?;
    if cmd.hours.is_some_and(|hours| hours > HOURS_MAX) {
        return Err(Refusal::field("first_contact_hours", "out_of_range").into());
    }
    let hours = cmd.hours.map(check_hours).transpose()?.map(i64::from);
    if hours == locality.first_contact_hours {
        return Ok(SettingsDone { changed: false });
    }
    locality::set_first_contact_hours(tx, locality.id, hours)?;
    let text = hours.map_or("none".to_owned(), |h| h.to_string());
    let header = format!("area={} hours={text}", locality.area_id.0);
    tx.log(&desk.stamp(), &format!("area:{}", locality.area_id.0), "hours_set", &header, "")?;
    Ok(SettingsDone { changed: true })
}

#[derive(Clone, Debug)]
pub struct SetAnswerMinutes {
    /// Any area of the locality that the administrator answers for.
    pub area_code: String,
    /// Within how many minutes a home that writes is answered; `None` stops the clocks of those who write later.
    pub minutes: Option<i64>,
}

/// Holds for the whole locality. Homes that wait already without a time are given one, counted from when they wrote.
pub fn set_answer_minutes(tx: &mut Tx, desk: &Desk, cmd: &SetAnswerMinutes) -> Result<SettingsDone, Stop> {
    let place = area_of(tx, desk, &cmd.area_code)?;
    let locality = locality_of(tx, &place)?;
    desk.may(Verb::ManageSettings, &locality.path)?;
    let minutes = cmd.minutes.map(rules::thread::check_minutes).transpose()?;
    if minutes == locality.answer_minutes {
        return Ok(SettingsDone { changed: false });
    }
    locality::set_answer_minutes(tx, locality.id, minutes)?;
    let text = minutes.map_or("none".to_owned(), |m| m.to_string());
    let header = format!("area={} minutes={text}", locality.area_id.0);
    tx.log(&desk.stamp(), &format!("area:{}", locality.area_id.0), "answer_minutes_set", &header, "")?;
    if let Some(minutes) = minutes {
        crate::thread::time_waiting(tx, desk, &locality.path, minutes)?;
    }
    Ok(SettingsDone { changed: true })
}

/// Episodes whose clocks are started in one transaction.
const CLOCKS_PER_CHUNK: i64 = 200;

/// Starts the clock of everybody who was registered while the hours were unset. Clocks that run keep their time: it
/// was promised. Follows [`set_hours`]; doing it again changes nothing. Returns how many were started.
pub async fn start_clocks(house: &House, desk: &Desk, area_code: &str) -> Result<usize, Stop> {
    let (mut after, mut started) = (EpisodeId(0), 0);
    loop {
        let code = area_code.to_owned();
        let last = house
            .run(desk, move |tx, desk, _| {
                let place = area_of(tx, desk, &code)?;
                let locality = locality_of(tx, &place)?;
                let hours = locality.first_contact_hours.map(check_hours).transpose()?;
                let Some(hours) = hours else { return Ok(None) };
                start_some(tx, desk, &locality.path, hours, after)
            })
            .await?;
        match last {
            None => return Ok(started),
            Some((id, count)) => {
                after = id;
                started += count;
            }
        }
    }
}

fn start_some(
    tx: &mut Tx,
    desk: &Desk,
    path: &str,
    hours: u16,
    after: EpisodeId,
) -> Result<Option<(EpisodeId, usize)>, Stop> {
    let waiting = locality::without_clock(tx, path, after, CLOCKS_PER_CHUNK)?;
    for episode in &waiting {
        let detected = match (episode.detected_at, episode.detected_on) {
            (Some(at), _) => Detected::At(at),
            (None, Some(day)) => Detected::On(day),
            (None, None) => Detected::At(episode.registered_at),
        };
        let Some(due) = due_at(detected, episode.registered_at, Some(hours)) else { continue };
        let next = next_step_at(due, episode.registered_at, hours, Stage::Started).map(|(_, at)| at);
        episode::set_due(tx, episode.id, Some(due), 0, next)?;
        let header = format!("due={}", due.0);
        tx.log(&desk.stamp(), &format!("episode:{}", episode.id.0), "first_contact_timed", &header, "")?;
    }
    Ok(waiting.last().map(|last| (last.id, waiting.len())))
}

fn locality_of(reader: &mut Reader, place: &Area) -> Result<Locality, Stop> {
    let torn = || StoreError::Shape(format!("area {} has no locality", place.id.0));
    Ok(locality::of_path(reader, &place.path)?.ok_or_else(torn)?)
}

pub fn set_numbers(tx: &mut Tx, desk: &Desk, cmd: &SetNumbers) -> Result<SettingsDone, Stop> {
    let place = area_of(tx, desk, &cmd.area_code)?;
    let wanted = checked_numbers(&cmd.numbers)?;
    let changed = put_numbers(tx, desk, &place, &wanted)?;
    Ok(SettingsDone { changed })
}

/// Makes `wanted` the area's own list and says so in the log, if that changes anything.
pub(crate) fn put_numbers(
    tx: &mut Tx,
    desk: &Desk,
    place: &Area,
    wanted: &[EmergencyNumber],
) -> Result<bool, Stop> {
    let changed = locality::set_emergency_numbers(tx, place.id, wanted, desk.now)?;
    if changed {
        let header = format!("area={} numbers={}", place.id.0, wanted.len());
        tx.log(&desk.stamp(), &format!("area:{}", place.id.0), "emergency_numbers_set", &header, "")?;
    }
    Ok(changed)
}

/// Fields are named as on the page: `number_1`, `number_label_1` …
fn checked_numbers(numbers: &[EmergencyNumber]) -> Result<Vec<EmergencyNumber>, Refusal> {
    if numbers.len() > EMERGENCY_NUMBERS_MAX {
        return Err(Refusal::field("numbers", "too_many"));
    }
    let mut wrong = Refusal::invalid("invalid");
    let mut kept: Vec<EmergencyNumber> = Vec::new();
    for (n, line) in (1..).zip(numbers) {
        let (label, number) = (nfc(&line.label), nfc(&line.number));
        let digits = number.chars().filter(char::is_ascii_digit).count();
        let plain =
            number.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '.' | '-' | '+' | '(' | ')'));
        if !plain || !NUMBER_DIGITS.contains(&digits) || number.len() > NUMBER_CHARS_MAX {
            wrong = wrong.and_field(&format!("number_{n}"), "bad_number");
        } else if label.is_empty() {
            wrong = wrong.and_field(&format!("number_label_{n}"), "missing");
        } else if label.chars().count() > LABEL_CHARS_MAX {
            wrong = wrong.and_field(&format!("number_label_{n}"), "too_long");
        } else if kept.iter().any(|k| k.number == number) {
            wrong = wrong.and_field(&format!("number_{n}"), "twice");
        }
        kept.push(EmergencyNumber { label, number });
    }
    if wrong.fields.is_empty() { Ok(kept) } else { Err(wrong) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_one_can_dial() {
        let line = |label: &str, number: &str| EmergencyNumber { label: label.into(), number: number.into() };
        assert!(checked_numbers(&[line("Xe xã", "0213 000 0101"), line("Cấp cứu", "115")]).is_ok());
        let wrong = checked_numbers(&[line("", "115"), line("Trạm", "gọi chị Lan"), line("Cấp cứu", "115")]);
        let fields: Vec<String> = wrong.unwrap_err().fields.into_iter().map(|f| f.field).collect();
        assert_eq!(fields, ["number_label_1", "number_2", "number_3"]);
    }
}
