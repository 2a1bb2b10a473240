//! Puts values into words: the language, the time and the zone of one page, so that no handler formats by itself.

use crate::gate::Seat;
use rules::{At, BirthDate, Day, Zone};
use views::words::Word;
use views::{Countdown, EmergencyNumber, Lang, Paging, PhoneLine, When, formats};

#[derive(Clone, Debug)]
pub struct Pen {
    pub lang: Lang,
    pub now: At,
    pub zone: Zone,
}

impl Pen {
    pub fn of(seat: &Seat) -> Pen {
        let now = seat.signed_in.as_ref().map_or_else(|| seat.app.house.now(), |desk| desk.now);
        Pen { lang: seat.lang, now, zone: Zone::default() }
    }

    pub fn t(&self, key: &str) -> String {
        views::t(self.lang, key)
    }

    pub fn t1(&self, key: &str, name: &str, value: &str) -> String {
        views::t_args(self.lang, key, &[(name, value)])
    }

    pub fn t2(&self, key: &str, a: (&str, &str), b: (&str, &str)) -> String {
        views::t_args(self.lang, key, &[a, b])
    }

    /// Words that a language may not have yet.
    pub fn known(&self, key: &str, values: &[(&str, &str)]) -> Option<String> {
        views::words::knows(self.lang, key).then(|| views::t_args(self.lang, key, values))
    }

    pub fn name<W: Word>(&self, word: W) -> String {
        views::name(self.lang, word)
    }

    pub fn n(&self, n: i64) -> String {
        formats::number(n)
    }

    pub fn today(&self) -> Day {
        self.now.day(&self.zone)
    }

    pub fn when(&self, at: At) -> When {
        formats::when(self.lang, at, self.now, &self.zone)
    }

    /// A day as a moment without an hour: lists know only that much (P-7).
    pub fn when_day(&self, day: Day) -> When {
        When { iso: day.to_string(), exact: formats::short_date(day), relative: String::new() }
    }

    pub fn exact(&self, at: At) -> String {
        formats::exact(at, self.now, &self.zone)
    }

    pub fn due(&self, at: At) -> Countdown {
        formats::countdown(self.lang, at, self.now, &self.zone)
    }

    pub fn age(&self, birth: Option<BirthDate>) -> String {
        formats::age(self.lang, birth, self.today())
    }

    pub fn lasted(&self, since: At) -> String {
        formats::duration(self.lang, self.now.0 - since.0)
    }

    /// `16/3/2022 10:05`, as a field is filled and read back.
    pub fn moment(&self, at: At) -> String {
        format!("{} {}", formats::date(at.day(&self.zone)), formats::time(at, &self.zone))
    }

    pub fn read_moment(&self, text: &str) -> Option<At> {
        formats::read_moment(text, self.today(), &self.zone)
    }

    /// "Người 51 đến 100" with the ways to the pages beside; `None` where there is only one page.
    pub fn paging(
        &self,
        from: usize,
        count: usize,
        previous: Option<String>,
        next: Option<String>,
    ) -> Option<Paging> {
        if previous.is_none() && next.is_none() {
            return None;
        }
        let (first, last) = (self.n(from as i64 + 1), self.n((from + count) as i64));
        let words = self.t2("people-range", ("from", &first), ("to", &last));
        Some(Paging { words, previous, next })
    }

    /// The next page of a list that knows no numbers: there is no way to count back.
    pub fn next_only(&self, next: Option<String>, first: Option<String>) -> Option<Paging> {
        if next.is_none() && first.is_none() {
            return None;
        }
        Some(Paging { words: String::new(), previous: first, next })
    }

    pub fn phone(&self, e164: &str) -> PhoneLine {
        PhoneLine {
            shown: formats::phone(e164),
            e164: e164.to_owned(),
            state: self.name(rules::PointState::Active),
            is_wrong: false,
            note: None,
        }
    }

    pub fn emergency(&self, numbers: &[store::locality::EmergencyNumber]) -> Vec<EmergencyNumber> {
        numbers
            .iter()
            .map(|n| {
                // Short numbers (115) are dialled as they are.
                let dial =
                    rules::phone::parse(&n.number).map_or_else(|_| n.number.clone(), |p| p.into_string());
                EmergencyNumber { label: n.label.clone(), shown: formats::phone(&n.number), dial }
            })
            .collect()
    }
}

/// A number whose middle is not shown: enough to tell two apart, too little to call.
pub fn masked(e164: &str) -> String {
    let shown = formats::phone(e164);
    let digits = shown.chars().filter(char::is_ascii_digit).count();
    let mut at = 0;
    shown
        .chars()
        .map(|c| {
            if !c.is_ascii_digit() {
                return c;
            }
            at += 1;
            if at > 3 && at + 2 <= digits { '•' } else { c }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_number_cannot_be_called() {
        assert_eq!(masked("+84912345678"), "091• ••• •78");
    }
}
