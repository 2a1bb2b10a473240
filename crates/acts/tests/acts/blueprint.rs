//! A locality is set up from its file, once; what people change afterwards stays.

use crate::common::{Home, refused, wrong_field};
use acts::apply_blueprint::apply_blueprint;
use acts::clusters::{AddCluster, RenameCluster, add_cluster, rename_cluster};
use acts::import_areas::import_areas;
use acts::import_staff::import_staff;
use acts::settings::{SetHours, SetNumbers, set_hours, set_numbers};
use acts::sign_in::grant;
use acts::{Desk, House};
use rules::blueprint::{self, Blueprint};
use rules::{AreaLevel, Role};
use store::locality::EmergencyNumber;
use store::{area, locality, organisation, staff};

on_both! {
    two_localities_are_set_up_once
    the_real_thing_gets_nothing_made_up
    half_a_blueprint_is_completed_by_the_whole
    what_people_changed_stays
    offices_have_their_words
    the_nearest_emergency_numbers_hold
    a_hamlet_carer_works_under_the_communes_code
    a_commune_brings_its_clusters_in_a_file
    staff_come_in_a_file
    a_clerk_adds_clusters_of_the_commune_alone
    hours_are_set_by_who_answers_for_all
}

fn lai_chau() -> Blueprint {
    blueprint::read(blueprint::LAI_CHAU_2022).unwrap()
}

fn bien_hoa() -> Blueprint {
    blueprint::read(blueprint::BIEN_HOA_2021).unwrap()
}

async fn area_of(house: &House, code: &'static str) -> area::Area {
    house.store.read(move |r| area::by_code(r, code, None)).await.unwrap().unwrap()
}

/// The desk of a made-up member of staff.
async fn desk(house: &House, login: &'static str) -> Desk {
    let (member, held) = house
        .store
        .read(move |r| {
            let member = staff::by_login(r, login)?.unwrap();
            let held = staff::grants_of(r, member.id)?;
            Ok((member, held))
        })
        .await
        .unwrap();
    Desk {
        staff: Some(member.id),
        name: member.full_name,
        grants: held.into_iter().map(grant).collect(),
        origin: "web",
        now: house.now(),
        operator: false,
        household: None,
        asked: Default::default(),
    }
}

async fn two_localities_are_set_up_once(home: &Home) {
    let house = home.open_demo();
    let operator = house.operator();
    let (first, second) = (lai_chau(), bien_hoa());
    let applied = apply_blueprint(&house, &operator, &first).await.unwrap();
    assert_eq!(applied.areas, 1 + 8 + 106);
    assert_eq!(applied.clusters, first.clusters.len());
    assert_eq!(applied.organisations, first.organisations.len());
    assert_eq!((applied.localities, applied.left_out, applied.unchanged), (1, 0, false));
    assert_eq!(applied.staff, first.staff.len());
    apply_blueprint(&house, &operator, &second).await.unwrap();

    let before = house.entries();
    for blueprint in [&first, &second] {
        let again = apply_blueprint(&house, &operator, blueprint).await.unwrap();
        assert!(again.unchanged, "{again:?}");
    }
    assert_eq!(house.entries(), before, "nothing was written the second time");

    let root = area_of(&house, "12").await;
    let (roots, communes, rules, neighbours) = house
        .store
        .read(move |r| {
            let communes = area::below(r, &root.path, AreaLevel::Commune)?;
            let rules = locality::of_path(r, &communes[3].path)?;
            Ok((area::roots(r)?, communes, rules, area::neighbours_within(r, &root.path)?))
        })
        .await
        .unwrap();
    assert_eq!(roots.iter().map(|a| a.code.as_str()).collect::<Vec<_>>(), ["12", "731"]);
    assert_eq!(communes.len(), 106);
    let rules = rules.unwrap();
    assert_eq!(rules.rules.commune_due_minute, 11 * 60);
    assert_eq!(rules.rules.lock_minute, 12 * 60);
    assert_eq!(rules.rules.district_due_minute, 15 * 60);
    assert!(rules.rules.separate_audiences && rules.rules.group_max == 100);
    assert_eq!(rules.first_contact_hours, Some(6));
    assert!(neighbours.iter().all(|(a, b)| neighbours.contains(&(*b, *a))));
    let said: usize = first.clusters.iter().map(|c| c.neighbours.len()).sum();
    assert_eq!(neighbours.len(), said);

    let commune = area_of(&house, "03445").await;
    let (above, by_name) = house
        .store
        .read(move |r| {
            Ok((area::ancestors(r, commune.id)?, area::cluster_by_name(r, commune.id, "BAN NAM HAN")?))
        })
        .await
        .unwrap();
    assert_eq!(above.iter().map(|a| a.code.as_str()).collect::<Vec<_>>(), ["12", "107"]);
    assert_eq!(by_name.unwrap().code, "03445-02");
    drop(house);
    home.must_verify();
}

