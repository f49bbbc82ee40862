//! Watch: the chain of each node, as the node tells it, and the number of payments on their way.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use coinage_client::{Client, ClientError, EventStream};
use coinage_model::account::Page;
use coinage_model::chain::{BlockSummary, TipJson};
use coinage_model::event::EventJson;
use coinage_protocol::BlockHash;

use super::error::BenchError;
use super::stop::Stop;

/// Time that the nodes may take to begin to tell.
const BEGIN_PATIENCE: Duration = Duration::from_secs(10);
/// Time for which a node that does not tell is left alone.
const REST: Duration = Duration::from_millis(200);
const POLL: Duration = Duration::from_millis(20);
/// Blocks on a page, if events are missing.
const PAGE: &str = "100";

/// A watch over the chains of the nodes. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Sampler(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    inner: Mutex<Inner>,
    grown: Condvar,
}

#[derive(Debug)]
struct Inner {
    /// Chains of the nodes, one for each.
    chains: Vec<Chain>,
    /// Payments that were handed over and not refused.
    handed: u64,
    over: bool,
}

/// A block of a node's chain.
#[derive(Clone, Copy, Debug)]
pub(super) struct Joined {
    /// Height of the block.
    pub(super) height: u64,
    /// Hash of the block.
    pub(super) hash: BlockHash,
    /// Number of transactions that the block holds.
    pub(super) transactions: u32,
    /// Time at which the node was heard to have the block.
    pub(super) at: Instant,
}

/// The chain of a node since the watch began.
#[derive(Clone, Debug, Default)]
pub(super) struct Chain {
    /// The height at which the watch began.
    began: Option<u64>,
    /// Reorgs of the chain since the watch began.
    pub(super) reorgs: u64,
    /// The blocks that the deepest of the reorgs took off the chain.
    pub(super) reorg_depth_max: u64,
    blocks: BTreeMap<u64, Joined>,
    /// The transactions of all blocks.
    included: u64,
}

impl Chain {
    /// Adds a block that joined; if there was one at its height, that and all above it have left.
    fn join(&mut self, block: Joined) {
        for left in self.blocks.split_off(&block.height).values() {
            self.included -= u64::from(left.transactions);
        }
        self.included += u64::from(block.transactions);
        self.blocks.insert(block.height, block);
    }

    /// Returns the blocks of the chain, the lowest first.
    pub(super) fn blocks(&self) -> impl Iterator<Item = &Joined> {
        self.blocks.values()
    }

    /// Returns the block at a height.
    pub(super) fn at(&self, height: u64) -> Option<&Joined> {
        self.blocks.get(&height)
    }

    /// Returns the number of transactions above a height.
    fn above(&self, height: u64) -> u64 {
        let blocks = self.blocks.range(height.saturating_add(1)..).map(|(_, block)| block);
        blocks.map(|block| u64::from(block.transactions)).sum()
    }
}

impl Sampler {
    /// Follows these nodes until [`Sampler::end`], or until they end.
    pub(super) fn begin(nodes: &[Client], stop: &Stop) -> Result<Self, BenchError> {
        let chains = vec![Chain::default(); nodes.len()];
        let inner = Mutex::new(Inner { chains, handed: 0, over: false });
        let watch = Self(Arc::new(Shared { inner, grown: Condvar::new() }));
        for (number, node) in nodes.iter().enumerate() {
            let (watch, node) = (watch.clone(), node.clone());
            // It ends with the node's stream, and holds nothing that others wait for.
            thread::spawn(move || watch.follow(number, &node));
        }
        let deadline = Instant::now() + BEGIN_PATIENCE;
        while watch.lock().chains.iter().any(|chain| chain.began.is_none()) {
            stop.check()?;
            if Instant::now() >= deadline {
                watch.end();
                let seconds = BEGIN_PATIENCE.as_secs();
                return Err(BenchError::Disagreement { what: "a beginning", seconds });
            }
            thread::sleep(POLL);
        }
        Ok(watch)
    }

    /// Ends the watch: nobody is interested any more.
    pub(super) fn end(&self) {
        self.lock().over = true;
    }

