//! A list of staff in one file: login, name, phone, role, area, organisation, licence. Several rows of one login are
//! several roles of one person. A row is taken whole or handed back with its line; the same file again changes
//! nothing.

use crate::desk::Desk;
use crate::house::{House, Mint};
use crate::import_areas::{CHUNK_MAX, RefusedLine, refused_line};
use crate::sign_in::{clean_login, new_token};
use crate::staff::{AddStaff, Ensured, LINK_LIFE, NewRole, ensure};
use rules::fold::fold;
use rules::list::{Cell, RawRow};
use rules::{At, OrganisationKind, Refusal, Role, Uid};
use serde::Serialize;
use std::collections::HashMap;
use store::session::{self, TokenHash};
use store::{Reader, Stop, StoreError, Tx, area, organisation};

/// The columns, by name and in any order; those marked must be there.
pub const COLUMNS: [(&str, bool); 7] = [
    ("login", true),
    ("full_name", true),
    ("phone", false),
    ("role", true),
    ("area_code", true),
    ("organisation", false),
    ("licence", false),
];

#[derive(Clone, Debug, Default, Serialize)]
pub struct StaffImported {
    pub accounts: usize,
    pub created: usize,
    pub changed: usize,
    pub refused: Vec<RefusedLine>,
    /// One-time links of the new accounts: shown now or never.
    pub links: Vec<StaffLink>,
}

#[derive(Clone, Debug, Serialize)]
pub struct StaffLink {
    pub login: String,
    pub token: String,
}

/// All rows of one login.
#[derive(Clone, Debug)]
struct Account {
    line: usize,
    cmd: AddStaff,
    /// As written, by role; found in the store when the account is taken.
    organisations: Vec<String>,
}

pub async fn import_staff(house: &House, desk: &Desk, text: &str) -> Result<StaffImported, Stop> {
    let sheets = exchange::read_list(text.as_bytes(), "staff.csv").map_err(Refusal::from)?;
    let rows: Vec<RawRow> = sheets.into_iter().next().map(|sheet| sheet.rows).unwrap_or_default();
    let (accounts, refused) = read(&rows);
    let mut done = StaffImported { refused, ..StaffImported::default() };
    let now = house.clock.machine_now();
    for chunk in accounts.chunks(CHUNK_MAX) {
        let with_links: Vec<(Account, String, TokenHash)> = chunk
            .iter()
            .map(|account| {
                let (token, hash) = new_token(house);
                (account.clone(), token, hash)
            })
            .collect();
        let part = house.run(desk, move |tx, desk, mint| take(tx, desk, mint, &with_links, now)).await?;
        done.accounts += part.accounts;
        done.created += part.created;
        done.changed += part.changed;
        done.refused.extend(part.refused);
        done.links.extend(part.links);
    }
    done.refused.sort_by_key(|r| r.line);
    Ok(done)
}

fn take(
    tx: &mut Tx,
    desk: &Desk,
    mint: &mut Mint,
    accounts: &[(Account, String, TokenHash)],
    machine_now: At,
) -> Result<StaffImported, Stop> {
    let mut done = StaffImported::default();
    for (account, token, hash) in accounts {
        let ensured = with_organisations(tx, account).and_then(|cmd| ensure(tx, desk, mint, &cmd, true));
        match ensured {
            Ok(Ensured::Created(id)) => {
                session::set_link(tx, id, hash, machine_now.plus(LINK_LIFE), machine_now)?;
                done.created += 1;
                done.links.push(StaffLink { login: account.cmd.login.clone(), token: token.clone() });
            }
            Ok(Ensured::Changed) => done.changed += 1,
            Ok(Ensured::Same) => {}
            Err(Stop::Refused(refusal)) => {
                done.refused.push(refused_line(account.line, &refusal, &account.cmd.login));
                continue;
            }
            Err(stop @ Stop::Store(_)) => return Err(stop),
        }
        done.accounts += 1;
    }
    Ok(done)
}

/// Finds each organisation by its name, or by the word for its kind, in the role's area or one above it.
fn with_organisations(reader: &mut Reader, account: &Account) -> Result<AddStaff, Stop> {
    let mut cmd = account.cmd.clone();
    for (role, written) in cmd.roles.iter_mut().zip(&account.organisations) {
        if written.is_empty() {
            continue;
        }
        let found = organisation_named(reader, &role.area_code, written)?;
        role.organisation =
            Some(found.ok_or_else(|| Refusal::field("organisation", "unknown_organisation"))?);
    }
    Ok(cmd)
}

