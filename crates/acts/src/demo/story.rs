//! The story of the demo, told step by step: what the made-up staff do when a visitor asks for the next scene. Every
//! step goes through the acts that a page or a program calls, at the desk of whoever does it in the story. What the
//! visitor has done by hand already is left as it is.

use super::STAFFED;
use crate::alerts;
use crate::desk::Desk;
use crate::end_episode::{EndEpisode, SetArrangement, end, set_arrangement};
use crate::house::House;
use crate::import_list::{ImportList, import_list};
use crate::record_checkin::{RecordCheckin, record_checkin};
use crate::record_contact::{RecordContact, record_contact};
use crate::register_episode::register_episode;
use crate::report::{confirm, correct, submit, substitute, supplement};
use crate::sign_in;
use rules::checkin::Answers;
use rules::first_contact::Ticks;
use rules::registration::{NewHousehold, NewPerson, RegisterEpisode};
use rules::report::SubstituteRequest;
use rules::time::MINUTE;
use rules::{
    AlertId, AnsweredBy, AreaLevel, Arrangement, At, AttemptOutcome, ContactBy, EpisodeId, EpisodeKind,
    GapKind, Level, Outcome, Refusal, Role, Substitute,
};
use std::collections::HashSet;
use std::sync::Arc;
use store::area::{self, Area};
use store::episode::EpisodeItem;
use store::report::{self, Report};
use store::staff::{self, Staff};
use store::{Reader, Stop, StoreError, alert, episode, gap, locality, meta_get, meta_set};

/// The list that the clerk of the story holds, as the commune keeps it; everybody on it is made up.
pub const LIST: &[u8] = include_bytes!("../../../../data/samples/danh-sach-f0-f1-muong-te.xlsx");
pub const LIST_NAME: &str = "danh-sach-f0-f1-muong-te.xlsx";
/// The commune of the story: Mường Tè.
pub const COMMUNE: &str = "03445";
/// Communes that the story leaves unsigned until after the deadline. The fifth that is late is the other commune of
/// the province with a whole staff: there nobody acts by themselves.
const LATE_OF_OTHERS: usize = 4;
/// Homes that get visitors in one step.
const VISITED_MAX: i64 = 50;
/// People who are called or visited in one step.
const CALLED_MAX: i64 = 1_000;
/// Of so many homes one does not answer: the board keeps something to show.
const SILENT_EVERY: usize = 9;
/// Alarms that the story looks at in one step.
const ALARMS_MAX: i64 = 50;
/// How long what was found on the round waited for a signal.
const FOUND_BEFORE: i64 = 12 * MINUTE;
/// Reports signed in one act.
const SIGNED_AT_ONCE: usize = 20;
/// Where the number of told steps is kept.
const TOLD: &str = "story_told";

/// The steps that the demo can tell, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The clerk brings in the list.
    List,
    /// Homes without a telephone get a visitor and a second one.
    Visitors,
    /// On the village round somebody old is found breathing fast and drowsy; the message waited for a signal.
    Round,
    /// The head of the station takes the alarm.
    Taken,
    /// Carers call the homes of the list, and visit those without a telephone.
    Calls,
    /// The commune's car takes the patient to the district's hospital.
    Car,
    /// The other communes of the province sign, all but five.
    Others,
    /// The station confirms and the commune's leader signs.
    Signature,
    /// The communes' deadline: five are late.
    Due,
    /// A new case becomes a supplement; the late ones send, one of them by telephone.
    Supplement,
    Lock,
    /// What is changed now is a correction.
    Correction,
    /// The districts send their sums.
    Districts,
    /// The province's sum is at the Department of Health.
    Province,
}

