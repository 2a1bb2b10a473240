//! What a registration must say (`POST /episodes`; P-2, P-7, LC-7) and when it looks like somebody who is in the
//! register already. It reads words into values once, at the edge, and names every wrong field at once.
//!
//! Nothing is required that a village does not know: a person has a name, a kind, a day of detection and a place
//! to stay. It does not look anything up: whether the area, cluster or household exists is the act's question.

use crate::{
    episode::Detected,
    fold::{display_name, fold, nfc, one_edit},
    ids::Uid,
    phone::{self, Phone},
    refusal::{FieldError, Refusal},
    time::{At, BirthDate, Day, Zone},
    words::{DetectionSource, EpisodeKind, HouseholdKind, Risk, Sex},
};

/// The longest name of a person, in characters.
pub const NAME_MAX: usize = 120;
/// The longest address, in characters.
pub const ADDRESS_MAX: usize = 300;
/// The longest area code, in characters.
pub const AREA_CODE_MAX: usize = 20;
/// The longest name of a cluster, in characters.
pub const CLUSTER_MAX: usize = 120;
/// The longest telephone field, in characters.
pub const PHONE_MAX: usize = 40;
/// The longest language tag (BCP 47), in characters.
pub const LANGUAGE_MAX: usize = 35;
/// The most doses of a vaccine that a person can have had.
pub const DOSES_MAX: i64 = 20;
/// Nobody is older than this, in years.
pub const AGE_MAX: i64 = 130;
/// A detection longer ago than this is a slip of the pen, in days.
pub const DETECTED_DAYS_MAX: i64 = 730;

/// A registration as it is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default)]
pub struct RegisterEpisode {
    pub area_code: String,
    pub cluster: Option<String>,
    pub kind: String,
    pub detected_at: Option<String>,
    pub detected_on: Option<String>,
    pub source: Option<String>,
    pub person: NewPerson,
    pub household: NewHousehold,
    /// Declared by the list as contacted already (P-7).
    pub contacted: Option<bool>,
    /// Registered in spite of likely duplicates.
    pub confirm_new: Option<bool>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default)]
pub struct NewPerson {
    pub full_name: String,
    pub sex: Option<String>,
    pub birth_date: Option<String>,
    pub phone: Option<String>,
    pub doses: Option<i64>,
    /// `YYYY-MM-DD`
    pub last_dose_on: Option<String>,
    pub risks: Option<Vec<String>>,
    pub can_read: Option<bool>,
    pub language: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default)]
pub struct NewHousehold {
    pub id: Option<String>,
    pub address: Option<String>,
    pub kind: Option<String>,
}

/// A registration that may go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    pub area_code: String,
    /// As it was written; its key is its folded text.
    pub cluster: Option<String>,
    pub kind: EpisodeKind,
    pub detected: Detected,
    pub source: Option<DetectionSource>,
    pub person: CheckedPerson,
    pub household: CheckedHousehold,
    pub contacted: bool,
    pub confirm_new: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedPerson {
    pub full_name: String,
    pub sex: Sex,
    pub birth: Option<BirthDate>,
    pub phone: Option<Phone>,
    pub doses: Option<i64>,
    pub last_dose_on: Option<Day>,
    /// Each once, in the order of [`Risk::ALL`].
    pub risks: Vec<Risk>,
    pub can_read: Option<bool>,
    pub language: Option<String>,
}

/// A home that is known, or one by its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckedHousehold {
    Known(Uid),
    At { address: String, kind: HouseholdKind },
}

/// Collects wrong fields, so that all are named at once.
#[derive(Default)]
struct Faults(Vec<FieldError>);

impl Faults {
    fn add(&mut self, field: &str, code: &'static str) {
        self.0.push(FieldError { field: field.to_owned(), code });
    }

    /// The tidied text; `None` when empty, a fault when too long.
    fn text(&mut self, field: &str, text: Option<&str>, max: usize) -> Option<String> {
        let text = text?;
        // Counted before tidying, so that a huge field costs nothing.
        if text.chars().nth(max).is_some() {
            self.add(field, "too_long");
            return None;
        }
        Some(nfc(text)).filter(|text| !text.is_empty())
    }

