//! Lists with other habits than the samples': other titles, several sheets, other encodings and separators.

use exchange::{Table, Value, read_list, refused_sheet, write_csv, write_tables};
use rules::list::{EmptyRegister, ListContext, ListReading, RawSheet, read};
use rules::{BirthDate, Day, EpisodeKind, Sex, phone};

const TODAY: &str = "2022-03-16";

fn khu_pho() -> Vec<String> {
    (1..=12).map(|n| format!("Khu phố {n}")).collect()
}

fn ban() -> Vec<String> {
    ["Bản Nậm Củm", "Bản Nậm Hãn", "Bản Giẳng", "Bản Pắc Ma", "Bản Bó"].map(str::to_owned).to_vec()
}

fn understood(sheets: &[RawSheet], clusters: &[String]) -> ListReading {
    read(sheets, &ListContext { today: Day::parse(TODAY).unwrap(), clusters }, &EmptyRegister)
}

fn csv(text: &str, clusters: &[String]) -> ListReading {
    understood(&read_list(text.as_bytes(), "ds.csv").unwrap(), clusters)
}

/// A workbook of texts, written by our own writer: a sheet's title, and its rows.
fn workbook(sheets: &[(&str, &[&[&str]])]) -> Vec<RawSheet> {
    let tables: Vec<Table> = sheets
        .iter()
        .map(|(title, rows)| Table {
            title: (*title).to_owned(),
            header: Vec::new(),
            rows: rows
                .iter()
                .map(|r| {
                    r.iter().map(|c| if c.is_empty() { Value::Empty } else { Value::from(*c) }).collect()
                })
                .collect(),
        })
        .collect();
    read_list(&write_tables(&tables).unwrap(), "ds.xlsx").unwrap()
}

/// name | sex | year | household | cluster | kind | day | first number of the household
fn lines(reading: &ListReading) -> Vec<String> {
    let line = |p: &rules::list::ListedPerson| {
        let home = &reading.households[p.household as usize - 1];
        let sex = match p.sex {
            Sex::Male => "m",
            Sex::Female => "f",
            Sex::Unknown => "?",
        };
        let kind = match p.kind {
            EpisodeKind::Case => "F0",
            EpisodeKind::Contact => "F1",
        };
        [
            p.full_name.clone(),
            sex.to_owned(),
            p.birth.map(BirthDate::year).map_or("?".to_owned(), |y| y.to_string()),
            p.household.to_string(),
            p.cluster.clone().unwrap_or("-".to_owned()),
            kind.to_owned(),
            p.detected_on.map_or("-".to_owned(), |d| d.to_string()[5..].to_owned()),
            home.phones.first().map_or("-".to_owned(), |p| phone::local(p.as_str())),
        ]
        .join(" | ")
    };
    reading.rows.iter().map(line).collect()
}

fn refused(reading: &ListReading) -> Vec<String> {
    reading
        .refused
        .iter()
        .map(|r| {
            format!("{}:{}:{}", r.at.sheet, r.at.number.clone().unwrap_or(r.at.row.to_string()), r.code())
        })
        .collect()
}

fn asked(reading: &ListReading) -> Vec<String> {
    reading
        .asked
        .iter()
        .map(|a| format!("{}:{}", a.at.number.clone().unwrap_or_default(), a.code()))
        .collect()
}

#[test]
fn an_english_list_with_its_columns_in_another_order() {
    let reading = csv(
        "No,Phone,Full name,Sex,DOB,Village,Address,Date of positive test,Case/Contact,Comorbidities,Doses\n\
         1,0912345678,Nguyen Van An,M,02/03/1957,Nam Han,house 4,09/03/2022,Case,\"diabetes, asthma\",2\n\
         2,,Tran Thi Be,F,1990,Nam Han,same as above,2022-03-10,close contact,,0\n\
         3,+84 987 654 321,Le Thi Chi,female,15-08-2001,Bo,house 9,10-Mar-2022,Case,pregnant,3\n",
        &ban(),
    );
    assert_eq!(
        lines(&reading),
        [
            "Nguyen Van An | m | 1957 | 1 | Bản Nậm Hãn | F0 | 03-09 | 0912345678",
            "Tran Thi Be | f | 1990 | 1 | Bản Nậm Hãn | F1 | 03-10 | 0912345678",
            "Le Thi Chi | f | 2001 | 2 | Bản Bó | F0 | 03-10 | 0987654321",
        ]
    );
    assert_eq!(reading.rows[0].risks, [rules::Risk::Diabetes, rules::Risk::Lung]);
    assert_eq!(reading.rows[0].birth, Some(BirthDate::Day(Day::parse("1957-03-02").unwrap())));
    assert!(reading.refused.is_empty() && reading.asked.is_empty());
}

