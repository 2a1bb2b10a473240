//! The door of a new store: one link, printed once, with which the first administrator chooses a name and a password.
//! The same page opens the account of anybody who was added or reset. The command line makes such links too.

use crate::desk::Desk;
use crate::house::{House, Mint, Once};
use crate::sign_in::{PASSWORD_BYTES_MAX, clean_login, hash_password, new_token};
use crate::staff::{
    AddStaff, LINK_LIFE, NewRole, add_with_link, checked_login, checked_name, reset_with_link,
};
use rules::{AreaId, Refusal, Role, StaffId};
use store::session::{self, token_hash};
use store::staff::{self, NewGrant, NewStaff, Staff};
use store::{Reader, Stop, StoreError, Tx, area, meta_get, meta_set};

pub const PASSWORD_CHARS_MIN: usize = 12;
/// A password of fewer different letters is one that everybody tries.
const PASSWORD_LETTERS_MIN: usize = 5;
/// Which account is the first administrator's, by number.
const META_FIRST: &str = "first_admin";
/// What the account is called until its holder chooses.
const LOGIN_UNTIL_CHOSEN: &str = "quantri";

/// What a link opens.
#[derive(Clone, Debug, PartialEq)]
pub struct Opening {
    pub login: String,
    /// The first administrator chooses login and name as well.
    pub asks_name: bool,
}

/// What the page sends back.
#[derive(Clone, Debug)]
pub struct OpenAccount {
    pub token: String,
    /// Both are read only where [`Opening::asks_name`] says so.
    pub login: String,
    pub full_name: String,
    pub password: String,
}

/// The token of a link for the first administrator, while nobody can administer the store; printed at each start
/// until somebody has used one.
pub async fn link_if_nobody(house: &House) -> Result<Option<String>, Stop> {
    let (token, hash) = new_token(house);
    let now = house.clock.machine_now();
    let desk = Desk::operator(house.now(), "cli");
    let made = house
        .run(&desk, move |tx, desk, mint| {
            let Some(id) = first_account(tx, desk, mint)? else { return Ok(false) };
            session::set_link(tx, id, &hash, now.plus(LINK_LIFE), now)?;
            Ok(true)
        })
        .await?;
    Ok(made.then_some(token))
}

/// The account that the first link opens, made if need be; `None` once there is an administrator.
fn first_account(tx: &mut Tx, desk: &Desk, mint: &mut Mint) -> Result<Option<StaffId>, Stop> {
    if let Some(id) = first(tx)? {
        let waits = session::credential(tx, id)?.is_none_or(|c| c.password_hash.is_none());
        let is_nameless =
            staff::by_id(tx, id)?.is_some_and(|s| s.full_name.is_empty() && s.ended_at.is_none());
        return Ok((waits && is_nameless).then_some(id));
    }
    if !staff::with_role_below(tx, "/", Role::Admin)?.is_empty() {
        return Ok(None);
    }
    let new = NewStaff {
        uid: mint.uid(desk.now),
        login: LOGIN_UNTIL_CHOSEN.to_owned(),
        full_name: String::new(),
        phone: None,
        licence: None,
        made_up: false,
    };
    let id = staff::insert(tx, &new, desk.now)?;
    for root in area::roots(tx)? {
        insert_admin(tx, desk, mint, id, root.id)?;
    }
    meta_set(tx, META_FIRST, &id.0.to_string())?;
    let header = format!("staff={} first=1", id.0);
    tx.log(&desk.stamp(), &format!("staff:{}", id.0), "staff_added", &header, "")?;
    Ok(Some(id))
}

fn first(reader: &mut Reader) -> Result<Option<StaffId>, StoreError> {
    Ok(meta_get(reader, META_FIRST)?.and_then(|id| id.parse().ok()).map(StaffId))
}

fn insert_admin(tx: &mut Tx, desk: &Desk, mint: &mut Mint, id: StaffId, root: AreaId) -> Result<(), Stop> {
    let grant = NewGrant { uid: mint.uid(desk.now), role: Role::Admin, area_id: root, organisation_id: None };
    staff::insert_grant(tx, id, &grant, desk.now)?;
    Ok(())
}

/// The first administrator answers for a root that comes later too.
pub(crate) fn answer_for(tx: &mut Tx, desk: &Desk, mint: &mut Mint, root: AreaId) -> Result<(), Stop> {
    let Some(id) = first(tx)? else { return Ok(()) };
    if staff::by_id(tx, id)?.is_some_and(|s| s.ended_at.is_none()) {
        insert_admin(tx, desk, mint, id, root)?;
        let header = format!("staff={} roles=admin:{}", id.0, root.0);
        tx.log(&desk.stamp(), &format!("staff:{}", id.0), "role_given", &header, "")?;
    }
    Ok(())
}

/// What a link opens; `None` when it was used or has run out.
pub async fn opening(house: &House, token: &str) -> Result<Option<Opening>, Stop> {
    let (hash, now) = (token_hash(token), house.clock.machine_now());
    let member = house.store.read(move |r| by_link(r, &hash, now)).await?;
    Ok(member.map(|member| Opening { asks_name: member.full_name.is_empty(), login: member.login }))
}

