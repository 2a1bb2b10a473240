//! Telephone numbers of Vietnam, kept in E.164. A number reaches a household, it does not name a person.
//! Lists write numbers with their zero lost, with the prefixes of before 2018, and several to a cell.
//! It does not know whether a number is in service.
//! Source: domain.md §5 (numbering of libphonenumber 9.0.43, conversion of 9–11/2018).

/// Vietnam's country code.
const COUNTRY: &str = "84";
/// The most digits an E.164 number can have, with the international prefix before it.
const DIGITS_MAX: usize = 17;
/// As many stray digits beside the numbers of a cell are taken for a broken number, fewer for a remark.
const STRAY_DIGITS_MIN: usize = 4;
/// Pieces of digits in one cell that are looked at; the rest is a remark.
const PIECES_MAX: usize = 40;

/// A number in E.164: `+84912345678`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Phone(String);

impl Phone {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn into_string(self) -> String {
        self.0
    }
}

impl std::fmt::Display for Phone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text holds no number that can exist in Vietnam.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadPhone;

/// Mobile prefixes of eleven digits and what they became in 2018.
const CONVERTED_2018: &[(&str, &str)] = &[
    ("0162", "032"),
    ("0163", "033"),
    ("0164", "034"),
    ("0165", "035"),
    ("0166", "036"),
    ("0167", "037"),
    ("0168", "038"),
    ("0169", "039"),
    ("0120", "070"),
    ("0121", "079"),
    ("0122", "077"),
    ("0126", "076"),
    ("0128", "078"),
    ("0123", "083"),
    ("0124", "084"),
    ("0125", "085"),
    ("0127", "081"),
    ("0129", "082"),
    ("0186", "056"),
    ("0188", "058"),
    ("0199", "059"),
];

