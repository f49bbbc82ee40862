//! Encodings of a genesis: each version as it always was (SPEC G-1).

use serde::de::{Error as _, SeqAccess, Visitor};
use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Genesis;
use crate::bounded::Bounded;
use crate::ledger::{Fee, Growth, PolicyBounds, Rules};
use crate::limits::CREATORS_MAX;
use crate::lock::Address;

const FIELDS: &[&str] = &[
    "version",
    "name",
    "time",
    "slot_ms",
    "authorities",
    "rules",
    "tokens",
    "balances",
    "charters",
];

/// The rules of version 1, with which those of version 2 begin.
#[derive(Clone, Deserialize, Serialize)]
struct FirstRules {
    lifetime_ms_max: u64,
    balances_max: u64,
    tokens_max: u64,
    creators: Option<Bounded<Address, CREATORS_MAX>>,
    fee: Option<Fee>,
}

/// The rules of version 2.
type SecondRules = (FirstRules, Growth);

/// The rules of version 3.
type ThirdRules = (FirstRules, Growth, PolicyBounds);

impl Serialize for Genesis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Rules { lifetime_ms_max, balances_max, tokens_max, creators, fee, growth, policies } =
            self.rules.clone();
        let first = FirstRules { lifetime_ms_max, balances_max, tokens_max, creators, fee };
        let mut parts = serializer.serialize_struct("Genesis", FIELDS.len())?;
        parts.serialize_field("version", &self.version)?;
        parts.serialize_field("name", &self.name)?;
        parts.serialize_field("time", &self.time)?;
        parts.serialize_field("slot_ms", &self.slot_ms)?;
        parts.serialize_field("authorities", &self.authorities)?;
        match (self.version, growth, policies) {
            (2, Some(growth), _) => parts.serialize_field("rules", &(first, growth))?,
            (3, Some(growth), Some(bounds)) => {
                parts.serialize_field("rules", &(first, growth, bounds))?;
            }
            _ => parts.serialize_field("rules", &first)?,
        }
        parts.serialize_field("tokens", &self.tokens)?;
        parts.serialize_field("balances", &self.balances)?;
        if self.version == 3 {
            parts.serialize_field("charters", &self.charters)?;
        }
        parts.end()
    }
}

impl<'de> Deserialize<'de> for Genesis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_struct("Genesis", FIELDS, Parts)
    }
}

struct Parts;

impl<'de> Visitor<'de> for Parts {
    type Value = Genesis;

    fn expecting(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("the parts of a genesis in order")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Genesis, A::Error> {
        let version = next(&mut parts)?;
        Ok(Genesis {
            version,
            name: next(&mut parts)?,
            time: next(&mut parts)?,
            slot_ms: next(&mut parts)?,
            authorities: next(&mut parts)?,
            rules: match version {
                2 => {
                    let (first, growth) = next::<SecondRules, _>(&mut parts)?;
                    first.with(Some(growth), None)
                }
                3 => {
                    let (first, growth, bounds) = next::<ThirdRules, _>(&mut parts)?;
                    first.with(Some(growth), Some(bounds))
                }
                // Nobody knows what an unknown version looks like: it is read as the first, and
                // then refused.
                _ => next::<FirstRules, _>(&mut parts)?.with(None, None),
            },
            tokens: next(&mut parts)?,
            balances: next(&mut parts)?,
            charters: if version == 3 { next(&mut parts)? } else { Bounded::default() },
        })
    }
}

impl FirstRules {
    fn with(self, growth: Option<Growth>, policies: Option<PolicyBounds>) -> Rules {
        let Self { lifetime_ms_max, balances_max, tokens_max, creators, fee } = self;
        Rules { lifetime_ms_max, balances_max, tokens_max, creators, fee, growth, policies }
    }
}

fn next<'de, T: Deserialize<'de>, A: SeqAccess<'de>>(parts: &mut A) -> Result<T, A::Error> {
    parts.next_element()?.ok_or_else(|| A::Error::custom("a genesis has more parts"))
}
