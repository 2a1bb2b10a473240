//! The meaning of a list as a commune keeps it: who is in it, which households they make, which rows cannot be taken
//! and why, and what has to be asked. The table is read by its meaning, not by its position.
//!
//! It reads no files (`exchange` does) and writes nothing: the caller hands in the cells, the day, the commune's
//! clusters and a view of the register, and gets a [`ListReading`] back. Nothing is dropped in silence: a row with a
//! person in it is taken or refused.
//!
//! Source: samples/README.md, api.md (`keben import episodes`), practice.md P-3 and P-7, domain.md §5.

mod cells;
pub mod clusters;
mod header;
mod households;
mod side_by_side;
mod table;

use std::collections::{BTreeSet, HashMap};

use crate::fold::fold;
use crate::ids::PersonId;
use crate::phone::Phone;
use crate::time::{BirthDate, Day};
use crate::words::{EpisodeKind, Risk, Sex, TestKind};

use clusters::{Clusters, Proposals};
use households::{AddressKey, Houses};
use table::{Draft, Place};

/// A cell as the file holds it.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Cell {
    #[default]
    Empty,
    Text(String),
    Number(f64),
    Date(Day),
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct RawRow {
    /// The sheet's own row number, from 1.
    pub number: u32,
    pub cells: Vec<Cell>,
}

/// Cells of one column merged over several rows; the value stands in the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Merged {
    /// From 0, as an index into [`RawRow::cells`].
    pub column: usize,
    /// The sheet's row numbers.
    pub first: u32,
    pub last: u32,
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct RawSheet {
    pub name: String,
    /// In rising order of their numbers; blank rows may be left out.
    pub rows: Vec<RawRow>,
    pub merged: Vec<Merged>,
}

/// What the reading needs to know of the world.
#[derive(Clone, Copy, Debug)]
pub struct ListContext<'a> {
    pub today: Day,
    /// The commune's clusters by name; empty where it has no list of them.
    pub clusters: &'a [String],
}

/// A person of the register, as far as a row can be compared with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownPerson {
    pub person: PersonId,
    /// Whether a list brought this person. Only then is the same row, read again, an old acquaintance;
    /// somebody entered by hand is already there, and the row is a duplicate.
    pub from_list: bool,
    pub cluster: Option<String>,
    /// [`address_key`] of the household's address.
    pub address_key: String,
    /// The household's and the person's numbers in E.164.
    pub phones: Vec<String>,
}

/// The register as the reading asks it.
pub trait Register {
    /// People of the commune with this folded name and birth year, in a steady order.
    fn namesakes(&self, folded_name: &str, birth_year: Option<i16>) -> Vec<KnownPerson>;
}

/// A register without anybody, for a first import and for trying a list.
pub struct EmptyRegister;

impl Register for EmptyRegister {
    fn namesakes(&self, _: &str, _: Option<i16>) -> Vec<KnownPerson> {
        Vec::new()
    }
}

/// Why a row is not taken; in this order, the first that holds is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    NoName,
    BirthInFuture,
    ImpossibleDate,
    UnknownCluster,
    Duplicate,
    /// A whole sheet without a header that can be understood.
    Unreadable,
}

impl Reason {
    pub const ALL: &'static [Reason] = &[
        Reason::NoName,
        Reason::BirthInFuture,
        Reason::ImpossibleDate,
        Reason::UnknownCluster,
        Reason::Duplicate,
        Reason::Unreadable,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Reason::NoName => "no_name",
            Reason::BirthInFuture => "birth_in_future",
            Reason::ImpossibleDate => "impossible_date",
            Reason::UnknownCluster => "unknown_cluster",
            Reason::Duplicate => "duplicate",
            Reason::Unreadable => "unreadable",
        }
    }
}

/// What is asked about a row that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Question {
    BadPhone,
    NoCluster,
    /// The cluster's name is one letter away from the one taken.
    ClusterGuessed,
    /// The column of kinds says something that is neither F0 nor F1.
    KindGuessed,
}

impl Question {
    pub const ALL: &'static [Question] =
        &[Question::BadPhone, Question::NoCluster, Question::ClusterGuessed, Question::KindGuessed];

    pub fn code(self) -> &'static str {
        match self {
            Question::BadPhone => "bad_phone",
            Question::NoCluster => "no_cluster",
            Question::ClusterGuessed => "cluster_guessed",
            Question::KindGuessed => "kind_guessed",
        }
    }
}

/// Where a row stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowRef {
    pub sheet: String,
    pub row: u32,
    /// The list's own number.
    pub number: Option<String>,
}

/// Whom a duplicate repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Original {
    Row(RowRef),
    Person(PersonId),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub at: RowRef,
    pub reason: Reason,
    /// What was written where the fault is ("31/02/2022", "Khu phố 99").
    pub written: String,
    pub of: Option<Original>,
}

