//! Proper blocks made bad, one rule at a time.

use coinage_protocol::{
    Action, Block, Bounded, ChainSpec, Header, Height, SecretKey, Signature, Slot, StateRoot,
    Transaction, TransactionsRoot, UnixMillis, Witness, encode,
};

use crate::accounts::{
    CHARTERED, VILLAIN, chartered_scene, committee, committee_payment, villains_token,
};
use crate::audit::who_agrees;
use crate::block_builder::{Forge, seal};
use crate::charters::{Chance, action};
use crate::fixtures::{account, address, coin, transaction, units};
use crate::model::Model;

/// A workshop with what it takes to make a block bad.
pub(super) struct Workshop {
    pub(super) spec: ChainSpec,
    /// Number of turns in a round of the block's authorities.
    pub(super) turns: u64,
    /// Stands where the block was written.
    pub(super) forge: Forge,
    /// The leader's key.
    pub(super) key: SecretKey,
    /// A transaction that an ancestor holds.
    pub(super) old: Option<Transaction>,
    pub(super) entropy: u64,
}

/// A bad block.
pub(super) struct Mutant {
    pub(super) name: &'static str,
    pub(super) bytes: Vec<u8>,
    /// The block, if it decodes: to be claimed and served.
    pub(super) block: Option<Block>,
    /// True if no honest node may pass the block on, even as news.
    pub(super) is_forbidden: bool,
}

/// The names of all ways, as they are counted.
pub const WAYS: [&str; 31] = [
    "version",
    "height skipped",
    "height zero",
    "another's slot",
    "slot zero",
    "unknown parent",
    "transactions root",
    "state root",
    "authorities",
    "bad signature",
    "signature for another chain",
    "signed by a stranger",
    "overdraft",
    "overdraft together",
    "mint by a stranger",
    "mint above the cap",
    "expired transaction",
    "transaction from too far ahead",
    "ancestor's transaction",
    "transaction twice",
    "transaction of another chain",
    "amount of zero",
    "no consent",
    "unknown token",
    "spending what comes later",
    "body of another",
    "body left out",
    "another witness",
    "trailing byte",
    "truncated",
    "flipped bit",
];

/// The name of the way that only networks with charters know.
pub(crate) const AGAINST_A_CHARTER: &str = "against a charter";

