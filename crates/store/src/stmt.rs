//! One SQL text for both databases, known at start: each statement is a static with a name, and each registers
//! itself so that a test can prepare every one of them on both engines.
//!
//! Parameters are written `?1`, `?2` …: `$2` before `$1` is silently swapped by SQLite.

use std::sync::OnceLock;

pub struct Stmt {
    pub name: &'static str,
    text: &'static str,
    /// The noun that the statement changes; its after-image is then returned and chained.
    noun: Option<&'static Noun>,
    /// The noun whose whole rows the statement selects.
    of: Option<&'static Noun>,
    full: OnceLock<String>,
    pg: OnceLock<String>,
}

impl Stmt {
    pub const fn new(name: &'static str, text: &'static str, noun: Option<&'static Noun>) -> Stmt {
        Stmt { name, text, noun, of: None, full: OnceLock::new(), pg: OnceLock::new() }
    }

    /// A SELECT of a noun's whole rows; `tail` is what follows FROM and the table's name.
    pub const fn select(name: &'static str, tail: &'static str, of: &'static Noun) -> Stmt {
        Stmt { name, text: tail, noun: None, of: Some(of), full: OnceLock::new(), pg: OnceLock::new() }
    }

    pub fn noun(&self) -> Option<&'static Noun> {
        self.noun
    }

    /// The text for SQLite.
    pub fn lite(&self) -> &str {
        match (self.noun, self.of) {
            (None, None) => self.text,
            (None, Some(of)) => self.full.get_or_init(|| {
                let columns: Vec<String> = of.record.iter().map(|c| format!("{}.{c}", of.table)).collect();
                format!("SELECT {0}.id, {1} FROM {0} {2}", of.table, columns.join(", "), self.text)
            }),
            (Some(noun), _) => self.full.get_or_init(|| {
                format!("UPDATE {} {} RETURNING id, {}", noun.table, self.text, noun.record.join(", "))
            }),
        }
    }

    /// The text for PostgreSQL: `?N` becomes `$N`.
    pub fn pg(&self) -> &str {
        self.pg.get_or_init(|| self.lite().replace('?', "$"))
    }
}

/// A table whose rows are part of the record: every change of a row is chained with the row as it then stood.
pub struct Noun {
    pub table: &'static str,
    /// The columns that are chained, in the order of `insert`.
    pub record: &'static [&'static str],
    /// Columns computed from other rows; not chained, recomputed by `verify`.
    pub derived: &'static [Derived],
    insert: OnceLock<(String, String)>,
}

/// A derived column with the SELECT that finds the ids of rows where it is not what it should be.
pub struct Derived {
    pub column: &'static str,
    pub initial: i64,
    pub wrong: &'static Stmt,
}

impl Noun {
    pub const fn new(
        table: &'static str,
        record: &'static [&'static str],
        derived: &'static [Derived],
    ) -> Noun {
        Noun { table, record, derived, insert: OnceLock::new() }
    }

    fn insert_texts(&self) -> &(String, String) {
        self.insert.get_or_init(|| {
            let mut names = vec!["id"];
            names.extend(self.record);
            names.extend(self.derived.iter().map(|d| d.column));
            let marks: Vec<String> = (1..=names.len()).map(|n| format!("?{n}")).collect();
            let lite =
                format!("INSERT INTO {} ({}) VALUES ({})", self.table, names.join(", "), marks.join(", "));
            let pg = lite.replace('?', "$");
            (lite, pg)
        })
    }

    pub fn insert_lite(&self) -> &str {
        &self.insert_texts().0
    }

    pub fn insert_pg(&self) -> &str {
        &self.insert_texts().1
    }
}

pub struct StmtRef(pub &'static Stmt);
inventory::collect!(StmtRef);

pub struct NounRef(pub &'static Noun);
inventory::collect!(NounRef);

/// Every statement of the program, for the test that prepares them all.
pub fn all_statements() -> impl Iterator<Item = &'static Stmt> {
    inventory::iter::<StmtRef>.into_iter().map(|r| r.0)
}

/// Every noun of the program, by table.
pub fn all_nouns() -> Vec<&'static Noun> {
    let mut nouns: Vec<&'static Noun> = inventory::iter::<NounRef>.into_iter().map(|r| r.0).collect();
    nouns.sort_by_key(|n| n.table);
    nouns
}

/// How many values [`marks_50!`] stands for.
pub(crate) const MARKS: usize = 50;

