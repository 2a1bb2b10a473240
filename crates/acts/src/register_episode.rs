//! A case or contact is registered: person, home, episode, first-contact clock and group in one transaction, so that
//! nobody exists here without being looked after (LC-7, LC-9, P-3, P-7).

use crate::desk::Desk;
use crate::house::Mint;
use crate::next_contact;
use crate::place_homes;
use crate::scene::{self, Place};
use rules::episode::{Detected, Start, start_flow};
use rules::first_contact::{Stage, due_at, next_step_at};
use rules::permission::Verb;
use rules::registration::{self, Checked, CheckedHousehold, CheckedPerson, Reason, RegisterEpisode, Traits};
use rules::{
    AreaId, AreaLevel, Arrangement, At, BirthDate, EpisodeId, EpisodeKind, EpisodeState, FirstContact,
    GapKind, HouseholdId, HouseholdKind, ImportId, PersonId, Refusal, Risk, Severity, Uid,
};
use serde::{Deserialize, Serialize};
use store::area::{self, Area};
use store::episode::{self, Episode};
use store::household::{self, Household};
use store::person::{self, Person};
use store::{Reader, Stop, StoreError, Tx, flow};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Registered {
    pub id: String,
    pub person_id: String,
    pub household_id: String,
    pub care_group_id: Option<String>,
    /// Milliseconds UTC.
    pub first_contact_due_at: Option<i64>,
    /// Words of [`GapKind`].
    pub gaps: Vec<String>,
}

/// Somebody in the register who may be the same person, with the reasons.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    pub person: Person,
    pub address: String,
    pub reasons: Vec<Reason>,
    pub has_open_episode: bool,
    pub episode: Option<Uid>,
}

/// Namesakes looked at for one registration.
const CANDIDATES_MAX: usize = 20;

/// Finds the commune of a registration by its code: a hamlet carer writes the commune's.
pub fn commune(reader: &mut Reader, desk: &Desk, code: &str) -> Result<Area, Stop> {
    let found = area::by_code(reader, code.trim(), None)?;
    let area = found
        .filter(|a| a.level == AreaLevel::Commune)
        .ok_or_else(|| Refusal::field("area_code", "unknown_area"))?;
    // Somebody who works in one of the commune's clusters may register there; the cluster is checked below.
    let below = desk.operator
        || desk.grants.iter().any(|g| {
            (area.path.starts_with(&g.path) || g.path.starts_with(&area.path))
                && rules::permission::may(g.role, Verb::RegisterEpisode)
        });
    if !below {
        return Err(Refusal::not_found().into());
    }
    Ok(area)
}

/// The commune's cluster of that name; an unknown one is refused where the commune has a list (P-7).
pub fn cluster(reader: &mut Reader, commune: &Area, written: Option<&str>) -> Result<Option<Area>, Stop> {
    let Some(written) = written.map(str::trim).filter(|w| !w.is_empty()) else { return Ok(None) };
    let all = area::below(reader, &commune.path, AreaLevel::Cluster)?;
    let names: Vec<String> = all.iter().map(|c| c.name.clone()).collect();
    let known = rules::list::clusters::Clusters::new(&names);
    match known.exactly(written) {
        Some(n) => Ok(all.into_iter().nth(n)),
        None => Err(Refusal::field("cluster", "unknown_cluster").into()),
    }
}

fn risks_text(risks: &[Risk]) -> String {
    risks.iter().map(|r| r.word()).collect::<Vec<_>>().join(" ")
}