async fn the_real_thing_gets_nothing_made_up(home: &Home) {
    let house = home.open();
    let operator = house.operator();
    let applied = apply_blueprint(&house, &operator, &lai_chau()).await.unwrap();
    assert_eq!(applied.staff, 0);
    assert!(applied.left_out > 0);
    let hamlet = area_of(&house, "03445-02").await;
    assert_eq!((hamlet.head_name, hamlet.household_count), (None, None));
    let commune = area_of(&house, "03445").await;
    let numbers = house.store.read(move |r| locality::emergency_numbers(r, &commune.path)).await.unwrap();
    assert_eq!(numbers.iter().map(|n| n.number.as_str()).collect::<Vec<_>>(), ["115"]);
    assert_eq!(house.store.read(staff::count).await.unwrap(), 0);
    assert!(apply_blueprint(&house, &operator, &lai_chau()).await.unwrap().unchanged);
    drop(house);
    home.must_verify();
}

/// What a stop in the middle leaves behind.
async fn half_a_blueprint_is_completed_by_the_whole(home: &Home) {
    let house = home.open_demo();
    let operator = house.operator();
    let mut half = lai_chau();
    half.units.truncate(20);
    half.clusters.clear();
    half.organisations.retain(|o| half.units.iter().any(|u| u.code == o.area_code));
    half.titles.truncate(3);
    half.emergency.clear();
    half.staff.clear();
    apply_blueprint(&house, &operator, &half).await.unwrap();
    let rest = apply_blueprint(&house, &operator, &lai_chau()).await.unwrap();
    assert_eq!(rest.areas, 1 + 8 + 106 - 20);
    assert_eq!(rest.organisations, lai_chau().organisations.len() - half.organisations.len());
    assert!(apply_blueprint(&house, &operator, &lai_chau()).await.unwrap().unchanged);
    drop(house);
    home.must_verify();
}

async fn what_people_changed_stays(home: &Home) {
    let house = home.open_demo();
    let operator = house.operator();
    apply_blueprint(&house, &operator, &lai_chau()).await.unwrap();
    let hamlet = area_of(&house, "03445-02").await;
    let change = RenameCluster {
        cluster: Some(hamlet.uid),
        name: "Bản Nậm Hãn".to_owned(),
        head_name: Some("Lò Văn Mới".to_owned()),
        household_count: Some(97),
        ..RenameCluster::default()
    };
    house.run(&operator, move |tx, desk, _| rename_cluster(tx, desk, &change)).await.unwrap();
    let numbers = SetNumbers {
        area_code: "03445".to_owned(),
        numbers: vec![EmergencyNumber { label: "Xe xã".to_owned(), number: "0213 000 0109".to_owned() }],
    };
    house.run(&operator, move |tx, desk, _| set_numbers(tx, desk, &numbers)).await.unwrap();
    let hours = SetHours { area_code: "12".to_owned(), hours: Some(4) };
    house.run(&operator, move |tx, desk, _| set_hours(tx, desk, &hours)).await.unwrap();

    assert!(apply_blueprint(&house, &operator, &lai_chau()).await.unwrap().unchanged);
    let hamlet = area_of(&house, "03445-02").await;
    assert_eq!((hamlet.head_name.as_deref(), hamlet.household_count), (Some("Lò Văn Mới"), Some(97)));
    let (numbers, rules) = house
        .store
        .read(move |r| {
            Ok((locality::emergency_numbers(r, &hamlet.path)?, locality::of_path(r, &hamlet.path)?))
        })
        .await
        .unwrap();
    assert_eq!(numbers.len(), 1);
    assert_eq!(rules.unwrap().first_contact_hours, Some(4));
    drop(house);
    home.must_verify();
}

