//! Signs heads of the log and remembers the newest for those who ask.

use std::sync::{Arc, RwLock};

use acts::duties::AfterLock;
use store::head::{self, HeadsDir, SignedHead, Why};
use store::{Store, StoreError};

use crate::clock::machine_now;

#[derive(Clone)]
pub struct Signer {
    store: Store,
    heads: HeadsDir,
    newest: Arc<RwLock<Option<SignedHead>>>,
}

impl Signer {
    pub fn new(store: &Store, heads: &HeadsDir) -> Signer {
        Signer { store: store.clone(), heads: heads.clone(), newest: Arc::default() }
    }

    pub fn newest(&self) -> Option<SignedHead> {
        self.newest.read().ok()?.clone()
    }

    /// Signs the end of the log. A store that cannot sign goes on serving people; the log says so loudly.
    pub async fn sign(&self, why: Why) {
        if let Err(error) = self.try_sign(why).await {
            tracing::error!(%error, "a head could not be signed");
        }
    }

    async fn try_sign(&self, why: Why) -> Result<(), StoreError> {
        let signed = head::sign(&self.store, &self.heads, why, machine_now()).await?;
        if let (Some(head), Ok(mut newest)) = (signed, self.newest.write()) {
            *newest = Some(head);
        }
        Ok(())
    }

    /// Signs unless the newest head already says it all.
    pub async fn sign_if_grown(&self) {
        let signed = self.newest().map_or(0, |head| head.seq);
        if *self.store.committed().borrow() > signed {
            self.sign(Why::Interval).await;
        }
    }

    /// What follows each lock of a day's figures: a head of its own, at once (trust.md).
    pub fn after_lock(&self) -> Box<AfterLock<'_>> {
        Box::new(move |_| {
            Box::pin(async move {
                self.sign(Why::Lock).await;
                Ok(())
            })
        })
    }
}
