//! Live threads (trust.md, "Streams"): whoever looks at a thread is sent what is said in it, in the order of the log, after it is
//! durable. One tailer reads the log on from where it stood; a commit only wakes it. Event ids are `EPOCH.SEQ`, so that a page that
//! lost its connection goes on exactly where it was; who may read is asked again whenever something about it may have changed.

use crate::api;
use crate::app::App;
use crate::problem::Problem;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use rules::thread::Waiting;
use rules::{HouseholdId, MessageId, Refusal};
use std::collections::{HashMap, HashSet, VecDeque};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use store::thread::{self, Conversation, Line, SeenBy, Told};
use store::{Reader, Store, StoreError, head};
use tokio::sync::{broadcast, watch};

/// Open streams of one program; one more is answered 503.
pub const STREAMS_MAX: usize = 5_000;
/// Open streams of one thread beyond which its home opens no more: a home has few devices, and whoever looks on from the team is not
/// counted out by them.
pub const HOME_STREAMS_MAX: usize = 40;
/// Events of a thread that a slow reader may be behind before it reads them from the store.
const ROOM_EVENTS_MAX: usize = 256;
/// Entries of the log that the tailer reads at a time.
const TAIL_MAX: i64 = 500;
/// Entries that a page which was away is sent; beyond it is told to load anew.
pub const REPLAY_MAX: i64 = 200;
/// A silent stream says this often that it is there.
const PING_EVERY: Duration = Duration::from_secs(15);
/// A stream asks this often whether it still may be: sessions run out without a word in the log.
const ASK_EVERY: Duration = Duration::from_secs(30);
/// When the tailer tries again after it could not read.
const TAIL_AGAIN_AFTER: Duration = Duration::from_millis(200);
/// What stands for nothing in an event.
const NO_DATA: &str = " ";
/// Readers of a thread whose place is shown.
const SEEN_MAX: i64 = 50;

/// Entries after which nobody may do less than before. Everything else makes open streams ask again.
const HARMLESS: &[&str] = &[
    "message_written",
    "message_seen",
    "checkin_recorded",
    "checkin_settled",
    "contact_attempted",
    "home_visited",
    "person_read",
    "alert_raised",
    "alert_joined",
    "alert_acknowledged",
    "alert_escalated",
    "alert_passed_on",
    "alert_closed",
    "test_recorded",
    "first_contact_reminded",
    "duty_changed",
];

/// Where a page stands in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub epoch: i64,
    pub seq: i64,
}

impl Place {
    /// The end of the log, in the same state of the store in which the page is read.
    pub fn now(reader: &mut Reader) -> Result<Place, StoreError> {
        let (seq, epoch) = head::end(reader)?;
        Ok(Place { epoch, seq })
    }

    pub fn parse(text: &str) -> Option<Place> {
        let (epoch, seq) = text.split_once('.')?;
        Some(Place { epoch: epoch.parse().ok()?, seq: seq.parse().ok().filter(|seq| *seq >= 0)? })
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.epoch, self.seq)
    }
}

/// One thing that happened in a thread.
#[derive(Debug)]
pub struct Happened {
    pub place: Place,
    pub home: HouseholdId,
    /// What was said; `None` if somebody only saw it, or the wait was given a time.
    pub line: Option<Line>,
    pub seen: Vec<SeenBy>,
    /// Whether the home waits for an answer now.
    pub waiting: Option<Waiting>,
    /// What was made of it for each kind of reader, once for all of them.
    shown: Mutex<HashMap<u8, Arc<Vec<Piece>>>>,
}

/// What one event of a stream says.
#[derive(Clone, Debug)]
pub struct Piece {
    pub name: &'static str,
    pub data: String,
}

impl Happened {
    /// What `make` makes of it for the readers of one kind.
    pub fn shown(&self, kind: u8, make: impl FnOnce() -> Vec<Piece>) -> Arc<Vec<Piece>> {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.entry(kind).or_insert_with(|| Arc::new(make())).clone()
    }
}

fn message_of(header: &str) -> Option<MessageId> {
    header.strip_prefix("message=")?.split(' ').next()?.parse().ok().map(MessageId)
}

fn thread_of(stream: &str) -> Option<rules::ConversationId> {
    stream.strip_prefix("conversation:")?.parse().ok().map(rules::ConversationId)
}

