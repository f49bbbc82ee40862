//! Consent: who must sign, and whether they did. SPEC T-3 to T-6 and K-3 once more, by hand.

use std::collections::BTreeSet;

use coinage_protocol::{Action, Address, Lock, Transaction, Witness, encode};
use ed25519_zebra::{Signature, VerificationKey};

use super::Broken;
use super::encoding::{Hash, tagged};

/// SPEC T-1, T-5
const ACTIONS_MAX: usize = 64;
const BYTES_MAX: usize = 32_768;
const SIGNATURES_MAX: usize = 128;

/// A signature that somebody claims to have made.
pub(super) struct Claimed {
    key: [u8; 32],
    signature: [u8; 64],
}

impl Claimed {
    /// Checks whether the key's holder signed this message.
    pub(super) fn holds(&self, message: &Hash) -> bool {
        let key = VerificationKey::try_from(self.key);
        key.is_ok_and(|key| key.verify(&Signature::from(self.signature), message).is_ok())
    }
}

/// Checks whether a transaction makes sense in any state, and whether exactly those agree to it who
/// must; the signatures that it takes.
pub(super) fn check(transaction: &Transaction) -> Result<Vec<Claimed>, Broken> {
    let body = &transaction.body;
    let broken = |rule, what: &str| Err((rule, format!("{what}: {body:?}")));
    if body.actions.is_empty() || body.actions.len() > ACTIONS_MAX {
        return broken("T-1", "nothing or too much to do");
    }
    if !body.actions.iter().all(is_proper) {
        return broken("T-6", "an action that never makes sense");
    }
    let signatures = transaction.witnesses.iter().map(|witness| witness.signatures.len());
    if encode(transaction).len() > BYTES_MAX || signatures.sum::<usize>() > SIGNATURES_MAX {
        return broken("T-5", "too large");
    }
    let must: BTreeSet<Address> =
        body.actions.iter().flat_map(who_agrees).chain([body.sender]).collect();
    let signers: Vec<_> = transaction.witnesses.iter().map(signer).collect();
    if let Some(silent) = must.iter().find(|one| !signers.contains(one)) {
        return broken("T-3", &format!("{silent} has not agreed"));
    }
    if !signers.into_iter().eq(must) {
        return broken("T-3", "a witness too many, or out of order");
    }
    let mut claimed = Vec::new();
    for witness in transaction.witnesses.iter() {
        match opened(witness) {
            Some(one) => claimed.extend(one),
            None => return broken("T-4", "a lock is not opened by these signatures"),
        }
    }
    Ok(claimed)
}

/// The address that a witness speaks for (SPEC K-4).
fn signer(witness: &Witness) -> Address {
    Address::new(tagged(2, &[&encode(&witness.lock)]))
}

/// The addresses that must agree to an action besides the sender.
pub(crate) fn who_agrees(action: &Action) -> Vec<Address> {
    match action {
        Action::Mint { issuer: one, .. }
        | Action::SetIssuer { issuer: one, .. }
        | Action::Transfer { from: one, .. }
        | Action::Burn { from: one, .. }
        | Action::Draw { account: one, .. }
        | Action::Claim { account: one, .. }
        | Action::SetRole { officer: one, .. }
        | Action::SetFrozen { officer: one, .. }
        | Action::Move { officer: one, .. }
        | Action::Amend { officer: one, .. } => vec![*one],
        Action::HandOver { from, to, .. } => vec![*from, *to],
        Action::CreateToken(_) | Action::CreateWithCharter(_) => Vec::new(),
    }
}

/// The signatures of a witness, if there are as many as the lock wants, each of another key of it.
fn opened(witness: &Witness) -> Option<Vec<Claimed>> {
    let (wanted, keys) = match &witness.lock {
        Lock::Key(key) => (1, vec![key.as_bytes()]),
        Lock::Threshold(_) => {
            let keys: Vec<_> = witness.lock.keys().iter().map(|key| key.as_bytes()).collect();
            (usize::from(witness.lock.required()), keys)
        }
    };
    let positions: Vec<_> = witness.signatures.iter().map(|one| one.key).collect();
    let increasing = positions.windows(2).all(|pair| pair[0] < pair[1]);
    let sensible = (1..=keys.len()).contains(&wanted) && keys.windows(2).all(|two| two[0] < two[1]);
    if !sensible || !increasing || positions.len() != wanted {
        return None;
    }
    let claim = |one: &coinage_protocol::KeySignature| {
        let key = **keys.get(usize::from(one.key))?;
        Some(Claimed { key, signature: *one.signature.as_bytes() })
    };
    witness.signatures.iter().map(claim).collect()
}

/// SPEC T-6
fn is_proper(action: &Action) -> bool {
    match action {
        Action::Mint { amount, .. }
        | Action::Burn { amount, .. }
        | Action::Draw { amount, .. }
        | Action::Claim { amount, .. } => amount.units() > 0,
        Action::Transfer { amount, from, to, .. } | Action::Move { amount, from, to, .. } => {
            amount.units() > 0 && from != to
        }
        Action::HandOver { from, to, .. } => from != to,
        // R-5 is asked when it is decoded; the vectors ask a second implementation.
        Action::CreateWithCharter(_)
        | Action::SetRole { .. }
        | Action::SetFrozen { .. }
        | Action::Amend { .. } => true,
        Action::SetIssuer { issuer, new, .. } => *new != Some(*issuer),
        Action::CreateToken(new) => {
            let (supply, cap) = (new.supply.units(), new.cap.map(|cap| cap.units()));
            new.decimals <= 18
                && cap.is_none_or(|cap| cap > 0 && supply <= cap)
                && (supply > 0 || new.issuer.is_some())
        }
    }
}
