//! Signing in and out: a name and a password, a code where the role sees many people's records, and the session that
//! follows. Everything here runs by the machine's clock, since a training clock must not keep a session alive.
//!
//! A wrong name and a wrong password answer alike, in words and in time. What opens an account is never logged; that
//! somebody came in is.

use crate::desk::{Desk, Grant};
use crate::house::{HASHING_MAX, House};
use crate::throttle::Throttle;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use rules::permission::needs_second_factor;
use rules::refusal::RefusalKind;
use rules::time::{DAY, HOUR, MINUTE, SECOND};
use rules::{At, Refusal, Role, StaffId, Uid};
use std::time::Duration;
use store::session::{self, Credential, Found, NewSession, token_hash};
use store::staff::{self, HeldRole, Staff};
use store::{Reader, Stop, StoreError, Tx};
use totp_rs::{Builder, Secret, Totp};

/// Argon2id: 19 MiB and two passes (OWASP). A build for development is too slow for that much.
const HASH_MEMORY_KIB: u32 = if cfg!(debug_assertions) { 256 } else { 19 * 1024 };
const HASH_PASSES: u32 = 2;
const SALT_BYTES: usize = 16;
/// Hashes that are computed at once. Memory is the machine's, so the bound is the whole process's; a place is held
/// until the work is done, even when whoever asked has hung up.
static HASHING: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(HASHING_MAX);
/// How long a sign-in waits for one of the few places where a hash is computed, before it is told to come again.
const HASH_WAIT: Duration = Duration::from_secs(10);

/// Longer passwords are refused unread: hashing them would be work for nothing.
pub const PASSWORD_BYTES_MAX: usize = 256;
/// Longer names belong to nobody.
pub const LOGIN_CHARS_MAX: usize = 60;
/// What is kept of a device's own description.
pub const DEVICE_CHARS_MAX: usize = 200;

const TOKEN_BYTES: usize = 32;
/// A token of that many bytes in base64url.
const TOKEN_CHARS: usize = 43;

const CODE_DIGITS: u8 = 6;
const CODE_SECONDS: u64 = 30;
/// Steps before and after the present one whose code is taken too.
const CODE_WINDOW: u16 = 1;
const SECRET_BYTES: usize = 20;
/// How authenticator programs name us.
const ISSUER: &str = "Ke%20Ben";

/// Between the password and the code.
pub const HALF_LIFE: i64 = 10 * MINUTE;
/// A used session is written down at most once in this time.
const TOUCH_EVERY: i64 = MINUTE;
/// How long a session that ran out is kept.
const SESSIONS_KEPT: i64 = 7 * rules::time::DAY;
/// Sessions written down as used at the same time; one that finds no room is written down at its next use.
const TOUCHES_MAX: usize = 64;
static TOUCHES: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(TOUCHES_MAX);

/// What kind of session it is, and so how long it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The desks of communes, districts and the province.
    Office,
    /// Carers with one phone and days without a signal (P-11).
    Field,
    /// A training store's one-click log-in.
    Demo,
    /// The password was right, the code is still to come: opens nothing.
    Half,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Kind::Office => "office",
            Kind::Field => "field",
            Kind::Demo => "demo",
            Kind::Half => "half",
        }
    }

    fn parse(word: &str) -> Option<Kind> {
        [Kind::Office, Kind::Field, Kind::Demo, Kind::Half].into_iter().find(|kind| kind.word() == word)
    }

    /// Unused for so long, it has ended.
    pub fn idle_max(self) -> i64 {
        match self {
            Kind::Office => 12 * HOUR,
            Kind::Field | Kind::Demo => 30 * DAY,
            Kind::Half => HALF_LIFE,
        }
    }

    /// However much used, it ends after this time.
    pub fn life_max(self) -> i64 {
        match self {
            Kind::Office => 7 * DAY,
            Kind::Field | Kind::Demo => 90 * DAY,
            Kind::Half => HALF_LIFE,
        }
    }

    fn of(grants: &[HeldRole]) -> Kind {
        let field = !grants.is_empty() && grants.iter().all(|g| g.role == Role::Carer);
        if field { Kind::Field } else { Kind::Office }
    }
}

