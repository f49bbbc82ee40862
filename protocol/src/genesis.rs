//! Genesis: the authorities, rules, first tokens and first balances of a network.

mod error;
mod wire;

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

pub use self::error::GenesisError;
use crate::amount::Amount;
use crate::bounded::{Bounded, Text};
use crate::keys::PublicKey;
use crate::ledger::{Chartered, Entry, Key, Rules, State, Token};
use crate::limits::{
    AUTHORITIES_MAX, DECIMALS_MAX, GENESIS_BALANCES_MAX, GENESIS_TIME_MAX, GENESIS_TOKENS_MAX,
    GENESIS_VERSION, LIFETIME_MS_MAX, NAME_BYTES_MAX, NETWORK_NAME_BYTES_MAX, PLACES_MAX,
    SLOT_MS_MAX, SLOT_MS_MIN,
};
use crate::lock::Address;
use crate::looks::hidden_character;
use crate::policy::Charter;
use crate::symbol::Symbol;
use crate::units::UnixMillis;

/// The first version that has charters.
const CHARTERS_VERSION: u16 = 3;

/// The value whose hash names a network (SPEC G-1, G-2). Checked by
/// [`ChainSpec::new`](crate::ChainSpec::new).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Genesis {
    /// The version of the genesis: 1, 2 or 3.
    pub version: u16,
    /// Name of the network, for people.
    pub name: Text<NETWORK_NAME_BYTES_MAX>,
    /// Time when slot 0 begins, in milliseconds since 1970.
    pub time: UnixMillis,
    /// Length of a slot, in milliseconds.
    pub slot_ms: u32,
    /// Authorities, which sign blocks slot by slot in this order.
    pub authorities: Bounded<PublicKey, AUTHORITIES_MAX>,
    /// Rules for transactions.
    pub rules: Rules,
    /// The first tokens, in strictly increasing order of their symbols.
    pub tokens: Bounded<GenesisToken, GENESIS_TOKENS_MAX>,
    /// The first balances, in strictly increasing order of address and token.
    pub balances: Bounded<GenesisBalance, GENESIS_BALANCES_MAX>,
    /// The charters of further first tokens, in strictly increasing order of their symbols; only
    /// from version 3 on. What they create are first balances, too.
    pub charters: Bounded<Charter, GENESIS_TOKENS_MAX>,
}

/// A token that exists from the start; its supply is the sum of the genesis balances.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct GenesisToken {
    /// Symbol of the token.
    pub token: Symbol,
    /// Name of the token, for people.
    pub name: Text<NAME_BYTES_MAX>,
    /// Digits after the decimal point, for people.
    pub decimals: u8,
    /// The most base units that may be outstanding.
    pub cap: Option<Amount>,
    /// Address that may mint.
    pub issuer: Option<Address>,
}

/// A balance that exists from the start.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct GenesisBalance {
    /// Owner of the balance.
    pub address: Address,
    /// Token of the balance.
    pub token: Symbol,
    /// Amount of the balance; not zero.
    pub amount: Amount,
}

impl Genesis {
    /// Returns the first state, if everything about this genesis is in order (SPEC G-3).
    pub(crate) fn first_state(&self) -> Result<State, GenesisError> {
        self.check_schedule()?;
        self.check_charters()?;
        self.check_rules()?;
        let supplies = self.supplies()?;
        let mut entries = Vec::new();
        for token in &self.tokens {
            let supply = supplies.get(&token.token).copied().unwrap_or_default();
            entries.push((Key::Token(token.token), token.entry(supply)?));
        }
        for balance in &self.balances {
            let key = Key::Balance(balance.address, balance.token);
            entries.push((key, Entry::Balance(balance.amount)));
        }
        entries.extend(self.charters.iter().flat_map(first_entries));
        if self.rules.policies.is_some() {
            let looks =
                |(token, _): (Symbol, _)| (Key::Lookalike(token.folded()), Entry::Symbol(token));
            entries.extend(self.named_tokens().map(looks));
        }
        Ok(State::from_entries(entries))
    }

