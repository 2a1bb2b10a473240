//! From a sheet's rows to drafts of people: which rows are tables, titles, sections, totals and signatures, and what
//! each row of a table says. It judges nothing yet: a draft may turn out to have no name or an impossible date.

use std::collections::{BTreeMap, HashMap};

use super::cells::{
    DateOrder, ReadBirth, ReadDay, ReadKind, date_order, is_ditto, kind_in, kind_of_title, read_birth,
    read_day, read_doses, read_kind, read_risks, read_sex, read_test, read_yes, says_any, words,
};
use super::clusters::{Clusters, Match, Proposals, typed_part};
use super::header::{Column, Header, header_at, is_header_row};
use super::{Cell, RawRow, RawSheet};
use crate::fold::{display_name, fold, nfc};
use crate::phone::{Phone, parse_cell};
use crate::time::{BirthDate, Day};
use crate::words::{EpisodeKind, Risk, Sex, TestKind};

/// A list's own number is a short figure; anything longer in its column is something else.
const NUMBER_DIGITS_MAX: usize = 6;
/// Facts that make a row without a number and without a name a person whose name is missing.
const FACTS_OF_A_PERSON_MIN: usize = 2;

/// A row's cluster, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Blank,
    Known(usize),
    Guessed(usize, String),
    Proposed(usize),
    Unknown(String),
}

impl Place {
    /// The place's part of an address, for comparing rows of one list.
    pub fn key(&self) -> String {
        match self {
            Place::Blank => String::new(),
            Place::Known(i) | Place::Guessed(i, _) => format!("#{i}"),
            Place::Proposed(i) => format!("~{i}"),
            Place::Unknown(written) => format!("?{}", words(written)),
        }
    }
}

/// What a row says of a person.
#[derive(Clone, Debug)]
pub struct Draft {
    pub sheet: usize,
    pub row: u32,
    pub number: Option<String>,
    pub name: String,
    pub sex: Sex,
    pub read_birth: ReadBirth,
    pub birth_written: String,
    pub address: String,
    pub place: Place,
    /// The draft whose household this row joins, because it means the row above.
    pub joins: Option<usize>,
    pub phones: Vec<Phone>,
    pub bad_phone: Option<String>,
    pub kind: EpisodeKind,
    pub unclear_kind: Option<String>,
    pub read_detected: ReadDay,
    pub detected_written: String,
    pub test_kind: Option<TestKind>,
    pub doses: Option<u8>,
    pub risks: Vec<Risk>,
    pub zalo: Option<bool>,
    pub contacted: bool,
    pub language: Option<String>,
    pub note: Option<String>,
}

impl Draft {
    pub fn birth(&self) -> Option<BirthDate> {
        match self.read_birth {
            ReadBirth::Birth(birth) => Some(birth),
            ReadBirth::None | ReadBirth::Impossible => None,
        }
    }

    pub fn has_impossible_birth(&self) -> bool {
        self.read_birth == ReadBirth::Impossible
    }

    pub fn detected_on(&self) -> Option<Day> {
        match self.read_detected {
            ReadDay::Day(day) => Some(day),
            ReadDay::None | ReadDay::Impossible => None,
        }
    }

    pub fn has_impossible_detection(&self) -> bool {
        self.read_detected == ReadDay::Impossible
    }
}

pub struct Drafts {
    pub header_rows: Vec<u32>,
    pub drafts: Vec<Draft>,
    /// The first filled row of a sheet in which no header was found.
    pub unreadable: Option<u32>,
}

