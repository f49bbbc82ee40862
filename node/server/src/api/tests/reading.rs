//! Routes that read: what a node tells.

use coinage_model::chain::ProofJson;
use coinage_protocol::InclusionProof;

use super::*;

#[tokio::test]
async fn a_node_says_how_it_stands() {
    let served = Served::new().await;
    let status = served.get("/v1/status").await;
    assert_eq!(status.status, 200);
    assert_eq!(status.body["node"], "n1");
    assert_eq!(status.body["head"]["height"], "12");
    assert_eq!(status.body["role"], "observer");
    assert_eq!(status.body["sync"]["state"], "synced");
    assert_eq!(status.body["sync"]["heard"], 2);
    let missing = status.body["missing"].as_array().expect("a list");
    assert_eq!((missing.len(), &missing[0]), (1, &status.body["authorities"][1]));
    let free = status.body["disk"]["free_bytes"].as_str().expect("a number");
    let low = free.parse::<u64>().expect("a number") < crate::storage::FREE_BYTES_LOW;
    assert_eq!(status.body["disk"]["low"], low);
    assert_eq!(
        (&status.body["final"]["height"], &status.body["final"]["lag"]),
        (&json!("0"), &json!("12"))
    );
    assert_eq!(status.body["certified"]["height"], "12");
    assert_eq!((&status.body["quorum"], &status.body["silent"]), (&json!(3), &json!([missing[0]])));
    let sentence =
        "12 blocks are not final: votes of 2 of 3 authorities came, 3 are needed; silent: 1";
    assert_eq!(status.body["finality"], sentence);
    assert!(status.body["warnings"].to_string().contains("nothing becomes final"));
    served.finalize(11);
    let status = served.get("/v1/status").await;
    assert_eq!(
        (&status.body["final"]["height"], &status.body["final"]["lag"]),
        (&json!("11"), &json!("1"))
    );
    assert_eq!(status.body["authorities"].as_array().map(Vec::len), Some(3));
    assert_eq!(served.get("/health/live").await.status, 200);
    assert_eq!(served.get("/health/ready").await.status, 200);
    let view = View { sync: SyncState::Stalled, ..served.live.view() };
    served.live.publish(view);
    served.get("/health/ready").await.is_problem(503, "node.not_ready");
    assert_eq!(served.get("/v1/peers").await.body, json!({ "items": [], "next": null }));
    assert_eq!(served.get("/v1/chain/tips").await.body["items"][0]["kind"], "head");
    assert_eq!(served.get("/v1/chain/reorgs").await.body["items"], json!([]));
    served.stop().await;
}

#[tokio::test]
async fn blocks_are_found_by_every_name_and_paged_newest_first() {
    let served = Served::new().await;
    let head = served.get("/v1/blocks/head").await.body;
    assert_eq!((&head["height"], &head["on_chain"]), (&json!("12"), &json!(true)));
    let hash = head["hash"].as_str().expect("a hash");
    assert_eq!(served.get(&format!("/v1/blocks/{hash}")).await.body, head);
    assert_eq!(served.get("/v1/blocks/12").await.body, head);
    let genesis = served.get("/v1/blocks/genesis").await;
    assert_eq!((genesis.status, &genesis.body["height"]), (200, &json!("0")));
    served.get("/v1/blocks/13").await.is_problem(404, "block.unknown");
    served.get("/v1/blocks/-1").await.is_problem(400, "request.bad_parameter");
    let of_final = async || served.get("/v1/blocks/final").await.body;
    assert_eq!(of_final().await, genesis.body, "nothing else is final yet");
    assert_eq!((&genesis.body["final"], &head["final"]), (&json!(true), &json!(false)));
    served.finalize(11);
    let settled = of_final().await;
    assert_eq!((&settled["height"], &settled["final"]), (&json!("11"), &json!(true)));
    assert_eq!(served.get("/v1/blocks/12").await.body["final"], false);
    let (mut heights, mut path) = (Vec::new(), String::from("/v1/blocks?limit=5"));
    loop {
        let page = served.get(&path).await.body;
        for item in page["items"].as_array().expect("a list") {
            heights.push(item["height"].as_str().expect("a height").to_owned());
        }
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/blocks?limit=5&cursor={next}");
    }
    let expected: Vec<_> = (0..=12).rev().map(|height| height.to_string()).collect();
    assert_eq!(heights, expected);
    served.stop().await;
}

#[tokio::test]
async fn accounts_show_balances_history_and_tokens() {
    let served = Served::new().await;
    let account = served.get(&format!("/v1/accounts/{}", user(4))).await.body;
    let symbols: Vec<_> =
        account["items"].as_array().expect("a list").iter().map(|one| &one["token"]).collect();
    assert_eq!(symbols, ["COIN", "GOLD"]);
    let nobody = served.get(&format!("/v1/accounts/{}", user(999))).await;
    assert_eq!((nobody.status, &nobody.body["items"]), (200, &json!([])));
    served.get("/v1/accounts/coin1x").await.is_problem(400, "request.bad_parameter");
    let path = format!("/v1/accounts/{}/transactions?limit=1", user(4));
    let first = served.get(&path).await.body;
    assert_eq!(first["items"][0]["block"]["height"], "12");
    let next = first["next"].as_str().expect("more");
    let second = served.get(&format!("{path}&cursor={next}")).await.body;
    assert_ne!(second["items"][0]["block"]["height"], "12");
    let other = format!("/v1/accounts/{}/transactions?cursor={next}", user(5));
    served.get(&other).await.is_problem(400, "request.bad_cursor");
    let gold = served.get("/v1/tokens/GOLD").await.body;
    assert_eq!(served.get("/v1/tokens").await.body["items"][1], gold);
    served.get("/v1/tokens/NONE").await.is_problem(404, "token.unknown");
    served.stop().await;
}

