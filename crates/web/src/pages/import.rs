//! Taking in the lists that communes keep: an upload, progress that may be left, and a result by row and reason (LC-7,
//! P-7). The trial run writes nothing.

use super::pen::Pen;
use super::places;
use super::show::{
    Shown, XLSX, ask, download, form_one, page, page_again, page_with, refused, route, see, see_done, settle,
    uid, view, view_one,
};
use crate::api::imports::{Upload, begin};
use crate::app::UPLOAD_MAX;
use crate::gate::{Posted, Seat};
use crate::problem::Problem;
use crate::routes::{Access, Route};
use acts::clusters::{self, AddCluster};
use acts::import_list::{self, ImportList, ImportResult, RowResult};
use acts::{Desk, Once};
use axum::extract::{DefaultBodyLimit, Request};
use axum::response::Response;
use axum::routing::post;
use rules::permission::Verb;
use rules::{ImportState, Refusal, Uid};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::area::{self, Area};
use store::care_group::{self, GroupItem};
use store::import::{self, Import};
use store::{Reader, Stop, StoreError, staff};
use views::pages::import::{
    ImportLine, ImportPage, ImportProgressPage, ImportResultPage, PlacedLine, RowLine, reason_words,
};
use views::shell::Nav;
use views::{Form, Link, words};

/// Earlier imports on the page.
const RECENT_MAX: i64 = 20;
/// Rows of a result on the page; the sheet has them all.
const ROWS_SHOWN_MAX: usize = 50;
/// Groups of a commune whose clusters and people stand beside them.
const GROUPS_MAX: i64 = 500;

pub fn routes() -> Vec<Route> {
    let verb = Access::Verb(Verb::ImportEpisodes);
    vec![
        route("GET", "/import", verb, view(start_page)),
        route("POST", "/import", verb, post(start).layer(DefaultBodyLimit::max(UPLOAD_MAX))),
        route("GET", "/import/{id}", verb, view_one(one)),
        route("POST", "/import/{id}", verb, form_one(take)),
        route("POST", "/import/{id}/undo", Access::Verb(Verb::UndoImport), form_one(undo)),
        route("POST", "/import/{id}/clusters", Access::Verb(Verb::ManageClusters), form_one(add_clusters)),
        route("GET", "/import/{id}/refused.xlsx", verb, view_one(refused_rows)),
    ]
}

async fn shown_start(seat: &Seat, form: Form) -> Result<ImportPage, Problem> {
    let pen = Pen::of(seat);
    let (areas, recent) = ask(seat, move |r, desk| {
        let communes = places::communes(r, desk, Verb::ImportEpisodes)?;
        let home = desk.home(Verb::ImportEpisodes).map(|g| g.path.clone()).unwrap_or_default();
        let mut recent = Vec::new();
        for row in import::of_area(r, &home, RECENT_MAX)? {
            recent.push(line(r, &pen, &row)?);
        }
        Ok((places::area_choices(&communes), recent))
    })
    .await?;
    let form = match areas.as_slice() {
        [only] if form.value("area_code").is_empty() => form.with("area_code", only.value.clone()),
        _ => form,
    };
    Ok(ImportPage {
        shell: seat.shell(Nav::Import, "import-title").await?,
        form,
        areas,
        size_max: format!("{} MB", exchange::FILE_BYTES_MAX / (1024 * 1024)),
        recent,
    })
}

fn result_of(row: &Import) -> Option<ImportResult> {
    row.result.as_deref().and_then(|text| serde_json::from_str(text).ok())
}

fn line(r: &mut Reader, pen: &Pen, row: &Import) -> Result<ImportLine, StoreError> {
    let area = area::by_id(r, row.area_id)?.map(|a| a.full_name()).unwrap_or_default();
    let outcome = match (row.state, result_of(row)) {
        (ImportState::Done | ImportState::Undone, Some(result)) => {
            let people = pen.t1("people-count", "n", &pen.n(result.people));
            match result.refused.len() as i64 {
                0 => people,
                n => format!("{people}, {} {}", pen.n(n), pen.t("import-refused").to_lowercase()),
            }
        }
        (_, _) => String::new(),
    };
    Ok(ImportLine {
        href: format!("/import/{}", row.uid),
        file: row.file_name.clone(),
        area,
        by: by(r, row)?,
        when: pen.when(row.created_at),
        outcome,
        state: row.state.word().to_owned(),
        is_dry: row.dry_run,
    })
}

