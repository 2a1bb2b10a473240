//! Finding a table's header by what its words mean, not by where they stand: title rows above it, one to three rows
//! of it, any order of columns, Vietnamese with or without marks, English.

use super::cells::{says, says_any, words};
use super::{Cell, RawRow};
use crate::fold::nfc;
use crate::words::{EpisodeKind, Sex, TestKind};

/// Rows below the first that may still belong to a header.
const DEEPER_ROWS_MAX: usize = 2;
/// Columns a header must name besides the person's name; a narrow table needs one.
const OTHER_COLUMNS_MIN: usize = 2;
const NARROW_COLUMNS_MAX: usize = 3;
/// As many digits, and no more letters than digits, make a cell a figure.
const FIGURE_DIGITS_MIN: usize = 4;
/// A title longer than this is a sentence, not a column's name.
const TITLE_CHARS_MAX: usize = 120;

/// What a column tells of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Number,
    Name,
    /// Family and middle names, where the given name has its own column.
    FamilyName,
    GivenName,
    /// Year or day of birth, or the age. A column for men or for women tells the sex too.
    Birth {
        sex: Option<Sex>,
        is_age: bool,
    },
    /// A column headed "Nam" or "Nữ" alone: a birth year or a cross.
    OfSex(Sex),
    Sex,
    Address {
        rank: u8,
    },
    /// "Số nhà", "Đường": parts of the address, in the order of the columns.
    AddressPart,
    /// "Tổ": a cluster in some communes, a part of the address in others.
    Team,
    Cluster,
    Phone,
    Detected {
        rank: u8,
        test: Option<TestKind>,
    },
    Test,
    Doses,
    Risks,
    Pregnant,
    Zalo,
    Kind,
    /// A column headed F0 or F1 alone, with crosses.
    OfKind(EpisodeKind),
    Contacted,
    Language,
    Note,
    /// Understood and not needed.
    Ignored,
}

/// A table's header: its columns and the rows it stands in (indices into the sheet's rows).
#[derive(Clone, Debug)]
pub struct Header {
    pub first: usize,
    pub last: usize,
    pub columns: Vec<(usize, Column)>,
    /// The cluster column's own title ("Bản", "Khu phố"), which completes a bare "Nậm Hãn" or "3".
    pub cluster_title: String,
}

impl Header {
    pub fn of(&self, wanted: impl Fn(Column) -> bool) -> Vec<usize> {
        self.columns.iter().filter(|(_, c)| wanted(*c)).map(|(i, _)| *i).collect()
    }

    pub fn has(&self, wanted: impl Fn(Column) -> bool) -> bool {
        self.columns.iter().any(|(_, c)| wanted(*c))
    }
}

/// The header that starts at row `at`, if one does.
pub fn header_at(rows: &[RawRow], at: usize) -> Option<Header> {
    let row = rows.get(at)?;
    if !is_header_row(row) {
        return None;
    }
    // Labels of merged cells stand in the top row; a label row may also sit above the row that names the name.
    let mut first = at;
    if at > 0 && is_row_above(&rows[at - 1], row) {
        first = at - 1;
    }
    let mut last = at;
    while last < at + DEEPER_ROWS_MAX && rows.get(last + 1).is_some_and(|next| is_row_below(next, row)) {
        last += 1;
    }
    let mut header = columns_of(&rows[first..=last]);
    header.first = first;
    header.last = last;
    // The numbers of the columns, "(1) (2) (3)", often stand right under the header.
    if rows.get(last + 1).is_some_and(is_column_numbers) {
        header.last += 1;
    }
    Some(header)
}

/// Whether a row alone names the person's name and enough besides.
pub fn is_header_row(row: &RawRow) -> bool {
    if row.cells.iter().any(is_figure) {
        return false;
    }
    let roles: Vec<Column> = row.cells.iter().filter_map(column_of_cell).collect();
    let filled = row.cells.iter().filter(|c| !c.is_blank()).count();
    let has_name = roles.contains(&Column::Name) || roles.contains(&Column::FamilyName);
    let mut others: Vec<Column> = Vec::new();
    for role in roles {
        if !matches!(role, Column::Name | Column::FamilyName | Column::GivenName | Column::Ignored)
            && !others.contains(&role)
        {
            others.push(role);
        }
    }
    let needed = if filled <= NARROW_COLUMNS_MAX { 1 } else { OTHER_COLUMNS_MIN };
    has_name && others.len() >= needed
}

