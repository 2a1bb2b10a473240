//! Care groups: the list, and one group with its leader, carers, clusters and people (LC-13, LC-14).

use super::about;
use super::pen::Pen;
use super::places;
use super::show::{
    PAGE, Shown, ask, cut, form_one, page, page_again, refused, renamed, route, see_done, uid, view, view_one,
};
use crate::api;
use crate::gate::{Posted, Seat};
use crate::problem::Problem;
use crate::routes::{Access, Route};
use acts::{Desk, groups as act};
use rules::permission::Verb;
use rules::placement::MAX;
use rules::{AreaLevel, Audience, EpisodeId, EpisodeState, FirstContact, GapKind, Refusal, StaffId, Uid};
use store::area::{self, Area};
use store::care_group::{self, GroupItem, TeamMember};
use store::episode::{self, EpisodeItem, Filter, Within};
use store::{Reader, Stop, StoreError, locality, staff};
use views::pages::groups::{CarerChoice, GroupLine, GroupPage, GroupPerson, GroupsPage, StaffCard};
use views::shell::Nav;
use views::{Choice, Form, Link, Tone};

/// People of a group asked for at a time; a group has at most a hundred homes.
const CHUNK: i64 = 500;

pub fn routes() -> Vec<Route> {
    let verb = Access::Verb;
    vec![
        route("GET", "/groups", verb(Verb::ReadGroups), view(list)),
        route("GET", "/groups/{id}", verb(Verb::ReadGroups), view_one(one)),
        route("POST", "/groups/{id}/leader", verb(Verb::SetGroupLeader), form_one(set_leader)),
        route("POST", "/groups/{id}/carers", verb(Verb::SetGroupCarers), form_one(set_carers)),
    ]
}

fn group_line(pen: &Pen, group: &GroupItem, capacity: i64, with_area: bool) -> GroupLine {
    GroupLine {
        href: format!("/groups/{}", group.uid),
        name: group.name.clone(),
        audience: match group.audience {
            Audience::F0 => "F0".to_owned(),
            Audience::F1 => "F1".to_owned(),
            Audience::Mixed => pen.name(Audience::Mixed),
        },
        area: if with_area { group.area_name.clone() } else { String::new() },
        clusters: group.clusters.join(", "),
        households: u64::try_from(group.households).unwrap_or(0),
        capacity: u64::try_from(capacity).unwrap_or(0),
        people: pen.n(group.people),
        leader: group.leader.as_ref().map(|l| l.name.clone()),
        carers: pen.t1("groups-carers-n", "n", &pen.n(group.carers.len() as i64)),
        on_duty: u64::try_from(group.on_duty()).unwrap_or(0),
    }
}

fn capacity(r: &mut Reader, path: &str) -> Result<i64, StoreError> {
    Ok(locality::of_path(r, path)?.map_or(MAX as i64, |l| l.rules.group_max))
}

struct Found {
    area: Area,
    groups: Vec<GroupLine>,
    next: Option<Uid>,
    areas: Vec<Link>,
}

fn find(r: &mut Reader, desk: &Desk, pen: &Pen, code: &str, cursor: &str) -> Result<Found, Stop> {
    let scope = api::scope(r, desk, Verb::ReadGroups, Some(code).filter(|c| !c.is_empty()))?;
    let after = match Uid::parse(cursor) {
        Some(uid) => care_group::by_uid(r, uid)?.map_or(0, |g| g.id.0),
        None => 0,
    };
    let mut items = care_group::items(r, &scope.commune_path, after, PAGE as i64 + 1)?;
    let next = cut(&mut items).then(|| items.last().map(|g| g.uid)).flatten();
    let spans = matches!(scope.area.level, AreaLevel::Province | AreaLevel::District);
    let areas = if spans {
        let below = area::children(r, scope.area.id)?;
        let today = pen.today();
        let below = below.iter().filter(|a| a.level != AreaLevel::Cluster && a.is_in_force(today));
        below.map(|a| Link { href: format!("/groups?area={}", a.code), label: a.full_name() }).collect()
    } else {
        Vec::new()
    };
    let capacity = capacity(r, &scope.commune_path)?;
    let groups = items.iter().map(|g| group_line(pen, g, capacity, spans)).collect();
    Ok(Found { area: scope.area, groups, next, areas })
}

async fn list(seat: Seat) -> Shown {
    let pen = Pen::of(&seat);
    let (code, cursor) = (seat.param("area").to_owned(), seat.param("cursor").to_owned());
    let (asked, area, after) = (pen.clone(), code.clone(), cursor.clone());
    let found = ask(&seat, move |r, desk| find(r, desk, &asked, &area, &after)).await?;
    let at = |cursor: &str| seat.with_query(&[("area", &code), ("cursor", cursor)]);
    let next = found.next.map(|uid| at(&uid.to_string()));
    page(&GroupsPage {
        shell: seat.shell(Nav::Groups, "groups-title").await?,
        area: found.area.full_name(),
        groups: found.groups,
        paging: pen.next_only(next, (!cursor.is_empty()).then(|| at(""))),
        areas: found.areas,
    })
}

