//! Lengths: far too much, exactly as much as is allowed, and one more.

use std::ops::Range;

use coinage_protocol::limits::{
    ACTIONS_MAX, ADDRESS_BYTES_MAX, ADDRESSES_MAX, AGENT_BYTES_MAX, BATCH_TRANSACTIONS_MAX,
    BLOCK_BYTES_MAX, BLOCK_TRANSACTIONS_MAX, BLOCKS_MAX, GOSSIP_BATCH_BYTES, HEADERS_MAX, IDS_MAX,
    LOCATOR_HASHES_MAX, MEMO_BYTES_MAX, MESSAGE_BYTES_MAX, REQUEST_BYTES_MAX, STATUS_BYTES_MAX,
    TRANSACTION_BYTES_MAX,
};
use coinage_protocol::{
    Action, BlockHash, Body, Bounded, KeySignature, Lock, Offence, Request, SecretKey, Signature,
    Text, Threshold, Transaction, TransactionId, Witness, encode, encoded_len,
};

use super::setup::{Ground, pay, whose};
use super::shapes::{Kind, patched, position, rich, status};
use super::{Expected, News, Sample};
use crate::block_builder::tip;
use crate::fixtures::{account, coin, units};

/// A lock and the keys that open it, by their positions.
#[derive(Clone, Debug)]
pub(super) struct Signer {
    pub(super) lock: Lock,
    keys: Vec<(u8, SecretKey)>,
}

/// An account by itself.
pub(super) fn single(number: u8) -> Signer {
    Signer { lock: Lock::Key(account(number).public()), keys: vec![(0, account(number))] }
}

/// Some of these accounts together.
pub(super) fn threshold(required: u8, accounts: Range<u8>) -> Signer {
    let secrets: Vec<_> = accounts.map(account).collect();
    let publics = secrets.iter().map(SecretKey::public).collect();
    let lock = Lock::Threshold(Threshold::new(required, publics).expect("it can be opened"));
    let at = |secret: &SecretKey| {
        let key = secret.public();
        let at = lock.keys().iter().position(|one| *one == key).expect("it is one of them");
        (u8::try_from(at).expect("few"), secret.clone())
    };
    let mut keys: Vec<_> = secrets.iter().map(at).collect();
    keys.sort_unstable_by_key(|(at, _)| *at);
    keys.truncate(required.into());
    Signer { lock, keys }
}

/// Signs the body by all of these.
pub(super) fn signed(ground: &Ground, body: Body, signers: &[Signer]) -> Transaction {
    let id = body.id(ground.spec.chain());
    let witness = |signer: &Signer| {
        let sign = |(key, secret): &(u8, SecretKey)| KeySignature {
            key: *key,
            signature: secret.sign(id.as_bytes()),
        };
        let signatures = Bounded::first_of(signer.keys.iter().map(sign));
        Witness { lock: signer.lock.clone(), signatures }
    };
    let mut witnesses: Vec<_> = signers.iter().map(witness).collect();
    witnesses.sort_by_key(|witness| witness.lock.address());
    Transaction { body, witnesses: Bounded::first_of(witnesses) }
}

pub(super) fn endless(ground: &Ground) -> Vec<Sample> {
    // SPEC E-3
    let endless = [&(1_u64 << 63).to_le_bytes()[..], &[7; 10]].concat();
    let mut all = vec![
        Kind::Batch.bad(ground, "transactions", endless.clone()),
        Kind::Block.bad(ground, "a block", {
            let block = Kind::Block.good(ground);
            [&block[..HEADER_BYTES], &endless].concat()
        }),
    ];
    let batch = encode(&vec![rich(ground, Some(5))]);
    let memo_at = position(&batch, b"invoice 17") - 8;
    let lengths = [("actions", 8 + ACTIONS_AT), ("memo", memo_at), ("witnesses", memo_at + 18)];
    for (what, at) in lengths {
        let bytes = [&batch[..at], &endless].concat();
        all.push(Kind::Batch.bad(ground, format!("{what} of a transaction"), bytes));
    }
    let after_tag = |kind: Kind, tag: u32| {
        let bytes = [&tag.to_le_bytes()[..], &endless].concat();
        kind.bad(ground, format!("{kind:?} with tag {tag}"), bytes)
    };
    all.extend([0, 1, 3].map(|tag| after_tag(Kind::Question, tag)));
    all.extend((0..4).map(|tag| after_tag(Kind::Headers, tag)));
    all.extend((0..4).map(|tag| after_tag(Kind::Waiting, tag)));
    let good = Kind::Status.good(ground);
    let agent_at = position(&good, b"wandering agent") - 8;
    for (what, at) in [("agent", agent_at), ("addresses", good.len() - 8)] {
        let bytes = [&good[..at], &endless].concat();
        for kind in [Kind::Status, Kind::StatusAnswer] {
            all.push(kind.bad(ground, format!("{what} of a status"), bytes.clone()));
        }
    }
    all
}

