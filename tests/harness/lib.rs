//! Harness of the tests of real processes: clusters, lone nodes, a hostile peer.

pub mod cluster;
pub mod crowd;
mod http;
pub mod ledger;
pub mod program;
pub mod raw_process;
mod retry;
pub mod single_node;
pub mod stage;
pub mod submit;
pub mod terminal;
pub mod villain;
