//! Charters over HTTP: what was used, who has a role, and what is refused.

use coinage_client::proof::{Fact, check};
use coinage_model::proof::ProofDocument;
use coinage_protocol::{Action, ClauseId, CreateToken, Key, RoleId};

use super::*;
use crate::storage::testing::amount;

fn role(to: u64, role: Option<u8>) -> Action {
    let (token, officer, account) = (symbol("POINTS"), user(0), user(to));
    Action::SetRole { token, officer, account, role: role.map(RoleId) }
}

impl Served {
    fn act(&mut self, actions: Vec<Action>) {
        self.act_with(actions, &[]);
    }

    fn act_with(&mut self, actions: Vec<Action>, others: &[u64]) {
        let salt = self.branch.tip.height.get();
        let made = self.world.transaction(&self.branch, salt, 0, actions, others);
        self.extend(vec![made]);
    }
}

#[tokio::test]
async fn a_charter_says_clause_by_clause_what_was_used_and_what_is_left() {
    let mut served = Served::of(World::chartered("api"), Options::default());
    let token = served.get("/v1/tokens/POINTS").await.body;
    let before = served.get("/v1/tokens/POINTS/charter").await.body;
    assert_eq!(token["charter"], before["hash"]);
    assert_eq!((&token["cap"], &token["issuer"]), (&Value::Null, &Value::Null));
    let clause = &before["clauses"][0];
    assert_eq!(clause["english"], "board may issue at most 5.00 per day");
    assert_eq!(clause["korean"], "board 계정은 1일 구간마다 5.00 이하로 발행할 수 있습니다");
    assert_eq!((&clause["used"], &clause["allowed"]), (&json!("0"), &json!("500")));
    let (issuer, to) = (user(0), user(4));
    let mint = Action::Mint { token: symbol("POINTS"), issuer, to, amount: amount(320) };
    served.act(vec![mint, role(4, Some(0))]);
    let after = served.get("/v1/tokens/POINTS/charter").await.body;
    let clause = &after["clauses"][0];
    assert_eq!((&clause["used"], &clause["total"]), (&json!("320"), &json!("320")));
    let next = clause["next_period"].as_str().expect("a day has an end");
    assert!(next.ends_with("T15:00:00.000Z"), "midnight in Korea: {next}");
    let roles = &after["clauses"][1];
    assert_eq!((&roles["used"], &roles["allowed"]), (&json!("1"), &json!("2")));
    assert_eq!(after["charter"]["clauses"][1]["type"], "role");
    let notes = after["notes"].as_array().expect("notes");
    assert_eq!(notes.last(), Some(&json!("These rules can never change.")));
    served.get("/v1/tokens/GOLD/charter").await.is_problem(404, "token.no_charter");
    served.get("/v1/tokens/NONE/charter").await.is_problem(404, "token.unknown");
    served.stop().await;
}

#[tokio::test]
async fn what_an_account_used_of_a_limit_outlives_its_role() {
    let mut served = Served::of(World::chartered("api"), Options::default());
    let (token, issuer, from) = (symbol("POINTS"), user(0), user(4));
    let mint = Action::Mint { token, issuer, to: from, amount: amount(320) };
    let send = Action::Transfer { token, from, to: user(5), amount: amount(120) };
    served.act_with(vec![mint, role(4, Some(0)), send], &[4]);
    let path = format!("/v1/tokens/POINTS/standings/{from}");
    let used = served.get(&path).await.body["used"].clone();
    let period = &used[0]["period"];
    assert_eq!(used, json!([{ "clause": 3, "period": period, "amount": "120" }]));
    assert!(period.as_str().is_some_and(|period| period.parse::<u64>().is_ok()), "{period}");
    served.act(vec![role(4, None)]);
    let left = served.get("/v1/tokens/POINTS/standings").await.body["items"][0].clone();
    assert_eq!((&left["role"], &left["used"]), (&Value::Null, &used), "it is still listed");
    served.stop().await;
}

