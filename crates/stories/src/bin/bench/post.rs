//! Registrations over HTTP, each answered when it is on the disk, beside what the disk and SQLite give by themselves.

use crate::Bench;
use crate::disk::{self, Done};
use crate::http::Client;
use crate::people;
use crate::program::{Login, Server};
use crate::table::{count, per_second, quantile, time};
use anyhow::{Context, Result, anyhow, bail};
use std::sync::Barrier;
use std::time::{Duration, Instant};

/// The smallest demo that has its staff: the store is nearly empty.
const PEOPLE: usize = 300;
const CLIENTS: usize = 64;
/// How long the registrations of one setting go on.
const LASTING: Duration = Duration::from_secs(8);
const LASTING_QUICK: Duration = Duration::from_secs(1);
/// The disk and SQLite are asked before and after, since neither is the same from minute to minute.
const PEER_LASTING: Duration = Duration::from_secs(2);
const PEER_LASTING_QUICK: Duration = Duration::from_millis(300);
/// Registrations of each client that are not counted.
const WARM_UP: usize = 15;
/// Homes that one client may register; each client has numbers of its own.
const HOMES_PER_CLIENT: usize = 40_000;
/// When the first client of a setting begins to number its homes.
const FIRST_HOME_OF_MANY: usize = 1_000_000;

const ONE_CLIENT_BUDGET: &str = ">= 0.35 of syncs";
const MANY_CLIENTS_BUDGET: &str = ">= 3 of syncs";

/// A clerk with the names of the commune's clusters.
struct Desk {
    login: Login,
    clusters: Vec<String>,
}

pub fn measure(bench: &Bench) -> Result<()> {
    let lasting = bench.size.of(LASTING, LASTING_QUICK);
    let peer = bench.size.of(PEER_LASTING, PEER_LASTING_QUICK);
    let place = bench.scratch.place("post")?;
    let before = (disk::syncs(&place.dir, peer)?, disk::bare_rows(&place.dir, peer)?);
    let server = bench.program.demo(&place, Some(PEOPLE))?;
    let desks = desks(&server)?;
    let mut one = register(&server, &desks, 1, 0, lasting)?;
    let mut many = register(&server, &desks, CLIENTS, FIRST_HOME_OF_MANY, lasting)?;
    server.stop()?;
    let after = (disk::syncs(&place.dir, peer)?, disk::bare_rows(&place.dir, peer)?);
    let (syncs, bare) = (before.0.and(after.0).rate(), before.1.and(after.1).rate());

    let table = &bench.table;
    table.figure("the disk: 4 KiB written and synced", &per_second(syncs));
    table.figure("bare SQLite: rows, 64 to a synced commit", &per_second(bare));
    table.peer(
        "POST /episodes, 1 client",
        &one.figure(),
        ONE_CLIENT_BUDGET,
        one.done.rate() / syncs,
        "syncs",
    );
    let what = format!("POST /episodes, {CLIENTS} clients");
    table.peer(&what, &many.figure(), MANY_CLIENTS_BUDGET, many.done.rate() / syncs, "syncs");
    table.peer("  the same, beside bare SQLite", "", "", many.done.rate() / bare, "its rows");
    for (what, run) in [("1 client", &one), ("64 clients", &many)] {
        let each = run.processor_time.as_secs_f64() * 1_000.0 / run.done.count.max(1) as f64;
        table.figure(&format!("  processor time of 1,000 POSTs, {what}"), &format!("{each:.2} s"));
    }
    Ok(())
}

/// The clerks of the demo.
fn desks(server: &Server) -> Result<Vec<Desk>> {
    let mut desks = Vec::new();
    for login in server.logins()?.into_iter().filter(|l| l.role == "clerk") {
        let mut client = Client::connect(&server.address, Some(&login.token))?;
        let answer = client.get_json(&format!("/api/v1/areas?parent={}&limit=500", login.area_code))?;
        let items = answer["items"].as_array().cloned().unwrap_or_default();
        let clusters: Vec<String> =
            items.iter().filter_map(|area| area["name"].as_str().map(str::to_owned)).collect();
        if clusters.is_empty() {
            bail!("{} has no clusters", login.area_code);
        }
        desks.push(Desk { login, clusters });
    }
    if desks.is_empty() {
        bail!("the demo has no clerks");
    }
    Ok(desks)
}

