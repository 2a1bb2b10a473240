//! Places: the tree of administrative units and, below the commune, the clusters that operators make.
//!
//! `path` is the chain of ids from the root, `/1/5/9/`; an area lies in another when its path begins with the
//! other's. Codes are reused over the years, so a code is looked up on a day; the id never changes.

use crate::error::StoreError;
use crate::stmt::{change, row, select, stmt};
use crate::tx::{Reader, Tx};
use crate::val::Val;
use rules::fold::fold;
use rules::{AreaId, AreaLevel, Day, Uid, Zone};

/// Areas in one answer that is not paged: every commune, or every cluster, of the largest province.
pub const AREAS_MAX: i64 = 20_000;
/// Levels from the root to a cluster, and then some.
const DEPTH_MAX: i64 = 16;
/// Pairs of neighbours read at once.
const NEIGHBOURS_MAX: i64 = 50_000;

row! {
    /// An administrative unit or a cluster of residents (cụm dân cư) below a commune.
    pub struct Area(AREA = "area", AreaId) {
        uid: Uid,
        code: String,
        /// Official units without the word for their kind ("Mường Tè"), clusters as people say them ("Khu phố 3").
        name: String,
        /// A word of `rules::areas::KINDS`.
        kind: String,
        level: AreaLevel,
        parent_id: Option<AreaId>,
        path: String,
        valid_from: Day,
        /// The last day in force.
        valid_to: Option<Day>,
        time_zone: String,
        household_count: Option<i64>,
        head_name: Option<String>,
        folded_name: String,
    }
}

row! {
    /// Two clusters that lie side by side; each pair stands in both directions.
    pub struct AreaNeighbour(AREA_NEIGHBOUR = "area_neighbour", i64) {
        area_id: AreaId,
        neighbour_id: AreaId,
    }
}

select! {
    BY_ID: AREA = "WHERE area.id = ?1";
    BY_UID: AREA = "WHERE area.uid = ?1";
    // A code that is in force comes before one that was, an official unit before a cluster.
    BY_CODE: AREA = "WHERE area.code = ?1
          AND (CAST(?2 AS TEXT) IS NULL OR (area.valid_from <= ?2 AND (area.valid_to IS NULL OR area.valid_to >= ?2)))
        ORDER BY CASE area.level WHEN 'cluster' THEN 1 ELSE 0 END,
                 CASE WHEN area.valid_to IS NULL THEN 0 ELSE 1 END, area.valid_from DESC, area.id
        LIMIT 1";
    ROOTS: AREA = "WHERE area.parent_id IS NULL ORDER BY area.code, area.id LIMIT ?1";
    CHILDREN: AREA = "WHERE area.parent_id = ?1 ORDER BY area.code, area.id LIMIT ?2";
    BELOW: AREA = "WHERE substr(area.path, 1, length(?1)) = ?1 AND area.level = ?2 ORDER BY area.code, area.id LIMIT ?3";
    SUBTREE: AREA = "WHERE substr(area.path, 1, length(?1)) = ?1 ORDER BY area.id LIMIT ?2";
    // The ids of a path are those of its ancestors; the root's path is the shortest.
    ANCESTORS: AREA = "JOIN (WITH RECURSIVE up (id, above) AS (
            SELECT area.id, area.parent_id FROM area WHERE area.id = ?1
            UNION ALL
            SELECT area.id, area.parent_id FROM area JOIN up ON area.id = up.above
        ) SELECT id FROM up) AS chain ON chain.id = area.id
        WHERE area.id <> ?1 ORDER BY length(area.path) LIMIT ?2";
    CLUSTER_BY_NAME: AREA = "WHERE area.parent_id = ?1 AND area.level = 'cluster' AND area.folded_name = ?2
        ORDER BY CASE WHEN area.valid_to IS NULL THEN 0 ELSE 1 END, area.id LIMIT 1";
    LIST: AREA = "WHERE (CAST(?1 AS TEXT) IS NULL OR substr(area.path, 1, length(?1)) = ?1)
          AND (CAST(?2 AS TEXT) IS NULL OR area.code = ?2)
          AND (CAST(?3 AS BIGINT) IS NULL OR area.parent_id = ?3)
          AND (CAST(?4 AS TEXT) IS NULL OR (area.valid_from <= ?4 AND (area.valid_to IS NULL OR area.valid_to >= ?4)))
          AND area.id > ?5
        ORDER BY area.id LIMIT ?6";
}

