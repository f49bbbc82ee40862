//! Vectors of genesis version 2: what a place takes, and what the state says of it.

use coinage_protocol::{Entry, Key, State, place_price};
use serde_json::{Value, json};

use crate::json::ToJson as _;
use crate::samples::{amount, hexed, person, second_genesis, symbol};
use crate::valid::genesis_of;

/// The genesis, its chain id and its block 0.
pub(crate) fn genesis_vectors() -> Value {
    // SPEC G-1, G-2
    genesis_of("a network of version 2", &second_genesis())
}

/// Vectors of what the next place takes, and a state with a deposit.
pub(crate) fn growth() -> Value {
    // SPEC L-10, M-3
    let price = |(supply, used, max): (u128, u64, u64)| {
        let price = place_price(amount(supply), used, max);
        json!({
            "supply": amount(supply).to_json(), "used": used.to_json(), "max": max.to_json(),
            "price": price.to_json(),
        })
    };
    let most = 10_u128.pow(30);
    let prices = [
        (300_000_000, 0, 100_000),
        (300_000_000, 24_999, 100_000),
        (300_000_000, 25_500, 100_000),
        (300_000_000, 60_000, 100_000),
        (300_000_000, 99_999, 100_000),
        (most, (1 << 27) - 1, 1 << 27),
        (most, 1, 1),
        (most, 9, 11),
        (7, 3, 5),
        (0, 9, 10),
        (20_000, 25_000, 100_000),
        (20_000, 99_999, 100_000),
    ];
    let place = |entry: fn(_, _) -> Key, units| {
        (entry(person(1), symbol("COIN")), Entry::Balance(amount(units)))
    };
    let entries = [place(Key::Balance, 10), place(Key::Deposit, 3)];
    let root = State::from_entries(entries.clone()).root();
    let entry = |(key, entry): &(Key, Entry)| {
        json!({
            "key": key.to_json(), "entry": entry.to_json(),
            "key_bytes": hexed(key), "entry_bytes": hexed(entry),
        })
    };
    json!({
        "prices": prices.into_iter().map(price).collect::<Vec<_>>(),
        "entries": entries.iter().map(entry).collect::<Vec<_>>(),
        "root": root.to_json(),
    })
}