    fn required(&mut self, field: &str, text: Option<&str>, max: usize) -> Option<String> {
        let before = self.0.len();
        let text = self.text(field, text, max);
        if text.is_none() && self.0.len() == before {
            self.add(field, "required");
        }
        text
    }

    fn word<T>(&mut self, field: &str, word: Option<&str>, parse: fn(&str) -> Option<T>) -> Option<T> {
        let word = word.map(str::trim).filter(|word| !word.is_empty())?;
        let parsed = parse(word);
        if parsed.is_none() {
            self.add(field, "unknown_word");
        }
        parsed
    }
}

/// Checks a registration. `zone` is the area's; every wrong field is named in the refusal.
pub fn check(sent: &RegisterEpisode, now: At, zone: &Zone) -> Result<Checked, Refusal> {
    let mut faults = Faults::default();
    let area_code = faults.required("area_code", Some(&sent.area_code), AREA_CODE_MAX);
    let cluster = faults.text("cluster", sent.cluster.as_deref(), CLUSTER_MAX);
    let kind = match sent.kind.trim() {
        "" => {
            faults.add("kind", "required");
            None
        }
        word => faults.word("kind", Some(word), EpisodeKind::parse),
    };
    let detected = detection(sent, now, zone, &mut faults);
    let source = faults.word("source", sent.source.as_deref(), DetectionSource::parse);
    let person = person(&sent.person, now.day(zone), &mut faults);
    let household = household(&sent.household, &mut faults);
    match (area_code, kind, detected, person, household, faults.0.is_empty()) {
        (Some(area_code), Some(kind), Some(detected), Some(person), Some(household), true) => Ok(Checked {
            area_code,
            cluster,
            kind,
            detected,
            source,
            person,
            household,
            contacted: sent.contacted.unwrap_or(false),
            confirm_new: sent.confirm_new.unwrap_or(false),
        }),
        _ => {
            let mut refusal = Refusal::invalid("invalid");
            refusal.fields = faults.0;
            Err(refusal)
        }
    }
}

