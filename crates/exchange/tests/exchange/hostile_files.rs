//! Files that are broken, strange or meant to harm are refused by a code; none of them crashes the reader.

use std::io::{Cursor, Write};

use exchange::{FileRefusal, read_list};
use rules::list::{Cell, EmptyRegister, ListContext, read};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

const TYPES: &str = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>"#;
const RELS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const BOOK: &str = r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>"#;
const BOOK_RELS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;

/// A workbook of one sheet with this XML inside `<sheetData>`, and more parts.
fn workbook(data: &str, more: &[(&str, &[u8])]) -> Vec<u8> {
    let sheet = format!(
        r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{data}</sheetData></worksheet>"#
    );
    let mut parts: Vec<(&str, &[u8])> = vec![
        ("[Content_Types].xml", TYPES.as_bytes()),
        ("_rels/.rels", RELS.as_bytes()),
        ("xl/workbook.xml", BOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", BOOK_RELS.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ];
    parts.retain(|(name, _)| !more.iter().any(|(n, _)| n == name));
    parts.extend_from_slice(more);
    zipped(&parts)
}

fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(*name, SimpleFileOptions::default().compression_method(CompressionMethod::Deflated))
            .unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn code(bytes: &[u8], name: &str) -> &'static str {
    match read_list(bytes, name) {
        Ok(_) => "read",
        Err(refusal) => {
            assert!(FileRefusal::CODES.contains(&refusal.code()));
            refusal.code()
        }
    }
}

const ONE_CELL: &str = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row>"#;

#[test]
fn a_cell_at_the_end_of_the_world() {
    let far = workbook(
        r#"<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="A1048576"><v>2</v></c><c r="XFD1048576"><v>3</v></c></row>"#,
        &[],
    );
    let sheets = read_list(&far, "far.xlsx").unwrap();
    assert_eq!(sheets[0].rows.iter().map(|r| r.number).collect::<Vec<_>>(), [1, 1_048_576]);
    assert_eq!(sheets[0].rows[1].cells, [Cell::Number(2.0)]);
}

#[test]
fn workbooks_that_are_refused() {
    let dtd = r#"<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><workbook/>"#;
    let wide: Vec<u8> = [vec![0xff, 0xfe], dtd.encode_utf16().flat_map(u16::to_le_bytes).collect()].concat();
    let macro_types = TYPES.replace("spreadsheetml.sheet.main", "spreadsheetml.sheet.macroEnabled.main");
    let zeros = vec![b' '; 8 * 1024 * 1024];
    let many: Vec<String> = (0..2_500).map(|n| format!("x/{n}")).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|n| (n.as_str(), &b""[..])).collect();
    let many_sheets = format!(
        r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>{}</sheets></workbook>"#,
        (0..65).map(|n| format!(r#"<sheet name="S{n}" sheetId="{n}" r:id="r1"/>"#)).collect::<String>()
    );
    let rows: String =
        (1..=50_001).map(|n| format!(r#"<row r="{n}"><c r="A{n}"><v>1</v></c></row>"#)).collect();
    let table: &[(&str, Vec<u8>, &str)] = &[
        ("macros", workbook(ONE_CELL, &[("xl/vbaProject.bin", b"x")]), "file_macro"),
        (
            "macros by their type",
            workbook(ONE_CELL, &[("[Content_Types].xml", macro_types.as_bytes())]),
            "file_macro",
        ),
        ("entities", workbook(ONE_CELL, &[("xl/workbook.xml", dtd.as_bytes())]), "file_dtd"),
        ("entities in UTF-16", workbook(ONE_CELL, &[("xl/styles.xml", &wide)]), "file_dtd"),
        ("a part that swells", workbook(ONE_CELL, &[("xl/media/a.xml", &zeros)]), "zip_bomb"),
        ("too many parts", workbook(ONE_CELL, &many), "zip_bomb"),
        (
            "too many sheets",
            workbook(ONE_CELL, &[("xl/workbook.xml", many_sheets.as_bytes())]),
            "too_many_sheets",
        ),
        ("too many rows", workbook(&rows, &[]), "too_many_rows"),
        ("no cells", workbook("", &[]), "file_empty"),
        ("XML that breaks off", workbook("<row r=\"1\"><c r=\"A1\"><v>1</", &[]), "file_broken"),
        ("a document", zipped(&[("word/document.xml", b"<x/>")]), "file_type"),
        ("a zip", zipped(&[("a.txt", b"x")]), "file_type"),
    ];
    for (name, bytes, wanted) in table {
        assert_eq!(code(bytes, "ds.xlsx"), *wanted, "{name}");
    }
    assert_eq!(code(&workbook(ONE_CELL, &[]), "ds.xlsx"), "read");
    // A row beyond all counting is read or refused; it must not bring the reader down.
    code(&workbook(r#"<row r="4294967295"><c r="A4294967295"><v>1</v></c></row>"#, &[]), "ds.xlsx");
    assert_eq!(code(&workbook(ONE_CELL, &[]), "ds.XLSM"), "file_macro");
}

#[test]
fn a_zip_that_lies_about_its_sizes() {
    let mut bytes = workbook(ONE_CELL, &[("xl/media/a.xml", &vec![b' '; 8 * 1024 * 1024])]);
    // Every record of the central directory now promises parts of ten bytes.
    let marks: Vec<usize> = (0..bytes.len() - 4).filter(|i| bytes[*i..].starts_with(b"PK\x01\x02")).collect();
    for at in marks {
        bytes[at + 24..at + 28].copy_from_slice(&10u32.to_le_bytes());
    }
    assert!(matches!(code(&bytes, "ds.xlsx"), "zip_bomb" | "file_broken"));
}

#[test]
fn one_long_text_said_very_often() {
    let strings = format!(
        r#"<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>{}</t></si></sst>"#,
        "ă".repeat(100_000)
    );
    let rels = BOOK_RELS.replace("</Relationships>", r#"<Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>"#);
    let rows: String =
        (1..=20_000).map(|n| format!(r#"<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>"#)).collect();
    let bytes = workbook(
        &rows,
        &[("xl/sharedStrings.xml", strings.as_bytes()), ("xl/_rels/workbook.xml.rels", rels.as_bytes())],
    );
    assert_eq!(code(&bytes, "ds.xlsx"), "too_many_cells");
}

#[test]
fn files_of_another_kind() {
    let old = [&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1][..], &[0; 600]].concat();
    let locked: Vec<u8> =
        [old.clone(), "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect()].concat();
    let table: &[(&[u8], &str)] = &[
        (&old, "file_type"),
        (&locked, "file_locked"),
        (b"%PDF-1.7 x", "file_type"),
        (b"\x89PNG\r\n\x1a\n", "file_type"),
        (b"\xff\xd8\xff\xe0", "file_type"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "file_type"),
        (b"\xef\xbb\xbf  <!DOCTYPE html><p>x", "file_type"),
        (b"<?xml version=\"1.0\"?><x/>", "file_type"),
        (b"{\"a\": 1}", "file_type"),
        (b"MZ\x90\0\x03\0\0\0", "file_type"),
        (b"abc\0\x01\x02def", "file_type"),
        (b"PK\x03\x04 broken off", "file_broken"),
        (b"PK", "file_broken"),
        (b"", "file_empty"),
        (b" \r\n ", "file_empty"),
        (b"\xef\xbb\xbf", "file_empty"),
        (b";;;\n;;\n", "file_empty"),
    ];
    for (bytes, wanted) in table {
        assert_eq!(code(bytes, "ds.xlsx"), *wanted, "{}", String::from_utf8_lossy(bytes));
    }
    assert_eq!(code(&vec![b'a'; exchange::FILE_BYTES_MAX + 1], "a.csv"), "file_too_big");
    assert_eq!(code("a;b\n".repeat(50_001).as_bytes(), "a.csv"), "too_many_rows");
    // "BM" opens a bitmap, and also an honest word.
    assert_eq!(code("BM;Họ và tên\n1;Lò Văn Ón\n".as_bytes(), "a.csv"), "read");
}

/// Changed and cut files are read or refused, and whatever is read is understood without a crash.
#[test]
fn damaged_files_never_crash() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/samples/");
    let clusters = vec!["Bản Bó".to_owned()];
    let context = ListContext { today: rules::Day::parse("2022-03-16").unwrap(), clusters: &clusters };
    let mut chance: u64 = 7;
    let mut next = |below: usize| {
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (chance >> 33) as usize % below
    };
    for name in ["danh-sach-f0-long-binh.xlsx", "danh-sach-muong-te.csv"] {
        let good = std::fs::read(format!("{folder}{name}")).unwrap();
        for round in 0..60 {
            let mut bytes = good.clone();
            for _ in 0..1 + round % 8 {
                let at = next(bytes.len());
                bytes[at] = next(256) as u8;
            }
            if round % 5 == 0 {
                bytes.truncate(next(bytes.len()));
            }
            if let Ok(sheets) = read_list(&bytes, name) {
                read(&sheets, &context, &EmptyRegister);
            }
        }
    }
}
