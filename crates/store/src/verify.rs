//! Whether the store is what was logged: the chain, the signed heads, and every row that people read.
//!
//! Everything is read in one snapshot, in pages, with a short name kept per row, so that it runs beside a serving
//! process. It stops at the first wrong entry; wrong rows are named by the entry that last described them. Whatever
//! cannot be read is a finding, never an error. What it cannot show is said in `docs/log.md`.

use crate::error::StoreError;
use crate::head::{Note, OutsideHeads, PublicKey, RESTORED, STREAM, SignedOutside, origin};
use crate::log::{
    Entry, Frontier, GENESIS, Hash, Image, Raw, RowName, commitment, decode_content, hex, walk_content,
};
use crate::migrate;
use crate::stmt::{Noun, all_nouns};
use crate::tx::Reader;
use crate::val::{Row, Val};
use crate::writer::{DbUrl, meta_get, read_beside};
use rules::At;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::path::Path;

/// Entries, heads or rows in memory at once.
const PAGE: i64 = 500;
/// The salt of a content: a shorter or longer one would let bytes move between salt and content.
const SALT_BYTES: usize = 32;
/// Facts about restores that a report names; more are counted in the chain but not listed.
const RESTORES_SHOWN_MAX: usize = 100;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyReport {
    pub ok: bool,
    /// Entries found in order, up to the first wrong one.
    pub entries: i64,
    /// The newest signed head inside the store.
    pub head: Option<HeadFact>,
    /// Whether a head from outside the store was there and is a prefix of the log.
    pub anchored: bool,
    /// The newest entry that such a head covers.
    pub anchored_seq: i64,
    pub erased: i64,
    /// Times that the store was set back to a backup on purpose.
    pub restored: Vec<RestoreFact>,
    pub first_bad: Option<FirstBad>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadFact {
    pub seq: i64,
    /// The Merkle root, in hexadecimal.
    pub hash: String,
    pub signed_at: At,
    /// The fingerprint of the key that signed it; `None` when no key was given to check it with.
    pub key: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestoreFact {
    pub seq: i64,
    pub epoch: i64,
    /// `SEQ.HASH` of the backup's last entry.
    pub backup_head: String,
    /// `SEQ.HASH` of the newest entry that was known when it was restored, `0` when none was.
    pub known_head: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstBad {
    /// The wrong entry, or the one that last described the wrong row; `None` where no entry is concerned.
    pub seq: Option<i64>,
    pub table: String,
    /// Names columns and numbers, never what a row says.
    pub what: String,
}

/// What the store is held against.
#[derive(Clone, Debug, Default)]
pub struct Against {
    pub outside: Option<OutsideHeads>,
    pub key: Option<PublicKey>,
}

/// Verifies a store that another process may hold. `heads_dir` is used where it knows the store; `head_file` (a
/// `heads.log` or a note kept elsewhere) and `key` come from whoever checks, and go first.
///
/// # Errors
/// When there is no store there, or it cannot be reached at all.
pub fn verify_store(
    db: &DbUrl,
    heads_dir: Option<&Path>,
    head_file: Option<&Path>,
    key: Option<PublicKey>,
    progress: &mut dyn FnMut(i64, i64),
) -> Result<VerifyReport, StoreError> {
    // Heads are read before the snapshot is taken: what they name is then surely in it.
    let id =
        read_beside(db, |reader| Ok(meta_get(reader, "store_id").unwrap_or_default().unwrap_or_default()))?;
    let mut against = Against::default();
    if let Some(dir) = heads_dir {
        (against.outside, against.key) = OutsideHeads::find(dir, &id)?;
    }
    if let Some(path) = head_file {
        let given = OutsideHeads::read(path)?;
        match &mut against.outside {
            None => against.outside = Some(given),
            Some(known) => {
                known.heads.extend(given.heads);
                known.heads.sort_by_key(|head| head.seq);
                known.unreadable = known.unreadable.or(given.unreadable);
            }
        }
    }
    if key.is_some() {
        against.key = key;
    }
    read_beside(db, |reader| Ok(verify(reader, &against, progress)))
}

/// Verifies what `reader` sees. `progress` is told the entries and rows done and how many there are in all.
pub fn verify(reader: &mut Reader, against: &Against, progress: &mut dyn FnMut(i64, i64)) -> VerifyReport {
    let mut work = Work {
        reader,
        against,
        progress,
        done: 0,
        total: 0,
        report: VerifyReport {
            ok: false,
            entries: 0,
            head: None,
            anchored: false,
            anchored_seq: 0,
            erased: 0,
            restored: Vec::new(),
            first_bad: None,
        },
        nouns: all_nouns(),
        rows: Vec::new(),
        id_max: 0,
    };
    let found = work.run();
    let mut report = work.report;
    report.ok = found.is_ok();
    report.first_bad = found.err();
    report
}

type Checked<T> = Result<T, FirstBad>;

fn bad<T>(seq: impl Into<Option<i64>>, table: &str, what: impl Into<String>) -> Checked<T> {
    Err(FirstBad { seq: seq.into(), table: table.to_owned(), what: what.into() })
}

/// The last image of a row: the entry that holds it and the row's name by its values.
type LastImage = (i64, [u8; 16]);

struct Work<'a, 'r> {
    reader: &'a mut Reader<'r>,
    against: &'a Against,
    progress: &'a mut dyn FnMut(i64, i64),
    done: i64,
    total: i64,
    report: VerifyReport,
    nouns: Vec<&'static Noun>,
    /// By noun, then by row id.
    rows: Vec<HashMap<i64, LastImage>>,
    id_max: i64,
}

/// What is known of the log while walking along it.
struct Walk {
    end: i64,
    hash: Hash,
    frontier: Frontier,
    epoch: i64,
    /// The last number of each stream.
    streams: HashMap<String, i64>,
    /// Heads inside the store, a page at a time.
    inside: VecDeque<(i64, Hash, At, String)>,
    inside_read_to: Option<i64>,
    /// Where the outside heads stand that are still to come.
    outside_next: usize,
    /// The epoch up to which a signed head vouches for this chain.
    vouched_epoch: i64,
    /// The first head under another key since the last restore.
    foreign: Option<(i64, &'static str)>,
    /// Outside heads that a restore passed over: the head's epoch, and the restore's entry.
    passed_over: Vec<(i64, i64)>,
    /// A head known outside that the store does not have, unless a restore follows at once.
    lacking: Option<i64>,
    last_restore: i64,
}

impl Work<'_, '_> {
    fn run(&mut self) -> Checked<()> {
        self.same_schema()?;
        let entries = self.count("entry")?;
        self.total = entries;
        for noun in self.nouns.clone() {
            self.total += self.count(noun.table)?;
        }
        self.rows = self.nouns.iter().map(|_| HashMap::new()).collect();
        let store_id = match meta_get(self.reader, "store_id") {
            Ok(Some(id)) => id,
            Ok(None) => return bad(None, "meta", "the store's id is missing"),
            Err(error) => return unread(None, "meta", &error),
        };
        let walk = self.walk(&origin(&store_id))?;
        if walk.end != entries {
            return bad(None, "entry", format!("{entries} rows for {} entries", walk.end));
        }
        self.contents_are_as_many(walk.end)?;
        self.head_is_the_end(&walk)?;
        self.rows_equal_their_images()?;
        self.derived_columns_are_right()?;
        self.file_is_whole()
    }

    fn query(&mut self, seq: Option<i64>, table: &str, text: &str, params: &[Val]) -> Checked<Vec<Row>> {
        self.reader.query_text(text, params).or_else(|error| unread(seq, table, &error))
    }

    fn count(&mut self, table: &str) -> Checked<i64> {
        let rows = self.query(None, table, &format!("SELECT COUNT(*) FROM {table}"), &[])?;
        match rows.into_iter().next().map(|mut row| row.i64()) {
            Some(Ok(count)) => Ok(count),
            _ => bad(None, table, "its rows cannot be counted"),
        }
    }

    fn tick(&mut self, rows: usize) {
        self.done += rows as i64;
        (self.progress)(self.done, self.total);
    }

    /// A store of a newer program holds what this one cannot judge.
    fn same_schema(&mut self) -> Checked<()> {
        let rows = self.query(None, "migration", "SELECT number FROM migration ORDER BY number", &[])?;
        let (had, known) = (rows.len(), migrate::known());
        if had > known {
            return bad(
                None,
                "migration",
                format!("made by a newer program (schema {had}, this one knows {known})"),
            );
        }
        Ok(())
    }

    fn walk(&mut self, origin: &str) -> Checked<Walk> {
        let mut walk = Walk {
            end: 0,
            hash: GENESIS,
            frontier: Frontier::default(),
            epoch: 1,
            streams: HashMap::new(),
            inside: VecDeque::new(),
            inside_read_to: None,
            outside_next: 0,
            vouched_epoch: 0,
            foreign: None,
            passed_over: Vec::new(),
            lacking: None,
            last_restore: 0,
        };
        let against = self.against;
        let outside: &[SignedOutside] = against.outside.as_ref().map_or(&[], |outside| &outside.heads);
        if let Some(line) = against.outside.as_ref().and_then(|outside| outside.unreadable) {
            return bad(None, "heads.log", format!("line {line} is no signed head"));
        }
        let mut name = RowName::new();
        let mut from = i64::MIN;
        loop {
            let page = self.query(
                Some(walk.end + 1),
                "entry",
                "SELECT e.seq, e.stream, e.stream_seq, e.at, e.actor, e.origin, e.kind, e.header, e.commitment, \
                 e.prev_hash, e.hash, c.salt, c.body FROM entry e LEFT JOIN content c ON c.seq = e.seq \
                 WHERE e.seq > ?1 ORDER BY e.seq LIMIT ?2",
                &[from.into(), PAGE.into()],
            )?;
            if page.is_empty() {
                break;
            }
            let rows = page.len();
            for row in page {
                self.entry(&mut walk, &mut name, row)?;
                self.heads_at(&mut walk, outside, origin)?;
            }
            from = walk.end;
            self.tick(rows);
        }
        self.heads_beyond(&mut walk, outside, origin)?;
        Ok(walk)
    }

    fn entry(&mut self, walk: &mut Walk, name: &mut RowName, mut row: Row) -> Checked<()> {
        let seq = walk.end + 1;
        let (entry, hash, salt, body) = match take_entry(&mut row) {
            Ok(taken) => taken,
            Err(error) => return unread(Some(seq), "entry", &error),
        };
        match entry.seq {
            found if found == seq => {}
            found if found > seq => return bad(seq, "entry", "the entry is missing"),
            found => return bad(found, "entry", "the entry has no place in the log"),
        }
        if entry.prev_hash != walk.hash {
            return bad(seq, "entry", "does not follow the entry before it (prev_hash)");
        }
        if entry.hash() != hash {
            return bad(seq, "entry", "is not what was hashed");
        }
        let last = walk.streams.entry(entry.stream.clone()).or_insert(0);
        if entry.stream_seq != *last + 1 {
            return bad(seq, "entry", format!("is number {} of its stream after {last}", entry.stream_seq));
        }
        *last = entry.stream_seq;
        let (Some(salt), Some(body)) = (salt, body) else {
            return bad(seq, "content", "the entry's content is missing");
        };
        if salt.len() != SALT_BYTES || commitment(&salt, &body) != entry.commitment {
            return bad(seq, "content", "is not what the entry committed to");
        }
        if let Some(lacking) = walk.lacking.take()
            && entry.kind != RESTORED
        {
            return bad(lacking, "signed_head", "a head known outside is missing");
        }
        if entry.stream == STREAM && entry.kind == RESTORED {
            self.restore(walk, &entry)?;
        }
        let (nouns, rows, id_max) = (&self.nouns, &mut self.rows, &mut self.id_max);
        let mut unknown = None;
        let read = walk_content(&body, name, |table, id, row| {
            *id_max = (*id_max).max(id);
            match nouns.binary_search_by_key(&table, |noun| noun.table) {
                Ok(at) => {
                    rows[at].insert(id, (seq, row));
                }
                Err(_) => {
                    unknown.get_or_insert(table);
                }
            }
        });
        if read.is_none() {
            return bad(seq, "content", "cannot be read");
        }
        if let Some(table) = unknown {
            return bad(seq, table, "is no table that this program keeps");
        }
        walk.end = seq;
        walk.hash = hash;
        walk.frontier.push(&hash);
        self.report.entries = seq;
        Ok(())
    }

    fn restore(&mut self, walk: &mut Walk, entry: &Entry) -> Checked<()> {
        let field =
            |name: &str| entry.header.split(' ').find_map(|f| f.strip_prefix(name)?.strip_prefix('='));
        let (backup, known) = (field("backup_head"), field("known_head"));
        let epoch = field("epoch").and_then(|e| e.parse::<i64>().ok());
        let (Some(backup), Some(known), Some(epoch)) = (backup, known, epoch) else {
            return bad(entry.seq, "entry", "a restore that does not say from what");
        };
        if backup != format!("{}.{}", walk.end, hex(&walk.hash)) {
            return bad(entry.seq, "entry", "a restore of another backup than what stands before it");
        }
        if epoch <= walk.epoch {
            return bad(entry.seq, "entry", "a restore that begins no new epoch");
        }
        walk.epoch = epoch;
        walk.last_restore = entry.seq;
        // A key that was lost with the machine signed what was before.
        walk.foreign = None;
        if self.report.restored.len() < RESTORES_SHOWN_MAX {
            self.report.restored.push(RestoreFact {
                seq: entry.seq,
                epoch,
                backup_head: backup.to_owned(),
                known_head: known.to_owned(),
            });
        }
        Ok(())
    }

    /// Checks every head, inside and outside, that covers the log exactly up to where the walk stands.
    fn heads_at(&mut self, walk: &mut Walk, outside: &[SignedOutside], origin: &str) -> Checked<()> {
        let seq = walk.end;
        let mut root = None;
        let mut inside_note = None;
        self.fill_inside(walk)?;
        if let Some((at, ..)) = walk.inside.front()
            && *at < seq
        {
            return bad(*at, "signed_head", "signs an entry that does not exist");
        }
        if walk.inside.front().is_some_and(|(at, ..)| *at == seq)
            && let Some((_, stored_root, signed_at, text)) = walk.inside.pop_front()
        {
            let root = *root.get_or_insert_with(|| walk.frontier.root());
            let read = Note::parse(&text).filter(|note| {
                note.size == seq
                    && note.root == stored_root
                    && note.signed_at == signed_at
                    && note.origin == origin
            });
            let Some(note) = read else {
                return bad(seq, "signed_head", "the head is not what was signed");
            };
            if note.root != root {
                return bad(seq, "signed_head", "the log up to here is not what was signed");
            }
            if note.epoch != walk.epoch {
                return bad(
                    seq,
                    "signed_head",
                    format!("signed in epoch {}, not {}", note.epoch, walk.epoch),
                );
            }
            let signed = self.signature(walk, &note, "signed_head")?;
            if signed == Some(true) {
                walk.vouched_epoch = walk.vouched_epoch.max(note.epoch);
            }
            self.report.head = Some(HeadFact {
                seq,
                hash: hex(&root),
                signed_at,
                key: self.against.key.as_ref().filter(|_| signed == Some(true)).map(PublicKey::fingerprint),
            });
            inside_note = Some(text);
        }
        while let Some(head) = outside.get(walk.outside_next).filter(|head| head.seq <= seq) {
            walk.outside_next += 1;
            if head.epoch < walk.epoch {
                walk.passed_over.push((head.epoch, walk.last_restore));
                continue;
            }
            let root = *root.get_or_insert_with(|| walk.frontier.root());
            let note = Note::parse(&head.note).filter(|note| note.origin == origin);
            let Some(note) = note else {
                return bad(seq, "heads.log", "is a head of another store");
            };
            if head.epoch > walk.epoch {
                return bad(
                    seq,
                    "entry",
                    format!("a head outside knows epoch {}: an older copy", head.epoch),
                );
            }
            if head.root != root || head.entry_hash.is_some_and(|hash| hash != walk.hash) {
                return bad(seq, "entry", "the log up to here is not what a head outside says");
            }
            // The same note was checked a moment ago.
            let signed = match inside_note.as_deref() == Some(head.note.as_str()) {
                true => None,
                false => self.signature(walk, &note, "heads.log")?,
            };
            if signed == Some(true) || self.against.key.is_none() {
                walk.vouched_epoch = walk.vouched_epoch.max(head.epoch);
            }
            if inside_note.is_none() {
                walk.lacking = Some(seq);
            }
            self.report.anchored = true;
            self.report.anchored_seq = seq;
        }
        Ok(())
    }

    /// Whether the given key signed a head; `None` when there is no key to ask, or the head is another key's.
    fn signature(&self, walk: &mut Walk, note: &Note, table: &'static str) -> Checked<Option<bool>> {
        let Some(key) = &self.against.key else { return Ok(None) };
        match note.signed_by(key) {
            Some(true) => Ok(Some(true)),
            Some(false) => bad(note.size, table, "the signature is false"),
            None => {
                walk.foreign.get_or_insert((note.size, table));
                Ok(None)
            }
        }
    }

    fn fill_inside(&mut self, walk: &mut Walk) -> Checked<()> {
        // The page after a short one is empty; it is not asked for again.
        if !walk.inside.is_empty() || walk.inside_read_to == Some(i64::MAX) {
            return Ok(());
        }
        let from = walk.inside_read_to.unwrap_or(i64::MIN);
        let page = self.query(
            None,
            "signed_head",
            "SELECT seq, root, signed_at, note FROM signed_head WHERE seq > ?1 ORDER BY seq LIMIT ?2",
            &[from.into(), PAGE.into()],
        )?;
        walk.inside_read_to = Some(i64::MAX);
        let full = page.len() as i64 == PAGE;
        for mut row in page {
            let mut take =
                || Ok::<_, StoreError>((row.i64()?, hash32(row.bytes()?)?, row.at()?, row.text()?));
            match take() {
                Ok(head) => walk.inside.push_back(head),
                Err(error) => return unread(None, "signed_head", &error),
            }
        }
        if full {
            walk.inside_read_to = walk.inside.back().map(|head| head.0);
        }
        Ok(())
    }

    /// What is left when the log has ended: heads that know more of it, and restores that nobody vouches for.
    fn heads_beyond(&mut self, walk: &mut Walk, outside: &[SignedOutside], origin: &str) -> Checked<()> {
        let end = walk.end;
        self.fill_inside(walk)?;
        let over = outside[walk.outside_next..].iter().find(|head| head.epoch >= walk.epoch);
        if let Some(head) = over {
            return match Note::parse(&head.note) {
                Some(note) if note.origin == origin => bad(
                    end + 1,
                    "entry",
                    format!(
                        "the log ends at {end}; a head outside knows entry {}: its end was cut off",
                        head.seq
                    ),
                ),
                _ => bad(None, "heads.log", "is a head of another store"),
            };
        }
        let later = outside[walk.outside_next..].iter().map(|head| (head.epoch, walk.last_restore));
        walk.passed_over.extend(later);
        if let Some((seq, ..)) = walk.inside.front() {
            return bad(*seq, "signed_head", "signs an entry that does not exist");
        }
        if let Some(lacking) = walk.lacking {
            return bad(lacking, "signed_head", "a head known outside is missing");
        }
        // Whoever has not the key could otherwise call his cutting a restore.
        if let Some((_, restore)) = walk.passed_over.iter().find(|(epoch, _)| *epoch >= walk.vouched_epoch) {
            return bad(*restore, "entry", "no signed head vouches for this restore");
        }
        if let Some((seq, table)) = walk.foreign {
            return bad(seq, table, "signed by another key than the one given");
        }
        Ok(())
    }

    fn contents_are_as_many(&mut self, end: i64) -> Checked<()> {
        let contents = self.count("content")?;
        if contents == end {
            return Ok(());
        }
        let text = "SELECT MIN(seq) FROM content WHERE NOT EXISTS (SELECT 1 FROM entry WHERE entry.seq = content.seq)";
        let seq =
            self.query(None, "content", text, &[])?.into_iter().next().and_then(|mut row| row.i64().ok());
        bad(seq, "content", format!("{contents} contents for {end} entries"))
    }

    fn head_is_the_end(&mut self, walk: &Walk) -> Checked<()> {
        let text = "SELECT seq, hash, next_id, epoch, frontier FROM head ORDER BY id";
        let mut rows = self.query(None, "head", text, &[])?.into_iter();
        let (Some(mut row), None) = (rows.next(), rows.next()) else {
            return bad(walk.end, "head", "is not one row");
        };
        let mut take =
            || Ok::<_, StoreError>((row.i64()?, row.bytes()?, row.i64()?, row.i64()?, row.bytes()?));
        let (seq, hash, next_id, epoch, frontier) = match take() {
            Ok(taken) => taken,
            Err(error) => return unread(Some(walk.end), "head", &error),
        };
        let wrong = match () {
            () if seq != walk.end => format!("says that the log ends at {seq}, it ends at {}", walk.end),
            () if hash != walk.hash => "is not the hash of the last entry".to_owned(),
            () if frontier != walk.frontier.to_bytes() => "is not the tree of the entries".to_owned(),
            () if epoch != walk.epoch => format!("says epoch {epoch}, the log says {}", walk.epoch),
            () if next_id <= self.id_max => format!("would number a row {next_id} again"),
            () => return Ok(()),
        };
        bad(walk.end.min(seq) + i64::from(seq != walk.end), "head", wrong)
    }

    /// Every row of every noun against its last image. Of all that differ, the one described earliest is named.
    fn rows_equal_their_images(&mut self) -> Checked<()> {
        let mut first: Option<FirstBad> = None;
        let mut note = |seq: Option<i64>, table: &str, what: String| {
            let order = |seq: Option<i64>| seq.unwrap_or(i64::MAX);
            if first.as_ref().is_none_or(|f| order(seq) < order(f.seq)) {
                first = Some(FirstBad { seq, table: table.to_owned(), what });
            }
        };
        let mut name = RowName::new();
        for at in 0..self.nouns.len() {
            let noun = self.nouns[at];
            let text = format!(
                "SELECT id, {} FROM {} WHERE id > ?1 ORDER BY id LIMIT ?2",
                noun.record.join(", "),
                noun.table
            );
            let (mut from, mut seen) = (i64::MIN, 0);
            loop {
                let page = self.query(None, noun.table, &text, &[from.into(), PAGE.into()])?;
                let rows = page.len();
                for row in page {
                    let Some((&Val::I64(id), vals)) = row.vals.split_first() else {
                        return bad(None, noun.table, "a row whose id is no number");
                    };
                    from = id;
                    seen += 1;
                    name.begin(noun.table, id);
                    noun.record
                        .iter()
                        .zip(vals)
                        .for_each(|(column, val)| name.column(column, Raw::from(val)));
                    match self.rows[at].remove(&id) {
                        None => note(None, noun.table, format!("row {id} was never logged")),
                        Some((_, had)) if had == name.name() => {}
                        Some((seq, _)) => {
                            if let Some(what) = self.difference(noun, seq, id, vals)? {
                                note(Some(seq), noun.table, what);
                            }
                        }
                    }
                }
                if rows == 0 {
                    break;
                }
                self.tick(rows);
            }
            if let Some((id, (seq, _))) = self.rows[at].iter().min_by_key(|(_, (seq, _))| *seq) {
                note(Some(*seq), noun.table, format!("row {id} is missing"));
            }
            self.rows[at] = HashMap::new();
            let counted = self.count(noun.table)?;
            if counted != seen {
                note(None, noun.table, format!("{counted} rows, {seen} of them with a number of their own"));
            }
        }
        first.map_or(Ok(()), Err)
    }

    /// Which column differs from the image that entry `seq` holds of a row; `None` when only columns that came later
    /// are empty.
    fn difference(&mut self, noun: &Noun, seq: i64, id: i64, vals: &[Val]) -> Checked<Option<String>> {
        let mut rows = self
            .query(Some(seq), "content", "SELECT body FROM content WHERE seq = ?1", &[seq.into()])?
            .into_iter();
        let body = rows.next().and_then(|mut row| row.bytes().ok());
        let images =
            body.and_then(|body| decode_content(&body)).map(|(_, images)| images).unwrap_or_default();
        let image = images.into_iter().rev().find(|image| image.table == noun.table && image.id == id);
        let Some(Image { columns, .. }) = image else {
            return bad(seq, "content", "cannot be read");
        };
        let mut had: BTreeMap<String, Val> = columns.into_iter().collect();
        for (column, val) in noun.record.iter().zip(vals) {
            if had.remove(*column).unwrap_or(Val::Null) != *val {
                return Ok(Some(format!("row {id} was changed: {column}")));
            }
        }
        let rest = had.into_iter().find(|(_, val)| *val != Val::Null);
        Ok(rest.map(|(column, _)| format!("row {id} no longer says {column}")))
    }

    fn derived_columns_are_right(&mut self) -> Checked<()> {
        for noun in self.nouns.clone() {
            for derived in noun.derived {
                let rows = match self.reader.query(derived.wrong, &[]) {
                    Ok(rows) => rows,
                    Err(error) => return unread(None, noun.table, &error),
                };
                if let Some(mut row) = rows.into_iter().next() {
                    let id = row.i64().unwrap_or(0);
                    let what = format!("row {id}: {} is not what the other rows give", derived.column);
                    return bad(None, noun.table, what);
                }
            }
        }
        Ok(())
    }

    /// Lists are read through indexes: one that leaves a row out would hide a person whose row is whole.
    fn file_is_whole(&mut self) -> Checked<()> {
        if !self.reader.is_sqlite() {
            return Ok(());
        }
        let rows = self.query(None, "sqlite", "PRAGMA integrity_check(1)", &[])?;
        let said = rows.into_iter().next().and_then(|mut row| row.text().ok()).unwrap_or_default();
        if said == "ok" { Ok(()) } else { bad(None, "sqlite", format!("the file is damaged: {said}")) }
    }
}

fn unread<T>(seq: Option<i64>, table: &str, error: &StoreError) -> Checked<T> {
    bad(seq, table, format!("cannot be read: {error}"))
}

fn hash32(bytes: Vec<u8>) -> Result<Hash, StoreError> {
    bytes.try_into().map_err(|_| StoreError::Shape("a hash that is not 32 bytes".to_owned()))
}

type Taken = (Entry, Hash, Option<Vec<u8>>, Option<Vec<u8>>);

fn take_entry(row: &mut Row) -> Result<Taken, StoreError> {
    let entry = Entry {
        seq: row.i64()?,
        stream: row.text()?,
        stream_seq: row.i64()?,
        at: row.i64()?,
        actor: row.text()?,
        origin: row.text()?,
        kind: row.text()?,
        header: row.text()?,
        commitment: hash32(row.bytes()?)?,
        prev_hash: hash32(row.bytes()?)?,
    };
    Ok((entry, hash32(row.bytes()?)?, row.opt_bytes()?, row.opt_bytes()?))
}