/// When the person was found: a moment, or a day (P-7). Given both, the moment holds if it lies on the day.
fn detection(sent: &RegisterEpisode, now: At, zone: &Zone, faults: &mut Faults) -> Option<Detected> {
    let given = |text: &Option<String>| {
        text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let (at, on) = (given(&sent.detected_at), given(&sent.detected_on));
    let at = at.map(|text| At::parse(&text).map(Detected::At));
    let on = on.map(|text| Day::parse(&text).map(Detected::On));
    let (field, detected) = match (at, on) {
        (None, None) => {
            faults.add("detected_at", "required");
            return None;
        }
        (Some(at), None) => ("detected_at", at),
        (None, Some(on)) => ("detected_on", on),
        (Some(at), Some(on)) => {
            let days = |detected: Option<Detected>| detected.map(|detected| detected.day(zone));
            if days(at).is_some() && days(on).is_some() && days(at) != days(on) {
                faults.add("detected_on", "contradicts");
                return None;
            }
            if on.is_none() {
                faults.add("detected_on", "impossible_date");
            }
            ("detected_at", at)
        }
    };
    let Some(detected) = detected else {
        faults.add(field, "impossible_date");
        return None;
    };
    if detected.is_future(now, zone) {
        faults.add(field, "detected_in_future");
        return None;
    }
    if now.day(zone).since(detected.day(zone)) > DETECTED_DAYS_MAX {
        faults.add(field, "impossible_date");
        return None;
    }
    Some(detected)
}

fn person(sent: &NewPerson, today: Day, faults: &mut Faults) -> Option<CheckedPerson> {
    let full_name = faults.required("person.full_name", Some(&sent.full_name), NAME_MAX);
    if full_name.as_deref().is_some_and(|name| !name.chars().any(char::is_alphabetic)) {
        faults.add("person.full_name", "no_letters");
    }
    let sex = faults.word("person.sex", sent.sex.as_deref(), Sex::parse).unwrap_or(Sex::Unknown);
    let birth = birth(sent.birth_date.as_deref(), today, faults);
    let phone = faults.text("person.phone", sent.phone.as_deref(), PHONE_MAX).and_then(|text| {
        let phone = phone::parse(&text).ok();
        if phone.is_none() {
            faults.add("person.phone", "bad_phone");
        }
        phone
    });
    if sent.doses.is_some_and(|doses| !(0..=DOSES_MAX).contains(&doses)) {
        faults.add("person.doses", "out_of_range");
    }
    let last_dose_on = last_dose(sent, today, faults);
    let risks = risks(sent.risks.as_deref().unwrap_or_default(), faults);
    let language = faults.text("person.language", sent.language.as_deref(), LANGUAGE_MAX);
    if language.as_deref().is_some_and(|tag| !is_language_tag(tag)) {
        faults.add("person.language", "unknown_word");
    }
    Some(CheckedPerson {
        full_name: display_name(&full_name?),
        sex,
        birth,
        phone,
        doses: sent.doses,
        last_dose_on,
        risks,
        can_read: sent.can_read,
        language,
    })
}

/// The day of the last dose: one that was, of somebody who had any.
fn last_dose(sent: &NewPerson, today: Day, faults: &mut Faults) -> Option<Day> {
    let text = sent.last_dose_on.as_deref().map(str::trim).filter(|text| !text.is_empty())?;
    let code = match Day::parse(text) {
        Some(day) if day > today => "in_future",
        Some(_) if sent.doses == Some(0) => "no_doses",
        Some(day) => return Some(day),
        None => "impossible_date",
    };
    faults.add("person.last_dose_on", code);
    None
}

fn birth(text: Option<&str>, today: Day, faults: &mut Faults) -> Option<BirthDate> {
    let text = text.map(str::trim).filter(|text| !text.is_empty())?;
    let birth = BirthDate::parse(text);
    let code = match birth {
        None => "impossible_date",
        Some(birth) if birth.is_future(today) => "birth_in_future",
        Some(birth) if birth.age_on(today) > AGE_MAX => "impossible_date",
        Some(_) => return birth,
    };
    faults.add("person.birth_date", code);
    None
}

fn risks(words: &[String], faults: &mut Faults) -> Vec<Risk> {
    // Longer than every risk said twice is no answer of a person.
    if words.len() > 2 * Risk::ALL.len() {
        faults.add("person.risks", "too_long");
        return Vec::new();
    }
    let named: Vec<Risk> = words
        .iter()
        .enumerate()
        .filter_map(|(at, word)| faults.word(&format!("person.risks.{at}"), Some(word), Risk::parse))
        .collect();
    Risk::ALL.iter().copied().filter(|risk| named.contains(risk)).collect()
}

fn is_language_tag(tag: &str) -> bool {
    tag.split('-').enumerate().all(|(at, part)| {
        let shortest = if at == 0 { 2 } else { 1 };
        (shortest..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric())
    })
}

fn household(sent: &NewHousehold, faults: &mut Faults) -> Option<CheckedHousehold> {
    let kind = faults.word("household.kind", sent.kind.as_deref(), HouseholdKind::parse);
    let id = sent.id.as_deref().map(str::trim).filter(|id| !id.is_empty());
    if let Some(id) = id {
        let known = Uid::parse(id).map(CheckedHousehold::Known);
        if known.is_none() {
            faults.add("household.id", "unknown");
        }
        return known;
    }
    let address = faults.required("household.address", sent.address.as_deref(), ADDRESS_MAX)?;
    Some(CheckedHousehold::At { address, kind: kind.unwrap_or(HouseholdKind::House) })
}

/// What makes two records look like one person (P-7).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traits {
    /// The folded name.
    pub name: String,
    pub birth_year: Option<i16>,
    /// Every number that reaches the person or the home, in E.164.
    pub phones: Vec<String>,
    /// [`address_key`] of the home.
    pub address: Option<String>,
}

/// An address is its cluster and its folded text: two hamlets may both have a "nhà 12".
pub fn address_key(cluster: Option<&str>, address: &str) -> String {
    format!("{}/{}", fold(cluster.unwrap_or_default()), fold(address))
}

/// Why a record looks like another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    SameNameAndYear,
    /// Nearly the same name and the same year; or the same name, and one of the years is not known.
    NameClose,
    SamePhone,
    SameAddress,
}

impl Reason {
    pub const ALL: &'static [Reason] =
        &[Reason::SameNameAndYear, Reason::NameClose, Reason::SamePhone, Reason::SameAddress];

