//! Stages: where a story is played.

use coinage_protocol::{
    Address, Body, ChainSpec, Height, Slot, Symbol, Transaction, TransactionId,
};

/// A network on which a story is played: simulated, or of real processes.
///
/// Nodes are numbered from 1. A story asks only nodes that run, and does to a node only what can be
/// done to it, such as killing one that runs.
pub trait Stage {
    /// The network on which the story is played.
    fn spec(&self) -> &ChainSpec;

    /// The time of day that a right clock shows, in milliseconds since 1970.
    fn time(&self) -> u64;

    /// The time until which something that takes so many slots may take, by [`time`](Self::time).
    fn patience(&self, slots: u64) -> u64;

    /// Lets a little time pass, before looking again.
    fn breathe(&mut self);

    /// Lets so many slots pass.
    fn wait(&mut self, slots: u64);

    /// Cuts the links between these groups, and no others; every node is in one of them.
    fn partition(&mut self, groups: &[Vec<u16>]);

    /// Connects everybody.
    fn heal(&mut self);

    /// Ends a node as a power cut would.
    fn kill(&mut self, node: u16);

    /// Starts a node that does not run.
    fn start(&mut self, node: u16);

    /// Deletes the chain of a node that does not run.
    fn wipe(&mut self, node: u16);

    /// Makes a node stand still.
    fn pause(&mut self, node: u16);

    /// Lets it go on.
    fn resume(&mut self, node: u16);

    /// Sets the clock of a node that does not run so many milliseconds ahead.
    fn set_clock(&mut self, node: u16, ahead_ms: i64);

    /// Submits a transaction.
    fn submit(&mut self, node: u16, transaction: &Transaction, park: bool) -> Answer;

    /// The end of a node's chain; `None` if it does not answer.
    fn head(&self, node: u16) -> Option<Head>;

    /// The ends of the chains of some nodes at one moment: what one of them has added while others
    /// were asked is left off.
    fn heads(&self, nodes: &[u16]) -> Vec<Option<Head>>;

    /// The standing of a node, as it says; `None` if it does not answer.
    fn standing(&self, node: u16) -> Option<Standing>;

    /// The status of a transaction, as a node says.
    fn status(&self, node: u16, id: &TransactionId) -> Status;

    /// The balance that somebody has at a node, in base units.
    fn balance(&self, node: u16, address: Address, token: Symbol) -> u128;

    /// The supply of a token at a node, in base units; `None` if it does not know the token.
    fn supply(&self, node: u16, token: Symbol) -> Option<u128>;

    /// A node's whole chain, the lowest block first, without genesis.
    fn chain(&self, node: u16) -> Vec<ChainBlock>;

    /// The transactions that each of a node's reorgs undid.
    fn reorgs(&self, node: u16) -> Vec<Reverted>;

    /// Ends the play, and tells what is wrong, if anything, that no story needs to forbid: honest
    /// nodes that charged each other, or what is on a disk.
    fn end(&mut self) -> Vec<String>;
}

/// The answer of a node to a submission.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Answer {
    /// The transaction waits, or is on the chain already.
    Taken,
    /// The transaction is not taken, for the reason with this code.
    Refused(String),
    /// The node does not answer.
    Silence,
}

/// The end of a chain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Head {
    /// Height of the block.
    pub height: Height,
    /// Hash of the block, in hexadecimal.
    pub hash: String,
}

/// The standing of a node, as it says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Standing {
    /// True if the node has what the network has, as far as it knows.
    pub synced: bool,
    /// True if the node's clock is wrong by so much that it signs nothing.
    pub wrong_clock: bool,
}

/// The status of a transaction, as a node says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Status {
    /// The node knows nothing of it.
    Unknown,
    /// The transaction waits to be included.
    Waiting,
    /// The transaction waits for what the reason with this code says.
    Parked(String),
    /// The transaction is on the node's chain.
    Included,
    /// The node no longer holds it, for the reason with this code.
    Dropped(String),
}

/// A block of a chain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ChainBlock {
    /// Slot of the block.
    pub slot: Slot,
    /// Hash of the block, in hexadecimal.
    pub hash: String,
    /// The transactions in it, in order.
    pub transactions: Vec<Body>,
}

/// The work that a reorg undid: each transaction with what became of it, in the words of the API.
pub type Reverted = Vec<(TransactionId, String)>;
