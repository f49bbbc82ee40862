//! Asks the nodes, each in a thread of its own.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use coinage_client::{Client, ClientError};
use coinage_model::account::Page;
use coinage_model::chain::{BlockSummary, KnownTipJson, ReorgJson};
use coinage_model::status::StatusJson;

use super::source::{Source, Sources};

/// Time that a node may take for an answer before it counts as unreachable.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);
/// Blocks below the head that are kept: a minute of the usual slots.
pub(super) const BLOCKS_KEPT: usize = 120;
/// New blocks that are asked for at once; if there are more, all that are kept are asked for.
const BLOCKS_NEW: usize = 12;
/// Ends of branches that are asked for.
const TIPS_MAX: usize = 32;
/// Reorgs that are asked for.
const REORGS_MAX: usize = 5;
pub(super) const POLL: Duration = Duration::from_millis(10);

/// The answers of a node in one round of questions.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) status: StatusJson,
    /// Blocks of the chain, newest first, linked.
    pub(super) blocks: Vec<BlockSummary>,
    pub(super) tips: Vec<KnownTipJson>,
    pub(super) reorgs: Vec<ReorgJson>,
}

/// The knowledge of a node.
#[derive(Clone, Debug)]
pub(super) struct Sight {
    /// Name of the node, to be shown.
    pub(super) name: String,
    /// URL at which the node was asked.
    pub(super) url: Option<String>,
    /// Answers of the node, or why it did not answer; `None` until the first answer.
    pub(super) said: Option<Result<Box<Seen>, String>>,
}

/// The knowledge of all nodes; filled in by the threads that ask them.
#[derive(Clone, Debug)]
pub(super) struct Sights(Arc<Mutex<Vec<Sight>>>);

impl Sights {
    /// Begins to ask every node every so often, until the process ends.
    pub(super) fn watch(sources: &Sources, interval: Duration) -> Self {
        let sights =
            sources.nodes.iter().map(|source| Sight { name: source.name(), url: None, said: None });
        let sights = Self(Arc::new(Mutex::new(sights.collect())));
        for (at, source) in sources.nodes.iter().cloned().enumerate() {
            let sights = sights.clone();
            thread::spawn(move || {
                let mut watcher = Watcher::new(source);
                loop {
                    let sight = watcher.look();
                    if let Some(place) = sights.lock().get_mut(at) {
                        *place = sight;
                    }
                    thread::sleep(interval);
                }
            });
        }
        sights
    }

    pub(super) fn all_answered(&self) -> bool {
        self.lock().iter().all(|sight| sight.said.is_some())
    }

    // Nothing panics while it holds the lock, so a poisoned one still guards sound data.
    pub(super) fn lock(&self) -> MutexGuard<'_, Vec<Sight>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A thread's questions to one node.
#[derive(Debug)]
struct Watcher {
    source: Source,
    client: Option<Client>,
    blocks: Vec<BlockSummary>,
}

impl Watcher {
    fn new(source: Source) -> Self {
        Self { source, client: None, blocks: Vec::new() }
    }

    fn look(&mut self) -> Sight {
        let url = self.source.url();
        let said = match &url {
            Some(url) => self.ask(url).map(Box::new).map_err(|error| error.to_string()),
            None => Err("it has not said where it listens".to_owned()),
        };
        Sight { name: self.source.name(), url, said: Some(said) }
    }

    fn ask(&mut self, url: &str) -> Result<Seen, ClientError> {
        let client = match self.client.take() {
            Some(client) if client.url() == url.trim_end_matches('/') => client,
            _ => Client::new(url)?.impatient(PATIENCE),
        };
        let client = self.client.insert(client);
        let limit = |limit: usize| [("limit", limit.to_string())];
        let status: StatusJson = client.get("/v1/status", &[])?;
        let tips: Page<KnownTipJson> = client.get("/v1/chain/tips", &limit(TIPS_MAX))?;
        let reorgs: Page<ReorgJson> = client.get("/v1/chain/reorgs", &limit(REORGS_MAX))?;
        if self.blocks.first().map(|block| block.header.tip.hash) != Some(status.head.hash) {
            let few: Page<BlockSummary> = client.get("/v1/blocks", &limit(BLOCKS_NEW))?;
            self.blocks = match joined(few.items, &self.blocks) {
                Some(blocks) => blocks,
                None => client.get::<Page<_>>("/v1/blocks", &limit(BLOCKS_KEPT))?.items,
            };
        }
        // What is no node of this version may send more than it was asked for.
        self.blocks.truncate(BLOCKS_KEPT);
        let (blocks, mut tips, mut reorgs) = (self.blocks.clone(), tips.items, reorgs.items);
        tips.truncate(TIPS_MAX);
        reorgs.truncate(REORGS_MAX);
        Ok(Seen { status, blocks, tips, reorgs })
    }
}

/// New blocks on top of known ones; `None` if there is a gap between them. Newest first.
pub(super) fn joined(new: Vec<BlockSummary>, old: &[BlockSummary]) -> Option<Vec<BlockSummary>> {
    let lowest = &new.last()?.header;
    let below = old.iter().skip_while(|block| block.header.tip.height >= lowest.tip.height);
    let below: Vec<_> = below.cloned().collect();
    let links = below.first().is_some_and(|block| block.header.tip.hash == lowest.previous);
    if !links && lowest.tip.height > 0 {
        return None;
    }
    Some(new.into_iter().chain(below).collect())
}
