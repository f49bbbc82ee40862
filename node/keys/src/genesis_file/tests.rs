use coinage_protocol::{
    Address, Amount, Bounded, ChainSpec, Fee, GenesisBalance, GenesisToken, Growth, PolicyBounds,
    Rules, SecretKey, Symbol, Text, UnixMillis,
};
use serde_json::{Value, json};

use super::*;

fn genesis() -> Genesis {
    let (alice, bob) = (Address::new([1; 32]), Address::new([2; 32]));
    let token: Symbol = "COIN".parse().expect("a symbol");
    let amount = Amount::try_from(10_u128.pow(25)).expect("an amount");
    let keys = [3, 1, 2].map(|seed| SecretKey::new([seed; 32]).public());
    Genesis {
        version: 1,
        name: Text::try_from("test").expect("short"),
        time: UnixMillis::new(1_795_363_200_123),
        slot_ms: 500,
        authorities: Bounded::first_of(keys),
        rules: Rules {
            lifetime_ms_max: 86_400_000,
            balances_max: u64::MAX,
            tokens_max: 10,
            creators: Some(Bounded::first_of([alice, bob])),
            fee: Some(Fee { token, amount: Amount::try_from(1).expect("an amount") }),
            growth: None,
            policies: None,
        },
        tokens: Bounded::first_of([GenesisToken {
            token,
            name: Text::try_from("Coin").expect("short"),
            decimals: 18,
            cap: None,
            issuer: Some(alice),
        }]),
        balances: Bounded::first_of([alice, bob].map(|address| GenesisBalance {
            address,
            token,
            amount,
        })),
        charters: Bounded::default(),
    }
}

fn value() -> Value {
    serde_json::to_value(GenesisFile::from(&genesis())).expect("writes")
}

fn parsed(value: &Value) -> Result<Genesis, String> {
    let text = serde_json::to_string_pretty(value).expect("writes");
    parse(text.as_bytes(), Path::new("genesis.json"))
        .map(Genesis::from)
        .map_err(|error| error.to_string())
}

#[test]
fn a_file_says_its_version_from_the_second_on() {
    // SPEC G-1
    assert!(value().get("version").is_none() && value()["rules"].get("growth").is_none());
    let mut second = genesis();
    second.version = 2;
    second.rules.growth = Some(Growth { block_max: 7, deposit: "COIN".parse().ok() });
    let shown = serde_json::to_value(GenesisFile::from(&second)).expect("writes");
    assert_eq!(shown["version"], json!(2));
    assert_eq!(shown["rules"]["growth"], json!({ "block_max": "7", "deposit": "COIN" }));
    assert_eq!(parsed(&shown), Ok(second.clone()));

    let mut third = second;
    third.version = 3;
    third.rules.policies = Some(PolicyBounds { charters_max: 3, standings_max: 8 });
    let shown = serde_json::to_value(GenesisFile::from(&third)).expect("writes");
    let bounds = json!({ "charters_max": "3", "standings_max": "8" });
    assert_eq!(shown["rules"]["policies"], bounds);
    assert!(shown.get("charters").is_none(), "none is said by silence");
    assert_eq!(parsed(&shown), Ok(third));
}

#[test]
fn a_genesis_survives_its_file_and_the_file_is_never_replaced() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("genesis.json");
    write(&path, &genesis()).expect("writes");
    assert_eq!(read(&path).expect("reads"), genesis());
    let chain = |genesis| *ChainSpec::new(genesis).expect("a network").chain();
    assert_eq!(chain(read(&path).expect("reads")), chain(genesis()));
    let again = write(&path, &genesis()).expect_err("it exists");
    assert!(again.to_string().contains("genesis.json"), "{again}");
}

#[test]
fn the_file_reads_as_documented() {
    let value = value();
    assert_eq!(value["time"], "2026-11-22T16:00:00.123Z");
    assert_eq!(value["slot_ms"], 500);
    assert_eq!(value["rules"]["transaction_lifetime_ms"], "86400000");
    assert_eq!(value["rules"]["fee"], json!({ "token": "COIN", "amount": "1" }));
}

#[test]
fn the_order_of_balances_does_not_matter_and_that_of_authorities_does() {
    let mut shuffled = value();
    shuffled["balances"].as_array_mut().expect("a list").reverse();
    shuffled["rules"]["creators"].as_array_mut().expect("a list").reverse();
    assert_eq!(parsed(&shuffled), Ok(genesis()));
    shuffled["authorities"].as_array_mut().expect("a list").reverse();
    assert_ne!(parsed(&shuffled), Ok(genesis()));
}

#[test]
fn an_error_names_file_line_and_field() {
    for (place, bad, field) in [
        ("/balances/1/amount", json!(5), "balances[1].amount"),
        ("/balances/1/amount", json!("5.5"), "balances[1].amount"),
        ("/balances/0/address", json!("coin1x"), "balances[0].address"),
        ("/authorities/2", json!("zz"), "authorities[2]"),
        ("/slot_ms", json!(-1), "slot_ms"),
        ("/slot_ms", json!(1.5), "slot_ms"),
        ("/time", json!("soon"), "time"),
        ("/tokens/0/decimals", json!(300), "tokens[0].decimals"),
        ("/rules/fee/token", json!("coin"), "rules.fee.token"),
        ("/rules/balances_max", json!(10), "rules.balances_max"),
    ] {
        let mut value = value();
        *value.pointer_mut(place).expect(place) = bad.clone();
        let error = parsed(&value).expect_err(place);
        assert!(error.starts_with("genesis.json: line "), "{error}");
        assert!(error.contains(&format!("field {field}: ")), "{place} = {bad}: {error}");
        assert!(!error.contains("line 0"), "{error}");
    }
}

#[test]
fn unknown_repeated_and_missing_fields_and_trailing_text_are_refused() {
    let mut surplus = value();
    surplus["rules"]["max_supply"] = json!("5");
    assert!(parsed(&surplus).expect_err("unknown").contains("max_supply"));
    let mut missing = value();
    missing.as_object_mut().expect("an object").remove("slot_ms");
    assert!(parsed(&missing).expect_err("missing").contains("slot_ms"));
    let text = value().to_string();
    let twice = text.replacen(r#""slot_ms":"#, r#""slot_ms":1000,"slot_ms":"#, 1);
    for bad in [twice, format!("{text} {text}"), text[..text.len() - 1].to_string(), String::new()]
    {
        assert!(parse(bad.as_bytes(), Path::new("g")).is_err());
    }
}

#[test]
fn a_text_that_is_no_json_is_said_to_be_none_without_a_field() {
    for bad in ["", "{", "nonsense"] {
        let error = parse(bad.as_bytes(), Path::new("g")).expect_err(bad).to_string();
        assert!(error.starts_with("g: this is no genesis file: "), "{error}");
    }
}

#[test]
fn a_file_too_large_for_a_genesis_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("large");
    let file = std::fs::File::create(&path).expect("creates");
    file.set_len(FILE_BYTES_MAX + 1).expect("grows");
    assert!(matches!(read(&path), Err(GenesisFileError::TooLarge { .. })));
    assert!(matches!(read(&directory.path().join("none")), Err(GenesisFileError::Io { .. })));
}
