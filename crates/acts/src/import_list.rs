//! A commune's list comes in: read by its meaning, taken row by row in chunks, what is not taken handed back with the
//! reason. The same list a second time creates nothing; an import can be undone (LC-7, P-7).

use crate::desk::Desk;
use crate::end_episode::close;
use crate::house::{House, Mint, Once};
use crate::place_homes;
use crate::register_episode::{NewEpisode, add_episode, add_home, add_person_and_episode};
use crate::scene::{self, Place};
use rules::episode::Detected;
use rules::list::{self, KnownPerson, ListContext, ListReading, RawSheet, Register, Understood};
use rules::permission::Verb;
use rules::registration::CheckedPerson;
use rules::{
    AreaId, AreaLevel, At, Day, EpisodeId, EpisodeState, HouseholdId, HouseholdKind, ImportId, ImportState,
    Outcome, PersonId, Refusal, Uid,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use store::area::{self, Area};
use store::import::{self, Import};
use store::{Reader, Stop, StoreError, Tx, episode, household, person};

/// Rows taken in one transaction, so that others get their turn in between.
pub const CHUNK_MAX: usize = 200;

/// What an import says when it is done: the JSON of the command line and of `GET /imports/{id}`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ImportResult {
    pub id: Option<String>,
    pub sheets: Vec<SheetResult>,
    pub people: i64,
    pub households: i64,
    pub created: i64,
    pub updated: i64,
    pub refused: Vec<RowResult>,
    pub asked: Vec<RowResult>,
    pub proposed_clusters: Vec<String>,
    pub file: Option<String>,
    /// Where everybody was placed: group name and homes of this list in it.
    #[serde(default)]
    pub placed: Vec<PlacedResult>,
    #[serde(default)]
    pub without_phone: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SheetResult {
    pub name: String,
    pub taken: i64,
    pub refused: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RowResult {
    pub sheet: String,
    pub row: i64,
    pub number: Option<String>,
    pub code: String,
    pub reason: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlacedResult {
    pub group: String,
    pub households: i64,
}

/// What is to be imported.
#[derive(Clone, Debug)]
pub struct ImportList {
    pub area_code: String,
    pub file_name: String,
    pub bytes: Arc<Vec<u8>>,
    pub dry_run: bool,
    /// The list says that everybody on it has been contacted (P-7).
    pub contacted: bool,
}

/// A reading with what it was read against.
struct Read {
    reading: ListReading,
    sheets: Vec<RawSheet>,
    place_area: Area,
    /// The newest episode of the commune that the register held then.
    seen: EpisodeId,
}

/// Namesakes of the commune by folded name and birth year, loaded once for the whole list.
struct Known(HashMap<String, Vec<(Option<i64>, KnownPerson)>>);

impl Known {
    fn of(reader: &mut Reader, area: &Area, names: &[&str]) -> Result<Known, StoreError> {
        let mut known: HashMap<String, Vec<_>> = HashMap::new();
        for found in person::listed_namesakes(reader, names, area.id)? {
            let person = KnownPerson {
                person: found.id,
                from_list: found.from_list,
                cluster: found.cluster,
                address_key: found.address_key,
                phones: found.phones.split(' ').filter(|p| !p.is_empty()).map(str::to_owned).collect(),
            };
            known.entry(found.folded_name).or_default().push((found.birth_year, person));
        }
        Ok(Known(known))
    }
}

impl Register for Known {
    fn namesakes(&self, folded_name: &str, birth_year: Option<i16>) -> Vec<KnownPerson> {
        let year = birth_year.map(i64::from);
        let of_name = self.0.get(folded_name).map(Vec::as_slice).unwrap_or_default();
        of_name.iter().filter(|(born, _)| *born == year).map(|(_, person)| person.clone()).collect()
    }
}

/// Refuses a list before anything is kept: no such commune, no permission, an unreadable file.
pub fn check_area(reader: &mut Reader, desk: &Desk, code: &str) -> Result<Area, Stop> {
    let area = area::by_code(reader, code.trim(), None)?
        .filter(|a| a.level == AreaLevel::Commune)
        .ok_or_else(|| Refusal::field("area_code", "unknown_area"))?;
    if !desk.can(Verb::ImportEpisodes, &area.path) {
        return Err(Refusal::not_found().into());
    }
    Ok(area)
}

/// Reads the file in a thread of its own; a hostile or wrong one is refused in words.
async fn read_file(cmd: &ImportList) -> Result<Vec<RawSheet>, Stop> {
    let (bytes, name) = (cmd.bytes.clone(), cmd.file_name.clone());
    let read = tokio::task::spawn_blocking(move || exchange::read_list(&bytes, &name)).await;
    match read {
        Ok(Ok(sheets)) => Ok(sheets),
        Ok(Err(refusal)) => Err(Refusal::field("file", refusal.code()).into()),
        Err(_) => Err(Refusal::field("file", "file_broken").into()),
    }
}

/// Reads a list and, unless it is a trial, takes it. Runs to its end even if nobody waits; progress is in the store.
pub async fn import_list(house: &House, desk: &Desk, cmd: &ImportList) -> Result<ImportResult, Stop> {
    let id = begin(house, desk, cmd).await?;
    finish(house, desk, cmd, id).await
}

/// The first half: checks, keeps the file and answers the import's id.
pub async fn begin(house: &House, desk: &Desk, cmd: &ImportList) -> Result<Uid, Stop> {
    let once = Once { route: "import", key: None, body: fingerprint(cmd) };
    begin_once(house, desk, once, cmd).await.map(|(uid, _)| uid)
}

/// What makes two uploads the same command.
pub fn fingerprint(cmd: &ImportList) -> Vec<u8> {
    let mut hasher = Sha256::new();
    hasher.update(cmd.bytes.as_slice());
    hasher.update(cmd.area_code.as_bytes());
    hasher.update([u8::from(cmd.dry_run), u8::from(cmd.contacted)]);
    hasher.finalize().to_vec()
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Begun {
    id: String,
    /// The run of the act that made it: a repetition gets the answer of another.
    by: String,
}

/// Like [`begin`], once per key; also says whether this call was the one that began it.
pub async fn begin_once(
    house: &House,
    desk: &Desk,
    once: Once,
    cmd: &ImportList,
) -> Result<(Uid, bool), Stop> {
    read_file(cmd).await?;
    let cmd = cmd.clone();
    let hash: Vec<u8> = Sha256::digest(cmd.bytes.as_slice()).to_vec();
    let by = Uid(house.secret()).to_string();
    let mine = by.clone();
    let begun = house
        .once(desk, once, move |tx, desk, mint| {
            let area = check_area(tx, desk, &cmd.area_code)?;
            let row = Import {
                id: ImportId(tx.id()),
                uid: mint.uid(desk.now),
                area_id: area.id,
                file_name: cmd.file_name.chars().take(FILE_NAME_MAX).collect(),
                file_hash: hash.clone(),
                dry_run: cmd.dry_run,
                contacted: cmd.contacted,
                state: ImportState::Running,
                done: 0,
                total: 0,
                result: None,
                staff_id: desk.staff,
                created_at: desk.now,
                undone_at: None,
            };
            row.insert(tx)?;
            import::keep_file(tx, row.id, &cmd.bytes)?;
            let header = format!("area={} dry_run={}", area.id.0, i64::from(cmd.dry_run));
            tx.log(&desk.stamp(), &format!("import:{}", row.id.0), "import_started", &header, "")?;
            Ok(Begun { id: row.uid.to_string(), by: by.clone() })
        })
        .await?;
    let uid = Uid::parse(&begun.id).ok_or_else(|| StoreError::Shape("an import without an id".to_owned()))?;
    Ok((uid, begun.by == mine))
}

/// The longest file name that is kept, in characters.
const FILE_NAME_MAX: usize = 200;

/// The second half: takes the list in chunks, places the homes, writes the result.
pub async fn finish(house: &House, desk: &Desk, cmd: &ImportList, uid: Uid) -> Result<ImportResult, Stop> {
    match take(house, desk, cmd, uid).await {
        Ok(result) => Ok(result),
        Err(stop) => {
            let code = match &stop {
                Stop::Refused(refusal) => refusal.to_string(),
                Stop::Store(_) => "store".to_owned(),
            };
            house
                .run(desk, move |tx, desk, _| {
                    let row = import::by_uid(tx, uid)?.ok_or_else(Refusal::not_found)?;
                    let failed = serde_json::json!({ "failed": code }).to_string();
                    import::finish(tx, row.id, ImportState::Failed, &failed, None)?;
                    tx.log(&desk.stamp(), &format!("import:{}", row.id.0), "import_failed", "", "")?;
                    Ok(())
                })
                .await?;
            Err(stop)
        }
    }
}

async fn take(house: &House, desk: &Desk, cmd: &ImportList, uid: Uid) -> Result<ImportResult, Stop> {
    let sheets = read_file(cmd).await?;
    let row = house.store.read(move |r| import::by_uid(r, uid)).await?.ok_or_else(Refusal::not_found)?;
    let turn = house.turn(row.area_id);
    let _mine = if cmd.dry_run { None } else { Some(turn.lock().await) };
    let mut read = read_list(house, desk, cmd, sheets).await?;
    let (mut updated, mut is_taken) = (0, cmd.dry_run);
    for _ in 0..READINGS_MAX {
        if is_taken {
            break;
        }
        let taken = take_rows(house, desk, cmd, &read, row.id).await?;
        updated += taken.updated;
        is_taken = taken.to_the_end;
        if !is_taken {
            // Somebody registered a namesake by hand meanwhile: who is known is judged anew.
            read = read_list(house, desk, cmd, read.sheets).await?;
        }
    }
    if !is_taken {
        return Err(Refusal::busy().into());
    }
    let mut result = summary(&read, uid);
    let total = result.people;
    if !cmd.dry_run {
        result.updated = updated;
        place_all(house, desk, read.place_area.id).await?;
        let area = read.place_area.clone();
        let id = row.id;
        // Counted in the store: a stop of the program may lie between the first row and the last.
        (result.placed, result.created) = house.store.read(move |r| placed(r, &area, id)).await?;
    }
    let refused = if read.reading.refused.is_empty() {
        None
    } else {
        let sheet = exchange::refused_sheet(&read.sheets, &read.reading, "Lý do", |r| {
            reason_text(r.code(), &r.written)
        })
        .map_err(|e| StoreError::Shape(format!("the sheet of refused rows: {e}")))?;
        Some(sheet)
    };
    let text = serde_json::to_string(&result).map_err(|e| StoreError::Shape(e.to_string()))?;
    house
        .run(desk, move |tx, desk, _| {
            import::progress(tx, row.id, total, total)?;
            import::finish(tx, row.id, ImportState::Done, &text, refused.as_deref())?;
            tx.log(&desk.stamp(), &format!("import:{}", row.id.0), "import_finished", "", "")?;
            Ok(())
        })
        .await?;
    Ok(result)
}

async fn read_list(
    house: &House,
    desk: &Desk,
    cmd: &ImportList,
    sheets: Vec<RawSheet>,
) -> Result<Read, Stop> {
    let (desk, cmd) = (desk.clone(), cmd.clone());
    let read = house
        .store
        .read(move |r| {
            let area = match check_area(r, &desk, &cmd.area_code) {
                Ok(area) => area,
                Err(Stop::Refused(refusal)) => return Ok(Err(refusal)),
                Err(Stop::Store(error)) => return Err(error),
            };
            let clusters: Vec<String> =
                area::below(r, &area.path, AreaLevel::Cluster)?.into_iter().map(|c| c.name).collect();
            let today: Day = desk.now.day(&area.zone());
            let context = ListContext { today, clusters: &clusters };
            let understood = Understood::of(&sheets, &context);
            // Before the register is asked: whoever comes in between is then found to be new.
            let seen = episode::newest(r, area.id)?;
            let known = Known::of(r, &area, &understood.names())?;
            let reading = understood.judge(&known);
            Ok(Ok(Read { reading, sheets, place_area: area, seen }))
        })
        .await?;
    read.map_err(Stop::Refused)
}

fn summary(read: &Read, uid: Uid) -> ImportResult {
    let reading = &read.reading;
    let mut homes: Vec<u32> = reading.rows.iter().map(|r| r.household).collect();
    homes.sort_unstable();
    homes.dedup();
    let row = |at: &list::RowRef, code: &str, written: &str| RowResult {
        sheet: at.sheet.clone(),
        row: i64::from(at.row),
        number: at.number.clone(),
        code: code.to_owned(),
        reason: reason_text(code, written),
    };
    let without_phone = homes
        .iter()
        .filter(|n| {
            let at = usize::try_from(**n).unwrap_or(0).wrapping_sub(1);
            reading.households.get(at).is_none_or(|h| h.phones.is_empty())
        })
        .count();
    ImportResult {
        id: Some(uid.to_string()),
        sheets: reading
            .sheets
            .iter()
            .map(|s| SheetResult { name: s.name.clone(), taken: s.taken.into(), refused: s.refused.into() })
            .collect(),
        people: reading.rows.len() as i64,
        households: homes.len() as i64,
        created: 0,
        updated: 0,
        refused: reading.refused.iter().map(|r| row(&r.at, r.code(), &r.written)).collect(),
        asked: reading.asked.iter().map(|r| row(&r.at, r.code(), &r.written)).collect(),
        proposed_clusters: reading.proposed_clusters.clone(),
        file: None,
        placed: Vec::new(),
        without_phone: without_phone as i64,
    }
}

/// The reason in Vietnamese, as it stands in the sheet that goes back to the commune.
pub fn reason_text(code: &str, written: &str) -> String {
    let words = match code {
        "no_name" => "Thiếu họ tên",
        "birth_in_future" => "Năm sinh sau ngày hôm nay",
        "impossible_date" => "Ngày không có thật hoặc sau ngày hôm nay",
        "unknown_cluster" => "Xã không có bản, khu phố này",
        "duplicate" => "Trùng với người đã có",
        "unreadable" => "Không tìm thấy dòng tiêu đề của bảng",
        "bad_phone" => "Số điện thoại không đúng, đã nhận người này không kèm số",
        "no_cluster" => "Chưa ghi bản, khu phố",
        "cluster_guessed" => "Tên bản, khu phố viết gần giống, đã hiểu theo tên trong danh mục",
        "kind_guessed" => "Cột F0/F1 ghi khác lạ, đã hiểu theo cách gần nhất",
        _ => "Cần xem lại",
    };
    if written.is_empty() { words.to_owned() } else { format!("{words}: {written}") }
}

/// How often a list is read because others register namesakes in the same commune while it comes in.
const READINGS_MAX: usize = 100;
/// Others' newcomers that are looked through for namesakes; beyond these the list is read anew.
const NEWCOMERS_MAX: i64 = 1_000;

/// What one reading of a list came to.
struct Taken {
    /// Known, and changed.
    updated: i64,
    /// Or else a namesake came into the register after the list was read against it.
    to_the_end: bool,
}

/// Takes the rows in chunks. Each home of the list is found or made by its first row and kept for the later ones.
async fn take_rows(
    house: &House,
    desk: &Desk,
    cmd: &ImportList,
    read: &Read,
    id: ImportId,
) -> Result<Taken, Stop> {
    let reading = Arc::new(read.reading.clone());
    let total = reading.rows.len();
    let mut homes: Arc<HashMap<u32, HouseholdId>> = Arc::new(HashMap::new());
    let mut updated = 0;
    let names: Arc<HashSet<String>> =
        Arc::new(reading.rows.iter().map(|row| rules::fold::fold(&row.full_name)).collect());
    let clusters = add_proposed(house, desk, &read.place_area, &reading.proposed_clusters).await?;
    for start in (0..total.max(1)).step_by(CHUNK_MAX) {
        let end = (start + CHUNK_MAX).min(total);
        let (reading, homes_before, clusters) = (reading.clone(), homes.clone(), clusters.clone());
        let names = names.clone();
        let (area, contacted, seen) = (read.place_area.clone(), cmd.contacted, read.seen);
        let took = house
            .run(desk, move |tx, desk, mint| {
                let others = episode::names_since(tx, area.id, seen, id, NEWCOMERS_MAX)?;
                if others.len() as i64 == NEWCOMERS_MAX || others.iter().any(|name| names.contains(name)) {
                    return Ok(None);
                }
                let place = scene::place(tx, area.clone())?;
                let mut homes = (*homes_before).clone();
                let mut changed = 0;
                for row in reading.rows.get(start..end).unwrap_or_default() {
                    let took = take_row(
                        tx, desk, mint, &place, &reading, row, contacted, id, &mut homes, &clusters,
                    )?;
                    changed += i64::from(took == Took::Updated);
                }
                import::progress(tx, id, end as i64, total as i64)?;
                let header = format!("done={end} total={total}");
                tx.log(&desk.stamp(), &format!("import:{}", id.0), "import_progressed", &header, "")?;
                Ok(Some((changed, homes)))
            })
            .await?;
        let Some((changed, homes_after)) = took else { return Ok(Taken { updated, to_the_end: false }) };
        updated += changed;
        homes = Arc::new(homes_after);
    }
    Ok(Taken { updated, to_the_end: true })
}

type Clusters = Arc<HashMap<String, AreaId>>;

/// The commune's clusters by name. A commune without a list gets the clusters that its list names.
async fn add_proposed(
    house: &House,
    desk: &Desk,
    commune: &Area,
    proposed: &[String],
) -> Result<Clusters, Stop> {
    let (commune, proposed) = (commune.clone(), proposed.to_vec());
    let known = house
        .run(desk, move |tx, desk, mint| {
            let mut known: HashMap<String, AreaId> = area::below(tx, &commune.path, AreaLevel::Cluster)?
                .into_iter()
                .map(|c| (c.name.clone(), c.id))
                .collect();
            for name in &proposed {
                if known.contains_key(name) {
                    continue;
                }
                let added = crate::clusters::add_proposed(tx, desk, mint, &commune, name)?;
                known.insert(name.clone(), added.id);
            }
            Ok(known)
        })
        .await?;
    Ok(Arc::new(known))
}

#[derive(Clone, Copy, PartialEq)]
enum Took {
    Created,
    Updated,
    Same,
}

#[expect(clippy::too_many_arguments, reason = "a row is taken in the midst of its list")]
fn take_row(
    tx: &mut Tx,
    desk: &Desk,
    mint: &mut Mint,
    place: &Place,
    reading: &ListReading,
    row: &list::ListedPerson,
    contacted: bool,
    import: ImportId,
    homes: &mut HashMap<u32, HouseholdId>,
    clusters: &HashMap<String, AreaId>,
) -> Result<Took, Stop> {
    let listed = usize::try_from(row.household).ok().and_then(|n| reading.households.get(n.wrapping_sub(1)));
    let phones: Vec<String> =
        listed.map(|h| h.phones.iter().map(|p| p.as_str().to_owned()).collect()).unwrap_or_default();
    let cluster = row.cluster.as_ref().and_then(|name| clusters.get(name).copied());
    if let Some(known) = row.known {
        return take_known(tx, desk, mint, place, row, known, &phones, homes, contacted, import);
    }
    let home = match homes.get(&row.household) {
        Some(id) => household::by_id(tx, *id)?,
        None => home_there(tx, place.area.id, cluster, &row.address_key, &phones, homes)?,
    };
    let home = match home {
        Some(home) => home,
        None => add_home(tx, desk, mint, place.area.id, cluster, &row.address, HouseholdKind::House)?,
    };
    if homes.insert(row.household, home.id).is_none() {
        for phone in &phones {
            household::add_phone(tx, home.id, None, phone, false, desk.now)?;
        }
    }
    let who = CheckedPerson {
        full_name: row.full_name.clone(),
        sex: row.sex,
        birth: row.birth,
        phone: None,
        doses: row.doses.map(i64::from),
        last_dose_on: None,
        risks: row.risks.clone(),
        can_read: None,
        language: row.language.clone(),
    };
    let new = new_episode(row, desk.now, cluster, contacted, import);
    add_person_and_episode(tx, desk, mint, place, &home, &who, &new)?;
    Ok(Took::Created)
}

fn new_episode(
    row: &list::ListedPerson,
    now: At,
    cluster: Option<AreaId>,
    contacted: bool,
    import: ImportId,
) -> NewEpisode {
    NewEpisode {
        kind: row.kind,
        source: None,
        detected: row.detected_on.map_or(Detected::At(now), Detected::On),
        contacted: contacted || row.contacted,
        cluster,
        import: Some(import),
    }
}

/// A home at the row's address in the register whose numbers do not contradict; never one this list already uses
/// for another of its homes.
fn home_there(
    tx: &mut Tx,
    area: AreaId,
    cluster: Option<AreaId>,
    address_key: &str,
    phones: &[String],
    homes: &HashMap<u32, HouseholdId>,
) -> Result<Option<household::Household>, Stop> {
    if address_key.is_empty() {
        return Ok(None);
    }
    Ok(household::at_address(tx, area, cluster, address_key)?.into_iter().find(|home| {
        let known: Vec<&str> = home.phones.split(' ').filter(|p| !p.is_empty()).collect();
        let agrees =
            phones.is_empty() || known.is_empty() || phones.iter().any(|p| known.contains(&p.as_str()));
        agrees && !homes.values().any(|id| *id == home.id)
    }))
}

/// A person whom an earlier list brought: new numbers are added, and somebody who is no longer under care but stands
/// on the list as found later gets a new episode.
#[expect(clippy::too_many_arguments, reason = "a row is taken in the midst of its list")]
fn take_known(
    tx: &mut Tx,
    desk: &Desk,
    mint: &mut Mint,
    place: &Place,
    row: &list::ListedPerson,
    known: PersonId,
    phones: &[String],
    homes: &mut HashMap<u32, HouseholdId>,
    contacted: bool,
    import: ImportId,
) -> Result<Took, Stop> {
    let torn = || StoreError::Shape(format!("person {} is gone", known.0));
    let who = person::by_id(tx, known)?.ok_or_else(torn)?;
    let home = household::by_id(tx, who.household_id)?.ok_or_else(torn)?;
    homes.entry(row.household).or_insert(home.id);
    let mut changed = false;
    for phone in phones {
        let has = household::points(tx, home.id)?.iter().any(|p| p.value == *phone);
        if !has {
            changed |= household::add_phone(tx, home.id, None, phone, false, desk.now)?;
        }
    }
    let episodes = episode::of_person(tx, known)?;
    let under_care = episodes.iter().any(|e| e.state == EpisodeState::Open);
    let ended_on = episodes.iter().filter_map(|e| e.ended_at).max().map(|at| at.day(&place.zone));
    let again = !under_care && row.detected_on.zip(ended_on).is_some_and(|(found, ended)| found > ended);
    if again {
        let new = new_episode(row, desk.now, home.cluster_id, contacted, import);
        add_episode(tx, desk, mint, place, &home, known, &new)?;
        return Ok(Took::Created);
    }
    if changed {
        tx.log(&desk.stamp(), &format!("household:{}", home.id.0), "phones_added", "", "")?;
        return Ok(Took::Updated);
    }
    Ok(Took::Same)
}

/// Places everybody of the commune who has no group yet.
pub async fn place_all(house: &House, desk: &Desk, commune: AreaId) -> Result<(), Stop> {
    loop {
        let left = house
            .run(desk, move |tx, desk, mint| {
                let area = area::by_id(tx, commune)?.ok_or_else(Refusal::not_found)?;
                let place = scene::place(tx, area)?;
                place_homes::place_waiting(tx, desk, mint, &place)
            })
            .await?;
        if left <= 0 {
            return Ok(());
        }
    }
}

/// Episodes of one import that are looked at together.
const PAGE: i64 = 500;

/// Where the homes of an import are, and how many episodes it made.
fn placed(reader: &mut Reader, area: &Area, id: ImportId) -> Result<(Vec<PlacedResult>, i64), StoreError> {
    let mut homes: HashMap<i64, Vec<i64>> = HashMap::new();
    let mut after = EpisodeId(0);
    let mut made = 0;
    loop {
        let page = episode::of_import(reader, id, after, PAGE)?;
        let Some(last) = page.last() else { break };
        after = last.id;
        made += page.len() as i64;
        for e in &page {
            if let Some(home) = household::by_id(reader, e.household_id)?
                && let Some(group) = home.care_group_id
            {
                homes.entry(group.0).or_default().push(home.id.0);
            }
        }
    }
    let mut out = Vec::new();
    for group in store::care_group::of_area(reader, area.id)? {
        if let Some(mut ids) = homes.remove(&group.id.0) {
            ids.sort_unstable();
            ids.dedup();
            out.push(PlacedResult { group: group.name, households: ids.len() as i64 });
        }
    }
    Ok((out, made))
}

/// Goes on with imports that a stop of the program interrupted: what was taken is known again, the rest is taken.
pub async fn resume(house: &House, operator: &Desk) -> Result<(), Stop> {
    for row in house.store.read(import::running).await? {
        let id = row.id;
        let (bytes, area) =
            house.store.read(move |r| Ok((import::file(r, id)?, area::by_id(r, row.area_id)?))).await?;
        let (Some(bytes), Some(area)) = (bytes, area) else { continue };
        let desk = Desk { staff: row.staff_id, ..operator.clone() };
        let cmd = ImportList {
            area_code: area.code,
            file_name: row.file_name.clone(),
            bytes: Arc::new(bytes),
            dry_run: row.dry_run,
            contacted: row.contacted,
        };
        finish(house, &desk, &cmd, row.uid).await?;
    }
    Ok(())
}

/// Takes an import back: everybody it brought is closed as entered in error. Refused once somebody was contacted,
/// tested or ended: those records have a life of their own. Interrupted, it is gone on with when it is asked for again.
pub async fn undo(
    house: &House,
    desk: &Desk,
    once: Once,
    uid: Uid,
) -> Result<crate::end_episode::Done, Stop> {
    let id: i64 = house.once(desk, once, move |tx, desk, _| Ok(check_undo(tx, desk, uid)?.0)).await?;
    let id = ImportId(id);
    let done = crate::end_episode::Done { id: uid.to_string() };
    // A repetition finds it taken back: who was opened again since then stays open.
    if house.store.read(move |r| is_undone(r, id)).await? {
        return Ok(done);
    }
    loop {
        let more = house.run(desk, move |tx, desk, _| undo_chunk(tx, desk, id)).await?;
        if !more {
            break;
        }
    }
    house
        .run(desk, move |tx, desk, _| {
            if !is_undone(tx, id)? {
                import::undo(tx, id, desk.now)?;
                tx.log(&desk.stamp(), &format!("import:{}", id.0), "import_undone", "", "")?;
            }
            Ok(())
        })
        .await?;
    Ok(done)
}

fn is_undone(reader: &mut Reader, id: ImportId) -> Result<bool, StoreError> {
    Ok(import::by_id(reader, id)?.is_some_and(|row| row.state == ImportState::Undone))
}

/// The reason under which everybody of an import is closed.
const UNDONE: &str = "import_undone";

fn check_undo(tx: &mut Tx, desk: &Desk, uid: Uid) -> Result<ImportId, Stop> {
    let row = import::by_uid(tx, uid)?.ok_or_else(Refusal::not_found)?;
    let area = area::by_id(tx, row.area_id)?.ok_or_else(Refusal::not_found)?;
    desk.may(Verb::UndoImport, &area.path)?;
    match row.state {
        ImportState::Done => {}
        ImportState::Running => return Err(Refusal::conflict("import_running").into()),
        ImportState::Failed | ImportState::Undone => return Err(Refusal::conflict("already_undone").into()),
    }
    let mut after = EpisodeId(0);
    loop {
        let page = episode::of_import(tx, row.id, after, PAGE)?;
        let Some(last) = page.last() else { return Ok(row.id) };
        after = last.id;
        for e in &page {
            // Whom an interrupted undoing closed is none that ended.
            let undone = e.outcome == Some(Outcome::Void) && e.end_reason.as_deref() == Some(UNDONE);
            let ended = e.state == EpisodeState::Closed && !undone;
            if ended || scene::has_history(tx, e.id)? {
                return Err(Refusal::conflict("has_later_records").into());
            }
        }
    }
}

fn undo_chunk(tx: &mut Tx, desk: &Desk, id: ImportId) -> Result<bool, Stop> {
    let mut after = EpisodeId(0);
    let mut open = Vec::new();
    while open.len() < CHUNK_MAX {
        let page = episode::of_import(tx, id, after, PAGE)?;
        let Some(last) = page.last() else { break };
        after = last.id;
        open.extend(page.into_iter().filter(|e| e.state == EpisodeState::Open));
    }
    for e in open.iter().take(CHUNK_MAX) {
        let scene = scene::load(tx, desk, Verb::UndoImport, e.uid)?;
        let standing = scene.standing(tx)?;
        let ended = rules::episode::void(&standing, UNDONE, desk.now, scene.place.open_day)?;
        close(tx, desk, &scene, &ended, None)?;
    }
    Ok(open.len() > CHUNK_MAX)
}