async fn offices_have_their_words(home: &Home) {
    let house = home.open_demo();
    apply_blueprint(&house, &house.operator(), &lai_chau()).await.unwrap();
    let title = async |code: &'static str, role: Role| {
        let path = area_of(&house, code).await.path;
        let titles = house.store.read(move |r| locality::role_titles(r, &path)).await.unwrap();
        titles.into_iter().find(|(of, _)| *of == role).map(|(_, words)| words)
    };
    assert_eq!(title("12", Role::Commander).await.as_deref(), Some("Phó Chỉ huy trưởng TTCH tỉnh"));
    assert_eq!(title("107", Role::Commander).await.as_deref(), Some("Phó Chỉ huy trưởng TTCH cấp huyện"));
    assert_eq!(title("107", Role::Police).await.as_deref(), Some("Công an cấp huyện"));
    assert_eq!(title("03445", Role::Police).await.as_deref(), Some("Công an cấp xã"));
    assert_eq!(title("03445", Role::StationLeader).await.as_deref(), Some("Trưởng trạm Y tế"));
    let place = area_of(&house, "03445").await;
    let offices = house.store.read(move |r| organisation::of_area(r, place.id)).await.unwrap();
    assert!(offices.iter().any(|o| o.name == "Trạm Y tế xã Mường Tè"), "{offices:?}");
}

async fn the_nearest_emergency_numbers_hold(home: &Home) {
    let house = home.open_demo();
    apply_blueprint(&house, &house.operator(), &lai_chau()).await.unwrap();
    let numbers = async |code: &'static str| {
        let path = area_of(&house, code).await.path;
        let list = house.store.read(move |r| locality::emergency_numbers(r, &path)).await.unwrap();
        list.into_iter().map(|n| n.label).collect::<Vec<_>>()
    };
    assert_eq!(numbers("03445").await, ["Xe xã", "Bệnh viện huyện", "Cấp cứu 115"]);
    assert_eq!(numbers("03445-01").await, ["Xe xã", "Bệnh viện huyện", "Cấp cứu 115"]);
    assert_eq!(numbers("03436").await, ["Cấp cứu 115", "Bệnh viện Đa khoa tỉnh"]);
}

async fn a_hamlet_carer_works_under_the_communes_code(home: &Home) {
    let house = home.open_demo();
    apply_blueprint(&house, &house.operator(), &lai_chau()).await.unwrap();
    let carer = desk(&house, "muongte.namhan").await;
    assert_eq!(carer.grants.len(), 2);
    for held in &carer.grants {
        assert_eq!(
            (held.role, held.level, held.area_code.as_str()),
            (Role::Carer, AreaLevel::Cluster, "03445")
        );
    }
    let head = desk(&house, "muongte.tram").await;
    assert_eq!(head.grants[0].area_name, "Xã Mường Tè");
    let commune = area_of(&house, "03445").await;
    let (leaders, carers, all, found) = house
        .store
        .read(move |r| {
            Ok((
                staff::with_role(r, commune.id, Role::StationLeader)?,
                staff::with_role_below(r, &commune.path, Role::Carer)?,
                staff::count_below(r, &commune.path)?,
                staff::search_below(r, &commune.path, "tan le", 10)?,
            ))
        })
        .await
        .unwrap();
    assert_eq!(leaders.iter().map(|s| s.login.as_str()).collect::<Vec<_>>(), ["muongte.tram"]);
    assert_eq!((carers.len(), all), (3, 7));
    assert_eq!(found.iter().map(|s| s.full_name.as_str()).collect::<Vec<_>>(), ["Tẩn Thị Lế"]);
}

