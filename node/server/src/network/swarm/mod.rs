//! The task that owns the swarm.

mod connections;
pub(super) mod diagnostics;
mod external_addresses;
mod genesis;
pub(super) mod requests;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::{Duration, Instant};

use coinage_protocol::engine::{AskedId, GossipToken, Outcome, PeerRef, RequestId};
use coinage_protocol::{ChainSpec, Topic, Verdict};
use futures::StreamExt;
use libp2p::gossipsub::{self, MessageAcceptance, MessageId};
use libp2p::metrics::{self, Recorder as _};
use libp2p::request_response::{InboundRequestId, OutboundRequestId, ResponseChannel};
use libp2p::swarm::{ConnectionId, SwarmEvent};
use libp2p::{Multiaddr, PeerId, Swarm, ping};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use self::connections::acquaintances;
use self::diagnostics::Mirror;
use self::external_addresses::Places;
use crate::metrics::Metrics;
use crate::network::address_book::Book;
use crate::network::behaviour::{self, Behaviour, BehaviourEvent};
use crate::network::dialer::Dialer;
use crate::network::doubles::Doubles;
use crate::network::listen::{Early, listen};
use crate::network::peers::Peers;
use crate::network::sending::Sending;
use crate::network::topics::Topics;
use crate::network::verify_pool::{Checks, answered};
use crate::network::{Command, NetworkError, NetworkSettings, Notice, Outlets};
use crate::workers::{Known, Sets};

/// Time between two looks of the task at the clock.
const TICK: Duration = Duration::from_millis(100);
/// Time after which the network judges a message itself: gossipsub forgets it after five seconds.
const VERDICT_TIMEOUT: Duration = Duration::from_secs(4);
/// Gossip messages that wait for a verdict at most.
const UNJUDGED_MAX: usize = 4096;
/// Time that a refused peer has to learn why.
const REFUSAL_TIME: Duration = Duration::from_millis(500);
/// Time that a ban lasts (SPEC X-4).
pub(crate) const BAN_TIME: Duration = Duration::from_secs(600);
/// Bans at a time at most.
const BANS_MAX: usize = 4096;
/// Notices that may wait here before the task stops reading from peers.
const OUTBOX: usize = 16;

/// The two request protocols.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Protocol {
    Status,
    Sync,
}

pub(super) struct Task {
    pub(super) swarm: Swarm<Behaviour>,
    pub(super) peers: Peers,
    pub(super) checks: Checks,
    pub(super) spec: ChainSpec,
    /// Number of answers with the genesis that are on their way.
    pub(super) giving: usize,
    mirror: Mirror,
    pub(in crate::network) places: Places,
    /// Notices that wait for room in the channel.
    pub(super) outbox: VecDeque<Notice>,
    /// Questions of peers that wait for an answer.
    pub(super) asked: BTreeMap<AskedId, (PeerRef, InboundRequestId, ResponseChannel<Vec<u8>>)>,
    pub(super) sending: Sending,
    pub(super) asked_last: u64,
    /// Questions of this node that wait for an answer, and what that will be about.
    pub(super) asks: HashMap<(Protocol, OutboundRequestId), (RequestId, Topic)>,
    topics: Topics,
    notices: mpsc::Sender<Notice>,
    commands: mpsc::Receiver<Command>,
    unjudged: BTreeMap<GossipToken, Unjudged>,
    token_last: u64,
    pub(super) dialer: Dialer,
    /// Host names that are being looked up.
    pub(super) lookups: JoinSet<(ConnectionId, Vec<Multiaddr>)>,
    pub(super) doubles: Doubles,
    pub(super) book: Option<Book>,
    /// Time when the book is written next.
    pub(super) book_due: Instant,
    pub(super) discovery: bool,
    early: Early,
    pub(super) refusals: Vec<(Instant, PeerId)>,
    metrics: metrics::Metrics,
    pub(super) bans: HashMap<PeerId, Instant>,
}

struct Unjudged {
    message: MessageId,
    source: PeerId,
    topic: Topic,
    since: Instant,
}

