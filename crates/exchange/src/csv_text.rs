//! Reading a list saved as text: which encoding, which separator, which lines. Spreadsheets of Vietnam save UTF-8 with
//! or without a mark, UTF-16, Windows-1258 and, from the nineties, TCVN3; with semicolons, tabs, commas or strokes.
//!
//! It is not the strict grammar of CSV: a lone quotation mark is how lists say "as above", and a mark that is never
//! closed must not swallow the people after it.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, WINDOWS_1258};
use rules::list::{Cell, RawRow, RawSheet};

use crate::{Budget, COLUMNS_MAX, FileRefusal, clipped, tcvn3};

const SEPARATORS: [char; 4] = [';', '\t', ',', '|'];
/// Lines from which the separator is judged.
const JUDGED_LINES: usize = 200;
/// Lines and letters that one quoted cell may span; beyond, its mark is an ordinary letter.
const QUOTED_LINES_MAX: usize = 20;
const QUOTED_CHARS_MAX: usize = 5_000;
/// Bytes that show whether a text without a mark is UTF-16.
const JUDGED_BYTES: usize = 4_096;

pub fn read(bytes: &[u8], file_name: &str) -> Result<RawSheet, FileRefusal> {
    let text = decode(bytes);
    let (separator, body) = separator_of(&text);
    let mut budget = Budget::default();
    let mut rows = Vec::new();
    for (number, cells) in Records::new(body.text, separator).enumerate() {
        if cells.iter().all(|c| c.trim().is_empty()) {
            continue;
        }
        budget.row()?;
        let mut kept = Vec::with_capacity(cells.len().min(COLUMNS_MAX));
        for cell in cells.into_iter().take(COLUMNS_MAX) {
            if cell.trim().is_empty() {
                kept.push(Cell::Empty);
            } else {
                let cell = clipped(&cell);
                budget.cell(cell.len())?;
                kept.push(Cell::Text(cell));
            }
        }
        let number = u32::try_from(number + 1 + body.lines_before).unwrap_or(u32::MAX);
        rows.push(RawRow { number, cells: kept });
    }
    let stem = file_name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = stem.rsplit_once('.').map_or(stem, |(name, _)| name).to_owned();
    Ok(RawSheet { name, rows, merged: Vec::new() })
}

/// The byte order of a text in UTF-16, by its mark or by where its zero bytes stand.
pub fn utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return (encoding != UTF_8).then_some(encoding);
    }
    let head = &bytes[..bytes.len().min(JUDGED_BYTES) & !1];
    let zeros = |odd: usize| head.iter().skip(odd).step_by(2).filter(|b| **b == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let many = head.len() / 8;
    match (even > many.max(1), odd > many.max(1)) {
        (false, true) => Some(UTF_16LE),
        (true, false) => Some(UTF_16BE),
        (true, true) | (false, false) => None,
    }
}

fn decode(bytes: &[u8]) -> String {
    if let Some(encoding) = utf16(bytes) {
        return encoding.decode(bytes).0.into_owned();
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.trim_start_matches('\u{feff}').to_owned();
    }
    // Almost UTF-8: a file cut or patched by a tool; its few bad bytes are shown as such.
    let (utf8, _, _) = UTF_8.decode(bytes);
    let (good, bad) = utf8.chars().filter(|c| !c.is_ascii()).fold((0usize, 0usize), |(good, bad), c| {
        if c == char::REPLACEMENT_CHARACTER { (good, bad + 1) } else { (good + 1, bad) }
    });
    if good > bad * 4 {
        return utf8.into_owned();
    }
    let western = WINDOWS_1252.decode(bytes).0;
    if tcvn3::is_tcvn3(western.lines()) && !reads_as_1258(bytes) {
        return western.into_owned();
    }
    WINDOWS_1258.decode(bytes).0.into_owned()
}

fn reads_as_1258(bytes: &[u8]) -> bool {
    let text = rules::fold::fold(&WINDOWS_1258.decode(bytes).0);
    ["ho va ten", "ho ten"].iter().any(|t| text.contains(t))
}

struct Body<'a> {
    text: &'a str,
    lines_before: usize,
}

/// The separator: named by the first line ("sep=;"), else the one that cuts most lines into equally many cells.
fn separator_of(text: &str) -> (char, Body<'_>) {
    let first = text.lines().next().unwrap_or_default();
    if let Some(named) = first.trim().strip_prefix("sep=").and_then(|s| s.chars().next()) {
        let rest = text.get(first.len()..).unwrap_or_default();
        let rest = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n')).unwrap_or(rest);
        return (named, Body { text: rest, lines_before: 1 });
    }
    let score = |separator: char| {
        let widths: Vec<usize> = Records::new(text, separator)
            .take(JUDGED_LINES)
            .map(|cells| cells.len())
            .filter(|n| *n > 1)
            .collect();
        widths.iter().map(|w| widths.iter().filter(|v| *v == w).count() * w).max().unwrap_or(0)
    };
    let mut best = (SEPARATORS[0], 0);
    for separator in SEPARATORS {
        let reached = score(separator);
        if reached > best.1 {
            best = (separator, reached);
        }
    }
    (best.0, Body { text, lines_before: 0 })
}

