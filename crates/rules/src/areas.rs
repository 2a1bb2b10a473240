//! The official units of Vietnam as both letters know them (2021-22: 63 provinces, 705 districts, 10,599 communes),
//! the words for kinds of units, and the file in which a locality brings units and clusters of its own.
//!
//! The list is `data/areas-2021.csv`; `data/README.md` says where it comes from. A store copies from it what its
//! blueprint names and owns the copy: codes and names change, and are reused, so an area has an id of its own.
//! Below the commune there is no national code: clusters (bản, khu phố …) are the operator's.

mod file;

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::AreaLevel;
use crate::fold::fold;

pub(crate) use file::checked_code;
pub use file::{AreaRefused, AreasFile, COLUMNS, NewArea, read};

/// Rows in pre-order: a unit, then everything below it. Written by `cargo xtask areas`.
const LIST: &str = include_str!("../../../data/areas-2021.csv");

/// One unit of the official list. Its name stands without the word for its kind: "Mường Tè", not "Xã Mường Tè".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfficialUnit<'a> {
    pub code: &'a str,
    pub name: &'a str,
    /// A word of [`KINDS`].
    pub kind: &'a str,
    pub level: AreaLevel,
    pub parent_code: Option<&'a str>,
}

impl OfficialUnit<'_> {
    /// "Xã Mường Tè".
    pub fn full_name(&self) -> String {
        full_name(self.kind, self.name)
    }
}

struct Official {
    units: Vec<OfficialUnit<'static>>,
    by_code: HashMap<&'static str, usize>,
}

fn list() -> &'static Official {
    static OFFICIAL: OnceLock<Official> = OnceLock::new();
    OFFICIAL.get_or_init(|| {
        let units: Vec<_> = LIST.lines().skip(1).filter_map(unit).collect();
        let by_code = units.iter().enumerate().map(|(at, unit)| (unit.code, at)).collect();
        Official { units, by_code }
    })
}

/// One line of the list. `None` for a line that is not as `cargo xtask areas` writes it; a test shows there is none.
fn unit(line: &'static str) -> Option<OfficialUnit<'static>> {
    let mut fields = line.split(',');
    let (code, name, kind) = (fields.next()?, fields.next()?, fields.next()?);
    let level = AreaLevel::parse(fields.next()?)?;
    let parent_code = Some(fields.next()?).filter(|code| !code.is_empty());
    fields.next().is_none().then_some(OfficialUnit { code, name, kind, level, parent_code })
}

/// Every unit of the official list, a parent before its children.
pub fn official() -> impl Iterator<Item = OfficialUnit<'static>> {
    list().units.iter().copied()
}

/// The unit of this code. Provinces have two digits, districts three, communes five.
pub fn find(code: &str) -> Option<OfficialUnit<'static>> {
    let list = list();
    list.by_code.get(code).and_then(|at| list.units.get(*at)).copied()
}

/// The unit of this code and everything below it, a parent before its children; empty if there is no such unit.
pub fn subtree(code: &str) -> Vec<OfficialUnit<'static>> {
    let list = list();
    let Some(run) = list.by_code.get(code).and_then(|at| list.units.get(*at..)) else {
        return Vec::new();
    };
    let Some((root, below)) = run.split_first() else { return Vec::new() };
    std::iter::once(*root).chain(below.iter().take_while(|unit| unit.level > root.level).copied()).collect()
}

/// A kind of unit: its word in data, its word in speech, and the level where it occurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    pub word: &'static str,
    /// As it stands inside a sentence, in lower case: "xã".
    pub label: &'static str,
    pub level: AreaLevel,
}

const fn kind_of(word: &'static str, label: &'static str, level: AreaLevel) -> Kind {
    Kind { word, label, level }
}