stmt! {
    NEIGHBOURS = "SELECT neighbour_id FROM area_neighbour WHERE area_id = ?1 ORDER BY neighbour_id LIMIT ?2";
    NEIGHBOURS_WITHIN = "SELECT n.area_id, n.neighbour_id FROM area_neighbour n JOIN area a ON a.id = n.area_id
        WHERE substr(a.path, 1, length(?1)) = ?1 ORDER BY n.area_id, n.neighbour_id LIMIT ?2";
    IS_NEIGHBOUR = "SELECT COUNT(*) FROM area_neighbour WHERE area_id = ?1 AND neighbour_id = ?2";
    HOUSEHOLDS_KNOWN = "SELECT CAST(SUM(household_count) AS BIGINT) FROM area
        WHERE parent_id = ?1 AND level = 'cluster' AND valid_to IS NULL";
}

change! {
    DESCRIBE: AREA = "SET name = ?2, folded_name = ?3, kind = ?4, household_count = ?5, head_name = ?6 WHERE id = ?1";
    SET_LAST_DAY: AREA = "SET valid_to = ?2 WHERE id = ?1";
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

pub fn by_id(reader: &mut Reader, id: AreaId) -> Result<Option<Area>, StoreError> {
    reader.row(&BY_ID, &[id.into()])
}

pub fn by_uid(reader: &mut Reader, uid: Uid) -> Result<Option<Area>, StoreError> {
    reader.row(&BY_UID, &[uid.into()])
}

/// The area that has this code on the day, or, without a day, the one that has it now or had it last.
pub fn by_code(reader: &mut Reader, code: &str, on: Option<Day>) -> Result<Option<Area>, StoreError> {
    reader.row(&BY_CODE, &[code.into(), on.into()])
}

/// The tops of the trees: one, but for a demo of two letters.
pub fn roots(reader: &mut Reader) -> Result<Vec<Area>, StoreError> {
    reader.rows(&ROOTS, &[AREAS_MAX.into()])
}

/// What lies directly below, by code.
pub fn children(reader: &mut Reader, parent: AreaId) -> Result<Vec<Area>, StoreError> {
    reader.rows(&CHILDREN, &[parent.into(), AREAS_MAX.into()])
}

/// Every area of one level in the area of `path`, itself included, by code.
pub fn below(reader: &mut Reader, path: &str, level: AreaLevel) -> Result<Vec<Area>, StoreError> {
    reader.rows(&BELOW, &[path.into(), level.into(), AREAS_MAX.into()])
}

/// The area of `path` and everything below it, a parent before its children.
pub fn subtree(reader: &mut Reader, path: &str) -> Result<Vec<Area>, StoreError> {
    reader.rows(&SUBTREE, &[path.into(), AREAS_MAX.into()])
}

/// What lies above, from the root down, without the area itself.
pub fn ancestors(reader: &mut Reader, id: AreaId) -> Result<Vec<Area>, StoreError> {
    reader.rows(&ANCESTORS, &[id.into(), DEPTH_MAX.into()])
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
    reader.row(&CLUSTER_BY_NAME, &[commune.into(), fold(name).into()])
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
    reader.rows(&LIST, &params)
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
    let area = Area {
        id: AreaId(id),
        uid: new.uid,
        code: new.code.clone(),
        name: new.name.clone(),
        kind: new.kind.clone(),
        level: new.level,
        parent_id: parent.map(|p| p.id),
        path: format!("{}{id}/", parent.map_or("/", |p| p.path.as_str())),
        valid_from: new.valid_from,
        valid_to: new.valid_to,
        time_zone: new.time_zone.clone(),
        household_count: new.household_count,
        head_name: new.head_name.clone(),
        folded_name: fold(&new.name),
    };
    area.insert(tx)?;
    Ok(area)
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
    tx.change_one(&SET_LAST_DAY, &[id.into(), last.into()])
}

/// Makes two clusters neighbours, in both directions. Says whether anything was new.
pub fn join_neighbours(tx: &mut Tx, a: AreaId, b: AreaId) -> Result<bool, StoreError> {
    let mut new = false;
    for (from, to) in [(a, b), (b, a)] {
        if a != b && tx.number(&IS_NEIGHBOUR, &[from.into(), to.into()])? == 0 {
            let id = tx.id();
            AreaNeighbour { id, area_id: from, neighbour_id: to }.insert(tx)?;
            new = true;
        }
    }
    Ok(new)
}
