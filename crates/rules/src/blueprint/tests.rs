use super::*;

fn good(text: &str) -> Blueprint {
    match read(text) {
        Ok(blueprint) => blueprint,
        Err(errors) => panic!("{}", errors.iter().map(|e| format!("{e}\n")).collect::<String>()),
    }
}

/// The faults of a text as (line, code).
fn faults(text: &str) -> Vec<(usize, &'static str)> {
    match read(text) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.iter().map(|error| (error.line, error.code)).collect(),
    }
}

/// A place that is whole and small, each part marked so that a test can put a wrong one there.
const SMALL: &str = r#"[blueprint]
key = "small"
title = "Xã nhỏ"
[root]
code = "107"
time_zone = "Asia/Ho_Chi_Minh"
units = "official-2021"
[groups]
households_target_min = 50
households_max = 100
separate_f0_f1 = true
leader = "station_leader"
[first_contact]
hours = 6
reminders_percent = [50, 80]
[gaps]
commune_after_minutes = 60
district_after_minutes = 180
[[organisation]]
key = "ttyt"
kind = "medical_centre"
name = "TTYT {unit}"
[[organisation]]
key = "tyt"
kind = "health_station"
each = "commune"
name = "Trạm Y tế {unit}"
[[title]]
role = "station_leader"
organisation = "health_station"
words = "Trưởng trạm Y tế"
[[title]]
role = "district_officer"
organisation = "medical_centre"
level = "district"
words = "Lãnh đạo TTYT"
[[operating_group]]
key = "nhom-huyen"
name = "Nhóm {unit}"
leader = "district_officer"
[[emergency]]
label = "Cấp cứu"
number = "115"
[schedule]
lock = "12:00"
[[schedule.step]]
level = "commune"
due = "11:00"
to = "ttyt"
submitted_by = "station_leader"
[[cluster]]
code = "03445-01"
parent = "03445"
name = "Bản Bó"
kind = "ban"
[[cluster]]
code = "03445-02"
parent = "03445"
name = "Bản Giẳng"
kind = "ban"
neighbours = ["bản bó"]
[[staff]]
login = "tram"
name = "Lò Thị Xuân"
role = "station_leader"
organisation = "tyt-03445"
area = "03445"
clusters = ["Bản Bó"]
"#;

/// The line of `text` that contains `part`, from 1.
fn line_of(text: &str, part: &str) -> usize {
    text.lines().position(|line| line.contains(part)).unwrap() + 1
}

#[test]
fn lai_chau_is_what_the_letter_orders() {
    let place = good(LAI_CHAU_2022);
    assert_eq!(place.units.len(), 1 + 8 + 106);
    assert_eq!(place.root().unwrap().code, "12");
    assert_eq!(place.root().unwrap().parent_code, None);
    assert_eq!(place.groups.households_target_min, 50);
    assert_eq!(place.groups.households_max, 100);
    assert!(place.groups.separate_f0_f1);
    assert_eq!(place.first_contact.hours, Some(6));
    assert!(place.first_contact.note.is_some());

    assert_eq!(place.schedule.lock_minute, 720);
    let due: Vec<_> = place.schedule.steps.iter().map(|step| (step.level, step.due_minute)).collect();
    assert_eq!(due, [(AreaLevel::Commune, 660), (AreaLevel::District, 900)]);
    let recipient = |code: &str| place.recipient(code).map(|organisation| organisation.name.as_str());
    let command_centre = "Trung tâm Chỉ huy phòng, chống dịch COVID-19 huyện Mường Tè";
    assert_eq!(recipient("03445"), Some(command_centre));
    assert_eq!(recipient("107"), Some("Sở Y tế tỉnh Lai Châu"));
    assert_eq!(recipient("12"), None);

    let name = |key: &str| place.organisation(key).map(|organisation| organisation.name.as_str());
    assert_eq!(name("tyt-03445"), Some("Trạm Y tế xã Mường Tè"));
    assert_eq!(name("ubnd-03408"), Some("UBND phường Đông Phong"));
    assert_eq!(name("ttyt-105"), Some("Trung tâm Y tế thành phố Lai Châu"));

    // LC-3, LC-12: every level has a group that runs the others, with a leader by office.
    let groups = |level| {
        place.operating_groups.iter().filter(|g| place.unit(&g.area_code).unwrap().level == level).count()
    };
    assert_eq!(
        (groups(AreaLevel::Province), groups(AreaLevel::District), groups(AreaLevel::Commune)),
        (1, 8, 106)
    );
    assert_eq!(
        place.title(Role::CommuneLeader, OrganisationKind::PeoplesCommittee, AreaLevel::Commune),
        Some("Trưởng nhóm vận hành (Văn phòng UBND xã)")
    );
}

