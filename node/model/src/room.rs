//! Default limits on the state of a new network, and the reasons for them (decision 0014).

/// Number of balances at most: one state of so many, with the deposits that they take, has some 77
/// MB in memory. The states that a node keeps for reorgs come on top, by how much the last blocks
/// changed.
pub const BALANCES_MAX: u64 = 100_000;
/// Number of tokens at most: names are never given back.
pub const TOKENS_MAX: u64 = 10_000;
/// Number of new balances and tokens in a block at most. Whoever fills all the room at full speed
/// needs 34 blocks, so that with slots of 2 s nobody waits behind that for more than about a
/// minute.
pub const BLOCK_MAX: u64 = 3_000;

/// Number of charters that a network holds at most, unless its genesis says otherwise: some 10 MiB.
pub const CHARTERS_MAX: u64 = 1_000;

/// Number of accounts with a role or frozen that a network holds at most, unless its genesis says
/// otherwise.
pub const STANDINGS_MAX: u64 = 100_000;
