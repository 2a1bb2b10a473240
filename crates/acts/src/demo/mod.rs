//! The demo's made-up outbreak: Lai Châu in March 2022 and one ward of Biên Hòa, in figures like the real ones and with
//! nobody real in it. Three communes have their whole staff; elsewhere there is a current state and no more. Everything
//! goes through the same rows and the same log as real work; made-up staff never act by themselves.

pub mod names;
pub mod story;

use crate::desk::Desk;
use crate::house::{House, Mint};
use crate::next_contact;
use crate::scene::{self, Place};
use futures_util::future::try_join_all;
use names::{Dice, HAMLETS};
use rules::episode::{Detected, Start, start_flow};
use rules::first_contact::{Stage, due_at, next_step_at};
use rules::permission::{Verb, may};
use rules::time::{DAY, HOUR, MINUTE};
use rules::{
    AreaId, AreaLevel, Arrangement, At, BirthDate, Day, DetectionSource, EpisodeId, EpisodeKind,
    EpisodeState, FirstContact, HouseholdId, HouseholdKind, PersonId, Refusal, Role, Severity, Sex, StaffId,
    Zone,
};
use store::area::{self, Area};
use store::episode::{self, Episode, Filter, Within};
use store::household::{self, Household};
use store::person::{self, Person};
use store::{Reader, Stop, StoreError, Tx, flow, locality, staff};

/// When the story begins: Wednesday 16/3/2022, 07:30 in Lai Châu.
pub const STORY_BEGINS: &str = "2022-03-16T07:30:00+07:00";
/// Made-up people of the whole province when nothing else is asked: about 14,200 F0 and 21,000 F1.
pub const PEOPLE: usize = 35_200;
/// People that each commune with a whole staff has at least.
const STAFFED_MIN: usize = 36;
/// The communes in which the demo's log-ins work, by official code.
pub const STAFFED: &[&str] = &["03445", "03408", "26020"];
/// Homes written in one act.
const HOMES_PER_ACT: usize = 400;
/// Communes whose acts are queued together, so that they share their syncs.
const COMMUNES_AT_ONCE: usize = 16;

/// The day on which the story begins.
pub fn first_day(zone: &Zone) -> Option<Day> {
    At::parse(STORY_BEGINS).map(|at| at.day(zone))
}

/// How many people a commune gets.
struct Share {
    commune: Area,
    people: usize,
    staffed: bool,
    highland: bool,
}

/// Fills a new store: both localities, staff, people, and the report day. `people` limits the made-up outbreak.
pub async fn seed(house: &House, people: usize, seed: u64) -> Result<(), Stop> {
    let desk = Desk::operator(house.now(), "demo");
    for text in [rules::blueprint::LAI_CHAU_2022, rules::blueprint::BIEN_HOA_2021] {
        let blueprint = rules::blueprint::read(text)
            .map_err(|errors| StoreError::Shape(format!("a blueprint of ours: {:?}", errors.first())))?;
        crate::apply_blueprint::apply_blueprint(house, &desk, &blueprint).await?;
    }
    everybody_on_duty(house, &desk).await?;
    officers(house, &desk).await?;
    adopt_protocol(house, &desk).await?;
    let shares = house.store.read(move |r| shares(r, people)).await?;
    // First who was there before the day began, then the day's window, then who came today.
    for some in shares.chunks(COMMUNES_AT_ONCE) {
        try_join_all(some.iter().map(|share| furnish(house, &desk, share))).await?;
    }
    let mut dice = Dice(seed ^ 0x6b62_2022);
    settle(house, &desk, &shares, false, &mut dice).await?;
    crate::report::open_days::open_days(house, &desk).await?;
    settle(house, &desk, &shares, true, &mut dice).await?;
    let staffed: Vec<Area> = shares.iter().filter(|s| s.staffed).map(|s| s.commune.clone()).collect();
    links(house, &desk, staffed).await?;
    for some in shares.chunks(COMMUNES_AT_ONCE) {
        let placing = some.iter().map(|share| crate::import_list::place_all(house, &desk, share.commune.id));
        try_join_all(placing).await?;
    }
    Ok(())
}

