use coinage_protocol::{Height, Slot};

use serde_json::json;

use super::*;
use crate::genesis::GenesisFile;

fn chain_spec() -> ChainSpec {
    let authority = coinage_protocol::SecretKey::new([1; 32]).public().to_string();
    let genesis: GenesisFile = serde_json::from_value(json!({
        "name": "events", "time": "2026-11-22T00:00:00.000Z", "slot_ms": 500,
        "authorities": [authority], "tokens": [], "balances": [],
        "rules": {
            "transaction_lifetime_ms": "3600000", "balances_max": "10", "tokens_max": "10",
            "creators": null, "fee": null,
        },
    }))
    .expect("a genesis");
    ChainSpec::new(genesis.into()).expect("a network")
}

#[test]
fn an_event_is_flat_and_reads_back_as_it_was() {
    let spec = chain_spec();
    let tip =
        Tip { height: Height::new(1 << 60), slot: Slot::new(2), hash: BlockHash::new([7; 32]) };
    let tip = TipJson::new(&tip, &spec);
    let head = serde_json::to_value(EventJson::Head(tip)).expect("JSON");
    assert_eq!((&head["type"], &head["height"]), (&json!("head"), &json!("1152921504606846976")));
    let block = EventJson::Block(BlockEvent {
        tip,
        previous: BlockHash::new([6; 32]),
        leader: *spec.genesis_authorities().leader(Slot::new(2)),
        transactions: 3,
        via: ViaJson::Gossip,
        delay_ms: -5,
    });
    let settled = EventJson::Final(FinalEvent { tip, after: 1 << 59, delay_ms: 40 });
    let id = TransactionId::new([9; 32]);
    let gone = EventJson::Transaction(TransactionEvent::reverted(id, tip));
    let reset = EventJson::Reset(ResetEvent { reason: ResetReason::TooSlow, head: tip });
    for event in [EventJson::Head(tip), block, settled, gone, reset] {
        let written = serde_json::to_string(&event).expect("JSON");
        assert!(!written.contains("null") && !written.contains('\n'), "{written}");
        assert_eq!(serde_json::from_str::<EventJson>(&written).expect("reads back"), event);
    }
}

#[test]
fn a_kind_is_read_by_its_name_only() {
    for kind in EventKind::ALL {
        assert_eq!(kind.name().parse(), Ok(kind));
    }
    assert!("reset".parse::<EventKind>().is_err_and(|error| error.contains("head, block")));
}
