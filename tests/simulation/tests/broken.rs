//! Goal: a vote that breaks a commit convicts its signer, in whatever order things come, and what
//! an honest authority signs never does.

use coinage_protocol::engine::{Event, PeerRef, Publication};
use coinage_protocol::{
    Answer, Ballot, Block, ChainSpec, Evidence, EvidenceKind, NamedCertificate, Phase, Slot, Tip,
    Topic, encode,
};
use coinage_simulation::block_builder::{Forge, ballot, certificate, tip};
use coinage_simulation::conformance::Answers;
use coinage_simulation::fixtures::{account, address, chain_spec, transfer};
use coinage_simulation::target::Target;

const PEER: PeerRef = PeerRef(1);
const TRAITOR: u8 = 3;
/// An authority that leads none of the slots of the first branch.
const OWN: u8 = 5;

fn spec() -> ChainSpec {
    chain_spec(7, 500)
}

/// Two branches that part after the first block, of slots that follow; each shows a certificate of
/// votes for its block of this slot, if one is given.
fn branches(certified: [Option<u64>; 2]) -> [Vec<Block>; 2] {
    let [one, other] =
        [(false, [3, 4, 6, 7, 10]), (true, [2, 5, 7, 9, 11])].map(|(other, slots)| {
            let mut forge = Forge::new(&spec());
            forge.push(Slot::new(1), Vec::new());
            let (payer, to) = (account(1), address(&account(2)));
            let payment = transfer(&spec(), &payer, to, 5, 1, spec().slot_time(Slot::new(60)));
            let mut first = other.then(|| payment.into_transaction()).into_iter().collect();
            for slot in slots {
                let shown = certified[usize::from(other)];
                match shown.filter(|shown| place(forge.blocks.last()).slot == *shown) {
                    Some(_) => {
                        let votes = certificate(&spec(), Phase::Vote, forge.tip, &[0, 1, 2, 4, 5]);
                        forge.certify(Slot::new(slot), votes);
                    }
                    None => drop(forge.push(Slot::new(slot), std::mem::take(&mut first))),
                }
            }
            forge.blocks
        });
    [one, other]
}

fn place(block: Option<&Block>) -> Tip {
    tip(&spec(), block.expect("a block"))
}

fn signed(phase: Phase, block: &Block, number: u8) -> Ballot {
    ballot(&spec(), phase, place(Some(block)), number)
}

fn tell(target: &mut Target, ballot: &Ballot) {
    target.gossip(PEER, Topic::Votes, &encode(ballot));
}

/// Evidence of broken commits: both branches have a block of slot 7, which is another kind.
fn convicted(target: &Target) -> Vec<Evidence> {
    let mut found = Vec::new();
    for event in &target.events {
        if let Event::EvidenceFound(one) = event
            && one.evidence().kind() == EvidenceKind::CommitAndVote
        {
            assert!(one.evidence().clone().check(spec().chain(), &()).is_ok(), "it proves");
            found.push(one.evidence().clone());
        }
    }
    found
}

/// A node that knows these blocks.
fn knowing<'a>(blocks: impl IntoIterator<Item = &'a Block>) -> Target {
    let mut target = Target::new(&spec(), Slot::new(30));
    show(&mut target, blocks);
    target
}

fn show<'a>(target: &mut Target, blocks: impl IntoIterator<Item = &'a Block>) {
    for block in blocks {
        target.offer(PEER, block);
    }
}