/// Somebody at the door.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub login: String,
    pub password: String,
    pub code: Option<String>,
    /// How the device describes itself.
    pub device: String,
    pub address: String,
}

#[derive(Clone, Debug)]
pub struct SignedIn {
    pub token: String,
    /// By the machine's clock; use puts it off until the session's last day.
    pub expires_at: At,
    pub staff: StaffId,
    pub uid: Uid,
    pub login: String,
    pub name: String,
    pub grants: Vec<Grant>,
    /// Nobody signed in to this account from such a device before.
    pub is_new_device: bool,
}

/// Who is behind a name: what is read before the password is checked.
struct Account {
    member: Staff,
    credential: Credential,
    grants: Vec<HeldRole>,
}

impl Account {
    fn needs_code(&self) -> bool {
        self.credential.totp_confirmed_at.is_some() || self.grants.iter().any(|g| needs_second_factor(g.role))
    }
}

/// The name as accounts are kept: lower case, no blanks around it.
pub fn clean_login(login: &str) -> String {
    login.trim().to_lowercase()
}

/// Signs in with name, password and, where the role needs one, code.
///
/// # Errors
/// `bad_login` for a wrong name or password; `too_many_tries` with `seconds`; `second_factor_needed` with `ticket`;
/// `second_factor_enrol` with `ticket`, `secret` and `uri`; `second_factor_wrong`; `second_factor_used`.
pub async fn sign_in(house: &House, throttle: &Throttle, attempt: &Attempt) -> Result<SignedIn, Stop> {
    let login = clean_login(&attempt.login);
    let now = house.clock.machine_now();
    begin(throttle, &login, &attempt.address, now)?;
    let account = account_by_login(house, &login).await?;
    let hash = account.as_ref().and_then(|a| a.credential.password_hash.clone());
    let right = verify_password(attempt.password.clone(), hash).await?;
    let Some(account) = account.filter(|_| right) else {
        return Err(Refusal::unauthenticated("bad_login").into());
    };
    if !account.needs_code() {
        throttle.succeeded(&login, &attempt.address);
        return enter(house, account, None, &attempt.device, now).await;
    }
    match attempt.code.as_deref().map(str::trim).filter(|code| !code.is_empty()) {
        None => {
            throttle.take_back(&login, &attempt.address);
            Err(ask_for_code(house, account, &attempt.device, now).await?.into())
        }
        Some(code) => {
            let step = check_code(&account, code, now)?;
            throttle.succeeded(&login, &attempt.address);
            enter(house, account, Some(step), &attempt.device, now).await
        }
    }
}

/// Signs in with the code that was still missing; `ticket` is what [`sign_in`] handed out for it.
///
/// # Errors
/// `signed_out` when the ticket has run out; otherwise like [`sign_in`].
pub async fn finish(
    house: &House,
    throttle: &Throttle,
    ticket: &str,
    code: &str,
    address: &str,
) -> Result<SignedIn, Stop> {
    let now = house.clock.machine_now();
    let signed_out = || Refusal::unauthenticated("signed_out");
    let half = found(house, ticket).await?.ok_or_else(signed_out)?;
    if Kind::parse(&half.kind) != Some(Kind::Half) || half.ends_at <= now {
        return Err(signed_out().into());
    }
    begin(throttle, &half.login, address, now)?;
    let account = account_by_login(house, &half.login).await?.ok_or_else(signed_out)?;
    let step = check_code(&account, code.trim(), now)?;
    throttle.succeeded(&half.login, address);
    let device = half_device(house, &half).await?;
    let signed_in = enter(house, account, Some(step), &device, now).await?;
    sign_out(house, ticket).await?;
    Ok(signed_in)
}

/// What the page between password and code shows again after a wrong code: the code alone, or first its setting up.
pub async fn half_way(house: &House, ticket: &str) -> Result<Option<Refusal>, Stop> {
    let now = house.clock.machine_now();
    let half =
        found(house, ticket).await?.filter(|f| f.ends_at > now && Kind::parse(&f.kind) == Some(Kind::Half));
    let Some(half) = half else { return Ok(None) };
    let account = account_by_login(house, &half.login).await?;
    Ok(account.map(|account| wanted(&account, ticket)))
}

