//! Writing workbooks and texts: reports, and the rows of a list that were refused. No cell ever becomes a formula:
//! text that a spreadsheet would calculate is written as text (trust.md, "formulas neutralised on export").

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use rules::Day;
use rules::list::{Cell, ListReading, RawSheet, Refused};

/// Longest text a spreadsheet's cell can hold.
const CELL_CHARS_MAX: usize = 32_000;
/// Longest name a sheet can have.
const SHEET_NAME_CHARS_MAX: usize = 31;
const COLUMN_WIDTH_MIN: f64 = 8.0;
const COLUMN_WIDTH_MAX: f64 = 48.0;
/// Rows that decide the width of a column.
const WIDTH_ROWS: usize = 200;
const DAY_FORMAT: &str = "dd/mm/yyyy";
/// Files say nothing of when they were made, so that the same report is the same file.
const CREATED: (u16, u8, u8) = (2000, 1, 1);

#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("the workbook cannot be written")]
    Workbook(#[from] XlsxError),
    #[error("the text cannot be written")]
    Text(#[from] csv::Error),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Empty,
    Text(String),
    Number(f64),
    Day(Day),
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(text)
    }
}

impl From<i64> for Value {
    fn from(n: i64) -> Value {
        Value::Number(n as f64)
    }
}

impl From<Day> for Value {
    fn from(day: Day) -> Value {
        Value::Day(day)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Empty, Into::into)
    }
}

/// One sheet of a report.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Table {
    /// The sheet's name; shortened and made unique where a spreadsheet asks for it.
    pub title: String,
    pub header: Vec<String>,
    pub rows: Vec<Vec<Value>>,
}

/// A workbook with one sheet for each table. Numbers stay numbers, days stay days.
pub fn write_tables(tables: &[Table]) -> Result<Vec<u8>, WriteError> {
    let mut book = Book::new()?;
    for table in tables {
        let sheet = book.sheet(&table.title)?;
        let bold = Format::new().set_bold().set_text_wrap();
        for (column, title) in table.header.iter().enumerate() {
            sheet.write_string_with_format(0, column_of(column), clip(title), &bold)?;
        }
        if !table.header.is_empty() {
            sheet.set_freeze_panes(1, 0)?;
        }
        let first = u32::from(!table.header.is_empty());
        for (row, values) in table.rows.iter().enumerate() {
            for (column, value) in values.iter().enumerate() {
                write_value(sheet, first + row as u32, column_of(column), value)?;
            }
        }
        let titles = table.header.iter().map(|t| Value::Text(t.clone())).collect::<Vec<_>>();
        let rows: Vec<&[Value]> =
            std::iter::once(titles.as_slice()).chain(table.rows.iter().map(Vec::as_slice)).collect();
        fit_columns(sheet, &rows)?;
    }
    if tables.is_empty() {
        book.sheet("")?;
    }
    book.bytes()
}

/// The refused rows as they were, under their own headers, with the reason in a column of its own. Corrected there,
/// the file can be imported again.
pub fn refused_sheet(
    sheets: &[RawSheet],
    reading: &ListReading,
    reason_title: &str,
    words: impl Fn(&Refused) -> String,
) -> Result<Vec<u8>, WriteError> {
    let mut book = Book::new()?;
    let mut written = 0;
    for (raw, read) in sheets.iter().zip(&reading.sheets) {
        let refused: Vec<&Refused> = reading.refused.iter().filter(|r| r.at.sheet == raw.name).collect();
        if refused.is_empty() {
            continue;
        }
        written += 1;
        let reasons = raw.rows.iter().map(|r| r.cells.len()).max().unwrap_or(0);
        let sheet = book.sheet(&raw.name)?;
        let bold = Format::new().set_bold().set_text_wrap();
        let mut kept: Vec<Vec<Value>> = Vec::new();
        // Without a header the whole sheet goes back: all of it is what could not be read.
        let is_unread = read.header_rows.is_empty();
        for row in &raw.rows {
            let is_header = read.header_rows.contains(&row.number);
            let of_row = refused.iter().find(|r| r.at.row == row.number);
            if !is_header && of_row.is_none() && !is_unread {
                continue;
            }
            let mut values: Vec<Value> = row.cells.iter().map(value_of).collect();
            values.resize(reasons, Value::Empty);
            values.push(match of_row {
                Some(refused) => Value::Text(words(refused)),
                None if is_header && read.header_rows.first() == Some(&row.number) => {
                    Value::Text(reason_title.to_owned())
                }
                None => Value::Empty,
            });
            let at = kept.len() as u32;
            for (column, value) in values.iter().enumerate() {
                match value {
                    Value::Text(text) if is_header => {
                        sheet.write_string_with_format(at, column_of(column), clip(text), &bold)?;
                    }
                    value => write_value(sheet, at, column_of(column), value)?,
                }
            }
            kept.push(values);
        }
        let rows: Vec<&[Value]> = kept.iter().map(Vec::as_slice).collect();
        fit_columns(sheet, &rows)?;
    }
    if written == 0 {
        book.sheet(reason_title)?;
    }
    book.bytes()
}

