//! What `KEBEN_LOG` does, seen from outside: a word that cannot be read is said, with an example, and nothing stops.
#![allow(clippy::unwrap_used)]

use std::process::{Command, Output};

/// A command that needs no store and writes nothing.
fn check_blueprint(log: Option<&str>) -> Output {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../blueprints/lai-chau-2022.toml");
    let mut command = Command::new(env!("CARGO_BIN_EXE_keben"));
    command.args(["blueprint", "check", file]).env_remove("KEBEN_LOG");
    if let Some(log) = log {
        command.env("KEBEN_LOG", log);
    }
    command.output().unwrap()
}

#[test]
fn a_filter_that_cannot_be_read_is_said_and_nothing_stops() {
    let out = check_blueprint(Some("warn,store=loud"));
    let said = String::from_utf8(out.stderr).unwrap();
    assert!(out.status.success(), "{said}");
    assert!(said.contains("KEBEN_LOG") && said.contains("KEBEN_LOG=warn,store=debug"), "{said}");
}

#[test]
fn a_filter_that_can_be_read_is_taken_without_a_word() {
    for log in [None, Some(""), Some("info"), Some("warn,store=debug")] {
        let out = check_blueprint(log);
        let said = String::from_utf8(out.stderr).unwrap();
        assert!(out.status.success() && !said.contains("KEBEN_LOG"), "{log:?}: {said}");
    }
}
