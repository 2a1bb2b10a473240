//! The log: one chain of entries, each sealing the rows its act left behind (trust.md, "The log").
//!
//! The content of an entry is the canonical after-image of every row the act touched, kept apart with a salt; the
//! entry carries `commitment = SHA-256(salt || content)`. An entry's hash covers all its fields and the hash before.
//! Over the hashes stands a Merkle tree with RFC 6962 prefixes, of which the head keeps the frontier.

use crate::val::Val;
use sha2::{Digest, Sha256};

pub type Hash = [u8; 32];

/// The version of both encodings below; a change of either needs a new number.
pub const ENCODING: u8 = 1;

/// What stands before the first entry.
pub const GENESIS: Hash = [0; 32];

/// One line of the log as it is chained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub seq: i64,
    pub stream: String,
    pub stream_seq: i64,
    /// Milliseconds UTC by the care clock.
    pub at: i64,
    pub actor: String,
    pub origin: String,
    pub kind: String,
    /// Ids and codes only: never a name, a phone or an address.
    pub header: String,
    pub commitment: Hash,
    pub prev_hash: Hash,
}

impl Entry {
    pub fn hash(&self) -> Hash {
        let mut bytes = Vec::with_capacity(256);
        bytes.push(ENCODING);
        put_i64(&mut bytes, self.seq);
        put(&mut bytes, self.stream.as_bytes());
        put_i64(&mut bytes, self.stream_seq);
        put_i64(&mut bytes, self.at);
        for text in [&self.actor, &self.origin, &self.kind, &self.header] {
            put(&mut bytes, text.as_bytes());
        }
        put(&mut bytes, &self.commitment);
        put(&mut bytes, &self.prev_hash);
        Sha256::digest(&bytes).into()
    }
}

/// A row as an act left it: the noun's table, the row's id, its record columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    pub table: String,
    pub id: i64,
    pub columns: Vec<(String, Val)>,
}

/// The canonical content of an entry: its images and, where something was said, the words.
pub fn encode_content(images: &[Image], note: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(64 + images.len() * 256);
    out.push(ENCODING);
    put(&mut out, note.as_bytes());
    put_i64(&mut out, images.len() as i64);
    for image in images {
        encode_row(&mut out, &image.table, image.id, image.columns.iter().map(|(n, v)| (n.as_str(), v)));
    }
    out
}

/// One row in canonical form; `verify` compares stored rows with their last image through it.
pub fn encode_row<'a>(
    out: &mut Vec<u8>,
    table: &str,
    id: i64,
    columns: impl ExactSizeIterator<Item = (&'a str, &'a Val)>,
) {
    put(out, table.as_bytes());
    put_i64(out, id);
    put_i64(out, columns.len() as i64);
    for (name, val) in columns {
        put(out, name.as_bytes());
        match val {
            Val::Null => out.push(0),
            Val::I64(v) => {
                out.push(1);
                put_i64(out, *v);
            }
            Val::Text(v) => {
                out.push(2);
                put(out, v.as_bytes());
            }
            Val::Bytes(v) => {
                out.push(3);
                put(out, v);
            }
        }
    }
}

/// Reads content back; `None` when it is not in canonical form.
pub fn decode_content(bytes: &[u8]) -> Option<(String, Vec<Image>)> {
    let mut cut = Cut(bytes);
    if cut.byte()? != ENCODING {
        return None;
    }
    let note = cut.text()?;
    let count = cut.i64()?;
    let mut images = Vec::new();
    for _ in 0..count {
        let table = cut.text()?;
        let id = cut.i64()?;
        let width = cut.i64()?;
        let mut columns = Vec::new();
        for _ in 0..width {
            let name = cut.text()?;
            let val = match cut.byte()? {
                0 => Val::Null,
                1 => Val::I64(cut.i64()?),
                2 => Val::Text(cut.text()?),
                3 => Val::Bytes(cut.bytes()?.to_vec()),
                _ => return None,
            };
            columns.push((name, val));
        }
        images.push(Image { table, id, columns });
    }
    cut.0.is_empty().then_some((note, images))
}

