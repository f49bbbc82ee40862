//! A peer of another program, which knows only what SPEC says of the wire.

use std::collections::BTreeSet;

use coinage_protocol::engine::Reply;
use coinage_protocol::limits::STATUS_BYTES_MAX;
use coinage_protocol::{ChainSpec, encode};
use futures::StreamExt;
use libp2p::identify;
use libp2p::identity::Keypair;
use libp2p::request_response::{
    Behaviour, Config, Event, Message, OutboundFailure, ProtocolSupport,
};
use libp2p::swarm::SwarmEvent;
use libp2p::{PeerId, StreamProtocol, Swarm, SwarmBuilder};
use tokio::time::timeout;

use super::support::{Node, PATIENCE, chain_spec, status};
use super::swarm;
use crate::network::Command;
use crate::network::behaviour::BehaviourEvent;
use crate::network::codec::BoundedCodec;
use crate::network::transport::transport;

/// Questions of one protocol that a connection may have open at once (SPEC N-9).
const OPEN_MAX: usize = 8;

/// Peer that asks for the status and has no bounds of its own.
struct Asker {
    swarm: Swarm<Behaviour<BoundedCodec>>,
    node: PeerId,
}

impl Asker {
    fn of(node: &Node) -> Self {
        let config = Config::default().with_request_timeout(PATIENCE);
        let codec = BoundedCodec { request_bytes_max: 0, response_bytes_max: STATUS_BYTES_MAX };
        let status = (StreamProtocol::new("/coinage/status/1"), ProtocolSupport::Outbound);
        let behaviour = Behaviour::with_codec(codec, [status], config);
        let mut swarm = SwarmBuilder::with_existing_identity(Keypair::generate_ed25519())
            .with_tokio()
            .with_other_transport(|keypair| transport(keypair, None))
            .expect("a transport")
            .with_behaviour(|_| behaviour)
            .expect("a behaviour")
            .with_swarm_config(|config| config.with_idle_connection_timeout(PATIENCE))
            .build();
        let id = node.keypair.public().to_peer_id();
        swarm.add_peer_address(id, node.address());
        Self { swarm, node: id }
    }

    fn ask(&mut self, bytes: Vec<u8>) {
        self.swarm.behaviour_mut().send_request(&self.node, bytes);
    }

    /// Returns the next outcome of a question: the answer, or why there is none.
    async fn outcome(&mut self) -> Result<Vec<u8>, OutboundFailure> {
        loop {
            match self.swarm.select_next_some().await {
                SwarmEvent::Behaviour(Event::Message {
                    message: Message::Response { response, .. },
                    ..
                }) => return Ok(response),
                SwarmEvent::Behaviour(Event::OutboundFailure { error, .. }) => return Err(error),
                _ => {}
            }
        }
    }

    /// Returns the next outcome, which must come in time.
    async fn told(&mut self) -> Result<Vec<u8>, OutboundFailure> {
        timeout(PATIENCE, self.outcome()).await.expect("an outcome in time")
    }
}

#[tokio::test]
async fn a_node_speaks_the_protocols_that_the_rules_name() {
    // SPEC N-1, N-7, N-9, N-10
    let spec = chain_spec("one");
    let node = Node::start(&spec, &[]).await;
    let mut stranger = swarm(&spec);
    stranger.dial(node.address()).expect("an address");
    let told = async {
        loop {
            let event = stranger.select_next_some().await;
            if let SwarmEvent::Behaviour(BehaviourEvent::Identify(identify::Event::Received {
                info,
                ..
            })) = event
            {
                return info.protocols;
            }
        }
    };
    let told = timeout(PATIENCE, told).await.expect("it says so");
    let told: BTreeSet<String> = told.iter().map(ToString::to_string).collect();
    let sync = format!("/coinage/{}/3/sync", spec.chain());
    let expected = [
        "/coinage/genesis/1",
        "/coinage/status/1",
        &sync,
        "/ipfs/id/1.0.0",
        "/ipfs/ping/1.0.0",
        "/meshsub/1.0.0",
        "/meshsub/1.1.0",
        "/meshsub/1.2.0",
        "/meshsub/1.3.0",
    ];
    let missing: Vec<_> = expected.iter().filter(|name| !told.contains(**name)).collect();
    assert!(missing.is_empty(), "{missing:?} are missing in {told:?}");
}

#[tokio::test]
async fn eight_questions_may_be_open_at_once_and_a_ninth_is_refused_alone() {
    // SPEC N-9
    let spec = chain_spec("one");
    let mut node = Node::start(&spec, &[]).await;
    let mut asker = Asker::of(&node);
    for _ in 0..=OPEN_MAX {
        asker.ask(encode(&status(&spec)));
    }
    // The node says nothing yet, so that all of them are open.
    assert!(asker.told().await.is_err(), "the ninth is not answered");
    for _ in 0..OPEN_MAX {
        let (told, ()) = tokio::join!(asker.told(), answers(&mut node, &spec));
        assert_eq!(told.ok(), Some(encode(&status(&spec))));
    }
}

#[tokio::test]
async fn a_question_that_ends_too_early_gets_an_answer_of_no_bytes() {
    // SPEC N-9, X-1
    let spec = chain_spec("one");
    let mut node = Node::start(&spec, &[]).await;
    let mut asker = Asker::of(&node);
    let whole = encode(&status(&spec));
    for end in [0, 1, 100, whole.len() - 1] {
        asker.ask(whole[..end].to_vec());
        assert_eq!(asker.told().await.ok(), Some(Vec::new()), "{end}");
    }
    asker.ask(whole.clone());
    let (told, ()) = tokio::join!(asker.told(), answers(&mut node, &spec));
    assert_eq!(told.ok(), Some(whole), "it is still talked to");
}

/// Answers the next question for the status.
async fn answers(node: &mut Node, spec: &ChainSpec) {
    let (asked, _) = node.asked().await;
    node.send(Command::Answer { asked, reply: Reply::Status(Box::new(status(spec))) }).await;
}
