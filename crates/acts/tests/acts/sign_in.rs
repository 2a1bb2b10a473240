//! Who comes in, who does not, and who is put out again.

use crate::common::{Home, OpenHouse, refused, wrong_field};
use acts::first_admin::{
    OpenAccount, Opening, add_by_operator, link_if_nobody, open_account, opening, reset_by_operator,
};
use acts::sign_in::{
    Attempt, SignedIn, desk_of, finish, half_way, session_for, sign_in, sign_out, sign_out_everywhere,
};
use acts::staff::{AddStaff, LINK_LIFE, NewRole, add, add_with_link, reset_with_link, revoke};
use acts::throttle::Throttle;
use acts::{Desk, House, Once, apply_blueprint::apply_blueprint, duty::set_duty};
use rules::time::{DAY, HOUR, MINUTE, SECOND};
use rules::{Refusal, Role, blueprint};
use store::{Stop, session, staff};
use totp_rs::{Builder, Secret};

on_both! {
    a_wrong_name_and_a_wrong_password_answer_alike
    a_carer_comes_in_and_stays_in
    an_office_session_ends_by_rest_and_by_age
    an_officer_needs_a_second_factor
    a_code_counts_once
    a_ticket_waits_for_the_code
    guessing_is_slowed_and_locks_nobody_else_out
    signing_out_ends_one_session_or_all
    who_is_revoked_is_put_out_at_once
    a_reset_closes_the_account_until_its_link_is_used
    the_first_administrator_gets_one_link
    the_demo_lets_made_up_people_in
    an_administrator_acts_in_their_own_area
    a_repeated_addition_is_one_account
    duty_is_changed_once
}

const PASSWORD: &str = "mưa rơi trên mái nhà sàn";
const HERE: &str = "203.0.113.7";

fn attempt(login: &str, password: &str) -> Attempt {
    Attempt {
        login: login.to_owned(),
        password: password.to_owned(),
        code: None,
        device: "Firefox trên Android".to_owned(),
        address: HERE.to_owned(),
    }
}

/// A store with Lai Châu and nobody in it.
async fn lai_chau(home: &Home) -> OpenHouse {
    let house = home.open();
    let blueprint = blueprint::read(blueprint::LAI_CHAU_2022).unwrap();
    apply_blueprint(&house, &house.operator(), &blueprint).await.unwrap();
    house
}

/// Somebody with an open account.
async fn employ(house: &OpenHouse, login: &str, role: Role, area: &str) {
    let token =
        add_by_operator(house, &house.operator(), login, "Lò Thị Lan", role.word(), area).await.unwrap();
    open(house, &token, PASSWORD).await.unwrap();
}

async fn open(house: &House, token: &str, password: &str) -> Result<String, Stop> {
    let cmd = OpenAccount {
        token: token.to_owned(),
        login: String::new(),
        full_name: String::new(),
        password: password.to_owned(),
    };
    open_account(house, &cmd).await
}

async fn enter(house: &House, login: &str) -> Result<SignedIn, Stop> {
    sign_in(house, &Throttle::default(), &attempt(login, PASSWORD)).await
}

fn refusal<T: std::fmt::Debug>(answer: Result<T, Stop>) -> Refusal {
    match answer {
        Err(Stop::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

fn arg(refusal: &Refusal, name: &str) -> String {
    refusal.args.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone()).unwrap()
}

/// What an authenticator program shows for a secret at the machine's time, `steps` later.
fn code(house: &House, secret: &str, steps: i64) -> String {
    let bits =
        secret.bytes().map(|b| b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|l| *l == b).unwrap());
    let mut bytes = Vec::new();
    let (mut held, mut count) = (0u32, 0);
    for five in bits {
        held = (held << 5) | five as u32;
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push((held >> count) as u8);
        }
    }
    let totp = Builder::new().with_secret(Secret::new_stack(bytes.try_into().unwrap())).build().unwrap();
    let now = house.clock.machine_now().0 / SECOND + 30 * steps;
    totp.generate(now as u64).to_string()
}

