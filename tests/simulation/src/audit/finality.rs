//! Finality once more: what honest nodes sign and tell, looked at by who sees all (SPEC F).
//!
//! Its own quorum, its own walk along blocks, its own look at signatures.

use std::collections::{BTreeMap, BTreeSet};

use coinage_protocol::{
    Ballot, BlockHash, Certificate, ChainSpec, Header, Phase, PublicKey, Signature, Slot, Tip,
    transactions_root,
};

use super::Broken;
use super::authorities::{Keys, is_signed};
use super::branches::Branches;
use super::encoding::tagged;

const BOTH: [Phase; 2] = [Phase::Vote, Phase::Commit];

/// Books of what was signed for finality, and told of it.
#[derive(Debug)]
pub(crate) struct FinalityBooks {
    chain: [u8; 32],
    branches: Branches,
    /// Blocks that honest authorities signed for, by slot.
    signed: BTreeMap<(PublicKey, Phase), BTreeMap<Slot, BlockHash>>,
    /// Signers of each block, and their signatures.
    signers: BTreeMap<(Phase, BlockHash), BTreeMap<PublicKey, [u8; 64]>>,
    /// Blocks that any honest node told to be final.
    told: BTreeMap<Slot, BlockHash>,
    /// The last block that each honest node told.
    told_by: BTreeMap<usize, Tip>,
}

impl FinalityBooks {
    /// Books of a network in which nothing was signed yet.
    pub(crate) fn new(spec: &ChainSpec) -> Self {
        Self {
            chain: *spec.chain().as_bytes(),
            branches: Branches::new(spec),
            signed: BTreeMap::new(),
            signers: BTreeMap::new(),
            told: BTreeMap::new(),
            told_by: BTreeMap::new(),
        }
    }

    /// Takes in a block that is shown, by whomever.
    pub(crate) fn shown(&mut self, hash: BlockHash, header: &Header) {
        self.branches.note(hash, header);
    }

    /// Takes in a ballot that is signed, by whomever: from now on it may be in a certificate.
    pub(crate) fn cast(&mut self, ballot: &Ballot) {
        let Ballot { phase, block, signer, signature, .. } = *ballot;
        let signers = self.signers.entry((phase, block)).or_default();
        signers.insert(signer, *signature.as_bytes());
    }

    /// A ballot of an honest authority leaves: never for two blocks of a slot, and never a vote and
    /// a commit that do not go together, in whichever order.
    pub(crate) fn left(&mut self, ballot: &Ballot) -> Result<(), Broken> {
        let Ballot { phase, slot, block, signer, .. } = *ballot;
        let own = self.signed.entry((signer, phase)).or_default();
        let first = *own.entry(slot).or_insert(block);
        if first != block {
            let error = format!("{phase:?} for {block} after {first}, both of slot {slot}");
            return Err(("I5", error));
        }
        match phase {
            Phase::Vote => {
                let Some(shown) = self.branches.named(&block, &BOTH) else {
                    return Err(("F-5", format!("votes for {block}, which nobody has shown")));
                };
                let commits = self.of(signer, Phase::Commit);
                let commits = commits.range(shown + 1..=slot);
                let commits: Vec<_> = commits.map(|(of, block)| (*of, *block)).collect();
                commits.into_iter().try_for_each(|commit| self.pair(commit, (slot, block)))
            }
            Phase::Commit => {
                let votes = self.of(signer, Phase::Vote).range(slot..);
                let votes: Vec<_> = votes.map(|(of, block)| (*of, *block)).collect();
                votes.into_iter().try_for_each(|vote| self.pair((slot, block), vote))
            }
        }
    }

    fn of(&self, signer: PublicKey, phase: Phase) -> &BTreeMap<Slot, BlockHash> {
        const NONE: &BTreeMap<Slot, BlockHash> = &BTreeMap::new();
        self.signed.get(&(signer, phase)).unwrap_or(NONE)
    }

