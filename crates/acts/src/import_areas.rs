//! A locality brings units and clusters of its own in one file: new communes after a merger, bản and khu phố with
//! their heads. What a row must look like is `rules::areas`; here it becomes an area, once.

use crate::desk::Desk;
use crate::house::{House, Mint};
use rules::areas::{self, NewArea as Row};
use rules::permission::Verb;
use rules::{AreaLevel, Day, Refusal};
use serde::Serialize;
use std::collections::HashMap;
use store::area::{self, Area, NewArea};
use store::{Reader, Stop, StoreError, Tx};

/// Rows in one transaction (trust.md: imports go in chunks of at most 200).
pub const CHUNK_MAX: usize = 200;

#[derive(Clone, Debug, Default, Serialize)]
pub struct AreasImported {
    pub areas: usize,
    pub created: usize,
    pub changed: usize,
    pub neighbours: usize,
    pub refused: Vec<RefusedLine>,
}

/// A row handed back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefusedLine {
    pub line: usize,
    pub code: String,
    pub detail: String,
}

/// An area as a file or a blueprint says it.
#[derive(Clone, Debug)]
pub(crate) struct Described {
    pub code: String,
    pub name: String,
    pub kind: String,
    pub level: AreaLevel,
    pub parent_code: Option<String>,
    pub valid_from: Option<Day>,
    pub valid_to: Option<Day>,
    /// For a root; everything below has its parent's.
    pub time_zone: Option<String>,
    pub household_count: Option<i64>,
    pub head_name: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Put {
    Created,
    Changed,
    Same,
}

/// Whose words count when an area is known already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// The file's: it is what the operator wants now.
    Overwrite,
    /// The store's: a blueprint only fills what is empty.
    Keep,
}

/// Every area in force, by code.
pub(crate) type Codes = HashMap<String, Area>;

pub(crate) fn codes(reader: &mut Reader) -> Result<Codes, StoreError> {
    let mut codes = Codes::new();
    for found in area::subtree(reader, "/")? {
        // A code in force hides one that was.
        let hidden =
            codes.get(&found.code).is_some_and(|had| had.valid_to.is_none() && found.valid_to.is_some());
        if !hidden {
            codes.insert(found.code.clone(), found);
        }
    }
    Ok(codes)
}

/// Takes the rows of a file; the same file again changes nothing.
pub async fn import_areas(house: &House, desk: &Desk, text: &str) -> Result<AreasImported, Stop> {
    let known = house.store.read(codes).await?;
    let file = areas::read(text, |code| known.get(code).map(|a| a.level));
    let refused = file.refused.into_iter();
    let mut done = AreasImported {
        refused: refused
            .map(|r| RefusedLine { line: r.line, code: r.code.to_owned(), detail: r.detail })
            .collect(),
        ..AreasImported::default()
    };
    for chunk in file.areas.chunks(CHUNK_MAX) {
        let rows = chunk.to_vec();
        let part = house.run(desk, move |tx, desk, mint| take_rows(tx, desk, mint, &rows)).await?;
        done.areas += part.areas;
        done.created += part.created;
        done.changed += part.changed;
        done.refused.extend(part.refused);
    }
    // Neighbours may stand further down than whoever names them.
    for chunk in file.areas.chunks(CHUNK_MAX) {
        let rows = chunk.to_vec();
        done.neighbours += house.run(desk, move |tx, desk, _| join_rows(tx, desk, &rows)).await?;
    }
    done.refused.sort_by_key(|r| r.line);
    Ok(done)
}

fn take_rows(tx: &mut Tx, desk: &Desk, mint: &mut Mint, rows: &[Row]) -> Result<AreasImported, Stop> {
    let mut codes = codes(tx)?;
    let mut done = AreasImported::default();
    for row in rows {
        let described = Described {
            code: row.code.clone(),
            name: row.name.clone(),
            kind: row.kind.to_owned(),
            level: row.level,
            parent_code: row.parent_code.clone(),
            valid_from: row.valid_from,
            valid_to: row.valid_to,
            time_zone: None,
            household_count: row.household_count.map(i64::from),
            head_name: row.head_name.clone(),
        };
        match put(tx, desk, mint, &mut codes, &described, Known::Overwrite) {
            Ok(put) => {
                done.areas += 1;
                done.created += usize::from(put == Put::Created);
                done.changed += usize::from(put == Put::Changed);
            }
            Err(Stop::Refused(refusal)) => done.refused.push(refused_line(row.line, &refusal, &row.code)),
            Err(stop @ Stop::Store(_)) => return Err(stop),
        }
    }
    Ok(done)
}

pub(crate) fn refused_line(line: usize, refusal: &Refusal, value: &str) -> RefusedLine {
    let code = refusal.fields.first().map_or(refusal.code, |f| f.code);
    let field = refusal.fields.first().map(|f| format!("{}: ", f.field)).unwrap_or_default();
    RefusedLine { line, code: code.to_owned(), detail: format!("{field}{value}") }
}