/// Likely duplicates of a new person in the commune; nothing is said about people elsewhere.
pub fn candidates(
    reader: &mut Reader,
    place: &Place,
    name: &str,
    birth: Option<BirthDate>,
    phones: &[String],
    cluster: Option<&str>,
    address: Option<&str>,
) -> Result<Vec<Candidate>, Stop> {
    let folded = rules::fold::fold(name);
    let new = Traits {
        name: folded.clone(),
        birth_year: birth.map(BirthDate::year),
        phones: phones.to_vec(),
        address: address.map(|a| registration::address_key(cluster, a)),
    };
    // Name and year alone are no likeness: whoever shares neither a number nor the address is not looked at.
    let mut known = Vec::new();
    for phone in phones {
        known.extend(person::by_phone(reader, phone, place.area.id)?);
    }
    if let Some(address) = address {
        let cluster_id = cluster.and_then(|c| area::cluster_by_name(reader, place.area.id, c).ok().flatten());
        let key = rules::list::address_key(address);
        for home in household::at_address(reader, place.area.id, cluster_id.map(|c| c.id), &key)? {
            known.extend(person::of_household(reader, home.id)?);
        }
    }
    known.sort_by_key(|p| p.id);
    known.dedup_by_key(|p| p.id);
    let mut found = Vec::new();
    for person in known {
        let Some(home) = household::by_id(reader, person.household_id)? else { continue };
        let cluster = match home.cluster_id {
            Some(id) => area::by_id(reader, id)?.map(|c| c.name),
            None => None,
        };
        let traits = Traits {
            name: person.folded_name.clone(),
            birth_year: person.birth_year.and_then(|y| i16::try_from(y).ok()),
            phones: home.phones.split(' ').filter(|p| !p.is_empty()).map(str::to_owned).collect(),
            address: Some(registration::address_key(cluster.as_deref(), &home.address)),
        };
        let Some(reasons) = registration::likeness(&new, &traits) else { continue };
        let open = episode::open_of_person(reader, person.id)?;
        let address = match &cluster {
            Some(cluster) => format!("{}, {cluster}", home.address),
            None => home.address.clone(),
        };
        let latest = match open.first() {
            Some(e) => Some(e.uid),
            None => episode::of_person(reader, person.id)?.last().map(|e| e.uid),
        };
        found.push(Candidate {
            person,
            address,
            reasons,
            has_open_episode: !open.is_empty(),
            episode: latest,
        });
        if found.len() >= CANDIDATES_MAX {
            break;
        }
    }
    Ok(found)
}

/// Likely duplicates of a registration as it was sent: for the warning while somebody types, and beside a refusal.
pub fn alike(reader: &mut Reader, desk: &Desk, sent: &RegisterEpisode) -> Result<Vec<Candidate>, Stop> {
    let commune = commune(reader, desk, &sent.area_code)?;
    let place = scene::place(reader, commune)?;
    let phones: Vec<String> = sent
        .person
        .phone
        .as_deref()
        .and_then(|p| rules::phone::parse(p).ok())
        .map(|p| p.into_string())
        .into_iter()
        .collect();
    let birth = sent.person.birth_date.as_deref().and_then(BirthDate::parse);
    let (cluster, address) = match sent.household.id.as_deref().and_then(Uid::parse) {
        Some(uid) => match household::by_uid(reader, uid)?.filter(|h| h.area_id == place.area.id) {
            Some(home) => {
                let cluster = match home.cluster_id {
                    Some(id) => area::by_id(reader, id)?.map(|c| c.name),
                    None => None,
                };
                (cluster, Some(home.address))
            }
            None => (None, None),
        },
        None => {
            let named = cluster(reader, &place.area, sent.cluster.as_deref()).ok().flatten();
            (named.map(|c| c.name), sent.household.address.clone())
        }
    };
    let mut found = candidates(
        reader,
        &place,
        &sent.person.full_name,
        birth,
        &phones,
        cluster.as_deref(),
        address.as_deref().filter(|a| !a.trim().is_empty()),
    )?;
    // Nothing is said about people whom the desk may not see.
    let mut seen = Vec::new();
    for candidate in found.drain(..) {
        let home = household::by_id(reader, candidate.person.household_id)?;
        let visible = match &home {
            Some(home) => desk.can(Verb::ListPeople, &home_path(reader, home)?),
            None => false,
        };
        if visible {
            seen.push(candidate);
        }
    }
    Ok(seen)
}

