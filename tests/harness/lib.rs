//! Harness of the tests of real processes: clusters, lone nodes, a hostile peer.

pub mod cluster;
pub mod crowd;
mod http;
pub mod ledger;
pub mod lone;
pub mod program;
pub mod solo;
pub mod stage;
pub mod submit;
mod turns;
pub mod villain;
