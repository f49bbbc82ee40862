//! Real swarms on 127.0.0.1.

mod ballots;
mod crowding;
mod largest;
mod private;
pub(in crate::network) mod support;
mod wire;

use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};

use coinage_protocol::engine::{Input, Outcome, PeerRef, Question, Reply, RequestId};
use coinage_protocol::limits::STATUS_BYTES_MAX;
use coinage_protocol::{Answer, Bounded, ChainSpec, Offence, Verdict, encode};
use futures::StreamExt;
use libp2p::identity::Keypair;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::SwarmEvent;
use libp2p::{Multiaddr, Swarm};
use prometheus_client::registry::Registry;
use tokio::net::{TcpListener, TcpSocket};
use tokio::time::timeout;

use self::support::{Node, PATIENCE, batch, chain_spec, salt_of, status, waiting_ids};
use super::behaviour::{self, Behaviour};
use super::{Command, FetchError, NetworkError, NetworkSettings, Notice, fetch_genesis, start};
use crate::metrics::{ConnectionCounts, Metrics};

/// Returns the swarm of somebody who speaks all that a node speaks.
fn swarm(spec: &ChainSpec) -> Swarm<Behaviour> {
    let (key, counts) = (Keypair::generate_ed25519(), ConnectionCounts::unread());
    let registry = &mut Registry::default();
    behaviour::swarm(key, spec.chain(), None, registry, counts).expect("a swarm")
}

#[tokio::test]
async fn a_question_is_answered_and_each_kind_has_its_protocol() {
    let spec = chain_spec("one");
    let mut server = Node::start(&spec, &[]).await;
    let mut client = Node::start(&spec, &[&server]).await;
    let peer = client.connected().await;
    client.ask(peer, Question::Status(Box::new(status(&spec)))).await;
    let (asked, question) = server.asked().await;
    assert_eq!(question, Question::Status(Box::new(status(&spec))));
    server.send(Command::Answer { asked, reply: Reply::Status(Box::new(status(&spec))) }).await;
    assert!(matches!(client.outcome().await, Outcome::Status(got) if *got == status(&spec)));
    client.ask(peer, waiting_ids()).await;
    let (asked, question) = server.asked().await;
    assert_eq!(question, waiting_ids());
    server.send(Command::Answer { asked, reply: Reply::Answer(Answer::Busy) }).await;
    let outcome = client.outcome().await;
    assert!(
        matches!(outcome, Outcome::Answer(coinage_protocol::CheckedAnswer::Busy)),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn where_peers_of_two_groups_came_to_is_where_this_node_is_found() {
    let spec = chain_spec("one");
    let mut server = Node::start(&spec, &[]).await;
    let own = server.address();
    assert_eq!(server.link.places, std::slice::from_ref(&own));
    let place = router(socket(&own), &["127.0.1.1", "127.0.2.1"]).await;
    let guest = || {
        let key = Keypair::generate_ed25519();
        Node::start_as(&spec, key, "/ip4/127.0.0.1/tcp/0", vec![place.clone()])
    };
    let _guests = (guest().await, guest().await);
    let located = server.expect("a place", |notice| match notice {
        Notice::Located(places) => Some(places),
        _ => None,
    });
    let name = own.iter().last().expect("its name");
    let mut located = located.await;
    located.sort();
    let mut both = [place.with(name), own];
    both.sort();
    assert_eq!(located, both);
}

/// Opens a place that leads to a node, to which each caller seems to come from the next of these
/// hosts.
async fn router(node: SocketAddr, hosts: &'static [&'static str]) -> Multiaddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    tokio::spawn(async move {
        for host in hosts.iter().cycle() {
            let (mut caller, _) = listener.accept().await.expect("somebody calls");
            let socket = TcpSocket::new_v4().expect("a socket");
            socket.bind(SocketAddr::new(host.parse().expect("an address"), 0)).expect("free");
            let mut there = socket.connect(node).await.expect("it listens");
            tokio::spawn(
                async move { tokio::io::copy_bidirectional(&mut caller, &mut there).await },
            );
        }
    });
    format!("/ip4/127.0.0.1/tcp/{port}").parse().expect("an address")
}

/// Returns the socket that a node listens on.
fn socket(address: &Multiaddr) -> SocketAddr {
    let mut parts = address.iter();
    match (parts.next(), parts.next()) {
        (Some(Protocol::Ip4(ip)), Some(Protocol::Tcp(port))) => (ip, port).into(),
        _ => panic!("{address} is no socket"),
    }
}

#[tokio::test]
async fn a_question_to_a_peer_that_is_gone_has_an_outcome() {
    let spec = chain_spec("one");
    let mut server = Node::start(&spec, &[]).await;
    let mut client = Node::start(&spec, &[&server]).await;
    let peer = client.connected().await;
    client.ask(peer, waiting_ids()).await;
    server.asked().await;
    server.stop().await;
    assert!(matches!(client.outcome().await, Outcome::None));
    client.ask(peer, waiting_ids()).await;
    assert!(matches!(client.outcome().await, Outcome::None));
}

