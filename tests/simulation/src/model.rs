//! A ledger written a second time, from SPEC L and as plainly as can be.
//!
//! It shares nothing with the real one but the types that name things: balances and tokens are
//! maps, sums are plain `u128`, counts are counted, and a failed transaction is undone by a copy.
//! The files beside this one judge charters, from SPEC R.

mod charter;
mod formula;
mod issue;
mod office;
mod read;
mod send;
mod standing;

use std::collections::BTreeMap;

use coinage_protocol::{
    Action, Address, Amount, Body, CreateToken, Genesis, GenesisToken, Rules, Symbol, Token,
    UnixMillis,
};

pub use self::charter::{Charted, Refused, Row};
pub use self::formula::{Named, worked_out};
pub use self::standing::Stand;
use crate::audit::state_root;

/// 10^30 (SPEC A-1).
const MOST: u128 = 10_u128.pow(30);
/// Owner of deposits (SPEC L-10).
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
    /// Charters, and all that was done by them.
    pub charters: BTreeMap<Symbol, Charted>,
    /// True if symbols that look alike are one (SPEC A-4).
    pub folds: bool,
    /// Number of places that were taken before the present block.
    pub before: usize,
}

/// A refusal of the model.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum No {
    /// A rule that asks no charter refuses.
    Rule,
    /// A charter refuses, with these words.
    Charter(Box<Refused>),
}

