//! Which cluster a written name means: "KP 3" is "Khu phố 3", "Nậm Hãn" is "Bản Nậm Hãn". Figures must be equal;
//! a name may differ by one letter when only one cluster is that near, and then the list's owner is asked.
//! It does not invent clusters: where the commune has no list, the names found are proposed.
//! Source: samples/README.md, domain.md §5.

use super::cells::words;
use super::header::CLUSTER_TYPES;
use crate::fold::{nfc, one_edit};

/// A shorter name is too short to forgive a letter: "Bó" is not "Bo An".
const GUESS_LETTERS_MIN: usize = 4;

/// Words that the name of a cluster can have, with its kind of place.
const CLUSTER_WORDS_MAX: usize = 7;

/// Words of an address that are searched for a cluster.
const ADDRESS_WORDS_MAX: usize = 40;
/// Clusters that are proposed; a commune has some dozens.
const PROPOSALS_MAX: usize = 500;

/// A name taken apart: the kind of place and its own name, folded.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Parts {
    of_type: Option<&'static str>,
    core: String,
}

/// Abbreviations of kinds of place, spelled out.
const ABBREVIATIONS: &[(&str, &str)] = &[
    ("k p", "khu pho"),
    ("kpho", "khu pho"),
    ("kp", "khu pho"),
    ("kf", "khu pho"),
    ("tdp", "to dan pho"),
    ("t d p", "to dan pho"),
    ("kdc", "khu dan cu"),
    ("kv", "khu vuc"),
    ("b", "ban"),
    // Last, because "tổ dân phố" begins with it.
    ("to", "to dan pho"),
    ("hamlet", "ap"),
    ("village", "ban"),
    ("quarter", "khu pho"),
];

fn parts(text: &str) -> Parts {
    let mut key = words(text);
    let typed = |key: &str| {
        CLUSTER_TYPES
            .iter()
            .find(|t| key.strip_prefix(**t).is_some_and(|rest| rest.starts_with(' ')))
            .copied()
    };
    if typed(&key).is_none_or(|t| ABBREVIATIONS.iter().any(|(short, _)| *short == t)) {
        for (short, long) in ABBREVIATIONS {
            if let Some(rest) = key.strip_prefix(short).filter(|rest| rest.starts_with(' ')) {
                key = format!("{long}{rest}");
                break;
            }
        }
    }
    let of_type = typed(&key);
    let core = of_type.map_or(key.as_str(), |t| &key[t.len()..]).trim();
    let core = core.strip_prefix("so ").unwrap_or(core);
    let core = core.split(' ').map(without_zeros).collect::<Vec<_>>().join(" ");
    Parts { of_type, core: roman(&core).unwrap_or(core) }
}

fn without_zeros(word: &str) -> &str {
    if word.bytes().all(|b| b.is_ascii_digit()) && word.len() > 1 {
        word.trim_start_matches('0')
    } else {
        word
    }
}

/// "khu phố III" is "khu phố 3".
fn roman(core: &str) -> Option<String> {
    let figures = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"];
    figures.iter().position(|f| *f == core).map(|i| (i + 1).to_string())
}

fn has_figures(core: &str) -> bool {
    core.bytes().any(|b| b.is_ascii_digit())
}

/// What became of a written cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// Nothing was written.
    Blank,
    Known(usize),
    /// The only cluster within one letter of what was written.
    Guessed(usize),
    Unknown,
}

/// The clusters of a commune, ready for matching.
pub struct Clusters<'a> {
    names: &'a [String],
    lower: Vec<String>,
    parts: Vec<Parts>,
}

fn lower(text: &str) -> String {
    nfc(text).to_lowercase()
}