/// The protocol that came with the program is adopted in each locality, by its province's officer where there is one.
pub(crate) async fn adopt_protocol(house: &House, desk: &Desk) -> Result<(), Stop> {
    house
        .run(desk, |tx, desk, mint| {
            for root in area::roots(tx)? {
                let officer =
                    staff::with_role_below(tx, &root.path, Role::ProvinceOfficer)?.into_iter().next();
                let desk = match officer {
                    Some(officer) => story::desk_of(tx, desk.now, officer)?,
                    None => desk.clone(),
                };
                let cmd = crate::adopt_protocol::AdoptProtocol {
                    area_code: root.code,
                    body: rules::protocol::COVID19_VN_2022.to_owned(),
                    note: "Áp dụng cho bản tập huấn.".to_owned(),
                };
                crate::adopt_protocol::adopt(tx, &desk, mint, &cmd)?;
            }
            Ok(())
        })
        .await
}

fn shares(reader: &mut store::Reader, people: usize) -> Result<Vec<Share>, StoreError> {
    let mut communes = Vec::new();
    for root in area::roots(reader)? {
        for commune in area::below(reader, &root.path, AreaLevel::Commune)? {
            let staffed = STAFFED.contains(&commune.code.as_str());
            // Of Biên Hòa the demo shows one ward.
            if staffed || root.level == AreaLevel::Province {
                communes.push(Share {
                    highland: root.level == AreaLevel::Province,
                    people: 0,
                    staffed,
                    commune,
                });
            }
        }
    }
    let staffed = communes.iter().filter(|c| c.staffed).count();
    let reserved = STAFFED_MIN * staffed;
    let rest = people.saturating_sub(reserved);
    let count = communes.len().max(1);
    for (n, share) in communes.iter_mut().enumerate() {
        // Larger and smaller communes, the same ones every time.
        let weight = 60 + (n * 37) % 80;
        share.people = rest * weight / (count * 100) + if share.staffed { STAFFED_MIN } else { 0 };
    }
    Ok(communes)
}

/// Made-up staff are on duty, so that the gaps shown are those of the story.
async fn everybody_on_duty(house: &House, desk: &Desk) -> Result<(), Stop> {
    house
        .run(desk, |tx, desk, _| {
            for member in staff::made_up(tx)? {
                staff::set_duty(tx, member.id, true, desk.now)?;
            }
            tx.log(&desk.stamp(), "store", "duty_changed", "on=1", "")?;
            Ok(())
        })
        .await
}

/// A commune without staff and clusters of its own gets a leader, a station head, a carer and a few hamlets.
async fn furnish(house: &House, desk: &Desk, share: &Share) -> Result<(), Stop> {
    if share.staffed {
        return Ok(());
    }
    let commune = share.commune.clone();
    house
        .run(desk, move |tx, desk, mint| {
            let mut dice = Dice(commune.id.0 as u64);
            if area::below(tx, &commune.path, AreaLevel::Cluster)?.is_empty() {
                for name in HAMLETS {
                    crate::clusters::add_proposed(tx, desk, mint, &commune, name)?;
                }
            }
            let roles =
                [(Role::StationLeader, "tram"), (Role::Carer, "yte"), (Role::CommuneLeader, "lanhdao")];
            for (role, word) in roles {
                employ(tx, desk, mint, &mut dice, &commune, role, word)?;
            }
            Ok(())
        })
        .await
}