    pub fn word(self) -> &'static str {
        match self {
            Reason::SameNameAndYear => "same_name_and_year",
            Reason::NameClose => "name_close",
            Reason::SamePhone => "same_phone",
            Reason::SameAddress => "same_address",
        }
    }
}

/// Why a new record looks like a known one; `None` if it does not. Name and year alone make no duplicate, nor does
/// a phone or an address that a household shares: it takes both sides (P-7).
pub fn likeness(new: &Traits, known: &Traits) -> Option<Vec<Reason>> {
    let same_phone = new.phones.iter().any(|phone| known.phones.contains(phone));
    let same_address = new.address.is_some() && new.address == known.address;
    if !(same_phone || same_address) {
        return None;
    }
    let years = match (new.birth_year, known.birth_year) {
        (Some(new), Some(known)) => Some(new == known),
        (None, _) | (_, None) => None,
    };
    let same_name = !new.name.is_empty() && new.name == known.name;
    let by_name = match (same_name, years) {
        (true, Some(true)) => Reason::SameNameAndYear,
        (true, None) => Reason::NameClose,
        (false, Some(true)) if are_close(&new.name, &known.name) => Reason::NameClose,
        (true, Some(false)) | (false, Some(_) | None) => return None,
    };
    let mut reasons = vec![by_name];
    reasons.extend(same_phone.then_some(Reason::SamePhone));
    reasons.extend(same_address.then_some(Reason::SameAddress));
    Some(reasons)
}

/// Whether the reasons say that it is the same person, and not only that somebody should look (P-7).
pub fn is_same_person(reasons: &[Reason]) -> bool {
    reasons.contains(&Reason::SameNameAndYear)
}

/// The shortest word in which one letter more or less is a slip and not another name ("An", "Anh").
const SLIP_WORD_MIN: usize = 3;

/// Whether two folded names are one name written twice: one letter off in one word, or a middle name left out.
fn are_close(a: &str, b: &str) -> bool {
    let a: Vec<&str> = a.split(' ').collect();
    let b: Vec<&str> = b.split(' ').collect();
    let (short, long) = if a.len() <= b.len() { (&a, &b) } else { (&b, &a) };
    match long.len() - short.len() {
        0 => {
            let mut differing = short.iter().zip(long).filter(|(x, y)| x != y);
            match (differing.next(), differing.next()) {
                (Some((x, y)), None) => is_slip(x, y),
                (None, _) | (_, Some(_)) => false,
            }
        }
        // Family and given name stay, one of the names between is missing.
        1 => {
            short.len() >= 2
                && (1..long.len() - 1).any(|left_out| {
                    short[..left_out] == long[..left_out] && short[left_out..] == long[left_out + 1..]
                })
        }
        _ => false,
    }
}

