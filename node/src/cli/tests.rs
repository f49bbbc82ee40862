//! Commands against a real API over a real, small, stored chain. The tests play the driver.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use coinage_protocol::engine::{
    Backlog, FinalityView, KnownTip, Room, SubmitOutcome, SyncState, TipKind, View,
};
use coinage_protocol::{
    CheckedTransaction, HeaderContext, LedgerError, Refusal, SecretKey, TransactionStatus,
};
use coinage_server::api::Options;
use coinage_server::events::Events;
use coinage_server::handle::{Handle, Identity, Submission};
use coinage_server::metrics::Metrics;
use coinage_server::node_state::NodeState;
use coinage_server::storage::Storage;
use coinage_server::storage::testing::{Branch, World, amount, answer_states, symbol, user};
use coinage_wallet::{Store, Strength};
use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use super::*;

const PASSWORD: &str = "published";

/// A devnet of one API, whose wallets are u0 to u2.
struct Devnet {
    directory: TempDir,
    url: String,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<()>>,
}

impl Devnet {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        publish_wallets(&directory.path().join("wallets"));
        let (stop, stopped) = oneshot::channel();
        let (told, listening) = std::sync::mpsc::channel();
        let path = directory.path().to_owned();
        let serving = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
                let address = listener.local_addr().expect("bound");
                told.send(format!("http://{address}")).expect("the test listens");
                let handle = node(&path);
                let stopped = async { drop(stopped.await) };
                coinage_server::api::serve(vec![listener], handle, Options::default(), stopped)
                    .await
                    .expect("serves");
            });
        });
        let url = listening.recv().expect("it listens");
        Self { directory, url, stop: Some(stop), serving: Some(serving) }
    }

    fn run(&self, words: &[&str]) -> Result<Output, Failure> {
        let home = self.directory.path().join("home");
        let home = home.to_str().expect("UTF-8");
        let globals = ["coinage", "--node", &self.url, "--home", home, "--no-input"];
        let arguments = Arguments::try_parse_from(globals.iter().chain(words)).expect("parses");
        let context = Context::new(arguments.globals, Printer::default())?;
        perform(arguments.command.expect("a command"), &context)
    }

    fn text(&self, words: &[&str]) -> String {
        self.run(words).unwrap_or_else(|failure| panic!("{words:?}: {failure:?}")).text
    }
}

impl Drop for Devnet {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(serving) = self.serving.take() {
            let _ = serving.join();
        }
    }
}

fn publish_wallets(directory: &Path) {
    let store = Store::open(directory).expect("opens");
    for one in 0..3_u64 {
        let mut seed = [1; 32];
        seed[..8].copy_from_slice(&one.to_le_bytes());
        let name = format!("u{one}").parse().expect("a name");
        let secret = SecretKey::new(seed);
        let address = store.create(&name, &secret, PASSWORD, Strength::Light).expect("created");
        assert_eq!(address, user(one));
    }
    std::fs::write(directory.join("password"), PASSWORD).expect("written");
}

/// A node with some blocks, which puts every payment it gets into a block of its own.
fn node(directory: &Path) -> Handle {
    let world = World::new("cli");
    let storage = Storage::open(&directory.join("data"), &world.spec).expect("opens");
    let mut branch = world.genesis();
    world.extend_by(&mut branch, 5, 0);
    storage.write(&branch.batches(1)).expect("writes");
    let live = Arc::new(NodeState::new(view(&world, &branch)));
    let (submissions, submitted) = mpsc::channel(8);
    let identity = Identity {
        spec: world.spec.clone(),
        network_key: None,
        name: Some("n1".into()),
        peer_id: "12D3".into(),
        authority: None,
        devnet: Some(directory.to_owned()),
    };
    let handle = Handle {
        events: Arc::new(Events::new(branch.tip, world.spec.clone(), BTreeSet::new())),
        metrics: Arc::new(Metrics::new()),
        identity: identity.into(),
        live: Arc::clone(&live),
        storage: storage.clone(),
        submissions,
        states: answer_states(&world, &branch, 0),
        changes: mpsc::channel(1).0,
    };
    tokio::spawn(drive(world, branch, storage, live, submitted));
    handle
}

async fn drive(
    world: World,
    mut branch: Branch,
    storage: Storage,
    live: Arc<NodeState>,
    mut submitted: mpsc::Receiver<Submission>,
) {
    while let Some(Submission { transaction, reply, .. }) = submitted.recv().await {
        let chain = world.spec.chain();
        let checked = CheckedTransaction::new(transaction, chain, UnwrapErr(SysRng));
        let checked = checked.expect("the command line signs what is valid");
        if checked.transaction().body.memo.as_str() == "too much" {
            let (have, need) = (amount(1), amount(2));
            let (address, token) = (user(0), symbol("COIN"));
            let error = LedgerError::InsufficientBalance { address, token, have, need };
            let refused = SubmitOutcome::Refused(Refusal::Ledger(error));
            let _ = reply.send(Ok((checked.id(), refused)));
            continue;
        }
        let _ = reply
            .send(Ok((checked.id(), SubmitOutcome::Accepted(TransactionStatus::Pending(None)))));
        let from = branch.tip.height.saturating_add(1);
        world.extend(&mut branch, 0, vec![checked.into_transaction()]);
        storage.write(&branch.batches(from.get())).expect("writes");
        live.publish(view(&world, &branch));
    }
}

