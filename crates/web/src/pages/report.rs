//! One report: figures that can each be followed to their people, the two signatures, the lock, and what came after
//! (LC-2, LC-4, LC-5, P-20 to P-25). The acts are in `acts::report`; here they are offered and their page is filled.

use super::about;
use super::pen::Pen;
use super::places;
use super::reports::{at, clock, line, split, state_words, substitute_words, summary};
use super::show::{
    Shown, XLSX, ask, download, form_one, page, page_again, refused, renamed, route, see_done, uid, view_one,
};
use crate::gate::{Posted, Seat};
use crate::problem::Problem;
use crate::routes::{Access, Route};
use acts::report::figures::{self, AskFigure};
use acts::report::show::{self, LIMIT_MAX, ListReports, ReportView};
use acts::report::{confirm, correct, submit, substitute, supplement, zero};
use acts::{Desk, Mint};
use exchange::{Table, Value, write_tables};
use rules::permission::{self, Verb};
use rules::report::{Figures, INDICATORS, Indicator, SubstituteRequest, zalo_text};
use rules::{AreaLevel, At, EpisodeId, EpisodeKind, Refusal, Severity, Substitute, Uid, Zone};
use store::area::{self, Area};
use store::report::{self, Report, ReportDay};
use store::{Reader, Stop, StoreError, Tx, locality, staff};
use views::pages::person::Step;
use views::pages::report::{
    Balance, Change, Column, Correction, Figure, FigureGroup, FigureRow, FigureTable, NamedList, PAGE_ONE,
    ReportActs, ReportPage, Supplement, indicator_name,
};
use views::shell::{Nav, encoded};
use views::{Choice, Form, formats};

/// Names under each of the lists that are always asked for.
const NAMES_MAX: usize = 5;
/// How the page's address ends for the workbook.
const XLSX_ENDING: &str = ".xlsx";

pub fn routes() -> Vec<Route> {
    let verb = Access::Verb;
    vec![
        // Also answers `/reports/{id}.xlsx`.
        route("GET", "/reports/{id}", verb(Verb::ReadReports), view_one(one)),
        route("POST", "/reports/{id}/confirm", verb(Verb::ConfirmReport), form_one(confirm_report)),
        route("POST", "/reports/{id}/submit", verb(Verb::SubmitReport), form_one(submit_report)),
        route("POST", "/reports/{id}/zero", verb(Verb::SubmitReport), form_one(zero_report)),
        route("POST", "/reports/{id}/supplement", verb(Verb::SupplementReport), form_one(confirm_supplement)),
        route("POST", "/reports/{id}/substitute", verb(Verb::SubstituteReport), form_one(substitute_report)),
        route("POST", "/reports/{id}/correct", verb(Verb::CorrectReport), form_one(correct_report)),
    ]
}

/// A report with what stands around it.
struct Sheet {
    view: ReportView,
    report: Report,
    area: Area,
    day: ReportDay,
    zone: Zone,
    /// The reports of the units below, of all levels.
    others: Vec<ReportView>,
    /// Official codes of the units directly below.
    children: Vec<String>,
    supplement_by: Option<String>,
}

impl Sheet {
    fn is_commune(&self) -> bool {
        self.area.level == AreaLevel::Commune
    }

    /// What is signed: above the commune what was compiled, with what was heard by telephone.
    fn figures(&self) -> &Figures {
        match &self.view.compiled {
            Some(compiled) if self.view.frozen_figures.is_some() => &compiled.figures,
            Some(_) | None => &self.view.figures,
        }
    }
}