fn once(key: &str) -> Once {
    Once { route: "POST /admin/staff", key: Some(key.to_owned()), body: Vec::new() }
}

fn person(login: &str, role: Role, area: &str) -> AddStaff {
    AddStaff {
        login: login.to_owned(),
        full_name: "Vàng Thị Hương".to_owned(),
        phone: None,
        licence: None,
        roles: vec![NewRole { role, area_code: area.to_owned(), organisation: None }],
        made_up: false,
    }
}

async fn a_wrong_name_and_a_wrong_password_answer_alike(home: &Home) {
    let house = lai_chau(home).await;
    employ(&house, "lan", Role::Clerk, "03445").await;
    add_by_operator(&house, &house.operator(), "moi", "Chưa Mở", "clerk", "03445").await.unwrap();
    let throttle = Throttle::default();
    for (login, password) in
        [("lan", "sai mật khẩu"), ("khong-ai", PASSWORD), ("moi", ""), ("", ""), ("lần", PASSWORD)]
    {
        let answer = refusal(sign_in(&house, &throttle, &attempt(login, password)).await);
        assert_eq!(answer, Refusal::unauthenticated("bad_login"), "{login}");
    }
    let long = "x".repeat(100_000);
    assert_eq!(refused(sign_in(&house, &throttle, &attempt("lan", &long)).await), "bad_login");
    assert!(sign_in(&house, &throttle, &attempt(" LAN ", PASSWORD)).await.is_ok());
    assert!(desk_of(&house, "không phải khoá", "web").await.unwrap().is_none());
    assert!(desk_of(&house, &"A".repeat(43), "web").await.unwrap().is_none());
}

async fn a_carer_comes_in_and_stays_in(home: &Home) {
    let house = lai_chau(home).await;
    employ(&house, "pao", Role::Carer, "03445-02").await;
    let signed_in = enter(&house, "pao").await.unwrap();
    assert!(signed_in.is_new_device);
    assert_eq!(signed_in.expires_at, house.clock.machine_now().plus(30 * DAY));
    let desk = desk_of(&house, &signed_in.token, "api").await.unwrap().unwrap();
    assert_eq!(desk.staff, Some(signed_in.staff));
    assert_eq!((desk.origin, desk.grants.len(), desk.operator), ("api", 1, false));
    assert_eq!(desk.grants[0].area_code, "03445");
    assert!(!enter(&house, "pao").await.unwrap().is_new_device);
    // Used once a week, for months without a signal in between.
    for _ in 0..12 {
        house.clocks.pass(7 * DAY);
        assert!(desk_of(&house, &signed_in.token, "web").await.unwrap().is_some());
        house.settle().await;
    }
    house.clocks.pass(6 * DAY);
    assert!(desk_of(&house, &signed_in.token, "web").await.unwrap().is_none(), "no session is for ever");
    drop(house);
    home.must_verify();
}

async fn an_office_session_ends_by_rest_and_by_age(home: &Home) {
    let house = lai_chau(home).await;
    employ(&house, "lan", Role::Clerk, "03445").await;
    let token = enter(&house, "lan").await.unwrap().token;
    house.clocks.pass(11 * HOUR);
    assert!(desk_of(&house, &token, "web").await.unwrap().is_some());
    house.settle().await;
    house.clocks.pass(11 * HOUR);
    assert!(desk_of(&house, &token, "web").await.unwrap().is_some(), "use puts the end off");
    house.settle().await;
    house.clocks.pass(12 * HOUR);
    assert!(desk_of(&house, &token, "web").await.unwrap().is_none());

    let token = enter(&house, "lan").await.unwrap().token;
    for _ in 0..15 {
        house.clocks.pass(11 * HOUR);
        assert!(desk_of(&house, &token, "web").await.unwrap().is_some());
        house.settle().await;
    }
    house.clocks.pass(4 * HOUR);
    assert!(desk_of(&house, &token, "web").await.unwrap().is_none());
}

