//! What a leader looks at: who of a commune's people is getting worse, and how much each of its carers has.

use crate::error::StoreError;
use crate::stmt::stmt;
use crate::tx::Reader;
use rules::{AreaId, At, Day, EpisodeId, Level, StaffId, Uid};

/// The gravest first.
macro_rules! rank {
    ($of:literal) => {
        concat!(
            "CASE ",
            $of,
            ".level WHEN 'emergency' THEN 0 WHEN 'urgent' THEN 1 WHEN 'watch' THEN 2 WHEN 'repeat' THEN 3 ELSE 4 END"
        )
    };
}

stmt! {
    WORSE = concat!("SELECT episode.id, newest.level, earlier.level, newest.made_at FROM episode
          JOIN checkin AS newest ON newest.id = (SELECT c.id FROM checkin AS c WHERE c.episode_id = episode.id
            ORDER BY c.made_at DESC, c.id DESC LIMIT 1)
          JOIN checkin AS earlier ON earlier.id = (SELECT c.id FROM checkin AS c
            WHERE c.episode_id = episode.id AND c.id <> newest.id ORDER BY c.made_at DESC, c.id DESC LIMIT 1)
        WHERE episode.area_id = ?1 AND episode.state = 'open' AND newest.made_at >= ?2 AND ",
        rank!("newest"), " < ", rank!("earlier"), " ORDER BY ", rank!("newest"), ", newest.made_at DESC, episode.id LIMIT ?3");
    CARERS = "SELECT staff.id, staff.uid, staff.full_name, staff.on_duty,
          (SELECT COUNT(*) FROM household WHERE household.area_id = ?1 AND household.carer_id = staff.id
            AND EXISTS (SELECT 1 FROM episode WHERE episode.household_id = household.id AND episode.state = 'open')),
          (SELECT COUNT(*) FROM household JOIN episode ON episode.household_id = household.id
            WHERE household.area_id = ?1 AND household.carer_id = staff.id AND episode.state = 'open'
              AND (episode.next_contact_at <= ?4 OR (episode.first_contact <> 'advised' AND episode.first_contact_due_at <= ?4))),
          (SELECT COUNT(*) FROM task JOIN household ON household.id = task.household_id
            WHERE task.owner_id = staff.id AND task.on_day = ?3 AND task.ended_at IS NULL AND household.area_id = ?1),
          (SELECT COUNT(*) FROM alert JOIN household ON household.id = alert.household_id
            WHERE alert.acknowledged_by = staff.id AND alert.state = 'acknowledged' AND household.area_id = ?1)
        FROM staff WHERE staff.ended_at IS NULL AND EXISTS (SELECT 1 FROM staff_grant JOIN area ON area.id = staff_grant.area_id
            WHERE staff_grant.staff_id = staff.id AND staff_grant.revoked_at IS NULL
              AND staff_grant.role IN ('carer', 'station_leader') AND substr(area.path, 1, length(?2)) = ?2)
        ORDER BY staff.full_name, staff.id LIMIT ?5";
    UNCARED = "SELECT COUNT(*) FROM household WHERE household.area_id = ?1 AND household.carer_id IS NULL
          AND EXISTS (SELECT 1 FROM episode WHERE episode.household_id = household.id AND episode.state = 'open')";
    OF_NOBODY = "SELECT MIN(episode.id) FROM household JOIN episode ON episode.household_id = household.id
        WHERE household.area_id = ?1 AND household.carer_id IS NULL AND episode.state = 'open'
        GROUP BY household.id ORDER BY household.id LIMIT ?2";
    OF_CARER = "SELECT MIN(episode.id) FROM household JOIN episode ON episode.household_id = household.id
        WHERE household.area_id = ?1 AND household.carer_id = ?2 AND episode.state = 'open'
        GROUP BY household.id ORDER BY household.id LIMIT ?3";
}

/// Somebody whose last answer was graver than the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Worse {
    pub episode: EpisodeId,
    pub level: Level,
    pub before: Level,
    pub made_at: At,
}

/// Who of a commune answered since `since` and was worse than the time before, the gravest first.
pub fn worse(reader: &mut Reader, commune: AreaId, since: At, limit: i64) -> Result<Vec<Worse>, StoreError> {
    let mut found = Vec::new();
    for mut row in reader.query(&WORSE, &[commune.into(), since.into(), limit.into()])? {
        found.push(Worse { episode: row.get()?, level: row.get()?, before: row.get()?, made_at: row.get()? });
    }
    Ok(found)
}

/// How much somebody has.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    pub staff: StaffId,
    pub uid: Uid,
    pub full_name: String,
    pub on_duty: bool,
    /// Homes with somebody under care that are in their care.
    pub homes: i64,
    /// People of those homes who were to be contacted, or heard of, by now.
    pub overdue: i64,
    /// Homes whose work of today they took on.
    pub tasks: i64,
    /// Alarms that they have.
    pub alarms: i64,
}

/// The carers and station heads of a commune, by name.
pub fn carers(
    reader: &mut Reader,
    commune: (AreaId, &str),
    today: Day,
    now: At,
    limit: i64,
) -> Result<Vec<Load>, StoreError> {
    let params = [commune.0.into(), commune.1.into(), today.into(), now.into(), limit.into()];
    let mut found = Vec::new();
    for mut row in reader.query(&CARERS, &params)? {
        found.push(Load {
            staff: row.get()?,
            uid: row.get()?,
            full_name: row.text()?,
            on_duty: row.flag()?,
            homes: row.i64()?,
            overdue: row.i64()?,
            tasks: row.i64()?,
            alarms: row.i64()?,
        });
    }
    Ok(found)
}

/// Homes with somebody under care that are in nobody's care by name.
pub fn uncared(reader: &mut Reader, commune: AreaId) -> Result<i64, StoreError> {
    match reader.one(&UNCARED, &[commune.into()])? {
        Some(mut row) => row.i64(),
        None => Ok(0),
    }
}

/// One open episode of each home in somebody's care; `None` = in nobody's.
pub fn of_carer(
    reader: &mut Reader,
    commune: AreaId,
    carer: Option<StaffId>,
    limit: i64,
) -> Result<Vec<EpisodeId>, StoreError> {
    let rows = match carer {
        Some(carer) => reader.query(&OF_CARER, &[commune.into(), carer.into(), limit.into()])?,
        None => reader.query(&OF_NOBODY, &[commune.into(), limit.into()])?,
    };
    rows.into_iter().map(|mut row| row.get()).collect()
}
