//! Corrections of a person's record, and joining two records that are one person. What stood before stays in the log.

use crate::desk::Desk;
use crate::end_episode::Done;
use crate::end_episode::close;
use crate::scene::{self, Scene};
use rules::permission::Verb;
use rules::registration::{self, NewHousehold, NewPerson, RegisterEpisode};
use rules::{EpisodeState, Refusal, Uid};
use store::episode::EpisodeItem;
use store::person::{self, Person};
use store::{Reader, Stop, Tx, episode, household};

/// A correction: what is `None` stays as it is.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct EditPerson {
    pub full_name: Option<String>,
    pub sex: Option<String>,
    pub birth_date: Option<String>,
    /// A number to call first from now on.
    pub phone: Option<String>,
    pub doses: Option<i64>,
    /// `YYYY-MM-DD`
    pub last_dose_on: Option<String>,
    pub risks: Option<Vec<String>>,
    pub can_read: Option<bool>,
    pub language: Option<String>,
    /// The neighbourhood of the home, by name.
    pub cluster: Option<String>,
}

/// The person and one of their episodes, if the desk may `verb` there.
pub fn load(reader: &mut Reader, desk: &Desk, verb: Verb, uid: Uid) -> Result<(Person, EpisodeItem), Stop> {
    let person = person::by_uid(reader, uid)?.ok_or_else(Refusal::not_found)?;
    let item =
        episode::items_of_person(reader, person.id)?.into_iter().next().ok_or_else(Refusal::not_found)?;
    desk.may(verb, &item.path)?;
    Ok((person, item))
}

pub fn edit_person(tx: &mut Tx, desk: &Desk, uid: Uid, edit: &EditPerson) -> Result<Done, Stop> {
    let (person, item) = load(tx, desk, Verb::EditPerson, uid)?;
    if person.merged_into_id.is_some() {
        return Err(Refusal::conflict("merged").into());
    }
    let scene = scene::load(tx, desk, Verb::EditPerson, item.uid)?;
    let checked = check(&scene, desk, &person, edit)?;
    let mut fields: Vec<&str> = Vec::new();
    let new = Person {
        full_name: checked.full_name.clone(),
        folded_name: rules::fold::fold(&checked.full_name),
        sex: checked.sex,
        birth_date: checked.birth,
        birth_year: checked.birth.map(|b| i64::from(b.year())),
        language: checked.language.clone(),
        can_read: checked.can_read,
        doses: checked.doses,
        last_dose_on: checked.last_dose_on,
        risks: checked.risks.iter().map(|r| r.word()).collect::<Vec<_>>().join(" "),
        ..person.clone()
    };
    if new != person {
        fields.push("person");
        person::edit(tx, &new, scene.place.area.id)?;
    }
    if let (Some(phone), Some(_)) = (&checked.phone, &edit.phone)
        && household::add_phone(tx, scene.home.id, Some(person.id), phone.as_str(), true, desk.now)?
    {
        fields.push("phone");
    }
    if let Some(written) = &edit.cluster {
        let cluster = crate::register_episode::cluster(tx, &scene.place.area, Some(written))?;
        let id = cluster.map(|c| c.id);
        if id != scene.home.cluster_id {
            household::set_cluster(tx, scene.home.id, id)?;
            for open in episode::open_of_household(tx, scene.home.id)? {
                episode::set_cluster(tx, open.id, id)?;
            }
            fields.push("cluster");
        }
    }
    if !fields.is_empty() {
        let header = format!("fields={}", fields.join(","));
        tx.log(&desk.stamp(), &format!("person:{}", person.id.0), "person_edited", &header, "")?;
    }
    Ok(Done { id: person.uid.to_string() })
}

/// The person as corrected, through the same rules as a new one.
fn check(
    scene: &Scene,
    desk: &Desk,
    person: &Person,
    edit: &EditPerson,
) -> Result<registration::CheckedPerson, Stop> {
    let risks: Vec<String> = match &edit.risks {
        Some(risks) => risks.clone(),
        None => person.risks.split(' ').filter(|r| !r.is_empty()).map(str::to_owned).collect(),
    };
    let sent = RegisterEpisode {
        area_code: scene.item.area_code.clone(),
        kind: scene.item.kind.word().to_owned(),
        detected_on: Some(desk.now.day(&scene.place.zone).to_string()),
        person: NewPerson {
            full_name: edit.full_name.clone().unwrap_or_else(|| person.full_name.clone()),
            sex: Some(edit.sex.clone().unwrap_or_else(|| person.sex.word().to_owned())),
            birth_date: edit.birth_date.clone().or_else(|| person.birth_date.map(|b| b.to_string())),
            phone: edit.phone.clone(),
            doses: edit.doses.or(person.doses),
            last_dose_on: edit
                .last_dose_on
                .clone()
                .or_else(|| person.last_dose_on.map(|day| day.to_string())),
            risks: Some(risks),
            can_read: edit.can_read.or(person.can_read),
            language: edit.language.clone().or_else(|| person.language.clone()),
        },
        household: NewHousehold { id: Some(scene.home.uid.to_string()), address: None, kind: None },
        ..RegisterEpisode::default()
    };
    Ok(registration::check(&sent, desk.now, &scene.place.zone)?.person)
}

/// Joins a double into the person it really is. The double's open episode is closed as entered twice; a double that
/// already has a history of its own is refused, in words, since nothing said may lose its person.
pub fn merge(tx: &mut Tx, desk: &Desk, from: Uid, into: Uid, reason: &str) -> Result<Done, Stop> {
    let (double, item) = load(tx, desk, Verb::MergePeople, from)?;
    let (kept, _) = load(tx, desk, Verb::MergePeople, into).map_err(|stop| match stop {
        Stop::Refused(_) => Stop::Refused(Refusal::field("into", "unknown")),
        Stop::Store(error) => Stop::Store(error),
    })?;
    if double.id == kept.id {
        return Err(Refusal::field("into", "same_person").into());
    }
    if double.merged_into_id.is_some() || kept.merged_into_id.is_some() {
        return Err(Refusal::conflict("merged").into());
    }
    let episodes = episode::of_person(tx, double.id)?;
    let mut later = episodes.len() > 1 || episodes.iter().any(|e| e.state == EpisodeState::Closed);
    for e in &episodes {
        later = later || scene::has_history(tx, e.id)?;
    }
    if later {
        return Err(Refusal::conflict("has_later_records").into());
    }
    if episodes.iter().any(|e| e.state == EpisodeState::Open) {
        let kept_open = episode::open_of_person(tx, kept.id)?;
        if kept_open.is_empty() {
            return Err(Refusal::conflict("kept_has_no_open_episode").into());
        }
        let scene = scene::load(tx, desk, Verb::MergePeople, item.uid)?;
        let standing = scene.standing(tx)?;
        let ended = rules::episode::merge(&standing, reason, desk.now, scene.place.open_day)?;
        close(tx, desk, &scene, &ended, None)?;
    }
    person::merge(tx, double.id, kept.id)?;
    let header = format!("into={}", kept.id.0);
    tx.log(&desk.stamp(), &format!("person:{}", double.id.0), "person_merged", &header, reason)?;
    Ok(Done { id: kept.uid.to_string() })
}

/// Writes down that somebody looked at a person's record, before the page leaves (invariant 8).
pub fn note_reading(tx: &mut Tx, desk: &Desk, item: &EpisodeItem) -> Result<(), Stop> {
    let header = format!("episode={}", item.id.0);
    tx.log(&desk.stamp(), &format!("person:{}", item.person_id.0), "person_read", &header, "")?;
    Ok(())
}
