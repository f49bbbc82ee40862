//! A node's part in the network without the node.

use std::time::Duration;

use coinage_keys::NetworkKey;
use coinage_protocol::engine::{
    AskedId, GossipToken, Input, Outcome, PeerRef, Question, RequestId,
};
use coinage_protocol::limits::{GENESIS_BALANCES_MAX, GENESIS_TOKENS_MAX};
use coinage_protocol::{
    Amount, Body, Bounded, ChainSpec, CheckedGossip, Genesis, Height, KeySignature, Lock, Offence,
    Request, Rules, SecretKey, Slot, Status, Text, Tip, Topic, Transaction, TransactionBatch,
    UnixMillis, Verdict, Witness, encode,
};
use libp2p::Multiaddr;
use libp2p::identity::Keypair;
use tokio::time::timeout;

use crate::metrics::Metrics;
use crate::network::{Command, Link, NetworkSettings, Notice, start};

/// Time that a test waits at most: enough for a loaded machine; nothing waits for it when all is
/// well.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

pub(super) struct Node {
    pub(super) link: Link,
    pub(super) keypair: Keypair,
}

impl Node {
    pub(super) async fn start(spec: &ChainSpec, peers: &[&Self]) -> Self {
        let peers = peers.iter().map(|peer| peer.address()).collect();
        Self::start_as(spec, Keypair::generate_ed25519(), "/ip4/127.0.0.1/tcp/0", peers).await
    }

    pub(super) async fn start_as(
        spec: &ChainSpec,
        keypair: Keypair,
        listen: &str,
        peers: Vec<Multiaddr>,
    ) -> Self {
        Self::start_with(spec, keypair, None, listen, peers).await
    }

    pub(super) async fn start_with(
        spec: &ChainSpec,
        keypair: Keypair,
        key: Option<NetworkKey>,
        listen: &str,
        peers: Vec<Multiaddr>,
    ) -> Self {
        let settings = NetworkSettings {
            keypair: keypair.clone(),
            spec: spec.clone(),
            key,
            listen: vec![listen.parse().expect("an address")],
            peers,
            external: Vec::new(),
            discovery: false,
            book: None,
        };
        Self { link: start(settings, &mut Metrics::new()).await.expect("a free port"), keypair }
    }

    pub(super) fn address(&self) -> Multiaddr {
        self.link.addresses[0].clone()
    }

    /// Stops and gives back where it listened, so that another can take its place.
    pub(super) async fn stop(self) -> (Keypair, String) {
        let mut address = self.address();
        address.pop();
        let Link { commands, notices, transactions, task, .. } = self.link;
        drop((commands, notices, transactions));
        task.await.expect("it ends");
        (self.keypair, address.to_string())
    }

    pub(super) async fn send(&self, command: Command) {
        self.link.commands.send(command).await.expect("it runs");
    }

    pub(super) async fn publish(&self, bytes: Vec<u8>) {
        self.publish_on(Topic::Transactions, bytes).await;
    }

    pub(super) async fn publish_on(&self, topic: Topic, bytes: Vec<u8>) {
        self.send(Command::Publish { topic, bytes }).await;
    }

    /// Returns the next notice that fits, passing over others.
    pub(super) async fn expect<T>(&mut self, what: &str, fits: impl Fn(Notice) -> Option<T>) -> T {
        let found = async {
            loop {
                let notice = tokio::select! {
                    notice = self.link.notices.recv() => notice,
                    notice = self.link.transactions.recv() => notice,
                };
                let notice = notice.expect("it runs");
                if let Some(found) = fits(notice) {
                    return found;
                }
            }
        };
        timeout(PATIENCE, found).await.unwrap_or_else(|_| panic!("no {what}"))
    }

    pub(super) async fn connected(&mut self) -> PeerRef {
        self.expect("connection", |notice| match notice {
            Notice::Connected { peer, .. } => Some(peer),
            _ => None,
        })
        .await
    }

    pub(super) async fn disconnected(&mut self) -> PeerRef {
        self.expect("disconnection", |notice| match notice {
            Notice::Disconnected { peer, .. } => Some(peer),
            _ => None,
        })
        .await
    }

