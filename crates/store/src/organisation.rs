//! Organisations: command centres, health stations, community teams, advice clubs; each attached to an area.

use crate::error::StoreError;
use crate::stmt::{noun, stmt};
use crate::tx::{Reader, Tx};
use crate::val::Row;
use rules::{AreaId, OrganisationId, OrganisationKind, Uid};

/// Organisations in one answer: several per commune of the largest province.
const ORGANISATIONS_MAX: i64 = 5_000;

noun!(pub ORGANISATION = "organisation" ["uid", "area_id", "kind", "name"]);

macro_rules! columns {
    () => {
        "o.id, o.uid, o.area_id, o.kind, o.name"
    };
}

stmt! {
    BY_ID = concat!("SELECT ", columns!(), " FROM organisation o WHERE o.id = ?1");
    BY_UID = concat!("SELECT ", columns!(), " FROM organisation o WHERE o.uid = ?1");
    BY_NAME = concat!("SELECT ", columns!(), " FROM organisation o WHERE o.area_id = ?1 AND o.kind = ?2 AND o.name = ?3");
    OF_AREA = concat!("SELECT ", columns!(), " FROM organisation o WHERE o.area_id = ?1 ORDER BY o.kind, o.name, o.id LIMIT ?2");
    BELOW = concat!("SELECT ", columns!(), " FROM organisation o JOIN area a ON a.id = o.area_id
        WHERE substr(a.path, 1, length(?1)) = ?1 ORDER BY length(a.path), a.code, o.kind, o.id LIMIT ?2");
}

#[derive(Clone, Debug, PartialEq)]
pub struct Organisation {
    pub id: OrganisationId,
    pub uid: Uid,
    pub area_id: AreaId,
    pub kind: OrganisationKind,
    pub name: String,
}

fn organisation(mut row: Row) -> Result<Organisation, StoreError> {
    Ok(Organisation {
        id: OrganisationId(row.i64()?),
        uid: row.uid()?,
        area_id: AreaId(row.i64()?),
        kind: row.word()?,
        name: row.text()?,
    })
}

pub fn by_id(reader: &mut Reader, id: OrganisationId) -> Result<Option<Organisation>, StoreError> {
    reader.one(&BY_ID, &[id.into()])?.map(organisation).transpose()
}

pub fn by_uid(reader: &mut Reader, uid: Uid) -> Result<Option<Organisation>, StoreError> {
    reader.one(&BY_UID, &[uid.into()])?.map(organisation).transpose()
}

pub fn by_name(
    reader: &mut Reader,
    area: AreaId,
    kind: OrganisationKind,
    name: &str,
) -> Result<Option<Organisation>, StoreError> {
    reader.one(&BY_NAME, &[area.into(), kind.into(), name.into()])?.map(organisation).transpose()
}

/// The organisations of this area alone.
pub fn of_area(reader: &mut Reader, area: AreaId) -> Result<Vec<Organisation>, StoreError> {
    let rows = reader.query(&OF_AREA, &[area.into(), ORGANISATIONS_MAX.into()])?;
    rows.into_iter().map(organisation).collect()
}

/// The organisations of the area of `path` and of everything below it, the highest first.
pub fn below(reader: &mut Reader, path: &str) -> Result<Vec<Organisation>, StoreError> {
    let rows = reader.query(&BELOW, &[path.into(), ORGANISATIONS_MAX.into()])?;
    rows.into_iter().map(organisation).collect()
}

pub fn insert(
    tx: &mut Tx,
    uid: Uid,
    area: AreaId,
    kind: OrganisationKind,
    name: &str,
) -> Result<OrganisationId, StoreError> {
    let id = tx.id();
    tx.insert(&ORGANISATION, id, vec![uid.into(), area.into(), kind.into(), name.into()])?;
    Ok(OrganisationId(id))
}
