//! Small worlds in which every limit is near: few people, few tokens, small and huge amounts.

use coinage_protocol::{
    Action, Address, Amount, Body, Bounded, CreateToken, Fee, Genesis, GenesisBalance,
    GenesisToken, Growth, Rules, SecretKey, Symbol, Text, UnixMillis,
};
use proptest::prelude::*;

/// A genesis, and blocks of transactions.
pub(crate) type World = (Genesis, Vec<Vec<Body>>);

/// Worlds of up to three blocks.
pub(crate) fn worlds() -> impl Strategy<Value = World> {
    let blocks = prop::collection::vec(prop::collection::vec(bodies(), 0..12), 1..4);
    (genesis(), blocks)
}

fn genesis() -> impl Strategy<Value = Genesis> {
    let balances = prop::collection::btree_map((people(), 0_usize..2), 1_u128..30, 1..6);
    let fee = prop::option::of(1_u128..3);
    let creators = prop::option::of(prop::collection::btree_set(people(), 0..3));
    let growth = prop::option::of((1_u64..8, prop::option::weighted(0.8, 0_usize..2)));
    (balances, fee, creators, 0_u64..24, 0_u64..4, growth).prop_map(
        |(balances, fee, creators, more_balances, more_tokens, growth)| {
            let balances: Vec<_> = balances
                .into_iter()
                .map(|((address, token), units)| GenesisBalance {
                    address,
                    token: symbol(token),
                    amount: amount(units),
                })
                .collect();
            let rules = Rules {
                lifetime_ms_max: 1_000,
                balances_max: balances.len() as u64 + more_balances,
                tokens_max: 2 + more_tokens,
                creators: creators.map(Bounded::first_of),
                fee: fee.map(|units| Fee { token: symbol(0), amount: amount(units) }),
                growth: growth
                    .map(|(block_max, deposit)| Growth { block_max, deposit: deposit.map(symbol) }),
                policies: None,
            };
            let token = |n, cap| GenesisToken {
                token: symbol(n),
                name: Text::default(),
                decimals: 0,
                cap,
                issuer: Some(person(1)),
            };
            Genesis {
                version: if rules.growth.is_some() { 2 } else { 1 },
                name: Text::default(),
                time: UnixMillis::new(0),
                slot_ms: 1_000,
                authorities: Bounded::first_of([SecretKey::new([1; 32]).public()]),
                rules,
                tokens: Bounded::first_of([token(0, None), token(1, Some(amount(200)))]),
                balances: Bounded::first_of(balances),
                charters: Bounded::default(),
            }
        },
    )
}

fn bodies() -> impl Strategy<Value = Body> {
    (people(), prop::collection::vec(actions(), 1..5)).prop_map(|(sender, actions)| Body {
        sender,
        salt: 0,
        expires_at: UnixMillis::new(0),
        actions: Bounded::first_of(actions),
        memo: Text::default(),
    })
}

/// Any action that SPEC T-6 lets pass.
fn actions() -> impl Strategy<Value = Action> {
    let transfer = (symbols(), people(), people(), amounts())
        .prop_filter("not to oneself", |(_, from, to, _)| from != to)
        .prop_map(|(token, from, to, amount)| Action::Transfer { token, from, to, amount });
    let mint = (symbols(), issuers(), people(), amounts())
        .prop_map(|(token, issuer, to, amount)| Action::Mint { token, issuer, to, amount });
    let burn = (symbols(), people(), amounts()).prop_map(|(token, from, amount)| Action::Burn {
        token,
        from,
        amount,
    });
    let pass = (symbols(), issuers(), prop::option::weighted(0.8, people()))
        .prop_filter("to another", |(_, issuer, new)| Some(*issuer) != *new)
        .prop_map(|(token, issuer, new)| Action::SetIssuer { token, issuer, new });
    prop_oneof![6 => transfer, 3 => mint, 2 => burn, 2 => creations(), 1 => pass]
}

fn creations() -> impl Strategy<Value = Action> {
    let caps = prop::option::of(1_u128..60);
    let issuers = prop::option::of(people());
    (symbols(), caps, issuers, 0_u128..20, people())
        .prop_filter("makes sense", |(_, cap, issuer, supply, _)| {
            cap.is_none_or(|cap| cap >= *supply) && (*supply > 0 || issuer.is_some())
        })
        .prop_map(|(token, cap, issuer, supply, to)| {
            Action::CreateToken(CreateToken {
                token,
                name: Text::default(),
                decimals: 0,
                cap: cap.map(amount),
                issuer,
                supply: amount(supply),
                to,
            })
        })
}

fn people() -> impl Strategy<Value = Address> {
    (1_u8..5).prop_map(person)
}

fn issuers() -> impl Strategy<Value = Address> {
    prop_oneof![4 => Just(person(1)), 1 => people()]
}

fn symbols() -> impl Strategy<Value = Symbol> {
    prop_oneof![3 => 0_usize..2, 1 => 2_usize..6].prop_map(symbol)
}

fn amounts() -> impl Strategy<Value = Amount> {
    let edges = prop::sample::select(vec![Amount::MAX.units(), Amount::MAX.units() - 20, 200, 100]);
    prop_oneof![9 => 1_u128..15, 1 => edges].prop_map(amount)
}

fn person(n: u8) -> Address {
    Address::new([n; 32])
}

fn symbol(n: usize) -> Symbol {
    ["COIN", "GOLD", "T2", "T3", "T4", "T5"][n].parse().expect("a symbol")
}

fn amount(units: u128) -> Amount {
    Amount::try_from(units).expect("at most the maximum")
}
