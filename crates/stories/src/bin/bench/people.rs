//! Made-up people for lists and registrations: names, numbers and addresses that occur once, three people to a home.

/// People of one home.
pub const PER_HOME: usize = 3;
/// Houses of the demo have lower numbers.
const FIRST_HOUSE: usize = 5_000;
/// Members of one home are never of one year, so that no two are taken for one person.
const BIRTH_YEARS: usize = 84;
const FIRST_BIRTH_YEAR: usize = 1930;

const FAMILIES: &[&str] =
    &["Lò", "Vàng", "Giàng", "Phàn", "Tẩn", "Lỳ", "Pờ", "Chang", "Khoàng", "Nùng", "Ly", "Thào"];
const MIDDLES: &[&str] = &["Văn", "Thị", "A", "Mì", "Xá", "Gió", "Go", "Tả", "Công", "Hữu"];
const FIRST_SOUNDS: &[&str] =
    &["B", "C", "D", "G", "H", "K", "L", "M", "N", "P", "Q", "R", "S", "T", "V", "X", "Ch", "Ph", "Th", "Tr"];
const VOWELS: &[&str] = &["a", "e", "i", "o", "u", "ai", "ao", "ia", "oa", "ua"];
const LAST_SOUNDS: &[&str] = &["", "m", "n", "ng", "p", "t"];

/// Takes a digit of a number written in mixed bases.
fn digit<'a>(n: &mut usize, of: &[&'a str]) -> &'a str {
    let word = of.get(*n % of.len()).copied().unwrap_or_default();
    *n /= of.len();
    word
}

/// The name of the `n`th person: 144,000 different ones, then again with one name more between.
pub fn name(n: usize) -> String {
    let mut n = n;
    let (family, middle) = (digit(&mut n, FAMILIES), digit(&mut n, MIDDLES));
    let (first, vowel, last) =
        (digit(&mut n, FIRST_SOUNDS), digit(&mut n, VOWELS), digit(&mut n, LAST_SOUNDS));
    let between = if n == 0 { String::new() } else { format!(" {}", digit(&mut n, MIDDLES)) };
    format!("{family} {middle}{between} {first}{vowel}{last}")
}

/// The number that reaches the `home`th home.
pub fn phone(home: usize) -> String {
    format!("097{:07}", home % 10_000_000)
}

pub fn address(home: usize) -> String {
    format!("nhà {}", FIRST_HOUSE + home)
}

pub fn birth_year(n: usize) -> usize {
    FIRST_BIRTH_YEAR + (n * 11) % BIRTH_YEARS
}

/// Whether the `n`th person speaks for the home: the number stands with the first of it.
pub fn has_phone(n: usize) -> bool {
    n.is_multiple_of(PER_HOME)
}