#[test]
fn the_clusters_of_the_sample_lists_are_there() {
    let names = |place: &Blueprint, commune: &str| -> Vec<String> {
        place.clusters.iter().filter(|c| c.parent_code == commune).map(|c| c.name.clone()).collect()
    };
    let lai_chau = good(LAI_CHAU_2022);
    let hamlets = ["Bản Nậm Củm", "Bản Nậm Hãn", "Bản Giẳng", "Bản Pắc Ma", "Bản Bó"];
    assert_eq!(names(&lai_chau, "03445"), hamlets);
    assert!(names(&lai_chau, "03408").len() >= 4);
    let numbered: Vec<String> = (1..=12).map(|n| format!("Khu phố {n}")).collect();
    assert_eq!(names(&good(BIEN_HOA_2021), "26020"), numbered);

    let cluster = |code: &str| lai_chau.clusters.iter().find(|cluster| cluster.code == code).unwrap();
    assert_eq!(cluster("03445-03").neighbours, ["03445-02", "03445-05"]);
    for each in &lai_chau.clusters {
        assert!(each.household_count.is_some() && each.head_name.is_some(), "{each:?}");
        assert!(
            each.neighbours.iter().all(|other| cluster(other).neighbours.contains(&each.code)),
            "{each:?}"
        );
    }
}

#[test]
fn bien_hoa_stands_without_a_province() {
    let place = good(BIEN_HOA_2021);
    assert_eq!(place.units.len(), 1 + 30);
    assert_eq!(place.root().unwrap().parent_code, None);
    assert_eq!(place.recipient("26020").unwrap().name, "Phòng Y tế thành phố Biên Hòa");
    assert_eq!(place.recipient("731").unwrap().name, "UBND thành phố Biên Hòa");
    let clubs = place.organisations.iter().filter(|o| o.kind == OrganisationKind::AdviceClub).count();
    assert_eq!(clubs, 1 + 30);
}

#[test]
fn both_letters_places_have_the_staff_of_the_demo() {
    let has = |place: &Blueprint, role: Role, area: &str| {
        assert!(place.staff.iter().any(|s| s.role == role && s.area_code == area), "{role} in {area}");
    };
    let (lai_chau, bien_hoa) = (good(LAI_CHAU_2022), good(BIEN_HOA_2021));
    for role in [Role::ProvinceOfficer, Role::Commander, Role::Inspector, Role::Admin] {
        has(&lai_chau, role, "12");
    }
    has(&lai_chau, Role::DistrictOfficer, "107");
    has(&lai_chau, Role::DistrictOfficer, "105");
    has(&bien_hoa, Role::DistrictOfficer, "731");
    for role in [Role::Clerk, Role::CommuneLeader, Role::StationLeader, Role::Carer] {
        has(&lai_chau, role, "03445");
        has(&lai_chau, role, "03408");
        has(&bien_hoa, role, "26020");
    }
    let logins = lai_chau.staff.iter().chain(&bien_hoa.staff).map(|s| s.login.as_str());
    let different: std::collections::BTreeSet<&str> = logins.clone().collect();
    assert_eq!(different.len(), logins.count(), "the demo's one store holds both");
    // Every hamlet and every khu phố has somebody.
    for place in [&lai_chau, &bien_hoa] {
        for cluster in &place.clusters {
            let carers = place.staff.iter().filter(|s| s.role == Role::Carer);
            assert!(carers.clone().any(|s| s.cluster_codes.contains(&cluster.code)), "{}", cluster.name);
        }
        assert!(place.staff.iter().all(|s| s.made_up));
    }
}

#[test]
fn what_is_only_an_example_is_said() {
    for text in [LAI_CHAU_2022, BIEN_HOA_2021] {
        let warnings = good(text).warnings;
        assert_eq!(warnings.iter().map(|w| w.code).collect::<Vec<_>>(), ["made_up"; 3], "{warnings:?}");
        assert!(warnings.iter().all(|w| text.lines().nth(w.line - 1).unwrap().starts_with("[[")));
    }
}

#[test]
fn the_blank_form_lacks_only_what_nobody_can_guess() {
    let line = line_of(BLANK, "code = \"\"");
    assert_eq!(faults(BLANK), [(1, "no_emergency_number"), (line, "unknown_area")]);
    for code in ["12", "731", "03445"] {
        let filled = BLANK.replace("code = \"\"", &format!("code = {code:?}"))
            + "\n[[emergency]]\nlabel = \"Cấp cứu\"\nnumber = \"115\"\n";
        let place = good(&filled);
        let warning = line_of(&filled, "[first_contact]");
        assert_eq!(
            place.warnings.iter().map(|w| (w.line, w.code)).collect::<Vec<_>>(),
            [(warning, "no_hours_set")]
        );
        assert_eq!(place.first_contact.hours, None);
        assert!(place.recipient("03445").is_some() || place.unit("03445").is_none());
    }
}

