//! Checks proofs without a node.

use coinage_model::proof::{ClaimJson, ProofDocument};
use coinage_protocol::{
    AuthoritySet, BlockHash, Bounded, ChainSpec, ChangeProof, Entry, FinalityProof, FullHash,
    Header, HeaderContext, HeaderError, InclusionProof, Key, KnownAuthorities, PublicKey,
    ReceiptError, Settled, SignedHeader, StateProof, ThresholdError, Transaction, TransactionId,
    authority_sets,
};

/// The facts that a proof has shown.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Proven {
    /// Hash of the block.
    pub block: BlockHash,
    /// Header of the block.
    pub header: Header,
    /// Signer of the block; nobody signs block 0.
    pub leader: Option<PublicKey>,
    /// Commits that make the block final, if the proof has them.
    pub settled: Option<Settled>,
    /// Fact that holds of the block.
    pub fact: Fact,
}

/// A fact that holds of a block.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Fact {
    /// The block holds a transaction.
    Transaction {
        /// Id of the transaction.
        id: TransactionId,
        /// Transaction that the block holds.
        transaction: Box<Transaction>,
        /// Position of the transaction in the block, from 0.
        position: u32,
        /// Number of transactions that the block holds.
        count: u32,
    },
    /// The state after the block has this entry at a key, or none: then nothing stands there.
    State {
        /// Key of the entry.
        key: Key,
        /// Entry of the state; `None` if there is none.
        entry: Option<Entry>,
    },
}

/// The first thing that is wrong with a proof.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// The proof is of another network than the genesis.
    #[error("the proof is of the network {theirs}, the genesis is of {ours}")]
    OtherChain {
        /// Network of the proof.
        theirs: String,
        /// The network of the genesis.
        ours: String,
    },
    /// The proof's list of authorities is not the one that the header commits to, or that the
    /// genesis has.
    #[error("the proof lists other authorities than its block commits to")]
    Authorities,
    /// Block 0 follows from the genesis alone.
    #[error("a proof of block 0 can be checked only with the genesis file")]
    GenesisNeeded,
    /// The header claims to be block 0 and is not.
    #[error("this is not the block 0 that follows from the genesis")]
    NotTheGenesisBlock,
    /// The block is not shown to be final, or the authorities did not change as is said.
    #[error(transparent)]
    Finality(#[from] ReceiptError),
    /// The header breaks a rule, or is not signed by the leader of its slot.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The transaction cannot be read.
    #[error("the transaction: {0}")]
    Transaction(#[from] ThresholdError),
    /// No state can have such an entry.
    #[error("the claim: {0}")]
    Record(String),
    /// The hashes do not lead from the claim to the root in the header.
    #[error("the hashes do not lead from the claim to the root that was signed")]
    Root,
}

/// Checks a proof (SPEC M-5): with the network, that its own leader signed the block; without, only
/// that the leader by the document's own list did. Anybody can make that up, with the chain id.
///
/// # Errors
///
/// [`ProofError`] for the first thing that is wrong.
pub fn check(document: &ProofDocument, spec: Option<&ChainSpec>) -> Result<Proven, ProofError> {
    let signed = SignedHeader::from(&document.header);
    let keys = Bounded::first_of(document.authorities.iter().map(|key| key.0));
    if let Some(spec) = spec {
        if document.chain_id != *spec.chain() {
            let (theirs, ours) = (document.chain_id.to_string(), spec.chain().to_string());
            return Err(ProofError::OtherChain { theirs, ours });
        }
        if keys != *spec.genesis_authorities().keys() {
            return Err(ProofError::Authorities);
        }
    }
    let chain = &document.chain_id;
    let first = AuthoritySet::new(keys).ok_or(ProofError::Authorities)?;
    let changes = Bounded::first_of(document.changes.iter().map(ChangeProof::from));
    let sets = authority_sets(&first, chain, &changes)?;
    let named = sets.iter().find(|set| set.hash() == signed.header.authorities);
    let set = named.ok_or(ProofError::Authorities)?;
    let leader = match spec {
        Some(spec) if signed.header.height == 0 => {
            if signed != *spec.genesis_header() {
                return Err(ProofError::NotTheGenesisBlock);
            }
            None
        }
        None if signed.header.height == 0 => return Err(ProofError::GenesisNeeded),
        Some(_) | None => {
            let well_formed = signed.clone().well_formed(chain)?;
            let mut known = KnownAuthorities::of_genesis(first.clone());
            let changes = changes.iter().filter_map(|one| one.header.next_authorities.as_ref());
            changes.for_each(|change| known.learn(change));
            well_formed.verify(HeaderContext { chain, authorities: &known }, &())?;
            Some(*set.leader(signed.header.slot))
        }
    };
    let settle = |proof: FinalityProof| {
        proof
            .check(&signed.header, sets.last().unwrap_or(&first), chain)
            .map_err(ReceiptError::from)
    };
    let settled = document.finality.as_ref().map(|json| settle(json.into())).transpose()?;
    let fact = fact(document, &signed.header)?;
    let block = signed.header.hash(chain);
    Ok(Proven { block, header: signed.header, leader, settled, fact })
}

fn fact(document: &ProofDocument, header: &Header) -> Result<Fact, ProofError> {
    if let Some((key, entry, proof)) = document.claim.leaf().map_err(ProofError::Record)? {
        let proof = StateProof::from(proof);
        if !proof.proves_entry(&header.state_root, &key, entry.as_ref()) {
            return Err(ProofError::Root);
        }
        return Ok(Fact::State { key, entry });
    }
    let ClaimJson::Transaction { transaction, position, count, partners } = &document.claim else {
        return Err(ProofError::Root);
    };
    let transaction = Transaction::try_from(transaction.clone())?;
    let partners = Bounded::first_of(partners.iter().map(|one| *one.0.as_bytes()));
    let proof = InclusionProof { position: *position, count: *count, partners };
    let leaf: FullHash = transaction.full_hash(&document.chain_id);
    if !proof.proves(&leaf, &header.transactions_root) {
        return Err(ProofError::Root);
    }
    let id = transaction.body.id(&document.chain_id);
    let (position, count) = (*position, *count);
    Ok(Fact::Transaction { id, transaction: transaction.into(), position, count })
}

#[cfg(test)]
mod tests;
