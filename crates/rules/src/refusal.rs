//! A refusal is an answer, not a fault: what was asked is not allowed or not possible, and the person is told the
//! next step. Its code is the key of its words in `locales/` (`refusal-<code>`), and goes out in the HTTP answer.

/// How a refusal is answered; the web layer alone turns it into a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// A field of the request is wrong (422).
    Invalid,
    /// The record's state does not allow it now (409).
    Conflict,
    /// Missing record and missing permission look alike (404).
    NotFound,
    /// Not signed in, or the session has ended (401).
    Unauthenticated,
    /// Too much at once; try again later (503).
    Busy,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name in the request, dotted (`person.full_name`).
    pub field: String,
    pub code: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub kind: RefusalKind,
    pub code: &'static str,
    pub fields: Vec<FieldError>,
    /// Values for the words of the refusal: (`name`, value).
    pub args: Vec<(&'static str, String)>,
}

impl Refusal {
    fn of(kind: RefusalKind, code: &'static str) -> Refusal {
        Refusal { kind, code, fields: Vec::new(), args: Vec::new() }
    }

    pub fn conflict(code: &'static str) -> Refusal {
        Refusal::of(RefusalKind::Conflict, code)
    }

    pub fn invalid(code: &'static str) -> Refusal {
        Refusal::of(RefusalKind::Invalid, code)
    }

    pub fn not_found() -> Refusal {
        Refusal::of(RefusalKind::NotFound, "not_found")
    }

    pub fn unauthenticated(code: &'static str) -> Refusal {
        Refusal::of(RefusalKind::Unauthenticated, code)
    }

    pub fn busy() -> Refusal {
        Refusal::of(RefusalKind::Busy, "busy")
    }

    /// One wrong field.
    pub fn field(field: &str, code: &'static str) -> Refusal {
        Refusal::of(RefusalKind::Invalid, "invalid").and_field(field, code)
    }

    pub fn and_field(mut self, field: &str, code: &'static str) -> Refusal {
        self.fields.push(FieldError { field: field.to_owned(), code });
        self
    }

    pub fn with(mut self, name: &'static str, value: impl ToString) -> Refusal {
        self.args.push((name, value.to_string()));
        self
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code)?;
        for error in &self.fields {
            write!(f, " {}:{}", error.field, error.code)?;
        }
        self.args.iter().try_for_each(|(name, value)| write!(f, " {name}={value}"))
    }
}

impl std::error::Error for Refusal {}
