//! Signed heads: the root of everything logged so far, under the store's own key, kept in the store and outside it.
//!
//! A head is a checkpoint in the signed-note form (C2SP tlog-checkpoint), so that strangers' tools can check it. It
//! also goes to `heads.log` in a folder per store, never inside the data directory: whoever cuts off or replaces the
//! store then contradicts a file that he would have to change too. Times come from the caller.

use crate::error::{Stop, StoreError};
use crate::log::{Hash, hex};
use crate::stmt::stmt;
use crate::tx::{Stamp, Tx};
use crate::writer::Store;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_compact::{KeyPair, PublicKey as VerifyingKey, SecretKey, Seed, Signature};
use rules::{At, Zone};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex};

/// The stream of what happens to the store itself.
pub const STREAM: &str = "store";
/// The kind of the entry that a restore leaves.
pub(crate) const RESTORED: &str = "restored";
/// A signed note's type byte for Ed25519.
const NOTE_ED25519: u8 = 1;
const NOTE_BYTES_MAX: usize = 4_096;
/// `heads.log` grows by about 600 bytes per head; a larger file is not ours.
const HEADS_BYTES_MAX: u64 = 1 << 30;
/// What start reads of `heads.log`: its newest head stands among the last lines.
const TAIL_BYTES: u64 = 64 * 1_024;
/// Heads that a crash, or a full disk outside, kept from `heads.log` and that start adds.
const REPAIR_MAX: i64 = 100;

stmt! {
    SIGNED_ONE = "SELECT signed_at, note FROM signed_head WHERE seq = ?1";
    SIGNED_INSERT = "INSERT INTO signed_head (seq, root, signed_at, why, note) VALUES (?1, ?2, ?3, ?4, ?5)";
    SIGNED_NEWEST = "SELECT s.seq, s.signed_at, s.note, e.hash FROM signed_head s JOIN entry e ON e.seq = s.seq
        ORDER BY s.seq DESC LIMIT ?1";
    ENTRY_HASH = "SELECT hash FROM entry WHERE seq = ?1";
    END = "SELECT seq, epoch FROM head WHERE id = 1";
}

/// The end of the log as readers see it: the newest entry, and which life of the store it belongs to.
pub fn end(reader: &mut crate::tx::Reader) -> Result<(i64, i64), StoreError> {
    match reader.one(&END, &[])? {
        Some(mut row) => Ok((row.i64()?, row.i64()?)),
        None => Ok((0, 0)),
    }
}

/// Why a head was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    Interval,
    Lock,
    Stop,
    Start,
    Restore,
}

impl Why {
    pub fn word(self) -> &'static str {
        match self {
            Why::Interval => "interval",
            Why::Lock => "lock",
            Why::Stop => "stop",
            Why::Start => "start",
            Why::Restore => "restore",
        }
    }
}

/// A head as it stands in `heads.log`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedHead {
    pub seq: i64,
    pub epoch: i64,
    pub root: Hash,
    pub entry_hash: Hash,
    pub signed_at: At,
    /// The signed note, as strangers' tools read it.
    pub note: String,
}

impl SignedHead {
    fn line(&self) -> String {
        let note = BASE64.encode(&self.note);
        let (root, entry, at) = (hex(&self.root), hex(&self.entry_hash), utc(self.signed_at));
        format!("{}\t{root}\t{at}\t{entry}\t{note}\n", self.seq)
    }

    fn from_line(line: &str) -> Option<SignedHead> {
        let mut fields = line.split('\t');
        let (seq, root) = (fields.next()?.parse::<i64>().ok()?, unhex(fields.next()?)?);
        let (_, entry_hash) = (At::parse(fields.next()?)?, unhex(fields.next()?)?);
        let note = String::from_utf8(BASE64.decode(fields.next()?).ok()?).ok()?;
        let read = Note::parse(&note)?;
        let agrees = fields.next().is_none() && read.size == seq && read.root == root;
        agrees.then_some(SignedHead {
            seq,
            epoch: read.epoch,
            root,
            entry_hash,
            signed_at: read.signed_at,
            note,
        })
    }
}

/// A checkpoint taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    pub origin: String,
    pub size: i64,
    pub root: Hash,
    pub epoch: i64,
    pub signed_at: At,
    text: String,
    signatures: Vec<(String, [u8; 4], Signature)>,
}

