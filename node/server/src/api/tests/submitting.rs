//! Submissions: what a node takes, and what it says becomes of it.

use super::*;

#[tokio::test]
async fn a_wait_ends_when_the_transaction_is_included() {
    let mut served = Served::new().await;
    let payment = served.payment();
    let id = served.accept(payment.clone()).id();
    let waiting = format!("/v1/transactions/{id}/wait?for=included&timeout_ms=");
    let early = served.get(&format!("{waiting}10")).await.body;
    assert_eq!((&early["status"], &early["timed_out"]), (&json!("pending"), &json!(true)));
    assert_eq!(served.get("/v1/mempool").await.body["items"][0]["id"], id.to_string());
    served.world.extend(&mut served.branch, 0, vec![payment]);
    let path = format!("{waiting}60000");
    let include = async {
        served.storage.write(&served.branch.batches(13)).expect("writes");
        let block = served.branch.blocks.last().map(|linked| Arc::clone(&linked.block));
        let block = block.expect("a block");
        let authorities = served.world.spec.genesis_authorities().clone();
        let imported = Event::BlockImported { block, authorities, via: Via::Own, delay_ms: 0 };
        served.live.apply(&imported, SystemTime::now());
    };
    let (included, ()) = tokio::join!(served.get(&path), include);
    assert_eq!(included.body["status"], "included");
    assert_eq!(included.body["block"]["height"], "13");
    assert_eq!(included.body["timed_out"], false);
    served.stop().await;
}

#[tokio::test]
async fn a_dropped_transaction_says_why() {
    let served = Served::new().await;
    let id = served.accept(served.payment()).id();
    let dropped = Event::TransactionDropped { id, reason: DropReason::Evicted };
    served.live.apply(&dropped, SystemTime::now());
    let found = served.get(&format!("/v1/transactions/{id}/wait")).await.body;
    assert_eq!((&found["status"], &found["timed_out"]), (&json!("dropped"), &json!(false)));
    assert_eq!(found["reason"]["code"], "pool.evicted");
    served.stop().await;
}

#[tokio::test]
async fn a_transaction_is_taken_as_json_and_as_bytes() {
    use base64::Engine as _;
    let mut served = Served::new().await;
    served.answer_submissions(|| SubmitOutcome::Accepted(TransactionStatus::Pending(None)));
    let payment = served.payment();
    let id = payment.body.id(served.world.spec.chain()).to_string();
    let json = json!({ "transaction": TransactionJson::from(&payment) });
    let taken = served.post("application/json", &json.to_string()).await;
    assert_eq!(
        (taken.status, &taken.body),
        (202, &json!({ "id": id, "status": "pending", "known": false }))
    );
    let bytes = base64::prelude::BASE64_STANDARD.encode(encode(&payment));
    let bytes = json!({ "bytes": bytes }).to_string();
    assert_eq!(served.post("application/json; charset=utf-8", &bytes).await.status, 202);
    let mut forged = json.clone();
    forged["transaction"]["body"]["salt"] = json!("7");
    let refused = served.post("application/json", &forged.to_string()).await;
    refused.is_problem(422, "transaction.bad_signature");
    let mut other = payment.body.clone();
    other.salt = 7;
    let computed = other.id(served.world.spec.chain()).to_string();
    assert_eq!(refused.body["details"]["id"], computed, "the id that was to be signed");
    let many = json!([json, forged, { "bytes": "AAAA" }, { "bytes": "?" }, {}]);
    let results = served.post("application/json", &many.to_string()).await;
    assert_eq!(results.status, 200);
    let results = &results.body["results"];
    assert_eq!(results[0]["id"], id);
    assert_eq!(results[1]["error"]["code"], "transaction.bad_signature");
    assert_eq!(results[2]["error"]["code"], "transaction.malformed");
    assert_eq!(results[2]["error"]["details"]["offset"], "3");
    let detail = results[2]["error"]["detail"].as_str().expect("words");
    assert!(detail.ends_with("more bytes are missing, at byte 3 of 3"), "{detail}");
    assert_eq!(results[3]["error"]["code"], "request.bad_json");
    assert_eq!(results[4]["error"]["code"], "request.bad_json");
    let wrapped = json!({ "transactions": [json] }).to_string();
    let wrapped = served.post("application/json", &wrapped).await;
    assert_eq!(wrapped.body["results"][0]["status"], "pending");
    served.stop().await;
}

