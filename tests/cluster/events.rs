//! Nodes followed by their events alone.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use coinage_client::{Client, Received};
use coinage_model::event::{EventJson, ResetReason};
use coinage_protocol::Height;
use coinage_simulation::fixtures::address;
use coinage_tests::cluster::{Cluster, SLOT_MS};
use coinage_tests::ledger::{Ledger, developer, person};
use serde_json::Value;

use crate::PROGRAM;

const PATIENCE: Duration = Duration::from_secs(60);
/// Streams that are open when a node is told to stop.
const STREAMS: usize = 20;

/// Follows until `enough`, connecting anew after every `part` events.
fn follow(
    url: &str,
    part: usize,
    mut after: Option<String>,
    mut enough: impl FnMut(&Received) -> bool,
) -> Vec<Received> {
    let client = Client::new(url).expect("a URL");
    let mut all = Vec::new();
    let deadline = Instant::now() + PATIENCE;
    loop {
        assert!(Instant::now() < deadline, "not enough: {:?}", all.last());
        let mut stream =
            client.events(&[], after.as_deref(), Some(PATIENCE)).expect("the node answers");
        for _ in 0..part {
            let Some(received) = stream.receive().expect("events") else { break };
            all.push(received);
            if enough(all.last().expect("just pushed")) {
                return all;
            }
        }
        after = stream.last_id().map(str::to_owned);
    }
}

fn head_at(height: Height) -> impl FnMut(&Received) -> bool {
    move |received| matches!(&received.event, EventJson::Head(tip) if tip.height >= height.get())
}

/// A follower's knowledge of a chain: the hashes from some height on.
struct Follower {
    chain: Vec<(u64, String)>,
    /// Height up to which nothing may leave the chain any more.
    settled: u64,
    reorgs: usize,
    resets: usize,
}

impl Follower {
    fn new() -> Self {
        Self { chain: Vec::new(), settled: 0, reorgs: 0, resets: 0 }
    }

    fn take(&mut self, event: &EventJson) {
        match event {
            EventJson::Head(tip) if self.chain.is_empty() => {
                self.chain = vec![(tip.height, tip.hash.to_string())];
            }
            EventJson::Head(tip) => {
                let known = self.chain.last().map(|(height, hash)| (*height, hash.as_str()));
                assert_eq!(known, Some((tip.height, tip.hash.to_string().as_str())));
            }
            EventJson::Block(block) => {
                let parent = self.chain.last().expect("it began with a head");
                assert_eq!(parent.1, block.previous.to_string(), "a gap at {block:?}");
                self.chain.push((block.tip.height, block.tip.hash.to_string()));
            }
            EventJson::Reorg(reorg) => {
                let ancestor = reorg.common_ancestor.hash.to_string();
                assert!(reorg.common_ancestor.height >= self.settled, "{reorg:?}");
                let known = self.chain.iter().position(|(_, hash)| *hash == ancestor);
                self.chain.truncate(known.expect("it forked after the follower began") + 1);
                self.reorgs += 1;
            }
            EventJson::Final(settled) => {
                let (tip, block) = (settled.tip, settled.tip.hash.to_string());
                let known = self.chain.iter().find(|(height, _)| *height == tip.height);
                assert!(known.is_none_or(|(_, hash)| *hash == block), "{settled:?}");
                assert!(tip.height > self.settled && settled.after >= self.settled);
                self.settled = tip.height;
            }
            EventJson::Reset(_) => self.resets += 1,
            EventJson::Transaction(_)
            | EventJson::Charter(_)
            | EventJson::Evidence(_)
            | EventJson::Conflict(_)
            | EventJson::Peer(_) => {}
        }
    }
}

