//! The medical protocol in force, with every number and its document; the province's officer adopts another one here, on
//! record and with a reason (LC-6, P-13, P-14).

use super::pen::Pen;
use super::places;
use super::show::{Shown, ask, page, page_again, refused, renamed, route, see_done, settle, view};
use crate::api;
use crate::api::imports::Upload;
use crate::app::UPLOAD_MAX;
use crate::gate::Seat;
use crate::problem::Problem;
use crate::routes::{Access, Route};
use acts::adopt_protocol::{self, AdoptProtocol, Shelf};
use acts::{Desk, Once};
use axum::extract::{DefaultBodyLimit, Request};
use axum::response::Response;
use axum::routing::post;
use rules::permission::Verb;
use rules::protocol::{self, Fault, Field, Protocol, Rule};
use rules::release::{Clause, CountsFrom};
use rules::slots::Times;
use rules::time::MINUTE;
use rules::{Level, Refusal};
use store::area::{self, Area};
use store::protocol::{Adoption, holding, of_area};
use store::{Reader, Stop, StoreError, staff};
use views::conditions::{condition, spoken, unit};
use views::pages::alerts::level_tone;
use views::pages::protocol::{
    Adopt, AdoptionLine, ClauseLine, FaultLine, FieldLine, InForce, LevelRules, ProtocolPage, RuleLine,
};
use views::shell::{Nav, encoded};
use views::words::fault_words;
use views::{Choice, Form, formats};

/// Adoptions on the page, the newest first.
const HISTORY_MAX: i64 = 50;
/// The protocols that come with the program.
const SHIPPED: &[&str] = &["covid19-vn-2022"];
/// The choice of one's own text or file.
const OWN: &str = "own";

pub fn routes() -> Vec<Route> {
    vec![
        route("GET", "/protocol", Access::Verb(Verb::ReadProtocol), view(show)),
        route(
            "POST",
            "/protocol",
            Access::Verb(Verb::AdoptProtocol),
            post(adopt).layer(DefaultBodyLimit::max(UPLOAD_MAX)),
        ),
    ]
}

fn rule_line(pen: &Pen, protocol: &Protocol, rule: &Rule) -> RuleLine {
    let band = |at: usize| protocol.bands.get(at).map(|b| spoken(pen.lang, &b.words)).unwrap_or_default();
    let is_for_all = rule.bands.len() == protocol.bands.len();
    let has_thresholds = rule.bands.iter().any(|(_, threshold)| threshold.is_some());
    let only = (!has_thresholds && !is_for_all).then(|| {
        let named: Vec<String> = rule.bands.iter().map(|(at, _)| band(*at)).collect();
        pen.t1("protocol-only", "bands", &named.join(", "))
    });
    // The threshold is compared with a measure: it has that measure's unit.
    let measured = protocol.fields.iter().find(|field| rule.when.contains(&field.id));
    RuleLine {
        label: spoken(pen.lang, &rule.words),
        when: condition(pen.lang, protocol, &rule.when),
        only,
        thresholds: rule.bands.iter().filter_map(|(at, t)| Some((band(*at), pen.n((*t)?)))).collect(),
        thresholds_title: measured.map_or_else(
            || pen.t("protocol-thresholds"),
            |field| pen.t1("protocol-thresholds-unit", "unit", &unit(pen.lang, &field.unit)),
        ),
        source: super::answers::source(pen, rule),
    }
}

/// The rules by level, the gravest first; a level without rules still says how fast its alarms are to be taken.
fn levels(pen: &Pen, protocol: &Protocol) -> Vec<LevelRules> {
    let mut levels = Vec::new();
    for level in Level::ALL {
        let rules: Vec<RuleLine> = protocol
            .rules
            .iter()
            .filter(|r| r.level == *level)
            .map(|r| rule_line(pen, protocol, r))
            .collect();
        let minutes = protocol.acknowledge_within(*level);
        if rules.is_empty() && minutes.is_none() {
            continue;
        }
        levels.push(LevelRules {
            word: level.word().to_owned(),
            label: pen.name(*level),
            tone: level_tone(*level),
            within: minutes.map_or_else(
                || pen.t("protocol-quiet"),
                |minutes| {
                    let time = formats::duration(pen.lang, i64::from(minutes) * MINUTE);
                    pen.t1("protocol-within", "time", &time)
                },
            ),
            rules,
        });
    }
    levels
}

