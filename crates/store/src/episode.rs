//! Episodes: one person's stretch of care, and the lists that people work from.

use std::collections::HashMap;

use crate::area::Area;
use crate::error::StoreError;
use crate::stmt::{MARKS, change, marks_50, row, select, stmt};
use crate::tx::{Reader, Tx};
use crate::val::{Row, Val};
use rules::{
    AreaId, AreaLevel, Arrangement, At, BirthDate, Day, DetectionSource, EpisodeId, EpisodeKind,
    EpisodeState, FirstContact, GroupId, HouseholdId, ImportId, Outcome, PersonId, Severity, Sex, StaffId,
    Uid,
};

row! {
    pub struct Episode(EPISODE = "episode", EpisodeId) {
        uid: Uid,
        person_id: PersonId,
        household_id: HouseholdId,
        area_id: AreaId,
        cluster_id: Option<AreaId>,
        kind: EpisodeKind,
        source: Option<DetectionSource>,
        detected_at: Option<At>,
        detected_on: Option<Day>,
        registered_at: At,
        severity: Severity,
        state: EpisodeState,
        outcome: Option<Outcome>,
        ended_at: Option<At>,
        end_place: Option<String>,
        end_reason: Option<String>,
        certified_by: Option<String>,
        arrangement: Arrangement,
        arrangement_at: Option<At>,
        first_contact: FirstContact,
        first_contact_due_at: Option<At>,
        first_contact_at: Option<At>,
        /// The list that brought the person said "already contacted" (P-7): the ticks are unknown.
        first_contact_declared: bool,
        /// The four ticks of P-6 as bits.
        ticks: i64,
        reminder_stage: i64,
        reminder_at: Option<At>,
        previous_id: Option<EpisodeId>,
        import_id: Option<ImportId>,
        opened_seq: i64,
        closed_seq: Option<i64>,
        /// When they were last heard of: an answer, a call or visit that reached them, a test that staff watched.
        heard_at: Option<At>,
        /// By when they are to be heard of next (rules::slots).
        next_contact_at: Option<At>,
    }
}

select! {
    BY_ID: EPISODE = "WHERE episode.id = ?1";
    BY_UID: EPISODE = "WHERE episode.uid = ?1";
    OPEN_OF_PERSON: EPISODE = "WHERE episode.person_id = ?1 AND episode.state = 'open' ORDER BY episode.id LIMIT 10";
    OF_PERSON: EPISODE = "WHERE episode.person_id = ?1 ORDER BY episode.id LIMIT 100";
    OPEN_OF_HOUSEHOLD: EPISODE = "WHERE episode.household_id = ?1 AND episode.state = 'open' ORDER BY episode.id LIMIT 200";
    UNEXPECTED: EPISODE = "WHERE episode.state = 'open' AND episode.next_contact_at IS NULL AND +episode.id > ?1
        ORDER BY +episode.id LIMIT ?2";
    OF_IMPORT: EPISODE = "WHERE episode.import_id = ?1 AND episode.id > ?2 ORDER BY episode.id LIMIT ?3";
}

change! {
    CLOSE: EPISODE = "SET state = 'closed', outcome = ?2, ended_at = ?3, end_place = ?4, end_reason = ?5,
        certified_by = ?6, closed_seq = ?7, reminder_at = NULL, next_contact_at = NULL WHERE id = ?1 AND state = 'open'";
    REOPEN: EPISODE = "SET state = 'open', outcome = NULL, ended_at = NULL, end_place = NULL, end_reason = NULL,
        certified_by = NULL, closed_seq = NULL WHERE id = ?1 AND state = 'closed'";
    SET_CONTACT: EPISODE = "SET first_contact = ?2, first_contact_at = ?3, ticks = ?4, reminder_stage = ?5,
        reminder_at = ?6 WHERE id = ?1";
    SET_DUE: EPISODE = "SET first_contact_due_at = ?2, reminder_stage = ?3, reminder_at = ?4 WHERE id = ?1";
    SET_SEVERITY: EPISODE = "SET severity = ?2 WHERE id = ?1";
    SET_ARRANGEMENT: EPISODE = "SET arrangement = ?2, arrangement_at = ?3 WHERE id = ?1";
    SET_HEARD: EPISODE = "SET heard_at = ?2, next_contact_at = ?3 WHERE id = ?1";
    SET_NEXT_CONTACT: EPISODE = "SET next_contact_at = ?2 WHERE id = ?1 AND state = 'open'";
    SET_CLUSTER: EPISODE = "SET cluster_id = ?2 WHERE id = ?1";
    SET_PERSON: EPISODE = "SET person_id = ?2, household_id = ?3 WHERE id = ?1";
}