#[tokio::test]
async fn only_accepted_messages_are_passed_on() {
    let spec = chain_spec("one");
    let mut first = Node::start(&spec, &[]).await;
    let mut middle = Node::start(&spec, &[&first]).await;
    let mut last = Node::start(&spec, &[&middle]).await;
    first.connected().await;
    last.connected().await;
    first.reaches(&mut middle, &spec).await;
    middle.reaches(&mut last, &spec).await;
    // Each in turn; only the last of them may arrive.
    for (salt, verdict) in [(1, Verdict::Reject), (2, Verdict::Ignore), (3, Verdict::Accept)] {
        first.publish(batch(&spec, salt)).await;
        let (token, offence) = middle.gossip().await;
        assert_eq!(offence, None);
        middle.send(Command::Judge { token, verdict }).await;
    }
    let arrived = last
        .expect("the accepted message", |notice| match notice {
            Notice::Input(Input::Gossip { message: Ok(message), .. }) => Some(salt_of(&message)),
            _ => None,
        })
        .await;
    // What was accepted while the mesh formed may come first.
    assert!(arrived == 3 || arrived >= 1_000, "message {arrived} was passed on");
}

#[tokio::test]
async fn garbage_by_gossip_is_rejected_with_its_offence() {
    let spec = chain_spec("one");
    let mut first = Node::start(&spec, &[]).await;
    let mut second = Node::start(&spec, &[&first]).await;
    first.connected().await;
    first.reaches(&mut second, &spec).await;
    first.publish(vec![1, 2, 3]).await;
    assert_eq!(second.gossip().await.1, Some(Offence::Undecodable));
}

#[tokio::test]
async fn a_node_that_restarts_is_found_again_and_can_publish_at_once() {
    let spec = chain_spec("one");
    let first = Node::start(&spec, &[]).await;
    let mut second = Node::start(&spec, &[&first]).await;
    let before = second.connected().await;
    let (keypair, address) = first.stop().await;
    assert_eq!(second.disconnected().await, before);
    let first = Node::start_as(&spec, keypair, &address, vec![]).await;
    assert_ne!(second.connected().await, before);
    first.reaches(&mut second, &spec).await;
}

#[tokio::test]
async fn two_nodes_that_dial_each_other_become_one_pair() {
    let spec = chain_spec("one");
    let probe = Node::start(&spec, &[]).await;
    let (keypair, address) = probe.stop().await;
    let there: Multiaddr = address.parse().expect("an address");
    let there = there.with(Protocol::P2p(keypair.public().to_peer_id()));
    let own = Keypair::generate_ed25519();
    let mut one = Node::start_as(&spec, own, "/ip4/127.0.0.1/tcp/0", vec![there]).await;
    let mut other = Node::start_as(&spec, keypair, &address, vec![one.address()]).await;
    one.connected().await;
    other.connected().await;
    one.reaches(&mut other, &spec).await;
    other.reaches(&mut one, &spec).await;
}

#[tokio::test]
async fn a_node_does_not_connect_to_itself() {
    let spec = chain_spec("one");
    let (keypair, address) = Node::start(&spec, &[]).await.stop().await;
    let there: Multiaddr = address.parse().expect("an address");
    let mut node = Node::start_as(&spec, keypair, &address, vec![there]).await;
    let mut friend = Node::start(&spec, &[&node]).await;
    node.connected().await;
    friend.connected().await;
    node.send(Command::Ask { peer: PeerRef(2), request: RequestId(1), question: waiting_ids() })
        .await;
    assert!(matches!(node.outcome().await, Outcome::None), "there is no second peer");
}

#[tokio::test]
async fn a_banned_peer_is_thrown_out_and_stays_out() {
    let spec = chain_spec("one");
    let mut server = Node::start(&spec, &[]).await;
    let mut villain = Node::start(&spec, &[&server]).await;
    let peer = server.connected().await;
    villain.connected().await;
    server.send(Command::Ban { peer }).await;
    assert_eq!(server.disconnected().await, peer);
    villain.disconnected().await;
    // It dials again, and is turned away as soon as it has shown its name; others are let in.
    villain.connected().await;
    villain.disconnected().await;
    let friend = Node::start(&spec, &[&server]).await;
    let id = friend.keypair.public().to_peer_id().to_string();
    let next = server
        .expect("another peer", |notice| match notice {
            Notice::Connected { shown, .. } => Some(shown.peer_id),
            _ => None,
        })
        .await;
    assert_eq!(next, id);
}

#[tokio::test]
async fn nodes_of_different_networks_can_tell_each_other_before_they_part() {
    let (ours, theirs) = (chain_spec("ours"), chain_spec("theirs"));
    let mut server = Node::start(&ours, &[]).await;
    let mut client = Node::start(&theirs, &[&server]).await;
    let peer = client.connected().await;
    let at_server = server.connected().await;
    client.ask(peer, Question::Status(Box::new(status(&theirs)))).await;
    let (asked, question) = server.asked().await;
    assert_eq!(question, Question::Status(Box::new(status(&theirs))));
    server.send(Command::Answer { asked, reply: Reply::Status(Box::new(status(&ours))) }).await;
    server.send(Command::Refuse { peer: at_server }).await;
    assert!(matches!(client.outcome().await, Outcome::Status(got) if *got == status(&ours)));
    server.disconnected().await;
    client.disconnected().await;
}