/// Every district of a province has somebody who compiles its report.
async fn officers(house: &House, desk: &Desk) -> Result<(), Stop> {
    house
        .run(desk, |tx, desk, mint| {
            for root in area::roots(tx)? {
                for district in area::below(tx, &root.path, AreaLevel::District)? {
                    if staff::with_role(tx, district.id, Role::DistrictOfficer)?.is_empty() {
                        let mut dice = Dice(district.id.0 as u64);
                        employ(tx, desk, mint, &mut dice, &district, Role::DistrictOfficer, "trucban")?;
                    }
                }
            }
            Ok(())
        })
        .await
}

/// A made-up member of staff, on duty.
pub(crate) fn employ(
    tx: &mut Tx,
    desk: &Desk,
    mint: &mut Mint,
    dice: &mut Dice,
    area: &Area,
    role: Role,
    word: &str,
) -> Result<(), Stop> {
    let new = staff::NewStaff {
        uid: mint.uid(desk.now),
        login: format!("{word}-{}", area.code),
        full_name: names::person(dice, true).0,
        phone: None,
        licence: None,
        made_up: true,
    };
    let id = staff::insert(tx, &new, desk.now)?;
    let grant = staff::NewGrant { uid: mint.uid(desk.now), organisation_id: None, area_id: area.id, role };
    staff::insert_grant(tx, id, &grant, desk.now)?;
    staff::set_duty(tx, id, true, desk.now)?;
    let header = format!("area={} role={role}", area.id.0);
    tx.log(&desk.stamp(), &format!("staff:{}", id.0), "staff_added", &header, "")?;
    Ok(())
}

/// What is rolled for one home.
#[derive(Clone)]
struct Home {
    cluster: Option<AreaId>,
    address: String,
    phone: Option<String>,
    visitors: Option<(String, String)>,
    people: Vec<Rolled>,
}

#[derive(Clone)]
struct Rolled {
    name: String,
    male: bool,
    birth: i64,
    kind: EpisodeKind,
    found: At,
    severity: Severity,
    contact: FirstContact,
    source: DetectionSource,
}

/// Nine of ten people were there before the day's window opened, the others were found since.
fn share_of(share: &Share, today: bool) -> usize {
    let before = share.people * 9 / 10;
    if today { share.people - before } else { before }
}

/// Writes the people of every commune; `today` those found since the day's window opened.
async fn settle(
    house: &House,
    desk: &Desk,
    shares: &[Share],
    today: bool,
    dice: &mut Dice,
) -> Result<(), Stop> {
    for some in shares.chunks(COMMUNES_AT_ONCE) {
        let mut acts = Vec::new();
        for share in some {
            let homes = roll_commune(house, desk, share, today, dice).await?;
            acts.extend(homes.chunks(HOMES_PER_ACT).map(|chunk| move_in(house, desk, share, chunk.to_vec())));
        }
        try_join_all(acts).await?;
    }
    Ok(())
}

async fn roll_commune(
    house: &House,
    desk: &Desk,
    share: &Share,
    today: bool,
    dice: &mut Dice,
) -> Result<Vec<Home>, Stop> {
    let path = share.commune.path.clone();
    let clusters: Vec<AreaId> = house
        .store
        .read(move |r| Ok(area::below(r, &path, AreaLevel::Cluster)?.into_iter().map(|c| c.id).collect()))
        .await?;
    let mut homes = Vec::new();
    let mut left = share_of(share, today);
    let mut number = if today { 700 } else { 200 };
    while left > 0 {
        let home = roll(dice, desk.now, &clusters, share, number, left, today);
        left -= home.people.len().min(left);
        number += 1;
        homes.push(home);
    }
    Ok(homes)
}

async fn move_in(house: &House, desk: &Desk, share: &Share, homes: Vec<Home>) -> Result<(), Stop> {
    let commune = share.commune.clone();
    house
        .run(desk, move |tx, desk, mint| {
            let place = place_before_days(tx, commune.clone())?;
            for home in &homes {
                write(tx, desk, mint, &place, home)?;
            }
            Ok(())
        })
        .await
}

