//! Blocks that need no execution or check again: the one that this node has just written, and those
//! that were on the chain.

use alloc::sync::Arc;

use super::{Chain, ChainReader, Inserted, LinkError, Via};
use crate::block::CheckedBlock;
use crate::hash::{BlockHash, TransactionId};
use crate::ledger::{Changes, ExecutionError, State};

/// A block that this node wrote, and what its execution came to while it was put together.
#[derive(Debug)]
pub(crate) struct Written {
    /// The block.
    pub(crate) block: CheckedBlock,
    /// State after the block.
    pub(crate) after: State,
    /// Changes that the block makes to the state.
    pub(crate) changes: Changes,
}

impl Chain {
    /// Adds a block that this node has written itself.
    pub(crate) fn insert_written(
        &mut self,
        written: Written,
        reader: &impl ChainReader,
    ) -> Result<Inserted, LinkError> {
        let Written { block, after, changes } = written;
        self.written = Some((block.hash(), after, changes));
        self.insert_block(block, Via::Own, reader)
    }

    /// A block that was on the chain.
    pub(super) fn stored(
        &self,
        hash: &BlockHash,
        reader: &impl ChainReader,
    ) -> Option<Arc<CheckedBlock>> {
        if let Some((_, block)) = self.leaving.get(hash) {
            return Some(Arc::clone(block));
        }
        Some(CheckedBlock::trusted(reader.block(hash)?, self.spec.chain()).into())
    }
}

/// Takes the outcome, unless a transaction stands in the branch already (SPEC T-8): that is what
/// was not looked at when the block was put together.
pub(super) fn outcome(
    outcome: (State, Changes),
    block: &CheckedBlock,
    taken: impl Fn(&TransactionId) -> bool,
) -> Result<(State, Changes), ExecutionError> {
    match block.bodies().map(|(id, _)| id).find(taken) {
        Some(id) => Err(ExecutionError::Repeated { id }),
        None => Ok(outcome),
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::samples::{block, chain_spec, payment};

    #[test]
    fn an_own_block_that_repeats_a_transaction_of_its_branch_is_refused() {
        // SPEC T-8
        let spec = chain_spec();
        let state = || (spec.genesis_state().clone(), Changes::default());
        let written = block(vec![payment(1)]);
        let written = CheckedBlock::trusted(written, spec.chain());
        let id = written.bodies().next().expect("one").0;
        assert!(outcome(state(), &written, |_| false).is_ok());
        let refused = outcome(state(), &written, |one| *one == id).expect_err("it repeats");
        assert_eq!(refused, ExecutionError::Repeated { id });
    }
}
