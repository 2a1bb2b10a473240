//! Two tables beside each other in one sheet, as offices print them to save paper: the same titles come again to the
//! right. Each is read as a sheet of its own, so that nobody on the right is passed over.

use std::borrow::Cow;

use super::header::is_header_row;
use super::{Cell, Merged, RawRow, RawSheet};
use crate::fold::fold;

/// The tables of a sheet from left to right; the sheet itself where there is one.
pub fn parts(sheet: &RawSheet) -> Vec<Cow<'_, RawSheet>> {
    let mut parts = Vec::new();
    let mut rest = Cow::Borrowed(sheet);
    while let Some((column, first)) = second_table(&rest.rows) {
        let (left, right) = split(&rest, column, first);
        parts.push(Cow::Owned(left));
        rest = Cow::Owned(right);
    }
    parts.push(rest);
    parts
}

/// The column at which the titles begin anew, and the row in which they do so first. Every header of the sheet has to
/// agree: a wide table under two narrow ones is not to be cut.
fn second_table(rows: &[RawRow]) -> Option<(usize, usize)> {
    let mut headers = rows.iter().enumerate().filter(|(_, row)| is_header_row(row));
    let (first, row) = headers.next()?;
    let column = repeats_at(row)?;
    headers.all(|(_, row)| repeats_at(row) == Some(column)).then_some((column, first))
}

fn repeats_at(row: &RawRow) -> Option<usize> {
    let titles: Vec<String> = row.cells.iter().map(|cell| fold(&cell.text())).collect();
    let start = titles.iter().position(|title| !title.is_empty())?;
    let again = |column: &usize| {
        let half = |cells: &[Cell]| is_header_row(&RawRow { number: row.number, cells: cells.to_vec() });
        let (left, right) = row.cells.split_at(*column);
        titles[*column] == titles[start] && half(left) && half(right)
    };
    (start + 1..titles.len()).find(again)
}

fn split(sheet: &RawSheet, column: usize, first: usize) -> (RawSheet, RawSheet) {
    let left_of = |row: &RawRow| row.cells.get(..column).map_or_else(|| row.cells.clone(), <[Cell]>::to_vec);
    let right_of = |(at, row): (usize, &RawRow)| {
        let right = row.cells.get(column..).unwrap_or_default();
        // A title above both tables stands at the left and is said of both.
        if at < first && right.iter().all(Cell::is_blank) {
            return row.clone();
        }
        let mut cells = vec![Cell::Empty; column];
        cells.extend_from_slice(right);
        RawRow { number: row.number, cells }
    };
    let merged = |is_left: bool| -> Vec<Merged> {
        sheet.merged.iter().filter(|m| (m.column < column) == is_left).copied().collect()
    };
    let left = sheet.rows.iter().map(|row| RawRow { number: row.number, cells: left_of(row) }).collect();
    let right = sheet.rows.iter().enumerate().map(right_of).collect();
    (
        RawSheet { name: sheet.name.clone(), rows: left, merged: merged(true) },
        RawSheet { name: sheet.name.clone(), rows: right, merged: merged(false) },
    )
}