/// A value as it lies in a content, not copied.
#[derive(Clone, Copy)]
pub(crate) enum Raw<'a> {
    Null,
    I64(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

impl<'a> From<&'a Val> for Raw<'a> {
    fn from(val: &'a Val) -> Raw<'a> {
        match val {
            Val::Null => Raw::Null,
            Val::I64(v) => Raw::I64(*v),
            Val::Text(v) => Raw::Text(v),
            Val::Bytes(v) => Raw::Bytes(v),
        }
    }
}

/// Names a row by its values: half a SHA-256 over its columns that are not NULL, so that a column added later
/// changes no name. `verify` keeps one per row.
pub(crate) struct RowName {
    bytes: Vec<u8>,
}

impl RowName {
    pub fn new() -> RowName {
        RowName { bytes: Vec::with_capacity(512) }
    }

    pub fn begin(&mut self, table: &str, id: i64) {
        self.bytes.clear();
        put(&mut self.bytes, table.as_bytes());
        put_i64(&mut self.bytes, id);
    }

    pub fn column(&mut self, name: &str, val: Raw) {
        if matches!(val, Raw::Null) {
            return;
        }
        put(&mut self.bytes, name.as_bytes());
        match val {
            Raw::Null => {}
            Raw::I64(v) => {
                self.bytes.push(1);
                put_i64(&mut self.bytes, v);
            }
            Raw::Text(v) => {
                self.bytes.push(2);
                put(&mut self.bytes, v.as_bytes());
            }
            Raw::Bytes(v) => {
                self.bytes.push(3);
                put(&mut self.bytes, v);
            }
        }
    }

    pub fn name(&self) -> [u8; 16] {
        let hash: Hash = Sha256::digest(&self.bytes).into();
        let mut half = [0; 16];
        half.copy_from_slice(&hash[..16]);
        half
    }
}

/// Goes through a content without copying it and names every row in it; `None` when it is not in canonical form.
pub(crate) fn walk_content<'a>(
    bytes: &'a [u8],
    row: &mut RowName,
    mut each: impl FnMut(&'a str, i64, [u8; 16]),
) -> Option<()> {
    let mut cut = Cut(bytes);
    if cut.byte()? != ENCODING {
        return None;
    }
    cut.str()?;
    for _ in 0..cut.i64()? {
        let (table, id) = (cut.str()?, cut.i64()?);
        row.begin(table, id);
        for _ in 0..cut.i64()? {
            let name = cut.str()?;
            let val = match cut.byte()? {
                0 => Raw::Null,
                1 => Raw::I64(cut.i64()?),
                2 => Raw::Text(cut.str()?),
                3 => Raw::Bytes(cut.bytes()?),
                _ => return None,
            };
            row.column(name, val);
        }
        each(table, id, row.name());
    }
    cut.0.is_empty().then_some(())
}

struct Cut<'a>(&'a [u8]);

impl<'a> Cut<'a> {
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(n)?;
        self.0 = tail;
        Some(head)
    }
    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|b| b[0])
    }
    fn i64(&mut self) -> Option<i64> {
        Some(i64::from_be_bytes(self.take(8)?.try_into().ok()?))
    }
    fn bytes(&mut self) -> Option<&'a [u8]> {
        let n = u32::from_be_bytes(self.take(4)?.try_into().ok()?);
        self.take(n as usize)
    }
    fn str(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }
    fn text(&mut self) -> Option<String> {
        self.str().map(str::to_owned)
    }
}

fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
    out.extend_from_slice(bytes);
}

fn put_i64(out: &mut Vec<u8>, v: i64) {
    out.extend_from_slice(&v.to_be_bytes());
}

pub fn commitment(salt: &[u8], content: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(salt);
    hasher.update(content);
    hasher.finalize().into()
}

/// The roots of the perfect subtrees that cover the first `size` entries, largest first (RFC 6962 §2.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    pub size: u64,
    pub roots: Vec<Hash>,
}

impl Frontier {
    pub fn push(&mut self, entry_hash: &Hash) {
        let mut node = leaf(entry_hash);
        let mut carry = self.size;
        while carry & 1 == 1 {
            // One root stands for each set bit of `size`, so a set bit means there is one to pop.
            if let Some(left) = self.roots.pop() {
                node = join(&left, &node);
            }
            carry >>= 1;
        }
        self.roots.push(node);
        self.size += 1;
    }

