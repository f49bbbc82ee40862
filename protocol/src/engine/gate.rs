//! Holds actions back until what they rely on is on disk.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::action::Action;
use super::event::Event;
use crate::chain::BatchNumber;

/// Decides when a shell may perform an action.
///
/// What follows a batch waits until that batch is durable, in order. Not so verdicts, charges and
/// bans and what is told of them, which rely on nothing stored (and a peer that was banned has no
/// name any more); further batches, which the disk keeps in order; and the
/// signing memory, which must never come later than the block it is for, and harms nobody if
/// it comes early.
#[derive(Debug, Default)]
pub struct Gate {
    held: VecDeque<(BatchNumber, Action)>,
    handed_out: BatchNumber,
    durable: BatchNumber,
}

impl Gate {
    /// The action, if it may be performed now.
    pub fn pass(&mut self, action: Action) -> Option<Action> {
        if let Action::Persist { number, .. } = &action {
            self.handed_out = *number;
            return Some(action);
        }
        if waits_for_nothing(&action) || self.durable >= self.handed_out {
            return Some(action);
        }
        self.held.push_back((self.handed_out, action));
        None
    }

    /// All batches up to this one are durable: gives the actions that waited for that.
    pub fn durable(&mut self, number: BatchNumber) -> Vec<Action> {
        self.durable = self.durable.max(number);
        let freed = self.held.iter().take_while(|(after, _)| *after <= self.durable).count();
        self.held.drain(..freed).map(|(_, action)| action).collect()
    }

    /// The batch that everything up to now relies on, if it is not durable yet.
    pub fn outstanding(&self) -> Option<BatchNumber> {
        (self.durable < self.handed_out).then_some(self.handed_out)
    }

    /// Whether this batch is durable.
    pub fn is_durable(&self, number: BatchNumber) -> bool {
        number <= self.durable
    }

    /// How many actions wait.
    pub fn held(&self) -> usize {
        self.held.len()
    }
}

/// Whether an action is right whatever the disk holds.
fn waits_for_nothing(action: &Action) -> bool {
    matches!(
        action,
        Action::Judge { .. }
            | Action::Charge { .. }
            | Action::Ban { .. }
            | Action::Report(Event::BlockRejected { .. } | Event::Misbehaviour { .. })
            | Action::Remember { .. }
            | Action::StopSigning(_)
    )
}

#[cfg(test)]
mod tests {
    use alloc::boxed::Box;

    use super::*;
    use crate::blame::{Offence, Verdict};
    use crate::chain::{Batch, Tip};
    use crate::engine::{GossipToken, PeerRef};
    use crate::hash::BlockHash;

    fn persist(number: u64) -> Action {
        let head = Tip { height: number, slot: number, hash: BlockHash::default() };
        let batch = Batch { reverted: Vec::new(), applied: Vec::new(), head, reorg: None };
        Action::Persist { number: BatchNumber(number), batch: Box::new(batch) }
    }

    fn report(height: u64) -> Action {
        Action::Report(Event::SyncDone { height, took_ms: 0 })
    }

    fn heights(actions: &[Action]) -> Vec<u64> {
        let height = |action: &Action| {
            let Action::Report(Event::SyncDone { height, .. }) = action else { return u64::MAX };
            *height
        };
        actions.iter().map(height).collect()
    }

    #[test]
    fn what_follows_a_batch_waits_for_it_in_order() {
        let mut gate = Gate::default();
        assert!(gate.pass(report(0)).is_some());
        assert!(gate.pass(persist(1)).is_some());
        assert!(gate.pass(report(1)).is_none());
        assert!(gate.pass(persist(2)).is_some(), "a batch goes to the disk at once");
        assert!(gate.pass(report(2)).is_none());
        assert!(gate.pass(report(3)).is_none());
        assert_eq!(heights(&gate.durable(BatchNumber(1))), [1]);
        assert!(gate.is_durable(BatchNumber(1)) && !gate.is_durable(BatchNumber(2)));
        assert_eq!(gate.outstanding(), Some(BatchNumber(2)));
        assert!(gate.pass(report(4)).is_none(), "the second batch is not durable yet");
        assert_eq!(heights(&gate.durable(BatchNumber(2))), [2, 3, 4]);
        assert_eq!((gate.held(), gate.outstanding()), (0, None));
        assert!(gate.pass(report(5)).is_some());
    }

    #[test]
    fn no_hop_waits_for_a_disk() {
        let mut gate = Gate::default();
        assert!(gate.pass(persist(1)).is_some());
        let judge = Action::Judge { token: GossipToken(1), verdict: Verdict::Accept };
        assert!(gate.pass(judge).is_some());
    }

    #[test]
    fn a_peer_is_accused_while_its_name_is_known() {
        let mut gate = Gate::default();
        assert!(gate.pass(persist(1)).is_some());
        let (peer, offence) = (PeerRef(1), Offence::InvalidChain);
        let accusation = Event::Misbehaviour { peer, offence, detail: String::new() };
        assert!(gate.pass(Action::Report(accusation)).is_some(), "the ban does not wait either");
    }

    #[test]
    fn the_signing_memory_is_never_behind_the_block_it_is_for() {
        let mut gate = Gate::default();
        assert!(gate.pass(persist(1)).is_some());
        assert!(gate.pass(Action::Remember { slot: 7 }).is_some());
        assert!(gate.pass(persist(2)).is_some());
    }
}