fn field_line(pen: &Pen, field: &Field) -> FieldLine {
    let mut hints = Vec::new();
    if let Some(minutes) = field.repeat_within_minutes {
        hints.push(pen.t1("protocol-repeat", "minutes", &pen.n(i64::from(minutes))));
    }
    if field.follow_up {
        hints.push(pen.t("protocol-follow-up"));
    }
    FieldLine {
        label: spoken(pen.lang, &field.words),
        unit: unit(pen.lang, &field.unit),
        range: pen.t2("protocol-range-words", ("min", &pen.n(field.min)), ("max", &pen.n(field.max))),
        hint: hints.join(" "),
    }
}

/// When care may end: the clauses for cases and for contacts.
fn release(pen: &Pen, protocol: &Protocol) -> Vec<(String, Vec<ClauseLine>)> {
    let Some(rules) = &protocol.release else { return Vec::new() };
    let line = |clause: &Clause| ClauseLine {
        what: spoken(pen.lang, &clause.words),
        test: clause.test.as_ref().map(|needed| {
            let kinds: Vec<String> = needed.kinds.iter().map(|kind| pen.name(*kind)).collect();
            let witnesses: Vec<String> = needed.witnesses.iter().map(|who| pen.name(*who)).collect();
            let day = needed.from_day.to_string();
            let args = [("kinds", kinds.join(", ")), ("witnesses", witnesses.join(", ")), ("day", day)];
            let args: Vec<(&str, &str)> = args.iter().map(|(name, value)| (*name, value.as_str())).collect();
            views::t_args(pen.lang, "protocol-release-test", &args)
        }),
        source: super::answers::sources(pen, &clause.source, clause.proposed),
    };
    let part = |key: &str, clauses: &[Clause]| (pen.t(key), clauses.iter().map(line).collect());
    let contact = match rules.contact_counts_from {
        CountsFrom::Found => "protocol-release-contact",
        CountsFrom::LastExposure => "protocol-release-exposed",
    };
    vec![part("protocol-release-case", &rules.case), part(contact, &rules.contact)]
}

/// At which times of day one is to be heard of, and when silence counts.
fn slots(pen: &Pen, protocol: &Protocol) -> (Vec<(String, String)>, String) {
    let Some(said) = &protocol.checkin else { return (Vec::new(), String::new()) };
    let clock = |minute: i64| format!("{:02}:{:02}", minute / 60, minute % 60);
    let time = |minutes: i64| formats::duration(pen.lang, minutes * MINUTE);
    let times = |times: &Times| {
        let hours: Vec<String> =
            times.slots.iter().map(|slot| format!("{}–{}", clock(slot.from), clock(slot.to))).collect();
        pen.t2("protocol-slot", ("hours", &hours.join(", ")), ("time", &time(times.late_after)))
    };
    let lines = vec![
        (pen.t("protocol-slots-case"), times(&said.slots.case)),
        (pen.t("protocol-slots-contact"), times(&said.slots.contact)),
        (
            pen.t("protocol-slots-visitor"),
            pen.t1("protocol-slot-visitor", "time", &time(said.slots.visitor_silent_after)),
        ),
    ];
    (lines, super::answers::sources(pen, &said.source, said.proposed))
}

fn by(r: &mut Reader, adoption: &Adoption) -> Result<String, StoreError> {
    Ok(match adoption.staff_id {
        Some(id) => staff::by_id(r, id)?.map(|s| s.full_name).unwrap_or_default(),
        None => String::new(),
    })
}

fn in_force(r: &mut Reader, pen: &Pen, shelf: &Shelf, adoption: &Adoption) -> Result<InForce, StoreError> {
    let read = shelf.of(adoption)?;
    let area = area::by_id(r, adoption.area_id)?.map(|a| a.full_name()).unwrap_or_default();
    let who = by(r, adoption)?;
    let from = formats::date(read.valid_from);
    let (slots, slots_source) = slots(pen, &read);
    Ok(InForce {
        name: spoken(pen.lang, &read.name),
        id: read.id.clone(),
        version: read.version.clone(),
        icd10: read.icd10.clone(),
        valid: match read.valid_to {
            Some(to) => pen.t2("protocol-from-to", ("from", &from), ("to", &formats::date(to))),
            None => pen.t1("protocol-from", "from", &from),
        },
        over: read.valid_to.filter(|last| pen.today() > *last).map(|last| formats::date(last.plus(1))),
        sources: read.sources.clone(),
        missing: read.missing.clone(),
        adopted: pen.when(adoption.adopted_at),
        by: if who.is_empty() { area } else { pen.t2("protocol-adopted-by", ("who", &who), ("area", &area)) },
        note: adoption.note.clone(),
        levels: levels(pen, &read),
        release: release(pen, &read),
        slots,
        slots_source,
        fields: read.fields.iter().map(|field| field_line(pen, field)).collect(),
        red_flags: read.red_flags.iter().map(|sign| spoken(pen.lang, &sign.words)).collect(),
        symptoms: read.symptoms.iter().map(|sign| spoken(pen.lang, &sign.words)).collect(),
        body: adoption.body.clone(),
    })
}

