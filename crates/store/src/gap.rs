//! Gaps (chưa được quản lý, giám sát): whatever is missing from a person's care, computed from the facts each time it is
//! asked, so that the board cannot forget anybody (LC-10, invariant 1). The rule is `rules::gap`; the statements here
//! are its selection by index, and a test holds the two against each other.

use std::collections::HashMap;

use crate::error::StoreError;
use crate::figure::{self, sql};
use crate::stmt::stmt;
use crate::tx::Reader;
use crate::val::Row;
use rules::gap::{self, AlarmFacts, EpisodeFacts, Gap, GroupFacts, HouseholdFacts};
use rules::{AreaId, Arrangement, At, EpisodeId, EpisodeState, GapKind, GapLevel, GroupId, StaffId, Uid};

/// More offices than all communes and districts of the country.
const OWNERS_MAX: i64 = 20_000;

/// Everything the rule asks about an episode, its home and its group, in one row.
const FACTS: &str = "SELECT episode.id, episode.uid, person.full_name, area.id, area.code, area.name, cluster.name,
       COALESCE(cluster.path, area.path), locality.first_contact_hours,
       episode.registered_at, household.phones, episode.first_contact, episode.first_contact_due_at,
       episode.cluster_id, household.care_group_id,
       (SELECT MAX(membership.left_at) FROM membership WHERE membership.household_id = household.id),
       (SELECT MAX(address_point.changed_at) FROM address_point
         WHERE address_point.household_id = household.id AND address_point.state = 'wrong'),
       episode.arrangement, household.visitor, household.second_visitor, household.visitor_at,
       care_group.leader_id, care_group.leader_changed_at, care_group.created_at, leader.full_name, leader.on_duty,
       leader.duty_changed_at, carers.on_duty, carers.changed_at, household.carer_id, carer.full_name,
       care_group.uid, care_group.name, household.id, household.address,
       (SELECT MIN(alert.acknowledge_by) FROM alert WHERE alert.episode_id = episode.id AND alert.state = 'open'),
       (SELECT MIN(alert.told) FROM alert WHERE alert.episode_id = episode.id AND alert.state = 'open'),
       episode.next_contact_at,
       CASE WHEN EXISTS (SELECT 1 FROM protocol_adoption WHERE protocol_adoption.slots IS NOT NULL) THEN 1 ELSE 0 END,
       (SELECT MIN(conversation.answer_by) FROM conversation WHERE conversation.household_id = household.id)
     FROM episode JOIN person ON person.id = episode.person_id
       JOIN household ON household.id = episode.household_id
       JOIN area ON area.id = episode.area_id
       LEFT JOIN locality ON area.path LIKE '/' || CAST(locality.area_id AS TEXT) || '/%'
       LEFT JOIN area AS cluster ON cluster.id = episode.cluster_id
       LEFT JOIN care_group ON care_group.id = household.care_group_id
       LEFT JOIN staff AS leader ON leader.id = care_group.leader_id
       LEFT JOIN staff AS carer ON carer.id = household.carer_id
       LEFT JOIN (SELECT care_group_carer.care_group_id AS group_id, MAX(staff.on_duty) AS on_duty,
           MAX(staff.duty_changed_at) AS changed_at
         FROM care_group_carer JOIN staff ON staff.id = care_group_carer.staff_id
         WHERE care_group_carer.until IS NULL GROUP BY care_group_carer.care_group_id) AS carers
         ON carers.group_id = care_group.id ";

