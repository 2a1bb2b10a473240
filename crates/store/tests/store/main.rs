//! The store on both databases: what is acknowledged is kept, what is refused leaves nothing, what is changed behind
//! the program's back is found. PostgreSQL comes from `KEBEN_TEST_PG`; `cargo xtask test` provides it.
#![allow(clippy::unwrap_used)]

/// Runs each named function as a test on SQLite and as one on PostgreSQL, with a store of its own.
macro_rules! on_both {
    ($($name:ident)+) => {
        mod sqlite {
            $(#[test] fn $name() { super::$name(&crate::home::Home::sqlite(stringify!($name))); })+
        }
        mod postgres {
            $(#[test] fn $name() { super::$name(&crate::home::Home::postgres(stringify!($name))); })+
        }
    };
}

mod backup;
mod crash;
mod guards;
mod heads;
mod home;
mod schema;
mod tamper;
mod writer;
