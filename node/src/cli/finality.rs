//! The command line's answer about finality until there is any.

use coinage_model::code::Code;

use super::failure::Failure;

/// Creates the failure that says that nothing is final on this network yet.
pub(crate) fn not_available() -> Failure {
    Failure::new(Code::Finality.name(), "this version has no finality: a reorg can undo any block")
        .hint("wait with --wait included and look at the number of blocks on top")
}
