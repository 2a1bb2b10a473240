//! The file of `import areas`: a table of units and clusters that a locality brings itself (new communes after a
//! merger, bản and khu phố with their heads). A row is taken whole or refused with its line and its reason.
//!
//! It is CSV as spreadsheets write it: commas, semicolons or tabs, quotes where needed, a mark of its encoding in
//! front or none. Decoding bytes to text is the caller's.

use std::collections::HashMap;

use super::kind;
use crate::fold::{fold, nfc};
use crate::{AreaLevel, Day};

/// Rows in one file: the whole country has 11,367 units.
pub const ROWS_MAX: usize = 50_000;
pub const NAME_CHARS_MAX: usize = 120;
pub const CODE_CHARS_MAX: usize = 32;
/// More households than the largest commune has.
pub const HOUSEHOLDS_MAX: u32 = 100_000;
pub const NEIGHBOURS_MAX: usize = 30;

/// The columns, by name and in any order; the first five must be there.
pub const COLUMNS: [&str; 10] = [
    "code",
    "name",
    "kind",
    "level",
    "parent_code",
    "valid_from",
    "valid_to",
    "household_count",
    "head_name",
    "neighbours",
];
const COLUMNS_REQUIRED: usize = 5;
const SEPARATORS: [char; 3] = [',', ';', '\t'];

/// A row that can be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewArea {
    pub line: usize,
    pub code: String,
    pub name: String,
    pub kind: &'static str,
    pub level: AreaLevel,
    pub parent_code: Option<String>,
    pub valid_from: Option<Day>,
    pub valid_to: Option<Day>,
    pub household_count: Option<u32>,
    pub head_name: Option<String>,
    /// Codes of clusters next to this one (they may share a group, LC-14).
    pub neighbours: Vec<String>,
}

/// A row that cannot, and why. `code` is the key of its words; `detail` names the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AreaRefused {
    pub line: usize,
    pub code: &'static str,
    pub detail: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AreasFile {
    /// A parent stands before its children.
    pub areas: Vec<NewArea>,
    /// By line.
    pub refused: Vec<AreaRefused>,
}

/// Reads the file. `known` gives the level of an area that the store already has, by its code.
pub fn read(text: &str, known: impl Fn(&str) -> Option<AreaLevel>) -> AreasFile {
    let mut file = AreasFile::default();
    let mut rows = match table(text) {
        Ok(rows) => rows.into_iter(),
        Err(refused) => return AreasFile { refused: vec![refused], ..file },
    };
    let Some(header) = rows.next() else {
        file.refused.push(refuse(1, "empty_file", COLUMNS[..COLUMNS_REQUIRED].join(",")));
        return file;
    };
    let columns = match columns(&header) {
        Ok(columns) => columns,
        Err(refused) => return AreasFile { refused, ..file },
    };

    let mut first_line_of: HashMap<String, usize> = HashMap::new();
    let mut taken = Vec::new();
    for row in rows {
        match one_row(&row, &columns) {
            Ok(area) => match first_line_of.get(&area.code) {
                Some(first) => {
                    let detail = format!("{} is in line {first}", area.code);
                    file.refused.push(refuse(row.line, "duplicate_code", detail));
                }
                None => {
                    first_line_of.insert(area.code.clone(), area.line);
                    taken.push(area);
                }
            },
            Err(refused) => file.refused.push(refused),
        }
    }

    // Parents first, so that a child of a refused row is refused too.
    taken.sort_by_key(|area| (area.level, area.line));
    let mut levels: HashMap<String, AreaLevel> = HashMap::new();
    for area in taken {
        match parent_problem(&area, |code| levels.get(code).copied().or_else(|| known(code))) {
            Some(refused) => file.refused.push(refused),
            None => {
                levels.insert(area.code.clone(), area.level);
                file.areas.push(area);
            }
        }
    }

    resolve_neighbours(&mut file, known);
    file.refused.sort_by_key(|refused| refused.line);
    file
}

fn refuse(line: usize, code: &'static str, detail: impl Into<String>) -> AreaRefused {
    AreaRefused { line, code, detail: detail.into() }
}

struct Row {
    line: usize,
    cells: Vec<String>,
}

/// Where each column of [`COLUMNS`] stands in this file.
type Columns = HashMap<&'static str, usize>;

