//! Reading the cells of an XLSX workbook, one after the other. The library's whole-range call is never used: a file of
//! 1,449 bytes with the cells A1 and XFD1048576 made it ask for more memory than the machine has (trust.md).

use std::collections::BTreeMap;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, Reader, SheetType, SheetVisible, Xlsx};
use rules::Day;
use rules::list::{Cell, Merged, RawRow, RawSheet};

use crate::{Budget, COLUMNS_MAX, FileRefusal, SHEETS_MAX, clipped};

/// Merged areas of a sheet that are looked at.
const MERGED_MAX: usize = 20_000;

/// Reads the visible sheets. The file must have passed `container::check`.
pub fn read(bytes: &[u8]) -> Result<Vec<RawSheet>, FileRefusal> {
    // The library is written for honest files; whatever else makes it panic is a broken file to us.
    catch_unwind(AssertUnwindSafe(|| read_sheets(bytes))).unwrap_or(Err(FileRefusal::Broken))
}

fn read_sheets(bytes: &[u8]) -> Result<Vec<RawSheet>, FileRefusal> {
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| FileRefusal::Broken)?;
    // A hidden sheet holds the choices of drop-down lists or last week's list.
    let names: Vec<String> = workbook
        .sheets_metadata()
        .iter()
        .filter(|s| s.typ == SheetType::WorkSheet && s.visible == SheetVisible::Visible)
        .map(|s| s.name.clone())
        .collect();
    if names.len() > SHEETS_MAX {
        return Err(FileRefusal::TooManySheets { sheets_max: SHEETS_MAX });
    }
    let mut budget = Budget::default();
    let mut sheets = Vec::with_capacity(names.len());
    for name in names {
        let rows = read_rows(&mut workbook, &name, &mut budget)?;
        let merged = read_merged(&mut workbook, &name)?;
        sheets.push(RawSheet { name, rows, merged });
    }
    Ok(sheets)
}

fn read_rows(
    workbook: &mut Xlsx<Cursor<&[u8]>>,
    name: &str,
    budget: &mut Budget,
) -> Result<Vec<RawRow>, FileRefusal> {
    let mut rows: BTreeMap<u32, Vec<Cell>> = BTreeMap::new();
    let mut reader = workbook.worksheet_cells_reader(name).map_err(|_| FileRefusal::Broken)?;
    while let Some(found) = reader.next_cell().map_err(|_| FileRefusal::Broken)? {
        let (row, column) = found.get_position();
        let column = column as usize;
        let cell = cell_of(found.get_value());
        if column >= COLUMNS_MAX || cell == Cell::Empty {
            continue;
        }
        budget.cell(if let Cell::Text(text) = &cell { text.len() } else { 0 })?;
        if !rows.contains_key(&row) {
            budget.row()?;
        }
        let cells = rows.entry(row).or_default();
        if cells.len() <= column {
            cells.resize(column + 1, Cell::Empty);
        }
        cells[column] = cell;
    }
    Ok(rows.into_iter().map(|(row, cells)| RawRow { number: row.saturating_add(1), cells }).collect())
}

fn cell_of(value: &DataRef<'_>) -> Cell {
    match value {
        DataRef::Empty => Cell::Empty,
        DataRef::Int(n) => Cell::Number(*n as f64),
        DataRef::Float(n) => Cell::Number(*n),
        DataRef::String(text) => text_cell(text),
        DataRef::SharedString(text) => text_cell(text),
        DataRef::Bool(yes) => Cell::Text(if *yes { "TRUE" } else { "FALSE" }.to_owned()),
        DataRef::DateTime(when) => {
            let (year, month, day, ..) = when.to_ymd_hms_milli();
            let date = Day::new(i16::try_from(year).unwrap_or(i16::MAX), month as i8, day as i8);
            // Before its first day a spreadsheet counts hours: a time of day is no date.
            match date.filter(|_| when.is_datetime() && when.as_f64() >= 1.0) {
                Some(day) => Cell::Date(day),
                None => Cell::Number(when.as_f64()),
            }
        }
        DataRef::DateTimeIso(text) => {
            text.get(..10).and_then(Day::parse).map_or_else(|| text_cell(text), Cell::Date)
        }
        DataRef::DurationIso(text) => text_cell(text),
        // "#REF!" says nothing that anybody wrote.
        DataRef::Error(_) => Cell::Empty,
    }
}

fn text_cell(text: &str) -> Cell {
    if text.trim().is_empty() { Cell::Empty } else { Cell::Text(clipped(text)) }
}

/// Areas merged downwards; a household's address often stands in one.
fn read_merged(workbook: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Result<Vec<Merged>, FileRefusal> {
    let areas = workbook.merge_cells_by_sheet_name(name).map_err(|_| FileRefusal::Broken)?;
    Ok(areas
        .into_iter()
        .take(MERGED_MAX)
        .filter(|a| a.start.0 < a.end.0 && (a.start.1 as usize) < COLUMNS_MAX)
        .map(|a| Merged {
            column: a.start.1 as usize,
            first: a.start.0.saturating_add(1),
            last: a.end.0.saturating_add(1),
        })
        .collect())
}
