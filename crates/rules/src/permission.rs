//! Who may do what (LC-3, LC-12, LC-13, P-20, invariant 9): one table, read role by role and verb by verb.
//!
//! A role is granted in an area, and holds there and below; whether a record lies there is the store's question.
//! This page answers what the role may do at all, and at which level of area where that matters. What nobody wrote
//! down is not allowed, and a refusal looks like a missing record.
//!
//! In words: carers register, contact and follow the people of their area and send them to hospital; clerks keep
//! the register; the station head leads the care groups, certifies and confirms figures; the commune's leader
//! answers for all groups and signs; district and province read, compile, submit and stand in for who is missing;
//! the police see who isolates where and no health; the commander reads figures, reports and gaps; the inspector
//! reads everything in scope, the access log too, and changes nothing; the administrator keeps staff and settings
//! and reads no health record; the consultation club has its own verbs elsewhere.
//!
//! The approved copy is `docs/permissions.md`; a test holds it against [`table`].

use crate::words::{AreaLevel, Outcome, Role};

/// Everything a person can be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verb {
    RegisterEpisode,
    ImportEpisodes,
    UndoImport,
    /// A person's whole record, with its health part; each reading is logged.
    ReadPerson,
    /// Lists of people with their health part.
    ListPeople,
    /// Who isolates where and until when, without the health part (P-28, the police's view).
    ReadWhereabouts,
    EditPerson,
    MergePeople,
    VoidEpisode,
    RecordContact,
    /// An answer about somebody's health.
    RecordCheckin,
    /// See, take and close alarms.
    ReadAlerts,
    TakeAlert,
    /// Hand out or revoke a home's own link.
    ManageLink,
    /// What a home and its care team say to each other.
    ReadThread,
    WriteMessage,
    SetArrangement,
    RecordTest,
    SetSeverity,
    ReleaseEpisode,
    ConvertToCase,
    /// Died, moved or left.
    EndEpisode,
    EndToHospital,
    ReopenEpisode,
    ReadGroups,
    SetGroupLeader,
    SetGroupCarers,
    AssignCarer,
    /// Split, merge, move a home to another group (LC-14).
    ArrangeGroups,
    GoOnDuty,
    ReadGaps,
    ReadReports,
    ConfirmReport,
    SubmitReport,
    SubstituteReport,
    SupplementReport,
    CorrectReport,
    ReadFigures,
    /// The people behind a figure.
    ReadFigurePeople,
    /// The medical protocol in force.
    ReadProtocol,
    AdoptProtocol,
    ReadAreas,
    ReadStaff,
    ManageStaff,
    ManageAreas,
    ManageClusters,
    ManageSettings,
    /// Who read whose record.
    ReadAccessLog,
    /// A head is a hash: the more people keep one, the less can be cut off behind it.
    ReadLogHead,
    VerifyLog,
    ExportInspection,
}

use Verb::{
    AdoptProtocol, ArrangeGroups, AssignCarer, ConfirmReport, ConvertToCase, CorrectReport, EditPerson,
    EndEpisode, EndToHospital, ExportInspection, GoOnDuty, ImportEpisodes, ListPeople, ManageAreas,
    ManageClusters, ManageLink, ManageSettings, ManageStaff, MergePeople, ReadAccessLog, ReadAlerts,
    ReadAreas, ReadFigurePeople, ReadFigures, ReadGaps, ReadGroups, ReadLogHead, ReadPerson, ReadProtocol,
    ReadReports, ReadStaff, ReadThread, ReadWhereabouts, RecordCheckin, RecordContact, RecordTest,
    RegisterEpisode, ReleaseEpisode, ReopenEpisode, SetArrangement, SetGroupCarers, SetGroupLeader,
    SetSeverity, SubmitReport, SubstituteReport, SupplementReport, TakeAlert, UndoImport, VerifyLog,
    VoidEpisode, WriteMessage,
};

const ROLES: usize = Role::ALL.len();
const Y: bool = true;
const N: bool = false;