impl Note {
    fn text(origin: &str, size: i64, root: &Hash, epoch: i64, signed_at: At) -> String {
        format!("{origin}\n{size}\n{}\nepoch {epoch}\nsigned_at {}\n", BASE64.encode(root), utc(signed_at))
    }

    pub fn parse(note: &str) -> Option<Note> {
        if note.len() > NOTE_BYTES_MAX {
            return None;
        }
        let at = note.find("\n\n")?;
        let (text, signed) = (&note[..at + 1], &note[at + 2..]);
        let mut lines = text.lines();
        let (origin, size) = (lines.next()?, lines.next()?.parse::<i64>().ok().filter(|n| *n > 0)?);
        let root: Hash = BASE64.decode(lines.next()?).ok()?.try_into().ok()?;
        let epoch = lines.next()?.strip_prefix("epoch ")?.parse::<i64>().ok()?;
        let signed_at = At::parse(lines.next()?.strip_prefix("signed_at ")?)?;
        let mut signatures = Vec::new();
        for line in signed.lines() {
            let (name, blob) = line.strip_prefix("— ")?.split_once(' ')?;
            let blob = BASE64.decode(blob).ok()?;
            // A signature of another length is another algorithm's, such as a witness's: not ours to judge.
            if let Some((id, sig)) = blob.split_at_checked(4)
                && let (Ok(id), Ok(sig)) = (id.try_into(), Signature::from_slice(sig))
            {
                signatures.push((name.to_owned(), id, sig));
            }
        }
        Some(Note {
            origin: origin.to_owned(),
            size,
            root,
            epoch,
            signed_at,
            text: text.to_owned(),
            signatures,
        })
    }

    /// Whether `key` signed it; `None` when no signature claims to be that key's.
    pub fn signed_by(&self, key: &PublicKey) -> Option<bool> {
        let id = key.id(&self.origin);
        let mut own = self.signatures.iter().filter(|(name, had, _)| *name == self.origin && *had == id);
        let (_, _, signature) = own.next()?;
        Some(key.0.verify(self.text.as_bytes(), signature).is_ok())
    }
}

/// The name that a store signs under.
pub(crate) fn origin(store_id: &str) -> String {
    format!("keben/{store_id}")
}

/// The key that heads are checked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads the form of `key.pub` (`NAME+ID+BASE64`, as signed notes have it) or the 32 bytes in base64 alone.
    pub fn parse(text: &str) -> Option<PublicKey> {
        let text = text.trim();
        // Base64 has a plus of its own, so the name and the id are cut off from the left.
        let key = match text.starts_with("keben/") {
            true => text.splitn(3, '+').nth(2)?,
            false => text,
        };
        let bytes = BASE64.decode(key).ok()?;
        let bytes = match bytes.len() {
            33 if bytes[0] == NOTE_ED25519 => &bytes[1..],
            _ => &bytes[..],
        };
        let key = VerifyingKey::from_slice(bytes).ok()?;
        key.validate().is_ok().then_some(PublicKey(key))
    }

    fn id(&self, name: &str) -> [u8; 4] {
        let mut hasher = Sha256::new();
        hasher.update(name.as_bytes());
        hasher.update([b'\n', NOTE_ED25519]);
        hasher.update(self.0.as_slice());
        let hash: Hash = hasher.finalize().into();
        [hash[0], hash[1], hash[2], hash[3]]
    }

    fn written(&self, name: &str) -> String {
        let mut bytes = vec![NOTE_ED25519];
        bytes.extend_from_slice(self.0.as_slice());
        format!("{name}+{}+{}\n", hex(&self.id(name)), BASE64.encode(bytes))
    }

    /// What stands on every report and is read out over the telephone: eight groups of four digits.
    pub fn fingerprint(&self) -> String {
        let digits = hex(&Sha256::digest(self.0.as_slice())[..16]);
        let groups: Vec<&str> = (0..8).map(|n| &digits[n * 4..n * 4 + 4]).collect();
        groups.join("-")
    }
}

/// Where heads and key are kept.
#[derive(Clone, Debug)]
pub struct HeadsPlace {
    /// Holds a folder per store.
    pub dir: PathBuf,
    /// The signing key, where it is not `key` in the store's folder.
    pub key_file: Option<PathBuf>,
    /// The data directory: neither of the two may lie in it.
    pub data: PathBuf,
}

