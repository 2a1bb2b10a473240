//! What the log says about a person: every entry of the person, the home and the episodes, in order, with the name of
//! who did it. The log itself holds ids only; names are joined when it is read.

use crate::alert::Alert;
use crate::error::StoreError;
use crate::log::decode_content;
use crate::stmt::stmt;
use crate::tx::Reader;
use rules::{At, HouseholdId, PersonId};

stmt! {
    OF_PERSON = "SELECT entry.seq, entry.stream, entry.at, entry.actor, entry.origin, entry.kind, entry.header, content.body, staff.full_name
        FROM entry LEFT JOIN content ON content.seq = entry.seq
          LEFT JOIN staff ON staff.id = CASE WHEN substr(entry.actor, 1, 6) = 'staff:' THEN CAST(substr(entry.actor, 7) AS BIGINT) END
        WHERE entry.stream IN (SELECT CAST(?1 AS TEXT) UNION ALL SELECT CAST(?2 AS TEXT) UNION ALL
            SELECT 'episode:' || CAST(episode.id AS TEXT) FROM episode WHERE episode.person_id = ?3)
          AND entry.kind <> 'person_read'
        ORDER BY entry.seq DESC LIMIT ?4";
    READINGS = "SELECT entry.seq, entry.stream, entry.at, entry.actor, entry.origin, entry.kind, entry.header, content.body, staff.full_name
        FROM entry LEFT JOIN content ON content.seq = entry.seq
          LEFT JOIN staff ON staff.id = CASE WHEN substr(entry.actor, 1, 6) = 'staff:' THEN CAST(substr(entry.actor, 7) AS BIGINT) END
        WHERE entry.stream = ?1 AND entry.kind = 'person_read' ORDER BY entry.seq DESC LIMIT ?2";
    OF_ALERT = "SELECT entry.seq, entry.stream, entry.at, entry.actor, entry.origin, entry.kind, entry.header, content.body, staff.full_name
        FROM entry LEFT JOIN content ON content.seq = entry.seq
          LEFT JOIN staff ON staff.id = CASE WHEN substr(entry.actor, 1, 6) = 'staff:' THEN CAST(substr(entry.actor, 7) AS BIGINT) END
        WHERE entry.stream IN (SELECT CAST(?1 AS TEXT) UNION ALL
            SELECT 'episode:' || CAST(episode.id AS TEXT) FROM episode WHERE episode.household_id = ?2)
          AND substr(entry.header, 1, length(?3)) = ?3
        ORDER BY entry.seq LIMIT ?4";
}

/// One line of a timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub seq: i64,
    pub stream: String,
    pub at: At,
    pub actor: String,
    /// The name of the member of staff who did it, if one did.
    pub actor_name: Option<String>,
    pub origin: String,
    pub kind: String,
    pub header: String,
    /// Words that were said or given as a reason.
    pub note: String,
}

fn lines(rows: Vec<crate::val::Row>) -> Result<Vec<Line>, StoreError> {
    rows.into_iter()
        .map(|mut row| {
            let (seq, stream, at) = (row.i64()?, row.text()?, row.at()?);
            let (actor, origin, kind, header) = (row.text()?, row.text()?, row.text()?, row.text()?);
            let note =
                row.opt_bytes()?.and_then(|b| decode_content(&b)).map(|(note, _)| note).unwrap_or_default();
            Ok(Line { seq, stream, at, actor, actor_name: row.opt_text()?, origin, kind, header, note })
        })
        .collect()
}

/// Everything that happened to a person, newest first.
pub fn of_person(
    reader: &mut Reader,
    person: PersonId,
    home: HouseholdId,
    limit: i64,
) -> Result<Vec<Line>, StoreError> {
    let params = [
        format!("person:{}", person.0).into(),
        format!("household:{}", home.0).into(),
        person.into(),
        limit.into(),
    ];
    lines(reader.query(&OF_PERSON, &params)?)
}

/// What happened to an alarm, in order. A home has one alarm of a cause, so its entries may stand in the episodes of
/// everybody at home; each begins with the alarm's number.
pub fn of_alert(reader: &mut Reader, alert: &Alert, limit: i64) -> Result<Vec<Line>, StoreError> {
    let params = [
        format!("episode:{}", alert.episode_id.0).into(),
        alert.household_id.into(),
        format!("alert={} ", alert.id.0).into(),
        limit.into(),
    ];
    lines(reader.query(&OF_ALERT, &params)?)
}

/// Who looked at a person, newest first.
pub fn readings(reader: &mut Reader, person: PersonId, limit: i64) -> Result<Vec<Line>, StoreError> {
    lines(reader.query(&READINGS, &[format!("person:{}", person.0).into(), limit.into()])?)
}
