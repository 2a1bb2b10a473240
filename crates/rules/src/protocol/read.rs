//! Reads a protocol. Every fault is named with its line; unknown keys are refused, because a misspelled rule must not be
//! a silent gap.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::{Band, CheckinTimes, Choice, Fault, Field, Guidance, Protocol, Rule, Words};
use crate::release::{Clause, CountsFrom, ReleaseRules, TestNeeded};
use crate::slots::{Slot, Slots, Times};
use crate::{Day, Level, TestKind, TestWitness};

/// A protocol with hundreds of rules stays far below it.
pub const TEXT_BYTES_MAX: usize = 1 << 20;
pub const WORDS_CHARS_MAX: usize = 300;
pub const KEY_CHARS_MAX: usize = 40;
pub const RULES_MAX: usize = 200;
pub const FIELDS_MAX: usize = 40;
pub const CHOICES_MAX: usize = 60;
pub const BANDS_MAX: usize = 20;
/// A week: longer is a slip of the pen.
pub const MINUTES_MAX: u32 = 7 * 24 * 60;
pub const DECIMALS_MAX: u32 = 2;
/// The longest care at home, in days.
pub const DAYS_MAX: i64 = 365;
pub const CLAUSES_MAX: usize = 20;
pub const GUIDANCE_MAX: usize = 60;
/// Times of one day at which one is heard of.
pub const SLOTS_MAX: usize = 12;
const MINUTES_OF_DAY: i64 = 24 * 60;

/// Names that the program knows beside the file's own fields: ticked lists, and what earlier answers say.
const LISTS: &[&str] = &["red_flags", "symptoms"];
const EARLIER: &[&str] = &["prev_temp", "spo2_drop_24h", "risk_count"];
/// The threshold of the band.
const THRESHOLD: &str = "t";
/// What a condition may do: compare, combine, look for a word in a list.
const OPERATORS: &[&str] =
    &["_<_", "_<=_", "_>_", "_>=_", "_==_", "_!=_", "_&&_", "_||_", "!_", "@in", "_+_", "_-_", "-_"];

