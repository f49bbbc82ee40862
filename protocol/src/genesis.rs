//! Genesis: the authorities, rules, first tokens and first balances of a network.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::amount::Amount;
use crate::bounded::{Bounded, Text};
use crate::keys::PublicKey;
use crate::ledger::{Entry, Key, Rules, State, Token};
use crate::limits::{
    AUTHORITIES_MAX, DECIMALS_MAX, GENESIS_BALANCES_MAX, GENESIS_TIME_MAX, GENESIS_TOKENS_MAX,
    GENESIS_VERSION, LIFETIME_MS_MAX, NAME_BYTES_MAX, NETWORK_NAME_BYTES_MAX, PLACES_MAX,
    SLOT_MS_MAX, SLOT_MS_MIN,
};
use crate::lock::Address;
use crate::symbol::Symbol;
use crate::units::UnixMillis;

/// The value whose hash names a network (SPEC G-1, G-2). Checked by
/// [`ChainSpec::new`](crate::ChainSpec::new).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Genesis {
    /// The version of the genesis: 1 or 2.
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

/// The reason why a genesis makes no network (SPEC G-3).
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum GenesisError {
    /// The version is unknown.
    #[error("genesis version {version}, this program knows 1 to {GENESIS_VERSION}")]
    Version {
        /// The version asked for.
        version: u16,
    },
    /// Bounds on growth in version 1, or none in a later one.
    #[error("bounds on growth belong to genesis version 2, and must be in it")]
    GrowthOfOtherVersion,
    /// Blocks that could hold no new balance.
    #[error("a block must be allowed to grow the state by at least one balance or token")]
    NoGrowth,
    /// The rules allow more places than deposits are reckoned for.
    #[error("with deposits, balances and tokens must be at most {PLACES_MAX} each")]
    TooManyPlaces,
    /// The genesis time is too far away.
    #[error("the genesis time {time} is beyond {GENESIS_TIME_MAX} ms since 1970")]
    Time {
        /// Genesis time that was given, in milliseconds since 1970.
        time: UnixMillis,
    },
    /// The slot is too short or too long.
    #[error("a slot of {slot_ms} ms, it must be {SLOT_MS_MIN} to {SLOT_MS_MAX} ms")]
    Slot {
        /// Length of a slot that was given, in milliseconds.
        slot_ms: u32,
    },
    /// There is nobody who could write blocks.
    #[error("there must be at least one authority")]
    NoAuthority,
    /// An authority is named twice.
    #[error("the authority {key} is named twice")]
    AuthorityTwice {
        /// Key of the authority.
        key: PublicKey,
    },
    /// Transactions could not be valid, or for too long.
    #[error("transactions may live {lifetime_ms} ms, it must be 1 to {LIFETIME_MS_MAX} ms")]
    Lifetime {
        /// Lifetime of transactions that was given, in milliseconds.
        lifetime_ms: u64,
    },
    /// A list is not in strictly increasing order (SPEC E-5).
    #[error("one of the {list} is named twice, or they are not in increasing order")]
    Order {
        /// Name of the list.
        list: &'static str,
    },
    /// The token has too many decimals.
    #[error("{token} has {decimals} decimals, at most {DECIMALS_MAX} are allowed")]
    Decimals {
        /// Symbol of the token.
        token: Symbol,
        /// Number of the token's decimals.
        decimals: u8,
    },
    /// A balance or the fee is of a token that is not in the genesis.
    #[error("{token} is not a token of this genesis")]
    UnknownToken {
        /// Symbol of the token.
        token: Symbol,
    },
    /// A balance or the fee is zero.
    #[error("an amount of {token} is zero")]
    ZeroAmount {
        /// Symbol of the token.
        token: Symbol,
    },
    /// The balances of a token exceed its cap, or what any token may have.
    #[error("the balances of {token} exceed its cap")]
    CapExceeded {
        /// Symbol of the token.
        token: Symbol,
    },
    /// A token without units that nobody can mint.
    #[error("{token} would never have any units: no balance and no issuer")]
    NeverAnyUnits {
        /// Symbol of the token.
        token: Symbol,
    },
    /// The genesis has more balances or tokens than its own rules allow.
    #[error("the genesis has {got} {what}, its rules allow {max}")]
    AboveOwnLimit {
        /// Word for what there is too much of: balances or tokens.
        what: &'static str,
        /// Number of balances or tokens in the genesis.
        got: u64,
        /// Number of balances or tokens that the rules of the genesis allow.
        max: u64,
    },
}

impl Genesis {
    /// Returns the first state, if everything about this genesis is in order (SPEC G-3).
    pub(crate) fn first_state(&self) -> Result<State, GenesisError> {
        self.check_schedule()?;
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
        let Rules { lifetime_ms_max, balances_max, tokens_max, creators, fee, growth: _ } =
            &self.rules;
        if !(1..=LIFETIME_MS_MAX).contains(lifetime_ms_max) {
            return Err(GenesisError::Lifetime { lifetime_ms: *lifetime_ms_max });
        }
        if !creators.iter().all(|list| list.is_sorted_by(|one, next| one < next)) {
            return Err(GenesisError::Order { list: "creators" });
        }
        let own = [
            ("balances", self.balances.len(), *balances_max),
            ("tokens", self.tokens.len(), *tokens_max),
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
            if !self.has_token(token) {
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
        self.tokens.iter().any(|known| known.token == token)
    }
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
        Ok(Token { name, decimals, cap, issuer, supply }.into())
    }
}

mod wire;

#[cfg(test)]
mod tests;