#[test]
fn numbers_come_from_the_nearest_list() {
    let place = good(LAI_CHAU_2022);
    let labels = |code: &str| -> Vec<&str> {
        place.emergency_numbers(code).iter().map(|number| number.label.as_str()).collect()
    };
    assert_eq!(labels("03445"), ["Xe xã", "Bệnh viện huyện", "Cấp cứu 115"]);
    assert_eq!(labels("03445-02"), labels("03445"));
    assert_eq!(labels("03408"), ["Cấp cứu 115", "Bệnh viện Đa khoa tỉnh"]);
    assert_eq!(labels("03408"), labels("12"));
    assert!(labels("26020").is_empty(), "another root");
}

#[test]
fn a_place_brings_its_own_units() {
    let text = r#"
[[unit]]
code = "03433"
name = "Mường Tè"
kind = "xa"
parent = "12"
valid_from = "2025-07-01"
[[unit]]
code = "12"
name = "Lai Châu"
kind = "tinh"
"#;
    let own = SMALL.replace("units = \"official-2021\"", "units = \"own\"").replace("\"107\"", "\"12\"");
    let own = own.replace("03445", "03433").replace("level = \"district\"\n", "");
    let place = good(&(own + text));
    let codes: Vec<_> = place.units.iter().map(|u| (u.code.as_str(), u.parent_code.as_deref())).collect();
    assert_eq!(codes, [("12", None), ("03433", Some("12"))]);
    assert_eq!(place.organisation("tyt-03433").unwrap().name, "Trạm Y tế xã Mường Tè");
}

#[test]
fn a_small_place_reads_and_reading_twice_gives_the_same() {
    assert_eq!(good(SMALL), good(SMALL));
    assert_eq!(good(SMALL).warnings, []);
    assert_eq!(good(SMALL).staff[0].cluster_codes, ["03445-01"]);
    assert_eq!(good(SMALL).staff[0].title, "Trưởng trạm Y tế");
}

#[test]
fn every_fault_is_named_with_its_line() {
    // (what stands in the file, what is put there, the fault). The line is that of the first.
    let table = [
        ("key = \"small\"", "key = \"Xã nhỏ\"", "bad_key"),
        ("title = \"Xã nhỏ\"", "title = \" \"", "empty"),
        ("title = \"Xã nhỏ\"", "title = 7", "wrong_type"),
        ("title = \"Xã nhỏ\"", "title = \"Xã nhỏ\"\nleader = \"\"", "unknown_key"),
        ("code = \"107\"", "code = \"999\"", "unknown_area"),
        ("time_zone = ", "time_zone = \"Asia/Lai_Chau\" #", "unknown_time_zone"),
        ("units = ", "units = \"official-1999\" #", "unknown_list"),
        ("units = ", "valid_from = \"2021-02-30\"\nunits = ", "bad_date"),
        ("households_target_min", "households_target_min = 101 #", "min_above_max"),
        ("households_max", "households_max = 5000 #", "out_of_range"),
        ("leader = \"station_leader\"", "leader = \"boss\"", "unknown_role"),
        ("leader = \"station_leader\"", "leader = \"police\"", "no_title"),
        ("hours = 6", "hours = 0", "out_of_range"),
        ("hours = 6", "hours = \"six\"", "wrong_type"),
        ("reminders_percent", "reminders_percent = [80, 50] #", "not_in_order"),
        ("reminders_percent", "reminders_percent = [50, 120] #", "out_of_range"),
        ("district_after_minutes", "district_after_minutes = 30 #", "not_in_order"),
        ("kind = \"medical_centre\"", "kind = \"hospital\"", "unknown_kind"),
        ("name = \"TTYT {unit}\"", "name = \"TTYT {huyen}\"", "unknown_gap"),
        ("name = \"TTYT {unit}\"", "area = \"12\"\nname = \"TTYT\"", "unknown_area"),
        ("each = \"commune\"", "each = \"province\"", "unknown_level"),
        ("level = \"district\"", "level = \"province\"", "title_without_office"),
        ("number = \"115\"", "number = \"một một năm\"", "bad_number"),
        ("number = \"115\"", "area = \"03445\"\nnumber = \"115\"", "no_emergency_number"),
        ("lock = \"12:00\"", "lock = \"24:00\"", "bad_time"),
        ("due = \"11:00\"", "due = \"11h00\"", "bad_time"),
        ("due = \"11:00\"", "due = \"12:30\"", "due_after_lock"),
        ("level = \"commune\"", "level = \"cluster\"", "unknown_level"),
        ("to = \"ttyt\"", "to = \"so-y-te\"", "unknown_organisation"),
        ("code = \"03445-02\"", "code = \"03445-01\"", "duplicate_code"),
        ("code = \"03445-02\"", "code = \"03445/02\"", "bad_code"),
        ("name = \"Bản Giẳng\"", "name = \"BẢN BÓ\"", "duplicate_name"),
        ("neighbours = ", "neighbours = [\"Bản Xa\"] #", "unknown_neighbour"),
        ("neighbours = ", "neighbours = [\"Bản Giẳng\"] #", "unknown_neighbour"),
        ("login = \"tram\"", "login = \"Trạm\"", "bad_login"),
        (
            "role = \"station_leader\"\norganisation = \"tyt-03445\"",
            "role = \"god\"\norganisation = \"tyt-03445\"",
            "unknown_role",
        ),
        ("organisation = \"tyt-03445\"", "organisation = \"tyt-99999\"", "unknown_organisation"),
        ("area = \"03445\"", "area = \"99999\"", "unknown_area"),
        ("clusters = [\"Bản Bó\"]", "clusters = [\"Bản Xa\"]", "unknown_cluster"),
        ("clusters = [\"Bản Bó\"]", "title = \"Giám đốc\"", "unknown_title"),
        ("clusters = [\"Bản Bó\"]", "phone = \"không có\"", "bad_number"),
    ];
    for (part, wrong, code) in table {
        assert!(SMALL.contains(part), "{part}");
        let text = SMALL.replacen(part, wrong, 1);
        let found = faults(&text);
        assert_eq!(found.iter().map(|f| f.1).collect::<Vec<_>>(), [code], "{wrong}: {found:?}");
        let changed: Vec<usize> = SMALL
            .lines()
            .zip(text.lines())
            .enumerate()
            .filter(|(_, (before, after))| before != after)
            .map(|(at, _)| at + 1)
            .take(2)
            .collect();
        if code != "no_emergency_number" {
            assert!(changed.contains(&found[0].0), "{wrong}: line {} of {changed:?}", found[0].0);
        }
    }
}

