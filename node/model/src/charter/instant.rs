//! Instants of a charter in JSON: RFC 3339 with an offset, to the minute.

use coinage_policy::instant;
use coinage_protocol::Instant;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

/// Writes an instant, for `#[serde(with)]`.
pub(super) fn serialize<S: Serializer>(at: &Instant, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&instant::format_rfc3339(*at))
}

/// Reads an instant, for `#[serde(with)]`.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Instant, D::Error> {
    instant::parse_rfc3339(&String::deserialize(from)?).ok_or_else(|| {
        D::Error::custom("an instant is written as 2027-01-01T00:00:00+09:00, to the minute")
    })
}
