//! A ledger written a second time, from SPEC L and as plainly as can be.
//!
//! It shares nothing with the real one but the types that name things: balances and tokens are
//! maps, sums are plain `u128`, counts are counted, and a failed transaction is undone by a copy.

use std::collections::BTreeMap;

use coinage_protocol::{
    Action, Address, Amount, Body, CreateToken, Genesis, GenesisToken, Rules, Symbol, Token,
};

/// 10^30 (SPEC A-1).
const MOST: u128 = 10_u128.pow(30);
/// Address whose account deposits are in (SPEC L-10).
const HELD: Address = Address::new([0; 32]);

/// All balances and tokens.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Model {
    /// Balances in base units, never zero.
    pub balances: BTreeMap<(Address, Symbol), u128>,
    /// Records of the tokens.
    pub tokens: BTreeMap<Symbol, ModelToken>,
    /// Deposits that were put down for a balance, in the token of deposits.
    pub deposits: BTreeMap<(Address, Symbol), u128>,
    /// Number of balances and tokens before the present block.
    pub before: usize,
}

/// The model's record of a token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ModelToken {
    /// Name of the token, for people.
    pub name: String,
    /// Digits after the decimal point, for people.
    pub decimals: u8,
    /// Cap of the token, if it has one.
    pub capped: Option<u128>,
    /// Address that may mint.
    pub issuer: Option<Address>,
    /// Base units that there are.
    pub supply: u128,
}

impl Model {
    /// Creates the model of what the genesis says.
    pub fn new(genesis: &Genesis) -> Self {
        let balances: BTreeMap<_, _> = genesis
            .balances
            .iter()
            .map(|one| ((one.address, one.token), one.amount.units()))
            .collect();
        let supply = |token: Symbol| {
            balances.iter().filter(|((_, of), _)| *of == token).map(|(_, units)| units).sum()
        };
        let token = |one: &GenesisToken| {
            let record = ModelToken {
                name: one.name.as_str().to_owned(),
                decimals: one.decimals,
                capped: one.cap.map(Amount::units),
                issuer: one.issuer,
                supply: supply(one.token),
            };
            (one.token, record)
        };
        let tokens: BTreeMap<_, _> = genesis.tokens.iter().map(token).collect();
        let before = balances.len() + tokens.len();
        Self { balances, tokens, deposits: BTreeMap::new(), before }
    }

    /// Begins the next block.
    pub fn begin_block(&mut self) {
        self.before = self.balances.len() + self.tokens.len();
    }

    /// Applies a transaction whole, or leaves everything as it was and says no.
    pub fn apply(&mut self, rules: &Rules, body: &Body) -> bool {
        let mut next = self.clone();
        let done = next.all(rules, body).is_some();
        if done {
            *self = next;
        }
        done
    }

    /// Checks whether a transaction would apply, first in the next block.
    pub fn admits(&self, rules: &Rules, body: &Body) -> bool {
        let mut next = self.clone();
        next.begin_block();
        next.all(rules, body).is_some()
    }

    /// Checks whether every supply is the sum of its balances and within its cap (SPEC L-9).
    ///
    /// # Errors
    ///
    /// Which token is out of balance.
    pub fn check(&self) -> Result<(), String> {
        let mut sums = BTreeMap::<Symbol, u128>::new();
        for ((_, token), units) in &self.balances {
            *sums.entry(*token).or_default() += units;
        }
        for (token, record) in &self.tokens {
            let sum = sums.remove(token).unwrap_or(0);
            if sum != record.supply || record.supply > record.cap() {
                return Err(format!("{token}: supply {}, balances {sum}", record.supply));
            }
        }
        sums.is_empty().then_some(()).ok_or_else(|| format!("no such tokens: {sums:?}"))
    }

    fn all(&mut self, rules: &Rules, body: &Body) -> Option<()> {
        if let Some(fee) = &rules.fee {
            self.burn(rules, fee.token, body.sender, fee.amount.units())?;
        }
        for action in &body.actions {
            self.one(rules, body.sender, action)?;
        }
        let Some(growth) = rules.growth else { return Some(()) };
        let now = (self.balances.len() + self.tokens.len()) as u64;
        (now <= (self.before as u64).saturating_add(growth.block_max)).then_some(())
    }

    /// The price of the next place if so many of so many are taken: the k-th of the n beyond the
    /// first quarter takes 3k²/n³ of all money, rounded up at each step, and something (SPEC L-10).
    fn price(&self, rules: &Rules, taken: usize, places: u64) -> Option<(Symbol, u128)> {
        let money = rules.growth?.deposit?;
        let (taken, free) = (taken as u128, u128::from(places / 4));
        if taken < free {
            return None;
        }
        let (k, n) = (taken - free + 1, u128::from(places) - free);
        let up = |units: u128| units.div_ceil(n);
        let price = up(up(up(self.tokens[&money].supply * k) * k) * 3);
        Some((money, price.clamp(1, MOST)))
    }

