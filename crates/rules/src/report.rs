//! The day's figures and the report that carries them: the clock of LC-4, LC-5 and LC-17, what adds up (LC-2,
//! P-23), who has sent and who has not (X-7), what stands for a unit that did not (P-22), and what may still be
//! done to a report that is sent or locked (P-20, P-21).
//!
//! The reporting day D runs from the lock of D-1 (12:00) to the lock of D; the end is not part of it. A commune
//! submits before 11:00, is late until 12:00, and from then on only corrects. At 12:00 the figures of D freeze at
//! every level; a district compiles the frozen figures and submits before 15:00. All these minutes are data.
//!
//! It does not count anything itself: figures are booked as [`Flow`]s by the acts or counted by the store.

use crate::{
    ids::AreaId,
    refusal::Refusal,
    time::{At, Day, Zone},
    words::{AreaLevel, EpisodeKind, ReportState, Severity, Substitute},
};

/// The longest narrative of a report, in characters.
pub const NARRATIVE_MAX: usize = 4_000;
/// The longest reason of a correction, in characters.
pub const REASON_MAX: usize = 500;
/// The longest name of who reported by telephone, in characters.
pub const WHO_MAX: usize = 120;
/// No figure of a province is larger than this, up or down.
pub const FIGURE_MAX: i64 = 100_000_000;
/// Lines of the text for an office's Zalo group (P-25).
pub const ZALO_LINES_MAX: usize = 15;
/// Characters of one line of narrative in that text; the rest of the line is in the report itself.
pub const ZALO_LINE_CHARS_MAX: usize = 200;

const MINUTES_OF_DAY: i64 = 1_440;

/// Whether a figure counts what happened in the day or what stands at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    Flow,
    Stock,
}

/// One figure of the daily report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Indicator {
    pub id: &'static str,
    pub nature: Nature,
    /// The episodes it counts; `None` where it counts homes, groups or both kinds.
    pub kind: Option<EpisodeKind>,
    /// What one of it does to the end figure of its kind: 1, -1 or 0 (P-23).
    pub effect: i64,
    /// What is counted, for the interface's `definition`; the pages have their own words.
    pub definition: &'static str,
}

const CASE: Option<EpisodeKind> = Some(EpisodeKind::Case);
const CONTACT: Option<EpisodeKind> = Some(EpisodeKind::Contact);

const fn flow(
    id: &'static str,
    kind: Option<EpisodeKind>,
    effect: i64,
    definition: &'static str,
) -> Indicator {
    Indicator { id, nature: Nature::Flow, kind, effect, definition }
}

const fn stock(id: &'static str, kind: Option<EpisodeKind>, definition: &'static str) -> Indicator {
    Indicator { id, nature: Nature::Stock, kind, effect: 0, definition }
}

/// Every figure of the daily report, in the order of its columns (LC-2, LC-7, LC-10, LC-14, P-23; `api.md`).
pub const INDICATORS: &[Indicator] = &[
    stock("f0_start", CASE, "cases managed when the day began: the frozen f0_end of the day before"),
    flow("f0_new", CASE, 1, "cases registered in the day, without those moved in"),
    flow("f0_in", CASE, 1, "cases that came into the area from another one"),
    flow("f0_recovered", CASE, -1, "cases released as recovered"),
    flow("f0_out", CASE, -1, "cases that went to hospital or to another area"),
    flow("f0_died", CASE, -1, "cases that died"),
    flow(
        "f0_adjusted",
        CASE,
        1,
        "changes of locked days: entered in error, merged, reopened; and left without notice",
    ),
    stock("f0_end", CASE, "cases managed at the end of the day"),
    stock("f0_asymptomatic", CASE, "cases managed at the end of the day, without symptoms"),
    stock("f0_mild", CASE, "cases managed at the end of the day, mild"),
    stock("f0_moderate", CASE, "cases managed at the end of the day, moderate"),
    stock("f0_severe", CASE, "cases managed at the end of the day, severe"),
    stock("f0_critical", CASE, "cases managed at the end of the day, critical"),
    stock("f0_unassessed", CASE, "cases managed at the end of the day, not yet assessed"),
    stock("f1_start", CONTACT, "contacts managed when the day began: the frozen f1_end of the day before"),
    flow("f1_new", CONTACT, 1, "contacts registered in the day, without those moved in"),
    flow("f1_in", CONTACT, 1, "contacts that came into the area from another one"),
    flow("f1_became_f0", CONTACT, -1, "contacts that became cases"),
    flow("f1_completed", CONTACT, -1, "contacts that completed their isolation"),
    flow("f1_out", CONTACT, -1, "contacts that went to hospital or to another area, or died"),
    flow(
        "f1_adjusted",
        CONTACT,
        1,
        "changes of locked days: entered in error, merged, reopened; and left without notice",
    ),
    stock("f1_end", CONTACT, "contacts managed at the end of the day"),
    stock("groups", None, "care groups with an open episode"),
    stock("households", None, "households with an open episode"),
    stock(
        "not_contacted",
        None,
        "open episodes past their first-contact time and not yet contacted and advised",
    ),
    stock("without_zalo", None, "people with an open episode and no verified Zalo"),
    stock("unmanaged", None, "open episodes with an open gap"),
];

const INDICATOR_COUNT: usize = INDICATORS.len();

impl Indicator {
    /// The indicator of that id; `None` for any other word.
    pub fn parse(id: &str) -> Option<&'static Indicator> {
        position(id).map(|at| &INDICATORS[at])
    }
}

fn position(id: &str) -> Option<usize> {
    INDICATORS.iter().position(|indicator| indicator.id == id)
}

/// One change of a day's figures, booked in the window that is open when it is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Flow {
    pub kind: EpisodeKind,
    pub indicator: &'static str,
    pub amount: i64,
}

impl Flow {
    /// What it does to the end figure of its kind.
    pub fn effect(&self) -> i64 {
        Indicator::parse(self.indicator).map_or(0, |indicator| indicator.effect * self.amount)
    }
}

/// The figure's name is not one of [`INDICATORS`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownIndicator(pub String);

impl std::fmt::Display for UnknownIndicator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "unknown indicator {:?}", self.0)
    }
}

impl std::error::Error for UnknownIndicator {}

/// A value for every indicator, in their order. Goes out and comes in as an object of integers by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures([i64; INDICATOR_COUNT]);

impl Default for Figures {
    fn default() -> Figures {
        Figures([0; INDICATOR_COUNT])
    }
}

/// A sum that does not come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Imbalance {
    pub rule: BalanceRule,
    pub expected: i64,
    pub found: i64,
}

