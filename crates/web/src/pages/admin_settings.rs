//! What a place sets for itself: the hours to first contact, which the letter left open (LC-9), and its own emergency
//! numbers in the order to be dialled (P-12).

use super::show::{Shown, ask, form, page, page_again, refused, renamed, route, see_done, view, with_param};
use crate::gate::{Posted, Seat};
use crate::problem::Problem;
use crate::routes::{Access, Route};
use acts::Desk;
use acts::settings::{self, SetAnswerMinutes, SetHours, SetNumbers, SettingsDone};
use rules::permission::{Verb, may};
use rules::refusal::RefusalKind;
use rules::{AreaLevel, Refusal};
use store::area::{self, Area};
use store::locality::{self, EMERGENCY_NUMBERS_MAX, EmergencyNumber};
use store::{Reader, Stop, StoreError};
use views::pages::admin::SettingsPage;
use views::shell::Nav;
use views::{Choice, Form};

const ROWS_MIN: usize = 4;

pub fn routes() -> Vec<Route> {
    let verb = Access::Verb(Verb::ManageSettings);
    vec![
        route("GET", "/admin/settings", verb, view(settings_page)),
        route("POST", "/admin/settings", verb, form(save)),
    ]
}

fn areas(r: &mut Reader, desk: &Desk) -> Result<Vec<Area>, StoreError> {
    let mut found: Vec<Area> = Vec::new();
    for grant in desk.grants.iter().filter(|g| may(g.role, Verb::ManageSettings)) {
        for level in [AreaLevel::Province, AreaLevel::District, AreaLevel::Commune] {
            for area in area::below(r, &grant.path, level)? {
                if found.iter().all(|had| had.id != area.id) {
                    found.push(area);
                }
            }
        }
    }
    let today = desk.now.day(&rules::Zone::default());
    found.retain(|a| a.is_in_force(today));
    Ok(found)
}

/// A place as it is set now.
struct Kept {
    area: Area,
    areas: Vec<Choice>,
    hours: Option<i64>,
    answer_minutes: Option<i64>,
    own: Vec<EmergencyNumber>,
    has_numbers: bool,
}

fn kept(r: &mut Reader, desk: &Desk, code: &str) -> Result<Kept, Stop> {
    let areas = areas(r, desk)?;
    let area = areas.iter().find(|a| a.code == code).or_else(|| areas.first()).cloned();
    let area = area.ok_or_else(Refusal::not_found)?;
    let locality = locality::of_path(r, &area.path)?;
    Ok(Kept {
        hours: locality.as_ref().and_then(|l| l.first_contact_hours),
        answer_minutes: locality.and_then(|l| l.answer_minutes),
        own: locality::own_emergency_numbers(r, area.id)?,
        has_numbers: !locality::emergency_numbers(r, &area.path)?.is_empty(),
        areas: areas.iter().map(|a| Choice::new(a.code.clone(), a.full_name())).collect(),
        area,
    })
}

fn values(kept: &Kept) -> Form {
    let hours = kept.hours.map(|h| h.to_string()).unwrap_or_default();
    let minutes = kept.answer_minutes.map(|m| m.to_string()).unwrap_or_default();
    let form = Form::default().with("hours", hours).with("answer_minutes", minutes);
    (1..).zip(&kept.own).fold(form, |form, (i, line)| {
        form.with(&format!("number_label_{i}"), line.label.clone())
            .with(&format!("number_{i}"), line.number.clone())
    })
}

async fn shown(seat: &Seat, code: &str, form: Option<Form>) -> Result<SettingsPage, Problem> {
    let code = code.to_owned();
    let kept = ask(seat, move |r, desk| kept(r, desk, &code)).await?;
    Ok(SettingsPage {
        shell: seat.shell(Nav::Admin, "settings-title").await?,
        area: kept.area.full_name(),
        area_code: kept.area.code.clone(),
        form: form.unwrap_or_else(|| values(&kept)),
        rows: (kept.own.len() + 2).clamp(ROWS_MIN, EMERGENCY_NUMBERS_MAX),
        hours_missing: kept.hours.is_none(),
        numbers_missing: !kept.has_numbers,
        hours_by: None,
        areas: kept.areas,
    })
}

async fn settings_page(seat: Seat) -> Shown {
    let code = seat.param("area").to_owned();
    page(&shown(&seat, &code, None).await?)
}

