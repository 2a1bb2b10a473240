//! Languages as people here write them ("Mông", "Hà Nhì") and as they are kept (BCP 47). Lists name them freely; a word
//! that is not among these is kept as it was written and refused where the rules want a tag.

use rules::fold::fold;

/// (tag, how it is shown, other ways it is written, folded).
const LANGUAGES: &[(&str, &str, &[&str])] = &[
    ("vi", "Kinh (tiếng Việt)", &["kinh", "viet", "tieng viet", "pho thong"]),
    ("hmn", "Mông", &["mong", "hmong", "h'mong", "h mong"]),
    ("blt", "Thái", &["thai", "thai den", "thai trang"]),
    ("hni", "Hà Nhì", &["ha nhi"]),
    ("ium", "Dao", &["dao", "yao"]),
    ("lhu", "La Hủ", &["la hu", "kho sung"]),
    ("zng", "Mảng", &["mang"]),
    ("slt", "Si La", &["si la"]),
    ("cnc", "Cống", &["cong"]),
    ("pcc", "Giáy", &["giay"]),
    ("lao", "Lào", &["lao"]),
    ("khb", "Lự", &["lu"]),
    ("kjg", "Khơ Mú", &["kho mu"]),
    ("tyz", "Tày", &["tay"]),
    ("nut", "Nùng", &["nung"]),
    ("mtq", "Mường", &["muong"]),
    ("zh", "Hoa", &["hoa", "trung", "trung quoc"]),
    ("km", "Khmer", &["khmer", "kho me", "kho-me"]),
    ("cjm", "Chăm", &["cham"]),
    ("en", "Anh", &["anh", "english", "tieng anh"]),
];

/// How a kept language is shown.
pub fn shown(kept: &str) -> String {
    LANGUAGES
        .iter()
        .find(|(tag, ..)| *tag == kept)
        .map_or_else(|| kept.to_owned(), |(_, name, _)| (*name).to_owned())
}

/// The tag of what was typed; what is not known stays as it is.
pub fn tag(typed: &str) -> Option<String> {
    let typed = typed.trim();
    if typed.is_empty() {
        return None;
    }
    let folded = fold(typed);
    let plain = folded.strip_prefix("tieng ").unwrap_or(&folded);
    let known = LANGUAGES.iter().find(|(tag, name, others)| {
        *tag == folded || fold(name) == folded || others.contains(&folded.as_str()) || others.contains(&plain)
    });
    Some(known.map_or_else(|| typed.to_owned(), |(tag, ..)| (*tag).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_found_however_it_is_written() {
        for (typed, kept) in
            [("Mông", "hmn"), ("tiếng H'Mông", "hmn"), ("HÀ NHÌ", "hni"), ("vi", "vi"), ("kinh", "vi")]
        {
            assert_eq!(tag(typed).as_deref(), Some(kept), "{typed}");
        }
        assert_eq!(tag("  "), None);
        assert_eq!(tag("Xinh Mun").as_deref(), Some("Xinh Mun"));
        for (kept, name, _) in LANGUAGES {
            assert_eq!(tag(&shown(kept)).as_deref(), Some(*kept), "{name}");
        }
    }
}
