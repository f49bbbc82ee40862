use std::time::SystemTime;

use coinage_protocol::engine::{Backlog, FinalityView, KnownTip, Room};
use coinage_protocol::{BlockHash, HeaderContext, Height, Slot, Tip};

use super::strict::{FamilyText, parse};
use super::*;
use crate::storage::testing::World;

fn view(sync: SyncState) -> View {
    let head = Tip { height: Height::new(7), slot: Slot::new(9), hash: BlockHash::default() };
    View {
        head,
        authorities: World::new("metrics").spec.genesis_authorities().clone(),
        changed: World::new("metrics").spec.genesis_hash(),
        change: None,
        known: HeaderContext::from(&World::new("metrics").spec).authorities.clone(),
        sync,
        heard: 4,
        missing: Vec::new(),
        pool_transactions: 2,
        pool_parked: 1,
        pool_bytes: 300,
        room: Room::default(),
        backlog: Backlog::default(),
        clock_ahead_ms: Some(-2500),
        clock_doubt: None,
        head_ahead_ms: None,
        stop: None,
        finality: FinalityView {
            finalized: Tip { height: Height::new(5), ..head },
            certified: head,
            quorum: 3,
            silent: vec![2],
            conflict: None,
            invalid: None,
        },
        evidence: 0,
        tips: Vec::<KnownTip>::new(),
    }
}

fn families(metrics: &Metrics, live: &NodeState) -> std::collections::BTreeMap<String, FamilyText> {
    let present = Present { event_streams: 3, storage_bytes: 4096 };
    parse(&metrics.text(live, present).expect("written"))
}

fn value(family: &FamilyText, label: &str) -> f64 {
    let found = family.samples.iter().find(|(_, labels, _)| labels == label);
    found.unwrap_or_else(|| panic!("{label}: {family:?}")).2
}

#[test]
fn the_text_is_open_metrics_and_every_name_keeps_the_rules() {
    let metrics = Metrics::new();
    let request = Request { route: "/v1/blocks/{reference}".into(), method: "GET", status: 404 };
    metrics.answered(request, Duration::from_millis(3));
    metrics.written_in(Duration::from_millis(2));
    metrics.signature_checks().count("gossip");
    let live = NodeState::new(view(SyncState::Syncing { target: Height::new(99) }));
    let shown = Peer {
        peer_id: "12D3".into(),
        address: "/ip4/192.0.2.1/tcp/1".into(),
        inbound: true,
        since: SystemTime::UNIX_EPOCH,
        status: None,
        clock_ahead_ms: 0,
    };
    live.connected(coinage_protocol::engine::PeerRef(1), shown);
    let families = families(&metrics, &live);
    for (name, family) in &families {
        assert!(name.starts_with("coinage_"), "{name}");
        let timed = name.contains("duration") || name.contains("delay") || name.contains("uptime");
        assert!(!timed || family.unit == "seconds", "{name}");
        assert!(!family.help.contains('\\') && family.help.len() > 10, "{name}");
    }
    let gauge = |name: &str, label: &str| value(&families[name], label);
    assert_eq!(gauge("coinage_chain_head_height", ""), 7.0);
    assert_eq!(gauge("coinage_final_height", ""), 5.0);
    assert_eq!(gauge("coinage_finality_lag_blocks", ""), 2.0);
    assert_eq!(gauge("coinage_finality_silent_authorities", ""), 1.0);
    assert_eq!(gauge("coinage_sync_target_height", ""), 99.0);
    assert_eq!(gauge("coinage_sync_state", "state=\"syncing\""), 1.0);
    assert_eq!(gauge("coinage_sync_state", "state=\"synced\""), 0.0);
    assert_eq!(gauge("coinage_peers", "direction=\"inbound\""), 1.0);
    assert_eq!(gauge("coinage_mempool_bytes", ""), 300.0);
    assert_eq!(gauge("coinage_clock_ahead_seconds", ""), -2.5);
    assert_eq!(gauge("coinage_storage_bytes", ""), 4096.0);
    let version = format!("version=\"{}\"", env!("CARGO_PKG_VERSION"));
    assert_eq!(gauge("coinage_build", &version), 1.0);
    let route = "route=\"/v1/blocks/{reference}\",method=\"GET\",status=\"404\"";
    let requests = &families["coinage_http_request_duration_seconds"];
    assert!(requests.samples.iter().any(|(name, labels, value)| {
        name.ends_with("_count") && labels == route && *value == 1.0
    }));
    if cfg!(target_os = "linux") {
        assert!(gauge("coinage_process_resident_memory_bytes", "") > 1_000_000.0);
    }
}

