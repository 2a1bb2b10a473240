//! What kind of file it is, by its content, and whether a packed one may be unpacked at all. The sizes a zip declares
//! are the sender's words, so every part is unpacked once, counted and searched, before the spreadsheet reader runs.

use std::io::{Cursor, Read};

use crate::FileRefusal;

/// Parts of a packed file; a workbook has a dozen.
const PARTS_MAX: usize = 2_000;
/// Bytes of all parts together, unpacked.
const UNPACKED_BYTES_MAX: u64 = 100 * 1024 * 1024;
/// How often its packed size a file may grow, once it is past the size below. Real sheets stay under 30.
const RATIO_MAX: u64 = 100;
const RATIO_FROM_BYTES: u64 = 4 * 1024 * 1024;
/// The end record of a zip lies in the last bytes, before a comment of at most this length.
const ZIP_END_BYTES: usize = 22;
const ZIP_COMMENT_MAX: usize = 65_535;
const CHUNK_BYTES: usize = 64 * 1024;
/// Bytes at the start that tell a text from something else.
const SNIFFED_BYTES: usize = 8 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Workbook,
    Text,
}

/// The kind of file its first bytes show.
pub fn sniff(bytes: &[u8], file_name: &str) -> Result<Kind, FileRefusal> {
    let name = file_name.to_lowercase();
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(FileRefusal::Empty);
    }
    if bytes.starts_with(b"PK") {
        let is_zip = bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06");
        if !is_zip {
            return Err(FileRefusal::Broken);
        }
        // A workbook that says it has macros is not opened to see whether it has.
        if [".xlsm", ".xltm", ".xlam"].iter().any(|end| name.ends_with(end)) {
            return Err(FileRefusal::Macro);
        }
        return Ok(Kind::Workbook);
    }
    if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]) {
        // A workbook with a password is wrapped in the container of the old formats.
        let mark: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let is_locked = bytes.windows(mark.len()).any(|w| w == mark);
        return Err(if is_locked { FileRefusal::Locked } else { FileRefusal::Type("xls") });
    }
    const MAGIC: &[(&[u8], &str)] = &[
        (b"%PDF", "pdf"),
        (b"\x89PNG", "image"),
        (b"\xff\xd8\xff", "image"),
        (b"GIF8", "image"),
        (b"BM", "image"),
        (b"RIFF", "media"),
        (b"II*\0", "image"),
        (b"MM\0*", "image"),
        (b"{\\rtf", "rtf"),
        (b"Rar!", "rar"),
        (b"7z\xbc\xaf\x27\x1c", "7z"),
        (b"\x1f\x8b", "gzip"),
        (b"\x7fELF", "program"),
        (b"MZ", "program"),
        (b"SQLite format 3", "sqlite"),
    ];
    let starts_like_text = |magic: &[u8]| magic.iter().all(u8::is_ascii_alphabetic);
    for (magic, kind) in MAGIC {
        // "BM" and "MZ" also open ordinary words; a text has no zero bytes after them.
        if bytes.starts_with(magic) && (!starts_like_text(magic) || head(bytes).contains(&0)) {
            return Err(FileRefusal::Type(kind));
        }
    }
    let text = ascii_of(head(bytes));
    let opening = text.trim_start_matches(|c: char| !c.is_ascii_graphic()).to_ascii_lowercase();
    if opening.starts_with("<?xml") || opening.starts_with("<!doctype") || opening.starts_with('<') {
        let is_html = ["<html", "<!doctype html", "<table", "<head", "<meta", "<body", "<div"];
        return Err(FileRefusal::Type(if is_html.iter().any(|t| opening.contains(t)) {
            "html"
        } else {
            "xml"
        }));
    }
    if opening.starts_with('{') && opening.contains("\":") {
        return Err(FileRefusal::Type("json"));
    }
    let is_utf16 = crate::csv_text::utf16(bytes).is_some();
    let strange = head(bytes)
        .iter()
        .filter(|b| **b < 0x20 && !matches!(**b, b'\t' | b'\n' | b'\r' | 0x0b | 0x0c))
        .count();
    if !is_utf16 && strange > 0 {
        return Err(FileRefusal::Type("binary"));
    }
    Ok(Kind::Text)
}

fn head(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len().min(SNIFFED_BYTES)]
}

/// The ASCII letters of a text in any of our encodings.
fn ascii_of(bytes: &[u8]) -> String {
    bytes.iter().filter(|b| b.is_ascii() && **b != 0).map(|b| char::from(*b)).collect()
}

