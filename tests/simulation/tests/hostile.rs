//! Goal: what is forged is refused, costs whoever sent it, and stays without effect.
//! Method: a lone engine; the test plays its peers.

use coinage_protocol::engine::{Event, PeerRef};
use coinage_protocol::{
    Address, Block, Bounded, ChainSpec, Offence, Signature, Slot, Topic, Transaction, Verdict,
    encode,
};
use coinage_simulation::block_builder::Forge;
use coinage_simulation::fixtures::{account, address, chain_spec, transfer};
use coinage_simulation::target::Target;

const VILLAIN: PeerRef = PeerRef(2);
const HONEST: PeerRef = PeerRef(3);

fn payment(spec: &ChainSpec, from: u8, amount: u128, salt: u64) -> Transaction {
    let expiry = spec.slot_time(Slot::new(1_000));
    let to: Address = address(&account(77));
    transfer(spec, &account(from), to, amount, salt, expiry).into_transaction()
}

fn branch(spec: &ChainSpec, slots: impl IntoIterator<Item = u64>) -> Forge {
    let mut forge = Forge::new(spec);
    for slot in slots {
        forge.push(Slot::new(slot), vec![payment(spec, 1, 1, slot)]);
    }
    forge
}

#[test]
fn an_honest_payment_with_garbage_signatures_does_not_keep_the_honest_copy_out() {
    // SPEC T-2, X-1
    let spec = chain_spec(4, 500);
    let honest = payment(&spec, 1, 5, 1);
    let mut garbage = honest.clone();
    let mut witness = garbage.witnesses[0].clone();
    let mut signature = witness.signatures[0];
    signature.signature = Signature::new([9; 64]);
    witness.signatures = Bounded::new(vec![signature]).expect("one");
    garbage.witnesses = Bounded::new(vec![witness]).expect("one");
    let mut target = Target::new(&spec, Slot::new(5));
    target.peer(VILLAIN, Vec::new());
    let batch = |transaction: &Transaction| encode(&vec![transaction.clone()]);
    let verdict = target.gossip(VILLAIN, Topic::Transactions, &batch(&garbage));
    assert_eq!(verdict, Verdict::Reject);
    assert_eq!(target.charges, [(VILLAIN, Offence::BadTransaction)]);
    let verdict = target.gossip(PeerRef(1), Topic::Transactions, &batch(&honest));
    assert_eq!(verdict, Verdict::Accept);
    let verdict = target.gossip(PeerRef(1), Topic::Transactions, &batch(&honest));
    assert_eq!(verdict, Verdict::Ignore, "nothing new, and nobody to blame");
}

#[test]
fn a_third_block_for_a_slot_is_ignored_as_news_but_not_as_part_of_a_better_branch() {
    // SPEC C-2
    let spec = chain_spec(4, 500);
    let versions: Vec<Forge> = (1..=3)
        .map(|salt| {
            let mut forge = Forge::new(&spec);
            forge.push(Slot::new(1), vec![payment(&spec, 1, salt, 1)]);
            forge
        })
        .collect();
    let mut target = Target::new(&spec, Slot::new(10));
    assert_eq!(target.offer(PeerRef(1), &versions[0].blocks[0]), Verdict::Accept);
    assert_eq!(target.offer(PeerRef(1), &versions[1].blocks[0]), Verdict::Accept);
    assert_eq!(target.offer(PeerRef(1), &versions[2].blocks[0]), Verdict::Ignore);
    let mut third = versions[2].clone();
    third.push(Slot::new(2), Vec::new());
    target.peer(HONEST, third.blocks.clone());
    assert_eq!(target.head(), third.tip);
    assert!(target.charges.is_empty(), "{:?}", target.charges);
}

#[test]
fn a_third_block_for_a_slot_is_ignored_as_news_however_old_the_slot_is() {
    // SPEC C-2
    let spec = chain_spec(4, 500);
    let mut target = Target::new(&spec, Slot::new(10_000));
    let mut chain = Forge::new(&spec);
    for slot in 100..4_200 {
        let block = chain.push(Slot::new(slot), Vec::new());
        assert_eq!(target.offer(PeerRef(1), &block), Verdict::Accept);
    }
    let verdicts = (1..=6).map(|salt| {
        let mut forge = Forge::new(&spec);
        forge.push(Slot::new(1), vec![payment(&spec, 1, salt, 1)]);
        target.offer(VILLAIN, &forge.blocks[0])
    });
    let accepted = verdicts.filter(|verdict| *verdict == Verdict::Accept).count();
    assert!(accepted <= 2, "{accepted} of 6 blocks for one slot");
}

#[test]
fn a_block_from_the_future_is_held_until_its_slot() {
    // SPEC B-9
    let spec = chain_spec(4, 500);
    let block = branch(&spec, [20]).blocks[0].clone();
    let mut target = Target::new(&spec, Slot::new(10));
    assert_eq!(target.offer(PeerRef(1), &block), Verdict::Ignore);
    assert_eq!(target.head().height, 0);
    target.wait_ms(5_000);
    assert_eq!(target.head().height, 1);
    assert!(target.charges.is_empty());
}

#[test]
fn equal_branches_are_decided_alike_in_any_order() {
    // SPEC C-1
    let spec = chain_spec(4, 500);
    let early = branch(&spec, [1, 2]);
    // Several, so that the hashes would decide for either side.
    for amount in 2..8 {
        let mut late = branch(&spec, [1]);
        late.push(Slot::new(3), vec![payment(&spec, 1, amount, 3)]);
        for order in [[&early, &late], [&late, &early]] {
            let mut target = Target::new(&spec, Slot::new(10));
            for block in order.iter().flat_map(|forge| &forge.blocks) {
                target.offer(PeerRef(1), block);
            }
            assert_eq!(target.head(), early.tip, "the earlier slot wins");
        }
    }
}

#[test]
fn a_fork_is_told_of_when_its_block_comes_and_the_chain_itself_is_none() {
    let spec = chain_spec(4, 500);
    let (chain, lower, equal) = (branch(&spec, 1..4), branch(&spec, [5]), branch(&spec, [1, 2, 6]));
    let mut target = Target::new(&spec, Slot::new(10));
    let mut told = |blocks: &[Block]| -> Vec<(u64, u64)> {
        target.events.clear();
        for block in blocks {
            target.offer(PeerRef(1), block);
        }
        let side = target.events.iter().filter_map(|event| match event {
            Event::BlockSide { height, slot, .. } => Some((height.get(), slot.get())),
            _ => None,
        });
        side.collect()
    };
    assert_eq!(told(&chain.blocks), []);
    assert_eq!(told(&lower.blocks), [(1, 5)]);
    assert_eq!(told(&equal.blocks[2..]), [(3, 6)], "no better than the head");
}
