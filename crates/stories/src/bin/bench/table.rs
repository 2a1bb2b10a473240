//! The lines that are printed: what was measured, its figure, the budget where there is one, and a ratio.

use std::time::Duration;

const WHAT_WIDTH: usize = 50;
const FIGURE_WIDTH: usize = 34;
const BUDGET_WIDTH: usize = 18;

pub struct Table(());

impl Table {
    pub fn begin() -> Table {
        print_line("MEASURED", "FIGURE", "BUDGET", "RATIO");
        Table(())
    }

    pub fn heading(&self, name: &str) {
        println!("\n{name}");
    }

    /// A figure for which there is neither budget nor peer.
    pub fn figure(&self, what: &str, figure: &str) {
        print_line(what, figure, "", "");
    }

    /// A figure beside a peer of the same run.
    pub fn peer(&self, what: &str, figure: &str, budget: &str, ratio: f64, of: &str) {
        print_line(what, figure, budget, &format!("{} of {of}", short(ratio)));
    }

    /// A time and what it may be; `seen` says more about it than its length.
    pub fn time(&self, what: &str, took: Duration, seen: &str, budget: Duration) {
        let figure = if seen.is_empty() { time(took) } else { format!("{} ({seen})", time(took)) };
        let ratio = took.as_secs_f64() / budget.as_secs_f64();
        print_line(what, &figure, &format!("<= {}", time(budget)), &format!("{} of budget", short(ratio)));
    }

    /// A size in bytes and what it may be.
    pub fn size(&self, what: &str, bytes: u64, budget: u64) {
        let ratio = bytes as f64 / budget as f64;
        let budget = format!("<= {}", mebibytes(budget));
        print_line(what, &mebibytes(bytes), &budget, &format!("{} of budget", short(ratio)));
    }
}

fn print_line(what: &str, figure: &str, budget: &str, ratio: &str) {
    let line = format!("{what:<WHAT_WIDTH$} {figure:>FIGURE_WIDTH$} {budget:>BUDGET_WIDTH$}  {ratio}");
    println!("{}", line.trim_end());
}

/// Three digits that mean something.
fn short(value: f64) -> String {
    match value {
        v if v >= 100.0 => format!("{v:.0}"),
        v if v >= 10.0 => format!("{v:.1}"),
        v if v >= 0.01 => format!("{v:.2}"),
        v => format!("{v:.5}"),
    }
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / 1024.0 / 1024.0)
}

pub fn time(took: Duration) -> String {
    let seconds = took.as_secs_f64();
    match seconds {
        s if s >= 1.0 => format!("{s:.2} s"),
        s if s >= 0.1 => format!("{:.0} ms", s * 1e3),
        s if s >= 0.001 => format!("{:.2} ms", s * 1e3),
        s => format!("{:.1} µs", s * 1e6),
    }
}

/// A whole number with its thousands apart.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// How many a second.
pub fn rate(n: u64, took: Duration) -> f64 {
    n as f64 / took.as_secs_f64().max(1e-9)
}

pub fn per_second(rate: f64) -> String {
    format!("{}/s", count(rate.round() as u64))
}

/// The value below which `part` of the times lie; the times are sorted by this.
pub fn quantile(times: &mut [Duration], part: f64) -> Duration {
    times.sort_unstable();
    let last = times.len().saturating_sub(1);
    let at = (last as f64 * part).round() as usize;
    times.get(at.min(last)).copied().unwrap_or_default()
}

pub fn median(times: &mut [Duration]) -> Duration {
    quantile(times, 0.5)
}
