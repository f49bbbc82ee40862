//! Quorums that contradict each other.

use std::time::{SystemTime, UNIX_EPOCH};

use coinage_protocol::{Answer, NamedCertificate, Phase, Request, Topic, UnixMillis, encode};
use coinage_simulation::block_builder::{Forge, ballot, certificate, tip};
use coinage_tests::single_node::SingleNode;
use coinage_tests::villain::{Villain, genesis, serving};

use super::examine_at;
use crate::PROGRAM;

/// SPEC F-12: a quorum's keys are in one hand. It commits a block by gossip, and shows commits of
/// another one of its slot.
pub(super) async fn commits_of_two_quorums_that_contradict_each_other_are_told() {
    let mut node = SingleNode::start(PROGRAM, &[]);
    let spec = node.spec.clone();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis();
    let now = UnixMillis::new(u64::try_from(now).expect("before the end of time"));
    let slot = spec.slot_at(now).expect("the network has begun");
    let mut forges = [Forge::new(&spec), Forge::new(&spec)];
    let first = forges[0].push(slot, Vec::new());
    forges[1].push(slot.saturating_sub(1), Vec::new());
    let second = tip(&spec, &forges[1].push(slot, Vec::new()));
    let all: Vec<u8> = (0..).take(spec.genesis_authorities().len()).collect();
    let quorum = &all[..coinage_protocol::quorum(all.len())];
    let certificate = certificate(&spec, Phase::Commit, second, quorum);
    let authorities = spec.genesis_authorities().hash();
    let commits = Some(Box::new(NamedCertificate { authorities, certificate }));
    let script = serving(&spec, genesis(&spec), move |request| match request {
        Request::Certificates => {
            let commits = commits.clone();
            Some(encode(&Answer::Certificates { votes: None, commits, change: None }))
        }
        _ => None,
    });
    let mut peer = Villain::connect(&node, script).await;
    let [blocks, votes] = [Topic::Blocks, Topic::Votes].map(|topic| peer.topic(topic));
    let url = format!("http://{}", node.socket(false));
    node.wait("it is told", |_| {
        peer.gossip(&blocks, &encode(&first));
        for number in quorum {
            let commit = ballot(&spec, Phase::Commit, tip(&spec, &first), *number);
            peer.gossip(&votes, &encode(&commit));
        }
        let what = examine_at(&url, &[]).what("finality.conflict");
        what.contains(&tip(&spec, &first).hash.to_string())
            && what.contains(&second.hash.to_string())
    });
    assert!(node.log().contains("finality.conflict"), "{}", node.log());
    // Who signed both for one slot is convicted by that.
    let found = examine_at(&url, &[]);
    assert!(
        found.what("authority.evidence").contains(&format!("committed two blocks of slot {slot}"))
    );
}
