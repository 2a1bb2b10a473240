//! The process killed under load, and the disk full: what was acknowledged is there, once, and nothing is there by half.

use crate::home::{Home, NOON, chance, stamp, wait, write};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use store::command::{self, CommandKey, Earlier};
use store::flow::FLOW;
use store::head::{self, HeadsPlace, Why};
use store::stmt::Stmt;
use store::{DbUrl, Open, Stop, Store, StoreError, Tx, Val};

const CHILD: &str = "KEBEN_TEST_CHILD";
/// Writers at once in the process that is killed.
const WRITERS: usize = 16;
/// Answers read before it is killed.
const ANSWERS: usize = 400;

fn command_key(key: &str) -> CommandKey {
    CommandKey {
        principal: "staff:1".to_owned(),
        route: "POST /example",
        key: key.to_owned(),
        body_hash: [1; 32],
    }
}

/// Counts one flow under a key, once.
fn once(tx: &mut Tx, key: &CommandKey) -> Result<String, Stop> {
    if let Some(Earlier::Answered { answer, .. }) = command::find(tx, key)? {
        return Ok(answer);
    }
    let id = tx.id();
    let seq = tx.next_seq();
    let vals: Vec<Val> =
        vec![1.into(), 2.into(), "case".into(), key.key.as_str().into(), 1.into(), seq.into(), NOON.into()];
    tx.insert(&FLOW, id, vals)?;
    tx.log(&stamp(), &format!("flow:{id}"), "counted", "", "")?;
    command::keep(tx, key, &id.to_string(), "", NOON)?;
    Ok(id.to_string())
}