impl Task {
    /// Starts to listen. Gives the addresses back, with the peer id.
    pub(super) async fn start(
        settings: NetworkSettings,
        (sets, verified): (&Sets, &Known),
        metrics: &mut Metrics,
        commands: mpsc::Receiver<Command>,
        outlets: Outlets,
    ) -> Result<(Self, Vec<Multiaddr>), NetworkError> {
        let NetworkSettings {
            keypair,
            spec,
            key,
            listen: addresses,
            peers,
            external,
            discovery,
            book,
        } = settings;
        let (counted, connections) = (metrics.signature_checks(), metrics.connections());
        let registry = metrics.registry_mut();
        let key = key.as_ref();
        let mut swarm = behaviour::swarm(keypair, spec.chain(), key, registry, connections)?;
        let swarm_metrics = metrics::Metrics::new(registry);
        let own = *swarm.local_peer_id();
        let (addresses, early) = listen(&mut swarm, addresses).await?;
        let book = book.map(Book::open);
        let (dialer, friends) = acquaintances(own, discovery, &peers, book.as_ref());
        let limits = &mut swarm.behaviour_mut().limits;
        friends.into_iter().for_each(|friend| limits.befriend(friend));
        let mut task = Self {
            swarm,
            peers: Peers::new(own),
            topics: Topics::new(spec.chain()),
            checks: Checks::new(
                *spec.chain(),
                sets.clone(),
                verified.clone(),
                outlets.clone(),
                counted,
            ),
            spec,
            giving: 0,
            places: Places::new(own, &external, &addresses),
            mirror: Mirror::new(own, addresses.iter().cloned().chain(external)),
            outbox: VecDeque::new(),
            asked: BTreeMap::new(),
            sending: Sending::new(),
            asked_last: 0,
            asks: HashMap::new(),
            notices: outlets.notices,
            commands,
            unjudged: BTreeMap::new(),
            token_last: 0,
            dialer,
            lookups: JoinSet::new(),
            doubles: Doubles::default(),
            book,
            book_due: Instant::now(),
            discovery,
            early,
            refusals: Vec::new(),
            metrics: swarm_metrics,
            bans: HashMap::new(),
        };
        task.look_for_twins(&peers);
        Ok((task, addresses))
    }