impl<'a> Clusters<'a> {
    pub fn new(names: &'a [String]) -> Clusters<'a> {
        Clusters {
            names,
            lower: names.iter().map(|n| lower(n)).collect(),
            parts: names.iter().map(|n| parts(n)).collect(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    pub fn name(&self, i: usize) -> &'a str {
        self.names.get(i).map_or("", String::as_str)
    }

    /// Finds what a cell of a cluster column means: as a whole, else by one of its parts ("KP 3, P. Long Bình").
    pub fn find(&self, written: &str) -> Match {
        if words(written).is_empty() {
            return Match::Blank;
        }
        match self.find_whole(written) {
            Match::Unknown => {}
            found => return found,
        }
        let pieces: Vec<&str> =
            written.split([',', ';', '(', ')', '/', '\n']).flat_map(|p| p.split(" - ")).collect();
        if pieces.len() > 1
            && let Some(i) = pieces.iter().find_map(|piece| self.exactly(piece))
        {
            return Match::Known(i);
        }
        Match::Unknown
    }

    fn find_whole(&self, written: &str) -> Match {
        if let Some(i) = self.exactly(written) {
            return Match::Known(i);
        }
        let wanted = parts(written);
        if wanted.core.chars().count() < GUESS_LETTERS_MIN {
            return Match::Unknown;
        }
        let figures = |core: &str| core.chars().filter(char::is_ascii_digit).collect::<String>();
        let mut near = (0..self.parts.len()).filter(|i| {
            let core = &self.parts[*i].core;
            core.chars().count() >= GUESS_LETTERS_MIN
                && figures(core) == figures(&wanted.core)
                && (one_edit(core, &wanted.core) || core.replace(' ', "") == wanted.core.replace(' ', ""))
        });
        match (near.next(), near.next()) {
            (Some(i), None) => Match::Guessed(i),
            (Some(_), Some(_)) | (None, _) => Match::Unknown,
        }
    }

    /// The one cluster of exactly this name; with marks first, then without them, then without the kind of place.
    pub fn exactly(&self, written: &str) -> Option<usize> {
        let plain = lower(written);
        if let Some(i) = self.lower.iter().position(|name| *name == plain) {
            return Some(i);
        }
        let wanted = parts(written);
        if wanted.core.is_empty() {
            return None;
        }
        let only = |fits: &dyn Fn(&Parts) -> bool| {
            let mut found = (0..self.parts.len()).filter(|i| fits(&self.parts[*i]));
            found.next().filter(|_| found.next().is_none())
        };
        only(&|p| *p == wanted).or_else(|| {
            // A number without its kind, or of another kind, may be another place; a name is not.
            let is_number = has_figures(&wanted.core);
            only(&|p| {
                p.core == wanted.core && (wanted.of_type.is_none() || p.of_type.is_none() || !is_number)
            })
        })
    }

    /// A cluster named inside a longer text after its kind of place ("nhà 12 bản Nậm Củm").
    pub fn within(&self, text: &str) -> Option<usize> {
        if self.is_empty() {
            return None;
        }
        let tokens: Vec<&str> = text
            .split([' ', ',', ';', '(', ')', '\n'])
            .filter(|t| !t.is_empty())
            .take(ADDRESS_WORDS_MAX)
            .collect();
        (0..tokens.len()).find_map(|from| {
            let longest = tokens.len().min(from + CLUSTER_WORDS_MAX);
            parts(&tokens[from..longest].join(" ")).of_type?;
            (from + 1..=longest).rev().find_map(|to| {
                let piece = tokens[from..to].join(" ");
                parts(&piece).of_type.and_then(|_| self.exactly(&piece))
            })
        })
    }

    /// A cluster named in an address: after its kind of place, or as a part of its own ("nhà 12, Nậm Củm").
    pub fn in_address(&self, address: &str) -> Match {
        if let Some(i) = self.within(address) {
            return Match::Known(i);
        }
        let pieces = || address.split([',', ';', '\n']).flat_map(|p| p.split(" - ")).map(str::trim);
        // A part without letters is a house, not a numbered cluster.
        let named = |piece: &&str| piece.chars().any(char::is_alphabetic);
        if let Some(i) = pieces().skip(1).filter(named).find_map(|piece| self.exactly(piece)) {
            return Match::Known(i);
        }
        if pieces().any(|piece| self.is_of_our_kind(piece)) { Match::Unknown } else { Match::Blank }
    }

    /// Whether the text opens like a cluster of this commune's kinds ("KP 99" where clusters are khu phố).
    fn is_of_our_kind(&self, text: &str) -> bool {
        let wanted = parts(text);
        wanted.of_type.is_some()
            && !wanted.core.is_empty()
            && self.parts.iter().any(|p| p.of_type == wanted.of_type)
    }
}

/// A part of an address that opens with a kind of place, for communes without a cluster list.
pub fn typed_part(address: &str) -> Option<&str> {
    address.split([',', ';', '\n']).flat_map(|p| p.split(" - ")).map(str::trim).find(|piece| {
        let p = parts(piece);
        p.of_type.is_some_and(|t| t != "to dan pho" || words(piece).starts_with("to dan pho"))
            && !p.core.is_empty()
    })
}

/// Clusters as a list without a cluster list writes them; the first full spelling names each.
#[derive(Default)]
pub struct Proposals {
    found: Vec<(Parts, String)>,
}

impl Proposals {
    /// Takes a written cluster and says which proposal it is. `title` is the column's own title.
    pub fn take(&mut self, written: &str, title: &str) -> Option<usize> {
        let mut wanted = parts(written);
        if wanted.core.is_empty() {
            return None;
        }
        let title_key = words(title);
        let title_type =
            CLUSTER_TYPES.iter().find(|t| **t == title_key || spelled(&title_key) == **t).copied();
        let name = match (wanted.of_type, title_type) {
            (Some(of_type), _) => full_name(written, of_type),
            (None, Some(of_type)) => {
                wanted.of_type = Some(of_type);
                format!("{} {}", type_words(of_type, title), nfc(written))
            }
            (None, None) => nfc(written),
        };
        let same = |p: &Parts| {
            p.core == wanted.core
                && (p.of_type == wanted.of_type || p.of_type.is_none() || wanted.of_type.is_none())
        };
        match self.found.iter().position(|(p, _)| same(p)) {
            Some(i) => {
                // A later row may write the kind of place that the first left out.
                if self.found[i].0.of_type.is_none() && wanted.of_type.is_some() {
                    self.found[i] = (wanted, name);
                }
                Some(i)
            }
            None if self.found.len() >= PROPOSALS_MAX => None,
            None => {
                self.found.push((wanted, name));
                Some(self.found.len() - 1)
            }
        }
    }

    pub fn name(&self, i: usize) -> Option<&str> {
        self.found.get(i).map(|(_, name)| name.as_str())
    }

    pub fn names(&self) -> Vec<String> {
        self.found.iter().map(|(_, name)| name.clone()).collect()
    }
}

fn spelled(key: &str) -> &str {
    ABBREVIATIONS.iter().find(|(short, _)| *short == key).map_or(key, |(_, long)| long)
}

/// How the kinds of place are written in full.
const TYPE_NAMES: &[(&str, &str)] = &[
    ("khu pho", "Khu phố"),
    ("to dan pho", "Tổ dân phố"),
    ("khu dan cu", "Khu dân cư"),
    ("khu vuc", "Khu vực"),
    ("thon", "Thôn"),
    ("ban", "Bản"),
    ("ap", "Ấp"),
    ("xom", "Xóm"),
    ("buon", "Buôn"),
    ("khom", "Khóm"),
    ("lang", "Làng"),
];

fn type_words(of_type: &str, fallback: &str) -> String {
    TYPE_NAMES
        .iter()
        .find(|(key, _)| *key == of_type)
        .map_or_else(|| nfc(fallback), |(_, name)| (*name).to_owned())
}

/// The written name with its kind of place spelled out: "KP 03" is proposed as "Khu phố 3".
fn full_name(written: &str, of_type: &'static str) -> String {
    let Parts { core, .. } = parts(written);
    let kept = nfc(written);
    if has_figures(&core) && core.bytes().all(|b| b.is_ascii_digit()) {
        return format!("{} {core}", type_words(of_type, ""));
    }
    // "B. Nậm Hãn": the words after the kind of place, as they are written.
    let wanted = core.split(' ').count();
    let tail: Vec<&str> = kept.split([' ', '.']).filter(|w| !w.is_empty()).collect();
    if tail.len() > wanted {
        return format!("{} {}", type_words(of_type, tail[0]), tail[tail.len() - wanted..].join(" "));
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|n| (*n).to_owned()).collect()
    }

    #[test]
    fn neighbourhoods_by_number() {
        let known: Vec<String> = (1..=12).map(|n| format!("Khu phố {n}")).collect();
        let clusters = Clusters::new(&known);
        for (written, n) in [
            ("Khu phố 3", 3),
            ("KP 3", 3),
            ("KP3", 3),
            ("kp.03", 3),
            ("K/p 3", 3),
            ("KHU PHO 11", 11),
            ("khu phố số 1", 1),
            ("3", 3),
            ("KP III", 3),
            ("KP 3, P. Long Bình", 3),
            ("Tổ 9 - KP 12", 12),
        ] {
            assert_eq!(clusters.find(written), Match::Known(n - 1), "{written}");
        }
        for written in ["Khu phố 99", "KP 13", "Ấp 3", "Khu phố 111", "Bản Không Có", "KP"] {
            assert_eq!(clusters.find(written), Match::Unknown, "{written}");
        }
        assert_eq!(clusters.find(" "), Match::Blank);
    }

    #[test]
    fn hamlets_by_name() {
        let known = names(&["Bản Nậm Củm", "Bản Nậm Hãn", "Bản Giẳng", "Bản Pắc Ma", "Bản Bó"]);
        let clusters = Clusters::new(&known);
        let table = [
            ("Nậm Hãn", Match::Known(1)),
            ("bản nậm hãn", Match::Known(1)),
            ("NAM HAN", Match::Known(1)),
            ("Bó", Match::Known(4)),
            ("Thôn Bó", Match::Known(4)),
            ("B. Giẳng", Match::Known(2)),
            ("Pắk Ma", Match::Guessed(3)),
            ("Bản Nậm Cũm", Match::Known(0)),
            ("Bản Nậm Hăng", Match::Guessed(1)),
            ("Bản Bon", Match::Unknown),
            ("Bản Không Có", Match::Unknown),
        ];
        for (written, found) in table {
            assert_eq!(clusters.find(written), found, "{written}");
        }
        // Within one letter of two clusters is no guess.
        let twins = names(&["Bản Hua Bum", "Bản Hua Bun"]);
        assert_eq!(Clusters::new(&twins).find("Hua Bu"), Match::Unknown);
    }

    #[test]
    fn proposals_join_spellings() {
        let mut proposals = Proposals::default();
        let taken: Vec<Option<usize>> = ["Nậm Hãn", "Bản Nậm Hãn", "KP 03", "Khu phố 3", "", "BẢN BÓ"]
            .iter()
            .map(|w| proposals.take(w, "Địa bàn"))
            .collect();
        assert_eq!(taken, [Some(0), Some(0), Some(1), Some(1), None, Some(2)]);
        assert_eq!(proposals.names(), ["Bản Nậm Hãn", "Khu phố 3", "Bản BÓ"]);
        let mut bare = Proposals::default();
        bare.take("Nậm Hãn", "Bản");
        bare.take("3", "KP");
        assert_eq!(bare.names(), ["Bản Nậm Hãn", "Khu phố 3"]);
    }

    proptest::proptest! {
        #[test]
        fn any_name_is_answered(written in "\\PC{0,40}", title in "\\PC{0,12}") {
            let known = names(&["Bản Bó", "Khu phố 3", ""]);
            Clusters::new(&known).find(&written);
            let mut proposals = Proposals::default();
            proposals.take(&written, &title);
        }
    }
}
