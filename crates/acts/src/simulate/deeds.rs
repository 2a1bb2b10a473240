//! What people do in a simulation, each thing through the act that does it in life, once or under the faults of a real
//! day: sent twice, or sent again because the answer was lost.

use super::world::{Member, World};
use crate::desk::Desk;
use crate::house::{House, Mint, Once};
use crate::report::{confirm, correct, submit, supplement};
use crate::{alerts, duty, end_episode, household_link, record_checkin, record_contact, task, thread};
use futures_util::FutureExt;
use futures_util::future::join;
use rules::checkin::Answers;
use rules::first_contact::Ticks;
use rules::registration::RegisterEpisode;
use rules::{
    AlertEnd, AnsweredBy, Arrangement, AttemptOutcome, ContactBy, Day, HouseholdId, LinkDelivery, Outcome,
    Refusal, Settled, Severity, TestKind, TestResult, TestWitness, Uid,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::{Stop, StoreError, Tx, report};

/// How a command reaches the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    Once,
    /// Twice at the same moment, under one key.
    Twice,
    /// The answer is lost, and it is sent again under the same key.
    AgainUnanswered,
}

/// Which unit signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Unit {
    Commune(usize),
    District(usize),
    Province,
}

/// What is said of somebody's health.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Health {
    Well,
    Breathless,
    Drowsy,
    /// One low reading, and nobody takes it again.
    LowSpo2,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    Register {
        draft: usize,
        sent: Box<RegisterEpisode>,
    },
    Contact {
        person: usize,
        outcome: AttemptOutcome,
        ticks: Ticks,
        whole_home: bool,
    },
    Answer {
        person: usize,
        health: Health,
        by_link: bool,
    },
    Write {
        home: usize,
        text: String,
    },
    Reply {
        home: usize,
        text: String,
    },
    Settle {
        home: usize,
    },
    Take {
        home: usize,
        alarm: Uid,
    },
    Close {
        home: usize,
        alarm: Uid,
    },
    Duty {
        on: bool,
    },
    Visitors {
        person: usize,
        count: u8,
    },
    Test {
        person: usize,
        is_negative: bool,
        is_watched: bool,
    },
    /// `is_listed` = the list of endings says that they may go.
    Release {
        person: usize,
        is_listed: bool,
    },
    Convert {
        person: usize,
    },
    End {
        person: usize,
        outcome: Outcome,
    },
    Void {
        person: usize,
    },
    Reopen {
        person: usize,
    },
    Severity {
        person: usize,
        level: Severity,
    },
    Link {
        home: usize,
    },
    /// The home's work of today.
    Own {
        home: usize,
        over: bool,
    },
    PutOff {
        home: usize,
    },
    GiveBack {
        home: usize,
    },
    Confirm {
        unit: Unit,
        on: Day,
    },
    Submit {
        unit: Unit,
        on: Day,
    },
    Supplement {
        unit: Unit,
        on: Day,
    },
    Correct {
        unit: Unit,
        on: Day,
        value: i64,
    },
}

impl What {
    /// Whom it is about.
    pub fn person(&self) -> Option<usize> {
        match self {
            What::Contact { person, .. }
            | What::Answer { person, .. }
            | What::Visitors { person, .. }
            | What::Test { person, .. }
            | What::Release { person, .. }
            | What::Convert { person }
            | What::End { person, .. }
            | What::Void { person }
            | What::Reopen { person }
            | What::Severity { person, .. } => Some(*person),
            What::Register { .. }
            | What::Write { .. }
            | What::Reply { .. }
            | What::Settle { .. }
            | What::Take { .. }
            | What::Close { .. }
            | What::Duty { .. }
            | What::Link { .. }
            | What::Own { .. }
            | What::PutOff { .. }
            | What::GiveBack { .. }
            | What::Confirm { .. }
            | What::Submit { .. }
            | What::Supplement { .. }
            | What::Correct { .. } => None,
        }
    }