#[tokio::test]
async fn whoever_has_a_role_is_listed_page_by_page_and_is_not_when_it_is_taken() {
    let mut served = Served::of(World::chartered("api"), Options::default());
    served.act(vec![role(4, Some(0)), role(5, Some(0))]);
    let first = served.get("/v1/tokens/POINTS/standings?limit=1").await.body;
    let next = first["next"].as_str().expect("two have it");
    let second = served.get(&format!("/v1/tokens/POINTS/standings?cursor={next}")).await.body;
    let mut found = [&first, &second].map(|page| page["items"][0]["address"].clone());
    found.sort_by_key(ToString::to_string);
    let mut members = [user(4), user(5)].map(|one| json!(one.to_string()));
    members.sort_by_key(ToString::to_string);
    assert_eq!((found, &second["next"]), (members, &Value::Null));
    assert_eq!(first["items"][0]["role"], "member");
    let path = format!("/v1/tokens/POINTS/standings/{}", user(4));
    assert_eq!(served.get(&path).await.body["role"], "member");
    served.act(vec![role(4, None)]);
    assert_eq!(served.get(&path).await.body["role"], Value::Null);
    let left = served.get("/v1/tokens/POINTS/standings").await.body;
    assert_eq!(left["items"].as_array().map(Vec::len), Some(1));
    served.get("/v1/tokens/GOLD/standings").await.is_problem(404, "token.no_charter");
    served.get("/v1/tokens/POINTS/standings/x").await.is_problem(400, "request.bad_parameter");
    served.stop().await;
}

#[tokio::test]
async fn every_leaf_of_a_charter_is_proven_and_so_is_that_there_is_none() {
    // SPEC M-4, M-5
    let served = Served::of(World::chartered("api"), Options::default());
    let (spec, token) = (served.world.spec.clone(), symbol("POINTS"));
    let state = served.branch.state().clone();
    let board = user(0);
    let mut there = 0;
    for (path, key) in [
        ("POINTS/charter".to_owned(), Key::Charter(token)),
        ("COIN/charter".to_owned(), Key::Charter(symbol("COIN"))),
        ("POINTS/charter/1/usage".to_owned(), Key::Usage(token, ClauseId(0))),
        ("POINTS/charter/32/amendment".to_owned(), Key::Amendment(token, ClauseId(31))),
        (format!("POINTS/standings/{board}"), Key::Standing(board, token)),
    ] {
        let got = served.get(&format!("/v1/tokens/{path}/proof")).await;
        assert_eq!(got.status, 200, "{path}: {}", got.body);
        let document: ProofDocument = serde_json::from_value(got.body).expect("a proof");
        let proven = check(&document, Some(&spec)).expect("proven");
        let entry = state.get(&key).cloned();
        there += usize::from(entry.is_some());
        assert_eq!(proven.fact, Fact::State { key, entry }, "{path}");
    }
    assert_eq!(there, 1, "the charter is there, and nothing was done by it yet");
    for bad in ["0", "33", "x", "-1"] {
        let path = format!("/v1/tokens/POINTS/charter/{bad}/usage/proof");
        served.get(&path).await.is_problem(400, "request.bad_parameter");
    }
    served.stop().await;
}

#[tokio::test]
async fn a_token_of_the_genesis_is_marked_and_a_name_that_looks_like_its_is_told() {
    let mut served = Served::new().await;
    let named = |token: &str, name: &str| {
        Action::CreateToken(CreateToken {
            token: symbol(token),
            name: name.try_into().expect("a name"),
            decimals: 0,
            cap: None,
            issuer: None,
            supply: amount(1),
            to: user(1),
        })
    };
    served.act(vec![named("OTHER", "C\u{43e}in"), named("PLAIN", "Plain")]);
    let page = served.get("/v1/tokens").await.body;
    let of = |token: &str| {
        let items = page["items"].as_array().expect("a list");
        items.iter().find(|one| one["token"] == token).expect("it is there").clone()
    };
    assert_eq!((&of("COIN")["genesis"], &of("COIN")["looks_like"]), (&json!(true), &Value::Null));
    let other = of("OTHER");
    assert_eq!((&other["genesis"], &other["looks_like"]), (&json!(false), &json!("COIN")));
    assert_eq!(served.get("/v1/tokens/OTHER").await.body, other);
    assert_eq!(
        (&of("PLAIN")["genesis"], &of("PLAIN")["looks_like"]),
        (&json!(false), &Value::Null)
    );
    served.stop().await;
}
