//! Transaction execution: a transaction changes the state whole, or not at all (SPEC L-1).
//!
//! The pool, a leader and everybody who receives a block use this one function.

use alloc::collections::BTreeMap;

use super::deposit::{DEPOSITS, place_price};
use super::{Change, Changes, Entry, ExpiryError, Key, LedgerError, State, Token};
use crate::amount::Amount;
use crate::ledger::{Growth, Rules};
use crate::lock::Address;
use crate::symbol::Symbol;
use crate::transaction::{Action, Body, CreateToken};
use crate::units::UnixMillis;

/// A state and what the transactions of a block changed of it so far.
#[derive(Clone, Debug)]
pub struct Overlay<'a> {
    base: &'a State,
    written: BTreeMap<Key, Option<Entry>>,
    balances: u64,
    tokens: u64,
}

impl<'a> Overlay<'a> {
    /// Creates an overlay in which nothing has changed yet.
    pub fn new(base: &'a State) -> Self {
        let (balances, tokens) = (base.balances(), base.tokens());
        Self { base, written: BTreeMap::new(), balances, tokens }
    }

    /// Returns the changes that were made.
    ///
    /// # Panics
    ///
    /// If money was made or lost (SPEC L-9).
    pub fn into_changes(self) -> Changes {
        let change = |(key, new)| Change { key, old: self.base.get(&key).cloned(), new };
        let changed =
            self.written.into_iter().map(change).filter(|change| change.old != change.new);
        let changes = Changes(changed.collect());
        changes.assert_conserved();
        changes
    }
}

/// Checks whether a block at `block_time` may hold the transaction (SPEC T-7).
///
/// # Errors
///
/// [`ExpiryError`] if it has expired, or is valid for too long.
pub fn check_window(body: &Body, block_time: UnixMillis, rules: &Rules) -> Result<(), ExpiryError> {
    let expires_at = body.expires_at;
    match expires_at.checked_since(block_time) {
        None => Err(ExpiryError::Expired { expires_at, block_time }),
        Some(ahead) if ahead > rules.lifetime_ms_max => {
            Err(ExpiryError::TooFarAhead { ahead, max: rules.lifetime_ms_max })
        }
        Some(_) => Ok(()),
    }
}

/// Applies all actions of a transaction, or none (SPEC L-1).
///
/// # Errors
///
/// The first rule that an action breaks; the overlay is then as it was.
pub fn apply_transaction(
    overlay: &mut Overlay<'_>,
    rules: &Rules,
    body: &Body,
) -> Result<(), LedgerError> {
    let (balances, tokens) = (overlay.balances, overlay.tokens);
    let sender = body.sender;
    let mut step = Step { overlay, written: BTreeMap::new(), balances, tokens, rules, sender };
    step.pay_fee()?;
    for action in &body.actions {
        step.act(action)?;
    }
    step.check_growth()?;
    let Step { overlay, written, balances, tokens, .. } = step;
    overlay.written.extend(written);
    (overlay.balances, overlay.tokens) = (balances, tokens);
    Ok(())
}

/// A transaction on its way: its writes count only if all of it succeeds.
struct Step<'o, 'a> {
    overlay: &'o mut Overlay<'a>,
    written: BTreeMap<Key, Option<Entry>>,
    balances: u64,
    tokens: u64,
    rules: &'o Rules,
    sender: Address,
}

impl Step<'_, '_> {
    fn act(&mut self, action: &Action) -> Result<(), LedgerError> {
        match action {
            Action::CreateToken(create) => self.create(create),
            Action::Mint { token, issuer, to, amount } => {
                let record = self.issued_by(*token, *issuer)?;
                self.mint(*token, record, *to, *amount)
            }
            Action::Transfer { token, from, to, amount } => {
                self.token(*token)?;
                let freed = self.debit(*from, *token, *amount)?;
                self.credit(*to, *token, *amount)?;
                self.release(freed, &[*to, *from]);
                Ok(())
            }
            Action::Burn { token, from, amount } => self.burn(*token, *from, *amount),
            Action::SetIssuer { token, issuer, new } => {
                let record = self.issued_by(*token, *issuer)?;
                self.write_token(*token, Token { issuer: *new, ..record });
                Ok(())
            }
        }
    }

