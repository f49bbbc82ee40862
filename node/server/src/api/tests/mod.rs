//! The API over real HTTP on a real, small, stored chain. The tests play the driver.

mod charters;
mod document;
mod following;
mod guarding;
mod options;
mod paging;
mod past;
mod reading;
mod receipts;
mod submitting;
mod web;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use coinage_model::transaction::TransactionJson;
use coinage_protocol::engine::{
    Backlog, Event, FinalityView, KnownTip, Room, SubmitOutcome, SyncState, TipKind, Via, View,
};
use coinage_protocol::{
    Amount, CheckedTransaction, DropReason, HeaderContext, LedgerError, Refusal, Transaction,
    TransactionStatus, encode,
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
use crate::events::Events;
use crate::handle::{Identity, Submission};
use crate::metrics::Metrics;
use crate::node_state::NodeState;
use crate::storage::Storage;
use crate::storage::testing::{Branch, World, answer_states, symbol, user};

/// A served API, and what stands behind it.
struct Served {
    world: World,
    branch: Branch,
    live: Arc<NodeState>,
    events: Arc<Events>,
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
    text: String,
}

/// A view of a node whose head is the end of a branch.
fn view_of(world: &World, branch: &Branch, known: KnownTip) -> View {
    View {
        head: branch.tip,
        authorities: world.spec.genesis_authorities().clone(),
        changed: world.spec.genesis_hash(),
        change: None,
        known: HeaderContext::from(&world.spec).authorities.clone(),
        sync: SyncState::Synced,
        heard: 2,
        missing: vec![1],
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
            silent: vec![1],
            conflict: None,
            invalid: None,
        },
        evidence: 0,
        tips: vec![known],
    }
}

impl Served {
    /// Serves a node with a chain of 12 blocks with payments and a token of user 3.
    async fn new() -> Self {
        Self::with(Options::default()).await
    }

    async fn with(options: Options) -> Self {
        Self::of(World::new("api"), options)
    }

    /// Serves a node of that network, with the same chain.
    fn of(world: World, options: Options) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let storage = Storage::open(directory.path(), &world.spec).expect("opens");
        let mut branch = world.genesis();
        world.extend_by(&mut branch, 11, 0);
        let created = world.creation(&branch, "GOLD", 3, 4);
        world.extend(&mut branch, 0, vec![created]);
        storage.write(&branch.batches(1)).expect("writes");
        let known = KnownTip {
            tip: branch.tip,
            justified: Slot::default(),
            branch_len: 0,
            kind: TipKind::Head,
        };
        let live = Arc::new(NodeState::new(view_of(&world, &branch, known)));
        let events = Arc::new(Events::new(branch.tip, world.spec.clone(), BTreeSet::new()));
        let (submit, submissions) = mpsc::channel(8);
        let handle = Handle {
            identity: identity(&world.spec).into(),
            live: Arc::clone(&live),
            events: Arc::clone(&events),
            metrics: Arc::new(Metrics::new()),
            storage: storage.clone(),
            submissions: submit,
            changes: mpsc::channel(1).0,
            states: answer_states(&world, &branch, 3),
        };
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("as tokio wants it");
        let listener = TcpListener::from_std(listener).expect("a port");
        let address = listener.local_addr().expect("bound");
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(serve(vec![listener], handle, options, async {
            let _ = stopped.await;
        }));
        let submissions = Some(submissions);
        let _directory = directory;
        Self {
            world,
            branch,
            live,
            events,
            storage,
            submissions,
            address,
            stop,
            serving,
            _directory,
        }
    }

    /// Returns the state that the routes of this API can use.
    fn app(&self) -> App {
        let (submissions, _) = mpsc::channel(1);
        let identity = identity(&self.world.spec);
        let (live, storage) = (Arc::clone(&self.live), self.storage.clone());
        let head = live.view().head;
        let events = Arc::new(Events::new(head, identity.spec.clone(), BTreeSet::new()));
        let metrics = Arc::new(Metrics::new());
        let identity = identity.into();
        let states = answer_states(&self.world, &self.branch, 3);
        let changes = mpsc::channel(1).0;
        let handle =
            Handle { identity, live, events, metrics, storage, submissions, changes, states };
        let rates = Rates::new(NonZeroU32::MIN);
        let stopping = watch::channel(false).1;
        let handing_over = HandingOver::new();
        let (hosts, document, lately) = ([].into(), Bytes::new(), Arc::default());
        App { handle, hosts, rates, handing_over, stopping, document, lately }
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
        let ends = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("a head") + 4;
        let head = std::str::from_utf8(&answer[..ends]).expect("text");
        let text = String::from_utf8_lossy(&answer[ends..]).into_owned();
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect(head);
        let plain = || if text.is_empty() { Value::Null } else { text.as_str().into() };
        let body = serde_json::from_str(&text).unwrap_or_else(|_| plain());
        let got = Got { status, head: head.to_ascii_lowercase(), body, text };
        let asked = String::from_utf8_lossy(bytes);
        let mut asked = asked.split(' ');
        let (method, target) = (asked.next().expect("a method"), asked.next().expect("a target"));
        document::assert_described(method, target, &got);
        got
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
        let chain = *self.world.spec.chain();
        tokio::spawn(async move {
            while let Some(Submission { transaction, reply, .. }) = submissions.recv().await {
                let checked = CheckedTransaction::new(transaction, &chain, UnwrapErr(SysRng));
                let _ = reply.send(checked.map(|checked| (checked.id(), outcome())));
            }
        });
    }

    /// Makes the chain up to a height final, as the driver does: on the disk, then told.
    fn finalize(&self, height: u64) {
        let batch = self.world.finalize(&self.branch, height);
        let tip = batch.finalized.as_ref().expect("one").tip;
        self.storage.write(&[batch]).expect("writes");
        let view = self.live.view();
        let before = view.finality.finalized;
        let event = Event::BlockFinal { tip, before, delay_ms: 90 };
        self.live.apply(&event, SystemTime::now());
        self.events.report(&event, None);
        let finality = FinalityView { finalized: tip, ..view.finality.clone() };
        self.live.publish(View { finality, ..view });
    }

    fn payment(&self) -> Transaction {
        self.world.payment(&self.branch, 0, 1, 2, 5)
    }

    fn accept(&self, transaction: Transaction) -> Arc<CheckedTransaction> {
        let chain = self.world.spec.chain();
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

fn identity(spec: &ChainSpec) -> Identity {
    Identity {
        spec: spec.clone(),
        network_key: None,
        name: Some("n1".into()),
        peer_id: "12D3".into(),
        authority: None,
        devnet: None,
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
