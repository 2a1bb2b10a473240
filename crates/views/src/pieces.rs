//! What stands on every page or in many forms: the shell around a page, fields, the list's foot. Each piece is a
//! template of its own (a block of `templates/pieces.html`), so that it is compiled once; a macro is compiled anew
//! wherever it is called, and a page of forms calls dozens. Templates reach them through [`Shell`] and [`Form`].

use askama::Template;

use crate::form::Form;
use crate::parts::{Choice, Link, Paging, PersonHead, When};
use crate::shell::Shell;

/// The document's head, as far as every page has the same.
#[derive(Template)]
#[template(path = "pieces.html", block = "head")]
pub struct Head<'a> {
    shell: &'a Shell,
}

/// The rest of the head, the bar and the menu.
#[derive(Template)]
#[template(path = "pieces.html", block = "top")]
pub struct Top<'a> {
    shell: &'a Shell,
}

/// What comes after the page's own part: a phone's tabs.
#[derive(Template)]
#[template(path = "pieces.html", block = "foot")]
pub struct Foot<'a> {
    shell: &'a Shell,
}

/// What just happened, with its undo.
#[derive(Template)]
#[template(path = "pieces.html", block = "flash")]
pub struct FlashNote<'a> {
    shell: &'a Shell,
}

#[derive(Template)]
#[template(path = "pieces.html", block = "duty")]
pub struct Duty<'a> {
    shell: &'a Shell,
    on: bool,
    cls: &'a str,
}

/// What every form posts besides its fields.
#[derive(Template)]
#[template(path = "pieces.html", block = "hidden")]
pub struct Hidden<'a> {
    shell: &'a Shell,
}

#[derive(Template)]
#[template(path = "pieces.html", block = "crumbs")]
pub struct Crumbs<'a> {
    shell: &'a Shell,
    links: &'a [Link],
}

/// The summary above a form that was refused.
#[derive(Template)]
#[template(path = "pieces.html", block = "errors")]
pub struct Errors<'a> {
    shell: &'a Shell,
    form: &'a Form,
}

#[derive(Template)]
#[template(path = "pieces.html", block = "person_head")]
pub struct PersonTop<'a> {
    shell: &'a Shell,
    person: &'a PersonHead,
}

#[derive(Template)]
#[template(path = "pieces.html", block = "paging")]
pub struct PagingLine<'a> {
    shell: &'a Shell,
    paging: &'a Paging,
}

#[derive(Template)]
#[template(path = "pieces.html", block = "when")]
pub struct Moment<'a> {
    w: &'a When,
}

/// A field of one line; `more` is further attributes, written in the template.
#[derive(Template)]
#[template(path = "pieces.html", block = "text")]
pub struct TextField<'a> {
    form: &'a Form,
    name: &'a str,
    label: &'a str,
    hint: &'a str,
    optional: &'a str,
    more: &'a str,
    kind: &'a str,
}

/// A field of many lines.
#[derive(Template)]
#[template(path = "pieces.html", block = "area")]
pub struct AreaField<'a> {
    form: &'a Form,
    name: &'a str,
    label: &'a str,
    hint: &'a str,
    optional: &'a str,
    rows: &'a str,
}

/// A closed list; `blank` is the words of the empty choice, none if empty.
#[derive(Template)]
#[template(path = "pieces.html", block = "select")]
pub struct SelectField<'a> {
    form: &'a Form,
    name: &'a str,
    label: &'a str,
    choices: &'a [Choice],
    blank: &'a str,
    hint: &'a str,
    optional: &'a str,
}

#[derive(Template)]
#[template(path = "pieces.html", block = "radios")]
pub struct RadioField<'a> {
    form: &'a Form,
    name: &'a str,
    label: &'a str,
    choices: &'a [Choice],
    cls: &'a str,
}

impl Shell {
    pub fn head(&self) -> Head<'_> {
        Head { shell: self }
    }

    pub fn top(&self) -> Top<'_> {
        Top { shell: self }
    }

    pub fn foot(&self) -> Foot<'_> {
        Foot { shell: self }
    }

    pub fn flash_note(&self) -> FlashNote<'_> {
        FlashNote { shell: self }
    }

    /// Templates hand what they unpack by reference.
    pub fn duty<'a>(&'a self, on: &bool, cls: &'a str) -> Duty<'a> {
        Duty { shell: self, on: *on, cls }
    }

    pub fn hidden(&self) -> Hidden<'_> {
        Hidden { shell: self }
    }

    pub fn crumbs<'a>(&'a self, links: &'a [Link]) -> Crumbs<'a> {
        Crumbs { shell: self, links }
    }

    pub fn errors<'a>(&'a self, form: &'a Form) -> Errors<'a> {
        Errors { shell: self, form }
    }

    pub fn person_head<'a>(&'a self, person: &'a PersonHead) -> PersonTop<'a> {
        PersonTop { shell: self, person }
    }

    pub fn paging<'a>(&'a self, paging: &'a Paging) -> PagingLine<'a> {
        PagingLine { shell: self, paging }
    }
}

impl When {
    pub fn time(&self) -> Moment<'_> {
        Moment { w: self }
    }
}

impl Form {
    pub fn text<'a>(
        &'a self,
        name: &'a str,
        label: &'a str,
        hint: &'a str,
        optional: &'a str,
        more: &'a str,
        kind: &'a str,
    ) -> TextField<'a> {
        TextField { form: self, name, label, hint, optional, more, kind }
    }

    pub fn area<'a>(
        &'a self,
        name: &'a str,
        label: &'a str,
        hint: &'a str,
        optional: &'a str,
        rows: &'a str,
    ) -> AreaField<'a> {
        AreaField { form: self, name, label, hint, optional, rows }
    }

    pub fn select<'a>(
        &'a self,
        name: &'a str,
        label: &'a str,
        choices: &'a [Choice],
        blank: &'a str,
        hint: &'a str,
        optional: &'a str,
    ) -> SelectField<'a> {
        SelectField { form: self, name, label, choices, blank, hint, optional }
    }

    pub fn radios<'a>(
        &'a self,
        name: &'a str,
        label: &'a str,
        choices: &'a [Choice],
        cls: &'a str,
    ) -> RadioField<'a> {
        RadioField { form: self, name, label, choices, cls }
    }
}