/// Reads the tables of a sheet. `joins` of a draft counts within the sheet.
pub fn drafts(
    sheet: &RawSheet,
    sheet_index: usize,
    today: Day,
    clusters: &Clusters<'_>,
    proposals: &mut Proposals,
) -> Drafts {
    let rows = &sheet.rows;
    let merged = MergedColumns::of(sheet);
    let mut out = Drafts { header_rows: Vec::new(), drafts: Vec::new(), unreadable: None };
    let mut titles: Vec<String> = vec![sheet.name.clone()];
    let mut table: Option<Table> = None;
    let mut at = 0;
    while at < rows.len() {
        // A header's upper row comes first, so look one row ahead.
        if let Some(header) = header_at(rows, at).or_else(|| header_under(rows, at)) {
            at = header.last + 1;
            out.header_rows.extend(rows[header.first..=header.last].iter().map(|r| r.number));
            let before = table.take();
            table = Some(Table::open(header, before, &titles, sheet, at, today, clusters));
            titles.clear();
            continue;
        }
        let row = &rows[at];
        at += 1;
        match &mut table {
            None => titles.push(row.cells.iter().map(Cell::text).collect::<Vec<_>>().join(" ")),
            Some(table) => {
                let mut reader =
                    RowReader { table, merged: &merged, row, sheet_index, today, clusters, proposals };
                match reader.kind_of_row() {
                    RowKind::Blank => {}
                    RowKind::Title(title) => titles.push(title),
                    RowKind::Person => {
                        let draft = reader.draft(&out.drafts);
                        out.drafts.push(draft);
                    }
                }
            }
        }
    }
    if table.is_none() {
        out.unreadable = rows.iter().find(|r| r.cells.iter().any(|c| !c.is_blank())).map(|r| r.number);
    }
    out
}

/// A header whose first row is this one and whose naming row is the next.
fn header_under(rows: &[RawRow], at: usize) -> Option<Header> {
    header_at(rows, at + 1).filter(|header| header.first == at)
}

/// A table being read.
struct Table {
    header: Header,
    /// The sheet's row number of the header's last row.
    header_row: u32,
    /// Kind of everybody without one of their own: from a section, the titles, the sheet's name; else F0.
    kind: EpisodeKind,
    /// The cluster of rows that name none: from a section, the titles or the sheet's name.
    section: Option<String>,
    has_kind_column: bool,
    /// The day to which a date without a year is nearest.
    near: Day,
    detected_order: DateOrder,
    birth_order: DateOrder,
    /// Only one of "Nam" and "Nữ" has a column, with crosses: a blank means the other.
    blank_sex: Option<Sex>,
    team_is_cluster: bool,
    /// A total or a signature was seen: what follows is no list until a number says so.
    ended: bool,
    /// Rows from this index on have nobody in them any more.
    tail: u32,
    above: Vec<Cell>,
    above_address: Vec<String>,
    /// The last draft that had anything written about it.
    last: Option<usize>,
    last_place: Place,
}

impl Table {
    fn open(
        header: Header,
        before: Option<Table>,
        titles: &[String],
        sheet: &RawSheet,
        start: usize,
        today: Day,
        clusters: &Clusters<'_>,
    ) -> Table {
        let rows = &sheet.rows[start.min(sheet.rows.len())..];
        let rows = &rows[..rows.iter().position(is_header_row).unwrap_or(rows.len())];
        let cells = |wanted: &dyn Fn(Column) -> bool| -> Vec<&Cell> {
            let columns = header.of(wanted);
            rows.iter().flat_map(|r| columns.iter().filter_map(|c| r.cells.get(*c))).collect()
        };
        let kinds = cells(&|c| c == Column::Kind);
        let has_kind_column = kinds.iter().any(|c| matches!(read_kind(c), ReadKind::Kind(_)))
            || header.has(|c| matches!(c, Column::OfKind(_)));
        let title_kind = titles.iter().rev().find_map(|t| kind_of_title(&words(t)));
        // A header repeated on the next page goes on with the same table.
        let is_continued = titles.is_empty();
        let kind = title_kind
            .or(before.as_ref().filter(|_| is_continued).map(|t| t.kind))
            .or_else(|| kind_of_title(&words(&sheet.name)))
            .unwrap_or(EpisodeKind::Case);
        let as_of = titles.iter().rev().find_map(|t| {
            let is_as_of = says_any(&words(t), &["tinh den", "den ngay", "cap nhat", "as of", "until"]);
            match read_day(&Cell::Text(t.clone()), today, DateOrder::DayFirst) {
                ReadDay::Day(day) if is_as_of && day <= today => Some(day),
                ReadDay::Day(_) | ReadDay::None | ReadDay::Impossible => None,
            }
        });
        let has_cluster = header.has(|c| c == Column::Cluster);
        let section = titles
            .iter()
            .rev()
            .find_map(|t| {
                clusters.exactly(t).or_else(|| clusters.within(t)).map(|i| clusters.name(i).to_owned())
            })
            .or_else(|| before.as_ref().filter(|_| is_continued).and_then(|t| t.section.clone()))
            .or_else(|| {
                titles.first().filter(|_| clusters.is_empty()).and_then(|t| typed_part(t)).map(str::to_owned)
            });
        let of_sex = cells(&|c| matches!(c, Column::OfSex(_)));
        let sexes: Vec<Sex> = header
            .columns
            .iter()
            .filter_map(|(_, c)| if let Column::OfSex(sex) = c { Some(*sex) } else { None })
            .collect();
        let is_marks = of_sex.iter().any(|c| !c.is_blank())
            && of_sex.iter().all(|c| !c.text().chars().any(|d| d.is_ascii_digit()));
        let blank_sex = match sexes.as_slice() {
            [Sex::Male] if is_marks => Some(Sex::Female),
            [Sex::Female] if is_marks => Some(Sex::Male),
            _ => None,
        };
        let detected = cells(&|c| matches!(c, Column::Detected { .. }));
        let births = cells(&|c| matches!(c, Column::Birth { .. } | Column::OfSex(_)));
        let teams = cells(&|c| c == Column::Team);
        let team_is_cluster = !has_cluster
            && (clusters.is_empty()
                || teams.iter().any(|c| matches!(clusters.find(&team_name(c)), Match::Known(_))));
        let tail = rows.iter().rev().find(|r| is_clearly_a_person(r, &header)).map_or(0, |r| r.number);
        Table {
            header_row: sheet.rows.get(header.last).map_or(0, |r| r.number),
            kind,
            section: section.filter(|_| !has_cluster || !clusters.is_empty()),
            has_kind_column,
            near: as_of.unwrap_or(today),
            detected_order: date_order(detected.into_iter()),
            birth_order: date_order(births.into_iter()),
            blank_sex,
            team_is_cluster,
            ended: false,
            tail,
            above: Vec::new(),
            above_address: Vec::new(),
            last: None,
            last_place: Place::Blank,
            header,
        }
    }
}