/// The table. Columns in the order of [`column`]; a new role widens every row, a new verb asks for one.
#[rustfmt::skip]
fn row(verb: Verb) -> [bool; ROLES] {
    match verb {
        //                   carer  clerk  police    province   adviser   inspector
        //                     station commune  district  commander  adv.leader  admin
        RegisterEpisode   => [Y, Y, Y, Y, N, N, N, N, N, N, N, N],
        ImportEpisodes    => [N, Y, Y, Y, N, N, N, N, N, N, N, N],
        UndoImport        => [N, Y, Y, Y, N, N, N, N, N, N, N, N],
        ReadPerson        => [Y, Y, Y, Y, N, Y, Y, N, N, N, Y, N],
        ListPeople        => [Y, Y, Y, Y, N, Y, Y, N, N, N, Y, N],
        ReadWhereabouts   => [Y, Y, Y, Y, Y, Y, Y, N, N, N, Y, N],
        EditPerson        => [Y, Y, Y, Y, N, N, N, N, N, N, N, N],
        MergePeople       => [N, Y, Y, Y, N, N, N, N, N, N, N, N],
        VoidEpisode       => [N, Y, Y, Y, N, N, N, N, N, N, N, N],
        RecordContact     => [Y, Y, Y, Y, N, N, N, N, N, N, N, N],
        RecordCheckin     => [Y, Y, Y, Y, N, N, N, N, N, N, N, N],
        ReadAlerts        => [Y, Y, Y, Y, N, Y, Y, N, N, N, Y, N],
        TakeAlert         => [Y, Y, N, Y, N, Y, N, N, N, N, N, N],
        ManageLink        => [Y, Y, Y, Y, N, N, N, N, N, N, N, N],
        ReadThread        => [Y, Y, N, Y, N, Y, N, N, N, N, Y, N],
        WriteMessage      => [Y, Y, N, Y, N, Y, N, N, N, N, N, N],
        SetArrangement    => [Y, Y, Y, Y, N, N, N, N, N, N, N, N],
        RecordTest        => [Y, Y, Y, Y, N, N, N, N, N, N, N, N],
        SetSeverity       => [Y, Y, N, N, N, N, N, N, N, N, N, N],
        ReleaseEpisode    => [N, Y, Y, Y, N, N, N, N, N, N, N, N],
        ConvertToCase     => [Y, Y, Y, Y, N, N, N, N, N, N, N, N],
        EndEpisode        => [N, Y, Y, Y, N, N, N, N, N, N, N, N],
        EndToHospital     => [Y, Y, Y, Y, N, N, N, N, N, N, N, N],
        ReopenEpisode     => [N, Y, Y, Y, N, N, N, N, N, N, N, N],
        ReadGroups        => [Y, Y, Y, Y, N, Y, Y, N, N, N, Y, N],
        SetGroupLeader    => [N, Y, N, Y, N, N, N, N, N, N, N, N],
        SetGroupCarers    => [N, Y, N, Y, N, N, N, N, N, N, N, N],
        AssignCarer       => [N, Y, N, Y, N, N, N, N, N, N, N, N],
        ArrangeGroups     => [N, Y, N, Y, N, N, N, N, N, N, N, N],
        GoOnDuty          => [Y, Y, N, Y, N, N, N, N, N, N, N, N],
        ReadGaps          => [Y, Y, Y, Y, N, Y, Y, Y, N, N, Y, N],
        ReadReports       => [N, Y, Y, Y, N, Y, Y, Y, N, N, Y, N],
        ConfirmReport     => [N, Y, N, N, N, N, N, N, N, N, N, N],
        SubmitReport      => [N, N, N, Y, N, Y, Y, N, N, N, N, N],
        SubstituteReport  => [N, N, N, N, N, Y, Y, N, N, N, N, N],
        SupplementReport  => [N, N, N, Y, N, N, N, N, N, N, N, N],
        CorrectReport     => [N, N, N, Y, N, Y, Y, N, N, N, N, N],
        ReadFigures       => [N, Y, Y, Y, N, Y, Y, Y, N, N, Y, N],
        ReadFigurePeople  => [N, Y, Y, Y, N, Y, Y, N, N, N, Y, N],
        ReadProtocol      => [Y, Y, Y, Y, N, Y, Y, Y, N, N, Y, Y],
        AdoptProtocol     => [N, N, N, N, N, N, Y, N, N, N, N, N],
        ReadAreas         => [Y, Y, Y, Y, Y, Y, Y, Y, Y, Y, Y, Y],
        ReadStaff         => [N, Y, Y, Y, N, Y, Y, N, N, N, Y, Y],
        ManageStaff       => [N, N, N, N, N, N, N, N, N, N, N, Y],
        ManageAreas       => [N, N, N, N, N, N, N, N, N, N, N, Y],
        ManageClusters    => [N, N, Y, Y, N, N, N, N, N, N, N, Y],
        ManageSettings    => [N, N, N, N, N, N, N, N, N, N, N, Y],
        ReadAccessLog     => [N, N, N, N, N, N, N, N, N, N, Y, N],
        ReadLogHead       => [Y, Y, Y, Y, Y, Y, Y, Y, Y, Y, Y, Y],
        VerifyLog         => [N, N, N, N, N, N, N, N, N, N, Y, Y],
        ExportInspection  => [N, N, N, N, N, N, N, N, N, N, Y, N],
    }
}

