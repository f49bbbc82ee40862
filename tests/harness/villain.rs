//! A peer that speaks the node's protocols with bytes of the test's choice, good or bad.
//!
//! Gossip is written by hand, frame by frame, so that nothing here refuses to send what an honest
//! program would not.

pub(crate) mod from;
mod raw;
mod task;

use std::collections::VecDeque;
use std::net::Ipv4Addr;

use coinage_protocol::limits::WIRE_VERSION;
use coinage_protocol::{
    Answer, ChainSpec, Height, Request, Slot, Status, Text, Tip, Topic, UnixMillis, decode, encode,
};
use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use libp2p::identity::Keypair;
use libp2p::{Multiaddr, PeerId};
use tokio::time::timeout;

pub use self::raw::{Raw, frame, signed_frame, words};
pub use self::task::{Happening, Order, Speech};
use crate::single_node::{PATIENCE, SingleNode};

/// A villain's answers to questions: nothing, if `None`.
pub type Script = Box<dyn FnMut(Speech, &[u8]) -> Option<Vec<u8>> + Send>;

/// A peer of one node.
#[derive(Debug)]
pub struct Villain {
    /// Peer id of the villain.
    pub id: PeerId,
    spec: ChainSpec,
    orders: UnboundedSender<Order>,
    happenings: UnboundedReceiver<Happening>,
    /// Events that happened while something else was waited for.
    earlier: VecDeque<Happening>,
    gossip: Option<UnboundedSender<Vec<u8>>>,
}

impl Villain {
    /// A new peer, connected to a node.
    ///
    /// # Panics
    ///
    /// If the node does not take it.
    pub async fn connect(node: &SingleNode, script: Script) -> Self {
        let mut villain = Self::dial(node, Keypair::generate_ed25519(), script);
        assert!(villain.is_connected().await, "the node takes no peer\n{}", node.log());
        villain
    }

    /// A peer of a certain name that tries to connect.
    pub fn dial(node: &SingleNode, keypair: Keypair, script: Script) -> Self {
        Self::dial_from(None, &node.spec, node.p2p(), keypair, script)
    }

    /// Dials any node, from another address of this machine.
    pub fn dial_from(
        from: Option<Ipv4Addr>,
        spec: &ChainSpec,
        node: Multiaddr,
        keypair: Keypair,
        script: Script,
    ) -> Self {
        let id = keypair.public().to_peer_id();
        let (orders, taken) = unbounded();
        let (given, happenings) = unbounded();
        let spec = spec.clone();
        tokio::spawn(task::run(keypair, *spec.chain(), node, from, script, taken, given));
        Self { id, spec, orders, happenings, earlier: VecDeque::new(), gossip: None }
    }

    /// Checks whether the connection comes about.
    pub async fn is_connected(&mut self) -> bool {
        self.until(|happening| match happening {
            Happening::Connected => Some(true),
            Happening::Gone(_) => Some(false),
            _ => None,
        })
        .await
    }

    /// The name of the villain as the node writes it.
    pub fn name(&self) -> String {
        self.id.to_string()
    }

    /// The name of a topic of the node's network.
    pub fn topic(&self, topic: Topic) -> String {
        format!("/coinage/{}/{WIRE_VERSION}/{}", self.spec.chain(), topic.name())
    }

    /// Sends a gossip message.
    pub fn gossip(&mut self, topic: &str, data: &[u8]) {
        self.gossip_frame(frame(topic, data));
    }

    /// Sends bytes where gossip is expected.
    pub fn gossip_frame(&mut self, bytes: Vec<u8>) {
        if self.gossip.is_none() {
            let (feed, feeding) = unbounded();
            self.order(Order::Ask(Speech::Gossip, Raw::Feed(feeding)));
            self.gossip = Some(feed);
        }
        // After a ban nobody reads any more.
        let _ = self.gossip.as_ref().map(|feed| feed.unbounded_send(bytes));
    }

    /// Asks something without waiting for the answer.
    pub fn ask(&self, speech: Speech, raw: Raw) {
        self.order(Order::Ask(speech, raw));
    }