/// A name with a number or another fact beside it.
fn is_clearly_a_person(row: &RawRow, header: &Header) -> bool {
    let filled = |wanted: &dyn Fn(Column) -> bool| {
        header.of(wanted).iter().filter(|c| row.cells.get(**c).is_some_and(|cell| !cell.is_blank())).count()
    };
    let names = filled(&|c| matches!(c, Column::Name | Column::FamilyName | Column::GivenName));
    let facts =
        filled(&|c| !matches!(c, Column::Name | Column::FamilyName | Column::GivenName | Column::Ignored));
    names > 0
        && facts > 0
        && !header
            .of(|c| matches!(c, Column::Name | Column::FamilyName))
            .iter()
            .any(|c| row.cells.get(*c).is_some_and(|cell| is_total(&cell.text())))
}

/// A bare figure in a column of teams is a team's number.
fn team_name(cell: &Cell) -> String {
    let text = cell.text();
    if text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty() { format!("tổ {text}") } else { text }
}

/// A sum under the list: "Tổng cộng", "Cộng: 12 người". Told by its marks from the families Tống and Công.
fn is_total(text: &str) -> bool {
    let key = words(text);
    if matches!(
        key.as_str(),
        "tong" | "cong" | "total" | "sum" | "tong cong" | "tong so" | "grand total" | "cong don" | "cong lai"
    ) {
        return true;
    }
    let lower = nfc(text).to_lowercase();
    let has_sum_word = ["tổng", "cộng", "total"].iter().any(|w| lower.starts_with(w));
    let has_bare_sum_word = ["tong", "cong"].iter().any(|w| lower.starts_with(w));
    let has_figure = lower.contains(|c: char| c == ':' || c.is_ascii_digit());
    let counted = ["so", "so ca", "nguoi", "truong hop", "danh sach", "f 0", "f 1", "ho", "people", "cases"];
    (has_sum_word && (has_figure || says_any(&key, &counted))) || (has_bare_sum_word && has_figure)
}

const SIGNATURES: &[&str] = &[
    "nguoi lap",
    "nguoi lap bieu",
    "lap bieu",
    "ky ten",
    "ghi ro ho ten",
    "ky va ghi",
    "thu truong",
    "chu tich",
    "pho chu tich",
    "truong tram",
    "pho truong tram",
    "tram truong",
    "giam doc",
    "noi nhan",
    "xac nhan",
    "nguoi tong hop",
    "tm ubnd",
    "t m ubnd",
    "tm uy ban",
    "kt chu tich",
    "can bo",
    "ke toan",
    "prepared by",
    "signature",
    "approved by",
];