#[test]
fn several_sheets_and_the_kind_in_their_names() {
    let header = [
        "TT",
        "Họ tên",
        "Giới tính",
        "Ngày sinh",
        "Khu phố",
        "Nơi ở hiện nay",
        "Điện thoại",
        "Ngày dương tính",
    ];
    let sheets = workbook(&[
        (
            "F0",
            &[
                &["DANH SÁCH F0 ĐANG CÁCH LY TẠI NHÀ"],
                &header,
                &["1", "Trần Văn Ba", "Nam", "01/01/1960", "3", "12/4", "0912345678", "9/3"],
                &["Tổng", "1"],
            ],
        ),
        (
            "F1",
            &[
                &["DANH SÁCH F1"],
                &header,
                &["1", "Trần Thị Tư", "Nữ", "1988", "KP3", "12/4", "", "10/3"],
                &["2", "Lê Năm", "Nam", "1970", "KP 4", "5", "09", ""],
            ],
        ),
        ("Ghi chú", &[&["Người nhập liệu", "chị Hoa"]]),
        ("Trống", &[]),
    ]);
    let reading = understood(&sheets, &khu_pho());
    assert_eq!(
        lines(&reading),
        [
            "Trần Văn Ba | m | 1960 | 1 | Khu phố 3 | F0 | 03-09 | 0912345678",
            "Trần Thị Tư | f | 1988 | 1 | Khu phố 3 | F1 | 03-10 | 0912345678",
            "Lê Năm | m | 1970 | 2 | Khu phố 4 | F1 | - | -",
        ]
    );
    assert_eq!(refused(&reading), ["Ghi chú:1:unreadable"]);
    assert_eq!(asked(&reading), ["2:bad_phone"]);
    assert_eq!(reading.sheets[0].header_rows, [2]);
}

#[test]
fn one_table_in_many_encodings_and_separators() {
    let text = "Ho\u{323} va\u{300} tên;Giới tính;Năm sinh;Bản;Địa chỉ;SĐT;Ngày phát hiện\n\
                Lò Văn Ón;Nam;1951;Bó;nhà 6;356792369;13.03.2022\n\
                Lỳ Mò Xe;Nữ;1940;Bó;nt;;13/3\n";
    let wanted = [
        "Lò Văn Ón | m | 1951 | 1 | Bản Bó | F0 | 03-13 | 0356792369",
        "Lỳ Mò Xe | f | 1940 | 1 | Bản Bó | F0 | 03-13 | 0356792369",
    ];
    let utf16 = |mark: &[u8], unit: fn(u16) -> [u8; 2], text: &str| {
        [mark.to_vec(), text.encode_utf16().flat_map(unit).collect()].concat()
    };
    for separator in [";", "\t", ",", "|"] {
        let text = text.replace(';', separator);
        let files: [(&str, Vec<u8>); 6] = [
            ("utf-8", text.clone().into_bytes()),
            ("utf-8 with a mark", [b"\xef\xbb\xbf", text.as_bytes()].concat()),
            ("utf-16 little", utf16(b"\xff\xfe", u16::to_le_bytes, &text)),
            ("utf-16 big", utf16(b"\xfe\xff", u16::to_be_bytes, &text)),
            ("utf-16 without a mark", utf16(b"", u16::to_le_bytes, &text)),
            ("windows-1258", windows_1258(&text)),
        ];
        for (encoding, bytes) in files {
            let reading = understood(&read_list(&bytes, "ds.txt").unwrap(), &ban());
            assert_eq!(lines(&reading), wanted, "{encoding} {separator:?}");
        }
    }
}