/// A session without a password, for the log-ins of a training store.
///
/// # Errors
/// Not found in the real thing, and for whoever is not made up.
pub async fn session_for(house: &House, id: StaffId, device: &str) -> Result<SignedIn, Stop> {
    let found = house.store.read(move |r| staff::by_id(r, id)).await?;
    let member =
        found.filter(|s| house.demo && s.made_up && s.ended_at.is_none()).ok_or_else(Refusal::not_found)?;
    let grants = house.store.read(move |r| staff::grants_of(r, id)).await?;
    let account = Account { member, credential: Credential::default(), grants };
    open_session(house, account, None, Kind::Demo, device, house.clock.machine_now()).await
}

/// Who works with this token; `None` when nobody does any more. Asked at every request: one question, no write.
pub async fn desk_of(house: &House, token: &str, origin: &'static str) -> Result<Option<Desk>, Stop> {
    let Some(found) = found(house, token).await? else { return Ok(None) };
    let now = house.clock.machine_now();
    if !is_open(&found, now) {
        return Ok(None);
    }
    if now.0 - found.seen_at.0 >= TOUCH_EVERY {
        touch(house, found.id, now);
    }
    Ok(Some(desk(house, found, origin)))
}

/// [`desk_of`] for a page that is only left open: nobody did anything, so the session ages as before.
pub async fn desk_left_open(house: &House, token: &str, origin: &'static str) -> Result<Option<Desk>, Stop> {
    let found = found(house, token).await?.filter(|found| is_open(found, house.clock.machine_now()));
    Ok(found.map(|found| desk(house, found, origin)))
}

fn desk(house: &House, found: session::Found, origin: &'static str) -> Desk {
    Desk {
        staff: Some(found.staff_id),
        name: found.full_name,
        grants: found.roles.into_iter().map(grant).collect(),
        origin,
        now: house.now(),
        operator: false,
        household: None,
        asked: Default::default(),
    }
}

/// Ends one session. A token that opens nothing is no error: it is what was asked for.
pub async fn sign_out(house: &House, token: &str) -> Result<(), Stop> {
    let (hash, now) = (token_hash(token), house.clock.machine_now());
    house.store.write(move |tx| Ok(session::end(tx, &hash, now).map(|_| ())?)).await
}

/// Removes sessions that ran out long ago; the log keeps who signed in and out. Returns how many.
pub async fn forget_old_sessions(house: &House) -> Result<u64, Stop> {
    let before = house.clock.machine_now().plus(-SESSIONS_KEPT);
    house.store.write(move |tx| Ok(session::forget_old(tx, before)?)).await
}

/// Ends every session of whoever sits at the desk, on all devices.
pub async fn sign_out_everywhere(house: &House, desk: &Desk) -> Result<u64, Stop> {
    let id = desk.staff.ok_or_else(Refusal::not_found)?;
    let now = house.clock.machine_now();
    house.run(desk, move |tx, desk, _| end_sessions(tx, desk, id, now)).await
}

/// Ends all sessions of one person and says so in the log.
pub(crate) fn end_sessions(tx: &mut Tx, desk: &Desk, id: StaffId, machine_now: At) -> Result<u64, Stop> {
    let ended = session::end_all_of(tx, id, machine_now)?;
    if ended > 0 {
        let header = format!("staff={} sessions={ended}", id.0);
        tx.log(&desk.stamp(), &format!("staff:{}", id.0), "sessions_ended", &header, "")?;
    }
    Ok(ended)
}

/// A new secret for a token or a link, and what is kept of it.
pub(crate) fn new_token(house: &House) -> (String, session::TokenHash) {
    let token = URL_SAFE_NO_PAD.encode(house.secret::<TOKEN_BYTES>());
    let hash = token_hash(&token);
    (token, hash)
}

/// A role as the desk holds it.
pub fn grant(held: HeldRole) -> Grant {
    Grant {
        role: held.role,
        area_id: held.area_id,
        path: held.path,
        level: held.level,
        area_code: held.area_code,
        area_name: held.area_name,
        organisation_id: held.organisation_id,
    }
}

