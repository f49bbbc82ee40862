//! Transaction checks: everything that can be checked without the chain's state.

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::Transaction;
use super::named::NamedTransaction;
use crate::amount::Amount;
use crate::codec::{DecodeError, decode};
use crate::hash::{ChainId, FullHash, TransactionId};
use crate::limits::{SIGNATURES_MAX, TRANSACTION_BYTES_MAX};
use crate::lock::Address;
use crate::verified::{Claims, Verified, verifies};

/// The reason why a transaction can never be valid, whatever the state of the chain. Blame, for
/// every variant: whoever sent it on, because an honest node would have refused it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TransactionError {
    /// The bytes are not the encoding of a transaction (SPEC E-1, T-5).
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The transaction has more bytes than it may have (SPEC T-5).
    #[error("the transaction has {len} bytes, at most {max} are allowed")]
    TooLarge {
        /// Number of bytes that the transaction has.
        len: usize,
        /// Number of bytes that are allowed.
        max: usize,
    },
    /// There is nothing to do (SPEC T-1).
    #[error("the transaction has no action")]
    NoAction,
    /// An amount is zero (SPEC T-6).
    #[error("an amount is zero")]
    ZeroAmount,
    /// The sender and the receiver are the same address (SPEC T-6).
    #[error("sender and receiver are the same")]
    ToSelf,
    /// The token has too many decimals (SPEC A-3).
    #[error("{decimals} decimals, at most 18 are allowed")]
    Decimals {
        /// Number of decimals that there would be.
        decimals: u8,
    },
    /// The first supply is above the cap, or the cap is zero (SPEC T-6).
    #[error("a supply of {supply} base units does not fit a cap of {cap}")]
    SupplyAboveCap {
        /// Base units that would exist at first.
        supply: Amount,
        /// Cap of the token.
        cap: Amount,
    },
    /// The token has no supply and nobody who could ever mint (SPEC T-6).
    #[error("the token would never have any units: no supply and no issuer")]
    NeverAnyUnits,
    /// The transaction has more signatures than it may have (SPEC T-5).
    #[error("{got} signatures, at most {max} are allowed")]
    TooManySignatures {
        /// Number of signatures that the transaction has.
        got: usize,
        /// Number of signatures that are allowed.
        max: usize,
    },
    /// The signature of somebody who must sign is missing (SPEC T-3).
    #[error("the signature of {address} is missing")]
    MissingWitness {
        /// Address that did not sign.
        address: Address,
    },
    /// The transaction is signed by somebody who need not sign (SPEC T-3).
    #[error("{address} signed but is not asked to")]
    SurplusWitness {
        /// Address that signed.
        address: Address,
    },
    /// Witnesses are not in strictly increasing order of their addresses (SPEC T-4).
    #[error("witnesses must be in strictly increasing order of their addresses")]
    WitnessOrder,
    /// A lock has too few or too many signatures (SPEC T-4).
    #[error("{address} needs exactly {required} signatures, got {got}")]
    SignatureCount {
        /// Address of the lock.
        address: Address,
        /// Number of signatures that there are.
        got: usize,
        /// Number of signatures that there must be.
        required: usize,
    },
    /// Signatures are not in the order of the lock's keys, or name no key (SPEC T-4).
    #[error("the signatures of {address} are not in the order of its keys")]
    SignatureOrder {
        /// Address of the lock.
        address: Address,
    },
    /// A signature does not verify (SPEC K-2, T-4).
    #[error("a signature is not valid for this transaction on this chain")]
    BadSignature,
}

/// Bytes of memory that any waiting transaction takes: its place in each order that a pool keeps.
/// A test of the simulator holds what is counted against what is allocated.
const WEIGHT: usize = 1_536;
/// Bytes that an action takes, with what is watched for it.
const ACTION_WEIGHT: usize = 448;
/// Bytes that a witness takes besides its signatures.
const WITNESS_WEIGHT: usize = 160;

/// A transaction that would be valid if the state allowed it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CheckedTransaction {
    named: NamedTransaction,
}

impl CheckedTransaction {
    /// Checks one transaction.
    ///
    /// # Errors
    ///
    /// The first rule that it breaks.
    pub fn new(
        transaction: Transaction,
        chain: &ChainId,
        random: impl CryptoRng,
    ) -> Result<Self, TransactionError> {
        Self::verify(transaction, chain, &(), random)
    }

    /// Checks one transaction, but for the signatures that are known, and remembers the others.
    ///
    /// # Errors
    ///
    /// The first rule that it breaks.
    pub fn verify(
        transaction: Transaction,
        chain: &ChainId,
        verified: &impl Verified,
        random: impl CryptoRng,
    ) -> Result<Self, TransactionError> {
        let mut claims = Claims::new(verified);
        let named = NamedTransaction::new(transaction, chain);
        let checked = Self::all_but_signatures(named, &mut claims)?;
        if claims.hold(random) { Ok(checked) } else { Err(TransactionError::BadSignature) }
    }

    /// Checks the bytes of one transaction.
    ///
    /// # Errors
    ///
    /// The first rule that they break.
    pub fn from_bytes(
        bytes: &[u8],
        chain: &ChainId,
        random: impl CryptoRng,
    ) -> Result<Self, TransactionError> {
        Self::new(decode(bytes, TRANSACTION_BYTES_MAX)?, chain, random)
    }

    /// The transaction that was checked.
    pub fn transaction(&self) -> &Transaction {
        &self.named.transaction
    }

    /// The id of the transaction, which no witness can change (SPEC T-2).
    pub fn id(&self) -> TransactionId {
        self.named.id
    }

    /// Names these very bytes: what an id must not be used for before it is admitted.
    pub fn full_hash(&self) -> FullHash {
        self.named.full_hash
    }