    fn check_schedule(&self) -> Result<(), GenesisError> {
        if !(1..=GENESIS_VERSION).contains(&self.version) {
            return Err(GenesisError::Version { version: self.version });
        }
        if self.time > GENESIS_TIME_MAX {
            return Err(GenesisError::Time { time: self.time });
        }
        if !(SLOT_MS_MIN..=SLOT_MS_MAX).contains(&self.slot_ms) {
            return Err(GenesisError::Slot { slot_ms: self.slot_ms });
        }
        if self.authorities.is_empty() {
            return Err(GenesisError::NoAuthority);
        }
        let mut sorted: Vec<_> = self.authorities.to_vec();
        sorted.sort_unstable();
        match sorted.array_windows().find(|[one, next]| one == next) {
            Some([key, _]) => Err(GenesisError::AuthorityTwice { key: *key }),
            None => Ok(()),
        }
    }

    fn check_rules(&self) -> Result<(), GenesisError> {
        let Rules { lifetime_ms_max, balances_max, tokens_max, creators, fee, .. } = &self.rules;
        if !(1..=LIFETIME_MS_MAX).contains(lifetime_ms_max) {
            return Err(GenesisError::Lifetime { lifetime_ms: *lifetime_ms_max });
        }
        if !creators.iter().all(|list| list.is_sorted_by(|one, next| one < next)) {
            return Err(GenesisError::Order { list: "creators" });
        }
        let created: usize =
            self.charters.iter().map(|charter| charter.first_balances().len()).sum();
        let tokens = self.tokens.len().saturating_add(self.charters.len());
        let charters_max = self.rules.policies.unwrap_or_default().charters_max;
        let own = [
            ("balances", self.balances.len().saturating_add(created), *balances_max),
            ("tokens", tokens, *tokens_max),
            ("charters", self.charters.len(), charters_max),
        ];
        for (what, got, max) in own {
            let got = u64::try_from(got).expect("a list in memory is shorter than 2^64");
            if got > max {
                return Err(GenesisError::AboveOwnLimit { what, got, max });
            }
        }
        match fee {
            Some(fee) if fee.amount.is_zero() => Err(GenesisError::ZeroAmount { token: fee.token }),
            Some(fee) if !self.has_token(fee.token) => {
                Err(GenesisError::UnknownToken { token: fee.token })
            }
            Some(_) | None => self.check_growth(),
        }
    }

    fn check_charters(&self) -> Result<(), GenesisError> {
        let may = self.version >= CHARTERS_VERSION;
        if may != self.rules.policies.is_some() || !(may || self.charters.is_empty()) {
            return Err(GenesisError::ChartersOfOtherVersion);
        }
        let most = self.rules.policies.map(|bounds| bounds.charters_max.max(bounds.standings_max));
        let priced = self.rules.growth.is_some_and(|growth| growth.deposit.is_some());
        if priced && most > Some(PLACES_MAX) {
            return Err(GenesisError::TooManyPlaces);
        }
        if !self.charters.is_sorted_by(|one, next| one.token < next.token) {
            return Err(GenesisError::Order { list: "charters" });
        }
        self.check_looks()?;
        self.check_debts()?;
        let has_both =
            |charter: &&Charter| self.tokens.iter().any(|one| one.token == charter.token);
        match self.charters.iter().find(has_both) {
            Some(charter) => Err(GenesisError::TokenTwice { token: charter.token }),
            None => Ok(()),
        }
    }

    /// SPEC R-14: fees and places burn coins without asking a charter, and nobody would repay them.
    fn check_debts(&self) -> Result<(), GenesisError> {
        let fee = self.rules.fee.map(|fee| fee.token);
        let deposit = self.rules.growth.and_then(|growth| growth.deposit);
        let taken = |charter: &&Charter| [fee, deposit].contains(&Some(charter.token));
        let owed = self.charters.iter().filter(|charter| charter.has_debts());
        match { owed }.find(taken) {
            Some(charter) => Err(GenesisError::OwedToken { token: charter.token }),
            None => Ok(()),
        }
    }

