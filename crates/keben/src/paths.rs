//! Where things are kept: data, heads, key. Heads and key never lie in the data directory.

use crate::cli::StoreArgs;
use std::path::PathBuf;
use store::DbUrl;

#[derive(Clone, Debug)]
pub struct Places {
    pub data: PathBuf,
    pub db: DbUrl,
    pub heads: PathBuf,
    pub key: Option<PathBuf>,
}

fn under_home(variable: &str, fallback: &str) -> Option<PathBuf> {
    let set = std::env::var_os(variable).filter(|v| !v.is_empty()).map(PathBuf::from);
    set.or_else(|| {
        std::env::var_os("HOME").filter(|v| !v.is_empty()).map(|home| PathBuf::from(home).join(fallback))
    })
}

/// The places of a command; `name` is the folder under the user's data (`keben` or `keben-demo`).
pub fn of(args: &StoreArgs, name: &str) -> Result<Places, String> {
    let data = match &args.data {
        Some(dir) => dir.clone(),
        None => under_home("XDG_DATA_HOME", ".local/share")
            .map(|dir| dir.join(name))
            .ok_or("no home directory is known: give --data DIR and --heads DIR")?,
    };
    let heads = match &args.heads {
        Some(dir) => dir.clone(),
        None => under_home("XDG_STATE_HOME", ".local/state")
            .map(|dir| dir.join("keben"))
            .ok_or("no home directory is known: give --data DIR and --heads DIR")?,
    };
    let db = match &args.db {
        Some(url) => DbUrl::parse(url)?,
        None => DbUrl::Sqlite(data.join("keben.db")),
    };
    Ok(Places { data, db, heads, key: args.key.clone() })
}