fn load(r: &mut Reader, desk: &Desk, id: Uid) -> Result<Sheet, Stop> {
    let view = show::one(r, desk, id)?;
    let report = report::by_uid(r, id)?.ok_or_else(Refusal::not_found)?;
    let torn = || StoreError::Shape(format!("report {} hangs in the air", report.id.0));
    let area = area::by_id(r, report.area_id)?.ok_or_else(torn)?;
    let day = report::day_by_id(r, report.report_day_id)?.ok_or_else(torn)?;
    let zone = locality::of_path(r, &area.path)?.ok_or_else(torn)?.zone();
    let (mut others, mut children) = (Vec::new(), Vec::new());
    if area.level != AreaLevel::Commune {
        let below = ListReports {
            area_code: Some(area.code.clone()),
            on: Some(report.on_day),
            below: true,
            limit: LIMIT_MAX,
            ..ListReports::default()
        };
        others = show::list(r, desk, &below)?.items;
        others.retain(|v| v.area_code != area.code);
        children = area::children(r, area.id)?.into_iter().map(|a| a.code).collect();
    }
    let supplement_by = match report.supplement_confirmed_by {
        Some(id) => staff::by_id(r, id)?.map(|s| s.full_name),
        None => None,
    };
    Ok(Sheet { view, report, area, day, zone, others, children, supplement_by })
}

/// Whether a role here may do it to a report of this level.
fn may(desk: &Desk, sheet: &Sheet, verb: Verb) -> bool {
    desk.roles_at(&sheet.area.path).any(|g| permission::may_at(g.role, verb, sheet.area.level))
}

/// What the page offers; whether it can be done then and there is the act's to say.
fn acts_offered(desk: &Desk, sheet: &Sheet) -> ReportActs {
    let view = &sheet.view;
    let is_locked = view.frozen_figures.is_some();
    let is_sent = view.submitted_at.is_some();
    // A commune signs before the lock, a level above compiles what the lock froze.
    let can_be_sent = !is_sent && sheet.day.has_begun() && (sheet.is_commune() != is_locked);
    let open_supplement = view.supplement.as_ref().is_some_and(|s| !s.confirmed);
    ReportActs {
        confirm: !is_locked
            && view.confirmed_at.is_none()
            && can_be_sent
            && may(desk, sheet, Verb::ConfirmReport),
        submit: can_be_sent && may(desk, sheet, Verb::SubmitReport),
        zero: can_be_sent && sheet.figures().is_zero() && may(desk, sheet, Verb::SubmitReport),
        supplement: is_sent && !is_locked && open_supplement && may(desk, sheet, Verb::SupplementReport),
        substitute: !is_sent && (view.late || view.missing) && may(desk, sheet, Verb::SubstituteReport),
        correct: is_locked && may(desk, sheet, Verb::CorrectReport),
    }
}

/// One figure of a unit, with the way to its people and the correction beside it.
fn figure(pen: &Pen, view: &ReportView, id: &str, sees_people: bool) -> Figure {
    let corrected = view.corrections.iter().rev().find(|c| c.indicator == id);
    let value = view.figures.get(id).unwrap_or(0);
    let href = format!("/figures?area={}&on={}&indicator={id}", encoded(&view.area_code), view.on);
    Figure {
        indicator: id.to_owned(),
        label: indicator_name(pen.lang, id),
        value: pen.n(corrected.map_or(value, |c| c.value)),
        // Behind a nought stands nobody.
        href: (sees_people && value != 0).then_some(href),
        before: corrected.map(|c| pen.n(c.was)),
        of: None,
    }
}

fn row(pen: &Pen, view: &ReportView, name: String, is_link: bool, sees_people: bool) -> FigureRow {
    let note = match (&view.substitute, view.missing || view.late) {
        (Some(_), _) => substitute_words(pen, view),
        (None, true) if view.submitted_at.is_none() => Some(pen.t("report-missing")),
        (None, _) => None,
    };
    FigureRow {
        unit: name,
        href: is_link.then(|| format!("/reports/{}", view.id)),
        note: note.filter(|_| is_link),
        cells: PAGE_ONE.iter().map(|id| figure(pen, view, id, sees_people)).collect(),
    }
}

fn table(pen: &Pen, sheet: &Sheet, sees_people: bool) -> FigureTable {
    let own = |name: String| row(pen, &sheet.view, name, false, sees_people);
    let mut rows: Vec<FigureRow> = sheet
        .others
        .iter()
        .filter(|v| sheet.children.contains(&v.area_code))
        .map(|v| row(pen, v, v.area_name.clone(), true, sees_people))
        .collect();
    let total = if rows.is_empty() {
        rows.push(own(sheet.view.area_name.clone()));
        None
    } else {
        Some(own(pen.t("report-total")))
    };
    FigureTable { unit_label: pen.t("report-unit"), columns: Column::page_one(pen.lang), rows, total }
}