/// The kinds of units there are. These are parts of proper names, so they are Vietnamese in every language.
pub const KINDS: &[Kind] = &[
    kind_of("tinh", "tỉnh", AreaLevel::Province),
    kind_of("thanh_pho_tw", "thành phố", AreaLevel::Province),
    kind_of("quan", "quận", AreaLevel::District),
    kind_of("huyen", "huyện", AreaLevel::District),
    kind_of("thi_xa", "thị xã", AreaLevel::District),
    kind_of("thanh_pho", "thành phố", AreaLevel::District),
    kind_of("xa", "xã", AreaLevel::Commune),
    kind_of("phuong", "phường", AreaLevel::Commune),
    kind_of("thi_tran", "thị trấn", AreaLevel::Commune),
    kind_of("dac_khu", "đặc khu", AreaLevel::Commune),
    kind_of("ban", "bản", AreaLevel::Cluster),
    kind_of("thon", "thôn", AreaLevel::Cluster),
    kind_of("xom", "xóm", AreaLevel::Cluster),
    kind_of("ap", "ấp", AreaLevel::Cluster),
    kind_of("buon", "buôn", AreaLevel::Cluster),
    kind_of("lang", "làng", AreaLevel::Cluster),
    kind_of("khom", "khóm", AreaLevel::Cluster),
    kind_of("khu_pho", "khu phố", AreaLevel::Cluster),
    kind_of("to_dan_pho", "tổ dân phố", AreaLevel::Cluster),
    kind_of("to_nhan_dan", "tổ nhân dân", AreaLevel::Cluster),
    kind_of("tieu_khu", "tiểu khu", AreaLevel::Cluster),
    kind_of("cum", "cụm", AreaLevel::Cluster),
];

pub fn kind(word: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.word == word)
}

/// The name with the word for its kind in front, as it opens a line: "Xã Mường Tè". A name that already says its
/// kind (clusters are kept as people say them, "Khu phố 3") stays as it is.
pub fn full_name(kind_word: &str, name: &str) -> String {
    let mut letters = spoken_name(kind_word, name);
    let Some(first) = letters.chars().next() else { return letters };
    let capital: String = first.to_uppercase().collect();
    letters.replace_range(..first.len_utf8(), &capital);
    letters
}

/// The same as it stands inside a sentence: "Trạm Y tế xã Mường Tè".
pub fn spoken_name(kind_word: &str, name: &str) -> String {
    match kind(kind_word) {
        Some(kind) if !says_kind(kind, name) => format!("{} {name}", kind.label),
        Some(_) | None => name.to_owned(),
    }
}

/// Only clusters are kept with their word. "Bản Giang" is a commune: it is a xã whose name begins like a hamlet's.
fn says_kind(kind: &Kind, name: &str) -> bool {
    kind.level == AreaLevel::Cluster
        && fold(name).strip_prefix(&fold(kind.label)).is_some_and(|rest| rest.starts_with(' '))
}

#[cfg(test)]
mod tests {
    use unicode_normalization::is_nfc;

    use super::*;

