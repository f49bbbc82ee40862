//! Holds effects back until what they rely on is on disk.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::effect::Effect;
use super::event::Event;
use crate::chain::BatchNumber;

/// Decides when a shell may perform an effect.
///
/// What follows a batch waits until that batch is durable, in order. Not so verdicts, charges and
/// bans and what is told of them, which rely on nothing stored (and a peer that was banned has no
/// name any more); further batches, which the disk keeps in order; and the memory of slots, which
/// must never come later than the block it is for, and harms nobody if it comes early. The memory
/// of votes waits: it binds the key to a block, and one that is lost in a crash would bind it for
/// ever. So does the end of all signing: it comes after the votes that were cast before it, or
/// their memory would be refused.
#[derive(Debug, Default)]
pub struct Gate {
    held: VecDeque<(BatchNumber, Effect)>,
    handed_out: BatchNumber,
    durable: BatchNumber,
}

impl Gate {
    /// Returns the effect, if it may be performed now.
    pub fn pass(&mut self, effect: Effect) -> Option<Effect> {
        if let Effect::Persist { number, .. } = &effect {
            self.handed_out = *number;
            return Some(effect);
        }
        if waits_for_nothing(&effect) || self.durable >= self.handed_out {
            return Some(effect);
        }
        self.held.push_back((self.handed_out, effect));
        None
    }

    /// All batches up to this one are durable: gives the effects that waited for that.
    pub fn durable(&mut self, number: BatchNumber) -> Vec<Effect> {
        self.durable = self.durable.max(number);
        let freed = self.held.iter().take_while(|(after, _)| *after <= self.durable).count();
        self.held.drain(..freed).map(|(_, effect)| effect).collect()
    }

    /// The batch that everything up to now relies on, if it is not durable yet.
    pub fn outstanding(&self) -> Option<BatchNumber> {
        (self.durable < self.handed_out).then_some(self.handed_out)
    }

    /// Checks whether this batch is durable.
    pub fn is_durable(&self, number: BatchNumber) -> bool {
        number <= self.durable
    }

    /// Number of effects that wait.
    pub fn held(&self) -> usize {
        self.held.len()
    }
}

/// Checks whether an effect is right whatever the disk holds.
fn waits_for_nothing(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::Judge { .. }
            | Effect::Charge { .. }
            | Effect::Ban { .. }
            | Effect::Report(Event::BlockRejected { .. } | Event::Misbehaviour { .. })
            | Effect::Remember { .. }
    )
}

#[cfg(test)]
mod tests {
    use alloc::boxed::Box;

    use super::*;
    use crate::blame::{Offence, Verdict};
    use crate::chain::{Batch, Tip};
    use crate::engine::{GossipToken, PeerRef, Stop, StopCause};
    use crate::finality::VotingMemory;
    use crate::hash::BlockHash;
    use crate::units::{Height, Slot};

    fn persist(number: u64) -> Effect {
        let head = Tip {
            height: Height::new(number),
            slot: Slot::new(number),
            hash: BlockHash::default(),
        };
        Effect::Persist { number: BatchNumber(number), batch: Box::new(Batch::at(head)) }
    }

    fn report(height: Height) -> Effect {
        Effect::Report(Event::SyncDone { height, took_ms: 0 })
    }

    fn heights(effects: &[Effect]) -> Vec<u64> {
        let height = |effect: &Effect| {
            let Effect::Report(Event::SyncDone { height, .. }) = effect else { return u64::MAX };
            height.get()
        };
        effects.iter().map(height).collect()
    }

    #[test]
    fn what_follows_a_batch_waits_for_it_in_order() {
        let mut gate = Gate::default();
        assert!(gate.pass(report(Height::new(0))).is_some());
        assert!(gate.pass(persist(1)).is_some());
        assert!(gate.pass(report(Height::new(1))).is_none());
        assert!(gate.pass(persist(2)).is_some(), "a batch goes to the disk at once");
        assert!(gate.pass(report(Height::new(2))).is_none());
        assert!(gate.pass(report(Height::new(3))).is_none());
        assert_eq!(heights(&gate.durable(BatchNumber(1))), [1]);
        assert!(gate.is_durable(BatchNumber(1)) && !gate.is_durable(BatchNumber(2)));
        assert_eq!(gate.outstanding(), Some(BatchNumber(2)));
        assert!(gate.pass(report(Height::new(4))).is_none(), "the second batch is not durable yet");
        assert_eq!(heights(&gate.durable(BatchNumber(2))), [2, 3, 4]);
        assert_eq!((gate.held(), gate.outstanding()), (0, None));
        assert!(gate.pass(report(Height::new(5))).is_some());
    }

    #[test]
    fn no_hop_waits_for_a_disk() {
        let mut gate = Gate::default();
        assert!(gate.pass(persist(1)).is_some());
        let judge = Effect::Judge { token: GossipToken(1), verdict: Verdict::Accept };
        assert!(gate.pass(judge).is_some());
    }

    #[test]
    fn a_peer_is_accused_while_its_name_is_known() {
        let mut gate = Gate::default();
        assert!(gate.pass(persist(1)).is_some());
        let (peer, offence) = (PeerRef(1), Offence::InvalidChain);
        let accusation = Event::Misbehaviour { peer, offence, detail: String::new() };
        assert!(gate.pass(Effect::Report(accusation)).is_some(), "the ban does not wait either");
    }

    #[test]
    fn the_end_of_signing_is_written_after_the_votes_that_came_before_it() {
        // SPEC C-5, F-7
        let mut gate = Gate::default();
        assert!(gate.pass(persist(1)).is_some());
        assert!(gate.pass(Effect::RememberVoting(VotingMemory::default())).is_none());
        let (cause, slot, hash) = (StopCause::Twin, Slot::new(7), BlockHash::default());
        assert!(gate.pass(Effect::StopSigning(Stop { cause, slot, hash })).is_none());
        let freed = gate.durable(BatchNumber(1));
        assert!(matches!(freed.as_slice(), [Effect::RememberVoting(_), Effect::StopSigning(_)]));
    }

    #[test]
    fn the_signing_memory_is_never_behind_the_block_it_is_for() {
        let mut gate = Gate::default();
        assert!(gate.pass(persist(1)).is_some());
        assert!(gate.pass(Effect::Remember { slot: Slot::new(7) }).is_some());
        assert!(gate.pass(persist(2)).is_some());
    }
}