/// Registers one person. A likely duplicate is refused as `possible_duplicate` unless it was confirmed; the
/// candidates' ids are in the refusal's `candidates`.
pub fn register_episode(
    tx: &mut Tx,
    desk: &Desk,
    mint: &mut Mint,
    sent: &RegisterEpisode,
) -> Result<Registered, Stop> {
    let commune = commune(tx, desk, &sent.area_code)?;
    let place = scene::place(tx, commune)?;
    let checked = registration::check(sent, desk.now, &place.zone)?;
    let cluster = cluster(tx, &place.area, checked.cluster.as_deref())?;
    let known_home = match &checked.household {
        CheckedHousehold::Known(uid) => {
            let home = household::by_uid(tx, *uid)?.filter(|h| h.area_id == place.area.id);
            Some(home.ok_or_else(Refusal::not_found)?)
        }
        CheckedHousehold::At { .. } => None,
    };
    // Who works in one cluster registers there and nowhere else.
    let spot = match (&known_home, &cluster) {
        (Some(home), _) => home_path(tx, home)?,
        (None, Some(cluster)) => cluster.path.clone(),
        (None, None) => place.area.path.clone(),
    };
    if !desk.can(Verb::RegisterEpisode, &spot) {
        // A home of another cluster looks like one that does not exist.
        let refusal = match known_home {
            Some(_) => Refusal::not_found(),
            None => Refusal::field("cluster", "outside_your_area"),
        };
        return Err(refusal.into());
    }
    let phones: Vec<String> = checked.person.phone.iter().map(|p| p.as_str().to_owned()).collect();
    let address = match (&known_home, &checked.household) {
        (Some(home), _) => Some(home.address.clone()),
        (None, CheckedHousehold::At { address, .. }) => Some(address.clone()),
        (None, CheckedHousehold::Known(_)) => None,
    };
    let cluster_name = match (&known_home, &cluster) {
        (Some(home), _) => match home.cluster_id {
            Some(id) => area::by_id(tx, id)?.map(|c| c.name),
            None => None,
        },
        (None, cluster) => cluster.as_ref().map(|c| c.name.clone()),
    };
    if !checked.confirm_new {
        let like = candidates(
            tx,
            &place,
            &checked.person.full_name,
            checked.person.birth,
            &phones,
            cluster_name.as_deref(),
            address.as_deref(),
        )?;
        if !like.is_empty() {
            let ids: Vec<String> = like.iter().map(|c| c.person.uid.to_string()).collect();
            return Err(Refusal::conflict("possible_duplicate").with("candidates", ids.join(" ")).into());
        }
    }
    let home = match known_home {
        Some(home) => home,
        None => {
            let CheckedHousehold::At { address, kind } = &checked.household else {
                return Err(Refusal::field("household.address", "required").into());
            };
            find_or_add_home(tx, desk, mint, &place, cluster.as_ref(), address, *kind, &phones)?
        }
    };
    let new = NewEpisode::of(&checked, &home, None);
    let (person, episode) = add_person_and_episode(tx, desk, mint, &place, &home, &checked.person, &new)?;
    let group = place_homes::rehome(tx, desk, mint, home.id, "placed")?;
    let group_uid = match group {
        Some(id) => store::care_group::by_id(tx, id)?.map(|g| g.uid.to_string()),
        None => None,
    };
    let gaps = store::gap::of_episode(tx, episode.id, desk.now)?;
    Ok(Registered {
        id: episode.uid.to_string(),
        person_id: person.to_string(),
        household_id: home.uid.to_string(),
        care_group_id: group_uid,
        first_contact_due_at: episode.first_contact_due_at.map(|at| at.0),
        gaps: gaps.iter().map(|g: &GapKind| g.word().to_owned()).collect(),
    })
}

fn home_path(reader: &mut Reader, home: &Household) -> Result<String, Stop> {
    let id = home.cluster_id.unwrap_or(home.area_id);
    let area = area::by_id(reader, id)?;
    Ok(area.ok_or_else(|| StoreError::Shape(format!("household {} lies nowhere", home.id.0)))?.path)
}

/// The home at a written address; where a list made several there, the one with a number in common. A new home if
/// there is none.
#[expect(clippy::too_many_arguments, reason = "a home is its place, its address and its numbers")]
pub fn find_or_add_home(
    tx: &mut Tx,
    desk: &Desk,
    mint: &mut Mint,
    place: &Place,
    cluster: Option<&Area>,
    address: &str,
    kind: HouseholdKind,
    phones: &[String],
) -> Result<Household, Stop> {
    let key = rules::list::address_key(address);
    let there = household::at_address(tx, place.area.id, cluster.map(|c| c.id), &key)?;
    let shares_a_number =
        |home: &&Household| home.phones.split(' ').any(|p| phones.iter().any(|new| new == p));
    let home = match there.iter().find(shares_a_number).or(there.first()) {
        Some(home) => home.clone(),
        None => add_home(tx, desk, mint, place.area.id, cluster.map(|c| c.id), address, kind)?,
    };
    for phone in phones {
        household::add_phone(tx, home.id, None, phone, false, desk.now)?;
    }
    Ok(household::by_id(tx, home.id)?.unwrap_or(home))
}

pub fn add_home(
    tx: &mut Tx,
    desk: &Desk,
    mint: &mut Mint,
    commune: AreaId,
    cluster: Option<AreaId>,
    address: &str,
    kind: HouseholdKind,
) -> Result<Household, Stop> {
    let home = Household {
        id: HouseholdId(tx.id()),
        uid: mint.uid(desk.now),
        area_id: commune,
        cluster_id: cluster,
        address: rules::fold::nfc(address),
        address_key: rules::list::address_key(address),
        kind,
        phones: String::new(),
        care_group_id: None,
        placed_at: None,
        carer_id: None,
        visitor: None,
        visitor_phone: None,
        second_visitor: None,
        second_visitor_phone: None,
        visitor_at: None,
        created_at: desk.now,
    };
    home.insert(tx)?;
    Ok(home)
}