#[test]
fn a_commit_and_a_vote_off_it_convict_whatever_comes_first() {
    // SPEC F-11
    let [one, other] = branches([None, None]);
    let commit = signed(Phase::Commit, &one[2], TRAITOR);
    for at in 2..=4 {
        let vote = signed(Phase::Vote, &other[at], TRAITOR);
        for order in 0..3 {
            let mut target = knowing(&one);
            match order {
                0 => {
                    show(&mut target, &other);
                    [commit, vote].iter().for_each(|ballot| tell(&mut target, ballot));
                }
                1 => {
                    show(&mut target, &other);
                    [vote, commit].iter().for_each(|ballot| tell(&mut target, ballot));
                }
                _ => {
                    [vote, commit].iter().for_each(|ballot| tell(&mut target, ballot));
                    assert!(convicted(&target).is_empty(), "its block is not known");
                    show(&mut target, &other);
                }
            }
            let found = convicted(&target);
            let [Evidence::CommitAndVote { ballots, headers }] = &found[..] else {
                panic!("{found:?}")
            };
            assert_eq!(**ballots, [commit, vote]);
            assert_eq!(headers.len(), at, "down to the slot of the commit");
            assert!(target.disk.evidence().contains(&found[0]), "it is stored");
        }
    }
}

#[test]
fn a_branch_from_block_0_convicts_too() {
    // SPEC F-11
    let (mut one, mut other) = (Forge::new(&spec()), Forge::new(&spec()));
    let (committed, voted) =
        (one.push(Slot::new(3), Vec::new()), other.push(Slot::new(5), Vec::new()));
    let mut target = knowing([&committed, &voted]);
    tell(&mut target, &signed(Phase::Commit, &committed, TRAITOR));
    tell(&mut target, &signed(Phase::Vote, &voted, TRAITOR));
    assert_eq!(convicted(&target).len(), 1);
}

#[test]
fn what_an_honest_authority_signs_is_no_broken_commit() {
    // SPEC F-5, F-6, F-11: on the committed block; for an earlier block; off it, where the branch
    // shows a certificate of the commit's slot or a later one.
    let [one, other] = branches([None, Some(7)]);
    let honest = [
        (&one[2], &one[2]),
        (&one[2], &one[4]),
        (&one[4], &other[1]),
        (&one[3], &other[1]),
        (&other[3], &other[4]),
        (&one[2], &other[4]),
        (&one[4], &other[4]),
    ];
    for (committed, voted) in honest {
        let mut target = knowing(one.iter().chain(&other));
        tell(&mut target, &signed(Phase::Vote, voted, TRAITOR));
        tell(&mut target, &signed(Phase::Commit, committed, TRAITOR));
        assert_eq!(convicted(&target), [], "{committed:?} {voted:?}");
    }
    // Nor does what two authorities sign.
    let mut target = knowing(one.iter().chain(&other));
    tell(&mut target, &signed(Phase::Commit, &one[5], TRAITOR));
    tell(&mut target, &signed(Phase::Vote, &other[5], TRAITOR + 1));
    assert_eq!(convicted(&target), []);
    tell(&mut target, &signed(Phase::Vote, &other[5], TRAITOR));
    assert_eq!(convicted(&target).len(), 1, "but what one of them does");
}

#[test]
fn votes_in_a_header_convict_who_committed_elsewhere() {
    // SPEC F-11
    let [one, _] = branches([None, None]);
    let [_, other] = branches([None, Some(7)]);
    let mut target = knowing(&one);
    for number in [0, 1] {
        tell(&mut target, &signed(Phase::Commit, &one[2], number));
    }
    show(&mut target, &other);
    let signers: Vec<_> = convicted(&target).iter().map(|one| *one.signer()).collect();
    let expected: Vec<_> = [0, 1].map(|number| signed(Phase::Vote, &one[0], number).signer).into();
    assert_eq!(signers.len(), 2);
    assert!(expected.iter().all(|key| signers.contains(key)));
}

/// A signer that has voted for and committed the blocks of a branch with the others.
fn signer(blocks: &[Block]) -> Target {
    let mut target = Target::quiet(&spec(), Slot::new(1), OWN, 60_000);
    let mut passed = 0;
    for block in blocks {
        let at = (block.header.header.slot.get() - 1) * 500 + 60;
        target.wait_ms(at - passed);
        passed = at;
        target.offer(PEER, block);
        for phase in Phase::ALL {
            for number in 0..5 {
                tell(&mut target, &signed(phase, block, number));
            }
        }
        assert_eq!(target.view().finality.finalized, place(Some(block)));
    }
    target
}

