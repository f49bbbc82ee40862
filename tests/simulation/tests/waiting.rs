//! Goal: what waits is kept as long as it can become valid, and a change of branches loses none of
//! it and holds none of it twice.

use coinage_protocol::engine::{Event, Input, PeerRef, SubmissionId, SubmitOutcome};
use coinage_protocol::{
    CheckedTransaction, Height, Offence, ReorgCounts, ReorgOutcome, Slot, Topic, TransactionId,
    TransactionStatus, Verdict, encode,
};
use coinage_simulation::block_builder::{Forge, tip};
use coinage_simulation::fixtures::{account, address, chain_spec, checked, transfer};
use coinage_simulation::sim_network::World;
use coinage_simulation::target::{Target, Trick};

const PEER: PeerRef = PeerRef(1);

fn submit(target: &mut Target, transaction: &CheckedTransaction, park: bool) -> SubmitOutcome {
    let (submission, transaction) = (SubmissionId(1), Box::new(transaction.clone()));
    target.input(Input::Submit { submission, transaction, park });
    target.outcomes.pop().expect("a submission gets its outcome at once")
}

#[test]
fn payments_that_depend_on_each_other_may_come_in_reverse_order() {
    // SPEC P-1, P-2
    let mut world = World::new(chain_spec(3, 500), 3, 1);
    world.run_slots(4);
    let expiry = world.expiry(200);
    let (one, two, three) = (account(20), account(21), account(22));
    let spec = world.spec().clone();
    let paid = [
        transfer(&spec, &two, address(&three), 5, 1, expiry),
        transfer(&spec, &one, address(&two), 5, 1, expiry),
        transfer(&spec, &account(1), address(&one), 5, 1, expiry),
    ];
    for payment in &paid {
        world.submit(0, payment.clone(), true);
    }
    let reversed: Vec<_> = paid.iter().rev().map(CheckedTransaction::id).collect();
    world.run_until(20, "all are included, the first last", |world| {
        (0..3).all(|node| world.disk(node).transactions() == reversed)
    });
    assert_eq!(world.view(0).pool_transactions, 0);
}

#[test]
fn what_waits_elsewhere_is_fetched_by_a_node_that_was_away() {
    // SPEC P-4, N-5
    let mut world = World::new(chain_spec(3, 500), 4, 1);
    world.kill(3);
    world.run_slots(4);
    // Nobody can pay with it yet, so no block will bring it.
    let (poor, expiry) = (account(20), world.expiry(200));
    let waiting = transfer(world.spec(), &poor, address(&account(21)), 5, 1, expiry);
    world.submit(0, waiting, true);
    world.run_slots(4);
    world.start(3);
    world.run_until(20, "fetched", |world| world.view(3).pool_transactions == 1);
    assert!(world.charges.is_empty(), "{:?}", world.charges);
}

#[test]
fn a_submission_is_told_what_became_of_the_same_bytes() {
    // SPEC P-5, T-8
    let spec = chain_spec(4, 500);
    let payment =
        transfer(&spec, &account(1), address(&account(9)), 5, 1, spec.slot_time(Slot::new(50)));
    let mut target = Target::new(&spec, Slot::new(5));
    assert_eq!(
        submit(&mut target, &payment, false),
        SubmitOutcome::Accepted(TransactionStatus::Pending(None))
    );
    let again = submit(&mut target, &payment, false);
    assert_eq!(again, SubmitOutcome::Known(TransactionStatus::Pending(None)));
    let mut forge = Forge::new(&spec);
    let block = forge.push(Slot::new(3), vec![payment.transaction().clone()]);
    assert_eq!(target.offer(PEER, &block), Verdict::Accept);
    let again = submit(&mut target, &payment, false);
    assert_eq!(again, SubmitOutcome::Known(TransactionStatus::Included(tip(&spec, &block))));
    let on_top = forge.push(Slot::new(4), Vec::new());
    assert_eq!(target.offer(PEER, &on_top), Verdict::Accept);
    let again = submit(&mut target, &payment, false);
    assert_eq!(
        again,
        SubmitOutcome::Known(TransactionStatus::Included(tip(&spec, &block))),
        "not the head"
    );
    assert_eq!(target.view().pool_transactions, 0);
    let batch = encode(&vec![payment.transaction().clone()]);
    assert_eq!(target.gossip(PEER, Topic::Transactions, &batch), Verdict::Ignore, "not twice");
    assert_eq!(target.view().pool_transactions, 0);
}

