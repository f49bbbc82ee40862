//! Genesis: the beginning of a network, read from any bytes.

use coinage_protocol::engine::{Engine, Input, MempoolBounds, Now, Settings};
use coinage_protocol::limits::{GENESIS_BYTES_MAX, SLOT_MAX};
use coinage_protocol::{ChainSpec, Genesis, Slot, Text, UnixMillis};
use coinage_simulation::memory::MemoryChain;

use super::canonical::canonical;

/// The bytes of a genesis.
pub(super) fn genesis(bytes: &[u8]) {
    let Some(genesis) = canonical::<Genesis>(bytes, GENESIS_BYTES_MAX) else { return };
    let Ok(spec) = ChainSpec::new(genesis.clone()) else { return };
    let again = ChainSpec::new(genesis).expect("the same is in order, too");
    assert_eq!(spec.chain(), again.chain(), "the same genesis, another network");
    let state = spec.genesis_state();
    assert_eq!(state.check_supply(), Ok(()), "supplies are sums");
    assert!(state.balances() <= spec.rules().balances_max, "too many balances");
    assert!(state.tokens() <= spec.rules().tokens_max, "too many tokens");
    assert_eq!(spec.genesis_header().header.state_root, state.root());
    for slot in [0, 1, 63, SLOT_MAX.get()] {
        assert_eq!(
            spec.slot_at(spec.slot_time(Slot::new(slot))),
            Some(Slot::new(slot)),
            "slots are in order"
        );
        assert!(
            spec.genesis_authorities().contains(spec.genesis_authorities().leader(Slot::new(slot))),
            "a foreign leader"
        );
    }
    for wall in [0, spec.slot_time(Slot::default()).get(), spec.slot_time(SLOT_MAX).get(), u64::MAX]
    {
        start(&spec, UnixMillis::new(wall));
    }
}

/// A node of this network starts at any time, and nothing happens.
fn start(spec: &ChainSpec, wall: UnixMillis) {
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
    let now = Now { wall, uptime: 0 };
    let mut engine =
        Engine::restore(spec.clone(), settings, now, disk.stored()).expect("nothing is stored");
    assert_eq!(engine.handle(now, Input::Tick).len(), 0, "nothing happened");
    assert!(engine.next_deadline() > now.uptime, "something is to be done at once, for ever");
    assert_eq!(engine.head().hash, spec.genesis_hash());
}
