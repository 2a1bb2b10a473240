//! Accounts and roles: adding people, giving and taking roles, and the one-time link with which an account is opened
//! anew. An administrator acts within their own area, and resets only accounts whose every role lies there: whoever
//! may open an account can do what its holder can.

use crate::desk::Desk;
use crate::house::{House, Mint, Once};
use crate::sign_in::{LOGIN_CHARS_MAX, clean_login, end_sessions, new_token};
use crate::task;
use rules::areas::full_name;
use rules::fold::{display_name, nfc};
use rules::permission::{Verb, granted_at};
use rules::time::HOUR;
use rules::{AreaId, At, OrganisationId, Refusal, Role, StaffId, Uid};
use serde::{Deserialize, Serialize};
use store::area::Area;
use store::staff::{GRANTS_MAX, HeldRole, NewGrant, NewStaff, Staff};
use store::{Reader, Stop, Tx, area, organisation, session, staff};

/// How long a link opens a new account or one that was reset, by the machine's clock.
pub const LINK_LIFE: i64 = 72 * HOUR;
pub const NAME_CHARS_MAX: usize = 120;
pub const LICENCE_CHARS_MAX: usize = 60;
const LOGIN_CHARS_MIN: usize = 2;

/// A role to be given.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRole {
    pub role: Role,
    /// The code of a unit or, for a carer, of a cluster.
    pub area_code: String,
    pub organisation: Option<Uid>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct AddStaff {
    pub login: String,
    pub full_name: String,
    pub phone: Option<String>,
    /// Number of the licence to practise, for clinicians.
    pub licence: Option<String>,
    pub roles: Vec<NewRole>,
    /// A made-up person of a training store; only the operator makes one.
    pub made_up: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StaffDone {
    pub id: String,
    pub login: String,
}

/// A link that opens an account once. The token is shown now or never: what is kept is its hash.
#[derive(Clone, Debug)]
pub struct OneTime {
    pub id: String,
    pub login: String,
    pub name: String,
    /// `None` when a repeated request finds the link already made.
    pub token: Option<String>,
    /// By the machine's clock.
    pub until: At,
}

/// What a repeated request is answered from; holds no token.
#[derive(Serialize, Deserialize)]
struct LinkMade {
    id: String,
    login: String,
    name: String,
    hash: String,
    until: i64,
}

/// Somebody who does not exist yet, checked; or who they already are.
pub(crate) enum Ensured {
    Created(StaffId),
    Changed,
    Same,
}

/// Adds somebody with their roles. They cannot sign in before a link was made for them.
pub fn add(tx: &mut Tx, desk: &Desk, mint: &mut Mint, cmd: &AddStaff) -> Result<StaffDone, Stop> {
    add_one(tx, desk, mint, cmd).map(|(_, done)| done)
}

fn add_one(tx: &mut Tx, desk: &Desk, mint: &mut Mint, cmd: &AddStaff) -> Result<(StaffId, StaffDone), Stop> {
    let login = checked_login(&cmd.login)?;
    if staff::by_login(tx, &login)?.is_some() {
        return Err(Refusal::conflict("login_taken").and_field("login", "taken").into());
    }
    let roles = checked_roles(tx, desk, &cmd.roles)?;
    create(tx, desk, mint, cmd, login, &roles)
}

/// Adds somebody and makes the link that opens their account.
pub async fn add_with_link(house: &House, desk: &Desk, once: Once, cmd: AddStaff) -> Result<OneTime, Stop> {
    with_link(house, desk, once, move |tx, desk, mint| {
        let (id, done) = add_one(tx, desk, mint, &cmd)?;
        Ok((id, done.login, cmd.full_name.clone(), done.id))
    })
    .await
}

/// Closes the account to everybody and makes a link that opens it anew: for a forgotten password or a lost phone.
pub async fn reset_with_link(house: &House, desk: &Desk, once: Once, uid: Uid) -> Result<OneTime, Stop> {
    let machine_now = house.clock.machine_now();
    with_link(house, desk, once, move |tx, desk, _| {
        let member = in_charge_of(tx, desk, uid)?;
        reset(tx, desk, &member, machine_now)?;
        Ok((member.id, member.login, member.full_name, member.uid.to_string()))
    })
    .await
}

/// Runs an act on one account and gives it a link: `act` says whose it is (id, login, name, uid).
async fn with_link<F>(house: &House, desk: &Desk, once: Once, mut act: F) -> Result<OneTime, Stop>
where
    F: FnMut(&mut Tx, &Desk, &mut Mint) -> Result<(StaffId, String, String, String), Stop> + Send + 'static,
{
    let (token, hash) = new_token(house);
    let now = house.clock.machine_now();
    let until = now.plus(LINK_LIFE);
    let made: LinkMade = house
        .once(desk, once, move |tx, desk, mint| {
            let (id, login, name, uid) = act(tx, desk, mint)?;
            session::set_link(tx, id, &hash, until, now)?;
            Ok(LinkMade { id: uid, login, name, hash: store::log::hex(&hash), until: until.0 })
        })
        .await?;
    let is_this_one = made.hash == store::log::hex(&hash);
    Ok(OneTime {
        id: made.id,
        login: made.login,
        name: made.name,
        token: is_this_one.then_some(token),
        until: At(made.until),
    })
}

/// Ends sessions and says that the account was reset; the link is the caller's.
pub(crate) fn reset(tx: &mut Tx, desk: &Desk, member: &Staff, machine_now: At) -> Result<(), Stop> {
    end_sessions(tx, desk, member.id, machine_now)?;
    let header = format!("staff={}", member.id.0);
    tx.log(&desk.stamp(), &stream(member.id), "account_reset", &header, "")?;
    Ok(())
}

/// Gives one more role.
pub fn give_role(
    tx: &mut Tx,
    desk: &Desk,
    mint: &mut Mint,
    uid: Uid,
    role: &NewRole,
) -> Result<StaffDone, Stop> {
    let (member, held) = visible(tx, desk, uid)?;
    let roles = checked_roles(tx, desk, std::slice::from_ref(role))?;
    let missing: Vec<Checked> = roles.into_iter().filter(|new| !new.is_held(&held)).collect();
    if held.len() + missing.len() > GRANTS_MAX {
        return Err(Refusal::field("role", "too_many").into());
    }
    if !missing.is_empty() {
        grant_all(tx, desk, mint, member.id, &missing)?;
        tx.log(&desk.stamp(), &stream(member.id), "role_given", &header(member.id, &missing), "")?;
    }
    Ok(StaffDone { id: member.uid.to_string(), login: member.login })
}

/// Takes every role within the administrator's area away and ends all sessions; where no role is left, the account
/// ends. Groups that the person led stay theirs in name until somebody else is set: a leader who is gone is a gap.
pub fn revoke(tx: &mut Tx, desk: &Desk, uid: Uid, machine_now: At) -> Result<StaffDone, Stop> {
    let (member, held) = visible(tx, desk, uid)?;
    if desk.staff == Some(member.id) {
        return Err(Refusal::conflict("own_account").into());
    }
    let (taken, left): (Vec<HeldRole>, Vec<HeldRole>) =
        held.into_iter().partition(|role| desk.can(Verb::ManageStaff, &role.path));
    task::pass_on(tx, desk, member.id)?;
    for role in &taken {
        staff::revoke_grant(tx, role.id, desk.now)?;
    }
    let ended = left.is_empty();
    if ended {
        staff::end(tx, member.id, desk.now)?;
        session::close_credential(tx, member.id)?;
    }
    let sessions = session::end_all_of(tx, member.id, machine_now)?;
    let header = format!("staff={} roles={} sessions={sessions}", member.id.0, taken.len());
    let kind = if ended { "staff_ended" } else { "roles_revoked" };
    tx.log(&desk.stamp(), &stream(member.id), kind, &header, "")?;
    Ok(StaffDone { id: member.uid.to_string(), login: member.login })
}

/// Makes somebody of this login exist with these roles. `overwrite`: the words of an existing account follow too, and
/// roles they lack are added; otherwise an existing account is left alone. Every refusal comes before any write.
pub(crate) fn ensure(
    tx: &mut Tx,
    desk: &Desk,
    mint: &mut Mint,
    cmd: &AddStaff,
    overwrite: bool,
) -> Result<Ensured, Stop> {
    let login = checked_login(&cmd.login)?;
    let known = staff::by_login(tx, &login)?;
    match known {
        None => {
            let roles = checked_roles(tx, desk, &cmd.roles)?;
            create(tx, desk, mint, cmd, login, &roles).map(|(id, _)| Ensured::Created(id))
        }
        Some(_) if !overwrite => Ok(Ensured::Same),
        Some(member) if member.ended_at.is_some() => Err(Refusal::field("login", "taken").into()),
        Some(member) => {
            let roles = checked_roles(tx, desk, &cmd.roles)?;
            let held = staff::grants_of(tx, member.id)?;
            if !desk.operator && !held.iter().all(|h| desk.can(Verb::ManageStaff, &h.path)) {
                return Err(Refusal::field("login", "taken").into());
            }
            let words = checked_words(cmd)?;
            let missing: Vec<Checked> = roles.into_iter().filter(|new| !new.is_held(&held)).collect();
            if held.len() + missing.len() > GRANTS_MAX {
                return Err(Refusal::field("role", "too_many").into());
            }
            // An empty cell takes nothing away.
            let phone = words.phone.or(member.phone.clone());
            let licence = words.licence.or(member.licence.clone());
            let same =
                (&words.full_name, &phone, &licence) == (&member.full_name, &member.phone, &member.licence);
            if same && missing.is_empty() {
                return Ok(Ensured::Same);
            }
            if !same {
                staff::set_details(tx, member.id, &words.full_name, phone.as_deref(), licence.as_deref())?;
            }
            grant_all(tx, desk, mint, member.id, &missing)?;
            tx.log(&desk.stamp(), &stream(member.id), "staff_changed", &header(member.id, &missing), "")?;
            Ok(Ensured::Changed)
        }
    }
}

fn create(
    tx: &mut Tx,
    desk: &Desk,
    mint: &mut Mint,
    cmd: &AddStaff,
    login: String,
    roles: &[Checked],
) -> Result<(StaffId, StaffDone), Stop> {
    if cmd.made_up && !desk.operator {
        return Err(Refusal::not_found().into());
    }
    let words = checked_words(cmd)?;
    let new = NewStaff {
        uid: mint.uid(desk.now),
        login,
        full_name: words.full_name,
        phone: words.phone,
        licence: words.licence,
        made_up: cmd.made_up,
    };
    let id = staff::insert(tx, &new, desk.now)?;
    grant_all(tx, desk, mint, id, roles)?;
    tx.log(&desk.stamp(), &stream(id), "staff_added", &header(id, roles), "")?;
    Ok((id, StaffDone { id: new.uid.to_string(), login: new.login }))
}

/// A role with its area found and allowed.
struct Checked {
    role: Role,
    area_id: AreaId,
    organisation_id: Option<OrganisationId>,
}

impl Checked {
    fn is_held(&self, held: &[HeldRole]) -> bool {
        held.iter().any(|h| h.role == self.role && h.area_id == self.area_id)
    }
}

fn checked_roles(reader: &mut Reader, desk: &Desk, roles: &[NewRole]) -> Result<Vec<Checked>, Stop> {
    if roles.is_empty() {
        return Err(Refusal::field("role", "missing").into());
    }
    if roles.len() > GRANTS_MAX {
        return Err(Refusal::field("role", "too_many").into());
    }
    let mut checked: Vec<Checked> = Vec::new();
    for new in roles {
        let place = area::by_code(reader, new.area_code.trim(), None)?
            .filter(|a| desk.can(Verb::ManageStaff, &a.path))
            .ok_or_else(|| Refusal::field("area", "unknown_area"))?;
        if !granted_at(new.role).contains(&place.level) {
            let wrong = Refusal::field("role", "not_at_this_level");
            return Err(wrong.with("area", full_name(&place.kind, &place.name)).into());
        }
        let organisation_id = match new.organisation {
            None => None,
            Some(uid) => Some(organisation_for(reader, &place, uid)?),
        };
        if checked.iter().all(|c| (c.role, c.area_id) != (new.role, place.id)) {
            checked.push(Checked { role: new.role, area_id: place.id, organisation_id });
        }
    }
    Ok(checked)
}

/// An organisation of the area, of one above it or of one below.
fn organisation_for(reader: &mut Reader, place: &Area, uid: Uid) -> Result<OrganisationId, Stop> {
    let unknown = || Refusal::field("organisation", "unknown_organisation");
    let found = organisation::by_uid(reader, uid)?.ok_or_else(unknown)?;
    let of = area::by_id(reader, found.area_id)?.ok_or_else(unknown)?;
    if place.path.starts_with(&of.path) || of.path.starts_with(&place.path) {
        Ok(found.id)
    } else {
        Err(unknown().into())
    }
}

fn grant_all(tx: &mut Tx, desk: &Desk, mint: &mut Mint, id: StaffId, roles: &[Checked]) -> Result<(), Stop> {
    for new in roles {
        let grant = NewGrant {
            uid: mint.uid(desk.now),
            role: new.role,
            area_id: new.area_id,
            organisation_id: new.organisation_id,
        };
        staff::insert_grant(tx, id, &grant, desk.now)?;
    }
    Ok(())
}

fn header(id: StaffId, roles: &[Checked]) -> String {
    let roles: Vec<String> = roles.iter().map(|r| format!("{}:{}", r.role, r.area_id.0)).collect();
    format!("staff={} roles={}", id.0, roles.join(","))
}

fn stream(id: StaffId) -> String {
    format!("staff:{}", id.0)
}

/// Somebody with at least one role in the administrator's area; anybody else does not exist for them.
fn visible(reader: &mut Reader, desk: &Desk, uid: Uid) -> Result<(Staff, Vec<HeldRole>), Stop> {
    let member =
        staff::by_uid(reader, uid)?.filter(|s| s.ended_at.is_none()).ok_or_else(Refusal::not_found)?;
    let held = staff::grants_of(reader, member.id)?;
    if !desk.operator && !held.iter().any(|h| desk.can(Verb::ManageStaff, &h.path)) {
        return Err(Refusal::not_found().into());
    }
    Ok((member, held))
}

/// Somebody whose every role lies in the administrator's area.
fn in_charge_of(reader: &mut Reader, desk: &Desk, uid: Uid) -> Result<Staff, Stop> {
    let (member, held) = visible(reader, desk, uid)?;
    if !desk.operator && !held.iter().all(|h| desk.can(Verb::ManageStaff, &h.path)) {
        return Err(Refusal::conflict("other_areas").into());
    }
    Ok(member)
}

/// Lower-case letters, digits, dots, hyphens and underscores, a letter or digit first.
pub(crate) fn checked_login(login: &str) -> Result<String, Refusal> {
    let login = clean_login(login);
    let plain = login.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-_".contains(&b));
    let begins = login.starts_with(|c: char| c.is_ascii_alphanumeric());
    if !plain || !begins || !(LOGIN_CHARS_MIN..=LOGIN_CHARS_MAX).contains(&login.len()) {
        return Err(Refusal::field("login", "bad_login_name"));
    }
    Ok(login)
}

pub(crate) fn checked_name(name: &str) -> Result<String, Refusal> {
    let name = display_name(name);
    match name.chars().count() {
        0 => Err(Refusal::field("full_name", "missing")),
        n if n > NAME_CHARS_MAX => Err(Refusal::field("full_name", "too_long")),
        _ => Ok(name),
    }
}

struct Words {
    full_name: String,
    phone: Option<String>,
    licence: Option<String>,
}

fn checked_words(cmd: &AddStaff) -> Result<Words, Refusal> {
    let full_name = checked_name(&cmd.full_name)?;
    let phone = match cmd.phone.as_deref().map(str::trim).filter(|p| !p.is_empty()) {
        None => None,
        Some(text) => {
            Some(rules::phone::parse(text).map_err(|_| Refusal::field("phone", "bad_phone"))?.into_string())
        }
    };
    let licence = cmd.licence.as_deref().map(nfc).filter(|l| !l.is_empty());
    if licence.as_ref().is_some_and(|l| l.chars().count() > LICENCE_CHARS_MAX) {
        return Err(Refusal::field("licence", "too_long"));
    }
    Ok(Words { full_name, phone, licence })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_plain() {
        assert_eq!(checked_login(" Lan.VT "), Ok("lan.vt".to_owned()));
        for wrong in ["", "x", "lần", "lan vt", ".lan", &"x".repeat(LOGIN_CHARS_MAX + 1)] {
            assert!(checked_login(wrong).is_err(), "{wrong}");
        }
    }
}