/// The three sums of P-23.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BalanceRule {
    /// `f0_end` = start + new + in - recovered - out - died + adjusted.
    F0End,
    /// `f1_end` = start + new + in - became F0 - completed - out + adjusted.
    F1End,
    /// The six severities sum to `f0_end`.
    Severities,
}

impl BalanceRule {
    /// The key of its words.
    pub fn word(self) -> &'static str {
        match self {
            BalanceRule::F0End => "f0_end",
            BalanceRule::F1End => "f1_end",
            BalanceRule::Severities => "severities",
        }
    }
}

impl Figures {
    /// The day's figures as it begins: what stood at the end of the day before.
    pub fn opening(before: &Figures) -> Figures {
        let mut figures = Figures::default();
        for (start, end) in [("f0_start", "f0_end"), ("f1_start", "f1_end")] {
            figures.put(start, before.value(end));
            figures.put(end, before.value(end));
        }
        figures
    }

    /// The figure of that id; `None` for a word that is no indicator.
    pub fn get(&self, id: &str) -> Option<i64> {
        position(id).map(|at| self.0[at])
    }

    pub fn set(&mut self, id: &str, value: i64) -> Result<(), UnknownIndicator> {
        let at = position(id).ok_or_else(|| UnknownIndicator(id.to_owned()))?;
        self.0[at] = value;
        Ok(())
    }

    pub fn add(&mut self, id: &str, amount: i64) -> Result<(), UnknownIndicator> {
        let at = position(id).ok_or_else(|| UnknownIndicator(id.to_owned()))?;
        self.0[at] = self.0[at].saturating_add(amount);
        Ok(())
    }

    /// Books a change of the day, and with it the end figure of its kind.
    pub fn book(&mut self, flow: &Flow) -> Result<(), UnknownIndicator> {
        self.add(flow.indicator, flow.amount)?;
        let end = match flow.kind {
            EpisodeKind::Case => "f0_end",
            EpisodeKind::Contact => "f1_end",
        };
        self.add(end, flow.effect())
    }

    /// Every figure, in the order of the report.
    pub fn iter(&self) -> impl Iterator<Item = (&'static Indicator, i64)> + '_ {
        INDICATORS.iter().zip(self.0)
    }

    /// The roll-up: a parent's figures are the sum of its children's (LC-2).
    pub fn sum<'a>(children: impl IntoIterator<Item = &'a Figures>) -> Figures {
        let mut total = Figures::default();
        for child in children {
            for (sum, part) in total.0.iter_mut().zip(child.0) {
                *sum = sum.saturating_add(part);
            }
        }
        total
    }

    /// What has to be added to `earlier` to get these figures: the supplement of P-21.
    pub fn minus(&self, earlier: &Figures) -> Figures {
        let mut change = *self;
        for (figure, was) in change.0.iter_mut().zip(earlier.0) {
            *figure = figure.saturating_sub(was);
        }
        change
    }

    pub fn is_zero(&self) -> bool {
        self.0.iter().all(|figure| *figure == 0)
    }

    /// Every sum of P-23 that does not come out; empty when the report balances.
    pub fn balance(&self) -> Vec<Imbalance> {
        let end_of = |kind: EpisodeKind, start: &str| {
            self.iter()
                .filter(|(indicator, _)| indicator.kind == Some(kind))
                .fold(self.value(start), |sum, (indicator, figure)| {
                    sum.saturating_add(figure.saturating_mul(indicator.effect))
                })
        };
        let severities: i64 =
            Severity::ALL.iter().fold(0, |sum, level| sum.saturating_add(self.value(level.indicator())));
        [
            (BalanceRule::F0End, end_of(EpisodeKind::Case, "f0_start"), self.value("f0_end")),
            (BalanceRule::F1End, end_of(EpisodeKind::Contact, "f1_start"), self.value("f1_end")),
            (BalanceRule::Severities, self.value("f0_end"), severities),
        ]
        .into_iter()
        .filter(|(_, expected, found)| expected != found)
        .map(|(rule, expected, found)| Imbalance { rule, expected, found })
        .collect()
    }

    /// A figure by an id written in this file; a test holds them all against [`INDICATORS`].
    fn value(&self, id: &str) -> i64 {
        self.get(id).unwrap_or(0)
    }

    fn put(&mut self, id: &str, value: i64) {
        if let Some(at) = position(id) {
            self.0[at] = value;
        }
    }
}

impl serde::Serialize for Figures {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.iter().map(|(indicator, figure)| (indicator.id, figure)))
    }
}

impl<'de> serde::Deserialize<'de> for Figures {
    /// Absent figures are zero; a name that is no indicator is refused.
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Figures, D::Error> {
        struct Reader;
        impl<'de> serde::de::Visitor<'de> for Reader {
            type Value = Figures;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object of integers by indicator id")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Figures, A::Error> {
                let mut figures = Figures::default();
                while let Some((id, value)) = map.next_entry::<String, i64>()? {
                    figures.set(&id, value).map_err(serde::de::Error::custom)?;
                }
                Ok(figures)
            }
        }
        from.deserialize_map(Reader)
    }
}

/// When reports are due, as minutes of the local day, 0..1440. Data of the province, not of the program: other
/// provinces use other clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// A commune submits before this minute (LC-17: 11:00 = 660).
    pub due_minute: i64,
    /// Figures freeze at this minute, and the next reporting day begins (LC-5: 12:00 = 720).
    pub lock_minute: i64,
    /// A district submits before this minute (LC-4: 15:00 = 900).
    pub district_due_minute: i64,
    /// A province submits before this minute; `None` where nobody asks it for a report.
    pub province_due_minute: Option<i64>,
}

/// The clock of the letter of 3/2022 (LC-4, LC-5, LC-17); what a blueprint writes down, and no silent default.
pub const LAI_CHAU_2022: Schedule =
    Schedule { due_minute: 660, lock_minute: 720, district_due_minute: 900, province_due_minute: None };

/// The time of one reporting day: `from` belongs to it, `to` to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub from: At,
    pub to: At,
}

impl Window {
    pub fn contains(&self, at: At) -> bool {
        self.from <= at && at < self.to
    }
}

/// The two moments that judge a level's report of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// Sent before this it is on time; `None` where no report is asked for.
    pub due_at: Option<At>,
    /// From this moment on nothing is accepted but corrections.
    pub locks_at: At,
}