/// A number, a date, a telephone: nothing that titles a column.
fn is_figure(cell: &Cell) -> bool {
    match cell {
        Cell::Empty => false,
        Cell::Number(_) | Cell::Date(_) => true,
        Cell::Text(text) => {
            let digits = text.chars().filter(char::is_ascii_digit).count();
            digits >= FIGURE_DIGITS_MIN && digits >= text.chars().filter(|c| c.is_alphabetic()).count()
        }
    }
}

fn column_of_cell(cell: &Cell) -> Option<Column> {
    match cell {
        Cell::Text(text) => column_of(text),
        Cell::Empty | Cell::Number(_) | Cell::Date(_) => None,
    }
}

/// A row above the naming row is part of the header when it titles columns that the naming row leaves blank or
/// only divides ("Nam", "Nữ").
fn is_row_above(above: &RawRow, row: &RawRow) -> bool {
    let filled: Vec<usize> = (0..above.cells.len()).filter(|i| !above.cells[*i].is_blank()).collect();
    // The last person before a header repeated on the next page also stands above it, and has a name there.
    let is_person = above.cells.iter().any(is_figure)
        || filled.iter().any(|i| {
            let below = row.cells.get(*i).and_then(column_of_cell);
            matches!(below, Some(Column::Number | Column::Name | Column::FamilyName | Column::GivenName))
        });
    let titling = filled
        .iter()
        .filter(|i| {
            let below = row.cells.get(**i).unwrap_or(&Cell::Empty);
            column_of_cell(&above.cells[**i]).is_some()
                && (below.is_blank()
                    || matches!(column_of_cell(below), Some(Column::OfSex(_) | Column::OfKind(_)) | None))
        })
        .count();
    !is_person && titling >= 1 && (filled.len() >= 2 || titling == filled.len()) && !is_sentence(above)
}

/// Titles of the document ("DANH SÁCH …", "UBND XÃ …") are no part of a header.
fn is_sentence(row: &RawRow) -> bool {
    row.cells.iter().any(|cell| {
        let Cell::Text(text) = cell else { return false };
        let key = words(text);
        says_any(&key, &["danh sach", "ubnd", "uy ban", "cong hoa", "doc lap", "tinh den", "bao cao"])
    })
}

/// A row below belongs to the header when it has no person in it and divides columns ("Nam", "Nữ").
fn is_row_below(next: &RawRow, row: &RawRow) -> bool {
    let mut divides = false;
    for (i, cell) in next.cells.iter().enumerate() {
        if cell.is_blank() {
            continue;
        }
        let Cell::Text(text) = cell else { return false };
        let over = row.cells.get(i).unwrap_or(&Cell::Empty);
        // A merged label filled down repeats itself.
        if words(&over.text()) == words(text) {
            continue;
        }
        let over = column_of_cell(over);
        if is_figure(cell)
            || matches!(over, Some(Column::Number | Column::Name | Column::FamilyName | Column::GivenName))
        {
            return false;
        }
        match column_of(text) {
            Some(Column::Number | Column::Name) => return false,
            // A cell of a person can read like a title ("F1", "Nam"), but not where that title already stands.
            Some(column) => divides |= over != Some(column) && !is_value_of(over, column),
            None => {}
        }
    }
    divides
}

/// Whether what looks like the title `below` is an ordinary value under the title `over`.
fn is_value_of(over: Option<Column>, below: Column) -> bool {
    matches!(
        (over, below),
        (Some(Column::Sex), Column::OfSex(_))
            | (Some(Column::Kind), Column::OfKind(_))
            | (Some(Column::Test), Column::Test)
            | (Some(Column::Risks), Column::Pregnant | Column::Risks)
            | (Some(Column::Cluster | Column::Address { .. }), Column::Cluster | Column::Address { .. })
    )
}

/// "(1) | (2) | (3)" or "A | B | 1 | 2".
fn is_column_numbers(row: &RawRow) -> bool {
    let filled: Vec<String> = row.cells.iter().filter(|c| !c.is_blank()).map(|c| words(&c.text())).collect();
    filled.len() >= 3
        && filled.iter().all(|t| t.chars().count() <= 2 || t.parse::<u32>().is_ok_and(|n| n < 100))
        && filled.iter().filter(|t| t.parse::<u32>().is_ok()).count() * 2 >= filled.len()
        && filled.windows(2).filter(|w| w[0] < w[1] || w[0].len() < w[1].len()).count() + 1
            >= filled.len() / 2
}

