//! Goal: dead gossip streams are noticed by what a peer says of its head, and only then.
//! Method: a lone engine and a peer whose chain grows by a block a slot, with and without gossip.

use coinage_protocol::engine::{Event, PeerRef};
use coinage_protocol::{Height, Slot};
use coinage_simulation::block_builder::Forge;
use coinage_simulation::fixtures::chain_spec;
use coinage_simulation::target::Target;

const PEER: PeerRef = PeerRef(2);

/// The peer's chain grows by so many blocks, each gossiped or not, or until its streams are to be
/// made anew.
fn grown(blocks: u64, is_gossiped: impl Fn(u64) -> bool) -> Target {
    let spec = chain_spec(4, 500);
    let mut forge = Forge::new(&spec);
    let mut target = Target::new(&spec, Slot::new(1));
    target.peer(PEER, Vec::new());
    for slot in 1..=blocks {
        let block = forge.push(Slot::new(slot), Vec::new());
        target.serve(PEER, forge.blocks.clone());
        if is_gossiped(slot) {
            target.offer(PEER, &block);
        }
        target.wait_ms(500);
        if !target.renewed.is_empty() {
            break;
        }
    }
    assert!(target.charges.is_empty(), "nobody is to blame: {:?}", target.charges);
    target
}

#[test]
fn a_peer_whose_head_moves_without_gossip_is_connected_anew_within_seconds() {
    // SPEC N-3
    let target = grown(40, |_| false);
    assert_eq!(target.renewed, [PEER]);
    assert!(
        target.head().height >= Height::new(4),
        "its blocks are fetched meanwhile: {:?}",
        target.head()
    );
    let told = |event: &Event| matches!(event, Event::GossipSilent { peer } if *peer == PEER);
    assert_eq!(target.events.iter().filter(|event| told(event)).count(), 1);
}

#[test]
fn a_peer_whose_gossip_comes_now_and_then_is_left_alone() {
    // SPEC N-3
    for every in [1, 2, 5] {
        assert!(grown(80, |slot| slot % every == 0).renewed.is_empty(), "each {every}. block");
    }
}
