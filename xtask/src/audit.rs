//! `cargo xtask audit`: licences and banned crates, offline. With `cargo-deny` installed it is asked; without it we
//! check the same lists of `deny.toml` ourselves against `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::run;

const LISTS: &str = "deny.toml";
/// Marks an entry of the ban list of which one version is welcome and a second is not.
const SINGLE_MARK: &str = "deny-multiple-versions = true";

pub fn audit() -> Result<bool> {
    if run::which("cargo-deny").is_some() {
        let asked = run::cargo().args(["deny", "--offline", "check", "licenses", "bans", "sources"]).status();
        return Ok(asked.context("cannot start cargo-deny")?.success());
    }
    println!("cargo-deny is not installed; checking the lists of {LISTS} ourselves");
    let file = run::root().join(LISTS);
    let lists = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let lists = Lists::read(&lists)?;

    let host = run::output(Command::new("rustc").arg("-vV"))?;
    let host = host.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
    let metadata = run::output(run::cargo().args([
        "metadata",
        "--format-version=1",
        "--offline",
        "--locked",
        "--filter-platform",
        host,
    ]))?;
    let metadata: Value = serde_json::from_str(&metadata).context("cargo metadata is not JSON")?;
    let packages = used_packages(&metadata)?;

    let problems = check(&packages, &lists);
    for problem in &problems {
        println!("{problem}");
    }
    println!("{} crates, {} problems", packages.len(), problems.len());
    Ok(problems.is_empty())
}

/// What `deny.toml` says, as far as we check it.
struct Lists {
    allowed: Vec<String>,
    banned: Vec<String>,
    single: Vec<String>,
}

impl Lists {
    fn read(text: &str) -> Result<Lists> {
        let quoted = |line: &&str| line.split('"').nth(1).map(str::to_owned);
        let allowed = entries(text, "licenses", "allow")?.iter().filter_map(quoted).collect();
        let (single, banned): (Vec<&str>, Vec<&str>) =
            entries(text, "bans", "deny")?.into_iter().partition(|line| line.contains(SINGLE_MARK));
        Ok(Lists {
            allowed,
            banned: banned.iter().filter_map(quoted).collect(),
            single: single.iter().filter_map(quoted).collect(),
        })
    }
}

/// The lines of `key = [ … ]` in a section of `deny.toml`. This reads our own file, which keeps one entry on a
/// line; it is not a TOML reader.
fn entries<'a>(text: &'a str, section: &str, key: &str) -> Result<Vec<&'a str>> {
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .skip_while(|line| *line != format!("[{section}]"))
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .skip_while(|line| *line != format!("{key} = ["))
        .skip(1)
        .take_while(|line| *line != "]")
        .filter(|line| !line.starts_with('#'))
        .collect();
    if lines.is_empty() {
        bail!("{LISTS} has no list {key} in [{section}]");
    }
    Ok(lines)
}

struct Package {
    name: String,
    version: String,
    licence: Option<String>,
}

/// The packages that a build for this platform really uses, without our own.
fn used_packages(metadata: &Value) -> Result<Vec<Package>> {
    let list = |value: &Value| value.as_array().cloned().context("cargo metadata lacks a list");
    let used: BTreeSet<String> = list(&metadata["resolve"]["nodes"])?
        .iter()
        .filter_map(|node| node["id"].as_str().map(str::to_owned))
        .collect();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    Ok(list(&metadata["packages"])?
        .iter()
        .filter(|package| package["id"].as_str().is_some_and(|id| used.contains(id)))
        .filter(|package| !package["source"].is_null())
        .map(|package| Package {
            name: text(&package["name"]).unwrap_or_default(),
            version: text(&package["version"]).unwrap_or_default(),
            licence: text(&package["license"]),
        })
        .collect())
}

