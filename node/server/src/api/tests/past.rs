//! Balances of the past, holders of tokens, and proofs of both.

use coinage_client::proof::{Fact, check};
use coinage_model::proof::ProofDocument;
use coinage_protocol::Entry;

use super::*;

fn words(value: &Value) -> String {
    value.as_str().expect("a string").to_owned()
}

#[tokio::test]
async fn balances_are_those_of_the_height_that_is_asked_for() {
    let served = Served::new().await;
    let path = format!("/v1/accounts/{}", user(4));
    let (mut state, mut seen) = (served.world.spec.genesis_state().clone(), Vec::new());
    for height in 0..=12_u64 {
        if let Some(at) = height.checked_sub(1) {
            state = state.with(&served.branch.blocks[usize::try_from(at).expect("few")].changes);
        }
        let account = served.get(&format!("{path}?height={height}")).await.body;
        assert_eq!(account["head"]["height"], height.to_string());
        let block = words(&account["head"]["hash"]);
        assert_eq!(served.get(&format!("{path}?block={block}")).await.body, account);
        let coins = state.balance(user(4), symbol("COIN")).to_string();
        assert_eq!(account["items"][0]["amount"], coins, "{height}");
        assert_eq!(account["items"].as_array().map(Vec::len), Some(1 + usize::from(height == 12)));
        seen.push(coins);
    }
    assert!(seen.iter().any(|coins| *coins != seen[0]), "nothing moved: {seen:?}");
    served.get(&format!("{path}?height=13")).await.is_problem(404, "block.unknown");
    let both = format!("{path}?height=1&block={}", "00".repeat(32));
    served.get(&both).await.is_problem(400, "request.bad_parameter");
    served.get(&format!("{path}?height=x")).await.is_problem(400, "request.bad_parameter");
    served.stop().await;
}

#[tokio::test]
async fn what_is_pinned_to_a_block_ends_with_the_block() {
    let served = Served::new().await;
    let old = words(&served.get("/v1/blocks/head").await.body["hash"]);
    let mut shorter = served.world.genesis();
    served.world.extend_by(&mut shorter, 11, 0);
    let shared = shorter.tip.hash;
    served.world.extend_by(&mut shorter, 2, 1);
    let history = format!("/v1/accounts/{}/transactions?order=oldest", user(4));
    let before = served.get(&format!("{history}&block={shared}")).await.body;
    assert_eq!(served.get(&format!("{history}&block={old}")).await.status, 200);
    served.storage.write(&[served.branch.reorg_to(&shorter)]).expect("writes");
    assert_eq!(served.get(&format!("{history}&block={shared}")).await.body, before);
    let gone = [
        format!("{history}&block={old}"),
        format!("/v1/accounts/{}?block={old}", user(4)),
        format!("/v1/accounts/{}/proof?token=COIN&block={old}", user(4)),
    ];
    for path in gone {
        served.get(&path).await.is_problem(410, "block.not_on_chain");
    }
    served.stop().await;
}

#[tokio::test]
async fn a_history_is_read_in_both_orders() {
    let served = Served::new().await;
    let path = format!("/v1/accounts/{}/transactions?limit=1", user(4));
    let mut orders = Vec::new();
    for order in ["newest", "oldest"] {
        let (mut ids, mut next) = (Vec::new(), Some(String::new()));
        while let Some(cursor) = next {
            let page = served.get(&format!("{path}&order={order}{cursor}")).await.body;
            ids.extend(
                page["items"].as_array().expect("a list").iter().map(|one| words(&one["id"])),
            );
            next = page["next"].as_str().map(|next| format!("&cursor={next}"));
        }
        orders.push(ids);
    }
    assert!(orders[0].len() > 2);
    orders[1].reverse();
    assert_eq!(orders[0], orders[1]);
    served.stop().await;
}

#[tokio::test]
async fn holders_are_paged_and_sum_to_the_supply() {
    let served = Served::new().await;
    let (mut amounts, mut next) = (Vec::new(), Some(String::new()));
    while let Some(cursor) = next {
        let page = served.get(&format!("/v1/tokens/COIN/holders?limit=3{cursor}")).await.body;
        assert_eq!(page["head"]["height"], "12");
        for one in page["items"].as_array().expect("a list") {
            amounts.push(words(&one["amount"]).parse::<u128>().expect("digits"));
        }
        next = page["next"].as_str().map(|next| format!("&cursor={next}"));
    }
    assert_eq!((amounts.len(), amounts.iter().sum::<u128>()), (10, 10_000_000));
    assert!(amounts.is_sorted_by(|one, next| one >= next));
    served.get("/v1/tokens/NONE/holders").await.is_problem(404, "token.unknown");
    served.get("/v1/tokens/x/holders").await.is_problem(400, "request.bad_parameter");
    let other = "/v1/tokens/GOLD/holders?cursor=eA";
    served.get(other).await.is_problem(400, "request.bad_cursor");
    served.stop().await;
}

#[tokio::test]
async fn a_proof_from_the_node_is_checked_without_it() {
    let served = Served::new().await;
    let block = served.get("/v1/blocks/12").await.body;
    let id = words(&block["transactions"][0]["id"]);
    let paths = [
        format!("/v1/transactions/{id}/proof"),
        format!("/v1/accounts/{}/proof?token=GOLD", user(4)),
        format!("/v1/accounts/{}/proof?token=GOLD", user(5)),
        format!("/v1/accounts/{}/proof?token=GOLD&height=11", user(4)),
        "/v1/tokens/GOLD/proof".to_owned(),
        "/v1/tokens/NONE/proof".to_owned(),
    ];
    let mut documents = Vec::new();
    for path in &paths {
        let got = served.get(path).await;
        let document: ProofDocument = serde_json::from_value(got.body).expect("a proof");
        documents.push(document);
    }
    let early = format!("/v1/accounts/{}/proof?token=COIN&height=2", user(4));
    let refused = served.get(&early).await;
    refused.is_problem(410, "state.not_kept");
    assert_eq!(refused.body["details"]["oldest_height"], "3");
    let spec = served.world.spec.clone();
    served.stop().await;
    let proven = documents.iter().map(|one| check(one, Some(&spec)).expect("proven"));
    let proven: Vec<_> = proven.collect();
    assert!(
        matches!(&proven[0].fact, Fact::Transaction { id: found, .. } if found.to_string() == id)
    );
    let gold = [&proven[1], &proven[2], &proven[3]].map(|one| match &one.fact {
        Fact::State { entry: Some(Entry::Balance(amount)), .. } => {
            (one.header.height.get(), amount.units())
        }
        Fact::State { entry: None, .. } => (one.header.height.get(), 0),
        other => panic!("{other:?}"),
    });
    assert_eq!(gold, [(12, 500), (12, 0), (11, 0)]);
    assert!(matches!(&proven[4].fact, Fact::State { entry: Some(Entry::Token(_)), .. }));
    assert!(matches!(&proven[5].fact, Fact::State { entry: None, .. }));
}