#[test]
fn a_follower_that_often_reconnects_misses_nothing_and_finds_what_it_is_told() {
    let cluster = Cluster::start(PROGRAM, 2);
    let ledger = Ledger::open(&cluster);
    let url = cluster.api(1);
    let from = cluster.head(1).expect("it runs").0;
    let (told, seen) = mpsc::channel();
    let whole = {
        let url = url.clone();
        thread::spawn(move || {
            follow(&url, usize::MAX, None, |received| {
                let _ = told.send(());
                head_at(Height::new(from + 8))(received)
            })
        })
    };
    seen.recv_timeout(PATIENCE).expect("it begins");
    for one in 1..=20 {
        ledger.pay(&cluster, 1, &developer("alice"), address(&person(one)), 1);
    }
    let whole = whole.join().expect("it followed");
    let parts = follow(&url, 3, Some(whole[0].id.clone()), head_at(Height::new(from + 8)));
    assert_eq!(parts, whole[1..], "the same events in the same order");
    let ids: BTreeSet<_> = whole.iter().map(|one| &one.id).collect();
    assert_eq!(ids.len(), whole.len(), "none twice");
    let mut follower = Follower::new();
    let mut included = 0;
    for received in &whole {
        follower.take(&received.event);
        if let EventJson::Transaction(one) = &received.event {
            included += usize::from(one.block.is_some());
            let answer = cluster.get(1, &format!("/v1/transactions/{}", one.id));
            assert_eq!(answer.status, 200, "{answer:?}");
        }
    }
    assert_eq!((included, follower.resets), (20, 0));

    let mut live = Client::new(&url).expect("a URL").events(&[], None, None).expect("a stream");
    for _ in 0..30 {
        if let Some(EventJson::Block(block)) = live.receive().expect("events").map(|one| one.event)
        {
            let at = cluster.get(1, &format!("/v1/blocks/{}", block.tip.height));
            assert_eq!(at.status, 200, "told before it can be read: {block:?}");
            let hash = cluster.get(1, &format!("/v1/blocks/{}", block.tip.hash));
            assert_eq!(hash.status, 200);
        }
    }
}

#[test]
fn after_a_restart_there_is_one_reset_and_then_the_present() {
    let mut cluster = Cluster::start(PROGRAM, 2);
    let from = cluster.head(1).expect("it runs").0;
    let before = follow(&cluster.api(1), usize::MAX, None, head_at(Height::new(from + 2)));
    let last = before.last().expect("something").id.clone();
    cluster.stop();
    cluster.resume();
    let from = cluster.head(1).expect("it runs").0;
    let after = follow(&cluster.api(1), usize::MAX, Some(last), head_at(Height::new(from + 3)));
    let EventJson::Reset(reset) = &after[0].event else { panic!("no reset: {:?}", after[0]) };
    assert_eq!(reset.reason, ResetReason::Restarted);
    let mut follower = Follower::new();
    follower.take(&EventJson::Head(reset.head));
    after[1..].iter().for_each(|one| follower.take(&one.event));
    assert_eq!(follower.resets, 0, "only one");
}

#[test]
fn followers_of_a_network_that_fell_apart_end_with_the_chain_that_the_api_tells() {
    let cluster = Cluster::start_with_slot(PROGRAM, 4, SLOT_MS);
    let (told, seen) = mpsc::channel();
    let followers: Vec<_> = cluster
        .nodes()
        .map(|node| {
            let (client, told) = (Client::new(&cluster.api(node)).expect("a URL"), told.clone());
            thread::spawn(move || {
                let mut stream = client.events(&[], None, Some(PATIENCE * 3)).expect("a stream");
                while let Ok(Some(received)) = stream.receive() {
                    if told.send((node, received.event)).is_err() {
                        return;
                    }
                }
            })
        })
        .collect();
    let mut known: Vec<_> = cluster.nodes().map(|_| Follower::new()).collect();
    let height = cluster.head(1).map_or(0, |head| head.0);
    cluster.partition(&[&[1, 2], &[3, 4]]);
    cluster.wait(40, "both halves write", || {
        [1, 3].iter().all(|node| cluster.head(*node).is_some_and(|head| head.0 >= height + 5))
    });
    cluster.heal();
    cluster.wait(60, "one chain everywhere, and a branch was left", || {
        while let Ok((node, event)) = seen.try_recv() {
            known[usize::from(node) - 1].take(&event);
        }
        let reorgs: usize = known.iter().map(|one| one.reorgs).sum();
        let ends: BTreeSet<_> = known.iter().map(|one| one.chain.last().cloned()).collect();
        reorgs > 0 && ends.len() == 1 && cluster.agree(&[1, 2, 3, 4], Height::new(height + 6))
    });
    for (node, follower) in cluster.nodes().zip(&known) {
        assert!(follower.chain.len() > 5 && follower.resets == 0, "n{node}");
        for (height, hash) in &follower.chain {
            assert_eq!(
                cluster.block(node, Height::new(*height)).as_ref(),
                Some(hash),
                "n{node} at {height}"
            );
        }
    }
    drop((seen, cluster));
    followers.into_iter().for_each(|one| one.join().expect("it ends with the node"));
}

