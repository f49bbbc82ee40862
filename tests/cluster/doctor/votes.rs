//! Authorities whose votes do not come.

use coinage_keys::AuthorityKey;
use coinage_keys::genesis_file;
use coinage_protocol::{ChainSpec, Slot, VotingMemory};
use coinage_tests::cluster::{Cluster, SLOT_MS};

use super::examine;
use crate::PROGRAM;

/// Slots up to which the key of an authority counts as having voted.
const AHEAD: u64 = 1_000_000;

/// Keeps one authority from voting for long, as a signing memory does that was made anew in another
/// year; then stops one more.
pub(super) fn who_writes_but_does_not_vote_is_named_and_so_is_what_it_holds_up() {
    // SPEC F-1, F-7
    let cluster = Cluster::start_with_slot(PROGRAM, 4, SLOT_MS);
    cluster.kill(3);
    let genesis = genesis_file::read(&cluster.genesis()).expect("a genesis");
    let chain = *ChainSpec::new(genesis).expect("a network").chain();
    let path = cluster.directory().join("keys/n3.json");
    let mut key = AuthorityKey::open(&path, &chain, Slot::default()).expect("free");
    key.remember_voting(VotingMemory::up_to(Slot::new(AHEAD))).expect("later");
    drop(key);
    cluster.start_node(3);
    cluster.wait(80, "its blocks come, its votes do not", || {
        examine(&cluster, 1, &[]).what("authority.no_votes").contains("authority 2 ")
    });
    assert!(examine(&cluster, 1, &[]).get("finality.held_up").is_none(), "three are enough");
    cluster.kill(4);
    cluster.wait(120, "nothing becomes final", || {
        let found = examine(&cluster, 1, &[]);
        let what = found.what("finality.held_up");
        what.contains("votes of 2 of 4 authorities came, 3 are needed; silent: 2, 3")
    });
}