impl Step {
    pub const ALL: &[Step] = &[
        Step::List,
        Step::Visitors,
        Step::Round,
        Step::Taken,
        Step::Calls,
        Step::Car,
        Step::Others,
        Step::Signature,
        Step::Due,
        Step::Supplement,
        Step::Lock,
        Step::Correction,
        Step::Districts,
        Step::Province,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Step::List => "list",
            Step::Visitors => "visitors",
            Step::Round => "round",
            Step::Taken => "taken",
            Step::Calls => "calls",
            Step::Car => "car",
            Step::Others => "others",
            Step::Signature => "signature",
            Step::Due => "due",
            Step::Supplement => "supplement",
            Step::Lock => "lock",
            Step::Correction => "correction",
            Step::Districts => "districts",
            Step::Province => "province",
        }
    }

    /// The minute of the story's day at which it happens.
    pub fn minute(self) -> i64 {
        let at = |hour: i64, minute: i64| hour * 60 + minute;
        match self {
            Step::List => at(7, 30),
            Step::Visitors => at(7, 40),
            Step::Round => at(8, 24),
            Step::Taken => at(8, 25),
            Step::Calls => at(9, 30),
            Step::Car => at(10, 5),
            Step::Others => at(10, 50),
            Step::Signature => at(10, 58),
            Step::Due => at(11, 0),
            Step::Supplement => at(11, 40),
            Step::Lock => at(12, 0),
            Step::Correction => at(12, 7),
            Step::Districts => at(14, 52),
            Step::Province => at(15, 0),
        }
    }
}

/// How many steps were told.
pub fn told(reader: &mut Reader) -> Result<usize, StoreError> {
    let kept = meta_get(reader, TOLD)?.and_then(|text| text.parse().ok());
    Ok(kept.unwrap_or(0).min(Step::ALL.len()))
}

/// The step that comes next and when it happens; `None` when all is told. The story has one day: where the clock is
/// past a step, the step happens now.
pub fn next(reader: &mut Reader, now: At) -> Result<Option<(Step, At)>, StoreError> {
    let Some(step) = Step::ALL.get(told(reader)?) else { return Ok(None) };
    let Some(commune) = area::by_code(reader, COMMUNE, None)? else { return Ok(None) };
    let Some(day) = super::first_day(&commune.zone()) else { return Ok(None) };
    let at = day.at_minute(step.minute(), &commune.zone());
    Ok(Some((*step, At(at.0.max(now.0)))))
}

/// Plays one step at the time the clock shows.
///
/// # Errors
/// The store's. What an act refuses because it was done by hand is no error.
pub async fn play(house: &House, step: Step) -> Result<(), Stop> {
    match step {
        Step::List => bring_in(house).await?,
        Step::Visitors => name_visitors(house).await?,
        Step::Round => find_somebody_worse(house).await?,
        Step::Taken => take_alarms(house).await?,
        Step::Calls => call_homes(house).await?,
        Step::Car => to_hospital(house).await?,
        Step::Others => {
            let others = unsigned(house).await?;
            sign_all(house, &others[..others.len().saturating_sub(LATE_OF_OTHERS)]).await?;
        }
        Step::Signature => {
            let own = reports_of(house, |area| area.code == COMMUNE).await?;
            sign_all(house, &own).await?;
        }
        // The clock did it on the way.
        Step::Due | Step::Lock => {}
        Step::Supplement => {
            add_a_case(house).await?;
            let late = unsigned(house).await?;
            sign_all(house, &late).await?;
            by_telephone(house).await?;
        }
        Step::Correction => correct_one(house).await?,
        Step::Districts => {
            let districts = reports_of(house, |area| area.level == AreaLevel::District).await?;
            sign_all(house, &districts).await?;
        }
        Step::Province => {
            let province = reports_of(house, |area| area.level == AreaLevel::Province).await?;
            sign_all(house, &province).await?;
        }
    }
    let done = Step::ALL.iter().position(|s| *s == step).map_or(0, |at| at + 1);
    house
        .store
        .write(move |tx| {
            let done = done.max(told(tx)?);
            Ok(meta_set(tx, TOLD, &done.to_string())?)
        })
        .await
}

/// What was refused was done by hand before, or made impossible: the story goes on.
fn leave<T>(done: Result<T, Stop>) -> Result<(), Stop> {
    match done {
        Ok(_) | Err(Stop::Refused(_)) => Ok(()),
        Err(Stop::Store(error)) => Err(error.into()),
    }
}

/// The desk of whoever of the made-up staff holds a role in exactly that area.
pub fn desk_at(reader: &mut Reader, now: At, area: &Area, role: Role) -> Result<Option<Desk>, StoreError> {
    let found = staff::with_role(reader, area.id, role)?.into_iter().find(|s| s.made_up);
    found.map(|member| desk_of(reader, now, member)).transpose()
}

