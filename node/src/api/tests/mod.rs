//! The API over real HTTP on a real, small, stored chain. The tests play the driver.

mod following;
mod guarding;
mod reading;
mod submitting;

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
use crate::events::Events;
use crate::handle::{Identity, Submission};
use crate::live::Live;
use crate::metrics::Metrics;
use crate::model::transaction::TransactionJson;
use crate::storage::Storage;
use crate::storage::testing::{Branch, World, symbol, user};

/// A served API, and what stands behind it.
struct Served {
    world: World,
    branch: Branch,
    live: Arc<Live>,
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
        let events = Arc::new(Events::new(branch.tip, world.network.clone()));
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
            events: Arc::clone(&events),
            metrics: Arc::new(Metrics::new()),
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
