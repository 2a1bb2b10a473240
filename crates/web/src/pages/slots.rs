//! When somebody was heard of, slot by slot with its holes, and by when they are to be heard of next (LC-10, X-3).

use super::about::Record;
use super::pen::Pen;
use rules::slots::{self, Heard};
use rules::{At, EpisodeState, Zone};
use store::{Reader, StoreError, checkin, protocol};
use views::Tone;
use views::formats;
use views::pages::person::{SlotDay, SlotMark, SlotsCard};

/// Days on the page, today and those before it.
const DAYS: i64 = 3;
/// Times at which one person was heard of in those days.
const HEARD_MAX: i64 = 500;

/// For a person under care where a protocol says when they are to be heard of.
pub fn card(r: &mut Reader, pen: &Pen, record: &Record) -> Result<Option<SlotsCard>, StoreError> {
    let item = &record.item;
    let Some(held) = protocol::slots(r, &item.path)? else { return Ok(None) };
    if item.state != EpisodeState::Open {
        return Ok(None);
    }
    let zone = record.area.zone();
    let today = pen.now.day(&zone);
    let first = today.plus(1 - DAYS);
    let heard = checkin::heard(r, item.id, first.start(&zone), HEARD_MAX)?;
    let mut days = Vec::new();
    for back in (0..DAYS).rev() {
        let day = today.plus(-back);
        let found = slots::day_of(&held, item.kind, day, &zone, item.registered_at, &heard);
        if !found.is_empty() {
            let marks = found.iter().map(|slot| mark(pen, slot, &zone)).collect();
            days.push(SlotDay { day: formats::short_date(day), marks });
        }
    }
    Ok(Some(SlotsCard {
        heard: item.heard_at.map(|at| pen.when(at)),
        next: item.next_contact_at.map(|at| pen.due(at)),
        is_silent: slots::is_silent(item.next_contact_at, pen.now),
        days,
    }))
}

fn mark(pen: &Pen, slot: &Heard, zone: &Zone) -> SlotMark {
    let clock = |at: At| formats::time(at, zone);
    let (words, tone) = match slot.at {
        Some(at) => (clock(at), Tone::Ok),
        None if pen.now < slot.due.to => (pen.t("slot-ahead"), Tone::Plain),
        None if pen.now < slot.due.late_at => (pen.t("slot-late"), Tone::Warn),
        None => (pen.t("slot-missed"), Tone::Danger),
    };
    SlotMark { hours: format!("{}–{}", clock(slot.due.from), clock(slot.due.to)), words, tone }
}
