//! Whether the machine was there at all: a virtual machine whose host is busy, or that has used up what it was given,
//! stands still now and then, and what was measured meanwhile says more about the host than about the program.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long the watch sleeps between two looks at the clock.
const NAP: Duration = Duration::from_millis(2);
/// A nap that took longer than this was not a nap: the machine stood still, or had no processor for anybody.
const STILL_MIN: Duration = Duration::from_millis(30);

pub struct Watch {
    begun: Instant,
    still_micros: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Watch {
    pub fn begin() -> Watch {
        let (still_micros, over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (still, done) = (still_micros.clone(), over.clone());
        let thread = std::thread::spawn(move || {
            let mut before = Instant::now();
            while !done.load(Ordering::Relaxed) {
                std::thread::sleep(NAP);
                let now = Instant::now();
                let took = now - before;
                if took >= STILL_MIN {
                    still.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
                }
                before = now;
            }
        });
        Watch { begun: Instant::now(), still_micros, over, thread }
    }

    /// The share of the time in which the machine stood still, 0 to 1.
    pub fn end(self) -> f64 {
        self.over.store(true, Ordering::Relaxed);
        // It cannot panic; were it lost, it has counted what it counted.
        let _ = self.thread.join();
        let still = Duration::from_micros(self.still_micros.load(Ordering::Relaxed));
        (still.as_secs_f64() / self.begun.elapsed().as_secs_f64()).min(1.0)
    }
}