/// What entries say happened in threads, in their order. `wanted` says whose threads matter.
fn happened(
    reader: &mut Reader,
    epoch: i64,
    told: &[Told],
    wanted: impl Fn(HouseholdId) -> bool,
) -> Result<Vec<Arc<Happened>>, StoreError> {
    let mut threads: HashMap<rules::ConversationId, Option<Conversation>> = HashMap::new();
    let mut of_threads = Vec::new();
    for entry in told {
        let Some(id) = thread_of(&entry.stream) else { continue };
        if let std::collections::hash_map::Entry::Vacant(place) = threads.entry(id) {
            let known = thread::by_id(reader, id)?;
            place.insert(known.filter(|thread| wanted(thread.household_id)));
        }
        if threads.get(&id).is_some_and(Option::is_some) {
            of_threads.push((id, entry));
        }
    }
    let written: Vec<MessageId> = of_threads
        .iter()
        .filter(|(_, entry)| entry.kind == "message_written")
        .filter_map(|(_, entry)| message_of(&entry.header))
        .collect();
    let mut lines: HashMap<MessageId, Line> =
        thread::by_ids(reader, &written)?.into_iter().map(|line| (line.message.id, line)).collect();
    let mut seen: HashMap<rules::ConversationId, Vec<SeenBy>> = HashMap::new();
    let mut out = Vec::new();
    for (id, entry) in of_threads {
        let Some(Some(conversation)) = threads.get(&id) else { continue };
        if let std::collections::hash_map::Entry::Vacant(place) = seen.entry(id) {
            place.insert(thread::seen_by(reader, id, SEEN_MAX)?);
        }
        let line = match entry.kind.as_str() {
            "message_written" => message_of(&entry.header).and_then(|message| lines.remove(&message)),
            _ => None,
        };
        out.push(Arc::new(Happened {
            place: Place { epoch, seq: entry.seq },
            home: conversation.household_id,
            line,
            seen: seen.get(&id).cloned().unwrap_or_default(),
            waiting: conversation.waiting(),
            shown: Mutex::default(),
        }));
    }
    Ok(out)
}

type Rooms = HashMap<HouseholdId, broadcast::Sender<Arc<Happened>>>;

/// Everybody who looks at a thread now.
pub struct Live {
    rooms: Mutex<Rooms>,
    streams: AtomicUsize,
    /// Grows whenever somebody may be allowed less than before.
    access: watch::Sender<u64>,
    is_over: AtomicBool,
}

impl Live {
    /// Begins to follow the log; the tailer ends with the store.
    pub fn start(store: &Store) -> Arc<Live> {
        let live = Arc::new(Live {
            rooms: Mutex::default(),
            streams: AtomicUsize::new(0),
            access: watch::Sender::new(0),
            is_over: AtomicBool::new(false),
        });
        tokio::spawn(tail(Arc::downgrade(&live), store.clone(), store.committed()));
        live
    }

    /// Everybody who looks on is asked again whether they may.
    pub fn ask_again(&self) {
        self.access.send_modify(|n| *n += 1);
    }

    /// Ends every stream: the program stops.
    pub fn stop(&self) {
        self.is_over.store(true, Ordering::SeqCst);
        self.ask_again();
    }

    /// Open streams.
    pub fn count(&self) -> usize {
        self.streams.load(Ordering::Relaxed)
    }

    fn rooms(&self) -> std::sync::MutexGuard<'_, Rooms> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn looking_at(&self, home: HouseholdId) -> usize {
        self.rooms().get(&home).map_or(0, broadcast::Sender::receiver_count)
    }

    fn join(&self, home: HouseholdId) -> broadcast::Receiver<Arc<Happened>> {
        let mut rooms = self.rooms();
        rooms.entry(home).or_insert_with(|| broadcast::Sender::new(ROOM_EVENTS_MAX)).subscribe()
    }

    fn leave(&self, home: HouseholdId) {
        let mut rooms = self.rooms();
        if rooms.get(&home).is_some_and(|room| room.receiver_count() == 0) {
            rooms.remove(&home);
        }
    }
}

