//! Pages of a node for browsers: what the API's read models look like in HTML.
//!
//! Nothing here reads a disk or a socket: `node/server` collects what a page shows, in the API's
//! own types, and these functions write it, in English or Korean. Read `frame` first, which stands
//! around every page, then [`now`].

pub mod account;
pub mod assets;
pub mod block;
pub mod blocks;
pub mod failure;
mod frame;
mod life;
pub mod names;
pub mod network;
pub mod now;
mod sentence;
mod site;
mod text;
pub mod tokens;
pub mod transaction;
pub mod tree;
mod words;

pub use coinage_policy::Language;
pub use maud::Markup;

pub use self::names::{Decimals, Names};
pub use self::site::Site;

#[cfg(test)]
mod tests;
