//! Claims of proofs: what a block holds, and what stands in the state after it.

use std::sync::Arc;

use coinage_protocol::{
    Address, Amount, Bounded, ClauseId, Entry, FullHash, InclusionProof, Key, Standing, StateProof,
    Symbol, Token,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::record::{
    AmendmentRecordJson, EncodedCharter, StandingRecordJson, TokenRecordJson, UsageRecordJson,
};
use super::{StateProofJson, said, spelled};
use crate::charter::number;
use crate::text::Spelled;
use crate::transaction::TransactionJson;
use crate::{shape, text};

/// Partners on the way through the tree of a block's transactions.
const INCLUSION_PARTNERS_MAX: usize = 32;
const ZERO: Amount = Amount::ZERO;

/// A claim about a block.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClaimJson {
    /// The block holds a transaction.
    Transaction {
        /// The transaction, with its signatures.
        #[serde(deserialize_with = "shape::field")]
        transaction: TransactionJson,
        /// Position of the transaction in the block, from 0.
        position: u32,
        /// Number of transactions that the block holds.
        count: u32,
        /// Partner hashes on the way from the leaf to the root.
        #[schema(value_type = Vec<String>)]
        partners: Bounded<Spelled<FullHash>, INCLUSION_PARTNERS_MAX>,
    },
    /// After the block an address has so much of a token; zero is the claim that it has none.
    Balance {
        /// Address of the owner.
        #[serde(with = "text")]
        #[schema(value_type = String)]
        address: Address,
        /// Token of the balance.
        #[schema(value_type = String)]
        token: Symbol,
        /// Amount of the balance, in base units.
        #[serde(with = "text")]
        #[schema(value_type = String)]
        amount: Amount,
        /// Proof of the balance: the way through the state.
        #[serde(deserialize_with = "shape::field")]
        proof: StateProofJson,
    },
    /// After the block a token is as described; `null` is the claim that there is no such token.
    Token {
        /// Symbol of the token.
        #[schema(value_type = String)]
        token: Symbol,
        /// Record of the token, as the chain knows it; must be said.
        #[serde(deserialize_with = "said")]
        record: Option<TokenRecordJson>,
        /// Proof of the record: the way through the state.
        #[serde(deserialize_with = "shape::field")]
        proof: StateProofJson,
    },
    /// After the block a token has this charter; `null` is the claim that it has none.
    Charter {
        /// Symbol of the token.
        #[schema(value_type = String)]
        token: Symbol,
        /// Charter with the accounts as they are then: its encoding, in hexadecimal digits.
        #[serde(with = "text::option")]
        #[schema(value_type = Option<String>, required)]
        charter: Option<EncodedCharter>,
        /// Proof of the charter: the way through the state.
        #[serde(deserialize_with = "shape::field")]
        proof: StateProofJson,
    },
    /// After the block so much is used of a clause; `null` is the claim that nothing ever was.
    Usage {
        /// Symbol of the token.
        #[schema(value_type = String)]
        token: Symbol,
        /// Number of the clause, from 1.
        #[serde(with = "number")]
        #[schema(value_type = u8, minimum = 1)]
        clause: ClauseId,
        /// Usage of the clause; must be said.
        #[serde(deserialize_with = "said")]
        usage: Option<UsageRecordJson>,
        /// Proof of the usage: the way through the state.
        #[serde(deserialize_with = "shape::field")]
        proof: StateProofJson,
    },
    /// After the block the amount of a clause is amended so; `null` is the claim that it never was.
    Amendment {
        /// Symbol of the token.
        #[schema(value_type = String)]
        token: Symbol,
        /// Number of the clause, from 1.
        #[serde(with = "number")]
        #[schema(value_type = u8, minimum = 1)]
        clause: ClauseId,
        /// Amendment of the clause; must be said.
        #[serde(deserialize_with = "said")]
        amendment: Option<AmendmentRecordJson>,
        /// Proof of the amendment: the way through the state.
        #[serde(deserialize_with = "shape::field")]
        proof: StateProofJson,
    },
    /// After the block an address has this standing by a token's charter; `null` is the claim that
    /// it has none: no role, not frozen, nothing used.
    Standing {
        /// Address of the account.
        #[serde(with = "text")]
        #[schema(value_type = String)]
        address: Address,
        /// Symbol of the token.
        #[schema(value_type = String)]
        token: Symbol,
        /// Standing of the address; must be said.
        #[serde(deserialize_with = "said")]
        standing: Option<StandingRecordJson>,
        /// Proof of the standing: the way through the state.
        #[serde(deserialize_with = "shape::field")]
        proof: StateProofJson,
    },
}

