//! How files leave and arrive: XLSX and CSV in, XLSX and CSV out.
//!
//! Files come from strangers, so everything read here is bounded by a named limit and checked before the reader of
//! spreadsheets sees it; a bad file is a [`FileRefusal`], never a crash. What a list *means* is `rules::list`.
//! It opens no connections, reads no clock and keeps nothing.
//!
//! Source: trust.md ("Files"), api.md (`keben import episodes`), samples/README.md.

mod container;
mod csv_text;
mod refusal;
mod tcvn3;
mod workbook;
mod write;

pub use refusal::FileRefusal;
pub use write::{Table, Value, WriteError, refused_sheet, write_csv, write_tables};

use rules::list::RawSheet;

/// The largest file that is looked at.
pub const FILE_BYTES_MAX: usize = 20 * 1024 * 1024;
/// Rows with anything in them, over all sheets.
pub const ROWS_MAX: usize = 50_000;
/// Columns that are kept; a list has a dozen.
pub const COLUMNS_MAX: usize = 64;
/// Cells with anything in them, over all sheets.
pub const CELLS_MAX: usize = 1_000_000;
/// Letters of a cell that are kept.
pub const CELL_CHARS_MAX: usize = 2_000;
/// Letters of all cells together: a short file can say one long text very often.
pub const TEXT_CHARS_MAX: usize = 20_000_000;
pub const SHEETS_MAX: usize = 64;

/// Reads a list from its bytes. What kind of file it is, its content says; the name only tells what it pretends.
pub fn read_list(bytes: &[u8], file_name: &str) -> Result<Vec<RawSheet>, FileRefusal> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(FileRefusal::TooBig { bytes_max: FILE_BYTES_MAX });
    }
    let sheets = match container::sniff(bytes, file_name)? {
        container::Kind::Workbook => {
            container::check(bytes)?;
            workbook::read(bytes)?
        }
        container::Kind::Text => vec![csv_text::read(bytes, file_name)?],
    };
    let sheets: Vec<RawSheet> = sheets.into_iter().map(tcvn3::to_unicode).collect();
    if sheets.iter().all(|s| s.rows.is_empty()) {
        return Err(FileRefusal::Empty);
    }
    Ok(sheets)
}

/// Reads a list from a file of this machine, for the command line.
pub fn read_list_file(path: &std::path::Path) -> Result<Vec<RawSheet>, FileRefusal> {
    use std::io::Read;
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let file = std::fs::File::open(path).map_err(|e| FileRefusal::Unopened(e.to_string()))?;
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| FileRefusal::Unopened(e.to_string()))?;
    read_list(&bytes, &name)
}

/// Counts what is read against the limits.
#[derive(Default)]
struct Budget {
    rows: usize,
    cells: usize,
    chars: usize,
}

impl Budget {
    fn row(&mut self) -> Result<(), FileRefusal> {
        self.rows += 1;
        if self.rows > ROWS_MAX { Err(FileRefusal::TooManyRows { rows_max: ROWS_MAX }) } else { Ok(()) }
    }

    fn cell(&mut self, chars: usize) -> Result<(), FileRefusal> {
        self.cells += 1;
        self.chars += chars;
        if self.cells > CELLS_MAX || self.chars > TEXT_CHARS_MAX {
            return Err(FileRefusal::TooManyCells { cells_max: CELLS_MAX });
        }
        Ok(())
    }
}

/// The text cut to the letters that are kept.
fn clipped(text: &str) -> String {
    match text.char_indices().nth(CELL_CHARS_MAX) {
        Some((end, _)) => text[..end].to_owned(),
        None => text.to_owned(),
    }
}
