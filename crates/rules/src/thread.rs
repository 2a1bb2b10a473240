//! What a home and its care team say to each other (trao đổi riêng với tổ; LC-8, LC-11, LC-16, P-3). Nothing that was said is changed
//! or taken away: a correction is a message of its own that names what it corrects. Whoever writes from home is answered by a time,
//! or the home is a gap (`unanswered`).

use crate::time::MINUTE;
use crate::{At, Refusal, fold};
use unicode_normalization::UnicodeNormalization;

/// The longest message, in characters.
pub const TEXT_MAX: usize = 2_000;
/// How long a home may wait for its answer, in minutes: what a locality can set.
pub const ANSWER_MINUTES: std::ops::RangeInclusive<i64> = 1..=1_440;
/// What a quote shows of what it quotes, in characters.
pub const QUOTE_MAX: usize = 120;

/// A home that wrote and has no answer yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// When the oldest message came that nobody has answered.
    pub since: At,
    /// By when it has to be answered; `None` where the locality has not said how long that may take.
    pub answer_by: Option<At>,
}

/// A home wrote. What waits already keeps its time: a second message pushes nothing back.
pub fn asked(before: Option<Waiting>, at: At, minutes: Option<i64>) -> Waiting {
    before.unwrap_or(Waiting { since: at, answer_by: answer_by(at, minutes) })
}

/// By when something has to be answered that came at `since`.
pub fn answer_by(since: At, minutes: Option<i64>) -> Option<At> {
    minutes.map(|minutes| since.plus(minutes.saturating_mul(MINUTE)))
}

/// Checks how long a home may wait, in minutes.
///
/// # Errors
/// `answer_minutes` with `out_of_range`.
pub fn check_minutes(minutes: i64) -> Result<i64, Refusal> {
    ANSWER_MINUTES
        .contains(&minutes)
        .then_some(minutes)
        .ok_or_else(|| Refusal::field("answer_minutes", "out_of_range"))
}

/// The words of a message as they are kept: composed letters, lines of one kind of end, nothing around them, nothing that no
/// one can see.
///
/// # Errors
/// `text` with `required` or `too_long`.
pub fn text(written: &str) -> Result<String, Refusal> {
    let lines = written.replace("\r\n", "\n").replace('\r', "\n");
    let seen = |c: &char| *c == '\n' || !(c.is_control() || fold::is_invisible(*c));
    let kept = lines.nfc().filter(seen).collect::<String>().trim().to_owned();
    if kept.is_empty() {
        return Err(Refusal::field("text", "required"));
    }
    if kept.chars().count() > TEXT_MAX {
        return Err(Refusal::field("text", "too_long"));
    }
    Ok(kept)
}

/// What a quote shows of a text: its beginning, on one line.
pub fn quoted(text: &str) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= QUOTE_MAX {
        return line;
    }
    line.chars().take(QUOTE_MAX - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const START: At = At(1_000_000_000);

    #[test]
    fn the_first_unanswered_message_sets_the_time() {
        let first = asked(None, START, Some(30));
        assert_eq!(first, Waiting { since: START, answer_by: Some(START.plus(30 * MINUTE)) });
        assert_eq!(
            asked(Some(first), START.plus(20 * MINUTE), Some(30)),
            first,
            "a second one pushes nothing back"
        );
        assert_eq!(asked(None, START, None).answer_by, None, "no time is made up");
        assert!(check_minutes(0).is_err() && check_minutes(1_441).is_err());
        assert_eq!((check_minutes(1), check_minutes(1_440)), (Ok(1), Ok(1_440)));
    }

    #[test]
    fn a_message_is_kept_as_it_was_written_and_no_other_way_round() {
        assert_eq!(text(" Bà \r\nmệt\r\n ").unwrap(), "Bà \nmệt");
        assert_eq!(text("Bà mê\u{323}t").unwrap(), "Bà mệt", "composed");
        assert_eq!(text("a\u{202E}b\u{7}c").unwrap(), "abc");
        assert_eq!(text(" \n ").unwrap_err().fields[0].code, "required");
        assert!(text(&"ă".repeat(TEXT_MAX)).is_ok());
        assert_eq!(text(&"ă".repeat(TEXT_MAX + 1)).unwrap_err().fields[0].code, "too_long");
    }

    #[test]
    fn a_quote_is_one_short_line() {
        assert_eq!(quoted("Bà\n mệt"), "Bà mệt");
        let long = quoted(&"chữ ".repeat(100));
        assert_eq!(long.chars().count(), QUOTE_MAX);
        assert!(long.ends_with('…'));
    }

    proptest! {
        /// However often a home writes, it waits since its first message, and no longer than was said.
        #[test]
        fn nobody_waits_longer_for_writing_again(gaps in proptest::collection::vec(0i64..100_000_000, 1..20), minutes in 1i64..=1_440) {
            let (mut at, mut waiting) = (START, None);
            for gap in gaps {
                at = at.plus(gap);
                waiting = Some(asked(waiting, at, Some(minutes)));
                let waiting = waiting.unwrap();
                prop_assert!(waiting.since <= at && waiting.answer_by == answer_by(waiting.since, Some(minutes)));
            }
        }

        #[test]
        fn what_is_kept_is_kept_again(written in "\\PC{0,80}") {
            if let Ok(kept) = text(&written) {
                prop_assert_eq!(text(&kept).unwrap(), kept);
            }
        }
    }
}
