//! Places: the tree of administrative units and, below the commune, the clusters that operators make.
//!
//! `path` is the chain of ids from the root, `/1/5/9/`; an area lies in another when its path begins with the
//! other's. Codes are reused over the years, so a code is looked up on a day; the id never changes.

use crate::error::StoreError;
use crate::stmt::{change, noun, stmt};
use crate::tx::{Reader, Tx};
use crate::val::{Row, Val};
use rules::fold::fold;
use rules::{AreaId, AreaLevel, Day, Uid, Zone};

/// Areas in one answer that is not paged: every commune, or every cluster, of the largest province.
pub const AREAS_MAX: i64 = 20_000;
/// Levels from the root to a cluster, and then some.
const DEPTH_MAX: i64 = 16;
/// Pairs of neighbours read at once.
const NEIGHBOURS_MAX: i64 = 50_000;

noun!(pub AREA = "area" [
    "uid", "code", "name", "kind", "level", "parent_id", "path", "valid_from", "valid_to", "time_zone",
    "household_count", "head_name", "folded_name",
]);
noun!(pub AREA_NEIGHBOUR = "area_neighbour" ["area_id", "neighbour_id"]);

macro_rules! columns {
    () => {
        "a.id, a.uid, a.code, a.name, a.kind, a.level, a.parent_id, a.path, a.valid_from, a.valid_to, a.time_zone, \
         a.household_count, a.head_name"
    };
}

