//! The closed lists of words that are stored, sent and shown: one spelling, one place. Their Vietnamese and
//! English names are in `locales/`, under the key `<list>-<word>`.

/// Makes an enum whose members are stored as fixed lower-case words.
macro_rules! words {
    ($($(#[$doc:meta])* $list:ident { $($(#[$mdoc:meta])* $name:ident = $word:literal),+ $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $list { $($(#[$mdoc])* $name),+ }

        impl $list {
            pub const ALL: &'static [$list] = &[$($list::$name),+];

            /// The word as it is stored and sent.
            pub fn word(self) -> &'static str {
                match self { $($list::$name => $word),+ }
            }

            pub fn parse(word: &str) -> Option<$list> {
                match word { $($word => Some($list::$name),)+ _ => None }
            }
        }

        impl std::fmt::Display for $list {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }
    )*};
}

words! {
    /// F0 or F1.
    EpisodeKind { Case = "case", Contact = "contact" }
    EpisodeState { Open = "open", Closed = "closed" }
    /// Why an episode ended. `Void` = entered in error; `BecameCase` = an F1 who turned F0.
    Outcome {
        Recovered = "recovered", Completed = "completed", Died = "died", Hospital = "hospital",
        Moved = "moved", Left = "left", BecameCase = "became_case", Void = "void",
    }
    /// How the case or contact was found (domain.md §3.5).
    DetectionSource {
        ManagedContact = "managed_contact", Arrival = "arrival", Community = "community",
        Screening = "screening", SelfDeclared = "self_declared",
    }
    /// Five clinical levels and the sixth that is honest: not yet assessed (P-23).
    Severity {
        Asymptomatic = "asymptomatic", Mild = "mild", Moderate = "moderate", Severe = "severe",
        Critical = "critical", Unassessed = "unassessed",
    }
    Sex { Male = "male", Female = "female", Unknown = "unknown" }
    /// Living places differ (P-2).
    HouseholdKind { House = "house", Boarding = "boarding", Dormitory = "dormitory", Camp = "camp" }
    Risk {
        Diabetes = "diabetes", Hypertension = "hypertension", Heart = "heart", Lung = "lung", Kidney = "kidney",
        Cancer = "cancer", Immune = "immune", Obesity = "obesity", Pregnancy = "pregnancy", Other = "other",
    }
    /// The three states of P-6 as a clock sees them.
    FirstContact { Waiting = "waiting", Reached = "reached", Advised = "advised" }
    /// How a person is kept in touch: in the group, or by a named visitor (P-5, P-6).
    Arrangement { None = "none", InGroup = "in_group", Visitor = "visitor" }
    ContactBy { Phone = "phone", Visit = "visit", Zalo = "zalo", Sms = "sms", Web = "web" }
    AttemptOutcome { Reached = "reached", NoAnswer = "no_answer", WrongNumber = "wrong_number", Refused = "refused" }
    TestKind { Rapid = "rapid", Pcr = "pcr" }
    TestResult { Positive = "positive", Negative = "negative", Invalid = "invalid" }
    TestWitness { None = "none", Staff = "staff", StaffRemote = "staff_remote" }
    /// What an answer about somebody's health means, the gravest first. `Repeat` = measure again (261/QĐ-BYT).
    Level { Emergency = "emergency", Urgent = "urgent", Watch = "watch", Repeat = "repeat", Routine = "routine" }
    /// Who answered for the person.
    AnsweredBy { Oneself = "self", Relative = "relative", Carer = "carer", Staff = "staff" }
    /// An alarm: raised and nobody has it, somebody has it, over.
    AlertState { Open = "open", Acknowledged = "acknowledged", Closed = "closed" }
    /// What an alarm is about; a home has one of each at a time (P-14).
    AlertCause { Health = "health" }
    /// How an alarm was closed. `Ended` = the person's care ended.
    AlertEnd {
        Advised = "advised", Visited = "visited", Hospital = "hospital", Mistaken = "mistaken", Ended = "ended",
    }
    /// Whom a care group looks after. `Mixed` only where the locality's rules say so (LC-15).
    Audience { F0 = "f0", F1 = "f1", Mixed = "mixed" }
    AreaLevel { Province = "province", District = "district", Commune = "commune", Cluster = "cluster" }
    OrganisationKind {
        CommandCentre = "command_centre", StandingAgency = "standing_agency", MedicalCentre = "medical_centre",
        PeoplesCommittee = "peoples_committee", HealthStation = "health_station", MobileStation = "mobile_station",
        CommunityTeam = "community_team", AdviceClub = "advice_club", Inspectorate = "inspectorate",
    }
    Role {
        Carer = "carer", StationLeader = "station_leader", Clerk = "clerk", CommuneLeader = "commune_leader",
        Police = "police", DistrictOfficer = "district_officer", ProvinceOfficer = "province_officer",
        Commander = "commander", Adviser = "adviser", AdviserLeader = "adviser_leader", Inspector = "inspector",
        Admin = "admin",
    }
    /// What a carer says of one home on the round (P-8).
    RoundOutcome { AllWell = "all_well", SomeUnwell = "some_unwell", NotMet = "not_met" }
    /// Written by somebody, or a line of the program's own.
    MessageKind { Text = "text", System = "system" }
    /// How a home was answered otherwise than in its thread.
    Settled { Called = "called", Met = "met", NoNeed = "no_need" }
    /// How a home's link was handed out.
    LinkDelivery { InPerson = "in_person", ToNumber = "to_number", Other = "other" }
    /// How a device of a home was let in: as the first one after the link was handed over, or by a code.
    DeviceBinding { HandedOver = "handed_over", Code = "code" }
    PointState { Active = "active", Wrong = "wrong" }
    ReportState { Draft = "draft", Confirmed = "confirmed", Submitted = "submitted", Locked = "locked" }
    /// What stands for a commune that did not submit (P-22).
    Substitute { System = "system", ByPhone = "by_phone" }
    ImportState { Running = "running", Done = "done", Failed = "failed", Undone = "undone" }
    /// Each thing that can be missing from a person's care, as far as this program can know it (invariant 1).
    GapKind {
        Unplaced = "unplaced", NoLeader = "no_leader", NobodyOnDuty = "nobody_on_duty", Unreachable = "unreachable",
        NoSecondVisitor = "no_second_visitor", AlarmUnacknowledged = "alarm_unacknowledged",
        Unanswered = "unanswered",
        FirstContactOverdue = "first_contact_overdue", Silent = "silent", VisitorSilent = "visitor_silent",
        NextContactMissing = "next_contact_missing",
        NoCluster = "no_cluster", NoHoursSet = "no_hours_set",
    }
    /// Whose gap it is by now: the group's leader, the commune, the district.
    GapLevel { Leader = "leader", Commune = "commune", District = "district" }
}

impl Severity {
    /// The indicator that counts it (api.md, `GET /reports`).
    pub fn indicator(self) -> &'static str {
        match self {
            Severity::Asymptomatic => "f0_asymptomatic",
            Severity::Mild => "f0_mild",
            Severity::Moderate => "f0_moderate",
            Severity::Severe => "f0_severe",
            Severity::Critical => "f0_critical",
            Severity::Unassessed => "f0_unassessed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.word()), Some(*role));
        }
        assert_eq!(Role::parse("god"), None);
    }
}