#[test]
fn a_reorg_tells_every_outcome_and_keeps_what_can_still_be_included() {
    // SPEC C-3, C-4, C-6
    let spec = chain_spec(4, 500);
    let pay = |from: u8, amount, salt, slot| {
        let to = address(&account(77));
        transfer(&spec, &account(from), to, amount, salt, spec.slot_time(slot))
    };
    let (shared, back, late) =
        (pay(1, 1, 1, Slot::new(900)), pay(2, 1, 1, Slot::new(900)), pay(3, 1, 1, Slot::new(6)));
    let (spent, instead) =
        (pay(4, 1_000_000, 1, Slot::new(900)), pay(4, 1_000_000, 2, Slot::new(900)));
    let raw = |one: &CheckedTransaction| one.transaction().clone();
    let mut old = Forge::new(&spec);
    old.push(Slot::new(1), [&shared, &back, &late, &spent].map(raw).to_vec());
    let mut new = Forge::new(&spec);
    new.push(Slot::new(2), vec![raw(&shared)]);
    new.push(Slot::new(3), vec![raw(&instead)]);
    let mut target = Target::new(&spec, Slot::new(10));
    for block in old.blocks.iter().chain(&new.blocks) {
        assert_eq!(target.offer(PEER, block), Verdict::Accept);
    }
    assert_eq!(target.head(), new.tip);
    let records = target.events.iter().filter_map(|event| match event {
        Event::Reorg(record) => Some(record.clone()),
        _ => None,
    });
    let records: Vec<_> = records.collect();
    let [first] = records.as_slice() else { panic!("one change of branches: {records:?}") };
    let outcome = |one: &CheckedTransaction| {
        let found = first.transactions.iter().find(|(id, _)| *id == one.id());
        found.map(|(_, outcome)| *outcome)
    };
    assert_eq!(outcome(&shared), Some(ReorgOutcome::Reincluded));
    assert_eq!(outcome(&back), Some(ReorgOutcome::BackInPool));
    assert_eq!(outcome(&late), Some(ReorgOutcome::Expired));
    assert_eq!(outcome(&spent), Some(ReorgOutcome::Conflicting));
    let counts =
        ReorgCounts { reincluded: 1, back_in_pool: 1, conflicting: 1, expired: 1, dropped: 0 };
    assert_eq!(first.counts, counts);
    // The id of what both branches hold is taken; the other is free again, once.
    let mut again = new.clone();
    again.push(Slot::new(4), vec![raw(&shared)]);
    target.offer(PEER, &again.blocks[2]);
    assert_eq!(target.head(), new.tip, "on the branch already");
    new.push(Slot::new(5), vec![raw(&back)]);
    target.offer(PEER, &new.blocks[2]);
    assert_eq!(target.head(), new.tip);
    assert_eq!(
        submit(&mut target, &back, false),
        SubmitOutcome::Known(TransactionStatus::Included(new.tip))
    );
}

#[test]
fn an_id_below_the_fork_is_taken_on_every_branch() {
    // SPEC C-6, T-8
    let spec = chain_spec(4, 500);
    let payment =
        transfer(&spec, &account(1), address(&account(9)), 5, 1, spec.slot_time(Slot::new(50)));
    let mut trunk = Forge::new(&spec);
    trunk.push(Slot::new(1), vec![payment.transaction().clone()]);
    let mut head = trunk.clone();
    head.push(Slot::new(2), Vec::new());
    let mut side = trunk.clone();
    side.push(Slot::new(3), Vec::new());
    let valid = side.tip;
    side.push(Slot::new(4), vec![payment.transaction().clone()]);
    let mut target = Target::new(&spec, Slot::new(10));
    for block in head.blocks.iter().chain(&side.blocks[1..]) {
        target.offer(PEER, block);
    }
    assert_eq!(target.head(), head.tip, "the longer branch repeats a payment; not {valid:?}");
    let ids: Vec<TransactionId> = vec![checked(&spec, payment.into_transaction()).id()];
    assert_eq!(target.disk.transactions(), ids);
}

#[test]
fn a_node_restarted_on_a_branch_from_genesis_follows_the_longer_one() {
    // SPEC C-1, G-4
    let mut world = World::new(chain_spec(3, 500), 3, 7);
    world.partition(&[&[0], &[1, 2]]);
    world.run_slots(40);
    world.kill(0);
    world.start(0);
    assert!(world.head(0).height > Height::new(0), "it has a branch of its own");
    world.heal();
    world.run_until(12, "one head", World::agree);
    assert!(world.charges.is_empty(), "{:?}", world.charges);
}

#[test]
fn what_a_reorg_takes_off_the_chain_is_told_at_once_and_not_only_when_peers_ask() {
    // SPEC C-4: whoever left a branch may be the only one that has its payments, and may die.
    // Two of five authorities are away: nothing is final, and the longer branch wins.
    let mut world = World::new(chain_spec(5, 500), 3, 3);
    world.run_slots(4);
    let expiry = world.expiry(500);
    let spec = world.spec().clone();
    let payment = transfer(&spec, &account(1), address(&account(77)), 5, 1, expiry);
    world.partition(&[&[0], &[1, 2]]);
    world.submit(0, payment.clone(), false);
    let paid = |world: &World, node| world.disk(node).transactions().contains(&payment.id());
    world.run_until(20, "the lone node includes it", |world| paid(world, 0));
    world.run_until(60, "the others write more", |world| {
        world.head(1).height > world.head(0).height + 3
    });
    world.heal();
    for _ in 0..40 {
        if !paid(&world, 0) {
            break;
        }
        world.run_ms(50);
    }
    assert!(!paid(&world, 0), "it leaves its branch");
    // Time for a message to travel, and less than until the next question for what waits.
    world.run_ms(100);
    world.kill(0);
    world.run_until(12, "the others include it", |world| paid(world, 1) && paid(world, 2));
}

#[test]
fn ids_that_were_not_asked_for_are_a_wrong_answer() {
    // SPEC N-5
    let spec = chain_spec(3, 500);
    let mut target = Target::new(&spec, Slot::new(10));
    let villain = PeerRef(9);
    target.tricks.insert(villain, Trick::Repeat);
    target.peer(villain, Vec::new());
    target.wait_ms(10_000);
    assert!(target.charges.contains(&(villain, Offence::WrongAnswer)), "{:?}", target.charges);
    assert!(target.charges.iter().all(|(peer, _)| *peer == villain));
}