/// The columns and joins of [`EpisodeItem`]; what follows narrows and orders.
macro_rules! item {
    ($tail:literal) => {
        concat!(
            "SELECT episode.id, episode.uid, episode.kind, episode.state, episode.outcome, episode.severity,
               person.id, person.uid, person.full_name, person.sex, person.birth_date, person.merged_into_id,
               household.id, household.uid, household.address, household.phones,
               area.id, area.code, area.name, cluster.id, cluster.name, COALESCE(cluster.path, area.path),
               episode.detected_at, episode.detected_on, episode.registered_at, episode.ended_at,
               care_group.id, care_group.uid, care_group.name, care_group.leader_id,
               episode.first_contact, episode.first_contact_due_at, episode.first_contact_at,
               episode.first_contact_declared, episode.ticks, episode.reminder_stage,
               episode.arrangement, household.visitor, household.second_visitor, household.carer_id,
               episode.heard_at, episode.next_contact_at
             FROM episode JOIN person ON person.id = episode.person_id
               JOIN household ON household.id = episode.household_id
               JOIN area ON area.id = episode.area_id
               LEFT JOIN area AS cluster ON cluster.id = episode.cluster_id
               LEFT JOIN care_group ON care_group.id = household.care_group_id ",
            $tail
        )
    };
}