/// The records of a text, one for each row that a spreadsheet would show.
struct Records<'a> {
    rest: &'a str,
    separator: char,
}

impl<'a> Records<'a> {
    fn new(text: &'a str, separator: char) -> Records<'a> {
        Records { rest: text, separator }
    }

    /// The end of a quoted cell that starts here: its text, and what follows it.
    fn quoted(&self) -> Option<(String, &'a str)> {
        let inside = self.rest.strip_prefix('"')?;
        // `;";` is the sign for "as above", not the start of a quotation.
        if inside.is_empty() || inside.starts_with(self.separator) || inside.starts_with(['\n', '\r']) {
            return None;
        }
        let mut text = String::new();
        let mut lines = 0;
        let mut chars = inside.char_indices();
        while let Some((i, c)) = chars.next() {
            if c == '"' {
                let after = &inside[i + 1..];
                if after.starts_with('"') {
                    text.push('"');
                    chars.next();
                    continue;
                }
                let after = after.trim_start_matches(' ');
                let is_end =
                    after.is_empty() || after.starts_with(self.separator) || after.starts_with(['\n', '\r']);
                if is_end {
                    return Some((text, after));
                }
                text.push('"');
                continue;
            }
            lines += usize::from(c == '\n');
            if lines > QUOTED_LINES_MAX || i > QUOTED_CHARS_MAX {
                return None;
            }
            text.push(c);
        }
        None
    }
}

impl Iterator for Records<'_> {
    type Item = Vec<String>;

    fn next(&mut self) -> Option<Vec<String>> {
        if self.rest.is_empty() {
            return None;
        }
        let mut cells = Vec::new();
        loop {
            let cell = match self.quoted() {
                Some((text, after)) => {
                    self.rest = after;
                    text
                }
                None => {
                    let end = self.rest.find([self.separator, '\n', '\r']);
                    let (text, after) = self.rest.split_at(end.unwrap_or(self.rest.len()));
                    self.rest = after;
                    text.to_owned()
                }
            };
            cells.push(cell);
            if let Some(after) = self.rest.strip_prefix(self.separator) {
                self.rest = after;
                continue;
            }
            self.rest = self
                .rest
                .strip_prefix("\r\n")
                .or_else(|| self.rest.strip_prefix(['\n', '\r']))
                .unwrap_or_default();
            return Some(cells);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(text: &str, separator: char) -> Vec<Vec<String>> {
        Records::new(text, separator).collect()
    }

    #[test]
    fn cells_and_their_marks() {
        assert_eq!(records("a;b\r\nc;d\n", ';'), [["a", "b"], ["c", "d"]]);
        assert_eq!(records("a;\"b;\"\"c\"\"\nd\";e", ';'), [["a", "b;\"c\"\nd", "e"]]);
        assert_eq!(records("1;\";x\n2;\"\"\"\";y", ';'), [["1", "\"", "x"], ["2", "\"", "y"]]);
        assert_eq!(
            records("1;\"never closed;x\n2;b;y", ';'),
            [["1", "\"never closed", "x"], ["2", "b", "y"]]
        );
        assert_eq!(records("a;\n\n;b", ';'), [vec!["a", ""], vec![""], vec!["", "b"]]);
    }

    #[test]
    fn separators() {
        for separator in SEPARATORS {
            let line = ["1", "Lò, Văn Ón", "nhà 5; tổ 2", "x"].join(&separator.to_string()) + "\n";
            if separator == ',' || separator == ';' {
                let line = format!("1{separator}Ón{separator}nhà{separator}x\n");
                assert_eq!(separator_of(&line.repeat(3)).0, separator);
            } else {
                assert_eq!(separator_of(&line.repeat(3)).0, separator);
            }
        }
        let (separator, body) = separator_of("sep=,\na,b");
        assert_eq!((separator, body.text, body.lines_before), (',', "a,b", 1));
    }

    #[test]
    fn encodings() {
        let text = "Họ và tên\tNăm sinh\nLò Văn Ón\t1951\n";
        let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        assert_eq!(decode(text.as_bytes()), text);
        assert_eq!(decode(&[b"\xef\xbb\xbf", text.as_bytes()].concat()), text);
        assert_eq!(decode(&[b"\xff\xfe".to_vec(), utf16(text)].concat()), text);
        assert_eq!(decode(&utf16(text)), text);
        // Windows-1258 writes some tones apart: "Ho." and the like; folded it is the same.
        let (vn1258, _, _) = WINDOWS_1258.encode("Ho\u{323} va\u{300} tên\tNăm sinh\n");
        assert_eq!(rules::fold::nfc(&decode(&vn1258)), "Họ và tên Năm sinh");
        assert_eq!(decode(b"H\xe4 v\xb5 t\xaan\t1951\n"), "Hä vµ tªn\t1951\n");
    }
}
