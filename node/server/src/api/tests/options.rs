//! Options of requests: each is listened to, and no index leaves anybody out.

use std::collections::{BTreeMap, BTreeSet};

use coinage_protocol::{Action, Address, CreateToken};

use super::*;

/// Each option of a read, on which path, and two requests that differ in it alone: what it says
/// must make a difference.
const OPTIONS: [(&str, &str, [&str; 2]); 21] = [
    ("/v1/accounts/{address}", "height", ["", "?height=3"]),
    ("/v1/accounts/{address}", "block", ["", "?block=BLOCK"]),
    ("/v1/accounts/{address}/proof", "token", ["?token=COIN", "?token=GOLD"]),
    ("/v1/accounts/{address}/proof", "height", ["?token=COIN", "?token=COIN&height=11"]),
    ("/v1/accounts/{address}/proof", "block", ["?token=COIN", "?token=COIN&block=BLOCK"]),
    ("/v1/accounts/{address}/transactions", "order", ["", "?order=oldest"]),
    ("/v1/accounts/{address}/transactions", "block", ["", "?block=BLOCK"]),
    ("/v1/tokens/{symbol}/proof", "height", ["", "?height=11"]),
    ("/v1/tokens/{symbol}/proof", "block", ["", "?block=BLOCK"]),
    ("/v1/tokens/{symbol}/charter/proof", "height", ["", "?height=11"]),
    ("/v1/tokens/{symbol}/charter/proof", "block", ["", "?block=BLOCK"]),
    ("/v1/tokens/{symbol}/charter/{clause}/usage/proof", "height", ["", "?height=11"]),
    ("/v1/tokens/{symbol}/charter/{clause}/usage/proof", "block", ["", "?block=BLOCK"]),
    ("/v1/tokens/{symbol}/charter/{clause}/amendment/proof", "height", ["", "?height=11"]),
    ("/v1/tokens/{symbol}/charter/{clause}/amendment/proof", "block", ["", "?block=BLOCK"]),
    ("/v1/tokens/{symbol}/standings/{address}/proof", "height", ["", "?height=11"]),
    ("/v1/tokens/{symbol}/standings/{address}/proof", "block", ["", "?block=BLOCK"]),
    ("/v1/transactions/{id}", "proof", ["", "?proof=true"]),
    ("/v1/transactions/{id}/wait", "for", ["?for=included", "?for=final"]),
    (
        "/v1/transactions/{id}/wait",
        "timeout_ms",
        ["?for=included", "?for=included&timeout_ms=60001"],
    ),
    ("/v1/blocks", "limit", ["", "?limit=1"]),
];

/// Options that other tests try: of every list in `paging`, of streams in `events`.
const ELSEWHERE: [(&str, &[&str]); 2] =
    [("", &["limit", "cursor"]), ("/v1/events", &["types", "account"])];

#[tokio::test]
async fn every_option_of_every_read_makes_a_difference() {
    let served = Served::new().await;
    let document = served.get("/v1/openapi.json").await.body;
    let mut described = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for one in operations["get"]["parameters"].as_array().into_iter().flatten() {
            let name = one["name"].as_str().expect("a name");
            let elsewhere = |(on, names): &(&str, &[&str])| {
                (on.is_empty() || on == path) && names.contains(&name)
            };
            if one["in"] == "query" && !ELSEWHERE.iter().any(elsewhere) {
                described.insert((path.as_str(), name));
            }
        }
    }
    let tried = OPTIONS.iter().map(|(path, name, _)| (*path, *name));
    let listed = |name: &str| ELSEWHERE[0].1.contains(&name);
    assert_eq!(tried.filter(|(_, name)| !listed(name)).collect::<BTreeSet<_>>(), described);
    let block = served.branch.blocks[10].block.hash().to_string();
    let paid = served.branch.blocks[1].block.transactions()[0].id().to_string();
    for (path, name, requests) in OPTIONS {
        let mut answers = Vec::new();
        for request in requests {
            let path = path.replace("{address}", &user(4).to_string()).replace("{symbol}", "COIN");
            let path = path.replace("{clause}", "1").replace("{id}", &paid);
            let path = format!("{path}{request}");
            let got = served.get(&path.replace("BLOCK", &block)).await;
            assert!(got.status < 500 || got.status == 501, "{path}: {}", got.text);
            answers.push(got.text);
        }
        assert_ne!(answers[0], answers[1], "{path}: {name} is ignored");
    }
    served.stop().await;
}

/// A transaction that names somebody else in every part that it has.
fn of_many_parts(served: &Served) -> (Transaction, BTreeMap<&'static str, Address>) {
    let (coin, token) = (symbol("COIN"), symbol("PART"));
    let amount = |units: u128| Amount::try_from(units).expect("an amount");
    let create = CreateToken {
        token,
        name: "Part".try_into().expect("a name"),
        decimals: 0,
        cap: None,
        issuer: Some(user(40)),
        supply: amount(5),
        to: user(41),
    };
    let actions = vec![
        Action::CreateToken(create),
        Action::Mint { token: coin, issuer: user(0), to: user(42), amount: amount(3) },
        Action::Transfer { token: coin, from: user(1), to: user(43), amount: amount(1) },
        Action::Burn { token: coin, from: user(2), amount: amount(1) },
        Action::SetIssuer { token: coin, issuer: user(0), new: Some(user(44)) },
    ];
    let named = [
        ("sender", user(5)),
        ("issuer of a new token", user(40)),
        ("first owner", user(41)),
        ("issuer who mints", user(0)),
        ("receiver of a mint", user(42)),
        ("payer", user(1)),
        ("payee", user(43)),
        ("burner", user(2)),
        ("next issuer", user(44)),
    ];
    let all = served.world.transaction(&served.branch, 9, 5, actions, &[0, 1, 2]);
    (all, named.into())
}

#[tokio::test]
async fn a_transaction_is_in_the_history_of_everybody_whom_it_names() {
    let mut served = Served::new().await;
    let (transaction, named) = of_many_parts(&served);
    let id = transaction.body.id(served.world.spec.chain()).to_string();
    served.extend(vec![transaction]);
    for (part, address) in named {
        let got = served.get(&format!("/v1/accounts/{address}/transactions?limit=1")).await;
        assert_eq!(got.body["items"][0]["id"], id, "{part}: {}", got.text);
    }
    served.stop().await;
}