/// Letters with their tones apart, as Windows-1258 keeps them.
fn windows_1258(text: &str) -> Vec<u8> {
    const APART: [(char, &str); 10] = [
        ('ọ', "o\u{323}"),
        ('ị', "i\u{323}"),
        ('ỉ', "i\u{309}"),
        ('ớ', "ơ\u{301}"),
        ('Ó', "O\u{301}"),
        ('ò', "o\u{300}"),
        ('ỳ', "y\u{300}"),
        ('ữ', "ư\u{303}"),
        ('ệ', "ê\u{323}"),
        ('ả', "a\u{309}"),
    ];
    let apart = APART.iter().fold(text.to_owned(), |text, (letter, spelled)| text.replace(*letter, spelled));
    let (bytes, _, lost) = encoding_rs::WINDOWS_1258.encode(&apart);
    assert!(!lost);
    bytes.into_owned()
}

#[test]
fn a_list_typed_in_the_old_fonts() {
    let sheets = workbook(&[(
        "Sheet1",
        &[
            &["STT", "Hä vµ tªn", "N¨m sinh", "B¶n", "§Þa chØ"],
            &["1", "NguyÔn V¨n Bèn", "1962", "NËm H·n", "nhµ 3"],
        ],
    )]);
    assert_eq!(
        lines(&understood(&sheets, &ban())),
        ["Nguyễn Văn Bốn | ? | 1962 | 1 | Bản Nậm Hãn | F0 | - | -"]
    );
}

#[test]
fn sections_by_hamlet_repeated_headers_and_column_numbers() {
    let header = ["TT", "Họ đệm", "Tên", "Nam", "Nữ", "Chỗ ở", "Liên hệ", "Kết quả XN", "Ngày lấy mẫu"];
    let sheets = workbook(&[(
        "Tháng 3",
        &[
            &["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"],
            &header,
            &["(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)", "(8)", "(9)"],
            &["I. Bản Bó"],
            &["1", "Lò Văn", "Ón", "1951", "", "nhà 6", "0356792369", "PCR", "13/3/2022"],
            &["2", "Lỳ Mò", "Xe", "", "1940", "//", "", "Test nhanh", "13/3/2022"],
            &["", "Cộng bản Bó: 2 người"],
            &header,
            &["II. Bản Giẳng"],
            &["3", "Hạng A", "Tủa", "1985", "", "nhà 6", "", "", "14/3/2022"],
            &["", "Tổng số: 3 người"],
            &["", "", "", "", "", "", "Ngày 16 tháng 3 năm 2022"],
            &["", "NGƯỜI LẬP BIỂU", "", "", "", "", "TRƯỞNG TRẠM"],
            &["", "Phạm Thị Hoa"],
        ],
    )]);
    let reading = understood(&sheets, &ban());
    assert_eq!(
        lines(&reading),
        [
            "Lò Văn Ón | m | 1951 | 1 | Bản Bó | F0 | 03-13 | 0356792369",
            "Lỳ Mò Xe | f | 1940 | 1 | Bản Bó | F0 | 03-13 | 0356792369",
            "Hạng A Tủa | m | 1985 | 2 | Bản Giẳng | F0 | 03-14 | -",
        ]
    );
    assert_eq!(refused(&reading), Vec::<String>::new());
}

#[test]
fn a_commune_without_a_cluster_list_gets_them_proposed() {
    let reading = csv(
        "Họ và tên;Tuổi;Thôn;Số nhà\nNguyễn Văn A;60;Đông;1\nNguyễn Văn B;30;Thôn Đông;2\nLê C;5;Thôn Đoài;\nLê D;6;;\n",
        &[],
    );
    assert_eq!(reading.proposed_clusters, ["Thôn Đông", "Thôn Đoài"]);
    assert_eq!(
        lines(&reading),
        [
            "Nguyễn Văn A | ? | 1962 | 1 | Thôn Đông | F0 | - | -",
            "Nguyễn Văn B | ? | 1992 | 2 | Thôn Đông | F0 | - | -",
            "Lê C | ? | 2017 | 3 | Thôn Đoài | F0 | - | -",
            "Lê D | ? | 2016 | 4 | - | F0 | - | -",
        ]
    );
    assert_eq!(reading.asked.len(), 1);
}

