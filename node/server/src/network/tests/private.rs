//! Networks with a key: who has it comes in, and nobody else.

use coinage_keys::NetworkKey;
use coinage_protocol::ChainSpec;
use libp2p::Multiaddr;
use libp2p::identity::Keypair;

use super::support::{Node, chain_spec};
use crate::network::{FetchError, Notice, fetch_genesis};
use crate::peer_diagnostics::{Diagnostic, TroubleKind};

fn key(byte: u8) -> Option<NetworkKey> {
    Some(NetworkKey::new([byte; 32]))
}

async fn start(spec: &ChainSpec, key: Option<NetworkKey>, peers: Vec<Multiaddr>) -> Node {
    let keypair = Keypair::generate_ed25519();
    Node::start_with(spec, keypair, key, "/ip4/127.0.0.1/tcp/0", peers).await
}

/// Waits for the trouble that a handshake failed, which comes before any connection.
async fn trouble(node: &mut Node) -> Diagnostic {
    node.expect("failed handshake", |notice| match notice {
        Notice::Connected { shown, .. } => panic!("a handshake succeeded: {shown:?}"),
        Notice::Diagnostic(trouble) => Some(*trouble),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn who_has_the_key_connects_and_gets_the_genesis() {
    let spec = chain_spec("one");
    let mut first = start(&spec, key(1), Vec::new()).await;
    let mut second = start(&spec, key(1), vec![first.address()]).await;
    second.connected().await;
    first.connected().await;
    let given = fetch_genesis(&[first.address()], key(1).as_ref()).await.expect("it is given");
    assert_eq!(given.chain(), spec.chain());
}

#[tokio::test]
async fn without_the_key_or_with_another_no_handshake_succeeds_and_both_sides_say_so() {
    let spec = chain_spec("one");
    for (ours, theirs) in [(key(1), key(2)), (key(1), None), (None, key(2))] {
        let mut first = start(&spec, ours, Vec::new()).await;
        let mut second = start(&spec, theirs.clone(), vec![first.address()]).await;
        let (called, dialled) = (trouble(&mut first).await, trouble(&mut second).await);
        assert_eq!((called.kind, called.address), (TroubleKind::NoHandshake, None));
        assert!(called.detail.contains("/ip4/127.0.0.1"), "{}", called.detail);
        assert_eq!(dialled.kind, TroubleKind::NoHandshake, "{}", dialled.detail);
        assert_eq!(dialled.address, Some(first.address().to_string()));
        assert!(dialled.detail.contains("the handshake fails"), "{}", dialled.detail);
        let refused = fetch_genesis(&[first.address()], theirs.as_ref()).await;
        let refused = refused.expect_err("it is not given");
        assert!(matches!(refused, FetchError::NoHandshake(_)), "{refused}");
    }
}

#[tokio::test]
async fn where_nobody_listens_the_key_is_not_to_blame() {
    let spec = chain_spec("one");
    let gone = start(&spec, key(1), Vec::new()).await;
    let address = gone.address();
    gone.stop().await;
    let mut node = start(&spec, key(1), vec![address]).await;
    let trouble = trouble(&mut node).await;
    assert_eq!(trouble.kind, TroubleKind::Unreachable);
    assert!(trouble.detail.contains("refused"), "{}", trouble.detail);
}

#[tokio::test]
async fn who_closes_before_a_word_is_said_is_nobody_and_no_key_is_to_blame() {
    // A relay or a container's port stands in for a node that does not run.
    let relay = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = relay.local_addr().expect("bound").port();
    let closing = tokio::spawn(async move { while relay.accept().await.is_ok() {} });
    let address = format!("/ip4/127.0.0.1/tcp/{port}").parse().expect("an address");
    let mut node = start(&chain_spec("one"), None, vec![address]).await;
    let trouble = trouble(&mut node).await;
    assert_eq!(trouble.kind, TroubleKind::Unreachable, "{}", trouble.detail);
    assert!(trouble.detail.contains("before a word is said"), "{}", trouble.detail);
    closing.abort();
}
