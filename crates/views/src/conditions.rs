//! A protocol's conditions and values in words, so that a doctor reads what is judged and need not read CEL: "rr >= t" is
//! "Nhịp thở ≥ ngưỡng theo tuổi". What is not understood stays as it is written.

use rules::protocol::{Field, Protocol, Words};

use crate::words::{Lang, knows, t, t_args};

/// The words of a protocol's own in a language.
pub fn spoken(lang: Lang, words: &Words) -> String {
    match lang {
        Lang::Vi => words.vi.clone(),
        Lang::En => words.en.clone(),
    }
}

/// "lần/phút" for "/min"; a unit that needs no words stays.
pub fn unit(lang: Lang, unit: &str) -> String {
    let key = match unit {
        "/min" => "protocol-unit-per-minute",
        "h" => "protocol-unit-hours",
        "min" => "protocol-unit-minutes",
        other => return other.to_owned(),
    };
    t(lang, key)
}

/// "38,5 °C", "97%"
pub fn measured(lang: Lang, field: &Field, number: f64) -> String {
    let digits = usize::try_from(field.decimals).unwrap_or(0);
    with_unit(lang, &decimal(lang, &format!("{number:.digits$}")), &field.unit)
}

/// A number as it is written in the language: "38,5", "38.5".
fn decimal(lang: Lang, number: &str) -> String {
    match lang {
        Lang::Vi => number.replace('.', ","),
        Lang::En => number.to_owned(),
    }
}

fn with_unit(lang: Lang, number: &str, of: &str) -> String {
    let unit = unit(lang, of);
    match of {
        "" => number.to_owned(),
        "%" => format!("{number}%"),
        _ => format!("{number} {unit}"),
    }
}

/// The pieces of a condition: names, numbers, texts in quotation marks, signs.
fn tokens(when: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = when.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let length = match first {
            '\'' | '"' => rest[1..].find(first).map_or(rest.len(), |end| end + 2),
            c if is_part(c) => rest.find(|c: char| !is_part(c)).unwrap_or(rest.len()),
            _ if ["&&", "||", "<=", ">=", "==", "!=", "[]"].iter().any(|sign| rest.starts_with(sign)) => 2,
            c => c.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        tokens.push(token.to_owned());
        rest = after.trim_start();
    }
    tokens
}

fn sign_of(protocol: &Protocol, lang: Lang, id: &str) -> String {
    let mut known = protocol.red_flags.iter().chain(&protocol.symptoms);
    known.find(|choice| choice.id == id).map_or_else(|| id.to_owned(), |choice| spoken(lang, &choice.words))
}

/// What a name of the program is called: the ticked lists, and what earlier answers say.
fn known_name(lang: Lang, name: &str) -> String {
    let key = format!("protocol-name-{name}");
    if knows(lang, &key) { t(lang, &key) } else { name.to_owned() }
}