    fn check_growth(&self) -> Result<(), GenesisError> {
        let growth = match (self.version, self.rules.growth) {
            (1, None) => return Ok(()),
            (1, Some(_)) | (_, None) => return Err(GenesisError::GrowthOfOtherVersion),
            (_, Some(growth)) => growth,
        };
        if growth.block_max == 0 {
            return Err(GenesisError::NoGrowth);
        }
        let most = self.rules.balances_max.max(self.rules.tokens_max);
        match growth.deposit {
            Some(token) if !self.has_token(token) => Err(GenesisError::UnknownToken { token }),
            Some(_) if most > PLACES_MAX => Err(GenesisError::TooManyPlaces),
            Some(_) | None => Ok(()),
        }
    }

    /// SPEC A-4, from version 3 on.
    fn check_looks(&self) -> Result<(), GenesisError> {
        if self.rules.policies.is_none() {
            return Ok(());
        }
        let mut seen = BTreeMap::new();
        for (token, name) in self.named_tokens() {
            if hidden_character(name.as_str()).is_some() {
                return Err(GenesisError::HiddenCharacter { token });
            }
            if let Some(other) = seen.insert(token.folded(), token).filter(|other| *other != token)
            {
                return Err(GenesisError::LooksLike { token, other });
            }
        }
        Ok(())
    }

    /// The tokens, without and with a charter, and their names.
    fn named_tokens(&self) -> impl Iterator<Item = (Symbol, &Text<NAME_BYTES_MAX>)> {
        let plain = self.tokens.iter().map(|token| (token.token, &token.name));
        plain.chain(self.charters.iter().map(|charter| (charter.token, &charter.name)))
    }

    /// Sums the balances of each token.
    fn supplies(&self) -> Result<BTreeMap<Symbol, Amount>, GenesisError> {
        if !self.tokens.is_sorted_by(|one, next| one.token < next.token) {
            return Err(GenesisError::Order { list: "tokens" });
        }
        let place = |balance: &GenesisBalance| (balance.address, balance.token);
        if !self.balances.is_sorted_by(|one, next| place(one) < place(next)) {
            return Err(GenesisError::Order { list: "balances" });
        }
        let mut supplies = BTreeMap::<Symbol, Amount>::new();
        for GenesisBalance { token, amount, .. } in self.balances.iter().copied() {
            // What a token with a charter has at first, its charter says.
            if !self.tokens.iter().any(|known| known.token == token) {
                return Err(GenesisError::UnknownToken { token });
            }
            if amount.is_zero() {
                return Err(GenesisError::ZeroAmount { token });
            }
            let supply = supplies.entry(token).or_default();
            *supply = supply.checked_add(amount).ok_or(GenesisError::CapExceeded { token })?;
        }
        Ok(supplies)
    }

    fn has_token(&self, token: Symbol) -> bool {
        self.named_tokens().any(|(known, _)| known == token)
    }
}

/// The entries of a token with a charter: what its creation would make (SPEC R-1).
fn first_entries(charter: &Charter) -> Vec<(Key, Entry)> {
    let token = charter.token;
    let balances = charter.first_balances();
    let supply = balances.values().copied().fold(Amount::ZERO, |sum, amount| {
        sum.checked_add(amount).expect("a charter creates no more than any token may have")
    });
    let record = Token {
        name: charter.name.clone(),
        decimals: charter.decimals,
        cap: None,
        issuer: None,
        supply,
        charter: Some(Chartered { hash: charter.hash(), issued: supply }),
    };
    let mut entries = alloc::vec![
        (Key::Token(token), record.into()),
        (Key::Charter(token), Entry::Charter(Arc::new(charter.clone()))),
    ];
    entries.extend(
        balances.into_iter().map(|(to, amount)| (Key::Balance(to, token), Entry::Balance(amount))),
    );
    entries
}

impl GenesisToken {
    fn entry(&self, supply: Amount) -> Result<Entry, GenesisError> {
        let Self { token, name, decimals, cap, issuer } = self.clone();
        if decimals > DECIMALS_MAX {
            return Err(GenesisError::Decimals { token, decimals });
        }
        if cap.is_some_and(|cap| supply > cap || cap.is_zero()) {
            return Err(GenesisError::CapExceeded { token });
        }
        if supply.is_zero() && issuer.is_none() {
            return Err(GenesisError::NeverAnyUnits { token });
        }
        Ok(Token { name, decimals, cap, issuer, supply, charter: None }.into())
    }
}

#[cfg(test)]
mod tests;