async fn a_commune_brings_its_clusters_in_a_file(home: &Home) {
    let house = home.open();
    let operator = house.operator();
    apply_blueprint(&house, &operator, &lai_chau()).await.unwrap();
    let file = "code;name;kind;level;parent_code;household_count;head_name;neighbours\n\
        03436-01;Bản Pa Thắng;ban;cluster;03436;64;Chu Xé Lù;Bản Thu Lũm 1\n\
        03436-02;Bản Thu Lũm 1;ban;cluster;03436;81;;\n\
        99999-01;Bản Ở Đâu;ban;cluster;99999;;;\n";
    let done = import_areas(&house, &operator, file).await.unwrap();
    assert_eq!((done.areas, done.created, done.changed, done.neighbours), (2, 2, 0, 1));
    assert_eq!(
        done.refused.iter().map(|r| (r.line, r.code.as_str())).collect::<Vec<_>>(),
        [(4, "unknown_parent")]
    );

    let before = house.entries();
    let again = import_areas(&house, &operator, file).await.unwrap();
    assert_eq!((again.areas, again.created, again.changed, again.neighbours), (2, 0, 0, 0));
    assert_eq!(house.entries(), before);

    let renamed = file.replace("Bản Pa Thắng", "Bản Pa Thóng");
    assert_eq!(import_areas(&house, &operator, &renamed).await.unwrap().changed, 1);
    let moved = "code,name,kind,level,parent_code\n03436-01,Bản Pa Thóng,ban,cluster,03439\n";
    let refused = import_areas(&house, &operator, moved).await.unwrap().refused;
    assert_eq!(refused[0].code, "area_elsewhere");
    drop(house);
    home.must_verify();
}

async fn staff_come_in_a_file(home: &Home) {
    let house = home.open();
    let operator = house.operator();
    apply_blueprint(&house, &operator, &lai_chau()).await.unwrap();
    let file = "login,full_name,phone,role,area_code,organisation,licence\n\
        lan.vt,LÒ THỊ LAN,0912 345 678,station_leader,03445,Trạm Y tế xã Mường Tè,LC-0012\n\
        pao,Sùng A Páo,,carer,03445-01,health_station,\n\
        pao,Sùng A Páo,,carer,03445-02,health_station,\n\
        xa,Lý Mò Xa,,province_officer,03445,,\n\
        du,Giàng A Dử,,carer,88888,,\n";
    let done = import_staff(&house, &operator, file).await.unwrap();
    assert_eq!((done.accounts, done.created), (2, 2));
    let refused: Vec<(usize, &str)> = done.refused.iter().map(|r| (r.line, r.code.as_str())).collect();
    assert_eq!(refused, [(5, "not_at_this_level"), (6, "unknown_area")]);
    assert_eq!(done.links.iter().map(|l| l.login.as_str()).collect::<Vec<_>>(), ["lan.vt", "pao"]);

    let lan = desk(&house, "lan.vt").await;
    assert_eq!((lan.name.as_str(), lan.grants.len()), ("Lò Thị Lan", 1));
    assert!(lan.grants[0].organisation_id.is_some());
    assert_eq!(desk(&house, "pao").await.grants.len(), 2);

    let before = house.entries();
    let again = import_staff(&house, &operator, file).await.unwrap();
    assert_eq!((again.accounts, again.created, again.changed, again.links.len()), (2, 0, 0, 0));
    assert_eq!(house.entries(), before);
    let more = "login,full_name,role,area_code\nlan.vt,Lò Thị Lan,clerk,03445\n";
    assert_eq!(import_staff(&house, &operator, more).await.unwrap().changed, 1);
    assert_eq!(desk(&house, "lan.vt").await.grants.len(), 2);
    drop(house);
    home.must_verify();
}