/// A bad block in the place of a proper one; `None` if this way does not apply here.
pub(super) fn mutant(shop: &Workshop, block: &Block, choice: u64) -> Option<Mutant> {
    // Apart from the ways that every network knows.
    if !shop.spec.genesis().charters.is_empty() && choice >> 63 == 1 {
        return against_a_charter(shop, block);
    }
    let way = usize::try_from(choice % WAYS.len() as u64).ok()?;
    let name = WAYS[way];
    if way < 12 {
        return bad_header(shop, block, name);
    }
    if way < 25 {
        return bad_body(shop, block, name);
    }
    if way < 28 {
        return other_body(shop, block, name);
    }
    let mut bytes = encode(block);
    match name {
        "trailing byte" => bytes.push(0),
        "truncated" => bytes.truncate(usize::try_from(shop.entropy).ok()? % bytes.len()),
        _ => {
            let bit = usize::try_from(shop.entropy).ok()? % (bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }
    Some(Mutant { name, bytes, block: None, is_forbidden: true })
}

fn bad_header(shop: &Workshop, block: &Block, name: &'static str) -> Option<Mutant> {
    let mut header = block.header.header.clone();
    let mut is_forbidden = true;
    let authorities = shop.turns;
    match name {
        "version" => header.version = 2,
        "height skipped" => header.height += 1,
        "height zero" => header.height = Height::new(0),
        "another's slot" => header.slot += 1 + shop.entropy % authorities,
        "slot zero" => header.slot = Slot::new(0),
        "unknown parent" => header.previous = coinage_protocol::BlockHash::new([9; 32]),
        "transactions root" => header.transactions_root = TransactionsRoot::new([9; 32]),
        "state root" => {
            header.state_root = StateRoot::new([9; 32]);
            is_forbidden = false;
        }
        "authorities" => header.authorities = coinage_protocol::AuthoritiesHash::new([9; 32]),
        _ => {}
    }
    if name == "another's slot"
        && header.slot.get() % authorities == block.header.header.slot.get() % authorities
    {
        return None;
    }
    let mut bad = sealed(shop, header, block.transactions.to_vec());
    match name {
        "bad signature" => bad.header.signature = Signature::new([9; 64]),
        "signature for another chain" => {
            let other = coinage_protocol::ChainId::new([9; 32]);
            bad.header = bad.header.header.sign(&other, &shop.key);
        }
        "signed by a stranger" => {
            bad.header = bad.header.header.sign(shop.spec.chain(), &account(99));
        }
        _ => {}
    }
    Some(Mutant { name, bytes: encode(&bad), block: Some(bad), is_forbidden })
}

/// A block whose header and body fit, and whose body breaks a rule.
fn bad_body(shop: &Workshop, block: &Block, name: &'static str) -> Option<Mutant> {
    let slot = block.header.header.slot;
    let time = shop.spec.slot_time(slot);
    let pay = |amount, salt| transfer(shop, amount, salt, time + 60_000);
    let me = address(&account(VILLAIN));
    let mint = |amount| Action::Mint { token: coin(), issuer: me, to: me, amount: units(amount) };
    let by_villain = |action| {
        let key = account(VILLAIN);
        transaction(shop.spec.chain(), &[&key], shop.entropy, time + 60_000, vec![action])
    };
    let bad = match name {
        "overdraft" => vec![pay(2_000_000, shop.entropy)],
        "overdraft together" => vec![pay(600_000, 1), pay(600_000, 2)],
        "mint by a stranger" => vec![by_villain(mint(5))],
        "mint above the cap" => {
            let token = villains_token();
            let amount = units(1_000_001);
            vec![by_villain(Action::Mint { token, issuer: me, to: me, amount })]
        }
        "expired transaction" => vec![transfer(shop, 1, shop.entropy, time - 1)],
        "transaction from too far ahead" => {
            let far = shop.spec.rules().lifetime_ms_max + 1;
            vec![transfer(shop, 1, shop.entropy, time + far)]
        }
        "ancestor's transaction" => vec![shop.old.clone()?],
        "transaction twice" => vec![pay(1, shop.entropy), pay(1, shop.entropy)],
        "transaction of another chain" => {
            let other = coinage_protocol::ChainId::new([9; 32]);
            let key = account(VILLAIN);
            vec![transaction(&other, &[&key], 1, time + 60_000, vec![mint(1)])]
        }
        "amount of zero" => vec![pay(0, shop.entropy)],
        "no consent" => vec![without_consent(shop, time + 60_000)],
        "unknown token" => {
            let token = "NONE".parse().ok()?;
            vec![by_villain(Action::Burn { token, from: me, amount: units(1) })]
        }
        _ => {
            let poor = account(98);
            let key = address(&poor);
            let spend = Action::Transfer { token: coin(), from: key, to: me, amount: units(5) };
            let chain = shop.spec.chain();
            let spend = transaction(chain, &[&poor], shop.entropy, time + 60_000, vec![spend]);
            let fund = Action::Transfer { token: coin(), from: me, to: key, amount: units(5) };
            vec![spend, by_villain(fund)]
        }
    };
    // What never can be valid is not even news.
    let is_forbidden =
        matches!(name, "transaction of another chain" | "amount of zero" | "no consent");
    let (header, _) = shop.forge.header(slot, &bad);
    let bad = sealed(shop, header, bad);
    Some(Mutant { name, bytes: encode(&bad), block: Some(bad), is_forbidden })
}

/// A block of one transaction that all who must have signed, and that the model refuses.
fn against_a_charter(shop: &Workshop, block: &Block) -> Option<Mutant> {
    let slot = block.header.header.slot;
    let time = shop.spec.slot_time(slot);
    let mut chance = Chance::of(shop.entropy);
    let scene = chartered_scene(shop.spec.genesis().charters.to_vec());
    let model = Model::of(shop.forge.state(), true);
    let made = (0..8).map(|salt| {
        let action = action(&mut chance, &scene, time);
        let agree = who_agrees(&action);
        let must = CHARTERED.iter().filter(|one| agree.contains(&address(&account(**one))));
        let keys: Vec<_> = [VILLAIN].iter().chain(must).map(|one| account(*one)).collect();
        let keys: Vec<_> = keys.iter().collect();
        transaction(shop.spec.chain(), &keys, shop.entropy ^ salt, time + 60_000, vec![action])
    });
    let refused = |one: &Transaction| !model.admits(shop.spec.rules(), time, &one.body);
    let bad: Vec<_> = made.filter(refused).take(1).collect();
    if bad.is_empty() {
        return None;
    }
    let (header, _) = shop.forge.header(slot, &bad);
    let bad = sealed(shop, header, bad);
    let name = AGAINST_A_CHARTER;
    Some(Mutant { name, bytes: encode(&bad), block: Some(bad), is_forbidden: false })
}

/// Makes a transaction that the villain alone has signed, and others would have to.
fn without_consent(shop: &Workshop, expires_at: UnixMillis) -> Transaction {
    let key = account(VILLAIN);
    let (me, other, amount) = (address(&key), address(&account(1)), units(5));
    let (token, from, issuer, to) = (coin(), other, other, me);
    let action = match shop.entropy % 5 {
        0 => Action::Transfer { token, from, to, amount },
        1 => Action::Burn { token, from, amount },
        2 => Action::Mint { token, issuer, to, amount },
        3 => Action::SetIssuer { token, issuer, new: Some(me) },
        _ => {
            let mut one = committee_payment(&shop.spec, [0, 1], shop.entropy, expires_at);
            let alone = |mut witness: Witness| {
                witness.signatures = Bounded::first_of(witness.signatures.iter().take(1).copied());
                witness
            };
            one.witnesses = Bounded::first_of(one.witnesses.into_vec().into_iter().map(alone));
            return one;
        }
    };
    transaction(shop.spec.chain(), &[&key], shop.entropy, expires_at, vec![action])
}

/// A block whose body is not its header's.
fn other_body(shop: &Workshop, block: &Block, name: &'static str) -> Option<Mutant> {
    let slot = block.header.header.slot;
    let mut bad = match name {
        "body left out" if block.transactions.is_empty() => return None,
        "another witness" => {
            let expiry = shop.spec.slot_time(slot) + 60_000;
            let [one, other] = [[0, 1], [0, 2]]
                .map(|signers| committee_payment(&shop.spec, signers, shop.entropy, expiry));
            let (header, _) = shop.forge.header(slot, std::slice::from_ref(&one));
            let mut bad = sealed(shop, header, vec![one]);
            bad.transactions = Bounded::first_of([other]);
            bad
        }
        _ => block.clone(),
    };
    match name {
        "body left out" => bad.transactions = Bounded::default(),
        "body of another" => {
            let more = transfer(shop, 1, shop.entropy, shop.spec.slot_time(slot) + 60_000);
            let all = block.transactions.iter().cloned().chain([more]);
            bad.transactions = Bounded::first_of(all);
        }
        _ => {}
    }
    Some(Mutant { name, bytes: encode(&bad), block: None, is_forbidden: true })
}

fn transfer(shop: &Workshop, amount: u128, salt: u64, expires_at: UnixMillis) -> Transaction {
    let key = account(VILLAIN);
    let (from, to) = (address(&key), committee().address());
    let action = Action::Transfer { token: coin(), from, to, amount: units(amount) };
    transaction(shop.spec.chain(), &[&key], salt, expires_at, vec![action])
}

fn sealed(shop: &Workshop, header: Header, transactions: Vec<Transaction>) -> Block {
    seal(&shop.spec, header, &shop.key, transactions)
}
