//! Slows guessing down. Tries are counted by account *and* network, so that whoever guesses a nurse's password from
//! elsewhere cannot keep her out of her own account (trust.md, "Intruders"). Kept in memory and bounded: a restart
//! forgives, which costs a guesser more time than it gives.

use rules::At;
use rules::time::{HOUR, MINUTE, SECOND};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Tries that cost no waiting: thick fingers on a small screen.
pub const FREE_TRIES: u32 = 5;
/// The wait after the first try beyond; it doubles with each one more.
pub const WAIT_FIRST: i64 = 2 * SECOND;
pub const WAIT_MAX: i64 = 15 * MINUTE;
/// A pair that was quiet so long begins anew.
pub const FORGET_AFTER: i64 = 2 * HOUR;
/// Pairs of account and network that are remembered.
pub const PAIRS_MAX: usize = 50_000;

/// An account's name and the network a try came from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Pair {
    login: String,
    network: String,
}

#[derive(Clone, Copy, Debug)]
struct Tries {
    count: u32,
    last_at: At,
    free_at: At,
}

#[derive(Default)]
pub struct Throttle {
    pairs: Mutex<HashMap<Pair, Tries>>,
}

impl Throttle {
    /// Counts a try before it is made, so that many at once gain nothing. `Err` holds the milliseconds to wait.
    ///
    /// # Errors
    /// The wait, while one is due; the refused try itself is not counted.
    pub fn begin(&self, login: &str, address: &str, now: At) -> Result<(), i64> {
        let mut pairs = self.lock();
        let pair = pair(login, address);
        if pairs.len() >= PAIRS_MAX && !pairs.contains_key(&pair) {
            make_room(&mut pairs, now);
        }
        let tries = pairs.entry(pair).or_insert(Tries { count: 0, last_at: now, free_at: now });
        if now.0 - tries.last_at.0 >= FORGET_AFTER {
            *tries = Tries { count: 0, last_at: now, free_at: now };
        }
        if tries.free_at > now {
            return Err(tries.free_at.0 - now.0);
        }
        tries.count = tries.count.saturating_add(1);
        tries.last_at = now;
        tries.free_at = now.plus(wait_after(tries.count));
        Ok(())
    }

    /// The try was no guess: the password was right and the code is still to come. What was counted before stays.
    pub fn take_back(&self, login: &str, address: &str) {
        if let Some(tries) = self.lock().get_mut(&pair(login, address)) {
            tries.count = tries.count.saturating_sub(1);
            tries.free_at = tries.last_at;
        }
    }

    /// Somebody proved to be who they say.
    pub fn succeeded(&self, login: &str, address: &str) {
        self.lock().remove(&pair(login, address));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Pair, Tries>> {
        // Counters are whole after every step, so a panic elsewhere leaves nothing torn.
        self.pairs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long the next try has to wait after this many.
fn wait_after(count: u32) -> i64 {
    match count.checked_sub(FREE_TRIES) {
        None | Some(0) => 0,
        Some(beyond) => WAIT_FIRST.saturating_mul(1 << (beyond - 1).min(20)).min(WAIT_MAX),
    }
}

/// Drops what may be forgotten, and where that is too little, the older half.
fn make_room(pairs: &mut HashMap<Pair, Tries>, now: At) {
    pairs.retain(|_, tries| now.0 - tries.last_at.0 < FORGET_AFTER);
    if pairs.len() >= PAIRS_MAX {
        let mut times: Vec<i64> = pairs.values().map(|tries| tries.last_at.0).collect();
        let middle = times.len() / 2;
        let (_, median, _) = times.select_nth_unstable(middle);
        let median = *median;
        pairs.retain(|_, tries| tries.last_at.0 > median);
    }
}

fn pair(login: &str, address: &str) -> Pair {
    Pair { login: login.to_owned(), network: network(address) }
}

/// The network of an address: /24 of IPv4, /48 of IPv6, since one subscriber has all of that.
fn network(address: &str) -> String {
    match address.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(IpAddr::V4(ip)) => {
            let [a, b, c, _] = ip.octets();
            format!("{a}.{b}.{c}")
        }
        Ok(IpAddr::V6(ip)) => {
            let [a, b, c, ..] = ip.segments();
            format!("{a:x}:{b:x}:{c:x}")
        }
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: At = At(1_700_000_000_000);

    fn fail(throttle: &Throttle, address: &str, times: u32, mut now: At) -> At {
        for _ in 0..times {
            while let Err(wait) = throttle.begin("lan", address, now) {
                now = now.plus(wait);
            }
        }
        now
    }

    #[test]
    fn waiting_begins_after_the_free_tries_and_doubles() {
        let throttle = Throttle::default();
        assert_eq!(fail(&throttle, "203.0.113.7", FREE_TRIES, START), START);
        assert_eq!(throttle.begin("lan", "203.0.113.7", START), Ok(()), "the wait comes after the sixth");
        assert_eq!(throttle.begin("lan", "203.0.113.7", START), Err(WAIT_FIRST));
        let now = START.plus(WAIT_FIRST);
        assert_eq!(throttle.begin("lan", "203.0.113.7", now), Ok(()));
        assert_eq!(throttle.begin("lan", "203.0.113.7", now), Err(2 * WAIT_FIRST));
        assert!(wait_after(1_000) == WAIT_MAX && wait_after(u32::MAX) == WAIT_MAX);
    }

    #[test]
    fn a_guesser_elsewhere_keeps_nobody_out() {
        let throttle = Throttle::default();
        let now = fail(&throttle, "203.0.113.7", 40, START);
        assert!(throttle.begin("lan", "203.0.113.200", now).is_err(), "the same network");
        assert_eq!(throttle.begin("lan", "198.51.100.1", now), Ok(()));
        assert_eq!(throttle.begin("hoa", "203.0.113.7", now), Ok(()), "colleagues behind one address");
        let v6 = fail(&throttle, "2001:db8:1:2::1", 40, now);
        assert!(throttle.begin("lan", "2001:db8:1:ffff::9", v6).is_err());
        assert_eq!(throttle.begin("lan", "2001:db8:2::1", v6), Ok(()));
    }

    #[test]
    fn success_and_time_forgive_and_a_right_password_alone_does_not() {
        let throttle = Throttle::default();
        let now = fail(&throttle, "203.0.113.7", 10, START);
        throttle.take_back("lan", "203.0.113.7");
        assert_eq!(throttle.begin("lan", "203.0.113.7", now), Ok(()));
        assert!(throttle.begin("lan", "203.0.113.7", now).is_err(), "the earlier ones still count");
        throttle.succeeded("lan", "203.0.113.7");
        assert_eq!(fail(&throttle, "203.0.113.7", FREE_TRIES, now), now);
        let later = fail(&throttle, "203.0.113.7", 30, now).plus(FORGET_AFTER);
        assert_eq!(fail(&throttle, "203.0.113.7", FREE_TRIES, later), later);
    }

    #[test]
    fn memory_is_bounded() {
        let throttle = Throttle::default();
        for n in 0..PAIRS_MAX as i64 + 10 {
            let _ = throttle.begin(&format!("x{n}"), "203.0.113.7", START.plus(n));
        }
        assert!(throttle.lock().len() <= PAIRS_MAX);
    }
}