/// Sets a second factor up; returns its secret.
async fn enrolled(house: &House, login: &str) -> String {
    let asked = refusal(enter(house, login).await);
    assert_eq!(asked.code, "second_factor_enrol");
    let secret = arg(&asked, "secret");
    let with_code = Attempt { code: Some(code(house, &secret, 0)), ..attempt(login, PASSWORD) };
    sign_in(house, &Throttle::default(), &with_code).await.unwrap();
    secret
}

async fn an_officer_needs_a_second_factor(home: &Home) {
    let house = lai_chau(home).await;
    for (login, role, area) in [
        ("qt", Role::Admin, "12"),
        ("ttra", Role::Inspector, "12"),
        ("huyen", Role::DistrictOfficer, "107"),
        ("so", Role::ProvinceOfficer, "12"),
    ] {
        employ(&house, login, role, area).await;
        assert_eq!(refused(enter(&house, login).await), "second_factor_enrol", "{login}");
    }
    let first = refusal(enter(&house, "huyen").await);
    let again = refusal(enter(&house, "huyen").await);
    let secret = arg(&first, "secret");
    assert_eq!(secret, arg(&again, "secret"), "a page shown twice shows one secret");
    assert_eq!(
        arg(&first, "uri"),
        format!("otpauth://totp/Ke%20Ben:huyen?secret={secret}&issuer=Ke%20Ben&digits=6&period=30")
    );
    let wrong = Attempt { code: Some("000000".to_owned()), ..attempt("huyen", PASSWORD) };
    assert_eq!(refused(sign_in(&house, &Throttle::default(), &wrong).await), "second_factor_wrong");
    assert_eq!(refused(enter(&house, "huyen").await), "second_factor_enrol", "a wrong code confirms nothing");

    assert_eq!(enrolled(&house, "huyen").await, secret);
    assert_eq!(refused(enter(&house, "huyen").await), "second_factor_needed");
    let blanks = code(&house, &secret, 1);
    let blanks = format!(" {} {} ", &blanks[..3], &blanks[3..]);
    let with_code = Attempt { code: Some(blanks), ..attempt("huyen", PASSWORD) };
    assert!(sign_in(&house, &Throttle::default(), &with_code).await.is_ok(), "one step ahead is taken");
    drop(house);
    home.must_verify();
}

async fn a_code_counts_once(home: &Home) {
    let house = lai_chau(home).await;
    employ(&house, "huyen", Role::DistrictOfficer, "107").await;
    let secret = enrolled(&house, "huyen").await;
    let used = Attempt { code: Some(code(&house, &secret, 0)), ..attempt("huyen", PASSWORD) };
    let earlier = Attempt { code: Some(code(&house, &secret, -1)), ..used.clone() };
    let throttle = Throttle::default();
    assert_eq!(refused(sign_in(&house, &throttle, &used).await), "second_factor_used");
    assert_eq!(refused(sign_in(&house, &throttle, &earlier).await), "second_factor_used");
    house.clocks.pass(2 * MINUTE);
    assert_eq!(refused(sign_in(&house, &throttle, &used).await), "second_factor_wrong", "its time is over");
    let next = Attempt { code: Some(code(&house, &secret, 0)), ..used };
    // Two tabs with one code at the same time: one of them comes in.
    let (a, b) = tokio::join!(sign_in(&house, &throttle, &next), sign_in(&house, &throttle, &next));
    let codes: Vec<Option<&str>> =
        [a, b].into_iter().map(|r| r.err().map(|s| refusal::<()>(Err(s)).code)).collect();
    assert!(codes.contains(&None) && codes.contains(&Some("second_factor_used")), "{codes:?}");
}