/// A condition in words.
pub fn condition(lang: Lang, protocol: &Protocol, when: &str) -> String {
    let tokens = tokens(when);
    let token = |i: usize| tokens.get(i).map(String::as_str).unwrap_or("");
    let mut said: Vec<String> = Vec::new();
    // The unit of what was named last belongs to the number after it.
    let mut of = String::new();
    let mut i = 0;
    while i < tokens.len() {
        let list = |name: &str| matches!(name, "red_flags" | "symptoms");
        let (words, taken) = match (token(i), token(i + 1), token(i + 2)) {
            (sign, "in", name) if sign.starts_with(['\'', '"']) && list(name) => {
                let sign = sign_of(protocol, lang, sign.trim_matches(['\'', '"']));
                (t_args(lang, "protocol-has-sign", &[("sign", &sign)]), 3)
            }
            (name, "!=", "[]") if list(name) => (t(lang, &format!("protocol-any-{name}")), 3),
            (name, "==", "[]") if list(name) => (t(lang, &format!("protocol-no-{name}")), 3),
            ("t", _, _) => (t(lang, "protocol-threshold"), 1),
            ("&&", _, _) => (t(lang, "protocol-and"), 1),
            ("||", _, _) => (t(lang, "protocol-or"), 1),
            ("!", _, _) => (t(lang, "protocol-not"), 1),
            ("<=", _, _) => ("≤".to_owned(), 1),
            (">=", _, _) => ("≥".to_owned(), 1),
            ("==", _, _) => ("=".to_owned(), 1),
            ("!=", _, _) => ("≠".to_owned(), 1),
            (number, _, _) if number.starts_with(|c: char| c.is_ascii_digit()) => {
                (with_unit(lang, &decimal(lang, number), &of), 1)
            }
            (name, _, _) => match protocol.field(name) {
                Some(field) => {
                    of.clone_from(&field.unit);
                    (spoken(lang, &field.words), 1)
                }
                None => {
                    if name.starts_with(|c: char| c.is_alphabetic()) {
                        // What was measured before has the unit of what is measured now.
                        let now = name.strip_prefix("prev_").and_then(|name| protocol.field(name));
                        of = now.map(|field| field.unit.clone()).unwrap_or_default();
                    }
                    (known_name(lang, name), 1)
                }
            },
        };
        match words.strip_prefix(", ") {
            Some(rest) => {
                if let Some(last) = said.last_mut() {
                    last.push(',');
                }
                said.push(rest.to_owned());
            }
            None => said.push(words),
        }
        i += taken;
    }
    crate::events::first_letter_up(&said.join(" ").replace("( ", "(").replace(" )", ")"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rules::protocol::{COVID19_VN_2022, read};

    fn said(lang: Lang, rule: &str) -> String {
        let protocol = read(COVID19_VN_2022).unwrap();
        condition(lang, &protocol, &protocol.rule(rule).unwrap().when)
    }

    #[test]
    fn conditions_are_read_as_a_doctor_says_them() {
        for (rule, vi, en) in [
            ("rr_fast", "Nhịp thở ≥ ngưỡng theo tuổi", "Breathing rate ≥ the age's threshold"),
            ("spo2_low", "SpO2 ≤ 96%", "SpO2 ≤ 96%"),
            (
                "pulse",
                "Mạch > 120 lần/phút, hoặc Mạch < 50 lần/phút",
                "Pulse > 120 per minute, or Pulse < 50 per minute",
            ),
            (
                "fever_child",
                "Nhiệt độ > 39,0 °C và nhiệt độ lần trước > 39,0 °C, hoặc Sốt đã bao lâu > 48 giờ",
                "Temperature > 39.0 °C and the temperature before > 39.0 °C, or Fever for > 48 hours",
            ),
            ("flags_urgent", "Có bất kỳ dấu hiệu nguy hiểm nào", "Any danger sign"),
            (
                "trend",
                "Số bệnh nền > 0 và SpO2 giảm trong 24 giờ ≥ 3",
                "Number of risk conditions > 0 and fall of SpO2 within 24 hours ≥ 3",
            ),
        ] {
            assert_eq!(said(Lang::Vi, rule), vi);
            assert_eq!(said(Lang::En, rule), en);
        }
        assert!(
            said(Lang::Vi, "flags_emergency").starts_with("Có dấu hiệu “Co giật”, hoặc có dấu hiệu “Tím môi")
        );
    }

    #[test]
    fn values_have_their_unit() {
        let protocol = read(COVID19_VN_2022).unwrap();
        let value = |name: &str, number: f64| measured(Lang::Vi, protocol.field(name).unwrap(), number);
        assert_eq!((value("temp", 38.5), value("spo2", 97.0)), ("38,5 °C".to_owned(), "97%".to_owned()));
        assert_eq!(value("rr", 28.0), "28 lần/phút");
    }

    #[test]
    fn what_is_not_understood_stays_as_it_is_written() {
        let protocol = read(COVID19_VN_2022).unwrap();
        assert_eq!(condition(Lang::En, &protocol, "!(x1 < 3) && 'no"), "Not (x1 < 3) and 'no");
    }
}