fn columns_of(rows: &[RawRow]) -> Header {
    let width = rows.iter().map(|r| r.cells.len()).max().unwrap_or(0);
    let mut columns: Vec<(usize, Column)> = Vec::new();
    let mut cluster_title = String::new();
    // The last title of each row to the left: a merged title covers the columns after it.
    let mut carried: Vec<String> = vec![String::new(); rows.len()];
    for i in 0..width {
        let labels: Vec<String> =
            rows.iter().map(|r| r.cells.get(i).map(Cell::text).unwrap_or_default()).collect();
        let deepest = labels.iter().rposition(|l| !l.is_empty());
        let mut path: Vec<String> = Vec::new();
        for (depth, label) in labels.iter().enumerate() {
            if !label.is_empty() {
                carried[depth].clone_from(label);
                for below in &mut carried[depth + 1..] {
                    below.clear();
                }
            }
            let title =
                if label.is_empty() && deepest.is_some_and(|d| d > depth) { &carried[depth] } else { label };
            if !title.is_empty() && path.last() != Some(title) {
                path.push(title.clone());
            }
        }
        let Some(column) = column_of_path(&path) else { continue };
        if column == Column::Cluster && cluster_title.is_empty() {
            cluster_title = path.last().cloned().unwrap_or_default();
        }
        columns.push((i, column));
    }
    // Only the first column of names names the person; "Tên" beside "Họ đệm" is the given name.
    let has_family = columns.iter().any(|(_, c)| *c == Column::FamilyName);
    let mut names = 0;
    for (_, column) in &mut columns {
        if *column == Column::Name {
            names += 1;
            if has_family {
                *column = Column::GivenName;
            } else if names > 1 {
                *column = Column::Ignored;
            }
        }
    }
    Header { first: 0, last: 0, columns, cluster_title }
}

/// A column under several titles: the lowest that says enough, else all together ("Năm sinh" over "Nữ").
fn column_of_path(path: &[String]) -> Option<Column> {
    let last = path.last()?;
    if path.len() == 1 {
        return column_of(last);
    }
    let parents = path[..path.len() - 1].join(" ");
    let parent = column_of(&parents);
    match (parent, column_of(last)) {
        (Some(Column::Birth { is_age, .. }), Some(Column::OfSex(sex))) => {
            Some(Column::Birth { sex: Some(sex), is_age })
        }
        (Some(Column::Detected { rank, .. }), Some(Column::Test))
        | (Some(Column::Detected { rank, .. }), None) => {
            Some(Column::Detected { rank, test: test_in(&words(last)) })
        }
        (Some(Column::Test | Column::Detected { .. }), Some(Column::Detected { rank, .. })) => {
            Some(Column::Detected { rank, test: test_in(&words(&parents)) })
        }
        (Some(Column::Address { .. }), Some(Column::Address { .. })) if words(last).contains("so nha") => {
            Some(Column::AddressPart)
        }
        (_, Some(column)) => Some(column),
        (Some(Column::Address { .. }), None) => Some(Column::AddressPart),
        (Some(column), None) => Some(column),
        (None, None) => column_of(&path.join(" ")),
    }
}

fn test_in(key: &str) -> Option<TestKind> {
    let (pcr, rapid) = (says(key, "pcr"), says_any(key, &["nhanh", "rapid", "antigen"]));
    match (pcr, rapid) {
        (true, false) => Some(TestKind::Pcr),
        (false, true) => Some(TestKind::Rapid),
        (true, true) | (false, false) => None,
    }
}