async fn tail(live: Weak<Live>, store: Store, mut committed: watch::Receiver<i64>) {
    let mut at = *committed.borrow_and_update();
    while committed.changed().await.is_ok() {
        let to = *committed.borrow_and_update();
        while at < to {
            let Some(live) = live.upgrade() else { return };
            if live.rooms().is_empty() {
                // Whoever comes next reads what there is by then.
                at = to;
                break;
            }
            let looked_at = live.clone();
            match store.read(move |r| tailed(r, at, &looked_at)).await {
                Ok(Tailed { last, events, is_harmless }) => {
                    if !is_harmless {
                        live.ask_again();
                    }
                    let rooms = live.rooms();
                    for event in events {
                        if let Some(room) = rooms.get(&event.home) {
                            // Whoever looked may have gone.
                            let _ = room.send(event);
                        }
                    }
                    drop(rooms);
                    if last == at {
                        break;
                    }
                    at = last;
                }
                Err(StoreError::Stopped) => return,
                Err(error) => {
                    tracing::warn!(%error, "live threads could not be read on");
                    tokio::time::sleep(TAIL_AGAIN_AFTER).await;
                }
            }
        }
    }
}

struct Tailed {
    last: i64,
    events: Vec<Arc<Happened>>,
    is_harmless: bool,
}

fn tailed(reader: &mut Reader, at: i64, live: &Live) -> Result<Tailed, StoreError> {
    let told = thread::told_since(reader, at, TAIL_MAX)?;
    // Only now that the state is settled in which this is read: whoever sits down later reads a later one by themselves.
    let looked_at: HashSet<HouseholdId> = live.rooms().keys().copied().collect();
    let epoch = head::end(reader)?.1;
    Ok(Tailed {
        last: told.last().map_or(at, |entry| entry.seq),
        is_harmless: told.iter().all(|entry| HARMLESS.contains(&entry.kind.as_str())),
        events: happened(reader, epoch, &told, |home| looked_at.contains(&home))?,
    })
}

/// Whoever looks: whether they still may, and how they are shown what happened.
pub trait Viewer: Send + Sync + 'static {
    fn may<'a>(&'a self, app: &'a App) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>>;
    fn show(&self, happened: &Happened) -> Arc<Vec<Piece>>;
}

/// Counts a stream for as long as it is open.
struct Counted {
    live: Arc<Live>,
    home: HouseholdId,
    events: Option<broadcast::Receiver<Arc<Happened>>>,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.events = None;
        self.live.leave(self.home);
        self.live.streams.fetch_sub(1, Ordering::Relaxed);
    }
}

struct Stream {
    app: App,
    viewer: Box<dyn Viewer>,
    counted: Counted,
    access: watch::Receiver<u64>,
    at: Place,
    waiting: VecDeque<Event>,
    ask_at: tokio::time::Instant,
    is_over: bool,
}

/// Opens a stream of a home's thread from a place on; from now on if none is named. The caller has asked whether the viewer may.
///
/// # Errors
/// 503 beyond [`STREAMS_MAX`], and beyond `most` of this thread.
pub async fn stream(
    app: &App,
    home: HouseholdId,
    from: Option<Place>,
    most: usize,
    viewer: impl Viewer,
) -> Result<Response, Problem> {
    let live = app.live.clone();
    if live.streams.fetch_add(1, Ordering::Relaxed) >= STREAMS_MAX {
        live.streams.fetch_sub(1, Ordering::Relaxed);
        return Err(Refusal::busy().into());
    }
    // First the seat, then what there is: nothing falls between the two.
    let events = live.join(home);
    let counted = Counted { home, events: Some(events), live: live.clone() };
    if live.looking_at(home) > most {
        return Err(Refusal::busy().into());
    }
    let access = live.access.subscribe();
    let mut stream = Stream {
        app: app.clone(),
        viewer: Box::new(viewer),
        counted,
        access,
        at: from.unwrap_or(Place { epoch: 0, seq: 0 }),
        waiting: VecDeque::new(),
        ask_at: tokio::time::Instant::now() + ASK_EVERY,
        is_over: false,
    };
    match from {
        Some(_) => stream.catch_up().await?,
        None => stream.at = api::read(&app.house.store, |r| Ok(Place::now(r)?)).await?,
    }
    // A name for the place at once: a page that is cut off before anything happens goes on from here.
    let begin = Stream::event("begin", "").id(stream.at.to_string());
    stream.waiting.push_front(begin.retry(Duration::from_secs(2)));
    let events = futures_util::stream::unfold(stream, |mut stream| async move {
        let event = stream.next().await?;
        Some((Ok::<_, Infallible>(event), stream))
    });
    let mut answer = Sse::new(events).keep_alive(KeepAlive::new().interval(PING_EVERY)).into_response();
    for (name, value) in [("x-accel-buffering", "no"), ("cache-control", "no-store")] {
        answer.headers_mut().insert(name, axum::http::HeaderValue::from_static(value));
    }
    Ok(answer)
}