/// Unpacks every part once and says whether the file may be read as a workbook.
pub fn check(bytes: &[u8]) -> Result<(), FileRefusal> {
    if declared_parts(bytes).ok_or(FileRefusal::Broken)? > PARTS_MAX {
        return Err(FileRefusal::ZipBomb);
    }
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| FileRefusal::Broken)?;
    let mut names: Vec<String> = Vec::new();
    let mut declared: u64 = 0;
    for i in 0..zip.len() {
        let part = zip.by_index_raw(i).map_err(|_| FileRefusal::Broken)?;
        if part.encrypted() {
            return Err(FileRefusal::Locked);
        }
        declared = declared.saturating_add(part.size());
        let name = part.name().map_err(|_| FileRefusal::Broken)?;
        names.push(name.to_lowercase().replace('\\', "/"));
    }
    if names
        .iter()
        .any(|n| n.ends_with("vbaproject.bin") || n.contains("/macrosheets/") || n.contains("/activex/"))
    {
        return Err(FileRefusal::Macro);
    }
    if declared > UNPACKED_BYTES_MAX {
        return Err(FileRefusal::ZipBomb);
    }
    if !names.iter().any(|n| n == "xl/workbook.xml") {
        let kind = if names.iter().any(|n| n == "word/document.xml") {
            "docx"
        } else if names.iter().any(|n| n == "content.xml") {
            "ods"
        } else if names.iter().any(|n| n == "xl/workbook.bin") {
            "xlsb"
        } else {
            "zip"
        };
        return Err(FileRefusal::Type(kind));
    }
    let mut unpacked: u64 = 0;
    let mut chunk = vec![0u8; CHUNK_BYTES];
    for i in 0..zip.len() {
        let mut part = zip.by_index(i).map_err(|_| FileRefusal::Broken)?;
        let mut search = Search::default();
        loop {
            let n = part.read(&mut chunk).map_err(|_| FileRefusal::Broken)?;
            if n == 0 {
                break;
            }
            unpacked += n as u64;
            let is_swollen = unpacked > RATIO_FROM_BYTES && unpacked / RATIO_MAX > bytes.len() as u64;
            if unpacked > UNPACKED_BYTES_MAX || is_swollen {
                return Err(FileRefusal::ZipBomb);
            }
            search.feed(&chunk[..n])?;
        }
    }
    Ok(())
}

/// How many parts the end record of a zip promises; the archive reader believes it, so it is asked first.
fn declared_parts(bytes: &[u8]) -> Option<usize> {
    let from = bytes.len().saturating_sub(ZIP_END_BYTES + ZIP_COMMENT_MAX);
    let end = bytes.get(from..)?.windows(ZIP_END_BYTES).rposition(|w| w.starts_with(b"PK\x05\x06"))?;
    let record = bytes.get(from + end..)?;
    Some(usize::from(u16::from_le_bytes([*record.get(10)?, *record.get(11)?])))
}

/// Looks for words that no honest part of a workbook holds, across the borders of chunks. Zero bytes are skipped, so
/// that UTF-16 hides nothing.
#[derive(Default)]
struct Search {
    tail: Vec<u8>,
}

const DTD_WORDS: &[&[u8]] = &[b"<!doctype", b"<!entity"];
const MACRO_WORDS: &[&[u8]] = &[b"sheet.macroenabled", b"vbaproject"];
/// One less than the longest word above.
const TAIL_BYTES: usize = 17;

impl Search {
    fn feed(&mut self, chunk: &[u8]) -> Result<(), FileRefusal> {
        self.tail.extend(chunk.iter().filter(|b| **b != 0).map(u8::to_ascii_lowercase));
        // The first letters are rare in XML, so most places are passed quickly.
        for (i, byte) in self.tail.iter().enumerate() {
            let rest = &self.tail[i..];
            if *byte == b'<' && DTD_WORDS.iter().any(|w| rest.starts_with(w)) {
                return Err(FileRefusal::Dtd);
            }
            if matches!(*byte, b's' | b'v') && MACRO_WORDS.iter().any(|w| rest.starts_with(w)) {
                return Err(FileRefusal::Macro);
            }
        }
        let keep = self.tail.len().saturating_sub(TAIL_BYTES);
        self.tail.drain(..keep);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_across_chunks() {
        let mut search = Search::default();
        search.feed(b"<?xml version='1.0'?><!DOC").unwrap();
        assert_eq!(search.feed(b"TYPE x [").unwrap_err(), FileRefusal::Dtd);
        let wide: Vec<u8> = "<!ENTITY a".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(Search::default().feed(&wide).unwrap_err(), FileRefusal::Dtd);
        assert!(MACRO_WORDS.iter().chain(DTD_WORDS).all(|w| w.len() <= TAIL_BYTES + 1));
    }
}
