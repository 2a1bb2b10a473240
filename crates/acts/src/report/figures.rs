//! One figure of a unit and day, with what it means, and the people behind it (LC-2: every figure can be traced).

use super::unit_for;
use crate::desk::Desk;
use rules::permission::Verb;
use rules::report::{Figures, Indicator, Nature};
use rules::{Day, EpisodeId, EpisodeKind, Refusal};
use serde::{Deserialize, Serialize};
use store::area::Area;
use store::episode::{self, EpisodeItem};
use store::figure::{self, Ask, Moment};
use store::locality::{self, Locality};
use store::report::{self, NOT_BEGUN, ReportDay};
use store::{Reader, Stop, StoreError};

/// People on one page.
pub const PEOPLE_MAX: usize = 500;
/// People on a page that says no number.
pub const PEOPLE_DEFAULT: usize = 50;

/// What `GET /figures` and `GET /figures/people` ask for.
#[derive(Clone, Debug, Default)]
pub struct AskFigure {
    /// The desk's own unit, if nothing is said.
    pub area_code: Option<String>,
    /// The open day, if nothing is said.
    pub on: Option<Day>,
    pub indicator: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FigureView {
    pub area_code: String,
    pub on: String,
    pub indicator: String,
    pub value: i64,
    /// Where the figure is a part of something: the part, and the whole.
    pub numerator: Option<i64>,
    pub denominator: Option<i64>,
    /// For what happens in a day: all of it so far (P-23).
    pub cumulative: Option<i64>,
    pub locked: bool,
    pub definition: String,
}

/// What was asked for, found and allowed.
struct Found {
    indicator: &'static Indicator,
    area: Area,
    place: Locality,
    day: ReportDay,
}

fn find(reader: &mut Reader, desk: &Desk, verb: Verb, asked: &AskFigure) -> Result<Found, Stop> {
    let indicator = Indicator::parse(asked.indicator.trim())
        .ok_or_else(|| Refusal::field("indicator", "unknown_word"))?;
    let area = unit_for(reader, desk, verb, asked.area_code.as_deref(), asked.on)?;
    let place = locality::of_path(reader, &area.path)?.ok_or_else(Refusal::not_found)?;
    let day = match asked.on {
        Some(on) => report::day_on(reader, place.area_id, on)?,
        None => report::open_day(reader, place.area_id)?,
    };
    Ok(Found { indicator, area, place, day: day.ok_or_else(Refusal::not_found)? })
}

pub fn figure(reader: &mut Reader, desk: &Desk, asked: &AskFigure) -> Result<FigureView, Stop> {
    let Found { indicator, area, place, day } = find(reader, desk, Verb::ReadFigures, asked)?;
    let figures = match day.lock_seq {
        Some(_) => {
            report::of_area(reader, day.id, area.id)?.and_then(|r| r.frozen_figures).unwrap_or_default()
        }
        None => super::live(reader, &day, &area.path, &place, desk.now)?.of(area.id),
    };
    let value = figures.get(indicator.id).unwrap_or(0);
    let whole = whole_of(indicator, &figures);
    let cumulative = match indicator.nature {
        Nature::Stock => None,
        Nature::Flow => {
            Some(figure::ever(reader, &area.path, indicator.id, day.lock_seq.unwrap_or(NOT_BEGUN))?)
        }
    };
    Ok(FigureView {
        area_code: area.code,
        on: day.on_day.to_string(),
        indicator: indicator.id.to_owned(),
        value,
        numerator: whole.map(|_| value),
        denominator: whole,
        cumulative,
        locked: day.lock_seq.is_some(),
        definition: indicator.definition.to_owned(),
    })
}

/// What a stock is a part of: a severity of the cases, a figure of the watch of everybody under care.
fn whole_of(indicator: &Indicator, figures: &Figures) -> Option<i64> {
    let of = |id: &str| figures.get(id).unwrap_or(0);
    match (indicator.nature, indicator.kind, indicator.id) {
        (Nature::Flow, _, _) => None,
        (Nature::Stock, Some(_), "f0_start" | "f0_end" | "f1_start" | "f1_end") => None,
        (Nature::Stock, Some(EpisodeKind::Case), _) => Some(of("f0_end")),
        (Nature::Stock, Some(EpisodeKind::Contact), _) => Some(of("f1_end")),
        (Nature::Stock, None, "groups" | "households") => None,
        (Nature::Stock, None, _) => Some(of("f0_end") + of("f1_end")),
    }
}

/// One page of the people behind a figure.
#[derive(Clone, Debug, PartialEq)]
pub struct People {
    pub items: Vec<EpisodeItem>,
    /// The episode after which the next page begins.
    pub next: Option<EpisodeId>,
}

/// The episodes behind a figure, in order of registration. Of the watch's figures on a locked day only the numbers
/// are kept, so those people are refused rather than guessed.
pub fn people(
    reader: &mut Reader,
    desk: &Desk,
    asked: &AskFigure,
    after: EpisodeId,
    limit: usize,
) -> Result<People, Stop> {
    let Found { indicator, area, place, day } = find(reader, desk, Verb::ReadFigurePeople, asked)?;
    let limit = if limit == 0 { PEOPLE_DEFAULT } else { limit.min(PEOPLE_MAX) };
    let moment = match day.lock_seq {
        Some(lock_seq) => Moment::Locked { first_seq: day.first_seq, lock_seq },
        None => Moment::Live { first_seq: day.first_seq },
    };
    let ask = Ask { path: &area.path, now: desk.now, hours_unset: place.first_contact_hours.is_none() };
    let ids = figure::behind(reader, indicator, moment, &ask, after, limit as i64 + 1)?
        .ok_or_else(|| Refusal::conflict("people_not_kept").with("indicator", indicator.id))?;
    let next = if ids.len() > limit { ids.get(limit - 1).copied() } else { None };
    let shown = ids.get(..limit).unwrap_or(&ids);
    let items = episode::items_by_ids(reader, shown)?;
    if items.len() < shown.len() {
        return Err(StoreError::Shape("an episode is counted and is not there".to_owned()).into());
    }
    Ok(People { items, next })
}
