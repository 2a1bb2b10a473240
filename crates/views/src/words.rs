//! Words in two languages, from the Fluent files in `locales/`. Vietnamese is the first language, English complete.
//!
//! Keys: `<subject>-<what>`; closed lists of `rules::words` under `<list>-<word>` (`severity-mild`, list names in
//! kebab case); refusals under `refusal-<code>`.

use std::collections::HashMap;
use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use rules::Refusal;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    #[default]
    Vi,
    En,
}

impl Lang {
    pub const ALL: &'static [Lang] = &[Lang::Vi, Lang::En];

    /// The value of the `lang` attribute, of `/lang?to=` and of the cookie.
    pub fn code(self) -> &'static str {
        match self {
            Lang::Vi => "vi",
            Lang::En => "en",
        }
    }

    pub fn parse(code: &str) -> Option<Lang> {
        Lang::ALL.iter().copied().find(|lang| lang.code() == code)
    }

    pub fn other(self) -> Lang {
        match self {
            Lang::Vi => Lang::En,
            Lang::En => Lang::Vi,
        }
    }
}

macro_rules! files {
    ($($name:literal),+ $(,)?) => {
        /// (subject, Vietnamese, English), one file per subject.
        pub(crate) const FILES: &[(&str, &str, &str)] = &[$((
            $name,
            include_str!(concat!("../../../locales/vi/", $name, ".ftl")),
            include_str!(concat!("../../../locales/en/", $name, ".ftl")),
        )),+];
    };
}
files!(
    "admin", "alarm", "care", "contact", "coverage", "demo", "done", "error", "event", "form", "format",
    "groups", "import", "list", "login", "overview", "people", "person", "refusal", "register", "report",
    "shell", "thread", "work",
);

/// One language, parsed once. Words without variables are kept ready as plain text.
struct Book {
    bundle: FluentBundle<FluentResource>,
    plain: HashMap<String, String>,
}

impl Book {
    fn open(lang: Lang) -> Book {
        let locale = lang.code().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![locale]);
        // The marks that isolate directions are only for right-to-left scripts.
        bundle.set_use_isolating(false);
        let mut keys = Vec::new();
        for (_, vi, en) in FILES {
            let text = match lang {
                Lang::Vi => vi,
                Lang::En => en,
            };
            // A file with a fault still gives its sound messages; the test below refuses any fault.
            let resource = match FluentResource::try_new((*text).to_owned()) {
                Ok(resource) => resource,
                Err((resource, _)) => resource,
            };
            for line in text.lines() {
                if let Some((key, _)) = line.split_once(" =")
                    && key.starts_with(|c: char| c.is_ascii_lowercase())
                {
                    keys.push(key.to_owned());
                }
            }
            // Two messages of one name: the first stays, and the test refuses it.
            let _ = bundle.add_resource(resource);
        }
        let mut plain = HashMap::new();
        for key in keys {
            if let Some(pattern) = bundle.get_message(&key).and_then(|message| message.value()) {
                let mut faults = Vec::new();
                let text = bundle.format_pattern(pattern, None, &mut faults).into_owned();
                if faults.is_empty() {
                    plain.insert(key, text);
                }
            }
        }
        Book { bundle, plain }
    }
}

fn book(lang: Lang) -> &'static Book {
    static VI: OnceLock<Book> = OnceLock::new();
    static EN: OnceLock<Book> = OnceLock::new();
    match lang {
        Lang::Vi => VI.get_or_init(|| Book::open(Lang::Vi)),
        Lang::En => EN.get_or_init(|| Book::open(Lang::En)),
    }
}

/// The words under `key`; the key itself where there are none, so that a gap is seen and nothing breaks.
pub fn t(lang: Lang, key: &str) -> String {
    book(lang).plain.get(key).cloned().unwrap_or_else(|| t_args(lang, key, &[]))
}

/// The words under `key` with values put in: `t_args(lang, "work-left", &[("n", "10")])`.
///
/// A value that is a whole number without a leading zero also chooses the plural form.
pub fn t_args(lang: Lang, key: &str, values: &[(&str, &str)]) -> String {
    let book = book(lang);
    let Some(pattern) = book.bundle.get_message(key).and_then(|message| message.value()) else {
        return key.to_owned();
    };
    let mut args = FluentArgs::new();
    for (name, value) in values {
        // Numbers arrive formatted ("1.061"), so they stay text; `one` tells the plural of English.
        args.set(*name, FluentValue::from(*value));
    }
    let mut faults = Vec::new();
    book.bundle.format_pattern(pattern, Some(&args), &mut faults).into_owned()
}