/// Byte offset at which a transaction's list of actions begins (SPEC T-1).
const ACTIONS_AT: usize = 32 + 8 + 8;
/// Bytes of a signed header (SPEC B-1, B-2).
const HEADER_BYTES: usize = 2 + 8 + 8 + 4 * 32 + 2 + 64;

pub(super) fn exact(ground: &Ground) -> Vec<Sample> {
    // SPEC N-1, T-1, T-5, B-8, A-2, A-3, K-3, E-3, E-4
    let taken = |what: &str, transactions: Vec<Transaction>| {
        let news = News::transactions(&transactions);
        Sample::new(what, super::Delivery::News(news), Expected::accept())
    };
    let half = (GOSSIP_BATCH_BYTES - 8) / 2;
    let mut all = vec![
        taken("a transaction of 32 KiB", vec![sized(ground, TRANSACTION_BYTES_MAX)]),
        taken("a batch of 64 KiB", vec![sized(ground, half), sized(ground, half)]),
        taken("a memo of 256 bytes", vec![with_memo(ground, &"m".repeat(MEMO_BYTES_MAX))]),
        taken("64 actions", vec![payments(ground, ACTIONS_MAX, 0)]),
        taken("128 signatures", vec![crowd(ground, 8, 16, 16)]),
        taken("65 witnesses", vec![crowd(ground, 64, 1, 1)]),
    ];
    let full = full_block(ground, BLOCK_BYTES_MAX);
    let head = tip(&ground.spec, &full);
    all.push(Sample::block("a block of 2 MiB", &full, Expected::moves(head)));
    let question = |what: &str, request: &Request| {
        let bytes = encode(request);
        Sample::new(what, Kind::Question.deliver(ground, bytes), Expected::nothing())
    };
    let hash = |number: usize| BlockHash::new([u8::try_from(number % 251).unwrap_or(0); 32]);
    let locator = Bounded::first_of((0..LOCATOR_HASHES_MAX).map(hash));
    let hashes = Bounded::first_of((0..BLOCKS_MAX).map(hash));
    all.push(question("a locator of 64", &Request::Headers { locator }));
    all.push(question("64 blocks", &Request::Blocks { hashes }));
    all.push(question("1,024 ids", &Request::Transactions { ids: Bounded::first_of(ids()) }));
    let address = Text::try_from(&*"a".repeat(ADDRESS_BYTES_MAX)).expect("not too long");
    let mut most = status(&ground.spec, ground.chain.tip, &"a".repeat(AGENT_BYTES_MAX));
    most.addresses = Bounded::first_of(vec![address; ADDRESSES_MAX]);
    for kind in [Kind::Status, Kind::StatusAnswer] {
        let delivery = kind.deliver(ground, encode(&most));
        all.push(Sample::new(format!("{kind:?} with 16 addresses"), delivery, Expected::nothing()));
    }
    all
}

pub(super) fn one_more(ground: &Ground) -> Vec<Sample> {
    // SPEC N-1, T-1, T-5, B-8, A-2, A-3, K-3, E-3, E-4
    let mut all = over_in_transactions(ground);
    all.extend(over_in_talk(ground));
    let batch = sized(ground, GOSSIP_BATCH_BYTES / 2 - 4);
    let surplus = [&*encode(&vec![batch.clone(), batch]), &[0]].concat();
    assert_eq!(surplus.len(), GOSSIP_BATCH_BYTES + 1);
    all.push(Kind::Batch.bad(ground, "a batch of 64 KiB and a byte", surplus));
    for (what, one) in [
        ("a transaction of 32 KiB and a byte", sized(ground, TRANSACTION_BYTES_MAX + 1)),
        ("129 signatures", crowd(ground, 43, 3, 3)),
    ] {
        let expected = Expected::reject(&[Offence::BadTransaction]);
        let news = News::transactions(&[one]);
        all.push(Sample::new(what, super::Delivery::News(news), expected));
    }
    all
}

/// Blocks that are too long, or say that they hold too much.
pub(super) fn large_blocks(ground: &Ground) -> Vec<Sample> {
    // SPEC B-8
    let full = full_block(ground, BLOCK_BYTES_MAX + 1);
    let block = Kind::Block.good(ground);
    let many = u64::try_from(BLOCK_TRANSACTIONS_MAX + 1).expect("small");
    let announced = patched(&block, HEADER_BYTES, &many.to_le_bytes());
    vec![
        Kind::Block.bad(ground, "2 MiB and a byte", encode(&full)),
        Kind::Block.bad(ground, "16,385 transactions", announced),
    ]
}

