//! Opening a store and serving it: the demo and the real thing differ in their clock, their people and their door.

use crate::cli::{DemoArgs, StoreArgs};
use crate::clock::{RealClock, TrainingClock, chance, machine_now};
use crate::heads::Signer;
use crate::paths::{self, Places};
use acts::{Clock, Desk, House, duties};
use anyhow::{Context, anyhow};
use rules::At;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use store::head::{self, HeadsDir, HeadsPlace, Why};
use store::{Open, Stamp, Store, meta_get, meta_set};
use web::{App, HeadView, Inner, Tampered, Training};

/// Threads that answer questions.
const READERS: usize = 4;
/// How often a head is signed while entries come, and how often the server says that it runs.
const HEAD_EVERY: Duration = Duration::from_secs(30);
const HEARTBEAT_EVERY: Duration = Duration::from_secs(300);
/// How often duties are looked for when nothing wakes them.
const DUTIES_EVERY: Duration = Duration::from_secs(1);

/// The stamp of what the program says about itself.
fn system(now: At) -> Stamp {
    Stamp { at: now, actor: "system".to_owned(), origin: "clock" }
}

pub struct Opened {
    pub store: Store,
    pub heads: HeadsDir,
    pub places: Places,
}

/// Opens a store for writing, with its heads: refused when another process holds it or it is not the one signed.
pub async fn open(places: Places) -> anyhow::Result<Opened> {
    std::fs::create_dir_all(&places.data).with_context(|| format!("creating {}", places.data.display()))?;
    let open = Open { db: places.db.clone(), chance, readers: READERS };
    let store = tokio::task::spawn_blocking(move || Store::open(open)).await??;
    let place =
        HeadsPlace { dir: places.heads.clone(), key_file: places.key.clone(), data: places.data.clone() };
    let heads = head::open(&store, &place, chance).await?;
    Ok(Opened { store, heads, places })
}

/// The clock that a store is kept by: a demo's own, or the machine's. Also says whether it is a demo's.
pub async fn clock_of(
    store: &Store,
    wanted: Option<At>,
    tick: bool,
) -> anyhow::Result<(Arc<dyn Clock>, Option<Arc<TrainingClock>>)> {
    let kept = store.read(|r| meta_get(r, "training_clock")).await?;
    let kept = kept.and_then(|text| text.parse::<i64>().ok()).map(At);
    Ok(match (kept, wanted) {
        (None, None) => (Arc::new(RealClock), None),
        (Some(at), wanted) => {
            let clock = Arc::new(TrainingClock::new(wanted.map_or(at, |w| w.max(at)), tick));
            (clock.clone(), Some(clock))
        }
        (None, Some(at)) => {
            let clock = Arc::new(TrainingClock::new(at, tick));
            (clock.clone(), Some(clock))
        }
    })
}

pub async fn demo(args: &DemoArgs, store_args: &StoreArgs) -> anyhow::Result<()> {
    let places = paths::of(store_args, "keben-demo").map_err(|e| anyhow!(e))?;
    let wanted = match &args.clock {
        None => None,
        Some(text) => Some(
            At::parse(text)
                .ok_or_else(|| anyhow!("--clock {text:?}: write it like {}", acts::demo::STORY_BEGINS))?,
        ),
    };
    let opened = open(places).await?;
    let begins = At::parse(acts::demo::STORY_BEGINS).unwrap_or(At(0));
    let kept = opened.store.read(|r| meta_get(r, "training_clock")).await?;
    let entries = *opened.store.committed().borrow();
    if kept.is_none() && entries > 0 {
        return Err(anyhow!("this store is no demo: give another --data DIR"));
    }
    let seeded = opened.store.read(|r| meta_get(r, "demo_seeded")).await?.is_some();
    let first = wanted.unwrap_or(begins);
    if kept.is_none() {
        remember_clock(&opened.store, first).await?;
    } else if !seeded {
        return Err(anyhow!(
            "the demo was stopped while it was being made: remove {} and begin again",
            opened.places.data.display()
        ));
    }
    let (clock, training) = clock_of(&opened.store, None, args.tick).await?;
    let training = training.ok_or_else(|| anyhow!("a demo without its clock"))?;
    let house = House::new(opened.store.clone(), clock, chance, true);
    let signer = Signer::new(&opened.store, &opened.heads);
    if !seeded {
        eprintln!("making the demo's province …");
        let people = args.people.unwrap_or(acts::demo::PEOPLE);
        acts::demo::seed(&house, people, args.seed).await?;
        opened.store.write(|tx| Ok(meta_set(tx, "demo_seeded", "1")?)).await?;
    }
    if let (Some(to), true) = (wanted, seeded) {
        advance(&house, &training, &signer, to).await?;
    }
    serve_house(house, opened, signer, &args.listen, false, Some(training)).await
}