    /// The canonical bytes of the transaction, made once.
    pub fn bytes(&self) -> &[u8] {
        &self.named.bytes
    }

    /// Number of bytes that the transaction has.
    pub fn size(&self) -> usize {
        self.named.bytes.len()
    }

    /// Bytes that the transaction takes in memory while it waits, with everything that is noted
    /// about it: several times its [`size`](Self::size).
    pub fn weight(&self) -> usize {
        let Transaction { body, witnesses } = &self.named.transaction;
        let actions = body.actions.len().saturating_mul(ACTION_WEIGHT);
        let witnesses = witnesses.len().saturating_mul(WITNESS_WEIGHT);
        WEIGHT.saturating_add(self.size()).saturating_add(actions).saturating_add(witnesses)
    }

    /// Returns the transaction that was checked.
    pub fn into_transaction(self) -> Transaction {
        self.named.transaction
    }

    fn all_but_signatures(
        named: NamedTransaction,
        claims: &mut Claims<'_, impl Verified>,
    ) -> Result<Self, TransactionError> {
        let NamedTransaction { transaction, bytes, id, .. } = &named;
        if bytes.len() > TRANSACTION_BYTES_MAX {
            let (len, max) = (bytes.len(), TRANSACTION_BYTES_MAX);
            return Err(TransactionError::TooLarge { len, max });
        }
        if transaction.body.actions.is_empty() {
            return Err(TransactionError::NoAction);
        }
        transaction.body.actions.iter().try_for_each(super::Action::check)?;
        check_witnesses(transaction)?;
        for witness in &transaction.witnesses {
            for (key, signature) in witness.claims()? {
                claims.add(key, signature, id.as_bytes());
            }
        }
        Ok(Self { named })
    }

    /// A transaction that was checked before it was stored.
    pub(crate) fn trusted(transaction: Transaction, chain: &ChainId) -> Self {
        Self { named: NamedTransaction::new(transaction, chain) }
    }
}

/// Checks transactions together, but for the signatures that are known, and remembers the others:
/// all are good, or the first bad one and why.
///
/// # Errors
///
/// The position of a transaction that breaks a rule, and the rule.
pub fn check_all(
    transactions: Vec<Transaction>,
    chain: &ChainId,
    verified: &impl Verified,
    random: impl CryptoRng,
) -> Result<Vec<CheckedTransaction>, (usize, TransactionError)> {
    let named = transactions.into_iter().map(|one| NamedTransaction::new(one, chain));
    check_named(named, verified, random)
}

/// Checks transactions together as [`check_all`] does.
pub(crate) fn check_named(
    transactions: impl IntoIterator<Item = NamedTransaction>,
    verified: &impl Verified,
    random: impl CryptoRng,
) -> Result<Vec<CheckedTransaction>, (usize, TransactionError)> {
    let mut claims = Claims::new(verified);
    let check = |(position, named)| {
        CheckedTransaction::all_but_signatures(named, &mut claims)
            .map_err(|error| (position, error))
    };
    let checked: Vec<_> =
        transactions.into_iter().enumerate().map(check).collect::<Result<_, _>>()?;
    if claims.hold(random) {
        return Ok(checked);
    }
    let forged = |one: &CheckedTransaction| !signatures_verify(one, verified);
    let position = checked.iter().position(forged).expect("single and batch verification agree");
    Err((position, TransactionError::BadSignature))
}

/// Checks each of several transactions as [`CheckedTransaction::verify`] would, in their
/// order. Together they take less time, unless a signature is forged.
pub fn check_each(
    transactions: Vec<Transaction>,
    chain: &ChainId,
    verified: &impl Verified,
    random: impl CryptoRng,
) -> Vec<Result<CheckedTransaction, TransactionError>> {
    let mut claims = Claims::new(verified);
    let check = |one| {
        let named = NamedTransaction::new(one, chain);
        CheckedTransaction::all_but_signatures(named, &mut claims)
    };
    let mut checked: Vec<_> = transactions.into_iter().map(check).collect();
    if !claims.hold(random) {
        for one in &mut checked {
            if one.as_ref().is_ok_and(|one| !signatures_verify(one, verified)) {
                *one = Err(TransactionError::BadSignature);
            }
        }
    }
    checked
}

fn signatures_verify(checked: &CheckedTransaction, verified: &impl Verified) -> bool {
    let NamedTransaction { transaction, id, .. } = &checked.named;
    let message = id.as_bytes();
    transaction.witnesses.iter().all(|witness| {
        let mut claims = witness.claims().into_iter().flatten();
        claims.all(|(key, signature)| verifies(verified, key, signature, message))
    })
}

/// Exactly those must sign whom the body names, in order (SPEC T-3, T-4, T-5).
fn check_witnesses(transaction: &Transaction) -> Result<(), TransactionError> {
    let got = transaction.witnesses.iter().map(|witness| witness.signatures.len()).sum();
    if got > SIGNATURES_MAX {
        return Err(TransactionError::TooManySignatures { got, max: SIGNATURES_MAX });
    }
    let present: Vec<Address> =
        transaction.witnesses.iter().map(|witness| witness.lock.address()).collect();
    let required = transaction.body.required_witnesses();
    if let Some(address) = required.iter().find(|address| !present.contains(address)) {
        return Err(TransactionError::MissingWitness { address: *address });
    }
    if let Some(address) = present.iter().find(|address| !required.contains(address)) {
        return Err(TransactionError::SurplusWitness { address: *address });
    }
    if !present.is_sorted_by(|one, next| one < next) {
        return Err(TransactionError::WitnessOrder);
    }
    Ok(())
}