/// Lists and texts in transactions that no [`Bounded`] can hold.
fn over_in_transactions(ground: &Ground) -> Vec<Sample> {
    let good = rich(ground, Some(5));
    let body = &good.body;
    let bytes = |actions: &[Action], memo: &str, witnesses: &[u8]| {
        let head = encode(&(1_u64, body.sender, body.salt, body.expires_at));
        [head, encode(&actions), encode(memo), witnesses.to_vec()].concat()
    };
    let (memo, witnesses) = (body.memo.as_str(), encode(&good.witnesses));
    let actions = vec![body.actions[0].clone(); ACTIONS_MAX + 1];
    let many = vec![good.witnesses[0].clone(); ACTIONS_MAX + 2];
    let lock = |keys: u8| {
        let mut keys: Vec<_> = (1..=keys).map(|number| account(number).public()).collect();
        keys.sort_unstable();
        encode(&(1_u32, 1_u8, keys))
    };
    let signature = (0_u8, Signature::new([1; 64]));
    let of_lock = |keys| [encode(&1_u64), lock(keys), encode(&vec![signature])].concat();
    let signed = [encode(&1_u64), lock(16), encode(&vec![signature; 17])].concat();
    let announced = u64::try_from(BATCH_TRANSACTIONS_MAX + 1).expect("small");
    let announced = patched(&encode(&vec![good.clone()]), 0, &announced.to_le_bytes());
    let cases = [
        ("4,097 transactions", announced),
        ("65 actions", bytes(&actions, memo, &witnesses)),
        ("66 witnesses", bytes(&body.actions, memo, &encode(&many))),
        ("17 keys", bytes(&body.actions, memo, &of_lock(17))),
        ("17 signatures", bytes(&body.actions, memo, &signed)),
        ("a name of 65 bytes", {
            let one = encode(&vec![good.clone()]);
            retold(&one, "A fine token", &"n".repeat(65))
        }),
    ];
    cases.map(|(what, bytes)| Kind::Batch.bad(ground, what, bytes)).into()
}

/// Lists and texts in questions, answers and statuses that no [`Bounded`] can hold.
fn over_in_talk(ground: &Ground) -> Vec<Sample> {
    let hashes = |count: usize| vec![[7_u8; 32]; count];
    let mut ids: Vec<_> = ids().collect();
    ids.push(TransactionId::new([0xff; 32]));
    let header = ground.chain.blocks[0].header.clone();
    let mut all = Vec::new();
    for (what, bytes) in [
        ("a locator of 65", encode(&(0_u32, hashes(LOCATOR_HASHES_MAX + 1)))),
        ("65 blocks", encode(&(1_u32, hashes(BLOCKS_MAX + 1)))),
        ("1,025 ids", encode(&(3_u32, &ids))),
        ("64 KiB and a byte", vec![0; REQUEST_BYTES_MAX + 1]),
    ] {
        all.push(Kind::Question.bad(ground, what, bytes));
    }
    for (what, bytes) in [
        ("513 headers", encode(&(0_u32, vec![header.clone(); HEADERS_MAX + 1]))),
        ("65 blocks", encode(&(1_u32, vec![(header, 0_u64); BLOCKS_MAX + 1]))),
        ("2 MiB and 1,025 bytes", vec![7; MESSAGE_BYTES_MAX + 1]),
    ] {
        all.push(Kind::Headers.bad(ground, what, bytes));
    }
    all.push(Kind::Waiting.bad(ground, "1,025 ids", encode(&(2_u32, &ids))));
    assert_eq!(ids.len(), IDS_MAX + 1);
    let good = Kind::Status.good(ground);
    let agent_at = position(&good, b"wandering agent") - 8;
    let ending = |agent: usize, addresses: usize, bytes: usize| {
        let address = "a".repeat(bytes);
        let tail = encode(&("a".repeat(agent), vec![address; addresses]));
        [&good[..agent_at], &tail].concat()
    };
    for (what, bytes) in [
        ("an agent of 65 bytes", ending(AGENT_BYTES_MAX + 1, 0, 0)),
        ("17 addresses", ending(0, ADDRESSES_MAX + 1, 10)),
        ("an address of 257 bytes", ending(0, 1, ADDRESS_BYTES_MAX + 1)),
        ("8 KiB and a byte", vec![1; STATUS_BYTES_MAX + 1]),
    ] {
        all.push(Kind::Status.bad(ground, what, bytes.clone()));
        all.push(Kind::StatusAnswer.bad(ground, what, bytes));
    }
    all
}

