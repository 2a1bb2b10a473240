//! The house rules that no compiler checks: which crate may use which, that paths named in documents exist, and that
//! no file carries a reminder or a path of somebody's own machine.

// Helpers of tests are tests too.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Who may use whom: `rules <- store <- acts <- web <- keben`, `rules <- exchange`, `rules <- views <- web`. A new
/// edge is a decision: it is drawn in the architecture first, then here.
const EDGES: &[(&str, &[&str])] = &[
    ("rules", &[]),
    ("store", &["rules"]),
    ("exchange", &["rules"]),
    ("views", &["rules"]),
    ("acts", &["rules", "store", "exchange"]),
    ("web", &["rules", "store", "acts", "exchange", "views"]),
    ("keben", &["rules", "store", "acts", "exchange", "web"]),
    ("stories", &["rules", "store", "exchange", "views", "acts", "web", "keben"]),
    ("xtask", &[]),
];

/// Endings of files that documents name without a folder.
const NAMED_ALONE: [&str; 2] = [".md", ".rs"];
/// Endings that make a word with a slash a path, even if its first folder is gone.
const ENDINGS: [&str; 15] = [
    ".md", ".rs", ".toml", ".csv", ".json", ".mjs", ".js", ".html", ".css", ".ftl", ".sql", ".yml", ".xlsx",
    ".service", ".txt",
];
/// Folders that a build or an installation makes.
const MADE: [&str; 2] = ["target/", "node_modules/"];
const CODE: [&str; 9] = [".rs", ".mjs", ".js", ".sql", ".html", ".css", ".toml", ".ftl", ".sh"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

fn output(command: &mut Command) -> String {
    let out = command.current_dir(root()).output().unwrap();
    assert!(out.status.success(), "{command:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

/// The files of the repository: tracked, or new and not ignored.
fn files() -> Vec<String> {
    let listed = output(Command::new("git").args([
        "-c",
        "core.quotepath=off",
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
    ]));
    // A file deleted in the work tree is still listed until the deletion is recorded.
    listed.lines().filter(|file| root().join(file).is_file()).map(str::to_owned).collect()
}

/// The file's text; `None` for a picture, a font, a spreadsheet.
fn text(file: &str) -> Option<String> {
    String::from_utf8(std::fs::read(root().join(file)).unwrap()).ok()
}

fn metadata() -> Value {
    let said = output(Command::new(env!("CARGO")).args([
        "metadata",
        "--no-deps",
        "--offline",
        "--format-version=1",
    ]));
    serde_json::from_str(&said).unwrap()
}

#[test]
fn crates_use_each_other_in_one_direction() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let ours: BTreeSet<&str> = packages.iter().map(|package| package["name"].as_str().unwrap()).collect();
    let mut wrong = Vec::new();
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let Some((_, allowed)) = EDGES.iter().find(|(from, _)| *from == name) else {
            wrong.push(format!("{name}: a new crate; say in EDGES whom it may use"));
            continue;
        };
        for dependency in package["dependencies"].as_array().unwrap() {
            let used = dependency["name"].as_str().unwrap();
            if ours.contains(used) && !allowed.contains(&used) {
                wrong.push(format!("{name} uses {used}"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// The words between single backticks, outside of fenced blocks, with their lines.
fn backticked(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (at, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            found.extend(line.split('`').skip(1).step_by(2).map(|word| (at + 1, word)));
        }
    }
    found
}

/// The targets of links to files, outside of fenced blocks.
fn linked(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (at, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            let targets = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
            found.extend(
                targets.filter(|to| !to.contains("://") && !to.starts_with('#')).map(|to| (at + 1, to)),
            );
        }
    }
    found
}

/// Whether a word in a document means a file or folder of this repository.
fn means_a_path(word: &str, tops: &BTreeSet<&str>) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "-_./".contains(c);
    if !word.chars().all(plain) || word.starts_with('/') || word.contains("..") {
        return false;
    }
    if MADE.iter().any(|made| word.starts_with(made) || word.contains(&format!("/{made}"))) {
        return false;
    }
    match word.split_once('/') {
        Some((top, _)) => tops.contains(top) || ENDINGS.iter().any(|ending| word.ends_with(ending)),
        None => NAMED_ALONE.iter().any(|ending| word.ends_with(ending) && word.len() > ending.len()),
    }
}

/// Whether the path is there: from the root, from the document's own folder, or, for a bare name, anywhere.
fn is_there(path: &str, document: &str, files: &[String]) -> bool {
    let path = path.split('#').next().unwrap_or(path);
    let beside = Path::new(document).parent().unwrap_or(Path::new("")).join(path);
    root().join(path).exists()
        || root().join(beside).exists()
        || (!path.contains('/') && files.iter().any(|file| file.rsplit('/').next() == Some(path)))
}

#[test]
fn paths_named_in_documents_exist() {
    let files = files();
    let tops: BTreeSet<&str> = files.iter().filter_map(|file| Some(file.split_once('/')?.0)).collect();
    let mut missing = Vec::new();
    for document in files.iter().filter(|file| file.ends_with(".md")) {
        let text = text(document).unwrap();
        let words = backticked(&text).into_iter().filter(|(_, word)| means_a_path(word, &tops));
        for (line, path) in words.chain(linked(&text)) {
            if !is_there(path, document, &files) {
                missing.push(format!("{document}:{line}: {path}"));
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new(), "these paths do not exist");
}

#[test]
fn a_word_is_a_path_only_if_it_looks_like_one() {
    let tops = BTreeSet::from(["crates", "docs"]);
    for path in ["crates/rules", "docs/gone.md", "old/gone.rs", "README.md", "crates/rules/src/areas.rs"] {
        assert!(means_a_path(path, &tops), "{path}");
    }
    for word in [
        "/api/v1/areas",
        "application/json",
        "Asia/Ho_Chi_Minh",
        "crates/*",
        "crates/<name>/src",
        "docs/{a,b}.md",
        "cargo xtask test",
        "target/screenshots",
        ".md",
        "keben.toml",
        "../shared/x.md",
    ] {
        assert!(!means_a_path(word, &tops), "{word}");
    }
    assert_eq!(backticked("a `b` c `d`\n```\n`e`\n```\n`f`"), [(1, "b"), (1, "d"), (5, "f")]);
    assert_eq!(linked("[a](b.md#c) [d](https://e) [f](#g)"), [(1, "b.md#c")]);
}

#[test]
fn no_file_carries_a_machines_path_or_a_reminder() {
    // Written in two halves, so that this file does not find itself.
    let machine_paths = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];
    let reminders = [concat!("TO", "DO"), concat!("FIX", "ME")];
    let mut found = Vec::new();
    for file in files() {
        let Some(text) = text(&file) else { continue };
        let is_code = CODE.iter().any(|ending| file.ends_with(ending));
        for (at, line) in text.lines().enumerate() {
            let at = at + 1;
            found.extend(
                machine_paths
                    .iter()
                    .filter(|path| line.contains(**path))
                    .map(|p| format!("{file}:{at}: {p}")),
            );
            if is_code {
                found.extend(
                    reminders.iter().filter(|word| has_word(line, word)).map(|w| format!("{file}:{at}: {w}")),
                );
            }
        }
        // A lock file is the same everywhere only without the address it was made with.
        if file.ends_with("package-lock.json") && text.contains("\"resolved\"") {
            found.push(format!("{file}: names a registry's address"));
        }
    }
    assert_eq!(found, Vec::<String>::new());
}

fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        ![before, after].into_iter().flatten().any(|c| c.is_alphanumeric() || c == '_')
    })
}

/// What a refusal is called in the code, by how it is written there: `(call, whether the code is its second word)`.
const REFUSALS: [(&str, bool); 5] = [
    ("Refusal::field(", true),
    ("and_field(", true),
    ("faults.add(", true),
    ("Refusal::invalid(", false),
    ("Refusal::conflict(", false),
];

/// The codes that a source file refuses with.
fn refusal_codes(source: &str) -> BTreeSet<String> {
    let before_tests = source.split("#[cfg(test)]").next().unwrap();
    let mut codes = BTreeSet::new();
    for (call, is_second) in REFUSALS {
        for rest in before_tests.split(call).skip(1) {
            let argument = if is_second { rest.split_once(',').map(|(_, r)| r) } else { Some(rest) };
            let quoted = argument.and_then(|text| text.trim_start().strip_prefix('"'));
            codes.extend(quoted.and_then(|text| text.split('"').next()).map(str::to_owned));
        }
    }
    codes
}

/// Nobody is told no in a word that no language knows.
#[test]
fn every_refusal_has_its_words() {
    let sources =
        files().into_iter().filter(|f| f.starts_with("crates/") && f.contains("/src/") && f.ends_with(".rs"));
    let codes: BTreeSet<String> = sources
        .flat_map(|file| refusal_codes(&std::fs::read_to_string(root().join(file)).unwrap()))
        .collect();
    assert!(codes.contains("possible_duplicate") && codes.len() > 50, "{codes:?}");
    for language in ["vi", "en"] {
        let words = std::fs::read_to_string(root().join(format!("locales/{language}/refusal.ftl"))).unwrap();
        let missing: Vec<&String> =
            codes.iter().filter(|code| !words.contains(&format!("refusal-{code} = "))).collect();
        assert!(missing.is_empty(), "locales/{language}/refusal.ftl has no words for {missing:?}");
    }
}

/// Our manifests leave out what has nothing to run, because each part costs a build: a test put there would never run.
#[test]
fn what_is_left_out_of_the_tests_holds_none() {
    let metadata = metadata();
    let targets =
        metadata["packages"].as_array().unwrap().iter().flat_map(|p| p["targets"].as_array().unwrap());
    let mut wrong = Vec::new();
    let mut left_out = 0;
    for target in targets {
        let kind = target["kind"][0].as_str().unwrap();
        let (no_tests, no_examples) = (
            target["test"] == false && ["lib", "bin"].contains(&kind),
            kind == "lib" && target["doctest"] == false,
        );
        left_out += usize::from(no_tests) + usize::from(no_examples);
        let folder = Path::new(target["src_path"].as_str().unwrap()).parent().unwrap();
        let folder = folder.strip_prefix(root()).unwrap().to_str().unwrap();
        for file in files().iter().filter(|file| file.starts_with(folder) && file.ends_with(".rs")) {
            let source = text(file).unwrap();
            let has = |marks: &[&str]| source.lines().any(|line| marks.contains(&line.trim()));
            if no_tests && has(&["#[test]", "#[tokio::test]"]) {
                wrong.push(format!("{file}: holds tests, and its manifest says test = false"));
            }
            if no_examples && has(&["/// ```", "//! ```"]) {
                wrong.push(format!("{file}: holds an example, and its manifest says doctest = false"));
            }
        }
    }
    assert!(left_out > 0);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whoever builds us waits for every package: what no file of a crate names does not stand in its manifest.
#[test]
fn every_package_that_a_crate_asks_for_is_used() {
    let metadata = metadata();
    let mut wrong = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        let folder = Path::new(package["manifest_path"].as_str().unwrap()).parent().unwrap();
        let folder = folder.strip_prefix(root()).unwrap().to_str().unwrap().to_owned() + "/";
        let sources: Vec<String> = files()
            .iter()
            .filter(|file| file.starts_with(&folder) && file.ends_with(".rs"))
            .map(|file| text(file).unwrap())
            .collect();
        for dependency in package["dependencies"].as_array().unwrap() {
            let name = dependency["name"].as_str().unwrap();
            let module = name.replace('-', "_");
            let uses = [format!("{module}::"), format!("use {module};"), format!("{module}!(")];
            if !sources.iter().any(|source| uses.iter().any(|used| source.contains(used))) {
                wrong.push(format!("{folder}Cargo.toml: {name} is not used"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