/// The heading under which an indicator stands in the annex.
fn subject(indicator: &Indicator) -> &'static str {
    if Severity::ALL.iter().any(|level| level.indicator() == indicator.id) {
        return "report-annex-severity";
    }
    match indicator.kind {
        Some(EpisodeKind::Case) => "report-annex-f0",
        Some(EpisodeKind::Contact) => "report-annex-f1",
        None => "report-annex-care",
    }
}

fn annex(pen: &Pen, view: &ReportView, sees_people: bool) -> Vec<FigureGroup> {
    ["report-annex-f0", "report-annex-severity", "report-annex-f1", "report-annex-care"]
        .iter()
        .map(|key| FigureGroup {
            title: pen.t(key),
            figures: INDICATORS
                .iter()
                .filter(|i| subject(i) == *key)
                .map(|i| figure(pen, view, i.id, sees_people))
                .collect(),
        })
        .collect()
}

/// "88 = 90 + 6 + 0 − 7 − 1 − 0 + 0": the end of a kind by its own effects.
fn balance(pen: &Pen, figures: &Figures, kind: EpisodeKind, key: &str) -> Balance {
    let (start, end) = match kind {
        EpisodeKind::Case => ("f0_start", "f0_end"),
        EpisodeKind::Contact => ("f1_start", "f1_end"),
    };
    let of = |id: &str| figures.get(id).unwrap_or(0);
    let mut sum = of(start);
    let mut words = format!("{} = {}", pen.n(of(end)), pen.n(of(start)));
    for (indicator, value) in figures.iter().filter(|(i, _)| i.kind == Some(kind) && i.effect != 0) {
        sum += indicator.effect * value;
        let sign = if indicator.effect < 0 { '−' } else { '+' };
        words.push_str(&format!(" {sign} {}", pen.n(value)));
    }
    Balance { label: pen.t(key), sum: words, is_right: sum == of(end) }
}

fn balances(pen: &Pen, figures: &Figures) -> Vec<Balance> {
    let of = |id: &str| figures.get(id).unwrap_or(0);
    let levels: Vec<i64> = Severity::ALL.iter().map(|level| of(level.indicator())).collect();
    let parts: Vec<String> = levels.iter().map(|n| pen.n(*n)).collect();
    let severities = Balance {
        label: pen.t("report-balance-severity"),
        sum: format!("{} = {}", pen.n(of("f0_end")), parts.join(" + ")),
        is_right: levels.iter().sum::<i64>() == of("f0_end"),
    };
    vec![
        balance(pen, figures, EpisodeKind::Case, "report-balance-f0"),
        balance(pen, figures, EpisodeKind::Contact, "report-balance-f1"),
        severities,
    ]
}

/// New F0, deaths, transfers: the first names and the way to the rest.
fn lists(r: &mut Reader, desk: &Desk, pen: &Pen, sheet: &Sheet) -> Result<Vec<NamedList>, Stop> {
    let mut lists = Vec::new();
    for (indicator, key) in
        [("f0_new", "report-list-new"), ("f0_died", "report-list-died"), ("f0_out", "report-list-out")]
    {
        let n = sheet.view.figures.get(indicator).unwrap_or(0);
        let asked = AskFigure {
            area_code: Some(sheet.area.code.clone()),
            on: Some(sheet.report.on_day),
            indicator: indicator.to_owned(),
        };
        let people = figures::people(r, desk, &asked, EpisodeId(0), NAMES_MAX)?;
        let href =
            format!("/figures?area={}&on={}&indicator={indicator}", encoded(&sheet.area.code), sheet.view.on);
        lists.push(NamedList {
            title: pen.t(key),
            n: pen.n(n),
            href: if n > 0 { href } else { String::new() },
            names: people.items.iter().map(|i| about::in_short(pen, i)).collect(),
        });
    }
    Ok(lists)
}