    /// Each district of Lai Châu with its communes, as the province writes them (2021-22).
    const LAI_CHAU: &str = "\
105 Lai Châu: Quyết Thắng 03386, Tân Phong 03387, Quyết Tiến 03388, Đoàn Kết 03389, Sùng Phài 03403, Đông Phong 03408, San Thàng 03409
106 Tam Đường: Tam Đường 03390, Thèn Sin 03394, Tả Lèng 03400, Giang Ma 03405, Hồ Thầu 03406, Bình Lư 03412, Sơn Bình 03413, Nùng Nàng 03415, Bản Giang 03418, Bản Hon 03421, Bản Bo 03424, Nà Tăm 03427, Khun Há 03430
107 Mường Tè: Mường Tè 03433, Thu Lũm 03436, Ka Lăng 03439, Tá Bạ 03440, Pa Ủ 03442, Mường Tè 03445, Pa Vệ Sử 03448, Mù Cả 03451, Bum Tở 03454, Nậm Khao 03457, Tà Tổng 03463, Bum Nưa 03466, Vàng San 03467, Kan Hồ 03469
108 Sìn Hồ: Sìn Hồ 03478, Chăn Nưa 03487, Pa Tần 03493, Phìn Hồ 03496, Hồng Thu 03499, Phăng Sô Lin 03505, Ma Quai 03508, Lùng Thàng 03509, Tả Phìn 03511, Sà Dề Phìn 03514, Nậm Tăm 03517, Tả Ngảo 03520, Pu Sam Cáp 03523, Nậm Cha 03526, Pa Khoá 03527, Làng Mô 03529, Noong Hẻo 03532, Nậm Mạ 03535, Căn Co 03538, Tủa Sín Chải 03541, Nậm Cuổi 03544, Nậm Hăn 03547
109 Phong Thổ: Lả Nhì Thàng 03391, Huổi Luông 03490, Phong Thổ 03549, Sì Lở Lầu 03550, Mồ Sì San 03553, Pa Vây Sử 03559, Vàng Ma Chải 03562, Tông Qua Lìn 03565, Mù Sang 03568, Dào San 03571, Ma Ly Pho 03574, Bản Lang 03577, Hoang Thèn 03580, Khổng Lào 03583, Nậm Xe 03586, Mường So 03589, Sin Suối Hồ 03592
110 Than Uyên: Than Uyên 03595, Phúc Than 03618, Mường Than 03619, Mường Mít 03625, Pha Mu 03628, Mường Cang 03631, Hua Nà 03632, Tà Hừa 03634, Mường Kim 03637, Tà Mung 03638, Tà Gia 03640, Khoen On 03643
111 Tân Uyên: Tân Uyên 03598, Mường Khoa 03601, Phúc Khoa 03602, Thân Thuộc 03604, Trung Đồng 03605, Hố Mít 03607, Nậm Cần 03610, Nậm Sỏ 03613, Pắc Ta 03616, Tà Mít 03622
112 Nậm Nhùn: Nậm Nhùn 03434, Hua Bun 03460, Mường Mô 03472, Nậm Chà 03473, Nậm Manh 03474, Nậm Hàng 03475, Lê Lợi 03481, Pú Đao 03484, Nậm Pì 03488, Nậm Ban 03502, Trung Chải 03503";

    /// The towns of those districts; every other commune is a xã, but for the five wards of the city.
    const LAI_CHAU_TOWNS: [&str; 7] = ["03390", "03433", "03478", "03549", "03595", "03598", "03434"];
    const LAI_CHAU_WARDS: [&str; 5] = ["03386", "03387", "03388", "03389", "03408"];

    const BIEN_HOA: &str = "\
731 Biên Hòa: Trảng Dài 25993, Tân Phong 25996, Tân Biên 25999, Hố Nai 26002, Tân Hòa 26005, Tân Hiệp 26008, Bửu Long 26011, Tân Tiến 26014, Tam Hiệp 26017, Long Bình 26020, Quang Vinh 26023, Tân Mai 26026, Thống Nhất 26029, Trung Dũng 26032, Tam Hòa 26035, Hòa Bình 26038, Quyết Thắng 26041, Thanh Bình 26044, Bình Đa 26047, An Bình 26050, Bửu Hòa 26053, Long Bình Tân 26056, Tân Vạn 26059, Tân Hạnh 26062, Hiệp Hòa 26065, Hóa An 26068, An Hòa 26371, Tam Phước 26374, Phước Tân 26377, Long Hưng 26380";

    /// Checks a district's line against the list; returns how many communes it names.
    fn agrees(line: &str) -> usize {
        let (district, communes) = line.split_once(": ").unwrap();
        let (code, name) = district.split_once(' ').unwrap();
        assert_eq!(find(code).unwrap().name, name);
        let expected: Vec<(&str, &str)> = communes.split(", ").map(|c| c.rsplit_once(' ').unwrap()).collect();
        let found = subtree(code);
        let below: Vec<(&str, &str)> = found.iter().skip(1).map(|unit| (unit.name, unit.code)).collect();
        assert_eq!(below, expected, "{district}");
        assert!(found.iter().skip(1).all(|unit| unit.parent_code == Some(code)));
        expected.len()
    }