    /// A commit of C and a vote for D, s(D) >= s(C), of one honest authority: D stands on C, or
    /// shows a certificate of C's slot or above (decision 0027).
    fn pair(&self, commit: (Slot, BlockHash), vote: (Slot, BlockHash)) -> Result<(), Broken> {
        let shown = self.branches.named(&vote.1, &BOTH);
        let is_shown = shown.is_some_and(|shown| shown >= commit.0);
        if is_shown || self.branches.descends(&vote.1, commit) {
            return Ok(());
        }
        Err(("I5", format!("vote for {vote:?}, which shows {shown:?}, and commit of {commit:?}")))
    }

    /// An honest node tells that a block is final (SPEC F-8): a quorum committed it, no other
    /// block that was told stands beside it, and it is above what the node told before.
    /// `traitors` count as having signed everything.
    pub(crate) fn told(
        &mut self,
        node: usize,
        tip: &Tip,
        traitors: &BTreeSet<PublicKey>,
    ) -> Result<(), Broken> {
        let before = self.told_by.insert(node, *tip);
        let falls = |before: &Tip| before.slot >= tip.slot || before.height >= tip.height;
        if let Some(before) = before.filter(falls) {
            return Err(("I2", format!("{tip:?} is told as final after {before:?}")));
        }
        if self.told.get(&tip.slot) == Some(&tip.hash) {
            return Ok(());
        }
        let signers = self.signers.get(&(Phase::Commit, tip.hash));
        let signed = |key: &&PublicKey| {
            traitors.contains(key) || signers.is_some_and(|signers| signers.contains_key(key))
        };
        let authorities = self.authorities(&tip.hash);
        let count = authorities.iter().filter(signed).count();
        if 3 * count <= 2 * authorities.len() {
            return Err(("F-8", format!("{tip:?} is told as final after {count} commits")));
        }
        // Those that were told are on one chain: their neighbours there stand for all.
        let below = self.told.range(..=tip.slot).next_back();
        let above = self.told.range(tip.slot..).next();
        let stands = below.is_none_or(|(slot, other)| self.descends(&tip.hash, (*slot, *other)));
        let carries = above.is_none_or(|(_, other)| self.descends(other, (tip.slot, tip.hash)));
        if !stands || !carries {
            return Err(("I1", format!("{tip:?} is final beside {below:?} and {above:?}")));
        }
        self.told.insert(tip.slot, tip.hash);
        Ok(())
    }

    /// Checks whether those whose clock nobody could contradict have made a block final whose slot
    /// comes after this one: then the chain waits for that (SPEC F-8). It may be an authority
    /// alone, or a quorum of `astray`, whom changes of the authorities have left among themselves.
    pub(crate) fn is_ahead_of(&self, slot: Slot, astray: &BTreeSet<PublicKey>) -> bool {
        let newest = self.told.range(slot.saturating_add(1)..).next_back();
        newest.is_some_and(|(_, block)| {
            let authorities = self.authorities(block);
            let count = authorities.iter().filter(|key| astray.contains(key)).count();
            authorities.len() == 1 || 3 * count > 2 * authorities.len()
        })
    }

    /// The last block that a node told to be final.
    pub(crate) fn last_told(&self, node: usize) -> Option<Tip> {
        self.told_by.get(&node).copied()
    }

    /// A node has lost its disk, and with it what it knew to be final.
    pub(crate) fn forget(&mut self, node: usize) {
        self.told_by.remove(&node);
    }

    /// Checks what a node stands on against what it told: its head stands on the last final block,
    /// and that is still final for it.
    pub(crate) fn stands(&self, node: usize, head: &Tip, finalized: &Tip) -> Result<(), Broken> {
        let Some(told) = self.last_told(node) else { return Ok(()) };
        if finalized.height < told.height {
            return Err(("I2", format!("{finalized:?} is final after {told:?}")));
        }
        if !self.descends(&head.hash, (told.slot, told.hash)) {
            return Err(("F-8", format!("the head {head:?} is off {told:?}, which is final")));
        }
        Ok(())
    }

