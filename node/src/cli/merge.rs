//! Joining the signatures of copies of one transaction that were signed apart.

use std::path::Path;

use coinage_protocol::{Bounded, KeySignature, Witness};

use super::document::TransactionDocument;
use super::failure::Failure;
use super::signing;

/// Fails unless two files are of one network and say the same.
pub(crate) fn refuse_other(
    first: &Path,
    document: &TransactionDocument,
    path: &Path,
    other: &TransactionDocument,
) -> Result<(), Failure> {
    let (first, path) = (first.display(), path.display());
    if document.chain != other.chain {
        let (ours, theirs) = (document.chain, other.chain);
        let sentence = format!("{first} is for the network {ours}, {path} for {theirs}");
        return Err(Failure::new("transaction.other_network", sentence));
    }
    if document.transaction.body != other.transaction.body {
        let sentence = format!("{first} and {path} are different transactions");
        let failure = Failure::new("transaction.different_bodies", sentence);
        return Err(failure.hint("`coinage tx decode FILE` shows what each of them says"));
    }
    Ok(())
}

/// The transaction with the signatures of all copies, which must say the same and hold. Beyond
/// what a lock requires, those of its first keys are taken: one more would make it invalid.
pub(crate) fn merged(
    copies: &[(&Path, TransactionDocument)],
) -> Result<TransactionDocument, Failure> {
    let (_, first) = copies.first().ok_or_else(|| Failure::usage("there is nothing to merge"))?;
    let mut document = first.clone();
    let mut witnesses: Vec<Witness> = Vec::new();
    for (path, copy) in copies {
        for witness in copy.transaction.witnesses.iter() {
            let ours = signing::witness_of(&mut witnesses, witness.lock.clone());
            let mut signatures = ours.signatures.clone().into_vec();
            for one in witness.signatures.iter() {
                add(&mut signatures, *one, path, witness)?;
            }
            signatures.sort_by_key(|one| one.key);
            signatures.truncate(usize::from(witness.lock.required()));
            ours.signatures = Bounded::first_of(signatures);
        }
    }
    witnesses.sort_by_key(|witness| witness.lock.address());
    document.transaction.witnesses = signing::witness_list(witnesses)?;
    Ok(document)
}

fn add(
    signatures: &mut Vec<KeySignature>,
    one: KeySignature,
    path: &Path,
    witness: &Witness,
) -> Result<(), Failure> {
    match signatures.iter().find(|there| there.key == one.key) {
        None => signatures.push(one),
        Some(there) if there.signature == one.signature => {}
        Some(_) => {
            let sentence = format!(
                "{}: key {} of {} signed differently in another copy",
                path.display(),
                one.key,
                witness.lock.address()
            );
            return Err(Failure::new("transaction.conflicting_signatures", sentence));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use coinage_protocol::{
        Address, Body, ChainId, Lock, SecretKey, Text, Threshold, Transaction, UnixMillis,
    };

    use super::*;

    fn secret(seed: u8) -> SecretKey {
        SecretKey::new([seed; 32])
    }

    fn board() -> Lock {
        let keys = (1..=3).map(|seed| secret(seed).public()).collect();
        Lock::Threshold(Threshold::new(2, keys).expect("2 of 3"))
    }

    fn payment(sender: Address, salt: u64) -> TransactionDocument {
        let body = Body {
            sender,
            salt,
            expires_at: UnixMillis::new(2),
            actions: Bounded::default(),
            memo: Text::default(),
        };
        let transaction = Transaction { body, witnesses: Bounded::default() };
        TransactionDocument { chain: ChainId::new([9; 32]), transaction }
    }

    fn signed_by(seed: u8) -> TransactionDocument {
        let mut document = payment(board().address(), 1);
        signing::sign(&mut document, &secret(seed), &[board()]).expect("a holder");
        document
    }

    #[test]
    fn signatures_made_apart_come_together_in_any_order() {
        let paths = ["a", "b", "c"].map(Path::new);
        let [one, two, three] = [1, 2, 3].map(signed_by);
        let here = merged(&[(paths[0], one.clone()), (paths[1], two.clone())]).expect("merged");
        let there = merged(&[(paths[1], two), (paths[0], one.clone())]).expect("merged");
        assert_eq!(here, there);
        assert!(signing::missing(&here).is_empty());
        // A third is one too many for the lock.
        let again = merged(&[(paths[0], here), (paths[2], three), (paths[1], one)]);
        assert!(signing::missing(&again.expect("merged")).is_empty());
    }

    #[test]
    fn what_is_not_a_copy_is_refused_by_name() {
        let (first, other) = (payment(board().address(), 1), payment(board().address(), 2));
        let refused = refuse_other(Path::new("a.json"), &first, Path::new("b.json"), &other);
        let refused = refused.expect_err("another salt");
        assert_eq!(refused.code, "transaction.different_bodies");
        assert!(refused.message.contains("a.json") && refused.message.contains("b.json"));
        let mut elsewhere = first.clone();
        elsewhere.chain = ChainId::new([8; 32]);
        let refused = refuse_other(Path::new("a"), &first, Path::new("b"), &elsewhere);
        assert_eq!(refused.expect_err("another chain").code, "transaction.other_network");
    }

    #[test]
    fn two_signatures_of_one_key_that_differ_are_a_conflict() {
        let (one, mut other) = (signed_by(1), signed_by(1));
        let mut witnesses = other.transaction.witnesses.clone().into_vec();
        let mut signatures = witnesses[0].signatures.clone().into_vec();
        signatures[0].signature = secret(1).sign(b"another message");
        witnesses[0].signatures = Bounded::first_of(signatures);
        other.transaction.witnesses = Bounded::first_of(witnesses);
        let refused = merged(&[(Path::new("a"), one), (Path::new("b"), other)]);
        let refused = refused.expect_err("they differ");
        assert_eq!(refused.code, "transaction.conflicting_signatures");
    }
}