impl Refused {
    pub fn code(&self) -> &'static str {
        self.reason.code()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub at: RowRef,
    pub question: Question,
    pub written: String,
}

impl Asked {
    pub fn code(&self) -> &'static str {
        self.question.code()
    }
}

/// A person taken from the list.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedPerson {
    pub at: RowRef,
    pub full_name: String,
    pub sex: Sex,
    pub birth: Option<BirthDate>,
    /// As written, in NFC; of a ditto, the address it stands for.
    pub address: String,
    pub address_key: String,
    /// The commune's own name of the cluster, or the proposed one where it has no list.
    pub cluster: Option<String>,
    /// Number of the household in [`ListReading::households`], from 1.
    pub household: u32,
    /// The numbers of this row; the household's are in [`ListedHousehold::phones`].
    pub phones: Vec<Phone>,
    pub kind: EpisodeKind,
    pub detected_on: Option<Day>,
    pub test_kind: Option<TestKind>,
    pub doses: Option<u8>,
    pub risks: Vec<Risk>,
    pub zalo: Option<bool>,
    /// The list says that the person has been contacted (P-7).
    pub contacted: bool,
    pub language: Option<String>,
    pub note: Option<String>,
    /// The person of the register whom an earlier list brought; nobody is created for them.
    pub known: Option<PersonId>,
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ListedHousehold {
    pub address: String,
    pub address_key: String,
    pub cluster: Option<String>,
    /// All numbers of the household; the first is the one to call.
    pub phones: Vec<Phone>,
}

#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct SheetReading {
    pub name: String,
    /// Row numbers of its headers.
    pub header_rows: Vec<u32>,
    pub taken: u32,
    pub refused: u32,
}

/// What a list says.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ListReading {
    pub sheets: Vec<SheetReading>,
    pub rows: Vec<ListedPerson>,
    pub households: Vec<ListedHousehold>,
    pub refused: Vec<Refused>,
    pub asked: Vec<Asked>,
    pub proposed_clusters: Vec<String>,
}

/// The key by which addresses of one cluster are compared: folded, with punctuation as spaces.
pub fn address_key(address: &str) -> String {
    let spaced: String =
        address.chars().map(|c| if matches!(c, ',' | ';' | '.' | ':') { ' ' } else { c }).collect();
    fold(&spaced)
}

/// Reads a list. The same sheets, day and register always give the same reading.
///
/// Against the register: a person whom an earlier list brought and who still lives at the address of the row is
/// known (taken, not created), so reading the same file again creates nothing and refuses the same rows. Any other
/// person of the same folded name and birth year with the same address or a number in common is a duplicate.
pub fn read(sheets: &[RawSheet], context: &ListContext<'_>, register: &dyn Register) -> ListReading {
    Understood::of(sheets, context).judge(register)
}

/// A list whose tables are understood and whose homes are known, before its people are compared with each other and
/// with the register.
pub struct Understood<'a> {
    sheets: &'a [RawSheet],
    today: Day,
    clusters: Clusters<'a>,
    proposals: Proposals,
    tables: Vec<SheetReading>,
    /// Sheets without a header that can be understood.
    unreadable: Vec<Refused>,
    drafts: Vec<Draft>,
    /// Folded name and birth year of each draft.
    names: Vec<(String, Option<i16>)>,
    homes: Homes,
}

