//! How Vietnamese text is kept, compared and shown. Text is kept in NFC; it is found by a folded key without marks,
//! because one list writes "Đặng" and the next "DANG", and both tone styles stand in one official list.
//! It does not sort: Vietnamese order is the store's collation key.
//! Source: domain.md §5.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// The search key of a text: no marks, đ as d, lower case, single spaces, trimmed.
pub fn fold(text: &str) -> String {
    let plain = text.nfd().filter(|c| !is_combining_mark(*c) && !is_invisible(*c)).flat_map(|c| match c {
        // đ has no decomposition in Unicode.
        'đ' | 'Đ' => 'd'.to_lowercase(),
        c => c.to_lowercase(),
    });
    squeeze(plain)
}

/// The text as it is kept: NFC, single spaces, trimmed.
pub fn nfc(text: &str) -> String {
    squeeze(text.nfc().filter(|c| !is_invisible(*c)))
}

/// A person's name as it is kept: a name written all in capitals becomes capitalised words, any other stays.
pub fn display_name(text: &str) -> String {
    let name = nfc(text);
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    if letters < 2 || name.chars().any(char::is_lowercase) {
        return name;
    }
    let mut out = String::with_capacity(name.len());
    let mut inside_word = false;
    for c in name.chars() {
        if inside_word {
            out.extend(c.to_lowercase());
        } else {
            out.push(c);
        }
        inside_word = c.is_alphabetic();
    }
    out
}

/// Whether two texts differ by exactly one letter put in, left out or changed ("Hua Bun", "Hua Bum").
pub fn one_edit(a: &str, b: &str) -> bool {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let (short, long) = if a.len() <= b.len() { (&a, &b) } else { (&b, &a) };
    let same = short.iter().zip(long).take_while(|(x, y)| x == y).count();
    match long.len() - short.len() {
        0 => same < short.len() && short[same + 1..] == long[same + 1..],
        1 => short[same..] == long[same + 1..],
        _ => false,
    }
}

/// Characters that office programs leave in cells and nobody sees.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{00ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
        || (c.is_control() && !c.is_whitespace())
}

fn squeeze(chars: impl Iterator<Item = char>) -> String {
    let mut out = String::new();
    let mut gap = false;
    for c in chars {
        if c.is_whitespace() {
            gap = !out.is_empty();
        } else {
            if gap {
                out.push(' ');
                gap = false;
            }
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_share_a_key() {
        for text in
            ["Đặng Thanh Mai", "ĐẶNG THANH MAI", "Dang  Thanh\u{a0}Mai ", "Đa\u{323}\u{306}ng thanh mai"]
        {
            assert_eq!(fold(text), "dang thanh mai", "{text}");
        }
        assert_eq!(fold("Ngõ 5,\tƯơng Ỷ"), "ngo 5, uong y");
    }

    #[test]
    fn a_name_is_kept_composed_and_readable() {
        let table = [
            ("  Lỳ  Mò  Xe ", "Lỳ Mò Xe"),
            ("LÒ VĂN ÓN", "Lò Văn Ón"),
            ("H'MEN NIÊ", "H'Men Niê"),
            ("Lo\u{300} Văn Ón", "Lò Văn Ón"),
            ("nguyễn Văn Ba", "nguyễn Văn Ba"),
            ("A", "A"),
            ("", ""),
        ];
        for (written, kept) in table {
            assert_eq!(display_name(written), kept);
        }
    }

    #[test]
    fn one_edit_is_one_edit() {
        let table = [
            ("hua bun", "hua bum", true),
            ("pac ma", "pak ma", true),
            ("giang", "gang", true),
            ("", "a", true),
            ("bo", "bo", false),
            ("pac ma", "pak mo", false),
            ("ab", "ba", false),
            ("a", "abc", false),
        ];
        for (a, b, near) in table {
            assert_eq!(one_edit(a, b), near, "{a} {b}");
            assert_eq!(one_edit(b, a), near, "{b} {a}");
        }
    }

    proptest::proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,40}") {
            let once = fold(&text);
            proptest::prop_assert_eq!(fold(&once), once);
            let kept = nfc(&text);
            proptest::prop_assert_eq!(nfc(&kept), kept);
            display_name(&text);
        }
    }
}