    #[test]
    fn the_list_is_the_country_of_the_letters() {
        let count = |level| official().filter(|unit| unit.level == level).count();
        assert_eq!(LIST.lines().count() - 1, official().count(), "a line of the list cannot be read");
        assert_eq!(count(AreaLevel::Province), 63);
        assert_eq!(count(AreaLevel::District), 705);
        assert_eq!(count(AreaLevel::Commune), 10_599);
        assert_eq!(count(AreaLevel::Cluster), 0);
        assert_eq!(list().by_code.len(), 63 + 705 + 10_599, "a code stands twice");
    }

    #[test]
    fn every_unit_is_whole() {
        for unit in official() {
            let digits = match unit.level {
                AreaLevel::Province => 2,
                AreaLevel::District => 3,
                AreaLevel::Commune | AreaLevel::Cluster => 5,
            };
            assert!(unit.code.len() == digits && unit.code.bytes().all(|b| b.is_ascii_digit()), "{unit:?}");
            assert_eq!(kind(unit.kind).unwrap().level, unit.level, "{unit:?}");
            assert!(
                is_nfc(unit.name) && unit.name.trim() == unit.name && !unit.name.contains("  "),
                "{unit:?}"
            );
            assert!(unit.name.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit()), "{unit:?}");
            let parent_level = unit.parent_code.map(|code| find(code).unwrap().level);
            let expected = match unit.level {
                AreaLevel::Province => None,
                AreaLevel::District => Some(AreaLevel::Province),
                AreaLevel::Commune | AreaLevel::Cluster => Some(AreaLevel::District),
            };
            assert_eq!(parent_level, expected, "{unit:?}");
        }
    }

    #[test]
    fn lai_chau_has_8_districts_and_106_communes() {
        assert_eq!(LAI_CHAU.lines().map(agrees).sum::<usize>(), 106);
        let province = subtree("12");
        assert_eq!(province[0].full_name(), "Tỉnh Lai Châu");
        assert_eq!(province.len(), 1 + 8 + 106);
        assert_eq!(find("105").unwrap().full_name(), "Thành phố Lai Châu");
        for unit in province.iter().filter(|unit| unit.level == AreaLevel::Commune) {
            let kind = match unit.code {
                code if LAI_CHAU_TOWNS.contains(&code) => "thi_tran",
                code if LAI_CHAU_WARDS.contains(&code) => "phuong",
                _ => "xa",
            };
            assert_eq!(unit.kind, kind, "{unit:?}");
        }
    }

    #[test]
    fn bien_hoa_has_29_wards_and_a_commune() {
        assert_eq!(agrees(BIEN_HOA), 30);
        let city = subtree("731");
        assert_eq!(city.iter().filter(|unit| unit.kind == "phuong").count(), 29);
        assert_eq!(city.iter().find(|unit| unit.kind == "xa").map(|unit| unit.name), Some("Long Hưng"));
    }

    #[test]
    fn names_say_their_kind_once() {
        assert_eq!(find("03445").unwrap().full_name(), "Xã Mường Tè");
        assert_eq!(find("03418").unwrap().full_name(), "Xã Bản Giang");
        assert_eq!(spoken_name("xa", "Mường Tè"), "xã Mường Tè");
        assert_eq!(full_name("ban", "Nậm Hãn"), "Bản Nậm Hãn");
        assert_eq!(full_name("ban", "Bản Nậm Hãn"), "Bản Nậm Hãn");
        assert_eq!(full_name("khu_pho", "Khu phố 3"), "Khu phố 3");
        assert_eq!(full_name("dac_biet", "Ở đâu đó"), "Ở đâu đó");
    }

    #[test]
    fn an_unknown_code_has_nothing_below_it() {
        assert!(subtree("3445").is_empty() && subtree("").is_empty() && find("99999").is_none());
    }
}
