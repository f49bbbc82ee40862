//! What the tests stand on: keys and transactions, a chain in memory, simulated networks.

pub mod cluster;
pub mod forge;
pub mod lone;
pub mod memory;
pub mod money;
mod node;
pub mod villain;
pub mod world;
