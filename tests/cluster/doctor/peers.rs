//! Peers that are none, and why.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use coinage_model::evidence::EvidenceJson;
use coinage_protocol::limits::WIRE_VERSION;
use coinage_protocol::{Answer, Block, Bounded, Request, Slot, Status, Topic, encode};
use coinage_simulation::block_builder::Forge;
use coinage_tests::cluster::{self, Cluster, SLOT_MS};
use coinage_tests::program::eventually;
use coinage_tests::raw_process::RawProcess;
use coinage_tests::single_node::SingleNode;
use coinage_tests::villain::{Raw, Speech, Villain, claiming, genesis, serving, status};
use libp2p::identity::Keypair;
use serde_json::{Value, json};

use super::{examine, examine_at};
use crate::PROGRAM;

/// A lone node that dials these peers.
fn lone(cluster: &Cluster, name: &str, peers: &[String]) -> RawProcess {
    RawProcess::start(cluster.program(), &cluster.genesis(), &cluster.scratch(name), peers)
}

fn url(node: &SingleNode) -> String {
    format!("http://{}", node.socket(false))
}

pub(super) fn a_peer_of_another_network_is_shown_with_both_genesis_hashes() {
    let cluster = Cluster::start_with_slot(PROGRAM, 1, SLOT_MS);
    let other = cluster.scratch("other");
    std::fs::create_dir_all(&other).expect("a directory");
    let text = std::fs::read_to_string(cluster.genesis()).expect("a genesis");
    let mut changed: Value = serde_json::from_str(&text).expect("it is JSON");
    changed["name"] = json!("elsewhere");
    let path = other.join("genesis.json");
    std::fs::write(&path, changed.to_string()).expect("written");
    let peer = cluster.announced(1).expect("it runs").p2p;
    let stranger = RawProcess::start(cluster.program(), &path, &other, std::slice::from_ref(&peer));
    let api = stranger.announced.api.clone();
    cluster.wait(40, "both see it", || {
        examine(&cluster, 1, &[]).get("genesis.differs").is_some()
            && examine_at(&api, &[]).get("genesis.differs").is_some()
    });
    let (ours, theirs) = (cluster.get(1, "/v1/status").body, stranger.status());
    let found = examine_at(&api, &[]);
    let what = found.what("genesis.differs");
    for status in [&ours, &theirs] {
        for field in ["chain_id", "genesis_hash"] {
            assert!(what.contains(status[field].as_str().expect("hex")), "{what}");
        }
    }
    let port = peer.split('/').nth(4).expect("a port");
    assert!(what.contains(port), "{what}");
    assert!(found.mend("genesis.differs").contains("coinage join INVITE"));
    cluster.wait(40, "it is alone", || examine_at(&api, &[]).get("peers.none").is_some());
}

pub(super) fn an_address_where_nobody_or_somebody_else_answers_is_named_with_the_reason() {
    let cluster = Cluster::start_with_slot(PROGRAM, 1, SLOT_MS);
    let closed = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = closed.local_addr().expect("bound").port();
    drop(closed);
    let nobody = format!("/ip4/127.0.0.1/tcp/{port}");
    let there = cluster.announced(1).expect("it runs").p2p;
    let (place, _) = there.split_once("/p2p/").expect("it names a peer");
    let name = Keypair::generate_ed25519().public().to_peer_id();
    let other = format!("{place}/p2p/{name}");
    let node = lone(&cluster, "astray", &[nobody.clone(), other]);
    let api = node.announced.api.clone();
    cluster.wait(40, "both are told", || {
        let found = examine_at(&api, &[]);
        found.what("peer.unreachable").contains("refused")
            && found.get("peer.other_identity").is_some()
    });
    let found = examine_at(&api, &[]);
    assert!(found.what("peer.unreachable").contains(&nobody));
    assert!(found.what("peer.other_identity").contains(&name.to_string()));
    assert_eq!(found.code, 1);
    assert!(found.get("peers.none").is_some(), "{:?}", found.codes());
}

