//! How much room a new network has unless somebody says otherwise, and why (decision 0014).

/// Balances: one state of so many, with the deposits that they take, has some 77 MB in memory. The
/// states that a node keeps for reorgs come on top, by how much the last blocks changed.
pub const BALANCES_MAX: u64 = 100_000;
/// Tokens: names are never given back.
pub const TOKENS_MAX: u64 = 10_000;
/// New balances and tokens in a block. Whoever fills all the room at full speed needs 34 blocks, so
/// that with slots of 2 s nobody waits behind that for more than about a minute.
pub const BLOCK_MAX: u64 = 3_000;
