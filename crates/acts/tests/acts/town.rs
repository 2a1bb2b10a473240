//! A commune of Lai Châu as its blueprint sets it up, and lists for it.

use crate::common::{Home, OpenHouse};
use acts::apply_blueprint::apply_blueprint;
use acts::import_list::{self, ImportList, ImportResult};
use acts::{Desk, Grant};
use rules::{AreaLevel, EpisodeId, EpisodeState, Role, StaffId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::episode::{self, EpisodeItem, Filter, Within};
use store::{area, care_group};

pub const COMMUNE: &str = "03445";

pub struct Town {
    pub house: OpenHouse,
    pub clusters: Vec<String>,
}

/// A person of a list: name, year of birth, address, which of the commune's clusters, phone, F0 or F1.
#[derive(Clone)]
pub struct Row {
    pub name: String,
    pub year: i32,
    pub address: String,
    pub cluster: usize,
    pub phone: String,
    pub kind: &'static str,
}

pub fn row(name: &str, address: &str, cluster: usize) -> Row {
    Row {
        name: name.to_owned(),
        year: 1980,
        address: address.to_owned(),
        cluster,
        phone: String::new(),
        kind: "F0",
    }
}

impl Town {
    pub async fn begin(home: &Home) -> Town {
        let house = home.open_demo();
        let operator = house.operator();
        let blueprint = rules::blueprint::read(rules::blueprint::LAI_CHAU_2022).unwrap();
        apply_blueprint(&house, &operator, &blueprint).await.unwrap();
        acts::report::open_days::open_days(&house, &operator).await.unwrap();
        let clusters = house
            .store
            .read(|r| {
                let commune = area::by_code(r, COMMUNE, None)?.unwrap();
                let below = area::below(r, &commune.path, AreaLevel::Cluster)?;
                Ok(below.into_iter().map(|cluster| cluster.name).collect())
            })
            .await
            .unwrap();
        Town { house, clusters }
    }

    pub fn list(&self, rows: &[Row]) -> ImportList {
        let mut text = "STT;Họ và tên;Năm sinh;Địa chỉ;Bản;Số ĐT;Ngày XN (+);F0/F1\n".to_owned();
        for (n, row) in rows.iter().enumerate() {
            let cluster = &self.clusters[row.cluster % self.clusters.len()];
            text += &format!(
                "{};{};{};{};{};{};15/03/2022;{}\n",
                n + 1,
                row.name,
                row.year,
                row.address,
                cluster,
                row.phone,
                row.kind
            );
        }
        ImportList {
            area_code: COMMUNE.to_owned(),
            file_name: "danh-sach.csv".to_owned(),
            bytes: Arc::new(text.into_bytes()),
            dry_run: false,
            contacted: false,
        }
    }

    pub async fn import(&self, rows: &[Row]) -> ImportResult {
        let list = self.list(rows);
        import_list::import_list(&self.house, &self.house.operator(), &list).await.unwrap()
    }

    pub async fn everybody(&self) -> Vec<EpisodeItem> {
        let read = self.house.store.read(|r| {
            let commune = area::by_code(r, COMMUNE, None)?.unwrap();
            let (mut all, mut after) = (Vec::new(), EpisodeId(0));
            loop {
                let page = episode::list(r, Within::Commune(commune.id), &Filter::default(), after, 500)?;
                let Some(last) = page.last() else { return Ok(all) };
                after = last.id;
                all.extend(page);
            }
        });
        read.await.unwrap()
    }

    /// Homes in each group of the commune; nobody under care is without one, and no group is above a hundred.
    pub async fn groups(&self) -> BTreeMap<String, usize> {
        let everybody = self.everybody().await;
        let mut homes: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
        for item in everybody.iter().filter(|item| item.state == EpisodeState::Open) {
            let group = item.group_name.clone().unwrap_or_else(|| panic!("{} has no group", item.full_name));
            homes.entry(group).or_default().insert(item.household_id.0);
        }
        let sizes: BTreeMap<String, usize> =
            homes.into_iter().map(|(name, homes)| (name, homes.len())).collect();
        assert!(sizes.values().all(|size| *size <= 100), "{sizes:?}");
        let kept = self.house.store.read(|r| {
            let commune = area::by_code(r, COMMUNE, None)?.unwrap();
            care_group::totals(r, commune.id)
        });
        let kept: i64 = kept.await.unwrap().into_iter().map(|(_, homes)| homes).sum();
        assert_eq!(kept as usize, sizes.values().sum::<usize>(), "the groups' own counts");
        sizes
    }

    pub fn desk(&self, role: Role, of: &area::Area) -> Desk {
        Desk {
            staff: Some(StaffId(1)),
            name: String::new(),
            grants: vec![Grant {
                role,
                area_id: of.id,
                path: of.path.clone(),
                level: of.level,
                area_code: of.code.clone(),
                area_name: of.name.clone(),
                organisation_id: None,
            }],
            origin: "web",
            now: self.house.now(),
            operator: false,
            household: None,
            asked: Default::default(),
        }
    }

    pub async fn area(&self, code: &'static str) -> area::Area {
        self.house.store.read(move |r| area::by_code(r, code, None)).await.unwrap().unwrap()
    }
}

/// `count` homes of one person each, home by home in turn through the clusters.
pub fn homes(count: usize, clusters: usize) -> Vec<Row> {
    (0..count)
        .map(|n| row(&format!("Lò Văn {}", spelled(n)), &format!("nhà {}", n + 1), n % clusters))
        .collect()
}

/// A number as letters, so that names differ.
fn spelled(n: usize) -> String {
    const SYLLABLES: [&str; 10] = ["An", "Bình", "Chi", "Dung", "Em", "Giang", "Hà", "Khoa", "Lan", "Mai"];
    n.to_string().bytes().map(|digit| SYLLABLES[usize::from(digit - b'0')]).collect::<Vec<_>>().join(" ")
}