fn by(r: &mut Reader, row: &Import) -> Result<String, StoreError> {
    let member = match row.staff_id {
        Some(id) => staff::by_id(r, id)?,
        None => None,
    };
    Ok(member.map(|s| s.full_name).unwrap_or_default())
}

async fn start_page(seat: Seat) -> Shown {
    let form = Form::of([("area_code", seat.param("area"))]);
    page(&shown_start(&seat, form).await?)
}

async fn start(seat: Seat, request: Request) -> Response {
    let answer = start_by_form(&seat, request).await;
    settle(&seat, answer).await
}

async fn start_by_form(seat: &Seat, request: Request) -> Shown {
    let upload = match Upload::read(request, &seat.app).await {
        Ok(upload) => upload,
        Err(problem) => return start_again(seat, Vec::new(), problem).await,
    };
    let key =
        Some(upload.value("key")).filter(|k| !k.is_empty()).map(|k| k.chars().take(Once::KEY_MAX).collect());
    let begun = match upload.list() {
        Err(problem) => Err(problem),
        Ok(list) => {
            let once = Once { route: "POST /import", key, body: import_list::fingerprint(&list) };
            begin(&seat.app, seat.desk()?, once, list).await
        }
    };
    match begun {
        Ok(id) => see(&format!("/import/{id}")),
        Err(problem) => start_again(seat, upload.fields, problem).await,
    }
}

/// A file that cannot be read is said beside the field; what names no field is a page of its own.
async fn start_again(seat: &Seat, fields: Vec<(String, String)>, problem: Problem) -> Shown {
    if problem.errors.is_empty() {
        return Err(problem);
    }
    let mut form = Form::of(fields);
    for (field, code) in &problem.errors {
        let code = match (field.as_str(), code.as_str()) {
            ("file", "required") => "file_required",
            (_, code) => code,
        };
        form = form.fault(field, words::fault(seat.lang, code, &[]));
    }
    page_with(problem.status, &shown_start(seat, form).await?)
}

/// An import with its commune, for whoever may `verb` there.
async fn load(seat: &Seat, verb: Verb, id: &str) -> Result<(Import, Area), Problem> {
    let id = uid(id)?;
    ask(seat, move |r, desk| {
        let row = import::by_uid(r, id)?.ok_or_else(Refusal::not_found)?;
        let area = area::by_id(r, row.area_id)?.ok_or_else(Refusal::not_found)?;
        desk.may(verb, &area.path)?;
        Ok((row, area))
    })
    .await
}

async fn one(seat: Seat, id: String) -> Shown {
    let (row, area) = load(&seat, Verb::ImportEpisodes, &id).await?;
    match row.state {
        ImportState::Running => page(&ImportProgressPage {
            shell: seat.shell(Nav::Import, "import-title").await?,
            id: row.uid.to_string(),
            file: row.file_name,
            area: area.full_name(),
            is_dry: row.dry_run,
            done: u64::try_from(row.done).unwrap_or(0),
            total: u64::try_from(row.total).unwrap_or(0),
        }),
        ImportState::Done | ImportState::Failed | ImportState::Undone => {
            page(&shown_result(&seat, row, area, Form::default()).await?)
        }
    }
}

/// Why an import failed: `{"failed": "invalid file:file_locked"}`, in words.
fn failed_words(pen: &Pen, row: &Import) -> Option<String> {
    if row.state != ImportState::Failed {
        return None;
    }
    let text = row.result.as_deref().unwrap_or("");
    let kept: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    let said = kept.get("failed").and_then(|f| f.as_str()).unwrap_or("");
    let code = said
        .split(' ')
        .find_map(|word| word.split_once(':').map(|(_, code)| code))
        .or(said.split(' ').next());
    Some(words::fault(pen.lang, code.unwrap_or(""), &[]))
}