/// What a title means. Its words are compared without marks and case, and as whole words.
pub fn column_of(title: &str) -> Option<Column> {
    let title = nfc(title);
    if title.is_empty() || title.chars().count() > TITLE_CHARS_MAX {
        return None;
    }
    let key = &words(&title);
    let is = |names: &[&str]| names.contains(&key.as_str());
    let has = |phrases: &[&str]| says_any(key, phrases);

    if title == "#" || is(&["stt", "tt", "so tt", "so thu tu", "s t t", "no", "num", "number", "thu tu"]) {
        return Some(Column::Number);
    }
    if has(IGNORED) && !has(&["sdt", "dien thoai", "dt", "phone"]) {
        return Some(Column::Ignored);
    }
    if has(&[
        "ho va ten",
        "ho ten",
        "hoten",
        "full name",
        "fullname",
        "patient name",
        "ten benh nhan",
        "ten nguoi",
        "ten f 0",
        "ten f 1",
    ]) && !has(&["dem"])
    {
        let of_another = has(&[
            "nguoi than",
            "lien he",
            "cha",
            "me",
            "bo",
            "nguoi lap",
            "nguoi cham soc",
            "giam ho",
            "tiep xuc",
        ]);
        return Some(if of_another { Column::Ignored } else { Column::Name });
    }
    if has(&["zalo"]) {
        let is_phone = has(&["sdt", "dien thoai", "dt", "dtdd", "phone", "di dong"]);
        return Some(if is_phone { Column::Phone } else { Column::Zalo });
    }
    if has(&[
        "da lien he",
        "da lien lac",
        "da goi",
        "da tu van",
        "da tiep can",
        "lien he chua",
        "lien lac chua",
        "contacted",
        "called",
        "lien he duoc",
        "lien lac duoc",
    ]) {
        return Some(Column::Contacted);
    }
    if has(&[
        "sdt",
        "so dt",
        "dien thoai",
        "dienthoai",
        "dt",
        "dtdd",
        "so dd",
        "phone",
        "telephone",
        "tel",
        "mobile",
        "di dong",
        "lien he",
        "lien lac",
        "so may",
        "cell",
    ]) {
        return Some(Column::Phone);
    }
    if let Some(column) = birth_or_sex(&title, key) {
        return Some(column);
    }
    if has(&[
        "mui",
        "vac xin",
        "vacxin",
        "vaccine",
        "vaccin",
        "vx",
        "tiem",
        "tiem chung",
        "doses",
        "dose",
        "vaccinated",
        "vaccination",
    ]) {
        let other = has(&["ngay", "loai", "ten", "noi", "date", "thoi gian"]);
        return Some(if other { Column::Ignored } else { Column::Doses });
    }
    if let Some(column) = detected(&title, key) {
        return Some(column);
    }
    if has(&["mang thai", "co thai", "thai phu", "thai san", "pregnant", "phu nu co thai", "thai ky"])
        && !has(&["benh"])
    {
        return Some(Column::Pregnant);
    }
    if has(&[
        "benh nen",
        "benh ly",
        "benh man tinh",
        "benh kem",
        "benh kem theo",
        "benh khac",
        "tien su",
        "nguy co",
        "underlying",
        "comorbidity",
        "comorbidities",
        "conditions",
        "chronic",
        "risk",
        "risks",
        "medical history",
        "ly nen",
    ]) || is(&["benh"])
    {
        return Some(Column::Risks);
    }
    if let Some(column) = kind(key) {
        return Some(column);
    }
    if has(&["xn", "xet nghiem", "test", "pcr", "phuong phap", "phuong thuc"])
        || is(&["ket qua", "kq", "method"])
    {
        return Some(Column::Test);
    }
    if has(&["ghi chu", "chu thich", "note", "notes", "remark", "remarks", "comment", "comments", "luu y"]) {
        return Some(Column::Note);
    }
    if has(&["ngon ngu", "tieng noi", "language", "tieng me de", "noi tieng"]) || is(&["tieng"]) {
        return Some(Column::Language);
    }
    if let Some(column) = place(&title, key) {
        return Some(column);
    }
    if is(&[
        "ho",
        "ho dem",
        "ho lot",
        "ho va dem",
        "ho va ten dem",
        "ho ten dem",
        "ho va chu dem",
        "ho va ten lot",
        "ho chu dem",
        "last name",
        "surname",
        "family name",
    ]) {
        // "Hộ" is a household, "Họ" a family name.
        return Some(if title.to_lowercase().contains('ộ') { Column::Ignored } else { Column::FamilyName });
    }
    if is(&[
        "ten",
        "name",
        "patient",
        "nguoi benh",
        "benh nhan",
        "nguoi nhiem",
        "nguoi mac",
        "nguoi cach ly",
        "first name",
        "given name",
        "cong dan",
    ]) {
        return Some(Column::Name);
    }
    None
}

