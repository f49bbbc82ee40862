//! Adding signatures to a transaction: whoever holds a key of a lock that must open.

use coinage_protocol::{
    Address, Bounded, KeySignature, Lock, PublicKey, SecretKey, TransactionId, Witness, Witnesses,
};

use super::document::TransactionDocument;
use super::failure::Failure;

/// A consent that is still missing before the transaction can be submitted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Missing {
    /// Address whose consent is missing.
    pub(crate) address: Address,
    /// Number of further signatures that it takes; `None` if the lock behind the address is not
    /// known here.
    pub(crate) signatures: Option<usize>,
}

/// Signs for every required address that `secret` has a say in: its own, and those of the shared
/// locks among `known`. Says for how many addresses it signed.
pub(crate) fn sign(
    document: &mut TransactionDocument,
    secret: &SecretKey,
    known: &[Lock],
) -> Result<usize, Failure> {
    let id = document.id();
    let says = says(document, &secret.public(), known);
    if says.is_empty() {
        return Err(no_say("this key"));
    }
    let mut witnesses = document.transaction.witnesses.clone().into_vec();
    let mut signed = 0_usize;
    for (lock, key) in says {
        let witness = witness_of(&mut witnesses, lock);
        if add(witness, key, secret, &id)? {
            signed = signed.saturating_add(1);
        }
    }
    witnesses.sort_by_key(|witness| witness.lock.address());
    document.transaction.witnesses = witness_list(witnesses)?;
    Ok(signed)
}

/// Lists the locks that must open and have this key, each with the key's place in it.
pub(crate) fn says(
    document: &TransactionDocument,
    public: &PublicKey,
    known: &[Lock],
) -> Vec<(Lock, usize)> {
    let own = Lock::Key(*public);
    let witnesses = &document.transaction.witnesses;
    let required = document.transaction.body.required_witnesses().into_iter();
    let says = required.filter_map(|address| {
        let lock = lock_of(address, witnesses, known, &own)?;
        let key = lock.keys().iter().position(|key| key == public)?;
        Some((lock, key))
    });
    says.collect()
}

/// Returns the failure of who signs and was not asked to.
pub(crate) fn no_say(who: &str) -> Failure {
    let sentence = format!("this transaction needs no signature of {who}");
    Failure::new("wallet.not_a_signer", sentence).hint(
        "`coinage tx decode FILE` shows who must sign; a shared address must be known here \
         (`coinage address --threshold .. --save NAME`)",
    )
}

/// Writes the shared locks among `known` that must open into the transaction, without signatures:
/// their holders can then sign without having saved the shared address.
pub(crate) fn reveal(document: &mut TransactionDocument, known: &[Lock]) -> Result<(), Failure> {
    let mut witnesses = document.transaction.witnesses.clone().into_vec();
    let required = document.transaction.body.required_witnesses();
    let shared = known.iter().filter(|lock| matches!(lock, Lock::Threshold(_)));
    for lock in shared.filter(|lock| required.contains(&lock.address())) {
        witness_of(&mut witnesses, lock.clone());
    }
    witnesses.sort_by_key(|witness| witness.lock.address());
    document.transaction.witnesses = witness_list(witnesses)?;
    Ok(())
}

/// Checks whether a signature is one of the lock's keys for this transaction.
pub(crate) fn holds(id: &TransactionId, lock: &Lock, one: &KeySignature) -> bool {
    let key = lock.keys().get(usize::from(one.key));
    key.is_some_and(|key| key.verifies(&one.signature, id.as_bytes()))
}

/// Lists the addresses that must still sign.
pub(crate) fn missing(document: &TransactionDocument) -> Vec<Missing> {
    let id = document.id();
    let witnesses = &document.transaction.witnesses;
    let required = document.transaction.body.required_witnesses().into_iter();
    let missing = required.filter_map(|address| {
        let witness = witnesses.iter().find(|witness| witness.lock.address() == address);
        let Some(witness) = witness else { return Some(Missing { address, signatures: None }) };
        let required = usize::from(witness.lock.required());
        let valid = witness.signatures.iter().filter(|one| holds(&id, &witness.lock, one));
        let lacking = required.saturating_sub(valid.count());
        (lacking > 0).then_some(Missing { address, signatures: Some(lacking) })
    });
    missing.collect()
}

/// The lock behind an address: revealed by somebody who signed, known here, or the signer's own.
fn lock_of(address: Address, witnesses: &[Witness], known: &[Lock], own: &Lock) -> Option<Lock> {
    let revealed = witnesses.iter().map(|witness| &witness.lock);
    let mut locks = revealed.chain(known).chain([own]);
    locks.find(|lock| lock.address() == address).cloned()
}

/// The witness of a lock, new if there is none yet.
pub(crate) fn witness_of(witnesses: &mut Vec<Witness>, lock: Lock) -> &mut Witness {
    let at = witnesses.iter().position(|witness| witness.lock == lock);
    let at = at.unwrap_or_else(|| {
        witnesses.push(Witness { lock, signatures: Bounded::default() });
        witnesses.len().saturating_sub(1)
    });
    &mut witnesses[at]
}