/// A store's folder of heads, with the key that signs them.
#[derive(Clone)]
pub struct HeadsDir {
    inner: Arc<Inner>,
}

struct Inner {
    folder: PathBuf,
    origin: String,
    key: SecretKey,
    append: Mutex<()>,
}

impl HeadsDir {
    /// Opens the folder of a store. `new` says that the store never signed anything: only then is a key made.
    ///
    /// # Errors
    /// [`StoreError::Start`] in words: the place lies in the data directory, the key is missing or another one.
    pub fn open(
        place: &HeadsPlace,
        store_id: &str,
        new: bool,
        chance: crate::Chance,
    ) -> Result<HeadsDir, StoreError> {
        if store_id.is_empty() || !store_id.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(StoreError::Start("the store's id is damaged; run keben verify".to_owned()));
        }
        let folder = place.dir.join(store_id);
        let key_path = place.key_file.clone().unwrap_or_else(|| folder.join("key"));
        for path in [&folder, &key_path] {
            if is_inside(path, &place.data) {
                return Err(StoreError::Start(format!(
                    "{} lies in the data directory {}: heads and key must be kept outside it (--heads DIR, --key FILE)",
                    path.display(),
                    place.data.display()
                )));
            }
        }
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)
            .map_err(file("creating the folder of signed heads"))?;
        let public_path = folder.join("key.pub");
        let first = new && !folder.join("heads.log").exists() && !public_path.exists();
        let key = match std::fs::read_to_string(&key_path) {
            Ok(text) => read_key(&text, &key_path)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && first => {
                make_key(&key_path, chance)?
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(StoreError::Start(format!(
                    "the signing key of this store is missing at {}: put it back (--heads DIR, --key FILE)",
                    key_path.display()
                )));
            }
            Err(source) => return Err(file("reading the signing key")(source)),
        };
        warn_if_open_to_others(&key_path);
        let origin = origin(store_id);
        let public = PublicKey(key.public_key());
        match std::fs::read_to_string(&public_path) {
            Ok(text) if PublicKey::parse(&text).as_ref() == Some(&public) => {}
            Ok(_) => {
                return Err(StoreError::Start(format!(
                    "{} is not the key that this store signs with: it does not belong to {}",
                    key_path.display(),
                    public_path.display()
                )));
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                write_new(&public_path, public.written(&origin).as_bytes(), 0o644)?;
            }
            Err(source) => return Err(file("reading key.pub")(source)),
        }
        Ok(HeadsDir { inner: Arc::new(Inner { folder, origin, key, append: Mutex::new(()) }) })
    }

    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.inner.key.public_key())
    }

    pub fn folder(&self) -> &Path {
        &self.inner.folder
    }

    /// The newest head outside: of the newest epoch the one with the highest seq.
    pub fn newest(&self) -> Result<Option<SignedHead>, StoreError> {
        let path = self.inner.folder.join("heads.log");
        let mut log = match File::open(&path) {
            Ok(log) => log,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(file("opening heads.log")(source)),
        };
        let size = log.metadata().map_err(file("reading heads.log"))?.len();
        let from = size.saturating_sub(TAIL_BYTES);
        log.seek(SeekFrom::Start(from)).map_err(file("reading heads.log"))?;
        let mut bytes = Vec::new();
        log.take(TAIL_BYTES).read_to_end(&mut bytes).map_err(file("reading heads.log"))?;
        let text = String::from_utf8_lossy(&bytes);
        // The first line of the tail is a rest of one, unless the tail is the whole file.
        let lines = whole_lines(&text).skip(usize::from(from > 0));
        let mut newest: Option<SignedHead> = None;
        for line in lines {
            let damaged = || {
                StoreError::Start(format!("a line of {} cannot be read; run keben verify", path.display()))
            };
            let head = SignedHead::from_line(line).ok_or_else(damaged)?;
            if newest.as_ref().is_none_or(|n| (n.epoch, n.seq) < (head.epoch, head.seq)) {
                newest = Some(head);
            }
        }
        Ok(newest)
    }

    /// Adds a head to `heads.log` and answers when it is on the disk.
    pub(crate) fn append(&self, head: &SignedHead) -> Result<(), StoreError> {
        let _one_at_a_time = self.inner.append.lock();
        let path = self.inner.folder.join("heads.log");
        let fail = |source| StoreError::File { what: format!("writing {}", path.display()), source };
        let new = !path.exists();
        let mut log = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o644)
            .open(&path)
            .map_err(fail)?;
        let mut end = log.seek(SeekFrom::End(0)).map_err(fail)?;
        // A crash may have torn the last line; the store still has that head, and start adds it again.
        let mut back = [0u8; 1];
        while end > 0 {
            log.seek(SeekFrom::Start(end - 1)).and_then(|_| log.read_exact(&mut back)).map_err(fail)?;
            if back == *b"\n" {
                break;
            }
            end -= 1;
        }
        log.set_len(end).and_then(|()| log.seek(SeekFrom::Start(end))).map_err(fail)?;
        log.write_all(head.line().as_bytes()).and_then(|()| log.sync_all()).map_err(fail)?;
        if new { sync_dir(&self.inner.folder) } else { Ok(()) }
    }

    pub(crate) fn sign_text(
        &self,
        seq: i64,
        root: Hash,
        entry_hash: Hash,
        epoch: i64,
        now: At,
    ) -> SignedHead {
        let text = Note::text(&self.inner.origin, seq, &root, epoch, now);
        let mut blob = self.public_key().id(&self.inner.origin).to_vec();
        blob.extend_from_slice(&*self.inner.key.sign(text.as_bytes(), None));
        let note = format!("{text}\n— {} {}\n", self.inner.origin, BASE64.encode(blob));
        SignedHead { seq, epoch, root, entry_hash, signed_at: now, note }
    }
}

