//! Interest: which lines of nodes are for somebody who looks on.
//!
//! A quiet network writes a block in ten seconds, and each node says so twice. Who looks on wants
//! to see what was paid, and when branches fork and heal; the rest stays in the logs.

use std::collections::VecDeque;

use super::log::Line;

/// Blocks of interest that are remembered, to show when they are final.
const BLOCKS_MAX: usize = 256;

/// Filter of the lines of all nodes.
#[derive(Debug, Default)]
pub(super) struct Interest {
    /// True to keep every line.
    all: bool,
    /// Hashes, as lines write them, of the latest blocks that hold transactions.
    blocks: VecDeque<String>,
}

impl Interest {
    pub(super) fn new(all: bool) -> Self {
        Self { all, ..Self::default() }
    }

    /// Checks whether a line is to be shown.
    pub(super) fn keeps(&mut self, line: &Line) -> bool {
        if self.all || line.node.is_none() {
            return true;
        }
        // Time, level, node, event, values.
        let mut words = line.text.split_whitespace().skip(3);
        let Some(event) = words.next() else { return true };
        let value = |name: &str| words.clone().find_map(|word| word.strip_prefix(name));
        match event {
            "block.produced" | "block.imported" => {
                let of_interest = value("txs=").is_none_or(|count| count != "0");
                if let (true, Some(hash)) = (of_interest, value("hash=")) {
                    self.remember(hash);
                }
                of_interest
            }
            "block.final" => {
                value("hash=").is_none_or(|hash| self.blocks.iter().any(|known| known == hash))
            }
            // Each node says every ten seconds that all is well.
            "status" => value("state=") != Some("synced"),
            _ => true,
        }
    }

    fn remember(&mut self, hash: &str) {
        if self.blocks.iter().any(|known| known == hash) {
            return;
        }
        if self.blocks.len() >= BLOCKS_MAX {
            self.blocks.pop_front();
        }
        self.blocks.push_back(hash.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(node: u16, what: &str) -> Line {
        let text = format!("2026-11-30T10:04:34.930Z INFO  [n{node}] {what}");
        Line { node: Some(node), text }
    }

    #[test]
    fn who_looks_on_sees_what_was_paid_and_every_fork_and_no_empty_block() {
        let mut interest = Interest::new(false);
        for (what, shown) in [
            ("block.produced height=7 hash=aa parent=00 slot=9 txs=0 leader=a1 delay_ms=1", false),
            ("block.final height=7 hash=aa slot=9 delay_ms=4", false),
            ("block.produced height=8 hash=bb parent=aa slot=10 txs=2 leader=a2 delay_ms=1", true),
            ("block.imported height=8 hash=bb parent=aa slot=10 txs=2 leader=a2 via=gossip", true),
            ("block.final height=8 hash=bb slot=10 delay_ms=4", true),
            ("block.imported height=9 hash=cc parent=bb slot=11 txs=0 leader=a3", false),
            ("chain.reorg old_head=cc new_head=dd depth=1 reverted_txs=0 rule=final", true),
            ("peer.connected peer=x address=/ip4/127.0.0.1/tcp/1 direction=outbound", true),
            ("finality.stalled lag=9", true),
            ("status state=synced head=bb height=8 final=8 peers=3 heard=4/4", false),
            ("status state=alone head=bb height=8 final=8 peers=0 heard=1/4", true),
        ] {
            assert_eq!(interest.keeps(&said(1, what)), shown, "{what}");
        }
        let own = Line { node: None, text: "block.final is a word".to_owned() };
        assert!(interest.keeps(&own), "what the devnet says itself");
        let empty = said(2, "block.imported height=9 hash=cc txs=0");
        assert!(Interest::new(true).keeps(&empty), "who asks for all is shown all");
        for odd in ["", "panicked", "error: no such file", "block.produced", "a b c status"] {
            assert!(interest.keeps(&Line { node: Some(1), text: odd.to_owned() }), "{odd}");
        }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut interest = Interest::new(false);
        for hash in 0..2 * BLOCKS_MAX {
            let held = said(1, &format!("block.imported hash={hash} txs=1"));
            assert!(interest.keeps(&held));
        }
        assert_eq!(interest.blocks.len(), BLOCKS_MAX);
        assert!(!interest.keeps(&said(1, "block.final hash=0")), "it is long forgotten");
    }
}