    /// The home that it is about, where it is about no single person.
    pub fn home(&self) -> Option<usize> {
        match self {
            What::Write { home, .. }
            | What::Reply { home, .. }
            | What::Settle { home }
            | What::Take { home, .. }
            | What::Close { home, .. }
            | What::Link { home }
            | What::Own { home, .. }
            | What::PutOff { home }
            | What::GiveBack { home } => Some(*home),
            _ => None,
        }
    }

    /// Done by a home itself, by its link.
    pub fn is_by_home(&self) -> bool {
        matches!(self, What::Write { .. } | What::Answer { by_link: true, .. })
    }
}

#[derive(Clone, Debug)]
pub(super) struct Deed {
    pub what: What,
    /// Who does it; nobody of the staff where a home does.
    pub by: Member,
    pub sent: Sent,
    pub key: String,
}

/// What the program answered.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Said {
    Done,
    Registered { episode: Uid, home: Uid },
    Answered { level: String, alarm: Option<Uid>, names_protocol: bool },
    Written(Uid),
    Converted(Uid),
    Sent { is_late: bool, was_frozen: bool },
}

/// Done, or the code of the refusal.
pub(super) type Answer = Result<Said, &'static str>;

/// Whom a deed is about: the uids that the program gave.
pub(super) struct About {
    pub episode: Option<Uid>,
    pub home: Option<Uid>,
    /// The home's members under care.
    pub members: Vec<Uid>,
    /// What is kept of the home's link.
    pub link: Option<String>,
    pub home_id: Option<HouseholdId>,
}

impl Health {
    fn answers(self) -> Answers {
        let flags = |flags: &[&str]| Answers {
            red_flags: Some(flags.iter().map(|flag| (*flag).to_owned()).collect()),
            ..Answers::default()
        };
        match self {
            Health::Well => flags(&[]),
            Health::Breathless => flags(&["breathless"]),
            Health::Drowsy => flags(&["drowsy"]),
            Health::LowSpo2 => Answers { numbers: [("spo2".to_owned(), 93.0)].into(), ..flags(&[]) },
        }
    }
}

fn uid(text: &str) -> Result<Uid, StoreError> {
    Uid::parse(text).ok_or_else(|| StoreError::Shape(format!("an answer names {text}")))
}

