//! Live threads: how soon what one writes reaches everybody who looks on, and what an idle stream costs in memory.

use crate::Bench;
use crate::http::Client;
use crate::table::{count, quantile, time};
use anyhow::{Context, Result, anyhow, bail};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const PEOPLE: usize = 300;
const COMMUNE: &str = "03445";
/// Everybody of a group of homes looks on.
const LOOKING: usize = 300;
const LOOKING_QUICK: usize = 30;
/// Messages in a second, open loop: the next one does not wait for the last.
const PER_SECOND: usize = 100;
const WRITERS: usize = 10;
const LASTING: Duration = Duration::from_secs(8);
const LASTING_QUICK: Duration = Duration::from_secs(1);
const BUDGET: Duration = Duration::from_millis(100);
const MEMORY_BUDGET: u64 = 8 * 1024;
/// How long the last messages are waited for.
const LAST_WAIT_MAX: Duration = Duration::from_secs(30);
/// What stands before a message's number.
const MARK: &[u8] = b"\"text\":\"tin ";

pub fn measure(bench: &Bench) -> Result<()> {
    let looking = bench.size.of(LOOKING, LOOKING_QUICK);
    let lasting = bench.size.of(LASTING, LASTING_QUICK);
    let place = bench.scratch.place("streams")?;
    let server = bench.program.demo(&place, Some(PEOPLE))?;
    let mut client = server.client("carer", COMMUNE)?;
    let listed = client.get_json(&format!("/api/v1/episodes?area_code={COMMUNE}&limit=1"))?;
    let thread = listed["items"][0]["conversation_id"].as_str().context("no conversation_id")?.to_owned();
    let token = server.logins()?.into_iter().find(|l| l.role == "carer" && l.area_code == COMMUNE);
    let token = token.context("no carer")?.token;
    let before = server.memory()?;

    let total = PER_SECOND * usize::try_from(lasting.as_secs()).unwrap_or(1);
    let sent: Arc<Vec<OnceLock<Instant>>> = Arc::new((0..total).map(|_| OnceLock::new()).collect());
    let open = Arc::new(AtomicUsize::new(0));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let streams: Vec<_> = (0..looking)
        .map(|_| {
            let (address, thread, token) = (server.address.clone(), thread.clone(), token.clone());
            let (sent, open) = (sent.clone(), open.clone());
            runtime.spawn(async move { look(&address, &thread, &token, &sent, &open).await })
        })
        .collect();
    let begun = Instant::now();
    while open.load(Ordering::SeqCst) < looking {
        if begun.elapsed() > LAST_WAIT_MAX {
            bail!("only {} of {looking} streams opened", open.load(Ordering::SeqCst));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let idle = server.memory()?.saturating_sub(before) / looking as u64;

    let used = server.processor_time()?;
    write(&server.address, &token, &thread, &sent, total)?;
    let mut times = Vec::new();
    for stream in streams {
        let found = runtime.block_on(async { tokio::time::timeout(LAST_WAIT_MAX, stream).await });
        times.extend(found.map_err(|_| anyhow!("a stream did not get everything"))???);
    }
    let used = server.processor_time()?.saturating_sub(used);
    server.stop()?;

    let table = &bench.table;
    let (p50, p99) = (quantile(&mut times, 0.5), quantile(&mut times, 0.99));
    let what = format!("{PER_SECOND} messages/s to {looking} who look on, p99");
    let seen = format!("p50 {}, {} deliveries", time(p50), count(times.len() as u64));
    table.time(&what, p99, &seen, BUDGET);
    let each = used.as_secs_f64() * 1_000.0 / total.max(1) as f64;
    table.figure("  processor time of a message with its deliveries", &format!("{each:.1} ms"));
    table.figure(
        "memory of an open stream, idle",
        &format!("{} bytes (aim {})", count(idle), count(MEMORY_BUDGET)),
    );
    Ok(())
}

/// Reads one stream until every message came, and says how long each took.
async fn look(
    address: &str,
    thread: &str,
    token: &str,
    sent: &[OnceLock<Instant>],
    open: &AtomicUsize,
) -> Result<Vec<Duration>> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!(
        "GET /api/v1/conversations/{thread}/stream HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let (mut read, mut times, mut is_open) = (Vec::with_capacity(4096), Vec::new(), false);
    let mut next = 0;
    while next < sent.len() {
        if stream.read_buf(&mut read).await? == 0 {
            bail!("a stream ended after {next} messages");
        }
        let now = Instant::now();
        if !is_open && read.windows(5).any(|five| five == b"begin") {
            is_open = true;
            open.fetch_add(1, Ordering::SeqCst);
        }
        // Whole lines only: a message cut by a packet is read with the next one.
        let Some(end) = read.iter().rposition(|byte| *byte == b'\n') else { continue };
        for line in read[..end].split(|byte| *byte == b'\n') {
            let Some(at) = line.windows(MARK.len()).position(|part| part == MARK) else { continue };
            let digits: String = line[at + MARK.len()..]
                .iter()
                .take_while(|b| b.is_ascii_digit())
                .map(|b| *b as char)
                .collect();
            let n: usize = digits.parse().context("a message without its number")?;
            let begun = sent.get(n).and_then(OnceLock::get).context("a message that nobody sent")?;
            times.push(now.duration_since(*begun));
            next += 1;
        }
        read.drain(..=end);
    }
    Ok(times)
}

/// Writes so many messages, each at its own time.
fn write(address: &str, token: &str, thread: &str, sent: &[OnceLock<Instant>], total: usize) -> Result<()> {
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let mut writers = Vec::new();
        for writer in 0..WRITERS {
            writers.push(scope.spawn(move || -> Result<()> {
                let mut client = Client::connect(address, Some(token))?;
                for n in (writer..total).step_by(WRITERS) {
                    let at = begun + Duration::from_secs_f64(n as f64 / PER_SECOND as f64);
                    std::thread::sleep(at.saturating_duration_since(Instant::now()));
                    // Counted from when it was due: a server that is slow does not slow the clock.
                    let _ = sent.get(n).map(|slot| slot.set(at));
                    let path = format!("/api/v1/conversations/{thread}/messages");
                    let answer =
                        client.post(&path, &format!("stream-{n}"), &format!(r#"{{"text":"tin {n}"}}"#))?;
                    if answer.status != 201 {
                        bail!("a message was answered {}: {}", answer.status, answer.body);
                    }
                }
                Ok(())
            }));
        }
        for writer in writers {
            writer.join().map_err(|_| anyhow!("a writer fell over"))??;
        }
        Ok(())
    })
}
