//! Typed ids. Inside, every noun is numbered by one gapless counter of the store; outside it is known by its
//! [`Uid`] (a UUID of version 7), so that nobody can count or guess another commune's records.

/// A noun's name outside the program: the 16 bytes of a UUIDv7.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Uid(pub [u8; 16]);

impl Uid {
    /// Reads the 32 hexadecimal digits of an id, with or without hyphens. `None` for anything else.
    pub fn parse(text: &str) -> Option<Uid> {
        let mut out = [0u8; 16];
        let mut digits = 0;
        for c in text.bytes().filter(|c| *c != b'-') {
            let nibble = (c as char).to_digit(16)? as u8;
            if digits == 32 {
                return None;
            }
            out[digits / 2] = (out[digits / 2] << 4) | nibble;
            digits += 1;
        }
        (digits == 32).then_some(Uid(out))
    }

    /// A version-7 UUID from a time (ms since 1970) and ten bytes of chance.
    pub fn v7(at_ms: i64, chance: [u8; 10]) -> Uid {
        let mut out = [0u8; 16];
        out[..6].copy_from_slice(&(at_ms as u64).to_be_bytes()[2..]);
        out[6..].copy_from_slice(&chance);
        out[6] = 0x70 | (out[6] & 0x0f);
        out[8] = 0x80 | (out[8] & 0x3f);
        Uid(out)
    }
}

impl std::fmt::Display for Uid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::fmt::Debug for Uid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub i64);
    )*};
}

ids! {
    /// An administrative unit or a cluster below the commune (cụm dân cư).
    AreaId
    /// A command centre, health station, community team …
    OrganisationId
    /// A member of staff: anybody who signs in.
    StaffId
    /// One role of one member of staff in one organisation and area.
    GrantId
    PersonId
    /// A home or lodging (hộ gia đình, nơi lưu trú).
    HouseholdId
    /// One person's stretch of care (hồ sơ theo dõi).
    EpisodeId
    /// A group of 50-100 households with leader and carers (nhóm).
    GroupId
    AttemptId
    TestId
    /// One answer about somebody's health (khai báo sức khoẻ).
    CheckinId
    JudgementId
    AlertId
    /// A home's own link.
    LinkId
    /// A device that may read what is said in its home's thread.
    DeviceId
    /// A thread: a home's, or a care group's.
    ConversationId
    MessageId
    /// How far somebody has seen a thread.
    SeenId
    /// Work of one day for a home, that somebody took on (việc).
    TaskId
    /// Somebody whom an alarm is about.
    AlertSubjectId
    /// A protocol that an organisation adopted.
    AdoptionId
    ReportId
    ImportId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_what_it_prints() {
        let uid = Uid::v7(1_647_390_600_000, [7; 10]);
        assert_eq!(Uid::parse(&uid.to_string()), Some(uid));
        assert_eq!(Uid::parse("12"), None);
        assert_eq!(Uid::parse(&"0".repeat(33)), None);
        assert_eq!(Uid::parse("zz97f2c2d2c07b2b8b2b0707070707zz"), None);
    }
}