    /// Waits for a question of the node.
    pub async fn asked(&mut self, speech: Speech) -> Vec<u8> {
        self.until(|happening| match happening {
            Happening::Asked(of, question) if *of == speech => Some(question.clone()),
            _ => None,
        })
        .await
    }

    /// The next answer of that kind to come, or why there is none.
    pub async fn answered(&mut self, speech: Speech) -> Result<Vec<u8>, String> {
        self.until(|happening| match happening {
            Happening::Answered(of, answer) if *of == speech => Some(answer.clone()),
            _ => None,
        })
        .await
    }

    /// Asks honestly, and gets an answer.
    ///
    /// # Panics
    ///
    /// If the node gives none.
    pub async fn request(&mut self, request: &Request) -> Answer {
        self.ask(Speech::Sync, Raw::Bytes(encode(request)));
        let bytes = self.answered(Speech::Sync).await.expect("an answer");
        decode(&bytes, usize::MAX).expect("a proper answer")
    }

    /// Tells the node where this peer stands, and hears where the node does.
    ///
    /// # Panics
    ///
    /// If the node does not say.
    pub async fn exchange(&mut self, status: &Status) -> Status {
        self.ask(Speech::Status, Raw::Bytes(encode(status)));
        let bytes = self.answered(Speech::Status).await.expect("an answer");
        decode(&bytes, usize::MAX).expect("a proper status")
    }

    /// Stays for as long as the node keeps it.
    pub async fn stay(&mut self) {
        while let Some(happening) = self.happenings.next().await {
            if matches!(happening, Happening::Gone(_)) {
                return;
            }
        }
    }

    /// Waits until the node has closed the connection.
    pub async fn gone(&mut self) {
        self.until(|happening| matches!(happening, Happening::Gone(_)).then_some(())).await;
    }

    /// Waits for something to happen.
    ///
    /// # Panics
    ///
    /// If it does not.
    pub async fn until<T>(&mut self, fits: impl Fn(&Happening) -> Option<T>) -> T {
        if let Some(at) = self.earlier.iter().position(|one| fits(one).is_some())
            && let Some(found) = self.earlier.remove(at).as_ref().and_then(&fits)
        {
            return found;
        }
        let found = async {
            loop {
                let happening = self.happenings.next().await.expect("the task runs");
                if let Some(found) = fits(&happening) {
                    return found;
                }
                self.earlier.push_back(happening);
            }
        };
        let found = timeout(PATIENCE, found).await;
        found.unwrap_or_else(|_| panic!("not in time; {} happened {:?}", self.id, self.earlier))
    }

    fn order(&self, order: Order) {
        self.orders.unbounded_send(order).expect("the task runs");
    }
}

/// The status of a peer that claims this head.
pub fn status(spec: &ChainSpec, head: Tip) -> Status {
    let now = std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH);
    Status {
        version: WIRE_VERSION,
        chain: *spec.chain(),
        genesis: spec.genesis_hash(),
        head,
        time: now.map_or(UnixMillis::new(0), |now| {
            UnixMillis::new(u64::try_from(now.as_millis()).unwrap_or(0))
        }),
        agent: Text::default(),
        addresses: coinage_protocol::Bounded::default(),
    }
}

/// The place of block 0.
pub fn genesis(spec: &ChainSpec) -> Tip {
    Tip { height: Height::new(0), slot: Slot::new(0), hash: spec.genesis_hash() }
}

/// Answers to statuses with this head, and to nothing else.
pub fn claiming(spec: &ChainSpec, head: Tip) -> Script {
    let spec = spec.clone();
    Box::new(move |speech, _| (speech == Speech::Status).then(|| encode(&status(&spec, head))))
}

/// Claims this head, and answers every other question with what `serve` makes of it.
pub fn serving(
    spec: &ChainSpec,
    head: Tip,
    mut serve: impl FnMut(Request) -> Option<Vec<u8>> + Send + 'static,
) -> Script {
    let spec = spec.clone();
    Box::new(move |speech, bytes| match speech {
        Speech::Status => Some(encode(&status(&spec, head))),
        Speech::Sync => serve(decode(bytes, bytes.len()).expect("the node asks properly")),
        Speech::Gossip => None,
    })
}