/// Reads one number, however it is written.
pub fn parse(text: &str) -> Result<Phone, BadPhone> {
    let text = nfkc_digits(text);
    let allowed = |c: char| c.is_ascii_digit() || c.is_whitespace() || "+.-()/'".contains(c);
    if !text.chars().all(allowed) {
        return Err(BadPhone);
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    from_digits(&digits).ok_or(BadPhone)
}

/// Reads a list's cell: its numbers in order, and whether digits remain that make no number.
/// A cell without digits ("không có") is an empty cell.
pub fn parse_cell(text: &str) -> (Vec<Phone>, bool) {
    let text = nfkc_digits(text);
    let text = plain_number(text.trim());
    let mut found = Vec::new();
    let mut bad = false;
    for part in text.split(['/', ',', ';', '|', '\n', '\r']) {
        let (numbers, stray) = parse_part(part);
        found.extend(numbers);
        bad |= stray;
    }
    if bad {
        // The stroke may stand inside the number: "0213/3875.123".
        let (whole, stray) = parse_part(&text);
        if !stray && !whole.is_empty() {
            (found, bad) = (whole, false);
        }
    }
    // A cell whose only digits are few ("09", "1 số") still promised a number and holds none.
    bad |= found.is_empty() && text.chars().any(|c| c.is_ascii_digit());
    let mut unique: Vec<Phone> = Vec::new();
    for phone in found {
        if !unique.contains(&phone) {
            unique.push(phone);
        }
    }
    (unique, bad)
}

/// Reads numbers out of digits broken by spaces, dots and dashes: the fewest numbers that use the most pieces.
fn parse_part(part: &str) -> (Vec<Phone>, bool) {
    let pieces: Vec<&str> =
        part.split(|c: char| !c.is_ascii_digit()).filter(|p| !p.is_empty()).take(PIECES_MAX).collect();
    // best[i]: how the pieces from i on are read: (stray digits, numbers used, the first step's length).
    let mut best = vec![(0usize, 0usize, 0usize); pieces.len() + 1];
    for i in (0..pieces.len()).rev() {
        let (stray, used, _) = best[i + 1];
        let mut choice = (stray + pieces[i].len(), used, 0);
        let mut digits = String::new();
        for j in i..pieces.len() {
            digits.push_str(pieces[j]);
            if digits.len() > DIGITS_MAX {
                break;
            }
            if from_digits(&digits).is_some() {
                let (stray, used, _) = best[j + 1];
                if (stray, used + 1) < (choice.0, choice.1) {
                    choice = (stray, used + 1, j + 1 - i);
                }
            }
        }
        best[i] = choice;
    }
    let mut numbers = Vec::new();
    let mut i = 0;
    while i < pieces.len() {
        let step = best[i].2;
        if step > 0 {
            numbers.extend(from_digits(&pieces[i..i + step].concat()));
        }
        i += step.max(1);
    }
    (numbers, best[0].0 >= STRAY_DIGITS_MIN)
}

/// A spreadsheet's number as text: "988921558.0", "9.88921558E+08".
fn plain_number(text: &str) -> String {
    let is_decimal = text.strip_suffix(".0").is_some_and(|t| t.bytes().all(|b| b.is_ascii_digit()));
    if is_decimal {
        return text[..text.len() - 2].to_owned();
    }
    let scientific =
        text.contains(['E', 'e']) && text.bytes().all(|b| b.is_ascii_digit() || b"Ee+.,".contains(&b));
    match text.replace(',', ".").parse::<f64>() {
        Ok(n) if scientific && (0.0..1e15).contains(&n) => format!("{n:.0}"),
        _ => text.to_owned(),
    }
}

/// Full-width digits, and the letter O written for zero beside a digit.
fn nfkc_digits(text: &str) -> String {
    let chars: Vec<char> = text
        .chars()
        .map(|c| match c {
            '０'..='９' => char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')).unwrap_or(c),
            '＋' => '+',
            c => c,
        })
        .collect();
    let is_digit = |i: usize| chars.get(i).is_some_and(char::is_ascii_digit);
    chars
        .iter()
        .enumerate()
        .map(|(i, c)| match c {
            'o' | 'O' if is_digit(i + 1) && !(i > 0 && chars[i - 1].is_alphabetic()) => '0',
            'o' | 'O' if i > 0 && is_digit(i - 1) && is_digit(i + 1) => '0',
            c => *c,
        })
        .collect()
}

fn from_digits(digits: &str) -> Option<Phone> {
    let bare = digits.strip_prefix("00").unwrap_or(digits);
    let abroad =
        bare.strip_prefix(COUNTRY).map(|rest| format!("0{}", rest.strip_prefix('0').unwrap_or(rest)));
    [Some(digits.to_owned()), Some(format!("0{digits}")), abroad]
        .into_iter()
        .flatten()
        .find_map(|c| from_national(&c))
}

/// A number as it is dialled at home, with its zero.
fn from_national(national: &str) -> Option<Phone> {
    let converted = (national.len() == 11)
        .then(|| CONVERTED_2018.iter().find_map(|(old, new)| Some((new, national.strip_prefix(old)?))))
        .flatten()
        .map(|(new, rest)| format!("{new}{rest}"));
    let number = converted.unwrap_or_else(|| national.to_owned());
    (is_mobile(&number) || is_landline(&number)).then(|| Phone(format!("+{COUNTRY}{}", &number[1..])))
}

fn is_mobile(national: &str) -> bool {
    let b = national.as_bytes();
    b.len() == 10
        && b[0] == b'0'
        && match b[1] {
            b'3' | b'9' => true,
            b'5' => matches!(b[2], b'2' | b'5' | b'6' | b'8' | b'9'),
            b'7' => matches!(b[2], b'0' | b'6'..=b'9'),
            b'8' => matches!(b[2], b'1'..=b'9'),
            _ => false,
        }
}

/// 02 and nine digits: an area code of two or three digits, and the rest.
fn is_landline(national: &str) -> bool {
    national.len() == 11 && national.starts_with("02")
}

/// The number as it is dialled at home: `0912345678`. Anything that is not of Vietnam stays as it is.
pub fn local(e164: &str) -> String {
    match e164.strip_prefix('+').and_then(|rest| rest.strip_prefix(COUNTRY)) {
        Some(rest) => format!("0{rest}"),
        None => e164.to_owned(),
    }
}

/// The number as it is shown: `0912 345 678`, `0213 3875 123`, `024 3825 1234`.
pub fn national(e164: &str) -> String {
    let number = local(e164);
    if !number.is_ascii() {
        return number;
    }
    let cuts: &[usize] = match number.len() {
        10 if number.starts_with('0') => &[4, 7],
        11 if number.starts_with("024") || number.starts_with("028") => &[3, 7],
        11 if number.starts_with("02") => &[4, 8],
        _ => &[],
    };
    let mut out = String::with_capacity(number.len() + 2);
    for (i, c) in number.chars().enumerate() {
        if cuts.contains(&i) {
            out.push(' ');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_in_many_dresses() {
        let table = [
            ("0912345678", "+84912345678"),
            ("912345678", "+84912345678"),
            ("+84912345678", "+84912345678"),
            ("84912345678", "+84912345678"),
            ("0084912345678", "+84912345678"),
            ("+84 (0)912 345 678", "+84912345678"),
            ("0912.345.678", "+84912345678"),
            ("0912-345-678", "+84912345678"),
            ("'0912 345 678", "+84912345678"),
            ("O912345678", "+84912345678"),
            ("01204884581", "+84704884581"),
            ("1204884581", "+84704884581"),
            ("+841684884581", "+84384884581"),
            ("0841234567", "+84841234567"),
            ("841234567", "+84841234567"),
            ("02133875123", "+842133875123"),
            ("(0213) 3 875 123", "+842133875123"),
            ("2133875123", "+842133875123"),
            ("024 3825 1234", "+842438251234"),
        ];
        for (written, e164) in table {
            assert_eq!(parse(written).map(Phone::into_string), Ok(e164.to_owned()), "{written}");
        }
    }

    #[test]
    fn numbers_that_cannot_be() {
        for text in
            ["", "09123", "115", "0012345678", "0512345678", "0802345678", "09123456789", "0132345678", "abc"]
        {
            assert_eq!(parse(text), Err(BadPhone), "{text}");
        }
    }

    #[test]
    fn cells() {
        let table: &[(&str, &[&str], bool)] = &[
            ("0988539681 / 0988337305", &["+84988539681", "+84988337305"], false),
            ("0988539681-0988337305", &["+84988539681", "+84988337305"], false),
            ("0988 539 681 0988 337 305", &["+84988539681", "+84988337305"], false),
            ("0988.539.681 - 988337305", &["+84988539681", "+84988337305"], false),
            ("0988539681\n0988337305", &["+84988539681", "+84988337305"], false),
            ("0988539681; 0988539681", &["+84988539681"], false),
            ("0988539681 (con gái 2)", &["+84988539681"], false),
            ("0988539681 hoặc 0988337305", &["+84988539681", "+84988337305"], false),
            ("0213/3875.123", &["+842133875123"], false),
            ("988539681", &["+84988539681"], false),
            ("988539681.0", &["+84988539681"], false),
            ("9.88539681E+08", &["+84988539681"], false),
            ("09123", &[], true),
            ("09", &[], true),
            ("0988539681/09123", &["+84988539681"], true),
            ("", &[], false),
            ("không có", &[], false),
            ("-", &[], false),
        ];
        for (cell, numbers, bad) in table {
            let (found, is_bad) = parse_cell(cell);
            assert_eq!(found.iter().map(Phone::as_str).collect::<Vec<_>>(), *numbers, "{cell}");
            assert_eq!(is_bad, *bad, "{cell}");
        }
    }

    #[test]
    fn shown_in_groups() {
        let table = [
            ("+84912345678", "0912 345 678"),
            ("+842133875123", "0213 3875 123"),
            ("+842438251234", "024 3825 1234"),
            ("+33123456789", "+33123456789"),
        ];
        for (e164, shown) in table {
            assert_eq!(national(e164), shown);
        }
        assert_eq!(local("+84912345678"), "0912345678");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_answered(text in "\\PC{0,60}") {
            let _ = parse(&text);
            let _ = parse_cell(&text);
            national(&text);
        }

        #[test]
        fn a_read_number_reads_back(text in "[0-9+ .\\-/]{0,40}") {
            for phone in parse_cell(&text).0 {
                proptest::prop_assert_eq!(parse(phone.as_str()), Ok(phone.clone()));
                proptest::prop_assert_eq!(parse(&national(phone.as_str())), Ok(phone));
            }
        }
    }
}
