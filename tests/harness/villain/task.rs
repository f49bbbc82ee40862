//! The swarm of a villain.

use std::net::Ipv4Addr;
use std::time::Duration;

use coinage_protocol::ChainId;
use coinage_protocol::limits::WIRE_VERSION;
use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender};
use libp2p::core::Transport;
use libp2p::core::upgrade::Version;
use libp2p::identity::Keypair;
use libp2p::request_response::{
    Behaviour as Requests, Config, Event, Message, ProtocolSupport, ResponseChannel,
};
use libp2p::swarm::{NetworkBehaviour, SwarmEvent};
use libp2p::{Multiaddr, PeerId, StreamProtocol, Swarm, SwarmBuilder, noise, yamux};

use super::Script;
use super::from::From;
use super::raw::{Raw, RawCodec};

const LONG: Duration = Duration::from_secs(600);
const STREAMS_MAX: usize = 512;

/// The protocols of a node.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Speech {
    /// The protocol by which peers tell where they stand.
    Status,
    /// The protocol of everything else that peers ask.
    Sync,
    /// The protocol of news.
    Gossip,
}

/// An order to a villain.
#[derive(Debug)]
pub enum Order {
    /// Open a stream and write this on it.
    Ask(Speech, Raw),
}

/// An event that happened to a villain.
#[derive(Debug)]
pub enum Happening {
    /// The node took the connection.
    Connected,
    /// The connection is closed, or could not be made.
    Gone(String),
    /// The node asked something; the script answers.
    Asked(Speech, Vec<u8>),
    /// The node answered, or not.
    Answered(Speech, Result<Vec<u8>, String>),
}

#[derive(NetworkBehaviour)]
struct Behaviour {
    status: Requests<RawCodec>,
    sync: Requests<RawCodec>,
    gossip: Requests<RawCodec>,
}

/// Connects, and lives until nobody can give orders any more.
pub(super) async fn run(
    keypair: Keypair,
    chain: ChainId,
    node: Multiaddr,
    from: Option<Ipv4Addr>,
    script: Script,
    mut orders: UnboundedReceiver<Order>,
    happenings: UnboundedSender<Happening>,
) {
    let mut swarm = swarm(keypair, &chain, from);
    let Some(libp2p::multiaddr::Protocol::P2p(target)) = node.iter().last() else { return };
    swarm.dial(node).expect("an address");
    let mut task = Task { swarm, target, script, happenings, silent: Vec::new(), open: 0 };
    loop {
        tokio::select! {
            order = orders.next() => match order {
                Some(Order::Ask(speech, raw)) => task.ask(speech, raw),
                None => return,
            },
            event = task.swarm.select_next_some() => task.on_event(event),
        }
    }
}

struct Task {
    swarm: Swarm<Behaviour>,
    target: PeerId,
    script: Script,
    happenings: UnboundedSender<Happening>,
    /// Questions that stay open because the script says nothing.
    silent: Vec<ResponseChannel<Vec<u8>>>,
    open: u32,
}

impl Task {
    fn requests(&mut self, speech: Speech) -> &mut Requests<RawCodec> {
        let behaviour = self.swarm.behaviour_mut();
        match speech {
            Speech::Status => &mut behaviour.status,
            Speech::Sync => &mut behaviour.sync,
            Speech::Gossip => &mut behaviour.gossip,
        }
    }

    fn ask(&mut self, speech: Speech, raw: Raw) {
        let target = self.target;
        if self.open > 0 {
            self.requests(speech).send_request(&target, raw);
        } else {
            self.tell(Happening::Answered(speech, Err("not connected".into())));
        }
    }

    fn on_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::ConnectionEstablished { .. } => {
                self.open += 1;
                self.tell(Happening::Connected);
            }
            SwarmEvent::ConnectionClosed { cause, num_established, .. } => {
                self.open = num_established;
                self.tell(Happening::Gone(format!("{cause:?}")));
            }
            SwarmEvent::OutgoingConnectionError { error, .. } => {
                self.tell(Happening::Gone(error.to_string()));
            }
            SwarmEvent::Behaviour(BehaviourEvent::Status(event)) => {
                self.on_request(Speech::Status, event);
            }
            SwarmEvent::Behaviour(BehaviourEvent::Sync(event)) => {
                self.on_request(Speech::Sync, event);
            }
            SwarmEvent::Behaviour(BehaviourEvent::Gossip(event)) => {
                self.on_request(Speech::Gossip, event);
            }
            _ => {}
        }
    }

    fn on_request(&mut self, speech: Speech, event: Event<Raw, Vec<u8>>) {
        match event {
            Event::Message { message: Message::Request { request, channel, .. }, .. } => {
                let Raw::Bytes(bytes) = request else { return };
                match (self.script)(speech, &bytes) {
                    // The node may be gone.
                    Some(answer) => drop(self.requests(speech).send_response(channel, answer)),
                    None => self.silent.push(channel),
                }
                self.tell(Happening::Asked(speech, bytes));
            }
            Event::Message { message: Message::Response { response, .. }, .. } => {
                self.tell(Happening::Answered(speech, Ok(response)));
            }
            Event::OutboundFailure { error, .. } => {
                self.tell(Happening::Answered(speech, Err(error.to_string())));
            }
            Event::InboundFailure { .. } | Event::ResponseSent { .. } => {}
        }
    }

    fn tell(&self, happening: Happening) {
        // The test may be over.
        let _ = self.happenings.unbounded_send(happening);
    }
}

fn swarm(keypair: Keypair, chain: &ChainId, from: Option<Ipv4Addr>) -> Swarm<Behaviour> {
    let named =
        |name: String| StreamProtocol::try_from_owned(name).expect("it begins with a slash");
    let requests = |name: String, deaf| {
        let config =
            Config::default().with_request_timeout(LONG).with_max_concurrent_streams(STREAMS_MAX);
        Requests::with_codec(RawCodec { deaf }, [(named(name), ProtocolSupport::Full)], config)
    };
    let behaviour = Behaviour {
        status: requests("/coinage/status/1".into(), false),
        sync: requests(format!("/coinage/{chain}/{WIRE_VERSION}/sync"), false),
        gossip: requests("/meshsub/1.1.0".into(), true),
    };
    let mut streams = yamux::Config::default();
    streams.set_max_num_streams(STREAMS_MAX);
    let from = From(from.unwrap_or(Ipv4Addr::UNSPECIFIED));
    SwarmBuilder::with_existing_identity(keypair)
        .with_tokio()
        .with_other_transport(|keypair| {
            let noise = noise::Config::new(keypair).expect("an identity");
            from.upgrade(Version::V1Lazy).authenticate(noise).multiplex(streams)
        })
        .expect("TCP")
        .with_behaviour(|_| behaviour)
        .expect("three protocols")
        .with_swarm_config(|config| config.with_idle_connection_timeout(LONG))
        .build()
}