async fn remember_clock(store: &Store, at: At) -> anyhow::Result<()> {
    let text = at.0.to_string();
    Ok(store.write(move |tx| Ok(meta_set(tx, "training_clock", &text)?)).await?)
}

/// Moves the training clock, running every duty on the way; what it was moved to is kept.
async fn advance(
    house: &House,
    training: &TrainingClock,
    signer: &Signer,
    to: At,
) -> Result<At, store::Stop> {
    let now = house.now();
    if to < now {
        return Err(rules::Refusal::conflict("clock_goes_back").into());
    }
    duties::advance_clock_then(house, to, |at| training.set(at), &*signer.after_lock()).await?;
    training.set(to);
    let text = to.0.to_string();
    house.store.write(move |tx| Ok(meta_set(tx, "training_clock", &text)?)).await?;
    Ok(to)
}

/// The real thing's configuration file.
#[derive(Default)]
pub struct Config {
    pub listen: Option<String>,
    pub secure: bool,
    pub store: StoreArgs,
}

pub fn read_config(path: &std::path::Path) -> anyhow::Result<Config> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let table: toml::Table = text.parse().with_context(|| format!("in {}", path.display()))?;
    let mut config = Config::default();
    for (key, value) in &table {
        let text = || {
            value
                .as_str()
                .map(str::to_owned)
                .ok_or_else(|| anyhow!("{}: {key} is a text in quotes", path.display()))
        };
        match key.as_str() {
            "listen" => config.listen = Some(text()?),
            "secure" => {
                config.secure =
                    value.as_bool().ok_or_else(|| anyhow!("{}: secure is true or false", path.display()))?;
            }
            "data" => config.store.data = Some(PathBuf::from(text()?)),
            "db" => config.store.db = Some(text()?),
            "heads" => config.store.heads = Some(PathBuf::from(text()?)),
            "key" => config.store.key = Some(PathBuf::from(text()?)),
            other => {
                return Err(anyhow!(
                    "{}: {other} is unknown; listen, secure, data, db, heads and key are known",
                    path.display()
                ));
            }
        }
    }
    Ok(config)
}

pub async fn serve(config: Config, listen: Option<String>, store_args: &StoreArgs) -> anyhow::Result<()> {
    let merged = StoreArgs {
        data: store_args.data.clone().or(config.store.data),
        db: store_args.db.clone().or(config.store.db),
        heads: store_args.heads.clone().or(config.store.heads),
        key: store_args.key.clone().or(config.store.key),
    };
    let listen = listen.or(config.listen).unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let places = paths::of(&merged, "keben").map_err(|e| anyhow!(e))?;
    let opened = open(places).await?;
    if opened.store.read(|r| meta_get(r, "training_clock")).await?.is_some() {
        return Err(anyhow!("this store is a demo's: give another --data DIR"));
    }
    let house = House::new(opened.store.clone(), Arc::new(RealClock), chance, false);
    let signer = Signer::new(&opened.store, &opened.heads);
    serve_house(house, opened, signer, &listen, config.secure, None).await
}

struct DemoTraining {
    clock: Arc<TrainingClock>,
    signer: Signer,
    places: Places,
    moving: tokio::sync::Mutex<()>,
}

impl Training for DemoTraining {
    fn advance<'a>(
        &'a self,
        house: &'a House,
        to: At,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<At, store::Stop>> + Send + 'a>> {
        Box::pin(async move {
            let _one_at_a_time = self.moving.lock().await;
            advance(house, &self.clock, &self.signer, to).await
        })
    }

    fn tamper<'a>(
        &'a self,
        house: &'a House,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<Tampered, store::StoreError>> + Send + 'a>> {
        Box::pin(async move {
            let db = house.store.db().clone();
            let (dir, heads) = (self.places.data.clone(), self.places.heads.clone());
            let id = house.store.id().to_owned();
            tokio::task::spawn_blocking(move || crate::commands::tamper(&db, &dir, &heads, &id))
                .await
                .map_err(|_| store::StoreError::Panicked)?
        })
    }
}

