//! Goal: what is forged is refused, costs whoever sent it, and stays without effect.
//! Method: a lone engine; the test plays its peers.

use coinage_protocol::engine::PeerRef;
use coinage_protocol::{
    Action, Address, Block, Bounded, Network, Offence, Signature, Topic, Transaction, Verdict,
    encode,
};
use coinage_simulation::forge::{Forge, Target, seal, tip};
use coinage_simulation::money::{
    account, address, authority, coin, genesis, network, transaction, transfer, units,
};

const VILLAIN: PeerRef = PeerRef(2);
const HONEST: PeerRef = PeerRef(3);

fn payment(network: &Network, from: u8, amount: u128, salt: u64) -> Transaction {
    let expiry = network.slot_time(1_000);
    let to: Address = address(&account(77));
    transfer(network, &account(from), to, amount, salt, expiry).into_transaction()
}

fn branch(network: &Network, slots: impl IntoIterator<Item = u64>) -> Forge {
    let mut forge = Forge::new(network);
    for slot in slots {
        forge.push(slot, vec![payment(network, 1, 1, slot)]);
    }
    forge
}

#[test]
fn forged_blocks_are_rejected_and_cost_their_sender_alone() {
    // SPEC B-2, B-3, B-4, B-6, X-1
    let network = network(4, 500);
    let good = branch(&network, [1]).blocks[0].clone();
    let forge = Forge::new(&network);
    let stranger = authority(9);
    let unsigned = {
        let mut block = good.clone();
        block.header.signature = Signature::new([0; 64]);
        block
    };
    let wrong_leader = seal(&network, forge.header(1, &[]).0, &authority(2), Vec::new());
    let by_stranger = seal(&network, forge.header(1, &[]).0, &stranger, Vec::new());
    let other_chain = {
        let other = Network::new(genesis(4, 501)).expect("valid");
        branch(&other, [1]).blocks[0].clone()
    };
    for (what, block) in [
        ("unsigned", unsigned),
        ("by the wrong leader", wrong_leader),
        ("by a stranger", by_stranger),
        ("of another chain", other_chain),
    ] {
        let mut target = Target::new(&network, 5);
        target.peer(VILLAIN, Vec::new());
        target.peer(HONEST, Vec::new());
        assert_eq!(target.offer(VILLAIN, &block), Verdict::Reject, "{what}");
        assert_eq!(target.charges, [(VILLAIN, Offence::BadHeader)], "{what}");
        assert_eq!(target.bans, [VILLAIN], "{what}");
        assert_eq!(target.head().height, 0, "{what}");
        assert_eq!(target.offer(HONEST, &good), Verdict::Accept, "{what}");
        assert_eq!(target.head(), tip(&network, &good), "{what}");
    }
}

#[test]
fn the_right_header_with_another_body_does_not_keep_the_right_body_out() {
    // SPEC B-10
    let network = network(4, 500);
    let good = branch(&network, [1]).blocks[0].clone();
    let other = Block {
        header: good.header.clone(),
        transactions: Bounded::new(vec![payment(&network, 2, 9, 9)]).expect("one"),
    };
    let mut target = Target::new(&network, 5);
    target.peer(VILLAIN, Vec::new());
    assert_eq!(target.offer(VILLAIN, &other), Verdict::Reject);
    assert_eq!(target.charges, [(VILLAIN, Offence::OtherBody)]);
    assert_eq!(target.offer(PeerRef(1), &good), Verdict::Accept);
    assert_eq!(target.head(), tip(&network, &good));
}

