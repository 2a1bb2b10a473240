//! `keben simulate`: weeks of a province in minutes, in a store of its own.

use crate::cli::StoreArgs;
use crate::clock::chance;
use crate::commands::{NO, in_words, print_json, read_text};
use acts::simulate::scenario::SCENARIOS;
use acts::simulate::{Broken, Outside, Played, Scenario};
use anyhow::{Context, anyhow};
use serde_json::json;
use std::path::{Path, PathBuf};
use store::{DbUrl, Open, Stop, Store, StoreError, verify};

/// A scenario that comes along by its name, or a file.
fn scenario_text(name: &Path) -> anyhow::Result<String> {
    let known = name.to_str().and_then(Scenario::named);
    match known {
        Some(text) if !name.exists() => Ok(text.to_owned()),
        _ if name.exists() => read_text(name),
        _ => {
            let names: Vec<&str> = SCENARIOS.iter().map(|(name, _)| *name).collect();
            let name = name.display();
            Err(anyhow!("{name}: neither a file nor a scenario that comes along ({})", names.join(", ")))
        }
    }
}

/// Where it plays: in a folder of its own that is taken away afterwards, or in the empty store that is named.
struct Stage {
    db: DbUrl,
    own: Option<PathBuf>,
}

impl Stage {
    fn set(args: &StoreArgs) -> anyhow::Result<Stage> {
        match (&args.db, &args.data) {
            (Some(url), _) => Ok(Stage { db: DbUrl::parse(url).map_err(|e| anyhow!(e))?, own: None }),
            (None, Some(dir)) => {
                std::fs::create_dir_all(dir).with_context(|| dir.display().to_string())?;
                Ok(Stage { db: DbUrl::Sqlite(dir.join("keben.db")), own: None })
            }
            (None, None) => {
                let dir = std::env::temp_dir().join(format!("keben-simulate-{}", std::process::id()));
                // Nobody else's folder, and none in which an earlier one was kept.
                std::fs::create_dir(&dir).with_context(|| dir.display().to_string())?;
                Ok(Stage { db: DbUrl::Sqlite(dir.join("keben.db")), own: Some(dir) })
            }
        }
    }

    fn clear(&self) {
        if let Some(dir) = &self.own
            && let Err(error) = std::fs::remove_dir_all(dir)
        {
            eprintln!("keben: {}: {error}", dir.display());
        }
    }
}

/// Runs on a thread of its own: a PostgreSQL session brings its own runtime.
fn apart<T: Send>(work: impl FnOnce() -> Result<T, StoreError> + Send) -> Result<T, StoreError> {
    let ended = std::thread::scope(|scope| scope.spawn(work).join());
    ended.unwrap_or_else(|_| Err(StoreError::Shape("the store's thread ended".to_owned())))
}

pub async fn simulate(name: &Path, seed: u64, as_json: bool, args: &StoreArgs) -> anyhow::Result<i32> {
    let scenario = Scenario::read(&scenario_text(name)?).map_err(|refusal| {
        let detail = refusal.args.iter().map(|(_, value)| value.clone());
        let fields = refusal.fields.iter().map(|field| format!("{}: {}", field.field, field.code));
        let all: Vec<String> = detail.chain(fields).collect();
        anyhow!("{}: {}", name.display(), all.join(", "))
    })?;
    let stage = Stage::set(args)?;
    let days = scenario.days;
    let outside = Outside {
        open: &|| apart(|| Store::open(Open { db: stage.db.clone(), chance, readers: 1 })),
        verify: &|| apart(|| verify::verify_store(&stage.db, None, None, None, &mut |_, _| {})),
        chance,
        progress: &|day, steps| eprintln!("day {} of {days}, step {steps}", day + 1),
    };
    let played = acts::simulate::simulate(&outside, &scenario, seed).await;
    match played {
        Ok(Ok(played)) => {
            stage.clear();
            tell(&played, as_json)?;
            Ok(0)
        }
        Ok(Err(broken)) => {
            tell_broken(&broken, &stage, as_json)?;
            Ok(NO)
        }
        Err(stop) => {
            stage.clear();
            match stop {
                Stop::Refused(refusal) if refusal.code == "store_not_empty" => Err(anyhow!(
                    "this store has data, and a simulation plays in an empty one only: leave --db and --data out"
                )),
                stop => Err(in_words(stop)),
            }
        }
    }
}

fn tell(played: &Played, as_json: bool) -> anyhow::Result<()> {
    if as_json {
        print_json(&json!({ "ok": true, "played": serde_json::to_value(played)? }));
        return Ok(());
    }
    println!("seed {}: {} steps, nothing that must never be", played.seed, played.steps);
    let (take, answer) = (played.minutes_to_take, played.minutes_to_answer);
    let mut lines = vec![
        ("days of people under care".to_owned(), played.person_days.to_string()),
        ("entries, all verified".to_owned(), played.entries.to_string()),
    ];
    lines.extend(played.counts.iter().map(|(what, count)| ((*what).to_owned(), count.to_string())));
    lines
        .push(("minutes to take an alarm, middle and longest".to_owned(), format!("{}, {}", take.0, take.1)));
    lines
        .push(("minutes to an answer, middle and longest".to_owned(), format!("{}, {}", answer.0, answer.1)));
    let width = lines.iter().map(|(what, _)| what.chars().count()).max().unwrap_or(0);
    for (what, figure) in lines {
        println!("  {what:width$}  {figure}");
    }
    Ok(())
}

/// What must never be, with everything that is needed to see it again.
fn tell_broken(broken: &Broken, stage: &Stage, as_json: bool) -> anyhow::Result<()> {
    let kept = stage.own.as_ref().map(|dir| dir.display().to_string());
    if as_json {
        let store = kept.clone();
        print_json(&json!({ "ok": false, "broken": serde_json::to_value(broken)?, "store": store }));
    } else {
        println!(
            "broken: {} at step {} ({}), seed {}",
            broken.invariant, broken.step, broken.at, broken.seed
        );
        println!("{}", broken.detail);
    }
    if let Some(kept) = kept {
        eprintln!("keben: the store is kept in {kept}");
    }
    Ok(())
}