/// The bytes with another text in place of one.
pub(super) fn retold(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let at = position(bytes, from.as_bytes());
    let length = u64::try_from(to.len()).expect("small").to_le_bytes();
    [&bytes[..at - 8], &length, to.as_bytes(), &bytes[at + from.len()..]].concat()
}

/// Lists as many ids as a message may have, in order, of transactions that nobody has.
pub(super) fn ids() -> impl Iterator<Item = TransactionId> {
    (0..IDS_MAX).map(|number| {
        let mut id = [0; 32];
        id[..2].copy_from_slice(&u16::try_from(number).unwrap_or(0).to_be_bytes());
        TransactionId::new(id)
    })
}

fn body(ground: &Ground, sender: &Signer, actions: Vec<Action>, memo: &str) -> Body {
    Body {
        sender: sender.lock.address(),
        salt: ground.salt(),
        expires_at: ground.expires_at(),
        actions: Bounded::new(actions).expect("not too many"),
        memo: Text::try_from(memo).expect("not too long"),
    }
}

fn with_memo(ground: &Ground, memo: &str) -> Transaction {
    let one = body(ground, &single(7), vec![pay(7, 61, coin(), 1)], memo);
    signed(ground, one, &[single(7)])
}

/// A transaction of account 6 with so many payments and so many bytes of memo.
fn payments(ground: &Ground, actions: usize, memo: usize) -> Transaction {
    let actions = vec![pay(6, 61, coin(), 1); actions];
    signed(ground, body(ground, &single(6), actions, &"m".repeat(memo)), &[single(6)])
}

/// Takes the keys of a crowd from 30 accounts that have nothing.
fn crowd_of(number: usize, required: u8, keys: u8) -> Signer {
    let first = 100 + u8::try_from(number % 64).expect("below 64");
    threshold(required, first..first + keys)
}

/// A transaction that needs so many locks, each of which needs so many signatures of its keys. It
/// takes what they do not have yet.
fn crowd(ground: &Ground, locks: usize, required: u8, keys: u8) -> Transaction {
    let locks: Vec<_> = (0..locks).map(|number| crowd_of(number, required, keys)).collect();
    together(ground, &locks, "")
}

fn together(ground: &Ground, locks: &[Signer], memo: &str) -> Transaction {
    let take = |signer: &Signer| Action::Transfer {
        token: coin(),
        from: signer.lock.address(),
        to: whose(61),
        amount: units(1),
    };
    let actions: Vec<_> = locks.iter().map(take).collect();
    let sender = if locks.len() == ACTIONS_MAX { single(7) } else { locks[0].clone() };
    let mut signers = locks.to_vec();
    if locks.len() == ACTIONS_MAX {
        signers.push(sender.clone());
    }
    signed(ground, body(ground, &sender, actions, memo), &signers)
}

/// A transaction of exactly so many bytes, some 32 KiB: many locks with many keys.
fn sized(ground: &Ground, bytes: usize) -> Transaction {
    const KEY_BYTES: usize = 32;
    let locks = |keys: &[u8]| {
        let locks = keys.iter().enumerate();
        locks.map(|(number, keys)| crowd_of(number, 1, *keys)).collect::<Vec<_>>()
    };
    let mut keys = [16_u8; ACTIONS_MAX];
    let most = encoded_len(&together(ground, &locks(&keys), ""));
    let surplus = (most - bytes).div_ceil(KEY_BYTES);
    (0..surplus).for_each(|at| keys[at % ACTIONS_MAX] -= 1);
    let memo = "m".repeat(bytes + surplus * KEY_BYTES - most);
    together(ground, &locks(&keys), &memo)
}

/// A block of payments of exactly so many bytes on the honest chain.
fn full_block(ground: &Ground, bytes: usize) -> coinage_protocol::Block {
    let mut left = bytes - HEADER_BYTES - 8;
    let full = encoded_len(&payments(ground, ACTIONS_MAX, 0));
    let least = encoded_len(&payments(ground, 1, 0));
    let one = encoded_len(&payments(ground, 2, 0)) - least;
    let mut transactions = Vec::new();
    while left >= full + least {
        transactions.push(payments(ground, ACTIONS_MAX, 0));
        left -= full;
    }
    while left > 0 {
        let actions = (1 + (left - least) / one).min(ACTIONS_MAX);
        let room = left - least - (actions - 1) * one;
        let (actions, memo) = if room <= MEMO_BYTES_MAX {
            (actions, room)
        } else {
            // Enough stays for another one.
            (actions - least.div_ceil(one), 0)
        };
        let last = payments(ground, actions, memo);
        left -= encoded_len(&last);
        transactions.push(last);
    }
    let block = ground.chain.clone().push(ground.free_slot(1), transactions);
    assert_eq!(encoded_len(&block), bytes);
    block
}
