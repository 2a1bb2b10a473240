//! A home's own link, from the staff's side: how the home calls its members, the link and its code once, and its end.

use super::about;
use super::own_thread;
use super::pen::Pen;
use super::show::{Shown, ask, form_one, page, page_again, refused, route, see_done, uid, view_one};
use crate::gate::{Posted, Seat};
use crate::problem::Problem;
use crate::routes::{Access, Route};
use acts::Desk;
use acts::bound_device;
use acts::household_link::{self, MakeLink};
use rules::permission::Verb;
use rules::{LinkDelivery, Refusal, Uid};
use store::Stop;
use store::household_link as rows;
use views::pages::household_link::{HouseholdLinkPage, LinkMember, MadeLink};
use views::shell::Nav;
use views::{Form, formats};

pub fn routes() -> Vec<Route> {
    let verb = Access::Verb(Verb::ManageLink);
    vec![
        route("GET", "/people/{episode}/link", verb, view_one(sheet)),
        route("POST", "/people/{episode}/link", verb, form_one(make)),
        route("POST", "/people/{episode}/link/revoke", verb, form_one(revoke)),
        route("POST", "/people/{episode}/link/code", verb, form_one(code)),
        route("POST", "/people/{episode}/link/end-device", verb, form_one(end_device)),
    ]
}

async fn shown(seat: &Seat, episode: Uid, form: Option<Form>) -> Result<HouseholdLinkPage, Problem> {
    let record = about::open(seat, Verb::ManageLink, episode).await?;
    let pen = Pen::of(seat);
    let mut page = ask(seat, move |r, desk| {
        let (home, members) = acts::record_round::load(r, desk, Verb::ManageLink, record.item.household_uid)?;
        let running = rows::of_home(r, home.id)?;
        let mut words = Form::default();
        for (n, item) in members.iter().enumerate() {
            let age = item.birth_date.map(|birth| birth.age_on(pen.today()));
            let word = views::events::first_letter_up(&formats::kinship(pen.lang, age, item.sex));
            words.set(&format!("word.{n}"), &word);
        }
        Ok(HouseholdLinkPage {
            person: about::head(&pen, &record),
            form: form.unwrap_or(words),
            members: members
                .iter()
                .enumerate()
                .map(|(n, item)| LinkMember {
                    episode: item.uid.to_string(),
                    name: item.full_name.clone(),
                    field: format!("word.{n}"),
                })
                .collect(),
            deliveries: views::parts::choices::<LinkDelivery>(pen.lang),
            devices: match &running {
                Some(link) => own_thread::device_lines(&pen, &bound_device::running(r, link.id)?, None),
                None => Vec::new(),
            },
            running: running.map(|link| pen.t1("link-running", "time", &pen.exact(link.made_at))),
            ..HouseholdLinkPage::default()
        })
    })
    .await?;
    page.shell = seat.shell(Nav::People, "link-title").await?;
    Ok(page)
}

async fn sheet(seat: Seat, id: String) -> Shown {
    page(&shown(&seat, uid(&id)?, None).await?)
}

/// The members and their words, as the form says them.
fn words(posted: &Posted) -> Result<Vec<(Uid, String)>, Refusal> {
    let mut words = Vec::new();
    for (name, id) in &posted.0 {
        let Some(n) = name.strip_prefix("episode.") else { continue };
        let episode = Uid::parse(id).ok_or_else(Refusal::not_found)?;
        words.push((episode, posted.value(&format!("word.{n}")).to_owned()));
    }
    Ok(words)
}

async fn make(seat: Seat, id: String, posted: Posted) -> Shown {
    let episode = uid(&id)?;
    let record = ask(&seat, move |r, desk| about::load(r, desk, Verb::ManageLink, episode)).await?;
    let token = household_link::token_of(seat.app.house.secret());
    let hash = household_link::hash_of(&token);
    let delivery = LinkDelivery::parse(posted.value("delivery"));
    let delivery = delivery.ok_or_else(|| Refusal::field("delivery", "required"));
    let done = match words(&posted).and_then(|words| Ok((words, delivery?))) {
        Err(refusal) => Err(Stop::Refused(refusal)),
        Ok((words, delivery)) => {
            let cmd =
                MakeLink { household: record.item.household_uid, token_hash: hash.clone(), words, delivery };
            let once = posted.once("POST /people/{episode}/link", &id);
            let act = move |tx: &mut store::Tx, desk: &Desk, mint: &mut acts::Mint| {
                household_link::make(tx, desk, mint, &cmd)
            };
            seat.app.house.once(seat.desk()?, once, act).await
        }
    };
    match done {
        Ok(_) => {
            let mut shown = shown(&seat, episode, None).await?;
            // The same form sent twice made one link, and this may not be its token.
            let is_ours = ask(&seat, move |r, _| Ok(rows::by_hash(r, &hash)?.is_some())).await?;
            if is_ours {
                shown.made = Some(MadeLink { address: format!("{}/h/{token}", seat.origin) });
            }
            page(&shown)
        }
        Err(stop) => {
            let refusal = refused(stop)?;
            let form = Form::of(posted.0).refuse(seat.lang, &refusal);
            page_again(&refusal, &shown(&seat, episode, Some(form)).await?)
        }
    }
}

async fn revoke(seat: Seat, id: String, posted: Posted) -> Shown {
    let episode = uid(&id)?;
    let record = ask(&seat, move |r, desk| about::load(r, desk, Verb::ManageLink, episode)).await?;
    let home = record.item.household_uid;
    let once = posted.once("POST /people/{episode}/link/revoke", &id);
    let act =
        move |tx: &mut store::Tx, desk: &Desk, _: &mut acts::Mint| household_link::revoke(tx, desk, home);
    seat.app.house.once(seat.desk()?, once, act).await.map_err(Problem::from)?;
    see_done(&format!("/people/{id}"), "link_revoked")
}

/// A code for one more device of the home, shown once: the form says that somebody called.
async fn code(seat: Seat, id: String, posted: Posted) -> Shown {
    let episode = uid(&id)?;
    let record = ask(&seat, move |r, desk| about::load(r, desk, Verb::ManageLink, episode)).await?;
    let (home, called) = (record.item.household_uid, posted.on("called"));
    let code = bound_device::code_of(seat.app.house.secret());
    let shown_once = code.clone();
    let act = move |tx: &mut store::Tx, desk: &Desk, _: &mut acts::Mint| {
        bound_device::give_code(tx, desk, home, &code, called)
    };
    match seat.app.house.run(seat.desk()?, act).await {
        Ok(_) => {
            let mut shown = shown(&seat, episode, None).await?;
            shown.code = Some(shown_once);
            page(&shown)
        }
        Err(stop) => {
            let refusal = refused(stop)?;
            let mut again = shown(&seat, episode, None).await?;
            again.form = again.form.refuse(seat.lang, &refusal);
            page_again(&refusal, &again)
        }
    }
}

async fn end_device(seat: Seat, id: String, posted: Posted) -> Shown {
    let (episode, device) = (uid(&id)?, uid(posted.value("device"))?);
    let record = ask(&seat, move |r, desk| about::load(r, desk, Verb::ManageLink, episode)).await?;
    let home = record.item.household_uid;
    let act = move |tx: &mut store::Tx, desk: &Desk, mint: &mut acts::Mint| {
        bound_device::end(tx, desk, mint, home, device)
    };
    seat.app.house.run(seat.desk()?, act).await.map_err(Problem::from)?;
    see_done(&format!("/people/{id}/link"), "device_ended")
}