/// Opens the heads of a store, makes its key if nothing was ever signed, and refuses a store that is older than what
/// was signed or does not continue it.
pub async fn open(store: &Store, place: &HeadsPlace, chance: crate::Chance) -> Result<HeadsDir, StoreError> {
    let signed = store.read(|reader| Ok(!reader.query(&SIGNED_NEWEST, &[1.into()])?.is_empty())).await?;
    let heads = HeadsDir::open(place, store.id(), !signed, chance)?;
    check_start(store, &heads).await?;
    Ok(heads)
}

/// Signs the end of the log as it is when the writer comes to it; `None` while the log is empty. A seq is signed
/// once: again the same head is returned.
pub async fn sign(
    store: &Store,
    heads: &HeadsDir,
    why: Why,
    machine_now: At,
) -> Result<Option<SignedHead>, StoreError> {
    let signer = heads.clone();
    let signed =
        store.write(move |tx| Ok(sign_in(tx, &signer, why, machine_now)?)).await.map_err(as_store_error)?;
    match signed {
        Some((head, true)) => {
            heads.append(&head)?;
            Ok(Some(head))
        }
        Some((head, false)) => Ok(Some(head)),
        None => Ok(None),
    }
}

/// Signs within a transaction; also says whether the head is a new one. The caller takes it outside after the commit.
pub(crate) fn sign_in(
    tx: &mut Tx,
    heads: &HeadsDir,
    why: Why,
    now: At,
) -> Result<Option<(SignedHead, bool)>, StoreError> {
    let chain = tx.chain();
    if chain.seq == 0 {
        return Ok(None);
    }
    let (seq, epoch, root, entry_hash) = (chain.seq, chain.epoch, chain.frontier.root(), chain.hash);
    if let Some(mut row) = tx.one(&SIGNED_ONE, &[seq.into()])? {
        let (signed_at, note) = (row.at()?, row.text()?);
        return Ok(Some((SignedHead { seq, epoch, root, entry_hash, signed_at, note }, false)));
    }
    let head = heads.sign_text(seq, root, entry_hash, epoch, now);
    tx.push(
        &SIGNED_INSERT,
        vec![seq.into(), root.to_vec().into(), now.into(), why.word().into(), head.note.as_str().into()],
    )?;
    Ok(Some((head, true)))
}

