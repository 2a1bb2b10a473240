//! The day's figures and the report that carries them: the clock of LC-4, LC-5 and LC-17, what adds up (LC-2,
//! P-23), who has sent and who has not, what stands for a unit that did not (P-22), and what may still be
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
    flow("f0_adjusted", CASE, 1, "changes of locked days: entered in error, merged, reopened; and left without notice"),
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
    flow("f1_adjusted", CONTACT, 1, "changes of locked days: entered in error, merged, reopened; and left without notice"),
    stock("f1_end", CONTACT, "contacts managed at the end of the day"),
    stock("groups", None, "care groups with an open episode"),
    stock("households", None, "households with an open episode"),
    stock("not_contacted", None, "open episodes past their first-contact time and not yet contacted and advised"),
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

/// Where a report stands against its clock. Exactly one of the item's `on_time`, `late`, `missing` is true,
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

/// "Không phát sinh": sends a report in which every figure is zero.
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
    // Only adjustments go below zero.
    let lowest = match indicator.id {
        "f0_adjusted" | "f1_adjusted" => -FIGURE_MAX,
        _ => 0,
    };
    if !(lowest..=FIGURE_MAX).contains(&value) {
        return Err(Refusal::field("value", "out_of_range"));
    }
    if value == was {
        return Err(Refusal::conflict("nothing_changed"));
    }
    let reason = text_within("reason", reason, REASON_MAX)?.ok_or_else(reason_required)?;
    Ok(Correction { indicator: indicator.id, was, value, reason })
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
/// unit's own frozen figures stay what they are (invariant 5) and the report stays missing.
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
                if !(-FIGURE_MAX..=FIGURE_MAX).contains(value) {
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
/// is written as zero.
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