pub(crate) fn desk_of(reader: &mut Reader, now: At, member: Staff) -> Result<Desk, StoreError> {
    let grants = staff::grants_of(reader, member.id)?.into_iter().map(sign_in::grant).collect();
    Ok(Desk {
        staff: Some(member.id),
        name: member.full_name,
        grants,
        origin: "demo",
        now,
        operator: false,
        household: None,
        asked: Default::default(),
    })
}

async fn story_desk(house: &House, role: Role) -> Result<(Area, Desk), Stop> {
    let now = house.now();
    let found = house
        .store
        .read(move |r| {
            let Some(area) = area::by_code(r, COMMUNE, None)? else { return Ok(None) };
            Ok(desk_at(r, now, &area, role)?.map(|desk| (area, desk)))
        })
        .await?;
    found.ok_or_else(|| Refusal::not_found().into())
}

async fn bring_in(house: &House) -> Result<(), Stop> {
    let (_, desk) = story_desk(house, Role::Clerk).await?;
    let list = ImportList {
        area_code: COMMUNE.to_owned(),
        file_name: LIST_NAME.to_owned(),
        bytes: Arc::new(LIST.to_vec()),
        dry_run: false,
        contacted: false,
    };
    leave(import_list(house, &desk, &list).await)
}

async fn name_visitors(house: &House) -> Result<(), Stop> {
    let (commune, desk) = story_desk(house, Role::Clerk).await?;
    house
        .run(&desk, move |tx, desk, _| {
            let rows = gap::board(tx, &commune.path, &commune.path, desk.now, EpisodeId(0), VISITED_MAX)?;
            for row in rows.iter().filter(|row| row.gaps.iter().any(|g| g.kind == GapKind::Unreachable)) {
                let named = |name: &str, phone: &str| Some((name.to_owned(), Some(phone.to_owned())));
                let cmd = SetArrangement {
                    episode: row.uid,
                    kind: Arrangement::Visitor,
                    visitor: named("Lỳ Xá Hừ", "0912 000 111"),
                    second: named("Pờ A Tư", "0912 000 222"),
                };
                leave(set_arrangement(tx, desk, &cmd))?;
            }
            Ok(())
        })
        .await
}

/// Who looks after a home in the story: its carer, or else its group's leader.
fn carer_of(reader: &mut Reader, now: At, item: &EpisodeItem) -> Result<Option<Desk>, StoreError> {
    let Some(id) = item.carer_id.or(item.leader_id) else { return Ok(None) };
    let carer = staff::by_id(reader, id)?.filter(|s| s.made_up);
    carer.map(|carer| desk_of(reader, now, carer)).transpose()
}

/// The eldest of the list whose home has no telephone: breathing fast and drowsy. What was found on the round came when
/// there was a signal.
async fn find_somebody_worse(house: &House) -> Result<(), Stop> {
    let (commune, desk) = story_desk(house, Role::StationLeader).await?;
    let shelf = house.shelf.clone();
    house
        .run(&desk, move |tx, desk, mint| {
            let waiting = episode::to_contact(tx, &commune.path, &commune.path, CALLED_MAX)?;
            let at_home =
                waiting.into_iter().filter(|item| item.phones.is_empty() && item.kind == EpisodeKind::Case);
            let eldest =
                at_home.filter(|i| i.birth_date.is_some()).min_by_key(|i| i.birth_date.map(|b| b.year()));
            let Some(patient) = eldest else { return Ok(()) };
            let Some(carer) = carer_of(tx, desk.now, &patient)? else { return Ok(()) };
            let found = RecordCheckin {
                episode: patient.uid,
                made_at: Some(desk.now.plus(-FOUND_BEFORE)),
                answered_by: AnsweredBy::Carer,
                answerer: None,
                answers: Answers {
                    numbers: [("rr".to_owned(), 28.0)].into(),
                    red_flags: Some(vec!["drowsy".to_owned()]),
                    symptoms: None,
                },
            };
            leave(record_checkin(tx, &carer, mint, &shelf, &found))
        })
        .await
}