/// The rows with their reasons, as many as the page shows, and how many more there are.
fn rows(pen: &Pen, all: &[RowResult]) -> (Vec<RowLine>, Option<String>) {
    let shown = all.iter().take(ROWS_SHOWN_MAX).map(|row| {
        // The kept reason is the sheet's, in Vietnamese; behind its colon stands what was in the cell.
        let written = row.reason.split_once(": ").map_or("", |(_, written)| written);
        RowLine {
            sheet: row.sheet.clone(),
            row: row.row.to_string(),
            number: row.number.clone().unwrap_or_default(),
            reason: reason_words(pen.lang, &row.code, written),
        }
    });
    let more = all.len().saturating_sub(ROWS_SHOWN_MAX) as i64;
    (shown.collect(), (more > 0).then(|| pen.t1("import-more-rows", "n", &pen.n(more))))
}

fn placed(pen: &Pen, result: &ImportResult, groups: &[GroupItem]) -> Vec<PlacedLine> {
    result
        .placed
        .iter()
        .map(|line| {
            let group = groups.iter().find(|g| g.name == line.group);
            PlacedLine {
                cluster: group.map(|g| g.clusters.join(", ")).unwrap_or_default(),
                group: Link {
                    href: group.map(|g| format!("/groups/{}", g.uid)).unwrap_or_default(),
                    label: line.group.clone(),
                },
                households: pen.n(line.households),
                people: group.map(|g| pen.n(g.people)).unwrap_or_default(),
                is_new_group: false,
            }
        })
        .collect()
}

struct Around {
    by: String,
    groups: Vec<GroupItem>,
    known_clusters: Vec<String>,
    has_refused_file: bool,
}

fn around(r: &mut Reader, row: &Import, area: &Area) -> Result<Around, Stop> {
    let below = area::below(r, &area.path, rules::AreaLevel::Cluster)?;
    Ok(Around {
        by: by(r, row)?,
        groups: care_group::items(r, &area.path, 0, GROUPS_MAX)?,
        known_clusters: below.into_iter().map(|c| c.name).collect(),
        has_refused_file: import::refused(r, row.id)?.is_some(),
    })
}

async fn shown_result(seat: &Seat, row: Import, area: Area, form: Form) -> Result<ImportResultPage, Problem> {
    let pen = Pen::of(seat);
    let (asked, place) = (row.clone(), area.clone());
    let around = ask(seat, move |r, _| around(r, &asked, &place)).await?;
    let desk = seat.desk()?;
    let result = result_of(&row).unwrap_or_default();
    let (refused, refused_more) = rows(&pen, &result.refused);
    let (asked, asked_more) = rows(&pen, &result.asked);
    let proposed = result.proposed_clusters.iter().filter(|name| !around.known_clusters.contains(name));
    let adds_clusters = desk.can(Verb::ManageClusters, &area.path);
    Ok(ImportResultPage {
        shell: seat.shell(Nav::Import, "import-title").await?,
        id: row.uid.to_string(),
        file: row.file_name.clone(),
        area: area.full_name(),
        by: around.by,
        when: pen.when(row.created_at),
        is_dry: row.dry_run,
        is_undone: row.state == ImportState::Undone,
        failed: failed_words(&pen, &row),
        sheets: result.sheets.iter().map(|s| s.name.clone()).collect(),
        people: pen.n(result.people),
        households: pen.n(result.households),
        created: pen.n(result.created),
        updated: pen.n(result.updated),
        refused_count: pen.n(result.refused.len() as i64),
        asked_count: pen.n(result.asked.len() as i64),
        placed: placed(&pen, &result, &around.groups),
        refused,
        asked,
        refused_more,
        asked_more,
        proposed_clusters: if adds_clusters { proposed.cloned().collect() } else { Vec::new() },
        has_refused_file: around.has_refused_file,
        can_undo: row.state == ImportState::Done && !row.dry_run && desk.can(Verb::UndoImport, &area.path),
        form,
        people_href: format!("/people?area={}", area.code),
    })
}