/// The column of a role in [`row`].
fn column(role: Role) -> usize {
    match role {
        Role::Carer => 0,
        Role::StationLeader => 1,
        Role::Clerk => 2,
        Role::CommuneLeader => 3,
        Role::Police => 4,
        Role::DistrictOfficer => 5,
        Role::ProvinceOfficer => 6,
        Role::Commander => 7,
        Role::Adviser => 8,
        Role::AdviserLeader => 9,
        Role::Inspector => 10,
        Role::Admin => 11,
    }
}

impl Verb {
    pub const ALL: &'static [Verb] = &[
        RegisterEpisode,
        ImportEpisodes,
        UndoImport,
        ReadPerson,
        ListPeople,
        ReadWhereabouts,
        EditPerson,
        MergePeople,
        VoidEpisode,
        RecordContact,
        RecordCheckin,
        ReadAlerts,
        TakeAlert,
        ManageLink,
        ReadThread,
        WriteMessage,
        SetArrangement,
        RecordTest,
        SetSeverity,
        ReleaseEpisode,
        ConvertToCase,
        EndEpisode,
        EndToHospital,
        ReopenEpisode,
        ReadGroups,
        SetGroupLeader,
        SetGroupCarers,
        AssignCarer,
        ArrangeGroups,
        GoOnDuty,
        ReadGaps,
        ReadReports,
        ConfirmReport,
        SubmitReport,
        SubstituteReport,
        SupplementReport,
        CorrectReport,
        ReadFigures,
        ReadFigurePeople,
        ReadProtocol,
        AdoptProtocol,
        ReadAreas,
        ReadStaff,
        ManageStaff,
        ManageAreas,
        ManageClusters,
        ManageSettings,
        ReadAccessLog,
        ReadLogHead,
        VerifyLog,
        ExportInspection,
    ];

    /// The word as it stands in logs and in the approved table.
    pub fn word(self) -> &'static str {
        match self {
            RegisterEpisode => "register_episode",
            ImportEpisodes => "import_episodes",
            UndoImport => "undo_import",
            ReadPerson => "read_person",
            ListPeople => "list_people",
            ReadWhereabouts => "read_whereabouts",
            EditPerson => "edit_person",
            MergePeople => "merge_people",
            VoidEpisode => "void_episode",
            RecordContact => "record_contact",
            RecordCheckin => "record_checkin",
            ReadAlerts => "read_alerts",
            TakeAlert => "take_alert",
            ManageLink => "manage_link",
            ReadThread => "read_thread",
            WriteMessage => "write_message",
            SetArrangement => "set_arrangement",
            RecordTest => "record_test",
            SetSeverity => "set_severity",
            ReleaseEpisode => "release_episode",
            ConvertToCase => "convert_to_case",
            EndEpisode => "end_episode",
            EndToHospital => "end_to_hospital",
            ReopenEpisode => "reopen_episode",
            ReadGroups => "read_groups",
            SetGroupLeader => "set_group_leader",
            SetGroupCarers => "set_group_carers",
            AssignCarer => "assign_carer",
            ArrangeGroups => "arrange_groups",
            GoOnDuty => "go_on_duty",
            ReadGaps => "read_gaps",
            ReadReports => "read_reports",
            ConfirmReport => "confirm_report",
            SubmitReport => "submit_report",
            SubstituteReport => "substitute_report",
            SupplementReport => "supplement_report",
            CorrectReport => "correct_report",
            ReadFigures => "read_figures",
            ReadFigurePeople => "read_figure_people",
            ReadProtocol => "read_protocol",
            AdoptProtocol => "adopt_protocol",
            ReadAreas => "read_areas",
            ReadStaff => "read_staff",
            ManageStaff => "manage_staff",
            ManageAreas => "manage_areas",
            ManageClusters => "manage_clusters",
            ManageSettings => "manage_settings",
            ReadAccessLog => "read_access_log",
            ReadLogHead => "read_log_head",
            VerifyLog => "verify_log",
            ExportInspection => "export_inspection",
        }
    }

    pub fn parse(word: &str) -> Option<Verb> {
        Verb::ALL.iter().copied().find(|verb| verb.word() == word)
    }

    /// The verb that ends an episode so; `None` for endings with acts of their own.
    pub fn of_ending(outcome: Outcome) -> Option<Verb> {
        match outcome {
            Outcome::Hospital => Some(EndToHospital),
            Outcome::Died | Outcome::Moved | Outcome::Left => Some(EndEpisode),
            Outcome::Recovered | Outcome::Completed | Outcome::BecameCase | Outcome::Void => None,
        }
    }
}