/// Whether the language knows the key.
pub fn knows(lang: Lang, key: &str) -> bool {
    book(lang).bundle.has_message(key)
}

/// A closed list of `rules::words` whose members have names in `locales/`.
pub trait Word: Copy + 'static {
    const LIST: &'static str;
    const MEMBERS: &'static [Self];
    fn as_word(self) -> &'static str;
}

macro_rules! lists {
    ($($list:ident = $name:literal),+ $(,)?) => {
        $(impl Word for rules::$list {
            const LIST: &'static str = $name;
            const MEMBERS: &'static [Self] = rules::$list::ALL;
            fn as_word(self) -> &'static str { self.word() }
        })+

        /// Every key that the lists of `rules` ask for.
        #[cfg(test)]
        fn keys_of_lists() -> Vec<String> {
            let mut keys = Vec::new();
            $(keys.extend(rules::$list::ALL.iter().map(|w| format!("{}-{}", $name, w.word())));)+
            keys
        }

        #[cfg(test)]
        const LISTS: &[&str] = &[$(stringify!($list)),+];
    };
}
lists!(
    EpisodeKind = "episode-kind",
    EpisodeState = "episode-state",
    Outcome = "outcome",
    DetectionSource = "detection-source",
    Severity = "severity",
    Sex = "sex",
    HouseholdKind = "household-kind",
    Risk = "risk",
    FirstContact = "first-contact",
    Arrangement = "arrangement",
    ContactBy = "contact-by",
    AttemptOutcome = "attempt-outcome",
    TestKind = "test-kind",
    TestResult = "test-result",
    TestWitness = "test-witness",
    Audience = "audience",
    AreaLevel = "area-level",
    OrganisationKind = "organisation-kind",
    Role = "role",
    PointState = "point-state",
    ReportState = "report-state",
    Substitute = "substitute",
    ImportState = "import-state",
    GapKind = "gap-kind",
    RoundOutcome = "round-outcome",
    GapLevel = "gap-level",
    Level = "level",
    AnsweredBy = "answered-by",
    AlertCause = "alert-cause",
    AlertState = "alert-state",
    AlertEnd = "alert-end",
    MessageKind = "message-kind",
    Settled = "settled",
    LinkDelivery = "link-delivery",
    DeviceBinding = "device-binding",
);

/// The name of a member of a closed list: `name(lang, Severity::Mild)` is "nhẹ".
pub fn name<W: Word>(lang: Lang, word: W) -> String {
    t(lang, &format!("{}-{}", W::LIST, word.as_word()))
}

/// The words of a refusal, with its values; they always tell the next step.
pub fn refusal(lang: Lang, refusal: &Refusal) -> String {
    let values: Vec<(&str, &str)> =
        refusal.args.iter().map(|(name, value)| (*name, value.as_str())).collect();
    fault(lang, refusal.code, &values)
}

/// What a refusal says is missing (its value `missing`, codes with commas), each in words.
pub fn missing(lang: Lang, refusal: &Refusal) -> Vec<String> {
    let codes = refusal.args.iter().find(|(name, _)| *name == "missing").map(|(_, codes)| codes.as_str());
    codes
        .unwrap_or("")
        .split(',')
        .filter(|code| !code.is_empty())
        .map(|code| fault(lang, code, &[]))
        .collect()
}

/// The words of one refusal code; an unknown code gets the general words.
pub fn fault(lang: Lang, code: &str, values: &[(&str, &str)]) -> String {
    let key = format!("refusal-{code}");
    if knows(lang, &key) { t_args(lang, &key, values) } else { t(lang, "refusal-unknown") }
}

