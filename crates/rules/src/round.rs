//! The village round (vòng bản, P-8): what a carer says of one home. "Everybody is well" counts only after the danger
//! signs were asked about, is an answer of each member by name, and leaves what was not measured unknown.

use crate::{EpisodeId, Refusal, RoundOutcome};

/// What was said of a home.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    pub how: RoundOutcome,
    /// The danger signs were asked about, and nobody of whom it is said that they are well has any.
    pub signs_asked: bool,
    /// Who is not well.
    pub unwell: &'a [EpisodeId],
}

/// What follows for the members who are under care.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// They are well: an answer without any danger sign.
    pub well: Vec<EpisodeId>,
    /// They have to be asked one by one.
    pub unwell: Vec<EpisodeId>,
    /// Nobody was met.
    pub is_missed: bool,
}

/// # Errors
/// `nobody_under_care` for a home without members; `signs_asked` with `danger_unasked` if somebody is said to be well
/// without it; `unwell` with `required` if nobody is named, `unknown` for somebody who is not of the home.
pub fn plan(members: &[EpisodeId], told: Told<'_>) -> Result<Plan, Refusal> {
    if members.is_empty() {
        return Err(Refusal::conflict("nobody_under_care"));
    }
    match told.how {
        RoundOutcome::NotMet => Ok(Plan { is_missed: true, ..Plan::default() }),
        RoundOutcome::AllWell if !told.signs_asked => Err(Refusal::field("signs_asked", "danger_unasked")),
        RoundOutcome::AllWell => Ok(Plan { well: members.to_vec(), ..Plan::default() }),
        RoundOutcome::SomeUnwell => {
            if told.unwell.is_empty() {
                return Err(Refusal::field("unwell", "required"));
            }
            if told.unwell.iter().any(|id| !members.contains(id)) {
                return Err(Refusal::field("unwell", "unknown"));
            }
            let (unwell, others): (Vec<_>, Vec<_>) = members.iter().partition(|id| told.unwell.contains(id));
            // Of the others nothing is known unless the signs were asked about.
            let well = if told.signs_asked { others } else { Vec::new() };
            Ok(Plan { well, unwell, is_missed: false })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_is_said_of_each_by_name_and_only_after_the_signs_were_asked_about() {
        let home = [1, 2, 3].map(EpisodeId);
        let told = |how, signs_asked, unwell: &[i64]| {
            let unwell: Vec<EpisodeId> = unwell.iter().copied().map(EpisodeId).collect();
            plan(&home, Told { how, signs_asked, unwell: &unwell })
        };
        let split = |well: &[i64], unwell: &[i64]| Plan {
            well: well.iter().copied().map(EpisodeId).collect(),
            unwell: unwell.iter().copied().map(EpisodeId).collect(),
            is_missed: false,
        };
        let code = |answer: Result<Plan, Refusal>| {
            let refusal = answer.unwrap_err();
            (refusal.fields[0].field.clone(), refusal.fields[0].code)
        };
        assert_eq!(told(RoundOutcome::AllWell, true, &[]), Ok(split(&[1, 2, 3], &[])));
        let unasked = ("signs_asked".to_owned(), "danger_unasked");
        assert_eq!(code(told(RoundOutcome::AllWell, false, &[])), unasked);
        assert_eq!(told(RoundOutcome::SomeUnwell, true, &[2]), Ok(split(&[1, 3], &[2])));
        assert_eq!(told(RoundOutcome::SomeUnwell, false, &[2]), Ok(split(&[], &[2])));
        assert_eq!(code(told(RoundOutcome::SomeUnwell, true, &[])), ("unwell".to_owned(), "required"));
        assert_eq!(code(told(RoundOutcome::SomeUnwell, true, &[4])), ("unwell".to_owned(), "unknown"));
        let missed = Plan { is_missed: true, ..Plan::default() };
        assert_eq!(told(RoundOutcome::NotMet, false, &[]), Ok(missed));
        let nobody = plan(&[], Told { how: RoundOutcome::AllWell, signs_asked: true, unwell: &[] });
        assert_eq!(nobody.unwrap_err().code, "nobody_under_care");
    }
}
