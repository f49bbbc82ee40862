//! Inputs that are tried with blocks.

use coinage_protocol::{
    Action, Block, ChainSpec, Header, Height, Offence, SecretKey, Signature, Slot, Transaction,
    encode,
};

use super::setup::{Ground, pay};
use super::{
    ANSWERED, EVERYWHERE, Entry, Expected, Level, News, Sample, chains, entry, limits, waits,
};
use crate::block_builder::{Forge, seal, tip};
use crate::fixtures::{authority, coin, genesis};

pub(super) const ENTRIES: &[Entry] = &[
    entry("B1", "a block without its parent waits for nobody", EVERYWHERE, unknown_parent),
    entry("B2", "a block after an invalid one is nobody's fault", EVERYWHERE, invalid_parent),
    entry("B3", "a height that does not follow is blamed", EVERYWHERE, heights),
    entry("B4", "a slot not above the parent's is blamed", EVERYWHERE, slots),
    entry("B5", "a block from the future is nobody's fault", EVERYWHERE, future),
    entry("B6", "a block of the wrong leader is blamed", EVERYWHERE, wrong_leader),
    entry("B7", "a bad signature of the right leader is blamed", EVERYWHERE, bad_signature),
    entry("B8", "a signature for another chain is blamed", EVERYWHERE, other_chain),
    entry("B9", "two blocks for one slot are both passed on", EVERYWHERE, two_for_a_slot),
    entry("B10", "a third block for a slot is not", EVERYWHERE, three_for_a_slot),
    entry("B11", "a wrong state root is its leader's fault", EVERYWHERE, state_root),
    entry("B12", "another body is blamed and keeps none out", EVERYWHERE, other_body),
    entry("B13", "permuted and doubled payments are refused", EVERYWHERE, permuted),
    entry("B14", "what an ancestor holds is not held again", EVERYWHERE, held_again),
    entry("B15", "what arrives later cannot be spent before", EVERYWHERE, spent_before),
    entry("B16", "two payments cannot overdraw together", EVERYWHERE, overdrawn_together),
    entry("B17", "a block above a limit is no block", EVERYWHERE, limits::large_blocks),
    entry("B18", "nobody sends the genesis block", EVERYWHERE, genesis_again),
    waits("B19", "a block below the final one is refused", FINALITY),
    entry("B20", "of equal branches the earlier slot wins", EVERYWHERE, chains::equal),
    entry("B21", "the longer valid branch wins", EVERYWHERE, chains::longer_valid),
    entry("B22", "a branch counts up to its bad block", EVERYWHERE, chains::bad_in_the_middle),
    entry("B23", "a reorg may be 1,000 deep", &[Level::Engine], chains::deep),
    waits("B24", "no reorg crosses a final block", FINALITY),
    entry("B25", "a leader's private chain wins only by length", ANSWERED, chains::private),
    entry("B26", "a header that breaks a rule of its own is blamed", EVERYWHERE, headers),
    entry("B27", "a payment that can never be valid is blamed", EVERYWHERE, bad_payment),
];

const FINALITY: &str = "nothing is final yet";
const BAD_HEADER: &[Offence] = &[Offence::BadHeader];
const BROKEN_LINK: &[Offence] = &[Offence::BrokenLink];
const OTHER_BODY: &[Offence] = &[Offence::OtherBody];

/// The next block as an honest leader would write it, changed and signed by the leader of its slot.
fn changed(ground: &Ground, change: impl FnOnce(&mut Header)) -> Block {
    let transactions = vec![ground.payment()];
    let (mut header, _) = ground.chain.header(ground.free_slot(0), &transactions);
    change(&mut header);
    let key = ground.chain.leader(header.slot);
    seal(&ground.spec, header, &key, transactions)
}

/// The next block of these transactions, whether they apply or not.
pub(super) fn block_of(ground: &Ground, transactions: Vec<Transaction>) -> Block {
    ground.chain.clone().push(ground.free_slot(0), transactions)
}

fn signed_by(ground: &Ground, key: &SecretKey) -> Block {
    let transactions = vec![ground.payment()];
    let (header, _) = ground.chain.header(ground.free_slot(0), &transactions);
    seal(&ground.spec, header, key, transactions)
}

