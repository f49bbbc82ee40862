//! Places: what of the state has bounds, and what a new one takes (SPEC L-8, L-10, L-11, A-4).

use super::Step;
use crate::amount::Amount;
use crate::bounded::Text;
use crate::ledger::deposit::{DEPOSITS, place_price};
use crate::ledger::{Entry, Growth, Key, LedgerError};
use crate::limits::NAME_BYTES_MAX;
use crate::lock::Address;
use crate::looks::hidden_character;
use crate::symbol::Symbol;

impl Step<'_, '_> {
    /// Checks that the sender may create this token, and takes the place for it (SPEC L-2).
    pub(super) fn take_token_place(
        &mut self,
        token: Symbol,
        name: &Text<NAME_BYTES_MAX>,
    ) -> Result<(), LedgerError> {
        if let Some(creators) = &self.rules.creators
            && !creators.contains(&self.sender)
        {
            return Err(LedgerError::NotACreator { address: self.sender });
        }
        if self.token(token).is_ok() {
            return Err(LedgerError::SymbolTaken { token });
        }
        if self.rules.policies.is_some() {
            self.take_looks(token, name)?;
        }
        let (used, max) = (self.counts.tokens, self.rules.tokens_max);
        if used >= max {
            return Err(LedgerError::TooManyTokens { max });
        }
        self.burn_place_price(used, max)?;
        self.counts.tokens = used.saturating_add(1);
        Ok(())
    }

    /// SPEC A-4: a symbol that looks like none that is taken, a name in which nothing is hidden.
    pub(super) fn take_looks(
        &mut self,
        token: Symbol,
        name: &Text<NAME_BYTES_MAX>,
    ) -> Result<(), LedgerError> {
        if let Some(at) = hidden_character(name.as_str()) {
            return Err(LedgerError::HiddenCharacter { at });
        }
        let key = Key::Lookalike(token.folded());
        if let Some(Entry::Symbol(taken)) = self.read(&key) {
            return Err(LedgerError::LooksLike { token, taken: *taken });
        }
        self.written.insert(key, Some(Entry::Symbol(token)));
        Ok(())
    }

    /// SPEC L-10: burns what a place takes that does not give it back: a token never goes, and a
    /// standing can be had again and again.
    pub(super) fn burn_place_price(&mut self, used: u64, max: u64) -> Result<(), LedgerError> {
        match self.price(used, max)? {
            Some((token, need)) => self.burn(token, self.sender, need),
            None => Ok(()),
        }
    }

    /// SPEC L-10: what the place of a new balance takes comes from the sender.
    pub(super) fn deposit(&mut self, key: Key, used: u64) -> Result<(), LedgerError> {
        let Some((token, need)) = self.price(used, self.rules.balances_max)? else {
            return Ok(());
        };
        self.written.insert(key, Some(Entry::Balance(need)));
        let freed = self.debit(self.sender, token, need)?;
        self.put(DEPOSITS, token, need);
        self.release(freed, &[self.sender]);
        // Where deposits lie takes a place, too.
        let max = self.rules.balances_max;
        if self.counts.balances > max { Err(LedgerError::TooManyBalances { max }) } else { Ok(()) }
    }

    /// SPEC L-10: what a new place takes of the sender, if it takes anything and the sender has it.
    pub(super) fn price(
        &self,
        used: u64,
        max: u64,
    ) -> Result<Option<(Symbol, Amount)>, LedgerError> {
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
    pub(super) fn release(&mut self, deposit: Amount, heirs: &[Address]) {
        let Some(token) = self.rules.growth.and_then(|growth| growth.deposit) else { return };
        let heir = heirs.iter().find(|heir| !self.balance(**heir, token).is_zero());
        let (Some(heir), false) = (heir, deposit.is_zero()) else { return };
        // For the place of deposits itself none was taken.
        self.debit(DEPOSITS, token, deposit).expect("deposits hold each deposit (SPEC L-10)");
        self.put(*heir, token, deposit);
    }

    /// SPEC L-11
    pub(super) fn check_growth(&self) -> Result<(), LedgerError> {
        let Some(Growth { block_max: max, .. }) = self.rules.growth else { return Ok(()) };
        let new = self.counts.sum().saturating_sub(self.overlay.base.counts().sum());
        if new > max { Err(LedgerError::TooMuchGrowth { new, max }) } else { Ok(()) }
    }

    /// SPEC L-8, L-10
    pub(super) fn take_standing_place(&mut self) -> Result<(), LedgerError> {
        let max = self.rules.policies.unwrap_or_default().standings_max;
        let used = self.counts.standings;
        if used >= max {
            return Err(LedgerError::TooManyStandings { max });
        }
        self.burn_place_price(used, max)?;
        self.counts.standings = used.saturating_add(1);
        Ok(())
    }

    /// SPEC L-8, L-10
    pub(super) fn take_charter_place(&mut self) -> Result<(), LedgerError> {
        let Some(bounds) = self.rules.policies else { return Err(LedgerError::NoCharters) };
        let (used, max) = (self.counts.charters, bounds.charters_max);
        if used >= max {
            return Err(LedgerError::TooManyCharters { max });
        }
        self.burn_place_price(used, max)?;
        self.counts.charters = used.saturating_add(1);
        Ok(())
    }
}