fn steps(pen: &Pen, sheet: &Sheet) -> Vec<Step> {
    let view = &sheet.view;
    let signed = |when: Option<&String>, who: Option<&String>| {
        let when = at(when).map(|w| pen.exact(w));
        [when, who.cloned()].into_iter().flatten().collect::<Vec<_>>().join(", ")
    };
    let (confirmed, sent, locked) =
        (view.confirmed_at.is_some(), view.submitted_at.is_some(), view.locked_at.is_some());
    let step = |key: &str, detail: String, is_done: bool, is_current: bool| Step {
        label: pen.t(key),
        detail,
        is_done,
        is_current,
    };
    let submitted = signed(view.submitted_at.as_ref(), view.submitted_by.as_ref());
    let mut steps = vec![step("report-step-draft", pen.t("report-step-draft-detail"), true, false)];
    if sheet.is_commune() {
        let detail = signed(view.confirmed_at.as_ref(), view.confirmed_by.as_ref());
        steps.push(step("report-step-confirmed", detail, confirmed, !confirmed && !sent && !locked));
        steps.push(step("report-step-submitted", submitted, sent, confirmed && !sent && !locked));
        steps.push(step(
            "report-step-locked",
            signed(view.locked_at.as_ref(), None),
            locked,
            sent && !locked,
        ));
    } else {
        steps.push(step("report-step-locked", signed(view.locked_at.as_ref(), None), locked, !locked));
        steps.push(step("report-step-submitted", submitted, sent, locked && !sent));
    }
    steps
}

/// "chậm 4 phút", "chưa gửi".
fn late_words(pen: &Pen, view: &ReportView) -> Option<String> {
    match (at(view.due_at.as_ref()), at(view.submitted_at.as_ref())) {
        (Some(due), Some(sent)) if view.late => {
            Some(pen.t1("report-late-by", "time", &formats::duration(pen.lang, sent.0 - due.0)))
        }
        (_, None) if view.missing || view.late => Some(pen.t("report-missing")),
        (_, _) => None,
    }
}

fn supplement_shown(pen: &Pen, sheet: &Sheet) -> Option<Supplement> {
    let added = sheet.view.supplement.as_ref()?;
    let signed = sheet.view.submitted_figures.unwrap_or_default();
    let changes = added.figures.iter().filter(|(_, n)| *n != 0).map(|(indicator, n)| {
        let before = signed.get(indicator.id).unwrap_or(0);
        Change {
            label: indicator_name(pen.lang, indicator.id),
            before: pen.n(before),
            after: pen.n(before + n),
        }
    });
    let by = sheet.supplement_by.clone().unwrap_or_default();
    Some(Supplement {
        figures: changes.collect(),
        confirmed: added.confirmed.then(|| pen.t1("report-supplement-by", "who", &by)),
    })
}

fn corrections(pen: &Pen, view: &ReportView) -> Vec<Correction> {
    let shown = view.corrections.iter().map(|c| Correction {
        label: indicator_name(pen.lang, &c.indicator),
        before: pen.n(c.was),
        after: pen.n(c.value),
        reason: c.reason.clone(),
        who: c.by.clone().unwrap_or_default(),
        when: at(Some(&c.at)).map(|when| pen.when(when)).unwrap_or_default(),
    });
    shown.collect()
}

fn zalo(pen: &Pen, sheet: &Sheet) -> String {
    let view = &sheet.view;
    let day = formats::weekday_date(pen.lang, sheet.report.on_day);
    let heading = pen.t2("report-zalo-heading", ("area", &view.area_name), ("day", &day));
    let label = |id: &str| indicator_name(pen.lang, id);
    let footer = match (at(view.submitted_at.as_ref()), &view.submitted_by) {
        (Some(when), Some(who)) => format!("{} {who}, {}", pen.t("report-step-submitted"), pen.moment(when)),
        (_, _) => pen.t1("report-as-of", "time", &pen.moment(pen.now)),
    };
    zalo_text(&heading, sheet.figures(), label, view.narrative.as_deref().unwrap_or(""), &footer)
}