/// The marks of a list of [`MARKS`] values, for one statement that asks for many rows at once; a shorter list repeats a value.
macro_rules! marks_50 {
    () => {
        "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25,
        ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, ?36, ?37, ?38, ?39, ?40, ?41, ?42, ?43, ?44, ?45, ?46, ?47, ?48, ?49, ?50"
    };
}

/// `stmt!(NAME = "SELECT …")`: a query, or a write to a table that is no noun.
macro_rules! stmt {
    ($($(#[$doc:meta])* $vis:vis $name:ident = $text:expr;)+) => {$(
        $(#[$doc])*
        $vis static $name: $crate::stmt::Stmt = $crate::stmt::Stmt::new(stringify!($name), $text, None);
        inventory::submit! { $crate::stmt::StmtRef(&$name) }
    )+};
}

/// `change!(NAME: NOUN = "SET … WHERE …")`: an UPDATE of a noun; the rows it leaves are chained.
macro_rules! change {
    ($($(#[$doc:meta])* $vis:vis $name:ident : $noun:ident = $text:expr;)+) => {$(
        $(#[$doc])*
        $vis static $name: $crate::stmt::Stmt =
            $crate::stmt::Stmt::new(stringify!($name), $text, Some(&$noun));
        inventory::submit! { $crate::stmt::StmtRef(&$name) }
    )+};
}

/// `select!(NAME: NOUN = "WHERE …")`: a SELECT of whole rows, read with the noun's `row!` struct.
macro_rules! select {
    ($($(#[$doc:meta])* $vis:vis $name:ident : $noun:ident = $text:expr;)+) => {$(
        $(#[$doc])*
        $vis static $name: $crate::stmt::Stmt = $crate::stmt::Stmt::select(stringify!($name), $text, &$noun);
        inventory::submit! { $crate::stmt::StmtRef(&$name) }
    )+};
}

/// `row!(pub struct Name(NOUN = "table", Id) { field: Type, … })`: a noun and the struct of its rows, with the columns
/// in one place, so that no value can land in its neighbour's column.
macro_rules! row {
    ($(#[$meta:meta])* pub struct $name:ident ($noun:ident = $table:literal, $id:ty) {
        $($(#[$fmeta:meta])* $field:ident : $ty:ty),+ $(,)?
    } $(derived [$($dcol:literal = $init:literal, $wrong:ident);* $(;)?])?) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            pub id: $id,
            $($(#[$fmeta])* pub $field: $ty),+
        }

        pub static $noun: $crate::stmt::Noun = $crate::stmt::Noun::new(
            $table,
            &[$(stringify!($field)),+],
            &[$($($crate::stmt::Derived { column: $dcol, initial: $init, wrong: &$wrong }),*)?],
        );
        inventory::submit! { $crate::stmt::NounRef(&$noun) }

        impl $crate::val::FromRow for $name {
            fn from_row(row: &mut $crate::val::Row) -> Result<Self, $crate::error::StoreError> {
                Ok($name { id: $crate::val::Column::read(row)?, $($field: $crate::val::Column::read(row)?),+ })
            }
        }

        impl $name {
            /// The record columns in declared order.
            fn vals(&self) -> Vec<$crate::val::Val> {
                vec![$($crate::val::Column::val(&self.$field)),+]
            }

            /// Writes the row; its image is sealed by the next entry.
            pub fn insert(&self, tx: &mut $crate::tx::Tx) -> Result<(), $crate::error::StoreError> {
                tx.insert(&$noun, $crate::stmt::AsI64::as_i64(&self.id), self.vals())
            }
        }
    };
}

/// `noun!(NAME = "table" [columns…])`, with `derived [column = initial, WRONG_STMT]` where there are any.
macro_rules! noun {
    ($vis:vis $name:ident = $table:literal [$($col:literal),+ $(,)?]) => {
        noun!($vis $name = $table [$($col),+] derived []);
    };
    ($vis:vis $name:ident = $table:literal [$($col:literal),+ $(,)?]
     derived [$($dcol:literal = $init:literal, $wrong:ident);* $(;)?]) => {
        $vis static $name: $crate::stmt::Noun = $crate::stmt::Noun::new(
            $table,
            &[$($col),+],
            &[$($crate::stmt::Derived { column: $dcol, initial: $init, wrong: &$wrong }),*],
        );
        inventory::submit! { $crate::stmt::NounRef(&$name) }
    };
}

/// An id as the number that is stored.
pub(crate) trait AsI64 {
    fn as_i64(&self) -> i64;
}

pub(crate) use {change, marks_50, noun, row, select, stmt};