fn organisation_named(
    reader: &mut Reader,
    area_code: &str,
    written: &str,
) -> Result<Option<Uid>, StoreError> {
    let Some(place) = area::by_code(reader, area_code, None)? else { return Ok(None) };
    let name = fold(written);
    for id in place.chain().into_iter().rev() {
        let here = organisation::of_area(reader, id)?;
        let kind = OrganisationKind::parse(written);
        let found = here.into_iter().find(|o| fold(&o.name) == name || Some(o.kind) == kind);
        if let Some(found) = found {
            return Ok(Some(found.uid));
        }
    }
    Ok(None)
}

/// Reads rows into accounts, in the order of their first lines.
fn read(rows: &[RawRow]) -> (Vec<Account>, Vec<RefusedLine>) {
    let mut refused = Vec::new();
    let Some((header, rows)) = rows.split_first() else { return (Vec::new(), refused) };
    let columns: HashMap<String, usize> =
        header.cells.iter().enumerate().map(|(at, cell)| (text(cell).to_lowercase(), at)).collect();
    for (name, _) in COLUMNS.iter().filter(|(name, needed)| *needed && !columns.contains_key(*name)) {
        refused.push(line(header.number, "missing_column", name));
    }
    if !refused.is_empty() {
        return (Vec::new(), refused);
    }
    let mut accounts: Vec<Account> = Vec::new();
    let mut by_login: HashMap<String, usize> = HashMap::new();
    for row in rows {
        let cell =
            |name: &str| columns.get(name).and_then(|at| row.cells.get(*at)).map(text).unwrap_or_default();
        let some = |name: &str| Some(cell(name)).filter(|t| !t.is_empty());
        let login = clean_login(&cell("login"));
        let Some(role) = Role::parse(&cell("role")) else {
            refused.push(line(row.number, "unknown_role", &cell("role")));
            continue;
        };
        let new = NewRole { role, area_code: cell("area_code"), organisation: None };
        match by_login.get(&login).and_then(|at| accounts.get_mut(*at)) {
            Some(account) if fold(&account.cmd.full_name) == fold(&cell("full_name")) => {
                account.cmd.roles.push(new);
                account.organisations.push(cell("organisation"));
            }
            // Two people cannot share one account.
            Some(_) => refused.push(line(row.number, "login_of_another", &login)),
            None => {
                by_login.insert(login.clone(), accounts.len());
                accounts.push(Account {
                    line: row.number as usize,
                    cmd: AddStaff {
                        login,
                        full_name: cell("full_name"),
                        phone: some("phone"),
                        licence: some("licence"),
                        roles: vec![new],
                        made_up: false,
                    },
                    organisations: vec![cell("organisation")],
                });
            }
        }
    }
    (accounts, refused)
}

fn line(number: u32, code: &str, detail: &str) -> RefusedLine {
    RefusedLine { line: number as usize, code: code.to_owned(), detail: detail.to_owned() }
}

fn text(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => text.trim().to_owned(),
        Cell::Number(number) => number.to_string(),
        Cell::Date(day) => day.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> (Vec<Account>, Vec<RefusedLine>) {
        let sheets = exchange::read_list(text.as_bytes(), "staff.csv").unwrap();
        read(&sheets[0].rows)
    }

    #[test]
    fn rows_of_one_login_are_roles_of_one_person() {
        let (accounts, refused) = read_text(
            "login,full_name,role,area_code,organisation\n\
             lan,Lò Thị Lan,carer,03445-01,Trạm Y tế xã Mường Tè\n\
             Lan,LÒ THỊ LAN,carer,03445-02,\n\
             lan,Vàng Văn Khác,carer,03445-03,\n\
             ba,Giàng A Ba,chief,03445,\n",
        );
        assert_eq!(accounts.len(), 1);
        assert_eq!(accounts[0].cmd.roles.len(), 2);
        assert_eq!(accounts[0].organisations, ["Trạm Y tế xã Mường Tè", ""]);
        let lines: Vec<(usize, &str)> = refused.iter().map(|r| (r.line, r.code.as_str())).collect();
        assert_eq!(lines, [(4, "login_of_another"), (5, "unknown_role")]);
    }

    #[test]
    fn a_file_without_its_columns_is_not_guessed_at() {
        let (accounts, refused) = read_text("login,name\nlan,Lan\n");
        assert!(accounts.is_empty());
        let missing: Vec<&str> = refused.iter().map(|r| r.detail.as_str()).collect();
        assert_eq!(missing, ["full_name", "role", "area_code"]);
    }
}
