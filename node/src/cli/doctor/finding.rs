//! Findings, and the one table of their codes: a contract with scripts, as the codes of failures.

use serde::Serialize;
use serde_json::Value;

/// The weight of a finding.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Level {
    /// The finding is that something is wrong.
    Problem,
    /// The finding is worth knowing, and nothing is wrong.
    Note,
}

/// A line of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    pub(super) code: &'static str,
    pub(super) level: Level,
    pub(super) meaning: &'static str,
}

/// A finding of the doctor.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Finding {
    pub(super) code: &'static str,
    pub(super) level: Level,
    /// The reason for the finding, in words.
    pub(super) what: String,
    /// The command that mends what was found, in words.
    pub(super) mend: String,
    /// Facts behind the finding.
    pub(super) seen: Value,
}

impl Finding {
    pub(super) fn new(kind: Kind, what: impl Into<String>, mend: impl Into<String>) -> Self {
        let (what, mend, seen) = (what.into(), mend.into(), Value::Null);
        Self { code: kind.code, level: kind.level, what, mend, seen }
    }

    /// Makes a note of what is not wrong here.
    pub(super) fn noted(self) -> Self {
        Self { level: Level::Note, ..self }
    }

    /// Adds the facts behind the finding.
    pub(super) fn seen(self, seen: Value) -> Self {
        Self { seen, ..self }
    }
}

macro_rules! kinds {
    ($($name:ident = $level:ident $code:literal $meaning:literal;)+) => {
        $(pub(super) const $name: Kind =
            Kind { code: $code, level: Level::$level, meaning: $meaning };)+

        /// Every kind of finding.
        pub(super) const ALL: &[Kind] = &[$($name),+];
    };
}