fn indicators(pen: &Pen) -> Vec<Choice> {
    INDICATORS.iter().map(|i| Choice::new(i.id, indicator_name(pen.lang, i.id))).collect()
}

fn fill(r: &mut Reader, desk: &Desk, pen: &Pen, id: Uid) -> Result<ReportPage, Stop> {
    let sheet = load(r, desk, id)?;
    let (view, report) = (&sheet.view, &sheet.report);
    let sees_people = desk.can(Verb::ReadFigurePeople, &sheet.area.path);
    let window = sheet.day.schedule(&sheet.zone).window(report.on_day, &sheet.zone);
    let moment = |when: At| {
        format!("{} {}", formats::time(when, &sheet.zone), formats::short_date(when.day(&sheet.zone)))
    };
    let below_summary = summary(pen, &sheet.others, &sheet.day, &sheet.zone);
    let (behind, _) = split(sheet.others.clone());
    let href = |a: &Area| format!("/reports?area={}&on={}", encoded(&a.code), report.on_day);
    Ok(ReportPage {
        id: view.id.clone(),
        area: view.area_name.clone(),
        crumbs: places::crumbs(r, desk, Verb::ReadReports, &sheet.area, href)?,
        day: formats::weekday_date(pen.lang, report.on_day),
        window: pen.t2("report-window", ("from", &moment(window.from)), ("to", &moment(window.to))),
        state: view.state.clone(),
        state_label: state_words(pen, view),
        steps: steps(pen, &sheet),
        clock: Some(clock(pen, &sheet.day, &sheet.zone)),
        late: late_words(pen, view),
        substitute: substitute_words(pen, view),
        table: table(pen, &sheet, sees_people),
        annex: annex(pen, view, sees_people),
        balances: balances(pen, &view.figures),
        lists: if sees_people { lists(r, desk, pen, &sheet)? } else { Vec::new() },
        narrative: view.narrative.clone().unwrap_or_default(),
        can: acts_offered(desk, &sheet),
        supplement: supplement_shown(pen, &sheet),
        corrections: corrections(pen, view),
        indicators: indicators(pen),
        behind: behind.iter().map(|v| line(pen, v, v.area_name.clone())).collect(),
        below_summary,
        zalo: zalo(pen, &sheet),
        xlsx_href: format!("/reports/{}{XLSX_ENDING}", view.id),
        is_compiled: !sheet.is_commune(),
        unconfirmed: sheet.is_commune() && view.confirmed_at.is_none(),
        ..ReportPage::default()
    })
}

async fn shown(seat: &Seat, id: Uid, form: Form) -> Result<ReportPage, Problem> {
    let pen = Pen::of(seat);
    let clock = formats::clock(pen.lang, pen.now, &pen.zone);
    let mut page = ask(seat, move |r, desk| fill(r, desk, &pen, id)).await?;
    page.shell = seat.shell_titled(Nav::Reports, format!("{}, {}", page.area, page.day)).await?;
    page.printed_by = page.shell.who.as_ref().map(|w| format!("{}, {clock}", w.name)).unwrap_or_default();
    page.fingerprint = (seat.app.head)().map(|head| head.key).filter(|_| page.state == "locked");
    page.form = form;
    Ok(page)
}

async fn one(seat: Seat, id: String) -> Shown {
    if let Some(id) = id.strip_suffix(XLSX_ENDING) {
        return workbook(&seat, uid(id)?).await;
    }
    page(&shown(&seat, uid(&id)?, Form::default()).await?)
}

/// The report as a workbook: page 1, then every figure.
async fn workbook(seat: &Seat, id: Uid) -> Shown {
    let pen = Pen::of(seat);
    let (tables, name) = ask(seat, move |r, desk| {
        let sheet = load(r, desk, id)?;
        let name = format!("bao-cao-{}-{}.xlsx", sheet.area.code, sheet.report.on_day);
        Ok((tables(&pen, &sheet), name))
    })
    .await?;
    let bytes =
        write_tables(&tables).map_err(|e| StoreError::Shape(format!("the report's workbook: {e}")))?;
    download(&name, XLSX, bytes)
}

