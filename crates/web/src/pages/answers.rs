//! Answers about somebody's health in words: what was said and measured, what it means and why, what stayed unknown. Every
//! sign, value and rule is called what the protocol calls it by which the answer was judged (P-13).

use super::pen::Pen;
use acts::adopt_protocol::Shelf;
use acts::record_checkin::read_answers;
use rules::CheckinId;
use rules::checkin::Answers;
use rules::protocol::{self, Protocol};
use std::collections::HashMap;
use std::sync::Arc;
use store::checkin::{self as rows, Checkin, Judgement};
use store::{Reader, StoreError, staff};
use views::Lang;
use views::conditions::{measured, spoken};
use views::events::first_letter_down;
use views::pages::checkin::{Reason, Said};

/// An answer with how it was judged in the end, and by what.
pub struct Judged {
    pub row: Checkin,
    pub judgement: Judgement,
    pub answers: Answers,
    pub protocol: Arc<Protocol>,
}

/// Some answers, in their order.
pub fn judged(r: &mut Reader, shelf: &Shelf, all: Vec<Checkin>) -> Result<Vec<Judged>, StoreError> {
    let ids: Vec<CheckinId> = all.iter().map(|row| row.id).collect();
    let mut last: HashMap<CheckinId, Judgement> = HashMap::new();
    for judgement in rows::judgements_of(r, &ids)? {
        last.insert(judgement.checkin_id, judgement);
    }
    let mut found = Vec::new();
    for row in all {
        let torn = || StoreError::Shape(format!("check-in {} was never judged", row.id.0));
        let judgement = last.remove(&row.id).ok_or_else(torn)?;
        let protocol = shelf.by_id(r, judgement.adoption_id)?;
        found.push(Judged { answers: read_answers(&row)?, protocol, row, judgement });
    }
    Ok(found)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(' ').filter(|word| !word.is_empty())
}

/// "261/QĐ-BYT; cách hiểu do chúng tôi đề xuất"
pub fn source(pen: &Pen, rule: &protocol::Rule) -> String {
    sources(pen, &rule.source, rule.proposed)
}

