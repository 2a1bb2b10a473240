//! The clocks. This is the one file of the program that reads the machine's time.

use acts::Clock;
use rules::At;
use std::sync::atomic::{AtomicI64, Ordering};

/// Milliseconds since 1970 by the machine's clock.
#[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
pub fn machine_now() -> At {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    At(since.map(|d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX)).unwrap_or(0))
}

/// The machine's clock for everything.
pub struct RealClock;

impl Clock for RealClock {
    fn now(&self) -> At {
        machine_now()
    }

    fn machine_now(&self) -> At {
        machine_now()
    }
}

/// The training clock: care runs by it; it stands still unless told to run, and never goes back.
pub struct TrainingClock {
    at: AtomicI64,
    /// When it runs: the machine's time at which it stood at `at`.
    runs_since: Option<AtomicI64>,
}

impl TrainingClock {
    pub fn new(at: At, tick: bool) -> TrainingClock {
        TrainingClock { at: AtomicI64::new(at.0), runs_since: tick.then(|| AtomicI64::new(machine_now().0)) }
    }

    /// Moves it forward; an earlier time leaves it where it is.
    pub fn set(&self, to: At) {
        if to > self.now() {
            self.at.store(to.0, Ordering::SeqCst);
            if let Some(since) = &self.runs_since {
                since.store(machine_now().0, Ordering::SeqCst);
            }
        }
    }
}

impl Clock for TrainingClock {
    fn now(&self) -> At {
        let at = self.at.load(Ordering::SeqCst);
        match &self.runs_since {
            None => At(at),
            Some(since) => At(at + (machine_now().0 - since.load(Ordering::SeqCst)).max(0)),
        }
    }

    fn machine_now(&self) -> At {
        machine_now()
    }
}

/// Chance from the operating system. Without it nothing may be signed or salted, so its failure ends the program.
pub fn chance(buffer: &mut [u8]) {
    if let Err(error) = getrandom::fill(buffer) {
        tracing::error!(%error, "the operating system gives no chance");
        std::process::abort();
    }
}
