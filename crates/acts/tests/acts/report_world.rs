//! A small province for the tests of reports: two districts, four communes, a locality with the clock of the letter,
//! and people who come and go. Everything is written straight through the store.

use crate::common::{Home, OpenHouse};
use acts::report::show::{self, ListReports, ReportView};
use acts::{Desk, Grant, duties};
use rules::report::Figures;
use rules::{
    AreaId, AreaLevel, Arrangement, At, Audience, Day, EpisodeId, EpisodeKind, EpisodeState, FirstContact,
    GroupId, HouseholdId, HouseholdKind, PersonId, Role, Severity, Sex, StaffId, Uid,
};
use std::sync::atomic::{AtomicU64, Ordering};
use store::area::{self, Area, NewArea};
use store::care_group::CareGroup;
use store::episode::{self, End, Episode};
use store::household::{AddressPoint, Household};
use store::locality::{self, LocalityRules};
use store::person::{self, Person};
use store::{Reader, Stop, Tx, flow};

/// The day of the story.
pub const DAY: &str = "2022-03-16";
pub const NEXT_DAY: &str = "2022-03-17";

static DRAWN: AtomicU64 = AtomicU64::new(1);

pub fn uid() -> Uid {
    let mut bytes = [0u8; 16];
    bytes[8..].copy_from_slice(&DRAWN.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    Uid(bytes)
}

/// "10:59:59.999" on the day of the story.
pub fn at(time: &str) -> At {
    on(DAY, time)
}

pub fn on(day: &str, time: &str) -> At {
    At::parse(&format!("{day}T{time}+07:00")).unwrap()
}

pub fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

pub struct World {
    pub open: OpenHouse,
    pub province: Area,
    pub east: Area,
    pub west: Area,
    /// In the east: `communes[0]`, `[1]`; in the west: `[2]`, `[3]`.
    pub communes: Vec<Area>,
    /// A cluster of the first commune.
    pub cluster: Area,
    pub group: GroupId,
}

impl std::ops::Deref for World {
    type Target = OpenHouse;
    fn deref(&self) -> &OpenHouse {
        &self.open
    }
}

/// The province at 07:30, its first report day open and nobody in it.
pub async fn world(home: &Home) -> World {
    world_with(home, Some(6)).await
}

pub async fn world_with(home: &Home, hours: Option<i64>) -> World {
    let open = home.open_demo();
    let desk = open.operator();
    let made = open
        .house
        .run(&desk, move |tx, desk, _| {
            let new = |code: &str, kind: &str, level| NewArea {
                uid: uid(),
                code: code.to_owned(),
                name: format!("Nơi {code}"),
                kind: kind.to_owned(),
                level,
                valid_from: day("2021-01-01"),
                valid_to: None,
                time_zone: "Asia/Ho_Chi_Minh".to_owned(),
                household_count: None,
                head_name: None,
            };
            let province = area::insert(tx, None, &new("12", "tinh", AreaLevel::Province))?;
            let east = area::insert(tx, Some(&province), &new("107", "huyen", AreaLevel::District))?;
            let west = area::insert(tx, Some(&province), &new("108", "huyen", AreaLevel::District))?;
            let mut communes = Vec::new();
            for (district, code) in [(&east, "03433"), (&east, "03445"), (&west, "03460"), (&west, "03470")] {
                communes.push(area::insert(tx, Some(district), &new(code, "xa", AreaLevel::Commune))?);
            }
            let cluster = area::insert(tx, Some(&communes[0]), &new("03433-1", "ban", AreaLevel::Cluster))?;
            let rules = LocalityRules {
                blueprint: "test".to_owned(),
                group_min: 50,
                group_max: 100,
                separate_audiences: true,
                commune_due_minute: 660,
                lock_minute: 720,
                district_due_minute: 900,
                commune_recipient: String::new(),
                district_recipient: String::new(),
            };
            locality::insert(tx, province.id, &rules, hours, None)?;
            let group = GroupId(tx.id());
            CareGroup {
                id: group,
                uid: uid(),
                area_id: communes[0].id,
                number: 1,
                name: "Nhóm F0 số 1".to_owned(),
                audience: Audience::F0,
                leader_id: None,
                leader_changed_at: desk.now,
                created_at: desk.now,
            }
            .insert(tx)?;
            tx.log(&desk.stamp(), "store", "world_made", "", "")?;
            Ok((province, east, west, communes, cluster, group))
        })
        .await
        .unwrap();
    let (province, east, west, communes, cluster, group) = made;
    let world = World { open, province, east, west, communes, cluster, group };
    acts::report::open_days::open_days(&world.house, &desk).await.unwrap();
    world
}

/// A person as a test registers them; what is not said is as harmless as can be.
#[derive(Clone, Debug)]
pub struct Somebody {
    pub area: AreaId,
    pub kind: EpisodeKind,
    pub severity: Severity,
    pub first_contact: FirstContact,
    pub due_at: Option<At>,
    pub reminder_at: Option<At>,
    pub cluster: Option<AreaId>,
    pub group: Option<GroupId>,
    pub phone: bool,
    pub zalo: bool,
    pub home: Option<HouseholdId>,
}

impl Somebody {
    pub fn f0(area: &Area) -> Somebody {
        Somebody {
            area: area.id,
            kind: EpisodeKind::Case,
            severity: Severity::Unassessed,
            first_contact: FirstContact::Advised,
            due_at: None,
            reminder_at: None,
            cluster: None,
            group: None,
            phone: true,
            zalo: false,
            home: None,
        }
    }

    pub fn f1(area: &Area) -> Somebody {
        Somebody { kind: EpisodeKind::Contact, ..Somebody::f0(area) }
    }
}

/// Writes a home, a person, an episode and its booking, with one entry.
pub fn register_in(tx: &mut Tx, desk: &Desk, who: &Somebody) -> Result<(EpisodeId, HouseholdId), Stop> {
    let now = desk.now;
    let home = match who.home {
        Some(home) => home,
        None => {
            let home = HouseholdId(tx.id());
            Household {
                id: home,
                uid: uid(),
                area_id: who.area,
                cluster_id: who.cluster,
                address: format!("nhà {}", home.0),
                address_key: format!("nha {}", home.0),
                kind: HouseholdKind::House,
                phones: if who.phone { "+84912345678".to_owned() } else { String::new() },
                care_group_id: who.group,
                placed_at: who.group.map(|_| now),
                carer_id: None,
                visitor: None,
                visitor_phone: None,
                second_visitor: None,
                second_visitor_phone: None,
                visitor_at: None,
                created_at: now,
            }
            .insert(tx)?;
            home
        }
    };
    if who.zalo {
        AddressPoint {
            id: tx.id(),
            household_id: home,
            person_id: None,
            kind: "zalo".to_owned(),
            value: "z".to_owned(),
            rank: 1,
            state: rules::PointState::Active,
            changed_at: now,
            verified_at: Some(now),
            verified_by: None,
        }
        .insert(tx)?;
    }
    let person = PersonId(tx.id());
    let name = format!("Người {}", person.0);
    let row = Person {
        id: person,
        uid: uid(),
        household_id: home,
        full_name: name.clone(),
        folded_name: rules::fold::fold(&name),
        sex: Sex::Unknown,
        birth_date: None,
        birth_year: None,
        language: None,
        can_read: None,
        doses: None,
        last_dose_on: None,
        risks: String::new(),
        merged_into_id: None,
        created_at: now,
    };
    person::add(tx, &row, who.area)?;
    let id = EpisodeId(tx.id());
    Episode {
        id,
        uid: uid(),
        person_id: person,
        household_id: home,
        area_id: who.area,
        cluster_id: who.cluster,
        kind: who.kind,
        source: None,
        detected_at: Some(now),
        detected_on: None,
        registered_at: now,
        severity: who.severity,
        state: EpisodeState::Open,
        outcome: None,
        ended_at: None,
        end_place: None,
        end_reason: None,
        certified_by: None,
        arrangement: Arrangement::None,
        arrangement_at: None,
        first_contact: who.first_contact,
        first_contact_due_at: who.due_at,
        first_contact_at: None,
        first_contact_declared: false,
        ticks: 0,
        reminder_stage: 0,
        reminder_at: who.reminder_at,
        previous_id: None,
        import_id: None,
        opened_seq: tx.next_seq(),
        closed_seq: None,
        heard_at: None,
        next_contact_at: None,
    }
    .insert(tx)?;
    let indicator = match who.kind {
        EpisodeKind::Case => "f0_new",
        EpisodeKind::Contact => "f1_new",
    };
    flow::add(tx, id, who.area, who.kind, indicator, 1, now)?;
    tx.log(&desk.stamp(), &format!("episode:{}", id.0), "episode_registered", "", "")?;
    Ok((id, home))
}

impl World {
    pub fn desk(&self, role: Role, area: &Area) -> Desk {
        Desk {
            staff: Some(StaffId(area.id.0 * 100 + role as i64)),
            name: format!("{role} {}", area.code),
            grants: vec![Grant {
                role,
                area_id: area.id,
                path: area.path.clone(),
                level: area.level,
                area_code: area.code.clone(),
                area_name: area.name.clone(),
                organisation_id: None,
            }],
            origin: "api",
            now: self.house.now(),
            operator: false,
            household: None,
            asked: Default::default(),
        }
    }

    pub fn leader(&self, commune: usize) -> Desk {
        self.desk(Role::CommuneLeader, &self.communes[commune])
    }

    pub fn officer(&self) -> Desk {
        self.desk(Role::ProvinceOfficer, &self.province)
    }

    /// The group of the first commune gets a leader, who is on duty.
    pub async fn lead_the_group(&self) {
        let (group, operator) = (self.group, self.operator());
        let act = move |tx: &mut Tx, desk: &Desk, mint: &mut acts::Mint| {
            let staff = store::staff::Staff {
                id: StaffId(tx.id()),
                uid: mint.uid(desk.now),
                login: "le".to_owned(),
                full_name: "Lò Thị Lế".to_owned(),
                phone: None,
                licence: None,
                on_duty: true,
                duty_changed_at: desk.now,
                made_up: false,
                created_at: desk.now,
                ended_at: None,
            };
            staff.insert(tx)?;
            store::care_group::set_leader(tx, group, Some(staff.id), desk.now)?;
            tx.log(&desk.stamp(), "store", "leader_set", "", "")?;
            Ok(())
        };
        self.house.run(&operator, act).await.unwrap();
    }

    /// The clock of care alone; no duty runs.
    pub fn clock(&self, to: At) {
        self.clocks.set_care(to);
    }

    /// The training clock, with every duty on the way.
    pub async fn go_to(&self, to: At) -> duties::Ran {
        duties::advance_clock(&self.house, to, |at| self.clocks.set_care(at)).await.unwrap()
    }

    pub async fn register(&self, who: Somebody) -> EpisodeId {
        let desk = self.operator();
        self.house.run(&desk, move |tx, desk, _| register_in(tx, desk, &who)).await.unwrap().0
    }

    pub async fn register_many(&self, who: &Somebody, count: usize) -> Vec<EpisodeId> {
        let mut ids = Vec::new();
        for _ in 0..count {
            ids.push(self.register(who.clone()).await);
        }
        ids
    }

    /// Closes an episode as recovered or completed.
    pub async fn release(&self, id: EpisodeId) {
        let desk = self.operator();
        self.house
            .run(&desk, move |tx, desk, _| {
                let found = episode::by_id(tx, id)?.unwrap();
                let (outcome, indicator) = match found.kind {
                    EpisodeKind::Case => (rules::Outcome::Recovered, "f0_recovered"),
                    EpisodeKind::Contact => (rules::Outcome::Completed, "f1_completed"),
                };
                flow::add(tx, id, found.area_id, found.kind, indicator, 1, desk.now)?;
                let end = End { outcome, at: desk.now, place: None, reason: None, certified_by: None };
                episode::close(tx, id, &end)?;
                tx.log(&desk.stamp(), &format!("episode:{}", id.0), "episode_ended", "", "")?;
                Ok(())
            })
            .await
            .unwrap();
    }

    pub async fn ask<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&mut Reader) -> Result<T, store::StoreError> + Send + 'static,
    ) -> T {
        self.house.store.read(ask).await.unwrap()
    }

    pub async fn list(&self, desk: &Desk, query: ListReports) -> Result<show::Listed, Stop> {
        let desk = desk.clone();
        let asked = self.house.store.read(move |r| match show::list(r, &desk, &query) {
            Err(Stop::Store(error)) => Err(error),
            other => Ok(other),
        });
        asked.await.unwrap()
    }

    /// An area's own report of a day, as the operator sees it.
    pub async fn report(&self, area: &Area, on: &str) -> ReportView {
        let query =
            ListReports { area_code: Some(area.code.clone()), on: Some(day(on)), ..ListReports::default() };
        let mut found = self.list(&self.operator(), query).await.unwrap().items;
        assert_eq!(found.len(), 1, "one report of {} on {on}", area.code);
        found.remove(0)
    }

    /// The report that a test is about to act on.
    pub async fn uid_of(&self, area: &Area, on: &str) -> Uid {
        Uid::parse(&self.report(area, on).await.id).unwrap()
    }

    pub async fn submit(&self, desk: &Desk, area: &Area) -> Result<ReportView, Stop> {
        let report = self.uid_of(area, DAY).await;
        let desk = Desk { now: self.house.now(), ..desk.clone() };
        self.house
            .run(&desk, move |tx, desk, _| acts::report::submit::submit(tx, desk, report, "Ổn định."))
            .await
    }

    /// Every unit's figures of the open day balance and agree with the open episodes.
    pub async fn must_balance(&self) {
        let (root, now) = (self.province.clone(), self.house.now());
        let live = self
            .ask(move |r| {
                let day = store::report::open_day(r, root.id)?.unwrap();
                let ask = store::figure::Ask { path: &root.path, now, hours_unset: false };
                store::figure::live(r, &day, &ask)
            })
            .await;
        assert_eq!(live.wrong(), Vec::new(), "books and episodes");
        for (area, figures) in &live.figures {
            assert_eq!(figures.balance(), Vec::new(), "area {}", area.0);
        }
    }
}

pub fn value(figures: &Figures, id: &str) -> i64 {
    figures.get(id).unwrap()
}

/// Some of the figures by id, for a comparison that reads.
pub fn pick(figures: &Figures, ids: &[&str]) -> Vec<i64> {
    ids.iter().map(|id| value(figures, id)).collect()
}