/// Adds the signature unless it is there or the lock has as many as it needs: one more would make
/// the transaction invalid.
fn add(
    witness: &mut Witness,
    key: usize,
    secret: &SecretKey,
    id: &TransactionId,
) -> Result<bool, Failure> {
    let key = u8::try_from(key).map_err(|error| Failure::new("other", error))?;
    let mut signatures = witness.signatures.clone().into_vec();
    let there = signatures.iter().any(|one| one.key == key);
    if there || signatures.len() >= usize::from(witness.lock.required()) {
        return Ok(false);
    }
    signatures.push(KeySignature { key, signature: secret.sign(id.as_bytes()) });
    signatures.sort_by_key(|one| one.key);
    witness.signatures = Bounded::first_of(signatures);
    Ok(true)
}

/// Returns the witnesses as a list, if they are no more than a transaction may have.
pub(crate) fn witness_list(witnesses: Vec<Witness>) -> Result<Witnesses, Failure> {
    Bounded::new(witnesses).map_err(|error| Failure::new("transaction.too_many_witnesses", error))
}

#[cfg(test)]
mod tests {
    use coinage_protocol::{
        Action, Amount, Body, ChainId, Text, Threshold, Transaction, UnixMillis,
    };

    use super::*;

    fn secret(seed: u8) -> SecretKey {
        SecretKey::new([seed; 32])
    }

    fn address(seed: u8) -> Address {
        Lock::Key(secret(seed).public()).address()
    }

    fn document(sender: Address, transfers: &[(Address, Address)]) -> TransactionDocument {
        let actions = transfers.iter().map(|(from, to)| Action::Transfer {
            token: "COIN".parse().expect("a symbol"),
            from: *from,
            to: *to,
            amount: Amount::try_from(1).expect("one is an amount"),
        });
        let actions = Bounded::first_of(actions);
        let body = Body {
            sender,
            salt: 1,
            expires_at: UnixMillis::new(2),
            actions,
            memo: Text::default(),
        };
        let transaction = Transaction { body, witnesses: Bounded::default() };
        TransactionDocument { chain: ChainId::new([9; 32]), transaction }
    }

    fn all_signatures_hold(document: &TransactionDocument) -> bool {
        let id = document.id();
        let witnesses = &document.transaction.witnesses;
        let in_order = witnesses.is_sorted_by(|one, next| one.lock.address() < next.lock.address());
        in_order
            && witnesses.iter().all(|witness| {
                witness.signatures.iter().all(|one| {
                    let key = &witness.lock.keys()[usize::from(one.key)];
                    key.verifies(&one.signature, id.as_bytes())
                })
            })
    }

    #[test]
    fn two_owners_sign_a_swap_one_after_the_other() {
        let mut swap = document(address(1), &[(address(1), address(2)), (address(2), address(1))]);
        assert_eq!(missing(&swap).len(), 2);
        assert_eq!(sign(&mut swap, &secret(2), &[]).expect("an owner"), 1);
        assert_eq!(missing(&swap), [Missing { address: address(1), signatures: None }]);
        assert_eq!(sign(&mut swap, &secret(1), &[]).expect("an owner"), 1);
        assert!(missing(&swap).is_empty());
        assert!(all_signatures_hold(&swap));
        assert_eq!(sign(&mut swap, &secret(1), &[]).expect("again"), 0, "signed already");
    }

    #[test]
    fn two_of_three_sign_in_any_order_and_a_third_changes_nothing() {
        let keys = (1..=3).map(|seed| secret(seed).public()).collect();
        let board = Lock::Threshold(Threshold::new(2, keys).expect("2 of 3"));
        let mut payment = document(board.address(), &[(board.address(), address(9))]);
        let refused = sign(&mut payment, &secret(3), &[]).expect_err("the lock is not known");
        assert_eq!(refused.code, "wallet.not_a_signer");
        assert_eq!(sign(&mut payment, &secret(3), std::slice::from_ref(&board)).expect("known"), 1);
        let lacking = Missing { address: board.address(), signatures: Some(1) };
        assert_eq!(missing(&payment), [lacking]);
        assert_eq!(sign(&mut payment, &secret(1), &[]).expect("revealed by the first"), 1);
        assert!(missing(&payment).is_empty() && all_signatures_hold(&payment));
        let before = payment.clone();
        assert_eq!(sign(&mut payment, &secret(2), &[]).expect("not needed"), 0);
        assert_eq!(payment, before);
    }

    #[test]
    fn a_revealed_lock_lets_its_holders_sign_without_having_saved_it() {
        let keys = (1..=3).map(|seed| secret(seed).public()).collect();
        let board = Lock::Threshold(Threshold::new(2, keys).expect("2 of 3"));
        let mut payment = document(board.address(), &[(board.address(), address(9))]);
        reveal(&mut payment, &[board.clone(), Lock::Key(secret(9).public())]).expect("fits");
        assert_eq!(missing(&payment), [Missing { address: board.address(), signatures: Some(2) }]);
        for seed in [3, 1] {
            assert_eq!(sign(&mut payment, &secret(seed), &[]).expect("a holder"), 1);
        }
        assert!(missing(&payment).is_empty() && all_signatures_hold(&payment));
    }

    #[test]
    fn a_stranger_cannot_add_a_surplus_signature() {
        let mut payment = document(address(1), &[(address(1), address(2))]);
        let refused = sign(&mut payment, &secret(5), &[]).expect_err("a stranger");
        assert_eq!(refused.code, "wallet.not_a_signer");
        assert!(payment.transaction.witnesses.is_empty());
    }
}
