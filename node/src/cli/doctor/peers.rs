//! Findings about peers that are not connected, and why.

use coinage_model::time;
use coinage_model::trouble::{StandpointJson, TroubleJson, TroubleKindJson};
use serde_json::{Value, json};

use super::facts::Facts;
use super::finding::{
    ADDRESS_STALE, AUTHORITY_TWICE, Finding, GENESIS_DIFFERS, GOSSIP_SILENT, IDENTITY_SHARED,
    IDENTITY_TWICE, PEER_BANNED, PEER_GARBLED, PEER_HUNG_UP, PEER_KNOCKS, PEER_NO_HANDSHAKE,
    PEER_OTHER, PEER_UNREACHABLE, PEERS_NONE, STRANGERS, VERSION_DIFFERS,
};

/// Troubles with strangers that are told one by one; more are one finding.
const STRANGERS_SHOWN: usize = 4;

pub(super) fn examine(facts: &Facts) -> Vec<Finding> {
    let alone = facts.peers.is_empty();
    let private = facts.status.network_key.is_some();
    let (strange, known): (Vec<_>, Vec<_>) = facts.troubles.iter().partition(|one| is_strange(one));
    let told = |trouble: &TroubleJson| {
        let finding = of_trouble(trouble, alone, private);
        if is_guilt_of_stranger(trouble) { finding.noted() } else { finding }
    };
    let found = known.into_iter().map(told);
    let mut findings: Vec<_> = found.collect();
    match strange.get(STRANGERS_SHOWN..) {
        Some([_, ..]) => findings.push(strangers(&strange)),
        _ => findings.extend(strange.into_iter().map(told)),
    }
    let mut others = facts.troubles.iter().filter(|one| !is_guilt_of_stranger(one));
    let expects_peers = facts.status.authorities.len() > 1 || others.next().is_some();
    if alone && expects_peers {
        findings.push(nobody(facts));
    }
    findings
}

/// True if anybody can make such a trouble whom nobody named.
fn is_strange(trouble: &TroubleJson) -> bool {
    use TroubleKindJson::{
        Banned, HungUp, NoHandshake, OtherIdentity, OtherNetwork, OtherVersion, Undecodable,
        Unreachable,
    };
    let kinds = [
        Banned,
        HungUp,
        NoHandshake,
        OtherIdentity,
        OtherNetwork,
        OtherVersion,
        Undecodable,
        Unreachable,
    ];
    // Callers without a handshake are one trouble already, without an address.
    !trouble.configured && trouble.address.is_some() && kinds.contains(&trouble.kind)
}

/// True if a node that nobody named did what no node of this network does: that is no problem of
/// this one.
fn is_guilt_of_stranger(trouble: &TroubleJson) -> bool {
    let guilty = matches!(trouble.kind, TroubleKindJson::Banned | TroubleKindJson::Undecodable);
    guilty && is_strange(trouble)
}

fn strangers(troubles: &[&TroubleJson]) -> Finding {
    let count = |kind| troubles.iter().filter(|one| one.kind == kind).count();
    let banned = count(TroubleKindJson::Banned) + count(TroubleKindJson::Undecodable);
    let latest = troubles.iter().max_by_key(|one| one.last);
    let latest = latest
        .map_or_else(String::new, |one| format!("; the latest is {}: {}", place(one), one.detail));
    let what = format!(
        "{} nodes that nobody named made trouble lately; {banned} were banned{latest}",
        troubles.len()
    );
    let mend = "nothing to do: they take nobody's place; `coinage peers` shows who is connected";
    Finding::new(STRANGERS, what, mend).seen(serde_json::to_value(troubles).unwrap_or(Value::Null))
}

fn nobody(facts: &Facts) -> Finding {
    let (what, mend) = if facts.troubles.is_empty() {
        (
            "no peer is connected: this node knows no address to dial, and nobody has dialled it",
            "name a node of the network: `coinage node run --peer MULTIADDR`; `coinage invite` \
             there prints a line for `coinage join`",
        )
    } else {
        (
            "no peer is connected, for the reasons above",
            "mend those; `coinage peers` shows who is connected",
        )
    };
    Finding::new(PEERS_NONE, what, mend)
        .seen(json!({ "authorities": facts.status.authorities.len() }))
}

fn of_trouble(trouble: &TroubleJson, alone: bool, private: bool) -> Finding {
    let at = place(trouble);
    let detail = &trouble.detail;
    let (kind, what, mend) = match trouble.kind {
        TroubleKindJson::Unreachable if trouble.configured || alone => (
            PEER_UNREACHABLE,
            format!("nobody answers {at}: {detail}{}", times(trouble)),
            "start that node, or correct its address in --peer or the settings; a firewall \
             between must let its TCP port through"
                .to_owned(),
        ),
        TroubleKindJson::Unreachable => (
            ADDRESS_STALE,
            format!("nobody answers {at}: {detail}; others are connected"),
            "nothing to do: the address is dialled ever more rarely".to_owned(),
        ),
        TroubleKindJson::NoHandshake => no_handshake(trouble, private),
        TroubleKindJson::OtherIdentity => (
            PEER_OTHER,
            format!("another node than expected is {at}: {detail}"),
            "correct the part after /p2p/ in --peer or the settings: `coinage invite` on that \
             node prints its addresses"
                .to_owned(),
        ),
        TroubleKindJson::SameIdentity => same_identity(trouble, &at),
        TroubleKindJson::OtherNetwork | TroubleKindJson::OtherVersion => differs(trouble, &at),
        TroubleKindJson::Banned => (
            PEER_BANNED,
            format!("the node {at} was banned for {detail}{}", until(trouble)),
            "it runs a broken or hostile program: update it, and wait; `coinage node run` \
             without its address in --peer does without it"
                .to_owned(),
        ),
        TroubleKindJson::Undecodable => (
            PEER_GARBLED,
            format!("the node {at} sends what is no message ({detail}){}", until(trouble)),
            "it runs another or a broken program: `coinage --version` on both machines".to_owned(),
        ),
        TroubleKindJson::HungUp => (
            PEER_HUNG_UP,
            format!("the node {at} does not want this one: {detail}{}", times(trouble)),
            "it may have banned this node, or have no place left: `coinage doctor` there says"
                .to_owned(),
        ),
        TroubleKindJson::IdentityTwice => (
            IDENTITY_TWICE,
            format!("two nodes have the identity {}: {detail}{}", peer(trouble), times(trouble)),
            "one data directory is a copy of the other: stop one of the two, remove node.key from \
             its data directory and start it again"
                .to_owned(),
        ),
        TroubleKindJson::AuthorityTwice => authority_twice(detail),
        TroubleKindJson::GossipSilent => (
            GOSSIP_SILENT,
            format!("no gossip came from the node {at}: {detail}{}", times(trouble)),
            "nothing to do: its blocks are fetched, and the connection was made anew; if it goes \
             on, that node runs another program, or something between the two holds back what it \
             sends"
                .to_owned(),
        ),
    };
    Finding::new(kind, what, mend).seen(serde_json::to_value(trouble).unwrap_or(Value::Null))
}