    /// Hands over up to `most` payments as soon as fewer than `window` are on their way; gives back
    /// how many, 0 if there was no room for so long.
    pub(super) fn room(&self, window: u64, most: u64, patience: Duration) -> u64 {
        let inner = self.lock();
        let waited =
            self.0.grown.wait_timeout_while(inner, patience, |inner| inner.in_flight() >= window);
        let (mut inner, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let count = window.saturating_sub(inner.in_flight()).min(most);
        inner.handed += count;
        count
    }

    /// Counts payments that were handed over.
    pub(super) fn hand(&self, count: u64) {
        self.lock().handed += count;
    }

    /// Takes back payments that were handed over and then refused.
    pub(super) fn give_back(&self, count: u64) {
        let mut inner = self.lock();
        inner.handed = inner.handed.saturating_sub(count);
        drop(inner);
        self.0.grown.notify_all();
    }

    /// Returns how many payments were handed over and not refused, and how many are not on the
    /// chain of every node yet.
    pub(super) fn counts(&self) -> (u64, u64) {
        let inner = self.lock();
        (inner.handed, inner.in_flight())
    }

    /// Returns all chains, if they have a highest block in common, and how many transactions are
    /// above it.
    pub(super) fn common(&self) -> Option<(Vec<Chain>, Joined, u64)> {
        let inner = self.lock();
        let (first, others) = inner.chains.split_first()?;
        let everywhere = |block: &&Joined| {
            others
                .iter()
                .all(|chain| chain.at(block.height).is_some_and(|at| at.hash == block.hash))
        };
        let top = *first.blocks.values().rev().find(everywhere)?;
        let above = inner.chains.iter().map(|chain| chain.above(top.height)).max();
        Some((inner.chains.clone(), top, above.unwrap_or(0)))
    }

    /// Follows a node, however often it must be begun anew.
    fn follow(&self, number: usize, node: &Client) {
        let mut last: Option<String> = None;
        let types = [("types", "head,block,reorg".to_owned())];
        while !self.lock().over {
            if let Ok(mut stream) = node.events(&types, last.as_deref(), None) {
                // What ended it shows when it is begun anew.
                let _ended = self.read(number, node, &mut stream);
                last = stream.last_id().map(str::to_owned).or(last);
            }
            thread::sleep(REST);
        }
    }

    fn read(
        &self,
        number: usize,
        node: &Client,
        stream: &mut EventStream,
    ) -> Result<(), ClientError> {
        while let Some(received) = stream.receive()? {
            match received.event {
                EventJson::Block(block) => {
                    self.joined(number, [joined(&block.tip, block.transactions)]);
                }
                // The first tells where the watch begins; the others follow their blocks.
                EventJson::Head(tip) => {
                    let mut inner = self.lock();
                    inner.chains[number].began.get_or_insert(tip.height);
                }
                EventJson::Reset(_) => self.catch_up(number, node)?,
                EventJson::Reorg(reorg) => {
                    let chain = &mut self.lock().chains[number];
                    chain.reorgs += 1;
                    chain.reorg_depth_max = chain.reorg_depth_max.max(reorg.depth);
                }
                EventJson::Final(_)
                | EventJson::Evidence(_)
                | EventJson::Conflict(_)
                | EventJson::Transaction(_)
                | EventJson::Charter(_)
                | EventJson::Peer(_) => {}
            }
        }
        Ok(())
    }

    /// Reads the blocks that events were about which are missing.
    fn catch_up(&self, number: usize, node: &Client) -> Result<(), ClientError> {
        let chain = self.lock().chains[number].clone();
        let known = |height: u64, hash: BlockHash| {
            chain.began.is_some_and(|began| height <= began)
                || chain.at(height).is_some_and(|block| block.hash == hash)
        };
        let mut missing = Vec::new();
        let mut query = vec![("limit", PAGE.to_owned())];
        loop {
            let page: Page<BlockSummary> = node.get("/v1/blocks", &query)?;
            for block in page.items {
                let tip = block.header.tip;
                if known(tip.height, tip.hash) {
                    missing.reverse();
                    self.joined(number, missing);
                    return Ok(());
                }
                missing.push(joined(&tip, block.transactions));
            }
            let Some(next) = page.next else { return Ok(()) };
            query = vec![("limit", PAGE.to_owned()), ("cursor", next)];
        }
    }

    fn joined(&self, number: usize, blocks: impl IntoIterator<Item = Joined>) {
        let mut inner = self.lock();
        for block in blocks {
            inner.chains[number].join(block);
        }
        drop(inner);
        self.0.grown.notify_all();
    }

    // Nothing panics while it holds the lock, so a poisoned one still guards sound data.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Payments that are not on the chain of every node yet.
    fn in_flight(&self) -> u64 {
        let everywhere = self.chains.iter().map(|chain| chain.included).min().unwrap_or(0);
        self.handed.saturating_sub(everywhere)
    }
}

fn joined(tip: &TipJson, transactions: u32) -> Joined {
    Joined { height: tip.height, hash: tip.hash, transactions, at: Instant::now() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(height: u64, hash: u8, transactions: u32) -> Joined {
        Joined { height, hash: BlockHash::new([hash; 32]), transactions, at: Instant::now() }
    }

    fn watch(nodes: usize) -> Sampler {
        let chains = vec![Chain::default(); nodes];
        let inner = Mutex::new(Inner { chains, handed: 0, over: false });
        Sampler(Arc::new(Shared { inner, grown: Condvar::new() }))
    }

    #[test]
    fn what_a_reorg_took_back_is_on_its_way_again() {
        let watch = watch(1);
        watch.hand(10);
        watch.joined(0, [block(1, 1, 3), block(2, 2, 4), block(3, 3, 2)]);
        assert_eq!(watch.counts(), (10, 1));
        watch.joined(0, [block(2, 4, 1)]);
        assert_eq!(watch.counts(), (10, 6));
    }

    #[test]
    fn a_payment_counts_when_the_last_node_has_it() {
        let watch = watch(2);
        watch.hand(4);
        watch.joined(0, [block(1, 1, 4)]);
        assert_eq!(watch.counts(), (4, 4));
        assert!(watch.common().is_none());
        watch.joined(1, [block(1, 1, 4), block(2, 9, 5)]);
        assert_eq!(watch.counts(), (4, 0));
        let (_, top, above) = watch.common().expect("block 1");
        assert_eq!((top.height, above), (1, 5));
    }

    #[test]
    fn no_more_are_on_their_way_than_the_window_allows() {
        let watch = watch(1);
        assert_eq!(watch.room(5, 3, Duration::ZERO), 3);
        assert_eq!(watch.room(5, 3, Duration::ZERO), 2);
        assert_eq!(watch.room(5, 3, Duration::ZERO), 0);
        watch.give_back(1);
        assert_eq!(watch.room(5, 3, Duration::ZERO), 1);
    }
}