async fn a_clerk_adds_clusters_of_the_commune_alone(home: &Home) {
    let house = home.open_demo();
    apply_blueprint(&house, &house.operator(), &lai_chau()).await.unwrap();
    let clerk = desk(&house, "muongte.vanthu").await;
    let add = |area: &str, name: &str, neighbours: &[&str]| AddCluster {
        area_code: area.to_owned(),
        name: name.to_owned(),
        kind: "bản".to_owned(),
        neighbours: neighbours.iter().map(|n| (*n).to_owned()).collect(),
        ..AddCluster::default()
    };
    let added = add("03445", "Mới", &["Bản Nậm Hãn"]);
    let done = house.run(&clerk, move |tx, desk, mint| add_cluster(tx, desk, mint, &added)).await.unwrap();
    assert_eq!(done.name, "Bản Mới");
    assert!(done.code.starts_with("03445-"), "{}", done.code);
    let code: &'static str = done.code.clone().leak();
    let new = area_of(&house, code).await;
    let next = house.store.read(move |r| area::neighbours(r, new.id)).await.unwrap();
    assert_eq!(next, [area_of(&house, "03445-02").await.id]);

    let same = add("03445", "BẢN MỚI", &[]);
    assert_eq!(
        refused(house.run(&clerk, move |tx, desk, mint| add_cluster(tx, desk, mint, &same)).await),
        "cluster_exists"
    );
    let elsewhere = add("03436", "Bản Khác", &[]);
    let answer = house.run(&clerk, move |tx, desk, mint| add_cluster(tx, desk, mint, &elsewhere)).await;
    assert_eq!(wrong_field(answer), ("area".to_owned(), "unknown_area"));
    let alone = add("03445", "Bản Xa", &["Bản Không Có"]);
    let answer = house.run(&clerk, move |tx, desk, mint| add_cluster(tx, desk, mint, &alone)).await;
    assert_eq!(wrong_field(answer), ("neighbours".to_owned(), "unknown_cluster"));
    drop(house);
    home.must_verify();
}

async fn hours_are_set_by_who_answers_for_all(home: &Home) {
    let house = home.open_demo();
    let operator = house.operator();
    apply_blueprint(&house, &operator, &lai_chau()).await.unwrap();
    let file =
        "login,full_name,role,area_code\nqt.xa,Quản Trị Xã,admin,03445\nqt.tinh,Quản Trị Tỉnh,admin,12\n";
    import_staff(&house, &operator, file).await.unwrap();
    let (commune, province) = (desk(&house, "qt.xa").await, desk(&house, "qt.tinh").await);
    let set = |hours: Option<i64>| SetHours { area_code: "03445".to_owned(), hours };
    let cmd = set(Some(3));
    assert_eq!(refused(house.run(&commune, move |tx, desk, _| set_hours(tx, desk, &cmd)).await), "not_found");
    let cmd = set(Some(3));
    assert!(house.run(&province, move |tx, desk, _| set_hours(tx, desk, &cmd)).await.unwrap().changed);
    let cmd = set(Some(73));
    let answer = house.run(&province, move |tx, desk, _| set_hours(tx, desk, &cmd)).await;
    assert_eq!(wrong_field(answer), ("first_contact_hours".to_owned(), "out_of_range"));
    // Its own numbers a commune sets itself.
    let numbers = SetNumbers {
        area_code: "03445".to_owned(),
        numbers: vec![
            EmergencyNumber { label: "Trạm".to_owned(), number: "0213 000 0111".to_owned() },
            EmergencyNumber { label: "Xe xã".to_owned(), number: "0213 000 0101".to_owned() },
        ],
    };
    let kept = numbers.numbers.clone();
    house.run(&commune, move |tx, desk, _| set_numbers(tx, desk, &numbers)).await.unwrap();
    let path = area_of(&house, "03445").await.path;
    assert_eq!(house.store.read(move |r| locality::emergency_numbers(r, &path)).await.unwrap(), kept);
    // Emptied, the list above holds again; a list that comes back is the same one.
    for wanted in [Vec::new(), kept] {
        let cmd = SetNumbers { area_code: "03445".to_owned(), numbers: wanted };
        assert!(house.run(&commune, move |tx, desk, _| set_numbers(tx, desk, &cmd)).await.unwrap().changed);
    }
    drop(house);
    home.must_verify();
}
