//! People: who lives in a simulated network, and what they have.

use coinage_protocol::{
    Action, Address, Body, Bounded, ChainSpec, Charter, Genesis, GenesisBalance, GenesisToken,
    KeySignature, Lock, SecretKey, Symbol, Text, Threshold, Transaction, TransactionId, UnixMillis,
    Witness,
};

use crate::charters::{Chance, Scene, charter};
use crate::fixtures::{account, address, coin, genesis, units};

/// Accounts whose payments are always covered: whatever they pay must arrive.
pub(crate) const RICH: [u8; 5] = [1, 2, 3, 4, 5];
/// Accounts that try everything.
pub(crate) const WILD: [u8; 3] = [6, 7, 8];
/// The account whose key the villains share.
pub(crate) const VILLAIN: u8 = 9;
/// Accounts that act by charters, where there are some.
pub(crate) const CHARTERED: [u8; 6] = [6, 7, 8, 31, 32, 33];
/// Members of the committee, whose account takes two of three.
const COMMITTEE: [u8; 3] = [31, 32, 33];
/// Members of the board, whose account takes three of five.
const BOARD: core::ops::Range<u8> = 34..39;
/// Members of the household: one of them suffices for one account, all must sign for the other.
const HOUSEHOLD: core::ops::Range<u8> = 60..76;

/// The token that the villains issue, up to a cap of 1,000,000.
pub(crate) fn villains_token() -> Symbol {
    "EVIL".parse().expect("a symbol")
}

/// The token that a wild account issues, up to a cap of 1,000.
pub(crate) fn capped_token() -> Symbol {
    "GOLD".parse().expect("a symbol")
}

/// The committee's lock.
pub(crate) fn committee() -> Lock {
    let keys = COMMITTEE.map(|number| account(number).public()).to_vec();
    Lock::Threshold(Threshold::new(2, keys).expect("two of three"))
}

/// A party that can agree to something: a lock, and keys that open it.
#[derive(Debug)]
pub(crate) struct Party {
    lock: Lock,
    /// Keys of the party, in the order of the lock's keys.
    keys: Vec<SecretKey>,
}

impl Party {
    fn alone(number: u8) -> Self {
        let key = account(number);
        Self { lock: Lock::Key(key.public()), keys: vec![key] }
    }

    fn several(required: u8, numbers: impl IntoIterator<Item = u8>) -> Self {
        let mut keys: Vec<_> = numbers.into_iter().map(account).collect();
        keys.sort_by_key(SecretKey::public);
        let public = keys.iter().map(SecretKey::public).collect();
        Self { lock: Lock::Threshold(Threshold::new(required, public).expect("sense")), keys }
    }

    pub(crate) fn address(&self) -> Address {
        self.lock.address()
    }

    /// The agreement of the party: as many of its keys sign as must, from this one on.
    pub(crate) fn witness(&self, id: &TransactionId, first: usize) -> Witness {
        let (count, required) = (self.keys.len(), usize::from(self.lock.required()));
        let mut who: Vec<_> = (first..first + required).map(|one| one % count).collect();
        who.sort_unstable();
        let sign = |one: usize| KeySignature {
            key: u8::try_from(one).expect("few keys"),
            signature: self.keys[one].sign(id.as_bytes()),
        };
        let signatures = Bounded::first_of(who.into_iter().map(sign));
        Witness { lock: self.lock.clone(), signatures }
    }
}

/// The parties that act together: the issuers of COIN and GOLD, two who try everything, and three
/// bodies of several members.
pub(crate) fn parties() -> Vec<Party> {
    let alone = [RICH[0], WILD[0], WILD[1], WILD[2]].map(Party::alone);
    let bodies = [
        Party::several(2, COMMITTEE),
        Party::several(3, BOARD),
        Party::several(1, HOUSEHOLD),
        Party::several(16, HOUSEHOLD),
    ];
    alone.into_iter().chain(bodies).collect()
}

/// The scene of a network with these charters in its genesis, and of one more that somebody may
/// create.
pub(crate) fn chartered_scene(mut charters: Vec<Charter>) -> Scene {
    let people = CHARTERED.iter().map(|one| address(&account(*one))).collect();
    let others = vec![coin(), capped_token(), "T0".parse().expect("a symbol")];
    let mut scene = Scene {
        people,
        charters: Vec::new(),
        others,
        periods: vec![1, 3, 10, 30],
        step_minutes: 1,
        end_minutes: 1,
    };
    if let Some(first) = charters.first() {
        let mut chance = Chance::of(u64::from(first.hash().as_bytes()[0]));
        let (minute, token) = (first.anchor.minutes(), "GAMMA".parse().expect("a symbol"));
        let created = charter(&mut chance, &scene, token, minute);
        charters.push(created);
    }
    scene.charters = charters;
    scene
}

/// A payment of the committee that these two members sign; the id is the same whoever does.
pub(crate) fn committee_payment(
    spec: &ChainSpec,
    signers: [u8; 2],
    salt: u64,
    expires_at: UnixMillis,
) -> Transaction {
    let lock = committee();
    let (from, to) = (lock.address(), address(&account(VILLAIN)));
    let pay = Action::Transfer { token: coin(), from, to, amount: units(1) };
    let actions = Bounded::first_of([pay]);
    let body = Body { sender: from, salt, expires_at, actions, memo: Text::default() };
    let id = body.id(spec.chain());
    let sign = |position: u8| {
        let public = lock.keys()[usize::from(position)];
        let members = COMMITTEE.map(account);
        let key = members.iter().find(|key| key.public() == public).expect("a member");
        KeySignature { key: position, signature: key.sign(id.as_bytes()) }
    };
    let signatures = Bounded::first_of(signers.map(sign));
    Transaction { body, witnesses: Bounded::first_of([Witness { lock, signatures }]) }
}

/// The genesis of a simulated network: that of [`genesis`], with the committee and two capped
/// tokens.
pub(crate) fn simulated_genesis(authorities: u8, slot_ms: u32) -> Genesis {
    let mut genesis = genesis(authorities, slot_ms);
    let token = |token: Symbol, cap, issuer: &SecretKey| GenesisToken {
        token,
        name: Text::default(),
        decimals: 0,
        cap: Some(units(cap)),
        issuer: Some(address(issuer)),
    };
    let tokens = [
        genesis.tokens[0].clone(),
        token(villains_token(), 1_000_000, &account(VILLAIN)),
        token(capped_token(), 1_000, &account(WILD[0])),
    ];
    genesis.tokens = Bounded::first_of(tokens);
    let fund =
        GenesisBalance { address: committee().address(), token: coin(), amount: units(1_000_000) };
    let mut balances = genesis.balances.to_vec();
    balances.push(fund);
    balances.sort_by_key(|balance| balance.address);
    genesis.balances = Bounded::first_of(balances);
    genesis
}

/// Gives every party something of its own to begin with.
pub(crate) fn fund_parties(genesis: &mut Genesis) {
    let mut balances = genesis.balances.to_vec();
    let known = |address: &Address| genesis.balances.iter().any(|one| one.address == *address);
    let poor = parties().into_iter().map(|party| party.address()).filter(|one| !known(one));
    let fund = |address| GenesisBalance { address, token: coin(), amount: units(1_000_000) };
    balances.extend(poor.map(fund));
    balances.sort_by_key(|balance| (balance.address, balance.token));
    genesis.rules.balances_max += (balances.len() - genesis.balances.len()) as u64;
    genesis.balances = Bounded::first_of(balances);
}