/// Refuses to go on with a store that `heads.log` knows to have been longer or different, and adds to `heads.log`
/// what a crash kept from it.
pub async fn check_start(store: &Store, heads: &HeadsDir) -> Result<(), StoreError> {
    let newest = heads.newest()?;
    let known_seq = newest.as_ref().map_or(0, |n| n.seq);
    let (seq, epoch, hash, rows) = store
        .read(move |reader| {
            let mut end = reader.one(&END, &[])?.ok_or_else(|| StoreError::Shape("no head".to_owned()))?;
            let hash =
                reader.one(&ENTRY_HASH, &[known_seq.into()])?.map(|mut row| row.bytes()).transpose()?;
            let rows = reader.query(&SIGNED_NEWEST, &[REPAIR_MAX.into()])?;
            Ok((end.i64()?, end.i64()?, hash, rows))
        })
        .await?;
    let key = heads.public_key();
    let mut unsaved = Vec::new();
    for mut row in rows {
        let (seq, signed_at, note, hash) = (row.i64()?, row.at()?, row.text()?, row.bytes()?);
        let read = Note::parse(&note).filter(|n| n.origin == heads.inner.origin && n.size == seq);
        if let (Some(read), Ok(entry_hash)) = (read, Hash::try_from(hash))
            && read.signed_by(&key) == Some(true)
            && newest.as_ref().is_none_or(|n| (n.epoch, n.seq) < (read.epoch, seq))
        {
            unsaved.push(SignedHead { seq, epoch: read.epoch, root: read.root, entry_hash, signed_at, note });
        }
    }
    if let Some(newest) = &newest {
        let log = heads.inner.folder.join("heads.log");
        let genuine = Note::parse(&newest.note)
            .is_some_and(|n| n.origin == heads.inner.origin && n.signed_by(&key) == Some(true));
        if !genuine {
            return Err(StoreError::Start(format!(
                "the newest head in {} was not signed by this store",
                log.display()
            )));
        }
        let restored = epoch > newest.epoch && unsaved.iter().any(|head| head.epoch == epoch);
        let continues =
            epoch == newest.epoch && seq >= newest.seq && hash.as_deref() == Some(&newest.entry_hash[..]);
        if !restored && !continues {
            return Err(StoreError::Start(format!(
                "this store is not the one that was signed: it ends at entry {seq} of epoch {epoch}, and {} knows entry {} \
                 of epoch {}, signed {}. An older or another copy was put in place; to go back to a copy on purpose use \
                 `keben restore`",
                log.display(),
                newest.seq,
                newest.epoch,
                utc(newest.signed_at)
            )));
        }
    } else if !unsaved.is_empty() {
        tracing::warn!("heads.log is missing although this store was signed: it begins anew");
    }
    for head in unsaved.iter().rev() {
        heads.append(head)?;
    }
    Ok(())
}

/// Says that the server still runs: whoever reads the log sees the minutes in which it did not.
pub async fn heartbeat(store: &Store, stamp: Stamp, machine_now: At) -> Result<i64, StoreError> {
    about_itself(store, stamp, "heartbeat", machine_now).await
}

pub async fn started(store: &Store, stamp: Stamp, machine_now: At) -> Result<i64, StoreError> {
    about_itself(store, stamp, "started", machine_now).await
}

/// The last entry of an orderly stop; sign a head after it.
pub async fn stopped(store: &Store, stamp: Stamp, machine_now: At) -> Result<i64, StoreError> {
    about_itself(store, stamp, "stopped", machine_now).await
}

async fn about_itself(store: &Store, stamp: Stamp, kind: &'static str, now: At) -> Result<i64, StoreError> {
    let header = format!("machine_at={}", utc(now));
    store.write(move |tx| Ok(tx.log(&stamp, STREAM, kind, &header, "")?)).await.map_err(as_store_error)
}

fn as_store_error(stop: Stop) -> StoreError {
    match stop {
        Stop::Store(error) => error,
        Stop::Refused(refusal) => StoreError::Shape(format!("refused: {refusal}")),
    }
}

/// Heads that came from outside the store: all of a `heads.log`, or a single note.
#[derive(Clone, Debug, Default)]
pub struct OutsideHeads {
    pub heads: Vec<SignedOutside>,
    /// The first line that is no head.
    pub unreadable: Option<usize>,
}

/// A head as somebody outside keeps it; a single note does not say the entry's hash.
#[derive(Clone, Debug)]
pub struct SignedOutside {
    pub seq: i64,
    pub epoch: i64,
    pub root: Hash,
    pub entry_hash: Option<Hash>,
    pub note: String,
}

impl OutsideHeads {
    /// Reads a `heads.log` or a single signed note. A last line without its end was torn by a crash and is passed over.
    pub fn read(path: &Path) -> Result<OutsideHeads, StoreError> {
        let fail = |source| StoreError::File { what: format!("reading {}", path.display()), source };
        let file = File::open(path).map_err(fail)?;
        let mut bytes = Vec::new();
        file.take(HEADS_BYTES_MAX).read_to_end(&mut bytes).map_err(fail)?;
        Ok(OutsideHeads::parse(&String::from_utf8_lossy(&bytes)))
    }