fn unknown_parent(ground: &Ground) -> Vec<Sample> {
    // SPEC N-2, X-1
    let mut far = ground.chain.clone();
    far.push(ground.free_slot(0), vec![ground.payment()]);
    let orphan = far.push(ground.free_slot(1), Vec::new());
    let nowhere = changed(ground, |header| {
        header.previous = coinage_protocol::BlockHash::new([7; 32]);
    });
    vec![
        Sample::block("its parent was not sent", &orphan, Expected::ignore()),
        Sample::block("its parent does not exist", &nowhere, Expected::ignore()),
    ]
}

fn invalid_parent(ground: &Ground) -> Vec<Sample> {
    // SPEC B-10, X-1
    let mut fork = ground.chain.clone();
    let bad = fork.push(ground.free_slot(0), vec![overdraft(ground)]);
    let child = fork.push(ground.free_slot(1), Vec::new());
    vec![Sample::block("a child", &child, Expected::ignore()).after(vec![bad])]
}

/// A payment that nobody can make in the state of the honest chain.
fn overdraft(ground: &Ground) -> Transaction {
    ground.sign(&[3], vec![pay(3, 61, coin(), 2_000_000)])
}

fn heights(ground: &Ground) -> Vec<Sample> {
    // SPEC B-4, X-2
    let next = ground.chain.tip.height + 1;
    let case = |height, blame| {
        let block = changed(ground, |header| header.height = height);
        Sample::block(format!("height {height}"), &block, Expected::reject(blame))
    };
    let links = [next - 1, next + 1, Height::new(1), Height::new(1 << 40), Height::MAX]
        .map(|height| case(height, BROKEN_LINK));
    links.into_iter().chain([case(Height::new(0), BAD_HEADER)]).collect()
}

fn slots(ground: &Ground) -> Vec<Sample> {
    // SPEC B-4, X-2
    let last = ground.chain.tip.slot;
    let case = |slot, blame| {
        let block = changed(ground, |header| header.slot = slot);
        Sample::block(format!("slot {slot}"), &block, Expected::reject(blame))
    };
    vec![
        case(last, BROKEN_LINK),
        case(last - 1, BROKEN_LINK),
        case(Slot::new(1), BROKEN_LINK),
        case(Slot::new(0), BAD_HEADER),
        case(Slot::new((1 << 40) + 1), BAD_HEADER),
        case(Slot::MAX, BAD_HEADER),
    ]
}

fn future(ground: &Ground) -> Vec<Sample> {
    // SPEC B-9
    let case = |slot: Slot| {
        let block = changed(ground, |header| header.slot = slot);
        Sample::block(format!("slot {slot}"), &block, Expected::ignore())
    };
    vec![
        case(ground.slot + 40),
        case(ground.slot + 64),
        case(ground.slot + 1_000),
        case(Slot::new(1 << 40)),
    ]
}

fn wrong_leader(ground: &Ground) -> Vec<Sample> {
    // SPEC B-3
    let other = ground.chain.leader(ground.free_slot(1));
    let case = |what: &str, key: &SecretKey| {
        Sample::block(what, &signed_by(ground, key), Expected::reject(BAD_HEADER))
    };
    vec![case("another authority", &other), case("a stranger", &authority(55))]
}

fn bad_signature(ground: &Ground) -> Vec<Sample> {
    // SPEC B-2, B-10
    let good = block_of(ground, vec![ground.payment()]);
    let other = block_of(ground, Vec::new());
    let bytes = encode(&good.header.signature);
    let mut flipped: [u8; 64] = bytes.try_into().expect("64 bytes");
    flipped[40] ^= 1;
    let case = |what: &str, signature: Signature| {
        let mut block = good.clone();
        block.header.signature = signature;
        let cure = News::block(&good);
        Sample::block(what, &block, Expected::reject(BAD_HEADER)).then(cure)
    };
    vec![
        case("zeros", Signature::new([0; 64])),
        case("of another block", other.header.signature),
        case("one bit", Signature::new(flipped)),
    ]
}