stmt! {
    OF_EPISODE = sql!(FACTS, "WHERE episode.id = ?1 AND episode.state = 'open'");
    // The page's episodes are found first and their facts asked afterwards, for the page alone. What a group lacks is found
    // once for each group. `+e.id`: a commune's
    // board starts from the commune, not from the oldest episode of the country.
    WITH_GAP = sql!(
        FACTS,
        "WHERE episode.id IN (SELECT e.id FROM episode AS e JOIN household AS h ON h.id = e.household_id
            JOIN area AS commune ON commune.id = e.area_id LEFT JOIN area AS within ON within.id = e.cluster_id
          WHERE e.state = 'open' AND +e.id > ?3
            AND e.area_id IN (SELECT scope.id FROM area AS scope
              WHERE substr(scope.path, 1, length(?1)) = ?1 OR scope.path = ?5)
            AND substr(COALESCE(within.path, commune.path), 1, length(?1)) = ?1
            AND (", figure::UNPLACED, " OR h.care_group_id IN (SELECT g.id FROM care_group AS g WHERE ", figure::GROUP_GAP, ")
              OR ", figure::UNREACHABLE, " OR ", figure::NO_SECOND_VISITOR, " OR ", figure::ALARM_UNACKNOWLEDGED, " OR ", figure::UNANSWERED, " OR ", figure::FIRST_CONTACT_OVERDUE, " OR ",
        figure::SILENT, " OR ", figure::NEXT_CONTACT_MISSING, " OR ", figure::NO_CLUSTER, "
              OR NOT EXISTS (SELECT 1 FROM locality AS governed WHERE governed.first_contact_hours IS NOT NULL
                AND commune.path LIKE '/' || CAST(governed.area_id AS TEXT) || '/%'))
          ORDER BY +e.id LIMIT ?4)
        ORDER BY episode.id"
    );
    HOLDERS = "SELECT staff_grant.area_id, staff.id, staff.full_name FROM staff_grant
        JOIN staff ON staff.id = staff_grant.staff_id
        WHERE staff_grant.revoked_at IS NULL AND staff.ended_at IS NULL
          AND staff_grant.role IN ('commune_leader', 'district_officer')
        ORDER BY staff_grant.id LIMIT ?1";
    ALL_OPEN = sql!(
        FACTS,
        "WHERE episode.id IN (SELECT e.id FROM episode AS e WHERE e.state = 'open' AND +e.id > ?2
            AND e.area_id IN (SELECT scope.id FROM area AS scope WHERE substr(scope.path, 1, length(?1)) = ?1)
          ORDER BY +e.id LIMIT ?3)
        ORDER BY episode.id"
    );
}

/// An open episode with what is missing from its care.
#[derive(Clone, Debug, PartialEq)]
pub struct EpisodeGaps {
    pub id: EpisodeId,
    pub uid: Uid,
    pub full_name: String,
    pub area_id: AreaId,
    pub area_code: String,
    pub area_name: String,
    pub cluster: Option<String>,
    pub path: String,
    pub household_id: i64,
    pub address: String,
    pub group_uid: Option<Uid>,
    pub group_name: Option<String>,
    pub leader: Option<(StaffId, String)>,
    pub carer: Option<(StaffId, String)>,
    pub gaps: Vec<Gap>,
}

fn read(row: &mut Row, now: At) -> Result<EpisodeGaps, StoreError> {
    let (id, uid, full_name) = (row.get()?, row.get()?, row.get()?);
    let (area_id, area_code, area_name, cluster, path) =
        (row.get()?, row.get()?, row.get()?, row.get()?, row.get()?);
    let hours: Option<i64> = row.get()?;
    let hours = hours.and_then(|h| u16::try_from(h).ok());
    let registered_at: At = row.get()?;
    let phones: String = row.get()?;
    let (first_contact, first_contact_due_at) = (row.get()?, row.get()?);
    let (cluster_id, group): (Option<AreaId>, Option<GroupId>) = (row.get()?, row.get()?);
    let (ungrouped_since, phoneless_since) = (row.get()?, row.get()?);
    let arrangement: Arrangement = row.get()?;
    let (visitor, second, arranged_at): (Option<String>, Option<String>, Option<At>) =
        (row.get()?, row.get()?, row.get()?);
    let (leader_id, leader_changed, group_made): (Option<StaffId>, Option<At>, Option<At>) =
        (row.get()?, row.get()?, row.get()?);
    let (leader_name, leader_duty, leader_duty_at): (Option<String>, Option<bool>, Option<At>) =
        (row.get()?, row.get()?, row.get()?);
    let (carers_duty, carers_at): (Option<bool>, Option<At>) = (row.get()?, row.get()?);
    let (carer_id, carer_name): (Option<StaffId>, Option<String>) = (row.get()?, row.get()?);
    let (group_uid, group_name) = (row.get()?, row.get()?);
    let (household_id, address) = (row.get()?, row.get()?);
    let (acknowledge_by, told): (Option<At>, Option<GapLevel>) = (row.get()?, row.get()?);

    let (next_contact_at, has_slots, answer_by) = (row.get()?, row.get()?, row.get()?);

    let has_phone = !phones.is_empty();
    let episode = EpisodeFacts {
        state: EpisodeState::Open,
        registered_at,
        has_phone,
        first_contact,
        first_contact_due_at,
        next_contact_at,
        has_slots,
        answer_by,
        alarm: acknowledge_by.zip(told).map(|(acknowledge_by, told)| AlarmFacts { acknowledge_by, told }),
    };
    let home = HouseholdFacts {
        cluster: cluster_id,
        group,
        ungrouped_since,
        has_phone,
        phoneless_since,
        // A visitor is named for the home, whoever of it was asked.
        arrangement: if visitor.is_some() { Arrangement::Visitor } else { arrangement },
        visitors: u8::from(visitor.is_some()) + u8::from(second.is_some()),
        arranged_at,
    };
    // Nobody on duty since the last of them went, and not before the group was there.
    let unattended_since = leader_duty_at.max(carers_at).max(leader_changed).max(group_made);
    let attended = leader_duty == Some(true) || carers_duty == Some(true);
    let group_facts = group.map(|_| GroupFacts {
        leader: leader_id,
        leaderless_since: leader_changed,
        attended,
        unattended_since: if attended { None } else { unattended_since },
    });
    let gaps = gap::gaps(&episode, &home, group_facts.as_ref(), hours, now);
    Ok(EpisodeGaps {
        id,
        uid,
        full_name,
        area_id,
        area_code,
        area_name,
        cluster,
        path,
        household_id,
        address,
        group_uid,
        group_name,
        leader: leader_id.zip(leader_name),
        carer: carer_id.zip(carer_name),
        gaps,
    })
}

