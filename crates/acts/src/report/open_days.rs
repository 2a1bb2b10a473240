//! The reporting days are opened: when a locality is set up, when its units or its clock changed, and by each lock.

use super::schedule_of;
use crate::desk::Desk;
use crate::house::{House, Mint};
use rules::{At, ReportId};
use std::collections::HashSet;
use store::locality::{self, Locality};
use store::report::{self, NOT_BEGUN, Report, ReportDay};
use store::{Stamp, Stop, StoreError, Tx};

/// Days that may be open or drafted at once.
const UNLOCKED_MAX: i64 = 10;

/// Makes sure that every locality has its open day and the next one, with a draft for every unit. What is there
/// stays; the window of a new locality opens here.
pub async fn open_days(house: &House, desk: &Desk) -> Result<(), Stop> {
    let localities = house.store.read(locality::all).await?;
    for place in localities {
        house.run(desk, move |tx, desk, mint| open(tx, &desk.stamp(), mint, &place, desk.now)).await?;
    }
    Ok(())
}

fn open(tx: &mut Tx, stamp: &Stamp, mint: &mut Mint, place: &Locality, now: At) -> Result<(), Stop> {
    let (schedule, zone) = (schedule_of(place), place.zone());
    let mut added = 0;
    let open = match report::open_day(tx, place.area_id)? {
        Some(open) => open,
        None => {
            added += 1;
            let first_seq = tx.next_seq();
            report::add_day(tx, place.area_id, schedule.open_day(now, &zone), &schedule, &zone, first_seq)?
        }
    };
    let (next, new) = next_day(tx, place, &open)?;
    added += i64::from(new);
    for day in report::unlocked_of(tx, place.area_id, UNLOCKED_MAX)? {
        added += i64::from(report::set_times(tx, &day, &schedule, &zone)?);
    }
    for day in [&open, &next] {
        added += drafts(tx, mint, place, day, now)?;
    }
    if added > 0 {
        let header = format!("area={} on={} next={}", place.area_id.0, open.on_day, next.on_day);
        tx.log(stamp, &stream(place), "report_days_opened", &header, "")?;
    }
    Ok(())
}

/// The stream of what happens to a locality's report days.
pub(crate) fn stream(place: &Locality) -> String {
    format!("area:{}", place.area_id.0)
}

/// The day after, added if need be; its window is opened by the lock of this one. Also says whether it is new.
pub(crate) fn next_day(
    tx: &mut Tx,
    place: &Locality,
    day: &ReportDay,
) -> Result<(ReportDay, bool), StoreError> {
    let on = day.on_day.plus(1);
    match report::day_on(tx, place.area_id, on)? {
        Some(next) => Ok((next, false)),
        None => {
            let (schedule, zone) = (schedule_of(place), place.zone());
            Ok((report::add_day(tx, place.area_id, on, &schedule, &zone, NOT_BEGUN)?, true))
        }
    }
}

/// Adds a draft for every unit that has none, in the order of the tree and its codes. Says how many were added.
pub(crate) fn drafts(
    tx: &mut Tx,
    mint: &mut Mint,
    place: &Locality,
    day: &ReportDay,
    now: At,
) -> Result<i64, StoreError> {
    let had: HashSet<_> = report::reported(tx, day.id)?.into_iter().collect();
    let mut added = 0;
    for unit in report::units_on(tx, &place.path, day.on_day)? {
        if !had.contains(&unit.id) {
            let id = ReportId(tx.id());
            Report::draft(id, mint.uid(now), &unit, day).insert(tx)?;
            added += 1;
        }
    }
    Ok(added)
}
