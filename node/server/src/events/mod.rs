//! Events of a node, for everybody who wants to follow them: the source of `GET /v1/events`.
//!
//! The driver tells, and only of what is on disk already. Events go into one bounded ring; a reader
//! is no more than a place in it, so that one who reads slowly takes no memory: what it has not
//! read when the ring moves on is lost to it, and it is told so by a `reset`.
//!
//! A reader of all `block` and `reorg` events has the node's chain: a block's parent is always the
//! block told before it, or the common ancestor of the reorg just told.

mod publish;
mod reader;
mod ring;

use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use coinage_protocol::engine::{LinkedBlock, Via};
use coinage_protocol::{Address, AuthoritySet, ChainSpec, CheckedBlock, Symbol, Tip};
use tokio::sync::{Semaphore, watch};

pub use self::reader::{Filter, Reader, Told};
use coinage_model::chain::TipJson;
use coinage_model::event::{EventJson, EventKind};

use self::ring::Ring;

/// Number of readers at one time at most.
pub const READERS_MAX: usize = 64;

/// The events of a running node.
pub struct Events {
    /// Name of this run of the node, another after every start: sequence numbers begin anew then.
    boot: String,
    spec: ChainSpec,
    inner: Mutex<Inner>,
    /// Number of the last event.
    grown: watch::Sender<u64>,
    places: Arc<Semaphore>,
}

#[derive(Debug)]
struct Inner {
    ring: Ring,
    /// Head as of the last event.
    head: Tip,
    /// Tokens that have a charter as of the last event: a mint alone does not say it.
    chartered: BTreeSet<Symbol>,
    /// Blocks of branches that are being left, until the reorg is told: at each change, the highest
    /// first.
    leaving: VecDeque<Vec<LinkedBlock>>,
    /// Blocks of the branch that replaces the leaving ones, until the reorg is told.
    replacing: Vec<Joined>,
}

/// A block that joined the chain, and how.
#[derive(Debug)]
struct Joined {
    block: Arc<CheckedBlock>,
    authorities: AuthoritySet,
    via: Via,
    delay_ms: i64,
}

impl Events {
    /// Begins with no events: nothing has happened yet on this network since this was the head,
    /// when these tokens had a charter.
    pub fn new(head: Tip, spec: ChainSpec, chartered: BTreeSet<Symbol>) -> Self {
        let mut boot = [0; 8];
        getrandom::fill(&mut boot).expect("every supported system has a source of randomness");
        let (leaving, replacing) = (VecDeque::new(), Vec::new());
        Self {
            boot: hex::encode(boot),
            spec,
            inner: Mutex::new(Inner { ring: Ring::new(), head, chartered, leaving, replacing }),
            grown: watch::Sender::new(0),
            places: Arc::new(Semaphore::new(READERS_MAX)),
        }
    }

    /// Returns the number of readers.
    pub fn readers(&self) -> usize {
        READERS_MAX - self.places.available_permits()
    }

    /// Returns the name of an event.
    fn id(&self, sequence: u64) -> String {
        format!("{}.{sequence}", self.boot)
    }

    fn tip(&self, tip: &Tip) -> TipJson {
        TipJson::new(tip, &self.spec)
    }

    // Nothing panics while it holds the lock, so a poisoned one still guards sound data.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Events").field("boot", &self.boot).finish_non_exhaustive()
    }
}

impl Inner {
    fn push(&mut self, kind: EventKind, accounts: Box<[Address]>, event: &EventJson) {
        if self.ring.is_passed_over() {
            return;
        }
        // Events have no maps whose keys are not strings, so all of them can be written.
        if let Ok(data) = serde_json::to_string(event) {
            self.ring.push(kind, accounts, data.into());
        }
    }
}

#[cfg(test)]
mod tests;
