use coinage_policy::testing;
use coinage_protocol::{
    AccountId, Amount, ClauseId, CreateToken, RoleId, SecretKey, Symbol, UnixMillis,
};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use serde_json::{Value, json};

use super::*;

fn key(seed: u8) -> PublicKey {
    SecretKey::new([seed; 32]).public()
}

fn address() -> impl Strategy<Value = Address> {
    any::<[u8; 32]>().prop_map(Address::new)
}

fn amount() -> impl Strategy<Value = Amount> {
    (0..=Amount::MAX.units()).prop_map(|units| Amount::try_from(units).expect("in range"))
}

fn symbol() -> impl Strategy<Value = Symbol> {
    "[A-Z][A-Z0-9]{1,11}".prop_map(|text| text.parse().expect("by the rule"))
}

fn action() -> impl Strategy<Value = Action> {
    let create = (symbol(), 0_u8..20, prop::option::of(amount()), prop::option::of(address()));
    let create = (create, amount(), address()).prop_map(|(first, supply, to)| {
        let (token, decimals, cap, issuer) = first;
        let name = Text::try_from("A \"coin\" \u{1F4B0}").expect("short");
        Action::CreateToken(CreateToken { token, name, decimals, cap, issuer, supply, to })
    });
    let parties = || (symbol(), address(), address(), amount());
    prop_oneof![
        create,
        parties().prop_map(|(token, issuer, to, amount)| Action::Mint {
            token,
            issuer,
            to,
            amount
        }),
        parties().prop_map(|(token, from, to, amount)| Action::Transfer {
            token,
            from,
            to,
            amount
        }),
        parties().prop_map(|(token, from, _, amount)| Action::Burn { token, from, amount }),
        (symbol(), address(), prop::option::of(address()))
            .prop_map(|(token, issuer, new)| Action::SetIssuer { token, issuer, new }),
        by_charter(),
    ]
}

/// Any action by a charter, and the creation of one.
fn by_charter() -> impl Strategy<Value = Action> {
    let who = (symbol(), address(), address(), amount(), any::<u8>());
    (who, 0_u8..8, any::<u64>()).prop_map(|((token, one, other, amount, place), kind, number)| {
        let (officer, account, clause) = (one, other, ClauseId(place));
        match kind {
            0 => Action::Draw { token, account, clause, amount },
            1 => Action::Claim { token, account, clause, amount },
            2 => {
                let role = (number % 2 == 0).then_some(RoleId(place));
                Action::SetRole { token, officer, account, role }
            }
            3 => Action::SetFrozen { token, officer, account, frozen: number % 2 == 0 },
            4 => Action::Move { token, officer, from: one, to: other, amount },
            5 => Action::HandOver { token, account: AccountId(place), from: one, to: other },
            6 => {
                let in_force_at = UnixMillis::new(number);
                Action::Amend { token, officer, clause, amount, in_force_at }
            }
            _ => {
                let mut random = ChaCha20Rng::seed_from_u64(number);
                let mut chance = |end: u64| random.next_u64() % end;
                Action::CreateWithCharter(Box::new(testing::charter(&mut chance)))
            }
        }
    })
}

fn witness() -> impl Strategy<Value = Witness> {
    let keys = prop::collection::btree_set(1_u8..50, 1..5);
    let lock = (keys, any::<bool>()).prop_map(|(seeds, alone)| {
        let keys: Vec<_> = seeds.into_iter().map(key).collect();
        match keys.first() {
            Some(first) if alone => Lock::Key(*first),
            _ => Lock::Threshold(Threshold::new(1, keys).expect("distinct")),
        }
    });
    let signature = (any::<u8>(), any::<[u8; 32]>(), any::<[u8; 32]>()).prop_map(|(key, r, s)| {
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(&r);
        bytes[32..].copy_from_slice(&s);
        KeySignature { key, signature: Signature::new(bytes) }
    });
    (lock, prop::collection::vec(signature, 0..4)).prop_map(|(lock, signatures)| Witness {
        lock,
        signatures: Bounded::new(signatures).expect("few"),
    })
}