/// Does a deed at the desk of whoever does it. Several answers, where it was sent several times.
pub(super) async fn act(
    house: &House,
    world: &World,
    deed: &Deed,
    about: About,
) -> Result<Vec<Answer>, Stop> {
    let now = house.now();
    let desk = match (&deed.what, about.home_id) {
        (What::Write { .. } | What::Answer { by_link: true, .. }, Some(home)) => Desk::household(home, now),
        _ => Desk { now, ..world.staff[deed.by].desk.clone() },
    };
    let wanting = || StoreError::Shape("a simulated deed about nobody".to_owned());
    let episode = about.episode.ok_or_else(wanting);
    let home = about.home.ok_or_else(wanting);
    let shelf = house.shelf.clone();
    let sending = Sending { house, deed, desk };
    let done = |_| Ok(Said::Done);
    match deed.what.clone() {
        What::Register { sent, .. } => {
            let act = move |tx: &mut Tx, desk: &Desk, mint: &mut Mint| {
                crate::register_episode::register_episode(tx, desk, mint, &sent)
            };
            let said = |r: crate::register_episode::Registered| {
                Ok(Said::Registered { episode: uid(&r.id)?, home: uid(&r.household_id)? })
            };
            sending.send(act, said).await
        }
        What::Contact { outcome, ticks, whole_home, .. } => {
            let cmd = record_contact::RecordContact {
                episode: episode?,
                by: ContactBy::Phone,
                outcome,
                at: None,
                household: whole_home,
                ticks,
                phone: None,
            };
            let act = move |tx: &mut Tx, desk: &Desk, mint: &mut Mint| {
                record_contact::record_contact(tx, desk, mint, &cmd)
            };
            sending.send(act, |_| Ok(Said::Done)).await
        }
        What::Answer { health, by_link, .. } => {
            let said = |a: record_checkin::Answered| {
                Ok(Said::Answered {
                    level: a.level,
                    alarm: a.alert_id.as_deref().map(uid).transpose()?,
                    names_protocol: !a.protocol.is_empty() && !a.version.is_empty(),
                })
            };
            let episode = episode?;
            if by_link {
                let token_hash = about.link.ok_or_else(wanting)?;
                let act = move |tx: &mut Tx, desk: &Desk, mint: &mut Mint| {
                    let opened = household_link::open(tx, &token_hash, desk.now)?;
                    let opened = opened.ok_or_else(Refusal::not_found)?;
                    let who = opened.members.iter().find(|member| member.item.uid == episode);
                    let cmd = household_link::AnswerByLink {
                        token_hash: token_hash.clone(),
                        who: who.ok_or_else(Refusal::not_found)?.number,
                        answered_by: AnsweredBy::Oneself,
                        answerer: None,
                        answers: health.answers(),
                    };
                    household_link::answer(tx, desk, mint, &shelf, &cmd)
                };
                return sending.send(act, said).await;
            }
            let cmd = record_checkin::RecordCheckin {
                episode,
                made_at: None,
                answered_by: AnsweredBy::Carer,
                answerer: None,
                answers: health.answers(),
            };
            let act = move |tx: &mut Tx, desk: &Desk, mint: &mut Mint| {
                record_checkin::record_checkin(tx, desk, mint, &shelf, &cmd)
            };
            sending.send(act, said).await
        }
        What::Write { text, .. } => {
            let token_hash = about.link.ok_or_else(wanting)?;
            let cmd = thread::WriteByLink { token_hash, text, ..thread::WriteByLink::default() };
            let act =
                move |tx: &mut Tx, desk: &Desk, mint: &mut Mint| thread::write_by_link(tx, desk, mint, &cmd);
            sending.send(act, |w| Ok(Said::Written(uid(&w.id)?))).await
        }
        What::Reply { text, .. } => {
            let cmd =
                thread::WriteMessage { home: home?, text, quotes: None, corrects: None, guidance: None };
            let act =
                move |tx: &mut Tx, desk: &Desk, mint: &mut Mint| thread::write(tx, desk, mint, &shelf, &cmd);
            sending.send(act, |w| Ok(Said::Written(uid(&w.id)?))).await
        }
        What::Settle { .. } => {
            let home = home?;
            let act = move |tx: &mut Tx, desk: &Desk, mint: &mut Mint| {
                thread::settle(tx, desk, mint, home, Settled::NoNeed)
            };
            sending.send(act, |_| Ok(Said::Done)).await
        }
        What::Take { alarm, .. } => {
            let act =
                move |tx: &mut Tx, desk: &Desk, _: &mut Mint| alerts::acknowledge(tx, desk, alarm, false);
            sending.send(act, |_| Ok(Said::Done)).await
        }
        What::Close { alarm, .. } => {
            let act = move |tx: &mut Tx, desk: &Desk, _: &mut Mint| {
                alerts::close(tx, desk, alarm, AlertEnd::Advised, "")
            };
            sending.send(act, |_| Ok(Said::Done)).await
        }
        What::Duty { on } => {
            let act = move |tx: &mut Tx, desk: &Desk, _: &mut Mint| duty::set_duty(tx, desk, on);
            sending.send(act, |_| Ok(Said::Done)).await
        }
        What::Visitors { count, .. } => {
            let cmd = end_episode::SetArrangement {
                episode: episode?,
                kind: Arrangement::Visitor,
                visitor: Some(("Lò Văn Nhất".to_owned(), None)),
                second: (count > 1).then(|| ("Vàng Thị Hai".to_owned(), None)),
            };
            let act =
                move |tx: &mut Tx, desk: &Desk, _: &mut Mint| end_episode::set_arrangement(tx, desk, &cmd);
            sending.send(act, done).await
        }
        What::Test { is_negative, is_watched, .. } => {
            let cmd = end_episode::RecordTest {
                episode: episode?,
                kind: TestKind::Rapid,
                result: if is_negative { TestResult::Negative } else { TestResult::Positive },
                taken_at: now,
                witness: if is_watched { TestWitness::Staff } else { TestWitness::None },
            };
            let act = move |tx: &mut Tx, desk: &Desk, mint: &mut Mint| {
                end_episode::record_test(tx, desk, mint, &cmd)
            };
            sending.send(act, done).await
        }
        What::Release { .. } => {
            let episode = episode?;
            let act = move |tx: &mut Tx, desk: &Desk, _: &mut Mint| {
                let kind = store::episode::by_uid(tx, episode)?.ok_or_else(Refusal::not_found)?.kind;
                let outcome = match kind {
                    rules::EpisodeKind::Case => Outcome::Recovered,
                    rules::EpisodeKind::Contact => Outcome::Completed,
                };
                let cmd =
                    end_episode::Release { episode, outcome, test: None, certified_by: None, reason: None };
                end_episode::release(tx, desk, &shelf, &cmd)
            };
            sending.send(act, done).await
        }
        What::Convert { .. } => {
            let cmd = end_episode::Convert { episode: episode?, detected_at: None, detected_on: None };
            let act =
                move |tx: &mut Tx, desk: &Desk, mint: &mut Mint| end_episode::convert(tx, desk, mint, &cmd);
            sending.send(act, |d: end_episode::Done| Ok(Said::Converted(uid(&d.id)?))).await
        }
        What::End { outcome, .. } => {
            let cmd = end_episode::EndEpisode {
                episode: episode?,
                outcome,
                at: now,
                place: Some("xã bên".to_owned()),
                reason: Some("mô phỏng".to_owned()),
            };
            let act = move |tx: &mut Tx, desk: &Desk, _: &mut Mint| end_episode::end(tx, desk, &cmd);
            sending.send(act, done).await
        }
        What::Void { .. } => {
            let episode = episode?;
            let act = move |tx: &mut Tx, desk: &Desk, _: &mut Mint| {
                end_episode::void(tx, desk, episode, "nhập nhầm")
            };
            sending.send(act, done).await
        }
        What::Reopen { .. } => {
            let episode = episode?;
            let act = move |tx: &mut Tx, desk: &Desk, mint: &mut Mint| {
                end_episode::reopen(tx, desk, mint, episode, "đóng nhầm")
            };
            sending.send(act, done).await
        }
        What::Severity { level, .. } => {
            let cmd =
                end_episode::SetSeverity { episode: episode?, level, reason: Some("khám lại".to_owned()) };
            let act = move |tx: &mut Tx, desk: &Desk, _: &mut Mint| end_episode::set_severity(tx, desk, &cmd);
            sending.send(act, done).await
        }
        What::Link { .. } => {
            let words = about.members.iter().enumerate();
            let cmd = household_link::MakeLink {
                household: home?,
                token_hash: about.link.ok_or_else(wanting)?,
                words: words.map(|(n, uid)| (*uid, format!("Người {}", n + 1))).collect(),
                delivery: LinkDelivery::InPerson,
            };
            let act =
                move |tx: &mut Tx, desk: &Desk, mint: &mut Mint| household_link::make(tx, desk, mint, &cmd);
            sending.send(act, |_| Ok(Said::Done)).await
        }
        What::Own { over, .. } => {
            let home = home?;
            let act = move |tx: &mut Tx, desk: &Desk, mint: &mut Mint| task::take(tx, desk, mint, home, over);
            sending.send(act, |_| Ok(Said::Done)).await
        }
        What::PutOff { .. } => {
            let home = home?;
            let act = move |tx: &mut Tx, desk: &Desk, _: &mut Mint| task::put_off(tx, desk, home, 30, "");
            sending.send(act, |_| Ok(Said::Done)).await
        }
        What::GiveBack { .. } => {
            let home = home?;
            let act = move |tx: &mut Tx, desk: &Desk, _: &mut Mint| task::give_back(tx, desk, home);
            sending.send(act, |_| Ok(Said::Done)).await
        }
        What::Confirm { unit, on } => {
            let area = world.area(unit);
            let act = move |tx: &mut Tx, desk: &Desk, _: &mut Mint| {
                let uid = report_uid(tx, area, on)?;
                confirm::confirm(tx, desk, uid)
            };
            sending.send(act, said_of_report).await
        }
        What::Submit { unit, on } => {
            let area = world.area(unit);
            let act = move |tx: &mut Tx, desk: &Desk, _: &mut Mint| {
                let uid = report_uid(tx, area, on)?;
                submit::submit(tx, desk, uid, "")
            };
            sending.send(act, said_of_report).await
        }
        What::Supplement { unit, on } => {
            let area = world.area(unit);
            let act = move |tx: &mut Tx, desk: &Desk, _: &mut Mint| {
                let uid = report_uid(tx, area, on)?;
                supplement::supplement(tx, desk, uid)
            };
            sending.send(act, said_of_report).await
        }
        What::Correct { unit, on, value } => {
            let area = world.area(unit);
            let act = move |tx: &mut Tx, desk: &Desk, _: &mut Mint| {
                let uid = report_uid(tx, area, on)?;
                correct::correct(tx, desk, uid, "f0_new", value, "đếm lại sổ")
            };
            sending.send(act, said_of_report).await
        }
    }
}

