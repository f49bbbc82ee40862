//! Goal: however many payments come, the pool keeps to its bounds and the others have room.
//! Method: a lone engine; 100,000 payments in 1,563 transactions.

use coinage_protocol::engine::{Input, PeerRef};
use coinage_protocol::limits::{ACTIONS_MAX, SENDER_BYTES_MAX};
use coinage_protocol::{
    Action, Address, Answer, Bounded, SecretKey, Slot, Topic, Transaction, Verdict, encode,
};
use coinage_simulation::conformance::{Answers, Ground, News};
use coinage_simulation::fixtures::{account, address, coin, transaction, transfer, units};
use coinage_simulation::target::Target;

const CROWD: PeerRef = PeerRef(100);
const HONEST: PeerRef = PeerRef(3);
const OFFERING: PeerRef = PeerRef(101);
const PAYMENTS: usize = 100_000;
/// Transactions in a message: more moves are too many bytes.
const BATCH: usize = 6;

/// Sends so many payments by these keys, and then looks whether another transaction has room.
fn flood(
    key: impl Fn(u64) -> SecretKey,
    give: impl Fn(Address) -> Action,
    other: impl Fn(&Ground) -> Transaction,
) {
    let ground = super::ground();
    let mut target = Target::new(&ground.spec, ground.slot);
    target.peer(HONEST, ground.chain.blocks.clone());
    target.peer(CROWD, ground.chain.blocks.clone());
    let count = u64::try_from(PAYMENTS.div_ceil(ACTIONS_MAX)).expect("few");
    let numbers: Vec<u64> = (0..count).collect();
    let mut verdicts = Vec::new();
    for some in numbers.chunks(BATCH) {
        let batch: Vec<_> =
            some.iter().map(|at| payments(&ground, &key(*at), *at, &give)).collect();
        verdicts.push(target.gossip(CROWD, Topic::Transactions, &encode(&batch)));
        let bytes = target.view().pool_bytes;
        assert!(bytes <= SENDER_BYTES_MAX, "{bytes}");
    }
    assert_eq!(verdicts.first(), Some(&Verdict::Accept));
    assert_eq!(verdicts.last(), Some(&Verdict::Ignore), "there is no room for more of it");
    assert!(target.charges.is_empty(), "lack of room is nobody's fault: {:?}", target.charges);
    let other = News::transactions(&[other(&ground)]);
    assert_eq!(target.gossip(HONEST, other.topic, &other.bytes), Verdict::Accept);
    let one_more = payments(&ground, &key(count), count, &give);
    let asked = times_fetched(&mut target, &ground, one_more);
    assert!(asked > 1, "there may be room for it next time: {asked}");
}

/// Counts how often a node that is offered a transaction fetches it in three rounds of offers.
fn times_fetched(target: &mut Target, ground: &Ground, transaction: Transaction) -> usize {
    let ids = Bounded::first_of([transaction.body.id(ground.spec.chain())]);
    let waiting = Some(encode(&Answer::Waiting(ids)));
    let transactions = Some(encode(&Answer::Transactions(Bounded::first_of([transaction]))));
    let answers = Answers { waiting, transactions, ..Answers::claiming(ground.chain.tip) };
    target.lies.insert(OFFERING, answers);
    target.input(Input::Connected { peer: OFFERING });
    target.wait_ms(3 * 8 * u64::from(ground.spec.genesis().slot_ms));
    target.asked.iter().filter(|asked| **asked == (OFFERING, "transactions")).count()
}

/// A transaction of as many actions of an account as fit.
fn payments(
    ground: &Ground,
    from: &SecretKey,
    salt: u64,
    give: &impl Fn(Address) -> Action,
) -> Transaction {
    let (chain, until) = (ground.spec.chain(), ground.expires_at());
    transaction(chain, &[from], salt, until, vec![give(address(from)); ACTIONS_MAX])
}

/// A payment of the account of this address.
fn pay(from: Address) -> Action {
    Action::Transfer { token: coin(), from, to: address(&account(61)), amount: units(1) }
}

/// A key of somebody who has nothing.
fn stranger(number: u64) -> SecretKey {
    let mut seed = [17; 32];
    seed[..8].copy_from_slice(&number.to_le_bytes());
    SecretKey::new(seed)
}

#[test]
fn however_much_one_sender_sends_the_others_have_room() {
    // SPEC P-3
    flood(|_| account(6), pay, Ground::payment);
}

#[test]
fn however_many_senders_have_nothing_the_others_have_room() {
    // SPEC P-3
    flood(stranger, pay, Ground::payment);
}

#[test]
fn who_is_no_officer_fills_no_room_of_the_account_whose_coins_it_would_move() {
    // SPEC P-3, R-11: account 3 is a member of RULES, and agreed to nothing. What waits is parked.
    let (token, from) = ("RULES".parse().expect("a symbol"), address(&account(3)));
    let to = address(&account(61));
    let moved = |officer| Action::Move { token, officer, from, to, amount: units(1) };
    let more = Action::Transfer { token: coin(), from, to, amount: units(1_000_001) };
    // As large as a move: it fits into no gap that the moves leave.
    flood(stranger, moved, |ground| ground.sign(&[3], vec![more.clone(); ACTIONS_MAX]));
}

#[test]
fn what_can_never_be_taken_is_fetched_once() {
    // SPEC P-4
    let ground = super::ground();
    let mut target = Target::new(&ground.spec, ground.slot);
    let (to, late) = (address(&account(61)), ground.spec.slot_time(Slot::new(1)));
    let expired = transfer(&ground.spec, &account(6), to, 1, 1, late).into_transaction();
    assert_eq!(times_fetched(&mut target, &ground, expired), 1);
}