fn is_signature(key: &str) -> bool {
    says_any(key, SIGNATURES)
}

/// Cells merged downwards, by column and row.
struct MergedColumns(HashMap<usize, BTreeMap<u32, u32>>);

impl MergedColumns {
    fn of(sheet: &RawSheet) -> MergedColumns {
        let mut columns: HashMap<usize, BTreeMap<u32, u32>> = HashMap::new();
        for merged in &sheet.merged {
            columns.entry(merged.column).or_default().insert(merged.first, merged.last);
        }
        MergedColumns(columns)
    }

    /// The first row of the merged cell in which this one lies, if it is not itself the first.
    fn first_row(&self, column: usize, row: u32) -> Option<u32> {
        let (first, last) = self.0.get(&column)?.range(..row).next_back()?;
        (row <= *last).then_some(*first)
    }
}

enum RowKind {
    Blank,
    /// Text between the people: a title, a section, a total, a signature.
    Title(String),
    Person,
}

struct RowReader<'a, 'c> {
    table: &'a mut Table,
    merged: &'a MergedColumns,
    row: &'a RawRow,
    sheet_index: usize,
    today: Day,
    clusters: &'a Clusters<'c>,
    proposals: &'a mut Proposals,
}

/// A cell as the row means it.
enum Seen<'a> {
    Blank,
    /// The same as the row above.
    Ditto,
    Cell(&'a Cell),
}