#[test]
fn only_one_state_of_sync_holds_at_a_time() {
    let metrics = Metrics::new();
    let live = NodeState::new(view(SyncState::Searching));
    for sync in
        [SyncState::Synced, SyncState::Stalled, SyncState::Syncing { target: Height::new(8) }]
    {
        families(&metrics, &live);
        live.publish(view(sync));
        let states = &families(&metrics, &live)["coinage_sync_state"];
        assert_eq!(states.samples.iter().map(|sample| sample.2).sum::<f64>(), 1.0);
    }
}

#[test]
#[should_panic(expected = "comes twice")]
fn the_strict_reader_refuses_a_family_in_two_parts() {
    let one = "# HELP a A.\n# TYPE a gauge\na 1\n";
    parse(&format!("{one}# HELP b B.\n# TYPE b gauge\nb 1\n{one}# EOF\n"));
}

#[test]
#[should_panic(expected = "coinage_x 1")]
fn the_strict_reader_refuses_a_counter_without_total() {
    parse("# HELP coinage_x X.\n# TYPE coinage_x counter\ncoinage_x 1\n# EOF\n");
}

/// Returns the names of metrics in a query.
fn named(query: &str) -> Vec<&str> {
    let other = |one: char| !(one.is_ascii_alphanumeric() || one == '_');
    let words = query.split(other);
    words.filter(|word| word.starts_with("coinage_") || word.starts_with("libp2p_")).collect()
}

fn queries<'a>(value: &'a serde_json::Value, found: &mut Vec<&'a str>) {
    match value {
        serde_json::Value::Object(fields) => {
            for (name, field) in fields {
                match field.as_str() {
                    Some(text) if ["expr", "query", "definition"].contains(&name.as_str()) => {
                        found.push(text);
                    }
                    _ => queries(field, found),
                }
            }
        }
        serde_json::Value::Array(all) => all.iter().for_each(|one| queries(one, found)),
        _ => {}
    }
}

#[tokio::test]
async fn one_text_has_libp2ps_metrics_too_and_the_dashboard_shows_what_there_is() {
    let mut metrics = Metrics::new();
    let settings = |peers| crate::network::NetworkSettings {
        keypair: libp2p::identity::Keypair::generate_ed25519(),
        spec: World::new("metrics").spec,
        key: None,
        listen: vec!["/ip4/127.0.0.1/tcp/0".parse().expect("an address")],
        peers,
        external: Vec::new(),
        discovery: false,
        book: None,
    };
    let other = crate::network::start(settings(Vec::new()), &mut Metrics::new()).await;
    let other = other.expect("it listens");
    let link = crate::network::start(settings(other.addresses.clone()), &mut metrics).await;
    let mut link = link.expect("it listens");
    let met = tokio::time::timeout(Duration::from_secs(30), link.notices.recv()).await;
    assert!(matches!(met, Ok(Some(crate::network::Notice::Connected { .. }))), "{met:?}");
    metrics.invalid(&TransactionError::NoAction);
    metrics.event(&Event::Misbehaviour {
        peer: coinage_protocol::engine::PeerRef(1),
        offence: coinage_protocol::Offence::Flood,
        detail: "what a peer says is no label".into(),
    });
    let request = Request { route: "none".into(), method: "GET", status: 404 };
    metrics.answered(request, Duration::from_millis(3));
    let families = families(&metrics, &NodeState::new(view(SyncState::Synced)));
    let foreign = families.keys().filter(|name| name.starts_with("libp2p_")).count();
    assert!(foreign > 10, "{foreign}");
    let samples: Vec<_> = families
        .iter()
        .flat_map(|(name, family)| {
            let suffixes: &[&str] = match family.kind.as_str() {
                "counter" => &["_total"],
                "histogram" => &["_bucket", "_sum", "_count"],
                "info" => &["_info"],
                _ => &[""],
            };
            suffixes.iter().map(move |suffix| format!("{name}{suffix}"))
        })
        .collect();
    let dashboard = include_str!("../../../../scripts/grafana.json");
    let dashboard = serde_json::from_str(dashboard).expect("JSON");
    let mut asked = Vec::new();
    queries(&dashboard, &mut asked);
    let shown: std::collections::BTreeSet<_> = asked.iter().flat_map(|one| named(one)).collect();
    for name in &shown {
        assert!(samples.iter().any(|sample| sample == name), "there is no {name}");
    }
    let ours = families.iter().filter(|(name, _)| name.starts_with("coinage_"));
    for (name, _) in ours {
        assert!(shown.iter().any(|shown| shown.starts_with(name.as_str())), "{name} is not shown");
    }
    drop((link, other));
}