pub(super) fn a_place_that_somebody_has_left_is_no_problem_while_others_are_there() {
    let cluster = Cluster::start_with_slot(PROGRAM, 1, SLOT_MS);
    let (genesis, home) = (cluster.genesis(), cluster.scratch("seeker"));
    let there = cluster.announced(1).expect("it runs").p2p;
    let guest = lone(&cluster, "guest", std::slice::from_ref(&there));
    let place = guest.announced.p2p.clone();
    let seeker =
        RawProcess::seeking(cluster.program(), &genesis, &home, std::slice::from_ref(&place));
    cluster.wait(40, "it has met the guest", || {
        std::fs::read_to_string(seeker.data().join("peers.json"))
            .is_ok_and(|book| book.contains(&place))
    });
    drop((seeker, guest));
    // It remembers the guest, and nobody tells it to dial there.
    let seeker = RawProcess::seeking(cluster.program(), &genesis, &home, &[there]);
    let api = seeker.announced.api.clone();
    cluster.wait(80, "nothing is wrong, and the empty place is known", || {
        let found = examine_at(&api, &[]);
        let what = found.what("peer.address_stale");
        found.code == 0 && what.contains(&place) && what.contains("others are connected")
    });
}

pub(super) fn a_copy_of_a_data_directory_is_told_on_both_sides() {
    let cluster = Cluster::start_with_slot(PROGRAM, 1, SLOT_MS);
    let first = lone(&cluster, "first", &[]);
    let second = cluster.scratch("second/data");
    std::fs::create_dir_all(&second).expect("a directory");
    std::fs::copy(first.data().join("node.key"), second.join("node.key")).expect("copied");
    let (place, _) = first.announced.p2p.split_once("/p2p/").expect("it names a peer");
    let copy = lone(&cluster, "second", &[place.to_owned()]);
    for api in [&first.announced.api, &copy.announced.api] {
        cluster.wait(60, "it is told", || examine_at(api, &[]).get("identity.shared").is_some());
        assert!(examine_at(api, &[]).mend("identity.shared").contains("node.key"));
    }
}

pub(super) async fn a_node_by_itself_is_searching_then_alone_and_then_stalled() {
    let mut node = SingleNode::start(PROGRAM, &[]);
    let found = examine_at(&url(&node), &[]);
    assert_eq!(found.codes(), ["peers.none", "sync.searching"]);
    let head = genesis(&node.spec);
    let _peer = Villain::connect(&node, claiming(&node.spec, head)).await;
    node.wait("it is alone", |node| examine_at(&url(node), &[]).get("sync.alone").is_some());
    node.wait("it is stalled", |node| examine_at(&url(node), &[]).get("sync.stalled").is_some());
    assert!(examine_at(&url(&node), &[]).what("sync.stalled").contains("since block 0"));
}

pub(super) async fn a_node_that_is_behind_says_by_how_much_and_who_gives_the_blocks() {
    let mut node = SingleNode::start(PROGRAM, &[]);
    let mut forge = Forge::new(&node.spec);
    (1..=50).for_each(|slot| drop(forge.push(Slot::new(slot), Vec::new())));
    let headers: Vec<_> = forge.blocks.iter().map(|block| block.header.clone()).collect();
    // It shows that there are blocks, and is slow to give them.
    let serve = move |request| match request {
        Request::Headers { .. } => {
            Some(encode(&Answer::Headers(Bounded::first_of(headers.iter().cloned()))))
        }
        _ => Some(encode(&Answer::Busy)),
    };
    let peer = Villain::connect(&node, serving(&node.spec, forge.tip, serve)).await;
    node.wait("it is behind", |node| examine_at(&url(node), &[]).get("sync.behind").is_some());
    let what = examine_at(&url(&node), &[]).what("sync.behind");
    assert!(what.contains("50 blocks behind") && what.contains(&peer.name()), "{what}");
}