/// Titles that look like one of ours and mean something else.
const IGNORED: &[&str] = &[
    "chu ho",
    "cccd",
    "cmnd",
    "cmt",
    "can cuoc",
    "bhyt",
    "the bao hiem",
    "ma benh nhan",
    "ma so",
    "ma bn",
    "id",
    "dan toc",
    "nghe nghiep",
    "noi lam viec",
    "co quan",
    "don vi",
    "quoc tich",
    "trieu chung",
    "khoi phat",
    "am tinh",
    "khoi benh",
    "hoan thanh",
    "ket thuc",
    "het cach ly",
    "ra vien",
    "xuat vien",
    "du kien",
    "muc do",
    "phan tang",
    "phan loai nguy co",
    "ky nhan",
    "chu ky",
    "nguoi lap",
    "dia diem xn",
    "noi xn",
    "noi xet nghiem",
    "nguon lay",
    "gia tri ct",
    "quan he",
    "nguon lay nhiem",
    "lien quan den",
];

fn birth_or_sex(title: &str, key: &str) -> Option<Column> {
    let has = |phrases: &[&str]| says_any(key, phrases);
    let sex = sex_at_end(title, key);
    if has(&[
        "nam sinh",
        "ngay sinh",
        "thang sinh",
        "sinh nam",
        "sinh ngay",
        "nam sinh nam",
        "birth",
        "dob",
        "yob",
        "birthday",
        "born",
        "namsinh",
        "ngaysinh",
        "ngay thang nam sinh",
    ]) || matches!(key, "ns" | "sn" | "sinh")
        || key.starts_with("ns ")
    {
        return Some(Column::Birth { sex, is_age: false });
    }
    if has(&["gioi tinh", "gioi", "phai", "gt", "sex", "gender"]) {
        return Some(sex.map_or(Column::Sex, Column::OfSex));
    }
    if has(&["tuoi", "age"]) {
        return Some(Column::Birth { sex, is_age: true });
    }
    match key {
        "nam nu" | "male female" | "nu nam" => Some(Column::Sex),
        // "Năm" alone is a year, "Nam" alone the men's column.
        "nam" if title.to_lowercase().contains('ă') => Some(Column::Birth { sex: None, is_age: false }),
        "nam" | "male" | "men" => Some(Column::OfSex(Sex::Male)),
        "nu" | "female" | "women" => Some(Column::OfSex(Sex::Female)),
        _ => None,
    }
}

/// The sex that a title ends in: "Năm sinh Nữ", "Tuổi (nam)". Without marks "sinh nam" is a year of birth.
fn sex_at_end(title: &str, key: &str) -> Option<Sex> {
    let tokens: Vec<&str> = key.split(' ').collect();
    let has_female = tokens.iter().any(|t| matches!(*t, "nu" | "female"));
    let lower = title.to_lowercase();
    let ends_plain_nam = lower.trim_end_matches(|c: char| !c.is_alphanumeric()).ends_with("nam");
    let male = match tokens.last() {
        Some(&"male") => true,
        Some(&"nam") => {
            let marked = !title.is_ascii();
            let years = tokens.iter().filter(|t| **t == "nam").count();
            ends_plain_nam && (marked || years >= 2) && !key.ends_with("ngay thang nam")
        }
        _ => false,
    };
    let both = has_female && tokens.iter().any(|t| matches!(*t, "male")) || key.ends_with("nam nu");
    match (male, has_female) {
        _ if both => None,
        (true, false) => Some(Sex::Male),
        (false, true) => Some(Sex::Female),
        (true, true) | (false, false) => None,
    }
}

fn detected(title: &str, key: &str) -> Option<Column> {
    let has = |phrases: &[&str]| says_any(key, phrases);
    if !has(&[
        "ngay",
        "thoi gian",
        "thoi diem",
        "date",
        "day",
        "detected",
        "positive on",
        "onset",
        "tested on",
    ]) {
        return None;
    }
    let test = test_in(key);
    let rank = if title.contains('+')
        || has(&[
            "duong tinh",
            "positive",
            "mac",
            "nhiem",
            "phat hien",
            "detected",
            "xac dinh",
            "khang dinh",
            "f 0",
            "thanh f 0",
        ]) {
        0
    } else if has(&[
        "xn",
        "xet nghiem",
        "test",
        "tested",
        "ket qua",
        "kq",
        "lay mau",
        "pcr",
        "cong bo",
        "diagnosed",
        "diagnosis",
    ]) {
        1
    } else if has(&[
        "tiep xuc",
        "contact",
        "phoi nhiem",
        "exposure",
        "cach ly",
        "isolation",
        "quarantine",
        "quan ly",
        "theo doi",
        "dieu tri",
        "bat dau",
        "khai bao",
        "ghi nhan",
        "tiep nhan",
        "f 1",
    ]) {
        2
    } else if matches!(
        key,
        "ngay" | "date" | "ngay thang" | "thoi gian" | "ngay vao" | "ngay nhap" | "thoi diem"
    ) {
        3
    } else {
        return Some(Column::Ignored);
    };
    Some(Column::Detected { rank, test })
}