    /// Checks whether a shown block is another one, of this slot, or stands on it.
    pub(crate) fn descends(&self, block: &BlockHash, from: (Slot, BlockHash)) -> bool {
        self.branches.descends(block, from)
    }

    /// Checks the certificate in the header of an adopted block: a quorum of distinct authorities
    /// signed it, for a block below, which is news there (SPEC B-5, F-3).
    pub(crate) fn proves(&self, header: &Header) -> Result<(), Broken> {
        let Some(one) = &header.certificate else { return Ok(()) };
        let (slot, block, count) = (one.slot, one.block, one.signatures.len());
        let authorities = self.authorities(&block);
        let place = |place: &u8| authorities.get(usize::from(*place));
        let signers: BTreeSet<_> =
            one.signatures.iter().filter_map(|(at, _)| Some((*at, place(at)?))).collect();
        // SPEC F-1
        let quorum = authorities.len() * 2 / 3 + 1;
        if signers.len() != count || count != quorum {
            return Err(("F-3", format!("{one:?} is of no quorum")));
        }
        let holds = |(at, signature): &(u8, Signature)| {
            place(at).is_some_and(|key| self.is_ballot(one, key, signature))
        };
        if !one.signatures.iter().all(holds) {
            return Err(("F-3", format!("{one:?} has signatures that are none")));
        }
        if !self.is_news(&header.previous, one) || !self.descends(&header.previous, (slot, block)) {
            return Err(("B-5", format!("{one:?} is no news, or not of a block below")));
        }
        Ok(())
    }

    /// The authorities of a block, by the headers below it; nobody, if these were not shown.
    pub(crate) fn authorities(&self, block: &BlockHash) -> Keys {
        self.branches.authorities(block).unwrap_or_default()
    }

    /// The authorities of a block that stands on this one; nobody, if those below were not shown.
    pub(crate) fn authorities_on(&self, parent: &BlockHash) -> Keys {
        self.branches.authorities_on(parent).unwrap_or_default()
    }

    /// Checks whether transactions of a block's chain are not final by what the chain says itself.
    pub(crate) fn is_open(&self, block: &BlockHash) -> bool {
        self.branches.is_open(block)
    }

    /// An honest leader writes a block, whose heartbeat is so many slots: it holds transactions, or
    /// makes some final that its chain holds, or it was time (SPEC F-10).
    pub(crate) fn has_reason(&self, header: &Header, heartbeat: u64) -> Result<(), Broken> {
        let parent = &header.previous;
        let is_filled = header.transactions_root != transactions_root(&[]);
        let since = self.branches.slot(parent).map(|slot| header.slot.since(slot));
        let is_due = header.height == 1 || since.is_none_or(|since| since >= heartbeat);
        // It may have been written to lead a voter on (SPEC F-9).
        let leads = || self.branches.has_fork_near(parent);
        if is_filled || is_due || self.is_open(parent) || leads() {
            return Ok(());
        }
        Err(("F-10", format!("a block of slot {} without a reason: {since:?}", header.slot)))
    }

    /// Checks whether a certificate says more than the chain of a block shows already.
    pub(crate) fn is_news(&self, on: &BlockHash, one: &Certificate) -> bool {
        let phases = if one.phase == Phase::Vote { &BOTH[..] } else { &BOTH[1..] };
        self.branches.named(on, phases).is_some_and(|shown| one.slot > shown)
    }

    /// Checks whether a key made a signature of a certificate: by the books, or by itself.
    fn is_ballot(&self, one: &Certificate, key: &PublicKey, signature: &Signature) -> bool {
        let booked = self.signers.get(&(one.phase, one.block)).and_then(|all| all.get(key));
        if booked == Some(signature.as_bytes()) {
            return true;
        }
        // SPEC H-1, F-2
        let tag = if one.phase == Phase::Vote { 16 } else { 17 };
        let place = [&one.slot.get().to_le_bytes()[..], one.block.as_bytes()].concat();
        is_signed(key, signature, &tagged(tag, &[&self.chain, &place]))
    }
}