fn begin(throttle: &Throttle, login: &str, address: &str, now: At) -> Result<(), Refusal> {
    throttle.begin(login, address, now).map_err(|wait| {
        let seconds = (wait + SECOND - 1) / SECOND;
        let refusal =
            Refusal { kind: RefusalKind::Busy, code: "too_many_tries", fields: Vec::new(), args: Vec::new() };
        refusal.with("seconds", seconds)
    })
}

fn is_open(found: &Found, now: At) -> bool {
    match Kind::parse(&found.kind) {
        None | Some(Kind::Half) => false,
        Some(kind @ (Kind::Office | Kind::Field | Kind::Demo)) => {
            now < found.ends_at && now.0 - found.seen_at.0 < kind.idle_max()
        }
    }
}

async fn found(house: &House, token: &str) -> Result<Option<Found>, Stop> {
    if token.len() != TOKEN_CHARS {
        return Ok(None);
    }
    let hash = token_hash(token);
    Ok(house.store.read(move |r| session::find(r, &hash)).await?)
}

/// Writes down that a session is used, without anybody waiting for it.
fn touch(house: &House, id: i64, now: At) {
    let Ok(place) = TOUCHES.try_acquire() else { return };
    let store = house.store.clone();
    tokio::spawn(async move {
        let _place = place;
        // Lost when the queue is full: the next use says it again.
        let _ = store.write(move |tx| Ok(session::touch(tx, id, now)?)).await;
    });
}

async fn account_by_login(house: &House, login: &str) -> Result<Option<Account>, Stop> {
    if login.is_empty() || login.chars().count() > LOGIN_CHARS_MAX {
        return Ok(None);
    }
    let login = login.to_owned();
    Ok(house.store.read(move |r| account(r, &login)).await?)
}

fn account(reader: &mut Reader, login: &str) -> Result<Option<Account>, StoreError> {
    let Some(member) = staff::by_login(reader, login)?.filter(|s| s.ended_at.is_none()) else {
        return Ok(None);
    };
    let credential = session::credential(reader, member.id)?.unwrap_or_default();
    let grants = staff::grants_of(reader, member.id)?;
    Ok(Some(Account { member, credential, grants }))
}

async fn enter(
    house: &House,
    account: Account,
    step: Option<i64>,
    device: &str,
    now: At,
) -> Result<SignedIn, Stop> {
    let kind = Kind::of(&account.grants);
    open_session(house, account, step, kind, device, now).await
}

/// Opens the door: uses the code's step up, makes the session, says so in the log.
async fn open_session(
    house: &House,
    account: Account,
    step: Option<i64>,
    kind: Kind,
    device: &str,
    now: At,
) -> Result<SignedIn, Stop> {
    let Account { member, credential, grants } = account;
    let (token, hash) = new_token(house);
    let device: String = device.chars().take(DEVICE_CHARS_MAX).collect();
    let ends_at = now.plus(kind.life_max());
    let grants: Vec<Grant> = grants.into_iter().map(grant).collect();
    let desk = Desk {
        staff: Some(member.id),
        name: member.full_name.clone(),
        grants: grants.clone(),
        origin: if kind == Kind::Demo { "demo" } else { "web" },
        now: house.now(),
        operator: false,
        household: None,
        asked: Default::default(),
    };
    let id = member.id;
    let is_new_device = house
        .run(&desk, move |tx, desk, _| {
            // Whoever left, or was given another password, while this one was checked does not come in.
            let kept = session::credential(tx, id)?.unwrap_or_default();
            let is_theirs = kind == Kind::Demo || kept.password_hash == credential.password_hash;
            let stays = staff::by_id(tx, id)?.is_some_and(|s| s.ended_at.is_none());
            if !stays || !is_theirs {
                return Err(Refusal::unauthenticated("bad_login").into());
            }
            if let Some(step) = step {
                if !session::use_totp_step(tx, id, step, now)? {
                    return Err(Refusal::unauthenticated("second_factor_used").into());
                }
                if kept.totp_confirmed_at.is_none() {
                    let header = format!("staff={}", id.0);
                    tx.log(&desk.stamp(), &format!("staff:{}", id.0), "second_factor_set", &header, "")?;
                }
            }
            let is_new_device = !session::knows_device(tx, id, &device, Kind::Half.word())?;
            let kind = kind.word();
            session::create(
                tx,
                &NewSession { token_hash: hash, staff_id: id, kind, now, ends_at, device: &device },
            )?;
            let header = format!("staff={} kind={kind} new_device={}", id.0, u8::from(is_new_device));
            tx.log(&desk.stamp(), &format!("staff:{}", id.0), "signed_in", &header, "")?;
            Ok(is_new_device)
        })
        .await?;
    Ok(SignedIn {
        token,
        expires_at: ends_at.min(now.plus(kind.idle_max())),
        staff: id,
        uid: member.uid,
        login: member.login,
        name: member.full_name,
        grants,
        is_new_device,
    })
}