/// SPEC C-5
pub(super) async fn an_authority_that_signs_twice_for_a_slot_is_named() {
    let mut node = SingleNode::start(PROGRAM, &[]);
    let spec = node.spec.clone();
    let mut peer = Villain::connect(&node, claiming(&spec, genesis(&spec))).await;
    let topic = peer.topic(Topic::Blocks);
    let mut forges = [Forge::new(&spec), Forge::new(&spec)];
    let first = forges[0].push(Slot::new(9), Vec::new());
    let below = forges[1].push(Slot::new(8), Vec::new());
    let second = forges[1].push(Slot::new(9), Vec::new());
    node.wait("its leader is named", |node| {
        for block in [&first, &below, &second] {
            peer.gossip(&topic, &encode(block));
        }
        let what = examine_at(&url(node), &[]).what("authority.evidence");
        what.contains(&spec.genesis_authorities().leader(Slot::new(9)).to_string())
            && what.contains("slot 9")
    });
    for line in ["authority.double_signed", "evidence.found"] {
        assert!(node.log().contains(line), "{}", node.log());
    }
    let words = ["chain", "evidence", "--json", "--node", &url(&node)];
    let shown = cluster::run(PROGRAM, &std::env::temp_dir(), &words);
    let [one] = shown.data()["items"].as_array().expect("a list").as_slice() else {
        panic!("{shown:?}")
    };
    let one: EvidenceJson = serde_json::from_value(one.clone()).expect("evidence");
    let proof = one.check(spec.chain()).expect("whoever has the chain id can check it");
    let hash = |block: &Block| block.header.header.hash(spec.chain());
    let mut hashes = [&first, &second].map(hash);
    hashes.sort();
    assert_eq!((proof.blocks(), one.slot), (hashes, 9));
}

pub(super) async fn a_peer_whose_gossip_does_not_arrive_is_named() {
    let mut node = SingleNode::start(PROGRAM, &[]);
    let mut head = genesis(&node.spec);
    let spec = node.spec.clone();
    // Its head moves, and it says so; blocks it tells nobody.
    let script = Box::new(move |speech, _: &[u8]| {
        (head.height, head.slot) = (head.height + 1, head.slot + 1);
        head.hash =
            coinage_protocol::BlockHash::new([u8::try_from(head.height.get()).expect("few"); 32]);
        (speech == Speech::Status).then(|| encode(&status(&spec, head)))
    });
    let mut peer = Villain::connect(&node, script).await;
    peer.gone().await;
    node.wait("it is named", |node| {
        examine_at(&url(node), &[]).what("gossip.silent").contains(&peer.name())
    });
    assert!(node.log().contains("gossip.silent"), "{}", node.log());
}

pub(super) async fn whoever_was_banned_or_speaks_nonsense_or_another_version_is_named() {
    let mut node = SingleNode::start(PROGRAM, &[]);
    let calm = |node: &SingleNode| claiming(&node.spec, genesis(&node.spec));
    let keypair = Keypair::generate_ed25519();
    let mut banned = Villain::dial(&node, keypair.clone(), calm(&node));
    assert!(banned.is_connected().await);
    let topic = banned.topic(Topic::Blocks);
    for junk in [b"one", b"two"] {
        banned.gossip(&topic, junk);
    }
    banned.gone().await;
    let mut garbled = Villain::connect(&node, calm(&node)).await;
    garbled.ask(Speech::Sync, Raw::Bytes(vec![0xff; 20]));
    garbled.gone().await;
    let later = Status { version: WIRE_VERSION + 1, ..status(&node.spec, genesis(&node.spec)) };
    let script =
        Box::new(move |speech, _: &[u8]| (speech == Speech::Status).then(|| encode(&later)));
    let newer = Villain::connect(&node, script).await;
    node.wait("all three are named", |node| {
        let found = examine_at(&url(node), &[]);
        let named = |code: &str, peer: &Villain| found.what(code).contains(&peer.name());
        named("peer.banned", &banned)
            && named("peer.undecodable", &garbled)
            && named("version.differs", &newer)
    });
    let what = examine_at(&url(&node), &[]).what("peer.banned");
    assert!(what.contains("undecodable, until 20"), "{what}");

    // The one that was banned, as a node: it is not let in, and says so.
    let directory = tempfile::TempDir::new().expect("a directory");
    let data = directory.path().join("data");
    std::fs::create_dir(&data).expect("a directory");
    let key = data.join("node.key");
    std::fs::write(&key, keypair.to_protobuf_encoding().expect("a key")).expect("written");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).expect("set");
    let genesis = node.data().join("genesis.json");
    let peers = [node.p2p().to_string()];
    let shunned = RawProcess::start(PROGRAM.as_ref(), &genesis, directory.path(), &peers);
    eventually("it says so", || {
        examine_at(&shunned.announced.api, &[]).get("peer.hung_up").is_some()
    });
}
