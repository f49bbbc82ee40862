//! Records in proofs: what stands at a leaf of the state, as the chain knows it.

use std::fmt;
use std::sync::Arc;

use coinage_protocol::limits::{CHARTER_BYTES_MAX, CLAUSES_MAX, NAME_BYTES_MAX};
use coinage_protocol::{
    Address, Amendment, Amount, Bounded, Charter, CharterHash, Chartered, ClauseId, ClauseUse,
    ClauseUses, PeriodNumber, RoleId, Standing, Text, Token, UnixMillis, Usage, decode, encode,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::charter::number;
use crate::text::Written;
use crate::{text, time};

/// A token, as the chain knows it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRecordJson {
    /// Name of the token for people.
    #[schema(value_type = String)]
    pub name: Text<NAME_BYTES_MAX>,
    /// Number of decimals of the token: where people put the decimal point.
    pub decimals: u8,
    /// Base units of the token that may be outstanding at most; `null` is no cap.
    #[serde(with = "text::option")]
    #[schema(value_type = Option<String>)]
    pub cap: Option<Amount>,
    /// Address that may mint; `null` is nobody.
    #[serde(with = "text::option")]
    #[schema(value_type = Option<String>)]
    pub issuer: Option<Address>,
    /// Base units of the token that are outstanding.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub supply: Amount,
    /// Hash of the charter that the token was created with, which then has neither cap nor issuer;
    /// left out if it has none.
    #[serde(default, with = "text::option", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub charter: Option<CharterHash>,
    /// Base units of the token that were ever issued; there exactly if it has a charter.
    #[serde(default, with = "text::option", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub issued: Option<Amount>,
}

/// A charter that is written as its encoding, in hexadecimal digits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EncodedCharter(pub Arc<Charter>);

/// Usage of a clause, as the chain knows it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UsageRecordJson {
    /// Number of the period that `used` and `base` are of.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub period: u64,
    /// Base units used in that period; of a role, the accounts that have it.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub used: Amount,
    /// Base units used in all time.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub total: Amount,
    /// Supply just before the first use in that period.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub base: Amount,
}

/// An amendment of a clause, as the chain knows it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AmendmentRecordJson {
    /// Amount before it is in force, in base units.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub before: Amount,
    /// Amount from then on.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub amount: Amount,
    /// First block time at which it is in force.
    #[serde(with = "time")]
    #[schema(value_type = String)]
    pub in_force_at: u64,
}

/// The standing of an address, as the chain knows it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StandingRecordJson {
    /// Number of its role among those that the charter declares, from 1; `null` if it has none.
    #[serde(with = "number::option")]
    #[schema(value_type = Option<u8>, minimum = 1, required)]
    pub role: Option<RoleId>,
    /// True if nothing may leave it.
    pub frozen: bool,
    /// Number of the first period for which it has not claimed.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub next_claim: u64,
    /// Base units that it owes.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub owed: Amount,
    /// Amounts that it used of clauses that limit each account with a role, by clause.
    #[schema(value_type = Vec<UseRecordJson>)]
    pub used: Bounded<UseRecordJson, CLAUSES_MAX>,
}

/// An amount that an account used of a clause, as the chain knows it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UseRecordJson {
    /// Number of the clause, from 1.
    #[serde(with = "number")]
    #[schema(value_type = u8, minimum = 1)]
    pub clause: ClauseId,
    /// Number of the period in which it used that.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub period: u64,
    /// Base units that it used.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub amount: Amount,
}

impl From<&Token> for TokenRecordJson {
    fn from(token: &Token) -> Self {
        let Token { name, decimals, cap, issuer, supply, charter } = token.clone();
        let (charter, issued) = charter.map(|one| (one.hash, one.issued)).unzip();
        Self { name, decimals, cap, issuer, supply, charter, issued }
    }
}

impl TryFrom<&TokenRecordJson> for Token {
    type Error = String;

    fn try_from(json: &TokenRecordJson) -> Result<Self, String> {
        let TokenRecordJson { name, decimals, cap, issuer, supply, charter, issued } = json.clone();
        // A cap or an issuer beside a charter would not be covered (SPEC M-3).
        if charter.is_some() && (cap.is_some() || issuer.is_some()) {
            return Err("a token with a charter has neither cap nor issuer".to_owned());
        }
        if charter.is_some() != issued.is_some() {
            return Err("exactly a token with a charter says what was ever issued".to_owned());
        }
        let charter = charter.zip(issued).map(|(hash, issued)| Chartered { hash, issued });
        Ok(Self { name, decimals, cap, issuer, supply, charter })
    }
}

impl fmt::Display for EncodedCharter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::encode(encode(&*self.0)))
    }
}

impl Written for EncodedCharter {
    fn read(text: &str) -> Result<Self, String> {
        let bytes = hex::decode(text).map_err(|_| "a charter is written in hexadecimal digits")?;
        let charter: Charter = decode(&bytes, CHARTER_BYTES_MAX)
            .map_err(|error| format!("this is not the encoding of a charter ({error})"))?;
        Ok(Self(Arc::new(charter)))
    }
}

impl From<&Usage> for UsageRecordJson {
    fn from(usage: &Usage) -> Self {
        let Usage { period, used, total, base } = *usage;
        Self { period: period.get(), used, total, base }
    }
}

impl From<&UsageRecordJson> for Usage {
    fn from(json: &UsageRecordJson) -> Self {
        let UsageRecordJson { period, used, total, base } = *json;
        Self { period: PeriodNumber::new(period), used, total, base }
    }
}

impl From<&Amendment> for AmendmentRecordJson {
    fn from(amendment: &Amendment) -> Self {
        let Amendment { before, amount, in_force_at } = *amendment;
        Self { before, amount, in_force_at: in_force_at.get() }
    }
}

impl From<&AmendmentRecordJson> for Amendment {
    fn from(json: &AmendmentRecordJson) -> Self {
        let AmendmentRecordJson { before, amount, in_force_at } = *json;
        Self { before, amount, in_force_at: UnixMillis::new(in_force_at) }
    }
}

impl From<&Standing> for StandingRecordJson {
    fn from(standing: &Standing) -> Self {
        let Standing { role, frozen, next_claim, owed, used } = standing;
        let used = used.iter().map(|one| UseRecordJson {
            clause: one.clause,
            period: one.period.get(),
            amount: one.amount,
        });
        let (next_claim, used) = (next_claim.get(), Bounded::first_of(used));
        Self { role: *role, frozen: *frozen, next_claim, owed: *owed, used }
    }
}

impl TryFrom<&StandingRecordJson> for Standing {
    type Error = String;

    fn try_from(json: &StandingRecordJson) -> Result<Self, String> {
        let StandingRecordJson { role, frozen, next_claim, owed, used } = json;
        let used = used.iter().map(|one| ClauseUse {
            clause: one.clause,
            period: PeriodNumber::new(one.period),
            amount: one.amount,
        });
        let used = ClauseUses::try_from(Bounded::first_of(used));
        let used = used.map_err(|error| error.to_string())?;
        let next_claim = PeriodNumber::new(*next_claim);
        Ok(Self { role: *role, frozen: *frozen, next_claim, owed: *owed, used })
    }
}
