//! Strangers: whoever finds the P2P port and does not speak its language.

use std::time::Duration;

use coinage_tests::single_node::SingleNode;
use coinage_tests::villain::Villain;
use libp2p::identity::Keypair;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Before, peaceful};
use crate::PROGRAM;

/// The beginning of a TLS 1.2 client hello.
const TLS_HELLO: [u8; 11] = [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03];

#[tokio::test(flavor = "multi_thread")]
async fn other_languages_on_the_p2p_port_get_a_closed_connection() {
    let node = SingleNode::start(PROGRAM, &[]);
    let mut before = Before::of(&node).await;
    let noise: Vec<u8> = (0..10_000_u32).map(|n| n.to_le_bytes()[0] ^ 0xa5).collect();
    for bytes in [b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".as_slice(), &TLS_HELLO, &noise] {
        let mut stream = TcpStream::connect(node.socket(true)).await.expect("it listens");
        // The node may close before everything is written.
        let _ = stream.write_all(bytes).await;
        let mut rest = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut rest));
        let _ = read.await.expect("the node closes it");
        before.holds(&node).await;
    }
    assert_eq!(node.peers(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_mute_connections_take_no_place_from_peers_for_long() {
    let node = SingleNode::start(PROGRAM, &[]);
    let mut before = Before::of(&node).await;
    let mut mute = Vec::new();
    for _ in 0..200 {
        mute.push(TcpStream::connect(node.socket(true)).await.expect("it listens"));
    }
    before.holds(&node).await;
    let mut arrived = false;
    for _ in 0..60 {
        let mut peer = Villain::dial(&node, Keypair::generate_ed25519(), peaceful(&node));
        arrived = peer.is_connected().await;
        if arrived {
            break;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    assert!(arrived, "the mute connections still hold every place");
    before.holds(&node).await;
    drop(mute);
}

#[tokio::test(flavor = "multi_thread")]
async fn peers_that_come_and_go_under_new_names_fill_neither_log_nor_memory() {
    let node = SingleNode::start(PROGRAM, &[]);
    let mut before = Before::of(&node).await;
    for _ in 0..30 {
        let crowd: Vec<_> = (0..10)
            .map(|_| Villain::dial(&node, Keypair::generate_ed25519(), peaceful(&node)))
            .collect();
        for mut villain in crowd {
            villain.is_connected().await;
        }
    }
    let lines = node.log().lines().count();
    assert!(lines < 520, "{lines} lines for 300 peers");
    before.holds(&node).await;
}