    pub fn parse(text: &str) -> OutsideHeads {
        let mut out = OutsideHeads::default();
        if let Some(read) = Note::parse(text) {
            let note = text.to_owned();
            out.heads.push(SignedOutside {
                seq: read.size,
                epoch: read.epoch,
                root: read.root,
                entry_hash: None,
                note,
            });
            return out;
        }
        for (n, line) in whole_lines(text).enumerate() {
            match SignedHead::from_line(line) {
                Some(head) => out.heads.push(SignedOutside {
                    seq: head.seq,
                    epoch: head.epoch,
                    root: head.root,
                    entry_hash: Some(head.entry_hash),
                    note: head.note,
                }),
                None => {
                    out.unreadable.get_or_insert(n + 1);
                }
            }
        }
        if out.heads.is_empty() && !text.trim().is_empty() {
            out.unreadable.get_or_insert(1);
        }
        out.heads.sort_by_key(|head| head.seq);
        out
    }

    /// What a heads folder knows of a store; both are `None` where there is nothing.
    pub fn find(dir: &Path, store_id: &str) -> Result<(Option<OutsideHeads>, Option<PublicKey>), StoreError> {
        if store_id.is_empty() || !store_id.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Ok((None, None));
        }
        let folder = dir.join(store_id);
        let (log, key) = (folder.join("heads.log"), folder.join("key.pub"));
        let heads = if log.exists() { Some(OutsideHeads::read(&log)?) } else { None };
        let key = match std::fs::read_to_string(&key) {
            Ok(text) => Some(
                PublicKey::parse(&text)
                    .ok_or_else(|| StoreError::Start(format!("{} is no public key", key.display())))?,
            ),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(source) => return Err(file("reading key.pub")(source)),
        };
        Ok((heads, key))
    }
}

fn whole_lines(text: &str) -> impl Iterator<Item = &str> {
    let end = text.rfind('\n').map_or(0, |at| at + 1);
    text[..end].lines()
}

pub(crate) fn utc(at: At) -> String {
    at.rfc3339(&Zone::named("UTC")).replace("+00:00", "Z")
}

fn unhex(text: &str) -> Option<Hash> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut out = [0u8; 32];
    for (n, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * n..2 * n + 2], 16).ok()?;
    }
    Some(out)
}

pub(crate) fn file(what: &str) -> impl FnOnce(std::io::Error) -> StoreError {
    let what = what.to_owned();
    move |source| StoreError::File { what, source }
}

fn read_key(text: &str, path: &Path) -> Result<SecretKey, StoreError> {
    let seed: Option<[u8; 32]> = BASE64.decode(text.trim()).ok().and_then(|b| b.try_into().ok());
    seed.map(key_of).ok_or_else(|| StoreError::Start(format!("{} is no signing key", path.display())))
}

fn key_of(seed: [u8; 32]) -> SecretKey {
    KeyPair::from_seed(Seed::new(seed)).sk
}

fn make_key(path: &Path, chance: crate::Chance) -> Result<SecretKey, StoreError> {
    let mut seed = [0u8; 32];
    chance(&mut seed);
    write_new(path, format!("{}\n", BASE64.encode(seed)).as_bytes(), 0o600)?;
    Ok(key_of(seed))
}

/// Writes a file whole or not at all: under another name first.
fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), StoreError> {
    let fail = |source| StoreError::File { what: format!("writing {}", path.display()), source };
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let mut out =
        File::options().write(true).create(true).truncate(true).mode(mode).open(&part).map_err(fail)?;
    out.write_all(bytes).and_then(|()| out.sync_all()).map_err(fail)?;
    std::fs::rename(&part, path).map_err(fail)?;
    sync_dir(path.parent().unwrap_or(Path::new(".")))
}

/// Makes a new or renamed name in a folder durable.
pub(crate) fn sync_dir(dir: &Path) -> Result<(), StoreError> {
    let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(file("making a new file's name durable"))
}

fn warn_if_open_to_others(key: &Path) {
    let mode = std::fs::metadata(key).map_or(0, |meta| meta.permissions().mode());
    if mode & 0o007 != 0 {
        tracing::warn!(key = %key.display(), "everybody on this machine can read the signing key");
    }
}