fn is_slip(x: &str, y: &str) -> bool {
    let is_word = |word: &str| word.chars().all(char::is_alphabetic) && word.chars().count() >= SLIP_WORD_MIN;
    is_word(x) && is_word(y) && one_edit(x, y)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn now() -> At {
        At::parse("2022-03-16T07:30:00+07:00").unwrap()
    }

    fn sent() -> RegisterEpisode {
        RegisterEpisode {
            area_code: "03445".to_owned(),
            cluster: Some("Bản Nậm Hãn".to_owned()),
            kind: "case".to_owned(),
            detected_on: Some("2022-03-15".to_owned()),
            person: NewPerson {
                full_name: "TẨN MÝ  CHẢN".to_owned(),
                birth_date: Some("1940".to_owned()),
                ..NewPerson::default()
            },
            household: NewHousehold { address: Some("Nhà 73".to_owned()), ..NewHousehold::default() },
            ..RegisterEpisode::default()
        }
    }

    fn faults(sent: &RegisterEpisode) -> String {
        match check(sent, now(), &Zone::default()) {
            Ok(_) => "ok".to_owned(),
            Err(refusal) => refusal.to_string(),
        }
    }

    #[test]
    fn a_village_registers_with_what_it_knows() {
        let checked = check(&sent(), now(), &Zone::default()).unwrap();
        assert_eq!(checked.person.full_name, "Tẩn Mý Chản");
        assert_eq!(checked.person.birth, Some(BirthDate::Year(1940)));
        assert_eq!(checked.person.sex, Sex::Unknown);
        assert_eq!(checked.detected, Detected::On(Day::parse("2022-03-15").unwrap()));
        assert_eq!(checked.source, None);
        let home = CheckedHousehold::At { address: "Nhà 73".to_owned(), kind: HouseholdKind::House };
        assert_eq!(checked.household, home);
        assert!(!checked.contacted && !checked.confirm_new);
    }

    #[test]
    fn every_field_is_read() {
        let json = r#"{"area_code":"26020","cluster":null,"kind":"contact","detected_at":"2022-03-15T22:10:00Z",
            "source":"managed_contact","contacted":true,"confirm_new":true,"more":1,
            "person":{"full_name":"Đỗ Thị Lụa","sex":"female","birth_date":"1957-03-02","phone":"0912 345 678",
              "doses":2,"risks":["pregnancy","diabetes","diabetes"],"can_read":false,"language":"hmn-Latn"},
            "household":{"id":"0197f2c2d2c07b2b8b2b070707070707","kind":"boarding"}}"#;
        let sent: RegisterEpisode = serde_json::from_str(json).unwrap();
        let checked = check(&sent, now(), &Zone::default()).unwrap();
        assert_eq!(checked.kind, EpisodeKind::Contact);
        assert_eq!(checked.source, Some(DetectionSource::ManagedContact));
        assert_eq!(checked.detected, Detected::At(At::parse("2022-03-16T05:10:00+07:00").unwrap()));
        assert_eq!(checked.person.phone.unwrap().as_str(), "+84912345678");
        assert_eq!(checked.person.risks, [Risk::Diabetes, Risk::Pregnancy]);
        assert_eq!(checked.person.language.as_deref(), Some("hmn-Latn"));
        assert!(matches!(checked.household, CheckedHousehold::Known(_)));
        assert!(checked.contacted && checked.confirm_new);
        assert_eq!(checked.cluster, None);
    }

    type Change = fn(&mut RegisterEpisode);

    #[test]
    fn every_wrong_field_is_named() {
        let table: &[(Change, &str)] = &[
            (|_| {}, "ok"),
            (|s| s.area_code.clear(), "invalid area_code:required"),
            (|s| s.area_code = "1".repeat(AREA_CODE_MAX + 1), "invalid area_code:too_long"),
            (|s| s.cluster = Some("b".repeat(CLUSTER_MAX + 1)), "invalid cluster:too_long"),
            (|s| s.kind.clear(), "invalid kind:required"),
            (|s| s.kind = "f0".to_owned(), "invalid kind:unknown_word"),
            (|s| s.source = Some("rumour".to_owned()), "invalid source:unknown_word"),
            (|s| s.source = Some(String::new()), "ok"),
            (|s| s.detected_on = None, "invalid detected_at:required"),
            (|s| s.detected_on = Some("31/2/2022".to_owned()), "invalid detected_on:impossible_date"),
            (|s| s.detected_on = Some("2022-02-31".to_owned()), "invalid detected_on:impossible_date"),
            (|s| s.detected_on = Some("2022-03-16".to_owned()), "ok"),
            (|s| s.detected_on = Some("2022-03-17".to_owned()), "invalid detected_on:detected_in_future"),
            (|s| s.detected_on = Some("2012-03-16".to_owned()), "invalid detected_on:impossible_date"),
            (|s| s.detected_at = Some("2022-03-15T10:00:00+07:00".to_owned()), "ok"),
            (
                |s| s.detected_at = Some("2022-03-14T10:00:00+07:00".to_owned()),
                "invalid detected_on:contradicts",
            ),
            (|s| s.detected_at = Some("yesterday".to_owned()), "invalid detected_at:impossible_date"),
            (
                |s| {
                    s.detected_on = None;
                    s.detected_at = Some("2022-03-16T07:30:00.001+07:00".to_owned());
                },
                "invalid detected_at:detected_in_future",
            ),
            (|s| s.person.full_name = "  ".to_owned(), "invalid person.full_name:required"),
            (|s| s.person.full_name = "12".to_owned(), "invalid person.full_name:no_letters"),
            (|s| s.person.full_name = "ả".repeat(NAME_MAX), "ok"),
            (|s| s.person.full_name = "ả".repeat(NAME_MAX + 1), "invalid person.full_name:too_long"),
            (|s| s.person.sex = Some("x".to_owned()), "invalid person.sex:unknown_word"),
            (|s| s.person.birth_date = None, "ok"),
            (|s| s.person.birth_date = Some("57".to_owned()), "invalid person.birth_date:impossible_date"),
            (|s| s.person.birth_date = Some("1880".to_owned()), "invalid person.birth_date:impossible_date"),
            (|s| s.person.birth_date = Some("2022".to_owned()), "ok"),
            (|s| s.person.birth_date = Some("2023".to_owned()), "invalid person.birth_date:birth_in_future"),
            (
                |s| s.person.birth_date = Some("2022-03-17".to_owned()),
                "invalid person.birth_date:birth_in_future",
            ),
            (|s| s.person.phone = Some("12".to_owned()), "invalid person.phone:bad_phone"),
            (|s| s.person.phone = Some(" ".to_owned()), "ok"),
            (|s| s.person.phone = Some("0".repeat(PHONE_MAX + 1)), "invalid person.phone:too_long"),
            (|s| s.person.doses = Some(-1), "invalid person.doses:out_of_range"),
            (
                |s| s.person.risks = Some(vec!["heart".to_owned(), "luck".to_owned()]),
                "invalid person.risks.1:unknown_word",
            ),
            (|s| s.person.risks = Some(vec!["heart".to_owned(); 100]), "invalid person.risks:too_long"),
            (|s| s.person.language = Some("tiếng Mông".to_owned()), "invalid person.language:unknown_word"),
            (|s| s.household.address = None, "invalid household.address:required"),
            (
                |s| s.household.address = Some("n".repeat(ADDRESS_MAX + 1)),
                "invalid household.address:too_long",
            ),
            (|s| s.household.kind = Some("castle".to_owned()), "invalid household.kind:unknown_word"),
            (|s| s.household.id = Some("73".to_owned()), "invalid household.id:unknown"),
            (
                |s| {
                    s.kind.clear();
                    s.person.full_name.clear();
                    s.household.address = None;
                },
                "invalid kind:required person.full_name:required household.address:required",
            ),
        ];
        for (change, expected) in table {
            let mut sent = sent();
            change(&mut sent);
            assert_eq!(faults(&sent), *expected, "{sent:?}");
        }
    }

    fn traits(name: &str, birth_year: Option<i16>, phone: &str, address: &str) -> Traits {
        Traits {
            name: fold(name),
            birth_year,
            phones: Some(phone.to_owned()).filter(|phone| !phone.is_empty()).into_iter().collect(),
            address: Some(address).filter(|a| !a.is_empty()).map(|a| address_key(Some("Nậm Hãn"), a)),
        }
    }

    #[test]
    fn a_duplicate_needs_a_name_and_a_place() {
        let known = traits("Tẩn Mý Chản", Some(1940), "+84912345678", "Nhà 73");
        let table: &[(&str, Option<i16>, &str, &str, &str)] = &[
            ("TAN MY CHAN", Some(1940), "", "nha 73", "same_name_and_year same_address"),
            ("Tẩn Mý Chản", Some(1940), "+84912345678", "", "same_name_and_year same_phone"),
            (
                "Tẩn Mý Chản",
                Some(1940),
                "+84912345678",
                "Nhà 73",
                "same_name_and_year same_phone same_address",
            ),
            ("Tẩn Mý Chản", Some(1940), "+84900000000", "Nhà 12", "no"),
            ("Tẩn Mý Chản", Some(1940), "", "", "no"),
            ("Tẩn Mý Chản", Some(1941), "+84912345678", "Nhà 73", "no"),
            ("Tẩn Mý Chản", None, "", "Nhà 73", "name_close same_address"),
            ("Lý Mò Xe", Some(1940), "+84912345678", "Nhà 73", "no"),
            ("Tẩn Mý Chảng", Some(1940), "+84912345678", "", "name_close same_phone"),
            ("Tẩn Chản", Some(1940), "", "Nhà 73", "name_close same_address"),
            ("Tẩn Mỹ", Some(1940), "", "Nhà 73", "no"),
            ("Tẩn Mý Chảng", None, "", "Nhà 73", "no"),
        ];
        for (name, year, phone, address, expected) in table {
            let new = traits(name, *year, phone, address);
            let reasons = likeness(&new, &known);
            let words = reasons.as_ref().map_or("no".to_owned(), |reasons| {
                reasons.iter().map(|reason| reason.word()).collect::<Vec<_>>().join(" ")
            });
            assert_eq!(words, *expected, "{name} {year:?} {phone} {address}");
            assert_eq!(likeness(&known, &new), reasons, "likeness is mutual");
            let is_same = reasons.as_deref().is_some_and(is_same_person);
            assert_eq!(is_same, expected.starts_with("same_name_and_year"));
        }
    }

    #[test]
    fn names_in_a_row_are_different_people() {
        for (a, b) in
            [("Nguyễn Văn A", "Nguyễn Văn B"), ("Ca 1", "Ca 2"), ("Lò Văn An", "Lò Văn Ân Ba"), ("An", "Anh")]
        {
            assert!(!are_close(&fold(a), &fold(b)), "{a} {b}");
        }
    }

    #[test]
    fn an_address_is_of_its_cluster() {
        assert_eq!(address_key(Some("Bản  Giẳng"), "NHÀ 12"), address_key(Some("bản giẳng"), "nhà 12"));
        assert_ne!(address_key(Some("Giẳng"), "nhà 12"), address_key(Some("Bó"), "nhà 12"));
    }

    fn any_traits() -> impl Strategy<Value = Traits> {
        let name = proptest::sample::select(vec!["lo van on", "lo van onn", "lo on", "ly mo xe", ""]);
        let year = proptest::option::of(1940i16..1942);
        let phones = proptest::collection::vec(proptest::sample::select(vec!["+841", "+842"]), 0..3);
        let address = proptest::option::of(proptest::sample::select(vec!["/nha 1", "/nha 2"]));
        (name, year, phones, address).prop_map(|(name, birth_year, phones, address)| Traits {
            name: name.to_owned(),
            birth_year,
            phones: phones.into_iter().map(str::to_owned).collect(),
            address: address.map(str::to_owned),
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

        #[test]
        fn likeness_is_mutual_and_takes_both_sides(a in any_traits(), b in any_traits()) {
            let reasons = likeness(&a, &b);
            prop_assert_eq!(&likeness(&b, &a), &reasons);
            if let Some(reasons) = reasons {
                prop_assert!(reasons.iter().any(|r| matches!(r, Reason::SamePhone | Reason::SameAddress)));
                prop_assert!(reasons.iter().any(|r| matches!(r, Reason::SameNameAndYear | Reason::NameClose)));
            }
        }

        #[test]
        fn whatever_is_typed_is_answered(words in proptest::collection::vec("\\PC{0,130}", 10), doses: i64) {
            let word = |at: usize| Some(words[at].clone());
            let typed = RegisterEpisode {
                area_code: words[0].clone(),
                cluster: word(1),
                kind: words[2].clone(),
                detected_on: word(3),
                person: NewPerson {
                    full_name: words[4].clone(),
                    birth_date: word(5),
                    phone: word(6),
                    doses: Some(doses),
                    language: word(7),
                    ..NewPerson::default()
                },
                household: NewHousehold { address: word(8), kind: word(9), ..NewHousehold::default() },
                ..RegisterEpisode::default()
            };
            match check(&typed, now(), &Zone::default()) {
                Ok(checked) => prop_assert!(!checked.person.full_name.is_empty()),
                Err(refusal) => prop_assert!(!refusal.fields.is_empty()),
            }
        }

        #[test]
        fn a_birth_or_detection_that_passes_is_not_in_the_future(year in 1850i16..2100, days in -800i64..30) {
            let today = now().day(&Zone::default());
            let mut sent = sent();
            sent.person.birth_date = Some(format!("{year}"));
            sent.detected_on = Some(today.plus(days).to_string());
            let is_right = (-DETECTED_DAYS_MAX..=0).contains(&days)
                && year <= today.year()
                && i64::from(today.year() - year) <= AGE_MAX;
            prop_assert_eq!(check(&sent, now(), &Zone::default()).is_ok(), is_right);
        }
    }
}
