use coinage_protocol::{BlockHash, Height, LedgerError, Refusal, SecretKey, Slot, Symbol, Tip};
use serde_json::{Value, json};

use super::*;
use crate::event::{TransactionChange, TransactionEvent};
use crate::genesis::GenesisFile;

fn spec() -> ChainSpec {
    let genesis: GenesisFile = serde_json::from_value(json!({
        "name": "statuses", "time": "2026-11-22T00:00:00.000Z", "slot_ms": 500,
        "authorities": [SecretKey::new([1; 32]).public().to_string()], "tokens": [],
        "balances": [],
        "rules": {
            "transaction_lifetime_ms": "3600000", "balances_max": "10", "tokens_max": "10",
            "creators": None::<()>, "fee": None::<()>,
        },
    }))
    .expect("a genesis");
    ChainSpec::new(genesis.into()).expect("a spec")
}

fn lacking() -> LedgerError {
    LedgerError::UnknownToken { token: "GOLD".parse::<Symbol>().expect("a symbol") }
}

/// Every kind of status, with what is shown of it: its word, that of the event, what it waits for,
/// why it is gone, and whether a block is named.
fn statuses() -> Vec<(TransactionStatus, [&'static str; 4], bool)> {
    let impossible = DropReason::Impossible(Refusal::from(lacking()));
    let tip = Tip { height: Height::new(7), slot: Slot::new(9), hash: BlockHash::new([7; 32]) };
    vec![
        (TransactionStatus::Pending(None), ["pending", "accepted", "", ""], false),
        (
            TransactionStatus::Pending(Some(lacking())),
            ["pending", "accepted", "transaction.unknown_token", ""],
            false,
        ),
        (TransactionStatus::Included(tip), ["included", "included", "", ""], true),
        (DropReason::Evicted.into(), ["dropped", "dropped", "", "pool.evicted"], false),
        (impossible.into(), ["dropped", "dropped", "", "transaction.unknown_token"], false),
        (DropReason::Expired.into(), ["expired", "expired", "", "transaction.expired"], false),
    ]
}

fn code(value: &Value) -> &str {
    value["code"].as_str().unwrap_or_default()
}

#[test]
fn answers_and_events_show_a_status_under_the_same_names() {
    // SPEC P-5
    let (spec, id) = (spec(), TransactionId::new([9; 32]));
    for (status, [word, change, waits_for, reason], in_block) in statuses() {
        let event = TransactionEvent::new(id, &status, &spec);
        let shown = [
            serde_json::to_value(TransactionStatusJson::new(id, &status, 5, &spec)),
            serde_json::to_value(SubmittedJson::new(id, true, &status, &spec)),
            serde_json::to_value(event),
        ];
        for (number, shown) in shown.into_iter().enumerate() {
            let shown = shown.expect("JSON");
            assert_eq!(shown["status"], if number == 2 { change } else { word }, "{shown}");
            assert_eq!(code(&shown["waits_for"]), waits_for, "{shown}");
            assert_eq!(code(&shown["reason"]), reason, "{shown}");
            assert_eq!(shown["block"]["height"] == "7", in_block, "{shown}");
        }
    }
}

#[test]
fn what_a_submission_shows_has_no_field_without_a_value() {
    let (spec, id) = (spec(), TransactionId::new([0; 32]));
    let pending = TransactionStatus::Pending(None);
    let written = serde_json::to_string(&SubmittedJson::new(id, false, &pending, &spec));
    let meant = format!("{{\"id\":\"{id}\",\"status\":\"pending\",\"known\":false}}");
    assert_eq!(written.expect("JSON"), meant);
    let event = serde_json::to_string(&TransactionEvent::new(id, &pending, &spec));
    assert_eq!(event.expect("JSON"), format!("{{\"id\":\"{id}\",\"status\":\"accepted\"}}"));
    let tip = Tip { height: Height::new(1), slot: Slot::new(1), hash: BlockHash::new([7; 32]) };
    let reverted = TransactionEvent::reverted(id, TipJson::new(&tip, &spec));
    assert_eq!((reverted.status, reverted.reason), (TransactionChange::Reverted, None));
}

#[test]
fn whatever_the_reason_a_time_that_is_over_is_not_final() {
    // SPEC P-5
    let (spec, id) = (spec(), TransactionId::new([9; 32]));
    for (reason, detail) in [
        (DropReason::Expired, "expired, not final"),
        (DropReason::Evicted, "expired, not final; evicted: the pool was full"),
    ] {
        let status = TransactionStatus::Expired(reason);
        let shown = TransactionStatusJson::new(id, &status, 5, &spec);
        assert_eq!(shown.status, TransactionState::Expired);
        assert_eq!(shown.reason.map(|reason| reason.detail).as_deref(), Some(detail));
    }
}

#[test]
fn nothing_changes_any_more_once_a_final_block_is_as_high_or_late() {
    // SPEC F-8, P-5
    let (spec, id) = (spec(), TransactionId::new([9; 32]));
    let tip = |height| {
        let (height, slot) = (Height::new(height), Slot::new(height + 2));
        TipJson::new(&Tip { height, slot, hash: BlockHash::new([7; 32]) }, &spec)
    };
    let time = tip(6).time;
    for (status, [word, settled]) in [
        (TransactionStatus::Pending(None), ["pending"; 2]),
        (statuses().remove(2).0, ["included", "final"]),
        (DropReason::Evicted.into(), ["dropped"; 2]),
        (DropReason::Expired.into(), ["expired"; 2]),
    ] {
        let shown = |finalized| {
            let shown = TransactionStatusJson::new(id, &status, time, &spec).settled(&finalized);
            let state = serde_json::to_value(shown.status).expect("JSON");
            (state, shown.is_final, shown.reason.map(|reason| reason.detail))
        };
        let (before, is_final, _) = shown(tip(6));
        assert_eq!((before, is_final), (Value::from(word), false), "{status:?}");
        let (after, is_final, reason) = shown(tip(7));
        assert_eq!(after, settled, "{status:?}");
        assert_eq!(is_final, ["final", "expired"].contains(&settled), "{status:?}");
        assert!(settled != "expired" || reason.as_deref() == Some("expired"), "{reason:?}");
        let submitted = SubmittedJson::new(id, true, &status, &spec).settled(7);
        assert_eq!(serde_json::to_value(submitted.status).expect("JSON"), settled);
    }
}