impl<'a> Understood<'a> {
    pub fn of(sheets: &'a [RawSheet], context: &ListContext<'a>) -> Understood<'a> {
        let clusters = Clusters::new(context.clusters);
        let mut proposals = Proposals::default();
        let mut tables: Vec<SheetReading> = Vec::new();
        let mut unreadable = Vec::new();
        let mut drafts: Vec<Draft> = Vec::new();
        for (sheet_index, sheet) in sheets.iter().enumerate() {
            let mut header_rows = Vec::new();
            let mut unreadable_row = None;
            for part in side_by_side::parts(sheet) {
                let found = table::drafts(&part, sheet_index, context.today, &clusters, &mut proposals);
                header_rows.extend(found.header_rows);
                unreadable_row = unreadable_row.or(found.unreadable);
                let base = drafts.len();
                drafts.extend(
                    found.drafts.into_iter().map(|d| Draft { joins: d.joins.map(|above| above + base), ..d }),
                );
            }
            header_rows.sort_unstable();
            header_rows.dedup();
            if let Some(row) = unreadable_row {
                unreadable.push(Refused {
                    at: RowRef { sheet: sheet.name.clone(), row, number: None },
                    reason: Reason::Unreadable,
                    written: String::new(),
                    of: None,
                });
            }
            tables.push(SheetReading {
                name: sheet.name.clone(),
                header_rows,
                taken: 0,
                refused: u32::from(unreadable_row.is_some()),
            });
        }
        let names = drafts.iter().map(|d| (fold(&d.name), d.birth().map(BirthDate::year))).collect();
        let homes = place_all(&drafts);
        Understood {
            sheets,
            today: context.today,
            clusters,
            proposals,
            tables,
            unreadable,
            drafts,
            names,
            homes,
        }
    }

    /// The folded names of the list, each once: whom [`Understood::judge`] may ask the register for.
    pub fn names(&self) -> Vec<&str> {
        let names: BTreeSet<&str> = self.names.iter().map(|(name, _)| name.as_str()).collect();
        names.into_iter().filter(|name| !name.is_empty()).collect()
    }

    /// Whom of the list can be taken, who cannot and why, and what has to be asked.
    pub fn judge(self, register: &dyn Register) -> ListReading {
        let Understood { sheets, today, clusters, proposals, tables, unreadable, drafts, names, homes } =
            self;
        let mut reading = ListReading { sheets: tables, refused: unreadable, ..ListReading::default() };
        if clusters.is_empty() {
            reading.proposed_clusters = proposals.names();
        }
        let cluster_of = |draft: &Draft| match &draft.place {
            Place::Known(i) | Place::Guessed(i, _) => Some(clusters.name(*i).to_owned()),
            Place::Proposed(i) => proposals.name(*i).map(str::to_owned),
            Place::Blank | Place::Unknown(_) => None,
        };
        let row_of = |draft: &Draft| RowRef {
            sheet: sheets[draft.sheet].name.clone(),
            row: draft.row,
            number: draft.number.clone(),
        };
        let mut judge =
            Judge { today, register, names: &names, taken: HashMap::new(), used: Vec::new(), homes: &homes };
        // Households get their numbers by their first person taken.
        let mut numbers: HashMap<usize, u32> = HashMap::new();
        for (i, draft) in drafts.iter().enumerate() {
            let at = row_of(draft);
            let cluster = cluster_of(draft);
            let known = match judge.verdict(draft, i, cluster.as_deref()) {
                Verdict::Refused(reason, written, of) => {
                    let of = of.map(|repeated| match repeated {
                        Repeats::Row(j) => Original::Row(row_of(&drafts[j])),
                        Repeats::Person(person) => Original::Person(person),
                    });
                    reading.refused.push(Refused { at, reason, written, of });
                    reading.sheets[draft.sheet].refused += 1;
                    continue;
                }
                Verdict::Taken(known) => known,
            };
            let home = &homes.of_row[i];
            let next = reading.households.len() as u32 + 1;
            let household = *numbers.entry(home.house).or_insert(next);
            if household == next {
                reading.households.push(ListedHousehold {
                    address: draft.address.clone(),
                    address_key: home.key.text.clone(),
                    cluster: cluster.clone(),
                    phones: homes.houses.house(home.house).phones.clone(),
                });
            }
            reading.asked.extend(questions(draft).into_iter().map(|(question, written)| Asked {
                at: at.clone(),
                question,
                written,
            }));
            reading.sheets[draft.sheet].taken += 1;
            reading.rows.push(ListedPerson {
                at,
                full_name: draft.name.clone(),
                sex: draft.sex,
                birth: draft.birth(),
                address: draft.address.clone(),
                address_key: home.key.text.clone(),
                cluster,
                household,
                phones: draft.phones.clone(),
                kind: draft.kind,
                detected_on: draft.detected_on(),
                test_kind: draft.test_kind,
                doses: draft.doses,
                risks: draft.risks.clone(),
                zalo: draft.zalo,
                contacted: draft.contacted,
                language: draft.language.clone(),
                note: draft.note.clone(),
                known,
            });
        }
        reading
    }
}

fn questions(draft: &Draft) -> Vec<(Question, String)> {
    let mut out = Vec::new();
    if let Some(written) = &draft.bad_phone {
        out.push((Question::BadPhone, written.clone()));
    }
    match &draft.place {
        Place::Blank => out.push((Question::NoCluster, String::new())),
        Place::Guessed(_, written) => out.push((Question::ClusterGuessed, written.clone())),
        Place::Known(_) | Place::Proposed(_) | Place::Unknown(_) => {}
    }
    if let Some(written) = &draft.unclear_kind {
        out.push((Question::KindGuessed, written.clone()));
    }
    out
}

/// A row's home: its household among all of the list, and its address for comparing.
struct Home {
    house: usize,
    key: AddressKey,
}

struct Homes {
    houses: Houses,
    of_row: Vec<Home>,
}