#[tokio::test]
async fn an_included_transaction_comes_with_a_proof() {
    let served = Served::new().await;
    let block = served.get("/v1/blocks/12").await.body;
    let id = block["transactions"][0]["id"].as_str().expect("an id");
    let found = served.get(&format!("/v1/transactions/{id}?proof=true")).await.body;
    assert_eq!((&found["status"], &found["final"]), (&json!("included"), &json!(false)));
    assert_eq!(found["block"]["hash"], block["hash"]);
    assert_eq!(found["transaction"], block["transactions"][0]["transaction"]);
    assert_eq!(found["proof"]["header"]["transactions_root"], block["transactions_root"]);
    let read = |value: &Value| {
        let json: TransactionJson = serde_json::from_value(value.clone()).expect("reads");
        Transaction::try_from(json).expect("a transaction")
    };
    let proof: ProofJson = serde_json::from_value(found["proof"].clone()).expect("a proof");
    let root = proof.header.transactions_root;
    let leaf = read(&found["transaction"]).full_hash(served.world.spec.chain());
    assert!(InclusionProof::try_from(proof).expect("well-formed").proves(&leaf, &root));
    let unknown = format!("/v1/transactions/{}", "00".repeat(32));
    served.get(&unknown).await.is_problem(404, "transaction.unknown");
    let wait = served.get(&format!("{unknown}/wait?for=included&timeout_ms=10")).await;
    wait.is_problem(404, "transaction.unknown");
    let wait = served.get(&format!("{unknown}/wait?for=final&timeout_ms=10")).await;
    wait.is_problem(404, "transaction.unknown");
    served
        .get(&format!("{unknown}/wait?for=included&timeout_ms=60001"))
        .await
        .is_problem(400, "request.bad_parameter");
    served.stop().await;
}

#[tokio::test]
async fn a_transaction_is_final_once_its_block_is_and_never_before() {
    // SPEC F-8, P-5
    let served = Served::new().await;
    let block = served.get("/v1/blocks/12").await.body;
    let id = block["transactions"][0]["id"].as_str().expect("an id").to_owned();
    let path = format!("/v1/transactions/{id}");
    let told = |found: &Value| {
        (found["status"].clone(), found["final"].clone(), found["timed_out"].clone())
    };
    served.finalize(11);
    let found = served.get(&format!("{path}/wait?for=final&timeout_ms=50")).await.body;
    assert_eq!(told(&found), (json!("included"), json!(false), json!(true)));
    let wait = format!("{path}/wait?for=final&timeout_ms=30000");
    let ((), found) = tokio::join!(async { served.finalize(12) }, served.get(&wait));
    assert_eq!(told(&found.body), (json!("final"), json!(true), json!(false)));
    let found = served.get(&path).await.body;
    assert_eq!(told(&found), (json!("final"), json!(true), Value::Null));
    assert_eq!(found["block"]["hash"], block["hash"]);
    let found = served.get(&format!("{path}/wait?timeout_ms=30000")).await.body;
    assert_eq!(found["status"], "final", "more than was waited for");
    served.stop().await;
}

#[tokio::test]
async fn a_reorg_is_told_and_the_abandoned_block_still_shown() {
    let served = Served::new().await;
    let old = served.get("/v1/blocks/head").await.body;
    let mut shorter = served.world.genesis();
    served.world.extend_by(&mut shorter, 11, 0);
    served.world.extend_by(&mut shorter, 2, 1);
    let reorg = served.branch.reorg_to(&shorter);
    served.storage.write(&[reorg]).expect("writes");
    let told = served.get("/v1/chain/reorgs").await.body;
    assert_eq!(told["items"][0]["depth"], "1");
    assert_eq!(told["items"][0]["old_head"]["hash"], old["hash"]);
    assert_eq!(told["items"][0]["rule"], "longer");
    let shown = served.get(&format!("/v1/blocks/{}", old["hash"].as_str().expect("a hash"))).await;
    assert_eq!((shown.status, &shown.body["on_chain"]), (200, &json!(false)));
    served.stop().await;
}

#[tokio::test]
async fn a_cursor_goes_on_below_a_reorg_and_says_so_if_its_own_block_is_gone() {
    let served = Served::new().await;
    let history = format!("/v1/accounts/{}/transactions?", user(4));
    let lists = ["/v1/blocks?", history.as_str()];
    let mut gone = Vec::new();
    let mut kept = Vec::new();
    for list in lists {
        let first = served.get(&format!("{list}limit=1")).await.body;
        gone.push(format!("{list}cursor={}", first["next"].as_str().expect("more")));
        let second = served.get(&format!("{list}limit=2")).await.body;
        let rest = format!("{list}cursor={}", second["next"].as_str().expect("more"));
        kept.push((rest.clone(), served.get(&rest).await.body["items"].clone()));
    }
    let mut longer = served.world.genesis();
    served.world.extend_by(&mut longer, 11, 0);
    let common = longer.tip;
    served.world.extend_by(&mut longer, 2, 1);
    served.storage.write(&[served.branch.reorg_to(&longer)]).expect("writes");
    for path in gone {
        let refused = served.get(&path).await;
        refused.is_problem(410, "cursor.reorged");
        assert_eq!(refused.body["details"]["height"], "12");
        assert_eq!(refused.body["details"]["common_height"], "11");
        assert_eq!(refused.body["details"]["common_hash"], common.hash.to_string());
    }
    for (path, before) in kept {
        assert!(before.as_array().is_some_and(|items| !items.is_empty()), "{path}");
        assert_eq!(served.get(&path).await.body["items"], before, "{path}");
    }
    served.stop().await;
}