prop_compose! {
    fn transaction()(
        sender in address(),
        salt in any::<u64>(),
        expires_at in any::<u64>(),
        actions in prop::collection::vec(action(), 0..5),
        memo in "[^\\p{Cc}]{0,40}",
        witnesses in prop::collection::vec(witness(), 0..4),
    ) -> Transaction {
        let memo = Text::try_from(memo.as_str()).expect("short, without control characters");
        let actions = Bounded::new(actions).expect("few");
        let body = Body { sender, salt, expires_at: UnixMillis::new(expires_at), actions, memo };
        Transaction { body, witnesses: Bounded::new(witnesses).expect("few") }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_transaction_survives_json(transaction in transaction()) {
        let text = serde_json::to_string(&TransactionJson::from(&transaction)).expect("writes");
        let json: TransactionJson = serde_json::from_str(&text).expect(&text);
        prop_assert_eq!(Transaction::try_from(json), Ok(transaction));
    }
}

fn example() -> Value {
    let (from, to) = (Address::new([1; 32]).to_string(), Address::new([2; 32]).to_string());
    json!({
        "body": {
            "sender": from,
            "salt": "18446744073709551615",
            "expires_at": "2026-11-22T16:00:00.001Z",
            "actions": [
                { "type": "transfer", "token": "COIN", "from": from, "to": to, "amount": "5" },
                { "type": "set_issuer", "token": "COIN", "issuer": from, "new": null },
            ],
            "memo": "",
        },
        "witnesses": [{
            "lock": { "type": "key", "key": key(1).to_string() },
            "signatures": [{ "key": 0, "signature": "00".repeat(64) }],
        }],
    })
}

fn read(value: &Value) -> Result<Transaction, String> {
    let json: TransactionJson =
        serde_json::from_str(&value.to_string()).map_err(|error| error.to_string())?;
    Transaction::try_from(json).map_err(|error| error.to_string())
}

#[test]
fn a_transaction_reads_as_documented() {
    let transaction = read(&example()).expect("the example is good");
    assert_eq!(transaction.body.salt, u64::MAX);
    assert_eq!(transaction.body.expires_at.get() % 1000, 1);
    assert_eq!(
        serde_json::to_value(TransactionJson::from(&transaction)).expect("writes"),
        example()
    );
}

#[test]
fn what_is_not_exact_is_refused() {
    let action = "/body/actions/0";
    for (place, bad) in [
        ("/body/salt", json!(5)),
        ("/body/salt", json!("-5")),
        ("/body/expires_at", json!(1_700_000_000_000_u64)),
        (&format!("{action}/amount"), json!(5)),
        (&format!("{action}/amount"), json!(5.0)),
        (&format!("{action}/amount"), json!("5.0")),
        (&format!("{action}/amount"), json!("-5")),
        (&format!("{action}/amount"), json!("05")),
        (&format!("{action}/token"), json!("coin")),
        (&format!("{action}/to"), json!("coin1nonsense")),
        (&format!("{action}/type"), json!("Transfer")),
        (&format!("{action}/type"), json!("steal")),
        ("/witnesses/0/signatures/0/signature", json!("00")),
        ("/witnesses/0/signatures/0/key", json!(256)),
        ("/witnesses/0/lock/key", json!("00".repeat(32))),
    ] {
        let mut value = example();
        *value.pointer_mut(place).expect(place) = bad.clone();
        assert!(read(&value).is_err(), "{place} = {bad}");
    }
}

#[test]
fn unknown_missing_and_repeated_fields_are_refused() {
    for place in ["", "/body", "/body/actions/0", "/witnesses/0", "/witnesses/0/lock"] {
        let mut value = example();
        value.pointer_mut(place).expect(place)["surplus"] = json!(1);
        let error = read(&value).expect_err(place);
        assert!(error.contains("surplus"), "{place}: {error}");
    }
    let mut value = example();
    let closing = value.pointer_mut("/body/actions/1").and_then(Value::as_object_mut);
    closing.expect("an object").remove("new");
    let error = read(&value).expect_err("closing issuance must be said");
    assert!(error.contains("new"), "{error}");
    for (once, twice) in [
        (r#""memo":"""#, r#""memo":"","memo":"""#),
        (r#""amount":"5""#, r#""amount":"5","amount":"50""#),
        (r#""type":"transfer""#, r#""type":"transfer","type":"burn""#),
        (r#""witnesses":"#, r#""witnesses":[],"witnesses":"#),
    ] {
        let text = example().to_string();
        assert!(text.contains(once), "{once} in {text}");
        let read = serde_json::from_str::<TransactionJson>(&text.replacen(once, twice, 1));
        let error = read.expect_err(twice).to_string();
        assert!(error.contains("duplicate"), "{twice}: {error}");
    }
}

#[test]
fn lists_longer_than_the_rules_allow_are_refused() {
    let mut value = example();
    let one = value["body"]["actions"][0].clone();
    value["body"]["actions"] = Value::Array(vec![one; ACTIONS_MAX + 1]);
    assert!(read(&value).is_err());
}

#[test]
fn keys_of_a_threshold_out_of_order_are_refused() {
    let mut keys = vec![key(1), key(2)];
    keys.sort_unstable();
    let lock = |keys: &[PublicKey]| {
        let keys: Vec<_> = keys.iter().map(ToString::to_string).collect();
        let mut value = example();
        value["witnesses"][0]["lock"] = json!({ "type": "threshold", "required": 2, "keys": keys });
        read(&value)
    };
    assert!(lock(&keys).is_ok());
    keys.reverse();
    assert!(lock(&keys).is_err());
}
