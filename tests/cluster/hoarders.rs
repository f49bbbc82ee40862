//! Clients of the API that hoard: answers that they do not read, bodies that they do not finish.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use coinage_protocol::Action;
use coinage_simulation::fixtures::{account, address, coin, developer};
use coinage_tests::cluster::Cluster;
use coinage_tests::submit::{Signer, body, transfer};
use serde_json::json;

use crate::PROGRAM;

/// Clients at a time: nearly as many as a node takes.
const CLIENTS: usize = 250;
/// MiB that a node may take up whoever talks to it.
const MEMORY_MIB_MAX: u64 = 300;
/// Time for which the clients hold on.
const SIEGE: Duration = Duration::from_secs(8);

/// A line of what the system tells of a node's memory, in MiB.
fn memory_mib(cluster: &Cluster, line: &str) -> u64 {
    let pid = cluster.status().nodes[0].pid.expect("it runs");
    let text = fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let told = text.lines().find_map(|one| one.strip_prefix(line)).expect("Linux tells");
    let kib = told.trim_matches([':', ' ', '\t', 'k', 'B']).parse::<u64>();
    kib.expect("a number") / 1024
}

/// Payments of many parts, as large as a page of a history takes.
fn fill(cluster: &Cluster) {
    let mut signer = Signer::of(cluster);
    let alice = developer("alice");
    let parts = |_| transfer(coin(), &alice, address(&account(1)), 1);
    let actions: Vec<Action> = (0..64).map(parts).collect();
    for _ in 0..8 {
        let batch: Vec<_> =
            (0..100).map(|_| body(&signer.sign(&[&alice], actions.clone()), false)).collect();
        let answer = cluster.post(1, "/v1/transactions", &json!({ "transactions": batch }));
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    cluster.wait(80, "all are included", || {
        cluster.get(1, "/v1/mempool").body["items"].as_array().is_some_and(Vec::is_empty)
    });
}

/// Honest clients are answered while `held` holds on, and the node stays small.
fn withstands(cluster: &Cluster, what: &str, hold: impl Fn() -> Vec<TcpStream>) {
    let begun = Instant::now();
    let mut held = Vec::new();
    while begun.elapsed() < SIEGE {
        held.push(hold());
        assert_eq!(cluster.get(1, "/v1/status").status, 200);
        let few = cluster.get(1, "/v1/blocks?limit=2");
        assert!([200, 503, 504].contains(&few.status), "{few:?}");
        std::thread::sleep(Duration::from_secs(2));
    }
    drop(held);
    let most = memory_mib(cluster, "VmHWM");
    assert!(most < MEMORY_MIB_MAX, "{what}: {most} MiB");
}

#[test]
fn answers_that_nobody_reads_and_bodies_that_never_end_take_little_memory() {
    let cluster = Cluster::start(PROGRAM, 1);
    let target = cluster.api(1).trim_start_matches("http://").to_owned();
    fill(&cluster);
    let history = format!("/v1/accounts/{}/transactions?limit=1000", address(&account(1)));
    let get = format!("GET {history} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let connect = || TcpStream::connect(&target).expect("everybody gets a place");
    withstands(&cluster, "unread answers", || {
        let ask = |_| {
            let mut stream = connect();
            let _gone = stream.write_all(get.as_bytes());
            stream
        };
        (0..CLIENTS).map(ask).collect()
    });
    let post = "POST /v1/transactions HTTP/1.1\r\nHost: localhost\r\n\
                Content-Type: application/json\r\nContent-Length: 4000000\r\n\r\n";
    withstands(&cluster, "unfinished bodies", || {
        let begin = |_| {
            let mut stream = connect();
            let _ = stream.set_write_timeout(Some(Duration::from_millis(200)));
            let _gone = stream.write_all(post.as_bytes());
            let _gone = stream.write_all(&vec![b' '; 3_900_000]);
            stream
        };
        (0..CLIENTS).map(begin).collect()
    });
    let mut reader = connect();
    reader.set_read_timeout(Some(Duration::from_secs(20))).expect("settable");
    reader
        .write_all(get.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n").as_bytes())
        .expect("sends");
    let mut answer = Vec::new();
    reader.read_to_end(&mut answer).expect("an answer");
    assert!(answer.starts_with(b"HTTP/1.1 200"), "an honest reader gets a whole page");
}
