//! The whole behaviour of a node: inputs in, actions out.

mod action;
mod event;
mod input;
mod reader;

use alloc::vec::Vec;

pub use self::action::{
    Action, Actions, Batch, LinkedBlock, Publication, Question, Reply, SubmitOutcome,
};
pub use self::event::{Event, SyncState, Via};
pub use self::input::{
    AskedId, BatchNumber, GossipToken, Input, Now, Outcome, PeerRef, RequestId, SubmissionId,
};
pub use self::reader::ChainReader;
use crate::bounded::Text;
use crate::hash::BlockHash;
use crate::keys::SecretKey;
use crate::ledger::{Entry, Key};
use crate::limits::{ADDRESS_BYTES_MAX, AGENT_BYTES_MAX};
use crate::network::Network;
use crate::wire::Tip;

/// What a node is set to do, besides what the network's genesis says.
#[derive(Debug)]
pub struct Settings {
    /// The key to sign blocks with, if the node is an authority.
    pub authority: Option<Authority>,
    /// The program's name and version, told to peers.
    pub agent: Text<AGENT_BYTES_MAX>,
    /// Multiaddresses to tell peers.
    pub addresses: Vec<Text<ADDRESS_BYTES_MAX>>,
    /// Whether the node has peers to look for; if not, it begins as synced.
    pub expects_peers: bool,
}

/// What it takes to sign blocks.
#[derive(Debug)]
pub struct Authority {
    /// The key.
    pub key: SecretKey,
    /// The last slot it signed for, from the memory beside the key; 0 if none.
    pub last_slot: u64,
}

/// Unpredictable bytes from the operating system, or a simulator's seed.
#[derive(Clone, Copy, Debug)]
pub struct Seed(pub [u8; 32]);

/// What is on disk at a start.
#[derive(Debug)]
pub struct Stored<R, E> {
    /// Reads the chain.
    pub reader: R,
    /// The head of the stored chain; `None` if nothing is stored yet.
    pub head: Option<BlockHash>,
    /// Every entry of the state after that head.
    pub entries: E,
}

/// Why a stored chain cannot be resumed as it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RestoreError {
    /// The stored head cannot be read.
    #[error("the stored head block {head} is missing")]
    HeadMissing {
        /// Its hash.
        head: BlockHash,
    },
    /// The stored balances are not those of the stored head.
    #[error("the stored state is not the one that block {head} commits to")]
    StateDiffers {
        /// Its hash.
        head: BlockHash,
    },
}

/// One node. Owns its chain, its pool and what it knows of its peers.
#[derive(Debug)]
pub struct Engine<R> {
    reader: R,
}

/// How a node stands; cheap to make.
#[derive(Clone, Debug)]
pub struct View {
    /// The best block that it has applied.
    pub head: Tip,
    /// Whether it has what the network has.
    pub sync: SyncState,
    /// How many transactions wait.
    pub pool_transactions: usize,
    /// How many of them cannot be included yet.
    pub pool_parked: usize,
    /// How many bytes they have.
    pub pool_bytes: usize,
    /// By how much the node's clock is ahead of the authorities', if that is more than a slot.
    pub clock_ahead_ms: Option<i64>,
    /// The ends of all known branches, the best first: the head, and side branches.
    pub tips: Vec<KnownTip>,
}

/// The end of a branch.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KnownTip {
    /// Where it ends.
    pub tip: Tip,
    /// How many blocks it is away from the chain.
    pub branch_len: u64,
    /// What is known of it.
    pub kind: TipKind,
}

/// What is known of the end of a branch.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TipKind {
    /// The head.
    Head,
    /// All blocks are here, but the branch does not win.
    Side,
    /// Blocks are still to be fetched.
    HeadersOnly,
    /// A block of it is invalid.
    Invalid,
}

impl<R: ChainReader> Engine<R> {
    /// The node as it stopped, or at genesis if nothing is stored.
    ///
    /// # Errors
    ///
    /// [`RestoreError`] if what is stored does not fit together; rebuild the state by replaying
    /// the blocks.
    pub fn restore(
        network: Network,
        settings: Settings,
        seed: Seed,
        stored: Stored<R, impl IntoIterator<Item = (Key, Entry)>>,
    ) -> Result<Self, RestoreError> {
        let _ = (network, settings, seed, stored.head);
        Ok(Self { reader: stored.reader })
    }

    /// Takes in what happened and says what to do. Never fails, never blocks, applies at most one
    /// block.
    #[must_use]
    pub fn handle(&mut self, now: Now, input: Input) -> Actions {
        let _ = (now, input, &self.reader);
        Vec::new()
    }

    /// When to call with [`Input::Tick`] at the latest, in milliseconds of uptime; a time that has
    /// passed means at once.
    pub fn next_deadline(&self, now: Now) -> Option<u64> {
        Some(now.uptime)
    }

    /// How the node stands.
    pub fn view(&self) -> View {
        unreachable!("not yet")
    }
}