type Text = Spanned<String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    protocol: RawHead,
    band: Vec<RawBand>,
    #[serde(default)]
    field: BTreeMap<Text, RawField>,
    red_flag: BTreeMap<Text, RawWords>,
    #[serde(default)]
    symptom: BTreeMap<Text, RawWords>,
    #[serde(default)]
    guidance: BTreeMap<Text, RawGuidance>,
    checkin: Option<RawCheckin>,
    release: Option<RawRelease>,
    level: BTreeMap<Text, RawLevel>,
    rule: BTreeMap<Text, RawRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHead {
    id: Text,
    version: Text,
    icd10: Text,
    vi: Text,
    en: Text,
    status: Text,
    valid_from: Text,
    valid_to: Option<Text>,
    sources: Vec<Text>,
    #[serde(default)]
    missing: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBand {
    id: Text,
    to_months: Option<Spanned<i64>>,
    vi: Text,
    en: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawField {
    unit: Text,
    min: Spanned<i64>,
    max: Spanned<i64>,
    decimals: Option<Spanned<u32>>,
    repeat_within_minutes: Option<Spanned<u32>>,
    #[serde(default)]
    follow_up: bool,
    vi: Text,
    en: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWords {
    vi: Text,
    en: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGuidance {
    source: Text,
    title_vi: Text,
    title_en: Text,
    vi: Text,
    en: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCheckin {
    source: Option<Text>,
    #[serde(default)]
    proposed: bool,
    visitor_silent_after_minutes: Spanned<u32>,
    case: RawTimes,
    contact: RawTimes,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTimes {
    slots: Spanned<Vec<Text>>,
    late_after_minutes: Spanned<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRelease {
    contact_counts_from: Option<Text>,
    case: Spanned<BTreeMap<Text, RawClause>>,
    contact: Spanned<BTreeMap<Text, RawClause>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawClause {
    from_day: Spanned<i64>,
    test: Option<RawTest>,
    doses: Option<Spanned<u8>>,
    last_dose_days: Option<Spanned<i64>>,
    source: Option<Text>,
    #[serde(default)]
    proposed: bool,
    vi: Text,
    en: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTest {
    kinds: Vec<Text>,
    witnesses: Vec<Text>,
    from_day: Spanned<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLevel {
    acknowledge_within_minutes: Spanned<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    when: Text,
    t: Option<BTreeMap<Text, i64>>,
    bands: Option<Vec<Text>>,
    level: Text,
    source: Option<Text>,
    #[serde(default)]
    proposed: bool,
    vi: Text,
    en: Text,
}

/// The levels that a rule may raise, and for which an alarm's time must be set.
const RAISED: &[Level] = &[Level::Emergency, Level::Urgent, Level::Watch];

struct Faults<'a> {
    text: &'a str,
    found: Vec<Fault>,
}

impl Faults<'_> {
    fn at(&mut self, offset: usize, code: &'static str, detail: impl Into<String>) {
        let before = self.text.as_bytes().iter().take(offset);
        let line = before.filter(|byte| **byte == b'\n').count() + 1;
        self.found.push(Fault { line, code, detail: detail.into() });
    }

    fn of<T>(&mut self, said: &Spanned<T>, code: &'static str, detail: impl Into<String>) {
        self.at(said.span().start, code, detail);
    }

    /// Words that are there and not too long.
    fn text(&mut self, said: &Text) -> String {
        let text = said.get_ref().trim();
        if text.is_empty() {
            self.of(said, "empty", "");
        } else if text.chars().count() > WORDS_CHARS_MAX {
            self.of(said, "too_long", format!("more than {WORDS_CHARS_MAX} characters"));
        }
        crate::fold::nfc(text)
    }

    /// One word: entries name it.
    fn version(&mut self, said: &Text) -> String {
        let version = self.text(said);
        if version.contains(char::is_whitespace) {
            self.of(said, "bad_key", &version);
        }
        version
    }

    /// Words that fit into one message.
    fn advice(&mut self, said: &Text) -> String {
        match crate::thread::text(said.get_ref()) {
            Ok(text) => text,
            Err(refusal) => {
                if refusal.fields.iter().any(|field| field.code == "too_long") {
                    self.of(said, "too_long", format!("more than {} characters", crate::thread::TEXT_MAX));
                } else {
                    self.of(said, "empty", "");
                }
                String::new()
            }
        }
    }

    fn words(&mut self, vi: &Text, en: &Text) -> Words {
        Words { vi: self.text(vi), en: self.text(en) }
    }

    /// A key: lower-case letters, digits, underscores.
    fn key(&mut self, said: &Text) -> String {
        let key = said.get_ref();
        let is_key = key.starts_with(|c: char| c.is_ascii_lowercase())
            && key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !is_key || key.len() > KEY_CHARS_MAX {
            self.of(said, "bad_key", key);
        }
        key.clone()
    }

    fn day(&mut self, said: &Text) -> Option<Day> {
        let day = Day::parse(said.get_ref());
        if day.is_none() {
            self.of(said, "bad_day", said.get_ref());
        }
        day
    }

    fn level(&mut self, said: &Text) -> Option<Level> {
        let level = Level::parse(said.get_ref()).filter(|level| RAISED.contains(level));
        if level.is_none() {
            self.of(said, "unknown_level", said.get_ref());
        }
        level
    }

    fn minutes(&mut self, said: &Spanned<u32>) -> u32 {
        let minutes = *said.get_ref();
        if !(1..=MINUTES_MAX).contains(&minutes) {
            self.of(said, "out_of_range", format!("1 to {MINUTES_MAX}"));
        }
        minutes
    }

    /// A number of days within which care at home lies.
    fn day_of_care(&mut self, said: &Spanned<i64>) -> i64 {
        let days = *said.get_ref();
        if !(0..=DAYS_MAX).contains(&days) {
            self.of(said, "out_of_range", format!("0 to {DAYS_MAX}"));
        }
        days
    }

    /// A word of a closed list.
    fn word<T>(&mut self, said: &Text, parse: fn(&str) -> Option<T>) -> Option<T> {
        let word = parse(said.get_ref());
        if word.is_none() {
            self.of(said, "unknown_word", said.get_ref());
        }
        word
    }

    fn at_most(&mut self, count: usize, max: usize, what: &str) {
        if count > max {
            self.at(0, "too_many", format!("more than {max}: {what}"));
        }
    }
}

/// Reads and checks a protocol.
///
/// # Errors
/// Every fault that was found, by line; a file that is no TOML or has another shape gives the first one alone.
pub fn read(text: &str) -> Result<Protocol, Vec<Fault>> {
    let mut faults = Faults { text, found: Vec::new() };
    if text.len() > TEXT_BYTES_MAX {
        faults.at(0, "too_long", format!("more than {TEXT_BYTES_MAX} bytes"));
        return Err(faults.found);
    }
    let raw: RawFile = match toml::from_str(text) {
        Ok(raw) => raw,
        Err(error) => {
            faults.at(error.span().map_or(0, |span| span.start), "bad_toml", error.message());
            return Err(faults.found);
        }
    };
    let read = protocol(&mut faults, raw);
    match read {
        Some(protocol) if faults.found.is_empty() => Ok(protocol),
        Some(_) | None => {
            faults.found.sort_by_key(|fault| fault.line);
            Err(faults.found)
        }
    }
}

fn protocol(faults: &mut Faults<'_>, raw: RawFile) -> Option<Protocol> {
    let head = raw.protocol;
    if head.status.get_ref() != "reference" {
        // Who adopted it is on record in the store; a file cannot say so of itself.
        faults.of(&head.status, "unknown_status", head.status.get_ref());
    }
    if head.sources.is_empty() {
        faults.of(&head.id, "no_sources", "");
    }
    let bands = bands(faults, &raw.band);
    let fields = fields(faults, &raw.field);
    let red_flags = choices(faults, &raw.red_flag);
    let symptoms = choices(faults, &raw.symptom);
    let guidance = guidance(faults, &raw.guidance);
    let mut acknowledge_within = Vec::new();
    for (name, level) in &raw.level {
        let minutes = faults.minutes(&level.acknowledge_within_minutes);
        acknowledge_within.extend(faults.level(name).map(|level| (level, minutes)));
    }
    let checkin = raw.checkin.as_ref().map(|raw| checkin(faults, raw));
    let release = raw.release.as_ref().map(|raw| ReleaseRules {
        case: clauses(faults, &raw.case),
        contact: clauses(faults, &raw.contact),
        contact_counts_from: match &raw.contact_counts_from {
            Some(said) => faults.word(said, CountsFrom::parse).unwrap_or_default(),
            None => CountsFrom::default(),
        },
    });
    faults.at_most(raw.rule.len(), RULES_MAX, "rules");
    let mut rules = Vec::new();
    for (id, rule_raw) in &raw.rule {
        rules.extend(rule(faults, id, rule_raw, &bands, &fields));
        let level = Level::parse(rule_raw.level.get_ref());
        if level.is_some_and(|level| !acknowledge_within.iter().any(|(of, _)| *of == level)) {
            faults.of(&rule_raw.level, "level_without_time", rule_raw.level.get_ref());
        }
    }
    let valid_from = faults.day(&head.valid_from);
    let valid_to = head.valid_to.as_ref().and_then(|day| faults.day(day));
    let id = head.id.get_ref().clone();
    let is_id = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if id.is_empty() || id.len() > KEY_CHARS_MAX || !id.chars().all(is_id) {
        faults.of(&head.id, "bad_key", &id);
    }
    Some(Protocol {
        id,
        version: faults.version(&head.version),
        icd10: faults.text(&head.icd10),
        name: faults.words(&head.vi, &head.en),
        valid_from: valid_from?,
        valid_to,
        sources: head.sources.iter().map(|source| faults.text(source)).collect(),
        missing: head.missing.iter().map(|source| faults.text(source)).collect(),
        bands,
        fields,
        red_flags,
        symptoms,
        rules,
        guidance,
        checkin,
        release,
        acknowledge_within,
    })
}

fn clauses(faults: &mut Faults<'_>, said: &Spanned<BTreeMap<Text, RawClause>>) -> Vec<Clause> {
    let raw = said.get_ref();
    faults.at_most(raw.len(), CLAUSES_MAX, "clauses");
    if raw.is_empty() {
        // Nothing asked for would be everybody let go.
        faults.of(said, "no_clauses", "");
    }
    let mut clauses = Vec::new();
    for (id, clause) in in_order(raw) {
        if clause.source.is_none() && !clause.proposed {
            faults.of(id, "no_sources", id.get_ref());
        }
        if let (Some(days), None) = (&clause.last_dose_days, &clause.doses) {
            faults.of(days, "dose_without_doses", "");
        }
        clauses.push(Clause {
            id: faults.key(id),
            from_day: faults.day_of_care(&clause.from_day),
            test: clause.test.as_ref().map(|test| TestNeeded {
                kinds: test.kinds.iter().filter_map(|said| faults.word(said, TestKind::parse)).collect(),
                witnesses: test
                    .witnesses
                    .iter()
                    .filter_map(|said| faults.word(said, TestWitness::parse))
                    .collect(),
                from_day: faults.day_of_care(&test.from_day),
            }),
            doses: clause.doses.as_ref().map(|doses| *doses.get_ref()),
            last_dose_days: clause.last_dose_days.as_ref().map(|days| faults.day_of_care(days)),
            source: clause.source.as_ref().map(|source| faults.text(source)).unwrap_or_default(),
            proposed: clause.proposed,
            words: faults.words(&clause.vi, &clause.en),
        });
    }
    clauses
}

fn checkin(faults: &mut Faults<'_>, raw: &RawCheckin) -> CheckinTimes {
    if raw.source.is_none() && !raw.proposed {
        faults.of(&raw.visitor_silent_after_minutes, "no_sources", "");
    }
    CheckinTimes {
        slots: Slots {
            case: times(faults, &raw.case),
            contact: times(faults, &raw.contact),
            visitor_silent_after: i64::from(faults.minutes(&raw.visitor_silent_after_minutes)),
        },
        source: raw.source.as_ref().map(|source| faults.text(source)).unwrap_or_default(),
        proposed: raw.proposed,
    }
}

fn times(faults: &mut Faults<'_>, raw: &RawTimes) -> Times {
    let mut slots: Vec<Slot> = Vec::new();
    faults.at_most(raw.slots.get_ref().len(), SLOTS_MAX, "slots");
    for said in raw.slots.get_ref() {
        match slot(said.get_ref()) {
            None => faults.of(said, "bad_slot", said.get_ref()),
            Some(slot) if slots.last().is_some_and(|before| slot.from < before.to) => {
                faults.of(said, "slots_overlap", said.get_ref());
            }
            Some(slot) => slots.push(slot),
        }
    }
    if raw.slots.get_ref().is_empty() {
        faults.of(&raw.slots, "no_slots", "");
    }
    Times { slots, late_after: i64::from(faults.minutes(&raw.late_after_minutes)) }
}

/// "06:00-10:00", within one day.
fn slot(text: &str) -> Option<Slot> {
    let minute = |text: &str| {
        let (hour, minute) = text.split_once(':').filter(|(h, m)| h.len() == 2 && m.len() == 2)?;
        let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.parse().ok()?);
        (hour >= 0 && (0..60).contains(&minute)).then_some(hour * 60 + minute)
    };
    let (from, to) = text.split_once('-')?;
    let slot = Slot { from: minute(from)?, to: minute(to)? };
    (slot.from < slot.to && slot.to <= MINUTES_OF_DAY).then_some(slot)
}

fn bands(faults: &mut Faults<'_>, raw: &[RawBand]) -> Vec<Band> {
    faults.at_most(raw.len(), BANDS_MAX, "bands");
    let mut bands: Vec<Band> = Vec::new();
    for (n, band) in raw.iter().enumerate() {
        let id = faults.key(&band.id);
        if bands.iter().any(|before| before.id == id) {
            faults.of(&band.id, "duplicate_key", &id);
        }
        let to_months = band.to_months.as_ref().map(|months| *months.get_ref());
        let is_last = n + 1 == raw.len();
        let after = bands.last().and_then(|before| before.to_months).unwrap_or(0);
        // From the youngest on without a hole, and nobody is too old for the last.
        if is_last != to_months.is_none() || to_months.is_some_and(|to| to <= after) {
            faults.of(&band.id, "bands_have_a_hole", &id);
        }
        bands.push(Band { id, to_months, words: faults.words(&band.vi, &band.en) });
    }
    bands
}

/// Entries of a table in the order of the file.
fn in_order<T>(raw: &BTreeMap<Text, T>) -> Vec<(&Text, &T)> {
    let mut entries: Vec<(&Text, &T)> = raw.iter().collect();
    entries.sort_by_key(|(id, _)| id.span().start);
    entries
}

fn fields(faults: &mut Faults<'_>, raw: &BTreeMap<Text, RawField>) -> Vec<Field> {
    faults.at_most(raw.len(), FIELDS_MAX, "fields");
    let mut fields = Vec::new();
    for (id, field) in in_order(raw) {
        let (min, max) = (*field.min.get_ref(), *field.max.get_ref());
        if min >= max {
            faults.of(&field.min, "min_above_max", format!("{min} >= {max}"));
        }
        let decimals = field.decimals.as_ref().map_or(0, |digits| *digits.get_ref());
        if let Some(digits) = field.decimals.as_ref().filter(|_| decimals > DECIMALS_MAX) {
            faults.of(digits, "out_of_range", format!("0 to {DECIMALS_MAX}"));
        }
        let key = faults.key(id);
        if LISTS.contains(&key.as_str()) || EARLIER.contains(&key.as_str()) || key == THRESHOLD {
            faults.of(id, "duplicate_key", &key);
        }
        fields.push(Field {
            id: key,
            unit: faults.text(&field.unit),
            min,
            max,
            decimals,
            repeat_within_minutes: field.repeat_within_minutes.as_ref().map(|m| faults.minutes(m)),
            follow_up: field.follow_up,
            words: faults.words(&field.vi, &field.en),
        });
    }
    fields
}

fn choices(faults: &mut Faults<'_>, raw: &BTreeMap<Text, RawWords>) -> Vec<Choice> {
    faults.at_most(raw.len(), CHOICES_MAX, "choices");
    in_order(raw)
        .into_iter()
        .map(|(id, words)| Choice { id: faults.key(id), words: faults.words(&words.vi, &words.en) })
        .collect()
}

fn guidance(faults: &mut Faults<'_>, raw: &BTreeMap<Text, RawGuidance>) -> Vec<Guidance> {
    faults.at_most(raw.len(), GUIDANCE_MAX, "guidance");
    in_order(raw)
        .into_iter()
        .map(|(id, raw)| Guidance {
            id: faults.key(id),
            title: faults.words(&raw.title_vi, &raw.title_en),
            words: Words { vi: faults.advice(&raw.vi), en: faults.advice(&raw.en) },
            source: faults.text(&raw.source),
        })
        .collect()
}

fn rule(faults: &mut Faults<'_>, id: &Text, raw: &RawRule, bands: &[Band], fields: &[Field]) -> Option<Rule> {
    let key = faults.key(id);
    let level = faults.level(&raw.level);
    let words = faults.words(&raw.vi, &raw.en);
    let source = match &raw.source {
        Some(source) => faults.text(source),
        None if raw.proposed => String::new(),
        None => {
            faults.of(id, "no_sources", &key);
            String::new()
        }
    };
    let held = held_bands(faults, raw, bands);
    let condition = match cel::Program::compile(raw.when.get_ref()) {
        Ok(condition) => condition,
        Err(error) => {
            let first = error.to_string().lines().next().unwrap_or_default().to_owned();
            faults.of(&raw.when, "bad_condition", first);
            return None;
        }
    };
    let asked = condition.references();
    let mut names: Vec<String> = asked.variables().into_iter().map(str::to_owned).collect();
    let functions: Vec<String> = asked.functions().into_iter().map(str::to_owned).collect();
    names.sort_unstable();
    for name in &names {
        let is_known = fields.iter().any(|field| field.id == *name)
            || LISTS.contains(&name.as_str())
            || EARLIER.contains(&name.as_str())
            || (name == THRESHOLD && raw.t.is_some());
        if !is_known {
            faults.of(&raw.when, "unknown_name", name);
        }
    }
    for function in functions.iter().filter(|function| !OPERATORS.contains(&function.as_str())) {
        faults.of(&raw.when, "unknown_function", function);
    }
    if raw.t.is_some() && !names.iter().any(|name| name == THRESHOLD) {
        faults.of(&raw.when, "threshold_unused", &key);
    }
    names.retain(|name| name != THRESHOLD);
    Some(Rule {
        id: key,
        when: raw.when.get_ref().clone(),
        bands: held,
        level: level?,
        source,
        proposed: raw.proposed,
        words,
        condition,
        names,
    })
}

/// The bands in which a rule holds, each with its threshold: those it names, those it has a threshold for, or all.
fn held_bands(faults: &mut Faults<'_>, raw: &RawRule, bands: &[Band]) -> Vec<(usize, Option<i64>)> {
    let place = |faults: &mut Faults<'_>, name: &Text| {
        let place = bands.iter().position(|band| band.id == *name.get_ref());
        if place.is_none() {
            faults.of(name, "unknown_band", name.get_ref());
        }
        place
    };
    let mut held = Vec::new();
    match (&raw.t, &raw.bands) {
        (Some(_), Some(_)) => faults.of(&raw.when, "bands_twice", "t names the bands already"),
        (Some(thresholds), None) => {
            for (name, threshold) in thresholds {
                held.extend(place(faults, name).map(|band| (band, Some(*threshold))));
            }
        }
        (None, Some(named)) => {
            for name in named {
                held.extend(place(faults, name).map(|band| (band, None)));
            }
        }
        (None, None) => held.extend((0..bands.len()).map(|band| (band, None))),
    }
    held.sort_unstable();
    held
}

#[cfg(test)]
mod tests {
    use super::super::COVID19_VN_2022;
    use super::*;

    fn faults(text: &str) -> Vec<(usize, &'static str)> {
        read(text).map(|_| Vec::new()).unwrap_or_else(|f| f.into_iter().map(|f| (f.line, f.code)).collect())
    }

    fn line_of(text: &str, part: &str) -> usize {
        text.lines().position(|line| line.contains(part)).unwrap() + 1
    }

    #[test]
    fn the_shipped_protocol_reads_and_every_rule_names_its_source() {
        let protocol = read(COVID19_VN_2022).unwrap();
        assert_eq!((protocol.id.as_str(), protocol.version.as_str()), ("covid19-vn-2022", "1.2.0"));
        assert_eq!((protocol.bands.len(), protocol.red_flags.len(), protocol.rules.len()), (5, 10, 10));
        assert!(protocol.rules.iter().all(|rule| !rule.source.is_empty() || rule.proposed));
        assert_eq!(protocol.acknowledge_within(Level::Emergency), Some(5));
        assert_eq!(protocol.acknowledge_within(Level::Routine), None);
        assert!(protocol.is_valid_on(Day::parse("2022-03-16").unwrap()));
        assert!(!protocol.is_valid_on(Day::parse("2022-04-15").unwrap()));
        let times = protocol.checkin.unwrap();
        assert_eq!((times.slots.case.slots.len(), times.slots.contact.slots.len()), (2, 1));
        assert_eq!(times.slots.case.slots[1], Slot { from: 14 * 60, to: 18 * 60 });
        // A file from before there were slots is read still.
        let (before, after) = COVID19_VN_2022.split_once("[checkin]").unwrap();
        let older = format!("{before}{}", &after[after.find("# A rule names").unwrap()..]);
        assert!(read(&older).unwrap().checkin.is_none());
    }

    #[test]
    fn every_fault_is_named_with_its_line() {
        let cases: &[(&str, &str, &str)] = &[
            ("when = \"spo2 <= 96\"", "when = \"spo3 <= 96\"", "unknown_name"),
            ("when = \"spo2 <= 96\"", "when = \"spo2 <= \"", "bad_condition"),
            ("when = \"spo2 <= 96\"", "when = \"size(red_flags) > 3\"", "unknown_function"),
            ("when = \"rr >= t\"", "when = \"rr >= 20\"", "threshold_unused"),
            ("t = { lt2m = 60", "t = { lt3m = 60", "unknown_band"),
            ("bands = [\"ge12\"]", "bands = [\"adults\"]", "unknown_band"),
            ("version = \"1.2.0\"", "version = \"\"", "empty"),
            ("version = \"1.2.0\"", "version = \"1.1 beta\"", "bad_key"),
            ("status = \"reference\"", "status = \"adopted\"", "unknown_status"),
            ("valid_from = \"2022-02-21\"", "valid_from = \"2022-02-31\"", "bad_day"),
            ("acknowledge_within_minutes = 5\n", "acknowledge_within_minutes = 0\n", "out_of_range"),
            ("min = 50\nmax = 100", "min = 100\nmax = 50", "min_above_max"),
            ("[level.watch]", "[level.routine]", "unknown_level"),
            ("drowsy = {", "Drowsy = {", "bad_key"),
            ("to_months = 12\n", "to_months = 2\n", "bands_have_a_hole"),
            ("pulse > 120", "pulse > ", "bad_condition"),
            ("\"06:00-10:00\", \"14", "\"6-10\", \"14", "bad_slot"),
            ("\"06:00-10:00\", \"14", "\"10:00-06:00\", \"14", "bad_slot"),
            ("\"06:00-10:00\", \"14", "\"06:60-10:00\", \"14", "bad_slot"),
            ("-18:00\"]", "-24:01\"]", "bad_slot"),
            ("\"14:00-18:00\"", "\"09:59-18:00\"", "slots_overlap"),
            ("slots = [\"06:00-18:00\"]", "slots = []", "no_slots"),
            ("late_after_minutes = 120", "late_after_minutes = 0", "out_of_range"),
            ("from_day = 14", "from_day = -1", "out_of_range"),
            ("\"last_exposure\"", "\"birth\"", "unknown_word"),
            ("kinds = [\"rapid\", \"pcr\"]", "kinds = [\"quick\"]", "unknown_word"),
            ("doses = 2\nlast_dose_days", "last_dose_days", "dose_without_doses"),
            ("title_vi = \"Đo lại SpO2\"", "title_vi = \"\"", "empty"),
            ("[guidance.measure_again]", "[guidance.MeasureAgain]", "bad_key"),
            ("source = \"261/QĐ-BYT\"\nvi = \"SpO2 thấp\"", "vi = \"SpO2 thấp\"", "no_sources"),
        ];
        for (from, to, code) in cases {
            assert!(COVID19_VN_2022.contains(from), "{from}");
            let text = COVID19_VN_2022.replacen(from, to, 1);
            let found = faults(&text);
            assert!(found.iter().any(|(_, c)| c == code), "{to}: {found:?}");
        }
        // Without a clause everybody would be let go.
        for kind in ["case", "contact"] {
            let clauses = format!("[release.{kind}.");
            let mut is_in = false;
            let kept = COVID19_VN_2022.split_inclusive('\n').filter(|line| {
                if line.starts_with(['[', '#']) {
                    is_in = line.starts_with(&clauses);
                }
                !is_in
            });
            let text = kept.collect::<String>() + &format!("[release.{kind}]\n");
            assert!(faults(&text).iter().any(|(_, code)| *code == "no_clauses"), "{kind}");
        }
        let text = COVID19_VN_2022.replacen("spo2 <= 96", "spo3 <= 96", 1);
        assert_eq!(faults(&text), [(line_of(&text, "spo3 <= 96"), "unknown_name")]);
        let text = COVID19_VN_2022.replacen("[rule.pulse]", "[rule.pulse]\nlevle = \"urgent\"", 1);
        assert_eq!(faults(&text), [(line_of(&text, "levle"), "bad_toml")]);
    }

    #[test]
    fn a_level_without_a_time_is_refused() {
        let text = COVID19_VN_2022.replacen("[level.watch]\nacknowledge_within_minutes = 240\n", "", 1);
        assert_eq!(faults(&text), [(line_of(&text, "level = \"watch\""), "level_without_time")]);
    }
}