#[test]
fn the_cluster_inside_the_address() {
    let reading = csv(
        "Họ và tên,Năm sinh,Địa chỉ,Ngày XN\n\
         Trần A,1960,\"292/5 tổ 9, KP 3, phường Long Bình\",09/03/2022\n\
         Trần B,1961,\"292/5, tổ 9, KP3, phường Long Bình\",09/03/2022\n\
         Trần C,1962,12 khu phố 11,09/03/2022\n\
         Trần D,1963,\"5, KP 99\",09/03/2022\n\
         Trần E,1964,ngõ 5,09/03/2022\n",
        &khu_pho(),
    );
    let clusters: Vec<_> = reading.rows.iter().map(|p| p.cluster.clone().unwrap_or_default()).collect();
    assert_eq!(clusters, ["Khu phố 3", "Khu phố 3", "Khu phố 11", ""]);
    assert_eq!(refused(&reading), ["ds:5:unknown_cluster"]);
    assert_eq!(reading.asked.len(), 1);
}

#[test]
fn dittos_lean_on_refused_rows_and_doubtful_rows_are_asked() {
    let reading = csv(
        "STT;Họ và tên;Năm sinh;Địa chỉ;Bản;SĐT;Ngày XN (+);F0/F1\n\
         1;Lò Văn Một;1951;nhà 1;Bó;0912345678;31/02/2022;F0\n\
         2;Lò Văn Hai;1952;nt;;;13/03/2022;nt\n\
         3;;1953;nhà 3;Bó;;13/03/2022;F1\n\
         4;Lò Văn Bốn;1954;\";Bó;;13/03/2022;F2\n\
         5;Lò Văn Năm;1955;nhà 5;Pắk Ma;;20/03/2022;F1\n\
         6;Lò Văn Sáu;1956;nhà 5;Pắk Ma;;12/03/2022;F1\n\
         7;lo van hai;1952;nhà 1;Bản Bó;;13/03/2022;F0\n",
        &ban(),
    );
    assert_eq!(
        lines(&reading),
        [
            "Lò Văn Hai | ? | 1952 | 1 | Bản Bó | F0 | 03-13 | 0912345678",
            "Lò Văn Bốn | ? | 1954 | 2 | Bản Bó | F1 | 03-13 | -",
            "Lò Văn Sáu | ? | 1956 | 3 | Bản Pắc Ma | F1 | 03-12 | -",
        ]
    );
    assert_eq!(
        refused(&reading),
        ["ds:1:impossible_date", "ds:3:no_name", "ds:5:impossible_date", "ds:7:duplicate"]
    );
    assert_eq!(asked(&reading), ["4:kind_guessed", "6:cluster_guessed"]);
    assert_eq!(reading.rows[1].address, "nhà 3");
}

#[test]
fn contacted_people_crosses_and_numbers_of_zalo() {
    let reading = csv(
        "TT\tHọ và tên\tNữ\tNS\tBản\tĐịa chỉ\tSố Zalo\tF0\tF1\tĐã liên hệ\tMang thai\n\
         1\tLò A\t\t1990\tBó\tnhà 1\t0912345678\tx\t\tx\t\n\
         2\tLò B\tx\t1991\tBó\tnhà 2\tkhông\t\tx\tchưa\tx\n",
        &ban(),
    );
    assert_eq!(
        lines(&reading),
        ["Lò A | m | 1990 | 1 | Bản Bó | F0 | - | 0912345678", "Lò B | f | 1991 | 2 | Bản Bó | F1 | - | -",]
    );
    let told: Vec<_> = reading.rows.iter().map(|p| (p.zalo, p.contacted)).collect();
    assert_eq!(told, [(Some(true), true), (Some(false), false)]);
    assert_eq!(reading.rows[1].risks, [rules::Risk::Pregnancy]);
}