impl Schedule {
    /// Refuses minutes that are none of a day, and a lock that comes before the report is due.
    pub fn check(&self) -> Result<(), Refusal> {
        let named = [
            ("due_minute", Some(self.due_minute)),
            ("lock_minute", Some(self.lock_minute)),
            ("district_due_minute", Some(self.district_due_minute)),
            ("province_due_minute", self.province_due_minute),
        ];
        for (field, minute) in named {
            if minute.is_some_and(|minute| !(0..MINUTES_OF_DAY).contains(&minute)) {
                return Err(Refusal::field(field, "out_of_range"));
            }
        }
        if self.due_minute > self.lock_minute {
            return Err(Refusal::field("due_minute", "after_lock"));
        }
        // A district compiles what is frozen, so it cannot be due before.
        if self.district_due_minute < self.lock_minute {
            return Err(Refusal::field("district_due_minute", "before_lock"));
        }
        if self.province_due_minute.is_some_and(|minute| minute < self.lock_minute) {
            return Err(Refusal::field("province_due_minute", "before_lock"));
        }
        Ok(())
    }

    /// The moment the figures of `day` freeze, at every level (LC-5).
    pub fn freezes_at(&self, day: Day, zone: &Zone) -> At {
        day.at_minute(self.lock_minute, zone)
    }

    /// From the lock of the day before to the lock of `day`.
    pub fn window(&self, day: Day, zone: &Zone) -> Window {
        Window { from: self.freezes_at(day.plus(-1), zone), to: self.freezes_at(day, zone) }
    }

    /// The reporting day that what is recorded at `now` belongs to.
    pub fn open_day(&self, now: At, zone: &Zone) -> Day {
        let today = now.day(zone);
        if now < self.freezes_at(today, zone) { today } else { today.plus(1) }
    }

    /// When a level's report of `day` is due and when it locks. A commune's locks as its figures freeze; a level
    /// above compiles frozen figures and may send them until the next freeze.
    pub fn deadlines(&self, level: AreaLevel, day: Day, zone: &Zone) -> Deadlines {
        let above = |due: Option<i64>| Deadlines {
            due_at: due.map(|minute| day.at_minute(minute, zone)),
            locks_at: self.freezes_at(day.plus(1), zone),
        };
        match level {
            AreaLevel::Commune => Deadlines {
                due_at: Some(day.at_minute(self.due_minute, zone)),
                locks_at: self.freezes_at(day, zone),
            },
            AreaLevel::District => above(Some(self.district_due_minute)),
            AreaLevel::Province => above(self.province_due_minute),
            // A cluster sends no report.
            AreaLevel::Cluster => Deadlines { due_at: None, locks_at: self.freezes_at(day, zone) },
        }
    }
}

/// Where a report stands against its clock (X-7). Exactly one of the item's `on_time`, `late`, `missing` is true,
/// or none while nothing is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Punctuality {
    OnTime,
    Late,
    Missing,
    NotYet,
}

impl Punctuality {
    pub fn is_on_time(self) -> bool {
        match self {
            Punctuality::OnTime => true,
            Punctuality::Late | Punctuality::Missing | Punctuality::NotYet => false,
        }
    }

    pub fn is_late(self) -> bool {
        match self {
            Punctuality::Late => true,
            Punctuality::OnTime | Punctuality::Missing | Punctuality::NotYet => false,
        }
    }

    pub fn is_missing(self) -> bool {
        match self {
            Punctuality::Missing => true,
            Punctuality::OnTime | Punctuality::Late | Punctuality::NotYet => false,
        }
    }
}

/// Judges a report by when it was sent. The due time is the first moment that is late: 10:59:59.999 is on time,
/// 11:00:00 is late and still accepted until the lock. A substitute does not make a missing report present.
pub fn punctuality(submitted_at: Option<At>, deadlines: Deadlines, now: At) -> Punctuality {
    let Some(due_at) = deadlines.due_at else {
        return if submitted_at.is_some() { Punctuality::OnTime } else { Punctuality::NotYet };
    };
    match submitted_at {
        Some(at) if at < due_at => Punctuality::OnTime,
        Some(_) => Punctuality::Late,
        None if now < due_at => Punctuality::NotYet,
        None if now < deadlines.locks_at => Punctuality::Late,
        None => Punctuality::Missing,
    }
}

/// A report as far as its rules need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportFacts {
    pub level: AreaLevel,
    pub day: Day,
    pub state: ReportState,
    pub confirmed: bool,
    pub submitted_at: Option<At>,
    pub supplement_confirmed: bool,
}

impl ReportFacts {
    /// A report that nobody has touched.
    pub fn draft(level: AreaLevel, day: Day) -> ReportFacts {
        ReportFacts {
            level,
            day,
            state: ReportState::Draft,
            confirmed: false,
            submitted_at: None,
            supplement_confirmed: false,
        }
    }
}

/// What the clock of an area says about one report.
#[derive(Clone, Copy, Debug)]
pub struct Clock<'a> {
    pub schedule: &'a Schedule,
    pub zone: &'a Zone,
    pub now: At,
}

impl Clock<'_> {
    fn deadlines(&self, report: &ReportFacts) -> Deadlines {
        self.schedule.deadlines(report.level, report.day, self.zone)
    }

    fn is_frozen(&self, day: Day) -> bool {
        self.now >= self.schedule.freezes_at(day, self.zone)
    }

    pub fn punctuality(&self, report: &ReportFacts) -> Punctuality {
        punctuality(report.submitted_at, self.deadlines(report), self.now)
    }
}

/// Refuses what comes when the report is locked, or before its day has begun. The clock decides, even if the duty
/// that writes the lock has not run yet.
fn still_open(report: &ReportFacts, clock: Clock<'_>) -> Result<(), Refusal> {
    let locked = match report.state {
        ReportState::Locked => true,
        ReportState::Draft | ReportState::Confirmed | ReportState::Submitted => {
            clock.now >= clock.deadlines(report).locks_at
        }
    };
    if locked {
        return Err(Refusal::conflict("locked").with("day", report.day));
    }
    if clock.now < clock.schedule.window(report.day, clock.zone).from {
        return Err(Refusal::conflict("not_open").with("day", report.day));
    }
    Ok(())
}

/// The station head confirms the care groups' figures (P-20).
pub fn confirm(report: &ReportFacts, clock: Clock<'_>) -> Result<(), Refusal> {
    still_open(report, clock)?;
    match report.state {
        ReportState::Draft => Ok(()),
        ReportState::Confirmed => Err(Refusal::conflict("already_confirmed")),
        ReportState::Submitted | ReportState::Locked => Err(Refusal::conflict("already_submitted")),
    }
}

/// A report that is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Submitted {
    pub at: At,
    pub punctuality: Punctuality,
    /// The station head had not confirmed: the report says so (P-20).
    pub without_confirmation: bool,
}