#[tokio::test]
async fn an_oversized_answer_is_an_offence() {
    let spec = chain_spec("one");
    let mut server = Node::start(&spec, &[]).await;
    let mut client = Node::start(&spec, &[&server]).await;
    let peer = client.connected().await;
    client.ask(peer, Question::Status(Box::new(status(&spec)))).await;
    let (asked, _) = server.asked().await;
    // A list of ids is no status, and too long for one.
    let ids = vec![coinage_protocol::TransactionId::default(); STATUS_BYTES_MAX / 32 + 1];
    let reply = Reply::Answer(Answer::Waiting(Bounded::first_of(ids)));
    server.send(Command::Answer { asked, reply }).await;
    let outcome = client.outcome().await;
    let offence = |outcome| match outcome {
        Outcome::Rejected(rejection) => Some(rejection.offence),
        _ => None,
    };
    assert_eq!(offence(outcome), Some(Offence::Undecodable));
}

#[tokio::test]
async fn garbage_on_the_port_harms_nobody() {
    let spec = chain_spec("one");
    let mut server = Node::start(&spec, &[]).await;
    let mut open = Vec::new();
    for garbage in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xff; 4096], &[0x16, 3, 1, 2, 0], b""] {
        let mut stream = TcpStream::connect(socket(&server.address())).expect("it listens");
        stream.write_all(garbage).expect("it reads");
        open.push(stream);
    }
    let mut client = Node::start(&spec, &[&server]).await;
    client.connected().await;
    server.connected().await;
}

#[tokio::test]
async fn a_taken_port_is_named_at_the_start() {
    let spec = chain_spec("one");
    let first = Node::start(&spec, &[]).await;
    let mut address = first.address();
    address.pop();
    let settings = NetworkSettings {
        keypair: Keypair::generate_ed25519(),
        spec,
        key: None,
        listen: vec![address.clone()],
        peers: Vec::new(),
        external: Vec::new(),
        discovery: false,
        book: None,
    };
    match start(settings, &mut Metrics::new()).await {
        Err(NetworkError::Listen { address: taken, .. }) => assert_eq!(taken, address),
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn what_is_no_question_closes_the_connection() {
    // SPEC E-4, X-4
    let spec = chain_spec("one");
    let mut named = status(&spec);
    named.agent = "another program".try_into().expect("short");
    let named = encode(&named);
    let length = u64::try_from(named.len()).expect("short");
    let varint = [u8::try_from(named.len() & 0x7f | 0x80).expect("a byte"), 1];
    let mut huge = named.clone();
    // The length of the agent's name stands behind version, chain, block 0, head and time.
    huge[122..130].copy_from_slice(&(1_u64 << 40).to_le_bytes());
    let questions = [
        // 138 zeros are a status that says nothing; with one more they are none.
        vec![0; 139],
        vec![7; STATUS_BYTES_MAX + 1],
        [&length.to_le_bytes()[..], &named].concat(),
        [&length.to_be_bytes()[4..], &named].concat(),
        [&varint[..], &named].concat(),
        huge,
    ];
    for bytes in questions {
        let mut server = Node::start(&spec, &[]).await;
        let id = server.keypair.public().to_peer_id();
        let mut villain = swarm(&spec);
        villain.add_peer_address(id, server.address());
        villain.behaviour_mut().status.send_request(&id, bytes);
        let ended = async {
            while !matches!(villain.select_next_some().await, SwarmEvent::ConnectionClosed { .. }) {
            }
        };
        timeout(PATIENCE, ended).await.expect("closed");
        let garbled = |notice| match notice {
            Notice::Garbled { detail, .. } => Some(detail),
            _ => None,
        };
        let detail = server.expect("complaint", garbled).await;
        assert!(detail.contains("at byte") || detail.contains("at most"), "{detail}");
        server.disconnected().await;
    }
}

#[tokio::test]
async fn whoever_knows_an_address_gets_the_genesis() {
    // SPEC N-7
    let spec = chain_spec("one");
    let node = Node::start(&spec, &[]).await;
    let given = fetch_genesis(&[node.address()], None).await.expect("it is given");
    assert_eq!(given.chain(), spec.chain());
    let mut nobody = node.address();
    nobody.pop();
    let refused = fetch_genesis(&[nobody], None).await.expect_err("nobody is named");
    assert!(matches!(refused, FetchError::NoPeer { .. }), "{refused}");
    let address = node.address();
    node.stop().await;
    let refused = fetch_genesis(&[address], None).await.expect_err("nobody is there");
    let FetchError::Unreachable(reason) = refused else { panic!("{refused}") };
    assert!(reason.contains("refused"), "{reason}");
}