/// A group by its id with its commune, for whoever reads groups there.
fn load(r: &mut Reader, desk: &Desk, uid: Uid) -> Result<(GroupItem, Area), Stop> {
    let group = care_group::by_uid(r, uid)?.ok_or_else(Refusal::not_found)?;
    let commune = area::by_id(r, group.area_id)?.ok_or_else(Refusal::not_found)?;
    places::reaches(desk, Verb::ReadGroups, &commune.path)?;
    let found =
        care_group::items(r, &commune.path, group.id.0 - 1, 1)?.into_iter().find(|g| g.id == group.id);
    Ok((found.ok_or_else(Refusal::not_found)?, commune))
}

fn card(r: &mut Reader, pen: &Pen, commune: &Area, member: &TeamMember) -> Result<StaffCard, StoreError> {
    let known = staff::by_id(r, member.id)?;
    Ok(StaffCard {
        id: member.uid.to_string(),
        name: member.name.clone(),
        role: places::work_of(r, pen.lang, member.id, &commune.path)?,
        phone: known.and_then(|s| s.phone).map(|p| pen.phone(&p)),
        on_duty: member.on_duty,
        load: load_of(r, pen, member.id)?,
    })
}

/// "3 nhóm, 118 hộ": what a leader has already.
fn load_of(r: &mut Reader, pen: &Pen, id: StaffId) -> Result<Option<String>, StoreError> {
    let led = care_group::led_by(r, id)?;
    let Some(first) = led.first() else { return Ok(None) };
    let totals = care_group::totals(r, first.area_id)?;
    let homes: i64 =
        totals.iter().filter(|(group, _)| led.iter().any(|g| g.id == *group)).map(|(_, n)| n).sum();
    let groups = pen.n(led.len() as i64);
    Ok(Some(pen.t2("groups-staff-load", ("groups", &groups), ("households", &pen.n(homes)))))
}

/// The people of a group whom the desk may see, after the episode named by the cursor.
fn people(
    r: &mut Reader,
    desk: &Desk,
    group: &GroupItem,
    cursor: &str,
) -> Result<(Vec<EpisodeItem>, Option<Uid>), Stop> {
    if !desk.can_anywhere(Verb::ListPeople) {
        return Ok((Vec::new(), None));
    }
    let mut after = match Uid::parse(cursor) {
        Some(uid) => episode::by_uid(r, uid)?.map_or(EpisodeId(0), |e| e.id),
        None => EpisodeId(0),
    };
    let open = Filter { state: Some(EpisodeState::Open), ..Filter::default() };
    let mut found: Vec<EpisodeItem> = Vec::new();
    loop {
        let chunk = episode::list(r, Within::Group(group.id), &open, after, CHUNK)?;
        let is_last = (chunk.len() as i64) < CHUNK;
        for item in chunk {
            after = item.id;
            // A hamlet's carer sees the hamlet's people of a group that serves several.
            if desk.can(Verb::ListPeople, &item.path) {
                found.push(item);
            }
            if found.len() > PAGE {
                let more = cut(&mut found);
                return Ok((found.clone(), more.then(|| found.last().map(|i| i.uid)).flatten()));
            }
        }
        if is_last {
            return Ok((found, None));
        }
    }
}

fn person(pen: &Pen, item: &EpisodeItem) -> GroupPerson {
    GroupPerson {
        href: format!("/people/{}", item.uid),
        name: item.full_name.clone(),
        age: pen.age(item.birth_date),
        tag: about::tag(pen, item),
        address: about::address(item),
        state: pen.name(item.first_contact),
        tone: match item.first_contact {
            FirstContact::Advised => Tone::Ok,
            FirstContact::Reached => Tone::Warn,
            FirstContact::Waiting if item.due_at.is_some_and(|due| due <= pen.now) => Tone::Danger,
            FirstContact::Waiting => Tone::Warn,
        },
    }
}