/// The leader of the level signs and sends (P-20). A level above the commune has frozen figures to compile first.
pub fn submit(report: &ReportFacts, narrative: &str, clock: Clock<'_>) -> Result<Submitted, Refusal> {
    still_open(report, clock)?;
    match report.state {
        ReportState::Draft | ReportState::Confirmed => {}
        ReportState::Submitted | ReportState::Locked => return Err(Refusal::conflict("already_submitted")),
    }
    match report.level {
        AreaLevel::Commune => {}
        AreaLevel::District | AreaLevel::Province => {
            if !clock.is_frozen(report.day) {
                return Err(Refusal::conflict("figures_open").with("day", report.day));
            }
        }
        AreaLevel::Cluster => return Err(Refusal::not_found()),
    }
    if narrative.chars().count() > NARRATIVE_MAX {
        return Err(Refusal::field("narrative", "too_long").with("max", NARRATIVE_MAX));
    }
    // Nobody above the commune confirms, so nothing is missing there.
    let without_confirmation = match report.level {
        AreaLevel::Commune => !report.confirmed,
        AreaLevel::District | AreaLevel::Province | AreaLevel::Cluster => false,
    };
    let punctuality = punctuality(Some(clock.now), clock.deadlines(report), clock.now);
    Ok(Submitted { at: clock.now, punctuality, without_confirmation })
}

/// "Không phát sinh": sends a report in which every figure is zero (X-7).
pub fn zero(report: &ReportFacts, figures: &Figures, clock: Clock<'_>) -> Result<Submitted, Refusal> {
    let submitted = submit(report, "", clock)?;
    match figures.iter().find(|(_, figure)| *figure != 0) {
        Some((indicator, figure)) => {
            Err(Refusal::conflict("not_zero").with("indicator", indicator.id).with("value", figure))
        }
        None => Ok(submitted),
    }
}

/// The signer confirms in one tap what was added between the submission and the lock (P-21); gives the supplement.
pub fn supplement(
    report: &ReportFacts,
    submitted: &Figures,
    live: &Figures,
    clock: Clock<'_>,
) -> Result<Figures, Refusal> {
    still_open(report, clock)?;
    match report.state {
        ReportState::Submitted => {}
        ReportState::Draft | ReportState::Confirmed | ReportState::Locked => {
            return Err(Refusal::conflict("not_submitted"));
        }
    }
    let change = live.minus(submitted);
    if change.is_zero() {
        return Err(Refusal::conflict("nothing_to_supplement"));
    }
    Ok(change)
}

/// A visible note on a locked day that changes no sum (P-23, invariant 5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    pub indicator: &'static str,
    /// The figure as it was frozen and stays.
    pub was: i64,
    pub value: i64,
    pub reason: String,
}

/// Corrects a frozen figure. Before the lock the records themselves are to be put right.
pub fn correct(
    report: &ReportFacts,
    frozen: &Figures,
    indicator: &str,
    value: i64,
    reason: &str,
    clock: Clock<'_>,
) -> Result<Correction, Refusal> {
    if !clock.is_frozen(report.day) {
        return Err(Refusal::conflict("not_locked").with("day", report.day));
    }
    let Some(indicator) = Indicator::parse(indicator) else {
        return Err(Refusal::field("indicator", "unknown_word"));
    };
    let was = frozen.value(indicator.id);
    if !can_be(indicator.id, value) {
        return Err(Refusal::field("value", "out_of_range"));
    }
    if value == was {
        return Err(Refusal::conflict("nothing_changed"));
    }
    let reason = text_within("reason", reason, REASON_MAX)?.ok_or_else(reason_required)?;
    Ok(Correction { indicator: indicator.id, was, value, reason })
}

/// Whether a figure that somebody names can be one: only adjustments go below zero.
fn can_be(indicator: &str, value: i64) -> bool {
    let lowest = match indicator {
        "f0_adjusted" | "f1_adjusted" => -FIGURE_MAX,
        _ => 0,
    };
    (lowest..=FIGURE_MAX).contains(&value)
}

/// What is done to a record without a word why is refused.
pub(crate) fn reason_required() -> Refusal {
    Refusal::invalid("reason_required").and_field("reason", "required")
}

/// The trimmed text, `None` if nothing is left; refused when it is too long.
pub(crate) fn text_within(field: &str, text: &str, max: usize) -> Result<Option<String>, Refusal> {
    let text = text.trim();
    if text.chars().count() > max {
        return Err(Refusal::field(field, "too_long").with("max", max));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// What the level above asks for a unit that did not submit (P-22).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubstituteRequest {
    pub stands: Substitute,
    /// The figures heard by telephone, by indicator; what is not said stays as the system has it.
    pub figures: Vec<(String, i64)>,
    /// Who said them on the telephone.
    pub who: Option<String>,
    /// When they were said.
    pub at: Option<At>,
}

/// What stands for the unit in the compile of the level above, in the open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Substituted {
    pub stands: Substitute,
    pub figures: Figures,
    pub who: Option<String>,
    pub at: Option<At>,
    /// Shown beside the figures: what was said on the telephone need not add up, and is not made to.
    pub imbalances: Vec<Imbalance>,
}

/// Chooses what stands for a unit that did not submit. `system` are its figures as the records have them. The
/// unit's own frozen figures stay what they are (invariant 5) and the report stays missing (X-7).
pub fn substitute(
    child: &ReportFacts,
    system: &Figures,
    request: &SubstituteRequest,
    now: At,
) -> Result<Substituted, Refusal> {
    if child.submitted_at.is_some() || child.state == ReportState::Submitted {
        return Err(Refusal::conflict("already_submitted"));
    }
    let mut figures = *system;
    let (who, at) = match request.stands {
        Substitute::System => (None, None),
        Substitute::ByPhone => {
            let who = text_within("who", request.who.as_deref().unwrap_or_default(), WHO_MAX)?
                .ok_or_else(|| Refusal::field("who", "required"))?;
            let at = request.at.ok_or_else(|| Refusal::field("at", "required"))?;
            if at > now {
                return Err(Refusal::invalid("at_in_future").and_field("at", "in_future"));
            }
            if request.figures.is_empty() {
                return Err(Refusal::field("figures", "required"));
            }
            for (id, value) in &request.figures {
                if !can_be(id, *value) {
                    return Err(Refusal::field(&format!("figures.{id}"), "out_of_range"));
                }
                figures
                    .set(id, *value)
                    .map_err(|_| Refusal::field(&format!("figures.{id}"), "unknown_word"))?;
            }
            (Some(who), Some(at))
        }
    };
    let imbalances = figures.balance();
    Ok(Substituted { stands: request.stands, figures, who, at, imbalances })
}