#[test]
fn the_votes_behind_own_commits_convict_those_who_made_a_conflict() {
    // SPEC F-12: nobody signed twice for a slot.
    let [own, other] = branches([None, None]);
    let mut target = signer(&own);
    let theirs = certificate(&spec(), Phase::Commit, place(Some(&other[2])), &[1, 2, 3, 4, 6]);
    let authorities = spec().genesis_authorities().hash();
    let commits = NamedCertificate { authorities, certificate: theirs };
    let shown =
        Answer::Certificates { votes: None, commits: Some(Box::new(commits)), change: None };
    let lie = Answers { certificates: Some(encode(&shown)), ..Answers::claiming(target.head()) };
    target.restart();
    target.lies.insert(PeerRef(2), lie);
    target.peer(PeerRef(2), Vec::new());
    assert!(target.view().finality.conflict.is_some());
    let found = convicted(&target);
    let mut signers: Vec<_> = found.iter().map(|one| *one.signer()).collect();
    signers.sort_unstable();
    let mut both: Vec<_> =
        [1, 2, 3].map(|number| signed(Phase::Vote, &own[0], number).signer).into();
    both.sort_unstable();
    assert_eq!(signers, both, "more than a third of seven");
    assert!(found.iter().all(|one| one.slot() == place(Some(&other[2])).slot));
}

#[test]
fn a_start_knows_the_certificate_of_the_lock_which_no_header_shows() {
    // SPEC F-6, F-9
    let [own, _] = branches([None, None]);
    let mut target = Target::quiet(&spec(), Slot::new(1), OWN, 60_000);
    target.wait_ms(3 * 500 + 60);
    show(&mut target, &own[..3]);
    for number in 0..4 {
        tell(&mut target, &signed(Phase::Vote, &own[2], number));
    }
    assert!(cast(&target).contains(&signed(Phase::Commit, &own[2], OWN)), "it is locked there");
    target.restart();
    let finality = target.view().finality;
    assert_eq!((finality.certified, finality.finalized.slot), (place(own.get(2)), Slot::new(0)));
}

#[test]
fn nobody_votes_for_what_the_final_block_has_overtaken() {
    // SPEC F-5, F-11: the marks of such a block are forgotten; here they would allow a vote that
    // breaks the own commit.
    let [own, _] = branches([None, None]);
    let mut forge = Forge::new(&spec());
    for slot in [1, 2] {
        forge.push(Slot::new(slot), Vec::new());
    }
    let mut target = Target::quiet(&spec(), Slot::new(1), OWN, 60_000);
    target.wait_ms(3 * 500 + 60);
    show(&mut target, &own[..3]);
    for number in 0..4 {
        tell(&mut target, &signed(Phase::Vote, &own[2], number));
    }
    let commit = signed(Phase::Commit, &own[2], OWN);
    assert!(cast(&target).contains(&commit), "it has committed");
    target.wait_ms(2 * 500);
    let longer = [6, 7].map(|slot| {
        forge.push(Slot::new(slot), Vec::new());
        forge.tip
    });
    let votes = certificate(&spec(), Phase::Vote, longer[1], &[0, 1, 2, 3, 4]);
    forge.certify(Slot::new(8), votes);
    show(&mut target, &forge.blocks[..3]);
    target.wait_ms(500);
    show(&mut target, &forge.blocks);
    for number in 0..5 {
        tell(&mut target, &signed(Phase::Commit, &forge.blocks[4], number));
    }
    assert_eq!(target.view().finality.finalized, forge.tip, "of the slot after the present one");
    let overtaken = |ballot: &Ballot| longer.iter().any(|tip| tip.hash == ballot.block);
    assert!(!cast(&target).iter().any(overtaken));
}

/// The ballots that a node has published.
fn cast(target: &Target) -> Vec<Ballot> {
    let ballot = |one: &Publication| match one {
        Publication::Ballot(ballot) => Some(*ballot),
        _ => None,
    };
    target.published.iter().filter_map(ballot).collect()
}
