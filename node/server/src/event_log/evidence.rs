//! Log lines about authorities that cheat, and what is final and contradicts itself.

use coinage_protocol::engine::Unexecutable;
use coinage_protocol::{
    Ballot, ChainId, CheckedEvidence, Conflict, EvidenceKind, Phase, PublicKey, SignedHeader,
    encode,
};
use tracing::{error, warn};

use super::short;

/// Writes that an authority signed two blocks of one slot.
pub(super) fn double_signed(leader: &PublicKey, headers: &[SignedHeader; 2], chain: &ChainId) {
    let slot = headers[0].header.slot;
    let [first, second] = headers.each_ref().map(|one| short(&one.header.hash(chain)));
    warn!(slot = slot.get(), %leader, first, second, "authority.double_signed");
}

/// Writes that an authority voted for, or committed, two blocks of one slot.
pub(super) fn voted_twice(ballots: &[Ballot; 2]) {
    let Ballot { phase, slot, signer, .. } = &ballots[0];
    let [first, second] = ballots.each_ref().map(|ballot| short(&ballot.block));
    let kind = match phase {
        Phase::Vote => "votes",
        Phase::Commit => "commits",
    };
    warn!(kind, slot = slot.get(), %signer, first, second, "authority.voted_twice");
}

/// Writes that there is evidence against an authority: whoever has the proof can check it.
pub(super) fn evidence_found(checked: &CheckedEvidence) {
    let evidence = checked.evidence();
    let (signer, slot) = (evidence.signer(), evidence.slot().get());
    let kind = match evidence.kind() {
        EvidenceKind::Blocks => "blocks",
        EvidenceKind::Votes => "votes",
        EvidenceKind::Commits => "commits",
        EvidenceKind::CommitAndVote => "commit_and_vote",
    };
    let ([first, second], proof) = (checked.blocks(), hex::encode(encode(evidence)));
    let hint = "`coinage chain evidence` says what that means";
    warn!(%signer, kind, slot, %first, %second, proof, hint, "evidence.found");
}

/// Writes that two quorums contradict each other: a third of the authorities, or more, cheat.
pub(crate) fn finality_conflict(conflict: &Conflict) {
    let Conflict { ours, theirs, both } = conflict;
    let both: Vec<_> = both.iter().map(ToString::to_string).collect();
    let [one, other] = [ours, theirs].map(|one| hex::encode(encode(one)));
    let hint = "rely on nothing that is final until people have agreed which chain goes on; \
                `coinage doctor` says what to do";
    error!(
        ours = %ours.block, slot = ours.slot.get(), theirs = %theirs.block,
        their_slot = theirs.slot.get(), both = both.join(","), our_commits = one,
        their_commits = other, hint, "finality.conflict"
    );
}

/// Writes that this node cannot go on: a quorum made final what it finds invalid.
pub(super) fn final_invalid(Unexecutable { hash, reason }: &Unexecutable) {
    let hint = "this node applies and signs nothing any more. `coinage node verify` looks whether \
                its own data are damaged; if other nodes go on, run their version, or begin again \
                with an empty --data DIR; if none does, the authorities' program is at fault";
    error!(%hash, %reason, hint, "finality.invalid");
}