fn check(packages: &[Package], lists: &Lists) -> Vec<String> {
    let mut problems = Vec::new();
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in packages {
        let Package { name, version, licence } = package;
        versions.entry(name).or_default().push(version);
        if lists.banned.contains(name) {
            problems.push(format!("{name} {version} is banned"));
        }
        match licence {
            None => problems.push(format!("{name} {version} names no licence")),
            Some(licence) if !Expression::permits(licence, &lists.allowed) => {
                problems.push(format!("{name} {version} is under {licence:?}, which {LISTS} does not allow"));
            }
            Some(_) => {}
        }
    }
    for name in &lists.single {
        if let Some(found) = versions.get(name.as_str()).filter(|found| found.len() > 1) {
            problems.push(format!("{name} is there {} times: {}", found.len(), found.join(", ")));
        }
    }
    problems
}

/// A licence expression (SPDX), read from left to right: `AND` binds closer than `OR`.
struct Expression<'a> {
    words: Vec<&'a str>,
    at: usize,
    allowed: &'a [String],
}

impl<'a> Expression<'a> {
    fn permits(licence: &str, allowed: &[String]) -> bool {
        // Old manifests write MIT/Apache-2.0 and mean OR.
        let spaced = licence.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
        let mut expression = Expression { words: spaced.split_whitespace().collect(), at: 0, allowed };
        let answer = expression.any();
        answer && expression.at == expression.words.len()
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.words.get(self.at) == Some(&word);
        self.at += usize::from(found);
        found
    }

    fn any(&mut self) -> bool {
        let mut answer = self.all();
        while self.take("OR") {
            // Both sides are read, whatever the first one said.
            answer |= self.all();
        }
        answer
    }

    fn all(&mut self) -> bool {
        let mut answer = self.one();
        while self.take("AND") {
            answer &= self.one();
        }
        answer
    }

    fn one(&mut self) -> bool {
        if self.take("(") {
            let answer = self.any();
            return self.take(")") && answer;
        }
        let Some(licence) = self.words.get(self.at).copied() else { return false };
        self.at += 1;
        if self.take("WITH") {
            // An exception only adds permissions.
            self.at += 1;
        }
        self.allowed.iter().any(|allowed| allowed == licence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed() -> Vec<String> {
        ["MIT", "Apache-2.0", "Unicode-3.0"].map(str::to_owned).to_vec()
    }

    #[test]
    fn licence_expressions_are_understood() {
        for good in [
            "MIT",
            "MIT OR GPL-3.0-only",
            "MIT/GPL-3.0",
            "(MIT OR GPL-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception OR BSL-1.0",
        ] {
            assert!(Expression::permits(good, &allowed()), "{good}");
        }
        for bad in ["GPL-3.0-only", "MIT AND GPL-3.0", "(MIT OR GPL-2.0) AND GPL-3.0", "", "MIT MIT", "(MIT"]
        {
            assert!(!Expression::permits(bad, &allowed()), "{bad}");
        }
    }

    #[test]
    fn a_ban_and_a_second_copy_are_found() {
        let package = |name: &str, version: &str| Package {
            name: name.to_owned(),
            version: version.to_owned(),
            licence: Some("MIT".to_owned()),
        };
        let packages = [
            package("openssl-sys", "0.9.1"),
            package("hyper", "0.14.1"),
            package("hyper", "1.0.1"),
            package("itoa", "1.0.0"),
        ];
        let lists = Lists {
            allowed: allowed(),
            banned: vec!["openssl-sys".to_owned()],
            single: vec!["hyper".to_owned(), "itoa".to_owned()],
        };
        let problems = check(&packages, &lists);
        assert_eq!(problems.len(), 2, "{problems:?}");
    }

    #[test]
    fn our_own_lists_are_read() {
        let text = std::fs::read_to_string(run::root().join(LISTS)).unwrap();
        let lists = Lists::read(&text).unwrap();
        assert!(lists.allowed.contains(&"MIT".to_owned()));
        assert!(
            lists.banned.contains(&"openssl-sys".to_owned()) && lists.banned.contains(&"sqlx".to_owned())
        );
        assert_eq!(lists.single, ["rustls", "hyper", "reqwest"]);
    }
}