    /// Runs until nobody can send commands any more.
    pub(super) async fn run(mut self) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let notices = self.notices.clone();
        std::mem::take(&mut self.early).into_iter().for_each(|event| self.on_event(event));
        loop {
            tokio::select! {
                biased;
                command = self.commands.recv() => match command {
                    Some(command) => self.perform(command),
                    None => break,
                },
                _ = tick.tick() => self.tick(Instant::now()),
                permit = notices.reserve(), if !self.outbox.is_empty() => {
                    match (permit, self.outbox.pop_front()) {
                        (Ok(permit), Some(notice)) => permit.send(notice),
                        _ => break,
                    }
                }
                Some(Ok((number, addresses))) = self.lookups.join_next() => {
                    self.on_looked_up(number, addresses);
                }
                event = self.swarm.select_next_some(), if self.outbox.len() < OUTBOX => {
                    self.on_event(event);
                }
            }
        }
        self.write_book(Instant::now());
    }

    fn perform(&mut self, command: Command) {
        match command {
            Command::Publish { topic, bytes } => self.publish(topic, bytes),
            Command::Judge { token, verdict } => self.judge(token, verdict),
            Command::Ask { peer, request, question } => self.ask(peer, request, &question),
            Command::Answer { asked, reply } => self.answer(asked, &reply),
            Command::Ban { peer } => self.ban(peer),
            Command::Refuse { peer } => self.refuse(peer),
            Command::Renew { peer } => {
                if let Some(id) = self.peers.id(peer) {
                    self.close(&id, "its gossip does not arrive");
                }
            }
            Command::Learn { peer, addresses } => self.learn(peer, &addresses),
        }
    }

    fn publish(&mut self, topic: Topic, bytes: Vec<u8>) {
        let topic = self.topics.of(topic).hash();
        // Nobody to tell, or told already: peers ask for what they miss.
        if let Err(error) = self.swarm.behaviour_mut().gossip.publish(topic, bytes) {
            tracing::debug!(%error, "gossip.not_published");
        }
    }

    fn judge(&mut self, token: GossipToken, verdict: Verdict) {
        if let Some(Unjudged { message, source, topic, .. }) = self.unjudged.remove(&token) {
            if verdict == Verdict::Accept {
                self.swarm.behaviour_mut().limits.brought(&source, topic, Instant::now());
            }
            self.report(&message, &source, verdict);
        }
    }

    fn report(&mut self, message: &MessageId, source: &PeerId, verdict: Verdict) {
        let acceptance = match verdict {
            Verdict::Accept => MessageAcceptance::Accept,
            Verdict::Ignore => MessageAcceptance::Ignore,
            Verdict::Reject => MessageAcceptance::Reject,
        };
        let gossip = &mut self.swarm.behaviour_mut().gossip;
        gossip.report_message_validation_result(message, source, acceptance);
    }

    fn ban(&mut self, peer: PeerRef) {
        let Some(id) = self.peers.id(peer) else { return };
        self.lock_out(id, BAN_TIME);
        self.close(&id, "banned");
    }

    /// Takes no connection to or from a peer for a while.
    pub(super) fn lock_out(&mut self, id: PeerId, time: Duration) {
        if self.bans.len() >= BANS_MAX {
            let first = self.bans.iter().min_by_key(|(_, until)| **until).map(|(id, _)| *id);
            first.into_iter().for_each(|id| self.unban(&id));
        }
        self.bans.insert(id, Instant::now() + time);
        self.swarm.behaviour_mut().blocked.block_peer(id);
    }

    /// Closes all connections to a peer.
    pub(super) fn close(&mut self, id: &PeerId, why: &'static str) {
        self.peers.closing(id, why);
        // If it is gone already, so much the better.
        let _ = self.swarm.disconnect_peer_id(*id);
    }

    fn unban(&mut self, id: &PeerId) {
        self.bans.remove(id);
        self.swarm.behaviour_mut().blocked.unblock_peer(*id);
    }

    fn refuse(&mut self, peer: PeerRef) {
        let Some(id) = self.peers.id(peer) else { return };
        if self.peers.refuse(&id) {
            self.refusals.push((Instant::now() + REFUSAL_TIME, id));
        }
    }

    fn tick(&mut self, now: Instant) {
        let refused: Vec<_> = self.refusals.extract_if(.., |(due, _)| *due <= now).collect();
        refused.iter().for_each(|(_, id)| self.close(id, "refused"));
        let over: Vec<_> =
            self.bans.iter().filter(|(_, until)| **until <= now).map(|(id, _)| *id).collect();
        over.iter().for_each(|id| self.unban(id));
        for connection in self.peers.surplus(now) {
            self.swarm.close_connection(connection);
        }
        let late = |unjudged: &Unjudged| now.duration_since(unjudged.since) >= VERDICT_TIMEOUT;
        let late: Vec<_> =
            self.unjudged.iter().filter(|(_, one)| late(one)).map(|(token, _)| *token).collect();
        late.into_iter().for_each(|token| self.judge(token, Verdict::Ignore));
        self.asked.retain(|_, (.., channel)| channel.is_open());
        self.look_for_floods();
        self.check_calls(now);
        self.dial(now);
        if self.book_due <= now {
            self.write_book(now);
        }
    }

    fn on_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        self.metrics.record(&event);
        match &event {
            SwarmEvent::Behaviour(BehaviourEvent::Gossip(event)) => self.metrics.record(event),
            SwarmEvent::Behaviour(BehaviourEvent::Ping(event)) => self.metrics.record(event),
            _ => self.on_place(&event),
        }
        match event {
            SwarmEvent::Behaviour(BehaviourEvent::Gossip(gossipsub::Event::Message {
                propagation_source,
                message_id,
                message,
            })) => self.on_gossip(propagation_source, message_id, message),
            SwarmEvent::Behaviour(BehaviourEvent::Gossip(gossipsub::Event::SlowPeer {
                peer_id,
                ..
            })) if self.peers.takes_no_gossip(&peer_id, Instant::now()) => {
                self.close(&peer_id, "it takes no gossip");
            }
            SwarmEvent::Behaviour(BehaviourEvent::Status(event)) => {
                self.on_request(Protocol::Status, event);
            }
            SwarmEvent::Behaviour(BehaviourEvent::Sync(event)) => {
                self.on_request(Protocol::Sync, event);
            }
            SwarmEvent::Behaviour(BehaviourEvent::Genesis(event)) => self.on_genesis(event),
            SwarmEvent::Behaviour(BehaviourEvent::Ping(event)) => self.on_ping(&event),
            SwarmEvent::Behaviour(BehaviourEvent::Limits(guest)) => {
                self.close(&guest, "made room for another");
            }
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. } => {
                self.on_opened(peer_id, connection_id, &endpoint);
            }
            SwarmEvent::ConnectionClosed { peer_id, connection_id, endpoint, cause, .. } => {
                let reason = cause.map_or_else(|| "closed".into(), |cause| cause.to_string());
                self.on_closed(&peer_id, connection_id, &endpoint, reason);
            }
            SwarmEvent::OutgoingConnectionError { connection_id, error, .. } => {
                self.on_dial_failed(connection_id, &error);
            }
            SwarmEvent::IncomingConnectionError { send_back_addr, error, .. } => {
                self.on_call_failed(send_back_addr, &error);
            }
            _ => {}
        }
    }

    fn on_gossip(&mut self, source: PeerId, message: MessageId, content: gossipsub::Message) {
        let peer = self.peers.number(&source);
        let topic = self.topics.named(&content.topic);
        self.token_last += 1;
        let token = GossipToken(self.token_last);
        if let (Some(peer), Some(topic)) = (peer, topic)
            && self.unjudged.len() < UNJUDGED_MAX
            && self.checks.gossip(peer, token, topic, content.data)
        {
            self.unjudged.insert(token, Unjudged { message, source, topic, since: Instant::now() });
        } else {
            self.report(&message, &source, Verdict::Ignore);
        }
    }

    fn on_ping(&mut self, event: &ping::Event) {
        if let Ok(latency) = event.result {
            self.swarm.behaviour_mut().limits.answered(event.connection, latency);
        }
        let alive =
            !matches!(event.result, Err(ping::Failure::Timeout | ping::Failure::Other { .. }));
        if self.peers.probed(&event.peer, event.connection, alive, Instant::now()) {
            self.swarm.close_connection(event.connection);
        }
    }

    /// Reports that a question has no answer.
    pub(super) fn unanswered(&mut self, request: RequestId) {
        self.outbox.push_back(answered(request, Outcome::None));
    }
}