/// The written rows in their order, each with its place on the form.
fn numbers(posted: &Posted) -> Vec<(usize, EmergencyNumber)> {
    let rows = (1..=EMERGENCY_NUMBERS_MAX).map(|i| {
        let cell = |field: &str| posted.some(&format!("{field}_{i}")).unwrap_or_default();
        (i, EmergencyNumber { label: cell("number_label"), number: cell("number") })
    });
    rows.filter(|(_, line)| !line.label.is_empty() || !line.number.is_empty()).collect()
}

/// Faults of the n-th written row belong to its place on the form; a row shows them beside its number.
fn in_rows(mut refusal: Refusal, written: &[(usize, EmergencyNumber)]) -> Refusal {
    for error in &mut refusal.fields {
        let nth = error.field.rsplit('_').next().and_then(|n| n.parse::<usize>().ok());
        if let (true, Some((i, _))) =
            (error.field.starts_with("number_"), nth.and_then(|n| written.get(n.checked_sub(1)?)))
        {
            error.field = format!("number_{i}");
        }
    }
    refusal
}

/// Hours and minutes are the whole locality's: who answers for a part of it is told so beside the field.
fn of_root(stop: Stop, field: &str) -> Stop {
    match stop {
        Stop::Refused(refusal) if refusal.kind == RefusalKind::NotFound => {
            Stop::Refused(Refusal::field(field, "outside_your_area"))
        }
        Stop::Refused(_) | Stop::Store(_) => stop,
    }
}

async fn save(seat: Seat, posted: Posted) -> Shown {
    let code = posted.value("area").to_owned();
    let asked = code.clone();
    let kept = ask(&seat, move |r, desk| kept(r, desk, &asked)).await?;
    let written = numbers(&posted);
    let number = |field: &str| match posted.some(field) {
        None => Ok(None),
        Some(text) => text.parse::<i64>().map(Some).map_err(|_| Refusal::field(field, "out_of_range")),
    };
    let hours = number("hours");
    let is_new = hours.as_ref().is_ok_and(|hours| *hours != kept.hours);
    let done = match hours.and_then(|hours| Ok((hours, number("answer_minutes")?))) {
        Err(refusal) => Err(Stop::Refused(refusal)),
        Ok((hours, minutes)) => {
            let once = posted.once("POST /admin/settings", "");
            let lines = SetNumbers {
                area_code: code.clone(),
                numbers: written.iter().map(|(_, line)| line.clone()).collect(),
            };
            let timed = SetHours { area_code: code.clone(), hours };
            let has_minutes = minutes != kept.answer_minutes;
            let answered = SetAnswerMinutes { area_code: code.clone(), minutes };
            let act =
                move |tx: &mut store::Tx, desk: &Desk, _: &mut acts::Mint| -> Result<SettingsDone, Stop> {
                    // Whoever sets the numbers of a commune need not be the one who sets the locality's hours.
                    let changed = if is_new {
                        settings::set_hours(tx, desk, &timed).map_err(|stop| of_root(stop, "hours"))?.changed
                    } else {
                        false
                    };
                    let answer = if has_minutes {
                        let set = settings::set_answer_minutes(tx, desk, &answered);
                        set.map_err(|stop| of_root(stop, "answer_minutes"))?.changed
                    } else {
                        false
                    };
                    let numbers = settings::set_numbers(tx, desk, &lines)?.changed;
                    Ok(SettingsDone { changed: changed || answer || numbers })
                };
            seat.app.house.once(seat.desk()?, once, act).await
        }
    };
    match done {
        Ok(_) => {
            if is_new {
                settings::start_clocks(&seat.app.house, seat.desk()?, &code).await?;
            }
            see_done(&with_param("/admin/settings", "area", &code), "settings")
        }
        Err(stop) => {
            let refusal = renamed(refused(stop)?, &[("first_contact_hours", "hours")]);
            let refusal = in_rows(refusal, &written);
            let form = Form::of(posted.0.clone()).refuse(seat.lang, &refusal);
            page_again(&refusal, &shown(&seat, &code, Some(form)).await?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_stand_at_the_row_that_was_written() {
        let posted = Posted(vec![
            ("number_label_1".into(), "Xe xã".into()),
            ("number_1".into(), "115".into()),
            ("number_label_4".into(), "Trạm".into()),
            ("number_4".into(), "gọi chị Lan".into()),
        ]);
        let written = numbers(&posted);
        let refusal = in_rows(Refusal::field("number_2", "bad_number"), &written);
        assert_eq!(refusal.fields[0].field, "number_4");
    }
}
