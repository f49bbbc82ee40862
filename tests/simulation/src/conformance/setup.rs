//! Ground on which inputs are tried: a network, an honest chain, and everybody's keys.

use std::cell::Cell;

use coinage_protocol::{
    Action, Address, Block, ChainSpec, CreateToken, Genesis, SecretKey, Slot, Symbol, Text,
    Transaction, UnixMillis,
};

use super::charters;
use crate::block_builder::Forge;
use crate::fixtures::{account, address, coin, transaction, units};

/// Number of slots for which transactions made here are valid.
const LIFETIME_SLOTS: u64 = 50_000;

/// A network and its honest chain.
///
/// On it, GOLD has a cap of 1,000 and a supply of 500 and SHUT can never be minted again; both are
/// account 1's. RULES has a charter (`charters.rs`). The chain holds the payment
/// [`paid`](Self::paid).
#[derive(Clone, Debug)]
pub struct Ground {
    /// Network of the chain.
    pub spec: ChainSpec,
    /// The honest chain.
    pub chain: Forge,
    /// The slot that the clocks show.
    pub slot: Slot,
    expires_at: UnixMillis,
    salt: Cell<u64>,
}

impl Ground {
    /// A network like this one, in which there is a coin with a charter besides.
    ///
    /// # Panics
    ///
    /// Never, if the genesis is in order.
    pub fn network(genesis: Genesis) -> ChainSpec {
        ChainSpec::new(charters::with_charter(genesis)).expect("a genesis in order")
    }

    /// A chain of five blocks, while the clocks show this slot.
    pub fn new(spec: &ChainSpec, slot: Slot) -> Self {
        let expires_at = spec.slot_time(Slot::new(LIFETIME_SLOTS));
        let mut chain = Forge::new(spec);
        chain.push(Slot::new(1), Self::prelude(spec, expires_at));
        (2..=5).for_each(|slot| drop(chain.push(Slot::new(slot), Vec::new())));
        Self { spec: spec.clone(), chain, slot, expires_at, salt: Cell::new(0) }
    }

    /// Any honest chain that holds [`prelude`](Self::prelude), while the clocks show this slot.
    ///
    /// # Panics
    ///
    /// If the blocks are not a valid chain.
    pub fn following(
        spec: &ChainSpec,
        blocks: &[Block],
        slot: Slot,
        expires_at: UnixMillis,
    ) -> Self {
        let mut chain = Forge::new(spec);
        for block in blocks {
            let again = chain.push(block.header.header.slot, block.transactions.to_vec());
            assert_eq!(again.header.header, block.header.header, "an honest chain");
        }
        // Other salts than on the ground before, so that nothing is known already.
        let salt = Cell::new(slot.get() << 32);
        Self { spec: spec.clone(), chain, slot, expires_at, salt }
    }

    /// The transactions that the chain must hold.
    pub fn prelude(spec: &ChainSpec, expires_at: UnixMillis) -> Vec<Transaction> {
        let token = |token, supply, issuer| {
            Action::CreateToken(CreateToken {
                token,
                name: Text::default(),
                decimals: 0,
                cap: Some(units(1_000)),
                issuer,
                supply: units(supply),
                to: address(&account(1)),
            })
        };
        let issuer = Some(address(&account(1)));
        let actions = vec![token(gold(), 500, issuer), token(shut(), 100, None)];
        let create = transaction(spec.chain(), &[&account(1)], 1, expires_at, actions);
        let begin = charters::beginning();
        let begin = transaction(spec.chain(), &[&account(1)], 2, expires_at, begin);
        vec![create, begin, Self::paid_on(spec, expires_at)]
    }

    /// The payment that the chain holds.
    pub fn paid(&self) -> Transaction {
        Self::paid_on(&self.spec, self.expires_at)
    }

    fn paid_on(spec: &ChainSpec, expires_at: UnixMillis) -> Transaction {
        let pay = pay(8, 60, coin(), 1);
        transaction(spec.chain(), &[&account(8)], 1, expires_at, vec![pay])
    }

    /// A number that was not used before.
    pub fn salt(&self) -> u64 {
        self.salt.set(self.salt.get() + 1);
        1_000 + self.salt.get()
    }

    /// The time at which transactions made here expire.
    pub fn expires_at(&self) -> UnixMillis {
        self.expires_at
    }

    /// A new transaction of these actions, signed by these accounts, the sender first.
    pub fn sign(&self, accounts: &[u8], actions: Vec<Action>) -> Transaction {
        self.sign_until(accounts, actions, self.expires_at)
    }

    /// Signs a transaction that expires at another time.
    pub fn sign_until(
        &self,
        accounts: &[u8],
        actions: Vec<Action>,
        until: UnixMillis,
    ) -> Transaction {
        let keys: Vec<SecretKey> = accounts.iter().map(|number| account(*number)).collect();
        let keys: Vec<&SecretKey> = keys.iter().collect();
        transaction(self.spec.chain(), &keys, self.salt(), until, actions)
    }

    /// A new good payment of one unit of COIN.
    pub fn payment(&self) -> Transaction {
        self.sign(&[7], vec![pay(7, 61, coin(), 1)])
    }

    /// A slot after the head's that is free; the first one is 0.
    pub fn free_slot(&self, number: u64) -> Slot {
        self.chain.tip.slot + 1 + number
    }

    /// A good next block, for a slot that no input uses.
    pub fn next_block(&self) -> Block {
        self.chain.clone().push(self.slot, vec![self.payment()])
    }

    /// A branch that leaves the chain after so many blocks.
    pub fn fork(&self, kept: usize) -> Forge {
        let mut fork = Forge::new(&self.spec);
        for block in &self.chain.blocks[..kept] {
            fork.push(block.header.header.slot, block.transactions.to_vec());
        }
        fork
    }
}

/// A token with a cap of 1,000, of which there are 500.
///
/// # Panics
///
/// Never.
pub(super) fn gold() -> Symbol {
    "GOLD".parse().expect("a symbol")
}

/// A token that can never be minted again.
pub(super) fn shut() -> Symbol {
    "SHUT".parse().expect("a symbol")
}

/// The address of an account.
pub(super) fn whose(number: u8) -> Address {
    address(&account(number))
}

/// A transfer between accounts.
pub(super) fn pay(from: u8, to: u8, token: Symbol, amount: u128) -> Action {
    Action::Transfer { token, from: whose(from), to: whose(to), amount: units(amount) }
}

/// Account `issuer` mints for account 1.
pub(super) fn mint(issuer: u8, token: Symbol, amount: u128) -> Action {
    Action::Mint { token, issuer: whose(issuer), to: whose(1), amount: units(amount) }
}
