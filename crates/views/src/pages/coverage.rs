//! "Chưa được quản lý, giám sát": nobody is unmanaged is a list with names, an age and an assign button (LC-10, P-1).

use crate::{Choice, Form, Link, Paging, Shell, When};

/// `GET /coverage?area=&kind=&cursor=`
///
/// | action | method | fields |
/// |---|---|---|
/// | `/coverage/assign` | POST | `carer` (staff id), `episode` (repeated, ticked rows) or `one` (the row's own button; then the ticks are passed over), `area`, `kind` (to come back to the same list) |
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "coverage.html")]
pub struct CoveragePage {
    pub shell: Shell,
    pub area: String,
    /// The area's code, for the forms.
    pub area_code: String,
    /// From the top down to this area.
    pub crumbs: Vec<Link>,
    /// People with at least one open gap.
    pub people: u64,
    /// The oldest, in words ("5 giờ").
    pub oldest: Option<String>,
    pub checked: When,
    /// One filter per kind that occurs.
    pub kinds: Vec<KindCount>,
    /// The kind filtered by; empty = all.
    pub kind: String,
    pub sections: Vec<GapSection>,
    pub carers: Vec<Choice>,
    pub form: Form,
    pub paging: Option<Paging>,
    /// Up the tree: the areas below this one.
    pub below: Vec<AreaGaps>,
}

impl CoveragePage {
    pub fn headline(&self) -> String {
        match self.people {
            1 => self.shell.t("coverage-one"),
            n => self.shell.t1("coverage-n", "n", crate::formats::number(n as i64)),
        }
    }

    pub fn can_assign(&self) -> bool {
        !self.carers.is_empty() && self.sections.iter().any(|s| s.lines.iter().any(|l| l.can_assign))
    }
}

#[derive(Clone, Debug, Default)]
pub struct KindCount {
    /// The word of `GapKind`.
    pub kind: String,
    pub label: String,
    pub n: String,
    pub href: String,
    pub is_current: bool,
}

#[derive(Clone, Debug, Default)]
pub struct GapSection {
    /// The kind's name ("chưa có nhóm").
    pub title: String,
    /// What it means and what mends it: `coverage::mend`.
    pub mend: String,
    pub n: String,
    pub lines: Vec<GapRow>,
}

/// One gap: somebody (or a group) by name.
#[derive(Clone, Debug, Default)]
pub struct GapRow {
    /// The episode, for the checkbox; `None` for a gap of a group.
    pub episode: Option<String>,
    pub href: String,
    pub name: String,
    /// "82 tuổi · F0 ngày 5 · nhà 73, bản Nậm Hãn"
    pub facts: String,
    pub since: When,
    /// Its age in words ("3 giờ 20 phút").
    pub age: String,
    pub owner: String,
    /// Whose it is by now, in words.
    pub level: String,
    /// It has climbed beyond the group's leader.
    pub is_escalated: bool,
    pub can_assign: bool,
    /// Another way to mend it ("Đặt trưởng nhóm").
    pub mend: Option<Link>,
}

impl GapRow {
    pub fn episode_id(&self) -> &str {
        self.episode.as_deref().unwrap_or("")
    }
}

#[derive(Clone, Debug, Default)]
pub struct AreaGaps {
    pub href: String,
    pub name: String,
    pub people: String,
    pub oldest: String,
    /// The largest kinds in words ("4 quá hạn, 2 chưa có nhóm").
    pub kinds: String,
    pub is_clear: bool,
}

/// What mends a kind of gap, in one sentence.
pub fn mend(lang: crate::Lang, kind: rules::GapKind) -> String {
    crate::t(lang, &format!("gap-mend-{}", kind.word()))
}
