//! Payers: accounts in a ring, each of which pays the next.

use std::time::{Duration, SystemTime};

use coinage_devnet::TOKEN;
use coinage_keys::published_key;
use coinage_keys::random::generator;
use coinage_model::time;
use coinage_protocol::limits::ACTIONS_MAX;
use coinage_protocol::{
    Action, Address, Amount, Body, Bounded, ChainSpec, KeySignature, Lock, SecretKey, Symbol, Text,
    Transaction, UnixMillis, Witness,
};
use rand_chacha::rand_core::Rng;

/// Number of accounts that pay: as many as one transaction can fund, so that no single one is in
/// every payment, and what they have fits one page of an answer.
pub(super) const PAYERS: usize = ACTIONS_MAX;
/// Base units that each account begins with: more than it can pay in the longest measurement.
pub(super) const BUDGET: u128 = 1_000_000;
/// Time for which a payment may be included: longer than any measurement takes.
const LIFETIME: Duration = Duration::from_secs(3600);

/// The accounts that pay, in a ring.
pub(super) struct Workload {
    spec: ChainSpec,
    token: Symbol,
    keys: Vec<(SecretKey, Address)>,
}

impl Workload {
    /// New accounts on this network, which have nothing yet.
    pub(super) fn new(spec: ChainSpec) -> Self {
        let mut random = generator();
        let key = |_| {
            let mut seed = [0; 32];
            random.fill_bytes(&mut seed);
            let key = SecretKey::new(seed);
            let address = Lock::Key(key.public()).address();
            (key, address)
        };
        let keys = (0..PAYERS).map(key).collect();
        Self { spec, token: TOKEN.parse().expect("a symbol"), keys }
    }

    /// Returns the network that the accounts are on.
    pub(super) fn spec(&self) -> &ChainSpec {
        &self.spec
    }

    /// Returns the token in which the accounts pay.
    pub(super) fn token(&self) -> Symbol {
        self.token
    }

    /// Returns the addresses of the accounts, in the order of the ring.
    pub(super) fn addresses(&self) -> impl Iterator<Item = Address> {
        self.keys.iter().map(|(_, address)| *address)
    }

    /// Returns the transaction that gives each account its budget, from a development account.
    pub(super) fn funding(&self) -> Transaction {
        let source = published_key("alice");
        let from = Lock::Key(source.public()).address();
        let amount = Amount::try_from(BUDGET).expect("small");
        let gift = |to| Action::Transfer { token: self.token, from, to, amount };
        self.signed(&source, from, 0, self.addresses().map(gift).collect())
    }

    /// Returns the payment of this number, and who pays: each number has another id.
    pub(super) fn payment(&self, number: u64) -> (usize, Transaction) {
        let count = u64::try_from(PAYERS).expect("few");
        let payer = usize::try_from(number % count).expect("few");
        let (key, from) = &self.keys[payer];
        let (_, to) = self.keys[Self::payee(payer)];
        let amount = Amount::try_from(1).expect("small");
        let action = Action::Transfer { token: self.token, from: *from, to, amount };
        (payer, self.signed(key, *from, number, vec![action]))
    }

    /// Returns the number of the account that an account pays.
    pub(super) fn payee(payer: usize) -> usize {
        (payer + 1) % PAYERS
    }

    fn signed(
        &self,
        key: &SecretKey,
        sender: Address,
        salt: u64,
        actions: Vec<Action>,
    ) -> Transaction {
        let expires_at = time::millis(SystemTime::now() + LIFETIME);
        let actions = Bounded::new(actions).expect("at most as many as a transaction can have");
        let body = Body {
            sender,
            salt,
            expires_at: UnixMillis::new(expires_at),
            actions,
            memo: Text::default(),
        };
        let signature = key.sign(body.id(self.spec.chain()).as_bytes());
        let signatures = Bounded::first_of([KeySignature { key: 0, signature }]);
        let witness = Witness { lock: Lock::Key(key.public()), signatures };
        Transaction { body, witnesses: Bounded::first_of([witness]) }
    }
}