/// A leaf that a claim is about: its key, what stands there if anything does, and the way there.
type Leaf<'a> = (Key, Option<Entry>, &'a StateProofJson);

impl ClaimJson {
    /// Returns the claim that a transaction stands where this proof says.
    pub fn transaction(transaction: TransactionJson, proof: &InclusionProof) -> Self {
        let InclusionProof { position, count, partners } = proof;
        let partners = Bounded::first_of(partners.iter().map(spelled));
        Self::Transaction { transaction, position: *position, count: *count, partners }
    }

    /// Returns the claim that this entry, or none, stands at a key of the state; `None` for keys
    /// that nobody claims anything of: deposits and symbols that look alike.
    pub fn leaf_of(key: Key, entry: Option<&Entry>, proof: &StateProof) -> Option<Self> {
        let proof = proof.into();
        Some(match (key, entry) {
            (Key::Balance(address, token), entry) => {
                let amount = if let Some(Entry::Balance(amount)) = entry { *amount } else { ZERO };
                Self::Balance { address, token, amount, proof }
            }
            (Key::Token(token), Some(Entry::Token(record))) => {
                Self::Token { token, record: Some((&**record).into()), proof }
            }
            (Key::Token(token), _) => Self::Token { token, record: None, proof },
            (Key::Charter(token), Some(Entry::Charter(charter))) => {
                let charter = Some(EncodedCharter(Arc::clone(charter)));
                Self::Charter { token, charter, proof }
            }
            (Key::Charter(token), _) => Self::Charter { token, charter: None, proof },
            (Key::Usage(token, clause), Some(Entry::Usage(usage))) => {
                Self::Usage { token, clause, usage: Some((&**usage).into()), proof }
            }
            (Key::Usage(token, clause), _) => Self::Usage { token, clause, usage: None, proof },
            (Key::Amendment(token, clause), Some(Entry::Amendment(amendment))) => {
                let amendment = Some((&**amendment).into());
                Self::Amendment { token, clause, amendment, proof }
            }
            (Key::Amendment(token, clause), _) => {
                Self::Amendment { token, clause, amendment: None, proof }
            }
            (Key::Standing(address, token), Some(Entry::Standing(standing))) => {
                Self::Standing { address, token, standing: Some((&**standing).into()), proof }
            }
            (Key::Standing(address, token), _) => {
                Self::Standing { address, token, standing: None, proof }
            }
            (Key::Deposit(..) | Key::Lookalike(_), _) => return None,
        })
    }

    /// Returns the leaf of the state that the claim is about; `None` if it is about a transaction.
    ///
    /// # Errors
    ///
    /// Why no state can have such an entry.
    pub fn leaf(&self) -> Result<Option<Leaf<'_>>, String> {
        Ok(Some(match self {
            Self::Transaction { .. } => return Ok(None),
            Self::Balance { address, token, amount, proof } => {
                // No balance of zero is ever stored (SPEC M-3).
                let entry = (*amount != ZERO).then_some(Entry::Balance(*amount));
                (Key::Balance(*address, *token), entry, proof)
            }
            Self::Token { token, record, proof } => {
                let record = record.as_ref().map(Token::try_from).transpose()?;
                (Key::Token(*token), record.map(Entry::from), proof)
            }
            Self::Charter { token, charter, proof } => {
                let entry = charter.as_ref().map(|charter| Entry::Charter(Arc::clone(&charter.0)));
                (Key::Charter(*token), entry, proof)
            }
            Self::Usage { token, clause, usage, proof } => {
                let entry = usage.as_ref().map(|usage| Entry::Usage(Box::new(usage.into())));
                (Key::Usage(*token, *clause), entry, proof)
            }
            Self::Amendment { token, clause, amendment, proof } => {
                let entry = amendment.as_ref().map(|one| Entry::Amendment(Box::new(one.into())));
                (Key::Amendment(*token, *clause), entry, proof)
            }
            Self::Standing { address, token, standing, proof } => {
                let standing = standing.as_ref().map(Standing::try_from).transpose()?;
                let entry = standing.map(|standing| Entry::Standing(Box::new(standing)));
                (Key::Standing(*address, *token), entry, proof)
            }
        }))
    }
}
