//! Spellings of the strings in the JSON forms, for the API's own description.
//!
//! None of these is ever made: each only names and describes a spelling, for
//! `#[schema(value_type = ..)]`.

use std::borrow::Cow;

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::code::Code;

/// Declares spellings by name, pattern, example and what it says.
macro_rules! spellings {
    ($($name:ident $([max $max:literal])?: $pattern:expr, $example:literal, $says:literal;)+) => {$(
        #[doc = $says]
        #[derive(Clone, Copy, Debug)]
        pub enum $name {}

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let object = ObjectBuilder::new()
                    .schema_type(Type::String)
                    .description(Some($says))
                    $(.max_length(Some($max)))?
                    .pattern($pattern)
                    .examples([$example]);
                RefOr::T(Schema::Object(object.build()))
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                stringify!($name).into()
            }
        }
    )+};
}

spellings! {
    Amount: Some("^(0|[1-9][0-9]{0,30})$"), "150000",
        "Base units of a token, at most 10^30: a whole decimal number.";
    Unsigned: Some("^(0|[1-9][0-9]{0,19})$"), "42",
        "A whole number below 2^64.";
    Signed: Some("^(0|-?[1-9][0-9]{0,18})$"), "-3",
        "A whole number that 64 bits with a sign can hold.";
    Hash: Some("^[0-9a-f]{64}$"),
        "5f1c0e4b3c7f2f8d9f2f6c1f8a0b7d1e5f1c0e4b3c7f2f8d9f2f6c1f8a0b7d1e",
        "32 bytes in hexadecimal.";
    Key: Some("^[0-9a-f]{64}$"),
        "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c",
        "An Ed25519 public key in hexadecimal.";
    Signature: Some("^[0-9a-f]{128}$"),
        "0000000000000000000000000000000000000000000000000000000000000000\
         0000000000000000000000000000000000000000000000000000000000000000",
        "An Ed25519 signature in hexadecimal.";
    Address: Some("^coin1[02-9ac-hj-np-z]{58}$"),
        "coin1qurswpc8qurswpc8qurswpc8qurswpc8qurswpc8qurswpc8qursnzajsu",
        "An address in bech32m, with a checksum.";
    Symbol: Some("^[A-Z][A-Z0-9]{1,11}$"), "COIN",
        "The symbol of a token.";
    PolicyName [max 36]: None::<&str>, "board",
        "The name of an account or a role in a charter.";
    Instant:
        Some("^[0-9]{4}-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:00\
              (Z|[+-][0-9]{2}:[0-9]{2})$"),
        "2027-01-01T00:00:00+09:00",
        "An instant of a charter: RFC 3339 with its offset, to the minute.";
    Name [max 64]: None::<&str>, "Village coin",
        "A name for people, at most 64 bytes.";
    Memo [max 256]: None::<&str>, "for the bread",
        "Public words, at most 256 bytes.";
    Time:
        Some("^([0-9]{4}-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]([.][0-9]{3})?Z\
              |0|[1-9][0-9]{0,19})$"),
        "2026-11-22T16:00:00.000Z",
        "A time: RFC 3339 in UTC; from the year 10000 on, milliseconds since 1970.";
    Cursor [max 1024]: Some("^[A-Za-z0-9_-]+$"), "YmxvY2tzOjc",
        "A place in a list: `next` of the page before, unchanged.";
}

/// Stable name of what is wrong. Names may be added; none changes its meaning.
#[derive(Clone, Copy, Debug)]
pub enum ProblemCode {}

impl PartialSchema for ProblemCode {
    fn schema() -> RefOr<Schema> {
        let known: Vec<_> = Code::ALL.iter().map(|code| code.name()).collect();
        let list: String = known.iter().map(|code| format!("\n- `{code}`")).collect();
        let says =
            "The stable name of what is wrong. Names may be added; none changes its meaning.";
        let object = ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(format!("{says}\n{list}")))
            .pattern(Some("^[a-z_]+[.][a-z_]+$"))
            .examples(known);
        RefOr::T(Schema::Object(object.build()))
    }
}

impl ToSchema for ProblemCode {
    fn name() -> Cow<'static, str> {
        "ProblemCode".into()
    }
}