impl std::fmt::Display for Verb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

/// Whether a role may do it at all, somewhere in its area.
pub fn may(role: Role, verb: Verb) -> bool {
    row(verb)[column(role)]
}

/// Whether a role may do it to a record of an area of that level: reports belong to the leader of their own level
/// or of one above (`api.md`).
pub fn may_at(role: Role, verb: Verb, level: AreaLevel) -> bool {
    may(role, verb)
        && match verb {
            ConfirmReport => may_confirm(role, level),
            SubmitReport => may_submit(role, level),
            SubstituteReport => may_substitute(role, level),
            SupplementReport => may_supplement(role, level),
            CorrectReport => may_correct(role, level),
            RegisterEpisode | ImportEpisodes | UndoImport | ReadPerson | ListPeople | ReadWhereabouts
            | EditPerson | MergePeople | VoidEpisode | RecordContact | RecordCheckin | ReadAlerts
            | TakeAlert | ManageLink | ReadThread | WriteMessage | ReadProtocol | AdoptProtocol
            | SetArrangement | RecordTest | SetSeverity | ReleaseEpisode | ConvertToCase | EndEpisode
            | EndToHospital | ReopenEpisode | ReadGroups | SetGroupLeader | SetGroupCarers | AssignCarer
            | ArrangeGroups | GoOnDuty | ReadGaps | ReadReports | ReadFigures | ReadFigurePeople
            | ReadAreas | ReadStaff | ManageStaff | ManageAreas | ManageClusters | ManageSettings
            | ReadAccessLog | ReadLogHead | VerifyLog | ExportInspection => true,
        }
}

/// Who confirms the care groups' figures: the station head, for the commune (P-20).
pub fn may_confirm(role: Role, level: AreaLevel) -> bool {
    match level {
        AreaLevel::Commune => role == Role::StationLeader,
        AreaLevel::Province | AreaLevel::District | AreaLevel::Cluster => false,
    }
}