/// Not a test of its own: what [`killed_under_load`] starts as another process. It writes until it is killed.
#[test]
fn child() {
    let Ok(told) = std::env::var(CHILD) else { return };
    let (round, rest) = told.split_once('|').unwrap();
    let (dir, db) = rest.split_once('|').unwrap();
    let dir = PathBuf::from(dir);
    let store = Store::open(Open { db: DbUrl::parse(db).unwrap(), chance, readers: 1 }).unwrap();
    let place = HeadsPlace { dir: dir.join("heads"), key_file: None, data: dir.join("data") };
    let round = round.to_owned();
    wait(async {
        let heads = head::open(&store, &place, chance).await.unwrap();
        let signer = tokio::spawn({
            let store = store.clone();
            async move {
                loop {
                    let signed = head::sign(&store, &heads, Why::Interval, NOON).await.unwrap();
                    if let Some(head) = signed {
                        say(&format!("head {} {}", head.seq, store::log::hex(&head.root)));
                    }
                    tokio::task::yield_now().await;
                }
            }
        });
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (store, round) = (store.clone(), round.clone());
                tokio::spawn(async move {
                    for n in 0.. {
                        let name = format!("r{round}w{writer}n{n}");
                        let key = command_key(&name);
                        let id = store.write(move |tx| once(tx, &key)).await.unwrap();
                        say(&format!("kept {name} {id}"));
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap();
        }
        signer.await.unwrap();
    });
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("\n{line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

on_both! { killed_under_load }

fn killed_under_load(home: &Home) {
    let db = match &home.db {
        DbUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
        DbUrl::Postgres { url, schema } => format!("{url}?schema={schema}"),
    };
    let (mut kept, mut heads) = (Vec::new(), Vec::new());
    for round in 0..4 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::child", "--nocapture", "--test-threads=1"])
            .env(CHILD, format!("{round}|{}|{db}", home.dir.display()))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let (mut answers, mut killed) = (0, false);
        loop {
            let mut line = String::new();
            if lines.read_line(&mut line).unwrap() == 0 {
                break;
            }
            // A line without its end was torn by the kill: that answer was never given.
            let words: Vec<&str> = line.strip_suffix('\n').unwrap_or("").split(' ').collect();
            match words[..] {
                ["kept", key, id] => {
                    answers += 1;
                    kept.push((key.to_owned(), id.to_owned()));
                }
                ["head", seq, root] => heads.push((seq.to_owned(), root.to_owned())),
                _ => {}
            }
            if answers >= ANSWERS && !killed {
                child.kill().unwrap();
                killed = true;
            }
        }
        child.wait().unwrap();
        assert!(killed, "the writing process ended by itself after {answers} answers");
        home.must_verify();
    }
    // The killed process's key is repeated: the same answer, however its own commit went.
    let store = home.open();
    let opened = wait(head::open(&store, &home.place, chance));
    opened.unwrap();
    for (key, id) in kept.iter().step_by(50) {
        let key = command_key(key);
        assert_eq!(write(&store, move |tx| once(tx, &key)).unwrap(), *id);
    }
    store.close();
    drop(store);
    let report = home.must_verify();
    assert!(report.anchored);
    let mut behind = home.behind();
    let stored: Vec<String> = behind.texts("SELECT indicator FROM flow ORDER BY id");
    let distinct: BTreeSet<&String> = stored.iter().collect();
    assert_eq!(stored.len(), distinct.len(), "a write is there twice");
    let lost: Vec<_> = kept.iter().filter(|(key, _)| !distinct.contains(key)).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    let unacknowledged = stored.len() - kept.len();
    assert!(unacknowledged <= 4 * WRITERS, "{unacknowledged} writes that nobody was told of");
    let mut told = behind.texts(match home.db {
        DbUrl::Sqlite(_) => "SELECT indicator || ' ' || id FROM flow",
        DbUrl::Postgres { .. } => "SELECT indicator || ' ' || id::text FROM flow",
    });
    told.sort();
    for (key, id) in &kept {
        assert!(told.binary_search(&format!("{key} {id}")).is_ok(), "{key} is not {id}");
    }
    let signed = behind.texts(match home.db {
        DbUrl::Sqlite(_) => "SELECT seq || ' ' || lower(hex(root)) FROM signed_head",
        DbUrl::Postgres { .. } => "SELECT seq::text || ' ' || encode(root, 'hex') FROM signed_head",
    });
    for (seq, root) in &heads {
        assert!(signed.contains(&format!("{seq} {root}")), "a head was shown that is not there: {seq}");
    }
}

static PAGES: Stmt = Stmt::new("PAGES", "PRAGMA page_count", None);
static PAGES_MAX: Stmt = Stmt::new("PAGES_MAX", "PRAGMA max_page_count = 400", None);
static NO_PAGES_MAX: Stmt = Stmt::new("NO_PAGES_MAX", "PRAGMA max_page_count = 1000000", None);

fn large(tx: &mut Tx, key: &str) -> Result<(), Stop> {
    let key = command_key(key);
    once(tx, &key)?;
    tx.log(&stamp(), "example", "said", "", &"lời dặn ".repeat(2_000))?;
    Ok(())
}

/// Writes until the disk is full, in batches, and checks that what was refused left nothing.
fn fill(home: &Home, store: &Store) -> i64 {
    let mut kept = 0;
    for round in 0..10_000 {
        let answers = wait(async {
            let writes: Vec<_> = (0..4)
                .map(|n| {
                    let store = store.clone();
                    tokio::spawn(
                        async move { store.write(move |tx| large(tx, &format!("{round}-{n}"))).await },
                    )
                })
                .collect();
            let mut answers = Vec::new();
            for write in writes {
                answers.push(write.await.unwrap());
            }
            answers
        });
        let full = answers.iter().any(Result::is_err);
        for answer in answers {
            match answer {
                Ok(()) => kept += 1,
                Err(Stop::Store(StoreError::Full)) => {}
                Err(other) => panic!("not refused as full: {other}"),
            }
        }
        if full {
            nothing_by_half(home, kept);
            // Where a batch found no room, a single write may still.
            loop {
                match write(store, move |tx| large(tx, &format!("single-{kept}"))) {
                    Ok(()) => kept += 1,
                    Err(Stop::Store(StoreError::Full)) => break,
                    Err(other) => panic!("not refused as full: {other}"),
                }
            }
            nothing_by_half(home, kept);
            return kept;
        }
    }
    panic!("the disk was never full");
}

fn nothing_by_half(home: &Home, kept: i64) {
    let mut behind = home.behind();
    assert_eq!(behind.number("SELECT COUNT(*) FROM flow"), kept);
    assert_eq!(behind.number("SELECT COUNT(*) FROM entry"), 2 * kept);
    assert_eq!(behind.number("SELECT seq FROM head"), 2 * kept);
}

#[test]
fn a_full_database_refuses_whole_batches_and_goes_on_when_there_is_room() {
    let home = Home::sqlite("full");
    let store = home.open();
    write(&store, |tx| {
        assert!(tx.number(&PAGES, &[])? < 350);
        Ok(tx.query(&PAGES_MAX, &[]).map(|_| ())?)
    })
    .unwrap();
    let kept = fill(&home, &store);
    assert!(kept > 0);
    // Reads go on.
    assert_eq!(wait(store.read(|reader| reader.number(&COUNT, &[]))).unwrap(), kept);
    assert!(matches!(write(&store, |tx| large(tx, "still")), Err(Stop::Store(StoreError::Full))));
    write(&store, |tx| Ok(tx.query(&NO_PAGES_MAX, &[]).map(|_| ())?)).unwrap();
    write(&store, |tx| large(tx, "again")).unwrap();
    store.close();
    drop(store);
    assert_eq!(home.must_verify().entries, 2 * (kept + 1));
}

static COUNT: Stmt = Stmt::new("COUNT", "SELECT COUNT(*) FROM flow", None);

/// A file system of a few megabytes; only root may make one, others rely on the test above.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(dir: PathBuf) -> Option<SmallDisk> {
        std::fs::create_dir_all(&dir).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=3m", "keben-test"])
            .arg(&dir)
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        mounted.then_some(SmallDisk(dir))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_refuses_whole_batches_and_goes_on_when_there_is_room() {
    let home = Home::sqlite("disk");
    let Some(disk) = SmallDisk::mount(home.place.data.clone()) else {
        eprintln!("no small file system could be mounted: not run");
        return;
    };
    let filler = disk.0.join("filler");
    std::fs::write(&filler, vec![1; 1 << 20]).unwrap();
    let store = home.open();
    let kept = fill(&home, &store);
    assert!(kept > 0);
    assert_eq!(wait(store.read(|reader| reader.number(&COUNT, &[]))).unwrap(), kept);
    std::fs::remove_file(&filler).unwrap();
    write(&store, |tx| large(tx, "again")).unwrap();
    store.close();
    drop(store);
    assert_eq!(home.must_verify().entries, 2 * (kept + 1));
    drop(disk);
}