fn columns(header: &Row) -> Result<Columns, Vec<AreaRefused>> {
    let mut found = Columns::new();
    let mut refused = Vec::new();
    for (at, cell) in header.cells.iter().enumerate() {
        match COLUMNS.iter().find(|name| **name == cell.to_lowercase()) {
            Some(name) if found.insert(name, at).is_none() => {}
            Some(name) => refused.push(refuse(header.line, "duplicate_column", *name)),
            None if cell.is_empty() => {}
            None => refused.push(refuse(header.line, "unknown_column", cell.as_str())),
        }
    }
    let missing = COLUMNS[..COLUMNS_REQUIRED].iter().filter(|name| !found.contains_key(**name));
    refused.extend(missing.map(|name| refuse(header.line, "missing_column", *name)));
    if refused.is_empty() { Ok(found) } else { Err(refused) }
}

fn one_row(row: &Row, columns: &Columns) -> Result<NewArea, AreaRefused> {
    let line = row.line;
    let cell = |name: &str| columns.get(name).and_then(|at| row.cells.get(*at)).map_or("", String::as_str);
    let optional = |name: &str| Some(cell(name)).filter(|text| !text.is_empty());

    let level =
        AreaLevel::parse(cell("level")).ok_or_else(|| refuse(line, "unknown_level", cell("level")))?;
    let code = checked_code(cell("code"), level).map_err(|detail| refuse(line, "bad_code", detail))?;
    let name = cell("name");
    if name.is_empty() {
        return Err(refuse(line, "no_name", code));
    }
    let head_name = optional("head_name").map(str::to_owned);
    for text in [Some(name), head_name.as_deref()].into_iter().flatten() {
        if text.chars().count() > NAME_CHARS_MAX {
            return Err(refuse(line, "name_too_long", format!("more than {NAME_CHARS_MAX} letters")));
        }
    }
    let kind = kind(cell("kind")).ok_or_else(|| refuse(line, "unknown_kind", cell("kind")))?;
    if kind.level != level {
        return Err(refuse(line, "kind_of_other_level", format!("{} is a {}", kind.word, kind.level)));
    }
    let day = |name: &str| match optional(name) {
        None => Ok(None),
        Some(text) => Day::parse(text).map(Some).ok_or_else(|| refuse(line, "bad_date", text)),
    };
    let (valid_from, valid_to) = (day("valid_from")?, day("valid_to")?);
    if let (Some(from), Some(to)) = (valid_from, valid_to)
        && to < from
    {
        return Err(refuse(line, "dates_reversed", format!("{from} to {to}")));
    }
    let household_count = match optional("household_count") {
        None => None,
        Some(text) => match text.parse::<u32>() {
            Ok(count) if count <= HOUSEHOLDS_MAX => Some(count),
            _ => return Err(refuse(line, "bad_number", text)),
        },
    };
    let neighbours: Vec<String> =
        cell("neighbours").split(['|', ';']).map(nfc).filter(|text| !text.is_empty()).collect();
    if neighbours.len() > NEIGHBOURS_MAX {
        return Err(refuse(line, "too_many_neighbours", format!("more than {NEIGHBOURS_MAX}")));
    }
    Ok(NewArea {
        line,
        code,
        name: name.to_owned(),
        kind: kind.word,
        level,
        parent_code: optional("parent_code").map(str::to_owned),
        valid_from,
        valid_to,
        household_count,
        head_name,
        neighbours,
    })
}

/// The code as it is kept. Official codes have a fixed number of digits: spreadsheets like to drop the first zero.
pub(crate) fn checked_code(code: &str, level: AreaLevel) -> Result<String, String> {
    let digits = match level {
        AreaLevel::Province => 2,
        AreaLevel::District => 3,
        AreaLevel::Commune => 5,
        AreaLevel::Cluster => {
            let good = code.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
            return if good && (1..=CODE_CHARS_MAX).contains(&code.len()) {
                Ok(code.to_owned())
            } else {
                Err(format!(
                    "{code:?}: a cluster's code has 1 to {CODE_CHARS_MAX} letters, digits and hyphens"
                ))
            };
        }
    };
    if code.len() == digits && code.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(code.to_owned());
    }
    Err(format!("{code:?}: a {level} has {digits} digits, zeros in front included"))
}