#[test]
fn merged_cells_of_a_household() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    let plain = rust_xlsxwriter::Format::new();
    for (column, title) in ["STT", "Họ và tên", "Năm sinh", "Địa chỉ", "Bản", "SĐT"].iter().enumerate()
    {
        sheet.write_string(0, column as u16, *title).unwrap();
    }
    for (row, name) in ["Lò Một", "Lò Hai", "Lò Ba"].iter().enumerate() {
        sheet.write_number(row as u32 + 1, 0, row as f64 + 1.0).unwrap();
        sheet.write_string(row as u32 + 1, 1, *name).unwrap();
        sheet.write_number(row as u32 + 1, 2, 1990.0).unwrap();
    }
    sheet.merge_range(1, 3, 2, 3, "nhà 4", &plain).unwrap();
    sheet.merge_range(1, 4, 3, 4, "Bó", &plain).unwrap();
    sheet.write_string(1, 5, "912345678").unwrap();
    sheet.write_string(3, 3, "nhà 5").unwrap();
    let sheets = read_list(&book.save_to_buffer().unwrap(), "ds.xlsx").unwrap();
    assert_eq!(
        lines(&understood(&sheets, &ban())),
        [
            "Lò Một | ? | 1990 | 1 | Bản Bó | F0 | - | 0912345678",
            "Lò Hai | ? | 1990 | 1 | Bản Bó | F0 | - | 0912345678",
            "Lò Ba | ? | 1990 | 2 | Bản Bó | F0 | - | -",
        ]
    );
}

#[test]
fn refused_rows_go_back_as_they_were_and_can_be_imported_again() {
    let text = "STT;Họ và tên;Năm sinh;Địa chỉ;Bản;Ngày XN (+);Ghi chú\n\
                1;Lò Một;1951;nhà 1;Bó;13/03/2022;\n\
                2;Lò Hai;1952;nhà 2;Bản Không Có;13/03/2022;=HYPERLINK(\"x\")\n\
                3;;1953;nhà 3;Bó;13/03/2022;\n";
    let sheets = read_list(text.as_bytes(), "ds.csv").unwrap();
    let reading = understood(&sheets, &ban());
    let bytes = refused_sheet(&sheets, &reading, "Lý do", |r| format!("không nhận: {}", r.code())).unwrap();
    let back = read_list(&bytes, "ds.refused.xlsx").unwrap();
    let rows: Vec<Vec<String>> =
        back[0].rows.iter().map(|r| r.cells.iter().map(rules::list::Cell::text).collect()).collect();
    assert_eq!(
        rows,
        [
            vec!["STT", "Họ và tên", "Năm sinh", "Địa chỉ", "Bản", "Ngày XN (+)", "Ghi chú", "Lý do"],
            vec![
                "2",
                "Lò Hai",
                "1952",
                "nhà 2",
                "Bản Không Có",
                "13/03/2022",
                "=HYPERLINK(\"x\")",
                "không nhận: unknown_cluster"
            ],
            vec!["3", "", "1953", "nhà 3", "Bó", "13/03/2022", "", "không nhận: no_name"],
        ]
    );
    assert!(!contains(&bytes, "<f>"), "no cell is a formula");
    assert_eq!(refused(&understood(&back, &ban())), ["ds:2:unknown_cluster", "ds:3:no_name"]);
}

/// Whether any part of a workbook holds the text.
fn contains(bytes: &[u8], text: &str) -> bool {
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    (0..zip.len())
        .any(|i| std::io::read_to_string(zip.by_index(i).unwrap()).unwrap_or_default().contains(text))
}

