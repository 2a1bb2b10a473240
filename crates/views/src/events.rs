//! What happened, in words. Entries of the log carry a kind and a header of `name=value` words; here they become a
//! sentence for a record's timeline.

use crate::pages::contact::Tick;
use crate::words::{Lang, knows, t, t_args};

/// Values of a header: `by=phone outcome=reached` as pairs.
fn values(header: &str) -> Vec<(&str, &str)> {
    header.split_whitespace().filter_map(|word| word.split_once('=')).collect()
}

/// Which closed list a value of a header belongs to.
fn list_of(kind: &str, name: &str) -> Option<&'static str> {
    match (kind, name) {
        ("test_recorded" | "test_voided", "kind") => Some("test-kind"),
        ("checkin_recorded", "by") => Some("answered-by"),
        ("severity_set", "level") => Some("severity"),
        (_, "level") => Some("level"),
        (_, "told") => Some("gap-level"),
        ("home_visited", "how") => Some("round-outcome"),
        ("alert_closed", "how") => Some("alert-end"),
        (_, "kind") => Some("episode-kind"),
        (_, "by") => Some("contact-by"),
        ("contact_attempted", "outcome") => Some("attempt-outcome"),
        (_, "outcome") => Some("outcome"),
        (_, "result") => Some("test-result"),
        (_, "arrangement") => Some("arrangement"),
        (_, "audience") => Some("audience"),
        _ => None,
    }
}

/// The sentence, and a second line where there is more to say.
pub fn describe(lang: Lang, kind: &str, header: &str) -> (String, Option<String>) {
    let key = format!("event-{kind}");
    if !knows(lang, &key) {
        return (t_args(lang, "event-unknown", &[("kind", kind)]), None);
    }
    let values = values(header);
    let said: Vec<(&str, String)> = values
        .iter()
        .map(|(name, value)| {
            let word = list_of(kind, name).map(|list| format!("{list}-{value}"));
            let words = match word {
                Some(key) if knows(lang, &key) => t(lang, &key),
                _ => (*value).to_owned(),
            };
            (*name, words)
        })
        .collect();
    let args: Vec<(&str, &str)> = said.iter().map(|(name, words)| (*name, words.as_str())).collect();
    let what = first_letter_up(&t_args(lang, &key, &args));
    let ticks =
        values.iter().find(|(name, _)| *name == "ticks").and_then(|(_, bits)| bits.parse::<u8>().ok());
    let clause = args.iter().any(|(name, _)| *name == "clause");
    let detail = match ticks {
        None if kind == "episode_ended" && clause => Some(t_args(lang, "event-episode_ended-by", &args)),
        Some(15) => Some(t(lang, "event-contact_attempted-all")),
        Some(bits) if bits > 0 => {
            let told: Vec<String> = Tick::ALL
                .iter()
                .enumerate()
                .filter(|(i, _)| (bits >> *i) & 1 == 1)
                .map(|(_, tick)| tick.missing(lang))
                .collect();
            Some(t_args(lang, "event-contact_attempted-told", &[("told", &told.join(", "))]))
        }
        _ => None,
    };
    (what, detail)
}

/// Where an entry came from: `web`, `api`, `import`, `clock` …
pub fn origin(lang: Lang, origin: &str) -> String {
    let key = format!("origin-{origin}");
    if knows(lang, &key) { t(lang, &key) } else { origin.to_owned() }
}

/// What goes on within a sentence: "Mạch" is "mạch", "SpO2" stays.
pub fn first_letter_down(text: &str) -> String {
    let word = text.split(' ').next().unwrap_or_default();
    if word.chars().skip(1).any(|c| c.is_uppercase() || c.is_ascii_digit()) {
        return text.to_owned();
    }
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// Sentences begin with a capital; words of a list do not.
pub fn first_letter_up(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ending_names_the_clause_that_it_rests_on() {
        let header = "outcome=recovered protocol=covid19-vn-2022 version=1.1.0 clause=tested day=8";
        let (_, detail) = describe(Lang::Vi, "episode_ended", header);
        assert_eq!(detail.as_deref(), Some("Theo covid19-vn-2022 1.1.0, khoản tested, ngày 8"));
        assert_eq!(describe(Lang::Vi, "episode_ended", "outcome=died").1, None);
    }

    #[test]
    fn a_name_within_a_sentence_keeps_its_capitals() {
        assert_eq!(
            ["Mạch", "SpO2", "Nhịp thở", "F0 mới"].map(first_letter_down),
            ["mạch", "SpO2", "nhịp thở", "F0 mới"]
        );
    }

    #[test]
    fn an_attempt_is_told_with_what_was_explained() {
        let (what, detail) =
            describe(Lang::Vi, "contact_attempted", "by=visit outcome=reached ticks=3 state=reached");
        assert_eq!(what, "Đến nhà: Gặp được");
        assert_eq!(detail.as_deref(), Some("Đã dặn: dấu hiệu nguy hiểm, số cần gọi"));
        let (_, detail) =
            describe(Lang::Vi, "contact_attempted", "by=phone outcome=reached ticks=15 state=advised");
        assert_eq!(detail.as_deref(), Some("Đã dặn đủ bốn điều"));
    }

    #[test]
    fn a_reminder_says_who_was_told() {
        let (what, _) = describe(Lang::Vi, "first_contact_reminded", "stage=due told=commune");
        assert_eq!(what, "Nhắc liên lạc lần đầu, đã báo xã");
    }

    #[test]
    fn an_unknown_kind_is_named_as_it_is() {
        assert_eq!(describe(Lang::En, "moon_landing", "").0, "Something else (moon_landing)");
    }
}
