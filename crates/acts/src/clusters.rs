//! Clusters of residents (bản, thôn, khu phố, tổ …) below a commune. There is no national code for them: operators
//! make them, with a head, a count of households and the clusters next to them (LC-14).

use crate::desk::Desk;
use crate::house::Mint;
use rules::areas::{KINDS, full_name, kind};
use rules::fold::{fold, nfc};
use rules::permission::Verb;
use rules::{AreaId, AreaLevel, Refusal, Uid};
use serde::{Deserialize, Serialize};
use store::area::{self, Area, NewArea};
use store::{Reader, Stop, Tx};

pub const NAME_CHARS_MAX: usize = 120;
/// More households than the largest commune has.
pub const HOUSEHOLDS_MAX: i64 = 100_000;
pub const NEIGHBOURS_MAX: usize = 30;
/// The kind of a cluster whose name says none.
const KIND_OTHER: &str = "cum";

#[derive(Clone, Debug, Default)]
pub struct AddCluster {
    /// The commune's code.
    pub area_code: String,
    pub name: String,
    /// A word of `rules::areas::KINDS` or how people say it ("bản"); empty: what the name says.
    pub kind: String,
    pub head_name: Option<String>,
    pub household_count: Option<i64>,
    /// Names of clusters next to it.
    pub neighbours: Vec<String>,
}

#[derive(Clone, Debug, Default)]
pub struct RenameCluster {
    pub cluster: Option<Uid>,
    pub name: String,
    pub kind: String,
    pub head_name: Option<String>,
    pub household_count: Option<i64>,
    /// Clusters that are next to it from now on too; none is taken away.
    pub neighbours: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ClusterDone {
    pub id: String,
    pub code: String,
    pub name: String,
}

pub fn add_cluster(tx: &mut Tx, desk: &Desk, mint: &mut Mint, cmd: &AddCluster) -> Result<ClusterDone, Stop> {
    let commune = area::by_code(tx, cmd.area_code.trim(), None)?
        .filter(|a| a.level == AreaLevel::Commune && desk.can(Verb::ManageClusters, &a.path))
        .ok_or_else(|| Refusal::field("area", "unknown_area"))?;
    let (name, kind) = checked(&cmd.name, &cmd.kind, cmd.head_name.as_deref(), cmd.household_count)?;
    if area::cluster_by_name(tx, commune.id, &name)?.is_some() {
        return Err(Refusal::conflict("cluster_exists").and_field("name", "taken").with("name", name).into());
    }
    let neighbours = neighbours(tx, &commune, &cmd.neighbours)?;
    let added =
        insert(tx, desk, mint, &commune, &name, kind, cmd.household_count, head(cmd.head_name.as_deref()))?;
    for next in &neighbours {
        area::join_neighbours(tx, added.id, *next)?;
    }
    let header = format!("area={} commune={} neighbours={}", added.id.0, commune.id.0, neighbours.len());
    tx.log(&desk.stamp(), &format!("area:{}", added.id.0), "area_added", &header, "")?;
    Ok(done(&added))
}

pub fn rename_cluster(tx: &mut Tx, desk: &Desk, cmd: &RenameCluster) -> Result<ClusterDone, Stop> {
    let uid = cmd.cluster.ok_or_else(Refusal::not_found)?;
    let cluster =
        area::by_uid(tx, uid)?.filter(|a| a.level == AreaLevel::Cluster).ok_or_else(Refusal::not_found)?;
    desk.may(Verb::ManageClusters, &cluster.path)?;
    let (name, kind) = checked(&cmd.name, &cmd.kind, cmd.head_name.as_deref(), cmd.household_count)?;
    let commune = match cluster.parent_id {
        Some(parent) => area::by_id(tx, parent)?.ok_or_else(Refusal::not_found)?,
        None => return Err(Refusal::not_found().into()),
    };
    if area::cluster_by_name(tx, commune.id, &name)?.is_some_and(|other| other.id != cluster.id) {
        return Err(Refusal::conflict("cluster_exists").and_field("name", "taken").with("name", name).into());
    }
    let neighbours = neighbours(tx, &commune, &cmd.neighbours)?;
    let head = head(cmd.head_name.as_deref());
    let mut changed = false;
    let described = (&name, kind, cmd.household_count, &head);
    if described != (&cluster.name, cluster.kind.as_str(), cluster.household_count, &cluster.head_name) {
        area::describe(tx, cluster.id, &name, kind, cmd.household_count, head.as_deref())?;
        changed = true;
    }
    for next in neighbours {
        changed |= area::join_neighbours(tx, cluster.id, next)?;
    }
    if changed {
        let header = format!("area={}", cluster.id.0);
        tx.log(&desk.stamp(), &format!("area:{}", cluster.id.0), "area_changed", &header, "")?;
    }
    Ok(ClusterDone { id: cluster.uid.to_string(), code: cluster.code, name })
}

/// Adds a cluster that a commune's list names and nobody has made yet (P-7). Its kind is what its name says.
/// Whether the list may bring clusters is the caller's to judge.
pub fn add_proposed(
    tx: &mut Tx,
    desk: &Desk,
    mint: &mut Mint,
    commune: &Area,
    name: &str,
) -> Result<Area, Stop> {
    let (name, kind) = checked(name, "", None, None)?;
    if let Some(known) = area::cluster_by_name(tx, commune.id, &name)? {
        return Ok(known);
    }
    let added = insert(tx, desk, mint, commune, &name, kind, None, None)?;
    let header = format!("area={} commune={} proposed=1", added.id.0, commune.id.0);
    tx.log(&desk.stamp(), &format!("area:{}", added.id.0), "area_added", &header, "")?;
    Ok(added)
}

#[allow(clippy::too_many_arguments)] // One row of `area`, field by field.
fn insert(
    tx: &mut Tx,
    desk: &Desk,
    mint: &mut Mint,
    commune: &Area,
    name: &str,
    kind: &str,
    household_count: Option<i64>,
    head_name: Option<String>,
) -> Result<Area, Stop> {
    let code = next_code(tx, commune)?;
    let new = NewArea {
        uid: mint.uid(desk.now),
        code,
        name: name.to_owned(),
        kind: kind.to_owned(),
        level: AreaLevel::Cluster,
        valid_from: desk.now.day(&commune.zone()),
        valid_to: None,
        time_zone: commune.time_zone.clone(),
        household_count,
        head_name,
    };
    Ok(area::insert(tx, Some(commune), &new)?)
}

/// `03445-07`: the commune's code and the next number that no cluster of it has.
fn next_code(reader: &mut Reader, commune: &Area) -> Result<String, Stop> {
    let last = area::children(reader, commune.id)?
        .iter()
        .filter_map(|c| c.code.strip_prefix(&commune.code)?.strip_prefix('-')?.parse::<u32>().ok())
        .max();
    Ok(format!("{}-{:02}", commune.code, last.unwrap_or(0) + 1))
}

/// The name as it is kept, with its kind in front where it said none, and the kind.
fn checked(
    name: &str,
    written_kind: &str,
    head: Option<&str>,
    households: Option<i64>,
) -> Result<(String, &'static str), Refusal> {
    let name = nfc(name);
    if name.is_empty() {
        return Err(Refusal::field("name", "missing"));
    }
    if name.chars().count() > NAME_CHARS_MAX {
        return Err(Refusal::field("name", "too_long"));
    }
    if head.is_some_and(|head| head.chars().count() > NAME_CHARS_MAX) {
        return Err(Refusal::field("head", "too_long"));
    }
    if households.is_some_and(|n| !(0..=HOUSEHOLDS_MAX).contains(&n)) {
        return Err(Refusal::field("households", "out_of_range"));
    }
    let kind = match fold(written_kind).as_str() {
        "" => kind_of_name(&name).unwrap_or(KIND_OTHER),
        written => kind_written(written).ok_or_else(|| Refusal::field("kind", "unknown_kind"))?,
    };
    let spoken = if kind == KIND_OTHER { name } else { full_name(kind, &name) };
    Ok((spoken, kind))
}

fn kind_written(folded: &str) -> Option<&'static str> {
    let of_clusters = || KINDS.iter().filter(|k| k.level == AreaLevel::Cluster);
    let by_word = kind(&folded.replace(' ', "_")).filter(|k| k.level == AreaLevel::Cluster);
    by_word.or_else(|| of_clusters().find(|k| fold(k.label) == folded)).map(|k| k.word)
}