async fn a_ticket_waits_for_the_code(home: &Home) {
    let house = lai_chau(home).await;
    employ(&house, "huyen", Role::DistrictOfficer, "107").await;
    let secret = enrolled(&house, "huyen").await;
    house.clocks.pass(MINUTE);
    let throttle = Throttle::default();
    let ticket = arg(&refusal(enter(&house, "huyen").await), "ticket");
    assert!(desk_of(&house, &ticket, "web").await.unwrap().is_none(), "half a session opens nothing");
    assert_eq!(half_way(&house, &ticket).await.unwrap().unwrap().code, "second_factor_needed");
    assert_eq!(refused(finish(&house, &throttle, &ticket, "123456", HERE).await), "second_factor_wrong");
    let signed_in = finish(&house, &throttle, &ticket, &code(&house, &secret, 0), HERE).await.unwrap();
    assert!(!signed_in.is_new_device);
    assert!(desk_of(&house, &signed_in.token, "web").await.unwrap().is_some());
    assert!(half_way(&house, &ticket).await.unwrap().is_none(), "a ticket is used up");
    assert_eq!(refused(finish(&house, &throttle, &ticket, "123456", HERE).await), "signed_out");
    assert_eq!(refused(finish(&house, &throttle, &signed_in.token, "123456", HERE).await), "signed_out");

    let late = arg(&refusal(enter(&house, "huyen").await), "ticket");
    house.clocks.pass(11 * MINUTE);
    let code = code(&house, &secret, 0);
    assert_eq!(refused(finish(&house, &throttle, &late, &code, HERE).await), "signed_out");
}

async fn guessing_is_slowed_and_locks_nobody_else_out(home: &Home) {
    let house = lai_chau(home).await;
    employ(&house, "lan", Role::Clerk, "03445").await;
    employ(&house, "huyen", Role::DistrictOfficer, "107").await;
    let throttle = Throttle::default();
    let mut codes = Vec::new();
    for n in 0..8 {
        codes.push(refused(sign_in(&house, &throttle, &attempt("lan", &format!("đoán lần thứ {n}"))).await));
    }
    assert_eq!(codes[..6], ["bad_login"; 6]);
    let waits = refusal(sign_in(&house, &throttle, &attempt("lan", PASSWORD)).await);
    assert_eq!((waits.code, arg(&waits, "seconds").as_str()), ("too_many_tries", "2"));
    let elsewhere = Attempt { address: "198.51.100.20".to_owned(), ..attempt("lan", PASSWORD) };
    assert!(sign_in(&house, &throttle, &elsewhere).await.is_ok());
    house.clocks.pass(2 * SECOND);
    assert!(sign_in(&house, &throttle, &attempt("lan", PASSWORD)).await.is_ok());

    // Who knows the password may not guess codes without end, however often they say the password in between.
    let secret = enrolled(&house, "huyen").await;
    let mut slowed = false;
    for n in 0..20 {
        let guess = Attempt { code: Some(format!("{n:06}")), ..attempt("huyen", PASSWORD) };
        slowed |= refused(sign_in(&house, &throttle, &guess).await) == "too_many_tries";
        slowed |= refused(sign_in(&house, &throttle, &attempt("huyen", PASSWORD)).await) == "too_many_tries";
    }
    assert!(slowed && secret.len() == 32);
}

async fn signing_out_ends_one_session_or_all(home: &Home) {
    let house = lai_chau(home).await;
    employ(&house, "lan", Role::Clerk, "03445").await;
    let mut tokens = Vec::new();
    for _ in 0..3 {
        tokens.push(enter(&house, "lan").await.unwrap().token);
    }
    sign_out(&house, &tokens[0]).await.unwrap();
    sign_out(&house, &tokens[0]).await.unwrap();
    assert!(desk_of(&house, &tokens[0], "web").await.unwrap().is_none());
    let desk = desk_of(&house, &tokens[1], "web").await.unwrap().unwrap();
    let (staff, now) = (desk.staff.unwrap(), house.clock.machine_now());
    let devices = house.store.read(move |r| session::devices(r, staff, now)).await.unwrap();
    assert_eq!(devices.len(), 2);
    assert_eq!(sign_out_everywhere(&house, &desk).await.unwrap(), 2);
    for token in &tokens {
        assert!(desk_of(&house, token, "web").await.unwrap().is_none());
    }
    drop(house);
    home.must_verify();
}

