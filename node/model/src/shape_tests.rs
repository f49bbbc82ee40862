use coinage_protocol::{Address, SecretKey};
use serde_json::{Value, json};

use super::*;
use crate::proof::ProofDocument;
use crate::submission::SubmitOne;
use crate::transaction::TransactionJson;

fn address(seed: u8) -> String {
    Address::new([seed; 32]).to_string()
}

/// A transaction with every kind of action and of lock.
fn transaction() -> Value {
    let (one, other) = (address(1), address(2));
    let key = |seed| SecretKey::new([seed; 32]).public().to_string();
    let mut keys = [key(1), key(2)];
    keys.sort();
    let signatures = json!([{ "key": 0, "signature": "00".repeat(64) }]);
    json!({
        "body": {
            "sender": one, "salt": "1", "expires_at": "2026-11-22T00:00:00.000Z", "memo": "",
            "actions": [
                {
                    "type": "create_token", "token": "GOLD", "name": "Gold", "decimals": 2,
                    "cap": null, "issuer": null, "supply": "1", "to": one,
                },
                { "type": "mint", "token": "GOLD", "issuer": one, "to": other, "amount": "1" },
                { "type": "transfer", "token": "GOLD", "from": one, "to": other, "amount": "1" },
                { "type": "burn", "token": "GOLD", "from": one, "amount": "1" },
                { "type": "set_issuer", "token": "GOLD", "issuer": one, "new": other },
            ],
        },
        "witnesses": [
            { "lock": { "type": "key", "key": keys[0] }, "signatures": signatures },
            {
                "lock": { "type": "threshold", "required": 1, "keys": keys },
                "signatures": signatures,
            },
        ],
    })
}

/// A proof of each kind of claim.
fn proofs() -> Vec<Value> {
    let hash = "00".repeat(32);
    let found = json!({ "key": hash, "commitment": hash });
    let way = json!({ "partners": [hash], "found": found });
    let record = json!({
        "name": "Gold", "decimals": 2, "cap": null, "issuer": address(1), "supply": "1",
    });
    let claims = [
        json!({
            "type": "transaction", "transaction": transaction(), "position": 0, "count": 1,
            "partners": [hash],
        }),
        json!({
            "type": "balance", "address": address(1), "token": "GOLD", "amount": "1", "proof": way,
        }),
        json!({ "type": "token", "token": "GOLD", "record": record, "proof": way }),
    ];
    let header = json!({
        "version": 1, "height": "1", "slot": "1", "previous": hash, "transactions_root": hash,
        "state_root": hash, "authorities": hash, "signature": "00".repeat(64),
    });
    let document = |claim| {
        json!({
            "format": "coinage proof 1", "chain_id": hash, "authorities": [], "header": header,
            "claim": claim,
        })
    };
    claims.map(document).into()
}

fn refusal<T: DeserializeOwned>(value: &Value) -> Option<String> {
    read::<T>(value.to_string().as_bytes()).err().map(|error| error.to_string())
}

/// The pointers of all objects in a value.
fn objects(value: &Value, at: &str) -> Vec<String> {
    let within: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, one)| (name.clone(), one)).collect(),
        Value::Array(list) => (0..).zip(list).map(|(at, one)| (i32::to_string(&at), one)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    let within = within.iter().flat_map(|(name, one)| objects(one, &format!("{at}/{name}")));
    value.is_object().then(|| at.to_owned()).into_iter().chain(within).collect()
}

/// Replaces each object of a value by the list of its fields, one at a time, in the order in which
/// the types name them.
fn refuses_lists<T: DeserializeOwned + serde::Serialize>(value: &Value, least: usize) {
    assert_eq!(refusal::<T>(value), None, "{value}");
    let read = read::<T>(value.to_string().as_bytes()).expect("read a moment ago");
    let written = serde_json::to_string(&read).expect("JSON");
    let places = objects(value, "");
    assert!(places.len() >= least, "{places:?}");
    for place in places {
        let mut changed = value.clone();
        let object = changed.pointer_mut(&place).expect("it is there");
        *object = in_order(object, &written);
        let refused = refusal::<T>(&changed).unwrap_or_else(|| panic!("a list at {place}"));
        assert!(refused.contains("sequence, expected an object"), "{place}: {refused}");
    }
}

fn in_order(object: &Value, written: &str) -> Value {
    let mut fields: Vec<_> = object.as_object().expect("an object").iter().collect();
    fields.sort_by_key(|(name, _)| (*name != "type", written.find(&format!("{name:?}:"))));
    fields.into_iter().map(|(_, value)| value.clone()).collect()
}

#[test]
fn a_list_stands_for_no_object_wherever_it_is() {
    refuses_lists::<TransactionJson>(&transaction(), 12);
    refuses_lists::<SubmitOne>(&json!({ "transaction": transaction(), "park": true }), 13);
    for proof in proofs() {
        refuses_lists::<ProofDocument>(&proof, 5);
    }
}

#[test]
fn a_refusal_says_where() {
    let within = json!({ "body": ["sender"] });
    assert_eq!(
        refusal::<TransactionJson>(&within).as_deref(),
        Some("invalid type: sequence, expected an object at line 1 column 8")
    );
    for outside in [json!([[null, null]]), json!([[transaction(), null, false]])] {
        let refusal = refusal::<Vec<SubmitOne>>(&outside);
        let meant = "invalid type: sequence, expected an object at line 1 column 1";
        assert_eq!(refusal.as_deref(), Some(meant), "{outside}");
    }
    let surplus = read::<SubmitOne>(b"{} {}").expect_err("two values");
    assert_eq!(surplus.to_string(), "trailing characters at line 1 column 4");
}

#[test]
fn what_may_be_left_out_may_be_left_out() {
    assert_eq!(refusal::<SubmitOne>(&json!({ "bytes": "AA==" })), None);
    assert_eq!(refusal::<SubmitOne>(&json!({ "transaction": null, "bytes": null })), None);
    assert_eq!(refusal::<Vec<SubmitOne>>(&json!([{ "transaction": transaction() }])), None);
}

#[test]
fn what_is_wrong_with_a_text_is_said_in_words_before_the_librarys() {
    let said = |text: &[u8]| describe(&read::<crate::status::LiveJson>(text).expect_err("wrong"));
    for cut_off in [&b""[..], b"{", b"{\"live\":"] {
        assert!(said(cut_off).contains("ends in the middle"), "{}", said(cut_off));
    }
    assert!(said(b"{\n live }").starts_with("line 2 is no JSON"));
    assert!(said(b"{\"live\": 7}").starts_with("line 1: invalid type"));
    assert!(said(b"\xff\xfe").starts_with("line 1 is no JSON"));
}
