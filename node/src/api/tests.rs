//! The API over real HTTP on a real, small, stored chain. The tests play the driver.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use coinage_protocol::engine::{Event, KnownTip, SubmitOutcome, SyncState, TipKind, Via, View};
use coinage_protocol::{
    Amount, CheckedTransaction, DropReason, Fate, LedgerError, Refusal, Transaction, encode,
};
use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::*;
use crate::handle::{Identity, Submission};
use crate::live::Live;
use crate::model::transaction::TransactionJson;
use crate::storage::Storage;
use crate::storage::testing::{Branch, World, symbol, user};

/// A served API, and what stands behind it.
struct Served {
    world: World,
    branch: Branch,
    live: Arc<Live>,
    storage: Storage,
    submissions: Option<mpsc::Receiver<Submission>>,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<io::Result<()>>,
    _directory: TempDir,
}

struct Got {
    status: u16,
    head: String,
    body: Value,
}

impl Served {
    /// A node with a chain of 12 blocks with payments and a token of user 3.
    async fn new() -> Self {
        let world = World::new("api");
        let directory = tempfile::tempdir().expect("a directory");
        let storage = Storage::open(directory.path(), &world.network).expect("opens");
        let mut branch = world.genesis();
        world.extend_by(&mut branch, 11, 0);
        let created = world.creation(&branch, "GOLD", 3, 4);
        world.extend(&mut branch, 0, vec![created]);
        storage.write(&branch.batches(1)).expect("writes");
        let known = KnownTip { tip: branch.tip, branch_len: 0, kind: TipKind::Head };
        let live = Arc::new(Live::new(View {
            head: branch.tip,
            sync: SyncState::Synced,
            pool_transactions: 0,
            pool_parked: 0,
            pool_bytes: 0,
            clock_ahead_ms: None,
            tips: vec![known],
        }));
        let identity = Identity {
            network: world.network.clone(),
            name: Some("n1".into()),
            peer_id: "12D3".into(),
            authority: None,
            devnet: None,
        };
        let (submit, submissions) = mpsc::channel(8);
        let handle = Handle {
            identity: identity.into(),
            live: Arc::clone(&live),
            storage: storage.clone(),
            submissions: submit,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(serve(listener, handle, async {
            let _ = stopped.await;
        }));
        let submissions = Some(submissions);
        let _directory = directory;
        Self { world, branch, live, storage, submissions, address, stop, serving, _directory }
    }

    async fn stop(self) {
        self.stop.send(()).expect("still serving");
        let ended = tokio::time::timeout(Duration::from_secs(5), self.serving).await;
        ended.expect("ends soon").expect("does not panic").expect("no error");
    }

    async fn raw(&self, bytes: &[u8]) -> Got {
        let mut stream = TcpStream::connect(self.address).await.expect("connects");
        stream.write_all(bytes).await.expect("sends");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.expect("an answer");
        let answer = String::from_utf8(answer).expect("text");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect(head);
        let body = serde_json::from_str(body).unwrap_or(Value::Null);
        Got { status, head: head.to_ascii_lowercase(), body }
    }

    async fn get(&self, path: &str) -> Got {
        let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        self.raw(head.as_bytes()).await
    }

    async fn post(&self, kind: &str, body: &str) -> Got {
        let head = format!(
            "POST /v1/transactions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.raw(head.as_bytes()).await
    }

    /// Plays the driver: checks for real, then answers as told.
    fn answer_submissions(&mut self, outcome: impl Fn() -> SubmitOutcome + Send + 'static) {
        let mut submissions = self.submissions.take().expect("not taken yet");
        let chain = *self.world.network.chain();
        tokio::spawn(async move {
            while let Some(Submission { transaction, reply, .. }) = submissions.recv().await {
                let checked = CheckedTransaction::new(transaction, &chain, UnwrapErr(SysRng));
                let _ = reply.send(checked.map(|checked| (checked.id(), outcome())));
            }
        });
    }

    fn payment(&self) -> Transaction {
        self.world.payment(&self.branch, 0, 1, 2, 5)
    }

    fn accept(&self, transaction: Transaction) -> Arc<CheckedTransaction> {
        let chain = self.world.network.chain();
        let checked = CheckedTransaction::new(transaction, chain, UnwrapErr(SysRng));
        let transaction = Arc::new(checked.expect("valid"));
        let accepted = Event::TransactionAccepted {
            transaction: Arc::clone(&transaction),
            via: Via::Own,
            waits_for: None,
        };
        self.live.apply(&accepted, SystemTime::now());
        transaction
    }
}

impl Got {
    fn is_problem(&self, status: u16, code: &str) {
        assert_eq!((self.status, &self.body["code"]), (status, &json!(code)), "{}", self.body);
        assert_eq!(self.body["status"], status);
        assert!(self.head.contains("content-type: application/problem+json"), "{}", self.head);
        assert!(self.body["hint"].as_str().is_some_and(|hint| hint.ends_with('.')));
    }
}

#[tokio::test]
async fn a_node_says_how_it_stands() {
    let served = Served::new().await;
    let status = served.get("/v1/status").await;
    assert_eq!(status.status, 200);
    assert_eq!(status.body["node"], "n1");
    assert_eq!(status.body["head"]["height"], "12");
    assert_eq!(status.body["role"], "observer");
    assert_eq!(status.body["sync"]["state"], "synced");
    assert_eq!(status.body["final"], Value::Null);
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
    served.get("/v1/blocks/final").await.is_problem(501, "finality.not_available");
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
    let unknown = format!("/v1/transactions/{}", "00".repeat(32));
    served.get(&unknown).await.is_problem(404, "transaction.unknown");
    let wait = served.get(&format!("{unknown}/wait?for=included&timeout_ms=10")).await;
    wait.is_problem(404, "transaction.unknown");
    served
        .get(&format!("{unknown}/wait?for=final"))
        .await
        .is_problem(501, "finality.not_available");
    served
        .get(&format!("{unknown}/wait?for=included&timeout_ms=60001"))
        .await
        .is_problem(400, "request.bad_parameter");
    served.stop().await;
}

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
        let imported = Event::BlockImported { block, via: Via::Own, delay_ms: 0 };
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
    let found = served.get(&format!("/v1/transactions/{id}/wait?for=included")).await.body;
    assert_eq!((&found["status"], &found["timed_out"]), (&json!("dropped"), &json!(false)));
    assert_eq!(found["reason"]["code"], "pool.evicted");
    served.stop().await;
}

#[tokio::test]
async fn a_transaction_is_taken_as_json_and_as_bytes() {
    use base64::Engine as _;
    let mut served = Served::new().await;
    served.answer_submissions(|| SubmitOutcome::Pending(None));
    let payment = served.payment();
    let id = payment.body.id(served.world.network.chain()).to_string();
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
    let many = json!([json, forged, { "bytes": "AAAA" }, { "bytes": "?" }, {}]);
    let results = served.post("application/json", &many.to_string()).await;
    assert_eq!(results.status, 200);
    let results = &results.body["results"];
    assert_eq!(results[0]["id"], id);
    assert_eq!(results[1]["error"]["code"], "transaction.bad_signature");
    assert_eq!(results[2]["error"]["code"], "transaction.malformed");
    assert_eq!(results[3]["error"]["code"], "request.bad_json");
    assert_eq!(results[4]["error"]["code"], "request.bad_json");
    let wrapped = json!({ "transactions": [json] }).to_string();
    let wrapped = served.post("application/json", &wrapped).await;
    assert_eq!(wrapped.body["results"][0]["status"], "pending");
    served.stop().await;
}

#[tokio::test]
async fn a_refusal_says_what_was_needed_and_a_repetition_what_became_of_it() {
    let mut served = Served::new().await;
    let (tip, json) =
        (served.branch.tip, json!({ "transaction": TransactionJson::from(&served.payment()) }));
    let outcomes = std::sync::Mutex::new(vec![
        SubmitOutcome::Known(Fate::Included(tip)),
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
    let many = format!("[{}]", vec!["{}"; 1001].join(","));
    served.post("application/json", &many).await.is_problem(400, "request.too_many");
    let head = "POST /v1/transactions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
                Content-Type: application/json\r\nContent-Length: 4194305\r\n\r\n";
    served.raw(head.as_bytes()).await.is_problem(413, "http.body_too_large");
    served.stop().await;
}

#[tokio::test]
async fn foreign_hosts_wrong_routes_and_bad_parameters_are_problems() {
    let served = Served::new().await;
    for host in ["Host: evil.example\r\n", "", "Host: localhost\r\nHost: evil.example\r\n"] {
        let head = format!("GET /v1/status HTTP/1.1\r\n{host}Connection: close\r\n\r\n");
        served.raw(head.as_bytes()).await.is_problem(403, "http.host_not_allowed");
    }
    let ours = format!(
        "GET /health/live HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
        served.address
    );
    assert_eq!(served.raw(ours.as_bytes()).await.status, 200);
    served.get("/v2/status").await.is_problem(404, "http.not_found");
    let wrong = served.get("/v1/transactions").await;
    wrong.is_problem(405, "http.method_not_allowed");
    assert!(wrong.head.contains("allow: post"), "{}", wrong.head);
    served.get("/v1/blocks?limit=1001").await.is_problem(400, "request.bad_limit");
    served.get("/v1/blocks?limit=-1").await.is_problem(400, "request.bad_parameter");
    served.get("/v1/blocks?surplus=1").await.is_problem(400, "request.bad_parameter");
    served.get("/v1/blocks?cursor=x").await.is_problem(400, "request.bad_cursor");
    served.get("/v1/blocks/%ff").await.is_problem(400, "request.bad_parameter");
    served.stop().await;
}

#[tokio::test]
async fn a_node_that_stops_ends_waits_and_silent_connections() {
    let served = Served::new().await;
    let silent = TcpStream::connect(served.address).await.expect("connects");
    let id = served.accept(served.payment()).id();
    let path = format!("/v1/transactions/{id}/wait?for=included");
    let mut waiting = TcpStream::connect(served.address).await.expect("connects");
    let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    waiting.write_all(head.as_bytes()).await.expect("sends");
    served.get("/health/live").await;
    served.stop().await;
    drop(silent);
    let mut rest = Vec::new();
    let _ = waiting.read_to_end(&mut rest).await;
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
async fn a_client_that_does_not_finish_its_request_is_disconnected() {
    let served = Served::new().await;
    let mut slow = TcpStream::connect(served.address).await.expect("connects");
    slow.write_all(b"GET /v1/status HTTP/1.1\r\nHost: local").await.expect("sends");
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(20), slow.read_to_end(&mut rest)).await;
    assert!(ended.is_ok(), "still connected");
    served.stop().await;
}

#[tokio::test]
async fn more_clients_than_places_are_served_one_after_the_other() {
    let served = Served::new().await;
    let mut idle = Vec::new();
    for _ in 0..300 {
        idle.push(TcpStream::connect(served.address).await.expect("the kernel queues it"));
    }
    // Served once the idle ones have been disconnected.
    assert_eq!(served.get("/health/live").await.status, 200);
    served.stop().await;
}