fn by_link(
    reader: &mut Reader,
    hash: &session::TokenHash,
    now: rules::At,
) -> Result<Option<Staff>, StoreError> {
    match session::by_link(reader, hash, now)? {
        Some(id) => staff::by_id(reader, id),
        None => Ok(None),
    }
}

/// Opens the account with a password of its holder's own, and returns the login to sign in with. The link is used up.
///
/// # Errors
/// `link_used`, or the fields that are wrong.
pub async fn open_account(house: &House, cmd: &OpenAccount) -> Result<String, Stop> {
    let (link, now) = (token_hash(&cmd.token), house.clock.machine_now());
    let used = || Refusal::conflict("link_used");
    let member = house.store.read(move |r| by_link(r, &link, now)).await?.ok_or_else(used)?;
    let chosen = if member.full_name.is_empty() {
        Some((checked_login(&cmd.login)?, checked_name(&cmd.full_name)?))
    } else {
        None
    };
    let login = chosen.as_ref().map_or(member.login.clone(), |(login, _)| login.clone());
    check_password(&cmd.password, &login)?;
    let hash = hash_password(house, cmd.password.clone()).await?;
    let desk = Desk {
        staff: Some(member.id),
        name: member.full_name,
        grants: Vec::new(),
        origin: "web",
        now: house.now(),
        operator: false,
        household: None,
        asked: Default::default(),
    };
    let (id, kept) = (member.id, login.clone());
    house
        .run(&desk, move |tx, desk, _| {
            if session::by_link(tx, &link, now)? != Some(id) {
                return Err(used().into());
            }
            if let Some((login, name)) = &chosen {
                if staff::by_login(tx, login)?.is_some_and(|other| other.id != id) {
                    return Err(Refusal::conflict("login_taken").and_field("login", "taken").into());
                }
                staff::set_name(tx, id, login, name)?;
            }
            session::set_password(tx, id, &hash, now)?;
            let header = format!("staff={}", id.0);
            tx.log(&desk.stamp(), &format!("staff:{}", id.0), "password_set", &header, "")?;
            Ok(())
        })
        .await?;
    Ok(kept)
}

/// Long is good; a long row of one key is not.
fn check_password(password: &str, login: &str) -> Result<(), Refusal> {
    if password.len() > PASSWORD_BYTES_MAX {
        return Err(Refusal::field("password", "too_long"));
    }
    if password.chars().count() < PASSWORD_CHARS_MIN {
        return Err(Refusal::field("password", "too_short").with("n", PASSWORD_CHARS_MIN));
    }
    let mut letters: Vec<char> = password.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    if letters.len() < PASSWORD_LETTERS_MIN || clean_login(password) == login {
        return Err(Refusal::field("password", "too_plain"));
    }
    Ok(())
}

/// `keben staff add`: the token of the link that opens the new account.
pub async fn add_by_operator(
    house: &House,
    desk: &Desk,
    login: &str,
    name: &str,
    role: &str,
    area: &str,
) -> Result<String, Stop> {
    let role = Role::parse(role.trim()).ok_or_else(|| Refusal::field("role", "unknown_role"))?;
    let cmd = AddStaff {
        login: login.to_owned(),
        full_name: name.to_owned(),
        phone: None,
        licence: None,
        roles: vec![NewRole { role, area_code: area.to_owned(), organisation: None }],
        made_up: false,
    };
    let made = add_with_link(house, desk, new_command("staff add"), cmd).await?;
    made.token.ok_or_else(|| Refusal::conflict("link_used").into())
}

/// `keben staff reset`: the token of the link that opens the account anew.
pub async fn reset_by_operator(house: &House, desk: &Desk, login: &str) -> Result<String, Stop> {
    let wanted = clean_login(login);
    let found = house.store.read(move |r| staff::by_login(r, &wanted)).await?;
    let member =
        found.filter(|s| s.ended_at.is_none()).ok_or_else(|| Refusal::field("login", "unknown_login"))?;
    let made = reset_with_link(house, desk, new_command("staff reset"), member.uid).await?;
    made.token.ok_or_else(|| Refusal::conflict("link_used").into())
}

/// A command that nobody repeats.
fn new_command(route: &'static str) -> Once {
    Once { route, key: None, body: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_long_and_not_the_name() {
        let code =
            |password: &str| check_password(password, "lan.tram.muongte").err().map(|r| r.fields[0].code);
        assert_eq!(code("mưa rơi trên mái nhà sàn"), None);
        assert_eq!(code("ngắn quá"), Some("too_short"));
        assert_eq!(code("aaaaaaaaaaaaaaaa"), Some("too_plain"));
        assert_eq!(code("Lan.Tram.MuongTe"), Some("too_plain"));
        assert_eq!(code(&"x".repeat(PASSWORD_BYTES_MAX + 1)), Some("too_long"));
    }
}
