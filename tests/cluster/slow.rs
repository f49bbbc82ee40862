//! HTTP clients that mean harm, against a real node.

use std::time::{Duration, Instant};

use coinage_tests::single_node::SingleNode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::PROGRAM;

const PATIENCE: Duration = Duration::from_secs(30);

/// Sends bytes and gives back everything that comes until the node closes.
async fn say(node: &SingleNode, bytes: &[u8]) -> String {
    let mut stream = connect(node).await;
    // The node may refuse before it has read everything.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("it answers");
    String::from_utf8_lossy(&answer).into_owned()
}

async fn connect(node: &SingleNode) -> TcpStream {
    let connecting = TcpStream::connect(node.socket(false));
    timeout(PATIENCE, connecting).await.expect("in time").expect("it listens")
}

/// The status of the answer to this head, without a body.
async fn status(node: &SingleNode, head: &str) -> String {
    let answer = say(node, format!("{head}\r\nConnection: close\r\n\r\n").as_bytes()).await;
    answer.split(' ').nth(1).unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn half_open_and_slow_connections_shut_nobody_out() {
    let node = SingleNode::start(PROGRAM, &[]);
    let before = node.memory_mib();
    let mut idle = Vec::new();
    for number in 0..300_u32 {
        let mut stream = connect(&node).await;
        let begun = if number % 2 == 0 { "GET / HTTP/1.1\r\nHost: loc" } else { "" };
        let _ = stream.write_all(begun.as_bytes()).await;
        idle.push(stream);
    }
    let start = Instant::now();
    assert_eq!(status(&node, "GET /health/live HTTP/1.1\r\nHost: localhost").await, "200");
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert!(node.memory_mib().saturating_sub(before) < 64);
    drop(idle);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_beyond_every_limit_are_refused() {
    let node = SingleNode::start(PROGRAM, &[]);
    let post =
        "POST /v1/transactions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json";
    let declared = format!("{post}\r\nContent-Length: 5000000");
    assert_eq!(status(&node, &declared).await, "413");
    let chunk = format!("400000\r\n{}\r\n", "[".repeat(0x40_0000));
    let chunked = format!("{post}\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}{chunk}0\r\n\r\n");
    let answer = say(&node, chunked.as_bytes()).await;
    assert!(answer.is_empty() || answer.contains(" 413 "), "{answer}");
    let many = (0..300).map(|number| format!("\r\nX-{number}: 1")).collect::<String>();
    let head = format!("GET /health/live HTTP/1.1\r\nHost: localhost{many}");
    assert_eq!(status(&node, &head).await, "431");
    let long = format!("GET /{} HTTP/1.1\r\nHost: localhost", "a".repeat(1_000_000));
    assert!(["414", "431", ""].contains(&&*status(&node, &long).await));
    for path in ["/../../etc/passwd", "/v1/blocks/..%2f..%2fgenesis.json", "/v1/%00", "//etc"] {
        let head = format!("GET {path} HTTP/1.1\r\nHost: localhost");
        assert!(["400", "404"].contains(&&*status(&node, &head).await), "{path}");
    }
    assert_eq!(status(&node, "GET /health/live HTTP/1.1\r\nHost: localhost").await, "200");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_hosts_that_are_the_node_are_answered() {
    let node = SingleNode::start(PROGRAM, &[]);
    let own = format!("Host: {}", node.socket(false));
    for (host, expected) in [
        (own.as_str(), "200"),
        ("Host: LOCALHOST", "200"),
        ("Host: [::1]:1", "200"),
        ("Host: evil.example", "403"),
        ("Host: 127.0.0.1.evil.example", "403"),
        ("Host: localhost\r\nHost: evil.example", "403"),
        ("Host: user@localhost", "403"),
        ("Host:", "403"),
        ("X-Host: localhost", "403"),
    ] {
        let answered = status(&node, &format!("GET /health/live HTTP/1.1\r\n{host}")).await;
        assert_eq!(answered, expected, "{host}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_requests_in_one_breath_are_all_answered() {
    let node = SingleNode::start(PROGRAM, &[]);
    let one = "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let last = "GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let answer = say(&node, format!("{}{last}", one.repeat(999)).as_bytes()).await;
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 1_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_does_not_delay_the_end() {
    let node = SingleNode::start(PROGRAM, &[]);
    let mut open = Vec::new();
    for _ in 0..20 {
        let mut stream = connect(&node).await;
        let path = format!("/v1/transactions/{}/wait?timeout=60s", "0".repeat(64));
        let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        stream.write_all(head.as_bytes()).await.expect("it reads");
        open.push(stream);
        open.push(connect(&node).await);
    }
    assert_eq!(status(&node, "GET /health/live HTTP/1.1\r\nHost: localhost").await, "200");
    let took = node.stop();
    assert!(took < Duration::from_secs(2), "{took:?}");
    drop(open);
}
