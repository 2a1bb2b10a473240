//! The house: what every act needs of the outside, handed in once by the program's entry. Clock and chance are here
//! and nowhere else; `run` is the one way in which a change happens.

use crate::adopt_protocol::Shelf;
use crate::desk::{Asked, Desk};
use rules::{AreaId, At, Refusal, Uid};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use store::command::{self, CommandKey, Earlier};
use store::{Stamp, Stop, Store, StoreError, Tx};

/// Two clocks: care runs by one that a demo may move, sessions and heads by the machine's.
pub trait Clock: Send + Sync {
    /// Now, for care: first contacts, report days, ages.
    fn now(&self) -> At;
    /// Now by the machine, for sessions, second factors, throttling, heads.
    fn machine_now(&self) -> At;
}

/// Password hashes that may be computed at once: each takes memory and tens of milliseconds.
pub const HASHING_MAX: usize = 2;

/// Held while a list comes into a commune.
pub(crate) type Turn = tokio::sync::Mutex<()>;

pub struct House {
    pub store: Store,
    pub clock: Arc<dyn Clock>,
    pub chance: store::Chance,
    pub hashing: tokio::sync::Semaphore,
    /// Communes whose lists come in one after another.
    turns: Arc<Mutex<HashMap<AreaId, Arc<Turn>>>>,
    /// Adopted protocols that were read already.
    pub shelf: Shelf,
    /// Whether this is a training store: made-up people, a clock that moves, one-click log-ins.
    pub demo: bool,
}

impl House {
    pub fn new(store: Store, clock: Arc<dyn Clock>, chance: store::Chance, demo: bool) -> House {
        House {
            store,
            clock,
            chance,
            hashing: tokio::sync::Semaphore::new(HASHING_MAX),
            turns: Arc::default(),
            shelf: Shelf::default(),
            demo,
        }
    }

    pub fn now(&self) -> At {
        self.clock.now()
    }

    /// Whose turn it is to bring a list into a commune: the next one is held against the register only when the one before
    /// is in, or two lists with the same people would both find them missing.
    pub(crate) fn turn(&self, commune: AreaId) -> Arc<Turn> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody waits for a turn that nobody else holds.
        turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        turns.entry(commune).or_default().clone()
    }

    /// A fresh source of ids for one command.
    pub fn mint(&self) -> Mint {
        let mut seed = [0u8; 32];
        (self.chance)(&mut seed);
        Mint { seed, drawn: 0 }
    }

    /// Bytes of chance, for tokens and secrets.
    pub fn secret<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0u8; N];
        (self.chance)(&mut bytes);
        bytes
    }

    /// Runs an act in one transaction and answers when it is durable. The act may run more than once: it takes its
    /// time from the desk and its ids from the mint, which begins anew each time.
    pub async fn run<T, F>(&self, desk: &Desk, mut act: F) -> Result<T, Stop>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx, &Desk, &mut Mint) -> Result<T, Stop> + Send + 'static,
    {
        let (desk, mint) = (desk.clone(), self.mint());
        self.store.write(move |tx| act(tx, &desk, &mut mint.clone())).await
    }

    /// Like [`House::run`], once per key: a repetition gets the first answer, another body under the same key is
    /// refused. Whoever may no longer do what was asked gets no answer a second time. Without a key the server makes one,
    /// so that an act is never run twice by its own retry.
    pub async fn once<T, F>(&self, desk: &Desk, once: Once, mut act: F) -> Result<T, Stop>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
        F: FnMut(&mut Tx, &Desk, &mut Mint) -> Result<T, Stop> + Send + 'static,
    {
        let key = once.key.unwrap_or_else(|| Uid(self.secret()).to_string());
        let key = CommandKey {
            principal: desk.actor(),
            route: once.route,
            key,
            body_hash: Sha256::digest(&once.body).into(),
        };
        self.run(desk, move |tx, desk, mint| {
            match command::find(tx, &key)? {
                Some(Earlier::OtherBody) => return Err(Refusal::invalid("idempotency_key_reused").into()),
                Some(Earlier::Answered { allowed, .. }) if !desk.may_still(&allowed) => {
                    return Err(Refusal::not_found().into());
                }
                Some(Earlier::Answered { answer, .. }) => {
                    let answer = serde_json::from_str(&answer)
                        .map_err(|e| StoreError::Shape(format!("a kept answer: {e}")))?;
                    return Ok(answer);
                }
                None => {}
            }
            let desk = &Desk { asked: Asked::noting(), ..desk.clone() };
            let answer = act(tx, desk, mint)?;
            let text = serde_json::to_string(&answer)
                .map_err(|e| StoreError::Shape(format!("an answer that cannot be kept: {e}")))?;
            command::keep(tx, &key, &text, &desk.asked.text(), desk.now)?;
            Ok(answer)
        })
        .await
    }
}

/// A command as its sender names it.
#[derive(Clone, Debug)]
pub struct Once {
    pub route: &'static str,
    /// `Idempotency-Key`, or the form's own; at most [`Once::KEY_MAX`] characters.
    pub key: Option<String>,
    pub body: Vec<u8>,
}

impl Once {
    pub const KEY_MAX: usize = 200;
}

/// Ids made from one draw of chance, the same again when an act runs again.
#[derive(Clone)]
pub struct Mint {
    seed: [u8; 32],
    drawn: u64,
}

impl Mint {
    pub fn from_seed(seed: [u8; 32]) -> Mint {
        Mint { seed, drawn: 0 }
    }

    pub fn bytes(&mut self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(self.seed);
        hasher.update(self.drawn.to_be_bytes());
        self.drawn += 1;
        hasher.finalize().into()
    }

    pub fn uid(&mut self, now: At) -> Uid {
        let bytes = self.bytes();
        let mut chance = [0u8; 10];
        chance.copy_from_slice(&bytes[..10]);
        Uid::v7(now.0, chance)
    }
}

/// The stamp of a change that nobody at a desk made.
pub fn by_clock(now: At) -> Stamp {
    Stamp { at: now, actor: "clock".to_owned(), origin: "clock" }
}
