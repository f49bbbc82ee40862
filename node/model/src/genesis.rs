//! The genesis file: what a network begins with, as people write it.

use coinage_protocol::limits::{
    AUTHORITIES_MAX, CREATORS_MAX, GENESIS_BALANCES_MAX, GENESIS_TOKENS_MAX, NAME_BYTES_MAX,
    NETWORK_NAME_BYTES_MAX,
};
use coinage_protocol::{
    Address, Amount, Bounded, Charter, Fee, Genesis, GenesisBalance, GenesisToken, Growth,
    PolicyBounds, PublicKey, Rules, Symbol, Text, UnixMillis,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::text::Spelled;
use super::{charter, schema, text, time};
use crate::Fingerprint;

/// A genesis in JSON (SPEC G-5).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisFile {
    /// Version of the genesis; a file of version 1 does not say so.
    #[serde(default = "first_version", skip_serializing_if = "is_first_version")]
    pub version: u16,
    /// Name that people call the network by.
    pub name: Text<NETWORK_NAME_BYTES_MAX>,
    /// Time when slot 0 begins, in milliseconds since 1970.
    #[serde(with = "time")]
    pub time: u64,
    /// Length of a slot, in milliseconds.
    pub slot_ms: u32,
    /// Public keys of the authorities, which may write blocks, in the order of their turns.
    pub authorities: Bounded<Spelled<PublicKey>, AUTHORITIES_MAX>,
    /// Rules for what transactions may do.
    pub rules: RulesJson,
    /// Tokens that exist from the start.
    pub tokens: Bounded<GenesisTokenJson, GENESIS_TOKENS_MAX>,
    /// Balances that exist from the start.
    pub balances: Bounded<GenesisBalanceJson, GENESIS_BALANCES_MAX>,
    /// Charters of further tokens that exist from the start; from version 3 on.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub charters: Bounded<GenesisCharter, GENESIS_TOKENS_MAX>,
    /// The key of a private network, by its fingerprint; none is a network that anybody may join.
    /// A note for whoever runs a node: it is no part of the genesis, and changes no chain id.
    #[serde(default, with = "text::option", skip_serializing_if = "Option::is_none")]
    pub network_key: Option<Fingerprint>,
}

/// Rules for what transactions may do.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RulesJson {
    /// Time for which a transaction may be valid at most, in milliseconds.
    #[serde(with = "text")]
    pub transaction_lifetime_ms: u64,
    /// Number of balances that the network holds at most.
    #[serde(with = "text")]
    pub balances_max: u64,
    /// Number of tokens that the network holds at most.
    #[serde(with = "text")]
    pub tokens_max: u64,
    /// Addresses that may create tokens; `null` is anybody.
    pub creators: Option<Bounded<Spelled<Address>, CREATORS_MAX>>,
    /// Fee that every transaction burns; `null` is nothing.
    pub fee: Option<FeeJson>,
    /// Bounds on the growth of the state; from version 2 on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub growth: Option<GrowthJson>,
    /// Bounds on charters; from version 3 on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policies: Option<PoliciesJson>,
}

/// Bounds on what charters add to the state.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PoliciesJson {
    /// Number of charters that the network holds at most.
    #[serde(with = "text")]
    pub charters_max: u64,
    /// Number of accounts with a role or frozen, in all tokens, that the network holds at most.
    #[serde(with = "text")]
    pub standings_max: u64,
}

/// A charter of a token that exists from the start.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct GenesisCharter(#[serde(with = "charter")] pub Box<Charter>);

/// Bounds on the growth of the state.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct GrowthJson {
    /// Number of balances and tokens by which a block may grow the state.
    #[serde(with = "text")]
    pub block_max: u64,
    /// Token in which new places take a deposit when they run short; `null` is not at all.
    pub deposit: Option<Symbol>,
}

/// A flat fee, which every transaction burns.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FeeJson {
    /// Token of the fee, one of the genesis.
    #[schema(value_type = schema::Symbol)]
    pub token: Symbol,
    /// Amount of the fee, in base units.
    #[serde(with = "text")]
    #[schema(value_type = schema::Amount)]
    pub amount: Amount,
}

/// A token that exists from the start.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisTokenJson {
    /// Symbol of the token.
    pub token: Symbol,
    /// Name of the token for people.
    pub name: Text<NAME_BYTES_MAX>,
    /// Number of decimals of the token: where people put the decimal point.
    pub decimals: u8,
    /// Base units of the token that may be outstanding at most; `null` is no cap.
    #[serde(default, with = "text::option")]
    pub cap: Option<Amount>,
    /// Address that may mint; `null` is nobody.
    #[serde(with = "text::option")]
    pub issuer: Option<Address>,
}