/// The password was right: hands out a ticket for the code, and a secret where none is in force yet.
async fn ask_for_code(house: &House, mut account: Account, device: &str, now: At) -> Result<Refusal, Stop> {
    let (ticket, hash) = new_token(house);
    let id = account.member.id;
    let device: String = device.chars().take(DEVICE_CHARS_MAX).collect();
    let offered = match account.credential.totp_secret {
        Some(_) => None,
        None => Some(STANDARD_NO_PAD.encode(house.secret::<SECRET_BYTES>())),
    };
    let kept = house
        .store
        .write(move |tx| {
            if let Some(secret) = &offered {
                session::offer_totp(tx, id, secret, now)?;
            }
            let (kind, ends_at) = (Kind::Half.word(), now.plus(HALF_LIFE));
            session::create(
                tx,
                &NewSession { token_hash: hash, staff_id: id, kind, now, ends_at, device: &device },
            )?;
            Ok(session::credential(tx, id)?.unwrap_or_default())
        })
        .await?;
    account.credential = kept;
    Ok(wanted(&account, &ticket))
}

fn wanted(account: &Account, ticket: &str) -> Refusal {
    if account.credential.totp_confirmed_at.is_some() {
        return Refusal::unauthenticated("second_factor_needed").with("ticket", ticket);
    }
    let secret = account.credential.totp_secret.as_deref().and_then(secret_bytes).unwrap_or_default();
    let shown = base32(&secret);
    let uri = format!(
        "otpauth://totp/{ISSUER}:{}?secret={shown}&issuer={ISSUER}&digits={CODE_DIGITS}&period={CODE_SECONDS}",
        account.member.login
    );
    Refusal::unauthenticated("second_factor_enrol")
        .with("ticket", ticket)
        .with("secret", shown)
        .with("uri", uri)
}

/// The time step of a right code; the same or an earlier step is not taken twice.
fn check_code(account: &Account, code: &str, now: At) -> Result<i64, Refusal> {
    let wrong = || Refusal::unauthenticated("second_factor_wrong");
    let secret = account.credential.totp_secret.as_deref().and_then(secret_bytes).ok_or_else(wrong)?;
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let seconds = u64::try_from(now.0 / SECOND).map_err(|_| wrong())?;
    let step = totp(&secret).and_then(|totp| totp.check(&digits, seconds)).ok_or_else(wrong)?;
    let step = i64::try_from(step).map_err(|_| wrong())?;
    match account.credential.totp_last_step {
        Some(last) if step <= last => Err(Refusal::unauthenticated("second_factor_used")),
        Some(_) | None => Ok(step),
    }
}

fn totp(secret: &[u8]) -> Option<Totp> {
    let secret: [u8; SECRET_BYTES] = secret.try_into().ok()?;
    Builder::new()
        .with_secret(Secret::new_stack(secret))
        .with_digits(CODE_DIGITS)
        .with_skew(CODE_WINDOW)
        .with_step_duration(CODE_SECONDS)
        .build()
        .ok()
}

fn secret_bytes(kept: &str) -> Option<Vec<u8>> {
    STANDARD_NO_PAD.decode(kept).ok()
}

/// RFC 4648 base32 without padding, as authenticator programs read secrets.
fn base32(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut out = String::new();
    for chunk in bytes.chunks(5) {
        let mut block = [0u8; 8];
        block[3..3 + chunk.len()].copy_from_slice(chunk);
        let bits = u64::from_be_bytes(block);
        let letters = (chunk.len() * 8).div_ceil(5);
        out.extend((0..letters).map(|n| char::from(LETTERS[(bits >> (35 - 5 * n)) as usize & 31])));
    }
    out
}