impl Stream {
    /// Reads what the page missed from the store.
    async fn catch_up(&mut self) -> Result<(), Problem> {
        let (home, at) = (self.counted.home, self.at);
        let found = api::read(&self.app.house.store, move |r| {
            let now = Place::now(r)?;
            if now.epoch != at.epoch || at.seq > now.seq {
                return Ok((now, None));
            }
            let Some(conversation) = thread::of_home(r, home)? else { return Ok((now, Some(Vec::new()))) };
            let told = thread::told_in(r, conversation.id, at.seq, REPLAY_MAX + 1)?;
            if told.len() as i64 > REPLAY_MAX {
                return Ok((now, None));
            }
            Ok((now, Some(happened(r, now.epoch, &told, |_| true)?)))
        })
        .await?;
        match found {
            (now, None) => {
                // Too much, or another life of the store: the page loads anew.
                self.waiting.push_back(Stream::event("reset", ""));
                self.at = now;
            }
            (now, Some(missed)) => {
                for event in missed {
                    self.push(&event);
                }
                self.at = now;
            }
        }
        Ok(())
    }

    /// An event of a stream. A browser drops one without data, and its name with it.
    fn event(name: &str, data: &str) -> Event {
        // Nor may it hold a carriage return: that would end its line.
        Event::default().event(name).data(if data.is_empty() {
            NO_DATA.to_owned()
        } else {
            data.replace('\r', " ")
        })
    }

    fn push(&mut self, happened: &Happened) {
        let pieces = self.viewer.show(happened);
        let id = happened.place.to_string();
        // Only the last piece names the place: a page cut off in between is sent all of it again, and knows what it has.
        for (n, piece) in pieces.iter().enumerate() {
            let event = Stream::event(piece.name, &piece.data);
            let is_last = n + 1 == pieces.len();
            self.waiting.push_back(if is_last { event.id(&id) } else { event });
        }
        self.at = happened.place;
    }

    async fn next(&mut self) -> Option<Event> {
        loop {
            if self.is_over {
                return None;
            }
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            let next = tokio::select! {
                biased;
                // Asked before anything that was said after the change is shown.
                changed = self.access.changed() => {
                    changed.ok()?;
                    if !self.still_may().await {
                        return self.gone();
                    }
                    continue;
                }
                event = received(self.counted.events.as_mut()) => event,
                () = tokio::time::sleep_until(self.ask_at) => {
                    self.ask_at = tokio::time::Instant::now() + ASK_EVERY;
                    if !self.still_may().await {
                        return self.gone();
                    }
                    continue;
                }
            };
            match next {
                Ok(event) if event.place.epoch == self.at.epoch && event.place.seq > self.at.seq => {
                    self.push(&event);
                }
                Ok(_) => {}
                Err(broadcast::error::RecvError::Lagged(_)) => self.catch_up().await.ok()?,
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }

    async fn still_may(&mut self) -> bool {
        !self.counted.live.is_over.load(Ordering::SeqCst) && self.viewer.may(&self.app).await
    }

    /// The last word of a stream whose reader may read no more: the page loads anew, and says why.
    fn gone(&mut self) -> Option<Event> {
        self.is_over = true;
        let name = if self.counted.live.is_over.load(Ordering::SeqCst) { "bye" } else { "gone" };
        Some(Stream::event(name, ""))
    }
}

async fn received(
    events: Option<&mut broadcast::Receiver<Arc<Happened>>>,
) -> Result<Arc<Happened>, broadcast::error::RecvError> {
    match events {
        Some(events) => events.recv().await,
        None => Err(broadcast::error::RecvError::Closed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back_what_it_prints() {
        let place = Place { epoch: 2, seq: 41 };
        assert_eq!(place.to_string(), "2.41");
        assert_eq!(Place::parse("2.41"), Some(place));
        for text in ["", "2", "2.", ".4", "a.b", "2.-1", "2.4.1"] {
            assert_eq!(Place::parse(text), None, "{text}");
        }
    }

    #[test]
    fn entries_name_their_message_and_thread() {
        assert_eq!(message_of("message=7"), Some(MessageId(7)));
        assert_eq!((message_of("alert=7"), message_of("message=")), (None, None));
        assert_eq!(thread_of("conversation:3"), Some(rules::ConversationId(3)));
        assert_eq!(thread_of("household:3"), None);
    }
}