    /// SPEC L-7: the fee is burned, so that no leader gains by it.
    fn pay_fee(&mut self) -> Result<(), LedgerError> {
        match &self.rules.fee {
            Some(fee) => self.burn(fee.token, self.sender, fee.amount),
            None => Ok(()),
        }
    }

    /// SPEC L-2
    fn create(&mut self, create: &CreateToken) -> Result<(), LedgerError> {
        if let Some(creators) = &self.rules.creators
            && !creators.contains(&self.sender)
        {
            return Err(LedgerError::NotACreator { address: self.sender });
        }
        if self.token(create.token).is_ok() {
            return Err(LedgerError::SymbolTaken { token: create.token });
        }
        if self.tokens >= self.rules.tokens_max {
            return Err(LedgerError::TooManyTokens { max: self.rules.tokens_max });
        }
        // A token never goes, so what its place takes does not come back.
        if let Some((token, need)) = self.price(self.tokens, self.rules.tokens_max)? {
            self.burn(token, self.sender, need)?;
        }
        self.tokens = self.tokens.saturating_add(1);
        let record = Token {
            name: create.name.clone(),
            decimals: create.decimals,
            cap: create.cap,
            issuer: create.issuer,
            supply: Amount::ZERO,
        };
        self.mint(create.token, record, create.to, create.supply)
    }

    /// SPEC L-3: writes the token's record with the new supply, too.
    fn mint(
        &mut self,
        token: Symbol,
        record: Token,
        to: Address,
        amount: Amount,
    ) -> Result<(), LedgerError> {
        let cap = record.cap.unwrap_or(Amount::MAX);
        let Some(supply) = record.supply.checked_add(amount).filter(|sum| *sum <= cap) else {
            return Err(LedgerError::CapExceeded { token, supply: record.supply, amount, cap });
        };
        self.write_token(token, Token { supply, ..record });
        if amount.is_zero() { Ok(()) } else { self.credit(to, token, amount) }
    }

    /// SPEC L-5
    fn burn(&mut self, token: Symbol, from: Address, amount: Amount) -> Result<(), LedgerError> {
        let record = self.token(token)?;
        let freed = self.debit(from, token, amount)?;
        let supply = record.supply.checked_sub(amount);
        let supply = supply.expect("nobody has more than the supply (SPEC L-9)");
        self.write_token(token, Token { supply, ..record });
        self.release(freed, &[from]);
        Ok(())
    }

    /// Takes from a balance; what was deposited for it, if nothing is left of it.
    fn debit(
        &mut self,
        address: Address,
        token: Symbol,
        need: Amount,
    ) -> Result<Amount, LedgerError> {
        let have = self.balance(address, token);
        let Some(left) = have.checked_sub(need) else {
            return Err(LedgerError::InsufficientBalance { address, token, have, need });
        };
        self.write_balance(address, token, left);
        if !left.is_zero() || have.is_zero() {
            return Ok(Amount::ZERO);
        }
        self.balances = self.balances.saturating_sub(1);
        let key = Key::Deposit(address, token);
        let Some(Entry::Balance(deposit)) = self.read(&key).cloned() else {
            return Ok(Amount::ZERO);
        };
        self.written.insert(key, None);
        Ok(deposit)
    }

    fn credit(
        &mut self,
        address: Address,
        token: Symbol,
        amount: Amount,
    ) -> Result<(), LedgerError> {
        let (used, max) = (self.balances, self.rules.balances_max);
        let is_new = self.balance(address, token).is_zero();
        if is_new && used >= max {
            return Err(LedgerError::TooManyBalances { max });
        }
        self.put(address, token, amount);
        if is_new { self.deposit(Key::Deposit(address, token), used) } else { Ok(()) }
    }

