//! Why a file is not read. Each has a code whose words stand in `locales/` (`refusal-<code>`).

use rules::Refusal;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileRefusal {
    #[error("the file cannot be opened: {0}")]
    Unopened(String),
    #[error("the file is larger than {bytes_max} bytes")]
    TooBig { bytes_max: usize },
    #[error("the file unpacks to more than it may, or from too many parts")]
    ZipBomb,
    #[error("the file carries macros")]
    Macro,
    #[error("the file defines its own XML entities")]
    Dtd,
    #[error("the file is neither XLSX nor CSV: {0}")]
    Type(&'static str),
    #[error("the file is protected by a password")]
    Locked,
    #[error("the file is damaged")]
    Broken,
    #[error("the file has more than {sheets_max} sheets")]
    TooManySheets { sheets_max: usize },
    #[error("the file has more than {rows_max} filled rows")]
    TooManyRows { rows_max: usize },
    #[error("the file has more than {cells_max} filled cells")]
    TooManyCells { cells_max: usize },
    #[error("the file has nothing in it")]
    Empty,
}

impl FileRefusal {
    /// Every code, for the test that each has its words.
    pub const CODES: &'static [&'static str] = &[
        "file_unopened",
        "file_too_big",
        "zip_bomb",
        "file_macro",
        "file_dtd",
        "file_type",
        "file_locked",
        "file_broken",
        "too_many_sheets",
        "too_many_rows",
        "too_many_cells",
        "file_empty",
    ];

    pub fn code(&self) -> &'static str {
        match self {
            FileRefusal::Unopened(_) => "file_unopened",
            FileRefusal::TooBig { .. } => "file_too_big",
            FileRefusal::ZipBomb => "zip_bomb",
            FileRefusal::Macro => "file_macro",
            FileRefusal::Dtd => "file_dtd",
            FileRefusal::Type(_) => "file_type",
            FileRefusal::Locked => "file_locked",
            FileRefusal::Broken => "file_broken",
            FileRefusal::TooManySheets { .. } => "too_many_sheets",
            FileRefusal::TooManyRows { .. } => "too_many_rows",
            FileRefusal::TooManyCells { .. } => "too_many_cells",
            FileRefusal::Empty => "file_empty",
        }
    }
}

impl From<FileRefusal> for Refusal {
    fn from(refusal: FileRefusal) -> Refusal {
        let out = Refusal::invalid(refusal.code());
        match refusal {
            FileRefusal::TooBig { bytes_max } => out.with("megabytes", bytes_max / (1024 * 1024)),
            FileRefusal::TooManySheets { sheets_max } => out.with("sheets", sheets_max),
            FileRefusal::TooManyRows { rows_max } => out.with("rows", rows_max),
            FileRefusal::TooManyCells { cells_max } => out.with("cells", cells_max),
            FileRefusal::Type(found) => out.with("found", found),
            FileRefusal::Unopened(_)
            | FileRefusal::ZipBomb
            | FileRefusal::Macro
            | FileRefusal::Dtd
            | FileRefusal::Locked
            | FileRefusal::Broken
            | FileRefusal::Empty => out,
        }
    }
}