/// The surroundings of an action.
#[derive(Clone, Copy)]
struct Turn<'a> {
    rules: &'a Rules,
    sender: Address,
    /// Time of the block, in milliseconds since 1970.
    time: u64,
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
    /// Hash of the charter that it was created with.
    pub charter: Option<[u8; 32]>,
    /// Base units that were ever issued by the charter, if it has one.
    pub issued: u128,
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
            let (name, decimals) = (one.name.as_str().to_owned(), one.decimals);
            let (capped, issuer) = (one.cap.map(Amount::units), one.issuer);
            let (supply, charter, issued) = (supply(one.token), None, 0);
            (one.token, ModelToken { name, decimals, capped, issuer, supply, charter, issued })
        };
        let tokens: BTreeMap<_, _> = genesis.tokens.iter().map(token).collect();
        let mut model = Self {
            balances,
            tokens,
            deposits: BTreeMap::new(),
            charters: BTreeMap::new(),
            folds: genesis.version >= 3,
            before: 0,
        };
        genesis.charters.iter().for_each(|charter| model.found(charter));
        model.begin_block();
        model
    }

    /// Begins the next block.
    pub fn begin_block(&mut self) {
        self.before = self.places();
    }

    /// Applies a transaction whole in a block of that time, or leaves everything as it was.
    ///
    /// # Errors
    ///
    /// Who refuses.
    pub fn apply(&mut self, rules: &Rules, time: UnixMillis, body: &Body) -> Result<(), No> {
        let mut next = self.clone();
        next.all(rules, time, body)?;
        *self = next;
        Ok(())
    }

    /// Checks whether a transaction would apply, first in the next block, if that is of that time.
    pub fn admits(&self, rules: &Rules, time: UnixMillis, body: &Body) -> bool {
        let mut next = self.clone();
        next.begin_block();
        next.all(rules, time, body).is_ok()
    }

    /// The root of its state (SPEC M-3).
    pub fn root(&self) -> [u8; 32] {
        state_root(self)
    }

    /// Number of standings, in all tokens.
    pub fn standings(&self) -> usize {
        self.charters.values().map(|one| one.standings.len()).sum()
    }

    /// Number of entries that a node's state has.
    pub fn entries(&self) -> usize {
        let folds = if self.folds { self.tokens.len() } else { 0 };
        let charters: usize = self.charters.values().map(Charted::entries).sum();
        self.balances.len() + self.deposits.len() + self.tokens.len() + folds + charters
    }

    fn places(&self) -> usize {
        self.balances.len() + self.tokens.len() + self.charters.len() + self.standings()
    }

    /// Checks whether a charter has a say in a transaction.
    pub fn asks_a_charter(&self, body: &Body) -> bool {
        body.actions.iter().any(|action| self.charters.contains_key(&action.token()))
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

    fn all(&mut self, rules: &Rules, time: UnixMillis, body: &Body) -> Result<(), No> {
        let turn = Turn { rules, sender: body.sender, time: time.get() };
        if let Some(fee) = &rules.fee {
            self.burn(turn, fee.token, body.sender, fee.amount.units())?;
        }
        for action in &body.actions {
            self.one(turn, action)?;
        }
        let Some(growth) = rules.growth else { return Ok(()) };
        rule(self.places() as u64 <= (self.before as u64).saturating_add(growth.block_max))
    }

    /// The price of the next place if so many of so many are taken: the k-th of the n beyond the
    /// first quarter takes 3k²/n³ of all money, rounded up at each step, and something (SPEC L-10).
    fn price(&self, turn: Turn<'_>, taken: usize, places: u64) -> Option<(Symbol, u128)> {
        let money = turn.rules.growth?.deposit?;
        let (taken, free) = (taken as u128, u128::from(places / 4));
        if taken < free {
            return None;
        }
        let (k, n) = (taken - free + 1, u128::from(places) - free);
        let up = |units: u128| units.div_ceil(n);
        let price = up(up(up(self.tokens[&money].supply * k) * k) * 3);
        Some((money, price.clamp(1, MOST)))
    }

    /// Burns what a place takes that is never given back.
    fn pay_for_place(&mut self, turn: Turn<'_>, taken: usize, places: u64) -> Result<(), No> {
        rule((taken as u64) < places)?;
        match self.price(turn, taken, places) {
            Some((money, price)) => self.burn(turn, money, turn.sender, price),
            None => Ok(()),
        }
    }

    /// Puts down what the place of a new balance takes.
    fn put_down(&mut self, turn: Turn<'_>, of: (Address, Symbol)) -> Result<(), No> {
        let places = turn.rules.balances_max;
        let Some((money, price)) = self.price(turn, self.balances.len() - 1, places) else {
            return Ok(());
        };
        self.deposits.insert(of, price);
        let back = self.take(money, turn.sender, price)?;
        *self.balances.entry((HELD, money)).or_default() += price;
        self.pay_back(turn, back, &[turn.sender]);
        rule(self.balances.len() as u64 <= places)
    }

    /// Gives what was put down to the first who has some of that money.
    fn pay_back(&mut self, turn: Turn<'_>, back: u128, heirs: &[Address]) {
        let Some(money) = turn.rules.growth.and_then(|growth| growth.deposit) else { return };
        let heir = heirs.iter().find(|heir| self.balances.contains_key(&(**heir, money)));
        if let (Some(heir), true) = (heir, back > 0) {
            self.take(money, HELD, back).expect("it is held");
            *self.balances.entry((*heir, money)).or_default() += back;
        }
    }

    fn one(&mut self, turn: Turn<'_>, action: &Action) -> Result<(), No> {
        if let Action::CreateToken(create) = action {
            return self.create(turn, create);
        }
        if let Action::CreateWithCharter(charter) = action {
            return self.create_with_charter(turn, charter);
        }
        self.tokens.get(&action.token()).ok_or(No::Rule)?;
        if self.charters.contains_key(&action.token()) {
            return self.by_charter(turn, action);
        }
        match action {
            Action::Mint { token, issuer, to, amount } => {
                rule(self.tokens[token].issuer == Some(*issuer))?;
                self.mint(turn, *token, *to, amount.units())
            }
            Action::Transfer { token, from, to, amount } => {
                self.transfer(turn, *token, [*from, *to], amount.units())
            }
            Action::Burn { token, from, amount } => self.burn(turn, *token, *from, amount.units()),
            Action::SetIssuer { token, issuer, new } => {
                let known = self.tokens.get_mut(token).ok_or(No::Rule)?;
                rule(known.issuer == Some(*issuer))?;
                known.issuer = *new;
                Ok(())
            }
            _ => Err(No::Rule),
        }
    }

    fn create(&mut self, turn: Turn<'_>, new: &CreateToken) -> Result<(), No> {
        self.make_room_for_token(turn, new.token, new.name.as_str())?;
        let token = ModelToken {
            name: new.name.as_str().to_owned(),
            decimals: new.decimals,
            capped: new.cap.map(Amount::units),
            issuer: new.issuer,
            supply: 0,
            charter: None,
            issued: 0,
        };
        self.tokens.insert(new.token, token);
        match new.supply.units() {
            0 => Ok(()),
            supply => self.mint(turn, new.token, new.to, supply),
        }
    }

    /// Checks that the sender may create a token of this name (SPEC L-2, A-4), and pays for it.
    fn make_room_for_token(&mut self, turn: Turn<'_>, token: Symbol, name: &str) -> Result<(), No> {
        let listed = |list: &coinage_protocol::Bounded<Address, 64>| list.contains(&turn.sender);
        rule(turn.rules.creators.as_ref().is_none_or(listed))?;
        rule(!self.tokens.contains_key(&token))?;
        if self.folds {
            let mut others = self.tokens.keys();
            rule(others.all(|other| folded(*other) != folded(token)))?;
            rule(!name.chars().any(is_hidden))?;
        }
        self.pay_for_place(turn, self.tokens.len(), turn.rules.tokens_max)
    }

    fn mint(&mut self, turn: Turn<'_>, token: Symbol, to: Address, units: u128) -> Result<(), No> {
        let known = self.tokens.get_mut(&token).ok_or(No::Rule)?;
        known.supply += units;
        if known.charter.is_some() {
            known.issued = (known.issued + units).min(MOST);
        }
        rule(known.supply <= known.cap())?;
        self.give(turn, token, to, units)
    }

    fn transfer(
        &mut self,
        turn: Turn<'_>,
        token: Symbol,
        [from, to]: [Address; 2],
        units: u128,
    ) -> Result<(), No> {
        let back = self.take(token, from, units)?;
        self.give(turn, token, to, units)?;
        self.pay_back(turn, back, &[to, from]);
        Ok(())
    }

    fn burn(
        &mut self,
        turn: Turn<'_>,
        token: Symbol,
        from: Address,
        units: u128,
    ) -> Result<(), No> {
        let back = self.take(token, from, units)?;
        self.tokens.get_mut(&token).ok_or(No::Rule)?.supply -= units;
        self.pay_back(turn, back, &[from]);
        Ok(())
    }

    /// Takes from a balance, and says what was put down for it if it is gone.
    fn take(&mut self, token: Symbol, from: Address, units: u128) -> Result<u128, No> {
        let balance = self.balances.get_mut(&(from, token)).ok_or(No::Rule)?;
        *balance = balance.checked_sub(units).ok_or(No::Rule)?;
        if *balance > 0 {
            return Ok(0);
        }
        self.balances.remove(&(from, token));
        Ok(self.deposits.remove(&(from, token)).unwrap_or(0))
    }

    fn give(&mut self, turn: Turn<'_>, token: Symbol, to: Address, units: u128) -> Result<(), No> {
        let is_new = !self.balances.contains_key(&(to, token));
        *self.balances.entry((to, token)).or_default() += units;
        rule(self.balances.len() as u64 <= turn.rules.balances_max)?;
        if is_new { self.put_down(turn, (to, token)) } else { Ok(()) }
    }

    fn balance(&self, of: Address, token: Symbol) -> u128 {
        self.balances.get(&(of, token)).copied().unwrap_or(0)
    }
}

impl ModelToken {
    /// The most that there may be.
    pub fn cap(&self) -> u128 {
        self.capped.unwrap_or(MOST)
    }

    /// Checks whether a node's record of the token says the same.
    pub fn is(&self, record: &Token) -> bool {
        *self == Self::from(record)
    }
}

/// Goes on only if a rule that asks no charter allows it.
fn rule(allows: bool) -> Result<(), No> {
    allows.then_some(()).ok_or(No::Rule)
}

/// A symbol as careless eyes read it (SPEC A-4).
pub fn folded(token: Symbol) -> String {
    let digit = |letter: char| "OILZSB".find(letter).map(|at| &"011258"[at..=at]);
    let read = |letter: char| digit(letter).map_or_else(|| letter.to_string(), str::to_owned);
    token.as_str().chars().map(read).collect()
}

/// A character that nobody sees, or that turns text around (SPEC A-4).
fn is_hidden(letter: char) -> bool {
    matches!(u32::from(letter),
        0xAD | 0x34F | 0x61C | 0x115F..=0x1160 | 0x17B4..=0x17B5 | 0x180B..=0x180F
        | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0x2800 | 0x3164
        | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFB | 0x13430..=0x1345F
        | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A | 0xE0000..=0xE0FFF)
}
