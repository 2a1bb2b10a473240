//! Lists typed in the fonts of the nineties (TCVN3, ".VnTime") hold Western letters that only those fonts show as
//! Vietnamese: "Hä vµ tªn". A sheet whose header reads only after conversion is converted.

use rules::fold::fold;
use rules::list::{Cell, RawSheet};

/// The letters of TCVN3 from 0xA1 on; 0 where the code has none.
const FROM_A1: [char; 94] = [
    'Ă', 'Â', 'Ê', 'Ô', 'Ơ', 'Ư', 'Đ', 'ă', 'â', 'ê', 'ô', 'ơ', 'ư', 'đ', '\0', '\0', '\0', '\0', '\0', '\0',
    'à', 'ả', 'ã', 'á', 'ạ', '\0', 'ằ', 'ẳ', 'ẵ', 'ắ', '\0', '\0', '\0', '\0', '\0', '\0', '\0', 'ặ', 'ầ',
    'ẩ', 'ẫ', 'ấ', 'ậ', 'è', '\0', 'ẻ', 'ẽ', 'é', 'ẹ', 'ề', 'ể', 'ễ', 'ế', 'ệ', 'ì', 'ỉ', '\0', '\0', '\0',
    'ĩ', 'í', 'ị', 'ò', '\0', 'ỏ', 'õ', 'ó', 'ọ', 'ồ', 'ổ', 'ỗ', 'ố', 'ộ', 'ờ', 'ở', 'ỡ', 'ớ', 'ợ', 'ù',
    '\0', 'ủ', 'ũ', 'ú', 'ụ', 'ừ', 'ử', 'ữ', 'ứ', 'ự', 'ỳ', 'ỷ', 'ỹ', 'ý', 'ỵ',
];

/// Titles of which every list has one.
const TITLES: &[&str] = &["ho va ten", "ho ten", "ho & ten"];

fn converted(text: &str) -> String {
    text.chars()
        .map(|c| {
            let code = u32::from(c);
            let letter = code.checked_sub(0xa1).and_then(|i| FROM_A1.get(i as usize)).copied();
            letter.filter(|l| *l != '\0').unwrap_or(c)
        })
        .collect()
}

fn has_title(text: &str) -> bool {
    let key = fold(text);
    TITLES.iter().any(|t| key.contains(t))
}

/// Whether the text reads as a list only when its letters are taken for TCVN3.
pub fn is_tcvn3<'a>(texts: impl Iterator<Item = &'a str> + Clone) -> bool {
    !texts.clone().any(has_title) && texts.clone().any(|t| has_title(&converted(t)))
}

pub fn to_unicode(mut sheet: RawSheet) -> RawSheet {
    let texts = sheet.rows.iter().flat_map(|r| &r.cells).filter_map(|c| match c {
        Cell::Text(text) => Some(text.as_str()),
        Cell::Empty | Cell::Number(_) | Cell::Date(_) => None,
    });
    if !is_tcvn3(texts) {
        return sheet;
    }
    for cell in sheet.rows.iter_mut().flat_map(|r| &mut r.cells) {
        if let Cell::Text(text) = cell {
            *text = converted(text);
        }
    }
    sheet
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_old_fonts_read() {
        assert_eq!(converted("Hä vµ tªn"), "Họ và tên");
        assert_eq!(converted("NguyÔn V¨n Bèn"), "Nguyễn Văn Bốn");
        assert_eq!(converted("§Æng ThÞ T\u{AD}¬i"), "Đặng Thị Tươi");
        assert!(is_tcvn3(["STT", "Hä vµ tªn"].into_iter()));
        assert!(!is_tcvn3(["STT", "Họ và tên"].into_iter()));
    }
}
