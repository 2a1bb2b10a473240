//! Organisations: command centres, health stations, community teams, advice clubs; each attached to an area.

use crate::error::StoreError;
use crate::stmt::{row, select};
use crate::tx::Reader;
use rules::{AreaId, OrganisationId, OrganisationKind, Uid};

/// Organisations in one answer: several per commune of the largest province.
const ORGANISATIONS_MAX: i64 = 5_000;

row! {
    pub struct Organisation(ORGANISATION = "organisation", OrganisationId) {
        uid: Uid,
        area_id: AreaId,
        kind: OrganisationKind,
        name: String,
    }
}

select! {
    BY_ID: ORGANISATION = "WHERE organisation.id = ?1";
    BY_UID: ORGANISATION = "WHERE organisation.uid = ?1";
    BY_NAME: ORGANISATION = "WHERE organisation.area_id = ?1 AND organisation.kind = ?2 AND organisation.name = ?3";
    OF_AREA: ORGANISATION = "WHERE organisation.area_id = ?1
        ORDER BY organisation.kind, organisation.name, organisation.id LIMIT ?2";
    BELOW: ORGANISATION = "JOIN area ON area.id = organisation.area_id
        WHERE substr(area.path, 1, length(?1)) = ?1
        ORDER BY length(area.path), area.code, organisation.kind, organisation.id LIMIT ?2";
}

pub fn by_id(reader: &mut Reader, id: OrganisationId) -> Result<Option<Organisation>, StoreError> {
    reader.row(&BY_ID, &[id.into()])
}

pub fn by_uid(reader: &mut Reader, uid: Uid) -> Result<Option<Organisation>, StoreError> {
    reader.row(&BY_UID, &[uid.into()])
}

pub fn by_name(
    reader: &mut Reader,
    area: AreaId,
    kind: OrganisationKind,
    name: &str,
) -> Result<Option<Organisation>, StoreError> {
    reader.row(&BY_NAME, &[area.into(), kind.into(), name.into()])
}

/// The organisations of this area alone.
pub fn of_area(reader: &mut Reader, area: AreaId) -> Result<Vec<Organisation>, StoreError> {
    reader.rows(&OF_AREA, &[area.into(), ORGANISATIONS_MAX.into()])
}

/// The organisations of the area of `path` and of everything below it, the highest first.
pub fn below(reader: &mut Reader, path: &str) -> Result<Vec<Organisation>, StoreError> {
    reader.rows(&BELOW, &[path.into(), ORGANISATIONS_MAX.into()])
}
