//! A thousand HTTP clients that are slow in every way there is, against an authority at work.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use coinage_tests::cluster::Cluster;
use serde_json::Value;

use crate::PROGRAM;

const CLIENTS: usize = 1_000;
/// Sockets that this process keeps open: below the usual limit of 1,024. The node keeps fewer.
const HELD: usize = 800;
const SLOT_MS: u64 = 1_000;
const SLOTS: u64 = 8;
/// Time after which an honest client would say that there is no answer.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(5);

/// The bytes that each kind of client sends before it is silent and reads nothing.
fn kinds() -> [String; 5] {
    let host = "HTTP/1.1\r\nHost: localhost\r\n";
    [
        String::new(),
        format!("GET /v1/status {host}X-Slow: "),
        format!("POST /v1/transactions {host}Content-Type: application/json\r\n")
            + "Content-Length: 100000\r\n\r\n[",
        format!("GET /v1/openapi.json {host}\r\n").repeat(50),
        format!("GET /v1/events {host}\r\n"),
    ]
}

fn slot(head: &Value) -> u64 {
    head["slot"].as_str().and_then(|text| text.parse().ok()).expect("a slot")
}

#[test]
fn a_thousand_slow_clients_cost_an_authority_no_slot_and_nobody_an_answer() {
    let cluster = Cluster::start_with_slot(PROGRAM, 2, SLOT_MS);
    let address = cluster.api(1).trim_start_matches("http://").to_owned();
    let head = |node| slot(&cluster.get(node, "/v1/status").body["head"]);
    let kinds = kinds();
    let begun = head(2);
    let mut held: Vec<TcpStream> = Vec::new();
    for client in 0..CLIENTS {
        let mut stream = TcpStream::connect(&address).expect("everybody gets a place");
        // Whoever came long ago may have had to go.
        let _gone = stream.write_all(kinds[client % kinds.len()].as_bytes());
        held.push(stream);
        held.drain(..held.len().saturating_sub(HELD));
    }
    while head(2) < begun + SLOTS {
        // Those that trickle go on trickling.
        for stream in held.iter_mut().skip(1).step_by(kinds.len()).take(50) {
            let _gone = stream.write_all(b"a");
        }
        let asked = Instant::now();
        assert_eq!(cluster.get(1, "/health/live").status, 200);
        assert_eq!(cluster.get(1, "/v1/status").status, 200);
        assert!(asked.elapsed() < ANSWER_TIME_MAX, "{:?}", asked.elapsed());
    }
    let ended = head(2);
    let blocks = cluster.get(2, "/v1/blocks?limit=1000").body;
    let written: BTreeSet<_> =
        blocks["items"].as_array().expect("a list").iter().map(slot).collect();
    // The other one's turns tell more of the machine than of the clients.
    let own = (begun + 1..=ended).filter(|slot| slot % 2 == 0);
    let missed: Vec<_> = own.filter(|slot| !written.contains(slot)).collect();
    assert!(missed.is_empty(), "{missed:?} of {begun}..={ended}\n{}", cluster.tails());
}

#[test]
fn what_is_no_request_of_this_api_is_refused_or_cut_off_and_the_node_stays_well() {
    let cluster = Cluster::start(PROGRAM, 1);
    let address = cluster.api(1).trim_start_matches("http://").to_owned();
    let say = |bytes: &str| {
        let mut stream = TcpStream::connect(&address).expect("everybody gets a place");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("settable");
        let _refused_early = stream.write_all(bytes.as_bytes());
        let mut answer = Vec::new();
        // A reset is an answer, too.
        let _end = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    };
    let close = "Host: localhost\r\nConnection: close\r\n";
    let post =
        format!("POST /v1/transactions HTTP/1.1\r\n{close}Content-Type: application/json\r\n");
    let refused = [
        ("another protocol", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned()),
        ("no protocol", "\u{16}\u{3}\u{1}hello".to_owned() + &"x".repeat(300)),
        ("nonsense for a chunk", format!("{post}Transfer-Encoding: chunked\r\n\r\nzz\r\n{{}}\r\n")),
        ("two lengths", format!("{post}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}")),
        ("no number for a length", format!("{post}Content-Length: -1\r\n\r\n{{}}")),
        ("a broken escape", format!("GET /v1/tokens/%zz HTTP/1.1\r\n{close}\r\n")),
        ("bytes that are no text", format!("GET /v1/tokens/%ff%fe HTTP/1.1\r\n{close}\r\n")),
        ("a foreign host", "GET /v1/status HTTP/1.1\r\nHost: evil.example\r\n\r\n".to_owned()),
    ];
    for (what, bytes) in refused {
        let answer = say(&bytes);
        let status = answer.split(' ').nth(1).unwrap_or_default();
        assert!(answer.is_empty() || status.starts_with('4'), "{what}: {answer}");
    }
    let asked =
        format!("OPTIONS /v1/transactions HTTP/1.1\r\n{close}Origin: http://evil.example\r\n");
    let preflight = say(&format!("{asked}Access-Control-Request-Method: POST\r\n\r\n"));
    assert!(preflight.starts_with("HTTP/1.1 405"), "{preflight}");
    let read =
        say(&format!("GET /v1/status HTTP/1.1\r\n{close}Origin: http://evil.example\r\n\r\n"));
    assert!(read.starts_with("HTTP/1.1 200"), "{read}");
    for answer in [preflight, read] {
        assert!(!answer.to_ascii_lowercase().contains("access-control-allow"), "{answer}");
    }
    assert_eq!(cluster.get(1, "/health/live").status, 200);
}
