//! The people behind a figure: every number of a report can be followed to names by those who may see them.

use crate::pages::people::PersonRow;
use crate::{Link, Paging, Shell};

/// `GET /figures?area=&on=&indicator=&cursor=`
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "figures.html")]
pub struct FiguresPage {
    pub shell: Shell,
    pub indicator: String,
    /// In full.
    pub label: String,
    pub area: String,
    pub day: String,
    pub value: String,
    /// "52 trên 88"
    pub of: Option<String>,
    /// How it is counted, in words.
    pub definition: String,
    pub report: Option<Link>,
    pub people: Vec<PersonRow>,
    pub paging: Option<Paging>,
    /// False: this role sees numbers only.
    pub may_see_people: bool,
}

/// How an indicator is counted, in one sentence.
pub fn definition(lang: crate::Lang, indicator: &str) -> String {
    crate::t(lang, &format!("indicator-{indicator}-definition"))
}
