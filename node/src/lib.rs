//! A Coinage node and the program around it: everything that blocks, fails or differs between
//! machines. The rules of the network are in `coinage-protocol`.

pub mod cli;
pub mod client;
pub mod devnet;
pub mod handle;
pub mod keys;
pub mod live;
pub mod model;
pub mod storage;
pub mod verify;
pub mod wallet;
