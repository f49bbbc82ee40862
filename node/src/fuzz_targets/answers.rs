//! Fuzz targets for what the client reads from a node, which may be a hostile one, and for what a
//! terminal gets of it.

use coinage_client::events::Lines;
use coinage_model::account::{AccountJson, BalanceJson, HistoryItem, HoldersJson, Page, TokenJson};
use coinage_model::chain::{BlockJson, BlockSummary, KnownTipJson, ReorgJson};
use coinage_model::event::EventJson;
use coinage_model::problem::Problem;
use coinage_model::status::{AuthorityJson, PeerJson, StatusJson};
use coinage_model::submission::{
    MempoolEntry, SubmittedJson, SubmittedMany, TransactionStatusJson,
};
use coinage_model::terminal::{escaped_in_json, is_unsafe, masked, spelled_out};
use coinage_model::trouble::TroubleJson;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::cli::events;

/// Kinds of answers, chosen by the first byte.
const KINDS: [fn(&[u8]); 16] = [
    kept::<StatusJson>,
    kept::<BlockJson>,
    kept::<Page<BlockSummary>>,
    kept::<Page<KnownTipJson>>,
    kept::<Page<ReorgJson>>,
    kept::<AccountJson>,
    kept::<Page<BalanceJson>>,
    kept::<Page<HistoryItem>>,
    kept::<HoldersJson>,
    kept::<TokenJson>,
    kept::<Page<PeerJson>>,
    kept::<Page<MempoolEntry>>,
    kept::<SubmittedJson>,
    kept::<SubmittedMany>,
    kept::<TransactionStatusJson>,
    kept::<Page<TroubleJson>>,
];

/// Reads an answer, whose kind the first byte says; or a refusal.
pub(super) fn answer(bytes: &[u8]) {
    shown(&String::from_utf8_lossy(bytes));
    let Some((&kind, answer)) = bytes.split_first() else { return };
    let kind = KINDS.get(usize::from(kind.wrapping_sub(b'a')));
    kind.into_iter().for_each(|read| read(answer));
    let _ = serde_json::from_slice::<Page<AuthorityJson>>(answer);
    if let Ok(problem) = serde_json::from_slice::<Problem>(answer) {
        shown(&format!("{} {} {}", problem.code, problem.detail, problem.details));
    }
}

/// Reads a stream of events: as many as are in it, and each can be shown in one line.
pub(super) fn stream(bytes: &[u8]) {
    let mut lines = Lines::new(bytes);
    let mut left = bytes.len();
    while let Ok(Some(data)) = lines.event() {
        assert!(left > 0, "more events than bytes");
        left = left.saturating_sub(data.len().max(1));
        assert!(!lines.id.contains('\n'), "an id of two lines");
        if let Ok(event) = serde_json::from_str::<EventJson>(&data) {
            shown(&events::words(&event));
            let written = serde_json::to_string(&event).expect("JSON");
            let again: EventJson = serde_json::from_str(&written).expect("what was written");
            assert_eq!(again, event, "another event");
        }
    }
}

fn kept<T: DeserializeOwned + Serialize + PartialEq>(bytes: &[u8]) {
    let Ok(value) = serde_json::from_slice::<T>(bytes) else { return };
    let written = serde_json::to_string(&value).expect("JSON");
    let again: T = serde_json::from_str(&written).expect("what was written is read");
    assert!(again == value, "another value: {written}");
}

/// Checks that no text makes a terminal obey or turns its writing, that harmless ones stay as they
/// are, and that programs get all as they are.
fn shown(text: &str) {
    let printed = spelled_out(text);
    let bad = |c: char| is_unsafe(c) && c != '\n' && c != '\t';
    assert!(!printed.contains(bad), "{printed:?}");
    assert_eq!(printed == text, !text.contains(bad), "changed without need");
    assert_eq!(spelled_out(&printed), printed, "it is not harmless yet");
    assert!(!masked(text).contains(is_unsafe), "in a line");
    let written = escaped_in_json(&serde_json::json!({ text: [text] }).to_string());
    assert!(!written.contains(is_unsafe), "in JSON");
    let read: serde_json::Value = serde_json::from_str(&written).expect("it is JSON still");
    assert_eq!(read, serde_json::json!({ text: [text] }), "another value");
}