/// The commune with its rules; its first day may not be open yet.
fn place_before_days(tx: &mut Tx, commune: Area) -> Result<Place, Stop> {
    match scene::place(tx, commune.clone()) {
        Ok(place) => Ok(place),
        Err(Stop::Store(StoreError::Shape(_))) => {
            let locality = locality::of_path(tx, &commune.path)?.ok_or_else(Refusal::not_found)?;
            let zone = commune.zone();
            let open_day = first_day(&zone).ok_or_else(Refusal::not_found)?;
            let slots = store::protocol::slots(tx, &commune.path)?;
            Ok(Place { area: commune, locality, zone, open_day, first_seq: 0, slots })
        }
        Err(other) => Err(other),
    }
}

fn roll(
    dice: &mut Dice,
    now: At,
    clusters: &[AreaId],
    share: &Share,
    number: i64,
    left: usize,
    today: bool,
) -> Home {
    let size = (1 + dice.below(4)) as usize;
    let size = size.min(left);
    let cluster = clusters.get(dice.below(clusters.len().max(1) as i64) as usize).copied();
    let address = if share.highland {
        format!("nhà {number}")
    } else {
        format!("{number}/{} tổ {}", 1 + dice.below(40), 1 + dice.below(30))
    };
    let phone = dice.percent(86).then(|| format!("+8496{:07}", dice.below(10_000_000)));
    let visitors = (phone.is_none() && !dice.percent(3))
        .then(|| (names::person(dice, share.highland).0, names::person(dice, share.highland).0));
    // A home with an F0 and its contacts, or a home of contacts alone.
    let with_case = dice.percent(62);
    // Since noon yesterday, or in the nine days before.
    let age = if today { 30 * MINUTE + dice.below(18 * HOUR) } else { 20 * HOUR + dice.below(8 * DAY) };
    let found = now.plus(-age);
    let mut people = Vec::new();
    for n in 0..size {
        let (name, male) = names::person(dice, share.highland);
        let kind =
            if with_case && (n == 0 || dice.percent(26)) { EpisodeKind::Case } else { EpisodeKind::Contact };
        let severity = match (kind, dice.below(100)) {
            (EpisodeKind::Contact, _) => Severity::Unassessed,
            (EpisodeKind::Case, 0..=38) => Severity::Asymptomatic,
            (EpisodeKind::Case, 39..=84) => Severity::Mild,
            (EpisodeKind::Case, 85..=88) => Severity::Moderate,
            (EpisodeKind::Case, 89) => Severity::Severe,
            (EpisodeKind::Case, _) => Severity::Unassessed,
        };
        let contact = if !today {
            if dice.percent(99) { FirstContact::Advised } else { FirstContact::Reached }
        } else if dice.percent(72) {
            FirstContact::Advised
        } else {
            FirstContact::Waiting
        };
        let source = match dice.below(100) {
            0..=51 => DetectionSource::ManagedContact,
            52..=53 => DetectionSource::Arrival,
            _ => DetectionSource::Community,
        };
        let birth = 2022 - (2 + dice.below(84));
        people.push(Rolled { name, male, birth, kind, found, severity, contact, source });
    }
    Home { cluster, address, phone, visitors, people }
}