    /// The Merkle tree hash of everything pushed so far.
    pub fn root(&self) -> Hash {
        let mut roots = self.roots.iter().rev();
        match roots.next() {
            None => Sha256::digest(b"").into(),
            Some(last) => roots.fold(*last, |right, left| join(left, &right)),
        }
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = (self.size as i64).to_be_bytes().to_vec();
        self.roots.iter().for_each(|root| out.extend_from_slice(root));
        out
    }

    pub fn from_bytes(bytes: &[u8]) -> Option<Frontier> {
        let (size, roots) = bytes.split_at_checked(8)?;
        let size = u64::from_be_bytes(size.try_into().ok()?);
        let roots: Vec<Hash> = roots.chunks_exact(32).map(|c| c.try_into().unwrap_or([0; 32])).collect();
        (roots.len() == size.count_ones() as usize && bytes.len() == 8 + 32 * roots.len())
            .then_some(Frontier { size, roots })
    }
}

fn leaf(entry_hash: &Hash) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([0]);
    hasher.update(entry_hash);
    hasher.finalize().into()
}

fn join(left: &Hash, right: &Hash) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([1]);
    hasher.update(left);
    hasher.update(right);
    hasher.finalize().into()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, b| {
        use std::fmt::Write;
        // Writing to a String cannot fail.
        let _ = write!(out, "{b:02x}");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6962 §2.1 as written: the largest power of two splits the leaves.
    fn by_definition(leaves: &[Hash]) -> Hash {
        match leaves.len() {
            0 => Sha256::digest(b"").into(),
            1 => leaf(&leaves[0]),
            n => {
                let k = n.next_power_of_two() / 2;
                join(&by_definition(&leaves[..k]), &by_definition(&leaves[k..]))
            }
        }
    }

    #[test]
    fn the_frontier_gives_the_root_of_the_definition() {
        let leaves: Vec<Hash> = (0..130u8).map(|n| [n; 32]).collect();
        let mut frontier = Frontier::default();
        assert_eq!(frontier.root(), by_definition(&[]));
        for n in 1..=leaves.len() {
            frontier.push(&leaves[n - 1]);
            assert_eq!(frontier.root(), by_definition(&leaves[..n]), "at {n} entries");
            assert_eq!(Frontier::from_bytes(&frontier.to_bytes()), Some(frontier.clone()));
        }
    }

    #[test]
    fn content_reads_back_and_a_cut_one_does_not() {
        let image = Image {
            table: "person".into(),
            id: 7,
            columns: vec![
                ("full_name".into(), "Tẩn Mý Chản".into()),
                ("sex".into(), Val::Null),
                ("n".into(), 3.into()),
            ],
        };
        let bytes = encode_content(std::slice::from_ref(&image), "lời dặn");
        assert_eq!(decode_content(&bytes), Some(("lời dặn".to_owned(), vec![image])));
        assert_eq!(decode_content(&bytes[..bytes.len() - 1]), None);
        assert_eq!(decode_content(&[&bytes[..], &[0]].concat()), None);
    }

    #[test]
    fn every_field_changes_the_hash() {
        let entry = Entry {
            seq: 1,
            stream: "episode:1".into(),
            stream_seq: 1,
            at: 0,
            actor: "staff:1".into(),
            origin: "web".into(),
            kind: "episode_registered".into(),
            header: "area=3".into(),
            commitment: [1; 32],
            prev_hash: GENESIS,
        };
        let variants = [
            Entry { seq: 2, ..entry.clone() },
            Entry { stream: "episode:2".into(), ..entry.clone() },
            Entry { stream_seq: 2, ..entry.clone() },
            Entry { at: 1, ..entry.clone() },
            Entry { actor: "staff:2".into(), ..entry.clone() },
            Entry { origin: "api".into(), ..entry.clone() },
            Entry { kind: "x".into(), ..entry.clone() },
            Entry { header: "area=4".into(), ..entry.clone() },
            Entry { commitment: [2; 32], ..entry.clone() },
            Entry { prev_hash: [2; 32], ..entry.clone() },
        ];
        for variant in variants {
            assert_ne!(variant.hash(), entry.hash(), "{variant:?}");
        }
    }
}
