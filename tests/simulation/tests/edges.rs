//! Goal: what is exactly at a bound is allowed, and what is one beyond it is not.
//! Method: a lone engine; the test plays its peers.

use coinage_protocol::engine::{
    Event, Input, PeerRef, Publication, Question, Reply, SubmissionId, TipKind,
};
use coinage_protocol::limits::{SLOT_MAX, WIRE_VERSION};
use coinage_protocol::{
    Answer, BlockHash, Bounded, ChainId, ChainSpec, DropReason, Height, Request, Signature, Slot,
    Status, Text, Tip, Topic, UnixMillis, Verdict, encode,
};
use coinage_simulation::block_builder::{Forge, tip};
use coinage_simulation::fixtures::{account, address, chain_spec, transfer};
use coinage_simulation::target::{Target, Trick};

const PEER: PeerRef = PeerRef(2);

fn empty_branch(slots: impl IntoIterator<Item = u64>) -> Forge {
    let mut forge = Forge::new(&chain_spec(4, 500));
    slots.into_iter().for_each(|slot| drop(forge.push(Slot::new(slot), Vec::new())));
    forge
}

fn status(spec: &ChainSpec, change: impl FnOnce(&mut Status)) -> Question {
    let genesis = spec.genesis_hash();
    let mut status = Status {
        version: WIRE_VERSION,
        chain: *spec.chain(),
        genesis,
        head: Tip { height: Height::new(0), slot: Slot::new(0), hash: genesis },
        time: UnixMillis::new(0),
        agent: Text::default(),
        addresses: Bounded::default(),
    };
    change(&mut status);
    Question::Status(Box::new(status))
}

#[test]
fn a_budget_of_400_points_buys_as_much_as_the_prices_say() {
    // SPEC N-6
    let requests = [
        (Request::Blocks { hashes: Bounded::default() }, 50),
        (Request::Headers { locator: Bounded::default() }, 100),
        (Request::Transactions { ids: Bounded::default() }, 100),
        (Request::Waiting { after: None }, 200),
    ];
    for (request, affordable) in requests {
        let mut target = Target::new(&chain_spec(4, 500), Slot::new(5));
        target.peer(PEER, Vec::new());
        let mut answered = 0;
        while !matches!(
            target.ask(PEER, Question::Request(request.clone())),
            Reply::Answer(Answer::Busy)
        ) {
            answered += 1;
            assert!(answered <= affordable, "{request:?}");
        }
        assert_eq!(answered, affordable, "{request:?}");
    }
}

#[test]
fn headers_of_slots_that_have_not_begun_are_taken_later() {
    // SPEC B-9
    let mut target = Target::new(&chain_spec(4, 500), Slot::new(5));
    let branch = empty_branch([2, 3, 100, 101]);
    target.peer(PEER, branch.blocks.clone());
    target.wait_ms(2_000);
    assert_eq!(target.head(), tip(&chain_spec(4, 500), &branch.blocks[1]));
    assert_eq!(target.charges, [], "nobody is blamed for a clock");
    target.wait_ms(60_000);
    assert_eq!(target.head(), branch.tip, "their time has come");
}

#[test]
fn what_expires_while_no_block_comes_is_dropped() {
    // SPEC P-1, P-5
    let spec = chain_spec(4, 500);
    let expiry = spec.slot_time(Slot::new(10));
    let payment = transfer(&spec, &account(1), address(&account(9)), 5, 1, expiry);
    let mut target = Target::new(&spec, Slot::new(5));
    let (submission, transaction) = (SubmissionId(1), Box::new(payment.clone()));
    target.input(Input::Submit { submission, transaction, park: false });
    target.wait_ms(2_500);
    assert_eq!(target.view().pool_transactions, 1, "a block of slot 10 may hold it");
    target.wait_ms(1_000);
    assert_eq!(target.view().pool_transactions, 0);
    let dropped = target.events.iter().any(|event| {
        let expired = DropReason::Expired;
        matches!(event, Event::TransactionDropped { id, reason }
            if *id == payment.id() && *reason == expired)
    });
    assert!(dropped, "{:?}", target.events);
}

#[test]
fn a_peer_of_another_network_is_refused_whatever_differs() {
    // SPEC N-3, N-11
    let spec = chain_spec(4, 500);
    let others: [fn(&mut Status); 3] = [
        |status| status.version = 1,
        |status| status.chain = ChainId::default(),
        |status| status.genesis = BlockHash::default(),
    ];
    let ask = |question| {
        let mut target = Target::new(&spec, Slot::new(5));
        target.peer(PEER, Vec::new());
        target.ask(PEER, question);
        // Whoever is refused is gone: its news has nobody to be charged.
        target.events.clear();
        target.gossip(PEER, Topic::Blocks, &[]);
        target.charges.len()
    };
    assert_eq!(ask(status(&spec, |_| ())), 1, "one of this network stays");
    for (at, other) in others.into_iter().enumerate() {
        assert_eq!(ask(status(&spec, other)), 0, "{at}");
    }
}

