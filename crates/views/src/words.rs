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
    "admin", "contact", "coverage", "demo", "error", "event", "form", "format", "groups", "import", "list", "login",
    "overview", "people", "person", "refusal", "register", "report", "shell", "work",
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
    GapLevel = "gap-level",
);

/// The name of a member of a closed list: `name(lang, Severity::Mild)` is "nhẹ".
pub fn name<W: Word>(lang: Lang, word: W) -> String {
    t(lang, &format!("{}-{}", W::LIST, word.as_word()))
}

/// The words of a refusal, with its values; they always tell the next step.
pub fn refusal(lang: Lang, refusal: &Refusal) -> String {
    let values: Vec<(&str, &str)> = refusal.args.iter().map(|(name, value)| (*name, value.as_str())).collect();
    fault(lang, refusal.code, &values)
}

/// What a refusal says is missing (its value `missing`, codes with commas), each in words.
pub fn missing(lang: Lang, refusal: &Refusal) -> Vec<String> {
    let codes = refusal.args.iter().find(|(name, _)| *name == "missing").map(|(_, codes)| codes.as_str());
    codes.unwrap_or("").split(',').filter(|code| !code.is_empty()).map(|code| fault(lang, code, &[])).collect()
}

/// The words of one refusal code; an unknown code gets the general words.
pub fn fault(lang: Lang, code: &str, values: &[(&str, &str)]) -> String {
    let key = format!("refusal-{code}");
    if knows(lang, &key) { t_args(lang, &key, values) } else { t(lang, "refusal-unknown") }
}