/// The area that one adopts for: one's own.
fn own_area(r: &mut Reader, desk: &Desk) -> Result<Option<Area>, StoreError> {
    match desk.home(Verb::AdoptProtocol) {
        Some(home) => area::by_id(r, home.area_id),
        None => Ok(None),
    }
}

/// The protocols that come with the program, then one's own.
fn which(pen: &Pen) -> Vec<Choice> {
    let mut choices = Vec::new();
    for id in SHIPPED {
        let Some(read) = protocol::shipped(id).and_then(|text| protocol::read(text).ok()) else { continue };
        let name = spoken(pen.lang, &read.name);
        choices.push(Choice {
            value: (*id).to_owned(),
            label: pen.t2("alarm-protocol-version", ("name", &name), ("version", &read.version)),
            hint: Some(format!("{}: {}", pen.t("protocol-which-shipped-hint"), read.sources.join(", "))),
        });
    }
    choices.push(Choice {
        hint: Some(pen.t("protocol-which-own-hint")),
        ..Choice::new(OWN, pen.t("protocol-which-own"))
    });
    choices
}

fn fault_line(pen: &Pen, fault: &Fault) -> FaultLine {
    FaultLine {
        line: pen.t1("protocol-fault-line", "line", &fault.line.to_string()),
        words: fault_words(pen.lang, fault.code),
        detail: fault.detail.clone(),
    }
}

fn find(
    r: &mut Reader,
    desk: &Desk,
    pen: &Pen,
    shelf: &Shelf,
    code: &str,
    form: &Form,
    faults: &[Fault],
) -> Result<ProtocolPage, Stop> {
    let scope = api::scope(r, desk, Verb::ReadProtocol, Some(code).filter(|c| !c.is_empty()))?;
    let adoption = holding(r, &scope.path)?;
    let history_of = adoption.as_ref().map_or(scope.area.id, |adoption| adoption.area_id);
    let mut history = Vec::new();
    for line in of_area(r, history_of, HISTORY_MAX)? {
        history.push(AdoptionLine {
            what: pen.t2("alarm-protocol-version", ("name", &line.protocol), ("version", &line.version)),
            when: pen.when(line.adopted_at),
            by: by(r, &line)?,
            is_current: adoption.as_ref().is_some_and(|current| current.id == line.id),
            note: line.note,
        });
    }
    Ok(ProtocolPage {
        area: scope.area.full_name(),
        crumbs: places::crumbs(r, desk, Verb::ReadProtocol, &scope.area, |a| {
            format!("/protocol?area={}", encoded(&a.code))
        })?,
        in_force: adoption.map(|adoption| in_force(r, pen, shelf, &adoption)).transpose()?,
        adopt: own_area(r, desk)?.map(|area| Adopt {
            area: area.full_name(),
            area_code: area.code,
            form: form.clone(),
            which: which(pen),
            faults: faults.iter().map(|fault| fault_line(pen, fault)).collect(),
        }),
        history,
        ..ProtocolPage::default()
    })
}

async fn shown(seat: &Seat, form: Form, faults: Vec<Fault>) -> Result<ProtocolPage, Problem> {
    let (pen, shelf, code) = (Pen::of(seat), seat.app.house.shelf.clone(), seat.param("area").to_owned());
    let mut page = ask(seat, move |r, desk| find(r, desk, &pen, &shelf, &code, &form, &faults)).await?;
    page.shell = seat.shell(Nav::None, "protocol-title").await?;
    Ok(page)
}

async fn show(seat: Seat) -> Shown {
    page(&shown(&seat, Form::of([("which", SHIPPED[0])]), Vec::new()).await?)
}

async fn adopt(seat: Seat, request: Request) -> Response {
    let answer = adopt_by_form(&seat, request).await;
    settle(&seat, answer).await
}

/// The text that is meant: one that comes with the program, a file, or what was pasted.
fn text_of(upload: &Upload) -> Result<String, Refusal> {
    match upload.value("which") {
        "" => Err(Refusal::field("which", "required")),
        OWN if !upload.bytes.is_empty() => String::from_utf8(upload.bytes.clone())
            .map(|text| text.trim_start_matches('\u{feff}').to_owned())
            .map_err(|_| Refusal::field("file", "file_broken")),
        OWN if upload.value("body").trim().is_empty() => Err(Refusal::field("body", "required")),
        // A browser sends the ends of lines as two characters.
        OWN => Ok(upload.value("body").replace("\r\n", "\n")),
        id => protocol::shipped(id).map(str::to_owned).ok_or_else(|| Refusal::field("which", "unknown_word")),
    }
}

