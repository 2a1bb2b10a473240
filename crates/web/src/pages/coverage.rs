//! "Chưa được quản lý, giám sát": nobody is unmanaged is a list with names, an age and an assign button (LC-10, P-1).

use super::about;
use super::groups::with_hint;
use super::pen::Pen;
use super::person;
use super::places;
use super::show::{PAGE, Shown, ask, form, page, page_again, refused, renamed, route, see_done, view};
use crate::api::{self, Scope};
use crate::gate::{Posted, Seat};
use crate::problem::Problem;
use crate::routes::{Access, Route};
use acts::{Desk, groups};
use rules::gap::Gap;
use rules::permission::Verb;
use rules::{AreaLevel, At, EpisodeId, GapKind, GapLevel, Refusal, Uid};
use std::collections::HashMap;
use store::area;
use store::episode::{self, EpisodeItem};
use store::figure::{self, Ask, Live};
use store::gap::{self, EpisodeGaps};
use store::locality::Locality;
use store::report::{self, ReportDay};
use store::{Reader, Stop, StoreError, alert, locality};
use views::pages::coverage::{AreaGaps, CoveragePage, GapRow, GapSection, KindCount, mend};
use views::shell::{Nav, encoded};
use views::{Choice, Form, Link, events};

/// People looked at for the list and its counters; more are shown as "2.000+".
const LOOKED_AT_MAX: usize = 2_000;
const CHUNK: i64 = 500;

pub fn routes() -> Vec<Route> {
    vec![
        route("GET", "/coverage", Access::Verb(Verb::ReadGaps), view(coverage)),
        route("POST", "/coverage/assign", Access::Verb(Verb::AssignCarer), form(assign)),
    ]
}

/// The live figures of a unit and all below it, by the open day; `None` where no day is open yet.
pub fn live(r: &mut Reader, now: At, path: &str) -> Result<Option<(Locality, ReportDay, Live)>, StoreError> {
    let Some(place) = locality::of_path(r, path)? else { return Ok(None) };
    let Some(day) = report::open_day(r, place.area_id)? else { return Ok(None) };
    let asked = Ask { path, now, hours_unset: place.first_contact_hours.is_none() };
    let live = figure::live(r, &day, &asked)?;
    Ok(Some((place, day, live)))
}

/// Everybody with a gap, as far as a page looks; says whether there are more.
fn board(r: &mut Reader, desk: &Desk, scope: &Scope) -> Result<(Vec<EpisodeGaps>, bool), StoreError> {
    let mut all: Vec<EpisodeGaps> = Vec::new();
    let mut after = EpisodeId(0);
    while all.len() < LOOKED_AT_MAX {
        let found = gap::board(r, &scope.path, &scope.commune_path, desk.now, after, CHUNK)?;
        let is_last = (found.len() as i64) < CHUNK;
        all.extend(found);
        if let (false, Some(last)) = (is_last, all.last()) {
            after = last.id;
        } else {
            return Ok((all, false));
        }
    }
    Ok((all, true))
}

/// One line before it is put into words.
type Line<'a> = (&'a EpisodeGaps, Gap);

/// Lines of a kind (or all), kind by kind, the oldest first.
fn lines(all: &[EpisodeGaps], kind: Option<GapKind>) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = all
        .iter()
        .flat_map(|item| item.gaps.iter().map(move |gap| (item, *gap)))
        .filter(|(_, gap)| kind.is_none_or(|k| k == gap.kind))
        .collect();
    lines.sort_by_key(|(item, gap)| (gap.kind, gap.since, item.id));
    lines
}

/// Whether giving the home to a carer mends it, or begins to.
fn is_mended_by_carer(kind: GapKind) -> bool {
    match kind {
        GapKind::Unplaced
        | GapKind::NobodyOnDuty
        | GapKind::Unreachable
        | GapKind::NoSecondVisitor
        | GapKind::Silent
        | GapKind::VisitorSilent
        | GapKind::FirstContactOverdue => true,
        // An alarm is taken and a home answered, not given away.
        GapKind::AlarmUnacknowledged | GapKind::Unanswered => false,
        GapKind::NoLeader | GapKind::NextContactMissing | GapKind::NoCluster | GapKind::NoHoursSet => false,
    }
}