stmt! {
    BY_ID = concat!("SELECT ", columns!(), " FROM area a WHERE a.id = ?1");
    BY_UID = concat!("SELECT ", columns!(), " FROM area a WHERE a.uid = ?1");
    // A code that is in force comes before one that was, an official unit before a cluster.
    BY_CODE = concat!("SELECT ", columns!(), " FROM area a
        WHERE a.code = ?1
          AND (CAST(?2 AS TEXT) IS NULL OR (a.valid_from <= ?2 AND (a.valid_to IS NULL OR a.valid_to >= ?2)))
        ORDER BY CASE a.level WHEN 'cluster' THEN 1 ELSE 0 END,
                 CASE WHEN a.valid_to IS NULL THEN 0 ELSE 1 END, a.valid_from DESC, a.id
        LIMIT 1");
    ROOTS = concat!("SELECT ", columns!(), " FROM area a WHERE a.parent_id IS NULL ORDER BY a.code, a.id LIMIT ?1");
    CHILDREN = concat!("SELECT ", columns!(), " FROM area a WHERE a.parent_id = ?1 ORDER BY a.code, a.id LIMIT ?2");
    BELOW = concat!("SELECT ", columns!(), " FROM area a
        WHERE substr(a.path, 1, length(?1)) = ?1 AND a.level = ?2 ORDER BY a.code, a.id LIMIT ?3");
    SUBTREE = concat!("SELECT ", columns!(), " FROM area a
        WHERE substr(a.path, 1, length(?1)) = ?1 ORDER BY a.id LIMIT ?2");
    ANCESTORS = concat!("WITH RECURSIVE up (id, above, depth) AS (
            SELECT id, parent_id, 0 FROM area WHERE id = ?1
            UNION ALL
            SELECT p.id, p.parent_id, up.depth + 1 FROM area p JOIN up ON p.id = up.above
        )
        SELECT ", columns!(), " FROM area a JOIN up ON a.id = up.id WHERE a.id <> ?1 ORDER BY up.depth DESC LIMIT ?2");
    CLUSTER_BY_NAME = concat!("SELECT ", columns!(), " FROM area a
        WHERE a.parent_id = ?1 AND a.level = 'cluster' AND a.folded_name = ?2
        ORDER BY CASE WHEN a.valid_to IS NULL THEN 0 ELSE 1 END, a.id LIMIT 1");
    LIST = concat!("SELECT ", columns!(), " FROM area a
        WHERE (CAST(?1 AS TEXT) IS NULL OR substr(a.path, 1, length(?1)) = ?1)
          AND (CAST(?2 AS TEXT) IS NULL OR a.code = ?2)
          AND (CAST(?3 AS BIGINT) IS NULL OR a.parent_id = ?3)
          AND (CAST(?4 AS TEXT) IS NULL OR (a.valid_from <= ?4 AND (a.valid_to IS NULL OR a.valid_to >= ?4)))
          AND a.id > ?5
        ORDER BY a.id LIMIT ?6");
    NEIGHBOURS = "SELECT neighbour_id FROM area_neighbour WHERE area_id = ?1 ORDER BY neighbour_id LIMIT ?2";
    NEIGHBOURS_WITHIN = "SELECT n.area_id, n.neighbour_id FROM area_neighbour n JOIN area a ON a.id = n.area_id
        WHERE substr(a.path, 1, length(?1)) = ?1 ORDER BY n.area_id, n.neighbour_id LIMIT ?2";
    IS_NEIGHBOUR = "SELECT COUNT(*) FROM area_neighbour WHERE area_id = ?1 AND neighbour_id = ?2";
    HOUSEHOLDS_KNOWN = "SELECT CAST(SUM(household_count) AS BIGINT) FROM area
        WHERE parent_id = ?1 AND level = 'cluster' AND valid_to IS NULL";
}

change! {
    DESCRIBE: AREA = "SET name = ?2, folded_name = ?3, kind = ?4, household_count = ?5, head_name = ?6 WHERE id = ?1";
    END: AREA = "SET valid_to = ?2 WHERE id = ?1";
}

#[derive(Clone, Debug, PartialEq)]
pub struct Area {
    pub id: AreaId,
    pub uid: Uid,
    pub code: String,
    /// Official units without the word for their kind ("Mường Tè"), clusters as people say them ("Khu phố 3").
    pub name: String,
    /// A word of `rules::areas::KINDS`.
    pub kind: String,
    pub level: AreaLevel,
    pub parent_id: Option<AreaId>,
    pub path: String,
    pub valid_from: Day,
    /// The last day in force.
    pub valid_to: Option<Day>,
    pub time_zone: String,
    pub household_count: Option<i64>,
    pub head_name: Option<String>,
}

impl Area {
    pub fn zone(&self) -> Zone {
        Zone::named(&self.time_zone)
    }

    /// "Xã Mường Tè".
    pub fn full_name(&self) -> String {
        rules::areas::full_name(&self.kind, &self.name)
    }

    pub fn is_in_force(&self, on: Day) -> bool {
        self.valid_from <= on && self.valid_to.is_none_or(|last| last >= on)
    }

    /// The ids from the root to this area, itself included.
    pub fn chain(&self) -> Vec<AreaId> {
        chain_of(&self.path)
    }
}

/// The ids of a path, from the root down.
pub fn chain_of(path: &str) -> Vec<AreaId> {
    path.split('/').filter_map(|id| id.parse().ok()).map(AreaId).collect()
}

/// An area as it is added; its id and path are the store's.
#[derive(Clone, Debug, PartialEq)]
pub struct NewArea {
    pub uid: Uid,
    pub code: String,
    pub name: String,
    pub kind: String,
    pub level: AreaLevel,
    pub valid_from: Day,
    pub valid_to: Option<Day>,
    pub time_zone: String,
    pub household_count: Option<i64>,
    pub head_name: Option<String>,
}

/// What `GET /areas` asks for; every part may be left out.
#[derive(Clone, Debug, Default)]
pub struct AreaFilter {
    /// In the area of this path or below.
    pub within: Option<String>,
    pub code: Option<String>,
    pub parent: Option<AreaId>,
    pub on: Option<Day>,
    /// The last area of the page before.
    pub after: Option<AreaId>,
}

fn area(mut row: Row) -> Result<Area, StoreError> {
    Ok(Area {
        id: AreaId(row.i64()?),
        uid: row.uid()?,
        code: row.text()?,
        name: row.text()?,
        kind: row.text()?,
        level: row.word()?,
        parent_id: row.opt_i64()?.map(AreaId),
        path: row.text()?,
        valid_from: row.day()?,
        valid_to: row.opt_day()?,
        time_zone: row.text()?,
        household_count: row.opt_i64()?,
        head_name: row.opt_text()?,
    })
}

fn areas(rows: Vec<Row>) -> Result<Vec<Area>, StoreError> {
    rows.into_iter().map(area).collect()
}

pub fn by_id(reader: &mut Reader, id: AreaId) -> Result<Option<Area>, StoreError> {
    reader.one(&BY_ID, &[id.into()])?.map(area).transpose()
}

pub fn by_uid(reader: &mut Reader, uid: Uid) -> Result<Option<Area>, StoreError> {
    reader.one(&BY_UID, &[uid.into()])?.map(area).transpose()
}

/// The area that has this code on the day, or, without a day, the one that has it now or had it last.
pub fn by_code(reader: &mut Reader, code: &str, on: Option<Day>) -> Result<Option<Area>, StoreError> {
    reader.one(&BY_CODE, &[code.into(), on.into()])?.map(area).transpose()
}

/// The tops of the trees: one, but for a demo of two letters.
pub fn roots(reader: &mut Reader) -> Result<Vec<Area>, StoreError> {
    areas(reader.query(&ROOTS, &[AREAS_MAX.into()])?)
}

/// What lies directly below, by code.
pub fn children(reader: &mut Reader, parent: AreaId) -> Result<Vec<Area>, StoreError> {
    areas(reader.query(&CHILDREN, &[parent.into(), AREAS_MAX.into()])?)
}

/// Every area of one level in the area of `path`, itself included, by code.
pub fn below(reader: &mut Reader, path: &str, level: AreaLevel) -> Result<Vec<Area>, StoreError> {
    areas(reader.query(&BELOW, &[path.into(), level.into(), AREAS_MAX.into()])?)
}

/// The area of `path` and everything below it, a parent before its children.
pub fn subtree(reader: &mut Reader, path: &str) -> Result<Vec<Area>, StoreError> {
    areas(reader.query(&SUBTREE, &[path.into(), AREAS_MAX.into()])?)
}

/// What lies above, from the root down, without the area itself.
pub fn ancestors(reader: &mut Reader, id: AreaId) -> Result<Vec<Area>, StoreError> {
    areas(reader.query(&ANCESTORS, &[id.into(), DEPTH_MAX.into()])?)
}

/// The nearest area of `level` at or above this one.
pub fn at_level(reader: &mut Reader, from: &Area, level: AreaLevel) -> Result<Option<Area>, StoreError> {
    if from.level == level {
        return Ok(Some(from.clone()));
    }
    Ok(ancestors(reader, from.id)?.into_iter().rfind(|a| a.level == level))
}

/// A commune's cluster by its name, however it is written ("bản Nậm Hãn", "BAN NAM HAN").
pub fn cluster_by_name(reader: &mut Reader, commune: AreaId, name: &str) -> Result<Option<Area>, StoreError> {
    reader.one(&CLUSTER_BY_NAME, &[commune.into(), fold(name).into()])?.map(area).transpose()
}

/// One page, in the order in which areas were made; the next one begins after the last id.
pub fn list(reader: &mut Reader, filter: &AreaFilter, limit: i64) -> Result<Vec<Area>, StoreError> {
    let params: [Val; 6] = [
        filter.within.clone().into(),
        filter.code.clone().into(),
        filter.parent.into(),
        filter.on.into(),
        filter.after.map_or(0, |id| id.0).into(),
        limit.into(),
    ];
    areas(reader.query(&LIST, &params)?)
}

/// The clusters next to this one; they may share a group (LC-14).
pub fn neighbours(reader: &mut Reader, id: AreaId) -> Result<Vec<AreaId>, StoreError> {
    let rows = reader.query(&NEIGHBOURS, &[id.into(), NEIGHBOURS_MAX.into()])?;
    rows.into_iter().map(|mut row| row.i64().map(AreaId)).collect()
}

/// Every pair of neighbours in the area of `path`; each pair stands in both directions.
pub fn neighbours_within(reader: &mut Reader, path: &str) -> Result<Vec<(AreaId, AreaId)>, StoreError> {
    let rows = reader.query(&NEIGHBOURS_WITHIN, &[path.into(), NEIGHBOURS_MAX.into()])?;
    rows.into_iter().map(|mut row| Ok((AreaId(row.i64()?), AreaId(row.i64()?)))).collect()
}

/// The households that a commune's clusters are known to have, together.
pub fn households_known(reader: &mut Reader, commune: AreaId) -> Result<i64, StoreError> {
    reader.number(&HOUSEHOLDS_KNOWN, &[commune.into()])
}

/// Adds an area below `parent` (none: a root).
pub fn insert(tx: &mut Tx, parent: Option<&Area>, new: &NewArea) -> Result<Area, StoreError> {
    let id = tx.id();
    let path = format!("{}{id}/", parent.map_or("/", |p| p.path.as_str()));
    let parent_id = parent.map(|p| p.id);
    tx.insert(
        &AREA,
        id,
        vec![
            new.uid.into(),
            new.code.as_str().into(),
            new.name.as_str().into(),
            new.kind.as_str().into(),
            new.level.into(),
            parent_id.into(),
            path.as_str().into(),
            new.valid_from.into(),
            new.valid_to.into(),
            new.time_zone.as_str().into(),
            new.household_count.into(),
            new.head_name.clone().into(),
            fold(&new.name).into(),
        ],
    )?;
    Ok(Area {
        id: AreaId(id),
        uid: new.uid,
        code: new.code.clone(),
        name: new.name.clone(),
        kind: new.kind.clone(),
        level: new.level,
        parent_id,
        path,
        valid_from: new.valid_from,
        valid_to: new.valid_to,
        time_zone: new.time_zone.clone(),
        household_count: new.household_count,
        head_name: new.head_name.clone(),
    })
}

/// Changes what an area is called and who heads it; its id, code and place in the tree stay.
pub fn describe(
    tx: &mut Tx,
    id: AreaId,
    name: &str,
    kind: &str,
    household_count: Option<i64>,
    head_name: Option<&str>,
) -> Result<(), StoreError> {
    tx.change_one(
        &DESCRIBE,
        &[id.into(), name.into(), fold(name).into(), kind.into(), household_count.into(), head_name.into()],
    )
}

/// Says the last day on which the area is in force.
pub fn set_last_day(tx: &mut Tx, id: AreaId, last: Option<Day>) -> Result<(), StoreError> {
    tx.change_one(&END, &[id.into(), last.into()])
}

/// Makes two clusters neighbours, in both directions. Says whether anything was new.
pub fn join_neighbours(tx: &mut Tx, a: AreaId, b: AreaId) -> Result<bool, StoreError> {
    let mut new = false;
    for (from, to) in [(a, b), (b, a)] {
        if a != b && tx.number(&IS_NEIGHBOUR, &[from.into(), to.into()])? == 0 {
            let id = tx.id();
            tx.insert(&AREA_NEIGHBOUR, id, vec![from.into(), to.into()])?;
            new = true;
        }
    }
    Ok(new)
}