/// The head of the station takes every alarm that nobody has.
async fn take_alarms(house: &House) -> Result<(), Stop> {
    let (commune, desk) = story_desk(house, Role::StationLeader).await?;
    house
        .run(&desk, move |tx, desk, _| {
            for alarm in alert::list(tx, &commune.path, false, AlertId(0), ALARMS_MAX)? {
                leave(alerts::acknowledge(tx, desk, alarm.uid, false))?;
            }
            Ok(())
        })
        .await
}

/// Whoever is in an emergency goes to the district's hospital, and the alarm ends with that.
async fn to_hospital(house: &House) -> Result<(), Stop> {
    let (commune, desk) = story_desk(house, Role::StationLeader).await?;
    house
        .run(&desk, move |tx, desk, _| {
            for alarm in alert::list(tx, &commune.path, false, AlertId(0), ALARMS_MAX)? {
                if alarm.level != Level::Emergency {
                    continue;
                }
                let Some(patient) = episode::items_by_ids(tx, &[alarm.episode_id])?.into_iter().next() else {
                    continue;
                };
                let sent = EndEpisode {
                    episode: patient.uid,
                    outcome: Outcome::Hospital,
                    at: desk.now,
                    place: Some("Trung tâm Y tế huyện Mường Tè".to_owned()),
                    reason: None,
                };
                leave(end(tx, desk, &sent))?;
            }
            Ok(())
        })
        .await
}

/// Everybody who waits for the first contact: whoever cares for the home (its group's leader, where nobody does) calls,
/// and explains what has to be explained; a home without a telephone is visited.
async fn call_homes(house: &House) -> Result<(), Stop> {
    let (commune, desk) = story_desk(house, Role::StationLeader).await?;
    house
        .run(&desk, move |tx, desk, mint| {
            let mut homes = HashSet::new();
            let waiting = episode::to_contact(tx, &commune.path, &commune.path, CALLED_MAX)?;
            for item in waiting {
                if !homes.insert(item.household_id) {
                    continue;
                }
                let Some(carer) = carer_of(tx, desk.now, &item)? else { continue };
                let silent = homes.len() % SILENT_EVERY == 0;
                let told = RecordContact {
                    episode: item.uid,
                    by: if item.phones.is_empty() { ContactBy::Visit } else { ContactBy::Phone },
                    outcome: if silent { AttemptOutcome::NoAnswer } else { AttemptOutcome::Reached },
                    at: None,
                    household: true,
                    ticks: if silent { Ticks::NONE } else { Ticks::ALL },
                    phone: None,
                };
                leave(record_contact(tx, &carer, mint, &told))?;
            }
            Ok(())
        })
        .await
}

/// The reports of the province's day that are not signed, of the communes that the story moves by itself.
async fn unsigned(house: &House) -> Result<Vec<(Area, Report)>, Stop> {
    let all =
        reports_of(house, |area| area.level == AreaLevel::Commune && !STAFFED.contains(&area.code.as_str()))
            .await?;
    Ok(all.into_iter().filter(|(_, report)| report.submitted_at.is_none()).collect())
}

/// The reports of the story's day and province, of the areas asked for, in the order of the areas' codes.
async fn reports_of(
    house: &House,
    wanted: impl Fn(&Area) -> bool + Send + 'static,
) -> Result<Vec<(Area, Report)>, Stop> {
    Ok(house
        .store
        .read(move |r| {
            let Some(commune) = area::by_code(r, COMMUNE, None)? else { return Ok(Vec::new()) };
            let Some(place) = locality::of_path(r, &commune.path)? else { return Ok(Vec::new()) };
            let Some(root) = area::by_id(r, place.area_id)? else { return Ok(Vec::new()) };
            let Some(day) = super::first_day(&place.zone()) else { return Ok(Vec::new()) };
            let Some(day) = report::day_on(r, root.id, day)? else { return Ok(Vec::new()) };
            let mut found = Vec::new();
            for report in report::of_day(r, day.id, &root.path)? {
                if let Some(area) = area::by_id(r, report.area_id)?.filter(&wanted) {
                    found.push((area, report));
                }
            }
            found.sort_by(|(a, _), (b, _)| a.code.cmp(&b.code));
            Ok(found)
        })
        .await?)
}