#[tokio::test]
async fn the_file_of_a_transaction_is_taken_as_it_is_and_one_of_another_chain_is_named() {
    let mut served = Served::new().await;
    served.answer_submissions(|| SubmitOutcome::Accepted(TransactionStatus::Pending(None)));
    let payment = served.payment();
    let chain = served.world.spec.chain().to_string();
    let mut file = json!({
        "format": "coinage transaction 1", "chain_id": chain,
        "transaction": TransactionJson::from(&payment),
    });
    assert_eq!(served.post("application/json", &file.to_string()).await.status, 202);
    let other = "11".repeat(32);
    file["chain_id"] = json!(other);
    let refused = served.post("application/json", &file.to_string()).await;
    refused.is_problem(422, "transaction.bad_signature");
    let detail = refused.body["detail"].as_str().expect("words");
    assert!(detail.contains(&other) && detail.contains(&chain), "{detail}");
    file["format"] = json!("coinage transaction 2");
    let refused = served.post("application/json", &file.to_string()).await;
    refused.is_problem(400, "request.bad_json");
    served.stop().await;
}

#[tokio::test]
async fn a_refusal_says_what_was_needed_and_a_repetition_what_became_of_it() {
    let mut served = Served::new().await;
    let (tip, json) =
        (served.branch.tip, json!({ "transaction": TransactionJson::from(&served.payment()) }));
    let outcomes = std::sync::Mutex::new(vec![
        SubmitOutcome::Known(TransactionStatus::Included(tip)),
        SubmitOutcome::Refused(Refusal::PoolFull),
        SubmitOutcome::Refused(Refusal::Ledger(LedgerError::InsufficientBalance {
            address: user(1),
            token: symbol("COIN"),
            have: Amount::ZERO,
            need: Amount::MAX,
        })),
    ]);
    served.answer_submissions(move || {
        outcomes.lock().expect("not poisoned").pop().expect("asked three times")
    });
    let refused = served.post("application/json", &json.to_string()).await;
    refused.is_problem(422, "transaction.insufficient_balance");
    assert_eq!(refused.body["details"]["need"], Amount::MAX.to_string());
    let full = served.post("application/json", &json.to_string()).await;
    full.is_problem(503, "pool.full");
    assert!(full.head.contains("retry-after: 1"), "{}", full.head);
    let again = served.post("application/json", &json.to_string()).await;
    assert_eq!((again.status, &again.body["status"]), (200, &json!("included")));
    assert_eq!(again.body["block"]["height"], "12");
    served.stop().await;
}

#[tokio::test]
async fn bad_submissions_are_refused_before_the_node_sees_them() {
    let served = Served::new().await;
    served.post("text/plain", "{}").await.is_problem(415, "http.json_required");
    for bad in ["", "{", "5", "{\"surplus\":1}", "{\"bytes\":\"\",\"bytes\":\"\"}", "[5]"] {
        served.post("application/json", bad).await.is_problem(400, "request.bad_json");
    }
    // The rest is counted, and not looked at: three bytes would take hundreds.
    let many = format!("[{},5]", vec!["{}"; 1000].join(","));
    for many in [format!("{{\"transactions\":{many}}}"), many] {
        let told = served.post("application/json", &many).await;
        told.is_problem(400, "request.too_many");
        assert_eq!(told.body["detail"], "1001 transactions at once");
    }
    let head = "POST /v1/transactions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
                Content-Type: application/json\r\nContent-Length: 4194305\r\n\r\n";
    served.raw(head.as_bytes()).await.is_problem(413, "http.body_too_large");
    served.stop().await;
}

#[tokio::test]
async fn a_transaction_whose_time_is_over_has_expired_but_not_finally() {
    let mut served = Served::new().await;
    let id = served.accept(served.payment()).id();
    let expired = Event::TransactionDropped { id, reason: DropReason::Expired };
    served.world.extend(&mut served.branch, 600, vec![]);
    served.storage.write(&served.branch.batches(13)).expect("writes");
    served.live.apply(&expired, SystemTime::now());
    let found = served.get(&format!("/v1/transactions/{id}")).await.body;
    assert_eq!(found["status"], "expired");
    assert_eq!(found["reason"]["detail"], "expired, not final");
    served.stop().await;
}

#[tokio::test]
async fn a_node_that_is_behind_says_for_how_long_to_wait_before_it_decodes_anything() {
    let served = Served::new().await;
    let backlog = Backlog { block_bytes: 65_536, blocks: 40, is_full: true, is_flooded: false };
    served.live.publish(View { backlog, ..served.live.view() });
    let told = served.post("application/json", "no JSON").await;
    assert_eq!((told.status, &told.body["code"]), (503, &json!("node.behind")));
    assert!(told.head.contains("retry-after: 20\r"), "20 blocks of a second");
    assert_eq!(told.body["retry"], true);
    let status = served.get("/v1/status").await.body;
    assert_eq!(status["mempool"]["backlog_blocks"], 40);
    served.live.publish(View { backlog: Backlog::default(), ..served.live.view() });
    assert_eq!(served.post("application/json", "no JSON").await.status, 400);
    served.stop().await;
}