/// Writes a home with everybody in it, as one entry.
fn write(tx: &mut Tx, desk: &Desk, mint: &mut Mint, place: &Place, rolled: &Home) -> Result<(), Stop> {
    let Some(found) = rolled.people.iter().map(|p| p.found).min() else { return Ok(()) };
    let home = Household {
        id: HouseholdId(tx.id()),
        uid: mint.uid(desk.now),
        area_id: place.area.id,
        cluster_id: rolled.cluster,
        address: rolled.address.clone(),
        address_key: rules::list::address_key(&rolled.address),
        kind: HouseholdKind::House,
        phones: rolled.phone.clone().unwrap_or_default(),
        care_group_id: None,
        placed_at: None,
        carer_id: None,
        visitor: rolled.visitors.as_ref().map(|v| v.0.clone()),
        visitor_phone: None,
        second_visitor: rolled.visitors.as_ref().map(|v| v.1.clone()),
        second_visitor_phone: None,
        visitor_at: rolled.visitors.as_ref().map(|_| found),
        created_at: found,
    };
    home.insert(tx)?;
    if let Some(phone) = &rolled.phone {
        let point = household::AddressPoint {
            id: tx.id(),
            household_id: home.id,
            person_id: None,
            kind: "phone".to_owned(),
            value: phone.clone(),
            rank: 1,
            state: rules::PointState::Active,
            changed_at: found,
            verified_at: None,
            verified_by: None,
        };
        point.insert(tx)?;
    }
    let hours = place.hours();
    for p in &rolled.people {
        let person = Person {
            id: PersonId(tx.id()),
            uid: mint.uid(desk.now),
            household_id: home.id,
            full_name: p.name.clone(),
            folded_name: rules::fold::fold(&p.name),
            sex: if p.male { Sex::Male } else { Sex::Female },
            birth_date: i16::try_from(p.birth).ok().map(BirthDate::Year),
            birth_year: Some(p.birth),
            language: None,
            can_read: None,
            doses: Some(2),
            last_dose_on: None,
            risks: String::new(),
            merged_into_id: None,
            created_at: p.found,
        };
        person::add(tx, &person, place.area.id)?;
        let detected = Detected::At(p.found);
        let due = due_at(detected, p.found, hours);
        let advised = p.contact == FirstContact::Advised;
        let reminder = match (due, hours, advised) {
            (Some(due), Some(hours), false) => next_step_at(due, p.found, hours, Stage::Started).map(|s| s.1),
            (_, _, true) | (None, _, false) | (Some(_), None, false) => None,
        };
        let contacted_at = p.found.plus(90 * MINUTE);
        let e = Episode {
            id: EpisodeId(tx.id()),
            uid: mint.uid(desk.now),
            person_id: person.id,
            household_id: home.id,
            area_id: place.area.id,
            cluster_id: home.cluster_id,
            kind: p.kind,
            source: Some(p.source),
            detected_at: Some(p.found),
            detected_on: None,
            registered_at: p.found,
            severity: p.severity,
            state: EpisodeState::Open,
            outcome: None,
            ended_at: None,
            end_place: None,
            end_reason: None,
            certified_by: None,
            arrangement: if advised { Arrangement::InGroup } else { Arrangement::None },
            arrangement_at: advised.then_some(contacted_at),
            first_contact: p.contact,
            first_contact_due_at: due,
            first_contact_at: (p.contact != FirstContact::Waiting).then_some(contacted_at),
            first_contact_declared: advised,
            ticks: 0,
            reminder_stage: 0,
            reminder_at: reminder,
            previous_id: None,
            import_id: None,
            opened_seq: tx.next_seq(),
            closed_seq: None,
            heard_at: None,
            // Their answers until today are not made up: they are expected from now on.
            next_contact_at: next_contact::first(
                place.slots.as_ref(),
                p.kind,
                home.visitor.is_some(),
                desk.now,
                &place.zone,
            ),
        };
        e.insert(tx)?;
        let start = start_flow(p.kind, Start::of(Some(p.source)));
        flow::add(tx, e.id, place.area.id, start.kind, start.indicator, start.amount, p.found)?;
    }
    let header = format!("household={} people={} area={}", home.id.0, rolled.people.len(), place.area.id.0);
    tx.log(&desk.stamp(), &format!("household:{}", home.id.0), "household_made_up", &header, "")?;
    Ok(())
}

/// One log-in of the demo per role and area.
#[derive(Clone, Debug)]
pub struct DemoLogin {
    pub staff: StaffId,
    pub role: Role,
    pub area_code: String,
    pub area_name: String,
    pub login: String,
    pub name: String,
    pub title: String,
}