    /// Puts down what the place of a new balance takes.
    fn put_down(&mut self, rules: &Rules, sender: Address, of: (Address, Symbol)) -> Option<()> {
        let Some((money, price)) = self.price(rules, self.balances.len() - 1, rules.balances_max)
        else {
            return Some(());
        };
        self.deposits.insert(of, price);
        let back = self.take(money, sender, price)?;
        *self.balances.entry((HELD, money)).or_default() += price;
        self.pay_back(rules, back, &[sender]);
        (self.balances.len() as u64 <= rules.balances_max).then_some(())
    }

    /// Gives what was put down to the first who has some of that money.
    fn pay_back(&mut self, rules: &Rules, back: u128, heirs: &[Address]) {
        let Some(money) = rules.growth.and_then(|growth| growth.deposit) else { return };
        let heir = heirs.iter().find(|heir| self.balances.contains_key(&(**heir, money)));
        if let (Some(heir), true) = (heir, back > 0) {
            self.take(money, HELD, back).expect("it is held");
            *self.balances.entry((*heir, money)).or_default() += back;
        }
    }

    fn one(&mut self, rules: &Rules, sender: Address, action: &Action) -> Option<()> {
        match action {
            Action::CreateToken(create) => self.create(rules, sender, create),
            Action::Mint { token, issuer, to, amount } => {
                (self.tokens.get(token)?.issuer? == *issuer).then_some(())?;
                self.mint(rules, sender, *token, *to, amount.units())
            }
            Action::Transfer { token, from, to, amount } => {
                self.tokens.get(token)?;
                let back = self.take(*token, *from, amount.units())?;
                self.give(rules, sender, *token, *to, amount.units())?;
                self.pay_back(rules, back, &[*to, *from]);
                Some(())
            }
            Action::Burn { token, from, amount } => self.burn(rules, *token, *from, amount.units()),
            Action::SetIssuer { token, issuer, new } => {
                let known = self.tokens.get_mut(token)?;
                (known.issuer? == *issuer).then_some(())?;
                known.issuer = *new;
                Some(())
            }
        }
    }

    fn create(&mut self, rules: &Rules, sender: Address, new: &CreateToken) -> Option<()> {
        let listed = |list: &coinage_protocol::Bounded<Address, 64>| list.contains(&sender);
        let allowed = rules.creators.as_ref().is_none_or(listed);
        let room = (self.tokens.len() as u64) < rules.tokens_max;
        (allowed && room && !self.tokens.contains_key(&new.token)).then_some(())?;
        if let Some((money, price)) = self.price(rules, self.tokens.len(), rules.tokens_max) {
            self.burn(rules, money, sender, price)?;
        }
        let token = ModelToken {
            name: new.name.as_str().to_owned(),
            decimals: new.decimals,
            capped: new.cap.map(Amount::units),
            issuer: new.issuer,
            supply: 0,
        };
        self.tokens.insert(new.token, token);
        match new.supply.units() {
            0 => Some(()),
            supply => self.mint(rules, sender, new.token, new.to, supply),
        }
    }

    fn mint(
        &mut self,
        rules: &Rules,
        sender: Address,
        token: Symbol,
        to: Address,
        units: u128,
    ) -> Option<()> {
        let known = self.tokens.get_mut(&token)?;
        known.supply += units;
        (known.supply <= known.cap()).then_some(())?;
        self.give(rules, sender, token, to, units)
    }

    fn burn(&mut self, rules: &Rules, token: Symbol, from: Address, units: u128) -> Option<()> {
        self.tokens.get(&token)?;
        let back = self.take(token, from, units)?;
        self.tokens.get_mut(&token)?.supply -= units;
        self.pay_back(rules, back, &[from]);
        Some(())
    }

    /// Takes from a balance, and says what was put down for it if it is gone.
    fn take(&mut self, token: Symbol, from: Address, units: u128) -> Option<u128> {
        let balance = self.balances.get_mut(&(from, token))?;
        *balance = balance.checked_sub(units)?;
        if *balance > 0 {
            return Some(0);
        }
        self.balances.remove(&(from, token));
        Some(self.deposits.remove(&(from, token)).unwrap_or(0))
    }

    fn give(
        &mut self,
        rules: &Rules,
        sender: Address,
        token: Symbol,
        to: Address,
        units: u128,
    ) -> Option<()> {
        let is_new = !self.balances.contains_key(&(to, token));
        *self.balances.entry((to, token)).or_default() += units;
        (self.balances.len() as u64 <= rules.balances_max).then_some(())?;
        if is_new { self.put_down(rules, sender, (to, token)) } else { Some(()) }
    }
}

impl ModelToken {
    /// The most that there may be.
    pub fn cap(&self) -> u128 {
        self.capped.unwrap_or(MOST)
    }

    /// Checks whether a node's record of the token says the same.
    pub fn is(&self, record: &Token) -> bool {
        self.name == record.name.as_str()
            && self.decimals == record.decimals
            && self.capped == record.cap.map(Amount::units)
            && self.issuer == record.issuer
            && self.supply == record.supply.units()
    }
}