fn other_chain(ground: &Ground) -> Vec<Sample> {
    // SPEC B-2, G-2
    let mut value = genesis(4, 500);
    value.time += 12_345;
    value.authorities = ground.spec.genesis().authorities.clone();
    let elsewhere = ChainSpec::new(value).expect("a genesis");
    let good = block_of(ground, vec![ground.payment()]);
    let key = ground.chain.leader(ground.free_slot(0));
    let resigned = Block {
        header: good.header.header.clone().sign(elsewhere.chain(), &key),
        transactions: good.transactions.clone(),
    };
    let foreign = Forge::new(&elsewhere).push(Slot::new(1), Vec::new());
    let expected = || Expected::reject(BAD_HEADER);
    vec![
        Sample::block("its header signed for another chain", &resigned, expected())
            .then(News::block(&good)),
        Sample::block("a block of another chain", &foreign, expected()),
    ]
}

/// Two blocks for one slot, the better one first.
fn twins(ground: &Ground) -> [Block; 2] {
    let mut twins = [0, 1].map(|_| block_of(ground, vec![ground.payment()]));
    twins.sort_by_key(|block| tip(&ground.spec, block).hash);
    twins
}

fn two_for_a_slot(ground: &Ground) -> Vec<Sample> {
    // SPEC C-1, C-2
    let [better, worse] = twins(ground);
    let better_tip = tip(&ground.spec, &better);
    vec![
        Sample::block("the worse one second", &worse, Expected::accept())
            .after(vec![better.clone()]),
        Sample::block("the better one second", &better, Expected::moves(better_tip))
            .after(vec![worse]),
    ]
}

fn three_for_a_slot(ground: &Ground) -> Vec<Sample> {
    // SPEC C-2
    let third = block_of(ground, vec![ground.payment()]);
    vec![Sample::block("a third", &third, Expected::ignore()).after(twins(ground).into())]
}

fn state_root(ground: &Ground) -> Vec<Sample> {
    // SPEC B-7, N-2, X-1
    let before = ground.chain.blocks[0].header.header.state_root;
    let block = changed(ground, |header| header.state_root = before);
    vec![Sample::block("of an earlier state", &block, Expected::accept())]
}

fn other_body(ground: &Ground) -> Vec<Sample> {
    // SPEC B-7, B-10, M-1
    let good = block_of(ground, vec![ground.payment(), ground.payment(), ground.payment()]);
    let with = |what: &str, transactions: Vec<Transaction>| {
        let block = replaced(&good, transactions);
        Sample::block(what, &block, Expected::reject(OTHER_BODY)).then(News::block(&good))
    };
    let all = good.transactions.to_vec();
    let root = changed(ground, |header| {
        header.transactions_root = ground.chain.blocks[0].header.header.transactions_root;
    });
    vec![
        with("other payments", vec![ground.payment()]),
        with("no payments", Vec::new()),
        with("a payment less", all[..2].to_vec()),
        with("other signatures", {
            let mut all = all.clone();
            all[0].witnesses = all[1].witnesses.clone();
            all
        }),
        Sample::block("a root of other payments", &root, Expected::reject(OTHER_BODY)),
    ]
}

fn replaced(block: &Block, transactions: Vec<Transaction>) -> Block {
    let transactions = coinage_protocol::Bounded::first_of(transactions);
    Block { header: block.header.clone(), transactions }
}

fn permuted(ground: &Ground) -> Vec<Sample> {
    // SPEC B-7, M-1, T-8
    let good = block_of(ground, vec![ground.payment(), ground.payment(), ground.payment()]);
    let all = good.transactions.to_vec();
    let with = |what: &str, places: &[usize]| {
        let block = replaced(&good, places.iter().map(|at| all[*at].clone()).collect());
        Sample::block(what, &block, Expected::reject(OTHER_BODY)).then(News::block(&good))
    };
    let twice = ground.payment();
    let doubled = block_of(ground, vec![twice.clone(), twice]);
    vec![
        with("in another order", &[1, 0, 2]),
        // Trees that pair a last leaf with itself cannot tell these apart.
        with("the last one again", &[0, 1, 2, 2]),
        with("all of them again", &[0, 1, 2, 0, 1, 2]),
        Sample::block("its leader doubled one", &doubled, Expected::accept()),
    ]
}