fn said_of_report(view: crate::report::show::ReportView) -> Result<Said, StoreError> {
    Ok(Said::Sent { is_late: view.late, was_frozen: view.frozen_figures.is_some() })
}

/// The report of a unit of the only root, for a day.
fn report_uid(tx: &mut Tx, (root, unit): (rules::AreaId, rules::AreaId), on: Day) -> Result<Uid, Stop> {
    let day = report::day_on(tx, root, on)?.ok_or_else(Refusal::not_found)?;
    Ok(report::of_area(tx, day.id, unit)?.ok_or_else(Refusal::not_found)?.uid)
}

struct Sending<'a> {
    house: &'a House,
    deed: &'a Deed,
    desk: Desk,
}

impl Sending<'_> {
    async fn send<T, A>(
        self,
        act: A,
        said: impl Fn(T) -> Result<Said, StoreError>,
    ) -> Result<Vec<Answer>, Stop>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
        A: FnMut(&mut Tx, &Desk, &mut Mint) -> Result<T, Stop> + Clone + Send + 'static,
    {
        let run = || {
            let body = format!("{:?}", self.deed.what).into_bytes();
            let once = Once { route: "simulate", key: Some(self.deed.key.clone()), body };
            self.house.once(&self.desk, once, act.clone())
        };
        let answers = match self.deed.sent {
            Sent::Once => vec![run().await],
            Sent::Twice => {
                let (first, second) = join(run(), run()).await;
                vec![first, second]
            }
            Sent::AgainUnanswered => {
                // It is in the writer's queue, and nobody waits for its answer any more.
                drop(Box::pin(run()).now_or_never());
                vec![run().await]
            }
        };
        let read = |answer| match answer {
            Ok(answer) => Ok(Ok(said(answer)?)),
            Err(Stop::Refused(refusal)) => {
                let field = refusal.fields.first().map(|f| f.code);
                Ok(Err(if refusal.code == "invalid" { field.unwrap_or(refusal.code) } else { refusal.code }))
            }
            Err(stop) => Err(stop),
        };
        answers.into_iter().map(read).collect()
    }
}

impl World {
    /// A unit and the root that it reports to.
    pub fn area(&self, unit: Unit) -> (rules::AreaId, rules::AreaId) {
        let id = match unit {
            Unit::Commune(n) => self.communes[n].area.id,
            Unit::District(n) => self.districts[n].0.id,
            Unit::Province => self.province.id,
        };
        (self.province.id, id)
    }
}