/// Confirms where a station has to, and signs.
async fn sign_all(house: &House, reports: &[(Area, Report)]) -> Result<(), Stop> {
    let operator = Desk::operator(house.now(), "demo");
    for some in reports.chunks(SIGNED_AT_ONCE) {
        let some = some.to_vec();
        house
            .run(&operator, move |tx, operator, _| {
                for (area, report) in &some {
                    let signer = match area.level {
                        AreaLevel::Commune | AreaLevel::Cluster => Role::CommuneLeader,
                        AreaLevel::District => Role::DistrictOfficer,
                        AreaLevel::Province => Role::ProvinceOfficer,
                    };
                    if let Some(desk) = desk_at(tx, operator.now, area, Role::StationLeader)? {
                        leave(confirm::confirm(tx, &desk, report.uid))?;
                    }
                    if let Some(desk) = desk_at(tx, operator.now, area, signer)? {
                        leave(submit::submit(tx, &desk, report.uid, ""))?;
                    }
                }
                Ok(())
            })
            .await?;
    }
    Ok(())
}

async fn add_a_case(house: &House) -> Result<(), Stop> {
    let (commune, desk) = story_desk(house, Role::StationLeader).await?;
    let path = commune.path.clone();
    let cluster = house
        .store
        .read(move |r| Ok(area::below(r, &path, AreaLevel::Cluster)?.into_iter().next().map(|c| c.name)))
        .await?;
    let sent = RegisterEpisode {
        area_code: COMMUNE.to_owned(),
        cluster,
        kind: "case".to_owned(),
        detected_on: Some("2022-03-16".to_owned()),
        person: NewPerson {
            full_name: "Vàng Thị Sáo".to_owned(),
            birth_date: Some("1987".to_owned()),
            phone: Some("0912 345 901".to_owned()),
            ..NewPerson::default()
        },
        household: NewHousehold { address: Some("nhà 81".to_owned()), ..NewHousehold::default() },
        ..RegisterEpisode::default()
    };
    let registered = house.run(&desk, move |tx, desk, mint| register_episode(tx, desk, mint, &sent)).await;
    leave(registered)?;
    let (_, leader) = story_desk(house, Role::CommuneLeader).await?;
    for (_, report) in reports_of(house, |area| area.code == COMMUNE).await? {
        let uid = report.uid;
        leave(house.run(&leader, move |tx, desk, _| supplement::supplement(tx, desk, uid)).await)?;
    }
    Ok(())
}

/// The neighbour without power says its figures on the telephone; the district writes them down.
async fn by_telephone(house: &House) -> Result<(), Stop> {
    let operator = Desk::operator(house.now(), "demo");
    let silent = reports_of(house, |area| {
        area.level == AreaLevel::Commune && area.code != COMMUNE && STAFFED.contains(&area.code.as_str())
    })
    .await?;
    house
        .run(&operator, move |tx, operator, _| {
            for (area, report) in &silent {
                let Some(parent) = area.parent_id else { continue };
                let Some(district) = area::by_id(tx, parent)? else { continue };
                let Some(desk) = desk_at(tx, operator.now, &district, Role::DistrictOfficer)? else {
                    continue;
                };
                let station = staff::with_role(tx, area.id, Role::StationLeader)?.into_iter().next();
                let said = SubstituteRequest {
                    stands: Substitute::ByPhone,
                    figures: vec![("f0_new".to_owned(), 1)],
                    who: station.map(|s| s.full_name),
                    at: Some(operator.now),
                };
                leave(substitute::substitute(tx, &desk, report.uid, &said))?;
            }
            Ok(())
        })
        .await
}

async fn correct_one(house: &House) -> Result<(), Stop> {
    let (_, leader) = story_desk(house, Role::CommuneLeader).await?;
    for (_, report) in reports_of(house, |area| area.code == COMMUNE).await? {
        let Some(was) = report.frozen_figures.as_ref().and_then(|f| f.get("f0_new")) else { continue };
        let uid = report.uid;
        let reason = "Một ca của bản Nậm Hãn được báo sau giờ chốt";
        let corrected =
            house.run(&leader, move |tx, desk, _| correct::correct(tx, desk, uid, "f0_new", was + 1, reason));
        leave(corrected.await)?;
    }
    Ok(())
}