async fn adopt_by_form(seat: &Seat, request: Request) -> Shown {
    let upload = Upload::read(request, &seat.app).await?;
    let (text, mut refusal) = match text_of(&upload) {
        Ok(text) => (text, None),
        Err(refusal) => (upload.value("body").to_owned(), Some(refusal)),
    };
    if upload.value("note").trim().is_empty() {
        let refused = refusal.unwrap_or_else(|| Refusal::invalid("invalid"));
        refusal = Some(refused.and_field("note", "required"));
    }
    let cmd = AdoptProtocol {
        area_code: upload.value("area_code").to_owned(),
        body: text.clone(),
        note: upload.value("note").to_owned(),
    };
    let done = match refusal {
        Some(refusal) => Err(Stop::Refused(refusal)),
        None => {
            let key = Some(upload.value("key")).filter(|k| !k.is_empty());
            let key = key.map(|k| k.chars().take(Once::KEY_MAX).collect());
            let body = [&cmd.area_code, &cmd.note, &cmd.body].map(|part| part.as_str()).join("\0");
            let once = Once { route: "POST /protocol", key, body: body.into_bytes() };
            let act = move |tx: &mut store::Tx, desk: &Desk, mint: &mut acts::Mint| {
                adopt_protocol::adopt(tx, desk, mint, &cmd)
            };
            seat.app.house.once(seat.desk()?, once, act).await
        }
    };
    let stop = match done {
        Ok(_) => return see_done("/protocol", "protocol"),
        Err(stop) => stop,
    };
    let is_own = upload.value("which") == OWN;
    let mut refusal = refused(stop)?;
    if !is_own {
        // What is wrong with a protocol that came with the program is no fault of an empty field.
        refusal = renamed(refusal, &[("body", "which")]);
    }
    let faults = match protocol::read(&text) {
        Err(faults) if is_own && refusal.fields.iter().any(|f| f.code == "bad_protocol") => faults,
        Err(_) | Ok(_) => Vec::new(),
    };
    // The text of a file stays in the form: there it can be mended.
    let kept = upload.fields.iter().filter(|(name, _)| name != "body").cloned();
    let form = Form::of(kept).with("body", if is_own { text } else { upload.value("body").to_owned() });
    let form = form.refuse(seat.lang, &refusal);
    page_again(&refusal, &shown(seat, form, faults).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rules::{At, Zone};
    use views::Lang;

    fn pen(lang: Lang) -> Pen {
        Pen { lang, now: At(0), zone: Zone::default() }
    }

    #[test]
    fn rules_stand_under_their_level_with_the_thresholds_of_each_age() {
        let read = protocol::read(protocol::COVID19_VN_2022).unwrap();
        let levels = levels(&pen(Lang::Vi), &read);
        let heads: Vec<(&str, usize)> = levels.iter().map(|l| (l.word.as_str(), l.rules.len())).collect();
        assert_eq!(heads, [("emergency", 2), ("urgent", 7), ("watch", 1)]);
        assert_eq!(levels[0].within, "phải có người nhận trong 5 phút");
        let fast = levels[1].rules.iter().find(|rule| rule.label == "Thở nhanh").unwrap();
        let thresholds: Vec<String> = fast.thresholds.iter().map(|(age, t)| format!("{age}: {t}")).collect();
        assert_eq!(
            thresholds,
            [
                "dưới 2 tháng: 60",
                "2 đến dưới 12 tháng: 50",
                "1 đến dưới 5 tuổi: 40",
                "5 đến dưới 12 tuổi: 30",
                "từ 12 tuổi: 20"
            ]
        );
        assert_eq!(fast.thresholds_title, "Ngưỡng theo tuổi (lần/phút)");
        let pulse = levels[1].rules.iter().find(|rule| rule.label.starts_with("Mạch")).unwrap();
        assert_eq!(pulse.only.as_deref(), Some("Chỉ áp dụng: từ 12 tuổi"));
        assert!(pulse.thresholds.is_empty());
    }

    #[test]
    fn what_comes_with_the_program_can_be_chosen_and_reads() {
        let choices = which(&pen(Lang::En));
        let values: Vec<&str> = choices.iter().map(|choice| choice.value.as_str()).collect();
        assert_eq!(values, ["covid19-vn-2022", "own"]);
        assert_eq!(choices[0].label, "COVID-19, version 1.2.0");
    }
}
