mod charters;

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use super::TransactionStatus::Pending;
use super::{DropReason, Mempool, MempoolContext, RECHECKED_MAX, Refusal, SubmitOutcome};
use crate::bounded::{Bounded, Text};
use crate::keys::Signature;
use crate::ledger::{Entry, ExpiryError, Growth, Key, LedgerError, Rules, State, Token};
use crate::limits::{MEMO_BYTES_MAX, PARKED_BYTES_MAX, SENDER_BYTES_MAX};
use crate::lock::{Address, Lock};
use crate::samples::{amount, chain_spec, pay, payment, person, random, secret, signed, symbol};
use crate::transaction::{
    Action, CheckedTransaction, CreateToken, KeySignature, Transaction, Witness,
};
use crate::units::UnixMillis;

fn checked(transaction: Transaction) -> Arc<CheckedTransaction> {
    let checked = CheckedTransaction::new(transaction, chain_spec().chain(), random());
    Arc::new(checked.expect("a good transaction"))
}

/// A head after which persons 1, 2 and 3 have so many COIN, of which person 1 is the issuer.
struct Head {
    state: State,
    rules: Rules,
}

impl Head {
    fn new(units: [u128; 3]) -> Self {
        let mut entries = Vec::new();
        for (n, units) in (1..).zip(units) {
            if units > 0 {
                let key = Key::Balance(person(n), symbol("COIN"));
                entries.push((key, Entry::Balance(amount(units))));
            }
        }
        let supply = amount(units.iter().sum());
        let issuer = Some(person(1));
        let (cap, charter) = (None, None);
        let coin = Token { name: Text::default(), decimals: 0, cap, issuer, supply, charter };
        entries.push((Key::Token(symbol("COIN")), coin.into()));
        let roomy =
            Rules { balances_max: 1_000, tokens_max: 1_000, ..chain_spec().rules().clone() };
        Self { state: State::from_entries(entries), rules: roomy }
    }

    fn ground(&self) -> MempoolContext<'_> {
        MempoolContext {
            state: &self.state,
            rules: &self.rules,
            block_time: UnixMillis::new(1_000_000),
            block_time_max: UnixMillis::new(1_000_000),
        }
    }
}

fn balance(n: u8) -> Key {
    Key::Balance(person(n), symbol("COIN"))
}

fn lacks(have: u128, need: u128) -> LedgerError {
    let (address, token) = (person(1), symbol("COIN"));
    LedgerError::InsufficientBalance { address, token, have: amount(have), need: amount(need) }
}

fn admit(
    pool: &mut Mempool,
    one: &Arc<CheckedTransaction>,
    head: &Head,
    park: bool,
) -> SubmitOutcome {
    pool.admit(Arc::clone(one), head.ground(), park, &mut Vec::new())
}

#[test]
fn a_transaction_is_held_once_and_found_again() {
    // SPEC P-1, N-5
    let (mut pool, head, one) = (Mempool::default(), Head::new([100, 100, 0]), checked(payment(1)));
    let id = one.id();
    assert_eq!(admit(&mut pool, &one, &head, false), SubmitOutcome::Accepted(Pending(None)));
    assert_eq!(admit(&mut pool, &one, &head, false), SubmitOutcome::Known(Pending(None)));
    assert_eq!((pool.len(), pool.parked(), pool.bytes()), (1, 0, one.weight()));
    assert_eq!(pool.get(&id), Some(&one));
    assert!(pool.ids_after(None).eq([id]));
    assert_eq!(pool.ids_after(Some(id)).next(), None);
    let changes = pool.advance([id], [], head.ground());
    assert!(changes.dropped.is_empty() && changes.rechecked.is_empty(), "included, not dropped");
    assert_eq!((pool.len(), pool.bytes(), pool.ready().count()), (0, 0, 0));
}

#[test]
fn what_later_blocks_may_bring_is_parked_if_asked_and_refused_if_not() {
    // SPEC P-2
    let (mut pool, head) = (Mempool::default(), Head::new([5, 100, 0]));
    let poor = checked(payment(1));
    let refused = SubmitOutcome::Refused(Refusal::Ledger(lacks(4, 5)));
    assert_eq!(admit(&mut pool, &poor, &head, false), refused);
    assert_eq!(pool.len(), 0);
    assert_eq!(
        admit(&mut pool, &poor, &head, true),
        SubmitOutcome::Accepted(Pending(Some(lacks(4, 5))))
    );
    assert_eq!((pool.len(), pool.parked(), pool.ready().count()), (1, 1, 0));
    let taken = checked(signed(2, vec![create("COIN")]));
    let token = symbol("COIN");
    let refused = SubmitOutcome::Refused(Refusal::Ledger(LedgerError::SymbolTaken { token }));
    assert_eq!(admit(&mut pool, &taken, &head, true), refused);
}

