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
    full: OnceLock<String>,
    pg: OnceLock<String>,
}

impl Stmt {
    pub const fn new(name: &'static str, text: &'static str, noun: Option<&'static Noun>) -> Stmt {
        Stmt { name, text, noun, full: OnceLock::new(), pg: OnceLock::new() }
    }

    pub fn noun(&self) -> Option<&'static Noun> {
        self.noun
    }

    /// The text for SQLite.
    pub fn lite(&self) -> &str {
        match self.noun {
            None => self.text,
            Some(noun) => self.full.get_or_init(|| {
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
            let lite = format!("INSERT INTO {} ({}) VALUES ({})", self.table, names.join(", "), marks.join(", "));
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

/// `stmt!(NAME = "SELECT …")`: a query, or a write to a table that is no noun.
macro_rules! stmt {
    ($($vis:vis $name:ident = $text:expr;)+) => {$(
        $vis static $name: $crate::stmt::Stmt = $crate::stmt::Stmt::new(stringify!($name), $text, None);
        inventory::submit! { $crate::stmt::StmtRef(&$name) }
    )+};
}

/// `change!(NAME: NOUN = "SET … WHERE …")`: an UPDATE of a noun; the rows it leaves are chained.
macro_rules! change {
    ($($vis:vis $name:ident : $noun:ident = $text:expr;)+) => {$(
        $vis static $name: $crate::stmt::Stmt =
            $crate::stmt::Stmt::new(stringify!($name), $text, Some(&$noun));
        inventory::submit! { $crate::stmt::StmtRef(&$name) }
    )+};
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

pub(crate) use {change, noun, stmt};