    /// SPEC L-10: what the place of a new balance takes comes from the sender.
    fn deposit(&mut self, key: Key, used: u64) -> Result<(), LedgerError> {
        let Some((token, need)) = self.price(used, self.rules.balances_max)? else {
            return Ok(());
        };
        self.written.insert(key, Some(Entry::Balance(need)));
        let freed = self.debit(self.sender, token, need)?;
        self.put(DEPOSITS, token, need);
        self.release(freed, &[self.sender]);
        // Where deposits lie takes a place, too.
        let max = self.rules.balances_max;
        if self.balances > max { Err(LedgerError::TooManyBalances { max }) } else { Ok(()) }
    }

    /// SPEC L-10: what a new place takes of the sender, if it takes anything and the sender has it.
    fn price(&self, used: u64, max: u64) -> Result<Option<(Symbol, Amount)>, LedgerError> {
        let Some(token) = self.rules.growth.and_then(|growth| growth.deposit) else {
            return Ok(None);
        };
        let need = place_price(self.token(token)?.supply, used, max);
        let have = self.balance(self.sender, token);
        if have < need {
            return Err(LedgerError::PlaceTooDear { token, have, need, used, max });
        }
        Ok((!need.is_zero()).then_some((token, need)))
    }

    /// SPEC L-10: a deposit goes to the first of these that has something of its token, so that it
    /// takes no place itself; without one it stays where deposits lie.
    fn release(&mut self, deposit: Amount, heirs: &[Address]) {
        let Some(token) = self.rules.growth.and_then(|growth| growth.deposit) else { return };
        let heir = heirs.iter().find(|heir| !self.balance(**heir, token).is_zero());
        let (Some(heir), false) = (heir, deposit.is_zero()) else { return };
        // For the place of deposits itself none was taken.
        self.debit(DEPOSITS, token, deposit).expect("deposits hold each deposit (SPEC L-10)");
        self.put(*heir, token, deposit);
    }

    /// SPEC L-11
    fn check_growth(&self) -> Result<(), LedgerError> {
        let Some(Growth { block_max: max, .. }) = self.rules.growth else { return Ok(()) };
        let base = self.overlay.base;
        let before = base.balances().saturating_add(base.tokens());
        let new = self.balances.saturating_add(self.tokens).saturating_sub(before);
        if new > max { Err(LedgerError::TooMuchGrowth { new, max }) } else { Ok(()) }
    }

    fn put(&mut self, address: Address, token: Symbol, amount: Amount) {
        let have = self.balance(address, token);
        if have.is_zero() {
            self.balances = self.balances.saturating_add(1);
        }
        let sum = have.checked_add(amount).expect("nobody has more than the supply (SPEC L-9)");
        self.write_balance(address, token, sum);
    }

    fn issued_by(&self, token: Symbol, named: Address) -> Result<Token, LedgerError> {
        let record = self.token(token)?;
        match record.issuer {
            None => Err(LedgerError::IssuanceClosed { token }),
            Some(issuer) if issuer != named => Err(LedgerError::NotTheIssuer { token, named }),
            Some(_) => Ok(record),
        }
    }

    fn token(&self, token: Symbol) -> Result<Token, LedgerError> {
        match self.read(&Key::Token(token)) {
            Some(Entry::Token(record)) => Ok((**record).clone()),
            _ => Err(LedgerError::UnknownToken { token }),
        }
    }

    fn balance(&self, address: Address, token: Symbol) -> Amount {
        match self.read(&Key::Balance(address, token)) {
            Some(Entry::Balance(amount)) => *amount,
            _ => Amount::ZERO,
        }
    }

    fn read(&self, key: &Key) -> Option<&Entry> {
        match self.written.get(key).or_else(|| self.overlay.written.get(key)) {
            Some(written) => written.as_ref(),
            None => self.overlay.base.get(key),
        }
    }

    fn write_balance(&mut self, address: Address, token: Symbol, amount: Amount) {
        let entry = (!amount.is_zero()).then_some(Entry::Balance(amount));
        self.written.insert(Key::Balance(address, token), entry);
    }

    fn write_token(&mut self, token: Symbol, record: Token) {
        self.written.insert(Key::Token(token), Some(record.into()));
    }
}