fn authority_twice(detail: &str) -> (super::finding::Kind, String, String) {
    let what = format!("another process uses this node's authority key: {detail}");
    let mend = "this node has stopped signing. Find the other one (`coinage doctor --data DIR \
                --authority-key FILE` on each machine shows who uses the key), stop it and remove \
                its key; there is none if somebody put an older copy of its memory back. Then stop \
                this node, run `coinage node reset-signing-memory KEYFILE --genesis FILE` and \
                start it again. If somebody has stolen the key, it is lost";
    (AUTHORITY_TWICE, what, mend.to_owned())
}

fn no_handshake(trouble: &TroubleJson, private: bool) -> (super::finding::Kind, String, String) {
    let (detail, times) = (&trouble.detail, times(trouble));
    if trouble.address.is_none() {
        let what = format!("somebody calls with whom no handshake succeeds{times}: {detail}");
        let mend = if private {
            "nothing to do if it is a stranger: without the network's key nobody comes in. If it \
             is a node of yours, it has another key, or none: `coinage join INVITE` brings it"
        } else {
            "nothing to do if it is a stranger. If it is a node of yours, it has a network key and \
             this one has none: `coinage invite` there brings it here"
        };
        return (PEER_KNOCKS, what, mend.to_owned());
    }
    let ours = if private {
        "this node's network is private, and that node has another key, or none, or it does not \
         run and something in between closes its connections"
    } else {
        "this node has no network key, and that node may be of a private network"
    };
    let what = format!("{} {detail}{times}: {ours}", place(trouble));
    let mend = "compare `coinage genesis show FILE` on both: the line network_key must be the \
                same. `coinage invite` on a node of the network prints a line that carries the \
                key; `coinage join INVITE --data NEW-DIRECTORY` takes it. A program that is no \
                coinage node may listen there, too";
    (PEER_NO_HANDSHAKE, what, mend.to_owned())
}

fn same_identity(trouble: &TroubleJson, at: &str) -> (super::finding::Kind, String, String) {
    let what = format!(
        "another node has this node's identity and is {at}: {}; its data directory is a copy of \
         this one's",
        trouble.detail
    );
    let mend = "stop the copy, remove node.key from its data directory and start it again: it \
                makes an identity of its own. If the address is this node's own under another \
                name, leave it out of --peer";
    (IDENTITY_SHARED, what, mend.to_owned())
}

fn differs(trouble: &TroubleJson, at: &str) -> (super::finding::Kind, String, String) {
    let side = |side: &Option<StandpointJson>| {
        side.map_or_else(
            || "unknown".to_owned(),
            |side| format!("chain id {} (genesis {})", side.chain_id, side.genesis_hash),
        )
    };
    if trouble.kind == TroubleKindJson::OtherNetwork {
        let (ours, theirs) = (side(&trouble.ours), side(&trouble.theirs));
        let what = format!("the node {at} is of another network: {theirs} there, {ours} here");
        let mend = "compare the genesis files with `coinage genesis show FILE`; to move to the \
                    other network: `coinage join INVITE --data NEW-DIRECTORY`";
        return (GENESIS_DIFFERS, what, mend.to_owned());
    }
    let version = |side: &Option<StandpointJson>| side.map_or(0, |side| side.version);
    let what = format!(
        "the node {at} speaks version {} of the protocol, this one version {}",
        version(&trouble.theirs),
        version(&trouble.ours)
    );
    let mend = "update the program of the lower version; `coinage --version` shows which it is";
    (VERSION_DIFFERS, what, mend.to_owned())
}

fn place(trouble: &TroubleJson) -> String {
    match (&trouble.address, &trouble.peer_id) {
        (Some(address), Some(peer)) if !address.contains(peer) => format!("at {address} ({peer})"),
        (Some(address), _) => format!("at {address}"),
        (None, Some(peer)) => format!("named {peer}"),
        (None, None) => "somewhere".to_owned(),
    }
}

fn peer(trouble: &TroubleJson) -> &str {
    trouble.peer_id.as_deref().unwrap_or("unknown")
}

fn until(trouble: &TroubleJson) -> String {
    trouble.until.map_or_else(String::new, |until| format!(", until {}", time::format(until)))
}

fn times(trouble: &TroubleJson) -> String {
    let since = time::format(trouble.first);
    if trouble.count > 1 {
        format!(" ({} times since {since})", trouble.count)
    } else {
        String::new()
    }
}