stmt! {
    ITEM = item!("WHERE episode.uid = ?1");
    ITEMS_BY_IDS = concat!(item!("WHERE episode.id IN ("), marks_50!(), ")");
    ITEMS_OF_PERSON = item!("WHERE episode.person_id = ?1 ORDER BY episode.id DESC LIMIT 20");
    ITEMS_OF_PEOPLE = concat!(item!("WHERE episode.person_id IN ("), marks_50!(), ") ORDER BY episode.id DESC");
    ITEMS_OF_HOUSEHOLD = item!("WHERE episode.household_id = ?1 ORDER BY episode.state DESC, episode.id LIMIT 200");
    // The plus sign keeps the walk in the order of the ids: gathering a province first to sort it costs far more.
    LIST_TREE = item!("WHERE +episode.area_id IN (SELECT scope.id FROM area AS scope WHERE substr(scope.path, 1, length(?1)) = ?1)
        AND episode.id > ?2 AND (?3 = '' OR episode.state = ?3) AND (?4 = '' OR episode.kind = ?4)
        AND (?5 = '' OR episode.outcome = ?5) ORDER BY episode.id LIMIT ?6");
    LIST_COMMUNE = item!("WHERE episode.area_id = ?1
        AND episode.id > ?2 AND (?3 = '' OR episode.state = ?3) AND (?4 = '' OR episode.kind = ?4)
        AND (?5 = '' OR episode.outcome = ?5) ORDER BY episode.id LIMIT ?6");
    LIST_CLUSTER = item!("WHERE episode.cluster_id = ?1
        AND episode.id > ?2 AND (?3 = '' OR episode.state = ?3) AND (?4 = '' OR episode.kind = ?4)
        AND (?5 = '' OR episode.outcome = ?5) ORDER BY episode.id LIMIT ?6");
    LIST_CARER = item!("WHERE household.carer_id = ?1
        AND episode.id > ?2 AND (?3 = '' OR episode.state = ?3) AND (?4 = '' OR episode.kind = ?4)
        AND (?5 = '' OR episode.outcome = ?5) ORDER BY episode.id LIMIT ?6");
    LIST_GROUP = item!("WHERE household.care_group_id = ?1
        AND episode.id > ?2 AND (?3 = '' OR episode.state = ?3) AND (?4 = '' OR episode.kind = ?4)
        AND (?5 = '' OR episode.outcome = ?5) ORDER BY episode.id LIMIT ?6");
    OPEN_BY_CLUSTER = "SELECT cluster_id, COUNT(*) FROM episode
        WHERE area_id = ?1 AND state = 'open' AND cluster_id IS NOT NULL GROUP BY cluster_id";
    TO_CONTACT = item!("WHERE episode.area_id IN (SELECT scope.id FROM area AS scope WHERE substr(scope.path, 1, length(?1)) = ?1
          OR scope.path = ?2)
        AND episode.state = 'open' AND episode.first_contact <> 'advised'
        AND substr(COALESCE(cluster.path, area.path), 1, length(?1)) = ?1
        ORDER BY COALESCE(episode.first_contact_due_at, 9000000000000), episode.id LIMIT ?3");
    SILENT = item!("WHERE episode.area_id IN (SELECT scope.id FROM area AS scope WHERE substr(scope.path, 1, length(?1)) = ?1
          OR scope.path = ?2)
        AND episode.next_contact_at <= ?3 AND episode.first_contact = 'advised'
        AND substr(COALESCE(cluster.path, area.path), 1, length(?1)) = ?1
        ORDER BY episode.next_contact_at, episode.id LIMIT ?4");
    SILENT_COUNT = "SELECT COUNT(*) FROM episode JOIN area ON area.id = episode.area_id
          LEFT JOIN area AS cluster ON cluster.id = episode.cluster_id
        WHERE episode.area_id IN (SELECT scope.id FROM area AS scope WHERE substr(scope.path, 1, length(?1)) = ?1 OR scope.path = ?2)
          AND episode.next_contact_at <= ?3 AND episode.first_contact = 'advised'
          AND substr(COALESCE(cluster.path, area.path), 1, length(?1)) = ?1";
    FOUND_BY = item!("WHERE episode.area_id IN (SELECT scope.id FROM area AS scope WHERE substr(scope.path, 1, length(?1)) = ?1
          OR scope.path = ?2)
        AND episode.state = 'open' AND episode.kind = ?3
        AND CASE WHEN episode.detected_at IS NULL THEN episode.detected_on <= ?4 ELSE episode.detected_at < ?5 END
        AND substr(COALESCE(cluster.path, area.path), 1, length(?1)) = ?1
        ORDER BY episode.id LIMIT ?6");
    FOUND_BY_COUNT = "SELECT COUNT(*) FROM episode JOIN area ON area.id = episode.area_id
          LEFT JOIN area AS cluster ON cluster.id = episode.cluster_id
        WHERE episode.area_id IN (SELECT scope.id FROM area AS scope WHERE substr(scope.path, 1, length(?1)) = ?1 OR scope.path = ?2)
          AND episode.state = 'open' AND episode.kind = ?3
          AND CASE WHEN episode.detected_at IS NULL THEN episode.detected_on <= ?4 ELSE episode.detected_at < ?5 END
          AND substr(COALESCE(cluster.path, area.path), 1, length(?1)) = ?1";
    TO_CONTACT_COUNTS = "SELECT COUNT(*),
          COUNT(CASE WHEN episode.first_contact_due_at <= ?3 THEN 1 END),
          COUNT(CASE WHEN episode.first_contact_due_at > ?3 AND episode.first_contact_due_at <= ?4 THEN 1 END),
          COUNT(CASE WHEN household.phones = '' THEN 1 END)
        FROM episode JOIN household ON household.id = episode.household_id JOIN area ON area.id = episode.area_id
          LEFT JOIN area AS cluster ON cluster.id = episode.cluster_id
        WHERE episode.area_id IN (SELECT scope.id FROM area AS scope WHERE substr(scope.path, 1, length(?1)) = ?1 OR scope.path = ?2)
          AND episode.state = 'open' AND episode.first_contact <> 'advised'
          AND substr(COALESCE(cluster.path, area.path), 1, length(?1)) = ?1";
    PEOPLE_BY_NAME = "SELECT DISTINCT name.person_id FROM name_word AS name JOIN area ON area.id = name.area_id
        WHERE name.word >= ?1 AND name.word < ?2 AND substr(area.path, 1, length(?3)) = ?3
          AND (?4 = 0 OR EXISTS (SELECT 1 FROM name_word AS b WHERE b.person_id = name.person_id AND b.word >= ?5 AND b.word < ?6))
          AND (?7 = 0 OR EXISTS (SELECT 1 FROM name_word AS c WHERE c.person_id = name.person_id AND c.word >= ?8 AND c.word < ?9))
        ORDER BY name.person_id DESC LIMIT ?10";
    PEOPLE_BY_PHONE = "SELECT person.id FROM address_point JOIN household ON household.id = address_point.household_id
          JOIN area ON area.id = household.area_id JOIN person ON person.household_id = household.id
        WHERE address_point.value = ?1 AND substr(area.path, 1, length(?2)) = ?2 AND person.merged_into_id IS NULL
        ORDER BY person.id LIMIT ?3";
    FLOWS_AT = "SELECT kind, indicator, amount FROM flow WHERE episode_id = ?1 AND seq = ?2 ORDER BY id LIMIT 20";
    OPEN_COUNT = "SELECT COUNT(*) FROM episode WHERE area_id = ?1 AND state = 'open'";
    NEWEST = "SELECT COALESCE(MAX(episode.id), 0) FROM episode WHERE episode.area_id = ?1";
    NAMES_SINCE = "SELECT DISTINCT person.folded_name FROM episode JOIN person ON person.id = episode.person_id
        WHERE episode.area_id = ?1 AND episode.id > ?2 AND COALESCE(episode.import_id, 0) <> ?3
        ORDER BY person.folded_name LIMIT ?4";
    OPEN_COUNT_EVERYWHERE = "SELECT COUNT(*) FROM episode
        WHERE area_id IN (SELECT area.id FROM area WHERE area.level = 'commune') AND state = 'open'";
}

/// An episode as lists and pages show it, with what stands around it.
#[derive(Clone, Debug, PartialEq)]
pub struct EpisodeItem {
    pub id: EpisodeId,
    pub uid: Uid,
    pub kind: EpisodeKind,
    pub state: EpisodeState,
    pub outcome: Option<Outcome>,
    pub severity: Severity,
    pub person_id: PersonId,
    pub person_uid: Uid,
    pub full_name: String,
    pub sex: Sex,
    pub birth_date: Option<BirthDate>,
    pub merged_into: Option<PersonId>,
    pub household_id: HouseholdId,
    pub household_uid: Uid,
    pub address: String,
    /// E.164, first the one to call.
    pub phones: Vec<String>,
    pub area_id: AreaId,
    pub area_code: String,
    pub area_name: String,
    pub cluster_id: Option<AreaId>,
    pub cluster: Option<String>,
    /// Where it stands in the tree of areas, down to the cluster: what a scope is checked against.
    pub path: String,
    pub detected_at: Option<At>,
    pub detected_on: Option<Day>,
    pub registered_at: At,
    pub ended_at: Option<At>,
    pub group_id: Option<GroupId>,
    pub group_uid: Option<Uid>,
    pub group_name: Option<String>,
    pub leader_id: Option<StaffId>,
    pub first_contact: FirstContact,
    pub due_at: Option<At>,
    pub contact_at: Option<At>,
    pub declared: bool,
    pub ticks: i64,
    pub reminder_stage: i64,
    pub arrangement: Arrangement,
    pub visitor: Option<String>,
    pub second_visitor: Option<String>,
    pub carer_id: Option<StaffId>,
    pub heard_at: Option<At>,
    /// By when they are to be heard of next.
    pub next_contact_at: Option<At>,
}

fn item(row: &mut Row) -> Result<EpisodeItem, StoreError> {
    Ok(EpisodeItem {
        id: row.get()?,
        uid: row.get()?,
        kind: row.get()?,
        state: row.get()?,
        outcome: row.get()?,
        severity: row.get()?,
        person_id: row.get()?,
        person_uid: row.get()?,
        full_name: row.get()?,
        sex: row.get()?,
        birth_date: row.get()?,
        merged_into: row.get()?,
        household_id: row.get()?,
        household_uid: row.get()?,
        address: row.get()?,
        phones: row.text()?.split(' ').filter(|p| !p.is_empty()).map(str::to_owned).collect(),
        area_id: row.get()?,
        area_code: row.get()?,
        area_name: row.get()?,
        cluster_id: row.get()?,
        cluster: row.get()?,
        path: row.get()?,
        detected_at: row.get()?,
        detected_on: row.get()?,
        registered_at: row.get()?,
        ended_at: row.get()?,
        group_id: row.get()?,
        group_uid: row.get()?,
        group_name: row.get()?,
        leader_id: row.get()?,
        first_contact: row.get()?,
        due_at: row.get()?,
        contact_at: row.get()?,
        declared: row.get()?,
        ticks: row.get()?,
        reminder_stage: row.get()?,
        arrangement: row.get()?,
        visitor: row.get()?,
        second_visitor: row.get()?,
        carer_id: row.get()?,
        heard_at: row.get()?,
        next_contact_at: row.get()?,
    })
}

fn items(rows: Vec<Row>) -> Result<Vec<EpisodeItem>, StoreError> {
    rows.into_iter().map(|mut row| item(&mut row)).collect()
}

/// What a list is narrowed to; empty words mean "any".
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub state: Option<EpisodeState>,
    pub kind: Option<EpisodeKind>,
    pub outcome: Option<Outcome>,
}

impl Filter {
    fn admits(&self, item: &EpisodeItem) -> bool {
        self.state.is_none_or(|s| s == item.state)
            && self.kind.is_none_or(|k| k == item.kind)
            && self.outcome.is_none_or(|o| Some(o) == item.outcome)
    }

    fn params(&self) -> [Val; 3] {
        let word = |w: Option<&'static str>| Val::from(w.unwrap_or(""));
        [
            word(self.state.map(EpisodeState::word)),
            word(self.kind.map(EpisodeKind::word)),
            word(self.outcome.map(Outcome::word)),
        ]
    }
}

pub fn by_id(reader: &mut Reader, id: EpisodeId) -> Result<Option<Episode>, StoreError> {
    reader.row(&BY_ID, &[id.into()])
}

pub fn by_uid(reader: &mut Reader, uid: Uid) -> Result<Option<Episode>, StoreError> {
    reader.row(&BY_UID, &[uid.into()])
}

pub fn open_of_person(reader: &mut Reader, person: PersonId) -> Result<Vec<Episode>, StoreError> {
    reader.rows(&OPEN_OF_PERSON, &[person.into()])
}

pub fn of_person(reader: &mut Reader, person: PersonId) -> Result<Vec<Episode>, StoreError> {
    reader.rows(&OF_PERSON, &[person.into()])
}

pub fn open_of_household(reader: &mut Reader, household: HouseholdId) -> Result<Vec<Episode>, StoreError> {
    reader.rows(&OPEN_OF_HOUSEHOLD, &[household.into()])
}

pub fn of_import(
    reader: &mut Reader,
    import: ImportId,
    after: EpisodeId,
    limit: i64,
) -> Result<Vec<Episode>, StoreError> {
    reader.rows(&OF_IMPORT, &[import.into(), after.into(), limit.into()])
}

pub fn item_by_uid(reader: &mut Reader, uid: Uid) -> Result<Option<EpisodeItem>, StoreError> {
    reader.one(&ITEM, &[uid.into()])?.as_mut().map(item).transpose()
}

/// Episodes by their ids, in the order asked; what is not there is left out.
pub fn items_by_ids(reader: &mut Reader, ids: &[EpisodeId]) -> Result<Vec<EpisodeItem>, StoreError> {
    let mut found = HashMap::new();
    for part in ids.chunks(MARKS) {
        let mut params: Vec<Val> = part.iter().map(|id| Val::from(*id)).collect();
        // No episode has the number 0.
        params.resize(MARKS, Val::from(0_i64));
        for item in items(reader.query(&ITEMS_BY_IDS, &params)?)? {
            found.insert(item.id, item);
        }
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

pub fn items_of_person(reader: &mut Reader, person: PersonId) -> Result<Vec<EpisodeItem>, StoreError> {
    items(reader.query(&ITEMS_OF_PERSON, &[person.into()])?)
}

pub fn items_of_household(
    reader: &mut Reader,
    household: HouseholdId,
) -> Result<Vec<EpisodeItem>, StoreError> {
    items(reader.query(&ITEMS_OF_HOUSEHOLD, &[household.into()])?)
}

/// Whose episodes are listed.
#[derive(Clone, Copy, Debug)]
pub enum Within<'a> {
    /// Everything below a district or a larger unit of this path.
    Tree(&'a str),
    Commune(AreaId),
    Cluster(AreaId),
    Group(GroupId),
    /// The homes that were given to somebody.
    Carer(StaffId),
}

impl<'a> Within<'a> {
    /// A unit of any level.
    pub fn area(area: &'a Area) -> Within<'a> {
        match area.level {
            AreaLevel::Cluster => Within::Cluster(area.id),
            AreaLevel::Commune => Within::Commune(area.id),
            AreaLevel::District | AreaLevel::Province => Within::Tree(&area.path),
        }
    }
}

/// Episodes in order of registration, after `after`.
pub fn list(
    reader: &mut Reader,
    within: Within<'_>,
    filter: &Filter,
    after: EpisodeId,
    limit: i64,
) -> Result<Vec<EpisodeItem>, StoreError> {
    let [state, kind, outcome] = filter.params();
    let (statement, whose) = match within {
        Within::Tree(path) => (&LIST_TREE, path.into()),
        Within::Commune(id) => (&LIST_COMMUNE, id.into()),
        Within::Cluster(id) => (&LIST_CLUSTER, id.into()),
        Within::Group(id) => (&LIST_GROUP, id.into()),
        Within::Carer(id) => (&LIST_CARER, id.into()),
    };
    items(reader.query(statement, &[whose, after.into(), state, kind, outcome, limit.into()])?)
}

/// People under care in each cluster of a commune.
pub fn open_by_cluster(reader: &mut Reader, commune: AreaId) -> Result<HashMap<AreaId, i64>, StoreError> {
    let rows = reader.query(&OPEN_BY_CLUSTER, &[commune.into()])?;
    rows.into_iter().map(|mut row| Ok((row.get()?, row.i64()?))).collect()
}

/// The words of a name that a search looks at; more are ignored.
const SEARCH_WORDS: usize = 3;

/// People whose names have words beginning with the given folded words, newest first, with their episodes that
/// the filter admits. Never counts all hits.
pub fn search_name(
    reader: &mut Reader,
    path: &str,
    folded: &str,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<EpisodeItem>, StoreError> {
    // The longest word is the rarest on the whole; it drives the index, the others only check.
    let mut words: Vec<&str> = folded.split(' ').filter(|w| !w.is_empty()).collect();
    words.sort_by_key(|w| std::cmp::Reverse(w.len()));
    words.truncate(SEARCH_WORDS);
    let Some(first) = words.first() else { return Ok(Vec::new()) };
    let mut params: Vec<Val> = vec![first.as_bytes().into(), after_prefix(first).into(), path.into()];
    for n in 1..SEARCH_WORDS {
        let word = words.get(n);
        params.push(i64::from(word.is_some()).into());
        params.push(word.map_or(&[][..], |w| w.as_bytes()).into());
        params.push(word.map_or(Vec::new(), |w| after_prefix(w)).into());
    }
    params.push(limit.into());
    let people = reader.query(&PEOPLE_BY_NAME, &params)?;
    of_people(reader, people, filter, limit)
}

/// Bytes that sort after everything beginning with `prefix`: UTF-8 never holds 0xFF.
fn after_prefix(prefix: &str) -> Vec<u8> {
    [prefix.as_bytes(), &[0xff]].concat()
}

/// People reached by a number (E.164).
pub fn search_phone(
    reader: &mut Reader,
    path: &str,
    phone: &str,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<EpisodeItem>, StoreError> {
    let people = reader.query(&PEOPLE_BY_PHONE, &[phone.into(), path.into(), limit.into()])?;
    of_people(reader, people, filter, limit)
}

fn of_people(
    reader: &mut Reader,
    people: Vec<Row>,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<EpisodeItem>, StoreError> {
    let people: Vec<PersonId> = people.into_iter().map(|mut row| row.get()).collect::<Result<_, _>>()?;
    let mut found: HashMap<PersonId, Vec<EpisodeItem>> = HashMap::new();
    for part in people.chunks(MARKS) {
        let mut params: Vec<Val> = part.iter().map(|id| Val::from(*id)).collect();
        // No person has the number 0.
        params.resize(MARKS, Val::from(0_i64));
        for item in items(reader.query(&ITEMS_OF_PEOPLE, &params)?)? {
            found.entry(item.person_id).or_default().push(item);
        }
    }
    let of_each = people.iter().filter_map(|person| found.remove(person)).flatten();
    Ok(of_each.filter(|item| filter.admits(item)).take(usize::try_from(limit).unwrap_or(0)).collect())
}

/// Who still has to be contacted and advised in the area `path` (or the cluster), soonest due first.
/// `commune_path` is the path of the commune above a cluster, or `path` itself.
pub fn to_contact(
    reader: &mut Reader,
    path: &str,
    commune_path: &str,
    limit: i64,
) -> Result<Vec<EpisodeItem>, StoreError> {
    items(reader.query(&TO_CONTACT, &[path.into(), commune_path.into(), limit.into()])?)
}

/// Numbers over the same people as [`to_contact`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ContactCounts {
    pub waiting: i64,
    pub overdue: i64,
    pub due_soon: i64,
    pub without_phone: i64,
}

pub fn to_contact_counts(
    reader: &mut Reader,
    path: &str,
    commune_path: &str,
    now: At,
    soon: At,
) -> Result<ContactCounts, StoreError> {
    let params = [path.into(), commune_path.into(), now.into(), soon.into()];
    match reader.one(&TO_CONTACT_COUNTS, &params)? {
        None => Ok(ContactCounts::default()),
        Some(mut row) => Ok(ContactCounts {
            waiting: row.i64()?,
            overdue: row.i64()?,
            due_soon: row.i64()?,
            without_phone: row.i64()?,
        }),
    }
}

/// What the figures counted for an episode at one entry: kind, indicator, amount.
pub fn flows_at(
    reader: &mut Reader,
    id: EpisodeId,
    seq: i64,
) -> Result<Vec<(EpisodeKind, String, i64)>, StoreError> {
    let rows = reader.query(&FLOWS_AT, &[id.into(), seq.into()])?;
    rows.into_iter().map(|mut r| Ok((r.get()?, r.get()?, r.get()?))).collect()
}

pub fn open_count(reader: &mut Reader, area: AreaId) -> Result<i64, StoreError> {
    reader.number(&OPEN_COUNT, &[area.into()])
}

/// The episode that a commune registered last.
pub fn newest(reader: &mut Reader, area: AreaId) -> Result<EpisodeId, StoreError> {
    Ok(EpisodeId(reader.number(&NEWEST, &[area.into()])?))
}

/// The folded names of those whom anybody but this import registered in the commune after that episode.
pub fn names_since(
    reader: &mut Reader,
    area: AreaId,
    seen: EpisodeId,
    import: ImportId,
    limit: i64,
) -> Result<Vec<String>, StoreError> {
    let found = reader.query(&NAMES_SINCE, &[area.into(), seen.into(), import.into(), limit.into()])?;
    found.into_iter().map(|mut row| row.text()).collect()
}

/// Everybody under care in the whole store.
pub fn open_count_everywhere(reader: &mut Reader) -> Result<i64, StoreError> {
    reader.number(&OPEN_COUNT_EVERYWHERE, &[])
}

/// How an episode ended.
#[derive(Clone, Debug)]
pub struct End {
    pub outcome: Outcome,
    pub at: At,
    pub place: Option<String>,
    pub reason: Option<String>,
    pub certified_by: Option<String>,
}

pub fn close(tx: &mut Tx, id: EpisodeId, end: &End) -> Result<(), StoreError> {
    let seq = tx.next_seq();
    let params = [
        id.into(),
        end.outcome.into(),
        end.at.into(),
        end.place.clone().into(),
        end.reason.clone().into(),
        end.certified_by.clone().into(),
        seq.into(),
    ];
    tx.change_one(&CLOSE, &params)
}

pub fn reopen(tx: &mut Tx, id: EpisodeId) -> Result<(), StoreError> {
    tx.change_one(&REOPEN, &[id.into()])
}

/// Where a first contact stands after an attempt.
#[derive(Clone, Copy, Debug)]
pub struct ContactStand {
    pub state: FirstContact,
    pub at: Option<At>,
    pub ticks: i64,
    pub reminder_stage: i64,
    pub reminder_at: Option<At>,
}

pub fn set_contact(tx: &mut Tx, id: EpisodeId, stand: &ContactStand) -> Result<(), StoreError> {
    let params = [
        id.into(),
        stand.state.into(),
        stand.at.into(),
        stand.ticks.into(),
        stand.reminder_stage.into(),
        stand.reminder_at.into(),
    ];
    tx.change_one(&SET_CONTACT, &params)
}

pub fn set_due(
    tx: &mut Tx,
    id: EpisodeId,
    due_at: Option<At>,
    reminder_stage: i64,
    reminder_at: Option<At>,
) -> Result<(), StoreError> {
    tx.change_one(&SET_DUE, &[id.into(), due_at.into(), reminder_stage.into(), reminder_at.into()])
}

pub fn set_severity(tx: &mut Tx, id: EpisodeId, severity: Severity) -> Result<(), StoreError> {
    tx.change_one(&SET_SEVERITY, &[id.into(), severity.into()])
}

pub fn set_arrangement(tx: &mut Tx, id: EpisodeId, kind: Arrangement, at: At) -> Result<(), StoreError> {
    tx.change_one(&SET_ARRANGEMENT, &[id.into(), kind.into(), at.into()])
}

pub fn set_cluster(tx: &mut Tx, id: EpisodeId, cluster: Option<AreaId>) -> Result<(), StoreError> {
    tx.change_one(&SET_CLUSTER, &[id.into(), cluster.into()])
}

/// They were heard of, and are to be heard of next by `next`.
pub fn set_heard(tx: &mut Tx, id: EpisodeId, at: At, next: Option<At>) -> Result<(), StoreError> {
    tx.change_one(&SET_HEARD, &[id.into(), at.into(), next.into()])
}

/// By when an open episode's person is to be heard of next.
/// What they were heard of by was taken back: when they were heard of before that, if ever.
pub fn set_heard_again(
    tx: &mut Tx,
    id: EpisodeId,
    at: Option<At>,
    next: Option<At>,
) -> Result<(), StoreError> {
    tx.change(&SET_HEARD, &[id.into(), at.into(), next.into()])?;
    Ok(())
}

pub fn set_next_contact(tx: &mut Tx, id: EpisodeId, next: Option<At>) -> Result<(), StoreError> {
    tx.change_one(&SET_NEXT_CONTACT, &[id.into(), next.into()])
}

/// Open episodes of which nobody said by when they are to be heard of.
pub fn unexpected(reader: &mut Reader, after: EpisodeId, limit: i64) -> Result<Vec<Episode>, StoreError> {
    reader.rows(&UNEXPECTED, &[after.into(), limit.into()])
}

/// Who was advised and was to be heard of by now in the area (or cluster) at `path` and below, the longest silent first;
/// the others are in [`to_contact`]. `commune_path` is the path of the commune above a cluster, or `path` itself.
pub fn silent(
    reader: &mut Reader,
    path: &str,
    commune_path: &str,
    now: At,
    limit: i64,
) -> Result<Vec<EpisodeItem>, StoreError> {
    items(reader.query(&SILENT, &[path.into(), commune_path.into(), now.into(), limit.into()])?)
}

/// Who was found on a day or before, as [`found_by`] asks.
#[derive(Clone, Copy, Debug)]
pub struct FoundBy<'a> {
    /// The area's (or cluster's) path, and that of the commune above a cluster, or the same.
    pub path: &'a str,
    pub commune_path: &'a str,
    pub kind: EpisodeKind,
    pub day: Day,
    /// When that day ends.
    pub until: At,
}

/// Open episodes of one kind that were found on a day or before, in the order of their registration.
pub fn found_by(reader: &mut Reader, ask: &FoundBy, limit: i64) -> Result<Vec<EpisodeItem>, StoreError> {
    let scope = [ask.path.into(), ask.commune_path.into(), ask.kind.word().into()];
    let when = [ask.day.into(), ask.until.into(), limit.into()];
    items(reader.query(&FOUND_BY, &[scope, when].concat())?)
}

/// How many [`found_by`] would list without a limit.
pub fn count_found_by(reader: &mut Reader, ask: &FoundBy) -> Result<i64, StoreError> {
    let params =
        [ask.path.into(), ask.commune_path.into(), ask.kind.word().into(), ask.day.into(), ask.until.into()];
    match reader.one(&FOUND_BY_COUNT, &params)? {
        Some(mut row) => row.i64(),
        None => Ok(0),
    }
}

/// How many [`silent`] would list without a limit.
pub fn count_silent(reader: &mut Reader, path: &str, commune_path: &str, now: At) -> Result<i64, StoreError> {
    match reader.one(&SILENT_COUNT, &[path.into(), commune_path.into(), now.into()])? {
        Some(mut row) => row.i64(),
        None => Ok(0),
    }
}

/// Gives an episode to the person it really belongs to (a merge).
pub fn set_person(
    tx: &mut Tx,
    id: EpisodeId,
    person: PersonId,
    household: HouseholdId,
) -> Result<(), StoreError> {
    tx.change_one(&SET_PERSON, &[id.into(), person.into(), household.into()])
}