/// Whether `path`, which need not exist yet, lies in `dir`, by whatever links either is reached.
fn is_inside(path: &Path, dir: &Path) -> bool {
    resolved(path).starts_with(resolved(dir))
}

fn resolved(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    for known in path.ancestors() {
        if let (Ok(real), Ok(rest)) = (known.canonicalize(), path.strip_prefix(known)) {
            return joined(real, rest);
        }
    }
    path
}

/// `rest` does not exist yet, so its `..` are nothing but words.
fn joined(mut real: PathBuf, rest: &Path) -> PathBuf {
    for part in rest.components() {
        match part {
            Component::ParentDir => {
                real.pop();
            }
            _ => real.push(part),
        }
    }
    real
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heads(name: &str) -> HeadsDir {
        let dir = std::env::temp_dir().join(format!("keben-head-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        let place = HeadsPlace { dir: dir.join("heads"), key_file: None, data: dir.join("data") };
        HeadsDir::open(&place, "00ff", true, |bytes| bytes.fill(7)).unwrap()
    }

    #[test]
    fn a_head_reads_back_and_one_changed_byte_shows() {
        let heads = heads("note");
        let head = heads.sign_text(12, [3; 32], [4; 32], 2, At(1_647_390_600_123));
        assert_eq!(SignedHead::from_line(head.line().trim_end()), Some(head.clone()));
        let key =
            PublicKey::parse(&std::fs::read_to_string(heads.folder().join("key.pub")).unwrap()).unwrap();
        assert_eq!(key, heads.public_key());
        let note = Note::parse(&head.note).unwrap();
        assert_eq!((note.size, note.epoch, note.signed_at), (12, 2, At(1_647_390_600_123)));
        assert_eq!(note.signed_by(&key), Some(true));
        let changed = Note::parse(&head.note.replace("epoch 2", "epoch 3")).unwrap();
        assert_eq!(changed.signed_by(&key), Some(false));
    }

    /// RFC 8032, section 7.1, test 2: who checks our heads need not use our program.
    #[test]
    fn signatures_are_those_of_the_standard() {
        let bytes = |hex: &str| -> Vec<u8> {
            (0..hex.len()).step_by(2).map(|n| u8::from_str_radix(&hex[n..n + 2], 16).unwrap()).collect()
        };
        let seed = bytes("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
        let key = key_of(seed.try_into().unwrap());
        assert_eq!(
            hex(key.public_key().as_slice()),
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
        );
        assert_eq!(
            hex(key.sign([0x72], None).as_slice()),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
             085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        );
    }

    #[test]
    fn a_torn_last_line_is_passed_over_and_written_over() {
        let heads = heads("torn");
        let first = heads.sign_text(1, [1; 32], [1; 32], 1, At(0));
        let second = heads.sign_text(2, [2; 32], [2; 32], 1, At(0));
        heads.append(&first).unwrap();
        let log = heads.folder().join("heads.log");
        let torn = format!("{}{}", first.line(), &second.line()[..100]);
        std::fs::write(&log, torn).unwrap();
        assert_eq!(heads.newest().unwrap(), Some(first.clone()));
        assert_eq!(OutsideHeads::read(&log).unwrap().heads.len(), 1);
        heads.append(&second).unwrap();
        assert_eq!(heads.newest().unwrap(), Some(second.clone()));
        assert_eq!(std::fs::read_to_string(&log).unwrap(), first.line() + &second.line());
    }

    #[test]
    fn a_key_reads_in_each_form_and_rubbish_does_not() {
        let heads = heads("forms");
        let written = std::fs::read_to_string(heads.folder().join("key.pub")).unwrap();
        let raw = BASE64.encode(heads.public_key().0.as_slice());
        assert_eq!(PublicKey::parse(&raw), Some(heads.public_key()));
        assert_eq!(PublicKey::parse(&written), Some(heads.public_key()));
        assert_eq!(PublicKey::parse("keben/00ff+x"), None);
        assert_eq!(PublicKey::parse(""), None);
        // The neutral element: with it as the key anything would be signed.
        let mut weak = [0u8; 32];
        weak[0] = 1;
        assert_eq!(PublicKey::parse(&BASE64.encode(weak)), None);
    }
}