/// The made-up staff that a visitor may sit down as: one per role and area, the communes with a whole staff and what
/// stands above them.
pub fn logins(reader: &mut store::Reader) -> Result<Vec<DemoLogin>, StoreError> {
    let mut found: Vec<DemoLogin> = Vec::new();
    let mut staffed = Vec::new();
    for code in STAFFED {
        staffed.extend(area::by_code(reader, code, None)?.map(|commune| commune.path));
    }
    for member in staff::made_up(reader)? {
        for grant in staff::grants_of(reader, member.id)? {
            let above = matches!(grant.level, AreaLevel::Province | AreaLevel::District)
                && staffed.iter().any(|path| path.starts_with(&grant.path));
            if !above && !STAFFED.contains(&grant.area_code.as_str()) || !has_pages(grant.role) {
                continue;
            }
            if found.iter().any(|f| f.role == grant.role && f.area_code == grant.area_code) {
                continue;
            }
            let titles = locality::role_titles(reader, &grant.path)?;
            let title =
                titles.into_iter().find(|(role, _)| *role == grant.role).map(|(_, t)| t).unwrap_or_default();
            found.push(DemoLogin {
                staff: member.id,
                role: grant.role,
                area_code: grant.area_code.clone(),
                area_name: grant.area_name.clone(),
                login: member.login.clone(),
                name: member.full_name.clone(),
                title,
            });
        }
    }
    Ok(found)
}

/// Whether this program has anything to show to a role yet: the police's papers and the advisers' calls come later.
fn has_pages(role: Role) -> bool {
    [Verb::ReadGaps, Verb::ManageStaff].into_iter().any(|verb| may(role, verb))
}

/// Open episodes of a commune: what the demo promises is checked by a test.
pub fn open_in(reader: &mut store::Reader, code: &str) -> Result<i64, StoreError> {
    match area::by_code(reader, code, None)? {
        Some(area) => episode::open_count(reader, area.id),
        None => Ok(0),
    }
}

/// A home of several in each staffed commune has its own link.
async fn links(house: &House, desk: &Desk, communes: Vec<Area>) -> Result<(), Stop> {
    house
        .run(desk, move |tx, desk, mint| {
            for commune in &communes {
                let open = Filter { state: Some(EpisodeState::Open), ..Filter::default() };
                let some = episode::list(tx, Within::Commune(commune.id), &open, EpisodeId(0), LINKED_FROM)?;
                let mut homes: Vec<HouseholdId> = some.iter().map(|item| item.household_id).collect();
                homes.dedup();
                let several =
                    |home: &&HouseholdId| some.iter().filter(|i| i.household_id == **home).count() > 1;
                let Some(home) = homes.iter().find(several).or(homes.first()) else { continue };
                if let Some(home) = store::household::by_id(tx, *home)? {
                    crate::household_link::make_up(tx, desk, mint, &home)?;
                }
            }
            Ok(())
        })
        .await
}

/// People among whom the home with a link is looked for.
const LINKED_FROM: i64 = 200;

/// A made-up person whose home has its own link.
pub struct LinkedHome {
    pub name: String,
    pub area_code: String,
    pub token: String,
}

/// The homes of the demo that have their own link.
pub fn linked_homes(reader: &mut Reader) -> Result<Vec<LinkedHome>, StoreError> {
    let mut homes = Vec::new();
    for link in store::household_link::made_up(reader, LINKED_FROM)? {
        let people = episode::items_of_household(reader, link.household_id)?;
        let home = store::household::by_id(reader, link.household_id)?;
        let token = home.map(|home| crate::household_link::demo_token(home.uid));
        // Once somebody handed out another link, the made-up one opens nothing.
        let token = token.filter(|token| crate::household_link::hash_of(token) == link.token_hash);
        if let (Some(first), Some(token)) = (people.first(), token) {
            let (name, area_code) = (first.full_name.clone(), first.area_code.clone());
            homes.push(LinkedHome { name, area_code, token });
        }
    }
    Ok(homes)
}