fn create(token: &str) -> Action {
    Action::CreateToken(CreateToken {
        token: symbol(token),
        name: Text::default(),
        decimals: 0,
        cap: None,
        issuer: None,
        supply: amount(1),
        to: person(3),
    })
}

#[test]
fn a_transaction_waits_up_to_its_last_moment_and_no_longer() {
    // SPEC P-1, T-7
    let (mut pool, head, one) = (Mempool::default(), Head::new([100, 100, 0]), checked(payment(1)));
    admit(&mut pool, &one, &head, false);
    assert_eq!(pool.expire(UnixMillis::new(1_005_000)), []);
    assert_eq!(pool.expire(UnixMillis::new(1_005_001)), [(one.id(), DropReason::Expired)]);
    assert_eq!((pool.len(), pool.bytes()), (0, 0));
    let late = MempoolContext {
        block_time: UnixMillis::new(1_005_001),
        block_time_max: UnixMillis::new(1_005_001),
        ..head.ground()
    };
    let refused = pool.admit(one, late, true, &mut Vec::new());
    let expired = ExpiryError::Expired {
        expires_at: UnixMillis::new(1_005_000),
        block_time: UnixMillis::new(1_005_001),
    };
    assert_eq!(refused, SubmitOutcome::Refused(Refusal::Expiry(expired)));
}

#[test]
fn a_change_of_balance_parks_and_frees_what_it_concerns() {
    // SPEC P-1, P-2
    let (rich, poor) = (Head::new([100, 100, 0]), Head::new([5, 100, 0]));
    let (mut pool, one) = (Mempool::default(), checked(payment(1)));
    admit(&mut pool, &one, &rich, false);
    let unconcerned = pool.advance([], [&balance(2)], poor.ground());
    assert!(unconcerned.rechecked.is_empty());
    let changes = pool.advance([], [&balance(1)], poor.ground());
    assert_eq!(changes.rechecked, [(one.id(), Some(lacks(4, 5)))]);
    assert_eq!((changes.dropped.len(), pool.parked(), pool.ready().count()), (0, 1, 0));
    let changes = pool.advance([], [&balance(1)], rich.ground());
    assert_eq!(changes.rechecked, [(one.id(), None)]);
    assert_eq!((pool.parked(), pool.ready().count(), pool.bytes()), (0, 1, one.weight()));
}

#[test]
fn what_has_become_impossible_is_dropped() {
    // SPEC P-2
    let (mut pool, mut head) = (Mempool::default(), Head::new([100, 100, 0]));
    let one = checked(signed(1, vec![create("GOLD")]));
    assert_eq!(admit(&mut pool, &one, &head, true), SubmitOutcome::Accepted(Pending(None)));
    let gold = Key::Token(symbol("GOLD"));
    let entries = head.state.entries().map(|(key, entry)| (*key, entry.clone()));
    let record = head.state.token(symbol("COIN")).expect("there").clone();
    head.state = State::from_entries(entries.chain([(gold, record.into())]).collect::<Vec<_>>());
    let changes = pool.advance([], [&gold], head.ground());
    let taken = LedgerError::SymbolTaken { token: symbol("GOLD") };
    assert_eq!(changes.dropped, [(one.id(), DropReason::Impossible(taken.into()))]);
    assert_eq!((pool.len(), pool.bytes()), (0, 0));
}

#[test]
fn what_waits_for_room_in_the_state_is_looked_at_after_every_block() {
    // SPEC P-2, L-8
    let (mut pool, mut head) = (Mempool::default(), Head::new([100, 100, 0]));
    head.rules.balances_max = 2;
    let one = checked(signed(1, vec![pay(1, 3, 5)]));
    let full = LedgerError::TooManyBalances { max: 2 };
    assert_eq!(admit(&mut pool, &one, &head, true), SubmitOutcome::Accepted(Pending(Some(full))));
    let room = MempoolContext { state: &Head::new([200, 0, 0]).state, ..head.ground() };
    let changes = pool.advance([], [], room);
    assert_eq!(changes.rechecked, [(one.id(), None)]);
    assert_eq!(pool.parked(), 0);
}

#[test]
fn what_waits_for_a_lower_deposit_is_looked_at_after_every_block() {
    // SPEC P-1, P-2, L-10
    let (mut pool, mut head) = (Mempool::default(), Head::new([100, 100, 0]));
    let one = checked(signed(1, vec![pay(1, 3, 5)]));
    assert_eq!(admit(&mut pool, &one, &head, true), SubmitOutcome::Accepted(Pending(None)));
    let coin = symbol("COIN");
    head.rules.growth = Some(Growth { block_max: 1, deposit: Some(coin) });
    head.rules.balances_max = 3;
    // The last of three places takes all of the supply, which the fee has made one less.
    let (have, need) = (amount(94), amount(199));
    let dear = LedgerError::PlaceTooDear { token: coin, have, need, used: 2, max: 3 };
    let changes = pool.advance([], [], head.ground());
    assert_eq!(changes.rechecked, [(one.id(), Some(dear))]);
    head.rules.balances_max = 1_000;
    assert_eq!(pool.advance([], [], head.ground()).rechecked, [(one.id(), None)]);
}