fn kind(key: &str) -> Option<Column> {
    let has = |phrases: &[&str]| says_any(key, phrases);
    match key {
        "f 0" => return Some(Column::OfKind(EpisodeKind::Case)),
        "f 1" => return Some(Column::OfKind(EpisodeKind::Contact)),
        "f" | "loai" | "dien" | "type" | "kind" | "class" | "status" | "tinh trang" => {
            return Some(Column::Kind);
        }
        _ => {}
    }
    let named = has(&[
        "f 0",
        "f 1",
        "doi tuong",
        "phan loai",
        "loai ca",
        "loai f",
        "dien f",
        "case type",
        "case contact",
        "dien quan ly",
        "dien theo doi",
        "dien cach ly",
    ]);
    named.then_some(Column::Kind)
}

/// The kinds of place below a commune, as a title or before a name.
pub const CLUSTER_TYPES: &[&str] = &[
    "to dan pho",
    "khu pho",
    "khu dan cu",
    "khu vuc",
    "cum dan cu",
    "tieu khu",
    "thon",
    "ban",
    "ap",
    "xom",
    "buon",
    "khom",
    "lang",
    "phum",
    "soc",
    "plei",
    "cum",
    "khu",
    "tdp",
    "kp",
    "kdc",
];

fn place(title: &str, key: &str) -> Option<Column> {
    let has = |phrases: &[&str]| says_any(key, phrases);
    let address = has(&[
        "dia chi",
        "diachi",
        "noi o",
        "cho o",
        "cu tru",
        "thuong tru",
        "tam tru",
        "ho khau",
        "address",
        "residence",
        "cu ngu",
        "luu tru",
        "noi cach ly",
        "noi dieu tri",
        "cach ly tai",
        "que quan",
        "hktt",
        "noi sinh song",
    ]);
    if address {
        let rank = if has(&["thuong tru", "ho khau", "hktt", "permanent"]) && !has(&["hien", "tam tru"]) {
            2
        } else if has(&["que quan"]) {
            3
        } else if has(&["hien nay", "hien tai", "cach ly", "dieu tri", "current", "luu tru"]) {
            0
        } else {
            1
        };
        return Some(Column::Address { rank });
    }
    let is_cluster = has(CLUSTER_TYPES)
        || has(&[
            "dia ban",
            "village",
            "hamlet",
            "neighbourhood",
            "neighborhood",
            "quarter",
            "cluster",
            "ban lang",
        ]);
    // "Ban" with no marks may be a committee or a table; as a title of its own it is a hamlet.
    let other_ban =
        says(key, "ban") && has(&["uy ban", "van ban", "ban dau", "ban hanh", "ban be", "co ban"]);
    if is_cluster && !other_ban {
        return Some(Column::Cluster);
    }
    match key {
        "to" | "to so" | "to nhan dan" | "doi" | "team" | "to dan cu" | "to tu quan"
            if !title.contains('ờ') =>
        {
            Some(Column::Team)
        }
        "so nha" | "so nha duong" | "duong" | "ngo" | "hem" | "nha so" | "street" | "house" | "house no"
        | "house number" | "nha" | "so nha ngo" | "so nha to" | "ten duong" | "so nha ten duong" => {
            Some(Column::AddressPart)
        }
        "xa" | "phuong" | "xa phuong" | "phuong xa" | "huyen" | "quan" | "quan huyen" | "huyen tp"
        | "tinh" | "tinh tp" | "tinh thanh" | "thanh pho" | "ward" | "commune" | "district" | "province"
        | "city" => Some(Column::Ignored),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_by_their_meaning() {
        let birth = Column::Birth { sex: None, is_age: false };
        let table = [
            ("STT", Column::Number),
            ("TT", Column::Number),
            ("Số thứ tự", Column::Number),
            ("Họ và tên", Column::Name),
            ("HỌ TÊN NGƯỜI BỆNH", Column::Name),
            ("ho ten", Column::Name),
            ("Tên", Column::Name),
            ("Full name", Column::Name),
            ("Họ tên chủ hộ", Column::Ignored),
            ("Họ đệm", Column::FamilyName),
            ("Hộ", Column::Ignored),
            ("Năm sinh", birth),
            ("Sinh năm", birth),
            ("Ngày, tháng, năm sinh", birth),
            ("Ngày tháng năm sinh", birth),
            ("NS", birth),
            ("Date of birth", birth),
            ("Năm sinh Nam", Column::Birth { sex: Some(Sex::Male), is_age: false }),
            ("Năm sinh (nữ)", Column::Birth { sex: Some(Sex::Female), is_age: false }),
            ("Năm sinh (Nam/Nữ)", birth),
            ("nam sinh nam", Column::Birth { sex: Some(Sex::Male), is_age: false }),
            ("sinh nam", birth),
            ("Tuổi", Column::Birth { sex: None, is_age: true }),
            ("Nam", Column::OfSex(Sex::Male)),
            ("Nữ", Column::OfSex(Sex::Female)),
            ("Năm", birth),
            ("Giới tính", Column::Sex),
            ("Giới tính (Nam/Nữ)", Column::Sex),
            ("Nam/Nữ", Column::Sex),
            ("Địa chỉ", Column::Address { rank: 1 }),
            ("Nơi ở hiện nay", Column::Address { rank: 0 }),
            ("Hộ khẩu thường trú", Column::Address { rank: 2 }),
            ("Địa chỉ (số nhà, tổ, khu phố)", Column::Address { rank: 1 }),
            ("Bản", Column::Cluster),
            ("Thôn/bản", Column::Cluster),
            ("KP", Column::Cluster),
            ("Khu phố/ấp", Column::Cluster),
            ("Tổ dân phố", Column::Cluster),
            ("Village", Column::Cluster),
            ("Tổ", Column::Team),
            ("Số nhà", Column::AddressPart),
            ("Xã/Phường", Column::Ignored),
            ("Số ĐT", Column::Phone),
            ("SĐT", Column::Phone),
            ("ĐT liên hệ", Column::Phone),
            ("Điện thoại (Zalo)", Column::Phone),
            ("SĐT người thân", Column::Phone),
            ("Phone number", Column::Phone),
            ("Zalo", Column::Zalo),
            ("Có zalo", Column::Zalo),
            ("Ngày XN (+)", Column::Detected { rank: 0, test: None }),
            ("Ngày dương tính", Column::Detected { rank: 0, test: None }),
            ("Ngày phát hiện", Column::Detected { rank: 0, test: None }),
            ("Ngày xét nghiệm", Column::Detected { rank: 1, test: None }),
            ("Ngày bắt đầu cách ly", Column::Detected { rank: 2, test: None }),
            ("Ngày kết thúc cách ly", Column::Ignored),
            ("Ngày âm tính", Column::Ignored),
            ("Date of positive test", Column::Detected { rank: 0, test: None }),
            ("Loại XN", Column::Test),
            ("Phương pháp xét nghiệm", Column::Test),
            ("Số mũi VX", Column::Doses),
            ("Số mũi vắc xin đã tiêm", Column::Doses),
            ("Ngày tiêm", Column::Ignored),
            ("Bệnh nền", Column::Risks),
            ("Tiền sử bệnh", Column::Risks),
            ("Mang thai", Column::Pregnant),
            ("F0/F1", Column::Kind),
            ("Đối tượng", Column::Kind),
            ("F1", Column::OfKind(EpisodeKind::Contact)),
            ("Đã liên hệ", Column::Contacted),
            ("Ghi chú", Column::Note),
        ];
        for (title, column) in table {
            assert_eq!(column_of(title), Some(column), "{title}");
        }
        for title in ["", "DANH SÁCH NGƯỜI BÁO", "UBND XÃ MƯỜNG TÈ", "Nguyễn Văn Ba", "292/5"] {
            assert_eq!(column_of(title), None, "{title}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_title_is_answered(title in "\\PC{0,60}") {
            column_of(&title);
        }
    }
}
