//! Whose care may end, or would if something were done: who has been under care for as long as the protocol's shortest way
//! asks, with what is missing. Nobody stays isolated because nobody looked.

use crate::adopt_protocol::Shelf;
use crate::end_episode::{self, Outlook};
use crate::scene;
use rules::protocol::Protocol;
use rules::{At, EpisodeKind, Zone};
use std::sync::Arc;
use store::episode::{self, EpisodeItem, FoundBy};
use store::{Reader, Stop};

/// People whose outlook one list asks for; whoever was registered later waits for the next.
pub const LOOKED_AT_MAX: usize = 300;

/// Somebody, and how far they are.
pub struct Ending {
    pub item: EpisodeItem,
    pub outlook: Outlook,
}

impl Ending {
    /// Nothing is missing but who certifies.
    pub fn is_open(&self) -> bool {
        self.outlook.missing.is_empty()
    }

    /// A test, or the test and a word from them, is all that is missing.
    pub fn needs_test(&self) -> bool {
        let missing = &self.outlook.missing;
        missing.contains(&"release_needs_test")
            && missing.iter().all(|code| {
                matches!(*code, "release_needs_test" | "release_not_recent" | "release_unreached")
            })
    }
}

/// Who is far enough.
pub struct Listed {
    /// Who may go first, then who needs a test, then the others; the earliest day first.
    pub endings: Vec<Ending>,
    /// There are more than were looked at.
    pub more: bool,
    pub protocol: Option<Arc<Protocol>>,
}

/// The areas that are asked about: an area's or a cluster's path, and that of the commune above a cluster, or the same.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub path: &'a str,
    pub commune_path: &'a str,
    pub zone: &'a Zone,
}

/// Who is far enough by the days alone, by kind: the shortest way of the protocol in force.
fn asked<'a>(
    reader: &mut Reader,
    shelf: &Shelf,
    place: Place<'a>,
    now: At,
) -> Result<(Vec<FoundBy<'a>>, Option<Arc<Protocol>>), Stop> {
    let Some((_, protocol)) = shelf.in_force(reader, place.commune_path)? else {
        return Ok((Vec::new(), None));
    };
    let mut found = Vec::new();
    for kind in [EpisodeKind::Case, EpisodeKind::Contact] {
        let clauses = protocol.release.as_ref().map_or(&[][..], |rules| rules.of(kind));
        let Some(days) = clauses.iter().map(|clause| clause.from_day).min() else { continue };
        let day = now.day(place.zone).plus(-days);
        let until = day.plus(1).at_minute(0, place.zone);
        found.push(FoundBy { path: place.path, commune_path: place.commune_path, kind, day, until });
    }
    Ok((found, Some(protocol)))
}

/// How many have been under care for as long as the shortest way asks.
pub fn count(reader: &mut Reader, shelf: &Shelf, place: Place<'_>, now: At) -> Result<i64, Stop> {
    let mut count = 0;
    for ask in asked(reader, shelf, place, now)?.0 {
        count += episode::count_found_by(reader, &ask)?;
    }
    Ok(count)
}

/// Those whom [`count`] counts, with what is missing.
pub fn list(reader: &mut Reader, shelf: &Shelf, place: Place<'_>, now: At) -> Result<Listed, Stop> {
    let (asked, protocol) = asked(reader, shelf, place, now)?;
    let mut items = Vec::new();
    for ask in asked {
        items.extend(episode::found_by(reader, &ask, LOOKED_AT_MAX as i64 + 1)?);
    }
    items.sort_by_key(|item| item.id);
    let more = items.len() > LOOKED_AT_MAX;
    items.truncate(LOOKED_AT_MAX);
    let mut endings = Vec::new();
    for item in items {
        let scene = scene::of(reader, item.clone())?;
        if let Some(outlook) = end_episode::outlook_of(reader, shelf, &scene, now)? {
            endings.push(Ending { item, outlook });
        }
    }
    endings
        .sort_by_key(|ending| (!ending.is_open(), !ending.needs_test(), ending.outlook.on, ending.item.id));
    Ok(Listed { endings, more, protocol })
}
