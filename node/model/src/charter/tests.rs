//! Charters in JSON: every one survives, and what is none is told where.

use coinage_policy::testing;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};

use super::*;

fn charters() -> impl Iterator<Item = (u64, Charter)> {
    let count = std::env::var("COINAGE_CHARTERS").ok().and_then(|text| text.parse().ok());
    (0..count.unwrap_or(1_000)).map(|seed| {
        let mut random = ChaCha20Rng::seed_from_u64(seed);
        let mut chance = |end: u64| random.next_u64() % end;
        (seed, testing::charter(&mut chance))
    })
}

#[test]
fn a_charter_is_read_back_from_its_json() {
    for (seed, charter) in charters() {
        let text = serde_json::to_string(&CharterJson::from(&charter)).expect("written");
        let back: CharterJson = serde_json::from_str(&text).expect(&text);
        assert_eq!(Charter::try_from(back).as_ref(), Ok(&charter), "seed {seed}: {text}");
    }
}

#[test]
fn a_charter_in_json_that_is_none_is_told_which_clause_is_wrong() {
    let address = testing::address(1).to_string();
    let charter = |clause: Value| {
        json!({
            "token": "POINTS", "name": "Points", "decimals": 2,
            "anchor": "2027-01-01T00:00:00+09:00",
            "accounts": [
                { "name": "board", "holder": { "type": "address", "address": address } }
            ],
            "clauses": [{ "type": "issue_freely", "officer": "board" }, clause],
        })
    };
    let read = |clause: Value| {
        let json: Result<CharterJson, _> = serde_json::from_value(charter(clause));
        json.map_err(|error| error.to_string()).and_then(Charter::try_from)
    };
    assert!(read(json!({ "type": "outstanding", "amount": "5" })).is_ok());
    let formula = |terms: Value| json!({ "type": "ever", "amount": { "formula": terms } });
    let five = json!({ "type": "amount", "amount": "5" });
    let sum = json!([five, { "type": "burned" }, { "type": "add" }]);
    assert!(read(formula(sum)).is_ok());
    for (clause, wrong) in [
        (json!({ "type": "freeze", "officer": "bord" }), "clause 2: no account is bord"),
        (json!({ "type": "hold", "role": "member", "amount": "5" }), "no role is member"),
        (json!({ "type": "outstanding", "amount": 5 }), "invalid type: integer"),
        (formula(json!([{ "type": "add" }])), "clause 2: an operation of the formula lacks"),
        (formula(json!([{ "type": "sum" }])), "unknown variant `sum`"),
        (formula(json!([{ "type": "burned", "of": 2 }])), "unknown field `of`"),
        (formula(json!([{ "type": "members", "role": "member" }])), "no role is member"),
        (formula(json!([{ "type": "days" }])), "it comes to a number"),
        (formula(json!(vec![five.clone(); 33])), "at most 32"),
        (json!({ "type": "ever", "amount": { "terms": [] } }), "unknown field `terms`"),
        (json!({ "type": "outstanding", "amount": "5", "by": "x" }), "unknown field"),
        (json!({ "type": "not_before", "from": "2027-01-01" }), "an instant is written as"),
        (
            json!({ "type": "issue", "officer": "board", "amount": "5", "period_s": 0 }),
            "clause 2: a period is 1 second",
        ),
        (
            json!({ "type": "issue", "officer": "board", "amount": "5", "period_s": 9 }),
            "clauses 1 and 2 speak of the same thing",
        ),
    ] {
        let error = read(clause.clone()).expect_err("no charter");
        assert!(error.contains(wrong), "{clause}: {error}");
    }
}
