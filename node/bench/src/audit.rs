//! Audit of the chains in the end: which payments are on all of them, since when, and whether the
//! books are right.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use coinage_client::Client;
use coinage_model::account::{AccountJson, HoldersJson};
use coinage_model::chain::BlockJson;
use coinage_model::status::StatusJson;
use coinage_protocol::Address;

use super::error::BenchError;
use super::load::Sent;
use super::sampler::{Chain, Joined, Sampler};
use super::stop::Stop;
use super::workload::{BUDGET, PAYERS, Workload};

/// Time that pending payments may take to be included after the load.
const DRAIN_PATIENCE: Duration = Duration::from_secs(30);
/// Time that the nodes may take to agree after that.
const AGREE_PATIENCE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(100);
/// Looks at the pools, one after the other, that must find nothing: what left one pool is on its
/// way into a block or another.
const EMPTY_LOOKS: u32 = 3;

/// The payments that the chains hold.
pub(super) struct Committed {
    /// Time that each payment took from when it was to be sent until the last node had it, the
    /// shortest first.
    pub(super) latencies: Vec<Duration>,
    /// Time at which the last node had the last of them, after the beginning of the load.
    pub(super) last: Duration,
    /// The blocks from the first of these payments to the last.
    pub(super) blocks: u64,
    /// Payments that were taken, and are on no chain.
    pub(super) missing: u64,
    /// Reorgs on all nodes, and the blocks that the deepest of them took off a chain.
    pub(super) reorgs: (u64, u64),
    /// Block that the nodes agree on, up to which all this is so.
    pub(super) top: Joined,
    /// Number of payments of each account.
    paid: [u64; PAYERS],
}

/// Waits until nothing waits any more, or for so long; gives back how many payments still wait.
pub(super) fn drain(nodes: &[Client], watch: &Sampler, stop: &Stop) -> Result<u64, BenchError> {
    let deadline = Instant::now() + DRAIN_PATIENCE;
    let mut empty_looks = 0;
    loop {
        stop.check()?;
        if watch.counts().1 == 0 {
            return Ok(0);
        }
        let mut waiting = 0;
        for node in nodes {
            let status: StatusJson = node.get("/v1/status", &[])?;
            waiting = waiting.max(status.mempool.transactions);
        }
        empty_looks = if waiting == 0 { empty_looks + 1 } else { 0 };
        if empty_looks == EMPTY_LOOKS {
            return Ok(0);
        }
        if Instant::now() >= deadline {
            return Ok(u64::from(waiting));
        }
        thread::sleep(POLL);
    }
}

/// Finds every payment that is on the chain of all nodes. Blocks above the one that they agree on
/// may hold more only if some still wait.
pub(super) fn committed(
    nodes: &[Client],
    watch: &Sampler,
    sent: Vec<Sent>,
    began: Instant,
    some_wait: bool,
) -> Result<Committed, BenchError> {
    let (chains, top) = agreed(watch, some_wait)?;
    let agreed_at = Instant::now();
    let mut open: BTreeMap<_, _> = sent.into_iter().map(|one| (one.id, one)).collect();
    let mut latencies = Vec::new();
    let (mut last, mut paid, mut first_height, mut last_height) = (began, [0; PAYERS], None, 0);
    let blocks = chains.first().into_iter().flat_map(Chain::blocks);
    let blocks = blocks.filter(|block| block.transactions > 0 && block.height <= top.height);
    for (block, node) in blocks.zip(nodes.iter().cycle()) {
        let everywhere = everywhere(block, &chains, agreed_at);
        let shown: BlockJson = node.get(&format!("/v1/blocks/{}", block.hash), &[])?;
        for transaction in shown.transactions {
            let Some(one) = open.remove(&transaction.id) else { continue };
            latencies.push(everywhere.saturating_duration_since(began + one.due));
            paid[one.payer] += 1;
            last = last.max(everywhere);
            first_height.get_or_insert(block.height);
            last_height = block.height;
        }
    }
    latencies.sort_unstable();
    let missing = u64::try_from(open.len()).expect("fewer than were sent");
    let blocks = first_height.map_or(0, |first| last_height - first + 1);
    let last = last.duration_since(began);
    let reorgs = (
        chains.iter().map(|chain| chain.reorgs).sum(),
        chains.iter().map(|chain| chain.reorg_depth_max).max().unwrap_or(0),
    );
    Ok(Committed { latencies, last, blocks, missing, reorgs, top, paid })
}

/// Checks that every node's balances are what the payments lead to, and that they are the supply.
pub(super) fn check_books(
    nodes: &[Client],
    payers: &Workload,
    committed: &Committed,
) -> Result<(), BenchError> {
    let token = payers.token();
    let genesis = payers.spec().genesis().balances.iter();
    let supply: u128 = genesis.map(|one| one.amount.units()).sum();
    for (node, number) in nodes.iter().zip(1..) {
        let wrong = |what: String, height, expected, found| BenchError::Books {
            node: format!("n{number}"),
            height,
            what,
            expected,
            found,
        };
        let page: HoldersJson =
            node.get(&format!("/v1/tokens/{token}/holders"), &[("limit", "1000".to_owned())])?;
        let sum: u128 = page.holders.items.iter().map(|one| one.amount.units()).sum();
        for (what, found) in [("the supply", page.supply.units()), ("the sum of balances", sum)] {
            if found != supply {
                return Err(wrong(what.to_owned(), page.head.height, supply, found));
            }
        }
        for (payer, address) in payers.addresses().enumerate() {
            let (expected, found) = (committed.balance(payer), balance(node, address, committed)?);
            if found != expected {
                let what = format!("the balance of {address}");
                return Err(wrong(what, committed.top.height, expected, found));
            }
        }
    }
    Ok(())
}

impl Committed {
    /// Returns the balance of an account after its payments, in base units.
    fn balance(&self, payer: usize) -> u128 {
        let paid = |account: usize| u128::from(self.paid[account]);
        let from = (payer + PAYERS - 1) % PAYERS;
        debug_assert_eq!(Workload::payee(from), payer);
        BUDGET + paid(from) - paid(payer)
    }
}

/// Returns the balance of an address at the block that the nodes agree on; fails if the node has
/// another there.
fn balance(node: &Client, address: Address, committed: &Committed) -> Result<u128, BenchError> {
    let at = [("block", committed.top.hash.to_string())];
    let account: AccountJson = node.get(&format!("/v1/accounts/{address}"), &at)?;
    Ok(account.balances.items.iter().map(|one| one.amount.units()).sum())
}

/// Returns when the last node had a block; of one that was not heard to have it, when all were.
fn everywhere(block: &Joined, chains: &[Chain], agreed_at: Instant) -> Instant {
    let heard = |chain: &Chain| {
        let same = chain.at(block.height).filter(|at| at.hash == block.hash);
        same.map_or(agreed_at, |same| same.at)
    };
    chains.iter().map(heard).max().unwrap_or(agreed_at)
}

/// The chains and their highest common block; unless some payments wait, none is above it.
fn agreed(watch: &Sampler, some_wait: bool) -> Result<(Vec<Chain>, Joined), BenchError> {
    let deadline = Instant::now() + AGREE_PATIENCE;
    loop {
        match watch.common() {
            Some((chains, top, above)) if some_wait || above == 0 => return Ok((chains, top)),
            _ if Instant::now() >= deadline => {
                let seconds = AGREE_PATIENCE.as_secs();
                return Err(BenchError::Disagreement { what: "a block", seconds });
            }
            _ => thread::sleep(POLL),
        }
    }
}