/// The documents, and whether how they are read is our proposal.
pub fn sources(pen: &Pen, documents: &str, proposed: bool) -> String {
    let proposed = proposed.then(|| pen.t("checkin-proposed"));
    let parts = [Some(documents.to_owned()).filter(|source| !source.is_empty()), proposed];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// What is called by these ids, as far as the protocol knows them.
fn named(lang: Lang, known: &[protocol::Choice], said: &[String]) -> Vec<String> {
    let name = |id: &String| {
        let choice = known.iter().find(|choice| choice.id == *id);
        choice.map_or_else(|| id.clone(), |choice| spoken(lang, &choice.words))
    };
    said.iter().map(name).collect()
}

impl Judged {
    /// The rules that fired, the gravest first.
    pub fn reasons(&self, pen: &Pen) -> Vec<Reason> {
        words(&self.judgement.rules)
            .map(|id| match self.protocol.rule(id) {
                Some(rule) => Reason { what: spoken(pen.lang, &rule.words), source: source(pen, rule) },
                None => Reason { what: id.to_owned(), source: String::new() },
            })
            .collect()
    }

    /// The danger signs that were ticked.
    pub fn flags(&self, pen: &Pen) -> Vec<String> {
        named(pen.lang, &self.protocol.red_flags, self.answers.red_flags.as_deref().unwrap_or_default())
    }

    /// What was measured, in the order of the protocol, a second reading after its first: "SpO2" and "96%".
    pub fn numbers(&self, pen: &Pen) -> Vec<Said> {
        let mut said = Vec::new();
        for field in &self.protocol.fields {
            let name = spoken(pen.lang, &field.words);
            let again = pen.t1("checkin-second", "label", &name);
            for (id, label) in [(field.id.clone(), name), (format!("{}_second", field.id), again)] {
                if let Some(number) = self.answers.number(&id) {
                    said.push(Said { label, value: measured(pen.lang, field, number) });
                }
            }
        }
        said
    }

    /// Everything that was said. A list that was not asked about is left out.
    pub fn said(&self, pen: &Pen) -> Vec<Said> {
        let mut said = Vec::new();
        if let Some(flags) = &self.answers.red_flags {
            let value = if flags.is_empty() { pen.t("checkin-none") } else { self.flags(pen).join(", ") };
            said.push(Said { label: pen.t("checkin-flags"), value });
        }
        said.extend(self.numbers(pen));
        if let Some(symptoms) = self.answers.symptoms.as_ref().filter(|said| !said.is_empty()) {
            let value = named(pen.lang, &self.protocol.symptoms, symptoms).join(", ");
            said.push(Said { label: pen.t("checkin-symptoms"), value });
        }
        said
    }

    /// "Chưa biết: huyết áp, mạch"
    pub fn unknown(&self, pen: &Pen) -> Option<String> {
        let name = |id: &str| match self.protocol.field(id) {
            Some(field) => first_letter_down(&spoken(pen.lang, &field.words)),
            None => pen.known(&format!("checkin-unknown-{id}"), &[]).unwrap_or_else(|| id.to_owned()),
        };
        let names: Vec<String> = words(&self.judgement.unknown).map(name).collect();
        (!names.is_empty()).then(|| pen.t1("checkin-unknown", "names", &names.join(", ")))
    }

    /// Who answered, and who wrote it down: "người nhà khai (chị Mái) · Lò Thị Lế".
    pub fn who(&self, r: &mut Reader, pen: &Pen) -> Result<String, StoreError> {
        let by = match &self.row.answerer {
            Some(name) => format!("{} ({name})", pen.name(self.row.answered_by)),
            None => pen.name(self.row.answered_by),
        };
        let written_by = match self.row.staff_id {
            Some(id) => staff::by_id(r, id)?.map(|member| member.full_name),
            None => None,
        };
        // Nobody of the staff wrote it down: it came by the home's own link.
        Ok(match written_by {
            Some(name) => format!("{by} · {name}"),
            None => format!("{by} · {}", pen.t("checkin-unverified")),
        })
    }

    /// "lập 08:12, nhận 08:24"
    pub fn late(&self, pen: &Pen) -> Option<String> {
        let (made, received) = (self.row.made_at, self.row.received_at);
        let is_late = made < received.plus(-rules::checkin::LATE_AFTER);
        is_late.then(|| pen.t2("event-late", ("made", &pen.exact(made)), ("received", &pen.exact(received))))
    }

    /// "Theo phác đồ COVID-19 (covid19-vn-2022 1.1.0)"
    pub fn by_protocol(&self, pen: &Pen) -> String {
        let name = spoken(pen.lang, &self.protocol.name);
        let (id, version) = (&self.protocol.id, &self.protocol.version);
        let args = [("name", name.as_str()), ("id", id), ("version", version)];
        views::t_args(pen.lang, "checkin-by-protocol", &args)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rules::protocol::{COVID19_VN_2022, read};
    use rules::{AdoptionId, AnsweredBy, At, EpisodeId, JudgementId, Level, Uid, Zone};

    fn answer(numbers: &[(&str, f64)], flags: &[&str], unknown: &str) -> Judged {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        Judged {
            row: Checkin {
                id: CheckinId(1),
                uid: Uid([0; 16]),
                episode_id: EpisodeId(1),
                answered_by: AnsweredBy::Relative,
                answerer: None,
                answers: String::new(),
                made_at: At(0),
                received_at: At(0),
                staff_id: None,
                level: Level::Urgent,
                repeat_until: None,
            },
            judgement: Judgement {
                id: JudgementId(1),
                checkin_id: CheckinId(1),
                adoption_id: AdoptionId(1),
                protocol: String::new(),
                version: String::new(),
                level: Level::Urgent,
                unknown: unknown.to_owned(),
                rules: "spo2_low no_more".to_owned(),
                at: At(0),
            },
            answers: Answers {
                numbers: numbers.iter().map(|(name, number)| ((*name).to_owned(), *number)).collect(),
                red_flags: Some(owned(flags)),
                symptoms: None,
            },
            protocol: Arc::new(read(COVID19_VN_2022).unwrap()),
        }
    }

    #[test]
    fn an_answer_is_told_in_the_protocols_words_and_order() {
        let pen = Pen { lang: Lang::Vi, now: At(0), zone: Zone::default() };
        let numbers = [("spo2_second", 93.0), ("temp", 38.5), ("spo2", 92.0), ("rr", 28.0)];
        let judged = answer(&numbers, &["drowsy", "moon"], "bp pulse red_flags spo2");
        let told: Vec<String> =
            judged.numbers(&pen).iter().map(|said| format!("{} {}", said.label, said.value)).collect();
        assert_eq!(told, ["Nhịp thở 28 lần/phút", "SpO2 92%", "SpO2, lần hai 93%", "Nhiệt độ 38,5 °C"]);
        assert_eq!(judged.flags(&pen), ["Lơ mơ, ngủ li bì, khó đánh thức", "moon"]);
        let unknown = judged.unknown(&pen).unwrap();
        assert_eq!(unknown, "Chưa biết: huyết áp, mạch, dấu hiệu nguy hiểm, SpO2");
        let reasons = judged.reasons(&pen);
        assert_eq!((reasons[0].what.is_empty(), reasons[1].what.as_str()), (false, "no_more"));
        assert_eq!(judged.said(&pen)[0].value, "Lơ mơ, ngủ li bì, khó đánh thức, moon");
        let pen = Pen { lang: Lang::En, ..pen };
        assert_eq!(judged.numbers(&pen)[3].value, "38.5 °C");
    }
}