fn parent_problem(area: &NewArea, level: impl Fn(&str) -> Option<AreaLevel>) -> Option<AreaRefused> {
    match &area.parent_code {
        None if area.level == AreaLevel::Cluster => Some(refuse(area.line, "no_parent", area.code.as_str())),
        // The top of a tree.
        None => None,
        Some(parent) => match level(parent) {
            None => Some(refuse(area.line, "unknown_parent", parent.as_str())),
            Some(above) if above >= area.level => {
                Some(refuse(area.line, "parent_not_above", format!("{parent} is a {above}")))
            }
            Some(_) => None,
        },
    }
}

/// Turns neighbours given by name into codes; a row with a neighbour that nobody knows is refused.
fn resolve_neighbours(file: &mut AreasFile, known: impl Fn(&str) -> Option<AreaLevel>) {
    let by_code: HashMap<String, AreaLevel> =
        file.areas.iter().map(|area| (area.code.clone(), area.level)).collect();
    let by_name: HashMap<(Option<String>, String), String> = file
        .areas
        .iter()
        .map(|area| ((area.parent_code.clone(), fold(&area.name)), area.code.clone()))
        .collect();
    let mut kept = Vec::with_capacity(file.areas.len());
    for mut area in std::mem::take(&mut file.areas) {
        let resolved: Result<Vec<String>, String> = area
            .neighbours
            .iter()
            .map(|neighbour| {
                if by_code.contains_key(neighbour) || known(neighbour).is_some() {
                    return Ok(neighbour.clone());
                }
                let key = (area.parent_code.clone(), fold(neighbour));
                by_name.get(&key).cloned().ok_or_else(|| neighbour.clone())
            })
            .collect();
        match resolved {
            Ok(mut codes) => {
                codes.sort();
                codes.dedup();
                area.neighbours = codes;
                kept.push(area);
            }
            Err(unknown) => file.refused.push(refuse(area.line, "unknown_neighbour", unknown)),
        }
    }
    file.areas = kept;
}

/// Splits the text into rows of trimmed NFC cells; rows without any content are left out.
fn table(text: &str) -> Result<Vec<Row>, AreaRefused> {
    let text = text.trim_start_matches('\u{feff}');
    let header = text.lines().next().unwrap_or("");
    let separator =
        SEPARATORS.into_iter().max_by_key(|separator| header.matches(*separator).count()).unwrap_or(',');

    let mut rows: Vec<Row> = Vec::new();
    let mut row = Row { line: 1, cells: Vec::new() };
    let mut cell = String::new();
    let mut line = 1;
    // The line in which a quoted cell was opened.
    let mut quoted_since: Option<usize> = None;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        line += usize::from(letter == '\n');
        match (letter, quoted_since) {
            ('"', Some(_)) if letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            ('"', Some(_)) => quoted_since = None,
            (letter, Some(_)) => cell.push(letter),
            ('"', None) if cell.trim().is_empty() => {
                cell.clear();
                quoted_since = Some(line);
            }
            ('\n', None) => {
                row.cells.push(nfc(&cell));
                cell.clear();
                end_row(&mut rows, &mut row, line)?;
            }
            (letter, None) if letter == separator => {
                row.cells.push(nfc(&cell));
                cell.clear();
            }
            (letter, None) => cell.push(letter),
        }
    }
    if let Some(opened) = quoted_since {
        return Err(refuse(opened, "open_quote", "a quotation mark is opened and never closed"));
    }
    row.cells.push(nfc(&cell));
    end_row(&mut rows, &mut row, line)?;
    Ok(rows)
}