async fn serve_house(
    house: House,
    opened: Opened,
    signer: Signer,
    listen: &str,
    secure: bool,
    training: Option<Arc<TrainingClock>>,
) -> anyhow::Result<()> {
    let shown = signer.clone();
    let public = opened.heads.public_key();
    let fingerprint = public.fingerprint();
    let head = move || {
        let head = shown.newest()?;
        Some(HeadView {
            seq: head.seq,
            root: store::log::hex(&head.root),
            signed_at: head.signed_at,
            key: fingerprint.clone(),
            note: head.note,
        })
    };
    let is_demo = house.demo;
    let training: Option<Arc<dyn Training>> = match training {
        None => None,
        Some(clock) => Some(Arc::new(DemoTraining {
            clock,
            signer: signer.clone(),
            places: opened.places.clone(),
            moving: tokio::sync::Mutex::new(()),
        })),
    };
    let app = App(Arc::new(Inner {
        house,
        secure,
        head: Box::new(head),
        training,
        throttle: acts::throttle::Throttle::default(),
        live: web::live::Live::start(&opened.store),
    }));

    let store = opened.store.clone();
    head::started(&store, system(app.house.now()), machine_now()).await?;
    resume(&app).await;
    signer.sign(Why::Start).await;
    duties::run_due_then(&app.house, app.house.now(), &*signer.after_lock()).await?;

    let listener =
        tokio::net::TcpListener::bind(listen).await.with_context(|| format!("listening on {listen}"))?;
    let address = listener.local_addr()?;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let background = tokio::spawn(background(app.clone(), store.clone(), signer.clone(), stopped));
    if !is_demo && let Some(link) = acts::first_admin::link_if_nobody(&app.house).await? {
        println!("first administrator: http://{address}/first?token={link}");
    }
    println!("listening on http://{address}");
    use std::io::Write;
    std::io::stdout().flush()?;

    web::serve(app.clone(), listener, wait_for_stop()).await?;
    let _ = stop.send(true);
    let _ = background.await;
    head::stopped(&store, system(app.house.now()), machine_now()).await?;
    signer.sign(Why::Stop).await;
    tokio::task::spawn_blocking(move || store.close()).await?;
    Ok(())
}

/// Imports that a stop interrupted go on where they were.
async fn resume(app: &App) {
    let app = app.clone();
    tokio::spawn(async move {
        let desk = Desk::operator(app.house.now(), "import");
        if let Err(stop) = acts::import_list::resume(&app.house, &desk).await {
            tracing::warn!(%stop, "an interrupted import could not go on");
        }
    });
}

/// Heads, heartbeats and duties, until the server stops.
async fn background(app: App, store: Store, signer: Signer, mut stopped: tokio::sync::watch::Receiver<bool>) {
    let mut duty = tokio::time::interval(DUTIES_EVERY);
    let mut sign = tokio::time::interval(HEAD_EVERY);
    let mut beat = tokio::time::interval(HEARTBEAT_EVERY);
    for timer in [&mut duty, &mut sign, &mut beat] {
        timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        timer.tick().await;
    }
    loop {
        tokio::select! {
            _ = stopped.changed() => return,
            _ = duty.tick() => {
                let house = &app.house;
                if let Err(error) = duties::run_due_then(house, house.now(), &*signer.after_lock()).await {
                    tracing::error!(%error, "duties could not run");
                }
            }
            _ = sign.tick() => signer.sign_if_grown().await,
            _ = beat.tick() => {
                if let Err(error) = head::heartbeat(&store, system(app.house.now()), machine_now()).await {
                    tracing::error!(%error, "no heartbeat");
                }
                if let Err(error) = acts::sign_in::forget_old_sessions(&app.house).await {
                    tracing::error!(%error, "old sessions could not be removed");
                }
            }
        }
    }
}

async fn wait_for_stop() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut terminate) => {
                tokio::select! {
                    _ = interrupt => {}
                    _ = terminate.recv() => {}
                }
            }
            Err(_) => {
                let _ = interrupt.await;
            }
        }
    }
    #[cfg(not(unix))]
    {
        let _ = interrupt.await;
    }
}