/// The desk of somebody who signed in.
async fn desk(house: &House, login: &str) -> Desk {
    let login = login.to_owned();
    let (member, held) = house
        .store
        .read(move |r| {
            let member = staff::by_login(r, &login)?.unwrap();
            let held = staff::grants_of(r, member.id)?;
            Ok((member, held))
        })
        .await
        .unwrap();
    let grants = held.into_iter().map(acts::sign_in::grant).collect();
    Desk {
        staff: Some(member.id),
        name: member.full_name,
        grants,
        origin: "web",
        now: house.now(),
        operator: false,
        household: None,
        asked: Default::default(),
    }
}

async fn uid_of(house: &House, login: &str) -> rules::Uid {
    let login = login.to_owned();
    house.store.read(move |r| staff::by_login(r, &login)).await.unwrap().unwrap().uid
}

async fn who_is_revoked_is_put_out_at_once(home: &Home) {
    let house = lai_chau(home).await;
    employ(&house, "lan", Role::Clerk, "03445").await;
    employ(&house, "qt", Role::Admin, "107").await;
    let token = enter(&house, "lan").await.unwrap().token;
    let admin = desk(&house, "qt").await;
    let (lan, own, now) =
        (uid_of(&house, "lan").await, uid_of(&house, "qt").await, house.clock.machine_now());
    assert_eq!(
        refused(house.run(&admin, move |tx, desk, _| revoke(tx, desk, own, now)).await),
        "own_account"
    );
    house.run(&admin, move |tx, desk, _| revoke(tx, desk, lan, now)).await.unwrap();
    assert!(desk_of(&house, &token, "web").await.unwrap().is_none());
    assert_eq!(refused(enter(&house, "lan").await), "bad_login");
    let again = house.run(&admin, move |tx, desk, _| revoke(tx, desk, lan, now)).await;
    assert_eq!(refused(again), "not_found");
    let operator = house.operator();
    let taken = add_by_operator(&house, &operator, "lan", "Người Khác", "clerk", "03445").await;
    assert_eq!(refused(taken), "login_taken", "a login is never somebody else's later");
    drop(house);
    home.must_verify();
}

async fn a_reset_closes_the_account_until_its_link_is_used(home: &Home) {
    let house = lai_chau(home).await;
    employ(&house, "huyen", Role::DistrictOfficer, "107").await;
    let secret = enrolled(&house, "huyen").await;
    house.clocks.pass(MINUTE);
    let with_code = Attempt { code: Some(code(&house, &secret, 0)), ..attempt("huyen", PASSWORD) };
    let token = sign_in(&house, &Throttle::default(), &with_code).await.unwrap().token;

    let operator = house.operator();
    let link = reset_by_operator(&house, &operator, "HUYEN").await.unwrap();
    assert!(desk_of(&house, &token, "web").await.unwrap().is_none());
    assert_eq!(refused(enter(&house, "huyen").await), "bad_login");
    assert_eq!(
        opening(&house, &link).await.unwrap(),
        Some(Opening { login: "huyen".to_owned(), asks_name: false })
    );
    assert_eq!(wrong_field(open(&house, &link, "ngắn").await), ("password".to_owned(), "too_short"));
    assert_eq!(open(&house, &link, "nắng lên trên nương ngô").await.unwrap(), "huyen");
    assert_eq!(refused(open(&house, &link, PASSWORD).await), "link_used");
    assert_eq!(opening(&house, &link).await.unwrap(), None);
    assert_eq!(refused(enter(&house, "huyen").await), "bad_login", "the old password is gone");
    let new = attempt("huyen", "nắng lên trên nương ngô");
    let asked = refusal(sign_in(&house, &Throttle::default(), &new).await);
    assert_eq!(asked.code, "second_factor_enrol", "the old second factor is gone");
    assert_ne!(arg(&asked, "secret"), secret);

    let late = reset_by_operator(&house, &operator, "huyen").await.unwrap();
    house.clocks.pass(LINK_LIFE);
    assert_eq!(opening(&house, &late).await.unwrap(), None);
    assert_eq!(refused(open(&house, &late, PASSWORD).await), "link_used");
    assert_eq!(
        wrong_field(reset_by_operator(&house, &operator, "ai").await),
        ("login".to_owned(), "unknown_login")
    );
    drop(house);
    home.must_verify();
}

