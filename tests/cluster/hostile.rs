//! Peers that mean harm, against a real node over real sockets.
//!
//! The node has no authority key, so its head moves only if it believes a peer.

mod chains;
mod gossip;
mod requests;
mod strangers;

use std::time::Duration;

use coinage_protocol::{Answer, Bounded, Request, Status};
use coinage_tests::single_node::SingleNode;
use coinage_tests::villain::{Script, Villain, claiming, genesis, status};

/// Memory that the node may use more after an attack than before, in MiB: its queues, and what the
/// allocator keeps.
const MEMORY_GROWTH_MAX: u64 = 256;
/// Time to look whether something happens that should not.
const MOMENT: Duration = Duration::from_millis(300);

/// An honest peer and what the node was like before an attack.
struct Before {
    honest: Villain,
    head: (u64, String),
    memory_mib: u64,
}

impl Before {
    async fn of(node: &SingleNode) -> Self {
        let honest = Villain::connect(node, peaceful(node)).await;
        Self { honest, head: node.head(), memory_mib: node.memory_mib() }
    }

    /// The node lives, believes what it believed before, is not bloated and serves the honest.
    async fn holds(&mut self, node: &SingleNode) {
        assert_eq!(node.head(), self.head, "{}", node.log());
        let grown = node.memory_mib().saturating_sub(self.memory_mib);
        assert!(grown < MEMORY_GROWTH_MAX, "{grown} MiB more than before");
        let locator = Bounded::first_of([node.spec.genesis_hash()]);
        let answer = self.honest.request(&Request::Headers { locator }).await;
        let Answer::Headers(headers) = answer else { panic!("no headers: {answer:?}") };
        assert_eq!(u64::try_from(headers.len()).expect("few"), self.head.0);
        assert!(!node.log().contains("panicked"), "{}", node.log());
    }
}

/// The script of a peer that claims nothing.
fn peaceful(node: &SingleNode) -> Script {
    claiming(&node.spec, genesis(&node.spec))
}

/// The status of an honest newcomer.
fn status_of(node: &SingleNode) -> Status {
    status(&node.spec, genesis(&node.spec))
}

/// Waits until the log blames a peer for something.
fn blamed(node: &mut SingleNode, villain: &Villain, event: &str, reason: &str) {
    let name = villain.name();
    let what = format!("{event} {name} {reason}");
    node.wait(&what, |node| !node.lines(&[event, &name, reason]).is_empty());
}
