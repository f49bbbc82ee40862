//! Transaction execution: a transaction changes the state whole, or not at all (SPEC L-1).
//!
//! The pool, a leader and everybody who receives a block use this one function. What a charter
//! says is judged in the files beside this one, which each hold a family of actions.

mod issue;
mod office;
mod owe;
mod places;
mod policy;
mod send;

use alloc::collections::BTreeMap;

use super::{Change, Changes, Counts, Entry, ExpiryError, Key, LedgerError, State, Token};
use crate::amount::Amount;
use crate::ledger::Rules;
use crate::lock::Address;
use crate::symbol::Symbol;
use crate::transaction::{Action, Body, CreateToken};
use crate::units::UnixMillis;

/// A state and what the transactions of a block changed of it so far.
#[derive(Clone, Debug)]
pub struct Overlay<'a> {
    base: &'a State,
    written: BTreeMap<Key, Option<Entry>>,
    counts: Counts,
}

impl<'a> Overlay<'a> {
    /// Creates an overlay in which nothing has changed yet.
    pub fn new(base: &'a State) -> Self {
        Self { base, written: BTreeMap::new(), counts: base.counts() }
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

/// Applies all actions of a transaction in a block of that time, or none (SPEC L-1).
///
/// # Errors
///
/// The first rule that an action breaks; the overlay is then as it was.
pub fn apply_transaction(
    overlay: &mut Overlay<'_>,
    rules: &Rules,
    time: UnixMillis,
    body: &Body,
) -> Result<(), LedgerError> {
    let (counts, sender) = (overlay.counts, body.sender);
    let mut step = Step { overlay, written: BTreeMap::new(), counts, rules, time, sender };
    step.pay_fee()?;
    for action in &body.actions {
        step.act(action)?;
    }
    step.check_growth()?;
    let Step { overlay, written, counts, .. } = step;
    overlay.written.extend(written);
    overlay.counts = counts;
    Ok(())
}

/// A transaction on its way: its writes count only if all of it succeeds.
struct Step<'o, 'a> {
    overlay: &'o mut Overlay<'a>,
    written: BTreeMap<Key, Option<Entry>>,
    counts: Counts,
    rules: &'o Rules,
    /// The block's time, in milliseconds since 1970.
    time: UnixMillis,
    sender: Address,
}

impl Step<'_, '_> {
    fn act(&mut self, action: &Action) -> Result<(), LedgerError> {
        match action {
            Action::CreateToken(create) => self.create(create),
            Action::CreateWithCharter(charter) => self.create_with_charter(charter),
            Action::Mint { token, issuer, to, amount } => {
                let record = self.token(*token)?;
                match self.policy(&record, *token) {
                    Some(policy) => self.issue(&policy, record, *issuer, *to, *amount),
                    None => {
                        issued_by(&record, *token, *issuer)?;
                        self.mint(*token, record, *to, *amount)
                    }
                }
            }
            Action::Transfer { token, from, to, amount } => match self.policy_of(*token)? {
                Some(policy) => self.send(&policy, *from, *to, *amount),
                None => self.transfer(*token, *from, *to, *amount),
            },
            Action::Burn { token, from, amount } => match self.policy_of(*token)? {
                Some(policy) => self.give_up(&policy, *from, *amount),
                None => self.burn(*token, *from, *amount),
            },
            Action::SetIssuer { token, issuer, new } => {
                let record = self.token(*token)?;
                if let Some(policy) = self.policy(&record, *token) {
                    return Err(policy.has_no_issuer());
                }
                issued_by(&record, *token, *issuer)?;
                self.write_token(*token, Token { issuer: *new, ..record });
                Ok(())
            }
            Action::Draw { token, account, clause, amount } => {
                let (record, policy) = self.chartered(*token, *account)?;
                self.draw(&policy, record, *account, *clause, *amount)
            }
            Action::Claim { token, account, clause, amount } => {
                let (record, policy) = self.chartered(*token, *account)?;
                self.claim(&policy, record, *account, *clause, *amount)
            }
            Action::SetRole { token, officer, account, role } => {
                let (_, policy) = self.chartered(*token, *officer)?;
                self.set_role(&policy, *officer, *account, *role)
            }
            Action::SetFrozen { token, officer, account, frozen } => {
                let (_, policy) = self.chartered(*token, *officer)?;
                self.set_frozen(&policy, *officer, *account, *frozen)
            }
            Action::Move { token, officer, from, to, amount } => {
                let (_, policy) = self.chartered(*token, *officer)?;
                self.move_coins(&policy, *officer, *from, *to, *amount)
            }
            Action::HandOver { token, account, from, to } => {
                let (_, policy) = self.chartered(*token, *from)?;
                self.hand_over(&policy, *account, *from, *to)
            }
            Action::Amend { token, officer, clause, amount, in_force_at } => {
                let (_, policy) = self.chartered(*token, *officer)?;
                self.amend(&policy, *officer, *clause, *amount, *in_force_at)
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
        self.take_token_place(create.token, &create.name)?;
        let record = Token {
            name: create.name.clone(),
            decimals: create.decimals,
            cap: create.cap,
            issuer: create.issuer,
            supply: Amount::ZERO,
            charter: None,
        };
        self.mint(create.token, record, create.to, create.supply)
    }

    /// SPEC L-4
    fn transfer(
        &mut self,
        token: Symbol,
        from: Address,
        to: Address,
        amount: Amount,
    ) -> Result<(), LedgerError> {
        let freed = self.debit(from, token, amount)?;
        self.credit(to, token, amount)?;
        self.release(freed, &[to, from]);
        Ok(())
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
        let charter = record.charter.map(|charter| charter.with_issued(amount));
        self.write_token(token, Token { supply, charter, ..record });
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
        self.counts.balances = self.counts.balances.saturating_sub(1);
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
        let (used, max) = (self.counts.balances, self.rules.balances_max);
        let is_new = self.balance(address, token).is_zero();
        if is_new && used >= max {
            return Err(LedgerError::TooManyBalances { max });
        }
        self.put(address, token, amount);
        if is_new { self.deposit(Key::Deposit(address, token), used) } else { Ok(()) }
    }

    fn put(&mut self, address: Address, token: Symbol, amount: Amount) {
        let have = self.balance(address, token);
        if have.is_zero() {
            self.counts.balances = self.counts.balances.saturating_add(1);
        }
        let sum = have.checked_add(amount).expect("nobody has more than the supply (SPEC L-9)");
        self.write_balance(address, token, sum);
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

fn issued_by(record: &Token, token: Symbol, named: Address) -> Result<(), LedgerError> {
    match record.issuer {
        None => Err(LedgerError::IssuanceClosed { token }),
        Some(issuer) if issuer != named => Err(LedgerError::NotTheIssuer { token, named }),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests;