    pub(super) async fn gossip(&mut self) -> (GossipToken, Option<Offence>) {
        self.expect("gossip", |notice| match notice {
            Notice::Input(Input::Gossip { token, message, .. }) => {
                Some((token, message.err().map(|rejection| rejection.offence)))
            }
            _ => None,
        })
        .await
    }

    pub(super) async fn outcome(&mut self) -> Outcome {
        self.expect("outcome", |notice| match notice {
            Notice::Input(Input::Answered { outcome, .. }) => Some(outcome),
            _ => None,
        })
        .await
    }

    pub(super) async fn ask(&self, peer: PeerRef, question: Question) {
        self.send(Command::Ask { peer, request: RequestId(1), question }).await;
    }

    pub(super) async fn asked(&mut self) -> (AskedId, Question) {
        self.expect("question", |notice| match notice {
            Notice::Input(Input::Asked { asked, question, .. }) => Some((asked, question)),
            _ => None,
        })
        .await
    }

    /// Publishes new messages until one arrives: a mesh takes a moment to form.
    pub(super) async fn reaches(&self, other: &mut Self, spec: &ChainSpec) {
        for salt in 1_000.. {
            self.publish(batch(spec, salt)).await;
            let arrives = other.gossip();
            if let Ok((token, offence)) = timeout(Duration::from_millis(200), arrives).await {
                assert_eq!(offence, None);
                return other.send(Command::Judge { token, verdict: Verdict::Accept }).await;
            }
            assert!(salt < 1_150, "nothing arrives");
        }
    }
}

pub(in crate::network) fn chain_spec(name: &str) -> ChainSpec {
    let genesis = Genesis {
        version: 1,
        name: Text::try_from(name).expect("short"),
        time: UnixMillis::new(0),
        slot_ms: 500,
        authorities: Bounded::first_of([SecretKey::new([1; 32]).public()]),
        rules: Rules {
            lifetime_ms_max: 3_600_000,
            balances_max: 1000,
            tokens_max: 10,
            creators: None,
            fee: None,
            growth: None,
            policies: None,
        },
        tokens: Bounded::<_, GENESIS_TOKENS_MAX>::default(),
        balances: Bounded::<_, GENESIS_BALANCES_MAX>::default(),
        charters: Bounded::default(),
    };
    ChainSpec::new(genesis).expect("a valid genesis")
}

pub(super) fn status(spec: &ChainSpec) -> Status {
    let hash = spec.genesis_hash();
    Status {
        version: 1,
        chain: *spec.chain(),
        genesis: hash,
        head: Tip { height: Height::new(0), slot: Slot::new(0), hash },
        time: UnixMillis::new(7),
        agent: Text::default(),
        addresses: Bounded::default(),
    }
}

/// Returns a valid gossip message, another for each salt.
pub(super) fn batch(spec: &ChainSpec, salt: u64) -> Vec<u8> {
    encode(&TransactionBatch::first_of([transaction(spec, salt, 1)]))
}

pub(super) fn waiting_ids() -> Question {
    Question::Request(Request::Waiting { after: None })
}

pub(super) fn transaction(spec: &ChainSpec, salt: u64, actions: usize) -> Transaction {
    let key = SecretKey::new([2; 32]);
    let lock = Lock::Key(key.public());
    let burn = coinage_protocol::Action::Burn {
        token: "COIN".parse().expect("a symbol"),
        from: lock.address(),
        amount: Amount::try_from(1_u128).expect("a small amount"),
    };
    let body = Body {
        sender: lock.address(),
        salt,
        expires_at: UnixMillis::new(1),
        actions: Bounded::first_of(std::iter::repeat_n(burn, actions)),
        memo: Text::default(),
    };
    let signature = key.sign(body.id(spec.chain()).as_bytes());
    let signatures = Bounded::first_of([KeySignature { key: 0, signature }]);
    Transaction { body, witnesses: Bounded::first_of([Witness { lock, signatures }]) }
}

pub(super) fn salt_of(message: &CheckedGossip) -> u64 {
    match message {
        CheckedGossip::Transactions(batch) => batch[0].transaction().body.salt,
        CheckedGossip::Block(_)
        | CheckedGossip::Ballot(_)
        | CheckedGossip::OfUnknown { .. }
        | CheckedGossip::Uncertified { .. } => panic!("nobody sends these here"),
    }
}