fn fill(
    r: &mut Reader,
    desk: &Desk,
    pen: &Pen,
    uid: Uid,
    cursor: &str,
) -> Result<(GroupPage, Option<Uid>), Stop> {
    let (group, commune) = load(r, desk, uid)?;
    let leader = group.leader.as_ref().map(|l| card(r, pen, &commune, l)).transpose()?;
    let carers = group.carers.iter().map(|c| card(r, pen, &commune, c)).collect::<Result<Vec<_>, _>>()?;
    let mut gaps = Vec::new();
    if group.leader.is_none() {
        gaps.push(pen.name(GapKind::NoLeader));
    }
    if group.on_duty() == 0 {
        gaps.push(pen.name(GapKind::NobodyOnDuty));
    }
    let can_set = desk.can(Verb::SetGroupLeader, &commune.path);
    let choices = if can_set { places::caring_choices(r, pen.lang, &commune.path)? } else { Vec::new() };
    let (people, next) = people(r, desk, &group, cursor)?;
    let capacity = capacity(r, &commune.path)?;
    let page = GroupPage {
        id: group.uid.to_string(),
        group: group_line(pen, &group, capacity, true),
        leader,
        carers,
        cluster_names: group.clusters.clone(),
        gaps,
        can_set,
        leader_choices: choices.iter().map(with_hint).collect(),
        carer_choices: choices
            .iter()
            .map(|c| CarerChoice {
                value: c.value.clone(),
                label: c.label.clone(),
                hint: c.hint.clone().unwrap_or_default(),
                is_chosen: group.carers.iter().any(|m| m.uid.to_string() == c.value),
            })
            .collect(),
        people: people.iter().map(|i| person(pen, i)).collect(),
        ..GroupPage::default()
    };
    Ok((page, next))
}

/// A select has no place for hints: they stand behind the name.
pub fn with_hint(choice: &Choice) -> Choice {
    match &choice.hint {
        Some(hint) => Choice::new(choice.value.clone(), format!("{} ({hint})", choice.label)),
        None => choice.clone(),
    }
}

async fn shown(seat: &Seat, id: Uid, form: Option<Form>) -> Result<GroupPage, Problem> {
    let pen = Pen::of(seat);
    let (asked, cursor) = (pen.clone(), seat.param("cursor").to_owned());
    let after = cursor.clone();
    let (mut page, next) = ask(seat, move |r, desk| fill(r, desk, &asked, id, &after)).await?;
    let at = |cursor: &str| seat.with_query(&[("cursor", cursor)]);
    let next = next.map(|uid| at(&uid.to_string()));
    page.people_paging = pen.next_only(next, (!cursor.is_empty()).then(|| at("")));
    page.shell = seat.shell_titled(Nav::Groups, page.group.name.clone()).await?;
    page.form = form.unwrap_or_else(|| {
        let leader = page.leader.as_ref().map(|l| l.id.clone()).unwrap_or_default();
        Form::of([("staff_id", leader)])
    });
    Ok(page)
}

async fn one(seat: Seat, id: String) -> Shown {
    page(&shown(&seat, uid(&id)?, None).await?)
}

async fn set_leader(seat: Seat, id: String, posted: Posted) -> Shown {
    let group = uid(&id)?;
    let seat = seat.at(format!("/groups/{group}"));
    let done = match Uid::parse(posted.value("staff_id")) {
        None => Err(Stop::Refused(Refusal::field("staff_id", "leader_required"))),
        Some(leader) => {
            let once = posted.once("POST /groups/{id}/leader", &id);
            let set = move |tx: &mut store::Tx, desk: &Desk, _: &mut acts::Mint| {
                act::set_leader(tx, desk, group, leader)
            };
            seat.app.house.once(seat.desk()?, once, set).await
        }
    };
    match done {
        Ok(_) => see_done(&seat.here, "leader"),
        Err(stop) => again(&seat, group, &posted, refused(stop)?).await,
    }
}

async fn set_carers(seat: Seat, id: String, posted: Posted) -> Shown {
    let group = uid(&id)?;
    let seat = seat.at(format!("/groups/{group}"));
    let carers: Option<Vec<Uid>> = posted.all("staff_id").into_iter().map(Uid::parse).collect();
    let done = match carers {
        None => Err(Stop::Refused(Refusal::field("carers", "unknown"))),
        Some(carers) => {
            let once = posted.once("POST /groups/{id}/carers", &id);
            let set = move |tx: &mut store::Tx, desk: &Desk, _: &mut acts::Mint| {
                act::set_carers(tx, desk, group, &carers)
            };
            seat.app.house.once(seat.desk()?, once, set).await
        }
    };
    match done {
        Ok(_) => see_done(&seat.here, "carers"),
        Err(stop) => again(&seat, group, &posted, refused(stop)?).await,
    }
}

async fn again(seat: &Seat, group: Uid, posted: &Posted, refusal: Refusal) -> Shown {
    let refusal = renamed(refusal, &[("carers", "staff_id")]);
    let form = Form::of(posted.0.clone()).refuse(seat.lang, &refusal);
    page_again(&refusal, &shown(seat, group, Some(form)).await?)
}
