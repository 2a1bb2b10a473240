//! What a form offers to choose from: the communes and clusters somebody may act in, and the staff of a commune.

use super::frame::role_title;
use acts::Desk;
use rules::permission::{self, Verb};
use rules::{AreaLevel, Day, Refusal, Role, StaffId};
use store::area::{self, Area};
use store::staff::{self, Staff};
use store::{Reader, Stop, StoreError};
use views::{Choice, Lang, Link};

/// The communes in which the desk may `verb`; for a hamlet's carer the commune above the hamlet.
pub fn communes(r: &mut Reader, desk: &Desk, verb: Verb) -> Result<Vec<Area>, StoreError> {
    let mut found: Vec<Area> = Vec::new();
    for grant in desk.grants.iter().filter(|g| permission::may(g.role, verb)) {
        let more = match grant.level {
            AreaLevel::Province | AreaLevel::District => area::below(r, &grant.path, AreaLevel::Commune)?,
            AreaLevel::Commune => area::by_id(r, grant.area_id)?.into_iter().collect(),
            AreaLevel::Cluster => match area::by_id(r, grant.area_id)?.and_then(|a| a.parent_id) {
                Some(parent) => area::by_id(r, parent)?.into_iter().collect(),
                None => Vec::new(),
            },
        };
        for commune in more {
            if found.iter().all(|had| had.id != commune.id) {
                found.push(commune);
            }
        }
    }
    let today = day_of(desk);
    found.retain(|a| a.is_in_force(today));
    Ok(found)
}

/// The commune of this code among those of [`communes`], or the first of them.
pub fn chosen<'a>(communes: &'a [Area], code: &str) -> Option<&'a Area> {
    communes.iter().find(|a| a.code == code).or_else(|| communes.first())
}

/// The clusters of a commune in which the desk may `verb`.
pub fn clusters(r: &mut Reader, desk: &Desk, verb: Verb, commune: &Area) -> Result<Vec<Area>, StoreError> {
    let today = day_of(desk);
    let mut found = area::below(r, &commune.path, AreaLevel::Cluster)?;
    found.retain(|c| c.is_in_force(today) && desk.can(verb, &c.path));
    found.sort_by_cached_key(|area| natural(&area.folded_name));
    Ok(found)
}

fn day_of(desk: &Desk) -> Day {
    desk.now.day(&rules::Zone::default())
}

/// "khu pho 2" before "khu pho 10".
fn natural(name: &str) -> (String, u64, String) {
    let at = name.find(|c: char| c.is_ascii_digit()).unwrap_or(name.len());
    let (head, rest) = name.split_at(at);
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, tail) = rest.split_at(end);
    (head.to_owned(), digits.parse().unwrap_or(0), tail.to_owned())
}

pub fn area_choices(areas: &[Area]) -> Vec<Choice> {
    areas.iter().map(|a| Choice::new(a.code.clone(), a.full_name())).collect()
}

/// Clusters by name, which is what the acts take.
pub fn cluster_choices(clusters: &[Area]) -> Vec<Choice> {
    clusters.iter().map(|c| Choice::new(c.name.clone(), c.name.clone())).collect()
}

/// Who works with people in a commune and its clusters: its carers and its station's head, each once.
pub fn caring_staff(r: &mut Reader, commune_path: &str) -> Result<Vec<Staff>, StoreError> {
    let mut found: Vec<Staff> = Vec::new();
    for role in [Role::StationLeader, Role::Carer] {
        for member in staff::with_role_below(r, commune_path, role)? {
            if found.iter().all(|had| had.id != member.id) {
                found.push(member);
            }
        }
    }
    Ok(found)
}

/// [`caring_staff`] as choices by id, with where they work as the hint.
pub fn caring_choices(r: &mut Reader, lang: Lang, commune_path: &str) -> Result<Vec<Choice>, StoreError> {
    let mut choices = Vec::new();
    for member in caring_staff(r, commune_path)? {
        let hint = work_of(r, lang, member.id, commune_path)?;
        let hint = Some(hint).filter(|h| !h.is_empty());
        choices.push(Choice { value: member.uid.to_string(), label: member.full_name, hint });
    }
    Ok(choices)
}

/// "y tế thôn bản, Bản Nậm Hãn": the role somebody holds at a place or below it.
pub fn work_of(r: &mut Reader, lang: Lang, id: StaffId, path: &str) -> Result<String, StoreError> {
    let grants = staff::grants_of(r, id)?;
    let near = grants.iter().find(|g| g.path.starts_with(path)).or_else(|| grants.first());
    let Some(grant) = near else { return Ok(String::new()) };
    let title = role_title(r, lang, grant.role, &grant.path)?;
    Ok(match grant.level {
        AreaLevel::Cluster => format!("{title}, {}", grant.area_name),
        AreaLevel::Commune | AreaLevel::District | AreaLevel::Province => title,
    })
}

/// From the top down to the area itself, each with its page.
pub fn crumbs(
    r: &mut Reader,
    desk: &Desk,
    verb: Verb,
    area: &Area,
    href: impl Fn(&Area) -> String,
) -> Result<Vec<Link>, StoreError> {
    let mut chain = area::ancestors(r, area.id)?;
    chain.push(area.clone());
    chain.retain(|a| desk.can(verb, &a.path));
    if chain.len() < 2 {
        return Ok(Vec::new());
    }
    Ok(chain.iter().map(|a| Link { href: href(a), label: a.full_name() }).collect())
}

/// Whether the desk may `verb` at `path`, or works in one of the clusters below it.
pub fn reaches(desk: &Desk, verb: Verb, path: &str) -> Result<(), Stop> {
    let below = desk
        .grants
        .iter()
        .any(|g| g.level == AreaLevel::Cluster && g.path.starts_with(path) && permission::may(g.role, verb));
    if below || desk.can(verb, path) { Ok(()) } else { Err(Refusal::not_found().into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_sort_as_numbers() {
        let mut names = ["khu pho 10", "khu pho 2", "ban b", "ban a"];
        names.sort_by_key(|n| natural(n));
        assert_eq!(names, ["ban a", "ban b", "khu pho 2", "khu pho 10"]);
    }
}