#[test]
fn ctrl_c_ends_a_node_soon_although_many_follow_it_and_some_do_not_read() {
    let cluster = Cluster::start(PROGRAM, 2);
    let url = cluster.api(1);
    let authority = url.strip_prefix("http://").expect("a URL");
    let mut streams: Vec<_> = (0..STREAMS)
        .map(|_| {
            let mut stream = TcpStream::connect(authority).expect("connects");
            stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
            let request = format!("GET /v1/events HTTP/1.1\r\nHost: {authority}\r\n\r\n");
            stream.write_all(request.as_bytes()).expect("sent");
            stream
        })
        .collect();
    let open = format!("coinage_event_streams {STREAMS}");
    cluster.wait(8, "all streams are open", || metrics(&url).lines().any(|line| line == open));
    let pid = cluster.announced(1).expect("it runs").pid;
    let begun = Instant::now();
    cluster.signal(1, "INT");
    let log = "node.stopped";
    cluster.wait(8, "it stops", || {
        cluster.log(1).contains(log) && TcpStream::connect(authority).is_err()
    });
    // The first ones are read to their end, the others were never read.
    for stream in &mut streams[..5] {
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
        assert!(String::from_utf8_lossy(&rest).contains("event: head"));
    }
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(2), "{took:?} for {pid}");
}

fn metrics(url: &str) -> String {
    let answer = ureq::get(&format!("{url}/metrics")).call();
    let read = answer.and_then(|mut answer| answer.body_mut().read_to_string());
    read.unwrap_or_default()
}

/// The sum of all samples of a name.
fn sum(text: &str, name: &str) -> f64 {
    let values = text.lines().filter_map(|line| {
        let (key, value) = line.rsplit_once(' ')?;
        (key.split('{').next() == Some(name)).then(|| value.parse::<f64>().ok())?
    });
    values.sum()
}

#[test]
fn what_is_measured_moves_with_what_happens() {
    let cluster = Cluster::start(PROGRAM, 4);
    let ledger = Ledger::open(&cluster);
    let url = cluster.api(1);
    let before = metrics(&url);
    assert!(before.ends_with("# EOF\n"));
    let paid = ledger.pay(&cluster, 1, &developer("alice"), address(&person(1)), 5);
    ledger.wait_included(&cluster, &[1, 2, 3, 4], &paid);
    assert_eq!(cluster.get(1, "/v1/blocks/999999").status, 404);
    cluster.partition(&[&[1, 2], &[3, 4]]);
    let height = cluster.head(1).map_or(0, |head| head.0);
    cluster.wait(40, "both halves write", || {
        [1, 3].iter().all(|node| cluster.head(*node).is_some_and(|head| head.0 >= height + 4))
    });
    cluster.heal();
    cluster.wait(40, "a branch was left", || {
        let reorgs = cluster.nodes().map(|node| sum(&metrics(&cluster.api(node)), REORGS));
        reorgs.sum::<f64>() > 0.0 && cluster.agree(&[1, 2, 3, 4], Height::new(height + 5))
    });
    let after = metrics(&url);
    for name in [
        "coinage_chain_head_height",
        "coinage_chain_head_slot",
        "coinage_blocks_imported_total",
        "coinage_blocks_produced_total",
        "coinage_block_import_duration_seconds_count",
        "coinage_block_propagation_delay_seconds_count",
        "coinage_storage_write_duration_seconds_count",
        "coinage_transactions_accepted_total",
        "coinage_transactions_included_total",
        "coinage_signature_checks_total",
        "coinage_http_request_duration_seconds_count",
        "coinage_process_uptime_seconds",
        "libp2p_bandwidth_bytes_total",
        "libp2p_gossipsub_topic_msg_sent_counts_total",
    ] {
        let (first, then) = (sum(&before, name), sum(&after, name));
        assert!(then > first, "{name}: {first}, then {then}");
    }
    assert_eq!(sum(&after, "coinage_peers"), 3.0);
    assert_eq!(sum(&after, "coinage_sync_state"), 1.0);
    assert!(sum(&after, "coinage_storage_bytes") > 0.0);
    assert!(after.contains("route=\"/v1/blocks/{reference}\",method=\"GET\",status=\"404\""));
    assert!(!after.contains("/999999"), "no label is a client's word");
    let reorgs: f64 = cluster.nodes().map(|node| sum(&metrics(&cluster.api(node)), REORGS)).sum();
    let told: usize = cluster
        .nodes()
        .map(|node| cluster.get(node, "/v1/chain/reorgs").body["items"].clone())
        .map(|items: Value| items.as_array().map_or(0, Vec::len))
        .sum();
    assert!(reorgs >= 1.0 && told >= 1, "{reorgs} {told}");
}

const REORGS: &str = "coinage_chain_reorgs_total";
