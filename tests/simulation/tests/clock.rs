//! Goal: no clock, however wrong, keeps a node busy.

use coinage_protocol::engine::{Engine, Input, MempoolBounds, Now, Settings};
use coinage_protocol::{ChainSpec, Slot, Text, UnixMillis};
use coinage_simulation::fixtures::chain_spec;
use coinage_simulation::memory::MemoryChain;

/// A node that has just started and ticked once.
fn ticked(spec: &ChainSpec, now: Now) -> Engine<MemoryChain> {
    let disk = MemoryChain::new(spec);
    let settings = Settings {
        authority: None,
        agent: Text::default(),
        addresses: Vec::new(),
        expects_peers: true,
        clock_vouched: false,
        joins: false,
        heartbeat_ms: 0,
        pool: MempoolBounds::default(),
    };
    let node = Engine::restore(spec.clone(), settings, now, disk.stored());
    let mut node = node.expect("nothing is stored");
    assert_eq!(node.handle(now, Input::Tick).len(), 0, "nothing happened");
    node
}

#[test]
fn a_node_without_work_rests_at_any_time() {
    let spec = chain_spec(3, 500);
    for slot in [0, 1, 1 << 40] {
        for wall in [spec.slot_time(Slot::new(slot)) - 1, spec.slot_time(Slot::new(slot))] {
            let now = Now { wall, uptime: 1_000 };
            assert!(ticked(&spec, now).next_deadline() > now.uptime, "{now:?}");
        }
    }
    for wall in [0, u64::MAX - 1, u64::MAX] {
        let now = Now { wall: UnixMillis::new(wall), uptime: 1_000 };
        assert!(ticked(&spec, now).next_deadline() > now.uptime, "{now:?}");
    }
}
