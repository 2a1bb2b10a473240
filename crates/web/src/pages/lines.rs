//! The lines of a thread in words, for whoever looks: the team or the home. Pages and live streams say them alike.

use super::pen::Pen;
use rules::{MessageKind, Settled, StaffId, thread as rule};
use store::thread::{Line, SeenBy};
use views::Choice;
use views::pages::thread::ThreadLine;

/// Who looks at a thread, and from which page.
#[derive(Clone, Debug)]
pub struct Looker {
    /// `None` for the home itself.
    pub staff: Option<StaffId>,
    pub is_home: bool,
    /// Where something is written: quoting and correcting lead there. Empty for whoever writes nothing.
    pub write: String,
}

/// The document of a guidance, as a message keeps it.
pub fn document(guidance: &str) -> &str {
    guidance.splitn(4, ' ').nth(3).unwrap_or(guidance)
}

pub fn line(pen: &Pen, looker: &Looker, line: &Line) -> ThreadLine {
    let message = &line.message;
    let is_system = message.kind == MessageKind::System;
    let by_home = message.household_id.is_some();
    let who = match (&line.author, &message.word) {
        (Some(name), _) => name.clone(),
        (None, Some(word)) => word.clone(),
        (None, None) if by_home => pen.t("thread-home"),
        (None, None) => pen.t("thread-team"),
    };
    let mut role: Vec<String> = message.role.map(|role| pen.name(role)).into_iter().collect();
    if message.staff_id.is_some() && line.is_licensed {
        role.push(pen.t("thread-licensed"));
    }
    let text = match is_system {
        true => pen.t1(&format!("thread-sys-{}", message.text), "who", &who),
        false => message.text.clone(),
    };
    let may_write = !looker.write.is_empty() && !is_system;
    // Whoever wrote it may put it right, once.
    let is_own =
        if looker.is_home { by_home } else { message.staff_id.is_some() && message.staff_id == looker.staff };
    let to = |what: &str| format!("{}?{what}={}#say", looker.write, message.uid);
    ThreadLine {
        lang: pen.lang,
        id: message.uid.to_string(),
        is_system,
        is_ours: looker.is_home == by_home,
        who,
        role: role.join(", "),
        unverified: by_home && !message.is_verified && !is_system,
        quote: line.quoted.as_ref().map(|(_, words)| rule::quoted(words)),
        text,
        source: message.guidance.as_deref().map(|guidance| document(guidance).to_owned()),
        corrects: line.corrects.map(|uid| uid.to_string()),
        is_corrected: line.corrected_by.is_some(),
        at: pen.when(message.at),
        quote_href: may_write.then(|| to("quote")),
        correct_href: (may_write && is_own && line.corrected_by.is_none()).then(|| to("correct")),
    }
}

/// Whether the other side has seen everything that was written to it, in words; empty if not.
pub fn seen(pen: &Pen, is_home: bool, seen: &[SeenBy]) -> String {
    let theirs = seen.iter().filter(|one| one.has_seen_all && one.staff.is_some() == is_home);
    let Some(first) = theirs.min_by_key(|one| one.at) else { return String::new() };
    let time = pen.exact(first.at);
    match &first.name {
        Some(name) => pen.t2("thread-seen-staff", ("name", name), ("time", &time)),
        None => pen.t1("thread-seen-home", "time", &time),
    }
}

/// How a home may have been answered otherwise.
pub fn ways(pen: &Pen) -> Vec<Choice> {
    Settled::ALL.iter().map(|way| Choice::new(way.word(), pen.t(&format!("thread-settle-{way}")))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guidance_names_its_document() {
        assert_eq!(
            document("covid19-vn-2022 1.2.0 answer_twice 261/QĐ-BYT, phụ lục 2"),
            "261/QĐ-BYT, phụ lục 2"
        );
    }
}