struct Registered {
    done: Done,
    times: Vec<Duration>,
    processor_time: Duration,
}

impl Registered {
    fn figure(&mut self) -> String {
        let (p50, p99) = (quantile(&mut self.times, 0.5), quantile(&mut self.times, 0.99));
        format!("{} (p50 {}, p99 {})", per_second(self.done.rate()), time(p50), time(p99))
    }
}

/// Registers people from `clients` connections at once, each waiting for its answer before it sends the next.
fn register(
    server: &Server,
    desks: &[Desk],
    clients: usize,
    first_home: usize,
    lasting: Duration,
) -> Result<Registered> {
    // One more than the clients: this thread, which reads the processor time between warm-up and start.
    let (warm, go) = (Barrier::new(clients + 1), Barrier::new(clients + 1));
    std::thread::scope(|scope| {
        let mut running = Vec::new();
        for n in 0..clients {
            let desk = desks.get(n % desks.len()).ok_or_else(|| anyhow!("no desk for a client"))?;
            let (warm, go, first) = (&warm, &go, first_home + n * HOMES_PER_CLIENT);
            running.push(scope.spawn(move || {
                let mut client = Client::connect(&server.address, Some(&desk.login.token));
                let mut warmed = Ok(());
                for person in 0..WARM_UP {
                    warmed = match (&mut client, warmed) {
                        (Ok(client), Ok(())) => send(client, desk, first, person),
                        (_, other) => other,
                    };
                }
                // Whatever went wrong, the others must not wait for this one.
                warm.wait();
                go.wait();
                warmed?;
                one_client(&mut client?, desk, first, lasting)
            }));
        }
        warm.wait();
        let used_before = server.processor_time();
        go.wait();
        let begun = Instant::now();
        let mut times = Vec::new();
        for client in running {
            times.extend(client.join().map_err(|_| anyhow!("a client fell over"))??);
        }
        let took = begun.elapsed();
        let processor_time = server.processor_time()?.saturating_sub(used_before?);
        Ok(Registered { done: Done { count: times.len() as u64, took }, times, processor_time })
    })
}

fn one_client(client: &mut Client, desk: &Desk, first: usize, lasting: Duration) -> Result<Vec<Duration>> {
    let begun = Instant::now();
    let mut times = Vec::new();
    let mut person = WARM_UP;
    while begun.elapsed() < lasting {
        let sent = Instant::now();
        send(client, desk, first, person)?;
        times.push(sent.elapsed());
        person += 1;
    }
    if person > HOMES_PER_CLIENT * people::PER_HOME {
        bail!("{} people of one client: its numbers ran into another's", count(person as u64));
    }
    Ok(times)
}

/// Registers the `person`th person of a client whose homes are numbered from `first`.
fn send(client: &mut Client, desk: &Desk, first: usize, person: usize) -> Result<()> {
    let home = first + person / people::PER_HOME;
    let n = first * people::PER_HOME + person;
    let cluster = desk.clusters.get(home % desk.clusters.len()).map_or("", String::as_str);
    let phone =
        if people::has_phone(person) { format!("\"{}\"", people::phone(home)) } else { "null".to_owned() };
    let kind = if people::has_phone(person) { "case" } else { "contact" };
    let body = format!(
        r#"{{"area_code":"{}","cluster":"{cluster}","kind":"{kind}","detected_on":"2022-03-15","source":"community","person":{{"full_name":"{}","birth_date":"{}","phone":{phone}}},"household":{{"address":"{}"}}}}"#,
        desk.login.area_code,
        people::name(n),
        people::birth_year(n),
        people::address(home),
    );
    let answer = client.post("/api/v1/episodes", &format!("bench-{n}"), &body).context("registering")?;
    if answer.status != 201 {
        bail!("a registration was answered {}: {}\n{body}", answer.status, answer.body);
    }
    Ok(())
}
