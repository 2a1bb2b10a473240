//! People, and finding them by name without marks.

use crate::error::StoreError;
use crate::stmt::{MARKS, change, marks_50, row, select, stmt};
use crate::tx::{Reader, Tx};
use crate::val::Val;
use rules::{AreaId, At, BirthDate, Day, HouseholdId, PersonId, Sex, Uid};

row! {
    /// A person. Risks are words of [`rules::Risk`] joined by spaces.
    pub struct Person(PERSON = "person", PersonId) {
        uid: Uid,
        household_id: HouseholdId,
        full_name: String,
        folded_name: String,
        sex: Sex,
        birth_date: Option<BirthDate>,
        birth_year: Option<i64>,
        language: Option<String>,
        can_read: Option<bool>,
        doses: Option<i64>,
        risks: String,
        merged_into_id: Option<PersonId>,
        created_at: At,
        /// When the last dose was given; unknown is unknown.
        last_dose_on: Option<Day>,
    }
}

select! {
    BY_ID: PERSON = "WHERE person.id = ?1";
    BY_UID: PERSON = "WHERE person.uid = ?1";
    OF_HOUSEHOLD: PERSON = "WHERE person.household_id = ?1 AND person.merged_into_id IS NULL ORDER BY person.id LIMIT 200";
    BY_PHONE: PERSON = "JOIN household ON household.id = person.household_id
        WHERE household.area_id = ?2 AND person.merged_into_id IS NULL AND person.household_id IN
          (SELECT address_point.household_id FROM address_point WHERE address_point.value = ?1 AND address_point.state = 'active')
        ORDER BY person.id LIMIT 50";
}

change! {
    EDIT: PERSON = "SET full_name = ?2, folded_name = ?3, sex = ?4, birth_date = ?5, birth_year = ?6, language = ?7,
        can_read = ?8, doses = ?9, risks = ?10, last_dose_on = ?11 WHERE id = ?1";
    MERGE: PERSON = "SET merged_into_id = ?2 WHERE id = ?1 AND merged_into_id IS NULL";
    MOVE: PERSON = "SET household_id = ?2 WHERE id = ?1";
}

stmt! {
    ADD_WORD = "INSERT INTO name_word (id, word, area_id, person_id) VALUES (?1, ?2, ?3, ?4)";
    LISTED_NAMESAKES = concat!(
        "SELECT person.id, person.folded_name, person.birth_year, household.address_key, household.phones, cluster.name,
           CASE WHEN EXISTS (SELECT 1 FROM episode WHERE episode.person_id = person.id AND episode.import_id IS NOT NULL)
             THEN 1 ELSE 0 END
         FROM person JOIN household ON household.id = person.household_id
           LEFT JOIN area AS cluster ON cluster.id = household.cluster_id
         WHERE person.folded_name IN (", marks_50!(), ")
           AND household.area_id = ?51 AND person.merged_into_id IS NULL AND person.id > ?52
         ORDER BY person.id LIMIT ?53"
    );
    DROP_WORDS = "DELETE FROM name_word WHERE person_id = ?1";
}

pub fn by_id(reader: &mut Reader, id: PersonId) -> Result<Option<Person>, StoreError> {
    reader.row(&BY_ID, &[id.into()])
}

pub fn by_uid(reader: &mut Reader, uid: Uid) -> Result<Option<Person>, StoreError> {
    reader.row(&BY_UID, &[uid.into()])
}

pub fn of_household(reader: &mut Reader, household: HouseholdId) -> Result<Vec<Person>, StoreError> {
    reader.rows(&OF_HOUSEHOLD, &[household.into()])
}

/// A person as far as a row of a list can be compared with them.
pub struct Namesake {
    pub id: PersonId,
    pub folded_name: String,
    pub birth_year: Option<i64>,
    pub address_key: String,
    /// The household's numbers, joined by spaces.
    pub phones: String,
    pub cluster: Option<String>,
    /// Whether a list brought this person.
    pub from_list: bool,
}

/// Namesakes read at once.
const NAMESAKES_PAGE: usize = 500;

/// Everybody in a commune who has one of these folded names, for comparing a whole list with the register. People of
/// one name stand in the order in which they came.
pub fn listed_namesakes(
    reader: &mut Reader,
    names: &[&str],
    area: AreaId,
) -> Result<Vec<Namesake>, StoreError> {
    let mut found = Vec::new();
    for part in names.chunks(MARKS) {
        let mut params: Vec<Val> = part.iter().map(|name| Val::from(*name)).collect();
        params.resize(MARKS, Val::from(part[0]));
        let mut after = PersonId(0);
        loop {
            let limit = NAMESAKES_PAGE as i64;
            let page: Vec<Val> =
                params.iter().cloned().chain([area.into(), after.into(), limit.into()]).collect();
            let rows = reader.query(&LISTED_NAMESAKES, &page)?;
            let is_last = rows.len() < NAMESAKES_PAGE;
            for mut row in rows {
                found.push(Namesake {
                    id: row.get()?,
                    folded_name: row.text()?,
                    birth_year: row.opt_i64()?,
                    address_key: row.text()?,
                    phones: row.text()?,
                    cluster: row.opt_text()?,
                    from_list: row.flag()?,
                });
            }
            match found.last() {
                Some(last) if !is_last => after = last.id,
                Some(_) | None => break,
            }
        }
    }
    Ok(found)
}

pub fn by_phone(reader: &mut Reader, phone: &str, area: AreaId) -> Result<Vec<Person>, StoreError> {
    reader.rows(&BY_PHONE, &[phone.into(), area.into()])
}

pub fn add(tx: &mut Tx, person: &Person, area: AreaId) -> Result<(), StoreError> {
    person.insert(tx)?;
    add_words(tx, person, area)
}

fn add_words(tx: &mut Tx, person: &Person, area: AreaId) -> Result<(), StoreError> {
    for word in person.folded_name.split(' ').filter(|w| !w.is_empty()) {
        let id = tx.id();
        tx.push(&ADD_WORD, vec![id.into(), word.as_bytes().into(), area.into(), person.id.into()])?;
    }
    Ok(())
}

/// Writes a corrected person; the words for the search follow.
pub fn edit(tx: &mut Tx, person: &Person, area: AreaId) -> Result<(), StoreError> {
    let params: [Val; 11] = [
        person.id.into(),
        person.full_name.as_str().into(),
        person.folded_name.as_str().into(),
        person.sex.into(),
        person.birth_date.into(),
        person.birth_year.into(),
        person.language.clone().into(),
        person.can_read.into(),
        person.doses.into(),
        person.risks.as_str().into(),
        person.last_dose_on.into(),
    ];
    tx.change_one(&EDIT, &params)?;
    tx.exec(&DROP_WORDS, &[person.id.into()])?;
    add_words(tx, person, area)
}

pub fn merge(tx: &mut Tx, from: PersonId, into: PersonId) -> Result<(), StoreError> {
    tx.exec(&DROP_WORDS, &[from.into()])?;
    tx.change_one(&MERGE, &[from.into(), into.into()])
}

pub fn move_to(tx: &mut Tx, person: PersonId, household: HouseholdId) -> Result<(), StoreError> {
    tx.change_one(&MOVE, &[person.into(), household.into()])
}