/// The device of a half-open session, for the whole one that follows it.
async fn half_device(house: &House, half: &Found) -> Result<String, Stop> {
    let (staff, id, now) = (half.staff_id, half.id, house.clock.machine_now());
    let devices = house.store.read(move |r| session::devices(r, staff, now)).await?;
    Ok(devices.into_iter().find(|d| d.id == id).map(|d| d.device).unwrap_or_default())
}

fn hasher() -> Option<Argon2<'static>> {
    let params = Params::new(HASH_MEMORY_KIB, HASH_PASSES, 1, None).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Hashes a new password, in its place among the few that are computed at once.
pub(crate) async fn hash_password(house: &House, password: String) -> Result<String, Stop> {
    let salt = house.secret::<SALT_BYTES>();
    let hash = in_hashing_place(move || {
        let hash = hasher()?.hash_password_with_salt(password.as_bytes(), &salt).ok()?;
        Some(hash.to_string())
    });
    Ok(hash.await?.ok_or_else(|| StoreError::Shape("a password that cannot be hashed".to_owned()))?)
}

/// Whether the password is the one of `hash`. Without a hash (nobody of that name, no password set yet) the work is
/// done all the same, so that the time of the answer tells nothing.
async fn verify_password(password: String, hash: Option<String>) -> Result<bool, Stop> {
    if password.len() > PASSWORD_BYTES_MAX {
        return Ok(false);
    }
    in_hashing_place(move || {
        let Some(hasher) = hasher() else { return false };
        match hash {
            Some(hash) => hasher.verify_password(password.as_bytes(), hash.as_str()).is_ok(),
            None => {
                let _ = hasher.hash_password_with_salt(password.as_bytes(), &[0; SALT_BYTES]);
                false
            }
        }
    })
    .await
}

async fn in_hashing_place<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Stop> {
    let place = match tokio::time::timeout(HASH_WAIT, HASHING.acquire()).await {
        Ok(Ok(place)) => place,
        Ok(Err(_)) | Err(_) => return Err(Refusal::busy().into()),
    };
    let done = tokio::task::spawn_blocking(move || {
        let _place = place;
        work()
    });
    Ok(done.await.map_err(|_| StoreError::Panicked)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base32_is_that_of_the_standard() {
        // RFC 4648 §10, without the padding.
        for (plain, coded) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(plain.as_bytes()), coded, "{plain}");
        }
    }

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // The RFC's secret and times, the last six of its eight digits.
        let totp = totp(b"12345678901234567890").unwrap();
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            assert_eq!(totp.generate(seconds).to_string(), code);
            assert_eq!(totp.check(code, seconds), Some(seconds / CODE_SECONDS));
            assert_eq!(totp.check(code, seconds + 30), Some(seconds / CODE_SECONDS), "one step late");
            assert_eq!(totp.check(code, seconds + 90), None);
        }
    }

    #[test]
    fn a_session_ends_by_rest_and_by_age() {
        let found = |kind: Kind, created: i64, seen: i64| Found {
            id: 1,
            kind: kind.word().to_owned(),
            created_at: At(created),
            seen_at: At(seen),
            ends_at: At(created).plus(kind.life_max()),
            staff_id: StaffId(1),
            staff_uid: Uid([0; 16]),
            login: String::new(),
            full_name: String::new(),
            on_duty: false,
            roles: Vec::new(),
        };
        assert!(is_open(&found(Kind::Office, 0, 0), At(12 * HOUR - 1)));
        assert!(!is_open(&found(Kind::Office, 0, 0), At(12 * HOUR)));
        assert!(is_open(&found(Kind::Office, 0, 7 * DAY - HOUR), At(7 * DAY - 1)));
        assert!(!is_open(&found(Kind::Office, 0, 7 * DAY - HOUR), At(7 * DAY)));
        assert!(is_open(&found(Kind::Field, 0, 0), At(29 * DAY)));
        assert!(!is_open(&found(Kind::Half, 0, 0), At(1)));
    }
}