kinds! {
    NODE_UNREACHABLE = Problem "node.unreachable" "nothing listens where the node should be";
    NODE_FOREIGN = Problem "node.foreign" "something else answers there, or another version";
    NODE_REFUSES = Problem "node.refuses" "the node answers, but not to this";
    NODE_STOPPED = Note "node.stopped" "no node runs on the data directory";
    GENESIS_DIFFERS = Problem "genesis.differs" "a peer is of another network; both are shown";
    VERSION_DIFFERS = Problem "version.differs" "a peer speaks another version of the protocol";
    CLOCK_OWN = Problem "clock.own" "the node's clock is wrong, by what most others say";
    CLOCK_ABSURD = Problem "clock.absurd" "nobody confirms a clock that is far from the last block";
    HEAD_AHEAD = Problem "clock.head_ahead" "the chain is ahead of the clock: one of them is wrong";
    CLOCK_PEER = Problem "clock.peer" "a peer's clock is wrong, by what the node sees";
    PEERS_NONE = Problem "peers.none" "nobody is connected; what else is found says why";
    PEER_UNREACHABLE = Problem "peer.unreachable" "nobody answers at a peer's address";
    PEER_NO_HANDSHAKE = Problem "peer.no_handshake"
        "a peer answers, but has another network key, or none";
    PEER_KNOCKS = Note "peer.knocks" "somebody calls without this network's key";
    ADDRESS_STALE = Note "peer.address_stale" "nobody answers where somebody once was";
    PEER_OTHER = Problem "peer.other_identity" "another node answers there than the address names";
    PEER_BANNED = Problem "peer.banned" "the node has banned a peer, and until when";
    PEER_GARBLED = Problem "peer.undecodable" "a peer sends what is no message";
    PEER_HUNG_UP = Problem "peer.hung_up" "a peer closes the connection at once";
    STRANGERS = Note "peer.strangers" "much trouble with nodes that nobody named, in one line";
    IDENTITY_TWICE = Problem "peer.identity_twice" "two other nodes have the same identity";
    GOSSIP_SILENT = Note "gossip.silent" "a peer's blocks had to be fetched: no gossip came";
    IDENTITY_SHARED = Problem "identity.shared" "another node has this node's identity: a copy";
    AUTHORITY_TWICE = Problem "authority.twice" "the node's authority key signs elsewhere, too";
    EVIDENCE = Problem "authority.evidence" "an authority signed what no honest one signs";
    TURNS_MISSED = Problem "authority.turns_missed" "the node's own turns pass without its block";
    AUTHORITY_SILENT = Problem "authority.silent" "another authority writes no blocks";
    AUTHORITY_NO_VOTES = Problem "authority.no_votes" "an authority writes blocks, but no votes";
    FINALITY_HELD_UP = Problem "finality.held_up" "too few authorities vote, so nothing gets final";
    FINALITY_CONFLICT = Problem "finality.conflict" "two quorums contradict each other";
    MEMORY_MISSING = Problem "authority.memory_missing" "a key without its signing memory";
    MEMORY_DAMAGED = Problem "authority.memory_damaged" "a signing memory that says nothing";
    MEMORY_IN_USE = Problem "authority.memory_in_use" "another process signs with the key";
    KEY_UNUSABLE = Problem "authority.key_unusable" "the key file cannot be used";
    KEY_FOREIGN = Problem "authority.not_in_genesis" "the key is no authority of the network";
    SYNC_BEHIND = Problem "sync.behind" "the node is behind, by how much, and who gives blocks";
    SYNC_STALLED = Problem "sync.stalled" "no block has come for long, since when";
    SYNC_ALONE = Problem "sync.alone" "fewer than a majority of the authorities are heard of";
    SYNC_SEARCHING = Problem "sync.searching" "nobody has said yet where the network stands";
    DATA_MISSING = Problem "data.missing" "there is no such data directory, or an empty one";
    DATA_HELD = Problem "data.in_use" "another process has the data directory, and no node answers";
    DATA_RUNNING = Note "data.node_runs" "its node runs, where and since when";
    DATA_FOREIGN = Problem "data.other_network" "genesis and chain of the directory do not fit";
    DATA_UNUSABLE = Problem "data.unusable" "something in the data directory cannot be used";
    DATA_CUT = Problem "data.journal_cut" "the end of what was stored cannot be read";
    DISK_LOW = Problem "data.disk_low" "the disk of the data directory is nearly full";
    API_OPEN = Note "api.open" "the HTTP API listens on all interfaces";
    TX_WAITING = Problem "transaction.waiting" "why it cannot be included yet";
    TX_NEXT = Note "transaction.next" "it waits for the next block";
    TX_INCLUDED = Note "transaction.included" "the chain holds it";
    TX_DROPPED = Problem "transaction.dropped" "the node no longer holds it, and why";
    TX_EXPIRED = Problem "transaction.expired" "its time is over";
    TX_ELSEWHERE = Problem "transaction.elsewhere" "another node knows it, this one does not";
    TX_UNKNOWN = Problem "transaction.unknown" "nobody who was asked knows it";
}

/// The table, for the help.
pub(super) fn help() -> String {
    let width = ALL.iter().map(|kind| kind.code.len()).max().unwrap_or(0);
    let line = |kind: &Kind| {
        let mark = if kind.level == Level::Note { " (no problem)" } else { "" };
        format!("  {:width$}  {}{mark}\n", kind.code, kind.meaning)
    };
    let lines: String = ALL.iter().map(line).collect();
    format!(
        "Example:\n  coinage doctor\n  coinage doctor --data coinage-data\n\n\
         Ends with 0 if nothing is wrong, 1 otherwise; with --json the findings stand in `data`, \
         or in the\nerror's `details`. Each has a code:\n{lines}"
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_stands_for_one_thing() {
        let codes: BTreeSet<_> = ALL.iter().map(|kind| kind.code).collect();
        assert_eq!(codes.len(), ALL.len());
        assert!(codes.iter().all(|code| code.split('.').count() == 2 && help().contains(*code)));
    }
}
