use coinage_model::chain::BlockSummary;
use coinage_model::status::{AuthorityJson, PeerJson, StatusJson};
use coinage_model::trouble::TroubleJson;
use serde_json::{Value, json};

use super::facts::Facts;
use super::*;

fn hash(byte: u8) -> String {
    hex::encode([byte; 32])
}

fn tip(height: u64, slot: u64) -> Value {
    let (height, slot) = (height.to_string(), slot.to_string());
    json!({ "height": height, "hash": hash(1), "slot": slot, "time": "2026-11-22T00:00:00.000Z" })
}

/// A node that is authority 0 of four; slots of 500 ms, the head in this slot.
fn status(slot: u64) -> StatusJson {
    let key = |seed: u8| coinage_protocol::SecretKey::new([seed; 32]).public().to_string();
    let authority = |index: u8| json!({ "index": index, "key": key(index), "self": index == 0 });
    let authorities: Vec<_> = (0..4).map(authority).collect();
    serde_json::from_value(json!({
        "node": "n1", "peer_id": "12D3", "addresses": [], "version": "0", "network": "x",
        "chain_id": hash(2), "genesis_hash": hash(3), "role": "authority", "head": tip(slot, slot),
        "final": null, "justified": null, "finality": "", "sync": { "state": "synced" },
        "peers": 3, "mempool": { "transactions": 0, "parked": 0, "bytes": 0 },
        "authorities": authorities, "clock": { "ahead_ms": null, "skewed": false },
        "slot_ms": 500, "devnet": null, "warnings": [],
    }))
    .expect("a status")
}

fn peer(name: &str, clock_ahead_ms: i64) -> PeerJson {
    serde_json::from_value(json!({
        "peer_id": name, "address": "/ip4/10.0.0.1/tcp/1", "inbound": false,
        "since": "2026-11-22T00:00:00.000Z", "agent": "coinage", "head": tip(9, 9),
        "clock_ahead_ms": clock_ahead_ms.to_string(),
    }))
    .expect("a peer")
}

fn block(slot: u64) -> BlockSummary {
    let mut header = tip(slot, slot);
    let more = json!({
        "version": 1, "previous": hash(1), "transactions_root": hash(1), "state_root": hash(1),
        "authorities": hash(1), "leader": null, "signature": hex::encode([0; 64]),
        "transactions": 0,
    });
    if let (Some(header), Value::Object(more)) = (header.as_object_mut(), more) {
        header.extend(more);
    }
    serde_json::from_value(header).expect("a block")
}

fn facts(ahead: &[i64], slots: impl Iterator<Item = u64>) -> Facts {
    let peers = ahead.iter().enumerate().map(|(at, by)| peer(&format!("p{at}"), *by)).collect();
    let mut blocks: Vec<_> = slots.map(block).collect();
    blocks.reverse();
    let (url, troubles, evidence) = (String::new(), Vec::new(), Vec::new());
    Facts { url, local: true, status: status(100), peers, troubles, evidence, blocks }
}

fn codes(facts: &Facts) -> Vec<&'static str> {
    examine(facts).iter().map(|finding| finding.code).collect()
}

/// A trouble with a node that the operator named, or did not.
fn trouble(kind: &str, configured: bool) -> TroubleJson {
    let time = "2026-11-22T00:00:00.000Z";
    serde_json::from_value(json!({
        "kind": kind, "address": "/ip4/203.0.113.5/tcp/9", "peer_id": "12D3",
        "configured": configured,
        "detail": "it is so", "ours": null, "theirs": null, "first": time, "last": time, "count": 1,
        "until": time,
    }))
    .expect("a trouble")
}

#[test]
fn what_a_stranger_does_wrong_is_told_and_is_no_problem_of_this_node() {
    let levels = |troubles: Vec<TroubleJson>, authorities: usize| {
        let mut facts = facts(&[], 50..=100);
        facts.status.authorities.truncate(authorities);
        let found = examine(&Facts { troubles, ..facts });
        let of_peers = found.into_iter().filter(|one| one.code.starts_with("peer"));
        of_peers.map(|one| (one.code, one.level)).collect::<Vec<_>>()
    };
    for (kind, code) in [("undecodable", "peer.undecodable"), ("banned", "peer.banned")] {
        assert_eq!(levels(vec![trouble(kind, false)], 1), [(code, Level::Note)]);
        let named = [(code, Level::Problem), ("peers.none", Level::Problem)];
        assert_eq!(levels(vec![trouble(kind, true)], 1), named);
        let alone = [(code, Level::Note), ("peers.none", Level::Problem)];
        assert_eq!(levels(vec![trouble(kind, false)], 4), alone, "others are expected");
    }
}