fn held_again(ground: &Ground) -> Vec<Sample> {
    // SPEC T-8
    let block = block_of(ground, vec![ground.paid()]);
    let paid = ground.payment();
    let mut fork = ground.chain.clone();
    let first = fork.push(ground.free_slot(0), vec![paid.clone()]);
    let second = fork.push(ground.free_slot(1), vec![paid]);
    vec![
        Sample::block("of the first block", &block, Expected::accept()),
        Sample::block("of the parent", &second, Expected::accept()).after(vec![first]),
    ]
}

fn spent_before(ground: &Ground) -> Vec<Sample> {
    // SPEC L-1, L-4
    let arrives = ground.sign(&[4], vec![pay(4, 70, coin(), 5)]);
    let spends = ground.sign(&[70], vec![pay(70, 61, coin(), 5)]);
    let early = block_of(ground, vec![spends.clone(), arrives.clone()]);
    let inside = |actions: Vec<Action>| {
        let one = ground.sign(&[4, 70], actions);
        block_of(ground, vec![one])
    };
    let within = inside(vec![pay(70, 61, coin(), 5), pay(4, 70, coin(), 5)]);
    let fine = block_of(ground, vec![arrives, spends]);
    let head = tip(&ground.spec, &fine);
    vec![
        Sample::block("in one block", &early, Expected::accept()),
        Sample::block("in one transaction", &within, Expected::accept()),
        Sample::block("in order it is fine", &fine, Expected::moves(head)),
    ]
}

fn overdrawn_together(ground: &Ground) -> Vec<Sample> {
    // SPEC L-1, L-4
    let half = |account| ground.sign(&[account], vec![pay(account, 61, coin(), 600_000)]);
    let block = block_of(ground, vec![half(5), half(5)]);
    let action = || pay(5, 61, coin(), 600_000);
    let one = ground.sign(&[5], vec![action(), action()]);
    vec![
        Sample::block("two transactions", &block, Expected::accept()),
        Sample::block("two actions", &block_of(ground, vec![one]), Expected::accept()),
    ]
}

fn genesis_again(ground: &Ground) -> Vec<Sample> {
    // SPEC G-4
    let mut header = ground.chain.blocks[0].header.header.clone();
    header.height = Height::new(0);
    header.slot = Slot::new(0);
    header.previous = coinage_protocol::BlockHash::new([0; 32]);
    header.transactions_root = coinage_protocol::transactions_root(&[]);
    header.state_root = ground.spec.genesis_state().root();
    let signed = seal(&ground.spec, header, &authority(0), Vec::new());
    let mut unsigned = signed.clone();
    unsigned.header.signature = Signature::new([0; 64]);
    vec![
        Sample::block("unsigned, as it is", &unsigned, Expected::reject(BAD_HEADER)),
        Sample::block("signed by an authority", &signed, Expected::reject(BAD_HEADER)),
    ]
}

fn headers(ground: &Ground) -> Vec<Sample> {
    // SPEC B-1, B-6
    let others = changed(ground, |header| {
        header.authorities = coinage_protocol::AuthoritiesHash::default();
    });
    let case = |what: &str, change: fn(&mut Header)| {
        let block = changed(ground, change);
        Sample::block(what, &block, Expected::reject(BAD_HEADER))
    };
    vec![
        case("version 0", |header| header.version = 0),
        case("version 2", |header| header.version = 2),
        Sample::block("other authorities", &others, Expected::reject(&[Offence::BrokenLink])),
    ]
}

fn bad_payment(ground: &Ground) -> Vec<Sample> {
    // SPEC B-7, X-2
    let mut forged = ground.payment();
    forged.witnesses = ground.payment().witnesses;
    let mut open = ground.payment();
    open.witnesses = coinage_protocol::Bounded::default();
    let case = |what: &str, bad| {
        let block = block_of(ground, vec![ground.payment(), bad]);
        Sample::block(what, &block, Expected::reject(&[Offence::BadBody]))
    };
    let nothing = ground.sign(&[7], vec![pay(7, 61, coin(), 0)]);
    vec![case("forged", forged), case("unsigned", open), case("of nothing", nothing)]
}