/// What a board's rows say beside the gap itself.
struct Around {
    owners: gap::Owners,
    people: HashMap<EpisodeId, EpisodeItem>,
    /// The alarms that nobody took in time.
    alarms: HashMap<EpisodeId, Uid>,
}

impl Around {
    fn load(r: &mut Reader, shown: &[Line<'_>]) -> Result<Around, StoreError> {
        let mut ids: Vec<EpisodeId> = shown.iter().map(|(item, _)| item.id).collect();
        ids.sort_unstable();
        ids.dedup();
        let people = episode::items_by_ids(r, &ids)?;
        let people = people.into_iter().map(|known| (known.id, known)).collect();
        let mut alarms = HashMap::new();
        for (item, _) in shown.iter().filter(|(_, gap)| gap.kind == GapKind::AlarmUnacknowledged) {
            let newest = alert::of_episode(r, item.id, 1)?.pop();
            alarms.extend(newest.map(|row| (item.id, row.uid)));
        }
        Ok(Around { owners: gap::Owners::load(r)?, people, alarms })
    }
}

fn row(desk: &Desk, pen: &Pen, around: &Around, (item, found): Line<'_>) -> GapRow {
    let address = about::written_address(&item.address, item.cluster.as_deref());
    let facts = match around.people.get(&item.id) {
        Some(known) if desk.can(Verb::ListPeople, &item.path) => {
            let parts = [pen.age(known.birth_date), about::tag(pen, known), address];
            parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(" · ")
        }
        Some(_) | None => address,
    };
    let page = format!("/people/{}", item.uid);
    let alarm = around.alarms.get(&item.id).filter(|_| found.kind == GapKind::AlarmUnacknowledged);
    let mend = match alarm {
        Some(alarm) => desk
            .can(Verb::ReadAlerts, &item.path)
            .then(|| Link { href: format!("/alerts/{alarm}"), label: pen.t("alarm-open") }),
        None => person::mend(pen, desk, found.kind, &page, item),
    };
    GapRow {
        episode: Some(item.uid.to_string()),
        name: item.full_name.clone(),
        facts,
        since: pen.when(found.since),
        age: pen.lasted(found.since),
        owner: around.owners.of(item, &found).map_or_else(|| item.area_name.clone(), |(_, name)| name),
        level: pen.name(found.level),
        is_escalated: found.level != GapLevel::Leader,
        can_assign: is_mended_by_carer(found.kind) && desk.can(Verb::AssignCarer, &item.path),
        mend,
        href: page,
    }
}

/// Lines under the names of their kinds.
fn sections(
    r: &mut Reader,
    desk: &Desk,
    pen: &Pen,
    shown: &[Line<'_>],
    counts: &HashMap<GapKind, usize>,
) -> Result<Vec<GapSection>, StoreError> {
    let around = Around::load(r, shown)?;
    let mut sections: Vec<GapSection> = Vec::new();
    let mut last = None;
    for line in shown {
        let kind = line.1.kind;
        if last != Some(kind) {
            last = Some(kind);
            sections.push(GapSection {
                title: events::first_letter_up(&pen.name(kind)),
                mend: mend(pen.lang, kind),
                n: pen.n(counts.get(&kind).copied().unwrap_or(0) as i64),
                lines: Vec::new(),
            });
        }
        let row = row(desk, pen, &around, *line);
        if let Some(section) = sections.last_mut() {
            section.lines.push(row);
        }
    }
    Ok(sections)
}

/// The units below with how many people lack something, the worst first.
fn below(r: &mut Reader, pen: &Pen, scope: &Scope, live: &Live) -> Result<Vec<AreaGaps>, StoreError> {
    let mut units: Vec<(i64, AreaGaps)> = Vec::new();
    for unit in area::children(r, scope.area.id)? {
        if unit.level == AreaLevel::Cluster || !unit.is_in_force(pen.today()) {
            continue;
        }
        let figures = live.of(unit.id);
        let of = |id: &str| figures.get(id).unwrap_or(0);
        let (people, overdue) = (of("unmanaged"), of("not_contacted"));
        let kinds = if overdue > 0 {
            format!("{} {}", pen.n(overdue), pen.name(GapKind::FirstContactOverdue))
        } else {
            String::new()
        };
        units.push((
            people,
            AreaGaps {
                href: format!("/coverage?area={}", unit.code),
                name: unit.full_name(),
                people: pen.n(people),
                oldest: String::new(),
                kinds,
                is_clear: people == 0,
            },
        ));
    }
    units.sort_by_key(|(people, _)| std::cmp::Reverse(*people));
    Ok(units.into_iter().map(|(_, unit)| unit).collect())
}

/// What is asked for in the address.
#[derive(Clone)]
struct Wanted {
    area: String,
    kind: Option<GapKind>,
    from: usize,
}

struct Found {
    page: CoveragePage,
    shown: usize,
    has_more: bool,
}

fn find(r: &mut Reader, desk: &Desk, pen: &Pen, wanted: &Wanted) -> Result<Found, Stop> {
    let scope = api::scope(r, desk, Verb::ReadGaps, Some(wanted.area.as_str()).filter(|c| !c.is_empty()))?;
    let spans = matches!(scope.area.level, AreaLevel::Province | AreaLevel::District);
    let (all, is_cut) = board(r, desk, &scope)?;
    let mut counts: HashMap<GapKind, usize> = HashMap::new();
    for gap in all.iter().flat_map(|item| &item.gaps) {
        *counts.entry(gap.kind).or_default() += 1;
    }
    let lines = lines(&all, wanted.kind);
    let has_more = lines.len() > wanted.from + PAGE;
    let shown: Vec<Line<'_>> = lines.iter().skip(wanted.from).take(PAGE).copied().collect();
    let units = if spans { live(r, desk.now, &scope.path)? } else { None };
    let counted = units.as_ref().and_then(|(_, _, live)| live.of(scope.area.id).get("unmanaged"));
    let people = if is_cut { counted.unwrap_or(all.len() as i64) } else { all.len() as i64 };
    let oldest = all.iter().flat_map(|item| &item.gaps).map(|gap| gap.since).min();
    let mut carers = Vec::new();
    if !spans && desk.can_anywhere(Verb::AssignCarer) {
        carers = places::caring_choices(r, pen.lang, &scope.commune_path)?;
    }
    let at = |kind: &str| match (scope.area.code.as_str(), kind) {
        (code, "") => format!("/coverage?area={}", encoded(code)),
        (code, kind) => format!("/coverage?area={}&kind={kind}", encoded(code)),
    };
    let mut kinds = vec![KindCount {
        kind: String::new(),
        label: pen.t("coverage-all"),
        n: pen.n(people),
        href: at(""),
        is_current: wanted.kind.is_none(),
    }];
    kinds.extend(GapKind::ALL.iter().filter_map(|kind| {
        let n = *counts.get(kind)? as i64;
        Some(KindCount {
            kind: kind.word().to_owned(),
            label: pen.name(*kind),
            n: if is_cut { format!("{}+", pen.n(n)) } else { pen.n(n) },
            href: at(kind.word()),
            is_current: wanted.kind == Some(*kind),
        })
    }));
    let page = CoveragePage {
        area: scope.area.full_name(),
        area_code: scope.area.code.clone(),
        crumbs: places::crumbs(r, desk, Verb::ReadGaps, &scope.area, |a| {
            format!("/coverage?area={}", encoded(&a.code))
        })?,
        people: u64::try_from(people).unwrap_or(0),
        oldest: oldest.map(|since| pen.lasted(since)),
        checked: pen.when(pen.now),
        kinds,
        kind: wanted.kind.map_or("", GapKind::word).to_owned(),
        sections: sections(r, desk, pen, &shown, &counts)?,
        carers: carers.iter().map(with_hint).collect::<Vec<Choice>>(),
        below: match &units {
            Some((_, _, live)) => below(r, pen, &scope, live)?,
            None => Vec::new(),
        },
        ..CoveragePage::default()
    };
    Ok(Found { page, shown: shown.len(), has_more })
}

async fn shown(seat: &Seat, form: Form) -> Result<CoveragePage, Problem> {
    let pen = Pen::of(seat);
    let wanted = Wanted {
        area: seat.param("area").to_owned(),
        kind: GapKind::parse(seat.param("kind")),
        from: seat.param("cursor").parse().unwrap_or(0).min(LOOKED_AT_MAX * GapKind::ALL.len()),
    };
    let (asked, want) = (pen.clone(), wanted.clone());
    let found = ask(seat, move |r, desk| find(r, desk, &asked, &want)).await?;
    let at = |from: usize| {
        let cursor = if from == 0 { String::new() } else { from.to_string() };
        seat.with_query(&[("area", &wanted.area), ("kind", seat.param("kind")), ("cursor", &cursor)])
    };
    let previous = (wanted.from > 0).then(|| at(wanted.from.saturating_sub(PAGE)));
    let next = found.has_more.then(|| at(wanted.from + PAGE));
    let mut page = found.page;
    page.paging = pen.paging(wanted.from, found.shown, previous, next);
    page.shell = seat.shell(Nav::Coverage, "coverage-title").await?;
    page.form = form;
    Ok(page)
}

async fn coverage(seat: Seat) -> Shown {
    page(&shown(&seat, Form::default()).await?)
}

/// Whom to give to whom: the row's own button passes the ticks over.
fn command(posted: &Posted) -> Result<(Vec<Uid>, Uid), Refusal> {
    let carer = posted.some("carer").ok_or_else(|| Refusal::field("carer", "required"))?;
    let carer = Uid::parse(&carer).ok_or_else(|| Refusal::field("carer", "unknown"))?;
    let named = match posted.value("one") {
        "" => posted.all("episode"),
        one => vec![one],
    };
    let episodes: Option<Vec<Uid>> = named.into_iter().filter(|id| !id.is_empty()).map(Uid::parse).collect();
    let episodes = episodes.ok_or_else(|| Refusal::field("episode", "unknown"))?;
    if episodes.is_empty() { Err(Refusal::field("episode", "required")) } else { Ok((episodes, carer)) }
}

async fn assign(seat: Seat, posted: Posted) -> Shown {
    let mut seat = seat.at("/coverage");
    seat.query =
        ["area", "kind"].iter().map(|name| ((*name).to_owned(), posted.value(name).to_owned())).collect();
    let back = seat.with_query(&[("area", posted.value("area")), ("kind", posted.value("kind"))]);
    let seat = seat.at(back);
    let done = match command(&posted) {
        Err(refusal) => Err(Stop::Refused(refusal)),
        Ok((episodes, carer)) => {
            let once = posted.once("POST /coverage/assign", "");
            let act = move |tx: &mut store::Tx, desk: &Desk, _: &mut acts::Mint| {
                groups::assign(tx, desk, &episodes, carer)
            };
            seat.app.house.once(seat.desk()?, once, act).await
        }
    };
    match done {
        Ok(_) => see_done(&seat.here, "assigned"),
        Err(stop) => {
            let refusal = renamed(refused(stop)?, &[("carer_id", "carer"), ("episode_ids", "episode")]);
            let form = Form::of(posted.0.clone()).refuse(seat.lang, &refusal);
            page_again(&refusal, &shown(&seat, form).await?)
        }
    }
}