#[test]
fn a_node_that_is_well_has_nothing() {
    assert!(codes(&facts(&[3, -20, 999], 50..=100)).is_empty());
}

#[test]
fn whoever_differs_from_most_others_has_the_wrong_clock() {
    let observed = |ahead: &[i64]| {
        let mut facts = facts(ahead, 50..=100);
        facts.status.authorities.iter_mut().for_each(|one| one.is_self = false);
        codes(&facts)
    };
    assert_eq!(observed(&[-3000, -3010, -2990]), ["clock.own"]);
    assert_eq!(observed(&[10, 5000, -10]), ["clock.peer"]);
    // The node is ahead by three seconds, and one of the others by as much.
    assert_eq!(observed(&[-3000, 0, -3010]), ["clock.own", "clock.peer"]);
    let one = examine(&facts(&[5000], 50..=100));
    assert!(one.len() == 1 && one[0].what.contains("one peer alone proves nothing"), "{one:?}");
}

#[test]
fn a_node_whose_own_clock_is_wrong_blames_neither_authorities_nor_its_only_peer() {
    for (state, ahead) in [("stalled", &[3_600_000, 3_600_010][..]), ("alone", &[3_600_000])] {
        let mut facts = facts(ahead, 50..=100);
        facts.status.sync.state = serde_json::from_value(json!(state)).expect("a state");
        facts.status.clock.head_ahead_ms = Some(3_594_000);
        assert_eq!(codes(&facts), ["clock.own", "clock.head_ahead"], "{state}");
        facts.status.clock.head_ahead_ms = None;
        facts.peers.clear();
        assert!(codes(&facts).contains(&format!("sync.{state}").as_str()), "{state}");
    }
}

#[test]
fn no_number_of_callers_makes_a_right_clock_wrong() {
    let crowd = [0, 10, 59_999, 59_999, 59_999, 59_999];
    // An authority knows by its blocks.
    assert_eq!(codes(&facts(&crowd, 50..=100)), ["clock.peer"; 4]);
    // Others go by whom they have dialled.
    let mut observer = facts(&crowd, 50..=100);
    observer.status.authorities.iter_mut().for_each(|one| one.is_self = false);
    observer.peers.iter_mut().skip(2).for_each(|peer| peer.inbound = true);
    assert_eq!(codes(&observer), ["clock.peer"; 4]);
}

#[test]
fn an_authority_whose_turns_pass_is_named_and_the_own_one_told_why() {
    let without = |turn: u64| (50..=100).filter(move |slot| slot % 4 != turn);
    let silent = examine(&facts(&[0, 0, 0], without(2)));
    assert_eq!(silent.len(), 1);
    assert_eq!((silent[0].code, &silent[0].seen["index"]), ("authority.silent", &json!(2)));
    let own = examine(&facts(&[-1200, -1200, -1200], without(0)));
    let codes: Vec<_> = own.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["clock.own", "authority.turns_missed"]);
    assert!(own[1].what.contains("1200 ms ahead"), "{own:?}");
    // Half of the turns is enough, a few are chance.
    let half = (50..=100).filter(|slot| slot % 4 != 0 || slot % 8 == 4);
    assert_eq!(examine(&facts(&[0, 0], half)).len(), 1);
    assert!(examine(&facts(&[0, 0], (50..=100).filter(|slot| *slot != 96))).is_empty());
}

#[test]
fn silence_on_a_quiet_network_accuses_nobody_and_who_misses_its_turn_there_is_named() {
    // SPEC F-10
    let quiet = || (5..=100).rev().step_by(19);
    assert!(codes(&facts(&[0, 0], quiet().collect::<Vec<_>>().into_iter().rev())).is_empty());
    // A payment in slot 60 that the chain does not call final: from then on blocks were due.
    let slots = [5, 24, 43, 60, 61, 63, 64, 65, 67, 68, 69, 71];
    let mut due = facts(&[0, 0, 0], slots.into_iter());
    due.status = status(71);
    let paid =
        due.blocks.iter_mut().find(|block| block.header.tip.slot == 60).expect("it is there");
    paid.transactions = 1;
    assert_eq!(codes(&due), ["authority.silent"]);
}

#[test]
fn a_young_chain_accuses_nobody() {
    let mut young = facts(&[0], [1, 3].into_iter());
    young.status = status(9);
    assert!(codes(&young).is_empty());
}