fn tables(pen: &Pen, sheet: &Sheet) -> Vec<Table> {
    let view = &sheet.view;
    let numbers = |v: &ReportView, ids: &[&str]| -> Vec<Value> {
        ids.iter().map(|id| Value::from(v.figures.get(id).unwrap_or(0))).collect()
    };
    let mut header = vec![pen.t("report-unit")];
    header.extend(PAGE_ONE.iter().map(|id| indicator_name(pen.lang, id)));
    let of = |v: &ReportView, name: &str| -> Vec<Value> {
        std::iter::once(Value::from(name)).chain(numbers(v, PAGE_ONE)).collect()
    };
    let children = sheet.others.iter().filter(|v| sheet.children.contains(&v.area_code));
    let mut rows: Vec<Vec<Value>> = children.map(|v| of(v, &v.area_name)).collect();
    rows.push(of(view, &view.area_name));
    let all = INDICATORS.iter().map(|i| {
        vec![
            Value::from(indicator_name(pen.lang, i.id)),
            Value::from(view.figures.get(i.id).unwrap_or(0)),
            Value::from(views::pages::figures::definition(pen.lang, i.id)),
        ]
    });
    let corrected = view.corrections.iter().map(|c| {
        vec![
            Value::from(indicator_name(pen.lang, &c.indicator)),
            Value::from(c.was),
            Value::from(c.value),
            Value::from(c.reason.as_str()),
            Value::from(c.by.clone()),
        ]
    });
    let mut tables = vec![
        Table { title: sheet.report.on_day.to_string(), header, rows },
        Table {
            title: pen.t("report-annex"),
            header: vec![pen.t("report-indicator"), view.area_name.clone(), String::new()],
            rows: all.collect(),
        },
    ];
    let corrected: Vec<Vec<Value>> = corrected.collect();
    if !corrected.is_empty() {
        let keys = ["report-indicator", "report-before", "report-after", "form-reason", "report-who-when"];
        let header = keys.iter().map(|key| pen.t(key)).collect();
        tables.push(Table { title: pen.t("report-corrections"), header, rows: corrected });
    }
    tables
}

/// Runs an act on a report and shows the report again: with what was done, or with why it was not.
async fn run<F>(
    seat: Seat,
    id: &str,
    posted: &Posted,
    (route, word): (&'static str, &'static str),
    act: F,
) -> Shown
where
    F: FnMut(&mut Tx, &Desk, &mut Mint) -> Result<ReportView, Stop> + Send + 'static,
{
    let report = uid(id)?;
    let seat = seat.at(format!("/reports/{report}"));
    match seat.app.house.once(seat.desk()?, posted.once(route, id), act).await {
        Ok(_) => see_done(&seat.here, word),
        Err(stop) => again(&seat, report, posted, refused(stop)?).await,
    }
}

async fn again(seat: &Seat, report: Uid, posted: &Posted, refusal: Refusal) -> Shown {
    let form = Form::of(posted.0.clone()).refuse(seat.lang, &refusal);
    page_again(&refusal, &shown(seat, report, form).await?)
}

async fn confirm_report(seat: Seat, id: String, posted: Posted) -> Shown {
    let report = uid(&id)?;
    let how = ("POST /reports/{id}/confirm", "report_confirmed");
    run(seat, &id, &posted, how, move |tx, desk, _| confirm::confirm(tx, desk, report)).await
}

async fn submit_report(seat: Seat, id: String, posted: Posted) -> Shown {
    let report = uid(&id)?;
    let narrative = posted.value("narrative").to_owned();
    let how = ("POST /reports/{id}/submit", "report_submitted");
    run(seat, &id, &posted, how, move |tx, desk, _| submit::submit(tx, desk, report, &narrative)).await
}

async fn zero_report(seat: Seat, id: String, posted: Posted) -> Shown {
    let report = uid(&id)?;
    let how = ("POST /reports/{id}/zero", "report_submitted");
    run(seat, &id, &posted, how, move |tx, desk, _| zero::zero(tx, desk, report)).await
}

