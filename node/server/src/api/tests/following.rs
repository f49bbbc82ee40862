//! Streams of events over real connections.

use std::time::Instant;

use coinage_model::event::PeerChange;

use super::*;
use crate::events::READERS_MAX;
use crate::node_state::Peer;

const PATIENCE: Duration = Duration::from_secs(30);

struct Stream {
    tcp: TcpStream,
    text: String,
}

impl Served {
    async fn follow(&self, path: &str, more: &str) -> Stream {
        let mut tcp = TcpStream::connect(self.address).await.expect("connects");
        let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n");
        tcp.write_all(head.as_bytes()).await.expect("sends");
        Stream { tcp, text: String::new() }
    }

    fn tell(&self, name: &str) {
        let peer = Peer {
            peer_id: name.into(),
            address: "/ip4/192.0.2.1/tcp/1".into(),
            inbound: true,
            since: SystemTime::UNIX_EPOCH,
            status: None,
            clock_ahead_ms: 0,
        };
        self.events.peer(&peer, PeerChange::Connected, None);
    }
}

impl Stream {
    /// Reads until this text comes.
    async fn until(&mut self, wanted: &str) {
        let reading = async {
            while !self.text.contains(wanted) {
                assert!(self.more().await, "it ended: {}", self.text);
            }
        };
        tokio::time::timeout(PATIENCE, reading).await.expect("it comes");
    }

    /// Reads on; `false` at the end.
    async fn more(&mut self) -> bool {
        let mut bytes = vec![0; 64 * 1024];
        let got = self.tcp.read(&mut bytes).await.unwrap_or(0);
        self.text.push_str(&String::from_utf8_lossy(&bytes[..got]));
        got > 0
    }

    fn count(&self, what: &str) -> usize {
        self.text.matches(what).count()
    }
}

#[tokio::test]
async fn a_stream_begins_with_the_head_and_resumes_after_the_last_event() {
    let served = Served::new().await;
    let mut first = served.follow("/v1/events", "").await;
    first.until("event: head\n").await;
    assert!(first.text.to_ascii_lowercase().contains("content-type: text/event-stream"));
    assert!(first.text.contains("cache-control: no-store"), "{}", first.text);
    let hash = served.branch.tip.hash.to_string();
    first.until(&hash).await;
    let id = first.text.split("id: ").nth(1).and_then(|rest| rest.lines().next()).expect("an id");
    let last = format!("Last-Event-ID: {id}\r\n");
    served.tell("one");
    served.tell("two");
    let mut second = served.follow("/v1/events?types=peer", &last).await;
    second.until("\"two\"").await;
    assert_eq!((second.count("event: peer"), second.count("event: ")), (2, 2));
    let mut third = served.follow("/v1/events", "Last-Event-ID: nonsense\r\n").await;
    third.until("\"unknown_id\"").await;
    assert_eq!((third.count("event: reset"), third.count("event: ")), (1, 1));
    served.stop().await;
}

#[tokio::test]
async fn a_stream_that_is_cut_off_before_its_first_event_can_be_resumed() {
    let served = Served::new().await;
    let id_of = |text: &str| {
        let id = text.split("id: ").nth(1).and_then(|rest| rest.lines().next());
        id.expect("an id").to_owned()
    };
    // The greeting comes at once; the next id would come after ten seconds.
    let mut cut = served.follow("/v1/events?types=peer", "").await;
    cut.until("\nid: ").await;
    cut.until("\n\n").await;
    assert_eq!(cut.count("event: "), 0, "{}", cut.text);
    let id = id_of(&cut.text);
    drop(cut);
    served.tell("missed");
    let last = format!("Last-Event-ID: {id}\r\n");
    let mut again = served.follow("/v1/events?types=peer", &last).await;
    again.until("\"missed\"").await;
    assert_eq!(id_of(&again.text), id, "who resumes and is cut off at once stays where it was");
    // What must come first is not passed over by an id before it.
    let mut reset = served.follow("/v1/events?types=peer", "Last-Event-ID: nonsense\r\n").await;
    reset.until("\"unknown_id\"").await;
    let before = reset.text.split("event: reset").next().expect("a greeting");
    assert_eq!(before.matches("id: ").count(), 1, "{before}");
    served.stop().await;
}

#[tokio::test]
async fn a_client_that_reads_late_is_reset_once_and_holds_nobody_up() {
    let served = Served::new().await;
    let mut late = served.follow("/v1/events", "").await;
    late.until("event: head\n").await;
    let begun = Instant::now();
    let name = "x".repeat(60);
    for _ in 0..200_000 {
        served.tell(&name);
        tokio::task::consume_budget().await;
    }
    assert!(begun.elapsed() < PATIENCE, "telling waits for no reader");
    served.tell("newest");
    let reading = async {
        while late.count("\"too_slow\"") == 0 || late.count("\"newest\"") == 0 {
            if late.text.len() > 4_000_000 {
                let kept = late.text.split_off(3_000_000);
                assert_eq!(late.count("event: reset"), 0, "at the end only");
                late.text = kept;
            }
            if late.count("\"too_slow\"") > 0 {
                served.tell("newest");
            }
            assert!(late.more().await, "it goes on");
        }
    };
    tokio::time::timeout(PATIENCE, reading).await.expect("it catches up");
    assert_eq!(late.count("event: reset"), 1);
    served.stop().await;
}

#[tokio::test]
async fn streams_end_with_the_node_also_those_that_nobody_reads() {
    let served = Served::new().await;
    let mut open = Vec::new();
    for _ in 0..20 {
        open.push(served.follow("/v1/events", "").await);
    }
    for stream in &mut open {
        stream.until("event: head\n").await;
    }
    let begun = Instant::now();
    served.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    for stream in &mut open {
        while stream.more().await {}
        assert!(stream.text.ends_with("0\r\n\r\n"), "ended, not cut off: {}", stream.text);
    }
}

#[tokio::test]
async fn one_stream_too_many_is_told_when_to_come_back() {
    let served = Served::new().await;
    let mut open = Vec::new();
    for _ in 0..READERS_MAX {
        let mut stream = served.follow("/v1/events", "").await;
        stream.until("event: head\n").await;
        open.push(stream);
    }
    let refused = served.get("/v1/events").await;
    refused.is_problem(503, "events.too_many_streams");
    assert!(refused.head.contains("retry-after: "), "{}", refused.head);
    let text = served.get("/metrics").await;
    assert_eq!(text.status, 200);
    assert!(text.head.contains("content-type: application/openmetrics-text; version=1.0.0"));
    drop(open);
    let freed = async {
        while served.events.readers() > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, freed).await.expect("places become free");
    served.stop().await;
}

#[tokio::test]
async fn what_is_no_filter_is_refused() {
    let served = Served::new().await;
    for query in ["types=reset", "types=head,,x", "account=bob", "type=head"] {
        served.get(&format!("/v1/events?{query}")).await.is_problem(400, "request.bad_parameter");
    }
    let long = format!("/v1/events?types={}", "head,".repeat(60));
    served.get(&long).await.is_problem(400, "request.bad_parameter");
    served.stop().await;
}