async fn the_first_administrator_gets_one_link(home: &Home) {
    let house = home.open();
    // Before any area exists: the locality comes later.
    let lost = link_if_nobody(&house).await.unwrap().unwrap();
    let link = link_if_nobody(&house).await.unwrap().unwrap();
    assert_eq!(opening(&house, &lost).await.unwrap(), None, "only the newest link opens");
    assert!(opening(&house, &link).await.unwrap().unwrap().asks_name);
    employ_other(&house).await;
    let cmd = OpenAccount {
        token: link.clone(),
        login: "Khac".to_owned(),
        full_name: "VÀNG A SÙNG".to_owned(),
        password: PASSWORD.to_owned(),
    };
    assert_eq!(refused(open_account(&house, &cmd).await), "login_taken");
    let cmd = OpenAccount { login: "Sung.VA".to_owned(), ..cmd };
    assert_eq!(open_account(&house, &cmd).await.unwrap(), "sung.va");
    assert_eq!(link_if_nobody(&house).await.unwrap(), None);
    assert_eq!(refused(open_account(&house, &cmd).await), "link_used");
    assert_eq!(refused(enter(&house, "sung.va").await), "second_factor_enrol");

    let blueprint = blueprint::read(blueprint::BIEN_HOA_2021).unwrap();
    apply_blueprint(&house, &house.operator(), &blueprint).await.unwrap();
    let admin = desk(&house, "sung.va").await;
    let codes: Vec<&str> = admin.grants.iter().map(|g| g.area_code.as_str()).collect();
    assert_eq!((admin.name.as_str(), codes), ("Vàng A Sùng", vec!["12", "731"]));
    drop(house);
    home.must_verify();
}

/// Lai Châu with a clerk called "khac".
async fn employ_other(house: &OpenHouse) {
    let blueprint = blueprint::read(blueprint::LAI_CHAU_2022).unwrap();
    apply_blueprint(house, &house.operator(), &blueprint).await.unwrap();
    add_by_operator(house, &house.operator(), "khac", "Người Khác", "clerk", "03445").await.unwrap();
}

async fn the_demo_lets_made_up_people_in(home: &Home) {
    let real = {
        let house = home.open_demo();
        let blueprint = blueprint::read(blueprint::LAI_CHAU_2022).unwrap();
        apply_blueprint(&house, &house.operator(), &blueprint).await.unwrap();
        employ(&house, "that", Role::Clerk, "03445").await;
        let made_up = house.store.read(staff::made_up).await.unwrap();
        let officer = made_up.iter().find(|s| s.login == "muongte.tram").unwrap();
        let signed_in = session_for(&house, officer.id, "demo").await.unwrap();
        assert!(desk_of(&house, &signed_in.token, "web").await.unwrap().is_some());
        let real = desk(&house, "that").await.staff.unwrap();
        assert_eq!(refused(session_for(&house, real, "demo").await), "not_found");
        officer.id
    };
    let house = home.open();
    assert_eq!(refused(session_for(&house, real, "demo").await), "not_found", "never in the real thing");
}