fn place_all(drafts: &[Draft]) -> Homes {
    let mut homes = Homes { houses: Houses::default(), of_row: Vec::with_capacity(drafts.len()) };
    for draft in drafts {
        let key = AddressKey { place: draft.place.key(), text: address_key(&draft.address) };
        let house = match draft.joins {
            Some(above) => homes.houses.join(homes.of_row[above].house, &key, &draft.phones),
            None => homes.houses.place(&key, &draft.phones),
        };
        homes.of_row.push(Home { house, key });
    }
    homes
}

enum Repeats {
    Row(usize),
    Person(PersonId),
}

enum Verdict {
    Taken(Option<PersonId>),
    Refused(Reason, String, Option<Repeats>),
}

struct Judge<'a> {
    today: Day,
    register: &'a dyn Register,
    /// Folded name and birth year of each row.
    names: &'a [(String, Option<i16>)],
    homes: &'a Homes,
    /// Rows taken, by folded name and birth year.
    taken: HashMap<(&'a str, Option<i16>), Vec<usize>>,
    /// People of the register whom a row of this list already stands for.
    used: Vec<PersonId>,
}

impl<'a> Judge<'a> {
    /// Judges row `i`: the first reason that holds, in the order of [`Reason`].
    fn verdict(&mut self, draft: &Draft, i: usize, cluster: Option<&str>) -> Verdict {
        let refused = |reason, written: &str| Verdict::Refused(reason, written.to_owned(), None);
        if draft.name.is_empty() {
            return refused(Reason::NoName, "");
        }
        if draft.birth().is_some_and(|b| b.is_future(self.today)) {
            return refused(Reason::BirthInFuture, &draft.birth_written);
        }
        if draft.has_impossible_birth() {
            return refused(Reason::ImpossibleDate, &draft.birth_written);
        }
        if draft.has_impossible_detection() || draft.detected_on().is_some_and(|d| d > self.today) {
            return refused(Reason::ImpossibleDate, &draft.detected_written);
        }
        if let Place::Unknown(written) = &draft.place {
            return refused(Reason::UnknownCluster, written);
        }
        let names: &'a [(String, Option<i16>)] = self.names;
        let (name, year) = &names[i];
        let key = (name.as_str(), *year);
        let namesakes = self.taken.get(&key).map(Vec::as_slice).unwrap_or_default();
        if let Some(j) = namesakes.iter().find(|j| self.is_same_home(i, **j)) {
            return Verdict::Refused(Reason::Duplicate, draft.name.clone(), Some(Repeats::Row(*j)));
        }
        let known = match self.in_register(key, i, cluster) {
            Some(known) if known.from_list && known.at_address => Some(known.person),
            Some(known) => {
                let of = Some(Repeats::Person(known.person));
                return Verdict::Refused(Reason::Duplicate, draft.name.clone(), of);
            }
            None => None,
        };
        self.used.extend(known);
        self.taken.entry(key).or_default().push(i);
        Verdict::Taken(known)
    }

    /// Two rows of one name and year: the same address, or a number in common.
    fn is_same_home(&self, i: usize, j: usize) -> bool {
        let (a, b) = (&self.homes.of_row[i], &self.homes.of_row[j]);
        a.house == b.house
            || a.key.is_same_home(&b.key)
            || self
                .homes
                .houses
                .house(a.house)
                .phones
                .iter()
                .any(|p| self.homes.houses.house(b.house).phones.contains(p))
    }

    /// The person of the register whom row `i` repeats, at the row's address before anywhere else.
    fn in_register(&self, key: (&str, Option<i16>), i: usize, cluster: Option<&str>) -> Option<FoundPerson> {
        let home = &self.homes.of_row[i];
        let phones = &self.homes.houses.house(home.house).phones;
        let mut found: Option<FoundPerson> = None;
        for known in self.register.namesakes(key.0, key.1) {
            if self.used.contains(&known.person) {
                continue;
            }
            let shares = known.phones.iter().any(|k| phones.iter().any(|p| p.as_str() == k));
            // A cluster that the list left blank may have been filled in since.
            let same_cluster = match (cluster, known.cluster.as_deref()) {
                (Some(a), Some(b)) => fold(a) == fold(b),
                (None, _) | (_, None) => true,
            };
            let same_text = known.address_key == home.key.text;
            let at_address = same_cluster
                && same_text
                && (!home.key.text.is_empty() || shares || (known.phones.is_empty() && phones.is_empty()));
            if at_address || shares {
                let candidate = FoundPerson { person: known.person, from_list: known.from_list, at_address };
                if at_address {
                    return Some(candidate);
                }
                found = found.or(Some(candidate));
            }
        }
        found
    }
}

struct FoundPerson {
    person: PersonId,
    from_list: bool,
    at_address: bool,
}