/// A table as text for programs: UTF-8 with a mark, because the spreadsheets of Vietnam need it, and semicolons.
pub fn write_csv(table: &Table) -> Result<Vec<u8>, WriteError> {
    let mut out = csv::WriterBuilder::new()
        .delimiter(b';')
        .terminator(csv::Terminator::CRLF)
        .flexible(true)
        .from_writer("\u{feff}".as_bytes().to_vec());
    if !table.header.is_empty() {
        out.write_record(table.header.iter().map(|t| inert(t)))?;
    }
    for row in &table.rows {
        out.write_record(row.iter().map(|value| match value {
            Value::Empty => String::new(),
            Value::Text(text) => inert(text),
            Value::Number(n) => format!("{n}"),
            Value::Day(day) => day.to_string(),
        }))?;
    }
    out.into_inner().map_err(|e| WriteError::Text(csv::Error::from(e.into_error())))
}

/// Text that a spreadsheet would take for a formula when it opens a CSV file gets an apostrophe before it.
fn inert(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

fn value_of(cell: &Cell) -> Value {
    match cell {
        Cell::Empty => Value::Empty,
        Cell::Text(text) => Value::Text(text.clone()),
        Cell::Number(n) => Value::Number(*n),
        Cell::Date(day) => Value::Day(*day),
    }
}

struct Book {
    workbook: Workbook,
    names: Vec<String>,
}

impl Book {
    fn new() -> Result<Book, WriteError> {
        let mut workbook = Workbook::new();
        let (year, month, day) = CREATED;
        let created = ExcelDateTime::from_ymd(year, month, day)?;
        workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
        Ok(Book { workbook, names: Vec::new() })
    }

    fn sheet(&mut self, title: &str) -> Result<&mut Worksheet, WriteError> {
        let name = sheet_name(title, &self.names);
        let sheet = self.workbook.add_worksheet();
        sheet.set_name(&name)?;
        self.names.push(name.to_lowercase());
        Ok(sheet)
    }

    fn bytes(mut self) -> Result<Vec<u8>, WriteError> {
        Ok(self.workbook.save_to_buffer()?)
    }
}

/// A name that a spreadsheet accepts and no other sheet has.
fn sheet_name(title: &str, taken: &[String]) -> String {
    let plain: String =
        title.chars().map(|c| if "[]:*?/\\".contains(c) || c.is_control() { ' ' } else { c }).collect();
    let plain = plain.trim().trim_matches('\'').trim();
    let plain = if plain.is_empty() { "Sheet" } else { plain };
    let mut name: String = plain.chars().take(SHEET_NAME_CHARS_MAX).collect();
    let mut n = 1;
    while taken.contains(&name.to_lowercase()) {
        n += 1;
        let end = format!(" {n}");
        name = plain.chars().take(SHEET_NAME_CHARS_MAX - end.len()).collect::<String>() + &end;
    }
    name
}

fn column_of(column: usize) -> u16 {
    u16::try_from(column).unwrap_or(u16::MAX)
}

fn clip(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).take(CELL_CHARS_MAX).collect()
}

fn write_value(sheet: &mut Worksheet, row: u32, column: u16, value: &Value) -> Result<(), WriteError> {
    match value {
        Value::Empty => {}
        // Written as a string, "=1+1" stays the text it is.
        Value::Text(text) => {
            sheet.write_string(row, column, clip(text))?;
        }
        Value::Number(n) if n.is_finite() => {
            sheet.write_number(row, column, *n)?;
        }
        Value::Number(_) => {}
        Value::Day(day) => {
            let date = u16::try_from(day.year())
                .ok()
                .and_then(|year| ExcelDateTime::from_ymd(year, day.0.month() as u8, day.0.day() as u8).ok());
            match date {
                Some(date) => {
                    sheet.write_datetime_with_format(
                        row,
                        column,
                        &date,
                        &Format::new().set_num_format(DAY_FORMAT),
                    )?;
                }
                None => {
                    sheet.write_string(row, column, day.to_string())?;
                }
            }
        }
    }
    Ok(())
}

fn fit_columns(sheet: &mut Worksheet, rows: &[&[Value]]) -> Result<(), WriteError> {
    let width = rows.iter().map(|r| r.len()).max().unwrap_or(0);
    for column in 0..width {
        let letters = rows.iter().take(WIDTH_ROWS).filter_map(|r| r.get(column)).map(|value| match value {
            Value::Empty => 0,
            Value::Text(text) => text.chars().count(),
            Value::Number(n) => format!("{n}").len(),
            Value::Day(_) => DAY_FORMAT.len(),
        });
        let letters = letters.max().unwrap_or(0) as f64 + 1.0;
        sheet.set_column_width(column_of(column), letters.clamp(COLUMN_WIDTH_MIN, COLUMN_WIDTH_MAX))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_sheets_are_legal_and_single() {
        assert_eq!(sheet_name("F0/F1: [3]", &[]), "F0 F1   3");
        assert_eq!(sheet_name("", &[]), "Sheet");
        assert_eq!(sheet_name("Tờ", &["tờ".to_owned()]), "Tờ 2");
        assert_eq!(sheet_name(&"ă".repeat(40), &[]).chars().count(), SHEET_NAME_CHARS_MAX);
    }
}
