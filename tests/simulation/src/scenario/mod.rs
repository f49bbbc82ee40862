//! Stories of a network, written so that people can read them and machines play them.
//!
//! A file is one story, a step on each line; README shows one, and `tests/scenarios` holds the
//! project's own. The same file is played in the simulated network ([`Simulated`]) and, by the
//! cluster tests, with real processes: both are a [`Stage`].
//!
//! `nodes N` comes first, then, if not 500ms, `slot Nms`. All nodes are authorities and run, and
//! agree already. The steps:
//!
//! - `wait 20 slots` lets time pass.
//! - `partition n1 n2 | n3 n4` cuts the links between groups and no others; `heal` connects all.
//! - `kill n1 n2`, `kill all` end nodes as a power cut would; `start n1` starts them again;
//!   `wipe n1` deletes the chain of a node that does not run.
//! - `pause n2` makes a process stand still, `resume n2` lets it go on.
//! - `clock n4 +1500ms` restarts a node with its clock so far ahead; `+0ms` is right again.
//! - `alice pays 30 COIN to bob via n1`, and likewise `alice mints 5 GOLD to bob`,
//!   `alice burns 5 GOLD`, `alice passes GOLD to bob` (the right to mint), `alice closes GOLD`,
//!   `alice swaps 30 COIN for 5 GOLD of bob` (both sign) and
//!   `alice creates GOLD supply 100 cap 150 issuer bob`, of which only the symbol is needed.
//! - `resend rent via n2 n3` submits the same bytes again.
//!
//! A submission says `via NODE`, and may say `as NAME`, `expires in 10 slots` and `park`. It must
//! be taken, unless the story expects it `refused`. Every token has two decimals. `alice`, `bob`
//! and `carol` have 1,000,000 COIN each, as in every devnet; any other name has nothing.
//!
//! `expect CLAIM [on NODES] [within N slots]` looks at all nodes that run, now or until it holds:
//! `equal heads`, `different heads`, `equal heights`, `height at least 9`, `5 more blocks`,
//! `blocks by n4`, `no blocks by n4 for 20 slots`, `synced`, `wrong clock`, `right clock`, `reorg`
//! (on any node, unless they are named), `bob has 30 COIN`, `supply of GOLD is 100`,
//! `one of a b included once`, and of a named transaction `included once`, `not included`,
//! `waiting`, `parked CODE`, `expired`, `refused CODE`, `reverted OUTCOME` (a reorg undid it:
//! `reincluded`, `back_in_pool`, `conflicting`, at once or with a block that came later, `expired`
//! or `dropped`; on any node, unless they are named).
//!
//! At the end of every story all running nodes must have one chain; no transaction is on it twice
//! and none that nobody sent; an independent ledger agrees with every balance and supply; and no
//! node has charged another or rejected a block.

mod claims;
mod code;
mod ending;
mod expect;
mod parse;
mod play;
mod simulated;
mod stage;
mod story;
mod words;

pub use self::parse::Misspelt;
pub use self::play::{Failure, play};
pub use self::simulated::Simulated;
pub use self::stage::{Answer, ChainBlock, Head, Reverted, Stage, Standing, Status};
pub use self::story::{Scenario, Step};