fn end_row(rows: &mut Vec<Row>, row: &mut Row, next_line: usize) -> Result<(), AreaRefused> {
    let ended = std::mem::replace(row, Row { line: next_line, cells: Vec::new() });
    if ended.cells.iter().all(String::is_empty) {
        return Ok(());
    }
    // The header is a row too.
    if rows.len() > ROWS_MAX {
        return Err(refuse(ended.line, "too_many_rows", format!("more than {ROWS_MAX}")));
    }
    rows.push(ended);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::areas::find;

    fn official(code: &str) -> Option<AreaLevel> {
        find(code).map(|unit| unit.level)
    }

    const HEADER: &str =
        "code,name,kind,level,parent_code,valid_from,valid_to,household_count,head_name,neighbours\n";

    #[test]
    fn clusters_of_a_known_commune_are_read() {
        let text = format!(
            "\u{feff}{HEADER}03445-01,Bản Nậm Củm,ban,cluster,03445,2021-01-01,,64,\"Lò, Văn Ươi\",Bản Nậm Hãn\n\
             \n03445-02,Ba\u{309}n Nậm Hãn,ban,cluster,03445,,,,,03445-01|bản nậm củm\n"
        );
        let file = read(&text, official);
        assert_eq!(file.refused, []);
        let [first, second] = &file.areas[..] else { panic!("{file:?}") };
        assert_eq!(
            (first.line, first.household_count, first.head_name.as_deref()),
            (2, Some(64), Some("Lò, Văn Ươi"))
        );
        assert_eq!(first.neighbours, ["03445-02"]);
        assert_eq!((second.line, second.name.as_str()), (4, "Bản Nậm Hãn"));
        assert_eq!(second.neighbours, ["03445-01"]);
    }

    #[test]
    fn the_two_levels_of_2025_are_read_in_any_order_and_with_semicolons() {
        let text = "level;code;name;kind;parent_code\r\ncommune;03390;Bình Lư;xa;12\r\nprovince;12;Lai Châu;tinh;\r\n";
        let file = read(text, |_| None);
        assert_eq!(file.refused, []);
        let codes: Vec<&str> = file.areas.iter().map(|area| area.code.as_str()).collect();
        assert_eq!(codes, ["12", "03390"]);
    }

    #[test]
    fn every_refused_row_names_its_line_and_reason() {
        let table = [
            ("03445-01,,ban,cluster,03445,,,,,", "no_name"),
            ("3445,Mường Tè,xa,commune,107,,,,,", "bad_code"),
            ("03445/1,Bản Bó,ban,cluster,03445,,,,,", "bad_code"),
            ("03445-01,Bản Bó,lang_mo,cluster,03445,,,,,", "unknown_kind"),
            ("03445-01,Bản Bó,xa,cluster,03445,,,,,", "kind_of_other_level"),
            ("03445-01,Bản Bó,ban,hamlet,03445,,,,,", "unknown_level"),
            ("03445-01,Bản Bó,ban,cluster,,,,,,", "no_parent"),
            ("03445-01,Bản Bó,ban,cluster,99999,,,,,", "unknown_parent"),
            ("99901,Xã Mới,xa,commune,03445,,,,,", "parent_not_above"),
            ("03445-01,Bản Bó,ban,cluster,03445,2021-02-30,,,,", "bad_date"),
            ("03445-01,Bản Bó,ban,cluster,03445,2022-01-01,2021-01-01,,,", "dates_reversed"),
            ("03445-01,Bản Bó,ban,cluster,03445,,,sáu mươi,,", "bad_number"),
            ("03445-01,Bản Bó,ban,cluster,03445,,,,,Bản Xa", "unknown_neighbour"),
        ];
        for (row, code) in table {
            let file = read(&format!("{HEADER}\n{row}\n"), official);
            let found: Vec<_> = file.refused.iter().map(|refused| (refused.line, refused.code)).collect();
            assert_eq!(found, [(3, code)], "{row}");
            assert_eq!(file.areas, [], "{row}");
        }
    }

    #[test]
    fn a_child_of_a_refused_row_is_refused_and_a_second_row_of_a_code_too() {
        let text = format!(
            "{HEADER}99901-1,Thôn Một,thon,cluster,99901,,,,,\n99901,,xa,commune,107,,,,,\n\
             03445-1,Bản Bó,ban,cluster,03445,,,,,\n03445-1,Bản Khác,ban,cluster,03445,,,,,\n"
        );
        let file = read(&text, official);
        let found: Vec<_> = file.refused.iter().map(|refused| (refused.line, refused.code)).collect();
        assert_eq!(found, [(2, "unknown_parent"), (3, "no_name"), (5, "duplicate_code")]);
        assert_eq!(file.areas.len(), 1);
    }

    #[test]
    fn a_wrong_header_or_an_open_quote_is_said_once() {
        let of = |text: &str| {
            read(text, official).refused.into_iter().map(|r| (r.line, r.code)).collect::<Vec<_>>()
        };
        assert_eq!(of(""), [(1, "empty_file")]);
        assert_eq!(
            of("code,name,kind,level,cha\n1,2,3,4,5\n"),
            [(1, "unknown_column"), (1, "missing_column")]
        );
        assert_eq!(of("code,name,kind,level,parent_code,code\n"), [(1, "duplicate_column")]);
        assert_eq!(of(&format!("{HEADER}1,\"Bản\n2,3\n")), [(2, "open_quote")]);
    }
}
