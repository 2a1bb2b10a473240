//! The three sample lists say exactly what their keys say (samples/README.md).

use std::collections::HashMap;

use exchange::read_list;
use rules::list::{EmptyRegister, KnownPerson, ListContext, ListReading, Original, RawSheet, Register, read};
use rules::{BirthDate, Day, EpisodeKind, PersonId, Sex, phone};
use serde_json::Value;

const SAMPLES: [(&str, &str); 3] = [
    ("danh-sach-f0-long-binh.xlsx", "2021-11-24"),
    ("danh-sach-f0-f1-muong-te.xlsx", "2022-03-16"),
    ("danh-sach-muong-te.csv", "2022-03-16"),
];

fn clusters(area_code: &str) -> Vec<String> {
    match area_code {
        "26020" => (1..=12).map(|n| format!("Khu phố {n}")).collect(),
        _ => ["Nậm Củm", "Nậm Hãn", "Giẳng", "Pắc Ma", "Bó"].iter().map(|n| format!("Bản {n}")).collect(),
    }
}

fn sample(name: &str) -> (Vec<RawSheet>, Value) {
    let path = format!("{}/../../data/samples/{name}", env!("CARGO_MANIFEST_DIR"));
    let sheets = read_list(&std::fs::read(&path).unwrap(), name).unwrap();
    let key = serde_json::from_slice(&std::fs::read(format!("{path}.key.json")).unwrap()).unwrap();
    (sheets, key)
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn rows(list: &Value, keys: &[&str]) -> Vec<Vec<String>> {
    let rows = list.as_array().unwrap().iter();
    rows.map(|row| keys.iter().map(|k| row.get(k).map(text).unwrap_or_default()).collect()).collect()
}

fn people(reading: &ListReading) -> Vec<Vec<String>> {
    let shown = |p: &rules::list::ListedPerson| {
        let home = &reading.households[p.household as usize - 1];
        vec![
            p.full_name.clone(),
            match p.sex {
                Sex::Male => "Nam",
                Sex::Female => "Nữ",
                Sex::Unknown => "",
            }
            .to_owned(),
            p.birth.map(BirthDate::year).unwrap_or_default().to_string(),
            p.household.to_string(),
            p.cluster.clone().unwrap_or_default(),
            p.address.clone(),
            match p.kind {
                EpisodeKind::Case => "F0",
                EpisodeKind::Contact => "F1",
            }
            .to_owned(),
            p.detected_on.map(|d| d.to_string()).unwrap_or_default(),
            home.phones.first().map_or("null".to_owned(), |p| phone::local(p.as_str())),
        ]
    };
    reading.rows.iter().map(shown).collect()
}

const PERSON: [&str; 9] =
    ["name", "sex", "birth_year", "household", "cluster", "address", "kind", "detected_on", "phone"];

fn reading_of(name: &str, today: &str, register: &dyn Register) -> (ListReading, Value) {
    let (sheets, key) = sample(name);
    let clusters = clusters(key["area_code"].as_str().unwrap());
    let context = ListContext { today: Day::parse(today).unwrap(), clusters: &clusters };
    (read(&sheets, &context, register), key)
}

fn check(reading: &ListReading, key: &Value, name: &str) {
    for (read, wanted) in people(reading).iter().zip(rows(&key["people"], &PERSON)) {
        assert_eq!(*read, wanted, "{name}");
    }
    assert_eq!(reading.rows.len(), key["people"].as_array().unwrap().len(), "{name}");
    assert_eq!(reading.households.len() as u64, key["households"].as_u64().unwrap(), "{name}");
    let refused: Vec<Vec<String>> = reading
        .refused
        .iter()
        .map(|r| {
            let of = match &r.of {
                Some(Original::Row(of)) => of.number.clone().unwrap_or_default(),
                Some(Original::Person(_)) | None => String::new(),
            };
            vec![r.at.number.clone().unwrap_or_default(), r.code().to_owned(), of]
        })
        .collect();
    assert_eq!(refused, rows(&key["refuse"], &["row", "why", "of"]), "{name}");
    let asked: Vec<Vec<String>> = reading
        .asked
        .iter()
        .map(|a| vec![a.at.number.clone().unwrap_or_default(), a.code().to_owned()])
        .collect();
    assert_eq!(asked, rows(&key["ask"], &["row", "why"]), "{name}");
    assert_eq!(reading.proposed_clusters, Vec::<String>::new(), "{name}");
}

#[test]
fn the_samples_say_what_their_keys_say() {
    for (name, today) in SAMPLES {
        let (reading, key) = reading_of(name, today, &EmptyRegister);
        check(&reading, &key, name);
        assert!(reading.rows.iter().all(|p| p.known.is_none()));
    }
}

/// What a first import leaves behind.
struct Remembered(HashMap<(String, Option<i16>), Vec<KnownPerson>>);

impl Remembered {
    fn of(reading: &ListReading, from_list: bool) -> Remembered {
        let mut out: HashMap<(String, Option<i16>), Vec<KnownPerson>> = HashMap::new();
        for (i, p) in reading.rows.iter().enumerate() {
            let home = &reading.households[p.household as usize - 1];
            let key = (rules::fold::fold(&p.full_name), p.birth.map(BirthDate::year));
            out.entry(key).or_default().push(KnownPerson {
                person: PersonId(i as i64 + 1),
                from_list,
                cluster: p.cluster.clone(),
                address_key: p.address_key.clone(),
                phones: home.phones.iter().map(ToString::to_string).collect(),
            });
        }
        Remembered(out)
    }
}

impl Register for Remembered {
    fn namesakes(&self, folded_name: &str, birth_year: Option<i16>) -> Vec<KnownPerson> {
        self.0.get(&(folded_name.to_owned(), birth_year)).cloned().unwrap_or_default()
    }
}

#[test]
fn the_same_file_again_creates_nobody_and_refuses_the_same_rows() {
    for (name, today) in SAMPLES {
        let (first, _) = reading_of(name, today, &EmptyRegister);
        let (again, key) = reading_of(name, today, &Remembered::of(&first, true));
        check(&again, &key, name);
        let known: Vec<_> = again.rows.iter().map(|p| p.known).collect();
        let all: Vec<_> = (1..=first.rows.len()).map(|i| Some(PersonId(i as i64))).collect();
        assert_eq!(known, all, "{name}");
    }
}

#[test]
fn somebody_entered_by_hand_makes_the_row_a_duplicate() {
    let (name, today) = SAMPLES[0];
    let (first, _) = reading_of(name, today, &EmptyRegister);
    let (again, _) = reading_of(name, today, &Remembered::of(&first, false));
    assert!(again.rows.is_empty());
    assert_eq!(again.refused[0].code(), "duplicate");
    assert_eq!(again.refused[0].of, Some(Original::Person(PersonId(1))));
}

#[test]
fn the_other_facts_of_a_row_are_read_too() {
    let (name, today) = SAMPLES[1];
    let (reading, _) = reading_of(name, today, &EmptyRegister);
    let first = &reading.rows[0];
    assert_eq!(first.test_kind, Some(rules::TestKind::Rapid));
    assert_eq!(first.doses, Some(3));
    assert_eq!(first.risks, [rules::Risk::Diabetes]);
    assert_eq!(first.zalo, Some(true));
    assert!(!first.contacted);
    assert_eq!(reading.rows[3].zalo, Some(false));
    assert_eq!(reading.rows[4].risks, [rules::Risk::Pregnancy]);
    let two = &reading.rows.iter().find(|p| p.at.number.as_deref() == Some("47")).unwrap().phones;
    assert_eq!(two.iter().map(phone::Phone::as_str).collect::<Vec<_>>(), ["+84988539681", "+84988337305"]);
}