/// The longest label that the name begins with: "Tổ dân phố 3" is a tổ dân phố.
fn kind_of_name(name: &str) -> Option<&'static str> {
    let name = fold(name);
    KINDS
        .iter()
        .filter(|k| k.level == AreaLevel::Cluster)
        .filter(|k| {
            name.strip_prefix(&fold(k.label)).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        })
        .max_by_key(|k| k.label.len())
        .map(|k| k.word)
}

fn head(written: Option<&str>) -> Option<String> {
    written.map(nfc).filter(|head| !head.is_empty())
}

fn neighbours(reader: &mut Reader, commune: &Area, names: &[String]) -> Result<Vec<AreaId>, Stop> {
    let names: Vec<&String> = names.iter().filter(|name| !name.trim().is_empty()).collect();
    if names.len() > NEIGHBOURS_MAX {
        return Err(Refusal::field("neighbours", "too_many").into());
    }
    let mut found = Vec::new();
    for name in names {
        let next = area::cluster_by_name(reader, commune.id, name)?
            .ok_or_else(|| Refusal::field("neighbours", "unknown_cluster").with("name", name))?;
        found.push(next.id);
    }
    Ok(found)
}

fn done(area: &Area) -> ClusterDone {
    ClusterDone { id: area.uid.to_string(), code: area.code.clone(), name: area.name.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_is_kept_as_people_say_it() {
        let kept = |name: &str, kind: &str| {
            checked(name, kind, None, None).map(|(name, kind)| (name, kind.to_owned()))
        };
        let is = |name: &str, kind: &str| Ok((name.to_owned(), kind.to_owned()));
        assert_eq!(kept("Bản Nậm Hãn", ""), is("Bản Nậm Hãn", "ban"));
        assert_eq!(kept("Nậm Hãn", "bản"), is("Bản Nậm Hãn", "ban"));
        assert_eq!(kept("Tổ dân phố 3", ""), is("Tổ dân phố 3", "to_dan_pho"));
        assert_eq!(kept("3", "to_dan_pho"), is("Tổ dân phố 3", "to_dan_pho"));
        assert_eq!(kept("Chợ Mới", ""), is("Chợ Mới", "cum"));
        assert!(kept(" ", "").is_err() && kept("A", "xã").is_err());
    }
}
