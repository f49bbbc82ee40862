//! Links: who reaches whom, how fast, and what is lost on the way.

use std::collections::BTreeSet;

/// The links of a simulated network. Latency is in milliseconds, chances are in a thousand.
#[derive(Clone, Debug)]
pub struct Links {
    /// The longest that a message travels.
    pub latency_ms_max: u64,
    /// Number of messages in a thousand that do not arrive.
    pub loss_per_mille: u64,
    /// Number of messages in a thousand that arrive twice.
    pub duplicates_per_mille: u64,
    /// Pairs of nodes, the lower first, that have no connection.
    apart: BTreeSet<(usize, usize)>,
    /// Pairs of nodes, from and to, between which nothing comes, although both believe that they
    /// are connected.
    mute: BTreeSet<(usize, usize)>,
}

impl Default for Links {
    fn default() -> Self {
        Self {
            latency_ms_max: 40,
            loss_per_mille: 0,
            duplicates_per_mille: 0,
            apart: BTreeSet::new(),
            mute: BTreeSet::new(),
        }
    }
}

impl Links {
    /// Links of this latency, in milliseconds, and these chances, in a thousand.
    pub(crate) fn new(latency_ms_max: u64, loss: u64, duplicates: u64) -> Self {
        let (loss_per_mille, duplicates_per_mille) = (loss, duplicates);
        Self { latency_ms_max, loss_per_mille, duplicates_per_mille, ..Self::default() }
    }

    /// Checks whether two nodes can connect.
    pub(crate) fn are_apart(&self, one: usize, two: usize) -> bool {
        self.apart.contains(&pair(one, two))
    }

    /// Separates two nodes.
    pub(crate) fn part(&mut self, one: usize, two: usize) {
        self.apart.insert(pair(one, two));
    }

    /// Lets nothing pass from one node to another, without either noticing.
    pub(crate) fn silence(&mut self, from: usize, to: usize) {
        self.mute.insert((from, to));
    }

    /// Checks whether what one node sends to another is swallowed.
    pub(crate) fn is_mute(&self, from: usize, to: usize) -> bool {
        self.mute.contains(&(from, to))
    }

    /// Heals all links: everybody reaches everybody.
    pub(crate) fn heal(&mut self) {
        self.apart.clear();
        self.mute.clear();
    }
}

fn pair(one: usize, two: usize) -> (usize, usize) {
    (one.min(two), one.max(two))
}