/// The words of a fault of a protocol's file.
pub fn fault_words(lang: Lang, code: &str) -> String {
    t(lang, &format!("fault-{code}"))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;

    use super::*;

    /// Keys of a file with the variables that their words use.
    fn keys(text: &str) -> BTreeMap<String, BTreeSet<String>> {
        let mut keys = BTreeMap::new();
        for line in text.lines() {
            let Some((key, words)) = line.split_once(" = ") else { continue };
            if !key.starts_with(|c: char| c.is_ascii_lowercase()) {
                continue;
            }
            let variables = words
                .split("{ $")
                .skip(1)
                .filter_map(|rest| rest.split_once(" }"))
                .map(|(v, _)| v.to_owned());
            assert!(keys.insert(key.to_owned(), variables.collect()).is_none(), "{key} stands twice");
        }
        keys
    }

    fn all_keys(lang: Lang) -> BTreeMap<String, BTreeSet<String>> {
        let mut all = BTreeMap::new();
        for (subject, vi, en) in FILES {
            let text = match lang {
                Lang::Vi => vi,
                Lang::En => en,
            };
            for (key, variables) in keys(text) {
                assert!(
                    all.insert(key.clone(), variables).is_none(),
                    "{key} stands in {subject} and elsewhere"
                );
            }
        }
        all
    }

    /// Source texts below a folder whose names end in `ending`.
    fn texts(folder: &Path, ending: &str, into: &mut Vec<String>) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                texts(&path, ending, into);
            } else if path.to_string_lossy().ends_with(ending) {
                into.push(std::fs::read_to_string(&path).unwrap());
            }
        }
    }

    fn here() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR"))
    }

    /// What stands between `before` and the next quotation mark.
    fn quoted_after<'a>(text: &'a str, before: &str) -> Vec<&'a str> {
        text.split(before).skip(1).filter_map(|rest| rest.split_once('"')).map(|(word, _)| word).collect()
    }

    #[test]
    fn every_file_reads_without_fault() {
        for (subject, vi, en) in FILES {
            for text in [vi, en] {
                if let Err((_, faults)) = FluentResource::try_new((*text).to_owned()) {
                    panic!("{subject}: {faults:?}");
                }
                assert!(
                    !text.chars().any(|c| ('\u{300}'..='\u{36f}').contains(&c)),
                    "{subject} is not in NFC"
                );
            }
        }
    }

    #[test]
    fn both_languages_have_the_same_keys_and_variables() {
        let (vi, en) = (all_keys(Lang::Vi), all_keys(Lang::En));
        let missing: Vec<&String> = vi.keys().filter(|key| !en.contains_key(*key)).collect();
        assert!(missing.is_empty(), "not in English: {missing:?}");
        let missing: Vec<&String> = en.keys().filter(|key| !vi.contains_key(*key)).collect();
        assert!(missing.is_empty(), "not in Vietnamese: {missing:?}");
        for (key, variables) in &vi {
            // A form of address may say more in one language than in the other; values may not get lost.
            assert_eq!(Some(variables), en.get(key), "variables of {key}");
        }
    }

    #[test]
    fn every_word_of_the_closed_lists_has_its_name() {
        for key in keys_of_lists() {
            assert!(knows(Lang::Vi, &key), "{key} has no words");
        }
        let words = std::fs::read_to_string(here().join("../rules/src/words.rs")).unwrap();
        for line in words.lines() {
            let Some((name, _)) = line.trim().split_once(" {") else { continue };
            if line.starts_with("    ")
                && !line.starts_with("     ")
                && name.chars().all(char::is_alphanumeric)
            {
                assert!(LISTS.contains(&name), "{name} of rules::words has no list here");
            }
        }
    }

    #[test]
    fn every_key_that_pages_ask_for_has_words() {
        let mut sources = Vec::new();
        texts(&here().join("templates"), ".html", &mut sources);
        texts(&here().join("src"), ".rs", &mut sources);
        texts(&here().join("../web/src"), ".rs", &mut sources);
        let mut asked = 0;
        for text in &sources {
            for before in [".t(\"", ".t1(\"", ".t2(\"", "t(lang, \"", "t_args(lang, \"", "(self.lang, \""] {
                for key in quoted_after(text, before) {
                    if key.contains('{') || key.contains('<') {
                        continue;
                    }
                    asked += 1;
                    assert!(knows(Lang::Vi, key), "{key} has no words");
                }
            }
        }
        assert!(asked > 300, "only {asked} keys were found: has the way of asking changed?");
    }

    #[test]
    fn every_refusal_has_words() {
        let mut sources = Vec::new();
        for of in ["rules", "store", "acts", "exchange", "web", "keben"] {
            texts(&here().join("..").join(of).join("src"), ".rs", &mut sources);
        }
        let mut codes = BTreeSet::new();
        for text in &sources {
            // Made-up codes of tests do not need words.
            let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text);
            for before in ["conflict(\"", "invalid(\"", "unauthenticated(\"", "missing.push(\""] {
                codes.extend(quoted_after(text, before));
            }
            for before in ["Refusal::field(\"", ".and_field(\""] {
                for rest in text.split(before).skip(1) {
                    let Some((_, rest)) = rest.split_once("\", \"") else { continue };
                    codes.extend(rest.split_once("\")").map(|(code, _)| code));
                }
            }
            if let Some((_, list)) = text.split_once("CODES: &'static [&'static str] = &[") {
                codes.extend(
                    list.split_once(']')
                        .map(|(list, _)| quoted_after(list, "        \""))
                        .unwrap_or_default(),
                );
            }
        }
        let codes = codes
            .into_iter()
            .filter(|code| code.chars().all(|c| c.is_ascii_lowercase() || "_0123456789".contains(c)));
        let silent: Vec<&str> = codes.filter(|code| !knows(Lang::Vi, &format!("refusal-{code}"))).collect();
        assert!(silent.is_empty(), "refusals without words: {silent:?}");
    }

    #[test]
    fn every_fault_of_a_protocol_has_words() {
        let read = std::fs::read_to_string(here().join("../rules/src/protocol/read.rs")).unwrap();
        let read = read.split("#[cfg(test)]").next().unwrap();
        let mut codes = BTreeSet::new();
        for before in ["faults.of(", "faults.at(", "self.of(", "self.at("] {
            for call in read.split(before).skip(1) {
                codes.extend(
                    call.split_once(", \"").and_then(|(_, rest)| rest.split_once('"')).map(|(c, _)| c),
                );
            }
        }
        assert!(codes.len() > 15, "only {codes:?} were found: has the way of naming faults changed?");
        for code in codes {
            assert!(knows(Lang::Vi, &format!("fault-{code}")), "fault {code} has no words");
        }
    }

    /// The kinds of entries that a source text logs: the last plain word of a call, and the choice before it.
    fn logged_kinds(text: &str) -> Vec<&str> {
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text);
        let is_kind = |word: &str| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') && word != "store"
        };
        let mut kinds = Vec::new();
        for (before, takes_all) in [
            (".log(", false),
            ("let kind = if ", true),
            ("about_itself(store, stamp, ", true),
            ("RESTORED: &str = ", true),
        ] {
            for rest in text.split(before).skip(1) {
                let call = rest.split(';').next().unwrap_or(rest);
                // Every second piece between quotation marks is a text.
                let words: Vec<&str> = call.split('"').skip(1).step_by(2).filter(|w| is_kind(w)).collect();
                let from = if takes_all { 0 } else { words.len().saturating_sub(1) };
                kinds.extend(&words[from..]);
            }
        }
        kinds
    }

    #[test]
    fn every_kind_of_entry_that_is_logged_has_words() {
        let mut sources = Vec::new();
        for of in ["store", "acts"] {
            texts(&here().join("..").join(of).join("src"), ".rs", &mut sources);
        }
        let kinds: BTreeSet<&str> = sources.iter().flat_map(|text| logged_kinds(text)).collect();
        assert!(kinds.len() > 45, "only {} kinds were found: has the way of logging changed?", kinds.len());
        for known in ["signed_in", "first_contact_reminded", "reminder_moved", "restored", "heartbeat"] {
            assert!(kinds.contains(known), "{known} is logged and was not found");
        }
        let silent: Vec<&&str> =
            kinds.iter().filter(|kind| !knows(Lang::Vi, &format!("event-{kind}"))).collect();
        assert!(silent.is_empty(), "entries without words: {silent:?}");
    }

    #[test]
    fn templates_hold_nothing_that_the_content_policy_forbids() {
        let mut sources = Vec::new();
        texts(&here().join("templates"), ".html", &mut sources);
        for text in &sources {
            for forbidden in [
                " style=",
                "<style",
                "<script>",
                " onclick",
                " onsubmit",
                "javascript:",
                "http://",
                "https://",
            ] {
                assert!(!text.contains(forbidden), "a template has {forbidden}");
            }
            for before in ["#i-", "icon(\""] {
                for icon in quoted_after(text, before).into_iter().filter(|icon| !icon.contains('{')) {
                    assert!(crate::icons::is_drawn(icon), "icon {icon} is not drawn");
                }
            }
            let posts = text.matches("method=\"post\"").count();
            let tokens = text.matches("p::hidden(shell)").count()
                + text.matches("{{ hidden(shell) }}").count()
                + text.matches("name=\"csrf\" value").count()
                // Nobody is signed in on the pages of a home's own link.
                + text.matches("name=\"key\" value=\"{{ frame.form_key").count()
                // A piece of a page that is sent to live pages by itself.
                + text.matches("name=\"key\" value=\"{{ form_key").count();
            assert!(tokens >= posts, "a form posts without its token: {}", &text[..60]);
        }
    }

    #[test]
    fn words_take_values() {
        assert_eq!(t(Lang::Vi, "nav-work"), "Việc");
        assert_eq!(t_args(Lang::Vi, "work-left", &[("n", "1.061")]), "Hôm nay còn 1.061 người cần lo");
        assert_eq!(name(Lang::En, rules::Severity::Mild), "mild");
        assert_eq!(t(Lang::En, "no-such-key"), "no-such-key");
        assert_eq!(fault(Lang::Vi, "no_such_code", &[]), t(Lang::Vi, "refusal-unknown"));
    }
}