/// Who signs and sends the report of a level, a zero report too (P-20).
pub fn may_submit(role: Role, level: AreaLevel) -> bool {
    match level {
        AreaLevel::Commune => role == Role::CommuneLeader,
        AreaLevel::District => role == Role::DistrictOfficer,
        AreaLevel::Province => role == Role::ProvinceOfficer,
        AreaLevel::Cluster => false,
    }
}

/// Who confirms what was added after the signature: the signer (P-21).
pub fn may_supplement(role: Role, level: AreaLevel) -> bool {
    match level {
        AreaLevel::Commune => role == Role::CommuneLeader,
        AreaLevel::Province | AreaLevel::District | AreaLevel::Cluster => false,
    }
}

/// Who chooses what stands for a missing report of that level: the levels above it (P-22). Communes lie under a
/// district or, since 7/2025, under the province.
pub fn may_substitute(role: Role, missing: AreaLevel) -> bool {
    match missing {
        AreaLevel::Commune => matches!(role, Role::DistrictOfficer | Role::ProvinceOfficer),
        AreaLevel::District => role == Role::ProvinceOfficer,
        AreaLevel::Province | AreaLevel::Cluster => false,
    }
}

/// Who corrects a locked figure of that level: its leader or one above.
pub fn may_correct(role: Role, level: AreaLevel) -> bool {
    match level {
        AreaLevel::Commune => {
            matches!(role, Role::CommuneLeader | Role::DistrictOfficer | Role::ProvinceOfficer)
        }
        AreaLevel::District => matches!(role, Role::DistrictOfficer | Role::ProvinceOfficer),
        AreaLevel::Province => role == Role::ProvinceOfficer,
        AreaLevel::Cluster => false,
    }
}

/// The levels of area a role can be granted in. Hamlet carers too are granted in their commune (`api.md`).
pub fn granted_at(role: Role) -> &'static [AreaLevel] {
    match role {
        Role::Carer => &[AreaLevel::Commune, AreaLevel::Cluster],
        Role::StationLeader | Role::Clerk | Role::CommuneLeader => &[AreaLevel::Commune],
        Role::Police => &[AreaLevel::District, AreaLevel::Commune],
        Role::DistrictOfficer => &[AreaLevel::District],
        Role::ProvinceOfficer => &[AreaLevel::Province],
        Role::Commander | Role::Adviser | Role::AdviserLeader | Role::Inspector | Role::Admin => {
            &[AreaLevel::Province, AreaLevel::District, AreaLevel::Commune]
        }
    }
}

/// Who signs in with a second factor: administrators, inspectors, and everybody of the district and above.
pub fn needs_second_factor(role: Role) -> bool {
    match role {
        Role::Admin | Role::Inspector | Role::DistrictOfficer | Role::ProvinceOfficer | Role::Commander => {
            true
        }
        Role::Carer
        | Role::StationLeader
        | Role::Clerk
        | Role::CommuneLeader
        | Role::Police
        | Role::Adviser
        | Role::AdviserLeader => false,
    }
}