async fn an_administrator_acts_in_their_own_area(home: &Home) {
    let house = lai_chau(home).await;
    employ(&house, "qt.xa", Role::Admin, "03445").await;
    employ(&house, "lan", Role::Clerk, "03445").await;
    employ(&house, "khac", Role::Clerk, "03436").await;
    employ(&house, "hai-noi", Role::Clerk, "03445").await;
    let operator = house.operator();
    let more = NewRole { role: Role::Clerk, area_code: "03436".to_owned(), organisation: None };
    let both = uid_of(&house, "hai-noi").await;
    house
        .run(&operator, move |tx, desk, mint| acts::staff::give_role(tx, desk, mint, both, &more))
        .await
        .unwrap();

    let admin = desk(&house, "qt.xa").await;
    for (role, area, code) in [
        (Role::Clerk, "03436", ("area", "unknown_area")),
        (Role::ProvinceOfficer, "12", ("area", "unknown_area")),
        (Role::ProvinceOfficer, "03445", ("role", "not_at_this_level")),
    ] {
        let cmd = person("moi", role, area);
        let answer = house.run(&admin, move |tx, desk, mint| add(tx, desk, mint, &cmd)).await;
        assert_eq!(wrong_field(answer), (code.0.to_owned(), code.1), "{role} {area}");
    }
    let clerk = desk(&house, "lan").await;
    let cmd = person("moi", Role::Carer, "03445");
    let answer = house.run(&clerk, move |tx, desk, mint| add(tx, desk, mint, &cmd)).await;
    assert_eq!(wrong_field(answer), ("area".to_owned(), "unknown_area"), "a clerk employs nobody");

    let (lan, khac) = (uid_of(&house, "lan").await, uid_of(&house, "khac").await);
    assert!(reset_with_link(&house, &admin, once("a"), lan).await.unwrap().token.is_some());
    assert_eq!(refused(reset_with_link(&house, &admin, once("b"), khac).await), "not_found");
    assert_eq!(refused(reset_with_link(&house, &admin, once("c"), both).await), "other_areas");
    let now = house.clock.machine_now();
    house.run(&admin, move |tx, desk, _| revoke(tx, desk, both, now)).await.unwrap();
    let left = desk(&house, "hai-noi").await;
    let codes: Vec<&str> = left.grants.iter().map(|g| g.area_code.as_str()).collect();
    assert_eq!(codes, ["03436"], "what lies elsewhere stays");
    assert!(enter(&house, "hai-noi").await.is_ok());
    drop(house);
    home.must_verify();
}

async fn a_repeated_addition_is_one_account(home: &Home) {
    let house = lai_chau(home).await;
    employ(&house, "qt", Role::Admin, "12").await;
    let admin = desk(&house, "qt").await;
    let cmd = AddStaff { phone: Some("0912 345 678".to_owned()), ..person("huong", Role::Clerk, "03445") };
    let first = add_with_link(&house, &admin, once("k1"), cmd.clone()).await.unwrap();
    let again = add_with_link(&house, &admin, once("k1"), cmd.clone()).await.unwrap();
    assert_eq!((first.id.as_str(), first.login.as_str()), (again.id.as_str(), "huong"));
    assert_eq!(again.token, None, "a link is shown once");
    assert_eq!(refused(add_with_link(&house, &admin, once("k2"), cmd).await), "login_taken");
    open(&house, &first.token.unwrap(), PASSWORD).await.unwrap();
    assert!(enter(&house, "huong").await.is_ok());
    let kept = house.store.read(|r| staff::by_login(r, "huong")).await.unwrap().unwrap();
    assert_eq!(kept.phone.as_deref(), Some("+84912345678"));
    drop(house);
    home.must_verify();
}

async fn duty_is_changed_once(home: &Home) {
    let house = lai_chau(home).await;
    employ(&house, "pao", Role::Carer, "03445-02").await;
    employ(&house, "ca", Role::Police, "03445").await;
    let (carer, police) = (desk(&house, "pao").await, desk(&house, "ca").await);
    assert!(house.run(&carer, |tx, desk, _| set_duty(tx, desk, true)).await.unwrap().on);
    let before = house.entries();
    house.run(&carer, |tx, desk, _| set_duty(tx, desk, true)).await.unwrap();
    assert_eq!(house.entries(), before);
    let on = house.store.read(|r| staff::on_duty_below(r, "/")).await.unwrap();
    assert_eq!(on, 1);
    assert_eq!(refused(house.run(&police, |tx, desk, _| set_duty(tx, desk, true)).await), "not_found");
    drop(house);
    home.must_verify();
}
