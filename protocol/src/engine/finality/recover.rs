//! Recovery: own ballots that stand in stored headers, and that a crash took from the memory
//! (SPEC F-7).

use super::super::Engine;
use super::super::effect::Effect;
use crate::chain::ChainReader;
use crate::finality::{Candidate, Certificate, Phase};
use crate::hash::BlockHash;
use crate::units::Slot;

impl<R: ChainReader> Engine<R> {
    /// Takes own ballots in the headers above the final block, and in its certificate, into the
    /// memory. A leader puts its own ballot into its block at once; that, or that a block is final,
    /// may have become durable and the memory not. No other ballot that was forgotten has left.
    /// The memory of a signer that has stopped is closed: those ballots may be another process's.
    pub(in super::super) fn recover_ballots(&mut self) {
        if self.settings.signer().is_none() {
            return;
        }
        let mut shown = self.chain.certificates_that_came().to_vec();
        shown.extend(self.finality.commits.clone());
        shown.sort_by_key(|certificate| certificate.slot);
        let before = self.finality.memory;
        for certificate in shown {
            if self.has_own_ballot(&certificate) {
                self.recover(&certificate);
            }
        }
        if self.finality.memory != before {
            self.out.push(Effect::RememberVoting(self.finality.memory));
        }
    }

    /// Takes in the votes behind the lock: if all authorities stopped before a header showed them,
    /// nobody else knows where to build (SPEC F-9).
    pub(in super::super) fn recover_lock(&mut self) {
        let lock = self.finality.memory.lock;
        let votes = self.reader.votes(lock.slot).filter(|votes| Some(votes.block) == lock.block);
        votes.into_iter().for_each(|votes| self.take_certificate(votes));
    }

    fn recover(&mut self, Certificate { phase, slot, block, .. }: &Certificate) {
        let descends =
            |block: &BlockHash, from: &BlockHash| self.chain.descends(block, from, &self.reader);
        let (memory, place): (_, (Slot, BlockHash)) = (self.finality.memory, (*slot, *block));
        let recovered = match phase {
            Phase::Vote if *slot > memory.last_vote.slot => {
                let candidate = Candidate { slot: *slot, block: *block, justified: *slot };
                memory.after_vote(candidate, descends)
            }
            Phase::Commit if *slot > memory.lock.slot => memory.after_commit(place, descends),
            Phase::Vote | Phase::Commit => memory,
        };
        self.finality.memory = recovered;
    }

    /// Checks whether a ballot of this node's own key is in a certificate of a known block.
    fn has_own_ballot(&self, certificate: &Certificate) -> bool {
        let set = self.chain.set_of(&certificate.block, &self.reader);
        let own = set
            .zip(self.own_key)
            .and_then(|(set, own)| set.keys().iter().position(|key| *key == own));
        own.is_some_and(|own| certificate.signers().contains(&own))
    }
}