/// The whole table as Markdown, for `docs/permissions.md`.
pub fn table() -> String {
    let mut out = String::from(
        "# Who may do what\n\n\
         Made from `crates/rules/src/permission.rs`; a test compares the two. A role holds in the area it is granted\n\
         in and below. Reports belong to the leader of their own level: see the second table.\n\n",
    );
    out.push_str("| verb |");
    Role::ALL.iter().for_each(|role| out.push_str(&format!(" {role} |")));
    out.push_str("\n|---|");
    out.push_str(&":-:|".repeat(ROLES));
    for verb in Verb::ALL {
        out.push_str(&format!("\n| {verb} |"));
        for role in Role::ALL {
            out.push_str(if may(*role, *verb) { " x |" } else { " |" });
        }
    }
    out.push_str("\n\n## Reports, by the level of their area\n\n| verb | level | roles |\n|---|---|---|");
    for verb in [ConfirmReport, SubmitReport, SupplementReport, SubstituteReport, CorrectReport] {
        for level in [AreaLevel::Commune, AreaLevel::District, AreaLevel::Province] {
            let roles: Vec<&str> =
                Role::ALL.iter().filter(|role| may_at(**role, verb, level)).map(|role| role.word()).collect();
            let roles = if roles.is_empty() { "nobody".to_owned() } else { roles.join(", ") };
            out.push_str(&format!("\n| {verb} | {level} | {roles} |"));
        }
    }
    out.push_str("\n\n## Roles: where they are granted, and who signs in with a second factor\n\n");
    out.push_str("| role | level of area | second factor |\n|---|---|:-:|");
    for role in Role::ALL {
        let levels: Vec<&str> = granted_at(*role).iter().map(|level| level.word()).collect();
        let second = if needs_second_factor(*role) { "x" } else { "" };
        out.push_str(&format!("\n| {role} | {} | {second} |", levels.join(", ")));
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The approved copy, beside the other docs.
    const APPROVED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/permissions.md");

    #[test]
    fn the_approved_table_is_the_table() {
        let approved = std::fs::read_to_string(APPROVED).unwrap_or_default();
        let now = table();
        assert!(approved == now, "docs/permissions.md differs; approve this text if it is meant:\n{now}");
    }

    #[test]
    fn every_verb_is_listed_once_and_reads_back() {
        for (at, verb) in Verb::ALL.iter().enumerate() {
            assert_eq!(*verb as usize, at, "{verb} stands in ALL where it stands in the enum");
            assert_eq!(Verb::parse(verb.word()), Some(*verb));
        }
        assert_eq!(Verb::ALL.last().map(|verb| *verb as usize), Some(ExportInspection as usize));
        for (at, role) in Role::ALL.iter().enumerate() {
            assert_eq!(column(*role), at);
        }
    }

    #[test]
    fn the_letters_rules_hold() {
        use Role::*;
        let table: &[(Verb, &[Role])] = &[
            (RegisterEpisode, &[Carer, StationLeader, Clerk, CommuneLeader]),
            (EndToHospital, &[Carer, StationLeader, Clerk, CommuneLeader]),
            (EndEpisode, &[StationLeader, Clerk, CommuneLeader]),
            (ConfirmReport, &[StationLeader]),
            (SubmitReport, &[CommuneLeader, DistrictOfficer, ProvinceOfficer]),
            (SubstituteReport, &[DistrictOfficer, ProvinceOfficer]),
            (SupplementReport, &[CommuneLeader]),
            (CorrectReport, &[CommuneLeader, DistrictOfficer, ProvinceOfficer]),
            (ReadAccessLog, &[Inspector]),
            (ManageStaff, &[Admin]),
        ];
        for (verb, allowed) in table {
            for role in Role::ALL {
                assert_eq!(may(*role, *verb), allowed.contains(role), "{role} {verb}");
            }
        }
    }

    #[test]
    fn whoever_sees_the_people_behind_a_figure_may_see_people() {
        for role in Role::ALL {
            if may(*role, ReadFigurePeople) {
                assert!(
                    may(*role, ReadPerson) && may(*role, ListPeople) && may(*role, ReadFigures),
                    "{role}"
                );
            }
            if may(*role, ReadPerson) {
                assert!(may(*role, ReadWhereabouts), "{role} sees all, so also the part");
            }
        }
    }

    /// The verbs that change nothing.
    const READING: &[Verb] = &[
        ReadPerson,
        ListPeople,
        ReadWhereabouts,
        ReadGroups,
        ReadGaps,
        ReadReports,
        ReadFigures,
        ReadFigurePeople,
        ReadAlerts,
        ReadThread,
        ReadProtocol,
        ReadAreas,
        ReadStaff,
        ReadAccessLog,
        ReadLogHead,
        VerifyLog,
        ExportInspection,
    ];

    #[test]
    fn the_inspector_reads_everything_and_changes_nothing() {
        for verb in Verb::ALL {
            assert_eq!(may(Role::Inspector, *verb), READING.contains(verb), "{verb}");
        }
    }

    #[test]
    fn some_see_no_health_record() {
        let health = [ReadPerson, ListPeople, ReadFigurePeople, ReadAlerts, ReadThread, WriteMessage];
        for role in [Role::Police, Role::Commander, Role::Adviser, Role::AdviserLeader, Role::Admin] {
            assert!(health.iter().all(|verb| !may(role, *verb)), "{role}");
        }
        let commander: Vec<Verb> =
            Verb::ALL.iter().copied().filter(|verb| may(Role::Commander, *verb)).collect();
        assert_eq!(commander, [ReadGaps, ReadReports, ReadFigures, ReadProtocol, ReadAreas, ReadLogHead]);
        let police: Vec<Verb> = Verb::ALL.iter().copied().filter(|verb| may(Role::Police, *verb)).collect();
        assert_eq!(police, [ReadWhereabouts, ReadAreas, ReadLogHead]);
        let adviser: Vec<Verb> = Verb::ALL.iter().copied().filter(|verb| may(Role::Adviser, *verb)).collect();
        assert_eq!(adviser, [ReadAreas, ReadLogHead]);
    }

    #[test]
    fn a_report_belongs_to_the_leader_of_its_level() {
        use AreaLevel::*;
        let table = [
            (Role::CommuneLeader, SubmitReport, Commune, true),
            (Role::CommuneLeader, SubmitReport, District, false),
            (Role::DistrictOfficer, SubmitReport, Commune, false),
            (Role::DistrictOfficer, SubmitReport, District, true),
            (Role::ProvinceOfficer, SubmitReport, Province, true),
            (Role::ProvinceOfficer, SubmitReport, District, false),
            (Role::StationLeader, ConfirmReport, Commune, true),
            (Role::StationLeader, ConfirmReport, District, false),
            (Role::StationLeader, SubmitReport, Commune, false),
            (Role::Clerk, SubmitReport, Commune, false),
            (Role::DistrictOfficer, SubstituteReport, Commune, true),
            (Role::DistrictOfficer, SubstituteReport, District, false),
            (Role::ProvinceOfficer, SubstituteReport, District, true),
            (Role::CommuneLeader, SubstituteReport, Commune, false),
            (Role::CommuneLeader, CorrectReport, Commune, true),
            (Role::CommuneLeader, CorrectReport, District, false),
            (Role::DistrictOfficer, CorrectReport, Commune, true),
            (Role::DistrictOfficer, CorrectReport, Province, false),
            (Role::Inspector, ReadReports, Province, true),
        ];
        for (role, verb, level, allowed) in table {
            assert_eq!(may_at(role, verb, level), allowed, "{role} {verb} {level}");
        }
        for (role, verb) in Role::ALL.iter().flat_map(|role| Verb::ALL.iter().map(move |verb| (role, verb))) {
            let somewhere = AreaLevel::ALL.iter().any(|level| may_at(*role, *verb, *level));
            assert_eq!(may(*role, *verb), somewhere, "{role} {verb}");
        }
    }

    #[test]
    fn endings_have_their_verb() {
        assert_eq!(Verb::of_ending(Outcome::Hospital), Some(EndToHospital));
        assert_eq!(Verb::of_ending(Outcome::Died), Some(EndEpisode));
        assert_eq!(Verb::of_ending(Outcome::Recovered), None);
    }

    #[test]
    fn the_district_and_above_sign_in_with_two_factors() {
        let two: Vec<Role> = Role::ALL.iter().copied().filter(|role| needs_second_factor(*role)).collect();
        assert_eq!(
            two,
            [Role::DistrictOfficer, Role::ProvinceOfficer, Role::Commander, Role::Inspector, Role::Admin]
        );
    }
}