/// What an episode begins with.
pub struct NewEpisode {
    pub kind: EpisodeKind,
    pub source: Option<rules::DetectionSource>,
    pub detected: Detected,
    pub contacted: bool,
    pub cluster: Option<AreaId>,
    pub import: Option<ImportId>,
}

impl NewEpisode {
    fn of(checked: &Checked, home: &Household, import: Option<ImportId>) -> NewEpisode {
        NewEpisode {
            kind: checked.kind,
            source: checked.source,
            detected: checked.detected,
            contacted: checked.contacted,
            cluster: home.cluster_id,
            import,
        }
    }
}

/// Adds the person and an open episode with its clock and its line in the day's figures, and logs them.
pub fn add_person_and_episode(
    tx: &mut Tx,
    desk: &Desk,
    mint: &mut Mint,
    place: &Place,
    home: &Household,
    who: &CheckedPerson,
    new: &NewEpisode,
) -> Result<(Uid, Episode), Stop> {
    let person = Person {
        id: PersonId(tx.id()),
        uid: mint.uid(desk.now),
        household_id: home.id,
        full_name: who.full_name.clone(),
        folded_name: rules::fold::fold(&who.full_name),
        sex: who.sex,
        birth_date: who.birth,
        birth_year: who.birth.map(|b| i64::from(b.year())),
        language: who.language.clone(),
        can_read: who.can_read,
        doses: who.doses,
        last_dose_on: who.last_dose_on,
        risks: risks_text(&who.risks),
        merged_into_id: None,
        created_at: desk.now,
    };
    person::add(tx, &person, place.area.id)?;
    let episode = add_episode(tx, desk, mint, place, home, person.id, new)?;
    Ok((person.uid, episode))
}

/// Opens an episode for a person who is in the register.
pub fn add_episode(
    tx: &mut Tx,
    desk: &Desk,
    mint: &mut Mint,
    place: &Place,
    home: &Household,
    person: PersonId,
    new: &NewEpisode,
) -> Result<Episode, Stop> {
    let (detected_at, detected_on) = match new.detected {
        Detected::At(at) => (Some(at), None),
        Detected::On(day) => (None, Some(day)),
    };
    let hours = place.hours();
    let due = due_at(new.detected, desk.now, hours);
    let reminder: Option<At> = match (due, hours, new.contacted) {
        (Some(due), Some(hours), false) => next_step_at(due, desk.now, hours, Stage::Started).map(|s| s.1),
        (_, _, true) | (None, _, false) | (Some(_), None, false) => None,
    };
    let episode = Episode {
        id: EpisodeId(tx.id()),
        uid: mint.uid(desk.now),
        person_id: person,
        household_id: home.id,
        area_id: place.area.id,
        cluster_id: new.cluster,
        kind: new.kind,
        source: new.source,
        detected_at,
        detected_on,
        registered_at: desk.now,
        severity: Severity::Unassessed,
        state: EpisodeState::Open,
        outcome: None,
        ended_at: None,
        end_place: None,
        end_reason: None,
        certified_by: None,
        arrangement: Arrangement::None,
        arrangement_at: None,
        first_contact: if new.contacted { FirstContact::Advised } else { FirstContact::Waiting },
        first_contact_due_at: due,
        first_contact_at: new.contacted.then_some(desk.now),
        first_contact_declared: new.contacted,
        ticks: 0,
        reminder_stage: 0,
        reminder_at: reminder,
        previous_id: None,
        import_id: new.import,
        opened_seq: tx.next_seq(),
        closed_seq: None,
        heard_at: None,
        next_contact_at: next_contact::first(
            place.slots.as_ref(),
            new.kind,
            home.visitor.is_some(),
            desk.now,
            &place.zone,
        ),
    };
    episode.insert(tx)?;
    let start = start_flow(new.kind, Start::of(new.source));
    flow::add(tx, episode.id, place.area.id, start.kind, start.indicator, start.amount, desk.now)?;
    let header = format!("kind={} household={} area={}", new.kind, home.id.0, place.area.id.0);
    tx.log(&desk.stamp(), &format!("episode:{}", episode.id.0), "episode_registered", &header, "")?;
    Ok(episode)
}