/// "Nhập thật": the list of a trial run is taken, from the file that was kept.
async fn take(seat: Seat, id: String, posted: Posted) -> Shown {
    let (row, area) = load(&seat, Verb::ImportEpisodes, &id).await?;
    let import = row.id;
    let bytes =
        seat.app.house.store.read(move |r| import::file(r, import)).await?.ok_or_else(Refusal::not_found)?;
    let list = ImportList {
        area_code: area.code.clone(),
        file_name: row.file_name.clone(),
        bytes: Arc::new(bytes),
        dry_run: false,
        contacted: row.contacted,
    };
    let mut once = posted.once("POST /import/{id}", &id);
    once.body = import_list::fingerprint(&list);
    let taken = begin(&seat.app, seat.desk()?, once, list).await?;
    see(&format!("/import/{taken}"))
}

async fn undo(seat: Seat, id: String, posted: Posted) -> Shown {
    let (row, area) = load(&seat, Verb::UndoImport, &id).await?;
    let once = posted.once("POST /import/{id}/undo", &id);
    match import_list::undo(&seat.app.house, seat.desk()?, once, row.uid).await {
        Ok(_) => see_done(&format!("/import/{}", row.uid), "import_undone"),
        Err(stop) => {
            let refusal = refused(stop)?;
            let form = Form::of(posted.0.clone()).refuse(seat.lang, &refusal);
            let seat = seat.at(format!("/import/{}", row.uid));
            page_again(&refusal, &shown_result(&seat, row, area, form).await?)
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Added {
    clusters: usize,
}

/// Makes the ticked clusters of a trial run, before the list is taken.
async fn add_clusters(seat: Seat, id: String, posted: Posted) -> Shown {
    let (row, area) = load(&seat, Verb::ManageClusters, &id).await?;
    let known: Vec<String> = result_of(&row).map(|result| result.proposed_clusters).unwrap_or_default();
    let ticked: Vec<AddCluster> = posted
        .all("cluster")
        .into_iter()
        .filter(|name| known.iter().any(|k| k == name))
        .map(|name| AddCluster {
            area_code: area.code.clone(),
            name: name.to_owned(),
            ..AddCluster::default()
        })
        .collect();
    let once = posted.once("POST /import/{id}/clusters", &id);
    let act = move |tx: &mut store::Tx, desk: &Desk, mint: &mut acts::Mint| -> Result<Added, Stop> {
        for cmd in &ticked {
            clusters::add_cluster(tx, desk, mint, cmd)?;
        }
        Ok(Added { clusters: ticked.len() })
    };
    match seat.app.house.once(seat.desk()?, once, act).await {
        Ok(_) => see_done(&format!("/import/{}", row.uid), "clusters"),
        Err(stop) => {
            let refusal = refused(stop)?;
            let mut form = Form::of(posted.0.clone());
            form.refused = Some(views::refusal(seat.lang, &refusal));
            let seat = seat.at(format!("/import/{}", row.uid));
            page_again(&refusal, &shown_result(&seat, row, area, form).await?)
        }
    }
}

/// The rows that were handed back, as a sheet with the reason beside each.
async fn refused_rows(seat: Seat, id: String) -> Shown {
    let (row, _) = load(&seat, Verb::ImportEpisodes, &id).await?;
    let import = row.id;
    let sheet = seat
        .app
        .house
        .store
        .read(move |r| import::refused(r, import))
        .await?
        .ok_or_else(Refusal::not_found)?;
    download(&format!("tra-lai-{}.xlsx", short(row.uid)), XLSX, sheet)
}

/// Enough of an id to tell two files apart.
fn short(id: Uid) -> String {
    let text = id.to_string();
    text.chars().skip(text.len().saturating_sub(8)).collect()
}