#[test]
fn the_last_slot_has_a_block_and_none_comes_after_it() {
    // SPEC B-4
    let mut target = Target::leading(&chain_spec(4, 500), SLOT_MAX - 6, 0);
    target.wait_ms(8_000);
    let slots = target.published.iter().filter_map(|publication| match publication {
        Publication::Block(block) => Some(block.header.header.slot),
        Publication::Transactions(_) | Publication::Ballot(_) => None,
    });
    assert_eq!(slots.collect::<Vec<_>>().last(), Some(&SLOT_MAX));
}

#[test]
fn the_ends_of_all_branches_are_shown_for_what_they_are() {
    let (spec, peer) = (chain_spec(4, 500), PeerRef(1));
    let mut target = Target::new(&spec, Slot::new(40));
    let (chain, side) = (empty_branch(1..5), empty_branch([6, 7]));
    let expiry = spec.slot_time(Slot::new(1_000));
    let too_much = transfer(&spec, &account(1), address(&account(9)), 2_000_000, 1, expiry);
    let mut invalid = empty_branch(10..14);
    invalid.push(Slot::new(14), vec![too_much.into_transaction()]);
    for block in chain.blocks.iter().chain(&side.blocks).chain(&invalid.blocks) {
        target.offer(peer, block);
    }
    let withheld = empty_branch(20..30);
    target.tricks.insert(PEER, Trick::Withhold);
    target.peer(PEER, withheld.blocks.clone());
    let tips = target.view().tips;
    let shown: Vec<_> = tips.iter().map(|end| (end.tip, end.branch_len, end.kind)).collect();
    let mut expected = vec![
        (chain.tip, 0, TipKind::Head),
        (withheld.tip, 10, TipKind::HeadersOnly),
        (invalid.tip, 5, TipKind::Invalid),
        (side.tip, 2, TipKind::Side),
    ];
    assert_eq!(shown[0], expected.remove(0));
    assert_eq!(shown[1..], expected, "the highest first");
}

#[test]
fn what_is_submitted_together_leaves_in_as_few_messages_as_hold_it() {
    // SPEC N-1, N-2
    let spec = chain_spec(4, 500);
    let expiry = spec.slot_time(Slot::new(1_000));
    let mut target = Target::new(&spec, Slot::new(5));
    let mut sent = Vec::new();
    for salt in 0..400 {
        let to = address(&account(9));
        let payment = transfer(&spec, &account(1), to, 1, salt, expiry);
        sent.push(payment.transaction().clone());
        let (submission, transaction) = (SubmissionId(salt), Box::new(payment));
        target.input(Input::Submit { submission, transaction, park: false });
    }
    assert!(target.published.len() < 2, "they wait for one another");
    target.wait_ms(20);
    let batch = |publication: &'_ Publication| match publication {
        Publication::Transactions(batch) => {
            Some(batch.iter().map(|one| one.transaction().clone()).collect::<Vec<_>>())
        }
        Publication::Block(_) | Publication::Ballot(_) => None,
    };
    let batches: Vec<_> = target.published.iter().filter_map(batch).collect();
    let sizes: Vec<_> = batches.iter().map(|batch| encode(batch).len()).collect();
    assert!(sizes.len() == 2 && sizes.iter().all(|size| *size <= 65_536), "{sizes:?}");
    assert!(sizes[0] + encode(&sent[0]).len() > 65_536, "the first is full: {sizes:?}");
    assert!(batches.iter().flatten().eq(&sent), "each once, in order");
}

#[test]
fn a_block_that_is_refused_as_it_stands_is_reported_with_its_sender() {
    // SPEC X-1, B-3: five peers, as each is banned at once.
    let spec = chain_spec(4, 500);
    let mut target = Target::new(&spec, Slot::new(5));
    for number in 1..=5_u8 {
        let peer = PeerRef(u64::from(number) + 10);
        target.peer(peer, Vec::new());
        let mut block = empty_branch([u64::from(number)]).blocks.remove(0);
        block.header.signature = Signature::new([number; 64]);
        assert_eq!(target.offer(peer, &block), Verdict::Reject);
    }
    let refused = target.events.iter().filter_map(|event| match event {
        Event::BlockRejected { peer, .. } => Some(*peer),
        _ => None,
    });
    let senders: Vec<_> = (11..=15).map(|number| Some(PeerRef(number))).collect();
    assert_eq!(refused.collect::<Vec<_>>(), senders);
}
