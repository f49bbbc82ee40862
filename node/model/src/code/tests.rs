use std::collections::BTreeSet;

use coinage_protocol::{Address, Amount, DropReason, LedgerError, Refusal, TransactionError};
use serde_json::json;

use super::*;

#[test]
fn codes_are_dotted_lower_case_and_hints_are_sentences() {
    let mut seen = BTreeSet::new();
    for Row { name: code, hint, status, .. } in Code::ALL.iter().map(|code| code.row()) {
        assert!((400..600).contains(&status), "{code}: {status}");
        assert!(seen.insert(code), "{code} twice");
        let allowed = |byte: u8| byte.is_ascii_lowercase() || b"._".contains(&byte);
        assert!(code.bytes().all(allowed) && code.contains('.'), "{code}");
        assert!(hint.ends_with('.'), "{hint}");
    }
}

#[test]
fn a_refusal_says_what_was_seen_and_what_was_needed() {
    let address = Address::new([7; 32]);
    let token = "COIN".parse().expect("a symbol");
    let refusal = Refusal::from(LedgerError::InsufficientBalance {
        address,
        token,
        have: Amount::ZERO,
        need: Amount::MAX,
    });
    assert_eq!(refusal.code().name(), "transaction.insufficient_balance");
    assert!(refusal.retry());
    let details = refusal.details();
    assert_eq!(
        (&details["have"], &details["need"]),
        (&json!("0"), &json!(Amount::MAX.to_string()))
    );
    let dropped = DropReason::Impossible(refusal);
    assert_eq!(dropped.code().name(), "transaction.insufficient_balance");
    assert_eq!(DropReason::Expired.code().name(), "transaction.expired");
}

#[test]
fn a_full_pool_is_nobodys_fault() {
    assert_eq!(Refusal::PoolFull.code().name(), "pool.full");
    assert!(Refusal::PoolFull.retry());
    assert!(!TransactionError::BadSignature.retry());
}