#[test]
fn advice_for_a_node_of_a_devnet_is_the_devnets() {
    let own = tempfile::tempdir().expect("a directory");
    let other = own.path().join("not to be seen");
    let mend = |devnet: Option<&std::path::Path>, local: bool| {
        let mut facts = Facts { local, ..facts(&[0], 50..=100) };
        facts.status.sync.state = serde_json::from_value(json!("stalled")).expect("a state");
        facts.status.devnet = devnet.map(Into::into);
        examine(&facts).pop().map(|finding| finding.mend).expect("it is stalled")
    };
    assert!(mend(Some(own.path()), true).contains("start N"));
    for elsewhere in [mend(Some(own.path()), false), mend(Some(&other), true)] {
        assert!(elsewhere.contains("of another user or machine"), "{elsewhere}");
    }
    assert!(mend(None, true).contains("`coinage doctor --node URL`"));
}

#[test]
fn a_node_tells_that_its_disk_is_nearly_full() {
    let with = |free: &str, low: bool| {
        let mut facts = facts(&[0], 50..=100);
        let disk = json!({ "free_bytes": free, "low": low });
        facts.status.disk = serde_json::from_value(disk).expect("a disk");
        disk_of(&facts).map(|finding| (finding.code, finding.what))
    };
    assert_eq!(with("999999999999", false), None);
    let (code, what) = with("10485760", true).expect("it is low");
    assert!(code == "data.disk_low" && what.contains("10 MiB left"), "{what}");
}

#[test]
fn an_observer_with_a_wrong_clock_is_not_told_what_it_signs() {
    let said = |role: &str| {
        let mut facts = facts(&[-3000, -3010], 50..=100);
        facts.status.role = serde_json::from_value(json!(role)).expect("a role");
        facts.status.authorities.iter_mut().for_each(|one| one.is_self = false);
        examine(&facts).remove(0).what
    };
    assert!(said("authority").contains("its blocks come in the turns of others"));
    assert!(!said("observer").contains("its blocks"), "{}", said("observer"));
}

#[test]
fn whose_votes_do_not_come_is_named_and_what_that_holds_up_once_it_is_long() {
    // SPEC F-1
    let seen = |silent: &[usize], missing: &[usize], lag: u64| {
        let mut facts = facts(&[0, 0, 0], 50..=100);
        let of = |turns: &[usize], all: &[AuthorityJson]| -> Vec<AuthorityJson> {
            turns.iter().map(|turn| all[*turn]).collect()
        };
        let status = &mut facts.status;
        let finalized = json!({ "lag": lag.to_string() });
        let mut place = tip(100 - lag, 100 - lag);
        if let (Some(place), Value::Object(more)) = (place.as_object_mut(), finalized) {
            place.extend(more);
        }
        status.final_block = Some(serde_json::from_value(place).expect("a place"));
        status.quorum = Some(3);
        status.silent = of(silent, &status.authorities);
        status.missing = of(missing, &status.authorities);
        codes(&facts)
    };
    assert_eq!(seen(&[], &[], 1), [""; 0]);
    assert_eq!(seen(&[2], &[2], 1), ["authority.silent"], "neither blocks nor votes come");
    assert_eq!(seen(&[2], &[], 1), ["authority.no_votes"]);
    assert_eq!(seen(&[2, 3], &[], 8), [""; 0], "the votes may be on their way");
    let both = ["authority.silent", "authority.no_votes", "finality.held_up"];
    assert_eq!(seen(&[2, 3], &[3], 9), both, "blocks go on");
}

#[test]
fn evidence_names_the_authority_and_says_what_to_do() {
    // SPEC F-11
    let mut facts = facts(&[0, 0, 0], 50..=100);
    let own = facts.status.authorities.iter().find(|one| one.is_self).expect("it is one").key;
    let evidence = |key: String| {
        let one = json!({
            "authority": key, "kind": "votes", "slot": "7", "first": hash(1), "second": hash(2),
            "proof": "00",
        });
        serde_json::from_value(one).expect("evidence")
    };
    let other = facts.status.authorities.iter().find(|one| !one.is_self).expect("others").key;
    facts.evidence = [other, own].map(|key| evidence(key.to_string())).into();
    let found = examine(&facts);
    let [of_another, of_this] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((of_another.code, of_this.code), ("authority.evidence", "authority.evidence"));
    assert!(of_another.what.starts_with(&format!("authority {other} voted for two blocks")));
    assert!(of_this.what.starts_with("this node's own authority key"), "{}", of_this.what);
    assert!(of_another.mend.contains("remove it by a change"), "{}", of_another.mend);
}