/// A balance that exists from the start.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisBalanceJson {
    /// Address of the owner.
    #[serde(with = "text")]
    pub address: Address,
    /// Token of the balance.
    pub token: Symbol,
    /// Amount of the balance, in base units.
    #[serde(with = "text")]
    pub amount: Amount,
}

fn first_version() -> u16 {
    1
}

fn is_first_version(version: &u16) -> bool {
    *version == first_version()
}

fn is_empty(charters: &[GenesisCharter]) -> bool {
    charters.is_empty()
}

impl From<&Genesis> for GenesisFile {
    fn from(genesis: &Genesis) -> Self {
        let token = |token: &GenesisToken| {
            let GenesisToken { token, name, decimals, cap, issuer } = token.clone();
            GenesisTokenJson { token, name, decimals, cap, issuer }
        };
        let balance = |balance: &GenesisBalance| {
            let GenesisBalance { address, token, amount } = *balance;
            GenesisBalanceJson { address, token, amount }
        };
        Self {
            version: genesis.version,
            name: genesis.name.clone(),
            time: genesis.time.get(),
            slot_ms: genesis.slot_ms,
            authorities: Bounded::first_of(genesis.authorities.iter().copied().map(Spelled)),
            rules: (&genesis.rules).into(),
            tokens: Bounded::first_of(genesis.tokens.iter().map(token)),
            balances: Bounded::first_of(genesis.balances.iter().map(balance)),
            charters: Bounded::first_of(
                genesis.charters.iter().map(|charter| GenesisCharter(Box::new(charter.clone()))),
            ),
            network_key: None,
        }
    }
}

impl From<GenesisFile> for Genesis {
    fn from(file: GenesisFile) -> Self {
        let mut tokens: Vec<_> =
            file.tokens.into_vec().into_iter().map(GenesisToken::from).collect();
        tokens.sort_by_key(|token| token.token);
        let balance = |json: &GenesisBalanceJson| {
            let GenesisBalanceJson { address, token, amount } = *json;
            GenesisBalance { address, token, amount }
        };
        let mut balances: Vec<_> = file.balances.iter().map(balance).collect();
        balances.sort_by_key(|balance| (balance.address, balance.token));
        let mut charters: Vec<_> =
            file.charters.into_vec().into_iter().map(|charter| *charter.0).collect();
        charters.sort_by_key(|charter| charter.token);
        Self {
            version: file.version,
            name: file.name,
            time: UnixMillis::new(file.time),
            slot_ms: file.slot_ms,
            authorities: Bounded::first_of(file.authorities.iter().map(|key| key.0)),
            rules: file.rules.into(),
            tokens: Bounded::first_of(tokens),
            balances: Bounded::first_of(balances),
            charters: Bounded::first_of(charters),
        }
    }
}

impl From<Fee> for FeeJson {
    fn from(Fee { token, amount }: Fee) -> Self {
        Self { token, amount }
    }
}

impl From<&Rules> for RulesJson {
    fn from(rules: &Rules) -> Self {
        let creators = rules.creators.as_ref();
        Self {
            transaction_lifetime_ms: rules.lifetime_ms_max,
            balances_max: rules.balances_max,
            tokens_max: rules.tokens_max,
            creators: creators.map(|list| Bounded::first_of(list.iter().copied().map(Spelled))),
            fee: rules.fee.map(FeeJson::from),
            growth: rules
                .growth
                .map(|Growth { block_max, deposit }| GrowthJson { block_max, deposit }),
            policies: rules.policies.map(|bounds| PoliciesJson {
                charters_max: bounds.charters_max,
                standings_max: bounds.standings_max,
            }),
        }
    }
}

impl From<RulesJson> for Rules {
    fn from(json: RulesJson) -> Self {
        let sorted = |list: Bounded<Spelled<Address>, CREATORS_MAX>| {
            let mut list: Vec<_> = list.iter().map(|address| address.0).collect();
            list.sort_unstable();
            Bounded::first_of(list)
        };
        Self {
            lifetime_ms_max: json.transaction_lifetime_ms,
            balances_max: json.balances_max,
            tokens_max: json.tokens_max,
            creators: json.creators.map(sorted),
            fee: json.fee.map(|FeeJson { token, amount }| Fee { token, amount }),
            growth: json
                .growth
                .map(|GrowthJson { block_max, deposit }| Growth { block_max, deposit }),
            policies: json.policies.map(|bounds| PolicyBounds {
                charters_max: bounds.charters_max,
                standings_max: bounds.standings_max,
            }),
        }
    }
}

impl From<GenesisTokenJson> for GenesisToken {
    fn from(json: GenesisTokenJson) -> Self {
        let GenesisTokenJson { token, name, decimals, cap, issuer } = json;
        Self { token, name, decimals, cap, issuer }
    }
}
