//! Whose work a home is today (việc): a home has one task that runs, and the index of the table sees to it.

use crate::error::StoreError;
use crate::figure::sql;
use crate::stmt::{change, row, select, stmt};
use crate::tx::{Reader, Tx};
use crate::val::FromRow;
use rules::task::{Candidate, Standing};
use rules::{At, Day, GroupId, HouseholdId, StaffId, TaskId, Uid};

row! {
    pub struct Task(TASK = "task", TaskId) {
        uid: Uid,
        household_id: HouseholdId,
        owner_id: StaffId,
        /// The local day for which it was taken on.
        on_day: Day,
        taken_at: At,
        /// Who handed it over; `None` where the owner took it, or the program passed it on.
        given_by: Option<StaffId>,
        put_off_until: Option<At>,
        /// What whoever handed it over or put it off said.
        note: Option<String>,
        ended_at: Option<At>,
    }
}

/// A running task with its owner.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    pub task: Task,
    pub owner: String,
    pub is_owner_there: bool,
}

impl Held {
    pub fn standing(&self) -> Standing {
        Standing {
            owner: self.task.owner_id,
            on: self.task.on_day,
            is_owner_there: self.is_owner_there,
            put_off_until: self.task.put_off_until,
        }
    }
}

const HELD: &str =
    "SELECT task.id, task.uid, task.household_id, task.owner_id, task.on_day, task.taken_at, task.given_by,
       task.put_off_until, task.note, task.ended_at, staff.full_name,
       CASE WHEN staff.ended_at IS NULL AND staff.on_duty = 1 THEN 1 ELSE 0 END
     FROM task JOIN staff ON staff.id = task.owner_id ";

select! {
    OF_OWNER: TASK = "WHERE task.owner_id = ?1 AND task.on_day = ?2 AND task.ended_at IS NULL
        ORDER BY task.id LIMIT ?3";
}

stmt! {
    OF_HOME = sql!(HELD, "WHERE task.household_id = ?1 AND task.ended_at IS NULL");
    AT = sql!(HELD, "JOIN household ON household.id = task.household_id JOIN area ON area.id = household.area_id
          LEFT JOIN area AS cluster ON cluster.id = household.cluster_id
        WHERE task.ended_at IS NULL AND task.on_day = ?2
          AND substr(COALESCE(cluster.path, area.path), 1, length(?1)) = ?1 ORDER BY task.id LIMIT ?3");
    // Homes that are somebody's today, beside each of a group's carers and its leader.
    CARERS = "SELECT staff.id, staff.on_duty, (SELECT COUNT(*) FROM task
            WHERE task.owner_id = staff.id AND task.on_day = ?2 AND task.ended_at IS NULL)
        FROM care_group_carer JOIN staff ON staff.id = care_group_carer.staff_id
        WHERE care_group_carer.care_group_id = ?1 AND care_group_carer.until IS NULL AND staff.ended_at IS NULL
        ORDER BY staff.id LIMIT ?3";
    LEADER = "SELECT staff.id, staff.on_duty, (SELECT COUNT(*) FROM task
            WHERE task.owner_id = staff.id AND task.on_day = ?2 AND task.ended_at IS NULL)
        FROM care_group JOIN staff ON staff.id = care_group.leader_id
        WHERE care_group.id = ?1 AND staff.ended_at IS NULL";
}

change! {
    GIVE: TASK = "SET owner_id = ?2, taken_at = ?3, given_by = ?4, note = ?5, put_off_until = NULL
        WHERE id = ?1 AND ended_at IS NULL";
    PUT_OFF: TASK = "SET put_off_until = ?2, note = ?3 WHERE id = ?1 AND ended_at IS NULL";
    END: TASK = "SET ended_at = ?2 WHERE id = ?1 AND ended_at IS NULL";
}

fn held(mut rows: Vec<crate::val::Row>) -> Result<Vec<Held>, StoreError> {
    rows.iter_mut()
        .map(|row| Ok(Held { task: Task::from_row(row)?, owner: row.text()?, is_owner_there: row.flag()? }))
        .collect()
}

/// The task of a home that runs, whatever its day.
pub fn of_home(reader: &mut Reader, home: HouseholdId) -> Result<Option<Held>, StoreError> {
    Ok(held(reader.query(&OF_HOME, &[home.into()])?)?.pop())
}

/// Tasks of a day at the path and below.
pub fn at(reader: &mut Reader, path: &str, on: Day, limit: i64) -> Result<Vec<Held>, StoreError> {
    held(reader.query(&AT, &[path.into(), on.into(), limit.into()])?)
}

/// What somebody took on for a day.
pub fn of_owner(reader: &mut Reader, owner: StaffId, on: Day, limit: i64) -> Result<Vec<Task>, StoreError> {
    reader.rows(&OF_OWNER, &[owner.into(), on.into(), limit.into()])
}

/// A group's carers and its leader, as those who could stand in.
pub fn candidates(
    reader: &mut Reader,
    group: GroupId,
    on: Day,
    limit: i64,
) -> Result<(Vec<Candidate>, Option<Candidate>), StoreError> {
    let read = |rows: Vec<crate::val::Row>| -> Result<Vec<Candidate>, StoreError> {
        let one = |mut row: crate::val::Row| {
            Ok(Candidate { staff: row.get()?, is_there: row.flag()?, tasks: row.i64()? })
        };
        rows.into_iter().map(one).collect()
    };
    let carers = read(reader.query(&CARERS, &[group.into(), on.into(), limit.into()])?)?;
    let leader = read(reader.query(&LEADER, &[group.into(), on.into()])?)?.pop();
    Ok((carers, leader))
}

/// It is somebody else's from now on.
pub fn give(
    tx: &mut Tx,
    id: TaskId,
    to: StaffId,
    at: At,
    by: Option<StaffId>,
    note: Option<&str>,
) -> Result<(), StoreError> {
    tx.change(&GIVE, &[id.into(), to.into(), at.into(), by.into(), note.into()])?;
    Ok(())
}

/// It is seen to later.
pub fn put_off(tx: &mut Tx, id: TaskId, until: At, note: Option<&str>) -> Result<(), StoreError> {
    tx.change(&PUT_OFF, &[id.into(), until.into(), note.into()])?;
    Ok(())
}

/// It is nobody's any more.
pub fn end(tx: &mut Tx, id: TaskId, at: At) -> Result<(), StoreError> {
    tx.change(&END, &[id.into(), at.into()])?;
    Ok(())
}