fn join_rows(tx: &mut Tx, desk: &Desk, rows: &[Row]) -> Result<usize, Stop> {
    if rows.iter().all(|row| row.neighbours.is_empty()) {
        return Ok(0);
    }
    let codes = codes(tx)?;
    let mut joined = 0;
    for row in rows {
        joined += join(tx, desk, &codes, &row.code, &row.neighbours)?;
    }
    Ok(joined)
}

/// Makes an area the neighbour of others, as far as all of them are the desk's to manage; returns how many were new.
pub(crate) fn join(
    tx: &mut Tx,
    desk: &Desk,
    codes: &Codes,
    code: &str,
    neighbours: &[String],
) -> Result<usize, Stop> {
    let mut new = 0;
    let Some(from) = codes.get(code).filter(|a| may_put(desk, a.level, &a.path)) else { return Ok(0) };
    for next in neighbours.iter().filter_map(|next| codes.get(next)) {
        if may_put(desk, next.level, &next.path) && area::join_neighbours(tx, from.id, next.id)? {
            new += 1;
        }
    }
    if new > 0 {
        let header = format!("area={} neighbours={new}", from.id.0);
        tx.log(&desk.stamp(), &format!("area:{}", from.id.0), "neighbours_set", &header, "")?;
    }
    Ok(new)
}

fn may_put(desk: &Desk, level: AreaLevel, path: &str) -> bool {
    match level {
        AreaLevel::Cluster => desk.can(Verb::ManageClusters, path) || desk.can(Verb::ManageAreas, path),
        AreaLevel::Province | AreaLevel::District | AreaLevel::Commune => desk.can(Verb::ManageAreas, path),
    }
}

/// Makes the area exist as described. Refuses before it writes: a place in another part of the tree is another area.
pub(crate) fn put(
    tx: &mut Tx,
    desk: &Desk,
    mint: &mut Mint,
    codes: &mut Codes,
    row: &Described,
    known: Known,
) -> Result<Put, Stop> {
    let parent = match &row.parent_code {
        None => None,
        Some(code) => Some(codes.get(code).ok_or_else(|| Refusal::field("parent_code", "unknown_parent"))?),
    };
    let scope = parent.map_or("/", |p| p.path.as_str());
    if !may_put(desk, row.level, scope) {
        return Err(Refusal::field("parent_code", "unknown_parent").into());
    }
    let Some(had) = codes.get(&row.code) else {
        let today = desk.now.day(&parent.map(Area::zone).unwrap_or_default());
        let new = NewArea {
            uid: mint.uid(desk.now),
            code: row.code.clone(),
            name: row.name.clone(),
            kind: row.kind.clone(),
            level: row.level,
            valid_from: row.valid_from.unwrap_or(today),
            valid_to: row.valid_to,
            time_zone: match (parent, &row.time_zone) {
                (Some(parent), _) => parent.time_zone.clone(),
                (None, Some(zone)) => zone.clone(),
                (None, None) => rules::time::DEFAULT_ZONE.to_owned(),
            },
            household_count: row.household_count,
            head_name: row.head_name.clone(),
        };
        let added = area::insert(tx, parent, &new)?;
        let header = format!("area={} code={}", added.id.0, added.code);
        tx.log(&desk.stamp(), &format!("area:{}", added.id.0), "area_added", &header, "")?;
        codes.insert(added.code.clone(), added);
        return Ok(Put::Created);
    };
    if had.level != row.level || had.parent_id != parent.map(|p| p.id) {
        return Err(Refusal::field("code", "area_elsewhere").into());
    }
    let mut now = had.clone();
    match known {
        Known::Overwrite => {
            now.name.clone_from(&row.name);
            now.kind.clone_from(&row.kind);
            now.valid_to = row.valid_to.or(had.valid_to);
            now.household_count = row.household_count.or(had.household_count);
            now.head_name = row.head_name.clone().or(had.head_name.clone());
        }
        Known::Keep => {
            now.household_count = had.household_count.or(row.household_count);
            now.head_name = had.head_name.clone().or(row.head_name.clone());
        }
    }
    if now == *had {
        return Ok(Put::Same);
    }
    area::describe(tx, now.id, &now.name, &now.kind, now.household_count, now.head_name.as_deref())?;
    if now.valid_to != had.valid_to {
        area::set_last_day(tx, now.id, now.valid_to)?;
    }
    let header = format!("area={} code={}", now.id.0, now.code);
    tx.log(&desk.stamp(), &format!("area:{}", now.id.0), "area_changed", &header, "")?;
    now.folded_name = rules::fold::fold(&now.name);
    codes.insert(now.code.clone(), now);
    Ok(Put::Changed)
}
