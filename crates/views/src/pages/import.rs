//! Taking in the lists that communes keep: upload, progress that may be left, a result by row and reason (LC-7, P-7).

use crate::{Choice, Form, Link, Shell, When};

/// | action | method | fields |
/// |---|---|---|
/// | `/import` | POST multipart | `file` (xlsx, csv), `area_code`, `contacted` (`1`), `dry_run` (`1` by the button "Thử trước", absent by "Nhập danh sách") |
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "import.html")]
pub struct ImportPage {
    pub shell: Shell,
    pub form: Form,
    pub areas: Vec<Choice>,
    /// "20 MB"
    pub size_max: String,
    pub recent: Vec<ImportLine>,
}

#[derive(Clone, Debug, Default)]
pub struct ImportLine {
    pub href: String,
    pub file: String,
    pub area: String,
    pub by: String,
    pub when: When,
    /// "63 người, 5 dòng trả lại"
    pub outcome: String,
    /// `running`, `done`, `failed`, `undone`
    pub state: String,
    pub is_dry: bool,
}

impl ImportLine {
    pub fn state_key(&self) -> String {
        format!("import-state-{}", self.state)
    }
}

/// While it runs: refreshes itself every two seconds; the script polls `/import/{id}` in its place.
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "import_progress.html")]
pub struct ImportProgressPage {
    pub shell: Shell,
    pub id: String,
    pub file: String,
    pub area: String,
    pub is_dry: bool,
    pub done: u64,
    /// 0 while it is not known.
    pub total: u64,
}

impl ImportProgressPage {
    pub fn words(&self) -> String {
        let n = |n: u64| crate::formats::number(n as i64);
        match self.total {
            0 => self.shell.t("import-counting"),
            _ => self.shell.t2(
                "import-rows-done",
                ("done", n(self.done).as_str()),
                ("total", n(self.total).as_str()),
            ),
        }
    }
}

/// | action | method | fields |
/// |---|---|---|
/// | `/import/{id}` | POST | none: "Nhập thật" after a dry run, with the same file |
/// | `/import/{id}/undo` | POST | `reason` |
/// | `/import/{id}/refused.xlsx` | GET | |
/// | `/import/{id}/clusters` | POST | `cluster` (repeated; the proposed ones that are confirmed) |
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "import_result.html")]
pub struct ImportResultPage {
    pub shell: Shell,
    pub id: String,
    pub file: String,
    pub area: String,
    pub by: String,
    pub when: When,
    pub is_dry: bool,
    pub is_undone: bool,
    /// `Some`: the file could not be read at all, in words with the next step.
    pub failed: Option<String>,
    pub sheets: Vec<String>,
    /// All formatted.
    pub people: String,
    pub households: String,
    pub created: String,
    pub updated: String,
    pub refused_count: String,
    pub asked_count: String,
    /// By cluster: where the households went.
    pub placed: Vec<PlacedLine>,
    pub refused: Vec<RowLine>,
    pub asked: Vec<RowLine>,
    /// More rows than shown (the sheet has all).
    pub refused_more: Option<String>,
    pub asked_more: Option<String>,
    pub proposed_clusters: Vec<String>,
    pub has_refused_file: bool,
    pub can_undo: bool,
    pub form: Form,
    /// Where to go on: worklist, people of this import.
    pub people_href: String,
}

#[derive(Clone, Debug, Default)]
pub struct PlacedLine {
    pub cluster: String,
    pub group: Link,
    pub households: String,
    pub people: String,
    pub is_new_group: bool,
}

#[derive(Clone, Debug, Default)]
pub struct RowLine {
    pub sheet: String,
    /// The sheet's row.
    pub row: String,
    /// The list's own number, empty if none.
    pub number: String,
    /// The reason in words: `import::reason_words`.
    pub reason: String,
}

/// The words of a refused or asked row: `no_name`, `birth_in_future`, `impossible_date`, `unknown_cluster`,
/// `duplicate`, `unreadable`, `bad_phone`, `no_cluster`; `value` is what stood in the cell.
pub fn reason_words(lang: crate::Lang, code: &str, value: &str) -> String {
    let key = format!("row-{code}");
    if crate::words::knows(lang, &key) {
        crate::t_args(lang, &key, &[("value", value)])
    } else {
        crate::t_args(lang, "row-unreadable", &[("value", value)])
    }
}