/// One unit below, as its parent compiles it.
#[derive(Clone, Copy, Debug)]
pub struct Child<'a> {
    pub area: AreaId,
    pub submitted: bool,
    /// Its own figures: live before the lock, frozen after it.
    pub figures: &'a Figures,
    /// What the parent chose to stand for it (P-22).
    pub substitute: Option<(Substitute, &'a Figures)>,
}

/// A parent's figures with what stands behind them. Nobody vanishes from a compile: a unit without a report and
/// without a choice stands with the system's figures, and is counted as unconfirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiled {
    pub figures: Figures,
    pub signed: Vec<AreaId>,
    /// "Số trên hệ thống lúc 12:00, xã chưa xác nhận".
    pub unconfirmed: Vec<AreaId>,
    /// "Nhập thay, báo qua điện thoại".
    pub by_phone: Vec<AreaId>,
}

/// Compiles what a level above the commune sends. Its frozen figures are [`Figures::sum`] of its children's; what
/// was heard by telephone stands only in what it submits.
pub fn compile(children: &[Child<'_>]) -> Compiled {
    let (mut signed, mut unconfirmed, mut by_phone) = (Vec::new(), Vec::new(), Vec::new());
    let mut parts = Vec::with_capacity(children.len());
    for child in children {
        match (child.submitted, child.substitute) {
            (false, Some((Substitute::ByPhone, figures))) => {
                by_phone.push(child.area);
                parts.push(figures);
            }
            (true, _) => {
                signed.push(child.area);
                parts.push(child.figures);
            }
            (false, None | Some((Substitute::System, _))) => {
                unconfirmed.push(child.area);
                parts.push(child.figures);
            }
        }
    }
    Compiled { figures: Figures::sum(parts), signed, unconfirmed, by_phone }
}

/// Which figures stand on one line of the Zalo text.
const ZALO_ROWS: &[&[&str]] = &[
    &["f0_start", "f0_new", "f0_in"],
    &["f0_recovered", "f0_out", "f0_died", "f0_adjusted"],
    &["f0_end"],
    &["f0_asymptomatic", "f0_mild", "f0_moderate"],
    &["f0_severe", "f0_critical", "f0_unassessed"],
    &["f1_start", "f1_new", "f1_in"],
    &["f1_became_f0", "f1_completed", "f1_out", "f1_adjusted"],
    &["f1_end"],
    &["groups", "households"],
    &["not_contacted", "without_zalo", "unmanaged"],
];

/// "Chép để gửi Zalo" (P-25): every figure with its label, then as much of the narrative as fits, in at most
/// [`ZALO_LINES_MAX`] lines. `heading` and `footer` are one line each; `label` gives an indicator's words. A zero
/// is written as zero (X-7).
pub fn zalo_text(
    heading: &str,
    figures: &Figures,
    label: impl Fn(&str) -> String,
    narrative: &str,
    footer: &str,
) -> String {
    let mut lines = vec![one_line(heading)];
    for row in ZALO_ROWS {
        let parts: Vec<String> =
            row.iter().map(|id| format!("{}: {}", one_line(&label(id)), figures.value(id))).collect();
        lines.push(parts.join("; "));
    }
    let footer = one_line(footer);
    let room = ZALO_LINES_MAX - lines.len() - usize::from(!footer.is_empty());
    lines.extend(narrative_lines(narrative, room));
    if !footer.is_empty() {
        lines.push(footer);
    }
    lines.join("\n")
}

/// The narrative's first lines; an ellipsis stands where something was cut.
fn narrative_lines(narrative: &str, room: usize) -> Vec<String> {
    let lines: Vec<String> = narrative.lines().map(one_line).filter(|line| !line.is_empty()).collect();
    let cut = lines.len() > room;
    let mut kept: Vec<String> = lines.into_iter().take(room).map(shortened).collect();
    if cut && let Some(last) = kept.last_mut().filter(|last| !last.ends_with('…')) {
        last.push('…');
    }
    kept
}

fn shortened(line: String) -> String {
    if line.chars().count() <= ZALO_LINE_CHARS_MAX {
        return line;
    }
    let mut short: String = line.chars().take(ZALO_LINE_CHARS_MAX - 1).collect();
    short.push('…');
    short
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FIGURE_IDS_OF_THE_INTERFACE: &str = "f0_start, f0_new, f0_in, f0_recovered, f0_out, f0_died, \
        f0_adjusted, f0_end, f0_asymptomatic, f0_mild, f0_moderate, f0_severe, f0_critical, f0_unassessed, \
        f1_start, f1_new, f1_in, f1_became_f0, f1_completed, f1_out, f1_adjusted, f1_end, groups, households, \
        not_contacted, without_zalo, unmanaged";

    fn at(text: &str) -> At {
        At::parse(&format!("{text}+07:00")).unwrap()
    }

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    fn of(values: &[(&str, i64)]) -> Figures {
        let mut figures = Figures::default();
        for (id, value) in values {
            figures.set(id, *value).unwrap();
        }
        figures
    }

    fn code<T: std::fmt::Debug>(result: Result<T, Refusal>) -> &'static str {
        result.map_or_else(|refusal| refusal.code, |_| "ok")
    }

    const SIXTEENTH: &str = "2022-03-16";

    fn with_clock<T>(now: &str, run: impl FnOnce(Clock<'_>) -> T) -> T {
        run(Clock { schedule: &LAI_CHAU_2022, zone: &Zone::default(), now: at(now) })
    }

    fn draft() -> ReportFacts {
        ReportFacts::draft(AreaLevel::Commune, day(SIXTEENTH))
    }

    fn submitted(text: &str) -> ReportFacts {
        ReportFacts { state: ReportState::Submitted, submitted_at: Some(at(text)), ..draft() }
    }

    #[test]
    fn the_indicators_are_those_of_the_interface_in_their_order() {
        let ids: Vec<&str> = INDICATORS.iter().map(|indicator| indicator.id).collect();
        assert_eq!(ids.join(", "), FIGURE_IDS_OF_THE_INTERFACE);
        for severity in Severity::ALL {
            assert!(Indicator::parse(severity.indicator()).is_some());
        }
        let shown: Vec<&str> = ZALO_ROWS.iter().copied().flatten().copied().collect();
        assert_eq!(shown.len(), INDICATORS.len());
        assert!(ids.iter().all(|id| shown.contains(id)), "the Zalo text has every figure");
        for indicator in INDICATORS {
            assert_eq!(indicator.nature == Nature::Flow, indicator.effect != 0, "{}", indicator.id);
        }
    }

    #[test]
    fn figures_go_out_and_come_in_as_an_object() {
        let figures = of(&[("f0_new", 3), ("f0_adjusted", -1), ("unmanaged", 2)]);
        let json = serde_json::to_string(&figures).unwrap();
        assert!(json.starts_with(r#"{"f0_start":0,"f0_new":3,"#), "{json}");
        assert_eq!(serde_json::from_str::<Figures>(&json).unwrap(), figures);
        assert_eq!(serde_json::from_str::<Figures>(r#"{"f0_new":3}"#).unwrap(), of(&[("f0_new", 3)]));
        assert!(serde_json::from_str::<Figures>(r#"{"f2_new":3}"#).is_err());
        assert_eq!(figures.get("f2_new"), None);
        assert!(Figures::default().add("f2_new", 1).is_err());
    }

    #[test]
    fn the_day_turns_at_noon() {
        let zone = Zone::default();
        let window = LAI_CHAU_2022.window(day(SIXTEENTH), &zone);
        assert_eq!(window.from, at("2022-03-15T12:00:00"));
        assert_eq!(window.to, at("2022-03-16T12:00:00"));
        let table = [
            ("2022-03-16T00:00:00", "2022-03-16"),
            ("2022-03-16T11:59:59.999", "2022-03-16"),
            ("2022-03-16T12:00:00", "2022-03-17"),
            ("2022-03-31T23:59:59", "2022-04-01"),
        ];
        for (now, expected) in table {
            assert_eq!(LAI_CHAU_2022.open_day(at(now), &zone), day(expected), "{now}");
        }
    }

    #[test]
    fn the_due_time_is_the_first_moment_that_is_late() {
        use Punctuality::*;
        let table = [
            (AreaLevel::Commune, Some("2022-03-16T10:59:59.999"), "2022-03-16T13:00:00", OnTime),
            (AreaLevel::Commune, Some("2022-03-16T11:00:00"), "2022-03-16T13:00:00", Late),
            (AreaLevel::Commune, Some("2022-03-16T11:59:59"), "2022-03-16T13:00:00", Late),
            (AreaLevel::Commune, None, "2022-03-16T10:59:59.999", NotYet),
            (AreaLevel::Commune, None, "2022-03-16T11:00:00", Late),
            (AreaLevel::Commune, None, "2022-03-16T11:59:59.999", Late),
            (AreaLevel::Commune, None, "2022-03-16T12:00:00", Missing),
            (AreaLevel::District, Some("2022-03-16T14:52:00"), "2022-03-16T15:00:00", OnTime),
            (AreaLevel::District, None, "2022-03-16T14:59:59.999", NotYet),
            (AreaLevel::District, Some("2022-03-16T15:00:00"), "2022-03-16T15:00:00", Late),
            (AreaLevel::District, None, "2022-03-17T11:59:59", Late),
            (AreaLevel::District, None, "2022-03-17T12:00:00", Missing),
            (AreaLevel::Province, None, "2022-03-18T12:00:00", NotYet),
            (AreaLevel::Province, Some("2022-03-16T16:00:00"), "2022-03-18T12:00:00", OnTime),
        ];
        for (level, sent, now, expected) in table {
            let report =
                ReportFacts { submitted_at: sent.map(at), ..ReportFacts::draft(level, day(SIXTEENTH)) };
            let judged = with_clock(now, |clock| clock.punctuality(&report));
            assert_eq!(judged, expected, "{level} sent {sent:?} seen {now}");
            let flags = [judged.is_on_time(), judged.is_late(), judged.is_missing()];
            assert_eq!(flags.iter().filter(|flag| **flag).count(), usize::from(judged != NotYet));
        }
    }

    #[test]
    fn a_schedule_makes_sense() {
        let with = |change: fn(&mut Schedule)| {
            let mut schedule = LAI_CHAU_2022;
            change(&mut schedule);
            schedule.check().is_ok()
        };
        assert!(with(|_| {}));
        assert!(with(|s| s.province_due_minute = Some(1_020)));
        assert!(!with(|s| s.due_minute = 721));
        assert!(!with(|s| s.lock_minute = 1_440));
        assert!(!with(|s| s.district_due_minute = 700));
        assert!(!with(|s| s.province_due_minute = Some(-1)));
    }

    #[test]
    fn two_steps_and_no_third() {
        let confirmed = ReportFacts { state: ReportState::Confirmed, confirmed: true, ..draft() };
        let locked = ReportFacts { state: ReportState::Locked, ..draft() };
        let table = [
            (draft(), "2022-03-16T10:30:00", "ok", "ok"),
            (confirmed, "2022-03-16T10:58:00", "already_confirmed", "ok"),
            (draft(), "2022-03-16T11:30:00", "ok", "ok"),
            (
                submitted("2022-03-16T10:58:00"),
                "2022-03-16T11:30:00",
                "already_submitted",
                "already_submitted",
            ),
            (draft(), "2022-03-16T12:00:00", "locked", "locked"),
            (locked, "2022-03-16T11:00:00", "locked", "locked"),
            (draft(), "2022-03-15T11:59:59", "not_open", "not_open"),
            (draft(), "2022-03-15T12:00:00", "ok", "ok"),
        ];
        for (report, now, confirming, submitting) in table {
            assert_eq!(
                with_clock(now, |clock| code(confirm(&report, clock))),
                confirming,
                "{report:?} {now}"
            );
            assert_eq!(
                with_clock(now, |clock| code(submit(&report, "", clock))),
                submitting,
                "{report:?} {now}"
            );
        }
        let sent = with_clock("2022-03-16T10:58:00", |clock| submit(&draft(), "", clock)).unwrap();
        assert!(sent.without_confirmation);
        assert_eq!(sent.punctuality, Punctuality::OnTime);
        let sent = with_clock("2022-03-16T11:00:00", |clock| submit(&confirmed, "", clock)).unwrap();
        assert!(!sent.without_confirmation);
        assert_eq!(sent.punctuality, Punctuality::Late);
        let long = "x".repeat(NARRATIVE_MAX + 1);
        assert_eq!(
            with_clock("2022-03-16T10:58:00", |clock| code(submit(&draft(), &long, clock))),
            "invalid"
        );
    }

    #[test]
    fn a_district_compiles_what_is_frozen() {
        let report = ReportFacts::draft(AreaLevel::District, day(SIXTEENTH));
        let table = [
            ("2022-03-16T11:59:59", "figures_open"),
            ("2022-03-16T12:00:00", "ok"),
            ("2022-03-16T15:00:00", "ok"),
            ("2022-03-17T12:00:00", "locked"),
        ];
        for (now, expected) in table {
            assert_eq!(with_clock(now, |clock| code(submit(&report, "", clock))), expected, "{now}");
        }
        let sent = with_clock("2022-03-16T14:52:00", |clock| submit(&report, "", clock)).unwrap();
        assert!(!sent.without_confirmation, "nobody confirms above the commune");
    }

    #[test]
    fn zero_is_said_and_must_be_true() {
        with_clock("2022-03-16T10:30:00", |clock| {
            assert_eq!(code(zero(&draft(), &Figures::default(), clock)), "ok");
            let refused = zero(&draft(), &of(&[("f1_end", 2)]), clock).unwrap_err();
            assert_eq!(refused.to_string(), "not_zero indicator=f1_end value=2");
        });
    }

    #[test]
    fn a_supplement_is_what_came_after_the_signature() {
        let sent = submitted("2022-03-16T10:58:00");
        let signed = of(&[("f0_new", 3), ("f0_end", 23)]);
        let live = of(&[("f0_new", 5), ("f0_end", 25)]);
        with_clock("2022-03-16T11:40:00", |clock| {
            let change = supplement(&sent, &signed, &live, clock).unwrap();
            assert_eq!(change, of(&[("f0_new", 2), ("f0_end", 2)]));
            assert_eq!(code(supplement(&sent, &signed, &signed, clock)), "nothing_to_supplement");
            assert_eq!(code(supplement(&draft(), &signed, &live, clock)), "not_submitted");
        });
        let late = with_clock("2022-03-16T12:00:00", |clock| code(supplement(&sent, &signed, &live, clock)));
        assert_eq!(late, "locked");
    }

    #[test]
    fn a_correction_needs_a_lock_and_a_reason() {
        let frozen = of(&[("f0_new", 3)]);
        let table = [
            ("2022-03-16T11:59:59", "f0_new", 4, "counted twice", "not_locked"),
            ("2022-03-16T12:07:00", "f0_new", 4, "counted twice", "ok"),
            ("2022-03-16T12:07:00", "f0_new", 3, "counted twice", "nothing_changed"),
            ("2022-03-16T12:07:00", "f0_new", 4, "  ", "reason_required"),
            ("2022-03-16T12:07:00", "f9_new", 4, "counted twice", "invalid"),
            ("2022-03-16T12:07:00", "f0_new", -1, "counted twice", "invalid"),
            ("2022-03-16T12:07:00", "f0_adjusted", -1, "a double", "ok"),
        ];
        for (now, indicator, value, reason, expected) in table {
            let got = with_clock(now, |clock| correct(&draft(), &frozen, indicator, value, reason, clock));
            assert_eq!(code(got), expected, "{now} {indicator} {value} {reason}");
        }
    }

    #[test]
    fn somebody_chooses_what_stands_for_a_missing_report() {
        let system = of(&[("f0_new", 2), ("f0_end", 2), ("f0_unassessed", 2)]);
        let by_phone = SubstituteRequest {
            stands: Substitute::ByPhone,
            figures: vec![("f0_new".to_owned(), 4)],
            who: Some("Lò Văn Ón".to_owned()),
            at: Some(at("2022-03-16T11:20:00")),
        };
        let now = at("2022-03-16T11:21:00");
        let system_stands =
            SubstituteRequest { stands: Substitute::System, figures: Vec::new(), who: None, at: None };
        let chosen = substitute(&draft(), &system, &system_stands, now).unwrap();
        assert_eq!((chosen.figures, chosen.imbalances.len()), (system, 0));
        let chosen = substitute(&draft(), &system, &by_phone, now).unwrap();
        assert_eq!(chosen.figures.get("f0_new"), Some(4));
        assert_eq!(
            chosen.imbalances,
            [Imbalance { rule: BalanceRule::F0End, expected: 4, found: 2 }],
            "said in the open"
        );
        let refused = |request: SubstituteRequest| substitute(&draft(), &system, &request, now).unwrap_err();
        assert_eq!(
            refused(SubstituteRequest { who: None, ..by_phone.clone() }).to_string(),
            "invalid who:required"
        );
        assert_eq!(
            refused(SubstituteRequest { at: None, ..by_phone.clone() }).to_string(),
            "invalid at:required"
        );
        let tomorrow = Some(at("2022-03-17T11:20:00"));
        assert_eq!(refused(SubstituteRequest { at: tomorrow, ..by_phone.clone() }).code, "at_in_future");
        let unknown = vec![("f9".to_owned(), 1)];
        assert_eq!(
            refused(SubstituteRequest { figures: unknown, ..by_phone.clone() }).to_string(),
            "invalid figures.f9:unknown_word"
        );
        let heard = |id: &str| SubstituteRequest { figures: vec![(id.to_owned(), -1)], ..by_phone.clone() };
        assert_eq!(refused(heard("f0_new")).to_string(), "invalid figures.f0_new:out_of_range");
        assert!(
            substitute(&draft(), &system, &heard("f0_adjusted"), now).is_ok(),
            "only adjustments go below"
        );
        let sent = submitted("2022-03-16T11:05:00");
        assert_eq!(code(substitute(&sent, &system, &by_phone, now)), "already_submitted");
    }

    #[test]
    fn nobody_vanishes_from_a_compile() {
        let (signed, silent, phoned) = (of(&[("f0_end", 20)]), of(&[("f0_end", 7)]), of(&[("f0_end", 5)]));
        let heard = of(&[("f0_end", 6)]);
        let child = |area, submitted, figures, substitute| Child {
            area: AreaId(area),
            submitted,
            figures,
            substitute,
        };
        let compiled = compile(&[
            child(1, true, &signed, None),
            child(2, false, &silent, None),
            child(3, false, &silent, Some((Substitute::System, &silent))),
            child(4, false, &phoned, Some((Substitute::ByPhone, &heard))),
        ]);
        assert_eq!(compiled.figures.get("f0_end"), Some(20 + 7 + 7 + 6));
        assert_eq!(compiled.signed, [AreaId(1)]);
        assert_eq!(compiled.unconfirmed, [AreaId(2), AreaId(3)]);
        assert_eq!(compiled.by_phone, [AreaId(4)]);
    }

    #[test]
    fn each_broken_sum_is_named() {
        let right = of(&[
            ("f0_start", 10),
            ("f0_new", 5),
            ("f0_in", 1),
            ("f0_recovered", 3),
            ("f0_out", 1),
            ("f0_died", 1),
            ("f0_adjusted", -2),
            ("f0_end", 9),
            ("f0_mild", 4),
            ("f0_unassessed", 5),
            ("f1_start", 8),
            ("f1_new", 2),
            ("f1_became_f0", 1),
            ("f1_completed", 4),
            ("f1_adjusted", 1),
            ("f1_end", 6),
        ]);
        assert_eq!(right.balance(), []);
        let mut wrong = right;
        wrong.set("f0_mild", 3).unwrap();
        assert_eq!(wrong.balance(), [Imbalance { rule: BalanceRule::Severities, expected: 9, found: 8 }]);
        let mut wrong = right;
        wrong.set("f1_out", 2).unwrap();
        assert_eq!(wrong.balance(), [Imbalance { rule: BalanceRule::F1End, expected: 4, found: 6 }]);
    }

    #[test]
    fn the_zalo_text_fits_in_fifteen_lines() {
        let figures = of(&[("f0_start", 20), ("f0_new", 3), ("f0_end", 23), ("f0_unassessed", 23)]);
        let text = zalo_text(
            "Xã Mường Tè, ngày 16/3/2022,\n tính đến 12:00",
            &figures,
            |id| id.to_owned(),
            "Một ca chuyển tuyến.\n\nHai hộ cần gạo.\nĐã phun khử khuẩn.\nXin thêm test.",
            "Kề Bên, bản đầy đủ trong hệ thống",
        );
        let expected = "Xã Mường Tè, ngày 16/3/2022, tính đến 12:00
f0_start: 20; f0_new: 3; f0_in: 0
f0_recovered: 0; f0_out: 0; f0_died: 0; f0_adjusted: 0
f0_end: 23
f0_asymptomatic: 0; f0_mild: 0; f0_moderate: 0
f0_severe: 0; f0_critical: 0; f0_unassessed: 23
f1_start: 0; f1_new: 0; f1_in: 0
f1_became_f0: 0; f1_completed: 0; f1_out: 0; f1_adjusted: 0
f1_end: 0
groups: 0; households: 0
not_contacted: 0; without_zalo: 0; unmanaged: 0
Một ca chuyển tuyến.
Hai hộ cần gạo.
Đã phun khử khuẩn.…
Kề Bên, bản đầy đủ trong hệ thống";
        assert_eq!(text, expected);
    }

    fn any_figures() -> impl Strategy<Value = Figures> {
        proptest::array::uniform27(-1_000i64..100_000).prop_map(Figures)
    }

    fn any_flows() -> impl Strategy<Value = Vec<Flow>> {
        let flows: Vec<&'static Indicator> = INDICATORS.iter().filter(|i| i.nature == Nature::Flow).collect();
        let flow = (proptest::sample::select(flows), -3i64..30).prop_map(|(indicator, amount)| Flow {
            kind: indicator.kind.unwrap(),
            indicator: indicator.id,
            amount,
        });
        proptest::collection::vec(flow, 0..40)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

        #[test]
        fn a_parent_is_the_sum_of_its_children_at_every_figure(all in proptest::collection::vec(any_figures(), 0..8)) {
            let (left, right) = all.split_at(all.len() / 2);
            let by_halves = Figures::sum([&Figures::sum(left), &Figures::sum(right)]);
            prop_assert_eq!(Figures::sum(&all), by_halves);
            for indicator in INDICATORS {
                let by_hand: i64 = all.iter().map(|child| child.get(indicator.id).unwrap()).sum();
                prop_assert_eq!(by_halves.get(indicator.id), Some(by_hand));
            }
        }

        #[test]
        fn children_that_balance_make_a_parent_that_balances(days in proptest::collection::vec((any_figures(), any_flows()), 1..6)) {
            let children: Vec<Figures> = days
                .iter()
                .map(|(before, flows)| {
                    let mut figures = Figures::opening(before);
                    for flow in flows {
                        figures.book(flow).unwrap();
                    }
                    let end = figures.get("f0_end").unwrap();
                    figures.set("f0_unassessed", end).unwrap();
                    figures
                })
                .collect();
            for child in &children {
                prop_assert_eq!(child.balance(), vec![]);
            }
            prop_assert_eq!(Figures::sum(&children).balance(), vec![]);
        }

        #[test]
        fn a_supplement_added_to_what_was_signed_is_what_is_frozen(signed in any_figures(), frozen in any_figures()) {
            prop_assert_eq!(Figures::sum([&signed, &frozen.minus(&signed)]), frozen);
            let json = serde_json::to_string(&frozen).unwrap();
            prop_assert_eq!(serde_json::from_str::<Figures>(&json).unwrap(), frozen);
        }

        #[test]
        fn every_moment_lies_in_the_window_of_its_day(ms in 1_640_000_000_000i64..1_700_000_000_000, lock in 0i64..1_440) {
            let schedule = Schedule { lock_minute: lock, ..LAI_CHAU_2022 };
            let zone = Zone::default();
            let day = schedule.open_day(At(ms), &zone);
            prop_assert!(schedule.window(day, &zone).contains(At(ms)));
            prop_assert!(!schedule.window(day.plus(1), &zone).contains(At(ms)));
            prop_assert!(!schedule.window(day.plus(-1), &zone).contains(At(ms)));
            prop_assert_eq!(schedule.window(day, &zone).to, schedule.window(day.plus(1), &zone).from);
        }

        #[test]
        fn a_report_is_only_ever_judged_later(sent in proptest::option::of(0i64..2_880), a in 0i64..2_880, b in 0i64..2_880) {
            // Minutes from the midnight of the day; what is seen later is never better, and what is sent stays.
            let zone = Zone::default();
            let midnight = day(SIXTEENTH).start(&zone);
            let moment = |minute: i64| midnight.plus(minute * crate::time::MINUTE);
            let deadlines = LAI_CHAU_2022.deadlines(AreaLevel::Commune, day(SIXTEENTH), &zone);
            let seen = |now: i64| punctuality(sent.map(moment), deadlines, moment(now));
            let rank = |judged| match judged {
                Punctuality::NotYet => 0,
                Punctuality::OnTime => 0,
                Punctuality::Late => 1,
                Punctuality::Missing => 2,
            };
            prop_assert!(rank(seen(a.min(b))) <= rank(seen(a.max(b))));
        }

        #[test]
        fn no_narrative_makes_the_zalo_text_longer(narrative in "[a-z \n\r…]{0,900}", heading in "\\PC{0,80}", footer in "\\PC{0,80}", figures in any_figures()) {
            let text = zalo_text(&heading, &figures, |id| id.to_owned(), &narrative, &footer);
            prop_assert!(text.lines().count() <= ZALO_LINES_MAX, "{}", text);
        }
    }
}