impl<'a> RowReader<'a, '_> {
    fn raw(&self, column: usize) -> &'a Cell {
        self.row.cells.get(column).unwrap_or(&Cell::Empty)
    }

    /// Whether the cell belongs to one merged above it in this table. A cell merged from the header or a title says
    /// nothing of the people under it.
    fn is_filled_down(&self, column: usize) -> bool {
        self.merged.first_row(column, self.row.number).is_some_and(|first| self.table.header_row < first)
    }

    fn seen(&self, column: usize) -> Seen<'a> {
        let cell = self.raw(column);
        if is_ditto(cell) || (cell.is_blank() && self.is_filled_down(column)) {
            Seen::Ditto
        } else if cell.is_blank() {
            Seen::Blank
        } else {
            Seen::Cell(cell)
        }
    }

    /// The cell's value with a ditto resolved to the row above.
    fn value(&self, column: usize) -> Cell {
        match self.seen(column) {
            Seen::Blank => Cell::Empty,
            Seen::Ditto => self.table.above.get(column).cloned().unwrap_or_default(),
            Seen::Cell(cell) => cell.clone(),
        }
    }

    fn values(&self, wanted: impl Fn(Column) -> bool) -> Vec<Cell> {
        self.table.header.of(wanted).into_iter().map(|c| self.value(c)).filter(|c| !c.is_blank()).collect()
    }

    /// The name as written, with what is no name taken off: a trailing birth year comes back beside it.
    fn name(&self) -> (String, Option<i16>) {
        let columns =
            self.table.header.of(|c| matches!(c, Column::Name | Column::FamilyName | Column::GivenName));
        let texts: Vec<String> =
            columns.iter().filter(|c| !is_ditto(self.raw(**c))).map(|c| self.raw(*c).text()).collect();
        let joined = nfc(&texts.join(" "));
        let (name, year) = split_year(&joined);
        let name = name.trim_matches(|c: char| !c.is_alphanumeric() && !")]'’".contains(c)).trim();
        if name.chars().any(char::is_alphabetic) { (display_name(name), year) } else { (String::new(), None) }
    }

    /// The list's own number, if the row has one.
    fn number(&self) -> Option<String> {
        let column = *self.table.header.of(|c| c == Column::Number).first()?;
        let text = self.raw(column).text();
        let text = text.trim_matches(|c: char| !c.is_alphanumeric());
        let is_number = !text.is_empty()
            && text.len() <= NUMBER_DIGITS_MAX
            && text.chars().all(|c| c.is_ascii_digit() || c == '.')
            && text.chars().any(|c| c.is_ascii_digit());
        is_number.then(|| text.to_owned())
    }

    fn kind_of_row(&mut self) -> RowKind {
        let filled: Vec<&Cell> = self.row.cells.iter().filter(|c| !c.is_blank()).collect();
        if filled.is_empty() {
            return RowKind::Blank;
        }
        let number = self.number();
        let (name, _) = self.name();
        let whole = filled.iter().map(|c| c.text()).collect::<Vec<_>>().join(" ");
        let name_columns =
            self.table.header.of(|c| matches!(c, Column::Name | Column::FamilyName | Column::GivenName));
        // The second row of a person whose name is merged over two: more of the same, no other person.
        if name.is_empty() && number.is_none() && name_columns.iter().any(|c| self.is_filled_down(*c)) {
            return RowKind::Blank;
        }
        let first_text = filled.iter().take(2).map(|c| c.text()).find(|t| t.chars().any(char::is_alphabetic));
        if number.is_none() && first_text.is_some_and(|t| is_total(&t)) {
            self.table.ended = true;
            return RowKind::Title(String::new());
        }
        let facts = self.facts();
        let has_number_column = self.table.header.has(|c| c == Column::Number);
        if name.is_empty() {
            let is_lost = number.is_some() || (facts >= FACTS_OF_A_PERSON_MIN && !self.table.ended);
            // Even a number needs company after the total, where sums stand.
            if is_lost && !(self.table.ended && facts == 0) {
                return RowKind::Person;
            }
            return self.title(whole);
        }
        if number.is_some() {
            return RowKind::Person;
        }
        if is_signature(&words(&whole)) && facts < FACTS_OF_A_PERSON_MIN {
            self.table.ended = true;
            return self.title(whole);
        }
        if self.table.ended && facts < FACTS_OF_A_PERSON_MIN {
            return self.title(whole);
        }
        if facts > 0 {
            return RowKind::Person;
        }
        // A name and nothing else: a section of the list, a signature under it, or a person.
        let is_section = self.section(&name).is_some()
            || kind_in(&words(&name)).is_some()
            || name.chars().any(|c| c.is_ascii_digit() || c == ':')
            || filled.len() > name_columns.len();
        let is_tail = has_number_column && self.row.number > self.table.tail;
        if is_section || is_tail { self.title(whole) } else { RowKind::Person }
    }

    /// Filled cells that tell something of a person, besides number and name.
    fn facts(&self) -> usize {
        let columns = self.table.header.of(|c| match c {
            Column::Number
            | Column::Name
            | Column::FamilyName
            | Column::GivenName
            | Column::Ignored
            | Column::Note => false,
            Column::Birth { .. }
            | Column::OfSex(_)
            | Column::Sex
            | Column::Address { .. }
            | Column::AddressPart
            | Column::Team
            | Column::Cluster
            | Column::Phone
            | Column::Detected { .. }
            | Column::Test
            | Column::Doses
            | Column::Risks
            | Column::Pregnant
            | Column::Zalo
            | Column::Kind
            | Column::OfKind(_)
            | Column::Contacted
            | Column::Language => true,
        });
        columns.iter().filter(|c| !self.raw(**c).is_blank()).count()
    }

    /// Text between people: it may open a section by cluster or by kind, or close the table.
    fn title(&mut self, whole: String) -> RowKind {
        let key = words(&whole);
        if is_signature(&key) {
            self.table.ended = true;
        }
        if let Some(section) = self.section(&whole) {
            self.table.section = Some(section);
        }
        if let Some(kind) = kind_of_title(&key) {
            self.table.kind = kind;
        }
        RowKind::Title(whole)
    }

    /// The cluster that a section's title names ("II. Khu phố 3").
    fn section(&self, text: &str) -> Option<String> {
        if let Some(i) = self.clusters.exactly(text).or_else(|| self.clusters.within(text)) {
            return Some(self.clusters.name(i).to_owned());
        }
        if !self.clusters.is_empty() {
            return None;
        }
        typed_part(text).map(str::to_owned)
    }

    fn draft(&mut self, drafts: &[Draft]) -> Draft {
        let number = self.number();
        let (name, name_year) = self.name();
        let facts = self.facts();
        let (address, is_same_home) = self.address();
        let place = self.place(&address, is_same_home);
        let above = self.table.last.filter(|_| is_same_home);
        // A ditto beside another cluster of its own is the same words at another place.
        let joins = above.filter(|i| drafts.get(*i).is_some_and(|d| d.place.key() == place.key()));
        let (read_birth, birth_written, birth_sex) = self.birth(name_year);
        let sex = self.sex(birth_sex);
        let (phones, bad_phone, zalo) = self.phones_and_zalo();
        let (kind, unclear_kind) = self.kind();
        let (read_detected, detected_written, detected_test) = self.detected();
        let doses = self.values(|c| c == Column::Doses).iter().find_map(read_doses);
        let mut risks: Vec<Risk> = Vec::new();
        for risk in self.values(|c| c == Column::Risks).iter().flat_map(read_risks) {
            if !risks.contains(&risk) {
                risks.push(risk);
            }
        }
        let is_pregnant = self.values(|c| c == Column::Pregnant).iter().any(|c| read_yes(c) == Some(true));
        if is_pregnant && !risks.contains(&Risk::Pregnancy) {
            risks.push(Risk::Pregnancy);
        }
        let text = |cells: Vec<Cell>| {
            let joined = cells.iter().map(Cell::text).collect::<Vec<_>>().join("; ");
            (!joined.is_empty()).then_some(joined)
        };
        let draft = Draft {
            sheet: self.sheet_index,
            row: self.row.number,
            number,
            name,
            sex,
            read_birth,
            birth_written,
            address,
            place,
            joins,
            phones,
            bad_phone,
            kind,
            unclear_kind,
            read_detected,
            detected_written,
            test_kind: self.values(|c| c == Column::Test).iter().find_map(read_test).or(detected_test),
            doses,
            risks,
            zalo,
            contacted: self.values(|c| c == Column::Contacted).iter().any(|c| read_yes(c) == Some(true)),
            language: text(self.values(|c| c == Column::Language)),
            note: text(self.values(|c| c == Column::Note)),
        };
        if self.row.number <= self.table.tail || facts > 0 {
            self.table.ended = self.table.ended && draft.number.is_none();
        }
        // A row with nothing but its number is nobody's "row above".
        if !draft.name.is_empty() || facts > 0 {
            self.table.above = (0..self.row.cells.len()).map(|c| self.value(c)).collect();
            self.table.last = Some(drafts.len());
            self.table.last_place = draft.place.clone();
        }
        draft
    }

    /// The address, and whether the row says it is the home of the row above.
    fn address(&mut self) -> (String, bool) {
        let header = &self.table.header;
        let mut ranked: Vec<(u8, usize)> = header
            .columns
            .iter()
            .filter_map(|(i, c)| if let Column::Address { rank } = c { Some((*rank, *i)) } else { None })
            .collect();
        ranked.sort_unstable();
        let main = ranked.iter().map(|(_, i)| *i).find(|i| !matches!(self.seen(*i), Seen::Blank));
        let is_part =
            |c: Column| c == Column::AddressPart || (c == Column::Team && !self.table.team_is_cluster);
        let mut columns: Vec<(usize, bool)> = header
            .of(is_part)
            .into_iter()
            .map(|i| (i, header.columns.contains(&(i, Column::Team))))
            .collect();
        columns.extend(main.map(|i| (i, false)));
        columns.sort_unstable();
        let seen: Vec<Seen<'_>> = columns.iter().map(|(i, _)| self.seen(*i)).collect();
        let has_ditto = seen.iter().any(|s| matches!(s, Seen::Ditto));
        let has_text = seen.iter().any(|s| matches!(s, Seen::Cell(_)));
        if has_ditto && !has_text {
            let address = self.table.above_address.join(", ");
            return (address, true);
        }
        let mut parts: Vec<String> = Vec::new();
        for ((column, is_team), seen) in columns.iter().zip(seen) {
            let text = match seen {
                Seen::Blank => continue,
                Seen::Ditto => self.table.above.get(*column).map(address_text).unwrap_or_default(),
                Seen::Cell(cell) if *is_team => team_name(cell),
                Seen::Cell(cell) => address_text(cell),
            };
            if !text.is_empty() {
                parts.push(text);
            }
        }
        let address = parts.join(", ");
        self.table.above_address = parts;
        (address, false)
    }

    fn place(&mut self, address: &str, is_same_home: bool) -> Place {
        let team_is_cluster = self.table.team_is_cluster;
        let columns =
            self.table.header.of(|c| c == Column::Cluster || (c == Column::Team && team_is_cluster));
        let has_column = !columns.is_empty();
        let mut written = None;
        for column in columns {
            match self.seen(column) {
                Seen::Blank => {}
                Seen::Ditto => return self.table.last_place.clone(),
                Seen::Cell(cell) => {
                    written = Some(if team_is_cluster { team_name(cell) } else { place_text(cell) });
                    break;
                }
            }
        }
        if let Some(written) = written {
            return self.named(&written);
        }
        if is_same_home {
            return self.table.last_place.clone();
        }
        let inside = self.clusters.in_address(address);
        if let Match::Known(i) = inside {
            return Place::Known(i);
        }
        if let Some(section) = self.table.section.clone() {
            return self.named(&section);
        }
        if has_column {
            return Place::Blank;
        }
        // Without a column of clusters the address is where a cluster would be named.
        let part = typed_part(address).map(str::to_owned);
        match (inside, part) {
            (Match::Unknown, part) => Place::Unknown(part.unwrap_or_else(|| address.to_owned())),
            (_, Some(part)) if self.clusters.is_empty() => self.named(&part),
            _ => Place::Blank,
        }
    }

    fn named(&mut self, written: &str) -> Place {
        if self.clusters.is_empty() {
            let title = self.table.header.cluster_title.clone();
            return self.proposals.take(written, &title).map_or(Place::Blank, Place::Proposed);
        }
        match self.clusters.find(written) {
            Match::Blank => Place::Blank,
            Match::Known(i) => Place::Known(i),
            Match::Guessed(i) => Place::Guessed(i, written.to_owned()),
            Match::Unknown => Place::Unknown(written.to_owned()),
        }
    }

    /// The birth, its text, and the sex that its column tells. A birth day or year goes before an age.
    fn birth(&self, name_year: Option<i16>) -> (ReadBirth, String, Option<Sex>) {
        let mut found = (ReadBirth::None, String::new(), None);
        for ages in [false, true] {
            for (i, column) in &self.table.header.columns {
                let (sex, is_age) = match column {
                    Column::Birth { sex, is_age } if *is_age == ages => (*sex, *is_age),
                    Column::OfSex(sex) if !ages && has_digits(&self.value(*i)) => (Some(*sex), false),
                    _ => continue,
                };
                let cell = self.value(*i);
                match read_birth(&cell, is_age, self.today, self.table.birth_order) {
                    ReadBirth::None => {}
                    read if matches!(found.0, ReadBirth::None | ReadBirth::Impossible) => {
                        if found.0 == ReadBirth::None || matches!(read, ReadBirth::Birth(_)) {
                            found = (read, cell.text(), sex);
                        }
                    }
                    // Written in the men's and in the women's column: the sex is not told.
                    ReadBirth::Birth(_) | ReadBirth::Impossible if !ages && sex != found.2 => found.2 = None,
                    ReadBirth::Birth(_) | ReadBirth::Impossible => {}
                }
            }
        }
        match (found.0, name_year) {
            (ReadBirth::None, Some(year)) => {
                let cell = Cell::Number(f64::from(year));
                (read_birth(&cell, false, self.today, DateOrder::DayFirst), year.to_string(), None)
            }
            _ => found,
        }
    }

    fn sex(&self, of_birth: Option<Sex>) -> Sex {
        let written = self.values(|c| c == Column::Sex).iter().map(read_sex).find(|s| *s != Sex::Unknown);
        let marked = self.table.header.columns.iter().find_map(|(i, c)| match c {
            Column::OfSex(sex) if read_yes(&self.value(*i)) == Some(true) && !has_digits(&self.value(*i)) => {
                Some(*sex)
            }
            _ => None,
        });
        written.or(of_birth).or(marked).or(self.table.blank_sex).unwrap_or(Sex::Unknown)
    }

    /// The row's numbers, the text of one that cannot be, and whether there is Zalo.
    fn phones_and_zalo(&self) -> (Vec<Phone>, Option<String>, Option<bool>) {
        let mut phones: Vec<Phone> = Vec::new();
        let mut bad = None;
        let mut zalo = None;
        for (i, column) in &self.table.header.columns {
            if !matches!(column, Column::Phone | Column::Zalo) {
                continue;
            }
            let text = self.value(*i).text();
            let (found, is_bad) = parse_cell(&text);
            if *column == Column::Zalo {
                zalo = if found.is_empty() { read_yes(&self.value(*i)) } else { Some(true) };
            } else if is_bad && bad.is_none() {
                bad = Some(text);
            }
            for phone in found {
                if !phones.contains(&phone) {
                    phones.push(phone);
                }
            }
        }
        (phones, bad, zalo)
    }

    fn kind(&self) -> (EpisodeKind, Option<String>) {
        if !self.table.has_kind_column {
            return (self.table.kind, None);
        }
        for (i, column) in &self.table.header.columns {
            if let Column::OfKind(kind) = column
                && read_yes(&self.value(*i)) == Some(true)
            {
                return (*kind, None);
            }
        }
        let mut unclear = None;
        for cell in self.values(|c| c == Column::Kind) {
            match read_kind(&cell) {
                ReadKind::Kind(kind) => return (kind, None),
                ReadKind::Unclear => unclear = unclear.or(Some(cell.text())),
                ReadKind::None => {}
            }
        }
        // Contacts of contacts are no cases.
        let is_distant = unclear.as_deref().is_some_and(|u| says_any(&words(u), &["f 2", "f 3", "f 4"]));
        (if is_distant { EpisodeKind::Contact } else { self.table.kind }, unclear)
    }

    fn detected(&self) -> (ReadDay, String, Option<TestKind>) {
        let mut columns: Vec<(u8, usize, Option<TestKind>)> =
            self.table
                .header
                .columns
                .iter()
                .filter_map(|(i, c)| {
                    if let Column::Detected { rank, test } = c { Some((*rank, *i, *test)) } else { None }
                })
                .collect();
        columns.sort_unstable_by_key(|(rank, i, _)| (*rank, *i));
        for (_, i, test) in columns {
            let cell = self.value(i);
            match read_day(&cell, self.table.near, self.table.detected_order) {
                ReadDay::None => {}
                read => return (read, cell.text(), test),
            }
        }
        (ReadDay::None, String::new(), None)
    }
}