async fn confirm_supplement(seat: Seat, id: String, posted: Posted) -> Shown {
    let report = uid(&id)?;
    let how = ("POST /reports/{id}/supplement", "supplement_confirmed");
    run(seat, &id, &posted, how, move |tx, desk, _| supplement::supplement(tx, desk, report)).await
}

/// A whole number as people type it: "1.061" is a thousand and sixty-one.
fn whole(text: &str) -> Option<i64> {
    let plain: String =
        text.trim().replace('−', "-").chars().filter(|c| !matches!(c, '.' | ' ' | '\u{a0}')).collect();
    plain.parse().ok()
}

/// What stands for a report that did not come; figures left empty stay as the system has them.
fn substitute_request(posted: &Posted, pen: &Pen) -> Result<SubstituteRequest, Refusal> {
    let stands = match posted.value("as") {
        "" => return Err(Refusal::field("as", "required")),
        word => Substitute::parse(word).ok_or_else(|| Refusal::field("as", "unknown_word"))?,
    };
    let mut heard = Vec::new();
    for indicator in INDICATORS {
        let field = format!("figure_{}", indicator.id);
        if let Some(text) = posted.some(&field) {
            let value = whole(&text).ok_or_else(|| Refusal::field(&field, "out_of_range"))?;
            heard.push((indicator.id.to_owned(), value));
        }
    }
    let at = match posted.some("at") {
        None => None,
        Some(text) => Some(pen.read_moment(&text).ok_or_else(|| Refusal::field("at", "bad_date"))?),
    };
    Ok(SubstituteRequest { stands, figures: heard, who: posted.some("who"), at })
}

/// The figures' fields go by their own names on the form.
fn of_figures(mut refusal: Refusal) -> Refusal {
    for error in &mut refusal.fields {
        if let Some(indicator) = error.field.strip_prefix("figures.") {
            error.field = format!("figure_{indicator}");
        }
    }
    renamed(refusal, &[("figures", "as")])
}

async fn substitute_report(seat: Seat, id: String, posted: Posted) -> Shown {
    let report = uid(&id)?;
    let seat = seat.at(format!("/reports/{report}"));
    let done = match substitute_request(&posted, &Pen::of(&seat)) {
        Err(refusal) => Err(Stop::Refused(refusal)),
        Ok(request) => {
            let once = posted.once("POST /reports/{id}/substitute", &id);
            let act = move |tx: &mut Tx, desk: &Desk, _: &mut Mint| {
                substitute::substitute(tx, desk, report, &request)
            };
            seat.app.house.once(seat.desk()?, once, act).await
        }
    };
    match done {
        Ok(_) => see_done(&seat.here, "report_substituted"),
        Err(stop) => again(&seat, report, &posted, of_figures(refused(stop)?)).await,
    }
}

async fn correct_report(seat: Seat, id: String, posted: Posted) -> Shown {
    let report = uid(&id)?;
    let seat = seat.at(format!("/reports/{report}"));
    let Some(value) = whole(posted.value("value")) else {
        return again(&seat, report, &posted, Refusal::field("value", "out_of_range")).await;
    };
    let (indicator, reason) = (posted.value("indicator").to_owned(), posted.value("reason").to_owned());
    let how = ("POST /reports/{id}/correct", "report_corrected");
    let act = move |tx: &mut Tx, desk: &Desk, _: &mut Mint| {
        correct::correct(tx, desk, report, &indicator, value, &reason)
    };
    run(seat, &id, &posted, how, act).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_they_are_written_here() {
        for (text, value) in [
            ("88", Some(88)),
            (" 1.061 ", Some(1_061)),
            ("−3", Some(-3)),
            ("-3", Some(-3)),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(whole(text), value, "{text}");
        }
    }

    #[test]
    fn every_indicator_has_its_place_in_the_annex() {
        let keys = ["report-annex-f0", "report-annex-severity", "report-annex-f1", "report-annex-care"];
        assert!(INDICATORS.iter().all(|i| keys.contains(&subject(i))));
    }
}
