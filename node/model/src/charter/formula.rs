//! Ceilings in JSON: an amount, or the terms of a formula for it.

use std::fmt;

use coinage_protocol::limits::FORMULA_TERMS_MAX;
use coinage_protocol::{Amount, Bounded, Name};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::{schema, text};

/// A ceiling: an amount in base units as text, or a formula for it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum CeilingJson {
    /// An amount, in base units.
    #[schema(value_type = schema::Amount)]
    Amount(#[serde(with = "text")] Amount),
    /// A formula.
    Formula(FormulaJson),
}

/// A formula for an amount (SPEC R-13).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FormulaJson {
    /// Terms in the order in which they are worked out: each operation takes the last values.
    #[schema(value_type = Vec<TermJson>, min_items = 1, max_items = 32)]
    pub formula: Bounded<TermJson, FORMULA_TERMS_MAX>,
}

/// A term of a formula: a value, or an operation on the last ones.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum TermJson {
    /// An amount.
    Amount {
        /// The amount, in base units.
        #[serde(with = "text")]
        #[schema(value_type = schema::Amount)]
        amount: Amount,
    },
    /// A number; with 0 decimals it is an amount instead.
    Number {
        /// The number.
        number: u32,
    },
    /// Supply: the base units outstanding.
    Supply {},
    /// Base units that were ever issued, the creation included.
    Issued {},
    /// Base units that were issued and are no longer outstanding.
    Burned {},
    /// Whole days since the anchor.
    Days {},
    /// Number of the clause's period; only in an `issue`.
    Periods {},
    /// Number of accounts that have a role.
    Members {
        /// Name of the role.
        #[serde(with = "text")]
        #[schema(value_type = schema::PolicyName)]
        role: Name,
    },
    /// Sum of the last two values.
    Add {},
    /// Last value but one, less the last.
    Subtract {},
    /// Product of the last two values.
    Multiply {},
    /// Last value but one, divided by the last and rounded down.
    Divide {},
    /// Lesser of the last two values.
    Min {},
    /// Greater of the last two values.
    Max {},
    /// A part of the last value, rounded down.
    Part {
        /// The part, in millionths.
        millionths: u32,
    },
}

impl<'de> Deserialize<'de> for CeilingJson {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(CeilingVisitor)
    }
}

struct CeilingVisitor;

impl<'de> Visitor<'de> for CeilingVisitor {
    type Value = CeilingJson;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("an amount as text, or an object with a formula")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<CeilingJson, E> {
        text::parse(text).map(CeilingJson::Amount).map_err(E::custom)
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<CeilingJson, M::Error> {
        FormulaJson::deserialize(MapAccessDeserializer::new(map)).map(CeilingJson::Formula)
    }
}