fn has_digits(cell: &Cell) -> bool {
    match cell {
        Cell::Empty => false,
        Cell::Number(n) => *n >= 10.0,
        Cell::Date(_) => true,
        Cell::Text(text) => text.chars().filter(char::is_ascii_digit).count() >= 2,
    }
}

/// House 9/3 becomes a day when a spreadsheet sees it.
fn address_text(cell: &Cell) -> String {
    match cell {
        Cell::Date(day) => format!("{}/{}", day.0.day(), day.0.month()),
        Cell::Empty | Cell::Text(_) | Cell::Number(_) => cell.text(),
    }
}

fn place_text(cell: &Cell) -> String {
    address_text(cell)
}

/// "Nguyễn Văn Ba (1962)", "Nguyễn Văn Ba - 1962", "Nguyễn Văn Ba, SN 1962".
fn split_year(name: &str) -> (&str, Option<i16>) {
    let trimmed = name.trim_end_matches(|c: char| !c.is_alphanumeric());
    let Some(cut) = trimmed.len().checked_sub(4).filter(|cut| trimmed.is_char_boundary(*cut)) else {
        return (name, None);
    };
    let (head, year) = trimmed.split_at(cut);
    let Some(year) = year.parse::<i16>().ok().filter(|y| (1900..2100).contains(y)) else {
        return (name, None);
    };
    let head = head.trim_end_matches(|c: char| !c.is_alphanumeric());
    if head.is_empty() || head.ends_with(|c: char| c.is_ascii_digit()) {
        return (name, None);
    }
    let key = fold(head);
    for tail in [" sn", " sinh nam", " nam sinh", " ns", " s"] {
        if key.ends_with(tail) {
            let kept: Vec<&str> = head.split(' ').collect();
            let dropped = tail.trim().split(' ').count();
            let end = kept.len().saturating_sub(dropped);
            let at = kept[..end].iter().map(|w| w.len() + 1).sum::<usize>().saturating_sub(1);
            return (head[..at].trim_end_matches(|c: char| !c.is_alphanumeric()), Some(year));
        }
    }
    (head, Some(year))
}