#[test]
fn an_honest_payment_with_garbage_signatures_does_not_keep_the_honest_copy_out() {
    // SPEC T-2, X-1
    let network = network(4, 500);
    let honest = payment(&network, 1, 5, 1);
    let mut garbage = honest.clone();
    let mut witness = garbage.witnesses[0].clone();
    let mut signature = witness.signatures[0];
    signature.signature = Signature::new([9; 64]);
    witness.signatures = Bounded::new(vec![signature]).expect("one");
    garbage.witnesses = Bounded::new(vec![witness]).expect("one");
    let mut target = Target::new(&network, 5);
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
fn a_longer_branch_with_one_bad_block_is_not_adopted_and_its_server_is_banned() {
    // SPEC B-7, C-1, X-1
    let network = network(4, 500);
    let honest = branch(&network, [1, 2, 3, 4, 5]);
    let mut forged = branch(&network, [6, 7, 8]);
    let bad = forged.push(9, vec![payment(&network, 3, 2_000_000, 1)]);
    for slot in 10..20 {
        forged.push(slot, Vec::new());
    }
    let mut target = Target::new(&network, 30);
    target.peer(HONEST, honest.blocks.clone());
    assert_eq!(target.head(), honest.tip);
    target.peer(VILLAIN, forged.blocks.clone());
    target.wait_ms(5_000);
    assert_eq!(target.head(), honest.tip, "the head does not move");
    assert_eq!(target.bans, [VILLAIN]);
    assert!(target.charges.iter().all(|(peer, _)| *peer == VILLAIN), "{:?}", target.charges);
    assert!(target.charges.contains(&(VILLAIN, Offence::InvalidChain)));
    assert!(forged.blocks.iter().all(|block| !target.stores(&tip(&network, block).hash)));
    assert!(!target.stores(&tip(&network, &bad).hash));
}

#[test]
fn the_valid_part_of_a_branch_counts() {
    // SPEC C-1
    let network = network(4, 500);
    let honest = branch(&network, [1, 2]);
    let mut forged = branch(&network, [6, 7, 8]);
    let valid = forged.tip;
    forged.push(9, vec![payment(&network, 3, 2_000_000, 1)]);
    let mut target = Target::new(&network, 30);
    target.peer(HONEST, honest.blocks);
    target.peer(VILLAIN, forged.blocks);
    assert_eq!(target.head(), valid, "three valid blocks are longer than two");
}

#[test]
fn news_of_a_block_that_fails_is_the_leaders_fault_and_not_the_messengers() {
    // SPEC
    let network = network(4, 500);
    let mut forge = Forge::new(&network);
    let bad = forge.push(1, vec![payment(&network, 3, 2_000_000, 1)]);
    let on_top = forge.push(2, Vec::new());
    let mut target = Target::new(&network, 5);
    assert_eq!(target.offer(PeerRef(1), &bad), Verdict::Accept);
    assert_eq!(target.offer(PeerRef(1), &on_top), Verdict::Ignore);
    assert!(target.charges.is_empty(), "{:?}", target.charges);
    assert_eq!(target.head().height, 0);
    let good = branch(&network, [3]).blocks[0].clone();
    assert_eq!(target.offer(PeerRef(1), &good), Verdict::Accept);
    assert_eq!(target.head().height, 1);
}

#[test]
fn blocks_by_a_real_authority_with_bad_contents_are_refused() {
    // SPEC B-7, L-1, L-3, T-7, T-8
    let network = network(4, 500);
    let expiry = network.slot_time(1_000);
    let by = |signer: u8, salt, expiry, action| {
        transaction(network.chain(), &[&account(signer)], salt, expiry, vec![action])
    };
    let me = |number| address(&account(number));
    let mint = |issuer, amount| Action::Mint {
        token: coin(),
        issuer: me(issuer),
        to: me(5),
        amount: units(amount),
    };
    let pay =
        |amount| Action::Transfer { token: coin(), from: me(2), to: me(3), amount: units(amount) };
    let twice = by(2, 1, expiry, pay(1));
    let cases = [
        ("overdraft", vec![by(2, 1, expiry, pay(1_000_001))]),
        ("together too much", vec![by(2, 1, expiry, pay(600_000)), by(2, 2, expiry, pay(600_000))]),
        ("mint by a stranger", vec![by(2, 1, expiry, mint(2, 5))]),
        ("mint above the cap", vec![by(1, 1, expiry, mint(1, 10_u128.pow(30)))]),
        ("expired", vec![by(2, 1, network.slot_time(0), pay(1))]),
        ("expiring too far ahead", vec![by(2, 1, network.slot_time(1_000_000), pay(1))]),
        ("the same transaction twice", vec![twice.clone(), twice]),
    ];
    for (what, transactions) in cases {
        let block = Forge::new(&network).push(1, transactions);
        let mut target = Target::new(&network, 5);
        target.offer(PeerRef(1), &block);
        assert_eq!(target.head().height, 0, "{what}");
        assert!(target.charges.is_empty(), "{what}: {:?}", target.charges);
    }
}

#[test]
fn a_transaction_of_an_ancestor_is_refused_again() {
    // SPEC T-8
    let network = network(4, 500);
    let paid = payment(&network, 1, 1, 1);
    let mut forge = Forge::new(&network);
    let first = forge.push(1, vec![paid.clone()]);
    let again = forge.push(2, vec![paid]);
    let mut target = Target::new(&network, 5);
    target.offer(PeerRef(1), &first);
    target.offer(PeerRef(1), &again);
    assert_eq!(target.head().height, 1);
}

#[test]
fn a_wrong_state_root_or_link_is_refused() {
    // SPEC B-4, B-7
    let network = network(4, 500);
    let forge = branch(&network, [1]);
    let key = forge.leader(2);
    let with = |change: &dyn Fn(&mut coinage_protocol::Header)| {
        let (mut header, _) = forge.header(2, &[]);
        change(&mut header);
        let key = forge.leader(header.slot);
        seal(&network, header, &key, Vec::new())
    };
    let mut target = Target::new(&network, 10);
    target.offer(PeerRef(1), &forge.blocks[0]);
    let other_root = with(&|header| header.state_root = network.genesis_state().root());
    assert_eq!(target.offer(PeerRef(1), &other_root), Verdict::Accept, "seen only on execution");
    target.peer(VILLAIN, Vec::new());
    target.peer(HONEST, Vec::new());
    let higher = with(&|header| header.height = 7);
    assert_eq!(target.offer(VILLAIN, &higher), Verdict::Reject);
    let same_slot = with(&|header| header.slot = 1);
    assert_eq!(target.offer(HONEST, &same_slot), Verdict::Reject);
    assert_eq!(target.charges, [(VILLAIN, Offence::BrokenLink), (HONEST, Offence::BrokenLink)]);
    assert_eq!(target.head().height, 1);
    let good = seal(&network, forge.header(2, &[]).0, &key, Vec::new());
    assert_eq!(target.offer(PeerRef(1), &good), Verdict::Accept);
    assert_eq!(target.head().height, 2);
}

#[test]
fn a_third_block_for_a_slot_is_ignored_as_news_but_not_as_part_of_a_better_branch() {
    // SPEC C-2
    let network = network(4, 500);
    let versions: Vec<Forge> = (1..=3)
        .map(|salt| {
            let mut forge = Forge::new(&network);
            forge.push(1, vec![payment(&network, 1, salt, 1)]);
            forge
        })
        .collect();
    let mut target = Target::new(&network, 10);
    assert_eq!(target.offer(PeerRef(1), &versions[0].blocks[0]), Verdict::Accept);
    assert_eq!(target.offer(PeerRef(1), &versions[1].blocks[0]), Verdict::Accept);
    assert_eq!(target.offer(PeerRef(1), &versions[2].blocks[0]), Verdict::Ignore);
    let mut third = versions[2].clone();
    third.push(2, Vec::new());
    target.peer(HONEST, third.blocks.clone());
    assert_eq!(target.head(), third.tip);
    assert!(target.charges.is_empty(), "{:?}", target.charges);
}

#[test]
fn a_head_that_does_not_exist_is_a_lie() {
    // SPEC N-3
    let network = network(4, 500);
    let mut liar = branch(&network, [1, 2, 3]).blocks;
    // The claimed head hangs in the air: its headers end one short of it.
    liar.remove(2);
    let far = branch(&network, [1, 2, 5, 6]).blocks[3].clone();
    let mut target = Target::new(&network, 10);
    let mut served = liar;
    served.push(far);
    target.peer(VILLAIN, served);
    assert_eq!(target.charges[0].0, VILLAIN);
    assert!(target.head().height <= 2);
}

#[test]
fn a_block_from_the_future_is_held_until_its_slot() {
    // SPEC B-9
    let network = network(4, 500);
    let block = branch(&network, [20]).blocks[0].clone();
    let mut target = Target::new(&network, 10);
    assert_eq!(target.offer(PeerRef(1), &block), Verdict::Ignore);
    assert_eq!(target.head().height, 0);
    target.wait_ms(5_000);
    assert_eq!(target.head().height, 1);
    assert!(target.charges.is_empty());
}

#[test]
fn equal_branches_are_decided_alike_in_any_order() {
    // SPEC C-1
    let network = network(4, 500);
    let early = branch(&network, [1, 2]);
    // Several, so that the hashes would decide for either side.
    for amount in 2..8 {
        let mut late = branch(&network, [1]);
        late.push(3, vec![payment(&network, 1, amount, 3)]);
        for order in [[&early, &late], [&late, &early]] {
            let mut target = Target::new(&network, 10);
            for block in order.iter().flat_map(|forge| &forge.blocks) {
                target.offer(PeerRef(1), block);
            }
            assert_eq!(target.head(), early.tip, "the earlier slot wins");
        }
    }
}
