//! Where a simulation plays: Lai Châu with its offices, the communes that fall ill, and who works there.

use super::scenario::Scenario;
use crate::demo::names::{Dice, HAMLETS};
use crate::demo::{self, story};
use crate::desk::Desk;
use crate::house::House;
use rules::protocol::Protocol;
use rules::{AreaLevel, At, Refusal, Role, StaffId, Zone};
use std::sync::Arc;
use store::area::{self, Area};
use store::{Reader, Stop, StoreError, locality, staff};

/// Hamlets of a commune.
const CLUSTERS: usize = 4;

/// A member of staff, by their place in [`World::staff`].
pub(super) type Member = usize;

pub(super) struct Worker {
    pub desk: Desk,
    pub id: StaffId,
    /// On duty, as the simulation knows it.
    pub on: bool,
}

pub(super) struct Commune {
    pub area: Area,
    pub district: usize,
    pub clusters: Vec<String>,
    pub station: Member,
    pub leader: Member,
    pub clerk: Member,
    pub carers: Vec<Member>,
}

pub(super) struct World {
    pub province: Area,
    pub zone: Zone,
    pub districts: Vec<(Area, Member)>,
    pub officer: Member,
    /// Those that fall ill.
    pub communes: Vec<Commune>,
    /// All of the province.
    pub communes_count: usize,
    pub staff: Vec<Worker>,
    pub protocol: Arc<Protocol>,
    /// First contact within these hours (LC-9).
    pub hours: i64,
    /// A home is answered within these minutes.
    pub answer_minutes: i64,
    pub due_minute: i64,
    pub lock_minute: i64,
    /// Homes of one group (LC-14).
    pub group_max: i64,
}

impl World {
    /// Sets the province up in an empty store.
    pub async fn build(house: &House, scenario: &Scenario, dice: &mut Dice) -> Result<World, Stop> {
        let desk = Desk::operator(house.now(), "demo");
        let blueprint = rules::blueprint::read(rules::blueprint::LAI_CHAU_2022)
            .map_err(|errors| StoreError::Shape(format!("a blueprint of ours: {:?}", errors.first())))?;
        crate::apply_blueprint::apply_blueprint(house, &desk, &blueprint).await?;
        demo::adopt_protocol(house, &desk).await?;
        let (many, carers) = (scenario.communes as usize, scenario.carers);
        let mut rolled = *dice;
        let chosen = house
            .run(&desk, move |tx, desk, mint| {
                let root = area::roots(tx)?.into_iter().next().ok_or_else(Refusal::not_found)?;
                let mut quiet = Vec::new();
                for commune in area::below(tx, &root.path, AreaLevel::Commune)? {
                    if staff::with_role(tx, commune.id, Role::StationLeader)?.is_empty() {
                        quiet.push(commune);
                    }
                }
                // From all over the province.
                let every = (quiet.len() / many.max(1)).max(1);
                let chosen: Vec<Area> = quiet.into_iter().step_by(every).take(many).collect();
                let mut dice = rolled;
                for commune in &chosen {
                    for name in HAMLETS.iter().take(CLUSTERS) {
                        crate::clusters::add_proposed(tx, desk, mint, commune, name)?;
                    }
                    let mut employ =
                        |role, word: &str| demo::employ(tx, desk, mint, &mut dice, commune, role, word);
                    employ(Role::StationLeader, "tram")?;
                    employ(Role::CommuneLeader, "lanhdao")?;
                    employ(Role::Clerk, "vanthu")?;
                    for n in 0..carers {
                        employ(Role::Carer, &format!("yte{n}"))?;
                    }
                }
                for district in area::below(tx, &root.path, AreaLevel::District)? {
                    if staff::with_role(tx, district.id, Role::DistrictOfficer)?.is_empty() {
                        let role = Role::DistrictOfficer;
                        demo::employ(tx, desk, mint, &mut dice, &district, role, "trucban")?;
                    }
                }
                Ok(chosen)
            })
            .await?;
        rolled.roll();
        *dice = rolled;
        crate::report::open_days::open_days(house, &desk).await?;
        let now = house.now();
        let (shelf, many_chosen) = (house.shelf.clone(), chosen.len());
        if many_chosen < many {
            return Err(Refusal::field("communes", "out_of_range").into());
        }
        house.store.read(move |r| Ok(read(r, now, chosen, &shelf))).await?
    }

    pub fn attended(&self, commune: usize) -> bool {
        let place = &self.communes[commune];
        self.staff[place.station].on || place.carers.iter().any(|carer| self.staff[*carer].on)
    }

    /// Who of the commune's station and carers is there.
    pub fn there(&self, commune: usize) -> Vec<Member> {
        let place = &self.communes[commune];
        let everybody = place.carers.iter().chain([&place.station]);
        everybody.copied().filter(|member| self.staff[*member].on).collect()
    }
}

fn read(
    reader: &mut Reader,
    now: At,
    chosen: Vec<Area>,
    shelf: &crate::adopt_protocol::Shelf,
) -> Result<World, Stop> {
    let province = area::roots(reader)?.into_iter().next().ok_or_else(Refusal::not_found)?;
    let mut workers = Vec::new();
    let mut with = |reader: &mut Reader, area: &Area, role| -> Result<Vec<Member>, Stop> {
        let mut members = Vec::new();
        for row in staff::with_role(reader, area.id, role)? {
            let (id, on) = (row.id, row.on_duty);
            let desk = Desk { origin: "api", ..story::desk_of(reader, now, row)? };
            members.push(workers.len());
            workers.push(Worker { desk, id, on });
        }
        Ok(members)
    };
    let first = |found: Vec<Member>| found.into_iter().next().ok_or_else(Refusal::not_found);
    let mut districts = Vec::new();
    for district in area::below(reader, &province.path, AreaLevel::District)? {
        let officer = first(with(reader, &district, Role::DistrictOfficer)?)?;
        districts.push((district, officer));
    }
    let officer = first(with(reader, &province, Role::ProvinceOfficer)?)?;
    let mut communes = Vec::new();
    for commune in chosen {
        let clusters = area::below(reader, &commune.path, AreaLevel::Cluster)?;
        communes.push(Commune {
            district: districts
                .iter()
                .position(|(district, _)| commune.path.starts_with(&district.path))
                .ok_or_else(Refusal::not_found)?,
            clusters: clusters.into_iter().map(|cluster| cluster.name).collect(),
            station: first(with(reader, &commune, Role::StationLeader)?)?,
            leader: first(with(reader, &commune, Role::CommuneLeader)?)?,
            clerk: first(with(reader, &commune, Role::Clerk)?)?,
            carers: with(reader, &commune, Role::Carer)?,
            area: commune,
        });
    }
    let place = locality::of_path(reader, &province.path)?.ok_or_else(Refusal::not_found)?;
    let (_, protocol) = shelf.holding(reader, &province.path)?;
    Ok(World {
        zone: province.zone(),
        hours: place.first_contact_hours.ok_or_else(Refusal::not_found)?,
        answer_minutes: place.answer_minutes.ok_or_else(Refusal::not_found)?,
        due_minute: place.rules.commune_due_minute,
        lock_minute: place.rules.lock_minute,
        group_max: place.rules.group_max,
        districts,
        officer,
        communes,
        communes_count: area::below(reader, &province.path, AreaLevel::Commune)?.len(),
        staff: workers,
        protocol,
        province,
    })
}
