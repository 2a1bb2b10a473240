//! The words by which a home calls its members on its own link ("Bà", "Bé"): they are shown to whoever has the link, so they are
//! no names (trust.md, "The patient's link", tier 0).

use crate::fold;
use crate::time::{DAY, HOUR, MINUTE};
use crate::{At, EpisodeId, LinkDelivery, Refusal};

/// The longest word, in characters.
pub const WORD_MAX: usize = 20;

/// How long a link goes on after the last care of its home ended (trust.md).
pub const AFTER_CARE: i64 = 7 * DAY;

/// How long after the link was handed over the home's first device is let in without a code (trust.md, tier 1).
pub const FIRST_DEVICE_WITHIN: i64 = 72 * HOUR;
/// How long a code waits to be typed.
pub const CODE_FOR: i64 = 15 * MINUTE;
/// Wrong codes after which a code is over.
pub const CODE_TRIES_MAX: i64 = 5;
/// Devices of one home that read at a time.
pub const DEVICES_MAX: usize = 10;

/// Whether a device is let in without a code: once, within three days after the link was put into the hands of the home, or sent
/// to a number at which it was reached.
pub fn first_may_bind(delivery: Option<LinkDelivery>, made_at: At, came: bool, now: At) -> bool {
    let was_handed_over = match delivery {
        Some(LinkDelivery::InPerson | LinkDelivery::ToNumber) => true,
        Some(LinkDelivery::Other) | None => false,
    };
    was_handed_over && !came && now < made_at.plus(FIRST_DEVICE_WITHIN)
}

/// Whether a home's link is over by now, when its last care ended at `ended`.
pub fn is_over(ended: At, now: At) -> bool {
    now >= ended.plus(AFTER_CARE)
}

/// Checks the words of a home, one for each member who is under care.
///
/// # Errors
/// `word.{n}` with `required`, `too_long`, `unknown` (not of this home), `said_twice`, or `is_a_name`.
pub fn words(
    members: &[(EpisodeId, &str)],
    chosen: &[(EpisodeId, String)],
) -> Result<Vec<(EpisodeId, String)>, Refusal> {
    let mut refusal = Refusal::invalid("invalid");
    let mut kept: Vec<(EpisodeId, String)> = Vec::new();
    for (n, (id, written)) in chosen.iter().enumerate() {
        let word = fold::nfc(written.trim());
        let name = members.iter().find(|(member, _)| member == id).map(|(_, name)| *name);
        let code = match name {
            None => Some("unknown"),
            Some(_) if word.is_empty() => Some("required"),
            Some(_) if word.chars().count() > WORD_MAX => Some("too_long"),
            Some(name) if fold::fold(name).contains(' ') && fold::fold(&word) == fold::fold(name) => {
                Some("is_a_name")
            }
            Some(_) if kept.iter().any(|(_, had)| fold::fold(had) == fold::fold(&word)) => Some("said_twice"),
            Some(_) => None,
        };
        match code {
            Some(code) => refusal = refusal.and_field(&format!("word.{n}"), code),
            None => kept.push((*id, word)),
        }
    }
    if refusal.fields.is_empty() { Ok(kept) } else { Err(refusal) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_goes_on_for_a_week_after_the_care() {
        let ended = At(1_000 * DAY);
        assert!(!is_over(ended, ended) && !is_over(ended, At(ended.plus(AFTER_CARE).0 - 1)));
        assert!(is_over(ended, ended.plus(AFTER_CARE)));
    }

    #[test]
    fn the_first_device_comes_once_and_soon() {
        let made = At(1_000 * DAY);
        let (in_person, other) = (Some(LinkDelivery::InPerson), Some(LinkDelivery::Other));
        assert!(first_may_bind(in_person, made, false, made.plus(FIRST_DEVICE_WITHIN - 1)));
        assert!(first_may_bind(Some(LinkDelivery::ToNumber), made, false, made));
        assert!(!first_may_bind(in_person, made, true, made), "once");
        assert!(!first_may_bind(in_person, made, false, made.plus(FIRST_DEVICE_WITHIN)), "too late");
        assert!(!first_may_bind(other, made, false, made) && !first_may_bind(None, made, false, made));
    }

    #[test]
    fn a_home_calls_its_members_by_words_and_not_by_names() {
        let home = [(EpisodeId(1), "Tẩn Mý Chản"), (EpisodeId(2), "Lò A Tủa")];
        let chosen = |words: &[(i64, &str)]| {
            let words: Vec<(EpisodeId, String)> =
                words.iter().map(|(id, word)| (EpisodeId(*id), (*word).to_owned())).collect();
            super::words(&home, &words).map_err(|refusal| {
                refusal.fields.iter().map(|f| format!("{}:{}", f.field, f.code)).collect::<Vec<_>>().join(" ")
            })
        };
        let kept = chosen(&[(1, " Bà "), (2, "Bé")]).unwrap();
        assert_eq!(kept, [(EpisodeId(1), "Bà".to_owned()), (EpisodeId(2), "Bé".to_owned())]);
        assert_eq!(chosen(&[(1, ""), (2, "Bé")]).unwrap_err(), "word.0:required");
        assert_eq!(chosen(&[(1, "Bà"), (2, "ba")]).unwrap_err(), "word.1:said_twice");
        assert_eq!(chosen(&[(1, "tan my chan"), (3, "Bé")]).unwrap_err(), "word.0:is_a_name word.1:unknown");
        assert_eq!(chosen(&[(1, &"x".repeat(21))]).unwrap_err(), "word.0:too_long");
    }
}
