//! Genesis: the beginning of a network, read from any bytes.

use coinage_protocol::engine::{Engine, Input, MempoolBounds, Now, Settings, Stored};
use coinage_protocol::limits::{GENESIS_BYTES_MAX, SLOT_MAX};
use coinage_protocol::{Genesis, Network, Text};
use coinage_simulation::memory::MemoryChain;

use super::canonical::canonical;

/// The bytes of a genesis.
pub(super) fn genesis(bytes: &[u8]) {
    let Some(genesis) = canonical::<Genesis>(bytes, GENESIS_BYTES_MAX) else { return };
    let Ok(network) = Network::new(genesis.clone()) else { return };
    let again = Network::new(genesis).expect("the same is in order, too");
    assert_eq!(network.chain(), again.chain(), "the same genesis, another network");
    let state = network.genesis_state();
    assert_eq!(state.check_supply(), Ok(()), "supplies are sums");
    assert!(state.balances() <= network.rules().balances_max, "too many balances");
    assert!(state.tokens() <= network.rules().tokens_max, "too many tokens");
    assert_eq!(network.genesis_header().header.state_root, state.root());
    for slot in [0, 1, 63, SLOT_MAX] {
        assert_eq!(network.slot_at(network.slot_time(slot)), Some(slot), "slots are in order");
        assert!(
            network.authorities().contains(network.authorities().leader(slot)),
            "a foreign leader"
        );
    }
    for wall in [0, network.slot_time(0), network.slot_time(SLOT_MAX), u64::MAX] {
        start(&network, wall);
    }
}

/// A node of this network starts at any time, and nothing happens.
fn start(network: &Network, wall: u64) {
    let disk = MemoryChain::new(network);
    let settings = Settings {
        authority: None,
        agent: Text::default(),
        addresses: Vec::new(),
        expects_peers: true,
        clock_vouched: false,
        pool: MempoolBounds::default(),
    };
    let stored = Stored { head: None, entries: disk.entries(), reader: disk };
    let now = Now { wall, uptime: 0 };
    let mut engine =
        Engine::restore(network.clone(), settings, now, stored).expect("nothing is stored");
    assert_eq!(engine.handle(now, Input::Tick).len(), 0, "nothing happened");
    assert!(engine.next_deadline() > now.uptime, "something is to be done at once, for ever");
    assert_eq!(engine.head().hash, network.genesis_hash());
}