#[test]
fn what_alone_would_grow_a_block_too_much_is_refused_for_good() {
    // SPEC P-2, L-11
    let (mut pool, mut head) = (Mempool::default(), Head::new([100, 100, 0]));
    head.rules.growth = Some(Growth { block_max: 1, deposit: None });
    let two = checked(signed(1, vec![pay(1, 3, 5), pay(1, 4, 5)]));
    let refused = LedgerError::TooMuchGrowth { new: 2, max: 1 };
    assert_eq!(admit(&mut pool, &two, &head, true), SubmitOutcome::Refused(refused.into()));
    let one = checked(signed(1, vec![pay(1, 3, 5)]));
    assert_eq!(admit(&mut pool, &one, &head, true), SubmitOutcome::Accepted(Pending(None)));
}

#[test]
fn what_is_ready_is_looked_at_again_when_the_state_is_nearly_full() {
    // SPEC P-1, L-8: what fills the room need not touch what wants it.
    let (mut pool, mut head) = (Mempool::default(), Head::new([100, 100, 0]));
    let one = checked(signed(1, vec![pay(1, 3, 5)]));
    assert_eq!(admit(&mut pool, &one, &head, true), SubmitOutcome::Accepted(Pending(None)));
    head.rules.balances_max = 2;
    let changes = pool.advance([], [], head.ground());
    let full = LedgerError::TooManyBalances { max: 2 };
    assert_eq!(changes.rechecked, [(one.id(), Some(full))]);
}

/// A transaction that takes more of person `n`'s COIN than there is, and that many bytes.
fn heavy(n: u8, salt: u64, witnesses: usize, memo: usize) -> Arc<CheckedTransaction> {
    let signature = KeySignature { key: 0, signature: Signature::new([0; 64]) };
    let signatures = Bounded::first_of([signature; 16]);
    let witness = Witness { lock: Lock::Key(secret(n).public()), signatures };
    let mut one = signed(salt, vec![pay(n, 4, 1_000)]);
    one.body.sender = person(n);
    one.body.memo = Text::try_from("x".repeat(memo).as_str()).expect("short");
    one.witnesses = Bounded::first_of(vec![witness; witnesses]);
    Arc::new(CheckedTransaction::trusted(one, chain_spec().chain()))
}

/// Parks what one payer may have, to the byte.
fn fill(pool: &mut Mempool, n: u8, head: &Head) {
    let (small, large) = (heavy(n, 0, 0, 0).weight(), heavy(n, 0, 30, 0).weight());
    let mut left = SENDER_BYTES_MAX;
    for salt in 0..2_000 {
        let (witnesses, memo) = match left {
            left if left >= large + 20 * small => (30, 0),
            // What no further one would fit into is spread over the memos of the last ones.
            left => (0, (left % small).min(MEMO_BYTES_MAX)),
        };
        let one = heavy(n, salt, witnesses, memo);
        let admission = admit(pool, &one, head, true);
        assert!(matches!(admission, SubmitOutcome::Accepted(Pending(Some(_)))), "{admission:?}");
        left -= one.weight();
        if left == 0 {
            return;
        }
    }
    panic!("a share that does not fill");
}

#[test]
fn what_was_ready_and_has_to_be_parked_displaces_nothing() {
    // SPEC P-3
    let (rich, poor) = (Head::new([100, 100, 100]), Head::new([5, 100, 100]));
    let (mut pool, ready) = (Mempool::default(), checked(payment(1)));
    admit(&mut pool, &ready, &rich, false);
    fill(&mut pool, 2, &rich);
    let more = admit(&mut pool, &heavy(2, 0, 0, 1), &rich, true);
    assert_eq!(more, SubmitOutcome::Refused(Refusal::PoolFull), "its share is full");
    fill(&mut pool, 3, &rich);
    let (len, parked) = (pool.len(), pool.parked());
    assert_eq!((len, pool.bytes()), (parked + 1, PARKED_BYTES_MAX + ready.weight()));
    let changes = pool.advance([], [&balance(1)], poor.ground());
    assert_eq!(changes.dropped, [(ready.id(), DropReason::Evicted)]);
    assert_eq!((pool.len(), pool.parked(), pool.bytes()), (parked, parked, PARKED_BYTES_MAX));
}