#[test]
fn what_is_missing_or_twice_is_named() {
    let staff = SMALL[SMALL.find("[[staff]]").unwrap()..].to_owned();
    let second = SMALL.lines().count() + 2;
    assert_eq!(faults(&(SMALL.to_owned() + &staff)), [(second, "duplicate_login")]);

    let number = "[[emergency]]\nlabel = \"Cấp cứu\"\nnumber = \"115\"\n";
    assert_eq!(faults(&SMALL.replace(number, "")), [(1, "no_emergency_number")]);
    assert_eq!(faults(&(SMALL.to_owned() + number)), [(second + 1, "duplicate_number")]);

    let gaps = "[gaps]\ncommune_after_minutes = 60\ndistrict_after_minutes = 180\n";
    assert_eq!(faults(&SMALL.replace(gaps, "")), [(1, "missing_section")]);
    assert_eq!(
        faults(&SMALL.replace("kind = \"medical_centre\"\n", "")).first().map(|f| f.1),
        Some("missing_key")
    );
    assert_eq!(faults(&(SMALL.to_owned() + "[nhom]\n")), [(second - 1, "unknown_key")]);

    let step = &SMALL[SMALL.find("[[schedule.step]]").unwrap()..SMALL.find("[[cluster]]").unwrap()];
    let twice = SMALL.replace(step, &format!("{step}{step}"));
    let codes: Vec<_> = faults(&twice).iter().map(|fault| fault.1).collect();
    assert_eq!(codes, ["not_in_order", "due_before_lock"]);

    let group =
        "[[operating_group]]\nkey = \"nhom-huyen\"\nname = \"Nhóm khác\"\nleader = \"district_officer\"\n";
    assert_eq!(faults(&(SMALL.to_owned() + group)), [(second, "duplicate_key")]);
}

#[test]
fn several_faults_are_all_named_in_the_order_of_lines() {
    let text = SMALL
        .replace("hours = 6", "hours = 0")
        .replace("\"12:00\"", "\"noon\"")
        .replace("[\"bản bó\"]", "[7]");
    let codes: Vec<_> = faults(&text).iter().map(|fault| fault.1).collect();
    assert_eq!(codes[..2], ["out_of_range", "bad_time"]);
    assert_eq!(codes[2], "wrong_type");
}

#[test]
fn text_that_is_not_toml_is_named_by_line() {
    let found = faults("[blueprint]\nkey = \n");
    assert_eq!(found[0], (2, "bad_toml"));
    assert_eq!(faults(&" ".repeat(5 << 20)), [(1, "too_long")]);
    assert!(faults("").iter().all(|fault| ["missing_section", "no_emergency_number"].contains(&fault.1)));
}