#[test]
fn tables_go_out_as_workbooks_and_as_text() {
    let table = Table {
        title: "Báo cáo ngày".to_owned(),
        header: vec!["Đơn vị".to_owned(), "F0".to_owned(), "Ngày".to_owned()],
        rows: vec![vec![
            Value::from("=Mường Tè"),
            Value::from(12i64),
            Value::Day(Day::parse(TODAY).unwrap()),
        ]],
    };
    let bytes = write_tables(std::slice::from_ref(&table)).unwrap();
    let sheets = read_list(&bytes, "x.xlsx").unwrap();
    use rules::list::Cell;
    assert_eq!(sheets[0].name, "Báo cáo ngày");
    assert_eq!(
        sheets[0].rows[1].cells,
        [Cell::Text("=Mường Tè".to_owned()), Cell::Number(12.0), Cell::Date(Day::parse(TODAY).unwrap())]
    );
    assert_eq!(
        bytes,
        write_tables(std::slice::from_ref(&table)).unwrap(),
        "the same report is the same file"
    );
    let text = String::from_utf8(write_csv(&table).unwrap()).unwrap();
    assert_eq!(text, "\u{feff}Đơn vị;F0;Ngày\r\n'=Mường Tè;12;2022-03-16\r\n");
}

#[test]
fn a_long_list_is_read_whole() {
    let mut text =
        String::from("STT;Họ và tên;Năm sinh Nam;Năm sinh Nữ;Địa chỉ;Bản;SĐT;Ngày XN (+);Bệnh nền;F0/F1\n");
    for n in 0..10_000 {
        // A name is letters: "Lò Văn 1951" would be read as a birth year.
        let name: String = n.to_string().bytes().map(|d| char::from(d - b'0' + b'a')).collect();
        text.push_str(&format!(
            "{n};Lò Văn {name};1951;;nhà {};Bó;09{:08};13/03/2022;THA;F0\n",
            n / 3,
            n / 3
        ));
    }
    let reading = csv(&text, &ban());
    assert_eq!((reading.rows.len(), reading.households.len()), (10_000, 3_334));
}

#[test]
fn two_tables_beside_each_other_are_both_read() {
    let sheets = workbook(&[(
        "F1",
        &[
            &["DANH SÁCH F1 XÃ MƯỜNG TÈ"],
            &[
                "STT",
                "Họ và tên",
                "Năm sinh",
                "Địa chỉ",
                "Bản",
                "",
                "STT",
                "Họ và tên",
                "Năm sinh",
                "Địa chỉ",
                "Bản",
            ],
            &["1", "Lò Văn Tâm", "1960", "nhà 1", "Giẳng", "", "3", "Vàng A Sáu", "1981", "nhà 3", "Bó"],
            &["2", "Lò Thị Ón", "1962", "nt", "nt", "", "4", "Vàng Thị Mỷ", "1984", "nt", "nt"],
            &["", "", "", "", "", "", "5", "", "1990", "nhà 4", "Bó"],
        ],
    )]);
    let reading = understood(&sheets, &ban());
    let people: Vec<(&str, u32, EpisodeKind)> =
        reading.rows.iter().map(|p| (p.full_name.as_str(), p.household, p.kind)).collect();
    assert_eq!(
        people,
        [
            ("Lò Văn Tâm", 1, EpisodeKind::Contact),
            ("Lò Thị Ón", 1, EpisodeKind::Contact),
            ("Vàng A Sáu", 2, EpisodeKind::Contact),
            ("Vàng Thị Mỷ", 2, EpisodeKind::Contact),
        ]
    );
    assert_eq!(reading.refused.iter().map(|r| (r.at.row, r.code())).collect::<Vec<_>>(), [(5, "no_name")]);
}

#[test]
fn a_second_name_in_a_row_is_no_second_table() {
    let sheets = workbook(&[(
        "F0",
        &[
            &["STT", "Họ và tên", "Năm sinh", "Bản", "Họ và tên người thân", "Số điện thoại"],
            &["1", "Lò Văn Tâm", "1960", "Giẳng", "Lò Văn Con", "0912 345 678"],
        ],
    )]);
    let reading = understood(&sheets, &ban());
    assert_eq!(reading.rows.len(), 1);
    assert_eq!(reading.households[0].phones.len(), 1);
}
