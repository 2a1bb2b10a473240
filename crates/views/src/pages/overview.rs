//! A district or province at a glance: few numbers, one red one that names people, who is late, which area needs help.

use crate::pages::report::DeadlineClock;
use crate::{Link, Shell, When};

/// `GET /overview?area=`
#[derive(Clone, Debug, Default, askama::Template)]
#[template(path = "overview.html")]
pub struct OverviewPage {
    pub shell: Shell,
    pub area: String,
    pub crumbs: Vec<Link>,
    /// "thứ Tư 16/3/2022"
    pub day: String,
    pub updated: When,
    /// "Có 3 báo động, chưa ai nhận: 2"; `None` when there is none.
    pub alerts: Option<Link>,
    /// "Phác đồ: covid19-vn-2022, bản 1.1.0"
    pub protocol: Option<Link>,
    pub kpis: Vec<Kpi>,
    /// "Theo huyện" / "Theo xã": what the tiles are.
    pub tiles_title: String,
    pub tiles: Vec<Tile>,
    /// F0 by severity today, the six of P-23 in order.
    pub severity: Vec<SeverityCount>,
    pub clock: Option<DeadlineClock>,
    /// "101/106 xã gửi trước 11:00"
    pub reports_summary: Option<String>,
    pub late: Vec<LateUnit>,
    /// "5 huyện còn lại đã gửi đủ": folded into one line, with its "55/55".
    pub rest: Option<(String, String)>,
    pub reports_href: String,
    /// Set for the people one may act for.
    pub report: Option<Link>,
}

#[derive(Clone, Debug, Default)]
pub struct Kpi {
    pub label: String,
    /// Formatted.
    pub value: String,
    pub unit: String,
    pub detail: String,
    pub href: Option<String>,
    pub link_label: String,
    /// Red; only for "Chưa ai quản lý" above zero.
    pub is_alert: bool,
}

/// One area below, coloured by first contacts made in time.
#[derive(Clone, Debug, Default)]
pub struct Tile {
    pub href: String,
    pub name: String,
    /// Formatted number of F0.
    pub f0: String,
    /// "93%"; "chưa có" when nothing was due.
    pub on_time: String,
    /// 0 to 100; `None` = nothing was due. Chooses the colour.
    pub percent: Option<u32>,
    /// "4 chưa ai quản lý"
    pub unmanaged: Option<String>,
}

impl Tile {
    pub fn band(&self) -> &'static str {
        match self.percent {
            None => "c0",
            Some(97..) => "c1",
            Some(90..97) => "c2",
            Some(85..90) => "c3",
            Some(_) => "c4",
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct SeverityCount {
    /// The word of `Severity`.
    pub word: String,
    pub label: String,
    pub n: u64,
    pub href: Option<String>,
}

/// One piece of the bar, in thousandths.
#[derive(Clone, Debug, Default)]
pub struct Piece {
    pub word: String,
    pub x: u64,
    pub width: u64,
}

impl Piece {
    pub fn x_percent(&self) -> String {
        format!("{}.{}", self.x / 10, self.x % 10)
    }

    pub fn width_percent(&self) -> String {
        format!("{}.{}", self.width / 10, self.width % 10)
    }
}

impl SeverityCount {
    pub fn shown(&self) -> String {
        crate::formats::number(self.n as i64)
    }
}

impl OverviewPage {
    pub fn pieces(&self) -> Vec<Piece> {
        let total: u64 = self.severity.iter().map(|count| count.n).sum();
        let mut x = 0;
        self.severity
            .iter()
            .filter(|count| count.n > 0)
            .map(|count| {
                let width = (count.n * 1_000).checked_div(total).unwrap_or(0).max(4);
                let piece = Piece { word: count.word.clone(), x, width };
                x += width;
                piece
            })
            .collect()
    }
}

#[derive(Clone, Debug, Default)]
pub struct LateUnit {
    pub name: String,
    pub href: String,
    /// "thiếu Dào San, Mồ Sì San"
    pub missing: String,
    pub have: u64,
    pub of: u64,
}
