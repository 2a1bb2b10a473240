//! What a home and its care team say to each other (LC-8, LC-11, LC-16): the team's list of threads, one thread on both sides, and
//! a single line of it as a live page is sent it.

use crate::pages::own::OwnFrame;
use crate::{Choice, Countdown, Form, Lang, Link, Paging, PhoneLine, Shell, When};

/// One line of a thread, on either side: `id` is that of the message, so that a line that is there is known.
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "thread_line.html")]
pub struct ThreadLine {
    pub lang: Lang,
    pub id: String,
    /// A line of the program's own.
    pub is_system: bool,
    /// It stands on the right: this side wrote it.
    pub is_ours: bool,
    pub who: String,
    /// "trạm trưởng", "tình nguyện viên"
    pub role: String,
    /// Nobody knows which device it came from.
    pub unverified: bool,
    pub quote: Option<String>,
    pub text: String,
    /// The document that the words stand on.
    pub source: Option<String>,
    /// The message that this one puts right.
    pub corrects: Option<String>,
    pub is_corrected: bool,
    pub at: When,
    pub quote_href: Option<String>,
    pub correct_href: Option<String>,
}

impl ThreadLine {
    pub fn t(&self, key: &str) -> String {
        crate::t(self.lang, key)
    }

    pub fn html(&self) -> String {
        self.to_string()
    }
}

/// What waits to be answered in a thread, or nothing: a piece of its page that live pages are sent again.
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "thread_waiting.html")]
pub struct ThreadWaiting {
    pub lang: Lang,
    /// Since when, and how long it may still take; `None` if nothing waits.
    pub waiting: Option<(When, Option<Countdown>)>,
    /// Where it is said that the home was answered otherwise; empty for whoever may not.
    pub settle: String,
    pub ways: Vec<Choice>,
    pub form_key: String,
}

impl ThreadWaiting {
    pub fn t(&self, key: &str) -> String {
        crate::t(self.lang, key)
    }

    pub fn html(&self) -> String {
        self.to_string()
    }
}

/// What is being written.
#[derive(Clone, Debug, Default)]
pub struct Composer {
    pub form: Form,
    /// The message that is quoted or put right: its id and words.
    pub quoting: Option<(String, String)>,
    pub correcting: Option<(String, String)>,
    /// This page without either.
    pub cancel: String,
}

/// A text of the protocol that may be sent as it is.
#[derive(Clone, Debug, Default)]
pub struct GuidanceChoice {
    pub id: String,
    pub title: String,
    pub text: String,
    pub source: String,
}

#[derive(Clone, Debug, Default)]
pub struct ThreadMember {
    pub episode: String,
    pub name: String,
    pub tag: String,
}

/// `GET /threads/{home}`
///
/// | action | method | fields |
/// |---|---|---|
/// | `/threads/{home}` | POST | `text`, `quotes`, `corrects`, `guidance` |
/// | `/threads/{home}/settle` | POST | `how` (`called`, `met`, `no_need`) |
/// | `/threads/{home}/seen` | POST | `upto` |
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "thread.html")]
pub struct ThreadPage {
    pub shell: Shell,
    /// `/threads/{home}`
    pub action: String,
    pub address: String,
    pub members: Vec<ThreadMember>,
    pub phone: Option<PhoneLine>,
    /// Where a call to the home is recorded.
    pub contact_href: String,
    pub lines: Vec<ThreadLine>,
    pub older: Option<Link>,
    pub is_newest: bool,
    pub waiting: ThreadWaiting,
    /// Nobody at home can read what is written here.
    pub nobody_reads: Option<Link>,
    pub seen_by: String,
    pub may_write: bool,
    pub composer: Composer,
    pub guidance: Vec<GuidanceChoice>,
    /// Where the page goes on live: with the place at which it was made.
    pub stream: String,
    pub script: String,
}

#[derive(Clone, Debug, Default)]
pub struct ThreadRow {
    pub href: String,
    pub address: String,
    pub place: String,
    pub who: String,
    pub preview: String,
    pub at: When,
    pub since: Option<When>,
    pub due: Option<Countdown>,
    pub carer: String,
    pub is_new: bool,
    /// "mới", "đang chờ"
    pub new_words: String,
    pub waits_words: String,
}

/// `GET /threads`
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "threads.html")]
pub struct ThreadsPage {
    pub shell: Shell,
    pub area: String,
    pub shows_all: bool,
    /// Nobody said how long an answer may take.
    pub no_minutes: bool,
    pub rows: Vec<ThreadRow>,
    pub paging: Option<Paging>,
}

/// By when the team answers: the piece of a home's page that live pages are sent again.
#[derive(askama::Template)]
#[template(
    source = "{% if !words.is_empty() %}<p class=\"promise\">{{ words }}</p>{% endif %}",
    ext = "html"
)]
struct Promise<'a> {
    words: &'a str,
}

/// The promise as it stands on a home's page; nothing for no words.
pub fn promise(words: &str) -> String {
    Promise { words }.to_string()
}

/// `GET /own/thread` on a bound device.
///
/// | action | method | fields |
/// |---|---|---|
/// | `/own/message` | POST | `text`, `who` (a member's number), `quotes`, `corrects` |
/// | `/own/seen` | POST | `upto` |
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "own_thread.html")]
pub struct OwnThread {
    pub frame: OwnFrame,
    pub lines: Vec<ThreadLine>,
    pub older: Option<Link>,
    pub is_newest: bool,
    /// By when the team answers, in words; empty if nothing waits.
    pub promise: String,
    pub seen_by: String,
    /// Each member's number, and the home's own word.
    pub members: Vec<(usize, String)>,
    pub composer: Composer,
    pub stream: String,
    pub script: String,
    /// Under what name the phone keeps what waits for a signal.
    pub keep: String,
}

/// `GET /own/thread` on any other device.
///
/// | action | method | fields |
/// |---|---|---|
/// | `/own/bind` | POST | `code` (six digits), or `first` (`1`) on the home's first device |
/// | `/own/message` | POST | as above |
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "own_bind.html")]
pub struct OwnBind {
    pub frame: OwnFrame,
    pub form: Form,
    /// This device may come in without a code.
    pub is_first: bool,
    pub members: Vec<(usize, String)>,
}

/// What was written went out, for a device that reads nothing else.
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "own_sent.html")]
pub struct OwnSent {
    pub frame: OwnFrame,
    pub promise: String,
}

#[derive(Clone, Debug, Default)]
pub struct DeviceLine {
    pub id: String,
    pub name: String,
    pub since: String,
    pub how: String,
    /// The one that asks.
    pub is_this: bool,
}

/// `GET /own/devices`
///
/// | action | method | fields |
/// |---|---|---|
/// | `/own/devices/code` | POST | none |
/// | `/own/devices/{device}/end` | POST | none |
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "own_devices.html")]
pub struct OwnDevices {
    pub frame: OwnFrame,
    pub devices: Vec<DeviceLine>,
    /// A code for one more, shown once.
    pub code: Option<String>,
}
