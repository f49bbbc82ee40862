//! Values that are written as text: addresses, symbols, keys, hashes, signatures.

use std::fmt::Display;
use std::str::FromStr;

use coinage_protocol::limits::MEMO_BYTES_MAX;
use coinage_protocol::{
    Address, BlockHash, PublicKey, Signature, Symbol, Text, TransactionId, decode, encode,
};

/// Checks any bytes as a text.
pub(super) fn text(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else {
        let refused = decode::<Text<MEMO_BYTES_MAX>>(&encode(bytes), bytes.len() + 8);
        assert!(refused.is_err(), "text that is not UTF-8");
        return;
    };
    address(text);
    symbol(text);
    memo(text);
    hexadecimal::<BlockHash>(text);
    hexadecimal::<TransactionId>(text);
    hexadecimal::<Signature>(text);
    let Some(key) = hexadecimal::<PublicKey>(text) else { return };
    assert_eq!(PublicKey::try_from(*key.as_bytes()), Ok(key), "a key from its bytes");
    assert_eq!(decode(&encode(&key), 32), Ok(key), "a key from its encoding");
}

/// An address has one spelling, and another last character is another address (SPEC K-5).
fn address(text: &str) {
    let Ok(address) = text.parse::<Address>() else { return };
    assert_eq!(address.to_string(), text, "an address is shown as it was read");
    assert_eq!(Address::new(*address.as_bytes()), address, "an address from its bytes");
    let (rest, last) = text.split_at(text.len() - 1);
    let mistyped = format!("{rest}{}", if last == "q" { "p" } else { "q" });
    assert!(mistyped.parse::<Address>().is_err(), "a mistyped address");
}

/// A symbol is the same as text and in binary (SPEC A-2).
fn symbol(text: &str) {
    let parsed = text.parse::<Symbol>().ok();
    assert_eq!(decode::<Symbol>(&encode(text), text.len() + 8).ok(), parsed);
    if let Some(symbol) = parsed {
        assert_eq!(symbol.as_str(), text, "a symbol is shown as it was read");
        assert!((Symbol::LEN_MIN..=Symbol::LEN_MAX).contains(&text.len()), "its length");
    }
}

/// A memo is the same as text and in binary (SPEC E-4).
fn memo(text: &str) {
    let parsed = Text::<MEMO_BYTES_MAX>::try_from(text).ok();
    let read = decode::<Text<MEMO_BYTES_MAX>>(&encode(text), text.len() + 8).ok();
    assert_eq!(read, parsed, "text and binary agree");
    let allowed = text.len() <= MEMO_BYTES_MAX && !text.chars().any(char::is_control);
    assert_eq!(parsed.is_some(), allowed, "short and without control characters");
}

/// Checks that what hexadecimal digits say is shown as those digits.
fn hexadecimal<T: FromStr + Display>(text: &str) -> Option<T> {
    let value = text.parse::<T>().ok()?;
    assert_eq!(value.to_string(), text.to_ascii_lowercase(), "shown as it was read");
    Some(value)
}