/// What is missing from one episode's care: nothing from a closed one.
pub fn of_episode(reader: &mut Reader, id: EpisodeId, now: At) -> Result<Vec<GapKind>, StoreError> {
    match reader.one(&OF_EPISODE, &[id.into()])? {
        Some(mut row) => Ok(read(&mut row, now)?.gaps.into_iter().map(|g| g.kind).collect()),
        None => Ok(Vec::new()),
    }
}

pub fn episode_gaps(reader: &mut Reader, id: EpisodeId, now: At) -> Result<Option<EpisodeGaps>, StoreError> {
    reader.one(&OF_EPISODE, &[id.into()])?.map(|mut row| read(&mut row, now)).transpose()
}

/// Open episodes with gaps in the area at `path` and below, after the id `after`. `commune_path` is the path of the
/// commune above a cluster, or `path` itself.
pub fn board(
    reader: &mut Reader,
    path: &str,
    commune_path: &str,
    now: At,
    after: EpisodeId,
    limit: i64,
) -> Result<Vec<EpisodeGaps>, StoreError> {
    let params = [path.into(), now.into(), after.into(), limit.into(), commune_path.into()];
    reader.query(&WITH_GAP, &params)?.iter_mut().map(|row| read(row, now)).collect()
}

/// Every open episode with its gaps, none left out: what [`board`] is checked against.
pub fn recompute(
    reader: &mut Reader,
    path: &str,
    now: At,
    after: EpisodeId,
    limit: i64,
) -> Result<Vec<EpisodeGaps>, StoreError> {
    reader
        .query(&ALL_OPEN, &[path.into(), after.into(), limit.into()])?
        .iter_mut()
        .map(|row| read(row, now))
        .collect()
}

/// Who answers for the communes and districts: a gap that went past the group's leader is theirs by name.
pub struct Owners(HashMap<AreaId, (StaffId, String)>);

impl Owners {
    /// One question for a whole board.
    pub fn load(reader: &mut Reader) -> Result<Owners, StoreError> {
        let mut holders = HashMap::new();
        for mut row in reader.query(&HOLDERS, &[OWNERS_MAX.into()])? {
            let (area, holder) = (row.get()?, (row.get()?, row.text()?));
            // The first who was given the office answers; a deputy does not take it over.
            holders.entry(area).or_insert(holder);
        }
        Ok(Owners(holders))
    }

    /// Who owns a gap by now: the household's carer or the group's leader, then the commune's leader, then the
    /// district's officer. `None` where nobody holds the office.
    pub fn of(&self, item: &EpisodeGaps, gap: &Gap) -> Option<(StaffId, String)> {
        match gap.level {
            GapLevel::Leader => item.leader.clone().or_else(|| item.carer.clone()),
            GapLevel::Commune => self.0.get(&item.area_id).cloned(),
            GapLevel::District => {
                let above = item.path.split('/').filter_map(|id| Some(AreaId(id.parse().ok()?)));
                let above = above.take_while(|id| *id != item.area_id);
                above.filter_map(|id| self.0.get(&id)).last().cloned()
            }
        }
    }
}