fn view(world: &World, branch: &Branch) -> View {
    View {
        head: branch.tip,
        authorities: world.spec.genesis_authorities().clone(),
        changed: world.spec.genesis_hash(),
        change: None,
        known: HeaderContext::from(&world.spec).authorities.clone(),
        sync: SyncState::Synced,
        heard: 4,
        missing: Vec::new(),
        pool_transactions: 0,
        pool_parked: 0,
        pool_bytes: 0,
        room: Room::default(),
        backlog: Backlog::default(),
        clock_ahead_ms: None,
        clock_doubt: None,
        head_ahead_ms: None,
        stop: None,
        finality: FinalityView {
            finalized: world.genesis().tip,
            certified: branch.tip,
            quorum: 3,
            silent: vec![2],
            conflict: None,
            invalid: None,
        },
        evidence: 0,
        tips: vec![KnownTip {
            tip: branch.tip,
            justified: coinage_protocol::Slot::default(),
            branch_len: 0,
            kind: TipKind::Head,
        }],
    }
}

#[test]
fn a_payment_with_a_devnets_wallets_just_works() {
    let devnet = Devnet::new();
    let sent = devnet.run(&["send", "12.50", "COIN", "u1", "--from", "u0", "--memo", "lunch"]);
    let sent = sent.expect("included");
    assert_eq!(sent.data["status"], json!("included"));
    assert!(sent.text.contains("in block 6"), "{}", sent.text);
    assert!(sent.text.contains("gives 12.50 COIN to u1"), "{}", sent.text);
    let id = sent.data["id"].as_str().expect("an id").to_owned();
    assert!(devnet.text(&["tx", "show", &id, "--proof"]).contains("memo: lunch"));
    assert!(devnet.text(&["tx", "wait", &id]).contains("included"));
    let history = devnet.text(&["history", "u1"]);
    assert!(history.contains(&id) && history.contains("lunch"), "{history}");
    assert!(devnet.text(&["wallet", "list"]).contains("published test key"));
}

#[test]
fn a_refusal_of_the_ledger_keeps_its_code_and_its_facts() {
    let devnet = Devnet::new();
    let words = ["send", "1", "COIN", "u1", "--from", "u0", "--memo", "too much"];
    let refused = devnet.run(&words).expect_err("refused");
    assert_eq!(refused.code, "transaction.insufficient_balance");
    assert_eq!(refused.details["need"], json!("2"));
    let finer = devnet.run(&["send", "1.005", "COIN", "u1", "--from", "u0"]).expect_err("finer");
    assert_eq!(finer.code, "amount.too_many_decimals");
    let token = devnet.run(&["send", "1", "NONE", "u1", "--from", "u0"]).expect_err("no token");
    assert_eq!(failure::exit_code(&token.code), 6, "{token:?}");
}

#[test]
fn a_token_is_created_minted_and_closed() {
    let devnet = Devnet::new();
    let create = ["token", "create", "GOLD", "--decimals", "3", "--supply", "1.5", "--from", "u0"];
    assert!(devnet.text(&create).contains("creates GOLD"));
    devnet.text(&["token", "mint", "0.5", "GOLD", "u1", "--from", "u0"]);
    devnet.text(&["token", "burn", "0.25", "GOLD", "--from", "u1"]);
    let close = ["token", "set-issuer", "GOLD", "none", "--from", "u0"];
    let asked = devnet.run(&close).expect_err("nobody is there to say yes");
    assert_eq!(asked.code, "input.declined");
    devnet.text(&[&close[..], &["--yes"]].concat());
    let shown = devnet.text(&["token", "show", "GOLD"]);
    assert!(shown.contains("1.75") && shown.contains("closed for ever"), "{shown}");
    assert!(devnet.text(&["token", "list"]).contains("GOLD"));
    assert!(devnet.text(&["balance", "u1"]).contains("0.25"));
}

#[test]
fn a_swap_is_composed_signed_by_both_and_submitted() {
    let devnet = Devnet::new();
    let file = devnet.directory.path().join("swap.json");
    let file = file.to_str().expect("UTF-8");
    let there = ["--action", "transfer:1:COIN:u0:u1", "--action", "transfer:2:COIN:u1:u2"];
    let new = [&["tx", "build"], &there[..], &["--sender", "u0", "--out", file]].concat();
    assert_eq!(devnet.text(&new).matches("still to sign").count(), 2);
    devnet.text(&["tx", "sign", file, "--from", "u1"]);
    devnet.text(&["tx", "sign", file, "--from", "u0"]);
    assert!(devnet.text(&["tx", "decode", file]).contains("signatures complete"));
    assert!(devnet.text(&["tx", "submit", file]).contains("included"));
}

#[test]
fn every_command_that_reads_understands_a_node() {
    let devnet = Devnet::new();
    for (words, part) in [
        (&["node", "status"][..], "synced"),
        (&["chain", "info"], "authorities"),
        (&["chain", "tips"], "head"),
        (&["chain", "reorgs"], "no reorgs"),
        (&["block", "list", "--limit", "2"], "more with --cursor"),
        (&["block", "show", "head"], "gives"),
        (&["block", "show", "genesis"], "nobody"),
        (&["block", "show", "2"], "not final"),
        (&["block", "show", "final"], "yes; final"),
        (&["node", "status"], "votes of 2 of 3 authorities came, 3 are needed"),
        (&["peers"], "no peers"),
        (&["mempool"], "nothing waits"),
        (&["balance", "u0"], "COIN"),
    ] {
        let text = devnet.text(words);
        assert!(text.contains(part), "{words:?}: {text}");
    }
    let missing = devnet.run(&["block", "show", "99"]).expect_err("no such block");
    assert_eq!((missing.code.as_ref(), failure::exit_code(&missing.code)), ("block.unknown", 6));
}