#[test]
fn a_small_share_of_the_parked_displaces_the_newest_of_the_largest() {
    // SPEC P-3
    let (head, mut pool) = (Head::new([5, 100, 100]), Mempool::default());
    fill(&mut pool, 2, &head);
    fill(&mut pool, 3, &head);
    let mut evicted = Vec::new();
    let admission = pool.admit(checked(payment(1)), head.ground(), true, &mut evicted);
    assert_eq!(admission, SubmitOutcome::Accepted(Pending(Some(lacks(4, 5)))));
    assert!(!evicted.is_empty() && evicted.iter().all(|id| pool.get(id).is_none()));
    assert!(pool.bytes() <= PARKED_BYTES_MAX);
}

/// The payer of a transaction by person 3, who has nothing, with these actions.
fn payer(head: &Head, actions: Vec<Action>) -> Address {
    let mut one = signed(1, actions);
    one.body.sender = person(3);
    super::entry::payer(&one.body, head.ground())
}

#[test]
fn the_payer_is_the_first_who_has_something_to_lose() {
    // SPEC P-3
    let (head, token) = (Head::new([0, 100, 0]), symbol("COIN"));
    let mint = |n| Action::Mint { token, issuer: person(n), to: person(3), amount: amount(1) };
    assert_eq!(payer(&head, vec![pay(1, 2, 5), mint(1), pay(2, 1, 5)]), person(2));
    assert_eq!(payer(&head, vec![pay(1, 2, 5), mint(2), mint(1)]), person(1), "the issuer");
    let nobody = Address::new([0; 32]);
    assert_eq!(payer(&head, vec![pay(1, 2, 5), mint(2), create("GOLD")]), nobody);
    let rich = Head::new([100, 100, 1]);
    assert_eq!(payer(&rich, vec![pay(2, 1, 5)]), person(3), "the sender, for the fee");
}

#[test]
fn a_transaction_is_looked_at_again_for_every_balance_it_takes_from() {
    // SPEC P-1
    let (rich, poor) = (Head::new([100, 100, 0]), Head::new([100, 0, 0]));
    let (mut pool, mut one) = (Mempool::default(), signed(1, vec![pay(2, 3, 5)]));
    one.body.sender = person(1);
    let one = Arc::new(CheckedTransaction::trusted(one, chain_spec().chain()));
    assert_eq!(admit(&mut pool, &one, &rich, false), SubmitOutcome::Accepted(Pending(None)));
    let changes = pool.advance([], [&balance(2)], poor.ground());
    assert_eq!((changes.rechecked.len(), pool.parked()), (1, 1));
}

/// A payment that nobody signed.
fn light(n: u8, salt: u64) -> Arc<CheckedTransaction> {
    let mut one = signed(1, vec![pay(n, 9, 5)]);
    (one.body.sender, one.body.salt) = (person(n), salt);
    Arc::new(CheckedTransaction::trusted(one, chain_spec().chain()))
}

#[test]
fn who_has_much_waiting_keeps_nobody_else_from_being_looked_at() {
    // SPEC P-1
    let (poor, rich) = (Head::new([0, 0, 0]), Head::new([6, 6, 0]));
    let many = u64::try_from(RECHECKED_MAX).expect("small") * 2;
    let mut pool = Mempool::new(super::MempoolBounds {
        bytes: usize::MAX,
        parked: usize::MAX,
        share: usize::MAX,
    });
    for salt in 0..many {
        admit(&mut pool, &light(1, salt), &poor, true);
    }
    let other = light(2, 0);
    admit(&mut pool, &other, &poor, true);
    let keys = [balance(1), balance(2)];
    let changes = pool.advance([], &keys, rich.ground());
    assert!(changes.rechecked.contains(&(other.id(), None)));
    assert!(changes.rechecked.len() <= RECHECKED_MAX + keys.len());
    let blocks = (1..9).take_while(|_| {
        pool.advance([], [], rich.ground());
        pool.parked() > 0
    });
    assert!(blocks.count() <= 2, "what was left is looked at after the next blocks");
}

#[test]
fn what_a_leader_passed_over_goes_behind_the_others() {
    // SPEC P-1
    let rich = Head::new([6, 6, 0]);
    let mut pool = Mempool::default();
    let all: Vec<_> = (0..3).map(|salt| light(1, salt)).collect();
    for one in &all {
        assert_eq!(admit(&mut pool, one, &rich, false), SubmitOutcome::Accepted(Pending(None)));
    }
    let bytes = pool.bytes();
    pool.pass_over(&[all[0].id(), all[1].id(), light(2, 0).id()]);
    assert_eq!(pool.bytes(), bytes);
    let order: Vec<_> = pool.ready().map(|one| one.id()).collect();
    assert_eq!(order, [all[2].id(), all[0].id(), all[1].id()]);
    pool.advance(order, [], rich.ground());
    assert_eq!((pool.len(), pool.bytes()), (0, 0));
}
